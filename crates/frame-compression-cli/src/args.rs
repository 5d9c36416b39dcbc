//! The arguments, and the help that a newcomer reads.

mod coding;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use frame_compression::Quality;

use crate::coding::Odd;
use crate::picture::Format;
pub(crate) use coding::{Choice, CodingOptions, choice, option_name};

/// Puts the artifacts of real codecs (H.264, H.265, JPEG, WebP, MPEG) into pictures: the exact pixels that encoding and decoding
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
  frame-compression report photo.jpg -o report.html
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

  A folder as APISR's training degrades its pictures, each by a draw of its own:
    frame-compression apply photos/ -o degraded/ --recipe apisr --seed 7 --odd pad

  Every PNG below a folder, at CRF 33, odd sizes cut to even ones, with figures:
    frame-compression apply 'photos/**/*.png' -o degraded/ --crf 33 --odd crop --metrics

Exit codes: 0 all done, 1 some pictures failed (they are named at the end), 2 wrong usage, nothing written.";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Put a codec's artifacts into pictures, and write them without further loss
    Apply(Box<ApplyOptions>),
    /// Put a codec's artifacts into a clip, whose frames H.264 predicts from one another
    Clip(Box<ClipOptions>),
    /// Make a page that shows what codecs do to pictures: before and after, differences, figures and plots
    Report(Box<ReportOptions>),
    /// Check on a generated pattern, and on your pictures, that each codec of this build does its work
    Selftest(SelftestOptions),
    /// Show the version, the codecs of this build, and how quality and CRF go together
    Info,
    /// Show what each recipe draws, where that is from, and what it does not cover
    Recipes {
        /// The recipe to show [default: all]
        #[arg(value_name = "RECIPE")]
        recipe: Option<String>,
    },
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
            Action::Clip(_) => "clip",
            Action::Report(_) => "report",
            Action::Selftest(_) => "selftest",
            Action::Info => "info",
            Action::Recipes { .. } => "recipes",
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

const CLIP_EXAMPLES: &str = "\
Examples:
  A folder of numbered pictures to another:
    frame-compression clip frames/ -o degraded/ --preset ultrafast --crf 28 --fps 25

  A video through a pipe, ffmpeg on both sides:
    ffmpeg -i in.mp4 -pix_fmt yuv420p -f yuv4mpegpipe - | frame-compression clip - -o - --preset ultrafast --crf 28 |
      ffmpeg -i - -c:v ffv1 out.mkv

Exit codes: 0 all done, 1 the clip failed (the pictures before stay), 2 wrong usage, nothing written.";

#[derive(Debug, Args)]
#[command(after_help = CLIP_EXAMPLES)]
pub(crate) struct ClipOptions {
    /// A folder of pictures, which are the frames in the order of their names and numbers, a YUV4MPEG2 file, or - for
    /// YUV4MPEG2 on standard input
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,

    /// A folder for a folder's frames, which keep their names; for YUV4MPEG2 a file, or - for standard output
    #[arg(short, long, value_name = "OUTPUT")]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) coding: CodingOptions,

    /// How many frames there are at most from one that stands for itself to the next
    #[arg(long, value_name = "N", default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keyint: u32,

    /// How many B frames, which are predicted from both sides, there are at most in a row [default: the preset's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=16))]
    pub(crate) bframes: Option<u32>,

    /// Threads to work on, which change no sample [default: the number of cores]
    #[arg(short, long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Format of the pictures in the output folder [default: png]
    #[arg(short, long, value_enum)]
    pub(crate) format: Option<Format>,

    /// Replace outputs that exist; without it they are kept
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Print each frame's type, quantiser, kinds of macroblocks and PSNR of Y, Cb and Cr (H.264)
    #[arg(long)]
    pub(crate) stats: bool,

    /// Print the same as JSON, in place of a table
    #[arg(long)]
    pub(crate) json: bool,

    /// No progress bar, no summary: only what went wrong
    #[arg(long)]
    pub(crate) quiet: bool,
}

const REPORT_EXAMPLES: &str = "\
Examples:
  frame-compression report photo.jpg -o report.html
  frame-compression report photos/ -o report.html --codec h264,jpeg --quality 10,43,80 --sweep 5..95:5";

