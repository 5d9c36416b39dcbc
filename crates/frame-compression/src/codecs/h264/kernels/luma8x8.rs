//! Intra8x8: the search through all nine modes, and the coding of a block. Vectors hold two rows of eight words.

use super::super::distortion::Metric;
use super::super::macroblock::LumaCanvas;
use super::super::predict::blocks;
use super::super::quantise::Quantiser;
use super::{Flat, Place, Spot, absolute_sum, levels, scaling_of, smallest, sums_of_halves};
use crate::simd::{Bytes, Dwords, Simd, Words, each};

/// Everything that rows of predictions are made of, so that each row is eight samples in a line somewhere in it.
#[repr(C, align(32))]
struct Windows([u8; Windows::SIZE]);

impl Windows {
    /// The filtered edge: left from the lowest up (the lowest twice), the corner, above from left to right (the last
    /// twice).
    const EDGE: usize = 0;
    const CORNER: usize = 9;
    /// The edge from its second sample on after the filter (1, 2, 1).
    const SMOOTH: usize = 32;
    /// Means of neighbours in the edge.
    const MEANS: usize = 64;
    /// Horizontal down: means and smooth samples of the left side in turn, then smooth ones above.
    const DOWN: usize = 96;
    /// Horizontal up: the same downwards, then the lowest sample.
    const UP: usize = 128;
    const DC: usize = 152;
    /// Each sample of the left side eight times.
    const LEFT: usize = 160;
    /// Vertical right, even rows: smooth samples of the left side, then means above.
    const RIGHT_EVEN: usize = 224;
    /// Odd rows: smooth samples.
    const RIGHT_ODD: usize = 240;
    /// Eight samples more, so that no row needs a check.
    const SIZE: usize = 256 + 8;

    /// Where row `y` of a prediction starts (H.264 8.3.2.2.2 to 10).
    const fn row(mode: u8, y: usize) -> usize {
        match mode {
            blocks::VERTICAL => Self::EDGE + Self::CORNER + 1,
            blocks::HORIZONTAL => Self::LEFT + 8 * y,
            blocks::DC => Self::DC,
            blocks::DIAGONAL_DOWN_LEFT => Self::SMOOTH + Self::CORNER + 1 + y,
            blocks::DIAGONAL_DOWN_RIGHT => Self::SMOOTH + Self::CORNER - 1 - y,
            blocks::VERTICAL_RIGHT if y.is_multiple_of(2) => Self::RIGHT_EVEN + 3 - y / 2,
            blocks::VERTICAL_RIGHT => Self::RIGHT_ODD + 3 - y / 2,
            blocks::HORIZONTAL_DOWN => Self::DOWN + 14 - 2 * y,
            blocks::VERTICAL_LEFT if y.is_multiple_of(2) => Self::MEANS + Self::CORNER + 1 + y / 2,
            blocks::VERTICAL_LEFT => Self::SMOOTH + Self::CORNER + 1 + y / 2,
            _ => Self::UP + 2 * y,
        }
    }

    #[inline(always)]
    fn eight(&self, at: usize) -> &[u8; 8] {
        self.0[at..].first_chunk().expect("inside the windows")
    }

    #[inline(always)]
    fn put_vector<S: Simd, B: Bytes<S>>(&mut self, at: usize, bytes: B) {
        bytes.store(self.0[at..].first_chunk_mut().expect("inside the windows"));
    }
}

/// By mode (sixteen, so that four bits need no check), then row.
static ROWS: [[u8; 8]; 16] = {
    let mut all = [[0; 8]; 16];
    let mut i = 0;
    while i < 9 * 8 {
        all[i / 8][i % 8] = Windows::row((i / 8) as u8, i % 8) as u8;
        i += 1;
    }
    all
};

