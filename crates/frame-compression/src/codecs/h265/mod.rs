//! H.265: the picture of x265 (CRF, one IDR frame), reconstructed.
//!
//! What is reconstructed, and how it is known to be so, is said in `docs/spec/h265-intra.md` and
//! `docs/spec/h265-fps-and-presets.md`. The order of work is the standard's: adaptive quantisation ([`aq`]), then every CTU
//! ([`rows`]) with its division into coding units ([`quadtree`], [`unit`]), their modes ([`luma`], [`chroma`]), transforms
//! ([`transform_tree`], [`transform_unit`]) and levels ([`quantise`], [`rdoq`]) and, once decided, its syntax ([`commit`]),
//! and in the end the loop filters over the whole picture ([`deblock`], [`sao`]).

mod aq;
mod cabac;
mod chroma;
mod commit;
mod cost;
mod ctu;
mod deblock;
mod distortion;
mod engine;
mod frame;
mod geometry;
mod kernels;
mod levels;
mod luma;
mod predict;
mod preset;
mod price;
mod qp;
mod quadtree;
mod quantise;
mod rdoq;
mod residual;
mod rows;
mod sao;
mod scan;
mod settings;
mod syntax;
#[cfg(test)]
mod tests;
mod transform;
mod transform_tree;
mod transform_unit;
mod unit;

use std::sync::OnceLock;

use self::aq::AdaptiveQuantisation;
use self::frame::Frame;
use self::geometry::Geometry;
use self::preset::Tools;
pub use self::preset::{Preset, Tune, X265Version};
use self::rows::{LowerEdge, PictureRow, RowCoder, RowEdges};
pub use self::settings::H265;
use crate::planes::{Plane, Planes};
use crate::simd::{Job, Level, Simd};
use crate::threads;

/// The least width and height: that of the smallest CTU.
pub(crate) const MIN_SIDE: usize = 16;

