//! Intra4x4: the search through all nine modes, and the coding of a block.

use super::super::distortion::Metric;
use super::super::macroblock::LumaCanvas;
use super::super::predict::blocks;
use super::super::quantise::Scaling;
use super::{Place, Spot, absolute_sum, half_coefficients, levels, scaling_of, smallest, sums_of_halves};
use crate::simd::{Bytes, Dwords, Simd, Words, each};

/// The edge as the tables below name it: left from the lowest up (the lowest twice), the corner, above from left to
/// right (the last twice), and in the end the DC prediction. `means` are of neighbours in it, `smooth` its samples
/// from the second on after the filter (1, 2, 1).
struct EdgeTables<B> {
    raw: B,
    means: B,
    smooth: B,
}

const RAW: usize = 0;
const MEANS: usize = 1;
const SMOOTH: usize = 2;

/// Which table, and where in it, a sample of a prediction is (H.264 8.3.1.2).
const fn place(mode: u8, x: usize, y: usize) -> (usize, usize) {
    const CORNER: usize = 5;
    match mode {
        blocks::VERTICAL => (RAW, CORNER + 1 + x),
        blocks::HORIZONTAL => (RAW, CORNER - 1 - y),
        blocks::DC => (RAW, 15),
        blocks::DIAGONAL_DOWN_LEFT => (SMOOTH, CORNER + 1 + x + y),
        blocks::DIAGONAL_DOWN_RIGHT => (SMOOTH, CORNER - 1 + x - y),
        blocks::VERTICAL_RIGHT if y >= 2 * x + 2 => (SMOOTH, CORNER + 2 * x - y),
        blocks::VERTICAL_RIGHT if y.is_multiple_of(2) => (MEANS, CORNER + x - y / 2),
        blocks::VERTICAL_RIGHT => (SMOOTH, CORNER - 1 + x - y / 2),
        blocks::HORIZONTAL_DOWN if x >= 2 * y + 2 => (SMOOTH, CORNER - 2 + x - 2 * y),
        blocks::HORIZONTAL_DOWN if x.is_multiple_of(2) => (MEANS, CORNER - 1 + x / 2 - y),
        blocks::HORIZONTAL_DOWN => (SMOOTH, CORNER - 1 + x / 2 - y),
        blocks::VERTICAL_LEFT if y.is_multiple_of(2) => (MEANS, CORNER + 1 + x + y / 2),
        blocks::VERTICAL_LEFT => (SMOOTH, CORNER + 1 + x + y / 2),
        // Horizontal up. The mean of the lowest sample and itself is that sample.
        _ if y + x / 2 >= 3 => (MEANS, 0),
        _ if x.is_multiple_of(2) => (MEANS, CORNER - 2 - y - x / 2),
        _ => (SMOOTH, CORNER - 3 - y - x / 2),
    }
}

type Indices = [u8; 32];
/// An index that looks up a 0.
const NOWHERE: u8 = 128;

/// The modes of a batch lie side by side: the first of them take two tables only, the second two others.
const BATCHES: [[u8; 4]; 2] = [
    [blocks::VERTICAL_RIGHT, blocks::HORIZONTAL_DOWN, blocks::VERTICAL_LEFT, blocks::HORIZONTAL_UP],
    [blocks::VERTICAL, blocks::HORIZONTAL, blocks::DIAGONAL_DOWN_LEFT, blocks::DIAGONAL_DOWN_RIGHT],
];
/// The tables of a batch.
const TABLES: [[usize; 2]; 2] = [[MEANS, SMOOTH], [RAW, SMOOTH]];

/// Indices for two rows of a batch: in each half, the upper row of two modes, then the lower row.
const fn batch_indices(batch: usize, table: usize, pair: usize) -> Indices {
    let mut indices = [NOWHERE; 32];
    let mut i = 0;
    while i < 32 {
        let (half, row, slot, x) = (i / 16, i / 8 % 2, i / 4 % 2, i % 4);
        let (from, at) = place(BATCHES[batch][half * 2 + slot], x, pair * 2 + row);
        if from == TABLES[batch][table] {
            indices[i] = at as u8;
        }
        i += 1;
    }
    indices
}

/// By batch, pair of rows, table of the batch.
static BATCH_INDICES: [[[Indices; 2]; 2]; 2] = [
    [[batch_indices(0, 0, 0), batch_indices(0, 1, 0)], [batch_indices(0, 0, 1), batch_indices(0, 1, 1)]],
    [[batch_indices(1, 0, 0), batch_indices(1, 1, 0)], [batch_indices(1, 0, 1), batch_indices(1, 1, 1)]],
];

