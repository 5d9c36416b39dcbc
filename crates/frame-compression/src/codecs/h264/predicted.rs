//! P frames of one reference (docs/spec/h264-clips.md, sections 6.4 to 9): each macroblock is skipped, moved as a whole or
//! in parts, or predicted from its neighbours as in an intra frame.

use super::decision::{self, Prices};
use super::frame::{Frame, Slices};
use super::inter::{self, Beside, Field, Part, Prediction, Shape, Steps};
use super::lookahead::{Lookahead, Weights};
use super::macroblock::{Bottom, ChromaCanvas, LumaCanvas, Macroblock, Neighbours, gather, scatter};
use super::motion::{Bits, Found, Limits, Manner, Search, Vector};
use super::overflow;
use super::predict::blocks::DC;
use super::quantise::{Denoise, QP_MAX, Quantisers, chroma_qp, lambda};
use super::rows::{Coded, SourceBand};
use super::samples::Reference;
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
    /// Of its 8x8 blocks.
    pub(super) vectors: [Vector; 4],
    /// The 4x4 blocks, in raster order, that have levels.
    pub(super) levels: u16,
    /// What the search found for the whole of it, whatever was made of it.
    searched: Vector,
}

impl Motion {
    /// Of a macroblock of an intra frame.
    pub(super) const INTRA: Self =
        Self { kind: Kind::Intra, vectors: [Vector::ZERO; 4], levels: 0, searched: Vector::ZERO };

    fn beside(&self, block: usize) -> Beside {
        if self.kind == Kind::Intra { Beside::Intra } else { Beside::Moved(self.vectors[block]) }
    }
}

/// What the lookahead knows of a frame that is coded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foresight<'a> {
    pub(super) lookahead: &'a Lookahead,
    pub(super) slot: usize,
}

/// Codes a P frame: source in, reconstruction before deblocking out.
pub(super) struct FrameCoder<'a> {
    pub(super) macroblock: &'a mut Macroblock,
    pub(super) planes: &'a mut Planes,
    pub(super) frame: &'a Frame<'a>,
    pub(super) slices: Slices,
    pub(super) reference: &'a Reference,
    pub(super) weights: Weights,
    pub(super) foresight: Foresight<'a>,
    /// The macroblocks' adapted quantisers.
    pub(super) wanted: &'a [u8],
    pub(super) bits: &'a Bits,
    pub(super) range: i32,
    /// The frame before.
    pub(super) before: &'a [Motion],
    pub(super) before_is_intra: bool,
    pub(super) motions: &'a mut [Motion],
    pub(super) coded: &'a mut [Coded],
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

    fn field(&self) -> Field {
        let at =
            |motion: Option<Motion>, block| motion.map_or(Beside::Nothing, |motion| motion.beside(block));
        Field::new(
            [at(self.top_left, 3), at(self.top, 2), at(self.top, 3), at(self.top_right, 2)],
            [at(self.left, 1), at(self.left, 3)],
        )
    }
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

/// A macroblock divided into parts that move.
#[derive(Debug, Clone, Copy)]
struct Division {
    shape: Shape,
    /// By the shape's parts.
    found: [Found; 4],
    predicted: [Vector; 4],
    cost: u32,
}

impl Division {
    fn new(shape: Shape) -> Self {
        let none = Found { vector: Vector::ZERO, cost: 0 };
        Self { shape, found: [none; 4], predicted: [Vector::ZERO; 4], cost: 0 }
    }

    fn vectors(&self) -> [Vector; 4] {
        let mut vectors = [Vector::ZERO; 4];
        for (part, found) in self.shape.parts().iter().zip(&self.found) {
            for block in part.blocks() {
                vectors[block] = found.vector;
            }
        }
        vectors
    }
}

