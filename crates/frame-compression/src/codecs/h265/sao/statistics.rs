//! What each CTU has in each class of samples (docs/spec/h265-intra.md, section 17.1).

use std::ops::Range;

use super::super::geometry::Geometry;
use super::{Area, Class, LANES, SHAPES, Strip, category, sixteen};
use crate::planes::Planes;
use crate::simd::{Simd, Words};

/// What one component of a CTU has in each class.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Statistics {
    pub(super) bands: [Class; 32],
    /// By direction and by category less 1.
    pub(super) edges: [[Class; 4]; 4],
}

impl Area<'_> {
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

/// What all components of a CTU have in each class.
pub(in super::super) type CtuStatistics = [Statistics; 3];

/// Counts the classes of a row of CTUs of a deblocked picture.
pub(in super::super) fn measure_row<S: Simd>(
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
