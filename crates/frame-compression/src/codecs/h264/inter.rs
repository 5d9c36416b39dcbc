//! Coding what a prediction from another frame leaves (docs/spec/h264-clips.md, sections 6.1, 7.1 and 9): few and small
//! levels are dropped, and a macroblock that has none is skipped.

use super::lookahead::Samples;
use super::motion::Vector;
use super::quantise::{Denoise, Quantiser, class_4x4};
use super::rate_distortion::prices::rate_lambda;
use super::residual::{
    add_blocks, code_chroma_dc, level, quantise, scale_4x4, score, shrink, shrink_chroma, shrunk_chroma_dc,
    transform_blocks,
};
use super::transform::forward_2x2;

/// A macroblock's luma needs this score to be coded, an 8x8 block of it less.
pub(super) const LUMA_SCORE: u32 = 6;
const BLOCK_SCORE: u32 = 4;
const CHROMA_SCORE: u32 = 7;
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

impl Steps<'_> {
    /// Below this squared error a chroma plane is as good as it will be.
    fn threshold(&self) -> u32 {
        (rate_lambda(self.chroma_qp) + 32) >> 6
    }
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

/// Codes a macroblock's luma in 4x4 blocks; whether there are levels left.
pub(super) fn code_luma(source: &[u8; 256], prediction: &[u8; 256], steps: &Steps<'_>) -> ([u8; 256], bool) {
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
    if total < LUMA_SCORE || blocks.iter().all(|block| *block == [0; 16]) {
        return (*prediction, false);
    }
    for block in &mut blocks {
        scale_4x4(block, steps.luma);
    }
    (add_blocks::<16, 256>(prediction, &mut blocks), true)
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
        if variance < 4 * steps.threshold() {
            only_dc = errors.map(|(squares, _)| Some(squares > steps.threshold()));
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
    if squares < steps.threshold() {
        return true;
    }
    let (blocks, dc) = chroma_levels(source, prediction, steps);
    // Above 51 the encoder looks at the coefficients of the blocks themselves.
    let dc = if steps.denoise.is_some() { dc } else { forward_2x2(dc) };
    dc_levels(dc, steps.chroma) == [0; 4]
        && (squares < 4 * steps.threshold()
            || blocks.iter().map(|block| score(block, 1)).sum::<u32>() < CHROMA_SCORE)
}

/// Predicts a chroma plane of the macroblock whose first sample is at (x, y), from a vector in quarter samples of luma
/// (H.264 8.4.2.2.2).
pub(super) fn predict_chroma(reference: &Samples, (x, y): (i32, i32), vector: Vector) -> [u8; 64] {
    let (left, top) = (x + (vector.x >> 3), y + (vector.y >> 3));
    let (fx, fy) = ((vector.x & 7) as u32, (vector.y & 7) as u32);
    let [a, b, c, d] = [(0, 0), (1, 0), (0, 1), (1, 1)]
        .map(|(dx, dy)| reference.block::<8, 64>(left + dx, top + dy).map(u32::from));
    std::array::from_fn(|i| {
        let above = (8 - fx) * a[i] + fx * b[i];
        let below = (8 - fx) * c[i] + fx * d[i];
        (((8 - fy) * above + fy * below + 32) >> 6) as u8
    })
}

/// Predicts a macroblock's luma from a vector of whole samples.
pub(super) fn predict_luma(reference: &Samples, (x, y): (i32, i32), vector: Vector) -> [u8; 256] {
    reference.block::<16, 256>(x + (vector.x >> 2), y + (vector.y >> 2))
}
