//! Sample adaptive offset: what each CTU gains by it, and its application (H.265 8.7.3;
//! docs/spec/h265-intra.md, section 17).

mod application;
mod decision;
mod statistics;

use std::ops::Range;

pub(super) use self::application::{PlaneRows, apply_row};
pub(super) use self::decision::decide;
pub(super) use self::statistics::{CtuStatistics, measure_row};
use super::geometry::Geometry;
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

    /// The shape of sixteen samples that begin at a place, along a direction: how many of two neighbours are less, minus
    /// how many are more.
    #[inline(always)]
    fn shape<S: Simd>(&self, simd: S, sample: S::Words, at: usize, step: isize) -> S::Words {
        let one = S::Words::splat(simd, 1);
        let before = sixteen(simd, self.samples, at.wrapping_add_signed(step));
        let behind = sixteen(simd, self.samples, at.wrapping_add_signed(-step));
        one.times_sign_of(sample - before) + one.times_sign_of(sample - behind)
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

/// The category of a sample between two others less 1, or 4 for none.
#[inline(always)]
fn category(sample: u8, a: u8, b: u8) -> usize {
    let sign = |other: u8| i32::from(sample > other) - i32::from(sample < other);
    [0, 1, 4, 2, 3][(sign(a) + sign(b) + 2) as usize % 5]
}
