//! One mode for all of a macroblock's luma: all four modes at once, as far as they go.

use super::super::costs::{self, kind};
use super::super::decision::{Cost, note_edge, spectral, trellis_place};
use super::super::macroblock::{Job, Macroblock};
use super::super::predict::Border;
use super::super::transform::Block;
use super::level_costs::{self, Known, Residual};
use super::trellis::Candidates;
use super::{
    Rows, Strip, blocks_of, forward, hadamard_pass, inverse, least_bits, likely_first, load_columns,
    quantise, residual, spectrum, squared, zigzag,
};
use crate::simd::{Bytes, Dwords, Simd, Words, each};

/// What both kinds of luma need of the source.
pub(in super::super) struct Source {
    /// Each block's columns, four times side by side.
    pub(super) blocks: [Rows; 16],
    /// The weighted spectrum of each block, as [`spectra_of`] puts them.
    spectra: [[i32; 8]; 2],
}

impl Source {
    pub(super) const EMPTY: Self = Self { blocks: [[[0; 16]; 4]; 16], spectra: [[0; 8]; 2] };

    /// The weighted spectrum of a block.
    #[inline(always)]
    pub(super) fn spectrum(&self, block: usize) -> i32 {
        /// Of two strips, two blocks of the first, two of the second, and so the other two.
        const fn lane_of(block: usize) -> usize {
            block / 8 * 8 + block % 4 / 2 * 4 + block / 4 % 2 * 2 + block % 2
        }
        self.spectra.as_flattened()[lane_of(block) & 15]
    }
}

/// The source's strips.
#[inline(always)]
fn strips<S: Simd>(simd: S, luma: &[u8; 256]) -> [[S::Words; 4]; 4] {
    let rows = luma.as_chunks::<64>().0;
    each!(4, y => load_columns(simd, &rows[y]))
}

/// Predictions of a strip's columns by DC, TM, vertical and horizontal.
pub(super) struct Predictions<S: Simd> {
    mean: S::Words,
    corner: S::Words,
    /// Above each column of the blocks.
    top: [S::Words; 4],
    has_top: bool,
    has_left: bool,
}

impl<S: Simd> Predictions<S> {
    #[inline(always)]
    pub(super) fn new(simd: S, border: &Border<16>) -> Self {
        let row = S::Words::load_bytes(simd, &border.top);
        Self {
            mean: S::Words::splat(simd, border.mean().into()),
            corner: S::Words::splat(simd, border.corner.into()),
            top: super::transpose::<S>([row; 4]),
            has_top: border.has_top,
            has_left: border.has_left,
        }
    }

    /// Of the strip with these samples to its left.
    #[inline(always)]
    pub(super) fn predict(&self, simd: S, mode: usize, left: S::Words) -> [S::Words; 4] {
        match mode {
            0 => [self.mean; 4],
            1 if self.has_top && self.has_left => {
                let step = left - self.corner;
                let (black, white) = (S::Words::splat(simd, 0), S::Words::splat(simd, 255));
                each!(4, x => (self.top[x] + step).max(black).min(white))
            }
            1 if self.has_top => self.top,
            2 => self.top,
            _ => [left; 4],
        }
    }
}

/// The four samples to the left of a strip, for each of its blocks.
#[inline(always)]
pub(super) fn left_of<S: Simd>(simd: S, left: &[u8; 16], strip: usize) -> S::Words {
    let four: [i16; 4] = std::array::from_fn(|y| left[4 * strip + y].into());
    S::Words::load_quarters(simd, [&four; 4])
}

/// A mode's coefficients and what comes of them.
#[derive(Clone, Copy)]
struct Mode {
    /// Coefficients, then levels.
    rows: [Rows; 4],
    samples: [Strip; 4],
    dcs: Block,
    /// What levels of AC cost at least; 0 where there are none.
    least_bits: i64,
    cost: Cost,
}

const EMPTY: Mode = Mode {
    rows: [[[0; 16]; 4]; 4],
    samples: [[[0; 16]; 4]; 4],
    dcs: [0; 16],
    least_bits: 0,
    cost: Cost { squared: 0, spectral: 0, mode_bits: 0, residual_bits: 0 },
};

/// One pass of the inverse Walsh-Hadamard transform.
#[inline(always)]
fn inverse_walsh_pass<S: Simd>(x: [S::Words; 4]) -> [S::Words; 4] {
    let (a0, a1, a2, a3) = (x[0] + x[3], x[1] + x[2], x[1] - x[2], x[0] - x[3]);
    [a0 + a1, a3 + a2, a0 - a1, a3 - a2]
}