/// Indices that lay a block's rows out as those of a batch.
const fn source_indices(pair: usize) -> Indices {
    let mut indices = [0; 32];
    let mut i = 0;
    while i < 32 {
        indices[i] = ((pair * 2 + i / 8 % 2) * 4 + i % 4) as u8;
        i += 1;
    }
    indices
}

static SOURCE_INDICES: [Indices; 2] = [source_indices(0), source_indices(1)];

/// Indices of a whole prediction: the first eight samples of each half.
const fn whole_indices(mode: u8, table: usize) -> Indices {
    let mut indices = [NOWHERE; 32];
    let mut i = 0;
    while i < 16 {
        let (from, at) = place(mode, i % 4, i / 4);
        if from == table {
            indices[i / 8 * 16 + i % 8] = at as u8;
        }
        i += 1;
    }
    indices
}

/// By mode, then table. (Sixteen modes, so that four bits need no check.)
static WHOLE_INDICES: [[Indices; 3]; 16] = {
    let mut all = [[[0; 32]; 3]; 16];
    let mut mode = 0;
    while mode < 9 {
        let mut table = 0;
        while table < 3 {
            all[mode][table] = whole_indices(mode as u8, table);
            table += 1;
        }
        mode += 1;
    }
    all
};

/// The modes in the order in which [`sums_of_halves`] gives their distortions.
const MODES: [i32; 8] = {
    let [[a, b, e, f], [c, d, g, h]] = BATCHES;
    [a as i32, b as i32, c as i32, d as i32, e as i32, f as i32, g as i32, h as i32]
};

/// All ones where a mode is not the predicted one.
static PAYS: [[i32; 8]; 16] = {
    let mut all = [[-1; 8]; 16];
    let mut lane = 0;
    while lane < 8 {
        all[MODES[lane] as usize][lane] = 0;
        lane += 1;
    }
    all
};

/// A macroblock's samples as 4x4 blocks in coding order.
#[inline(always)]
pub(in super::super) fn split<S: Simd>(simd: S, source: &[u8; 256], blocks: &mut [[u8; 16]; 16]) {
    /// Indices that part two rows whose bytes take turns: four of the one, four of the other.
    static PARTED: Indices = {
        let mut indices = [0; 32];
        let mut i = 0;
        while i < 32 {
            indices[i] = (i / 8 % 2 * 8 + i % 4 * 2 + i / 4 % 2) as u8;
            i += 1;
        }
        indices
    };
    let parted = S::Bytes::load(simd, &PARTED);
    for (y, rows) in source.as_chunks::<64>().0.iter().enumerate() {
        let (upper, lower) = rows.split_at(32);
        let upper = S::Bytes::load(simd, upper.first_chunk().expect("two rows"));
        let lower = S::Bytes::load(simd, lower.first_chunk().expect("two rows"));
        // Rows 0 and 2, rows 1 and 3.
        let (even, odd) = (upper.low_halves(lower), upper.high_halves(lower));
        let first = y / 2 * 8 + y % 2 * 2;
        let [a, b, _, _, c, d, ..] = &mut blocks[first..] else { return };
        even.zip_low_8(odd).lookup(parted).store_zipped_64(a, b);
        even.zip_high_8(odd).lookup(parted).store_zipped_64(c, d);
    }
}

/// The mode of a block, its cost and its prediction.
#[inline(always)]
pub(in super::super) fn search<S: Simd>(
    simd: S,
    source: &[u8; 16],
    luma: &LumaCanvas,
    place: &Place,
) -> (u8, u32, S::Words) {
    let &Place { at, top_right, metric, flat, predicted, price } = place;
    let (edge, dc) = read_edge(simd, luma, at, top_right);
    let tables = tables(simd, edge);
    let source = S::Bytes::load_twice(simd, source);
    let source_rows = each!(2, pair => source.lookup(S::Bytes::load(simd, &SOURCE_INDICES[pair])).widen());
    let residuals = each!(2, which => batch(simd, &tables, which, &source_rows));
    let (distortions, flat_distortion) = match metric {
        Metric::Satd => {
            let [[even0, odd0], [even1, odd1]] = each!(2, which => half_coefficients::<S>(residuals[which]));
            let flat_distortion = (flat.others + (flat.first - 16 * i32::from(dc)).abs()) >> 1;
            (sums_of_halves(simd, [even0, odd0, even1, odd1]), flat_distortion)
        }
        Metric::Sad => {
            let ones = S::Words::splat(simd, 1);
            let [a, b] = each!(2, which => absolute_sum::<S, 4>(residuals[which]).mul_add_pairs(ones));
            // The source is there twice.
            (a.add_neighbours(b), (source.sum_of_differences(S::Bytes::splat(simd, dc)) / 2) as i32)
        }
    };

    // Costs with the mode in the lowest bits: the smallest is the first of the nearest.
    let predicted = usize::from(predicted & 15);
    let pays = S::Dwords::splat(simd, (price << 4) as i32).and(S::Dwords::load(simd, &PAYS[predicted]));
    let keys = distortions.shl::<4>() + S::Dwords::load(simd, &MODES) + pays;

    let flat_price = if predicted == usize::from(blocks::DC) { 0 } else { price as i32 };
    let best = smallest::<S>(keys).min((flat_distortion + flat_price) << 4 | i32::from(blocks::DC));
    ((best & 15) as u8, (best >> 4) as u32, whole(simd, &tables, best as usize))
}

