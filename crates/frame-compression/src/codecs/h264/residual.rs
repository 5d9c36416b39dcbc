//! Coding what prediction leaves: transform, quantisation and reconstruction of blocks
//! (docs/spec/h264-intra.md, sections 10 and 11).

use super::macroblock::{gather, scatter};
use super::quantise::{Denoise, Quantiser, Scaling, class_4x4, class_8x8};
use super::rate_distortion::prices::{ZIGZAG_4X4, ZIGZAG_8X8};
use super::transform::{
    add_residual, forward_2x2, forward_4x4, forward_8x8, hadamard_4x4, inverse_2x2, inverse_4x4, inverse_8x8,
    residual,
};

/// The level of a coefficient: magnitude into the dead zone, truncated.
pub(super) fn level(coefficient: i32, multiplier: i16, bias: i16) -> i32 {
    // Both factors are small enough that the product is an unsigned one of 32 bits.
    let magnitude = ((coefficient.unsigned_abs() + bias as u32) * multiplier as u32) >> 16;
    magnitude as i32 * (coefficient >> 31 | 1)
}

/// Draws coefficients towards 0, each by the threshold of its position's class.
pub(super) fn shrink<const N: usize, const C: usize>(
    block: &mut [i32; N],
    thresholds: &[i32; C],
    class: impl Fn(usize) -> usize,
) {
    for (i, value) in block.iter_mut().enumerate() {
        *value = value.signum() * (value.abs() - thresholds[class(i)]).max(0);
    }
}

/// Turns coefficients into levels; whether any is not 0.
pub(super) fn quantise<const N: usize>(block: &mut [i32; N], scaling: &Scaling<N>) -> bool {
    let mut any = 0;
    for (i, value) in block.iter_mut().enumerate() {
        *value = level(*value, scaling.multiplier[i], scaling.bias[i]);
        any |= *value;
    }
    any != 0
}

/// Codes a luma block as 4x4: the reconstruction, and whether there are levels.
pub(super) fn code_4x4(
    source: &[u8; 16],
    prediction: &[u8; 16],
    quantiser: &Quantiser,
    denoise: Option<Denoise>,
) -> ([u8; 16], bool) {
    let mut block = residual(source, prediction);
    forward_4x4(&mut block);
    if let Some((thresholds, _)) = denoise.and_then(|denoise| denoise.luma) {
        shrink(&mut block, &thresholds, class_4x4);
    }
    if !quantise(&mut block, &quantiser.four) {
        return (*prediction, false);
    }
    scale_4x4(&mut block, quantiser);
    inverse_4x4(&mut block);
    (add_residual(prediction, &block), true)
}

pub(super) fn scale_4x4(block: &mut [i32; 16], quantiser: &Quantiser) {
    for (value, scale) in block.iter_mut().zip(quantiser.four.level_scale) {
        *value *= i32::from(scale);
    }
}

/// Codes a luma block as 8x8.
pub(super) fn code_8x8(
    source: &[u8; 64],
    prediction: &[u8; 64],
    quantiser: &Quantiser,
    denoise: Option<Denoise>,
) -> ([u8; 64], bool) {
    let mut block = levels_8x8(source, prediction, quantiser, denoise);
    if block == [0; 64] {
        return (*prediction, false);
    }
    (add_8x8(prediction, &mut block, quantiser), true)
}

/// Adds an 8x8 block of levels to a prediction.
pub(super) fn add_8x8(prediction: &[u8; 64], block: &mut [i32; 64], quantiser: &Quantiser) -> [u8; 64] {
    for (value, scale) in block.iter_mut().zip(quantiser.eight.level_scale) {
        *value *= i32::from(scale);
        if quantiser.small_8x8_steps() {
            *value = (*value + 2) >> 2;
        }
    }
    inverse_8x8(block);
    add_residual(prediction, block)
}

/// The levels of a luma block as 8x8.
pub(super) fn levels_8x8(
    source: &[u8; 64],
    prediction: &[u8; 64],
    quantiser: &Quantiser,
    denoise: Option<Denoise>,
) -> [i32; 64] {
    let mut block = residual(source, prediction);
    forward_8x8(&mut block);
    if let Some((_, thresholds)) = denoise.and_then(|denoise| denoise.luma) {
        shrink(&mut block, &thresholds, class_8x8);
    }
    quantise(&mut block, &quantiser.eight);
    block
}

