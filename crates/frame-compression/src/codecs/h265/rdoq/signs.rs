//! The hiding of signs: the parity of a sub-block's magnitudes says the sign of its first level.

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
        let (mut least, mut chosen) = (i64::MAX, (lowest, 1));
        for rank in (0..=highest).rev() {
            let place = 16 * index + rank;
            let coefficient = i64::from(self.scratch.coefficients[place]);
            let magnitude = i64::from(levels[rank]).abs();
            let [up, down] = [&self.scratch.ups, &self.scratch.downs].map(|steps| i64::from(steps[place]));
            let [zero, one] = self.significance(index, rank).prices;
            let flag = if place == last { 0 } else { one - zero };
            let error = |level: i64| {
                let error = coefficient.abs() - self.quantiser.magnitude_of(level);
                error * error
            };
            let cost = |level: i64, price: i64| {
                ((error(level) - error(magnitude)) << self.square_shift) + self.cost(price)
            };
            let (cost, step) = if magnitude > 0 {
                let more = cost(magnitude + 1, up);
                let mut less = cost(magnitude - 1, down - if magnitude == 1 { ONE_BIT + flag } else { 0 });
                if is_first && rank == highest && magnitude == 1 {
                    less -= 4 * ONE_BIT;
                }
                match (more < less, rank == lowest && magnitude == 1) {
                    (true, _) => (more, 1),
                    (false, true) => continue,
                    (false, false) => (less, -1),
                }
            } else if rank < lowest && (coefficient < 0) != negative {
                continue;
            } else {
                (cost(1, up + ONE_BIT + flag), 1)
            };
            if cost < least {
                (least, chosen) = (cost, (rank, step));
            }
        }
        chosen
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
