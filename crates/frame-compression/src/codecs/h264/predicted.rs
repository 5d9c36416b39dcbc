//! P frames of one reference in whole macroblocks (docs/spec/h264-clips.md, sections 6.4, 7, 8 and 9): each is skipped,
//! moved, or predicted from its neighbours as in an intra frame.

use super::decision::{self, CodedLuma, MacroblockType, Prices};
use super::frame::{Frame, Slices};
use super::inter::{self, Steps};
use super::lookahead::{Lookahead, Samples};
use super::macroblock::{Bottom, ChromaCanvas, LumaCanvas, Macroblock, Neighbours, scatter};
use super::motion::{Bits, Found, Limits, Vector, search_diamond};
use super::overflow;
use super::predict::blocks::DC;
use super::quantise::{Denoise, QP_MAX, Quantisers, chroma_qp, lambda};
use crate::planes::Planes;
use crate::simd::{Job, Simd};

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
    pub(super) vector: Vector,
    /// What the search found, whatever was made of it.
    searched: Vector,
}

impl Motion {
    /// Of a macroblock of an intra frame.
    pub(super) const INTRA: Self = Self { kind: Kind::Intra, vector: Vector::ZERO, searched: Vector::ZERO };
}

/// Codes a P frame: source in, reconstruction out.
pub(super) struct FrameCoder<'a> {
    pub(super) macroblock: &'a mut Macroblock,
    pub(super) planes: &'a mut Planes,
    pub(super) frame: &'a Frame<'a>,
    pub(super) slices: Slices,
    pub(super) references: &'a [Samples; 3],
    pub(super) lookahead: &'a Lookahead,
    pub(super) bits: &'a Bits,
    pub(super) range: i32,
    /// The frame before.
    pub(super) before: &'a [Motion],
    pub(super) before_is_intra: bool,
    pub(super) motions: &'a mut [Motion],
    pub(super) above: &'a mut Vec<Bottom>,
    pub(super) below: &'a mut Vec<Bottom>,
}

/// A macroblock's place and what is around it.
#[derive(Debug, Clone, Copy)]
struct Place {
    x: usize,
    y: usize,
    index: usize,
    /// Its number in the slice.
    number: usize,
    /// How many macroblocks of the slice are intra so far.
    intra: usize,
    left: Option<Motion>,
    top: Option<Motion>,
    top_left: Option<Motion>,
    top_right: Option<Motion>,
}

impl Place {
    fn around(&self) -> impl Iterator<Item = Motion> {
        [self.left, self.top, self.top_left, self.top_right].into_iter().flatten()
    }

    fn first_sample(&self) -> (i32, i32) {
        (16 * self.x as i32, 16 * self.y as i32)
    }

    /// The vector that the neighbours predict (H.264 8.4.1.3).
    fn predicted(&self) -> Vector {
        let corner = self.top_right.or(self.top_left);
        if let (Some(left), None, None) = (self.left, self.top, corner) {
            return left.vector;
        }
        let all = [self.left, self.top, corner];
        let mut moved = all.iter().flatten().filter(|motion| motion.kind != Kind::Intra);
        if let (Some(only), None) = (moved.next(), moved.next()) {
            return only.vector;
        }
        let [a, b, c] = all.map(|motion| motion.map_or(Vector::ZERO, |motion| motion.vector));
        Vector::median(a, b, c)
    }

    /// The vector of a skipped macroblock (H.264 8.4.1.1).
    fn skipped(&self) -> Vector {
        let (Some(left), Some(top)) = (self.left, self.top) else { return Vector::ZERO };
        let rests = |motion: Motion| motion.kind != Kind::Intra && motion.vector == Vector::ZERO;
        if rests(left) || rests(top) { Vector::ZERO } else { self.predicted() }
    }
}

/// Luma and chroma as a vector predicts them.
struct Prediction {
    luma: [u8; 256],
    chroma: [[u8; 64]; 2],
}

