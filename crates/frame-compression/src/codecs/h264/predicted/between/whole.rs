//! A macroblock of a B frame that is not divided (docs/spec/h264-clips.md, sections 10.3 and 12).

use super::super::super::inter::Shape;
use super::super::super::motion::{Threshold, Vector};
use super::super::FrameCoder;
use super::super::search::{Aim, From, Sought};
use super::{BOTH_LISTS_BITS, ONE_LIST_BITS, Plan, Results, Task};
use crate::simd::Simd;

/// What was found in the nearest frames of both lists, and how far from that searches in the others may be.
pub(super) struct Nearest {
    sought: [Sought; 2],
    thresholds: [Threshold; 2],
}

/// The ways not to divide a macroblock: from the first list, from the second, from both, by pointers that are taken over.
#[derive(Debug)]
pub(super) struct Wholes {
    first: Plan,
    second: Plan,
    both: Plan,
    direct: Option<Plan>,
}

impl Wholes {
    pub(super) fn all(&self) -> [Option<Plan>; 4] {
        [Some(self.first), Some(self.second), Some(self.both), self.direct]
    }

    /// The cheapest; of equals the first.
    pub(super) fn best(&self) -> Plan {
        let mut best = &self.first;
        for plan in [&self.second, &self.both].into_iter().chain(&self.direct) {
            if plan.cost < best.cost {
                best = plan;
            }
        }
        *best
    }
}

impl FrameCoder<'_> {
    /// Searches the nearest frames; `None` where the macroblock is skipped: if it may be, and what is found is near.
    pub(super) fn seek_nearest<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        results: &mut Results,
        mut may_skip: bool,
    ) -> Option<Nearest> {
        let mut thresholds = [0, 1].map(|list: usize| Threshold::new(self.sources.lists[list].count()));
        let mut is_near = |sought: &Sought, list: usize| {
            let direct = task.direct.moves[0][list].unwrap_or_default().vector;
            may_skip &= (sought.found.vector - direct).length() <= 1;
            may_skip
        };
        let second = self.seek_whole_in(simd, task, results, (1, 0), &mut thresholds[1]);
        is_near(&second, 1);
        let first = self.seek_whole_in(simd, task, results, (0, 0), &mut thresholds[0]);
        if is_near(&first, 0) {
            return None;
        }
        Some(Nearest { sought: [first, second], thresholds })
    }

    /// The ways for the whole, and what was found in both lists.
    pub(super) fn plan_whole<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        results: &mut Results,
        nearest: Nearest,
    ) -> (Wholes, [Sought; 2]) {
        let Task { direct, lambda, .. } = task;
        let Nearest { mut sought, mut thresholds } = nearest;
        for list in 0..2 {
            for entry in 1..self.sources.lists[list].count() {
                let threshold = &mut thresholds[list];
                sought[list].take(self.seek_whole_in(simd, task, results, (list, entry), threshold));
            }
        }
        let one = |list: usize| sought[list].found.cost + ONE_LIST_BITS * lambda;
        // Each block has its bit, and the whole has one.
        let cost = || direct.costs.iter().sum::<u32>() - 3 * lambda;
        let wholes = Wholes {
            first: Plan::whole([Some(sought[0]), None], one(0)),
            second: Plan::whole([None, Some(sought[1])], one(1)),
            both: self.plan_both(simd, task, sought),
            direct: direct.is_allowed.then(|| Plan::whole([None; 2], cost())),
        };
        (wholes, sought)
    }

    fn seek_whole_in<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        results: &mut Results,
        (list, entry): (usize, u8),
        threshold: &mut Threshold,
    ) -> Sought {
        let part = Shape::Whole.parts()[0];
        let predicted = task.fields[list].predicted(part, entry);
        let aim = Aim { part, list, entry, predicted, lambda: task.vector_lambda };
        let mut candidates = [Vector::ZERO; 9];
        let mut count = 0;
        let direct = task.direct.moves[3][list].filter(|direct| direct.entry == entry);
        let direct = direct.map(|direct| direct.vector);
        for candidate in direct.into_iter().chain(self.candidates(task.place, list, entry)) {
            candidates[count] = candidate;
            count += 1;
        }
        let sought = self.seek(simd, task.place, aim, From::Candidates(&candidates[..count]), threshold);
        results.whole[list][usize::from(entry)] = sought.found.vector;
        sought
    }

    /// From both lists, with the vectors found in each or without any.
    fn plan_both<S: Simd>(&self, simd: S, task: &Task<'_>, mut sought: [Sought; 2]) -> Plan {
        let part = Shape::Whole.parts()[0];
        let entry_prices = sought[0].entry_price + sought[1].entry_price;
        let cost = |sought: &[Sought; 2]| {
            let price = |sought: &Sought| self.price(task, sought.found.vector, sought.predicted);
            let moves = sought.each_ref().map(|sought| Some(sought.pointer()));
            let distortion = self.distortion(simd, task.place, part, moves);
            distortion + price(&sought[0]) + price(&sought[1]) + entry_prices
        };
        let mut best = cost(&sought);
        if sought.iter().any(|sought| sought.found.vector != Vector::ZERO) {
            let mut still = sought;
            still.iter_mut().for_each(|sought| sought.found.vector = Vector::ZERO);
            let resting = cost(&still);
            if resting < best {
                (best, sought) = (resting, still);
            }
        }
        Plan::whole(sought.map(Some), best + BOTH_LISTS_BITS * task.lambda)
    }
}
