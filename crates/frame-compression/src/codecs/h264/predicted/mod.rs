//! Frames predicted from others (docs/spec/h264-clips.md, sections 7 to 10): each macroblock is skipped, moved as a whole
//! or in parts, or predicted from its neighbours as in an intra frame.

mod between;
mod division;
mod search;
mod tally;
mod weighing;

use super::cabac::predicted::Outline;
use super::decision::{self, Bounds, MacroblockType, Prices};
use super::frame::{Frame, Slices};
use super::inter::{self, Beside, Field, MOST_ENTRIES, Prediction, Shape, Sources, Steps};
use super::lookahead::Foreseen;
use super::macroblock::{Bottom, ChromaCanvas, LumaCanvas, Macroblock, Neighbours, scatter};
use super::motion::{self, Moves, Pointer, Threshold, Vector};
use super::overflow;
use super::predict::blocks::DC;
use super::preset::Entropy;
use super::quantise::{Denoise, QP_MAX, Quantisers, chroma_qp, lambda};
use super::references::Kept;
use super::rows::{Coded, SourceBand};
use crate::planes::Planes;
use crate::simd::{Job, Simd};
use division::Cut;
use tally::Surroundings;
pub(super) use tally::Tally;

/// A macroblock that costs less, in λ, may be skipped.
const SKIP_COST: u32 = 300;

/// How a macroblock was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Intra,
    Moved,
    Skipped,
}

/// What later macroblocks and frames need to know of a macroblock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    pub(super) kind: Kind,
    /// Of its 8x8 blocks.
    pub(super) moves: [Moves; 4],
    /// The 4x4 blocks, in raster order, that have levels.
    pub(super) levels: u16,
    /// Whatever was made of it.
    searched: Searched,
    /// Intra8x8 or Intra4x4.
    is_nxn: bool,
}

/// What the search found for a whole macroblock, by list and entry.
type Searched = [[Vector; MOST_ENTRIES]; 2];

/// Where nothing was searched for.
const UNSEARCHED: Searched = [[Vector::ZERO; MOST_ENTRIES]; 2];

impl Motion {
    /// Of a macroblock of an intra frame.
    pub(super) const INTRA: Self =
        Self { kind: Kind::Intra, moves: [[None; 2]; 4], levels: 0, searched: UNSEARCHED, is_nxn: false };
}

/// Codes a P or a B frame: source in, reconstruction before deblocking out, into planes of the source's size.
pub(super) struct FrameCoder<'a> {
    pub(super) macroblock: &'a mut Macroblock,
    pub(super) planes: &'a mut Planes,
    pub(super) frame: &'a Frame<'a>,
    pub(super) slices: Slices,
    pub(super) sources: Sources<'a>,
    /// What list 0 has.
    pub(super) before: &'a Kept,
    /// What list 1 has; `None` for P frames.
    pub(super) after: Option<&'a Kept>,
    pub(super) foreseen: &'a Foreseen,
    /// The macroblocks' adapted quantisers.
    pub(super) wanted: &'a [u8],
    pub(super) prices: &'a motion::Prices,
    pub(super) range: i32,
    pub(super) motions: &'a mut [Motion],
    pub(super) coded: &'a mut [Coded],
    pub(super) above: &'a mut Vec<Bottom>,
    pub(super) below: &'a mut Vec<Bottom>,
    /// Where macroblocks depend on bits.
    pub(super) tally: Option<&'a mut Tally>,
}

/// A macroblock's place and what is around it.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    x: usize,
    y: usize,
    index: usize,
    /// Its number in the slice.
    number: usize,
    /// How many macroblocks of the slice are intra so far.
    intra: usize,
    left: Option<&'a Motion>,
    top: Option<&'a Motion>,
    top_left: Option<&'a Motion>,
    top_right: Option<&'a Motion>,
}

impl<'a> Place<'a> {
    fn around(&self) -> impl Iterator<Item = &'a Motion> {
        [self.left, self.top, self.top_left, self.top_right].into_iter().flatten()
    }

    fn field(&self, list: usize) -> Field {
        let at = |motion: Option<&Motion>, block: usize| {
            motion.map_or(Beside::Nothing, |motion| Beside::of(motion.moves[block][list]))
        };
        Field::new(
            [at(self.top_left, 3), at(self.top, 2), at(self.top, 3), at(self.top_right, 2)],
            [at(self.left, 1), at(self.left, 3)],
        )
    }
}

