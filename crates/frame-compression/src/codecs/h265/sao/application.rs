//! The application of offsets (H.265 8.7.3.2).

use std::ops::Range;

use super::super::geometry::Geometry;
use super::{Area, CtuOffsets, DIRECTIONS, Kind, LANES, Offsets, SHAPES, Strip, category, sixteen};
use crate::planes::Plane;
use crate::simd::{Simd, Words};

/// Applies the offsets of a row of CTUs of a deblocked picture. `planes` are the rows to write of each component.
pub(in super::super) fn apply_row<S: Simd>(
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
pub(in super::super) struct PlaneRows<'a> {
    samples: &'a mut [u8],
    stride: usize,
    /// Size of the picture's part of the plane.
    width: usize,
    height: usize,
}

impl<'a> PlaneRows<'a> {
    /// All rows of a plane, so many at a time.
    pub(in super::super) fn chunks(plane: &'a mut Plane, rows: usize) -> impl Iterator<Item = Self> {
        let Plane { stride, width, height, .. } = *plane;
        plane.samples.chunks_mut(rows * stride).map(move |samples| Self { samples, stride, width, height })
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
