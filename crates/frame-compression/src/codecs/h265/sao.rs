//! Sample adaptive offset: what each CTU gains by it, and its application (H.265 8.7.3;
//! docs/spec/h265-intra.md, section 17).

use std::ops::Range;

use super::cabac::{Coder, context};
use super::cost::{chroma_qp, lambda_of_squares};
use super::geometry::Geometry;
use crate::planes::{Plane, Planes};
use crate::simd::{Simd, Words};

/// SaoTypeIdx with what it is applied by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Off,
    /// Offsets by the shape along one of four directions.
    Edge(u8),
    /// Offsets of four bands of sample values from this one on.
    Band(u8),
}

/// The parameters of one component of a CTU.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Offsets {
    kind: Kind,
    values: [i8; 4],
}

/// The parameters of a CTU.
pub(super) type CtuOffsets = [Offsets; 3];

/// Samples of a class and the sum of what is missing in them.
#[derive(Debug, Clone, Copy, Default)]
struct Class {
    count: i64,
    sum: i64,
}

impl Class {
    /// By how much an offset changes the squared error.
    fn change(self, offset: i8) -> i64 {
        let offset = i64::from(offset);
        (self.count * offset - 2 * self.sum) * offset
    }

    /// The offset nearest to what is missing.
    fn offset(self) -> i8 {
        if self.count == 0 {
            return 0;
        }
        let magnitude = (2 * self.sum.abs() + self.count) / (2 * self.count);
        (magnitude.min(7) * self.sum.signum()) as i8
    }
}

/// What one component of a CTU has in each class.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Statistics {
    bands: [Class; 32],
    /// By direction and by category less 1.
    edges: [[Class; 4]; 4],
}

/// From a sample to its first neighbour, by direction: across and down. The second lies opposite.
const DIRECTIONS: [(isize, isize); 4] = [(-1, 0), (0, -1), (-1, -1), (1, -1)];