/// The way from a source to its reconstruction, with its memory.
#[derive(Debug)]
pub(crate) struct Reconstruction {
    level: Level,
    adaptive_quantisation: AdaptiveQuantisation,
    /// The picture before and, later, after deblocking, in whole coding units.
    samples: [Vec<u8>; 3],
    /// QpY of each 8x8 block, and log2 of its transform units' sides.
    qps: Vec<u8>,
    transform_log2s: Vec<u8>,
    lower_edges: Vec<OnceLock<LowerEdge>>,
    statistics: Vec<sao::CtuStatistics>,
    offsets: Vec<sao::CtuOffsets>,
    /// One for each thread.
    coders: Vec<Box<RowCoder>>,
    /// The row and column of a CTU whose coding is to panic.
    #[cfg(test)]
    fails_at: Option<(usize, usize)>,
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
            adaptive_quantisation: AdaptiveQuantisation::default(),
            samples: Default::default(),
            qps: Vec::new(),
            transform_log2s: Vec::new(),
            lower_edges: Vec::new(),
            statistics: Vec::new(),
            offsets: Vec::new(),
            coders: Vec::new(),
            #[cfg(test)]
            fails_at: None,
        }
    }

    /// Replaces the picture by what decoding its H.265 coding gives. 4:2:0, even sides of at least [`MIN_SIDE`].
    pub(crate) fn run(&mut self, planes: &mut Planes, settings: &H265) {
        let tools = Tools::of(settings.preset, settings.tune);
        let geometry = Geometry::new(planes.width(), planes.height(), &tools);
        for plane in [&mut planes.y, &mut planes.cb, &mut planes.cr] {
            plane.extend_edges();
        }
        let threads = threads::available();
        if tools.adaptive_quantisation > 0.0 {
            let strength = tools.adaptive_quantisation;
            self.adaptive_quantisation.measure(planes, &geometry, strength, threads);
        } else {
            self.adaptive_quantisation.clear();
        }
        let base_qp = aq::base_qp(settings.crf, settings.fps, tools.control);
        let slice_qp = aq::slice_qp(base_qp);
        self.resize(&geometry);
        let Self {
            level,
            adaptive_quantisation,
            samples,
            qps,
            transform_log2s,
            lower_edges,
            statistics,
            offsets,
            coders,
            ..
        } = self;
        let frame = Frame {
            geometry,
            tools,
            version: settings.release,
            base_qp,
            slice_qp,
            adaptive_quantisation,
            source: planes,
            #[cfg(test)]
            fails_at: self.fails_at,
        };
        let threads = threads.min(geometry.rows);
        let in_wave = if geometry.wavefront { threads } else { 1 };
        if coders.len() < in_wave {
            coders.resize_with(in_wave, || Box::new(RowCoder::new()));
        }
        let coders = &mut coders[..in_wave];
        let level = *level;
        level.run(CodeRows { frame: &frame, coders, lower_edges, samples, qps, transform_log2s });
        if let Some(offset) = tools.deblocking {
            let blocks = deblock::Blocks { geometry: &geometry, qps, transform_log2s, offset };
            filter_horizontal_edges(threads, blocks, samples);
        }
        if tools.sample_adaptive_offset {
            let geometry = &geometry;
            level.run(MeasureClasses { threads, deblocked: samples, geometry, source: planes, statistics });
            sao::decide(statistics, geometry, slice_qp, qps, offsets);
            level.run(ApplyOffsets { threads, deblocked: samples, geometry, offsets, planes });
        } else {
            let strides = [geometry.width, geometry.width / 2, geometry.width / 2];
            let planes = [&mut planes.y, &mut planes.cb, &mut planes.cr];
            for ((plane, samples), stride) in planes.into_iter().zip(samples).zip(strides) {
                copy_to_plane(samples, stride, plane);
            }
        }
    }

    /// Makes room for a picture. Allocates only where it is the largest so far.
    fn resize(&mut self, geometry: &Geometry) {
        let luma = geometry.width * geometry.height;
        for (samples, length) in self.samples.iter_mut().zip([luma, luma / 4, luma / 4]) {
            samples.resize(length, 0);
        }
        self.qps.resize(luma / 64, 0);
        self.transform_log2s.resize(luma / 64, 0);
        self.lower_edges.clear();
        self.lower_edges.resize_with(geometry.columns * geometry.rows, OnceLock::new);
        self.statistics.resize(geometry.columns * geometry.rows, sao::CtuStatistics::default());
        self.offsets.resize(geometry.columns * geometry.rows, sao::CtuOffsets::default());
    }
}

/// Codes the rows of CTUs and filters their vertical edges, which no other row reads. Workers take rows in order, so that
/// one is only waited for once somebody codes it.
struct CodeRows<'a> {
    frame: &'a Frame<'a>,
    coders: &'a mut [Box<RowCoder>],
    lower_edges: &'a [OnceLock<LowerEdge>],
    samples: &'a mut [Vec<u8>; 3],
    qps: &'a mut [u8],
    transform_log2s: &'a mut [u8],
}

impl Job for CodeRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        code_rows(simd, self);
    }
}

fn code_rows<S: Simd>(simd: S, job: CodeRows<'_>) {
    let CodeRows { frame, coders, lower_edges, samples, qps, transform_log2s } = job;
    let geometry = &frame.geometry;
    let luma = geometry.ctu() * geometry.width;
    let [y, cb, cr] = samples;
    let rows = (y.chunks_mut(luma).zip(cb.chunks_mut(luma / 4)).zip(cr.chunks_mut(luma / 4)))
        .zip(qps.chunks_mut(luma / 64).zip(transform_log2s.chunks_mut(luma / 64)))
        .map(|(((y, cb), cr), (qps, transform_log2s))| PictureRow {
            samples: [y, cb, cr],
            qps,
            transform_log2s,
        });
    for coder in &mut *coders {
        coder.restart(frame);
    }
    threads::share(coders, rows.enumerate(), |coder, (row, mut out)| {
        if geometry.wavefront {
            coder.restart(frame);
        }
        let edges = |row: usize| &lower_edges[row * geometry.columns..][..geometry.columns];
        let edges = RowEdges { above: row.checked_sub(1).map(edges), below: edges(row) };
        coder.code_row(simd, frame, row, edges, &mut out);
        let PictureRow { samples, qps, transform_log2s } = out;
        if let Some(offset) = frame.tools.deblocking {
            let blocks = deblock::Blocks { geometry, qps, transform_log2s, offset };
            deblock::filter_vertical_edges(blocks, samples);
        }
    });
}

