//! Angular prediction (H.265 8.4.4.2.6).

use super::super::predict::{self, References, SIDE};
use super::modes::rows_4x4;
use super::predict_4x4;
use super::{eight, sixteen, sixteen_mut};
use crate::simd::{LaneOrder, Simd, Words};

/// Room in front of the main reference for what the side adds to it.
const FRONT: usize = 32;
/// Bound of the places where windows begin, before the second half of a row of 32.
const STARTS: usize = 128;
/// What the widest window reads: the front, the side, and lanes that do not count.
const LENGTH: usize = STARTS + 16 + 16;

/// The reference array of an angle, in 16 bits; the corner is at [`FRONT`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<const N: usize>([i16; LENGTH]);

impl<const N: usize> Line<N> {
    pub(super) fn new() -> Self {
        Self([0; LENGTH])
    }

    /// Takes over the main reference.
    #[inline(always)]
    pub(super) fn set(&mut self, main: &[u8; SIDE]) {
        for (to, &from) in self.0[FRONT..].iter_mut().zip(&main[..=2 * N]) {
            *to = i16::from(from);
        }
    }

    /// Continues the main reference by the side, as the angle of a mode asks for.
    #[inline(always)]
    pub(super) fn extend<S: Simd>(&mut self, simd: S, side: &[u8; SIDE], mode: u8) {
        if S::HAS_LOOKUP && N < 32 {
            let side = S::Words::load_bytes(simd, sixteen(side, 1));
            let extension = side.reorder(&rows_of_mode(mode).extension);
            return extension.store(sixteen_mut(&mut self.0, FRONT - 16));
        }
        let angle = predict::angle(mode);
        if angle < 0 {
            let inverse = predict::inverse_angle(mode);
            let count = (N as i32 * -angle) >> 5;
            let mut place = 128;
            for to in self.0[FRONT - count as usize..FRONT].iter_mut().rev() {
                place -= inverse;
                *to = i16::from(side[(place >> 8) as usize % 64]);
            }
        }
    }

    /// What a vector of predictions reads, `x` samples from the start of a row on.
    #[inline(always)]
    pub(super) fn window(&self, start: u8, x: usize) -> &[i16; 17] {
        let start = usize::from(start) % STARTS + x;
        self.0[start..].first_chunk().expect("the array is as long as the widest window")
    }
}

/// Where a row of a prediction is read, and the weight of the second of two neighbours, in 2^-15.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reference {
    pub(super) start: u8,
    pub(super) weight: i16,
}

impl Reference {
    pub(super) const fn of_row(y: usize, angle: i32) -> Self {
        let offset = (y as i32 + 1) * angle;
        Self { start: (FRONT as i32 + 1 + (offset >> 5)) as u8, weight: ((offset & 31) << 10) as i16 }
    }
}

/// Where on the side the sample is that stands `count` in front of the corner, for a mode with a negative angle.
const fn side_place(mode: u8, count: usize) -> usize {
    ((128 - count as i32 * predict::inverse_angle(mode)) >> 8) as usize
}

/// [`Reference`] of each row of the largest block, for one angle.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) starts: [u8; 32],
    pub(super) weights: [i16; 32],
    /// The weights of the first four rows, four times each.
    pub(super) weights_4x4: [i16; 16],
    /// What stands in front of the main reference: lanes of the side after the corner. Without meaning where the angle
    /// is not negative.
    extension: LaneOrder,
}

impl Rows {
    const fn of_mode(mode: u8) -> Self {
        let angle = predict::angle(mode);
        let mut lanes = [0; 16];
        let mut i = 0;
        while i < 16 && angle < 0 {
            let place = side_place(mode, i + 1) - 1;
            lanes[15 - i] = if place < 16 { place as u8 } else { 15 };
            i += 1;
        }
        let extension = LaneOrder::new(lanes);
        let mut rows = Self { starts: [0; 32], weights: [0; 32], weights_4x4: [0; 16], extension };
        let mut y = 0;
        while y < 32 {
            let Reference { start, weight } = Reference::of_row(y, angle);
            (rows.starts[y], rows.weights[y]) = (start, weight);
            y += 1;
        }
        let mut i = 0;
        while i < 16 {
            rows.weights_4x4[i] = rows.weights[i / 4];
            i += 1;
        }
        rows
    }

