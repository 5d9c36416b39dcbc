//! What can be set of H.264.

use super::engine::Engine;
use crate::error::Error;
use crate::names::Codec;
use crate::quality::{Crf, Quality};
use crate::settings::{CodecSettings, Field, Setting, read_crf};

/// H.264 as x264 codes it.
///
/// ```
/// use frame_compression::{FrameCompressor, H264};
///
/// let compressor = FrameCompressor::new(H264::crf(23.5)?);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct H264 {
    pub(super) crf: Crf,
}

/// CRF 29.
impl Default for H264 {
    fn default() -> Self {
        Self { crf: Crf::DEFAULT }
    }
}

impl H264 {
    /// H.264 of a constant rate factor: a number from 0 (best) to 51 (worst), or a [`Crf`].
    ///
    /// # Errors
    /// [`Error::InvalidCrf`].
    pub fn crf(crf: impl TryInto<Crf, Error: Into<Error>>) -> Result<Self, Error> {
        Ok(Self { crf: crf.try_into().map_err(Into::into)? })
    }
}

impl CodecSettings for H264 {
    type Engine = Engine;

    const FIELDS: &'static [Field<Self>] = &[Field {
        setting: Setting::CRF,
        set: |settings, text| {
            settings.crf = read_crf(text)?;
            Ok(())
        },
        get: |settings| Some(settings.crf.get().to_string()),
    }];
    const ALIASES: &'static [&'static str] = &["avc", "x264"];
    const DESCRIPTION: &'static str = "H.264 (AVC): what LTX-Video and LTX-2 put into their start images";
    const EXACT_WITH: Option<&'static str> = Some("x264 (preset veryfast, CRF, one IDR frame)");

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
