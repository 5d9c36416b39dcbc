//! A mode for each 4x4 block of luma: all ten modes of a block at once.

use super::super::costs::{self, kind};
use super::super::decision::{Cost, FLAT_LEVELS, FLAT_PENALTY, spectral, trellis_place};
use super::super::macroblock::{Job, Macroblock};
use super::super::predict::MODES;
use super::super::transform::Block;
use super::level_costs::{self, Known, Residual};
use super::luma16x16::Source;
use super::trellis::Candidates;
use super::{
    Rows, Strip, block_of, forward, inverse, least_bits, quantise, residual, spectrum, squared, zigzag,
};
use crate::simd::{Bytes, Dwords, Simd, Words, each};

/// The modes of each batch of four that are computed side by side. The last batch is half full.
const BATCHES: [[u8; 4]; 3] = [[2, 3, 4, 6], [5, 7, 8, 9], [0, 1, 0, 1]];
/// The modes in the order in which [`choose`] has them side by side; the last six are there for nothing.
pub(in super::super) const LANES: [u8; 16] = [2, 3, 5, 7, 4, 6, 8, 9, 0, 1, 0, 1, 0, 1, 0, 1];
/// Where a mode is: its batch, and its place there.
const PLACES: [(u8, u8); MODES] =
    [(2, 0), (2, 1), (0, 0), (0, 1), (0, 2), (1, 0), (0, 3), (1, 1), (1, 2), (1, 3)];

/// Tables of samples: means of two neighbours of the edge, and of three. The edge is the left column from the lowest
/// up (the lowest twice), the corner, and the row above (the last twice).
const MEANS: usize = 0;
const SMOOTH: usize = 1;

/// The table and the place in it of sample (x, y) of a mode, as [`predict`](super::super::predict) has it.
const fn place(mode: u8, x: usize, y: usize) -> (usize, usize) {
    match mode {
        2 => (SMOOTH, 5 + x),
        3 => (SMOOTH, 3 - y),
        4 => (SMOOTH, 4 + x - y),
        5 if 2 * x < y => (SMOOTH, 5 + 2 * x - y),
        5 if y.is_multiple_of(2) => (MEANS, 5 + x - y / 2),
        5 => (SMOOTH, 5 + (2 * x - y) / 2),
        6 => (SMOOTH, 6 + x + y),
        7 if x == 3 && y > 1 => (SMOOTH, 8 + y),
        7 if y.is_multiple_of(2) => (MEANS, 6 + x + y / 2),
        7 => (SMOOTH, 6 + x + y / 2),
        8 if 2 * y < x => (SMOOTH, 3 + x - 2 * y),
        8 if x.is_multiple_of(2) => (MEANS, 4 - (2 * y - x) / 2),
        8 => (SMOOTH, 3 - (2 * y - x) / 2),
        _ if x + 2 * y > 5 => (MEANS, 0),
        _ if x + 2 * y == 5 => (SMOOTH, 0),
        _ if x.is_multiple_of(2) => (MEANS, 3 - (x + 2 * y) / 2),
        _ => (SMOOTH, 2 - (x + 2 * y) / 2),
    }
}

type Indices = [u8; 32];

/// Indices for two columns of a batch: in each half, a column of two modes, then the next column.
const fn indices(batch: usize, table: usize, pair: usize) -> Indices {
    let mut indices = [128; 32];
    let mut i = 0;
    while i < 32 {
        let (half, column, slot, y) = (i / 16, i / 8 % 2, i / 4 % 2, i % 4);
        let (from, at) = place(BATCHES[batch][half * 2 + slot], pair * 2 + column, y);
        if from == table {
            indices[i] = at as u8;
        }
        i += 1;
    }
    indices
}

/// The first batch takes one table only.
static FIRST: [Indices; 2] = [indices(0, SMOOTH, 0), indices(0, SMOOTH, 1)];
static SECOND: [[Indices; 2]; 2] =
    [[indices(1, MEANS, 0), indices(1, SMOOTH, 0)], [indices(1, MEANS, 1), indices(1, SMOOTH, 1)]];

/// What stands around a block.
#[derive(Clone, Copy)]
struct Edge {
    /// From the top down.
    left: [u8; 4],
    corner: u8,
    /// The first sample lowest.
    top: u64,
}