/// The pairs of modes whose distortions are computed side by side.
const PAIRS: [[u8; 2]; 4] = [
    [blocks::VERTICAL, blocks::HORIZONTAL],
    [blocks::DIAGONAL_DOWN_LEFT, blocks::DIAGONAL_DOWN_RIGHT],
    [blocks::VERTICAL_RIGHT, blocks::HORIZONTAL_DOWN],
    [blocks::VERTICAL_LEFT, blocks::HORIZONTAL_UP],
];

/// The modes in the order in which [`sums_of_halves`] gives their distortions.
static MODES: [i32; 8] = {
    let mut modes = [0; 8];
    let mut i = 0;
    while i < 8 {
        modes[i] = PAIRS[i % 4][i / 4] as i32;
        i += 1;
    }
    modes
};

/// All ones where a mode is not the predicted one.
static PAYS: [[i32; 8]; 16] = {
    let mut all = [[-1; 8]; 16];
    let mut lane = 0;
    while lane < 8 {
        all[PAIRS[lane % 4][lane / 4] as usize][lane] = 0;
        lane += 1;
    }
    all
};

/// One of the halves of a butterfly of eight vectors.
#[inline(always)]
fn butterflies<W: Copy + std::ops::Add<Output = W> + std::ops::Sub<Output = W>>(rows: [W; 8]) -> [W; 8] {
    each!(8, i => if i < 4 { rows[i % 4] + rows[i % 4 + 4] } else { rows[i % 4] - rows[i % 4 + 4] })
}

/// Half the absolute 8x8 Hadamard coefficients of two blocks, one in each half of the rows; each to be summed over
/// its half.
#[inline(always)]
pub(super) fn half_coefficients<S: Simd>(rows: [S::Words; 8]) -> S::Words {
    let [a, b, c, d, e, f, g, h] = butterflies(rows);
    let [a, b, e, f, c, d, g, h] = butterflies([a, b, e, f, c, d, g, h]);
    let [a, c, e, g, b, d, f, h] = butterflies([a, c, e, g, b, d, f, h]);
    across::<S>(a, b) + across::<S>(c, d) + across::<S>(e, f) + across::<S>(g, h)
}

/// The horizontal half of [`half_coefficients`] for two rows.
#[inline(always)]
fn across<S: Simd>(a: S::Words, b: S::Words) -> S::Words {
    let (low, high) = (a.zip_low_16(b), a.zip_high_16(b));
    let (sum, difference) = (low + high, low - high);
    let (low, high) = (sum.zip_low_16(difference), sum.zip_high_16(difference));
    let (sum, difference) = (low + high, low - high);
    let (low, high) = (sum.zip_low_16(difference), sum.zip_high_16(difference));
    // |a + b| + |a - b| = 2 max(|a|, |b|).
    low.abs().max(high.abs())
}

/// What flat predictions of a macroblock's four 8x8 source blocks leave, from what they leave of the 4x4 blocks.
#[inline(always)]
pub(in super::super) fn flat<S: Simd>(simd: S, source: &[u8; 256], flat_4x4: &[Flat; 16]) -> [Flat; 4] {
    let rows = source.as_chunks::<16>().0;
    let zero = S::Words::splat(simd, 0);
    let [upper, lower] = each!(2, half => {
        half_coefficients::<S>(each!(8, y => S::Words::load_bytes(simd, &rows[8 * half + y])))
    });
    let mut halves = [0; 8];
    sums_of_halves(simd, [upper, lower, zero, zero]).store(&mut halves);
    std::array::from_fn(|k| {
        let first = flat_4x4[4 * k..4 * k + 4].iter().map(|flat| flat.first).sum();
        Flat { others: 2 * halves[k / 2 + k % 2 * 4] - first, first }
    })
}

/// The mode of a block, its cost and its prediction.
#[inline(always)]
pub(in super::super) fn search<S: Simd>(
    simd: S,
    source: &[u8; 64],
    luma: &LumaCanvas,
    place: &Place,
) -> (u8, u32, [u8; 64]) {
    let (windows, dc) = windows(simd, luma, place.at, place.top_right);
    let (keys, flat_key) = keys(simd, source, (&windows, dc), place);
    let best = smallest::<S>(keys).min(flat_key);
    ((best & 15) as u8, (best >> 4) as u32, whole(&windows, best as usize))
}

