//! The deblocking filter (H.264 8.7) for pictures of intra macroblocks alone.

use super::kernels;
use super::preset::Deblock;
use super::quantise::chroma_qp;
use super::rows::{Band, Coded};
use crate::simd::{Job, Simd};

/// α, β and tC0 (boundary strength 3) of a QP (tables 8-16 and 8-17).
#[derive(Debug, Clone, Copy)]
pub(super) struct Thresholds {
    pub(super) alpha: i32,
    pub(super) beta: i32,
    pub(super) clip: i32,
}

/// Luma rows above a row of macroblocks that its deblocking may change, even to go with whole rows of chroma: three, and
/// one of each chroma.
pub(super) const REACH: usize = 4;

/// How strong the filter is in this picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filter {
    /// FilterOffsetA and FilterOffsetB.
    alpha_offset: i8,
    beta_offset: i8,
    /// chroma_qp_index_offset.
    chroma_offset: i8,
}

impl Filter {
    pub(super) fn new(deblock: Deblock, chroma_offset: i8) -> Self {
        Self { alpha_offset: 2 * deblock.alpha, beta_offset: 2 * deblock.beta, chroma_offset }
    }

    pub(super) fn chroma_offset(self) -> i8 {
        self.chroma_offset
    }

    /// The same across an edge of boundary strength 1 or 2, or of 3.
    pub(super) fn thresholds_at(self, qp: u8, strength: u8) -> Option<Thresholds> {
        static WEAK: [u8; 36] = [
            0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 6, 6, 7, 8,
            9, 10, 11, 13,
        ];
        static MIDDLE: [u8; 36] = [
            0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 8, 10, 11,
            12, 13, 15, 17,
        ];
        let thresholds = self.thresholds(qp)?;
        let index = usize::from(qp.saturating_add_signed(self.alpha_offset).min(51) - 16);
        let clip = match strength {
            1 => WEAK[index].into(),
            2 => MIDDLE[index].into(),
            _ => thresholds.clip,
        };
        Some(Thresholds { clip, ..thresholds })
    }

    /// `None` where the filter changes nothing.
    pub(super) fn thresholds(self, qp: u8) -> Option<Thresholds> {
        let index = |offset: i8| qp.saturating_add_signed(offset).min(51).checked_sub(16).map(usize::from);
        Some(Thresholds::of(index(self.alpha_offset)?, index(self.beta_offset)?))
    }
}

impl Thresholds {
    /// Of indexA - 16 and indexB - 16: below, the filter changes nothing.
    fn of(alpha: usize, beta: usize) -> Self {
        static ALPHA: [u8; 36] = [
            4, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 17, 20, 22, 25, 28, 32, 36, 40, 45, 50, 56, 63, 71, 80, 90,
            101, 113, 127, 144, 162, 182, 203, 226, 255, 255,
        ];
        static BETA: [u8; 36] = [
            2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15,
            15, 16, 16, 17, 17, 18, 18,
        ];
        static CLIP: [u8; 36] = [
            0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 6, 6, 7, 8, 9, 10, 11, 13, 14,
            16, 18, 20, 23, 25,
        ];
        Self { alpha: ALPHA[alpha].into(), beta: BETA[beta].into(), clip: CLIP[alpha].into() }
    }

    /// Whether a line across the edge is filtered (8.7.2.2, filterSamplesFlag).
    fn apply(&self, p1: i32, p0: i32, q0: i32, q1: i32) -> bool {
        (p0 - q0).abs() < self.alpha && (p1 - p0).abs() < self.beta && (q1 - q0).abs() < self.beta
    }
}

