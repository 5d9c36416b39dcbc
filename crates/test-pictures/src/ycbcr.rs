//! Pictures as planes, for tests that start behind the conversion of colours.

use crate::Picture;

impl Picture {
    /// Y, Cb, Cr, each packed: BT.601 in limited range, in integers, chroma the mean of `across` x `down` pixels
    /// (rounded up at odd sides). No codec's own conversion: only the same everywhere.
    pub fn ycbcr(&self, across: usize, down: usize) -> [Vec<u8>; 3] {
        let plane = |across: usize, down: usize, weights: [i32; 3], offset: i32| {
            let mut samples = Vec::with_capacity(self.width.div_ceil(across) * self.height.div_ceil(down));
            for y in (0..self.height).step_by(down) {
                for x in (0..self.width).step_by(across) {
                    let mut sum = [0; 3];
                    for (dx, dy) in (0..across * down).map(|i| (i % across, i / across)) {
                        let pixel = self.pixel((x + dx).min(self.width - 1), (y + dy).min(self.height - 1));
                        (0..3).for_each(|c| sum[c] += i32::from(pixel[c]));
                    }
                    let weighted: i32 = (0..3).map(|c| weights[c] * sum[c]).sum();
                    samples.push((offset + ((weighted / (across * down) as i32 + 128) >> 8)).clamp(0, 255) as u8);
                }
            }
            samples
        };
        [
            plane(1, 1, [66, 129, 25], 16),
            plane(across, down, [-38, -74, 112], 128),
            plane(across, down, [112, -94, -18], 128),
        ]
    }
}
