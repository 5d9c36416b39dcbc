//! Weighted prediction: whether a frame is its reference made brighter, darker, or of another contrast
//! (docs/spec/h264-clips.md, section 5).

use super::super::distortion::Metric;
use super::super::kernels::eights::{self, Stored};
use super::super::motion::Vector;
use super::super::samples::Samples;
use super::{Lookahead, Seen};
use crate::planes::Plane;
use crate::simd::{Dwords as _, Job, Level, Simd, Window, Words as _, each};

/// What samples of a reference are turned into: `value * scale / 2^shift + offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Weight {
    scale: i32,
    shift: u32,
    offset: i32,
}

impl Weight {
    /// One step darker.
    pub(in super::super) const DARKER: Self = Self { scale: 1, shift: 0, offset: -1 };

    /// The same, one step darker, if there is such.
    pub(in super::super) fn darker(self) -> Option<Self> {
        (self.offset > -128).then_some(Self { offset: self.offset - 1, ..self })
    }

    #[inline(always)]
    pub(in super::super) fn apply<const A: usize>(self, block: &mut [u8; A]) {
        let Self { scale, shift, offset } = self;
        let half = if shift > 0 { 1 << (shift - 1) } else { 0 };
        for sample in block {
            *sample = (((i32::from(*sample) * scale + half) >> shift) + offset).clamp(0, 255) as u8;
        }
    }

    fn halve(&mut self) {
        self.scale >>= 1;
        self.shift -= 1;
    }
}

/// Those of Y, Cb and Cr.
pub(in super::super) type Weights = [Option<Weight>; 3];

/// What the samples of a plane add up to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    sum: u64,
    /// How much they vary.
    energy: u64,
    count: u64,
}

impl Sums {
    /// Of a plane with its padding.
    pub(super) fn of(plane: &Plane) -> Self {
        let (sum, squares) = Level::current().run(Totals(&plane.samples));
        let count = plane.samples.len() as u64;
        Self { sum, energy: squares - (sum * sum + count / 2) / count, count }
    }
}

/// How many bytes ahead is prefetched.
const AHEAD: usize = 2048;

/// The sum of samples, and that of their squares.
struct Totals<'a>(&'a [u8]);

impl Job for Totals<'_> {
    type Output = (u64, u64);

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> (u64, u64) {
        let ones = S::Words::splat(simd, 1);
        // Planes have whole macroblocks. As many samples as fit into 32 bits.
        self.0.as_chunks::<64>().0.chunks(1 << 6).fold((0, 0), |(sum, squares), samples| {
            let mut sums = [S::Dwords::splat(simd, 0); 2];
            for samples in samples {
                // The frame is looked at for the first time.
                simd.prefetch(samples, AHEAD);
                for samples in samples.as_chunks::<16>().0 {
                    let samples = S::Words::load_bytes(simd, samples);
                    sums[0] = sums[0] + samples.mul_add_pairs(ones);
                    sums[1] = sums[1] + samples.mul_add_pairs(samples);
                }
            }
            (sum + sums[0].sum() as u64, squares + sums[1].sum() as u64)
        })
    }
}

/// How the samples of a plane compare with those of its reference.
struct Comparison {
    gain: f32,
    mean: f32,
    reference_mean: f32,
}

impl Comparison {
    fn of(own: &Sums, reference: &Sums) -> Self {
        let flat = u64::from(reference.energy == 0);
        let mean = |sums: &Sums| (sums.sum + flat) as f32 / sums.count as f32;
        Self {
            gain: ((own.energy + flat) as f32 / (reference.energy + flat) as f32).sqrt(),
            mean: mean(own),
            reference_mean: mean(reference),
        }
    }

    fn is_same(&self) -> bool {
        (self.reference_mean - self.mean).abs() < 0.5 && (1.0 - self.gain).abs() < 1.0 / 128.0
    }
}

/// Bits of an unsigned Exp-Golomb code.
fn bits(value: u32) -> u32 {
    2 * (value + 1).ilog2() + 1
}

/// Bits of a signed one.
fn signed_bits(value: i32) -> u32 {
    bits(if value > 0 { 2 * value as u32 - 1 } else { 2 * value.unsigned_abs() })
}

/// How far around the first guess weights are tried.
#[derive(Debug, Clone, Copy)]
struct Steps {
    scale: i32,
    offset: i32,
}

/// A weight that is worth it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fade {
    pub(super) weight: Weight,
    /// What the frame costs with it, by what it costs without.
    pub(super) share: f32,
}