/// Filters one line of luma across a macroblock edge (bS = 4, 8.7.2.4). `at` is q0, `step` the way from sample to
/// sample.
pub(super) fn luma_strong(samples: &mut [u8], at: usize, step: usize, thresholds: &Thresholds) {
    let sample = |i: isize| i32::from(samples[(at as isize + i * step as isize) as usize]);
    let (p3, p2, p1, p0) = (sample(-4), sample(-3), sample(-2), sample(-1));
    let (q0, q1, q2, q3) = (sample(0), sample(1), sample(2), sample(3));
    if !thresholds.apply(p1, p0, q0, q1) {
        return;
    }
    let near = (p0 - q0).abs() < (thresholds.alpha >> 2) + 2;
    let side = |outer3: i32, outer2: i32, outer1: i32, outer0: i32, inner0: i32, inner1: i32| {
        if near && (outer2 - outer0).abs() < thresholds.beta {
            [
                (outer2 + 2 * outer1 + 2 * outer0 + 2 * inner0 + inner1 + 4) >> 3,
                (outer2 + outer1 + outer0 + inner0 + 2) >> 2,
                (2 * outer3 + 3 * outer2 + outer1 + outer0 + inner0 + 4) >> 3,
            ]
        } else {
            [(2 * outer1 + outer0 + inner1 + 2) >> 2, outer1, outer2]
        }
    };
    let (p, q) = (side(p3, p2, p1, p0, q0, q1), side(q3, q2, q1, q0, p0, p1));
    for i in 0..3 {
        samples[at - (i + 1) * step] = p[i] as u8;
        samples[at + i * step] = q[i] as u8;
    }
}

/// Filters one line of luma across an inner edge (bS = 3, 8.7.2.3).
pub(super) fn luma_normal(samples: &mut [u8], at: usize, step: usize, thresholds: &Thresholds) {
    let sample = |i: isize| i32::from(samples[(at as isize + i * step as isize) as usize]);
    let (p2, p1, p0) = (sample(-3), sample(-2), sample(-1));
    let (q0, q1, q2) = (sample(0), sample(1), sample(2));
    if !thresholds.apply(p1, p0, q0, q1) {
        return;
    }
    let Thresholds { beta, clip, .. } = *thresholds;
    let middle = (p0 + q0 + 1) >> 1;
    let mut limit = clip;
    if (p2 - p0).abs() < beta {
        limit += 1;
        samples[at - 2 * step] = (p1 + (((p2 + middle) >> 1) - p1).clamp(-clip, clip)) as u8;
    }
    if (q2 - q0).abs() < beta {
        limit += 1;
        samples[at + step] = (q1 + (((q2 + middle) >> 1) - q1).clamp(-clip, clip)) as u8;
    }
    let delta = ((4 * (q0 - p0) + (p1 - q1) + 4) >> 3).clamp(-limit, limit);
    samples[at - step] = (p0 + delta).clamp(0, 255) as u8;
    samples[at] = (q0 - delta).clamp(0, 255) as u8;
}

/// Filters one line of chroma, across a macroblock edge or an inner one.
pub(super) fn chroma_line(samples: &mut [u8], at: usize, step: usize, thresholds: &Thresholds, strong: bool) {
    let sample = |i: isize| i32::from(samples[(at as isize + i * step as isize) as usize]);
    let (p1, p0, q0, q1) = (sample(-2), sample(-1), sample(0), sample(1));
    if !thresholds.apply(p1, p0, q0, q1) {
        return;
    }
    let (p, q) = if strong {
        ((2 * p1 + p0 + q1 + 2) >> 2, (2 * q1 + q0 + p1 + 2) >> 2)
    } else {
        let limit = thresholds.clip + 1;
        let delta = ((4 * (q0 - p0) + (p1 - q1) + 4) >> 3).clamp(-limit, limit);
        ((p0 + delta).clamp(0, 255), (q0 - delta).clamp(0, 255))
    };
    samples[at - step] = p as u8;
    samples[at] = q as u8;
}

/// An edge of one plane of a macroblock: `length` lines, q0 of the first at `at`, the next `along` further; `across`
/// leads from sample to sample over the edge.
#[derive(Debug, Clone, Copy)]
struct EdgeLines {
    at: usize,
    along: usize,
    across: usize,
    length: usize,
    strong: bool,
}

fn filter_luma(samples: &mut [u8], edge: EdgeLines, thresholds: Option<Thresholds>) {
    let Some(thresholds) = thresholds else { return };
    for i in 0..edge.length {
        let at = edge.at + i * edge.along;
        if edge.strong {
            luma_strong(samples, at, edge.across, &thresholds);
        } else {
            luma_normal(samples, at, edge.across, &thresholds);
        }
    }
}

fn filter_chroma(samples: &mut [u8], edge: EdgeLines, thresholds: Option<Thresholds>) {
    let Some(thresholds) = thresholds else { return };
    for i in 0..edge.length {
        chroma_line(samples, edge.at + i * edge.along, edge.across, &thresholds, edge.strong);
    }
}

