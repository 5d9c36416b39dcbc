//! The transforms of [`super::transform`] and the quantiser on vectors: two or four blocks side by side, one in each
//! part.
//!
//! A pass works on vectors that hold the same two places of 4 rows (or columns) of all blocks as pairs of lanes, as
//! sums of products take them, so a transposition stands before and between the passes. Products and their sums have
//! 32 bits, everything else fits 16.
//!
//! Arrays are written out, as closures and iterators are not always inlined, and what is not inlined into
//! [`Level::run_wide`](crate::simd::Level::run_wide) is slow.

use super::quantise::Quantiser;
use super::transform::{CONST_BITS, EVEN, ODD, PASS_BITS};
use super::{SIDE, reconstruct_block};
use crate::codecs::dct::{
    Eight, Wide, in_pairs, mirrored, narrow, paired, plus_and_minus, plus_product, product, products,
};
use crate::simd::{Array, ByteVector, DwordVector, Vectors, WordVector, each, transpose_pairs};

/// Codes and decodes the blocks of eight rows, as [`super::reconstruct_block`] does one.
#[inline(always)]
pub(super) fn reconstruct_blocks<V: Vectors>(simd: V, rows: &mut [u8], stride: usize, quantiser: &Quantiser) {
    if V::IS_SCALAR {
        for left in (0..stride).step_by(SIDE) {
            reconstruct_block(rows, stride, left, quantiser);
        }
        return;
    }
    // Blocks go in groups; those that are left over at the end of the rows are brought to a place of a group.
    let mut rows = rows.chunks_exact_mut(stride);
    let mut groups: [&mut [V::HalfBytes]; SIDE] = Default::default();
    let mut ends: [&mut [u8]; SIDE] = Default::default();
    for ((groups, end), row) in groups.iter_mut().zip(&mut ends).zip(&mut rows) {
        (*groups, *end) = V::HalfBytes::split_mut(row);
    }
    let mut last = [V::HalfBytes::zeros(); SIDE];
    for (last, end) in last.iter_mut().zip(&ends) {
        last.as_mut()[..end.len()].copy_from_slice(end);
    }
    reconstruct_groups(simd, groups, quantiser);
    if ends[0].is_empty() {
        return;
    }
    let [l0, l1, l2, l3, l4, l5, l6, l7] = &mut last;
    reconstruct_group(simd, [l0, l1, l2, l3, l4, l5, l6, l7], quantiser);
    for (last, end) in last.iter().zip(&mut ends) {
        end.copy_from_slice(&last.as_ref()[..end.len()]);
    }
}

/// Replaces blocks side by side by what quantising leaves of them. The rows are equally long.
#[inline(always)]
fn reconstruct_groups<V: Vectors>(simd: V, rows: [&mut [V::HalfBytes]; 8], quantiser: &Quantiser) {
    let groups = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == groups));
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
    for i in 0..groups {
        let rows =
            [&mut r0[i], &mut r1[i], &mut r2[i], &mut r3[i], &mut r4[i], &mut r5[i], &mut r6[i], &mut r7[i]];
        reconstruct_group(simd, rows, quantiser);
    }
}

/// Does that to one group.
#[inline(always)]
fn reconstruct_group<V: Vectors>(simd: V, rows: [&mut V::HalfBytes; 8], quantiser: &Quantiser) {
    let mut block = [V::Words::splat(simd, 0); 8];
    for (x, row) in block.iter_mut().zip(&rows) {
        *x = V::Words::load_bytes(simd, row);
    }
    let mut block = forward_dct(simd, block);
    let has_details = quantise_and_dequantise(simd, &mut block, quantiser);
    if has_details {
        let [a, b, c, d] = transposed_bytes::<V>(inverse_dct(simd, block));
        let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
        a.store_zipped_64(r0, r1);
        b.store_zipped_64(r2, r3);
        c.store_zipped_64(r4, r5);
        d.store_zipped_64(r6, r7);
    } else {
        let sample = inverse_dct_of_mean(simd, block[0]);
        for row in rows {
            sample.store_bytes(row);
        }
    }
}