/// The same, with the costs of all modes.
#[inline(always)]
pub(in super::super) fn search_all<S: Simd>(
    simd: S,
    source: &[u8; 64],
    luma: &LumaCanvas,
    place: &Place,
    costs: &mut [u32; 9],
) -> (u8, u32, [u8; 64]) {
    let (windows, dc) = windows(simd, luma, place.at, place.top_right);
    let (keys, flat_key) = keys(simd, source, (&windows, dc), place);
    let mut lanes = [0; 8];
    keys.store(&mut lanes);
    let mut best = flat_key;
    for key in lanes.into_iter().chain([flat_key]) {
        best = best.min(key);
        if let Some(cost) = costs.get_mut(key as usize & 15) {
            *cost = (key >> 4) as u32;
        }
    }
    ((best & 15) as u8, (best >> 4) as u32, whole(&windows, best as usize))
}

/// Costs with the mode in the lowest bits, so that the smallest is the first of the nearest; that of DC by itself. The
/// windows stay where they are, as the compiler copies a `Windows` that is handed on.
#[inline(always)]
fn keys<S: Simd>(
    simd: S,
    source: &[u8; 64],
    (windows, dc): (&Windows, u8),
    place: &Place,
) -> (S::Dwords, i32) {
    let &Place { metric, flat, predicted, price, .. } = place;
    let rows = source.as_chunks::<8>().0;
    let source = each!(8, y => S::Words::load_bytes_halves(simd, &rows[y], &rows[y]));
    let (distortions, flat_distortion) = match metric {
        Metric::Satd => {
            let halves = each!(4, pair => half_coefficients::<S>(residual(simd, &source, windows, pair)));
            let distortions = (sums_of_halves(simd, halves) + S::Dwords::splat(simd, 1)).shr::<1>();
            (distortions, (flat.others + (flat.first - 64 * i32::from(dc)).abs() + 2) >> 2)
        }
        Metric::Sad => {
            let sums = each!(4, pair => absolute_sum::<S, 8>(residual(simd, &source, windows, pair)));
            let dc = S::Words::splat(simd, dc.into());
            let of_both = absolute_sum::<S, 8>(each!(8, y => source[y] - dc));
            // The source is there twice.
            (sums_of_halves(simd, sums), of_both.sum() / 2)
        }
    };

    let predicted = usize::from(predicted & 15);
    let pays = S::Dwords::splat(simd, (price << 4) as i32).and(S::Dwords::load(simd, &PAYS[predicted]));
    let keys = distortions.shl::<4>() + S::Dwords::load(simd, &MODES) + pays;
    let flat_price = if predicted == usize::from(blocks::DC) { 0 } else { price as i32 };
    (keys, (flat_distortion + flat_price) << 4 | i32::from(blocks::DC))
}

/// What a pair of modes leaves of the source, row by row.
#[inline(always)]
fn residual<S: Simd>(simd: S, source: &[S::Words; 8], windows: &Windows, pair: usize) -> [S::Words; 8] {
    let [a, b] = PAIRS[pair];
    each!(8, y => {
        let (a, b) = (windows.eight(Windows::row(a, y)), windows.eight(Windows::row(b, y)));
        source[y] - S::Words::load_bytes_halves(simd, a, b)
    })
}

/// The prediction by a mode.
#[inline(always)]
fn whole(windows: &Windows, mode: usize) -> [u8; 64] {
    let mut prediction = [0; 64];
    for (row, &at) in prediction.as_chunks_mut::<8>().0.iter_mut().zip(&ROWS[mode & 15]) {
        *row = *windows.eight(usize::from(at));
    }
    prediction
}

/// Predicts a block by a mode.
#[inline(always)]
pub(in super::super) fn predict<S: Simd>(simd: S, luma: &LumaCanvas, spot: Spot, mode: u8) -> [u8; 64] {
    whole(&windows(simd, luma, spot.at, spot.top_right).0, mode.into())
}

