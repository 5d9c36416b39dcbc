//! See [`super::super::transform`]. Products and their sums have 32 bits, everything else fits 16.

use super::super::transform::{
    COLUMN_ROUND, COLUMN_SHIFT, CONST_BITS, EVEN, FACTORS_OF_ROW, HALF_ROOT, INVERSE, ODD, PASS_BITS,
    ROW_FACTORS, ROW_SHIFT, TANGENTS,
};
use super::Eight;
use crate::simd::{Dwords, Simd, Words, transpose_8x8};

/// Lanes of 32 bits: what belongs to the low and to the high four lanes of each half.
type Wide<S> = [<S as Simd>::Dwords; 2];

#[inline(always)]
fn zip<S: Simd>(a: S::Words, b: S::Words) -> [S::Words; 2] {
    [a.zip_low_16(b), a.zip_high_16(b)]
}

#[inline(always)]
fn add<S: Simd>(a: Wide<S>, b: Wide<S>) -> Wide<S> {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline(always)]
fn sub<S: Simd>(a: Wide<S>, b: Wide<S>) -> Wide<S> {
    [a[0] - b[0], a[1] - b[1]]
}

/// `a * x + b * y` of zipped pairs (x, y).
#[inline(always)]
fn product<S: Simd>(simd: S, pairs: [S::Words; 2], a: i16, b: i16) -> Wide<S> {
    let factors = S::Words::splat_pair(simd, a, b);
    [pairs[0].mul_add_pairs(factors), pairs[1].mul_add_pairs(factors)]
}

/// Adds, divides by `2^BITS`, flooring, and narrows.
#[inline(always)]
fn narrow<S: Simd, const BITS: i32>(x: Wide<S>, round: [S::Dwords; 2]) -> S::Words {
    (x[0] + round[0]).shr::<BITS>().pack_words((x[1] + round[1]).shr::<BITS>())
}

/// Samples, a vector a row, to coefficients, a vector a column.
#[inline(always)]
pub(super) fn forward_dct_x86<S: Simd>(simd: S, samples: Eight<S>) -> Eight<S> {
    rows_x86(simd, transpose_8x8::<S>(columns_x86(simd, samples)))
}

#[inline(always)]
fn columns_x86<S: Simd>(simd: S, x: Eight<S>) -> Eight<S> {
    let splat = |value: i16| S::Words::splat(simd, value);
    let (one, half_root) = (splat(1), splat(HALF_ROOT));
    let (tan8, tan16, tan3_16) = (splat(TANGENTS[0]), splat(TANGENTS[1]), splat(TANGENTS[2]));
    let (s07, s16, s25, s34) = (x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]);
    let (d07, d16, d25, d34) = (x[0] - x[7], x[1] - x[6], x[2] - x[5], x[3] - x[4]);
    let (e0, e1) = ((s07 + s34).shl::<3>(), (s16 + s25).shl::<3>());
    let (e2, e3) = ((s07 - s34).shl::<3>(), (s16 - s25).shl::<3>());
    let u = (d16 + d25).shl::<4>().mul_high(half_root).or(one);
    let v = (d16 - d25).shl::<4>().mul_high(half_root);
    let (d34, d07) = (d34.shl::<3>(), d07.shl::<3>());
    let (a, b, c, d) = (d34 + v, d34 - v, d07 - u, d07 + u);
    [
        e0 + e1,
        (d + a.mul_high(tan16)).or(one),
        (e2 + e3.mul_high(tan8)).or(one),
        c - (b + b.mul_high(tan3_16)),
        e0 - e1,
        (c + c.mul_high(tan3_16)) + b,
        (e2.mul_high(tan8) - e3).or(one),
        d.mul_high(tan16) - a,
    ]
}

/// The factors of a coefficient, signs included: of the first and the second pair of sums or differences, for the low
/// and the high four lanes of each half, which stand for rows.
type RowFactors = [[[i16; 16]; 2]; 2];

/// For every coefficient, which factor (from 1 on, negative for a minus) each of four sums or differences has.
const SIGNED: [[i8; 4]; 8] = [
    [4, 4, 4, 4],
    [1, 3, 5, 7],
    [2, 6, -6, -2],
    [3, -7, -1, -5],
    [4, -4, -4, 4],
    [5, -1, 7, 3],
    [6, -2, 2, -6],
    [7, -5, 3, -1],
];

const FACTORS: [RowFactors; 8] = row_factors();

