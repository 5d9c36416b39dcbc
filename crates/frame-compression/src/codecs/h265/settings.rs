//! What can be set of H.265.

use super::engine::Engine;
use super::{Preset, Tune, X265Version};
use crate::colour::{Colours, Machine};
use crate::error::Error;
use crate::frame_rate::FrameRate;
use crate::like::Like;
use crate::names::Codec;
use crate::quality::{Crf, Quality};
use crate::settings::{CodecSettings, Field, field};

/// The first name is that of the lack.
const TUNES: &[&str] = &["none", "psnr", "ssim", "grain", "fastdecode", "zerolatency", "animation"];

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
        field!(crf),
        field!(
            like,
            "Frame rate, preset and colours of a well-known call: ltx is LTX's (1 frame a second, veryfast), ffmpeg that of the command on an image (25, medium; Debian 12 and Ubuntu 22.04 need release=3.5 too)"
        ),
        field!(preset: Preset, "Preset of x265", "veryfast"),
        field!(tune?: Tune, TUNES, "Tune of x265"),
        field!(fps),
        field!(release: X265Version, "Release of x265: 4.2 is in PyAV 18, 3.5 in Debian 12 and Ubuntu 22.04", "4.2"),
        field!(machine: Machine, "Kind of the machine that converts the colours", "x86-64"),
        field!(colours),
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
