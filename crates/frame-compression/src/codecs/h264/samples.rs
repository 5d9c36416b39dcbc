//! Frames that others are predicted from: planes whose edges repeat without end, and what is between their samples
//! (docs/spec/h264-clips.md, sections 2.1 and 6.1).

use super::distortion::Metric;
use super::kernels::eights::{self, Block};
use super::kernels::{difference, moved};
use super::motion::Vector;
use crate::planes::{Plane, Planes};
use crate::simd::{Grid, Job, Level, Simd, Window};

/// A plane with a margin; places outside are those of its edge.
#[derive(Debug, Clone, Default)]
pub(super) struct Samples {
    /// With the margin on all sides.
    grid: Grid,
    margin: usize,
}

impl Samples {
    fn resize(&mut self, width: usize, height: usize, margin: usize) {
        self.margin = margin;
        self.grid.resize(width + 2 * margin, height + 2 * margin);
    }

    /// Takes the samples of a plane with its padding.
    fn copy(&mut self, plane: &Plane) {
        self.margin = 0;
        self.grid.copy(&plane.samples, plane.stride, plane.rows);
    }

    /// A row without its margin.
    fn inner_row_mut(&mut self, y: usize) -> &mut [u8] {
        let (width, margin) = (self.grid.width(), self.margin);
        let start = (y + margin) * width + margin;
        &mut self.grid.samples_mut()[start..start + width - 2 * margin]
    }

    /// Fills the margin with what is next to it.
    fn repeat_edges(&mut self) {
        let (width, height, margin) = (self.grid.width(), self.grid.height(), self.margin);
        let (first, last) = (margin, height - margin - 1);
        let samples = self.grid.samples_mut();
        for row in samples.chunks_exact_mut(width).take(last + 1).skip(first) {
            let (left, right) = (row[margin], row[width - margin - 1]);
            row[..margin].fill(left);
            row[width - margin..].fill(right);
        }
        for y in (0..first).chain(last + 1..height) {
            let from = y.clamp(first, last) * width;
            samples.copy_within(from..from + width, y * width);
        }
    }

    /// The block of W columns and A / W rows at (x, y), which may be outside.
    #[inline(always)]
    pub(super) fn block<const W: usize, const A: usize>(&self, x: i32, y: i32) -> [u8; A] {
        let Some(window) = self.window((x, y), W, A / W) else { return self.block_outside::<W, A>(x, y) };
        let mut block = [0; A];
        for (y, to) in block.as_chunks_mut::<W>().0.iter_mut().enumerate() {
            *to = *window.row((0, y));
        }
        block
    }

    /// The region of so many columns and rows at (x, y), if it is inside or in the margin.
    #[inline(always)]
    fn window(&self, (x, y): (i32, i32), width: usize, height: usize) -> Option<Window<'_>> {
        let margin = self.margin as i32;
        self.grid.window((x + margin, y + margin), width, height)
    }

    /// The 8x8 block at (x, y), which may be outside, in vectors.
    #[inline(always)]
    fn eight<S: Simd>(&self, simd: S, x: i32, y: i32) -> Block<S> {
        match self.window((x, y), 8, 8) {
            Some(window) => eights::load(simd, window),
            None => eights::load(simd, Window::of(&self.block_outside::<8, 64>(x, y), 8, 8)),
        }
    }

    #[inline(never)]
    fn block_outside<const W: usize, const A: usize>(&self, x: i32, y: i32) -> [u8; A] {
        let (x, y) = (x + self.margin as i32, y + self.margin as i32);
        let (width, height) = (self.grid.width(), self.grid.height());
        let inside = |at: i32, room: usize| at.clamp(0, room as i32 - 1) as usize;
        let columns: [usize; W] = std::array::from_fn(|i| inside(x + i as i32, width));
        let mut block = [0; A];
        for (i, to) in block.chunks_exact_mut(W).enumerate() {
            let row = &self.grid.samples()[inside(y + i as i32, height) * width..][..width];
            for (to, &column) in to.iter_mut().zip(&columns) {
                *to = row[column];
            }
        }
        block
    }
}

