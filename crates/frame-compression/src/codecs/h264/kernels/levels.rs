//! Coding blocks whose levels are kept, in scan order: for presets that weigh their bits. A quantiser by bits comes
//! between the two halves.

use super::super::quantise::{Quantiser, Scaling};
use super::super::rate_distortion::prices::{ZIGZAG_4X4, ZIGZAG_8X8};
use super::super::trellis::{self, Rounded};
use super::luma4x4::{forward_pass, inverse_pass};
use super::{levels, luma8x8, scaling_of};
use crate::simd::{LaneOrder, Simd, Words, each};

/// Where the coefficients of each scan position are in a transposed block.
const TRANSPOSED_4X4: [u8; 16] = {
    let mut lanes = [0; 16];
    let mut i = 0;
    while i < 16 {
        lanes[i] = ZIGZAG_4X4[i] % 4 * 4 + ZIGZAG_4X4[i] / 4;
        i += 1;
    }
    lanes
};

/// To scan order, and back.
static SCAN: LaneOrder = LaneOrder::new(TRANSPOSED_4X4);
static UNSCAN: LaneOrder = {
    let mut lanes = [0; 16];
    let mut i = 0;
    while i < 16 {
        lanes[TRANSPOSED_4X4[i] as usize] = i as u8;
        i += 1;
    }
    LaneOrder::new(lanes)
};

static TRANSPOSED_8X8: [u8; 64] = {
    let mut places = [0; 64];
    let mut i = 0;
    while i < 64 {
        places[i] = ZIGZAG_8X8[i] % 8 * 8 + ZIGZAG_8X8[i] / 8;
        i += 1;
    }
    places
};

static SCANNED_8X8: [u8; 64] = {
    let mut places = [0; 64];
    let mut i = 0;
    while i < 64 {
        places[TRANSPOSED_8X8[i] as usize] = i as u8;
        i += 1;
    }
    places
};

/// The coefficients of a 4x4 block, transposed: the scaling is symmetric.
#[inline(always)]
fn transform_4x4<S: Simd>(simd: S, source: &[u8; 16], prediction: &[u8; 16]) -> S::Words {
    let rows = S::Words::load_bytes(simd, source) - S::Words::load_bytes(simd, prediction);
    forward_pass(simd, forward_pass(simd, rows).transpose_4x4())
}

/// The coefficients of a 4x4 block in scan order.
#[inline(always)]
pub(in super::super) fn coefficients_4x4<S: Simd>(
    simd: S,
    source: &[u8; 16],
    prediction: &[u8; 16],
) -> [i16; 16] {
    let mut coefficients = [0; 16];
    transform_4x4(simd, source, prediction).reorder(&SCAN).store(&mut coefficients);
    coefficients
}

/// The reconstruction from scaled coefficients, transposed.
#[inline(always)]
fn add_4x4<S: Simd>(simd: S, scaled: S::Words, prediction: &[u8; 16]) -> [u8; 16] {
    let residual = inverse_pass(simd, inverse_pass(simd, scaled).transpose_4x4());
    let rounded = (residual + S::Words::splat(simd, 32)).shr::<6>();
    let mut reconstruction = [0; 16];
    (S::Words::load_bytes(simd, prediction) + rounded).store_bytes(&mut reconstruction);
    reconstruction
}

/// Which lanes are not 0.
#[inline(always)]
fn coded<S: Simd>(simd: S, levels: S::Words) -> u64 {
    u64::from(!levels.equal(S::Words::splat(simd, 0)).signs())
}

/// The nearest levels of coefficients in scan order.
#[inline(always)]
pub(in super::super) fn rounded<S: Simd>(
    simd: S,
    coefficients: &[i16; 16],
    scaling: &trellis::Scaling<16>,
) -> Rounded<16> {
    let magnitudes = S::Words::load(simd, coefficients).abs() + S::Words::load(simd, &scaling.bias);
    let found = magnitudes.mul_high_unsigned(S::Words::load(simd, &scaling.multiplier));
    let mut levels = [0; 16];
    found.store(&mut levels);
    Rounded { levels, coded: coded(simd, found) }
}

/// Codes a 4x4 block by dead zones: its reconstruction, its levels in scan order, which of them are not 0.
#[inline(always)]
pub(in super::super) fn code_4x4<S: Simd>(
    simd: S,
    source: &[u8; 16],
    prediction: &[u8; 16],
    scaling: &Scaling<16>,
) -> ([u8; 16], [i16; 16], u64) {
    let coefficients = transform_4x4(simd, source, prediction);
    let [multiplier, bias, level_scale] = scaling_of(simd, scaling, 0);
    let found = levels::<S>(coefficients, multiplier, bias);
    let mut stored = [0; 16];
    let scanned = found.reorder(&SCAN);
    scanned.store(&mut stored);
    (add_4x4(simd, found.mul_low(level_scale), prediction), stored, coded(simd, scanned))
}

