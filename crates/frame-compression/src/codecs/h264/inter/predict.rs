//! What a macroblock's vectors predict (docs/spec/h264-clips.md, section 6.1).

use super::super::lookahead::Weights;
use super::super::macroblock::scatter;
use super::super::motion::Vector;
use super::super::samples::Reference;

/// Luma and chroma as vectors predict them.
#[derive(Debug)]
pub(in super::super) struct Prediction {
    pub(in super::super) luma: [u8; 256],
    pub(in super::super) chroma: [[u8; 64]; 2],
}

/// Predicts the macroblock (x, y), counted in macroblocks, from the vectors of its 8x8 blocks.
#[inline(always)]
pub(in super::super) fn predict(
    reference: &Reference,
    weights: &Weights,
    (x, y): (usize, usize),
    vectors: &[Vector; 4],
) -> Prediction {
    let (x, y) = (64 * x as i32, 64 * y as i32);
    let mut prediction = if vectors.iter().all(|vector| *vector == vectors[0]) {
        let Vector { x: dx, y: dy } = vectors[0];
        Prediction {
            luma: reference.luma.block::<16, 256>(x + dx, y + dy),
            chroma: [0, 1].map(|plane| reference.chroma[plane].eighths::<8, 64>(x + dx, y + dy)),
        }
    } else {
        by_blocks(reference, (x, y), vectors)
    };
    let Prediction { luma, chroma: [cb, cr] } = &mut prediction;
    if let Some(weight) = weights[0] {
        weight.apply(luma);
    }
    for (weight, block) in weights[1..].iter().zip([cb, cr]) {
        if let Some(weight) = weight {
            weight.apply(block);
        }
    }
    prediction
}

#[inline(always)]
fn by_blocks(reference: &Reference, (x, y): (i32, i32), vectors: &[Vector; 4]) -> Prediction {
    let mut prediction = Prediction { luma: [0; 256], chroma: [[0; 64]; 2] };
    for (i, vector) in vectors.iter().enumerate() {
        let (column, row) = (i % 2, i / 2);
        let (x, y) = (x + 32 * column as i32 + vector.x, y + 32 * row as i32 + vector.y);
        let block = reference.luma.block::<8, 64>(x, y);
        scatter::<8, 64>(&block, &mut prediction.luma, 16, 128 * row + 8 * column);
        for (plane, to) in reference.chroma.iter().zip(&mut prediction.chroma) {
            scatter::<4, 16>(&plane.eighths::<4, 16>(x, y), to, 8, 32 * row + 4 * column);
        }
    }
    prediction
}
