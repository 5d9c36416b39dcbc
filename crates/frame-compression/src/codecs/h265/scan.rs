//! Coefficient scans (H.265 6.5.3 to 6.5.5) and the sub-blocks they go through.

use crate::simd::LaneOrder;

/// scanIdx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScanOrder {
    Diagonal = 0,
    Horizontal = 1,
    Vertical = 2,
}

impl ScanOrder {
    /// The order for a block predicted with an intra mode (H.265 7.4.9.11), where it depends on the mode:
    /// luma of 4x4 and 8x8, chroma of 4x4.
    pub(super) fn of_mode(mode: u8) -> Self {
        match mode {
            22..=30 => ScanOrder::Horizontal,
            6..=14 => ScanOrder::Vertical,
            _ => ScanOrder::Diagonal,
        }
    }
}

/// The way through a transform block: 4x4 sub-blocks in order, 16 places in each.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) order: ScanOrder,
    /// log2 of the block's side.
    pub(super) log2: u32,
    /// Place of each sub-block, x and y in units of sub-blocks.
    pub(super) sub_blocks: [(u8, u8); 64],
    /// Of each sub-block: which bit of a map of sub-blocks (8 x + y) stands for it, its right and its lower neighbour.
    pub(super) map_bits: [[u64; 3]; 64],
    /// The places in a sub-block, 4 y + x.
    pub(super) places: [u8; 16],
    /// A sub-block's levels from raster into scan order, and back.
    pub(super) into_scan: LaneOrder,
    pub(super) into_raster: LaneOrder,
    /// Of each place of a sub-block in scan order, a number that stands for its significance context in the whole block
    /// ([`super::residual::SignificanceContexts::of_class`]): by whether the sub-block is the first one, and by the
    /// coded_sub_block_flags of the right (1) and lower (2) neighbour (H.265 9.3.4.2.5).
    pub(super) significance_classes: [[[u8; 16]; 4]; 2],
    /// The places of each sigCtx before what depends on the block, by the neighbours. Blocks of 8x8 and more have only 0,
    /// 1 and 2.
    pub(super) classes: [[u16; 9]; 4],
    /// Of four places in scan order, given as bits: the bits of each class brought together, by the neighbours and
    /// which four. There are 16 bits for each of three classes, or 4 for each of nine in blocks of 4x4, whose last place
    /// has no flag.
    pub(super) gather: [[[u64; 16]; 4]; 4],
    /// For blocks of 4x4: a 1 in front of the bits that are below a place, 4 bits for each class.
    pub(super) fronts: [u64; 16],
}

impl Scan {
    /// Number of sub-blocks.
    #[inline(always)]
    pub(super) fn count(&self) -> usize {
        1 << (2 * self.log2 - 4)
    }

    const fn new(log2: u32, order: ScanOrder) -> Self {
        let side = 1 << (log2 - 2);
        let sub_blocks = walk::<64>(side, order);
        let inner = walk::<16>(4, order);
        let mut map_bits = [[0; 3]; 64];
        let mut i = 0;
        while i < side * side {
            let (x, y) = (sub_blocks[i].0 as usize, sub_blocks[i].1 as usize);
            map_bits[i][0] = 1 << (8 * x + y);
            map_bits[i][1] = if x + 1 < side { 1 << (8 * (x + 1) + y) } else { 0 };
            map_bits[i][2] = if y + 1 < side { 1 << (8 * x + y + 1) } else { 0 };
            i += 1;
        }
        let (mut places, mut significance) = ([0; 16], [[0; 16]; 4]);
        let mut significance_classes = [[[0; 16]; 4]; 2];
        let mut i = 0;
        while i < 16 {
            let (x, y) = inner[i];
            places[i] = y * 4 + x;
            let mut coded = 0;
            while coded < 4 {
                significance[coded][i] =
                    if log2 == 2 { SMALL_BLOCK_SIG_CTX[places[i] as usize] } else { sig_ctx(x, y, coded) };
                let class = significance[coded][i];
                significance_classes[0][coded][i] = class;
                significance_classes[1][coded][i] = if i == 0 { 18 } else { 9 + class };
                coded += 1;
            }
            i += 1;
        }
        let mut ranks = [0; 16];
        let mut i = 0;
        while i < 16 {
            ranks[places[i] as usize] = i as u8;
            i += 1;
        }
        let (into_scan, into_raster) = (LaneOrder::new(places), LaneOrder::new(ranks));
        let (classes, gather) = classes(&significance, log2);
        let fronts = fronts(&classes);
        Self {
            order,
            log2,
            sub_blocks,
            map_bits,
            places,
            into_scan,
            into_raster,
            significance_classes,
            classes,
            gather,
            fronts,
        }
    }
}

type Classes = [[u16; 9]; 4];
type Gather = [[[u64; 16]; 4]; 4];

