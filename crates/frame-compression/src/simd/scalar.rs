//! The vectors as arrays: what each operation means.

use std::array::from_fn;
use std::ops::{Add, Mul, Sub};

use super::{Bytes, Dwords, Floats, LaneOrder, Simd, Words};

/// Plain Rust.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scalar;

#[derive(Debug, Clone, Copy)]
pub(crate) struct ScalarWords([i16; 16]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScalarDwords([i32; 8]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScalarBytes([u8; 32]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScalarFloats([f32; 8]);

impl Simd for Scalar {
    type Words = ScalarWords;
    type Dwords = ScalarDwords;
    type Bytes = ScalarBytes;
    type Floats = ScalarFloats;

    const IS_SCALAR: bool = true;
    const HAS_LOOKUP: bool = false;
}

/// `$name(a, b)` lane by lane.
macro_rules! lane_by_lane {
    ($($name:ident = |$a:ident, $b:ident| $value:expr;)*) => {
        $(#[inline(always)]
        fn $name(self, other: Self) -> Self {
            Self(from_fn(|i| {
                let ($a, $b) = (self.0[i], other.0[i]);
                $value
            }))
        })*
    };
}

/// Zips of groups of `group` lanes inside halves of `half` lanes, from the low or the high part of each.
#[inline(always)]
fn zip<T: Copy, const N: usize>(a: [T; N], b: [T; N], group: usize, high: bool) -> [T; N] {
    let half = N / 2;
    from_fn(|i| {
        let (base, place) = (i / half * half, i % half);
        let (pair, within) = (place / (2 * group), place % (2 * group));
        let from = base + if high { half / 2 } else { 0 } + pair * group + within % group;
        if within < group { a[from] } else { b[from] }
    })
}

/// One half of each: the low (0) or the high (1).
#[inline(always)]
fn halves<T: Copy, const N: usize>(a: [T; N], b: [T; N], which: usize) -> [T; N] {
    let half = N / 2;
    from_fn(|i| if i < half { a[which * half + i] } else { b[which * half + i - half] })
}

macro_rules! zips {
    ($($low:ident $high:ident $group:expr;)*) => {
        $(#[inline(always)]
        fn $low(self, other: Self) -> Self {
            Self(zip(self.0, other.0, $group, false))
        }

        #[inline(always)]
        fn $high(self, other: Self) -> Self {
            Self(zip(self.0, other.0, $group, true))
        })*

        #[inline(always)]
        fn low_halves(self, other: Self) -> Self {
            Self(halves(self.0, other.0, 0))
        }

        #[inline(always)]
        fn high_halves(self, other: Self) -> Self {
            Self(halves(self.0, other.0, 1))
        }
    };
}

macro_rules! memory {
    ($lane:ty, $count:expr) => {
        #[inline(always)]
        fn splat(_: Scalar, value: $lane) -> Self {
            Self([value; $count])
        }

        #[inline(always)]
        fn load(_: Scalar, from: &[$lane; $count]) -> Self {
            Self(*from)
        }

        #[inline(always)]
        fn store(self, to: &mut [$lane; $count]) {
            *to = self.0;
        }
    };
}

macro_rules! sums {
    ($name:ident) => {
        impl Add for $name {
            type Output = Self;

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
            }
        }

        impl Sub for $name {
            type Output = Self;

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self(from_fn(|i| self.0[i].wrapping_sub(other.0[i])))
            }
        }
    };
}

sums!(ScalarWords);
sums!(ScalarDwords);

impl Words<Scalar> for ScalarWords {
    memory!(i16, 16);

    #[inline(always)]
    fn load_bytes(_: Scalar, from: &[u8; 16]) -> Self {
        Self(from_fn(|i| i16::from(from[i])))
    }

    #[inline(always)]
    fn load_bytes_halves(_: Scalar, low: &[u8; 8], high: &[u8; 8]) -> Self {
        Self(from_fn(|i| i16::from(if i < 8 { low[i] } else { high[i - 8] })))
    }

    #[inline(always)]
    fn store_bytes(self, to: &mut [u8; 16]) {
        *to = from_fn(|i| self.0[i].clamp(0, 255) as u8);
    }

    #[inline(always)]
    fn load_rgb_pairs(_: Scalar, from: &[u8; 48]) -> [Self; 4] {
        let [r, g, b] = from_fn(|c| from_fn(|x| i16::from(from[3 * x + c])));
        [(r, false), (r, true), (b, false), (b, true)].map(|(first, high)| Self(zip(first, g, 1, high)))
    }

    #[inline(always)]
    fn store_rgb_halves(channels: [Self; 3], low: &mut [u8; 24], high: &mut [u8; 24]) {
        let pixels = |from: usize| from_fn(|i| channels[i % 3].0[from + i / 3].clamp(0, 255) as u8);
        (*low, *high) = (pixels(0), pixels(8));
    }

    #[inline(always)]
    fn splat_pair(_: Scalar, even: i16, odd: i16) -> Self {
        Self(from_fn(|i| if i % 2 == 0 { even } else { odd }))
    }

    #[inline(always)]
    fn load_halves(_: Scalar, low: &[i16; 8], high: &[i16; 8]) -> Self {
        Self(from_fn(|i| if i < 8 { low[i] } else { high[i - 8] }))
    }

    #[inline(always)]
    fn load_quarters(_: Scalar, quarters: [&[i16; 4]; 4]) -> Self {
        Self(from_fn(|i| quarters[i / 4][i % 4]))
    }

    #[inline(always)]
    fn signs(self) -> u16 {
        self.0.iter().enumerate().fold(0, |bits, (i, &lane)| bits | (u16::from(lane < 0) << i))
    }

    lane_by_lane! {
        mul_rounded = |a, b| ((i32::from(a) * i32::from(b) + 0x4000) >> 15) as i16;
        and = |a, b| a & b;
        or = |a, b| a | b;
        xor = |a, b| a ^ b;
        min = |a, b| a.min(b);
        max = |a, b| a.max(b);
        saturating_add = |a, b| a.saturating_add(b);
        saturating_sub = |a, b| a.saturating_sub(b);
        saturating_sub_unsigned = |a, b| (a as u16).saturating_sub(b as u16) as i16;
        mul_low = |a, b| a.wrapping_mul(b);
        mul_high = |a, b| ((i32::from(a) * i32::from(b)) >> 16) as i16;
        mul_high_unsigned = |a, b| ((u32::from(a as u16) * u32::from(b as u16)) >> 16) as i16;
        times_sign_of = |a, b| a.wrapping_mul(b.signum());
        greater = |a, b| -i16::from(a > b);
        equal = |a, b| -i16::from(a == b);
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(i16::wrapping_abs))
    }

    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        Self(self.0.map(|a| a << N))
    }

    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        Self(self.0.map(|a| a >> N))
    }

    #[inline(always)]
    fn shr_unsigned<const N: i32>(self) -> Self {
        Self(self.0.map(|a| (a as u16 >> N) as i16))
    }

    zips! {
        zip_low_16 zip_high_16 1;
        zip_low_32 zip_high_32 2;
        zip_low_64 zip_high_64 4;
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        Self(from_fn(|i| self.0[(i + 8) % 16]))
    }

    #[inline(always)]
    fn fours<const ORDER: i32>(self) -> Self {
        Self(from_fn(|i| self.0[(ORDER as usize >> (i / 4 * 2) & 3) * 4 + i % 4]))
    }

    #[inline(always)]
    fn transpose_4x4(self) -> Self {
        Self(from_fn(|i| self.0[i % 4 * 4 + i / 4]))
    }

    #[inline(always)]
    fn reorder(self, order: &LaneOrder) -> Self {
        Self(from_fn(|i| self.0[usize::from(order.lanes[i]) % 16]))
    }

    #[inline(always)]
    fn mul_add_pairs(self, other: Self) -> ScalarDwords {
        let product = |i: usize| i32::from(self.0[i]) * i32::from(other.0[i]);
        ScalarDwords(from_fn(|i| product(2 * i).wrapping_add(product(2 * i + 1))))
    }

    #[inline(always)]
    fn widen(self) -> (ScalarDwords, ScalarDwords) {
        let part = |high: usize| ScalarDwords(from_fn(|i| i32::from(self.0[i / 4 * 8 + high * 4 + i % 4])));
        (part(0), part(1))
    }

    #[inline(always)]
    fn pack_bytes(self, other: Self) -> ScalarBytes {
        ScalarBytes(from_fn(|i| {
            let from = i / 16 * 8 + i % 8;
            (if i % 16 < 8 { self.0[from] } else { other.0[from] }).clamp(0, 255) as u8
        }))
    }

    #[inline(always)]
    fn as_dwords(self) -> ScalarDwords {
        ScalarDwords(from_fn(|i| i32::from(self.0[2 * i + 1]) << 16 | i32::from(self.0[2 * i] as u16)))
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        self.0 == [0; 16]
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        self.0.iter().map(|&lane| i32::from(lane)).sum()
    }
}