/// Codes a 4x4 block but for its DC by dead zones: its levels in scan order, the coefficient of DC, and which
/// levels are not 0.
#[inline(always)]
pub(in super::super) fn code_4x4_ac<S: Simd>(
    simd: S,
    source: &[u8; 16],
    prediction: &[u8; 16],
    scaling: &Scaling<16>,
) -> ([i16; 16], i16, u64) {
    static REST: [i16; 16] = [0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1];
    let coefficients = transform_4x4(simd, source, prediction);
    let mut lanes = [0; 16];
    coefficients.store(&mut lanes);
    let coefficients = coefficients.and(S::Words::load(simd, &REST));
    let [multiplier, bias, _] = scaling_of(simd, scaling, 0);
    let found = levels::<S>(coefficients, multiplier, bias);
    let mut stored = [0; 16];
    let scanned = found.reorder(&SCAN);
    scanned.store(&mut stored);
    (stored, lanes[0], coded(simd, scanned))
}

/// The reconstruction of a 4x4 block from levels in scan order, and a DC coefficient that is scaled already.
#[inline(always)]
pub(in super::super) fn reconstruct_4x4<S: Simd>(
    simd: S,
    levels: &[i16; 16],
    dc: Option<i32>,
    prediction: &[u8; 16],
    scaling: &Scaling<16>,
) -> [u8; 16] {
    let [_, _, level_scale] = scaling_of(simd, scaling, 0);
    let mut scaled = S::Words::load(simd, levels).reorder(&UNSCAN).mul_low(level_scale);
    if let Some(dc) = dc {
        let mut lanes = [0; 16];
        lanes[0] = dc as i16;
        scaled = scaled + S::Words::load(simd, &lanes);
    }
    add_4x4(simd, scaled, prediction)
}

/// The coefficients of an 8x8 block, two transposed rows a vector.
#[inline(always)]
pub(in super::super) fn coefficients_8x8<S: Simd>(
    simd: S,
    source: &[u8; 64],
    prediction: &[u8; 64],
) -> [S::Words; 4] {
    let coefficients = luma8x8::transform(simd, source, prediction);
    each!(4, i => coefficients[2 * i].low_halves(coefficients[2 * i + 1]))
}

#[inline(always)]
fn stored<S: Simd>(pairs: [S::Words; 4]) -> [i16; 64] {
    let mut lanes = [0; 64];
    for (pair, lanes) in pairs.into_iter().zip(lanes.as_chunks_mut::<16>().0) {
        pair.store(lanes);
    }
    lanes
}

/// [`coefficients_8x8`] in scan order.
#[inline(always)]
pub(in super::super) fn scanned_8x8<S: Simd>(pairs: [S::Words; 4]) -> [i32; 64] {
    let lanes = stored::<S>(pairs);
    TRANSPOSED_8X8.map(|place| lanes[usize::from(place & 63)].into())
}

/// Which lanes of four vectors are not 0.
#[inline(always)]
fn coded_8x8<S: Simd>(simd: S, pairs: [S::Words; 4]) -> u64 {
    let [a, b, c, d] = each!(4, i => coded(simd, pairs[i]) << (16 * i));
    a | b | c | d
}

/// Calls `take` with the lane and the scan position of each that `lanes` has; which positions these are. Most blocks
/// have few levels.
#[inline(always)]
fn each_coded(mut lanes: u64, mut take: impl FnMut(usize, usize)) -> u64 {
    let mut coded = 0;
    while lanes != 0 {
        let lane = lanes.trailing_zeros() as usize & 63;
        lanes &= lanes - 1;
        let i = usize::from(SCANNED_8X8[lane] & 63);
        take(lane, i);
        coded |= 1 << i;
    }
    coded
}

/// The nearest levels of an 8x8 block's coefficients in scan order, and the coefficients where those are not 0.
#[inline(always)]
pub(in super::super) fn rounded_8x8<S: Simd>(
    simd: S,
    pairs: [S::Words; 4],
    scaling: &trellis::Rows,
) -> (Rounded<64>, [i32; 64]) {
    let found = each!(4, i => {
        let magnitudes = pairs[i].abs() + S::Words::load(simd, &scaling.bias[i]);
        magnitudes.mul_high_unsigned(S::Words::load(simd, &scaling.multiplier[i]))
    });
    let (from_levels, from) = (stored::<S>(found), stored::<S>(pairs));
    let (mut levels, mut coefficients) = ([0; 64], [0; 64]);
    let coded = each_coded(coded_8x8(simd, found), |lane, i| {
        (levels[i], coefficients[i]) = (from_levels[lane], i32::from(from[lane]));
    });
    (Rounded { levels, coded }, coefficients)
}

