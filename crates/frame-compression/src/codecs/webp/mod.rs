//! WebP lossy: the picture of libwebp's encoder and decoder of VP8, reconstructed. Entropy coding loses nothing.

mod analysis;
mod costs;
mod deblock;
mod decision;
mod distortion;
mod import;
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
use analysis::Look;
use costs::Costs;
use deblock::{Kind, Strength};
use macroblock::{Effort, Macroblock, Neighbour};
use picture::Samples;
use segments::Segmentation;
use statistics::Statistics;

/// The engine.
#[derive(Debug, Default)]
pub(crate) struct Engine {
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

impl Engine {
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
            deblock::deblock_row(planes, y, &self.strengths[y * columns..][..columns], kind);
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
        for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            let (look, chroma) = analysis::look(planes, x, y, settings.method, settings.quality as u32);
            self.segmentation.count(look, chroma);
            self.looks.push(look);
        }
    }
}

/// RGB to RGB, as a whole: for the tests.
pub fn round_trip(rgb: &[u8], width: usize, height: usize, settings: &WebP) -> Vec<u8> {
    let mut planes = Planes::new(width, height, Subsampling::S420).expect("sides in range");
    for (y, row) in rgb.chunks_exact(3 * width).enumerate() {
        import::luma_row(row, planes.y.row_mut(y));
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
        let rows = |plane: &'_ crate::planes::Plane| [near, far].map(|y| plane.row(y).to_vec());
        let (cb, cr) = (rows(&planes.cb), rows(&planes.cr));
        upsample::upsample_row(planes.y.row(y), [&cb[0], &cb[1]], [&cr[0], &cr[1]], row);
    }
    out
}
