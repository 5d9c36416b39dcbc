//! A mode for each 4x4 block of luma: all ten modes of a block at once.

use super::super::costs::{self, kind};
use super::super::decision::{Cost, FLAT_LEVELS, FLAT_PENALTY, neighbouring_modes, spectral, trellis_place};
use super::super::macroblock::{Job, Macroblock};
use super::super::predict::MODES;
use super::super::transform::Block;
use super::super::trellis;
use super::luma16x16::Source;
use super::{
    Rows, Strip, block_of, forward, inverse, quantise, quantise_by_trellis, residual, spectrum, squared,
    zeros, zigzag,
};
use crate::simd::{Bytes, Dwords, Simd, Words, each};

/// The modes of each batch of four that are computed side by side. The last batch is half full.
const BATCHES: [[u8; 4]; 3] = [[2, 3, 4, 6], [5, 7, 8, 9], [0, 1, 0, 1]];
/// The modes in the order in which [`choose`] has them side by side; the last six are there for nothing.
pub(in super::super) const LANES: [u8; 16] = [2, 3, 5, 7, 4, 6, 8, 9, 0, 1, 0, 1, 0, 1, 0, 1];
/// Where a mode is: its batch, and its place there.
const PLACES: [(usize, usize); MODES] =
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
    top: [u8; 8],
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
    let top = u64::from_le_bytes(edge.top);
    let raw = u128::from(edge.left[3])
        | left << 8
        | u128::from(edge.corner) << 40
        | u128::from(top) << 48
        | u128::from(edge.top[7]) << 112;
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
    let both = u64::from(u32::from_le_bytes(edge.left)) << 32
        | u64::from(u32::from_le_bytes([edge.top[0], edge.top[1], edge.top[2], edge.top[3]]));
    let sum = ((both & EVEN) + (both >> 8 & EVEN)).wrapping_mul(0x0001_0001_0001_0001) >> 48;
    let is_dc = S::Words::load(simd, &IS_DC);
    let dc = S::Words::splat(simd, ((sum + 4) >> 3) as i16).and(is_dc);
    let left: [i16; 4] = edge.left.map(i16::from);
    let left = S::Words::load_quarters(simd, [&left; 4]);
    let (black, white) = (S::Words::splat(simd, 0), S::Words::splat(simd, 255));
    let not_dc = is_dc.equal(black);
    each!(4, x => {
        let step = S::Words::splat(simd, i16::from(edge.top[x]) - i16::from(edge.corner));
        (left + step).max(black).min(white).and(not_dc).or(dc)
    })
}

/// One block or two by all modes: two batches each, and one that they share.
struct Modes {
    levels: [Rows; 5],
    samples: [Strip; 5],
    /// By block.
    sums: [Sums; 2],
}

/// By lane of [`LANES`]: squared errors, spectra, and how many levels are 0, negated.
#[derive(Clone, Copy)]
struct Sums {
    squared: [[i32; 8]; 2],
    spectra: [[i32; 8]; 2],
    zeros: [[i32; 8]; 2],
}

/// Where a mode of the first or the second block is among those of both.
#[inline(always)]
fn place_of(which: usize, mode: usize) -> (usize, usize) {
    match PLACES[mode] {
        (2, slot) => (4, slot + 2 * which),
        (batch, slot) => (2 * which + batch, slot),
    }
}

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
    for (which, to) in modes.sums.iter_mut().enumerate().take(N) {
        for (i, to) in [&mut to.squared, &mut to.spectra, &mut to.zeros].into_iter().enumerate() {
            let (a, b, c) = (sums[2 * which][i], sums[2 * which + 1][i], sums[4][i]);
            let c = c.add_neighbours(c);
            a.add_neighbours(b).store(&mut to[0]);
            (if which == 0 { c } else { c.high_halves(c) }).store(&mut to[1]);
        }
    }
}

/// Codes a batch; squared errors, spectra, and how many levels are 0. `contexts`: of the levels in each half.
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
        quantise_by_trellis(simd, rows, |slot, block| {
            let place = trellis_place(job, true, contexts[slot / 2 % 2]);
            trellis::quantise(&job.segment.luma, block, place, job.costs)
        })
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
    [squared::<S>(source, &columns), spectrum(simd, &columns), zeros(simd, &levels)]
}

