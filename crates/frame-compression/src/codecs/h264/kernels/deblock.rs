//! Deblocking, 16 lines across an edge at a time: of luma, or eight of Cb and eight of Cr. Vertical edges are
//! transposed first.

use super::super::deblock::{Filter, Qps, Thresholds};
use super::luma8x8::transpose;
use crate::simd::{Bytes, Simd, Words, each};

/// [`Thresholds`], lane by lane.
#[derive(Clone, Copy)]
struct Limits<W> {
    alpha: W,
    beta: W,
    clip: W,
    /// (α >> 2) + 2.
    near: W,
}

impl<W> Limits<W> {
    #[inline(always)]
    fn new<S: Simd<Words = W>>(simd: S, thresholds: Thresholds) -> Self
    where
        W: Words<S>,
    {
        let Thresholds { alpha, beta, clip } = thresholds;
        Self {
            alpha: S::Words::splat(simd, alpha as i16),
            beta: S::Words::splat(simd, beta as i16),
            clip: S::Words::splat(simd, clip as i16),
            near: S::Words::splat(simd, ((alpha >> 2) + 2) as i16),
        }
    }

    /// The same where `clips` differ; lines without one are not filtered.
    #[inline(always)]
    fn of_clips<S: Simd<Words = W>>(simd: S, thresholds: Thresholds, clips: &[Option<i16>; 16]) -> Self
    where
        W: Words<S>,
    {
        let beta = thresholds.beta as i16;
        Self {
            beta: S::Words::load(simd, &clips.map(|clip| if clip.is_some() { beta } else { 0 })),
            clip: S::Words::load(simd, &clips.map(|clip| clip.unwrap_or(0))),
            ..Self::new(simd, thresholds)
        }
    }

    /// Which lines are filtered at all (8.7.2.2, filterSamplesFlag).
    #[inline(always)]
    fn filtered<S: Simd<Words = W>>(&self, p1: W, p0: W, q0: W, q1: W) -> W
    where
        W: Words<S>,
    {
        let step = self.alpha.greater((p0 - q0).abs());
        step.and(self.beta.greater((p1 - p0).abs())).and(self.beta.greater((q1 - q0).abs()))
    }
}

/// `a` where the mask is all ones, `b` where it is 0.
#[inline(always)]
fn select<S: Simd>(mask: S::Words, a: S::Words, b: S::Words) -> S::Words {
    b.xor(a.xor(b).and(mask))
}

#[inline(always)]
fn clamp<S: Simd>(value: S::Words, limit: S::Words, zero: S::Words) -> S::Words {
    value.max(zero - limit).min(limit)
}

/// p0 and q0 moved towards each other by at most `limit`, where the mask says so (8-478 and following).
#[inline(always)]
fn drawn_together<S: Simd>(
    simd: S,
    [p1, p0, q0, q1]: [S::Words; 4],
    limit: S::Words,
    mask: S::Words,
) -> [S::Words; 2] {
    let (zero, white) = (S::Words::splat(simd, 0), S::Words::splat(simd, 255));
    let delta = ((q0 - p0).shl::<2>() + (p1 - q1) + S::Words::splat(simd, 4)).shr::<3>();
    let delta = clamp::<S>(delta, limit, zero).and(mask);
    [(p0 + delta).max(zero).min(white), (q0 - delta).max(zero).min(white)]
}

/// A luma line's sides of an inner edge, p2 to q2; gives p1 to q1 (bS = 3, 8.7.2.3).
#[inline(always)]
fn luma_normal<S: Simd>(
    simd: S,
    [p2, p1, p0, q0, q1, q2]: [S::Words; 6],
    limits: &Limits<S::Words>,
) -> [S::Words; 4] {
    let zero = S::Words::splat(simd, 0);
    let filtered = limits.filtered::<S>(p1, p0, q0, q1);
    if filtered.is_zero() {
        return [p1, p0, q0, q1];
    }
    let smooth_p = limits.beta.greater((p2 - p0).abs());
    let smooth_q = limits.beta.greater((q2 - q0).abs());
    let middle = (p0 + q0 + S::Words::splat(simd, 1)).shr::<1>();
    let step_p = clamp::<S>((p2 + middle).shr::<1>() - p1, limits.clip, zero);
    let step_q = clamp::<S>((q2 + middle).shr::<1>() - q1, limits.clip, zero);
    // The masks count as -1.
    let limit = limits.clip - smooth_p - smooth_q;
    let [p, q] = drawn_together(simd, [p1, p0, q0, q1], limit, filtered);
    [p1 + step_p.and(smooth_p).and(filtered), p, q, q1 + step_q.and(smooth_q).and(filtered)]
}

