//! What vectors predict, from where it lies in the references.

use super::difference::bytes_of_rows;
use crate::simd::{Bytes, Dwords, Simd, Window, Words, each};

/// A block of luma: two regions of half samples that it is the mean of, the same one twice where it is one of them.
pub(in super::super) type Luma<'a> = [Window<'a>; 2];

/// A block of chroma: its samples and those beside and below them, and how many eighths it lies to the right of them
/// and below.
pub(in super::super) type Chroma<'a> = (Window<'a>, [i16; 2]);

/// A block of luma W samples wide, 8 or 16: one, or the first counted so many 64ths beside a second.
#[inline(always)]
pub(in super::super) fn luma<S: Simd, const W: usize, const A: usize>(
    simd: S,
    first: Luma<'_>,
    second: Option<(Luma<'_>, i32)>,
) -> [u8; A] {
    let first = inside::<W, A>(first);
    let mut block = [0; A];
    let rows = block.as_chunks_mut::<32>().0;
    let Some((second, weight)) = second else {
        for (i, to) in rows.iter_mut().enumerate() {
            mean::<S, W>(simd, first, 32 / W * i).store(to);
        }
        return block;
    };
    let second = inside::<W, A>(second);
    for (i, to) in rows.iter_mut().enumerate() {
        let [a, b] = each!(2, k => mean::<S, W>(simd, [first, second][k], 32 / W * i));
        average(simd, a, b, weight).store(to);
    }
    block
}

/// The same regions, of a size that the compiler knows: rows of them need no further check.
#[inline(always)]
fn inside<const W: usize, const A: usize>([a, b]: Luma<'_>) -> Luma<'_> {
    [a.part((0, 0), W, A / W), b.part((0, 0), W, A / W)]
}

/// 32 samples of luma from a row on.
#[inline(always)]
fn mean<S: Simd, const W: usize>(simd: S, [a, b]: Luma<'_>, y: usize) -> S::Bytes {
    bytes_of_rows::<S, W>(simd, a, y).average(bytes_of_rows::<S, W>(simd, b, y))
}

/// An 8x8 block of chroma in the same way.
#[inline(always)]
pub(in super::super) fn chroma<S: Simd>(
    simd: S,
    first: Chroma<'_>,
    second: Option<(Chroma<'_>, i32)>,
) -> [u8; 64] {
    let first = between_corners(simd, first);
    let rows = match second {
        None => first,
        Some((second, weight)) => average_words(simd, first, between_corners(simd, second), weight),
    };
    let mut block = [0; 64];
    for (row, to) in rows.into_iter().zip(block.as_chunks_mut().0) {
        row.store_bytes(to);
    }
    block
}

/// Two rows of chroma a vector (H.264 8.4.2.2.2).
#[inline(always)]
fn between_corners<S: Simd>(simd: S, (window, [fx, fy]): Chroma<'_>) -> [S::Words; 4] {
    let window = window.part((0, 0), 9, 9);
    let weights = [(8 - fx) * (8 - fy), fx * (8 - fy), (8 - fx) * fy, fx * fy];
    let weights = each!(4, i => S::Words::splat(simd, weights[i]));
    let rounding = S::Words::splat(simd, 32);
    each!(4, pair => {
        let corners = each!(4, i => {
            let (x, y) = (i % 2, 2 * pair + i / 2);
            S::Words::load_bytes_halves(simd, window.row((x, y)), window.row((x, y + 1))).mul_low(weights[i])
        });
        ((corners[0] + corners[1]) + (corners[2] + corners[3]) + rounding).shr::<6>()
    })
}

/// Two blocks of words as one; the first counts `weight` of 64, from -64 to 128 (H.264 8.4.2.3), for which 16 bits have
/// room.
#[inline(always)]
fn average_words<S: Simd>(simd: S, a: [S::Words; 4], b: [S::Words; 4], weight: i32) -> [S::Words; 4] {
    let weights = [weight as i16, 64 - weight as i16];
    let [first, second] = each!(2, i => S::Words::splat(simd, weights[i]));
    let rounding = S::Words::splat(simd, 32);
    each!(4, i => (a[i].mul_low(first) + b[i].mul_low(second) + rounding).shr::<6>())
}

/// Two vectors of samples as one; the first counts `weight` of 64 (H.264 8.4.2.3).
#[inline(always)]
pub(in super::super) fn average<S: Simd>(simd: S, a: S::Bytes, b: S::Bytes, weight: i32) -> S::Bytes {
    if weight == 32 {
        return a.average(b);
    }
    let weights = S::Words::splat_pair(simd, weight as i16, 64 - weight as i16);
    let rounding = S::Dwords::splat(simd, 32);
    let (a, b) = (a.widen(), b.widen());
    let [low, high] = each!(2, half => {
        let (a, b) = if half == 0 { (a.0, b.0) } else { (a.1, b.1) };
        let low = (a.zip_low_16(b).mul_add_pairs(weights) + rounding).shr::<6>();
        let high = (a.zip_high_16(b).mul_add_pairs(weights) + rounding).shr::<6>();
        low.pack_words(high)
    });
    low.pack_bytes(high)
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::*;
    use crate::codecs::h264::samples;
    use crate::simd::{Job, Level};

    const STRIDE: usize = 21;

    /// Where blocks lie in planes, and how much the first one counts beside a second, if there is one.
    struct Predicted<'a> {
        planes: &'a [Vec<u8>; 4],
        at: [(usize, usize); 4],
        weight: Option<i32>,
        eighths: [[i16; 2]; 2],
    }

    impl Predicted<'_> {
        fn sample(&self, which: usize, x: usize, y: usize) -> i32 {
            let (left, top) = self.at[which];
            self.planes[which][STRIDE * (top + y) + left + x].into()
        }

        /// Two blocks as one, sample by sample.
        fn plainly<const W: usize, const A: usize>(
            &self,
            sample: impl Fn(usize, usize, usize) -> i32,
        ) -> [u8; A] {
            let [first, second] =
                [0, 1].map(|which| std::array::from_fn(|i| sample(which, i % W, i / W) as u8));
            self.weight.map_or(first, |weight| samples::average(&first, &second, weight))
        }

        fn luma_plainly<const W: usize, const A: usize>(&self) -> [u8; A] {
            self.plainly::<W, A>(|which, x, y| {
                (self.sample(2 * which, x, y) + self.sample(2 * which + 1, x, y) + 1) >> 1
            })
        }

        fn chroma_plainly(&self) -> [u8; 64] {
            self.plainly::<8, 64>(|which, x, y| {
                let [fx, fy] = self.eighths[which].map(i32::from);
                let [a, b] = [0, 1].map(|dy| {
                    (8 - fx) * self.sample(which, x, y + dy) + fx * self.sample(which, x + 1, y + dy)
                });
                ((8 - fy) * a + fy * b + 32) >> 6
            })
        }
    }

    impl Job for &Predicted<'_> {
        type Output = ([u8; 256], [u8; 64], [u8; 64]);

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let [a, b, c, d] =
                each!(4, i => Window::of(&self.planes[i], STRIDE, 21).part(self.at[i], 17, 17));
            let second = self.weight.map(|weight| ([c, d], weight));
            let chromas = [(a, self.eighths[0]), (b, self.eighths[1])];
            (
                luma::<S, 16, 256>(simd, [a, b], second),
                luma::<S, 8, 64>(simd, [a, b], second),
                chroma(simd, chromas[0], self.weight.map(|weight| (chromas[1], weight))),
            )
        }
    }

    /// Noise, and black against white, by every weight that pictures at hand have, and the least and the largest.
    #[test]
    fn predictions_are_those_of_the_plain_form() {
        let mut rng = Rng::new(11);
        for round in 0..400 {
            let mut sample = || if round % 3 == 0 { 255 * (rng.byte() >> 7) } else { rng.byte() };
            let planes = std::array::from_fn(|_| (0..STRIDE * 21).map(|_| sample()).collect());
            let at = std::array::from_fn(|_| (rng.below(5), rng.below(5)));
            let eighths = std::array::from_fn(|_| std::array::from_fn(|_| rng.below(8) as i16));
            let weight = [None, Some(32), Some(64), Some(43), Some(21), Some(128), Some(-64)][round % 7];
            let job = Predicted { planes: &planes, at, weight, eighths };
            let expected = (job.luma_plainly::<16, 256>(), job.luma_plainly::<8, 64>(), job.chroma_plainly());
            for level in Level::available() {
                assert_eq!(level.run(&job), expected, "{level:?}, round {round}, {weight:?}");
            }
        }
    }
}
