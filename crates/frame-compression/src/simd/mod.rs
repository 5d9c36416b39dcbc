//! Vectors of 256 bits for the kernels, on every instruction set alike; and of 512 bits on AVX-512, for kernels that
//! are generic over [`Vectors`].
//!
//! A kernel is written once, generic over [`Simd`], and compiled for each instruction set inside
//! [`Simd::vectorize`]. A token that implements [`Simd`] exists only where the CPU has its instructions, so
//! holding one is the proof that the kernel may run. The vectors behave everywhere as AVX2's do: two
//! halves of 128 bits, and zips and packs that stay inside a half.
//!
//! [`Scalar`] computes the same with arrays. It defines what each operation means; the tests compare the
//! others with it.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "intrinsics")]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "intrinsics")]
mod avx512;
#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code, reason = "intrinsics")]
mod neon;
#[allow(unsafe_code, reason = "bounds checked once for all rows")]
mod rows;
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[allow(unsafe_code, reason = "intrinsics")]
mod simd128;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "intrinsics")]
mod sse2;
mod transpose;
mod vectors;

use std::fmt;
use std::ops::{Add, Mul, Sub};
use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) use neon::Neon;
pub(crate) use rows::{Grid, Window};
pub(crate) use scalar::Scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use simd128::Simd128;
#[cfg(target_arch = "x86_64")]
pub(crate) use sse2::Sse2;
pub(crate) use transpose::{transpose_8x8, transpose_pairs};
pub(crate) use vectors::{Array, ByteVector, DwordVector, Vectors, WordVector};

/// The environment variable that lowers the level: `scalar`, `sse2`, `avx2`, `avx512` or `neon`.
const VARIABLE: &str = "FRAME_COMPRESSION_SIMD";

/// The instruction set that kernels run on, with the proof that the CPU has it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Level {
    /// Plain Rust: the reference.
    Scalar(Scalar),
    /// The baseline of x86-64.
    #[cfg(target_arch = "x86_64")]
    Sse2(Sse2),
    /// 256-bit integers of x86-64.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// 512-bit integers of x86-64, for the kernels that are generic over [`Vectors`]; AVX2 for the others.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// The baseline of aarch64.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    /// The vectors of WebAssembly, in a module that is built with them.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128(Simd128),
}

impl Level {
    /// The levels of this CPU, lowest first.
    pub(crate) fn available() -> Vec<Level> {
        let levels = [
            Some(Level::Scalar(Scalar)),
            #[cfg(target_arch = "x86_64")]
            Some(Level::Sse2(Sse2::new())),
            #[cfg(target_arch = "x86_64")]
            Avx2::detect().map(Level::Avx2),
            #[cfg(target_arch = "x86_64")]
            Avx512::detect().map(Level::Avx512),
            #[cfg(target_arch = "aarch64")]
            Some(Level::Neon(Neon::new())),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Some(Level::Simd128(Simd128::new())),
        ];
        levels.into_iter().flatten().collect()
    }

    /// The best level of this CPU, or the lower one that the environment variable names, found once a process.
    /// A name of a level that this CPU does not have changes nothing.
    pub(crate) fn current() -> Level {
        static CURRENT: OnceLock<Level> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let levels = Level::available();
            let asked = std::env::var(VARIABLE).ok();
            let named = levels.iter().find(|level| Some(level.name()) == asked.as_deref());
            *named.or(levels.last()).unwrap_or(&Level::Scalar(Scalar))
        })
    }

    /// The level's name, as the environment variable takes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Scalar(_) => "scalar",
            #[cfg(target_arch = "x86_64")]
            Level::Sse2(_) => "sse2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(_) => "avx512",
            #[cfg(target_arch = "aarch64")]
            Level::Neon(_) => "neon",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Level::Simd128(_) => "simd128",
        }
    }
}

