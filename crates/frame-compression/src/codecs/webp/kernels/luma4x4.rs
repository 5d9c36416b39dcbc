//! A mode for each 4x4 block of luma: all ten modes of a block at once.

use super::super::costs::{self, kind};
use super::super::decision::{Cost, FLAT_LEVELS, FLAT_PENALTY, neighbouring_modes, spectral};
use super::super::macroblock::{Job, Macroblock};
use super::super::predict::MODES;
use super::super::transform::Block;
use super::luma16x16::Source;
use super::{Rows, Strip, forward, inverse, quantise, significant, spectrum, squared, zigzag_block};
use crate::simd::{Bytes, Dwords, Simd, Words, each};

/// The modes of each batch of four that are computed side by side. The last batch is half full.
const BATCHES: [[u8; 4]; 3] = [[2, 3, 4, 6], [5, 7, 8, 9], [0, 1, 0, 1]];
/// Where a mode is: its batch, and its place there.
const PLACES: [(usize, usize); MODES] =
    [(2, 0), (2, 1), (0, 0), (0, 1), (0, 2), (1, 0), (0, 3), (1, 1), (1, 2), (1, 3)];

/// Tables of samples: means of two neighbours of the edge, and of three. The edge is the left column from the lowest
/// up (the lowest twice), the corner, and the row above (the last twice).
const MEANS: usize = 0;
const SMOOTH: usize = 1;

/// The table and the place in it of sample (x, y) of a mode, as [`predict`](super::super::predict) has it.
const fn place(mode: u8, x: usize, y: usize) -> (usize, usize) {
    match mode {
        2 => (SMOOTH, 5 + x),
        3 => (SMOOTH, 3 - y),
        4 => (SMOOTH, 4 + x - y),
        5 if 2 * x < y => (SMOOTH, 5 + 2 * x - y),
        5 if y.is_multiple_of(2) => (MEANS, 5 + x - y / 2),
        5 => (SMOOTH, 5 + (2 * x - y) / 2),
        6 => (SMOOTH, 6 + x + y),
        7 if x == 3 && y > 1 => (SMOOTH, 8 + y),
        7 if y.is_multiple_of(2) => (MEANS, 6 + x + y / 2),
        7 => (SMOOTH, 6 + x + y / 2),
        8 if 2 * y < x => (SMOOTH, 3 + x - 2 * y),
        8 if x.is_multiple_of(2) => (MEANS, 4 - (2 * y - x) / 2),
        8 => (SMOOTH, 3 - (2 * y - x) / 2),
        _ if x + 2 * y > 5 => (MEANS, 0),
        _ if x + 2 * y == 5 => (SMOOTH, 0),
        _ if x.is_multiple_of(2) => (MEANS, 3 - (x + 2 * y) / 2),
        _ => (SMOOTH, 2 - (x + 2 * y) / 2),
    }
}

type Indices = [u8; 32];

/// Indices for two columns of a batch: in each half, a column of two modes, then the next column.
const fn indices(batch: usize, table: usize, pair: usize) -> Indices {
    let mut indices = [128; 32];
    let mut i = 0;
    while i < 32 {
        let (half, column, slot, y) = (i / 16, i / 8 % 2, i / 4 % 2, i % 4);
        let (from, at) = place(BATCHES[batch][half * 2 + slot], pair * 2 + column, y);
        if from == table {
            indices[i] = at as u8;
        }
        i += 1;
    }
    indices
}

/// The first batch takes one table only.
static FIRST: [Indices; 2] = [indices(0, SMOOTH, 0), indices(0, SMOOTH, 1)];
static SECOND: [[Indices; 2]; 2] =
    [[indices(1, MEANS, 0), indices(1, SMOOTH, 0)], [indices(1, MEANS, 1), indices(1, SMOOTH, 1)]];

/// What stands around a block.
#[derive(Clone, Copy)]
struct Edge {
    /// From the top down.
    left: [u8; 4],
    corner: u8,
    top: [u8; 8],
}

