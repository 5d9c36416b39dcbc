//! The mode of chroma: strips of two blocks of Cb and two of Cr.

use super::super::costs::{self, kind};
use super::super::decision::{CHROMA_FLAT_LEVELS, CHROMA_FLAT_PENALTY, Cost, diffuse};
use super::super::macroblock::{Job, Macroblock};
use super::super::predict::Border;
use super::level_costs::{self, Known, Residual};
use super::{
    Rows, Strip, blocks_of, forward, inverse, least_bits, likely_first, load_columns, quantise, residual,
    squared, store_rows, zigzag,
};
use crate::simd::{Bytes, Dwords, Simd, Words, each};

/// A lane for each of Cb and Cr in the lanes of their blocks.
#[inline(always)]
fn pair<S: Simd>(simd: S, [cb, cr]: [i16; 2]) -> S::Words {
    S::Words::splat(simd, cb).low_halves(S::Words::splat(simd, cr))
}

/// The columns of a prediction of a strip.
#[inline(always)]
pub(super) fn predict<S: Simd>(
    simd: S,
    [cb, cr]: &[Border<8>; 2],
    mode: usize,
    strip: usize,
) -> [S::Words; 4] {
    let four = |left: &[u8; 8]| -> [i16; 4] { std::array::from_fn(|y| left[4 * strip + y].into()) };
    let beside = [four(&cb.left), four(&cr.left)];
    let left = S::Words::load_quarters(simd, [&beside[0], &beside[0], &beside[1], &beside[1]]);
    let top = super::transpose::<S>([S::Words::load_bytes_halves(simd, &cb.top, &cr.top); 4]);
    match mode {
        0 => [pair(simd, [cb.mean().into(), cr.mean().into()]); 4],
        1 if cb.has_top && cb.has_left => {
            let step = left - pair(simd, [cb.corner.into(), cr.corner.into()]);
            let (black, white) = (S::Words::splat(simd, 0), S::Words::splat(simd, 255));
            each!(4, x => (top[x] + step).max(black).min(white))
        }
        1 if cb.has_top => top,
        2 => top,
        _ => [left; 4],
    }
}

/// The place of block `b` of strip `y` among the four blocks of Cb and the four of Cr.
const fn number(y: usize, b: usize) -> usize {
    b / 2 * 4 + y * 2 + b % 2
}

#[derive(Clone, Copy)]
struct Mode {
    /// Coefficients, then levels.
    rows: [Rows; 2],
    samples: [Strip; 2],
    errors: [[[i8; 2]; 2]; 2],
    /// What the levels cost at least.
    least_bits: i64,
    cost: Cost,
}

const EMPTY: Mode = Mode {
    rows: [[[0; 16]; 4]; 2],
    samples: [[[0; 16]; 4]; 2],
    errors: [[[0; 2]; 2]; 2],
    least_bits: 0,
    cost: Cost { squared: 0, spectral: 0, mode_bits: 0, residual_bits: 0 },
};

/// Finds the best mode and puts it out.
#[inline(always)]
pub(in super::super) fn decide<S: Simd>(simd: S, job: &Job, out: &mut Macroblock) {
    let rows = job.source.chroma.as_chunks::<64>().0;
    let source = each!(2, y => load_columns(simd, &rows[y]));
    let mut modes = [EMPTY; 4];
    for (m, mode) in modes.iter_mut().enumerate() {
        for (y, (source, rows)) in source.iter().zip(&mut mode.rows).enumerate() {
            let prediction = predict(simd, &job.chroma_borders, m, y);
            let coefficients = forward(simd, each!(4, x => source[x] - prediction[x]));
            for (row, to) in coefficients.into_iter().zip(rows) {
                row.store(to);
            }
        }
    }
    if job.effort.diffuses {
        for mode in &mut modes {
            for plane in 0..2 {
                let [above, below] = &mut mode.rows;
                let ([a, b], [c, d]) = (two_dcs(&mut above[0], plane), two_dcs(&mut below[0], plane));
                let [left, top] = [job.left.errors[plane], job.top.errors[plane]];
                [mode.errors[0][plane], mode.errors[1][plane]] =
                    diffuse(&job.segment.chroma, [a, b, c, d], left, top);
            }
        }
    }
    for (m, mode) in modes.iter_mut().enumerate() {
        let (mut errors, mut bits) = (S::Dwords::splat(simd, 0), S::Dwords::splat(simd, 0));
        for (y, (source, (rows, samples))) in
            source.iter().zip(mode.rows.iter_mut().zip(&mut mode.samples)).enumerate()
        {
            let coefficients = each!(4, v => S::Words::load(simd, &rows[v]));
            let (levels, scaled) = quantise(simd, coefficients, &job.segment.chroma);
            let columns = inverse(simd, scaled, predict(simd, &job.chroma_borders, m, y));
            for (level, to) in levels.into_iter().zip(rows) {
                level.store(to);
            }
            for (column, to) in columns.into_iter().zip(samples) {
                column.store_bytes(to);
            }
            errors = errors + squared::<S>(source, &columns);
            if !S::HAS_LOOKUP {
                bits = bits + least_bits(simd, &levels, &job.costs.least[kind::CHROMA]);
            }
        }
        mode.least_bits = bits.sum().into();
        mode.cost.squared = errors.sum() as u64;
        mode.cost.mode_bits = costs::CHROMA[m];
    }
    let mut known = Known::NOTHING;
    if S::HAS_LOOKUP {
        count_levels(simd, job, &mut modes, &mut known);
    }
    choose(simd, job, &mut modes, &known, out);
}