/// Evaluates an expression with `$simd` bound to the token of a [`Level`].
macro_rules! dispatch {
    ($level:expr, $simd:ident => $body:expr) => {
        match $level {
            $crate::simd::Level::Scalar($simd) => $body,
            #[cfg(target_arch = "x86_64")]
            $crate::simd::Level::Sse2($simd) => $body,
            #[cfg(target_arch = "x86_64")]
            $crate::simd::Level::Avx2($simd)
            | $crate::simd::Level::Avx512($crate::simd::Avx512 { narrow: $simd }) => $body,
            #[cfg(target_arch = "aarch64")]
            $crate::simd::Level::Neon($simd) => $body,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            $crate::simd::Level::Simd128($simd) => $body,
        }
    };
}

/// Something to compute on an instruction set: a struct of what it needs.
pub(crate) trait Job {
    type Output;

    /// Computes it. This and everything that it calls that touches vectors has to be `#[inline(always)]`, or it is
    /// compiled without the instructions and slow.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// A [`Job`] for vectors of any width.
pub(crate) trait WideJob {
    type Output;

    /// See [`Job::run`].
    fn run<V: Vectors>(self, vectors: V) -> Self::Output;
}

impl Level {
    /// Runs a job, compiled for this instruction set: the one way into one, but for [`Self::run_wide`].
    #[inline]
    pub(crate) fn run<J: Job>(self, job: J) -> J::Output {
        dispatch!(self, simd => Simd::vectorize(simd,
            #[inline(always)]
            || job.run(simd),
        ))
    }

    /// Runs a job on this instruction set's widest vectors, compiled for it.
    #[inline]
    pub(crate) fn run_wide<J: WideJob>(self, job: J) -> J::Output {
        #[cfg(target_arch = "x86_64")]
        if let Level::Avx512(vectors) = self {
            return vectors.vectorize(
                #[inline(always)]
                || job.run(vectors),
            );
        }
        dispatch!(self, simd => Simd::vectorize(simd,
            #[inline(always)]
            || job.run(simd),
        ))
    }

    /// The level for rows of so many samples: one without vectors of 512 bits where these would not fit.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_variables, reason = "their vectors have one width")
    )]
    pub(crate) fn for_rows(self, width: usize) -> Self {
        match self {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(vectors) if width < 64 => Level::Avx2(vectors.narrow),
            _ => self,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The instruction set that the engines run on here: `avx512`, `avx2`, `sse2`, `neon`, `simd128` or `scalar`. The
/// environment variable `FRAME_COMPRESSION_SIMD` lowers it; pictures do not depend on it.
///
/// ```
/// assert!(["avx512", "avx2", "sse2", "neon", "simd128", "scalar"].contains(&frame_compression::simd_level()));
/// ```
pub fn simd_level() -> &'static str {
    Level::current().name()
}

/// `[f(0), f(1), ..]`, written out: no closure, which the compiler might leave a function of its own, without the
/// instruction set of its surroundings.
macro_rules! each {
    (2, $i:ident => $value:expr) => {
        $crate::simd::each!(@ $i => $value; 0 1)
    };
    (3, $i:ident => $value:expr) => {
        $crate::simd::each!(@ $i => $value; 0 1 2)
    };
    (4, $i:ident => $value:expr) => {
        $crate::simd::each!(@ $i => $value; 0 1 2 3)
    };
    (8, $i:ident => $value:expr) => {
        $crate::simd::each!(@ $i => $value; 0 1 2 3 4 5 6 7)
    };
    (@ $i:ident => $value:expr; $($number:literal)*) => {
        [$({
            #[allow(non_upper_case_globals)]
            const $i: usize = $number;
            $value
        }),*]
    };
}
pub(crate) use each;

/// An instruction set: a token that only exists where the CPU has it.
pub(crate) trait Simd: Copy + fmt::Debug + Send + Sync + 'static {
    /// 16 lanes of 16 bits.
    type Words: Words<Self>;
    /// 8 lanes of 32 bits.
    type Dwords: Dwords<Self>;
    /// 32 lanes of 8 bits, unsigned.
    type Bytes: Bytes<Self>;
    /// 8 lanes of binary floating point of 32 bits.
    type Floats: Floats<Self>;

    /// Whether this is the reference, for kernels that have a plain form of their own.
    const IS_SCALAR: bool = false;
    /// Whether [`Bytes::lookup`] is one instruction, for kernels that have another way.
    const HAS_LOOKUP: bool = true;

    /// Runs a kernel compiled for this instruction set. The closure and everything it calls that touches vectors
    /// have to be `#[inline(always)]`, or they are compiled without the instructions and slow.
    ///
    /// Where every CPU has the instructions, each kernel is kept a function of its own: if many are put into one
    /// function, the compiler takes minutes for it.
    #[inline(always)]
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R {
        #[inline(never)]
        fn compiled<R>(kernel: impl FnOnce() -> R) -> R {
            kernel()
        }
        compiled(kernel)
    }

    /// Has the cache lines fetched that lie `ahead` bytes after those of `from`, if there are any: for kernels that
    /// wait for memory, as the CPU's own prefetching ends at every page.
    #[inline(always)]
    fn prefetch<T>(self, _from: &[T], _ahead: usize) {}
}

