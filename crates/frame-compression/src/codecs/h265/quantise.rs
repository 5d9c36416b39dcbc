//! Quantisation, sign data hiding and scaling (H.265 8.6.3 and what the encoder does before it).

use super::kernels;
use super::levels::{LevelsMut, place, spread, sub_block_start};
use super::scan::Scan;
use crate::simd::{Simd, Words};

/// The quantiser of one quantisation parameter and block size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantiser {
    /// Forward: factor, what is added, how far it is shifted.
    factor: i32,
    add: i32,
    shift: u32,
    /// Backward: factor (with the power of two of the parameter), rounding, how far it is shifted.
    scale: i32,
    round: i32,
    scale_shift: u32,
    /// Rounding as the choice of levels by their cost has it.
    round_in_choice: i32,
}

impl Quantiser {
    #[inline]
    pub(super) fn new(qp: u8, log2: u32) -> Self {
        let (per, rem) = (u32::from(qp / 6), usize::from(qp % 6));
        let shift = 21 + per - log2;
        Self {
            factor: [26214, 23302, 20560, 18396, 16384, 14564][rem],
            add: 171 << (shift - 9),
            shift,
            scale: [40, 45, 51, 57, 64, 72][rem] << per,
            round: 1 << (log2 - 2),
            scale_shift: log2 - 1,
            round_in_choice: if log2 - 1 > per { 1 << (log2 - 2 - per) } else { 0 },
        }
    }

    /// Factor, what is added and the shift that round to the nearest level.
    #[inline(always)]
    pub(super) fn nearest(&self) -> [i32; 3] {
        [self.factor, 1 << (self.shift - 1), self.shift as i32]
    }

    /// The magnitude of a coefficient that a level stands for, as the choice of levels by their cost has it.
    #[inline(always)]
    pub(super) fn magnitude_of(&self, level: i64) -> i64 {
        (level * i64::from(self.scale) + i64::from(self.round_in_choice)) >> self.scale_shift
    }

    /// Quantises a block of coefficients (in raster order), hides signs, and scales the levels back to coefficients.
    /// Gives the columns and rows beyond which all of those are 0, or nothing where no level is left.
    #[inline(always)]
    pub(super) fn code<S: Simd, const N: usize>(
        &self,
        simd: S,
        coefficients: &mut [i16],
        scan: &Scan,
        sign_hiding: bool,
        out: &mut LevelsMut<'_>,
    ) -> Option<(usize, usize)> {
        if S::IS_SCALAR {
            return self.code_plainly::<N>(coefficients, scan, sign_hiding, out);
        }
        let zero = S::Words::splat(simd, 0);
        let vanishing = S::Words::splat(simd, (((1 << self.shift) - self.add - 1) / self.factor) as i16);
        let (mut columns, mut rows) = (0, 0);
        for index in (0..N * N / 16).rev() {
            let start = sub_block_start(scan, index, N);
            let block = kernels::load_sub_block::<S, N>(simd, coefficients, start);
            if block.abs().greater(vanishing).is_zero() {
                out.significant[index] = 0;
                kernels::store_sub_block::<S, N>(zero, coefficients, start);
                continue;
            }
            let coefficient = block.reorder(&scan.into_scan);
            let level = kernels::quantise(simd, coefficient, [self.factor, self.add, self.shift as i32]);
            let levels = out.levels[16 * index..].first_chunk_mut::<16>().expect("room for all levels");
            level.store(levels);
            let mut mask = !level.equal(zero).signs();
            if sign_hiding && spread(mask.into()) >= 4 {
                // The last sub-block with a level comes first.
                let highest = if columns == 0 { 15 - mask.leading_zeros() } else { 15 } as usize;
                mask = self.hide_sign(simd, coefficient, level, levels, mask, highest);
            }
            out.significant[index] = mask;
            let (x, y) = scan.sub_blocks[index % 64];
            (columns, rows) = (columns.max(4 * usize::from(x) + 4), rows.max(4 * usize::from(y) + 4));
            let numbers = [self.scale, self.round, self.scale_shift as i32];
            let scaled = kernels::scale(simd, S::Words::load(simd, levels), numbers);
            kernels::store_sub_block::<S, N>(scaled.reorder(&scan.into_raster), coefficients, start);
        }
        (columns > 0).then_some((columns, rows))
    }

