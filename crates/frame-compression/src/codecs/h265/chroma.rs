//! The chroma decision of a coding unit: five modes, both components together
//! (docs/spec/h265-intra.md, section 11).

use super::cabac::{Coder, context};
use super::cost::{Outcome, Region};
use super::ctu::{CodingUnit, Ctu, DERIVED, TransformBlock, place_in_decoding_order};
use super::geometry::Neighbours;
use super::kernels;
use super::predict::{self, References};
use super::preset::Tools;
use super::rdoq::LevelChoice;
use super::residual::Channel;
use super::scan::chroma_scan;
use super::syntax::{self, UnitContext};
use super::transform::Kernel;
use super::transform_unit::{Attempt, Blocks, TransformJob, copy_block, texture_loss};
use crate::simd::Simd;

/// Number of modes tried.
const CANDIDATES: usize = 5;

/// Memory of the chroma search.
#[derive(Debug)]
pub(super) struct ChromaSearch {
    components: [ChromaBlock; 2],
    /// What came of each candidate.
    tried: [Tried; CANDIDATES],
    best: usize,
    /// One block of a unit that has several.
    part: Attempt,
    /// An attempt without a transform.
    skipping: Attempt,
}

/// A chroma block to be coded, with what surrounds it.
#[derive(Debug)]
struct ChromaBlock {
    references: References,
    source: [u8; 16 * 16],
    textures: [i32; 16],
}

/// A mode tried, with what came of it.
#[derive(Debug)]
struct Tried {
    /// The unit with its mode and flags.
    unit: CodingUnit,
    /// The mode as it predicts.
    resolved: u8,
    outcome: Outcome,
    /// The coder's state after the chroma.
    coder: Coder,
    attempts: [Attempt; 2],
}

impl Tried {
    fn new() -> Self {
        Self {
            unit: CodingUnit::default(),
            resolved: 0,
            outcome: Outcome::default(),
            coder: Coder::new(0),
            attempts: [Attempt::new(), Attempt::new()],
        }
    }
}

/// What the search of a coding unit's chroma goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChromaUnit<'a> {
    /// Luma coordinates in the CTU.
    pub(super) x: usize,
    pub(super) y: usize,
    /// The coding unit with its luma.
    pub(super) unit: &'a CodingUnit,
    pub(super) surroundings: &'a UnitContext,
    pub(super) entry: &'a Coder,
    pub(super) region: &'a Region,
    pub(super) tools: &'a Tools,
}

/// The decision, borrowed from the search.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChromaChoice<'a> {
    /// The unit with its chroma.
    pub(super) unit: &'a CodingUnit,
    pub(super) distortion: u64,
    /// The coder's state after the chroma.
    pub(super) coder: &'a Coder,
    pub(super) attempts: &'a [Attempt; 2],
}

impl ChromaBlock {
    fn new() -> Self {
        Self { references: References::default(), source: [0; 16 * 16], textures: [0; 16] }
    }
}

impl ChromaSearch {
    pub(super) fn new() -> Self {
        Self {
            components: std::array::from_fn(|_| ChromaBlock::new()),
            tried: std::array::from_fn(|_| Tried::new()),
            best: 0,
            part: Attempt::new(),
            skipping: Attempt::new(),
        }
    }

