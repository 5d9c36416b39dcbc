//! Macroblocks of B frames (docs/spec/h264-clips.md, section 10): each part comes from the frame before, from the one after,
//! from both, or by the vectors that its surroundings have.

mod direct;
mod pairs;
mod parts;
mod weighing;
mod whole;

use super::super::decision::Prices;
use super::super::inter::{Field, Shape};
use super::super::motion::{Moves, Vector};
use super::super::quantise::lambda;
use super::super::rows::Coded;
use super::search::Sought;
use super::{Fineness, FrameCoder, Motion, Place, Searched, UNSEARCHED, Written};
use crate::simd::Simd;
use direct::Direct;

/// Bits of a macroblock's type: of one list, of both, and of parts.
const ONE_LIST_BITS: u32 = 3;
const BOTH_LISTS_BITS: u32 = 5;
const QUARTERS_BITS: u32 = 9;
/// What an intra type costs beside.
const INTRA_BITS: u32 = 9;

/// What was found for a part in the lists that it uses; it uses none if its vectors are direct ones.
type Way = [Option<Sought>; 2];

/// The last vectors found by list and entry: of the whole, and of the 8x8 blocks.
#[derive(Debug)]
struct Results {
    whole: Searched,
    quarters: [Searched; 4],
}

impl Default for Results {
    fn default() -> Self {
        Self { whole: UNSEARCHED, quarters: [UNSEARCHED; 4] }
    }
}

/// How a macroblock may be predicted.
#[derive(Debug, Clone, Copy)]
struct Plan {
    shape: Shape,
    /// By the shape's parts.
    ways: [Way; 4],
    cost: u32,
}

impl Plan {
    fn whole(way: Way, cost: u32) -> Self {
        Self { shape: Shape::Whole, ways: [way; 4], cost }
    }

    fn take(&mut self, other: Self) {
        if other.cost < self.cost {
            *self = other;
        }
    }

    /// Bits of the 8x8 blocks that take their pointers over.
    fn direct(&self) -> u8 {
        let parts = self.shape.parts().iter().zip(&self.ways);
        let direct = parts.filter(|(_, way)| way.iter().all(Option::is_none));
        direct.flat_map(|(part, _)| part.blocks()).fold(0, |bits, block| bits | 1 << block)
    }

    fn moves(&self, direct: &Direct) -> [Moves; 4] {
        let mut moves = direct.moves;
        for (part, way) in self.shape.parts().iter().zip(&self.ways) {
            if way.iter().any(Option::is_some) {
                for block in part.blocks() {
                    moves[block] = way.map(|sought| sought.map(|sought| sought.pointer()));
                }
            }
        }
        moves
    }
}

/// A macroblock whose plan is looked for.
struct Task<'a> {
    place: &'a Place<'a>,
    /// By list.
    fields: [Field; 2],
    direct: Direct,
    /// What a bit costs, and one of a vector.
    lambda: u32,
    vector_lambda: u32,
}

impl FrameCoder<'_> {
    /// Codes a macroblock of a B frame.
    #[inline(always)]
    pub(super) fn code_between<S: Simd>(
        &mut self,
        simd: S,
        place: &Place<'_>,
        fineness: Fineness,
    ) -> (Motion, Coded) {
        if self.weighs_rate() {
            return self.weigh_between(simd, place, fineness);
        }
        let fields = [0, 1].map(|list| place.field(list));
        let mut direct = self.direct(place, &fields);
        let mut may_skip = false;
        if direct.is_allowed {
            let prediction = self.predict(simd, place, &direct.moves);
            may_skip = self.is_good_enough(simd, &prediction, &self.steps(fineness.qp, fineness));
            if may_skip && self.level() < 3 {
                return self.take_prediction(&prediction, &direct.moves, fineness, UNSEARCHED);
            }
        }
        let prices = Prices::of(self.frame, fineness.quantiser).dropping(self.least_score());
        self.measure_direct(simd, place, &mut direct, prices.lambda);
        let vector_lambda = lambda(fineness.qp);
        let task = Task { place, fields, direct, lambda: prices.lambda, vector_lambda };
        let mut results = Results::default();
        let nearest = self.seek_nearest(simd, &task, &mut results, may_skip);
        let Some(nearest) = nearest else {
            let prediction = self.predict(simd, place, &task.direct.moves);
            return self.take_prediction(&prediction, &task.direct.moves, fineness, results.whole);
        };
        let (wholes, whole) = self.plan_whole(simd, &task, &mut results, nearest);
        let mut plan = wholes.best();
        if self.frame.parameters.prediction.partitions {
            self.plan_parts(simd, &task, &mut results, &whole, &mut plan);
        }
        self.refine_plan(simd, &task, &mut plan);
        self.refine_pairs(simd, &task, &mut plan);
        let moves = plan.moves(&task.direct);
        let prices = prices.with_bits(INTRA_BITS);
        let direct = plan.direct();
        let may_skip = plan.shape == Shape::Whole && direct != 0;
        let written = Written { shape: plan.shape, moves: &moves, direct, may_skip };
        self.finish(simd, place, fineness, &prices, (written, plan.cost), results.whole)
    }

    /// Makes the vectors of the chosen plan as good as they get, each by itself. Only that of a whole macroblock of one list
    /// is said to cost less for it.
    fn refine_plan<S: Simd>(&self, simd: S, task: &Task<'_>, plan: &mut Plan) {
        for (&part, way) in plan.shape.parts().iter().zip(&mut plan.ways) {
            for (list, sought) in way.iter_mut().enumerate() {
                if let Some(sought) = sought {
                    self.refine(simd, task.place, (part, list), sought, task.vector_lambda);
                }
            }
        }
        if let (Shape::Whole, [Some(only), None] | [None, Some(only)]) = (plan.shape, plan.ways[0]) {
            plan.cost = only.found.cost + ONE_LIST_BITS * task.lambda;
        }
    }

    /// What the difference of a vector costs.
    fn price(&self, task: &Task<'_>, vector: Vector, predicted: Vector) -> u32 {
        self.prices.at(task.vector_lambda).of(vector - predicted)
    }
}