/// Transforms, quantises and transforms back the DCs of all modes: strip `m` of rows holds those of mode `m`.
#[inline(always)]
fn code_dcs<S: Simd>(simd: S, job: &Job, dcs: &mut Rows) -> Rows {
    let x = each!(4, y => S::Words::load(simd, &dcs[y]));
    let columns = hadamard_pass::<S>(super::transpose::<S>(x));
    let rows = hadamard_pass::<S>(super::transpose::<S>(columns));
    let (levels, scaled) = quantise(simd, each!(4, v => rows[v].shr::<1>()), &job.segment.dcs);
    let columns = super::transpose::<S>(inverse_walsh_pass::<S>(scaled));
    let three = S::Words::splat(simd, 3);
    let out = inverse_walsh_pass::<S>([columns[0] + three, columns[1], columns[2], columns[3]]);
    let out = super::transpose::<S>(each!(4, x => out[x].shr::<3>()));
    let mut coded = [[0; 16]; 4];
    for (v, (level, out)) in levels.into_iter().zip(out).enumerate() {
        level.store(&mut coded[v]);
        out.store(&mut dcs[v]);
    }
    coded
}

/// A macroblock by all four modes.
pub(super) struct Modes([Mode; 4]);

/// Codes a macroblock by all modes.
#[inline(always)]
pub(super) fn code<S: Simd, const TRELLIS: bool>(simd: S, job: &Job, prepared: &mut Source) -> Modes {
    let source = strips(simd, &job.source.luma);
    prepare(simd, &source, prepared);
    let mut modes = [EMPTY; 4];
    // A strip of DCs for each row of blocks, four of each mode.
    let mut dcs = [[0; 16]; 4];
    let predictions = Predictions::new(simd, &job.luma_border);
    for (m, mode) in modes.iter_mut().enumerate() {
        for y in 0..4 {
            let prediction = predictions.predict(simd, m, left_of(simd, &job.luma_border.left, y));
            let rows = forward(simd, each!(4, x => source[y][x] - prediction[x]));
            for (row, to) in rows.into_iter().zip(&mut mode.rows[y]) {
                row.store(to);
            }
            for b in 0..4 {
                dcs[y][4 * m + b] = mode.rows[y][0][4 * b];
            }
        }
    }
    let coded = code_dcs(simd, job, &mut dcs);
    for (m, mode) in modes.iter_mut().enumerate() {
        finish::<S, TRELLIS>(simd, job, (m, &coded, &dcs), (&source, &prepared.spectra), &predictions, mode);
    }
    Modes(modes)
}

/// Lays out what 4x4 modes need of the source.
#[inline(always)]
fn prepare<S: Simd>(simd: S, source: &[[S::Words; 4]; 4], prepared: &mut Source) {
    for (strip, blocks) in source.iter().zip(prepared.blocks.as_chunks_mut::<4>().0) {
        for x in 0..4 {
            strip[x].fours::<0x00>().store(&mut blocks[0][x]);
            strip[x].fours::<0x55>().store(&mut blocks[1][x]);
            strip[x].fours::<0xaa>().store(&mut blocks[2][x]);
            strip[x].fours::<0xff>().store(&mut blocks[3][x]);
        }
    }
    for (strips, to) in source.as_chunks().0.iter().zip(&mut prepared.spectra) {
        spectra_of(simd, strips).store(to);
    }
}

/// The weighted spectra of two strips: of two blocks of the first, two of the second, and so the other two.
#[inline(always)]
fn spectra_of<S: Simd>(simd: S, [first, second]: &[[S::Words; 4]; 2]) -> S::Dwords {
    spectrum(simd, first).add_neighbours(spectrum(simd, second))
}