/// One side of a macroblock edge: samples 0 to 3 from the edge on, and the first two of the other side; gives 0 to 2.
#[inline(always)]
fn strong_side<S: Simd>(
    simd: S,
    [s0, s1, s2, s3]: [S::Words; 4],
    [t0, t1]: [S::Words; 2],
    filtered: S::Words,
    near: S::Words,
    beta: S::Words,
) -> [S::Words; 3] {
    let (two, four) = (S::Words::splat(simd, 2), S::Words::splat(simd, 4));
    let flat = near.and(beta.greater((s2 - s0).abs()));
    let inner = s1 + s0 + t0;
    let strong0 = (s2 + inner + inner + t1 + four).shr::<3>();
    let strong1 = (s2 + inner + two).shr::<2>();
    let strong2 = (s3 + s3 + s2 + s2 + s2 + inner + four).shr::<3>();
    let weak = (s1 + s1 + s0 + t1 + two).shr::<2>();
    let both = flat.and(filtered);
    [
        select::<S>(filtered, select::<S>(flat, strong0, weak), s0),
        select::<S>(both, strong1, s1),
        select::<S>(both, strong2, s2),
    ]
}

/// A luma line's sides of a macroblock edge, p3 to q3; gives p2 to q2 (bS = 4, 8.7.2.4).
#[inline(always)]
fn luma_strong<S: Simd>(
    simd: S,
    [p3, p2, p1, p0, q0, q1, q2, q3]: [S::Words; 8],
    limits: &Limits<S::Words>,
) -> [S::Words; 6] {
    let filtered = limits.filtered::<S>(p1, p0, q0, q1);
    if filtered.is_zero() {
        return [p2, p1, p0, q0, q1, q2];
    }
    let near = limits.near.greater((p0 - q0).abs());
    let [new_p0, new_p1, new_p2] = strong_side(simd, [p0, p1, p2, p3], [q0, q1], filtered, near, limits.beta);
    let [new_q0, new_q1, new_q2] = strong_side(simd, [q0, q1, q2, q3], [p0, p1], filtered, near, limits.beta);
    [new_p2, new_p1, new_p0, new_q0, new_q1, new_q2]
}

/// A chroma line's sides of an edge; gives p0 and q0.
#[inline(always)]
fn chroma<S: Simd>(simd: S, line: [S::Words; 4], limits: &Limits<S::Words>, strong: bool) -> [S::Words; 2] {
    let [p1, p0, q0, q1] = line;
    let filtered = limits.filtered::<S>(p1, p0, q0, q1);
    if strong {
        let two = S::Words::splat(simd, 2);
        let p = (p1 + p1 + p0 + q1 + two).shr::<2>();
        let q = (q1 + q1 + q0 + p1 + two).shr::<2>();
        [select::<S>(filtered, p, p0), select::<S>(filtered, q, q0)]
    } else {
        drawn_together(simd, line, limits.clip + S::Words::splat(simd, 1), filtered)
    }
}

#[inline(always)]
fn sixteen(samples: &[u8], at: usize) -> &[u8; 16] {
    samples[at..].first_chunk().expect("a macroblock's row is inside the plane")
}

#[inline(always)]
fn eight(samples: &[u8], at: usize) -> &[u8; 8] {
    samples[at..].first_chunk().expect("half a macroblock's row is inside the plane")
}

