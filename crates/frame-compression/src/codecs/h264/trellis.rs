//! Trellis quantisation (docs/spec/h264-presets.md, section 6): the levels of a block whose distortion, with the bits
//! that they cost in the context model, is least.

use std::hint::select_unpredictable;

use super::cabac::block::{Category, FIRST_BIN, other_bins};
use super::cabac::{BIT, Contexts, LAST_8X8, SIGNIFICANCE_8X8, cost, escape, next, unary};
use super::cavlc::trellis::Candidate;
use super::kernels::blocks::Corners;
use super::quantise::{FORWARD_4X4, FORWARD_8X8, QP_MAX, class_4x4, class_8x8, rounded};
use super::rate_distortion::prices::{ZIGZAG_4X4, ZIGZAG_8X8};

/// What quantising a block of N coefficients needs, by scan position.
#[derive(Debug)]
pub(super) struct Scaling<const N: usize> {
    /// Forward multiplier, for a final shift by 16.
    pub(super) multiplier: [i16; N],
    /// What rounds to the nearest level.
    pub(super) bias: [i16; N],
    /// 256 times what a level stands for.
    step: [u32; N],
    /// How much an error counts.
    weight: [u16; N],
    /// How much a loss of energy counts.
    energy_weight: [u16; N],
}

/// Multipliers and biases of 8x8 blocks two rows at a time; or columns, as they are symmetric.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) multiplier: [[i16; 16]; 4],
    pub(super) bias: [[i16; 16]; 4],
}

/// The scalings of a QP.
#[derive(Debug)]
pub(super) struct Scalings {
    pub(super) four: Scaling<16>,
    pub(super) eight: Scaling<64>,
    pub(super) eight_by_rows: Rows,
    pub(super) luma_dc: Scaling<16>,
    pub(super) chroma_dc: Scaling<4>,
}

const WEIGHT_4X4: [u16; 3] = [800, 320, 128];
const WEIGHT_8X8: [u16; 6] = [256, 201, 656, 227, 410, 363];
const ENERGY_WEIGHT_4X4: [u16; 3] = [453, 286, 181];
const ENERGY_WEIGHT_8X8: [u16; 6] = [256, 227, 410, 241, 324, 305];

impl<const N: usize> Scaling<N> {
    const EMPTY: Self =
        Self { multiplier: [0; N], bias: [0; N], step: [0; N], weight: [0; N], energy_weight: [0; N] };

    const fn dc(multiplier: u32, step: u32) -> Self {
        let mut scaling = Self::EMPTY;
        let mut i = 0;
        while i < N {
            scaling.multiplier[i] = (multiplier / 2) as i16;
            scaling.bias[i] = (2 * (32768 / multiplier)) as i16;
            scaling.step[i] = 2 * step;
            scaling.weight[i] = 256;
            i += 1;
        }
        scaling
    }
}

impl Scaling<16> {
    pub(super) fn corners(&self) -> Corners {
        // The places in the scan.
        let of = |values: &[i16; 16]| [values[0], values[1], values[2], values[4]];
        Corners { multiplier: of(&self.multiplier), bias: of(&self.bias) }
    }
}

