//! Sample adaptive offset: what each CTU gains by it, and its application (H.265 8.7.3;
//! docs/spec/h265-intra.md, section 17).

use super::cabac::{Coder, context};
use super::cost::{chroma_qp, lambda_of_squares};
use super::geometry::Geometry;
use crate::planes::Planes;

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
#[derive(Debug, Clone, Copy)]
struct Statistics {
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
    fn statistics(&self, source: &[u8], source_stride: usize, chroma: bool) -> Statistics {
        let (margin_right, margin_bottom) = if chroma { (3, 2) } else { (5, 4) };
        let right = self.x + self.width == self.plane.0;
        let bottom = self.y + self.height == self.plane.1;
        let columns = if right { self.width } else { self.width.saturating_sub(margin_right) };
        let rows = if bottom { self.height } else { self.height.saturating_sub(margin_bottom) };
        let inner_columns = usize::from(self.x == 0)..if right { columns.saturating_sub(1) } else { columns };
        let inner_rows = usize::from(self.y == 0)..if bottom { rows.saturating_sub(1) } else { rows };
        // The lowest rows are left out here even at the end of the picture.
        let rows_across = 0..self.height.saturating_sub(margin_bottom);

        let mut bands = [Tally::default(); 32];
        let mut edges = [[Tally::default(); 5]; 4];
        for y in 0..rows.max(rows_across.end) {
            let at = (self.y + y) * self.stride + self.x;
            let own = &self.samples[at..][..self.width];
            let source = &source[(self.y + y) * source_stride + self.x..][..self.width];
            if y < rows {
                for (&sample, &source) in own[..columns].iter().zip(source) {
                    bands[usize::from(sample >> 3)].count(sample, source);
                }
            }
            if rows_across.contains(&y) {
                self.count_edges(0, y, inner_columns.clone(), source, &mut edges[0]);
            }
            if inner_rows.contains(&y) {
                self.count_edges(1, y, 0..columns, source, &mut edges[1]);
                self.count_edges(2, y, inner_columns.clone(), source, &mut edges[2]);
                self.count_edges(3, y, inner_columns.clone(), source, &mut edges[3]);
            }
        }
        Statistics {
            bands: bands.map(Tally::class),
            edges: edges.map(|[a, b, c, d, _]| [a, b, c, d].map(Tally::class)),
        }
    }

    /// Counts the categories of a row's samples along a direction.
    #[inline(always)]
    fn count_edges(
        &self,
        direction: u8,
        y: usize,
        columns: std::ops::Range<usize>,
        source: &[u8],
        tallies: &mut [Tally; 5],
    ) {
        let length = columns.len();
        let at = (self.y + y) * self.stride + self.x + columns.start;
        let step = self.step(direction);
        let own = &self.samples[at..][..length];
        let before = &self.samples[at.wrapping_add_signed(step)..][..length];
        let behind = &self.samples[at.wrapping_add_signed(-step)..][..length];
        for (((&sample, &a), &b), &source) in own.iter().zip(before).zip(behind).zip(&source[columns.start..])
        {
            tallies[category(sample, a, b)].count(sample, source);
        }
    }
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

/// Decides and applies the offsets of a deblocked picture. `planes` is the source, and becomes the result.
/// `decided` is memory, one for each CTU; `qps` are those of 8x8 blocks.
pub(super) fn offset_samples(
    deblocked: &[Vec<u8>; 3],
    geometry: &Geometry,
    slice_qp: i32,
    qps: &[u8],
    decided: &mut [CtuOffsets],
    planes: &mut Planes,
) {
    for row in 0..geometry.rows {
        // Each row starts anew: these contexts are not those of the coding units.
        let mut coder = Coder::new(slice_qp);
        for column in 0..geometry.columns {
            let areas: [Area<'_>; 3] =
                std::array::from_fn(|c| Area::new(deblocked, c, geometry, column, row));
            let sources = [&planes.y, &planes.cb, &planes.cr];
            let statistics =
                std::array::from_fn(|c| areas[c].statistics(&sources[c].samples, sources[c].stride, c > 0));
            let qp = qps[areas[0].y / 8 * geometry.columns_of_8() + areas[0].x / 8];
            let at = row * geometry.columns + column;
            let decision = Decision {
                statistics,
                lambdas: [qp, chroma_qp(qp), chroma_qp(qp)].map(lambda_of_squares),
                left: (column > 0).then(|| decided[at - 1]),
                above: (row > 0).then(|| decided[at - geometry.columns]),
            };
            decided[at] = decision.decide(&mut coder);
            let outputs = [&mut planes.y, &mut planes.cb, &mut planes.cr];
            for ((area, plane), offsets) in areas.iter().zip(outputs).zip(decided[at]) {
                apply(area, offsets, plane);
            }
        }
    }
}

/// What the decision of a CTU goes by.
struct Decision {
    statistics: [Statistics; 3],
    lambdas: [i64; 3],
    left: Option<CtuOffsets>,
    above: Option<CtuOffsets>,
}

/// d + lambda b, lambda in 256ths.
fn cost(distortion: i64, bits: u64, lambda: i64) -> i64 {
    distortion + ((bits as i64 * lambda + 128) >> 8)
}

impl Decision {
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
        components: std::ops::Range<usize>,
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
fn apply(area: &Area<'_>, offsets: Offsets, plane: &mut crate::planes::Plane) {
    let width = area.width.min(plane.width.saturating_sub(area.x));
    let height = area.height.min(plane.height.saturating_sub(area.y));
    for y in area.y..area.y + height {
        let at = y * area.stride + area.x;
        let line = &area.samples[at..][..width];
        let out = &mut plane.samples[y * plane.stride + area.x..][..width];
        let moved = |sample: u8, offset: i8| sample.saturating_add_signed(offset);
        match offsets.kind {
            Kind::Off => out.copy_from_slice(line),
            Kind::Band(first) => {
                for (out, &sample) in out.iter_mut().zip(line) {
                    let band = usize::from((sample >> 3).wrapping_sub(first));
                    *out = moved(sample, offsets.values.get(band).copied().unwrap_or(0));
                }
            }
            Kind::Edge(direction) => {
                let step = area.step(direction);
                let (across, down) = DIRECTIONS[usize::from(direction)];
                let row_has_neighbours = down == 0 || (y > 0 && y + 1 < area.plane.1);
                out.copy_from_slice(line);
                if row_has_neighbours {
                    // The first and the last column of the picture have no neighbours at their side.
                    let start = usize::from(across != 0 && area.x == 0);
                    let end = width.min(if across == 0 { width } else { area.plane.0 - 1 - area.x });
                    let [a, b, c, d] = offsets.values;
                    let values = [a, b, c, d, 0];
                    let length = end.saturating_sub(start);
                    let at = at + start;
                    let before = &area.samples[at.wrapping_add_signed(step)..][..length];
                    let behind = &area.samples[at.wrapping_add_signed(-step)..][..length];
                    for ((out, &a), &b) in out[start..].iter_mut().zip(before).zip(behind) {
                        *out = moved(*out, values[category(*out, a, b)]);
                    }
                }
            }
        }
    }
}
