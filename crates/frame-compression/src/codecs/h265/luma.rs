//! The luma decision of a prediction unit: a search over all 35 modes by SA8D, then the best few in full
//! (docs/spec/h265-intra.md, section 10).

use super::cabac::{Coder, context};
use super::cost::{Outcome, Region};
use super::intra::{self, References};
use super::kernels::{self, BothReferences};
use super::quantise::{Levels, LevelsMut};
use super::residual_rate::{Channel, code_residual};
use super::scan::luma_scan;
use super::syntax;
use super::transform::Kernel;
use crate::simd::Simd;

/// Largest number of samples in a block.
const SAMPLES: usize = 32 * 32;
/// Number of modes.
const MODES: usize = intra::MODES as usize;
/// Largest number of modes tried in full.
const MOST_CANDIDATES: usize = 8;

/// A block coded with one mode.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) mode: u8,
    pub(super) coded: bool,
    pub(super) outcome: Outcome,
    pub(super) samples: [u8; SAMPLES],
    levels: [i16; SAMPLES],
    significant: [u16; SAMPLES / 16],
}

impl Attempt {
    pub(super) fn new() -> Self {
        Self {
            mode: 0,
            coded: false,
            outcome: Outcome::default(),
            samples: [0; SAMPLES],
            levels: [0; SAMPLES],
            significant: [0; SAMPLES / 16],
        }
    }

    /// Takes over another attempt at an `N` x `N` block.
    pub(super) fn copy_from<const N: usize>(&mut self, other: &Attempt) {
        (self.mode, self.coded, self.outcome) = (other.mode, other.coded, other.outcome);
        self.samples[..N * N].copy_from_slice(&other.samples[..N * N]);
        other.levels().copy_to(self.levels_mut(), N * N / 16);
    }

    /// Takes over an attempt at one of the four 4x4 blocks of an 8x8 block.
    pub(super) fn copy_quarter_from(&mut self, other: &Attempt, part: usize) {
        let at = part / 2 * 32 + part % 2 * 4;
        for (to, from) in self.samples[at..].chunks_mut(8).zip(other.samples[..16].chunks_exact(4)) {
            to[..4].copy_from_slice(from);
        }
        let LevelsMut { levels, significant } = self.levels_mut();
        let to = LevelsMut { levels: &mut levels[16 * part..], significant: &mut significant[part..] };
        other.levels().copy_to(to, 1);
    }

    #[inline(always)]
    pub(super) fn levels(&self) -> Levels<'_> {
        Levels { levels: &self.levels, significant: &self.significant }
    }

    #[inline(always)]
    pub(super) fn levels_mut(&mut self) -> LevelsMut<'_> {
        LevelsMut { levels: &mut self.levels, significant: &mut self.significant }
    }
}

/// Memory of the transforms.
#[derive(Debug)]
pub(super) struct Blocks {
    residual: [i16; SAMPLES],
    coefficients: [i16; SAMPLES],
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { residual: [0; SAMPLES], coefficients: [0; SAMPLES] }
    }

    /// Codes the block whose prediction stands in `attempt.samples`, and reconstructs it there. The source's rows are
    /// `N` apart. Gives the squared error that is left.
    #[inline(always)]
    pub(super) fn code<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        source: &[u8],
        attempt: &mut Attempt,
        job: &TransformJob<'_>,
    ) -> u64 {
        let Self { residual, coefficients } = self;
        kernels::residual(simd, source, &attempt.samples, N * N, residual);
        kernels::forward::<S, N>(simd, job.kernel, residual, coefficients);
        let mut levels = attempt.levels_mut();
        let (quantiser, scan) = (job.quantiser, job.scan);
        let used = quantiser.code::<S, N>(simd, coefficients, scan, job.sign_hiding, &mut levels);
        attempt.coded = used.is_some();
        let Some(used) = used else {
            return kernels::reconstruct(simd, source, &mut attempt.samples, N * N, None);
        };
        kernels::inverse::<S, N>(simd, job.kernel, coefficients, used, residual);
        kernels::reconstruct(simd, source, &mut attempt.samples, N * N, Some(residual))
    }
}

