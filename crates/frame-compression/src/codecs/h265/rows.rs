//! A picture's rows of CTUs: each needs of the row above only the lowest samples, their depths, and (with
//! wavefront parallel processing) the contexts after its second CTU.

use std::sync::OnceLock;

use super::cabac::{Coder, Contexts};
use super::commit::Commit;
use super::ctu::{Ctu, LARGEST};
use super::frame::Frame;
use super::geometry::{CtuArea, Geometry};
use super::quadtree::Analysis;
use crate::planes::Planes;
use crate::simd::Simd;

/// What a CTU leaves to the row below.
#[derive(Debug)]
pub(super) struct LowerEdge {
    luma: [u8; LARGEST],
    chroma: [[u8; LARGEST / 2]; 2],
    depths: [u8; LARGEST / 8],
    /// The coder's contexts, where this is the second CTU of its row.
    contexts: Option<Contexts>,
}

impl LowerEdge {
    fn empty() -> Self {
        Self { luma: [0; LARGEST], chroma: [[0; LARGEST / 2]; 2], depths: [0; LARGEST / 8], contexts: None }
    }
}

/// One row's share of the picture: rows of samples before the loop filters, and what those filters go by.
#[derive(Debug)]
pub(super) struct PictureRow<'a> {
    pub(super) samples: [&'a mut [u8]; 3],
    /// QpY of 8x8 blocks.
    pub(super) qps: &'a mut [u8],
    /// log2 of the transform units' sides, of 8x8 blocks.
    pub(super) transform_log2s: &'a mut [u8],
}

/// Where rows of CTUs wait for each other: a place for each CTU, filled when it is complete.
pub(super) type LowerEdges = [OnceLock<LowerEdge>];

/// The places around a row of CTUs.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowEdges<'a> {
    /// What the row above has left or will leave.
    pub(super) above: Option<&'a LowerEdges>,
    /// What this row is to fill.
    pub(super) below: &'a LowerEdges,
}

/// Lets nobody wait for ever for a row whose worker has panicked.
struct ReleaseOnPanic<'a>(&'a LowerEdges);

impl Drop for ReleaseOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for edge in self.0 {
                edge.get_or_init(LowerEdge::empty);
            }
        }
    }
}

/// Codes rows of CTUs, one at a time.
#[derive(Debug)]
pub(super) struct RowCoder {
    analysis: Analysis,
    ctu: Ctu,
    /// The state that goes from CTU to CTU: the coder, and QpY of the last coding unit.
    coder: Coder,
    previous_qp: u8,
}

impl RowCoder {
    pub(super) fn new() -> Self {
        Self { analysis: Analysis::new(), ctu: Ctu::new(), coder: Coder::new(0), previous_qp: 0 }
    }

    /// Goes to the state before the first CTU of the picture.
    pub(super) fn restart(&mut self, frame: &Frame<'_>) {
        (self.coder, self.previous_qp) = (Coder::new(frame.slice_qp), frame.slice_qp as u8);
    }

    /// Codes a row. With a wavefront, it starts from the state before the first CTU, whatever the row.
    pub(super) fn code_row<S: Simd>(
        &mut self,
        simd: S,
        frame: &Frame<'_>,
        row: usize,
        RowEdges { above, below }: RowEdges<'_>,
        out: &mut PictureRow<'_>,
    ) {
        let geometry = &frame.geometry;
        let _releases = ReleaseOnPanic(below);
        if geometry.wavefront
            && let Some(contexts) = above.and_then(|edges| edges[1].wait().contexts)
        {
            self.coder = Coder::with_contexts(contexts);
        }
        for (column, edge) in below.iter().enumerate() {
            let area = CtuArea::new(geometry, column, row);
            if column == 0 {
                self.ctu.area = area;
            } else {
                self.ctu.step_right(area);
            }
            if let Some(edges) = above {
                self.take_edge(edges[column].wait(), edges.get(column + 1).map(OnceLock::wait));
            }
            #[cfg(test)]
            assert!(frame.fails_at != Some((row, column)), "a failure that a test asked for");
            self.load_source(frame.source);
            self.analysis.analyse_ctu(simd, frame, &mut self.ctu, &self.coder, self.previous_qp);
            self.previous_qp =
                Commit::new(simd, geometry, &frame.tools, &mut self.ctu, &mut self.coder, self.previous_qp)
                    .run();
            if row + 1 < geometry.rows || column + 1 < geometry.columns {
                self.coder.continue_slice();
            }
            if frame.tools.sample_adaptive_offset {
                self.coder.reset();
            } else {
                self.coder.reset_with_fraction();
            }
            let contexts = (geometry.wavefront && column == 1).then(|| self.coder.contexts());
            let filled = edge.set(self.lower_edge(contexts));
            debug_assert!(filled.is_ok(), "a CTU is coded once");
            self.store(out, geometry);
        }
    }