/// The prediction by a mode.
#[inline(always)]
fn whole<S: Simd>(simd: S, tables: &EdgeTables<S::Bytes>, mode: usize) -> S::Words {
    let indices = &WHOLE_INDICES[mode & 15];
    let [raw, means, smooth] = each!(3, table => S::Bytes::load(simd, &indices[table]));
    let found = tables.raw.lookup(raw).or(tables.means.lookup(means)).or(tables.smooth.lookup(smooth));
    found.widen().0
}

/// Predicts a block by a mode.
#[inline(always)]
pub(in super::super) fn predict<S: Simd>(simd: S, luma: &LumaCanvas, spot: Spot, mode: u8) -> [u8; 16] {
    let (edge, _) = read_edge(simd, luma, spot.at, spot.top_right);
    let mut samples = [0; 16];
    whole(simd, &tables(simd, edge), mode.into()).store_bytes(&mut samples);
    samples
}

/// The predictions of a block by all modes.
#[inline(always)]
pub(in super::super) fn predict_all<S: Simd>(simd: S, luma: &LumaCanvas, spot: Spot) -> [[u8; 16]; 9] {
    let (edge, _) = read_edge(simd, luma, spot.at, spot.top_right);
    let tables = tables(simd, edge);
    let mut all = [[0; 16]; 9];
    for (mode, samples) in all.iter_mut().enumerate() {
        whole(simd, &tables, mode).store_bytes(samples);
    }
    all
}

/// The edge in both halves, and the DC prediction that is its last sample.
#[inline(always)]
fn read_edge<S: Simd>(simd: S, luma: &LumaCanvas, at: usize, top_right: bool) -> (S::Bytes, u8) {
    const STRIDE: usize = LumaCanvas::STRIDE;
    /// Where the edge's samples are among those read: left from the top down, above, above right, corner, DC.
    /// Without or with samples above right.
    static ORDER: [Indices; 2] = {
        const WITHOUT: [u8; 16] = [3, 3, 2, 1, 0, 12, 4, 5, 6, 7, 7, 7, 7, 7, 7, 13];
        const WITH: [u8; 16] = [3, 3, 2, 1, 0, 12, 4, 5, 6, 7, 8, 9, 10, 11, 11, 13];
        let mut orders = [[0; 32]; 2];
        let mut i = 0;
        while i < 32 {
            (orders[0][i], orders[1][i]) = (WITHOUT[i % 16], WITH[i % 16]);
            i += 1;
        }
        orders
    };
    let corner = at - STRIDE - 1;
    let area: &[u8; 4 * STRIDE + 1] = luma.samples[corner..].first_chunk().expect("inside the canvas");
    let above = |at: usize| u32::from_le_bytes([area[at], area[at + 1], area[at + 2], area[at + 3]]);
    let [a, b, c, d] = [1, 2, 3, 4].map(|row| u32::from(area[row * STRIDE]));
    let low = u64::from(a | b << 8 | c << 16 | d << 24) | u64::from(above(1)) << 32;

    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let sum = ((low & EVEN) + (low >> 8 & EVEN)).wrapping_mul(0x0001_0001_0001_0001) >> 48;
    let dc = (sum + 4) >> 3;
    let high = u64::from(above(5)) | (u64::from(area[0]) | dc << 8) << 32;
    let read = S::Bytes::load_twice(simd, &(u128::from(low) | u128::from(high) << 64).to_le_bytes());
    (read.lookup(S::Bytes::load(simd, &ORDER[usize::from(top_right)])), dc as u8)
}

