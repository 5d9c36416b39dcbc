//! The search for the vectors of parts of macroblocks, and where it starts (docs/spec/h264-clips.md, sections 6.3 and 6.4).

use super::super::distortion::Metric;
use super::super::inter::Part;
use super::super::macroblock::gather;
use super::super::motion::{Found, Limits, Manner, Moves, Search, Vector};
use super::{Foresight, FrameCoder, Place};
use crate::simd::Simd;

/// Runs an expression for the width and the area of a part, in samples.
macro_rules! for_size_of {
    ($part:expr, $width:ident, $area:ident => $run:expr) => {
        match ($part.width, $part.height) {
            (1, 1) => for_size_of!(8, 64, $width, $area, $run),
            (1, _) => for_size_of!(8, 128, $width, $area, $run),
            (_, 1) => for_size_of!(16, 128, $width, $area, $run),
            _ => for_size_of!(16, 256, $width, $area, $run),
        }
    };
    ($w:literal, $a:literal, $width:ident, $area:ident, $run:expr) => {{
        const $width: usize = $w;
        const $area: usize = $a;
        $run
    }};
}

/// A part of a macroblock whose vector in a list is searched for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aim {
    pub(super) part: Part,
    pub(super) list: usize,
    pub(super) predicted: Vector,
    /// What a bit of a vector costs.
    pub(super) lambda: u32,
}

impl FrameCoder<'_> {
    /// The search for the vector of a part.
    #[inline(always)]
    pub(super) fn search(
        &self,
        place: &Place,
        aim: Aim,
    ) -> Search<impl Fn(Vector, Metric) -> u32, impl Fn(Vector) -> u32> {
        let Aim { part, list, predicted, lambda } = aim;
        let source = &self.macroblock.source.y;
        let (from, (x, y)) = origin(place, part);
        let (luma, weight) = (&self.sources.references[list].luma, self.sources.weights[0]);
        let distortion = move |vector: Vector, metric: Metric| {
            for_size_of!(part, W, A => {
                let mut block = luma.block::<W, A>(x + vector.x, y + vector.y);
                if let Some(weight) = weight {
                    weight.apply(&mut block);
                }
                metric.of_region::<W, A>(&gather::<W, A>(source, 16, from), &block)
            })
        };
        Search {
            manner: self.manner(),
            predicted,
            limits: self.limits(place),
            distortion,
            price: move |vector: Vector| self.bits.cost(lambda, vector - predicted),
        }
    }

    /// What [`search`](Self::search) finds from some vectors on.
    #[inline(never)]
    pub(super) fn find<S: Simd>(&self, simd: S, place: &Place, aim: Aim, candidates: &[Vector]) -> Found {
        simd.vectorize(
            #[inline(always)]
            || self.search(place, aim).run(candidates.iter().copied()),
        )
    }

    /// The distortion of a part that is predicted by these vectors.
    #[inline(never)]
    pub(super) fn distortion<S: Simd>(&self, simd: S, place: &Place, part: Part, moves: Moves) -> u32 {
        let source = &self.macroblock.source.y;
        let (from, (x, y)) = origin(place, part);
        let metric = self.manner().metric;
        simd.vectorize(
            #[inline(always)]
            || {
                for_size_of!(part, W, A => {
                    let block = self.sources.mix(moves, |reference, vector| {
                        reference.luma.block::<W, A>(x + vector.x, y + vector.y)
                    });
                    metric.of_region::<W, A>(&gather::<W, A>(source, 16, from), &block)
                })
            },
        )
    }

    pub(super) fn limits(&self, place: &Place) -> Limits {
        let blocks = (self.planes.y.stride / 16, self.planes.y.rows / 16);
        Limits::of((16, 24, 6), (place.x, place.y), blocks, 4 * self.range)
    }

    fn manner(&self) -> Manner {
        let parameters = self.frame.parameters;
        let metric = if parameters.subme < 2 { Metric::Sad } else { Metric::Satd };
        Manner { level: parameters.subme, hexagon: parameters.prediction.hexagon, metric }
    }

    /// Vectors of a list that may be near: of the lookahead, of the macroblocks around, of the frame before.
    pub(super) fn candidates(&self, place: &Place, list: usize) -> impl Iterator<Item = Vector> {
        let columns = self.planes.y.stride / 16;
        let &Place { x, y, index, left, top, top_left, top_right, .. } = place;
        let around =
            [left, top, top_left, top_right].map(|motion| motion.map(|motion| motion.searched[list]));
        let rows = self.planes.y.rows / 16;
        let below = (y + 1 < rows, index + columns);
        let before = [(true, index), (x + 1 < columns, index + 1), below]
            .map(|(exists, at)| if exists { self.in_time(list, at) } else { None });
        let Foresight { lookahead, slot } = self.foresight;
        let seen = lookahead.vector(slot, list, self.distances[list].unsigned_abs() as usize, index);
        std::iter::once(seen).chain(around).chain(before).flatten()
    }

    /// The vector of a macroblock of the frame before, as long as the one of this frame would be.
    fn in_time(&self, list: usize, at: usize) -> Option<Vector> {
        // Picture order counts go in twos.
        let own = 2 * self.before.distance;
        if own == 0 {
            return None;
        }
        let scale = 2 * self.distances[list] * ((256 + own / 2) / own);
        let scaled = |component: i32| (component * scale + 128) >> 8;
        let vector = self.before.motions[at].searched[0];
        Some(Vector::new(scaled(vector.x), scaled(vector.y)))
    }
}

/// Where a part is in its macroblock, and in the picture in quarter samples.
fn origin(place: &Place, part: Part) -> (usize, (i32, i32)) {
    let (x, y) = (64 * place.x + 32 * part.x, 64 * place.y + 32 * part.y);
    (128 * part.y + 8 * part.x, (x as i32, y as i32))
}
