//! Quantisation and dequantisation in one step: nothing looks at the levels between.

use super::transform::Block;
use crate::codecs::dct::PAIRS;

/// Unsigned numbers of a table, as the kernels have coefficients ([`PLACES`]), each vector twice: for blocks side by
/// side.
pub(super) type Lanes = [[i16; 16]; 8];

/// Which of eight vectors each place of a table is in, and which lane, row by row.
const PLACES: [(usize, usize); 64] = places();

const fn places() -> [(usize, usize); 64] {
    let (mut places, mut i) = ([(0, 0); 64], 0);
    while i < 64 {
        let (vector, lane) = (i / 8, i % 8);
        let row = PAIRS[vector / 2][lane % 2];
        let column = PAIRS[lane / 2][vector % 2];
        places[8 * row + column] = (vector, lane);
        i += 1;
    }
    places
}

/// A quantisation table, ready for use on coefficients that are 8 times as large as the standard's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantiser {
    pub(super) steps: Lanes,
    /// Half the divisor, and 1 more where the reciprocal is rounded down: added before the division.
    pub(super) corrections: Lanes,
    /// `2^(16 + s) / divisor`, rounded, from 2^15 to below 2^16.
    pub(super) reciprocals: Lanes,
    /// `2^(16 - s)`.
    pub(super) scales: Lanes,
}

impl Quantiser {
    pub(super) fn new(steps: &[u8; 64]) -> Self {
        let none = [[0; 16]; 8];
        let mut quantiser = Self { steps: none, corrections: none, reciprocals: none, scales: none };
        for (at, &step) in steps.iter().enumerate() {
            let divisor = 8 * u32::from(step);
            // Power of two or not, the reciprocal fills 16 bits.
            let shift = (divisor - 1).ilog2();
            let (reciprocal, remainder) = ((1 << (16 + shift)) / divisor, (1 << (16 + shift)) % divisor);
            let up = 2 * remainder > divisor;
            let down = remainder != 0 && !up;
            let (vector, lane) = PLACES[at];
            for lane in [lane, lane + 8] {
                quantiser.steps[vector][lane] = i16::from(step);
                quantiser.corrections[vector][lane] = (divisor / 2 + u32::from(down)) as i16;
                quantiser.reciprocals[vector][lane] = (reciprocal + u32::from(up)) as i16;
                quantiser.scales[vector][lane] = 1 << (16 - shift);
            }
        }
        quantiser
    }

    /// Rounds each coefficient to a multiple of its step (to the nearest, ties away from zero), and takes the 8 out.
    pub(super) fn quantise_and_dequantise(&self, block: &mut Block) {
        for (at, coefficient) in block.iter_mut().enumerate() {
            let (vector, lane) = PLACES[at];
            let of = |lanes: &Lanes| u32::from(lanes[vector][lane] as u16);
            let raised = coefficient.unsigned_abs() + of(&self.corrections);
            let scaled = (raised * of(&self.reciprocals)) >> 16;
            let level = (scaled * of(&self.scales)) >> 16;
            *coefficient = (level * of(&self.steps)) as i32 * coefficient.signum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplying_by_reciprocals_is_dividing() {
        for step in 1..=255 {
            let quantiser = Quantiser::new(&[step; 64]);
            let divisor = 8 * i32::from(step);
            // 8 * 1024 is the largest coefficient that 8-bit samples have.
            for magnitude in 0..=20_000 {
                let expected = (magnitude + divisor / 2) / divisor * i32::from(step);
                let mut block = [0; 64];
                (block[0], block[1]) = (magnitude, -magnitude);
                quantiser.quantise_and_dequantise(&mut block);
                assert_eq!((block[0], block[1]), (expected, -expected), "{magnitude} by {divisor}");
            }
        }
    }
}
