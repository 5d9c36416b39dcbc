//! Motion vectors: how far they may point, what they cost, and the search for them
//! (docs/spec/h264-clips.md, sections 1.1, 6.2 and 6.3).

mod search;

use std::hint::select_unpredictable;
use std::ops::{Add, Neg, Sub};

pub(super) use search::{Manner, REACH, Search, Target, Threshold};

use super::aq::log2;
#[cfg(test)]
use super::quantise::QP_MAX;
use super::quantise::lambda;
use crate::frame_rate::FrameRate;

/// A motion vector in quarter samples, or a position in whole ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Vector {
    pub(super) x: i32,
    pub(super) y: i32,
}

impl Vector {
    pub(super) const ZERO: Self = Self { x: 0, y: 0 };

    pub(super) const fn new(x: i32, y: i32) -> Self {
        Self { x, y }
    }

    /// The nearest whole position.
    pub(super) fn whole(self) -> Self {
        Self::new((self.x + 2) >> 2, (self.y + 2) >> 2)
    }

    /// A whole position in quarter samples.
    pub(super) fn quarters(self) -> Self {
        Self::new(self.x * 4, self.y * 4)
    }

    /// Steps along both axes.
    pub(super) fn length(self) -> u32 {
        self.x.unsigned_abs() + self.y.unsigned_abs()
    }

    pub(super) fn median(a: Self, b: Self, c: Self) -> Self {
        let middle = |a: i32, b: i32, c: i32| a.min(b).max(a.max(b).min(c));
        Self::new(middle(a.x, b.x, c.x), middle(a.y, b.y, c.y))
    }
}

impl Add for Vector {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Vector {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Vector {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(-self.x, -self.y)
    }
}

/// A vector into one of the frames of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pointer {
    pub(super) vector: Vector,
    /// The frame's place in its list.
    pub(super) entry: u8,
}

impl Pointer {
    /// Into the nearest frame.
    #[cfg(test)]
    pub(super) const fn nearest(vector: Vector) -> Self {
        Self { vector, entry: 0 }
    }
}

/// The pointers of a block by list: to a frame before, and to one after. `None` where a list is not used.
pub(super) type Moves = [Option<Pointer>; 2];

/// How far vectors may point, in whole samples: what the lowest level of H.264 (table A-1) allows that holds a clip of
/// this size in macroblocks, this rate, and so many frames in its buffer.
pub(super) fn vector_range((columns, rows): (usize, usize), fps: FrameRate, frames: u64) -> i32 {
    /// Macroblocks a second, macroblocks a frame, macroblocks in the buffer, range.
    const LEVELS: [(u64, u64, u64, i32); 16] = [
        (1485, 99, 396, 64),
        (3000, 396, 900, 128),
        (6000, 396, 2376, 128),
        (11_880, 396, 2376, 128),
        (19_800, 792, 4752, 256),
        (20_250, 1620, 8100, 256),
        (40_500, 1620, 8100, 256),
        (108_000, 3600, 18_000, 512),
        (216_000, 5120, 20_480, 512),
        (245_760, 8192, 32_768, 512),
        (522_240, 8704, 34_816, 512),
        (589_824, 22_080, 110_400, 512),
        (983_040, 36_864, 184_320, 512),
        (2_073_600, 36_864, 184_320, 512),
        (4_177_920, 139_264, 696_320, 8192),
        (8_355_840, 139_264, 696_320, 8192),
    ];
    let (columns, rows) = (columns as u64, rows as u64);
    let count = columns * rows;
    let a_second = count * u64::from(fps.numerator()) / u64::from(fps.denominator());
    let fits = |&&(speed, size, buffer, _): &&(u64, u64, u64, i32)| {
        count <= size
            && 8 * size >= columns * columns
            && 8 * size >= rows * rows
            && count * frames <= buffer
            && a_second <= speed
    };
    LEVELS.iter().find(fits).map_or(8192, |&(.., range)| range)
}

/// Where the vectors of a block may point, in quarter samples, and where its search may go, in whole ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    least: Vector,
    most: Vector,
    first: Vector,
    last: Vector,
}

impl Limits {
    /// Of the block of `size` samples at `place`, counted in blocks, among `blocks` of them; vectors reach `reach`
    /// samples over the edge and no more than `range` at all, whole positions `margin` less.
    pub(super) fn of(
        (size, reach, margin): (i32, i32, i32),
        place: (usize, usize),
        blocks: (usize, usize),
        range: i32,
    ) -> Self {
        let least = |at: usize| (4 * (-size * at as i32 - reach)).max(-range);
        let most = |at: usize, of: usize| (4 * (size * (of - 1 - at) as i32 + reach)).min(range - 1);
        let (least, most) = (
            Vector::new(least(place.0), least(place.1)),
            Vector::new(most(place.0, blocks.0), most(place.1, blocks.1)),
        );
        Self {
            least,
            most,
            first: Vector::new((least.x >> 2) + margin, (least.y >> 2) + margin),
            last: Vector::new((most.x >> 2) - margin, (most.y >> 2) - margin),
        }
    }

    /// The nearest whole position that is allowed.
    fn clip(&self, position: Vector) -> Vector {
        Vector::new(
            position.x.max(self.first.x).min(self.last.x),
            position.y.max(self.first.y).min(self.last.y),
        )
    }

