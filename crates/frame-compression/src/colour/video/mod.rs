//! BT.601 limited range, 4:2:0, as the video codecs get it: bit for bit what PyAV's (libswscale's)
//! default conversion of packed 8-bit RGB gives on x86-64, in integers, so the same on every machine.
//!
//! `>>` is the arithmetic, flooring shift throughout. Sizes are even.

mod kernels;
mod scalar;

use crate::names::Subsampling;
use crate::planes::{Plane, Planes};
use crate::simd::{Job, Level, Simd};

/// Rows of horizontally filtered chroma that one output row needs.
const TAPS: usize = 4;
/// The vertical filter: source rows 2k-1 ..= 2k+2 of output row k, in 4096ths.
const WEIGHTS: [i16; TAPS] = [512, 1536, 1536, 512];
/// Row 0 gets the weight of the row above the picture, too.
const FIRST_WEIGHTS: [i16; TAPS] = [0, WEIGHTS[0] + WEIGHTS[1], WEIGHTS[2], WEIGHTS[3]];
/// 128 twice, for two pixels, and the rounding of the horizontal filter.
const OFFSET: i32 = (256 << 15) + (1 << 9);
/// The rounding of the last row's vertical filter.
const LAST_OFFSET: i32 = 64 << 12;

/// Memory of the conversion, kept from picture to picture.
#[derive(Debug)]
struct Scratch {
    level: Level,
    /// The last [`TAPS`] rows of horizontally filtered Cb and Cr, row `y` at place `y % TAPS`.
    cb: [Vec<i16>; TAPS],
    cr: [Vec<i16>; TAPS],
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new(Level::current())
    }
}

impl Scratch {
    fn new(level: Level) -> Self {
        Self { level, cb: Default::default(), cr: Default::default() }
    }

    fn resize(&mut self, width: usize) {
        for row in self.cb.iter_mut().chain(&mut self.cr) {
            row.resize(width / 2, 0);
        }
    }
}

/// A picture on its way through a video codec: RGB in, planes that the codec works on, RGB out.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    pub(crate) planes: Planes,
    scratch: Scratch,
}

impl Picture {
    /// Makes room for a picture.
    pub(crate) fn begin(&mut self, width: usize, height: usize) {
        self.planes.resize(width, height, Subsampling::S420);
    }

    /// Takes rows `y` and `y + 1` of packed RGB into the planes, in order. Says how many rows of chroma there are now: the
    /// row of two rows waits for the next one below.
    pub(crate) fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> usize {
        for (i, rgb) in rows.into_iter().enumerate() {
            rgb_row_to_planes(&mut self.planes, &mut self.scratch, y + i, rgb);
        }
        if y + 2 >= self.planes.height() { self.planes.cb.height } else { y / 2 }
    }

    /// Row `y` of the planes as packed RGB.
    pub(crate) fn get(&self, y: usize, rgb: &mut [u8]) {
        planes_to_rgb_row(&self.planes, self.scratch.level, y, rgb);
    }
}

/// Takes row `y` of packed RGB into the planes, and the rows of chroma that it completes. Rows come in order.
fn rgb_row_to_planes(planes: &mut Planes, scratch: &mut Scratch, y: usize, rgb: &[u8]) {
    scratch.resize(planes.width());
    scratch.level.run(ConvertRow { planes, scratch, y, rgb });
}

struct ConvertRow<'a> {
    planes: &'a mut Planes,
    scratch: &'a mut Scratch,
    y: usize,
    rgb: &'a [u8],
}

impl Job for ConvertRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        convert_row(simd, self.planes, self.scratch, self.y, self.rgb);
    }
}

#[inline(always)]
fn convert_row<S: Simd>(simd: S, planes: &mut Planes, scratch: &mut Scratch, y: usize, rgb: &[u8]) {
    let (cb, cr) = (&mut scratch.cb[y % TAPS], &mut scratch.cr[y % TAPS]);
    kernels::ycc_row(simd, rgb, planes.y.row_mut(y), cb, cr);
    // Source row 2k+2 completes chroma row k, and the last row the last.
    if y >= 2 && y.is_multiple_of(2) {
        filter_down(simd, &mut planes.cb, &scratch.cb, y / 2 - 1);
        filter_down(simd, &mut planes.cr, &scratch.cr, y / 2 - 1);
    }
    if y + 1 == planes.height() {
        filter_down(simd, &mut planes.cb, &scratch.cb, y / 2);
        filter_down(simd, &mut planes.cr, &scratch.cr, y / 2);
    }
}

