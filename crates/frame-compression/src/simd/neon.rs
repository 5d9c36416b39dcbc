//! NEON, the baseline of aarch64: two registers a vector.

use std::arch::aarch64::*;
use std::ops::{Add, Mul, Sub};

use super::{Bytes, Dwords, Floats, LaneOrder, Simd, Words};

/// Every aarch64 CPU that Rust's standard targets name has NEON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neon(());

impl Neon {
    pub(super) fn new() -> Self {
        Self(())
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct NeonWords([int16x8_t; 2]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct NeonDwords([int32x4_t; 2]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct NeonBytes([uint8x16_t; 2]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct NeonFloats([float32x4_t; 2]);

impl Simd for Neon {
    type Words = NeonWords;
    type Dwords = NeonDwords;
    type Bytes = NeonBytes;
    type Floats = NeonFloats;
}

/// Calls intrinsics of NEON.
macro_rules! neon {
    ($call:expr) => {{
        // SAFETY: NEON is part of aarch64; pointers come from references to arrays of the size that is
        // loaded or stored. (Where nothing but values is touched the block is not needed.)
        #[allow(unused_unsafe)]
        unsafe {
            $call
        }
    }};
}

/// `$name(a, b)` by one function of the two registers' halves.
macro_rules! binary {
    ($($name:ident = $intrinsic:ident;)*) => {
        $(#[inline(always)]
        fn $name(self, other: Self) -> Self {
            Self(neon!([$intrinsic(self.0[0], other.0[0]), $intrinsic(self.0[1], other.0[1])]))
        })*
    };
}

/// A function of two registers from an expression.
macro_rules! pairs {
    ($($name:ident: $register:ty = |$a:ident, $b:ident| $value:expr;)*) => {
        $(#[inline(always)]
        fn $name($a: $register, $b: $register) -> $register {
            neon!($value)
        })*
    };
}

/// What is the same for every lane type.
macro_rules! same_for_all {
    ($lane:ty, $count:expr, $splat:ident, $load:ident, $store:ident) => {
        #[inline(always)]
        fn splat(_: Neon, value: $lane) -> Self {
            Self(neon!([$splat(value); 2]))
        }

        #[inline(always)]
        fn load(_: Neon, from: &[$lane; $count]) -> Self {
            Self(neon!([$load(from.as_ptr()), $load(from.as_ptr().add($count / 2))]))
        }

        #[inline(always)]
        fn store(self, to: &mut [$lane; $count]) {
            neon!({
                $store(to.as_mut_ptr(), self.0[0]);
                $store(to.as_mut_ptr().add($count / 2), self.0[1]);
            });
        }

        #[inline(always)]
        fn low_halves(self, other: Self) -> Self {
            Self([self.0[0], other.0[0]])
        }

        #[inline(always)]
        fn high_halves(self, other: Self) -> Self {
            Self([self.0[1], other.0[1]])
        }
    };
}

macro_rules! sums {
    ($name:ident, $add:ident, $sub:ident) => {
        impl Add for $name {
            type Output = Self;

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self(neon!([$add(self.0[0], other.0[0]), $add(self.0[1], other.0[1])]))
            }
        }

        impl Sub for $name {
            type Output = Self;

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self(neon!([$sub(self.0[0], other.0[0]), $sub(self.0[1], other.0[1])]))
            }
        }
    };
}

sums!(NeonWords, vaddq_s16, vsubq_s16);
sums!(NeonDwords, vaddq_s32, vsubq_s32);

pairs! {
    subs_unsigned: int16x8_t = |a, b| {
        vreinterpretq_s16_u16(vqsubq_u16(vreinterpretq_u16_s16(a), vreinterpretq_u16_s16(b)))
    };
    mul_high_s16: int16x8_t = |a, b| {
        let (low, high) = (vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
        vuzp2q_s16(vreinterpretq_s16_s32(low), vreinterpretq_s16_s32(high))
    };
    mul_high_u16: int16x8_t = |a, b| {
        let (a, b) = (vreinterpretq_u16_s16(a), vreinterpretq_u16_s16(b));
        let (low, high) = (vmull_u16(vget_low_u16(a), vget_low_u16(b)), vmull_high_u16(a, b));
        vreinterpretq_s16_u16(vuzp2q_u16(vreinterpretq_u16_u32(low), vreinterpretq_u16_u32(high)))
    };
    sign_s16: int16x8_t = |a, b| {
        let signed = vbslq_s16(vcltzq_s16(b), vnegq_s16(a), a);
        vbicq_s16(signed, vreinterpretq_s16_u16(vceqzq_s16(b)))
    };
    mul_rounded_s16: int16x8_t = |a, b| {
        let (low, high) = (vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
        vrshrn_high_n_s32::<15>(vrshrn_n_s32::<15>(low), high)
    };
    greater_s16: int16x8_t = |a, b| vreinterpretq_s16_u16(vcgtq_s16(a, b));
    equal_s16: int16x8_t = |a, b| vreinterpretq_s16_u16(vceqq_s16(a, b));
    zip1_32: int16x8_t = |a, b| {
        vreinterpretq_s16_s32(vzip1q_s32(vreinterpretq_s32_s16(a), vreinterpretq_s32_s16(b)))
    };
    zip2_32: int16x8_t = |a, b| {
        vreinterpretq_s16_s32(vzip2q_s32(vreinterpretq_s32_s16(a), vreinterpretq_s32_s16(b)))
    };
    zip1_64: int16x8_t = |a, b| {
        vreinterpretq_s16_s64(vzip1q_s64(vreinterpretq_s64_s16(a), vreinterpretq_s64_s16(b)))
    };
    zip2_64: int16x8_t = |a, b| {
        vreinterpretq_s16_s64(vzip2q_s64(vreinterpretq_s64_s16(a), vreinterpretq_s64_s16(b)))
    };
    greater_s32: int32x4_t = |a, b| vreinterpretq_s32_u32(vcgtq_s32(a, b));
    equal_s32: int32x4_t = |a, b| vreinterpretq_s32_u32(vceqq_s32(a, b));
    dwords_zip1_64: int32x4_t = |a, b| {
        vreinterpretq_s32_s64(vzip1q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)))
    };
    dwords_zip2_64: int32x4_t = |a, b| {
        vreinterpretq_s32_s64(vzip2q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)))
    };
}

impl Words<Neon> for NeonWords {
    same_for_all!(i16, 16, vdupq_n_s16, vld1q_s16, vst1q_s16);

