//! Macroblocks of P and B frames whose ways to be predicted are weighed by what they cost in distortion and bits
//! (docs/spec/h264-clips.md, section 14).

use super::super::cabac::macroblock::Head;
use super::super::cabac::predicted::Outline;
use super::super::decision::Bounds;
use super::super::inter::Field;
use super::super::rate_distortion::coded::{ChromaCoding, LumaCoding};
use super::super::rate_distortion::prices::rate_lambda;
use super::super::rate_distortion::{Energy, Found, IntraCosts, IntraTerms, NEVER, Rules, Work};
use super::super::rows::Coded;
use super::tally::{Surroundings, side_by_side};
use super::{Fineness, FrameCoder, Motion, Place, Searched, Written};
use crate::simd::Simd;

/// What raw samples take.
const RAW_BITS: u64 = 3088;

/// What weighing a macroblock's ways needs to know.
pub(super) struct Weigher<'a> {
    pub(super) place: &'a Place<'a>,
    pub(super) fields: &'a [Field; 2],
    pub(super) surroundings: &'a Surroundings,
    pub(super) fineness: Fineness,
    /// Of the source.
    pub(super) energy: Energy,
    pub(super) rules: Rules,
}

/// What a way costs, and whether it leaves a residual.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighed {
    pub(super) cost: u32,
    pub(super) residual: bool,
}

/// The best way to predict a macroblock from other frames.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best<'a> {
    pub(super) written: Written<'a>,
    /// In distortion and bits, and what the search found.
    pub(super) weight: u32,
    pub(super) cost: u32,
    /// Whether its luma is transformed in 8x8 blocks.
    pub(super) eight: bool,
}

/// How a macroblock does without other frames.
pub(super) struct Intra {
    /// The place of luma's coding; `None` for raw samples.
    which: Option<usize>,
    chroma: ChromaCoding,
}

