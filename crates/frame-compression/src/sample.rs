//! The element types of tensors, and their conversion to and from 8 bits.

use std::sync::OnceLock;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use crate::simd::{Bytes, Dwords, Floats, Level, Simd, dispatch};

/// Which numbers of a floating-point tensor stand for black and white. Ignored for `u8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ValueRange {
    /// -1 to 1: `u8 = round((clamp(v, -1, 1) + 1) * 127.5)`, and back `v = u8 * (2/255) - 1`.
    #[default]
    SignedUnit,
    /// 0 to 1: `u8 = round(clamp(v, 0, 1) * 255)`, and back `v = u8 / 255`.
    Unit,
}

mod sealed {
    use super::ValueRange;

    /// What the library needs of an element type; not for other crates to implement.
    pub trait Convert: Copy + Default {
        /// Converts samples to 8 bits, ties away from zero. On a NaN or an infinity, gives its place.
        fn to_bytes(samples: &[Self], range: ValueRange, bytes: &mut [u8]) -> Result<(), usize>;
        /// Converts 8-bit samples to this type.
        fn from_bytes(bytes: &[u8], range: ValueRange, samples: &mut [Self]);
        /// The samples themselves, of the type that is 8 bits already: it needs no conversion, and can hold nothing wrong.
        fn as_bytes(_samples: &[Self]) -> Option<&[u8]> {
            None
        }
        /// The samples themselves, as of [`as_bytes`](Self::as_bytes).
        fn as_bytes_mut(_samples: &mut [Self]) -> Option<&mut [u8]> {
            None
        }
        /// The sample as it is shown in an error.
        fn shown(self) -> f64;
    }
}
pub(crate) use sealed::Convert;

/// An element type of a tensor: `f32`, `f16`, `bf16`, `f64` or `u8`.
///
/// Floating-point samples are converted to 8 bits in `f32` (`f64` in `f64`), ties away from zero; the way
/// back is computed in `f32` and then brought to the element type.
pub trait Sample: Convert + Send + Sync + 'static {}

impl<T: Convert + Send + Sync + 'static> Sample for T {}

/// Where the first sample that is not finite stands, if there is one.
fn first_non_finite<T: Copy>(samples: &[T], is_finite: impl Fn(T) -> bool) -> Result<(), usize> {
    // The whole row is tested without a branch, as nearly every row is finite.
    if samples.iter().fold(true, |all, &sample| all & is_finite(sample)) {
        return Ok(());
    }
    Err(samples.iter().position(|&sample| !is_finite(sample)).unwrap_or(0))
}

/// Rounds a number of `0..=255`, ties away from zero.
///
/// Adding one half first would round 0.49999997 up; the difference to the whole part is exact.
fn round_f32(value: f32) -> u8 {
    let whole = value as i32;
    (whole + i32::from(value - whole as f32 >= 0.5)) as u8
}

fn byte_of_f32(value: f32, range: ValueRange) -> u8 {
    round_f32(match range {
        ValueRange::SignedUnit => (value.clamp(-1.0, 1.0) + 1.0) * 127.5,
        ValueRange::Unit => value.clamp(0.0, 1.0) * 255.0,
    })
}

fn f32_of_byte(byte: u8, range: ValueRange) -> f32 {
    match range {
        ValueRange::SignedUnit => f32::from(byte) * (2.0 / 255.0) - 1.0,
        ValueRange::Unit => f32::from(byte) / 255.0,
    }
}

/// How many bytes before it is read or written a float's memory is asked for: about as long as that takes.
const AHEAD: usize = 2048;

/// Samples that one step of [`bytes_of_floats`] converts.
const STEP: usize = 32;

/// Converts finite samples as [`byte_of_f32`] does; says whether all were finite, and leaves what is not a whole step.
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

/// Converts samples as [`f32_of_byte`] does, and leaves what is not a whole vector.
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

/// Where the first sample that is not finite stands is looked for only where there is one.
fn f32_to_bytes(level: Level, samples: &[f32], range: ValueRange, bytes: &mut [u8]) -> Result<(), usize> {
    let (steps, rest) = samples.as_chunks();
    let (to_steps, to_rest) = bytes.as_chunks_mut();
    let finite = dispatch!(level, simd => simd.vectorize(
        #[inline(always)]
        || bytes_of_floats(simd, steps, range, to_steps),
    ));
    for (byte, &sample) in to_rest.iter_mut().zip(rest) {
        *byte = byte_of_f32(sample, range);
    }
    if finite {
        first_non_finite(rest, f32::is_finite).map_err(|at| at + steps.len() * STEP)
    } else {
        first_non_finite(samples, f32::is_finite)
    }
}

