//! Chroma: the search through the four modes, and the coding. A row of vectors is a row of Cb in its low half and
//! of Cr in its high half: four blocks side by side.

use super::super::distortion::Metric;
use super::super::macroblock::{ChromaCanvas, Neighbours};
use super::super::predict::planes::Mode;
use super::super::quantise::Quantiser;
use super::blocks::{self, FourScaling};
use super::{absolute_sum, half_coefficients, levels};
use crate::simd::{Bytes, Dwords, Simd, Words, each};

/// The neighbours of both planes, Cb in the low half.
struct Sides<S: Simd> {
    corner: [u8; 2],
    /// The last samples of the top and of the left side.
    last: [[u8; 2]; 2],
    top: S::Words,
    left: S::Words,
    /// The left side as bytes: Cb, then Cr, in each half.
    left_bytes: S::Bytes,
}

impl<S: Simd> Sides<S> {
    #[inline(always)]
    fn read(simd: S, chroma: &ChromaCanvas) -> Self {
        let samples = &chroma.samples;
        let origin = ChromaCanvas::ORIGIN;
        let above = |plane: usize| -> &[u8; 8] {
            samples[origin[plane] - ChromaCanvas::STRIDE..].first_chunk().expect("inside the canvas")
        };
        Self {
            corner: each!(2, plane => samples[origin[plane] - ChromaCanvas::STRIDE - 1]),
            last: each!(2, plane => [above(plane)[7], chroma.left[8 * plane + 7]]),
            top: S::Words::load_bytes_halves(simd, above(0), above(1)),
            left: S::Words::load_bytes(simd, &chroma.left),
            left_bytes: S::Bytes::load_twice(simd, &chroma.left),
        }
    }
}

/// Predicts both planes by a mode that the neighbours allow.
#[inline(always)]
fn predict<S: Simd>(simd: S, sides: &Sides<S>, mode: Mode, neighbours: Neighbours) -> [S::Words; 8] {
    /// The indices of row `y` of the left sides.
    const fn left(y: usize) -> [u8; 32] {
        let mut indices = [y as u8; 32];
        let mut i = 16;
        while i < 32 {
            indices[i] += 8;
            i += 1;
        }
        indices
    }
    static LEFT: [[u8; 32]; 8] = each!(8, y => left(y));
    match mode {
        Mode::Vertical => [sides.top; 8],
        Mode::Horizontal => {
            each!(8, y => sides.left_bytes.lookup(S::Bytes::load(simd, &LEFT[y])).widen().0)
        }
        Mode::Dc => {
            let rows = dc(simd, sides, neighbours);
            each!(8, y => rows[y / 4])
        }
        Mode::Plane => plane(simd, sides),
    }
}

/// H.264 8.3.4.1: the upper four rows and the lower four.
#[inline(always)]
fn dc<S: Simd>(simd: S, sides: &Sides<S>, neighbours: Neighbours) -> [S::Words; 2] {
    let ones = S::Words::splat(simd, 1);
    let mut sums = [0; 8];
    sides.top.mul_add_pairs(ones).add_neighbours(sides.left.mul_add_pairs(ones)).store(&mut sums);
    let [cb, cr] = each!(2, plane => {
        let [top, left] = each!(2, side => [sums[4 * plane + 2 * side], sums[4 * plane + 2 * side + 1]]);
        let both = |a: i32, b: i32| (a + b + 4) >> 3;
        // The mean of four samples is that of them twice.
        let quadrants = match (neighbours.left, neighbours.top) {
            (true, true) => [both(top[0], left[0]), both(top[1], top[1]), both(left[1], left[1]), both(top[1], left[1])],
            (true, false) => [both(left[0], left[0]), both(left[0], left[0]), both(left[1], left[1]), both(left[1], left[1])],
            (false, true) => [both(top[0], top[0]), both(top[1], top[1]), both(top[0], top[0]), both(top[1], top[1])],
            (false, false) => [128; 4],
        };
        each!(2, row => {
            let [a, b] = each!(2, column => S::Words::splat(simd, quadrants[2 * row + column] as i16));
            a.zip_low_64(b)
        })
    });
    each!(2, row => cb[row].low_halves(cr[row]))
}