/// What the levels of all modes cost at least. In each half of the vectors, four blocks of a mode follow those of the mode
/// before: Cb in the low half, Cr in the high one.
#[inline(always)]
fn count_levels<S: Simd>(simd: S, job: &Job, modes: &mut [Mode; 4], known: &mut Known) {
    /// Where the block to the left of each is, and the one above.
    static LEFT: [u8; 16] = [128, 0, 128, 2, 128, 4, 128, 6, 128, 8, 128, 10, 128, 12, 128, 14];
    static ABOVE: [u8; 16] = [128, 128, 0, 1, 128, 128, 4, 5, 128, 128, 8, 9, 128, 128, 12, 13];
    let lookups = &job.costs.chroma_lookups;
    let pairs = each!(4, m => [&modes[m].rows[0], &modes[m].rows[1]]);
    let counted = level_costs::count(simd, lookups, 0, &level_costs::places(simd, pairs));
    let flags = counted.all.min(S::Bytes::splat(simd, 1));
    let [cb, cr] = each!(2, plane => {
        let ([a, b], [c, d]) = (job.top.chroma[plane], job.left.chroma[plane]);
        let four = [a + c, b, d, 0];
        let two = u64::from(u32::from_le_bytes(four));
        (two << 32 | two).to_le_bytes()
    });
    let contexts = S::Bytes::load_quarters(simd, [&cb, &cb, &cr, &cr])
        .saturating_add(flags.lookup(S::Bytes::load_twice(simd, &LEFT)))
        .saturating_add(flags.lookup(S::Bytes::load_twice(simd, &ABOVE)));
    let [low, high] = counted.cost(simd, lookups, 0, contexts, known);
    let ((a, b), (c, d)) = (low.widen(), high.widen());
    // They are unsigned.
    let mask = S::Dwords::splat(simd, 0xffff);
    for (mode, bits) in modes.iter_mut().zip([a, b, c, d]) {
        mode.least_bits = bits.and(mask).sum().into();
    }
}

/// The DCs of a plane's two blocks of a strip.
#[inline(always)]
fn two_dcs(row: &mut [i16; 16], plane: usize) -> [&mut i16; 2] {
    let [a, _, _, _, b, ..] = &mut row[8 * plane..] else { unreachable!("eight lanes a plane") };
    [a, b]
}

/// What the levels of a mode cost.
#[inline(always)]
fn residual_bits<S: Simd>(simd: S, job: &Job, m: usize, mode: &Mode, known: &Known) -> u32 {
    let (mut top, mut left) = (job.top.chroma, job.left.chroma);
    let (mut sum, mut few) = (0, 0);
    for (y, rows) in mode.rows.iter().enumerate() {
        for (b, levels) in blocks_of(simd, rows).into_iter().enumerate() {
            let (top, left) = (&mut top[b / 2][b % 2], &mut left[b / 2][y]);
            let context = usize::from(*top + *left);
            let Residual { bits, has_levels, count } = match known.block(16 * (b / 2) + 4 * m + 2 * y + b % 2)
            {
                Some(known) => known,
                None => residual(simd, job.costs, (kind::CHROMA, 0), context, levels),
            };
            sum += bits;
            few += count;
            *top = has_levels.into();
            *left = *top;
        }
    }
    if m > 0 && few <= CHROMA_FLAT_LEVELS { sum + CHROMA_FLAT_PENALTY } else { sum }
}

/// Chooses between the modes.
#[inline(always)]
fn choose<S: Simd>(simd: S, job: &Job, modes: &mut [Mode; 4], known: &Known, out: &mut Macroblock) {
    let lambda = job.segment.lambda.chroma;
    let scores = modes.each_ref().map(|mode| mode.cost.score(lambda) + mode.least_bits * lambda);
    let (mut best, mut best_mode) = (i64::MAX, 0);
    for m in likely_first(&scores) {
        if scores[m] > best {
            continue;
        }
        modes[m].cost.residual_bits = residual_bits(simd, job, m, &modes[m], known);
        let score = modes[m].cost.score(lambda);
        if score < best || (score == best && m < best_mode) {
            (best, best_mode) = (score, m);
        }
    }
    let mode = &modes[best_mode];
    out.chroma_mode = best_mode as u8;
    for (y, rows) in mode.rows.iter().enumerate() {
        for (b, levels) in blocks_of(simd, rows).into_iter().enumerate() {
            zigzag::<S>(levels, &mut out.chroma[number(y, b)]);
        }
    }
    out.errors = mode.errors;
    out.mode_bits += mode.cost.mode_bits;
    for (strip, rows) in mode.samples.iter().zip(out.samples.chroma.as_chunks_mut::<64>().0) {
        store_rows(simd, strip, rows);
    }
}
