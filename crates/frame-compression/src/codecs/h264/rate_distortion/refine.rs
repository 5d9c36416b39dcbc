//! The refinement of a chosen type by the costs of its parts (docs/spec/h264-presets.md, section 9).

use super::super::decision::available_8x8;
use super::super::macroblock::{Macroblock, gather};
use super::super::predict::edge::Available;
use super::super::predict::planes::Mode;
use super::coded::{Block, ChromaCoding, LumaCoding};
use super::coding::Coder;
use super::cost::{Measure, predict_both_chroma};
use super::psy::{Energy, energy_4x4, squares};
use super::record::{BLOCKS, chroma_number, mode_place};
use super::search::{Found, available_4x4, predict_all_4x4, predict_all_8x8, put_4x4, put_8x8};
use super::work::code_16x16;
use crate::simd::Simd;

/// The modes in the order of the refinement.
fn modes_of(available: Available) -> &'static [u8] {
    match (available.left, available.top) {
        (true, true) => &[2, 1, 0, 3, 4, 5, 6, 7, 8],
        _ => super::search::modes_of(available),
    }
}

/// The best of some modes of a block.
struct Best<const A: usize> {
    cost: u64,
    /// Its place in the order of the refinement: of equals the first is the best.
    place: usize,
    mode: u8,
    block: Block<A>,
    distortion: u32,
}

impl<const A: usize> Best<A> {
    /// What a mode's cost has to be below to be better.
    fn limit(best: Option<&Self>, place: usize) -> u64 {
        best.map_or(u64::MAX, |best| best.cost + u64::from(place < best.place))
    }

    /// The block and its distortion, if it is predicted as it would be once more: often two modes predict the same.
    #[inline(always)]
    fn of_prediction(
        best: Option<&Self>,
        predictions: &[[u8; A]; 9],
        prediction: &[u8; A],
    ) -> Option<(Block<A>, u32)> {
        let same = best.filter(|best| predictions[usize::from(best.mode)] == *prediction)?;
        Some((same.block, same.distortion))
    }
}

/// Modes with their places in order, `likely` first: where the best one is known early, the others are soon seen to be
/// worse.
fn likely_first(modes: &[u8], likely: u8) -> impl Iterator<Item = (usize, u8)> {
    let all = || modes.iter().copied().enumerate();
    all().filter(move |&(_, mode)| mode == likely).chain(all().filter(move |&(_, mode)| mode != likely))
}

/// Tries the other modes of Intra16x16. `best` is the cost of `luma`, and becomes that of the mode chosen.
#[inline(always)]
pub(super) fn refine_16x16<S: Simd>(
    simd: S,
    macroblock: &Macroblock,
    coder: &Coder<'_>,
    measure: &mut Measure<'_>,
    found: &Found,
    luma: &mut LumaCoding,
    (chroma, best): (&ChromaCoding, &mut u32),
) {
    let limit = if measure.patient { u32::MAX } else { 9 * found.costs_16x16[found.mode_16x16 as usize] / 8 };
    for &mode in Mode::candidates(macroblock.neighbours) {
        if mode == found.mode_16x16 || found.costs_16x16[mode as usize] > limit {
            continue;
        }
        let mut trial = LumaCoding::default();
        code_16x16(simd, macroblock, coder, mode, &mut trial);
        let cost = measure.cost(simd, &trial, chroma, None, *best);
        if cost < *best {
            *best = cost;
            *luma = trial;
        }
    }
}

/// Tries the other modes of chroma. Whether the best was not coded, as one before had no levels.
#[inline(always)]
pub(super) fn refine_chroma<S: Simd>(
    simd: S,
    macroblock: &Macroblock,
    coder: &Coder<'_>,
    measure: &mut Measure<'_>,
    found: &Found,
    chroma: &mut ChromaCoding,
) -> bool {
    let chosen = found.chroma;
    let limit = if measure.patient { u32::MAX } else { 5 * found.cost_chroma / 4 };
    let candidates = || {
        let others = Mode::candidates(macroblock.neighbours).iter().copied();
        others.filter(|&mode| mode != chosen && found.costs_chroma[mode as usize] < limit)
    };
    if candidates().next().is_none() {
        return false;
    }
    let mut best = u64::MAX;
    let (mut bare, mut best_is_bare) = (false, false);
    for mode in std::iter::once(chosen).chain(candidates()) {
        let prediction = predict_both_chroma(simd, macroblock, mode);
        let mut trial = ChromaCoding { mode, ..ChromaCoding::default() };
        let is_bare = bare;
        if is_bare {
            trial.samples = prediction;
        } else {
            coder.code_chroma(simd, &macroblock.source.chroma, &prediction, &mut trial);
            bare = trial.pattern == 0;
        }
        let distortion = squares(simd, &macroblock.source.chroma, &trial.samples);
        let cost = measure.chroma_cost(&trial, chroma_number(mode), distortion, best);
        if cost < best {
            (best, best_is_bare) = (cost, is_bare);
            *chroma = trial;
        }
    }
    best_is_bare
}

