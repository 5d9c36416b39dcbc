//! Y, Cb, Cr to RGB as libwebp's decoder does it: chroma interpolated with the weights 9, 3, 3, 1, then BT.601.

use std::ops::Range;

use super::kernels;
use crate::simd::Simd;

/// Cuts six bits of fraction off, and clamps.
fn channel(value: i32) -> u8 {
    (value >> 6).clamp(0, 255) as u8
}

/// A pixel from its samples.
fn pixel(y: u8, u: u8, v: u8) -> [u8; 3] {
    let high = |sample: u8, factor: i32| (i32::from(sample) * factor) >> 8;
    let luma = high(y, 19077);
    [
        channel(luma + high(v, 26149) - 14234),
        channel(luma - high(u, 6419) - high(v, 13320) + 8708),
        channel(luma + high(u, 33050) - 17685),
    ]
}

/// A row of pixels. Chroma comes in two rows: the one nearer to the row, then the other one next to it, which is the
/// same at the edges of the picture.
#[inline(always)]
pub(super) fn upsample_row<S: Simd>(simd: S, luma: &[u8], cb: [&[u8]; 2], cr: [&[u8]; 2], rgb: &mut [u8]) {
    let width = luma.len();
    if S::IS_SCALAR {
        return upsample(luma, cb, cr, rgb, 0..width);
    }
    let done = kernels::upsample::upsample_row(simd, luma, cb, cr, rgb);
    upsample(luma, cb, cr, rgb, 0..width.min(2));
    upsample(luma, cb, cr, rgb, done.min(width)..width);
}

/// Some pixels of a row.
fn upsample(luma: &[u8], cb: [&[u8]; 2], cr: [&[u8]; 2], rgb: &mut [u8], pixels: Range<usize>) {
    let last = cb[0].len() - 1;
    let out = &mut rgb.as_chunks_mut::<3>().0[pixels.clone()];
    for (x, (out, &y)) in pixels.clone().zip(out.iter_mut().zip(&luma[pixels])) {
        let near = x / 2;
        let far = if x.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(last) };
        let of = |[row, other]: [&[u8]; 2]| {
            let [nn, nf, fn_, ff] = [row[near], row[far], other[near], other[far]].map(u32::from);
            ((9 * nn + 3 * nf + 3 * fn_ + ff + 8) >> 4) as u8
        };
        *out = pixel(y, of(cb), of(cr));
    }
}
