//! The transforms of [`super::dct`] and the quantiser on vectors: two blocks side by side, one in each half.
//!
//! A pass works on vectors that hold the same place of 8 rows (or columns) of both blocks, so a transposition stands
//! before and between the passes. Products and their sums have 32 bits, everything else fits 16.

use std::array::from_fn;

use super::dct::{CONST_BITS, EVEN, ODD, PASS_BITS};
use super::quantiser::{Lanes, Quantiser};
use crate::simd::{Bytes, Dwords, Simd, Words};

/// The same place of 8 rows or columns.
type Eight<S> = [<S as Simd>::Words; 8];

/// Replaces pairs of blocks by what quantising leaves of them. The rows are equally long.
#[inline(always)]
pub(super) fn reconstruct_pairs<S: Simd>(simd: S, rows: [&mut [[u8; 16]]; 8], quantiser: &Quantiser) {
    let pairs = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == pairs));
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
    for i in 0..pairs {
        let rows =
            [&mut r0[i], &mut r1[i], &mut r2[i], &mut r3[i], &mut r4[i], &mut r5[i], &mut r6[i], &mut r7[i]];
        reconstruct_pair(simd, rows, quantiser);
    }
}

/// Does that to one pair.
#[inline(always)]
fn reconstruct_pair<S: Simd>(simd: S, rows: [&mut [u8; 16]; 8], quantiser: &Quantiser) {
    let samples = from_fn(|y| S::Words::load_bytes(simd, rows[y]));
    let (coefficients, has_details) = quantise_and_dequantise(simd, forward_dct(simd, samples), quantiser);
    if has_details {
        let [a, b, c, d] = transposed_bytes::<S>(inverse_dct(simd, coefficients));
        let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
        for (two, first, second) in [(a, r0, r1), (b, r2, r3), (c, r4, r5), (d, r6, r7)] {
            two.store_zipped_64(first, second);
        }
    } else {
        let sample = inverse_dct_of_mean(simd, coefficients[0]);
        rows.into_iter().for_each(|row| sample.store_bytes(row));
    }
}

/// Transposes the 8x8 lanes of each half.
#[inline(always)]
fn transpose<S: Simd>(x: Eight<S>) -> Eight<S> {
    // A place is six bits, three of the vector and three of the lane. Each step turns them left by one.
    let turn = |x: Eight<S>| -> Eight<S> {
        from_fn(|i| {
            let (a, b) = (x[i / 2], x[i / 2 + 4]);
            if i % 2 == 0 { a.zip_low_16(b) } else { a.zip_high_16(b) }
        })
    };
    turn(turn(turn(x)))
}

/// Limits columns of samples to 0..=255 and gives them as rows, each two in one vector, one after another in each half.
#[inline(always)]
fn transposed_bytes<S: Simd>(x: Eight<S>) -> [S::Bytes; 4] {
    // As in `transpose`; packing has turned the bits once, to the right.
    let packed = from_fn(|i| x[2 * i].pack_bytes(x[2 * i + 1]));
    let turn = |x: [S::Bytes; 4]| -> [S::Bytes; 4] {
        from_fn(|i| {
            let (a, b) = (x[i / 2], x[i / 2 + 2]);
            if i % 2 == 0 { a.zip_low_8(b) } else { a.zip_high_8(b) }
        })
    };
    turn(turn(turn(packed)))
}

/// `[x, y]` against a row of two constants, low and high lanes.
#[inline(always)]
fn rotate<S: Simd>(simd: S, pairs: [S::Words; 2], [a, b]: [i16; 2]) -> [S::Dwords; 2] {
    let factors = constants(simd, a, b);
    pairs.map(|pair| pair.mul_add_pairs(factors))
}

/// Two constants in turn.
#[inline(always)]
fn constants<S: Simd>(simd: S, a: i16, b: i16) -> S::Words {
    S::Words::load(simd, &from_fn(|i| if i % 2 == 0 { a } else { b }))
}

#[inline(always)]
fn zip<S: Simd>(a: S::Words, b: S::Words) -> [S::Words; 2] {
    [a.zip_low_16(b), a.zip_high_16(b)]
}

/// Row `k` of the product of [`ODD`] and four values, given as pairs.
#[inline(always)]
fn odd<S: Simd>(simd: S, first: [S::Words; 2], last: [S::Words; 2], k: usize) -> [S::Dwords; 2] {
    let [a, b, c, d] = ODD[k];
    let (first, last) = (rotate(simd, first, [a, b]), rotate(simd, last, [c, d]));
    [first[0] + last[0], first[1] + last[1]]
}

/// Rounds to `2^BITS` and narrows.
#[inline(always)]
fn descale<S: Simd, const BITS: i32>(simd: S, x: [S::Dwords; 2]) -> S::Words {
    let half = S::Dwords::splat(simd, 1 << (BITS - 1));
    let [low, high] = x.map(|x| (x + half).shr::<BITS>());
    low.pack_words(high)
}