/// Eight columns of 16 rows, a vector each.
#[inline(always)]
fn load_columns<S: Simd>(simd: S, samples: &[u8], at: usize, stride: usize) -> [S::Words; 8] {
    let mut rows = [S::Words::splat(simd, 0); 8];
    for (y, row) in rows.iter_mut().enumerate() {
        let at = at + y * stride;
        *row = S::Words::load_bytes_halves(simd, eight(samples, at), eight(samples, at + 8 * stride));
    }
    transpose::<S>(rows)
}

/// The reverse of [`load_columns`].
#[inline(always)]
fn store_columns<S: Simd>(columns: [S::Words; 8], samples: &mut [u8], at: usize, stride: usize) {
    for (y, row) in transpose::<S>(columns).into_iter().enumerate() {
        let mut both = [0; 16];
        row.store_bytes(&mut both);
        let (upper, lower) = both.split_at(8);
        samples[at + y * stride..][..8].copy_from_slice(upper);
        samples[at + (y + 8) * stride..][..8].copy_from_slice(lower);
    }
}

/// Sixteen columns of 16 rows: the first eight, the second eight.
#[inline(always)]
fn load_macroblock<S: Simd>(simd: S, samples: &[u8], at: usize, stride: usize) -> [[S::Words; 8]; 2] {
    let mut rows = [[S::Words::splat(simd, 0); 8]; 2];
    for (y, row) in rows.as_flattened_mut().iter_mut().enumerate() {
        *row = S::Words::load_bytes(simd, sixteen(samples, at + y * stride));
    }
    let [upper, lower] = each!(2, half => transpose::<S>(rows[half]));
    [each!(8, x => upper[x].low_halves(lower[x])), each!(8, x => upper[x].high_halves(lower[x]))]
}

/// The reverse of [`load_macroblock`]. In whole rows, as they are read again.
#[inline(always)]
fn store_macroblock<S: Simd>(columns: [[S::Words; 8]; 2], samples: &mut [u8], at: usize, stride: usize) {
    let [first, second] = each!(2, half => transpose::<S>(columns[half]));
    for (y, (first, second)) in first.into_iter().zip(second).enumerate() {
        let mut both = [0; 32];
        first.pack_bytes(second).store(&mut both);
        let (upper, lower) = both.split_at(16);
        samples[at + y * stride..][..16].copy_from_slice(upper);
        samples[at + (y + 8) * stride..][..16].copy_from_slice(lower);
    }
}

/// How the lines across an edge are filtered.
#[derive(Clone, Copy)]
pub(in super::super) struct Edge<W> {
    limits: Limits<W>,
    /// With boundary strength 4.
    strong: bool,
}

impl<W> Edge<W> {
    /// With one strength: 4 or 3.
    #[inline(always)]
    pub(in super::super) fn new<S: Simd<Words = W>>(simd: S, thresholds: Thresholds, strong: bool) -> Self
    where
        W: Words<S>,
    {
        Self { limits: Limits::new(simd, thresholds), strong }
    }

    /// Whose lines have the boundary strength 0 where they have no `clips`, and less than 4 where they do.
    #[inline(always)]
    pub(in super::super) fn of_clips<S: Simd<Words = W>>(
        simd: S,
        thresholds: Thresholds,
        clips: &[Option<i16>; 16],
    ) -> Self
    where
        W: Words<S>,
    {
        Self { limits: Limits::of_clips(simd, thresholds, clips), strong: false }
    }
}

/// The edges of a macroblock in one direction, from the one beside its neighbour on. `None` where nothing is filtered.
pub(in super::super) type Edges<'a, W, const N: usize> = [Option<&'a Edge<W>>; N];

/// The edges of a macroblock among intra ones: to the left, above, and all inside.
struct IntraEdges<W> {
    left: Option<Edge<W>>,
    above: Option<Edge<W>>,
    inner: Option<Edge<W>>,
}

impl<W> IntraEdges<W> {
    #[inline(always)]
    fn new<S: Simd<Words = W>>(simd: S, qps: Qps, filter: Filter) -> Self
    where
        W: Words<S>,
    {
        let qps = [qps.with(qps.left), qps.with(qps.above), Some(qps.own)];
        let [left, above, inner] = each!(3, i => {
            let thresholds = qps[i].and_then(|qp| filter.thresholds(qp));
            thresholds.map(
                #[inline(always)]
                |thresholds| Edge::new(simd, thresholds, i < 2),
            )
        });
        Self { left, above, inner }
    }
}

