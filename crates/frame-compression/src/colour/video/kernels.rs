//! The conversions of a row on vectors. A row that does not divide by them ends with a vector that overlaps the one
//! before; a row shorter than one goes the plain way of [`super::scalar`].

use super::{LAST_OFFSET, OFFSET, TAPS, scalar};
use crate::simd::{Dwords, Simd, Words};

/// Samples that are converted at a time: one of chroma for two pixels.
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

/// See [`scalar::ycc_row`].
#[inline(always)]
pub(super) fn ycc_row<S: Simd>(simd: S, rgb: &[u8], luma_row: &mut [u8], cb: &mut [i16], cr: &mut [i16]) {
    let width = luma_row.len();
    if S::IS_SCALAR || width < PIXELS {
        return scalar::ycc_row(rgb, luma_row, cb, cr);
    }
    for at in (0..width).step_by(PIXELS) {
        let at = at.min(width - PIXELS);
        let pairs = S::Words::load_rgb_pairs(simd, samples(rgb, 3 * at));
        luma(simd, pairs).store_bytes(samples_mut(luma_row, at));
        let [cb_left, cr_left] = chroma(simd, pairs);
        let pairs = S::Words::load_rgb_pairs(simd, samples(rgb, 3 * (at + LANES)));
        luma(simd, pairs).store_bytes(samples_mut(luma_row, at + LANES));
        let [cb_right, cr_right] = chroma(simd, pairs);
        in_order(cb_left, cb_right).store(samples_mut(cb, at / 2));
        in_order(cr_left, cr_right).store(samples_mut(cr, at / 2));
    }
}

/// Y of 16 pixels, as [`Words::load_rgb_pairs`] gives them. The two shifts of the formula are one.
#[inline(always)]
fn luma<S: Simd>(simd: S, [rg_low, rg_high, bg_low, bg_high]: [S::Words; 4]) -> S::Words {
    let (red_green, blue) = (S::Words::splat_pair(simd, 8414, 16519), S::Words::splat_pair(simd, 3208, 0));
    let offset = S::Dwords::splat(simd, (32 << 14) + (1 << 8) + (32 << 9));
    let low = rg_low.mul_add_pairs(red_green) + bg_low.mul_add_pairs(blue) + offset;
    let high = rg_high.mul_add_pairs(red_green) + bg_high.mul_add_pairs(blue) + offset;
    low.shr::<15>().pack_words(high.shr::<15>())
}

/// Cb and Cr of 8 pairs of pixels, as [`Words::load_rgb_pairs`] gives them.
#[inline(always)]
fn chroma<S: Simd>(simd: S, [rg_low, rg_high, bg_low, bg_high]: [S::Words; 4]) -> [S::Dwords; 2] {
    let offset = S::Dwords::splat(simd, OFFSET);
    let (red_green, blue) = (S::Words::splat_pair(simd, -4865, -9528), S::Words::splat_pair(simd, 14392, 0));
    let low = rg_low.mul_add_pairs(red_green) + bg_low.mul_add_pairs(blue);
    let high = rg_high.mul_add_pairs(red_green) + bg_high.mul_add_pairs(blue);
    let cb = low.add_neighbours(high) + offset;
    let (red, blue_green) = (S::Words::splat_pair(simd, 14392, 0), S::Words::splat_pair(simd, -2332, -12061));
    let low = rg_low.mul_add_pairs(red) + bg_low.mul_add_pairs(blue_green);
    let high = rg_high.mul_add_pairs(red) + bg_high.mul_add_pairs(blue_green);
    let cr = low.add_neighbours(high) + offset;
    [cb.shr::<10>(), cr.shr::<10>()]
}

/// All lanes of both, left to right.
#[inline(always)]
fn in_order<S: Simd, D: Dwords<S>>(left: D, right: D) -> S::Words {
    left.low_halves(right).pack_words(left.high_halves(right))
}