/// Quantises and reconstructs a mode.
#[inline(always)]
fn finish<S: Simd, const TRELLIS: bool>(
    simd: S,
    job: &Job,
    (m, dc_levels, dcs): (usize, &Rows, &Rows),
    (source, spectra): (&[[S::Words; 4]; 4], &[[i32; 8]; 2]),
    predictions: &Predictions<S>,
    mode: &mut Mode,
) {
    static FIRST: [i16; 16] = [-1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0];
    let first = S::Words::load(simd, &FIRST);
    let zero = S::Dwords::splat(simd, 0);
    let mut errors = zero;
    let mut samples = [[S::Words::splat(simd, 0); 4]; 4];
    let mut bits = zero;
    let mut top = job.top.luma;
    for y in 0..4 {
        let prediction = predictions.predict(simd, m, left_of(simd, &job.luma_border.left, y));
        let mut rows = each!(4, v => S::Words::load(simd, &mode.rows[y][v]));
        // Without the DCs, which have been coded by themselves.
        rows[0] = rows[0].and(first).xor(rows[0]);
        let (levels, mut scaled) = if TRELLIS {
            let mut candidates = Candidates::new(simd, rows, &job.segment.luma);
            let mut left = job.left.luma[y];
            for (x, top) in top.iter_mut().enumerate() {
                let place = trellis_place(job, false, usize::from(*top + left));
                left = candidates.choose(x, place, job.costs).into();
                *top = left;
            }
            candidates.finish()
        } else {
            quantise(simd, rows, &job.segment.luma)
        };
        bits = bits + least_bits(simd, &levels, &job.costs.least[kind::AC]);
        let fours = each!(4, b => [dcs[y][4 * m + b], 0, 0, 0]);
        scaled[0] = scaled[0].or(S::Words::load_quarters(simd, fours.each_ref()));
        let columns = inverse(simd, scaled, prediction);
        for (level, to) in levels.into_iter().zip(&mut mode.rows[y]) {
            level.store(to);
        }
        for (column, to) in columns.into_iter().zip(&mut mode.samples[y]) {
            column.store_bytes(to);
        }
        errors = errors + squared::<S>(&source[y], &columns);
        samples[y] = columns;
    }
    let [upper, lower] = each!(2, i => {
        let strips = [samples[2 * i], samples[2 * i + 1]];
        let difference = spectra_of(simd, &strips) - S::Dwords::load(simd, &spectra[i]);
        difference.max(zero - difference).shr::<5>()
    });
    let difference = (upper + lower).sum() as u32;
    mode.least_bits = bits.sum().into();
    for (v, four) in mode.dcs.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        four.copy_from_slice(&dc_levels[v][4 * m..][..4]);
    }
    mode.cost = Cost {
        squared: errors.sum() as u64,
        spectral: spectral(&job.segment.lambda, difference),
        mode_bits: costs::LUMA16X16[m],
        residual_bits: 0,
    };
}

/// What is known of the levels of modes `pair` and `pair + 1`. In each half of the vectors, the first mode's blocks come
/// first: two of each strip.
#[inline(always)]
fn count_levels<S: Simd>(simd: S, job: &Job, modes: &[Mode; 4], pair: usize, known: &mut Known) -> [i64; 2] {
    /// Where the block to the left of each is in the same half or, for the high half, in the low one; and the one above.
    static LEFT: [u8; 16] = [128, 0, 128, 2, 128, 4, 128, 6, 128, 8, 128, 10, 128, 12, 128, 14];
    static LEFT_OF_HIGH: [u8; 16] = [1, 128, 3, 128, 5, 128, 7, 128, 9, 128, 11, 128, 13, 128, 15, 128];
    static ABOVE: [u8; 16] = [128, 128, 0, 1, 2, 3, 4, 5, 128, 128, 8, 9, 10, 11, 12, 13];
    let lookups = &job.costs.ac_lookups;
    let pairs = each!(4, i => {
        let rows = &modes[(pair + i / 2) & 3].rows;
        [&rows[i % 2 * 2], &rows[i % 2 * 2 + 1]]
    });
    let counted = level_costs::count(simd, lookups, 1, &level_costs::places(simd, pairs));
    let zero = S::Bytes::splat(simd, 0);
    let flags = counted.all.min(S::Bytes::splat(simd, 1));
    let ([a, b, c, d], left) = (job.top.luma, job.left.luma);
    let low = [left[0] + a, b, left[1], 0, left[2], 0, left[3], 0];
    let high = [c, d, 0, 0, 0, 0, 0, 0];
    let contexts = S::Bytes::load_quarters(simd, [&low, &low, &high, &high])
        .saturating_add(flags.lookup(S::Bytes::load_twice(simd, &LEFT)))
        .saturating_add(zero.low_halves(flags).lookup(S::Bytes::load_twice(simd, &LEFT_OF_HIGH)))
        .saturating_add(flags.lookup(S::Bytes::load_twice(simd, &ABOVE)));
    // Unsigned, and each mode's in a vector.
    let mask = S::Dwords::splat(simd, 0xffff);
    let costs = counted.cost(simd, lookups, 1, contexts, known);
    each!(2, i => {
        let (a, b) = costs[i].widen();
        (a.and(mask) + b.and(mask)).sum().into()
    })
}

