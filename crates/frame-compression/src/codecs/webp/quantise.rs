//! Quantisers: what a segment's steps are, and what they make of coefficients.

use super::tables::{AC_STEPS, DC_STEPS, ZIGZAG};
use super::transform::Block;

/// The fraction bits of a step's inverse.
const FRACTION: u32 = 17;
/// The largest level.
pub(super) const MAX_LEVEL: u32 = 2047;

/// A quantiser of one kind of block: what belongs to each coefficient, row by row.
#[derive(Debug, Clone, Default)]
pub(super) struct Matrix {
    /// The steps.
    pub(super) steps: [u16; 16],
    /// `2^17 / step`.
    pub(super) inverse: [u16; 16],
    /// What is added before the fraction is cut off, in 2^-17.
    pub(super) bias: [u16; 16],
    /// What is added to the magnitude of a coefficient.
    pub(super) sharpen: [u16; 16],
    pub(super) lanes: Lanes,
}

/// The same for the kernels: four rows of a block, each four times side by side.
#[derive(Debug, Clone, Default)]
pub(super) struct Lanes {
    pub(super) steps: [[i16; 16]; 4],
    /// Unsigned.
    pub(super) inverse: [[i16; 16]; 4],
    /// What there is room for above the bias in 16 bits, unsigned.
    pub(super) room: [[i16; 16]; 4],
    pub(super) sharpen: [[i16; 16]; 4],
}

impl Lanes {
    fn new(steps: &[u16; 16], inverse: &[u16; 16], bias: &[u16; 16], sharpen: &[u16; 16]) -> Self {
        let lanes = |of: &[u16; 16]| -> [[i16; 16]; 4] {
            std::array::from_fn(|y| std::array::from_fn(|x| of[4 * y + x % 4] as i16))
        };
        Self {
            steps: lanes(steps),
            inverse: lanes(inverse),
            room: lanes(&bias.map(|bias| u16::MAX - bias)),
            sharpen: lanes(sharpen),
        }
    }
}

/// How much 4x4 luma coefficients are raised, in 1/2048 of their step.
const SHARPEN: [u32; 16] = [0, 30, 60, 90, 30, 60, 90, 90, 60, 90, 90, 90, 90, 90, 90, 90];

impl Matrix {
    /// From the steps of DC and AC, their biases in 1/256, and whether coefficients are sharpened.
    fn new(steps: [u16; 2], biases: [u16; 2], sharpen: bool) -> Self {
        let of = |pair: [u16; 2]| std::array::from_fn(|at| pair[usize::from(at > 0)]);
        let steps: [u16; 16] = of(steps);
        let inverse = steps.map(|step| ((1 << FRACTION) / u32::from(step)) as u16);
        let bias = of(biases.map(|bias| bias << (FRACTION - 8)));
        let sharpen = std::array::from_fn(|at| match sharpen {
            true => ((SHARPEN[at] * u32::from(steps[at])) >> 11) as u16,
            false => 0,
        });
        let lanes = Lanes::new(&steps, &inverse, &bias, &sharpen);
        Self { steps, inverse, bias, sharpen, lanes }
    }

    /// The average step.
    fn average(&self) -> i32 {
        (i32::from(self.steps[0]) + 15 * i32::from(self.steps[1]) + 8) >> 4
    }

    /// The level of a magnitude at place `at`, with this bias in 2^-17.
    pub(super) fn level(&self, at: usize, magnitude: u32, bias: u32) -> u32 {
        (magnitude * u32::from(self.inverse[at]) + bias) >> FRACTION
    }

    /// Quantises a block: the levels in zigzag order. The block becomes what a decoder dequantises.
    pub(super) fn quantise(&self, block: &mut Block) -> Block {
        ZIGZAG.map(|at| {
            let magnitude = u32::from(block[at].unsigned_abs()) + u32::from(self.sharpen[at]);
            let level = self.level(at, magnitude, u32::from(self.bias[at])).min(MAX_LEVEL) as i16;
            let level = if block[at] < 0 { -level } else { level };
            block[at] = (i32::from(level) * i32::from(self.steps[at])) as i16;
            level
        })
    }

