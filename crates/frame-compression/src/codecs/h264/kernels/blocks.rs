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

/// How 4x4 blocks are quantised: multipliers and biases of the places (0, 0), (1, 0), (0, 1) and (1, 1), which stand
/// for all others.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Corners {
    pub(in super::super) multiplier: [i16; 4],
    pub(in super::super) bias: [i16; 4],
}

/// The quantisation of four blocks side by side: what even rows take, and what odd rows take.
#[derive(Clone, Copy)]
struct Forward<W> {
    multiplier: [W; 2],
    bias: [W; 2],
}

impl<W> Forward<W> {
    #[inline(always)]
    fn new<S: Simd<Words = W>>(simd: S, corners: &Corners) -> Self
    where
        W: Words<S>,
    {
        Self { multiplier: alternating(simd, &corners.multiplier), bias: alternating(simd, &corners.bias) }
    }
}

/// The scaling of four blocks side by side.
#[derive(Clone, Copy)]
pub(super) struct FourScaling<W> {
    forward: Forward<W>,
    level_scale: [W; 2],
}

impl<W> FourScaling<W> {
    #[inline(always)]
    pub(super) fn new<S: Simd<Words = W>>(simd: S, scaling: &Scaling<16>) -> Self
    where
        W: Words<S>,
    {
        let [a, b, .., c, d] = *scaling.level_scale.first_chunk::<6>().expect("16 values");
        Self {
            forward: Forward::new(simd, &scaling.corners()),
            level_scale: alternating(simd, &[a, b, c, d]),
        }
    }
}

/// The values of an even row and of an odd row.
#[inline(always)]
fn alternating<S: Simd>(simd: S, [a, b, c, d]: &[i16; 4]) -> [S::Words; 2] {
    [S::Words::splat_pair(simd, *a, *c), S::Words::splat_pair(simd, *b, *d)]
}

/// Levels of four blocks, transposed, scaled back, without DC.
pub(super) struct CodedBlocks<W> {
    scaled: [W; 4],
    /// Not zero in a lane of a block that has a level.
    pub(super) any: W,
    /// The DC coefficients, in the first lanes of the blocks.
    pub(super) dc: W,
}

/// The coefficients of four blocks. They stay transposed: the scaling is symmetric.
#[inline(always)]
fn transformed<S: Simd>(residual: [S::Words; 4]) -> [S::Words; 4] {
    forward_pass::<S>(transpose::<S>(forward_pass::<S>(residual)))
}

/// Their levels, and what is not 0 in a lane of a block that has one.
#[inline(always)]
fn quantised<S: Simd>(coefficients: [S::Words; 4], forward: &Forward<S::Words>) -> ([S::Words; 4], S::Words) {
    let levels = each!(4, i => {
        levels::<S>(coefficients[i], forward.multiplier[i % 2], forward.bias[i % 2])
    });
    (levels, levels[0].or(levels[1]).or(levels[2].or(levels[3])))
}

/// Bits of the 4x4 blocks of a macroblock's luma, in raster order, that have levels.
#[inline(always)]
pub(in super::super) fn coded_luma<S: Simd>(
    simd: S,
    source: &[u8; 256],
    prediction: &[u8; 256],
    scaling: &Scaling<16>,
) -> u16 {
    let forward = Forward::new(simd, &scaling.corners());
    let (source, prediction) = (source.as_chunks::<16>().0, prediction.as_chunks::<16>().0);
    let mut coded = 0;
    for row in 0..4 {
        let residual = each!(4, y => {
            S::Words::load_bytes(simd, &source[4 * row + y]) - S::Words::load_bytes(simd, &prediction[4 * row + y])
        });
        let (_, any) = quantised::<S>(transformed::<S>(residual), &forward);
        coded |= blocks_of(simd, any) << (4 * row);
    }
    coded
}

/// Bits of the 4x4 blocks of a macroblock's chroma plane that have levels beside DC, and their DC coefficients.
#[inline(always)]
pub(in super::super) fn coded_chroma<S: Simd>(
    simd: S,
    source: &[u8; 64],
    prediction: &[u8; 64],
    corners: &Corners,
) -> (u16, [i32; 4]) {
    let (source, prediction) = (source.as_chunks::<8>().0, prediction.as_chunks::<8>().0);
    let residual = each!(4, y => {
        S::Words::load_bytes_halves(simd, &source[y], &source[y + 4])
            - S::Words::load_bytes_halves(simd, &prediction[y], &prediction[y + 4])
    });
    coded_beside_dc(simd, residual, &Forward::new(simd, corners))
}

/// The same of a macroblock's luma, in raster order.
#[inline(always)]
pub(in super::super) fn coded_luma_ac<S: Simd>(
    simd: S,
    source: &[u8; 256],
    prediction: &[u8; 256],
    corners: &Corners,
) -> (u16, [i32; 16]) {
    let forward = Forward::new(simd, corners);
    let (source, prediction) = (source.as_chunks::<16>().0, prediction.as_chunks::<16>().0);
    let (mut coded, mut dc) = (0, [0; 16]);
    for (row, dc) in dc.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let residual = each!(4, y => {
            S::Words::load_bytes(simd, &source[4 * row + y]) - S::Words::load_bytes(simd, &prediction[4 * row + y])
        });
        let blocks;
        (blocks, *dc) = coded_beside_dc(simd, residual, &forward);
        coded |= blocks << (4 * row);
    }
    (coded, dc)
}

