//! JPEG: the picture of libjpeg-turbo, reconstructed: DCT, quantisation, and back. Huffman coding loses nothing.

mod kernels;
mod quantise;
mod settings;
mod tables;
mod transform;

pub use settings::Jpeg;
pub use tables::QuantTables;

use std::ops::Range;

use crate::colour::jfif;
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::{BLOCK, Plane, Planes};
use crate::simd::{Level, Vectors, WideJob};
use quantise::Quantiser;
use transform::{forward_dct, inverse_dct};

/// The side of a block of the DCT.
const SIDE: usize = 8;

/// The engine. Strips of [`BLOCK`] rows are coded one after another, so only two are held at a time.
#[derive(Debug)]
pub(crate) struct Engine {
    settings: Jpeg,
    coder: Coder,
    colour: jfif::Scratch,
    /// A window of the picture.
    planes: Planes,
}

impl Default for Engine {
    fn default() -> Self {
        let settings = Jpeg::default();
        Self {
            settings,
            coder: Coder::new(Level::current(), &settings.tables()),
            colour: jfif::Scratch::default(),
            planes: Planes::default(),
        }
    }
}

impl engine::Engine for Engine {
    fn begin(&mut self, width: usize, height: usize) -> Result<(), Error> {
        self.planes.resize_to_window(width, height, self.settings.subsampling);
        Ok(())
    }

    fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> Result<Range<usize>, Error> {
        jfif::rgb_rows_to_planes(&mut self.planes, &mut self.colour, y, rows);
        let (end, height) = (y + 2, self.planes.height());
        let is_last = end >= height;
        if is_last {
            self.planes.extend_downwards();
        } else if !end.is_multiple_of(BLOCK) {
            return Ok(0..0);
        }
        let strip = y / BLOCK;
        self.coder.reconstruct_strip(&mut self.planes, strip);
        // A strip's last row needs chroma of the next one.
        Ok((strip * BLOCK).saturating_sub(1)..if is_last { height } else { end - 1 })
    }

    fn get(&mut self, y: usize, rgb: &mut [u8]) {
        jfif::planes_to_rgb_row(&self.planes, &mut self.colour, y, rgb);
    }

    fn planes(&mut self, planes: &mut Planes) -> Result<(), Error> {
        engine::subsampled(Codec::Jpeg, planes, self.settings.subsampling)?;
        planes.extend_edges();
        self.coder.reconstruct(planes);
        Ok(())
    }
}

/// Quantisation tables, made ready, and what is done with them.
#[derive(Debug)]
struct Coder {
    level: Level,
    luma: Quantiser,
    chroma: Quantiser,
}

impl Coder {
    fn new(level: Level, tables: &QuantTables) -> Self {
        Self { level, luma: Quantiser::new(tables.luma()), chroma: Quantiser::new(tables.chroma()) }
    }

    /// Replaces the picture by what decoding its JPEG coding gives. Only whole blocks are coded, so the planes'
    /// padding has to be filled; it is overwritten too.
    fn reconstruct(&self, planes: &mut Planes) {
        for strip in 0..planes.strips() {
            self.reconstruct_strip(planes, strip);
        }
    }

    /// Does that to one strip: [`BLOCK`] rows of luma, and the chroma that belongs to them.
    fn reconstruct_strip(&self, planes: &mut Planes, strip: usize) {
        self.reconstruct_rows(&mut planes.y, strip * BLOCK, BLOCK, &self.luma);
        if planes.subsampling() == Subsampling::Grey {
            return;
        }
        let (_, down) = planes.subsampling().factors();
        for plane in [&mut planes.cb, &mut planes.cr] {
            self.reconstruct_rows(plane, strip * BLOCK / down, BLOCK / down, &self.chroma);
        }
    }

    fn reconstruct_rows(&self, plane: &mut Plane, from: usize, rows: usize, quantiser: &Quantiser) {
        let stride = plane.stride;
        for rows in
            plane.samples[from % plane.rows * stride..][..rows * stride].chunks_exact_mut(SIDE * stride)
        {
            self.level.run_wide(Blocks { rows, stride, quantiser });
        }
    }
}

/// Codes and decodes the blocks of eight rows.
struct Blocks<'a> {
    rows: &'a mut [u8],
    stride: usize,
    quantiser: &'a Quantiser,
}

impl WideJob for Blocks<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, simd: V) {
        kernels::reconstruct_blocks(simd, self.rows, self.stride, self.quantiser);
    }
}