/// The mean of two samples, rounded up.
fn mean(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

/// The mean of two blocks, rounded up.
#[inline(always)]
fn means<const A: usize>(a: &[u8; A], b: &[u8; A]) -> [u8; A] {
    std::array::from_fn(|i| mean(a[i], b[i]))
}

/// Two blocks as one prediction; the first counts `weight` of 64 (H.264 8.4.2.3).
#[inline(always)]
pub(super) fn average<const A: usize>(a: &[u8; A], b: &[u8; A], weight: i32) -> [u8; A] {
    if weight == 32 {
        return means(a, b);
    }
    std::array::from_fn(|i| {
        let sum = i32::from(a[i]) * weight + i32::from(b[i]) * (64 - weight);
        ((sum + 32) >> 6).clamp(0, 255) as u8
    })
}

/// The places in half samples whose mean is the sample at (x, y) in quarters.
#[inline(always)]
fn between(x: i32, y: i32) -> ([i32; 2], Option<[i32; 2]>) {
    let (x2, y2) = (x >> 1, y >> 1);
    match (x & 1, y & 1) {
        (0, 0) => ([x2, y2], None),
        (1, 0) => ([x2, y2], Some([x2 + 1, y2])),
        (0, _) => ([x2, y2], Some([x2, y2 + 1])),
        // Diagonally: of the two half samples beside it that are not whole, one in its row, one in its column.
        _ => ([x2 | 1, (y2 + 1) & !1], Some([(x2 + 1) & !1, y2 | 1])),
    }
}

/// A plane once for each half sample: as it is, half a sample to the right, down, and both.
#[derive(Debug, Clone, Default)]
pub(super) struct Quarters([Samples; 4]);

impl Quarters {
    /// The block of W columns and A / W rows at (x, y) in quarter samples.
    #[inline(always)]
    pub(super) fn block<const W: usize, const A: usize>(&self, x: i32, y: i32) -> [u8; A] {
        let half = |[x, y]: [i32; 2]| -> [u8; A] {
            let which = 2 * (y & 1) + (x & 1);
            self.0[which as usize].block::<W, A>(x >> 1, y >> 1)
        };
        match between(x, y) {
            (only, None) => half(only),
            (a, Some(b)) => means(&half(a), &half(b)),
        }
    }

    /// The 8x8 block at a place in quarter samples, in vectors.
    #[inline(always)]
    pub(super) fn eight<S: Simd>(&self, simd: S, at: Vector) -> Block<S> {
        match between(at.x, at.y) {
            (only, None) => self.half_eight(simd, only),
            (a, Some(b)) => eights::mean::<S>(self.half_eight(simd, a), self.half_eight(simd, b)),
        }
    }

    #[inline(always)]
    fn half_eight<S: Simd>(&self, simd: S, [x, y]: [i32; 2]) -> Block<S> {
        self.0[(2 * (y & 1) + (x & 1)) as usize].eight(simd, x >> 1, y >> 1)
    }

    /// The region of so many columns and rows at a place in half samples, if it is inside.
    #[inline(always)]
    fn half_window(&self, [x, y]: [i32; 2], width: usize, height: usize) -> Option<Window<'_>> {
        self.0[(2 * (y & 1) + (x & 1)) as usize].window((x >> 1, y >> 1), width, height)
    }

    /// The region of the plane as it is that blocks of so many columns and rows have that are up to `reach` samples from
    /// (x, y), if it is inside.
    #[inline(always)]
    pub(super) fn around(
        &self,
        (x, y): (i32, i32),
        width: usize,
        height: usize,
        reach: usize,
    ) -> Option<Window<'_>> {
        let more = reach as i32;
        self.0[0].window((x - more, y - more), width + 2 * reach, height + 2 * reach)
    }

    /// The two regions of half samples whose mean is the block at (x, y) in quarter samples, the same one twice where
    /// it is one of them, if they are inside.
    #[inline(always)]
    pub(super) fn pair(&self, (x, y): (i32, i32), width: usize, height: usize) -> Option<moved::Luma<'_>> {
        let (first, second) = between(x, y);
        let first = self.half_window(first, width, height)?;
        let second = second.map_or(Some(first), |second| self.half_window(second, width, height))?;
        Some([first, second])
    }

    /// A block, at a place that is not between half samples, and those half a sample from it, if they are inside.
    #[inline(always)]
    pub(super) fn cross<'a>(&'a self, at: Vector, width: usize, height: usize) -> Option<Cross<'a>> {
        if (at.x | at.y) & 1 != 0 {
            return None;
        }
        let (x, y) = (at.x >> 1, at.y >> 1);
        let centre = self.half_window([x, y], width, height)?;
        // Two that are a sample apart have one of more columns or rows.
        let beside = self.half_window([x - 1, y], width + 1, height)?;
        let above_and_below = self.half_window([x, y - 1], width, height + 1)?;
        let part = |of: Window<'a>, at| of.part(at, width, height);
        let arms = [
            part(above_and_below, (0, 0)),
            part(above_and_below, (0, 1)),
            part(beside, (0, 0)),
            part(beside, (1, 0)),
        ];
        Some(Cross { centre, arms })
    }

    /// Prefetches so many rows of all planes from (x, y) on, a cache line each.
    #[inline(always)]
    pub(super) fn prefetch<S: Simd>(&self, simd: S, at: (i32, i32), rows: usize) {
        for samples in &self.0 {
            if let Some(window) = samples.window(at, 1, rows) {
                for row in 0..rows {
                    simd.prefetch(window.row::<1>((0, row)), 0);
                }
            }
        }
    }

    /// How far the block of W columns and A / W rows at (x, y) in quarter samples is from a source.
    #[inline(always)]
    pub(super) fn distortion<S: Simd, const W: usize, const A: usize>(
        &self,
        simd: S,
        metric: Metric,
        source: &[u8; A],
        (x, y): (i32, i32),
    ) -> u32 {
        let window = |place| self.half_window(place, W, A / W);
        match between(x, y) {
            (only, None) => {
                if let Some(only) = window(only) {
                    return difference::of_windows::<S, W, A, 1>(simd, metric, source, [only]);
                }
            }
            (a, Some(b)) => {
                if let (Some(a), Some(b)) = (window(a), window(b)) {
                    return difference::of_windows::<S, W, A, 2>(simd, metric, source, [a, b]);
                }
            }
        }
        difference::of_region::<S, W, A>(simd, metric, source, &self.block::<W, A>(x, y))
    }

    /// The block of the plane as it is, at (x, y) in samples.
    pub(super) fn whole<const W: usize, const A: usize>(&self, x: i32, y: i32) -> [u8; A] {
        self.0[0].block::<W, A>(x, y)
    }

    /// Halves a plane with its padding (section 2.1).
    pub(super) fn halve(&mut self, plane: &Plane, means: &mut Vec<u8>) {
        let (width, height) = (plane.stride, plane.rows);
        for half in &mut self.0 {
            half.resize(width / 2, height / 2, HALF_MARGIN);
        }
        means.resize(2 * width + 1, 0);
        Level::current().run(Halving { plane, to: &mut self.0, means });
        self.0.iter_mut().for_each(Samples::repeat_edges);
    }

    /// Takes a plane as it is, with nothing between its samples.
    fn copy(&mut self, plane: &Plane) {
        self.0[0].copy(plane);
    }

    /// Takes a plane and interpolates between its samples (H.264 8.4.2.2.1).
    fn interpolate(&mut self, plane: &Plane, memory: &mut Memory) {
        for samples in &mut self.0 {
            samples.resize(plane.stride, plane.rows, MARGIN);
        }
        Level::current().run(Interpolation { plane, to: &mut self.0, memory });
    }
}

