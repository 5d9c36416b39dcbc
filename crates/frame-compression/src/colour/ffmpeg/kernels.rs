//! The conversions of a row on vectors. A row that does not divide by them ends with a vector that overlaps the one
//! before; a row shorter than one goes the plain way.

use super::back::{self, Factors};
use super::filter::MAX_TAPS;
use super::forward::{self, Range, Stretch};
use crate::simd::{Array, ByteVector, DwordVector, Vectors, WordVector};

/// Y of each pixel, and Cb and Cr of each two.
#[inline(always)]
pub(super) fn halved_row<V: Vectors>(
    simd: V,
    rgb: &[u8],
    luma_row: &mut [u8],
    [cb, cr]: [&mut [i16]; 2],
    range: Range,
) {
    let (width, step) = (luma_row.len(), 2 * V::LANES);
    if V::IS_SCALAR || width < step {
        forward::luma_row(rgb, luma_row, range);
        return forward::chroma_row::<2>(rgb, cb, cr, range);
    }
    for at in (0..width).step_by(step) {
        let at = at.min(width - step);
        let left = V::Words::load_rgb_pairs(simd, V::Rgb::of(rgb, 3 * at));
        let right = V::Words::load_rgb_pairs(simd, V::Rgb::of(rgb, 3 * (at + V::LANES)));
        luma(simd, left, range)
            .pack_bytes(luma(simd, right, range))
            .store_unzipped_64(V::ByteLanes::of_mut(luma_row, at));
        let ([cb_left, cr_left], [cb_right, cr_right]) =
            (halved_chroma(simd, left), halved_chroma(simd, right));
        doubled(simd, cb_left.join_words(cb_right), range).store(V::WordLanes::of_mut(cb, at / 2));
        doubled(simd, cr_left.join_words(cr_right), range).store(V::WordLanes::of_mut(cr, at / 2));
    }
}

/// Y, Cb and Cr of each pixel.
#[inline(always)]
pub(super) fn full_row<V: Vectors>(
    simd: V,
    rgb: &[u8],
    luma_row: &mut [u8],
    [cb, cr]: [&mut [i16]; 2],
    range: Range,
) {
    let width = luma_row.len();
    if V::IS_SCALAR || width < V::LANES {
        forward::luma_row(rgb, luma_row, range);
        return forward::chroma_row::<1>(rgb, cb, cr, range);
    }
    let offset = V::Dwords::splat(simd, forward::CHROMA_OFFSET);
    for at in (0..width).step_by(V::LANES) {
        let at = at.min(width - V::LANES);
        let pairs = V::Words::load_rgb_pairs(simd, V::Rgb::of(rgb, 3 * at));
        luma(simd, pairs, range).store_bytes(V::HalfBytes::of_mut(luma_row, at));
        let [rg_low, rg_high, bg_low, bg_high] = pairs;
        let ([cb_low, cr_low], [cb_high, cr_high]) =
            (chroma(simd, offset, rg_low, bg_low), chroma(simd, offset, rg_high, bg_high));
        let narrow = |low: V::Dwords, high: V::Dwords| low.shr::<9>().pack_words(high.shr::<9>());
        doubled(simd, narrow(cb_low, cb_high), range).store(V::WordLanes::of_mut(cb, at));
        doubled(simd, narrow(cr_low, cr_high), range).store(V::WordLanes::of_mut(cr, at));
    }
}

/// Y of each pixel alone.
#[inline(always)]
pub(super) fn luma_row<V: Vectors>(simd: V, rgb: &[u8], luma_row: &mut [u8], range: Range) {
    let width = luma_row.len();
    if V::IS_SCALAR || width < V::LANES {
        return forward::luma_row(rgb, luma_row, range);
    }
    for at in (0..width).step_by(V::LANES) {
        let at = at.min(width - V::LANES);
        let pairs = V::Words::load_rgb_pairs(simd, V::Rgb::of(rgb, 3 * at));
        luma(simd, pairs, range).store_bytes(V::HalfBytes::of_mut(luma_row, at));
    }
}