/// The columns of the predictions of the first two batches.
#[inline(always)]
fn predict<S: Simd>(simd: S, edge: &Edge) -> [[S::Words; 4]; 2] {
    const fn moved(by: u8) -> Indices {
        let mut indices = [15; 32];
        let mut i = 0;
        while i < 32 {
            let at = i as u8 % 16 + by;
            if at < 16 {
                indices[i] = at;
            }
            i += 1;
        }
        indices
    }
    static NEXT: Indices = moved(1);
    static AFTER: Indices = moved(2);
    let left = u128::from(u32::from_be_bytes(edge.left));
    let raw = u128::from(edge.left[3])
        | left << 8
        | u128::from(edge.corner) << 40
        | u128::from(edge.top) << 48
        | u128::from(edge.top >> 56) << 112;
    let raw = S::Bytes::load_twice(simd, &raw.to_le_bytes());
    let next = raw.lookup(S::Bytes::load(simd, &NEXT));
    let after = raw.lookup(S::Bytes::load(simd, &AFTER));
    // (a + 2b + c + 2) >> 2 is the rounded mean of b and the floored mean of a and c.
    let floored = raw.average(after).saturating_sub(raw.xor(after).and(S::Bytes::splat(simd, 1)));
    let (means, smooth) = (raw.average(next), next.average(floored));
    let [(a0, a1), (a2, a3)] = each!(2, pair => smooth.lookup(S::Bytes::load(simd, &FIRST[pair])).widen());
    let [(b0, b1), (b2, b3)] = each!(2, pair => {
        let [first, second] = each!(2, table => S::Bytes::load(simd, &SECOND[pair][table]));
        means.lookup(first).or(smooth.lookup(second)).widen()
    });
    [[a0, a1, a2, a3], [b0, b1, b2, b3]]
}

/// The columns of DC and TM in turn.
#[inline(always)]
fn predict_plain<S: Simd>(simd: S, edge: &Edge) -> [S::Words; 4] {
    static IS_DC: [i16; 16] = [-1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0];
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let both = u64::from(u32::from_le_bytes(edge.left)) << 32 | edge.top & 0xffff_ffff;
    let sum = ((both & EVEN) + (both >> 8 & EVEN)).wrapping_mul(0x0001_0001_0001_0001) >> 48;
    let is_dc = S::Words::load(simd, &IS_DC);
    let dc = S::Words::splat(simd, ((sum + 4) >> 3) as i16).and(is_dc);
    let left: [i16; 4] = edge.left.map(i16::from);
    let left = S::Words::load_quarters(simd, [&left; 4]);
    let (black, white) = (S::Words::splat(simd, 0), S::Words::splat(simd, 255));
    let not_dc = is_dc.equal(black);
    each!(4, x => {
        let step = S::Words::splat(simd, (edge.top >> (8 * x) & 255) as i16 - i16::from(edge.corner));
        (left + step).max(black).min(white).and(not_dc).or(dc)
    })
}

/// One block or two by all modes: two batches each, and one that they share.
struct Modes {
    levels: [Rows; 5],
    samples: [Strip; 5],
    /// By block.
    sums: [Sums; 2],
    /// Of the levels of both blocks.
    known: Known,
}

/// By lane of [`LANES`]: squared errors, spectra, and what the levels cost at least.
#[derive(Clone, Copy)]
struct Sums {
    squared: [[i32; 8]; 2],
    spectra: [[i32; 8]; 2],
    least: [[i32; 8]; 2],
}

/// By block: where [`Known`] has each lane of [`LANES`]. In each half, the first two batches of the first block, of the
/// second one, and the last batch.
static KNOWN: [[u8; 16]; 2] = {
    let (mut lanes, mut lane) = ([[0; 16]; 2], 0);
    while lane < 32 {
        let (which, lane_of_block) = (lane as u8 / 16, lane as u8 % 16);
        lanes[lane / 16][lane % 16] = match lane_of_block {
            0..4 => 4 * which + lane_of_block,
            4..8 => 16 + 4 * which + lane_of_block - 4,
            _ => 16 * which + 8 + lane_of_block % 2,
        };
        lane += 1;
    }
    lanes
};

/// By lane of [`Known`]: what few levels cost more.
static PENALTIES: [u8; 32] = {
    let mut penalties = [FLAT_PENALTY as u8; 32];
    // DC.
    (penalties[8], penalties[10], penalties[24], penalties[26]) = (0, 0, 0, 0);
    penalties
};

/// The lane of each mode.
static LANE_OF: [u8; 16] = {
    let (mut lanes, mut mode) = ([0; 16], 0);
    while mode < MODES {
        let mut lane = 0;
        while LANES[lane] as usize != mode {
            lane += 1;
        }
        lanes[mode] = lane as u8;
        mode += 1;
    }
    lanes
};

