//! JFIF's colour (BT.601, full range) and chroma resampling, exactly as libjpeg computes them by default: centred
//! averages on the way in, "fancy" triangle filters on the way out.
//!
//! Pictures go in by strips of 16 rows, so that what was converted is still in the cache when it is coded.

use std::array::from_fn;

use crate::codec::Subsampling;
use crate::planes::{BLOCK, Plane, Planes};

/// Memory of the conversion, kept from picture to picture.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// One row of packed RGB.
    rgb: Vec<u8>,
    /// Cb and Cr at full width, of an even and an odd row.
    chroma: [[Vec<u8>; 2]; 2],
    /// Two rows of chroma weighted 3 : 1.
    weighted: Vec<u16>,
}

/// Fills one strip of the planes, with its padding, from rows of packed RGB.
///
/// `read_row` gets the number of a row and the place for its samples; each row of the strip is asked for once.
pub(crate) fn rgb_to_strip<E>(
    planes: &mut Planes,
    strip: usize,
    scratch: &mut Scratch,
    mut read_row: impl FnMut(usize, &mut [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let (width, height, stride) = (planes.width(), planes.height(), planes.y.stride);
    let subsampling = planes.subsampling();
    scratch.rgb.resize(width * 3, 0);
    for row in scratch.chroma.iter_mut().flatten() {
        row.resize(stride, 0);
    }
    for y in strip * BLOCK..height.min((strip + 1) * BLOCK) {
        read_row(y, &mut scratch.rgb)?;
        let luma = planes.y.padded_row_mut(y);
        luma_row(&scratch.rgb, luma);
        repeat_last(luma, width);
        if subsampling == Subsampling::Grey {
            continue;
        }
        let [cb, cr] = &mut scratch.chroma[y % 2];
        chroma_row(&scratch.rgb, cb, cr);
        repeat_last(cb, width);
        repeat_last(cr, width);
        match subsampling {
            Subsampling::S444 => {
                planes.cb.padded_row_mut(y).copy_from_slice(cb);
                planes.cr.padded_row_mut(y).copy_from_slice(cr);
            }
            Subsampling::S422 => {
                halve_columns(cb, planes.cb.padded_row_mut(y));
                halve_columns(cr, planes.cr.padded_row_mut(y));
            }
            Subsampling::S420 | Subsampling::Grey => {
                // A last row without a partner is its own.
                let last = y + 1 == height;
                if y % 2 == 1 || last {
                    let ([cb, cr], [cb_below, cr_below]) = (&scratch.chroma[0], &scratch.chroma[y % 2]);
                    halve_rows_and_columns(cb, cb_below, planes.cb.padded_row_mut(y / 2));
                    halve_rows_and_columns(cr, cr_below, planes.cr.padded_row_mut(y / 2));
                }
            }
        }
    }
    if (strip + 1) * BLOCK > height {
        planes.y.repeat_last_row();
        planes.cb.repeat_last_row();
        planes.cr.repeat_last_row();
    }
    Ok(())
}

/// Fills everything from `width` on with the sample before.
fn repeat_last(row: &mut [u8], width: usize) {
    let last = row[width - 1];
    row[width..].fill(last);
}

/// Row `y` of the planes as packed RGB.
pub(crate) fn planes_to_rgb_row(planes: &Planes, scratch: &mut Scratch, y: usize, rgb: &mut [u8]) {
    let luma = planes.y.row(y);
    let [cb, cr] = &mut scratch.chroma[0];
    for (full, plane) in [(&mut *cb, &planes.cb), (&mut *cr, &planes.cr)] {
        full.resize(planes.y.stride, 0);
        match planes.subsampling() {
            Subsampling::Grey => {}
            Subsampling::S444 => full[..plane.width].copy_from_slice(plane.row(y)),
            // Narrow pictures are not filtered.
            Subsampling::S422 if plane.width <= 2 => repeat_columns(plane.row(y), full),
            Subsampling::S420 if plane.width <= 2 => repeat_columns(plane.row(y / 2), full),
            Subsampling::S422 => double_columns(plane.row(y), full),
            Subsampling::S420 => {
                let weighted = &mut scratch.weighted;
                weighted.resize(plane.width, 0);
                weigh_rows(plane, y, weighted);
                double_weighted_columns(weighted, full);
            }
        }
    }
    if planes.subsampling() == Subsampling::Grey {
        grey_to_rgb_row(luma, rgb);
    } else {
        ycc_to_rgb_row(luma, cb, cr, rgb);
    }
}

/// The factors of the conversion have 16 fractional bits.
const BITS: u32 = 16;
const ONE: i32 = 1 << BITS;

fn luma_row(rgb: &[u8], luma: &mut [u8]) {
    for (luma, rgb) in luma.iter_mut().zip(rgb.chunks_exact(3)) {
        let [r, g, b] = from_fn(|c| i32::from(rgb[c]));
        // 0.299, 0.587, 0.114.
        *luma = ((19595 * r + 38470 * g + 7471 * b + ONE / 2) >> BITS) as u8;
    }
}

fn chroma_row(rgb: &[u8], cb: &mut [u8], cr: &mut [u8]) {
    // A little less than one half, so that the largest sum stays below 256.
    const OFFSET: i32 = 128 * ONE + ONE / 2 - 1;
    for ((cb, cr), rgb) in cb.iter_mut().zip(cr).zip(rgb.chunks_exact(3)) {
        let [r, g, b] = from_fn(|c| i32::from(rgb[c]));
        // -0.16874, -0.33126, 0.5; 0.5, -0.41869, -0.08131.
        *cb = ((-11059 * r - 21709 * g + 32768 * b + OFFSET) >> BITS) as u8;
        *cr = ((32768 * r - 27439 * g - 5329 * b + OFFSET) >> BITS) as u8;
    }
}

/// Averages pairs of columns, halves rounded down and up in turn.
fn halve_columns(full: &[u8], half: &mut [u8]) {
    for (x, (half, pair)) in half.iter_mut().zip(full.chunks_exact(2)).enumerate() {
        let sum = pair.iter().map(|&c| u16::from(c)).sum::<u16>();
        *half = ((sum + x as u16 % 2) >> 1) as u8;
    }
}

/// Averages squares of four, halves rounded down and up in turn.
fn halve_rows_and_columns(above: &[u8], below: &[u8], half: &mut [u8]) {
    let pairs = above.chunks_exact(2).zip(below.chunks_exact(2));
    for (x, (half, (above, below))) in half.iter_mut().zip(pairs).enumerate() {
        let sum = above.iter().chain(below).map(|&c| u16::from(c)).sum::<u16>();
        *half = ((sum + 1 + x as u16 % 2) >> 2) as u8;
    }
}

fn repeat_columns(half: &[u8], full: &mut [u8]) {
    for (pair, &sample) in full.chunks_exact_mut(2).zip(half) {
        pair.fill(sample);
    }
}

/// Doubles the columns: each new one is 3/4 the nearer and 1/4 the farther of its two neighbours.
fn double_columns(half: &[u8], full: &mut [u8]) {
    for (x, pair) in full.chunks_exact_mut(2).enumerate().take(half.len()) {
        let [left, here, right] = with_neighbours(half, x).map(u16::from);
        pair[0] = ((3 * here + left + 1) >> 2) as u8;
        pair[1] = ((3 * here + right + 2) >> 2) as u8;
    }
}

/// For row `y` at full height: 3 times the nearer row and once the farther one.
fn weigh_rows(plane: &Plane, y: usize, weighted: &mut [u16]) {
    let near = y / 2;
    let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(plane.height - 1) };
    for ((weighted, &near), &far) in weighted.iter_mut().zip(plane.row(near)).zip(plane.row(far)) {
        *weighted = 3 * u16::from(near) + u16::from(far);
    }
}

/// [`double_columns`] for samples that are 4 times as large.
fn double_weighted_columns(half: &[u16], full: &mut [u8]) {
    for (x, pair) in full.chunks_exact_mut(2).enumerate().take(half.len()) {
        let [left, here, right] = with_neighbours(half, x);
        pair[0] = ((3 * here + left + 8) >> 4) as u8;
        pair[1] = ((3 * here + right + 7) >> 4) as u8;
    }
}

/// The sample and those beside it; beyond the ends, the end.
fn with_neighbours<T: Copy>(row: &[T], x: usize) -> [T; 3] {
    [row[x.saturating_sub(1)], row[x], row[(x + 1).min(row.len() - 1)]]
}

fn ycc_to_rgb_row(luma: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
    let samples = luma.iter().zip(cb.iter().zip(cr));
    for (rgb, (&luma, (&cb, &cr))) in rgb.chunks_exact_mut(3).zip(samples) {
        let (luma, cb, cr) = (i32::from(luma), i32::from(cb) - 128, i32::from(cr) - 128);
        // 1.402; -0.34414, -0.71414; 1.772.
        let red = (91881 * cr + ONE / 2) >> BITS;
        let green = (-22554 * cb - 46802 * cr + ONE / 2) >> BITS;
        let blue = (116130 * cb + ONE / 2) >> BITS;
        for (out, chroma) in rgb.iter_mut().zip([red, green, blue]) {
            *out = (luma + chroma).clamp(0, 255) as u8;
        }
    }
}

fn grey_to_rgb_row(luma: &[u8], rgb: &mut [u8]) {
    for (rgb, &luma) in rgb.chunks_exact_mut(3).zip(luma) {
        rgb.fill(luma);
    }
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
            luma_row(&rgb, &mut y);
            chroma_row(&rgb, &mut cb, &mut cr);
            for (got, exact) in [
                (y[0], 0.299 * r + 0.587 * g + 0.114 * b),
                (cb[0], (b - r) * 0.299 / 1.772 + (b - g) * 0.587 / 1.772 + 128.0),
                (cr[0], (r - g) * 0.587 / 1.402 + (r - b) * 0.114 / 1.402 + 128.0),
            ] {
                assert!((f64::from(got) - exact.min(255.0)).abs() < 0.51, "{rgb:?}: {got} for {exact}");
            }
            // And back, the three bytes taken as Y, Cb, Cr.
            let mut back = [0; 3];
            ycc_to_rgb_row(&rgb[..1], &rgb[1..2], &rgb[2..], &mut back);
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
        let (mut of_two, mut of_four) = ([0; 32], [0; 32]);
        halve_columns(&above, &mut of_two);
        halve_rows_and_columns(&above, &below, &mut of_four);
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
            for subsampling in [Subsampling::S420, Subsampling::S422] {
                let mut planes = Planes::new(width, height, subsampling).unwrap();
                planes.y.samples.fill(128);
                planes.cb.samples.fill(128);
                planes.cr.samples.fill_with(|| 98 + rng.byte() % 60);
                let plane = planes.cr.clone();
                let mut scratch = Scratch::default();
                let mut rgb = vec![0; width * 3];
                for y in 0..height {
                    planes_to_rgb_row(&planes, &mut scratch, y, &mut rgb);
                    for x in 0..width {
                        let column: Vec<f64> = (0..plane.height)
                            .map(|y| {
                                let row: Vec<f64> = plane.row(y).iter().map(|&c| f64::from(c)).collect();
                                interpolated(&row, x)
                            })
                            .collect();
                        let chroma = if subsampling == Subsampling::S420 {
                            interpolated(&column, y)
                        } else {
                            column[y]
                        };
                        let red = 128.0 + 1.402 * (chroma - 128.0);
                        assert!((f64::from(rgb[3 * x]) - red).abs() < 1.402 * 0.57 + 0.5, "({x}, {y})");
                    }
                }
            }
        }
    }
}
