//! What a frame costs if it is predicted from one or two others (docs/spec/h264-clips.md, section 2.3).

use super::super::distortion::Metric;
use super::super::kernels::eights::{self, Stored as Source};
use super::super::motion::{Found, Limits, Manner, Prices, REACH, Search, Target, Vector};
use super::super::samples::{Cross, Quarters};
use super::intra::{IntraMeter, MOST};
use super::weights::Weight;
use super::{Lookahead, Seen, Terms, Vectors};
use crate::simd::{Job, Level, Simd, Window, each};

/// Below this a block that has not moved is good enough.
const GOOD_ENOUGH: u32 = 64;
/// Bits of a macroblock, with λ 1, and of vectors.
const BLOCK_BITS: u32 = 4;
const VECTOR_BITS: u32 = 5;
/// How many samples ahead is prefetched.
const AHEAD: i32 = 96;

/// What a frame costs with a choice of references.
#[derive(Debug, Clone, Default)]
pub(super) struct Cost {
    pub(super) known: bool,
    pub(super) sum: u64,
    /// The same as adaptive quantisation sees it.
    pub(super) adapted: u64,
    pub(super) blocks: Vec<Stored>,
}

/// What a macroblock costs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stored {
    pub(super) cost: u16,
    /// Bits of the lists used; 0 is intra.
    pub(super) used: u8,
}

/// Of a frame between others: how much the one before counts, of 64.
pub(super) fn weight_before(before: i64, both: i64, weighted: bool) -> i32 {
    if weighted { 64 - (distance_scale(before, both) >> 2) } else { 32 }
}

/// A frame's distance from the one before in 256ths of that of both its references.
fn distance_scale(before: i64, both: i64) -> i32 {
    (((before << 8) + (both >> 1)) / both) as i32
}

impl Lookahead {
    /// What frame `b` costs predicted from `p0` and, unless it is `b`, from `p1`: slots. Finds the vectors for it if nobody
    /// has needed them before.
    pub(super) fn cost(&mut self, p0: usize, p1: usize, b: usize) -> u64 {
        let at = self.cost_place(p0, p1, b);
        if !self.frames[b].costs[at].known {
            if p0 == p1 {
                self.measure_alone(b, at);
            } else {
                self.measure(p0, p1, b, at);
            }
        }
        self.frames[b].costs[at].sum
    }

    pub(super) fn cost_place(&self, p0: usize, p1: usize, b: usize) -> usize {
        let index = |slot: usize| self.frames[slot].index;
        let (before, after) = (index(b) - index(p0), index(p1) - index(b));
        before as usize * (self.terms().reach() + 1) + after as usize
    }

    /// What a frame costs as a P frame, or alone, to the rate control; the cost was found before.
    pub(super) fn adapted_cost(&self, p0: usize, b: usize) -> u64 {
        self.frames[b].costs[self.cost_place(p0, b, b)].adapted
    }

    /// What a frame costs predicted from nothing.
    pub(super) fn intra_cost(&mut self, b: usize) -> u64 {
        self.know_intra(b);
        self.frames[b].intra_sum
    }

    fn know_intra(&mut self, b: usize) {
        let mut seen = std::mem::take(&mut self.frames[b]);
        if !seen.intra_known {
            seen.intra_known = true;
            let Seen { half, intra_costs, .. } = &mut seen;
            let terms = self.terms();
            Level::current().run(IntraMeter { half, terms, costs: intra_costs });
            let counted = intra_costs.iter().enumerate();
            let counted = counted.filter(|(i, _)| terms.counts(i % terms.columns, i / terms.columns));
            seen.intra_sum = counted.map(|(_, &cost)| u64::from(cost)).sum();
        }
        self.frames[b] = seen;
    }

    fn measure_alone(&mut self, b: usize, at: usize) {
        self.know_intra(b);
        let mut seen = std::mem::take(&mut self.frames[b]);
        let terms = self.terms();
        let cost = &mut seen.costs[at];
        (cost.known, cost.sum, cost.adapted) = (true, 0, 0);
        for (i, intra) in seen.intra_costs.iter().enumerate() {
            if terms.counts(i % terms.columns, i / terms.columns) {
                cost.sum += u64::from(*intra);
                cost.adapted += u64::from((intra * seen.inverse[i] + 128) >> 8);
            }
        }
        if terms.whole_picture() {
            seen.intra_costs.iter_mut().for_each(|intra| *intra = (*intra).min(MOST));
        } else {
            let seen_costs = seen.intra_costs.iter_mut().enumerate();
            seen_costs
                .filter(|(i, _)| terms.counts(i % terms.columns, i / terms.columns))
                .for_each(|(_, intra)| *intra = (*intra).min(MOST));
        }
        self.frames[b] = seen;
    }

