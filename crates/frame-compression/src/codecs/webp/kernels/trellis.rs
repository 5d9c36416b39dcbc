//! Levels by trellis. Vectors prepare the candidates of a strip, a walk without branches chooses among those of a block,
//! as [`trellis`](super::super::trellis) does.

use super::super::costs::{AFTER, Costs, END, FIXED, LAST, ROW, TABLE, place};
use super::super::quantise::{MAX_LEVEL, Matrix};
use super::super::transform::Block;
use super::super::trellis::{Place, WEIGHTS};
use super::{Rows, ZIGZAG, blocks_of_rows, rows_of_blocks};
use crate::codecs::webp::tables;
use crate::simd::{LaneOrder, Simd, Words, each};

/// From zigzag order back to rows.
static ROWS: LaneOrder = {
    let (mut lanes, mut n) = ([0; 16], 0);
    while n < 16 {
        lanes[tables::ZIGZAG[n]] = n as u8;
        n += 1;
    }
    LaneOrder::new(lanes)
};

/// The weights in zigzag order, in units of a score.
static FACTORS: [i64; 16] = {
    let (mut factors, mut n) = ([0; 16], 0);
    while n < 16 {
        factors[n] = 256 * WEIGHTS[tables::ZIGZAG[n]];
        n += 1;
    }
    factors
};

/// The score of what cannot be.
const NEVER: i64 = 1 << 50;
/// The bits of a place and a candidate.
const PLACE_BITS: u32 = 6;

/// What the levels of a strip's four blocks may be, in zigzag order.
pub(super) struct Candidates<'a, S: Simd> {
    simd: S,
    matrix: &'a Matrix,
    /// The coefficients.
    rows: [S::Words; 4],
    magnitudes: [Block; 4],
    /// The level rounded down, and by a half up: the same or one more.
    lowest: [Block; 4],
    highest: [Block; 4],
    /// Which coefficients are large, a bit each.
    large: [u32; 4],
    /// Magnitudes that were chosen.
    levels: [Block; 4],
}

/// The blocks of a strip, each in zigzag order.
#[inline(always)]
fn zigzag<S: Simd>(rows: [S::Words; 4]) -> [Block; 4] {
    let mut out = [[0; 16]; 4];
    for (block, to) in blocks_of_rows::<S>(rows).into_iter().zip(&mut out) {
        super::zigzag::<S>(block, to);
    }
    out
}

impl<'a, S: Simd> Candidates<'a, S> {
    #[inline(always)]
    pub(super) fn new(simd: S, rows: [S::Words; 4], matrix: &'a Matrix) -> Self {
        let lanes = &matrix.lanes;
        let most = S::Words::splat(simd, MAX_LEVEL as i16);
        let one = S::Words::splat(simd, 1);
        let magnitudes = each!(4, v => rows[v].abs() + S::Words::load(simd, &lanes.sharpen[v]));
        let products =
            each!(4, v => magnitudes[v].mul_high_unsigned(S::Words::load(simd, &lanes.inverse[v])));
        let lowest = each!(4, v => products[v].shr_unsigned::<1>().min(most));
        let highest = each!(4, v => (products[v] + one).shr_unsigned::<1>().min(most));
        let half = S::Words::splat(simd, (matrix.steps[1] / 2) as i16);
        let is_large = blocks_of_rows::<S>(each!(4, v => rows[v].abs().greater(half)));
        Self {
            simd,
            matrix,
            rows,
            magnitudes: zigzag::<S>(magnitudes),
            lowest: zigzag::<S>(lowest),
            highest: zigzag::<S>(highest),
            large: each!(4, b => is_large[b].reorder(&ZIGZAG).signs().into()),
            levels: [[0; 16]; 4],
        }
    }

    /// Chooses the levels of a block. Whether any is not 0.
    #[inline(always)]
    pub(super) fn choose(&mut self, block: usize, at: Place, costs: &Costs) -> bool {
        let Place { kind, first, context, lambda } = at;
        let table = costs.table(kind);
        let rate = |at: usize| i64::from(table[at & (TABLE - 1)]) * lambda;
        let steps = [self.matrix.steps[0], self.matrix.steps[1]].map(i64::from);
        let (magnitudes, lowest) = (&self.magnitudes[block & 3], &self.lowest[block & 3]);
        let highest = &self.highest[block & 3];
        // One more than the last large one, if there is one more.
        let large = self.large[block & 3];
        let last = if large == 0 { first } else { (32 - large.leading_zeros() as usize).min(15) };

        let start = place(first, context);
        let (mut scores, mut places) =
            ([i64::from(costs.start(kind, first, context)) * lambda; 2], [start; 2]);
        // The best score at an end, and in its low bits the place there, from 1 on, and which candidate it is: one number,
        // so that its least is found without a branch. Scores are below 2^46 in magnitude.
        let mut best = rate(start + END) << PLACE_BITS;
        let mut from = [[0u8; 2]; 16];
        for n in first..=last {
            let magnitude = i64::from(magnitudes[n]);
            let is_two = highest[n] > lowest[n];
            let mut next = [(0, 0); 2];
            for m in 0..2 {
                let level = lowest[n] as usize + m;
                let cost = level.min(LAST);
                let [a, b] = [0, 1].map(|i| scores[i] + rate(places[i] + cost));
                from[n][m] = (b < a).into();
                let value = level as i64 * steps[usize::from(n > 0)];
                let mut score = a.min(b) + FACTORS[n] * (value * (value - 2 * magnitude));
                if level >= LAST {
                    score += i64::from(FIXED[level & 2047]) * lambda;
                }
                let after = AFTER[n] + level.min(2) * ROW;
                let end = if n < 15 { score + rate(after + END) } else { score };
                let is_possible = m == 0 || is_two;
                let key = (end << PLACE_BITS) | (2 * n + 2 + m) as i64;
                best = best.min(if is_possible & (level > 0) { key } else { i64::MAX });
                next[m] = (if is_possible { score } else { NEVER }, after);
            }
            scores = next.map(|(score, _)| score);
            places = next.map(|(_, place)| place);
        }
        let (end, mut m) = ((best >> 1) as usize & 31, best as usize & 1);
        let levels = &mut self.levels[block & 3];
        for n in (first..end).rev() {
            levels[n] = lowest[n] + m as i16;
            m = usize::from(from[n][m & 1]);
        }
        end > 0
    }

    /// The levels that were chosen, and what they are dequantised.
    #[inline(always)]
    pub(super) fn finish(self) -> ([S::Words; 4], [S::Words; 4]) {
        let blocks = each!(4, b => S::Words::load(self.simd, &self.levels[b]).reorder(&ROWS));
        let magnitudes = rows_of_blocks::<S>(blocks);
        let levels = each!(4, v => magnitudes[v].times_sign_of(self.rows[v]));
        let steps: &Rows = &self.matrix.lanes.steps;
        (levels, each!(4, v => levels[v].mul_low(S::Words::load(self.simd, &steps[v]))))
    }
}
