//! Counts of tokens, from which probabilities are learnt while the picture is coded.

use super::costs::Costs;
use super::costs::bit;
use super::tables::{BANDS, DEFAULT_PROBABILITIES, UPDATE_PROBABILITIES};
use super::transform::Block;
use crate::simd::{Simd, Words};

/// How often a bit was coded (high half), and how often it was 1 (low half).
type Counter = u32;

/// A bit that was coded.
const CODED: Counter = 0x1_0000;
/// From which counter on both counts are halved before another bit is counted.
const FULL: Counter = 0xfffe_0000;
/// More bits than a macroblock can add to a counter: 16 blocks of 16 tokens and an end.
const MOST_A_MACROBLOCK: u32 = 512;

/// What a level adds to the first nodes: that there is one, that it is not 0, that it is more than 1. By whether a 0 is
/// before it, after which no end may be, and by magnitude.
static FIRST_NODES: [[[Counter; 4]; 3]; 2] = {
    const ONE: Counter = CODED + 1;
    let after_level = [[ONE, CODED, 0, 0], [ONE, ONE, CODED, 0], [ONE, ONE, ONE, 0]];
    [after_level, [[0, CODED, 0, 0], [0, ONE, CODED, 0], [0, ONE, ONE, 0]]]
};

/// Counts of the bits of tokens, by type of block, band, context and node.
#[derive(Debug, Clone, Default)]
pub(super) struct Statistics {
    counters: [[[[Counter; 11]; 3]; 8]; 4],
    /// How many macroblocks may be counted until a counter can be full.
    room: u32,
}

/// Adds to a counter. If `CAREFUL`, it may be full: then both counts are halved first, rounded up.
#[inline(always)]
fn add<const CAREFUL: bool>(what: Counter, counter: &mut Counter) {
    if CAREFUL && *counter >= FULL && what > 0 {
        *counter = ((*counter + 1) >> 1) & 0x7fff_7fff;
    }
    *counter += what;
}

/// Counts a bit once, or not at all. No branch on either, as neither can be foreseen.
#[inline(always)]
fn count<const CAREFUL: bool>(bit: bool, is_coded: bool, counter: &mut Counter) {
    add::<CAREFUL>((CODED + u32::from(bit)) * u32::from(is_coded), counter);
}

impl Statistics {
    pub(super) fn reset(&mut self) {
        self.counters.as_flattened_mut().as_flattened_mut().fill([0; 11]);
        self.room = 0;
    }

    /// Starts a macroblock. Whether a counter may become full in it.
    #[inline(always)]
    pub(super) fn is_nearly_full(&mut self) -> bool {
        if self.room == 0 {
            self.room = self.find_room();
        }
        self.room = self.room.saturating_sub(1);
        self.room == 0
    }

    /// How many macroblocks have room in the fullest counter, and one.
    #[cold]
    fn find_room(&self) -> u32 {
        let counters = self.counters.as_flattened().as_flattened().as_flattened();
        let most = counters.iter().copied().fold(0, Counter::max);
        FULL.saturating_sub(most) / CODED / MOST_A_MACROBLOCK + 1
    }

    /// Counts the tokens of a block: levels in zigzag order from place `first` on, after the neighbours' context.
    /// Whether there is a level at all. If not `CAREFUL`, no counter may become full in this macroblock.
    #[inline(always)]
    pub(super) fn record<S: Simd, const CAREFUL: bool>(
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
            add::<CAREFUL>(CODED, &mut bands[BANDS[first]][context][0]);
            return false;
        }
        let last = (31 - significant.leading_zeros()) as usize & 15;
        let mut context = context;
        let mut after_zero = false;
        for n in first..=last {
            let nodes = &mut bands[BANDS[n] & 7][context];
            let level = levels[n].unsigned_abs();
            context = usize::from(level.min(2));
            let added = &FIRST_NODES[usize::from(after_zero)][context];
            for (&what, counter) in added.iter().zip(nodes.iter_mut()) {
                add::<CAREFUL>(what, counter);
            }
            after_zero = level == 0;
            if level > 1 {
                record_large::<CAREFUL>(level, nodes);
            }
        }
        if last < 15 {
            add::<CAREFUL>(CODED, &mut bands[BANDS[last + 1]][context][0]);
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
fn record_large<const CAREFUL: bool>(level: u16, nodes: &mut [Counter; 11]) {
    count::<CAREFUL>(level > 4, true, &mut nodes[3]);
    count::<CAREFUL>(level > 2, level <= 4, &mut nodes[4]);
    count::<CAREFUL>(level > 3, level == 3 || level == 4, &mut nodes[5]);
    if level > 4 {
        count::<CAREFUL>(level > 10, true, &mut nodes[6]);
        count::<CAREFUL>(level > 6, level <= 10, &mut nodes[7]);
        if level > 10 {
            count::<CAREFUL>(level >= 35, true, &mut nodes[8]);
            count::<CAREFUL>(level >= if level >= 35 { 67 } else { 19 }, true, &mut nodes[9]);
        }
    }
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::*;
    use crate::codecs::webp::costs::kind;
    use crate::simd::Scalar;

    /// Counts of a macroblock's 16 blocks, which are alike so that counters fill fast.
    fn record(statistics: &mut Statistics, careful: bool, levels: &Block) {
        for _ in 0..16 {
            if careful {
                statistics.record::<Scalar, true>(Scalar, (kind::LUMA4X4, 0), 0, levels);
            } else {
                statistics.record::<Scalar, false>(Scalar, (kind::LUMA4X4, 0), 0, levels);
            }
        }
    }

    #[test]
    fn counts_are_halved_as_if_each_bit_asked() {
        let mut rng = Rng::new(5);
        let (mut asked, mut counted) = (Statistics::default(), Statistics::default());
        let mut careless = 0;
        for _ in 0..12_000 {
            let mut levels = [0; 16];
            for level in &mut levels[..1 + rng.below(16)] {
                *level = [0, 1, -1, 2, 3, 9, 80][rng.below(7)];
            }
            let careful = counted.is_nearly_full();
            careless += u32::from(!careful);
            record(&mut asked, true, &levels);
            record(&mut counted, careful, &levels);
            assert!(asked.counters == counted.counters);
        }
        let bits = asked.counters[kind::LUMA4X4][0][0][0] / CODED;
        assert!(bits < 12_000 * 16 / 2, "{bits} of 192000 bits are counted: nothing was halved");
        assert!(careless > 6_000, "{careless} of 12000 macroblocks were counted without asking");
    }
}
