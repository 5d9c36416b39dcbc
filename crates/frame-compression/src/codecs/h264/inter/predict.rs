//! What a macroblock's vectors predict (docs/spec/h264-clips.md, section 6.1).

use super::super::lookahead::Weights;
use super::super::macroblock::scatter;
use super::super::motion::{Moves, Vector};
use super::super::samples::{Reference, average};

/// Luma and chroma as vectors predict them.
#[derive(Debug)]
pub(in super::super) struct Prediction {
    pub(in super::super) luma: [u8; 256],
    pub(in super::super) chroma: [[u8; 64]; 2],
}

/// What a frame is predicted from.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Sources<'a> {
    /// By list; P frames, which have one list, have it twice.
    pub(in super::super) references: [&'a Reference; 2],
    /// Of P frames.
    pub(in super::super) weights: Weights,
    /// How much the first list counts where both are used, of 64.
    pub(in super::super) share: i32,
}

impl Sources<'_> {
    /// A block from the lists that are used; `block` is that of one reference.
    #[inline(always)]
    pub(in super::super) fn mix<const A: usize>(
        &self,
        moves: Moves,
        block: impl Fn(&Reference, Vector) -> [u8; A],
    ) -> [u8; A] {
        let [before, after] = self.references;
        match moves {
            [Some(first), Some(second)] => average(&block(before, first), &block(after, second), self.share),
            [Some(only), None] => block(before, only),
            [None, only] => block(after, only.unwrap_or_default()),
        }
    }
}

/// Predicts the macroblock (x, y), counted in macroblocks, from the vectors of its 8x8 blocks.
#[inline(always)]
pub(in super::super) fn predict(
    sources: &Sources<'_>,
    (x, y): (usize, usize),
    moves: &[Moves; 4],
) -> Prediction {
    let (x, y) = (64 * x as i32, 64 * y as i32);
    let mut prediction = if moves.iter().all(|block| *block == moves[0]) {
        let chroma = |plane: usize| {
            sources.mix(moves[0], |reference, vector| {
                reference.chroma[plane].eighths::<8, 64>(x + vector.x, y + vector.y)
            })
        };
        Prediction {
            luma: sources.mix(moves[0], |reference, vector| {
                reference.luma.block::<16, 256>(x + vector.x, y + vector.y)
            }),
            chroma: [chroma(0), chroma(1)],
        }
    } else {
        by_blocks(sources, (x, y), moves)
    };
    let Prediction { luma, chroma: [cb, cr] } = &mut prediction;
    if let Some(weight) = sources.weights[0] {
        weight.apply(luma);
    }
    for (weight, block) in sources.weights[1..].iter().zip([cb, cr]) {
        if let Some(weight) = weight {
            weight.apply(block);
        }
    }
    prediction
}

#[inline(always)]
fn by_blocks(sources: &Sources<'_>, (x, y): (i32, i32), moves: &[Moves; 4]) -> Prediction {
    let mut prediction = Prediction { luma: [0; 256], chroma: [[0; 64]; 2] };
    for (i, moves) in moves.iter().enumerate() {
        let (column, row) = (i % 2, i / 2);
        let (x, y) = (x + 32 * column as i32, y + 32 * row as i32);
        let block = sources
            .mix(*moves, |reference, vector| reference.luma.block::<8, 64>(x + vector.x, y + vector.y));
        scatter::<8, 64>(&block, &mut prediction.luma, 16, 128 * row + 8 * column);
        for (plane, to) in prediction.chroma.iter_mut().enumerate() {
            let block = sources.mix(*moves, |reference, vector| {
                reference.chroma[plane].eighths::<4, 16>(x + vector.x, y + vector.y)
            });
            scatter::<4, 16>(&block, to, 8, 32 * row + 4 * column);
        }
    }
    prediction
}
