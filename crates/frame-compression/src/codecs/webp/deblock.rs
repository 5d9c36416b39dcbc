//! The loop filter (RFC 6386 15), the normal and the simple one, on whole planes.

use super::kernels;
use crate::planes::{Plane, Planes};
use crate::simd::Simd;

/// How a macroblock is filtered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Strength {
    /// 0 for none.
    pub(super) level: u8,
    /// Whether edges inside are filtered.
    pub(super) inside: bool,
}

/// The thresholds of a level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Of an edge: twice, plus 1.
    pub(super) edge: i32,
    /// Between neighbours on one side.
    pub(super) interior: i32,
    /// From which an edge is too steep to be filtered far.
    pub(super) steep: i32,
}

impl Limits {
    pub(super) fn new(level: u8, at_macroblock: bool, sharpness: u8) -> Self {
        let level = i32::from(level);
        let interior = interior_limit(level, sharpness.into());
        let limit = 2 * level + interior + if at_macroblock { 4 } else { 0 };
        let steep = if level >= 40 { 2 } else { i32::from(level >= 15) };
        Self { edge: 2 * limit + 1, interior, steep }
    }
}

/// What neighbours on one side of an edge may differ by.
fn interior_limit(level: i32, sharpness: i32) -> i32 {
    let limit = match sharpness {
        0 => level,
        1..=4 => (level >> 1).min(9 - sharpness),
        _ => (level >> 2).min(9 - sharpness),
    };
    limit.max(1)
}

/// An edge through a plane: where its first sample on the far side is, how far it is across the edge to the next
/// sample, how far along it, and how long it is.
#[derive(Debug, Clone, Copy)]
struct Line {
    at: usize,
    across: usize,
    along: usize,
    length: usize,
}

fn clamp(value: i32) -> i32 {
    value.clamp(-128, 127)
}

/// Filters the two samples next to the edge.
fn filter_near(p: &mut [i32; 4], q: &mut [i32; 4], a: i32) -> i32 {
    let (f1, f2) = (((a + 4) >> 3).clamp(-16, 15), ((a + 3) >> 3).clamp(-16, 15));
    q[0] -= f1;
    p[0] += f2;
    f1
}

/// Filters one place of an edge: samples p and q on the near and the far side, the closest first.
fn filter(p: &mut [i32; 4], q: &mut [i32; 4], limits: Limits, at_macroblock: bool) {
    if 4 * (p[0] - q[0]).abs() + (p[1] - q[1]).abs() > limits.edge {
        return;
    }
    let rough = |side: &[i32; 4]| side.windows(2).any(|two| (two[0] - two[1]).abs() > limits.interior);
    if rough(p) || rough(q) {
        return;
    }
    let steep = (p[1] - p[0]).abs() > limits.steep || (q[1] - q[0]).abs() > limits.steep;
    let slope = 3 * (q[0] - p[0]);
    if steep {
        filter_near(p, q, slope + clamp(p[1] - q[1]));
    } else if at_macroblock {
        let a = clamp(slope + clamp(p[1] - q[1]));
        for (i, weight) in [27, 18, 9].into_iter().enumerate() {
            let change = (weight * a + 63) >> 7;
            p[i] += change;
            q[i] -= change;
        }
    } else {
        let f1 = filter_near(p, q, slope);
        let f3 = (f1 + 1) >> 1;
        p[1] += f3;
        q[1] -= f3;
    }
}

/// Filters an edge with the normal filter.
fn filter_line(samples: &mut [u8], line: Line, limits: Limits, at_macroblock: bool) {
    for at in (0..line.length).map(|i| line.at + i * line.along) {
        let mut p = std::array::from_fn(|i| i32::from(samples[at - (i + 1) * line.across]));
        let mut q = std::array::from_fn(|i| i32::from(samples[at + i * line.across]));
        filter(&mut p, &mut q, limits, at_macroblock);
        for i in 0..3 {
            samples[at - (i + 1) * line.across] = p[i].clamp(0, 255) as u8;
            samples[at + i * line.across] = q[i].clamp(0, 255) as u8;
        }
    }
}

/// Filters an edge with the simple filter.
fn filter_line_simply(samples: &mut [u8], line: Line, limits: Limits, _at_macroblock: bool) {
    for at in (0..line.length).map(|i| line.at + i * line.along) {
        let mut p: [i32; 4] = std::array::from_fn(|i| i32::from(samples[at - (i.min(1) + 1) * line.across]));
        let mut q: [i32; 4] = std::array::from_fn(|i| i32::from(samples[at + i.min(1) * line.across]));
        if 4 * (p[0] - q[0]).abs() + (p[1] - q[1]).abs() <= limits.edge {
            let a = 3 * (q[0] - p[0]) + clamp(p[1] - q[1]);
            filter_near(&mut p, &mut q, a);
            samples[at - line.across] = p[0].clamp(0, 255) as u8;
            samples[at] = q[0].clamp(0, 255) as u8;
        }
    }
}

/// Filters the edges of one block of a plane, of `side` samples a side: column `x`, row `y`.
fn filter_block(plane: &mut Plane, (x, y): (usize, usize), side: usize, strength: Strength, kind: Kind) {
    let stride = plane.stride;
    let at = y * side * stride + x * side;
    let [outer, inner] = [true, false].map(|outer| Limits::new(strength.level, outer, kind.sharpness));
    let edge = if kind.is_simple { filter_line_simply } else { filter_line };
    for (across, along, has_outer) in [(1, stride, x > 0), (stride, 1, y > 0)] {
        if has_outer {
            edge(&mut plane.samples, Line { at, across, along, length: side }, outer, true);
        }
        if strength.inside {
            for i in (4..side).step_by(4) {
                let line = Line { at: at + i * across, across, along, length: side };
                edge(&mut plane.samples, line, inner, false);
            }
        }
    }
}

/// Which filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// The simple filter leaves chroma as it is.
    pub(super) is_simple: bool,
    /// 0 to 7.
    pub(super) sharpness: u8,
}

/// Filters a row of macroblocks; the rows above are done.
#[inline(always)]
pub(super) fn deblock_row<S: Simd>(
    simd: S,
    planes: &mut Planes,
    y: usize,
    strengths: &[Strength],
    kind: Kind,
) {
    if !S::IS_SCALAR && !kind.is_simple {
        return kernels::deblock::deblock_row(simd, planes, y, strengths, kind.sharpness);
    }
    for (x, &strength) in strengths.iter().enumerate().filter(|(_, strength)| strength.level > 0) {
        filter_block(&mut planes.y, (x, y), 16, strength, kind);
        if !kind.is_simple {
            filter_block(&mut planes.cb, (x, y), 8, strength, kind);
            filter_block(&mut planes.cr, (x, y), 8, strength, kind);
        }
    }
}
