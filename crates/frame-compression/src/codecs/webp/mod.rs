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
use crate::simd::{Level, Simd, dispatch};
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
        let kind = Kind { is_simple: settings.filter == WebPFilter::Simple, sharpness: 0 };
        for y in 0..rows {
            let strengths = &self.strengths[y * columns..][..columns];
            dispatch!(self.level, simd => simd.vectorize(
                #[inline(always)]
                || deblock::deblock_row(simd, planes, y, strengths, kind),
            ));
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
        let (method, quality) = (settings.method, settings.quality.get() as u32);
        for y in 0..rows {
            dispatch!(self.level, simd => simd.vectorize(
                #[inline(always)]
                || for x in 0..columns {
                    self.source.load(planes, x, y);
                    let (look, chroma) = analysis::look(simd, planes, &self.source, (x, y), method, quality);
                    self.segmentation.count(look, chroma);
                    self.looks.push(look);
                },
            ));
        }
    }
}
