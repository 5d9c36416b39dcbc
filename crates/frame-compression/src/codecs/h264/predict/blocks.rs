//! Intra4x4 and Intra8x8 prediction (H.264 8.3.1.2, 8.3.2.2): the same rules for two sizes.

use super::edge::{Available, Edge};
use super::{mean, smooth, sum};

pub(in super::super) const VERTICAL: u8 = 0;
pub(in super::super) const HORIZONTAL: u8 = 1;
pub(in super::super) const DC: u8 = 2;
pub(in super::super) const DIAGONAL_DOWN_LEFT: u8 = 3;
pub(in super::super) const DIAGONAL_DOWN_RIGHT: u8 = 4;
pub(in super::super) const VERTICAL_RIGHT: u8 = 5;
pub(in super::super) const HORIZONTAL_DOWN: u8 = 6;
pub(in super::super) const VERTICAL_LEFT: u8 = 7;
pub(in super::super) const HORIZONTAL_UP: u8 = 8;

/// Predicts a block of NxN = `A` samples by a mode number. The edge is filtered already where N is 8.
pub(in super::super) fn predict<const N: usize, const E: usize, const A: usize>(
    mode: u8,
    edge: &Edge<N, E>,
    available: Available,
) -> [u8; A] {
    match mode {
        VERTICAL => fill::<N, A>(|x, _| edge.top(x)),
        HORIZONTAL => fill::<N, A>(|_, y| edge.left(y)),
        DC => [dc(edge, available); A],
        DIAGONAL_DOWN_LEFT => diagonal_down_left(edge),
        DIAGONAL_DOWN_RIGHT => fill::<N, A>(|x, y| centred(edge, N + x - y)),
        VERTICAL_RIGHT => vertical_right(edge),
        HORIZONTAL_DOWN => horizontal_down(edge),
        VERTICAL_LEFT => vertical_left(edge),
        _ => horizontal_up(edge),
    }
}

fn fill<const N: usize, const A: usize>(sample: impl Fn(usize, usize) -> u8) -> [u8; A] {
    std::array::from_fn(|i| sample(i % N, i / N))
}

/// The smoothed edge sample at a place on the line.
fn centred<const N: usize, const E: usize>(edge: &Edge<N, E>, at: usize) -> u8 {
    smooth(edge.0[at - 1], edge.0[at], edge.0[at + 1])
}

/// 8.3.1.2.3, 8.3.2.2.4: from whatever sides there are.
pub(in super::super) fn dc<const N: usize, const E: usize>(edge: &Edge<N, E>, available: Available) -> u8 {
    let (left, top) = (sum(&edge.0[..N]), sum(&edge.0[N + 1..=2 * N]));
    let side = N as u32;
    let mean = match (available.left, available.top) {
        (true, true) => (left + top + side) / (2 * side),
        (true, false) => (left + side / 2) / side,
        (false, true) => (top + side / 2) / side,
        (false, false) => 128,
    };
    mean as u8
}

fn diagonal_down_left<const N: usize, const E: usize, const A: usize>(edge: &Edge<N, E>) -> [u8; A] {
    fill::<N, A>(|x, y| {
        let i = x + y;
        let after = (i + 2).min(2 * N - 1);
        smooth(edge.top(i), edge.top(i + 1), edge.top(after))
    })
}

fn vertical_right<const N: usize, const E: usize, const A: usize>(edge: &Edge<N, E>) -> [u8; A] {
    fill::<N, A>(|x, y| {
        if y >= 2 * x + 2 {
            return centred(edge, N + 1 + 2 * x - y);
        }
        let at = N + x - y / 2;
        if y % 2 == 0 { mean(edge.0[at], edge.0[at + 1]) } else { centred(edge, at) }
    })
}

fn horizontal_down<const N: usize, const E: usize, const A: usize>(edge: &Edge<N, E>) -> [u8; A] {
    fill::<N, A>(|x, y| {
        if x >= 2 * y + 2 {
            return centred(edge, N - 1 + x - 2 * y);
        }
        let at = N + x / 2 - y;
        if x % 2 == 0 { mean(edge.0[at - 1], edge.0[at]) } else { centred(edge, at) }
    })
}

fn vertical_left<const N: usize, const E: usize, const A: usize>(edge: &Edge<N, E>) -> [u8; A] {
    fill::<N, A>(|x, y| {
        let i = x + y / 2;
        if y % 2 == 0 {
            mean(edge.top(i), edge.top(i + 1))
        } else {
            smooth(edge.top(i), edge.top(i + 1), edge.top(i + 2))
        }
    })
}

fn horizontal_up<const N: usize, const E: usize, const A: usize>(edge: &Edge<N, E>) -> [u8; A] {
    let last = N - 1;
    fill::<N, A>(|x, y| {
        let i = y + x / 2;
        if i >= last {
            edge.left(last)
        } else if x % 2 == 0 {
            mean(edge.left(i), edge.left(i + 1))
        } else {
            smooth(edge.left(i), edge.left(i + 1), edge.left((i + 2).min(last)))
        }
    })
}
