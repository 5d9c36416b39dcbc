//! The deblocking filter (H.265 8.7.2) of a picture in which every block is intra: the boundary strength is 2 on
//! all edges of transform units that lie on the grid of 8x8 blocks.

use super::cost::chroma_qp;
use super::geometry::Geometry;

/// tc by index (H.265 table 8-12).
const TC: [u8; 54] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
    4, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 11, 13, 14, 16, 18, 20, 22, 24,
];

/// beta by index (H.265 table 8-12).
fn beta(index: i32) -> i32 {
    match index.min(51) {
        0..16 => 0,
        q @ 16..=28 => q - 10,
        q => 2 * q - 38,
    }
}

/// tc of an edge with boundary strength 2.
fn tc(index: i32) -> i32 {
    i32::from(TC[(index + 2).clamp(0, 53) as usize])
}

/// What the filter goes by, for 8x8 blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocks<'a> {
    pub(super) geometry: &'a Geometry,
    pub(super) qps: &'a [u8],
    /// log2 of the transform units' sides.
    pub(super) transform_log2s: &'a [u8],
    /// By how much the indices of beta and tc are moved.
    pub(super) offset: i32,
}

impl Blocks<'_> {
    fn at(&self, x: usize, y: usize) -> usize {
        y * self.geometry.columns_of_8() + x
    }

    /// Whether a transform unit begins at this coordinate (in 8x8 blocks) in the block's direction.
    fn is_edge(&self, block: usize, coordinate: usize) -> bool {
        let blocks = (1 << self.transform_log2s[block]) / 8;
        coordinate & (blocks - 1) == 0
    }

    fn edge_qp(&self, block: usize, other: usize) -> u8 {
        (self.qps[block] + self.qps[other]).div_ceil(2)
    }

    /// The index of luma's beta and tc, and chroma's tc.
    fn indices(&self, qp: u8) -> (i32, i32) {
        (i32::from(qp) + self.offset, tc(i32::from(chroma_qp(qp)) + self.offset))
    }
}

/// Filters the vertical edges of a row of CTUs, given from its first block and sample on.
pub(super) fn filter_vertical_edges(blocks: Blocks<'_>, [luma, cb, cr]: [&mut [u8]; 3]) {
    let (stride, chroma_stride) = (blocks.geometry.width, blocks.geometry.width / 2);
    for y in 0..luma.len() / (8 * stride) {
        for x in 1..blocks.geometry.columns_of_8() {
            let block = blocks.at(x, y);
            if !blocks.is_edge(block, x) {
                continue;
            }
            let qp = blocks.edge_qp(block, block - 1);
            let (index, chroma_tc) = blocks.indices(qp);
            for half in 0..2 {
                filter_luma(luma, (8 * y + 4 * half) * stride + 8 * x, 1, stride, index);
            }
            if x % 2 == 0 {
                for plane in [&mut *cb, &mut *cr] {
                    filter_chroma(plane, 4 * y * chroma_stride + 4 * x, 1, chroma_stride, chroma_tc);
                }
            }
        }
    }
}

/// How many luma rows of samples above a horizontal edge its filter reads; half as many of chroma.
pub(super) const REACH: usize = 4;

/// Filters the horizontal edges above some rows of 8x8 blocks. Samples are given from [`REACH`] luma rows above the first
/// on, or from the first row of the picture.
pub(super) fn filter_horizontal_edges(
    blocks: Blocks<'_>,
    rows: std::ops::Range<usize>,
    [luma, cb, cr]: [&mut [u8]; 3],
) {
    let (stride, chroma_stride) = (blocks.geometry.width, blocks.geometry.width / 2);
    let start = (8 * rows.start).saturating_sub(REACH);
    for y in rows.start.max(1)..rows.end {
        for x in 0..blocks.geometry.columns_of_8() {
            let block = blocks.at(x, y);
            if !blocks.is_edge(block, y) {
                continue;
            }
            let qp = blocks.edge_qp(block, blocks.at(x, y - 1));
            let (index, chroma_tc) = blocks.indices(qp);
            for half in 0..2 {
                filter_luma(luma, (8 * y - start) * stride + 8 * x + 4 * half, stride, 1, index);
            }
            if y % 2 == 0 {
                for plane in [&mut *cb, &mut *cr] {
                    let at = (4 * y - start / 2) * chroma_stride + 4 * x;
                    filter_chroma(plane, at, chroma_stride, 1, chroma_tc);
                }
            }
        }
    }
}

