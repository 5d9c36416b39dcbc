//! Predictions (RFC 6386 12). Modes of 16x16 luma and of chroma: DC, TM, vertical, horizontal; of 4x4 luma: these,
//! then RD, VR, LD, VL, HD, HU. Outside the picture there is 127 above, 129 to the left.

/// What stands around a square block of `N` samples a side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Border<const N: usize> {
    pub(super) corner: u8,
    pub(super) top: [u8; N],
    pub(super) left: [u8; N],
    /// Whether there are samples above and to the left.
    pub(super) has_top: bool,
    pub(super) has_left: bool,
}

impl<const N: usize> Border<N> {
    /// What DC predicts.
    pub(super) fn mean(&self) -> u8 {
        let sum = |samples: &[u8; N]| samples.iter().map(|&sample| u32::from(sample)).sum::<u32>();
        let side = N as u32;
        match (self.has_top, self.has_left) {
            (true, true) => ((sum(&self.top) + sum(&self.left) + side) / (2 * side)) as u8,
            (true, false) => ((sum(&self.top) + side / 2) / side) as u8,
            (false, true) => ((sum(&self.left) + side / 2) / side) as u8,
            (false, false) => 128,
        }
    }

    /// Predicts a block of mode 0..4 into rows that are `stride` apart.
    pub(super) fn predict(&self, mode: u8, out: &mut [u8], stride: usize) {
        let mean = self.mean();
        for (y, row) in out.chunks_mut(stride).take(N).enumerate() {
            let row = &mut row[..N];
            match mode {
                0 => row.fill(mean),
                1 if self.has_top && self.has_left => {
                    let step = i32::from(self.left[y]) - i32::from(self.corner);
                    for (out, &top) in row.iter_mut().zip(&self.top) {
                        *out = (i32::from(top) + step).clamp(0, 255) as u8;
                    }
                }
                // With one side, TM repeats it; with none, it is 129.
                1 if self.has_top => row.copy_from_slice(&self.top),
                2 => row.copy_from_slice(&self.top),
                _ => row.fill(self.left[y]),
            }
        }
    }
}

/// Modes of a 4x4 block.
pub(super) const MODES: usize = 10;

/// What stands around a 4x4 block: the left column upwards, the corner, the row above with four more to the right.
pub(super) type Edge = [u8; 13];

/// The predictions of a 4x4 block by all modes: four rows of a mode's four samples, one mode after another.
pub(super) fn predict4x4(edge: &Edge) -> [[u8; 16]; MODES] {
    let e = |at: usize| u32::from(edge[at]);
    let left = |y: usize| edge[3 - y];
    let top = |x: usize| edge[5 + x];
    // Means of two and three neighbours, by the place of the first.
    let two = |at: usize| ((e(at) + e(at + 1) + 1) >> 1) as u8;
    let three = |at: usize| ((e(at) + 2 * e(at + 1) + e(at + 2) + 2) >> 2) as u8;
    let block = |sample: &dyn Fn(usize, usize) -> u8| std::array::from_fn(|at| sample(at % 4, at / 4));
    let sum: u32 = (0..4).map(|i| u32::from(left(i)) + u32::from(top(i))).sum();
    let step = |y: usize| i32::from(left(y)) - i32::from(edge[4]);
    // The lowest left sample, twice.
    let low = ((e(1) + 3 * e(0) + 2) >> 2) as u8;
    [
        [((sum + 4) >> 3) as u8; 16],
        block(&|x, y| (i32::from(top(x)) + step(y)).clamp(0, 255) as u8),
        block(&|x, _| three(4 + x)),
        block(&|_, y| if y < 3 { three(2 - y) } else { low }),
        block(&|x, y| three(3 + x - y)),
        block(&|x, y| match (2 * x).checked_sub(y) {
            Some(z) if z % 2 == 0 => two(4 + z / 2),
            Some(z) => three(4 + z / 2),
            None => three(4 + 2 * x - y),
        }),
        block(&|x, y| if x + y < 6 { three(5 + x + y) } else { ((e(11) + 3 * e(12) + 2) >> 2) as u8 }),
        block(&|x, y| match (x, y) {
            (3, 3) => three(10),
            (3, 2) => three(9),
            (_, 0 | 2) => two(5 + x + y / 2),
            _ => three(5 + x + y / 2),
        }),
        block(&|x, y| match (2 * y).checked_sub(x) {
            Some(z) if z % 2 == 0 => two(3 - z / 2),
            Some(z) => three(2 - z / 2),
            None => three(2 + x - 2 * y),
        }),
        block(&|x, y| match x + 2 * y {
            z @ (0 | 2 | 4) => two(2 - z / 2),
            z @ (1 | 3) => three(1 - z / 2),
            5 => low,
            _ => edge[0],
        }),
    ]
}
