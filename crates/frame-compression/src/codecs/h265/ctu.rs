//! A CTU at work: its source, its reconstruction with the neighbours that prediction reads, and what has been
//! decided about it.

use super::geometry::CtuArea;
use super::levels::{Levels, LevelsMut};

/// Largest side of a CTU.
pub(super) const LARGEST: usize = 64;
/// Room left of a CTU's own samples for the last column of the one before.
const MARGIN: usize = 16;

/// One colour component of a CTU.
#[derive(Debug)]
pub(super) struct Component {
    /// Side of a full CTU of 64x64 in this component: the distance of source rows.
    pub(super) side: usize,
    pub(super) source: Vec<u8>,
    /// The line above, then the CTU's rows; the last column of the CTU before stands to the left, the samples
    /// above the next CTU to the right. Before the loop filters.
    pub(super) reconstruction: Vec<u8>,
    pub(super) stride: usize,
    /// Levels of the transform units, in decoding order, 16 for each 4x4 block.
    levels: Vec<i16>,
    significant: Vec<u16>,
}

impl Component {
    fn new(side: usize) -> Self {
        let stride = MARGIN + 2 * side;
        Self {
            side,
            source: vec![0; side * side],
            reconstruction: vec![0; (side + 1) * stride],
            stride,
            levels: vec![0; side * side],
            significant: vec![0; side * side / 16],
        }
    }

    /// Where a sample of the CTU is in the reconstruction.
    #[inline(always)]
    pub(super) fn at(&self, x: usize, y: usize) -> usize {
        (y + 1) * self.stride + MARGIN + x
    }

    /// The source from a sample of the CTU on.
    #[inline(always)]
    pub(super) fn source_at(&self, x: usize, y: usize) -> &[u8] {
        &self.source[y * self.side + x..]
    }

    /// Takes the source of a CTU from a plane.
    pub(super) fn load(&mut self, samples: &[u8], stride: usize, at: usize, width: usize, height: usize) {
        let rows = samples[at..].chunks(stride);
        for (to, from) in self.source.chunks_exact_mut(self.side).zip(rows).take(height) {
            to[..width].copy_from_slice(&from[..width]);
        }
    }

    /// Makes the last column of the CTU that is `width` wide the left neighbour of the next, and the corner with it.
    pub(super) fn step_right(&mut self, width: usize) {
        for row in self.reconstruction.chunks_exact_mut(self.stride) {
            row[MARGIN - 1] = row[MARGIN + width - 1];
        }
    }

    /// The line above: from the corner on, the CTU's own part and that above the next CTU.
    pub(super) fn above_mut(&mut self) -> &mut [u8] {
        &mut self.reconstruction[MARGIN..2 * self.side + MARGIN]
    }

    /// A row of the reconstruction.
    pub(super) fn row(&self, y: usize, width: usize) -> &[u8] {
        &self.reconstruction[self.at(0, y)..][..width]
    }

    /// Writes a block into the reconstruction.
    #[inline(always)]
    pub(super) fn store<const N: usize>(&mut self, x: usize, y: usize, block: &[u8]) {
        let at = self.at(x, y);
        let rows = self.reconstruction[at..].chunks_mut(self.stride);
        for (to, from) in rows.zip(block.chunks_exact(N)).take(N) {
            to[..N].copy_from_slice(from);
        }
    }

    /// Copies a block of the reconstruction to one whose rows are `N` apart.
    #[inline(always)]
    pub(super) fn copy_out<const N: usize>(&self, x: usize, y: usize, block: &mut [u8]) {
        let rows = self.reconstruction[self.at(x, y)..].chunks(self.stride);
        for (to, from) in block.chunks_exact_mut(N).zip(rows).take(N) {
            to.copy_from_slice(&from[..N]);
        }
    }

