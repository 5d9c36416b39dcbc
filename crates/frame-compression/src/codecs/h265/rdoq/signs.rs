//! The hiding of signs: the parity of a sub-block's magnitudes says the sign of its first level.

use std::hint::select_unpredictable;

use super::super::levels::{LevelsMut, spread};
use super::super::quantise;
use super::{ONE_BIT, Walk};
use crate::simd::Simd;

impl<S: Simd> Walk<'_, S> {
    /// Makes the parity of each sub-block's magnitudes say the sign of its first level (section 3.6).
    #[inline(always)]
    pub(super) fn hide_signs(&self, end: usize, last: usize, out: &mut LevelsMut<'_>) {
        let mut is_first = true;
        for index in (0..=(end - 1) / 16).rev() {
            let mask = out.significant[index];
            if mask == 0 {
                continue;
            }
            let levels: &mut [i16; 16] =
                out.levels[16 * index..].first_chunk_mut().expect("room for all levels");
            let lowest = mask.trailing_zeros() as usize;
            let odd = levels.iter().fold(0, |parity, &level| parity ^ level) & 1 != 0;
            if spread(mask.into()) >= 4 && (levels[lowest] < 0) != odd {
                let highest = if is_first { 15 - mask.leading_zeros() as usize } else { 15 };
                let change = self.parity_change(index, levels, [lowest, highest, last], is_first);
                out.significant[index] = self.change_level(index, levels, change, mask);
            }
            is_first = false;
        }
    }

    /// Which level of a sub-block costs least to move, and by how much its magnitude moves.
    #[inline(always)]
    fn parity_change(
        &self,
        index: usize,
        levels: &[i16; 16],
        [lowest, highest, last]: [usize; 3],
        is_first: bool,
    ) -> (usize, i16) {
        let negative = levels[lowest] < 0;
        let (ups, downs) = self.steps_of(index, levels);
        let classes = self.classes(index);
        let (mut least, mut place_of_least, mut step) = (i64::MAX, lowest, 1);
        for rank in (0..=highest).rev() {
            let place = 16 * index + rank;
            let coefficient = i64::from(self.scratch.coefficients[place]);
            let magnitude = i64::from(levels[rank]).abs();
            let (up, down) = (ups[rank % 16], downs[rank % 16]);
            let [zero, one] = self.significance(classes, rank).prices;
            let flag = if place == last { 0 } else { one - zero };
            let error = |level: i64| {
                let error = coefficient.abs() - self.quantiser.magnitude_of(level);
                error * error
            };
            let cost = |level: i64, price: i64| {
                ((error(level) - error(magnitude)) << self.square_shift) + self.cost(price)
            };
            // Both ways, without a branch on which is possible or better: that cannot be foreseen.
            let is_zero = magnitude == 0;
            let more = cost(magnitude + 1, up + select_unpredictable(is_zero, ONE_BIT + flag, 0));
            let vanishes = magnitude == 1;
            let price = down - select_unpredictable(vanishes, ONE_BIT + flag, 0);
            let mut less = cost(magnitude - 1, price);
            less -= select_unpredictable(is_first && rank == highest && vanishes, 4 * ONE_BIT, 0);
            let grows = is_zero | (more < less);
            let may_appear = (rank >= lowest) | ((coefficient < 0) == negative);
            let may_shrink = !(vanishes & (rank == lowest));
            let is_possible = select_unpredictable(is_zero, may_appear, grows | may_shrink);
            let cost = select_unpredictable(grows, more, less);
            let is_better = is_possible & (cost < least);
            least = select_unpredictable(is_better, cost, least);
            place_of_least = select_unpredictable(is_better, rank, place_of_least);
            step = select_unpredictable(is_better, select_unpredictable(grows, 1, -1), step);
        }
        (place_of_least, step)
    }

    /// What a magnitude more and one less are in price, of each place of a sub-block.
    #[inline(always)]
    fn steps_of(&self, index: usize, levels: &[i16; 16]) -> ([i64; 16], [i64; 16]) {
        let (states, chosen) = (&self.scratch.states[index % 64], u32::from(self.scratch.chosen[index % 64]));
        let (mut ups, mut downs) = ([0; 16], [0; 16]);
        let (mut count, mut nonzero) = (0, 0);
        for rank in (0..16).rev() {
            ups[rank] = self.greater1(&states[count % 17], false);
            count += (chosen >> rank & 1) as usize;
            nonzero = 2 * nonzero + u32::from(levels[rank] != 0);
        }
        while nonzero != 0 {
            let rank = 31 - nonzero.leading_zeros();
            nonzero ^= 1 << rank;
            let running = &states[(chosen >> rank >> 1).count_ones() as usize % 17];
            let rank = rank as usize % 16;
            (ups[rank], downs[rank]) = self.steps(i64::from(levels[rank]).abs(), running);
        }
        (ups, downs)
    }

    /// Moves the magnitude of a level. Gives which levels are not 0 then.
    #[inline(always)]
    fn change_level(
        &self,
        index: usize,
        levels: &mut [i16; 16],
        (rank, step): (usize, i16),
        mask: u16,
    ) -> u16 {
        let negative = self.scratch.coefficients[16 * index + rank] < 0;
        quantise::change_level(levels, negative, (rank, step), mask)
    }
}
