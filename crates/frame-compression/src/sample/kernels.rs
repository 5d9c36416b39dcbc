//! The conversions of `f32` on vectors: whole steps of a row.

use super::ValueRange;
use crate::simd::{Bytes, Dwords, Floats, Job, Simd};

/// How many bytes before it is read or written a float's memory is asked for: about as long as that takes.
const AHEAD: usize = 2048;

/// Samples that one step of [`BytesOfFloats`] converts.
pub(super) const STEP: usize = 32;

/// Converts finite samples as [`byte_of_f32`](super::float::byte_of_f32) does; says whether all were finite.
pub(super) struct BytesOfFloats<'a> {
    pub(super) samples: &'a [[f32; STEP]],
    pub(super) range: ValueRange,
    pub(super) bytes: &'a mut [[u8; STEP]],
}

impl Job for BytesOfFloats<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        bytes_of_floats(simd, self.samples, self.range, self.bytes)
    }
}

#[inline(always)]
fn bytes_of_floats<S: Simd>(
    simd: S,
    samples: &[[f32; STEP]],
    range: ValueRange,
    bytes: &mut [[u8; STEP]],
) -> bool {
    let splat = |value| S::Floats::splat(simd, value);
    let (least, offset, factor) = match range {
        ValueRange::SignedUnit => (-1.0, 1.0, 127.5),
        ValueRange::Unit => (0.0, 0.0, 255.0),
    };
    // The largest number below one half: with one half itself, what is just below a tie would be rounded up.
    let (least, most, offset, factor, half) =
        (splat(least), splat(1.0), splat(offset), splat(factor), splat(0.5f32.next_down()));
    let mut largest = S::Dwords::splat(simd, 0);
    for (samples, bytes) in samples.iter().zip(bytes) {
        simd.prefetch(samples, AHEAD);
        let mut four = [half; 4];
        for (x, samples) in four.iter_mut().zip(samples.as_chunks().0) {
            let sample = S::Floats::load(simd, samples);
            largest = largest.max(sample.magnitude_bits());
            *x = (sample.max(least).min(most) + offset) * factor + half;
        }
        S::Floats::truncate_to_bytes(four).store(bytes);
    }
    largest.greater(S::Dwords::splat(simd, f32::MAX.to_bits() as i32)).sum() == 0
}

/// Converts samples as [`f32_of_byte`](super::float::f32_of_byte) does.
pub(super) struct FloatsOfBytes<'a> {
    pub(super) bytes: &'a [[u8; 8]],
    pub(super) range: ValueRange,
    pub(super) samples: &'a mut [[f32; 8]],
}

impl Job for FloatsOfBytes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        floats_of_bytes(simd, self.bytes, self.range, self.samples);
    }
}

#[inline(always)]
fn floats_of_bytes<S: Simd>(simd: S, bytes: &[[u8; 8]], range: ValueRange, samples: &mut [[f32; 8]]) {
    let splat = |value| S::Floats::splat(simd, value);
    match range {
        ValueRange::SignedUnit => {
            let (factor, one) = (splat(2.0 / 255.0), splat(1.0));
            for (bytes, samples) in bytes.iter().zip(samples) {
                simd.prefetch(samples, AHEAD);
                (S::Floats::load_bytes(simd, bytes) * factor - one).store(samples);
            }
        }
        ValueRange::Unit => {
            // 1/255 in two pieces: the products with the first are exact, so the sum is rounded as the quotient is.
            const FIRST: f32 = 257.0 / 65536.0;
            const REST: f32 = (1.0 / 255.0 - 257.0 / 65536.0) as f32;
            let (first, rest) = (splat(FIRST), splat(REST));
            for (bytes, samples) in bytes.iter().zip(samples) {
                simd.prefetch(samples, AHEAD);
                let byte = S::Floats::load_bytes(simd, bytes);
                (byte * first + byte * rest).store(samples);
            }
        }
    }
}