/// The vertical filter, to output row `k`.
#[inline(always)]
fn filter_down<S: Simd>(simd: S, plane: &mut Plane, rows: &[Vec<i16>; TAPS], k: usize) {
    // Rows below the picture repeat the last one.
    let last = 2 * plane.height - 1;
    let [above, first, second, below] = [(2 * k).saturating_sub(1), 2 * k, 2 * k + 1, (2 * k + 2).min(last)];
    let taps = [&rows[above % TAPS][..], &rows[first % TAPS], &rows[second % TAPS], &rows[below % TAPS]];
    let is_last = k + 1 == plane.height;
    let out = plane.row_mut(k);
    if is_last {
        kernels::filter_last_rows(simd, taps, WEIGHTS, out);
    } else {
        kernels::filter_rows(simd, taps, if k == 0 { FIRST_WEIGHTS } else { WEIGHTS }, out);
    }
}

/// Row `y` of the planes as packed RGB.
fn planes_to_rgb_row(planes: &Planes, level: Level, y: usize, rgb: &mut [u8]) {
    let (luma, cb, cr) = (planes.y.row(y), planes.cb.row(y / 2), planes.cr.row(y / 2));
    level.run(RestoreRow { luma, cb, cr, rgb });
}

struct RestoreRow<'a> {
    luma: &'a [u8],
    cb: &'a [u8],
    cr: &'a [u8],
    rgb: &'a mut [u8],
}

impl Job for RestoreRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        kernels::ycc_to_rgb_row(simd, self.luma, self.cb, self.cr, self.rgb);
    }
}

#[cfg(test)]
mod tests {
    use test_pictures::{Picture, Rng};

    use super::*;

    /// Checksums of PyAV's conversions (provenance in the file).
    const GOLDEN: &str = include_str!("../../../tests/golden/colour.txt");

    fn picture(kind: &str, height: usize, width: usize) -> Picture {
        let mut rng = Rng::new((height * 65536 + width) as u64);
        Picture::from_fn(width, height, |x, y| match kind {
            "noise" => std::array::from_fn(|_| rng.byte()),
            "steps" => std::array::from_fn(|c| if (x / 3 + y / 2 + c).is_multiple_of(3) { 255 } else { 0 }),
            "ramp" => std::array::from_fn(|c| ((x * 3 + y * 5 + c * 85) % 256) as u8),
            _ => panic!("no picture is called {kind}"),
        })
    }

    fn to_planes(picture: &Picture, scratch: &mut Scratch) -> Planes {
        let mut planes = Planes::new(picture.width, picture.height, Subsampling::S420).unwrap();
        for (y, row) in picture.rgb.chunks_exact(picture.width * 3).enumerate() {
            rgb_row_to_planes(&mut planes, scratch, y, row);
        }
        planes
    }

    fn to_rgb(planes: &Planes, scratch: &mut Scratch) -> Vec<u8> {
        let mut rgb = vec![0; planes.width() * planes.height() * 3];
        for (y, row) in rgb.chunks_exact_mut(planes.width() * 3).enumerate() {
            planes_to_rgb_row(planes, scratch.level, y, row);
        }
        rgb
    }

    fn fill(planes: &mut Planes, mut sample: impl FnMut() -> u8) {
        for plane in [&mut planes.y, &mut planes.cb, &mut planes.cr] {
            for y in 0..plane.height {
                plane.row_mut(y).fill_with(&mut sample);
            }
        }
    }

