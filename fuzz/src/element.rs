//! The element types, filled with what a fuzzer has.

use std::fmt::Debug;

use arbitrary::Arbitrary;
use frame_compression::{Sample, ValueRange};
use half::{bf16, f16};

/// What the checks need of an element type.
pub(crate) trait Element: Sample + Debug {
    /// Stands where no element of the picture is.
    const GAP: Self;

    /// The element with these bits, as many as it has.
    fn of_bits(bits: u64) -> Self;

    /// Its bits.
    fn bits(self) -> u64;

    /// The element that stands for an 8-bit sample, more or less.
    fn of_byte(byte: u8, range: ValueRange) -> Self;

    /// Whether it is a sample of the range.
    fn is_in(self, range: ValueRange) -> bool;
}

macro_rules! floating_point {
    ($($element:ty, $unsigned:ty);*) => {$(
        impl Element for $element {
            const GAP: Self = <$element>::MAX;

            fn of_bits(bits: u64) -> Self {
                Self::from_bits(bits as $unsigned)
            }

            fn bits(self) -> u64 {
                self.to_bits().into()
            }

            fn of_byte(byte: u8, range: ValueRange) -> Self {
                let unit = f64::from(byte) / 255.0;
                let value = if range == ValueRange::Unit { unit } else { unit * 2.0 - 1.0 };
                Narrow::narrow(value)
            }

            fn is_in(self, range: ValueRange) -> bool {
                let least = if range == ValueRange::Unit { 0.0 } else { -1.0 };
                (least..=1.0).contains(&f64::from(self))
            }
        }
    )*};
}

floating_point!(f32, u32; f64, u64; f16, u16; bf16, u16);

/// From `f64`, to the nearest.
trait Narrow {
    fn narrow(value: f64) -> Self;
}

impl Narrow for f32 {
    fn narrow(value: f64) -> Self {
        value as f32
    }
}

impl Narrow for f64 {
    fn narrow(value: f64) -> Self {
        value
    }
}

impl Narrow for f16 {
    fn narrow(value: f64) -> Self {
        f16::from_f64(value)
    }
}

impl Narrow for bf16 {
    fn narrow(value: f64) -> Self {
        bf16::from_f64(value)
    }
}

impl Element for u8 {
    const GAP: Self = 0xa5;

    fn of_bits(bits: u64) -> Self {
        bits as u8
    }

    fn bits(self) -> u64 {
        self.into()
    }

    fn of_byte(byte: u8, _: ValueRange) -> Self {
        byte
    }

    fn is_in(self, _: ValueRange) -> bool {
        true
    }
}

/// What the samples of a picture are.
#[derive(Debug, Arbitrary)]
pub(crate) enum Fill {
    /// Any bits: NaN, infinities, subnormal numbers.
    Bits(Vec<u64>),
    /// Samples in the range, repeated.
    Bytes(Vec<u8>),
    /// Noise of a seed and an amplitude, on a slope: pictures that no fuzzer would find byte by byte.
    Noise { seed: u32, amplitude: u8, base: [u8; 3], slope: [i8; 3] },
}

impl Fill {
    /// `count` samples.
    pub(crate) fn samples<T: Element>(&self, count: usize) -> Vec<T> {
        let byte = |byte| T::of_byte(byte, ValueRange::SignedUnit);
        match self {
            Fill::Bits(bits) => cycle(bits, count, |bits| T::of_bits(bits)),
            Fill::Bytes(bytes) => cycle(bytes, count, byte),
            Fill::Noise { seed, amplitude, base, slope } => {
                let mut state = *seed;
                let sample = |at: usize| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let noise = (state >> 16) as i64 % (i64::from(*amplitude) + 1);
                    let slope = i64::from(slope[at % 3]) * (at / 3) as i64 / 64;
                    byte((i64::from(base[at % 3]) + slope + noise).clamp(0, 255) as u8)
                };
                (0..count).map(sample).collect()
            }
        }
    }
}

fn cycle<S: Copy + Default, T>(source: &[S], count: usize, element: impl Fn(S) -> T) -> Vec<T> {
    let endless = source.iter().copied().cycle().chain(std::iter::repeat(S::default()));
    endless.take(count).map(element).collect()
}
