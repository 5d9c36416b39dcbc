//! The luma decision of a prediction unit: a search over all 35 modes by SA8D, then the best few in full
//! (docs/spec/h265-intra.md, section 10).

use super::cabac::{Coder, context};
use super::cost::{Outcome, Region};
use super::intra::{self, References};
use super::measure;
use super::quantise::{Levels, LevelsMut};
use super::residual_rate::{Channel, code_residual};
use super::scan::luma_scan;
use super::syntax;
use super::transform::{self, Kernel};

/// Largest number of samples in a block.
const SAMPLES: usize = 32 * 32;
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
    scaled: [i16; SAMPLES],
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { residual: [0; SAMPLES], coefficients: [0; SAMPLES], scaled: [0; SAMPLES] }
    }

    /// Codes the block whose prediction stands in `attempt.samples`, and reconstructs it there.
    #[inline]
    pub(super) fn code<const N: usize>(
        &mut self,
        source: &[u8],
        stride: usize,
        attempt: &mut Attempt,
        job: &TransformJob<'_>,
    ) {
        for ((residual, source), prediction) in self
            .residual
            .chunks_exact_mut(N)
            .zip(source.chunks(stride))
            .zip(attempt.samples.chunks_exact(N))
            .take(N)
        {
            for ((r, &s), &p) in residual.iter_mut().zip(&source[..N]).zip(prediction) {
                *r = i16::from(s) - i16::from(p);
            }
        }
        transform::forward::<N>(job.kernel, &self.residual, &mut self.coefficients);
        let mut levels = attempt.levels_mut();
        attempt.coded = job.quantiser.quantise(&self.coefficients, job.scan, job.sign_hiding, &mut levels);
        if attempt.coded {
            job.quantiser.scale(attempt.levels(), job.scan, &mut self.scaled);
            transform::inverse::<N>(job.kernel, &self.scaled, &mut self.residual);
            for (sample, &r) in attempt.samples[..N * N].iter_mut().zip(&self.residual) {
                *sample = (i16::from(*sample).saturating_add(r)).clamp(0, 255) as u8;
            }
        }
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
    prediction: [u8; SAMPLES],
    /// The best so far and the one in work.
    attempts: [Attempt; 2],
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
            prediction: [0; SAMPLES],
            attempts: [Attempt::new(), Attempt::new()],
            best: 0,
        }
    }

    /// Finds the mode of a prediction unit whose references have been fetched.
    pub(super) fn search<const N: usize>(&mut self, unit: &PredictionUnit<'_>, blocks: &mut Blocks) {
        self.references.filter(N, &mut self.filtered);
        let costs = self.mode_costs::<N>(unit);
        let (list, count) = candidates(&costs, unit);

        let textures = source_textures::<N>(unit.source, unit.stride);
        let mut best_cost = u64::MAX;
        for &mode in &list[..count] {
            let cost = self.attempt::<N>(mode, 1 - self.best, unit, &textures, blocks);
            if cost < best_cost {
                (best_cost, self.best) = (cost, 1 - self.best);
            }
        }
    }

    /// What the last search found.
    pub(super) fn best(&self) -> &Attempt {
        &self.attempts[self.best]
    }

    /// What each mode costs by the difference of its prediction.
    fn mode_costs<const N: usize>(&mut self, unit: &PredictionUnit<'_>) -> [u64; intra::MODES as usize] {
        for (y, row) in unit.source.chunks(unit.stride).take(N).enumerate() {
            self.source[y * N..][..N].copy_from_slice(&row[..N]);
            for (x, &sample) in row[..N].iter().enumerate() {
                self.turned_source[x * N + y] = sample;
            }
        }
        let flag = context::PREV_INTRA_LUMA_PRED_FLAG;
        let (probable, other) = (unit.entry.peek(flag, true), unit.entry.peek(flag, false));
        let mut costs = [0; intra::MODES as usize];
        for (mode, cost) in (0..).zip(&mut costs) {
            let references = if intra::is_filtered(N, mode) { &self.filtered } else { &self.references };
            intra::predict_turned::<N>(mode, references, N < 32, &mut self.prediction);
            // Rows and columns may both be swapped: the sum over the transform stays the same.
            let turned = mode > intra::DC && mode < 18;
            let source = if turned { &self.turned_source } else { &self.source };
            let sa8d = measure::sa8d::<N>(source, &self.prediction);
            let bypass = u64::from(syntax::luma_mode_bypass(mode, unit.most_probable));
            *cost = unit.region.prediction_cost(sa8d, bypass + if bypass < 5 { probable } else { other });
        }
        costs
    }

    /// Codes the unit with a mode into one of the two attempts.
    fn attempt<const N: usize>(
        &mut self,
        mode: u8,
        slot: usize,
        unit: &PredictionUnit<'_>,
        textures: &[i32; 16],
        blocks: &mut Blocks,
    ) -> u64 {
        let attempt = &mut self.attempts[slot];
        let references = if intra::is_filtered(N, mode) { &self.filtered } else { &self.references };
        intra::predict::<N>(mode, references, N < 32, &mut attempt.samples);
        attempt.mode = mode;
        let log2 = N.ilog2();
        let scan = luma_scan(log2, mode);
        let job = TransformJob {
            kernel: if N == 4 { Kernel::Dst } else { Kernel::Dct },
            quantiser: unit.region.luma_quantiser(log2),
            scan,
            sign_hiding: unit.sign_hiding,
        };
        blocks.code::<N>(unit.source, unit.stride, attempt, &job);

        let mut coder = unit.entry.fresh();
        if unit.with_part_mode {
            syntax::code_part_mode(&mut coder, unit.quartered);
        }
        syntax::code_luma_mode(&mut coder, mode, unit.most_probable);
        syntax::code_cbf_luma(&mut coder, unit.quartered, attempt.coded);
        if attempt.coded {
            code_residual(&mut coder, attempt.levels(), scan, Channel::Luma, unit.sign_hiding);
        }
        attempt.outcome = Outcome {
            distortion: measure::squared_error::<N>(unit.source, unit.stride, &attempt.samples),
            bits: coder.bits(),
            texture: texture_loss::<N>(textures, &attempt.samples),
        };
        unit.region.cost(&attempt.outcome)
    }
}