/// 8.3.4.4.
#[inline(always)]
fn plane<S: Simd>(simd: S, sides: &Sides<S>) -> [S::Words; 8] {
    // Each sample counts by its distance from the third; the corner is four away.
    static WEIGHTS: [i16; 16] = [-3, -2, -1, 0, 1, 2, 3, 4, -3, -2, -1, 0, 1, 2, 3, 4];
    let weights = S::Words::load(simd, &WEIGHTS);
    let sums = sides.top.mul_add_pairs(weights).add_neighbours(sides.left.mul_add_pairs(weights));
    let mut slopes = [0; 8];
    sums.add_neighbours(sums).store(&mut slopes);
    // Of Cb and of Cr: along the row, down the column, the first sample.
    let [cb, cr] = each!(2, plane => {
        let corner = 4 * i32::from(sides.corner[plane]);
        let [b, c] = each!(2, side => ((34 * (slopes[4 * plane + side] - corner) + 32) >> 6) as i16);
        let [top, left] = sides.last[plane];
        let a = 16 * (i16::from(left) + i16::from(top));
        each!(3, i => S::Words::splat(simd, [b, c, a + 16 - 3 * c][i]))
    });
    let [along, down, first] = each!(3, i => cb[i].low_halves(cr[i]));
    let first = first + weights.mul_low(along);
    let (zero, limit) = (S::Words::splat(simd, 0), S::Words::splat(simd, 255));
    let mut rows = [first; 8];
    for y in 1..8 {
        rows[y] = rows[y - 1] + down;
    }
    each!(8, y => rows[y].shr::<5>().max(zero).min(limit))
}

/// Transforms, quantises and scales back the DC coefficients of the upper and the lower blocks, each in the first
/// lane of its block, the other lanes 0 (8.5.11).
#[inline(always)]
fn code_dc<S: Simd>(simd: S, [upper, lower]: [S::Words; 2], quantiser: &Quantiser) -> [S::Words; 2] {
    // The same there and back: upper and lower blocks, then left and right ones.
    #[inline(always)]
    fn transform<S: Simd>([upper, lower]: [S::Words; 2]) -> [S::Words; 2] {
        let (sum, difference) = (upper + lower, upper - lower);
        let (left, right) = (sum.zip_low_64(difference), sum.zip_high_64(difference));
        [left + right, left - right]
    }
    let multiplier = S::Words::splat(simd, quantiser.dc_multiplier);
    let bias = S::Words::splat(simd, quantiser.dc_bias);
    let coefficients = transform::<S>([upper, lower]);
    let [sums, differences] = each!(2, i => levels::<S>(coefficients[i], multiplier, bias));
    let scaled = transform::<S>([sums, differences]);
    // A product of 32 bits, halved.
    let scale = S::Words::splat(simd, ((quantiser.dc_scale >> 4) << quantiser.period) as i16);
    each!(2, row => {
        scaled[row].mul_high(scale).shl::<15>().or(scaled[row].mul_low(scale).shr_unsigned::<1>())
    })
}

/// The mode of least cost, the costs of all modes that there are, and its prediction.
#[inline(always)]
fn choose<S: Simd>(
    simd: S,
    source: &[S::Words; 8],
    chroma: &ChromaCanvas,
    neighbours: Neighbours,
    (metric, lambda): (Metric, u32),
) -> (Mode, [u32; 4], [S::Words; 8]) {
    let sides = Sides::read(simd, chroma);
    let (mut best, mut costs) = (u32::MAX, [u32::MAX; 4]);
    let (mut best_mode, mut prediction) = (Mode::Dc, *source);
    for &mode in Mode::candidates(neighbours) {
        let candidate = predict(simd, &sides, mode, neighbours);
        let residual = each!(8, y => source[y] - candidate[y]);
        let sums = match metric {
            Metric::Satd => {
                let [[a, b], [c, d]] =
                    each!(2, row => half_coefficients::<S>(each!(4, y => residual[4 * row + y])));
                a + b + (c + d)
            }
            Metric::Sad => absolute_sum::<S, 8>(residual),
        };
        let cost = sums.sum() as u32 + lambda * mode.chroma_bits();
        costs[mode as usize] = cost;
        if cost < best {
            (best, best_mode, prediction) = (cost, mode, candidate);
        }
    }
    (best_mode, costs, prediction)
}