    #[inline(always)]
    fn load_bytes(_: Neon, from: &[u8; 16]) -> Self {
        neon!({
            let bytes = vld1q_u8(from.as_ptr());
            let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
            Self([vreinterpretq_s16_u16(low), vreinterpretq_s16_u16(high)])
        })
    }

    #[inline(always)]
    fn load_bytes_halves(_: Neon, low: &[u8; 8], high: &[u8; 8]) -> Self {
        Self(neon!([low, high].map(|half| vreinterpretq_s16_u16(vmovl_u8(vld1_u8(half.as_ptr()))))))
    }

    #[inline(always)]
    fn store_bytes(self, to: &mut [u8; 16]) {
        neon!(vst1q_u8(to.as_mut_ptr(), vqmovun_high_s16(vqmovun_s16(self.0[0]), self.0[1])));
    }

    #[inline(always)]
    fn load_rgb_pairs(_: Neon, from: &[u8; 48]) -> [Self; 4] {
        neon!({
            let uint8x16x3_t(r, g, b) = vld3q_u8(from.as_ptr());
            let [r, g, b] = [r, g, b].map(|bytes| {
                let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
                Self([vreinterpretq_s16_u16(low), vreinterpretq_s16_u16(high)])
            });
            [r.zip_low_16(g), r.zip_high_16(g), b.zip_low_16(g), b.zip_high_16(g)]
        })
    }

    #[inline(always)]
    fn store_rgb_halves([r, g, b]: [Self; 3], low: &mut [u8; 24], high: &mut [u8; 24]) {
        for (half, to) in [low, high].into_iter().enumerate() {
            neon!({
                let [r, g, b] = [vqmovun_s16(r.0[half]), vqmovun_s16(g.0[half]), vqmovun_s16(b.0[half])];
                vst3_u8(to.as_mut_ptr(), uint8x8x3_t(r, g, b));
            });
        }
    }

