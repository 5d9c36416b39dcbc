//! The transforms as products with the matrix, two terms at a time.
//!
//! Along rows, a pair of inputs meets the table of all outputs; along columns, a pair of rows meets one entry of
//! the table for each output row. Forward and inverse differ in order, table and shift.
//!
//! Row k of the matrix is symmetric where k is even and antisymmetric where it is odd, so that half of the products
//! do: forward, of the sums and differences of mirrored inputs (along rows only, where they fit 16 bits); backward, of
//! even and odd coefficients apart, whose sums and differences are mirrored outputs.

use super::super::transform as plain;
use super::super::transform::{DST, Kernel, matrix};
use super::{four, sixteen, sixteen_mut};
use crate::simd::{Dwords, LaneOrder, Simd, Words};

/// The tables of a forward transform of 16 or 32 points.
struct Forward<const ROWS: usize, const COLUMNS: usize> {
    /// Along rows: by pair of sums (or differences) and, 8 at a time, outputs in the order in which they are packed.
    rows: [[i16; 16]; ROWS],
    /// Along columns: by output and pair of inputs.
    columns: [[i16; 2]; COLUMNS],
}

/// The tables of an inverse transform of 16 or 32 points: of even and odd coefficients, for the first half of outputs.
struct Inverse<const ROWS: usize, const COLUMNS: usize> {
    /// Along rows: by four of inputs and, 8 at a time, outputs in the order in which they are packed.
    rows: [[[i16; 16]; 2]; ROWS],
    /// Along columns: by output and four of inputs.
    columns: [[[i16; 2]; 2]; COLUMNS],
}

/// The entry of the matrix for an output and an input.
const fn entry(points: usize, inverse: bool, output: usize, input: usize) -> i16 {
    let (row, column) = if inverse { (input, output) } else { (output, input) };
    matrix(row * (32 / points), column) as i16
}

/// Which of 16 outputs a lane of 32 bits becomes, when it is packed behind (`group` 0) or in front of another vector.
const fn packed_place(group: usize, lane: usize) -> usize {
    group % 2 * 4 + lane % 4 + lane / 4 * 8
}

impl<const ROWS: usize, const COLUMNS: usize> Forward<ROWS, COLUMNS> {
    const fn new(points: usize) -> Self {
        let mut rows = [[0; 16]; ROWS];
        let mut i = 0;
        while i < ROWS {
            let (pair, group) = (i / (points / 8), i % (points / 8));
            let mut lane = 0;
            while lane < 16 {
                let output = group / 2 * 16 + packed_place(group, lane / 2);
                rows[i][lane] = entry(points, false, output, 2 * pair + lane % 2);
                lane += 1;
            }
            i += 1;
        }
        let mut columns = [[0; 2]; COLUMNS];
        let mut i = 0;
        while i < COLUMNS {
            let (output, pair) = (i / (points / 2), i % (points / 2));
            columns[i] = [entry(points, false, output, 2 * pair), entry(points, false, output, 2 * pair + 1)];
            i += 1;
        }
        Self { rows, columns }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Inverse<ROWS, COLUMNS> {
    const fn new(points: usize) -> Self {
        let mut rows = [[[0; 16]; 2]; ROWS];
        let mut i = 0;
        while i < ROWS * 2 * 16 {
            let (table, odd, lane) = (i / 32, i / 16 % 2, i % 16);
            let (quad, group) = (table / (points / 16), table % (points / 16));
            let output = if points == 16 { lane / 2 } else { packed_place(group, lane / 2) };
            rows[table][odd][lane] = entry(points, true, output, 4 * quad + odd + lane % 2 * 2);
            i += 1;
        }
        let mut columns = [[[0; 2]; 2]; COLUMNS];
        let mut i = 0;
        while i < COLUMNS * 4 {
            let (table, odd, term) = (i / 4, i / 2 % 2, i % 2);
            let (output, quad) = (table / (points / 4), table % (points / 4));
            columns[table][odd][term] = entry(points, true, output, 4 * quad + odd + 2 * term);
            i += 1;
        }
        Self { rows, columns }
    }
}

static FORWARD_16: Forward<8, 128> = Forward::new(16);
static INVERSE_16: Inverse<4, 32> = Inverse::new(16);
static FORWARD_32: Forward<32, 512> = Forward::new(32);
static INVERSE_32: Inverse<16, 128> = Inverse::new(32);

/// The last lane first.
const REVERSED: LaneOrder = LaneOrder::new([15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
/// In each four of lanes the even ones before the odd ones.
const EVEN_FIRST: LaneOrder = LaneOrder::new([0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15]);
/// Of two packed vectors of 8: the first, then the second with the last lane first.
const SECOND_REVERSED: LaneOrder = LaneOrder::new([0, 1, 2, 3, 8, 9, 10, 11, 15, 14, 13, 12, 7, 6, 5, 4]);

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
            forward_rows::<S, 16>(simd, residual, &FORWARD_16.rows, 3, between);
            forward_columns::<S, 16>(simd, between, &FORWARD_16.columns, 10, coefficients);
        }
        _ => {
            forward_rows::<S, 32>(simd, residual, &FORWARD_32.rows, 4, between);
            forward_columns::<S, 32>(simd, between, &FORWARD_32.columns, 11, coefficients);
        }
    }
}

/// The residual of coefficients: [`plain::inverse`]. `used` are the columns and rows beyond which all coefficients
/// are 0, both multiples of 4.
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
            inverse_columns::<S, 16>(simd, coefficients, &INVERSE_16.columns, [used.1 / 4, 16], between);
            inverse_rows::<S, 16>(simd, between, &INVERSE_16.rows, used.0 / 4, residual);
        }
        _ => {
            let width = used.0.next_multiple_of(16);
            inverse_columns::<S, 32>(simd, coefficients, &INVERSE_32.columns, [used.1 / 4, width], between);
            inverse_rows::<S, 32>(simd, between, &INVERSE_32.rows, used.0 / 4, residual);
        }
    }
}

