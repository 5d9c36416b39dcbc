//! Sums of squared differences, and the energies of blocks, for rate-distortion costs.

use super::{half_coefficients, luma8x8};
use crate::simd::{Dwords, Simd, Words, each};

/// The sum of squared differences of N samples, a multiple of 16.
#[inline(always)]
pub(in super::super) fn squares<S: Simd, const N: usize>(simd: S, a: &[u8; N], b: &[u8; N]) -> u32 {
    let mut sum = S::Dwords::splat(simd, 0);
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        let difference = S::Words::load_bytes(simd, a) - S::Words::load_bytes(simd, b);
        sum = sum + difference.mul_add_pairs(difference);
    }
    sum.sum() as u32
}

/// The sums over a macroblock of its samples, and of the absolute coefficients of the 4x4 and of the 8x8 Hadamard
/// transforms of them.
#[inline(always)]
pub(in super::super) fn macroblock_sums<S: Simd>(simd: S, samples: &[u8; 256]) -> [i32; 3] {
    let rows = samples.as_chunks::<16>().0;
    let ones = S::Words::splat(simd, 1);
    let nothing = S::Dwords::splat(simd, 0);
    let (mut sum, mut four, mut eight) = (nothing, nothing, nothing);
    for half in 0..2 {
        let words = each!(8, y => S::Words::load_bytes(simd, &rows[8 * half + y]));
        eight = eight + luma8x8::half_coefficients::<S>(words).mul_add_pairs(ones);
        for rows in words.as_chunks::<4>().0 {
            let [even, odd] = half_coefficients::<S>(*rows);
            four = four + even.mul_add_pairs(ones) + odd.mul_add_pairs(ones);
            sum = sum + (rows[0] + rows[1] + (rows[2] + rows[3])).mul_add_pairs(ones);
        }
    }
    [sum.sum(), 2 * four.sum(), 2 * eight.sum()]
}

/// The same of an 8x8 block.
#[inline(always)]
pub(in super::super) fn block_8x8_sums<S: Simd>(simd: S, samples: &[u8; 64]) -> [i32; 3] {
    let rows = samples.as_chunks::<8>().0;
    let ones = S::Words::splat(simd, 1);
    let none = [0; 8];
    let words = each!(8, y => S::Words::load_bytes_halves(simd, &rows[y], &none));
    let eight = luma8x8::half_coefficients::<S>(words).mul_add_pairs(ones);
    let mut four = S::Dwords::splat(simd, 0);
    let mut sum = four;
    for rows in words.as_chunks::<4>().0 {
        let [even, odd] = half_coefficients::<S>(*rows);
        four = four + even.mul_add_pairs(ones) + odd.mul_add_pairs(ones);
        sum = sum + (rows[0] + rows[1] + (rows[2] + rows[3])).mul_add_pairs(ones);
    }
    [sum.sum(), 2 * four.sum(), 2 * eight.sum()]
}

/// The sum of a 4x4 block's samples, and that of the absolute coefficients of its Hadamard transform.
#[inline(always)]
pub(in super::super) fn block_4x4_sums<S: Simd>(simd: S, samples: &[u8; 16]) -> [i32; 2] {
    let ones = S::Words::splat(simd, 1);
    let samples = S::Words::load_bytes(simd, samples);
    let coefficients = hadamard_of_fours(simd, hadamard_of_fours(simd, samples).transpose_4x4());
    [samples, coefficients.abs()].map(
        #[inline(always)]
        |words| words.mul_add_pairs(ones).sum(),
    )
}

/// The vertical half of the Hadamard transform of a block whose rows are the fours of lanes.
#[inline(always)]
fn hadamard_of_fours<S: Simd>(simd: S, rows: S::Words) -> S::Words {
    static NEIGHBOURS: [i16; 16] = [1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1];
    static HALVES: [i16; 16] = [1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1];
    let [neighbours, halves] = each!(2, i => S::Words::load(simd, [&NEIGHBOURS, &HALVES][i]));
    let rows = rows.fours::<0b10_11_00_01>() + rows.mul_low(neighbours);
    rows.swap_halves() + rows.mul_low(halves)
}
