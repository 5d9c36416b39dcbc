//! What a level's flags, sign and remainder cost, by the states of the contexts and what came before it in its sub-block.

use super::super::cabac::context;
use super::super::residual::{Channel, SignificanceContexts, remaining_length};
use super::{ONE_BIT, Running, SignificancePrice, Walk};
use crate::simd::Simd;

impl<S: Simd> Walk<'_, S> {
    /// Looks up what the significance flags of the block cost.
    #[inline(always)]
    pub(super) fn price_significance(&mut self, last: usize) {
        let contexts = SignificanceContexts::new(self.scan, self.choice.channel);
        // Blocks of 4x4 have nine classes, larger ones three; those of one sub-block have no others.
        let count = if self.scan.log2 == 2 { 9 } else { 3 };
        let others = if last < 16 { 0..0 } else { 0..count };
        for class in others.chain(9..9 + count).chain(18..19) {
            let context = contexts.of_class(class);
            let prices = [false, true].map(|bin| self.price(context, bin));
            self.scratch.significance[class] = SignificancePrice { zero_cost: self.cost(prices[0]), prices };
        }
    }

    /// What the significance flag of a place costs.
    #[inline(always)]
    pub(super) fn significance(&self, index: usize, rank: usize) -> SignificancePrice {
        let coded = usize::from(self.scratch.coded_neighbours[index % 64]);
        let class = SignificanceContexts::class(self.scan, index, rank, coded);
        self.scratch.significance[class % SignificanceContexts::COUNT]
    }

    #[inline(always)]
    pub(super) fn greater1(&self, running: &Running, bin: bool) -> i64 {
        let chroma = if self.choice.channel == Channel::Chroma { 16 } else { 0 };
        self.price(context::GREATER1_FLAG + chroma + 4 * running.set + running.greater1, bin)
    }

    #[inline(always)]
    fn greater2(&self, running: &Running, bin: bool) -> i64 {
        let chroma = if self.choice.channel == Channel::Chroma { 4 } else { 0 };
        self.price(context::GREATER2_FLAG + chroma + running.set, bin)
    }

    /// Of a level that coeff_abs_level_remaining completes: the price of its flags.
    #[inline(always)]
    fn large_flags(&self, running: &Running) -> i64 {
        if running.count >= 8 {
            0
        } else {
            self.greater1(running, true) + if running.large == 0 { self.greater2(running, true) } else { 0 }
        }
    }

    /// Of a level that the flags alone say: their price.
    #[inline(always)]
    fn small_flags(&self, level: i64, running: &Running) -> i64 {
        if level == 1 {
            self.greater1(running, false)
        } else {
            self.greater1(running, true) + self.greater2(running, false)
        }
    }

    /// The price of a level's sign, flags and remainder.
    #[inline(always)]
    pub(super) fn level_price(&self, level: i64, running: &Running) -> i64 {
        let base = running.base();
        ONE_BIT
            + if level < base {
                self.small_flags(level, running)
            } else {
                ONE_BIT * i64::from(remaining_length((level - base) as u32, running.rice))
                    + self.large_flags(running)
            }
    }

    /// What a magnitude more and one less are in price, as the hiding of signs estimates it (section 3.4).
    #[inline(always)]
    pub(super) fn steps(&self, level: i64, running: &Running) -> (i64, i64) {
        let (base, rice) = (running.base(), running.rice);
        let most = [7, 14, 26, 46, 78][rice as usize % 5];
        if level - 1 - base < -2 {
            let (one, two) = (self.small_flags(1, running), self.small_flags(2, running));
            return (two - one, -one);
        }
        if level > base && level + 1 - base <= most {
            let length = |level: i64| ONE_BIT * (((level - base) >> rice) + 1 + i64::from(rice)).min(8);
            return (length(level + 1) - length(level), length(level - 1) - length(level));
        }
        let price = |level: i64| {
            if level == 0 {
                return 0;
            }
            if level < base {
                return self.small_flags(level, running);
            }
            let mut symbol = level - base;
            let mut price = self.large_flags(running);
            if symbol > most {
                price += ONE_BIT * i64::from(2 * ((symbol - most) as u64).ilog2() + 1);
                symbol = most + 1;
            }
            price + ONE_BIT * ((symbol >> rice) + 1 + i64::from(rice)).min(8)
        };
        (price(level + 1) - price(level), price(level - 1) - price(level))
    }
}

impl Running {
    /// The least magnitude that coeff_abs_level_remaining completes.
    #[inline(always)]
    fn base(&self) -> i64 {
        match self {
            Self { count: 8.., .. } => 1,
            Self { large: 0, .. } => 3,
            _ => 2,
        }
    }

    /// Goes on past a level.
    #[inline(always)]
    pub(super) fn take(&mut self, level: i64) {
        if level >= self.base() && self.rice < 4 && level > 3 << self.rice {
            self.rice += 1;
        }
        self.count += u32::from(level > 0);
        if level > 1 {
            self.greater1 = 0;
            self.large += 1;
        } else if level == 1 && (self.greater1 == 1 || self.greater1 == 2) {
            self.greater1 += 1;
        }
    }
}
