//! The transforms of [`super::transform`] and the quantiser on vectors: two blocks side by side, one in each half.
//!
//! A pass works on vectors that hold the same place of 8 rows (or columns) of both blocks, so a transposition stands
//! before and between the passes. Products and their sums have 32 bits, everything else fits 16.
//!
//! Arrays are written out, as closures and iterators are not always inlined, and what is not inlined into
//! [`Level::run`](crate::simd::Level::run) is slow.

use super::quantise::Quantiser;
use super::transform::{CONST_BITS, EVEN, ODD, PASS_BITS};
use super::{SIDE, reconstruct_block};
use crate::simd::{Bytes, Dwords, Simd, Words, transpose_8x8};

/// The same place of 8 rows or columns.
type Eight<S> = [<S as Simd>::Words; 8];
/// Lanes of 32 bits: what belongs to the low and to the high four lanes of each half.
type Wide<S> = [<S as Simd>::Dwords; 2];

/// Codes and decodes the blocks of eight rows, as [`super::reconstruct_block`] does one.
#[inline(always)]
pub(super) fn reconstruct_blocks<S: Simd>(simd: S, rows: &mut [u8], stride: usize, quantiser: &Quantiser) {
    if S::IS_SCALAR {
        for left in (0..stride).step_by(SIDE) {
            reconstruct_block(rows, stride, left, quantiser);
        }
        return;
    }
    // Blocks go in pairs; one that is left over at the end of the rows is brought to a place of two.
    let mut rows = rows.chunks_exact_mut(stride);
    let mut pairs: [&mut [[u8; 2 * SIDE]]; SIDE] = Default::default();
    let mut ends: [&mut [u8]; SIDE] = Default::default();
    for ((pairs, end), row) in pairs.iter_mut().zip(&mut ends).zip(&mut rows) {
        (*pairs, *end) = row.as_chunks_mut();
    }
    let mut last = [[0; 2 * SIDE]; SIDE];
    for (last, end) in last.iter_mut().zip(&ends) {
        last[..end.len()].copy_from_slice(end);
    }
    reconstruct_pairs(simd, pairs, quantiser);
    if ends[0].is_empty() {
        return;
    }
    let [l0, l1, l2, l3, l4, l5, l6, l7] = &mut last;
    reconstruct_pair(simd, [l0, l1, l2, l3, l4, l5, l6, l7], quantiser);
    for (last, end) in last.iter().zip(&mut ends) {
        end.copy_from_slice(&last[..end.len()]);
    }
}