fn f32_from_bytes(level: Level, bytes: &[u8], range: ValueRange, samples: &mut [f32]) {
    let (vectors, rest) = bytes.as_chunks();
    let (to_vectors, to_rest) = samples.as_chunks_mut();
    dispatch!(level, simd => simd.vectorize(
        #[inline(always)]
        || floats_of_bytes(simd, vectors, range, to_vectors),
    ));
    for (sample, &byte) in to_rest.iter_mut().zip(rest) {
        *sample = f32_of_byte(byte, range);
    }
}

impl Convert for f32 {
    fn to_bytes(samples: &[Self], range: ValueRange, bytes: &mut [u8]) -> Result<(), usize> {
        f32_to_bytes(Level::current(), samples, range, bytes)
    }

    fn from_bytes(bytes: &[u8], range: ValueRange, samples: &mut [Self]) {
        f32_from_bytes(Level::current(), bytes, range, samples);
    }

    fn shown(self) -> f64 {
        f64::from(self)
    }
}

impl Convert for f64 {
    fn to_bytes(samples: &[Self], range: ValueRange, bytes: &mut [u8]) -> Result<(), usize> {
        first_non_finite(samples, f64::is_finite)?;
        for (byte, &sample) in bytes.iter_mut().zip(samples) {
            let value = match range {
                ValueRange::SignedUnit => (sample.clamp(-1.0, 1.0) + 1.0) * 127.5,
                ValueRange::Unit => sample.clamp(0.0, 1.0) * 255.0,
            };
            // Truncating what one half is added to; one half itself would round up what is just below a tie.
            *byte = (value + 0.5f64.next_down()) as u8;
        }
        Ok(())
    }

    fn from_bytes(bytes: &[u8], range: ValueRange, samples: &mut [Self]) {
        for (sample, &byte) in samples.iter_mut().zip(bytes) {
            *sample = f64::from(f32_of_byte(byte, range));
        }
    }

    fn shown(self) -> f64 {
        self
    }
}

/// Samples of 16 bits that are widened at a time.
const WIDENED: usize = 256;

macro_rules! convert_half {
    ($half:ty) => {
        impl Convert for $half {
            fn to_bytes(samples: &[Self], range: ValueRange, bytes: &mut [u8]) -> Result<(), usize> {
                let mut floats = [0.0; WIDENED];
                for (i, (samples, bytes)) in
                    samples.chunks(WIDENED).zip(bytes.chunks_mut(WIDENED)).enumerate()
                {
                    let floats = &mut floats[..samples.len()];
                    samples.convert_to_f32_slice(floats);
                    f32::to_bytes(floats, range, bytes).map_err(|at| i * WIDENED + at)?;
                }
                Ok(())
            }

            fn from_bytes(bytes: &[u8], range: ValueRange, samples: &mut [Self]) {
                // Only 256 numbers can come out, and narrowing is slow.
                static TABLES: OnceLock<[[$half; 256]; 2]> = OnceLock::new();
                let [signed, unit] = TABLES.get_or_init(|| {
                    [ValueRange::SignedUnit, ValueRange::Unit].map(|range| {
                        std::array::from_fn(|byte| Self::from_f32(f32_of_byte(byte as u8, range)))
                    })
                });
                let table = match range {
                    ValueRange::SignedUnit => signed,
                    ValueRange::Unit => unit,
                };
                for (sample, &byte) in samples.iter_mut().zip(bytes) {
                    *sample = table[usize::from(byte)];
                }
            }

            fn shown(self) -> f64 {
                self.to_f64()
            }
        }
    };
}

convert_half!(f16);
convert_half!(bf16);

impl Convert for u8 {
    fn to_bytes(samples: &[Self], _: ValueRange, bytes: &mut [u8]) -> Result<(), usize> {
        bytes.copy_from_slice(samples);
        Ok(())
    }

    fn from_bytes(bytes: &[u8], _: ValueRange, samples: &mut [Self]) {
        samples.copy_from_slice(bytes);
    }

    fn as_bytes(samples: &[Self]) -> Option<&[u8]> {
        Some(samples)
    }

    fn as_bytes_mut(samples: &mut [Self]) -> Option<&mut [u8]> {
        Some(samples)
    }

