//! The normal loop filter, 16 lines across an edge at a time: of luma, or eight of Cb and eight of Cr. Vertical edges
//! are transposed first.

use super::super::deblock::{Limits, Strength};
use crate::planes::{Plane, Planes};
use crate::simd::{Bytes, Simd, Words, each};

/// [`Limits`] in every lane.
struct Thresholds<S: Simd> {
    edge: S::Words,
    interior: S::Words,
    steep: S::Words,
}

impl<S: Simd> Thresholds<S> {
    #[inline(always)]
    fn new(simd: S, limits: Limits) -> Self {
        Self {
            edge: S::Words::splat(simd, limits.edge as i16),
            interior: S::Words::splat(simd, limits.interior as i16),
            steep: S::Words::splat(simd, limits.steep as i16),
        }
    }
}

#[inline(always)]
fn clamp<S: Simd>(simd: S, value: S::Words, low: i16, high: i16) -> S::Words {
    value.max(S::Words::splat(simd, low)).min(S::Words::splat(simd, high))
}

#[inline(always)]
fn sample<S: Simd>(simd: S, value: S::Words) -> S::Words {
    clamp(simd, value, 0, 255)
}

/// Filters lines, p3 to q3: the first four of the one side, the last four of the other.
#[inline(always)]
fn filter<S: Simd>(simd: S, line: &mut [S::Words], limits: &Thresholds<S>, at_macroblock: bool) {
    let [p3, p2, p1, p0, q0, q1, q2, q3] = line else { return };
    let (near_p, near_q) = ((*p1 - *p0).abs(), (*q1 - *q0).abs());
    let near = near_p.max(near_q);
    let far = (*p3 - *p2).abs().max((*q3 - *q2).abs()).max((*p2 - *p1).abs().max((*q2 - *q1).abs()));
    let step = (*p0 - *q0).abs().shl::<2>() + (*p1 - *q1).abs();
    let skipped = step.greater(limits.edge).or(far.max(near).greater(limits.interior));
    let zero = S::Words::splat(simd, 0);
    let filtered = skipped.equal(zero);
    if filtered.is_zero() {
        return;
    }
    let steep = near.greater(limits.steep);
    let smooth = steep.equal(zero);
    let difference = *q0 - *p0;
    let slope = difference + difference + difference;
    let outer = clamp(simd, *p1 - *q1, -128, 127);
    let a = slope + outer.and(steep);
    let f1 = clamp(simd, (a + S::Words::splat(simd, 4)).shr::<3>(), -16, 15);
    let f2 = clamp(simd, (a + S::Words::splat(simd, 3)).shr::<3>(), -16, 15);
    if at_macroblock {
        let (steep, smooth) = (steep.and(filtered), smooth.and(filtered));
        let a = clamp(simd, slope + outer, -128, 127).and(smooth);
        let rounding = S::Words::splat(simd, 63);
        // 9 a, 18 a, 27 a: where a is 0, so are they.
        let nine = a.shl::<3>() + a;
        let (g3, g2) = ((nine + rounding).shr::<7>(), (nine + nine + rounding).shr::<7>());
        let g1 = (nine + nine + nine + rounding).shr::<7>();
        *p0 = sample(simd, *p0 + f2.and(steep) + g1);
        *q0 = sample(simd, *q0 - f1.and(steep) - g1);
        *p1 = sample(simd, *p1 + g2);
        *q1 = sample(simd, *q1 - g2);
        *p2 = sample(simd, *p2 + g3);
        *q2 = sample(simd, *q2 - g3);
    } else {
        let f3 = (f1 + S::Words::splat(simd, 1)).shr::<1>().and(smooth).and(filtered);
        *p0 = sample(simd, *p0 + f2.and(filtered));
        *q0 = sample(simd, *q0 - f1.and(filtered));
        *p1 = sample(simd, *p1 + f3);
        *q1 = sample(simd, *q1 - f3);
    }
}

