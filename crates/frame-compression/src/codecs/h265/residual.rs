//! How many bits a transform block's levels are: residual_coding (H.265 7.3.8.11, 9.3.4.2) without the bits.

use std::hint::select_unpredictable;

use super::cabac::{Coder, context};
use super::levels::{Levels, spread};
use super::scan::{Scan, ScanOrder};
use crate::simd::{Simd, Words};

/// Of which colour component a transform block is, as the contexts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Luma,
    Chroma,
}

/// Codes the levels of a block that has any.
pub(super) fn code_residual<S: Simd>(
    simd: S,
    coder: &mut Coder,
    levels: Levels<'_>,
    scan: &Scan,
    channel: Channel,
    sign_hiding: bool,
) {
    simd.vectorize(
        #[inline(always)]
        || match channel {
            Channel::Luma => code::<S, false>(simd, coder, levels, scan, sign_hiding),
            Channel::Chroma => code::<S, true>(simd, coder, levels, scan, sign_hiding),
        },
    );
}

#[inline(always)]
fn code<S: Simd, const CHROMA: bool>(
    simd: S,
    coder: &mut Coder,
    levels: Levels<'_>,
    scan: &Scan,
    sign_hiding: bool,
) {
    let significant = &levels.significant[..scan.count()];
    let Some(last) = significant.iter().rposition(|&mask| mask != 0) else { return };
    let last_rank = 15 - significant[last].leading_zeros();
    code_last_position::<CHROMA>(coder, last, last_rank as usize, scan);

    let significance = SignificanceContexts::new(scan, if CHROMA { Channel::Chroma } else { Channel::Luma });
    let flag_base = context::CODED_SUB_BLOCK_FLAG + if CHROMA { 2 } else { 0 };
    let mut coded_map = 0_u64;
    let mut previous_had_greater1 = false;
    for sub_block in (0..=last).rev() {
        let mask = u32::from(significant[sub_block]);
        let [own, right, below] = scan.map_bits[sub_block % 64];
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

        let base = significance.base(sub_block);
        let top = if sub_block == last { last_rank } else { 16 };
        // The first place is inferred where it is the only one left that can have made the sub-block coded.
        let first_coded = top > 0 && (sub_block == 0 || sub_block == last || mask != 1);
        if scan.log2 == 2 {
            code_small_significance(coder, mask, top, scan, base);
        } else {
            let with_first = first_coded && sub_block > 0;
            code_significance(coder, mask, top, scan, coded, [base, usize::from(with_first)]);
        }
        if first_coded && sub_block == 0 {
            coder.bin(significance.first, mask & 1 != 0);
        }
        if mask != 0 {
            let set = usize::from(previous_had_greater1) + if sub_block > 0 && !CHROMA { 2 } else { 0 };
            let levels: &[i16; 16] = levels.sub_block(sub_block);
            let large = S::Words::load(simd, levels).abs().greater(S::Words::splat(simd, 1)).signs();
            previous_had_greater1 = code_magnitudes::<CHROMA>(coder, levels, mask, large.into(), set);
            let hidden = sign_hiding && spread(mask) >= 4;
            coder.bypass(mask.count_ones() - u32::from(hidden));
        }
    }
}

/// Where the contexts of a block's significance flags begin (H.265 9.3.4.2.5).
#[derive(Debug, Clone, Copy)]
pub(super) struct SignificanceContexts {
    /// That of the first place of the block.
    first: usize,
    /// By whether the sub-block is the first: of the others.
    others: [usize; 2],
}

impl SignificanceContexts {
    #[inline(always)]
    pub(super) fn new(scan: &Scan, channel: Channel) -> Self {
        let chroma = channel == Channel::Chroma;
        let first = context::SIG_COEFF_FLAG + if chroma { 27 } else { 0 };
        let offset = match (scan.log2, chroma) {
            (2, _) => 0,
            (3, false) if scan.order == ScanOrder::Diagonal => 9,
            (3, false) => 15,
            (_, false) => 21,
            (3, true) => 9,
            (_, true) => 12,
        };
        let base = first + offset;
        Self { first, others: [base + if chroma || scan.log2 == 2 { 0 } else { 3 }, base] }
    }

