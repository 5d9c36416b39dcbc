//! The search for a vector: whole samples first, then what is between them (docs/spec/h264-clips.md, section 6.3).

use super::super::distortion::Metric;
use super::{Found, Limits, Vector};

const ROUNDS: usize = 16;
const AROUND: [Vector; 4] = [Vector::new(0, -1), Vector::new(0, 1), Vector::new(-1, 0), Vector::new(1, 0)];
const SQUARE: [Vector; 8] = [
    AROUND[0],
    AROUND[1],
    AROUND[2],
    AROUND[3],
    Vector::new(-1, -1),
    Vector::new(-1, 1),
    Vector::new(1, -1),
    Vector::new(1, 1),
];
const HEXAGON: [Vector; 6] = [
    Vector::new(-2, 0),
    Vector::new(-1, 2),
    Vector::new(1, 2),
    Vector::new(2, 0),
    Vector::new(1, -2),
    Vector::new(-1, -2),
];
const HEXAGON_ROUNDS: usize = 7;
/// How far a step between whole samples goes along an axis.
pub(in super::super) const REACH: usize = 2;

/// How a block is searched for.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Manner {
    /// As far as x264's subme of this number.
    pub(in super::super) level: u8,
    /// Whole samples in a hexagon, not a diamond.
    pub(in super::super) hexagon: bool,
    /// What counts between samples; the search of whole ones is by differences.
    pub(in super::super) metric: Metric,
    /// Whether chroma counts between samples.
    pub(in super::super) chroma: bool,
}

impl Manner {
    /// Rounds of half and quarter samples before the choice of a partition.
    fn rounds(self) -> (usize, usize) {
        match self.level {
            0 | 1 => (0, 0),
            2 | 3 => (1, 0),
            4 => (1, 1),
            5 => (1, 2),
            6 | 7 => (2, 2),
            _ => (4, 10),
        }
    }

    /// The same after it.
    fn final_rounds(self) -> (usize, usize) {
        match self.level {
            0 => (0, 0),
            1 => (1, 1),
            2 => (0, 1),
            3..=5 => (0, 2),
            _ => (0, 0),
        }
    }
}

/// A block of which predictions by vectors, in quarter samples, are compared.
pub(in super::super) trait Target {
    /// How far the prediction by a vector is from it.
    fn distortion(&self, vector: Vector, metric: Metric) -> u32;

    /// The differences that vectors leave to a whole sample and those so many whole samples from it, at most [`REACH`]
    /// along each axis.
    fn differences_around<const N: usize>(&self, centre: Vector, steps: [Vector; N]) -> [u32; N] {
        self.differences_one_by_one(centre, steps)
    }

    /// The same of half a sample up, down, to the left and to the right of a vector.
    fn differences_at_halves(&self, centre: Vector) -> [u32; 4] {
        self.distortions_one_by_one(centre, 2, Metric::Sad)
    }

    /// The distortions a quarter of a sample from a vector.
    fn distortions_at_quarters(&self, centre: Vector, metric: Metric) -> [u32; 4] {
        self.distortions_one_by_one(centre, 1, metric)
    }

    /// [`differences_around`](Self::differences_around) where nothing is shared between them.
    fn differences_one_by_one<const N: usize>(&self, centre: Vector, steps: [Vector; N]) -> [u32; N] {
        steps.map(|step| self.distortion((centre + step).quarters(), Metric::Sad))
    }

    /// The distortions up, down, to the left and to the right of a vector, so many quarter samples from it.
    fn distortions_one_by_one(&self, centre: Vector, distance: i32, metric: Metric) -> [u32; 4] {
        AROUND.map(|step| {
            let step = Vector::new(distance * step.x, distance * step.y);
            self.distortion(centre + step, metric)
        })
    }
}

impl<D: Fn(Vector, Metric) -> u32> Target for D {
    fn distortion(&self, vector: Vector, metric: Metric) -> u32 {
        self(vector, metric)
    }
}

/// A block that is searched for: `chroma` is the distortion of a chroma plane by a vector in quarter samples, `price` what
/// such a vector costs.
pub(in super::super) struct Search<T, C, P> {
    pub(in super::super) manner: Manner,
    pub(in super::super) predicted: Vector,
    pub(in super::super) limits: Limits,
    pub(in super::super) target: T,
    pub(in super::super) chroma: C,
    pub(in super::super) price: P,
}

/// What the searches in the frames of a list before found for a whole macroblock: one that is far from it is given up on.
/// `None` where there is one frame alone.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Threshold(Option<i64>);

impl Threshold {
    /// Before the first search in a list of so many frames.
    pub(in super::super) fn new(frames: u8) -> Self {
        Self((frames > 1).then_some(i64::MAX))
    }

