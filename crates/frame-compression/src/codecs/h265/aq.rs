//! The frame's quantisation parameter from the CRF, and how adaptive quantisation moves it from place to place
//! (docs/spec/h265-intra.md, sections 2 and 3).

use super::geometry::Geometry;
use super::preset::QuantisationControl;
use crate::frame_rate::FrameRate;
use crate::planes::{Plane, Planes};
use crate::quality::Crf;
use crate::threads::for_each;

/// The highest index of the lambda tables.
const HIGHEST: f64 = 69.0;

/// The CRF as the reference is given it: in hundredths.
fn hundredths(crf: Crf) -> i32 {
    (f64::from(crf.get()) * 100.0).round_ties_even() as i32
}

/// The frame's quantisation parameter before it is rounded.
pub(super) fn base_qp(crf: Crf, rate: FrameRate, control: QuantisationControl) -> f64 {
    let crf = hundredths(crf);
    let base = match control {
        QuantisationControl::FrameRate => base_qp_at(crf, rate),
        QuantisationControl::WholeCrf(less) => f64::from(crf / 100) - less,
    };
    base.clamp(0.0, HIGHEST)
}

/// crf + 13.5 * 0.4 + 2.4 log2(rate / 25), the rate between 1 and 100 (docs/spec/h265-fps-and-presets.md, section 1).
fn base_qp_at(crf: i32, rate: FrameRate) -> f64 {
    let (n, d) = (u64::from(rate.numerator()), u64::from(rate.denominator()));
    let (n, d) = if n <= d {
        (1, 1)
    } else if n >= 100 * d {
        (100, 1)
    } else {
        (n, d)
    };
    let base = f64::from(crf) / 100.0 + 5.4 + 2.4 * log2(n as f64 / (25 * d) as f64);
    // Where the rate is 25 times a power of two, the base of some CRFs lies half-way between two parameters.
    let power = (-4..=2_i32).find(|&power| match power {
        0.. => n == (25 * d) << power,
        _ => n << -power == 25 * d,
    });
    let Some(power) = power else { return base };
    let tenths = crf + 540 + 240 * power + 50;
    if tenths % 100 != 0 {
        return base;
    }
    let rounded_down = TIES_ROUNDED_DOWN[(power + 4) as usize] >> (crf / 100) & 1 != 0;
    // Far less than how near any other base comes to the middle, far more than rounding errors.
    base + if rounded_down { -1e-9 } else { 1e-9 }
}

/// By the power of two that the rate is of 25, from -4 on: the whole parts of the CRFs whose base lies half-way between two
/// parameters, and which x265 (evaluating a power and a logarithm) rounds down.
const TIES_ROUNDED_DOWN: [u64; 7] = [
    0x4_9209_0004_1300,
    0x7_ffe7_0000_00e0,
    0x1_a69a_ffff_4204,
    0x3_6db6_1a69_a800,
    0x0_0000_0080_0020,
    0x4_9249_0000_0001,
    0x7_ffff_0000_0090,
];

