//! Vectors of two or of four parts of 128 bits: those of [`Simd`], and the wider ones of AVX-512.
//!
//! A kernel that is generic over [`Vectors`] keeps to what happens inside of a part, or asks how many lanes there are.
//! Only the codecs that have such kernels are compiled for AVX-512; the others use AVX2 there.

use std::fmt;
use std::ops::{Add, Sub};

use super::{Bytes, Dwords, Simd, Words};

/// A fixed number of lanes in memory.
pub(crate) trait Array<T>: Copy + AsRef<[T]> + AsMut<[T]> + 'static {
    fn zeros() -> Self;
    /// Those from place `at` on.
    ///
    /// # Panics
    /// If the row ends before.
    fn of(row: &[T], at: usize) -> &Self;
    /// See [`Self::of`].
    fn of_mut(row: &mut [T], at: usize) -> &mut Self;
    /// One after another, and what is left over.
    fn split(row: &[T]) -> (&[Self], &[T]);
    /// See [`Self::split`].
    fn split_mut(row: &mut [T]) -> (&mut [Self], &mut [T]);
}

impl<T: Copy + Default + 'static, const N: usize> Array<T> for [T; N] {
    #[inline(always)]
    fn zeros() -> Self {
        [T::default(); N]
    }

    #[inline(always)]
    fn of(row: &[T], at: usize) -> &Self {
        row[at..].first_chunk().expect("a vector ends at the row's end")
    }

    #[inline(always)]
    fn of_mut(row: &mut [T], at: usize) -> &mut Self {
        row[at..].first_chunk_mut().expect("a vector ends at the row's end")
    }

    #[inline(always)]
    fn split(row: &[T]) -> (&[Self], &[T]) {
        row.as_chunks()
    }

    #[inline(always)]
    fn split_mut(row: &mut [T]) -> (&mut [Self], &mut [T]) {
        row.as_chunks_mut()
    }
}

/// An instruction set's vectors of some width: a token, as one of [`Simd`] is.
pub(crate) trait Vectors: Copy + fmt::Debug + Send + Sync + 'static {
    /// Lanes of 16 bits: [`Self::LANES`].
    type Words: WordVector<Self>;
    /// Lanes of 32 bits, half as many.
    type Dwords: DwordVector<Self>;
    /// Lanes of 8 bits, unsigned, twice as many.
    type Bytes: ByteVector<Self>;

    /// Words in memory.
    type WordLanes: Array<i16>;
    /// A byte for every word.
    type HalfBytes: Array<u8>;
    /// Bytes in memory.
    type ByteLanes: Array<u8>;
    /// As many pixels of packed RGB as there are words.
    type Rgb: Array<u8>;
    /// As many as there are bytes.
    type RgbOfBytes: Array<u8>;

    /// How many words.
    const LANES: usize;
    /// Whether this is the reference, for kernels that have a plain form of their own.
    const IS_SCALAR: bool = false;
    /// Whether [`DwordVector::plus_products`] is one instruction.
    const ADDS_PRODUCTS: bool = false;

    /// See [`Simd::vectorize`].
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R;
    /// See [`Simd::prefetch`].
    fn prefetch<T>(self, from: &[T], ahead: usize);
}

/// Lanes of 16 bits, signed unless said otherwise; sums wrap. What stands in [`Words`] is the same here.
pub(crate) trait WordVector<V: Vectors>: Copy + Add<Output = Self> + Sub<Output = Self> {
    fn splat(vectors: V, value: i16) -> Self;
    fn splat_pair(vectors: V, even: i16, odd: i16) -> Self;
    /// The same 16 lanes in the first two parts and in the last.
    fn repeat(vectors: V, from: &[i16; 16]) -> Self;
    fn load(vectors: V, from: &V::WordLanes) -> Self;
    fn store(self, to: &mut V::WordLanes);
    fn load_bytes(vectors: V, from: &V::HalfBytes) -> Self;
    fn store_bytes(self, to: &mut V::HalfBytes);
    fn load_rgb_pairs(vectors: V, from: &V::Rgb) -> [Self; 4];
    fn store_rgb(channels: [Self; 3], to: &mut V::Rgb);
    /// Pixels of packed RGB from two vectors a channel, clamped to 0..=255: of each part 8 of the first and 8 of the
    /// second.
    fn store_rgb_zipped(low: [Self; 3], high: [Self; 3], to: &mut V::RgbOfBytes);

    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
    fn saturating_add(self, other: Self) -> Self;
    fn mul_low(self, other: Self) -> Self;
    fn mul_high(self, other: Self) -> Self;
    fn mul_high_unsigned(self, other: Self) -> Self;
    fn mul_rounded(self, other: Self) -> Self;
    fn greater(self, other: Self) -> Self;
    fn equal(self, other: Self) -> Self;
    fn abs(self) -> Self;
    /// Negated where `other` is negative. Where that is 0, this has to be 0.
    fn with_sign_of(self, other: Self) -> Self;
    fn shl<const N: i32>(self) -> Self;
    fn shr<const N: i32>(self) -> Self;

