//! JFIF's colour (BT.601, full range) and chroma resampling, exactly as libjpeg computes them by default: centred
//! averages on the way in, "fancy" triangle filters on the way out.
//!
//! Pictures go in by pairs of rows, and come out row by row, so that what was converted is still in the cache when
//! it is coded, and what was coded when it is converted back.

mod kernels;
mod scalar;

use crate::names::Subsampling;
use crate::planes::{Plane, Planes};
use crate::simd::{Level, Vectors, WideJob};

/// Pixels that the kernels of 4:2:0 take at a time at most.
const PIXELS: usize = 64;

/// Memory of the conversion, kept from picture to picture.
#[derive(Debug)]
pub(crate) struct Scratch {
    level: Level,
    /// Cb and Cr at full width.
    full: [Vec<u8>; 2],
    /// Cb and Cr at half the width, with a column more at each end.
    half: [Vec<i16>; 2],
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new(Level::current())
    }
}

impl Scratch {
    fn new(level: Level) -> Self {
        Self { level, full: Default::default(), half: Default::default() }
    }

    /// Makes room for rows of so many samples, padding included.
    fn resize(&mut self, stride: usize) {
        for row in &mut self.full {
            row.resize(stride, 0);
        }
        for row in &mut self.half {
            row.resize(stride.next_multiple_of(PIXELS) / 2 + 2, 0);
        }
    }
}

/// Fills the even row `y` of the planes and the one below, with the padding to the right, from rows of packed RGB.
///
/// A last row that has none below is given twice.
pub(crate) fn rgb_rows_to_planes(planes: &mut Planes, scratch: &mut Scratch, y: usize, rgb: [&[u8]; 2]) {
    scratch.resize(planes.y.stride);
    scratch.level.for_rows(planes.width()).run_wide(ConvertRows { planes, scratch, y, rgb });
}

struct ConvertRows<'a> {
    planes: &'a mut Planes,
    scratch: &'a mut Scratch,
    y: usize,
    rgb: [&'a [u8]; 2],
}

impl WideJob for ConvertRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, simd: V) {
        convert_rows(simd, self.planes, self.scratch, self.y, self.rgb);
    }
}

#[inline(always)]
fn convert_rows<V: Vectors>(simd: V, planes: &mut Planes, scratch: &mut Scratch, y: usize, rgb: [&[u8]; 2]) {
    let subsampling = planes.subsampling();
    let (above, below) = planes.y.padded_pair_mut(y);
    if subsampling == Subsampling::S420 {
        let (cb, cr) = (planes.cb.padded_row_mut(y / 2), planes.cr.padded_row_mut(y / 2));
        return kernels::subsampled_rows(simd, rgb, [above, below], cb, cr);
    }
    if subsampling == Subsampling::S440 {
        let (cb, cr) = (planes.cb.padded_row_mut(y / 2), planes.cr.padded_row_mut(y / 2));
        let [cb_below, cr_below] = &mut scratch.full;
        kernels::ycc_row(simd, rgb[0], above, cb, cr);
        kernels::ycc_row(simd, rgb[1], below, cb_below, cr_below);
        kernels::average_rows(simd, cb_below, cb);
        return kernels::average_rows(simd, cr_below, cr);
    }
    for (y, (rgb, luma)) in rgb.into_iter().zip([above, below]).enumerate().map(|(i, row)| (y + i, row)) {
        match subsampling {
            Subsampling::Grey => kernels::luma_row(simd, rgb, luma),
            Subsampling::S444 => {
                kernels::ycc_row(simd, rgb, luma, planes.cb.padded_row_mut(y), planes.cr.padded_row_mut(y));
            }
            Subsampling::S411 => {
                let [cb, cr] = &mut scratch.full;
                kernels::ycc_row(simd, rgb, luma, cb, cr);
                kernels::quarter_columns(simd, cb, planes.cb.padded_row_mut(y));
                kernels::quarter_columns(simd, cr, planes.cr.padded_row_mut(y));
            }
            Subsampling::S422 | Subsampling::S420 | Subsampling::S440 => {
                let [cb, cr] = &mut scratch.full;
                kernels::ycc_row(simd, rgb, luma, cb, cr);
                kernels::halve_columns(simd, cb, planes.cb.padded_row_mut(y));
                kernels::halve_columns(simd, cr, planes.cr.padded_row_mut(y));
            }
        }
    }
}

