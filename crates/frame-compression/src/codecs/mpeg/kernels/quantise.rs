//! See [`super::super::quantise`].

use super::super::quantise::{INT_SHIFT, Quantiser, Steps};
use super::Eight;
use crate::simd::{Dwords, Simd, Words};

/// Eight columns of eight, each twice: for two blocks side by side.
type Columns = [[i16; 16]; 8];

/// The numbers of a [`Quantiser`] as vectors have them.
#[derive(Debug, Clone)]
pub(in super::super) struct Lanes {
    corrections: Columns,
    /// Of [`Arithmetic::X86`](super::super::Arithmetic::X86).
    reciprocals: Columns,
    /// Of [`Arithmetic::Int`](super::super::Arithmetic::Int): lanes in the order in which words widen.
    wide_reciprocals: [[[i32; 8]; 2]; 8],
    factors: Columns,
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
        let columns = |value: &dyn Fn(usize) -> i16| -> Columns {
            std::array::from_fn(|u| std::array::from_fn(|lane| value(8 * (lane % 8) + u)))
        };
        let wide = |u: usize, part: usize| -> [i32; 8] {
            std::array::from_fn(|lane| reciprocals[8 * (4 * part + lane % 4) + u])
        };
        let divisor = 8 * u32::from(steps.mean);
        // Power of two or not, the reciprocal fills 16 bits.
        let shift = (divisor - 1).ilog2();
        Self {
            corrections: columns(&|at| corrections[at]),
            reciprocals: columns(&|at| reciprocals[at].min(i32::from(i16::MAX)) as i16),
            wide_reciprocals: std::array::from_fn(|u| [wide(u, 0), wide(u, 1)]),
            factors: columns(&|at| steps.factors[at]),
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
pub(super) fn to_levels_x86<S: Simd>(simd: S, columns: &mut Eight<S>, lanes: &Lanes) {
    let mean = mean_of_two(simd, columns[0], lanes);
    for (u, column) in columns.iter_mut().enumerate() {
        let raised = column.abs() + S::Words::load(simd, &lanes.corrections[u]);
        let level = raised.mul_high(S::Words::load(simd, &lanes.reciprocals[u]));
        *column = dequantised(simd, level, *column, u, lanes);
    }
    columns[0] = with_mean(simd, columns[0], mean);
}

/// The same in the portable code's arithmetic.
#[inline(always)]
pub(super) fn to_levels_int<S: Simd>(simd: S, columns: &mut Eight<S>, quantiser: &Quantiser) {
    let lanes = &quantiser.lanes;
    let mean = mean_of_two(simd, columns[0], lanes);
    let bias = S::Dwords::splat(simd, quantiser.bias());
    for (u, column) in columns.iter_mut().enumerate() {
        let (low, high) = column.abs().widen();
        let [by_low, by_high] = &lanes.wide_reciprocals[u];
        let low = low.mul_low(S::Dwords::load(simd, by_low)) + bias;
        let high = high.mul_low(S::Dwords::load(simd, by_high)) + bias;
        let level = low.shr::<{ INT_SHIFT as i32 }>().pack_words(high.shr::<{ INT_SHIFT as i32 }>());
        *column = dequantised(simd, level, *column, u, lanes);
    }
    columns[0] = with_mean(simd, columns[0], mean);
}

/// Levels' magnitudes, with the coefficients' signs, times their steps.
#[inline(always)]
fn dequantised<S: Simd>(simd: S, level: S::Words, signs: S::Words, u: usize, lanes: &Lanes) -> S::Words {
    let scaled = level.mul_low(S::Words::load(simd, &lanes.factors[u]));
    let scaled = if lanes.shifts == 0 {
        scaled
    } else {
        scaled.mul_high_unsigned(S::Words::splat(simd, lanes.shifts))
    };
    let is_some = level.greater(S::Words::splat(simd, 0));
    (scaled + is_some.and(S::Words::splat(simd, lanes.middle))).times_sign_of(signs)
}

/// In the first lane of each half, the mean after coding, from the first column of coefficients.
#[inline(always)]
fn mean_of_two<S: Simd>(simd: S, column: S::Words, lanes: &Lanes) -> S::Words {
    let raised = column + S::Words::splat(simd, lanes.mean_correction);
    let scaled = raised.mul_high_unsigned(S::Words::splat(simd, lanes.mean_reciprocal));
    let level = scaled.mul_high_unsigned(S::Words::splat(simd, lanes.mean_scale));
    level.mul_low(S::Words::splat(simd, lanes.mean))
}

#[inline(always)]
fn with_mean<S: Simd>(simd: S, column: S::Words, mean: S::Words) -> S::Words {
    let first = S::Words::load(simd, &[-1, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0]);
    let others = S::Words::load(simd, &[0, -1, -1, -1, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1]);
    column.and(others).or(mean.and(first))
}

/// What flips the lowest bit of the last lane of the first half, of the second, of none or both.
const FLIPS: [[i16; 16]; 4] = [
    [0; 16],
    [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
];

/// H.262 7.4.4: makes the sum of each block's coefficients odd by its last one.
#[inline(always)]
pub(super) fn control_mismatch<S: Simd>(simd: S, x: &mut Eight<S>) {
    let all = x[0].xor(x[1]).xor(x[2].xor(x[3])).xor(x[4].xor(x[5]).xor(x[6].xor(x[7])));
    let bits = all.shl::<15>().signs();
    let is_even = |bits: u16| usize::from(bits.count_ones().is_multiple_of(2));
    let flip = &FLIPS[is_even(bits & 255) + 2 * is_even(bits >> 8)];
    x[7] = x[7].xor(S::Words::load(simd, flip));
}
