//! Trellis quantisation (docs/spec/h264-presets.md, section 6): the levels of a block whose distortion, with the bits
//! that they cost in the context model, is least.

use super::cabac::block::{AFTER_MORE, AFTER_ONE, Category, FIRST_BIN, other_bins};
use super::cabac::{BIT, Contexts, LAST_8X8, SIGNIFICANCE_8X8, cost, escape, next, unary};
use super::cavlc::trellis::Candidate;
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

/// The scalings of a QP.
#[derive(Debug)]
pub(super) struct Scalings {
    pub(super) four: Scaling<16>,
    pub(super) eight: Scaling<64>,
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
            i += 1;
        }
        let multiplier = four.multiplier[0] as u32;
        let step = four.step[0];
        Self { four, eight, luma_dc: Scaling::dc(multiplier, step), chroma_dc: Scaling::dc(multiplier, step) }
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
/// macroblock's λ.
#[derive(Debug)]
pub(super) struct Significance<const N: usize> {
    /// The summed costs of zeros before each scan position, times λ.
    zeros: [i64; 65],
    /// The bits of a coefficient that is not the last, and of the last.
    one: [u32; N],
    last: [u32; N],
}

impl<const N: usize> Significance<N> {
    pub(super) fn of(contexts: &Contexts, category: Category, lambda: u32) -> Self {
        let bases = category.bases();
        let mut significance = Self { zeros: [0; 65], one: [0; N], last: [0; N] };
        for i in 0..N - 1 {
            let (coded, last) = match category {
                Category::Luma8x8 => (usize::from(SIGNIFICANCE_8X8[i]), usize::from(LAST_8X8[i])),
                // AC blocks count from the DC on, too: one context further than the coder.
                _ => (i, i),
            };
            let coded = contexts.state(bases.significance + coded);
            let last = contexts.state(bases.last + last);
            let one = cost(coded, true);
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

/// A way to code the coefficients from some position on. Its place among the nodes says how many levels were coded:
/// none; of 1 alone, one, two, more; of more than 1, one, two, three, more.
#[derive(Debug, Clone, Copy)]
struct Node {
    score: i64,
    /// By scan position: the nearest level, or the one below.
    path: u64,
    /// The context of the next level's first bin. Others than that of node 3 and those from 4 on pass it once only, so
    /// that it need not be remembered there.
    first: u8,
    /// The context of the other bins, which only node 7 passes again and again.
    other: u8,
}

/// No state: the context is as it was at the start.
const INITIAL: u8 = u8::MAX;

/// More than any score.
const NOWHERE: i64 = 1 << 60;
const EMPTY: Node = Node { score: NOWHERE, path: 0, first: INITIAL, other: INITIAL };

/// The contexts of levels as a block starts.
struct Start {
    first: [u8; 8],
    other: [u8; 8],
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
        self.score[node] = if better { score } else { self.score[node] };
        self.path[node] = if better { path } else { self.path[node] };
        better
    }

    /// The path of the best node, where all but the first have zeros to come.
    fn best(&self, zeros: i64) -> u64 {
        let (mut score, mut path) = (self.score[0], self.path[0]);
        for j in 1..4 {
            if self.score[j] + zeros < score {
                (score, path) = (self.score[j] + zeros, self.path[j]);
            }
        }
        path
    }

    /// The same among all nodes.
    fn nodes(&self) -> [Node; 8] {
        let mut nodes = [EMPTY; 8];
        for (node, (&score, &path)) in nodes.iter_mut().zip(self.score.iter().zip(&self.path)) {
            (node.score, node.path) = (score, path);
        }
        nodes[3].first = self.first;
        nodes
    }
}

impl<const N: usize> Weighing<'_, N> {
    /// The distortion of a level: as if others are coded, and as if the lone DC is.
    fn distortions(&self, i: usize, coefficient: i32, level: u32) -> (i64, i64) {
        let magnitude = i64::from(coefficient.unsigned_abs());
        let value = i64::from((self.scaling.step[i] * level + 128) >> 8);
        let weight = i64::from(self.scaling.weight[i]);
        let mut distortion = (magnitude - value) * (magnitude - value) * weight;
        let sign = if coefficient < 0 { -1 } else { 1 };
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
            levels[i] = if coefficients[i] < 0 { -level } else { level };
        }
        coded
    }

