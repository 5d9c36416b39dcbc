//! H.264: the picture of x264 (CRF, one IDR frame), reconstructed.
//!
//! The rules are those of docs/spec/h264-intra.md, which cites the clauses of H.264, and of docs/spec/h264-presets.md
//! for other presets than veryfast ([`preset`]): a frame quantiser and adaptive
//! quantisation ([`aq`], [`quantise`]), then macroblock after macroblock ([`rows`], [`macroblock`]) the mode
//! decision ([`decision`]) over intra predictions ([`predict`]) by their distortion ([`distortion`]), coded in the
//! loop ([`residual`], [`transform`]), then deblocking ([`deblock`]). From preset faster on levels or modes depend
//! on bits ([`rate_distortion`]): those are counted ([`cabac`], [`cavlc`]) and weighed ([`trellis`]).
//!
//! Clips ([`clip`]) follow docs/spec/h264-clips.md: what a frame will cost ([`lookahead`]) gives its quantiser
//! ([`rate_control`]), and macroblocks ([`predicted`]) come from other frames ([`references`], [`samples`]) by motion vectors ([`motion`]) with
//! what those leave ([`inter`]).

mod aq;
mod cabac;
mod cavlc;
mod clip;
mod cores;
mod deblock;
mod decision;
mod distortion;
mod engine;
mod frame;
mod inter;
mod kernels;
mod lookahead;
mod macroblock;
mod motion;
mod overflow;
mod predict;
mod predicted;
mod prediction;
mod preset;
mod quantise;
mod rate_control;
mod rate_distortion;
mod references;
mod residual;
mod rows;
mod samples;
mod settings;
mod transform;
mod trellis;
#[cfg(feature = "rayon")]
mod wavefront;

pub(crate) use self::clip::{Clip, ClipEngine, ClipOptions, Wait};
pub use self::cores::Cores;
pub use self::settings::H264;
use crate::planes::Planes;
use crate::simd::{Job, Level, Simd};
use aq::Adaptation;
use frame::{Frame, Slices};
use macroblock::{Bottom, Macroblock};
pub(crate) use preset::Parameters;
use quantise::Quantisers;
use rate_distortion::MacroblockCoder;
#[cfg(feature = "rayon")]
use rate_distortion::code_slices;
use rows::{Band, Coded, Lines, SourceBand, Survey};

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
    /// The same for slices side by side: one for each thread.
    #[cfg(feature = "rayon")]
    coders: Vec<MacroblockCoder>,
    /// The same, for adaptive quantisation that looks at all of them first.
    energies: Vec<u32>,
    /// The dead zone asked for last that has no table, and its quantisers.
    quantisers: Option<(u8, Box<Quantisers>)>,
    /// What the row being coded needs of the one above, and what it leaves for the one below.
    above: Vec<Bottom>,
    below: Vec<Bottom>,
    picture: Option<PictureInWork>,
    #[cfg(feature = "rayon")]
    wavefront: wavefront::Wavefront,
}

/// What is known of a picture whose rows are coded one after another.
#[derive(Debug)]
struct PictureInWork {
    parameters: Parameters,
    adaptation: Adaptation,
    slices: Slices,
    /// In macroblocks.
    columns: usize,
    rows: usize,
    /// The QP stored for the last macroblock, `None` at the start of a slice.
    last: Option<u8>,
}