/// Rounds and shifts two vectors of sums, and packs them.
#[inline(always)]
fn rounded<S: Simd>(simd: S, low: S::Dwords, high: S::Dwords, shift: u32) -> S::Words {
    let round = S::Dwords::splat(simd, 1 << (shift - 1));
    (low + round).shr_by(shift).pack_words((high + round).shr_by(shift))
}

/// The sums of mirrored samples of a row and their differences, a pair of sums and a pair of differences in turn. Gives
/// the pairs' places.
#[inline(always)]
fn mirrored_pairs<S: Simd, const N: usize>(simd: S, row: &[i16], pairs: &mut [i16; 32]) -> [usize; 8] {
    let first = S::Words::load(simd, sixteen(row, 0));
    let mirrored = S::Words::load(simd, sixteen(row, N - 16)).reorder(&REVERSED);
    let (sums, differences) = (first + mirrored, first - mirrored);
    sums.zip_low_32(differences).store(sixteen_mut(pairs, 0));
    // Of 16 samples, the upper halves hold what the lower ones do.
    sums.zip_high_32(differences).store(sixteen_mut(pairs, N / 2));
    if N == 16 { [0, 1, 2, 3, 0, 0, 0, 0] } else { [0, 1, 4, 5, 2, 3, 6, 7] }
}

