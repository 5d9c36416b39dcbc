//! The transforms as products with the whole matrix, two terms at a time.
//!
//! Along rows, a pair of neighbours meets the table of all outputs; along columns, a pair of rows meets one entry of
//! the table for each output row. Forward and inverse differ in order, table and shift.

use super::super::transform as plain;
use super::super::transform::{DST, Kernel, matrix};
use super::{sixteen, sixteen_mut};
use crate::simd::{Dwords, Simd, Words};

/// The tables of a transform of 16 or 32 points.
struct Tables<const ROWS: usize, const COLUMNS: usize> {
    /// Along rows: by pair of inputs and, 8 at a time, outputs in the order in which they are packed.
    rows: [[i16; 16]; ROWS],
    /// Along columns: by output and pair of inputs.
    columns: [[i16; 2]; COLUMNS],
}

/// The entry of the matrix for an output and an input.
const fn entry(points: usize, inverse: bool, output: usize, input: usize) -> i16 {
    let (row, column) = if inverse { (input, output) } else { (output, input) };
    matrix(row * (32 / points), column) as i16
}

impl<const ROWS: usize, const COLUMNS: usize> Tables<ROWS, COLUMNS> {
    const fn new(points: usize, inverse: bool) -> Self {
        let mut rows = [[0; 16]; ROWS];
        let mut i = 0;
        while i < ROWS {
            let (pair, group) = (i / (points / 8), i % (points / 8));
            let mut lane = 0;
            while lane < 16 {
                let place = lane / 2 % 4 + lane / 8 * 8;
                let output = group / 2 * 16 + group % 2 * 4 + place;
                rows[i][lane] = entry(points, inverse, output, 2 * pair + lane % 2);
                lane += 1;
            }
            i += 1;
        }
        let mut columns = [[0; 2]; COLUMNS];
        let mut i = 0;
        while i < COLUMNS {
            let (output, pair) = (i / (points / 2), i % (points / 2));
            columns[i] =
                [entry(points, inverse, output, 2 * pair), entry(points, inverse, output, 2 * pair + 1)];
            i += 1;
        }
        Self { rows, columns }
    }
}

static FORWARD_16: Tables<16, 128> = Tables::new(16, false);
static INVERSE_16: Tables<16, 128> = Tables::new(16, true);
static FORWARD_32: Tables<64, 512> = Tables::new(32, false);
static INVERSE_32: Tables<64, 512> = Tables::new(32, true);

/// Coefficients of a residual: [`plain::forward`].
#[inline(always)]
pub(in super::super) fn forward<S: Simd, const N: usize>(
    simd: S,
    kernel: Kernel,
    residual: &[i16],
    coefficients: &mut [i16],
) {
    if S::IS_SCALAR {
        return plain::forward::<N>(kernel, residual, coefficients);
    }
    let mut between = [[0; N]; N];
    let between = between.as_flattened_mut();
    match N {
        4 => {
            let tables = if kernel == Kernel::Dst { &FORWARD_DST } else { &FORWARD_4 };
            let block = S::Words::load(simd, sixteen(residual, 0));
            let block = columns_4(simd, rows_4(simd, block, tables, 1), tables, 8);
            block.store(sixteen_mut(coefficients, 0));
        }
        8 => {
            let block = columns_8(simd, rows_8(simd, load_8(simd, residual), &FORWARD_8, 2), &FORWARD_8, 9);
            store_8::<S>(block, coefficients);
        }
        16 => {
            rows::<S, 16, 16, 128>(simd, residual, &FORWARD_16, 8, 3, between);
            columns::<S, 16, 16, 128>(simd, between, &FORWARD_16, [8, 16], 10, coefficients);
        }
        _ => {
            rows::<S, 32, 64, 512>(simd, residual, &FORWARD_32, 16, 4, between);
            columns::<S, 32, 64, 512>(simd, between, &FORWARD_32, [16, 32], 11, coefficients);
        }
    }
}

