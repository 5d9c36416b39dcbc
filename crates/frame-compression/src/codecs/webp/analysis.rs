//! What the encoder learns of the picture before it codes it: how busy each macroblock is, and from that its segment.

use super::kernels;
use super::picture::{Samples, chroma_border, luma_border};
use super::predict::Border;
use super::transform::forward;
use crate::planes::{Plane, Planes};
use crate::simd::Simd;

/// The most segments of a picture.
pub(super) const SEGMENTS: usize = 4;
/// Bins of a histogram of coefficients.
const BINS: usize = 32;
/// How often centres are moved at most.
const ROUNDS: usize = 6;

/// What is known of a macroblock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// How smooth it is; replaced by its segment in the end.
    pub(super) alpha: u8,
    /// Mode of chroma, for method 0.
    pub(super) chroma_mode: u8,
    /// Whether methods 0 and 1 give it a mode for each 4x4 block.
    pub(super) has_4x4: bool,
}

/// What the segments differ in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Susceptibility {
    /// For the quantiser, -127 to 127.
    pub(super) alpha: i32,
    /// For the filter, 0 to 255.
    pub(super) beta: i32,
}

/// How busy a prediction leaves a block: from the bins of its coefficients.
fn alpha(histogram: &[u32; BINS]) -> i32 {
    let most = histogram.iter().copied().max().unwrap_or(0) as i32;
    let last = histogram.iter().rposition(|&count| count > 0).unwrap_or(0) as i32;
    if most > 1 { 510 * last / most } else { 0 }
}

/// Counts the coefficients of the 4x4 blocks of `source - prediction`.
fn count<const N: usize>(
    histogram: &mut [u32; BINS],
    source: &[u8],
    prediction: &[u8],
    strides: (usize, usize),
) {
    for (y, x) in (0..N).step_by(4).flat_map(|y| (0..N).step_by(4).map(move |x| (y, x))) {
        let gather = |from: &[u8], stride: usize| -> [u8; 16] {
            std::array::from_fn(|at| from[(y + at / 4) * stride + x + at % 4])
        };
        let block = forward(&gather(source, strides.0), &gather(prediction, strides.1), 4);
        for coefficient in block {
            histogram[(usize::from(coefficient.unsigned_abs()) >> 3).min(BINS - 1)] += 1;
        }
    }
}

/// The alphas of the modes DC and TM of blocks in one or more planes.
fn alphas<const N: usize>(planes: &[(&Plane, Border<N>)], x: usize, y: usize) -> [i32; 2] {
    [0, 1].map(|mode| {
        let mut histogram = [0; BINS];
        let mut prediction = [0; 256];
        for (plane, border) in planes {
            border.predict(mode, &mut prediction, N);
            let source = &plane.samples[y * N * plane.stride + x * N..];
            count::<N>(&mut histogram, source, &prediction, (plane.stride, N));
        }
        alpha(&histogram)
    })
}

/// Looks at macroblock (x, y), whose samples are given, too. Gives the alpha of its chroma, too.
#[inline(always)]
pub(super) fn look<S: Simd>(
    simd: S,
    planes: &Planes,
    source: &Samples,
    (x, y): (usize, usize),
    method: u8,
    quality: u32,
) -> (Look, i32) {
    let borders = [&planes.cb, &planes.cr].map(|plane| chroma_border(plane, x, y));
    let chroma_alphas = if S::IS_SCALAR {
        let [cb, cr] = borders;
        alphas::<8>(&[(&planes.cb, cb), (&planes.cr, cr)], x, y)
    } else {
        kernels::analysis::chroma_alphas(simd, source, &borders)
    };
    let chroma_alpha = chroma_alphas[0].max(chroma_alphas[1]);
    let chroma_mode = u8::from(chroma_alphas[1] < chroma_alphas[0]);
    let (luma_alpha, has_4x4) = if method > 1 {
        let border = luma_border(&planes.y, x, y);
        let [dc, tm] = if S::IS_SCALAR {
            alphas::<16>(&[(&planes.y, border)], x, y)
        } else {
            kernels::analysis::luma_alphas(simd, source, &border)
        };
        (dc.max(tm), false)
    } else {
        (0, is_detailed(&planes.y, x, y, quality))
    };
    let alpha = (255 - ((3 * luma_alpha + chroma_alpha + 2) >> 2)).clamp(0, 255) as u8;
    (Look { alpha, chroma_mode, has_4x4 }, chroma_alpha)
}