/// An order of 16 lanes of 16 bits, for [`Words::reorder`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct LaneOrder {
    /// Which lane comes to each place.
    lanes: [u8; 16],
    /// The same for bytes within their half, by whether they come from the same half or the other; 128 for the rest.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for byte shuffles inside halves"))]
    halves: [[u8; 32]; 2],
}

impl LaneOrder {
    pub(crate) const fn new(lanes: [u8; 16]) -> Self {
        let mut halves = [[128; 32]; 2];
        let mut i = 0;
        while i < 32 {
            let lane = lanes[i / 2];
            let half = (lane as usize / 8 + i / 16) % 2;
            halves[half][i] = 2 * (lane % 8) + i as u8 % 2;
            i += 1;
        }
        Self { lanes, halves }
    }
}

/// 16 lanes of 16 bits, signed unless said otherwise; sums wrap.
pub(crate) trait Words<S: Simd>: Copy + Add<Output = Self> + Sub<Output = Self> {
    fn splat(simd: S, value: i16) -> Self;
    fn load(simd: S, from: &[i16; 16]) -> Self;
    fn store(self, to: &mut [i16; 16]);
    /// Zero-extends 16 bytes.
    fn load_bytes(simd: S, from: &[u8; 16]) -> Self;
    /// Zero-extends 8 bytes into each half.
    fn load_bytes_halves(simd: S, low: &[u8; 8], high: &[u8; 8]) -> Self;
    /// Clamps to 0..=255.
    fn store_bytes(self, to: &mut [u8; 16]);
    /// 16 pixels of packed RGB as pairs of lanes (R, G) and (B, G), the pixels in the order of [`Self::zip_low_16`]
    /// and [`Self::zip_high_16`]: low (R, G), high (R, G), low (B, G), high (B, G).
    fn load_rgb_pairs(simd: S, from: &[u8; 48]) -> [Self; 4];
    /// The low and the high half's 8 pixels as packed RGB from a vector a channel, clamped to 0..=255.
    fn store_rgb_halves(channels: [Self; 3], low: &mut [u8; 24], high: &mut [u8; 24]);
    /// 16 pixels of packed RGB from a vector a channel, clamped to 0..=255.
    #[inline(always)]
    fn store_rgb(channels: [Self; 3], to: &mut [u8; 48]) {
        if let [low, high] = to.as_chunks_mut().0 {
            Self::store_rgb_halves(channels, low, high);
        }
    }
    /// Two lanes, all over.
    fn splat_pair(simd: S, even: i16, odd: i16) -> Self;
    fn load_halves(simd: S, low: &[i16; 8], high: &[i16; 8]) -> Self;
    fn load_quarters(simd: S, quarters: [&[i16; 4]; 4]) -> Self;
    /// The sign bits: that of the first lane lowest.
    fn signs(self) -> u16;

    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
    fn max(self, other: Self) -> Self;
    /// Sum that saturates.
    fn saturating_add(self, other: Self) -> Self;
    /// Difference that saturates.
    fn saturating_sub(self, other: Self) -> Self;
    /// Difference of unsigned lanes that saturates at 0.
    fn saturating_sub_unsigned(self, other: Self) -> Self;
    /// The low half of the product.
    fn mul_low(self, other: Self) -> Self;
    /// The high half of the product.
    fn mul_high(self, other: Self) -> Self;
    /// The high half of the product of unsigned lanes.
    fn mul_high_unsigned(self, other: Self) -> Self;
    /// The product, rounded and shifted right by 15; wraps for the one product that does not fit.
    fn mul_rounded(self, other: Self) -> Self;
    /// All ones where `self > other`.
    fn greater(self, other: Self) -> Self;
    /// All ones where equal.
    fn equal(self, other: Self) -> Self;
    /// Absolute value; -32768 stays.
    fn abs(self) -> Self;
    /// Negated where `other` is negative, 0 where it is 0.
    fn times_sign_of(self, other: Self) -> Self;
    fn shl<const N: i32>(self) -> Self;
    /// Arithmetic shift.
    fn shr<const N: i32>(self) -> Self;
    /// Logical shift.
    fn shr_unsigned<const N: i32>(self) -> Self;