    /// At which of the coded positions the best path takes the nearest level. `first`: the first position of the block.
    fn shortest_path(
        &self,
        significance: &Significance<N>,
        (coefficients, rounded): (&[i32; N], &Rounded<N>),
        first: usize,
    ) -> u64 {
        let states: &[u8; 10] = self.contexts.states(self.category.bases().level);
        let start = Start {
            first: FIRST_BIN.map(|place| states[usize::from(place)]),
            other: std::array::from_fn(|j| states[other_bins(self.category, j)]),
        };
        let mut rest = rounded.coded;
        let mut before = 63 - rest.leading_zeros() as usize + 1;
        let mut few = Few::new(&start);
        while rest != 0 {
            let i = (63 - rest.leading_zeros()) as usize % N;
            if rounded.levels[i] != 1 {
                break;
            }
            rest ^= 1 << i;
            self.pass_one(&start, &mut few, significance, coefficients[i], (before, i));
            before = i;
        }
        if rest == 0 {
            return few.best(significance.zeros[before] - significance.zeros[first]);
        }
        let mut nodes = few.nodes();
        while rest != 0 {
            let i = (63 - rest.leading_zeros()) as usize % N;
            rest ^= 1 << i;
            let zeros = significance.zeros[before] - significance.zeros[i + 1];
            before = i;
            for node in &mut nodes[1..] {
                node.score += zeros;
            }
            let level = rounded.levels[i] as u16 as u32;
            let mut after = if level == 1 {
                let zero = significance.zeros[i + 1] - significance.zeros[i];
                self.leave_out(&nodes, self.distortions(i, coefficients[i], 0), zero)
            } else {
                let mut after = [EMPTY; 8];
                self.advance(&start, &nodes, &mut after, significance, coefficients, (i, level - 1, 0));
                after
            };
            self.advance(&start, &nodes, &mut after, significance, coefficients, (i, level, 1 << i));
            nodes = after;
        }
        let zeros = significance.zeros[before] - significance.zeros[first];
        let mut best = nodes[0];
        for node in &nodes[1..] {
            if node.score + zeros < best.score {
                best = Node { score: node.score + zeros, ..*node };
            }
        }
        best.path
    }

    /// Advances over a coefficient whose nearest level is 1, where none was larger so far. `before`: the place of the
    /// coefficient before in the walk.
    #[inline(always)]
    fn pass_one(
        &self,
        start: &Start,
        few: &mut Few,
        significance: &Significance<N>,
        coefficient: i32,
        (before, i): (usize, usize),
    ) {
        let (left_out, left_alone) = self.distortions(i, coefficient, 0);
        let (taken, taken_alone) = self.distortions(i, coefficient, 1);
        let zeros = significance.zeros[before];
        let left_out = left_out + zeros - significance.zeros[i];
        let taken = taken + zeros - significance.zeros[i + 1];
        let one = significance.one[i] + BIT;
        let take = |j: usize, first: u8| few.score[j] + taken + price(one + cost(first, false), self.lambda);
        let alone = price(significance.last[i] + BIT + cost(start.first[0], false), self.lambda);
        let takes = [
            few.score[0] + taken_alone + alone,
            take(1, start.first[1]),
            take(2, start.first[2]),
            take(3, few.first),
        ];
        let bit = 1 << i;
        let paths = few.path.map(|path| path | bit);
        let mut after = Few {
            score: [
                few.score[0] + left_alone,
                few.score[1] + left_out,
                few.score[2] + left_out,
                few.score[3] + left_out,
            ],
            ..*few
        };
        after.take(1, takes[0], paths[0]);
        after.take(2, takes[1], paths[1]);
        if after.take(3, takes[2], paths[2]) {
            after.first = start.first[3];
        }
        if after.take(3, takes[3], paths[3]) {
            after.first = next(few.first, false);
        }
        *few = after;
    }

    /// The nodes after a coefficient becomes 0.
    #[inline(always)]
    fn leave_out(&self, nodes: &[Node; 8], (distortion, alone): (i64, i64), zero: i64) -> [Node; 8] {
        let mut after = *nodes;
        after[0].score += alone;
        for node in &mut after[1..] {
            node.score += distortion + zero;
        }
        after
    }

    /// Codes a level after each of the nodes: those that are better for it replace what there is.
    #[inline(always)]
    fn advance(
        &self,
        start: &Start,
        nodes: &[Node; 8],
        after: &mut [Node; 8],
        significance: &Significance<N>,
        coefficients: &[i32; N],
        (i, level, bit): (usize, u32, u64),
    ) {
        let (distortion, alone) = self.distortions(i, coefficients[i], level);
        let (last, one) = (significance.last[i], significance.one[i]);
        let escape = if level >= 15 { escape(level) } else { 0 };
        let ones = level.clamp(2, 15) as usize - 2;
        for (j, node) in nodes.iter().enumerate() {
            if node.score >= NOWHERE / 2 {
                continue;
            }
            let (distortion, bits) = if j == 0 { (alone, last) } else { (distortion, one) };
            // What was not remembered is as it was at the start.
            let first = if j >= 3 && node.first != INITIAL { node.first } else { start.first[j] };
            let mut bits = bits + BIT + cost(first, level > 1);
            let mut next_node = Node { path: node.path | bit, first: INITIAL, other: INITIAL, ..*node };
            let target = if level == 1 {
                let target = usize::from(AFTER_ONE[j]);
                if j >= 3 {
                    next_node.first = next(first, false);
                    next_node.other = node.other;
                }
                target
            } else {
                let other = if j == 7 && node.other != INITIAL { node.other } else { start.other[j] };
                let (cost, state) = unary(other, ones);
                bits += cost + escape;
                if j >= 4 {
                    next_node.first = next(first, true);
                }
                if j == 7 {
                    next_node.other = state;
                }
                usize::from(AFTER_MORE[j])
            };
            next_node.score = node.score + distortion + price(bits, self.lambda);
            if next_node.score < after[target].score {
                after[target] = next_node;
            }
        }
    }
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