impl Scalings {
    /// The scalings of a QP in 0..=51.
    pub(super) fn of(qp: u8) -> &'static Self {
        static ALL: [Scalings; QP_MAX as usize + 1] = {
            let mut all = [const { Scalings::build(0) }; QP_MAX as usize + 1];
            let mut qp = 0;
            while qp < all.len() {
                all[qp] = Scalings::build(qp);
                qp += 1;
            }
            all
        };
        &ALL[usize::from(qp)]
    }

    const fn build(qp: usize) -> Self {
        let (period, phase) = (qp as i32 / 6, qp % 6);
        let mut four = Scaling::EMPTY;
        let mut i = 0;
        while i < 16 {
            let place = ZIGZAG_4X4[i] as usize;
            let class = class_4x4(place);
            let multiplier = rounded(FORWARD_4X4[phase][class], period - 1);
            four.multiplier[i] = multiplier as i16;
            four.bias[i] = (32768 / multiplier) as i16;
            four.step[i] = (1 << (23 + period)) / FORWARD_4X4[phase][class];
            four.weight[i] = WEIGHT_4X4[class];
            four.energy_weight[i] = ENERGY_WEIGHT_4X4[class];
            i += 1;
        }
        let mut eight = Scaling::EMPTY;
        let mut eight_by_rows = Rows { multiplier: [[0; 16]; 4], bias: [[0; 16]; 4] };
        let mut i = 0;
        while i < 64 {
            let place = ZIGZAG_8X8[i] as usize;
            let class = class_8x8(place);
            let multiplier = rounded(FORWARD_8X8[phase][class], period);
            eight.multiplier[i] = multiplier as i16;
            eight.bias[i] = (32768 / multiplier) as i16;
            eight.step[i] = ((1u64 << (24 + period)) / FORWARD_8X8[phase][class] as u64) as u32;
            eight.weight[i] = WEIGHT_8X8[class];
            eight.energy_weight[i] = ENERGY_WEIGHT_8X8[class];
            eight_by_rows.multiplier[place / 16][place % 16] = eight.multiplier[i];
            eight_by_rows.bias[place / 16][place % 16] = eight.bias[i];
            i += 1;
        }
        let multiplier = four.multiplier[0] as u32;
        let step = four.step[0];
        let (luma_dc, chroma_dc) = (Scaling::dc(multiplier, step), Scaling::dc(multiplier, step));
        Self { four, eight, eight_by_rows, luma_dc, chroma_dc }
    }
}

/// The nearest levels of coefficients.
#[derive(Debug)]
pub(super) struct Rounded<const N: usize> {
    /// Without their signs.
    pub(super) levels: [i16; N],
    /// Which of them are not 0.
    pub(super) coded: u64,
}

impl<const N: usize> Rounded<N> {
    pub(super) fn of(scaling: &Scaling<N>, coefficients: &[i32; N]) -> Self {
        let mut rounded = Self { levels: [0; N], coded: 0 };
        for (i, coefficient) in coefficients.iter().enumerate() {
            let magnitude = coefficient.unsigned_abs() + scaling.bias[i] as u32;
            let level = (magnitude * scaling.multiplier[i] as u32) >> 16;
            rounded.levels[i] = level as i16;
            rounded.coded |= u64::from(level != 0) << i;
        }
        rounded
    }

    pub(super) fn any(&self) -> bool {
        self.coded != 0
    }
}

/// What the significance of a category's coefficients costs in the context model of a macroblock's start, at the
/// macroblock's λ, and the contexts of their levels.
#[derive(Debug)]
pub(super) struct Significance<const N: usize> {
    /// The summed costs of zeros before each scan position, times λ.
    zeros: [i64; 65],
    /// The bits of a coefficient that is not the last, and of the last, with their signs.
    one: [u32; N],
    last: [u32; N],
    start: Start,
}

impl<const N: usize> Significance<N> {
    pub(super) fn of(contexts: &Contexts, category: Category, lambda: u32) -> Self {
        let bases = category.bases();
        let start = Start::of(contexts, category);
        let mut significance = Self { zeros: [0; 65], one: [0; N], last: [BIT; N], start };
        for i in 0..N - 1 {
            let (coded, last) = match category {
                Category::Luma8x8 => (usize::from(SIGNIFICANCE_8X8[i]), usize::from(LAST_8X8[i])),
                // AC blocks count from the DC on, too: one context further than the coder.
                _ => (i, i),
            };
            let coded = contexts.state(bases.significance + coded);
            let last = contexts.state(bases.last + last);
            let one = cost(coded, true) + BIT;
            significance.zeros[i + 1] = significance.zeros[i] + price(cost(coded, false), lambda);
            significance.one[i] = one + cost(last, false);
            significance.last[i] = one + cost(last, true);
        }
        significance.zeros[N] = significance.zeros[N - 1];
        significance
    }
}

