//! What the levels of many blocks cost: a vector holds one place of 32 blocks, and all that a place can cost is looked up
//! in tables of 16 entries.

use super::super::costs::Lookups;
use super::super::tables;
use super::Rows;
use crate::simd::{Bytes, Simd, Words, each};

/// 1 for each level that is not 0, at most.
const ONE: u8 = 1;

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
pub(super) fn count<S: Simd>(simd: S, table: &Lookups, first: usize, places: &Places<S>) -> Counted<S> {
    /// Where the symbols after a level of 0, 1, 2 or more start.
    static CONTEXTS: [u8; 16] = [0, 5, 10, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let contexts = S::Bytes::load_twice(simd, &CONTEXTS);
    let [zero, one, most, end] =
        each!(4, i => S::Bytes::splat(simd, [0, ONE, Lookups::MOST, Lookups::END][i]));
    let mut all = places[15];
    let mut symbol = all.min(most);
    let mut is_behind = all.equal(zero);
    let mut counted = Counted { digits: [zero; 3], first: zero, all, count: symbol.min(one) };
    for n in (first + 1..16).rev() {
        let before = places[n - 1];
        all = all.or(before);
        let symbol_before = before.min(most);
        let starts = contexts.lookup(symbol_before);
        let behind_before = all.equal(zero);
        // Behind the last level there is an end, and behind that nothing.
        let index = symbol.or(is_behind.and(end)).saturating_add(starts).or(behind_before);
        counted.add(simd, &table.digits[n], index);
        if n > 1 {
            counted.count = counted.count.saturating_add(symbol_before.min(one));
        }
        (symbol, is_behind) = (symbol_before, behind_before);
    }
    counted.first = symbol.or(is_behind.and(end));
    counted.all = all;
    counted
}

impl<S: Simd> Counted<S> {
    #[inline(always)]
    fn add(&mut self, simd: S, tables: &[[u8; 16]; 3], index: S::Bytes) {
        for (digit, table) in self.digits.iter_mut().zip(tables) {
            *digit = digit.saturating_add(S::Bytes::load_twice(simd, table).lookup(index));
        }
    }

    /// What the levels cost, unsigned, after these contexts of the first place: the low 8 blocks of each half, and the high
    /// ones. It is what they cost at least where one of them is as large as [`Lookups::from`] or larger.
    #[inline(always)]
    pub(super) fn cost(
        mut self,
        simd: S,
        table: &Lookups,
        first: usize,
        contexts: S::Bytes,
        known: &mut Known,
    ) -> [S::Words; 2] {
        /// Where the symbols after a context start.
        static STARTS: [u8; 16] = [0, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let starts = S::Bytes::load_twice(simd, &STARTS).lookup(contexts);
        let index = self.first.saturating_add(starts);
        self.add(simd, &table.digits[first], index);
        let [(a, b), (c, d), (e, f)] = each!(3, i => self.digits[i].widen());
        let costs = [a + c.shl::<4>() + e.shl::<8>(), b + d.shl::<4>() + f.shl::<8>()];
        known.from = table.from;
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
        (self.all[lane] < self.from).then(|| Residual { bits: bits.into(), has_levels: self.all[lane] > 0, count })
    }
}