/// Transforms each row of a residual.
#[inline(always)]
fn forward_rows<S: Simd, const N: usize>(
    simd: S,
    input: &[i16],
    tables: &[[i16; 16]],
    shift: u32,
    out: &mut [i16],
) {
    let groups = N / 8;
    for y in (0..N).step_by(2) {
        let mut sums = [[S::Dwords::splat(simd, 0); 4]; 2];
        let mut pairs = [[0; 32]; 2];
        let places = mirrored_pairs::<S, N>(simd, &input[y * N..][..N], &mut pairs[0]);
        mirrored_pairs::<S, N>(simd, &input[(y + 1) * N..][..N], &mut pairs[1]);
        for (place, table) in places.into_iter().zip(tables.chunks_exact(groups)) {
            for (pairs, sums) in pairs.iter().zip(&mut sums) {
                let inputs = S::Words::load_quarters(simd, [four(pairs, 4 * place); 4]);
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

/// Transforms each column.
#[inline(always)]
fn forward_columns<S: Simd, const N: usize>(
    simd: S,
    input: &[i16],
    tables: &[[i16; 2]],
    shift: u32,
    out: &mut [i16],
) {
    let zero = S::Words::splat(simd, 0);
    for x in (0..N).step_by(16) {
        let mut inputs = [[zero; 2]; 16];
        for (pair, inputs) in inputs[..N / 2].iter_mut().enumerate() {
            let a = S::Words::load(simd, sixteen(input, 2 * pair * N + x));
            let b = S::Words::load(simd, sixteen(input, (2 * pair + 1) * N + x));
            *inputs = [a.zip_low_16(b), a.zip_high_16(b)];
        }
        for y in (0..N).step_by(4) {
            let mut sums = [[S::Dwords::splat(simd, 0); 2]; 4];
            let tables = &tables[y * (N / 2)..][..4 * (N / 2)];
            for (pair, inputs) in inputs[..N / 2].iter().enumerate() {
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

/// Transforms each of the first `width` columns, of which the first `fours` fours can be other than 0. In each four of
/// columns the even ones come out before the odd ones.
#[inline(always)]
fn inverse_columns<S: Simd, const N: usize>(
    simd: S,
    input: &[i16],
    tables: &[[[i16; 2]; 2]],
    [fours, width]: [usize; 2],
    out: &mut [i16],
) {
    let zero = S::Words::splat(simd, 0);
    for x in (0..width).step_by(16) {
        // By four of rows: the even ones and the odd ones, low and high.
        let mut inputs = [[[zero; 2]; 2]; 8];
        for (four, inputs) in inputs[..fours].iter_mut().enumerate() {
            let [a, b, c, d] = unrolled!(4, k => {
                S::Words::load(simd, sixteen(input, (4 * four + k) * N + x)).reorder(&EVEN_FIRST)
            });
            *inputs = [[a.zip_low_16(c), a.zip_high_16(c)], [b.zip_low_16(d), b.zip_high_16(d)]];
        }
        for y in (0..N / 2).step_by(2) {
            let mut sums = [[[S::Dwords::splat(simd, 0); 2]; 2]; 2];
            let tables = &tables[y * (N / 4)..][..2 * (N / 4)];
            for (four, inputs) in inputs[..fours].iter().enumerate() {
                for (k, sums) in sums.iter_mut().enumerate() {
                    for ((sums, inputs), [a, b]) in
                        sums.iter_mut().zip(inputs).zip(tables[k * (N / 4) + four])
                    {
                        let factors = S::Words::splat_pair(simd, a, b);
                        for (sum, &input) in sums.iter_mut().zip(inputs) {
                            *sum = *sum + input.mul_add_pairs(factors);
                        }
                    }
                }
            }
            for (k, &[even, odd]) in sums.iter().enumerate() {
                let row = rounded(simd, even[0] + odd[0], even[1] + odd[1], 7);
                let mirrored = rounded(simd, even[0] - odd[0], even[1] - odd[1], 7);
                row.store(sixteen_mut(out, (y + k) * N + x));
                mirrored.store(sixteen_mut(out, (N - 1 - y - k) * N + x));
            }
        }
    }
}

/// Transforms each row, of which the first `fours` fours can be other than 0, in each the even ones before the odd ones.
#[inline(always)]
fn inverse_rows<S: Simd, const N: usize>(
    simd: S,
    input: &[i16],
    tables: &[[[i16; 16]; 2]],
    fours: usize,
    out: &mut [i16],
) {
    let groups = N / 16;
    for y in (0..N).step_by(2) {
        // By row and group: of the even inputs and of the odd ones.
        let mut sums = [[[S::Dwords::splat(simd, 0); 2]; 2]; 2];
        let lines = &input[y * N..][..2 * N];
        for (place, tables) in tables.chunks_exact(groups).take(fours).enumerate() {
            for (line, sums) in lines.chunks_exact(N).zip(&mut sums) {
                let &[a, b, c, d] = four(line, 4 * place);
                let inputs = [S::Words::splat_pair(simd, a, b), S::Words::splat_pair(simd, c, d)];
                for (sums, tables) in sums[..groups].iter_mut().zip(tables) {
                    for ((sum, &input), table) in sums.iter_mut().zip(&inputs).zip(tables) {
                        *sum = *sum + input.mul_add_pairs(S::Words::load(simd, table));
                    }
                }
            }
        }
        for (k, &[first, second]) in sums.iter().enumerate() {
            let at = (y + k) * N;
            if N == 16 {
                let [even, odd] = first;
                let packed = rounded(simd, even + odd, even - odd, 12);
                packed.reorder(&SECOND_REVERSED).store(sixteen_mut(out, at));
            } else {
                let half = rounded(simd, first[0] + first[1], second[0] + second[1], 12);
                let mirrored = rounded(simd, first[0] - first[1], second[0] - second[1], 12);
                half.store(sixteen_mut(out, at));
                mirrored.reorder(&REVERSED).store(sixteen_mut(out, at + 16));
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