    /// Eight of them, from a row on.
    #[inline(always)]
    pub(super) fn eight(&self, y: usize) -> EightRows<'_> {
        EightRows { starts: eight(&self.starts, y), weights: eight(&self.weights, y) }
    }
}

/// Eight of [`Rows`].
#[derive(Debug, Clone, Copy)]
pub(super) struct EightRows<'a> {
    pub(super) starts: &'a [u8; 8],
    pub(super) weights: &'a [i16; 8],
}

/// The rows of modes 18 to 34 (and of modes 18 to 2, rows and columns swapped).
static ROWS: [Rows; 17] = {
    let mut rows = [const { Rows::of_mode(26) }; 17];
    let mut i = 0;
    while i < 17 {
        rows[i] = Rows::of_mode(18 + i as u8);
        i += 1;
    }
    rows
};

/// The rows of a mode from 2 on.
#[inline(always)]
pub(super) fn rows_of_mode(mode: u8) -> &'static Rows {
    &ROWS[usize::from(mode.abs_diff(18)) % 17]
}

/// Predicts a block with a mode: [`predict::predict`].
#[inline(always)]
pub(in super::super) fn predict<S: Simd, const N: usize>(
    simd: S,
    mode: u8,
    references: &References,
    smooth_edges: bool,
    out: &mut [u8],
) {
    if S::HAS_LOOKUP && N == 4 && mode > predict::DC && predict::angle(mode) != 0 {
        return predict_4x4::angular(simd, mode, references, sixteen_mut(out, 0));
    }
    if mode > predict::DC && mode < 18 {
        let mut turned = [[0; N]; N];
        let turned = turned.as_flattened_mut();
        predict_turned::<S, N>(simd, mode, references, smooth_edges, turned);
        transpose::<S, N>(simd, turned, out);
    } else {
        predict_turned::<S, N>(simd, mode, references, smooth_edges, out);
    }
}

/// [`predict::predict_turned`].
#[inline(always)]
pub(super) fn predict_turned<S: Simd, const N: usize>(
    simd: S,
    mode: u8,
    references: &References,
    smooth_edges: bool,
    out: &mut [u8],
) {
    if S::IS_SCALAR || mode == predict::DC {
        return predict::predict_turned::<N>(mode, references, smooth_edges, out);
    }
    if mode == predict::PLANAR {
        return planar::<S, N>(simd, references, out);
    }
    let References { left, top } = references;
    let (main, side) = if mode < 18 { (left, top) } else { (top, left) };
    if predict::angle(mode) == 0 {
        for row in out.chunks_exact_mut(N).take(N) {
            row.copy_from_slice(&main[1..=N]);
        }
        if smooth_edges {
            predict::smooth_first_column::<N>(main, side, out);
        }
        return;
    }
    let mut line = Line::<N>::new();
    line.set(main);
    line.extend(simd, side, mode);
    angular(simd, &line, rows_of_mode(mode), out);
}

/// Planar prediction (H.265 8.4.4.2.4): all sums stay below 2^15.
#[inline(always)]
fn planar<S: Simd, const N: usize>(simd: S, References { left, top }: &References, out: &mut [u8]) {
    /// The lanes of rows that are 4, 8 or 16 and more samples long: which column, and which row of those in a vector.
    const LANES: [[LaneOrder; 2]; 3] = [
        [
            LaneOrder::new([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]),
            LaneOrder::new([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]),
        ],
        [
            LaneOrder::new([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]),
            LaneOrder::new([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]),
        ],
        [LaneOrder::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]), LaneOrder::new([0; 16])],
    ];
    let [of_columns, of_rows] = const { &LANES[if N < 16 { N.ilog2() as usize - 2 } else { 2 }] };
    let count = S::Words::load(simd, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    let rows_at_once = 16 / N.min(16);
    let (right, bottom) = (splat(simd, top[N + 1].into()), splat(simd, left[N + 1].into()));
    for x in (0..N).step_by(16) {
        // One more than the column's and the row's number.
        let column = count.reorder(of_columns) + splat(simd, x + 1);
        let row = count.reorder(of_rows) + splat(simd, 1);
        let above = S::Words::load_bytes(simd, sixteen(top, x + 1)).reorder(of_columns);
        let of_left = splat(simd, N) - column;
        let down = bottom - above;
        let mut sum =
            column.mul_low(right) + splat(simd, N) + above.mul_low(splat(simd, N)) + down.mul_low(row);
        let step = down.mul_low(splat(simd, rows_at_once));
        for y in (0..N).step_by(rows_at_once) {
            let left = if rows_at_once == 1 {
                splat(simd, left[y + 1].into())
            } else {
                S::Words::load_bytes(simd, sixteen(left, y + 1)).reorder(of_rows)
            };
            let doubled = sum + of_left.mul_low(left);
            let samples = match N {
                4 => doubled.shr::<3>(),
                8 => doubled.shr::<4>(),
                16 => doubled.shr::<5>(),
                _ => doubled.shr::<6>(),
            };
            samples.store_bytes(sixteen_mut(out, y * N + x));
            sum = sum + step;
        }
    }
}

