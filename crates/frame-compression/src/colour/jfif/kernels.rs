//! The conversions of a row on vectors; what is left over at its end goes the plain way of [`super::scalar`].

use super::scalar;
use crate::simd::{Array, ByteVector, DwordVector, Vectors, WordVector};

/// See [`scalar::luma_row`]: from pairs (R, G) and (B, G), as 0.587 does not fit 16 bits in one piece.
#[inline(always)]
fn luma<V: Vectors>(simd: V, red_green: V::Words, blue_green: V::Words) -> V::Dwords {
    let sum = V::Dwords::splat(simd, 1 << 15)
        .plus_products(red_green, V::Words::splat_pair(simd, 19595, (38470 - 16384_i32) as i16))
        .plus_products(blue_green, V::Words::splat_pair(simd, 7471, 16384));
    sum.shr::<16>()
}

/// See [`scalar::ycc_row`]: one half is subtracted as minus one half, which fits.
#[inline(always)]
fn chroma<V: Vectors>(simd: V, red_green: V::Words, blue_green: V::Words) -> [V::Dwords; 2] {
    let offset = V::Dwords::splat(simd, (128 << 16) + (1 << 15) - 1);
    let half = V::Words::splat_pair(simd, -32768, 0);
    let cb = offset.plus_products(red_green, V::Words::splat_pair(simd, -11059, -21709))
        - blue_green.mul_add_pairs(half);
    let cr = offset.plus_products(blue_green, V::Words::splat_pair(simd, -5329, -27439))
        - red_green.mul_add_pairs(half);
    [cb.shr::<16>(), cr.shr::<16>()]
}

/// The pixels from `from` on as a whole step, the last one repeated.
#[inline(always)]
fn padded<A: Array<u8>>(rgb: &[u8], from: usize) -> A {
    let mut step = A::zeros();
    let end = rgb.get(3 * from..).unwrap_or_default();
    let (samples, padding) = step.as_mut().split_at_mut(end.len());
    samples.copy_from_slice(end);
    padding.as_chunks_mut::<3>().0.fill(rgb.last_chunk::<3>().copied().unwrap_or_default());
    step
}

/// Y, Cb, Cr of a row and of its padding.
#[inline(always)]
pub(super) fn ycc_row<V: Vectors>(simd: V, rgb: &[u8], luma_row: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let (steps, stride) = (V::Rgb::split(rgb).0, luma_row.len());
    let to_chroma = V::HalfBytes::split_mut(cb).0.iter_mut().zip(V::HalfBytes::split_mut(cr).0);
    for ((rgb, to_luma), to_chroma) in steps.iter().zip(V::HalfBytes::split_mut(luma_row).0).zip(to_chroma) {
        ycc_step(simd, rgb, to_luma, to_chroma.0, to_chroma.1);
    }
    // Two, where blocks of 4:1:1 are padded.
    for at in (steps.len() * V::LANES..stride).step_by(V::LANES) {
        let mut end = [V::HalfBytes::zeros(); 3];
        let [end_luma, end_cb, end_cr] = &mut end;
        ycc_step(simd, &padded(rgb, at), end_luma, end_cb, end_cr);
        let columns = V::LANES.min(stride - at);
        for (row, end) in [&mut *luma_row, cb, cr].into_iter().zip(&end) {
            row[at..][..columns].copy_from_slice(&end.as_ref()[..columns]);
        }
    }
}

#[inline(always)]
fn ycc_step<V: Vectors>(
    simd: V,
    rgb: &V::Rgb,
    to_luma: &mut V::HalfBytes,
    to_cb: &mut V::HalfBytes,
    to_cr: &mut V::HalfBytes,
) {
    if V::IS_SCALAR {
        return scalar::ycc_row(rgb.as_ref(), to_luma.as_mut(), to_cb.as_mut(), to_cr.as_mut());
    }
    let [luma, cb, cr] = ycc(simd, rgb);
    luma.store_bytes(to_luma);
    cb.store_bytes(to_cb);
    cr.store_bytes(to_cr);
}

/// Y, Cb and Cr of a vector's pixels.
#[inline(always)]
fn ycc<V: Vectors>(simd: V, rgb: &V::Rgb) -> [V::Words; 3] {
    let [rg_low, rg_high, bg_low, bg_high] = V::Words::load_rgb_pairs(simd, rgb);
    let luma_words = luma(simd, rg_low, bg_low).pack_words(luma(simd, rg_high, bg_high));
    let ([cb_low, cr_low], [cb_high, cr_high]) =
        (chroma(simd, rg_low, bg_low), chroma(simd, rg_high, bg_high));
    [luma_words, cb_low.pack_words(cb_high), cr_low.pack_words(cr_high)]
}