/// The predictions of a block by all modes.
#[inline(always)]
pub(in super::super) fn predict_all<S: Simd>(simd: S, luma: &LumaCanvas, spot: Spot) -> [[u8; 64]; 9] {
    let (windows, _) = windows(simd, luma, spot.at, spot.top_right);
    std::array::from_fn(|mode| whole(&windows, mode))
}

/// The predictions of a block by the modes from the third to the eighth, for which there have to be samples above to the right.
#[inline(always)]
pub(in super::super) fn predict_diagonals<S: Simd>(simd: S, luma: &LumaCanvas, at: usize) -> [[u8; 64]; 6] {
    let (windows, _) = windows(simd, luma, at, true);
    std::array::from_fn(|i| whole(&windows, i + 3))
}

type Indices = [u8; 32];
/// An index that looks up a 0.
const NOWHERE: u8 = 128;

/// Indices of what comes from half `half` of a table whose places are `from`.
const fn from_half(half: usize, from: [usize; 32]) -> Indices {
    let mut indices = [NOWHERE; 32];
    let mut i = 0;
    while i < 32 {
        if from[i] / 16 == half {
            indices[i] = (from[i] % 16) as u8;
        }
        i += 1;
    }
    indices
}

/// What makes the edge of its filtered samples: both ends twice. By half.
static EDGE: [Indices; 2] = {
    let mut from = [24; 32];
    let mut i = 0;
    while i < 26 {
        from[i] = if i == 0 { 0 } else { i - 1 };
        i += 1;
    }
    [from_half(0, from), from_half(1, from)]
};

/// The smooth samples from the corner on, by half.
static ABOVE: [Indices; 2] = {
    let mut from = [0; 32];
    let mut i = 0;
    while i < 16 {
        from[i] = Windows::CORNER + i;
        i += 1;
    }
    [from_half(0, from), from_half(1, from)]
};

/// Indices that interleave the left sides of the means (table 0) and of the smooth samples (table 1): in the low
/// half for horizontal down, in the high half for horizontal up.
const fn interleaving(table: usize) -> Indices {
    let mut indices = [NOWHERE; 32];
    let mut i = table;
    while i < 16 {
        indices[i] = (i / 2 + 1) as u8;
        if i < 14 {
            indices[16 + i] = (7 - i / 2 - table) as u8;
        }
        i += 2;
    }
    indices
}

static INTERLEAVING: [Indices; 2] = [interleaving(0), interleaving(1)];

/// The lowest sample, where horizontal up ends.
static LOWEST: Indices = {
    let mut indices = [NOWHERE; 32];
    (indices[14], indices[15]) = (0, 0);
    let mut i = 16;
    while i < 32 {
        indices[i] = 0;
        i += 1;
    }
    indices
};

/// What vertical right takes of the low half of the smooth samples and of both halves of the means: in the low half
/// for even rows, in the high half for odd rows.
static RIGHT: [Indices; 3] = {
    let mut all = [[NOWHERE; 32]; 3];
    let mut i = 0;
    while i < 11 {
        let (mean, smooth) = (Windows::CORNER + i, Windows::CORNER - 1 + i);
        if i < 3 {
            (all[0][i], all[0][16 + i]) = (3 + 2 * i as u8, 2 + 2 * i as u8);
        } else {
            all[1 + (mean - 3) / 16][i] = ((mean - 3) % 16) as u8;
            all[0][16 + i] = (smooth - 3) as u8;
        }
        i += 1;
    }
    all
};

/// Each sample of the left side eight times, from the top down, four of them in a vector.
static EIGHT_TIMES: [Indices; 2] = {
    let mut all = [[0; 32]; 2];
    let mut i = 0;
    while i < 64 {
        all[i / 32][i % 32] = (Windows::CORNER - 1 - i / 8) as u8;
        i += 1;
    }
    all
};

