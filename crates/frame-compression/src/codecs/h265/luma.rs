//! The luma decision of a prediction unit: a search over all 35 modes by SA8D, then the best few in full
//! (docs/spec/h265-intra.md, section 10).

use std::hint::select_unpredictable;

use super::cabac::{Coder, context, rare_context};
use super::cost::{Outcome, Region};
use super::kernels::{self, BothReferences};
use super::predict::{self, References};
use super::preset::Tools;
use super::rdoq::LevelChoice;
use super::residual::Channel;
use super::scan::luma_scan;
use super::syntax;
use super::transform::Kernel;
use super::transform_unit::{Attempt, Blocks, SAMPLES, TransformJob, copy_block, texture_loss};
use crate::simd::Simd;

/// Number of modes.
const MODES: usize = predict::MODES as usize;
/// Largest number of modes tried in full.
const MOST_CANDIDATES: usize = 10;

/// A luma block to be coded, with what surrounds it.
#[derive(Debug)]
pub(super) struct LumaBlock {
    pub(super) references: References,
    filtered: References,
    source: [u8; SAMPLES],
    textures: [i32; 16],
    /// The transform of the source, where the choice of levels goes by it.
    transformed: [i16; SAMPLES],
    /// An attempt without a transform, and the coder's state after it.
    skipping: (Attempt, Coder),
}

/// The syntax that is counted with a luma block before its cbf flag.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockSyntax {
    /// part_mode: whether the coding unit is quartered.
    pub(super) part_mode: Option<bool>,
    /// The luma mode, by its most probable ones.
    pub(super) most_probable: Option<[u8; 3]>,
    /// Whether split_transform_flag is coded.
    pub(super) split_flag: bool,
    /// Depth in the transform tree.
    pub(super) depth: u32,
}

/// What luma blocks are coded by.
#[derive(Debug, Clone, Copy)]
pub(super) struct LumaCoding<'a> {
    pub(super) region: &'a Region,
    pub(super) tools: &'a Tools,
    pub(super) syntax: BlockSyntax,
}

impl LumaBlock {
    pub(super) fn new() -> Self {
        Self {
            references: References::default(),
            filtered: References::default(),
            source: [0; SAMPLES],
            textures: [0; 16],
            transformed: [0; SAMPLES],
            skipping: (Attempt::new(), Coder::new(0)),
        }
    }

    /// Takes over the source of a block whose references have been fetched.
    #[inline(always)]
    pub(super) fn load<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        source: &[u8],
        stride: usize,
        tools: &Tools,
        blocks: &mut Blocks,
    ) {
        if N > 4 {
            self.references.filter(N, &mut self.filtered);
        }
        copy_block::<N>(source, stride, &mut self.source);
        let Self { source, textures, transformed, .. } = self;
        simd.vectorize(
            #[inline(always)]
            || {
                *textures = kernels::textures::<S, N>(simd, source);
                if tools.optimised_levels.is_some_and(|weight| weight > 0) {
                    blocks.transform_source::<S, N>(simd, source, transformed);
                }
            },
        );
    }

    /// Codes the block with a mode, from a state of the coder on. Gives the cost.
    #[inline(always)]
    pub(super) fn code<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        mode: u8,
        entry: &Coder,
        coding: &LumaCoding<'_>,
        blocks: &mut Blocks,
        (attempt, coder): (&mut Attempt, &mut Coder),
    ) -> u64 {
        self.attempt::<S, N>(simd, (mode, false), entry, coding, blocks, (attempt, coder));
        let cost = coding.region.cost(&attempt.outcome);
        if N > 4 || !coding.tools.transform_skip {
            return cost;
        }
        let mut skipping = std::mem::replace(&mut self.skipping, (Attempt::new(), Coder::new(0)));
        let out = (&mut skipping.0, &mut skipping.1);
        self.attempt::<S, N>(simd, (mode, true), entry, coding, blocks, out);
        let skip_cost = coding.region.cost(&skipping.0.outcome);
        let better = skipping.0.coded && skip_cost < cost;
        if better {
            attempt.copy_from::<N>(&skipping.0);
            *coder = skipping.1.clone();
        }
        self.skipping = skipping;
        if better { skip_cost } else { cost }
    }

    /// Codes the block with a mode, `skip`ping the transform or not.
    #[inline(always)]
    fn attempt<S: Simd, const N: usize>(
        &self,
        simd: S,
        (mode, skip): (u8, bool),
        entry: &Coder,
        coding: &LumaCoding<'_>,
        blocks: &mut Blocks,
        (attempt, coder): (&mut Attempt, &mut Coder),
    ) {
        let LumaCoding { region, tools, syntax } = *coding;
        let references = if predict::is_filtered(N, mode) { &self.filtered } else { &self.references };
        attempt.mode = mode;
        let log2 = N.ilog2();
        let scan = luma_scan(log2, mode);
        let choice = tools.optimised_levels.map(|weight| LevelChoice {
            coder: entry,
            lambda: region.luma_lambda(),
            channel: Channel::Luma,
            cbf_context: context::CBF_LUMA + usize::from(syntax.depth == 0),
            texture: (weight > 0 && !skip).then_some(&self.transformed[..]),
        });
        let job = TransformJob {
            kernel: if N == 4 { Kernel::Dst } else { Kernel::Dct },
            skip,
            quantiser: region.luma_quantiser(log2),
            scan,
            sign_hiding: tools.sign_hiding,
            choice,
        };
        let (distortion, texture) = simd.vectorize(
            #[inline(always)]
            || {
                kernels::predict::<S, N>(simd, mode, references, N < 32, &mut attempt.samples);
                let distortion = blocks.code::<S, N>(simd, &self.source, attempt, &job);
                (distortion, texture_loss::<S, N>(simd, &self.textures, &attempt.samples))
            },
        );

        *coder = entry.fresh();
        if let Some(quartered) = syntax.part_mode {
            syntax::code_part_mode(coder, quartered);
        }
        if let Some(most_probable) = syntax.most_probable {
            syntax::code_luma_mode(coder, mode, most_probable);
        }
        if syntax.split_flag {
            syntax::code_split_transform_flag(coder, log2, false);
        }
        let with_skip_flag = N == 4 && tools.transform_skip;
        if with_skip_flag {
            coder.rare_bin(rare_context::PHANTOM, false);
        }
        syntax::code_cbf_luma(coder, syntax.depth, attempt.coded);
        if attempt.coded {
            let skipped = with_skip_flag.then_some(skip);
            let levels = attempt.levels();
            syntax::code_block(simd, coder, levels, scan, Channel::Luma, tools.sign_hiding, skipped);
        }
        attempt.outcome = Outcome { distortion, bits: coder.bits(), texture };
    }
}

