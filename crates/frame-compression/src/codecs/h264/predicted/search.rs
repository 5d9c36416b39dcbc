//! The search for the vectors of parts of macroblocks, and where it starts (docs/spec/h264-clips.md, sections 6.3 and 6.4).

use super::super::distortion::Metric;
use super::super::inter::{Entry, Part};
use super::super::kernels::difference;
use super::super::macroblock::{copy_rows, gather};
use super::super::motion::{Found, Limits, Manner, Moves, Pointer, REACH, Search, Target, Threshold, Vector};
use super::super::samples::Cross;
use super::{FrameCoder, Place};
use crate::simd::Simd;

/// Runs an expression for the width and the area of a part, in samples of luma and of chroma.
macro_rules! for_size_of {
    ($part:expr, $width:ident, $area:ident, $half:ident, $quarter:ident => $run:expr) => {
        match ($part.width, $part.height) {
            (1, 1) => for_size_of!(8, 64, $width, $area, $half, $quarter, $run),
            (1, _) => for_size_of!(8, 128, $width, $area, $half, $quarter, $run),
            (_, 1) => for_size_of!(16, 128, $width, $area, $half, $quarter, $run),
            _ => for_size_of!(16, 256, $width, $area, $half, $quarter, $run),
        }
    };
    ($w:literal, $a:literal, $width:ident, $area:ident, $half:ident, $quarter:ident, $run:expr) => {{
        const $width: usize = $w;
        const $area: usize = $a;
        #[allow(dead_code, reason = "not all look at chroma")]
        const $half: usize = $w / 2;
        #[allow(dead_code, reason = "not all look at chroma")]
        const $quarter: usize = $a / 4;
        $run
    }};
}

/// A part of a macroblock whose vector into a frame is searched for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aim {
    pub(super) part: Part,
    pub(super) list: usize,
    pub(super) entry: u8,
    pub(super) predicted: Vector,
    /// What a bit of a vector costs.
    pub(super) lambda: u32,
}

/// What was found for a part in a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    /// Its cost is with what the choice of the frame costs.
    pub(super) found: Found,
    pub(super) entry: u8,
    pub(super) predicted: Vector,
    /// What the vector costs.
    pub(super) price: u32,
    /// What the choice of the frame costs.
    pub(super) entry_price: u32,
}

impl Sought {
    pub(super) fn pointer(&self) -> Pointer {
        Pointer { vector: self.found.vector, entry: self.entry }
    }

    /// The cost without what vector and frame cost.
    pub(super) fn distortion(&self) -> u32 {
        self.found.cost - self.prices()
    }

    /// What vector and frame cost.
    pub(super) fn prices(&self) -> u32 {
        self.price + self.entry_price
    }

    /// Takes another if it is cheaper.
    pub(super) fn take(&mut self, other: Self) {
        if other.found.cost < self.found.cost {
            *self = other;
        }
    }
}

/// Where a search begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum From<'a> {
    /// At the best of these and of what is predicted.
    Candidates(&'a [Vector]),
    /// Between samples around a vector that was found in a frame much like this.
    Found(Vector),
}