/// The trellis's price of bits.
#[inline(always)]
fn price(bits: u32, lambda: u32) -> i64 {
    (i64::from(bits) * i64::from(lambda)) >> 4
}

/// What a trellis weighs by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighing<'a, const N: usize> {
    pub(super) contexts: &'a Contexts,
    pub(super) category: Category,
    pub(super) scaling: &'a Scaling<N>,
    pub(super) lambda: u32,
    /// The strength of psy-trellis, and the source's own coefficients, in scan order.
    pub(super) psy: Option<(u32, &'a [i32; N])>,
}

/// More than any score.
const NOWHERE: i64 = 1 << 60;

/// The contexts of levels as a block starts, by node.
#[derive(Debug)]
struct Start {
    first: [u8; 8],
    other: [u8; 8],
    /// What the first bin costs after the first three nodes, which keep its context: of a level of 1, and of more.
    ones: [u32; 3],
    mores: [u32; 3],
}

impl Start {
    fn of(contexts: &Contexts, category: Category) -> Self {
        let states: &[u8; 10] = contexts.states(category.bases().level);
        let first = FIRST_BIN.map(|place| states[usize::from(place)]);
        let costs = |is_more: bool| [0, 1, 2].map(|j| cost(first[j], is_more));
        let other = std::array::from_fn(|j| states[other_bins(category, j)]);
        Self { first, other, ones: costs(false), mores: costs(true) }
    }
}

/// Ways to code the coefficients from some position on. A node's place says how many levels were coded: none; of 1
/// alone, one, two, more; of more than 1, one, two, three, more.
///
/// Which node is the better one cannot be foreseen: no choice between two is a branch. A node that nothing leads to has a score
/// of about [`NOWHERE`], whatever is added to it.
#[derive(Debug, Clone, Copy)]
struct Nodes {
    score: [i64; 8],
    /// By scan position: the nearest level, or the one below.
    path: [u64; 8],
    /// The context of the next level's first bin. Those of nodes 0 to 2 are passed once only, and stay.
    first: [u8; 8],
    /// The context of the other bins after the last node. Those of the other nodes are passed once only.
    other: u8,
    /// To how many of the nodes from the fifth on anything leads: one more with each level that may be more than 1.
    large: usize,
}

impl Nodes {
    /// Nothing leads to any node.
    fn nowhere(start: &Start) -> Self {
        Self { score: [NOWHERE; 8], path: [0; 8], first: start.first, other: start.other[7], large: 0 }
    }

    /// Replaces a node by a better one; whether it is better.
    #[inline(always)]
    fn take(&mut self, node: usize, score: i64, path: u64, first: u8) -> bool {
        let better = score < self.score[node];
        self.score[node] = select_unpredictable(better, score, self.score[node]);
        self.path[node] = select_unpredictable(better, path, self.path[node]);
        self.first[node] = select_unpredictable(better, first, self.first[node]);
        better
    }

    /// The path of the best node, where all but the first have zeros to come.
    #[inline(always)]
    fn best(&self, zeros: i64) -> u64 {
        let (mut score, mut path) = (self.score[0], self.path[0]);
        for j in 1..8 {
            let better = self.score[j] + zeros < score;
            score = select_unpredictable(better, self.score[j] + zeros, score);
            path = select_unpredictable(better, self.path[j], path);
        }
        path
    }
}

/// What a level costs in all, but for the bins of its magnitude.
#[derive(Clone, Copy)]
struct Terms {
    level: u32,
    /// Its place in a path, where it is the nearest one.
    bit: u64,
    /// Its distortion, and the bits of its significance and sign: after others, and as the last one of the block, which is
    /// the first to be walked.
    distortion: i64,
    bits: u32,
    alone: i64,
    last: u32,
}

/// The nodes as long as no level is more than 1: the first four.
#[derive(Debug, Clone, Copy)]
struct Few {
    score: [i64; 4],
    path: [u64; 4],
    /// The context of the next level's first bin after more than two levels.
    first: u8,
}