    /// The levels from the 4x4 block on that comes at `order`.
    #[inline(always)]
    pub(super) fn levels(&self, order: usize) -> Levels<'_> {
        Levels { levels: &self.levels[16 * order..], significant: &self.significant[order..] }
    }

    #[inline(always)]
    pub(super) fn levels_mut(&mut self, order: usize) -> LevelsMut<'_> {
        LevelsMut { levels: &mut self.levels[16 * order..], significant: &mut self.significant[order..] }
    }
}

/// A coding unit's syntax but for its levels. Of its blocks, a bit for each 4x4 luma block in decoding order says
/// something about the one that begins there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CodingUnit {
    /// PartMode NxN: four prediction units of 4x4.
    pub(super) quartered: bool,
    /// One for each prediction unit; all the same where there is one.
    pub(super) luma_modes: [u8; 4],
    /// A mode, or [`DERIVED`].
    pub(super) chroma_mode: u8,
    /// split_transform_flag: one bit for the unit, then four for its quarters, then sixteen for theirs.
    pub(super) splits: u32,
    /// cbf_luma, cbf_cb and cbf_cr, of transform units.
    pub(super) coded: [u64; 3],
    /// transform_skip_flag, likewise.
    pub(super) skipped: [u64; 3],
}

/// The chroma mode that takes the (first) luma mode.
pub(super) const DERIVED: u8 = 36;

/// A transform unit of a coding unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TransformBlock {
    /// The first 4x4 luma block in decoding order.
    pub(super) first: usize,
    /// log2 of its side, in samples of its component.
    pub(super) log2: u32,
    /// Its depth in the transform tree.
    pub(super) depth: u32,
}

impl CodingUnit {
    pub(super) fn is_coded(&self) -> bool {
        self.coded != [0; 3]
    }

    /// The intra mode of chroma.
    pub(super) fn resolved_chroma_mode(&self) -> u8 {
        if self.chroma_mode == DERIVED { self.luma_modes[0] } else { self.chroma_mode }
    }

    /// The place among [`Self::splits`] of the block of the transform tree, 2^`log2` large, that begins at a 4x4 block.
    pub(super) fn split_bit(log2: u32, depth: u32, first: usize) -> u32 {
        [0, 1, 5][depth as usize % 3] + (first >> (2 * (log2 - 2))) as u32
    }

    /// Whether a block of the transform tree is divided.
    pub(super) fn is_split(&self, log2: u32, depth: u32, first: usize) -> bool {
        log2 > 2 && self.splits >> Self::split_bit(log2, depth, first) & 1 != 0
    }

    /// Whether the transform tree is divided down to this block, and divides it.
    pub(super) fn reaches(&self, log2: u32, depth: u32, first: usize) -> bool {
        (0..=depth).all(|above| self.is_split(log2 + above, depth - above, first))
    }

    /// The luma transform units of a coding unit of 2^`log2` samples.
    pub(super) fn luma_blocks(&self, log2: u32) -> impl Iterator<Item = TransformBlock> {
        let unit = *self;
        let mut first = 0;
        std::iter::from_fn(move || {
            (first < 1 << (2 * (log2 - 2))).then(|| {
                let mut block = TransformBlock { first, log2, depth: 0 };
                while unit.is_split(block.log2, block.depth, first) {
                    (block.log2, block.depth) = (block.log2 - 1, block.depth + 1);
                }
                first += 1 << (2 * (block.log2 - 2));
                block
            })
        })
    }

    /// The transform units of either chroma component: half as large, but for those of four 4x4 luma blocks, which share
    /// one.
    pub(super) fn chroma_blocks(&self, log2: u32) -> impl Iterator<Item = TransformBlock> {
        self.luma_blocks(log2)
            .filter(|block| block.log2 > 2 || block.first % 4 == 0)
            .map(|block| TransformBlock { log2: block.log2.max(3) - 1, ..block })
    }
}

/// Columns of the map of modes: the left neighbour's and 16 blocks of 4x4.
const MODE_COLUMNS: usize = 17;
/// Columns of the map of depths: the left neighbour's and 8 blocks of 8x8.
const DEPTH_COLUMNS: usize = 9;

