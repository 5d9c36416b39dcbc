//! Intra16x16: the search through the four modes by Hadamard coefficients, with what the search learns of the
//! source's 4x4 blocks.

use super::super::macroblock::{LumaCanvas, Neighbours, Source};
use super::super::predict::planes::Mode;
use super::super::quantise::Quantiser;
use super::super::residual;
use super::blocks::{self, FourScaling};
use super::{Flat, coefficients, hadamard_rows, half_coefficients, sums_of_halves};
use crate::simd::{Dwords, Simd, Words, each};

/// The neighbours of a macroblock's luma.
struct Sides {
    corner: u8,
    top: [u8; 16],
    left: [u8; 16],
}

impl Sides {
    #[inline(always)]
    fn read(luma: &LumaCanvas) -> Self {
        let above = LumaCanvas::ORIGIN - LumaCanvas::STRIDE;
        Self {
            corner: luma.samples[above - 1],
            top: *luma.samples[above..].first_chunk().expect("inside the canvas"),
            left: std::array::from_fn(|y| luma.samples[LumaCanvas::at(0, y) - 1]),
        }
    }

    /// 8.3.3.3.
    #[inline(always)]
    fn dc(&self, neighbours: Neighbours) -> i16 {
        let sum = |side: &[u8; 16]| side.iter().map(|&sample| i16::from(sample)).sum::<i16>();
        match (neighbours.left, neighbours.top) {
            (true, true) => (sum(&self.left) + sum(&self.top) + 16) >> 5,
            (true, false) => (sum(&self.left) + 8) >> 4,
            (false, true) => (sum(&self.top) + 8) >> 4,
            (false, false) => 128,
        }
    }
}

/// 8.3.3.4: rows from the first one down.
struct Plane<S: Simd> {
    row: S::Words,
    step: S::Words,
    limit: S::Words,
    zero: S::Words,
}

