//! See [`super::super::transform`]. Products and their sums have 32 bits, everything else fits 16.

use super::super::transform::{
    COLUMN_ROUND, COLUMN_SHIFT, CONST_BITS, EVEN, FACTORS_OF_ROW, HALF_ROOT, INVERSE, ODD, PASS_BITS,
    ROW_FACTORS, ROW_SHIFT, TANGENTS,
};
use super::neighbours;
use crate::codecs::dct::{
    Eight, PAIRS, Wide, in_pairs, mirrored, narrow, paired, plus_and_minus, plus_product, products,
};
use crate::simd::{DwordVector, Vectors, WordVector, each, transpose_8x8, transpose_pairs};

#[inline(always)]
fn zip<V: Vectors>(a: V::Words, b: V::Words) -> [V::Words; 2] {
    [a.zip_low_16(b), a.zip_high_16(b)]
}

/// Samples, a vector a row, to coefficients in pairs.
#[inline(always)]
pub(super) fn forward_dct_x86<V: Vectors>(simd: V, samples: Eight<V>) -> Eight<V> {
    rows_x86(simd, transpose_pairs::<V>(in_pairs(columns_x86(simd, samples))))
}

#[inline(always)]
fn columns_x86<V: Vectors>(simd: V, x: Eight<V>) -> Eight<V> {
    let splat = |value: i16| V::Words::splat(simd, value);
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
/// and the high four lanes of each part, which stand for rows.
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
        let row = PAIRS[lane / 2 % 4][part];
        let signed = SIGNED[u][2 * pair + lane % 2];
        let factor = ROW_FACTORS[FACTORS_OF_ROW[row]][signed.unsigned_abs() as usize - 1];
        factors[u][pair][part][lane] = if signed < 0 { -factor } else { factor };
        i += 1;
    }
    factors
}

/// From neighbouring columns as pairs of lanes.
#[inline(always)]
fn rows_x86<V: Vectors>(simd: V, x: Eight<V>) -> Eight<V> {
    let opposite = each!(4, i => x[4 + i].swap_neighbours());
    let [a, b, c, d] = [[x[0], opposite[2]], [x[1], opposite[3]], [x[2], opposite[0]], [x[3], opposite[1]]];
    let sums = [[a[0] + a[1], b[0] + b[1]], [c[0] + c[1], d[0] + d[1]]];
    let differences = [[a[0] - a[1], b[0] - b[1]], [c[0] - c[1], d[0] - d[1]]];
    let [x04, x26, x13, x57] = [
        row_coefficients::<V, 0>(simd, sums),
        row_coefficients::<V, 1>(simd, sums),
        row_coefficients::<V, 2>(simd, differences),
        row_coefficients::<V, 3>(simd, differences),
    ];
    [x04[0], x04[1], x26[0], x26[1], x13[0], x13[1], x57[0], x57[1]]
}

/// Pair `P` of coefficients.
#[inline(always)]
fn row_coefficients<V: Vectors, const P: usize>(simd: V, pairs: [[V::Words; 2]; 2]) -> [V::Words; 2] {
    let [first, second] = PAIRS[P].map(|u| &FACTORS[u]);
    let sum = |[first, second]: &RowFactors, part: usize| {
        V::Dwords::splat(simd, 1 << 16)
            .plus_products(pairs[0][part], V::Words::repeat(simd, &first[part]))
            .plus_products(pairs[1][part], V::Words::repeat(simd, &second[part]))
    };
    // Divided by 2^17, side by side.
    each!(2, part => sum(first, part).shr::<17>().with_high_words(sum(second, part).shr::<1>()))
}

/// Samples, a vector a row, to coefficients in pairs.
#[inline(always)]
pub(super) fn forward_dct_int<V: Vectors>(simd: V, samples: Eight<V>) -> Eight<V> {
    const BITS: i32 = PASS_BITS as i32;
    const FIRST: i32 = (CONST_BITS - PASS_BITS) as i32;
    const SECOND: i32 = (CONST_BITS + PASS_BITS) as i32;
    let x = transpose_8x8::<V>(samples);
    let (sums, differences) = butterflies::<V>(x);
    let mut rows = rotations::<V, FIRST>(simd, sums, differences);
    let (outer, inner) = (sums[0] + sums[3], sums[1] + sums[2]);
    // Half of the range is taken out of the mean, so that sums of it fit 16 bits; elsewhere it cancels out.
    rows[0] = (outer + inner - V::Words::splat(simd, 8 * 128)).shl::<BITS>();
    rows[4] = (outer - inner).shl::<BITS>();
    let (sums, differences) = butterflies::<V>(transpose_8x8::<V>(neighbours(rows)));
    let mut columns = rotations::<V, SECOND>(simd, sums, differences);
    let (first, last) = (zip::<V>(sums[0], sums[1]), zip::<V>(sums[2], sums[3]));
    let half = 1 << (BITS - 1);
    let mean = ((64 * 128) << BITS) + half;
    let with_mean = V::Dwords::repeat(simd, &[mean, half, half, half, mean, half, half, half]);
    let half = V::Dwords::splat(simd, half);
    let sum = plus_product(simd, [with_mean, half], first, [1, 1]);
    let difference = plus_product(simd, [half; 2], first, [1, -1]);
    columns[0] = narrow::<V, BITS>(plus_product(simd, sum, last, [1, 1]));
    columns[4] = narrow::<V, BITS>(plus_product(simd, difference, last, [-1, 1]));
    transpose_pairs::<V>(in_pairs(columns))
}

