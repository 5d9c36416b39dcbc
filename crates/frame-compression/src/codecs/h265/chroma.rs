//! The chroma decision of a coding unit: five modes, both components together
//! (docs/spec/h265-intra.md, section 11).

use super::cabac::Coder;
use super::cost::{Outcome, Region};
use super::ctu::{Ctu, DERIVED};
use super::geometry::Neighbours;
use super::intra::{self, References};
use super::kernels;
use super::luma::{Attempt, Blocks, TransformJob, copy_block, texture_loss};
use super::residual_rate::{Channel, code_residual};
use super::scan::chroma_scan;
use super::syntax;
use super::transform::Kernel;
use crate::simd::Simd;

/// Number of modes tried.
const CANDIDATES: usize = 5;

/// Memory of the chroma search.
#[derive(Debug)]
pub(super) struct ChromaSearch {
    references: [References; 2],
    sources: [[u8; 16 * 16]; 2],
    textures: [[i32; 16]; 2],
    /// What came of each candidate.
    tried: [Tried; CANDIDATES],
    best: usize,
}

/// A mode tried, with what came of it.
#[derive(Debug)]
struct Tried {
    /// The mode as it is coded, and as it predicts.
    mode: u8,
    resolved: u8,
    outcome: Outcome,
    /// The coder's state after the chroma.
    coder: Coder,
    attempts: [Attempt; 2],
}

impl Tried {
    fn new() -> Self {
        Self {
            mode: 0,
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
    pub(super) ctu: &'a Ctu,
    /// Chroma coordinates in the CTU.
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) neighbours: Neighbours,
    /// The mode of the (first) luma prediction unit.
    pub(super) luma_mode: u8,
    pub(super) entry: &'a Coder,
    pub(super) region: &'a Region,
    pub(super) sign_hiding: bool,
}

/// The decision, borrowed from the search.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChromaChoice<'a> {
    pub(super) mode: u8,
    pub(super) distortion: u64,
    /// The coder's state after the chroma.
    pub(super) coder: &'a Coder,
    pub(super) attempts: &'a [Attempt; 2],
}

impl ChromaSearch {
    pub(super) fn new() -> Self {
        Self {
            references: std::array::from_fn(|_| References::default()),
            sources: [[0; 16 * 16]; 2],
            textures: [[0; 16]; 2],
            tried: std::array::from_fn(|_| Tried::new()),
            best: 0,
        }
    }

    /// Finds the chroma mode of a coding unit whose chroma blocks are `N` x `N`. `again` says that the last search was
    /// that of the same block with another luma: what that found holds for every mode that is still the same.
    pub(super) fn search<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        unit: &ChromaUnit<'_>,
        again: bool,
        blocks: &mut Blocks,
    ) -> ChromaChoice<'_> {
        if !again {
            self.load::<S, N>(simd, unit);
        }
        let mut best_cost = u64::MAX;
        let candidates = [intra::PLANAR, intra::VERTICAL, intra::HORIZONTAL, intra::DC, DERIVED];
        for (i, candidate) in candidates.into_iter().enumerate() {
            let mode = if candidate == unit.luma_mode { 34 } else { candidate };
            let resolved = if mode == DERIVED { unit.luma_mode } else { mode };
            let tried = &mut self.tried[i];
            if !again || (tried.mode, tried.resolved) != (mode, resolved) {
                (tried.mode, tried.resolved) = (mode, resolved);
                self.attempt::<S, N>(simd, i, unit, blocks);
            }
            let cost = unit.region.cost(&self.tried[i].outcome);
            if cost < best_cost {
                (best_cost, self.best) = (cost, i);
            }
        }
        let Tried { mode, outcome, coder, attempts, .. } = &self.tried[self.best];
        ChromaChoice { mode: *mode, distortion: outcome.distortion, coder, attempts }
    }

    /// Takes over a block's source and what surrounds it.
    fn load<S: Simd, const N: usize>(&mut self, simd: S, unit: &ChromaUnit<'_>) {
        for (i, component) in unit.ctu.chroma.iter().enumerate() {
            let at = component.at(unit.x, unit.y);
            let picture = &component.reconstruction;
            self.references[i].fetch(picture, component.stride, at, N, unit.neighbours);
            let source = &mut self.sources[i];
            copy_block::<N>(component.source_at(unit.x, unit.y), component.side, source);
            self.textures[i] = simd.vectorize(
                #[inline(always)]
                || kernels::textures::<S, N>(simd, source),
            );
        }
    }

    /// Codes both components with the mode of a candidate.
    fn attempt<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        candidate: usize,
        unit: &ChromaUnit<'_>,
        blocks: &mut Blocks,
    ) {
        let Self { references, sources, textures, tried, .. } = self;
        let Tried { mode, resolved, outcome, coder, attempts } = &mut tried[candidate];
        let log2 = N.ilog2();
        let scan = chroma_scan(log2, *resolved);
        let quantiser = unit.region.chroma_quantiser(log2);
        let job = TransformJob { kernel: Kernel::Dct, quantiser, scan, sign_hiding: unit.sign_hiding };
        *outcome = Outcome::default();
        for (i, attempt) in attempts.iter_mut().enumerate() {
            let (error, texture) = simd.vectorize(
                #[inline(always)]
                || {
                    kernels::predict::<S, N>(simd, *resolved, &references[i], false, &mut attempt.samples);
                    let error = blocks.code::<S, N>(simd, &sources[i], attempt, &job);
                    (error, texture_loss::<S, N>(simd, &textures[i], &attempt.samples))
                },
            );
            outcome.distortion += unit.region.weigh_chroma(error);
            outcome.texture += texture;
        }
        *coder = unit.entry.fresh();
        syntax::code_chroma_mode(coder, *mode);
        for attempt in attempts.iter() {
            syntax::code_cbf_chroma(coder, attempt.coded);
        }
        for attempt in attempts.iter() {
            if attempt.coded {
                code_residual(simd, coder, attempt.levels(), scan, Channel::Chroma, unit.sign_hiding);
            }
        }
        outcome.bits = coder.bits();
    }
}
