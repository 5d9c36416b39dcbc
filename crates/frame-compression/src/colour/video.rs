//! BT.601 limited range, 4:2:0, as the video codecs get it: bit for bit what PyAV's (libswscale's)
//! default conversion of packed 8-bit RGB gives on x86-64, in integers, so the same on every machine.
//!
//! `>>` is the arithmetic, flooring shift throughout. Sizes are even.

use crate::planes::Planes;

/// Rows of horizontally filtered chroma that one output row needs.
const TAPS: usize = 4;
/// The vertical filter: source rows 2k-1 ..= 2k+2 of output row k, in 4096ths.
const WEIGHTS: [i32; TAPS] = [512, 1536, 1536, 512];

/// Memory of the conversion, kept from picture to picture.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    rgb: Vec<u8>,
    /// The last [`TAPS`] rows of horizontally filtered Cb and Cr, row `y` at place `y % TAPS`.
    cb: [Vec<i16>; TAPS],
    cr: [Vec<i16>; TAPS],
}

/// Fills the planes from rows of packed RGB, which `next_row` gives top to bottom.
pub(crate) fn rgb_to_planes<E>(
    planes: &mut Planes,
    scratch: &mut Scratch,
    mut next_row: impl FnMut(usize, &mut [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let (width, height) = (planes.width(), planes.height());
    scratch.rgb.resize(width * 3, 0);
    for row in scratch.cb.iter_mut().chain(&mut scratch.cr) {
        row.resize(width / 2, 0);
    }
    for y in 0..height {
        next_row(y, &mut scratch.rgb)?;
        luma_row(&scratch.rgb, planes.y.row_mut(y));
        chroma_row(&scratch.rgb, &mut scratch.cb[y % TAPS], &mut scratch.cr[y % TAPS]);
        // Source row 2k+2 completes chroma row k.
        if y >= 2 && y % 2 == 0 {
            chroma_rows_down(planes, scratch, y / 2 - 1, height);
        }
    }
    chroma_rows_down(planes, scratch, height / 2 - 1, height);
    Ok(())
}

fn luma_row(rgb: &[u8], luma: &mut [u8]) {
    for (luma, rgb) in luma.iter_mut().zip(rgb.chunks_exact(3)) {
        let [r, g, b] = [rgb[0], rgb[1], rgb[2]].map(i32::from);
        let sum = 8414 * r + 16519 * g + 3208 * b + (32 << 14) + (1 << 8);
        *luma = (((sum >> 9) + 32) >> 6).clamp(0, 255) as u8;
    }
}

/// The horizontal step: one value for two columns, 15 bits.
fn chroma_row(rgb: &[u8], cb: &mut [i16], cr: &mut [i16]) {
    const OFFSET: i32 = (256 << 15) + (1 << 9);
    for ((cb, cr), pair) in cb.iter_mut().zip(cr).zip(rgb.chunks_exact(6)) {
        let [r, g, b] = [0, 1, 2].map(|c| i32::from(pair[c]) + i32::from(pair[c + 3]));
        *cb = ((-4865 * r - 9528 * g + 14392 * b + OFFSET) >> 10) as i16;
        *cr = ((14392 * r - 12061 * g - 2332 * b + OFFSET) >> 10) as i16;
    }
}

fn chroma_rows_down(planes: &mut Planes, scratch: &Scratch, k: usize, height: usize) {
    filter_down(planes.cb.row_mut(k), &scratch.cb, k, height);
    filter_down(planes.cr.row_mut(k), &scratch.cr, k, height);
}

/// The vertical step, to output row `k`.
fn filter_down(out: &mut [u8], rows: &[Vec<i16>; TAPS], k: usize, height: usize) {
    let row = |y: usize| rows[y.min(height - 1) % TAPS].iter().map(|&c| i32::from(c));
    if 2 * k + 2 >= height {
        // The last row: rows below repeat the last one, and the sum is rounded once.
        let taps = row((2 * k).saturating_sub(1)).zip(row(2 * k)).zip(row(2 * k + 1)).zip(row(2 * k + 2));
        for (out, (((a, b), c), d)) in out.iter_mut().zip(taps) {
            let sum = [a, b, c, d].iter().zip(WEIGHTS).map(|(c, weight)| 2 * c * weight).sum::<i32>();
            *out = (((64 << 12) + sum) >> 19).clamp(0, 255) as u8;
        }
        return;
    }
    // Every other row truncates each product. A row above the picture gives its weight to row 0.
    let weights = if k == 0 { [0, WEIGHTS[0] + WEIGHTS[1], WEIGHTS[2], WEIGHTS[3]] } else { WEIGHTS };
    let taps = row((2 * k).saturating_sub(1)).zip(row(2 * k)).zip(row(2 * k + 1)).zip(row(2 * k + 2));
    for (out, (((a, b), c), d)) in out.iter_mut().zip(taps) {
        let sum = [a, b, c, d].iter().zip(weights).map(|(c, weight)| (2 * c * weight) >> 16).sum::<i32>();
        *out = ((5 + sum) >> 3).clamp(0, 255) as u8;
    }
}

/// Row `y` of the planes as packed RGB.
pub(crate) fn planes_to_rgb_row(planes: &Planes, y: usize, rgb: &mut [u8]) {
    let luma = planes.y.row(y);
    let (cb, cr) = (planes.cb.row(y / 2), planes.cr.row(y / 2));
    for ((rgb, luma), (cb, cr)) in rgb.chunks_exact_mut(6).zip(luma.chunks_exact(2)).zip(cb.iter().zip(cr)) {
        let (cb, cr) = (8 * (i32::from(*cb) - 128), 8 * (i32::from(*cr) - 128));
        let red = high(cr, 13075);
        let green = high(cb, -3209) + high(cr, -6660);
        let blue = high(cb, 16525);
        for (rgb, luma) in rgb.chunks_exact_mut(3).zip(luma) {
            let luma = high(8 * (i32::from(*luma) - 16), 9539);
            for (out, chroma) in rgb.iter_mut().zip([red, green, blue]) {
                *out = (luma + chroma).clamp(0, 255) as u8;
            }
        }
    }
}

/// The high half of a 16-bit product.
fn high(a: i32, c: i32) -> i32 {
    (a * c) >> 16
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use test_pictures::{Picture, Rng};

    use super::*;
    use crate::codec::Subsampling;

    /// Checksums of PyAV's conversions (provenance in the file).
    const GOLDEN: &str = include_str!("../../tests/golden/colour.txt");

    fn picture(kind: &str, height: usize, width: usize) -> Picture {
        let mut rng = Rng::new((height * 65536 + width) as u64);
        Picture::from_fn(width, height, |x, y| match kind {
            "noise" => std::array::from_fn(|_| rng.byte()),
            "steps" => std::array::from_fn(|c| if (x / 3 + y / 2 + c).is_multiple_of(3) { 255 } else { 0 }),
            "ramp" => std::array::from_fn(|c| ((x * 3 + y * 5 + c * 85) % 256) as u8),
            _ => panic!("no picture is called {kind}"),
        })
    }

    fn to_planes(picture: &Picture) -> Planes {
        let mut planes = Planes::new(picture.width, picture.height, Subsampling::S420).unwrap();
        let rows = picture.rgb.chunks_exact(picture.width * 3);
        let mut rows = rows.enumerate();
        rgb_to_planes(&mut planes, &mut Scratch::default(), |y, rgb| {
            let (at, row) = rows.next().expect("no more rows are asked for than there are");
            assert_eq!(at, y, "rows are asked for in order");
            rgb.copy_from_slice(row);
            Ok::<(), Infallible>(())
        })
        .unwrap();
        planes
    }

    fn crc<'a>(rows: impl Iterator<Item = &'a [u8]>) -> String {
        let mut hasher = crc32fast::Hasher::new();
        rows.for_each(|row| hasher.update(row));
        format!("{:08x}", hasher.finalize())
    }

    fn plane_crc(plane: &crate::planes::Plane) -> String {
        crc((0..plane.height).map(|y| plane.row(y)))
    }

    #[test]
    fn conversions_equal_pyav_s() {
        let mut compared = 0;
        for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split(' ').collect();
            let size = |i: usize| fields[i].parse::<usize>().unwrap();
            match fields[0] {
                "to" => {
                    let planes = to_planes(&picture(fields[1], size(2), size(3)));
                    let found = [&planes.y, &planes.cb, &planes.cr].map(plane_crc);
                    assert_eq!(found.join(" "), fields[4..].join(" "), "{line}");
                }
                _ => {
                    let (height, width) = (size(1), size(2));
                    let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
                    let mut rng = Rng::new((height * 131_072 + width) as u64);
                    for plane in [&mut planes.y, &mut planes.cb, &mut planes.cr] {
                        for y in 0..plane.height {
                            plane.row_mut(y).fill_with(|| rng.byte());
                        }
                    }
                    let mut rgb = vec![0; width * height * 3];
                    for (y, row) in rgb.chunks_exact_mut(width * 3).enumerate() {
                        planes_to_rgb_row(&planes, y, row);
                    }
                    assert_eq!(crc(std::iter::once(&rgb[..])), fields[3], "{line}");
                }
            }
            compared += 1;
        }
        assert_eq!(compared, 14 * 4);
    }

    #[test]
    fn the_smallest_picture_is_converted() {
        let planes = to_planes(&Picture::from_fn(2, 2, |_, _| [255, 255, 255]));
        assert_eq!(
            (planes.y.row(0), planes.cb.row(0), planes.cr.row(0)),
            (&[235, 235][..], &[128][..], &[128][..])
        );
    }
}