impl<S: Simd> Plane<S> {
    #[inline(always)]
    fn new(simd: S, sides: &Sides) -> Self {
        // Each sample counts by its distance from the seventh; the corner is eight away.
        static WEIGHTS: [i16; 16] = [-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        let weights = S::Words::load(simd, &WEIGHTS);
        let [b, c] = each!(2, i => {
            let side = S::Words::load_bytes(simd, [&sides.top, &sides.left][i]);
            let slope = side.mul_add_pairs(weights).sum() - 8 * i32::from(sides.corner);
            ((5 * slope + 32) >> 6) as i16
        });
        let a = 16 * (i16::from(sides.left[15]) + i16::from(sides.top[15]));
        let first = S::Words::splat(simd, a + 16 - 7 * c) + weights.mul_low(S::Words::splat(simd, b));
        Self {
            row: first,
            step: S::Words::splat(simd, c),
            limit: S::Words::splat(simd, 255),
            zero: S::Words::splat(simd, 0),
        }
    }

    #[inline(always)]
    fn next(&mut self) -> S::Words {
        let samples = self.row.shr::<5>().max(self.zero).min(self.limit);
        self.row = self.row + self.step;
        samples
    }
}

/// The mode of the nearest prediction, the costs of all modes that there are, and for each 4x4 block in coding order
/// what a flat prediction would leave of it.
#[inline(always)]
pub(in super::super) fn search<S: Simd>(
    simd: S,
    source: &Source,
    luma: &LumaCanvas,
    neighbours: Neighbours,
    lambda: u32,
    flat: &mut [Flat; 16],
) -> (Mode, [u32; 4]) {
    static FIRST_FOUR: [i16; 16] = [-1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0];
    static FIRST: [i16; 16] = [-1, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0];
    let sides = Sides::read(luma);
    let zero = S::Words::splat(simd, 0);
    let ones = S::Words::splat(simd, 1);
    let first = S::Words::load(simd, &FIRST);
    let first_four = S::Words::load(simd, &FIRST_FOUR);

    let top = S::Words::load_bytes(simd, &sides.top).shl::<2>();
    let vertical = coefficients::<S>([top, zero, zero, zero]);
    let flat_first = S::Words::splat(simd, 16 * sides.dc(neighbours)).and(first);
    let all = neighbours.left && neighbours.top;
    let mut plane = Plane::new(simd, &sides);

    let nothing = S::Dwords::splat(simd, 0);
    let (mut by_vertical, mut by_horizontal, mut by_dc, mut by_plane) = (nothing, nothing, nothing, zero);
    let (mut others, mut firsts) = ([zero; 8], [zero; 8]);
    for (row, samples) in source.y.as_chunks::<64>().0.iter().enumerate() {
        let samples =
            each!(4, y => S::Words::load_bytes(simd, samples[16 * y..].first_chunk().expect("a row")));
        let left = each!(4, y => S::Words::splat(simd, i16::from(sides.left[4 * row + y])));
        let left = hadamard_rows(left);
        let horizontal = left[0].zip_low_16(left[1]).zip_low_32(left[2].zip_low_16(left[3]));
        let horizontal = horizontal.shl::<2>().and(first_four);

        let transformed = coefficients::<S>(hadamard_rows(samples));
        let (mut sum_vertical, mut sum_horizontal, mut sum_dc) = (zero, zero, zero);
        for (pair, [low, high]) in transformed.into_iter().enumerate() {
            let high_absolute = high.abs();
            let [vertical_low, vertical_high] = vertical[pair];
            sum_vertical = sum_vertical + (low - vertical_low).abs() + (high - vertical_high).abs();
            sum_horizontal = sum_horizontal + (low - horizontal).abs() + high_absolute;
            sum_dc = sum_dc + (low - flat_first).abs() + high_absolute;
            let firsts_here = low.and(first);
            others[2 * row + pair] = (low - firsts_here).abs() + high_absolute;
            firsts[2 * row + pair] = firsts_here;
        }
        by_vertical = by_vertical + sum_vertical.mul_add_pairs(ones);
        by_horizontal = by_horizontal + sum_horizontal.mul_add_pairs(ones);
        by_dc = by_dc + sum_dc.mul_add_pairs(ones);
        if all {
            let [even, odd] = half_coefficients::<S>(each!(4, y => samples[y] - plane.next()));
            by_plane = by_plane + even + odd;
        }
    }
    for half in 0..2 {
        let (mut other_sums, mut first_sums) = ([0; 8], [0; 8]);
        sums_of_halves(simd, each!(4, i => others[4 * half + i])).store(&mut other_sums);
        sums_of_halves(simd, each!(4, i => firsts[4 * half + i])).store(&mut first_sums);
        for i in 0..8 {
            flat[8 * half + i] = Flat { others: other_sums[i], first: first_sums[i] };
        }
    }

    let (by_vertical, by_horizontal) = (by_vertical.sum() / 2, by_horizontal.sum() / 2);
    let (by_dc, by_plane) = (by_dc.sum() / 2, by_plane.sum());
    cheapest([by_vertical, by_horizontal, by_dc, by_plane], neighbours, lambda)
}

/// The mode of the nearest prediction by plain differences, and the costs of all modes that there are.
#[inline(always)]
pub(in super::super) fn search_by_differences<S: Simd>(
    simd: S,
    source: &[u8; 256],
    luma: &LumaCanvas,
    neighbours: Neighbours,
    lambda: u32,
) -> (Mode, [u32; 4]) {
    let sides = Sides::read(luma);
    let zero = S::Words::splat(simd, 0);
    let top = S::Words::load_bytes(simd, &sides.top);
    let dc = S::Words::splat(simd, sides.dc(neighbours));
    let mut plane = Plane::new(simd, &sides);
    // By vertical, horizontal, DC and plane: at most 16 * 255 in a lane.
    let mut sums = [zero; 4];
    for (row, &left) in source.as_chunks::<16>().0.iter().zip(&sides.left) {
        let samples = S::Words::load_bytes(simd, row);
        let predictions = [top, S::Words::splat(simd, left.into()), dc, plane.next()];
        sums = each!(4, i => sums[i] + (samples - predictions[i]).abs());
    }
    let mut halves = [0; 8];
    sums_of_halves(simd, sums).store(&mut halves);
    cheapest(each!(4, i => halves[i] + halves[4 + i]), neighbours, lambda)
}

/// The mode of least cost and the costs, given the distortions of vertical, horizontal, DC and plane prediction.
#[inline(always)]
fn cheapest(distortions: [i32; 4], neighbours: Neighbours, lambda: u32) -> (Mode, [u32; 4]) {
    let (mut best, mut costs) = (Mode::Dc, [u32::MAX; 4]);
    for &mode in Mode::candidates(neighbours) {
        costs[mode as usize] = distortions[mode as usize] as u32 + lambda * mode.luma_bits();
        if costs[mode as usize] < costs[best as usize] {
            best = mode;
        }
    }
    (best, costs)
}

/// Predicts a macroblock's luma.
#[inline(always)]
pub(in super::super) fn predict<S: Simd>(
    simd: S,
    luma: &LumaCanvas,
    mode: Mode,
    neighbours: Neighbours,
) -> [u8; 256] {
    let sides = Sides::read(luma);
    let mut prediction = [0; 256];
    let rows = prediction.as_chunks_mut::<16>().0;
    match mode {
        Mode::Vertical => rows.fill(sides.top),
        Mode::Horizontal => rows.iter_mut().zip(sides.left).for_each(|(row, sample)| *row = [sample; 16]),
        Mode::Dc => rows.fill([sides.dc(neighbours) as u8; 16]),
        Mode::Plane => {
            let mut plane = Plane::new(simd, &sides);
            for row in rows {
                plane.next().store_bytes(row);
            }
        }
    }
    prediction
}

/// Codes a macroblock's luma: the reconstruction, and whether there are levels.
#[inline(always)]
pub(in super::super) fn code<S: Simd>(
    simd: S,
    source: &[u8; 256],
    prediction: &[u8; 256],
    quantiser: &Quantiser,
) -> ([u8; 256], bool) {
    let scaling = FourScaling::new(simd, &quantiser.four);
    let (source, prediction_rows) = (source.as_chunks::<16>().0, prediction.as_chunks::<16>().0);
    let predicted = each!(4, row => {
        each!(4, y => S::Words::load_bytes(simd, &prediction_rows[4 * row + y]))
    });
    let coded = each!(4, row => {
        let residual = each!(4, y => {
            S::Words::load_bytes(simd, &source[4 * row + y]) - predicted[row][y]
        });
        blocks::quantise(simd, residual, &scaling)
    });
    let mut dc = [0; 16];
    for (row, coded) in coded.iter().enumerate() {
        let mut lanes = [0; 16];
        coded.dc.store(&mut lanes);
        for x in 0..4 {
            dc[4 * row + x] = i32::from(lanes[4 * x]);
        }
    }
    let any_dc = residual::code_luma_dc(&mut dc, quantiser);
    let none = coded[0].any.or(coded[1].any).or(coded[2].any.or(coded[3].any)).is_zero();
    if none && !any_dc {
        return (*prediction, false);
    }
    let mut reconstruction = [0; 256];
    let (rows, _) = reconstruction.as_chunks_mut::<64>();
    for (row, samples) in rows.iter_mut().enumerate() {
        let mut lanes = [0; 16];
        for x in 0..4 {
            lanes[4 * x] = dc[4 * row + x] as i16;
        }
        let dc = S::Words::load(simd, &lanes);
        let rows = blocks::reconstruct(simd, &coded[row], dc, predicted[row]);
        for (row, samples) in rows.into_iter().zip(samples.as_chunks_mut::<16>().0) {
            row.store_bytes(samples);
        }
    }
    (reconstruction, true)
}