/// A block and those half a sample up, down, to the left and to the right of it.
#[derive(Clone, Copy)]
pub(super) struct Cross<'a> {
    pub(super) centre: Window<'a>,
    pub(super) arms: [Window<'a>; 4],
}

/// Further outside nothing changes but by the limits of vectors.
const MARGIN: usize = 32;
/// The same at half size.
const HALF_MARGIN: usize = 16;
/// How far the filter of half samples reaches.
const REACH: usize = 3;

/// Halves a plane.
struct Halving<'a> {
    plane: &'a Plane,
    to: &'a mut [Samples; 4],
    /// For a row's means with the row below, the last once more, and those of their neighbours.
    means: &'a mut [u8],
}

impl Job for Halving<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { plane, to, means } = self;
        let (width, height) = (plane.stride, plane.rows);
        let (vertical, both) = means.split_at_mut(width + 1);
        for y in 0..height {
            let (above, below) = (plane.padded_row(y), plane.padded_row((y + 1).min(height - 1)));
            for (to, (&a, &b)) in vertical.iter_mut().zip(above.iter().zip(below)) {
                *to = mean(a, b);
            }
            vertical[width] = vertical[width - 1];
            for (to, (&a, &b)) in both.iter_mut().zip(vertical.iter().zip(&vertical[1..])) {
                *to = mean(a, b);
            }
            let [even, odd] = &mut to[y % 2 * 2..][..2] else { return };
            let (even, odd) = (even.inner_row_mut(y / 2), odd.inner_row_mut(y / 2));
            let pairs = even.iter_mut().zip(odd);
            for ((even, odd), pair) in pairs.zip(both.as_chunks::<2>().0) {
                [*even, *odd] = *pair;
            }
        }
    }
}

