//! A mode for each 4x4 block of luma.

use super::{Cost, spectral, trellis_place};
use crate::codecs::webp::costs::{self, kind};
use crate::codecs::webp::distortion::{spectrum, squared_errors};
use crate::codecs::webp::macroblock::{Job, Macroblock, has_levels};
use crate::codecs::webp::picture::Canvas;
use crate::codecs::webp::predict::{MODES, predict4x4};
use crate::codecs::webp::transform::{Block, forward, inverse};
use crate::codecs::webp::trellis;

/// What a mode other than DC costs more in a block of few levels.
pub(in super::super) const FLAT_PENALTY: u32 = 140;
/// How many levels are few.
pub(in super::super) const FLAT_LEVELS: usize = 3;

/// A block by one mode.
#[derive(Clone, Copy, Default)]
pub(super) struct Candidate {
    pub(super) levels: Block,
    pub(super) samples: [u8; 16],
}

/// The source's samples of a block.
pub(super) fn source_block(job: &Job, block: usize) -> [u8; 16] {
    let first = block / 4 * 64 + block % 4 * 4;
    std::array::from_fn(|at| job.source.luma[first + at / 4 * 16 + at % 4])
}

/// Transforms, quantises and reconstructs the difference from a prediction.
pub(super) fn reconstruct(
    job: &Job,
    source: &[u8; 16],
    prediction: &[u8; 16],
    trellis_context: Option<usize>,
) -> Candidate {
    let matrix = &job.segment.luma;
    let mut coefficients = forward(source, prediction, 4);
    let levels = match trellis_context {
        Some(context) => {
            let place = trellis_place(job, true, context);
            trellis::quantise(matrix, &mut coefficients, place, job.costs)
        }
        None => matrix.quantise(&mut coefficients),
    };
    let mut candidate = Candidate { levels, samples: [0; 16] };
    inverse(&coefficients, prediction, &mut candidate.samples, 4);
    candidate
}

/// The modes above and to the left of a block.
pub(super) fn neighbouring_modes(job: &Job, modes: &[u8; 16], block: usize) -> [usize; 2] {
    let above = if block < 4 { job.top.modes[block] } else { modes[block - 4] };
    let beside = if block.is_multiple_of(4) { job.left.modes[block / 4] } else { modes[block - 1] };
    [above.into(), beside.into()]
}

/// Gives the macroblock 4x4 modes if they are better than what has the score to beat.
pub(super) fn decide(job: &Job, spectra: &[i32; 16], to_beat: i64, out: &mut Macroblock) {
    let lambda = &job.segment.lambda;
    let mut canvas = Canvas::new(&job.luma_border, job.top_right);
    let mut total = Cost { mode_bits: costs::HAS_4X4, ..Cost::default() };
    let mut score = total.score(lambda.mode);
    let (mut modes, mut levels) = ([0; 16], [[0; 16]; 16]);
    let (mut top, mut left) = (job.top.luma, job.left.luma);
    for block in 0..16 {
        let [above, beside] = neighbouring_modes(job, &modes, block);
        let (top, left) = (&mut top[block % 4], &mut left[block / 4]);
        let context = usize::from(*top + *left);
        let mode_bits = &costs::LUMA4X4[above][beside];
        let (mode, best, cost) = search(job, &canvas, block, spectra[block], (mode_bits, context));
        score += cost.score(lambda.mode);
        total += cost;
        if score >= to_beat || total.mode_bits - costs::HAS_4X4 > job.effort.most_mode_bits {
            return;
        }
        (modes[block], levels[block]) = (mode, best.levels);
        canvas.put(block, &best.samples);
        *top = has_levels(&best.levels, 0).into();
        *left = *top;
    }
    out.has_4x4 = true;
    out.modes = modes;
    out.dcs = [0; 16];
    out.luma = levels;
    out.mode_bits = total.mode_bits;
    canvas.luma(&mut out.samples.luma);
}

/// The best mode of a block: what costs of modes and the context of its levels are given.
fn search(
    job: &Job,
    canvas: &Canvas,
    block: usize,
    source_spectrum: i32,
    (mode_bits, context): (&[u16; MODES], usize),
) -> (u8, Candidate, Cost) {
    let lambda = &job.segment.lambda;
    let source = source_block(job, block);
    let trellis_context = (job.effort.method == 6).then_some(context);
    let mut best = (i64::MAX, 0, Candidate::default(), Cost::default());
    for (mode, prediction) in predict4x4(&canvas.edge(block)).iter().enumerate() {
        let candidate = reconstruct(job, &source, prediction, trellis_context);
        let difference = spectrum(&candidate.samples, 4).abs_diff(source_spectrum) >> 5;
        let few = candidate.levels[1..].iter().filter(|&&level| level != 0).count() <= FLAT_LEVELS;
        let mut cost = Cost {
            squared: squared_errors(&source, &candidate.samples, 4, 4, 4).into(),
            spectral: spectral(lambda, difference),
            mode_bits: mode_bits[mode].into(),
            residual_bits: if mode > 0 && few { FLAT_PENALTY } else { 0 },
        };
        if cost.score(lambda.luma4x4) >= best.0 {
            continue;
        }
        cost.residual_bits += job.costs.residual(kind::LUMA4X4, 0, context, &candidate.levels);
        let score = cost.score(lambda.luma4x4);
        if score < best.0 {
            best = (score, mode as u8, candidate, cost);
        }
    }
    (best.1, best.2, best.3)
}

/// Quantises a decided macroblock once more, by trellis. The contexts are those of the macroblocks around it, as
/// libwebp has them here.
pub(super) fn requantise(job: &Job, out: &mut Macroblock) {
    let mut canvas = Canvas::new(&job.luma_border, job.top_right);
    for block in 0..16 {
        let source = source_block(job, block);
        let prediction = &predict4x4(&canvas.edge(block))[usize::from(out.modes[block])];
        let context = usize::from(job.top.luma[block % 4] + job.left.luma[block / 4]);
        let candidate = reconstruct(job, &source, prediction, Some(context));
        canvas.put(block, &candidate.samples);
        out.luma[block] = candidate.levels;
    }
    canvas.luma(&mut out.samples.luma);
}
