//! The blocks' way on vectors: two or four blocks side by side, one in each part.
//!
//! Between the transforms a vector holds two columns of coefficients as pairs of lanes, as sums of products take them:
//! [`PAIRS`] says which. The columns' pass of the DCT for x86 and of the inverse work on rows of samples, and the rows'
//! passes on columns of what is between.
//!
//! Arrays are written out, as closures and iterators are not always inlined, and what is not inlined into
//! [`Vectors::vectorize`] is slow.

mod quantise;
mod transform;

pub(super) use quantise::Lanes;

use super::Arithmetic;
use super::quantise::Quantiser;
use crate::codecs::dct::PAIRS;
use crate::simd::{ByteVector, Vectors, WordVector};

/// Column and row of the coefficient in a lane of the eight vectors of pairs.
const fn place(vector: usize, lane: usize) -> [usize; 2] {
    [PAIRS[vector / 2][lane % 2], PAIRS[lane / 2 % 4][vector % 2]]
}

/// Vectors of columns, in the order in which [`PAIRS`] has them side by side.
#[inline(always)]
fn neighbours<T: Copy>(x: [T; 8]) -> [T; 8] {
    [x[0], x[4], x[2], x[6], x[1], x[3], x[5], x[7]]
}

/// Replaces blocks side by side by what coding leaves of them. The rows are equally long.
#[inline(always)]
pub(super) fn reconstruct_groups<V: Vectors>(
    simd: V,
    rows: [&mut [V::HalfBytes]; 8],
    arithmetic: Arithmetic,
    quantiser: &Quantiser,
) {
    let groups = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == groups));
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
    for i in 0..groups {
        let rows =
            [&mut r0[i], &mut r1[i], &mut r2[i], &mut r3[i], &mut r4[i], &mut r5[i], &mut r6[i], &mut r7[i]];
        reconstruct_group(simd, rows, arithmetic, quantiser);
    }
}

/// Does that to one group.
#[inline(always)]
fn reconstruct_group<V: Vectors>(
    simd: V,
    rows: [&mut V::HalfBytes; 8],
    arithmetic: Arithmetic,
    quantiser: &Quantiser,
) {
    let mut samples = [V::Words::splat(simd, 0); 8];
    for (x, row) in samples.iter_mut().zip(&rows) {
        *x = V::Words::load_bytes(simd, row);
    }
    let mut coefficients = match arithmetic {
        Arithmetic::X86 => transform::forward_dct_x86(simd, samples),
        Arithmetic::Int => transform::forward_dct_int(simd, samples),
    };
    match arithmetic {
        Arithmetic::X86 => quantise::to_levels_x86(simd, &mut coefficients, &quantiser.lanes),
        Arithmetic::Int => quantise::to_levels_int(simd, &mut coefficients, quantiser),
    }
    if quantiser.steps.mismatch_control {
        quantise::control_mismatch(simd, &mut coefficients);
    }
    let [x0, x1, x2, x3, x4, x5, x6, x7] = transform::inverse_dct(simd, coefficients);
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
    // In each part two rows, one after another.
    x0.pack_bytes(x1).store_zipped_64(r0, r1);
    x2.pack_bytes(x3).store_zipped_64(r2, r3);
    x4.pack_bytes(x5).store_zipped_64(r4, r5);
    x6.pack_bytes(x7).store_zipped_64(r6, r7);
}