    #[inline(always)]
    fn splat_pair(_: Neon, even: i16, odd: i16) -> Self {
        let pair = i32::from(odd) << 16 | i32::from(even as u16);
        Self(neon!([vreinterpretq_s16_s32(vdupq_n_s32(pair)); 2]))
    }

    #[inline(always)]
    fn load_halves(_: Neon, low: &[i16; 8], high: &[i16; 8]) -> Self {
        Self(neon!([low, high].map(|half| vld1q_s16(half.as_ptr()))))
    }

    #[inline(always)]
    fn load_quarters(_: Neon, quarters: [&[i16; 4]; 4]) -> Self {
        Self(neon!({
            let [a, b, c, d] = quarters.map(|quarter| vld1_s16(quarter.as_ptr()));
            [vcombine_s16(a, b), vcombine_s16(c, d)]
        }))
    }

    #[inline(always)]
    fn signs(self) -> u16 {
        neon!({
            let weights = vld1q_u16([1, 2, 4, 8, 16, 32, 64, 128].as_ptr());
            let [low, high] = self.0.map(|half| {
                let negative = vreinterpretq_u16_s16(vshrq_n_s16::<15>(half));
                vaddvq_u16(vandq_u16(negative, weights))
            });
            low | high << 8
        })
    }

    binary! {
        mul_rounded = mul_rounded_s16;
        and = vandq_s16;
        or = vorrq_s16;
        xor = veorq_s16;
        min = vminq_s16;
        max = vmaxq_s16;
        saturating_add = vqaddq_s16;
        saturating_sub = vqsubq_s16;
        saturating_sub_unsigned = subs_unsigned;
        mul_low = vmulq_s16;
        mul_high = mul_high_s16;
        mul_high_unsigned = mul_high_u16;
        times_sign_of = sign_s16;
        greater = greater_s16;
        equal = equal_s16;
        zip_low_16 = vzip1q_s16;
        zip_high_16 = vzip2q_s16;
        zip_low_32 = zip1_32;
        zip_high_32 = zip2_32;
        zip_low_64 = zip1_64;
        zip_high_64 = zip2_64;
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(neon!(self.0.map(|half| vabsq_s16(half))))
    }

    // Shifts by a vector, as the shifts by a constant do not take 0.

    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        Self(neon!(self.0.map(|half| vshlq_s16(half, vdupq_n_s16(N as i16)))))
    }

    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        Self(neon!(self.0.map(|half| vshlq_s16(half, vdupq_n_s16(-N as i16)))))
    }

    #[inline(always)]
    fn shr_unsigned<const N: i32>(self) -> Self {
        Self(neon!(self.0.map(|half| {
            vreinterpretq_s16_u16(vshlq_u16(vreinterpretq_u16_s16(half), vdupq_n_s16(-N as i16)))
        })))
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        Self([self.0[1], self.0[0]])
    }

    #[inline(always)]
    fn fours<const ORDER: i32>(self) -> Self {
        let four = |place: i32| {
            let half = self.0[(place >> 1 & 1) as usize];
            neon!(if place & 1 == 0 { vget_low_s16(half) } else { vget_high_s16(half) })
        };
        Self(neon!([
            vcombine_s16(four(ORDER), four(ORDER >> 2)),
            vcombine_s16(four(ORDER >> 4), four(ORDER >> 6)),
        ]))
    }

    #[inline(always)]
    fn transpose_4x4(self) -> Self {
        neon!({
            let [low, high] = self.0.map(|rows| vzip1q_s16(rows, zip2_64(rows, rows)));
            Self([zip1_32(low, high), zip2_32(low, high)])
        })
    }

    #[inline(always)]
    fn reorder(self, order: &LaneOrder) -> Self {
        neon!({
            let even = vshlq_n_u8::<1>(vld1q_u8(order.lanes.as_ptr()));
            let odd = vorrq_u8(even, vdupq_n_u8(1));
            let bytes = uint8x16x2_t(vreinterpretq_u8_s16(self.0[0]), vreinterpretq_u8_s16(self.0[1]));
            Self([vzip1q_u8(even, odd), vzip2q_u8(even, odd)].map(
                #[inline(always)]
                |places| vreinterpretq_s16_u8(vqtbl2q_u8(bytes, places)),
            ))
        })
    }

    #[inline(always)]
    fn mul_add_pairs(self, other: Self) -> NeonDwords {
        NeonDwords(neon!([0, 1].map(|half| {
            let (a, b) = (self.0[half], other.0[half]);
            vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b))
        })))
    }

    #[inline(always)]
    fn widen(self) -> (NeonDwords, NeonDwords) {
        neon!((
            NeonDwords(self.0.map(|half| vmovl_s16(vget_low_s16(half)))),
            NeonDwords(self.0.map(|half| vmovl_high_s16(half))),
        ))
    }

    #[inline(always)]
    fn pack_bytes(self, other: Self) -> NeonBytes {
        NeonBytes(neon!([0, 1].map(|half| vqmovun_high_s16(vqmovun_s16(self.0[half]), other.0[half]))))
    }

    #[inline(always)]
    fn as_dwords(self) -> NeonDwords {
        NeonDwords(neon!([0, 1].map(|half| vreinterpretq_s32_s16(self.0[half]))))
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        neon!(vmaxvq_u16(vreinterpretq_u16_s16(vorrq_s16(self.0[0], self.0[1])))) == 0
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        neon!(vaddlvq_s16(self.0[0]) + vaddlvq_s16(self.0[1]))
    }
}