/// The residual of coefficients: [`plain::inverse`]. `used` are the columns and rows beyond which all coefficients
/// are 0, both even.
#[inline(always)]
pub(in super::super) fn inverse<S: Simd, const N: usize>(
    simd: S,
    kernel: Kernel,
    coefficients: &[i16],
    used: (usize, usize),
    residual: &mut [i16],
) {
    if S::IS_SCALAR {
        return plain::inverse::<N>(kernel, coefficients, residual);
    }
    let mut between = [[0; N]; N];
    let between = between.as_flattened_mut();
    match N {
        4 => {
            let tables = if kernel == Kernel::Dst { &INVERSE_DST } else { &INVERSE_4 };
            let block = S::Words::load(simd, sixteen(coefficients, 0));
            let block = rows_4(simd, columns_4(simd, block, tables, 7), tables, 12);
            block.store(sixteen_mut(residual, 0));
        }
        8 => {
            let block = columns_8(simd, load_8(simd, coefficients), &INVERSE_8, 7);
            store_8::<S>(rows_8(simd, block, &INVERSE_8, 12), residual);
        }
        16 => {
            columns::<S, 16, 16, 128>(simd, coefficients, &INVERSE_16, [used.1 / 2, 16], 7, between);
            rows::<S, 16, 16, 128>(simd, between, &INVERSE_16, used.0 / 2, 12, residual);
        }
        _ => {
            let width = used.0.next_multiple_of(16);
            columns::<S, 32, 64, 512>(simd, coefficients, &INVERSE_32, [used.1 / 2, width], 7, between);
            rows::<S, 32, 64, 512>(simd, between, &INVERSE_32, used.0 / 2, 12, residual);
        }
    }
}

/// Rounds and shifts two vectors of sums, and packs them.
#[inline(always)]
fn rounded<S: Simd>(simd: S, low: S::Dwords, high: S::Dwords, shift: u32) -> S::Words {
    let round = S::Dwords::splat(simd, 1 << (shift - 1));
    (low + round).shr_by(shift).pack_words((high + round).shr_by(shift))
}

/// Transforms each row, of which the first `pairs` pairs can be other than 0.
#[inline(always)]
fn rows<S: Simd, const N: usize, const ROWS: usize, const COLUMNS: usize>(
    simd: S,
    input: &[i16],
    tables: &Tables<ROWS, COLUMNS>,
    pairs: usize,
    shift: u32,
    out: &mut [i16],
) {
    let groups = N / 8;
    for y in (0..N).step_by(2) {
        let mut sums = [[S::Dwords::splat(simd, 0); 4]; 2];
        let lines = &input[y * N..][..2 * N];
        for (pair, table) in tables.rows.chunks_exact(groups).take(pairs).enumerate() {
            for (line, sums) in lines.chunks_exact(N).zip(&mut sums) {
                let inputs = S::Words::splat_pair(simd, line[2 * pair], line[2 * pair + 1]);
                for (sum, table) in sums[..groups].iter_mut().zip(table) {
                    *sum = *sum + inputs.mul_add_pairs(S::Words::load(simd, table));
                }
            }
        }
        for (k, sums) in sums.iter().enumerate() {
            for x in 0..N / 16 {
                let packed = rounded(simd, sums[2 * x], sums[2 * x + 1], shift);
                packed.store(sixteen_mut(out, (y + k) * N + 16 * x));
            }
        }
    }
}

