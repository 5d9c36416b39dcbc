//! The arguments, and the help that a newcomer reads.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use frame_compression::{Backend, Codec, Crf, Quality, Subsampling, UnknownName};
use frame_compression::{H265Preset, X265Version};

use crate::coding::{Odd, Settings, Strength};
use crate::picture::Format;

/// Puts the artifacts of H.264, H.265 or JPEG into pictures: the exact pixels that encoding and decoding
/// would have left, without encoding.
#[derive(Debug, Parser)]
#[command(
    name = "frame-compression",
    bin_name = "frame-compression",
    version,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    subcommand_required = true,
    max_term_width = 110
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) action: Action,
}

const EXAMPLES: &str = "\
Examples:
  frame-compression apply photo.jpg -o degraded.png
  frame-compression apply photos/ -o degraded/ --codec jpeg --quality 25
  frame-compression selftest
  frame-compression help apply";

const APPLY_EXAMPLES: &str = "\
Examples:
  One picture to one file, H.264 at its default strength (CRF 29):
    frame-compression apply photo.jpg -o degraded.png

  A folder with all its sub-folders, as JPEG of quality 25 leaves them, written as WebP without loss:
    frame-compression apply photos/ -o degraded/ --codec jpeg --quality 25 --format webp

  One picture through a pipe:
    cat a.png | frame-compression apply - -o - --codec jpeg > b.png

  Every PNG below a folder, at CRF 33, odd sizes cut to even ones, with figures:
    frame-compression apply 'photos/**/*.png' -o degraded/ --crf 33 --odd crop --metrics

Exit codes: 0 all done, 1 some pictures failed (they are named at the end), 2 wrong usage, nothing written.";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Put a codec's artifacts into pictures, and write them without further loss
    Apply(Box<ApplyOptions>),
    /// Check on a generated pattern, and on your pictures, that each codec of this build does its work
    Selftest(SelftestOptions),
    /// Show the version, the codecs of this build, and how quality and CRF go together
    Info,
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  frame-compression completions bash > \
        ~/.local/share/bash-completion/completions/frame-compression")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  frame-compression man apply | man -l -")]
    Man {
        /// The command whose page it is; without it, the page of frame-compression
        command: Option<String>,
        /// Write the pages of all commands to this folder instead
        #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
        dir: Option<PathBuf>,
    },
}

impl Action {
    /// The subcommand's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Action::Apply(_) => "apply",
            Action::Selftest(_) => "selftest",
            Action::Info => "info",
            Action::Completions { .. } => "completions",
            Action::Man { .. } => "man",
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = APPLY_EXAMPLES)]
pub(crate) struct ApplyOptions {
    /// Pictures (PNG, JPEG, WebP, TIFF, BMP; the first, where a file has several), folders with all that is
    /// below them but hidden files, quoted patterns such as 'photos/**/*.png', or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,

    /// The file to write, for one picture and a name that ends in .png, .webp, .tif or .tiff; - for standard
    /// output; otherwise a folder, where every picture keeps its name and its place in the input's folders
    #[arg(short, long, value_name = "OUTPUT")]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) coding: CodingOptions,

    /// What to do with an odd width or height, which H.264 and H.265 do not take: crop drops the last column
    /// or row (as LTX does), pad repeats it for the codec and cuts it off again, error refuses the picture
    #[arg(long, value_name = "HOW", default_value = "error", hide_possible_values = true)]
    pub(crate) odd: Odd,

    /// Format of the pictures in the output folder or on standard output [default: png]
    #[arg(short, long, value_enum)]
    pub(crate) format: Option<Format>,

    /// Replace outputs that exist, keeping their permissions; without it they are kept, and their inputs
    /// passed over
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Where the codec refuses a picture, write the input's own pixels (at 8 bits) and say so
    #[arg(long)]
    pub(crate) fallback_original: bool,

    /// Pictures to work on at once [default: the number of cores]
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Print PSNR, SSIM and mean absolute error of each picture against its input
    #[arg(short, long)]
    pub(crate) metrics: bool,

    /// Print what was done to each picture as JSON, in place of a table
    #[arg(long)]
    pub(crate) json: bool,

    /// No progress bar, no notes, no summary: only what went wrong
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// What is done to the pixels.
#[derive(Debug, Args)]
pub(crate) struct CodingOptions {
    /// Whose artifacts
    #[arg(short, long, default_value = "h264", value_parser = codec_parser())]
    codec: Codec,

    /// How much to keep, from 0 (worst) to 100 (best), the same scale for every codec. H.264 and H.265 make a
    /// CRF of it (see `frame-compression info`), JPEG takes it as its own quality [default: CRF 29, which is
    /// quality 43]
    #[arg(short, long, value_name = "Q", value_parser = quality, allow_negative_numbers = true)]
    quality: Option<Quality>,