/// By block: the batch of each lane of [`LANES`], and the place there, as [`code`] has them.
static WHERE: [[(u8, u8); 16]; 2] = {
    let (mut places, mut lane) = ([[(0, 0); 16]; 2], 0);
    while lane < 32 {
        let which = lane as u8 / 16;
        let (batch, slot) = PLACES[LANES[lane % 16] as usize];
        places[lane / 16][lane % 16] =
            if batch == 2 { (4, slot + 2 * which) } else { (2 * which + batch, slot) };
        lane += 1;
    }
    places
};

/// Codes blocks by all modes.
#[inline(always)]
fn code<S: Simd, const N: usize, const TRELLIS: bool>(
    simd: S,
    job: &Job,
    sources: [&Rows; N],
    edges: &[Edge; N],
    contexts: &[usize; N],
    modes: &mut Modes,
) {
    let zero = S::Dwords::splat(simd, 0);
    let mut sums = [[zero; 3]; 5];
    let mut plain = [[S::Words::splat(simd, 0); 4]; 2];
    let mut shared = plain;
    for which in 0..N {
        let source = each!(4, x => S::Words::load(simd, &sources[which][x]));
        let predictions = predict(simd, &edges[which]);
        let contexts = [contexts[which]; 2];
        for (i, prediction) in predictions.into_iter().enumerate() {
            let batch = 2 * which + i;
            sums[batch] = code_batch::<S, TRELLIS>(simd, job, &source, prediction, contexts, modes, batch);
        }
        plain[which] = predict_plain(simd, &edges[which]);
        shared[which] = source;
    }
    let last = N - 1;
    let source = each!(4, x => shared[0][x].low_halves(shared[last][x]));
    let prediction = each!(4, x => plain[0][x].low_halves(plain[last][x]));
    sums[4] =
        code_batch::<S, TRELLIS>(simd, job, &source, prediction, [contexts[0], contexts[last]], modes, 4);
    let least = if S::HAS_LOOKUP {
        let [first, second, shared] = count_levels::<S, N>(simd, job, contexts, modes);
        [[first, shared], [second, shared]]
    } else {
        each!(2, which => added::<S>(&sums, which, 2))
    };
    for (which, (to, least)) in modes.sums.iter_mut().zip(least).enumerate().take(N) {
        let sums = [added::<S>(&sums, which, 0), added::<S>(&sums, which, 1), least];
        for (i, to) in [&mut to.squared, &mut to.spectra, &mut to.least].into_iter().enumerate() {
            let [own, shared] = sums[i];
            own.store(&mut to[0]);
            (if which == 0 { shared } else { shared.high_halves(shared) }).store(&mut to[1]);
        }
    }
}

/// Sum `i` of a block: of its own two batches, and of the shared one.
#[inline(always)]
fn added<S: Simd>(sums: &[[S::Dwords; 3]; 5], which: usize, i: usize) -> [S::Dwords; 2] {
    let (a, b, c) = (sums[2 * which][i], sums[2 * which + 1][i], sums[4][i]);
    [a.add_neighbours(b), c.add_neighbours(c)]
}

/// What the levels of all modes cost at least, with what few of them cost more: of the first two batches of each block, and
/// of the last one.
#[inline(always)]
fn count_levels<S: Simd, const N: usize>(
    simd: S,
    job: &Job,
    contexts: &[usize; N],
    modes: &mut Modes,
) -> [S::Dwords; 3] {
    let lookups = &job.costs.luma4x4_lookups;
    let levels = &modes.levels;
    let second = 2 * (N - 1);
    let last = [&levels[4]; 2];
    let pairs = [[&levels[0], &levels[1]], [&levels[second], &levels[second + 1]], last, last];
    let counted = level_costs::count(simd, lookups, 0, &level_costs::places(simd, pairs));
    let few = counted.count.min(S::Bytes::splat(simd, FLAT_LEVELS as u8)).equal(counted.count);
    let penalties = few.and(S::Bytes::load(simd, &PENALTIES)).widen();
    let [a, b] = [contexts[0], contexts[N - 1]].map(|context| 0x0101_0101 * context as u64);
    let [both, a, b] = [a | b << 32, a | a << 32, b | b << 32].map(u64::to_le_bytes);
    let contexts = S::Bytes::load_quarters(simd, [&both, &a, &both, &b]);
    let [low, high] = counted.cost(simd, lookups, 0, contexts, &mut modes.known);
    let (first, second) = (low + penalties.0).widen();
    let (shared, _) = (high + penalties.1).widen();
    // They are unsigned.
    let mask = S::Dwords::splat(simd, 0xffff);
    [first.and(mask), second.and(mask), shared.and(mask)]
}

