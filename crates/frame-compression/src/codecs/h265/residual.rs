//! How many bits a transform block's levels are: residual_coding (H.265 7.3.8.11, 9.3.4.2) without the bits.

use std::hint::select_unpredictable;

use super::cabac::{Bins, Coder, context};
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
        || {
            coder.bins(
                #[inline(always)]
                |bins| match channel {
                    Channel::Luma => code::<S, false>(simd, bins, levels, scan, sign_hiding),
                    Channel::Chroma => code::<S, true>(simd, bins, levels, scan, sign_hiding),
                },
            );
        },
    );
}

#[inline(always)]
fn code<S: Simd, const CHROMA: bool>(
    simd: S,
    bins: &mut Bins<'_>,
    levels: Levels<'_>,
    scan: &Scan,
    sign_hiding: bool,
) {
    let significant = &levels.significant[..scan.count()];
    let Some(last) = significant.iter().rposition(|&mask| mask != 0) else { return };
    let last_rank = 15 - significant[last].leading_zeros();
    code_last_position::<CHROMA>(bins, last, last_rank as usize, scan);

    let significance = SignificanceContexts::new(scan, if CHROMA { Channel::Chroma } else { Channel::Luma });
    if scan.log2 == 2 {
        let mask = u32::from(significant[0]);
        code_small_significance(bins, mask, last_rank, scan, significance.first);
        code_levels::<S, CHROMA>(simd, bins, levels.sub_block(0), mask, 0, sign_hiding);
        return;
    }
    let flag_base = context::CODED_SUB_BLOCK_FLAG + if CHROMA { 2 } else { 0 };
    let mut coded_map = 0_u64;
    let mut previous_had_greater1 = false;
    for sub_block in (0..=last).rev() {
        let mask = u32::from(significant[sub_block]);
        let [own, right, below] = scan.map_bits[sub_block % 64];
        let coded = usize::from(coded_map & right != 0) + 2 * usize::from(coded_map & below != 0);
        if sub_block > 0 && sub_block < last {
            bins.bin(flag_base + usize::from(coded != 0), mask != 0);
            if mask == 0 {
                continue;
            }
        }
        if mask != 0 || sub_block == 0 {
            coded_map |= own;
        }

        let top = if sub_block == last { last_rank } else { 16 };
        // The first place is inferred where it is the only one left that can have made the sub-block coded.
        let first_coded = top > 0 && (sub_block == 0 || sub_block == last || mask != 1);
        let with_first = first_coded && sub_block > 0;
        code_significance(
            bins,
            mask,
            top,
            scan,
            coded,
            [significance.base(sub_block), usize::from(with_first)],
        );
        if first_coded && sub_block == 0 {
            bins.bin(significance.first, mask & 1 != 0);
        }
        if mask != 0 {
            let set = usize::from(previous_had_greater1) + if sub_block > 0 && !CHROMA { 2 } else { 0 };
            let levels = levels.sub_block(sub_block);
            previous_had_greater1 = code_levels::<S, CHROMA>(simd, bins, levels, mask, set, sign_hiding);
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

    /// The context of one of [`Scan::significance_classes`].
    #[inline(always)]
    pub(super) fn of_class(&self, class: usize) -> usize {
        match class {
            18 => self.first,
            9.. => self.others[1] + class - 9,
            _ => self.others[0] + class,
        }
    }
}

/// The flags of a 4x4 block below its last level. Bins of different contexts do not touch each other, so that those of
/// one context can be coded in a row.
#[inline(always)]
fn code_small_significance(bins: &mut Bins<'_>, mask: u32, last_rank: u32, scan: &Scan, first: usize) {
    let mut patterns = scan.fronts[last_rank as usize % 16];
    let below = mask & ((1 << last_rank) - 1);
    for (i, table) in scan.gather[0].iter().enumerate() {
        patterns |= table[(below >> (4 * i)) as usize % 16];
    }
    for class in 0..9 {
        bins.pattern(first + class, (patterns >> (4 * class)) as u32 % 16);
    }
}

/// The flags of a larger block's sub-block below `top`, with or without the first place, in a row for each context.
#[inline(always)]
fn code_significance(
    bins: &mut Bins<'_>,
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
    bins.run(base, (together & 0xffff) as u32, count(0));
    bins.run(base + 1, (together >> 16 & 0xffff) as u32, count(1));
    // The first place is the lowest of the last class.
    let without = 1 - with_first as u32;
    bins.run(base + 2, (together >> 32) as u32 >> without, count(2) - without);
}

/// last_sig_coeff_x_prefix and the three that go with it.
#[inline(always)]
fn code_last_position<const CHROMA: bool>(bins: &mut Bins<'_>, sub_block: usize, rank: usize, scan: &Scan) {
    let (block_x, block_y) = scan.sub_blocks[sub_block];
    let place = scan.places[rank];
    let (x, y) = (block_x * 4 + place % 4, block_y * 4 + place / 4);
    let (x, y) = if scan.order == ScanOrder::Vertical { (y, x) } else { (x, y) };
    let channel = if CHROMA { Channel::Chroma } else { Channel::Luma };
    let (offset, shift) = last_position_contexts(scan.log2, channel);
    let of_groups = &LAST_PATTERNS[shift as usize % 3][scan.log2 as usize % 4];
    for (coordinate, base) in [(x, context::LAST_X_PREFIX), (y, context::LAST_Y_PREFIX)] {
        let group = u32::from(LAST_GROUP[usize::from(coordinate)]);
        let mut patterns = of_groups[group as usize % 10];
        // Blocks of up to 8x8 have no more than three contexts.
        for context in 0..if scan.log2 > 3 { 5 } else { 3 } {
            bins.pattern(base + offset as usize + context, patterns);
            patterns >>= 5;
        }
        bins.bypass(group.saturating_sub(2) / 2);
    }
}

/// The bins of the prefix of each group, by the shift of contexts and log2 of the block's side modulo 4: five bits for
/// each context, with a 1 in front of its bins.
static LAST_PATTERNS: [[[u32; 10]; 4]; 3] = last_patterns();

const fn last_patterns() -> [[[u32; 10]; 4]; 3] {
    let mut patterns = [[[0; 10]; 4]; 3];
    let mut i = 0;
    while i < 3 * 4 * 10 {
        let (shift, log2, group) = (i / 40, 2 + i / 10 % 4, i % 10);
        let longest = 2 * log2 - 1;
        let mut context = 0;
        while context < 5 {
            let (mut pattern, mut bin) = (1, context << shift);
            while bin < (context + 1) << shift && bin <= group && bin < longest {
                pattern = 2 * pattern + if bin < group { 1 } else { 0 };
                bin += 1;
            }
            patterns[shift][log2 % 4][group] |= pattern << (5 * context);
            context += 1;
        }
        i += 1;
    }
    patterns
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

/// The levels of a sub-block that has any, but for their significance. Says whether a greater1 flag was 1.
#[inline(always)]
fn code_levels<S: Simd, const CHROMA: bool>(
    simd: S,
    bins: &mut Bins<'_>,
    levels: &[i16; 16],
    mask: u32,
    set: usize,
    sign_hiding: bool,
) -> bool {
    let magnitudes = S::Words::load(simd, levels).abs();
    let large = u32::from(magnitudes.greater(S::Words::splat(simd, 1)).signs());
    let count = mask.count_ones();
    // Eight at most have flags, from the last down; the others are remainders as a whole.
    let (unflagged, mut flagged) = (count.saturating_sub(8), mask);
    for _ in 0..unflagged {
        flagged &= flagged - 1;
    }
    let hidden = sign_hiding && spread(mask) >= 4;
    bins.bypass(count - u32::from(hidden));

    let greater1 = context::GREATER1_FLAG + set * 4 + if CHROMA { 16 } else { 0 };
    if large == 0 {
        code_zeros(bins, greater1, count - unflagged);
        // Without a flag, the magnitude 1 itself is a remainder of 0.
        bins.bypass(unflagged);
        return false;
    }
    let huge = u32::from(magnitudes.greater(S::Words::splat(simd, 2)).signs());
    let with_greater1 = large & flagged;
    if with_greater1 == 0 {
        code_zeros(bins, greater1, count - unflagged);
    } else {
        let first = 31 - with_greater1.leading_zeros();
        code_greater1(bins, greater1, flagged, with_greater1, first);
        let greater2 = context::GREATER2_FLAG + set + if CHROMA { 4 } else { 0 };
        bins.bin(greater2, huge >> first & 1 != 0);
    }
    bins.bypass(if magnitudes.greater(S::Words::splat(simd, 3)).is_zero() {
        // A remainder is one bit longer than what the magnitude has over its flags, if there is one.
        unflagged + large.count_ones() + huge.count_ones() - u32::from(with_greater1 != 0)
    } else {
        remainders(levels, with_greater1, mask & !flagged)
    });
    with_greater1 != 0
}

/// The greater1 flags of levels of which one or more are over 1, the first at a place.
#[inline(always)]
fn code_greater1(bins: &mut Bins<'_>, greater1: usize, flagged: u32, large: u32, first: u32) {
    let zeros = (flagged >> first).count_ones() - 1;
    code_zeros(bins, greater1, zeros);
    bins.bin(greater1 + (zeros as usize + 1).min(3), true);
    let below = flagged & ((1 << first) - 1);
    let (mut left, mut flags) = (large & below, 0);
    while left != 0 {
        let lowest = left & left.wrapping_neg();
        flags |= 1 << (below & (lowest - 1)).count_ones();
        left ^= lowest;
    }
    bins.run(greater1, flags, below.count_ones());
}

/// Bits of the remainders of levels over 1 that have flags, and of levels that have none.
#[inline(always)]
fn remainders(levels: &[i16; 16], mut flagged: u32, mut unflagged: u32) -> u32 {
    let (mut rice, mut bits, mut base) = (0, 0, 3);
    while flagged != 0 {
        bits += remainder(&mut rice, take_last(levels, &mut flagged), base);
        base = 2;
    }
    while unflagged != 0 {
        bits += remainder(&mut rice, take_last(levels, &mut unflagged), 1);
    }
    bits
}

/// The magnitude of the last of the levels left.
#[inline(always)]
fn take_last(levels: &[i16; 16], left: &mut u32) -> u32 {
    let rank = 31 - left.leading_zeros();
    *left &= !(1 << rank);
    levels[rank as usize % 16].unsigned_abs().into()
}

/// Bits of coeff_abs_level_remaining of a magnitude whose flags say what is below `base`.
#[inline(always)]
fn remainder(rice: &mut u32, magnitude: u32, base: u32) -> u32 {
    let has_more = magnitude >= base;
    let length = remaining_length(magnitude.saturating_sub(base), *rice);
    let is_large = has_more & (magnitude > 3 << *rice);
    *rice = (*rice + u32::from(is_large)).min(4);
    select_unpredictable(has_more, length, 0)
}

/// So many greater1 flags of 0 from the first of a sub-block on: contexts 1, 2 and then 3.
#[inline(always)]
fn code_zeros(bins: &mut Bins<'_>, greater1: usize, count: u32) {
    bins.pattern(greater1 + 1, 1 + u32::from(count > 0));
    bins.pattern(greater1 + 2, 1 + u32::from(count > 1));
    bins.run(greater1 + 3, 0, count.saturating_sub(2));
}

/// Bits of coeff_abs_level_remaining (H.265 9.3.3.11).
#[inline(always)]
pub(super) fn remaining_length(value: u32, rice: u32) -> u32 {
    let prefix = value >> rice;
    let escape = 4 + 2 * (prefix.max(3) - 2).ilog2();
    rice + select_unpredictable(prefix < 3, prefix + 1, escape)
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::super::cabac::rare_context;
    use super::super::scan::{chroma_scan, luma_scan};
    use super::*;
    use crate::simd::{Job, Level};

    /// residual_coding as the standard has it, one bin after the other, without transform_skip_flag.
    fn naive(coder: &mut Coder, levels: &[i16], scan: &Scan, channel: Channel, sign_hiding: bool) {
        let chroma = usize::from(channel == Channel::Chroma);
        let Some(last) = levels.iter().rposition(|&level| level != 0) else { return };
        naive_last_position(coder, last, scan, channel);
        let significance = SignificanceContexts::new(scan, channel);
        let (mut coded_map, mut previous_had_greater1) = (0_u64, false);
        for index in (0..=last / 16).rev() {
            let levels = &levels[16 * index..][..16];
            let [own, right, below] = scan.map_bits[index];
            let coded = usize::from(coded_map & right != 0) + 2 * usize::from(coded_map & below != 0);
            let inferred = index == 0 || index == last / 16;
            let any = levels.iter().any(|&level| level != 0);
            if !inferred {
                let flag = context::CODED_SUB_BLOCK_FLAG + 2 * chroma + usize::from(coded != 0);
                coder.bin(flag, any);
            }
            if !any && !inferred {
                continue;
            }
            coded_map |= own;
            for rank in (0..16).rev().filter(|&rank| 16 * index + rank < last) {
                let others = levels[1..].iter().any(|&level| level != 0);
                if rank > 0 || inferred || others {
                    let class = scan.significance_classes[usize::from(index == 0)][coded][rank];
                    coder.bin(significance.of_class(class.into()), levels[rank] != 0);
                }
            }
            let magnitudes: Vec<u32> = levels.iter().rev().map(|level| level.unsigned_abs().into()).collect();
            let first = levels.iter().position(|&level| level != 0);
            let end = levels.iter().rposition(|&level| level != 0);
            if let (Some(first), Some(end)) = (first, end) {
                let set = usize::from(previous_had_greater1) + if index > 0 && chroma == 0 { 2 } else { 0 };
                let magnitudes: Vec<u32> =
                    magnitudes.into_iter().filter(|&magnitude| magnitude > 0).collect();
                previous_had_greater1 = naive_magnitudes(coder, &magnitudes, set, chroma);
                let hidden = sign_hiding && end - first >= 4;
                coder.bypass(magnitudes.len() as u32 - u32::from(hidden));
            }
        }
    }

    fn naive_last_position(coder: &mut Coder, last: usize, scan: &Scan, channel: Channel) {
        let ((block_x, block_y), place) = (scan.sub_blocks[last / 16], scan.places[last % 16]);
        let [mut x, mut y] = [4 * block_x + place % 4, 4 * block_y + place / 4];
        if scan.order == ScanOrder::Vertical {
            (x, y) = (y, x);
        }
        let (offset, shift) = last_position_contexts(scan.log2, channel);
        for (coordinate, base) in [(x, context::LAST_X_PREFIX), (y, context::LAST_Y_PREFIX)] {
            let group = u32::from(LAST_GROUP[usize::from(coordinate)]);
            for bin in (0..2 * scan.log2 - 1).take_while(|&bin| bin <= group) {
                coder.bin(base + (offset + (bin >> shift)) as usize, bin < group);
            }
            if group > 3 {
                coder.bypass((group - 2) / 2);
            }
        }
    }

    /// Says whether a greater1 flag was 1.
    fn naive_magnitudes(coder: &mut Coder, magnitudes: &[u32], set: usize, chroma: usize) -> bool {
        let (mut state, mut had_greater1, mut rice) = (1, false, 0);
        let mut bases = Vec::new();
        for (i, &magnitude) in magnitudes.iter().enumerate() {
            if i >= 8 {
                bases.push(1);
                continue;
            }
            coder.bin(context::GREATER1_FLAG + 16 * chroma + 4 * set + state, magnitude > 1);
            bases.push(if had_greater1 || magnitude == 1 { 2 } else { 3 });
            if magnitude > 1 && !had_greater1 {
                coder.bin(context::GREATER2_FLAG + 4 * chroma + set, magnitude > 2);
            }
            had_greater1 |= magnitude > 1;
            state = if had_greater1 { 0 } else { (state + 1).min(3) };
        }
        for (&magnitude, &base) in magnitudes.iter().zip(&bases).filter(|(magnitude, base)| magnitude >= base)
        {
            coder.bypass(remaining_length(magnitude - base, rice));
            rice = (rice + u32::from(magnitude > 3 << rice)).min(4);
        }
        had_greater1
    }

    struct BitsAgree;

    impl Job for BitsAgree {
        type Output = ();

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            let mut rng = Rng::new(5);
            for round in 0..3000 {
                let (log2, mode) = (2 + round % 4, rng.below(35) as u8);
                let channel = if log2 < 5 && rng.below(2) == 0 { Channel::Chroma } else { Channel::Luma };
                let scan =
                    if channel == Channel::Luma { luma_scan(log2, mode) } else { chroma_scan(log2, mode) };
                let (places, density) = (rng.below(16 * scan.count()) + 1, rng.below(16) + 1);
                let most = [1, 2, 3, 4, 40, 32767][rng.below(6)];
                let mut levels = vec![0_i16; 16 * scan.count()];
                for level in &mut levels[..places] {
                    if rng.below(16) < density {
                        *level = (rng.below(2 * most + 1) as i32 - most as i32) as i16;
                    }
                }
                let masks = levels.chunks_exact(16).map(|levels| {
                    (0..16).filter(|&rank| levels[rank] != 0).fold(0, |mask, rank| mask | 1 << rank)
                });
                let significant: Vec<u16> = masks.collect();
                let mut coder = Coder::new(rng.below(52) as i32);
                for _ in 0..rng.below(200) {
                    coder.bin(rng.below(128), rng.below(3) == 0);
                }
                coder.rare_bin(rare_context::PHANTOM, false);
                let mut expected = coder.clone();
                let sign_hiding = rng.below(2) == 0;
                naive(&mut expected, &levels, scan, channel, sign_hiding);
                let levels = Levels { levels: &levels, significant: &significant };
                code_residual(simd, &mut coder, levels, scan, channel, sign_hiding);
                assert_eq!(
                    format!("{coder:?}"),
                    format!("{expected:?}"),
                    "{round} {log2} {mode} {channel:?}"
                );
            }
        }
    }

    #[test]
    fn bits_and_states_are_those_of_one_bin_after_the_other() {
        for level in Level::available() {
            level.run(BitsAgree);
        }
    }
}