#[inline(always)]
fn tables<S: Simd>(simd: S, raw: S::Bytes) -> EdgeTables<S::Bytes> {
    /// Indices that move everything down by some places.
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
    let next = raw.lookup(S::Bytes::load(simd, &NEXT));
    let after = raw.lookup(S::Bytes::load(simd, &AFTER));
    // (a + 2b + c + 2) >> 2 is the rounded mean of b and the floored mean of a and c.
    let floored = raw.average(after).saturating_sub(raw.xor(after).and(S::Bytes::splat(simd, 1)));
    EdgeTables { raw, means: raw.average(next), smooth: next.average(floored) }
}

/// What a batch of modes leaves of the source, row by row.
#[inline(always)]
fn batch<S: Simd>(
    simd: S,
    tables: &EdgeTables<S::Bytes>,
    which: usize,
    source: &[(S::Words, S::Words); 2],
) -> [S::Words; 4] {
    let first = if which == 0 { tables.means } else { tables.raw };
    let [[r0, r1], [r2, r3]] = each!(2, pair => {
        let [a, b] = each!(2, table => S::Bytes::load(simd, &BATCH_INDICES[which][pair][table]));
        let (upper, lower) = first.lookup(a).or(tables.smooth.lookup(b)).widen();
        [source[pair].0 - upper, source[pair].1 - lower]
    });
    [r0, r1, r2, r3]
}

/// Lanes of a value for each four.
const fn fours(values: [i16; 4]) -> [i16; 16] {
    let mut lanes = [0; 16];
    let mut i = 0;
    while i < 16 {
        lanes[i] = values[i / 4];
        i += 1;
    }
    lanes
}

/// One pass of the core transform over the rows of a block.
#[inline(always)]
pub(super) fn forward_pass<S: Simd>(simd: S, rows: S::Words) -> S::Words {
    static FIRST: [i16; 16] = fours([1, 2, -1, 2]);
    static SECOND: [i16; 16] = fours([1, 1, 1, -1]);
    let reversed = rows.fours::<0b00_01_10_11>();
    let (sum, difference) = (rows + reversed, rows - reversed);
    // With sums s03, s12 and differences d03, d12: [s03, d03, s12, -d12] and [s12, d12, s03, -d03].
    let (first, second) = (sum.zip_low_64(difference), sum.zip_high_64(difference));
    first.mul_low(S::Words::load(simd, &FIRST)) + second.mul_low(S::Words::load(simd, &SECOND))
}

/// One pass of the inverse transform (8.5.12.2) over the rows of a block.
#[inline(always)]
pub(super) fn inverse_pass<S: Simd>(simd: S, rows: S::Words) -> S::Words {
    static EVEN: [i16; 16] = fours([-1, 0, -1, 0]);
    static ODD: [i16; 16] = fours([0, -1, 0, -1]);
    static NEGATIVE: [i16; 16] = fours([0, 0, -1, -1]);
    let negative = S::Words::load(simd, &NEGATIVE);
    let swapped = rows.swap_halves();
    // [w2, w3 >> 1, w0, w1 >> 1].
    let other =
        swapped.and(S::Words::load(simd, &EVEN)).or(swapped.shr::<1>().and(S::Words::load(simd, &ODD)));
    // [w0 + w2, w1 + (w3 >> 1), w0 - w2, (w1 >> 1) - w3].
    let parts = other + (rows.xor(negative) - negative);
    let odd = parts.fours::<0b01_11_11_01>();
    parts.fours::<0b00_10_10_00>() + (odd.xor(negative) - negative)
}

/// Codes a block: the reconstruction, and whether there are levels.
#[inline(always)]
pub(in super::super) fn code<S: Simd>(
    simd: S,
    source: &[u8; 16],
    prediction: S::Words,
    scaling: &Scaling<16>,
) -> ([u8; 16], bool) {
    let rows = S::Words::load_bytes(simd, source) - prediction;
    // The coefficients stay transposed: the scaling is symmetric.
    let coefficients = forward_pass(simd, forward_pass(simd, rows).transpose_4x4());
    let [multiplier, bias, level_scale] = scaling_of(simd, scaling, 0);
    let levels = levels::<S>(coefficients, multiplier, bias);
    // Also where there are none: as often as not, so that a branch would be guessed wrong.
    let scaled = levels.mul_low(level_scale);
    let residual = inverse_pass(simd, inverse_pass(simd, scaled).transpose_4x4());
    let rounded = (residual + S::Words::splat(simd, 32)).shr::<6>();
    let mut reconstruction = [0; 16];
    (prediction + rounded).store_bytes(&mut reconstruction);
    (reconstruction, !levels.is_zero())
}
