//! What the levels of many blocks cost: a vector holds one place of 32 blocks, and all that a place can cost is looked up
//! in tables of 16 entries.

use super::super::costs::{FEW, Lookups};
use super::super::tables;
use super::Rows;
use crate::simd::{Bytes, Simd, Words, each};

/// The levels of 32 blocks: vector `n` holds magnitudes, at most 255, at place `n` in zigzag order.
pub(super) type Places<S> = [<S as Simd>::Bytes; 16];

/// The places of four pairs of strips. In each half, four blocks of each pair follow one another: the two that the first
/// strip has in this half, and those of the second.
#[inline(always)]
pub(super) fn places<S: Simd>(simd: S, pairs: [[&Rows; 2]; 4]) -> Places<S> {
    let rows = each!(4, v => {
        let x = each!(4, p => {
            let [first, second] = each!(2, i => S::Words::load(simd, &pairs[p][i][v]).abs());
            first.pack_bytes(second)
        });
        shuffle::<S>(shuffle::<S>(shuffle::<S>(shuffle::<S>(x))))
    });
    let mut places = [S::Bytes::splat(simd, 0); 16];
    for (place, at) in places.iter_mut().zip(tables::ZIGZAG) {
        *place = rows[at / 4][at % 4];
    }
    places
}

/// A perfect shuffle of all bytes of the four low halves, and of the high ones.
#[inline(always)]
fn shuffle<S: Simd>(x: [S::Bytes; 4]) -> [S::Bytes; 4] {
    [x[0].zip_low_8(x[2]), x[0].zip_high_8(x[2]), x[1].zip_low_8(x[3]), x[1].zip_high_8(x[3])]
}

