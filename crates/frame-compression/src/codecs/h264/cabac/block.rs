//! The bins of a residual block (H.264 7.3.5.3.3; docs/spec/h264-presets.md, section 5.3).

use std::hint::select_unpredictable;

use super::{BIT, Contexts, LAST_8X8, SIGNIFICANCE_8X8, escape, unary};

/// A category of residual blocks (ctxBlockCat).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Category {
    LumaDc,
    LumaAc,
    Luma4x4,
    ChromaDc,
    ChromaAc,
    Luma8x8,
}

/// The first contexts of a category.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Bases {
    pub(in super::super) flag: usize,
    pub(in super::super) significance: usize,
    pub(in super::super) last: usize,
    pub(in super::super) level: usize,
}

impl Category {
    pub(in super::super) const fn bases(self) -> Bases {
        let (flag, significance, last, level) = match self {
            Self::LumaDc => (85, 105, 166, 227),
            Self::LumaAc => (89, 120, 181, 237),
            Self::Luma4x4 => (93, 134, 195, 247),
            Self::ChromaDc => (97, 149, 210, 257),
            Self::ChromaAc => (101, 152, 213, 266),
            Self::Luma8x8 => (0, 402, 417, 426),
        };
        Bases { flag, significance, last, level }
    }
}

/// In which order a walk visits the significance of coefficients. It matters where they share contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Order {
    /// As the encoder counts.
    Descending,
    /// As it codes.
    Ascending,
}

/// Where the context of a level's first bin, and of the others, is behind the category's first, by how many levels were
/// coded: of 1 up to three, then of more than 1.
pub(in super::super) const FIRST_BIN: [u8; 8] = [1, 2, 3, 4, 0, 0, 0, 0];
pub(in super::super) const OTHER_BINS: [u8; 8] = [5, 5, 5, 5, 6, 7, 8, 9];

/// What follows a level of 1, and a larger one.
const AFTER: [[u8; 8]; 2] = [[1, 2, 3, 3, 4, 5, 6, 7], [4, 4, 4, 4, 5, 6, 7, 7]];

/// The place of the other bins' context: chroma DC has one less.
#[inline(always)]
pub(in super::super) fn other_bins(category: Category, node: usize) -> usize {
    let at = usize::from(OTHER_BINS[node & 7]);
    if category == Category::ChromaDc { at.min(8) } else { at }
}

/// Which of a block's levels are not 0.
pub(in super::super) fn coded_of<const N: usize>(levels: &[i16; N]) -> u64 {
    levels.iter().enumerate().fold(0, |coded, (i, &level)| coded | u64::from(level != 0) << i)
}

/// Passes a block of levels in coding order, of which those that `coded` has are not 0; the cost.
#[inline(always)]
pub(in super::super) fn pass_block<const N: usize>(
    contexts: &mut Contexts,
    category: Category,
    levels: &[i16; N],
    coded: u64,
    order: Order,
) -> u32 {
    if coded == 0 {
        return 0;
    }
    let bases = category.bases();
    let end = 63 - coded.leading_zeros() as usize;
    let mut bits = 0;
    let mut significance = |contexts: &mut Contexts, i: usize| {
        let place = if category == Category::Luma8x8 { SIGNIFICANCE_8X8[i & 63].into() } else { i };
        bits += contexts.pass(bases.significance + place, coded >> i & 1 != 0);
    };
    let count = (end + 1).min(N - 1);
    match order {
        Order::Descending => (0..count).rev().for_each(|i| significance(contexts, i)),
        Order::Ascending => (0..count).for_each(|i| significance(contexts, i)),
    }
    // The last position is known to be the last coefficient, if it is one.
    let last = |contexts: &mut Contexts, i: usize| {
        let place = if category == Category::Luma8x8 { LAST_8X8[i & 63].into() } else { i };
        contexts.pass_if(i < N - 1, bases.last + place, i == end)
    };
    // Significance and ends share no contexts, so that ends may be passed later, as long as their order is right.
    if order == Order::Ascending {
        let mut rest = coded;
        while rest != 0 {
            bits += last(contexts, rest.trailing_zeros() as usize);
            rest &= rest - 1;
        }
    }
    let mut node = 0;
    let mut rest = coded;
    while rest != 0 {
        let i = 63 - rest.leading_zeros() as usize;
        rest ^= 1 << i;
        if order == Order::Descending {
            bits += last(contexts, i);
        }
        bits += pass_level(contexts, category, u32::from(levels[i % N].unsigned_abs()), &mut node);
    }
    bits
}

/// Passes the magnitude and the sign of a level.
#[inline(always)]
fn pass_level(contexts: &mut Contexts, category: Category, level: u32, node: &mut usize) -> u32 {
    let base = category.bases().level;
    let is_more = level > 1;
    let mut bits = BIT + contexts.pass(base + usize::from(FIRST_BIN[*node & 7]), is_more);
    let state = &mut contexts.0[(base + other_bins(category, *node)) & 511];
    let (cost, after) = unary(*state, level.clamp(2, 15) as usize - 2);
    bits += select_unpredictable(is_more, cost, 0);
    *state = select_unpredictable(is_more, after, *state);
    if level >= 15 {
        bits += escape(level);
    }
    *node = usize::from(AFTER[usize::from(is_more)][*node & 7]);
    bits
}
