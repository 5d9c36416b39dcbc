//! H.264: the picture of x264 (preset veryfast, CRF, one IDR frame), reconstructed.
//!
//! The rules are those of docs/spec/h264-intra.md, which cites the clauses of H.264: a frame quantiser and adaptive
//! quantisation ([`aq`], [`quantise`]), then macroblock after macroblock ([`rows`], [`macroblock`]) the mode
//! decision ([`decision`]) over intra predictions ([`predict`]) by their distortion ([`distortion`]), coded in the
//! loop ([`residual`], [`transform`]), then deblocking ([`deblock`]).

mod aq;
mod deblock;
mod decision;
mod distortion;
mod engine;
mod kernels;
mod macroblock;
mod predict;
#[allow(dead_code, reason = "read by the engine from the next commit on")]
mod preset;
mod quantise;
mod residual;
mod rows;
mod settings;
mod transform;
#[cfg(feature = "rayon")]
mod wavefront;

pub use self::settings::H264;
use crate::planes::Planes;
use crate::simd::{Level, Simd, dispatch};
use macroblock::{Bottom, Macroblock};
use rows::{Band, Coded, Lines};

pub use preset::{H264Preset, H264Profile, H264Tune};

/// The way from a source to its reconstruction, with its memory.
#[derive(Debug)]
pub(crate) struct Reconstruction {
    level: Level,
    macroblock: Macroblock,
    /// Of every macroblock of the picture.
    coded: Vec<Coded>,
    /// What the row being coded needs of the one above, and what it leaves for the one below.
    above: Vec<Bottom>,
    below: Vec<Bottom>,
    #[cfg(feature = "rayon")]
    wavefront: wavefront::Wavefront,
}

/// The lines between rows that are coded one after another.
struct InOrder<'a> {
    /// Empty for the first row.
    above: &'a [Bottom],
    below: &'a mut [Bottom],
}

impl Lines for InOrder<'_> {
    fn above(&mut self, x: usize) -> Option<[Bottom; 2]> {
        Some([x, x + 1].map(|x| *self.above.get(x).unwrap_or(&Bottom::NONE)))
    }

    fn leave(&mut self, x: usize, bottom: Bottom) {
        self.below[x] = bottom;
    }
}

impl Default for Reconstruction {
    fn default() -> Self {
        Self::at(Level::current())
    }
}

impl Reconstruction {
    /// One that runs on an instruction set.
    pub(crate) fn at(level: Level) -> Self {
        Self {
            level,
            macroblock: Macroblock::default(),
            coded: Vec::new(),
            above: Vec::new(),
            below: Vec::new(),
            #[cfg(feature = "rayon")]
            wavefront: wavefront::Wavefront::default(),
        }
    }

    /// Replaces the picture by what decoding its H.264 coding gives. 4:2:0, even sides.
    pub(crate) fn run(&mut self, planes: &mut Planes, &H264 { crf }: &H264) {
        if aq::is_lossless(crf.get()) {
            return;
        }
        for plane in [&mut planes.y, &mut planes.cb, &mut planes.cr] {
            plane.extend_edges();
        }
        let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
        self.coded.resize(columns * rows, Coded::default());
        self.below.resize(columns, Bottom::NONE);
        self.above.clear();
        self.above.reserve(columns);

        let frame_quantiser = aq::frame_quantiser(crf.get());
        #[cfg(feature = "rayon")]
        if rows > 1 && wavefront::threads() > 1 {
            self.wavefront.reconstruct(self.level, planes, frame_quantiser, &mut self.coded);
            return;
        }
        let mut last = None;
        for row in 0..rows {
            let coded = &mut self.coded[row * columns..][..columns];
            let mut band = band(planes, row, row + 1);
            let mut lines = InOrder { above: &self.above, below: &mut self.below };
            let row_coder = rows::RowCoder {
                macroblock: &mut self.macroblock,
                band: &mut band,
                survey: None,
                frame_quantiser,
                last,
                first_row: row == 0,
                lines: &mut lines,
                coded,
            };
            let end = dispatch!(self.level, simd => simd.vectorize(
                #[inline(always)]
                || row_coder.run(simd),
            ));
            last = end.map(|end| end.last);
            // A row is deblocked once the next one, which predicts from it as it was, has been coded.
            if let Some(before) = row.checked_sub(1) {
                self.deblock(planes, before, columns);
            }
            self.above.resize(columns, Bottom::NONE);
            std::mem::swap(&mut self.above, &mut self.below);
        }
        self.deblock(planes, rows - 1, columns);
    }

    fn deblock(&self, planes: &mut Planes, row: usize, columns: usize) {
        let coded = |row: usize| &self.coded[row * columns..][..columns];
        let above = row.checked_sub(1).map(coded);
        let mut band = band(planes, row.saturating_sub(1), row + 1);
        let deblocker = deblock::RowDeblocker { band: &mut band, lead: 16, above, coded: coded(row) };
        dispatch!(self.level, simd => simd.vectorize(
            #[inline(always)]
            || deblocker.run(simd),
        ));
    }
}

/// The samples of the rows `first..end` of macroblocks.
fn band(planes: &mut Planes, first: usize, end: usize) -> Band<'_> {
    let stride = planes.y.stride;
    let (luma, chroma) = (16 * stride, 8 * (stride / 2));
    Band {
        y: &mut planes.y.samples[first * luma..end * luma],
        cb: &mut planes.cb.samples[first * chroma..end * chroma],
        cr: &mut planes.cr.samples[first * chroma..end * chroma],
        stride,
    }
}

#[cfg(test)]
mod tests;