/// How a macroblock is predicted from other frames, as it is written.
#[derive(Debug, Clone, Copy)]
struct Written<'a> {
    shape: Shape,
    moves: &'a [Moves; 4],
    /// Bits of the 8x8 blocks that take their pointers over.
    direct: u8,
    /// Whether it is skipped if nothing is left.
    may_skip: bool,
}

/// A macroblock's quantisers.
#[derive(Debug, Clone, Copy)]
struct Fineness {
    /// 0..=69.
    quantiser: u8,
    /// The same limited to 51.
    qp: u8,
    /// Of the macroblock before.
    last: u8,
}

/// How many samples ahead is prefetched.
const AHEAD: usize = 96;

impl Job for FrameCoder<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let (columns, rows) = (self.planes.y.stride / 16, self.planes.y.rows / 16);
        let (mut number, mut intra, mut last) = (0, 0, 0);
        let motions = std::mem::take(&mut self.motions);
        for y in 0..rows {
            let first_row = self.slices.start(y);
            if first_row {
                self.above.clear();
                (number, intra) = (0, 0);
                last = Frame::slice_qp(self.wanted[y * columns]);
                if let Some(tally) = self.tally.as_deref_mut() {
                    tally.begin(columns * rows);
                    tally.begin_slice(self.slices.at(y), last);
                }
            }
            self.above.resize(columns + 1, Bottom::NONE);
            self.below.resize(columns + 1, Bottom::NONE);
            self.macroblock.start_row();
            for x in 0..columns {
                let (before, motions) = motions.split_at_mut(y * columns + x);
                let place = Place::of((x, y), columns, first_row, (number, intra), before);
                self.prefetch(simd, &place, columns);
                self.enter(&place, first_row, columns);
                let (motion, coded) = self.code(simd, &place, last);
                if motion.kind == Kind::Skipped {
                    self.tally_skip(&place, last);
                }
                self.coded[place.index] = coded;
                last = self.tally.as_deref().map_or(coded.qp, |tally| tally.last(place.index));
                number += 1;
                intra += usize::from(motion.kind == Kind::Intra);
                motions[0] = motion;
                self.below[x] = self.macroblock.bottom();
                super::band(self.planes, y, y + 1).store(x, self.macroblock);
            }
            std::mem::swap(self.above, self.below);
        }
    }
}

impl<'a> Place<'a> {
    /// Of the macroblock (x, y) behind those that are done.
    fn of(
        (x, y): (usize, usize),
        columns: usize,
        first_row: bool,
        (number, intra): (usize, usize),
        done: &'a [Motion],
    ) -> Self {
        let index = done.len();
        let at = |exists: bool, back: usize| exists.then(|| &done[index - back]);
        Self {
            x,
            y,
            index,
            number,
            intra,
            left: at(x > 0, 1),
            top: at(!first_row, columns),
            top_left: at(!first_row && x > 0, columns + 1),
            top_right: at(!first_row && x + 1 < columns, columns.saturating_sub(1)),
        }
    }
}