/// The weight that costs least; `None` where none is worth it. `cost` is that of a weight or of none, without its bits.
fn search(
    compared: &Comparison,
    start: Weight,
    steps: Option<Steps>,
    header: impl Fn(Weight) -> u32,
    cost: impl Fn(Option<Weight>) -> u64,
) -> Option<Fade> {
    let unweighted = cost(None);
    if unweighted == 0 {
        return None;
    }
    let Steps { scale: scale_steps, offset: offset_steps } = steps.unwrap_or(Steps { scale: 0, offset: 0 });
    let Comparison { mean, reference_mean, .. } = *compared;
    let unit = (1u32 << start.shift) as f32;
    let mut best = None;
    let mut least = unweighted;
    let scales = (start.scale - scale_steps).clamp(0, 127)..=(start.scale + scale_steps).clamp(0, 127);
    for mut scale in scales {
        let rounding = if steps.is_none() { 0.5 } else { 0.0 };
        let mut offset = (mean - reference_mean * scale as f32 / unit + rounding) as i32;
        if !(-128..=127).contains(&offset) {
            offset = offset.clamp(-128, 127);
            scale = (unit * (mean - offset as f32) / reference_mean + 0.5).clamp(0.0, 127.0) as i32;
        }
        let first = (offset - offset_steps).clamp(-128, 127);
        for offset in first..=(offset + offset_steps).clamp(-128, 127) {
            let weight = Weight { scale, offset, ..start };
            let cost = cost(Some(weight)) + u64::from(header(weight));
            if cost < least {
                (least, best) = (cost, Some(weight));
            }
            // The best is the first of these, or none, which counts as 0: those after it are not tried.
            if offset != first && best.map_or(0, |best: Weight| best.offset) == first {
                break;
            }
        }
    }
    let weight = best?;
    let is_nothing = weight.scale == 1 << weight.shift && weight.offset == 0;
    let share = least as f32 / unweighted as f32;
    (!is_nothing && share <= 0.998).then_some(Fade { weight, share })
}

/// A frame predicted by a weight, or none, from macroblocks at half size.
struct WeighedFrame<'a, B> {
    lookahead: &'a Lookahead,
    seen: &'a Seen,
    base: &'a B,
    weight: Option<Weight>,
    metric: Metric,
}

impl<B: Fn(usize) -> [u8; 64]> Job for WeighedFrame<'_, B> {
    type Output = u64;

    /// What its macroblocks cost, each predicted from nothing where that costs less.
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> u64 {
        let Self { lookahead, seen, base, weight, metric } = self;
        let mut sum = 0;
        for (place, &intra) in seen.intra_costs.iter().enumerate() {
            let mut block = base(place);
            if let Some(weight) = weight {
                weight.apply(&mut block);
            }
            let blocks = [lookahead.halved(seen, place, Vector::ZERO), block];
            let [source, block] = each!(2, i => eights::load(simd, Window::of(&blocks[i], 8, 8)));
            let distortion = eights::distortion(simd, metric, &Stored::of::<S>(source), block);
            sum += u64::from(distortion.min(intra));
        }
        sum
    }
}

impl Lookahead {
    /// How a frame fades from another, for the search of its vectors.
    pub(super) fn fade(&self, p0: usize, b: usize) -> Option<Fade> {
        let (reference, seen) = (&self.frames[p0], &self.frames[b]);
        self.luma_fade(reference, seen, None, |place| self.halved(reference, place, Vector::ZERO))
    }

    /// Finds the weights that a P frame is coded with.
    pub(super) fn find_weights(&mut self, p0: usize, b: usize) {
        self.cost(b, b, b);
        let (reference, seen) = (&self.frames[p0], &self.frames[b]);
        let vectors = &seen.vectors[0][(seen.index - reference.index) as usize];
        let vector = |place: usize| if vectors.known { vectors.found[place].vector } else { Vector::ZERO };
        let subme = self.terms().parameters.subme;
        let steps = match subme {
            0 | 1 => Steps { scale: 0, offset: 0 },
            2..=6 => Steps { scale: 0, offset: 1 },
            7 | 8 => Steps { scale: 1, offset: 1 },
            9 | 10 => Steps { scale: 2, offset: 1 },
            _ => Steps { scale: 4, offset: 2 },
        };
        let fade = self
            .luma_fade(reference, seen, Some(steps), |place| self.halved(reference, place, vector(place)));
        let luma = fade.map(|fade| fade.weight);
        let mut weights = [luma, None, None];
        if luma.is_some() {
            [weights[1], weights[2]] = self.chroma_weights([p0, b], steps, vector);
        }
        self.frames[b].weights = weights;
    }