/// Limits columns of samples to 0..=255 and gives them as rows: in each part two rows one after another.
#[inline(always)]
fn transposed_bytes<V: Vectors>(x: Eight<V>) -> [V::Bytes; 4] {
    // As in `transpose_8x8`; packing makes the lowest bit of the vector the highest of the lane.
    let packed = [x[0].pack_bytes(x[1]), x[2].pack_bytes(x[3]), x[4].pack_bytes(x[5]), x[6].pack_bytes(x[7])];
    turn_bytes::<V>(turn_bytes::<V>(turn_bytes::<V>(packed)))
}

#[inline(always)]
fn turn_bytes<V: Vectors>(x: [V::Bytes; 4]) -> [V::Bytes; 4] {
    [x[0].zip_low_8(x[2]), x[0].zip_high_8(x[2]), x[1].zip_low_8(x[3]), x[1].zip_high_8(x[3])]
}

/// Divides by `2^(BITS + 1)`, rounding to the nearest, otherwise as [`paired`]. One bit more fits 16 bits, too.
#[inline(always)]
fn descaled<V: Vectors, const BITS: i32, const REST: i32>(simd: V, x: Wide<V>) -> V::Words {
    // Multiplying by one half rounds as is needed here.
    paired::<V, BITS, REST>(x).mul_rounded(V::Words::splat(simd, 1 << 14))
}

/// Sums of products of one pass forwards, from pairs (0, 1), (2, 3), (5, 4) and (7, 6): coefficients 0 and 4 times
/// `factor`, plus `offsets`.
#[inline(always)]
fn forward<V: Vectors>(simd: V, x: Eight<V>, offsets: [i32; 2], factor: i16) -> [Wide<V>; 8] {
    let [sums, turned] =
        [each!(2, i => x[i] + x[6 + i]), each!(2, i => (x[2 + i] + x[4 + i]).swap_neighbours())];
    let differences = [each!(2, i => x[i] - x[6 + i]), each!(2, i => x[2 + i] - x[4 + i])];
    let (even, rotated) = (each!(2, i => sums[i] + turned[i]), each!(2, i => sums[i] - turned[i]));
    let [first, fifth] = offsets.map(|offset| [V::Dwords::splat(simd, offset); 2]);
    [
        plus_product(simd, first, even, [factor, factor]),
        products(simd, differences, ODD[0]),
        product(simd, rotated, EVEN[0]),
        products(simd, differences, ODD[1]),
        plus_product(simd, fifth, even, [factor, -factor]),
        products(simd, differences, ODD[2]),
        product(simd, rotated, EVEN[1]),
        products(simd, differences, ODD[3]),
    ]
}

/// Samples 0..=255, a vector a row, to coefficients: rows as the pairs of [`PAIRS`](crate::codecs::dct::PAIRS), each pair in
/// two vectors, which have the columns that are first and second in those pairs.
#[inline(always)]
fn forward_dct<V: Vectors>(simd: V, x: Eight<V>) -> Eight<V> {
    const BITS: i32 = PASS_BITS as i32;
    const ROWS: i32 = (CONST_BITS - PASS_BITS - 1) as i32;
    const COLUMNS: i32 = (CONST_BITS + PASS_BITS - 1) as i32;
    // In this order of rows, those of a pair in the columns' pass are in the same place of two vectors.
    let x = transpose_pairs::<V>([x[0], x[2], x[5], x[7], x[1], x[3], x[4], x[6]]);
    let turned = each!(4, i => x[4 + i].swap_neighbours());
    let x = [x[0], x[1], x[2], x[3], turned[0], turned[1], turned[2], turned[3]];
    // The 128 that each sample is too large sum up in coefficient 0, and cancel out elsewhere.
    let x = forward(simd, x, [-(8 * 128) << BITS, 0], 1 << BITS);
    let descale = |x: Wide<V>| descaled::<V, ROWS, { 16 - ROWS }>(simd, x);
    let x = [
        paired::<V, 0, 16>(x[0]),
        descale(x[1]),
        descale(x[2]),
        descale(x[3]),
        paired::<V, 0, 16>(x[4]),
        descale(x[5]),
        descale(x[6]),
        descale(x[7]),
    ];
    let half = 1 << (BITS - 1);
    let x = forward(simd, transpose_pairs::<V>(in_pairs(x)), [half; 2], 1);
    let of_means = each!(2, i => paired::<V, BITS, { 16 - BITS }>([x[0][i], x[4][i]]));
    let descale = |a: V::Dwords, b: V::Dwords| descaled::<V, COLUMNS, { 16 - COLUMNS }>(simd, [a, b]);
    [
        of_means[0],
        of_means[1],
        descale(x[2][0], x[6][0]),
        descale(x[2][1], x[6][1]),
        descale(x[1][0], x[3][0]),
        descale(x[1][1], x[3][1]),
        descale(x[5][0], x[7][0]),
        descale(x[5][1], x[7][1]),
    ]
}

