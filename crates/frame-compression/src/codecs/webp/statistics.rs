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

/// Counts a bit `times` times: once, or not at all. No branch on either, as neither can be foreseen.
#[inline(always)]
fn count(bit: bool, times: bool, counter: &mut Counter) {
    // Both counts are halved, rounded up, before one overflows.
    if *counter >= 0xfffe_0000 && times {
        *counter = ((*counter + 1) >> 1) & 0x7fff_7fff;
    }
    *counter += (0x1_0000 + u32::from(bit)) * u32::from(times);
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
            count(false, true, &mut bands[BANDS[first]][context][0]);
            return false;
        }
        let last = (31 - significant.leading_zeros()) as usize & 15;
        let mut context = context;
        let mut after_zero = false;
        for n in first..=last {
            let nodes = &mut bands[BANDS[n] & 7][context];
            let level = levels[n].unsigned_abs();
            count(true, !after_zero, &mut nodes[0]);
            after_zero = level == 0;
            count(level > 0, true, &mut nodes[1]);
            count(level > 1, level > 0, &mut nodes[2]);
            if level > 1 {
                record_large(level, nodes);
            }
            context = usize::from(level.min(2));
        }
        if last < 15 {
            count(false, true, &mut bands[BANDS[last + 1]][context][0]);
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
#[inline(always)]
fn record_large(level: u16, nodes: &mut [Counter; 11]) {
    count(level > 4, true, &mut nodes[3]);
    count(level > 2, level <= 4, &mut nodes[4]);
    count(level > 3, level == 3 || level == 4, &mut nodes[5]);
    if level > 4 {
        count(level > 10, true, &mut nodes[6]);
        count(level > 6, level <= 10, &mut nodes[7]);
        if level > 10 {
            count(level >= 35, true, &mut nodes[8]);
            count(level >= if level >= 35 { 67 } else { 19 }, true, &mut nodes[9]);
        }
    }
}