/// Codes a batch; squared errors, spectra, and what the levels cost at least. `contexts`: of the levels in each half.
#[inline(always)]
fn code_batch<S: Simd, const TRELLIS: bool>(
    simd: S,
    job: &Job,
    source: &[S::Words; 4],
    prediction: [S::Words; 4],
    contexts: [usize; 2],
    modes: &mut Modes,
    batch: usize,
) -> [S::Dwords; 3] {
    let rows = forward(simd, each!(4, x => source[x] - prediction[x]));
    let (levels, scaled) = if TRELLIS {
        let mut candidates = Candidates::new(simd, rows, &job.segment.luma);
        for slot in 0..4 {
            candidates.choose(slot, trellis_place(job, true, contexts[slot / 2]), job.costs);
        }
        candidates.finish()
    } else {
        quantise(simd, rows, &job.segment.luma)
    };
    let columns = inverse(simd, scaled, prediction);
    for (levels, to) in levels.into_iter().zip(&mut modes.levels[batch]) {
        levels.store(to);
    }
    for (column, to) in columns.into_iter().zip(&mut modes.samples[batch]) {
        column.store_bytes(to);
    }
    let least = if S::HAS_LOOKUP {
        S::Dwords::splat(simd, 0)
    } else {
        least_bits(simd, &levels, &job.costs.least[kind::LUMA4X4])
    };
    [squared::<S>(source, &columns), spectrum(simd, &columns), least]
}

/// What a block is coded with.
struct Choice {
    mode: usize,
    /// The lane of [`LANES`] where it is.
    lane: usize,
    cost: Cost,
    has_levels: bool,
}

/// The best mode of a block, and its levels in zigzag order.
#[inline(always)]
fn choose<S: Simd>(
    simd: S,
    job: &Job,
    (modes, which): (&Modes, usize),
    source_spectrum: i32,
    (mode_bits, context): (&[i32; 16], usize),
    levels: &mut Block,
) -> Choice {
    let lambda = &job.segment.lambda;
    let sums = &modes.sums[which];
    let (scores, mut bounds) = bounds(simd, job, sums, source_spectrum, mode_bits);
    let block_in = |lane: usize| {
        let (batch, slot) = WHERE[which][lane & 15];
        block_of(simd, &modes.levels[usize::from(batch)], slot.into())
    };
    // By mode: what its levels cost, and whether it has any.
    let (mut residual_bits, mut has_levels) = ([0; 16], [false; 16]);
    // The score, and in its low bits the mode. In the order of their bounds: most modes cannot be better than the first.
    let mut best = i64::MAX;
    for _ in 0..MODES {
        let next = least(&bounds);
        let bound = i64::from(next & !15);
        if bound > best >> 4 {
            break;
        }
        let lane = (next & 15) as usize;
        let mode = usize::from(LANES[lane]) & 15;
        bounds[lane] = i32::MAX;
        let known = modes.known.block(KNOWN[which][lane].into());
        let Residual { bits, has_levels: any, count } = match known {
            Some(known) => known,
            None => residual(simd, job.costs, (kind::LUMA4X4, 0), context, block_in(lane)),
        };
        let bits = bits + FLAT_PENALTY * u32::from(count <= FLAT_LEVELS && mode > 0);
        (residual_bits[mode], has_levels[mode]) = (bits, any);
        let more = i64::from(bits) - i64::from(sums.least.as_flattened()[lane]);
        let score = i64::from(scores[lane]) + more * lambda.luma4x4;
        best = best.min(score << 4 | mode as i64);
    }
    let mode = (best & 15) as usize;
    let lane = usize::from(LANE_OF[mode]);
    zigzag::<S>(block_in(lane), levels);
    let of = |sums: &[[i32; 8]; 2]| sums.as_flattened()[lane & 15];
    let cost = Cost {
        squared: of(&sums.squared) as u64,
        spectral: spectral(lambda, of(&sums.spectra).abs_diff(source_spectrum) >> 5),
        mode_bits: mode_bits[lane & 15] as u32,
        residual_bits: residual_bits[mode],
    };
    Choice { mode, lane, cost, has_levels: has_levels[mode] }
}