/// The 4x4 blocks of a plane W samples wide: core transforms of source - prediction.
pub(super) fn transform_blocks<const W: usize, const A: usize>(
    source: &[u8; A],
    prediction: &[u8; A],
    mut each: impl FnMut(usize, [i32; 16]),
) {
    for (k, at) in block_origins::<W, A>().enumerate() {
        let mut block = residual(&gather::<4, 16>(source, W, at), &gather::<4, 16>(prediction, W, at));
        forward_4x4(&mut block);
        each(k, block);
    }
}

/// Indices of the first samples of the 4x4 blocks of a plane, in raster order.
fn block_origins<const W: usize, const A: usize>() -> impl Iterator<Item = usize> {
    (0..A / W / 4).flat_map(|y| (0..W / 4).map(move |x| y * 4 * W + x * 4))
}

/// Adds scaled blocks to a prediction.
pub(super) fn add_blocks<const W: usize, const A: usize>(
    prediction: &[u8; A],
    blocks: &mut [[i32; 16]],
) -> [u8; A] {
    let mut reconstruction = *prediction;
    for (at, block) in block_origins::<W, A>().zip(blocks) {
        inverse_4x4(block);
        let sum = add_residual(&gather::<4, 16>(prediction, W, at), block);
        scatter::<4, 16>(&sum, &mut reconstruction, W, at);
    }
    reconstruction
}

/// How much a block's levels are worth: small ones with long runs of zeros below them are worth little. In raster order,
/// without the first `skipped` positions of the scan.
pub(super) fn score(levels: &[i32; 16], skipped: usize) -> u32 {
    let scan = ZIGZAG_4X4[skipped..].iter().rev().map(|&place| levels[usize::from(place)]);
    score_of(scan, worth_4x4)
}

/// The same of levels in scan order without the first `skipped`, by which of them are not 0.
pub(super) fn score_4x4_scanned(levels: &[i16; 16], coded: u64, skipped: usize) -> u32 {
    score_of_coded(levels, coded, skipped, worth_4x4)
}

/// What a small level is worth after so many zeros.
fn worth_4x4(run: usize) -> u32 {
    [3, 2, 2, 1, 1, 1].get(run).copied().unwrap_or(0)
}

fn worth_8x8(run: usize) -> u32 {
    match run {
        0..=3 => 3,
        4..=11 => 2,
        12..=23 => 1,
        _ => 0,
    }
}

/// The score of an 8x8 block of levels in scan order, by which of them are not 0.
pub(super) fn score_8x8_scanned(levels: &[i16; 64], coded: u64) -> u32 {
    score_of_coded(levels, coded, 0, worth_8x8)
}

/// From the last level down, by the worth of runs of zeros.
fn score_of_coded<const N: usize>(
    levels: &[i16; N],
    coded: u64,
    skipped: usize,
    worth: impl Fn(usize) -> u32,
) -> u32 {
    let mut score = 0;
    let mut rest = coded >> skipped << skipped;
    while rest != 0 {
        let last = 63 - rest.leading_zeros() as usize;
        if levels[last % N].unsigned_abs() > 1 {
            return 9;
        }
        rest ^= 1 << last;
        let next = if rest == 0 { skipped } else { 64 - rest.leading_zeros() as usize };
        score += worth(last - next);
    }
    score
}

/// The same for an 8x8 block.
pub(super) fn score_8x8(levels: &[i32; 64]) -> u32 {
    score_of(ZIGZAG_8X8.iter().rev().map(|&place| levels[usize::from(place)]), worth_8x8)
}

/// From the last level of a scan down, by the worth of runs of zeros.
fn score_of(scan: impl Iterator<Item = i32>, worth: impl Fn(usize) -> u32) -> u32 {
    let mut scan = scan.peekable();
    let mut score = 0;
    while let Some(level) = scan.next() {
        if level == 0 {
            continue;
        }
        if level.abs() > 1 {
            return 9;
        }
        let mut run = 0;
        while scan.next_if_eq(&0).is_some() {
            run += 1;
        }
        score += worth(run);
    }
    score
}

