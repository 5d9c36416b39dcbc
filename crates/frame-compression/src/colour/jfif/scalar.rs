//! The conversions of a row in plain Rust: what is right.

use crate::simd::Array;

use std::array::from_fn;

/// The factors of the conversion have 16 fractional bits.
const BITS: u32 = 16;
const ONE: i32 = 1 << BITS;

/// Y, Cb and Cr of each pixel.
pub(super) fn ycc_row(rgb: &[u8], luma: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    luma_row(rgb, luma);
    chroma_row(rgb, cb, cr);
}

/// Y of each pixel.
pub(super) fn luma_row(rgb: &[u8], luma: &mut [u8]) {
    for (luma, rgb) in luma.iter_mut().zip(rgb.chunks_exact(3)) {
        let [r, g, b] = from_fn(|c| i32::from(rgb[c]));
        // 0.299, 0.587, 0.114.
        *luma = ((19595 * r + 38470 * g + 7471 * b + ONE / 2) >> BITS) as u8;
    }
}

fn chroma_row(rgb: &[u8], cb: &mut [u8], cr: &mut [u8]) {
    // A little less than one half, so that the largest sum stays below 256.
    const OFFSET: i32 = 128 * ONE + ONE / 2 - 1;
    for ((cb, cr), rgb) in cb.iter_mut().zip(cr).zip(rgb.chunks_exact(3)) {
        let [r, g, b] = from_fn(|c| i32::from(rgb[c]));
        // -0.16874, -0.33126, 0.5; 0.5, -0.41869, -0.08131.
        *cb = ((-11059 * r - 21709 * g + 32768 * b + OFFSET) >> BITS) as u8;
        *cr = ((32768 * r - 27439 * g - 5329 * b + OFFSET) >> BITS) as u8;
    }
}

/// Averages pairs of columns, halves rounded down and up in turn.
pub(super) fn halve_columns(full: &[u8], half: &mut [u8]) {
    for (x, (half, pair)) in half.iter_mut().zip(full.chunks_exact(2)).enumerate() {
        let sum = pair.iter().map(|&c| u16::from(c)).sum::<u16>();
        *half = ((sum + x as u16 % 2) >> 1) as u8;
    }
}

/// Averages fours of columns, halves rounded up.
pub(super) fn quarter_columns(full: &[u8], quarter: &mut [u8]) {
    for (quarter, four) in quarter.iter_mut().zip(full.chunks_exact(4)) {
        let sum = four.iter().map(|&c| u16::from(c)).sum::<u16>();
        *quarter = ((sum + 2) >> 2) as u8;
    }
}

/// Averages two rows into the second one, halves rounded up.
pub(super) fn average_rows(other: &[u8], row: &mut [u8]) {
    for (sample, &other) in row.iter_mut().zip(other) {
        *sample = ((u16::from(*sample) + u16::from(other) + 1) >> 1) as u8;
    }
}

/// Averages squares of four, halves rounded down and up in turn.
pub(super) fn halve_rows_and_columns(above: &[u8], below: &[u8], half: &mut [u8]) {
    let pairs = above.chunks_exact(2).zip(below.chunks_exact(2));
    for (x, (half, (above, below))) in half.iter_mut().zip(pairs).enumerate() {
        let sum = above.iter().chain(below).map(|&c| u16::from(c)).sum::<u16>();
        *half = ((sum + 1 + x as u16 % 2) >> 2) as u8;
    }
}

/// Y of each pixel of two rows, Cb and Cr of each square of four.
pub(super) fn subsampled_rows<A: Array<u8>>(
    rgb: [&[u8]; 2],
    luma: [&mut A; 2],
    to_cb: &mut [u8],
    to_cr: &mut [u8],
) {
    let (mut cb, mut cr) = ([A::zeros(); 2], [A::zeros(); 2]);
    for (((rgb, luma), cb), cr) in rgb.into_iter().zip(luma).zip(&mut cb).zip(&mut cr) {
        ycc_row(rgb, luma.as_mut(), cb.as_mut(), cr.as_mut());
    }
    halve_rows_and_columns(cb[0].as_ref(), cb[1].as_ref(), to_cb);
    halve_rows_and_columns(cr[0].as_ref(), cr[1].as_ref(), to_cr);
}

/// Repeats each column `TIMES` times.
pub(super) fn repeat_columns<const TIMES: usize>(narrow: &[u8], full: &mut [u8]) {
    for (same, &sample) in full.as_chunks_mut::<TIMES>().0.iter_mut().zip(narrow) {
        *same = [sample; TIMES];
    }
}

/// A row between two: 3/4 the nearer and 1/4 the farther one.
pub(super) fn row_between(near: &[u8], far: &[u8], between: &mut [u8], bias: i16) {
    for ((between, &near), &far) in between.iter_mut().zip(near).zip(far) {
        *between = ((3 * i16::from(near) + i16::from(far) + bias) >> 2) as u8;
    }
}

/// Doubles the columns: each new one is 3/4 the nearer and 1/4 the farther of its two neighbours.
///
/// `half` has a column more at each end, and is `2^(SHIFT - 2)` times as large as samples are.
pub(super) fn double_columns<const SHIFT: i32>(half: &[i16], full: &mut [u8], bias: [i16; 2]) {
    for (pair, neighbours) in full.chunks_exact_mut(2).zip(half.windows(3)) {
        let here = 3 * neighbours[1];
        pair[0] = ((here + neighbours[0] + bias[0]) >> SHIFT) as u8;
        pair[1] = ((here + neighbours[2] + bias[1]) >> SHIFT) as u8;
    }
}

/// 3 times the nearer row and once the farther one.
pub(super) fn weigh_rows(near: &[u8], far: &[u8], weighted: &mut [i16]) {
    for ((weighted, &near), &far) in weighted.iter_mut().zip(near).zip(far) {
        *weighted = 3 * i16::from(near) + i16::from(far);
    }
}

/// Pixels of Y, Cb, Cr as packed RGB.
pub(super) fn ycc_to_rgb_row(luma: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
    let samples = luma.iter().zip(cb.iter().zip(cr));
    for (rgb, (&luma, (&cb, &cr))) in rgb.chunks_exact_mut(3).zip(samples) {
        let (luma, cb, cr) = (i32::from(luma), i32::from(cb) - 128, i32::from(cr) - 128);
        // 1.402; -0.34414, -0.71414; 1.772.
        let red = (91881 * cr + ONE / 2) >> BITS;
        let green = (-22554 * cb - 46802 * cr + ONE / 2) >> BITS;
        let blue = (116130 * cb + ONE / 2) >> BITS;
        for (out, chroma) in rgb.iter_mut().zip([red, green, blue]) {
            *out = (luma + chroma).clamp(0, 255) as u8;
        }
    }
}

pub(super) fn grey_to_rgb_row(luma: &[u8], rgb: &mut [u8]) {
    for (rgb, &luma) in rgb.chunks_exact_mut(3).zip(luma) {
        rgb.fill(luma);
    }
}
