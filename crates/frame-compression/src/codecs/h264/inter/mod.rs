//! Coding what a prediction from another frame leaves (docs/spec/h264-clips.md, sections 7.1 and 9): few and small
//! levels are dropped, and a macroblock that has none is skipped.

mod deblock;
mod field;
mod predict;

pub(super) use deblock::FrameDeblocker;
pub(super) use field::{Beside, Field, Part, Shape};
pub(super) use predict::{Entry, List, MOST_ENTRIES, Prediction, Sources, predict};

use super::distortion::{coefficients_8x8, satd};
use super::macroblock::{gather, scatter};
use super::quantise::{Denoise, Quantiser, class_4x4};
use super::rate_distortion::prices::rate_lambda;
use super::residual::{
    add_8x8, add_blocks, code_chroma_dc, level, levels_8x8, quantise, scale_4x4, score, score_8x8, shrink,
    shrink_chroma, shrunk_chroma_dc, transform_blocks,
};
use super::transform::forward_2x2;

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
}

/// Below this squared error a chroma plane is as good as it will be.
pub(super) fn chroma_threshold(chroma_qp: u8) -> u32 {
    (rate_lambda(chroma_qp) + 32) >> 6
}

/// The levels of a macroblock's 4x4 luma blocks in raster order.
fn luma_levels(source: &[u8; 256], prediction: &[u8; 256], steps: &Steps<'_>) -> [[i32; 16]; 16] {
    let mut blocks = [[0; 16]; 16];
    transform_blocks::<16, 256>(source, prediction, |k, mut block| {
        if let Some((thresholds, _)) = steps.denoise.and_then(|denoise| denoise.luma) {
            shrink(&mut block, &thresholds, class_4x4);
        }
        quantise(&mut block, &steps.luma.four);
        blocks[k] = block;
    });
    blocks
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
pub(super) fn prefers_8x8(source: &[u8; 256], prediction: &[u8; 256]) -> bool {
    let eights: u32 = [0, 8, 128, 136]
        .map(|at| {
            let block = |samples: &[u8; 256]| gather::<8, 64>(samples, 16, at);
            coefficients_8x8(&block(source), &block(prediction))
        })
        .iter()
        .sum();
    (eights + 2) >> 2 < satd::<16, 256>(source, prediction)
}

/// Codes a macroblock's luma in 8x8 or in 4x4 blocks.
pub(super) fn code_luma(
    source: &[u8; 256],
    prediction: &[u8; 256],
    steps: &Steps<'_>,
    transform_8x8: bool,
) -> CodedLuma {
    if transform_8x8 {
        code_by_8x8(source, prediction, steps)
    } else {
        code_by_4x4(source, prediction, steps)
    }
}

fn code_by_4x4(source: &[u8; 256], prediction: &[u8; 256], steps: &Steps<'_>) -> CodedLuma {
    let mut blocks = luma_levels(source, prediction, steps);
    let mut total = 0;
    for first in [0, 2, 8, 10] {
        let eight = [first, first + 1, first + 4, first + 5];
        let worth: u32 = eight.iter().map(|&k| score(&blocks[k], 0)).sum();
        total += worth;
        if worth < BLOCK_SCORE {
            for k in eight {
                blocks[k] = [0; 16];
            }
        }
    }
    let mut levels = 0;
    for (k, block) in blocks.iter().enumerate() {
        levels |= u16::from(*block != [0; 16]) << k;
    }
    if total < LUMA_SCORE || levels == 0 {
        return CodedLuma { samples: *prediction, levels: 0 };
    }
    for block in &mut blocks {
        scale_4x4(block, steps.luma);
    }
    CodedLuma { samples: add_blocks::<16, 256>(prediction, &mut blocks), levels }
}

fn code_by_8x8(source: &[u8; 256], prediction: &[u8; 256], steps: &Steps<'_>) -> CodedLuma {
    let (mut samples, mut levels, mut total) = (*prediction, 0, 0);
    for (at, place) in [(0, 0), (8, 2), (128, 8), (136, 10)] {
        let from = gather::<8, 64>(prediction, 16, at);
        let source = gather::<8, 64>(source, 16, at);
        let mut block = levels_8x8(&source, &from, steps.luma, steps.denoise);
        let worth = score_8x8(&block);
        total += worth;
        if worth >= BLOCK_SCORE {
            levels |= EIGHT << place;
            scatter::<8, 64>(&add_8x8(&from, &mut block, steps.luma), &mut samples, 16, at);
        }
    }
    if total < LUMA_SCORE {
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
fn error(source: &[u8; 64], prediction: &[u8; 64]) -> (u32, i32) {
    let difference = |(a, b): (&u8, &u8)| i32::from(*a) - i32::from(*b);
    let differences = source.iter().zip(prediction).map(difference);
    differences.fold((0, 0), |(squares, sum), difference| {
        (squares + (difference * difference) as u32, sum + difference)
    })
}

/// Codes both planes of a macroblock's chroma.
pub(super) fn code_chroma(
    sources: &[[u8; 64]; 2],
    predictions: &[[u8; 64]; 2],
    steps: &Steps<'_>,
) -> [CodedChroma; 2] {
    let mut only_dc = [None; 2];
    if steps.chroma_qp >= EARLY_QP && steps.denoise.is_none() {
        let errors = [0, 1].map(|plane| error(&sources[plane], &predictions[plane]));
        let variance: u32 = errors.iter().map(|&(squares, sum)| squares - ((sum * sum) as u32 >> 6)).sum();
        if variance < 4 * chroma_threshold(steps.chroma_qp) {
            only_dc = errors.map(|(squares, _)| Some(squares > chroma_threshold(steps.chroma_qp)));
        }
    }
    [0, 1].map(|plane| code_plane(&sources[plane], &predictions[plane], steps, only_dc[plane]))
}

/// Codes a plane of chroma: all of it, or DC only, or nothing.
fn code_plane(
    source: &[u8; 64],
    prediction: &[u8; 64],
    steps: &Steps<'_>,
    only_dc: Option<bool>,
) -> CodedChroma {
    let nothing = CodedChroma { samples: *prediction, residual: false, dc: [0; 4] };
    if only_dc == Some(false) {
        return nothing;
    }
    let (mut blocks, dc) = chroma_levels(source, prediction, steps);
    let worth: u32 = blocks.iter().map(|block| score(block, 1)).sum();
    let has_ac = only_dc.is_none() && worth >= CHROMA_SCORE;
    if !has_ac {
        blocks = [[0; 16]; 4];
    }
    let quantiser = steps.chroma;
    let levels = dc_levels(forward_2x2(dc), quantiser);
    let (values, visible) = code_chroma_dc(dc, quantiser);
    if !has_ac && !visible {
        return nothing;
    }
    for (block, value) in blocks.iter_mut().zip(values) {
        scale_4x4(block, quantiser);
        block[0] = value;
    }
    CodedChroma {
        samples: add_blocks::<8, 64>(prediction, &mut blocks),
        residual: true,
        dc: if has_ac { levels } else { shrunk_chroma_dc(levels, quantiser) },
    }
}

/// The levels of a plane's four blocks but for DC, and the DC coefficients.
fn chroma_levels(source: &[u8; 64], prediction: &[u8; 64], steps: &Steps<'_>) -> ([[i32; 16]; 4], [i32; 4]) {
    let (mut blocks, mut dc) = ([[0; 16]; 4], [0; 4]);
    transform_blocks::<8, 64>(source, prediction, |k, mut block| {
        if let Some(denoise) = steps.denoise {
            shrink_chroma(&mut block, denoise);
        }
        dc[k] = block[0];
        block[0] = 0;
        quantise(&mut block, &steps.chroma.four);
        blocks[k] = block;
    });
    (blocks, dc)
}

fn dc_levels(coefficients: [i32; 4], quantiser: &Quantiser) -> [i32; 4] {
    coefficients.map(|value| level(value, quantiser.dc_multiplier, quantiser.dc_bias))
}

/// Whether a prediction is so good that nothing needs to be coded.
pub(super) fn is_good_enough(
    luma: (&[u8; 256], &[u8; 256]),
    sources: &[[u8; 64]; 2],
    predictions: &[[u8; 64]; 2],
    steps: &Steps<'_>,
) -> bool {
    let blocks = luma_levels(luma.0, luma.1, steps);
    blocks.iter().map(|block| score(block, 0)).sum::<u32>() < LUMA_SCORE
        && (0..2).all(|plane| is_good_plane(&sources[plane], &predictions[plane], steps))
}

fn is_good_plane(source: &[u8; 64], prediction: &[u8; 64], steps: &Steps<'_>) -> bool {
    let (squares, _) = error(source, prediction);
    if squares < chroma_threshold(steps.chroma_qp) {
        return true;
    }
    let (blocks, dc) = chroma_levels(source, prediction, steps);
    // Above 51 the encoder looks at the coefficients of the blocks themselves.
    let dc = if steps.denoise.is_some() { dc } else { forward_2x2(dc) };
    dc_levels(dc, steps.chroma) == [0; 4]
        && (squares < 4 * chroma_threshold(steps.chroma_qp)
            || blocks.iter().map(|block| score(block, 1)).sum::<u32>() < CHROMA_SCORE)
}