    /// Whether a search that has come to a cost ends there. What the choice of the frame costs counts as well.
    fn ends(&mut self, cost: u32, entry: u32) -> bool {
        let Some(least) = &mut self.0 else { return false };
        let limit = least.saturating_sub(entry.into());
        if i64::from((cost * 7) >> 3) > limit {
            return true;
        }
        *least = (*least).min(i64::from(cost) + i64::from(entry));
        false
    }
}

impl<T: Target, C: Fn(Vector, usize) -> u32, P: Fn(Vector) -> u32> Search<T, C, P> {
    /// The best vector and what it costs, with its price.
    pub(in super::super) fn run(&self, candidates: impl IntoIterator<Item = Vector>) -> Found {
        self.run_below(candidates, 0, &mut Threshold(None))
    }

    /// The same in a frame whose choice costs so much, among several.
    pub(in super::super) fn run_below(
        &self,
        candidates: impl IntoIterator<Item = Vector>,
        entry: u32,
        threshold: &mut Threshold,
    ) -> Found {
        let mut best = if self.manner.level < 3 { self.coarse(candidates) } else { self.fine(candidates) };
        if self.manner.level >= 2 {
            let (halves, quarters) = self.manner.rounds();
            self.refine_halves(&mut best, halves);
            self.refine_quarters(&mut best, quarters, entry, threshold);
        }
        best
    }

    /// What is around a vector that was found in a frame much like this one.
    pub(in super::super) fn run_around(
        &self,
        vector: Vector,
        entry: u32,
        threshold: &mut Threshold,
    ) -> Found {
        let mut best = Found { vector, cost: u32::MAX };
        self.refine_quarters(&mut best, self.manner.rounds().1.min(2), entry, threshold);
        best
    }

    /// Makes the vector of a chosen partition as good as it gets.
    pub(in super::super) fn finish(&self, best: &mut Found) {
        let (halves, quarters) = self.manner.final_rounds();
        self.refine_halves(best, halves);
        self.walk_quarters(best, quarters, true);
    }

    fn differences(&self, vector: Vector) -> u32 {
        self.target.distortion(vector, Metric::Sad) + (self.price)(vector)
    }

    fn whole(&self, position: Vector) -> u32 {
        self.differences(position.quarters())
    }

    /// What whole positions cost that are so far from another one.
    #[inline(always)]
    fn around<const N: usize>(&self, centre: Vector, steps: [Vector; N]) -> [Found; N] {
        let differences = self.target.differences_around(centre, steps);
        std::array::from_fn(|i| {
            let vector = centre + steps[i];
            Found { vector, cost: differences[i] + (self.price)(vector.quarters()) }
        })
    }

    /// Starts at whole samples.
    fn coarse(&self, candidates: impl IntoIterator<Item = Vector>) -> Found {
        let start = self.limits.clip(self.predicted.whole());
        // The place to start from does not pay for its vector before the end.
        let mut best = Found { vector: start, cost: self.target.distortion(start.quarters(), Metric::Sad) };
        for candidate in candidates {
            let candidate = candidate.whole();
            if candidate != Vector::ZERO && candidate != start {
                let position = self.limits.clip(candidate);
                best.take(position, self.whole(position));
            }
        }
        if start != Vector::ZERO {
            best.take(Vector::ZERO, self.whole(Vector::ZERO));
        }
        self.walk(&mut best);
        let vector = best.vector.quarters();
        Found { vector, cost: best.cost + if best.vector == start { (self.price)(vector) } else { 0 } }
    }

    /// Starts between samples.
    fn fine(&self, candidates: impl IntoIterator<Item = Vector>) -> Found {
        let start = self.limits.clip_quarters(self.predicted);
        let first = Found { vector: start, cost: self.differences(start) };
        let mut near = first;
        for candidate in candidates {
            if candidate != Vector::ZERO && candidate != start {
                let vector = self.limits.clip_quarters(candidate);
                near.take(vector, self.differences(vector));
            }
        }
        let position = near.vector.whole();
        let is_whole = position.quarters() == near.vector;
        let cost = if is_whole { near.cost } else { self.whole(position) };
        let mut best = Found { vector: position, cost };
        if start == Vector::ZERO {
            best.take(Vector::ZERO, first.cost);
        } else if position != Vector::ZERO {
            best.take(Vector::ZERO, self.whole(Vector::ZERO));
        }
        self.walk(&mut best);
        if near.cost < best.cost { near } else { Found { vector: best.vector.quarters(), cost: best.cost } }
    }

    /// Goes from whole position to whole position.
    fn walk(&self, best: &mut Found) {
        if self.manner.hexagon {
            self.walk_hexagon(best);
        } else {
            self.walk_diamond(best);
        }
    }

    fn walk_diamond(&self, best: &mut Found) {
        for _ in 0..ROUNDS {
            let centre = best.vector;
            for Found { vector, cost } in self.around(centre, AROUND) {
                best.take(vector, cost);
            }
            if best.vector == centre || !self.limits.contain(best.vector) {
                break;
            }
        }
    }

