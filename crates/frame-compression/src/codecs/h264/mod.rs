//! H.264: the picture of x264 (CRF, one IDR frame), reconstructed.
//!
//! The rules are those of docs/spec/h264-intra.md, which cites the clauses of H.264, and of docs/spec/h264-presets.md
//! for other presets than veryfast ([`preset`]): a frame quantiser and adaptive
//! quantisation ([`aq`], [`quantise`]), then macroblock after macroblock ([`rows`], [`macroblock`]) the mode
//! decision ([`decision`]) over intra predictions ([`predict`]) by their distortion ([`distortion`]), coded in the
//! loop ([`residual`], [`transform`]), then deblocking ([`deblock`]). From preset faster on levels or modes depend
//! on bits ([`rate_distortion`]): those are counted ([`cabac`], [`cavlc`]) and weighed ([`trellis`]).

mod aq;
mod cabac;
mod cavlc;
mod cores;
mod deblock;
mod decision;
mod distortion;
mod engine;
mod frame;
mod kernels;
mod macroblock;
mod overflow;
mod predict;
mod preset;
mod quantise;
mod rate_distortion;
mod residual;
mod rows;
mod settings;
mod transform;
mod trellis;
#[cfg(feature = "rayon")]
mod wavefront;

pub use self::cores::Cores;
pub use self::settings::H264;
use crate::planes::Planes;
use crate::simd::{Level, dispatch};
use frame::{Frame, Slices};
use macroblock::{Bottom, Macroblock};
pub(crate) use preset::Parameters;
use quantise::Quantisers;
use rate_distortion::MacroblockCoder;
use rows::{Band, Coded, Lines};

pub use preset::{H264Preset, H264Profile, H264Tune};

/// The way from a source to its reconstruction, with its memory.
#[derive(Debug)]
pub(crate) struct Reconstruction {
    level: Level,
    macroblock: Macroblock,
    /// Of every macroblock of the picture.
    coded: Vec<Coded>,
    /// Where macroblocks depend on bits.
    coder: Option<Box<MacroblockCoder>>,
    /// The same, for adaptive quantisation that looks at all of them first.
    energies: Vec<u32>,
    /// The dead zone asked for last that has no table, and its quantisers.
    quantisers: Option<(u8, Box<Quantisers>)>,
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
            energies: Vec::new(),
            coder: None,
            quantisers: None,
            above: Vec::new(),
            below: Vec::new(),
            #[cfg(feature = "rayon")]
            wavefront: wavefront::Wavefront::default(),
        }
    }

    /// Replaces the picture by what decoding its H.264 coding gives. 4:2:0, even sides.
    pub(crate) fn run(&mut self, planes: &mut Planes, settings: &H264) {
        self.reconstruct_with(planes, &settings.parameters());
    }

    /// The same for everything that x264 can be told.
    pub(crate) fn reconstruct_with(&mut self, planes: &mut Planes, parameters: &Parameters) {
        if parameters.is_lossless() {
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

        if aq::needs_energies(parameters) {
            self.measure(planes, columns, rows);
        }
        let dead_zone = parameters.dead_zone;
        if Quantisers::of(dead_zone).is_none()
            && self.quantisers.as_ref().is_none_or(|(built, _)| *built != dead_zone)
        {
            self.quantisers = Some((dead_zone, Box::new(Quantisers::build(dead_zone))));
        }
        let built = self.quantisers.take();
        let quantisers = Quantisers::of(dead_zone).or(built.as_ref().map(|(_, built)| &**built));
        let adaptation = aq::Adaptation::of(parameters, &self.energies);
        if let Some(quantisers) = quantisers {
            let frame = Frame::of(parameters, adaptation, quantisers);
            self.code(planes, &frame, Slices::of(rows, parameters.slices));
        }
        self.quantisers = built;
    }

    /// Finds the energies of all macroblocks.
    fn measure(&mut self, planes: &mut Planes, columns: usize, rows: usize) {
        self.energies.resize(columns * rows, 0);
        for (row, energies) in self.energies.chunks_exact_mut(columns).enumerate() {
            let band = band(planes, row, row + 1);
            self.level.run(rows::RowMeter { source: band.source(), energies });
        }
    }

    /// Codes and deblocks the picture, whose planes are of whole macroblocks.
    fn code(&mut self, planes: &mut Planes, frame: &Frame<'_>, slices: Slices) {
        let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
        if rate_distortion::is_needed(frame.parameters) {
            self.code_by_bits(planes, frame, slices);
            return;
        }
        #[cfg(feature = "rayon")]
        if rows > 1 && crate::threads::available() > 1 {
            self.wavefront.reconstruct(self.level, planes, frame, slices, &mut self.coded);
            return;
        }
        let mut last = None;
        for row in 0..rows {
            let first_row = slices.start(row);
            if first_row {
                last = None;
                self.above.clear();
            }
            let coded = &mut self.coded[row * columns..][..columns];
            let mut band = band(planes, row, row + 1);
            let mut lines = InOrder { above: &self.above, below: &mut self.below };
            let row_coder = rows::RowCoder {
                macroblock: &mut self.macroblock,
                band: &mut band,
                survey: None,
                frame,
                last,
                first_row,
                lines: &mut lines,
                coded,
            };
            let end = self.level.run(row_coder);
            last = end.map(|end| end.last);
            // A row is deblocked once the next one, which predicts from it as it was, has been coded.
            if let Some(before) = row.checked_sub(1) {
                self.deblock(planes, frame, slices, before, columns);
            }
            self.above.resize(columns, Bottom::NONE);
            std::mem::swap(&mut self.above, &mut self.below);
        }
        self.deblock(planes, frame, slices, rows - 1, columns);
    }

    /// The same where macroblocks depend on bits: one after another.
    fn code_by_bits(&mut self, planes: &mut Planes, frame: &Frame<'_>, slices: Slices) {
        let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
        let mut coder = self.coder.take().unwrap_or_default();
        for row in 0..rows {
            let coded = &mut self.coded[row * columns..][..columns];
            let mut band = band(planes, row, row + 1);
            dispatch!(self.level, simd => {
                coder.code_row(simd, frame, &mut band, slices.start(row), coded);
            });
            if let Some(before) = row.checked_sub(1) {
                self.deblock(planes, frame, slices, before, columns);
            }
        }
        self.deblock(planes, frame, slices, rows - 1, columns);
        self.coder = Some(coder);
    }

    fn deblock(&self, planes: &mut Planes, frame: &Frame<'_>, slices: Slices, row: usize, columns: usize) {
        let Some(filter) = frame.filter else { return };
        let coded = |row: usize| &self.coded[row * columns..][..columns];
        let first = if slices.start(row) { row } else { row - 1 };
        let above = (first < row).then(|| coded(first));
        let mut band = band(planes, first, row + 1);
        let deblocker = deblock::RowDeblocker { band: &mut band, lead: 16, above, coded: coded(row), filter };
        self.level.run(deblocker);
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