/// A component of the deblocked picture and of a CTU in it.
#[derive(Debug, Clone, Copy)]
struct Area<'a> {
    samples: &'a [u8],
    stride: usize,
    /// Size of the plane.
    plane: (usize, usize),
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl Area<'_> {
    fn new<'a>(
        deblocked: &'a [Vec<u8>; 3],
        component: usize,
        geometry: &Geometry,
        column: usize,
        row: usize,
    ) -> Area<'a> {
        let shift = usize::from(component > 0);
        let plane = (geometry.width >> shift, geometry.height >> shift);
        let size = geometry.ctu() >> shift;
        let (x, y) = (column * size, row * size);
        Area {
            samples: &deblocked[component],
            stride: plane.0,
            plane,
            x,
            y,
            width: size.min(plane.0 - x),
            height: size.min(plane.1 - y),
        }
    }

    fn step(&self, direction: u8) -> isize {
        let (across, down) = DIRECTIONS[usize::from(direction)];
        down * self.stride as isize + across
    }

    /// Counts the classes of a component as the encoder does, which leaves out samples near the right and lower
    /// end of the CTU that its deblocking has not reached yet.
    #[inline(always)]
    fn statistics<S: Simd>(&self, simd: S, source: &[u8], source_stride: usize, chroma: bool) -> Statistics {
        let (margin_right, margin_bottom) = if chroma { (3, 2) } else { (5, 4) };
        let right = self.x + self.width == self.plane.0;
        let bottom = self.y + self.height == self.plane.1;
        let columns = if right { self.width } else { self.width.saturating_sub(margin_right) };
        let rows = if bottom { self.height } else { self.height.saturating_sub(margin_bottom) };
        let inner_columns = usize::from(self.x == 0)..if right { columns.saturating_sub(1) } else { columns };
        let inner_rows = usize::from(self.y == 0)..if bottom { rows.saturating_sub(1) } else { rows };
        // The lowest rows are left out here even at the end of the picture.
        let rows_across = 0..self.height.saturating_sub(margin_bottom);

        let source = &source[self.y * source_stride + self.x..];
        // Neighbouring samples are often of one band: two tables, so that they need not wait for each other.
        let mut bands = [[Tally::default(); 32]; 2];
        for y in 0..rows {
            let at = (self.y + y) * self.stride + self.x;
            let own = &self.samples[at..][..columns];
            for (i, (&sample, &source)) in own.iter().zip(&source[y * source_stride..]).enumerate() {
                bands[i % 2][usize::from(sample >> 3)].count(sample, source);
            }
        }
        let ranges = [
            (rows_across, inner_columns.clone()),
            (inner_rows.clone(), 0..columns),
            (inner_rows.clone(), inner_columns.clone()),
            (inner_rows, inner_columns),
        ];
        let mut edges = [[Class::default(); 4]; 4];
        for (direction, (classes, (rows, columns))) in (0..).zip(edges.iter_mut().zip(ranges)) {
            *classes = self.edge_classes(simd, direction, rows, columns, source, source_stride);
        }
        let [even, odd] = bands;
        let mut bands = [Class::default(); 32];
        for (class, (even, odd)) in bands.iter_mut().zip(even.into_iter().zip(odd)) {
            *class = Tally(even.0 + odd.0).class();
        }
        Statistics { bands, edges }
    }

    /// Counts the categories of samples along a direction. The source is given from the area's first sample on.
    #[inline(always)]
    fn edge_classes<S: Simd>(
        &self,
        simd: S,
        direction: u8,
        rows: Range<usize>,
        columns: Range<usize>,
        source: &[u8],
        source_stride: usize,
    ) -> [Class; 4] {
        if S::IS_SCALAR || columns.len() < LANES {
            return self.edge_classes_plainly(direction, rows, columns, source, source_stride);
        }
        let step = self.step(direction);
        let mut classes = [Class::default(); 4];
        for strip in Strip::all(columns) {
            let counted = S::Words::load(simd, strip.counted());
            // At most 64 rows: sums and counts stay in 16 bits.
            let mut sums = [S::Words::splat(simd, 0); 4];
            let mut counts = sums;
            for y in rows.clone() {
                let at = (self.y + y) * self.stride + self.x + strip.start;
                let sample = sixteen(simd, self.samples, at);
                let missing = sixteen(simd, source, y * source_stride + strip.start) - sample;
                let shape = self.shape(simd, sample, at, step).and(counted);
                for ((sum, count), of_class) in sums.iter_mut().zip(&mut counts).zip(SHAPES) {
                    let is_class = shape.equal(S::Words::splat(simd, of_class));
                    (*sum, *count) = (*sum + missing.and(is_class), *count - is_class);
                }
            }
            for ((class, sum), count) in classes.iter_mut().zip(sums).zip(counts) {
                class.sum += i64::from(sum.sum());
                class.count += i64::from(count.sum());
            }
        }
        classes
    }

    /// The shape of sixteen samples that begin at a place, along a direction: how many of two neighbours are less, minus
    /// how many are more.
    #[inline(always)]
    fn shape<S: Simd>(&self, simd: S, sample: S::Words, at: usize, step: isize) -> S::Words {
        let one = S::Words::splat(simd, 1);
        let before = sixteen(simd, self.samples, at.wrapping_add_signed(step));
        let behind = sixteen(simd, self.samples, at.wrapping_add_signed(-step));
        one.times_sign_of(sample - before) + one.times_sign_of(sample - behind)
    }

    /// [`Self::edge_classes`] sample by sample.
    fn edge_classes_plainly(
        &self,
        direction: u8,
        rows: Range<usize>,
        columns: Range<usize>,
        source: &[u8],
        source_stride: usize,
    ) -> [Class; 4] {
        let length = columns.len();
        let step = self.step(direction);
        let mut tallies = [Tally::default(); 5];
        for y in rows {
            let at = (self.y + y) * self.stride + self.x + columns.start;
            let own = &self.samples[at..][..length];
            let before = &self.samples[at.wrapping_add_signed(step)..][..length];
            let behind = &self.samples[at.wrapping_add_signed(-step)..][..length];
            let source = &source[y * source_stride + columns.start..][..length];
            for (((&sample, &a), &b), &source) in own.iter().zip(before).zip(behind).zip(source) {
                tallies[category(sample, a, b)].count(sample, source);
            }
        }
        let [a, b, c, d, _] = tallies.map(Tally::class);
        [a, b, c, d]
    }
}

