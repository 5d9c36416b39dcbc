//! `f32` to 8 bits and back: in plain Rust, which defines what is right, and by [`kernels`](super::kernels).

use super::kernels::{BytesOfFloats, FloatsOfBytes, STEP};
use super::{ValueRange, first_non_finite};
use crate::simd::Level;

/// Rounds a number of `0..=255`, ties away from zero.
///
/// Adding one half first would round 0.49999997 up; the difference to the whole part is exact.
pub(super) fn round_f32(value: f32) -> u8 {
    let whole = value as i32;
    (whole + i32::from(value - whole as f32 >= 0.5)) as u8
}

/// A sample as 8 bits.
pub(super) fn byte_of_f32(value: f32, range: ValueRange) -> u8 {
    round_f32(match range {
        ValueRange::SignedUnit => (value.clamp(-1.0, 1.0) + 1.0) * 127.5,
        ValueRange::Unit => value.clamp(0.0, 1.0) * 255.0,
    })
}

/// 8 bits as a sample.
pub(super) fn f32_of_byte(byte: u8, range: ValueRange) -> f32 {
    match range {
        ValueRange::SignedUnit => f32::from(byte) * (2.0 / 255.0) - 1.0,
        ValueRange::Unit => f32::from(byte) / 255.0,
    }
}

/// Converts samples to 8 bits; on one that is not finite, gives the place of the first. Searches for it only if the
/// vector pass saw one.
pub(super) fn to_bytes(
    level: Level,
    samples: &[f32],
    range: ValueRange,
    bytes: &mut [u8],
) -> Result<(), usize> {
    let (steps, rest) = samples.as_chunks();
    let (to_steps, to_rest) = bytes.as_chunks_mut();
    let finite = level.run(BytesOfFloats { samples: steps, range, bytes: to_steps });
    for (byte, &sample) in to_rest.iter_mut().zip(rest) {
        *byte = byte_of_f32(sample, range);
    }
    if finite {
        first_non_finite(rest, f32::is_finite).map_err(|at| at + steps.len() * STEP)
    } else {
        first_non_finite(samples, f32::is_finite)
    }
}

/// Converts 8-bit samples back.
pub(super) fn from_bytes(level: Level, bytes: &[u8], range: ValueRange, samples: &mut [f32]) {
    let (vectors, rest) = bytes.as_chunks();
    let (to_vectors, to_rest) = samples.as_chunks_mut();
    level.run(FloatsOfBytes { bytes: vectors, range, samples: to_vectors });
    for (sample, &byte) in to_rest.iter_mut().zip(rest) {
        *sample = f32_of_byte(byte, range);
    }
}