impl FrameCoder<'_> {
    pub(super) fn weigher<'b, S: Simd>(
        &self,
        simd: S,
        place: &'b Place<'b>,
        fields: &'b [Field; 2],
        surroundings: &'b Surroundings,
        fineness: Fineness,
    ) -> Weigher<'b> {
        let source = &self.macroblock.source.y;
        let energy = simd.vectorize(
            #[inline(always)]
            || Energy::of_macroblock(simd, source),
        );
        Weigher { place, fields, surroundings, fineness, energy, rules: Rules::of(self.frame) }
    }

    fn moved_work<'b>(&'b self, weigher: &'b Weigher<'_>, head: Head<'b>) -> Option<Work<'b>> {
        let Weigher { surroundings, fineness, rules, .. } = weigher;
        let tally = self.tally.as_deref()?;
        Some(tally.work((self.frame, rules, self.least_score()), surroundings, head, *fineness))
    }

    /// Weighs a way, with luma transformed in blocks of 8x8 or of 4x4.
    pub(super) fn weigh<S: Simd>(
        &self,
        simd: S,
        weigher: &Weigher<'_>,
        written: &Written<'_>,
        eight: bool,
    ) -> Weighed {
        let outline = Outline::new(weigher.fields, written.shape, written.moves, written.direct);
        let head = Head::Moved(self.predicted(weigher.surroundings), &outline);
        let Some(work) = self.moved_work(weigher, head) else {
            return Weighed { cost: NEVER, residual: true };
        };
        let prediction = self.predict(simd, weigher.place, written.moves);
        let predicted = side_by_side(&prediction.chroma);
        let (mut luma, mut chroma) = (LumaCoding::default(), ChromaCoding::default());
        let (coder, source) = (work.moved_coder(false), &self.macroblock.source);
        let chroma_qp = work.chroma_qp(weigher.fineness.qp);
        simd.vectorize(
            #[inline(always)]
            || {
                coder.code_moved_luma(simd, &source.y, &prediction.luma, eight, &mut luma);
                coder.code_moved_chroma(simd, &source.chroma, &predicted, chroma_qp, &mut chroma);
            },
        );
        let residual = luma.pattern != 0 || chroma.pattern != 0;
        let mut measure = work.measure_of(source, weigher.energy);
        let cost = if !residual && written.may_skip {
            measure.skipped(simd, &luma.samples, &chroma.samples, 256)
        } else {
            measure.cost(simd, &luma, &chroma, None, u32::MAX)
        };
        Weighed { cost, residual }
    }

    /// Weighs a way that is taken as it is predicted, at no bits.
    pub(super) fn weigh_skipped<S: Simd>(
        &self,
        simd: S,
        weigher: &Weigher<'_>,
        written: &Written<'_>,
    ) -> u32 {
        let prediction = self.predict(simd, weigher.place, written.moves);
        let head = Head::Among(self.predicted(weigher.surroundings));
        let Some(work) = self.moved_work(weigher, head) else { return NEVER };
        let chroma = side_by_side(&prediction.chroma);
        let measure = work.measure_of(&self.macroblock.source, weigher.energy);
        measure.skipped(simd, &prediction.luma, &chroma, 0)
    }

    /// Tries blocks of 8x8 for the best way; what the search found then counts as less.
    pub(super) fn try_8x8<S: Simd>(&self, simd: S, weigher: &Weigher<'_>, best: &mut Best<'_>) {
        if !self.frame.parameters.transform_8x8 {
            return;
        }
        let Weighed { cost, .. } = self.weigh(simd, weigher, &best.written, true);
        if cost <= best.weight {
            if best.weight > 0 {
                best.cost = (u64::from(best.cost) * u64::from(cost) / u64::from(best.weight)) as u32;
            }
            (best.weight, best.eight) = (cost, true);
        }
    }

    /// Searches the intra modes; `bound` is what the macroblock costs if it is predicted from other frames.
    pub(super) fn search_intra<S: Simd>(
        &mut self,
        simd: S,
        weigher: &Weigher<'_>,
        bound: u32,
        surcharge: u32,
        (found, codings): (&mut Found, &mut [LumaCoding; 3]),
    ) -> IntraCosts {
        let hurries = self.hurries(weigher.place);
        let level = self.level();
        let chroma_first = self.after.is_none();
        let head = Head::Among(self.predicted(weigher.surroundings));
        let Weigher { surroundings, fineness, rules, .. } = weigher;
        let Some(tally) = self.tally.as_deref() else { return IntraCosts::NONE };
        let work = tally.work((self.frame, rules, self.least_score()), surroundings, head, *fineness);
        let bounds = |bound: u32| Bounds::of(bound, level, hurries);
        let terms = IntraTerms { bound, bounds: &bounds, hurries, surcharge, chroma_first };
        work.search_among(simd, self.macroblock, &terms, found, codings)
    }

    /// The cheapest way to do without other frames, if it weighs less than `best`; of those that the search found to cost less than
    /// `limit`.
    pub(super) fn weigh_intra<S: Simd>(
        &self,
        simd: S,
        weigher: &Weigher<'_>,
        (costs, limit, mut best): (&IntraCosts, u32, u32),
        (found, codings): (&Found, &mut [LumaCoding; 3]),
    ) -> Option<Intra> {
        let mut chosen = None;
        let mut chroma = ChromaCoding { mode: found.chroma, ..ChromaCoding::default() };
        let wanted = costs.all().map(|cost| cost < limit);
        let head = Head::Among(self.predicted(weigher.surroundings));
        let Weigher { surroundings, fineness, rules, .. } = weigher;
        let tally = self.tally.as_deref()?;
        let work = tally.work((self.frame, rules, self.least_score()), surroundings, head, *fineness);
        if wanted != [false; 3] {
            let given = (found, codings, &mut chroma);
            let cheapest = work.weigh_among(simd, self.macroblock, given, (wanted, weigher.energy, best));
            if let Some((which, weight)) = cheapest {
                (best, chosen) = (weight, Some(which));
            }
        }
        let raw = (RAW_BITS * u64::from(rate_lambda(fineness.quantiser)) + 128) >> 8;
        if !self.frame.parameters.psy && raw < u64::from(best) {
            return Some(Intra { which: None, chroma });
        }
        chosen.map(|which| Intra { which: Some(which), chroma })
    }

    /// Codes the macroblock as it was decided to be.
    pub(super) fn finish_weighed<S: Simd>(
        &mut self,
        simd: S,
        weigher: &Weigher<'_>,
        (best, intra, codings): (&Best<'_>, Option<Intra>, &mut [LumaCoding; 3]),
        searched: Searched,
    ) -> (Motion, Coded) {
        let Weigher { place, surroundings, fineness, .. } = *weigher;
        if let Some(Intra { which, mut chroma }) = intra {
            let Some(luma) = which.map(|which| &mut codings[which]) else {
                let coded = self.tally_raw(place, surroundings, fineness.last);
                return (Motion { searched, ..Motion::INTRA }, coded);
            };
            // As for the way that was given up.
            self.measure_spectrum(best.eight);
            if let Some(tally) = self.tally.as_deref() {
                let head = Head::Among(self.predicted(surroundings));
                let terms = (self.frame, &weigher.rules, self.least_score());
                let work = tally.work(terms, surroundings, head, fineness);
                work.code_intra_again(simd, self.macroblock, luma, &mut chroma);
            }
            let coded = self.tally_coded(place, surroundings, fineness, (luma, &chroma), None);
            let is_nxn = luma.kind.is_nxn();
            return (Motion { searched, is_nxn, ..Motion::INTRA }, coded);
        }
        let prediction = self.predict(simd, place, best.written.moves);
        self.finish_moved(
            simd,
            (place, Some(surroundings)),
            fineness,
            (&prediction, best.eight),
            &best.written,
            searched,
        )
    }
}