/// The CTU.
#[derive(Debug)]
pub(super) struct Ctu {
    pub(super) area: CtuArea,
    pub(super) luma: Component,
    pub(super) chroma: [Component; 2],
    /// Luma modes of 4x4 blocks, one column of the CTU before in front.
    modes: [u8; MODE_COLUMNS * 16],
    /// Depths of 8x8 blocks, a line above and a column in front.
    depths: [u8; DEPTH_COLUMNS * 9],
    /// QpY of 8x8 blocks, as stored so far.
    qps: [u8; 64],
    /// log2 of the transform units' sides, of 8x8 blocks, at least 3.
    transform_log2s: [u8; 64],
    /// Coding units by the order of their first 8x8 block.
    pub(super) units: [CodingUnit; 64],
}

/// The order of a 4x4 block at (x, y) in its CTU of at most 64x64: the bits of both, interleaved.
#[inline(always)]
pub(super) fn decoding_order(x: usize, y: usize) -> usize {
    const SPREAD: [u8; 16] = [0, 1, 4, 5, 16, 17, 20, 21, 64, 65, 68, 69, 80, 81, 84, 85];
    usize::from(SPREAD[x / 4 % 16]) + 2 * usize::from(SPREAD[y / 4 % 16])
}

/// The column and row of a block that comes at a place in decoding order: its even and its odd bits.
#[inline(always)]
pub(super) fn place_in_decoding_order(order: usize) -> (usize, usize) {
    let gather = |bits: usize| (bits & 1) | (bits >> 1 & 2) | (bits >> 2 & 4);
    (gather(order), gather(order >> 1))
}

impl Ctu {
    pub(super) fn new() -> Self {
        Self {
            area: CtuArea::default(),
            luma: Component::new(LARGEST),
            chroma: [Component::new(LARGEST / 2), Component::new(LARGEST / 2)],
            modes: [0; MODE_COLUMNS * 16],
            depths: [0; DEPTH_COLUMNS * 9],
            qps: [0; 64],
            transform_log2s: [0; 64],
            units: [CodingUnit::default(); 64],
        }
    }

    /// Goes on to the CTU on the right of one that is complete.
    pub(super) fn step_right(&mut self, next: CtuArea) {
        let width = self.area.width;
        self.luma.step_right(width);
        for component in &mut self.chroma {
            component.step_right(width / 2);
        }
        for row in self.modes.chunks_exact_mut(MODE_COLUMNS) {
            row[0] = row[width / 4];
        }
        for row in self.depths.chunks_exact_mut(DEPTH_COLUMNS) {
            row[0] = row[width / 8];
        }
        self.area = next;
    }

    /// Luma modes of the left and the upper neighbour of a block as the most probable modes take them:
    /// DC where there is none, and above the CTU.
    #[inline]
    pub(super) fn neighbouring_modes(&self, x: usize, y: usize) -> [u8; 2] {
        let at = y / 4 * MODE_COLUMNS + x / 4;
        let left = if self.area.x + x > 0 { self.modes[at] } else { super::predict::DC };
        let above = if y > 0 { self.modes[at + 1 - MODE_COLUMNS] } else { super::predict::DC };
        [left, above]
    }

    #[inline]
    pub(super) fn set_mode(&mut self, x: usize, y: usize, size: usize, mode: u8) {
        for row in self.modes.chunks_exact_mut(MODE_COLUMNS).skip(y / 4).take(size / 4) {
            row[x / 4 + 1..][..size / 4].fill(mode);
        }
    }

    #[inline]
    pub(super) fn depth(&self, x: usize, y: usize) -> u8 {
        self.depths[(y / 8 + 1) * DEPTH_COLUMNS + x / 8 + 1]
    }

    #[inline]
    pub(super) fn set_depth(&mut self, x: usize, y: usize, size: usize, depth: u32) {
        for row in self.depths.chunks_exact_mut(DEPTH_COLUMNS).skip(y / 8 + 1).take(size / 8) {
            row[x / 8 + 1..][..size / 8].fill(depth as u8);
        }
    }

