//! Angular prediction (H.265 8.4.4.2.6).

use super::super::intra::{self, References, SIDE};
use super::modes::predict_4x4;
use super::{eight, sixteen, sixteen_mut};
use crate::simd::{Simd, Words};

/// Room in front of the main reference for what the side adds to it.
const FRONT: usize = 32;
/// What the widest window reads: the front, the side, and lanes that do not count.
const LENGTH: usize = FRONT + SIDE + 31;

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
    pub(super) fn extend(&mut self, side: &[u8; SIDE], mode: u8) {
        let angle = intra::angle(mode);
        if angle < 0 {
            let inverse = intra::inverse_angle(mode);
            let count = (N as i32 * -angle) >> 5;
            let mut place = 128;
            for to in self.0[FRONT - count as usize..FRONT].iter_mut().rev() {
                place -= inverse;
                *to = i16::from(side[(place >> 8) as usize % 64]);
            }
        }
    }

    /// What a vector of predictions reads, from a place on.
    #[inline(always)]
    pub(super) fn window(&self, start: usize) -> &[i16; 17] {
        self.0[start..].first_chunk().expect("the array is as long as the widest window")
    }
}

/// Where a row of a prediction is read, and the weight of the second of two neighbours, in 2^-15.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reference {
    pub(super) start: usize,
    pub(super) weight: i16,
}

impl Reference {
    #[inline(always)]
    pub(super) fn of_row(y: usize, angle: i32) -> Self {
        let offset = (y as i32 + 1) * angle;
        Self { start: (FRONT as i32 + 1 + (offset >> 5)) as usize, weight: ((offset & 31) << 10) as i16 }
    }
}

/// Predicts a block with a mode: [`intra::predict`].
#[inline(always)]
pub(in super::super) fn predict<S: Simd, const N: usize>(
    simd: S,
    mode: u8,
    references: &References,
    smooth_edges: bool,
    out: &mut [u8],
) {
    if S::IS_SCALAR || mode <= intra::DC {
        return intra::predict::<N>(mode, references, smooth_edges, out);
    }
    let is_turned = mode < 18;
    let References { left, top } = references;
    let (main, side) = if is_turned { (left, top) } else { (top, left) };
    let mut line = Line::<N>::new();
    line.set(main);
    line.extend(side, mode);
    let mut turned = [[0; N]; N];
    let turned = turned.as_flattened_mut();
    let to: &mut [u8] = if is_turned { &mut *turned } else { &mut *out };
    angular(simd, &line, intra::angle(mode), to);
    if intra::angle(mode) == 0 && smooth_edges {
        intra::smooth_first_column::<N>(main, side, to);
    }
    if is_turned {
        transpose::<N>(turned, out);
    }
}

#[inline(always)]
fn angular<S: Simd, const N: usize>(simd: S, line: &Line<N>, angle: i32, out: &mut [u8]) {
    match N {
        4 => predict_4x4(simd, line, angle).store_bytes(sixteen_mut(out, 0)),
        8 => {
            for y in [0, 2, 4, 6] {
                let (low, high) = (Reference::of_row(y, angle), Reference::of_row(y + 1, angle));
                let (of_low, of_high) = (line.window(low.start), line.window(high.start));
                let a = S::Words::load_halves(simd, eight(of_low, 0), eight(of_high, 0));
                let b = S::Words::load_halves(simd, eight(of_low, 1), eight(of_high, 1));
                let weights =
                    S::Words::splat(simd, low.weight).low_halves(S::Words::splat(simd, high.weight));
                (a + (b - a).mul_rounded(weights)).store_bytes(sixteen_mut(out, 8 * y));
            }
        }
        _ => {
            for y in 0..N {
                let Reference { start, weight } = Reference::of_row(y, angle);
                let weight = S::Words::splat(simd, weight);
                for x in (0..N).step_by(16) {
                    let from = line.window(start + x);
                    let (a, b) =
                        (S::Words::load(simd, sixteen(from, 0)), S::Words::load(simd, sixteen(from, 1)));
                    (a + (b - a).mul_rounded(weight)).store_bytes(sixteen_mut(out, y * N + x));
                }
            }
        }
    }
}

/// Swaps rows and columns, 8x8 samples at a time: eight rows in eight numbers.
#[inline(always)]
pub(in super::super) fn transpose<const N: usize>(from: &[u8], to: &mut [u8]) {
    if N == 4 {
        for y in 0..4 {
            for x in 0..4 {
                to[4 * y + x] = from[4 * x + y];
            }
        }
        return;
    }
    for y in (0..N).step_by(8) {
        for x in (0..N).step_by(8) {
            let mut rows = [0_u64; 8];
            for (k, row) in rows.iter_mut().enumerate() {
                *row = u64::from_le_bytes(*eight(from, (y + k) * N + x));
            }
            for (step, mask) in
                [(4, 0x0000_0000_ffff_ffff_u64), (2, 0x0000_ffff_0000_ffff), (1, 0x00ff_00ff_00ff_00ff)]
            {
                for i in 0..8 {
                    if i & step == 0 {
                        let (a, b) = (rows[i], rows[i + step]);
                        let shift = 8 * step;
                        rows[i] = (a & mask) | ((b & mask) << shift);
                        rows[i + step] = ((a >> shift) & mask) | (b & !mask);
                    }
                }
            }
            for (k, row) in rows.iter().enumerate() {
                to[(x + k) * N + y..][..8].copy_from_slice(&row.to_le_bytes());
            }
        }
    }
}