    /// Lanes of 16 bits of the low 64 bits of each half, in turn.
    fn zip_low_16(self, other: Self) -> Self;
    fn zip_high_16(self, other: Self) -> Self;
    /// Pairs of lanes.
    fn zip_low_32(self, other: Self) -> Self;
    fn zip_high_32(self, other: Self) -> Self;
    /// Fours of lanes.
    fn zip_low_64(self, other: Self) -> Self;
    fn zip_high_64(self, other: Self) -> Self;
    /// The low halves of both.
    fn low_halves(self, other: Self) -> Self;
    /// The high halves of both.
    fn high_halves(self, other: Self) -> Self;
    /// High half first.
    fn swap_halves(self) -> Self;
    /// Fours of lanes in any order: two bits of `ORDER` say where each comes from, the lowest first.
    fn fours<const ORDER: i32>(self) -> Self;
    /// Transposes the 4x4 matrix whose rows are the fours of lanes.
    fn transpose_4x4(self) -> Self;
    /// Lanes in any order.
    fn reorder(self, order: &LaneOrder) -> Self;

    /// Products of lanes, neighbours added.
    fn mul_add_pairs(self, other: Self) -> S::Dwords;
    /// Sign-extends the low and the high 4 lanes of each half.
    fn widen(self) -> (S::Dwords, S::Dwords);
    /// Clamps both to 0..=255; in each half the lanes of `self`, then those of `other`.
    fn pack_bytes(self, other: Self) -> S::Bytes;
    /// Pairs of lanes as lanes of 32 bits, the first one low.
    fn as_dwords(self) -> S::Dwords;
    /// Whether every lane is 0.
    fn is_zero(self) -> bool;
    /// The sum of all lanes.
    fn sum(self) -> i32;
}

/// 8 lanes of 32 bits, signed unless said otherwise; sums and products wrap.
pub(crate) trait Dwords<S: Simd>: Copy + Add<Output = Self> + Sub<Output = Self> {
    fn splat(simd: S, value: i32) -> Self;
    fn load(simd: S, from: &[i32; 8]) -> Self;
    fn store(self, to: &mut [i32; 8]);
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
    fn max(self, other: Self) -> Self;
    fn mul_low(self, other: Self) -> Self;
    /// All ones where `self > other`.
    fn greater(self, other: Self) -> Self;
    /// All ones where equal.
    fn equal(self, other: Self) -> Self;
    fn shl<const N: i32>(self) -> Self;
    /// Arithmetic shift.
    fn shr<const N: i32>(self) -> Self;
    /// Logical shift.
    fn shr_unsigned<const N: i32>(self) -> Self;
    /// Shift to the left by a number known at run time (0..=31).
    fn shl_by(self, count: u32) -> Self;
    /// Arithmetic shift by a number known at run time (0..=31).
    fn shr_by(self, count: u32) -> Self;
    fn zip_low_32(self, other: Self) -> Self;
    fn zip_high_32(self, other: Self) -> Self;
    fn zip_low_64(self, other: Self) -> Self;
    fn zip_high_64(self, other: Self) -> Self;
    fn low_halves(self, other: Self) -> Self;
    fn high_halves(self, other: Self) -> Self;
    /// Sums of neighbours; in each half those of `self`, then those of `other`.
    fn add_neighbours(self, other: Self) -> Self;
    /// Saturates both to 16 bits; in each half the lanes of `self`, then those of `other`.
    fn pack_words(self, other: Self) -> S::Words;
    /// The low and the high 16 bits of each lane as lanes of their own.
    fn as_words(self) -> S::Words;
    /// The high 16 bits of each lane: those of `self` in even lanes, those of `other` in odd ones.
    fn high_words(self, other: Self) -> S::Words;
    /// The sum of all lanes.
    fn sum(self) -> i32;
}

