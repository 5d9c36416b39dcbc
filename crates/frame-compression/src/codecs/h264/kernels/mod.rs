//! The kernels of the mode decision, of residual coding and of deblocking, in vectors. Each computes what its
//! plain counterpart beside this folder does; the tests hold every instruction set against it.
//!
//! Two layouts recur. A vector of words holds either a whole 4x4 block, its rows the four fours of lanes, or one
//! row of four blocks that lie (or are thought) side by side, each a four of lanes.

pub(super) mod blocks;
pub(super) mod chroma;
pub(super) mod deblock;
pub(super) mod difference;
pub(super) mod eights;
pub(super) mod energy;
pub(super) mod levels;
pub(super) mod luma16x16;
pub(super) mod luma4x4;
pub(super) mod luma8x8;
pub(super) mod moved;
pub(super) mod psy;

use super::distortion::Metric;
use super::quantise::Scaling;
use crate::simd::{Dwords, Simd, Words, each};

/// A block with neighbours on both sides, for the search through its nine modes.
pub(super) struct Place {
    /// Of its first sample in the canvas.
    pub(super) at: usize,
    /// Whether there are samples above to the right.
    pub(super) top_right: bool,
    pub(super) metric: Metric,
    /// What a flat prediction leaves of it; only for SATD.
    pub(super) flat: Flat,
    /// The mode that costs nothing.
    pub(super) predicted: u8,
    /// What every other mode costs.
    pub(super) price: u32,
}

/// What a flat prediction leaves of a block: the absolute Hadamard coefficients but the first, summed, and the first
/// of the source.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flat {
    pub(super) others: i32,
    pub(super) first: i32,
}

/// The vertical half of the 4x4 Hadamard transform of four blocks side by side; the sums come first.
#[inline(always)]
fn hadamard_rows<W: Copy + std::ops::Add<Output = W> + std::ops::Sub<Output = W>>(rows: [W; 4]) -> [W; 4] {
    let (a, b, c, d) = (rows[0] + rows[1], rows[2] + rows[3], rows[0] - rows[1], rows[2] - rows[3]);
    [a + b, c + d, a - b, c - d]
}

/// Turns four rows of four blocks into columns: `[columns 0 and 1, 2 and 3]` of the blocks 0 (low half) and 2 (high
/// half), then of the blocks 1 and 3.
#[inline(always)]
fn columns_of_blocks<S: Simd>(rows: [S::Words; 4]) -> [[S::Words; 2]; 2] {
    let (a, b) = (rows[0].zip_low_16(rows[1]), rows[2].zip_low_16(rows[3]));
    let (c, d) = (rows[0].zip_high_16(rows[1]), rows[2].zip_high_16(rows[3]));
    [[a.zip_low_32(b), a.zip_high_32(b)], [c.zip_low_32(d), c.zip_high_32(d)]]
}

/// What is left to add and subtract for the Hadamard coefficients of columns: `(low, high)`, for the coefficients
/// `low + high` and `low - high`.
#[inline(always)]
fn last_butterfly<S: Simd>([c01, c23]: [S::Words; 2]) -> (S::Words, S::Words) {
    let (sum, difference) = (c01 + c23, c01 - c23);
    (sum.zip_low_64(difference), sum.zip_high_64(difference))
}

/// Half the absolute Hadamard coefficients of four 4x4 blocks side by side: of the blocks 0 and 2, each to be
/// summed over its half, and of the blocks 1 and 3.
#[inline(always)]
fn half_coefficients<S: Simd>(rows: [S::Words; 4]) -> [S::Words; 2] {
    let columns = columns_of_blocks::<S>(hadamard_rows(rows));
    each!(2, i => {
        let (low, high) = last_butterfly::<S>(columns[i]);
        // |a + b| + |a - b| = 2 max(|a|, |b|).
        low.abs().max(high.abs())
    })
}

/// The horizontal half of the Hadamard transform of four 4x4 blocks side by side, after [`hadamard_rows`]. The
/// coefficients of the blocks 0 and 2, then of 1 and 3: for each those of the horizontal frequencies 0 and another,
/// then of two more, a four of lanes each, in it the vertical frequencies from 0.
#[inline(always)]
fn coefficients<S: Simd>(rows: [S::Words; 4]) -> [[S::Words; 2]; 2] {
    let columns = columns_of_blocks::<S>(rows);
    each!(2, i => {
        let (low, high) = last_butterfly::<S>(columns[i]);
        [low + high, low - high]
    })
}

/// The absolute values of N vectors, lane by lane.
#[inline(always)]
fn absolute_sum<S: Simd, const N: usize>(vectors: [S::Words; N]) -> S::Words {
    let mut sum = vectors[0].abs();
    for vector in &vectors[1..] {
        sum = sum + vector.abs();
    }
    sum
}

/// Sums each half of four vectors: `[a, b, c, d]` of the low halves, then of the high ones.
#[inline(always)]
fn sums_of_halves<S: Simd>(simd: S, vectors: [S::Words; 4]) -> S::Dwords {
    let ones = S::Words::splat(simd, 1);
    let [a, b, c, d] = each!(4, i => vectors[i].mul_add_pairs(ones));
    let (ab, cd) = (a.zip_low_32(b) + a.zip_high_32(b), c.zip_low_32(d) + c.zip_high_32(d));
    ab.zip_low_64(cd) + ab.zip_high_64(cd)
}

/// A block with neighbours on both sides, for a prediction by one mode.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) at: usize,
    pub(super) top_right: bool,
}

/// The smallest lane.
#[inline(always)]
fn smallest<S: Simd>(lanes: S::Dwords) -> i32 {
    let lanes = lanes.min(lanes.high_halves(lanes));
    let lanes = lanes.min(lanes.zip_high_64(lanes));
    let lanes = lanes.min(lanes.zip_low_32(lanes).zip_high_64(lanes));
    let mut stored = [0; 8];
    lanes.store(&mut stored);
    stored[0]
}

/// The levels of coefficients.
#[inline(always)]
fn levels<S: Simd>(coefficients: S::Words, multiplier: S::Words, bias: S::Words) -> S::Words {
    (coefficients.abs() + bias).mul_high_unsigned(multiplier).times_sign_of(coefficients)
}

/// Multiplier, bias and level scale of 16 coefficients in order.
#[inline(always)]
fn scaling_of<S: Simd, const N: usize>(simd: S, scaling: &Scaling<N>, at: usize) -> [S::Words; 3] {
    let values = [&scaling.multiplier, &scaling.bias, &scaling.level_scale];
    each!(3, i => S::Words::load(simd, values[i][at..].first_chunk().expect("16 values")))
}
