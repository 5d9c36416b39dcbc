//! One macroblock while it is coded: its source, and its reconstruction with the neighbouring samples around it.

pub(super) use crate::blocks::{copy_rows, gather, scatter};

use super::kernels::Flat;

/// A macroblock's samples as they were given.
#[repr(C, align(64))]
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) y: [u8; 256],
    /// Rows of Cb and Cr side by side.
    pub(super) chroma: [u8; 128],
}

impl Default for Source {
    fn default() -> Self {
        Self { y: [0; 256], chroma: [0; 128] }
    }
}

impl Source {
    /// One plane of chroma: 0 is Cb, 1 is Cr.
    pub(super) fn chroma(&self, plane: usize) -> [u8; 64] {
        gather::<8, 64>(&self.chroma, 16, 8 * plane)
    }

    /// The 8x8 luma block at sample (x, y).
    #[inline(always)]
    pub(super) fn luma_8x8(&self, x: usize, y: usize) -> [u8; 64] {
        gather::<8, 64>(&self.y, 16, y * 16 + x)
    }
}

/// Which neighbouring macroblocks there are. Left and top together imply the top left one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Neighbours {
    pub(super) left: bool,
    pub(super) top: bool,
    pub(super) top_right: bool,
}

/// The reconstruction of a macroblock's luma, with the row above it (eight samples further to the right) and the
/// column to its left.
#[repr(C, align(64))]
#[derive(Debug, Clone)]
pub(super) struct LumaCanvas {
    pub(super) samples: [u8; Self::STRIDE * 17],
}

impl LumaCanvas {
    pub(super) const STRIDE: usize = 48;
    /// Where the macroblock's first sample is.
    pub(super) const ORIGIN: usize = Self::STRIDE + 16;

    /// The index of the macroblock's sample (x, y).
    pub(super) const fn at(x: usize, y: usize) -> usize {
        Self::ORIGIN + y * Self::STRIDE + x
    }
}

/// The reconstruction of a macroblock's chroma: Cb and Cr side by side, each with its row above and column to the left.
#[repr(C, align(64))]
#[derive(Debug, Clone)]
pub(super) struct ChromaCanvas {
    pub(super) samples: [u8; Self::STRIDE * 9],
    /// Once more the columns to the left, Cb's and Cr's.
    pub(super) left: [u8; 16],
}

impl ChromaCanvas {
    pub(super) const STRIDE: usize = 32;
    /// Where the first samples of Cb and Cr are.
    pub(super) const ORIGIN: [usize; 2] = [Self::STRIDE + 8, Self::STRIDE + 24];
}

/// A place in a [`ModeGrid`].
#[derive(Debug, Clone, Copy)]
pub(super) struct GridPlace(u8);

impl GridPlace {
    /// Of the 4x4 block (x, y): eight to a row, the first row above.
    pub(super) const fn of(x: usize, y: usize) -> Self {
        Self(((y + 1) * 8 + x + 4) as u8)
    }

    /// The place so many before, as an index that needs no check.
    const fn before(self, places: u8) -> usize {
        (self.0.wrapping_sub(places) & 63) as usize
    }
}

/// The 4x4 grid of luma prediction modes of a macroblock, with the modes to the left and above.
/// [`ModeGrid::NONE`] stands where there is no macroblock (H.264 8.3.1.1, 8.3.2.1).
#[derive(Debug, Clone)]
pub(super) struct ModeGrid {
    modes: [i8; 64],
}

impl ModeGrid {
    pub(super) const NONE: i8 = -1;
    const EMPTY: Self = Self { modes: [Self::NONE; 64] };

    /// predIntraMode of the block whose top left 4x4 block is there: the smaller of the modes to the left and above,
    /// DC where one does not exist.
    pub(super) fn predicted(&self, place: GridPlace) -> u8 {
        let smaller = self.modes[place.before(1)].min(self.modes[place.before(8)]);
        if smaller < 0 { 2 } else { smaller as u8 }
    }

    /// The mode of a block inside the macroblock.
    pub(super) fn mode(&self, place: GridPlace) -> u8 {
        self.modes[place.before(0)] as u8
    }

    pub(super) fn set(&mut self, place: GridPlace, mode: u8) {
        self.modes[place.before(0)] = mode as i8;
    }

    /// Sets the four positions of an 8x8 block.
    pub(super) fn set_8x8(&mut self, x: usize, y: usize, mode: u8) {
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            self.set(GridPlace::of(x + dx, y + dy), mode);
        }
    }

    /// The modes of the lowest row, which the macroblock below needs.
    pub(super) fn bottom(&self) -> [i8; 4] {
        std::array::from_fn(|x| self.modes[GridPlace::of(x, 3).before(0)])
    }

    fn enter(&mut self, above: [i8; 4]) {
        for y in 0..4 {
            self.modes[GridPlace::of(0, y).before(1)] = self.modes[GridPlace::of(3, y).before(0)];
        }
        self.modes[4..8].copy_from_slice(&above);
    }
}

