//! What can be set of H.265.

use super::engine::Engine;
use super::{Preset, Tune, X265Version};
use crate::colour::{Colours, Machine};
use crate::error::Error;
use crate::frame_rate::FrameRate;
use crate::like::Like;
use crate::names::Codec;
use crate::quality::{Crf, Quality};
use crate::settings::{CodecSettings, Field, Setting, SettingKind, read_crf};

/// How the lack of a tune is called.
const NO_TUNE: &str = "none";

const TUNES: &[&str] = &[NO_TUNE, "psnr", "ssim", "grain", "fastdecode", "zerolatency", "animation"];

/// H.265 as x265 codes it.
///
/// ```
/// use frame_compression::{FrameCompressor, H265, Like, X265Version};
///
/// // What `ffmpeg -i picture.png -pix_fmt yuv420p -c:v libx265 -crf 23.5` of Debian 12 makes of a picture.
/// let settings = H265::crf(23.5)?.like(Like::Ffmpeg).release(X265Version::V3_5);
/// let compressor = FrameCompressor::new(settings);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct H265 {
    pub(super) crf: Crf,
    pub(super) preset: Preset,
    pub(super) tune: Option<Tune>,
    pub(super) fps: FrameRate,
    pub(super) release: X265Version,
    pub(super) machine: Machine,
    pub(super) colours: Colours,
}

/// CRF 29, preset veryfast, no tune, 1 frame a second, the newest release, PyAV's colours on x86-64.
impl Default for H265 {
    fn default() -> Self {
        Self {
            crf: Crf::DEFAULT,
            preset: Preset::default(),
            tune: None,
            fps: FrameRate::LTX,
            release: X265Version::default(),
            machine: Machine::X86_64,
            colours: Colours::PyAv,
        }
    }
}

impl H265 {
    /// H.265 of a constant rate factor: a number from 0 (best) to 51 (worst), or a [`Crf`].
    ///
    /// # Errors
    /// [`Error::InvalidCrf`].
    pub fn crf(crf: impl TryInto<Crf, Error: Into<Error>>) -> Result<Self, Error> {
        Ok(Self { crf: crf.try_into().map_err(Into::into)?, ..Self::default() })
    }

    /// Sets frame rate, preset and colours to those of a well-known call; [`Like::Ltx`] by default. The release of x265
    /// stays as it is: set the one that the command was built with ([`X265Version::V3_5`] for Debian 12).
    #[must_use]
    pub fn like(self, like: Like) -> Self {
        let (fps, preset, colours) = Self::of_like(like);
        Self { fps, preset, colours, ..self }
    }

    /// Chooses the encoder's preset; veryfast by default.
    #[must_use]
    pub fn preset(self, preset: Preset) -> Self {
        Self { preset, ..self }
    }

    /// Chooses the encoder's tune, or none; none by default.
    #[must_use]
    pub fn tune(self, tune: impl Into<Option<Tune>>) -> Self {
        Self { tune: tune.into(), ..self }
    }

    /// Sets how many frames a second the encoder is told; 1 by default, [`FrameRate::LTX`]. Everything that ffmpeg makes of
    /// images has 25 ([`FrameRate::FFMPEG`]): left out, the picture is far too good.
    #[must_use]
    pub fn fps(self, fps: FrameRate) -> Self {
        Self { fps, ..self }
    }

    /// Chooses the release of x265 whose picture is given; the newest by default.
    #[must_use]
    pub fn release(self, release: X265Version) -> Self {
        Self { release, ..self }
    }

    /// Sets the kind of machine that converts colours; x86-64 by default. What x265 does between is that of x86-64 in
    /// either case.
    #[must_use]
    pub fn machine(self, machine: Machine) -> Self {
        Self { machine, ..self }
    }

    /// Sets who converts colours; PyAV by default.
    #[must_use]
    pub fn colours(self, colours: Colours) -> Self {
        Self { colours, ..self }
    }

