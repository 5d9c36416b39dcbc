//! Counts of tokens, from which probabilities are learnt while the picture is coded.

use super::costs::Costs;
use super::costs::bit;
use super::tables::{BANDS, DEFAULT_PROBABILITIES, UPDATE_PROBABILITIES};
use super::transform::Block;
use crate::simd::{Simd, Words};

/// How often a bit was coded (high half), and how often it was 1 (low half).
type Counter = u32;

/// Counts of the bits of tokens, by type of block, band, context and node.
#[derive(Debug, Clone, Default)]
pub(super) struct Statistics {
    counters: [[[[Counter; 11]; 3]; 8]; 4],
}

/// Counts a bit, and gives it back.
#[inline(always)]
fn count(bit: bool, counter: &mut Counter) -> bool {
    // Both counts are halved, rounded up, before one overflows.
    if *counter >= 0xfffe_0000 {
        *counter = ((*counter + 1) >> 1) & 0x7fff_7fff;
    }
    *counter += 0x1_0000 + u32::from(bit);
    bit
}

impl Statistics {
    pub(super) fn reset(&mut self) {
        self.counters.as_flattened_mut().as_flattened_mut().fill([0; 11]);
    }

    /// Counts the tokens of a block: levels in zigzag order from place `first` on, after the neighbours' context.
    /// Whether there is a level at all.
    #[inline(always)]
    pub(super) fn record<S: Simd>(
        &mut self,
        simd: S,
        (kind, first): (usize, usize),
        context: usize,
        levels: &Block,
    ) -> bool {
        let bands = &mut self.counters[kind];
        let zero = S::Words::load(simd, levels).equal(S::Words::splat(simd, 0));
        let significant = u32::from(!zero.signs()) >> first << first;
        if significant == 0 {
            return count(false, &mut bands[BANDS[first]][context][0]);
        }
        let last = (31 - significant.leading_zeros()) as usize & 15;
        let mut context = context;
        let mut after_zero = false;
        for n in first..=last {
            let nodes = &mut bands[BANDS[n] & 7][context];
            let level = levels[n].unsigned_abs();
            if !after_zero {
                count(true, &mut nodes[0]);
            }
            after_zero = !count(level != 0, &mut nodes[1]);
            if level > 0 && count(level > 1, &mut nodes[2]) {
                record_large(level, nodes);
            }
            context = usize::from(level.min(2));
        }
        if last < 15 {
            count(false, &mut bands[BANDS[last + 1]][context][0]);
        }
        true
    }

    /// Takes the probabilities over that pay, and whether costs have to follow.
    pub(super) fn refresh(&self, costs: &mut Costs) -> bool {
        let mut changed = false;
        let probabilities = costs.probabilities.as_flattened_mut().as_flattened_mut().as_flattened_mut();
        let counters = self.counters.as_flattened().as_flattened().as_flattened();
        let defaults = DEFAULT_PROBABILITIES.as_flattened().as_flattened().as_flattened();
        let updates = UPDATE_PROBABILITIES.as_flattened().as_flattened().as_flattened();
        for (((probability, counter), &default), &update) in
            probabilities.iter_mut().zip(counters).zip(defaults).zip(updates)
        {
            let (all, ones) = (counter >> 16, counter & 0xffff);
            let learnt = if ones > 0 { (255 - ones * 255 / all) as u8 } else { 255 };
            let cost = |probability| ones * bit(true, probability) + (all - ones) * bit(false, probability);
            let old = cost(default) + bit(false, update);
            let new = cost(learnt) + bit(true, update) + 8 * 256;
            *probability = if old > new { learnt } else { default };
            changed |= *probability != default;
        }
        changed
    }
}

/// Counts the rest of a level over 1. The choice between the last two categories is counted at node 9, not 10, as
/// libwebp does.
fn record_large(level: u16, nodes: &mut [Counter; 11]) {
    if !count(level > 4, &mut nodes[3]) {
        if count(level != 2, &mut nodes[4]) {
            count(level == 4, &mut nodes[5]);
        }
    } else if !count(level > 10, &mut nodes[6]) {
        count(level > 6, &mut nodes[7]);
    } else {
        let large = count(level >= 35, &mut nodes[8]);
        count(level >= if large { 67 } else { 19 }, &mut nodes[9]);
    }
}