/// The lanes of a vector.
const LANES: usize = 16;

/// The shapes of the four categories ([`Area::shape`]).
const SHAPES: [i16; 4] = [-2, -1, 1, 2];

/// Sixteen columns of a range of at least as many; the last ones may overlap those before.
#[derive(Debug, Clone, Copy)]
struct Strip {
    start: usize,
    /// How many of its columns belong to the strip before.
    overlap: usize,
}

impl Strip {
    #[inline(always)]
    fn all(columns: Range<usize>) -> impl Iterator<Item = Self> {
        let last = columns.end - LANES;
        columns.step_by(LANES).map(
            #[inline(always)]
            move |start| Self { start: start.min(last), overlap: start.saturating_sub(last) },
        )
    }

    /// All ones for the columns that do not belong to the strip before.
    #[inline(always)]
    fn counted(self) -> &'static [i16; 16] {
        static COUNTED: [i16; 32] = [
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
            -1, -1, -1, -1,
        ];
        COUNTED[LANES - self.overlap % LANES..].first_chunk().expect("sixteen columns")
    }
}

/// Sixteen samples from a place on.
#[inline(always)]
fn sixteen<S: Simd>(simd: S, samples: &[u8], at: usize) -> S::Words {
    S::Words::load_bytes(simd, samples[at..].first_chunk().expect("whole vectors"))
}

/// A [`Class`] in one number: the count above, the sum below.
#[derive(Debug, Clone, Copy, Default)]
struct Tally(i64);

impl Tally {
    #[inline(always)]
    fn count(&mut self, sample: u8, source: u8) {
        self.0 += (1 << 32) + i64::from(source) - i64::from(sample);
    }

    fn class(self) -> Class {
        let sum = i64::from(self.0 as i32);
        Class { count: (self.0 - sum) >> 32, sum }
    }
}

/// The category of a sample between two others less 1, or 4 for none.
#[inline(always)]
fn category(sample: u8, a: u8, b: u8) -> usize {
    let sign = |other: u8| i32::from(sample > other) - i32::from(sample < other);
    [0, 1, 4, 2, 3][(sign(a) + sign(b) + 2) as usize % 5]
}

/// What all components of a CTU have in each class.
pub(super) type CtuStatistics = [Statistics; 3];

/// Counts the classes of a row of CTUs of a deblocked picture.
pub(super) fn measure_row<S: Simd>(
    simd: S,
    deblocked: &[Vec<u8>; 3],
    geometry: &Geometry,
    row: usize,
    source: &Planes,
    statistics: &mut [CtuStatistics],
) {
    for (column, statistics) in statistics.iter_mut().enumerate() {
        for (c, (of_component, plane)) in
            statistics.iter_mut().zip([&source.y, &source.cb, &source.cr]).enumerate()
        {
            let area = Area::new(deblocked, c, geometry, column, row);
            *of_component = simd.vectorize(
                #[inline(always)]
                || area.statistics(simd, &plane.samples, plane.stride, c > 0),
            );
        }
    }
}

/// Decides the offsets of all CTUs. `qps` are those of 8x8 blocks.
pub(super) fn decide(
    statistics: &[CtuStatistics],
    geometry: &Geometry,
    slice_qp: i32,
    qps: &[u8],
    decided: &mut [CtuOffsets],
) {
    let blocks = geometry.ctu() / 8;
    for row in 0..geometry.rows {
        // Each row starts anew: these contexts are not those of the coding units.
        let mut coder = Coder::new(slice_qp);
        for column in 0..geometry.columns {
            let qp = qps[blocks * (row * geometry.columns_of_8() + column)];
            let at = row * geometry.columns + column;
            let decision = Decision {
                statistics: &statistics[at],
                lambdas: [qp, chroma_qp(qp), chroma_qp(qp)].map(lambda_of_squares),
                left: (column > 0).then(|| decided[at - 1]),
                above: (row > 0).then(|| decided[at - geometry.columns]),
            };
            decided[at] = decision.decide(&mut coder);
        }
    }
}

