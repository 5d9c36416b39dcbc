//! Levels chosen by what they cost and what they leave, by a walk through two candidates a coefficient.

use super::costs::{self, AFTER, Costs, FIXED, LAST, ROW, TABLE};
use super::quantise::{MAX_LEVEL, Matrix};
use super::tables::ZIGZAG;
use super::transform::Block;

/// How much the error of a coefficient weighs.
pub(super) const WEIGHTS: [i64; 16] = [30, 27, 19, 11, 27, 24, 17, 10, 19, 17, 12, 8, 11, 10, 8, 6];
/// The score of what cannot be.
const NEVER: i64 = i64::MAX / 4;
/// Rounds a level up where its fraction is a half.
const HALF: u32 = 1 << 16;

/// A candidate at a place: its level, and from which candidate before it comes.
#[derive(Clone, Copy, Default)]
struct Node {
    level: u16,
    previous: u8,
}

/// A candidate to go on from: its score, and where the costs of the next level are.
#[derive(Clone, Copy)]
struct State {
    score: i64,
    costs: usize,
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

    let mut best = (rate(costs.end(kind, first, context)), None);
    let table = costs.table(kind);
    let after = |state: State, level: usize| {
        let mut bits = u32::from(table[(state.costs + level.min(LAST)) & (TABLE - 1)]);
        if level >= LAST {
            bits += u32::from(FIXED[level & 2047]);
        }
        state.score + rate(bits)
    };
    let score = rate(costs.start(kind, first, context));
    let mut states = [State { score, costs: costs::place(first, context) }; 2];
    let mut nodes = [[Node::default(); 2]; 16];
    for n in first..=last {
        let at = ZIGZAG[n] & 15;
        let magnitude = u32::from(block[at].unsigned_abs()) + u32::from(matrix.sharpen[at]);
        let lowest = matrix.level(at, magnitude, 0).min(MAX_LEVEL);
        let highest = matrix.level(at, magnitude, HALF).min(MAX_LEVEL);
        let before = states;
        states[1].score = NEVER;
        for level in lowest..=highest {
            let m = (level - lowest) as usize & 1;
            let [from_low, from_high] = before.map(|state| after(state, level as usize));
            let previous = u8::from(from_high < from_low);
            nodes[n][m] = Node { level: level as u16, previous };
            let context = level.min(2) as usize;
            states[m] = State { score: from_low.min(from_high), costs: AFTER[n] + context * ROW };
            let score = &mut states[m].score;
            // A level of 0 leaves what there is.
            if level == 0 {
                continue;
            }
            let magnitude = i64::from(magnitude);
            let error = magnitude - i64::from(level) * i64::from(matrix.steps[at]);
            *score += 256 * WEIGHTS[at] * (error * error - magnitude * magnitude);
            if *score < best.0 {
                let end = if n < 15 { rate(costs.end(kind, n + 1, context)) } else { 0 };
                if *score + end < best.0 {
                    best = (*score + end, Some((n, m)));
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
            m = usize::from(node.previous & 1);
        }
    }
    levels
}
