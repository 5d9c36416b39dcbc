//! Regions of planes, whose bounds are checked once and not row by row.

/// Samples in rows of one width.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grid {
    /// `width * height` of them: only [`Grid::fit`] changes any of the three.
    samples: Vec<u8>,
    width: usize,
    height: usize,
}

impl Grid {
    /// Becomes a grid of this size. New samples are 0.
    ///
    /// # Panics
    /// If no memory could hold it.
    pub(crate) fn resize(&mut self, width: usize, height: usize) {
        self.fit(width, height, |samples, count| {
            if samples.capacity() == 0 {
                // What the system has just given is 0 already.
                *samples = vec![0; count];
            }
            samples.resize(count, 0);
        });
    }

    /// Becomes a grid of these samples.
    ///
    /// # Panics
    /// If they are not as many as rows of that width have.
    pub(crate) fn copy(&mut self, from: &[u8], width: usize, height: usize) {
        self.fit(width, height, |samples, _| {
            samples.clear();
            samples.extend_from_slice(from);
        });
    }

    fn fit(&mut self, width: usize, height: usize, fill: impl FnOnce(&mut Vec<u8>, usize)) {
        let count = width.checked_mul(height).expect("a plane that memory can hold");
        (self.width, self.height) = (0, 0);
        fill(&mut self.samples, count);
        assert_eq!(self.samples.len(), count, "samples of {height} rows of {width}");
        (self.width, self.height) = (width, height);
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    pub(crate) fn samples(&self) -> &[u8] {
        &self.samples
    }

    pub(crate) fn samples_mut(&mut self) -> &mut [u8] {
        &mut self.samples
    }

    /// The region of so many columns and rows at (x, y), if it is inside and not empty.
    #[inline(always)]
    pub(crate) fn window(&self, (x, y): (i32, i32), width: usize, height: usize) -> Option<Window<'_>> {
        // What is before the first sample counts as far behind the last.
        let (x, y) = (x as u32, y as u32);
        let fits = |at: u32, length: usize, room: usize| u64::from(at) + length as u64 <= room as u64;
        let is_empty = width == 0 || height == 0;
        if is_empty || !fits(x, width, self.width) || !fits(y, height, self.height) {
            return None;
        }
        let first = y as usize * self.width + x as usize;
        // SAFETY: column x and row y are inside of the grid, which has `width * height` samples.
        let samples = unsafe { self.samples.get_unchecked(first..) };
        Some(Window { samples, stride: self.width, width, height })
    }
}

/// A region of a plane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'a> {
    /// From its first sample on. They have room for its rows.
    samples: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
}

impl<'a> Window<'a> {
    /// Rows one after another.
    ///
    /// # Panics
    /// If the samples end before the rows do.
    #[inline(always)]
    pub(crate) fn of(samples: &'a [u8], width: usize, height: usize) -> Self {
        let count = width.checked_mul(height).expect("a region that memory can hold");
        assert!(count <= samples.len(), "samples of {height} rows of {width}");
        Self { samples, stride: width, width, height }
    }

    /// The region of so many columns and rows at (x, y) in this one.
    ///
    /// # Panics
    /// If it is not inside.
    #[inline(always)]
    pub(crate) fn part(self, (x, y): (usize, usize), width: usize, height: usize) -> Self {
        self.check((x, y), width, height);
        // SAFETY: row y has `width` samples from column x on, and the samples have room for it.
        let samples = unsafe { self.samples.get_unchecked(y * self.stride + x..) };
        Self { samples, width, height, ..self }
    }

    /// The W samples from (x, y) on.
    ///
    /// # Panics
    /// If they are not inside.
    #[inline(always)]
    pub(crate) fn row<const W: usize>(self, (x, y): (usize, usize)) -> &'a [u8; W] {
        self.check((x, y), W, 1);
        // SAFETY: row y is one of the region, x + W is not behind its end, and the samples have room for all of its rows.
        unsafe { &*self.samples.as_ptr().add(y * self.stride + x).cast::<[u8; W]>() }
    }

    #[inline(always)]
    fn check(self, (x, y): (usize, usize), width: usize, height: usize) {
        let fits = |at: usize, length: usize, room: usize| length <= room && at <= room - length;
        let is_inside = width > 0 && height > 0 && fits(x, width, self.width) && fits(y, height, self.height);
        assert!(is_inside, "a block outside of its region");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let mut grid = Grid::default();
        grid.copy(&(0..77).collect::<Vec<u8>>(), 11, 7);
        grid
    }

    #[test]
    fn windows_are_inside() {
        let grid = grid();
        for y in -3..9 {
            for x in -3..13 {
                for (width, height) in
                    [(1, 1), (4, 3), (11, 7), (11, 1), (1, 7), (12, 1), (1, 8), (0, 0), (4, 0)]
                {
                    let inside = x >= 0 && y >= 0 && x as usize + width <= 11 && y as usize + height <= 7;
                    let inside = inside && width * height > 0;
                    let window = grid.window((x, y), width, height);
                    assert_eq!(window.is_some(), inside, "{width}x{height} at {x}, {y}");
                }
            }
        }
        for far in [i32::MIN, i32::MAX] {
            assert!(grid.window((far, 0), 1, 1).is_none() && grid.window((0, far), 1, 1).is_none());
        }
        assert!(Grid::default().window((0, 0), 1, 1).is_none());
    }

    #[test]
    fn rows_are_those_of_slices() {
        let grid = grid();
        let window = grid.window((3, 1), 8, 6).unwrap();
        for (x, y) in [(0, 0), (4, 0), (2, 3), (4, 5)] {
            let first = 11 * (1 + y) + 3 + x;
            let expected = &grid.samples()[first..first + 4];
            assert_eq!(window.row::<4>((x, y)), expected, "{x}, {y}");
            let part = window.part((x / 2, y / 2), 8 - x / 2, 6 - y / 2);
            assert_eq!(part.row::<4>((x - x / 2, y - y / 2)), expected, "{x}, {y}");
        }
        assert_eq!(Window::of(grid.samples(), 4, 5).row::<4>((0, 4)), &[16, 17, 18, 19]);
    }

    #[test]
    fn blocks_that_do_not_fit_are_refused() {
        let grid = grid();
        let window = grid.window((3, 1), 8, 6).unwrap();
        for at in [(5, 0), (0, 6), (usize::MAX, 0), (0, usize::MAX)] {
            assert!(std::panic::catch_unwind(|| window.row::<4>(at)).is_err(), "{at:?}");
            assert!(std::panic::catch_unwind(|| window.part(at, 4, 1)).is_err(), "{at:?}");
        }
        for (width, height) in [(9, 1), (1, 7), (0, 1), (1, 0)] {
            assert!(std::panic::catch_unwind(|| window.part((0, 0), width, height)).is_err());
        }
        assert!(std::panic::catch_unwind(|| Window::of(&[0; 19], 4, 5)).is_err());
        assert!(std::panic::catch_unwind(|| Window::of(&[0; 19], usize::MAX, 2)).is_err());
        assert!(std::panic::catch_unwind(|| Grid::default().copy(&[0; 19], 4, 5)).is_err());
    }
}