/// Filters four lines of a luma edge. `across` leads from one sample of a line to the next, `along` from line to line;
/// `at` is the first sample behind the edge.
fn filter_luma(samples: &mut [u8], at: usize, across: usize, along: usize, index: i32) {
    let (beta, tc) = (beta(index), tc(index));
    if beta == 0 {
        return;
    }
    let start = at - 4 * across;
    let line = |samples: &[u8], k: usize| -> [i32; 8] {
        std::array::from_fn(|i| i32::from(samples[start + k * along + i * across]))
    };
    let bend = |a: i32, b: i32, c: i32| (a - 2 * b + c).abs();
    let (first, last) = (line(samples, 0), line(samples, 3));
    let of_p = |l: &[i32; 8]| bend(l[1], l[2], l[3]);
    let of_q = |l: &[i32; 8]| bend(l[6], l[5], l[4]);
    let (p, q) = (of_p(&first) + of_p(&last), of_q(&first) + of_q(&last));
    if p + q >= beta {
        return;
    }
    let flat = |l: &[i32; 8]| {
        2 * (of_p(l) + of_q(l)) < beta >> 2
            && (l[0] - l[3]).abs() + (l[4] - l[7]).abs() < beta >> 3
            && (l[3] - l[4]).abs() < (5 * tc + 1) >> 1
    };
    let strong = flat(&first) && flat(&last);
    let side = (beta + (beta >> 1)) >> 3;
    for k in 0..4 {
        let old = line(samples, k);
        let new = if strong { strong_filter(&old, tc) } else { weak_filter(&old, tc, p < side, q < side) };
        for (i, (&new, &old)) in new.iter().zip(&old).enumerate() {
            if new != old {
                samples[start + k * along + i * across] = new as u8;
            }
        }
    }
}

/// H.265 8.7.2.5.7, dE 2.
fn strong_filter(&[p3, p2, p1, p0, q0, q1, q2, q3]: &[i32; 8], tc: i32) -> [i32; 8] {
    let near = |old: i32, new: i32| new.clamp(old - 2 * tc, old + 2 * tc);
    [
        p3,
        near(p2, (2 * p3 + 3 * p2 + p1 + p0 + q0 + 4) >> 3),
        near(p1, (p2 + p1 + p0 + q0 + 2) >> 2),
        near(p0, (p2 + 2 * p1 + 2 * p0 + 2 * q0 + q1 + 4) >> 3),
        near(q0, (p1 + 2 * p0 + 2 * q0 + 2 * q1 + q2 + 4) >> 3),
        near(q1, (p0 + q0 + q1 + q2 + 2) >> 2),
        near(q2, (p0 + q0 + q1 + 3 * q2 + 2 * q3 + 4) >> 3),
        q3,
    ]
}

/// H.265 8.7.2.5.7, dE 1.
fn weak_filter(old: &[i32; 8], tc: i32, change_p1: bool, change_q1: bool) -> [i32; 8] {
    let &[_, p2, p1, p0, q0, q1, q2, _] = old;
    let mut new = *old;
    let delta = (9 * (q0 - p0) - 3 * (q1 - p1) + 8) >> 4;
    if delta.abs() >= tc * 10 {
        return new;
    }
    let delta = delta.clamp(-tc, tc);
    new[3] = (p0 + delta).clamp(0, 255);
    new[4] = (q0 - delta).clamp(0, 255);
    if change_p1 {
        let change = ((((p2 + p0 + 1) >> 1) - p1 + delta) >> 1).clamp(-(tc >> 1), tc >> 1);
        new[2] = (p1 + change).clamp(0, 255);
    }
    if change_q1 {
        let change = ((((q2 + q0 + 1) >> 1) - q1 - delta) >> 1).clamp(-(tc >> 1), tc >> 1);
        new[5] = (q1 + change).clamp(0, 255);
    }
    new
}

/// Filters four lines of a chroma edge (H.265 8.7.2.5.8).
fn filter_chroma(samples: &mut [u8], at: usize, across: usize, along: usize, tc: i32) {
    for k in 0..4 {
        let q0_at = at + k * along;
        let p0_at = q0_at - across;
        let sample = |at: usize| i32::from(samples[at]);
        let (p1, p0) = (sample(p0_at - across), sample(p0_at));
        let (q0, q1) = (sample(q0_at), sample(q0_at + across));
        let delta = ((((q0 - p0) << 2) + p1 - q1 + 4) >> 3).clamp(-tc, tc);
        samples[p0_at] = (p0 + delta).clamp(0, 255) as u8;
        samples[q0_at] = (q0 - delta).clamp(0, 255) as u8;
    }
}
