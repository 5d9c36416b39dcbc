//! The conversions of a row on vectors; what is left over at its end goes the plain way of [`super::scalar`].

use super::scalar;
use crate::simd::{Bytes, Dwords, Simd, Words};

/// Pixels that are converted at a time.
const PIXELS: usize = 16;

/// Two constants in turn, for pairs of lanes.
#[inline(always)]
fn factors<S: Simd>(simd: S, a: i16, b: i16) -> S::Words {
    S::Words::load(simd, &[a, b, a, b, a, b, a, b, a, b, a, b, a, b, a, b])
}

/// See [`scalar::luma_row`]: from pairs (R, G) and (B, G), as 0.587 does not fit 16 bits in one piece.
#[inline(always)]
fn luma<S: Simd>(simd: S, red_green: S::Words, blue_green: S::Words) -> S::Dwords {
    let sum = red_green.mul_add_pairs(factors(simd, 19595, (38470 - 16384_i32) as i16))
        + blue_green.mul_add_pairs(factors(simd, 7471, 16384));
    (sum + S::Dwords::splat(simd, 1 << 15)).shr::<16>()
}

/// See [`scalar::ycc_row`]: one half is subtracted as minus one half, which fits.
#[inline(always)]
fn chroma<S: Simd>(simd: S, red_green: S::Words, blue_green: S::Words) -> [S::Dwords; 2] {
    let offset = S::Dwords::splat(simd, (128 << 16) + (1 << 15) - 1);
    let half = factors(simd, -32768, 0);
    let cb = red_green.mul_add_pairs(factors(simd, -11059, -21709)) - blue_green.mul_add_pairs(half);
    let cr = blue_green.mul_add_pairs(factors(simd, -5329, -27439)) - red_green.mul_add_pairs(half);
    [(cb + offset).shr::<16>(), (cr + offset).shr::<16>()]
}

#[inline(always)]
pub(super) fn ycc_row<S: Simd>(simd: S, rgb: &[u8], luma_row: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    if S::IS_SCALAR {
        return scalar::ycc_row(rgb, luma_row, cb, cr);
    }
    let (rgb, rgb_end) = rgb.as_chunks::<{ 3 * PIXELS }>();
    let (luma_row, luma_end) = luma_row.as_chunks_mut::<PIXELS>();
    let (cb, cb_end) = cb.as_chunks_mut::<PIXELS>();
    let (cr, cr_end) = cr.as_chunks_mut::<PIXELS>();
    for (((rgb, to_luma), to_cb), to_cr) in rgb.iter().zip(luma_row).zip(cb).zip(cr) {
        let [rg_low, rg_high, bg_low, bg_high] = S::Words::load_rgb_pairs(simd, rgb);
        luma(simd, rg_low, bg_low).pack_words(luma(simd, rg_high, bg_high)).store_bytes(to_luma);
        let ([cb_low, cr_low], [cb_high, cr_high]) =
            (chroma(simd, rg_low, bg_low), chroma(simd, rg_high, bg_high));
        cb_low.pack_words(cb_high).store_bytes(to_cb);
        cr_low.pack_words(cr_high).store_bytes(to_cr);
    }
    scalar::ycc_row(rgb_end, luma_end, cb_end, cr_end);
}

#[inline(always)]
pub(super) fn luma_row<S: Simd>(simd: S, rgb: &[u8], luma_row: &mut [u8]) {
    if S::IS_SCALAR {
        return scalar::luma_row(rgb, luma_row);
    }
    let (rgb, rgb_end) = rgb.as_chunks::<{ 3 * PIXELS }>();
    let (luma_row, luma_end) = luma_row.as_chunks_mut::<PIXELS>();
    for (rgb, to) in rgb.iter().zip(luma_row) {
        let [rg_low, rg_high, bg_low, bg_high] = S::Words::load_rgb_pairs(simd, rgb);
        luma(simd, rg_low, bg_low).pack_words(luma(simd, rg_high, bg_high)).store_bytes(to);
    }
    scalar::luma_row(rgb_end, luma_end);
}

#[inline(always)]
pub(super) fn halve_columns<S: Simd>(simd: S, full: &[u8], half: &mut [u8]) {
    if S::IS_SCALAR {
        return scalar::halve_columns(full, half);
    }
    let (full, full_end) = full.as_chunks::<{ 2 * PIXELS }>();
    let (half, half_end) = half.as_chunks_mut::<PIXELS>();
    let bias = factors(simd, 0, 1);
    for (full, half) in full.iter().zip(half) {
        (S::Bytes::load(simd, full).add_neighbours() + bias).shr::<1>().store_bytes(half);
    }
    scalar::halve_columns(full_end, half_end);
}

#[inline(always)]
pub(super) fn halve_rows_and_columns<S: Simd>(simd: S, above: &[u8], below: &[u8], half: &mut [u8]) {
    if S::IS_SCALAR {
        return scalar::halve_rows_and_columns(above, below, half);
    }
    let (above, above_end) = above.as_chunks::<{ 2 * PIXELS }>();
    let (below, below_end) = below.as_chunks::<{ 2 * PIXELS }>();
    let (half, half_end) = half.as_chunks_mut::<PIXELS>();
    let bias = factors(simd, 1, 2);
    for ((above, below), half) in above.iter().zip(below).zip(half) {
        let sum = S::Bytes::load(simd, above).add_neighbours() + S::Bytes::load(simd, below).add_neighbours();
        (sum + bias).shr::<2>().store_bytes(half);
    }
    scalar::halve_rows_and_columns(above_end, below_end, half_end);
}

