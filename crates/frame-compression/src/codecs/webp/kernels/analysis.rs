//! How busy a macroblock is.

use super::super::picture::Samples;
use super::super::predict::Border;
use super::luma16x16::{Predictions, left_of};
use super::{chroma, forward, load_columns};
use crate::simd::{Bytes, Simd, Words, each};

/// The bins of a strip's coefficients.
#[inline(always)]
fn bins<S: Simd>(simd: S, source: &[S::Words; 4], prediction: &[S::Words; 4]) -> [S::Bytes; 2] {
    let rows = forward(simd, each!(4, x => source[x] - prediction[x]));
    let last = S::Words::splat(simd, 31);
    let bins = each!(4, v => rows[v].abs().shr::<3>().min(last));
    [bins[0].pack_bytes(bins[1]), bins[2].pack_bytes(bins[3])]
}

/// What the bins say: the last one that is not empty against the largest count of one.
#[inline(always)]
fn alpha<S: Simd>(simd: S, bins: &[[S::Bytes; 2]]) -> i32 {
    let (zero, one) = (S::Bytes::splat(simd, 0), S::Bytes::splat(simd, 1));
    let mut largest = zero;
    for [a, b] in bins {
        largest = largest.max(a.max(*b));
    }
    let mut lanes = [0; 32];
    largest.store(&mut lanes);
    let last = lanes.iter().fold(0, |last, &lane| lane.max(last));
    let (mut most, mut rest) = (0, 64 * bins.len() as u32);
    // Low bins hold nearly all: once what is left cannot be more than the most, there is nothing to count.
    for bin in 0..=last {
        let bin = S::Bytes::splat(simd, bin);
        let mut count = zero;
        for [a, b] in bins {
            let (a, b) = (a.equal(bin).and(one), b.equal(bin).and(one));
            count = count.saturating_add(a).saturating_add(b);
        }
        let count = count.sum_of_differences(zero);
        (most, rest) = (count.max(most), rest - count);
        if most >= rest {
            break;
        }
    }
    if most > 1 { 510 * i32::from(last) / most as i32 } else { 0 }
}

/// The alphas of luma by DC and TM.
#[inline(always)]
pub(in super::super) fn luma_alphas<S: Simd>(simd: S, source: &Samples, border: &Border<16>) -> [i32; 2] {
    let predictions = Predictions::new(simd, border);
    let rows = source.luma.as_chunks::<64>().0;
    let source = each!(4, y => load_columns(simd, &rows[y]));
    let left = each!(4, y => left_of(simd, &border.left, y));
    each!(2, m => {
        let bins = each!(4, y => bins(simd, &source[y], &predictions.predict(simd, m, left[y])));
        alpha(simd, &bins)
    })
}

/// The alphas of chroma by DC and TM.
#[inline(always)]
pub(in super::super) fn chroma_alphas<S: Simd>(
    simd: S,
    source: &Samples,
    borders: &[Border<8>; 2],
) -> [i32; 2] {
    let rows = source.chroma.as_chunks::<64>().0;
    let source = each!(2, y => load_columns(simd, &rows[y]));
    each!(2, m => {
        let bins = each!(2, y => bins(simd, &source[y], &chroma::predict(simd, borders, m, y)));
        alpha(simd, &bins)
    })
}