/// Sums and differences of what lies opposite.
#[inline(always)]
fn butterflies<V: Vectors>(x: Eight<V>) -> ([V::Words; 4], [V::Words; 4]) {
    (
        [x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]],
        [x[0] - x[7], x[1] - x[6], x[2] - x[5], x[3] - x[4]],
    )
}

/// All coefficients but 0 and 4, divided by `2^BITS`, rounded.
#[inline(always)]
fn rotations<V: Vectors, const BITS: i32>(
    simd: V,
    sums: [V::Words; 4],
    differences: [V::Words; 4],
) -> Eight<V> {
    let zero = V::Words::splat(simd, 0);
    let round = [V::Dwords::splat(simd, 1 << (BITS - 1)); 2];
    let (outer, inner) = (zip::<V>(sums[0], sums[3]), zip::<V>(sums[1], sums[2]));
    let pairs = [zip::<V>(differences[0], differences[1]), zip::<V>(differences[2], differences[3])];
    [
        zero,
        narrow::<V, BITS>(plus_products(simd, round, pairs, ODD[0])),
        narrow::<V, BITS>(even(simd, round, [outer, inner], EVEN[0])),
        narrow::<V, BITS>(plus_products(simd, round, pairs, ODD[1])),
        zero,
        narrow::<V, BITS>(plus_products(simd, round, pairs, ODD[2])),
        narrow::<V, BITS>(even(simd, round, [outer, inner], EVEN[1])),
        narrow::<V, BITS>(plus_products(simd, round, pairs, ODD[3])),
    ]
}

/// [`products`] added to a sum.
#[inline(always)]
fn plus_products<V: Vectors>(
    simd: V,
    sum: Wide<V>,
    pairs: [[V::Words; 2]; 2],
    [a, b, c, d]: [i16; 4],
) -> Wide<V> {
    plus_product(simd, plus_product(simd, sum, pairs[0], [a, b]), pairs[1], [c, d])
}

/// To a sum, `a` times the difference of the outer sums and `b` times that of the inner ones, which need more than 16
/// bits.
#[inline(always)]
fn even<V: Vectors>(simd: V, sum: Wide<V>, pairs: [[V::Words; 2]; 2], [a, b]: [i16; 2]) -> Wide<V> {
    plus_products(simd, sum, pairs, [a, -a, b, -b])
}

/// Coefficients in pairs to samples not yet limited, a vector a row.
#[inline(always)]
pub(super) fn inverse_dct<V: Vectors>(simd: V, x: Eight<V>) -> Eight<V> {
    const ROW: i32 = ROW_SHIFT as i32;
    const COLUMN: i32 = COLUMN_SHIFT as i32;
    // A row of a mean alone is 8 times the mean, which another fourth factor gives there.
    let (zero, fourth) = (V::Dwords::splat(simd, 0), V::Words::splat(simd, INVERSE[3]));
    let (first, second) = (V::Words::splat_pair(simd, -1, 0), V::Words::splat_pair(simd, 0, -1));
    let of_mean = each!(2, i => {
        let others = x[i].and(second).or(x[2 + i]).or(x[4 + i].or(x[6 + i]));
        fourth - others.as_dwords().equal(zero).as_words().and(first)
    });
    let rows = inverse(simd, x, of_mean, 1 << (ROW_SHIFT - 1));
    // Divided by 2^11, two rows side by side.
    let rows = each!(8, i => paired::<V, ROW, { 16 - ROW }>(rows[i]));
    let columns = inverse(simd, transpose_pairs::<V>(rows), [fourth; 2], COLUMN_ROUND);
    each!(8, i => narrow::<V, COLUMN>(columns[i]))
}

/// Sums of products, from pairs. `of_mean` is the factor of the first coefficient, beside the fifth one's; where it is
/// not that of [`INVERSE`], all others are 0.
#[inline(always)]
fn inverse<V: Vectors>(simd: V, x: Eight<V>, of_mean: [V::Words; 2], round: i32) -> [Wide<V>; 8] {
    let [w1, w2, w3, w4, w5, w6, w7] = INVERSE;
    let round = V::Dwords::splat(simd, round);
    let (mean, rotated, pairs) = ([x[0], x[1]], [x[2], x[3]], [[x[4], x[5]], [x[6], x[7]]]);
    let a0 = each!(2, i => round.plus_products(mean[i], of_mean[i]));
    let a1 = plus_product(simd, a0, mean, [0, -2 * w4]);
    let ([e0, e3], [e1, e2]) =
        (plus_and_minus(simd, a0, rotated, [w2, w6]), plus_and_minus(simd, a1, rotated, [w6, -w2]));
    let odd = [
        products(simd, pairs, [w1, w3, w5, w7]),
        products(simd, pairs, [w3, -w7, -w1, -w5]),
        products(simd, pairs, [w5, -w1, w7, w3]),
        products(simd, pairs, [w7, -w5, w3, -w1]),
    ];
    mirrored::<V>([e0, e1, e2, e3], odd)
}