/// 16 rows of 16 samples as 16 columns.
#[inline(always)]
fn columns<S: Simd>(simd: S, rows: &[u8; 256]) -> [S::Words; 16] {
    let rows = rows.as_chunks::<32>().0;
    let pairs = each!(8, i => S::Bytes::load(simd, &rows[i]));
    // Rows i and i + 8.
    let x = [
        pairs[0].low_halves(pairs[4]),
        pairs[0].high_halves(pairs[4]),
        pairs[1].low_halves(pairs[5]),
        pairs[1].high_halves(pairs[5]),
        pairs[2].low_halves(pairs[6]),
        pairs[2].high_halves(pairs[6]),
        pairs[3].low_halves(pairs[7]),
        pairs[3].high_halves(pairs[7]),
    ];
    let x = shuffle::<S>(shuffle::<S>(shuffle::<S>(x)));
    let mut columns = [S::Words::splat(simd, 0); 16];
    for (pair, two) in columns.as_chunks_mut::<2>().0.iter_mut().zip(x) {
        (pair[0], pair[1]) = two.widen();
    }
    columns
}

/// And back.
#[inline(always)]
fn rows<S: Simd>(columns: &[S::Words; 16], rows: &mut [u8; 256]) {
    let x = each!(8, i => columns[2 * i].pack_bytes(columns[2 * i + 1]));
    let x = shuffle::<S>(shuffle::<S>(shuffle::<S>(shuffle::<S>(x))));
    let (upper, lower) = rows.split_at_mut(128);
    let both = upper.as_chunks_mut::<32>().0.iter_mut().zip(lower.as_chunks_mut::<32>().0);
    for (pair, (upper, lower)) in x.as_chunks::<2>().0.iter().zip(both) {
        pair[0].low_halves(pair[1]).store(upper);
        pair[0].high_halves(pair[1]).store(lower);
    }
}

/// A perfect shuffle of all bytes of the eight low halves, and of the high ones.
#[inline(always)]
fn shuffle<S: Simd>(x: [S::Bytes; 8]) -> [S::Bytes; 8] {
    each!(8, i => {
        let (a, b) = (x[i / 2], x[i / 2 + 4]);
        if i.is_multiple_of(2) { a.zip_low_8(b) } else { a.zip_high_8(b) }
    })
}

/// Filters the vertical edges in a window of 16 x 16 samples: the one at column 4, 8 and 12, each by these thresholds.
#[inline(always)]
fn filter_window<S: Simd>(simd: S, window: &mut [u8; 256], edges: [Option<(&Thresholds<S>, bool)>; 3]) {
    let mut x = columns(simd, window);
    for (i, edge) in edges.into_iter().enumerate() {
        if let Some((limits, at_macroblock)) = edge {
            filter(simd, &mut x[4 * i..][..8], limits, at_macroblock);
        }
    }
    rows::<S>(&x, window);
}

/// Copies 16 rows out of a plane and back.
#[inline(always)]
fn with_luma_window<S: Simd>(
    simd: S,
    samples: &mut [u8],
    stride: usize,
    edges: [Option<(&Thresholds<S>, bool)>; 3],
) {
    let mut window = [0; 256];
    for (to, from) in window.as_chunks_mut::<16>().0.iter_mut().zip(samples.chunks(stride)) {
        to.copy_from_slice(&from[..16]);
    }
    filter_window(simd, &mut window, edges);
    for (from, to) in window.as_chunks::<16>().0.iter().zip(samples.chunks_mut(stride)) {
        to[..16].copy_from_slice(from);
    }
}

/// Filters the luma of macroblock (x, y).
#[inline(always)]
fn filter_luma<S: Simd>(
    simd: S,
    plane: &mut Plane,
    (x, y): (usize, usize),
    limits: [&Thresholds<S>; 2],
    inside: bool,
) {
    let stride = plane.stride;
    let at = 16 * (y * stride + x);
    let [outer, inner] = [Some((limits[0], true)), inside.then_some((limits[1], false))];
    if x > 0 {
        with_luma_window(simd, &mut plane.samples[at - 4..], stride, [outer, inner, inner]);
        if inside {
            with_luma_window(simd, &mut plane.samples[at..], stride, [None, None, inner]);
        }
    } else if inside {
        with_luma_window(simd, &mut plane.samples[at..], stride, [inner; 3]);
    }
    for i in 0..4 {
        let (limits, at_macroblock) = if i == 0 { (limits[0], true) } else { (limits[1], false) };
        if (i == 0 && y == 0) || (i > 0 && !inside) {
            continue;
        }
        let above = at + 4 * i * stride - 4 * stride;
        let mut rows = plane.samples[above..].chunks_mut(stride);
        let mut rows: [&mut [u8]; 8] = std::array::from_fn(|_| rows.next().unwrap_or_default());
        let mut line = [S::Words::splat(simd, 0); 8];
        for (to, from) in line.iter_mut().zip(&rows) {
            if let Some(from) = from.first_chunk() {
                *to = S::Words::load_bytes(simd, from);
            }
        }
        filter(simd, &mut line, limits, at_macroblock);
        for (from, to) in line.into_iter().zip(&mut rows) {
            if let Some(to) = to.first_chunk_mut() {
                from.store_bytes(to);
            }
        }
    }
}