/// The windows and the DC prediction of the block whose first sample is at `at`. Nothing is read from memory across
/// what was written apart, or the processor would wait until the writes have reached its cache.
#[inline(always)]
fn windows<S: Simd>(simd: S, luma: &LumaCanvas, at: usize, top_right: bool) -> (Windows, u8) {
    let mut windows = Windows([0; Windows::SIZE]);
    // The reference sample filter (8.3.2.2.1).
    let filtered = smoothed(simd, read_edge(simd, luma, at, top_right));
    let [low, high] = halves(filtered);
    let edge = low.lookup(S::Bytes::load(simd, &EDGE[0])).or(high.lookup(S::Bytes::load(simd, &EDGE[1])));
    let smooth = smoothed(simd, edge);
    let means = edge.average(edge.skip_first());
    windows.put_vector(Windows::EDGE, edge);
    windows.put_vector(Windows::SMOOTH, smooth);
    windows.put_vector(Windows::MEANS, means);

    let left = edge.low_halves(edge);
    let ([smooth, smooth_high], [means, means_high]) = (halves(smooth), halves(means));
    let [of_means, of_smooth] = each!(2, table => S::Bytes::load(simd, &INTERLEAVING[table]));
    let interleaved = means.lookup(of_means).or(smooth.lookup(of_smooth));
    let [low, high] = each!(2, half => S::Bytes::load(simd, &ABOVE[half]));
    windows
        .put_vector(Windows::DOWN, interleaved.low_halves(smooth.lookup(low).or(smooth_high.lookup(high))));
    let zero = S::Bytes::splat(simd, 0);
    let lowest = left.lookup(S::Bytes::load(simd, &LOWEST));
    windows.put_vector(Windows::UP, interleaved.high_halves(zero).or(lowest));
    let [a, b, c] = each!(3, table => S::Bytes::load(simd, &RIGHT[table]));
    let right = smooth.lookup(a).or(means.lookup(b)).or(means_high.lookup(c));
    windows.put_vector(Windows::RIGHT_EVEN, right);
    let [upper, lower] = each!(2, half => left.lookup(S::Bytes::load(simd, &EIGHT_TIMES[half])));
    windows.put_vector(Windows::LEFT, upper);
    windows.put_vector(Windows::LEFT + 32, lower);

    let sum = |at: usize| {
        const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
        let samples = u64::from_le_bytes(*windows.eight(at));
        ((samples & EVEN) + (samples >> 8 & EVEN)).wrapping_mul(0x0001_0001_0001_0001) >> 48
    };
    let dc = ((sum(Windows::EDGE + 1) + sum(Windows::EDGE + Windows::CORNER + 1) + 8) >> 4) as u8;
    windows.0[Windows::DC..][..8].copy_from_slice(&[dc; 8]);
    (windows, dc)
}

/// The edge as it is: left from the lowest up (the lowest twice), the corner, above from left to right (the last
/// twice).
#[inline(always)]
fn read_edge<S: Simd>(simd: S, luma: &LumaCanvas, at: usize, top_right: bool) -> S::Bytes {
    const STRIDE: usize = LumaCanvas::STRIDE;
    let corner = at - STRIDE - 1;
    let area: &[u8; 8 * STRIDE + 1] = luma.samples[corner..].first_chunk().expect("inside the canvas");
    let two = |row: usize| u64::from(area[(row + 1) * STRIDE]) | u64::from(area[row * STRIDE]) << 8;
    let four = |row: usize| two(row + 2) | two(row) << 16;
    let left = four(5) | four(1) << 32;
    let above = |at: usize| u64::from_le_bytes(*area[at..].first_chunk().expect("inside the row"));
    let near = above(1);
    let far = if top_right { above(9) } else { (near >> 56) * 0x0101_0101_0101_0101 };
    let words = [
        left << 8 | (left & 0xff),
        left >> 56 | u64::from(area[0]) << 8 | near << 16,
        near >> 48 | far << 16,
        far >> 48 | (far >> 56) << 16,
    ];
    let [low, high] = each!(2, half => {
        let both = u128::from(words[2 * half]) | u128::from(words[2 * half + 1]) << 64;
        S::Bytes::load_twice(simd, &both.to_le_bytes())
    });
    low.low_halves(high)
}

