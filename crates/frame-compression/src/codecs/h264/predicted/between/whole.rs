//! A macroblock of a B frame that is not divided (docs/spec/h264-clips.md, section 10.3).

use super::super::super::inter::Shape;
use super::super::super::motion::Vector;
use super::super::FrameCoder;
use super::super::search::Aim;
use super::{BOTH_LISTS_BITS, ONE_LIST_BITS, Plan, Sought, Task};
use crate::simd::Simd;

impl FrameCoder<'_> {
    /// The best way for the whole, and what was found in both lists.
    pub(super) fn plan_whole<S: Simd>(&self, simd: S, task: &Task<'_>) -> (Plan, [Sought; 2]) {
        let Task { direct, lambda, .. } = task;
        let sought = [0, 1].map(|list| self.seek_whole(simd, task, list));
        let one = |list: usize| sought[list].found.cost + ONE_LIST_BITS * lambda;
        let mut best = Plan::whole([Some(sought[0]), None], one(0));
        best.take(Plan::whole([None, Some(sought[1])], one(1)));
        best.take(self.plan_both(simd, task, sought));
        if direct.is_allowed {
            // Each block has its bit, and the whole has one.
            let cost = direct.costs.iter().sum::<u32>() - 3 * lambda;
            best.take(Plan::whole([None; 2], cost));
        }
        (best, sought)
    }

    fn seek_whole<S: Simd>(&self, simd: S, task: &Task<'_>, list: usize) -> Sought {
        let part = Shape::Whole.parts()[0];
        let predicted = task.fields[list].predicted(part);
        let aim = Aim { part, list, predicted, lambda: task.vector_lambda };
        let mut candidates = [Vector::ZERO; 9];
        let mut count = 0;
        let direct = task.direct.moves[3][list];
        for candidate in direct.into_iter().chain(self.candidates(task.place, list)) {
            candidates[count] = candidate;
            count += 1;
        }
        self.seek(simd, task, aim, &candidates[..count])
    }

    /// From both lists, with the vectors found in each or without any.
    fn plan_both<S: Simd>(&self, simd: S, task: &Task<'_>, mut sought: [Sought; 2]) -> Plan {
        let part = Shape::Whole.parts()[0];
        let cost = |vectors: [Vector; 2]| {
            let prices = [0, 1].map(|list| self.price(task, vectors[list], sought[list].predicted));
            self.distortion(simd, task.place, part, vectors.map(Some)) + prices[0] + prices[1]
        };
        let vectors = sought.map(|sought| sought.found.vector);
        let mut best = cost(vectors);
        if vectors != [Vector::ZERO; 2] {
            let still = cost([Vector::ZERO; 2]);
            if still < best {
                best = still;
                sought.iter_mut().for_each(|sought| sought.found.vector = Vector::ZERO);
            }
        }
        Plan::whole(sought.map(Some), best + BOTH_LISTS_BITS * task.lambda)
    }
}
