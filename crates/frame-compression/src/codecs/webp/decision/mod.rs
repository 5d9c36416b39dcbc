//! The decision of a macroblock's modes by rate and distortion, methods 3 to 6.

mod chroma;
mod luma16x16;
mod luma4x4;
mod plain;

use super::costs::kind;
use super::distortion::spectrum;
use super::macroblock::{Job, Macroblock};
use super::quantise::Lambdas;
use super::trellis::Place;

pub(super) use plain::decide_plain;

/// Distortion and rate of a choice.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    /// Squared errors.
    squared: u64,
    /// Weighted spectral distortion.
    spectral: u64,
    mode_bits: u32,
    residual_bits: u32,
}

impl Cost {
    /// The score: the smaller, the better.
    fn score(&self, lambda: i64) -> i64 {
        let distortion = (self.squared + self.spectral) as i64;
        i64::from(self.residual_bits + self.mode_bits) * lambda + 256 * distortion
    }
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.squared += other.squared;
        self.spectral += other.spectral;
        self.mode_bits += other.mode_bits;
        self.residual_bits += other.residual_bits;
    }
}

/// The weighted difference of spectra.
fn spectral(lambdas: &Lambdas, difference: u32) -> u64 {
    (u64::from(lambdas.spectral) * u64::from(difference) + 128) >> 8
}

/// Where a block's levels are chosen by trellis.
fn trellis_place(job: &Job, has_4x4: bool, context: usize) -> Place {
    let lambda = &job.segment.lambda;
    if has_4x4 {
        Place { kind: kind::LUMA4X4, first: 0, context, lambda: lambda.trellis4x4 }
    } else {
        Place { kind: kind::AC, first: 1, context, lambda: lambda.trellis16x16 }
    }
}

/// Decides and reconstructs a macroblock. The segment's largest edge so far may grow.
pub(super) fn decide(job: &Job, largest_edge: &mut i32, out: &mut Macroblock) {
    let spectra: [i32; 16] =
        std::array::from_fn(|block| spectrum(&job.source.luma[block / 4 * 64 + block % 4 * 4..], 16));
    let score = luma16x16::decide(job, &spectra, largest_edge, out);
    luma4x4::decide(job, &spectra, score, out);
    chroma::decide(job, out);
    if job.effort.method == 5 {
        if out.has_4x4 {
            luma4x4::requantise(job, out);
        } else {
            luma16x16::requantise(job, out);
        }
        chroma::requantise(job, out);
    }
}