impl Job for FrameCoder<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let (columns, rows) = (self.planes.y.stride / 16, self.planes.y.rows / 16);
        let (mut number, mut intra, mut last) = (0, 0, 0);
        for y in 0..rows {
            let first_row = self.slices.start(y);
            if first_row {
                self.above.clear();
                (number, intra) = (0, 0);
                last = Frame::slice_qp(self.wanted[y * columns]);
            }
            self.above.resize(columns + 1, Bottom::NONE);
            self.below.resize(columns + 1, Bottom::NONE);
            self.macroblock.start_row();
            for x in 0..columns {
                let place = self.place((x, y), columns, first_row, (number, intra));
                self.enter(&place, first_row, columns);
                let (motion, coded) = self.code(simd, &place, last);
                self.motions[place.index] = motion;
                self.coded[place.index] = coded;
                last = coded.qp;
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
        SourceBand::of(self.planes, y).load(x, &mut self.macroblock.source);
        let neighbours =
            Neighbours { left: x > 0, top: !first_row, top_right: !first_row && x + 1 < columns };
        self.macroblock.enter(neighbours, &self.above[x], &self.above[x + 1]);
    }

    /// Codes the macroblock that was entered, after one whose QP is `last`.
    #[inline(always)]
    fn code<S: Simd>(&mut self, simd: S, place: &Place, last: u8) -> (Motion, Coded) {
        let quantiser = self.frame.settled_quantiser(self.wanted[place.index], last);
        let fineness = Fineness { quantiser, qp: quantiser.min(QP_MAX), last };
        let field = place.field();
        let skipped = field.skipped();
        let kept = Coded { qp: last, transform_8x8: false };
        if place.around().any(|motion| motion.kind == Kind::Skipped) {
            let prediction = self.predict(place, &[skipped; 4]);
            if self.is_good_enough(&prediction, &self.steps(fineness.qp, fineness)) {
                self.keep(&prediction.luma, &prediction.chroma);
                let vectors = [skipped; 4];
                return (Motion { kind: Kind::Skipped, vectors, levels: 0, searched: Vector::ZERO }, kept);
            }
        }
        let (division, searched) = self.divide(place, &field, lambda(fineness.qp));
        let hurries = self.hurries(place);
        let prices = Prices::of(self.frame, quantiser).dropping(inter::LUMA_SCORE);
        if let Some(luma) = decision::code_luma_below(simd, self.macroblock, &prices, division.cost, hurries)
        {
            let coded = self.finish_intra(simd, &prices, luma, fineness);
            return (Motion { searched, ..Motion::INTRA }, coded);
        }
        let vectors = division.vectors();
        let (levels, residual, coded) = self.code_moved(place, &vectors, fineness);
        let rests = division.shape == Shape::Whole && vectors[0] == skipped;
        let kind = if !residual && rests { Kind::Skipped } else { Kind::Moved };
        (Motion { kind, vectors, levels, searched }, coded)
    }

    fn steps(&self, qp: u8, fineness: Fineness) -> Steps<'static> {
        let chroma_qp = chroma_qp(qp, self.frame.chroma_offset);
        Steps {
            luma: Quantisers::inter().at(qp),
            chroma: Quantisers::inter().at(chroma_qp),
            chroma_qp,
            denoise: Denoise::of(fineness.quantiser),
        }
    }

    fn predict(&self, place: &Place, vectors: &[Vector; 4]) -> Prediction {
        inter::predict(self.reference, &self.weights, (place.x, place.y), vectors)
    }

    fn is_good_enough(&self, prediction: &Prediction, steps: &Steps<'_>) -> bool {
        let source = &self.macroblock.source;
        let sources = [source.chroma(0), source.chroma(1)];
        inter::is_good_enough((&source.y, &prediction.luma), &sources, &prediction.chroma, steps)
    }

    /// The best division into parts with their vectors, and what was found for the whole.
    #[inline(always)]
    fn divide(&self, place: &Place, field: &Field, lambda: u32) -> (Division, Vector) {
        let mut whole = Division::new(Shape::Whole);
        let part = Shape::Whole.parts()[0];
        whole.predicted[0] = field.predicted(part);
        whole.found[0] = self.search(place, part, whole.predicted[0], lambda).run(self.candidates(place));
        whole.cost = whole.found[0].cost;
        let searched = whole.found[0].vector;
        let mut best = whole;
        if self.frame.parameters.prediction.partitions {
            self.divide_further(place, field, lambda, &mut best);
        }
        best.cost = 0;
        let parts = best.shape.parts().iter().zip(&mut best.found);
        for ((part, found), predicted) in parts.zip(best.predicted) {
            self.search(place, *part, predicted, lambda).finish(found);
            best.cost += found.cost;
        }
        (best, searched)
    }

    /// Tries four 8x8 blocks, and where they may be worth it halves (section 7.2).
    #[inline(always)]
    fn divide_further(&self, place: &Place, field: &Field, lambda: u32, best: &mut Division) {
        let whole = best.found[0];
        let quarters = self.divide_into(place, field, lambda, Shape::Quarters, |i, found| {
            let mut near = [whole.vector; 4];
            for (near, found) in near[1..].iter_mut().zip(&found[..i]) {
                *near = found.vector;
            }
            (near, i + 1)
        });
        if quarters.cost < best.cost {
            *best = quarters;
        }
        let price = |i: usize| self.bits.cost(lambda, quarters.found[i].vector - quarters.predicted[i]);
        let prices = [0, 1, 2, 3].map(price);
        if quarters.cost >= whole.cost + prices[1] + prices[2] {
            return;
        }
        let alone = |i: usize| quarters.found[i].cost - prices[i];
        for (shape, members) in [(Shape::Rows, [[0, 1], [2, 3]]), (Shape::Columns, [[0, 2], [1, 3]])] {
            let [_, [a, b]] = members;
            let second = alone(a) + alone(b) + (prices[a] + prices[b]).div_ceil(2);
            let near = |half: usize| {
                let [a, b] = members[half].map(|i| quarters.found[i].vector);
                [whole.vector, a, b]
            };
            if let Some(halves) = self.halve(place, field, lambda, shape, near, second, best.cost) {
                *best = halves;
            }
        }
    }

    /// Divides into halves, if they cost less than `limit`; the second is given up on where the first one and what it may cost
    /// do not.
    #[expect(clippy::too_many_arguments, reason = "one caller")]
    #[inline(always)]
    fn halve(
        &self,
        place: &Place,
        field: &Field,
        lambda: u32,
        shape: Shape,
        near: impl Fn(usize) -> [Vector; 3],
        second: u32,
        limit: u32,
    ) -> Option<Division> {
        let mut field = field.clone();
        let mut halves = Division::new(shape);
        for (i, &part) in shape.parts().iter().enumerate() {
            halves.predicted[i] = field.predicted(part);
            halves.found[i] = self.search(place, part, halves.predicted[i], lambda).run(near(i));
            halves.cost += halves.found[i].cost;
            if i == 0 && halves.cost + second > limit {
                return None;
            }
            field.set(part, halves.found[i].vector);
        }
        (halves.cost < limit).then_some(halves)
    }

    /// Divides into parts, each with candidates that may come from those before.
    #[inline(always)]
    fn divide_into(
        &self,
        place: &Place,
        field: &Field,
        lambda: u32,
        shape: Shape,
        near: impl Fn(usize, &[Found; 4]) -> ([Vector; 4], usize),
    ) -> Division {
        let mut field = field.clone();
        let mut division = Division::new(shape);
        for (i, &part) in shape.parts().iter().enumerate() {
            let (near, count) = near(i, &division.found);
            division.predicted[i] = field.predicted(part);
            let candidates = near.into_iter().take(count);
            division.found[i] = self.search(place, part, division.predicted[i], lambda).run(candidates);
            division.cost += division.found[i].cost;
            field.set(part, division.found[i].vector);
        }
        division
    }

    /// The search for the vector of a part.
    #[inline(always)]
    fn search(
        &self,
        place: &Place,
        part: Part,
        predicted: Vector,
        lambda: u32,
    ) -> Search<impl Fn(Vector, super::distortion::Metric) -> u32, impl Fn(Vector) -> u32> {
        let (columns, rows) = (self.planes.y.stride / 16, self.planes.y.rows / 16);
        let source = &self.macroblock.source.y;
        let from = 128 * part.y + 8 * part.x;
        let (x, y) = (64 * place.x as i32 + 32 * part.x as i32, 64 * place.y as i32 + 32 * part.y as i32);
        let (luma, weight) = (&self.reference.luma, self.weights[0]);
        let distortion = move |vector: Vector, metric: super::distortion::Metric| {
            macro_rules! of {
                ($width:literal, $count:literal) => {{
                    let mut block = luma.block::<$width, $count>(x + vector.x, y + vector.y);
                    if let Some(weight) = weight {
                        weight.apply(&mut block);
                    }
                    metric.of_region::<$width, $count>(&gather::<$width, $count>(source, 16, from), &block)
                }};
            }
            match (part.width, part.height) {
                (1, 1) => of!(8, 64),
                (1, _) => of!(8, 128),
                (_, 1) => of!(16, 128),
                _ => of!(16, 256),
            }
        };
        Search {
            manner: self.manner(),
            predicted,
            limits: Limits::of((16, 24, 6), (place.x, place.y), (columns, rows), 4 * self.range),
            distortion,
            price: move |vector: Vector| self.bits.cost(lambda, vector - predicted),
        }
    }

    fn manner(&self) -> Manner {
        let parameters = self.frame.parameters;
        let metric = if parameters.subme < 2 {
            super::distortion::Metric::Sad
        } else {
            super::distortion::Metric::Satd
        };
        Manner { level: parameters.subme, hexagon: parameters.prediction.hexagon, metric }
    }

    /// Vectors that may be near: of the lookahead, of the macroblocks around, of the frame before.
    fn candidates(&self, place: &Place) -> impl Iterator<Item = Vector> {
        let (columns, rows) = (self.planes.y.stride / 16, self.planes.y.rows / 16);
        let &Place { x, y, index, left, top, top_left, top_right, .. } = place;
        let around = [left, top, top_left, top_right].map(|motion| motion.map(|motion| motion.searched));
        let moves = !self.before_is_intra;
        let before =
            [(moves, index), (moves && x + 1 < columns, index + 1), (moves && y + 1 < rows, index + columns)]
                .map(|(exists, at)| exists.then(|| self.before[at].searched));
        let Foresight { lookahead, slot } = self.foresight;
        let seen = lookahead.vector(slot, 0, 1, index);
        std::iter::once(seen).chain(around).chain(before).flatten()
    }

    /// Whether intra prediction is so unlikely here that it waits for its first modes to be good.
    fn hurries(&self, place: &Place) -> bool {
        place.number > 4
            && place.around().all(|motion| motion.kind != Kind::Intra)
            && self.before[place.index].kind != Kind::Intra
            && place.number >= 3 * place.intra
    }

    #[inline(always)]
    fn finish_intra<S: Simd>(
        &mut self,
        simd: S,
        prices: &Prices<'_>,
        luma: decision::CodedLuma,
        Fineness { mut qp, last, .. }: Fineness,
    ) -> Coded {
        let macroblock = &mut *self.macroblock;
        let (mode_chroma, chroma) = decision::code_both_chroma(simd, macroblock, prices);
        let mut residual = luma.residual || chroma;
        if self.frame.parameters.limits_levels() {
            let coded = (luma, mode_chroma);
            (qp, residual) = overflow::resolve(simd, self.frame, macroblock, prices, coded, qp, residual);
        }
        Coded::intra(luma.kind, qp, residual, last)
    }

    /// Codes what vectors leave, with a QP that can be written: the blocks with levels, whether there is a residual.
    fn code_moved(&mut self, place: &Place, vectors: &[Vector; 4], fineness: Fineness) -> (u16, bool, Coded) {
        let prediction = self.predict(place, vectors);
        let source = &self.macroblock.source;
        let sources = [source.chroma(0), source.chroma(1)];
        let parameters = self.frame.parameters;
        let transform_8x8 = parameters.transform_8x8 && inter::prefers_8x8(&source.y, &prediction.luma);
        let limit = if parameters.limits_levels() { overflow::HARMLESS_QP } else { 0 };
        let mut qp = fineness.qp;
        let (luma, chroma) = loop {
            let steps = self.steps(qp, fineness);
            let luma = inter::code_luma(&source.y, &prediction.luma, &steps, transform_8x8);
            let chroma = inter::code_chroma(&sources, &prediction.chroma, &steps);
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
