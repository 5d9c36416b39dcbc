//! How far reconstructions are from the source, in squares and in energy (docs/spec/h264-presets.md, section 8.3).

use super::super::distortion::hadamard_sum;
use super::super::kernels::psy as kernels;
use super::super::macroblock::gather;
use crate::simd::Simd;

/// The energies of a block of 8x8 sub-blocks: of the 4x4 and of the 8x8 Hadamard transforms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Energy {
    four: i32,
    eight: i32,
}

impl Energy {
    /// Of the sums of samples and of coefficients.
    fn of_sums([sum, four, eight]: [i32; 3]) -> Self {
        Self { four: (four - sum) >> 1, eight: (eight - sum) >> 2 }
    }

    /// Of a macroblock.
    #[inline(always)]
    pub(in super::super) fn of_macroblock<S: Simd>(simd: S, samples: &[u8; 256]) -> Self {
        if S::IS_SCALAR {
            return Self::of::<16, 256>(samples);
        }
        Self::of_sums(kernels::macroblock_sums(simd, samples))
    }

    /// Of an 8x8 block.
    #[inline(always)]
    pub(super) fn of_8x8<S: Simd>(simd: S, samples: &[u8; 64]) -> Self {
        if S::IS_SCALAR {
            return Self::of::<8, 64>(samples);
        }
        Self::of_sums(kernels::block_8x8_sums(simd, samples))
    }

    /// Of a block W samples wide and high.
    fn of<const W: usize, const A: usize>(samples: &[u8; A]) -> Self {
        let mut energy = Self::default();
        for y in (0..W).step_by(8) {
            for x in (0..W).step_by(8) {
                let block = gather::<8, 64>(samples, W, y * W + x);
                let sum: i32 = block.iter().map(|&sample| i32::from(sample)).sum();
                let fours = [0, 4, 32, 36].map(|at| hadamard_sum::<4, 16>(&gather::<4, 16>(&block, 8, at)));
                energy.four += fours.iter().sum::<u32>() as i32 - sum;
                energy.eight += hadamard_sum::<8, 64>(&block) as i32 - sum;
            }
        }
        Self { four: energy.four >> 1, eight: energy.eight >> 2 }
    }

    /// How much a reconstruction's energy differs from the source's.
    pub(super) fn difference(self, other: Self) -> u32 {
        (self.four.abs_diff(other.four) + self.eight.abs_diff(other.eight)) >> 1
    }
}

/// The energy of a 4x4 block.
#[inline(always)]
pub(super) fn energy_4x4<S: Simd>(simd: S, samples: &[u8; 16]) -> i32 {
    if !S::IS_SCALAR {
        let [sum, coefficients] = kernels::block_4x4_sums(simd, samples);
        return coefficients / 2 - sum / 2;
    }
    let sum: i32 = samples.iter().map(|&sample| i32::from(sample)).sum();
    hadamard_sum::<4, 16>(samples) as i32 / 2 - sum / 2
}

/// The sum of squared differences.
#[inline(always)]
pub(super) fn squares<S: Simd, const A: usize>(simd: S, a: &[u8; A], b: &[u8; A]) -> u32 {
    if !S::IS_SCALAR {
        return kernels::squares(simd, a, b);
    }
    a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b)) * u32::from(a.abs_diff(b))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Job, Level, Scalar};

    struct Sums<'a> {
        a: &'a [u8; 256],
        b: &'a [u8; 256],
        block: &'a [u8; 64],
    }

    impl Job for Sums<'_> {
        type Output = (u32, (Energy, Energy), i32);

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let energies = (Energy::of_macroblock(simd, self.a), Energy::of_8x8(simd, self.block));
            let quarter = gather::<4, 16>(self.block, 8, 36);
            (squares(simd, self.a, self.b), energies, energy_4x4(simd, &quarter))
        }
    }

    #[test]
    fn levels_agree() {
        let mut rng = test_pictures::Rng::new(8);
        for round in 0..200 {
            let mut sample = || if round % 3 == 0 { rng.byte() / 128 * 255 } else { rng.byte() };
            let a: [u8; 256] = std::array::from_fn(|_| sample());
            let b: [u8; 256] = std::array::from_fn(|_| sample());
            let block = gather::<8, 64>(&a, 16, 0);
            let expected = (Energy::of::<16, 256>(&a), Energy::of::<8, 64>(&block));
            let quarter = energy_4x4(Scalar, &gather::<4, 16>(&block, 8, 36));
            let squared: u32 = a.iter().zip(&b).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum();
            for level in Level::available() {
                let found = level.run(Sums { a: &a, b: &b, block: &block });
                assert_eq!(found, (squared, expected, quarter), "{level}");
            }
        }
    }
}
