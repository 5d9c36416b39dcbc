//! A block of one colour component, coded with one transform: residual, levels and reconstruction.

use super::cost::Outcome;
use super::kernels;
use super::levels::{Levels, LevelsMut};
use super::quantise::Quantiser;
use super::rdoq::{self, LevelChoice};
use super::scan::Scan;
use super::transform::{self, Kernel};
use crate::simd::Simd;

/// Largest number of samples in a block.
pub(super) const SAMPLES: usize = 32 * 32;

/// A block coded with one mode.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) mode: u8,
    pub(super) coded: bool,
    /// transform_skip_flag.
    pub(super) skipped: bool,
    pub(super) outcome: Outcome,
    pub(super) samples: [u8; SAMPLES],
    levels: [i16; SAMPLES],
    significant: [u16; SAMPLES / 16],
}

impl Attempt {
    pub(super) fn new() -> Self {
        Self {
            mode: 0,
            coded: false,
            skipped: false,
            outcome: Outcome::default(),
            samples: [0; SAMPLES],
            levels: [0; SAMPLES],
            significant: [0; SAMPLES / 16],
        }
    }

    /// Takes over another attempt at an `N` x `N` block.
    pub(super) fn copy_from<const N: usize>(&mut self, other: &Attempt) {
        (self.mode, self.coded, self.skipped, self.outcome) =
            (other.mode, other.coded, other.skipped, other.outcome);
        self.samples[..N * N].copy_from_slice(&other.samples[..N * N]);
        other.levels().copy_to(self.levels_mut(), N * N / 16);
    }

    /// Takes over an attempt at one of the four 4x4 blocks of an 8x8 block.
    pub(super) fn copy_quarter_from(&mut self, other: &Attempt, part: usize) {
        let at = part / 2 * 32 + part % 2 * 4;
        for (to, from) in self.samples[at..].chunks_mut(8).zip(other.samples[..16].chunks_exact(4)) {
            to[..4].copy_from_slice(from);
        }
        self.copy_levels_from(other, part, 1);
    }

    /// Takes over the levels of so many 4x4 blocks, as those from a 4x4 block of this one on in decoding order.
    pub(super) fn copy_levels_from(&mut self, other: &Attempt, first: usize, blocks: usize) {
        other.levels().copy_to(self.levels_mut().skip(first), blocks);
    }

    #[inline(always)]
    pub(super) fn levels(&self) -> Levels<'_> {
        Levels { levels: &self.levels, significant: &self.significant }
    }

    #[inline(always)]
    pub(super) fn levels_mut(&mut self) -> LevelsMut<'_> {
        LevelsMut { levels: &mut self.levels, significant: &mut self.significant }
    }
}

/// How a transform unit is coded.
#[derive(Debug, Clone, Copy)]
pub(super) struct TransformJob<'a> {
    pub(super) kernel: Kernel,
    /// Whether the 4x4 block has no transform at all.
    pub(super) skip: bool,
    pub(super) quantiser: &'a Quantiser,
    pub(super) scan: &'a Scan,
    pub(super) sign_hiding: bool,
    /// How levels are chosen by what they cost; nothing where each is rounded on its own.
    pub(super) choice: Option<LevelChoice<'a>>,
}

/// Memory of the transforms.
#[derive(Debug)]
pub(super) struct Blocks {
    residual: [i16; SAMPLES],
    coefficients: [i16; SAMPLES],
    choice: rdoq::Scratch,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { residual: [0; SAMPLES], coefficients: [0; SAMPLES], choice: rdoq::Scratch::new() }
    }

    /// Codes the block whose prediction stands in `attempt.samples`, and reconstructs it there. The source's rows are
    /// `N` apart. Gives the squared error that is left.
    #[inline(always)]
    pub(super) fn code<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        source: &[u8],
        attempt: &mut Attempt,
        job: &TransformJob<'_>,
    ) -> u64 {
        let Self { residual, coefficients, choice: scratch } = self;
        kernels::residual(simd, source, &attempt.samples, N * N, residual);
        if job.skip {
            transform::skip_forward(residual, coefficients);
        } else {
            kernels::forward::<S, N>(simd, job.kernel, residual, coefficients);
        }
        let mut levels = attempt.levels_mut();
        let (quantiser, scan) = (job.quantiser, job.scan);
        let used = match job.choice {
            None => quantiser.code::<S, N>(simd, coefficients, scan, job.sign_hiding, &mut levels),
            Some(choice) => {
                let by = (quantiser, scan);
                let any = rdoq::choose::<S, N>(
                    simd,
                    scratch,
                    coefficients,
                    by,
                    job.sign_hiding,
                    choice,
                    &mut levels,
                );
                // (A closure would not be compiled for the instruction set.)
                if any { Some(quantiser.scale_all::<S, N>(simd, &levels, scan, coefficients)) } else { None }
            }
        };
        attempt.coded = used.is_some();
        attempt.skipped = job.skip;
        let Some(used) = used else {
            return kernels::reconstruct(simd, source, &mut attempt.samples, N * N, None);
        };
        if job.skip {
            transform::skip_inverse(coefficients, residual);
        } else {
            kernels::inverse::<S, N>(simd, job.kernel, coefficients, used, residual);
        }
        kernels::reconstruct(simd, source, &mut attempt.samples, N * N, Some(residual))
    }

    /// The transform of a source block itself, whose rows are `N` apart.
    #[inline(always)]
    pub(super) fn transform_source<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        source: &[u8],
        out: &mut [i16],
    ) {
        for (to, &from) in self.residual.iter_mut().zip(&source[..N * N]) {
            *to = from.into();
        }
        kernels::forward::<S, N>(simd, Kernel::Dct, &self.residual, out);
    }
}

/// Copies a block whose rows are `stride` apart to one whose rows are `N` apart.
#[inline(always)]
pub(super) fn copy_block<const N: usize>(from: &[u8], stride: usize, to: &mut [u8]) {
    for (to, from) in to.chunks_exact_mut(N).zip(from.chunks(stride)).take(N) {
        to.copy_from_slice(&from[..N]);
    }
}

/// How far a block's textures are from the source's.
#[inline(always)]
pub(super) fn texture_loss<S: Simd, const N: usize>(simd: S, textures: &[i32; 16], samples: &[u8]) -> u64 {
    let own = kernels::textures::<S, N>(simd, samples);
    textures.iter().zip(&own).map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
}
