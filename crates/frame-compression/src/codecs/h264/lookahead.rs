//! What a frame will cost, seen at half its size (docs/spec/h264-clips.md, section 2): the vectors are candidates of the
//! search at full size, and the costs drive the rate control.

use super::distortion::sad;
use super::motion::{Bits, Limits, Vector, refine_by_halves, search_diamond};
use crate::blocks::gather;
use crate::planes::Plane;

/// Bits of a mode, and of a macroblock, with λ 1.
const INTRA_BITS: u32 = 5 + 4;
const BLOCK_BITS: u32 = 4;
/// Below this a block that has not moved is good enough.
const GOOD_ENOUGH: u32 = 64;

/// A plane without padding; places outside are those of its edge.
#[derive(Debug, Clone, Default)]
pub(super) struct Samples {
    samples: Vec<u8>,
    width: usize,
    height: usize,
}

impl Samples {
    /// Takes the samples of a plane with its padding.
    pub(super) fn copy(&mut self, plane: &Plane) {
        self.samples.clone_from(&plane.samples);
        (self.width, self.height) = (plane.stride, plane.rows);
    }

    /// The block of W columns and A / W rows at (x, y), which may be outside.
    pub(super) fn block<const W: usize, const A: usize>(&self, x: i32, y: i32) -> [u8; A] {
        let (width, height) = (self.width as i32, self.height as i32);
        let inside = x >= 0 && y >= 0 && x + W as i32 <= width && y + (A / W) as i32 <= height;
        if inside {
            return gather::<W, A>(&self.samples, self.width, y as usize * self.width + x as usize);
        }
        let columns: [usize; W] = std::array::from_fn(|i| (x + i as i32).clamp(0, width - 1) as usize);
        let mut block = [0; A];
        for (i, to) in block.chunks_exact_mut(W).enumerate() {
            let row = (y + i as i32).clamp(0, height - 1) as usize;
            let row = &self.samples[row * self.width..][..self.width];
            for (to, &column) in to.iter_mut().zip(&columns) {
                *to = row[column];
            }
        }
        block
    }
}

