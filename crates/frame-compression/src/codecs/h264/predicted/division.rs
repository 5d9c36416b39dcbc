//! How a macroblock of a P frame moves: as a whole, or in parts (docs/spec/h264-clips.md, section 7.2).

use super::super::inter::{Field, Part, Shape};
use super::super::motion::{Found, Moves, Vector};
use super::search::Aim;
use super::{FrameCoder, Place};

/// A macroblock divided into parts that move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Division {
    pub(super) shape: Shape,
    /// By the shape's parts.
    found: [Found; 4],
    predicted: [Vector; 4],
    pub(super) cost: u32,
}

impl Division {
    fn new(shape: Shape) -> Self {
        let none = Found { vector: Vector::ZERO, cost: 0 };
        Self { shape, found: [none; 4], predicted: [Vector::ZERO; 4], cost: 0 }
    }

    pub(super) fn moves(&self) -> [Moves; 4] {
        let mut moves = [[None; 2]; 4];
        for (part, found) in self.shape.parts().iter().zip(&self.found) {
            for block in part.blocks() {
                moves[block] = [Some(found.vector), None];
            }
        }
        moves
    }
}

impl FrameCoder<'_> {
    /// The best division into parts with their vectors, and what was found for the whole.
    #[inline(always)]
    pub(super) fn divide(&self, place: &Place, field: &Field, lambda: u32) -> (Division, Vector) {
        let mut whole = Division::new(Shape::Whole);
        let part = Shape::Whole.parts()[0];
        whole.predicted[0] = field.predicted(part);
        whole.found[0] =
            self.search(place, aim(part, whole.predicted[0], lambda)).run(self.candidates(place, 0));
        whole.cost = whole.found[0].cost;
        let searched = whole.found[0].vector;
        let mut best = whole;
        if self.frame.parameters.prediction.partitions {
            self.divide_further(place, field, lambda, &mut best);
        }
        best.cost = 0;
        let parts = best.shape.parts().iter().zip(&mut best.found);
        for ((part, found), predicted) in parts.zip(best.predicted) {
            self.search(place, aim(*part, predicted, lambda)).finish(found);
            best.cost += found.cost;
        }
        (best, searched)
    }

    /// Tries four 8x8 blocks, and where they may be worth it halves (section 7.2).
    #[inline(always)]
    fn divide_further(&self, place: &Place, field: &Field, lambda: u32, best: &mut Division) {
        let whole = best.found[0];
        let quarters = self.divide_into(place, field, lambda, Shape::Quarters, |i, found| {
            let mut near = [whole.vector; 4];
            for (near, found) in near[1..].iter_mut().zip(&found[..i]) {
                *near = found.vector;
            }
            (near, i + 1)
        });
        if quarters.cost < best.cost {
            *best = quarters;
        }
        let price = |i: usize| self.bits.cost(lambda, quarters.found[i].vector - quarters.predicted[i]);
        let prices = [0, 1, 2, 3].map(price);
        if quarters.cost >= whole.cost + prices[1] + prices[2] {
            return;
        }
        let alone = |i: usize| quarters.found[i].cost - prices[i];
        for (shape, members) in [(Shape::Rows, [[0, 1], [2, 3]]), (Shape::Columns, [[0, 2], [1, 3]])] {
            let [_, [a, b]] = members;
            let second = alone(a) + alone(b) + (prices[a] + prices[b]).div_ceil(2);
            let near = |half: usize| {
                let [a, b] = members[half].map(|i| quarters.found[i].vector);
                [whole.vector, a, b]
            };
            if let Some(halves) = self.halve(place, field, lambda, shape, near, second, best.cost) {
                *best = halves;
            }
        }
    }

    /// Divides into halves, if they cost less than `limit`; the second is given up on where the first one and what it may cost
    /// do not.
    #[expect(clippy::too_many_arguments, reason = "one caller")]
    #[inline(always)]
    fn halve(
        &self,
        place: &Place,
        field: &Field,
        lambda: u32,
        shape: Shape,
        near: impl Fn(usize) -> [Vector; 3],
        second: u32,
        limit: u32,
    ) -> Option<Division> {
        let mut field = field.clone();
        let mut halves = Division::new(shape);
        for (i, &part) in shape.parts().iter().enumerate() {
            halves.predicted[i] = field.predicted(part);
            halves.found[i] = self.search(place, aim(part, halves.predicted[i], lambda)).run(near(i));
            halves.cost += halves.found[i].cost;
            if i == 0 && halves.cost + second > limit {
                return None;
            }
            field.set(part, Some(halves.found[i].vector));
        }
        (halves.cost < limit).then_some(halves)
    }

    /// Divides into parts, each with candidates that may come from those before.
    #[inline(always)]
    fn divide_into(
        &self,
        place: &Place,
        field: &Field,
        lambda: u32,
        shape: Shape,
        near: impl Fn(usize, &[Found; 4]) -> ([Vector; 4], usize),
    ) -> Division {
        let mut field = field.clone();
        let mut division = Division::new(shape);
        for (i, &part) in shape.parts().iter().enumerate() {
            let (near, count) = near(i, &division.found);
            division.predicted[i] = field.predicted(part);
            let candidates = near.into_iter().take(count);
            division.found[i] = self.search(place, aim(part, division.predicted[i], lambda)).run(candidates);
            division.cost += division.found[i].cost;
            field.set(part, Some(division.found[i].vector));
        }
        division
    }
}

/// P frames have one list.
fn aim(part: Part, predicted: Vector, lambda: u32) -> Aim {
    Aim { part, list: 0, predicted, lambda }
}
