//! Quantisation by truncated reciprocals, as FFmpeg's encoders do it, and the decoders' way back.

use super::Arithmetic;
use super::kernels::Lanes;
use super::transform::Block;

/// The default intra matrix of MPEG-2 (H.262 6.3.11), which FFmpeg's MJPEG has, too. Row by row.
pub(crate) const MATRIX: [u8; 64] = [
    8, 16, 19, 22, 26, 27, 29, 34, //
    16, 16, 22, 24, 27, 29, 34, 37, //
    19, 22, 26, 27, 29, 34, 34, 38, //
    22, 22, 26, 27, 29, 34, 37, 40, //
    22, 26, 27, 29, 32, 35, 40, 48, //
    26, 27, 29, 32, 35, 40, 48, 58, //
    26, 27, 29, 34, 38, 46, 56, 69, //
    27, 29, 35, 38, 46, 56, 69, 83,
];

/// What a codec says about the quantisation of a plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    /// The step of the mean.
    pub(crate) mean: u8,
    /// What levels are multiplied by on the way back, row by row; the first entry is not used.
    pub(crate) factors: [i16; 64],
    /// The bits that this is shifted down by then.
    pub(crate) shift: u32,
    /// What is added to levels that are not 0 then.
    pub(crate) middle: i16,
    /// Coefficients, which are 8 times too large, are divided by [`Self::factors`] times this.
    pub(crate) divisor: i32,
    /// Whether three eighths are added before rounding down.
    pub(crate) rounds: bool,
    /// H.262 7.4.4: the sum of all coefficients is made odd.
    pub(crate) mismatch_control: bool,
}

/// [`Steps`], made ready.
#[derive(Debug, Clone)]
pub(super) struct Quantiser {
    pub(super) steps: Steps,
    arithmetic: Arithmetic,
    /// What magnitudes are multiplied by, and what is added before: [`Arithmetic::X86`] shifts 16 bits out.
    reciprocals: [i32; 64],
    corrections: [i16; 64],
    /// The same for vectors.
    pub(super) lanes: Lanes,
}

/// Bits that [`Arithmetic::Int`] shifts out, and three eighths in them.
pub(super) const INT_SHIFT: u32 = 21;
/// See [`INT_SHIFT`].
const INT_BIAS: i32 = 3 << (INT_SHIFT - 3);

impl Quantiser {
    pub(super) fn new(steps: Steps, arithmetic: Arithmetic) -> Self {
        let (mut reciprocals, mut corrections) = ([0; 64], [0; 64]);
        for at in 1..64 {
            let divisor = i32::from(steps.factors[at]) * steps.divisor;
            let reciprocal = match arithmetic {
                Arithmetic::X86 => (1 << 17) / divisor,
                Arithmetic::Int => (1 << 22) / divisor,
            };
            reciprocals[at] = reciprocal;
            if steps.rounds && arithmetic == Arithmetic::X86 {
                // Three eighths of a level, in coefficients.
                corrections[at] = (((3 << 13) + reciprocal / 2) / reciprocal) as i16;
            }
        }
        let lanes = Lanes::new(&steps, &reciprocals, &corrections);
        Self { steps, arithmetic, reciprocals, corrections, lanes }
    }

    /// What is added before [`Arithmetic::Int`] shifts.
    pub(super) fn bias(&self) -> i32 {
        if self.steps.rounds { INT_BIAS } else { 0 }
    }

    /// The level of the mean. Coefficients of samples from 0 on are not negative.
    fn mean_level(&self, coefficient: i32) -> i32 {
        let step = i32::from(self.steps.mean);
        (coefficient + 4 * step) / (8 * step)
    }

    /// Replaces coefficients, 8 times too large, by those that decoding gives.
    pub(super) fn quantise_and_dequantise(&self, block: &mut Block) {
        block[0] = self.mean_level(block[0]) * i32::from(self.steps.mean);
        for (at, coefficient) in block.iter_mut().enumerate().skip(1) {
            let magnitude = coefficient.abs();
            let level = match self.arithmetic {
                Arithmetic::X86 => {
                    ((magnitude + i32::from(self.corrections[at])) * self.reciprocals[at]) >> 16
                }
                Arithmetic::Int => (magnitude * self.reciprocals[at] + self.bias()) >> INT_SHIFT,
            };
            let scaled = (level * i32::from(self.steps.factors[at])) >> self.steps.shift;
            let middle = if level > 0 { i32::from(self.steps.middle) } else { 0 };
            *coefficient = (scaled + middle) * coefficient.signum();
        }
        if self.steps.mismatch_control && block.iter().sum::<i32>() & 1 == 0 {
            block[63] ^= 1;
        }
    }
}
