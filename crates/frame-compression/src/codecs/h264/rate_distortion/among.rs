//! Intra prediction in frames that are predicted from others (docs/spec/h264-clips.md, sections 8, 13.2 and 14).

use super::super::decision::Bounds;
use super::super::macroblock::{Macroblock, Neighbours};
use super::super::predict::planes::Mode;
use super::super::quantise::lambda;
use super::coded::{ChromaCoding, LumaCoding};
use super::psy::Energy;
use super::search::{Found, Limits, NEVER, Prices, search_4x4, search_8x8, search_16x16, search_chroma};
use super::work::{Work, code_16x16};
use crate::simd::Simd;

/// What a search among macroblocks that are predicted from other frames goes by.
pub(in super::super) struct IntraTerms<'a> {
    /// What the macroblock costs if it is predicted from other frames.
    pub(in super::super) bound: u32,
    /// What intra prediction has to cost less than, by such a cost.
    pub(in super::super) bounds: &'a dyn Fn(u32) -> Bounds,
    /// Whether intra prediction is unlikely.
    pub(in super::super) hurries: bool,
    /// What any mode costs beside.
    pub(in super::super) surcharge: u32,
    /// Whether the mode of chroma counts in all costs.
    pub(in super::super) chroma_first: bool,
}

/// What the search found Intra16x16, Intra8x8 and Intra4x4 to cost.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct IntraCosts {
    sixteen: u32,
    eight: u32,
    four: u32,
}

impl IntraCosts {
    /// Where nothing was searched.
    pub(in super::super) const NONE: Self = Self { sixteen: NEVER, eight: NEVER, four: NEVER };

    pub(in super::super) fn all(&self) -> [u32; 3] {
        [self.sixteen, self.eight, self.four]
    }

    fn plus(self, more: u32) -> Self {
        let [sixteen, eight, four] = self.all().map(|cost| cost.saturating_add(more));
        Self { sixteen, eight, four }
    }
}

impl Work<'_> {
    /// Searches the modes of all types: Intra16x16, Intra8x8 and Intra4x4 go to `codings`.
    pub(in super::super) fn search_among<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        terms: &IntraTerms<'_>,
        found: &mut Found,
        codings: &mut [LumaCoding; 3],
    ) -> IntraCosts {
        let quantisers = self.quantisers;
        let prices = Prices {
            lambda: lambda(quantisers.quantiser),
            limited_lambda: lambda(quantisers.qp),
            shortcut: self.rules.shortcut,
            surcharge: terms.surcharge,
        };
        search_chroma(simd, macroblock, &prices, found);
        let chroma = if terms.chroma_first { found.cost_chroma } else { 0 };
        let bound = terms.bound.saturating_sub(chroma);
        let costs = self.search_luma(simd, macroblock, (terms, bound), &prices, found, codings);
        costs.plus(chroma)
    }

    fn search_luma<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        (terms, bound): (&IntraTerms<'_>, u32),
        prices: &Prices,
        found: &mut Found,
        [_, eight, four]: &mut [LumaCoding; 3],
    ) -> IntraCosts {
        let limits = Limits { abandons_8x8: false, cabac: self.rules.cabac, keeps_costs: false };
        let coder = self.coder(self.quantisers.qp, false);
        let Bounds { patience, smaller, .. } = (terms.bounds)(bound);
        search_16x16(simd, macroblock, prices, found);
        if found.mode_16x16 == Mode::Plane {
            choose_again(macroblock.neighbours, patience, found);
        }
        let sixteen = found.cost_16x16 + terms.surcharge;
        let mut costs = IntraCosts { sixteen, ..IntraCosts::NONE };
        if sixteen > patience {
            return costs;
        }
        if self.rules.intra_8x8 && search_8x8(simd, macroblock, &coder, &limits, prices, found, eight) {
            costs.eight = found.cost_8x8;
        }
        if costs.eight.min(sixteen) > smaller {
            return costs;
        }
        let least = bound.min(sixteen).min(costs.eight);
        let limit = (u64::from(least) * if terms.hurries { 9 } else { 10 } / 8).min(NEVER.into()) as u32;
        if self.rules.intra_4x4 && search_4x4(simd, macroblock, &coder, limit, prices, found, four) {
            costs.four = found.cost_4x4;
        }
        costs
    }

    /// The cheapest of Intra16x16, Intra4x4 and Intra8x8 by its place among `codings`, if it weighs less than `best`; of equals the
    /// first. `wanted` says which are weighed.
    pub(in super::super) fn weigh_among<S: Simd>(
        &self,
        simd: S,
        macroblock: &Macroblock,
        (found, codings, chroma): (&Found, &mut [LumaCoding; 3], &mut ChromaCoding),
        (wanted, energy, mut best): ([bool; 3], Energy, u32),
    ) -> Option<(usize, u32)> {
        let coder = self.coder(self.quantisers.qp, false);
        simd.vectorize(
            #[inline(always)]
            || {
                if wanted[0] {
                    code_16x16(simd, macroblock, &coder, found.mode_16x16, &mut codings[0]);
                }
                coder.code_chroma(simd, &macroblock.source.chroma, &found.prediction, chroma);
            },
        );
        let mut measure = self.measure_of(&macroblock.source, energy);
        let chroma_bits = measure.chroma_bits(chroma);
        let mut chosen = None;
        let mut weights = [NEVER; 3];
        for i in (0..3).filter(|&i| wanted[i]) {
            weights[i] = measure.cost(simd, &codings[i], chroma, chroma_bits, u32::MAX);
        }
        for (i, weight) in weights.into_iter().enumerate() {
            if weight < best {
                (best, chosen) = (weight, Some(i));
            }
        }
        chosen.map(|chosen| (chosen, best))
    }
}

/// Chooses the mode of Intra16x16 where Plane is not tried if the others cost more than a limit.
fn choose_again(neighbours: Neighbours, patience: u32, found: &mut Found) {
    let mut best = (Mode::Dc, NEVER);
    for &mode in Mode::candidates(neighbours).iter().filter(|&&mode| mode != Mode::Plane) {
        let cost = found.costs_16x16[mode as usize];
        if cost < best.1 {
            best = (mode, cost);
        }
    }
    if best.1 > patience {
        (found.mode_16x16, found.cost_16x16) = best;
    }
}