    fn measure(&mut self, p0: usize, p1: usize, b: usize, at: usize) {
        let index = |slot: usize| self.frames[slot].index;
        let distances = [(index(b) - index(p0)) as usize, (index(p1) - index(b)) as usize];
        let both = index(p1) - index(p0);
        let searches =
            [0, 1].map(|list| distances[list] > 0 && !self.frames[b].vectors[list][distances[list]].known);
        let fade = if searches[0] && b == p1 && self.terms().fades() {
            self.cost(b, b, b);
            self.fade(p0, b)
        } else {
            None
        };
        self.know_intra(b);
        let mut seen = std::mem::take(&mut self.frames[b]);
        let mut cost = std::mem::take(&mut seen.costs[at]);
        let mut vectors = [0, 1].map(|list| std::mem::take(&mut seen.vectors[list][distances[list]]));
        let terms = self.terms();
        let count = terms.columns * terms.rows;
        for (vectors, &searches) in vectors.iter_mut().zip(&searches) {
            if searches {
                vectors.known = true;
                vectors.spared = 0.0;
                vectors.found.clear();
                vectors.found.resize(count, Found { vector: Vector::ZERO, cost: 0 });
            }
        }
        if let Some(fade) = fade {
            vectors[0].spared = 1.0 - fade.share;
        }
        cost.known = true;
        cost.blocks.clear();
        cost.blocks.resize(count, Stored::default());
        let second = (b != p1).then(|| &self.frames[p1]);
        let direct = second.map(|second| &second.vectors[0][both as usize]).filter(|vectors| vectors.known);
        Level::current().run(Meter {
            terms,
            prices: &self.prices,
            current: &seen,
            halves: [&self.frames[p0].half, second.map_or(&seen.half, |second| &second.half)],
            is_b: second.is_some(),
            direct,
            scale: distance_scale(distances[0] as i64, both),
            share: weight_before(distances[0] as i64, both, self.terms().parameters.prediction.mixes_by_time),
            weight: fade.map(|fade| fade.weight),
            searches,
            vectors: &mut vectors,
            cost: &mut cost,
        });
        if second.is_some() {
            cost.sum = cost.sum * 100 / 120;
        }
        seen.costs[at] = cost;
        for (list, vectors) in vectors.into_iter().enumerate() {
            if distances[list] > 0 {
                seen.vectors[list][distances[list]] = vectors;
            }
        }
        self.frames[b] = seen;
    }
}

/// Finds what a frame costs with one choice of references.
struct Meter<'a> {
    terms: &'a Terms,
    prices: &'a Prices,
    current: &'a Seen,
    halves: [&'a Quarters; 2],
    is_b: bool,
    /// The vectors from the reference after to the one before.
    direct: Option<&'a Vectors>,
    scale: i32,
    /// How much the reference before counts, of 64.
    share: i32,
    weight: Option<Weight>,
    searches: [bool; 2],
    vectors: &'a mut [Vectors; 2],
    cost: &'a mut Cost,
}

/// A macroblock at half size.
#[derive(Clone, Copy)]
struct Block<'a> {
    place: (usize, usize),
    source: &'a Source,
}

impl Block<'_> {
    /// Where it is, in quarter samples.
    fn origin(&self) -> Vector {
        Vector::new(32 * self.place.0 as i32, 32 * self.place.1 as i32)
    }
}

/// A macroblock that is searched for in a frame.
struct InFrame<'a, S> {
    simd: S,
    half: &'a Quarters,
    /// Where the macroblock is, in quarter samples.
    origin: Vector,
    source: &'a Source,
    weight: Option<Weight>,
}

impl<S: Simd> InFrame<'_, S> {
    /// The distortion of what a vector points at, as it is.
    #[inline(always)]
    fn plain(&self, vector: Vector, metric: Metric) -> u32 {
        let Self { simd, half, source, .. } = *self;
        let at = self.origin + vector;
        simd.vectorize(
            #[inline(always)]
            || eights::distortion(simd, metric, source, half.eight(simd, at)),
        )
    }

    /// The same once it is weighed.
    #[inline(never)]
    fn weighed(&self, vector: Vector, weight: Weight, metric: Metric) -> u32 {
        let Self { simd, half, source, .. } = *self;
        let at = self.origin + vector;
        simd.vectorize(
            #[inline(always)]
            || {
                let mut prediction = half.block::<8, 64>(at.x, at.y);
                weight.apply(&mut prediction);
                let prediction = eights::load(simd, Window::of(&prediction, 8, 8));
                eights::distortion(simd, metric, source, prediction)
            },
        )
    }

    /// The block at a vector and those half a sample from it, if they need no other look.
    #[inline(always)]
    fn cross(&self, vector: Vector) -> Option<Cross<'_>> {
        if self.weight.is_some() { None } else { self.half.cross(self.origin + vector, 8, 8) }
    }
}

