//! WebP lossy: the picture of libwebp's encoder and decoder of VP8, reconstructed. Entropy coding loses nothing.
//!
//! `docs/spec/webp-lossy.md` says what libwebp does. The encoder looks at the whole picture before it codes the first
//! macroblock, so an answer comes with the last row.

mod analysis;
mod costs;
mod deblock;
mod decision;
mod distortion;
mod engine;
mod import;
mod kernels;
mod macroblock;
mod pass;
mod picture;
mod power;
mod predict;
mod quantise;
mod segments;
mod settings;
mod statistics;
mod tables;
#[cfg(test)]
mod tests;
mod transform;
mod trellis;
mod upsample;

pub(crate) use engine::Engine;
pub use settings::{WebP, WebPFilter};

use crate::planes::Planes;
use crate::simd::{Job, Level, Simd};
use analysis::Look;
use costs::Costs;
use deblock::{Kind, Strength};
use macroblock::{Effort, Macroblock, Neighbour};
use picture::Samples;
use segments::Segmentation;
use statistics::Statistics;

/// What turns the planes of a picture into those that decoding its coding gives.
#[derive(Debug)]
struct Coder {
    level: Level,
    /// By macroblock.
    looks: Vec<Look>,
    strengths: Vec<Strength>,
    /// By column of macroblocks: the last one above.
    tops: Vec<Neighbour>,
    costs: Costs,
    statistics: Statistics,
    segmentation: Segmentation,
    /// The picture before it was coded, where it may have to be coded again.
    kept: Planes,
    source: Samples,
    macroblock: Macroblock,
}

/// Filters a row of macroblocks.
struct DeblockRow<'a> {
    planes: &'a mut Planes,
    y: usize,
    strengths: &'a [Strength],
    kind: Kind,
}

impl Job for DeblockRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        deblock::deblock_row(simd, self.planes, self.y, self.strengths, self.kind);
    }
}

/// Looks at a row of macroblocks.
struct LookAtRow<'a> {
    coder: &'a mut Coder,
    planes: &'a Planes,
    y: usize,
    settings: &'a WebP,
}

impl Job for LookAtRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { coder, planes, y, settings } = self;
        let (method, quality) = (settings.method, settings.quality.get() as u32);
        for x in 0..planes.width().div_ceil(16) {
            coder.source.load(planes, x, y);
            let (look, chroma) = analysis::look(simd, planes, &coder.source, (x, y), method, quality);
            coder.segmentation.count(look, chroma);
            coder.looks.push(look);
        }
    }
}

impl Default for Coder {
    fn default() -> Self {
        Self::new(Level::current())
    }
}

impl Coder {
    fn new(level: Level) -> Self {
        Self {
            level,
            looks: Vec::new(),
            strengths: Vec::new(),
            tops: Vec::new(),
            costs: Costs::default(),
            statistics: Statistics::default(),
            segmentation: Segmentation::default(),
            kept: Planes::default(),
            source: Samples::default(),
            macroblock: Macroblock::default(),
        }
    }

    /// Replaces the picture by what decoding its coding gives. The planes' padding has to be filled.
    fn reconstruct(&mut self, planes: &mut Planes, settings: &WebP) {
        let columns = planes.width().div_ceil(16);
        let rows = planes.height().div_ceil(16);
        self.analyse(planes, settings);
        self.segmentation.set_up(&mut self.looks, settings);
        self.code(planes, settings);
        let levels = self.segmentation.final_strengths(settings);
        for (strength, look) in self.strengths.iter_mut().zip(&self.looks) {
            strength.level = levels[usize::from(look.alpha)];
        }
        let kind =
            Kind { is_simple: settings.filter == WebPFilter::Simple, sharpness: settings.filter_sharpness };
        for y in 0..rows {
            let strengths = &self.strengths[y * columns..][..columns];
            self.level.run(DeblockRow { planes, y, strengths, kind });
        }
    }

    /// Looks at every macroblock.
    fn analyse(&mut self, planes: &Planes, settings: &WebP) {
        let (columns, rows) = (planes.width().div_ceil(16), planes.height().div_ceil(16));
        self.looks.clear();
        self.segmentation.start();
        if settings.segments == 1 && settings.method > 1 {
            self.looks.resize(columns * rows, Look::default());
            return;
        }
        for y in 0..rows {
            self.level.run(LookAtRow { coder: self, planes, y, settings });
        }
    }
}
