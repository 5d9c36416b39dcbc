//! What can be set of MPEG-2.

use crate::codecs::mpeg::{Engine, Job, Shared, builders, fields};
use crate::colour::Machine;
use crate::colour::ffmpeg::Conversion;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::quality::Quality;
use crate::settings::{CodecSettings, Field, Refused, Setting, SettingKind};

/// The names of the subsamplings that the encoder has.
const SUBSAMPLINGS: &[&str] = &["420", "422"];

/// Bits of a block's mean.
const DC_PRECISION: SettingKind = SettingKind::Whole { least: 8, most: 11 };

/// MPEG-2 as FFmpeg's encoder `mpeg2video` codes it. One intra frame at a fixed quantiser, decoded by FFmpeg, any size.
///
/// ```
/// use frame_compression::{Colours, FrameCompressor, Mpeg2};
///
/// let compressor = FrameCompressor::new(Mpeg2::qscale(8)?.colours(Colours::Ffmpeg));
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mpeg2 {
    shared: Shared,
    /// Bits of the mean beyond 8.
    dc_bits: u8,
}

builders!(Mpeg2);

impl Mpeg2 {
    /// Chooses the chroma subsampling: 4:2:0 (the default) or 4:2:2.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn subsampling(mut self, subsampling: Subsampling) -> Result<Self, Error> {
        self.shared.set_subsampling(subsampling, SUBSAMPLINGS)?;
        Ok(self)
    }
}

impl Mpeg2 {
    /// Chooses the precision of a block's mean: 8 to 11 bits, 8 by default. FFmpeg's option `-dc` counts from 0.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn dc_precision(mut self, bits: u8) -> Result<Self, Error> {
        if !(8..=11).contains(&bits) {
            let (given, allowed) = (bits.to_string(), DC_PRECISION.to_string());
            return Err(Error::InvalidSetting { setting: "dc_precision", given, allowed });
        }
        self.dc_bits = bits - 8;
        Ok(self)
    }
}

impl CodecSettings for Mpeg2 {
    type Engine = Engine;

    const FIELDS: &'static [Field<Self>] = fields![SUBSAMPLINGS;
        Field {
            setting: Setting {
                name: "dc_precision",
                help: "Precision of a block's mean in bits; FFmpeg's option -dc counts from 0",
                kind: DC_PRECISION,
                default: Some("8"),
            },
            set: |settings, text| match settings.dc_precision(text.parse()?) {
                Ok(changed) => {
                    *settings = changed;
                    Ok(())
                }
                Err(_) => Err(Refused::NotOfItsKind),
            },
            get: |settings| Some((settings.dc_bits + 8).to_string()),
        }
    ];
    const ALIASES: &'static [&'static str] = &["mpeg2video"];
    const DESCRIPTION: &'static str = "MPEG-2, as FFmpeg writes it";
    const EXACT_WITH: Option<&'static str> = Some("FFmpeg's mpeg2video (one intra frame at a fixed qscale)");

    fn codec(&self) -> Codec {
        Codec::Mpeg2
    }

    fn quality(&self) -> Quality {
        self.shared.quality
    }

    fn set_quality(&mut self, quality: Quality) {
        self.shared.quality = quality;
    }

    fn hand_to(&self, engine: &mut Engine) {
        let [luma, chroma] = [super::steps(self.shared.qscale(), false, self.dc_bits); 2];
        let Shared { subsampling, arithmetic, colours, .. } = self.shared;
        let conversion = Conversion { colours, machine: Machine::default(), full_range: false, left: true };
        engine.set(Job { codec: Codec::Mpeg2, subsampling, conversion, arithmetic, luma, chroma });
    }
}
