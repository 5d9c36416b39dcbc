//! The conversions of a row on vectors. A row that does not divide by them ends with a vector that overlaps the one
//! before; a row shorter than one goes the plain way.

use super::back::{self, Factors};
use super::filter::MAX_TAPS;
use super::forward::{self, Range, Stretch};
use crate::simd::{Dwords, Simd, Words};

/// Samples that are converted at a time, and pixels where chroma has half as many.
const LANES: usize = 16;
const PIXELS: usize = 2 * LANES;

#[inline(always)]
fn samples<T, const N: usize>(row: &[T], at: usize) -> &[T; N] {
    row[at..].first_chunk().expect("a vector ends at the row's end")
}

#[inline(always)]
fn samples_mut<T, const N: usize>(row: &mut [T], at: usize) -> &mut [T; N] {
    row[at..].first_chunk_mut().expect("a vector ends at the row's end")
}

/// Y of each pixel, and Cb and Cr of each two.
#[inline(always)]
pub(super) fn halved_row<S: Simd>(
    simd: S,
    rgb: &[u8],
    luma_row: &mut [u8],
    [cb, cr]: [&mut [i16]; 2],
    range: Range,
) {
    let width = luma_row.len();
    if S::IS_SCALAR || width < PIXELS {
        forward::luma_row(rgb, luma_row, range);
        return forward::chroma_row::<2>(rgb, cb, cr, range);
    }
    for at in (0..width).step_by(PIXELS) {
        let at = at.min(width - PIXELS);
        let pairs = S::Words::load_rgb_pairs(simd, samples(rgb, 3 * at));
        luma(simd, pairs, range).store_bytes(samples_mut(luma_row, at));
        let [cb_left, cr_left] = halved_chroma(simd, pairs);
        let pairs = S::Words::load_rgb_pairs(simd, samples(rgb, 3 * (at + LANES)));
        luma(simd, pairs, range).store_bytes(samples_mut(luma_row, at + LANES));
        let [cb_right, cr_right] = halved_chroma(simd, pairs);
        doubled(simd, in_order(cb_left, cb_right), range).store(samples_mut(cb, at / 2));
        doubled(simd, in_order(cr_left, cr_right), range).store(samples_mut(cr, at / 2));
    }
}

/// Y, Cb and Cr of each pixel.
#[inline(always)]
pub(super) fn full_row<S: Simd>(
    simd: S,
    rgb: &[u8],
    luma_row: &mut [u8],
    [cb, cr]: [&mut [i16]; 2],
    range: Range,
) {
    let width = luma_row.len();
    if S::IS_SCALAR || width < LANES {
        forward::luma_row(rgb, luma_row, range);
        return forward::chroma_row::<1>(rgb, cb, cr, range);
    }
    let offset = S::Dwords::splat(simd, forward::CHROMA_OFFSET);
    for at in (0..width).step_by(LANES) {
        let at = at.min(width - LANES);
        let pairs = S::Words::load_rgb_pairs(simd, samples(rgb, 3 * at));
        luma(simd, pairs, range).store_bytes(samples_mut(luma_row, at));
        let [[cb_low, cb_high], [cr_low, cr_high]] = chroma(simd, pairs);
        let narrow = |low: S::Dwords, high: S::Dwords| {
            (low + offset).shr::<9>().pack_words((high + offset).shr::<9>())
        };
        doubled(simd, narrow(cb_low, cb_high), range).store(samples_mut(cb, at));
        doubled(simd, narrow(cr_low, cr_high), range).store(samples_mut(cr, at));
    }
}

/// Y of each pixel alone.
#[inline(always)]
pub(super) fn luma_row<S: Simd>(simd: S, rgb: &[u8], luma_row: &mut [u8], range: Range) {
    let width = luma_row.len();
    if S::IS_SCALAR || width < LANES {
        return forward::luma_row(rgb, luma_row, range);
    }
    for at in (0..width).step_by(LANES) {
        let at = at.min(width - LANES);
        let pairs = S::Words::load_rgb_pairs(simd, samples(rgb, 3 * at));
        luma(simd, pairs, range).store_bytes(samples_mut(luma_row, at));
    }
}

