//! Quantisation, sign data hiding and scaling (H.265 8.6.3 and what the encoder does before it).

use super::kernels;
use super::residual_rate::spread;
use super::scan::Scan;
use crate::simd::Simd;

/// Levels in scan order, sub-block by sub-block, and of each sub-block which of its 16 are not zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels<'a> {
    pub(super) levels: &'a [i16],
    pub(super) significant: &'a [u16],
}

impl<'a> Levels<'a> {
    #[inline(always)]
    pub(super) fn sub_block(self, index: usize) -> &'a [i16; 16] {
        self.levels[16 * index..].first_chunk().expect("a block has 16 levels for each of its sub-blocks")
    }
}

impl Levels<'_> {
    /// Copies those of so many 4x4 blocks.
    #[inline(always)]
    pub(super) fn copy_to(self, to: LevelsMut<'_>, blocks: usize) {
        to.levels[..16 * blocks].copy_from_slice(&self.levels[..16 * blocks]);
        to.significant[..blocks].copy_from_slice(&self.significant[..blocks]);
    }
}

/// The same, to write.
#[derive(Debug)]
pub(super) struct LevelsMut<'a> {
    pub(super) levels: &'a mut [i16],
    pub(super) significant: &'a mut [u16],
}

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
        }
    }

    /// Quantises a block of coefficients (in raster order) and hides signs. Says whether a level is left; if none is,
    /// nothing is written.
    #[inline(always)]
    pub(super) fn quantise<S: Simd, const N: usize>(
        &self,
        simd: S,
        coefficients: &[i16],
        scan: &Scan,
        sign_hiding: bool,
        out: &mut LevelsMut<'_>,
    ) -> bool {
        let nonzero = if S::IS_SCALAR {
            self.quantise_plainly(coefficients, scan, out)
        } else {
            let mut levels = [[0; N]; N];
            let levels = levels.as_flattened_mut();
            let mut masks = [0; 64];
            let numbers = [self.factor, self.add, self.shift as i32];
            if !kernels::quantise(simd, coefficients, N * N, numbers, levels, &mut masks) {
                return false;
            }
            into_scan_order::<N>(levels, &masks, scan, out)
        };
        if sign_hiding && nonzero >= 2 {
            self.hide_signs::<S, N>(simd, coefficients, scan, out);
        }
        nonzero > 0
    }

    /// Gives the number of levels that are not 0.
    fn quantise_plainly(&self, coefficients: &[i16], scan: &Scan, out: &mut LevelsMut<'_>) -> u32 {
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

    /// Makes the parity of each sub-block's magnitudes say the sign of its first level
    /// (docs/spec/h265-intra.md, 8.4).
    #[inline(always)]
    fn hide_signs<S: Simd, const N: usize>(
        &self,
        simd: S,
        coefficients: &[i16],
        scan: &Scan,
        out: &mut LevelsMut<'_>,
    ) {
        let mut last = true;
        for index in (0..scan.count()).rev() {
            let mask = u32::from(out.significant[index]);
            if mask == 0 {
                continue;
            }
            let highest = if last { 31 - mask.leading_zeros() } else { 15 } as usize;
            last = false;
            if spread(mask) < 4 {
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
            let (chosen, mut change) = if S::IS_SCALAR {
                self.parity_change(&coefficients, levels, first, highest)
            } else {
                let numbers = [self.factor, self.shift as i32];
                kernels::parity_change(simd, &coefficients, levels, numbers, first, highest)
            };
            let level = &mut levels[chosen];
            if level.unsigned_abs() >= i16::MAX.unsigned_abs() {
                change = -1;
            }
            *level += if coefficients[chosen] < 0 { -change } else { change };
            let bit = 1 << chosen;
            out.significant[index] = if *level != 0 { mask as u16 | bit } else { mask as u16 & !bit };
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

    /// Scales levels back to coefficients in raster order. Gives the columns and rows beyond which all are 0.
    #[inline(always)]
    pub(super) fn scale<S: Simd, const N: usize>(
        &self,
        simd: S,
        levels: Levels<'_>,
        scan: &Scan,
        coefficients: &mut [i16],
    ) -> (usize, usize) {
        coefficients[..N * N].fill(0);
        let (mut columns, mut rows) = (0, 0);
        for (index, &significant) in levels.significant[..scan.count()].iter().enumerate() {
            if significant == 0 {
                continue;
            }
            let (x, y) = scan.sub_blocks[index];
            (columns, rows) = (columns.max(4 * usize::from(x) + 4), rows.max(4 * usize::from(y) + 4));
            let to = &mut coefficients[sub_block_start(scan, index, N)..];
            let numbers = [self.scale, self.round, self.scale_shift as i32];
            let scaled = kernels::scale(simd, levels.sub_block(index), numbers);
            let mut left = significant;
            while left != 0 {
                let rank = left.trailing_zeros() as usize % 16;
                left &= left - 1;
                to[place(scan, rank, N)] = scaled[rank];
            }
        }
        (columns, rows)
    }
}

/// Brings levels from raster into scan order. `masks` says of each 16 which are not 0. Gives the number of those.
#[inline(always)]
fn into_scan_order<const N: usize>(
    levels: &[i16],
    masks: &[u16; 64],
    scan: &Scan,
    out: &mut LevelsMut<'_>,
) -> u32 {
    let mut nonzero = 0;
    for (index, significant) in out.significant[..N * N / 16].iter_mut().enumerate() {
        let start = sub_block_start(scan, index, N);
        let mut mask = 0;
        for (row, table) in scan.row_masks.iter().enumerate() {
            let at = start + row * N;
            mask |= table[usize::from(masks[at / 16 % 64] >> (at % 16)) % 16];
        }
        *significant = mask;
        if mask == 0 {
            continue;
        }
        nonzero += mask.count_ones();
        let to = out.levels[16 * index..].first_chunk_mut::<16>().expect("room for all levels");
        *to = [0; 16];
        let mut left = mask;
        while left != 0 {
            let rank = left.trailing_zeros() as usize % 16;
            left &= left - 1;
            to[rank] = levels[start + place(scan, rank, N)];
        }
    }
    nonzero
}

/// Where a sub-block begins in a block in raster order.
#[inline(always)]
fn sub_block_start(scan: &Scan, index: usize, side: usize) -> usize {
    let (x, y) = scan.sub_blocks[index % 64];
    4 * (usize::from(y) * side + usize::from(x))
}

/// Where a place of a sub-block is, from its first.
#[inline(always)]
fn place(scan: &Scan, rank: usize, side: usize) -> usize {
    let place = usize::from(scan.places[rank % 16]);
    place / 4 * side + place % 4
}