/// The mode of a block, what it costs, and its levels in zigzag order.
#[inline(always)]
fn choose<S: Simd>(
    simd: S,
    job: &Job,
    (modes, which): (&Modes, usize),
    source_spectrum: i32,
    (mode_bits, context): (&[i32; 16], usize),
    levels: &mut Block,
) -> (usize, Cost, bool) {
    let lambda = &job.segment.lambda;
    let sums = &modes.sums[which];
    let scores = scores(simd, job, sums, source_spectrum, mode_bits);
    // The one that is best without residuals first: most others cannot be better then.
    let likely = (1..MODES).fold(0, |best, lane| if scores[lane] < scores[best] { lane } else { best });
    let mut best = (i64::MAX, usize::MAX, Cost::default(), false);
    let (mut lane, mut next) = (likely, 0);
    loop {
        let mode = usize::from(LANES[lane]);
        let (batch, slot) = place_of(which, mode);
        let block = block_of(simd, &modes.levels[batch], slot);
        let (bits, mask) = residual(simd, job.costs, (kind::LUMA4X4, 0), context, block);
        let few = (mask >> 1).count_ones() as usize <= FLAT_LEVELS;
        let of = |sums: &[[i32; 8]; 2]| sums.as_flattened()[lane & 15];
        let cost = Cost {
            squared: of(&sums.squared) as u64,
            spectral: spectral(lambda, of(&sums.spectra).abs_diff(source_spectrum) >> 5),
            mode_bits: mode_bits[lane & 15] as u32,
            residual_bits: bits + if mode > 0 && few { FLAT_PENALTY } else { 0 },
        };
        let score = cost.score(lambda.luma4x4);
        if score < best.0 || (score == best.0 && mode < best.1) {
            best = (score, mode, cost, mask != 0);
            zigzag::<S>(block, levels);
        }
        let Some(other) = (next..MODES).find(|&lane| lane != likely && i64::from(scores[lane]) <= best.0)
        else {
            return (best.1, best.2, best.3);
        };
        (lane, next) = (other, other + 1);
    }
}

/// What the modes score at least, by lane: with nothing of the levels but their signs. (All of it is far below 2^31.)
#[inline(always)]
fn scores<S: Simd>(
    simd: S,
    job: &Job,
    sums: &Sums,
    source_spectrum: i32,
    mode_bits: &[i32; 16],
) -> [i32; 16] {
    let lambda = &job.segment.lambda;
    let splat = S::Dwords::splat;
    let (zero, rate) = (splat(simd, 0), splat(simd, lambda.luma4x4 as i32));
    let mut scores = [0; 16];
    let groups = scores.as_chunks_mut::<8>().0.iter_mut().zip(mode_bits.as_chunks::<8>().0);
    for (group, (to, bits)) in groups.enumerate() {
        let load = [&sums.spectra[group], &sums.squared[group], &sums.zeros[group]];
        let [spectrum, squared, zeros] = each!(3, i => S::Dwords::load(simd, load[i]));
        let difference = spectrum - splat(simd, source_spectrum);
        let difference = difference.max(zero - difference).shr::<5>();
        let spectral = difference.mul_low(splat(simd, lambda.spectral as i32)) + splat(simd, 128);
        let distortion = squared + spectral.shr::<8>();
        let signs = (zeros + splat(simd, 16)).shl::<8>();
        let bits = (S::Dwords::load(simd, bits) + signs).mul_low(rate);
        (distortion.shl::<8>() + bits).store(to);
    }
    scores
}

/// The blocks in an order in which two of a step know nothing of each other: a block needs the one on its left, and those
/// above and above to the right. Steps of one block alone have it twice.
const STEPS: [[usize; 2]; 10] =
    [[0, 0], [1, 1], [2, 4], [3, 5], [6, 8], [7, 9], [10, 12], [11, 13], [14, 14], [15, 15]];

/// What is known of the blocks so far.
struct State<'a> {
    job: &'a Job<'a>,
    prepared: &'a Source,
    total: Cost,
    score: i64,
    modes: [u8; 16],
    levels: [Block; 16],
    strips: [Strip; 4],
    flags: [u8; 16],
    /// The samples above each row of blocks, with four more to the right.
    above: [[u8; 20]; 5],
    /// The samples to the left of the next block of each row.
    left: [[u8; 4]; 4],
}

