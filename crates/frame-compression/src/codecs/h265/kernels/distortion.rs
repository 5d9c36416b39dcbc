//! Sums over Hadamard transforms: SA8D, and the energy of texture.

use super::super::distortion;
use super::{eight, sixteen};
use crate::simd::{Dwords, Simd, Words, each};

/// Half the sum of magnitudes of H B H, for the two 8x8 blocks that stand side by side in eight rows of 16 lanes.
/// It is spread over the eight lanes of each block's half. Rows may hold differences of samples.
#[inline(always)]
pub(super) fn half_sums_8x8<S: Simd>(mut rows: [S::Words; 8]) -> S::Words {
    for half in [4, 2, 1] {
        for i in 0..8 {
            if i & half == 0 {
                (rows[i], rows[i + half]) = (rows[i] + rows[i + half], rows[i] - rows[i + half]);
            }
        }
    }
    // Each round of zips brings lanes together that are half a row apart, then a quarter, then neighbours.
    for _ in 0..2 {
        for i in [0, 2, 4, 6] {
            let (a, b) = (rows[i].zip_low_16(rows[i + 1]), rows[i].zip_high_16(rows[i + 1]));
            (rows[i], rows[i + 1]) = (a + b, a - b);
        }
    }
    // |a + b| + |a - b| is twice the larger of |a| and |b|. Four times 32 * 255 stay in 16 bits.
    (larger::<S>(rows[0], rows[1]) + larger::<S>(rows[2], rows[3]))
        + (larger::<S>(rows[4], rows[5]) + larger::<S>(rows[6], rows[7]))
}

/// The larger magnitude of what the zips of two rows bring together.
#[inline(always)]
fn larger<S: Simd>(a: S::Words, b: S::Words) -> S::Words {
    a.zip_low_16(b).abs().max(a.zip_high_16(b).abs())
}

/// The sums of the lanes of each half. Lanes are not negative.
#[inline(always)]
pub(super) fn sum_halves<S: Simd>(simd: S, words: S::Words) -> [u32; 2] {
    let mut lanes = [0; 8];
    words.mul_add_pairs(S::Words::splat(simd, 1)).store(&mut lanes);
    let [a, b, c, d, e, f, g, h] = lanes;
    [((a + b) + (c + d)) as u32, ((e + f) + (g + h)) as u32]
}

/// Half the sum of magnitudes of H B H for the 4x4 block whose rows follow each other in 16 lanes.
#[inline(always)]
pub(super) fn half_sum_4x4<S: Simd>(simd: S, block: S::Words) -> u32 {
    let swapped = block.swap_halves();
    let rows = (block + swapped).low_halves(block - swapped);
    let (first, second) = (rows.zip_low_64(rows), rows.zip_high_64(rows));
    let rows = (first + second).zip_low_64(first - second);
    let sums = rows.mul_add_pairs(S::Words::splat(simd, 1));
    let differences = rows.mul_add_pairs(S::Words::splat_pair(simd, 1, -1));
    // |a + b| + |a - b| is twice the larger of |a| and |b|, a and b being neighbours.
    let zero = S::Dwords::splat(simd, 0);
    let (sums, differences) = (sums.max(zero - sums), differences.max(zero - differences));
    let (low, high) = (sums.zip_low_32(differences), sums.zip_high_32(differences));
    low.zip_low_64(high).max(low.zip_high_64(high)).sum() as u32
}

/// Half the sums of magnitudes of H B H for four 4x4 blocks: a row of each in the quarters of a vector.
#[inline(always)]
pub(super) fn half_sums_4x4<S: Simd>(simd: S, [a, b, c, d]: [S::Words; 4]) -> [u32; 4] {
    let (e, f, g, h) = (a + b, a - b, c + d, c - d);
    let (a, b, c, d) = (e + g, f + h, e - g, f - h);
    // Columns, two of a block in each half: first the even blocks', then the odd ones'.
    let pairs = [[a.zip_low_16(b), c.zip_low_16(d)], [a.zip_high_16(b), c.zip_high_16(d)]];
    let sums = each!(2, i => {
        let [upper, lower] = pairs[i];
        let (left, right) = (upper.zip_low_32(lower), upper.zip_high_32(lower));
        [(left + right).abs(), (left - right).abs()]
    });
    let of_lanes = larger_halves::<S>(sums[0][0], sums[1][0]) + larger_halves::<S>(sums[0][1], sums[1][1]);
    let mut lanes = [0; 8];
    of_lanes.mul_add_pairs(S::Words::splat(simd, 1)).store(&mut lanes);
    let [a, b, c, d, e, f, g, h] = lanes;
    [(a + b) as u32, (c + d) as u32, (e + f) as u32, (g + h) as u32]
}

/// The larger of the two fours of lanes in each half, none negative: |a + b| + |a - b| is twice the larger of |a| and |b|.
#[inline(always)]
fn larger_halves<S: Simd>(even: S::Words, odd: S::Words) -> S::Words {
    even.zip_low_64(odd).max(even.zip_high_64(odd))
}

/// The textures of a block's 8x8 blocks (of the one block where it is 4x4), rows `N` apart: as
/// [`distortion::texture_8x8`], in an order of its own.
#[inline(always)]
pub(in super::super) fn textures<S: Simd, const N: usize>(simd: S, samples: &[u8]) -> [i32; 16] {
    let mut textures = [0; 16];
    if S::IS_SCALAR {
        for (i, texture) in textures[..(N / 8 * (N / 8)).max(1)].iter_mut().enumerate() {
            *texture = if N == 4 {
                distortion::texture_4x4(samples, N)
            } else {
                distortion::texture_8x8(&samples[i / (N / 8) * 8 * N + i % (N / 8) * 8..], N)
            };
        }
        return textures;
    }
    match N {
        4 => {
            let block = S::Words::load_bytes(simd, sixteen(samples, 0));
            textures[0] = half_sum_4x4(simd, block) as i32 - (block.sum() >> 2);
        }
        8 => {
            let mut rows = [S::Words::splat(simd, 0); 8];
            for (y, row) in rows.iter_mut().enumerate() {
                let samples = eight(samples, 8 * y);
                *row = S::Words::load_bytes_halves(simd, samples, samples);
            }
            textures[0] = textures_of_rows::<S>(simd, rows)[0];
        }
        _ => {
            for (i, pair) in textures[..N / 8 * (N / 8)].chunks_exact_mut(2).enumerate() {
                let (x, y) = (i % (N / 16) * 16, i / (N / 16) * 8);
                let mut rows = [S::Words::splat(simd, 0); 8];
                for (k, row) in rows.iter_mut().enumerate() {
                    *row = S::Words::load_bytes(simd, sixteen(samples, (y + k) * N + x));
                }
                pair.copy_from_slice(&textures_of_rows::<S>(simd, rows));
            }
        }
    }
    textures
}

#[inline(always)]
fn textures_of_rows<S: Simd>(simd: S, rows: [S::Words; 8]) -> [i32; 2] {
    let [a, b, c, d, e, f, g, h] = rows;
    let sums = sum_halves(simd, ((a + b) + (c + d)) + ((e + f) + (g + h)));
    let halves = sum_halves(simd, half_sums_8x8::<S>(rows));
    [
        ((2 * halves[0] + 2) >> 2) as i32 - (sums[0] >> 2) as i32,
        ((2 * halves[1] + 2) >> 2) as i32 - (sums[1] >> 2) as i32,
    ]
}