/// Memory of the interpolation.
#[derive(Debug, Clone, Default)]
struct Memory {
    /// The plane with its rows' ends repeated.
    rows: Vec<u8>,
    /// A row filtered downwards, before it is rounded.
    sums: Vec<i16>,
}

/// Makes what is between a plane's samples.
struct Interpolation<'a> {
    plane: &'a Plane,
    to: &'a mut [Samples; 4],
    memory: &'a mut Memory,
}

impl Job for Interpolation<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { plane, to, memory: Memory { rows, sums } } = self;
        let (width, height) = (plane.stride, plane.rows);
        let wide = width + 2 * (MARGIN + REACH);
        rows.resize(wide * height, 0);
        sums.resize(wide, 0);
        for (to, y) in rows.chunks_exact_mut(wide).zip(0..height) {
            let from = plane.padded_row(y);
            let (left, rest) = to.split_at_mut(MARGIN + REACH);
            left.fill(from[0]);
            rest[..width].copy_from_slice(from);
            rest[width..].fill(from[width - 1]);
        }
        let [whole, right, down, both] = to.each_mut().map(|samples| samples.grid.samples_mut());
        let stride = width + 2 * MARGIN;
        for y in 0..height + 2 * MARGIN {
            let around: [&[u8]; 6] = std::array::from_fn(|i| {
                let y = (y + i) as i32 - MARGIN as i32 - 2;
                &rows[y.clamp(0, height as i32 - 1) as usize * wide..][..wide]
            });
            for (x, sum) in sums.iter_mut().enumerate() {
                *sum = six(around.map(|row| i16::from(row[x])));
            }
            let out = y * stride..(y + 1) * stride;
            let centre = &around[2][REACH..][..stride];
            whole[out.clone()].copy_from_slice(centre);
            let windows: [&[u8]; 6] = std::array::from_fn(|i| &around[2][REACH + i - 2..][..stride]);
            for (x, to) in right[out.clone()].iter_mut().enumerate() {
                *to = rounded(six(windows.map(|row| i16::from(row[x]))));
            }
            for (to, &sum) in down[out.clone()].iter_mut().zip(&sums[REACH..]) {
                *to = rounded(sum);
            }
            let windows: [&[i16]; 6] = std::array::from_fn(|i| &sums[REACH + i - 2..][..stride]);
            for (x, to) in both[out].iter_mut().enumerate() {
                *to = rounded_of_sums(windows.map(|row| row[x]));
            }
        }
    }
}

