//! Which offsets each CTU gets (docs/spec/h265-intra.md, sections 17.2 to 17.4).

use std::ops::Range;

use super::super::cabac::{Coder, context};
use super::super::cost::{chroma_qp, lambda_of_squares};
use super::super::geometry::Geometry;
use super::{Class, CtuOffsets, CtuStatistics, Kind, Offsets};

/// Decides the offsets of all CTUs. `qps` are those of 8x8 blocks.
pub(in super::super) fn decide(
    statistics: &[CtuStatistics],
    geometry: &Geometry,
    slice_qp: i32,
    qps: &[u8],
    decided: &mut [CtuOffsets],
) {
    let blocks = geometry.ctu() / 8;
    for row in 0..geometry.rows {
        // Each row starts anew: these contexts are not those of the coding units.
        let mut coder = Coder::new(slice_qp);
        for column in 0..geometry.columns {
            let qp = qps[blocks * (row * geometry.columns_of_8() + column)];
            let at = row * geometry.columns + column;
            let decision = Decision {
                statistics: &statistics[at],
                lambdas: [qp, chroma_qp(qp), chroma_qp(qp)].map(lambda_of_squares),
                left: (column > 0).then(|| decided[at - 1]),
                above: (row > 0).then(|| decided[at - geometry.columns]),
            };
            decided[at] = decision.decide(&mut coder);
        }
    }
}

/// What the decision of a CTU goes by.
struct Decision<'a> {
    statistics: &'a CtuStatistics,
    lambdas: [i64; 3],
    left: Option<CtuOffsets>,
    above: Option<CtuOffsets>,
}

/// d + lambda b, lambda in 256ths.
fn cost(distortion: i64, bits: u64, lambda: i64) -> i64 {
    distortion + ((bits as i64 * lambda + 128) >> 8)
}

impl Decision<'_> {
    fn decide(&self, state: &mut Coder) -> CtuOffsets {
        let mut coder = state.fresh();
        for neighbour in [&self.left, &self.above] {
            if neighbour.is_some() {
                coder.bin(context::SAO_MERGE_FLAG, false);
            }
        }
        let mut offsets = [Offsets::default(); 3];
        let mut total = 0;
        for components in [0..1, 1..3] {
            let lambda = self.lambdas[components.start];
            let change = self.decide_components(&mut offsets, components, &mut coder);
            total += change * 256 / lambda;
        }
        let mut best = total + coder.bits() as i64;
        for (neighbour, from_left) in [(&self.left, true), (&self.above, false)] {
            let Some(merged) = neighbour else { continue };
            let change: i64 = (0..3).map(|c| self.change(c, &merged[c]) * 256 / self.lambdas[c]).sum();
            let mut merge_coder = state.fresh();
            if !from_left && self.left.is_some() {
                merge_coder.bin(context::SAO_MERGE_FLAG, false);
            }
            merge_coder.bin(context::SAO_MERGE_FLAG, true);
            let cost = change + merge_coder.bits() as i64;
            if cost < best {
                (best, coder, offsets) = (cost, merge_coder, *merged);
            }
        }
        *state = coder;
        offsets
    }

    /// By how much the parameters change the squared error of a component.
    fn change(&self, component: usize, offsets: &Offsets) -> i64 {
        let statistics = &self.statistics[component];
        let classes = match offsets.kind {
            Kind::Off => return 0,
            Kind::Edge(direction) => &statistics.edges[usize::from(direction)],
            Kind::Band(first) => &statistics.bands[usize::from(first)..][..4],
        };
        classes.iter().zip(offsets.values).map(|(class, offset)| class.change(offset)).sum()
    }

    /// Decides luma, or both chroma components together. Gives the change of the squared error.
    fn decide_components(
        &self,
        offsets: &mut [Offsets; 3],
        components: Range<usize>,
        coder: &mut Coder,
    ) -> i64 {
        let lambda = self.lambdas[components.start];
        let mut best = [Offsets::default(); 3];
        let mut best_change = 0;
        let price = |candidate: &[Offsets; 3]| {
            let mut coder = coder.fresh();
            code_offsets(&mut coder, &candidate[components.clone()]);
            coder.bits()
        };
        let mut best_cost = cost(0, price(&best), lambda);
        let mut consider = |candidate: [Offsets; 3], change: i64| {
            let cost = cost(change, price(&candidate), lambda);
            if cost < best_cost {
                (best_cost, best, best_change) = (cost, candidate, change);
            }
        };
        for direction in 0..4 {
            let mut candidate = [Offsets { kind: Kind::Edge(direction), values: [0; 4] }; 3];
            let mut change = 0;
            for c in components.clone() {
                let classes = &self.statistics[c].edges[usize::from(direction)];
                for (category, class) in classes.iter().enumerate() {
                    // Valleys are filled and peaks cut, never the other way round.
                    let start = class.offset();
                    let start = if category < 2 { start.max(0) } else { start.min(0) };
                    let refined = Refined::new(*class, start, lambda, 1);
                    candidate[c].values[category] = refined.offset;
                    change += refined.change;
                }
            }
            consider(candidate, change);
        }
        let mut candidate = [Offsets::default(); 3];
        let mut change = 0;
        for c in components.clone() {
            let refined =
                self.statistics[c].bands.map(|class| Refined::new(class, class.offset(), lambda, 2));
            let costs = refined.windows(4).map(|four| four.iter().map(|r| r.cost).sum::<i64>());
            let (first, _) = costs.enumerate().min_by_key(|&(_, cost)| cost).unwrap_or_default();
            candidate[c].kind = Kind::Band(first as u8);
            for (value, refined) in candidate[c].values.iter_mut().zip(&refined[first..]) {
                *value = refined.offset;
                change += refined.change;
            }
        }
        consider(candidate, change);
        offsets[components.clone()].copy_from_slice(&best[components.clone()]);
        code_offsets(coder, &best[components]);
        best_change
    }
}

/// The offset of one class that costs least.
#[derive(Debug, Clone, Copy)]
struct Refined {
    offset: i8,
    change: i64,
    cost: i64,
}

impl Refined {
    /// Goes from an offset towards 0; `fixed` bits are spent beside the magnitude's.
    fn new(class: Class, start: i8, lambda: i64, fixed: u64) -> Self {
        let mut best = Self { offset: 0, change: 0, cost: cost(0, 1, lambda) };
        let mut offset = start;
        while offset != 0 {
            let magnitude = u64::from(offset.unsigned_abs());
            let bits = magnitude + fixed - u64::from(magnitude == 7);
            let change = class.change(offset);
            let cost = cost(change, bits, lambda);
            if cost < best.cost {
                best = Self { offset, change, cost };
            }
            offset -= offset.signum();
        }
        best
    }
}

/// Codes sao_type_idx and what follows: of luma, or of Cb and Cr together.
fn code_offsets(coder: &mut Coder, components: &[Offsets]) {
    let kind = components[0].kind;
    coder.bin(context::SAO_TYPE_IDX, kind != Kind::Off);
    if kind == Kind::Off {
        return;
    }
    coder.bypass(1);
    for (i, component) in components.iter().enumerate() {
        for offset in component.values {
            let magnitude = u32::from(offset.unsigned_abs());
            coder.bypass(magnitude + u32::from(magnitude < 7));
        }
        match kind {
            Kind::Band(_) => {
                let signs = component.values.iter().filter(|&&offset| offset != 0).count();
                coder.bypass(signs as u32 + 5);
            }
            // Cr takes the direction of Cb.
            _ => coder.bypass(if i == 0 { 2 } else { 0 }),
        }
    }
}
