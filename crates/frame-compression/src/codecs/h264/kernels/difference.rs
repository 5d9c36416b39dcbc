//! How far predictions from other frames are from the source, over the regions that vectors have.

use super::super::distortion::Metric;
use super::{half_coefficients, luma8x8};
use crate::simd::{Bytes, Dwords, Simd, Window, Words, each};

/// The distortion of a region of W columns, 8 or 16, and at least 64 samples; a sum of coefficients is that of its 4x4 blocks.
#[inline(always)]
pub(in super::super) fn of_region<S: Simd, const W: usize, const A: usize>(
    simd: S,
    metric: Metric,
    source: &[u8; A],
    prediction: &[u8; A],
) -> u32 {
    of_windows::<S, W, A, 1>(simd, metric, source, [Window::of(prediction, W, A / W)])
}

/// The same, compiled for the instruction set; in plain Rust where that is the reference.
pub(in super::super) fn of_samples<S: Simd, const W: usize, const A: usize>(
    simd: S,
    metric: Metric,
    source: &[u8; A],
    prediction: &[u8; A],
) -> u32 {
    if S::IS_SCALAR {
        return metric.of_region::<W, A>(source, prediction);
    }
    simd.vectorize(
        #[inline(always)]
        || of_region::<S, W, A>(simd, metric, source, prediction),
    )
}