    fn crc<'a>(rows: impl Iterator<Item = &'a [u8]>) -> String {
        let mut hasher = crc32fast::Hasher::new();
        rows.for_each(|row| hasher.update(row));
        format!("{:08x}", hasher.finalize())
    }

    fn plane_crc(plane: &Plane) -> String {
        crc((0..plane.height).map(|y| plane.row(y)))
    }

    #[test]
    fn conversions_equal_pyav_s() {
        Level::available().into_iter().for_each(conversions_at_a_level_equal_pyav_s);
    }

    fn conversions_at_a_level_equal_pyav_s(level: Level) {
        let mut scratch = Scratch::new(level);
        let mut compared = 0;
        for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split(' ').collect();
            let size = |i: usize| fields[i].parse::<usize>().unwrap();
            match fields[0] {
                "to" => {
                    let planes = to_planes(&picture(fields[1], size(2), size(3)), &mut scratch);
                    let found = [&planes.y, &planes.cb, &planes.cr].map(plane_crc);
                    assert_eq!(found.join(" "), fields[4..].join(" "), "{level}: {line}");
                }
                _ => {
                    let (height, width) = (size(1), size(2));
                    let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
                    let mut rng = Rng::new((height * 131_072 + width) as u64);
                    fill(&mut planes, || rng.byte());
                    let rgb = to_rgb(&planes, &mut scratch);
                    assert_eq!(crc(std::iter::once(&rgb[..])), fields[3], "{level}: {line}");
                }
            }
            compared += 1;
        }
        assert_eq!(compared, 14 * 4);
    }

    #[test]
    fn the_smallest_picture_is_converted() {
        let planes = to_planes(&Picture::from_fn(2, 2, |_, _| [255, 255, 255]), &mut Scratch::default());
        assert_eq!(
            (planes.y.row(0), planes.cb.row(0), planes.cr.row(0)),
            (&[235, 235][..], &[128][..], &[128][..])
        );
    }
    #[test]
    fn every_level_gives_the_same_samples() {
        let mut rng = Rng::new(21);
        for number in 0..600 {
            let (width, height) = (2 + 2 * rng.below(80), 2 + 2 * rng.below(8));
            // Every other picture of nothing but extremes.
            let extreme = number % 2 == 1;
            let mut sample = || if extreme { 255 * (rng.byte() >> 7) } else { rng.byte() };
            let picture = Picture::from_fn(width, height, |_, _| [sample(), sample(), sample()]);
            // Chroma that no RGB has.
            let mut wild = Planes::new(width, height, Subsampling::S420).unwrap();
            fill(&mut wild, sample);
            let through = |level: Level| {
                let mut scratch = Scratch::new(level);
                let planes = to_planes(&picture, &mut scratch);
                let rgb = [&planes, &wild].map(|planes| to_rgb(planes, &mut scratch));
                (planes.y.samples, planes.cb.samples, planes.cr.samples, rgb)
            };
            let [scalar, others @ ..] = &Level::available()[..] else { unreachable!() };
            let expected = through(*scalar);
            for level in others {
                assert!(through(*level) == expected, "{level}: {width}x{height}");
            }
        }
    }

    /// Every colour of a coarse grid, extremes included.
    #[test]
    fn every_level_converts_every_colour_alike() {
        let steps = || (0..=255u8).step_by(15);
        let colours: Vec<[u8; 3]> =
            steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| [r, g, b]))).collect();
        let width = colours.len();
        // Flat areas reach the extremes of the filters.
        let picture = Picture::from_fn(2 * width, 6, |x, _| colours[x / 2]);
        let mut planes = Planes::new(2 * width, 2, Subsampling::S420).unwrap();
        for (x, &[y, cb, cr]) in colours.iter().enumerate() {
            planes.y.row_mut(0)[2 * x..][..2].fill(y);
            planes.y.row_mut(1)[2 * x..][..2].fill(255 - y);
            planes.cb.row_mut(0)[x] = cb;
            planes.cr.row_mut(0)[x] = cr;
        }
        let through = |level: Level| {
            let mut scratch = Scratch::new(level);
            let converted = to_planes(&picture, &mut scratch);
            let rgb = to_rgb(&planes, &mut scratch);
            (converted.y.samples, converted.cb.samples, converted.cr.samples, rgb)
        };
        let [scalar, others @ ..] = &Level::available()[..] else { unreachable!() };
        let expected = through(*scalar);
        for level in others {
            assert!(through(*level) == expected, "{level}");
        }
    }
}
