//! Coding what a prediction from another frame leaves (docs/spec/h264-clips.md, sections 7.1 and 9): few and small
//! levels are dropped, and a macroblock that has none is skipped.

mod deblock;
mod field;
mod predict;

pub(super) use deblock::FrameDeblocker;
pub(super) use field::{Beside, Field, Part, Shape};
pub(super) use predict::{Entry, List, MOST_ENTRIES, Prediction, Sources, predict};

use super::cabac::block::coded_of;
use super::kernels::{blocks as side_by_side, difference, levels as kernels, psy};
use super::macroblock::{gather, scatter};
use super::quantise::{Denoise, Quantiser, class_4x4};
use super::rate_distortion::prices::{ZIGZAG_4X4, rate_lambda};
use super::residual::{
    add_8x8, code_chroma_dc, level, levels_8x8, quantise, score_4x4_scanned, score_8x8, score_8x8_scanned,
    shrink, shrink_chroma, shrunk_chroma_dc,
};
use super::transform::{forward_2x2, forward_4x4, residual};
use crate::simd::Simd;

/// A macroblock's luma needs this score to be coded, an 8x8 block of it less.
pub(super) const LUMA_SCORE: u32 = 6;
pub(super) const BLOCK_SCORE: u32 = 4;
/// The same of the AC levels of a chroma plane.
pub(super) const CHROMA_SCORE: u32 = 7;
/// From this chroma QP on chroma is looked at before it is transformed.
const EARLY_QP: u8 = 18;

/// The quantisers of a predicted macroblock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps<'a> {
    pub(super) luma: &'a Quantiser,
    pub(super) chroma: &'a Quantiser,
    /// 0..=39.
    pub(super) chroma_qp: u8,
    /// Above 51.
    pub(super) denoise: Option<Denoise>,
    /// Whether levels are dropped that are worth little.
    pub(super) decimates: bool,
}

impl Steps<'_> {
    /// What a macroblock's luma is worth at least to be coded, and an 8x8 block of it.
    fn luma_scores(&self) -> (u32, u32) {
        if self.decimates { (LUMA_SCORE, BLOCK_SCORE) } else { (0, 0) }
    }
}

/// Below this squared error a chroma plane is as good as it will be.
pub(super) fn chroma_threshold(chroma_qp: u8) -> u32 {
    (rate_lambda(chroma_qp) + 32) >> 6
}

/// Levels of a 4x4 block in scan order.
type Levels = [i16; 16];

/// What levels that have been quantised in raster order are in scan order.
fn scanned(block: &[i32; 16]) -> Levels {
    ZIGZAG_4X4.map(|place| block[usize::from(place)] as i16)
}

/// The levels of a block of luma, and which of them are not 0.
#[inline(always)]
fn luma_levels<S: Simd>(
    simd: S,
    source: &[u8; 16],
    prediction: &[u8; 16],
    steps: &Steps<'_>,
) -> (Levels, u64) {
    let Some((thresholds, _)) = steps.denoise.and_then(|denoise| denoise.luma) else {
        let (_, levels, coded) = kernels::code_4x4(simd, source, prediction, &steps.luma.four);
        return (levels, coded);
    };
    let mut block = residual(source, prediction);
    forward_4x4(&mut block);
    shrink(&mut block, &thresholds, class_4x4);
    quantise(&mut block, &steps.luma.four);
    let levels = scanned(&block);
    (levels, coded_of(&levels))
}

/// Bits of the 4x4 blocks of luma, in raster order, that may have levels.
#[inline(always)]
fn may_have_levels<S: Simd>(simd: S, source: &[u8; 256], prediction: &[u8; 256], steps: &Steps<'_>) -> u16 {
    if S::IS_SCALAR || steps.denoise.is_some_and(|denoise| denoise.luma.is_some()) {
        return u16::MAX;
    }
    side_by_side::coded_luma(simd, source, prediction, &steps.luma.four)
}

/// A coded macroblock's luma.
#[derive(Debug)]
pub(super) struct CodedLuma {
    pub(super) samples: [u8; 256],
    /// The 4x4 blocks, in raster order, that have levels.
    pub(super) levels: u16,
}