/// Adds to the digits what symbols cost at place `n` after these contexts, of which all above 1 are alike; nothing where that
/// is said.
#[inline(always)]
fn add<S: Simd, const SYMBOLS: usize>(
    simd: S,
    lookups: &Lookups<SYMBOLS>,
    n: usize,
    symbols: S::Bytes,
    contexts: S::Bytes,
    is_nothing: S::Bytes,
    digits: &mut [S::Bytes; 3],
) {
    let symbols = symbols.or(is_nothing);
    let [one, all] = each!(2, i => S::Bytes::splat(simd, [1, 255][i]));
    for (digit, tables) in digits.iter_mut().zip(&lookups.digits[n]) {
        if SYMBOLS == FEW {
            // One table of all contexts.
            static STARTS: [u8; 16] = [0, 5, 10, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            let starts = S::Bytes::load_twice(simd, &STARTS).lookup(contexts);
            let table = S::Bytes::load_twice(simd, &tables.as_chunks().0[0]);
            *digit = digit.saturating_add(table.lookup(symbols.saturating_add(starts)));
        } else {
            let (is_0, is_1) = (contexts.equal(one.xor(one)), contexts.equal(one));
            let others = [is_0.xor(all), is_1.xor(all), is_0.or(is_1)];
            for (table, others) in tables.as_chunks().0.iter().zip(others) {
                let table = S::Bytes::load_twice(simd, table);
                *digit = digit.saturating_add(table.lookup(symbols.or(others)));
            }
        }
    }
}

/// What is known of the levels of 32 blocks without their contexts.
pub(super) struct Counted<S: Simd> {
    /// The costs so far, in digits of base 16.
    digits: [S::Bytes; 3],
    /// Of the first place: its symbol.
    first: S::Bytes,
    /// What all magnitudes of a block have in them. None of them is larger; it is 0 where all are.
    pub(super) all: S::Bytes,
    /// How many levels behind place 0 are not 0.
    pub(super) count: S::Bytes,
}

/// Adds up what levels cost from the place behind `first` on.
#[inline(always)]
pub(super) fn count<S: Simd, const SYMBOLS: usize>(
    simd: S,
    lookups: &Lookups<SYMBOLS>,
    first: usize,
    places: &Places<S>,
) -> Counted<S> {
    let [most, end] = [Lookups::<SYMBOLS>::MOST, Lookups::<SYMBOLS>::END].map(|symbol| symbol as u8);
    let [zero, one, most, end] = each!(4, i => S::Bytes::splat(simd, [0, 1, most, end][i]));
    let mut all = places[15];
    let mut symbol = all.min(most);
    let mut is_behind = all.equal(zero);
    let mut counted: Counted<S> = Counted { digits: [zero; 3], first: zero, all, count: all.min(one) };
    for n in (first + 1..16).rev() {
        let before = places[n - 1];
        all = all.or(before);
        let symbol_before = before.min(most);
        let behind_before = all.equal(zero);
        // Behind the last level there is an end, and behind that nothing.
        let symbols = symbol.or(is_behind.and(end));
        add(simd, lookups, n, symbols, symbol_before, behind_before, &mut counted.digits);
        if n > 1 {
            counted.count = counted.count.saturating_add(before.min(one));
        }
        (symbol, is_behind) = (symbol_before, behind_before);
    }
    counted.first = symbol.or(is_behind.and(end));
    counted.all = all;
    counted
}

impl<S: Simd> Counted<S> {
    /// What the levels cost, unsigned, after these contexts of the first place: the low 8 blocks of each half, and the high
    /// ones. It is what they cost at least where one of them is as large as [`Lookups::from`] or larger.
    #[inline(always)]
    pub(super) fn cost<const SYMBOLS: usize>(
        mut self,
        simd: S,
        lookups: &Lookups<SYMBOLS>,
        first: usize,
        contexts: S::Bytes,
        known: &mut Known,
    ) -> [S::Words; 2] {
        add(simd, lookups, first, self.first, contexts, S::Bytes::splat(simd, 0), &mut self.digits);
        let [(a, b), (c, d), (e, f)] = each!(3, i => self.digits[i].widen());
        let costs = [a + c.shl::<4>() + e.shl::<8>(), b + d.shl::<4>() + f.shl::<8>()];
        known.from = lookups.from;
        self.all.store(&mut known.all);
        self.count.store(&mut known.count);
        for (cost, to) in costs.into_iter().zip(&mut known.bits) {
            cost.store(to);
        }
        costs
    }
}

/// What is known of the levels of 32 blocks.
pub(super) struct Known {
    /// What they cost, unsigned, in the order of [`Counted::cost`].
    bits: [[i16; 16]; 2],
    all: [u8; 32],
    count: [u8; 32],
    from: u8,
}

/// What the levels of a block cost, and how many there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Residual {
    pub(super) bits: u32,
    pub(super) has_levels: bool,
    /// How many levels behind place 0 are not 0.
    pub(super) count: usize,
}

impl Known {
    /// Nothing at all.
    pub(super) const NOTHING: Self = Self { bits: [[0; 16]; 2], all: [0; 32], count: [0; 32], from: 0 };

    /// What is known of the block in this lane, if it is all there is to know.
    #[inline(always)]
    pub(super) fn block(&self, lane: usize) -> Option<Residual> {
        let lane = lane & 31;
        let bits = self.bits[lane / 8 % 2][lane / 16 * 8 + lane % 8] as u16;
        let count = usize::from(self.count[lane]);
        (self.all[lane] < self.from).then(|| Residual {
            bits: bits.into(),
            has_levels: self.all[lane] > 0,
            count,
        })
    }
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::super::super::costs::{Costs, kind};
    use super::*;
    use crate::codecs::webp::transform::Block;
    use crate::simd::{Job, Level};