    fn zip_low_16(self, other: Self) -> Self;
    fn zip_high_16(self, other: Self) -> Self;
    fn zip_low_32(self, other: Self) -> Self;
    fn zip_high_32(self, other: Self) -> Self;
    fn zip_low_64(self, other: Self) -> Self;
    fn zip_high_64(self, other: Self) -> Self;
    /// Every other lane and the one behind it change places.
    fn swap_neighbours(self) -> Self;
    /// The low 64 bits of each part one after another, and then the high ones.
    fn unzip_64(self) -> Self;

    fn mul_add_pairs(self, other: Self) -> V::Dwords;
    fn widen(self) -> (V::Dwords, V::Dwords);
    fn pack_bytes(self, other: Self) -> V::Bytes;
    fn as_dwords(self) -> V::Dwords;
    fn is_zero(self) -> bool;
}

/// Lanes of 32 bits, signed; sums and products wrap. What stands in [`Dwords`] is the same here.
pub(crate) trait DwordVector<V: Vectors>: Copy + Add<Output = Self> + Sub<Output = Self> {
    fn splat(vectors: V, value: i32) -> Self;
    /// The same 8 lanes in the first two parts and in the last.
    fn repeat(vectors: V, from: &[i32; 8]) -> Self;
    fn mul_low(self, other: Self) -> Self;
    fn equal(self, other: Self) -> Self;
    fn shl<const N: i32>(self) -> Self;
    fn shr<const N: i32>(self) -> Self;
    fn add_neighbours(self, other: Self) -> Self;
    /// This plus [`WordVector::mul_add_pairs`].
    fn plus_products(self, a: V::Words, b: V::Words) -> Self;
    fn pack_words(self, other: Self) -> V::Words;
    /// Saturates both to 16 bits: all lanes of this, then all of `other`.
    fn join_words(self, other: Self) -> V::Words;
    fn high_words(self, other: Self) -> V::Words;
    /// The low 16 bits of each lane of this, and the high ones of each of `other`.
    fn with_high_words(self, other: Self) -> V::Words;
    fn as_words(self) -> V::Words;
}

/// Lanes of 8 bits, unsigned. What stands in [`Bytes`] is the same here.
pub(crate) trait ByteVector<V: Vectors>: Copy {
    fn load(vectors: V, from: &V::ByteLanes) -> Self;
    fn zip_low_8(self, other: Self) -> Self;
    fn zip_high_8(self, other: Self) -> Self;
    fn widen(self) -> (V::Words, V::Words);
    fn add_neighbours(self) -> V::Words;
    fn store_zipped_64(self, low: &mut V::HalfBytes, high: &mut V::HalfBytes);
    /// Stores the low 64 bits of each part one after another, and then the high ones.
    fn store_unzipped_64(self, to: &mut V::ByteLanes);
}

/// The same methods of the trait whose vectors have two parts.
macro_rules! same {
    ($trait:ident<$simd:ident>: $(fn $name:ident$(<const $n:ident: i32>)?(self $(, $other:ident)?) -> $result:ty;)*) => {
        $(#[inline(always)]
        fn $name$(<const $n: i32>)?(self $(, $other: Self)?) -> $result {
            $trait::<$simd>::$name$(::<$n>)?(self $(, $other)?)
        })*
    };
}

impl<S: Simd> Vectors for S {
    type Words = <S as Simd>::Words;
    type Dwords = <S as Simd>::Dwords;
    type Bytes = <S as Simd>::Bytes;
    type WordLanes = [i16; 16];
    type HalfBytes = [u8; 16];
    type ByteLanes = [u8; 32];
    type Rgb = [u8; 48];
    type RgbOfBytes = [u8; 96];

    const LANES: usize = 16;
    const IS_SCALAR: bool = <S as Simd>::IS_SCALAR;

    #[inline(always)]
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R {
        Simd::vectorize(self, kernel)
    }

    #[inline(always)]
    fn prefetch<T>(self, from: &[T], ahead: usize) {
        Simd::prefetch(self, from, ahead);
    }
}