impl<'a> State<'a> {
    fn new(job: &'a Job, prepared: &'a Source) -> Self {
        let border = &job.luma_border;
        let total = Cost { mode_bits: costs::HAS_4X4, ..Cost::default() };
        let mut above = [[0; 20]; 5];
        above[0][..16].copy_from_slice(&border.top);
        for above in &mut above {
            above[16..].copy_from_slice(&job.top_right);
        }
        Self {
            job,
            prepared,
            total,
            score: total.score(job.segment.lambda.mode),
            modes: [0; 16],
            levels: [[0; 16]; 16],
            strips: [[[0; 16]; 4]; 4],
            flags: [0; 16],
            above,
            left: *border.left.as_chunks().0.first_chunk().unwrap_or(&[[0; 4]; 4]),
        }
    }

    #[inline(always)]
    fn edge(&self, block: usize) -> Edge {
        let (x, y) = (block % 4, block / 4);
        let border = &self.job.luma_border;
        let corner = match (x, y) {
            (0, 0) => border.corner,
            (0, _) => border.left[4 * y - 1],
            _ => self.above[y][4 * x - 1],
        };
        let top = *self.above[y][4 * x..].first_chunk().unwrap_or(&[0; 8]);
        Edge { left: self.left[y], corner, top }
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
        let edges = blocks.map(|block| self.edge(block));
        let contexts = blocks.map(|block| {
            let (x, y) = (block % 4, block / 4);
            let top = if y == 0 { job.top.luma[x] } else { self.flags[block - 4] };
            let left = if x == 0 { job.left.luma[y] } else { self.flags[block - 1] };
            usize::from(top + left)
        });
        code::<S, N, TRELLIS>(
            simd,
            job,
            blocks.map(|block| &self.prepared.blocks[block]),
            &edges,
            &contexts,
            work,
        );
        for (which, block) in blocks.into_iter().enumerate() {
            let (x, y) = (block % 4, block / 4);
            let [beyond, beside] = neighbouring_modes(job, &self.modes, block);
            let mode_bits = &costs::LUMA4X4_LANES[beyond][beside];
            let (mode, cost, has_levels) = choose(
                simd,
                job,
                (work, which),
                self.prepared.spectra[block],
                (mode_bits, contexts[which]),
                &mut self.levels[block],
            );
            self.score += cost.score(job.segment.lambda.mode);
            self.total += cost;
            self.modes[block] = mode as u8;
            self.flags[block] = has_levels.into();
            let (batch, slot) = place_of(which, mode);
            for (column, from) in work.samples[batch].iter().enumerate() {
                let four: [u8; 4] = *from[4 * (slot & 3)..].first_chunk().unwrap_or(&[0; 4]);
                self.strips[y][column][4 * x..][..4].copy_from_slice(&four);
                self.above[y + 1][4 * x + column] = four[3];
                self.left[y] = four;
            }
        }
        let most = job.effort.most_mode_bits;
        self.score < to_beat && self.total.mode_bits - costs::HAS_4X4 <= most
    }
}

/// Gives the macroblock 4x4 modes if they are better than what has the score to beat. (Scores only grow, so that the order
/// in which blocks are added does not matter.)
#[inline(always)]
pub(in super::super) fn decide<S: Simd, const TRELLIS: bool>(
    simd: S,
    job: &Job,
    prepared: &Source,
    to_beat: i64,
    samples: &mut [Strip; 4],
    out: &mut Macroblock,
) {
    let sums = Sums { squared: [[0; 8]; 2], spectra: [[0; 8]; 2], zeros: [[0; 8]; 2] };
    let mut work = Modes { levels: [[[0; 16]; 4]; 5], samples: [[[0; 16]; 4]; 5], sums: [sums; 2] };
    let mut state = State::new(job, prepared);
    for [first, second] in std::hint::black_box(STEPS) {
        let may_win = if first == second {
            state.step::<S, 1, TRELLIS>(simd, [first], &mut work, to_beat)
        } else {
            state.step::<S, 2, TRELLIS>(simd, [first, second], &mut work, to_beat)
        };
        if !may_win {
            return;
        }
    }
    out.has_4x4 = true;
    out.modes = state.modes;
    out.dcs = [0; 16];
    out.luma = state.levels;
    out.mode_bits = state.total.mode_bits;
    *samples = state.strips;
}
