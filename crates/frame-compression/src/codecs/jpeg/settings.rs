//! What can be set of JPEG.

use super::{Coder, Engine, QuantTables};
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::quality::Quality;
use crate::settings::{CodecSettings, Field, Refused, Setting, SettingKind, field};

/// JPEG as libjpeg-turbo codes it.
///
/// ```
/// use frame_compression::{FrameCompressor, Jpeg, Subsampling};
///
/// let compressor = FrameCompressor::new(Jpeg::quality(75.0)?.subsampling(Subsampling::S444));
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jpeg {
    quality: Quality,
    pub(super) subsampling: Subsampling,
    quant_tables: Option<QuantTables>,
}

/// Quality 43, 4:2:0.
impl Default for Jpeg {
    fn default() -> Self {
        Self { quality: Quality::DEFAULT, subsampling: Subsampling::default(), quant_tables: None }
    }
}

/// JPEG with quantisation tables of the caller's, 4:2:0.
impl From<QuantTables> for Jpeg {
    fn from(tables: QuantTables) -> Self {
        Self::default().quant_tables(tables)
    }
}

impl Jpeg {
    /// JPEG of a quality: a number from 0 (worst) to 100 (best), or a [`Quality`]; rounded to `1..=100`.
    ///
    /// # Errors
    /// [`Error::InvalidQuality`].
    pub fn quality(quality: impl TryInto<Quality, Error: Into<Error>>) -> Result<Self, Error> {
        Ok(Self { quality: quality.try_into().map_err(Into::into)?, ..Self::default() })
    }

    /// Chooses the chroma subsampling; 4:2:0 by default.
    #[must_use]
    pub fn subsampling(self, subsampling: Subsampling) -> Self {
        Self { subsampling, ..self }
    }

    /// Gives quantisation tables in place of those of the quality; `None` takes the quality's again.
    #[must_use]
    pub fn quant_tables(self, tables: impl Into<Option<QuantTables>>) -> Self {
        Self { quant_tables: tables.into(), ..self }
    }

    /// The tables to quantise with.
    pub(super) fn tables(&self) -> QuantTables {
        self.quant_tables.unwrap_or_else(|| QuantTables::from_quality(self.quality))
    }
}

impl CodecSettings for Jpeg {
    type Engine = Engine;

    const FIELDS: &'static [Field<Self>] = &[
        field!(quality),
        field!(subsampling: Subsampling, "Chroma subsampling", "420"),
        Field {
            setting: Setting {
                name: "quant_tables",
                help: "Quantisation steps in place of those of the quality: 64 of luma and 64 of chroma, row by row",
                kind: SettingKind::List { count: 128, least: 1, most: 255 },
                default: None,
            },
            set: |settings, text| {
                settings.quant_tables = Some(read_tables(text)?);
                Ok(())
            },
            get: |settings| settings.quant_tables.as_ref().map(tables_as_text),
        },
    ];
    const ALIASES: &'static [&'static str] = &["jpg"];
    const DESCRIPTION: &'static str = "JPEG, as Pillow and OpenCV write it";
    const EXACT_WITH: Option<&'static str> = Some("libjpeg-turbo");

    fn codec(&self) -> Codec {
        Codec::Jpeg
    }

    fn quality(&self) -> Quality {
        self.quality
    }

    fn set_quality(&mut self, quality: Quality) {
        self.quality = quality;
    }

    fn hand_to(&self, engine: &mut Engine) {
        if engine.settings != *self {
            engine.settings = *self;
            engine.coder = Coder::new(engine.coder.level, &self.tables());
        }
    }
}

fn read_tables(text: &str) -> Result<QuantTables, Refused> {
    let steps: Vec<u16> = text.split(',').map(|step| step.trim().parse()).collect::<Result<_, _>>()?;
    let (luma, chroma) = steps.split_first_chunk::<64>().ok_or(Refused::NotOfItsKind)?;
    let chroma = <[u16; 64]>::try_from(chroma).map_err(|_| Refused::NotOfItsKind)?;
    Ok(QuantTables::new(*luma, chroma)?)
}

fn tables_as_text(tables: &QuantTables) -> String {
    let steps: Vec<String> = tables.luma().iter().chain(tables.chroma()).map(u8::to_string).collect();
    steps.join(",")
}
