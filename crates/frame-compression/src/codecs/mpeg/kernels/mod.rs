//! The blocks' way on vectors: two blocks side by side, one in each half.
//!
//! Between the transforms a vector holds a column of both blocks' coefficients: the columns' pass of the DCT for x86 and of
//! the inverse work on rows of samples, and the rows' passes on columns of what is between.
//!
//! Arrays are written out, as closures and iterators are not always inlined, and what is not inlined into
//! [`Simd::vectorize`] is slow.

mod quantise;
mod transform;

pub(super) use quantise::Lanes;

use super::Arithmetic;
use super::quantise::Quantiser;
use crate::simd::{Bytes, Simd, Words};

/// The same place of 8 rows or columns of both blocks.
type Eight<S> = [<S as Simd>::Words; 8];

/// Replaces pairs of blocks by what coding leaves of them. The rows are equally long.
#[inline(always)]
pub(super) fn reconstruct_pairs<S: Simd>(
    simd: S,
    rows: [&mut [[u8; 16]]; 8],
    arithmetic: Arithmetic,
    quantiser: &Quantiser,
) {
    let pairs = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == pairs));
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
    for i in 0..pairs {
        let rows =
            [&mut r0[i], &mut r1[i], &mut r2[i], &mut r3[i], &mut r4[i], &mut r5[i], &mut r6[i], &mut r7[i]];
        reconstruct_pair(simd, rows, arithmetic, quantiser);
    }
}

/// Does that to one pair.
#[inline(always)]
fn reconstruct_pair<S: Simd>(
    simd: S,
    rows: [&mut [u8; 16]; 8],
    arithmetic: Arithmetic,
    quantiser: &Quantiser,
) {
    let mut samples = [S::Words::splat(simd, 0); 8];
    for (x, row) in samples.iter_mut().zip(&rows) {
        *x = S::Words::load_bytes(simd, row);
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
    // In each half two rows, one after another.
    x0.pack_bytes(x1).store_zipped_64(r0, r1);
    x2.pack_bytes(x3).store_zipped_64(r2, r3);
    x4.pack_bytes(x5).store_zipped_64(r4, r5);
    x6.pack_bytes(x7).store_zipped_64(r6, r7);
}