/// The 4x4 blocks of an 8x8 block, by their bits.
const EIGHT: u16 = 0b11_0011;

/// Whether 8x8 blocks fit what is left better than 4x4 ones.
pub(super) fn prefers_8x8<S: Simd>(simd: S, source: &[u8; 256], prediction: &[u8; 256]) -> bool {
    simd.vectorize(
        #[inline(always)]
        || difference::prefers_8x8(simd, source, prediction),
    )
}

/// Codes a macroblock's luma in 8x8 or in 4x4 blocks.
pub(super) fn code_luma<S: Simd>(
    simd: S,
    source: &[u8; 256],
    prediction: &[u8; 256],
    steps: &Steps<'_>,
    transform_8x8: bool,
) -> CodedLuma {
    simd.vectorize(
        #[inline(always)]
        || {
            if transform_8x8 {
                code_by_8x8(simd, source, prediction, steps)
            } else {
                code_by_4x4(simd, source, prediction, steps)
            }
        },
    )
}

#[inline(always)]
fn code_by_4x4<S: Simd>(simd: S, source: &[u8; 256], prediction: &[u8; 256], steps: &Steps<'_>) -> CodedLuma {
    let block = |samples: &[u8; 256], k: usize| gather::<4, 16>(samples, 16, k / 4 * 64 + k % 4 * 4);
    let (luma_score, block_score) = steps.luma_scores();
    let (mut levels, mut total) = (0, 0);
    let mut blocks = [[0; 16]; 16];
    let may_have = may_have_levels(simd, source, prediction, steps);
    for first in [0, 2, 8, 10] {
        let (mut worth, mut coded) = (0, 0);
        for k in [first, first + 1, first + 4, first + 5].into_iter().filter(|k| may_have >> k & 1 != 0) {
            let bits;
            (blocks[k], bits) = luma_levels(simd, &block(source, k), &block(prediction, k), steps);
            worth += score_4x4_scanned(&blocks[k], bits, 0);
            coded |= u16::from(bits != 0) << k;
        }
        total += worth;
        if worth >= block_score {
            levels |= coded;
        }
    }
    let mut samples = *prediction;
    if total < luma_score || levels == 0 {
        return CodedLuma { samples, levels: 0 };
    }
    for k in (0..16).filter(|k| levels >> k & 1 != 0) {
        let sum = kernels::reconstruct_4x4(simd, &blocks[k], None, &block(prediction, k), &steps.luma.four);
        scatter::<4, 16>(&sum, &mut samples, 16, k / 4 * 64 + k % 4 * 4);
    }
    CodedLuma { samples, levels }
}

/// What an 8x8 block's levels are worth, whether there are any, and its reconstruction.
#[inline(always)]
fn code_8x8<S: Simd>(
    simd: S,
    source: &[u8; 64],
    prediction: &[u8; 64],
    steps: &Steps<'_>,
) -> (u32, bool, [u8; 64]) {
    if steps.denoise.is_some_and(|denoise| denoise.luma.is_some()) {
        let mut block = levels_8x8(source, prediction, steps.luma, steps.denoise);
        let worth = score_8x8(&block);
        return (worth, block != [0; 64], add_8x8(prediction, &mut block, steps.luma));
    }
    let (samples, levels, coded) = kernels::code_8x8(simd, source, prediction, steps.luma);
    (score_8x8_scanned(&levels, coded), coded != 0, samples)
}

#[inline(always)]
fn code_by_8x8<S: Simd>(simd: S, source: &[u8; 256], prediction: &[u8; 256], steps: &Steps<'_>) -> CodedLuma {
    let (mut samples, mut levels, mut total) = (*prediction, 0, 0);
    let (luma_score, block_score) = steps.luma_scores();
    for (at, place) in [(0, 0), (8, 2), (128, 8), (136, 10)] {
        let block = |samples: &[u8; 256]| gather::<8, 64>(samples, 16, at);
        let (worth, is_coded, block) = code_8x8(simd, &block(source), &block(prediction), steps);
        total += worth;
        if worth >= block_score && is_coded {
            levels |= EIGHT << place;
            scatter::<8, 64>(&block, &mut samples, 16, at);
        }
    }
    if total < luma_score {
        CodedLuma { samples: *prediction, levels: 0 }
    } else {
        CodedLuma { samples, levels }
    }
}