/// What the row of macroblocks below needs of a macroblock: its last row of samples, before deblocking, and of modes.
#[repr(C, align(8))]
#[derive(Debug, Clone, Copy)]
pub(super) struct Bottom {
    pub(super) y: [u8; 16],
    pub(super) cb: [u8; 8],
    pub(super) cr: [u8; 8],
    pub(super) modes: [i8; 4],
}

impl Bottom {
    /// Where there is no row above.
    pub(super) const NONE: Self = Self { y: [0; 16], cb: [0; 8], cr: [0; 8], modes: [ModeGrid::NONE; 4] };

    /// As numbers that threads can pass on.
    #[cfg(feature = "rayon")]
    pub(super) fn to_words(self) -> [u64; 5] {
        let y = self.y.as_chunks::<8>().0;
        let modes = u32::from_ne_bytes(self.modes.map(|mode| mode as u8));
        let [y0, y1, cb, cr] = [y[0], y[1], self.cb, self.cr].map(u64::from_ne_bytes);
        [y0, y1, cb, cr, u64::from(modes)]
    }

    #[cfg(feature = "rayon")]
    pub(super) fn from_words([y0, y1, cb, cr, modes]: [u64; 5]) -> Self {
        let mut y = [0; 16];
        y[..8].copy_from_slice(&y0.to_ne_bytes());
        y[8..].copy_from_slice(&y1.to_ne_bytes());
        Self {
            y,
            cb: cb.to_ne_bytes(),
            cr: cr.to_ne_bytes(),
            modes: (modes as u32).to_ne_bytes().map(|mode| mode as i8),
        }
    }
}

/// The state of one row of macroblocks while it is coded from left to right.
#[derive(Debug, Clone)]
pub(super) struct Macroblock {
    pub(super) source: Source,
    /// Of the source's 4x4 blocks in coding order; only where vectors are used.
    pub(super) flat: [Flat; 16],
    /// The source's 4x4 blocks in coding order; only once Intra4x4 is tried.
    pub(super) blocks: [[u8; 16]; 16],
    pub(super) luma: LumaCanvas,
    pub(super) chroma: ChromaCanvas,
    pub(super) modes: ModeGrid,
    pub(super) neighbours: Neighbours,
    /// Of a finished Intra8x8 trial, while Intra4x4 is tried.
    pub(super) kept: Kept,
}

/// The luma and the modes of a trial.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) luma: [u8; 256],
    pub(super) modes: ModeGrid,
}

impl Default for Macroblock {
    fn default() -> Self {
        Self {
            source: Source::default(),
            flat: [Flat::default(); 16],
            blocks: [[0; 16]; 16],
            luma: LumaCanvas { samples: [0; LumaCanvas::STRIDE * 17] },
            chroma: ChromaCanvas { samples: [0; ChromaCanvas::STRIDE * 9], left: [0; 16] },
            modes: ModeGrid::EMPTY,
            neighbours: Neighbours { left: false, top: false, top_right: false },
            kept: Kept { luma: [0; 256], modes: ModeGrid::EMPTY },
        }
    }
}

impl Macroblock {
    /// Starts a row: nothing is to the left.
    pub(super) fn start_row(&mut self) {
        self.modes = ModeGrid::EMPTY;
    }

    /// Moves to the next macroblock: what was coded becomes the left neighbour, `above` and (its first eight luma
    /// samples) `above_right` the neighbours above.
    pub(super) fn enter(&mut self, neighbours: Neighbours, above: &Bottom, above_right: &Bottom) {
        self.neighbours = neighbours;
        self.modes.enter(above.modes);
        let luma = &mut self.luma.samples;
        for row in luma.chunks_exact_mut(LumaCanvas::STRIDE) {
            row[15] = row[31];
        }
        luma[16..32].copy_from_slice(&above.y);
        luma[32..40].copy_from_slice(&above_right.y[..8]);
        let ChromaCanvas { samples: chroma, left } = &mut self.chroma;
        for row in chroma.chunks_exact_mut(ChromaCanvas::STRIDE) {
            row[7] = row[15];
            row[23] = row[31];
        }
        let (cb, cr) = left.split_at_mut(8);
        let rows = chroma.chunks_exact(ChromaCanvas::STRIDE).skip(1);
        for (row, (cb, cr)) in rows.zip(cb.iter_mut().zip(cr)) {
            (*cb, *cr) = (row[7], row[23]);
        }
        chroma[8..16].copy_from_slice(&above.cb);
        chroma[24..32].copy_from_slice(&above.cr);
    }

    /// What the row below needs of the macroblock now coded.
    pub(super) fn bottom(&self) -> Bottom {
        let chroma = |plane: usize| {
            std::array::from_fn(|x| {
                self.chroma.samples[ChromaCanvas::ORIGIN[plane] + 7 * ChromaCanvas::STRIDE + x]
            })
        };
        Bottom {
            y: std::array::from_fn(|x| self.luma.samples[LumaCanvas::at(x, 15)]),
            cb: chroma(0),
            cr: chroma(1),
            modes: self.modes.bottom(),
        }
    }
}
