//! The search through quantisers near a macroblock's own (docs/spec/h264-presets.md, section 10).

use super::super::macroblock::Macroblock;
use super::super::preset::Trellis as When;
use super::coded::{ChromaCoding, LumaCoding};
use super::cost::Measure;
use super::record::Kind;
use super::work::{Chosen, Settled, Work, code_both_again};
use crate::simd::Simd;

/// What coding at a quantiser leads to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    pub(super) cost: u32,
    /// Whether there are levels.
    pub(super) residual: bool,
}

/// Codes a macroblock at quantisers.
pub(super) trait Trials {
    /// The cost need not be right where it is no less than the limit.
    fn code(&mut self, qp: u8, limit: u32) -> Trial;
    /// The last one is the best so far.
    fn keep(&mut self);
}

/// The quantiser of least cost around `own`. `last` is that of the macroblock before.
pub(super) fn search_quantiser(own: u8, last: u8, psy: bool, trials: &mut impl Trials) -> u8 {
    let (own, last) = (i32::from(own), i32::from(last));
    let first = trials.code(own as u8, u32::MAX);
    trials.keep();
    let mut best = (own, first.cost);
    let mut tried_last = false;
    for direction in [1, -1] {
        if direction == 1 && !first.residual {
            continue;
        }
        let beyond = if direction == 1 { last > own } else { last < own };
        let limit = i32::from(psy) + i32::from(beyond);
        let mut memo = None;
        if direction == -1 && !first.residual {
            // Only a quantiser that leaves levels is worth the way there.
            let far = (own - limit - 1).max(0);
            let trial = trials.code(far as u8, u32::MAX);
            if !trial.residual {
                tried_last |= last > far;
                continue;
            }
            memo = Some((far, trial.cost));
        }
        let (mut fails, mut before) = (0, first.cost);
        let mut at = own + direction;
        while (0..=51).contains(&at) {
            tried_last |= at == last;
            let (cost, residual) = match memo {
                Some((far, cost)) if far == at => (cost, true),
                _ => {
                    // Another failure ends this way, whatever it costs.
                    let bound = if fails < limit { u32::MAX } else { before.max(best.1) };
                    let trial = trials.code(at as u8, bound);
                    if trial.cost < best.1 {
                        best = (at, trial.cost);
                        trials.keep();
                    }
                    (trial.cost, trial.residual)
                }
            };
            fails = if cost < before { 0 } else { fails + 1 };
            before = cost;
            if fails > limit || direction == 1 && !residual {
                break;
            }
            at += direction;
        }
    }
    if !tried_last && trials.code(last as u8, best.1).cost < best.1 {
        best.0 = last;
        trials.keep();
    }
    best.0 as u8
}

/// What coding a macroblock at quantisers leads to.
pub(super) struct Attempts<'a, S> {
    pub(super) simd: S,
    pub(super) work: &'a Work<'a>,
    pub(super) measure: Measure<'a>,
    pub(super) macroblock: &'a mut Macroblock,
    /// Of chroma.
    pub(super) prediction: [u8; 128],
    /// What is coded at the macroblock's own quantiser already.
    pub(super) settled: Settled,
    /// Of the last attempt and of the best.
    pub(super) luma: LumaCoding,
    pub(super) best: LumaCoding,
    /// By chroma quantiser, as several quantisers have the same; with its bits if they can be known by themselves.
    pub(super) chroma: Vec<(u8, ChromaCoding, Option<u32>)>,
    /// Where those of the last attempt and of the best are.
    pub(super) chroma_at: usize,
    pub(super) best_chroma: usize,
}

impl<S: Simd> Attempts<'_, S> {
    /// The best attempt.
    pub(super) fn chosen(mut self, qp: u8) -> Chosen {
        Chosen { luma: self.best, chroma: self.chroma.swap_remove(self.best_chroma).1, qp }
    }

    /// Where the coding at a chroma quantiser is, and whether it is to be coded yet.
    fn find_chroma(&mut self, qp: u8) -> (usize, bool) {
        if let Some(at) = self.chroma.iter().position(|coded| coded.0 == qp) {
            return (at, false);
        }
        let own = self.chroma[0].1.clone();
        self.chroma.push((qp, own, None));
        (self.chroma.len() - 1, true)
    }
}

impl<S: Simd> Trials for Attempts<'_, S> {
    fn code(&mut self, qp: u8, limit: u32) -> Trial {
        let rules = self.work.rules;
        let (at, unknown) = self.find_chroma(self.work.chroma_qp(qp));
        let (_, chroma, bits) = &mut self.chroma[at];
        let again = (unknown || !self.settled.chroma).then_some((&self.prediction, &mut *chroma));
        let luma = (!self.settled.luma).then_some(&mut self.luma);
        let coder = self.work.coder(qp, rules.trellis == When::Everywhere);
        code_both_again(self.simd, self.macroblock, &coder, rules.cabac, luma, again);
        self.settled = Settled { luma: false, chroma: true };
        self.chroma_at = at;
        if bits.is_none() {
            *bits = self.measure.chroma_bits(chroma);
        }
        self.measure.qp = qp;
        let cost = self.measure.cost(self.simd, &self.luma, chroma, *bits, limit);
        let residual = chroma.pattern != 0
            || self.luma.pattern != 0
            || rules.cabac && self.luma.kind == Kind::Intra16x16 && self.luma.dc_coded;
        Trial { cost, residual }
    }

    fn keep(&mut self) {
        self.best.clone_from(&self.luma);
        self.best_chroma = self.chroma_at;
    }
}
