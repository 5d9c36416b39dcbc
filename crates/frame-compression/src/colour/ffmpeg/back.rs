//! Y, Cb, Cr to RGB: the formulas, a row at a time.

use super::filter::{Filter, MAX_TAPS};

/// The factors of a conversion, in the three forms in which libswscale has them.
#[derive(Debug)]
pub(super) struct Factors {
    /// Black in Y.
    pub(super) black: i32,
    /// For products of 16 bits: Y, Cr to red, Cb and Cr to green, Cb to blue.
    pub(super) short: [i16; 5],
    /// For products of 32 bits.
    long: [i32; 4],
    /// Whether Y is stretched.
    pub(super) stretched: bool,
}

/// BT.601 in limited range.
pub(super) const LIMITED: Factors = Factors {
    black: 16,
    short: [9539, 13075, -3209, -6660, 16525],
    long: [89830, -22049, -45756, 113_537],
    stretched: true,
};

/// BT.601 in full range.
pub(super) const FULL: Factors = Factors {
    black: 0,
    short: [8192, 11485, -2819, -5850, 14516],
    long: [91881, -22552, -46800, 116_129],
    stretched: false,
};

fn clamp(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

/// With products of 16 bits whose lower halves are dropped: x86-64. Chroma of `ACROSS` pixels each.
pub(super) fn row_x86<const ACROSS: usize>([luma, cb, cr]: [&[u8]; 3], factors: &Factors, rgb: &mut [u8]) {
    let product = |sample: i32, factor: i32| (8 * sample * factor) >> 16;
    let [to_luma, red, green_cb, green_cr, blue] = factors.short.map(i32::from);
    for (x, (&luma, rgb)) in luma.iter().zip(rgb.as_chunks_mut().0).enumerate() {
        let (cb, cr) = (i32::from(cb[x / ACROSS]) - 128, i32::from(cr[x / ACROSS]) - 128);
        let luma = i32::from(luma) - factors.black;
        let luma = if factors.stretched { product(luma, to_luma) } else { luma };
        *rgb = [
            clamp(luma + product(cr, red)),
            clamp(luma + product(cb, green_cb) + product(cr, green_cr)),
            clamp(luma + product(cb, blue)),
        ];
    }
}

/// With doubling products of 16 bits, halved at the end: 64-bit ARM from FFmpeg 8.1 on, at widths that divide by 16.
pub(super) fn row_arm<const ACROSS: usize>([luma, cb, cr]: [&[u8]; 3], factors: &Factors, rgb: &mut [u8]) {
    let product = |sample: i32, factor: i32| (8 * sample * factor) >> 15;
    let halved = |value: i32| clamp((value + 1) >> 1);
    let [to_luma, red, green_cb, green_cr, blue] = factors.short.map(i32::from);
    for (x, (&luma, rgb)) in luma.iter().zip(rgb.as_chunks_mut().0).enumerate() {
        let (cb, cr) = (i32::from(cb[x / ACROSS]) - 128, i32::from(cr[x / ACROSS]) - 128);
        let luma = product(i32::from(luma) - factors.black, to_luma);
        *rgb = [
            halved(luma + product(cr, red)),
            halved(luma + product(cb, green_cb) + product(cr, green_cr)),
            halved(luma + product(cb, blue)),
        ];
    }
}

/// By tables of 256 entries, written as the formula that fills them: odd heights, and other machines.
pub(super) fn row_by_tables<const ACROSS: usize>(
    [luma, cb, cr]: [&[u8]; 3],
    factors: &Factors,
    rgb: &mut [u8],
) {
    let shift = |sample: u8, factor: i32| ((factor * i32::from(sample)) >> 16) - (factor >> 9);
    let entry = |index: i32| match factors.stretched {
        true => clamp((76309 * (326 + index) - (400 << 16) + (1 << 15)) >> 16),
        false => clamp(index),
    };
    let [red, green_cb, green_cr, blue] = factors.long;
    for (x, (&luma, rgb)) in luma.iter().zip(rgb.as_chunks_mut().0).enumerate() {
        let (luma, cb, cr) = (i32::from(luma), cb[x / ACROSS], cr[x / ACROSS]);
        *rgb = [
            entry(luma + shift(cr, red)),
            entry(luma + shift(cb, green_cb) + shift(cr, green_cr)),
            entry(luma + shift(cb, blue)),
        ];
    }
}

/// From chroma of every pixel, around 0 and times 512.
pub(super) fn row_finely(luma: &[u8], [cb, cr]: [&[i32]; 2], factors: &Factors, rgb: &mut [u8]) {
    let limited = |sum: i32| (sum.clamp(0, (1 << 30) - 1) >> 22) as u8;
    let [to_luma, red, green_cb, green_cr, blue] = factors.short.map(i32::from);
    for (((&luma, &cb), &cr), rgb) in luma.iter().zip(cb).zip(cr).zip(rgb.as_chunks_mut().0) {
        let luma = 512 * (i32::from(luma) - factors.black) * to_luma + (1 << 21);
        // What is too bright wraps, as it does in the reference.
        *rgb = [
            limited(luma.wrapping_add(cr.wrapping_mul(red))),
            limited(luma.wrapping_add(cr.wrapping_mul(green_cr)).wrapping_add(cb.wrapping_mul(green_cb))),
            limited(luma.wrapping_add(cb.wrapping_mul(blue))),
        ];
    }
}

/// From as many samples of chroma as of luma: 4:4:4.
pub(super) fn row_full([luma, cb, cr]: [&[u8]; 3], factors: &Factors, rgb: &mut [u8]) {
    let fine = |chroma: u8| 512 * (i32::from(chroma) - 128);
    for (((luma, &cb), &cr), rgb) in luma.chunks(1).zip(cb).zip(cr).zip(rgb.chunks_exact_mut(3)) {
        row_finely(luma, [&[fine(cb)], &[fine(cr)]], factors, rgb);
    }
}

/// Chroma of every pixel from that of every other, at odd widths: 15 bits.
pub(super) fn filter_across(row: &[u8], filter: &Filter, out: &mut [i16]) {
    for (k, out) in out.iter_mut().enumerate() {
        let (first, weights) = filter.weights(k);
        let sum: i32 = weights.iter().zip(&row[first..]).map(|(&w, &c)| i32::from(w) * i32::from(c)).sum();
        *out = (sum >> 7).min(32767) as i16;
    }
}

/// Chroma as it is: 15 bits.
pub(super) fn widen(row: &[u8], out: &mut [i16]) {
    for (out, &chroma) in out.iter_mut().zip(row) {
        *out = 128 * i16::from(chroma);
    }
}

/// Chroma of a row from those above and below, to 8 bits.
pub(super) fn filter_down(rows: [&[i16]; MAX_TAPS], weights: &[i16], out: &mut [u8]) {
    for (x, out) in out.iter_mut().enumerate() {
        let product = |(row, &weight): (&&[i16], &i16)| i32::from(row[x]) * i32::from(weight);
        let sum: i32 = rows.iter().zip(weights).map(product).sum();
        *out = clamp((sum + (1 << 18)) >> 19);
    }
}

/// Chroma of a row from those above and below, for [`row_finely`].
pub(super) fn filter_down_finely(rows: [&[i16]; MAX_TAPS], weights: &[i16], round: i32, out: &mut [i32]) {
    for (x, out) in out.iter_mut().enumerate() {
        let product = |(row, &weight): (&&[i16], &i16)| i32::from(row[x]) * i32::from(weight);
        let sum: i32 = rows.iter().zip(weights).map(product).sum();
        *out = (sum + round - (1 << 26)) >> 10;
    }
}
