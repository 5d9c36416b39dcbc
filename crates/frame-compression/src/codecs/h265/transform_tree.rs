//! The division of a coding unit's luma into smaller transforms (docs/spec/h265-fps-and-presets.md, section 4): each
//! block as a whole against its four quarters, which predict from each other.

use super::cabac::Coder;
use super::cost::{Outcome, Region};
use super::ctu::{CodingUnit, Ctu, TransformBlock, place_in_decoding_order};
use super::luma::{BlockSyntax, LumaBlock, LumaCoding};
use super::preset::Tools;
use super::syntax;
use super::transform_unit::{Attempt, Blocks};
use crate::simd::Simd;

/// Memory of the division.
#[derive(Debug)]
pub(super) struct TransformTree {
    block: LumaBlock,
    /// The block in work as a whole, by log2 of its side from 2 on, and the coder's state after it.
    wholes: [(Attempt, Coder); 3],
}

impl TransformTree {
    pub(super) fn new() -> Self {
        Self { block: LumaBlock::new(), wholes: std::array::from_fn(|_| (Attempt::new(), Coder::new(0))) }
    }
}

/// The division of one coding unit with one prediction unit.
pub(super) struct Division<'a, S> {
    pub(super) simd: S,
    pub(super) memory: &'a mut TransformTree,
    pub(super) blocks: &'a mut Blocks,
    pub(super) ctu: &'a mut Ctu,
    pub(super) tools: &'a Tools,
    pub(super) region: &'a Region,
    /// Luma coordinates of the unit in the CTU.
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) most_probable: [u8; 3],
    /// Whether part_mode is coded.
    pub(super) with_part_mode: bool,
    pub(super) least_log2: u32,
    /// What is found: flags of the unit, and its levels.
    pub(super) unit: &'a mut CodingUnit,
    pub(super) levels: &'a mut Attempt,
}

impl<S: Simd> Division<'_, S> {
    /// Codes the quarters of a block, each after the other. Gives what they come to.
    pub(super) fn quarters(&mut self, block: TransformBlock, coder: &mut Coder) -> Outcome {
        let TransformBlock { first, log2, depth } = block;
        let step = 1 << (2 * (log2 - 3));
        let mut total = Outcome::default();
        for quarter in 0..4 {
            let first = first + quarter * step;
            total += self.block(TransformBlock { first, log2: log2 - 1, depth: depth + 1 }, coder);
        }
        coder.reset();
        syntax::code_split_transform_flag(coder, log2, true);
        total.bits += coder.bits();
        total
    }

    /// Codes a block as a whole or divided, whichever is better.
    fn block(&mut self, block: TransformBlock, coder: &mut Coder) -> Outcome {
        let entry = coder.clone();
        let cost = match block.log2 {
            2 => self.whole::<4>(block, &entry),
            3 => self.whole::<8>(block, &entry),
            _ => self.whole::<16>(block, &entry),
        };
        let (attempt, whole_coder) = &self.memory.wholes[block.log2 as usize - 2];
        let outcome = attempt.outcome;
        *coder = whole_coder.clone();
        if block.log2 > self.least_log2 {
            let mut divided_coder = entry;
            let divided = self.quarters(block, &mut divided_coder);
            if self.region.cost(&divided) < cost {
                self.unit.splits |= 1 << CodingUnit::split_bit(block.log2, block.depth, block.first);
                *coder = divided_coder;
                return divided;
            }
        }
        match block.log2 {
            2 => self.keep::<4>(block),
            3 => self.keep::<8>(block),
            _ => self.keep::<16>(block),
        }
        outcome
    }

    /// Luma coordinates of a block in the CTU.
    fn place(&self, block: TransformBlock) -> (usize, usize) {
        let (x, y) = place_in_decoding_order(block.first);
        (self.x + 4 * x, self.y + 4 * y)
    }

    /// Codes a block as a whole. Gives the cost.
    fn whole<const N: usize>(&mut self, block: TransformBlock, entry: &Coder) -> u64 {
        let (x, y) = self.place(block);
        let luma = &self.ctu.luma;
        let neighbours = self.ctu.area.neighbours(x, y, N);
        let TransformTree { block: memory, wholes } = &mut *self.memory;
        memory.references.fetch::<N>(&luma.reconstruction, luma.stride, luma.at(x, y), neighbours);
        memory.load::<S, N>(self.simd, luma.source_at(x, y), luma.side, self.tools, self.blocks);
        let is_first = block.first == 0;
        let syntax = BlockSyntax {
            part_mode: (is_first && self.with_part_mode).then_some(false),
            most_probable: is_first.then_some(self.most_probable),
            split_flag: block.log2 > self.least_log2,
            depth: block.depth,
        };
        let coding = LumaCoding { region: self.region, tools: self.tools, syntax };
        let (attempt, coder) = &mut wholes[N.ilog2() as usize - 2];
        let mode = self.unit.luma_modes[0];
        memory.code::<S, N>(self.simd, mode, entry, &coding, self.blocks, (attempt, coder))
    }

    /// Makes the block as a whole part of the unit.
    fn keep<const N: usize>(&mut self, block: TransformBlock) {
        let (x, y) = self.place(block);
        let (attempt, _) = &self.memory.wholes[N.ilog2() as usize - 2];
        self.ctu.luma.store::<N>(x, y, &attempt.samples);
        let blocks = N * N / 16;
        self.levels.copy_levels_from(attempt, block.first, blocks);
        let within = (u64::MAX >> (64 - blocks)) << block.first;
        for (bits, set) in [
            (&mut self.unit.coded[0], attempt.coded),
            (&mut self.unit.skipped[0], attempt.coded && attempt.skipped),
        ] {
            *bits = *bits & !within | u64::from(set) << block.first;
        }
    }
}