/// A coded chroma plane.
#[derive(Debug)]
pub(super) struct CodedChroma {
    pub(super) samples: [u8; 64],
    pub(super) residual: bool,
    /// The levels of DC as they are written.
    pub(super) dc: [i32; 4],
}

/// How a plane differs from its prediction: Σ d² and Σ d.
#[inline(always)]
fn error<S: Simd>(simd: S, source: &[u8; 64], prediction: &[u8; 64]) -> (u32, i32) {
    let sum = |block: &[u8; 64]| block.iter().map(|&sample| i32::from(sample)).sum::<i32>();
    (psy::squares(simd, source, prediction), sum(source) - sum(prediction))
}

/// Codes both planes of a macroblock's chroma.
pub(super) fn code_chroma<S: Simd>(
    simd: S,
    sources: &[[u8; 64]; 2],
    predictions: &[[u8; 64]; 2],
    steps: &Steps<'_>,
) -> [CodedChroma; 2] {
    simd.vectorize(
        #[inline(always)]
        || {
            let mut only_dc = [None; 2];
            if steps.decimates && steps.chroma_qp >= EARLY_QP && steps.denoise.is_none() {
                let errors = [0, 1].map(|plane| error(simd, &sources[plane], &predictions[plane]));
                let variance: u32 =
                    errors.iter().map(|&(squares, sum)| squares - ((sum * sum) as u32 >> 6)).sum();
                if variance < 4 * chroma_threshold(steps.chroma_qp) {
                    only_dc = errors.map(|(squares, _)| Some(squares > chroma_threshold(steps.chroma_qp)));
                }
            }
            let [cb, cr] = [only_dc[0], only_dc[1]];
            [
                code_plane(simd, (&sources[0], &predictions[0]), steps, cb),
                code_plane(simd, (&sources[1], &predictions[1]), steps, cr),
            ]
        },
    )
}

/// Codes a plane of chroma: all of it, or DC only, or nothing.
#[inline(always)]
fn code_plane<S: Simd>(
    simd: S,
    (source, prediction): (&[u8; 64], &[u8; 64]),
    steps: &Steps<'_>,
    only_dc: Option<bool>,
) -> CodedChroma {
    let nothing = CodedChroma { samples: *prediction, residual: false, dc: [0; 4] };
    if only_dc == Some(false) {
        return nothing;
    }
    let (mut blocks, coded, dc) = chroma_levels(simd, source, prediction, steps);
    let least = if steps.decimates { CHROMA_SCORE } else { 0 };
    let has_ac = only_dc.is_none() && worth_without_dc(&blocks, coded) >= least && coded != [0; 4];
    if !has_ac {
        blocks = [[0; 16]; 4];
    }
    let quantiser = steps.chroma;
    let levels = dc_levels(forward_2x2(dc), quantiser);
    let (values, visible) = code_chroma_dc(dc, quantiser);
    if !has_ac && !visible {
        return nothing;
    }
    let mut samples = *prediction;
    for (k, (block, value)) in blocks.iter().zip(values).enumerate() {
        let from = gather::<4, 16>(prediction, 8, CHROMA_BLOCKS[k]);
        let sum = kernels::reconstruct_4x4(simd, block, Some(value), &from, &quantiser.four);
        scatter::<4, 16>(&sum, &mut samples, 8, CHROMA_BLOCKS[k]);
    }
    let dc = if has_ac { levels } else { shrunk_chroma_dc(levels, quantiser) };
    CodedChroma { samples, residual: true, dc }
}

/// The first samples of a chroma plane's four blocks.
const CHROMA_BLOCKS: [usize; 4] = [0, 4, 32, 36];

/// What the levels of a plane's blocks are worth but for DC.
fn worth_without_dc(blocks: &[Levels; 4], coded: [u64; 4]) -> u32 {
    blocks.iter().zip(coded).map(|(block, coded)| score_4x4_scanned(block, coded, 1)).sum()
}