/// Y of a row and of its padding.
#[inline(always)]
pub(super) fn luma_row<V: Vectors>(simd: V, rgb: &[u8], luma_row: &mut [u8]) {
    let (steps, stride) = (V::Rgb::split(rgb).0, luma_row.len());
    for (rgb, to) in steps.iter().zip(V::HalfBytes::split_mut(luma_row).0) {
        luma_step(simd, rgb, to);
    }
    for at in (steps.len() * V::LANES..stride).step_by(V::LANES) {
        let mut end = V::HalfBytes::zeros();
        luma_step(simd, &padded(rgb, at), &mut end);
        let columns = V::LANES.min(stride - at);
        luma_row[at..][..columns].copy_from_slice(&end.as_ref()[..columns]);
    }
}

#[inline(always)]
fn luma_step<V: Vectors>(simd: V, rgb: &V::Rgb, to: &mut V::HalfBytes) {
    if V::IS_SCALAR {
        return scalar::luma_row(rgb.as_ref(), to.as_mut());
    }
    let [rg_low, rg_high, bg_low, bg_high] = V::Words::load_rgb_pairs(simd, rgb);
    luma(simd, rg_low, bg_low).pack_words(luma(simd, rg_high, bg_high)).store_bytes(to);
}

/// How many bytes before it is written RGB is asked for.
const AHEAD: usize = 2048;

/// Y of two rows and of their padding, and Cb and Cr at half the width and height.
#[inline(always)]
pub(super) fn subsampled_rows<V: Vectors>(
    simd: V,
    rgb: [&[u8]; 2],
    luma: [&mut [u8]; 2],
    cb: &mut [u8],
    cr: &mut [u8],
) {
    let [above, below] = rgb;
    let [luma_above, luma_below] = luma;
    let stride = luma_above.len();
    // The next pair of rows, if rows are packed.
    let ahead = 2 * above.len();
    let (above_steps, below_steps) = (V::RgbOfBytes::split(above).0, V::RgbOfBytes::split(below).0);
    let to_luma = V::ByteLanes::split_mut(luma_above).0.iter_mut().zip(V::ByteLanes::split_mut(luma_below).0);
    let to_chroma = V::HalfBytes::split_mut(cb).0.iter_mut().zip(V::HalfBytes::split_mut(cr).0);
    for (((above, below), to_luma), to_chroma) in
        above_steps.iter().zip(below_steps).zip(to_luma).zip(to_chroma)
    {
        simd.prefetch(above.as_ref(), ahead);
        simd.prefetch(below.as_ref(), ahead);
        subsampled_step(simd, [above, below], [to_luma.0, to_luma.1], to_chroma.0, to_chroma.1);
    }
    let done = above_steps.len() * 2 * V::LANES;
    if done < stride {
        let (above, below) = (padded(above, done), padded(below, done));
        let mut luma = [V::ByteLanes::zeros(); 2];
        let mut chroma = [V::HalfBytes::zeros(); 2];
        let ([end_above, end_below], [end_cb, end_cr]) = (&mut luma, &mut chroma);
        subsampled_step(simd, [&above, &below], [end_above, end_below], end_cb, end_cr);
        let columns = stride - done;
        luma_above[done..].copy_from_slice(&luma[0].as_ref()[..columns]);
        luma_below[done..].copy_from_slice(&luma[1].as_ref()[..columns]);
        cb[done / 2..].copy_from_slice(&chroma[0].as_ref()[..columns / 2]);
        cr[done / 2..].copy_from_slice(&chroma[1].as_ref()[..columns / 2]);
    }
}

#[inline(always)]
fn subsampled_step<V: Vectors>(
    simd: V,
    rgb: [&V::RgbOfBytes; 2],
    luma: [&mut V::ByteLanes; 2],
    to_cb: &mut V::HalfBytes,
    to_cr: &mut V::HalfBytes,
) {
    if V::IS_SCALAR {
        return scalar::subsampled_rows(rgb.map(AsRef::as_ref), luma, to_cb.as_mut(), to_cr.as_mut());
    }
    let [luma_above, luma_below] = luma;
    let [cb_above, cr_above] = subsampled_row(simd, rgb[0], luma_above);
    let [cb_below, cr_below] = subsampled_row(simd, rgb[1], luma_below);
    let cb = sums_of_four::<V>(simd, cb_above, cb_below);
    let cr = sums_of_four::<V>(simd, cr_above, cr_below);
    let bias = V::Words::splat_pair(simd, 1, 2);
    let (cb, cr) = ((cb + bias).shr::<2>(), (cr + bias).shr::<2>());
    cb.pack_bytes(cr).store_zipped_64(to_cb, to_cr);
}