/// Codes and decodes the block at column `left` of eight rows: the reference of [`vector`].
fn reconstruct_block(rows: &mut [u8], stride: usize, left: usize, quantiser: &Quantiser) {
    let mut block = std::array::from_fn(|at| i32::from(rows[at / SIDE * stride + left + at % SIDE]) - 128);
    forward_dct(&mut block);
    quantiser.quantise_and_dequantise(&mut block);
    inverse_dct(&mut block);
    for (row, samples) in rows.chunks_exact_mut(stride).zip(block.chunks_exact(SIDE)) {
        for (out, sample) in row[left..].iter_mut().zip(samples) {
            *out = (sample + 128) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use test_pictures::Rng;

    use super::*;
    use crate::quality::Quality;

    fn noise(width: usize, height: usize, subsampling: Subsampling) -> Planes {
        let mut planes = Planes::new(width, height, subsampling).unwrap();
        let mut rng = Rng::new(3);
        for plane in [&mut planes.y, &mut planes.cb, &mut planes.cr] {
            plane.samples.fill_with(|| rng.byte());
        }
        planes
    }

    /// The largest difference between two planes of the same size.
    fn largest_difference(a: &Plane, b: &Plane) -> u8 {
        (0..a.height)
            .flat_map(|y| a.row(y).iter().zip(b.row(y)))
            .map(|(a, b)| a.abs_diff(*b))
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn steps_of_one_lose_next_to_nothing_and_coarse_ones_much() {
        for subsampling in Subsampling::ALL {
            let original = noise(45, 37, subsampling);
            let coded = |luma, chroma| {
                let mut planes = original.clone();
                let tables = QuantTables::new([luma; 64], [chroma; 64]).unwrap();
                Coder::new(Level::current(), &tables).reconstruct(&mut planes);
                [&planes.y, &planes.cb, &planes.cr]
                    .into_iter()
                    .zip([&original.y, &original.cb, &original.cr])
                    .map(|(a, b)| largest_difference(a, b))
                    .collect::<Vec<_>>()
            };
            let grey = subsampling == Subsampling::Grey;
            let fine = coded(1, 1);
            assert!(fine.iter().all(|&difference| difference <= 2), "{fine:?}");
            let coarse = coded(1, 200);
            assert_eq!(coarse[0], fine[0], "luma has its own table");
            assert!(grey || (coarse[1] > 50 && coarse[2] > 50), "{coarse:?}");
            assert!(coded(200, 1)[0] > 50);
        }
    }

    /// Tables of every kind: fine, coarse, mixed, with and without details left.
    fn tables(rng: &mut Rng) -> QuantTables {
        let mut table = || {
            let (least, most) = (1 + rng.below(255), 1 + rng.below(255));
            from_fn(|_| (least.min(most) + rng.below(least.abs_diff(most) + 1)) as u16)
        };
        QuantTables::new(table(), table()).unwrap()
    }

    #[test]
    fn every_level_gives_the_same_samples() {
        let mut rng = Rng::new(11);
        for number in 0..400 {
            let (width, height) = (1 + rng.below(70), 1 + rng.below(40));
            let mut original = noise(width, height, Subsampling::ALL[number % Subsampling::ALL.len()]);
            let flatness = rng.below(9);
            for plane in [&mut original.y, &mut original.cb, &mut original.cr] {
                for sample in &mut plane.samples {
                    // From nothing but extremes to a flat plane.
                    *sample = match flatness {
                        0 => 255 * (*sample >> 7),
                        _ => *sample >> (flatness - 1),
                    };
                }
            }
            let tables = tables(&mut rng);
            let reconstructed = |level: Level| {
                let mut planes = original.clone();
                Coder::new(level, &tables).reconstruct(&mut planes);
                [planes.y.samples, planes.cb.samples, planes.cr.samples]
            };
            let [scalar, others @ ..] = &Level::available()[..] else { unreachable!() };
            let expected = reconstructed(*scalar);
            for level in others {
                assert!(reconstructed(*level) == expected, "{level}: picture {number}, {width}x{height}");
            }
        }
    }

    #[test]
    fn a_block_knows_nothing_of_its_neighbours() {
        let tables = QuantTables::from_quality(Quality::DEFAULT);
        let mut planes = noise(40, 24, Subsampling::Grey);
        let mut changed = planes.clone();
        changed.y.row_mut(8)[16] ^= 0x80;
        for planes in [&mut planes, &mut changed] {
            Coder::new(Level::current(), &tables).reconstruct(planes);
        }
        for y in 0..24 {
            for x in 0..40 {
                let inside = (8..16).contains(&y) && (16..24).contains(&x);
                assert!(inside || planes.y.row(y)[x] == changed.y.row(y)[x], "({x}, {y})");
            }
        }
        assert_ne!(planes.y.row(8)[16..24], changed.y.row(8)[16..24]);
    }
}