impl FrameCoder<'_> {
    /// The search for the vector of a part.
    fn search<S: Simd>(
        &self,
        simd: S,
        place: &Place<'_>,
        aim: Aim,
    ) -> Search<impl Target, impl Fn(Vector, usize) -> u32, impl Fn(Vector) -> u32> {
        let Aim { part, list, entry, predicted, lambda } = aim;
        let source = &self.macroblock.source;
        let at = origin(place, part);
        let entry = self.sources.lists[list].at(entry);
        let prices = self.prices.at(lambda);
        let own = packed(&source.y, part, at.0);
        Search {
            manner: self.manner(),
            predicted,
            limits: self.limits(place),
            target: InEntry { simd, source: own, part, at: at.1, entry },
            chroma: move |vector, plane| {
                chroma_distortion(simd, (&source.chroma, part), at.1, entry, vector, plane)
            },
            price: move |vector: Vector| prices.of(vector - predicted),
        }
    }

    /// What [`search`](Self::search) finds; what the choice of the frame costs included.
    #[inline(never)]
    pub(super) fn seek<S: Simd>(
        &self,
        simd: S,
        place: &Place<'_>,
        aim: Aim,
        from: From<'_>,
        threshold: &mut Threshold,
    ) -> Sought {
        let Aim { list, entry, predicted, lambda, .. } = aim;
        let entry_price = self.entry_price(list, entry, lambda);
        let counted = if self.after.is_none() { entry_price } else { 0 };
        let search = self.search(simd, place, aim);
        let mut found = match from {
            From::Candidates(candidates) => search.run_below(candidates.iter().copied(), counted, threshold),
            From::Found(vector) => search.run_around(vector, counted, threshold),
        };
        found.cost += entry_price;
        let price = self.prices.at(lambda).of(found.vector - predicted);
        Sought { found, entry, predicted, price, entry_price }
    }

    /// Makes what was found as good as it gets; its cost is then without that of the choice of the frame.
    #[inline(never)]
    pub(super) fn refine<S: Simd>(
        &self,
        simd: S,
        place: &Place<'_>,
        (part, list): (Part, usize),
        sought: &mut Sought,
        lambda: u32,
    ) {
        let Sought { found, entry, predicted, entry_price, .. } = sought;
        found.cost -= *entry_price;
        let aim = Aim { part, list, entry: *entry, predicted: *predicted, lambda };
        self.search(simd, place, aim).finish(found);
    }

    /// What it costs to choose a frame of a list.
    fn entry_price(&self, list: usize, entry: u8, lambda: u32) -> u32 {
        match self.sources.lists[list].count() {
            1 => 0,
            2 => lambda,
            _ => lambda * (2 * (u32::from(entry) + 1).ilog2() + 1),
        }
    }

    /// The distortion of a part that is predicted by these vectors.
    #[inline(never)]
    pub(super) fn distortion<S: Simd>(&self, simd: S, place: &Place<'_>, part: Part, moves: Moves) -> u32 {
        let source = &self.macroblock.source.y;
        let (from, (x, y)) = origin(place, part);
        let metric = self.manner().metric;
        simd.vectorize(
            #[inline(always)]
            || {
                for_size_of!(part, W, A, _W2, _A4 => {
                    let block = self.sources.luma::<S, W, A>(simd, moves, (x, y));
                    difference::of_region::<S, W, A>(simd, metric, &gather::<W, A>(source, 16, from), &block)
                })
            },
        )
    }

    pub(super) fn limits(&self, place: &Place<'_>) -> Limits {
        let blocks = (self.planes.y.stride / 16, self.planes.y.rows / 16);
        Limits::of((16, 24, 6), (place.x, place.y), blocks, 4 * self.range)
    }

    /// How far this frame's searches go: B frames are less worth it.
    pub(super) fn level(&self) -> u8 {
        let subme = self.frame.parameters.subme;
        if self.after.is_some() && matches!(subme, 6 | 8) { subme - 1 } else { subme }
    }

    pub(super) fn manner(&self) -> Manner {
        let level = self.level();
        let metric = if level < 2 { Metric::Sad } else { Metric::Satd };
        let chroma = level >= 5 && self.after.is_none();
        Manner { level, hexagon: self.frame.parameters.prediction.hexagon, metric, chroma }
    }

    /// Vectors into a frame of a list that may be near: of the lookahead, of the macroblocks around, of the frame before.
    pub(super) fn candidates(
        &self,
        place: &Place<'_>,
        list: usize,
        entry: u8,
    ) -> impl Iterator<Item = Vector> {
        let columns = self.planes.y.stride / 16;
        let &Place { x, y, index, left, top, top_left, top_right, .. } = place;
        let at = usize::from(entry);
        let around =
            [left, top, top_left, top_right].map(|motion| motion.map(|motion| motion.searched[list][at]));
        let rows = self.planes.y.rows / 16;
        let below = (y + 1 < rows, index + columns);
        let distance = self.sources.lists[list].at(entry).distance;
        let before = [(true, index), (x + 1 < columns, index + 1), below]
            .map(|(exists, at)| if exists { self.in_time(distance, at) } else { None });
        let seen = if entry == 0 {
            self.foreseen.vector(list, distance.unsigned_abs() as usize, index)
        } else {
            None
        };
        std::iter::once(seen).chain(around).chain(before).flatten()
    }

    /// The vector of a macroblock of the frame before, as long as one over so many frames would be.
    fn in_time(&self, distance: i32, at: usize) -> Option<Vector> {
        // Picture order counts go in twos.
        let own = 2 * self.before.distance;
        if own == 0 {
            return None;
        }
        let scale = 2 * distance * ((256 + own / 2) / own);
        let scaled = |component: i32| (component * scale + 128) >> 8;
        let vector = self.before.motions[at].searched[0][0];
        Some(Vector::new(scaled(vector.x), scaled(vector.y)))
    }
}

/// A part's samples, row after row.
fn packed(source: &[u8; 256], part: Part, from: usize) -> [u8; 256] {
    let mut own = [0; 256];
    for_size_of!(part, W, A, _W2, _A4 => {
        copy_rows::<W>((source, 16, from), (&mut own, W, 0), A / W);
    });
    own
}

/// The luma of a part, packed, that is searched for in an entry of a list.
struct InEntry<'a, S> {
    simd: S,
    source: [u8; 256],
    part: Part,
    /// In quarter samples.
    at: (i32, i32),
    entry: &'a Entry<'a>,
}