/// Stores Y of two vectors' pixels, and gives Cb and Cr of the first and the last of them.
#[inline(always)]
fn subsampled_row<V: Vectors>(
    simd: V,
    rgb: &V::RgbOfBytes,
    to_luma: &mut V::ByteLanes,
) -> [[V::Words; 2]; 2] {
    let (first, last) = (V::Rgb::of(rgb.as_ref(), 0), V::Rgb::of(rgb.as_ref(), 3 * V::LANES));
    let ([first, first_cb, first_cr], [last, last_cb, last_cr]) = (ycc(simd, first), ycc(simd, last));
    first.pack_bytes(last).store_unzipped_64(to_luma);
    [[first_cb, last_cb], [first_cr, last_cr]]
}

/// Sums of pairs of columns and both rows.
#[inline(always)]
fn sums_of_four<V: Vectors>(simd: V, above: [V::Words; 2], below: [V::Words; 2]) -> V::Words {
    let ones = V::Words::splat(simd, 1);
    let first = (above[0] + below[0]).mul_add_pairs(ones);
    first.join_words((above[1] + below[1]).mul_add_pairs(ones))
}

#[inline(always)]
pub(super) fn halve_columns<V: Vectors>(simd: V, full: &[u8], half: &mut [u8]) {
    let width = half.len();
    if V::IS_SCALAR || width < V::LANES {
        return scalar::halve_columns(full, half);
    }
    let bias = V::Words::splat_pair(simd, 0, 1);
    for at in (0..width).step_by(V::LANES) {
        // Even, as the width is, so that biases stay where they are.
        let at = at.min(width - V::LANES);
        let sums = V::Bytes::load(simd, V::ByteLanes::of(full, 2 * at)).add_neighbours();
        (sums + bias).shr::<1>().store_bytes(V::HalfBytes::of_mut(half, at));
    }
}

#[inline(always)]
pub(super) fn quarter_columns<V: Vectors>(simd: V, full: &[u8], quarter: &mut [u8]) {
    let width = quarter.len();
    if V::IS_SCALAR || width < V::LANES {
        return scalar::quarter_columns(full, quarter);
    }
    let (ones, bias) = (V::Words::splat(simd, 1), V::Words::splat(simd, 2));
    for at in (0..width).step_by(V::LANES) {
        let at = at.min(width - V::LANES);
        let sums = |from: usize| {
            V::Bytes::load(simd, V::ByteLanes::of(full, from)).add_neighbours().mul_add_pairs(ones)
        };
        let sums = sums(4 * at).join_words(sums(4 * at + 2 * V::LANES));
        (sums + bias).shr::<2>().store_bytes(V::HalfBytes::of_mut(quarter, at));
    }
}

#[inline(always)]
pub(super) fn average_rows<V: Vectors>(simd: V, other: &[u8], row: &mut [u8]) {
    if V::IS_SCALAR {
        return scalar::average_rows(other, row);
    }
    let (other, other_end) = V::HalfBytes::split(other);
    let (row, row_end) = V::HalfBytes::split_mut(row);
    let bias = V::Words::splat(simd, 1);
    for (other, row) in other.iter().zip(row) {
        let sum = V::Words::load_bytes(simd, row) + V::Words::load_bytes(simd, other);
        (sum + bias).shr::<1>().store_bytes(row);
    }
    scalar::average_rows(other_end, row_end);
}

#[inline(always)]
pub(super) fn row_between<V: Vectors>(simd: V, near: &[u8], far: &[u8], between: &mut [u8], bias: i16) {
    let width = between.len();
    if V::IS_SCALAR || width < V::LANES {
        return scalar::row_between(near, far, between, bias);
    }
    let biases = V::Words::splat(simd, bias);
    for at in (0..width).step_by(V::LANES) {
        let at = at.min(width - V::LANES);
        let sum = weighted(simd, near, far, at);
        (sum + biases).shr::<2>().store_bytes(V::HalfBytes::of_mut(between, at));
    }
}

