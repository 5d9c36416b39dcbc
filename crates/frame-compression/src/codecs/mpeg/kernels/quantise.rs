//! See [`super::super::quantise`].

use super::super::quantise::{INT_SHIFT, Quantiser, Steps};
use super::place;
use crate::codecs::dct::Eight;
use crate::simd::{DwordVector, Vectors, WordVector};

/// The numbers of eight vectors of coefficients, each twice: for blocks side by side.
type Places = [[i16; 16]; 8];

/// The numbers of a [`Quantiser`] as vectors have them.
#[derive(Debug, Clone)]
pub(in super::super) struct Lanes {
    corrections: Places,
    /// Of [`Arithmetic::X86`](super::super::Arithmetic::X86).
    reciprocals: Places,
    /// Of [`Arithmetic::Int`](super::super::Arithmetic::Int): lanes in the order in which words widen.
    wide_reciprocals: [[[i32; 8]; 2]; 8],
    factors: Places,
    /// 2^(16 - shift), or 0 for no shift.
    shifts: i16,
    middle: i16,
    /// Four times the mean's step, and what divides by 8 times that.
    mean_correction: i16,
    mean_reciprocal: i16,
    mean_scale: i16,
    mean: i16,
}

impl Lanes {
    pub(in super::super) fn new(steps: &Steps, reciprocals: &[i32; 64], corrections: &[i16; 64]) -> Self {
        let at = |vector: usize, lane: usize| {
            let [u, v] = place(vector, lane);
            8 * v + u
        };
        let words = |value: &dyn Fn(usize) -> i16| -> Places {
            std::array::from_fn(|vector| std::array::from_fn(|lane| value(at(vector, lane))))
        };
        let wide = |vector: usize, part: usize| -> [i32; 8] {
            std::array::from_fn(|lane| reciprocals[at(vector, 4 * part + lane % 4)])
        };
        let divisor = 8 * u32::from(steps.mean);
        // Power of two or not, the reciprocal fills 16 bits.
        let shift = (divisor - 1).ilog2();
        Self {
            corrections: words(&|at| corrections[at]),
            reciprocals: words(&|at| reciprocals[at].min(i32::from(i16::MAX)) as i16),
            wide_reciprocals: std::array::from_fn(|vector| [wide(vector, 0), wide(vector, 1)]),
            factors: words(&|at| steps.factors[at]),
            shifts: if steps.shift == 0 { 0 } else { 1 << (16 - steps.shift) },
            middle: steps.middle,
            mean_correction: 4 * i16::from(steps.mean),
            mean_reciprocal: (1u32 << (16 + shift)).div_ceil(divisor) as i16,
            mean_scale: 1 << (16 - shift),
            mean: i16::from(steps.mean),
        }
    }
}

/// Coefficients to those that decoding gives, but for the control of the mismatch.
#[inline(always)]
pub(super) fn to_levels_x86<V: Vectors>(simd: V, x: &mut Eight<V>, lanes: &Lanes) {
    let mean = means(simd, x[0], lanes);
    for (i, x) in x.iter_mut().enumerate() {
        let raised = x.abs() + V::Words::repeat(simd, &lanes.corrections[i]);
        let level = raised.mul_high(V::Words::repeat(simd, &lanes.reciprocals[i]));
        *x = dequantised(simd, level, *x, i, lanes);
    }
    x[0] = with_mean(simd, x[0], mean);
}

/// The same in the portable code's arithmetic.
#[inline(always)]
pub(super) fn to_levels_int<V: Vectors>(simd: V, x: &mut Eight<V>, quantiser: &Quantiser) {
    let lanes = &quantiser.lanes;
    let mean = means(simd, x[0], lanes);
    let bias = V::Dwords::splat(simd, quantiser.bias());
    for (i, x) in x.iter_mut().enumerate() {
        let (low, high) = x.abs().widen();
        let [by_low, by_high] = &lanes.wide_reciprocals[i];
        let low = low.mul_low(V::Dwords::repeat(simd, by_low)) + bias;
        let high = high.mul_low(V::Dwords::repeat(simd, by_high)) + bias;
        let level = low.shr::<{ INT_SHIFT as i32 }>().pack_words(high.shr::<{ INT_SHIFT as i32 }>());
        *x = dequantised(simd, level, *x, i, lanes);
    }
    x[0] = with_mean(simd, x[0], mean);
}

/// Levels' magnitudes, with the coefficients' signs, times their steps.
#[inline(always)]
fn dequantised<V: Vectors>(simd: V, level: V::Words, signs: V::Words, i: usize, lanes: &Lanes) -> V::Words {
    let scaled = level.mul_low(V::Words::repeat(simd, &lanes.factors[i]));
    let scaled = if lanes.shifts == 0 {
        scaled
    } else {
        scaled.mul_high_unsigned(V::Words::splat(simd, lanes.shifts))
    };
    if lanes.middle == 0 {
        return scaled.with_sign_of(signs);
    }
    let is_some = level.greater(V::Words::splat(simd, 0));
    (scaled + is_some.and(V::Words::splat(simd, lanes.middle))).with_sign_of(signs)
}

/// In the first lane of each part, the mean after coding, from the first vector of coefficients.
#[inline(always)]
fn means<V: Vectors>(simd: V, first: V::Words, lanes: &Lanes) -> V::Words {
    let raised = first + V::Words::splat(simd, lanes.mean_correction);
    let scaled = raised.mul_high_unsigned(V::Words::splat(simd, lanes.mean_reciprocal));
    let level = scaled.mul_high_unsigned(V::Words::splat(simd, lanes.mean_scale));
    level.mul_low(V::Words::splat(simd, lanes.mean))
}

#[inline(always)]
fn with_mean<V: Vectors>(simd: V, x: V::Words, mean: V::Words) -> V::Words {
    let first = V::Words::repeat(simd, &[-1, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0]);
    let others = V::Words::repeat(simd, &[0, -1, -1, -1, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1]);
    x.and(others).or(mean.and(first))
}

/// The last lane of a part.
const LAST: [i16; 16] = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];

/// H.262 7.4.4: makes the sum of each block's coefficients odd by its last one.
#[inline(always)]
pub(super) fn control_mismatch<V: Vectors>(simd: V, x: &mut Eight<V>) {
    let all = x[0].xor(x[1]).xor(x[2].xor(x[3])).xor(x[4].xor(x[5]).xor(x[6].xor(x[7])));
    let (one, last) = (V::Words::splat(simd, 1), V::Words::repeat(simd, &LAST));
    // How many of a part's lanes are odd, all over the part.
    let mut odd = all.and(one);
    for _ in 0..3 {
        let pairs = odd.mul_add_pairs(one);
        odd = pairs.pack_words(pairs);
    }
    x[7] = x[7].xor((odd + one).and(last));
}