/// Bytes as words.
#[inline(always)]
pub(super) fn widen_row<S: Simd>(simd: S, row: &[u8], wide: &mut [i16]) {
    let (row, row_end) = row.as_chunks::<PIXELS>();
    let (wide, wide_end) = wide.as_chunks_mut::<PIXELS>();
    for (row, wide) in row.iter().zip(wide) {
        S::Words::load_bytes(simd, row).store(wide);
    }
    for (wide, &sample) in wide_end.iter_mut().zip(row_end) {
        *wide = i16::from(sample);
    }
}

#[inline(always)]
pub(super) fn weigh_rows<S: Simd>(simd: S, near: &[u8], far: &[u8], weighted: &mut [i16]) {
    if S::IS_SCALAR {
        return scalar::weigh_rows(near, far, weighted);
    }
    let (near, near_end) = near.as_chunks::<PIXELS>();
    let (far, far_end) = far.as_chunks::<PIXELS>();
    let (weighted, weighted_end) = weighted.as_chunks_mut::<PIXELS>();
    for ((near, far), weighted) in near.iter().zip(far).zip(weighted) {
        let near = S::Words::load_bytes(simd, near);
        (near + near + near + S::Words::load_bytes(simd, far)).store(weighted);
    }
    scalar::weigh_rows(near_end, far_end, weighted_end);
}

#[inline(always)]
pub(super) fn double_columns<S: Simd, const SHIFT: i32>(
    simd: S,
    half: &[i16],
    full: &mut [u8],
    bias: [i16; 2],
) {
    if S::IS_SCALAR {
        return scalar::double_columns::<SHIFT>(half, full, bias);
    }
    let (even_bias, odd_bias) = (S::Words::splat(simd, bias[0]), S::Words::splat(simd, bias[1]));
    let (pairs, _) = full.as_chunks_mut::<{ 2 * PIXELS }>();
    let columns = pairs.len() * PIXELS;
    let [left, here, right] = [0, 1, 2].map(|from| half[from..][..columns].as_chunks::<PIXELS>().0);
    for (((to, left), here), right) in pairs.iter_mut().zip(left).zip(here).zip(right) {
        let here = S::Words::load(simd, here);
        let here = here + here + here;
        let even = (here + S::Words::load(simd, left) + even_bias).shr::<SHIFT>();
        let odd = (here + S::Words::load(simd, right) + odd_bias).shr::<SHIFT>();
        even.pack_bytes(even).zip_low_8(odd.pack_bytes(odd)).store(to);
    }
    scalar::double_columns::<SHIFT>(&half[columns..], &mut full[2 * columns..], bias);
}

#[inline(always)]
pub(super) fn ycc_to_rgb_row<S: Simd>(simd: S, luma: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
    if S::IS_SCALAR {
        return scalar::ycc_to_rgb_row(luma, cb, cr, rgb);
    }
    let (luma, luma_end) = luma.as_chunks::<PIXELS>();
    let (cb, cb_end) = cb.as_chunks::<PIXELS>();
    let (cr, cr_end) = cr.as_chunks::<PIXELS>();
    let (rgb, rgb_end) = rgb.as_chunks_mut::<{ 3 * PIXELS }>();
    for (((luma, cb), cr), rgb) in luma.iter().zip(cb).zip(cr).zip(rgb) {
        let luma = S::Words::load_bytes(simd, luma);
        let centre = S::Words::splat(simd, 128);
        let cb = S::Words::load_bytes(simd, cb) - centre;
        let cr = S::Words::load_bytes(simd, cr) - centre;
        // 1.402 and 1.772 in 14 bits: for these 256 numbers the products round as those with 16 bits do.
        let red = luma + (cr + cr).mul_rounded(S::Words::splat(simd, 22971));
        let blue = luma + (cb + cb).mul_rounded(S::Words::splat(simd, 29033));
        let green = luma - cr + green(simd, cb.zip_low_16(cr)).pack_words(green(simd, cb.zip_high_16(cr)));
        S::Words::store_rgb([red, green, blue], rgb);
    }
    scalar::ycc_to_rgb_row(luma_end, cb_end, cr_end, rgb_end);
}

/// What pairs (Cb, Cr) add to green, but for -1 times Cr.
#[inline(always)]
fn green<S: Simd>(simd: S, pairs: S::Words) -> S::Dwords {
    let sum = pairs.mul_add_pairs(factors(simd, -22554, (65536 - 46802) as i16));
    (sum + S::Dwords::splat(simd, 1 << 15)).shr::<16>()
}

#[inline(always)]
pub(super) fn grey_to_rgb_row<S: Simd>(simd: S, luma: &[u8], rgb: &mut [u8]) {
    if S::IS_SCALAR {
        return scalar::grey_to_rgb_row(luma, rgb);
    }
    let (luma, luma_end) = luma.as_chunks::<PIXELS>();
    let (rgb, rgb_end) = rgb.as_chunks_mut::<{ 3 * PIXELS }>();
    for (luma, rgb) in luma.iter().zip(rgb) {
        S::Words::store_rgb([S::Words::load_bytes(simd, luma); 3], rgb);
    }
    scalar::grey_to_rgb_row(luma_end, rgb_end);
}