/// Bits of four blocks that have levels beside DC, and their DC coefficients.
#[inline(always)]
fn coded_beside_dc<S: Simd>(
    simd: S,
    residual: [S::Words; 4],
    forward: &Forward<S::Words>,
) -> (u16, [i32; 4]) {
    let (dc, _, any) = quantised_beside_dc(simd, residual, forward);
    let mut lanes = [0; 16];
    dc.store(&mut lanes);
    (blocks_of(simd, any), [lanes[0].into(), lanes[4].into(), lanes[8].into(), lanes[12].into()])
}

/// Bits of the blocks of which any of four lanes is not 0.
#[inline(always)]
fn blocks_of<S: Simd>(simd: S, lanes: S::Words) -> u16 {
    let lanes = !lanes.equal(S::Words::splat(simd, 0)).signs();
    let any = (lanes | lanes >> 1 | lanes >> 2 | lanes >> 3) & 0x1111;
    (any | any >> 3 | any >> 6 | any >> 9) & 15
}

static FIRST: [i16; 16] = [-1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0];

/// The DC coefficients of four blocks, in their first lanes, the other levels, and what is not 0 in a lane of a block
/// that has one.
#[inline(always)]
fn quantised_beside_dc<S: Simd>(
    simd: S,
    residual: [S::Words; 4],
    forward: &Forward<S::Words>,
) -> (S::Words, [S::Words; 4], S::Words) {
    let [first, second, third, fourth] = transformed::<S>(residual);
    let dc = first.and(S::Words::load(simd, &FIRST));
    let (levels, any) = quantised::<S>([first - dc, second, third, fourth], forward);
    (dc, levels, any)
}

/// Transforms and quantises four blocks but for their DC.
#[inline(always)]
pub(super) fn quantise<S: Simd>(
    simd: S,
    residual: [S::Words; 4],
    scaling: &FourScaling<S::Words>,
) -> CodedBlocks<S::Words> {
    let (dc, levels, any) = quantised_beside_dc(simd, residual, &scaling.forward);
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

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::super::levels::{code_4x4, code_4x4_ac};
    use super::*;
    use crate::codecs::h264::macroblock::gather;
    use crate::codecs::h264::quantise::Quantisers;
    use crate::simd::{Job, Level};

    struct Coded<'a> {
        source: &'a [u8; 256],
        prediction: &'a [u8; 256],
        scaling: &'a Scaling<16>,
    }

    impl Job for Coded<'_> {
        /// Of luma, of a chroma plane, and of luma beside DC, as it is found and by the coding of each block.
        type Output = [[(u16, [i32; 16]); 3]; 2];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let Self { source, prediction, scaling } = self;
            let corners = scaling.corners();
            let luma = coded_luma(simd, source, prediction, scaling);
            let beside = coded_luma_ac(simd, source, prediction, &corners);
            let planes = [source, prediction].map(|samples| gather::<8, 64>(samples, 16, 0));
            let (chroma, chroma_dc) = coded_chroma(simd, &planes[0], &planes[1], &corners);
            let mut padded = [0; 16];
            padded[..4].copy_from_slice(&chroma_dc);
            let (mut expected_luma, mut expected_chroma, mut expected_beside) =
                (0, (0, [0; 16]), (0, [0; 16]));
            for k in 0..16 {
                let block = |samples: &[u8; 256]| gather::<4, 16>(samples, 16, k / 4 * 64 + k % 4 * 4);
                let (_, _, coded) = code_4x4(simd, &block(source), &block(prediction), scaling);
                expected_luma |= u16::from(coded != 0) << k;
                let (_, dc, coded) = code_4x4_ac(simd, &block(source), &block(prediction), scaling);
                expected_beside.0 |= u16::from(coded != 0) << k;
                expected_beside.1[k] = dc.into();
            }
            for k in 0..4 {
                let block = |samples: &[u8; 256]| gather::<4, 16>(samples, 16, k / 2 * 64 + k % 2 * 4);
                let (_, dc, coded) = code_4x4_ac(simd, &block(source), &block(prediction), scaling);
                expected_chroma.0 |= u16::from(coded != 0) << k;
                expected_chroma.1[k] = dc.into();
            }
            [
                [(luma, [0; 16]), (chroma, padded), beside],
                [(expected_luma, [0; 16]), expected_chroma, expected_beside],
            ]
        }
    }

    #[test]
    fn blocks_have_levels_as_when_they_are_coded() {
        let mut rng = Rng::new(5);
        let (mut some, mut none) = (0, 0);
        for round in 0..400 {
            let noise = [0, 2, 8, 40, 255][round % 5];
            let source: [u8; 256] = std::array::from_fn(|_| rng.byte());
            let prediction = source.map(|sample| {
                if rng.below(3) == 0 { sample.saturating_add(rng.below(noise + 1) as u8) } else { sample }
            });
            let scaling = &Quantisers::inter().at([0, 20, 28, 37, 51][round / 5 % 5]).four;
            for level in Level::available() {
                let [found, expected] =
                    level.run(Coded { source: &source, prediction: &prediction, scaling });
                assert_eq!(found, expected, "{level:?}, round {round}");
                some += found[2].0.count_ones();
                none += found[2].0.count_zeros();
            }
        }
        assert!(some > 1000 && none > 1000, "{some} with levels, {none} without");
    }
}
