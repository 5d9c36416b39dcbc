//! 8x8 blocks of a frame at half size, which a clip's lookahead compares by the hundred for each macroblock.

use super::super::distortion::Metric;
use super::{half_coefficients, moved};
use crate::simd::{Bytes, Dwords, Simd, Window, Words, each};

/// A block: rows 0, 1, 4, 5, then rows 2, 3, 6, 7, so that each widens to vectors of a row and the row four below.
pub(in super::super) type Block<S> = [<S as Simd>::Bytes; 2];

/// A block widened: each vector has a row, and the row four below.
pub(in super::super) type Wide<S> = [<S as Simd>::Words; 4];

/// A block in memory, ready to be loaded both ways.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Stored {
    bytes: [[u8; 32]; 2],
    words: [[i16; 16]; 4],
}

impl Stored {
    #[inline(always)]
    pub(in super::super) fn of<S: Simd>(block: Block<S>) -> Self {
        let mut stored = Self { bytes: [[0; 32]; 2], words: [[0; 16]; 4] };
        for (to, half) in stored.bytes.iter_mut().zip(block) {
            half.store(to);
        }
        for (to, row) in stored.words.iter_mut().zip(widen::<S>(block)) {
            row.store(to);
        }
        stored
    }
}

#[inline(always)]
pub(in super::super) fn load<S: Simd>(simd: S, block: Window<'_>) -> Block<S> {
    each!(2, half => {
        S::Bytes::load_quarters(simd, each!(4, i => block.row((0, 2 * half + i % 2 + i / 2 * 4))))
    })
}

#[inline(always)]
fn widen<S: Simd>([first, second]: Block<S>) -> Wide<S> {
    let ((a, b), (c, d)) = (first.widen(), second.widen());
    [a, b, c, d]
}

/// The mean of two blocks, rounded up.
#[inline(always)]
pub(in super::super) fn mean<S: Simd>(a: Block<S>, b: Block<S>) -> Block<S> {
    each!(2, half => a[half].average(b[half]))
}

/// Two blocks as one; the first counts `weight` of 64 (H.264 8.4.2.3).
#[inline(always)]
pub(in super::super) fn average<S: Simd>(simd: S, a: Block<S>, b: Block<S>, weight: i32) -> Block<S> {
    each!(2, half => moved::average(simd, a[half], b[half], weight))
}

/// The distortion of a prediction; a sum of coefficients is that of its 4x4 blocks.
#[inline(always)]
pub(in super::super) fn distortion<S: Simd>(
    simd: S,
    metric: Metric,
    source: &Stored,
    prediction: Block<S>,
) -> u32 {
    match metric {
        Metric::Sad => differences(simd, source, prediction),
        Metric::Satd => distortion_of_wide(simd, metric, source, widen::<S>(prediction)),
    }
}

/// The sum of the absolute differences.
#[inline(always)]
pub(in super::super) fn differences<S: Simd>(simd: S, source: &Stored, prediction: Block<S>) -> u32 {
    let [a, b] = each!(2, half => S::Bytes::load(simd, &source.bytes[half]).differences(prediction[half]));
    (a + b).sum() as u32
}

/// The distortion of a prediction in words.
#[inline(always)]
pub(in super::super) fn distortion_of_wide<S: Simd>(
    simd: S,
    metric: Metric,
    source: &Stored,
    prediction: Wide<S>,
) -> u32 {
    let difference = each!(4, y => S::Words::load(simd, &source.words[y]) - prediction[y]);
    let [a, b] = match metric {
        Metric::Sad => [difference[0].abs() + difference[1].abs(), difference[2].abs() + difference[3].abs()],
        Metric::Satd => half_coefficients::<S>(difference),
    };
    (a + b).mul_add_pairs(S::Words::splat(simd, 1)).sum() as u32
}

/// The samples beside a block.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Sides {
    pub(in super::super) corner: u8,
    pub(in super::super) above: [u8; 8],
    pub(in super::super) left: [u8; 8],
}

/// The predictions of chroma's modes from all sides (H.264 8.3.4): DC, horizontal, vertical, plane.
#[inline(always)]
pub(in super::super) fn predict<S: Simd>(simd: S, sides: &Sides) -> [Wide<S>; 4] {
    let Sides { above, left, .. } = sides;
    let sum = |side: &[u8]| side.iter().map(|&sample| u32::from(sample)).sum::<u32>();
    let [above_sums, left_sums] = [above, left].map(|side| [sum(&side[..4]), sum(&side[4..])]);
    let both = |block: usize| ((above_sums[block] + left_sums[block] + 4) >> 3) as u8;
    let [right, below] = [above_sums[1], left_sums[1]].map(|sum| ((sum + 2) >> 2) as u8);
    let row = |first: u8, second: u8| std::array::from_fn(|x| if x < 4 { first } else { second });
    let mean = S::Words::load_bytes_halves(simd, &row(both(0), right), &row(below, both(1)));
    let horizontal = each!(4, y => S::Words::load_bytes_halves(simd, &[left[y]; 8], &[left[y + 4]; 8]));
    let vertical = S::Words::load_bytes_halves(simd, above, above);
    [[mean; 4], horizontal, [vertical; 4], predict_plane(simd, sides)]
}

