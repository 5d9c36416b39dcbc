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

/// The pixels from `from` on as a whole step, the last one repeated.
#[inline(always)]
fn padded<const BYTES: usize>(rgb: &[u8], from: usize) -> [u8; BYTES] {
    let mut step = [0; BYTES];
    let end = rgb.get(3 * from..).unwrap_or_default();
    let (samples, padding) = step.split_at_mut(end.len());
    samples.copy_from_slice(end);
    padding.as_chunks_mut::<3>().0.fill(rgb.last_chunk::<3>().copied().unwrap_or_default());
    step
}

/// Y, Cb, Cr of a row and of its padding.
#[inline(always)]
pub(super) fn ycc_row<S: Simd>(simd: S, rgb: &[u8], luma_row: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let (steps, _) = rgb.as_chunks();
    let (luma_row, _) = luma_row.as_chunks_mut();
    let (cb, _) = cb.as_chunks_mut();
    let (cr, _) = cr.as_chunks_mut();
    for (((rgb, to_luma), to_cb), to_cr) in steps.iter().zip(&mut *luma_row).zip(&mut *cb).zip(&mut *cr) {
        ycc_step(simd, rgb, to_luma, to_cb, to_cr);
    }
    // Two, where blocks of 4:1:1 are padded.
    for step in steps.len()..luma_row.len() {
        let rgb = padded(rgb, step * PIXELS);
        ycc_step(simd, &rgb, &mut luma_row[step], &mut cb[step], &mut cr[step]);
    }
}

#[inline(always)]
fn ycc_step<S: Simd>(
    simd: S,
    rgb: &[u8; 3 * PIXELS],
    to_luma: &mut [u8; PIXELS],
    to_cb: &mut [u8; PIXELS],
    to_cr: &mut [u8; PIXELS],
) {
    if S::IS_SCALAR {
        return scalar::ycc_row(rgb, to_luma, to_cb, to_cr);
    }
    let [luma, cb, cr] = ycc(simd, rgb);
    luma.store_bytes(to_luma);
    cb.store_bytes(to_cb);
    cr.store_bytes(to_cr);
}

/// Y, Cb and Cr of 16 pixels.
#[inline(always)]
fn ycc<S: Simd>(simd: S, rgb: &[u8; 3 * PIXELS]) -> [S::Words; 3] {
    let [rg_low, rg_high, bg_low, bg_high] = S::Words::load_rgb_pairs(simd, rgb);
    let luma_words = luma(simd, rg_low, bg_low).pack_words(luma(simd, rg_high, bg_high));
    let ([cb_low, cr_low], [cb_high, cr_high]) =
        (chroma(simd, rg_low, bg_low), chroma(simd, rg_high, bg_high));
    [luma_words, cb_low.pack_words(cb_high), cr_low.pack_words(cr_high)]
}

/// Y of a row and of its padding.
#[inline(always)]
pub(super) fn luma_row<S: Simd>(simd: S, rgb: &[u8], luma_row: &mut [u8]) {
    let (steps, _) = rgb.as_chunks();
    let (luma_row, _) = luma_row.as_chunks_mut();
    for (rgb, to) in steps.iter().zip(&mut *luma_row) {
        luma_step(simd, rgb, to);
    }
    if let Some(last) = luma_row.get_mut(steps.len()) {
        luma_step(simd, &padded(rgb, steps.len() * PIXELS), last);
    }
}

#[inline(always)]
fn luma_step<S: Simd>(simd: S, rgb: &[u8; 3 * PIXELS], to: &mut [u8; PIXELS]) {
    if S::IS_SCALAR {
        return scalar::luma_row(rgb, to);
    }
    let [rg_low, rg_high, bg_low, bg_high] = S::Words::load_rgb_pairs(simd, rgb);
    luma(simd, rg_low, bg_low).pack_words(luma(simd, rg_high, bg_high)).store_bytes(to);
}

/// What the kernels of 4:2:0 make of [`PAIRS`] pairs of columns: two rows of Y, and one of Cb and of Cr.
struct Subsampled {
    luma: [[u8; 2 * PAIRS]; 2],
    cb: [u8; PAIRS],
    cr: [u8; PAIRS],
}

