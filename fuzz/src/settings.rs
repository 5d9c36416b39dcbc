//! What a compressor is asked to do.

use arbitrary::Arbitrary;
use frame_compression::{
    Backend, Codec, Error, FrameCompressor, Preset, Quality, QuantTables, Subsampling, ValueRange,
    X265Version,
};

/// Settings, allowed or not.
#[derive(Debug, Arbitrary)]
pub(crate) struct Settings {
    strength: Strength,
    /// Rarely anything but the default, as most codecs have only that.
    backend: Option<u8>,
    subsampling: Option<u8>,
    tables: Option<Tables>,
    preset: Option<u8>,
    x265_version: Option<u8>,
    unit_range: bool,
}

#[derive(Debug, Arbitrary)]
enum Strength {
    Default,
    /// In thousandths of the range.
    Quality(u16),
    Crf(u16),
    AnyQuality(f32),
    AnyCrf(f64),
}

#[derive(Debug, Arbitrary)]
struct Tables {
    luma: [u16; 64],
    chroma: [u16; 64],
    /// Brings the steps into their range.
    tame: bool,
}

impl Settings {
    /// A compressor with these settings.
    pub(crate) fn compressor(&self, codec: Codec) -> Result<FrameCompressor, Error> {
        let compressor = FrameCompressor::new(codec);
        let share = |thousandths: u16| f32::from(thousandths % 1001) / 1000.0;
        let compressor = match self.strength {
            Strength::Default => compressor,
            Strength::Quality(thousandths) => compressor.quality(share(thousandths) * 100.0)?,
            Strength::Crf(thousandths) => compressor.crf(share(thousandths) * 51.0)?,
            Strength::AnyQuality(quality) => compressor.quality(quality)?,
            Strength::AnyCrf(crf) => compressor.crf(crf)?,
        };
        let backend = |number| if number == 0 { Backend::VideoToolbox } else { Backend::Native };
        Ok(compressor
            .backend(self.backend.map(backend))
            .subsampling(self.subsampling.map(|number| one_of(&Subsampling::ALL, number)))
            .quant_tables(self.tables.as_ref().map(Tables::checked).transpose()?)
            .preset(self.preset.map(|number| one_of(&Preset::ALL, number)))
            .x265_version(self.x265_version.map(|number| one_of(&X265Version::ALL, number)))
            .value_range(self.value_range()))
    }

    pub(crate) fn value_range(&self) -> ValueRange {
        if self.unit_range { ValueRange::Unit } else { ValueRange::SignedUnit }
    }

    /// The quality, where nothing else is set.
    pub(crate) fn quality_alone(&self) -> Option<Quality> {
        match self {
            Settings {
                strength: Strength::Default,
                backend: None,
                subsampling: None,
                tables: None,
                preset: None,
                x265_version: None,
                unit_range: false,
            } => Some(Quality::DEFAULT),
            _ => None,
        }
    }
}

impl Tables {
    fn checked(&self) -> Result<QuantTables, Error> {
        let steps = |table: [u16; 64]| if self.tame { table.map(|step| step % 255 + 1) } else { table };
        QuantTables::new(steps(self.luma), steps(self.chroma))
    }
}

/// Any number names one of them.
fn one_of<T: Copy>(all: &[T], number: u8) -> T {
    all[usize::from(number) % all.len()]
}
