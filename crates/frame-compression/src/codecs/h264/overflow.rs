//! Levels that CAVLC cannot write below High profile: the macroblock is coded again with a higher QP
//! (docs/spec/h264-presets.md, section 4.3).

use super::decision::{CodedLuma, MacroblockType, Prices, code_chroma_planes, finish_16x16, recode_4x4};
use super::frame::Frame;
use super::macroblock::Macroblock;
use super::predict::planes::{Mode, predict_chroma, predict_luma};
use super::quantise::QP_MAX;
use super::residual::{levels_of_chroma_dc, levels_of_luma_dc};
use crate::simd::Simd;

/// From this QP on no level is too large: the largest is a sum of 256 differences.
pub(super) const HARMLESS_QP: u8 = 13;

/// Codes a coded macroblock again for as long as it has such levels. Its QP, and whether there is a residual.
#[inline(always)]
pub(super) fn resolve<S: Simd>(
    simd: S,
    frame: &Frame<'_>,
    macroblock: &mut Macroblock,
    prices: &Prices<'_>,
    (luma, mode_chroma): (CodedLuma, Mode),
    qp: u8,
    mut residual: bool,
) -> (u8, bool) {
    let (mut qp, mut prices) = (qp, *prices);
    while qp < HARMLESS_QP.min(QP_MAX) && overflows(macroblock, luma, mode_chroma, &prices) {
        qp += 1;
        prices = prices.coarser(frame, qp);
        residual = match luma.kind {
            MacroblockType::Intra16x16 => finish_16x16(simd, macroblock, &prices, luma.mode_16x16),
            MacroblockType::Intra8x8 | MacroblockType::Intra4x4 => simd.vectorize(
                #[inline(always)]
                || recode_4x4(simd, macroblock, &prices),
            ),
        };
        residual |= code_chroma_planes(macroblock, mode_chroma, &prices);
    }
    (qp, residual)
}

/// Whether a macroblock has levels that are too large. Only sums over several blocks can be: DC coefficients.
fn overflows(macroblock: &Macroblock, luma: CodedLuma, mode_chroma: Mode, prices: &Prices<'_>) -> bool {
    /// The frame zigzag scan of a 4x4 block (H.264 table 8-13), backwards.
    const FROM_THE_LAST: [usize; 16] = [15, 14, 11, 7, 10, 13, 12, 9, 6, 3, 2, 5, 8, 4, 1, 0];
    let neighbours = macroblock.neighbours;
    if luma.kind == MacroblockType::Intra16x16 {
        let prediction = predict_luma(&macroblock.luma, luma.mode_16x16, neighbours);
        let levels = levels_of_luma_dc(&macroblock.source.y, &prediction, prices.quantiser);
        if too_large(&FROM_THE_LAST.map(|i| levels[i])) {
            return true;
        }
    }
    (0..2).any(|plane| {
        let prediction = predict_chroma(&macroblock.chroma, plane, mode_chroma, neighbours);
        dc_overflows(levels_of_chroma_dc(&macroblock.source.chroma(plane), &prediction, prices.chroma))
    })
}

/// Whether a chroma plane's levels of DC are too large.
pub(super) fn dc_overflows([sum, vertical, horizontal, diagonal]: [i32; 4]) -> bool {
    too_large(&[diagonal, vertical, horizontal, sum])
}

/// Whether a block has a level that needs a level_prefix above 15 (H.264 9.2.2.1). From the last position of the scan
/// to the first.
fn too_large(levels: &[i32]) -> bool {
    let (mut found, mut count) = ([0; 16], 0);
    for &level in levels.iter().filter(|&&level| level != 0) {
        found[count] = level;
        count += 1;
    }
    let levels = &found[..count];
    let ones = levels.iter().take(3).take_while(|level| level.abs() == 1).count();
    let mut suffix_length = u32::from(levels.len() > 10 && ones < 3);
    for (i, &level) in levels.iter().enumerate().skip(ones) {
        let mut code = 2 * level.abs() - 2 + i32::from(level < 0);
        if i == ones && ones < 3 {
            code -= 2;
        }
        if code >> suffix_length >= 15 {
            let escaped = code - (15 << suffix_length) - if suffix_length == 0 { 15 } else { 0 };
            if escaped >= 4096 {
                return true;
            }
        }
        suffix_length = suffix_length.max(1);
        if suffix_length < 6 && level.abs() > 3 << (suffix_length - 1) {
            suffix_length += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_levels_are_found() {
        // Alone: 2 * 2064 - 4 = 4124, of which 15 + 15 are free.
        assert!(!too_large(&[0, 2064, 0]));
        assert!(too_large(&[0, 2065, 0]));
        assert!(too_large(&[1, 0, -2900, 0]));
        assert!(!too_large(&[]));
        assert!(!too_large(&[1, -1, 1, 1, 5, -1000]));
    }
}
