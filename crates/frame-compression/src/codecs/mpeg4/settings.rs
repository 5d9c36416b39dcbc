//! What can be set of MPEG-4 part 2.

use crate::codecs::mpeg::{Engine, Job, Shared, builders, fields};
use crate::colour::Machine;
use crate::colour::ffmpeg::Conversion;
use crate::error::Error;
use crate::names::Codec;
use crate::quality::Quality;
use crate::settings::{CodecSettings, Field};

/// The names of the subsamplings that the encoder has.
const SUBSAMPLINGS: &[&str] = &["420"];

/// MPEG-4 part 2 as FFmpeg's encoder `mpeg4` codes it. Its chroma is 4:2:0. One intra frame at a fixed quantiser, decoded by FFmpeg, any size.
///
/// ```
/// use frame_compression::{Colours, FrameCompressor, Mpeg4};
///
/// let compressor = FrameCompressor::new(Mpeg4::qscale(8)?.colours(Colours::Ffmpeg));
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mpeg4 {
    shared: Shared,
}

builders!(Mpeg4);

impl CodecSettings for Mpeg4 {
    type Engine = Engine;

    const FIELDS: &'static [Field<Self>] = fields![SUBSAMPLINGS; ];
    const ALIASES: &'static [&'static str] = &[];
    const DESCRIPTION: &'static str = "MPEG-4 part 2, as FFmpeg writes it";
    const EXACT_WITH: Option<&'static str> = Some("FFmpeg's mpeg4 (one intra frame at a fixed qscale)");

    fn codec(&self) -> Codec {
        Codec::Mpeg4
    }

    fn quality(&self) -> Quality {
        self.shared.quality
    }

    fn set_quality(&mut self, quality: Quality) {
        self.shared.quality = quality;
    }

    fn hand_to(&self, engine: &mut Engine) {
        let [luma, chroma] = super::steps(self.shared.qscale());
        let Shared { subsampling, arithmetic, colours, .. } = self.shared;
        let conversion = Conversion { colours, machine: Machine::default(), full_range: false, left: true };
        engine.set(Job { codec: Codec::Mpeg4, subsampling, conversion, arithmetic, luma, chroma });
    }
}
