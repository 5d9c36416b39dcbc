//! The element types of tensors, and their conversion to and from 8 bits.

mod float;
mod kernels;

use std::sync::OnceLock;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use crate::simd::Level;
use float::f32_of_byte;

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

impl Convert for f32 {
    fn to_bytes(samples: &[Self], range: ValueRange, bytes: &mut [u8]) -> Result<(), usize> {
        float::to_bytes(Level::current(), samples, range, bytes)
    }

    fn from_bytes(bytes: &[u8], range: ValueRange, samples: &mut [Self]) {
        float::from_bytes(Level::current(), bytes, range, samples);
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
        assert_eq!(float::round_f32(0.499_999_97), 0);
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
            let expected: Vec<u8> = samples.iter().map(|&sample| float::byte_of_f32(sample, range)).collect();
            let bytes: Vec<u8> = (0..=255).cycle().take(259).collect();
            let floats: Vec<u32> = bytes.iter().map(|&byte| f32_of_byte(byte, range).to_bits()).collect();
            for level in Level::available() {
                let mut converted = vec![0; samples.len()];
                float::to_bytes(level, &samples, range, &mut converted).unwrap();
                assert!(converted == expected, "{level}, {range:?}");
                let mut back = vec![0.0; bytes.len()];
                float::from_bytes(level, &bytes, range, &mut back);
                assert!(
                    back.iter().map(|sample| sample.to_bits()).eq(floats.iter().copied()),
                    "{level}, {range:?}"
                );
                for at in [0, 31, 32, 33, 63, 64, 69] {
                    for wrong in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                        let mut samples = [f32::MAX; 70];
                        samples[at] = wrong;
                        assert_eq!(float::to_bytes(level, &samples, range, &mut [0; 70]), Err(at), "{level}");
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