    /// Finds the chroma mode of a coding unit whose chroma blocks are `N` x `N` together. `again` says that the last search
    /// was that of the same block with another luma: what that found holds for every mode that is still the same.
    pub(super) fn search<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        ctu: &mut Ctu,
        unit: &ChromaUnit<'_>,
        again: bool,
        blocks: &mut Blocks,
    ) -> ChromaChoice<'_> {
        // Where levels are chosen by what they cost, they depend on the block's depth in the transform tree.
        let again = again && unit.tools.optimised_levels.is_none();
        let divided = !unit.unit.quartered && unit.unit.splits & 1 != 0;
        if !again && !divided {
            self.load::<S, N>(simd, ctu, unit, 0);
        }
        let mut best_cost = u64::MAX;
        let luma_mode = unit.unit.luma_modes[0];
        let candidates = [predict::PLANAR, predict::VERTICAL, predict::HORIZONTAL, predict::DC, DERIVED];
        for (i, candidate) in candidates.into_iter().enumerate() {
            let mode = if candidate == luma_mode { 34 } else { candidate };
            let resolved = if mode == DERIVED { luma_mode } else { mode };
            let tried = &mut self.tried[i];
            if !again || (tried.unit.chroma_mode, tried.resolved) != (mode, resolved) {
                tried.unit = CodingUnit { chroma_mode: mode, ..*unit.unit };
                (tried.resolved, tried.outcome) = (resolved, Outcome::default());
                if divided {
                    self.attempt_divided::<S, N>(simd, ctu, i, unit, blocks);
                } else {
                    self.attempt_whole::<S, N>(simd, i, unit, blocks);
                }
                self.count_bits(simd, i, unit);
            }
            let cost = unit.region.cost(&self.tried[i].outcome);
            if cost < best_cost {
                (best_cost, self.best) = (cost, i);
            }
        }
        let Tried { unit, outcome, coder, attempts, .. } = &self.tried[self.best];
        ChromaChoice { unit, distortion: outcome.distortion, coder, attempts }
    }

    /// Takes over the source and the surroundings of the blocks that belong to a luma block of a unit, `N` x `N` each.
    fn load<S: Simd, const N: usize>(&mut self, simd: S, ctu: &Ctu, unit: &ChromaUnit<'_>, first: usize) {
        let (dx, dy) = place_in_decoding_order(first);
        let (x, y) = (unit.x + 4 * dx, unit.y + 4 * dy);
        let neighbours: Neighbours = ctu.area.neighbours(x, y, 2 * N).chroma();
        let (x, y) = (x / 2, y / 2);
        for (block, component) in self.components.iter_mut().zip(&ctu.chroma) {
            let at = component.at(x, y);
            block.references.fetch::<N>(&component.reconstruction, component.stride, at, neighbours);
            copy_block::<N>(component.source_at(x, y), component.side, &mut block.source);
            block.textures = simd.vectorize(
                #[inline(always)]
                || kernels::textures::<S, N>(simd, &block.source),
            );
        }
    }

    /// Codes both components of an undivided unit with the mode of a candidate.
    fn attempt_whole<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        candidate: usize,
        unit: &ChromaUnit<'_>,
        blocks: &mut Blocks,
    ) {
        let Self { components, tried, skipping, .. } = self;
        let Tried { unit: found, resolved, outcome, attempts, .. } = &mut tried[candidate];
        let depth = u32::from(unit.unit.quartered);
        for (i, attempt) in attempts.iter_mut().enumerate() {
            *outcome += components[i].code::<S, N>(simd, *resolved, depth, unit, blocks, [attempt, skipping]);
            found.coded[i + 1] = u64::from(attempt.coded);
            found.skipped[i + 1] = u64::from(attempt.coded && attempt.skipped);
        }
    }

    /// Codes both components of a unit whose luma is divided, block by block, with the mode of a candidate.
    fn attempt_divided<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        ctu: &mut Ctu,
        candidate: usize,
        unit: &ChromaUnit<'_>,
        blocks: &mut Blocks,
    ) {
        let found = &mut self.tried[candidate].unit;
        (found.coded, found.skipped) = ([found.coded[0], 0, 0], [found.skipped[0], 0, 0]);
        for block in unit.unit.chroma_blocks(unit.surroundings.log2) {
            match block.log2 {
                2 => self.attempt_part::<S, 4>(simd, ctu, candidate, block, unit, blocks),
                3 => self.attempt_part::<S, 8>(simd, ctu, candidate, block, unit, blocks),
                _ => self.attempt_part::<S, 16>(simd, ctu, candidate, block, unit, blocks),
            }
        }
        for (attempt, component) in self.tried[candidate].attempts.iter_mut().zip(&ctu.chroma) {
            component.copy_out::<N>(unit.x / 2, unit.y / 2, &mut attempt.samples);
        }
    }

    /// Codes both components of one block, and makes them part of the candidate.
    fn attempt_part<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        ctu: &mut Ctu,
        candidate: usize,
        block: TransformBlock,
        unit: &ChromaUnit<'_>,
        blocks: &mut Blocks,
    ) {
        self.load::<S, N>(simd, ctu, unit, block.first);
        let (dx, dy) = place_in_decoding_order(block.first);
        let Self { components, tried, part, skipping, .. } = self;
        let Tried { unit: found, resolved, outcome, attempts, .. } = &mut tried[candidate];
        for (i, attempt) in attempts.iter_mut().enumerate() {
            let (depth, out) = (block.depth, [&mut *part, &mut *skipping]);
            *outcome += components[i].code::<S, N>(simd, *resolved, depth, unit, blocks, out);
            ctu.chroma[i].store::<N>(unit.x / 2 + 2 * dx, unit.y / 2 + 2 * dy, &part.samples);
            attempt.copy_levels_from(part, block.first / 4, N * N / 16);
            found.coded[i + 1] |= u64::from(part.coded) << block.first;
            found.skipped[i + 1] |= u64::from(part.coded && part.skipped) << block.first;
        }
    }

    /// Counts the bits of a candidate.
    fn count_bits<S: Simd>(&mut self, simd: S, candidate: usize, unit: &ChromaUnit<'_>) {
        let Tried { unit: found, outcome, coder, attempts, .. } = &mut self.tried[candidate];
        *coder = unit.entry.fresh();
        let levels = [attempts[0].levels(), attempts[1].levels()];
        syntax::code_unit_chroma(simd, coder, found, levels, unit.surroundings, false);
        outcome.bits = coder.bits();
    }
}

