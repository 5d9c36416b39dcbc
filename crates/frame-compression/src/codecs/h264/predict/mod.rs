//! Intra prediction (H.264 8.3).

pub(super) mod blocks;
pub(super) mod edge;
pub(super) mod planes;

/// F1 of docs/spec/h264-intra.md: the rounded mean of two samples.
fn mean(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

/// F2: the three-tap filter (1, 2, 1) / 4, rounded.
fn smooth(a: u8, b: u8, c: u8) -> u8 {
    ((u16::from(a) + 2 * u16::from(b) + u16::from(c) + 2) >> 2) as u8
}

/// The sum of samples.
fn sum(samples: &[u8]) -> u32 {
    samples.iter().map(|&sample| u32::from(sample)).sum()
}
