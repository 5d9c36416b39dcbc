//! SA8D of all 35 predictions of a luma block.
//!
//! Modes 2 to 17 are reckoned with rows and columns swapped, against the source swapped likewise: then mode m and
//! mode 36 - m have the same angle, and differ in what they read alone.

use super::super::intra::{self, References};
use super::super::measure;
use super::hadamard::{half_sum_4x4, half_sums_8x8, sum_halves};
use super::prediction::{Line, Reference};
use super::{eight, four, sixteen};
use crate::simd::{Dwords, Simd, Words};

const MODES: usize = intra::MODES as usize;

/// The references of a block, plain and filtered.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct BothReferences<'a> {
    pub(in super::super) plain: &'a References,
    pub(in super::super) filtered: &'a References,
}

impl<'a> BothReferences<'a> {
    #[inline(always)]
    pub(in super::super) fn of_mode(&self, size: usize, mode: u8) -> &'a References {
        if intra::is_filtered(size, mode) { self.filtered } else { self.plain }
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
            intra::predict_turned::<N>(mode, references.of_mode(N, mode), N < 32, &mut prediction);
            let source = if mode > intra::DC && mode < 18 { turned } else { source };
            *cost = measure::sa8d::<N>(source, &prediction) as u32;
        }
        return costs;
    }
    plain_modes::<S, N>(simd, source, turned, references, &mut costs);
    let mut lines = [[Line::<N>::new(); 2]; 2];
    for (lines, references) in lines.iter_mut().zip([references.plain, references.filtered]) {
        lines[0].set(&references.top);
        lines[1].set(&references.left);
    }
    for mode in 18..MODES as u8 {
        let opposite = 36 - mode;
        if N < 32 && mode == intra::VERTICAL {
            continue;
        }
        let is_filtered = usize::from(intra::is_filtered(N, mode));
        let References { left, top } = references.of_mode(N, mode);
        let lines = &mut lines[is_filtered];
        let angle = intra::angle(mode);
        lines[0].extend(left, mode);
        lines[1].extend(top, mode);
        let (of_mode, of_opposite) = match N {
            4 => (sa8d_4x4(simd, source, &lines[0], angle), sa8d_4x4(simd, turned, &lines[1], angle)),
            8 => sa8d_8x8(simd, source, turned, lines, angle),
            _ => (
                sa8d_large(simd, source, &lines[0], angle),
                if mode == 18 { 0 } else { sa8d_large(simd, turned, &lines[1], angle) },
            ),
        };
        costs[usize::from(opposite)] = of_opposite;
        costs[usize::from(mode)] = of_mode;
    }
    costs
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
        [(intra::PLANAR, source), (intra::DC, source)],
        [(intra::HORIZONTAL, turned), (intra::VERTICAL, source)],
    ];
    for pair in &pairs[..if N < 32 { 2 } else { 1 }] {
        for (&(mode, _), prediction) in pair.iter().zip(&mut predictions) {
            intra::predict_turned::<N>(
                mode,
                references.of_mode(N, mode),
                N < 32,
                prediction.as_flattened_mut(),
            );
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
                let [low, high] = sum_halves(simd, half_sums_8x8::<S>(rows));
                [(2 * low + 2) >> 2, (2 * high + 2) >> 2]
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
    let half = (upper + half_sums_8x8::<S>(lower).mul_add_pairs(one)).sum() as u32;
    (2 * half + 2) >> 2
}

#[inline(always)]
fn sa8d_large<S: Simd, const N: usize>(simd: S, source: &[u8], line: &Line<N>, angle: i32) -> u32 {
    let mut total = 0;
    for tile in Tile::all::<N>() {
        let mut rows = [[S::Words::splat(simd, 0); 8]; 2];
        for (k, row) in rows.as_flattened_mut().iter_mut().enumerate() {
            let Reference { start, weight } = Reference::of_row(tile.y + k, angle);
            let from = line.window(start + tile.x);
            let (a, b) = (S::Words::load(simd, sixteen(from, 0)), S::Words::load(simd, sixteen(from, 1)));
            let prediction = a + (b - a).mul_rounded(S::Words::splat(simd, weight));
            *row = S::Words::load_bytes(simd, sixteen(source, tile.row::<N>(k))) - prediction;
        }
        total += sa8d_of_tile(simd, rows);
    }
    total
}

/// SA8D of a mode and of its opposite, side by side.
#[inline(always)]
fn sa8d_8x8<S: Simd, const N: usize>(
    simd: S,
    source: &[u8],
    turned: &[u8],
    lines: &[Line<N>; 2],
    angle: i32,
) -> (u32, u32) {
    let mut rows = [S::Words::splat(simd, 0); 8];
    for (y, row) in rows.iter_mut().enumerate() {
        let Reference { start, weight } = Reference::of_row(y, angle);
        let [low, high] = [lines[0].window(start), lines[1].window(start)];
        let a = S::Words::load_halves(simd, eight(low, 0), eight(high, 0));
        let b = S::Words::load_halves(simd, eight(low, 1), eight(high, 1));
        let prediction = a + (b - a).mul_rounded(S::Words::splat(simd, weight));
        *row = S::Words::load_bytes_halves(simd, eight(source, 8 * y), eight(turned, 8 * y)) - prediction;
    }
    let [low, high] = sum_halves(simd, half_sums_8x8::<S>(rows));
    ((2 * low + 2) >> 2, (2 * high + 2) >> 2)
}

#[inline(always)]
fn sa8d_4x4<S: Simd, const N: usize>(simd: S, source: &[u8], line: &Line<N>, angle: i32) -> u32 {
    let prediction = predict_4x4(simd, line, angle);
    half_sum_4x4(simd, S::Words::load_bytes(simd, sixteen(source, 0)) - prediction)
}

/// The four rows of a 4x4 prediction.
#[inline(always)]
pub(super) fn predict_4x4<S: Simd, const N: usize>(simd: S, line: &Line<N>, angle: i32) -> S::Words {
    let [r, s, t, u] = [
        Reference::of_row(0, angle),
        Reference::of_row(1, angle),
        Reference::of_row(2, angle),
        Reference::of_row(3, angle),
    ];
    let windows = [line.window(r.start), line.window(s.start), line.window(t.start), line.window(u.start)];
    let [w, x, y, z] = windows;
    let a = S::Words::load_quarters(simd, [four(w, 0), four(x, 0), four(y, 0), four(z, 0)]);
    let b = S::Words::load_quarters(simd, [four(w, 1), four(x, 1), four(y, 1), four(z, 1)]);
    let weights = [[r.weight; 4], [s.weight; 4], [t.weight; 4], [u.weight; 4]];
    a + (b - a).mul_rounded(S::Words::load(simd, sixteen(weights.as_flattened(), 0)))
}
