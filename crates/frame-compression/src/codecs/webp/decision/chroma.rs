//! The mode of chroma.

use super::Cost;
use crate::codecs::webp::costs::{self, kind};
use crate::codecs::webp::distortion::squared_errors;
use crate::codecs::webp::macroblock::{Job, Macroblock, has_levels};
use crate::codecs::webp::quantise::Matrix;
use crate::codecs::webp::transform::{Block, forward, inverse};

/// What a mode other than DC costs more in a macroblock of few levels.
pub(in super::super) const FLAT_PENALTY: u32 = 8 * 140;
/// How many levels are few.
pub(in super::super) const FLAT_LEVELS: usize = 2;

/// What chroma's DCs leave: to the macroblock on the right, and to that below, of Cb and Cr.
type Errors = [[[i8; 2]; 2]; 2];

/// A macroblock's chroma by one mode.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) levels: [Block; 8],
    pub(super) samples: [u8; 128],
    errors: Errors,
}

impl Default for Candidate {
    fn default() -> Self {
        Self { levels: [[0; 16]; 8], samples: [0; 128], errors: Errors::default() }
    }
}

/// The place of the first sample of a block, four of Cb and four of Cr.
fn at(block: usize) -> usize {
    block / 4 * 8 + block / 2 % 2 * 64 + block % 2 * 4
}

/// Predicts Cb and Cr, side by side.
pub(super) fn predict(job: &Job, mode: u8) -> [u8; 128] {
    let mut prediction = [0; 128];
    for (plane, border) in job.chroma_borders.iter().enumerate() {
        border.predict(mode, &mut prediction[8 * plane..], 16);
    }
    prediction
}

/// Carries what quantisation leaves of a plane's four DCs on to the next ones. What it leaves to the right and below.
#[inline(always)]
pub(in super::super) fn diffuse(
    matrix: &Matrix,
    dcs: [&mut i16; 4],
    left: [i8; 2],
    top: [i8; 2],
) -> [[i8; 2]; 2] {
    let [x0, x1, x2, x3] = dcs;
    let step = |dc: &mut i16, above: i8, beside: i8| {
        let carried = (7 * i32::from(above) + 8 * i32::from(beside)) >> 3;
        let (kept, left) = matrix.quantise_dc(i32::from(*dc) + carried);
        *dc = kept;
        left
    };
    let e0 = step(x0, top[0], left[0]);
    let e1 = step(x1, top[1], e0);
    let e2 = step(x2, e0, left[1]);
    let e3 = step(x3, e1, e2);
    let right = ((3 * i32::from(e3)) >> 2) as i8;
    [[e1, right], [e2, e3 - right]]
}

/// Transforms, quantises and reconstructs the difference from a prediction. `errors`: what the macroblocks to the
/// left and above left.
pub(super) fn reconstruct(job: &Job, prediction: &[u8; 128], errors: Errors, out: &mut Candidate) {
    let matrix = &job.segment.chroma;
    let mut blocks: [Block; 8] =
        std::array::from_fn(|block| forward(&job.source.chroma[at(block)..], &prediction[at(block)..], 16));
    out.errors = Errors::default();
    if job.effort.diffuses {
        for (plane, blocks) in blocks.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let dcs = blocks.each_mut().map(|block| &mut block[0]);
            let [left, top] = errors.map(|errors| errors[plane]);
            [out.errors[0][plane], out.errors[1][plane]] = diffuse(matrix, dcs, left, top);
        }
    }
    for (number, block) in blocks.iter_mut().enumerate() {
        out.levels[number] = matrix.quantise(block);
        inverse(block, &prediction[at(number)..], &mut out.samples[at(number)..], 16);
    }
}

/// What the levels cost.
fn residual_bits(job: &Job, candidate: &Candidate) -> u32 {
    let (mut top, mut left) = (job.top.chroma, job.left.chroma);
    let mut bits = 0;
    for (block, levels) in candidate.levels.iter().enumerate() {
        let plane = block / 4;
        let (top, left) = (&mut top[plane][block % 2], &mut left[plane][block / 2 % 2]);
        bits += job.costs.residual(kind::CHROMA, 0, usize::from(*top + *left), levels);
        *top = has_levels(levels, 0).into();
        *left = *top;
    }
    bits
}

/// Finds the best mode and puts it out.
pub(super) fn decide(job: &Job, out: &mut Macroblock) {
    let lambda = job.segment.lambda.chroma;
    let mut best = (i64::MAX, 0, 0);
    let mut candidates = [Candidate::default(), Candidate::default()];
    let mut current = 0;
    for mode in 0..4 {
        let candidate = &mut candidates[current];
        reconstruct(job, &predict(job, mode), [job.left.errors, job.top.errors], candidate);
        let few = || {
            let levels = candidate.levels.iter().flat_map(|levels| &levels[1..]);
            levels.filter(|&&level| level != 0).count() <= FLAT_LEVELS
        };
        let cost = Cost {
            squared: squared_errors(&job.source.chroma, &candidate.samples, 16, 16, 8).into(),
            spectral: 0,
            mode_bits: costs::CHROMA[usize::from(mode)],
            residual_bits: residual_bits(job, candidate) + if mode > 0 && few() { FLAT_PENALTY } else { 0 },
        };
        let score = cost.score(lambda);
        if score < best.0 {
            best = (score, mode, cost.mode_bits);
            current = 1 - current;
        }
    }
    take(&candidates[1 - current], best.1, out);
    out.errors = candidates[1 - current].errors;
    out.mode_bits += best.2;
}

/// Puts a candidate out, but for its errors.
pub(super) fn take(candidate: &Candidate, mode: u8, out: &mut Macroblock) {
    out.chroma_mode = mode;
    out.chroma = candidate.levels;
    out.samples.chroma = candidate.samples;
}

/// Quantises the decided mode once more, with the errors that this macroblock itself has left, as libwebp does.
pub(super) fn requantise(job: &Job, out: &mut Macroblock) {
    let mut candidate = Candidate::default();
    reconstruct(job, &predict(job, out.chroma_mode), out.errors, &mut candidate);
    take(&candidate, out.chroma_mode, out);
}
