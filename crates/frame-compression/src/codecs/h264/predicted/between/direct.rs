//! Vectors that a macroblock takes over from its surroundings in space and time (H.264 8.4.1.2.2).

use super::super::super::inter::{Field, Shape};
use super::super::super::motion::{Moves, Pointer, Vector};
use super::super::{FrameCoder, Motion, Place};
use crate::simd::Simd;

/// How a macroblock is predicted without vectors of its own.
#[derive(Debug)]
pub(super) struct Direct {
    pub(super) moves: [Moves; 4],
    /// Whether it may be so.
    pub(super) is_allowed: bool,
    /// What its 8x8 blocks cost so.
    pub(super) costs: [u32; 4],
}

impl FrameCoder<'_> {
    pub(super) fn direct(&self, place: &Place<'_>, fields: &[Field; 2]) -> Direct {
        let taken = fields.each_ref().map(Field::taken_over);
        let mut direct = Direct { moves: [taken; 4], is_allowed: true, costs: [0; 4] };
        if taken == [None; 2] {
            direct.moves = [[Some(Pointer::default()); 2]; 4];
            return direct;
        }
        // Threads of the encoder do not wait for rows that far down.
        let limits = self.limits(place);
        if self.slices.count() > 1 && taken.iter().flatten().any(|pointer| limits.end_above(pointer.vector)) {
            direct.is_allowed = false;
            return direct;
        }
        if let Some(after) = self.after {
            let beside = &after.motions[place.index];
            for (block, moves) in direct.moves.iter_mut().enumerate() {
                if rests(beside, block) {
                    for pointer in moves.iter_mut().flatten().filter(|pointer| pointer.entry == 0) {
                        pointer.vector = Vector::ZERO;
                    }
                }
            }
        }
        direct
    }

    /// Finds what direct prediction costs.
    pub(super) fn measure_direct<S: Simd>(
        &self,
        simd: S,
        place: &Place<'_>,
        direct: &mut Direct,
        lambda: u32,
    ) {
        if direct.is_allowed {
            for (block, &part) in Shape::Quarters.parts().iter().enumerate() {
                direct.costs[block] = self.distortion(simd, place, part, direct.moves[block]) + lambda;
            }
        }
    }
}

/// Whether a block hardly moves from the nearest frame of its list.
fn rests(motion: &Motion, block: usize) -> bool {
    let [first, second] = motion.moves[block];
    first
        .or(second)
        .is_some_and(|Pointer { vector, entry }| entry == 0 && vector.x.abs() <= 1 && vector.y.abs() <= 1)
}
