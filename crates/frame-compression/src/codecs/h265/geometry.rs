//! Sizes of a picture, its CTUs and quantisation groups, and which neighbours are decoded before a block.

use super::preset::Tools;

/// Everything that follows from the picture's size and the preset (docs/spec/h265-intra.md, section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Width of the coded picture: that of the source, rounded up to whole smallest coding units.
    pub(super) width: usize,
    /// Height of the coded picture.
    pub(super) height: usize,
    pub(super) ctu_log2: u32,
    pub(super) min_cu_log2: u32,
    /// CTUs in a row.
    pub(super) columns: usize,
    /// Rows of CTUs.
    pub(super) rows: usize,
    /// Whether each row of CTUs starts from the contexts of the row above (entropy_coding_sync_enabled_flag).
    pub(super) wavefront: bool,
}

impl Geometry {
    pub(super) fn new(width: usize, height: usize, tools: &Tools) -> Self {
        let shorter = width.min(height);
        let fitting = match shorter {
            0..32 => 4,
            32..64 => 5,
            _ => 6,
        };
        let ctu_log2 = tools.largest_ctu_log2.min(fitting);
        let unit = 1 << tools.min_cu_log2;
        let (width, height) = (width.next_multiple_of(unit), height.next_multiple_of(unit));
        let (columns, rows) = (width.div_ceil(1 << ctu_log2), height.div_ceil(1 << ctu_log2));
        Self {
            width,
            height,
            ctu_log2,
            min_cu_log2: tools.min_cu_log2,
            columns,
            rows,
            wavefront: rows >= 2 && columns >= 3,
        }
    }

    /// Side of a CTU.
    pub(super) fn ctu(&self) -> usize {
        1 << self.ctu_log2
    }

    /// The depth of coding units that are as large as a quantisation group (32x32, or the CTU if smaller).
    pub(super) fn group_depth(&self) -> u32 {
        self.ctu_log2.saturating_sub(5)
    }

    /// Columns of 8x8 blocks in the coded picture.
    pub(super) fn columns_of_8(&self) -> usize {
        self.width / 8
    }
}

/// The part of the picture that a CTU covers, and where it lies.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CtuArea {
    /// Luma coordinates of the CTU in the picture.
    pub(super) x: usize,
    pub(super) y: usize,
    /// log2 of its full side.
    pub(super) log2: u32,
    /// Its size inside the picture.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Luma columns of the picture from the CTU's left edge on.
    pub(super) columns_to_the_right: usize,
}

impl CtuArea {
    pub(super) fn new(geometry: &Geometry, column: usize, row: usize) -> Self {
        let size = geometry.ctu();
        let (x, y) = (column * size, row * size);
        Self {
            x,
            y,
            log2: geometry.ctu_log2,
            width: size.min(geometry.width - x),
            height: size.min(geometry.height - y),
            columns_to_the_right: geometry.width - x,
        }
    }

    /// Whether a block of the CTU begins inside the picture. Coordinates are the CTU's own.
    pub(super) fn contains(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.height
    }

    /// Whether a block of the CTU lies inside the picture as a whole.
    pub(super) fn fits(&self, x: usize, y: usize, size: usize) -> bool {
        x + size <= self.width && y + size <= self.height
    }

    /// The neighbouring samples of a block that precede it in decoding order (H.265 6.4.1), the block being
    /// of `size` luma samples at (x, y) of the CTU, aligned to its size.
    pub(super) fn neighbours(&self, x: usize, y: usize, size: usize) -> Neighbours {
        let ctu = 1 << self.log2;
        let left = self.x + x > 0;
        let above = self.y + y > 0;
        let order = |x: usize, y: usize| MORTON[y / 4 % 16] << 1 | MORTON[x / 4 % 16];
        let here = order(x, y);
        let below_left_decoded = left && y + size < ctu && (x == 0 || order(x - size, y + size) < here);
        let above_right_decoded = above && (y == 0 || (x + size < ctu && order(x + size, y - size) < here));
        Neighbours {
            left,
            above,
            below_left: if below_left_decoded { self.height.saturating_sub(y + size).min(size) } else { 0 },
            above_right: if above_right_decoded {
                self.columns_to_the_right.saturating_sub(x + size).min(size)
            } else {
                0
            },
        }
    }
}

