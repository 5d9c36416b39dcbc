//! The decision of modes by distortion alone, methods 0 to 2.

use super::{chroma, luma4x4, luma16x16};
use crate::codecs::webp::analysis::Look;
use crate::codecs::webp::costs;
use crate::codecs::webp::distortion::squared_errors;
use crate::codecs::webp::macroblock::{Job, Macroblock};
use crate::codecs::webp::picture::Canvas;
use crate::codecs::webp::predict::{MODES, predict4x4};

/// What bits weigh against squared errors, in 1/256: of modes of 16x16, of 4x4, and of chroma.
const LUMA16X16_WEIGHT: i64 = 106;
const LUMA4X4_WEIGHT: i64 = 11;
const CHROMA_WEIGHT: i64 = 120;

/// The first of the modes with the smallest score, and that score.
fn smallest(scores: impl Iterator<Item = i64>) -> (u8, i64) {
    let better = |best: (usize, i64), new: (usize, i64)| if new.1 < best.1 { new } else { best };
    let (mode, score) = scores.enumerate().fold((0, i64::MAX), better);
    (mode as u8, score)
}

/// Decides and reconstructs a macroblock.
pub(in super::super) fn decide_plain(job: &Job, look: Look, out: &mut Macroblock) {
    let method = job.effort.method;
    let mut tries_4x4 = method == 2 || look.has_4x4;
    let (mut mode, mut score) = (0, i64::MAX);
    if method == 2 || !look.has_4x4 {
        (mode, score) = luma16x16_mode(job);
        let source = &job.source.luma;
        let at_edge = !(job.luma_border.has_top && job.luma_border.has_left);
        if at_edge && source.iter().all(|&sample| sample == source[0]) {
            mode = if job.luma_border.has_left { 2 } else { 0 };
            tries_4x4 = false;
        }
    }
    if !(tries_4x4 && luma4x4_modes(job, score, out)) {
        let mut prediction = [0; 256];
        let mut candidate = luma16x16::Candidate::default();
        job.luma_border.predict(mode, &mut prediction, 16);
        luma16x16::reconstruct(job, &prediction, false, &mut candidate);
        luma16x16::take(&candidate, mode, out);
    }
    let mode = if method == 0 { look.chroma_mode } else { chroma_mode(job) };
    let mut candidate = chroma::Candidate::default();
    chroma::reconstruct(job, &chroma::predict(job, mode), Default::default(), &mut candidate);
    chroma::take(&candidate, mode, out);
    out.errors = Default::default();
}

/// The best mode of 16x16 and its score.
fn luma16x16_mode(job: &Job) -> (u8, i64) {
    smallest((0..4).map(|mode: u8| {
        let bits = costs::LUMA16X16[usize::from(mode)];
        if mode > 0 && u64::from(bits) > job.effort.most_plain_bits {
            return i64::MAX;
        }
        let mut prediction = [0; 256];
        job.luma_border.predict(mode, &mut prediction, 16);
        let squared = squared_errors(&job.source.luma, &prediction, 16, 16, 16);
        256 * i64::from(squared) + LUMA16X16_WEIGHT * i64::from(bits)
    }))
}

/// Gives the macroblock 4x4 modes if their score is below this one, and says whether.
fn luma4x4_modes(job: &Job, to_beat: i64, out: &mut Macroblock) -> bool {
    let mut canvas = Canvas::new(&job.luma_border, job.top_right);
    let mut total = job.segment.luma4x4_penalty;
    let mut bits = 0;
    for block in 0..16 {
        let [above, beside] = luma4x4::neighbouring_modes(job, &out.modes, block);
        let mode_bits = &costs::LUMA4X4[above][beside];
        let source = luma4x4::source_block(job, block);
        let predictions = predict4x4(&canvas.edge(block));
        let (mode, score) = smallest((0..MODES).map(|mode| {
            let squared = squared_errors(&source, &predictions[mode], 4, 4, 4);
            256 * i64::from(squared) + LUMA4X4_WEIGHT * i64::from(mode_bits[mode])
        }));
        total += score;
        bits += u64::from(mode_bits[usize::from(mode)]);
        out.modes[block] = mode;
        if total >= to_beat || bits > job.effort.most_plain_bits {
            return false;
        }
        let candidate = luma4x4::reconstruct(job, &source, &predictions[usize::from(mode)], None);
        canvas.put(block, &candidate.samples);
        out.luma[block] = candidate.levels;
    }
    out.has_4x4 = true;
    out.dcs = [0; 16];
    canvas.luma(&mut out.samples.luma);
    true
}

/// The best mode of chroma.
fn chroma_mode(job: &Job) -> u8 {
    let scores = (0..4).map(|mode: u8| {
        let squared = squared_errors(&job.source.chroma, &chroma::predict(job, mode), 16, 16, 8);
        256 * i64::from(squared) + CHROMA_WEIGHT * i64::from(costs::CHROMA[usize::from(mode)])
    });
    smallest(scores).0
}