/// Filters the edges of an intra macroblock's luma among others, whose first sample is at `at`.
#[inline(always)]
pub(in super::super) fn filter_intra_luma<S: Simd>(
    simd: S,
    samples: &mut [u8],
    at: usize,
    stride: usize,
    transform_8x8: bool,
    qps: Qps,
    filter: Filter,
) {
    let IntraEdges { left, above, inner } = IntraEdges::new(simd, qps, filter);
    let inner = inner.as_ref();
    let odd = if transform_8x8 { None } else { inner };
    let [vertical, horizontal] = [[left.as_ref(), odd, inner, odd], [above.as_ref(), odd, inner, odd]];
    filter_luma(simd, samples, at, stride, &vertical, &horizontal);
}

/// The same of chroma. The QPs are chroma QPs.
#[inline(always)]
pub(in super::super) fn filter_intra_chroma<S: Simd>(
    simd: S,
    planes: [&mut [u8]; 2],
    at: usize,
    stride: usize,
    qps: Qps,
    filter: Filter,
) {
    let IntraEdges { left, above, inner } = IntraEdges::new(simd, qps, filter);
    let [vertical, horizontal] = [[left.as_ref(), inner.as_ref()], [above.as_ref(), inner.as_ref()]];
    filter_chroma(simd, planes, at, stride, &vertical, &horizontal);
}

/// A luma line's sides of an edge, p3 to q3; gives p2 to q2.
#[inline(always)]
fn luma<S: Simd>(simd: S, line: [S::Words; 8], edge: &Edge<S::Words>) -> [S::Words; 6] {
    if edge.strong {
        return luma_strong(simd, line, &edge.limits);
    }
    let [_, p2, p1, p0, q0, q1, q2, _] = line;
    let [new_p1, new_p0, new_q0, new_q1] = luma_normal(simd, [p2, p1, p0, q0, q1, q2], &edge.limits);
    [p2, new_p1, new_p0, new_q0, new_q1, q2]
}

/// Filters the edges of a macroblock's luma, whose first sample is at `at`; those inside are not strong.
#[inline(always)]
pub(in super::super) fn filter_luma<S: Simd>(
    simd: S,
    samples: &mut [u8],
    at: usize,
    stride: usize,
    vertical: &Edges<'_, S::Words, 4>,
    horizontal: &Edges<'_, S::Words, 4>,
) {
    if vertical.iter().any(Option::is_some) {
        let [mut first, mut second] = load_macroblock(simd, samples, at, stride);
        if let Some(edge) = vertical[0] {
            let mut before = load_columns(simd, samples, at - 8, stride);
            let [.., p3, p2, p1, p0] = before;
            let [q0, q1, q2, q3, ..] = first;
            [before[5], before[6], before[7], first[0], first[1], first[2]] =
                luma(simd, [p3, p2, p1, p0, q0, q1, q2, q3], edge);
            store_columns::<S>(before, samples, at - 8, stride);
        }
        if let Some(edge) = vertical[1] {
            let [_, p2, p1, p0, q0, q1, q2, _] = first;
            [first[2], first[3], first[4], first[5]] =
                luma_normal(simd, [p2, p1, p0, q0, q1, q2], &edge.limits);
        }
        if let Some(edge) = vertical[2] {
            let [.., p2, p1, p0] = first;
            let [q0, q1, q2, ..] = second;
            [first[6], first[7], second[0], second[1]] =
                luma_normal(simd, [p2, p1, p0, q0, q1, q2], &edge.limits);
        }
        if let Some(edge) = vertical[3] {
            let [_, p2, p1, p0, q0, q1, q2, _] = second;
            [second[2], second[3], second[4], second[5]] =
                luma_normal(simd, [p2, p1, p0, q0, q1, q2], &edge.limits);
        }
        store_macroblock::<S>([first, second], samples, at, stride);
    }

    if let Some(edge) = horizontal[0] {
        let mut rows = [S::Words::splat(simd, 0); 8];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = S::Words::load_bytes(simd, sixteen(samples, at + i * stride - 4 * stride));
        }
        for (i, row) in luma(simd, rows, edge).into_iter().enumerate() {
            store_row::<S>(row, samples, at + i * stride - 3 * stride);
        }
    }
    for (y, edge) in horizontal.iter().enumerate().skip(1) {
        let Some(edge) = edge else { continue };
        let at = at + 4 * y * stride;
        let mut rows = [S::Words::splat(simd, 0); 6];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = S::Words::load_bytes(simd, sixteen(samples, at + i * stride - 3 * stride));
        }
        for (i, row) in luma_normal(simd, rows, &edge.limits).into_iter().enumerate() {
            store_row::<S>(row, samples, at + i * stride - 2 * stride);
        }
    }
}