    /// What a table says of four pairs of strips.
    struct LookUp<'a, const SYMBOLS: usize> {
        lookups: &'a Lookups<SYMBOLS>,
        first: usize,
        strips: &'a [[Rows; 2]; 4],
        contexts: &'a [u8; 32],
    }

    impl<const SYMBOLS: usize> Job for LookUp<'_, SYMBOLS> {
        type Output = Known;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Known {
            let pairs = each!(4, p => [&self.strips[p][0], &self.strips[p][1]]);
            let counted = count(simd, self.lookups, self.first, &places(simd, pairs));
            let mut known = Known::NOTHING;
            counted.cost(simd, self.lookups, self.first, S::Bytes::load(simd, self.contexts), &mut known);
            known
        }
    }

    /// Block `b` of a strip in zigzag order.
    fn zigzag(rows: &Rows, b: usize) -> Block {
        tables::ZIGZAG.map(|at| rows[at / 4][4 * b + at % 4])
    }

    /// Compares with the plain sum, block by block. How many blocks' costs are known.
    fn compare<const SYMBOLS: usize>(
        rng: &mut Rng,
        costs: &Costs,
        lookups: &Lookups<SYMBOLS>,
        (kind, first): (usize, usize),
    ) -> usize {
        let (most, share) = ([2, 4, 20, 2048][rng.below(4)], 1 + rng.below(16));
        let mut level = |at: usize| {
            let level = if rng.below(16) < share && at >= first { rng.below(most) as i16 } else { 0 };
            if rng.byte() > 127 { level } else { -level }
        };
        let strips: [[Rows; 2]; 4] = std::array::from_fn(|_| {
            std::array::from_fn(|_| {
                std::array::from_fn(|v| std::array::from_fn(|lane| level(4 * v + lane % 4)))
            })
        });
        let contexts = std::array::from_fn(|_| rng.below(3) as u8);
        let mut found = 0;
        for level in Level::available() {
            let known = level.run(LookUp { lookups, first, strips: &strips, contexts: &contexts });
            found = 0;
            for at in 0..32 {
                let (p, i, b) = (at / 8, at / 4 % 2, at % 4);
                let lane = 16 * (b / 2) + 4 * p + 2 * i + b % 2;
                let levels = zigzag(&strips[p][i], b);
                let expected = costs.residual(kind, first, contexts[lane].into(), &levels);
                let bits = u32::from(known.bits[lane / 8 % 2][lane / 16 * 8 + lane % 8] as u16);
                assert!(bits <= expected, "{level}: {bits} for {expected}, {levels:?}");
                let largest = levels.iter().map(|level| level.unsigned_abs()).max().unwrap();
                assert!(u16::from(known.all[lane]) >= largest.min(255), "{level}: {levels:?}");
                if let Some(residual) = known.block(lane) {
                    found += 1;
                    let count = levels[1..].iter().filter(|&&level| level != 0).count();
                    let has_levels = levels[first..].iter().any(|&level| level != 0);
                    assert_eq!(residual.bits, expected, "{level}: {levels:?}");
                    assert_eq!(
                        (residual.has_levels, residual.count),
                        (has_levels, count),
                        "{level}: {levels:?}"
                    );
                }
            }
        }
        found
    }

    /// Probabilities of every kind, those included by which a level costs more than the tables hold.
    #[test]
    fn costs_are_those_of_the_plain_sum() {
        let mut rng = Rng::new(21);
        let mut costs = Costs::default();
        let mut found = [0; 3];
        for round in 0..600 {
            let spread = [1, 40, 127][round % 3];
            for probability in costs.probabilities.as_flattened_mut().as_flattened_mut().as_flattened_mut() {
                *probability = (128 - spread + rng.below(2 * spread + 1)) as u8;
            }
            costs.refresh(true);
            let costs = &costs;
            found[0] += compare(&mut rng, costs, &costs.luma4x4_lookups, (kind::LUMA4X4, 0));
            found[1] += compare(&mut rng, costs, &costs.ac_lookups, (kind::AC, 1));
            found[2] += compare(&mut rng, costs, &costs.chroma_lookups, (kind::CHROMA, 0));
        }
        assert!(found.iter().all(|&found| found > 3000), "{found:?} blocks of 19200 each were known");
    }
}
