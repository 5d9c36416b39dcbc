//! One mode for all of a macroblock's luma.

use super::{Cost, spectral, trellis_place};
use crate::codecs::webp::costs::{self, kind};
use crate::codecs::webp::distortion::{spectrum, squared_errors};
use crate::codecs::webp::macroblock::{Job, Macroblock, has_levels};
use crate::codecs::webp::transform::{Block, forward, forward_walsh, inverse, inverse_walsh};
use crate::codecs::webp::trellis;

/// A macroblock's luma by one mode.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) dcs: Block,
    pub(super) luma: [Block; 16],
    pub(super) samples: [u8; 256],
}

impl Default for Candidate {
    fn default() -> Self {
        Self { dcs: [0; 16], luma: [[0; 16]; 16], samples: [0; 256] }
    }
}

/// The place of the first sample of a 4x4 block in rows of 16.
fn at(block: usize) -> usize {
    block / 4 * 64 + block % 4 * 4
}

/// Transforms, quantises and reconstructs the difference from a prediction.
pub(super) fn reconstruct(job: &Job, prediction: &[u8; 256], with_trellis: bool, out: &mut Candidate) {
    let segment = job.segment;
    let mut blocks: [Block; 16] =
        std::array::from_fn(|block| forward(&job.source.luma[at(block)..], &prediction[at(block)..], 16));
    let mut dcs = forward_walsh(&blocks.each_ref().map(|block| block[0]));
    out.dcs = segment.dcs.quantise(&mut dcs);
    let dcs = inverse_walsh(&dcs);
    let (mut top, mut left) = (job.top.luma, job.left.luma);
    for (number, block) in blocks.iter_mut().enumerate() {
        block[0] = 0;
        out.luma[number] = if with_trellis {
            let (top, left) = (&mut top[number % 4], &mut left[number / 4]);
            let place = trellis_place(job, false, usize::from(*top + *left));
            let levels = trellis::quantise(&segment.luma, block, place, job.costs);
            *top = has_levels(&levels, 1).into();
            *left = *top;
            levels
        } else {
            segment.luma.quantise(block)
        };
        block[0] = dcs[number];
        inverse(block, &prediction[at(number)..], &mut out.samples[at(number)..], 16);
    }
}

/// What the levels cost.
fn residual_bits(job: &Job, candidate: &Candidate) -> u32 {
    let context = usize::from(job.top.dcs + job.left.dcs);
    let mut bits = job.costs.residual(kind::DCS, 0, context, &candidate.dcs);
    let (mut top, mut left) = (job.top.luma, job.left.luma);
    for (block, levels) in candidate.luma.iter().enumerate() {
        let (top, left) = (&mut top[block % 4], &mut left[block / 4]);
        bits += job.costs.residual(kind::AC, 1, usize::from(*top + *left), levels);
        *top = has_levels(levels, 1).into();
        *left = *top;
    }
    bits
}

/// Finds the best mode, puts it out, and gives its score beside other kinds of macroblocks.
pub(super) fn decide(job: &Job, spectra: &[i32; 16], largest_edge: &mut i32, out: &mut Macroblock) -> i64 {
    let segment = job.segment;
    let source = &job.source.luma;
    let mut is_flat = source.iter().all(|&sample| sample == source[0]);
    let mut best = (i64::MAX, Cost::default(), 0);
    let mut candidates = [Candidate::default(), Candidate::default()];
    let mut current = 0;
    for mode in 0..4 {
        let candidate = &mut candidates[current];
        let mut prediction = [0; 256];
        job.luma_border.predict(mode, &mut prediction, 16);
        reconstruct(job, &prediction, job.effort.method == 6, candidate);
        let difference: u32 = (0..16)
            .map(|block| spectrum(&candidate.samples[at(block)..], 16).abs_diff(spectra[block]) >> 5)
            .sum();
        let mut cost = Cost {
            squared: squared_errors(source, &candidate.samples, 16, 16, 16).into(),
            spectral: spectral(&segment.lambda, difference),
            mode_bits: costs::LUMA16X16[usize::from(mode)],
            residual_bits: residual_bits(job, candidate),
        };
        // What is flat shall stay flat.
        is_flat &= !candidate.luma.iter().any(|levels| has_levels(levels, 1));
        if is_flat {
            cost.squared *= 2;
            cost.spectral *= 2;
        }
        let score = cost.score(segment.lambda.luma16x16);
        if score < best.0 {
            best = (score, cost, mode);
            current = 1 - current;
        }
    }
    let (_, cost, mode) = best;
    let candidate = &candidates[1 - current];
    let is_smooth = !candidate.luma.iter().any(|levels| has_levels(levels, 1));
    note_edge(job, &candidate.dcs, is_smooth, cost.squared, largest_edge);
    take(candidate, mode, out);
    out.mode_bits = cost.mode_bits;
    cost.score(segment.lambda.mode)
}

/// Puts a candidate out.
pub(super) fn take(candidate: &Candidate, mode: u8, out: &mut Macroblock) {
    out.has_4x4 = false;
    out.modes = [mode; 16];
    out.dcs = candidate.dcs;
    out.luma = candidate.luma;
    out.samples.luma = candidate.samples;
}

/// Smooth macroblocks of DCs alone, but with some distortion, show how strong edges between blocks are.
pub(in super::super) fn note_edge(
    job: &Job,
    dcs: &Block,
    is_smooth: bool,
    squared: u64,
    largest_edge: &mut i32,
) {
    if is_smooth && has_levels(dcs, 0) && squared > u64::from(job.segment.least_distortion) {
        let levels = [1, 2, 4].map(|n: usize| i32::from(dcs[n]).abs());
        *largest_edge = levels.into_iter().fold(*largest_edge, i32::max);
    }
}

/// Quantises a decided macroblock once more, by trellis.
pub(super) fn requantise(job: &Job, out: &mut Macroblock) {
    let mut prediction = [0; 256];
    let mut candidate = Candidate::default();
    let mode = out.modes[0];
    job.luma_border.predict(mode, &mut prediction, 16);
    reconstruct(job, &prediction, true, &mut candidate);
    take(&candidate, mode, out);
}