/// Row `y` of the planes as packed RGB.
pub(crate) fn planes_to_rgb_row(planes: &Planes, scratch: &mut Scratch, y: usize, rgb: &mut [u8]) {
    scratch.resize(planes.y.stride);
    scratch.level.for_rows(planes.width()).run_wide(RestoreRow { planes, scratch, y, rgb });
}

struct RestoreRow<'a> {
    planes: &'a Planes,
    scratch: &'a mut Scratch,
    y: usize,
    rgb: &'a mut [u8],
}

impl WideJob for RestoreRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, simd: V) {
        restore_row(simd, self.planes, self.scratch, self.y, self.rgb);
    }
}

#[inline(always)]
fn restore_row<V: Vectors>(simd: V, planes: &Planes, scratch: &mut Scratch, y: usize, rgb: &mut [u8]) {
    let luma = &planes.y.padded_row(y)[..planes.width()];
    let subsampling = planes.subsampling();
    match subsampling {
        Subsampling::Grey => kernels::grey_to_rgb_row(simd, luma, rgb),
        Subsampling::S444 => {
            let [cb, cr] = [&planes.cb, &planes.cr].map(|plane| &plane.padded_row(y)[..plane.width]);
            kernels::ycc_to_rgb_row(simd, luma, cb, cr, rgb);
        }
        Subsampling::S422 | Subsampling::S420 if planes.cb.width <= NARROW => {
            let y = if subsampling == Subsampling::S420 { y / 2 } else { y };
            let [cb, cr] = &mut scratch.full;
            scalar::repeat_columns::<2>(planes.cb.padded_row(y), cb);
            scalar::repeat_columns::<2>(planes.cr.padded_row(y), cr);
            scalar::ycc_to_rgb_row(luma, cb, cr, rgb);
        }
        Subsampling::S411 => {
            let [cb, cr] = &mut scratch.full;
            scalar::repeat_columns::<4>(planes.cb.padded_row(y), cb);
            scalar::repeat_columns::<4>(planes.cr.padded_row(y), cr);
            kernels::ycc_to_rgb_row(simd, luma, &cb[..luma.len()], &cr[..luma.len()], rgb);
        }
        Subsampling::S440 => {
            for (plane, full) in [&planes.cb, &planes.cr].into_iter().zip(&mut scratch.full) {
                let (near, far) = (plane.padded_row(y / 2), plane.padded_row(farther_row(plane, y)));
                kernels::row_between(simd, near, far, full, 1 + y as i16 % 2);
            }
            let [cb, cr] = &scratch.full;
            kernels::ycc_to_rgb_row(simd, luma, &cb[..luma.len()], &cr[..luma.len()], rgb);
        }
        Subsampling::S422 => {
            for (plane, half) in [&planes.cb, &planes.cr].into_iter().zip(&mut scratch.half) {
                kernels::widen_row(simd, plane.padded_row(y), &mut half[1..][..plane.stride]);
                repeat_ends(half, plane.width);
            }
            let [cb, cr] = &scratch.half;
            kernels::upsampled_to_rgb_row::<V, 2>(simd, luma, cb, cr, rgb, [1, 2]);
        }
        Subsampling::S420 => {
            for (plane, half) in [&planes.cb, &planes.cr].into_iter().zip(&mut scratch.half) {
                weigh_rows(simd, plane, y, half);
                repeat_ends(half, plane.width);
            }
            let [cb, cr] = &scratch.half;
            kernels::upsampled_to_rgb_row::<V, 4>(simd, luma, cb, cr, rgb, [8, 7]);
        }
    }
}