    /// Scales the levels of a block back to coefficients in raster order. Gives the columns and rows beyond which all of
    /// those are 0.
    #[inline(always)]
    pub(super) fn scale_all<S: Simd, const N: usize>(
        &self,
        simd: S,
        from: &LevelsMut<'_>,
        scan: &Scan,
        coefficients: &mut [i16],
    ) -> (usize, usize) {
        if S::IS_SCALAR {
            return self.scale::<N>(from, scan, coefficients);
        }
        let zero = S::Words::splat(simd, 0);
        let numbers = [self.scale, self.round, self.scale_shift as i32];
        let (mut columns, mut rows) = (0, 0);
        for (index, &significant) in from.significant[..N * N / 16].iter().enumerate() {
            let start = sub_block_start(scan, index, N);
            if significant == 0 {
                kernels::store_sub_block::<S, N>(zero, coefficients, start);
                continue;
            }
            let (x, y) = scan.sub_blocks[index % 64];
            (columns, rows) = (columns.max(4 * usize::from(x) + 4), rows.max(4 * usize::from(y) + 4));
            let levels = from.levels[16 * index..].first_chunk().expect("a block has 16 levels a sub-block");
            let scaled = kernels::scale(simd, S::Words::load(simd, levels), numbers);
            kernels::store_sub_block::<S, N>(scaled.reorder(&scan.into_raster), coefficients, start);
        }
        (columns, rows)
    }

    /// Makes the parity of a sub-block's magnitudes say the sign of its first level
    /// (docs/spec/h265-intra.md, 8.4). `mask` says which levels are not 0, and is given back.
    #[inline(always)]
    fn hide_sign<S: Simd>(
        &self,
        simd: S,
        coefficient: S::Words,
        level: S::Words,
        levels: &mut [i16; 16],
        mask: u16,
        highest: usize,
    ) -> u16 {
        let first = mask.trailing_zeros() as usize % 16;
        let odd = level.shl::<15>().signs().count_ones() & 1;
        if u32::from(level.signs() >> first & 1) == odd {
            return mask;
        }
        let numbers = [self.factor, self.shift as i32];
        let change = kernels::parity_change(simd, coefficient, level, numbers, first, highest);
        let negative = coefficient.signs() >> change.0 & 1 != 0;
        change_level(levels, negative, change, mask)
    }

    /// [`Self::code`] step by step, which says what that computes.
    fn code_plainly<const N: usize>(
        &self,
        coefficients: &mut [i16],
        scan: &Scan,
        sign_hiding: bool,
        out: &mut LevelsMut<'_>,
    ) -> Option<(usize, usize)> {
        let nonzero = self.quantise(coefficients, scan, out);
        if sign_hiding && nonzero >= 2 {
            self.hide_signs::<N>(coefficients, scan, out);
        }
        (nonzero > 0).then(|| self.scale::<N>(out, scan, coefficients))
    }

    /// Gives the number of levels that are not 0.
    fn quantise(&self, coefficients: &[i16], scan: &Scan, out: &mut LevelsMut<'_>) -> u32 {
        let side = 1 << scan.log2;
        let mut nonzero = 0;
        for (index, significant) in out.significant[..scan.count()].iter_mut().enumerate() {
            let from = &coefficients[sub_block_start(scan, index, side)..];
            let to = out.levels[16 * index..].first_chunk_mut::<16>().expect("room for all levels");
            let mut mask = 0;
            for (rank, level) in to.iter_mut().enumerate() {
                let coefficient = i32::from(from[place(scan, rank, side)]);
                let magnitude = (coefficient.abs() * self.factor + self.add) >> self.shift;
                *level = if coefficient < 0 { -magnitude } else { magnitude } as i16;
                mask |= u16::from(magnitude != 0) << rank;
            }
            *significant = mask;
            nonzero += mask.count_ones();
        }
        nonzero
    }

