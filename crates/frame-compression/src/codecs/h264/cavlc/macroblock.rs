//! The bits of a macroblock and of its parts.

use super::super::cabac::macroblock::Subject;
use super::super::rate_distortion::coded::{ChromaCoding, LumaCoding};
use super::super::rate_distortion::record::{
    BLOCKS, Counts, Kind, chroma_number, chroma_place, luma_number, luma_place,
};
use super::{CHROMA_DC, block_bits, column, signed, tables, unsigned};

/// The bits of the mode of a 4x4 or 8x8 block.
pub(in super::super) fn mode_bits(predicted: u8, mode: u8) -> u32 {
    if mode == predicted { 1 } else { 4 }
}

/// The bits of coded_block_pattern.
pub(in super::super) fn pattern_bits(luma: u8, chroma: u8) -> u32 {
    unsigned(tables::PATTERN[usize::from(16 * chroma + luma)].into())
}

/// The column of a place among counts.
fn column_at(counts: &[u8], place: usize) -> usize {
    column(counts[place - 1], counts[place - 8])
}

/// The bits of a macroblock.
pub(in super::super) fn macroblock_bits(subject: &Subject<'_>) -> u32 {
    let Subject { counts, luma, chroma, transform_8x8, qp, last, .. } = *subject;
    let mut bits = unsigned(chroma_number(chroma.mode).into());
    if luma.kind == Kind::Intra16x16 {
        let pattern = 4 * chroma.pattern + if luma.pattern != 0 { 12 } else { 0 };
        bits += unsigned(u32::from(1 + luma_number(luma.mode) + pattern));
    } else {
        let step = if luma.kind == Kind::Intra8x8 { 4 } else { 1 };
        bits += 1 + u32::from(transform_8x8);
        bits += (0..16).step_by(step).map(|k| mode_bits(luma.predicted[k], luma.modes[k])).sum::<u32>();
        bits += pattern_bits(luma.pattern, chroma.pattern);
        if luma.pattern == 0 && chroma.pattern == 0 {
            return bits;
        }
    }
    let empty = luma.pattern == 0 && !luma.dc_coded && chroma.pattern == 0;
    let step = if empty && qp > last { 0 } else { i32::from(qp) - i32::from(last) };
    // The shorter way round.
    bits += signed((step + 26).rem_euclid(52) - 26);
    bits += luma_residual_bits(counts, luma, transform_8x8);
    bits + chroma_residual_bits(counts, chroma, transform_8x8)
}

fn luma_residual_bits(counts: &Counts, luma: &LumaCoding, long_levels: bool) -> u32 {
    let at = |k: usize| column_at(&counts.luma, luma_place(BLOCKS[k].0, BLOCKS[k].1));
    let coded = |k: usize| luma.pattern >> (k / 4) & 1 != 0;
    match luma.kind {
        Kind::Intra16x16 => {
            let mut bits = block_bits(&luma.dc, at(0), long_levels);
            if luma.pattern != 0 {
                bits += (0..16).map(|k| block_bits(&luma.levels[k][1..], at(k), long_levels)).sum::<u32>();
            }
            bits
        }
        Kind::Intra8x8 => {
            let lists = (0..16).filter(|&k| coded(k));
            lists.map(|k| block_bits(&list_of_8x8(luma.eight(k / 4), k % 4), at(k), long_levels)).sum()
        }
        _ => (0..16).filter(|&k| coded(k)).map(|k| block_bits(&luma.levels[k], at(k), long_levels)).sum(),
    }
}

/// The levels of an 8x8 block that are coded as those of its 4x4 block `i`.
pub(in super::super) fn list_of_8x8(levels: &[i16; 64], i: usize) -> [i16; 16] {
    std::array::from_fn(|j| levels[4 * j + i])
}

/// The bits of an 8x8 block's levels. Its counts are put in among `counts`.
pub(in super::super) fn block_8x8_bits(
    counts: &mut Counts,
    k: usize,
    levels: &[i16; 64],
    long_levels: bool,
) -> u32 {
    let mut bits = 0;
    for i in 0..4 {
        let (x, y) = BLOCKS[4 * k + i];
        let list = list_of_8x8(levels, i);
        bits += block_bits(&list, column_at(&counts.luma, luma_place(x, y)), long_levels);
        counts.luma[luma_place(x, y)] = list.iter().filter(|&&level| level != 0).count() as u8;
    }
    bits
}

/// The bits of chroma's levels.
pub(in super::super) fn chroma_residual_bits(
    counts: &Counts,
    chroma: &ChromaCoding,
    long_levels: bool,
) -> u32 {
    let mut bits = 0;
    if chroma.pattern != 0 {
        for [sum, vertical, horizontal, diagonal] in chroma.dc {
            bits += block_bits(&[sum, horizontal, vertical, diagonal], CHROMA_DC, long_levels);
        }
    }
    if chroma.pattern == 2 {
        for block in 0..8 {
            let column = column_at(&counts.chroma, chroma_place(block / 4, block % 4));
            bits += block_bits(&chroma.levels[block][1..], column, long_levels);
        }
    }
    bits
}
