//! The neighbouring samples of a 4x4 or 8x8 block, and their filter (H.264 8.3.2.2.1).

use super::super::macroblock::LumaCanvas;
use super::smooth;

/// Which neighbours a block has. Left and top together imply the corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Available {
    pub(in super::super) left: bool,
    pub(in super::super) top: bool,
    pub(in super::super) top_right: bool,
}

/// The neighbouring samples of an NxN block in one line: left from the lowest up, the corner, then above from
/// left to right, twice N. `E` = 3N + 1. What is not available is not looked at.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Edge<const N: usize, const E: usize>(pub(in super::super) [u8; E]);

pub(in super::super) type Edge4x4 = Edge<4, 13>;
pub(in super::super) type Edge8x8 = Edge<8, 25>;

impl<const N: usize, const E: usize> Edge<N, E> {
    /// Reads the neighbours of the block whose first sample is at `at`; what is missing above right is the last
    /// sample above (8.3.1.2, 8.3.2.2).
    pub(in super::super) fn read(luma: &LumaCanvas, at: usize, available: Available) -> Self {
        let mut edge = [0; E];
        let corner = at - LumaCanvas::STRIDE - 1;
        for (i, sample) in edge[..N].iter_mut().rev().enumerate() {
            *sample = luma.samples[corner + (i + 1) * LumaCanvas::STRIDE];
        }
        edge[N..=2 * N].copy_from_slice(&luma.samples[corner..=corner + N]);
        if available.top_right {
            edge[2 * N + 1..].copy_from_slice(&luma.samples[corner + N + 1..][..N]);
        } else {
            let last = edge[2 * N];
            edge[2 * N + 1..].fill(last);
        }
        Self(edge)
    }

    /// The sample to the left in row `i`.
    pub(super) fn left(&self, i: usize) -> u8 {
        self.0[N - 1 - i]
    }

    /// The sample above in column `i`.
    pub(super) fn top(&self, i: usize) -> u8 {
        self.0[N + 1 + i]
    }
}

impl Edge8x8 {
    /// The reference sample filter of 8x8 blocks.
    pub(in super::super) fn filtered(&self, available: Available) -> Self {
        let raw = &self.0;
        let mut edge = *self;
        for i in 1..24 {
            edge.0[i] = smooth(raw[i - 1], raw[i], raw[i + 1]);
        }
        edge.0[0] = smooth(raw[0], raw[0], raw[1]);
        edge.0[24] = smooth(raw[23], raw[24], raw[24]);
        if !(available.left && available.top) {
            edge.0[7] = smooth(raw[6], raw[7], raw[7]);
            edge.0[9] = smooth(raw[9], raw[9], raw[10]);
        }
        edge
    }
}