/// Y of 16 pixels, as [`Words::load_rgb_pairs`] gives them.
#[inline(always)]
fn luma<S: Simd>(simd: S, [rg_low, rg_high, bg_low, bg_high]: [S::Words; 4], range: Range) -> S::Words {
    let (red_green, blue) = (S::Words::splat_pair(simd, 8414, 16519), S::Words::splat_pair(simd, 3208, 0));
    let low = rg_low.mul_add_pairs(red_green) + bg_low.mul_add_pairs(blue);
    let high = rg_high.mul_add_pairs(red_green) + bg_high.mul_add_pairs(blue);
    let Some(stretch) = range.luma() else {
        // The two shifts of the formula are one.
        let offset = S::Dwords::splat(simd, forward::LUMA_OFFSET + (32 << 9));
        return (low + offset).shr::<15>().pack_words((high + offset).shr::<15>());
    };
    let offset = S::Dwords::splat(simd, forward::LUMA_OFFSET);
    let luma = (low + offset).shr::<9>().pack_words((high + offset).shr::<9>());
    let luma = stretched(simd, luma + luma, &stretch);
    luma.saturating_add(S::Words::splat(simd, 64)).shr::<7>()
}

/// The weighted sums of Cb and Cr of 16 pixels: those of the low and of the high four lanes of each half.
#[inline(always)]
fn chroma<S: Simd>(simd: S, [rg_low, rg_high, bg_low, bg_high]: [S::Words; 4]) -> [[S::Dwords; 2]; 2] {
    let (red_green, blue) = (S::Words::splat_pair(simd, -4865, -9528), S::Words::splat_pair(simd, 14392, 0));
    let cb = [
        rg_low.mul_add_pairs(red_green) + bg_low.mul_add_pairs(blue),
        rg_high.mul_add_pairs(red_green) + bg_high.mul_add_pairs(blue),
    ];
    let (red, blue_green) = (S::Words::splat_pair(simd, 14392, 0), S::Words::splat_pair(simd, -2332, -12061));
    let cr = [
        rg_low.mul_add_pairs(red) + bg_low.mul_add_pairs(blue_green),
        rg_high.mul_add_pairs(red) + bg_high.mul_add_pairs(blue_green),
    ];
    [cb, cr]
}

/// Cb and Cr of 8 pairs of pixels, not yet doubled.
#[inline(always)]
fn halved_chroma<S: Simd>(simd: S, pairs: [S::Words; 4]) -> [S::Dwords; 2] {
    let offset = S::Dwords::splat(simd, 2 * forward::CHROMA_OFFSET);
    let [[cb_low, cb_high], [cr_low, cr_high]] = chroma(simd, pairs);
    [
        (cb_low.add_neighbours(cb_high) + offset).shr::<10>(),
        (cr_low.add_neighbours(cr_high) + offset).shr::<10>(),
    ]
}

/// All lanes of both, left to right.
#[inline(always)]
fn in_order<S: Simd, D: Dwords<S>>(left: D, right: D) -> S::Words {
    left.low_halves(right).pack_words(left.high_halves(right))
}

/// Chroma of 15 bits in its range, from half of it.
#[inline(always)]
fn doubled<S: Simd>(simd: S, half: S::Words, range: Range) -> S::Words {
    let chroma = half + half;
    match range.chroma() {
        None => chroma,
        Some(stretch) => stretched(simd, chroma, &stretch),
    }
}

/// See [`Stretch::of`]: narrowing saturates.
#[inline(always)]
fn stretched<S: Simd>(simd: S, wide: S::Words, stretch: &Stretch) -> S::Words {
    let (zero, factor) = (S::Words::splat(simd, 0), S::Words::splat(simd, stretch.factor));
    let offset = S::Dwords::splat(simd, stretch.offset);
    let wide = wide.min(S::Words::splat(simd, stretch.most));
    let low = wide.zip_low_16(zero).mul_add_pairs(factor) - offset;
    let high = wide.zip_high_16(zero).mul_add_pairs(factor) - offset;
    low.shr::<14>().pack_words(high.shr::<14>())
}