    fn of_like(like: Like) -> (FrameRate, Preset, Colours) {
        match like {
            Like::Ltx => (FrameRate::LTX, Preset::Veryfast, Colours::PyAv),
            Like::Ffmpeg => (FrameRate::FFMPEG, Preset::Medium, Colours::Ffmpeg),
        }
    }
}

impl CodecSettings for H265 {
    type Engine = Engine;

    const FIELDS: &'static [Field<Self>] = &[
        Field {
            setting: Setting::CRF,
            set: |settings, text| {
                settings.crf = read_crf(text)?;
                Ok(())
            },
            get: |settings| Some(settings.crf.get().to_string()),
        },
        Field {
            setting: Setting {
                name: "like",
                help: "Frame rate, preset and colours of a well-known call: ltx is LTX's (1 frame a second, veryfast), ffmpeg that of the command on an image (25, medium; Debian 12 and Ubuntu 22.04 need release=3.5 too)",
                kind: SettingKind::Choice { names: Like::NAMES },
                default: Some("ltx"),
            },
            set: |settings, text| {
                *settings = settings.like(text.parse()?);
                Ok(())
            },
            get: |settings| {
                let found = (settings.fps, settings.preset, settings.colours);
                let like = Like::ALL.into_iter().find(|&like| H265::of_like(like) == found)?;
                Some(like.name().to_owned())
            },
        },
        Field {
            setting: Setting {
                name: "preset",
                help: "Preset of x265",
                kind: SettingKind::Choice { names: Preset::NAMES },
                default: Some("veryfast"),
            },
            set: |settings, text| {
                settings.preset = text.parse()?;
                Ok(())
            },
            get: |settings| Some(settings.preset.name().to_owned()),
        },
        Field {
            setting: Setting {
                name: "tune",
                help: "Tune of x265",
                kind: SettingKind::Choice { names: TUNES },
                default: Some(NO_TUNE),
            },
            set: |settings, text| {
                settings.tune = if text == NO_TUNE { None } else { Some(text.parse()?) };
                Ok(())
            },
            get: |settings| Some(settings.tune.map_or(NO_TUNE, Tune::name).to_owned()),
        },
        Field {
            setting: Setting {
                name: "fps",
                help: "Frames a second that the encoder is told: 1 for LTX, 25 for what ffmpeg makes of images, 24 for PyAV",
                kind: SettingKind::Text {
                    form: "frames a second, as 25, 29.97 or 30000/1001",
                    example: "25",
                },
                default: Some("1"),
            },
            set: |settings, text| {
                settings.fps = text.parse()?;
                Ok(())
            },
            get: |settings| Some(settings.fps.to_string()),
        },
        Field {
            setting: Setting {
                name: "release",
                help: "Release of x265: 4.2 is in PyAV 18, 3.5 in Debian 12 and Ubuntu 22.04",
                kind: SettingKind::Choice { names: X265Version::NAMES },
                default: Some("4.2"),
            },
            set: |settings, text| {
                settings.release = text.parse()?;
                Ok(())
            },
            get: |settings| Some(settings.release.name().to_owned()),
        },
        Field {
            setting: Setting {
                name: "machine",
                help: "Kind of the machine that converts the colours",
                kind: SettingKind::Choice { names: Machine::NAMES },
                default: Some("x86-64"),
            },
            set: |settings, text| {
                settings.machine = text.parse()?;
                Ok(())
            },
            get: |settings| Some(settings.machine.name().to_owned()),
        },
        Field {
            setting: Setting {
                name: "colours",
                help: "Who converts the colours: PyAV, or the command ffmpeg, by release",
                kind: SettingKind::Choice { names: Colours::NAMES },
                default: Some("pyav"),
            },
            set: |settings, text| {
                settings.colours = text.parse()?;
                Ok(())
            },
            get: |settings| Some(settings.colours.name().to_owned()),
        },
    ];
    const ALIASES: &'static [&'static str] = &["hevc", "x265"];
    const DESCRIPTION: &'static str = "H.265 (HEVC)";
    const EXACT_WITH: Option<&'static str> = Some("x265 (CRF, one IDR frame)");

    fn codec(&self) -> Codec {
        Codec::H265
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