/// See [`scalar::filter_rows`]: twice the 15 bits of chroma are below 2 * 15360, so they are signed lanes.
#[inline(always)]
pub(super) fn filter_rows<S: Simd>(simd: S, rows: [&[i16]; TAPS], weights: [i16; TAPS], out: &mut [u8]) {
    let width = out.len();
    if S::IS_SCALAR || width < LANES {
        return scalar::filter_rows(rows, weights, out);
    }
    for at in (0..width).step_by(LANES) {
        let at = at.min(width - LANES);
        let mut sum = S::Words::splat(simd, 5);
        for (row, weight) in rows.iter().zip(weights) {
            let chroma = S::Words::load(simd, samples(row, at));
            sum = sum + (chroma + chroma).mul_high(S::Words::splat(simd, weight));
        }
        sum.shr::<3>().store_bytes(samples_mut(out, at));
    }
}

/// See [`scalar::filter_last_rows`].
#[inline(always)]
pub(super) fn filter_last_rows<S: Simd>(simd: S, rows: [&[i16]; TAPS], weights: [i16; TAPS], out: &mut [u8]) {
    let width = out.len();
    if S::IS_SCALAR || width < LANES {
        return scalar::filter_last_rows(rows, weights, out);
    }
    let upper_weights = S::Words::splat_pair(simd, 2 * weights[0], 2 * weights[1]);
    let lower_weights = S::Words::splat_pair(simd, 2 * weights[2], 2 * weights[3]);
    let offset = S::Dwords::splat(simd, LAST_OFFSET);
    for at in (0..width).step_by(LANES) {
        let at = at.min(width - LANES);
        let (a, b) = (S::Words::load(simd, samples(rows[0], at)), S::Words::load(simd, samples(rows[1], at)));
        let (c, d) = (S::Words::load(simd, samples(rows[2], at)), S::Words::load(simd, samples(rows[3], at)));
        let low = a.zip_low_16(b).mul_add_pairs(upper_weights)
            + c.zip_low_16(d).mul_add_pairs(lower_weights)
            + offset;
        let high = a.zip_high_16(b).mul_add_pairs(upper_weights)
            + c.zip_high_16(d).mul_add_pairs(lower_weights)
            + offset;
        low.shr::<19>().pack_words(high.shr::<19>()).store_bytes(samples_mut(out, at));
    }
}

/// See [`scalar::ycc_to_rgb_row`].
#[inline(always)]
pub(super) fn ycc_to_rgb_row<S: Simd>(simd: S, luma: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
    let width = luma.len();
    if S::IS_SCALAR || width < PIXELS {
        return scalar::ycc_to_rgb_row(luma, cb, cr, rgb);
    }
    for at in (0..width).step_by(PIXELS) {
        let at = at.min(width - PIXELS);
        let (cb, cr) = (centred::<S>(simd, samples(cb, at / 2)), centred::<S>(simd, samples(cr, at / 2)));
        let red = cr.mul_high(S::Words::splat(simd, 13075));
        let green = cb.mul_high(S::Words::splat(simd, -3209)) + cr.mul_high(S::Words::splat(simd, -6660));
        let blue = cb.mul_high(S::Words::splat(simd, 16525));
        let left = restored_luma::<S>(simd, samples(luma, at));
        let chroma = [red.zip_low_16(red), green.zip_low_16(green), blue.zip_low_16(blue)];
        let channels = [left + chroma[0], left + chroma[1], left + chroma[2]];
        S::Words::store_rgb(channels, samples_mut(rgb, 3 * at));
        let right = restored_luma::<S>(simd, samples(luma, at + LANES));
        let chroma = [red.zip_high_16(red), green.zip_high_16(green), blue.zip_high_16(blue)];
        let channels = [right + chroma[0], right + chroma[1], right + chroma[2]];
        S::Words::store_rgb(channels, samples_mut(rgb, 3 * (at + LANES)));
    }
}

/// Eight times what chroma differs from 128, the inner fours swapped: each doubled by zips, the low lanes belong to
/// the first 16 pixels and the high ones to the others.
#[inline(always)]
fn centred<S: Simd>(simd: S, chroma: &[u8; LANES]) -> S::Words {
    (S::Words::load_bytes(simd, chroma) - S::Words::splat(simd, 128)).shl::<3>().fours::<0b11_01_10_00>()
}

#[inline(always)]
fn restored_luma<S: Simd>(simd: S, luma: &[u8; LANES]) -> S::Words {
    let above_black = S::Words::load_bytes(simd, luma) - S::Words::splat(simd, 16);
    above_black.shl::<3>().mul_high(S::Words::splat(simd, 9539))
}