    /// The nearest vector that is at least half a sample from the limits.
    fn clip_inside(&self, vector: Vector) -> Vector {
        Vector::new(
            vector.x.max(self.least.x + 2).min(self.most.x - 2),
            vector.y.max(self.least.y + 2).min(self.most.y - 2),
        )
    }

    /// The nearest vector whose whole position is allowed.
    fn clip_quarters(&self, vector: Vector) -> Vector {
        let (first, last) = (self.first.quarters(), self.last.quarters());
        Vector::new(vector.x.max(first.x).min(last.x), vector.y.max(first.y).min(last.y))
    }

    /// The nearest vector that is allowed.
    pub(super) fn clip_vector(&self, vector: Vector) -> Vector {
        Vector::new(vector.x.max(self.least.x).min(self.most.x), vector.y.max(self.least.y).min(self.most.y))
    }

    /// Whether a vector points below where vectors may.
    pub(super) fn end_above(&self, vector: Vector) -> bool {
        vector.y > self.most.y
    }

    /// Whether a vector is allowed and not at the limits.
    fn hold_inside(&self, vector: Vector) -> bool {
        vector.x > self.least.x && vector.x < self.most.x && vector.y > self.least.y && vector.y < self.most.y
    }

    /// The same with room around.
    pub(super) fn hold_far_inside(&self, vector: Vector) -> bool {
        const ROOM: i32 = 8;
        let inside = |at: i32, least: i32, most: i32| at >= least + ROOM && at <= most - ROOM;
        inside(vector.x, self.least.x, self.most.x) && inside(vector.y, self.least.y, self.most.y)
    }

    fn contain(&self, position: Vector) -> bool {
        (self.first.x..=self.last.x).contains(&position.x)
            && (self.first.y..=self.last.y).contains(&position.y)
    }
}

/// What vectors cost, by the price of a bit.
#[derive(Debug, Default)]
pub(super) struct Prices {
    /// The longest difference.
    most: usize,
    /// What the components cost, by how far they are from what was predicted.
    by_lambda: Vec<Vec<u16>>,
}

impl Prices {
    /// Makes room for differences of up to `most` quarter samples, and for the prices of QP 0 to `coarsest`.
    pub(super) fn reach(&mut self, most: usize, coarsest: u8) {
        if most <= self.most {
            return;
        }
        let bits = |i: usize| if i == 0 { 0.718 } else { log2((i + 1) as f32) * 2.0 + 1.718 };
        let bits: Vec<f32> = (0..=most).map(bits).collect();
        self.most = most;
        self.by_lambda = vec![Vec::new(); lambda(coarsest) as usize + 1];
        for lambda in (0..=coarsest).map(lambda) {
            let table = &mut self.by_lambda[lambda as usize];
            if table.is_empty() {
                table.extend(bits.iter().map(|bits| (lambda as f32 * bits + 0.5) as u16));
            }
        }
    }

    /// Those where a bit costs `lambda`, which is that of a QP.
    pub(super) fn at(&self, lambda: u32) -> Price<'_> {
        Price(&self.by_lambda[lambda as usize])
    }
}

/// What vectors cost at one price of a bit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Price<'a>(&'a [u16]);

impl Price<'_> {
    /// What a vector costs that is so far from what was predicted.
    #[inline]
    pub(super) fn of(self, difference: Vector) -> u32 {
        self.component(difference.x) + self.component(difference.y)
    }

    #[inline]
    fn component(self, difference: i32) -> u32 {
        let at = difference.unsigned_abs() as usize;
        // What is farther costs as much as the farthest.
        self.0.get(at).or(self.0.last()).copied().unwrap_or(0).into()
    }
}

/// A vector and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) vector: Vector,
    pub(super) cost: u32,
}

impl Found {
    /// Takes another if it is cheaper.
    #[inline(always)]
    pub(super) fn take(&mut self, vector: Vector, cost: u32) {
        // Nobody can foresee which of two is cheaper.
        let is_cheaper = cost < self.cost;
        let choose = |new: i32, old: i32| select_unpredictable(is_cheaper, new, old);
        self.vector = Vector::new(choose(vector.x, self.vector.x), choose(vector.y, self.vector.y));
        self.cost = cost.min(self.cost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_size_and_rate() {
        let range = |columns, rows, fps| {
            vector_range((columns, rows), FrameRate::new(fps, 1).unwrap_or(FrameRate::LTX), 1)
        };
        assert_eq!(range(6, 5, 25), 64);
        assert_eq!(range(6, 5, 60), 128);
        assert_eq!(range(11, 9, 15), 64);
        assert_eq!(range(80, 45, 25), 512);
        // A picture that is wide and low needs a level for its width.
        assert_eq!(range(60, 1, 1), 256);
        assert_eq!(range(1024, 1024, 60), 8192);
    }

    #[test]
    fn vectors_cost_about_their_bits() {
        let mut prices = Prices::default();
        prices.reach(8, QP_MAX);
        assert_eq!(prices.at(1).of(Vector::ZERO), 2);
        // 1.718 + 2 and 1.718 + 2 * 3.
        assert_eq!(prices.at(10).of(Vector::new(1, -7)), 37 + 77);
        // What is farther costs as much as the farthest.
        assert_eq!(prices.at(10).of(Vector::new(9, 8)), prices.at(10).of(Vector::new(-8, 100)));
    }
}
