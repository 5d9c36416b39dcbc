//! What a level's flags, sign and remainder cost, by the states of the contexts and what came before it in its sub-block.

use std::hint::select_unpredictable;

use super::super::cabac::{CONTEXTS, context};
use super::super::residual::{Channel, SignificanceContexts, last_position_contexts, remaining_length};
use super::super::scan::{Scan, ScanOrder};
use super::{KINDS, ONE_BIT, Running, SignificancePrice, Walk};
use crate::simd::Simd;

/// What flags cost from certain states of the contexts, at a certain lambda.
#[derive(Debug)]
pub(super) struct Prices {
    states: [u8; CONTEXTS],
    lambda: i64,
    /// Of significance flags: of 0, and the prices of 0 and 1, by [`Scan::significance_classes`].
    significance: [SignificancePrice; 32],
    /// Of each group of a last coordinate, with its suffix.
    pub(super) ends: [[i64; 10]; 2],
}

impl Prices {
    pub(super) fn new() -> Self {
        // No context is ever in these states.
        let states = [u8::MAX; CONTEXTS];
        Self { states, lambda: 0, significance: [SignificancePrice::default(); 32], ends: [[0; 10]; 2] }
    }
}

/// Which of [`KINDS`] a block is of.
#[inline(always)]
pub(super) fn kind(scan: &Scan, channel: Channel) -> usize {
    // Among blocks of one size, the scan matters for luma of 8x8 alone.
    let turned = scan.log2 == 3 && scan.order != ScanOrder::Diagonal;
    (scan.log2 as usize - 2 + 4 * usize::from(channel == Channel::Chroma) + 8 * usize::from(turned)) % KINDS
}

impl<'a, S: Simd> Walk<'a, S> {
    /// Makes sure that the prices of the block's kind are those of now.
    #[inline(always)]
    pub(super) fn look_up_prices(&mut self) {
        let prices = &self.scratch.prices[self.kind];
        let lambda = self.choice.lambda.square;
        if prices.lambda == lambda && prices.states == *self.choice.coder.states() {
            return;
        }
        let contexts = SignificanceContexts::new(self.scan, self.choice.channel);
        // Blocks of 4x4 have nine classes, larger ones three.
        let count = if self.scan.log2 == 2 { 9 } else { 3 };
        let mut significance = [SignificancePrice::default(); 32];
        for class in (0..count).chain(9..9 + count).chain(18..19) {
            let context = contexts.of_class(class);
            let prices = [self.price(context, false), self.price(context, true)];
            significance[class] = SignificancePrice { zero_cost: self.cost(prices[0]), prices };
        }
        let ends = [
            self.last_position_prices(context::LAST_X_PREFIX),
            self.last_position_prices(context::LAST_Y_PREFIX),
        ];
        let states = *self.choice.coder.states();
        self.scratch.prices[self.kind] = Prices { states, lambda, significance, ends };
    }

    /// What each group of a last coordinate costs, with its suffix.
    #[inline(always)]
    fn last_position_prices(&self, base: usize) -> [i64; 10] {
        let (offset, shift) = last_position_contexts(self.scan.log2, self.choice.channel);
        let longest = 2 * self.scan.log2 - 1;
        let mut prices = [0; 10];
        let mut ones = 0;
        for group in 0..=longest {
            let context = base + (offset + (group >> shift)) as usize;
            let end = if group < longest { self.price(context, false) } else { 0 };
            let suffix = if group > 3 { i64::from((group - 2) / 2) * ONE_BIT } else { 0 };
            prices[group as usize % 10] = ones + end + suffix;
            ones += self.price(context, true);
        }
        prices
    }

    /// The classes of significance of a sub-block's places.
    #[inline(always)]
    pub(super) fn classes(&self, index: usize) -> &'a [u8; 16] {
        let coded = usize::from(self.scratch.coded_neighbours[index % 64]);
        &self.scan.significance_classes[usize::from(index == 0)][coded % 4]
    }

    /// What the significance flag of a place costs.
    #[inline(always)]
    pub(super) fn significance(&self, classes: &[u8; 16], rank: usize) -> SignificancePrice {
        self.scratch.prices[self.kind].significance[usize::from(classes[rank % 16]) % 32]
    }

    #[inline(always)]
    pub(super) fn greater1(&self, running: &Running, bin: bool) -> i64 {
        let chroma = if self.choice.channel == Channel::Chroma { 16 } else { 0 };
        self.price(context::GREATER1_FLAG + chroma + usize::from(4 * running.set + running.greater1), bin)
    }

    #[inline(always)]
    fn greater2(&self, running: &Running, bin: bool) -> i64 {
        let chroma = if self.choice.channel == Channel::Chroma { 4 } else { 0 };
        self.price(context::GREATER2_FLAG + chroma + usize::from(running.set), bin)
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

    /// The price of a level's sign, flags and remainder, without a branch on how large it is: that cannot be foreseen.
    #[inline(always)]
    pub(super) fn level_price(&self, level: i64, running: &Running) -> i64 {
        let with_greater2 = (level > 1) & (running.large == 0);
        let flags = self.greater1(running, level > 1)
            + select_unpredictable(with_greater2, self.greater2(running, level > 2), 0);
        let over = level - running.base();
        let remainder = i64::from(remaining_length(over.max(0) as u32, running.rice.into()));
        ONE_BIT
            + select_unpredictable(running.count < 8, flags, 0)
            + select_unpredictable(over >= 0, ONE_BIT * remainder, 0)
    }

    /// What a magnitude more and one less are in price, as the hiding of signs estimates it (section 3.4).
    #[inline(always)]
    pub(super) fn steps(&self, level: i64, running: &Running) -> (i64, i64) {
        let (base, rice) = (running.base(), running.rice);
        let most = [7, 14, 26, 46, 78][usize::from(rice) % 5];
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
        let with_flags = 2 + i64::from(self.large == 0);
        select_unpredictable(self.count < 8, with_flags, 1)
    }

    /// Goes on past a level.
    #[inline(always)]
    pub(super) fn take(&mut self, level: i64) {
        let is_large = (level >= self.base()) & (level > 3 << self.rice);
        self.rice = (self.rice + u8::from(is_large)).min(4);
        self.count += u8::from(level > 0);
        if level > 1 {
            self.greater1 = 0;
            self.large += 1;
        } else if level == 1 && (self.greater1 == 1 || self.greater1 == 2) {
            self.greater1 += 1;
        }
    }
}