    /// Takes over the samples and depths above the CTU, and the samples above the next one.
    fn take_edge(&mut self, own: &LowerEdge, right: Option<&LowerEdge>) {
        let side = 1 << self.ctu.area.log2;
        self.ctu.depths_above_mut().copy_from_slice(&own.depths);
        let line = self.ctu.luma.above_mut();
        line[..side].copy_from_slice(&own.luma[..side]);
        if let Some(right) = right {
            line[side..2 * side].copy_from_slice(&right.luma[..side]);
        }
        let half = side / 2;
        for (i, component) in self.ctu.chroma.iter_mut().enumerate() {
            let line = component.above_mut();
            line[..half].copy_from_slice(&own.chroma[i][..half]);
            if let Some(right) = right {
                line[half..2 * half].copy_from_slice(&right.chroma[i][..half]);
            }
        }
    }

    fn load_source(&mut self, planes: &Planes) {
        let CtuArea { x, y, width, height, .. } = self.ctu.area;
        let plane = &planes.y;
        self.ctu.luma.load(&plane.samples, plane.stride, y * plane.stride + x, width, height);
        for (component, plane) in self.ctu.chroma.iter_mut().zip([&planes.cb, &planes.cr]) {
            let at = y / 2 * plane.stride + x / 2;
            component.load(&plane.samples, plane.stride, at, width / 2, height / 2);
        }
    }

    fn lower_edge(&self, contexts: Option<Contexts>) -> LowerEdge {
        let CtuArea { width, height, .. } = self.ctu.area;
        let mut edge = LowerEdge { contexts, ..LowerEdge::empty() };
        edge.luma[..width].copy_from_slice(self.ctu.luma.row(height - 1, width));
        for (line, component) in edge.chroma.iter_mut().zip(&self.ctu.chroma) {
            line[..width / 2].copy_from_slice(component.row(height / 2 - 1, width / 2));
        }
        edge.depths[..width / 8].copy_from_slice(self.ctu.depth_row(height - 8));
        edge
    }

    fn store(&self, out: &mut PictureRow<'_>, geometry: &Geometry) {
        let CtuArea { x, width, height, .. } = self.ctu.area;
        let [luma, chroma @ ..] = &mut out.samples;
        for (y, line) in luma.chunks_exact_mut(geometry.width).enumerate() {
            line[x..x + width].copy_from_slice(self.ctu.luma.row(y, width));
        }
        for (plane, component) in chroma.iter_mut().zip(&self.ctu.chroma) {
            for (y, line) in plane.chunks_exact_mut(geometry.width / 2).enumerate() {
                line[x / 2..][..width / 2].copy_from_slice(component.row(y, width / 2));
            }
        }
        let columns = geometry.columns_of_8();
        for y in (0..height).step_by(8) {
            let at = y / 8 * columns + x / 8;
            out.qps[at..][..width / 8].copy_from_slice(self.ctu.qp_row(y));
            out.transform_log2s[at..][..width / 8].copy_from_slice(self.ctu.transform_row(y));
        }
    }
}
