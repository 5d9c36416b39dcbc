//! WebAssembly's 128-bit vectors: two registers a vector. They exist where the module is built with `simd128`.

use std::arch::wasm32::*;
use std::ops::{Add, Mul, Sub};

use super::{Bytes, Dwords, Floats, LaneOrder, Simd, Words};

/// An engine that does not know these vectors refuses the whole module, so a running one has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Simd128(());

impl Simd128 {
    pub(super) fn new() -> Self {
        Self(())
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct WasmWords([v128; 2]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct WasmDwords([v128; 2]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct WasmBytes([v128; 2]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct WasmFloats([v128; 2]);

impl Simd for Simd128 {
    type Words = WasmWords;
    type Dwords = WasmDwords;
    type Bytes = WasmBytes;
    type Floats = WasmFloats;
}

/// Loads 16 bytes.
#[inline(always)]
fn load<T>(from: &[T]) -> v128 {
    assert!(size_of_val(from) >= 16);
    // SAFETY: the slice has at least 16 bytes, and any bytes are a vector; alignment is not asked for.
    unsafe { v128_load(from.as_ptr().cast()) }
}

/// Stores 16 bytes.
#[inline(always)]
fn store<T: From<u8>>(to: &mut [T], register: v128) {
    assert!(size_of_val(to) >= 16);
    // SAFETY: the slice has room for 16 bytes; its elements are integers or floats (what a byte becomes), for which any
    // bytes are valid; alignment is not asked for.
    unsafe { v128_store(to.as_mut_ptr().cast(), register) }
}

/// Eight bytes, zero-extended to words.
#[inline(always)]
fn load_extended(from: &[u8; 8]) -> v128 {
    // SAFETY: the array has the eight bytes that are read.
    unsafe { u16x8_load_extend_u8x8(from.as_ptr()) }
}

/// `$name(a, b)` by one function of the two registers' halves.
macro_rules! binary {
    ($($name:ident = $intrinsic:expr;)*) => {
        $(#[inline(always)]
        fn $name(self, other: Self) -> Self {
            Self([$intrinsic(self.0[0], other.0[0]), $intrinsic(self.0[1], other.0[1])])
        })*
    };
}

/// A function of both registers.
macro_rules! both {
    ($registers:expr, $intrinsic:ident) => {{
        let [low, high] = $registers;
        [$intrinsic(low), $intrinsic(high)]
    }};
}

/// What is the same for every lane type.
macro_rules! same_for_all {
    ($lane:ty, $count:expr, $splat:ident) => {
        #[inline(always)]
        fn splat(_: Simd128, value: $lane) -> Self {
            Self([$splat(value); 2])
        }

        #[inline(always)]
        fn load(_: Simd128, from: &[$lane; $count]) -> Self {
            Self([load(&from[..$count / 2]), load(&from[$count / 2..])])
        }

        #[inline(always)]
        fn store(self, to: &mut [$lane; $count]) {
            let (low, high) = to.split_at_mut($count / 2);
            store(low, self.0[0]);
            store(high, self.0[1]);
        }
    };
}

/// The halves of two vectors.
macro_rules! halves {
    () => {
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

/// Arithmetic by one intrinsic each.
macro_rules! arithmetic {
    ($($type:ident: $trait:ident $name:ident $intrinsic:ident;)*) => {
        $(impl $trait for $type {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self([$intrinsic(self.0[0], other.0[0]), $intrinsic(self.0[1], other.0[1])])
            }
        })*
    };
}

arithmetic! {
    WasmWords: Add add i16x8_add;
    WasmWords: Sub sub i16x8_sub;
    WasmDwords: Add add i32x4_add;
    WasmDwords: Sub sub i32x4_sub;
    WasmFloats: Add add f32x4_add;
    WasmFloats: Sub sub f32x4_sub;
    WasmFloats: Mul mul f32x4_mul;
}

/// The odd words of two registers of 32-bit lanes: their high halves.
#[inline(always)]
fn high_words(low: v128, high: v128) -> v128 {
    i16x8_shuffle::<1, 3, 5, 7, 9, 11, 13, 15>(low, high)
}

#[inline(always)]
fn mul_high_s16(a: v128, b: v128) -> v128 {
    high_words(i32x4_extmul_low_i16x8(a, b), i32x4_extmul_high_i16x8(a, b))
}

#[inline(always)]
fn mul_high_u16(a: v128, b: v128) -> v128 {
    high_words(u32x4_extmul_low_u16x8(a, b), u32x4_extmul_high_u16x8(a, b))
}

/// The instruction saturates the one product that does not fit, which has to wrap.
#[inline(always)]
fn mul_rounded_s16(a: v128, b: v128) -> v128 {
    let least = i16x8_splat(i16::MIN);
    let wraps = v128_and(i16x8_eq(a, least), i16x8_eq(b, least));
    v128_xor(i16x8_q15mulr_sat(a, b), wraps)
}

#[inline(always)]
fn sign_s16(a: v128, b: v128) -> v128 {
    let negative = i16x8_shr(b, 15);
    let signed = i16x8_sub(v128_xor(a, negative), negative);
    v128_andnot(signed, i16x8_eq(b, i16x8_splat(0)))
}

#[inline(always)]
fn zip_low_16(a: v128, b: v128) -> v128 {
    i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b)
}

#[inline(always)]
fn zip_high_16(a: v128, b: v128) -> v128 {
    i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b)
}

#[inline(always)]
fn zip_low_32(a: v128, b: v128) -> v128 {
    i32x4_shuffle::<0, 4, 1, 5>(a, b)
}

#[inline(always)]
fn zip_high_32(a: v128, b: v128) -> v128 {
    i32x4_shuffle::<2, 6, 3, 7>(a, b)
}

#[inline(always)]
fn zip_low_64(a: v128, b: v128) -> v128 {
    i64x2_shuffle::<0, 2>(a, b)
}

#[inline(always)]
fn zip_high_64(a: v128, b: v128) -> v128 {
    i64x2_shuffle::<1, 3>(a, b)
}

#[inline(always)]
fn add_neighbours_32(a: v128, b: v128) -> v128 {
    i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(a, b), i32x4_shuffle::<1, 3, 5, 7>(a, b))
}

#[inline(always)]
fn sum_of_lanes(register: v128) -> i32 {
    let pairs = i32x4_add(register, i32x4_shuffle::<2, 3, 0, 1>(register, register));
    i32x4_extract_lane::<0>(pairs).wrapping_add(i32x4_extract_lane::<1>(pairs))
}

/// Two bytes of each lane of a table of two registers, whose indices are 0..=31.
#[inline(always)]
fn look_up_32(table: [v128; 2], indices: v128) -> v128 {
    // An index of 16 and more gives 0.
    let high = u8x16_sub(indices, u8x16_splat(16));
    v128_or(u8x16_swizzle(table[0], indices), u8x16_swizzle(table[1], high))
}

impl Words<Simd128> for WasmWords {
    same_for_all!(i16, 16, i16x8_splat);
    halves!();

    #[inline(always)]
    fn load_bytes(_: Simd128, from: &[u8; 16]) -> Self {
        let bytes = load(from);
        Self([u16x8_extend_low_u8x16(bytes), u16x8_extend_high_u8x16(bytes)])
    }

    #[inline(always)]
    fn load_bytes_halves(_: Simd128, low: &[u8; 8], high: &[u8; 8]) -> Self {
        Self([load_extended(low), load_extended(high)])
    }

    #[inline(always)]
    fn store_bytes(self, to: &mut [u8; 16]) {
        store(to, u8x16_narrow_i16x8(self.0[0], self.0[1]));
    }

    #[inline(always)]
    fn load_rgb_pairs(_: Simd128, from: &[u8; 48]) -> [Self; 4] {
        let [x, y, z] = [load(&from[..16]), load(&from[16..32]), load(&from[32..])];
        let r = u8x16_shuffle::<0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0>(x, y);
        let r = u8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29>(r, z);
        let g = u8x16_shuffle::<1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0>(x, y);
        let g = u8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30>(g, z);
        let b = u8x16_shuffle::<2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0>(x, y);
        let b = u8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31>(b, z);
        let words = |bytes: v128| Self([u16x8_extend_low_u8x16(bytes), u16x8_extend_high_u8x16(bytes)]);
        let (r, g, b) = (words(r), words(g), words(b));
        [r.zip_low_16(g), r.zip_high_16(g), b.zip_low_16(g), b.zip_high_16(g)]
    }

    #[inline(always)]
    fn store_rgb_halves([r, g, b]: [Self; 3], low: &mut [u8; 24], high: &mut [u8; 24]) {
        for (half, to) in [low, high].into_iter().enumerate() {
            let red_green = u8x16_narrow_i16x8(r.0[half], g.0[half]);
            let blue = u8x16_narrow_i16x8(b.0[half], b.0[half]);
            let (first, rest) = to.split_at_mut(16);
            store(
                first,
                u8x16_shuffle::<0, 8, 16, 1, 9, 17, 2, 10, 18, 3, 11, 19, 4, 12, 20, 5>(red_green, blue),
            );
            let last = u8x16_shuffle::<13, 21, 6, 14, 22, 7, 15, 23, 0, 0, 0, 0, 0, 0, 0, 0>(red_green, blue);
            rest.copy_from_slice(&i64x2_extract_lane::<0>(last).to_le_bytes());
        }
    }

    #[inline(always)]
    fn splat_pair(_: Simd128, even: i16, odd: i16) -> Self {
        Self([i32x4_splat(i32::from(odd) << 16 | i32::from(even as u16)); 2])
    }

    #[inline(always)]
    fn load_halves(_: Simd128, low: &[i16; 8], high: &[i16; 8]) -> Self {
        Self([load(low), load(high)])
    }

    #[inline(always)]
    fn load_quarters(_: Simd128, quarters: [&[i16; 4]; 4]) -> Self {
        // SAFETY: each array has the eight bytes that are read.
        let [a, b, c, d] = quarters.map(|quarter| unsafe { v128_load64_zero(quarter.as_ptr().cast()) });
        Self([zip_low_64(a, b), zip_low_64(c, d)])
    }

    #[inline(always)]
    fn signs(self) -> u16 {
        u16::from(i16x8_bitmask(self.0[0])) | u16::from(i16x8_bitmask(self.0[1])) << 8
    }

    binary! {
        and = v128_and;
        or = v128_or;
        xor = v128_xor;
        min = i16x8_min;
        max = i16x8_max;
        saturating_add = i16x8_add_sat;
        saturating_sub = i16x8_sub_sat;
        saturating_sub_unsigned = u16x8_sub_sat;
        mul_low = i16x8_mul;
        mul_high = mul_high_s16;
        mul_high_unsigned = mul_high_u16;
        mul_rounded = mul_rounded_s16;
        greater = i16x8_gt;
        equal = i16x8_eq;
        times_sign_of = sign_s16;
        zip_low_16 = zip_low_16;
        zip_high_16 = zip_high_16;
        zip_low_32 = zip_low_32;
        zip_high_32 = zip_high_32;
        zip_low_64 = zip_low_64;
        zip_high_64 = zip_high_64;
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(both!(self.0, i16x8_abs))
    }

    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        Self(self.0.map(|half| i16x8_shl(half, N as u32)))
    }

    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        Self(self.0.map(|half| i16x8_shr(half, N as u32)))
    }

    #[inline(always)]
    fn shr_unsigned<const N: i32>(self) -> Self {
        Self(self.0.map(|half| u16x8_shr(half, N as u32)))
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        Self([self.0[1], self.0[0]])
    }

    #[inline(always)]
    fn fours<const ORDER: i32>(self) -> Self {
        let [low, high] = self.0;
        let fours = [
            i64x2_extract_lane::<0>(low),
            i64x2_extract_lane::<1>(low),
            i64x2_extract_lane::<0>(high),
            i64x2_extract_lane::<1>(high),
        ];
        let four = |place: i32| fours[(ORDER >> (2 * place) & 3) as usize];
        Self([i64x2(four(0), four(1)), i64x2(four(2), four(3))])
    }

    #[inline(always)]
    fn transpose_4x4(self) -> Self {
        let [low, high] = self.0;
        Self([
            i16x8_shuffle::<0, 4, 8, 12, 1, 5, 9, 13>(low, high),
            i16x8_shuffle::<2, 6, 10, 14, 3, 7, 11, 15>(low, high),
        ])
    }

    #[inline(always)]
    fn reorder(self, order: &LaneOrder) -> Self {
        let even = i8x16_shl(load(&order.lanes), 1);
        let odd = v128_or(even, u8x16_splat(1));
        let low = u8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(even, odd);
        let high = u8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(even, odd);
        Self([look_up_32(self.0, low), look_up_32(self.0, high)])
    }

    #[inline(always)]
    fn mul_add_pairs(self, other: Self) -> WasmDwords {
        WasmDwords([i32x4_dot_i16x8(self.0[0], other.0[0]), i32x4_dot_i16x8(self.0[1], other.0[1])])
    }

    #[inline(always)]
    fn widen(self) -> (WasmDwords, WasmDwords) {
        (
            WasmDwords(both!(self.0, i32x4_extend_low_i16x8)),
            WasmDwords(both!(self.0, i32x4_extend_high_i16x8)),
        )
    }

    #[inline(always)]
    fn pack_bytes(self, other: Self) -> WasmBytes {
        WasmBytes([u8x16_narrow_i16x8(self.0[0], other.0[0]), u8x16_narrow_i16x8(self.0[1], other.0[1])])
    }

    #[inline(always)]
    fn as_dwords(self) -> WasmDwords {
        WasmDwords(self.0)
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        !v128_any_true(v128_or(self.0[0], self.0[1]))
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        let [low, high] = both!(self.0, i32x4_extadd_pairwise_i16x8);
        sum_of_lanes(i32x4_add(low, high))
    }
}

impl Dwords<Simd128> for WasmDwords {
    same_for_all!(i32, 8, i32x4_splat);
    halves!();

