//! Macroblocks in the planes: their samples, and what stands around them.

use super::predict::{Border, Edge};
use crate::planes::{Plane, Planes};

/// Above the picture.
const ABOVE: u8 = 127;
/// To the left of the picture.
const BESIDE: u8 = 129;

/// The samples of a macroblock: 16 rows of luma; 8 rows of Cb and Cr side by side.
#[derive(Debug, Clone)]
pub(super) struct Samples {
    pub(super) luma: [u8; 256],
    pub(super) chroma: [u8; 128],
}

impl Default for Samples {
    fn default() -> Self {
        Self { luma: [0; 256], chroma: [0; 128] }
    }
}

impl Samples {
    /// Reads macroblock (x, y).
    pub(super) fn load(&mut self, planes: &Planes, x: usize, y: usize) {
        let rows = planes.y.samples[16 * y * planes.y.stride..].chunks_exact(planes.y.stride);
        for (to, from) in self.luma.chunks_exact_mut(16).zip(rows) {
            to.copy_from_slice(&from[16 * x..][..16]);
        }
        for (plane, at) in [(&planes.cb, 0), (&planes.cr, 8)] {
            let rows = plane.samples[8 * y * plane.stride..].chunks_exact(plane.stride);
            for (to, from) in self.chroma.chunks_exact_mut(16).zip(rows) {
                to[at..at + 8].copy_from_slice(&from[8 * x..][..8]);
            }
        }
    }

    /// Writes macroblock (x, y).
    pub(super) fn store(&self, planes: &mut Planes, x: usize, y: usize) {
        let stride = planes.y.stride;
        let rows = planes.y.samples[16 * y * stride..].chunks_exact_mut(stride);
        for (to, from) in rows.zip(self.luma.chunks_exact(16)) {
            to[16 * x..][..16].copy_from_slice(from);
        }
        for (plane, at) in [(&mut planes.cb, 0), (&mut planes.cr, 8)] {
            let stride = plane.stride;
            let rows = plane.samples[8 * y * stride..].chunks_exact_mut(stride);
            for (to, from) in rows.zip(self.chroma.chunks_exact(16)) {
                to[8 * x..][..8].copy_from_slice(&from[at..at + 8]);
            }
        }
    }
}

fn border<const N: usize>(plane: &Plane, x: usize, y: usize) -> Border<N> {
    let mut border = Border {
        corner: if y == 0 { ABOVE } else { BESIDE },
        top: [ABOVE; N],
        left: [BESIDE; N],
        has_top: y > 0,
        has_left: x > 0,
    };
    let at = y * N * plane.stride + x * N;
    if y > 0 {
        border.top.copy_from_slice(&plane.samples[at - plane.stride..][..N]);
        if x > 0 {
            border.corner = plane.samples[at - plane.stride - 1];
        }
    }
    if x > 0 {
        for (left, row) in border.left.iter_mut().zip(plane.samples[at - 1..].chunks(plane.stride)) {
            *left = row[0];
        }
    }
    border
}

/// What stands around the luma of macroblock (x, y).
pub(super) fn luma_border(plane: &Plane, x: usize, y: usize) -> Border<16> {
    border(plane, x, y)
}

/// What stands around the chroma of macroblock (x, y).
pub(super) fn chroma_border(plane: &Plane, x: usize, y: usize) -> Border<8> {
    border(plane, x, y)
}

/// The four luma samples above and to the right of macroblock (x, y).
pub(super) fn top_right(plane: &Plane, x: usize, y: usize) -> [u8; 4] {
    if y == 0 {
        return [ABOVE; 4];
    }
    let above = &plane.samples[(16 * y - 1) * plane.stride..][..plane.stride];
    let right = 16 * (x + 1);
    // In the last column the sample above the last one is repeated.
    above.get(right..right + 4).and_then(|four| four.try_into().ok()).unwrap_or([above[right - 1]; 4])
}

/// A macroblock's luma with what stands around it, for 4x4 predictions: sample (x, y) at `(y + 1) * STRIDE + LEFT + x`.
#[derive(Debug, Clone)]
pub(super) struct Canvas([u8; 17 * Canvas::STRIDE]);

impl Canvas {
    pub(super) const STRIDE: usize = 32;
    const LEFT: usize = 8;

    pub(super) fn new(border: &Border<16>, top_right: [u8; 4]) -> Self {
        let mut canvas = Self([0; 17 * Self::STRIDE]);
        let (left, right) = (Self::LEFT, Self::LEFT + 16);
        canvas.0[left - 1] = border.corner;
        canvas.0[left..right].copy_from_slice(&border.top);
        for (row, &sample) in canvas.0.chunks_exact_mut(Self::STRIDE).skip(1).zip(&border.left) {
            row[left - 1] = sample;
        }
        // Blocks at the right edge all have the same samples to their right.
        for row in canvas.0.chunks_exact_mut(Self::STRIDE).step_by(4) {
            row[right..right + 4].copy_from_slice(&top_right);
        }
        canvas
    }

    /// What stands around the block with this number, row by row.
    pub(super) fn edge(&self, block: usize) -> Edge {
        let above = Self::at(block) - Self::STRIDE;
        let mut edge = [0; 13];
        for (y, sample) in edge[..4].iter_mut().rev().enumerate() {
            *sample = self.0[above + (y + 1) * Self::STRIDE - 1];
        }
        edge[4..].copy_from_slice(&self.0[above - 1..above + 8]);
        edge
    }

    /// The place of the first sample of a block.
    fn at(block: usize) -> usize {
        (1 + block / 4 * 4) * Self::STRIDE + Self::LEFT + block % 4 * 4
    }

    /// Puts a block's samples in.
    pub(super) fn put(&mut self, block: usize, samples: &[u8; 16]) {
        let rows = self.0[Self::at(block)..].chunks_mut(Self::STRIDE);
        for (to, from) in rows.zip(samples.chunks_exact(4)) {
            to[..4].copy_from_slice(from);
        }
    }

    /// Takes the whole macroblock out.
    pub(super) fn luma(&self, luma: &mut [u8; 256]) {
        let rows = self.0.chunks_exact(Self::STRIDE).skip(1);
        for (to, from) in luma.chunks_exact_mut(16).zip(rows) {
            to.copy_from_slice(&from[Self::LEFT..Self::LEFT + 16]);
        }
    }
}
