//! Angular prediction of 4x4 blocks (H.265 8.4.4.2.6): each sample of either side is looked up where it goes, whatever
//! the mode, so that no reference array is built and nothing is transposed.

use super::super::predict::{self, MODES, References};
use super::predict::Reference;
use super::sixteen;
use crate::simd::{Bytes, Simd, Words};

/// How a mode predicts.
struct Lookup {
    /// Of each sample's two neighbours first the places of the first ones on the left and on the upper side, then those
    /// of the second ones; 128 where the other side has it.
    left: [u8; 32],
    top: [u8; 32],
    /// The weight of the second neighbour, in 2^-15.
    weights: [i16; 16],
}

impl Lookup {
    const fn of_mode(mode: u8) -> Self {
        let turned = mode < 18;
        let mut main = [128; 32];
        let mut side = [128; 32];
        let mut weights = [0; 16];
        let mut i = 0;
        while i < 32 {
            let (x, y) = if turned { (i % 16 / 4, i % 4) } else { (i % 4, i % 16 / 4) };
            let offset = (y as i32 + 1) * predict::angle(mode);
            let place = x as i32 + (offset >> 5) + 1 + (i / 16) as i32;
            if place >= 0 {
                main[i] = place as u8;
            } else {
                side[i] = ((place * predict::inverse_angle(mode) + 128) >> 8) as u8;
            }
            weights[i % 16] = Reference::of_row(y, predict::angle(mode)).weight;
            i += 1;
        }
        let (left, top) = if turned { (main, side) } else { (side, main) };
        Self { left, top, weights }
    }
}

/// By mode from 2 on.
static LOOKUPS: [Lookup; MODES as usize - 2] = {
    let mut lookups = [const { Lookup::of_mode(2) }; MODES as usize - 2];
    let mut i = 0;
    while i < lookups.len() {
        lookups[i] = Lookup::of_mode(2 + i as u8);
        i += 1;
    }
    lookups
};

/// Predicts a block with a mode from 2 on, without smooth edges.
#[inline(always)]
pub(super) fn angular<S: Simd>(simd: S, mode: u8, references: &References, out: &mut [u8; 16]) {
    let Lookup { left, top, weights } = &LOOKUPS[(usize::from(mode) - 2) % LOOKUPS.len()];
    let of_left = S::Bytes::load_twice(simd, sixteen(&references.left, 0)).lookup(S::Bytes::load(simd, left));
    let of_top = S::Bytes::load_twice(simd, sixteen(&references.top, 0)).lookup(S::Bytes::load(simd, top));
    let (low, high) = of_left.or(of_top).widen();
    let (first, second) = (low.low_halves(high), low.high_halves(high));
    (first + (second - first).mul_rounded(S::Words::load(simd, weights))).store_bytes(out);
}
