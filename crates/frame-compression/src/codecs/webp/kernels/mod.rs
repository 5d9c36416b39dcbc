//! The stages in vectors. Each gives what its plain counterpart beside this folder gives.
//!
//! A strip is four 4x4 blocks side by side. Its samples are kept as columns: vector `x` holds the samples `x` of each
//! row, four rows of the first block, then of the second.. Its coefficients are kept as rows: vector `v` holds the
//! horizontal frequencies of the vertical frequency `v`, four a block.

pub(super) mod analysis;
pub(super) mod chroma;
pub(super) mod deblock;
pub(super) mod import;
mod level_costs;
pub(super) mod luma16x16;
pub(super) mod luma4x4;
mod trellis;
pub(super) mod upsample;

use super::costs::{Costs, END, FIXED, LAST, Least, NOTHING, ROW};
use super::macroblock::{Job, Macroblock};
use super::quantise::Matrix;
use super::tables::BANDS;
use super::transform::Block;
use crate::simd::{Dwords, LaneOrder, Simd, Words, each};
use level_costs::Residual;

/// A strip's samples in memory, column by column.
pub(super) type Strip = [[u8; 16]; 4];
/// A strip's coefficients or levels in memory.
pub(super) type Rows = [[i16; 16]; 4];

/// Rows of a strip become columns, and columns rows.
#[inline(always)]
pub(super) fn transpose<S: Simd>(rows: [S::Words; 4]) -> [S::Words; 4] {
    let (a, b) = (rows[0].zip_low_16(rows[1]), rows[2].zip_low_16(rows[3]));
    let (c, d) = (rows[0].zip_high_16(rows[1]), rows[2].zip_high_16(rows[3]));
    let (even01, even23) = (a.zip_low_32(b), a.zip_high_32(b));
    let (odd01, odd23) = (c.zip_low_32(d), c.zip_high_32(d));
    [even01.zip_low_64(odd01), even01.zip_high_64(odd01), even23.zip_low_64(odd23), even23.zip_high_64(odd23)]
}

/// `(2217 a + 5352 b + rounding) >> SHIFT` and `(2217 b - 5352 a + rounding) >> SHIFT`.
#[inline(always)]
fn rotate<S: Simd, const SHIFT: i32>(
    simd: S,
    a: S::Words,
    b: S::Words,
    roundings: [i32; 2],
) -> [S::Words; 2] {
    let (low, high) = (a.zip_low_16(b), a.zip_high_16(b));
    let factors = [S::Words::splat_pair(simd, 2217, 5352), S::Words::splat_pair(simd, -5352, 2217)];
    each!(2, i => {
        let rounding = S::Dwords::splat(simd, roundings[i]);
        let part = [low.mul_add_pairs(factors[i]), high.mul_add_pairs(factors[i])];
        (part[0] + rounding).shr::<SHIFT>().pack_words((part[1] + rounding).shr::<SHIFT>())
    })
}

/// The DCT of the columns of a difference.
#[inline(always)]
pub(super) fn forward<S: Simd>(simd: S, d: [S::Words; 4]) -> [S::Words; 4] {
    let (a0, a1, a2, a3) = (d[0] + d[3], d[1] + d[2], d[1] - d[2], d[0] - d[3]);
    let [t1, t3] = rotate::<S, 9>(simd, a2, a3, [1812, 937]);
    let t = transpose::<S>([(a0 + a1).shl::<3>(), t1, (a0 - a1).shl::<3>(), t3]);
    let (a0, a1, a2, a3) = (t[0] + t[3], t[1] + t[2], t[1] - t[2], t[0] - t[3]);
    let [c1, c3] = rotate::<S, 16>(simd, a2, a3, [12000, 51000]);
    let seven = S::Words::splat(simd, 7);
    // One more where a3 is not 0.
    let c1 = c1 + S::Words::splat(simd, 1) + a3.equal(S::Words::splat(simd, 0));
    [(a0 + a1 + seven).shr::<4>(), c1, (a0 - a1 + seven).shr::<4>(), c3]
}