impl Few {
    fn new(start: &Start) -> Self {
        Self { score: [0, NOWHERE, NOWHERE, NOWHERE], path: [0; 4], first: start.first[3] }
    }

    /// Replaces a node by a better one.
    #[inline(always)]
    fn take(&mut self, node: usize, score: i64, path: u64) -> bool {
        let better = score < self.score[node];
        self.score[node] = select_unpredictable(better, score, self.score[node]);
        self.path[node] = select_unpredictable(better, path, self.path[node]);
        better
    }

    /// The path of the best node, where all but the first have zeros to come.
    #[inline(always)]
    fn best(&self, zeros: i64) -> u64 {
        let (mut score, mut path) = (self.score[0], self.path[0]);
        for j in 1..4 {
            let better = self.score[j] + zeros < score;
            score = select_unpredictable(better, self.score[j] + zeros, score);
            path = select_unpredictable(better, self.path[j], path);
        }
        path
    }

    /// The same among all nodes.
    fn nodes(&self, start: &Start) -> Nodes {
        let mut nodes = Nodes::nowhere(start);
        nodes.score[..4].copy_from_slice(&self.score);
        nodes.path[..4].copy_from_slice(&self.path);
        nodes.first[3] = self.first;
        nodes
    }
}

/// A walk through coefficients from the last one down.
struct Walk {
    few: Few,
    /// Where there are more.
    rest: u64,
    /// The place of the coefficient before in the walk.
    before: usize,
}