/// What the levels of a mode cost, as far as it takes to be more than `most`. The mode is the first or the second that is
/// known.
#[inline(always)]
fn residual_bits<S: Simd>(
    simd: S,
    job: &Job,
    mode: &Mode,
    (known, which): (&Known, usize),
    most: i64,
) -> u32 {
    let context = usize::from(job.top.dcs + job.left.dcs);
    let levels = S::Words::load(simd, &mode.dcs);
    let mut sum = residual(simd, job.costs, (kind::DCS, 0), context, levels).bits;
    let mut top = job.top.luma;
    for (y, (rows, mut left)) in mode.rows.iter().zip(job.left.luma).enumerate() {
        for (x, (levels, top)) in blocks_of(simd, rows).into_iter().zip(&mut top).enumerate() {
            let context = usize::from(*top + left);
            let Residual { bits, has_levels, .. } = match known.block(x / 2 * 16 + 8 * which + 2 * y + x % 2)
            {
                Some(known) => known,
                None => residual(simd, job.costs, (kind::AC, 1), context, levels),
            };
            sum += bits;
            left = has_levels.into();
            *top = left;
        }
        if i64::from(sum) > most {
            break;
        }
    }
    sum
}

impl Modes {
    /// Chooses between the modes: the best one, and its score beside other kinds of macroblocks.
    #[inline(always)]
    pub(super) fn choose<S: Simd>(&mut self, simd: S, job: &Job, largest_edge: &mut i32) -> (usize, i64) {
        let modes = &mut self.0;
        let lambda = job.segment.lambda.luma16x16;
        let source = &job.source.luma;
        let mut is_flat = modes[0].least_bits == 0 && source.iter().all(|&sample| sample == source[0]);
        for mode in modes.iter_mut() {
            is_flat &= mode.least_bits == 0;
            if is_flat {
                mode.cost.squared *= 2;
                mode.cost.spectral *= 2;
            }
        }
        let scores = modes.each_ref().map(|mode| mode.cost.score(lambda) + mode.least_bits * lambda);
        let mut least = modes.each_ref().map(|mode| mode.least_bits);
        let mut known = [Known::NOTHING; 2];
        let mut is_known = [!S::HAS_LOOKUP; 2];
        let (mut best, mut best_mode) = (i64::MAX, 0);
        for m in likely_first(&scores) {
            if scores[m] > best {
                continue;
            }
            let (pair, which) = (m / 2, m % 2);
            if !is_known[pair] {
                is_known[pair] = true;
                least.as_chunks_mut::<2>().0[pair] =
                    count_levels(simd, job, modes, 2 * pair, &mut known[pair]);
            }
            let without_levels = modes[m].cost.score(lambda);
            if without_levels + least[m] * lambda > best {
                continue;
            }
            let most = (best - without_levels) / lambda;
            modes[m].cost.residual_bits = residual_bits(simd, job, &modes[m], (&known[pair], which), most);
            let score = modes[m].cost.score(lambda);
            if score < best || (score == best && m < best_mode) {
                (best, best_mode) = (score, m);
            }
        }
        let mode = &mut modes[best_mode];
        let mut dcs = [0; 16];
        zigzag::<S>(S::Words::load(simd, &mode.dcs), &mut dcs);
        mode.dcs = dcs;
        note_edge(job, &mode.dcs, mode.least_bits == 0, mode.cost.squared, largest_edge);
        (best_mode, mode.cost.score(job.segment.lambda.mode))
    }

    /// Puts the chosen mode out, but for its samples, which stay strips.
    #[inline(always)]
    pub(super) fn take<S: Simd>(self, simd: S, mode: usize, samples: &mut [Strip; 4], out: &mut Macroblock) {
        let chosen = &self.0[mode & 3];
        out.has_4x4 = false;
        out.modes = [mode as u8; 16];
        out.dcs = chosen.dcs;
        for (rows, blocks) in chosen.rows.iter().zip(out.luma.as_chunks_mut::<4>().0) {
            for (levels, block) in blocks_of(simd, rows).into_iter().zip(blocks) {
                zigzag::<S>(levels, block);
            }
        }
        out.mode_bits = chosen.cost.mode_bits;
        *samples = chosen.samples;
    }
}