/// The columns of the predictions of all modes, by batch.
#[inline(always)]
fn predict<S: Simd>(simd: S, edge: &Edge) -> [[S::Words; 4]; 3] {
    const fn moved(by: u8) -> Indices {
        let mut indices = [15; 32];
        let mut i = 0;
        while i < 32 {
            let at = i as u8 % 16 + by;
            if at < 16 {
                indices[i] = at;
            }
            i += 1;
        }
        indices
    }
    static NEXT: Indices = moved(1);
    static AFTER: Indices = moved(2);
    let left = u128::from(u32::from_be_bytes(edge.left));
    let top = u64::from_le_bytes(edge.top);
    let raw = u128::from(edge.left[3])
        | left << 8
        | u128::from(edge.corner) << 40
        | u128::from(top) << 48
        | u128::from(edge.top[7]) << 112;
    let raw = S::Bytes::load_twice(simd, &raw.to_le_bytes());
    let next = raw.lookup(S::Bytes::load(simd, &NEXT));
    let after = raw.lookup(S::Bytes::load(simd, &AFTER));
    // (a + 2b + c + 2) >> 2 is the rounded mean of b and the floored mean of a and c.
    let floored = raw.average(after).saturating_sub(raw.xor(after).and(S::Bytes::splat(simd, 1)));
    let (means, smooth) = (raw.average(next), next.average(floored));
    let [(a0, a1), (a2, a3)] = each!(2, pair => smooth.lookup(S::Bytes::load(simd, &FIRST[pair])).widen());
    let [(b0, b1), (b2, b3)] = each!(2, pair => {
        let [first, second] = each!(2, table => S::Bytes::load(simd, &SECOND[pair][table]));
        means.lookup(first).or(smooth.lookup(second)).widen()
    });
    [[a0, a1, a2, a3], [b0, b1, b2, b3], predict_plain(simd, edge)]
}

/// The columns of DC and TM in turn.
#[inline(always)]
fn predict_plain<S: Simd>(simd: S, edge: &Edge) -> [S::Words; 4] {
    static IS_DC: [i16; 16] = [-1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0];
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let both = u64::from(u32::from_le_bytes(edge.left)) << 32
        | u64::from(u32::from_le_bytes([edge.top[0], edge.top[1], edge.top[2], edge.top[3]]));
    let sum = ((both & EVEN) + (both >> 8 & EVEN)).wrapping_mul(0x0001_0001_0001_0001) >> 48;
    let is_dc = S::Words::load(simd, &IS_DC);
    let dc = S::Words::splat(simd, ((sum + 4) >> 3) as i16).and(is_dc);
    let left: [i16; 4] = edge.left.map(i16::from);
    let left = S::Words::load_quarters(simd, [&left; 4]);
    let (black, white) = (S::Words::splat(simd, 0), S::Words::splat(simd, 255));
    let not_dc = is_dc.equal(black);
    each!(4, x => {
        let step = S::Words::splat(simd, i16::from(edge.top[x]) - i16::from(edge.corner));
        (left + step).max(black).min(white).and(not_dc).or(dc)
    })
}

/// A block by all modes.
struct Modes {
    levels: [Rows; 3],
    samples: [Strip; 3],
    /// By batch, two halves a mode.
    squared: [[i32; 8]; 3],
    spectra: [[i32; 8]; 3],
}

/// Codes a block by all modes.
#[inline(always)]
fn code<S: Simd>(simd: S, job: &Job, source: &Rows, edge: &Edge, modes: &mut Modes) {
    let source = each!(4, x => S::Words::load(simd, &source[x]));
    for (batch, prediction) in predict(simd, edge).into_iter().enumerate() {
        let rows = forward(simd, each!(4, x => source[x] - prediction[x]));
        let (levels, scaled) = quantise(simd, rows, &job.segment.luma);
        let columns = inverse(simd, scaled, prediction);
        for (levels, to) in levels.into_iter().zip(&mut modes.levels[batch]) {
            levels.store(to);
        }
        for (column, to) in columns.into_iter().zip(&mut modes.samples[batch]) {
            column.store_bytes(to);
        }
        squared::<S>(&source, &columns).store(&mut modes.squared[batch]);
        spectrum(simd, &columns).store(&mut modes.spectra[batch]);
    }
}