/// Replaces pairs of blocks by what quantising leaves of them. The rows are equally long.
#[inline(always)]
fn reconstruct_pairs<S: Simd>(simd: S, rows: [&mut [[u8; 16]]; 8], quantiser: &Quantiser) {
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
    let mut block = [S::Words::splat(simd, 0); 8];
    for (x, row) in block.iter_mut().zip(&rows) {
        *x = S::Words::load_bytes(simd, row);
    }
    let mut block = forward_dct(simd, block);
    let has_details = quantise_and_dequantise(simd, &mut block, quantiser);
    if has_details {
        let [a, b, c, d] = transposed_bytes::<S>(inverse_dct(simd, block));
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

/// Limits columns of samples to 0..=255 and gives them as rows: in each half two rows one after another.
#[inline(always)]
fn transposed_bytes<S: Simd>(x: Eight<S>) -> [S::Bytes; 4] {
    // As in `transpose_8x8`; packing makes the lowest bit of the vector the highest of the lane.
    let packed = [x[0].pack_bytes(x[1]), x[2].pack_bytes(x[3]), x[4].pack_bytes(x[5]), x[6].pack_bytes(x[7])];
    turn_bytes::<S>(turn_bytes::<S>(turn_bytes::<S>(packed)))
}

#[inline(always)]
fn turn_bytes<S: Simd>(x: [S::Bytes; 4]) -> [S::Bytes; 4] {
    [x[0].zip_low_8(x[2]), x[0].zip_high_8(x[2]), x[1].zip_low_8(x[3]), x[1].zip_high_8(x[3])]
}

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
fn product<S: Simd>(simd: S, pairs: [S::Words; 2], [a, b]: [i16; 2]) -> Wide<S> {
    let factors = S::Words::load(simd, &[a, b, a, b, a, b, a, b, a, b, a, b, a, b, a, b]);
    [pairs[0].mul_add_pairs(factors), pairs[1].mul_add_pairs(factors)]
}

/// Row `k` of [`ODD`] times four values, given as two zipped pairs.
#[inline(always)]
fn odd<S: Simd>(simd: S, pairs: [[S::Words; 2]; 2], k: usize) -> Wide<S> {
    let [a, b, c, d] = ODD[k];
    add::<S>(product(simd, pairs[0], [a, b]), product(simd, pairs[1], [c, d]))
}

/// Divides by `2^BITS`, flooring, and narrows.
#[inline(always)]
fn narrow<S: Simd, const BITS: i32>(x: Wide<S>) -> S::Words {
    x[0].shr::<BITS>().pack_words(x[1].shr::<BITS>())
}

/// Divides by `2^(BITS + 1)`, rounding to the nearest, and narrows. One bit more fits 16 bits, too.
#[inline(always)]
fn descale<S: Simd, const BITS: i32>(simd: S, x: Wide<S>) -> S::Words {
    // Multiplying by one half rounds as is needed here.
    narrow::<S, BITS>(x).mul_rounded(S::Words::splat(simd, 1 << 14))
}

/// One pass forwards, the results divided by `2^(BITS + 1)`, but coefficients 0 and 4, which are sums, as they are.
#[inline(always)]
fn forward<S: Simd, const BITS: i32>(simd: S, x: Eight<S>) -> Eight<S> {
    let sums = [x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]];
    let (outer, inner) = (sums[0] + sums[3], sums[1] + sums[2]);
    let even = zip::<S>(sums[0] - sums[3], sums[1] - sums[2]);
    let pairs = [zip::<S>(x[0] - x[7], x[1] - x[6]), zip::<S>(x[2] - x[5], x[3] - x[4])];
    [
        outer + inner,
        descale::<S, BITS>(simd, odd(simd, pairs, 0)),
        descale::<S, BITS>(simd, product(simd, even, EVEN[0])),
        descale::<S, BITS>(simd, odd(simd, pairs, 1)),
        outer - inner,
        descale::<S, BITS>(simd, odd(simd, pairs, 2)),
        descale::<S, BITS>(simd, product(simd, even, EVEN[1])),
        descale::<S, BITS>(simd, odd(simd, pairs, 3)),
    ]
}

/// Samples 0..=255, a vector a row, to coefficients, a vector a row of them.
#[inline(always)]
fn forward_dct<S: Simd>(simd: S, rows: Eight<S>) -> Eight<S> {
    const BITS: i32 = PASS_BITS as i32;
    const ROWS: i32 = (CONST_BITS - PASS_BITS - 1) as i32;
    const COLUMNS: i32 = (CONST_BITS + PASS_BITS - 1) as i32;
    let mut x = forward::<S, ROWS>(simd, transpose_8x8::<S>(rows));
    // The 128 that each sample is too large sum up in coefficient 0, and cancel out elsewhere.
    x[0] = (x[0] - S::Words::splat(simd, 8 * 128)).shl::<BITS>();
    x[4] = x[4].shl::<BITS>();
    let mut x = forward::<S, COLUMNS>(simd, transpose_8x8::<S>(x));
    let half = S::Words::splat(simd, 1 << (BITS - 1));
    x[0] = (x[0] + half).shr::<BITS>();
    x[4] = (x[4] + half).shr::<BITS>();
    x
}

/// As [`Quantiser::quantise_and_dequantise`]; tells whether anything but the mean is left of either block.
#[inline(always)]
fn quantise_and_dequantise<S: Simd>(simd: S, rows: &mut Eight<S>, quantiser: &Quantiser) -> bool {
    let mut details = S::Words::load(simd, &[0, -1, -1, -1, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1]);
    for (v, row) in rows.iter_mut().enumerate() {
        let raised = row.abs() + S::Words::load(simd, &quantiser.corrections[v]);
        let scaled = raised.mul_high_unsigned(S::Words::load(simd, &quantiser.reciprocals[v]));
        let level = scaled.mul_high_unsigned(S::Words::load(simd, &quantiser.scales[v]));
        details = if v == 0 { details.and(level) } else { details.or(level) };
        *row = level.mul_low(S::Words::load(simd, &quantiser.steps[v])).times_sign_of(*row);
    }
    !details.is_zero()
}

/// One pass backwards, each result divided by `2^BITS`, plus `offset`.
#[inline(always)]
fn inverse<S: Simd, const BITS: i32>(simd: S, x: Eight<S>, offset: i32) -> Eight<S> {
    const ONE: i16 = 1 << CONST_BITS;
    let round = [S::Dwords::splat(simd, (offset << BITS) + (1 << (BITS - 1))); 2];
    let mean = zip::<S>(x[0], x[4]);
    let sum = add::<S>(product(simd, mean, [ONE, ONE]), round);
    let difference = add::<S>(product(simd, mean, [ONE, -ONE]), round);
    let rotated = zip::<S>(x[2], x[6]);
    let (e0, e1) = (product(simd, rotated, EVEN[0]), product(simd, rotated, EVEN[1]));
    let even = [add::<S>(sum, e0), add::<S>(difference, e1), sub::<S>(difference, e1), sub::<S>(sum, e0)];
    let pairs = [zip::<S>(x[1], x[3]), zip::<S>(x[5], x[7])];
    let odd = [odd(simd, pairs, 0), odd(simd, pairs, 1), odd(simd, pairs, 2), odd(simd, pairs, 3)];
    [
        narrow::<S, BITS>(add::<S>(even[0], odd[0])),
        narrow::<S, BITS>(add::<S>(even[1], odd[1])),
        narrow::<S, BITS>(add::<S>(even[2], odd[2])),
        narrow::<S, BITS>(add::<S>(even[3], odd[3])),
        narrow::<S, BITS>(sub::<S>(even[3], odd[3])),
        narrow::<S, BITS>(sub::<S>(even[2], odd[2])),
        narrow::<S, BITS>(sub::<S>(even[1], odd[1])),
        narrow::<S, BITS>(sub::<S>(even[0], odd[0])),
    ]
}

/// Coefficients to samples around 128, not yet limited: a vector a column of samples.
#[inline(always)]
fn inverse_dct<S: Simd>(simd: S, coefficients: Eight<S>) -> Eight<S> {
    const COLUMNS: i32 = (CONST_BITS - PASS_BITS) as i32;
    const ROWS: i32 = (CONST_BITS + PASS_BITS + 3) as i32;
    let columns = inverse::<S, COLUMNS>(simd, coefficients, 0);
    inverse::<S, ROWS>(simd, transpose_8x8::<S>(columns), 128)
}

/// The sample that every place has where the mean alone is left: [`inverse_dct`] of nothing but coefficient 0.
#[inline(always)]
fn inverse_dct_of_mean<S: Simd>(simd: S, first_row: S::Words) -> S::Words {
    let mean = first_row.zip_low_16(first_row);
    let mean = mean.zip_low_32(mean);
    let mean = mean.zip_low_64(mean);
    (mean + S::Words::splat(simd, 4)).shr::<3>() + S::Words::splat(simd, 128)
}
