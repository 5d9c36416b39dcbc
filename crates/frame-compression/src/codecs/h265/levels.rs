//! The levels of transform blocks, as everything here keeps them: in scan order, with masks of those that are not 0.

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

impl<'a> Levels<'a> {
    /// Those after so many 4x4 blocks.
    #[inline(always)]
    pub(super) fn skip(self, blocks: usize) -> Self {
        Self { levels: &self.levels[16 * blocks..], significant: &self.significant[blocks..] }
    }

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

impl LevelsMut<'_> {
    /// Those after so many 4x4 blocks.
    #[inline(always)]
    pub(super) fn skip(self, blocks: usize) -> Self {
        Self { levels: &mut self.levels[16 * blocks..], significant: &mut self.significant[blocks..] }
    }
}

/// Distance between the first and the last level of a sub-block that is not zero.
#[inline(always)]
pub(super) fn spread(mask: u32) -> u32 {
    31 - mask.leading_zeros() - mask.trailing_zeros()
}

/// Where a sub-block begins in a block in raster order.
#[inline(always)]
pub(super) fn sub_block_start(scan: &Scan, index: usize, side: usize) -> usize {
    let (x, y) = scan.sub_blocks[index % 64];
    4 * (usize::from(y) * side + usize::from(x))
}

/// Where a place of a sub-block is, from its first.
#[inline(always)]
pub(super) fn place(scan: &Scan, rank: usize, side: usize) -> usize {
    let place = usize::from(scan.places[rank % 16]);
    place / 4 * side + place % 4
}
