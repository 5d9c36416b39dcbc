//! Where the levels of a block end: the last place costs bits of its own, and what comes after it nothing.

use std::hint::select_unpredictable;

use super::super::levels::LevelsMut;
use super::super::residual::LAST_GROUP;
use super::super::scan::ScanOrder;
use super::Walk;
use crate::simd::{Simd, Words};

impl<S: Simd> Walk<'_, S> {
    /// Chooses where the levels end. Gives how many places are before that, 0 where all are better left out.
    #[inline(always)]
    pub(super) fn choose_end(&self, last: usize, total: i64, out: &LevelsMut<'_>) -> usize {
        let cbf = [false, true].map(|bin| self.cost(self.price(self.choice.cbf_context, bin)));
        let mut best = cbf[0];
        let mut total = total + cbf[1];
        let mut end = 0;
        let ends = &self.scratch.prices[self.kind].ends;
        for index in (0..=last / 16).rev() {
            let mask = out.significant[index];
            if index != 0 && index != last / 16 {
                total -= self.scratch.sub_blocks[index];
                if mask == 0 {
                    continue;
                }
            }
            // What the zeros before each place cost, without a branch on which are: they cannot be foreseen.
            let (mut zeros, mut before) = (0, [0; 16]);
            for (rank, before) in before.iter_mut().enumerate().rev() {
                let place = 16 * index + rank;
                *before = zeros;
                let is_zero = place <= last && mask >> rank & 1 == 0;
                zeros += select_unpredictable(is_zero, self.scratch.flags[place], 0);
            }
            let mut rest = u32::from(mask);
            while rest != 0 {
                let rank = 31 - rest.leading_zeros() as usize;
                rest &= !(1 << rank);
                let place = 16 * index + rank;
                let [x, y] = self.position(index, rank);
                let cost = total - before[rank % 16] - self.scratch.flags[place]
                    + self.cost(ends[0][x] + ends[1][y]);
                let is_better = cost < best;
                best = select_unpredictable(is_better, cost, best);
                end = select_unpredictable(is_better, place + 1, end);
                if out.levels[place] > 1 {
                    return end;
                }
                total += self.scratch.gains[place];
            }
            total -= zeros;
        }
        end
    }

    /// The groups of a place's coordinates (H.265 9.3.4.2.3), in the order in which they are coded.
    #[inline(always)]
    fn position(&self, index: usize, rank: usize) -> [usize; 2] {
        let (block_x, block_y) = self.scan.sub_blocks[index % 64];
        let place = self.scan.places[rank % 16];
        let [x, y] = [block_x * 4 + place % 4, block_y * 4 + place / 4].map(|at| usize::from(at) % 32);
        let swapped = self.scan.order == ScanOrder::Vertical;
        let (x, y) = if swapped { (y, x) } else { (x, y) };
        [x, y].map(|coordinate| usize::from(LAST_GROUP[coordinate]))
    }

    /// Leaves out the levels from a place on, and gives the others their signs.
    #[inline(always)]
    pub(super) fn cut_off(&self, end: usize, last: usize, out: &mut LevelsMut<'_>) {
        let simd = self.simd;
        for index in 0..=last / 16 {
            let range = 16 * index..16 * index + 16;
            if range.start >= end {
                out.significant[index] = 0;
            } else if end < range.end {
                out.significant[index] &= (1 << (end - range.start)) - 1;
                out.levels[end..range.end].fill(0);
            }
            if out.significant[index] == 0 {
                continue;
            }
            let levels = out.levels[range.clone()].first_chunk_mut().expect("room for all levels");
            let coefficients = self.scratch.coefficients[range].first_chunk().expect("sixteen");
            // A level that is not 0 has a coefficient that is not 0.
            S::Words::load(simd, levels).times_sign_of(S::Words::load(simd, coefficients)).store(levels);
        }
    }
}