/// Filters the chroma of macroblock (x, y).
#[inline(always)]
fn filter_chroma<S: Simd>(
    simd: S,
    planes: [&mut Plane; 2],
    (x, y): (usize, usize),
    limits: [&Thresholds<S>; 2],
    inside: bool,
) {
    let [cb, cr] = planes;
    let stride = cb.stride;
    let at = 8 * (y * stride + x);
    let [outer, inner] = [(x > 0).then_some((limits[0], true)), inside.then_some((limits[1], false))];
    if x > 0 || inside {
        // Eight rows of Cb, then of Cr: the eight columns to the left, then those of the macroblock.
        let mut window = [0; 256];
        let (from, left) = if x > 0 { (at - 8, 0) } else { (at, 8) };
        for (plane, window) in [&*cb, &*cr].into_iter().zip(window.as_chunks_mut::<128>().0) {
            for (to, from) in
                window.as_chunks_mut::<16>().0.iter_mut().zip(plane.samples[from..].chunks(stride))
            {
                to[left..].copy_from_slice(&from[..16 - left]);
            }
        }
        filter_window(simd, &mut window, [None, outer, inner]);
        for (plane, window) in [&mut *cb, &mut *cr].into_iter().zip(window.as_chunks::<128>().0) {
            for (from, to) in window.as_chunks::<16>().0.iter().zip(plane.samples[from..].chunks_mut(stride))
            {
                to[..16 - left].copy_from_slice(&from[left..]);
            }
        }
    }
    for i in 0..2 {
        let (limits, at_macroblock) = if i == 0 { (limits[0], true) } else { (limits[1], false) };
        if (i == 0 && y == 0) || (i > 0 && !inside) {
            continue;
        }
        let above = at + 4 * i * stride - 4 * stride;
        let mut line = [S::Words::splat(simd, 0); 8];
        for (row, to) in line.iter_mut().enumerate() {
            let at = above + row * stride;
            if let (Some(cb), Some(cr)) = (cb.samples[at..].first_chunk(), cr.samples[at..].first_chunk()) {
                *to = S::Words::load_bytes_halves(simd, cb, cr);
            }
        }
        filter(simd, &mut line, limits, at_macroblock);
        for (row, from) in line.into_iter().enumerate() {
            let at = above + row * stride;
            let mut both = [0; 16];
            from.store_bytes(&mut both);
            cb.samples[at..][..8].copy_from_slice(&both[..8]);
            cr.samples[at..][..8].copy_from_slice(&both[8..]);
        }
    }
}

/// Filters a row of macroblocks; the rows above are done.
#[inline(always)]
pub(in super::super) fn deblock_row<S: Simd>(
    simd: S,
    planes: &mut Planes,
    y: usize,
    strengths: &[Strength],
    sharpness: u8,
) {
    for (x, &Strength { level, inside }) in strengths.iter().enumerate() {
        if level == 0 {
            continue;
        }
        let [outer, inner] = [true, false].map(|outer| Limits::new(level, outer, sharpness));
        let (outer, inner) = (Thresholds::new(simd, outer), Thresholds::new(simd, inner));
        filter_luma(simd, &mut planes.y, (x, y), [&outer, &inner], inside);
        filter_chroma(simd, [&mut planes.cb, &mut planes.cr], (x, y), [&outer, &inner], inside);
    }
}
