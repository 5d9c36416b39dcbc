//! How many bits CAVLC needs (H.264 9.1, 9.2; docs/spec/h264-presets.md, section 13). It counts, and writes nothing.

mod macroblock;
mod tables;
pub(super) mod trellis;

pub(super) use macroblock::{block_8x8_bits, chroma_residual_bits, macroblock_bits, mode_bits, pattern_bits};

use super::rate_distortion::record::NO_BLOCK;

/// The column of chroma DC in the table of coeff_token.
pub(super) const CHROMA_DC: usize = 4;

/// The column that follows from the numbers of levels to the left and above, which may be [`NO_BLOCK`].
pub(super) fn column(left: u8, above: u8) -> usize {
    let count = match (left, above) {
        (NO_BLOCK, NO_BLOCK) => 0,
        (NO_BLOCK, count) | (count, NO_BLOCK) => count,
        (left, above) => (left + above).div_ceil(2),
    };
    match count {
        0..2 => 0,
        2..4 => 1,
        4..8 => 2,
        _ => 3,
    }
}

/// The length of ue(v).
pub(super) fn unsigned(value: u32) -> u32 {
    2 * (value + 1).ilog2() + 1
}

/// The length of se(v).
pub(super) fn signed(value: i32) -> u32 {
    unsigned(if value > 0 { 2 * value as u32 - 1 } else { 2 * value.unsigned_abs() })
}

/// The bits of a block's levels in coding order. `long_levels`: whether a level's prefix may be longer than 15.
pub(super) fn block_bits(levels: &[i16], column: usize, long_levels: bool) -> u32 {
    let Some(end) = levels.iter().rposition(|&level| level != 0) else {
        return u32::from(tables::NO_LEVELS[column]);
    };
    let coded = || levels[..=end].iter().rev().filter(|&&level| level != 0);
    let total = coded().count();
    let ones = coded().take(3).take_while(|level| level.abs() == 1).count();
    let mut bits = u32::from(tables::TOKEN[column][total - 1][ones]) + ones as u32;
    bits += level_bits(coded().copied().skip(ones), total, ones, long_levels);

    let mut zeros = end + 1 - total;
    if total < levels.len() {
        bits += u32::from(match column {
            CHROMA_DC => tables::TOTAL_ZEROS_CHROMA_DC[total - 1][zeros],
            _ => tables::TOTAL_ZEROS[total - 1][zeros],
        });
    }
    let mut run = 0;
    for &level in levels[..end].iter().rev() {
        if zeros == 0 {
            break;
        }
        if level == 0 {
            run += 1;
        } else {
            bits += u32::from(tables::RUN_BEFORE[zeros.min(7) - 1][run]);
            zeros -= run;
            run = 0;
        }
    }
    bits
}

/// The bits of the levels behind the trailing ones (9.2.2.1).
fn level_bits(levels: impl Iterator<Item = i16>, total: usize, ones: usize, long_levels: bool) -> u32 {
    let mut suffix = u32::from(total > 10 && ones < 3);
    let mut bits = 0;
    for (i, level) in levels.enumerate() {
        let magnitude = u32::from(level.unsigned_abs());
        let mut code = 2 * magnitude - 2 + u32::from(level < 0);
        if i == 0 && ones < 3 {
            code -= 2;
        }
        bits += code_bits(code, suffix, long_levels);
        suffix = suffix.max(1);
        if magnitude > 3 << (suffix - 1) && suffix < 6 {
            suffix += 1;
        }
    }
    bits
}

/// The length of a level's code.
fn code_bits(code: u32, suffix: u32, long_levels: bool) -> u32 {
    let prefix = code >> suffix;
    if prefix < 14 || suffix > 0 && prefix == 14 {
        return prefix + 1 + suffix;
    }
    if suffix == 0 && code < 30 {
        return 19;
    }
    let mut rest = code - (15 << suffix) - if suffix == 0 { 15 } else { 0 };
    let mut prefix = 15;
    if long_levels {
        while rest >= 1 << (prefix - 3) {
            rest -= 1 << (prefix - 3);
            prefix += 1;
        }
    }
    // No code has a level as large without long prefixes: whoever weighs bits is kept from it.
    let penalty = if !long_levels && rest >= 4096 { 2000 } else { 0 };
    2 * prefix - 2 + penalty
}