    /// The context of class 0 in a sub-block.
    #[inline(always)]
    fn base(&self, sub_block: usize) -> usize {
        self.others[usize::from(sub_block == 0)]
    }

    /// How many contexts there can be, as [`Self::of_class`] and the first place have them.
    pub(super) const COUNT: usize = 19;

    /// The context of a number that [`Self::class`] gives.
    #[inline(always)]
    pub(super) fn of_class(&self, class: usize) -> usize {
        match class {
            18 => self.first,
            9.. => self.others[1] + class - 9,
            _ => self.others[0] + class,
        }
    }

    /// Of a place in a sub-block, by the coded_sub_block_flags of its right (1) and lower (2) neighbour: a number below
    /// [`Self::COUNT`] that stands for its context.
    #[inline(always)]
    pub(super) fn class(scan: &Scan, sub_block: usize, rank: usize, coded: usize) -> usize {
        let class = usize::from(scan.significance[coded % 4][rank % 16]);
        match (sub_block, rank) {
            (0, 0) => 18,
            (0, _) => 9 + class,
            _ => class,
        }
    }
}

/// The flags of a 4x4 block below `top`, but for the first place, each by its own context.
#[inline(always)]
fn code_small_significance(coder: &mut Coder, mask: u32, top: u32, scan: &Scan, base: usize) {
    for rank in (1..top).rev() {
        coder.bin(base + usize::from(scan.significance[0][rank as usize % 16]), mask >> rank & 1 != 0);
    }
}

/// The flags of a larger block's sub-block below `top`, with or without the first place. Bins of different contexts
/// do not touch each other, so that those of one context can be coded in a row.
#[inline(always)]
fn code_significance(
    coder: &mut Coder,
    mask: u32,
    top: u32,
    scan: &Scan,
    coded_neighbours: usize,
    [base, with_first]: [usize; 2],
) {
    if top == 0 {
        return;
    }
    let (gather, classes) = (&scan.gather[coded_neighbours % 4], &scan.classes[coded_neighbours % 4]);
    let mut together = 0;
    for (i, table) in gather.iter().enumerate() {
        together |= table[(mask >> (4 * i)) as usize % 16];
    }
    let below = (1 << top) - 1;
    let count = |class: usize| (u32::from(classes[class]) & below).count_ones();
    coder.run(base, (together & 0xffff) as u32, count(0));
    coder.run(base + 1, (together >> 16 & 0xffff) as u32, count(1));
    // The first place is the lowest of the last class.
    let without = 1 - with_first as u32;
    coder.run(base + 2, (together >> 32) as u32 >> without, count(2) - without);
}

/// last_sig_coeff_x_prefix and the three that go with it.
#[inline]
fn code_last_position<const CHROMA: bool>(coder: &mut Coder, sub_block: usize, rank: usize, scan: &Scan) {
    let (block_x, block_y) = scan.sub_blocks[sub_block];
    let place = scan.places[rank];
    let (x, y) = (block_x * 4 + place % 4, block_y * 4 + place / 4);
    let (x, y) = if scan.order == ScanOrder::Vertical { (y, x) } else { (x, y) };
    let channel = if CHROMA { Channel::Chroma } else { Channel::Luma };
    let (offset, shift) = last_position_contexts(scan.log2, channel);
    let longest = 2 * scan.log2 - 1;
    for (coordinate, base) in [(x, context::LAST_X_PREFIX), (y, context::LAST_Y_PREFIX)] {
        let group = u32::from(LAST_GROUP[usize::from(coordinate)]);
        // A place cannot be foreseen: bins beyond it are passed over without a branch.
        for bin in 0..longest {
            coder.bin_if(bin <= group, base + (offset + (bin >> shift)) as usize, bin < group);
        }
        coder.bypass(group.saturating_sub(2) / 2);
    }
}