/// Pairs of columns that are converted at a time.
const PAIRS: usize = 16;
/// How many bytes before it is written RGB is asked for.
const AHEAD: usize = 2048;
/// Bytes of packed RGB in them.
const PAIRS_RGB: usize = 6 * PAIRS;

/// Y of two rows and of their padding, and Cb and Cr at half the width and height.
#[inline(always)]
pub(super) fn subsampled_rows<S: Simd>(
    simd: S,
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
    let (above_steps, below_steps) = (above.as_chunks().0, below.as_chunks().0);
    let to_luma = luma_above.as_chunks_mut().0.iter_mut().zip(luma_below.as_chunks_mut().0);
    let to_chroma = cb.as_chunks_mut().0.iter_mut().zip(cr.as_chunks_mut().0);
    for (((above, below), to_luma), to_chroma) in
        above_steps.iter().zip(below_steps).zip(to_luma).zip(to_chroma)
    {
        simd.prefetch(above, ahead);
        simd.prefetch(below, ahead);
        subsampled_step(simd, [above, below], [to_luma.0, to_luma.1], to_chroma.0, to_chroma.1);
    }
    let done = above_steps.len() * 2 * PAIRS;
    if done < stride {
        let (above, below) = (padded(above, done), padded(below, done));
        let mut end = Subsampled { luma: [[0; 2 * PAIRS]; 2], cb: [0; PAIRS], cr: [0; PAIRS] };
        let [end_above, end_below] = &mut end.luma;
        subsampled_step(simd, [&above, &below], [end_above, end_below], &mut end.cb, &mut end.cr);
        let columns = stride - done;
        luma_above[done..].copy_from_slice(&end.luma[0][..columns]);
        luma_below[done..].copy_from_slice(&end.luma[1][..columns]);
        cb[done / 2..].copy_from_slice(&end.cb[..columns / 2]);
        cr[done / 2..].copy_from_slice(&end.cr[..columns / 2]);
    }
}

#[inline(always)]
fn subsampled_step<S: Simd>(
    simd: S,
    rgb: [&[u8; PAIRS_RGB]; 2],
    luma: [&mut [u8; 2 * PAIRS]; 2],
    to_cb: &mut [u8; PAIRS],
    to_cr: &mut [u8; PAIRS],
) {
    if S::IS_SCALAR {
        return scalar::subsampled_rows(rgb, luma, to_cb, to_cr);
    }
    let [luma_above, luma_below] = luma;
    let [cb_above, cr_above] = subsampled_row(simd, rgb[0], luma_above);
    let [cb_below, cr_below] = subsampled_row(simd, rgb[1], luma_below);
    let cb = sums_of_four::<S>(simd, cb_above, cb_below);
    let cr = sums_of_four::<S>(simd, cr_above, cr_below);
    let bias = factors(simd, 1, 2);
    let (cb, cr) = ((cb + bias).shr::<2>(), (cr + bias).shr::<2>());
    cb.pack_bytes(cr).store_zipped_64(to_cb, to_cr);
}

/// Stores Y of 32 pixels, and gives Cb and Cr of the first and the last 16.
#[inline(always)]
fn subsampled_row<S: Simd>(
    simd: S,
    rgb: &[u8; PAIRS_RGB],
    to_luma: &mut [u8; 2 * PAIRS],
) -> [[S::Words; 2]; 2] {
    let ([first, last], []) = rgb.as_chunks() else { unreachable!("two times 16 pixels") };
    let ([to_first, to_last], []) = to_luma.as_chunks_mut() else { unreachable!("two times 16 samples") };
    let ([first, first_cb, first_cr], [last, last_cb, last_cr]) = (ycc(simd, first), ycc(simd, last));
    first.pack_bytes(last).store_zipped_64(to_first, to_last);
    [[first_cb, last_cb], [first_cr, last_cr]]
}