const fn classes(significance: &[[u8; 16]; 4], log2: u32) -> (Classes, Gather) {
    let (mut classes, mut gather): (Classes, Gather) = ([[0; 9]; 4], [[[0; 16]; 4]; 4]);
    let (width, places) = if log2 == 2 { (4, 15) } else { (16, 16) };
    let mut coded = 0;
    while coded < 4 {
        let mut rank = 0;
        while rank < places {
            let class = significance[coded][rank] as usize;
            let before = classes[coded][class].count_ones() as usize;
            classes[coded][class] |= 1 << rank;
            let mut bits = 0;
            while bits < 16 {
                let bit = (bits >> (rank % 4)) & 1;
                gather[coded][rank / 4][bits] |= (bit as u64) << (width * class + before);
                bits += 1;
            }
            rank += 1;
        }
        coded += 1;
    }
    (classes, gather)
}

const fn fronts(classes: &Classes) -> [u64; 16] {
    let mut fronts = [0; 16];
    let mut i = 0;
    while i < 16 * 9 {
        let (top, class) = (i / 9, i % 9);
        let below = classes[0][class] & ((1 << top) - 1);
        if below.count_ones() < 4 {
            fronts[top] |= 1 << (4 * class + below.count_ones() as usize);
        }
        i += 1;
    }
    fronts
}

/// ctxIdxMap of H.265 table 9-50: sigCtx in 4x4 blocks. The last place is never coded.
const SMALL_BLOCK_SIG_CTX: [u8; 16] = [0, 1, 4, 5, 2, 3, 4, 5, 6, 6, 8, 8, 7, 7, 8, 8];

const fn sig_ctx(x: u8, y: u8, coded_neighbours: usize) -> u8 {
    match coded_neighbours {
        0 if x + y == 0 => 2,
        0 if x + y < 3 => 1,
        0 => 0,
        1 => 2_u8.saturating_sub(y),
        2 => 2_u8.saturating_sub(x),
        _ => 2,
    }
}

/// The places of a square in scan order, as (x, y).
const fn walk<const PLACES: usize>(side: usize, order: ScanOrder) -> [(u8, u8); PLACES] {
    let mut places = [(0, 0); PLACES];
    let mut i = 0;
    match order {
        ScanOrder::Diagonal => {
            let mut diagonal = 0;
            while diagonal < 2 * side - 1 {
                let mut x = if diagonal < side { 0 } else { diagonal - side + 1 };
                while x < side && x <= diagonal {
                    places[i] = (x as u8, (diagonal - x) as u8);
                    i += 1;
                    x += 1;
                }
                diagonal += 1;
            }
        }
        ScanOrder::Horizontal => {
            while i < side * side {
                places[i] = ((i % side) as u8, (i / side) as u8);
                i += 1;
            }
        }
        ScanOrder::Vertical => {
            while i < side * side {
                places[i] = ((i / side) as u8, (i % side) as u8);
                i += 1;
            }
        }
    }
    places
}

static SCANS: [[Scan; 3]; 2] = [
    [
        Scan::new(2, ScanOrder::Diagonal),
        Scan::new(2, ScanOrder::Horizontal),
        Scan::new(2, ScanOrder::Vertical),
    ],
    [
        Scan::new(3, ScanOrder::Diagonal),
        Scan::new(3, ScanOrder::Horizontal),
        Scan::new(3, ScanOrder::Vertical),
    ],
];
static LARGE_SCANS: [Scan; 2] = [Scan::new(4, ScanOrder::Diagonal), Scan::new(5, ScanOrder::Diagonal)];

/// The scan of a luma block.
#[inline]
pub(super) fn luma_scan(log2: u32, mode: u8) -> &'static Scan {
    if log2 > 3 {
        &LARGE_SCANS[log2 as usize - 4]
    } else {
        &SCANS[log2 as usize - 2][ScanOrder::of_mode(mode) as usize]
    }
}

/// The scan of a chroma block.
#[inline]
pub(super) fn chroma_scan(log2: u32, mode: u8) -> &'static Scan {
    match log2 {
        2 => &SCANS[0][ScanOrder::of_mode(mode) as usize],
        3 => &SCANS[1][0],
        _ => &LARGE_SCANS[log2 as usize - 4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagonal_scan_goes_up_right() {
        let scan = luma_scan(2, 1);
        assert_eq!(scan.places, [0, 4, 1, 8, 5, 2, 12, 9, 6, 3, 13, 10, 7, 14, 11, 15]);
        let scan = luma_scan(5, 1);
        assert_eq!(scan.sub_blocks[..6], [(0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (2, 0)]);
        assert_eq!(scan.sub_blocks[63], (7, 7));
    }

    #[test]
    fn the_8x8_scans_take_sub_blocks_by_rows_or_columns() {
        assert_eq!(luma_scan(3, 26).sub_blocks[..4], [(0, 0), (1, 0), (0, 1), (1, 1)]);
        assert_eq!(luma_scan(3, 10).sub_blocks[..4], [(0, 0), (0, 1), (1, 0), (1, 1)]);
        assert_eq!(luma_scan(3, 10).places[..5], [0, 4, 8, 12, 1]);
        assert_eq!(chroma_scan(3, 10).order, ScanOrder::Diagonal);
        assert_eq!(chroma_scan(2, 10).order, ScanOrder::Vertical);
    }
}
