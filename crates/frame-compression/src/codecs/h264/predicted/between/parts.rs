//! A macroblock of a B frame that is divided (docs/spec/h264-clips.md, sections 10.4 and 12).

use super::super::super::inter::{Field, Part, Shape};
use super::super::super::motion::{Threshold, Vector};
use super::super::FrameCoder;
use super::super::search::{Aim, From, Sought};
use super::{BOTH_LISTS_BITS, ONE_LIST_BITS, Plan, QUARTERS_BITS, Results, Task, Way};
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
    /// Tries four 8x8 blocks, and halves where those make them likely: those one above the other, side by side, and the blocks, as
    /// far as they were tried to the end. `best` is the cheapest way so far.
    pub(super) fn plan_parts<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        results: &mut Results,
        whole: &[Sought; 2],
        best: &mut Plan,
    ) -> [Option<Plan>; 3] {
        let quarters = self.plan_quarters(simd, task, results, whole);
        best.take(quarters.plan);
        let estimate = |shape, members| quarters.estimate(shape, members, task.lambda);
        let rows = estimate(Shape::Rows, [[0, 1], [2, 3]]);
        let columns = estimate(Shape::Columns, [[0, 2], [1, 3]]);
        let sum = |estimate: &Estimate| estimate.costs[0] + estimate.costs[1];
        let order = if sum(&rows) < sum(&columns) { [rows, columns] } else { [columns, rows] };
        let mut parts = [None, None, Some(quarters.plan)];
        for estimate in order {
            if sum(&estimate) < best.cost
                && let Some(halves) = self.plan_halves(simd, task, results, &quarters, &estimate, best.cost)
            {
                best.take(halves);
                parts[usize::from(halves.shape == Shape::Columns)] = Some(halves);
            }
        }
        parts
    }

    fn plan_quarters<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        results: &mut Results,
        whole: &[Sought; 2],
    ) -> Quarters {
        let &Task { place, ref direct, lambda, .. } = task;
        let mut fields = task.fields.clone();
        let mut quarters = Quarters {
            plan: Plan { shape: Shape::Quarters, ways: [[None; 2]; 4], cost: QUARTERS_BITS * lambda },
            sought: [*whole; 4],
            pairs: [0; 4],
        };
        let last = [0, 1].map(|list| self.last_entry(place, (list, &task.fields[list]), whole[list].entry));
        for (i, &part) in Shape::Quarters.parts().iter().enumerate() {
            let sought = [0, 1].map(|list| {
                let entries = (last[list], whole[list].entry);
                self.seek_quarter_in(simd, task, (results, list), (i, part), &fields[list], entries)
            });
            let [first, second] = sought.map(Some);
            let pair = self.distortion(simd, place, part, sought.map(|sought| Some(sought.pointer())));
            let mut best = (sought[0].found.cost + ONE_LIST_BITS * lambda, [first, None]);
            let mut take = |cost: u32, way: Way| {
                if cost < best.0 {
                    best = (cost, way);
                }
            };
            take(sought[1].found.cost + ONE_LIST_BITS * lambda, [None, second]);
            let prices = sought[0].prices() + sought[1].prices();
            take(pair + prices + BOTH_LISTS_BITS * lambda, [first, second]);
            if direct.is_allowed {
                take(direct.costs[i], [None; 2]);
            }
            let (cost, way) = best;
            quarters.plan.cost += cost;
            quarters.plan.ways[i] = way;
            (quarters.sought[i], quarters.pairs[i]) = (sought, pair);
            let moves = quarters.plan.moves(direct)[i];
            for (field, pointer) in fields.iter_mut().zip(moves) {
                field.set(part, pointer);
            }
        }
        quarters
    }

    /// Searches the frames of a list for an 8x8 block: that of the whole, or where they may be mixed those up to `last`.
    fn seek_quarter_in<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        (results, list): (&mut Results, usize),
        (i, part): (usize, Part),
        field: &Field,
        (last, winner): (u8, u8),
    ) -> Sought {
        let mixed = self.frame.parameters.prediction.mixes();
        let mut seek = |entry: u8| {
            let at = usize::from(entry);
            let mut candidates = [results.whole[list][at]; 4];
            for (candidate, before) in candidates[1..].iter_mut().zip(&results.quarters[..i]) {
                *candidate = before[list][at];
            }
            let candidates = if mixed { &candidates[..=i] } else { &candidates[..1] };
            let sought = self.seek_part(simd, task, field, (part, list, entry), candidates);
            results.quarters[i][list][at] = sought.found.vector;
            sought
        };
        if !mixed {
            return seek(winner);
        }
        let mut best = seek(0);
        for entry in 1..=last {
            best.take(seek(entry));
        }
        best
    }

    fn seek_part<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        field: &Field,
        (part, list, entry): (Part, usize, u8),
        candidates: &[Vector],
    ) -> Sought {
        let predicted = field.predicted(part, entry);
        let aim = Aim { part, list, entry, predicted, lambda: task.vector_lambda };
        self.seek(simd, task.place, aim, From::Candidates(candidates), &mut Threshold::new(1))
    }

    /// Divides into halves; `None` where the first one and what the second may cost are more than `limit`.
    fn plan_halves<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        results: &Results,
        quarters: &Quarters,
        estimate: &Estimate,
        limit: u32,
    ) -> Option<Plan> {
        let shape = estimate.shape;
        let mut fields = task.fields.clone();
        let mut plan = Plan { shape, ways: [[None; 2]; 4], cost: 0 };
        let mut uses = [Use::Both; 2];
        for (i, &part) in shape.parts().iter().enumerate() {
            let members = estimate.members[i];
            let sought = [0, 1].map(|list| {
                self.seek_half_in(simd, task, (results, quarters, members), &fields[list], (part, list))
            });
            let (way, used, cost) = self.choose_lists(simd, task, part, sought);
            plan.ways[i] = way;
            plan.cost += cost;
            uses[i] = used;
            if i == 0 && plan.cost + estimate.costs[1] > self.patience(limit) {
                return None;
            }
            for (field, sought) in fields.iter_mut().zip(way) {
                field.set(part, sought.map(|sought| sought.pointer()));
            }
        }
        plan.cost += bits_of_halves(uses) * task.lambda;
        Some(plan)
    }

    /// What halves may be expected to cost where the best so far costs so much.
    fn patience(&self, cost: u32) -> u32 {
        let sixteenths =
            16 + u32::from(self.weighs_rate()) + u32::from(self.frame.parameters.psy_rd_weight() != 0);
        cost * sixteenths / 16
    }

    /// Searches the frames of a half's 8x8 blocks.
    fn seek_half_in<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        (results, quarters, members): (&Results, &Quarters, [usize; 2]),
        field: &Field,
        (part, list): (Part, usize),
    ) -> Sought {
        let [a, b] = members;
        let seek = |entry: u8| {
            let at = usize::from(entry);
            let near =
                [results.whole[list][at], results.quarters[a][list][at], results.quarters[b][list][at]];
            self.seek_part(simd, task, field, (part, list, entry), &near)
        };
        let entries = members.map(|block| quarters.sought[block][list].entry);
        let mut best = seek(entries[0]);
        if entries[1] != entries[0] {
            best.take(seek(entries[1]));
        }
        best
    }

    /// The lists that a half uses, and what it costs.
    fn choose_lists<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        part: Part,
        sought: [Sought; 2],
    ) -> (Way, Use, u32) {
        let pointers = sought.map(|sought| Some(sought.pointer()));
        let distortion = self.distortion(simd, task.place, part, pointers);
        let both = distortion + sought[0].prices() + sought[1].prices();
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
        let price = |list: usize| (self.sought[a][list].prices() + self.sought[b][list].prices()).div_ceil(2);
        let one =
            |list: usize| self.sought[a][list].distortion() + self.sought[b][list].distortion() + price(list);
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
