//! The frame's quantisation parameter from the CRF, and how adaptive quantisation moves it from place to place
//! (docs/spec/h265-intra.md, sections 2 and 3).

use super::geometry::Geometry;
use super::threads::for_each;
use crate::planes::{Plane, Planes};
use crate::quality::Crf;

/// The highest index of the lambda tables.
const HIGHEST: f64 = 69.0;

/// What x265 adds to a CRF for a single frame: 13.5 * 0.4 for the missing lookahead and 6 log2(0.04^0.4) for a
/// duration of a second or more.
const CRF_OFFSET: f64 = 5.4 - 11.14525485545934;

/// The CRF as the reference is given it, to two decimals, plus what a single frame changes.
pub(super) fn base_qp(crf: Crf) -> f64 {
    let hundredths = (f64::from(crf.get()) * 100.0).round_ties_even();
    (hundredths / 100.0 + CRF_OFFSET).clamp(0.0, HIGHEST)
}

/// SliceQpY.
pub(super) fn slice_qp(base: f64) -> i32 {
    ((base + 0.5).floor() as i32).min(51)
}

/// How much the quantisation parameter moves in each 16x16 block.
#[derive(Debug, Default)]
pub(super) struct AdaptiveQuantisation {
    /// One for each block, row by row; empty where all are 0.
    offsets: Vec<f64>,
    columns: usize,
}

/// Side of the blocks.
const BLOCK: usize = 16;

impl AdaptiveQuantisation {
    /// No offsets.
    pub(super) fn clear(&mut self) {
        self.offsets.clear();
    }

    /// Measures a picture whose planes are padded to whole blocks, on so many of the caller's threads.
    pub(super) fn measure(&mut self, planes: &Planes, geometry: &Geometry, threads: usize) {
        let rows = geometry.height.div_ceil(BLOCK);
        self.columns = geometry.width.div_ceil(BLOCK);
        self.offsets.resize(self.columns * rows, 0.0);
        for_each(threads, self.offsets.chunks_exact_mut(self.columns).enumerate(), |(row, activities)| {
            for (column, activity) in activities.iter_mut().enumerate() {
                let energy = block_energy::<16>(&planes.y, column, row)
                    + block_energy::<8>(&planes.cb, column, row)
                    + block_energy::<8>(&planes.cr, column, row);
                *activity = tenth_root(energy as f64 + 1.0);
            }
        });
        // The order of a sum says how it is rounded: one after another, whatever the threads.
        let (mut sum, mut sum_of_squares) = (0.0, 0.0);
        for activity in &self.offsets {
            sum += activity;
            sum_of_squares += activity * activity;
        }
        let blocks = self.offsets.len() as f64;
        let mean = sum / blocks;
        let centre = mean - 0.5 * (sum_of_squares / blocks - 11.0) / mean;
        for offset in &mut self.offsets {
            *offset = mean * (*offset - centre);
        }
    }

    /// The index of the lambda tables for a square region of the picture.
    pub(super) fn index(&self, base: f64, x: usize, y: usize, size: usize, geometry: &Geometry) -> usize {
        let mut mean = 0.0;
        if !self.offsets.is_empty() {
            let (mut sum, mut count) = (0.0, 0);
            for by in (y..(y + size).min(geometry.height)).step_by(BLOCK) {
                for bx in (x..(x + size).min(geometry.width)).step_by(BLOCK) {
                    sum += self.offsets[by / BLOCK * self.columns + bx / BLOCK];
                    count += 1;
                }
            }
            mean = sum / f64::from(count);
        }
        (base + mean + 0.5).clamp(0.0, HIGHEST) as usize
    }
}

/// The sum of squares of a block, less what its mean explains.
fn block_energy<const N: usize>(plane: &Plane, column: usize, row: usize) -> u64 {
    let at = row * N * plane.stride + column * N;
    let (mut sum, mut squares) = (0_u32, 0_u32);
    for line in plane.samples[at..].chunks(plane.stride).take(N) {
        for &sample in &line[..N] {
            sum += u32::from(sample);
            squares += u32::from(sample) * u32::from(sample);
        }
    }
    let (sum, squares) = (u64::from(sum), u64::from(squares));
    squares - ((sum * sum) >> (2 * N.ilog2()))
}

/// x^0.1 by Newton's iteration: with nothing but sums, products and quotients it is the same on every machine,
/// which the platform's `pow` need not be.
fn tenth_root(x: f64) -> f64 {
    // One tenth of the exponent, and a first guess within a factor of two above the root.
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let mut root = f64::from_bits(((1023 + exponent.div_euclid(10) + 1) as u64) << 52);
    for _ in 0..12 {
        let square = root * root;
        let fourth = square * square;
        let ninth = fourth * fourth * root;
        let next = root - (root - x / ninth) * 0.1;
        if next == root {
            break;
        }
        root = next;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenth_root_is_that_of_the_platform() {
        for x in [1.0, 2.0, 3.5, 100.0, 1023.0, 1024.0, 1025.0, 65536.0, 1.0e6, 24_969_600.0] {
            let (found, expected) = (tenth_root(x), f64::powf(x, 0.1));
            assert!((found - expected).abs() <= 4.0 * f64::EPSILON * expected, "{x}: {found} and {expected}");
        }
    }

    #[test]
    fn offset_is_that_of_the_formula() {
        assert!((CRF_OFFSET - (5.4 + 6.0 * 0.04_f64.powf(0.4).log2())).abs() < 1e-14);
    }

    #[test]
    fn crf_is_rounded_to_two_decimals() {
        let base = |crf: f32| base_qp(Crf::new(crf).unwrap());
        assert_eq!(slice_qp(base(28.0)), 22);
        assert_eq!(base(23.454), base(23.45));
        assert_eq!(base(23.125), base(23.12));
        assert_eq!(base(0.0), 0.0);
        assert_eq!(slice_qp(base(51.0)), 45);
    }
}
