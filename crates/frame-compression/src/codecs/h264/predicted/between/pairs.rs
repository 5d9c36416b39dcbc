//! Pairs of vectors, made better together (docs/spec/h264-clips.md, section 13).

use super::super::super::inter::Part;
use super::super::super::motion::Vector;
use super::super::FrameCoder;
use super::super::search::Sought;
use super::{Plan, Task};
use crate::simd::Simd;

const ROUNDS: usize = 8;

/// Steps of both vectors together: at most two components change, by one each. The first stays where it is.
const STEPS: [[i8; 4]; 33] = [
    [0, 0, 0, 0],
    [0, 0, 0, 1],
    [0, 0, 0, -1],
    [0, 0, 1, 0],
    [0, 0, -1, 0],
    [0, 1, 0, 0],
    [0, -1, 0, 0],
    [1, 0, 0, 0],
    [-1, 0, 0, 0],
    [0, 0, 1, 1],
    [0, 0, -1, -1],
    [0, 1, 1, 0],
    [0, -1, -1, 0],
    [1, 1, 0, 0],
    [-1, -1, 0, 0],
    [1, 0, 0, 1],
    [-1, 0, 0, -1],
    [0, 1, 0, 1],
    [0, -1, 0, -1],
    [1, 0, 1, 0],
    [-1, 0, -1, 0],
    [0, 0, -1, 1],
    [0, 0, 1, -1],
    [0, -1, 1, 0],
    [0, 1, -1, 0],
    [-1, 1, 0, 0],
    [1, -1, 0, 0],
    [1, 0, 0, -1],
    [-1, 0, 0, 1],
    [0, -1, 0, 1],
    [0, 1, 0, -1],
    [-1, 0, 1, 0],
    [1, 0, -1, 0],
];

/// Which pairs were tried: of vectors that are near one another.
struct Tried([u64; 64]);

impl Tried {
    /// Adds a pair; whether it is new.
    fn add(&mut self, [first, second]: [Vector; 2]) -> bool {
        let components = [first.x, first.y, second.x, second.y];
        let at = components.iter().fold(0, |at, component| at << 3 | (component & 7) as usize);
        let (word, bit) = (&mut self.0[at / 64], 1 << (at % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

impl FrameCoder<'_> {
    /// Makes the vectors of those parts of the chosen plan as good as they get that use both lists.
    pub(super) fn refine_pairs<S: Simd>(&self, simd: S, task: &Task<'_>, plan: &mut Plan) {
        if self.level() < 5 {
            return;
        }
        for (&part, way) in plan.shape.parts().iter().zip(&mut plan.ways) {
            if let [Some(first), Some(second)] = way {
                self.refine_pair(simd, task, part, [first, second]);
            }
        }
    }

    fn refine_pair<S: Simd>(&self, simd: S, task: &Task<'_>, part: Part, mut pair: [&mut Sought; 2]) {
        let limits = self.limits(task.place);
        if !pair.iter().all(|sought| limits.hold_far_inside(sought.found.vector)) {
            return;
        }
        let mut tried = Tried([0; 64]);
        let mut best = ([0, 1].map(|i: usize| pair[i].found.vector), u32::MAX);
        for round in 0..ROUNDS {
            let centre = best.0;
            for &[x0, y0, x1, y1] in &STEPS[usize::from(round > 0)..] {
                let step = |x: i8, y: i8| Vector::new(x.into(), y.into());
                let vectors = [centre[0] + step(x0, y0), centre[1] + step(x1, y1)];
                if !tried.add(vectors) {
                    continue;
                }
                let mut prices = 0;
                let moves = [0, 1].map(|list: usize| {
                    let mut sought = *pair[list];
                    sought.found.vector = vectors[list];
                    prices += self.price(task, vectors[list], sought.predicted);
                    Some(sought.pointer())
                });
                let cost = self.distortion(simd, task.place, part, moves) + prices;
                if cost < best.1 {
                    best = (vectors, cost);
                }
            }
            if best.0 == centre {
                break;
            }
        }
        for (sought, vector) in pair.iter_mut().zip(best.0) {
            sought.found.vector = vector;
        }
    }
}