impl ChromaBlock {
    /// Codes the block with a mode into the first attempt. Gives its error, as it counts beside luma's, and the texture
    /// it lost.
    fn code<S: Simd, const N: usize>(
        &self,
        simd: S,
        mode: u8,
        depth: u32,
        unit: &ChromaUnit<'_>,
        blocks: &mut Blocks,
        [attempt, skipping]: [&mut Attempt; 2],
    ) -> Outcome {
        let log2 = N.ilog2();
        let choice = unit.tools.optimised_levels.map(|_| LevelChoice {
            coder: unit.entry,
            lambda: unit.region.chroma_lambda(),
            channel: Channel::Chroma,
            cbf_context: context::CBF_CHROMA + depth as usize,
            texture: None,
        });
        let job = TransformJob {
            kernel: Kernel::Dct,
            skip: false,
            quantiser: unit.region.chroma_quantiser(log2),
            scan: chroma_scan(log2, mode),
            sign_hiding: unit.tools.sign_hiding,
            choice,
        };
        let (error, texture) = simd.vectorize(
            #[inline(always)]
            || {
                kernels::predict::<S, N>(simd, mode, &self.references, false, &mut attempt.samples);
                let error = blocks.code::<S, N>(simd, &self.source, attempt, &job);
                (error, texture_loss::<S, N>(simd, &self.textures, &attempt.samples))
            },
        );
        let mut outcome = Outcome { distortion: unit.region.weigh_chroma(error), bits: 0, texture };
        if N == 4 && unit.tools.transform_skip {
            let job = TransformJob { skip: true, ..job };
            let error = simd.vectorize(
                #[inline(always)]
                || {
                    kernels::predict::<S, N>(simd, mode, &self.references, false, &mut skipping.samples);
                    blocks.code::<S, N>(simd, &self.source, skipping, &job)
                },
            );
            let skipped = Outcome { distortion: unit.region.weigh_chroma(error), ..outcome };
            let cost = |outcome: Outcome, attempt: &Attempt| {
                let bits = unit.count_levels(simd, attempt, &job);
                unit.region.cost(&Outcome { bits, ..outcome })
            };
            if skipping.coded && cost(skipped, skipping) < cost(outcome, attempt) {
                attempt.copy_from::<N>(skipping);
                outcome = skipped;
            }
        }
        outcome
    }
}

impl ChromaUnit<'_> {
    /// The bits of a block's levels alone.
    fn count_levels<S: Simd>(&self, simd: S, attempt: &Attempt, job: &TransformJob<'_>) -> u64 {
        if !attempt.coded {
            return 0;
        }
        let mut coder = self.entry.fresh();
        let (scan, skipped) = (job.scan, Some(attempt.skipped));
        syntax::code_block(
            simd,
            &mut coder,
            attempt.levels(),
            scan,
            Channel::Chroma,
            job.sign_hiding,
            skipped,
        );
        coder.bits()
    }
}