#[inline(always)]
fn store_rows<S: Simd>(rows: [S::Words; 8]) -> [u8; 128] {
    let mut samples = [0; 128];
    for (row, samples) in rows.into_iter().zip(samples.as_chunks_mut::<16>().0) {
        row.store_bytes(samples);
    }
    samples
}

/// The prediction by a mode: rows of Cb and Cr side by side.
#[inline(always)]
pub(in super::super) fn predict_both<S: Simd>(
    simd: S,
    chroma: &ChromaCanvas,
    mode: Mode,
    neighbours: Neighbours,
) -> [u8; 128] {
    store_rows::<S>(predict(simd, &Sides::read(simd, chroma), mode, neighbours))
}

/// The mode of least cost, the costs of all modes that there are, and its prediction: rows of Cb and Cr side by side.
#[inline(always)]
pub(in super::super) fn search<S: Simd>(
    simd: S,
    source: &[u8; 128],
    chroma: &ChromaCanvas,
    neighbours: Neighbours,
    lambda: u32,
) -> (Mode, [u32; 4], [u8; 128]) {
    let rows = source.as_chunks::<16>().0;
    let source = each!(8, y => S::Words::load_bytes(simd, &rows[y]));
    let (mode, costs, prediction) = choose(simd, &source, chroma, neighbours, (Metric::Satd, lambda));
    (mode, costs, store_rows::<S>(prediction))
}

/// Chooses how to predict both planes, by a metric and λ, and codes them; the mode, and whether they have a residual.
/// Not for a luma quantiser above 51.
#[inline(always)]
pub(in super::super) fn code<S: Simd>(
    simd: S,
    source: &[u8; 128],
    chroma: &mut ChromaCanvas,
    neighbours: Neighbours,
    prices: (Metric, u32),
    quantiser: &Quantiser,
) -> (Mode, bool) {
    let rows = source.as_chunks::<16>().0;
    let source = each!(8, y => S::Words::load_bytes(simd, &rows[y]));
    let (best_mode, _, prediction) = choose(simd, &source, chroma, neighbours, prices);

    let scaling = FourScaling::new(simd, &quantiser.four);
    let coded = each!(2, row => {
        let residual = each!(4, y => source[4 * row + y] - prediction[4 * row + y]);
        blocks::quantise(simd, residual, &scaling)
    });
    let dc = code_dc(simd, [coded[0].dc, coded[1].dc], quantiser);
    // Levels of DC alone count where they change a sample.
    let rounding = S::Words::splat(simd, 32);
    let [upper, lower] = each!(2, row => (dc[row] + rounding).shr::<6>());
    let residual = !coded[0].any.or(coded[1].any).or(upper.or(lower)).is_zero();
    let reconstruction = if residual {
        let rows = each!(2, row => {
            let predicted = each!(4, y => prediction[4 * row + y]);
            blocks::reconstruct(simd, &coded[row], dc[row], predicted)
        });
        each!(8, y => rows[y / 4][y % 4])
    } else {
        prediction
    };
    for (y, row) in reconstruction.into_iter().enumerate() {
        let mut samples = [0; 16];
        row.store_bytes(&mut samples);
        let (cb, cr) = samples.split_at(8);
        for (samples, origin) in [cb, cr].into_iter().zip(ChromaCanvas::ORIGIN) {
            chroma.samples[origin + y * ChromaCanvas::STRIDE..][..8].copy_from_slice(samples);
        }
    }
    (best_mode, residual)
}