/// Chroma is not filtered where it is so narrow.
const NARROW: usize = 2;

/// Brings chroma to full height, as far as row `y` of that is concerned.
#[inline(always)]
fn weigh_rows<V: Vectors>(simd: V, plane: &Plane, y: usize, half: &mut [i16]) {
    let inner = &mut half[1..][..plane.stride];
    let (near, far) = (plane.padded_row(y / 2), plane.padded_row(farther_row(plane, y)));
    kernels::weigh_rows(simd, near, far, inner);
}

/// The second nearest row, after `y / 2`, of a plane of half the height.
#[inline(always)]
fn farther_row(plane: &Plane, y: usize) -> usize {
    let near = y / 2;
    if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(plane.height - 1) }
}

/// Fills the columns beside the first and the last one of `width`.
#[inline(always)]
fn repeat_ends(half: &mut [i16], width: usize) {
    half[0] = half[1];
    half[width + 1] = half[width];
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::*;

    fn every_colour() -> impl Iterator<Item = [u8; 3]> {
        let steps = || (0..=255u8).step_by(5);
        steps().flat_map(move |r| steps().flat_map(move |g| steps().map(move |b| [r, g, b])))
    }

    #[test]
    fn colours_are_those_of_the_equations_of_jfif() {
        for rgb in every_colour() {
            let [r, g, b] = rgb.map(f64::from);
            let (mut y, mut cb, mut cr) = ([0], [0], [0]);
            scalar::ycc_row(&rgb, &mut y, &mut cb, &mut cr);
            for (got, exact) in [
                (y[0], 0.299 * r + 0.587 * g + 0.114 * b),
                (cb[0], (b - r) * 0.299 / 1.772 + (b - g) * 0.587 / 1.772 + 128.0),
                (cr[0], (r - g) * 0.587 / 1.402 + (r - b) * 0.114 / 1.402 + 128.0),
            ] {
                assert!((f64::from(got) - exact.min(255.0)).abs() < 0.51, "{rgb:?}: {got} for {exact}");
            }
            // And back, the three bytes taken as Y, Cb, Cr.
            let mut back = [0; 3];
            scalar::ycc_to_rgb_row(&rgb[..1], &rgb[1..2], &rgb[2..], &mut back);
            let (y, cb, cr) = (r, g - 128.0, b - 128.0);
            let green = (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587;
            for (got, exact) in back.into_iter().zip([y + 1.402 * cr, y - green, y + 1.772 * cb]) {
                let exact = exact.clamp(0.0, 255.0);
                assert!((f64::from(got) - exact).abs() < 0.51, "{rgb:?}: {got} for {exact}");
            }
        }
    }

    fn random_row(rng: &mut Rng, length: usize) -> Vec<u8> {
        (0..length).map(|_| rng.byte()).collect()
    }

    #[test]
    fn chroma_is_averaged_over_its_pixels() {
        let mut rng = Rng::new(5);
        let (above, below) = (random_row(&mut rng, 64), random_row(&mut rng, 64));
        let (mut of_two, mut of_four, mut of_rows, mut of_quarters) =
            ([0; 32], [0; 32], above.clone(), [0; 16]);
        scalar::average_rows(&below, &mut of_rows);
        scalar::quarter_columns(&above, &mut of_quarters);
        for x in 0..64 {
            assert_eq!(f64::from(of_rows[x]), ((f64::from(above[x]) + f64::from(below[x])) / 2.0).round());
        }
        for (quarter, four) in of_quarters.iter().zip(above.chunks_exact(4)) {
            assert_eq!(f64::from(*quarter), (four.iter().map(|&c| f64::from(c)).sum::<f64>() / 4.0).round());
        }
        scalar::halve_columns(&above, &mut of_two);
        scalar::halve_rows_and_columns(&above, &below, &mut of_four);
        for x in 0..32 {
            let sum = |row: &[u8]| f64::from(row[2 * x]) + f64::from(row[2 * x + 1]);
            assert!((f64::from(of_two[x]) - sum(&above) / 2.0).abs() <= 0.5);
            assert!((f64::from(of_four[x]) - (sum(&above) + sum(&below)) / 4.0).abs() <= 0.5);
        }
    }

    /// Linear interpolation of a row of samples that stand at 1/2, 5/2, 9/2, ... of the finer grid's columns.
    fn interpolated(half: &[f64], x: usize) -> f64 {
        let near = x / 2;
        let far = if x.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(half.len() - 1) };
        0.75 * half[near] + 0.25 * half[far]
    }

    #[test]
    fn chroma_is_interpolated_between_its_centres() {
        let mut rng = Rng::new(6);
        for (width, height) in [(5, 1), (6, 2), (31, 7), (64, 8)] {
            for subsampling in [Subsampling::S420, Subsampling::S422, Subsampling::S440] {
                let mut planes = Planes::new(width, height, subsampling).unwrap();
                planes.y.samples.fill(128);
                planes.cb.samples.fill(128);
                planes.cr.samples.fill_with(|| 98 + rng.byte() % 60);
                let plane = planes.cr.clone();
                let mut scratch = Scratch::default();
                for y in 0..height {
                    let mut rgb = vec![0; width * 3];
                    planes_to_rgb_row(&planes, &mut scratch, y, &mut rgb);
                    for x in 0..width {
                        let column: Vec<f64> = (0..plane.height)
                            .map(|y| {
                                let row: Vec<f64> = plane.row(y).iter().map(|&c| f64::from(c)).collect();
                                if subsampling == Subsampling::S440 { row[x] } else { interpolated(&row, x) }
                            })
                            .collect();
                        let chroma = if subsampling == Subsampling::S422 {
                            column[y]
                        } else {
                            interpolated(&column, y)
                        };
                        let red = 128.0 + 1.402 * (chroma - 128.0);
                        assert!((f64::from(rgb[3 * x]) - red).abs() < 1.402 * 0.57 + 0.5, "({x}, {y})");
                    }
                }
            }
        }
    }

    #[test]
    fn every_level_gives_the_same_samples() {
        let mut rng = Rng::new(12);
        for number in 0..400 {
            let (width, height) = (1 + rng.below(140), 1 + rng.below(20));
            let subsampling = Subsampling::ALL[number % Subsampling::ALL.len()];
            // Every other picture of nothing but extremes.
            let mut rgb = random_row(&mut rng, width * height * 3);
            if (number / Subsampling::ALL.len()).is_multiple_of(2) {
                rgb.iter_mut().for_each(|sample| *sample = 255 * (*sample >> 7));
            }
            let through = |level: Level| {
                let mut scratch = Scratch::new(level);
                let mut planes = Planes::new(width, height, subsampling).unwrap();
                let row = |y: usize| &rgb[y * width * 3..][..width * 3];
                for y in (0..height).step_by(2) {
                    let rows = [row(y), row((y + 1).min(height - 1))];
                    rgb_rows_to_planes(&mut planes, &mut scratch, y, rows);
                }
                let mut back = vec![0; rgb.len()];
                for (y, row) in back.chunks_exact_mut(width * 3).enumerate() {
                    planes_to_rgb_row(&planes, &mut scratch, y, row);
                }
                // And back from chroma that no RGB has.
                for plane in [&mut planes.cb, &mut planes.cr] {
                    plane.samples.iter_mut().for_each(|sample| *sample = sample.wrapping_mul(77));
                }
                let mut wild = vec![0; rgb.len()];
                for (y, row) in wild.chunks_exact_mut(width * 3).enumerate() {
                    planes_to_rgb_row(&planes, &mut scratch, y, row);
                }
                (planes.y.samples, planes.cb.samples, planes.cr.samples, back, wild)
            };
            let [scalar, others @ ..] = &Level::available()[..] else { unreachable!() };
            let expected = through(*scalar);
            for level in others {
                assert!(through(*level) == expected, "{level}: {width}x{height} {subsampling}");
            }
        }
    }
}
