//! What a macroblock is coded with, what it starts from, and what it becomes.

use super::costs::{Costs, kind};
use super::picture::{Samples, chroma_border, luma_border, top_right};
use super::predict::Border;
use super::quantise::Segment;
use super::statistics::Statistics;
use super::transform::Block;
use crate::planes::Planes;
use crate::simd::Simd;

/// What a macroblock leaves for the one to its right or below: of its last column or row of blocks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Neighbour {
    /// Modes of 4x4 luma.
    pub(super) modes: [u8; 4],
    /// Whether blocks have levels: 1, or 0.
    pub(super) luma: [u8; 4],
    pub(super) chroma: [[u8; 2]; 2],
    pub(super) dcs: u8,
    /// What quantisation left of chroma's DCs.
    pub(super) errors: [[i8; 2]; 2],
}

/// How a picture is coded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    pub(super) method: u8,
    /// Whether what quantisation leaves of chroma's DCs goes to the next ones.
    pub(super) diffuses: bool,
    /// From which costs of modes on a macroblock does not get 4x4 modes.
    pub(super) most_mode_bits: u32,
    /// The same, for one macroblock of methods without rates.
    pub(super) most_plain_bits: u64,
}

/// All a decision starts from.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) effort: Effort,
    pub(super) segment: &'a Segment,
    pub(super) costs: &'a Costs,
    pub(super) source: &'a Samples,
    pub(super) luma_border: Border<16>,
    pub(super) chroma_borders: [Border<8>; 2],
    pub(super) top_right: [u8; 4],
    pub(super) top: Neighbour,
    pub(super) left: Neighbour,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        effort: Effort,
        segment: &'a Segment,
        costs: &'a Costs,
        source: &'a Samples,
        planes: &Planes,
        (x, y): (usize, usize),
        [top, left]: [Neighbour; 2],
    ) -> Self {
        Self {
            effort,
            segment,
            costs,
            source,
            luma_border: luma_border(&planes.y, x, y),
            chroma_borders: [&planes.cb, &planes.cr].map(|plane| chroma_border(plane, x, y)),
            top_right: top_right(&planes.y, x, y),
            top,
            left,
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, Default)]
pub(super) struct Macroblock {
    pub(super) samples: Samples,
    pub(super) has_4x4: bool,
    /// The mode of 16x16 luma, or the modes of its 4x4 blocks.
    pub(super) modes: [u8; 16],
    pub(super) chroma_mode: u8,
    /// Levels, in zigzag order.
    pub(super) dcs: Block,
    pub(super) luma: [Block; 16],
    pub(super) chroma: [Block; 8],
    /// What chroma leaves to the right and below.
    pub(super) errors: [[[i8; 2]; 2]; 2],
    /// What its modes cost.
    pub(super) mode_bits: u32,
}

/// Whether a block has levels from place `first` on.
pub(super) fn has_levels(levels: &Block, first: usize) -> bool {
    levels[first..].iter().any(|&level| level != 0)
}

impl Macroblock {
    /// Whether a decoder filters inside.
    pub(super) fn is_filtered_inside(&self) -> bool {
        self.has_4x4
            || has_levels(&self.dcs, 0)
            || self.luma.iter().any(|levels| has_levels(levels, 1))
            || self.chroma.iter().any(|levels| has_levels(levels, 0))
    }

    /// Leaves modes and errors to the neighbours.
    pub(super) fn leave(&self, top: &mut Neighbour, left: &mut Neighbour) {
        for i in 0..4 {
            top.modes[i] = self.modes[12 + i];
            left.modes[i] = self.modes[4 * i + 3];
        }
        [left.errors, top.errors] = self.errors;
    }

    /// Counts tokens, and leaves to the neighbours which blocks have levels.
    #[inline(always)]
    pub(super) fn count<S: Simd>(
        &self,
        simd: S,
        top: &mut Neighbour,
        left: &mut Neighbour,
        statistics: &mut Statistics,
    ) {
        if statistics.is_nearly_full() {
            self.record::<S, true>(simd, top, left, statistics);
        } else {
            self.record::<S, false>(simd, top, left, statistics);
        }
    }

    #[inline(always)]
    fn record<S: Simd, const CAREFUL: bool>(
        &self,
        simd: S,
        top: &mut Neighbour,
        left: &mut Neighbour,
        statistics: &mut Statistics,
    ) {
        let (kind, first) = if self.has_4x4 { (kind::LUMA4X4, 0) } else { (kind::AC, 1) };
        if !self.has_4x4 {
            let found = statistics.record::<S, CAREFUL>(
                simd,
                (kind::DCS, 0),
                usize::from(top.dcs + left.dcs),
                &self.dcs,
            );
            (top.dcs, left.dcs) = (found.into(), found.into());
        }
        for (block, levels) in self.luma.iter().enumerate() {
            let (top, left) = (&mut top.luma[block % 4], &mut left.luma[block / 4]);
            let found =
                statistics.record::<S, CAREFUL>(simd, (kind, first), usize::from(*top + *left), levels);
            (*top, *left) = (found.into(), found.into());
        }
        for (block, levels) in self.chroma.iter().enumerate() {
            let plane = block / 4;
            let (top, left) = (&mut top.chroma[plane][block % 2], &mut left.chroma[plane][block / 2 % 2]);
            let found =
                statistics.record::<S, CAREFUL>(simd, (kind::CHROMA, 0), usize::from(*top + *left), levels);
            (*top, *left) = (found.into(), found.into());
        }
    }
}