impl<const N: usize> Weighing<'_, N> {
    /// The distortion of a level: as if others are coded, and as if the lone DC is.
    #[inline(always)]
    fn distortions(&self, i: usize, coefficient: i32, level: u32) -> (i64, i64) {
        let magnitude = i64::from(coefficient.unsigned_abs());
        let value = i64::from((self.scaling.step[i] * level + 128) >> 8);
        let weight = i64::from(self.scaling.weight[i]);
        let mut distortion = (magnitude - value) * (magnitude - value) * weight;
        let sign = i64::from(coefficient >> 31 | 1);
        let mut alone = distortion;
        if matches!(self.category, Category::Luma4x4 | Category::Luma8x8) && i == 0 {
            // What the inverse transform makes of a lone DC.
            let error = i64::from(coefficient) - ((sign * value + 8) & !15);
            alone = error * error * weight;
        }
        if let Some((strength, source)) = self.psy
            && i != 0
        {
            let energy = (value + sign * i64::from(source[i] - coefficient)).abs();
            distortion -= i64::from(self.scaling.energy_weight[i]) * i64::from(strength) * energy;
            alone = distortion;
        }
        (distortion, alone)
    }

    /// What CAVLC's trellis weighs of a coefficient.
    pub(super) fn candidate(&self, i: usize, coefficient: i32) -> Candidate {
        let product = coefficient.unsigned_abs() * self.scaling.multiplier[i] as u32;
        let nearest = (product + 32768) >> 16;
        if nearest == 0 {
            return Candidate::default();
        }
        let value = |level: u32| i64::from((self.scaling.step[i] * level + 128) >> 8);
        let (below, near) = (value(nearest - 1), value(nearest));
        let magnitude = i64::from(coefficient.unsigned_abs());
        let square = |value: i64| (magnitude - value) * (magnitude - value);
        let mut loss = i64::from(self.scaling.weight[i]) * (square(below) - square(near));
        if let Some((strength, source)) = self.psy
            && i != 0
        {
            // x264 has this sign the other way round here.
            let rest = i64::from(source[i] - coefficient) * if coefficient < 0 { -1 } else { 1 };
            let weight = i64::from(self.scaling.energy_weight[i]) * i64::from(strength);
            loss += weight * ((below + rest).abs() - (near + rest).abs());
        }
        Candidate { nearest, starts_near: (product + 16384) >> 16 == nearest, loss }
    }

    /// Chooses the levels of coefficients in scan order, the first `first` of which are 0; which of them are not 0.
    #[inline(always)]
    pub(super) fn quantise(
        &self,
        significance: &Significance<N>,
        (coefficients, rounded): (&[i32; N], &Rounded<N>),
        first: usize,
        levels: &mut [i16; N],
    ) -> u64 {
        *levels = [0; N];
        if !rounded.any() {
            return 0;
        }
        let path = self.shortest_path(significance, (coefficients, rounded), first);
        let mut coded = 0;
        let mut rest = rounded.coded;
        while rest != 0 {
            let i = rest.trailing_zeros() as usize % N;
            rest &= rest - 1;
            let level = rounded.levels[i] - 1 + (path >> i & 1) as i16;
            coded |= u64::from(level != 0) << i;
            levels[i] = level * (coefficients[i] >> 31 | 1) as i16;
        }
        coded
    }

    /// At which of the coded positions the best path takes the nearest level. `first`: the first position of the block.
    #[inline(always)]
    fn shortest_path(
        &self,
        significance: &Significance<N>,
        (coefficients, rounded): (&[i32; N], &Rounded<N>),
        first: usize,
    ) -> u64 {
        let start = &significance.start;
        let rest = rounded.coded;
        let mut walk = Walk { few: Few::new(start), rest, before: 64 - rest.leading_zeros() as usize };
        let given = (coefficients, rounded);
        // As many nodes as levels can have led to.
        let goes_on = self.pass_one::<1>(significance, given, &mut walk)
            && self.pass_one::<2>(significance, given, &mut walk)
            && self.pass_one::<3>(significance, given, &mut walk);
        while goes_on && self.pass_one::<4>(significance, given, &mut walk) {}
        let Walk { few, mut rest, mut before } = walk;
        if rest == 0 {
            return few.best(significance.zeros[before] - significance.zeros[first]);
        }
        let mut nodes = few.nodes(start);
        while rest != 0 {
            let i = (63 - rest.leading_zeros()) as usize % N;
            rest ^= 1 << i;
            let zeros = significance.zeros[before] - significance.zeros[i + 1];
            before = i;
            for score in &mut nodes.score[1..] {
                *score += zeros;
            }
            let level = rounded.levels[i] as u16 as u32;
            let terms = |level: u32, bit: u64| {
                let (distortion, alone) = self.distortions(i, coefficients[i], level);
                let (bits, last) = (significance.one[i], significance.last[i]);
                Terms { level, bit, distortion, bits, alone, last }
            };
            nodes = if level == 1 {
                let zero = significance.zeros[i + 1] - significance.zeros[i];
                let left_out = leave_out(&nodes, self.distortions(i, coefficients[i], 0), zero);
                self.take_one(start, &nodes, left_out, terms(1, 1 << i))
            } else {
                let (below, nowhere) = (terms(level - 1, 0), Nodes::nowhere(start));
                let mut after = if level == 2 {
                    self.take_one(start, &nodes, nowhere, below)
                } else {
                    self.take_more(start, &nodes, nowhere, below)
                };
                after.large = (nodes.large + 1).min(4);
                self.take_more(start, &nodes, after, terms(level, 1 << i))
            };
        }
        nodes.best(significance.zeros[before] - significance.zeros[first])
    }

    /// Advances over a coefficient if its nearest level is 1, where none was larger so far; whether it did. ALIVE: to
    /// how many of the nodes anything leads at most.
    #[inline(always)]
    fn pass_one<const ALIVE: usize>(
        &self,
        significance: &Significance<N>,
        (coefficients, rounded): (&[i32; N], &Rounded<N>),
        Walk { few, rest, before }: &mut Walk,
    ) -> bool {
        let i = (63 - (*rest | 1).leading_zeros()) as usize % N;
        if *rest == 0 || rounded.levels[i] != 1 {
            return false;
        }
        let start = &significance.start;
        let (left_out, left_alone) = self.distortions(i, coefficients[i], 0);
        let (taken, taken_alone) = self.distortions(i, coefficients[i], 1);
        let zeros = significance.zeros[*before];
        let left_out = left_out + zeros - significance.zeros[i];
        let taken = taken + zeros - significance.zeros[i + 1];
        let take = |j: usize, bin: u32| few.score[j] + taken + price(significance.one[i] + bin, self.lambda);
        let alone = price(significance.last[i] + start.ones[0], self.lambda);
        let bit = 1 << i;
        let paths = few.path.map(|path| path | bit);
        let mut after = *few;
        after.score[0] += left_alone;
        for score in &mut after.score[1..ALIVE] {
            *score += left_out;
        }
        after.take(1, few.score[0] + taken_alone + alone, paths[0]);
        if ALIVE > 1 {
            after.take(2, take(1, start.ones[1]), paths[1]);
        }
        if ALIVE > 2 {
            let better = after.take(3, take(2, start.ones[2]), paths[2]);
            after.first = select_unpredictable(better, start.first[3], after.first);
        }
        if ALIVE > 3 {
            let better = after.take(3, take(3, cost(few.first, false)), paths[3]);
            after.first = select_unpredictable(better, next(few.first, false), after.first);
        }
        *few = after;
        *rest ^= bit;
        *before = i;
        true
    }

    /// Takes a level of 1 after each of the nodes: those that are better for it replace what there is.
    #[inline(always)]
    fn take_one(&self, start: &Start, nodes: &Nodes, mut after: Nodes, terms: Terms) -> Nodes {
        let path = |j: usize| nodes.path[j] | terms.bit;
        let score =
            |j: usize, bin: u32| nodes.score[j] + terms.distortion + price(terms.bits + bin, self.lambda);
        let alone = terms.alone + price(terms.last + start.ones[0], self.lambda);
        after.take(1, nodes.score[0] + alone, path(0), start.first[1]);
        after.take(2, score(1, start.ones[1]), path(1), start.first[2]);
        after.take(3, score(2, start.ones[2]), path(2), start.first[3]);
        let first = nodes.first;
        let score = |j: usize, first: u8| score(j, cost(first, false));
        after.take(3, score(3, first[3]), path(3), next(first[3], false));
        for (j, &first) in first.iter().enumerate().skip(4).take(nodes.large.min(3)) {
            after.take(j, score(j, first), path(j), next(first, false));
        }
        if nodes.large > 3 {
            let better = after.take(7, score(7, first[7]), path(7), next(first[7], false));
            after.other = select_unpredictable(better, nodes.other, after.other);
        }
        after
    }

    /// The same of a level of more than 1.
    #[inline(always)]
    fn take_more(&self, start: &Start, nodes: &Nodes, mut after: Nodes, terms: Terms) -> Nodes {
        let escape = if terms.level >= 15 { escape(terms.level) } else { 0 };
        let ones = terms.level.clamp(2, 15) as usize - 2;
        let path = |j: usize| nodes.path[j] | terms.bit;
        let score = |j: usize, bits: u32| {
            nodes.score[j] + terms.distortion + price(terms.bits + bits + escape, self.lambda)
        };
        // The first four nodes have the same context for the other bins.
        let few = unary(start.other[0], ones).0;
        let alone = terms.alone + price(terms.last + start.mores[0] + few + escape, self.lambda);
        let first = nodes.first;
        after.take(4, nodes.score[0] + alone, path(0), start.first[4]);
        after.take(4, score(1, start.mores[1] + few), path(1), start.first[4]);
        after.take(4, score(2, start.mores[2] + few), path(2), start.first[4]);
        after.take(4, score(3, cost(first[3], true) + few), path(3), start.first[4]);
        let score = |j: usize, first: u8, bits: u32| score(j, cost(first, true) + bits);
        let bits = |j: usize| unary(start.other[j], ones).0;
        for (j, &first) in first.iter().enumerate().skip(4).take(nodes.large.min(2)) {
            after.take(j + 1, score(j, first, bits(j)), path(j), next(first, true));
        }
        if nodes.large > 2 {
            let better = after.take(7, score(6, first[6], bits(6)), path(6), next(first[6], true));
            after.other = select_unpredictable(better, start.other[7], after.other);
        }
        if nodes.large > 3 {
            let (other_bits, other) = unary(nodes.other, ones);
            let better = after.take(7, score(7, first[7], other_bits), path(7), next(first[7], true));
            after.other = select_unpredictable(better, other, after.other);
        }
        after
    }
}

