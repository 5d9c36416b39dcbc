//! What happens to a block's samples and coefficients one by one: residual, quantisation, reconstruction.

use super::{sixteen, sixteen_mut};
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

/// Quantises coefficients: the magnitude times `factor`, plus `add`, shifted. Gives of each 16 which are not 0, and
/// whether any is.
#[inline(always)]
pub(in super::super) fn quantise<S: Simd>(
    simd: S,
    coefficients: &[i16],
    samples: usize,
    [factor, add, shift]: [i32; 3],
    levels: &mut [i16],
    masks: &mut [u16; 64],
) -> bool {
    // Factors are below 2^15, and coefficients above -2^15.
    let factors = S::Words::splat_pair(simd, factor as i16, 0);
    let adds = S::Dwords::splat(simd, add);
    let zero = S::Words::splat(simd, 0);
    let mut any = 0;
    for (mask, at) in masks.iter_mut().zip((0..samples).step_by(16)) {
        let coefficient = S::Words::load(simd, sixteen(coefficients, at));
        let magnitude = coefficient.abs();
        let low = (magnitude.zip_low_16(zero).mul_add_pairs(factors) + adds).shr_by(shift as u32);
        let high = (magnitude.zip_high_16(zero).mul_add_pairs(factors) + adds).shr_by(shift as u32);
        let level = low.pack_words(high);
        let sign = coefficient.shr::<15>();
        *mask = !level.equal(zero).signs();
        any |= *mask;
        (level.xor(sign) - sign).store(sixteen_mut(levels, at));
    }
    any != 0
}

/// Which level of a sub-block loses least by moving, and by how much its magnitude moves. `first` is the place of the
/// first level that is not 0, `highest` the last that may move.
#[inline(always)]
pub(in super::super) fn parity_change<S: Simd>(
    simd: S,
    coefficients: &[i16; 16],
    levels: &[i16; 16],
    [factor, shift]: [i32; 2],
    first: usize,
    highest: usize,
) -> (usize, i16) {
    let zero = S::Words::splat(simd, 0);
    let coefficient = S::Words::load(simd, coefficients);
    let (magnitude, level) = (coefficient.abs(), S::Words::load(simd, levels).abs());
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
    let negative = S::Words::splat(simd, levels[first % 16] >> 15);
    let is_zero = level.equal(zero);
    let up = error.greater(zero).or(is_zero);
    // The first level may not vanish, and a new first level must have its sign.
    let one = S::Words::splat(simd, 1);
    let ones = is_zero.or(is_zero.equal(zero));
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
    levels: &[i16; 16],
    [scale, round, shift]: [i32; 3],
) -> [i16; 16] {
    let levels = S::Words::load(simd, levels);
    let ones = S::Words::splat(simd, 1);
    // The factor is at most 72 << 8.
    let factors = S::Words::splat_pair(simd, scale as i16, round as i16);
    let low = levels.zip_low_16(ones).mul_add_pairs(factors).shr_by(shift as u32);
    let high = levels.zip_high_16(ones).mul_add_pairs(factors).shr_by(shift as u32);
    let mut out = [0; 16];
    low.pack_words(high).store(&mut out);
    out
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
