//! What can be set of Motion JPEG.

use crate::codecs::mpeg::{Engine, Job, Shared, builders, fields};
use crate::colour::Machine;
use crate::colour::ffmpeg::Conversion;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::quality::Quality;
use crate::settings::{CodecSettings, Field};

/// The names of the subsamplings that the encoder has.
const SUBSAMPLINGS: &[&str] = &["420", "422", "444"];

/// Motion JPEG as FFmpeg's encoder `mjpeg` codes it: other tables and another DCT than libjpeg-turbo's ([`Jpeg`](crate::Jpeg)). One intra frame at a fixed quantiser, decoded by FFmpeg, any size.
///
/// ```
/// use frame_compression::{Colours, FrameCompressor, Mjpeg};
///
/// let compressor = FrameCompressor::new(Mjpeg::qscale(8)?.colours(Colours::Ffmpeg));
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mjpeg {
    shared: Shared,
}

builders!(Mjpeg);

impl Mjpeg {
    /// Chooses the chroma subsampling: 4:2:0 (the default), 4:2:2 or 4:4:4, which the command `ffmpeg` takes for RGB unless it is told `-pix_fmt yuvj420p`.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn subsampling(mut self, subsampling: Subsampling) -> Result<Self, Error> {
        self.shared.set_subsampling(subsampling, SUBSAMPLINGS)?;
        Ok(self)
    }
}

impl CodecSettings for Mjpeg {
    type Engine = Engine;

    const FIELDS: &'static [Field<Self>] = fields![SUBSAMPLINGS; ];
    const ALIASES: &'static [&'static str] = &[];
    const DESCRIPTION: &'static str = "Motion JPEG, as FFmpeg writes it";
    const EXACT_WITH: Option<&'static str> = Some("FFmpeg's mjpeg (one frame at a fixed qscale)");

    fn codec(&self) -> Codec {
        Codec::Mjpeg
    }

    fn quality(&self) -> Quality {
        self.shared.quality
    }

    fn set_quality(&mut self, quality: Quality) {
        self.shared.quality = quality;
    }

    fn hand_to(&self, engine: &mut Engine) {
        let [luma, chroma] = [super::steps(self.shared.qscale()); 2];
        let Shared { subsampling, arithmetic, colours, .. } = self.shared;
        let conversion = Conversion { colours, machine: Machine::default(), full_range: true, left: false };
        engine.set(Job { codec: Codec::Mjpeg, subsampling, conversion, arithmetic, luma, chroma });
    }
}