impl PictureInWork {
    fn frame<'a>(&'a self, built: Option<&'a (u8, Box<Quantisers>)>) -> Frame<'a> {
        let table = Quantisers::of(self.parameters.dead_zone);
        let quantisers = table.or(built.map(|(_, built)| &**built));
        let quantisers = quantisers.unwrap_or_else(|| unreachable!("built when the picture was begun"));
        Frame::of(&self.parameters, self.adaptation, quantisers)
    }
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
            #[cfg(feature = "rayon")]
            coders: Vec::new(),
            quantisers: None,
            above: Vec::new(),
            below: Vec::new(),
            picture: None,
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
        planes.extend_edges();
        let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
        if aq::needs_energies(parameters) {
            self.measure(planes, columns, rows);
        }
        self.begin(planes, parameters);
        #[cfg(feature = "rayon")]
        if codes_side_by_side(parameters, rows) {
            self.code_side_by_side(planes);
            return;
        }
        for row in 0..rows {
            self.code_strip(planes, row);
        }
    }

    /// Starts a picture of the planes' size, whose strips are then coded one after another.
    fn begin(&mut self, planes: &Planes, parameters: &Parameters) {
        let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
        self.coded.resize(columns * rows, Coded::default());
        self.below.resize(columns, Bottom::NONE);
        self.above.clear();
        self.above.reserve(columns);
        if rate_distortion::is_needed(parameters) {
            self.coder.get_or_insert_default();
        }
        let dead_zone = parameters.dead_zone;
        if Quantisers::of(dead_zone).is_none()
            && self.quantisers.as_ref().is_none_or(|(built, _)| *built != dead_zone)
        {
            self.quantisers = Some((dead_zone, Box::new(Quantisers::build(dead_zone))));
        }
        self.picture = Some(PictureInWork {
            adaptation: Adaptation::of(parameters, &self.energies),
            slices: Slices::of(rows, parameters.slices),
            parameters: parameters.clone(),
            columns,
            rows,
            last: None,
        });
    }

    /// Finds the energies of all macroblocks.
    fn measure(&mut self, planes: &mut Planes, columns: usize, rows: usize) {
        self.energies.resize(columns * rows, 0);
        for (row, energies) in self.energies.chunks_exact_mut(columns).enumerate() {
            let band = band(planes, row, row + 1);
            self.level.run(rows::RowMeter { source: band.source(), energies });
        }
    }

    /// Codes and deblocks the rows of macroblocks, or the slices of a picture that depends on bits, on the threads of
    /// the caller's pool.
    #[cfg(feature = "rayon")]
    fn code_side_by_side(&mut self, planes: &mut Planes) {
        let Some(picture) = &self.picture else { return };
        let frame = picture.frame(self.quantisers.as_ref());
        if frame.depends_on_bits() {
            code_slices(self.level, &mut self.coders, planes, &frame, picture.slices, &mut self.coded);
        } else {
            self.wavefront.reconstruct(self.level, planes, &frame, picture.slices, &mut self.coded);
        }
    }

    /// Codes row `row` of macroblocks, whose source with its padding is in the planes, and deblocks what is above it,
    /// or all if it is the last. The row before has been coded. Says how many rows of luma are as they will be, with
    /// their chroma.
    fn code_strip(&mut self, planes: &mut Planes, row: usize) -> usize {
        self.code_strip_of(planes, row, None)
    }

    /// The same for a source elsewhere, whose adapted quantisers are given.
    fn code_surveyed(&mut self, planes: &mut Planes, row: usize, source: SourceBand<'_>, wanted: &[u8]) {
        self.code_strip_of(planes, row, Some(Survey { source, wanted }));
    }

    fn code_strip_of(&mut self, planes: &mut Planes, row: usize, survey: Option<Survey<'_>>) -> usize {
        let Some(mut picture) = self.picture.take() else { return 0 };
        let PictureInWork { slices, columns, rows, last, .. } = picture;
        let frame = picture.frame(self.quantisers.as_ref());
        let first_row = slices.start(row);
        let coded = &mut self.coded[row * columns..][..columns];
        let mut band = band(planes, row, row + 1);
        let last = if let Some(coder) = self.coder.as_deref_mut().filter(|_| frame.depends_on_bits()) {
            self.level.run(CodeRowByBits { coder, frame: &frame, band: &mut band, first_row, survey, coded });
            None
        } else {
            if first_row {
                self.above.clear();
            }
            let mut lines = InOrder { above: &self.above, below: &mut self.below };
            let end = self.level.run(rows::RowCoder {
                macroblock: &mut self.macroblock,
                band: &mut band,
                survey,
                frame: &frame,
                last: last.filter(|_| !first_row),
                first_row,
                lines: &mut lines,
                coded,
            });
            self.above.resize(columns, Bottom::NONE);
            std::mem::swap(&mut self.above, &mut self.below);
            end.map(|end| end.last)
        };
        // A row is deblocked once the next one, which predicts from it as it was, has been coded.
        if let Some(before) = row.checked_sub(1) {
            self.deblock(planes, &frame, slices, before, columns);
        }
        let is_last = row + 1 == rows;
        if is_last {
            self.deblock(planes, &frame, slices, row, columns);
        }
        let ready = if is_last { rows * 16 } else { (row * 16).saturating_sub(deblock::REACH) };
        picture.last = last;
        self.picture = Some(picture);
        ready
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

/// Codes a row of macroblocks that depend on bits.
struct CodeRowByBits<'a, 'band> {
    coder: &'a mut MacroblockCoder,
    frame: &'a Frame<'a>,
    band: &'a mut Band<'band>,
    first_row: bool,
    survey: Option<Survey<'a>>,
    coded: &'a mut [Coded],
}

impl Job for CodeRowByBits<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.coder.code_row(simd, self.frame, self.band, (self.first_row, self.survey), self.coded);
    }
}

/// Whether strips may be coded as they come. If not, the whole picture has to be there first: where quantisers depend on
/// the energies of all macroblocks, and where rows are coded side by side.
fn codes_by_strips(parameters: &Parameters, rows: usize) -> bool {
    !parameters.is_lossless() && !aq::needs_energies(parameters) && !codes_side_by_side(parameters, rows)
}

/// Whether the rows of a picture of so many, or its slices, are coded side by side.
fn codes_side_by_side(parameters: &Parameters, rows: usize) -> bool {
    let by_bits = rate_distortion::is_needed(parameters);
    let parts = if by_bits { Slices::of(rows, parameters.slices).count() } else { rows };
    parts > 1 && crate::threads::available() > 1
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
