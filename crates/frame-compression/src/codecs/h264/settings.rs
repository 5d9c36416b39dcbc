//! What can be set of H.264.

use super::clip::ClipOptions;
use super::cores::{CORES, Cores};
use super::engine::Engine;
use super::preset::{Parameters, Search};
use super::{H264Preset, H264Profile, H264Tune};
use crate::colour::{Colours, Machine};
use crate::error::Error;
use crate::frame_rate::FrameRate;
use crate::like::Like;
use crate::names::Codec;
use crate::quality::{Crf, Quality};
use crate::settings::{CodecSettings, Field, Refused, Setting, SettingKind, field};

/// The first name is that of the lack.
const TUNES: &[&str] =
    &["none", "film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency"];
const PROFILES: &[&str] = &["none", "baseline", "main", "high"];

/// H.264 as x264 codes it: one frame, at a constant rate factor.
///
/// The defaults are those of LTX: **1 frame a second**, preset veryfast. What ffmpeg, and everything made by it, does to
/// an image has 25 frames a second and preset medium ([`H264::like`]), and looks far worse at the same CRF: who leaves the
/// frame rate out trains on pictures that are too clean.
///
/// ```
/// use frame_compression::{Cores, FrameCompressor, FrameRate, H264, H264Preset, Like};
///
/// // LTX's start image at CRF 33, on a machine with eight cores.
/// let ltx = FrameCompressor::new(H264::ltx(33.0, Cores::Number(8))?);
/// // `ffmpeg -i picture.png -pix_fmt yuv420p -c:v libx264 -crf 23 picture.mkv`.
/// let ffmpeg = FrameCompressor::new(H264::crf(23.0)?.like(Like::Ffmpeg));
/// // A frame of a film.
/// let film = H264::crf(18.5)?.fps(FrameRate::new(24_000, 1001).unwrap()).preset(H264Preset::Slow);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct H264 {
    crf: Crf,
    preset: H264Preset,
    tune: Option<H264Tune>,
    profile: Option<H264Profile>,
    fps: FrameRate,
    cores: Cores,
    machine: Machine,
    colours: Colours,
}

/// CRF 29, preset veryfast, 1 frame a second, one core of x86-64, PyAV's colours.
impl Default for H264 {
    fn default() -> Self {
        Self {
            crf: Crf::DEFAULT,
            preset: H264Preset::Veryfast,
            tune: None,
            profile: None,
            fps: FrameRate::LTX,
            cores: Cores::One,
            machine: Machine::X86_64,
            colours: Colours::PyAv,
        }
    }
}

impl H264 {
    /// H.264 of a constant rate factor: a number from 0 (best) to 51 (worst), or a [`Crf`]. Below 1 x264 codes without
    /// loss.
    ///
    /// # Errors
    /// [`Error::InvalidCrf`].
    pub fn crf(crf: impl TryInto<Crf, Error: Into<Error>>) -> Result<Self, Error> {
        Ok(Self { crf: crf.try_into().map_err(Into::into)?, ..Self::default() })
    }

    /// LTX's call on a machine with so many cores: preset veryfast, 1 frame a second, a slice for each core.
    ///
    /// # Errors
    /// [`Error::InvalidCrf`].
    pub fn ltx(crf: impl TryInto<Crf, Error: Into<Error>>, cores: Cores) -> Result<Self, Error> {
        Ok(Self::crf(crf)?.cores(cores))
    }

    /// Sets frame rate, preset and colours to those of a well-known call; [`Like::Ltx`] by default.
    #[must_use]
    pub fn like(self, like: Like) -> Self {
        let (fps, preset, colours) = Self::of_like(like);
        Self { fps, preset, colours, ..self }
    }

    /// Chooses the encoder's preset; veryfast by default.
    #[must_use]
    pub fn preset(self, preset: H264Preset) -> Self {
        Self { preset, ..self }
    }

    /// Chooses the encoder's tune, or none; none by default.
    #[must_use]
    pub fn tune(self, tune: impl Into<Option<H264Tune>>) -> Self {
        Self { tune: tune.into(), ..self }
    }

    /// Limits the encoder to a profile, or does not; it is not limited by default. A profile needs a CRF of 1 or more.
    #[must_use]
    pub fn profile(self, profile: impl Into<Option<H264Profile>>) -> Self {
        Self { profile: profile.into(), ..self }
    }

    /// Sets how many frames a second the encoder is told; 1 by default, [`FrameRate::LTX`]. Everything that ffmpeg makes of
    /// images has 25 ([`FrameRate::FFMPEG`]): left out, the picture is far too good. Presets ultrafast and superfast do not
    /// look at it.
    #[must_use]
    pub fn fps(self, fps: FrameRate) -> Self {
        Self { fps, ..self }
    }

    /// Sets the number of slices, 1 to 128; 1 by default. A picture has at most one for four rows of macroblocks, 64 rows
    /// of pixels.
    #[must_use]
    pub fn slices(self, slices: u32) -> Self {
        self.cores(if slices <= 1 { Cores::One } else { Cores::Number(slices) })
    }

    /// Sets how many cores the encoder's machine had, each of which codes a slice; [`Cores::One`] by default.
    #[must_use]
    pub fn cores(self, cores: Cores) -> Self {
        Self { cores, ..self }
    }

    /// Sets the encoder's kind of machine: its search through modes and its conversion of colours; x86-64 by default.
    #[must_use]
    pub fn machine(self, machine: Machine) -> Self {
        Self { machine, ..self }
    }

    /// Sets who converts colours; PyAV by default.
    #[must_use]
    pub fn colours(self, colours: Colours) -> Self {
        Self { colours, ..self }
    }