impl FrameCoder<'_> {
    /// Prefetches what macroblocks further on in the row need: their source, and vectors of the frame before, of the
    /// row below.
    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, place: &Place<'_>, columns: usize) {
        if let Some(motion) = self.before.motions.get(place.index + columns + AHEAD / 16) {
            simd.prefetch(&motion.searched[0][..1], 0);
        }
        // 64 bytes are four macroblocks.
        if place.x.is_multiple_of(4) {
            SourceBand::of(&self.foreseen.source, place.y).prefetch(simd, place.x, AHEAD);
            // Presets that search little lose time by it.
            if self.level() >= 4 {
                self.prefetch_references(simd, (place.x, place.y));
            }
        }
    }

    /// The same of what searches reach in each reference, and those for the macroblocks above did not: references do
    /// not fit into the near caches.
    #[inline(always)]
    fn prefetch_references<S: Simd>(&self, simd: S, (x, y): (usize, usize)) {
        let lists = if self.after.is_some() { 2 } else { 1 };
        let at = ((16 * x + AHEAD) as i32, 16 * y as i32 + 8);
        for list in &self.sources.lists[..lists] {
            for entry in 0..list.count() {
                list.at(entry).reference.luma.prefetch(simd, at, 16);
            }
        }
    }

    fn enter(&mut self, place: &Place<'_>, first_row: bool, columns: usize) {
        let Place { x, y, .. } = *place;
        SourceBand::of(&self.foreseen.source, y).load(x, &mut self.macroblock.source);
        let neighbours =
            Neighbours { left: x > 0, top: !first_row, top_right: !first_row && x + 1 < columns };
        self.macroblock.enter(neighbours, &self.above[x], &self.above[x + 1]);
    }

    /// Codes the macroblock that was entered, after one whose QP is `last`.
    #[inline(always)]
    fn code<S: Simd>(&mut self, simd: S, place: &Place<'_>, last: u8) -> (Motion, Coded) {
        let quantiser = self.frame.settled_quantiser(self.wanted[place.index], last);
        let fineness = Fineness { quantiser, qp: quantiser.min(QP_MAX), last };
        if self.after.is_some() {
            simd.vectorize(
                #[inline(always)]
                || self.code_between(simd, place, fineness),
            )
        } else {
            self.code_after(simd, place, fineness)
        }
    }

    /// Codes a macroblock of a P frame.
    #[inline(always)]
    fn code_after<S: Simd>(&mut self, simd: S, place: &Place<'_>, fineness: Fineness) -> (Motion, Coded) {
        let Fineness { quantiser, qp, .. } = fineness;
        let field = place.field(0);
        let skipped = field.skipped();
        let still = [[Some(Pointer { vector: skipped, entry: 0 }), None]; 4];
        let is_likely = place.around().any(|motion| motion.kind == Kind::Skipped);
        if self.level() < 3
            && is_likely
            && let Some(done) = self.skip(simd, place, &still, fineness)
        {
            return done;
        }
        let quarter_type =
            if self.frame.parameters.entropy == Entropy::Cavlc { lambda(quantiser) } else { 0 };
        let mut cut = Cut::new(place, &field, lambda(qp), quarter_type);
        let mut threshold = Threshold::new(self.sources.lists[0].count());
        let first = self.seek_whole(simd, &mut cut, 0, &mut threshold);
        let searched = |cut: &Cut<'_>| [cut.whole, [Vector::ZERO; MOST_ENTRIES]];
        if self.level() >= 3
            && first.distortion() < SKIP_COST * lambda(quantiser)
            && (first.found.vector - skipped).length() <= 1
            && let Some((motion, coded)) = self.skip(simd, place, &still, fineness)
        {
            return (Motion { searched: searched(&cut), ..motion }, coded);
        }
        let whole = self.seek_further(simd, &mut cut, first, &mut threshold);
        if self.weighs_rate() {
            return self.weigh_after(simd, &mut cut, (whole, &still), fineness);
        }
        let mut division = self.divide(simd, &mut cut, whole).best();
        self.refine_division(simd, &cut, &mut division);
        let prices = Prices::of(self.frame, quantiser).dropping(self.least_score());
        let moves = division.moves();
        let written = Written {
            shape: division.shape,
            moves: &moves,
            direct: 0,
            may_skip: division.shape == Shape::Whole && moves == still,
        };
        self.finish(simd, place, fineness, &prices, (written, division.cost), searched(&cut))
    }

    /// Skips a macroblock if what is predicted is good enough.
    fn skip<S: Simd>(
        &mut self,
        simd: S,
        place: &Place<'_>,
        moves: &[Moves; 4],
        fineness: Fineness,
    ) -> Option<(Motion, Coded)> {
        let prediction = self.predict(simd, place, moves);
        self.is_good_enough(simd, &prediction, &self.steps(fineness.qp, fineness))
            .then(|| self.take_prediction(&prediction, moves, fineness, UNSEARCHED))
    }

    /// Skips a macroblock.
    fn take_prediction(
        &mut self,
        prediction: &Prediction,
        moves: &[Moves; 4],
        fineness: Fineness,
        searched: Searched,
    ) -> (Motion, Coded) {
        self.keep(&prediction.luma, &prediction.chroma);
        let motion = Motion { kind: Kind::Skipped, moves: *moves, levels: 0, searched, is_nxn: false };
        (motion, Coded { qp: fineness.last, transform_8x8: false })
    }

    /// Codes a macroblock that costs so much with these vectors, by intra prediction if that costs less.
    #[inline(always)]
    fn finish<S: Simd>(
        &mut self,
        simd: S,
        place: &Place<'_>,
        fineness: Fineness,
        prices: &Prices<'_>,
        (written, cost): (Written<'_>, u32),
        searched: Searched,
    ) -> (Motion, Coded) {
        let bounds = Bounds::of(cost, self.level(), self.hurries(place));
        if let Some(luma) = decision::code_luma_below(simd, self.macroblock, prices, bounds) {
            let is_nxn = luma.kind != MacroblockType::Intra16x16;
            let coded = self.finish_intra(simd, place, prices, luma, fineness);
            return (Motion { searched, is_nxn, ..Motion::INTRA }, coded);
        }
        let prediction = self.predict(simd, place, written.moves);
        let eight = self.frame.parameters.transform_8x8
            && inter::prefers_8x8(simd, &self.macroblock.source.y, &prediction.luma);
        let surroundings = self.surroundings(place);
        let around = (place, surroundings.as_ref());
        self.finish_moved(simd, around, fineness, (&prediction, eight), &written, searched)
    }

    /// Codes what a prediction leaves.
    #[inline(always)]
    fn finish_moved<S: Simd>(
        &mut self,
        simd: S,
        (place, surroundings): (&Place<'_>, Option<&Surroundings>),
        fineness: Fineness,
        (prediction, eight): (&Prediction, bool),
        written: &Written<'_>,
        searched: Searched,
    ) -> (Motion, Coded) {
        let (levels, residual, coded) = match surroundings {
            Some(surroundings) => {
                let around = (place, surroundings);
                self.finish_counted(simd, around, fineness, (prediction, eight), written)
            }
            None => self.code_prediction(simd, prediction, eight, fineness),
        };
        let kind = if written.may_skip && !residual { Kind::Skipped } else { Kind::Moved };
        (Motion { kind, moves: *written.moves, levels, searched, is_nxn: false }, coded)
    }

    /// Codes what vectors leave where levels depend on bits: the blocks with levels, whether there is a residual.
    fn finish_counted<S: Simd>(
        &mut self,
        simd: S,
        (place, surroundings): (&Place<'_>, &Surroundings),
        fineness: Fineness,
        (prediction, eight): (&Prediction, bool),
        written: &Written<'_>,
    ) -> (u16, bool, Coded) {
        let fields = [0, 1].map(|list| place.field(list));
        let outline = Outline::new(&fields, written.shape, written.moves, written.direct);
        let (luma, chroma) =
            self.code_prediction_again(simd, surroundings, fineness, (prediction, eight), &outline);
        let residual = luma.pattern != 0 || chroma.pattern != 0;
        if written.may_skip && !residual {
            self.keep(&prediction.luma, &prediction.chroma);
            return (0, false, Coded { qp: fineness.last, transform_8x8: false });
        }
        let coded = self.tally_coded(place, surroundings, fineness, (&luma, &chroma), Some(&outline));
        (tally::levels_of(&luma), residual, coded)
    }

    /// Whether macroblocks of this frame are decided by counting bits.
    fn weighs_rate(&self) -> bool {
        self.level() >= if self.after.is_some() { 7 } else { 6 }
    }

    /// Whether levels are dropped that are worth little: B frames do so always.
    fn decimates(&self) -> bool {
        self.frame.parameters.decimates || self.after.is_some()
    }

    /// What the levels of Intra16x16 beside DC have to be worth to be coded.
    fn least_score(&self) -> u32 {
        if self.decimates() { inter::LUMA_SCORE } else { 0 }
    }

    fn steps(&self, qp: u8, fineness: Fineness) -> Steps<'static> {
        let chroma_qp = chroma_qp(qp, self.frame.chroma_offset);
        Steps {
            luma: Quantisers::moved(self.frame.parameters.moved_dead_zone).at(qp),
            chroma: Quantisers::inter().at(chroma_qp),
            chroma_qp,
            denoise: Denoise::of(fineness.quantiser),
            decimates: self.decimates(),
        }
    }

    fn predict<S: Simd>(&self, simd: S, place: &Place<'_>, moves: &[Moves; 4]) -> Prediction {
        simd.vectorize(
            #[inline(always)]
            || inter::predict(simd, &self.sources, (place.x, place.y), moves),
        )
    }

    fn is_good_enough<S: Simd>(&self, simd: S, prediction: &Prediction, steps: &Steps<'_>) -> bool {
        let source = &self.macroblock.source;
        let sources = [source.chroma(0), source.chroma(1)];
        inter::is_good_enough(simd, (&source.y, &prediction.luma), &sources, &prediction.chroma, steps)
    }

    /// Whether intra prediction is so unlikely here that it waits for its first modes to be good.
    fn hurries(&self, place: &Place<'_>) -> bool {
        place.number > 4
            && place.around().all(|motion| motion.kind != Kind::Intra)
            && (self.after.is_some() || self.before.motions[place.index].kind != Kind::Intra)
            && place.number >= 3 * place.intra
    }

    #[inline(always)]
    fn finish_intra<S: Simd>(
        &mut self,
        simd: S,
        place: &Place<'_>,
        prices: &Prices<'_>,
        luma: decision::CodedLuma,
        fineness: Fineness,
    ) -> Coded {
        let macroblock = &mut *self.macroblock;
        let (mode_chroma, chroma) = decision::code_both_chroma(simd, macroblock, prices);
        if let Some(surroundings) = self.surroundings(place) {
            let modes = (luma, mode_chroma);
            let (luma, chroma) = self.code_intra_again(simd, &surroundings, fineness, modes);
            return self.tally_coded(place, &surroundings, fineness, (&luma, &chroma), None);
        }
        let macroblock = &mut *self.macroblock;
        let Fineness { mut qp, last, .. } = fineness;
        let mut residual = luma.residual || chroma;
        if self.frame.parameters.limits_levels() {
            let coded = (luma, mode_chroma);
            (qp, residual) = overflow::resolve(simd, self.frame, macroblock, prices, coded, qp, residual);
        }
        Coded::intra(luma.kind, qp, residual, last)
    }

    /// Codes what a prediction leaves, with a QP that can be written: the blocks with levels, whether there is a residual.
    fn code_prediction<S: Simd>(
        &mut self,
        simd: S,
        prediction: &Prediction,
        transform_8x8: bool,
        fineness: Fineness,
    ) -> (u16, bool, Coded) {
        let source = &self.macroblock.source;
        let sources = [source.chroma(0), source.chroma(1)];
        let parameters = self.frame.parameters;
        let limit = if parameters.limits_levels() { overflow::HARMLESS_QP } else { 0 };
        let mut qp = fineness.qp;
        let (luma, chroma) = loop {
            let steps = self.steps(qp, fineness);
            let luma = inter::code_luma(simd, &source.y, &prediction.luma, &steps, transform_8x8);
            let chroma = inter::code_chroma(simd, &sources, &prediction.chroma, &steps);
            if qp < limit && chroma.iter().any(|plane| overflow::dc_overflows(plane.dc)) {
                qp += 1;
                continue;
            }
            break (luma, chroma);
        };
        self.keep(&luma.samples, &chroma.each_ref().map(|plane| plane.samples));
        let residual = luma.levels != 0 || chroma.iter().any(|plane| plane.residual);
        let coded = Coded { qp: if residual { qp } else { fineness.last }, transform_8x8 };
        (luma.levels, residual, coded)
    }

    /// Makes samples the reconstruction of the macroblock.
    fn keep(&mut self, luma: &[u8; 256], chroma: &[[u8; 64]; 2]) {
        let Macroblock { luma: canvas, chroma: canvases, modes, .. } = &mut *self.macroblock;
        scatter::<16, 256>(luma, &mut canvas.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
        for (plane, origin) in chroma.iter().zip(ChromaCanvas::ORIGIN) {
            scatter::<8, 64>(plane, &mut canvases.samples, ChromaCanvas::STRIDE, origin);
        }
        for (x, y) in [(0, 0), (2, 0), (0, 2), (2, 2)] {
            modes.set_8x8(x, y, DC);
        }
    }
}