impl Dwords<Neon> for NeonDwords {
    same_for_all!(i32, 8, vdupq_n_s32, vld1q_s32, vst1q_s32);

    binary! {
        and = vandq_s32;
        or = vorrq_s32;
        xor = veorq_s32;
        min = vminq_s32;
        max = vmaxq_s32;
        mul_low = vmulq_s32;
        add_neighbours = vpaddq_s32;
        greater = greater_s32;
        equal = equal_s32;
        zip_low_32 = vzip1q_s32;
        zip_high_32 = vzip2q_s32;
        zip_low_64 = dwords_zip1_64;
        zip_high_64 = dwords_zip2_64;
    }

    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        self.shl_by(N as u32)
    }

    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        self.shr_by(N as u32)
    }

    #[inline(always)]
    fn shr_unsigned<const N: i32>(self) -> Self {
        Self(neon!(
            self.0.map(|half| vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(half), vdupq_n_s32(-N))))
        ))
    }

    #[inline(always)]
    fn shl_by(self, count: u32) -> Self {
        Self(neon!(self.0.map(|half| vshlq_s32(half, vdupq_n_s32(count as i32)))))
    }

    #[inline(always)]
    fn shr_by(self, count: u32) -> Self {
        Self(neon!(self.0.map(|half| vshlq_s32(half, vdupq_n_s32(-(count as i32))))))
    }

    #[inline(always)]
    fn pack_words(self, other: Self) -> NeonWords {
        NeonWords(neon!([0, 1].map(|half| vqmovn_high_s32(vqmovn_s32(self.0[half]), other.0[half]))))
    }

    #[inline(always)]
    fn as_words(self) -> NeonWords {
        NeonWords(neon!([0, 1].map(|half| vreinterpretq_s16_s32(self.0[half]))))
    }

    #[inline(always)]
    fn high_words(self, other: Self) -> NeonWords {
        NeonWords(neon!([0, 1].map(|half| {
            vtrn2q_s16(vreinterpretq_s16_s32(self.0[half]), vreinterpretq_s16_s32(other.0[half]))
        })))
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        neon!(vaddvq_s32(vaddq_s32(self.0[0], self.0[1])))
    }
}

impl Bytes<Neon> for NeonBytes {
    same_for_all!(u8, 32, vdupq_n_u8, vld1q_u8, vst1q_u8);

    #[inline(always)]
    fn load_halves(_: Neon, low: &[u8; 16], high: &[u8; 16]) -> Self {
        Self(neon!([vld1q_u8(low.as_ptr()), vld1q_u8(high.as_ptr())]))
    }

    #[inline(always)]
    fn load_quarters(_: Neon, quarters: [&[u8; 8]; 4]) -> Self {
        Self(neon!({
            let [a, b, c, d] = quarters.map(|quarter| vld1_u8(quarter.as_ptr()));
            [vcombine_u8(a, b), vcombine_u8(c, d)]
        }))
    }

    #[inline(always)]
    fn load_twice(_: Neon, from: &[u8; 16]) -> Self {
        Self(neon!([vld1q_u8(from.as_ptr()); 2]))
    }