/// Y of pixels, as [`WordVector::load_rgb_pairs`] gives them.
#[inline(always)]
fn luma<V: Vectors>(simd: V, [rg_low, rg_high, bg_low, bg_high]: [V::Words; 4], range: Range) -> V::Words {
    let (red_green, blue) = (V::Words::splat_pair(simd, 8414, 16519), V::Words::splat_pair(simd, 3208, 0));
    let weighted = |offset: i32, rg: V::Words, bg: V::Words| {
        V::Dwords::splat(simd, offset).plus_products(rg, red_green).plus_products(bg, blue)
    };
    let Some(stretch) = range.luma() else {
        // The two shifts of the formula are one.
        let offset = forward::LUMA_OFFSET + (32 << 9);
        let (low, high) = (weighted(offset, rg_low, bg_low), weighted(offset, rg_high, bg_high));
        return low.shr::<15>().pack_words(high.shr::<15>());
    };
    let offset = forward::LUMA_OFFSET;
    let (low, high) = (weighted(offset, rg_low, bg_low), weighted(offset, rg_high, bg_high));
    let luma = low.shr::<9>().pack_words(high.shr::<9>());
    let luma = stretched(simd, luma + luma, &stretch);
    luma.saturating_add(V::Words::splat(simd, 64)).shr::<7>()
}

/// An offset plus the weighted sums of Cb and Cr, from pairs (R, G) and (B, G).
#[inline(always)]
fn chroma<V: Vectors>(simd: V, offset: V::Dwords, rg: V::Words, bg: V::Words) -> [V::Dwords; 2] {
    let (red_green, blue) = (V::Words::splat_pair(simd, -4865, -9528), V::Words::splat_pair(simd, 14392, 0));
    let (red, blue_green) = (V::Words::splat_pair(simd, 14392, 0), V::Words::splat_pair(simd, -2332, -12061));
    [
        offset.plus_products(rg, red_green).plus_products(bg, blue),
        offset.plus_products(rg, red).plus_products(bg, blue_green),
    ]
}

/// Cb and Cr of pairs of pixels, not yet doubled: the weights of the pixels' sums.
#[inline(always)]
fn halved_chroma<V: Vectors>(simd: V, [rg_low, rg_high, bg_low, bg_high]: [V::Words; 4]) -> [V::Dwords; 2] {
    let offset = V::Dwords::splat(simd, 2 * forward::CHROMA_OFFSET);
    // Sums of samples do not reach into the lane above.
    let rg = rg_low.as_dwords().add_neighbours(rg_high.as_dwords()).as_words();
    let bg = bg_low.as_dwords().add_neighbours(bg_high.as_dwords()).as_words();
    let [cb, cr] = chroma(simd, offset, rg, bg);
    [cb.shr::<10>(), cr.shr::<10>()]
}

/// Chroma of 15 bits in its range, from half of it.
#[inline(always)]
fn doubled<V: Vectors>(simd: V, half: V::Words, range: Range) -> V::Words {
    let chroma = half + half;
    match range.chroma() {
        None => chroma,
        Some(stretch) => stretched(simd, chroma, &stretch),
    }
}

/// See [`Stretch::of`]: narrowing saturates.
#[inline(always)]
fn stretched<V: Vectors>(simd: V, wide: V::Words, stretch: &Stretch) -> V::Words {
    let (zero, factor) = (V::Words::splat(simd, 0), V::Words::splat(simd, stretch.factor));
    let offset = V::Dwords::splat(simd, -stretch.offset);
    let wide = wide.min(V::Words::splat(simd, stretch.most));
    let low = offset.plus_products(wide.zip_low_16(zero), factor);
    let high = offset.plus_products(wide.zip_high_16(zero), factor);
    low.shr::<14>().pack_words(high.shr::<14>())
}

