//! Adaptive quantisation's measure of a macroblock.

use super::super::macroblock::Source;
use crate::simd::{Dwords, Simd, Words};

/// Σ over the three planes of the sum of squares less the squared sum over the count.
#[inline(always)]
pub(in super::super) fn energy<S: Simd>(simd: S, source: &Source) -> u32 {
    let zero = S::Words::splat(simd, 0);
    let mut sum = zero;
    let mut squares = zero.mul_add_pairs(zero);
    for row in source.y.as_chunks::<16>().0 {
        let row = S::Words::load_bytes(simd, row);
        sum = sum + row;
        squares = squares + row.mul_add_pairs(row);
    }
    let luma = sum.sum() as u32;
    sum = zero;
    for row in source.chroma.as_chunks::<16>().0 {
        let row = S::Words::load_bytes(simd, row);
        sum = sum + row;
        squares = squares + row.mul_add_pairs(row);
    }
    let [cb, cr] = [sum.low_halves(zero), sum.high_halves(zero)];
    let [cb, cr] = [cb.sum() as u32, cr.sum() as u32];
    // Of 256 samples of at most 255, and of 64: the squares fit.
    let squared = |sum: u32, shift: u32| ((u64::from(sum) * u64::from(sum)) >> shift) as u32;
    squares.sum() as u32 - squared(luma, 8) - squared(cb, 6) - squared(cr, 6)
}