/// ctxOffset and ctxShift of the prefixes (H.265 9.3.4.2.3).
#[inline(always)]
pub(super) fn last_position_contexts(log2: u32, channel: Channel) -> (u32, u32) {
    match channel {
        Channel::Luma => (3 * (log2 - 2) + ((log2 - 1) >> 2), (log2 + 1) >> 2),
        Channel::Chroma => (15, log2 - 2),
    }
}

/// The prefix of a coordinate of the last level.
pub(super) const LAST_GROUP: [u8; 32] =
    [0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9];

/// The greater1 and greater2 flags and the remaining magnitudes of a sub-block, from the last level down. `large` says
/// which magnitudes are over 1. Says whether a greater1 flag was 1.
#[inline(always)]
fn code_magnitudes<const CHROMA: bool>(
    coder: &mut Coder,
    levels: &[i16; 16],
    mask: u32,
    large: u32,
    set: usize,
) -> bool {
    let greater1 = context::GREATER1_FLAG + set * 4 + if CHROMA { 16 } else { 0 };
    let count = mask.count_ones();
    let flags = count.min(8);
    if large == 0 {
        code_zeros(coder, greater1, flags);
        // Beyond eight, the magnitude 1 itself is a remainder of 0.
        coder.bypass(count - flags);
        return false;
    }
    // Eight at most have flags; the others are remainders as a whole.
    let mut flagged = [0; 8];
    let flagged = &mut flagged[..flags as usize % 9];
    let (mut left, mut bins) = (mask, 0);
    for magnitude in flagged.iter_mut() {
        *magnitude = take_last(levels, &mut left);
        bins = 2 * bins + u32::from(*magnitude > 1);
    }
    let first = if bins == 0 {
        code_zeros(coder, greater1, flags);
        8
    } else {
        let after = bins.ilog2();
        let zeros = flags - 1 - after;
        code_zeros(coder, greater1, zeros);
        coder.bin(greater1 + (zeros as usize + 1).min(3), true);
        coder.run(greater1, bins & ((1 << after) - 1), after);
        let greater2 = context::GREATER2_FLAG + set + if CHROMA { 4 } else { 0 };
        coder.bin(greater2, flagged[zeros as usize] > 2);
        zeros as usize
    };
    let mut rice = 0;
    if let Some((&first, rest)) = flagged.get(first..).and_then(<[u32]>::split_first) {
        code_remainder(coder, &mut rice, first, 3);
        for &magnitude in rest {
            code_remainder(coder, &mut rice, magnitude, 2);
        }
    }
    while left != 0 {
        code_remainder(coder, &mut rice, take_last(levels, &mut left), 1);
    }
    bins != 0
}

/// The magnitude of the last of the levels left.
#[inline(always)]
fn take_last(levels: &[i16; 16], left: &mut u32) -> u32 {
    let rank = 31 - left.leading_zeros();
    *left &= !(1 << rank);
    levels[rank as usize % 16].unsigned_abs().into()
}

/// coeff_abs_level_remaining of a magnitude whose flags say what is below `base`.
#[inline(always)]
fn code_remainder(coder: &mut Coder, rice: &mut u32, magnitude: u32, base: u32) {
    let has_more = magnitude >= base;
    let length = remaining_length(magnitude.saturating_sub(base), *rice);
    coder.bypass(select_unpredictable(has_more, length, 0));
    let is_large = has_more & (magnitude > 3 << *rice);
    *rice = (*rice + u32::from(is_large)).min(4);
}

/// So many greater1 flags of 0 from the first of a sub-block on: contexts 1, 2 and then 3.
#[inline(always)]
fn code_zeros(coder: &mut Coder, greater1: usize, count: u32) {
    if count > 0 {
        coder.bin(greater1 + 1, false);
    }
    if count > 1 {
        coder.bin(greater1 + 2, false);
        coder.run(greater1 + 3, 0, count - 2);
    }
}

/// Bits of coeff_abs_level_remaining (H.265 9.3.3.11).
#[inline(always)]
pub(super) fn remaining_length(value: u32, rice: u32) -> u32 {
    let prefix = value >> rice;
    let escape = 4 + 2 * (prefix.max(3) - 2).ilog2();
    rice + select_unpredictable(prefix < 3, prefix + 1, escape)
}