/// Tries all modes of the 4x4 blocks.
#[inline(always)]
pub(super) fn refine_4x4<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    measure: &mut Measure<'_>,
    luma: &mut LumaCoding,
) {
    for (k, (x, y)) in BLOCKS.into_iter().enumerate() {
        let source = gather::<4, 16>(&macroblock.source.y, 16, 64 * y + 4 * x);
        let available = available_4x4(macroblock, k);
        let predictions = predict_all_4x4(simd, macroblock, k);
        let predicted = macroblock.modes.predicted(mode_place(k));
        let energy = energy_4x4(simd, &source);
        let mut best: Option<Best<16>> = None;
        for (place, mode) in likely_first(modes_of(available), luma.modes[k]) {
            let prediction = &predictions[usize::from(mode)];
            let (block, distortion) = match Best::of_prediction(best.as_ref(), &predictions, prediction) {
                Some(same) => same,
                None => {
                    let block = coder.code_4x4(simd, k, &luma.counts, &source, prediction);
                    let energy = energy.abs_diff(energy_4x4(simd, &block.samples));
                    (block, squares(simd, &source, &block.samples) + measure.psy_cost(energy))
                }
            };
            let limit = Best::limit(best.as_ref(), place);
            let cost = measure.cost_4x4(k, [predicted, mode], &block, distortion, limit);
            if cost < limit {
                best = Some(Best { cost, place, mode, block, distortion });
            }
        }
        let Some(Best { mode, block, .. }) = best else { continue };
        macroblock.modes.set(mode_place(k), mode);
        (luma.modes[k], luma.predicted[k]) = (mode, predicted);
        put_4x4(macroblock, k, &block);
        luma.put_4x4(k, &block);
        measure.keep_4x4(k, &block);
    }
    luma.settle_pattern();
}

/// Tries the modes of the 8x8 blocks that were near.
#[inline(always)]
pub(super) fn refine_8x8<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    measure: &mut Measure<'_>,
    found: &Found,
    luma: &mut LumaCoding,
    chroma: &ChromaCoding,
) {
    for k in 0..4 {
        let source = macroblock.source.luma_8x8(k % 2 * 8, k / 2 * 8);
        let available = available_8x8(macroblock.neighbours, k % 2, k / 2);
        let predictions = predict_all_8x8(simd, macroblock, k);
        let predicted = macroblock.modes.predicted(mode_place(4 * k));
        let energy = Energy::of_8x8(simd, &source);
        let costs = &found.costs_8x8[k];
        let worst = if measure.patient { u32::MAX } else { 11 * costs[usize::from(luma.modes[4 * k])] / 8 };
        let mut best: Option<Best<64>> = None;
        let near = |&(_, mode): &(usize, u8)| costs[usize::from(mode)] <= worst;
        for (place, mode) in likely_first(modes_of(available), luma.modes[4 * k]).filter(near) {
            let prediction = &predictions[usize::from(mode)];
            let (block, distortion) = match Best::of_prediction(best.as_ref(), &predictions, prediction) {
                Some(same) => same,
                None => {
                    let block = coder.code_8x8(simd, k, &luma.counts, &source, prediction);
                    let energy = energy.difference(Energy::of_8x8(simd, &block.samples));
                    (block, squares(simd, &source, &block.samples) + measure.psy_cost(energy))
                }
            };
            let pattern = luma.pattern & !(1 << k) | u8::from(block.is_coded()) << k;
            let (limit, patterns) = (Best::limit(best.as_ref(), place), [pattern, chroma.pattern]);
            let cost = measure.cost_8x8(k, [predicted, mode], &block, patterns, distortion, limit);
            if cost < limit {
                best = Some(Best { cost, place, mode, block, distortion });
            }
        }
        let Some(Best { mode, block, .. }) = best else { continue };
        macroblock.modes.set_8x8(k % 2 * 2, k / 2 * 2, mode);
        (luma.modes[4 * k], luma.predicted[4 * k]) = (mode, predicted);
        put_8x8(macroblock, k, &block);
        luma.put_8x8(k, &block, measure.cabac());
        luma.pattern = luma.pattern & !(1 << k) | u8::from(block.is_coded()) << k;
        measure.keep_8x8(k, &block);
    }
}