/// Each of a vector's halves twice.
#[inline(always)]
fn halves<S: Simd, B: Bytes<S>>(bytes: B) -> [B; 2] {
    [bytes.low_halves(bytes), bytes.high_halves(bytes)]
}

/// The samples from the second on after the filter (1, 2, 1).
#[inline(always)]
fn smoothed<S: Simd>(simd: S, a: S::Bytes) -> S::Bytes {
    let b = a.skip_first();
    let c = b.skip_first();
    // (a + 2b + c + 2) >> 2 is the rounded mean of b and the floored mean of a and c.
    b.average(a.average(c).saturating_sub(a.xor(c).and(S::Bytes::splat(simd, 1))))
}

/// One pass of the forward transform over rows.
#[inline(always)]
fn forward_pass<S: Simd>(x: [S::Words; 8]) -> [S::Words; 8] {
    let (s07, s16, s25, s34) = (x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]);
    let (d07, d16, d25, d34) = (x[0] - x[7], x[1] - x[6], x[2] - x[5], x[3] - x[4]);
    let (a0, a1, a2, a3) = (s07 + s34, s16 + s25, s07 - s34, s16 - s25);
    let a4 = d16 + d25 + (d07 + d07.shr::<1>());
    let a5 = d07 - d34 - (d25 + d25.shr::<1>());
    let a6 = d07 + d34 - (d16 + d16.shr::<1>());
    let a7 = d16 - d25 + (d34 + d34.shr::<1>());
    [
        a0 + a1,
        a4 + a7.shr::<2>(),
        a2 + a3.shr::<1>(),
        a5 + a6.shr::<2>(),
        a0 - a1,
        a6 - a5.shr::<2>(),
        a2.shr::<1>() - a3,
        a4.shr::<2>() - a7,
    ]
}

/// One pass of the inverse transform (8.5.13) over rows.
#[inline(always)]
fn inverse_pass<S: Simd>(x: [S::Words; 8]) -> [S::Words; 8] {
    let (a0, a4) = (x[0] + x[4], x[0] - x[4]);
    let (a2, a6) = (x[2].shr::<1>() - x[6], x[2] + x[6].shr::<1>());
    let (b0, b2, b4, b6) = (a0 + a6, a4 + a2, a4 - a2, a0 - a6);
    let a1 = x[5] - x[3] - (x[7] + x[7].shr::<1>());
    let a3 = x[1] + x[7] - (x[3] + x[3].shr::<1>());
    let a5 = x[7] - x[1] + (x[5] + x[5].shr::<1>());
    let a7 = x[3] + x[5] + (x[1] + x[1].shr::<1>());
    let (b1, b7) = (a1 + a7.shr::<2>(), a7 - a1.shr::<2>());
    let (b3, b5) = (a3 + a5.shr::<2>(), a3.shr::<2>() - a5);
    [b0 + b7, b2 + b5, b4 + b3, b6 + b1, b6 - b1, b4 - b3, b2 - b5, b0 - b7]
}

/// Transposes the 8x8 matrix in each half.
#[inline(always)]
pub(super) fn transpose<S: Simd>(x: [S::Words; 8]) -> [S::Words; 8] {
    let [low, high] =
        [each!(4, i => x[2 * i].zip_low_16(x[2 * i + 1])), each!(4, i => x[2 * i].zip_high_16(x[2 * i + 1]))];
    let upper = [
        low[0].zip_low_32(low[1]),
        low[0].zip_high_32(low[1]),
        high[0].zip_low_32(high[1]),
        high[0].zip_high_32(high[1]),
    ];
    let lower = [
        low[2].zip_low_32(low[3]),
        low[2].zip_high_32(low[3]),
        high[2].zip_low_32(high[3]),
        high[2].zip_high_32(high[3]),
    ];
    each!(8, i => {
        let (upper, lower) = (upper[i / 2], lower[i / 2]);
        if i.is_multiple_of(2) { upper.zip_low_64(lower) } else { upper.zip_high_64(lower) }
    })
}