impl<S: Simd> Target for InFrame<'_, S> {
    fn distortion(&self, vector: Vector, metric: Metric) -> u32 {
        match self.weight {
            None => self.plain(vector, metric),
            Some(weight) => self.weighed(vector, weight, metric),
        }
    }

    fn differences_around<const N: usize>(&self, centre: Vector, steps: [Vector; N]) -> [u32; N] {
        let Self { simd, half, source, origin, weight } = *self;
        let at = centre + origin.whole();
        let window = if weight.is_none() { half.around((at.x, at.y), 8, 8, REACH) } else { None };
        let Some(window) = window else {
            return self.differences_one_by_one(centre, steps);
        };
        simd.vectorize(
            #[inline(always)]
            || {
                let mut found = [0; N];
                for (found, step) in found.iter_mut().zip(steps) {
                    let at = [step.x, step.y].map(|step| (step + REACH as i32) as usize);
                    *found = eights::differences(
                        simd,
                        source,
                        eights::load(simd, window.part((at[0], at[1]), 8, 8)),
                    );
                }
                found
            },
        )
    }

    fn differences_at_halves(&self, centre: Vector) -> [u32; 4] {
        let Self { simd, source, .. } = *self;
        let Some(cross) = self.cross(centre) else {
            return self.distortions_one_by_one(centre, 2, Metric::Sad);
        };
        simd.vectorize(
            #[inline(always)]
            || each!(4, i => eights::differences(simd, source, eights::load(simd, cross.arms[i]))),
        )
    }

    fn distortions_at_quarters(&self, centre: Vector, metric: Metric) -> [u32; 4] {
        let Self { simd, source, .. } = *self;
        let Some(cross) = self.cross(centre) else {
            return self.distortions_one_by_one(centre, 1, metric);
        };
        simd.vectorize(
            #[inline(always)]
            || {
                let centre = eights::load(simd, cross.centre);
                each!(4, i => {
                    let mean = eights::mean::<S>(centre, eights::load(simd, cross.arms[i]));
                    eights::distortion(simd, metric, source, mean)
                })
            },
        )
    }
}

impl Job for Meter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let terms = self.terms;
        (self.cost.sum, self.cost.adapted) = (0, 0);
        for y in (0..terms.rows).rev() {
            for x in (0..terms.columns).rev() {
                // 64 bytes are eight blocks.
                if x.is_multiple_of(8) {
                    self.prefetch(simd, (x, y));
                }
                if terms.whole_picture() || terms.counts(x, y) {
                    self.block(simd, x, y);
                }
            }
        }
    }
}