/// Whether the means of a macroblock's 4x4 blocks differ.
fn is_detailed(plane: &Plane, x: usize, y: usize, quality: u32) -> bool {
    let threshold = 8 + 9 * quality / 100;
    let at = |bx: usize, by: usize| (16 * y + 4 * by) * plane.stride + 16 * x + 4 * bx;
    let sums = (0..16).map(|block| {
        let rows = plane.samples[at(block % 4, block / 4)..].chunks(plane.stride).take(4);
        rows.flat_map(|row| &row[..4]).map(|&sample| u32::from(sample)).sum::<u32>()
    });
    let (sum, squares) = sums.fold((0u32, 0u32), |(sum, squares), of| (sum + of, squares + of * of));
    // As unsigned numbers of 32 bits, as libwebp has them.
    threshold.wrapping_mul(squares) >= sum.wrapping_mul(sum)
}

/// Sorts macroblocks into `count` segments by their alphas, which segments replace. `histogram`: how many
/// macroblocks there are of each alpha.
pub(super) fn assign_segments(
    looks: &mut [Look],
    histogram: &[u32; 256],
    count: usize,
) -> [Susceptibility; SEGMENTS] {
    let least = histogram.iter().position(|&of| of > 0).unwrap_or(0);
    let most = histogram.iter().rposition(|&of| of > 0).unwrap_or(least);
    let mut centres = [0i32; SEGMENTS];
    for (k, centre) in centres[..count].iter_mut().enumerate() {
        *centre = (least + (2 * k + 1) * (most - least) / (2 * count)) as i32;
    }
    let mut map = [0u8; 256];
    let mut average = 0;
    for _ in 0..ROUNDS {
        let (mut sizes, mut sums) = ([0i64; SEGMENTS], [0i64; SEGMENTS]);
        let mut n = 0;
        for a in (least..=most).filter(|&a| histogram[a] > 0) {
            let away = |n: usize| (a as i32 - centres[n]).abs();
            while n + 1 < count && away(n + 1) < away(n) {
                n += 1;
            }
            map[a] = n as u8;
            sizes[n] += i64::from(histogram[a]);
            sums[n] += a as i64 * i64::from(histogram[a]);
        }
        let (mut moved, mut weighted, mut total) = (0, 0, 0);
        for n in (0..count).filter(|&n| sizes[n] > 0) {
            let centre = ((sums[n] + sizes[n] / 2) / sizes[n]) as i32;
            moved += (centres[n] - centre).abs();
            centres[n] = centre;
            weighted += i64::from(centre) * sizes[n];
            total += sizes[n];
        }
        average = if total > 0 { ((weighted + total / 2) / total) as i32 } else { 0 };
        if moved < 5 {
            break;
        }
    }
    for look in looks {
        look.alpha = map[usize::from(look.alpha)];
    }
    susceptibilities(&centres[..count], average)
}

/// What the centres of the segments mean.
fn susceptibilities(centres: &[i32], average: i32) -> [Susceptibility; SEGMENTS] {
    let least = centres.iter().copied().min().unwrap_or(0);
    let most = centres.iter().copied().max().unwrap_or(0).max(least + 1);
    let mut segments = [Susceptibility::default(); SEGMENTS];
    for (segment, centre) in segments.iter_mut().zip(centres) {
        segment.alpha = (255 * (centre - average) / (most - least)).clamp(-127, 127);
        segment.beta = (255 * (centre - least) / (most - least)).clamp(0, 255);
    }
    segments
}