    /// The constant rate factor of x264 and x265, from 0 (best) to 51 (worst), fractions allowed; JPEG takes
    /// the quality that it stands for
    #[arg(long, value_parser = crf, conflicts_with = "quality", allow_negative_numbers = true)]
    crf: Option<Crf>,

    /// Chroma subsampling of JPEG [default: 420]; H.264 and H.265 have 420 only
    #[arg(short, long, value_name = "S", value_parser = parser::<Subsampling>(Subsampling::ALL.map(Subsampling::name)))]
    subsampling: Option<Subsampling>,

    /// Who does the work: native is this program's own exact engine, videotoolbox Apple's codecs (macOS)
    #[arg(long, value_parser = parser::<Backend>(Backend::ALL.map(Backend::name)))]
    backend: Option<Backend>,

    /// H265Preset of x265, for H.265 [default: veryfast]
    #[arg(long, value_parser = parser::<H265Preset>(H265Preset::ALL.map(H265Preset::name)))]
    preset: Option<H265Preset>,

    /// Release of x265, for H.265: 4.2 is in PyAV 18, 3.5 in Debian 12 and Ubuntu 22.04 [default: 4.2]
    #[arg(long, value_name = "RELEASE", value_parser = parser::<X265Version>(X265Version::ALL.map(X265Version::name)))]
    x265_version: Option<X265Version>,
}

impl CodingOptions {
    pub(crate) fn settings(&self) -> Settings {
        let strength = match self.crf {
            Some(crf) => Strength::Crf(crf),
            None => Strength::Quality(self.quality.unwrap_or(Quality::DEFAULT)),
        };
        Settings {
            subsampling: self.subsampling,
            backend: self.backend,
            preset: self.preset,
            x265_version: self.x265_version,
            ..Settings::new(self.codec, strength)
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SelftestOptions {
    /// Pictures to check besides the generated pattern
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<PathBuf>,
}

impl ValueEnum for Odd {
    fn value_variants<'a>() -> &'a [Self] {
        &[Odd::Error, Odd::Crop, Odd::Pad]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Odd::Error => "error",
            Odd::Crop => "crop",
            Odd::Pad => "pad",
        }))
    }
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Format::Png, Format::Webp, Format::Tiff]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Format::Png => "png",
            Format::Webp => "webp",
            Format::Tiff => "tiff",
        }))
    }
}

fn codec_parser() -> impl TypedValueParser<Value = Codec> {
    let names = Codec::ALL
        .map(|codec| (codec, PossibleValue::new(codec.name()).aliases(codec.aliases().iter().copied())));
    PossibleValuesParser::new(names.clone().map(|(_, value)| value)).try_map(move |given| {
        names
            .iter()
            .find_map(|(codec, value)| value.matches(&given, false).then_some(*codec))
            .ok_or_else(|| format!("{given} is no codec"))
    })
}

/// Reads one of the names that the library gives its own settings.
fn parser<T>(names: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = UnknownName> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}

fn quality(text: &str) -> Result<Quality, String> {
    Quality::new(number(text)?).map_err(|error| error.to_string())
}

fn crf(text: &str) -> Result<Crf, String> {
    Crf::new(number(text)?).map_err(|error| error.to_string())
}

fn number(text: &str) -> Result<f32, String> {
    text.parse().map_err(|_| "it has to be a number".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    fn settings(line: &str) -> Result<Settings, String> {
        let words = "frame-compression apply a.png -o b.png".split(' ').chain(line.split_whitespace());
        match Arguments::try_parse_from(words).map_err(|error| error.to_string())?.action {
            Action::Apply(options) => Ok(options.coding.settings()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_codec_can_be_named() {
        for (given, codec) in [
            ("h264", Codec::H264),
            ("avc", Codec::H264),
            ("h265", Codec::H265),
            ("hevc", Codec::H265),
            ("jpeg", Codec::Jpeg),
            ("jpg", Codec::Jpeg),
        ] {
            assert_eq!(settings(&format!("--codec {given}")).unwrap().codec, codec);
        }
        assert!(settings("--codec mpeg2").unwrap_err().contains("h265"));
    }

    #[test]
    fn strength_is_one_number_in_its_range() {
        assert_eq!(settings("").unwrap().crf().get(), 29.0);
        assert_eq!(settings("--quality 50").unwrap().crf().get(), 26.0);
        assert_eq!(settings("--crf 22.5").unwrap().crf().get(), 22.5);
        for wrong in
            ["--quality 101", "--quality -1", "--quality nan", "--quality x", "--crf 51.5", "--crf inf"]
        {
            assert!(settings(wrong).is_err(), "{wrong}");
        }
        assert!(settings("--crf 20 --quality 40").unwrap_err().contains("cannot be used with"));
        assert!(settings("--crf -3").unwrap_err().contains("from 0 to 51"));
    }
}