/// The mean of two samples, rounded up.
fn mean(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

/// A frame at half its size, once for each half sample: as it is, half a sample to the right, down, and both.
#[derive(Debug, Clone, Default)]
pub(super) struct Half([Samples; 4]);

impl Half {
    /// Halves a plane with its padding.
    pub(super) fn take(&mut self, plane: &Plane) {
        let (width, height) = (plane.stride, plane.rows);
        for (i, half) in self.0.iter_mut().enumerate() {
            (half.width, half.height) = (width / 2, height / 2);
            half.samples.resize(width / 2 * (height / 2), 0);
            for (y, to) in half.samples.chunks_exact_mut(width / 2).enumerate() {
                let y = 2 * y + i / 2;
                let above = plane.padded_row(y);
                let below = plane.padded_row((y + 1).min(height - 1));
                for (x, to) in to.iter_mut().enumerate() {
                    let x = 2 * x + i % 2;
                    let next = (x + 1).min(width - 1);
                    *to = mean(mean(above[x], below[x]), mean(above[next], below[next]));
                }
            }
        }
    }

    /// The 8x8 block at a place and a vector from there.
    fn block(&self, (x, y): (usize, usize), vector: Vector) -> [u8; 64] {
        let (x, y) = (8 * x as i32 * 4 + vector.x, 8 * y as i32 * 4 + vector.y);
        let half = |x: i32, y: i32| -> [u8; 64] {
            let which = 2 * (y & 1) + (x & 1);
            self.0[which as usize].block::<8, 64>(x >> 1, y >> 1)
        };
        let (x2, y2) = (x >> 1, y >> 1);
        let [a, b] = match (x & 1, y & 1) {
            (0, 0) => return half(x2, y2),
            (1, 0) => [half(x2, y2), half(x2 + 1, y2)],
            (0, _) => [half(x2, y2), half(x2, y2 + 1)],
            // Diagonally: of the two half samples beside it that are not whole, one in its row, one in its column.
            _ => [half(x2 | 1, (y2 + 1) & !1), half((x2 + 1) & !1, y2 | 1)],
        };
        std::array::from_fn(|i| mean(a[i], b[i]))
    }
}

/// What the lookahead found out about a frame.
#[derive(Debug, Default)]
pub(super) struct Lookahead {
    current: Half,
    before: Half,
    /// Where a block comes from in the frame before, at half size.
    vectors: Vec<Vector>,
    intra_costs: Vec<u32>,
    bits: Bits,
    columns: usize,
    rows: usize,
}

impl Lookahead {
    /// Starts a clip of so many macroblocks, or goes on with it.
    pub(super) fn resize(&mut self, columns: usize, rows: usize) {
        (self.columns, self.rows) = (columns, rows);
        self.vectors.resize(columns * rows, Vector::ZERO);
        self.intra_costs.resize(columns * rows, 0);
    }

    /// Takes the next frame's luma, with its padding.
    pub(super) fn take(&mut self, luma: &Plane) {
        std::mem::swap(&mut self.current, &mut self.before);
        self.current.take(luma);
    }

    /// The vector of a macroblock to the frame before, in quarter samples of the full size.
    pub(super) fn vector(&self, place: usize) -> Vector {
        self.vectors[place] + self.vectors[place]
    }

    /// The macroblocks whose costs count: small pictures have no edge that is left out.
    fn counted(&self) -> [std::ops::Range<usize>; 2] {
        if self.columns <= 2 || self.rows <= 2 {
            [0..self.columns, 0..self.rows]
        } else {
            [1..self.columns - 1, 1..self.rows - 1]
        }
    }

    /// The cost of the frame if it is predicted from nothing.
    pub(super) fn intra_cost(&mut self) -> u32 {
        let [columns, rows] = self.counted();
        let mut sum = 0;
        for y in rows {
            for x in columns.clone() {
                let cost = self.intra_block(x, y);
                self.intra_costs[y * self.columns + x] = cost;
                sum += cost;
            }
        }
        sum
    }

    /// The cost of the frame if it is predicted from the one before. Finds the vectors. Rows at which `ends` holds are
    /// the last of those that one thread sees.
    pub(super) fn predicted_cost(&mut self, range: i32, ends: impl Fn(usize) -> bool) -> u32 {
        self.intra_cost();
        self.vectors.fill(Vector::ZERO);
        self.bits.reach(4 * range.unsigned_abs() as usize + 64);
        let [columns, rows] = self.counted();
        let mut sum = 0;
        for y in rows.rev() {
            let is_last = y + 1 == self.rows || ends(y);
            for x in columns.clone().rev() {
                let (vector, cost) = self.predicted_block(x, y, is_last, range);
                let place = y * self.columns + x;
                self.vectors[place] = vector;
                sum += self.intra_costs[place].min(cost + BLOCK_BITS);
            }
        }
        sum
    }

    /// The cost of the best of three predictions from the source beside the block.
    fn intra_block(&self, x: usize, y: usize) -> u32 {
        let source = self.current.block((x, y), Vector::ZERO);
        let (left, top) = (8 * x as i32, 8 * y as i32);
        let whole = &self.current.0[0];
        let above: [u8; 8] = whole.block::<8, 8>(left, top - 1);
        let beside: [u8; 8] = whole.block::<1, 8>(left - 1, top);
        let sum = |samples: &[u8]| samples.iter().map(|&sample| u32::from(sample)).sum::<u32>();
        let [t0, t1] = [sum(&above[..4]), sum(&above[4..])];
        let [l0, l1] = [sum(&beside[..4]), sum(&beside[4..])];
        let quadrants = [[(t0 + l0 + 4) >> 3, (t1 + 2) >> 2], [(l1 + 2) >> 2, (t1 + l1 + 4) >> 3]];
        let predictions: [[u8; 64]; 3] = [
            std::array::from_fn(|i| quadrants[i / 32][i % 8 / 4] as u8),
            std::array::from_fn(|i| beside[i / 8]),
            std::array::from_fn(|i| above[i % 8]),
        ];
        let best = predictions.iter().map(|prediction| sad(&source, prediction)).min();
        best.unwrap_or(0) + INTRA_BITS
    }

    /// The vector of a block, and its cost.
    fn predicted_block(&self, x: usize, y: usize, is_last: bool, range: i32) -> (Vector, u32) {
        let source = self.current.block((x, y), Vector::ZERO);
        let distortion = |vector: Vector| sad(&source, &self.before.block((x, y), vector));
        let (candidates, count) = self.neighbours(x, y, is_last);
        let candidates = &candidates[..count];
        let predicted = match *candidates {
            [] => Vector::ZERO,
            [only] => only,
            [a, b] => Vector::median(a, b, Vector::ZERO),
            [a, b, c, ..] => Vector::median(a, b, c),
        };
        if predicted == Vector::ZERO {
            let cost = distortion(Vector::ZERO);
            if cost < GOOD_ENOUGH {
                return (Vector::ZERO, cost);
            }
        }
        let limits = Limits::of((8, 12, 0), (x, y), (self.columns, self.rows), 2 * range);
        let price = |vector: Vector| self.bits.cost(1, vector - predicted);
        let whole = |position: Vector| distortion(position.quarters());
        let mut best = search_diamond(predicted, candidates.iter().copied(), &limits, whole, price);
        let cost = |vector: Vector| distortion(vector) + price(vector);
        let near = limits.clip_inside(predicted);
        if near != best.vector {
            best.take(near, cost(near));
        }
        refine_by_halves(&mut best, cost);
        // The shortest difference costs nothing here, and a vector of any length 5 bits.
        let moved = if best.vector == Vector::ZERO { 0 } else { 5 };
        (best.vector, best.cost - 1 + moved)
    }

    /// The vectors of the blocks that were searched before: to the right, below, and below at both sides.
    fn neighbours(&self, x: usize, y: usize, is_last: bool) -> ([Vector; 4], usize) {
        let place = y * self.columns + x;
        let (has_right, below) = (x + 1 < self.columns, place + self.columns);
        let all = [
            (has_right, place + 1),
            (!is_last, below),
            (!is_last && x > 0, below.wrapping_sub(1)),
            (!is_last && has_right, below + 1),
        ];
        let mut found = ([Vector::ZERO; 4], 0);
        for (_, at) in all.into_iter().filter(|(exists, _)| *exists) {
            found.0[found.1] = self.vectors[at];
            found.1 += 1;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::*;

    fn plane(rng: &mut Rng, width: usize, height: usize) -> Plane {
        Plane {
            samples: (0..width * height).map(|_| rng.byte()).collect(),
            width,
            height,
            stride: width,
            rows: height,
        }
    }

    /// Section 2.1 as it is written.
    #[test]
    fn half_size_is_that_of_the_specification() {
        let plane = plane(&mut Rng::new(1), 32, 48);
        let s = |x: usize, y: usize| u32::from(plane.samples[y.min(47) * 32 + x.min(31)]);
        let a = |a: u32, b: u32| (a + b + 1) >> 1;
        let mut half = Half::default();
        half.take(&plane);
        for (i, samples) in half.0.iter().enumerate() {
            for y in 0..24 {
                for x in 0..16 {
                    let (u, v) = (2 * x + i % 2, 2 * y + i / 2);
                    let expected = a(a(s(u, v), s(u, v + 1)), a(s(u + 1, v), s(u + 1, v + 1)));
                    assert_eq!(u32::from(samples.samples[y * 16 + x]), expected);
                }
            }
        }
    }

    /// The pairs of H.264 8.4.2.2.1 whose mean is a quarter sample: G whole, b right, h down, j both, m and s the next
    /// h and b.
    #[test]
    fn quarter_samples_are_means_of_the_standards_pairs() {
        let mut half = Half::default();
        half.take(&plane(&mut Rng::new(2), 64, 64));
        let at = |which: usize, dx: i32, dy: i32| half.0[which].block::<8, 64>(8 + dx, 8 + dy);
        let (g, b, h, j) = (at(0, 0, 0), at(1, 0, 0), at(2, 0, 0), at(3, 0, 0));
        let (m, s) = (at(2, 1, 0), at(1, 0, 1));
        let (g_right, g_down) = (at(0, 1, 0), at(0, 0, 1));
        let pairs = [
            [(g, g), (g, b), (b, b), (b, g_right)],
            [(g, h), (b, h), (b, j), (b, m)],
            [(h, h), (h, j), (j, j), (j, m)],
            [(h, g_down), (h, s), (j, s), (s, m)],
        ];
        for (y, row) in pairs.iter().enumerate() {
            for (x, (first, second)) in row.iter().enumerate() {
                let expected: [u8; 64] = std::array::from_fn(|i| mean(first[i], second[i]));
                assert_eq!(half.block((1, 1), Vector::new(x as i32, y as i32)), expected, "{x} {y}");
            }
        }
    }

    #[test]
    fn blocks_outside_repeat_the_edge() {
        let plane = plane(&mut Rng::new(3), 32, 32);
        let mut samples = Samples::default();
        samples.copy(&plane);
        for (x, y) in [(0, 0), (-3, 5), (30, -20), (40, 40), (16, 28)] {
            let expected: [u8; 64] = std::array::from_fn(|i| {
                let (x, y) = ((x + i as i32 % 8).clamp(0, 31), (y + i as i32 / 8).clamp(0, 31));
                plane.samples[(y * 32 + x) as usize]
            });
            assert_eq!(samples.block::<8, 64>(x, y), expected);
        }
    }
}