/// Codes a macroblock's luma as Intra16x16. Beside DC, levels that together are worth less than `least` are dropped
/// (docs/spec/h264-clips.md, section 8).
pub(super) fn code_16x16(
    source: &[u8; 256],
    prediction: &[u8; 256],
    quantiser: &Quantiser,
    denoise: Option<Denoise>,
    least: u32,
) -> ([u8; 256], bool) {
    let mut blocks = [[0; 16]; 16];
    let mut dc = [0; 16];
    let mut any = false;
    transform_blocks::<16, 256>(source, prediction, |k, mut block| {
        if let Some((thresholds, _)) = denoise.and_then(|denoise| denoise.luma) {
            shrink(&mut block, &thresholds, class_4x4);
        }
        dc[k] = block[0];
        block[0] = 0;
        any |= quantise(&mut block, &quantiser.four);
        blocks[k] = block;
    });
    if least > 0 && blocks.iter().map(|block| score(block, 1)).sum::<u32>() < least {
        blocks = [[0; 16]; 16];
        any = false;
    }
    for block in &mut blocks {
        scale_4x4(block, quantiser);
    }
    let any_dc = code_luma_dc(&mut dc, quantiser);
    if !any && !any_dc {
        return (*prediction, false);
    }
    for (block, value) in blocks.iter_mut().zip(dc) {
        block[0] = value;
    }
    (add_blocks::<16, 256>(prediction, &mut blocks), true)
}

/// Transforms, quantises and scales back the DC coefficients of an Intra16x16 macroblock, in raster order of their
/// blocks; whether there are levels.
pub(super) fn code_luma_dc(dc: &mut [i32; 16], quantiser: &Quantiser) -> bool {
    luma_dc_levels(dc, quantiser);
    let any = dc.iter().any(|&level| level != 0);
    if any {
        hadamard_4x4(dc);
        for value in dc {
            *value = scale_luma_dc(*value, quantiser);
        }
    }
    any
}

/// Turns the DC coefficients of an Intra16x16 macroblock into levels.
fn luma_dc_levels(dc: &mut [i32; 16], quantiser: &Quantiser) {
    hadamard_4x4(dc);
    for value in dc {
        *value = level((*value + 1) >> 1, quantiser.dc_multiplier, quantiser.dc_bias);
    }
}

/// The levels of the DC coefficients of an Intra16x16 macroblock, in raster order of their frequencies.
pub(super) fn levels_of_luma_dc(
    source: &[u8; 256],
    prediction: &[u8; 256],
    quantiser: &Quantiser,
) -> [i32; 16] {
    let mut dc = [0; 16];
    transform_blocks::<16, 256>(source, prediction, |k, block| dc[k] = block[0]);
    luma_dc_levels(&mut dc, quantiser);
    dc
}

/// The levels of the DC coefficients of one chroma plane, as they are written: `[sum, vertical, horizontal,
/// diagonal]` frequency.
pub(super) fn levels_of_chroma_dc(
    source: &[u8; 64],
    prediction: &[u8; 64],
    quantiser: &Quantiser,
) -> [i32; 4] {
    let mut dc = [0; 4];
    let mut any = false;
    transform_blocks::<8, 64>(source, prediction, |k, mut block| {
        dc[k] = block[0];
        block[0] = 0;
        any |= quantise(&mut block, &quantiser.four);
    });
    let levels = forward_2x2(dc).map(|value| level(value, quantiser.dc_multiplier, quantiser.dc_bias));
    if any { levels } else { shrunk_chroma_dc(levels, quantiser) }
}

/// The smallest levels that change the same samples by the same amounts, for a plane that has no others
/// (docs/spec/h264-presets.md, section 7).
pub(super) fn shrunk_chroma_dc(mut levels: [i32; 4], quantiser: &Quantiser) -> [i32; 4] {
    let scale = quantiser.dc_scale << quantiser.period;
    if scale > 2048 {
        return levels;
    }
    let changes = |levels: [i32; 4]| inverse_2x2(levels).map(|value| (((value * scale) >> 5) + 32) >> 6);
    let wanted = changes(levels);
    if wanted == [0; 4] {
        return [0; 4];
    }
    for i in (0..4).rev() {
        while levels[i] != 0 {
            let mut fewer = levels;
            fewer[i] -= levels[i].signum();
            if changes(fewer) != wanted {
                break;
            }
            levels = fewer;
        }
    }
    levels
}