/// The levels of a plane's four blocks but for DC, which of them are not 0, and the DC coefficients.
#[inline(always)]
fn chroma_levels<S: Simd>(
    simd: S,
    source: &[u8; 64],
    prediction: &[u8; 64],
    steps: &Steps<'_>,
) -> ([Levels; 4], [u64; 4], [i32; 4]) {
    let (mut blocks, mut coded, mut dc) = ([[0; 16]; 4], [0; 4], [0; 4]);
    let mut may_have = 0b1111;
    if !S::IS_SCALAR && steps.denoise.is_none() {
        (may_have, dc) = side_by_side::coded_chroma(simd, source, prediction, &steps.chroma.four.corners());
    }
    for (k, &at) in CHROMA_BLOCKS.iter().enumerate().filter(|(k, _)| may_have >> k & 1 != 0) {
        let [source, prediction] = [source, prediction].map(|plane| gather::<4, 16>(plane, 8, at));
        (blocks[k], coded[k], dc[k]) = block_without_dc(simd, &source, &prediction, steps);
    }
    (blocks, coded, dc)
}

/// The levels of a chroma block but for DC, which of them are not 0, and the DC coefficient.
#[inline(always)]
fn block_without_dc<S: Simd>(
    simd: S,
    source: &[u8; 16],
    prediction: &[u8; 16],
    steps: &Steps<'_>,
) -> (Levels, u64, i32) {
    let Some(denoise) = steps.denoise else {
        let (levels, dc, coded) = kernels::code_4x4_ac(simd, source, prediction, &steps.chroma.four);
        return (levels, coded, dc.into());
    };
    let mut block = residual(source, prediction);
    forward_4x4(&mut block);
    shrink_chroma(&mut block, denoise);
    let dc = std::mem::take(&mut block[0]);
    quantise(&mut block, &steps.chroma.four);
    let levels = scanned(&block);
    (levels, coded_of(&levels), dc)
}

fn dc_levels(coefficients: [i32; 4], quantiser: &Quantiser) -> [i32; 4] {
    coefficients.map(|value| level(value, quantiser.dc_multiplier, quantiser.dc_bias))
}

/// Whether a prediction is so good that nothing needs to be coded.
pub(super) fn is_good_enough<S: Simd>(
    simd: S,
    luma: (&[u8; 256], &[u8; 256]),
    sources: &[[u8; 64]; 2],
    predictions: &[[u8; 64]; 2],
    steps: &Steps<'_>,
) -> bool {
    simd.vectorize(
        #[inline(always)]
        || {
            is_good_luma(simd, luma, steps)
                && is_good_plane(simd, &sources[0], &predictions[0], steps)
                && is_good_plane(simd, &sources[1], &predictions[1], steps)
        },
    )
}

#[inline(always)]
fn is_good_luma<S: Simd>(simd: S, (source, prediction): (&[u8; 256], &[u8; 256]), steps: &Steps<'_>) -> bool {
    let mut worth = 0;
    let may_have = may_have_levels(simd, source, prediction, steps);
    for k in (0..16).filter(|k| may_have >> k & 1 != 0) {
        let block = |samples: &[u8; 256]| gather::<4, 16>(samples, 16, k / 4 * 64 + k % 4 * 4);
        let (levels, coded) = luma_levels(simd, &block(source), &block(prediction), steps);
        worth += score_4x4_scanned(&levels, coded, 0);
        if worth >= LUMA_SCORE {
            return false;
        }
    }
    true
}

#[inline(always)]
fn is_good_plane<S: Simd>(simd: S, source: &[u8; 64], prediction: &[u8; 64], steps: &Steps<'_>) -> bool {
    let squares = psy::squares(simd, source, prediction);
    if squares < chroma_threshold(steps.chroma_qp) {
        return true;
    }
    let (blocks, coded, dc) = chroma_levels(simd, source, prediction, steps);
    // Above 51 the encoder looks at the coefficients of the blocks themselves.
    let dc = if steps.denoise.is_some() { dc } else { forward_2x2(dc) };
    dc_levels(dc, steps.chroma) == [0; 4]
        && (squares < 4 * chroma_threshold(steps.chroma_qp)
            || worth_without_dc(&blocks, coded) < CHROMA_SCORE)
}