impl<S: Simd> Target for InEntry<'_, S> {
    fn distortion(&self, vector: Vector, metric: Metric) -> u32 {
        let Self { simd, part, at: (x, y), entry, .. } = *self;
        simd.vectorize(
            #[inline(always)]
            || {
                for_size_of!(part, W, A, _W2, _A4 => {
                    let source = self.source.first_chunk().expect("a part's samples");
                    let place = (x + vector.x, y + vector.y);
                    let Some(weight) = entry.weights[0] else {
                        return entry.reference.luma.distortion::<S, W, A>(simd, metric, source, place);
                    };
                    let mut block = entry.reference.luma.block::<W, A>(place.0, place.1);
                    weight.apply(&mut block);
                    difference::of_region::<S, W, A>(simd, metric, source, &block)
                })
            },
        )
    }

    fn differences_around<const N: usize>(&self, centre: Vector, steps: [Vector; N]) -> [u32; N] {
        let Self { simd, part, at: (x, y), entry, .. } = *self;
        simd.vectorize(
            #[inline(always)]
            || {
                for_size_of!(part, W, A, _W2, _A4 => {
                    let source = self.source.first_chunk().expect("a part's samples");
                    let at = ((x >> 2) + centre.x, (y >> 2) + centre.y);
                    let window = entry.reference.luma.around(at, W, A / W, REACH);
                    let Some(window) = window.filter(|_| entry.weights[0].is_none()) else {
                        return self.differences_one_by_one(centre, steps);
                    };
                    let mut found = [0; N];
                    for (found, step) in found.iter_mut().zip(steps) {
                        let [x, y] = [step.x, step.y].map(|step| (step + REACH as i32) as usize);
                        let block = [window.part((x, y), W, A / W)];
                        *found = difference::of_windows::<S, W, A, 1>(simd, Metric::Sad, source, block);
                    }
                    found
                })
            },
        )
    }

    fn differences_at_halves(&self, centre: Vector) -> [u32; 4] {
        self.distortions_by_cross::<false>(centre, Metric::Sad)
    }

    fn distortions_at_quarters(&self, centre: Vector, metric: Metric) -> [u32; 4] {
        self.distortions_by_cross::<true>(centre, metric)
    }
}

impl<S: Simd> InEntry<'_, S> {
    /// The distortions half a sample up, down, to the left and to the right of a vector. With `QUARTERS`, a quarter of a sample
    /// from it: those blocks averaged with the one that the vector points at.
    #[inline(always)]
    fn distortions_by_cross<const QUARTERS: bool>(&self, centre: Vector, metric: Metric) -> [u32; 4] {
        let Self { simd, part, at: (x, y), entry, .. } = *self;
        let at = Vector::new(x, y) + centre;
        simd.vectorize(
            #[inline(always)]
            || {
                for_size_of!(part, W, A, _W2, _A4 => {
                    let source = self.source.first_chunk().expect("a part's samples");
                    let cross = entry.reference.luma.cross(at, W, A / W);
                    let Some(Cross { centre: middle, arms }) = cross.filter(|_| entry.weights[0].is_none())
                    else {
                        return self.distortions_one_by_one(centre, if QUARTERS { 1 } else { 2 }, metric);
                    };
                    let mut found = [0; 4];
                    for (found, arm) in found.iter_mut().zip(arms) {
                        *found = if QUARTERS {
                            difference::of_windows::<S, W, A, 2>(simd, metric, source, [middle, arm])
                        } else {
                            difference::of_windows::<S, W, A, 1>(simd, metric, source, [arm])
                        };
                    }
                    found
                })
            },
        )
    }
}

/// The distortion of a part of a chroma plane that an entry of a list predicts by a vector; `source` has rows of both planes.
fn chroma_distortion<S: Simd>(
    simd: S,
    (source, part): (&[u8; 128], Part),
    (x, y): (i32, i32),
    entry: &Entry<'_>,
    vector: Vector,
    plane: usize,
) -> u32 {
    simd.vectorize(
        #[inline(always)]
        || {
            for_size_of!(part, _W, _A, W2, A4 => {
                let mut block = entry.reference.chroma[plane].eighths::<W2, A4>(x + vector.x, y + vector.y);
                if let Some(weight) = entry.weights[1 + plane] {
                    weight.apply(&mut block);
                }
                let own = gather::<W2, A4>(source, 16, 8 * plane + 64 * part.y + 4 * part.x);
                difference::satd::<S, W2, A4>(simd, &own, &block)
            })
        },
    )
}

/// Where a part is in its macroblock, and in the picture in quarter samples.
fn origin(place: &Place<'_>, part: Part) -> (usize, (i32, i32)) {
    let (x, y) = (64 * place.x + 32 * part.x, 64 * place.y + 32 * part.y);
    (128 * part.y + 8 * part.x, (x as i32, y as i32))
}