    binary! {
        and = v128_and;
        or = v128_or;
        xor = v128_xor;
        min = i32x4_min;
        max = i32x4_max;
        mul_low = i32x4_mul;
        greater = i32x4_gt;
        equal = i32x4_eq;
        zip_low_32 = zip_low_32;
        zip_high_32 = zip_high_32;
        zip_low_64 = zip_low_64;
        zip_high_64 = zip_high_64;
        add_neighbours = add_neighbours_32;
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
        Self(self.0.map(|half| u32x4_shr(half, N as u32)))
    }

    #[inline(always)]
    fn shl_by(self, count: u32) -> Self {
        Self(self.0.map(|half| i32x4_shl(half, count)))
    }

    #[inline(always)]
    fn shr_by(self, count: u32) -> Self {
        Self(self.0.map(|half| i32x4_shr(half, count)))
    }

    #[inline(always)]
    fn pack_words(self, other: Self) -> WasmWords {
        WasmWords([i16x8_narrow_i32x4(self.0[0], other.0[0]), i16x8_narrow_i32x4(self.0[1], other.0[1])])
    }

    #[inline(always)]
    fn as_words(self) -> WasmWords {
        WasmWords(self.0)
    }

    #[inline(always)]
    fn high_words(self, other: Self) -> WasmWords {
        let zipped = |half: usize| i16x8_shuffle::<1, 9, 3, 11, 5, 13, 7, 15>(self.0[half], other.0[half]);
        WasmWords([zipped(0), zipped(1)])
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        sum_of_lanes(i32x4_add(self.0[0], self.0[1]))
    }
}

impl Bytes<Simd128> for WasmBytes {
    same_for_all!(u8, 32, u8x16_splat);
    halves!();

