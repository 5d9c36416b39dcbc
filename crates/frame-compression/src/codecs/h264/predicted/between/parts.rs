//! A macroblock of a B frame that is divided (docs/spec/h264-clips.md, section 10.4).

use super::super::super::inter::Shape;
use super::super::FrameCoder;
use super::super::search::Aim;
use super::{BOTH_LISTS_BITS, ONE_LIST_BITS, Plan, QUARTERS_BITS, Sought, Task, Way};
use crate::simd::Simd;

/// What a half uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    One(usize),
    Both,
}

/// Bits of the type of a macroblock of halves.
fn bits_of_halves(uses: [Use; 2]) -> u32 {
    match uses {
        [Use::Both, _] => 9,
        [first, second] if first == second => 5,
        _ => 7,
    }
}

/// Four 8x8 blocks, and what they tell of halves.
struct Quarters {
    plan: Plan,
    /// By block and list.
    sought: [[Sought; 2]; 4],
    prices: [[u32; 2]; 4],
    /// The distortion from both lists.
    pairs: [u32; 4],
}

/// What halves are expected to cost.
struct Estimate {
    shape: Shape,
    /// The 8x8 blocks of both halves.
    members: [[usize; 2]; 2],
    /// The second with the bits of the type.
    costs: [u32; 2],
}

impl FrameCoder<'_> {
    /// Tries four 8x8 blocks, and halves where those make them likely.
    pub(super) fn plan_parts<S: Simd>(&self, simd: S, task: &Task<'_>, whole: &[Sought; 2], best: &mut Plan) {
        let quarters = self.plan_quarters(simd, task, whole);
        best.take(quarters.plan);
        let estimate = |shape, members| quarters.estimate(shape, members, task.lambda);
        let rows = estimate(Shape::Rows, [[0, 1], [2, 3]]);
        let columns = estimate(Shape::Columns, [[0, 2], [1, 3]]);
        let sum = |estimate: &Estimate| estimate.costs[0] + estimate.costs[1];
        let order = if sum(&rows) < sum(&columns) { [rows, columns] } else { [columns, rows] };
        for estimate in order {
            if sum(&estimate) < best.cost
                && let Some(halves) = self.plan_halves(simd, task, whole, &quarters, &estimate, best.cost)
            {
                best.take(halves);
            }
        }
    }

    fn plan_quarters<S: Simd>(&self, simd: S, task: &Task<'_>, whole: &[Sought; 2]) -> Quarters {
        let &Task { place, ref direct, lambda, vector_lambda, .. } = task;
        let mut fields = task.fields.clone();
        let mut quarters = Quarters {
            plan: Plan { shape: Shape::Quarters, ways: [[None; 2]; 4], cost: QUARTERS_BITS * lambda },
            sought: [*whole; 4],
            prices: [[0; 2]; 4],
            pairs: [0; 4],
        };
        for (i, &part) in Shape::Quarters.parts().iter().enumerate() {
            let sought = [0, 1].map(|list| {
                let aim = Aim { part, list, predicted: fields[list].predicted(part), lambda: vector_lambda };
                self.seek(simd, task, aim, &[whole[list].found.vector])
            });
            let prices = sought.map(|Sought { found, predicted }| self.price(task, found.vector, predicted));
            let pair = self.distortion(simd, place, part, sought.map(|sought| Some(sought.found.vector)));
            let [first, second] = sought.map(Some);
            let mut best = (sought[0].found.cost + ONE_LIST_BITS * lambda, [first, None]);
            let mut take = |cost: u32, way: Way| {
                if cost < best.0 {
                    best = (cost, way);
                }
            };
            take(sought[1].found.cost + ONE_LIST_BITS * lambda, [None, second]);
            take(pair + prices[0] + prices[1] + BOTH_LISTS_BITS * lambda, [first, second]);
            if direct.is_allowed {
                take(direct.costs[i], [None; 2]);
            }
            let (cost, way) = best;
            quarters.plan.cost += cost;
            quarters.plan.ways[i] = way;
            (quarters.sought[i], quarters.prices[i], quarters.pairs[i]) = (sought, prices, pair);
            let moves = quarters.plan.moves(direct)[i];
            for (field, vector) in fields.iter_mut().zip(moves) {
                field.set(part, vector);
            }
        }
        quarters
    }

    /// Divides into halves; `None` where the first one and what the second may cost are more than `limit`.
    fn plan_halves<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        whole: &[Sought; 2],
        quarters: &Quarters,
        estimate: &Estimate,
        limit: u32,
    ) -> Option<Plan> {
        let shape = estimate.shape;
        let mut fields = task.fields.clone();
        let mut plan = Plan { shape, ways: [[None; 2]; 4], cost: 0 };
        let mut uses = [Use::Both; 2];
        for (i, &part) in shape.parts().iter().enumerate() {
            let [a, b] = estimate.members[i];
            let sought = [0, 1].map(|list| {
                let predicted = fields[list].predicted(part);
                let aim = Aim { part, list, predicted, lambda: task.vector_lambda };
                let near = [whole[list], quarters.sought[a][list], quarters.sought[b][list]];
                self.seek(simd, task, aim, &near.map(|sought| sought.found.vector))
            });
            let (way, used, cost) = self.choose_lists(simd, task, i, shape, sought);
            plan.ways[i] = way;
            plan.cost += cost;
            uses[i] = used;
            if i == 0 && plan.cost + estimate.costs[1] > limit {
                return None;
            }
            for (field, sought) in fields.iter_mut().zip(way) {
                field.set(part, sought.map(|sought| sought.found.vector));
            }
        }
        plan.cost += bits_of_halves(uses) * task.lambda;
        Some(plan)
    }

    /// The lists that a half uses, and what it costs.
    fn choose_lists<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        half: usize,
        shape: Shape,
        sought: [Sought; 2],
    ) -> (Way, Use, u32) {
        let vectors = sought.map(|sought| sought.found.vector);
        let prices = sought.map(|Sought { found, predicted }| self.price(task, found.vector, predicted));
        let distortion = self.distortion(simd, task.place, shape.parts()[half], vectors.map(Some));
        let both = distortion + prices[0] + prices[1];
        let [first, second] = sought.map(|sought| sought.found.cost);
        let list = usize::from(second < first);
        let one = first.min(second);
        if both + task.lambda < one {
            return (sought.map(Some), Use::Both, both);
        }
        let mut way = [None; 2];
        way[list] = Some(sought[list]);
        (way, Use::One(list), one)
    }
}

impl Quarters {
    fn estimate(&self, shape: Shape, members: [[usize; 2]; 2], lambda: u32) -> Estimate {
        let halves = members.map(|half| self.estimate_half(half));
        let [(first, first_cost), (second, second_cost)] = halves;
        let bits = bits_of_halves([first, second]);
        Estimate { shape, members, costs: [first_cost, second_cost + bits * lambda] }
    }

    fn estimate_half(&self, [a, b]: [usize; 2]) -> (Use, u32) {
        let price = |list: usize| (self.prices[a][list] + self.prices[b][list]).div_ceil(2);
        let alone =
            |block: usize, list: usize| self.sought[block][list].found.cost - self.prices[block][list];
        let one = |list: usize| alone(a, list) + alone(b, list) + price(list);
        let mut best = (Use::One(0), one(0));
        for other in [(Use::One(1), one(1)), (Use::Both, self.pairs[a] + self.pairs[b] + price(0) + price(1))]
        {
            if other.1 < best.1 {
                best = other;
            }
        }
        best
    }
}