/// The mode of a block, what it costs, and its levels in zigzag order.
#[inline(always)]
fn choose<S: Simd>(
    simd: S,
    job: &Job,
    modes: &Modes,
    source_spectrum: i32,
    (mode_bits, context): (&[u16; MODES], usize),
    levels: &mut Block,
) -> (usize, Cost, bool) {
    let lambda = &job.segment.lambda;
    let costs: [Cost; MODES] = std::array::from_fn(|mode| {
        let (batch, slot) = PLACES[mode];
        let sum = |halves: &[[i32; 8]; 3]| halves[batch][2 * slot] + halves[batch][2 * slot + 1];
        let difference = sum(&modes.spectra).abs_diff(source_spectrum) >> 5;
        Cost {
            squared: sum(&modes.squared) as u64,
            spectral: spectral(lambda, difference),
            mode_bits: mode_bits[mode].into(),
            residual_bits: 0,
        }
    });
    let scores = costs.each_ref().map(|cost| cost.score(lambda.luma4x4));
    // The one that is best without residuals first: most others cannot be better then.
    let likely = (1..MODES).fold(0, |best, mode| if scores[mode] < scores[best] { mode } else { best });
    let mut best = (i64::MAX, likely, costs[likely], false);
    let mut mode = likely;
    let mut next = 0;
    loop {
        let mut own = [0; 16];
        let (batch, slot) = PLACES[mode];
        let mask = significant(simd, zigzag_block(simd, &modes.levels[batch], slot), &mut own);
        let few = (mask >> 1).count_ones() as usize <= FLAT_LEVELS;
        let mut cost = costs[mode];
        cost.residual_bits = job.costs.residual_of(kind::LUMA4X4, 0, context, &own, mask)
            + if mode > 0 && few { FLAT_PENALTY } else { 0 };
        let score = cost.score(lambda.luma4x4);
        if score < best.0 || (score == best.0 && mode < best.1) {
            best = (score, mode, cost, mask != 0);
            *levels = own;
        }
        let Some(other) = (next..MODES).find(|&mode| mode != likely && scores[mode] <= best.0) else {
            return (best.1, best.2, best.3);
        };
        (mode, next) = (other, other + 1);
    }
}

/// Gives the macroblock 4x4 modes if they are better than what has the score to beat.
#[inline(always)]
pub(in super::super) fn decide<S: Simd>(
    simd: S,
    job: &Job,
    prepared: &Source,
    to_beat: i64,
    samples: &mut [Strip; 4],
    out: &mut Macroblock,
) {
    let lambda = &job.segment.lambda;
    let border = &job.luma_border;
    let mut total = Cost { mode_bits: costs::HAS_4X4, ..Cost::default() };
    let mut score = total.score(lambda.mode);
    let mut coded = ([0; 16], [[0; 16]; 16], [[[0; 16]; 4]; 4]);
    let (modes, levels, strips) = &mut coded;
    let mut top_flags = job.top.luma;
    // The row above the blocks to come.
    let mut above = [0; 20];
    above[..16].copy_from_slice(&border.top);
    above[16..].copy_from_slice(&job.top_right);
    let mut work = Modes {
        levels: [[[0; 16]; 4]; 3],
        samples: [[[0; 16]; 4]; 3],
        squared: [[0; 8]; 3],
        spectra: [[0; 8]; 3],
    };
    for y in 0..4 {
        let mut left_flag = job.left.luma[y];
        let mut corner = if y == 0 { border.corner } else { border.left[4 * y - 1] };
        let mut left: [u8; 4] = std::array::from_fn(|row| border.left[4 * y + row]);
        for x in 0..4 {
            let block = 4 * y + x;
            let top = *above[4 * x..].first_chunk().expect("eight samples");
            code(simd, job, &prepared.blocks[block], &Edge { left, corner, top }, &mut work);
            let [beyond, beside] = neighbouring_modes(job, modes, block);
            let mode_bits = &costs::LUMA4X4[beyond][beside];
            let context = usize::from(top_flags[x] + left_flag);
            let (mode, cost, has_levels) =
                choose(simd, job, &work, prepared.spectra[block], (mode_bits, context), &mut levels[block]);
            score += cost.score(lambda.mode);
            total += cost;
            if score >= to_beat || total.mode_bits - costs::HAS_4X4 > job.effort.most_mode_bits {
                return;
            }
            modes[block] = mode as u8;
            left_flag = has_levels.into();
            top_flags[x] = left_flag;
            let (batch, slot) = PLACES[mode];
            corner = above[4 * x + 3];
            for (column, (from, to)) in work.samples[batch].iter().zip(&mut strips[y]).enumerate() {
                let four = &from[4 * slot..][..4];
                to[4 * x..][..4].copy_from_slice(four);
                above[4 * x + column] = four[3];
                if column == 3 {
                    left.copy_from_slice(four);
                }
            }
        }
    }
    out.has_4x4 = true;
    out.modes = *modes;
    out.dcs = [0; 16];
    out.luma = *levels;
    out.mode_bits = total.mode_bits;
    *samples = *strips;
}
