//! SA8D of all 35 predictions of a luma block.
//!
//! Modes 2 to 17 are reckoned with rows and columns swapped, against the source swapped likewise: then mode m and
//! mode 36 - m have the same angle, and differ in what they read alone.

use super::super::distortion;
use super::super::predict::{self, References};
use super::distortion::{half_sum_4x4, half_sums_8x8, sum_halves};
use super::modes_4x4;
use super::predict::{EightRows, Line, Rows, predict_turned, rows_of_mode};
use super::{eight, four, sixteen};
use crate::simd::{Dwords, Simd, Words};

pub(super) const MODES: usize = predict::MODES as usize;

/// The references of a block, plain and filtered.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct BothReferences<'a> {
    pub(in super::super) plain: &'a References,
    pub(in super::super) filtered: &'a References,
}

impl<'a> BothReferences<'a> {
    #[inline(always)]
    pub(in super::super) fn of_mode(&self, size: usize, mode: u8) -> &'a References {
        if predict::is_filtered(size, mode) { self.filtered } else { self.plain }
    }
}

/// SA8D of the prediction of each mode. `source` and `turned`, its rows and columns swapped, are `N` x `N` samples.
#[inline(always)]
pub(in super::super) fn sa8d_of_modes<S: Simd, const N: usize>(
    simd: S,
    source: &[u8],
    turned: &[u8],
    references: BothReferences<'_>,
) -> [u32; MODES] {
    let mut costs = [0; MODES];
    if S::IS_SCALAR {
        let mut prediction = [0; 32 * 32];
        for (mode, cost) in (0..).zip(&mut costs) {
            predict::predict_turned::<N>(mode, references.of_mode(N, mode), N < 32, &mut prediction);
            let source = if mode > predict::DC && mode < 18 { turned } else { source };
            *cost = distortion::sa8d::<N>(source, &prediction) as u32;
        }
        return costs;
    }
    plain_modes::<S, N>(simd, source, turned, references, &mut costs);
    if N == 4 {
        modes_4x4::angular(simd, source, turned, references.plain, &mut costs);
        return costs;
    }
    let mut lines = [[Line::<N>::new(); 2]; 2];
    for (lines, references) in lines.iter_mut().zip([references.plain, references.filtered]) {
        lines[0].set(&references.top);
        lines[1].set(&references.left);
    }
    match N {
        8 => {
            let mut both = [S::Words::splat(simd, 0); 8];
            for (y, row) in both.iter_mut().enumerate() {
                *row = S::Words::load_bytes_halves(simd, eight(source, 8 * y), eight(turned, 8 * y));
            }
            for mode in angular_modes::<N>() {
                let lines = extended(simd, &mut lines, references, mode);
                let [of_mode, of_opposite] = sa8d_8x8(simd, &both, lines, rows_of_mode(mode));
                costs[usize::from(36 - mode)] = of_opposite;
                costs[usize::from(mode)] = of_mode;
            }
        }
        _ => {
            for mode in angular_modes::<N>() {
                let rows = rows_of_mode(mode);
                let lines = extended(simd, &mut lines, references, mode);
                costs[usize::from(mode)] = sa8d_large(simd, source, &lines[0], rows);
                if mode > 18 {
                    costs[usize::from(36 - mode)] = sa8d_large(simd, turned, &lines[1], rows);
                }
            }
        }
    }
    costs
}

/// The modes whose main reference is the upper one, but for that of [`plain_modes`].
#[inline(always)]
fn angular_modes<const N: usize>() -> impl Iterator<Item = u8> {
    (18..MODES as u8).filter(
        #[inline(always)]
        |&mode| N == 32 || mode != predict::VERTICAL,
    )
}

/// The lines that a mode and its opposite read.
#[inline(always)]
fn extended<'a, S: Simd, const N: usize>(
    simd: S,
    lines: &'a mut [[Line<N>; 2]; 2],
    references: BothReferences<'_>,
    mode: u8,
) -> &'a [Line<N>; 2] {
    let References { left, top } = references.of_mode(N, mode);
    let lines = &mut lines[usize::from(predict::is_filtered(N, mode))];
    lines[0].extend(simd, left, mode);
    lines[1].extend(simd, top, mode);
    lines
}

/// The modes that are not read along an angle, and those two whose first column is smoothed.
#[inline(always)]
fn plain_modes<S: Simd, const N: usize>(
    simd: S,
    source: &[u8],
    turned: &[u8],
    references: BothReferences<'_>,
    costs: &mut [u32; MODES],
) {
    let mut predictions = [[[0; N]; N]; 2];
    let pairs = [
        [(predict::PLANAR, source), (predict::DC, source)],
        [(predict::HORIZONTAL, turned), (predict::VERTICAL, source)],
    ];
    for pair in &pairs[..if N < 32 { 2 } else { 1 }] {
        for (&(mode, _), prediction) in pair.iter().zip(&mut predictions) {
            let references = references.of_mode(N, mode);
            predict_turned::<S, N>(simd, mode, references, N < 32, prediction.as_flattened_mut());
        }
        let predictions = [predictions[0].as_flattened(), predictions[1].as_flattened()];
        let found = match N {
            8 => {
                let mut rows = [S::Words::splat(simd, 0); 8];
                for (y, row) in rows.iter_mut().enumerate() {
                    let (a, b) = (eight(pair[0].1, 8 * y), eight(pair[1].1, 8 * y));
                    let (c, d) = (eight(predictions[0], 8 * y), eight(predictions[1], 8 * y));
                    *row = S::Words::load_bytes_halves(simd, a, b) - S::Words::load_bytes_halves(simd, c, d);
                }
                sum_halves(simd, half_sums_8x8::<S>(rows)).map(normalised)
            }
            _ => [
                sa8d_of_samples::<S, N>(simd, pair[0].1, predictions[0]),
                sa8d_of_samples::<S, N>(simd, pair[1].1, predictions[1]),
            ],
        };
        for (&(mode, _), found) in pair.iter().zip(found) {
            costs[usize::from(mode)] = found;
        }
    }
}