/// Transforms, quantises and scales back the DC coefficients of one chroma plane; whether they alone would change a
/// sample.
pub(super) fn code_chroma_dc(dc: [i32; 4], quantiser: &Quantiser) -> ([i32; 4], bool) {
    let levels = forward_2x2(dc).map(|value| level(value, quantiser.dc_multiplier, quantiser.dc_bias));
    // H.264 8.5.11.2.
    let dc = inverse_2x2(levels).map(|value| ((value * quantiser.dc_scale) << quantiser.period) >> 5);
    (dc, dc.iter().any(|&value| (value + 32) >> 6 != 0))
}

/// H.264 8.5.10.
pub(super) fn scale_luma_dc(value: i32, quantiser: &Quantiser) -> i32 {
    let product = value * quantiser.dc_scale;
    match quantiser.period {
        period @ 6.. => product << (period - 6),
        period => (product + (1 << (5 - period))) >> (6 - period),
    }
}

/// Draws the coefficients of a chroma block towards 0.
pub(super) fn shrink_chroma(block: &mut [i32; 16], denoise: Denoise) {
    let first = block[0];
    shrink(block, &denoise.chroma, class_4x4);
    let threshold = denoise.luma.map_or(0, |(thresholds, _)| thresholds[0]);
    block[0] = first.signum() * (first.abs() - threshold).max(0);
}

/// Codes one chroma plane of a macroblock. `quantiser` is that of the chroma QP.
pub(super) fn code_chroma(
    source: &[u8; 64],
    prediction: &[u8; 64],
    quantiser: &Quantiser,
    denoise: Option<Denoise>,
) -> ([u8; 64], bool) {
    let mut blocks = [[0; 16]; 4];
    let mut dc = [0; 4];
    let mut any = false;
    transform_blocks::<8, 64>(source, prediction, |k, mut block| {
        if let Some(denoise) = denoise {
            shrink_chroma(&mut block, denoise);
        }
        dc[k] = block[0];
        block[0] = 0;
        any |= quantise(&mut block, &quantiser.four);
        scale_4x4(&mut block, quantiser);
        blocks[k] = block;
    });
    let (dc, visible) = code_chroma_dc(dc, quantiser);
    if !any && !visible {
        return (*prediction, false);
    }
    for (block, value) in blocks.iter_mut().zip(dc) {
        block[0] = value;
    }
    (add_blocks::<8, 64>(prediction, &mut blocks), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_the_specification() {
        let of = |scan: &[i32], skipped| {
            let mut levels = [0; 16];
            for (place, level) in ZIGZAG_4X4.iter().zip(scan) {
                levels[usize::from(*place)] = *level;
            }
            score(&levels, skipped)
        };
        assert_eq!(of(&[], 0), 0);
        assert_eq!(of(&[1], 0), 3);
        assert_eq!(of(&[0, 0, 0, -1], 0), 1);
        assert_eq!(of(&[0, 0, 0, -1], 1), 2);
        assert_eq!(of(&[1, 0, 1, 0, 0, 0, 0, 0, 0, 1], 0), 3 + 2);
        assert_eq!(of(&[2, 0, 1], 0), 9);
        assert_eq!(of(&[5, 1], 1), 3);
    }

    #[test]
    fn scores_by_bits_are_those_of_walks() {
        let mut rng = test_pictures::Rng::new(6);
        for round in 0..2000 {
            let rare = [2, 4, 12, 40][round % 4];
            let scan: [i16; 64] = std::array::from_fn(|_| {
                let large = if rng.below(30) == 0 { 2 } else { 1 };
                if rng.below(rare) == 0 { [large, -large][rng.below(2)] } else { 0 }
            });
            let coded = |scan: &[i16]| {
                scan.iter().enumerate().map(|(i, &level)| u64::from(level != 0) << i).sum::<u64>()
            };
            let mut eight = [0; 64];
            for (place, level) in ZIGZAG_8X8.iter().zip(scan) {
                eight[usize::from(*place)] = level.into();
            }
            assert_eq!(score_8x8_scanned(&scan, coded(&scan)), score_8x8(&eight), "{scan:?}");
            let mut four = [0; 16];
            for (place, &level) in ZIGZAG_4X4.iter().zip(&scan[..16]) {
                four[usize::from(*place)] = level.into();
            }
            let scan = scan.first_chunk().unwrap();
            for skipped in [0, 1] {
                let found = score_4x4_scanned(scan, coded(scan), skipped);
                assert_eq!(found, score(&four, skipped), "{scan:?} from {skipped}");
            }
        }
    }
}