/// How a transform unit is coded.
#[derive(Debug, Clone, Copy)]
pub(super) struct TransformJob<'a> {
    pub(super) kernel: Kernel,
    pub(super) quantiser: &'a super::quantise::Quantiser,
    pub(super) scan: &'a super::scan::Scan,
    pub(super) sign_hiding: bool,
}

/// Memory of the luma search.
#[derive(Debug)]
pub(super) struct LumaSearch {
    pub(super) references: References,
    filtered: References,
    source: [u8; SAMPLES],
    turned_source: [u8; SAMPLES],
    /// The best so far and the one in work.
    attempts: [Attempt; 2],
    /// The coder's state after each.
    coders: [Coder; 2],
    best: usize,
}

/// What the search of a prediction unit goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct PredictionUnit<'a> {
    pub(super) source: &'a [u8],
    pub(super) stride: usize,
    pub(super) most_probable: [u8; 3],
    /// The coder's state at the start of the coding unit.
    pub(super) entry: &'a Coder,
    /// Whether this is one of four.
    pub(super) quartered: bool,
    /// Whether part_mode is coded with this prediction unit.
    pub(super) with_part_mode: bool,
    /// How many modes are tried in full.
    pub(super) candidates: usize,
    pub(super) region: &'a Region,
    pub(super) sign_hiding: bool,
}

impl LumaSearch {
    pub(super) fn new() -> Self {
        Self {
            references: References::default(),
            filtered: References::default(),
            source: [0; SAMPLES],
            turned_source: [0; SAMPLES],
            attempts: [Attempt::new(), Attempt::new()],
            coders: [Coder::new(0), Coder::new(0)],
            best: 0,
        }
    }