    binary! {
        lookup = vqtbl1q_u8;
        and = vandq_u8;
        or = vorrq_u8;
        xor = veorq_u8;
        min = vminq_u8;
        max = vmaxq_u8;
        saturating_add = vqaddq_u8;
        saturating_sub = vqsubq_u8;
        average = vrhaddq_u8;
        equal = vceqq_u8;
        zip_low_8 = vzip1q_u8;
        zip_high_8 = vzip2q_u8;
    }

    #[inline(always)]
    fn skip_first(self) -> Self {
        let [low, high] = self.0;
        Self(neon!([vextq_u8::<1>(low, high), vextq_u8::<1>(high, vdupq_n_u8(0))]))
    }

    #[inline(always)]
    fn widen(self) -> (NeonWords, NeonWords) {
        neon!((
            NeonWords(self.0.map(|half| vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(half))))),
            NeonWords(self.0.map(|half| vreinterpretq_s16_u16(vmovl_high_u8(half)))),
        ))
    }

    #[inline(always)]
    fn add_neighbours(self) -> NeonWords {
        NeonWords(neon!(self.0.map(|half| vreinterpretq_s16_u16(vpaddlq_u8(half)))))
    }

    #[inline(always)]
    fn store_zipped_64(self, low: &mut [u8; 16], high: &mut [u8; 16]) {
        let [a, b] = self.0;
        neon!({
            vst1q_u8(low.as_mut_ptr(), vcombine_u8(vget_low_u8(a), vget_low_u8(b)));
            vst1q_u8(high.as_mut_ptr(), vcombine_u8(vget_high_u8(a), vget_high_u8(b)));
        });
    }

    #[inline(always)]
    fn differences(self, other: Self) -> NeonDwords {
        NeonDwords(neon!([0, 1].map(|half| {
            let differences = vabdq_u8(self.0[half], other.0[half]);
            vreinterpretq_s32_u32(vpaddlq_u16(vpaddlq_u8(differences)))
        })))
    }
}

/// Arithmetic of floats by one intrinsic each.
macro_rules! arithmetic {
    ($($trait:ident $name:ident $intrinsic:ident;)*) => {
        $(impl $trait for NeonFloats {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self(neon!([$intrinsic(self.0[0], other.0[0]), $intrinsic(self.0[1], other.0[1])]))
            }
        })*
    };
}

arithmetic! {
    Add add vaddq_f32;
    Sub sub vsubq_f32;
    Mul mul vmulq_f32;
}

impl Floats<Neon> for NeonFloats {
    #[inline(always)]
    fn splat(_: Neon, value: f32) -> Self {
        Self(neon!([vdupq_n_f32(value); 2]))
    }

    #[inline(always)]
    fn load(_: Neon, from: &[f32; 8]) -> Self {
        Self(neon!([vld1q_f32(from.as_ptr()), vld1q_f32(from.as_ptr().add(4))]))
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; 8]) {
        neon!({
            vst1q_f32(to.as_mut_ptr(), self.0[0]);
            vst1q_f32(to.as_mut_ptr().add(4), self.0[1]);
        });
    }

    #[inline(always)]
    fn load_bytes(_: Neon, from: &[u8; 8]) -> Self {
        neon!({
            let words = vmovl_u8(vld1_u8(from.as_ptr()));
            Self([vcvtq_f32_u32(vmovl_u16(vget_low_u16(words))), vcvtq_f32_u32(vmovl_high_u16(words))])
        })
    }

    binary! {
        min = vminq_f32;
        max = vmaxq_f32;
    }

    #[inline(always)]
    fn magnitude_bits(self) -> NeonDwords {
        NeonDwords(neon!(self.0.map(|half| vreinterpretq_s32_f32(vabsq_f32(half)))))
    }

    #[inline(always)]
    fn truncate_to_bytes([a, b, c, d]: [Self; 4]) -> NeonBytes {
        let words =
            |x: Self| neon!(vcombine_u16(vmovn_u32(vcvtq_u32_f32(x.0[0])), vmovn_u32(vcvtq_u32_f32(x.0[1]))));
        let bytes = |x: Self, y: Self| neon!(vcombine_u8(vmovn_u16(words(x)), vmovn_u16(words(y))));
        NeonBytes([bytes(a, b), bytes(c, d)])
    }
}