    /// The depths of the blocks above the CTU.
    pub(super) fn depths_above_mut(&mut self) -> &mut [u8] {
        &mut self.depths[1..DEPTH_COLUMNS]
    }

    /// Of a block: how many of the left and the upper neighbour are split deeper.
    #[inline]
    pub(super) fn deeper_neighbours(&self, x: usize, y: usize, depth: u32) -> usize {
        let at = (y / 8 + 1) * DEPTH_COLUMNS + x / 8 + 1;
        let left = self.area.x + x > 0 && u32::from(self.depths[at - 1]) > depth;
        let above = self.area.y + y > 0 && u32::from(self.depths[at - DEPTH_COLUMNS]) > depth;
        usize::from(left) + usize::from(above)
    }

    #[inline]
    pub(super) fn qp(&self, x: usize, y: usize) -> u8 {
        self.qps[y / 8 * 8 + x / 8]
    }

    #[inline]
    pub(super) fn set_qp(&mut self, x: usize, y: usize, size: usize, qp: u8) {
        for row in self.qps.chunks_exact_mut(8).skip(y / 8).take(size / 8) {
            row[x / 8..][..size / 8].fill(qp);
        }
    }

    /// Keeps how large the transform units of a coding unit are.
    pub(super) fn set_transforms(&mut self, x: usize, y: usize, log2: u32, unit: &CodingUnit) {
        for block in unit.luma_blocks(log2).filter(|block| block.log2 > 2 || block.first % 4 == 0) {
            let side = (1 << block.log2) / 8;
            let (dx, dy) = place_in_decoding_order(block.first / 4);
            for row in self.transform_log2s.chunks_exact_mut(8).skip(y / 8 + dy).take(side.max(1)) {
                row[x / 8 + dx..][..side.max(1)].fill(block.log2.max(3) as u8);
            }
        }
    }

    /// log2 of the transform units' sides, of a row of 8x8 blocks.
    pub(super) fn transform_row(&self, y: usize) -> &[u8] {
        &self.transform_log2s[y..][..self.area.width / 8]
    }

    /// QpY of a row of 8x8 blocks.
    pub(super) fn qp_row(&self, y: usize) -> &[u8] {
        &self.qps[y..][..self.area.width / 8]
    }

    /// Depths of a row of 8x8 blocks.
    pub(super) fn depth_row(&self, y: usize) -> &[u8] {
        &self.depths[(y / 8 + 1) * DEPTH_COLUMNS + 1..][..self.area.width / 8]
    }

    /// QpY of the last 8x8 block in decoding order of a block that begins inside the picture.
    pub(super) fn last_qp(&self, mut x: usize, mut y: usize, size: usize) -> u8 {
        let mut half = size / 2;
        while half >= 8 {
            if y + half < self.area.height {
                y += half;
            }
            if self.area.contains(x + half, y) {
                x += half;
            }
            half /= 2;
        }
        self.qp(x, y)
    }

    /// The next coding unit in decoding order of a block, with its place and size; `order` counts the 8x8 blocks
    /// gone through.
    pub(super) fn next_unit(
        &self,
        x: usize,
        y: usize,
        size: usize,
        order: &mut usize,
    ) -> Option<(usize, usize, usize)> {
        let blocks = (size / 8) * (size / 8);
        while *order < blocks {
            let (dx, dy) = place_in_decoding_order(*order);
            let (x, y) = (x + 8 * dx, y + 8 * dy);
            if self.area.contains(x, y) {
                let side = 1 << (self.area.log2 - u32::from(self.depth(x, y)));
                *order += (side / 8) * (side / 8);
                return Some((x, y, side));
            }
            *order += 1;
        }
        None
    }

    #[inline]
    pub(super) fn unit(&self, x: usize, y: usize) -> &CodingUnit {
        &self.units[decoding_order(x, y) / 4]
    }
}