impl Dwords<Scalar> for ScalarDwords {
    memory!(i32, 8);

    lane_by_lane! {
        and = |a, b| a & b;
        or = |a, b| a | b;
        xor = |a, b| a ^ b;
        min = |a, b| a.min(b);
        max = |a, b| a.max(b);
        mul_low = |a, b| a.wrapping_mul(b);
        greater = |a, b| -i32::from(a > b);
        equal = |a, b| -i32::from(a == b);
    }

    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        Self(self.0.map(|a| a << N))
    }

    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        Self(self.0.map(|a| a >> N))
    }

    #[inline(always)]
    fn shr_unsigned<const N: i32>(self) -> Self {
        Self(self.0.map(|a| (a as u32 >> N) as i32))
    }

    #[inline(always)]
    fn shl_by(self, count: u32) -> Self {
        Self(self.0.map(|a| a << count))
    }

    #[inline(always)]
    fn shr_by(self, count: u32) -> Self {
        Self(self.0.map(|a| a >> count))
    }

    zips! {
        zip_low_32 zip_high_32 1;
        zip_low_64 zip_high_64 2;
    }

    #[inline(always)]
    fn add_neighbours(self, other: Self) -> Self {
        Self(from_fn(|i| {
            let of = if i % 4 < 2 { &self.0 } else { &other.0 };
            let from = i / 4 * 4 + i % 2 * 2;
            of[from].wrapping_add(of[from + 1])
        }))
    }

    #[inline(always)]
    fn pack_words(self, other: Self) -> ScalarWords {
        ScalarWords(from_fn(|i| {
            let from = i / 8 * 4 + i % 4;
            let lane = if i % 8 < 4 { self.0[from] } else { other.0[from] };
            lane.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
        }))
    }

    #[inline(always)]
    fn as_words(self) -> ScalarWords {
        ScalarWords(from_fn(|i| (self.0[i / 2] >> (i % 2 * 16)) as i16))
    }

    #[inline(always)]
    fn high_words(self, other: Self) -> ScalarWords {
        ScalarWords(from_fn(|i| ([self, other][i % 2].0[i / 2] >> 16) as i16))
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        self.0.iter().fold(0, |sum: i32, &lane| sum.wrapping_add(lane))
    }
}