#[inline(always)]
fn store_row<S: Simd>(row: S::Words, samples: &mut [u8], at: usize) {
    let to = samples[at..].first_chunk_mut().expect("a macroblock's row is inside the plane");
    row.store_bytes(to);
}

/// Filters the edges of both planes of a macroblock's chroma, whose first samples are at `at`; those inside are not strong.
#[inline(always)]
pub(in super::super) fn filter_chroma<S: Simd>(
    simd: S,
    [cb, cr]: [&mut [u8]; 2],
    at: usize,
    stride: usize,
    vertical: &Edges<'_, S::Words, 2>,
    horizontal: &Edges<'_, S::Words, 2>,
) {
    // Of one length, so that what is inside the one is inside the other.
    let length = cb.len().min(cr.len());
    let (cb, cr) = (&mut cb[..length], &mut cr[..length]);
    if vertical.iter().any(Option::is_some) {
        // Two columns to the left come along where their edge is filtered.
        let before = if vertical[0].is_some() { 2 } else { 0 };
        let mut rows = [S::Words::splat(simd, 0); 8];
        for (y, row) in rows.iter_mut().enumerate() {
            let at = at - before + y * stride;
            *row = S::Words::load_bytes_halves(simd, eight(cb, at), eight(cr, at));
        }
        let mut columns = transpose::<S>(rows);
        if let Some(edge) = vertical[0] {
            let [p1, p0, q0, q1, ..] = columns;
            [columns[1], columns[2]] = chroma(simd, [p1, p0, q0, q1], &edge.limits, edge.strong);
        }
        if let Some(edge) = vertical[1] {
            if before == 2 {
                let [.., p1, p0, q0, q1] = columns;
                [columns[5], columns[6]] = chroma(simd, [p1, p0, q0, q1], &edge.limits, false);
            } else {
                let [_, _, p1, p0, q0, q1, ..] = columns;
                [columns[3], columns[4]] = chroma(simd, [p1, p0, q0, q1], &edge.limits, false);
            }
        }
        for (y, row) in transpose::<S>(columns).into_iter().enumerate() {
            store_both::<S>(row, cb, cr, at - before + y * stride);
        }
    }
    for (edge, y) in horizontal.iter().zip([0, 4]) {
        let Some(Edge { limits, strong }) = edge else { continue };
        let at = at + y * stride;
        let mut line = [S::Words::splat(simd, 0); 4];
        for (i, row) in line.iter_mut().enumerate() {
            let at = at + i * stride - 2 * stride;
            *row = S::Words::load_bytes_halves(simd, eight(cb, at), eight(cr, at));
        }
        let [p, q] = chroma(simd, line, limits, *strong);
        store_both::<S>(p, cb, cr, at - stride);
        store_both::<S>(q, cb, cr, at);
    }
}

#[inline(always)]
fn store_both<S: Simd>(row: S::Words, cb: &mut [u8], cr: &mut [u8], at: usize) {
    let mut both = [0; 16];
    row.store_bytes(&mut both);
    let (first, second) = both.split_at(8);
    cb[at..at + 8].copy_from_slice(first);
    cr[at..at + 8].copy_from_slice(second);
}
