//! Frames whose macroblocks depend on bits (docs/spec/h264-clips.md, section 15): the context model goes from macroblock to
//! macroblock, and levels are weighed by what they cost in it.

use super::super::cabac::Contexts;
use super::super::cabac::block::Order;
use super::super::cabac::macroblock::{Around, Head, Subject, pass_macroblock};
use super::super::cabac::predicted::{Outline, Predicted, Slice, Trace, Traces};
use super::super::decision::{CodedLuma, MacroblockType};
use super::super::frame::Frame;
use super::super::inter::Prediction;
use super::super::macroblock::scatter;
use super::super::predict::planes::Mode;
use super::super::preset::{Entropy, Trellis};
use super::super::rate_distortion::coded::{ChromaCoding, LumaCoding};
use super::super::rate_distortion::record::{Counts, Kind as Coding, NO_BLOCK, Record, mode_place};
use super::super::rate_distortion::{self, MacroblockQuantisers, Rules, Significances, Spectra, Work};
use super::super::rows::Coded;
use super::{Fineness, FrameCoder, Place};
use crate::simd::Simd;

/// What a frame that is being coded has left so far.
#[derive(Debug)]
pub(in super::super) struct Tally {
    /// Of its macroblocks.
    records: Vec<Record>,
    traces: Vec<Trace>,
    /// The context model as it is after those coded.
    contexts: Contexts,
    /// The source's coefficients as the last macroblock left them, of the first slice and of a later one.
    spectra: [Spectra; 2],
    /// What the first slice of the frame before left of them.
    before: Spectra,
    is_first: bool,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            traces: Vec::new(),
            contexts: Contexts::of_predicted(0),
            spectra: Default::default(),
            before: Spectra::default(),
            is_first: true,
        }
    }
}

impl Tally {
    /// Forgets the frames so far.
    pub(in super::super) fn restart(&mut self) {
        self.spectra = Default::default();
    }

    /// Makes room for a frame of so many macroblocks.
    pub(super) fn begin(&mut self, count: usize) {
        self.records.resize(count, Record::default());
        self.traces.resize(count, Trace::default());
    }

    /// Begins a slice.
    pub(super) fn begin_slice(&mut self, slice: usize, qp: u8) {
        self.contexts = Contexts::of_predicted(qp);
        self.begin_spectra(slice);
    }

    /// The QP that the next macroblock starts from.
    pub(super) fn last(&self, index: usize) -> u8 {
        self.records[index].qp
    }

    /// Each slice goes on from the source's coefficients that the first slice of the frame before left.
    pub(in super::super) fn begin_spectra(&mut self, slice: usize) {
        self.is_first = slice == 0;
        if self.is_first {
            self.before = self.spectra[0].clone();
        } else {
            self.spectra[1] = self.before.clone();
        }
    }

    /// The source's coefficients as the last macroblock of the slice left them.
    pub(in super::super) fn spectra(&mut self) -> &mut Spectra {
        &mut self.spectra[usize::from(!self.is_first)]
    }

    /// What is around a macroblock.
    pub(super) fn surroundings(&self, place: &Place<'_>, columns: usize, entropy: Entropy) -> Surroundings {
        let index = place.index;
        let at = |exists: bool, back: usize| exists.then(|| index - back);
        let (left, above) = (at(place.left.is_some(), 1), at(place.top.is_some(), columns));
        let before = at(place.number > 0, 1);
        let [beside, over, before] = [left, above, before].map(|at| at.map(|at| &self.records[at]));
        let missing = if entropy == Entropy::Cabac { 0 } else { NO_BLOCK };
        Surroundings {
            arounds: [false, true].map(|moved| Around::of_kind(beside, over, before, moved)),
            counts: [Counts::around(beside, over), Counts::around_or(beside, over, missing)],
            traces: Traces { left: left.map(|at| self.traces[at]), above: above.map(|at| self.traces[at]) },
        }
    }
}

