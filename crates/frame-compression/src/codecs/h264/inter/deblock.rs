//! The deblocking filter (H.264 8.7) for frames whose macroblocks are predicted from others
//! (docs/spec/h264-clips.md, section 11).

use super::super::deblock::{Filter, Qps, Thresholds, chroma_line, luma_normal, luma_strong};
use super::super::frame::Slices;
use super::super::motion::Pointer;
use super::super::predicted::{Kind, Motion};
use super::super::quantise::chroma_qp;
use super::super::rows::Coded;
use super::MOST_ENTRIES;
use crate::planes::{Plane, Planes};
use crate::simd::{Job, Simd};

/// Deblocks a frame.
pub(in super::super) struct FrameDeblocker<'a> {
    pub(in super::super) planes: &'a mut Planes,
    pub(in super::super) slices: Slices,
    pub(in super::super) coded: &'a [Coded],
    pub(in super::super) motions: &'a [Motion],
    /// The places in the clip of the lists' frames.
    pub(in super::super) frames: [[i64; MOST_ENTRIES]; 2],
    pub(in super::super) filter: Filter,
}

/// The boundary strengths of the edges of a macroblock in one direction, each of four lengths.
type Strengths = [[u8; 4]; 4];

impl Job for FrameDeblocker<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, _: S) {
        let columns = self.planes.y.stride / 16;
        for place in 0..self.coded.len() {
            let (x, y) = (place % columns, place / columns);
            let left = (x > 0).then(|| place - 1);
            let above = (y > 0 && !self.slices.start(y)).then(|| place.wrapping_sub(columns));
            let vertical = self.strengths(place, left, true);
            let horizontal = self.strengths(place, above, false);
            let qp = |at: usize| self.coded[at].qp;
            let qps = Qps { own: qp(place), left: left.map(qp), above: above.map(qp) };
            self.filter_macroblock((x, y), &vertical, &horizontal, qps);
        }
    }
}

impl FrameDeblocker<'_> {
    /// Those of the vertical edges, or of the horizontal ones, of a macroblock, the first one beside `neighbour`.
    fn strengths(&self, place: usize, neighbour: Option<usize>, vertical: bool) -> Strengths {
        let own = &self.motions[place];
        let is_whole =
            own.kind != Kind::Intra && own.levels == 0 && own.moves.iter().all(|of| *of == own.moves[0]);
        let at = |edge: usize, i: usize| if vertical { 4 * i + edge } else { 4 * edge + i };
        std::array::from_fn(|edge| {
            if edge % 2 == 1 && self.coded[place].transform_8x8 {
                return [0; 4];
            }
            let (other, from, intra) = match (edge, neighbour) {
                (0, None) => return [0; 4],
                (1.., _) if is_whole => return [0; 4],
                (0, Some(neighbour)) => (&self.motions[neighbour], 3, 4),
                _ => (own, edge - 1, 3),
            };
            if own.kind == Kind::Intra || other.kind == Kind::Intra {
                return [intra; 4];
            }
            std::array::from_fn(|i| self.strength(own, at(edge, i), other, at(from, i)))
        })
    }

    fn filter_macroblock(
        &mut self,
        (x, y): (usize, usize),
        vertical: &Strengths,
        horizontal: &Strengths,
        qps: Qps,
    ) {
        let filter = self.filter;
        let Planes { y: luma, cb, cr, .. } = &mut *self.planes;
        let chroma_qps = qps.map(|qp| chroma_qp(qp, filter.chroma_offset()));
        for (strengths, neighbour, chroma_neighbour, is_vertical) in
            [(vertical, qps.left, chroma_qps.left, true), (horizontal, qps.above, chroma_qps.above, false)]
        {
            for (edge, strengths) in strengths.iter().enumerate() {
                if *strengths == [0; 4] {
                    continue;
                }
                let first = edge == 0;
                let qp = if first { qps.with(neighbour) } else { Some(qps.own) };
                let lines = Lines { plane: luma, x: 16 * x, y: 16 * y, offset: 4 * edge, is_vertical };
                lines.filter::<4>(strengths, |strength| filter.thresholds_at(qp?, strength), luma_line);
                if edge % 2 == 1 {
                    continue;
                }
                let qp = if first { chroma_qps.with(chroma_neighbour) } else { Some(chroma_qps.own) };
                for plane in [&mut *cb, &mut *cr] {
                    let lines = Lines { plane, x: 8 * x, y: 8 * y, offset: 2 * edge, is_vertical };
                    let thresholds = |strength| filter.thresholds_at(qp?, strength);
                    lines.filter::<2>(strengths, thresholds, chroma_line);
                }
            }
        }
    }

    /// The strength between 4x4 blocks of two macroblocks that are not intra.
    fn strength(&self, own: &Motion, block: usize, other: &Motion, other_block: usize) -> u8 {
        if own.levels >> block & 1 != 0 || other.levels >> other_block & 1 != 0 {
            return 2;
        }
        let moves = |motion: &Motion, block: usize| motion.moves[block / 8 * 2 + block % 4 / 2];
        let (own, other) = (moves(own, block), moves(other, other_block));
        u8::from((0..2).any(|list| self.differ(list, own[list], other[list])))
    }

    /// Whether two blocks are predicted from different frames of a list, or from places that are apart.
    fn differ(&self, list: usize, own: Option<Pointer>, other: Option<Pointer>) -> bool {
        let (Some(own), Some(other)) = (own, other) else { return own != other };
        let frame = |pointer: Pointer| self.frames[list][usize::from(pointer.entry)];
        let apart = own.vector - other.vector;
        frame(own) != frame(other) || apart.x.abs() >= 4 || apart.y.abs() >= 4
    }
}

fn luma_line(samples: &mut [u8], at: usize, step: usize, thresholds: &Thresholds, strong: bool) {
    if strong {
        luma_strong(samples, at, step, thresholds);
    } else {
        luma_normal(samples, at, step, thresholds);
    }
}

/// The lines across an edge of a macroblock whose first sample is at (x, y).
struct Lines<'a> {
    plane: &'a mut Plane,
    x: usize,
    y: usize,
    /// How far in the edge is.
    offset: usize,
    is_vertical: bool,
}

impl Lines<'_> {
    /// Filters them, `N` for each strength.
    #[inline(always)]
    fn filter<const N: usize>(
        self,
        strengths: &[u8; 4],
        thresholds: impl Fn(u8) -> Option<Thresholds>,
        line: impl Fn(&mut [u8], usize, usize, &Thresholds, bool),
    ) {
        let Plane { samples, stride, .. } = self.plane;
        let (along, across) = if self.is_vertical { (*stride, 1) } else { (1, *stride) };
        let at = self.y * *stride + self.x + self.offset * across;
        for (i, &strength) in strengths.iter().enumerate().filter(|(_, strength)| **strength > 0) {
            let Some(thresholds) = thresholds(strength) else { continue };
            for k in N * i..N * (i + 1) {
                line(samples, at + k * along, across, &thresholds, strength == 4);
            }
        }
    }
}