    #[inline(always)]
    fn load_halves(_: Simd128, low: &[u8; 16], high: &[u8; 16]) -> Self {
        Self([load(low), load(high)])
    }

    #[inline(always)]
    fn load_quarters(_: Simd128, quarters: [&[u8; 8]; 4]) -> Self {
        // SAFETY: each array has the eight bytes that are read.
        let [a, b, c, d] = quarters.map(|quarter| unsafe { v128_load64_zero(quarter.as_ptr().cast()) });
        Self([zip_low_64(a, b), zip_low_64(c, d)])
    }

    #[inline(always)]
    fn load_twice(_: Simd128, from: &[u8; 16]) -> Self {
        Self([load(from); 2])
    }

    binary! {
        lookup = u8x16_swizzle;
        and = v128_and;
        or = v128_or;
        xor = v128_xor;
        min = u8x16_min;
        max = u8x16_max;
        saturating_add = u8x16_add_sat;
        saturating_sub = u8x16_sub_sat;
        average = u8x16_avgr;
        equal = u8x16_eq;
        zip_low_8 = u8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>;
        zip_high_8 = u8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>;
    }

    #[inline(always)]
    fn skip_first(self) -> Self {
        let next =
            |a: v128, b: v128| u8x16_shuffle::<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16>(a, b);
        Self([next(self.0[0], self.0[1]), next(self.0[1], u8x16_splat(0))])
    }