/// The bits of 0..16 spread to every other place: the order of blocks is that of these, interleaved.
const MORTON: [u16; 16] = [0, 1, 4, 5, 16, 17, 20, 21, 64, 65, 68, 69, 80, 81, 84, 85];

/// Which samples around a block are there to predict from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Neighbours {
    pub(super) left: bool,
    pub(super) above: bool,
    /// Luma samples below the left neighbour, of the block's size at most.
    pub(super) below_left: usize,
    /// Luma samples to the right of the upper neighbour, of the block's size at most.
    pub(super) above_right: usize,
}

impl Neighbours {
    /// The same of the chroma blocks (4:2:0).
    pub(super) fn chroma(self) -> Self {
        Self { below_left: self.below_left / 2, above_right: self.above_right / 2, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::super::preset::Preset;
    use super::*;

    /// H.265 6.4.1 word by word: visits the coded picture in decoding order and keeps what has been seen.
    fn naive(geometry: &Geometry, at: (usize, usize), sample: (isize, isize)) -> bool {
        let inside = |x: isize, y: isize| {
            x >= 0 && y >= 0 && (x as usize) < geometry.width && (y as usize) < geometry.height
        };
        if !inside(sample.0, sample.1) {
            return false;
        }
        let order = |x: usize, y: usize| {
            let log2 = geometry.ctu_log2;
            let ctu = (y >> log2) * geometry.columns + (x >> log2);
            let (x, y) = (x & (geometry.ctu() - 1), y & (geometry.ctu() - 1));
            let mut z = 0;
            for bit in 0..4 {
                z |= (((x / 4) >> bit) & 1) << (2 * bit) | (((y / 4) >> bit) & 1) << (2 * bit + 1);
            }
            (ctu, z)
        };
        order(sample.0 as usize, sample.1 as usize) < order(at.0, at.1)
    }

    #[test]
    fn neighbours_are_those_of_the_standard() {
        for (width, height) in [(16, 16), (40, 72), (64, 64), (200, 136), (72, 200)] {
            let geometry = Geometry::new(width, height, &Tools::of(Preset::Veryfast, None));
            for (row, column) in (0..geometry.rows).flat_map(|r| (0..geometry.columns).map(move |c| (r, c))) {
                let area = CtuArea::new(&geometry, column, row);
                for size in [4, 8, 16, 32] {
                    for y in (0..area.height).step_by(size) {
                        for x in (0..area.width).step_by(size) {
                            if size > geometry.ctu() || !area.fits(x, y, size) {
                                continue;
                            }
                            let found = area.neighbours(x, y, size);
                            let at = (area.x + x, area.y + y);
                            let seen = |dx: isize, dy: isize| {
                                naive(&geometry, at, (at.0 as isize + dx, at.1 as isize + dy))
                            };
                            let s = size as isize;
                            let count = |f: &dyn Fn(isize) -> bool| (0..s).filter(|&i| f(i)).count();
                            assert_eq!(found.left, seen(-1, 0));
                            assert_eq!(found.above, seen(0, -1));
                            assert_eq!(found.below_left, count(&|i| seen(-1, s + i)), "{at:?} {size}");
                            assert_eq!(found.above_right, count(&|i| seen(s + i, -1)), "{at:?} {size}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn small_pictures_have_small_ctus() {
        let ctu = |w, h| Geometry::new(w, h, &Tools::of(Preset::Veryfast, None)).ctu();
        assert_eq!((ctu(16, 200), ctu(30, 30), ctu(32, 64), ctu(64, 62), ctu(64, 64)), (16, 16, 32, 32, 64));
        let geometry = Geometry::new(130, 98, &Tools::of(Preset::Ultrafast, None));
        assert_eq!((geometry.width, geometry.height, geometry.ctu()), (144, 112, 32));
    }
}