/// The filter of half samples, before it is rounded: -2550..=10710.
#[inline(always)]
fn six([a, b, c, d, e, f]: [i16; 6]) -> i16 {
    a + f - 5 * (b + e) + 20 * (c + d)
}

/// The filter over sums of the filter, as a sample: `(a - 5 b + 20 c + 512) >> 10` of outer, middle and inner pairs, in steps
/// that 16 bits have room for: shifts one after another lose together what one shift does. Only a sum that ends far outside
/// of 0..=255 is cut off.
#[inline(always)]
fn rounded_of_sums([a, b, c, d, e, f]: [i16; 6]) -> u8 {
    let (outer, middle, inner) = (a + f, b + e, c + d);
    let quarter = ((outer - middle) >> 2).saturating_add(inner - middle);
    let sixteenth = (quarter >> 2) + inner;
    ((sixteenth + 32) >> 6).clamp(0, 255) as u8
}

/// A sum of the filter as a sample.
#[inline(always)]
fn rounded(sum: i16) -> u8 {
    ((sum + 16) >> 5).clamp(0, 255) as u8
}

/// A frame that others are predicted from.
#[derive(Debug, Clone, Default)]
pub(super) struct Reference {
    pub(super) luma: Quarters,
    pub(super) chroma: [Samples; 2],
    memory: Memory,
}

impl Reference {
    /// Takes a reconstruction; vectors point between its samples, or at whole ones only.
    pub(super) fn take(&mut self, planes: &Planes, between: bool) {
        if between {
            self.luma.interpolate(&planes.y, &mut self.memory);
        } else {
            self.luma.copy(&planes.y);
        }
        self.chroma[0].copy(&planes.cb);
        self.chroma[1].copy(&planes.cr);
    }
}

impl Samples {
    /// A plane of its own.
    pub(super) fn of(plane: &Plane) -> Self {
        let mut samples = Self::default();
        samples.copy(plane);
        samples
    }

    /// The block of W columns and A / W rows at (x, y) in eighths of a sample (H.264 8.4.2.2.2).
    #[inline(always)]
    pub(super) fn eighths<const W: usize, const A: usize>(&self, x: i32, y: i32) -> [u8; A] {
        let (left, top) = (x >> 3, y >> 3);
        let (fx, fy) = ((x & 7) as u16, (y & 7) as u16);
        if fx == 0 && fy == 0 {
            return self.block::<W, A>(left, top);
        }
        let Some(window) = self.window((left, top), W + 1, A / W + 1) else {
            return self.eighths_outside::<W, A>((left, top), (fx, fy));
        };
        let mut block = [0; A];
        for (y, to) in block.as_chunks_mut::<W>().0.iter_mut().enumerate() {
            let corners: [&[u8; W]; 4] =
                [window.row((0, y)), window.row((1, y)), window.row((0, y + 1)), window.row((1, y + 1))];
            for (x, to) in to.iter_mut().enumerate() {
                *to = between_corners([corners[0][x], corners[1][x], corners[2][x], corners[3][x]], (fx, fy));
            }
        }
        block
    }

    /// What the 8x8 block at (x, y) in eighths of a sample is made from, if it is inside.
    #[inline(always)]
    pub(super) fn corners(&self, x: i32, y: i32) -> Option<moved::Chroma<'_>> {
        let window = self.window((x >> 3, y >> 3), 9, 9)?;
        Some((window, [x & 7, y & 7].map(|eighths| eighths as i16)))
    }

    #[inline(never)]
    fn eighths_outside<const W: usize, const A: usize>(
        &self,
        (left, top): (i32, i32),
        weights: (u16, u16),
    ) -> [u8; A] {
        let [a, b, c, d] =
            [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| self.block_outside::<W, A>(left + dx, top + dy));
        std::array::from_fn(|i| between_corners([a[i], b[i], c[i], d[i]], weights))
    }
}

