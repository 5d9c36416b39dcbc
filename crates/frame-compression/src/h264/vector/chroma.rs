//! Chroma: the search through the four modes, and the coding. A row of vectors is a row of Cb in its low half and
//! of Cr in its high half: four blocks side by side.

use super::super::macroblock::{ChromaCanvas, Neighbours};
use super::super::predict::planes::Mode;
use super::super::quantiser::Quantiser;
use super::super::residual;
use super::blocks::{self, FourScaling};
use super::half_coefficients;
use crate::simd::{Dwords, Simd, Words};

/// The neighbours of both planes.
struct Sides {
    corner: [u8; 2],
    top: [[u8; 8]; 2],
    left: [[u8; 8]; 2],
}

impl Sides {
    #[inline(always)]
    fn read(chroma: &ChromaCanvas) -> Self {
        let samples = &chroma.samples;
        let origin = ChromaCanvas::ORIGIN;
        Self {
            corner: each!(2, plane => samples[origin[plane] - ChromaCanvas::STRIDE - 1]),
            top: each!(2, plane => {
                *samples[origin[plane] - ChromaCanvas::STRIDE..].first_chunk().expect("inside the canvas")
            }),
            left: each!(2, plane => each!(8, y => samples[origin[plane] - 1 + y * ChromaCanvas::STRIDE])),
        }
    }
}

/// Predicts both planes by a mode that the neighbours allow.
#[inline(always)]
fn predict<S: Simd>(simd: S, sides: &Sides, mode: Mode, neighbours: Neighbours) -> [S::Words; 8] {
    match mode {
        Mode::Vertical => {
            let row = S::Words::load_bytes_halves(simd, &sides.top[0], &sides.top[1]);
            [row; 8]
        }
        Mode::Horizontal => each!(8, y => {
            let [cb, cr] = each!(2, plane => S::Words::splat(simd, i16::from(sides.left[plane][y])));
            cb.low_halves(cr)
        }),
        Mode::Dc => {
            let [upper, lower] = dc(sides, neighbours);
            let rows = [S::Words::load(simd, &upper), S::Words::load(simd, &lower)];
            each!(8, y => rows[y / 4])
        }
        Mode::Plane => plane(simd, sides),
    }
}

/// H.264 8.3.4.1: the lanes of the upper four rows and of the lower four.
#[inline(always)]
fn dc(sides: &Sides, neighbours: Neighbours) -> [[i16; 16]; 2] {
    let mut rows = [[128; 16]; 2];
    for plane in 0..2 {
        let sum = |side: &[u8; 8], from: usize| {
            side[from..from + 4].iter().map(|&sample| i16::from(sample)).sum::<i16>()
        };
        let (top, left) = (&sides.top[plane], &sides.left[plane]);
        let (top, left) = ([sum(top, 0), sum(top, 4)], [sum(left, 0), sum(left, 4)]);
        let one = |sum: i16| (sum + 2) >> 2;
        let both = |a: i16, b: i16| (a + b + 4) >> 3;
        let quadrants = match (neighbours.left, neighbours.top) {
            (true, true) => [[both(top[0], left[0]), one(top[1])], [one(left[1]), both(top[1], left[1])]],
            (true, false) => [[one(left[0]); 2], [one(left[1]); 2]],
            (false, true) => [[one(top[0]), one(top[1])]; 2],
            (false, false) => [[128; 2]; 2],
        };
        for (row, means) in rows.iter_mut().zip(quadrants) {
            row[8 * plane..8 * plane + 4].fill(means[0]);
            row[8 * plane + 4..8 * plane + 8].fill(means[1]);
        }
    }
    rows
}

/// 8.3.4.4.
#[inline(always)]
fn plane<S: Simd>(simd: S, sides: &Sides) -> [S::Words; 8] {
    // Each sample counts by its distance from the third; the corner is four away.
    static WEIGHTS: [i16; 16] = [-3, -2, -1, 0, 1, 2, 3, 4, -3, -2, -1, 0, 1, 2, 3, 4];
    let weights = S::Words::load(simd, &WEIGHTS);
    let top = S::Words::load_bytes_halves(simd, &sides.top[0], &sides.top[1]).mul_add_pairs(weights);
    let left = S::Words::load_bytes_halves(simd, &sides.left[0], &sides.left[1]).mul_add_pairs(weights);
    let sums = top.add_neighbours(left);
    let mut slopes = [0; 8];
    sums.add_neighbours(sums).store(&mut slopes);
    // Of Cb and of Cr: along the row, down the column, the first sample.
    let [cb, cr] = each!(2, plane => {
        let corner = 4 * i32::from(sides.corner[plane]);
        let [b, c] = each!(2, side => ((34 * (slopes[4 * plane + side] - corner) + 32) >> 6) as i16);
        let a = 16 * (i16::from(sides.left[plane][7]) + i16::from(sides.top[plane][7]));
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

/// Chooses how to predict both planes and codes them; whether they have a residual. Not for a luma quantiser above
/// 51.
#[inline(always)]
pub(in super::super) fn code<S: Simd>(
    simd: S,
    source: &[u8; 128],
    chroma: &mut ChromaCanvas,
    neighbours: Neighbours,
    lambda: u32,
    quantiser: &Quantiser,
) -> bool {
    let sides = Sides::read(chroma);
    let rows = source.as_chunks::<16>().0;
    let source = each!(8, y => S::Words::load_bytes(simd, &rows[y]));
    let mut best_cost = u32::MAX;
    let mut prediction = source;
    for &mode in Mode::candidates(neighbours) {
        let candidate = predict(simd, &sides, mode, neighbours);
        let [[a, b], [c, d]] = each!(2, row => {
            half_coefficients::<S>(each!(4, y => source[4 * row + y] - candidate[4 * row + y]))
        });
        let cost = (a + b + (c + d)).sum() as u32 + lambda * mode.chroma_bits();
        if cost < best_cost {
            (best_cost, prediction) = (cost, candidate);
        }
    }

    let scaling = FourScaling::new(simd, &quantiser.four);
    let coded = each!(2, row => {
        let residual = each!(4, y => source[4 * row + y] - prediction[4 * row + y]);
        blocks::quantise(simd, residual, &scaling)
    });
    let mut lanes = [[0; 16]; 2];
    coded[0].dc.store(&mut lanes[0]);
    coded[1].dc.store(&mut lanes[1]);
    let any = coded[0].any.or(coded[1].any);
    let ac = [!any.low_halves(any).is_zero(), !any.high_halves(any).is_zero()];
    let mut residual = false;
    for (plane, ac) in ac.into_iter().enumerate() {
        let at = 8 * plane;
        let dc = [lanes[0][at], lanes[0][at + 4], lanes[1][at], lanes[1][at + 4]].map(i32::from);
        let (dc, visible) = residual::code_chroma_dc(dc, quantiser);
        [lanes[0][at], lanes[0][at + 4], lanes[1][at], lanes[1][at + 4]] = dc.map(|value| value as i16);
        residual |= ac || visible;
    }
    let reconstruction = if residual {
        let rows = each!(2, row => {
            let predicted = each!(4, y => prediction[4 * row + y]);
            blocks::reconstruct(simd, &coded[row], S::Words::load(simd, &lanes[row]), predicted)
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
    residual
}