/// Codes an 8x8 block by dead zones: its reconstruction, its levels in scan order, which of them are not 0.
#[inline(always)]
pub(in super::super) fn code_8x8<S: Simd>(
    simd: S,
    source: &[u8; 64],
    prediction: &[u8; 64],
    quantiser: &Quantiser,
) -> ([u8; 64], [i16; 64], u64) {
    let coefficients = luma8x8::transform(simd, source, prediction);
    let found = luma8x8::quantise(simd, coefficients, quantiser);
    if found[0].or(found[1]).or(found[2].or(found[3])).is_zero() {
        return (*prediction, [0; 64], 0);
    }
    let (from, mut levels) = (stored::<S>(found), [0; 64]);
    let coded = each_coded(coded_8x8(simd, found), |lane, i| levels[i] = from[lane]);
    (luma8x8::reconstruct(simd, found, prediction, quantiser), levels, coded)
}

/// The reconstruction of an 8x8 block from levels in scan order, of which those that `coded` has are not 0.
#[inline(always)]
pub(in super::super) fn reconstruct_8x8<S: Simd>(
    simd: S,
    (levels, mut coded): (&[i16; 64], u64),
    prediction: &[u8; 64],
    quantiser: &Quantiser,
) -> [u8; 64] {
    let mut lanes = [0; 64];
    while coded != 0 {
        let i = coded.trailing_zeros() as usize & 63;
        coded &= coded - 1;
        lanes[usize::from(TRANSPOSED_8X8[i] & 63)] = levels[i];
    }
    let rows = lanes.as_chunks::<16>().0;
    luma8x8::reconstruct(simd, each!(4, i => S::Words::load(simd, &rows[i])), prediction, quantiser)
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::*;
    use crate::codecs::h264::quantise::Quantisers;
    use crate::codecs::h264::residual::level;
    use crate::codecs::h264::transform::{forward_8x8, residual};
    use crate::codecs::h264::trellis::Scalings;
    use crate::simd::{Job, Level};

    struct Coded<'a> {
        source: &'a [u8; 64],
        prediction: &'a [u8; 64],
        quantiser: &'a Quantiser,
        scaling: &'a trellis::Rows,
    }

    impl Job for Coded<'_> {
        /// The coefficients, the nearest levels with their coefficients, and the coding by dead zones: the
        /// reconstruction, the levels, and the reconstruction from these.
        type Output = ([i32; 64], (Rounded<64>, [i32; 64]), ([u8; 64], [i16; 64], u64), [u8; 64]);

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let Self { source, prediction, quantiser, scaling } = self;
            let pairs = coefficients_8x8(simd, source, prediction);
            let coded = code_8x8(simd, source, prediction, quantiser);
            let again = reconstruct_8x8(simd, (&coded.1, coded.2), prediction, quantiser);
            (scanned_8x8::<S>(pairs), rounded_8x8(simd, pairs, scaling), coded, again)
        }
    }

    #[test]
    fn eights_are_those_of_the_plain_form() {
        let mut rng = Rng::new(11);
        for round in 0..400 {
            let noise = [0, 2, 8, 40, 255][round % 5];
            let source: [u8; 64] = std::array::from_fn(|_| rng.byte());
            let prediction = source.map(|sample| sample.saturating_add(rng.below(noise + 1) as u8));
            let qp = [0, 12, 20, 28, 37, 51][round / 5 % 6];
            let (quantiser, scalings) = (Quantisers::inter().at(qp), Scalings::of(qp));
            let mut block = residual(&source, &prediction);
            forward_8x8(&mut block);
            let coefficients = ZIGZAG_8X8.map(|place| block[usize::from(place)]);
            let nearest = Rounded::of(&scalings.eight, &coefficients);
            let expected = ZIGZAG_8X8.map(|place| {
                let (i, scaling) = (usize::from(place), &quantiser.eight);
                level(block[i], scaling.multiplier[i], scaling.bias[i]) as i16
            });
            for simd in Level::available() {
                let scaling = &scalings.eight_by_rows;
                let job = Coded { source: &source, prediction: &prediction, quantiser, scaling };
                let (scanned, (rounded, sparse), (samples, levels, coded), again) = simd.run(job);
                assert_eq!(scanned, coefficients, "{simd}: round {round}");
                assert_eq!(
                    (rounded.levels, rounded.coded),
                    (nearest.levels, nearest.coded),
                    "{simd}: round {round}"
                );
                for i in (0..64).filter(|&i| nearest.levels[i] != 0) {
                    assert_eq!(sparse[i], coefficients[i], "{simd}: round {round}, place {i}");
                }
                assert_eq!((levels, samples), (expected, again), "{simd}: round {round}");
                assert!((0..64).all(|i| (coded >> i & 1 != 0) == (levels[i] != 0)), "{simd}: round {round}");
            }
        }
    }
}
