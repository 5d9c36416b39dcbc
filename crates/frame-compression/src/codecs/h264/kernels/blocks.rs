//! Coding four 4x4 blocks side by side, for Intra16x16 and chroma.

use super::super::quantise::Scaling;
use super::{columns_of_blocks, levels};
use crate::simd::{Simd, Words, each};

/// Transposes each of four blocks side by side.
#[inline(always)]
fn transpose<S: Simd>(rows: [S::Words; 4]) -> [S::Words; 4] {
    let [[even01, even23], [odd01, odd23]] = columns_of_blocks::<S>(rows);
    [even01.zip_low_64(odd01), even01.zip_high_64(odd01), even23.zip_low_64(odd23), even23.zip_high_64(odd23)]
}

#[inline(always)]
fn forward_pass<S: Simd>([a, b, c, d]: [S::Words; 4]) -> [S::Words; 4] {
    let (outer, inner, outer_difference, inner_difference) = (a + d, b + c, a - d, b - c);
    [
        outer + inner,
        outer_difference + outer_difference + inner_difference,
        outer - inner,
        outer_difference - (inner_difference + inner_difference),
    ]
}

#[inline(always)]
fn inverse_pass<S: Simd>([a, b, c, d]: [S::Words; 4]) -> [S::Words; 4] {
    let (e, f, g, h) = (a + c, a - c, b.shr::<1>() - d, b + d.shr::<1>());
    [e + h, f + g, f - g, e - h]
}

/// The scaling of four blocks side by side: what even rows take, and what odd rows take.
#[derive(Clone, Copy)]
pub(super) struct FourScaling<W> {
    multiplier: [W; 2],
    bias: [W; 2],
    level_scale: [W; 2],
}

impl<W> FourScaling<W> {
    #[inline(always)]
    pub(super) fn new<S: Simd<Words = W>>(simd: S, scaling: &Scaling<16>) -> Self
    where
        W: Words<S>,
    {
        Self {
            multiplier: alternating(simd, &scaling.multiplier),
            bias: alternating(simd, &scaling.bias),
            level_scale: alternating(simd, &scaling.level_scale),
        }
    }
}

/// The values of an even row and of an odd row.
#[inline(always)]
fn alternating<S: Simd>(simd: S, values: &[i16; 16]) -> [S::Words; 2] {
    each!(2, i => S::Words::splat(simd, values[i]).zip_low_16(S::Words::splat(simd, values[4 + i])))
}

/// Levels of four blocks, transposed, scaled back, without DC.
pub(super) struct CodedBlocks<W> {
    scaled: [W; 4],
    /// Not zero in a lane of a block that has a level.
    pub(super) any: W,
    /// The DC coefficients, in the first lanes of the blocks.
    pub(super) dc: W,
}

static FIRST: [i16; 16] = [-1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0];

/// Transforms and quantises four blocks but for their DC.
#[inline(always)]
pub(super) fn quantise<S: Simd>(
    simd: S,
    residual: [S::Words; 4],
    scaling: &FourScaling<S::Words>,
) -> CodedBlocks<S::Words> {
    // The coefficients stay transposed: the scaling is symmetric.
    let [first, second, third, fourth] = forward_pass::<S>(transpose::<S>(forward_pass::<S>(residual)));
    let dc = first.and(S::Words::load(simd, &FIRST));
    let coefficients = [first - dc, second, third, fourth];
    let levels = each!(4, i => {
        levels::<S>(coefficients[i], scaling.multiplier[i % 2], scaling.bias[i % 2])
    });
    let any = levels[0].or(levels[1]).or(levels[2].or(levels[3]));
    CodedBlocks { scaled: each!(4, i => levels[i].mul_low(scaling.level_scale[i % 2])), any, dc }
}

/// The rows of four blocks: prediction and residual, to be clamped to 0..=255. `dc` is in the first lanes.
#[inline(always)]
pub(super) fn reconstruct<S: Simd>(
    simd: S,
    coded: &CodedBlocks<S::Words>,
    dc: S::Words,
    prediction: [S::Words; 4],
) -> [S::Words; 4] {
    let [first, second, third, fourth] = coded.scaled;
    let residual = inverse_pass::<S>([first + dc, second, third, fourth]);
    let residual = inverse_pass::<S>(transpose::<S>(residual));
    let rounding = S::Words::splat(simd, 32);
    each!(4, y => prediction[y] + (residual[y] + rounding).shr::<6>())
}