/// Transforms each of the first `width` columns, of which the first `pairs` pairs can be other than 0.
#[inline(always)]
fn columns<S: Simd, const N: usize, const ROWS: usize, const COLUMNS: usize>(
    simd: S,
    input: &[i16],
    tables: &Tables<ROWS, COLUMNS>,
    [pairs, width]: [usize; 2],
    shift: u32,
    out: &mut [i16],
) {
    let zero = S::Words::splat(simd, 0);
    for x in (0..width).step_by(16) {
        let mut inputs = [[zero; 2]; 16];
        for (pair, inputs) in inputs[..pairs].iter_mut().enumerate() {
            let a = S::Words::load(simd, sixteen(input, 2 * pair * N + x));
            let b = S::Words::load(simd, sixteen(input, (2 * pair + 1) * N + x));
            *inputs = [a.zip_low_16(b), a.zip_high_16(b)];
        }
        for y in (0..N).step_by(4) {
            let mut sums = [[S::Dwords::splat(simd, 0); 2]; 4];
            let tables = &tables.columns[y * (N / 2)..][..4 * (N / 2)];
            for (pair, inputs) in inputs[..pairs].iter().enumerate() {
                for (k, sums) in sums.iter_mut().enumerate() {
                    let [even, odd] = tables[k * (N / 2) + pair];
                    let factors = S::Words::splat_pair(simd, even, odd);
                    for (sum, &input) in sums.iter_mut().zip(inputs) {
                        *sum = *sum + input.mul_add_pairs(factors);
                    }
                }
            }
            for (k, &[low, high]) in sums.iter().enumerate() {
                rounded(simd, low, high, shift).store(sixteen_mut(out, (y + k) * N + x));
            }
        }
    }
}

/// The tables of 8 points.
struct Tables8 {
    /// Along rows: by pair of inputs, the first and the second four outputs, both in each half.
    rows: [[[i16; 16]; 2]; 4],
    /// Along columns: by pair of outputs and pair of inputs; the second output has its inputs the other way round.
    columns: [[[i16; 16]; 4]; 4],
}

impl Tables8 {
    const fn new(inverse: bool) -> Self {
        let mut rows = [[[0; 16]; 2]; 4];
        let mut columns = [[[0; 16]; 4]; 4];
        let mut pair = 0;
        while pair < 4 {
            let mut lane = 0;
            while lane < 16 {
                let (half, odd) = (lane / 8, lane % 2);
                let mut group = 0;
                while group < 2 {
                    rows[pair][group][lane] = entry(8, inverse, 4 * group + lane / 2 % 4, 2 * pair + odd);
                    group += 1;
                }
                let mut outputs = 0;
                while outputs < 4 {
                    columns[outputs][pair][lane] =
                        entry(8, inverse, 2 * outputs + half, 2 * pair + (odd + half) % 2);
                    outputs += 1;
                }
                lane += 1;
            }
            pair += 1;
        }
        Self { rows, columns }
    }
}

static FORWARD_8: Tables8 = Tables8::new(false);
static INVERSE_8: Tables8 = Tables8::new(true);

/// Each of four pairs of lanes of both halves, four times.
#[inline(always)]
fn spread_pairs<S: Simd>(block: S::Words) -> [S::Words; 4] {
    let (low, high) = (block.zip_low_32(block), block.zip_high_32(block));
    [low.zip_low_64(low), low.zip_high_64(low), high.zip_low_64(high), high.zip_high_64(high)]
}

/// Transforms the rows of an 8x8 block, two of them in each vector.
#[inline(always)]
fn rows_8<S: Simd>(simd: S, block: [S::Words; 4], tables: &Tables8, shift: u32) -> [S::Words; 4] {
    let mut out = block;
    for rows in &mut out {
        let pairs = spread_pairs::<S>(*rows);
        let mut sums = [S::Dwords::splat(simd, 0); 2];
        for (pair, tables) in pairs.into_iter().zip(&tables.rows) {
            for (sum, table) in sums.iter_mut().zip(tables) {
                *sum = *sum + pair.mul_add_pairs(S::Words::load(simd, table));
            }
        }
        *rows = rounded(simd, sums[0], sums[1], shift);
    }
    out
}

/// The rows of an 8x8 block, two in each vector.
#[inline(always)]
fn load_8<S: Simd>(simd: S, from: &[i16]) -> [S::Words; 4] {
    let mut block = [S::Words::splat(simd, 0); 4];
    for (i, rows) in block.iter_mut().enumerate() {
        *rows = S::Words::load(simd, sixteen(from, 16 * i));
    }
    block
}

#[inline(always)]
fn store_8<S: Simd>(block: [S::Words; 4], to: &mut [i16]) {
    for (i, rows) in block.into_iter().enumerate() {
        rows.store(sixteen_mut(to, 16 * i));
    }
}