/// Applies the offsets of a row of CTUs of a deblocked picture. `planes` are the rows to write of each component.
pub(super) fn apply_row<S: Simd>(
    simd: S,
    deblocked: &[Vec<u8>; 3],
    geometry: &Geometry,
    row: usize,
    decided: &[CtuOffsets],
    mut planes: [PlaneRows<'_>; 3],
) {
    for (column, offsets) in decided.iter().enumerate() {
        for (c, (plane, &offsets)) in planes.iter_mut().zip(offsets).enumerate() {
            let area = Area::new(deblocked, c, geometry, column, row);
            simd.vectorize(
                #[inline(always)]
                || apply(simd, &area, offsets, plane),
            );
        }
    }
}

/// Some rows of a plane, to write.
#[derive(Debug)]
pub(super) struct PlaneRows<'a> {
    samples: &'a mut [u8],
    stride: usize,
    /// Size of the picture's part of the plane.
    width: usize,
    height: usize,
}

impl<'a> PlaneRows<'a> {
    /// All rows of a plane, so many at a time.
    pub(super) fn chunks(plane: &'a mut Plane, rows: usize) -> impl Iterator<Item = Self> {
        let Plane { stride, width, height, .. } = *plane;
        plane.samples.chunks_mut(rows * stride).map(move |samples| Self { samples, stride, width, height })
    }
}

/// What the decision of a CTU goes by.
struct Decision<'a> {
    statistics: &'a CtuStatistics,
    lambdas: [i64; 3],
    left: Option<CtuOffsets>,
    above: Option<CtuOffsets>,
}

/// d + lambda b, lambda in 256ths.
fn cost(distortion: i64, bits: u64, lambda: i64) -> i64 {
    distortion + ((bits as i64 * lambda + 128) >> 8)
}

