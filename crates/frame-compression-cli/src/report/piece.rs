//! The piece of a large picture that a report shows.

use serde::Serialize;

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Piece {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Pieces start at multiples of this, as the blocks of most codecs do.
const STEP: usize = 16;

impl Piece {
    /// The piece of at most `width` by `height` with the largest differences between neighbours; the whole picture
    /// where it is no larger.
    pub(super) fn busiest(
        rgb: &[u8],
        (across, down): (usize, usize),
        (width, height): (usize, usize),
    ) -> Self {
        let (width, height) = (width.min(across), height.min(down));
        let (columns, rows) = (across.div_ceil(STEP), down.div_ceil(STEP));
        let sums = sums(rgb, (across, down), (columns, rows));
        let (cells_across, cells_down) = (width.div_ceil(STEP), height.div_ceil(STEP));
        let mut best = (0, 0, 0);
        for row in 0..=(down - height) / STEP {
            for column in 0..=(across - width) / STEP {
                let (right, bottom) = ((column + cells_across).min(columns), (row + cells_down).min(rows));
                let at = |column: usize, row: usize| sums[row * (columns + 1) + column];
                let sum = at(right, bottom) + at(column, row) - at(right, row) - at(column, bottom);
                if sum > best.0 {
                    best = (sum, column, row);
                }
            }
        }
        Self { x: best.1 * STEP, y: best.2 * STEP, width, height }
    }

    /// The piece's pixels.
    pub(super) fn of(&self, rgb: &[u8], across: usize) -> Vec<u8> {
        let row = |y: usize| &rgb[(y * across + self.x) * 3..][..self.width * 3];
        (self.y..self.y + self.height).flat_map(row).copied().collect()
    }
}

/// Differences between neighbours in green, summed over all cells left of and above each cell's corner.
fn sums(rgb: &[u8], (across, down): (usize, usize), (columns, rows): (usize, usize)) -> Vec<u64> {
    let mut cells = vec![0u64; columns * rows];
    let green = |x: usize, y: usize| rgb[(y * across + x) * 3 + 1];
    for y in 0..down {
        for x in 0..across {
            let right = if x + 1 < across { green(x + 1, y) } else { green(x, y) };
            let below = if y + 1 < down { green(x, y + 1) } else { green(x, y) };
            let difference = green(x, y).abs_diff(right) as u64 + green(x, y).abs_diff(below) as u64;
            cells[y / STEP * columns + x / STEP] += difference;
        }
    }
    let mut sums = vec![0u64; (columns + 1) * (rows + 1)];
    for row in 0..rows {
        let mut line = 0;
        for column in 0..columns {
            line += cells[row * columns + column];
            sums[(row + 1) * (columns + 1) + column + 1] = sums[row * (columns + 1) + column + 1] + line;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_piece_with_the_differences_is_found() {
        let (width, height) = (200, 120);
        let mut rgb = vec![128; width * height * 3];
        for (y, x) in (70..90).flat_map(|y| (150..180).map(move |x| (y, x))) {
            rgb[(y * width + x) * 3 + 1] = ((x * 91 + y * 57) % 256) as u8;
        }
        let piece = Piece::busiest(&rgb, (width, height), (64, 48));
        assert!((120..=150).contains(&piece.x) && (48..=70).contains(&piece.y), "{piece:?}");
        assert_eq!((piece.width, piece.height), (64, 48));
        assert_eq!(piece.of(&rgb, width).len(), 64 * 48 * 3);
        let whole = Piece::busiest(&rgb, (width, height), (640, 640));
        assert_eq!(whole, Piece { x: 0, y: 0, width, height });
    }
}