    fn of_like(like: Like) -> (FrameRate, H264Preset, Colours) {
        match like {
            Like::Ltx => (FrameRate::LTX, H264Preset::Veryfast, Colours::PyAv),
            Like::Ffmpeg => (FrameRate::FFMPEG, H264Preset::Medium, Colours::Ffmpeg),
        }
    }

    /// Refuses what x264 refuses.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.profile {
            Some(profile) if self.crf.get() < 1.0 => Err(Error::InvalidSetting {
                setting: "profile",
                given: profile.name().to_owned(),
                allowed: "a CRF below 1 codes without loss, which no profile does; leave the profile out, or set a CRF of 1 or more"
                    .to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses what clips are not exact for.
    pub(super) fn check_clip(&self, options: ClipOptions) -> Result<(), Error> {
        const EXACT: &str = "clips of H.264 are exact from ultrafast to medium";
        self.check()?;
        let refused = |setting: &'static str, given: String, advice: &str| {
            Err(Error::InvalidSetting { setting, given, allowed: format!("{EXACT}, so far; {advice}") })
        };
        let ultrafast = self.preset == H264Preset::Ultrafast;
        let beyond = [H264Preset::Slow, H264Preset::Slower, H264Preset::Veryslow, H264Preset::Placebo];
        if beyond.contains(&self.preset) {
            let advice = "use one of these, or apply an image's settings to each frame";
            return refused("preset", self.preset.to_string(), advice);
        }
        let bframes = options.parameters(self).prediction.bframes;
        if ultrafast && bframes > 0 {
            return refused("bframes", bframes.to_string(), "ultrafast has none: set bframes to 0");
        }
        if let Some(tune) = self.tune.filter(|&tune| tune == H264Tune::Fastdecode)
            && matches!(self.preset, H264Preset::Fast | H264Preset::Medium)
        {
            let advice = "fastdecode is so up to faster: use a preset up to there, or leave the tune out";
            return refused("tune", tune.to_string(), advice);
        }
        if !ultrafast && self.machine != Machine::X86_64 {
            return refused(
                "machine",
                self.machine.to_string(),
                "but for ultrafast they are so for x86-64 alone",
            );
        }
        match self.profile.filter(|&profile| !ultrafast && profile != H264Profile::High) {
            Some(profile) => refused(
                "profile",
                profile.to_string(),
                "only ultrafast takes another profile than high: leave it out",
            ),
            None => Ok(()),
        }
    }

    /// Whose colours, and on which machine.
    pub(super) fn conversion(&self) -> (Colours, Machine) {
        (self.colours, self.machine)
    }

    /// Everything that the reconstruction depends on. Asks for the cores of this machine where they count.
    pub(super) fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::of(self.crf.get(), self.preset);
        if let Some(tune) = self.tune {
            parameters.tune(tune);
        }
        if let Some(profile) = self.profile {
            parameters.limit(profile);
        }
        parameters.fps = self.fps;
        parameters.slices = self.cores.slices();
        parameters.search = match self.machine {
            Machine::X86_64 => Search::All,
            Machine::Arm64 => Search::Shortcut,
        };
        parameters
    }
}

impl CodecSettings for H264 {
    type Engine = Engine;

    const FIELDS: &'static [Field<Self>] = &[
        field!(crf),
        field!(
            like,
            "Frame rate, preset and colours of a well-known call: ltx is LTX's (1 frame a second, veryfast), ffmpeg that of the command on an image (25, medium)"
        ),
        field!(preset: H264Preset, "Preset of x264; fast gives the picture of medium", "veryfast"),
        field!(tune?: H264Tune, TUNES, "Tune of x264"),
        field!(profile?: H264Profile, PROFILES, "Profile of H.264 that x264 is limited to; needs a CRF of 1 or more"),
        field!(fps),
        Field {
            setting: Setting {
                name: "slices",
                help: "Slices of the picture, at most one for 64 rows of pixels",
                kind: SettingKind::Whole { least: 1, most: 128 },
                default: Some("1"),
            },
            set: |settings, text| {
                let slices = text.parse()?;
                if !(1..=128).contains(&slices) {
                    return Err(Refused::NotOfItsKind);
                }
                *settings = settings.slices(slices);
                Ok(())
            },
            get: |settings| match settings.cores {
                Cores::One => Some("1".to_owned()),
                Cores::Number(number @ 1..=128) => Some(number.to_string()),
                _ => None,
            },
        },
        Field {
            setting: Setting {
                name: "cores",
                help: "Cores of the encoder's machine, each of which codes a slice",
                kind: SettingKind::Text { form: CORES, example: "server" },
                default: Some("1"),
            },
            set: |settings, text| {
                settings.cores = text.parse()?;
                Ok(())
            },
            get: |settings| Some(settings.cores.to_string()),
        },
        field!(machine: Machine, "Kind of the encoder's machine", "x86-64"),
        field!(colours),
    ];
    const ALIASES: &'static [&'static str] = &["avc", "x264"];
    const DESCRIPTION: &'static str = "H.264 (AVC): what LTX-Video and LTX-2 put into their start images";
    const EXACT_WITH: Option<&'static str> = Some("x264 (CRF, one IDR frame)");

    fn codec(&self) -> Codec {
        Codec::H264
    }

    fn quality(&self) -> Quality {
        self.crf.into()
    }

    fn set_quality(&mut self, quality: Quality) {
        self.crf = quality.into();
    }

    fn crf(&self) -> Crf {
        self.crf
    }

    fn set_crf(&mut self, crf: Crf) {
        self.crf = crf;
    }

    fn hand_to(&self, engine: &mut Engine) {
        engine.settings = *self;
    }
}
