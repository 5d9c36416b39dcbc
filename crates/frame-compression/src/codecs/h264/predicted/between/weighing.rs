//! Macroblocks of B frames that are decided by distortion and bits (docs/spec/h264-clips.md, section 14).

use super::super::super::inter::Shape;
use super::super::super::motion::Moves;
use super::super::super::quantise::lambda;
use super::super::super::rate_distortion::coded::LumaCoding;
use super::super::super::rate_distortion::prices::rate_lambda;
use super::super::super::rate_distortion::{Found, NEVER};
use super::super::super::rows::Coded;
use super::super::weighing::{Best, Weigher};
use super::super::{Fineness, FrameCoder, Motion, Place, Searched, UNSEARCHED, Written};
use super::{INTRA_BITS, Plan, Results, Task};
use crate::simd::Simd;

/// A macroblock is skipped without a search where that costs no more than so many bits.
const SKIP_BITS: u64 = 6;

/// The ways to predict a macroblock from other frames, in the order in which the first of equals is taken.
#[derive(Debug, Default)]
struct Ways {
    plans: [Option<Plan>; 7],
    weights: [Option<u32>; 7],
}

/// The ways that do not divide it come first; one has no pointers of its own.
const WHOLE_WAYS: usize = 4;
const DIRECT: usize = 3;