/// Filters the inner edges of a macroblock's luma.
#[inline(always)]
pub(super) fn filter_inside<S: Simd>(
    simd: S,
    samples: &mut [u8; 256],
    transform_8x8: bool,
    qp: u8,
    filter: Filter,
) {
    let qps = Qps { own: qp, left: None, above: None };
    if !S::IS_SCALAR {
        kernels::deblock::filter_intra_luma(simd, samples, 0, 16, transform_8x8, qps, filter);
        return;
    }
    let inner = if transform_8x8 { 8 } else { 4 };
    edges(0, 16, 16, inner, qps, |edge, qp| filter_luma(samples, edge, filter.thresholds(qp)));
}

/// A macroblock's own QP and those of its left and upper neighbours, for one component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Qps {
    pub(super) own: u8,
    pub(super) left: Option<u8>,
    pub(super) above: Option<u8>,
}

impl Qps {
    /// The QP of the edge to a neighbour.
    pub(super) fn with(self, neighbour: Option<u8>) -> Option<u8> {
        Some((neighbour? + self.own).div_ceil(2))
    }

    pub(super) fn map(self, qp: impl Fn(u8) -> u8) -> Self {
        Self { own: qp(self.own), left: self.left.map(&qp), above: self.above.map(&qp) }
    }
}

/// The edges of one plane of a macroblock, vertical ones from left to right, then horizontal ones from the top
/// down. `size` is the plane's part of a macroblock (16 or 8), `at` its first sample, `inner` the way from one
/// inner edge to the next.
fn edges(
    at: usize,
    stride: usize,
    size: usize,
    inner: usize,
    qps: Qps,
    mut filter: impl FnMut(EdgeLines, u8),
) {
    for (neighbour, along, across) in [(qps.left, stride, 1), (qps.above, 1, stride)] {
        let edge = EdgeLines { at, along, across, length: size, strong: true };
        if let Some(qp) = qps.with(neighbour) {
            filter(edge, qp);
        }
        for offset in (inner..size).step_by(inner) {
            filter(EdgeLines { at: at + offset * across, strong: false, ..edge }, qps.own);
        }
    }
}

/// Deblocks one row of macroblocks.
pub(super) struct RowDeblocker<'a, 'band> {
    /// Starts `lead` luma rows, at least four, above the row of macroblocks where there is one above.
    pub(super) band: &'a mut Band<'band>,
    pub(super) lead: usize,
    /// The row of macroblocks above.
    pub(super) above: Option<&'a [Coded]>,
    pub(super) coded: &'a [Coded],
    pub(super) filter: Filter,
}

impl Job for RowDeblocker<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { band: Band { y: luma, cb, cr, stride }, lead, above, coded, filter } = self;
        let (stride, chroma_stride) = (*stride, *stride / 2);
        let lead = if above.is_some() { lead } else { 0 };
        let (top, chroma_top) = (lead * stride, lead / 2 * chroma_stride);
        for (x, &Coded { qp, transform_8x8 }) in coded.iter().enumerate() {
            let qps = Qps {
                own: qp,
                left: x.checked_sub(1).map(|left| coded[left].qp),
                above: above.map(|above| above[x].qp),
            };
            // An edge takes the mean of the two chroma QPs, not the chroma QP of the mean (8.7.2.2).
            let chroma_qps = qps.map(|qp| chroma_qp(qp, filter.chroma_offset));
            let (at, chroma_at) = (top + x * 16, chroma_top + x * 8);
            if !S::IS_SCALAR {
                use kernels::deblock::{filter_intra_chroma, filter_intra_luma};
                filter_intra_luma(simd, luma, at, stride, transform_8x8, qps, filter);
                filter_intra_chroma(simd, [cb, cr], chroma_at, chroma_stride, chroma_qps, filter);
                continue;
            }
            let inner = if transform_8x8 { 8 } else { 4 };
            edges(at, stride, 16, inner, qps, |edge, qp| filter_luma(luma, edge, filter.thresholds(qp)));
            for samples in [&mut **cb, &mut **cr] {
                edges(chroma_at, chroma_stride, 8, 4, chroma_qps, |edge, qp| {
                    filter_chroma(samples, edge, filter.thresholds(qp))
                });
            }
        }
    }
}
