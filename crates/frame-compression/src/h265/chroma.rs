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

/// Memory of the chroma search.
#[derive(Debug)]
pub(super) struct ChromaSearch {
    references: [References; 2],
    sources: [[u8; 16 * 16]; 2],
    /// The best attempt and the one in work, of both components.
    attempts: [[Attempt; 2]; 2],
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

/// The decision; the attempts that belong to it are borrowed from the search.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChromaChoice<'a> {
    pub(super) mode: u8,
    pub(super) distortion: u64,
    pub(super) attempts: &'a [Attempt; 2],
}

impl ChromaSearch {
    pub(super) fn new() -> Self {
        Self {
            references: std::array::from_fn(|_| References::default()),
            sources: [[0; 16 * 16]; 2],
            attempts: std::array::from_fn(|_| std::array::from_fn(|_| Attempt::new())),
        }
    }

    /// Finds the chroma mode of a coding unit whose chroma blocks are `N` x `N`.
    pub(super) fn search<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        unit: &ChromaUnit<'_>,
        blocks: &mut Blocks,
    ) -> ChromaChoice<'_> {
        let mut textures = [[0; 16]; 2];
        for (i, component) in unit.ctu.chroma.iter().enumerate() {
            let at = component.at(unit.x, unit.y);
            let picture = &component.reconstruction;
            self.references[i].fetch(picture, component.stride, at, N, unit.neighbours);
            let source = &mut self.sources[i];
            copy_block::<N>(component.source_at(unit.x, unit.y), component.side, source);
            textures[i] = simd.vectorize(
                #[inline(always)]
                || kernels::textures::<S, N>(simd, source),
            );
        }
        let (mut best_cost, mut best, mut choice) = (u64::MAX, 0, (DERIVED, 0));
        for candidate in [intra::PLANAR, intra::VERTICAL, intra::HORIZONTAL, intra::DC, DERIVED] {
            let mode = if candidate == unit.luma_mode { 34 } else { candidate };
            let outcome = self.attempt::<S, N>(simd, mode, 1 - best, unit, &textures, blocks);
            let cost = unit.region.cost(&outcome);
            if cost < best_cost {
                (best_cost, best, choice) = (cost, 1 - best, (mode, outcome.distortion));
            }
        }
        ChromaChoice { mode: choice.0, distortion: choice.1, attempts: &self.attempts[best] }
    }

    /// Codes both components with a mode into one of the two attempts.
    fn attempt<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        mode: u8,
        slot: usize,
        unit: &ChromaUnit<'_>,
        textures: &[[i32; 16]; 2],
        blocks: &mut Blocks,
    ) -> Outcome {
        let log2 = N.ilog2();
        let resolved = if mode == DERIVED { unit.luma_mode } else { mode };
        let scan = chroma_scan(log2, resolved);
        let quantiser = unit.region.chroma_quantiser(log2);
        let job = TransformJob { kernel: Kernel::Dct, quantiser, scan, sign_hiding: unit.sign_hiding };
        let mut outcome = Outcome::default();
        for (i, source) in self.sources.iter().enumerate() {
            let attempt = &mut self.attempts[slot][i];
            let references = &self.references[i];
            let (error, texture) = simd.vectorize(
                #[inline(always)]
                || {
                    kernels::predict::<S, N>(simd, resolved, references, false, &mut attempt.samples);
                    let error = blocks.code::<S, N>(simd, source, attempt, &job);
                    (error, texture_loss::<S, N>(simd, &textures[i], &attempt.samples))
                },
            );
            outcome.distortion += unit.region.weigh_chroma(error);
            outcome.texture += texture;
        }
        let mut coder = unit.entry.fresh();
        syntax::code_chroma_mode(&mut coder, mode);
        for attempt in &self.attempts[slot] {
            syntax::code_cbf_chroma(&mut coder, attempt.coded);
        }
        for attempt in &self.attempts[slot] {
            if attempt.coded {
                code_residual(simd, &mut coder, attempt.levels(), scan, Channel::Chroma, unit.sign_hiding);
            }
        }
        outcome.bits = coder.bits();
        outcome
    }
}
