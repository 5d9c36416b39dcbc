//! The decision of a macroblock's modes by rate and distortion, methods 3 to 6.

mod chroma;
mod luma16x16;
mod luma4x4;
mod plain;

use super::costs::kind;
use super::distortion::spectrum;
use super::kernels;
use super::macroblock::{Job, Macroblock};
use super::quantise::Lambdas;
use super::trellis::Place;
use crate::simd::Simd;

pub(super) use chroma::{FLAT_LEVELS as CHROMA_FLAT_LEVELS, FLAT_PENALTY as CHROMA_FLAT_PENALTY, diffuse};
pub(super) use luma4x4::{FLAT_LEVELS, FLAT_PENALTY};
pub(super) use luma16x16::note_edge;
pub(super) use plain::decide_plain;

/// Distortion and rate of a choice.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    /// Squared errors.
    pub(super) squared: u64,
    /// Weighted spectral distortion.
    pub(super) spectral: u64,
    pub(super) mode_bits: u32,
    pub(super) residual_bits: u32,
}

impl Cost {
    /// The score: the smaller, the better.
    #[inline(always)]
    pub(super) fn score(&self, lambda: i64) -> i64 {
        let distortion = (self.squared + self.spectral) as i64;
        i64::from(self.residual_bits + self.mode_bits) * lambda + 256 * distortion
    }
}

impl std::ops::AddAssign for Cost {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        self.squared += other.squared;
        self.spectral += other.spectral;
        self.mode_bits += other.mode_bits;
        self.residual_bits += other.residual_bits;
    }
}

/// The weighted difference of spectra.
#[inline(always)]
pub(super) fn spectral(lambdas: &Lambdas, difference: u32) -> u64 {
    (u64::from(lambdas.spectral) * u64::from(difference) + 128) >> 8
}

/// Where a block's levels are chosen by trellis.
pub(super) fn trellis_place(job: &Job, has_4x4: bool, context: usize) -> Place {
    let lambda = &job.segment.lambda;
    if has_4x4 {
        Place { kind: kind::LUMA4X4, first: 0, context, lambda: lambda.trellis4x4 }
    } else {
        Place { kind: kind::AC, first: 1, context, lambda: lambda.trellis16x16 }
    }
}

/// Decides and reconstructs a macroblock. The segment's largest edge so far may grow.
#[inline(always)]
pub(super) fn decide<S: Simd>(simd: S, job: &Job, largest_edge: &mut i32, out: &mut Macroblock) {
    if S::IS_SCALAR {
        decide_luma(job, largest_edge, out);
        chroma::decide(job, out);
    } else {
        if job.effort.method == 6 {
            // A function of its own, so that the methods without a trellis do not suffer for it.
            simd.vectorize(
                #[inline(always)]
                || kernels::decide_luma::<S, true>(simd, job, largest_edge, out),
            );
        } else {
            kernels::decide_luma::<S, false>(simd, job, largest_edge, out);
        }
        kernels::chroma::decide(simd, job, out);
    }
    if job.effort.method == 5 {
        if out.has_4x4 {
            luma4x4::requantise(job, out);
        } else {
            luma16x16::requantise(job, out);
        }
        chroma::requantise(job, out);
    }
}

fn decide_luma(job: &Job, largest_edge: &mut i32, out: &mut Macroblock) {
    let spectra: [i32; 16] =
        std::array::from_fn(|block| spectrum(&job.source.luma[block / 4 * 64 + block % 4 * 4..], 16));
    let score = luma16x16::decide(job, &spectra, largest_edge, out);
    luma4x4::decide(job, &spectra, score, out);
}
