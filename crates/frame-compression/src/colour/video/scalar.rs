//! The conversions of a row in plain Rust: what is right.

use super::{LAST_OFFSET, OFFSET, TAPS};

/// Y of each pixel; Cb and Cr of each two, filtered horizontally only: 15 bits.
pub(super) fn ycc_row(rgb: &[u8], luma: &mut [u8], cb: &mut [i16], cr: &mut [i16]) {
    luma_row(rgb, luma);
    chroma_row(rgb, cb, cr);
}

fn luma_row(rgb: &[u8], luma: &mut [u8]) {
    for (luma, rgb) in luma.iter_mut().zip(rgb.chunks_exact(3)) {
        let [r, g, b] = [rgb[0], rgb[1], rgb[2]].map(i32::from);
        let sum = 8414 * r + 16519 * g + 3208 * b + (32 << 14) + (1 << 8);
        *luma = (((sum >> 9) + 32) >> 6).clamp(0, 255) as u8;
    }
}

fn chroma_row(rgb: &[u8], cb: &mut [i16], cr: &mut [i16]) {
    for ((cb, cr), pair) in cb.iter_mut().zip(cr).zip(rgb.chunks_exact(6)) {
        let [r, g, b] = [0, 1, 2].map(|c| i32::from(pair[c]) + i32::from(pair[c + 3]));
        *cb = ((-4865 * r - 9528 * g + 14392 * b + OFFSET) >> 10) as i16;
        *cr = ((14392 * r - 12061 * g - 2332 * b + OFFSET) >> 10) as i16;
    }
}

/// The vertical filter, each product truncated.
pub(super) fn filter_rows(rows: [&[i16]; TAPS], weights: [i16; TAPS], out: &mut [u8]) {
    let rows = rows.map(|row| &row[..out.len()]);
    for (x, out) in out.iter_mut().enumerate() {
        let products =
            rows.iter().zip(weights).map(|(row, weight)| 2 * i32::from(row[x]) * i32::from(weight));
        let sum = products.map(|product| product >> 16).sum::<i32>();
        *out = ((5 + sum) >> 3).clamp(0, 255) as u8;
    }
}

/// The vertical filter, the sum rounded once.
pub(super) fn filter_last_rows(rows: [&[i16]; TAPS], weights: [i16; TAPS], out: &mut [u8]) {
    let rows = rows.map(|row| &row[..out.len()]);
    for (x, out) in out.iter_mut().enumerate() {
        let products =
            rows.iter().zip(weights).map(|(row, weight)| 2 * i32::from(row[x]) * i32::from(weight));
        *out = ((LAST_OFFSET + products.sum::<i32>()) >> 19).clamp(0, 255) as u8;
    }
}

/// Pixels as packed RGB, two of Y to one of Cb and Cr.
pub(super) fn ycc_to_rgb_row(luma: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
    for ((rgb, luma), (cb, cr)) in rgb.chunks_exact_mut(6).zip(luma.chunks_exact(2)).zip(cb.iter().zip(cr)) {
        let (cb, cr) = (8 * (i32::from(*cb) - 128), 8 * (i32::from(*cr) - 128));
        let red = high(cr, 13075);
        let green = high(cb, -3209) + high(cr, -6660);
        let blue = high(cb, 16525);
        for (rgb, luma) in rgb.chunks_exact_mut(3).zip(luma) {
            let luma = high(8 * (i32::from(*luma) - 16), 9539);
            for (out, chroma) in rgb.iter_mut().zip([red, green, blue]) {
                *out = (luma + chroma).clamp(0, 255) as u8;
            }
        }
    }
}

/// The high half of a 16-bit product.
fn high(a: i32, c: i32) -> i32 {
    (a * c) >> 16
}