    fn shown(self) -> f64 {
        f64::from(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGES: [ValueRange; 2] = [ValueRange::SignedUnit, ValueRange::Unit];

    fn byte<T: Convert>(sample: T, range: ValueRange) -> u8 {
        let mut bytes = [0];
        T::to_bytes(&[sample], range, &mut bytes).unwrap();
        bytes[0]
    }

    fn every_byte_comes_back<T: Convert>() {
        let bytes: Vec<u8> = (0..=255).collect();
        for range in RANGES {
            let mut samples = vec![T::default(); 256];
            T::from_bytes(&bytes, range, &mut samples);
            let mut back = vec![0; 256];
            T::to_bytes(&samples, range, &mut back).unwrap();
            assert_eq!(back, bytes);
        }
    }

    #[test]
    fn bytes_survive_the_way_through_every_type_that_can_hold_them() {
        every_byte_comes_back::<f32>();
        every_byte_comes_back::<f64>();
        every_byte_comes_back::<f16>();
        every_byte_comes_back::<u8>();
    }

    #[test]
    fn rounding_is_to_the_nearest_with_ties_away_from_zero() {
        // The reference rounds in f64, where every product of an f32 and 127.5 or 255 is exact.
        let mut bits = 1u32;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let unit = (bits >> 8) as f32 / (1 << 24) as f32;
            assert_eq!(byte(unit, ValueRange::Unit), f64::from(unit * 255.0).round() as u8);
            let signed = unit * 2.0 - 1.0;
            assert_eq!(byte(signed, ValueRange::SignedUnit), f64::from((signed + 1.0) * 127.5).round() as u8);
        }
        assert_eq!(byte(0.0f32, ValueRange::SignedUnit), 128, "127.5 is a tie");
        assert_eq!(byte(0.0f64, ValueRange::SignedUnit), 128);
        assert_eq!(round_f32(0.499_999_97), 0);
        assert_eq!(byte(bf16::ZERO, ValueRange::SignedUnit), 128);
    }

    #[test]
    fn every_level_converts_alike() {
        // Every sign and exponent with many fractions, and the numbers around every tie.
        let mut samples: Vec<f32> =
            (0..1u32 << 17).map(|bits| f32::from_bits(bits.wrapping_mul(32771))).collect();
        samples.retain(|sample| sample.is_finite());
        for step in 0..=510 {
            let tie = step as f32 / 510.0;
            for value in [tie, 2.0 * tie - 1.0] {
                samples.extend([value.next_down().next_down(), value.next_down(), value, value.next_up()]);
            }
        }
        for range in RANGES {
            let expected: Vec<u8> = samples.iter().map(|&sample| byte_of_f32(sample, range)).collect();
            let bytes: Vec<u8> = (0..=255).cycle().take(259).collect();
            let floats: Vec<u32> = bytes.iter().map(|&byte| f32_of_byte(byte, range).to_bits()).collect();
            for level in Level::available() {
                let mut converted = vec![0; samples.len()];
                f32_to_bytes(level, &samples, range, &mut converted).unwrap();
                assert!(converted == expected, "{level}, {range:?}");
                let mut back = vec![0.0; bytes.len()];
                f32_from_bytes(level, &bytes, range, &mut back);
                assert!(
                    back.iter().map(|sample| sample.to_bits()).eq(floats.iter().copied()),
                    "{level}, {range:?}"
                );
                for at in [0, 31, 32, 33, 63, 64, 69] {
                    for wrong in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                        let mut samples = [f32::MAX; 70];
                        samples[at] = wrong;
                        assert_eq!(f32_to_bytes(level, &samples, range, &mut [0; 70]), Err(at), "{level}");
                    }
                }
            }
        }
    }

    #[test]
    fn values_outside_the_range_are_clamped() {
        for (value, signed, unit) in
            [(-7.0f32, 0, 0), (-1.0, 0, 0), (0.0, 128, 0), (1.0, 255, 255), (f32::MAX, 255, 255)]
        {
            assert_eq!(byte(value, ValueRange::SignedUnit), signed);
            assert_eq!(byte(value, ValueRange::Unit), unit);
            assert_eq!(byte(f64::from(value), ValueRange::SignedUnit), signed);
        }
    }

    #[test]
    fn the_first_sample_that_is_not_finite_is_found() {
        let mut bytes = [0; 40];
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut samples = [0.25f32; 40];
            samples[31] = wrong;
            samples[37] = wrong;
            assert_eq!(f32::to_bytes(&samples, ValueRange::Unit, &mut bytes), Err(31));
            assert_eq!(f64::to_bytes(&samples.map(f64::from), ValueRange::Unit, &mut bytes), Err(31));
            assert_eq!(f16::to_bytes(&samples.map(f16::from_f32), ValueRange::Unit, &mut bytes), Err(31));
            assert_eq!(bf16::to_bytes(&samples.map(bf16::from_f32), ValueRange::Unit, &mut bytes), Err(31));
        }
    }
}