/// Bytes as words.
#[inline(always)]
pub(super) fn widen_row<V: Vectors>(simd: V, row: &[u8], wide: &mut [i16]) {
    let (row, row_end) = V::HalfBytes::split(row);
    let (wide, wide_end) = V::WordLanes::split_mut(wide);
    for (row, wide) in row.iter().zip(wide) {
        V::Words::load_bytes(simd, row).store(wide);
    }
    for (wide, &sample) in wide_end.iter_mut().zip(row_end) {
        *wide = i16::from(sample);
    }
}

#[inline(always)]
pub(super) fn weigh_rows<V: Vectors>(simd: V, near: &[u8], far: &[u8], to: &mut [i16]) {
    let width = to.len();
    if V::IS_SCALAR || width < V::LANES {
        return scalar::weigh_rows(near, far, to);
    }
    for at in (0..width).step_by(V::LANES) {
        let at = at.min(width - V::LANES);
        weighted(simd, near, far, at).store(V::WordLanes::of_mut(to, at));
    }
}

/// Three times the near row plus the far one, from column `at` on.
#[inline(always)]
fn weighted<V: Vectors>(simd: V, near: &[u8], far: &[u8], at: usize) -> V::Words {
    let near = V::Words::load_bytes(simd, V::HalfBytes::of(near, at));
    near + near + near + V::Words::load_bytes(simd, V::HalfBytes::of(far, at))
}

/// Chroma of twice as many columns, as [`scalar::double_columns`] has it, with Y as packed RGB.
#[inline(always)]
pub(super) fn upsampled_to_rgb_row<V: Vectors, const SHIFT: i32>(
    simd: V,
    luma: &[u8],
    cb: &[i16],
    cr: &[i16],
    rgb: &mut [u8],
    bias: [i16; 2],
) {
    let (luma, luma_end) = V::ByteLanes::split(luma);
    let (rgb, rgb_end) = V::RgbOfBytes::split_mut(rgb);
    for (i, (luma, rgb)) in luma.iter().zip(&mut *rgb).enumerate() {
        simd.prefetch(rgb.as_ref(), AHEAD);
        let (cb, cr) = (&cb[i * V::LANES..][..V::LANES + 2], &cr[i * V::LANES..][..V::LANES + 2]);
        upsampled_step::<V, SHIFT>(simd, luma, cb, cr, rgb, bias);
    }
    if !luma_end.is_empty() {
        let (mut luma, mut pixels) = (V::ByteLanes::zeros(), V::RgbOfBytes::zeros());
        luma.as_mut()[..luma_end.len()].copy_from_slice(luma_end);
        let from = rgb.len() * V::LANES;
        let (cb, cr) = (&cb[from..][..V::LANES + 2], &cr[from..][..V::LANES + 2]);
        upsampled_step::<V, SHIFT>(simd, &luma, cb, cr, &mut pixels, bias);
        rgb_end.copy_from_slice(&pixels.as_ref()[..rgb_end.len()]);
    }
}

/// Does that to as many pixels as a vector has bytes. Chroma has a column more at each end.
#[inline(always)]
fn upsampled_step<V: Vectors, const SHIFT: i32>(
    simd: V,
    luma: &V::ByteLanes,
    cb: &[i16],
    cr: &[i16],
    rgb: &mut V::RgbOfBytes,
    bias: [i16; 2],
) {
    if V::IS_SCALAR {
        let [mut full_cb, mut full_cr] = [V::ByteLanes::zeros(); 2];
        scalar::double_columns::<SHIFT>(cb, full_cb.as_mut(), bias);
        scalar::double_columns::<SHIFT>(cr, full_cr.as_mut(), bias);
        return scalar::ycc_to_rgb_row(luma.as_ref(), full_cb.as_ref(), full_cr.as_ref(), rgb.as_mut());
    }
    let [cb_even, cb_odd] = doubled_columns::<V, SHIFT>(simd, cb, bias);
    let [cr_even, cr_odd] = doubled_columns::<V, SHIFT>(simd, cr, bias);
    let (luma_low, luma_high) = V::Bytes::load(simd, luma).widen();
    // Zips leave the first 8 of each 16 pixels, as widening does.
    let green_low =
        green(simd, cb_even.zip_low_16(cr_even)).high_words(green(simd, cb_odd.zip_low_16(cr_odd)));
    let green_high =
        green(simd, cb_even.zip_high_16(cr_even)).high_words(green(simd, cb_odd.zip_high_16(cr_odd)));
    let (cb, cr) = (cb_even.zip_low_16(cb_odd), cr_even.zip_low_16(cr_odd));
    let low = pixels(simd, luma_low, cb, cr, green_low);
    let (cb, cr) = (cb_even.zip_high_16(cb_odd), cr_even.zip_high_16(cr_odd));
    V::Words::store_rgb_zipped(low, pixels(simd, luma_high, cb, cr, green_high), rgb);
}