    fn walk_hexagon(&self, best: &mut Found) {
        let mut direction = None;
        let mut take = |best: &mut Found, which: usize, Found { vector, cost }: Found| {
            if cost < best.cost {
                best.take(vector, cost);
                direction = Some(which);
            }
            direction
        };
        let mut last = None;
        for (which, found) in self.around(best.vector, HEXAGON).into_iter().enumerate() {
            last = take(best, which, found);
        }
        if let Some(mut towards) = last {
            for _ in 0..HEXAGON_ROUNDS {
                let centre = best.vector;
                if !self.limits.contain(centre) {
                    break;
                }
                let sides = [towards + 5, towards, towards + 1].map(|which| which % 6);
                let found = self.around(centre, sides.map(|which| HEXAGON[which]));
                for (which, found) in sides.into_iter().zip(found) {
                    last = take(best, which, found);
                }
                if best.vector == centre {
                    break;
                }
                towards = last.unwrap_or(towards);
            }
        }
        for Found { vector, cost } in self.around(best.vector, SQUARE) {
            best.take(vector, cost);
        }
    }

    fn refine_halves(&self, best: &mut Found, rounds: usize) {
        if rounds == 0 {
            return;
        }
        if self.manner.level < 3 {
            let near = self.limits.clip_inside(self.predicted);
            if near != best.vector {
                best.take(near, self.differences(near));
            }
        }
        for _ in 0..rounds {
            let centre = best.vector;
            for (step, differences) in AROUND.into_iter().zip(self.target.differences_at_halves(centre)) {
                let vector = centre + step + step;
                best.take(vector, differences + (self.price)(vector));
            }
            if best.vector == centre {
                break;
            }
        }
    }

    /// The same in quarters, once the cost is by the metric that counts between samples.
    fn refine_quarters(&self, best: &mut Found, rounds: usize, entry: u32, threshold: &mut Threshold) {
        if self.manner.metric == Metric::Satd {
            let distortion = self.target.distortion(best.vector, Metric::Satd);
            best.cost = self.with_chroma_below(best.vector, distortion, u32::MAX);
        }
        if !threshold.ends(best.cost, entry) {
            self.walk_quarters(best, rounds, false);
        }
    }

    fn walk_quarters(&self, best: &mut Found, rounds: usize, is_final: bool) {
        let mut came_from = None;
        for _ in 0..rounds {
            let centre = best.vector;
            if !self.limits.hold_inside(centre) {
                break;
            }
            // Where it came from is no better.
            let skipped = came_from.filter(|_| !is_final);
            if skipped.is_none() {
                let around = self.target.distortions_at_quarters(centre, self.manner.metric);
                for (step, distortion) in AROUND.into_iter().zip(around) {
                    self.take(best, centre + step, distortion);
                }
            } else {
                for vector in
                    AROUND.into_iter().filter(|&step| skipped != Some(step)).map(|step| centre + step)
                {
                    self.take(best, vector, self.target.distortion(vector, self.manner.metric));
                }
            }
            if best.vector == centre {
                break;
            }
            came_from = Some(centre - best.vector);
        }
    }

    /// Takes a vector of this distortion if it is cheaper.
    #[inline(always)]
    fn take(&self, best: &mut Found, vector: Vector, distortion: u32) {
        best.take(vector, self.with_chroma_below(vector, distortion, best.cost));
    }

    /// What a vector of this distortion costs, if it is less than `limit`.
    #[inline(always)]
    fn with_chroma_below(&self, vector: Vector, distortion: u32, limit: u32) -> u32 {
        let mut cost = distortion + (self.price)(vector);
        if self.manner.chroma {
            for plane in 0..2 {
                if cost < limit {
                    cost += (self.chroma)(vector, plane);
                }
            }
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_search_finds_the_bottom_of_a_bowl() {
        let limits = Limits::of((16, 24, 6), (4, 4), (9, 9), 256);
        let bowl = |vector: Vector, _: Metric| {
            let from = vector - Vector::new(21, -12);
            100 * (from.x.unsigned_abs() + from.y.unsigned_abs())
        };
        for (level, hexagon) in [(0, false), (1, false), (2, true), (4, true), (4, false)] {
            let manner = Manner { level, hexagon, metric: Metric::Satd, chroma: false };
            for predicted in [Vector::ZERO, Vector::new(20, -12), Vector::new(-3, 5)] {
                let search =
                    Search { manner, predicted, limits, target: bowl, chroma: |_, _| 0, price: |_| 3 };
                let mut found = search.run([]);
                search.finish(&mut found);
                let expected =
                    if level == 0 { (Vector::new(20, -12), 103) } else { (Vector::new(21, -12), 3) };
                assert_eq!((found.vector, found.cost), expected, "level {level}, from {predicted:?}");
            }
        }
    }
}