/// One pass of the inverse DCT.
#[inline(always)]
fn inverse_pass<S: Simd>(simd: S, x: [S::Words; 4]) -> [S::Words; 4] {
    let larger = S::Words::splat(simd, 20091);
    // 35468 / 65536 is 1 less (65536 - 35468) / 65536.
    let smaller = S::Words::splat(simd, (35468 - 65536) as i16);
    let (a, b) = (x[0] + x[2], x[0] - x[2]);
    let c = x[1] + x[1].mul_high(smaller) - (x[3] + x[3].mul_high(larger));
    let d = x[1] + x[1].mul_high(larger) + (x[3] + x[3].mul_high(smaller));
    [a + d, b + c, b - c, a - d]
}

/// The columns of a prediction with the inverse DCT of coefficients added.
#[inline(always)]
pub(super) fn inverse<S: Simd>(simd: S, rows: [S::Words; 4], prediction: [S::Words; 4]) -> [S::Words; 4] {
    let columns = transpose::<S>(inverse_pass(simd, rows));
    let four = S::Words::splat(simd, 4);
    let residual = inverse_pass(simd, [columns[0] + four, columns[1], columns[2], columns[3]]);
    let (black, white) = (S::Words::splat(simd, 0), S::Words::splat(simd, 255));
    each!(4, x => (prediction[x] + residual[x].shr::<3>()).max(black).min(white))
}

/// Levels, and what they are dequantised.
#[inline(always)]
pub(super) fn quantise<S: Simd>(
    simd: S,
    rows: [S::Words; 4],
    matrix: &Matrix,
) -> ([S::Words; 4], [S::Words; 4]) {
    let (zero, one) = (S::Words::splat(simd, 0), S::Words::splat(simd, 1));
    let levels = each!(4, v => {
        let magnitude = rows[v].abs() + S::Words::load(simd, &matrix.lanes.sharpen[v]);
        let inverse = S::Words::load(simd, &matrix.lanes.inverse[v]);
        let room = S::Words::load(simd, &matrix.lanes.room[v]);
        // The sum of the lower half and the bias is at least 2^16 unless nothing of this is left.
        let none = magnitude.mul_low(inverse).saturating_sub_unsigned(room).equal(zero);
        let level = (magnitude.mul_high_unsigned(inverse) + one + none).shr_unsigned::<1>();
        level.times_sign_of(rows[v])
    });
    let scaled = each!(4, v => levels[v].mul_low(S::Words::load(simd, &matrix.lanes.steps[v])));
    (levels, scaled)
}

/// The squared differences of strips: two sums a block.
#[inline(always)]
pub(super) fn squared<S: Simd>(a: &[S::Words; 4], b: &[S::Words; 4]) -> S::Dwords {
    let [p, q, r, s] = each!(4, x => {
        let difference = a[x] - b[x];
        difference.mul_add_pairs(difference)
    });
    (p + q) + (r + s)
}

/// What levels cost at least: two sums a block.
#[inline(always)]
pub(super) fn least_bits<S: Simd>(simd: S, levels: &[S::Words; 4], least: &Least) -> S::Dwords {
    let (zero, one) = (S::Words::splat(simd, 0), S::Words::splat(simd, 1));
    let [a, b, c, d] = each!(4, v => {
        let magnitude = levels[v].abs();
        let any = magnitude.greater(zero).and(S::Words::load(simd, &least.any[v]));
        any + magnitude.greater(one).and(S::Words::load(simd, &least.more[v]))
    });
    (a + b + (c + d)).mul_add_pairs(one)
}

/// Four modes, the one that scores least first: most others cannot be better than it. The others keep their order.
#[inline(always)]
fn likely_first(scores: &[i64; 4]) -> impl Iterator<Item = usize> + use<> {
    let likely = (1..4).fold(0, |best, m| if scores[m] < scores[best] { m } else { best });
    std::iter::once(likely).chain((0..4).filter(move |&m| m != likely))
}

