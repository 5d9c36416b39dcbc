//! Y, Cb, Cr to RGB, 32 pixels at a time.

use crate::simd::{Simd, Words, each};

/// `(sample * factor) >> 8`.
#[inline(always)]
fn high<S: Simd>(simd: S, samples: S::Words, factor: u16) -> S::Words {
    samples.shl::<8>().mul_high_unsigned(S::Words::splat(simd, factor as i16))
}

/// 16 pixels.
#[inline(always)]
fn pixels<S: Simd>(simd: S, y: S::Words, u: S::Words, v: S::Words, rgb: &mut [u8; 48]) {
    let luma = high(simd, y, 19077);
    let r = luma - S::Words::splat(simd, 14234) + high(simd, v, 26149);
    let g = luma - high(simd, u, 6419) - high(simd, v, 13320) + S::Words::splat(simd, 8708);
    // Unsigned, and too large for signed words before the difference.
    let b = (luma + high(simd, u, 33050)).saturating_sub_unsigned(S::Words::splat(simd, 17685));
    S::Words::store_rgb([r.shr::<6>(), g.shr::<6>(), b.shr_unsigned::<6>()], rgb);
}

/// Three times the first of two rows of chroma, plus the second: 16 columns.
#[inline(always)]
fn weighed<S: Simd>(simd: S, near: &[u8], far: &[u8]) -> S::Words {
    let load = (near.first_chunk().unwrap_or(&[0; 16]), far.first_chunk().unwrap_or(&[0; 16]));
    let (near, far) = (S::Words::load_bytes(simd, load.0), S::Words::load_bytes(simd, load.1));
    near + near + near + far
}

/// Chroma of the even and the odd pixels of 16 columns, from the columns before, themselves, and after.
#[inline(always)]
fn between<S: Simd>(simd: S, [before, here, after]: [S::Words; 3]) -> [S::Words; 2] {
    let eight = S::Words::splat(simd, 8);
    let three = here + here + here + eight;
    [(three + before).shr::<4>(), (three + after).shr::<4>()]
}

/// Upsamples a row as far as whole groups of 32 pixels go that have chroma on both sides. Which pixels are done: from
/// 2 on, up to what is given back.
#[inline(always)]
pub(in super::super) fn upsample_row<S: Simd>(
    simd: S,
    luma: &[u8],
    cb: [&[u8]; 2],
    cr: [&[u8]; 2],
    rgb: &mut [u8],
) -> usize {
    // The last group has chroma on both sides, and takes some pixels of the group before it once more.
    let Some(last) = (cb[0].len().min(luma.len() / 2 + 1)).checked_sub(17).filter(|&last| last > 0) else {
        return 2;
    };
    for column in (1..last).step_by(16).chain([last]) {
        group(simd, luma, cb, cr, rgb, column);
    }
    2 * last + 32
}

/// 32 pixels, from the chroma's column `column` on, which has a column before and one after.
#[inline(always)]
fn group<S: Simd>(
    simd: S,
    luma: &[u8],
    cb: [&[u8]; 2],
    cr: [&[u8]; 2],
    rgb: &mut [u8],
    column: usize,
) -> Option<()> {
    let chroma = [cb, cr];
    let [u, v] = each!(2, plane => {
        let [near, far] = chroma[plane];
        let at = each!(3, i => weighed(simd, &near[column + i - 1..], &far[column + i - 1..]));
        between(simd, at)
    });
    let y = luma[2 * column..].first_chunk::<32>()?;
    let out = rgb[6 * column..].first_chunk_mut::<96>()?;
    let (even, odd) = (0, 1);
    let [y_low, y_high] = each!(2, i => S::Words::load_bytes(simd, &y.as_chunks::<16>().0[i]));
    let [u_low, u_high] = in_turn::<S>(u[even], u[odd]);
    let [v_low, v_high] = in_turn::<S>(v[even], v[odd]);
    let [low, high] = out.as_chunks_mut::<48>().0 else { return None };
    pixels(simd, y_low, u_low, v_low, low);
    pixels(simd, y_high, u_high, v_high, high);
    Some(())
}

/// Lanes of both in turn: the first 16, then the last.
#[inline(always)]
fn in_turn<S: Simd>(even: S::Words, odd: S::Words) -> [S::Words; 2] {
    let (low, high) = (even.zip_low_16(odd), even.zip_high_16(odd));
    [low.low_halves(high), low.high_halves(high)]
}
