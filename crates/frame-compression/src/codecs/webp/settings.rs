//! What can be set of WebP.

use std::ops::RangeInclusive;

use super::Engine;
use crate::error::Error;
use crate::names::{Codec, named};
use crate::quality::Quality;
use crate::settings::{CodecSettings, Field, SettingKind, field};

/// The loop filter of a WebP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum WebPFilter {
    /// The filter that libwebp has by default.
    #[default]
    Normal,
    /// A shorter filter of luma alone.
    Simple,
}

named! {
    WebPFilter:
    Normal = "normal", "normal";
    Simple = "simple", "simple";
}

/// Lossy WebP as libwebp codes it, which Pillow and OpenCV call.
///
/// ```
/// use frame_compression::{FrameCompressor, WebP};
///
/// let compressor = FrameCompressor::new(WebP::quality(75.0)?.method(4)?);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WebP {
    pub(super) quality: Quality,
    pub(super) method: u8,
    pub(super) sns_strength: u8,
    pub(super) filter_strength: u8,
    pub(super) filter_sharpness: u8,
    pub(super) filter: WebPFilter,
    pub(super) segments: u8,
}

/// Quality 43, and the rest as libwebp has it by default.
impl Default for WebP {
    fn default() -> Self {
        Self {
            quality: Quality::DEFAULT,
            method: 4,
            sns_strength: 50,
            filter_strength: 60,
            filter_sharpness: 0,
            filter: WebPFilter::Normal,
            segments: 4,
        }
    }
}

impl WebP {
    /// WebP of a quality: a number from 0 (worst) to 100 (best), fractions allowed, or a [`Quality`].
    ///
    /// # Errors
    /// [`Error::InvalidQuality`].
    pub fn quality(quality: impl TryInto<Quality, Error: Into<Error>>) -> Result<Self, Error> {
        Ok(Self { quality: quality.try_into().map_err(Into::into)?, ..Self::default() })
    }

    /// Chooses how hard the encoder tries, from 0 (fast) to 6 (thorough); 4 by default.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn method(self, method: u8) -> Result<Self, Error> {
        Ok(Self { method: within("method", method, 0..=6)?, ..self })
    }

    /// Chooses how much smooth parts are preferred to busy ones (spatial noise shaping), from 0 to 100; 50 by default.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn sns_strength(self, strength: u8) -> Result<Self, Error> {
        Ok(Self { sns_strength: within("sns_strength", strength, 0..=100)?, ..self })
    }

    /// Chooses the strength of the loop filter, from 0 (none) to 100; 60 by default.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn filter_strength(self, strength: u8) -> Result<Self, Error> {
        Ok(Self { filter_strength: within("filter_strength", strength, 0..=100)?, ..self })
    }

    /// Chooses how little the loop filter touches what is not flat, from 0 to 7; 0 by default.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn filter_sharpness(self, sharpness: u8) -> Result<Self, Error> {
        Ok(Self { filter_sharpness: within("filter_sharpness", sharpness, 0..=7)?, ..self })
    }

    /// Chooses the loop filter; [`WebPFilter::Normal`] by default.
    #[must_use]
    pub fn filter(self, filter: WebPFilter) -> Self {
        Self { filter, ..self }
    }

    /// Chooses how many kinds of macroblocks the encoder tells apart at most, from 1 to 4; 4 by default.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn segments(self, segments: u8) -> Result<Self, Error> {
        Ok(Self { segments: within("segments", segments, 1..=4)?, ..self })
    }
}

fn within(setting: &'static str, given: u8, allowed: RangeInclusive<u8>) -> Result<u8, Error> {
    if allowed.contains(&given) {
        return Ok(given);
    }
    let kind = SettingKind::Whole { least: (*allowed.start()).into(), most: (*allowed.end()).into() };
    Err(Error::InvalidSetting { setting, given: given.to_string(), allowed: kind.to_string() })
}

impl CodecSettings for WebP {
    type Engine = Engine;

    const FIELDS: &'static [Field<Self>] = &[
        field!(quality),
        field!(method in 0..=6, "How hard the encoder tries, from 0 (fast) to 6 (thorough)", "4"),
        field!(sns_strength in 0..=100, "How much smooth parts are preferred to busy ones", "50"),
        field!(filter_strength in 0..=100, "Strength of the loop filter, 0 for none", "60"),
        field!(filter_sharpness in 0..=7, "How little the loop filter touches what is not flat", "0"),
        field!(filter: WebPFilter, "The loop filter", "normal"),
        field!(segments in 1..=4, "How many kinds of macroblocks are told apart at most", "4"),
    ];
    const ALIASES: &'static [&'static str] = &["libwebp"];
    const USELESS: &'static [(&'static str, &'static str)] =
        &[("lossless", "lossless WebP changes no sample, so leave the picture as it is")];
    const DESCRIPTION: &'static str = "Lossy WebP, as Pillow and OpenCV write it";
    const EXACT_WITH: Option<&'static str> = Some("libwebp");

    fn codec(&self) -> Codec {
        Codec::WebP
    }

    fn quality(&self) -> Quality {
        self.quality
    }

    fn set_quality(&mut self, quality: Quality) {
        self.quality = quality;
    }

    fn hand_to(&self, engine: &mut Engine) {
        engine.settings = *self;
    }
}

#[cfg(test)]
mod tests {
    use crate::Settings;

    #[test]
    fn lossless_is_refused_with_what_it_would_do() {
        let error = "webp:lossless=true".parse::<Settings>().unwrap_err().to_string();
        assert_eq!(
            error,
            "lossless true is not allowed: lossless WebP changes no sample, so leave the picture as it is"
        );
    }
}