impl<S: Simd, W: Words<S>> WordVector<S> for W
where
    S: Simd<Words = W>,
{
    #[inline(always)]
    fn splat(simd: S, value: i16) -> Self {
        Words::splat(simd, value)
    }

    #[inline(always)]
    fn splat_pair(simd: S, even: i16, odd: i16) -> Self {
        Words::splat_pair(simd, even, odd)
    }

    #[inline(always)]
    fn repeat(simd: S, from: &[i16; 16]) -> Self {
        Words::load(simd, from)
    }

    #[inline(always)]
    fn load(simd: S, from: &[i16; 16]) -> Self {
        Words::load(simd, from)
    }

    #[inline(always)]
    fn store(self, to: &mut [i16; 16]) {
        Words::store(self, to);
    }

    #[inline(always)]
    fn load_bytes(simd: S, from: &[u8; 16]) -> Self {
        Words::load_bytes(simd, from)
    }

    #[inline(always)]
    fn store_bytes(self, to: &mut [u8; 16]) {
        Words::store_bytes(self, to);
    }

    #[inline(always)]
    fn load_rgb_pairs(simd: S, from: &[u8; 48]) -> [Self; 4] {
        Words::load_rgb_pairs(simd, from)
    }

    #[inline(always)]
    fn store_rgb(channels: [Self; 3], to: &mut [u8; 48]) {
        Words::store_rgb(channels, to);
    }

    #[inline(always)]
    fn store_rgb_zipped(low: [Self; 3], high: [Self; 3], to: &mut [u8; 96]) {
        if let [a, b, c, d] = to.as_chunks_mut().0 {
            Words::store_rgb_halves(low, a, c);
            Words::store_rgb_halves(high, b, d);
        }
    }

    #[inline(always)]
    fn with_sign_of(self, other: Self) -> Self {
        self.times_sign_of(other)
    }

    #[inline(always)]
    fn swap_neighbours(self) -> Self {
        let pairs = Words::as_dwords(self);
        Dwords::as_words(Dwords::shl::<16>(pairs).or(pairs.shr_unsigned::<16>()))
    }

    #[inline(always)]
    fn unzip_64(self) -> Self {
        self.fours::<0b11_01_10_00>()
    }

    same! { Words<S>:
        fn and(self, other) -> Self;
        fn or(self, other) -> Self;
        fn xor(self, other) -> Self;
        fn min(self, other) -> Self;
        fn saturating_add(self, other) -> Self;
        fn mul_low(self, other) -> Self;
        fn mul_high(self, other) -> Self;
        fn mul_high_unsigned(self, other) -> Self;
        fn mul_rounded(self, other) -> Self;
        fn greater(self, other) -> Self;
        fn equal(self, other) -> Self;
        fn abs(self) -> Self;
        fn shl<const N: i32>(self) -> Self;
        fn shr<const N: i32>(self) -> Self;
        fn zip_low_16(self, other) -> Self;
        fn zip_high_16(self, other) -> Self;
        fn zip_low_32(self, other) -> Self;
        fn zip_high_32(self, other) -> Self;
        fn zip_low_64(self, other) -> Self;
        fn zip_high_64(self, other) -> Self;
        fn mul_add_pairs(self, other) -> <S as Simd>::Dwords;
        fn widen(self) -> (<S as Simd>::Dwords, <S as Simd>::Dwords);
        fn pack_bytes(self, other) -> <S as Simd>::Bytes;
        fn as_dwords(self) -> <S as Simd>::Dwords;
        fn is_zero(self) -> bool;
    }
}

impl<S: Simd, D: Dwords<S>> DwordVector<S> for D
where
    S: Simd<Dwords = D>,
{
    #[inline(always)]
    fn splat(simd: S, value: i32) -> Self {
        Dwords::splat(simd, value)
    }

    #[inline(always)]
    fn repeat(simd: S, from: &[i32; 8]) -> Self {
        Dwords::load(simd, from)
    }

    #[inline(always)]
    fn plus_products(self, a: <S as Simd>::Words, b: <S as Simd>::Words) -> Self {
        self + Words::mul_add_pairs(a, b)
    }

    #[inline(always)]
    fn with_high_words(self, other: Self) -> <S as Simd>::Words {
        Dwords::high_words(Dwords::shl::<16>(self), other)
    }

    #[inline(always)]
    fn join_words(self, other: Self) -> <S as Simd>::Words {
        Dwords::pack_words(self.low_halves(other), self.high_halves(other))
    }

    same! { Dwords<S>:
        fn mul_low(self, other) -> Self;
        fn equal(self, other) -> Self;
        fn shl<const N: i32>(self) -> Self;
        fn shr<const N: i32>(self) -> Self;
        fn add_neighbours(self, other) -> Self;
        fn pack_words(self, other) -> <S as Simd>::Words;
        fn high_words(self, other) -> <S as Simd>::Words;
        fn as_words(self) -> <S as Simd>::Words;
    }
}

impl<S: Simd, B: Bytes<S>> ByteVector<S> for B
where
    S: Simd<Bytes = B>,
{
    #[inline(always)]
    fn load(simd: S, from: &[u8; 32]) -> Self {
        Bytes::load(simd, from)
    }

    #[inline(always)]
    fn store_zipped_64(self, low: &mut [u8; 16], high: &mut [u8; 16]) {
        Bytes::store_zipped_64(self, low, high);
    }

    #[inline(always)]
    fn store_unzipped_64(self, to: &mut [u8; 32]) {
        if let [low, high] = to.as_chunks_mut().0 {
            Bytes::store_zipped_64(self, low, high);
        }
    }

    same! { Bytes<S>:
        fn zip_low_8(self, other) -> Self;
        fn zip_high_8(self, other) -> Self;
        fn widen(self) -> (<S as Simd>::Words, <S as Simd>::Words);
        fn add_neighbours(self) -> <S as Simd>::Words;
    }
}

#[cfg(test)]
mod tests;