/// See [`forward::narrow_row`].
#[inline(always)]
pub(super) fn narrow_row<S: Simd>(simd: S, row: &[i16], out: &mut [u8]) {
    let width = out.len();
    if S::IS_SCALAR || width < LANES {
        return forward::narrow_row(row, out);
    }
    for at in (0..width).step_by(LANES) {
        let at = at.min(width - LANES);
        let chroma = S::Words::load(simd, samples(row, at)).saturating_add(S::Words::splat(simd, 64));
        chroma.shr::<7>().store_bytes(samples_mut(out, at));
    }
}

/// See [`forward::filter_down`].
#[inline(always)]
pub(super) fn filter_down<S: Simd>(simd: S, rows: [&[i16]; MAX_TAPS], weights: &[i16], out: &mut [u8]) {
    let width = out.len();
    if S::IS_SCALAR || width < LANES {
        return forward::filter_down(rows, weights, out);
    }
    match *weights {
        [a, b, c, d] => filter_by_taps(simd, rows, [a, b, c, d], out),
        [a, b, c, d, e, f, g, h] => filter_by_taps(simd, rows, [a, b, c, d, e, f, g, h], out),
        _ => filter_by_taps(simd, rows, weights, out),
    }
}

/// [`filter_down`] for a number of taps that the compiler may know.
#[inline(always)]
fn filter_by_taps<S: Simd>(simd: S, rows: [&[i16]; MAX_TAPS], weights: impl AsRef<[i16]>, out: &mut [u8]) {
    let (weights, width) = (weights.as_ref(), out.len());
    let round = S::Words::splat(simd, forward::rounding(weights) as i16);
    for at in (0..width).step_by(LANES) {
        let at = at.min(width - LANES);
        let mut sum = round;
        for (row, &weight) in rows.iter().zip(weights) {
            let chroma = S::Words::load(simd, samples(row, at));
            sum = sum + chroma.mul_high(S::Words::splat(simd, weight));
        }
        sum.shr::<3>().store_bytes(samples_mut(out, at));
    }
}

/// See [`forward::filter_down_exactly`]. There is an even number of taps.
#[inline(always)]
pub(super) fn filter_down_exactly<S: Simd>(
    simd: S,
    rows: [&[i16]; MAX_TAPS],
    weights: &[i16],
    out: &mut [u8],
) {
    let width = out.len();
    if S::IS_SCALAR || width < LANES {
        return forward::filter_down_exactly(rows, weights, out);
    }
    let round = S::Dwords::splat(simd, 64 << 12);
    for at in (0..width).step_by(LANES) {
        let at = at.min(width - LANES);
        let (mut low, mut high) = (round, round);
        for (rows, weights) in rows.chunks_exact(2).zip(weights.as_chunks::<2>().0) {
            let weights = S::Words::splat_pair(simd, weights[0], weights[1]);
            let first = S::Words::load(simd, samples(rows[0], at));
            let second = S::Words::load(simd, samples(rows[1], at));
            low = low + first.zip_low_16(second).mul_add_pairs(weights);
            high = high + first.zip_high_16(second).mul_add_pairs(weights);
        }
        low.shr::<19>().pack_words(high.shr::<19>()).store_bytes(samples_mut(out, at));
    }
}