impl Bytes<Scalar> for ScalarBytes {
    memory!(u8, 32);

    #[inline(always)]
    fn load_halves(_: Scalar, low: &[u8; 16], high: &[u8; 16]) -> Self {
        Self(from_fn(|i| if i < 16 { low[i] } else { high[i - 16] }))
    }

    #[inline(always)]
    fn load_quarters(_: Scalar, quarters: [&[u8; 8]; 4]) -> Self {
        Self(from_fn(|i| quarters[i / 8][i % 8]))
    }

    #[inline(always)]
    fn load_twice(_: Scalar, from: &[u8; 16]) -> Self {
        Self(from_fn(|i| from[i % 16]))
    }

    #[inline(always)]
    fn skip_first(self) -> Self {
        Self(from_fn(|i| if i < 31 { self.0[i + 1] } else { 0 }))
    }

    #[inline(always)]
    fn lookup(self, indices: Self) -> Self {
        Self(from_fn(|i| {
            if indices.0[i] < 128 { self.0[i / 16 * 16 + usize::from(indices.0[i] & 15)] } else { 0 }
        }))
    }

    lane_by_lane! {
        and = |a, b| a & b;
        or = |a, b| a | b;
        xor = |a, b| a ^ b;
        min = |a, b| a.min(b);
        max = |a, b| a.max(b);
        saturating_add = |a, b| a.saturating_add(b);
        saturating_sub = |a, b| a.saturating_sub(b);
        average = |a, b| (u16::from(a) + u16::from(b)).div_ceil(2) as u8;
        equal = |a, b| if a == b { 255 } else { 0 };
    }

    zips! {
        zip_low_8 zip_high_8 1;
    }

    #[inline(always)]
    fn widen(self) -> (ScalarWords, ScalarWords) {
        let part = |high: usize| ScalarWords(from_fn(|i| i16::from(self.0[i / 8 * 16 + high * 8 + i % 8])));
        (part(0), part(1))
    }

    #[inline(always)]
    fn add_neighbours(self) -> ScalarWords {
        ScalarWords(from_fn(|i| i16::from(self.0[2 * i]) + i16::from(self.0[2 * i + 1])))
    }

    #[inline(always)]
    fn store_zipped_64(self, low: &mut [u8; 16], high: &mut [u8; 16]) {
        *low = from_fn(|i| self.0[i / 8 * 16 + i % 8]);
        *high = from_fn(|i| self.0[i / 8 * 16 + 8 + i % 8]);
    }

    #[inline(always)]
    fn differences(self, other: Self) -> ScalarDwords {
        ScalarDwords(from_fn(|i| (4 * i..4 * i + 4).map(|i| i32::from(self.0[i].abs_diff(other.0[i]))).sum()))
    }
}

/// Arithmetic of floats, lane by lane.
macro_rules! arithmetic {
    ($($trait:ident $name:ident $operator:tt;)*) => {
        $(impl $trait for ScalarFloats {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self(from_fn(|i| self.0[i] $operator other.0[i]))
            }
        })*
    };
}

arithmetic! {
    Add add +;
    Sub sub -;
    Mul mul *;
}

impl Floats<Scalar> for ScalarFloats {
    memory!(f32, 8);

    lane_by_lane! {
        min = |a, b| a.min(b);
        max = |a, b| a.max(b);
    }

    #[inline(always)]
    fn load_bytes(_: Scalar, from: &[u8; 8]) -> Self {
        Self(from.map(f32::from))
    }

    #[inline(always)]
    fn magnitude_bits(self) -> ScalarDwords {
        ScalarDwords(self.0.map(|a| a.abs().to_bits() as i32))
    }

    #[inline(always)]
    fn truncate_to_bytes(four: [Self; 4]) -> ScalarBytes {
        ScalarBytes(from_fn(|i| four[i / 8].0[i % 8] as u8))
    }
}