#[derive(Debug, Args)]
#[command(after_help = REPORT_EXAMPLES)]
pub(crate) struct ReportOptions {
    /// Pictures, folders with all that is below them, or quoted patterns, as for apply
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,

    /// The page to write: one HTML file that needs nothing else and opens in any browser
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// Whose artifacts to show [default: all codecs of this build]
    /// With settings such as h265:crf=23:preset=medium, that one is shown and not --quality's
    #[arg(short, long, value_delimiter = ',', value_parser = choice)]
    pub(crate) codec: Vec<Choice>,

    /// The qualities to show, from 0 (worst) to 100 (best)
    #[arg(short, long, value_name = "Q", value_delimiter = ',', value_parser = quality, default_value = "15,43,75")]
    pub(crate) quality: Vec<Quality>,

    /// The qualities to plot PSNR and SSIM over, or none
    #[arg(long, value_name = "FROM..TO:STEP", value_parser = sweep, default_value = "10..90:20")]
    pub(crate) sweep: Sweep,

    /// The largest piece to show, in pixels; of larger pictures the busiest piece is shown, never a scaled one. Figures
    /// are of whole pictures
    #[arg(long, value_name = "WxH", value_parser = size, default_value = "640x640")]
    pub(crate) crop: Size,

    /// The largest page to write, in MB; pictures beyond it are left out, and named
    #[arg(long, value_name = "MB", default_value_t = 100)]
    pub(crate) limit: usize,

    /// Replace the page if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Settings to work on at once [default: the number of cores]
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Print the page's numbers as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// No progress bar, no summary: only what went wrong
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) (usize, usize));

fn size(text: &str) -> Result<Size, String> {
    let sides =
        text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match sides {
        Some((width @ 1.., height @ 1..)) => Ok(Size((width, height))),
        _ => Err("it has to be a width and a height such as 640x480".to_owned()),
    }
}

/// Whole qualities in equal steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sweep {
    None,
    Steps { first: u32, last: u32, step: u32 },
}

fn sweep(text: &str) -> Result<Sweep, String> {
    if text == "none" {
        return Ok(Sweep::None);
    }
    let numbers = || {
        let (first, rest) = text.split_once("..")?;
        let (last, step) = rest.split_once(':').unwrap_or((rest, "10"));
        Some((first.parse().ok()?, last.parse().ok()?, step.parse().ok()?))
    };
    match numbers() {
        Some((first, last, step @ 1..)) if first <= last && last <= 100 => {
            Ok(Sweep::Steps { first, last, step })
        }
        _ => Err("it has to be whole qualities from 0 to 100 such as 10..90:20, or none".to_owned()),
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

fn quality(text: &str) -> Result<Quality, String> {
    let number: f32 = text.parse().map_err(|_| "it has to be a number".to_owned())?;
    Quality::new(number).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use frame_compression::{Codec, Settings};

    use super::*;
    use crate::treatment::Treatment;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    fn settings(line: &str) -> Result<Settings, String> {
        let words = "frame-compression apply a.png -o b.png".split(' ').chain(line.split_whitespace());
        match Arguments::try_parse_from(words).map_err(|error| error.to_string())?.action {
            Action::Apply(options) => match options.coding.treatment? {
                Treatment::Same(settings) => Ok(settings),
                other => panic!("{other:?}"),
            },
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
            assert_eq!(settings(&format!("--codec {given}")).unwrap().codec(), codec);
        }
        assert!(settings("--codec mpeg1").unwrap_err().contains("h265"));
    }

    #[test]
    fn sweeps_and_sizes_are_read_or_refused() {
        assert_eq!(sweep("10..90:20"), Ok(Sweep::Steps { first: 10, last: 90, step: 20 }));
        assert_eq!(sweep("5..95"), Ok(Sweep::Steps { first: 5, last: 95, step: 10 }));
        assert_eq!(sweep("none"), Ok(Sweep::None));
        assert_eq!(size("640x480"), Ok(Size((640, 480))));
        for wrong in ["", "10", "90..10:5", "10..101:5", "10..90:0", "-1..5", "a..b"] {
            assert!(sweep(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "640", "0x5", "5x0", "axb", "1x2x3", "-1x5"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
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