impl Tally {
    /// What coding a macroblock needs to know, that is intra or not.
    pub(super) fn work<'b>(
        &'b self,
        (frame, rules, least_score): (&'b Frame<'b>, &'b Rules, u32),
        surroundings: &'b Surroundings,
        head: Head<'b>,
        Fineness { quantiser, qp, last }: Fineness,
    ) -> Work<'b> {
        let moved = usize::from(matches!(head, Head::Moved(..)));
        Work {
            frame,
            rules,
            contexts: &self.contexts,
            around: &surroundings.arounds[moved],
            counts: surroundings.counts[moved].clone(),
            spectra: &self.spectra[usize::from(!self.is_first)],
            significances: Significances::default(),
            quantisers: MacroblockQuantisers { quantiser, qp, last },
            head,
            least_score,
        }
    }
}

/// What is around a macroblock that depends on bits.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// As a macroblock sees it that is intra, and one that is not.
    arounds: [Around; 2],
    counts: [Counts; 2],
    traces: Traces,
}

impl FrameCoder<'_> {
    /// What is around a macroblock; `None` where macroblocks do not depend on bits.
    pub(super) fn surroundings(&self, place: &Place<'_>) -> Option<Surroundings> {
        let columns = self.planes.y.stride / 16;
        let entropy = self.frame.parameters.entropy;
        self.tally.as_deref().map(|tally| tally.surroundings(place, columns, entropy))
    }

    pub(super) fn predicted<'b>(&self, surroundings: &'b Surroundings) -> Predicted<'b> {
        Predicted {
            slice: if self.after.is_some() { Slice::B } else { Slice::P },
            frames: self.sources.lists.each_ref().map(|list| list.count()),
            traces: &surroundings.traces,
        }
    }

    /// Passes a skipped macroblock through the contexts.
    pub(super) fn tally_skip(&mut self, place: &Place<'_>, last: u8) {
        let Some(surroundings) = self.surroundings(place) else { return };
        let predicted = self.predicted(&surroundings);
        if let Some(tally) = self.tally.as_deref_mut() {
            predicted.pass_skip(&mut tally.contexts, true);
            tally.traces[place.index] = Trace::SKIPPED;
            tally.records[place.index] = Record { kind: Coding::Moved4x4, qp: last, ..Record::default() };
        }
    }

    /// Finds out the source's coefficients, if they count, before the macroblock is coded: in blocks of 8x8 or of 4x4.
    pub(super) fn measure_spectrum(&mut self, eight: bool) {
        if self.frame.parameters.psy_trellis_weight() != 0
            && let Some(tally) = self.tally.as_deref_mut()
        {
            tally.spectra().update(&self.macroblock.source.y, eight);
        }
    }

    /// Codes luma and chroma once more by their modes, with levels that are weighed.
    pub(super) fn code_intra_again<S: Simd>(
        &mut self,
        simd: S,
        surroundings: &Surroundings,
        fineness: Fineness,
        (coded, chroma_mode): (CodedLuma, Mode),
    ) -> (LumaCoding, ChromaCoding) {
        let mut luma = LumaCoding { mode: coded.mode_16x16, ..LumaCoding::default() };
        luma.kind = match coded.kind {
            MacroblockType::Intra16x16 => Coding::Intra16x16,
            MacroblockType::Intra8x8 => Coding::Intra8x8,
            MacroblockType::Intra4x4 => Coding::Intra4x4,
        };
        for k in 0..16 {
            luma.modes[k] = self.macroblock.modes.mode(mode_place(k));
            luma.predicted[k] = self.macroblock.modes.predicted(mode_place(k));
        }
        let mut chroma = ChromaCoding { mode: chroma_mode, ..ChromaCoding::default() };
        self.measure_spectrum(false);
        if let Some(tally) = self.tally.as_deref() {
            let rules = Rules::of(self.frame);
            let head = Head::Among(self.predicted(surroundings));
            let work = tally.work((self.frame, &rules, self.least_score()), surroundings, head, fineness);
            work.code_intra_again(simd, self.macroblock, &mut luma, &mut chroma);
        }
        (luma, chroma)
    }

    /// Codes what a prediction leaves, with levels that are weighed.
    pub(super) fn code_prediction_again<S: Simd>(
        &mut self,
        simd: S,
        surroundings: &Surroundings,
        fineness: Fineness,
        (prediction, eight): (&Prediction, bool),
        outline: &Outline,
    ) -> (LumaCoding, ChromaCoding) {
        let (mut luma, mut chroma) = (LumaCoding::default(), ChromaCoding::default());
        self.measure_spectrum(eight);
        if let Some(tally) = self.tally.as_deref() {
            let rules = Rules::of(self.frame);
            let head = Head::Moved(self.predicted(surroundings), outline);
            let work = tally.work((self.frame, &rules, self.least_score()), surroundings, head, fineness);
            let coder = work.moved_coder(self.frame.parameters.trellis != Trellis::Off);
            let source = &self.macroblock.source;
            let chroma_qp = work.chroma_qp(fineness.qp);
            let predicted = side_by_side(&prediction.chroma);
            simd.vectorize(
                #[inline(always)]
                || {
                    coder.code_moved_luma(simd, &source.y, &prediction.luma, eight, &mut luma);
                    coder.code_moved_chroma(simd, &source.chroma, &predicted, chroma_qp, &mut chroma);
                },
            );
        }
        (luma, chroma)
    }

    /// Passes a coded macroblock through the contexts and keeps its reconstruction. `outline` says how it is predicted from other
    /// frames, if it is.
    pub(super) fn tally_coded(
        &mut self,
        place: &Place<'_>,
        surroundings: &Surroundings,
        Fineness { qp, last, .. }: Fineness,
        (luma, chroma): (&LumaCoding, &ChromaCoding),
        outline: Option<&Outline>,
    ) -> Coded {
        let predicted = self.predicted(surroundings);
        let Some(tally) = self.tally.as_deref_mut() else { return Coded::default() };
        let moved = usize::from(outline.is_some());
        let mut counts = surroundings.counts[moved].clone();
        counts.put_luma(&luma.counts);
        counts.put_chroma(&chroma.counts);
        let subject = Subject {
            around: &surroundings.arounds[moved],
            counts: &counts,
            luma,
            chroma,
            transform_8x8: self.frame.parameters.transform_8x8,
            qp,
            last,
            head: outline.map_or(Head::Among(predicted), |outline| Head::Moved(predicted, outline)),
        };
        predicted.pass_skip(&mut tally.contexts, false);
        pass_macroblock(&mut tally.contexts, &subject, Order::Ascending, None, u32::MAX);
        let record = rate_distortion::finish(self.macroblock, luma, chroma, qp, last);
        tally.records[place.index] = record;
        tally.traces[place.index] = outline.map_or_else(Trace::default, Outline::trace);
        Coded { qp: record.qp, transform_8x8: luma.kind.is_8x8() }
    }
}