impl Decision<'_> {
    fn decide(&self, state: &mut Coder) -> CtuOffsets {
        let mut coder = state.fresh();
        for neighbour in [&self.left, &self.above] {
            if neighbour.is_some() {
                coder.bin(context::SAO_MERGE_FLAG, false);
            }
        }
        let mut offsets = [Offsets::default(); 3];
        let mut total = 0;
        for components in [0..1, 1..3] {
            let lambda = self.lambdas[components.start];
            let change = self.decide_components(&mut offsets, components, &mut coder);
            total += change * 256 / lambda;
        }
        let mut best = total + coder.bits() as i64;
        for (neighbour, from_left) in [(&self.left, true), (&self.above, false)] {
            let Some(merged) = neighbour else { continue };
            let change: i64 = (0..3).map(|c| self.change(c, &merged[c]) * 256 / self.lambdas[c]).sum();
            let mut merge_coder = state.fresh();
            if !from_left && self.left.is_some() {
                merge_coder.bin(context::SAO_MERGE_FLAG, false);
            }
            merge_coder.bin(context::SAO_MERGE_FLAG, true);
            let cost = change + merge_coder.bits() as i64;
            if cost < best {
                (best, coder, offsets) = (cost, merge_coder, *merged);
            }
        }
        *state = coder;
        offsets
    }

    /// By how much the parameters change the squared error of a component.
    fn change(&self, component: usize, offsets: &Offsets) -> i64 {
        let statistics = &self.statistics[component];
        let classes = match offsets.kind {
            Kind::Off => return 0,
            Kind::Edge(direction) => &statistics.edges[usize::from(direction)],
            Kind::Band(first) => &statistics.bands[usize::from(first)..][..4],
        };
        classes.iter().zip(offsets.values).map(|(class, offset)| class.change(offset)).sum()
    }

    /// Decides luma, or both chroma components together. Gives the change of the squared error.
    fn decide_components(
        &self,
        offsets: &mut [Offsets; 3],
        components: Range<usize>,
        coder: &mut Coder,
    ) -> i64 {
        let lambda = self.lambdas[components.start];
        let mut best = [Offsets::default(); 3];
        let mut best_change = 0;
        let price = |candidate: &[Offsets; 3]| {
            let mut coder = coder.fresh();
            code_offsets(&mut coder, &candidate[components.clone()]);
            coder.bits()
        };
        let mut best_cost = cost(0, price(&best), lambda);
        let mut consider = |candidate: [Offsets; 3], change: i64| {
            let cost = cost(change, price(&candidate), lambda);
            if cost < best_cost {
                (best_cost, best, best_change) = (cost, candidate, change);
            }
        };
        for direction in 0..4 {
            let mut candidate = [Offsets { kind: Kind::Edge(direction), values: [0; 4] }; 3];
            let mut change = 0;
            for c in components.clone() {
                let classes = &self.statistics[c].edges[usize::from(direction)];
                for (category, class) in classes.iter().enumerate() {
                    // Valleys are filled and peaks cut, never the other way round.
                    let start = class.offset();
                    let start = if category < 2 { start.max(0) } else { start.min(0) };
                    let refined = Refined::new(*class, start, lambda, 1);
                    candidate[c].values[category] = refined.offset;
                    change += refined.change;
                }
            }
            consider(candidate, change);
        }
        let mut candidate = [Offsets::default(); 3];
        let mut change = 0;
        for c in components.clone() {
            let refined =
                self.statistics[c].bands.map(|class| Refined::new(class, class.offset(), lambda, 2));
            let costs = refined.windows(4).map(|four| four.iter().map(|r| r.cost).sum::<i64>());
            let (first, _) = costs.enumerate().min_by_key(|&(_, cost)| cost).unwrap_or_default();
            candidate[c].kind = Kind::Band(first as u8);
            for (value, refined) in candidate[c].values.iter_mut().zip(&refined[first..]) {
                *value = refined.offset;
                change += refined.change;
            }
        }
        consider(candidate, change);
        offsets[components.clone()].copy_from_slice(&best[components.clone()]);
        code_offsets(coder, &best[components]);
        best_change
    }
}

/// The offset of one class that costs least.
#[derive(Debug, Clone, Copy)]
struct Refined {
    offset: i8,
    change: i64,
    cost: i64,
}

impl Refined {
    /// Goes from an offset towards 0; `fixed` bits are spent beside the magnitude's.
    fn new(class: Class, start: i8, lambda: i64, fixed: u64) -> Self {
        let mut best = Self { offset: 0, change: 0, cost: cost(0, 1, lambda) };
        let mut offset = start;
        while offset != 0 {
            let magnitude = u64::from(offset.unsigned_abs());
            let bits = magnitude + fixed - u64::from(magnitude == 7);
            let change = class.change(offset);
            let cost = cost(change, bits, lambda);
            if cost < best.cost {
                best = Self { offset, change, cost };
            }
            offset -= offset.signum();
        }
        best
    }
}

/// Codes sao_type_idx and what follows: of luma, or of Cb and Cr together.
fn code_offsets(coder: &mut Coder, components: &[Offsets]) {
    let kind = components[0].kind;
    coder.bin(context::SAO_TYPE_IDX, kind != Kind::Off);
    if kind == Kind::Off {
        return;
    }
    coder.bypass(1);
    for (i, component) in components.iter().enumerate() {
        for offset in component.values {
            let magnitude = u32::from(offset.unsigned_abs());
            coder.bypass(magnitude + u32::from(magnitude < 7));
        }
        match kind {
            Kind::Band(_) => {
                let signs = component.values.iter().filter(|&&offset| offset != 0).count();
                coder.bypass(signs as u32 + 5);
            }
            // Cr takes the direction of Cb.
            _ => coder.bypass(if i == 0 { 2 } else { 0 }),
        }
    }
}