    /// A macroblock at half size.
    fn halved(&self, seen: &Seen, place: usize, vector: Vector) -> [u8; 64] {
        let columns = self.terms().columns;
        let (x, y) = ((place % columns) as i32, (place / columns) as i32);
        seen.half.block::<8, 64>(32 * x + vector.x, 32 * y + vector.y)
    }

    fn luma_fade(
        &self,
        reference: &Seen,
        seen: &Seen,
        steps: Option<Steps>,
        base: impl Fn(usize) -> [u8; 64],
    ) -> Option<Fade> {
        let compared = Comparison::of(&seen.sums[0], &reference.sums[0]);
        if compared.is_same() {
            return None;
        }
        let mut start = Weight { scale: (compared.gain * 128.0).round() as i32, shift: 7, offset: 0 };
        while start.scale > 127 && start.shift > 0 {
            start.halve();
        }
        start.scale = start.scale.min(127);
        let terms = self.terms();
        let metric = if terms.parameters.subme >= 2 { Metric::Satd } else { Metric::Sad };
        let parts = terms.slices.count() as u32;
        let header = |weight: Weight| {
            let values = signed_bits(weight.scale) + signed_bits(weight.offset);
            parts * (10 + 2 * bits(weight.shift) + 2 * values)
        };
        let cost = |weight: Option<Weight>| {
            Level::current().run(WeighedFrame { lookahead: self, seen, base: &base, weight, metric })
        };
        let mut best = search(&compared, start, steps, header, cost)?;
        while best.weight.shift > 0 && best.weight.scale % 2 == 0 {
            best.weight.halve();
        }
        Some(best)
    }

    fn chroma_weights(
        &self,
        slots: [usize; 2],
        steps: Steps,
        vector: impl Fn(usize) -> Vector,
    ) -> [Option<Weight>; 2] {
        let [reference, seen] = slots.map(|slot| &self.frames[slot]);
        let compared = [1, 2].map(|plane| Comparison::of(&seen.sums[plane], &reference.sums[plane]));
        let mut shift = 7;
        while shift > 0 && compared.iter().any(|compared| compared.gain >= 127.0 / (1u32 << shift) as f32) {
            shift -= 1;
        }
        let terms = self.terms();
        let parts = terms.slices.count() as u32;
        let mut weights = [None; 2];
        for (plane, compared) in compared.iter().enumerate() {
            if compared.is_same() {
                continue;
            }
            let scale = (compared.gain * (1u32 << shift) as f32).round().clamp(0.0, 255.0) as i32;
            if scale > 127 {
                return [None; 2];
            }
            let [from, own] = slots.map(|slot| {
                let source = &self.sources[slot];
                Samples::of([&source.cb, &source.cr][plane])
            });
            let header = |weight: Weight| {
                let values = signed_bits(weight.scale) + signed_bits(weight.offset);
                4 * parts * (10 + bits(weight.shift) + 2 * values)
            };
            let cost = |weight: Option<Weight>| {
                let places = 0..terms.columns * terms.rows;
                let costs = places.map(|place| {
                    let (x, y) = ((place % terms.columns) as i32, (place / terms.columns) as i32);
                    let vector = vector(place);
                    let mut block = from.eighths::<8, 64>(64 * x + vector.x, 64 * y + vector.y);
                    if let Some(weight) = weight {
                        weight.apply(&mut block);
                    }
                    let source = own.block::<8, 64>(8 * x, 8 * y);
                    let sum = |block: &[u8; 64]| block.iter().map(|&sample| i64::from(sample)).sum::<i64>();
                    (sum(&block) - sum(&source)).unsigned_abs()
                });
                costs.sum()
            };
            let fade = search(compared, Weight { scale, shift, offset: 0 }, Some(steps), header, cost);
            weights[plane] = fade.map(|fade| fade.weight);
        }
        let halves = |weights: &[Option<Weight>; 2]| {
            let mut there = weights.iter().flatten();
            match (there.next(), there.next()) {
                (None, _) => false,
                (Some(one), None) => one.shift == 7 || (one.shift > 0 && one.scale % 2 == 0),
                (Some(one), Some(two)) => one.shift > 0 && one.scale % 2 == 0 && two.scale % 2 == 0,
            }
        };
        while halves(&weights) {
            weights.iter_mut().flatten().for_each(Weight::halve);
        }
        weights
    }
}