/// One pass forwards, the results divided by `2^BITS`. Coefficients 0 and 4 have no fractional bits yet: `scale` makes
/// them of the sums of the outer and of the inner four values.
#[inline(always)]
fn forward<S: Simd, const BITS: i32>(
    simd: S,
    x: Eight<S>,
    scale: impl Fn(S::Words, S::Words) -> [S::Words; 2],
) -> Eight<S> {
    let sums: [S::Words; 4] = from_fn(|i| x[i] + x[7 - i]);
    let differences: [S::Words; 4] = from_fn(|i| x[i] - x[7 - i]);
    let [c0, c4] = scale(sums[0] + sums[3], sums[1] + sums[2]);
    let even = zip::<S>(sums[0] - sums[3], sums[1] - sums[2]);
    let (first, last) = (zip::<S>(differences[0], differences[1]), zip::<S>(differences[2], differences[3]));
    let even = |k: usize| descale::<S, BITS>(simd, rotate(simd, even, EVEN[k]));
    let odd = |k: usize| descale::<S, BITS>(simd, odd(simd, first, last, k));
    [c0, odd(0), even(0), odd(1), c4, odd(2), even(1), odd(3)]
}

/// Samples 0..=255, a vector a row, to coefficients, a vector a row of them.
#[inline(always)]
fn forward_dct<S: Simd>(simd: S, rows: Eight<S>) -> Eight<S> {
    const ROWS: i32 = (CONST_BITS - PASS_BITS) as i32;
    const COLUMNS: i32 = (CONST_BITS + PASS_BITS) as i32;
    // The 128 that each sample is too large sum up in coefficient 0, and cancel out elsewhere.
    let offset = S::Words::splat(simd, 8 * 128);
    let half = S::Words::splat(simd, 1 << (PASS_BITS - 1));
    let rows = forward::<S, ROWS>(simd, transpose::<S>(rows), |outer, inner| {
        [
            (outer + inner - offset).shl::<{ PASS_BITS as i32 }>(),
            (outer - inner).shl::<{ PASS_BITS as i32 }>(),
        ]
    });
    forward::<S, COLUMNS>(simd, transpose::<S>(rows), |outer, inner| {
        [outer + inner, outer - inner].map(|c| (c + half).shr::<{ PASS_BITS as i32 }>())
    })
}

/// See [`super::quantiser::Quantiser::quantise_and_dequantise`]; also tells whether anything but the mean is left.
#[inline(always)]
fn quantise_and_dequantise<S: Simd>(
    simd: S,
    coefficients: Eight<S>,
    quantiser: &Quantiser,
) -> (Eight<S>, bool) {
    let load = |lanes: &Lanes, v: usize| S::Words::load(simd, &lanes[v]);
    let mut details = S::Words::load(simd, &from_fn(|i| if i % 8 == 0 { 0 } else { -1 }));
    let quantised = from_fn(|v| {
        let raised = coefficients[v].abs() + load(&quantiser.corrections, v);
        let scaled = raised.mul_high_unsigned(load(&quantiser.reciprocals, v));
        let level = scaled.mul_high_unsigned(load(&quantiser.scales, v));
        details = if v == 0 { details.and(level) } else { details.or(level) };
        level.mul_low(load(&quantiser.steps, v)).times_sign_of(coefficients[v])
    });
    (quantised, !details.is_zero())
}

/// One pass backwards, each result divided by `2^BITS`, plus `offset`.
#[inline(always)]
fn inverse<S: Simd, const BITS: i32>(simd: S, x: Eight<S>, offset: i32) -> Eight<S> {
    const ONE: i16 = 1 << CONST_BITS;
    let round = S::Dwords::splat(simd, (offset << BITS) + (1 << (BITS - 1)));
    let mean = zip::<S>(x[0], x[4]);
    let sum = rotate(simd, mean, [ONE, ONE]).map(|x| x + round);
    let difference = rotate(simd, mean, [ONE, -ONE]).map(|x| x + round);
    let rotated = zip::<S>(x[2], x[6]);
    let (e0, e1) = (rotate(simd, rotated, EVEN[0]), rotate(simd, rotated, EVEN[1]));
    let (first, last) = (zip::<S>(x[1], x[3]), zip::<S>(x[5], x[7]));
    let even: [[S::Dwords; 2]; 4] = [
        [sum[0] + e0[0], sum[1] + e0[1]],
        [difference[0] + e1[0], difference[1] + e1[1]],
        [difference[0] - e1[0], difference[1] - e1[1]],
        [sum[0] - e0[0], sum[1] - e0[1]],
    ];
    let odd: [[S::Dwords; 2]; 4] = from_fn(|k| odd(simd, first, last, k));
    from_fn(|i| {
        let [low, high] = if i < 4 {
            [even[i][0] + odd[i][0], even[i][1] + odd[i][1]]
        } else {
            [even[7 - i][0] - odd[7 - i][0], even[7 - i][1] - odd[7 - i][1]]
        };
        low.shr::<BITS>().pack_words(high.shr::<BITS>())
    })
}

/// Coefficients to samples around 128, not yet limited: a vector a column of samples.
#[inline(always)]
fn inverse_dct<S: Simd>(simd: S, coefficients: Eight<S>) -> Eight<S> {
    const COLUMNS: i32 = (CONST_BITS - PASS_BITS) as i32;
    const ROWS: i32 = (CONST_BITS + PASS_BITS + 3) as i32;
    let columns = inverse::<S, COLUMNS>(simd, coefficients, 0);
    inverse::<S, ROWS>(simd, transpose::<S>(columns), 128)
}

/// The sample that every place has where the mean alone is left: [`inverse_dct`] of nothing but coefficient 0.
#[inline(always)]
fn inverse_dct_of_mean<S: Simd>(simd: S, first_row: S::Words) -> S::Words {
    let mean = first_row.zip_low_16(first_row);
    let mean = mean.zip_low_32(mean);
    let mean = mean.zip_low_64(mean);
    (mean + S::Words::splat(simd, 4)).shr::<3>() + S::Words::splat(simd, 128)
}