    /// Finds the mode of a prediction unit whose references have been fetched.
    pub(super) fn search<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        unit: &PredictionUnit<'_>,
        blocks: &mut Blocks,
    ) {
        self.references.filter(N, &mut self.filtered);
        copy_block::<N>(unit.source, unit.stride, &mut self.source);
        let costs = self.mode_costs::<S, N>(simd, unit);
        let (list, count) = candidates(&costs, unit);

        let textures = simd.vectorize(
            #[inline(always)]
            || kernels::textures::<S, N>(simd, &self.source),
        );
        let mut best_cost = u64::MAX;
        for &mode in &list[..count] {
            let cost = self.attempt::<S, N>(simd, mode, 1 - self.best, unit, &textures, blocks);
            if cost < best_cost {
                (best_cost, self.best) = (cost, 1 - self.best);
            }
        }
    }

    /// What the last search found.
    pub(super) fn best(&self) -> &Attempt {
        &self.attempts[self.best]
    }

    /// The coder's state after the luma of what the last search found.
    pub(super) fn best_coder(&self) -> &Coder {
        &self.coders[self.best]
    }

    /// What each mode costs by the difference of its prediction.
    fn mode_costs<S: Simd, const N: usize>(&mut self, simd: S, unit: &PredictionUnit<'_>) -> [u32; MODES] {
        let flag = context::PREV_INTRA_LUMA_PRED_FLAG;
        let (probable, other) = (unit.entry.peek(flag, true), unit.entry.peek(flag, false));
        let Self { references, filtered, source, turned_source, .. } = self;
        let references = BothReferences { plain: references, filtered };
        let sums = simd.vectorize(
            #[inline(always)]
            || {
                kernels::transpose::<N>(source, turned_source);
                kernels::sa8d_of_modes::<S, N>(simd, source, turned_source, references)
            },
        );
        let mut costs = sums;
        let price = unit.region.prediction_price(5 + other);
        for cost in &mut costs {
            *cost += price;
        }
        for (mode, bypass) in unit.most_probable.into_iter().map(usize::from).zip([1, 2, 2]) {
            costs[mode] = sums[mode] + unit.region.prediction_price(bypass + probable);
        }
        costs
    }

    /// Codes the unit with a mode into one of the two attempts.
    fn attempt<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        mode: u8,
        slot: usize,
        unit: &PredictionUnit<'_>,
        textures: &[i32; 16],
        blocks: &mut Blocks,
    ) -> u64 {
        let attempt = &mut self.attempts[slot];
        let references = if intra::is_filtered(N, mode) { &self.filtered } else { &self.references };
        attempt.mode = mode;
        let log2 = N.ilog2();
        let scan = luma_scan(log2, mode);
        let job = TransformJob {
            kernel: if N == 4 { Kernel::Dst } else { Kernel::Dct },
            quantiser: unit.region.luma_quantiser(log2),
            scan,
            sign_hiding: unit.sign_hiding,
        };
        let source = &self.source;
        let (distortion, texture) = simd.vectorize(
            #[inline(always)]
            || {
                kernels::predict::<S, N>(simd, mode, references, N < 32, &mut attempt.samples);
                let distortion = blocks.code::<S, N>(simd, source, attempt, &job);
                (distortion, texture_loss::<S, N>(simd, textures, &attempt.samples))
            },
        );

        let coder = &mut self.coders[slot];
        *coder = unit.entry.fresh();
        if unit.with_part_mode {
            syntax::code_part_mode(coder, unit.quartered);
        }
        syntax::code_luma_mode(coder, mode, unit.most_probable);
        syntax::code_cbf_luma(coder, unit.quartered, attempt.coded);
        if attempt.coded {
            code_residual(simd, coder, attempt.levels(), scan, Channel::Luma, unit.sign_hiding);
        }
        attempt.outcome = Outcome { distortion, bits: coder.bits(), texture };
        unit.region.cost(&attempt.outcome)
    }
}

/// The modes to try in full, in the order of their slots.
fn candidates(costs: &[u32; MODES], unit: &PredictionUnit<'_>) -> ([u8; MOST_CANDIDATES], usize) {
    let least = costs.iter().copied().min().unwrap_or_default();
    let limit = least + (least >> 2);
    let mut passing = 1_u64 << unit.most_probable[0];
    for (mode, &cost) in costs.iter().enumerate() {
        passing |= u64::from(cost < limit) << mode;
    }
    let mut modes = [0; MOST_CANDIDATES];
    let mut slots = [u32::MAX; MOST_CANDIDATES];
    let slots = &mut slots[..unit.candidates];
    let mut worst = 0;
    while passing != 0 {
        let mode = passing.trailing_zeros() as usize;
        passing &= passing - 1;
        let cost = costs[mode % MODES];
        if cost < slots[worst] {
            (slots[worst], modes[worst]) = (cost, mode as u8);
            worst = 0;
            for (slot, &held) in slots.iter().enumerate() {
                if held > slots[worst] {
                    worst = slot;
                }
            }
        }
    }
    (modes, slots.iter().take_while(|&&cost| cost != u32::MAX).count())
}

/// Copies a block whose rows are `stride` apart to one whose rows are `N` apart.
#[inline(always)]
pub(super) fn copy_block<const N: usize>(from: &[u8], stride: usize, to: &mut [u8]) {
    for (to, from) in to.chunks_exact_mut(N).zip(from.chunks(stride)).take(N) {
        to.copy_from_slice(&from[..N]);
    }
}

/// How far a block's textures are from the source's.
#[inline(always)]
pub(super) fn texture_loss<S: Simd, const N: usize>(simd: S, textures: &[i32; 16], samples: &[u8]) -> u64 {
    let own = kernels::textures::<S, N>(simd, samples);
    textures.iter().zip(&own).map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
}