/// SA8D of half a sum of magnitudes.
#[inline(always)]
fn normalised(half: u32) -> u32 {
    (2 * half + 2) >> 2
}

/// SA8D of two blocks of 4x4, 16x16 or 32x32.
#[inline(always)]
fn sa8d_of_samples<S: Simd, const N: usize>(simd: S, source: &[u8], prediction: &[u8]) -> u32 {
    if N == 4 {
        let source = S::Words::load_bytes(simd, sixteen(source, 0));
        return half_sum_4x4(simd, source - S::Words::load_bytes(simd, sixteen(prediction, 0)));
    }
    let mut total = 0;
    for tile in Tile::all::<N>() {
        let mut rows = [[S::Words::splat(simd, 0); 8]; 2];
        for (k, row) in rows.as_flattened_mut().iter_mut().enumerate() {
            let at = tile.row::<N>(k);
            let source = S::Words::load_bytes(simd, sixteen(source, at));
            *row = source - S::Words::load_bytes(simd, sixteen(prediction, at));
        }
        total += sa8d_of_tile(simd, rows);
    }
    total
}

/// A piece of 16x16.
#[derive(Debug, Clone, Copy)]
struct Tile {
    x: usize,
    y: usize,
}

impl Tile {
    #[inline(always)]
    fn all<const N: usize>() -> impl Iterator<Item = Tile> {
        (0..(N / 16) * (N / 16)).map(|i| Tile { x: i % (N / 16) * 16, y: i / (N / 16) * 16 })
    }

    /// Where a row of it begins in its block.
    #[inline(always)]
    fn row<const N: usize>(self, k: usize) -> usize {
        (self.y + k) * N + self.x
    }
}

/// SA8D of the differences in a piece of 16x16.
#[inline(always)]
fn sa8d_of_tile<S: Simd>(simd: S, [upper, lower]: [[S::Words; 8]; 2]) -> u32 {
    let one = S::Words::splat(simd, 1);
    let upper = half_sums_8x8::<S>(upper).mul_add_pairs(one);
    normalised((upper + half_sums_8x8::<S>(lower).mul_add_pairs(one)).sum() as u32)
}

#[inline(always)]
fn sa8d_large<S: Simd, const N: usize>(simd: S, source: &[u8], line: &Line<N>, rows: &Rows) -> u32 {
    let mut total = 0;
    for tile in Tile::all::<N>() {
        let source = &source[tile.row::<N>(0)..];
        let upper = large_differences::<S, N>(simd, source, line, rows.eight(tile.y), tile.x);
        let lower = large_differences::<S, N>(simd, &source[8 * N..], line, rows.eight(tile.y + 8), tile.x);
        total += sa8d_of_tile(simd, [upper, lower]);
    }
    total
}

/// What the prediction of eight rows is off the source, sixteen samples wide.
#[inline(always)]
fn large_differences<S: Simd, const N: usize>(
    simd: S,
    source: &[u8],
    line: &Line<N>,
    rows: EightRows<'_>,
    x: usize,
) -> [S::Words; 8] {
    let source = &source[..7 * N + 16];
    unrolled!(8, k => {
        let from = line.window(rows.starts[k], x);
        let (a, b) = (S::Words::load(simd, sixteen(from, 0)), S::Words::load(simd, sixteen(from, 1)));
        let prediction = a + (b - a).mul_rounded(S::Words::splat(simd, rows.weights[k]));
        prediction - S::Words::load_bytes(simd, sixteen(source, k * N))
    })
}

/// SA8D of a mode and of its opposite, side by side.
#[inline(always)]
fn sa8d_8x8<S: Simd, const N: usize>(
    simd: S,
    both: &[S::Words; 8],
    [low, high]: &[Line<N>; 2],
    rows: &Rows,
) -> [u32; 2] {
    let rows = rows.eight(0);
    let differences = unrolled!(8, k => {
        let (low, high) = (low.window(rows.starts[k], 0), high.window(rows.starts[k], 0));
        let a = S::Words::load_halves(simd, eight(low, 0), eight(high, 0));
        let b = S::Words::load_halves(simd, eight(low, 1), eight(high, 1));
        a + (b - a).mul_rounded(S::Words::splat(simd, rows.weights[k])) - both[k]
    });
    sum_halves(simd, half_sums_8x8::<S>(differences)).map(normalised)
}

/// The four rows of a 4x4 prediction.
#[inline(always)]
pub(super) fn rows_4x4<S: Simd, const N: usize>(simd: S, line: &Line<N>, rows: &Rows) -> S::Words {
    let [w, x, y, z] = unrolled!(4, k => line.window(rows.starts[k], 0));
    let a = S::Words::load_quarters(simd, [four(w, 0), four(x, 0), four(y, 0), four(z, 0)]);
    let b = S::Words::load_quarters(simd, [four(w, 1), four(x, 1), four(y, 1), four(z, 1)]);
    a + (b - a).mul_rounded(S::Words::load(simd, &rows.weights_4x4))
}