/// Memory of the luma search.
#[derive(Debug)]
pub(super) struct LumaSearch {
    pub(super) block: LumaBlock,
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
    /// How many modes are tried in full.
    pub(super) candidates: usize,
    pub(super) coding: LumaCoding<'a>,
}

impl LumaSearch {
    pub(super) fn new() -> Self {
        Self {
            block: LumaBlock::new(),
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
        self.block.load::<S, N>(simd, unit.source, unit.stride, unit.coding.tools, blocks);
        let (list, count) = self.candidates::<S, N>(simd, unit);
        let mut best_cost = u64::MAX;
        for &mode in &list[..count] {
            let slot = 1 - self.best;
            let out = (&mut self.attempts[slot], &mut self.coders[slot]);
            let cost = self.block.code::<S, N>(simd, mode, unit.entry, &unit.coding, blocks, out);
            if cost < best_cost {
                (best_cost, self.best) = (cost, slot);
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

    /// The modes to try in full, by the difference of their predictions.
    fn candidates<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        unit: &PredictionUnit<'_>,
    ) -> ([u8; MOST_CANDIDATES], usize) {
        let flag = context::PREV_INTRA_LUMA_PRED_FLAG;
        let price = |bits| unit.coding.region.prediction_price(bits);
        let (probable, other) = (unit.entry.peek(flag, true), price(5 + unit.entry.peek(flag, false)));
        let LumaBlock { references, filtered, source, .. } = &self.block;
        let (references, turned_source) =
            (BothReferences { plain: references, filtered }, &mut self.turned_source);
        simd.vectorize(
            #[inline(always)]
            || {
                kernels::transpose::<S, N>(simd, source, turned_source);
                let sums = kernels::sa8d_of_modes::<S, N>(simd, source, turned_source, references);
                let mut costs = sums.map(|sum| sum + other);
                for (mode, bypass) in unit.most_probable.into_iter().map(usize::from).zip([1, 2, 2]) {
                    costs[mode] = sums[mode] + price(bypass + probable);
                }
                candidates(&costs, unit)
            },
        )
    }
}

/// The modes to try in full, in the order of their slots.
#[inline(always)]
fn candidates(costs: &[u32; MODES], unit: &PredictionUnit<'_>) -> ([u8; MOST_CANDIDATES], usize) {
    let least = costs.iter().copied().min().unwrap_or_default();
    let limit = least + (least >> 2);
    let mut passing = 1_u64 << unit.most_probable[0];
    for (mode, &cost) in costs.iter().enumerate() {
        passing |= u64::from(cost < limit) << mode;
    }
    let mut next = || {
        let mode = passing.trailing_zeros() as usize;
        passing &= passing.wrapping_sub(1);
        (mode < MODES).then(|| (mode as u8, costs[mode]))
    };
    let (mut modes, mut slots) = ([0; MOST_CANDIDATES], [0; MOST_CANDIDATES]);
    let slots = &mut slots[..unit.candidates];
    let mut count = 0;
    for (slot, mode) in slots.iter_mut().zip(&mut modes) {
        let Some(found) = next() else { return (modes, count) };
        (*mode, *slot) = found;
        count += 1;
    }
    let worst = |slots: &[u32]| {
        let (mut worst, mut most) = (0, slots[0]);
        for (slot, &held) in slots.iter().enumerate() {
            worst = select_unpredictable(held > most, slot, worst);
            most = held.max(most);
        }
        (worst, most)
    };
    // Which mode is better than what is held cannot be foreseen: no choice is a branch.
    while let Some((mode, cost)) = next() {
        let (slot, most) = worst(slots);
        modes[slot] = select_unpredictable(cost < most, mode, modes[slot]);
        slots[slot] = cost.min(most);
    }
    (modes, count)
}
