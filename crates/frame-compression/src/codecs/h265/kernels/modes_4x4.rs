//! SA8D of the predictions of a 4x4 luma block along an angle: two modes and their opposites at a time, a row of each of
//! the four in a vector. The modes are constants, so that the places that they read are too.

use super::super::predict::{self, References, SIDE};
use super::distortion::half_sums_4x4;
use super::modes::MODES;
use super::predict::Reference;
use super::{four, sixteen, sixteen_mut};
use crate::simd::{Simd, Words};

/// The modes, as they go together.
const PAIRS: [[u8; 2]; 8] = [[18, 19], [20, 21], [22, 23], [24, 25], [27, 28], [29, 30], [31, 32], [33, 34]];

/// By pair of modes and row: the weights of the first mode, of the second.
static WEIGHTS: [[[i16; 16]; 4]; 8] = {
    let mut weights = [[[0; 16]; 4]; 8];
    let mut i = 0;
    while i < 8 * 4 * 16 {
        let (pair, y, lane) = (i / 64, i / 16 % 4, i % 16);
        weights[pair][y][lane] = Reference::of_row(y, predict::angle(PAIRS[pair][lane / 8])).weight;
        i += 1;
    }
    weights
};

/// Room in front of the main reference for what the side adds to it.
const FRONT: usize = 4;

/// The reference array of an angle, in 16 bits; the corner is at [`FRONT`].
#[derive(Clone, Copy)]
struct Line([i16; FRONT + 16]);

impl Line {
    /// The main reference.
    #[inline(always)]
    fn of<S: Simd>(simd: S, main: &[u8; SIDE]) -> Self {
        let mut line = Self([0; FRONT + 16]);
        S::Words::load_bytes(simd, sixteen(main, 0)).store(sixteen_mut(&mut line.0, FRONT));
        line
    }

    /// Continues the main reference by the side, as the angle of a mode asks for.
    #[inline(always)]
    fn extend(&mut self, side: &[u8; SIDE], mode: u8) {
        let count = (4 * -predict::angle(mode)).max(0) as usize >> 5;
        for i in 0..count {
            let place = 128 - (i as i32 + 1) * predict::inverse_angle(mode);
            self.0[FRONT - 1 - i] = side[(place >> 8) as usize].into();
        }
    }

    /// The samples between which a row of a mode's prediction lies: the first four, the second four.
    #[inline(always)]
    fn row(&self, y: usize, mode: u8) -> [&[i16; 4]; 2] {
        let start = (FRONT as i32 + 1 + (((y as i32 + 1) * predict::angle(mode)) >> 5)) as usize;
        [four(&self.0, start), four(&self.0, start + 1)]
    }
}

/// SA8D of all modes along an angle. `turned` is `source` with rows and columns swapped.
#[inline(always)]
pub(super) fn angular<S: Simd>(
    simd: S,
    source: &[u8],
    turned: &[u8],
    references: &References,
    costs: &mut [u32; MODES],
) {
    let (source, turned) = (four_rows(simd, source), four_rows(simd, turned));
    let sources = unrolled!(4, y => {
        let (source, turned) = (four(&source, 4 * y), four(&turned, 4 * y));
        S::Words::load_quarters(simd, [source, turned, source, turned])
    });
    let mut lines = [[Line::of(simd, &references.top), Line::of(simd, &references.left)]; 2];
    unrolled!(8, pair => {
        let modes = PAIRS[pair];
        let of_modes = pair_of_modes(simd, pair, &sources, references, &mut lines);
        for (mode, found) in [modes[0], 36 - modes[0], modes[1], 36 - modes[1]].into_iter().zip(of_modes) {
            costs[usize::from(mode)] = found;
        }
    });
}

/// SA8D of the first mode of a pair, of its opposite, of the second mode, of its opposite.
#[inline(always)]
fn pair_of_modes<S: Simd>(
    simd: S,
    pair: usize,
    sources: &[S::Words; 4],
    References { left, top }: &References,
    lines: &mut [[Line; 2]; 2],
) -> [u32; 4] {
    let modes = PAIRS[pair];
    for (lines, mode) in lines.iter_mut().zip(modes) {
        lines[0].extend(left, mode);
        lines[1].extend(top, mode);
    }
    let [[a, b], [c, d]] = &*lines;
    let differences = unrolled!(4, y => {
        let [a, b] = [a, b].map(#[inline(always)] |line| line.row(y, modes[0]));
        let [c, d] = [c, d].map(#[inline(always)] |line| line.row(y, modes[1]));
        let at = S::Words::load_quarters(simd, [a[0], b[0], c[0], d[0]]);
        let next = S::Words::load_quarters(simd, [a[1], b[1], c[1], d[1]]);
        at + (next - at).mul_rounded(S::Words::load(simd, &WEIGHTS[pair][y])) - sources[y]
    });
    half_sums_4x4(simd, differences)
}

/// The rows of a 4x4 block, in 16 bits.
#[inline(always)]
fn four_rows<S: Simd>(simd: S, samples: &[u8]) -> [i16; 16] {
    let mut rows = [0; 16];
    S::Words::load_bytes(simd, sixteen(samples, 0)).store(&mut rows);
    rows
}