/// One pass of the Hadamard transform.
#[inline(always)]
fn hadamard_pass<S: Simd>(x: [S::Words; 4]) -> [S::Words; 4] {
    let (a0, a1, a2, a3) = (x[0] + x[2], x[1] + x[3], x[1] - x[3], x[0] - x[2]);
    [a0 + a1, a3 + a2, a3 - a2, a0 - a1]
}

/// The weighted spectra of a strip: two sums a block.
#[inline(always)]
pub(super) fn spectrum<S: Simd>(simd: S, columns: &[S::Words; 4]) -> S::Dwords {
    /// Of a row of four blocks.
    const fn weights(row: [i16; 4]) -> [i16; 16] {
        let mut lanes = [0; 16];
        let mut i = 0;
        while i < 16 {
            lanes[i] = row[i % 4];
            i += 1;
        }
        lanes
    }
    static WEIGHTS: Rows =
        [weights([38, 32, 20, 9]), weights([32, 28, 17, 7]), weights([20, 17, 10, 4]), weights([9, 7, 4, 2])];
    // The weights are symmetric, and so is the transform: columns do as well as rows.
    let rows = hadamard_pass::<S>(transpose::<S>(hadamard_pass::<S>(*columns)));
    let [p, q, r, s] = each!(4, v => rows[v].abs().mul_add_pairs(S::Words::load(simd, &WEIGHTS[v])));
    (p + q) + (r + s)
}

/// The zigzag order.
static ZIGZAG: LaneOrder = LaneOrder::new([0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15]);
/// The place before each in that order.
static BEFORE: LaneOrder = LaneOrder::new([0, 0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14]);

/// The levels of the four blocks of a strip.
#[inline(always)]
pub(super) fn blocks_of<S: Simd>(simd: S, rows: &Rows) -> [S::Words; 4] {
    blocks_of_rows::<S>(each!(4, v => S::Words::load(simd, &rows[v])))
}

/// The same of rows in vectors.
#[inline(always)]
fn blocks_of_rows<S: Simd>(rows: [S::Words; 4]) -> [S::Words; 4] {
    let (even01, odd01) = (rows[0].zip_low_64(rows[1]), rows[0].zip_high_64(rows[1]));
    let (even23, odd23) = (rows[2].zip_low_64(rows[3]), rows[2].zip_high_64(rows[3]));
    [even01.low_halves(even23), odd01.low_halves(odd23), even01.high_halves(even23), odd01.high_halves(odd23)]
}

/// The way back.
#[inline(always)]
fn rows_of_blocks<S: Simd>(blocks: [S::Words; 4]) -> [S::Words; 4] {
    let (even01, even23) = (blocks[0].low_halves(blocks[2]), blocks[0].high_halves(blocks[2]));
    let (odd01, odd23) = (blocks[1].low_halves(blocks[3]), blocks[1].high_halves(blocks[3]));
    [even01.zip_low_64(odd01), even01.zip_high_64(odd01), even23.zip_low_64(odd23), even23.zip_high_64(odd23)]
}

/// The levels of block `number` of a strip.
#[inline(always)]
pub(super) fn block_of<S: Simd>(simd: S, rows: &Rows, number: usize) -> S::Words {
    let four = |v: usize| rows[v][4 * (number & 3)..].first_chunk().unwrap_or(&[0; 4]);
    S::Words::load_quarters(simd, [four(0), four(1), four(2), four(3)])
}

/// The levels of a block in zigzag order.
#[inline(always)]
pub(super) fn zigzag<S: Simd>(block: S::Words, out: &mut Block) {
    block.reorder(&ZIGZAG).store(out);
}

