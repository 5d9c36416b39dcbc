//! What happens to a block's samples and coefficients one by one: residual, quantisation, reconstruction.

use super::{four, sixteen, sixteen_mut};
use crate::simd::{Dwords, Simd, Words};

/// `source - prediction`, of so many samples.
#[inline(always)]
pub(in super::super) fn residual<S: Simd>(
    simd: S,
    source: &[u8],
    prediction: &[u8],
    samples: usize,
    out: &mut [i16],
) {
    for at in (0..samples).step_by(16) {
        let source = S::Words::load_bytes(simd, sixteen(source, at));
        let prediction = S::Words::load_bytes(simd, sixteen(prediction, at));
        (source - prediction).store(sixteen_mut(out, at));
    }
}

/// A 4x4 block of coefficients whose rows are `N` apart.
#[inline(always)]
pub(in super::super) fn load_sub_block<S: Simd, const N: usize>(
    simd: S,
    from: &[i16],
    at: usize,
) -> S::Words {
    if N == 4 {
        return S::Words::load(simd, sixteen(from, at));
    }
    let from = &from[at..][..3 * N + 4];
    S::Words::load_quarters(simd, [four(from, 0), four(from, N), four(from, 2 * N), four(from, 3 * N)])
}

/// Writes a 4x4 block of coefficients where rows are `N` apart.
#[inline(always)]
pub(in super::super) fn store_sub_block<S: Simd, const N: usize>(block: S::Words, to: &mut [i16], at: usize) {
    if N == 4 {
        return block.store(sixteen_mut(to, at));
    }
    let to = &mut to[at..][..3 * N + 4];
    let mut lanes = [0; 16];
    block.store(&mut lanes);
    for y in 0..4 {
        to[y * N..][..4].copy_from_slice(four(&lanes, 4 * y));
    }
}

/// Quantises coefficients: the magnitude times `factor`, plus `add`, shifted.
#[inline(always)]
pub(in super::super) fn quantise<S: Simd>(
    simd: S,
    coefficients: S::Words,
    [factor, add, shift]: [i32; 3],
) -> S::Words {
    // Factors are below 2^15, and coefficients above -2^15.
    let factors = S::Words::splat_pair(simd, factor as i16, 0);
    let adds = S::Dwords::splat(simd, add);
    let zero = S::Words::splat(simd, 0);
    let magnitude = coefficients.abs();
    let low = (magnitude.zip_low_16(zero).mul_add_pairs(factors) + adds).shr_by(shift as u32);
    let high = (magnitude.zip_high_16(zero).mul_add_pairs(factors) + adds).shr_by(shift as u32);
    low.pack_words(high).times_sign_of(coefficients)
}

/// Which level of a sub-block loses least by moving, and by how much its magnitude moves. `first` is the place of the
/// first level that is not 0, `highest` the last that may move.
#[inline(always)]
pub(in super::super) fn parity_change<S: Simd>(
    simd: S,
    coefficient: S::Words,
    level: S::Words,
    [factor, shift]: [i32; 2],
    first: usize,
    highest: usize,
) -> (usize, i16) {
    let zero = S::Words::splat(simd, 0);
    let negative = S::Words::splat(simd, -((level.signs() >> first & 1) as i16));
    let (magnitude, level) = (coefficient.abs(), level.abs());
    let factors = S::Words::splat_pair(simd, factor as i16, 0);
    let (shift, shift_of_error) = (shift as u32, shift as u32 - 8);
    let units = S::Words::splat_pair(simd, 1, 0);
    let low = magnitude.zip_low_16(zero).mul_add_pairs(factors)
        - level.zip_low_16(zero).mul_add_pairs(units).shl_by(shift);
    let high = magnitude.zip_high_16(zero).mul_add_pairs(factors)
        - level.zip_high_16(zero).mul_add_pairs(units).shl_by(shift);
    // The error lies between -86 and 171. A level moves towards the exact value, and gains as much as it is off.
    let error = low.shr_by(shift_of_error).pack_words(high.shr_by(shift_of_error));
    let rank = S::Words::load(simd, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    let (of_first, of_highest) = (S::Words::splat(simd, first as i16), S::Words::splat(simd, highest as i16));
    let is_zero = level.equal(zero);
    let up = error.greater(zero).or(is_zero);
    // The first level may not vanish, and a new first level must have its sign.
    let one = S::Words::splat(simd, 1);
    let ones = S::Words::splat(simd, -1);
    let vanishes = rank.equal(of_first).and(level.equal(one)).and(up.xor(ones));
    let wrong = of_first.greater(rank).and(coefficient.shr::<15>().xor(negative));
    let forbidden = vanishes.or(wrong.and(is_zero)).or(rank.greater(of_highest));
    let mut keys = [0; 16];
    (error.abs().shl::<4>() + rank).or(forbidden).store(&mut keys);
    let mut best = -1;
    for key in keys {
        best = best.max(key);
    }
    let chosen = best as usize % 16;
    (chosen, if up.signs() >> chosen & 1 != 0 { 1 } else { -1 })
}

/// Levels times `scale`, rounded and shifted.
#[inline(always)]
pub(in super::super) fn scale<S: Simd>(
    simd: S,
    levels: S::Words,
    [scale, round, shift]: [i32; 3],
) -> S::Words {
    let ones = S::Words::splat(simd, 1);
    // The factor is at most 72 << 8.
    let factors = S::Words::splat_pair(simd, scale as i16, round as i16);
    let low = levels.zip_low_16(ones).mul_add_pairs(factors).shr_by(shift as u32);
    let high = levels.zip_high_16(ones).mul_add_pairs(factors).shr_by(shift as u32);
    low.pack_words(high)
}

/// Adds a residual (none where the block has no level) to a prediction, in place. Gives the squared error that is
/// left.
#[inline(always)]
pub(in super::super) fn reconstruct<S: Simd>(
    simd: S,
    source: &[u8],
    samples: &mut [u8],
    count: usize,
    residual: Option<&[i16]>,
) -> u64 {
    let zero = S::Words::splat(simd, 0);
    let most = S::Words::splat(simd, 255);
    let mut errors = S::Dwords::splat(simd, 0);
    for at in (0..count).step_by(16) {
        let mut sample = S::Words::load_bytes(simd, sixteen(samples, at));
        if let Some(residual) = residual {
            let residual = S::Words::load(simd, sixteen(residual, at));
            sample = sample.saturating_add(residual).max(zero).min(most);
            sample.store_bytes(sixteen_mut(samples, at));
        }
        let error = S::Words::load_bytes(simd, sixteen(source, at)) - sample;
        // 1024 squares of 255 fit the sum of all lanes.
        errors = errors + error.mul_add_pairs(error);
    }
    errors.sum() as u64
}
