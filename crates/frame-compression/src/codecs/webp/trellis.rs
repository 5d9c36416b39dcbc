//! Levels chosen by what they cost and what they leave, by a walk through two candidates a coefficient.

use super::costs::{Costs, Levels};
use super::quantise::{MAX_LEVEL, Matrix};
use super::tables::ZIGZAG;
use super::transform::Block;

/// How much the error of a coefficient weighs.
const WEIGHTS: [i64; 16] = [30, 27, 19, 11, 27, 24, 17, 10, 19, 17, 12, 8, 11, 10, 8, 6];
/// The score of what cannot be.
const NEVER: i64 = i64::MAX / 4;
/// Rounds a level up where its fraction is a half.
const HALF: u32 = 1 << 16;

/// A candidate at a place: its level, and from which candidate before it comes.
#[derive(Clone, Copy, Default)]
struct Node {
    level: u32,
    previous: usize,
}

/// The kind of a block and what is around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) kind: usize,
    pub(super) first: usize,
    pub(super) context: usize,
    pub(super) lambda: i64,
}

/// Quantises a block as [`Matrix::quantise`] does, from place `first` on, but with the best levels found.
pub(super) fn quantise(matrix: &Matrix, block: &mut Block, place: Place, costs: &Costs) -> Block {
    let Place { kind, first, context, lambda } = place;
    let threshold = i32::from(matrix.steps[1]) * i32::from(matrix.steps[1]) / 4;
    let large = |&n: &usize| i32::from(block[ZIGZAG[n]]).pow(2) > threshold;
    // One more than the last large one, if there is one more.
    let last = (first..16).rev().find(large).map_or(first, |n| (n + 1).min(15));
    let rate = |bits: u32| i64::from(bits) * lambda;

    let mut best = (rate(costs.more(kind, first, context, false)), None);
    let start = if context == 0 { rate(costs.more(kind, first, 0, true)) } else { 0 };
    let mut states: [(i64, Levels); 2] = [(start, costs.levels(kind, first, context)); 2];
    let mut nodes = [[Node::default(); 2]; 16];
    for n in first..=last {
        let at = ZIGZAG[n];
        let magnitude = u32::from(block[at].unsigned_abs()) + u32::from(matrix.sharpen[at]);
        let lowest = matrix.level(at, magnitude, 0).min(MAX_LEVEL);
        let highest = matrix.level(at, magnitude, HALF).min(MAX_LEVEL);
        let before = states;
        for (m, state) in states.iter_mut().enumerate() {
            let level = lowest + m as u32;
            let context = level.min(2) as usize;
            if n < 15 {
                state.1 = costs.levels(kind, n + 1, context);
            }
            if level > highest {
                state.0 = NEVER;
                continue;
            }
            let of = |(score, levels): (i64, Levels)| score + rate(levels.cost(level as usize));
            let (from_low, from_high) = (of(before[0]), of(before[1]));
            let previous = usize::from(from_high < from_low);
            let magnitude = i64::from(magnitude);
            let error = magnitude - i64::from(level) * i64::from(matrix.steps[at]);
            let distortion = 256 * WEIGHTS[at] * (error * error - magnitude * magnitude);
            state.0 = from_low.min(from_high) + distortion;
            nodes[n][m] = Node { level, previous };
            if level > 0 && state.0 < best.0 {
                let end = if n < 15 { rate(costs.more(kind, n + 1, context, false)) } else { 0 };
                if state.0 + end < best.0 {
                    best = (state.0 + end, Some((n, m)));
                }
            }
        }
    }
    take(matrix, block, first, best.1.map(|(n, m)| (n, m, &nodes)))
}

/// Follows the best way back from its last place and candidate.
fn take(
    matrix: &Matrix,
    block: &mut Block,
    first: usize,
    end: Option<(usize, usize, &[[Node; 2]; 16])>,
) -> Block {
    let mut levels = [0; 16];
    let source = *block;
    for at in &ZIGZAG[first..] {
        block[*at] = 0;
    }
    if let Some((last, mut m, nodes)) = end {
        for n in (first..=last).rev() {
            let (at, node) = (ZIGZAG[n], nodes[n][m]);
            let level = if source[at] < 0 { -(node.level as i16) } else { node.level as i16 };
            levels[n] = level;
            block[at] = (i32::from(level) * i32::from(matrix.steps[at])) as i16;
            m = node.previous;
        }
    }
    levels
}
