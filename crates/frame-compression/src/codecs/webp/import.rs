//! RGB to the encoder's Y, Cb, Cr: luma of BT.601, chroma from means of 2x2 pixels that are made linear first.

use super::kernels;
use super::tables::{FROM_LINEAR, TO_LINEAR};
use crate::simd::Simd;

/// The luma of a pixel.
fn luma(pixel: &[u8; 3]) -> u8 {
    let [r, g, b] = pixel.map(i32::from);
    ((16839 * r + 33059 * g + 6420 * b + (1 << 15) + (16 << 16)) >> 16) as u8
}

/// The luma of a row of packed RGB.
#[inline(always)]
pub(super) fn luma_row<S: Simd>(simd: S, rgb: &[u8], out: &mut [u8]) {
    let done = if S::IS_SCALAR { 0 } else { kernels::import::luma_row(simd, rgb, out) };
    for (pixel, out) in rgb[3 * done..].as_chunks::<3>().0.iter().zip(&mut out[done..]) {
        *out = luma(pixel);
    }
}

/// The mean of four samples with two bits more, from the sum of what they are when made linear.
#[inline(always)]
fn mean(sum: u16) -> i32 {
    let (step, rest) = (usize::from(sum >> 9), i32::from(sum & 511));
    let [low, high] = [FROM_LINEAR[step], FROM_LINEAR[step + 1]].map(i32::from);
    4 * low + (((high - low) * rest + 64) >> 7)
}

/// Cb and Cr from red, green and blue with two bits more.
#[inline(always)]
fn chroma([r, g, b]: [i32; 3]) -> [u8; 2] {
    let u = -9719 * r - 19081 * g + 28800 * b;
    let v = 28800 * r - 24116 * g - 4684 * b;
    [u, v].map(|value| ((value + (1 << 17) + (128 << 18)) >> 18).clamp(0, 255) as u8)
}

/// What a sample is when made linear.
#[inline(always)]
fn linear(sample: u8) -> u16 {
    TO_LINEAR[usize::from(sample)]
}

/// The sums of the linear samples of two pixels of each row, by channel.
#[inline(always)]
pub(super) fn sums(above: &[u8; 6], below: &[u8; 6]) -> [u16; 3] {
    [0, 1, 2].map(
        #[inline(always)]
        |c| linear(above[c]) + linear(above[c + 3]) + linear(below[c]) + linear(below[c + 3]),
    )
}

/// The Cb and Cr of two rows of packed RGB. A column that is left over counts twice.
#[inline(always)]
pub(super) fn chroma_row<S: Simd>(simd: S, rows: [&[u8]; 2], cb: &mut [u8], cr: &mut [u8]) {
    let done = if S::HAS_LOOKUP { kernels::import::chroma_row(simd, rows, cb, cr) } else { 0 };
    let [(above, above_last), (below, below_last)] = rows.map(|row| row[6 * done..].as_chunks::<6>());
    let out = cb[done..].iter_mut().zip(&mut cr[done..]);
    for ((above, below), (cb, cr)) in above.iter().zip(below).zip(out) {
        [*cb, *cr] = chroma(sums(above, below).map(mean));
    }
    if let ([_, _, _], [_, _, _]) = (above_last, below_last) {
        let channel = |c: usize| mean(2 * (linear(above_last[c]) + linear(below_last[c])));
        if let (Some(cb), Some(cr)) = (cb.last_mut(), cr.last_mut()) {
            [*cb, *cr] = chroma([channel(0), channel(1), channel(2)]);
        }
    }
}