const fn row_factors() -> [RowFactors; 8] {
    let mut factors = [[[[0; 16]; 2]; 2]; 8];
    let mut i = 0;
    while i < 8 * 2 * 2 * 16 {
        let (u, pair, part, lane) = (i / 64, i / 32 % 2, i / 16 % 2, i % 16);
        let row = 4 * part + lane / 2 % 4;
        let signed = SIGNED[u][2 * pair + lane % 2];
        let factor = ROW_FACTORS[FACTORS_OF_ROW[row]][signed.unsigned_abs() as usize - 1];
        factors[u][pair][part][lane] = if signed < 0 { -factor } else { factor };
        i += 1;
    }
    factors
}

#[inline(always)]
fn rows_x86<S: Simd>(simd: S, x: Eight<S>) -> Eight<S> {
    let sums = [zip::<S>(x[0] + x[7], x[1] + x[6]), zip::<S>(x[2] + x[5], x[3] + x[4])];
    let differences = [zip::<S>(x[0] - x[7], x[1] - x[6]), zip::<S>(x[2] - x[5], x[3] - x[4])];
    [
        row_coefficient::<S, 0>(simd, sums),
        row_coefficient::<S, 1>(simd, differences),
        row_coefficient::<S, 2>(simd, sums),
        row_coefficient::<S, 3>(simd, differences),
        row_coefficient::<S, 4>(simd, sums),
        row_coefficient::<S, 5>(simd, differences),
        row_coefficient::<S, 6>(simd, sums),
        row_coefficient::<S, 7>(simd, differences),
    ]
}

#[inline(always)]
fn row_coefficient<S: Simd, const U: usize>(simd: S, pairs: [[S::Words; 2]; 2]) -> S::Words {
    let [first, second] = &FACTORS[U];
    let load = |factors: &[i16; 16]| S::Words::load(simd, factors);
    let low = pairs[0][0].mul_add_pairs(load(&first[0])) + pairs[1][0].mul_add_pairs(load(&second[0]));
    let high = pairs[0][1].mul_add_pairs(load(&first[1])) + pairs[1][1].mul_add_pairs(load(&second[1]));
    narrow::<S, 17>([low, high], [S::Dwords::splat(simd, 1 << 16); 2])
}

/// Samples, a vector a row, to coefficients, a vector a column.
#[inline(always)]
pub(super) fn forward_dct_int<S: Simd>(simd: S, samples: Eight<S>) -> Eight<S> {
    const BITS: i32 = PASS_BITS as i32;
    const FIRST: i32 = (CONST_BITS - PASS_BITS) as i32;
    const SECOND: i32 = (CONST_BITS + PASS_BITS) as i32;
    let x = transpose_8x8::<S>(samples);
    let (sums, differences) = butterflies::<S>(x);
    let mut rows = rotations::<S, FIRST>(simd, sums, differences);
    let (outer, inner) = (sums[0] + sums[3], sums[1] + sums[2]);
    // Half of the range is taken out of the mean, so that sums of it fit 16 bits; elsewhere it cancels out.
    rows[0] = (outer + inner - S::Words::splat(simd, 8 * 128)).shl::<BITS>();
    rows[4] = (outer - inner).shl::<BITS>();
    let (sums, differences) = butterflies::<S>(transpose_8x8::<S>(rows));
    let mut columns = rotations::<S, SECOND>(simd, sums, differences);
    let (first, last) = (zip::<S>(sums[0], sums[1]), zip::<S>(sums[2], sums[3]));
    let sum = add::<S>(product(simd, first, 1, 1), product(simd, last, 1, 1));
    let difference = add::<S>(product(simd, first, 1, -1), product(simd, last, -1, 1));
    let half = 1 << (BITS - 1);
    let mean = ((64 * 128) << BITS) + half;
    let with_mean = S::Dwords::load(simd, &[mean, half, half, half, mean, half, half, half]);
    let half = S::Dwords::splat(simd, half);
    columns[0] = narrow::<S, BITS>(sum, [with_mean, half]);
    columns[4] = narrow::<S, BITS>(difference, [half; 2]);
    transpose_8x8::<S>(columns)
}

/// Sums and differences of what lies opposite.
#[inline(always)]
fn butterflies<S: Simd>(x: Eight<S>) -> ([S::Words; 4], [S::Words; 4]) {
    (
        [x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]],
        [x[0] - x[7], x[1] - x[6], x[2] - x[5], x[3] - x[4]],
    )
}