/// Filters the horizontal edges of the picture, once all vertical ones are filtered.
fn filter_horizontal_edges(threads: usize, blocks: deblock::Blocks<'_>, [y, cb, cr]: &mut [Vec<u8>; 3]) {
    let geometry = blocks.geometry;
    let (ctu, width) = (geometry.ctu(), geometry.width);
    // A row of CTUs begins where its uppermost edges are read from.
    let [(y_first, y_size), (c_first, c_size)] = [(width, 0), (width / 2, 1)]
        .map(|(stride, shift)| (((ctu - deblock::REACH) >> shift) * stride, (ctu >> shift) * stride));
    let y = rows_after(y, y_first, y_size);
    let samples = y.zip(rows_after(cb, c_first, c_size)).zip(rows_after(cr, c_first, c_size));
    threads::for_each(threads, (0..geometry.rows).zip(samples), |(row, ((y, cb), cr))| {
        let end = (ctu / 8 * (row + 1)).min(geometry.height / 8);
        deblock::filter_horizontal_edges(blocks, ctu / 8 * row..end, [y, cb, cr]);
    });
}

/// So many samples, then chunks of `size`.
fn rows_after(samples: &mut [u8], first: usize, size: usize) -> impl Iterator<Item = &mut [u8]> {
    let (first, others) = samples.split_at_mut(first.min(samples.len()));
    std::iter::once(first).chain(others.chunks_mut(size))
}

/// Counts what sample adaptive offset decides by.
struct MeasureClasses<'a> {
    threads: usize,
    deblocked: &'a [Vec<u8>; 3],
    geometry: &'a Geometry,
    source: &'a Planes,
    statistics: &'a mut [sao::CtuStatistics],
}

impl Job for MeasureClasses<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { threads, deblocked, geometry, source, statistics } = self;
        let rows = statistics.chunks_exact_mut(geometry.columns).enumerate();
        threads::for_each(threads, rows, |(row, statistics)| {
            sao::measure_row(simd, deblocked, geometry, row, source, statistics);
        });
    }
}

/// Writes the picture with its offsets.
struct ApplyOffsets<'a> {
    threads: usize,
    deblocked: &'a [Vec<u8>; 3],
    geometry: &'a Geometry,
    offsets: &'a [sao::CtuOffsets],
    planes: &'a mut Planes,
}

impl Job for ApplyOffsets<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { threads, deblocked, geometry, offsets, planes } = self;
        let ctu = geometry.ctu();
        let rows = (sao::PlaneRows::chunks(&mut planes.y, ctu))
            .zip(sao::PlaneRows::chunks(&mut planes.cb, ctu / 2))
            .zip(sao::PlaneRows::chunks(&mut planes.cr, ctu / 2));
        let rows = offsets.chunks_exact(geometry.columns).zip(rows).enumerate();
        threads::for_each(threads, rows, |(row, (offsets, ((y, cb), cr)))| {
            sao::apply_row(simd, deblocked, geometry, row, offsets, [y, cb, cr]);
        });
    }
}

/// Copies the picture out of the coded one, whose rows are `stride` apart.
fn copy_to_plane(samples: &[u8], stride: usize, plane: &mut Plane) {
    for (y, row) in samples.chunks_exact(stride).take(plane.height).enumerate() {
        let width = plane.width;
        plane.row_mut(y).copy_from_slice(&row[..width]);
    }
}