/// 32 lanes of 8 bits, unsigned.
pub(crate) trait Bytes<S: Simd>: Copy {
    fn splat(simd: S, value: u8) -> Self;
    fn load(simd: S, from: &[u8; 32]) -> Self;
    fn load_halves(simd: S, low: &[u8; 16], high: &[u8; 16]) -> Self;
    fn load_quarters(simd: S, quarters: [&[u8; 8]; 4]) -> Self;
    /// The same 16 bytes into each half.
    fn load_twice(simd: S, from: &[u8; 16]) -> Self;
    fn store(self, to: &mut [u8; 32]);
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
    fn max(self, other: Self) -> Self;
    fn saturating_add(self, other: Self) -> Self;
    fn saturating_sub(self, other: Self) -> Self;
    /// `(a + b + 1) >> 1`.
    fn average(self, other: Self) -> Self;
    /// In each half, the bytes of `self` that the indices name: 0..=15, or 128 and more for a 0.
    fn lookup(self, indices: Self) -> Self;
    /// Every byte one place earlier, through both halves; the last one is 0.
    fn skip_first(self) -> Self;
    /// All ones where equal.
    fn equal(self, other: Self) -> Self;
    fn zip_low_8(self, other: Self) -> Self;
    fn zip_high_8(self, other: Self) -> Self;
    fn low_halves(self, other: Self) -> Self;
    fn high_halves(self, other: Self) -> Self;
    /// Zero-extends the low and the high 8 lanes of each half.
    fn widen(self) -> (S::Words, S::Words);
    /// Sums of neighbours.
    fn add_neighbours(self) -> S::Words;
    /// Stores the low 64 bits of each half one after another, and the high ones likewise.
    fn store_zipped_64(self, low: &mut [u8; 16], high: &mut [u8; 16]);
    /// The absolute differences of all lanes, in sums of whatever lanes.
    fn differences(self, other: Self) -> S::Dwords;
    /// The sum of the absolute differences of all lanes.
    #[inline(always)]
    fn sum_of_differences(self, other: Self) -> u32 {
        self.differences(other).sum() as u32
    }
}

/// 8 lanes of `f32`, each operation rounded as Rust rounds it.
pub(crate) trait Floats<S: Simd>:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    fn splat(simd: S, value: f32) -> Self;
    fn load(simd: S, from: &[f32; 8]) -> Self;
    fn store(self, to: &mut [f32; 8]);
    fn load_bytes(simd: S, from: &[u8; 8]) -> Self;
    /// Not for NaN, whose place is not said.
    fn min(self, other: Self) -> Self;
    /// Not for NaN, whose place is not said.
    fn max(self, other: Self) -> Self;
    /// The bits without the sign, which order as magnitudes do: infinity above all numbers, NaN above infinity.
    fn magnitude_bits(self) -> S::Dwords;
    /// The whole parts of four vectors of numbers from 0 to below 256.
    fn truncate_to_bytes(four: [Self; 4]) -> S::Bytes;
}

#[cfg(test)]
mod tests;