/// All coefficients but 0 and 4, divided by `2^BITS`, rounded.
#[inline(always)]
fn rotations<S: Simd, const BITS: i32>(simd: S, sums: [S::Words; 4], differences: [S::Words; 4]) -> Eight<S> {
    let zero = S::Words::splat(simd, 0);
    let round = [S::Dwords::splat(simd, 1 << (BITS - 1)); 2];
    let (outer, inner) = (zip::<S>(sums[0], sums[3]), zip::<S>(sums[1], sums[2]));
    let pairs = [zip::<S>(differences[0], differences[1]), zip::<S>(differences[2], differences[3])];
    [
        zero,
        narrow::<S, BITS>(odd(simd, pairs, ODD[0]), round),
        narrow::<S, BITS>(even(simd, outer, inner, EVEN[0]), round),
        narrow::<S, BITS>(odd(simd, pairs, ODD[1]), round),
        zero,
        narrow::<S, BITS>(odd(simd, pairs, ODD[2]), round),
        narrow::<S, BITS>(even(simd, outer, inner, EVEN[1]), round),
        narrow::<S, BITS>(odd(simd, pairs, ODD[3]), round),
    ]
}

#[inline(always)]
fn odd<S: Simd>(simd: S, pairs: [[S::Words; 2]; 2], factors: [i16; 4]) -> Wide<S> {
    let [a, b, c, d] = factors;
    add::<S>(product(simd, pairs[0], a, b), product(simd, pairs[1], c, d))
}

/// `a` times the difference of the outer sums and `b` times that of the inner ones, which need more than 16 bits.
#[inline(always)]
fn even<S: Simd>(simd: S, outer: [S::Words; 2], inner: [S::Words; 2], [a, b]: [i16; 2]) -> Wide<S> {
    add::<S>(product(simd, outer, a, -a), product(simd, inner, b, -b))
}

/// Coefficients, a vector a column, to samples not yet limited, a vector a row.
#[inline(always)]
pub(super) fn inverse_dct<S: Simd>(simd: S, x: Eight<S>) -> Eight<S> {
    // A row of a mean alone is 8 times the mean, which another fourth factor gives there.
    let others = x[1].or(x[2]).or(x[3].or(x[4])).or(x[5].or(x[6]).or(x[7]));
    let is_flat = others.equal(S::Words::splat(simd, 0));
    let of_mean = S::Words::splat(simd, INVERSE[3]) - is_flat;
    let rows = inverse::<S, { ROW_SHIFT as i32 }>(simd, x, of_mean, 1 << (ROW_SHIFT - 1));
    let of_mean = S::Words::splat(simd, INVERSE[3]);
    inverse::<S, { COLUMN_SHIFT as i32 }>(simd, transpose_8x8::<S>(rows), of_mean, COLUMN_ROUND)
}

/// `of_mean` is the factor of the first coefficient; where it is not that of [`INVERSE`], all others are 0.
#[inline(always)]
fn inverse<S: Simd, const BITS: i32>(simd: S, x: Eight<S>, of_mean: S::Words, round: i32) -> Eight<S> {
    let [w1, w2, w3, w4, w5, w6, w7] = INVERSE;
    let none = [S::Dwords::splat(simd, 0); 2];
    let round = [S::Dwords::splat(simd, round); 2];
    let mean = zip::<S>(x[0], x[4]);
    let [low, high] = zip::<S>(of_mean, S::Words::splat(simd, w4));
    let a0 = add::<S>([mean[0].mul_add_pairs(low), mean[1].mul_add_pairs(high)], round);
    let a1 = sub::<S>(a0, product(simd, mean, 0, 2 * w4));
    let rotated = zip::<S>(x[2], x[6]);
    let (e0, e1) = (product(simd, rotated, w2, w6), product(simd, rotated, w6, -w2));
    let even = [add::<S>(a0, e0), add::<S>(a1, e1), sub::<S>(a1, e1), sub::<S>(a0, e0)];
    let pairs = [zip::<S>(x[1], x[3]), zip::<S>(x[5], x[7])];
    let odd = [
        odd(simd, pairs, [w1, w3, w5, w7]),
        odd(simd, pairs, [w3, -w7, -w1, -w5]),
        odd(simd, pairs, [w5, -w1, w7, w3]),
        odd(simd, pairs, [w7, -w5, w3, -w1]),
    ];
    [
        narrow::<S, BITS>(add::<S>(even[0], odd[0]), none),
        narrow::<S, BITS>(add::<S>(even[1], odd[1]), none),
        narrow::<S, BITS>(add::<S>(even[2], odd[2]), none),
        narrow::<S, BITS>(add::<S>(even[3], odd[3]), none),
        narrow::<S, BITS>(sub::<S>(even[3], odd[3]), none),
        narrow::<S, BITS>(sub::<S>(even[2], odd[2]), none),
        narrow::<S, BITS>(sub::<S>(even[1], odd[1]), none),
        narrow::<S, BITS>(sub::<S>(even[0], odd[0]), none),
    ]
}