/// The coefficients of a block, transposed, in the low halves: the scaling is symmetric.
#[inline(always)]
pub(super) fn transform<S: Simd>(simd: S, source: &[u8; 64], prediction: &[u8; 64]) -> [S::Words; 8] {
    let (source, predicted) = (source.as_chunks::<16>().0, prediction.as_chunks::<16>().0);
    let pairs = each!(4, i => {
        S::Words::load_bytes(simd, &source[i]) - S::Words::load_bytes(simd, &predicted[i])
    });
    forward_pass::<S>(transpose::<S>(forward_pass::<S>(apart::<S>(pairs))))
}

/// The levels of [`transform`]'s coefficients, two rows a vector.
#[inline(always)]
pub(super) fn quantise<S: Simd>(
    simd: S,
    coefficients: [S::Words; 8],
    quantiser: &Quantiser,
) -> [S::Words; 4] {
    each!(4, i => {
        let [multiplier, bias, _] = scaling_of(simd, &quantiser.eight, 16 * i);
        levels::<S>(coefficients[2 * i].low_halves(coefficients[2 * i + 1]), multiplier, bias)
    })
}

/// The reconstruction from levels, transposed, two rows a vector.
#[inline(always)]
pub(super) fn reconstruct<S: Simd>(
    simd: S,
    levels: [S::Words; 4],
    prediction: &[u8; 64],
    quantiser: &Quantiser,
) -> [u8; 64] {
    let small_steps = quantiser.small_8x8_steps();
    let pairs = each!(4, i => {
        let [_, _, level_scale] = scaling_of(simd, &quantiser.eight, 16 * i);
        if small_steps { scale_rounded(simd, levels[i], level_scale) } else { levels[i].mul_low(level_scale) }
    });
    let residual = inverse_pass::<S>(transpose::<S>(inverse_pass::<S>(apart::<S>(pairs))));
    let rounding = S::Words::splat(simd, 32);
    let predicted = prediction.as_chunks::<16>().0;
    let mut reconstruction = [0; 64];
    for (i, rows) in reconstruction.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let residual = residual[2 * i].low_halves(residual[2 * i + 1]);
        let predicted = S::Words::load_bytes(simd, &predicted[i]);
        (predicted + (residual + rounding).shr::<6>()).store_bytes(rows);
    }
    reconstruction
}

/// Codes a block: the reconstruction, and whether there are levels.
#[inline(always)]
pub(in super::super) fn code<S: Simd>(
    simd: S,
    source: &[u8; 64],
    prediction: &[u8; 64],
    quantiser: &Quantiser,
) -> ([u8; 64], bool) {
    let levels = quantise(simd, transform(simd, source, prediction), quantiser);
    if levels[0].or(levels[1]).or(levels[2].or(levels[3])).is_zero() {
        return (*prediction, false);
    }
    (reconstruct(simd, levels, prediction, quantiser), true)
}

/// Two rows a vector to one, in the low half.
#[inline(always)]
fn apart<S: Simd>(pairs: [S::Words; 4]) -> [S::Words; 8] {
    each!(8, i => if i.is_multiple_of(2) { pairs[i / 2] } else { pairs[i / 2].swap_halves() })
}

/// `(level * scale + 2) >> 2`, the product in 32 bits.
#[inline(always)]
fn scale_rounded<S: Simd>(simd: S, levels: S::Words, level_scale: S::Words) -> S::Words {
    let (one, two) = (S::Words::splat(simd, 1), S::Words::splat(simd, 2));
    let low = levels.zip_low_16(one).mul_add_pairs(level_scale.zip_low_16(two));
    let high = levels.zip_high_16(one).mul_add_pairs(level_scale.zip_high_16(two));
    low.shr::<2>().pack_words(high.shr::<2>())
}
