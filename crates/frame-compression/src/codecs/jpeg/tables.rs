//! Quantisation tables: those of a quality, and the caller's own.

use crate::error::Error;
use crate::quality::Quality;

/// Luma steps at quality 50 (ITU-T T.81 table K.1).
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, //
    12, 12, 14, 19, 26, 58, 60, 55, //
    14, 13, 16, 24, 40, 57, 69, 56, //
    14, 17, 22, 29, 51, 87, 80, 62, //
    18, 22, 37, 56, 68, 109, 103, 77, //
    24, 35, 55, 64, 81, 104, 113, 92, //
    49, 64, 78, 87, 103, 121, 120, 101, //
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// Chroma steps at quality 50 (ITU-T T.81 table K.2).
const CHROMA: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, //
    18, 21, 26, 66, 99, 99, 99, 99, //
    24, 26, 56, 99, 99, 99, 99, 99, //
    47, 66, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99,
];

/// The quantisation steps of a JPEG: 8x8 for luma and 8x8 for chroma, row by row (not zigzag), the horizontal
/// frequency rising along a row; each from 1 to 255, as baseline JPEG has them.
///
/// ```
/// use frame_compression::{FrameCompressor, Jpeg, QuantTables, Tensor};
///
/// // Every frequency as coarse as every other.
/// let tables = QuantTables::new([40; 64], [60; 64])?;
/// let image = Tensor::new(vec![0.25f32; 33 * 47 * 3], &[1, 33, 47, 3])?;
/// let degraded = FrameCompressor::new(Jpeg::from(tables)).apply(&image)?;
/// assert_eq!(degraded.shape(), [1, 33, 47, 3]);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantTables {
    luma: [u8; 64],
    chroma: [u8; 64],
}

impl QuantTables {
    /// Tables of the caller's.
    ///
    /// # Errors
    /// [`Error::InvalidQuantTable`] for the first step that is not in `1..=255`, luma's before chroma's.
    pub fn new(luma: [u16; 64], chroma: [u16; 64]) -> Result<Self, Error> {
        Ok(Self { luma: checked(luma)?, chroma: checked(chroma)? })
    }

    /// The tables of a quality: those of the standard's annex K, scaled as libjpeg scales them.
    pub fn from_quality(quality: Quality) -> Self {
        let quality = u16::from(quality.to_jpeg());
        let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        let scale = |base: [u16; 64]| {
            base.map(|step| ((u32::from(step) * u32::from(percent) + 50) / 100).clamp(1, 255) as u8)
        };
        Self { luma: scale(LUMA), chroma: scale(CHROMA) }
    }

    /// The steps of luma.
    pub fn luma(&self) -> &[u8; 64] {
        &self.luma
    }

    /// The steps of Cb and Cr.
    pub fn chroma(&self) -> &[u8; 64] {
        &self.chroma
    }
}

fn checked(table: [u16; 64]) -> Result<[u8; 64], Error> {
    match table.iter().position(|step| !(1..=255).contains(step)) {
        Some(index) => Err(Error::InvalidQuantTable { given: table[index], index }),
        None => Ok(table.map(|step| step as u8)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_outside_1_to_255_are_refused_with_their_place() {
        let mut table = [16; 64];
        table[9] = 256;
        assert_eq!(QuantTables::new([1; 64], table), Err(Error::InvalidQuantTable { given: 256, index: 9 }));
        table[3] = 0;
        assert_eq!(QuantTables::new(table, [0; 64]), Err(Error::InvalidQuantTable { given: 0, index: 3 }));
        assert!(QuantTables::new([1; 64], [255; 64]).is_ok());
    }

    #[test]
    fn qualities_scale_the_tables_of_the_standard() {
        let at = |quality: f32| QuantTables::from_quality(Quality::new(quality).unwrap());
        assert_eq!(at(50.0), QuantTables::new(LUMA, CHROMA).unwrap());
        assert_eq!(at(100.0), QuantTables::new([1; 64], [1; 64]).unwrap());
        assert_eq!(at(0.0), QuantTables::new([255; 64], [255; 64]).unwrap());
        // 16 * 116 / 100 and 17 * 116 / 100, rounded.
        assert_eq!((at(43.0).luma()[0], at(43.0).chroma()[0]), (19, 20));
    }
}