/// The modes to try in full, in the order of their slots.
fn candidates(
    costs: &[u64; intra::MODES as usize],
    unit: &PredictionUnit<'_>,
) -> ([u8; MOST_CANDIDATES], usize) {
    let least = costs.iter().copied().min().unwrap_or_default();
    let limit = least + (least >> 2);
    let mut modes = [0; MOST_CANDIDATES];
    let mut slots = [u64::MAX; MOST_CANDIDATES];
    let slots = &mut slots[..unit.candidates];
    for (mode, &cost) in (0..).zip(costs) {
        if cost < limit || mode == unit.most_probable[0] {
            let mut worst = 0;
            for (slot, &held) in slots.iter().enumerate() {
                if held > slots[worst] {
                    worst = slot;
                }
            }
            if cost < slots[worst] {
                (slots[worst], modes[worst]) = (cost, mode);
            }
        }
    }
    (modes, slots.iter().take_while(|&&cost| cost != u64::MAX).count())
}

/// Textures of the source's 8x8 blocks (of the one block where it is 4x4).
pub(super) fn source_textures<const N: usize>(source: &[u8], stride: usize) -> [i32; 16] {
    let mut textures = [0; 16];
    if N == 4 {
        textures[0] = measure::texture_4x4(source, stride);
    } else {
        for (i, texture) in textures[..N / 8 * (N / 8)].iter_mut().enumerate() {
            *texture = measure::texture_8x8(&source[i / (N / 8) * 8 * stride + i % (N / 8) * 8..], stride);
        }
    }
    textures
}

/// How far a block's textures are from the source's.
pub(super) fn texture_loss<const N: usize>(textures: &[i32; 16], samples: &[u8]) -> u64 {
    let own = source_textures::<N>(samples, N);
    textures.iter().zip(&own).map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
}