/// Writes a CTU's samples with their offsets (H.265 8.7.3.2), as far as they belong to the picture.
#[inline(always)]
fn apply<S: Simd>(simd: S, area: &Area<'_>, offsets: Offsets, plane: &mut PlaneRows<'_>) {
    let width = area.width.min(plane.width.saturating_sub(area.x));
    let height = area.height.min(plane.height.saturating_sub(area.y));
    let lines = area.samples[area.y * area.stride..].chunks(area.stride).map(|line| &line[area.x..][..width]);
    let outs = plane.samples.chunks_mut(plane.stride).map(|out| &mut out[area.x..][..width]);
    let rows = lines.zip(outs).take(height);
    match offsets.kind {
        Kind::Off => rows.for_each(|(line, out)| out.copy_from_slice(line)),
        Kind::Band(first) => {
            for (line, out) in rows {
                move_bands(simd, first, offsets.values, line, out);
            }
        }
        Kind::Edge(direction) => {
            let (across, down) = DIRECTIONS[usize::from(direction)];
            // The first and the last column of the picture have no neighbours at their side.
            let start = usize::from(across != 0 && area.x == 0);
            let end = width.min(if across == 0 { width } else { area.plane.0 - 1 - area.x });
            for (y, (line, out)) in (area.y..).zip(rows) {
                out.copy_from_slice(line);
                if down == 0 || (y > 0 && y + 1 < area.plane.1) {
                    let at = y * area.stride + area.x;
                    area.move_edges(simd, direction, offsets.values, at, start..end, out);
                }
            }
        }
    }
}

/// Writes a line with the offsets of four bands from `first` on.
#[inline(always)]
fn move_bands<S: Simd>(simd: S, first: u8, values: [i8; 4], line: &[u8], out: &mut [u8]) {
    if S::IS_SCALAR || line.len() < LANES {
        for (out, &sample) in out.iter_mut().zip(line) {
            let band = usize::from((sample >> 3).wrapping_sub(first));
            *out = sample.saturating_add_signed(values.get(band).copied().unwrap_or(0));
        }
        return;
    }
    for strip in Strip::all(0..line.len()) {
        let sample = sixteen(simd, line, strip.start);
        let band = sample.shr::<3>() - S::Words::splat(simd, first.into());
        moved(simd, sample, band, [0, 1, 2, 3], values, strip, out);
    }
}

/// Writes sixteen samples, moved by the values of those keys that are theirs.
#[inline(always)]
fn moved<S: Simd>(
    simd: S,
    sample: S::Words,
    of_sample: S::Words,
    keys: [i16; 4],
    values: [i8; 4],
    strip: Strip,
    out: &mut [u8],
) {
    let mut sum = sample;
    for (key, value) in keys.into_iter().zip(values) {
        let has_key = of_sample.equal(S::Words::splat(simd, key));
        sum = sum + has_key.and(S::Words::splat(simd, value.into()));
    }
    sum.store_bytes(out[strip.start..].first_chunk_mut().expect("whole vectors"));
}

impl Area<'_> {
    /// Writes a line, which begins at a place, with the offsets of its shape along a direction.
    #[inline(always)]
    fn move_edges<S: Simd>(
        &self,
        simd: S,
        direction: u8,
        values: [i8; 4],
        at: usize,
        columns: Range<usize>,
        out: &mut [u8],
    ) {
        let step = self.step(direction);
        if S::IS_SCALAR || columns.len() < LANES {
            let [a, b, c, d] = values;
            let values = [a, b, c, d, 0];
            for x in columns {
                let sample = |step: isize| self.samples[(at + x).wrapping_add_signed(step)];
                let category = category(sample(0), sample(step), sample(-step));
                out[x] = sample(0).saturating_add_signed(values[category]);
            }
            return;
        }
        for strip in Strip::all(columns) {
            let sample = sixteen(simd, self.samples, at + strip.start);
            let shape = self.shape(simd, sample, at + strip.start, step);
            moved(simd, sample, shape, SHAPES, values, strip, out);
        }
    }
}