/// Sums of pairs of columns and both rows.
#[inline(always)]
fn sums_of_four<S: Simd>(simd: S, above: [S::Words; 2], below: [S::Words; 2]) -> S::Words {
    let ones = S::Words::splat(simd, 1);
    let first = (above[0] + below[0]).mul_add_pairs(ones);
    let last = (above[1] + below[1]).mul_add_pairs(ones);
    first.pack_words(last).fours::<0b11_01_10_00>()
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
pub(super) fn quarter_columns<S: Simd>(simd: S, full: &[u8], quarter: &mut [u8]) {
    if S::IS_SCALAR {
        return scalar::quarter_columns(full, quarter);
    }
    let (full, full_end) = full.as_chunks::<{ 4 * PIXELS }>();
    let (quarter, quarter_end) = quarter.as_chunks_mut::<PIXELS>();
    let (ones, bias) = (S::Words::splat(simd, 1), S::Words::splat(simd, 2));
    for (full, quarter) in full.iter().zip(quarter) {
        let ([first, last], []) = full.as_chunks() else { unreachable!("two times 32 samples") };
        let [first, last] =
            [first, last].map(|part| S::Bytes::load(simd, part).add_neighbours().mul_add_pairs(ones));
        let sums = first.pack_words(last).fours::<0b11_01_10_00>();
        (sums + bias).shr::<2>().store_bytes(quarter);
    }
    scalar::quarter_columns(full_end, quarter_end);
}

#[inline(always)]
pub(super) fn average_rows<S: Simd>(simd: S, other: &[u8], row: &mut [u8]) {
    if S::IS_SCALAR {
        return scalar::average_rows(other, row);
    }
    let (other, other_end) = other.as_chunks::<PIXELS>();
    let (row, row_end) = row.as_chunks_mut::<PIXELS>();
    let bias = S::Words::splat(simd, 1);
    for (other, row) in other.iter().zip(row) {
        let sum = S::Words::load_bytes(simd, row) + S::Words::load_bytes(simd, other);
        (sum + bias).shr::<1>().store_bytes(row);
    }
    scalar::average_rows(other_end, row_end);
}

#[inline(always)]
pub(super) fn row_between<S: Simd>(simd: S, near: &[u8], far: &[u8], between: &mut [u8], bias: i16) {
    if S::IS_SCALAR {
        return scalar::row_between(near, far, between, bias);
    }
    let (near, near_end) = near.as_chunks::<PIXELS>();
    let (far, far_end) = far.as_chunks::<PIXELS>();
    let (between, between_end) = between.as_chunks_mut::<PIXELS>();
    let biases = S::Words::splat(simd, bias);
    for ((near, far), between) in near.iter().zip(far).zip(between) {
        let near = S::Words::load_bytes(simd, near);
        let sum = near + near + near + S::Words::load_bytes(simd, far);
        (sum + biases).shr::<2>().store_bytes(between);
    }
    scalar::row_between(near_end, far_end, between_end, bias);
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

/// Chroma of twice as many columns, as [`scalar::double_columns`] has it, with Y as packed RGB.
#[inline(always)]
pub(super) fn upsampled_to_rgb_row<S: Simd, const SHIFT: i32>(
    simd: S,
    luma: &[u8],
    cb: &[i16],
    cr: &[i16],
    rgb: &mut [u8],
    bias: [i16; 2],
) {
    let (luma, luma_end) = luma.as_chunks();
    let (rgb, rgb_end) = rgb.as_chunks_mut();
    for (i, (luma, rgb)) in luma.iter().zip(&mut *rgb).enumerate() {
        simd.prefetch(rgb, AHEAD);
        let (cb, cr) = (&cb[i * PAIRS..][..PAIRS + 2], &cr[i * PAIRS..][..PAIRS + 2]);
        upsampled_step::<S, SHIFT>(simd, luma, cb, cr, rgb, bias);
    }
    if !luma_end.is_empty() {
        let (mut luma, mut pixels) = ([0; 2 * PAIRS], [0; PAIRS_RGB]);
        luma[..luma_end.len()].copy_from_slice(luma_end);
        let from = rgb.len() * PAIRS;
        let (cb, cr) = (&cb[from..][..PAIRS + 2], &cr[from..][..PAIRS + 2]);
        upsampled_step::<S, SHIFT>(simd, &luma, cb, cr, &mut pixels, bias);
        rgb_end.copy_from_slice(&pixels[..rgb_end.len()]);
    }
}

/// Does that to 32 pixels. Chroma has a column more at each end.
#[inline(always)]
fn upsampled_step<S: Simd, const SHIFT: i32>(
    simd: S,
    luma: &[u8; 2 * PAIRS],
    cb: &[i16],
    cr: &[i16],
    rgb: &mut [u8; PAIRS_RGB],
    bias: [i16; 2],
) {
    if S::IS_SCALAR {
        let (mut full_cb, mut full_cr) = ([0; 2 * PAIRS], [0; 2 * PAIRS]);
        scalar::double_columns::<SHIFT>(cb, &mut full_cb, bias);
        scalar::double_columns::<SHIFT>(cr, &mut full_cr, bias);
        return scalar::ycc_to_rgb_row(luma, &full_cb, &full_cr, rgb);
    }
    let [cb_even, cb_odd] = doubled_columns::<S, SHIFT>(simd, cb, bias);
    let [cr_even, cr_odd] = doubled_columns::<S, SHIFT>(simd, cr, bias);
    let (low, high) = S::Bytes::load(simd, luma).widen();
    let ([a, b, c, d], []) = rgb.as_chunks_mut() else { unreachable!("four times 8 pixels") };
    // Zips leave the pixels 0..8 and 16..24, as widening does.
    let green_low =
        green(simd, cb_even.zip_low_16(cr_even)).high_words(green(simd, cb_odd.zip_low_16(cr_odd)));
    let green_high =
        green(simd, cb_even.zip_high_16(cr_even)).high_words(green(simd, cb_odd.zip_high_16(cr_odd)));
    let (cb, cr) = (cb_even.zip_low_16(cb_odd), cr_even.zip_low_16(cr_odd));
    S::Words::store_rgb_halves(pixels(simd, low, cb, cr, green_low), a, c);
    let (cb, cr) = (cb_even.zip_high_16(cb_odd), cr_even.zip_high_16(cr_odd));
    S::Words::store_rgb_halves(pixels(simd, high, cb, cr, green_high), b, d);
}

/// The even and the odd ones of 32 columns of chroma, around 0.
#[inline(always)]
fn doubled_columns<S: Simd, const SHIFT: i32>(simd: S, half: &[i16], bias: [i16; 2]) -> [S::Words; 2] {
    let load = |from: usize| match half[from..].first_chunk() {
        Some(columns) => S::Words::load(simd, columns),
        None => unreachable!("16 columns and one at each end"),
    };
    let centre = 128 << SHIFT;
    let here = load(1);
    let here = here + here + here;
    let even = here + load(0) + S::Words::splat(simd, bias[0] - centre);
    let odd = here + load(2) + S::Words::splat(simd, bias[1] - centre);
    [even.shr::<SHIFT>(), odd.shr::<SHIFT>()]
}

/// Red, green and blue from Y, Cb and Cr around 0, and what [`green`] gives.
#[inline(always)]
fn pixels<S: Simd>(simd: S, luma: S::Words, cb: S::Words, cr: S::Words, green: S::Words) -> [S::Words; 3] {
    // 1.402 and 1.772 in 14 bits: for these 256 numbers the products round as those with 16 bits do.
    let red = luma + (cr + cr).mul_rounded(S::Words::splat(simd, 22971));
    let blue = luma + (cb + cb).mul_rounded(S::Words::splat(simd, 29033));
    [red, luma - cr + green, blue]
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
        let green = green(simd, cb.zip_low_16(cr))
            .shr::<16>()
            .pack_words(green(simd, cb.zip_high_16(cr)).shr::<16>());
        S::Words::store_rgb(pixels(simd, luma, cb, cr, green), rgb);
    }
    scalar::ycc_to_rgb_row(luma_end, cb_end, cr_end, rgb_end);
}

/// What pairs (Cb, Cr) add to green, but for -1 times Cr, in the high 16 bits.
#[inline(always)]
fn green<S: Simd>(simd: S, pairs: S::Words) -> S::Dwords {
    let sum = pairs.mul_add_pairs(factors(simd, -22554, (65536 - 46802) as i16));
    sum + S::Dwords::splat(simd, 1 << 15)
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
