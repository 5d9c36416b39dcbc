//! How far reconstructions are from the source, in squares and in energy (docs/spec/h264-presets.md, section 8.3).

use super::super::distortion::hadamard_sum;
use super::super::macroblock::gather;

/// The energies of a block of 8x8 sub-blocks: of the 4x4 and of the 8x8 Hadamard transforms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Energy {
    four: i32,
    eight: i32,
}

impl Energy {
    /// Of a block W samples wide and high.
    pub(super) fn of<const W: usize, const A: usize>(samples: &[u8; A]) -> Self {
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
pub(super) fn energy_4x4(samples: &[u8; 16]) -> i32 {
    let sum: i32 = samples.iter().map(|&sample| i32::from(sample)).sum();
    hadamard_sum::<4, 16>(samples) as i32 / 2 - sum / 2
}

/// The sum of squared differences.
pub(super) fn squares<const A: usize>(a: &[u8; A], b: &[u8; A]) -> u32 {
    a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b)) * u32::from(a.abs_diff(b))).sum()
}