/// A number in all lanes.
#[inline(always)]
fn splat<S: Simd>(simd: S, value: usize) -> S::Words {
    S::Words::splat(simd, value as i16)
}

#[inline(always)]
fn angular<S: Simd, const N: usize>(simd: S, line: &Line<N>, rows: &Rows, out: &mut [u8]) {
    match N {
        4 => rows_4x4(simd, line, rows).store_bytes(sixteen_mut(out, 0)),
        8 => {
            for y in [0, 2, 4, 6] {
                let (of_low, of_high) = (line.window(rows.starts[y], 0), line.window(rows.starts[y + 1], 0));
                let a = S::Words::load_halves(simd, eight(of_low, 0), eight(of_high, 0));
                let b = S::Words::load_halves(simd, eight(of_low, 1), eight(of_high, 1));
                let weights = S::Words::splat(simd, rows.weights[y])
                    .low_halves(S::Words::splat(simd, rows.weights[y + 1]));
                (a + (b - a).mul_rounded(weights)).store_bytes(sixteen_mut(out, 8 * y));
            }
        }
        _ => {
            for y in 0..N {
                let weight = S::Words::splat(simd, rows.weights[y]);
                for x in (0..N).step_by(16) {
                    let from = line.window(rows.starts[y], x);
                    let (a, b) =
                        (S::Words::load(simd, sixteen(from, 0)), S::Words::load(simd, sixteen(from, 1)));
                    (a + (b - a).mul_rounded(weight)).store_bytes(sixteen_mut(out, y * N + x));
                }
            }
        }
    }
}

/// Swaps rows and columns, 8x8 samples at a time.
#[inline(always)]
pub(in super::super) fn transpose<S: Simd, const N: usize>(simd: S, from: &[u8], to: &mut [u8]) {
    if S::IS_SCALAR {
        for (i, &sample) in from[..N * N].iter().enumerate() {
            to[i % N * N + i / N] = sample;
        }
        return;
    }
    if N == 4 {
        let block = S::Words::load_bytes(simd, sixteen(from, 0));
        return block.transpose_4x4().store_bytes(sixteen_mut(to, 0));
    }
    for y in (0..N).step_by(8) {
        for x in (0..N).step_by(8) {
            // Of rows 0 to 3 with the four below them, columns come together in twos, then in fours.
            let [a, b, c, d] = unrolled!(4, k => {
                let upper = (y + k) * N + x;
                S::Words::load_bytes_halves(simd, eight(from, upper), eight(from, upper + 4 * N))
            });
            let [even, odd] = [[a.zip_low_16(c), a.zip_high_16(c)], [b.zip_low_16(d), b.zip_high_16(d)]];
            for (half, (even, odd)) in even.into_iter().zip(odd).enumerate() {
                for (pair, columns) in [even.zip_low_16(odd), even.zip_high_16(odd)].into_iter().enumerate() {
                    // The lower four of a column's samples are in the other half.
                    let mut two = [0; 16];
                    columns.fours::<0b11_01_10_00>().store_bytes(&mut two);
                    let at = (x + 4 * half + 2 * pair) * N + y;
                    to[at..][..8].copy_from_slice(eight(&two, 0));
                    to[at + N..][..8].copy_from_slice(eight(&two, 8));
                }
            }
        }
    }
}