    fn hide_signs<const N: usize>(&self, coefficients: &[i16], scan: &Scan, out: &mut LevelsMut<'_>) {
        let mut last = true;
        for index in (0..scan.count()).rev() {
            let mask = out.significant[index];
            if mask == 0 {
                continue;
            }
            let highest = if last { 15 - mask.leading_zeros() } else { 15 } as usize;
            last = false;
            if spread(mask.into()) < 4 {
                continue;
            }
            let levels = out.levels[16 * index..].first_chunk_mut::<16>().expect("room for all levels");
            let first = mask.trailing_zeros() as usize % 16;
            let odd = levels.iter().fold(0, |parity, &level| parity ^ level) & 1 != 0;
            if (levels[first] < 0) == odd {
                continue;
            }
            let from = &coefficients[sub_block_start(scan, index, N)..];
            let coefficients: [i16; 16] = std::array::from_fn(|rank| from[place(scan, rank, N)]);
            let change = self.parity_change(&coefficients, levels, first, highest);
            out.significant[index] = change_level(levels, coefficients[change.0] < 0, change, mask);
        }
    }

    /// Which level of a sub-block loses least by moving, and by how much its magnitude moves.
    pub(super) fn parity_change(
        &self,
        coefficients: &[i16; 16],
        levels: &[i16; 16],
        first: usize,
        highest: usize,
    ) -> (usize, i16) {
        let negative = levels[first] < 0;
        let (mut least, mut chosen) = (i32::MAX, (first, 1));
        for rank in (0..=highest).rev() {
            let magnitude = i32::from(levels[rank]).abs();
            let exact = i32::from(coefficients[rank]).abs() * self.factor;
            let error = (exact - (magnitude << self.shift)) >> (self.shift - 8);
            let (cost, step) = if magnitude != 0 {
                match (error > 0, rank == first && magnitude == 1) {
                    (true, _) => (-error, 1),
                    (false, true) => continue,
                    (false, false) => (error, -1),
                }
            } else if rank < first && (coefficients[rank] < 0) != negative {
                continue;
            } else {
                (-error, 1)
            };
            if cost < least {
                (least, chosen) = (cost, (rank, step));
            }
        }
        chosen
    }

    /// Gives the columns and rows beyond which all coefficients are 0.
    fn scale<const N: usize>(
        &self,
        from: &LevelsMut<'_>,
        scan: &Scan,
        coefficients: &mut [i16],
    ) -> (usize, usize) {
        coefficients[..N * N].fill(0);
        let (mut columns, mut rows) = (0, 0);
        for (index, &significant) in from.significant[..scan.count()].iter().enumerate() {
            if significant == 0 {
                continue;
            }
            let (x, y) = scan.sub_blocks[index];
            (columns, rows) = (columns.max(4 * usize::from(x) + 4), rows.max(4 * usize::from(y) + 4));
            let to = &mut coefficients[sub_block_start(scan, index, N)..];
            for (rank, &level) in from.levels[16 * index..][..16].iter().enumerate() {
                let scaled = (i32::from(level) * self.scale + self.round) >> self.scale_shift;
                to[place(scan, rank, N)] = scaled.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
            }
        }
        (columns, rows)
    }
}

/// Moves the magnitude of a level whose coefficient has the sign. Gives which levels are not 0 then.
#[inline(always)]
pub(super) fn change_level(
    levels: &mut [i16; 16],
    negative: bool,
    (chosen, mut change): (usize, i16),
    mask: u16,
) -> u16 {
    let level = &mut levels[chosen % 16];
    if level.unsigned_abs() >= i16::MAX.unsigned_abs() {
        change = -1;
    }
    *level += if negative { -change } else { change };
    let bit = 1 << chosen;
    if *level != 0 { mask | bit } else { mask & !bit }
}