/// The even and the odd ones of twice as many columns of chroma, around 0.
#[inline(always)]
fn doubled_columns<V: Vectors, const SHIFT: i32>(simd: V, half: &[i16], bias: [i16; 2]) -> [V::Words; 2] {
    let load = |from: usize| V::Words::load(simd, V::WordLanes::of(half, from));
    let centre = 128 << SHIFT;
    let here = load(1);
    let here = here + here + here;
    let even = here + load(0) + V::Words::splat(simd, bias[0] - centre);
    let odd = here + load(2) + V::Words::splat(simd, bias[1] - centre);
    [even.shr::<SHIFT>(), odd.shr::<SHIFT>()]
}

/// Red, green and blue from Y, Cb and Cr around 0, and what [`green`] gives.
#[inline(always)]
fn pixels<V: Vectors>(simd: V, luma: V::Words, cb: V::Words, cr: V::Words, green: V::Words) -> [V::Words; 3] {
    // 1.402 and 1.772 in 14 bits: for these 256 numbers the products round as those with 16 bits do.
    let red = luma + (cr + cr).mul_rounded(V::Words::splat(simd, 22971));
    let blue = luma + (cb + cb).mul_rounded(V::Words::splat(simd, 29033));
    [red, luma - cr + green, blue]
}

/// Y, Cb and Cr as packed RGB. The last step overlaps the one before, if need be.
#[inline(always)]
pub(super) fn ycc_to_rgb_row<V: Vectors>(simd: V, luma: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
    let width = luma.len();
    if V::IS_SCALAR || width < V::LANES {
        return scalar::ycc_to_rgb_row(luma, cb, cr, rgb);
    }
    let chroma = V::HalfBytes::split(cb).0.iter().zip(V::HalfBytes::split(cr).0);
    let steps = V::HalfBytes::split(luma).0.iter().zip(chroma).zip(V::Rgb::split_mut(rgb).0);
    for ((luma, (cb, cr)), rgb) in steps {
        ycc_to_rgb_step(simd, luma, cb, cr, rgb);
    }
    if !width.is_multiple_of(V::LANES) {
        let at = width - V::LANES;
        let [luma, cb, cr] = [luma, cb, cr].map(|row| V::HalfBytes::of(row, at));
        ycc_to_rgb_step(simd, luma, cb, cr, V::Rgb::of_mut(rgb, 3 * at));
    }
}

#[inline(always)]
fn ycc_to_rgb_step<V: Vectors>(
    simd: V,
    luma: &V::HalfBytes,
    cb: &V::HalfBytes,
    cr: &V::HalfBytes,
    rgb: &mut V::Rgb,
) {
    let centre = V::Words::splat(simd, 128);
    let luma = V::Words::load_bytes(simd, luma);
    let (cb, cr) = (V::Words::load_bytes(simd, cb) - centre, V::Words::load_bytes(simd, cr) - centre);
    let green =
        green(simd, cb.zip_low_16(cr)).shr::<16>().pack_words(green(simd, cb.zip_high_16(cr)).shr::<16>());
    V::Words::store_rgb(pixels(simd, luma, cb, cr, green), rgb);
}

/// What pairs (Cb, Cr) add to green, but for -1 times Cr, in the high 16 bits.
#[inline(always)]
fn green<V: Vectors>(simd: V, pairs: V::Words) -> V::Dwords {
    V::Dwords::splat(simd, 1 << 15)
        .plus_products(pairs, V::Words::splat_pair(simd, -22554, (65536 - 46802) as i16))
}

/// See [`ycc_to_rgb_row`].
#[inline(always)]
pub(super) fn grey_to_rgb_row<V: Vectors>(simd: V, luma: &[u8], rgb: &mut [u8]) {
    let width = luma.len();
    if V::IS_SCALAR || width < V::LANES {
        return scalar::grey_to_rgb_row(luma, rgb);
    }
    for (luma, rgb) in V::HalfBytes::split(luma).0.iter().zip(V::Rgb::split_mut(rgb).0) {
        V::Words::store_rgb([V::Words::load_bytes(simd, luma); 3], rgb);
    }
    if !width.is_multiple_of(V::LANES) {
        let at = width - V::LANES;
        let last = V::Words::load_bytes(simd, V::HalfBytes::of(luma, at));
        V::Words::store_rgb([last; 3], V::Rgb::of_mut(rgb, 3 * at));
    }
}