    /// Quantises and dequantises a DC: what it becomes, and half of what that leaves of it.
    pub(super) fn quantise_dc(&self, dc: i32) -> (i16, i8) {
        // No branch on the sign, which cannot be foreseen.
        let sign = dc >> 31;
        let signed = |magnitude: i32| (magnitude ^ sign) - sign;
        let magnitude = dc.unsigned_abs();
        let kept = (self.level(0, magnitude, u32::from(self.bias[0])) * u32::from(self.steps[0])) as i32;
        let left = magnitude as i32 - kept;
        (signed(kept) as i16, (signed(left) >> 1) as i8)
    }
}

/// What one segment is coded with.
#[derive(Debug, Clone, Default)]
pub(super) struct Segment {
    /// Index of the quantiser, 0 to 127.
    pub(super) quantiser: u8,
    /// Strength of the loop filter, 0 to 63.
    pub(super) strength: u8,
    pub(super) luma: Matrix,
    /// Of the DCs of 16x16 macroblocks.
    pub(super) dcs: Matrix,
    pub(super) chroma: Matrix,
    pub(super) lambda: Lambdas,
    /// The distortion from which a macroblock of DCs alone says how large an edge is.
    pub(super) least_distortion: u32,
    /// What a macroblock of 4x4 modes costs from the start, without rates.
    pub(super) luma4x4_penalty: i64,
    /// The largest low-frequency level of DCs in smooth macroblocks.
    pub(super) largest_edge: i32,
}

/// What bits weigh against distortion.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lambdas {
    pub(super) luma4x4: i64,
    pub(super) luma16x16: i64,
    pub(super) chroma: i64,
    pub(super) mode: i64,
    pub(super) trellis4x4: i64,
    pub(super) trellis16x16: i64,
    /// Of the spectral distortion, in 1/256.
    pub(super) spectral: u32,
}

/// The offsets of the chroma quantiser's index, of DC and AC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ChromaOffsets {
    pub(super) dc: i32,
    pub(super) ac: i32,
}

impl Segment {
    /// Sets the matrices and what follows from them. `spectral` is the weight of the spectral distortion, 0 to 100.
    pub(super) fn set_up(&mut self, offsets: ChromaOffsets, spectral: i32) {
        let quantiser = i32::from(self.quantiser);
        let dc = |index: i32, most| DC_STEPS[index.clamp(0, most) as usize];
        let ac = |index: i32| AC_STEPS[index.clamp(0, 127) as usize];
        let dcs = (u32::from(ac(quantiser)) * 155 / 100).max(8) as u16;
        self.luma = Matrix::new([dc(quantiser, 127), ac(quantiser)], [96, 110], true);
        self.dcs = Matrix::new([2 * dc(quantiser, 127), dcs], [96, 108], false);
        self.chroma =
            Matrix::new([dc(quantiser + offsets.dc, 117), ac(quantiser + offsets.ac)], [110, 115], false);
        let (luma, dcs, chroma) = (self.luma.average(), self.dcs.average(), self.chroma.average());
        let at_least_one = |lambda: i32| i64::from(lambda.max(1));
        self.lambda = Lambdas {
            luma4x4: at_least_one((3 * luma * luma) >> 7),
            luma16x16: at_least_one(3 * dcs * dcs),
            chroma: at_least_one((3 * chroma * chroma) >> 6),
            mode: at_least_one((luma * luma) >> 7),
            trellis4x4: at_least_one((7 * luma * luma) >> 3),
            trellis16x16: at_least_one((dcs * dcs) >> 2),
            spectral: ((spectral * luma) >> 5).max(1) as u32,
        };
        self.least_distortion = 20 * u32::from(self.luma.steps[0]);
        self.luma4x4_penalty = i64::from(1000 * luma * luma);
        self.largest_edge = 0;
    }
}