/// The logarithm to base 2 of a number above 0: with nothing but sums, products and quotients it is the same on every
/// machine.
fn log2(x: f64) -> f64 {
    let mut exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let mut mantissa = f64::from_bits(x.to_bits() & ((1 << 52) - 1) | 1023 << 52);
    if mantissa > std::f64::consts::SQRT_2 {
        (mantissa, exponent) = (mantissa / 2.0, exponent + 1);
    }
    // ln((1 + s) / (1 - s)) = 2 (s + s^3 / 3 + s^5 / 5 ..), and s is below 0.172.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let mut sum = 0.0;
    for odd in (1..=23).rev().step_by(2) {
        sum = sum * (s * s) + 1.0 / f64::from(odd);
    }
    f64::from(exponent) + 2.0 * s * sum / std::f64::consts::LN_2
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
    pub(super) fn measure(&mut self, planes: &Planes, geometry: &Geometry, strength: f64, threads: usize) {
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
        let strength = strength * mean;
        for offset in &mut self.offsets {
            *offset = strength * (*offset - centre);
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
    use super::super::preset::{Preset, Tools, Tune};
    use super::*;

    #[test]
    fn tenth_root_is_that_of_the_platform() {
        for x in [1.0, 2.0, 3.5, 100.0, 1023.0, 1024.0, 1025.0, 65536.0, 1.0e6, 24_969_600.0] {
            let (found, expected) = (tenth_root(x), f64::powf(x, 0.1));
            assert!((found - expected).abs() <= 4.0 * f64::EPSILON * expected, "{x}: {found} and {expected}");
        }
    }

    #[test]
    fn logarithm_is_that_of_the_platform() {
        for i in 1..5000 {
            let x = f64::from(i) / 997.0;
            let (found, expected) = (log2(x), x.log2());
            assert!((found - expected).abs() < 1e-14, "{x}: {found} and {expected}");
        }
    }

    fn base(crf: f32, numerator: u32, denominator: u32) -> f64 {
        base_qp(
            Crf::new(crf).unwrap(),
            FrameRate::new(numerator, denominator).unwrap(),
            QuantisationControl::FrameRate,
        )
    }

    /// docs/spec/h265-fps-and-presets.md, section 1.
    #[test]
    fn base_is_that_of_the_formula() {
        for (n, d, offset) in [
            (1, 1, -5.7452549),
            (1, 3, -5.7452549),
            (10, 1, 2.2273726),
            (12, 1, 2.8586551),
            (15, 1, 3.6312826),
            (24000, 1001, 5.2551944),
            (24, 1, 5.2586551),
            (25, 1, 5.4),
            (30000, 1001, 6.0278218),
            (30, 1, 6.0312826),
            (50, 1, 7.8),
            (60000, 1001, 8.4278218),
            (60, 1, 8.4312826),
            (100, 1, 10.2),
            (u32::MAX, 1, 10.2),
        ] {
            assert!((base(28.0, n, d) - 28.0 - offset).abs() < 1e-7, "{n}/{d}");
        }
        assert_eq!(base(51.0, 25, 1), 56.4);
        assert_eq!(slice_qp(base(51.0, 25, 1)), 51);
    }

    /// docs/spec/h265-fps-and-presets.md, section 1.1.
    #[test]
    fn ties_are_rounded_as_specified() {
        let rounds_down = |n, d, hundredths: i32| -> Vec<i32> {
            (0..=50)
                .filter(|&whole| {
                    let crf = (100 * whole + hundredths) as f32 / 100.0;
                    base(crf, n, d) + 0.5 < (base(crf, n, d) + 0.5).round()
                })
                .collect()
        };
        assert_eq!(rounds_down(25, 1, 10), [5, 23]);
        assert_eq!(rounds_down(50, 1, 70), [0, 32, 35, 38, 41, 44, 47, 50]);
        let from_32_on: Vec<i32> = [4, 7].into_iter().chain(32..=50).collect();
        assert_eq!(rounds_down(100, 1, 30), from_32_on);
        assert_eq!(rounds_down(200, 1, 30), from_32_on);
        assert_eq!(
            rounds_down(25, 2, 50),
            [11, 13, 15, 16, 19, 21, 22, 25, 27, 28, 33, 34, 36, 37, 39, 40, 42, 43, 45, 46, 48, 49]
        );
        let mut of_6_25 = vec![2, 9, 14];
        of_6_25.extend(16..=31);
        of_6_25.extend([33, 35, 36, 39, 41, 42, 45, 47, 48]);
        assert_eq!(rounds_down(25, 4, 90), of_6_25);
    }

    #[test]
    fn crf_is_rounded_to_two_decimals() {
        assert_eq!(slice_qp(base(28.0, 1, 1)), 22);
        assert_eq!(base(23.454, 1, 1), base(23.45, 1, 1));
        assert_eq!(base(23.125, 1, 1), base(23.12, 1, 1));
        assert_eq!(base(0.0, 1, 1), 0.0);
        assert_eq!(slice_qp(base(51.0, 1, 1)), 45);
    }

    #[test]
    fn without_a_lookahead_the_whole_crf_counts() {
        let zerolatency = Tools::of(Preset::Medium, Some(Tune::Zerolatency)).control;
        let grain = Tools::of(Preset::Medium, Some(Tune::Grain)).control;
        let qp = |crf: f32, control| slice_qp(base_qp(Crf::new(crf).unwrap(), FrameRate::LTX, control));
        assert_eq!((qp(28.99, zerolatency), qp(29.0, zerolatency)), (25, 26));
        assert_eq!((qp(28.9, grain), qp(0.5, grain), qp(51.0, grain)), (27, 0, 50));
    }
}
