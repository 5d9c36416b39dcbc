//! What FFmpeg's own encoders of MPEG-2, MPEG-4 and MJPEG have in common (docs/spec/mpeg-intra.md).
//!
//! One intra frame at a fixed quantiser is, in all three, blocks of 8x8 samples on their own: transform, quantisation, and
//! both backwards, by the same code. The codecs differ in tables alone, which stand in the folders `mpeg2`, `mpeg4`
//! and `mjpeg`; what works on samples stands here.

mod engine;
mod kernels;
mod quantise;
mod settings;
mod transform;

pub(crate) use engine::{Engine, Job};
pub(crate) use quantise::{MATRIX, Steps};
pub(crate) use settings::{Shared, builders, fields};

use crate::names::named;
use crate::planes::{BLOCK, Plane, Planes};
use crate::simd::{self, Array, Level, Vectors};
use quantise::Quantiser;
use transform::{forward_dct_int, forward_dct_x86, inverse_dct};

/// The side of a block of the DCT.
const SIDE: usize = 8;

/// Whose integer arithmetic an encoder of FFmpeg uses for its DCT and its quantiser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Arithmetic {
    /// The code for x86 processors, which every usual build of FFmpeg for PCs and servers runs. The default.
    #[default]
    X86,
    /// Portable code: the option `dct=int`, and FFmpeg's default before 7.1 on 64-bit ARM.
    Int,
}

named! {
    Arithmetic:
    X86 = "x86", "x86";
    Int = "int", "int";
}

/// Codes and decodes planes: quantisers, made ready.
#[derive(Debug)]
struct Blocks {
    level: Level,
    arithmetic: Arithmetic,
    luma: Quantiser,
    chroma: Quantiser,
}

/// Codes and decodes the blocks of eight rows.
struct EightRows<'a> {
    blocks: &'a Blocks,
    rows: &'a mut [u8],
    stride: usize,
    quantiser: &'a Quantiser,
}

impl simd::WideJob for EightRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, simd: V) {
        self.blocks.reconstruct_blocks(simd, self.rows, self.stride, self.quantiser);
    }
}

impl Blocks {
    fn new(arithmetic: Arithmetic, luma: Steps, chroma: Steps) -> Self {
        Self::at_level(Level::current(), arithmetic, luma, chroma)
    }

    fn at_level(level: Level, arithmetic: Arithmetic, luma: Steps, chroma: Steps) -> Self {
        let [luma, chroma] = [luma, chroma].map(|steps| Quantiser::new(steps, arithmetic));
        Self { level, arithmetic, luma, chroma }
    }

    /// Replaces the picture by what decoding its coding gives. The planes' padding has to be filled; it is
    /// overwritten, too.
    fn reconstruct(&self, planes: &mut Planes) {
        for strip in 0..planes.strips() {
            self.reconstruct_strip(planes, strip);
        }
    }

    /// Does that to one strip: [`BLOCK`] rows of luma, and the chroma that belongs to them.
    fn reconstruct_strip(&self, planes: &mut Planes, strip: usize) {
        let (_, down) = planes.subsampling().factors();
        self.reconstruct_rows(&mut planes.y, strip * BLOCK, BLOCK, &self.luma);
        for plane in [&mut planes.cb, &mut planes.cr] {
            self.reconstruct_rows(plane, strip * BLOCK / down, BLOCK / down, &self.chroma);
        }
    }

    fn reconstruct_rows(&self, plane: &mut Plane, from: usize, rows: usize, quantiser: &Quantiser) {
        let stride = plane.stride;
        let strip = &mut plane.samples[from % plane.rows * stride..][..rows * stride];
        for rows in strip.chunks_exact_mut(SIDE * stride) {
            self.level.run_wide(EightRows { blocks: self, rows, stride, quantiser });
        }
    }

    /// Codes and decodes the blocks of eight rows.
    fn reconstruct_blocks<V: Vectors>(&self, simd: V, rows: &mut [u8], stride: usize, quantiser: &Quantiser) {
        if V::IS_SCALAR {
            for left in (0..stride).step_by(SIDE) {
                self.reconstruct_block(rows, stride, left, quantiser);
            }
            return;
        }
        // Blocks go in groups; those that are left over at the end of the rows are brought to a place of a group.
        let mut rows = rows.chunks_exact_mut(stride);
        let mut ends: [&mut [u8]; SIDE] = Default::default();
        let groups = std::array::from_fn(|y| {
            let (groups, end) = V::HalfBytes::split_mut(rows.next().unwrap_or_default());
            ends[y] = end;
            groups
        });
        let mut last = [V::HalfBytes::zeros(); SIDE];
        for (last, end) in last.iter_mut().zip(&ends) {
            last.as_mut()[..end.len()].copy_from_slice(end);
        }
        let arithmetic = self.arithmetic;
        simd.vectorize(
            #[inline(always)]
            || {
                kernels::reconstruct_groups(simd, groups, arithmetic, quantiser);
                if !ends[0].is_empty() {
                    let last = last.each_mut().map(std::slice::from_mut);
                    kernels::reconstruct_groups(simd, last, arithmetic, quantiser);
                }
            },
        );
        for (last, end) in last.iter().zip(&mut ends) {
            end.copy_from_slice(&last.as_ref()[..end.len()]);
        }
    }

    /// Codes and decodes the block at column `left` of eight rows.
    fn reconstruct_block(&self, rows: &mut [u8], stride: usize, left: usize, quantiser: &Quantiser) {
        let mut block = std::array::from_fn(|at| i32::from(rows[at / SIDE * stride + left + at % SIDE]));
        match self.arithmetic {
            Arithmetic::X86 => forward_dct_x86(&mut block),
            Arithmetic::Int => forward_dct_int(&mut block),
        }
        quantiser.quantise_and_dequantise(&mut block);
        inverse_dct(&mut block);
        for (row, samples) in rows.chunks_exact_mut(stride).zip(block.chunks_exact(SIDE)) {
            for (out, &sample) in row[left..].iter_mut().zip(samples) {
                *out = sample as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests;
