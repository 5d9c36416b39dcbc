//! What can be set of Apple's codecs.

use super::Engine;
use crate::error::Error;
use crate::names::{Backend, Codec};
use crate::quality::Quality;
use crate::settings::{CodecSettings, Field, field};

/// The codecs that Apple's systems have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum System {
    #[default]
    H264,
    H265,
    Jpeg,
}

/// A codec of Apple's operating systems: VideoToolbox for H.264 and H.265, ImageIO for JPEG.
///
/// It can be asked for everywhere; elsewhere than on Apple platforms the answer is [`Error::BackendUnavailable`]. What
/// it leaves of a picture depends on the machine. It knows nothing but a strength from 0 to 1, which is the quality
/// divided by 100.
///
/// ```
/// use frame_compression::{Apple, FrameCompressor};
///
/// let compressor = FrameCompressor::new(Apple::h264().quality(60.0)?);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Apple {
    system: System,
    quality: Quality,
}

/// H.264 at quality 43.
impl Default for Apple {
    fn default() -> Self {
        Self::h264()
    }
}

impl Apple {
    /// H.264 through VideoToolbox.
    pub fn h264() -> Self {
        Self { system: System::H264, quality: Quality::DEFAULT }
    }

    /// H.265 through VideoToolbox.
    pub fn h265() -> Self {
        Self { system: System::H265, ..Self::h264() }
    }

    /// JPEG through ImageIO.
    pub fn jpeg() -> Self {
        Self { system: System::Jpeg, ..Self::h264() }
    }

    /// Sets the quality: a number from 0 to 100 or a [`Quality`]; 43 by default.
    ///
    /// # Errors
    /// [`Error::InvalidQuality`].
    pub fn quality(self, quality: impl TryInto<Quality, Error: Into<Error>>) -> Result<Self, Error> {
        Ok(Self { quality: quality.try_into().map_err(Into::into)?, ..self })
    }

    /// Apple's own of this codec.
    pub(crate) fn of(codec: Codec) -> Result<Self, Error> {
        match codec {
            Codec::H264 => Ok(Self::h264()),
            Codec::H265 => Ok(Self::h265()),
            Codec::Jpeg => Ok(Self::jpeg()),
            Codec::WebP => Err(super::unavailable(codec, "Apple's systems have no encoder of it")),
            Codec::Mpeg2 | Codec::Mpeg4 | Codec::Mjpeg => Err(Error::BackendUnavailable {
                backend: Backend::VideoToolbox,
                codec,
                reason: "Apple's codecs do not give FFmpeg's picture",
            }),
        }
    }

    /// Which of the codecs it is.
    pub(super) fn system(&self) -> System {
        self.system
    }

    /// The strength as the frameworks take it, from 0 to 1.
    #[cfg_attr(not(target_vendor = "apple"), expect(dead_code, reason = "there is nobody to tell"))]
    pub(super) fn kept(&self) -> f32 {
        self.quality.get() / 100.0
    }
}

impl CodecSettings for Apple {
    type Engine = Engine;

    const FIELDS: &'static [Field<Self>] = &[field!(quality)];
    const ALIASES: &'static [&'static str] = &[];
    const DESCRIPTION: &'static str = "The operating system's codec";
    const EXACT_WITH: Option<&'static str> = None;

    fn codec(&self) -> Codec {
        match self.system {
            System::H264 => Codec::H264,
            System::H265 => Codec::H265,
            System::Jpeg => Codec::Jpeg,
        }
    }

    fn backend(&self) -> Backend {
        Backend::VideoToolbox
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