/// The nodes after a coefficient becomes 0.
#[inline(always)]
fn leave_out(nodes: &Nodes, (distortion, alone): (i64, i64), zero: i64) -> Nodes {
    let mut after = *nodes;
    after.score[0] += alone;
    for score in &mut after.score[1..] {
        *score += distortion + zero;
    }
    after
}

#[cfg(test)]
mod tests {
    use super::super::cabac::block::coded_of;
    use super::super::rate_distortion::prices::trellis_lambda;
    use super::*;

    fn levels<const N: usize>(
        category: Category,
        scaling: fn(&'static Scalings) -> &'static Scaling<N>,
        qp: u8,
        coefficients: [i32; N],
        first: usize,
    ) -> Vec<i16> {
        let contexts = Contexts::new(26);
        let weighing = Weighing {
            contexts: &contexts,
            category,
            scaling: scaling(Scalings::of(qp)),
            lambda: trellis_lambda(qp),
            psy: None,
        };
        let mut levels = [0; N];
        let significance = Significance::of(&contexts, category, weighing.lambda);
        let rounded = Rounded::of(weighing.scaling, &coefficients);
        let coded = weighing.quantise(&significance, (&coefficients, &rounded), first, &mut levels);
        assert_eq!(coded, coded_of(&levels));
        let end = levels.iter().rposition(|&level| level != 0).unwrap();
        levels[first..=end].to_vec()
    }

    const X: [i32; 16] = [300, -120, 80, 45, -60, 30, -22, 18, 15, -12, 9, -30, 14, 7, -5, 40];

    #[test]
    fn levels_are_those_of_annex_b() {
        let four = |qp| levels(Category::Luma4x4, |all| &all.four, qp, X, 0);
        assert_eq!(four(20), [12, -3, 2, 2, -1, 1, 0, 0, 0, 0, 0, -1]);
        assert_eq!(four(26), [6, -1, 1, 1]);
        assert_eq!(four(32), [3, -1]);
        for category in [Category::LumaAc, Category::ChromaAc] {
            let ac = |qp| levels(category, |all| &all.four, qp, X, 1);
            assert_eq!(ac(20), [-3, 2, 2, -1, 1, 0, 0, 0, 0, 0, -1]);
            assert_eq!(ac(26), [-1, 1, 1]);
            assert_eq!(ac(32), [-1]);
        }
        let dc = |qp| levels(Category::LumaDc, |all| &all.luma_dc, qp, X.map(|x| 2 * x), 0);
        assert_eq!(dc(20), [11, -5, 3, 2, -2, 1, -1, 1, 0, 0, 0, -1, 0, 0, 0, 1]);
        assert_eq!(dc(26), [6, -2, 2, 1, -1, 1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 1]);
        assert_eq!(dc(32), [3, -1, 1]);
        let chroma = |qp| levels(Category::ChromaDc, |all| &all.chroma_dc, qp, [500, -200, 150, 60], 0);
        assert_eq!(chroma(20), [10, -4, 3, 1]);
        assert_eq!(chroma(26), [5, -2, 1, 1]);
        assert_eq!(chroma(32), [2, -1, 1]);
        let x = std::array::from_fn(|i| ((37 * i as i32 + 11) % 61 - 30) * (256 / (i as i32 + 4)));
        let expected = [
            -6, 4, -1, -7, 1, -3, 2, 0, -3, 1, -1, 2, 0, -2, 1, -1, 1, 0, -1, 1, 0, 1, 0, -1, 0, 0, 1, 0, -1,
            1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1,
        ];
        assert_eq!(levels(Category::Luma8x8, |all| &all.eight, 32, x, 0), expected);
    }
}