impl FrameCoder<'_> {
    /// Passes a macroblock of raw samples through the contexts and keeps them.
    pub(super) fn tally_raw(&mut self, place: &Place<'_>, surroundings: &Surroundings, last: u8) -> Coded {
        let predicted = self.predicted(surroundings);
        if let Some(tally) = self.tally.as_deref_mut() {
            predicted.pass_skip(&mut tally.contexts, false);
            let (_, first) = predicted.pass_intra(&mut tally.contexts);
            tally.contexts.pass(first, true);
            tally.records[place.index] = rate_distortion::finish_pcm(self.macroblock, last);
            tally.traces[place.index] = Trace::default();
        }
        Coded { qp: 0, transform_8x8: false }
    }
}

/// Rows of Cb and Cr side by side.
pub(super) fn side_by_side(planes: &[[u8; 64]; 2]) -> [u8; 128] {
    let mut samples = [0; 128];
    for (plane, block) in planes.iter().enumerate() {
        scatter::<8, 64>(block, &mut samples, 16, 8 * plane);
    }
    samples
}

/// The 4x4 blocks, in raster order, that have levels.
pub(super) fn levels_of(luma: &LumaCoding) -> u16 {
    luma.counts.iter().enumerate().fold(0, |levels, (k, &count)| levels | u16::from(count != 0) << k)
}