/// See [`forward::narrow_row`].
#[inline(always)]
pub(super) fn narrow_row<V: Vectors>(simd: V, row: &[i16], out: &mut [u8]) {
    let width = out.len();
    if V::IS_SCALAR || width < V::LANES {
        return forward::narrow_row(row, out);
    }
    for at in (0..width).step_by(V::LANES) {
        let at = at.min(width - V::LANES);
        let chroma =
            V::Words::load(simd, V::WordLanes::of(row, at)).saturating_add(V::Words::splat(simd, 64));
        chroma.shr::<7>().store_bytes(V::HalfBytes::of_mut(out, at));
    }
}

/// See [`forward::filter_down`].
#[inline(always)]
pub(super) fn filter_down<V: Vectors>(simd: V, rows: [&[i16]; MAX_TAPS], weights: &[i16], out: &mut [u8]) {
    let width = out.len();
    if V::IS_SCALAR || width < V::LANES {
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
fn filter_by_taps<V: Vectors>(simd: V, rows: [&[i16]; MAX_TAPS], weights: impl AsRef<[i16]>, out: &mut [u8]) {
    let (weights, width) = (weights.as_ref(), out.len());
    let round = V::Words::splat(simd, forward::rounding(weights) as i16);
    for at in (0..width).step_by(V::LANES) {
        let at = at.min(width - V::LANES);
        let mut sum = round;
        for (row, &weight) in rows.iter().zip(weights) {
            let chroma = V::Words::load(simd, V::WordLanes::of(row, at));
            sum = sum + chroma.mul_high(V::Words::splat(simd, weight));
        }
        sum.shr::<3>().store_bytes(V::HalfBytes::of_mut(out, at));
    }
}

/// See [`forward::filter_down_exactly`]. There is an even number of taps.
#[inline(always)]
pub(super) fn filter_down_exactly<V: Vectors>(
    simd: V,
    rows: [&[i16]; MAX_TAPS],
    weights: &[i16],
    out: &mut [u8],
) {
    let width = out.len();
    if V::IS_SCALAR || width < V::LANES {
        return forward::filter_down_exactly(rows, weights, out);
    }
    let round = V::Dwords::splat(simd, 64 << 12);
    for at in (0..width).step_by(V::LANES) {
        let at = at.min(width - V::LANES);
        let (mut low, mut high) = (round, round);
        for (rows, weights) in rows.chunks_exact(2).zip(weights.as_chunks::<2>().0) {
            let weights = V::Words::splat_pair(simd, weights[0], weights[1]);
            let first = V::Words::load(simd, V::WordLanes::of(rows[0], at));
            let second = V::Words::load(simd, V::WordLanes::of(rows[1], at));
            low = low.plus_products(first.zip_low_16(second), weights);
            high = high.plus_products(first.zip_high_16(second), weights);
        }
        low.shr::<19>().pack_words(high.shr::<19>()).store_bytes(V::HalfBytes::of_mut(out, at));
    }
}

/// See [`back::row_x86`], for chroma of two pixels each.
#[inline(always)]
pub(super) fn row_x86<V: Vectors>(simd: V, planes: [&[u8]; 3], factors: &Factors, rgb: &mut [u8]) {
    let [luma, cb, cr] = planes;
    let (width, step) = (luma.len(), 2 * V::LANES);
    if V::IS_SCALAR || width < step {
        return back::row_x86::<2>(planes, factors, rgb);
    }
    let [_, red, green_cb, green_cr, blue] = factors.short;
    for at in (0..width - width % 2).step_by(step) {
        let at = at.min((width - step) & !1);
        let cb = centred::<V>(simd, V::HalfBytes::of(cb, at / 2));
        let cr = centred::<V>(simd, V::HalfBytes::of(cr, at / 2));
        let red = cr.mul_high(V::Words::splat(simd, red));
        let green =
            cb.mul_high(V::Words::splat(simd, green_cb)) + cr.mul_high(V::Words::splat(simd, green_cr));
        let blue = cb.mul_high(V::Words::splat(simd, blue));
        // Zips double chroma, and leave of each part the pixels that widening luma does.
        let (low, high) = V::Bytes::load(simd, V::ByteLanes::of(luma, at)).widen();
        let (low, high) = (restored_luma(simd, low, factors), restored_luma(simd, high, factors));
        let low = [low + red.zip_low_16(red), low + green.zip_low_16(green), low + blue.zip_low_16(blue)];
        let high =
            [high + red.zip_high_16(red), high + green.zip_high_16(green), high + blue.zip_high_16(blue)];
        V::Words::store_rgb_zipped(low, high, V::RgbOfBytes::of_mut(rgb, 3 * at));
    }
    if !width.is_multiple_of(2) {
        let at = width - 1;
        back::row_x86::<2>([&luma[at..], &cb[at / 2..], &cr[at / 2..]], factors, &mut rgb[3 * at..]);
    }
}

/// Eight times what chroma differs from 128.
#[inline(always)]
fn centred<V: Vectors>(simd: V, chroma: &V::HalfBytes) -> V::Words {
    (V::Words::load_bytes(simd, chroma) - V::Words::splat(simd, 128)).shl::<3>()
}

#[inline(always)]
fn restored_luma<V: Vectors>(simd: V, luma: V::Words, factors: &Factors) -> V::Words {
    if !factors.stretched {
        return luma;
    }
    (luma - V::Words::splat(simd, 16)).shl::<3>().mul_high(V::Words::splat(simd, factors.short[0]))
}

/// See [`back::row_full`]: sums of all, and not their parts, are shifted, which leaves what is too bright for 32 bits at
/// 512 or more.
#[inline(always)]
pub(super) fn row_full<V: Vectors>(simd: V, planes: [&[u8]; 3], factors: &Factors, rgb: &mut [u8]) {
    let [luma, cb, cr] = planes;
    let width = luma.len();
    if V::IS_SCALAR || width < V::LANES {
        return back::row_full(planes, factors, rgb);
    }
    let [to_luma, red, green_cb, green_cr, blue] = factors.short;
    let (zero, half) = (V::Words::splat(simd, 0), V::Words::splat(simd, 128));
    let black = V::Words::splat(simd, factors.black as i16);
    let round = [V::Dwords::splat(simd, 1 << 12); 2];
    let plus = |[low, high]: [V::Dwords; 2], a: V::Words, b: V::Words, factors: V::Words| {
        [low.plus_products(a.zip_low_16(b), factors), high.plus_products(a.zip_high_16(b), factors)]
    };
    let narrow = |[low, high]: [V::Dwords; 2]| low.shr::<13>().pack_words(high.shr::<13>());
    for at in (0..width).step_by(V::LANES) {
        let at = at.min(width - V::LANES);
        let luma = V::Words::load_bytes(simd, V::HalfBytes::of(luma, at)) - black;
        let cb = V::Words::load_bytes(simd, V::HalfBytes::of(cb, at)) - half;
        let cr = V::Words::load_bytes(simd, V::HalfBytes::of(cr, at)) - half;
        let red = narrow(plus(round, luma, cr, V::Words::splat_pair(simd, to_luma, red)));
        let green = plus(round, luma, cr, V::Words::splat_pair(simd, to_luma, green_cr));
        let green = narrow(plus(green, cb, zero, V::Words::splat_pair(simd, green_cb, 0)));
        let blue = narrow(plus(round, luma, cb, V::Words::splat_pair(simd, to_luma, blue)));
        let blue = blue.and(V::Words::splat(simd, 512).greater(blue));
        V::Words::store_rgb([red, green, blue], V::Rgb::of_mut(rgb, 3 * at));
    }
}