/// See [`back::row_x86`], for chroma of two pixels each.
#[inline(always)]
pub(super) fn row_x86<S: Simd>(simd: S, planes: [&[u8]; 3], factors: &Factors, rgb: &mut [u8]) {
    let [luma, cb, cr] = planes;
    let width = luma.len();
    if S::IS_SCALAR || width < PIXELS {
        return back::row_x86::<2>(planes, factors, rgb);
    }
    let [_, red, green_cb, green_cr, blue] = factors.short;
    for at in (0..width - width % 2).step_by(PIXELS) {
        let at = at.min((width - PIXELS) & !1);
        let (cb, cr) = (centred::<S>(simd, samples(cb, at / 2)), centred::<S>(simd, samples(cr, at / 2)));
        let red = cr.mul_high(S::Words::splat(simd, red));
        let green =
            cb.mul_high(S::Words::splat(simd, green_cb)) + cr.mul_high(S::Words::splat(simd, green_cr));
        let blue = cb.mul_high(S::Words::splat(simd, blue));
        let left = restored_luma::<S>(simd, samples(luma, at), factors);
        let chroma = [red.zip_low_16(red), green.zip_low_16(green), blue.zip_low_16(blue)];
        let channels = [left + chroma[0], left + chroma[1], left + chroma[2]];
        S::Words::store_rgb(channels, samples_mut(rgb, 3 * at));
        let right = restored_luma::<S>(simd, samples(luma, at + LANES), factors);
        let chroma = [red.zip_high_16(red), green.zip_high_16(green), blue.zip_high_16(blue)];
        let channels = [right + chroma[0], right + chroma[1], right + chroma[2]];
        S::Words::store_rgb(channels, samples_mut(rgb, 3 * (at + LANES)));
    }
    if !width.is_multiple_of(2) {
        let at = width - 1;
        back::row_x86::<2>([&luma[at..], &cb[at / 2..], &cr[at / 2..]], factors, &mut rgb[3 * at..]);
    }
}

/// Eight times what chroma differs from 128, the inner fours swapped: each doubled by zips, the low lanes belong to
/// the first 16 pixels and the high ones to the others.
#[inline(always)]
fn centred<S: Simd>(simd: S, chroma: &[u8; LANES]) -> S::Words {
    (S::Words::load_bytes(simd, chroma) - S::Words::splat(simd, 128)).shl::<3>().fours::<0b11_01_10_00>()
}

#[inline(always)]
fn restored_luma<S: Simd>(simd: S, luma: &[u8; LANES], factors: &Factors) -> S::Words {
    let luma = S::Words::load_bytes(simd, luma);
    if !factors.stretched {
        return luma;
    }
    (luma - S::Words::splat(simd, 16)).shl::<3>().mul_high(S::Words::splat(simd, factors.short[0]))
}

/// See [`back::row_full`]: sums of all, and not their parts, are shifted, which leaves what is too bright for 32 bits at
/// 512 or more.
#[inline(always)]
pub(super) fn row_full<S: Simd>(simd: S, planes: [&[u8]; 3], factors: &Factors, rgb: &mut [u8]) {
    let [luma, cb, cr] = planes;
    let width = luma.len();
    if S::IS_SCALAR || width < LANES {
        return back::row_full(planes, factors, rgb);
    }
    let [to_luma, red, green_cb, green_cr, blue] = factors.short;
    let (zero, half) = (S::Words::splat(simd, 0), S::Words::splat(simd, 128));
    let black = S::Words::splat(simd, factors.black as i16);
    let round = S::Dwords::splat(simd, 1 << 12);
    let pairs = |a: S::Words, b: S::Words, factors: S::Words| {
        [a.zip_low_16(b).mul_add_pairs(factors), a.zip_high_16(b).mul_add_pairs(factors)]
    };
    let narrow =
        |[low, high]: [S::Dwords; 2]| (low + round).shr::<13>().pack_words((high + round).shr::<13>());
    for at in (0..width).step_by(LANES) {
        let at = at.min(width - LANES);
        let luma = S::Words::load_bytes(simd, samples(luma, at)) - black;
        let cb = S::Words::load_bytes(simd, samples(cb, at)) - half;
        let cr = S::Words::load_bytes(simd, samples(cr, at)) - half;
        let red = narrow(pairs(luma, cr, S::Words::splat_pair(simd, to_luma, red)));
        let [low, high] = pairs(luma, cr, S::Words::splat_pair(simd, to_luma, green_cr));
        let [more_low, more_high] = pairs(cb, zero, S::Words::splat_pair(simd, green_cb, 0));
        let green = narrow([low + more_low, high + more_high]);
        let blue = narrow(pairs(luma, cb, S::Words::splat_pair(simd, to_luma, blue)));
        let blue = blue.and(S::Words::splat(simd, 512).greater(blue));
        S::Words::store_rgb([red, green, blue], samples_mut(rgb, 3 * at));
    }
}