/// The least bound.
#[inline(always)]
fn least(bounds: &[i32; 16]) -> i32 {
    let [a, b, c, d, e, f, g, h, i, j, ..] = *bounds;
    (a.min(b).min(c.min(d))).min(e.min(f).min(g.min(h))).min(i.min(j))
}

/// What the modes score at least, by lane: with what levels cost at least. Then the same, but the low four bits are the
/// lane instead. (All of it is far below 2^31.)
#[inline(always)]
fn bounds<S: Simd>(
    simd: S,
    job: &Job,
    sums: &Sums,
    source_spectrum: i32,
    mode_bits: &[i32; 16],
) -> ([i32; 16], [i32; 16]) {
    static NUMBERS: [[i32; 8]; 2] = [[0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 10, 11, 12, 13, 14, 15]];
    let lambda = &job.segment.lambda;
    let splat = S::Dwords::splat;
    let (zero, rate) = (splat(simd, 0), splat(simd, lambda.luma4x4 as i32));
    let (mut scores, mut bounds) = ([0; 16], [0; 16]);
    let to = scores.as_chunks_mut::<8>().0.iter_mut().zip(bounds.as_chunks_mut::<8>().0);
    for (group, ((scores, bounds), bits)) in to.zip(mode_bits.as_chunks::<8>().0).enumerate() {
        let load = [&sums.spectra[group], &sums.squared[group], &sums.least[group]];
        let [spectrum, squared, least] = each!(3, i => S::Dwords::load(simd, load[i]));
        let difference = spectrum - splat(simd, source_spectrum);
        let difference = difference.max(zero - difference).shr::<5>();
        let spectral = difference.mul_low(splat(simd, lambda.spectral as i32)) + splat(simd, 128);
        let distortion = squared + spectral.shr::<8>();
        let bits = (S::Dwords::load(simd, bits) + least).mul_low(rate);
        let score = distortion.shl::<8>() + bits;
        score.store(scores);
        score.and(splat(simd, !15)).or(S::Dwords::load(simd, &NUMBERS[group])).store(bounds);
    }
    (scores, bounds)
}

/// The blocks in an order in which two of a step know nothing of each other: a block needs the one on its left, and those
/// above and above to the right. Steps of one block alone have it twice.
const STEPS: [[usize; 2]; 10] =
    [[0, 0], [1, 1], [2, 4], [3, 5], [6, 8], [7, 9], [10, 12], [11, 13], [14, 14], [15, 15]];

/// What the next block of a column knows of what is above it.
#[derive(Clone, Copy, Default)]
struct Above {
    /// Four samples, the first one lowest: one number, as a processor waits where what it reads was written in parts.
    samples: u64,
    mode: u8,
    has_levels: u8,
}

/// What the next block of a row knows of what is to its left.
#[derive(Clone, Copy, Default)]
struct Beside {
    /// The sample above the others.
    corner: u8,
    samples: [u8; 4],
    mode: u8,
    has_levels: u8,
}

/// What is known of the blocks so far.
struct State<'a> {
    job: &'a Job<'a>,
    prepared: &'a Source,
    total: Cost,
    score: i64,
    modes: [u8; 16],
    levels: [Block; 16],
    strips: [Strip; 4],
    /// By column. The fifth are the samples to the right of the macroblock.
    above: [Above; 5],
    /// By row.
    beside: [Beside; 4],
}

impl<'a> State<'a> {
    fn new(job: &'a Job, prepared: &'a Source) -> Self {
        let border = &job.luma_border;
        let total = Cost { mode_bits: costs::HAS_4X4, ..Cost::default() };
        let four = |samples: [u8; 4]| u64::from(u32::from_le_bytes(samples));
        let mut above = [Above { samples: four(job.top_right), ..Above::default() }; 5];
        for (x, &samples) in border.top.as_chunks().0.iter().enumerate() {
            above[x] = Above { samples: four(samples), mode: job.top.modes[x], has_levels: job.top.luma[x] };
        }
        let mut corner = border.corner;
        let mut beside = [Beside::default(); 4];
        for (y, &samples) in border.left.as_chunks().0.iter().enumerate() {
            beside[y] = Beside { corner, samples, mode: job.left.modes[y], has_levels: job.left.luma[y] };
            corner = samples[3];
        }
        Self {
            job,
            prepared,
            total,
            score: total.score(job.segment.lambda.mode),
            modes: [0; 16],
            levels: [[0; 16]; 16],
            strips: [[[0; 16]; 4]; 4],
            above,
            beside,
        }
    }