/// What is between four samples, so many eighths from the first to the right and down.
#[inline(always)]
fn between_corners(corners: [u8; 4], (fx, fy): (u16, u16)) -> u8 {
    let [a, b, c, d] = corners.map(u16::from);
    let above = (8 - fx) * a + fx * b;
    let below = (8 - fx) * c + fx * d;
    (((8 - fy) * above + fy * below + 32) >> 6) as u8
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::*;

    fn plane(rng: &mut Rng, width: usize, height: usize) -> Plane {
        Plane {
            samples: (0..width * height).map(|_| rng.byte()).collect(),
            width,
            height,
            stride: width,
            rows: height,
        }
    }

    /// Section 2.1 as it is written.
    #[test]
    fn half_size_is_that_of_the_specification() {
        let plane = plane(&mut Rng::new(1), 32, 48);
        let s = |x: usize, y: usize| u32::from(plane.samples[y.min(47) * 32 + x.min(31)]);
        let a = |a: u32, b: u32| (a + b + 1) >> 1;
        let mut half = Quarters::default();
        half.halve(&plane, &mut Vec::new());
        for samples in &half.0 {
            for (x, y) in [(-1, 0), (-40, 30), (15, -3), (20, 23), (16, 60)] {
                let edge: [u8; 1] = samples.block::<1, 1>(x.clamp(0, 15), y.clamp(0, 23));
                assert_eq!(samples.block::<1, 1>(x, y), edge, "{x} {y}");
            }
        }
        for (i, samples) in half.0.iter().enumerate() {
            for y in 0..24 {
                for x in 0..16 {
                    let (u, v) = (2 * x + i % 2, 2 * y + i / 2);
                    let expected = a(a(s(u, v), s(u, v + 1)), a(s(u + 1, v), s(u + 1, v + 1)));
                    assert_eq!(u32::from(samples.block::<1, 1>(x as i32, y as i32)[0]), expected);
                }
            }
        }
    }

    /// H.264 8.4.2.2.1 as it is written, at places inside, near the edges, and far outside.
    #[test]
    fn half_samples_are_those_of_the_standard() {
        half_samples_of(&plane(&mut Rng::new(4), 32, 32));
        let mut sharp = plane(&mut Rng::new(5), 32, 32);
        sharp.samples.iter_mut().for_each(|sample| *sample = *sample / 128 * 255);
        half_samples_of(&sharp);
        // The largest sums, and the smallest between them, in rows and columns.
        let peak = |at: usize| matches!(at % 6, 1 | 4);
        for flipped in [false, true] {
            let white = |x: usize, y: usize| (peak(x) != peak(y)) != flipped;
            let samples = (0..32 * 32).map(|i| if white(i % 32, i / 32) { 255 } else { 0 }).collect();
            half_samples_of(&Plane { samples, ..sharp.clone() });
        }
    }

    fn half_samples_of(plane: &Plane) {
        let sample =
            |x: i32, y: i32| i32::from(plane.samples[(y.clamp(0, 31) * 32 + x.clamp(0, 31)) as usize]);
        let six = |at: &dyn Fn(i32) -> i32| {
            [1, -5, 20, 20, -5, 1].iter().zip(-2..).map(|(factor, i)| factor * at(i)).sum::<i32>()
        };
        let across = |x: i32, y: i32| six(&|i| sample(x + i, y));
        let down = |x: i32, y: i32| six(&|i| sample(x, y + i));
        let both = |x: i32, y: i32| six(&|i| down(x + i, y));
        let mut quarters = Quarters::default();
        quarters.interpolate(plane, &mut Memory::default());
        let inside = (0..32).flat_map(|y| (0..32).map(move |x| (x, y)));
        for (x, y) in [(-3, 30), (31, -5), (-40, 50)].into_iter().chain(inside) {
            let at = |dx: i32, dy: i32| quarters.block::<1, 1>(4 * x + dx, 4 * y + dy)[0];
            let clip = |value: i32| value.clamp(0, 255) as u8;
            assert_eq!(at(0, 0), clip(sample(x, y)));
            assert_eq!(at(2, 0), clip((across(x, y) + 16) >> 5));
            assert_eq!(at(0, 2), clip((down(x, y) + 16) >> 5));
            assert_eq!(at(2, 2), clip((both(x, y) + 512) >> 10));
        }
    }

    /// The pairs of H.264 8.4.2.2.1 whose mean is a quarter sample: G whole, b right, h down, j both, m and s the next
    /// h and b.
    #[test]
    fn quarter_samples_are_means_of_the_standards_pairs() {
        let mut half = Quarters::default();
        half.halve(&plane(&mut Rng::new(2), 64, 64), &mut Vec::new());
        let at = |which: usize, dx: i32, dy: i32| half.0[which].block::<8, 64>(8 + dx, 8 + dy);
        let (g, b, h, j) = (at(0, 0, 0), at(1, 0, 0), at(2, 0, 0), at(3, 0, 0));
        let (m, s) = (at(2, 1, 0), at(1, 0, 1));
        let (g_right, g_down) = (at(0, 1, 0), at(0, 0, 1));
        let pairs = [
            [(g, g), (g, b), (b, b), (b, g_right)],
            [(g, h), (b, h), (b, j), (b, m)],
            [(h, h), (h, j), (j, j), (j, m)],
            [(h, g_down), (h, s), (j, s), (s, m)],
        ];
        for (y, row) in pairs.iter().enumerate() {
            for (x, (first, second)) in row.iter().enumerate() {
                let expected: [u8; 64] = std::array::from_fn(|i| mean(first[i], second[i]));
                assert_eq!(half.block::<8, 64>(32 + x as i32, 32 + y as i32), expected, "{x} {y}");
            }
        }
    }

    #[test]
    fn crosses_are_the_blocks_half_a_sample_away() {
        let mut half = Quarters::default();
        half.halve(&plane(&mut Rng::new(6), 64, 48), &mut Vec::new());
        let mut found = 0;
        for y in -70..100 {
            for x in -70..130 {
                let at = Vector::new(x, y);
                let cross = half.cross(at, 8, 8);
                assert!(cross.is_none() || (x | y) & 1 == 0, "{x}, {y}");
                let Some(Cross { centre, arms }) = cross else { continue };
                let steps = [(0, 0), (0, -2), (0, 2), (-2, 0), (2, 0)];
                for ((dx, dy), window) in steps.into_iter().zip(std::iter::once(centre).chain(arms)) {
                    let block = half.block::<8, 64>(x + dx, y + dy);
                    for (row, expected) in block.as_chunks::<8>().0.iter().enumerate() {
                        assert_eq!(window.row::<8>((0, row)), expected, "{x}, {y}, step {dx}, {dy}");
                    }
                }
                found += 1;
            }
        }
        assert!(found > 5000, "{found} crosses");
    }

    #[test]
    fn blocks_outside_repeat_the_edge() {
        let plane = plane(&mut Rng::new(3), 32, 32);
        let mut samples = Samples::default();
        samples.copy(&plane);
        for (x, y) in [(0, 0), (-3, 5), (30, -20), (40, 40), (16, 28)] {
            let expected: [u8; 64] = std::array::from_fn(|i| {
                let (x, y) = ((x + i as i32 % 8).clamp(0, 31), (y + i as i32 / 8).clamp(0, 31));
                plane.samples[(y * 32 + x) as usize]
            });
            assert_eq!(samples.block::<8, 64>(x, y), expected);
        }
    }
}