/// As [`Quantiser::quantise_and_dequantise`]; tells whether anything but the mean is left of either block.
#[inline(always)]
fn quantise_and_dequantise<V: Vectors>(simd: V, x: &mut Eight<V>, quantiser: &Quantiser) -> bool {
    let mut details = V::Words::repeat(simd, &[0, -1, -1, -1, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1]);
    for (i, x) in x.iter_mut().enumerate() {
        let raised = x.abs() + V::Words::repeat(simd, &quantiser.corrections[i]);
        let scaled = raised.mul_high_unsigned(V::Words::repeat(simd, &quantiser.reciprocals[i]));
        let level = scaled.mul_high_unsigned(V::Words::repeat(simd, &quantiser.scales[i]));
        details = if i == 0 { details.and(level) } else { details.or(level) };
        *x = level.mul_low(V::Words::repeat(simd, &quantiser.steps[i])).with_sign_of(*x);
    }
    !details.is_zero()
}

/// Sums of products of one pass backwards, from pairs, plus `offset`.
#[inline(always)]
fn inverse<V: Vectors>(simd: V, x: Eight<V>, offset: i32) -> [Wide<V>; 8] {
    const ONE: i16 = 1 << CONST_BITS;
    let offset = [V::Dwords::splat(simd, offset); 2];
    let (mean, rotated, pairs) = ([x[0], x[1]], [x[2], x[3]], [[x[4], x[5]], [x[6], x[7]]]);
    let sum = plus_product(simd, offset, mean, [ONE, ONE]);
    let difference = plus_product(simd, offset, mean, [ONE, -ONE]);
    let [e0, e3] = plus_and_minus(simd, sum, rotated, EVEN[0]);
    let [e1, e2] = plus_and_minus(simd, difference, rotated, EVEN[1]);
    let odd = each!(4, k => products(simd, pairs, ODD[k]));
    mirrored::<V>([e0, e1, e2, e3], odd)
}

/// Coefficients as [`forward_dct`] gives them to samples around 128, not yet limited: a vector a column of samples.
#[inline(always)]
fn inverse_dct<V: Vectors>(simd: V, coefficients: Eight<V>) -> Eight<V> {
    const COLUMNS: i32 = (CONST_BITS - PASS_BITS) as i32;
    const ROWS: i32 = (CONST_BITS + PASS_BITS + 3) as i32;
    let columns = inverse(simd, coefficients, 1 << (COLUMNS - 1));
    let columns = each!(8, i => paired::<V, COLUMNS, { 16 - COLUMNS }>(columns[i]));
    let rows = inverse(simd, transpose_pairs::<V>(columns), (128 << ROWS) + (1 << (ROWS - 1)));
    each!(8, i => narrow::<V, ROWS>(rows[i]))
}

/// The sample that every place has where the mean alone is left: [`inverse_dct`] of nothing but coefficient 0.
#[inline(always)]
fn inverse_dct_of_mean<V: Vectors>(simd: V, first: V::Words) -> V::Words {
    let mean = first.zip_low_16(first);
    let mean = mean.zip_low_32(mean);
    let mean = mean.zip_low_64(mean);
    (mean + V::Words::splat(simd, 4)).shr::<3>() + V::Words::splat(simd, 128)
}
