//! WebP lossy: the picture of libwebp's encoder and decoder of VP8, reconstructed. Entropy coding loses nothing.

mod analysis;
mod costs;
mod deblock;
mod decision;
mod distortion;
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
mod transform;
mod trellis;
mod upsample;

pub use settings::WebP;

use crate::names::Subsampling;
use crate::planes::Planes;
use crate::simd::{Level, Simd, dispatch};
use analysis::Look;
use costs::Costs;
use deblock::{Kind, Strength};
use macroblock::{Effort, Macroblock, Neighbour};
use picture::Samples;
use segments::Segmentation;
use statistics::Statistics;

/// The engine.
#[derive(Debug)]
pub(crate) struct Engine {
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

impl Default for Engine {
    fn default() -> Self {
        Self::new(Level::current())
    }
}

impl Engine {
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
    pub(crate) fn reconstruct(&mut self, planes: &mut Planes, settings: &WebP) {
        let columns = planes.width().div_ceil(16);
        let rows = planes.height().div_ceil(16);
        self.analyse(planes, settings);
        self.segmentation.set_up(&mut self.looks, settings);
        self.code(planes, settings);
        let levels = self.segmentation.final_strengths(settings);
        for (strength, look) in self.strengths.iter_mut().zip(&self.looks) {
            strength.level = levels[usize::from(look.alpha)];
        }
        let kind = Kind { is_simple: settings.simple_filter, sharpness: settings.filter_sharpness };
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
        let (method, quality) = (settings.method, settings.quality as u32);
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

/// RGB to RGB, as a whole: for the tests.
pub fn round_trip(rgb: &[u8], width: usize, height: usize, settings: &WebP) -> Vec<u8> {
    let mut planes = Planes::new(width, height, Subsampling::S420).expect("sides in range");
    let level = Level::current();
    for (y, row) in rgb.chunks_exact(3 * width).enumerate() {
        dispatch!(level, simd => simd.vectorize(#[inline(always)] || import::luma_row(simd, row, planes.y.row_mut(y))));
    }
    for y in 0..height.div_ceil(2) {
        let rows = [2 * y, (2 * y + 1).min(height - 1)].map(|y| &rgb[3 * width * y..][..3 * width]);
        import::chroma_row(rows, planes.cb.row_mut(y), planes.cr.row_mut(y));
    }
    planes.extend_edges();
    Engine::default().reconstruct(&mut planes, settings);
    let mut out = vec![0; rgb.len()];
    for (y, row) in out.chunks_exact_mut(3 * width).enumerate() {
        let near = y / 2;
        let far = if y % 2 == 0 { near.saturating_sub(1) } else { (near + 1).min(height.div_ceil(2) - 1) };
        let (cb, cr) = ([near, far].map(|y| planes.cb.row(y)), [near, far].map(|y| planes.cr.row(y)));
        let luma = planes.y.row(y);
        dispatch!(level, simd => simd.vectorize(#[inline(always)] || upsample::upsample_row(simd, luma, cb, cr, row)));
    }
    out
}