    #[inline(always)]
    fn widen(self) -> (WasmWords, WasmWords) {
        (WasmWords(both!(self.0, u16x8_extend_low_u8x16)), WasmWords(both!(self.0, u16x8_extend_high_u8x16)))
    }

    #[inline(always)]
    fn add_neighbours(self) -> WasmWords {
        WasmWords(both!(self.0, u16x8_extadd_pairwise_u8x16))
    }

    #[inline(always)]
    fn store_zipped_64(self, low: &mut [u8; 16], high: &mut [u8; 16]) {
        store(low, zip_low_64(self.0[0], self.0[1]));
        store(high, zip_high_64(self.0[0], self.0[1]));
    }

    #[inline(always)]
    fn differences(self, other: Self) -> WasmDwords {
        WasmDwords([0, 1].map(|half| {
            let (a, b) = (self.0[half], other.0[half]);
            let differences = v128_or(u8x16_sub_sat(a, b), u8x16_sub_sat(b, a));
            u32x4_extadd_pairwise_u16x8(u16x8_extadd_pairwise_u8x16(differences))
        }))
    }
}

impl Floats<Simd128> for WasmFloats {
    same_for_all!(f32, 8, f32x4_splat);

    #[inline(always)]
    fn load_bytes(_: Simd128, from: &[u8; 8]) -> Self {
        let words = load_extended(from);
        Self(both!([u32x4_extend_low_u16x8(words), u32x4_extend_high_u16x8(words)], f32x4_convert_u32x4))
    }

    binary! {
        min = f32x4_pmin;
        max = f32x4_pmax;
    }

    #[inline(always)]
    fn magnitude_bits(self) -> WasmDwords {
        WasmDwords(both!(self.0, f32x4_abs))
    }

    #[inline(always)]
    fn truncate_to_bytes([a, b, c, d]: [Self; 4]) -> WasmBytes {
        let words = |x: Self| {
            let [low, high] = both!(x.0, u32x4_trunc_sat_f32x4);
            i16x8_narrow_i32x4(low, high)
        };
        let bytes = |x: Self, y: Self| u8x16_narrow_i16x8(words(x), words(y));
        WasmBytes([bytes(a, b), bytes(c, d)])
    }
}