impl FrameCoder<'_> {
    /// Codes a macroblock by weighing its ways.
    pub(super) fn weigh_between<S: Simd>(
        &mut self,
        simd: S,
        place: &Place<'_>,
        fineness: Fineness,
    ) -> (Motion, Coded) {
        let fields = [0, 1].map(|list| place.field(list));
        let mut direct = self.direct(place, &fields);
        let Some(surroundings) = self.surroundings(place) else { unreachable!("bits are counted") };
        let weigher = self.weigher(simd, place, &fields, &surroundings, fineness);
        let skipped =
            direct.is_allowed.then(|| self.weigh_skipped(simd, &weigher, &taken_over(&direct.moves)));
        let few_bits = (SKIP_BITS * u64::from(rate_lambda(fineness.quantiser)) + 128) >> 8;
        if skipped.is_some_and(|skipped| u64::from(skipped) <= few_bits) {
            return self.skip_weighed(simd, place, &direct.moves, fineness, UNSEARCHED);
        }
        let lambda_of_modes = lambda(fineness.quantiser);
        self.measure_direct(simd, place, &mut direct, lambda_of_modes);
        let vector_lambda = lambda(fineness.qp);
        let task = Task { place, fields: fields.clone(), direct, lambda: lambda_of_modes, vector_lambda };
        let mut results = Results::default();
        let Some((ways, cost)) = self.weigh_ways(simd, &task, &weigher, &mut results, skipped) else {
            return self.skip_weighed(simd, place, &task.direct.moves, fineness, results.whole);
        };
        self.decide(simd, &task, &weigher, (&ways, cost, skipped), results.whole)
    }

    /// The ways with their weights, and the least that one was found to cost; `None` where skipping the macroblock weighs less than
    /// not to divide it.
    fn weigh_ways<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        weigher: &Weigher<'_>,
        results: &mut Results,
        skipped: Option<u32>,
    ) -> Option<(Ways, u32)> {
        let nearest = self.seek_nearest(simd, task, results, false)?;
        let (wholes, sought) = self.plan_whole(simd, task, results, nearest);
        let mut best = wholes.best();
        let mut ways = Ways::default();
        ways.plans[..WHOLE_WAYS].copy_from_slice(&wholes.all());
        let direct = ways.plans[DIRECT].as_ref().filter(|direct| direct.cost <= 33 * best.cost / 32);
        if let Some(skipped) = skipped.filter(|_| direct.is_some()) {
            self.weigh_all(simd, task, weigher, &mut ways, best.cost);
            if ways.weights[..WHOLE_WAYS].iter().flatten().all(|&weight| skipped < weight) {
                return None;
            }
        }
        if self.frame.parameters.prediction.partitions {
            let parts = self.plan_parts(simd, task, results, &sought, &mut best);
            ways.plans[WHOLE_WAYS..].copy_from_slice(&parts);
        }
        self.weigh_all(simd, task, weigher, &mut ways, best.cost);
        Some((ways, best.cost))
    }

    /// Weighs those ways that were found to cost hardly more than `best`.
    fn weigh_all<S: Simd>(
        &self,
        simd: S,
        task: &Task<'_>,
        weigher: &Weigher<'_>,
        ways: &mut Ways,
        best: u32,
    ) {
        let sixteenths = 17 + u32::from(self.frame.parameters.psy_rd_weight() != 0);
        let limit = best * sixteenths / 16 + 1;
        for (i, (plan, weight)) in ways.plans.iter().zip(&mut ways.weights).enumerate() {
            let Some(plan) = plan else { continue };
            if weight.is_some() || (i != DIRECT && plan.cost >= limit) {
                continue;
            }
            let moves = plan.moves(&task.direct);
            *weight = Some(self.weigh(simd, weigher, &written(plan, &moves), false).cost);
        }
    }

    /// Decides on the way of least weight, and codes it.
    fn decide<S: Simd>(
        &mut self,
        simd: S,
        task: &Task<'_>,
        weigher: &Weigher<'_>,
        (ways, cost, skipped): (&Ways, u32, Option<u32>),
        searched: Searched,
    ) -> (Motion, Coded) {
        let Task { place, direct, .. } = task;
        let mut weight = skipped.unwrap_or(NEVER);
        let mut chosen = None;
        for (plan, &other) in ways.plans.iter().zip(&ways.weights) {
            if let (Some(plan), Some(other)) = (plan, other)
                && other < weight
            {
                (weight, chosen) = (other, Some(plan));
            }
        }
        let (mut found, mut codings) = (Found::default(), [(); 3].map(|()| LumaCoding::default()));
        let surcharge = INTRA_BITS * task.lambda;
        let costs = self.search_intra(simd, weigher, cost, surcharge, (&mut found, &mut codings));
        let moves = chosen.map_or(direct.moves, |plan| plan.moves(direct));
        let way = chosen.map_or_else(|| taken_over(&moves), |plan| written(plan, &moves));
        let mut best = Best { written: way, weight, cost, eight: false };
        if chosen.is_some() {
            self.try_8x8(simd, weigher, &mut best);
        }
        let limit = (u64::from(best.cost) * 17 / 16 + 1).min(u64::from(NEVER)) as u32;
        let intra = self.weigh_intra(simd, weigher, (&costs, limit, best.weight), (&found, &mut codings));
        match chosen {
            None if intra.is_none() => self.skip_weighed(simd, place, &moves, weigher.fineness, searched),
            Some(&(mut plan)) if intra.is_none() => {
                self.refine_pairs(simd, task, &mut plan);
                let moves = plan.moves(direct);
                let best = Best { written: written(&plan, &moves), ..best };
                self.finish_weighed(simd, weigher, (&best, None, &mut codings), searched)
            }
            _ => self.finish_weighed(simd, weigher, (&best, intra, &mut codings), searched),
        }
    }

    fn skip_weighed<S: Simd>(
        &mut self,
        simd: S,
        place: &Place<'_>,
        moves: &[Moves; 4],
        fineness: Fineness,
        searched: Searched,
    ) -> (Motion, Coded) {
        let prediction = self.predict(simd, place, moves);
        self.take_prediction(&prediction, moves, fineness, searched)
    }
}

/// How a macroblock is written that takes its pointers over.
fn taken_over(moves: &[Moves; 4]) -> Written<'_> {
    Written { shape: Shape::Whole, moves, direct: 15, may_skip: true }
}

fn written<'a>(plan: &Plan, moves: &'a [Moves; 4]) -> Written<'a> {
    let direct = plan.direct();
    Written { shape: plan.shape, moves, direct, may_skip: plan.shape == Shape::Whole && direct != 0 }
}