/// Plane prediction. All sums have room in 16 bits.
#[inline(always)]
fn predict_plane<S: Simd>(simd: S, sides: &Sides) -> Wide<S> {
    let slope = |side: &[u8; 8]| -> i32 {
        let before = [side[2], side[1], side[0], sides.corner].map(i32::from);
        let gradient: i32 = (0..4).map(|i| (i as i32 + 1) * (i32::from(side[4 + i]) - before[i])).sum();
        (34 * gradient + 32) >> 6
    };
    let [across, down] = [slope(&sides.above), slope(&sides.left)].map(|slope| slope as i16);
    let start = 16 * (i16::from(sides.above[7]) + i16::from(sides.left[7])) + 16;
    let columns = S::Words::load(simd, &std::array::from_fn(|i| i as i16 % 8 - 3));
    let rows = S::Words::load(simd, &std::array::from_fn(|i| if i < 8 { -3 } else { 1 }));
    let (across, down) = (S::Words::splat(simd, across), S::Words::splat(simd, down));
    let (least, most) = (S::Words::splat(simd, 0), S::Words::splat(simd, 255));
    let first = S::Words::splat(simd, start) + columns.mul_low(across) + rows.mul_low(down);
    let second = first + down;
    let third = second + down;
    let sums = [first, second, third, third + down];
    each!(4, y => sums[y].shr::<5>().max(least).min(most))
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::*;
    use crate::codecs::h264::macroblock::{ChromaCanvas, Neighbours};
    use crate::codecs::h264::predict::planes::{Mode, predict_chroma};
    use crate::codecs::h264::samples;
    use crate::simd::{Job, Level};

    struct Compared<'a> {
        metric: Metric,
        source: &'a [u8; 64],
        blocks: [&'a [u8]; 2],
        width: usize,
        weight: i32,
    }

    impl Job for Compared<'_> {
        type Output = u32;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> u32 {
            let source = Stored::of::<S>(load(simd, Window::of(self.source, 8, 8)));
            let [a, b] =
                each!(2, i => load(simd, Window::of(self.blocks[i], self.width, 10).part((3, 2), 8, 8)));
            distortion(simd, self.metric, &source, average(simd, a, b, self.weight))
        }
    }

    struct Predicted<'a>(&'a Sides);

    impl Job for Predicted<'_> {
        type Output = [[[i16; 16]; 4]; 4];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> [[[i16; 16]; 4]; 4] {
            predict(simd, self.0).map(|rows| {
                rows.map(|row| {
                    let mut lanes = [0; 16];
                    row.store(&mut lanes);
                    lanes
                })
            })
        }
    }

    #[test]
    fn predictions_are_those_of_the_plain_form() {
        let mut rng = Rng::new(9);
        for round in 0..200 {
            let mut sample = || if round % 3 == 0 { 255 * (rng.byte() >> 7) } else { rng.byte() };
            let mut canvas = ChromaCanvas { samples: [0; ChromaCanvas::STRIDE * 9], left: [0; 16] };
            canvas.samples.fill_with(&mut sample);
            let origin = ChromaCanvas::ORIGIN[0];
            let above = origin - ChromaCanvas::STRIDE;
            let sides = Sides {
                corner: canvas.samples[above - 1],
                above: std::array::from_fn(|x| canvas.samples[above + x]),
                left: std::array::from_fn(|y| canvas.samples[origin + y * ChromaCanvas::STRIDE - 1]),
            };
            let neighbours = Neighbours { left: true, top: true, top_right: true };
            let modes = [Mode::Dc, Mode::Horizontal, Mode::Vertical, Mode::Plane];
            let expected: [[[i16; 16]; 4]; 4] = modes.map(|mode| {
                let samples = predict_chroma(&canvas, 0, mode, neighbours);
                std::array::from_fn(|y| std::array::from_fn(|x| samples[8 * (y + x / 8 * 4) + x % 8].into()))
            });
            for level in Level::available() {
                assert_eq!(level.run(Predicted(&sides)), expected, "{level:?}, round {round}");
            }
        }
    }

    /// Noise, and black against white, by every weight that pictures at hand have.
    #[test]
    fn distortions_are_those_of_the_plain_form() {
        let mut rng = Rng::new(8);
        for round in 0..200 {
            let mut sample = || if round % 3 == 0 { 255 * (rng.byte() >> 7) } else { rng.byte() };
            let source: [u8; 64] = std::array::from_fn(|_| sample());
            let planes: [Vec<u8>; 2] = std::array::from_fn(|_| (0..110).map(|_| sample()).collect());
            let block = |plane: &[u8]| std::array::from_fn(|i| plane[11 * (2 + i / 8) + 3 + i % 8]);
            let weight = [32, 0, 64, 43, 21, 80, -16][round % 7];
            let prediction = samples::average(&block(&planes[0]), &block(&planes[1]), weight);
            for metric in [Metric::Sad, Metric::Satd] {
                let expected = metric.of_region::<8, 64>(&source, &prediction);
                for level in Level::available() {
                    let blocks = [&planes[0][..], &planes[1][..]];
                    let job = Compared { metric, source: &source, blocks, width: 11, weight };
                    assert_eq!(level.run(job), expected, "{level:?}, round {round}, {metric:?}");
                }
            }
        }
    }
}
