//! What coding a macroblock leaves behind: for its neighbours, for deblocking, and for pictures that come later.

use super::super::macroblock::GridPlace;
use super::super::predict::planes::Mode;

/// How a macroblock is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum Kind {
    #[default]
    Intra16x16,
    Intra8x8,
    Intra4x4,
    Pcm,
    /// Predicted from other frames, in blocks of 4x4 and of 8x8.
    Moved4x4,
    Moved8x8,
}

impl Kind {
    /// I_NxN: Intra8x8 or Intra4x4.
    pub(in super::super) fn is_nxn(self) -> bool {
        matches!(self, Self::Intra8x8 | Self::Intra4x4)
    }

    /// Whether its luma is transformed in 8x8 blocks.
    pub(in super::super) fn is_8x8(self) -> bool {
        matches!(self, Self::Intra8x8 | Self::Moved8x8)
    }
}

/// A coded macroblock.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Record {
    pub(in super::super) kind: Kind,
    /// The number of the chroma mode (H.264 table 7-16).
    pub(in super::super) chroma_mode: u8,
    /// Which 8x8 blocks of luma have levels.
    pub(in super::super) luma_pattern: u8,
    /// 0: no chroma levels, 1: of DC, 2: of AC.
    pub(in super::super) chroma_pattern: u8,
    /// Which DC blocks have levels: luma's of Intra16x16, Cb's, Cr's.
    pub(in super::super) dc: [bool; 3],
    /// How many levels the luma blocks have, in raster order; only whether, where CABAC's Intra8x8 cannot tell.
    pub(in super::super) luma_counts: [u8; 16],
    /// How many AC levels Cb's and Cr's blocks have.
    pub(in super::super) chroma_counts: [u8; 8],
    /// QP_Y as the next macroblock takes it.
    pub(in super::super) qp: u8,
    /// Whether that is another one than before.
    pub(in super::super) changes_qp: bool,
}

/// The numbers of levels of a macroblock's blocks with those to the left and above.
#[derive(Debug, Clone)]
pub(in super::super) struct Counts {
    /// Eight to a row, the first row above.
    pub(in super::super) luma: [u8; 40],
    /// The same: a column to the left and two of Cb, then of Cr.
    pub(in super::super) chroma: [u8; 24],
}

/// A block that does not exist.
pub(in super::super) const NO_BLOCK: u8 = 0x80;

/// Where the count of luma block (x, y) is.
pub(in super::super) const fn luma_place(x: usize, y: usize) -> usize {
    (y + 1) * 8 + x + 4
}

/// Where the count of a chroma block is.
pub(in super::super) const fn chroma_place(plane: usize, block: usize) -> usize {
    (block / 2 + 1) * 8 + 4 * plane + 1 + block % 2
}

/// Columns and rows of the 4x4 blocks in coding order.
pub(in super::super) const BLOCKS: [(usize, usize); 16] = [
    (0, 0),
    (1, 0),
    (0, 1),
    (1, 1),
    (2, 0),
    (3, 0),
    (2, 1),
    (3, 1),
    (0, 2),
    (1, 2),
    (0, 3),
    (1, 3),
    (2, 2),
    (3, 2),
    (2, 3),
    (3, 3),
];

/// Where the mode of a 4x4 block in coding order is.
pub(in super::super) fn mode_place(k: usize) -> GridPlace {
    let (x, y) = BLOCKS[k & 15];
    GridPlace::of(x, y)
}

impl Counts {
    pub(in super::super) fn around(left: Option<&Record>, above: Option<&Record>) -> Self {
        Self::around_or(left, above, NO_BLOCK)
    }

    /// The same where blocks that do not exist count like this.
    pub(in super::super) fn around_or(left: Option<&Record>, above: Option<&Record>, missing: u8) -> Self {
        let mut counts = Self { luma: [missing; 40], chroma: [missing; 24] };
        if let Some(left) = left {
            for y in 0..4 {
                counts.luma[luma_place(0, y) - 1] = left.luma_counts[4 * y + 3];
            }
            for plane in 0..2 {
                for y in 0..2 {
                    counts.chroma[chroma_place(plane, 2 * y) - 1] = left.chroma_counts[4 * plane + 2 * y + 1];
                }
            }
        }
        if let Some(above) = above {
            counts.luma[luma_place(0, 0) - 8..][..4].copy_from_slice(&above.luma_counts[12..]);
            for plane in 0..2 {
                let place = chroma_place(plane, 0) - 8;
                counts.chroma[place..place + 2].copy_from_slice(&above.chroma_counts[4 * plane + 2..][..2]);
            }
        }
        counts
    }

    pub(in super::super) fn put_luma(&mut self, counts: &[u8; 16]) {
        for y in 0..4 {
            self.luma[luma_place(0, y)..][..4].copy_from_slice(&counts[4 * y..][..4]);
        }
    }

    pub(in super::super) fn put_chroma(&mut self, counts: &[u8; 8]) {
        for (i, &count) in counts.iter().enumerate() {
            self.chroma[chroma_place(i / 4, i % 4)] = count;
        }
    }
}

/// The number of a chroma mode (H.264 table 7-16).
pub(in super::super) fn chroma_number(mode: Mode) -> u8 {
    match mode {
        Mode::Dc => 0,
        Mode::Horizontal => 1,
        Mode::Vertical => 2,
        Mode::Plane => 3,
    }
}

/// The number of an Intra16x16 mode (H.264 table 8-4).
pub(in super::super) fn luma_number(mode: Mode) -> u8 {
    match mode {
        Mode::Vertical => 0,
        Mode::Horizontal => 1,
        Mode::Dc => 2,
        Mode::Plane => 3,
    }
}
