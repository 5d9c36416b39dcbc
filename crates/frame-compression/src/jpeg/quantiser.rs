//! Quantisation and dequantisation in one step: nothing looks at the levels between.

use super::dct::Block;

/// A quantisation table, ready for use on coefficients that are 8 times as large as the standard's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantiser {
    steps: [u8; 64],
    /// Half the divisor, and 1 where the reciprocal is rounded down: added before the division.
    corrections: [u16; 64],
    /// `2^(16 + s) / divisor`, rounded, between 2^15 and 2^16.
    reciprocals: [u16; 64],
    /// `2^(16 - s)`.
    scales: [u16; 64],
}

impl Quantiser {
    pub(super) fn new(steps: &[u8; 64]) -> Self {
        let mut quantiser =
            Self { steps: *steps, corrections: [0; 64], reciprocals: [0; 64], scales: [0; 64] };
        for (at, &step) in steps.iter().enumerate() {
            let divisor = 8 * u32::from(step);
            // Power of two or not, the reciprocal fills 16 bits.
            let shift = (divisor - 1).ilog2();
            let (reciprocal, remainder) = ((1 << (16 + shift)) / divisor, (1 << (16 + shift)) % divisor);
            let up = 2 * remainder > divisor;
            let down = remainder != 0 && !up;
            quantiser.corrections[at] = (divisor / 2 + u32::from(down)) as u16;
            quantiser.reciprocals[at] = (reciprocal + u32::from(up)) as u16;
            quantiser.scales[at] = 1 << (16 - shift);
        }
        quantiser
    }

    /// Rounds each coefficient to a multiple of its step (to the nearest, ties away from zero), and takes the 8 out.
    pub(super) fn quantise_and_dequantise(&self, block: &mut Block) {
        for (at, coefficient) in block.iter_mut().enumerate() {
            let raised = coefficient.unsigned_abs() + u32::from(self.corrections[at]);
            let scaled = (raised * u32::from(self.reciprocals[at])) >> 16;
            let level = (scaled * u32::from(self.scales[at])) >> 16;
            *coefficient = level as i32 * i32::from(self.steps[at]) * coefficient.signum();
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