    /// What stands around a block, and the context of its levels.
    #[inline(always)]
    fn around(&self, block: usize) -> (Edge, usize) {
        let (x, y) = (block % 4, block / 4);
        let (above, beside) = (&self.above[x], &self.beside[y]);
        let top = above.samples | self.above[x + 1].samples << 32;
        let edge = Edge { left: beside.samples, corner: beside.corner, top };
        (edge, usize::from(above.has_levels + beside.has_levels))
    }

    /// Takes over what was chosen for a block.
    #[inline(always)]
    fn take(&mut self, block: usize, choice: &Choice, work: &Modes, which: usize) {
        let (x, y) = (block % 4, block / 4);
        self.score += choice.cost.score(self.job.segment.lambda.mode);
        self.total += choice.cost;
        self.modes[block] = choice.mode as u8;
        let (batch, slot) = WHERE[which][choice.lane & 15];
        let (mut right, mut below) = ([0; 4], 0);
        for (column, from) in work.samples[usize::from(batch)].iter().enumerate() {
            right = *from[4 * usize::from(slot & 3)..].first_chunk().unwrap_or(&[0; 4]);
            self.strips[y][column][4 * x..][..4].copy_from_slice(&right);
            below |= u64::from(right[3]) << (8 * column);
        }
        let (mode, has_levels) = (choice.mode as u8, choice.has_levels.into());
        let corner = (self.above[x].samples >> 24) as u8;
        self.beside[y] = Beside { corner, samples: right, mode, has_levels };
        self.above[x] = Above { samples: below, mode, has_levels };
    }

    /// Codes and decides blocks that know nothing of each other. Whether 4x4 modes may still be better than what has the
    /// score to beat.
    #[inline(always)]
    fn step<S: Simd, const N: usize, const TRELLIS: bool>(
        &mut self,
        simd: S,
        blocks: [usize; N],
        work: &mut Modes,
        to_beat: i64,
    ) -> bool {
        let job = self.job;
        let around = blocks.map(|block| self.around(block));
        let (edges, contexts) = (around.map(|(edge, _)| edge), around.map(|(_, context)| context));
        let sources = blocks.map(|block| &self.prepared.blocks[block]);
        code::<S, N, TRELLIS>(simd, job, sources, &edges, &contexts, work);
        for (which, block) in blocks.into_iter().enumerate() {
            let (above, beside) = (self.above[block % 4].mode, self.beside[block / 4].mode);
            let mode_bits = &costs::LUMA4X4_LANES[usize::from(above)][usize::from(beside)];
            let choice = choose(
                simd,
                job,
                (work, which),
                self.prepared.spectrum(block),
                (mode_bits, contexts[which]),
                &mut self.levels[block],
            );
            self.take(block, &choice, work, which);
        }
        let most = job.effort.most_mode_bits;
        self.score < to_beat && self.total.mode_bits - costs::HAS_4X4 <= most
    }
}

/// Gives the macroblock 4x4 modes if they are better than what has the score to beat, and says whether they are. (Scores only
/// grow, so that the order in which blocks are added does not matter.)
#[inline(always)]
pub(in super::super) fn decide<S: Simd, const TRELLIS: bool>(
    simd: S,
    job: &Job,
    prepared: &Source,
    to_beat: i64,
    samples: &mut [Strip; 4],
    out: &mut Macroblock,
) -> bool {
    let sums = Sums { squared: [[0; 8]; 2], spectra: [[0; 8]; 2], least: [[0; 8]; 2] };
    let mut work = Modes {
        levels: [[[0; 16]; 4]; 5],
        samples: [[[0; 16]; 4]; 5],
        sums: [sums; 2],
        known: Known::NOTHING,
    };
    let mut state = State::new(job, prepared);
    for [first, second] in std::hint::black_box(STEPS) {
        let may_win = if first == second {
            state.step::<S, 1, TRELLIS>(simd, [first], &mut work, to_beat)
        } else {
            state.step::<S, 2, TRELLIS>(simd, [first, second], &mut work, to_beat)
        };
        if !may_win {
            return false;
        }
    }
    out.has_4x4 = true;
    out.modes = state.modes;
    out.dcs = [0; 16];
    out.luma = state.levels;
    out.mode_bits = state.total.mode_bits;
    *samples = state.strips;
    true
}
