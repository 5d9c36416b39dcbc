//! What a coded block, luma and chroma of a macroblock are.

use super::super::macroblock::{gather, scatter};
use super::super::predict::planes::Mode;
use super::record::{BLOCKS, Kind};

/// Luma of a macroblock, coded in one of its ways.
#[derive(Debug, Clone)]
pub(in super::super) struct LumaCoding {
    pub(in super::super) kind: Kind,
    /// Of Intra16x16.
    pub(in super::super) mode: Mode,
    /// Of the 4x4 blocks in coding order, and what they are predicted to be. An 8x8 block has them at its first.
    pub(in super::super) modes: [u8; 16],
    pub(in super::super) predicted: [u8; 16],
    /// In scan order. An 8x8 block has those of four 4x4 blocks; Intra16x16 has no first.
    pub(in super::super) levels: [[i16; 16]; 16],
    /// Which of them are not 0.
    pub(in super::super) coded: [u16; 16],
    /// Of Intra16x16, in scan order.
    pub(in super::super) dc: [i16; 16],
    pub(in super::super) dc_coded: bool,
    /// How many levels the 4x4 blocks have, in raster order.
    pub(in super::super) counts: [u8; 16],
    /// Which 8x8 blocks have levels.
    pub(in super::super) pattern: u8,
    /// The reconstruction.
    pub(in super::super) samples: [u8; 256],
}

impl Default for LumaCoding {
    fn default() -> Self {
        Self {
            kind: Kind::Intra16x16,
            mode: Mode::Dc,
            modes: [2; 16],
            predicted: [2; 16],
            levels: [[0; 16]; 16],
            coded: [0; 16],
            dc: [0; 16],
            dc_coded: false,
            counts: [0; 16],
            pattern: 0,
            samples: [0; 256],
        }
    }
}

impl LumaCoding {
    /// The levels of an 8x8 block.
    pub(in super::super) fn eight(&self, k: usize) -> &[i16; 64] {
        self.levels.as_flattened()[64 * (k & 3)..].first_chunk().expect("four 8x8 blocks")
    }

    /// Which levels of an 8x8 block are not 0.
    pub(in super::super) fn coded_8x8(&self, k: usize) -> u64 {
        (0..4).fold(0, |coded, i| coded | u64::from(self.coded[4 * k + i]) << (16 * i))
    }

    /// Puts in a coded 4x4 block by its place in coding order.
    pub(super) fn put_4x4(&mut self, k: usize, block: &Block<16>) {
        let (x, y) = BLOCKS[k];
        self.levels[k] = block.levels;
        self.coded[k] = block.coded as u16;
        self.counts[4 * y + x] = block.count();
        scatter::<4, 16>(&block.samples, &mut self.samples, 16, 64 * y + 4 * x);
    }

    /// Puts in a coded 8x8 block. `cabac`: a flag is all that is known of its 4x4 blocks.
    pub(super) fn put_8x8(&mut self, k: usize, block: &Block<64>, cabac: bool) {
        self.levels.as_flattened_mut()[64 * k..][..64].copy_from_slice(&block.levels);
        for i in 0..4 {
            self.coded[4 * k + i] = (block.coded >> (16 * i)) as u16;
        }
        let counts = block.counts_8x8(cabac);
        let (x, y) = (k % 2 * 2, k / 2 * 2);
        for (i, count) in counts.into_iter().enumerate() {
            self.counts[4 * (y + i / 2) + x + i % 2] = count;
        }
        scatter::<8, 64>(&block.samples, &mut self.samples, 16, 64 * y + 4 * x);
    }

    /// Leaves out the levels of a quarter: it is as it was predicted.
    pub(super) fn leave_out(&mut self, quarter: usize, prediction: &[u8; 256]) {
        for (k, &(x, y)) in BLOCKS.iter().enumerate().skip(4 * quarter).take(4) {
            self.coded[k] = 0;
            self.levels[k] = [0; 16];
            self.counts[4 * y + x] = 0;
        }
        let at = quarter / 2 * 128 + quarter % 2 * 8;
        scatter::<8, 64>(&gather::<8, 64>(prediction, 16, at), &mut self.samples, 16, at);
    }

    /// Finds out which 8x8 blocks have levels.
    pub(super) fn settle_pattern(&mut self) {
        let any = |k: usize| {
            let at = k / 2 * 8 + k % 2 * 2;
            [0, 1, 4, 5].iter().any(|i| self.counts[at + i] != 0)
        };
        self.pattern = if self.kind == Kind::Intra16x16 {
            if self.counts == [0; 16] { 0 } else { 15 }
        } else {
            (0..4).filter(|&k| any(k)).map(|k| 1 << k).sum()
        };
    }

    /// Whether there is any level.
    pub(super) fn residual(&self) -> bool {
        self.pattern != 0 || self.dc_coded
    }
}

/// Chroma of a macroblock, coded.
#[derive(Debug, Clone)]
pub(in super::super) struct ChromaCoding {
    pub(in super::super) mode: Mode,
    /// Of Cb and Cr: sum, vertical, horizontal, diagonal frequency.
    pub(in super::super) dc: [[i16; 4]; 2],
    pub(in super::super) dc_coded: [bool; 2],
    /// Of Cb's blocks and Cr's, in scan order; they have no first.
    pub(in super::super) levels: [[i16; 16]; 8],
    /// Which of them are not 0.
    pub(in super::super) coded: [u16; 8],
    pub(in super::super) counts: [u8; 8],
    /// 0: no levels, 1: of DC, 2: of AC.
    pub(in super::super) pattern: u8,
    /// Rows of Cb and Cr side by side.
    pub(in super::super) samples: [u8; 128],
}

impl Default for ChromaCoding {
    fn default() -> Self {
        Self {
            mode: Mode::Dc,
            dc: [[0; 4]; 2],
            dc_coded: [false; 2],
            levels: [[0; 16]; 8],
            coded: [0; 8],
            counts: [0; 8],
            pattern: 0,
            samples: [0; 128],
        }
    }
}

/// A coded block: its reconstruction, and its levels in scan order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<const A: usize> {
    pub(super) samples: [u8; A],
    pub(super) levels: [i16; A],
    /// Which of them are not 0.
    pub(super) coded: u64,
}

impl<const A: usize> Block<A> {
    pub(super) fn is_coded(&self) -> bool {
        self.coded != 0
    }
}

impl Block<16> {
    pub(super) fn count(&self) -> u8 {
        self.coded.count_ones() as u8
    }
}

impl Block<64> {
    /// What its four 4x4 blocks count. `cabac`: only whether there are any levels.
    pub(super) fn counts_8x8(&self, cabac: bool) -> [u8; 4] {
        if cabac {
            return [u8::from(self.is_coded()); 4];
        }
        [0, 1, 2, 3].map(|i| (self.coded >> i & 0x1111_1111_1111_1111).count_ones() as u8)
    }
}