/// What a block's levels cost from place `first` on after the neighbours' context. The levels before `first` are 0.
#[inline(always)]
fn residual<S: Simd>(
    simd: S,
    costs: &Costs,
    (kind, first): (usize, usize),
    context: usize,
    block: S::Words,
) -> Residual {
    /// The first place of each kind.
    static FIRST: [[i16; 16]; 2] = [
        [-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    static BEFORE_FIRST: [[i16; 16]; 2] = [[0; 16], [-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]];
    static NUMBERS: [i16; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    let splat = |value: usize| S::Words::splat(simd, value as i16);
    let magnitudes = block.abs();
    let levels = magnitudes.reorder(&ZIGZAG);
    let significant = u32::from(!levels.equal(splat(0)).signs());
    if significant == 0 {
        return Residual { bits: costs.end(kind, first, context), has_levels: false, count: 0 };
    }
    // The context of each place: the level before, at most 2, or the neighbours'.
    let is_first = S::Words::load(simd, &FIRST[first & 1]);
    let before = magnitudes.reorder(&BEFORE).min(splat(2));
    let contexts = before.xor(before.xor(splat(context)).and(is_first));
    // All 16 places, without a branch on where the last level is: behind the end nothing costs anything, nor before the
    // first place.
    let (numbers, end) = (S::Words::load(simd, &NUMBERS), splat(32 - significant.leading_zeros() as usize));
    let is_outside = numbers.greater(end).or(S::Words::load(simd, &BEFORE_FIRST[first & 1]));
    let at = contexts.mul_low(splat(ROW)) + levels.min(splat(LAST)) + numbers.equal(end).and(splat(END));
    let mut places = [0; 16];
    at.or(is_outside.and(splat(NOTHING))).store_bytes(&mut places);
    let bands = costs.bands(kind);
    let of = |n: usize| u32::from(bands[BANDS[n]][usize::from(places[n])]);
    let fours = each!(4, i => (of(i) + of(i + 4)) + (of(i + 8) + of(i + 12)));
    let mut bits = costs.start(kind, first, context) + (fours[0] + fours[1]) + (fours[2] + fours[3]);
    // Large levels have more to them.
    let mut large = levels.greater(splat(LAST - 1)).signs();
    if large != 0 {
        let mut all = [0; 16];
        levels.store(&mut all);
        while large != 0 {
            bits += u32::from(FIXED[all[large.trailing_zeros() as usize & 15] as usize & 2047]);
            large &= large - 1;
        }
    }
    Residual { bits, has_levels: true, count: (significant >> 1).count_ones() as usize }
}

/// A strip's columns as rows of samples.
#[inline(always)]
pub(super) fn store_rows<S: Simd>(simd: S, strip: &Strip, rows: &mut [u8; 64]) {
    let columns = each!(4, x => S::Words::load_bytes(simd, &strip[x]));
    let out = rows.as_chunks_mut::<16>().0.iter_mut();
    for (row, out) in transpose::<S>(columns).into_iter().zip(out) {
        row.store_bytes(out);
    }
}

/// Rows of samples as a strip's columns.
#[inline(always)]
pub(super) fn load_columns<S: Simd>(simd: S, rows: &[u8; 64]) -> [S::Words; 4] {
    let rows = rows.as_chunks::<16>().0;
    transpose::<S>(each!(4, y => S::Words::load_bytes(simd, &rows[y])))
}

/// Decides and reconstructs a macroblock's luma, levels by trellis or by rounding.
#[inline(always)]
pub(super) fn decide_luma<S: Simd, const TRELLIS: bool>(
    simd: S,
    job: &Job,
    largest_edge: &mut i32,
    out: &mut Macroblock,
) {
    let mut samples = [[[0; 16]; 4]; 4];
    let mut source = luma16x16::Source::EMPTY;
    let mut whole = luma16x16::code::<S, TRELLIS>(simd, job, &mut source);
    let (mode, to_beat) = whole.choose(simd, job, largest_edge);
    if !luma4x4::decide::<S, TRELLIS>(simd, job, &source, to_beat, &mut samples, out) {
        whole.take(simd, mode, &mut samples, out);
    }
    for (strip, rows) in samples.iter().zip(out.samples.luma.as_chunks_mut::<64>().0) {
        store_rows(simd, strip, rows);
    }
}