/// The distortion of a block, or of the mean of two.
#[inline(always)]
pub(in super::super) fn of_windows<S: Simd, const W: usize, const A: usize, const N: usize>(
    simd: S,
    metric: Metric,
    source: &[u8; A],
    predictions: [Window<'_>; N],
) -> u32 {
    let source = Window::of(source, W, A / W);
    match metric {
        Metric::Sad => {
            let mut sum = S::Dwords::splat(simd, 0);
            for y in (0..A / W).step_by(32 / W) {
                let mut prediction = bytes_of_rows::<S, W>(simd, predictions[0], y);
                if N == 2 {
                    prediction = prediction.average(bytes_of_rows::<S, W>(simd, predictions[N - 1], y));
                }
                sum = sum + bytes_of_rows::<S, W>(simd, source, y).differences(prediction);
            }
            sum.sum() as u32
        }
        Metric::Satd => {
            let mut sum = S::Words::splat(simd, 0);
            // At most two strips of two: a lane sums up to eight halves of at most 2040.
            for y in (0..A / W).step_by(8) {
                let own = strip_of_rows::<S, W>(simd, source, y);
                let mut prediction = strip_of_rows::<S, W>(simd, predictions[0], y);
                if N == 2 {
                    let other = strip_of_rows::<S, W>(simd, predictions[N - 1], y);
                    prediction = each!(4, i => prediction[i].average(other[i]));
                }
                let (own, prediction) = (columns_of_strip::<S, W>(own), columns_of_strip::<S, W>(prediction));
                for i in 0..W / 8 {
                    let [even, odd] = half_coefficients::<S>(each!(4, y => own[i][y] - prediction[i][y]));
                    sum = sum + even + odd;
                }
            }
            sum.mul_add_pairs(S::Words::splat(simd, 1)).sum() as u32
        }
    }
}

/// 32 samples of a region W samples wide, 8 or 16: the rows from `y` on.
#[inline(always)]
pub(super) fn bytes_of_rows<S: Simd, const W: usize>(simd: S, block: Window<'_>, y: usize) -> S::Bytes {
    if W == 16 {
        S::Bytes::load_halves(simd, block.row((0, y)), block.row((0, y + 1)))
    } else {
        S::Bytes::load_quarters(simd, each!(4, i => block.row((0, y + i))))
    }
}

/// Eight rows of a region W samples wide, from `y` on: of 16 samples in four vectors, each with a row and the one four below;
/// of 8 in two, each with two rows and those four below, and the same again.
#[inline(always)]
fn strip_of_rows<S: Simd, const W: usize>(simd: S, block: Window<'_>, y: usize) -> [S::Bytes; 4] {
    if W == 16 {
        each!(4, i => S::Bytes::load_halves(simd, block.row((0, y + i)), block.row((0, y + i + 4))))
    } else {
        let [a, b] = each!(2, half => {
            S::Bytes::load_quarters(simd, each!(4, i => block.row((0, y + 2 * half + i % 2 + i / 2 * 4))))
        });
        [a, b, a, b]
    }
}

/// The 8 columns to the left and those to the right of a strip, if it has them: of each column a vector has a row and the
/// one four below.
#[inline(always)]
fn columns_of_strip<S: Simd, const W: usize>(strip: [S::Bytes; 4]) -> [[S::Words; 4]; 2] {
    if W == 16 {
        let rows = each!(4, y => strip[y].widen());
        [each!(4, y => rows[y].0), each!(4, y => rows[y].1)]
    } else {
        let ((a, b), (c, d)) = (strip[0].widen(), strip[1].widen());
        [[a, b, c, d]; 2]
    }
}

/// Row `y` of four 4x4 blocks of a region W samples wide, side by side: the blocks from 4 * `group` on, in strips from the left
/// to the right, and zeros where the region has no more.
#[inline(always)]
fn row_of_four<const W: usize, const A: usize>(samples: &[u8; A], group: usize, y: usize) -> [u8; 16] {
    let mut row = [0; 16];
    for (strip, to) in row.chunks_exact_mut(W).enumerate() {
        let at = W * (4 * (group * (16 / W) + strip) + y);
        if at < A {
            to.copy_from_slice(&samples[at..][..W]);
        }
    }
    row
}

/// The sum of the absolute Hadamard coefficients of 4x4 blocks, halved, of a region of W columns, also a small one.
#[inline(always)]
pub(in super::super) fn satd<S: Simd, const W: usize, const A: usize>(
    simd: S,
    source: &[u8; A],
    prediction: &[u8; A],
) -> u32 {
    let mut sum = S::Words::splat(simd, 0);
    // At most four groups: a lane sums up to eight halves of at most 2040.
    for group in 0..A.div_ceil(64) {
        let [even, odd] = half_coefficients::<S>(each!(4, y => {
            S::Words::load_bytes(simd, &row_of_four::<W, A>(source, group, y))
                - S::Words::load_bytes(simd, &row_of_four::<W, A>(prediction, group, y))
        }));
        sum = sum + even + odd;
    }
    sum.mul_add_pairs(S::Words::splat(simd, 1)).sum() as u32
}

/// Whether 8x8 blocks fit what is left of a macroblock's luma better than 4x4 ones.
#[inline(always)]
pub(in super::super) fn prefers_8x8<S: Simd>(simd: S, source: &[u8; 256], prediction: &[u8; 256]) -> bool {
    let (source, prediction) = (source.as_chunks::<16>().0, prediction.as_chunks::<16>().0);
    let ones = S::Words::splat(simd, 1);
    let nothing = S::Dwords::splat(simd, 0);
    let (mut fours, mut eights) = (nothing, nothing);
    for half in 0..2 {
        let rows = each!(8, y => {
            S::Words::load_bytes(simd, &source[8 * half + y]) - S::Words::load_bytes(simd, &prediction[8 * half + y])
        });
        eights = eights + luma8x8::half_coefficients::<S>(rows).mul_add_pairs(ones);
        for rows in rows.as_chunks::<4>().0 {
            let [even, odd] = half_coefficients::<S>(*rows);
            fours = fours + even.mul_add_pairs(ones) + odd.mul_add_pairs(ones);
        }
    }
    // The coefficients of 8x8 blocks count half as much.
    (2 * eights.sum() + 2) >> 2 < fours.sum()
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::*;
    use crate::codecs::h264::distortion::coefficients_8x8;
    use crate::codecs::h264::macroblock::gather;
    use crate::simd::{Job, Level};

    struct Compared<const W: usize, const A: usize>(Metric, [u8; A], [u8; A]);

    impl<const W: usize, const A: usize> Job for Compared<W, A> {
        type Output = u32;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> u32 {
            let Self(metric, source, prediction) = self;
            if A >= 64 {
                of_region::<S, W, A>(simd, metric, &source, &prediction)
            } else {
                satd::<S, W, A>(simd, &source, &prediction)
            }
        }
    }

    struct Preferred([u8; 256], [u8; 256]);

    impl Job for Preferred {
        type Output = bool;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> bool {
            prefers_8x8(simd, &self.0, &self.1)
        }
    }

    /// Noise, and black against white.
    fn samples<const A: usize>(rng: &mut Rng, round: usize) -> [u8; A] {
        let first = rng.byte() / 128 * 255;
        std::array::from_fn(|_| if round.is_multiple_of(3) { first } else { rng.byte() })
    }

    fn regions<const W: usize, const A: usize>(metric: Metric) {
        let mut rng = Rng::new(A as u64);
        for round in 0..60 {
            let [source, prediction] = [0, 1].map(|_| samples::<A>(&mut rng, round));
            let expected = metric.of_region::<W, A>(&source, &prediction);
            for level in Level::available() {
                assert_eq!(
                    level.run(Compared::<W, A>(metric, source, prediction)),
                    expected,
                    "{level:?} {W}"
                );
            }
        }
    }

    #[test]
    fn distortions_are_those_of_the_plain_form() {
        for metric in [Metric::Sad, Metric::Satd] {
            regions::<16, 256>(metric);
            regions::<16, 128>(metric);
            regions::<8, 128>(metric);
            regions::<8, 64>(metric);
        }
        regions::<8, 32>(Metric::Satd);
        regions::<4, 32>(Metric::Satd);
        regions::<4, 16>(Metric::Satd);
    }

    #[test]
    fn transforms_are_preferred_as_by_the_plain_form() {
        let mut rng = Rng::new(8);
        let mut preferred = 0;
        for round in 0..300 {
            let source = samples(&mut rng, round);
            let noise = rng.below(200);
            let step = rng.below(24);
            let prediction: [u8; 256] = std::array::from_fn(|i| {
                let wave = ((i % 16 + i / 16) * step) as u8 / 2;
                source[i].wrapping_add(wave).wrapping_add(rng.below(noise + 1) as u8)
            });
            let eights: u32 = [0, 8, 128, 136]
                .map(|at| {
                    let block = |samples: &[u8; 256]| gather::<8, 64>(samples, 16, at);
                    coefficients_8x8(&block(&source), &block(&prediction))
                })
                .iter()
                .sum();
            let expected = (eights + 2) >> 2 < Metric::Satd.of_region::<16, 256>(&source, &prediction);
            preferred += usize::from(expected);
            for level in Level::available() {
                assert_eq!(level.run(Preferred(source, prediction)), expected, "{level:?} {round}");
            }
        }
        assert!((30..270).contains(&preferred), "{preferred} of 300 prefer 8x8");
    }
}