impl Job for FrameCoder<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let (columns, rows) = (self.planes.y.stride / 16, self.planes.y.rows / 16);
        let (mut number, mut intra) = (0, 0);
        for y in 0..rows {
            let first_row = self.slices.start(y);
            if first_row {
                self.above.clear();
                (number, intra) = (0, 0);
            }
            self.above.resize(columns + 1, Bottom::NONE);
            self.below.resize(columns + 1, Bottom::NONE);
            self.macroblock.start_row();
            for x in 0..columns {
                let place = self.place((x, y), columns, first_row, (number, intra));
                self.enter(&place, first_row, columns);
                let motion = self.code(simd, &place);
                self.motions[place.index] = motion;
                number += 1;
                intra += usize::from(motion.kind == Kind::Intra);
                self.below[x] = self.macroblock.bottom();
                super::band(self.planes, y, y + 1).store(x, self.macroblock);
            }
            std::mem::swap(self.above, self.below);
        }
    }
}

impl FrameCoder<'_> {
    fn place(
        &self,
        (x, y): (usize, usize),
        columns: usize,
        first_row: bool,
        (number, intra): (usize, usize),
    ) -> Place {
        let index = y * columns + x;
        let at = |exists: bool, back: usize| exists.then(|| self.motions[index - back]);
        Place {
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

    fn enter(&mut self, place: &Place, first_row: bool, columns: usize) {
        let Place { x, y, .. } = *place;
        super::band(self.planes, y, y + 1).source().load(x, &mut self.macroblock.source);
        let neighbours =
            Neighbours { left: x > 0, top: !first_row, top_right: !first_row && x + 1 < columns };
        self.macroblock.enter(neighbours, &self.above[x], &self.above[x + 1]);
    }

    /// Codes the macroblock that was entered.
    #[inline(always)]
    fn code<S: Simd>(&mut self, simd: S, place: &Place) -> Motion {
        let quantiser = self.frame.adaptation.flat_quantiser();
        let qp = quantiser.min(QP_MAX);
        let steps = self.steps(qp, quantiser);
        let skipped = place.skipped();
        if place.around().any(|motion| motion.kind == Kind::Skipped) {
            let prediction = self.predict(place, skipped);
            if self.is_good_enough(&prediction, &steps) {
                self.keep(&prediction.luma, &prediction.chroma);
                return Motion { kind: Kind::Skipped, vector: skipped, searched: Vector::ZERO };
            }
        }
        let found = self.search(place, lambda(qp));
        let searched = found.vector;
        let prices = Prices::of(self.frame, quantiser).dropping(inter::LUMA_SCORE);
        let plane_limit = if self.hurries(place) { found.cost } else { u32::MAX };
        let (mode, cost) = decision::choose_16x16_by_terms(self.macroblock, &prices, plane_limit);
        if cost < found.cost {
            self.code_intra(simd, &prices, mode, qp);
            return Motion { searched, ..Motion::INTRA };
        }
        let residual = self.code_moved(place, searched, quantiser);
        let kind = if !residual && searched == skipped { Kind::Skipped } else { Kind::Moved };
        Motion { kind, vector: searched, searched }
    }

    fn steps(&self, qp: u8, quantiser: u8) -> Steps<'static> {
        let chroma_qp = chroma_qp(qp, self.frame.chroma_offset);
        Steps {
            luma: Quantisers::inter().at(qp),
            chroma: Quantisers::inter().at(chroma_qp),
            chroma_qp,
            denoise: Denoise::of(quantiser),
        }
    }

    fn predict(&self, place: &Place, vector: Vector) -> Prediction {
        let [luma, cb, cr] = self.references;
        let (x, y) = place.first_sample();
        let chroma = |plane| inter::predict_chroma(plane, (x / 2, y / 2), vector);
        Prediction { luma: inter::predict_luma(luma, (x, y), vector), chroma: [chroma(cb), chroma(cr)] }
    }

    fn is_good_enough(&self, prediction: &Prediction, steps: &Steps<'_>) -> bool {
        let source = &self.macroblock.source;
        let sources = [source.chroma(0), source.chroma(1)];
        inter::is_good_enough((&source.y, &prediction.luma), &sources, &prediction.chroma, steps)
    }

    /// The best whole position in the reference.
    fn search(&self, place: &Place, lambda: u32) -> Found {
        let (columns, rows) = (self.planes.y.stride / 16, self.planes.y.rows / 16);
        let limits = Limits::of((16, 24, 6), (place.x, place.y), (columns, rows), 4 * self.range);
        let predicted = place.predicted();
        let source = &self.macroblock.source.y;
        let distortion = |position: Vector| {
            let block = inter::predict_luma(&self.references[0], place.first_sample(), position.quarters());
            super::distortion::sad(source, &block)
        };
        let price = |vector: Vector| self.bits.cost(lambda, vector - predicted);
        search_diamond(predicted, self.candidates(place, columns, rows), &limits, distortion, price)
    }

    /// Vectors that may be near: of the lookahead, of the macroblocks around, of the frame before.
    fn candidates(&self, place: &Place, columns: usize, rows: usize) -> impl Iterator<Item = Vector> {
        let &Place { x, y, index, left, top, top_left, top_right, .. } = place;
        let around = [left, top, top_left, top_right].map(|motion| motion.map(|motion| motion.searched));
        let moves = !self.before_is_intra;
        let before =
            [(moves, index), (moves && x + 1 < columns, index + 1), (moves && y + 1 < rows, index + columns)]
                .map(|(exists, at)| exists.then(|| self.before[at].searched));
        let seen = Some(self.lookahead.vector(index));
        std::iter::once(seen).chain(around).chain(before).flatten()
    }

    /// Whether intra prediction is so unlikely here that its last mode waits for the others to be good.
    fn hurries(&self, place: &Place) -> bool {
        place.number > 4
            && place.around().all(|motion| motion.kind != Kind::Intra)
            && self.before[place.index].kind != Kind::Intra
            && place.number >= 3 * place.intra
    }

    #[inline(always)]
    fn code_intra<S: Simd>(
        &mut self,
        simd: S,
        prices: &Prices<'_>,
        mode: super::predict::planes::Mode,
        qp: u8,
    ) {
        let macroblock = &mut *self.macroblock;
        let residual = decision::finish_16x16(simd, macroblock, prices, mode);
        let luma = CodedLuma { kind: MacroblockType::Intra16x16, mode_16x16: mode, residual };
        let (mode_chroma, chroma) = decision::code_both_chroma(simd, macroblock, prices);
        let coded = (luma, mode_chroma);
        overflow::resolve(simd, self.frame, macroblock, prices, coded, qp, residual || chroma);
    }

    /// Codes what a vector leaves, with a QP that can be written; whether there is a residual.
    fn code_moved(&mut self, place: &Place, vector: Vector, quantiser: u8) -> bool {
        let prediction = self.predict(place, vector);
        let source = &self.macroblock.source;
        let sources = [source.chroma(0), source.chroma(1)];
        let mut qp = quantiser.min(QP_MAX);
        let (luma, chroma, residual) = loop {
            let steps = self.steps(qp, quantiser);
            let (luma, coded) = inter::code_luma(&source.y, &prediction.luma, &steps);
            let chroma = inter::code_chroma(&sources, &prediction.chroma, &steps);
            if qp < overflow::HARMLESS_QP && chroma.iter().any(|plane| overflow::dc_overflows(plane.dc)) {
                qp += 1;
                continue;
            }
            break (luma, chroma.each_ref().map(|plane| plane.samples), {
                coded || chroma.iter().any(|plane| plane.residual)
            });
        };
        self.keep(&luma, &chroma);
        residual
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
