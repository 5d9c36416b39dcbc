//! How many bits a transform block's levels are: residual_coding (H.265 7.3.8.11, 9.3.4.2) without the bits.

use super::cabac::{Coder, context};
use super::quantise::Levels;
use super::scan::{Scan, ScanOrder};

/// Of which colour component a transform block is, as the contexts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Luma,
    Chroma,
}

/// Codes the levels of a block that has any.
pub(super) fn code_residual(
    coder: &mut Coder,
    levels: Levels<'_>,
    scan: &Scan,
    channel: Channel,
    sign_hiding: bool,
) {
    let significant = &levels.significant[..scan.count()];
    let Some(last) = significant.iter().rposition(|&mask| mask != 0) else { return };
    let last_rank = 15 - significant[last].leading_zeros();
    code_last_position(coder, last, last_rank as usize, scan, channel);

    let chroma = channel == Channel::Chroma;
    let sig_base = context::SIG_COEFF_FLAG + if chroma { 27 } else { 0 };
    let sig_offset = match (scan.log2, chroma) {
        (2, _) => 0,
        (3, false) if scan.order == ScanOrder::Diagonal => 9,
        (3, false) => 15,
        (_, false) => 21,
        (3, true) => 9,
        (_, true) => 12,
    };
    let flag_base = context::CODED_SUB_BLOCK_FLAG + if chroma { 2 } else { 0 };
    let mut coded_map = 0_u64;
    let mut previous_had_greater1 = false;
    for sub_block in (0..=last).rev() {
        let mask = u32::from(significant[sub_block]);
        let [own, right, below] = scan.map_bits[sub_block];
        let coded = usize::from(coded_map & right != 0) + 2 * usize::from(coded_map & below != 0);
        if sub_block > 0 && sub_block < last {
            coder.bin(flag_base + usize::from(coded != 0), mask != 0);
            if mask == 0 {
                continue;
            }
        }
        if mask != 0 || sub_block == 0 {
            coded_map |= own;
        }

        let sig_contexts = &scan.significance[coded];
        let base = sig_base + sig_offset + if sub_block > 0 && !chroma && scan.log2 > 2 { 3 } else { 0 };
        let top = if sub_block == last { last_rank } else { 16 };
        for rank in (1..top).rev() {
            coder.bin(base + usize::from(sig_contexts[rank as usize]), mask >> rank & 1 != 0);
        }
        // The first place is inferred where it is the only one left that can have made the sub-block coded.
        if top > 0 && (sub_block == 0 || sub_block == last || mask != 1) {
            let first = if sub_block == 0 { sig_base } else { base + usize::from(sig_contexts[0]) };
            coder.bin(first, mask & 1 != 0);
        }
        if mask != 0 {
            let set = usize::from(previous_had_greater1) + if sub_block > 0 && !chroma { 2 } else { 0 };
            let levels: &[i16; 16] = levels.sub_block(sub_block);
            previous_had_greater1 = code_magnitudes(coder, levels, mask, set, chroma);
            let hidden = sign_hiding && spread(mask) >= 4;
            coder.bypass(mask.count_ones() - u32::from(hidden));
        }
    }
}

/// Distance between the first and the last level of a sub-block that is not zero.
#[inline(always)]
pub(super) fn spread(mask: u32) -> u32 {
    31 - mask.leading_zeros() - mask.trailing_zeros()
}

/// last_sig_coeff_x_prefix and the three that go with it.
#[inline]
fn code_last_position(coder: &mut Coder, sub_block: usize, rank: usize, scan: &Scan, channel: Channel) {
    let (block_x, block_y) = scan.sub_blocks[sub_block];
    let place = scan.places[rank];
    let (x, y) = (block_x * 4 + place % 4, block_y * 4 + place / 4);
    let (x, y) = if scan.order == ScanOrder::Vertical { (y, x) } else { (x, y) };
    let (offset, shift) = match channel {
        Channel::Luma => (3 * (scan.log2 - 2) + ((scan.log2 - 1) >> 2), (scan.log2 + 1) >> 2),
        Channel::Chroma => (15, scan.log2 - 2),
    };
    let longest = 2 * scan.log2 - 1;
    for (coordinate, base) in [(x, context::LAST_X_PREFIX), (y, context::LAST_Y_PREFIX)] {
        let group = u32::from(LAST_GROUP[usize::from(coordinate)]);
        for bin in 0..group {
            coder.bin(base + (offset + (bin >> shift)) as usize, true);
        }
        if group < longest {
            coder.bin(base + (offset + (group >> shift)) as usize, false);
        }
        if group > 3 {
            coder.bypass((group - 2) / 2);
        }
    }
}

/// The prefix of a coordinate of the last level.
const LAST_GROUP: [u8; 32] =
    [0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9];

/// The greater1 and greater2 flags and the remaining magnitudes of a sub-block, from the last level down.
/// Says whether a greater1 flag was 1.
#[inline]
fn code_magnitudes(coder: &mut Coder, levels: &[i16; 16], mask: u32, set: usize, chroma: bool) -> bool {
    let greater1_base = context::GREATER1_FLAG + set * 4 + if chroma { 16 } else { 0 };
    let greater2 = context::GREATER2_FLAG + set + if chroma { 4 } else { 0 };
    let (mut greater1_context, mut first_greater1, mut rice) = (1, true, 0);
    let mut left = mask;
    let mut count = 0;
    while left != 0 {
        let rank = 31 - left.leading_zeros();
        left ^= 1 << rank;
        let magnitude = u32::from(levels[rank as usize % 16].unsigned_abs());
        let mut base = 1;
        if count < 8 {
            let greater1 = magnitude > 1;
            coder.bin(greater1_base + greater1_context, greater1);
            base = 2;
            if first_greater1 {
                base = 3;
                if greater1 {
                    coder.bin(greater2, magnitude > 2);
                    first_greater1 = false;
                    greater1_context = 0;
                } else if greater1_context < 3 {
                    greater1_context += 1;
                }
            }
        }
        count += 1;
        if magnitude >= base {
            coder.bypass(remaining_length(magnitude - base, rice));
            if magnitude > 3 << rice {
                rice = (rice + 1).min(4);
            }
        }
    }
    !first_greater1
}

/// Bits of coeff_abs_level_remaining (H.265 9.3.3.11).
#[inline(always)]
fn remaining_length(value: u32, rice: u32) -> u32 {
    let prefix = value >> rice;
    if prefix < 3 { prefix + 1 + rice } else { 4 + rice + 2 * (prefix - 2).ilog2() }
}