/// Transforms the columns of an 8x8 block.
#[inline(always)]
fn columns_8<S: Simd>(simd: S, block: [S::Words; 4], tables: &Tables8, shift: u32) -> [S::Words; 4] {
    let mut inputs = [[S::Words::splat(simd, 0); 2]; 4];
    for (input, rows) in inputs.iter_mut().zip(block) {
        let swapped = rows.swap_halves();
        *input = [rows.zip_low_16(swapped), rows.zip_high_16(swapped)];
    }
    let mut out = block;
    for (rows, tables) in out.iter_mut().zip(&tables.columns) {
        let mut sums = [S::Dwords::splat(simd, 0); 2];
        for (input, table) in inputs.iter().zip(tables) {
            let table = S::Words::load(simd, table);
            for (sum, &input) in sums.iter_mut().zip(input) {
                *sum = *sum + input.mul_add_pairs(table);
            }
        }
        *rows = rounded(simd, sums[0], sums[1], shift);
    }
    out
}

/// The tables of 4 points.
struct Tables4 {
    /// Along rows: by pair of inputs, all outputs in each half.
    rows: [[i16; 16]; 2],
    /// Along columns: for outputs 0 and 2, then 1 and 3, by pair of inputs.
    columns: [[[i16; 16]; 2]; 2],
}

impl Tables4 {
    const fn new(kernel: Kernel, inverse: bool) -> Self {
        let mut rows = [[0; 16]; 2];
        let mut columns = [[[0; 16]; 2]; 2];
        let mut pair = 0;
        while pair < 2 {
            let mut lane = 0;
            while lane < 16 {
                let input = 2 * pair + lane % 2;
                rows[pair][lane] = entry_4(kernel, inverse, lane / 2 % 4, input);
                columns[0][pair][lane] = entry_4(kernel, inverse, lane / 8 * 2, input);
                columns[1][pair][lane] = entry_4(kernel, inverse, lane / 8 * 2 + 1, input);
                lane += 1;
            }
            pair += 1;
        }
        Self { rows, columns }
    }
}

const fn entry_4(kernel: Kernel, inverse: bool, output: usize, input: usize) -> i16 {
    match (kernel, inverse) {
        (Kernel::Dct, _) => entry(4, inverse, output, input),
        (Kernel::Dst, false) => DST[output][input] as i16,
        (Kernel::Dst, true) => DST[input][output] as i16,
    }
}

static FORWARD_4: Tables4 = Tables4::new(Kernel::Dct, false);
static INVERSE_4: Tables4 = Tables4::new(Kernel::Dct, true);
static FORWARD_DST: Tables4 = Tables4::new(Kernel::Dst, false);
static INVERSE_DST: Tables4 = Tables4::new(Kernel::Dst, true);

/// Transforms the rows of a 4x4 block.
#[inline(always)]
fn rows_4<S: Simd>(simd: S, block: S::Words, tables: &Tables4, shift: u32) -> S::Words {
    // Pairs of rows 0 and 2, then those of rows 1 and 3.
    let [even_0, even_1, odd_0, odd_1] = spread_pairs::<S>(block);
    let (first, second) = (S::Words::load(simd, &tables.rows[0]), S::Words::load(simd, &tables.rows[1]));
    let even = even_0.mul_add_pairs(first) + even_1.mul_add_pairs(second);
    let odd = odd_0.mul_add_pairs(first) + odd_1.mul_add_pairs(second);
    rounded(simd, even, odd, shift)
}

/// Transforms the columns of a 4x4 block.
#[inline(always)]
fn columns_4<S: Simd>(simd: S, block: S::Words, tables: &Tables4, shift: u32) -> S::Words {
    let pairs = block.zip_low_16(block.zip_high_64(block));
    let (first, second) = (pairs.low_halves(pairs), pairs.high_halves(pairs));
    let mut sums = [S::Dwords::splat(simd, 0); 2];
    for (sum, [of_first, of_second]) in sums.iter_mut().zip(&tables.columns) {
        *sum = first.mul_add_pairs(S::Words::load(simd, of_first))
            + second.mul_add_pairs(S::Words::load(simd, of_second));
    }
    rounded(simd, sums[0], sums[1], shift)
}