impl Meter<'_> {
    fn manner(&self) -> Manner {
        let prediction = &self.terms.parameters.prediction;
        if self.terms.parameters.subme >= 2 {
            Manner { level: 4, hexagon: prediction.hexagon, metric: Metric::Satd, chroma: false }
        } else {
            Manner { level: 2, hexagon: false, metric: Metric::Sad, chroma: false }
        }
    }

    /// Prefetches what the next blocks' searches reach in each reference, and those for the blocks below them did not:
    /// three frames at half size, each once for every half sample, do not fit into the near caches.
    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, (x, y): (usize, usize)) {
        let at = (8 * x as i32 - AHEAD, 8 * y as i32 - 4);
        let lists = if self.is_b { 2 } else { 1 };
        for half in &self.halves[..lists] {
            half.prefetch(simd, at, 8);
        }
    }

    fn block<S: Simd>(&mut self, simd: S, x: usize, y: usize) {
        let place = y * self.terms.columns + x;
        let at = Vector::new(32 * x as i32, 32 * y as i32);
        let source = Source::of::<S>(self.current.half.eight(simd, at));
        let block = Block { place: (x, y), source: &source };
        let (mut best, mut used) = (u32::MAX, 0);
        let mut take = |cost: u32, with: u8| {
            if cost < best {
                (best, used) = (cost, with);
            }
        };
        if self.is_b {
            let [before, after] = self.direct_vectors(x, y);
            take(self.both(simd, block, before, after), 3);
            if before != Vector::ZERO || after != Vector::ZERO {
                take(self.both(simd, block, Vector::ZERO, Vector::ZERO), 3);
            }
        }
        let lists = if self.is_b { 2 } else { 1 };
        for list in 0..lists {
            if self.searches[list] {
                let found = self.search(simd, list, block);
                self.vectors[list].found[place] = found;
            }
            take(self.vectors[list].found[place].cost, list as u8 + 1);
        }
        if self.is_b {
            let [before, after] = [0, 1].map(|list| self.vectors[list].found[place].vector);
            if before != Vector::ZERO || after != Vector::ZERO {
                take(self.both(simd, block, before, after) + VECTOR_BITS, 3);
            }
        }
        best += BLOCK_BITS;
        let intra = self.current.intra_costs[place];
        if !self.is_b && intra < best {
            (best, used) = (intra, 0);
        }
        self.cost.blocks[place] = Stored { cost: best.min(MOST) as u16, used };
        if self.terms.counts(x, y) {
            self.cost.sum += u64::from(best);
            self.cost.adapted += u64::from((best * self.current.inverse[place] + 128) >> 8);
        }
    }

    fn limits(&self, x: usize, y: usize) -> Limits {
        Limits::of((8, 12, 0), (x, y), (self.terms.columns, self.terms.rows), 2 * self.terms.range)
    }

    /// The vectors that the frame after gives a block.
    fn direct_vectors(&self, x: usize, y: usize) -> [Vector; 2] {
        let Some(direct) = self.direct else { return [Vector::ZERO; 2] };
        let whole = direct.found[y * self.terms.columns + x].vector;
        let scaled = |component: i32| (component * self.scale + 128) >> 8;
        let before = Vector::new(scaled(whole.x), scaled(whole.y));
        let limits = self.limits(x, y);
        [before, before - whole].map(|vector| {
            let vector = limits.clip_vector(vector);
            if self.terms.parameters.subme <= 1 { Vector::new(vector.x & !1, vector.y & !1) } else { vector }
        })
    }

    /// The distortion of a prediction from both references.
    fn both<S: Simd>(&self, simd: S, block: Block<'_>, before: Vector, after: Vector) -> u32 {
        let half = |vector: Vector| {
            let even = self.terms.parameters.subme <= 1;
            if even { Vector::new(vector.x & !1, vector.y & !1) } else { vector }
        };
        let metric = self.manner().metric;
        simd.vectorize(
            #[inline(always)]
            || {
                let vectors = [before, after];
                let [a, b] = each!(2, list => {
                    let at = block.origin() + half(vectors[list]);
                    self.halves[list].eight(simd, at)
                });
                eights::distortion(simd, metric, block.source, eights::average(simd, a, b, self.share))
            },
        )
    }

    fn search<S: Simd>(&self, simd: S, list: usize, block: Block<'_>) -> Found {
        let (x, y) = block.place;
        let manner = self.manner();
        let weight = self.weight.filter(|_| list == 0);
        let target =
            InFrame { simd, half: self.halves[list], origin: block.origin(), source: block.source, weight };
        let (candidates, count) = self.neighbours(list, x, y);
        let candidates = &candidates[..count];
        let predicted = match *candidates {
            [] => Vector::ZERO,
            [only] => only,
            [a, b] => Vector::median(a, b, Vector::ZERO),
            [a, b, c, ..] => Vector::median(a, b, c),
        };
        if predicted == Vector::ZERO {
            let cost = target.plain(Vector::ZERO, manner.metric);
            if cost < GOOD_ENOUGH {
                return Found { vector: Vector::ZERO, cost };
            }
        }
        let limits = self.limits(x, y);
        let prices = self.prices.at(1);
        let price = |vector: Vector| prices.of(vector - predicted);
        let search = Search { manner, predicted, limits, target, chroma: |_, _| 0, price };
        let best = search.run(candidates.iter().copied());
        // The shortest difference costs nothing here, and a vector of any length 5 bits.
        let moved = if best.vector == Vector::ZERO { 0 } else { VECTOR_BITS };
        Found { vector: best.vector, cost: best.cost - 1 + moved }
    }

    /// The vectors of the blocks that were searched before: to the right, below, and below at both sides.
    fn neighbours(&self, list: usize, x: usize, y: usize) -> ([Vector; 4], usize) {
        let Terms { columns, rows, slices, .. } = *self.terms;
        let place = y * columns + x;
        let is_last = y + 1 == rows || slices.start(y + 1);
        let (has_right, below) = (x + 1 < columns, place + columns);
        let searched = &self.vectors[list].found;
        let mut found = ([Vector::ZERO; 4], 0);
        let mut take = |at: usize| {
            found.0[found.1] = searched[at].vector;
            found.1 += 1;
        };
        if has_right {
            take(place + 1);
        }
        if !is_last {
            take(below);
            if x > 0 {
                take(below - 1);
            }
            if has_right {
                take(below + 1);
            }
        }
        found
    }
}
