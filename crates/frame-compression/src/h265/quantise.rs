//! Quantisation, sign data hiding and scaling (H.265 8.6.3 and what the encoder does before it).

use super::residual_rate::spread;
use super::scan::Scan;

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

    /// Quantises a block of coefficients (in raster order) and hides signs. Says whether a level is left.
    pub(super) fn quantise(
        &self,
        coefficients: &[i16],
        scan: &Scan,
        sign_hiding: bool,
        out: &mut LevelsMut<'_>,
    ) -> bool {
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
        if sign_hiding && nonzero >= 2 {
            self.hide_signs(coefficients, scan, out);
        }
        nonzero > 0
    }

    /// Makes the parity of each sub-block's magnitudes say the sign of its first level
    /// (docs/spec/h265-intra.md, 8.4).
    fn hide_signs(&self, coefficients: &[i16], scan: &Scan, out: &mut LevelsMut<'_>) {
        let side = 1 << scan.log2;
        let mut last = true;
        for index in (0..scan.count()).rev() {
            let mask = u32::from(out.significant[index]);
            if mask == 0 {
                continue;
            }
            let highest_allowed = if last { 31 - mask.leading_zeros() } else { 15 };
            last = false;
            if spread(mask) < 4 {
                continue;
            }
            let levels = out.levels[16 * index..].first_chunk_mut::<16>().expect("room for all levels");
            let negative = levels[mask.trailing_zeros() as usize % 16] < 0;
            let odd = levels.iter().fold(0, |parity, &level| parity ^ level) & 1 != 0;
            if negative != odd {
                let from = &coefficients[sub_block_start(scan, index, side)..];
                let coefficients = std::array::from_fn(|rank| from[place(scan, rank, side)]);
                self.change_parity(&coefficients, levels, highest_allowed as usize);
                out.significant[index] = levels
                    .iter()
                    .enumerate()
                    .fold(0, |mask, (rank, &level)| mask | u16::from(level != 0) << rank);
            }
        }
    }

    /// Moves the level by one that loses least by it.
    fn change_parity(&self, coefficients: &[i16; 16], levels: &mut [i16; 16], highest: usize) {
        let first = levels.iter().position(|&level| level != 0).unwrap_or(0);
        let negative = levels[first] < 0;
        let (mut least, mut chosen, mut change) = (i32::MAX, 0, 0);
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
                (least, chosen, change) = (cost, rank, step);
            }
        }
        let level = &mut levels[chosen];
        if level.unsigned_abs() >= i16::MAX.unsigned_abs() {
            change = -1;
        }
        *level += if coefficients[chosen] < 0 { -change } else { change };
    }

    /// Scales levels back to coefficients in raster order.
    pub(super) fn scale(&self, levels: Levels<'_>, scan: &Scan, coefficients: &mut [i16]) {
        let side = 1 << scan.log2;
        coefficients[..side * side].fill(0);
        for (index, &significant) in levels.significant[..scan.count()].iter().enumerate() {
            let to = &mut coefficients[sub_block_start(scan, index, side)..];
            let from = levels.sub_block(index);
            let mut left = significant;
            while left != 0 {
                let rank = left.trailing_zeros() as usize;
                left &= left - 1;
                // Levels are 16 bits and the factor at most 72 << 8, so that the product can need 64 bits.
                let scaled = (i64::from(from[rank]) * i64::from(self.scale) + i64::from(self.round))
                    >> self.scale_shift;
                to[place(scan, rank, side)] = scaled.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i16;
            }
        }
    }
}

/// Where a sub-block begins in a block in raster order.
#[inline(always)]
fn sub_block_start(scan: &Scan, index: usize, side: usize) -> usize {
    let (x, y) = scan.sub_blocks[index];
    4 * (usize::from(y) * side + usize::from(x))
}

/// Where a place of a sub-block is, from its first.
#[inline(always)]
fn place(scan: &Scan, rank: usize, side: usize) -> usize {
    let place = usize::from(scan.places[rank]);
    place / 4 * side + place % 4
}
