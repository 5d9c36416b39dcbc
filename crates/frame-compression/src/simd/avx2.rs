//! AVX2: one register a vector.

use std::arch::x86_64::*;
use std::ops::{Add, Mul, Sub};

use super::{Bytes, Dwords, Floats, LaneOrder, Simd, Words, each};

/// Proof that the CPU has AVX2 and the bit instructions that came with it: made by [`Avx2::detect`] alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        let bits = is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2");
        let counts = is_x86_feature_detected!("lzcnt") && is_x86_feature_detected!("popcnt");
        (is_x86_feature_detected!("avx2") && bits && counts).then_some(Self(()))
    }
}

/// A vector is only made from a token, or from another vector, so one that exists proves AVX2.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2Words(__m256i);
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2Dwords(__m256i);
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2Bytes(__m256i);
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2Floats(__m256);

impl Simd for Avx2 {
    type Words = Avx2Words;
    type Dwords = Avx2Dwords;
    type Bytes = Avx2Bytes;
    type Floats = Avx2Floats;

    #[inline(always)]
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn compiled<R>(kernel: impl FnOnce() -> R) -> R {
            kernel()
        }
        // SAFETY: the token proves that the CPU has these features.
        unsafe { compiled(kernel) }
    }

    #[inline(always)]
    fn prefetch<T>(self, from: &[T], ahead: usize) {
        for line in (0..size_of_val(from)).step_by(64) {
            // SAFETY: a hint that reads nothing: any address may be given.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().cast::<i8>().wrapping_add(ahead + line)) };
        }
    }
}

/// Calls intrinsics of AVX2.
macro_rules! avx2 {
    ($call:expr) => {
        // SAFETY: AVX2 is there, as a token or a vector of it is in scope; pointers come from references to
        // arrays of the size that is loaded or stored.
        unsafe { $call }
    };
}

/// `$name(a, b)` by one intrinsic.
macro_rules! binary {
    ($($name:ident = $intrinsic:ident;)*) => {
        $(#[inline(always)]
        fn $name(self, other: Self) -> Self {
            Self(avx2!($intrinsic(self.0, other.0)))
        })*
    };
}

macro_rules! shifts {
    ($($name:ident = $intrinsic:ident;)*) => {
        $(#[inline(always)]
        fn $name<const N: i32>(self) -> Self {
            Self(avx2!($intrinsic::<N>(self.0)))
        })*
    };
}

/// What is the same for every lane type.
macro_rules! same_for_all {
    ($lane:ty, $count:expr, $splat:ident) => {
        #[inline(always)]
        fn splat(_: Avx2, value: $lane) -> Self {
            Self(avx2!($splat(value as _)))
        }

        #[inline(always)]
        fn load(_: Avx2, from: &[$lane; $count]) -> Self {
            Self(avx2!(_mm256_loadu_si256(from.as_ptr().cast())))
        }

        #[inline(always)]
        fn store(self, to: &mut [$lane; $count]) {
            avx2!(_mm256_storeu_si256(to.as_mut_ptr().cast(), self.0));
        }

        binary! {
            and = _mm256_and_si256;
            or = _mm256_or_si256;
            xor = _mm256_xor_si256;
        }

        #[inline(always)]
        fn low_halves(self, other: Self) -> Self {
            Self(avx2!(_mm256_permute2x128_si256::<0x20>(self.0, other.0)))
        }

        #[inline(always)]
        fn high_halves(self, other: Self) -> Self {
            Self(avx2!(_mm256_permute2x128_si256::<0x31>(self.0, other.0)))
        }
    };
}

macro_rules! sums {
    ($name:ident, $add:ident, $sub:ident) => {
        impl Add for $name {
            type Output = Self;

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self(avx2!($add(self.0, other.0)))
            }
        }

        impl Sub for $name {
            type Output = Self;

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self(avx2!($sub(self.0, other.0)))
            }
        }
    };
}

/// Where a byte shuffle writes 0.
const NONE: i8 = -1;

/// For each of four pixels from byte `first` on: the bytes of these two channels as words.
pub(super) const fn pairs_of_channels(first: i8, channels: [i8; 2]) -> [i8; 16] {
    let mut places = [NONE; 16];
    let mut i = 0;
    while i < 8 {
        places[2 * i] = first + 3 * (i as i8 / 2) + channels[i % 2];
        i += 1;
    }
    places
}

/// Bytes `first..first + 16` of eight packed pixels, as far as they come from a register that holds eight bytes of
/// each of these channels, one channel after another.
const fn packed_pixels(first: usize, channels: [usize; 2]) -> [i8; 16] {
    let mut places = [NONE; 16];
    let mut i = 0;
    while i < 16 {
        let (pixel, channel) = ((first + i) / 3, (first + i) % 3);
        if pixel < 8 && channel == channels[0] {
            places[i] = pixel as i8;
        } else if pixel < 8 && channel == channels[1] {
            places[i] = 8 + pixel as i8;
        }
        i += 1;
    }
    places
}

/// Moves bytes inside each half.
#[inline(always)]
fn shuffle(bytes: __m256i, places: &[i8; 16]) -> __m256i {
    avx2!({
        let places = _mm256_broadcastsi128_si256(_mm_loadu_si128(places.as_ptr().cast()));
        _mm256_shuffle_epi8(bytes, places)
    })
}

sums!(Avx2Words, _mm256_add_epi16, _mm256_sub_epi16);
sums!(Avx2Dwords, _mm256_add_epi32, _mm256_sub_epi32);

impl Words<Avx2> for Avx2Words {
    same_for_all!(i16, 16, _mm256_set1_epi16);

    #[inline(always)]
    fn load_bytes(_: Avx2, from: &[u8; 16]) -> Self {
        Self(avx2!(_mm256_cvtepu8_epi16(_mm_loadu_si128(from.as_ptr().cast()))))
    }

    #[inline(always)]
    fn load_bytes_halves(_: Avx2, low: &[u8; 8], high: &[u8; 8]) -> Self {
        Self(avx2!(_mm256_cvtepu8_epi16(_mm_unpacklo_epi64(
            _mm_loadl_epi64(low.as_ptr().cast()),
            _mm_loadl_epi64(high.as_ptr().cast()),
        ))))
    }

    #[inline(always)]
    fn store_bytes(self, to: &mut [u8; 16]) {
        avx2!({
            let packed =
                _mm_packus_epi16(_mm256_castsi256_si128(self.0), _mm256_extracti128_si256::<1>(self.0));
            _mm_storeu_si128(to.as_mut_ptr().cast(), packed);
        });
    }

    #[inline(always)]
    fn load_rgb_pairs(_: Avx2, from: &[u8; 48]) -> [Self; 4] {
        // In each half eight pixels' 24 bytes: the first 16 of them, and the last 16.
        let halves = |at: usize| {
            let (low, high) = (from[at..].as_ptr(), from[at + 24..][..16].as_ptr());
            avx2!(_mm256_inserti128_si256::<1>(
                _mm256_castsi128_si256(_mm_loadu_si128(low.cast())),
                _mm_loadu_si128(high.cast()),
            ))
        };
        let (first, last) = (halves(0), halves(8));
        [
            Self(shuffle(first, const { &pairs_of_channels(0, [0, 1]) })),
            Self(shuffle(last, const { &pairs_of_channels(4, [0, 1]) })),
            Self(shuffle(first, const { &pairs_of_channels(0, [2, 1]) })),
            Self(shuffle(last, const { &pairs_of_channels(4, [2, 1]) })),
        ]
    }

    #[inline(always)]
    fn store_rgb_halves([r, g, b]: [Self; 3], low: &mut [u8; 24], high: &mut [u8; 24]) {
        let (red_green, blue) = (r.pack_bytes(g).0, b.pack_bytes(b).0);
        avx2!({
            let first = _mm256_or_si256(
                shuffle(red_green, const { &packed_pixels(0, [0, 1]) }),
                shuffle(blue, const { &packed_pixels(0, [2, 2]) }),
            );
            let last = _mm256_or_si256(
                shuffle(red_green, const { &packed_pixels(16, [0, 1]) }),
                shuffle(blue, const { &packed_pixels(16, [2, 2]) }),
            );
            let (low, high) = (low.as_mut_ptr(), high.as_mut_ptr());
            _mm_storeu_si128(low.cast(), _mm256_castsi256_si128(first));
            _mm_storel_epi64(low.add(16).cast(), _mm256_castsi256_si128(last));
            _mm_storeu_si128(high.cast(), _mm256_extracti128_si256::<1>(first));
            _mm_storel_epi64(high.add(16).cast(), _mm256_extracti128_si256::<1>(last));
        });
    }

    #[inline(always)]
    fn splat_pair(_: Avx2, even: i16, odd: i16) -> Self {
        let pair = i32::from(odd) << 16 | i32::from(even as u16);
        Self(avx2!(_mm256_set1_epi32(pair)))
    }

    #[inline(always)]
    fn load_halves(_: Avx2, low: &[i16; 8], high: &[i16; 8]) -> Self {
        Self(avx2!(_mm256_loadu2_m128i(high.as_ptr().cast(), low.as_ptr().cast())))
    }

    #[inline(always)]
    fn load_quarters(_: Avx2, quarters: [&[i16; 4]; 4]) -> Self {
        Self(avx2!({
            let [a, b, c, d] = each!(4, i => _mm_loadl_epi64(quarters[i].as_ptr().cast()));
            _mm256_set_m128i(_mm_unpacklo_epi64(c, d), _mm_unpacklo_epi64(a, b))
        }))
    }

    #[inline(always)]
    fn signs(self) -> u16 {
        avx2!({
            let packed =
                _mm_packs_epi16(_mm256_castsi256_si128(self.0), _mm256_extracti128_si256::<1>(self.0));
            _mm_movemask_epi8(packed) as u16
        })
    }

    binary! {
        mul_rounded = _mm256_mulhrs_epi16;
        min = _mm256_min_epi16;
        max = _mm256_max_epi16;
        saturating_add = _mm256_adds_epi16;
        saturating_sub = _mm256_subs_epi16;
        saturating_sub_unsigned = _mm256_subs_epu16;
        mul_low = _mm256_mullo_epi16;
        mul_high = _mm256_mulhi_epi16;
        mul_high_unsigned = _mm256_mulhi_epu16;
        times_sign_of = _mm256_sign_epi16;
        greater = _mm256_cmpgt_epi16;
        equal = _mm256_cmpeq_epi16;
        zip_low_16 = _mm256_unpacklo_epi16;
        zip_high_16 = _mm256_unpackhi_epi16;
        zip_low_32 = _mm256_unpacklo_epi32;
        zip_high_32 = _mm256_unpackhi_epi32;
        zip_low_64 = _mm256_unpacklo_epi64;
        zip_high_64 = _mm256_unpackhi_epi64;
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(avx2!(_mm256_abs_epi16(self.0)))
    }

    shifts! {
        shl = _mm256_slli_epi16;
        shr = _mm256_srai_epi16;
        shr_unsigned = _mm256_srli_epi16;
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        Self(avx2!(_mm256_permute4x64_epi64::<0b01_00_11_10>(self.0)))
    }

    #[inline(always)]
    fn fours<const ORDER: i32>(self) -> Self {
        Self(avx2!(_mm256_permute4x64_epi64::<ORDER>(self.0)))
    }

    #[inline(always)]
    fn transpose_4x4(self) -> Self {
        avx2!({
            // Pairs of neighbouring rows interleaved, then the pairs of both halves.
            let order = _mm256_broadcastsi128_si256(_mm_setr_epi8(
                0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,
            ));
            let pairs = _mm256_shuffle_epi8(self.0, order);
            Self(_mm256_permutevar8x32_epi32(pairs, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)))
        })
    }

    #[inline(always)]
    fn reorder(self, order: &LaneOrder) -> Self {
        avx2!({
            let [same, other] = each!(2, half => _mm256_loadu_si256(order.halves[half].as_ptr().cast()));
            let swapped = _mm256_permute4x64_epi64::<0b01_00_11_10>(self.0);
            Self(_mm256_or_si256(_mm256_shuffle_epi8(self.0, same), _mm256_shuffle_epi8(swapped, other)))
        })
    }

    #[inline(always)]
    fn mul_add_pairs(self, other: Self) -> Avx2Dwords {
        Avx2Dwords(avx2!(_mm256_madd_epi16(self.0, other.0)))
    }

    #[inline(always)]
    fn widen(self) -> (Avx2Dwords, Avx2Dwords) {
        avx2!({
            let sign = _mm256_srai_epi16::<15>(self.0);
            (Avx2Dwords(_mm256_unpacklo_epi16(self.0, sign)), Avx2Dwords(_mm256_unpackhi_epi16(self.0, sign)))
        })
    }

    #[inline(always)]
    fn pack_bytes(self, other: Self) -> Avx2Bytes {
        Avx2Bytes(avx2!(_mm256_packus_epi16(self.0, other.0)))
    }

    #[inline(always)]
    fn as_dwords(self) -> Avx2Dwords {
        Avx2Dwords(self.0)
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        avx2!(_mm256_testz_si256(self.0, self.0)) != 0
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        Avx2Dwords(avx2!(_mm256_madd_epi16(self.0, _mm256_set1_epi16(1)))).sum()
    }
}

impl Dwords<Avx2> for Avx2Dwords {
    same_for_all!(i32, 8, _mm256_set1_epi32);

    binary! {
        min = _mm256_min_epi32;
        max = _mm256_max_epi32;
        mul_low = _mm256_mullo_epi32;
        add_neighbours = _mm256_hadd_epi32;
        greater = _mm256_cmpgt_epi32;
        equal = _mm256_cmpeq_epi32;
        zip_low_32 = _mm256_unpacklo_epi32;
        zip_high_32 = _mm256_unpackhi_epi32;
        zip_low_64 = _mm256_unpacklo_epi64;
        zip_high_64 = _mm256_unpackhi_epi64;
    }

    shifts! {
        shl = _mm256_slli_epi32;
        shr = _mm256_srai_epi32;
        shr_unsigned = _mm256_srli_epi32;
    }

    #[inline(always)]
    fn shl_by(self, count: u32) -> Self {
        Self(avx2!(_mm256_sll_epi32(self.0, _mm_cvtsi32_si128(count as i32))))
    }

    #[inline(always)]
    fn shr_by(self, count: u32) -> Self {
        Self(avx2!(_mm256_sra_epi32(self.0, _mm_cvtsi32_si128(count as i32))))
    }

    #[inline(always)]
    fn pack_words(self, other: Self) -> Avx2Words {
        Avx2Words(avx2!(_mm256_packs_epi32(self.0, other.0)))
    }

    #[inline(always)]
    fn as_words(self) -> Avx2Words {
        Avx2Words(self.0)
    }

    #[inline(always)]
    fn high_words(self, other: Self) -> Avx2Words {
        Avx2Words(avx2!(_mm256_blend_epi16::<0b1010_1010>(_mm256_srli_epi32::<16>(self.0), other.0)))
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        avx2!({
            let four = _mm_add_epi32(_mm256_castsi256_si128(self.0), _mm256_extracti128_si256::<1>(self.0));
            let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
            _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two)))
        })
    }
}

impl Bytes<Avx2> for Avx2Bytes {
    same_for_all!(u8, 32, _mm256_set1_epi8);

    #[inline(always)]
    fn load_halves(_: Avx2, low: &[u8; 16], high: &[u8; 16]) -> Self {
        Self(avx2!(_mm256_loadu2_m128i(high.as_ptr().cast(), low.as_ptr().cast())))
    }

    #[inline(always)]
    fn load_quarters(_: Avx2, quarters: [&[u8; 8]; 4]) -> Self {
        Self(avx2!({
            let [a, b, c, d] = each!(4, i => _mm_loadl_epi64(quarters[i].as_ptr().cast()));
            _mm256_set_m128i(_mm_unpacklo_epi64(c, d), _mm_unpacklo_epi64(a, b))
        }))
    }

    #[inline(always)]
    fn load_twice(_: Avx2, from: &[u8; 16]) -> Self {
        Self(avx2!(_mm256_broadcastsi128_si256(_mm_loadu_si128(from.as_ptr().cast()))))
    }

    binary! {
        lookup = _mm256_shuffle_epi8;
        min = _mm256_min_epu8;
        max = _mm256_max_epu8;
        saturating_add = _mm256_adds_epu8;
        saturating_sub = _mm256_subs_epu8;
        average = _mm256_avg_epu8;
        equal = _mm256_cmpeq_epi8;
        zip_low_8 = _mm256_unpacklo_epi8;
        zip_high_8 = _mm256_unpackhi_epi8;
    }

    #[inline(always)]
    fn skip_first(self) -> Self {
        Self(avx2!({
            let high_then_zero = _mm256_permute2x128_si256::<0x81>(self.0, self.0);
            _mm256_alignr_epi8::<1>(high_then_zero, self.0)
        }))
    }

    #[inline(always)]
    fn widen(self) -> (Avx2Words, Avx2Words) {
        avx2!({
            let zero = _mm256_setzero_si256();
            (Avx2Words(_mm256_unpacklo_epi8(self.0, zero)), Avx2Words(_mm256_unpackhi_epi8(self.0, zero)))
        })
    }

    #[inline(always)]
    fn add_neighbours(self) -> Avx2Words {
        Avx2Words(avx2!(_mm256_maddubs_epi16(self.0, _mm256_set1_epi8(1))))
    }

    #[inline(always)]
    fn store_zipped_64(self, low: &mut [u8; 16], high: &mut [u8; 16]) {
        avx2!({
            let zipped = _mm256_permute4x64_epi64::<0b11_01_10_00>(self.0);
            _mm_storeu_si128(low.as_mut_ptr().cast(), _mm256_castsi256_si128(zipped));
            _mm_storeu_si128(high.as_mut_ptr().cast(), _mm256_extracti128_si256::<1>(zipped));
        });
    }

    #[inline(always)]
    fn differences(self, other: Self) -> Avx2Dwords {
        Avx2Dwords(avx2!(_mm256_sad_epu8(self.0, other.0)))
    }
}

/// Arithmetic of floats by one intrinsic each.
macro_rules! arithmetic {
    ($($trait:ident $name:ident $intrinsic:ident;)*) => {
        $(impl $trait for Avx2Floats {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self(avx2!($intrinsic(self.0, other.0)))
            }
        })*
    };
}

arithmetic! {
    Add add _mm256_add_ps;
    Sub sub _mm256_sub_ps;
    Mul mul _mm256_mul_ps;
}

impl Floats<Avx2> for Avx2Floats {
    #[inline(always)]
    fn splat(_: Avx2, value: f32) -> Self {
        Self(avx2!(_mm256_set1_ps(value)))
    }

    #[inline(always)]
    fn load(_: Avx2, from: &[f32; 8]) -> Self {
        Self(avx2!(_mm256_loadu_ps(from.as_ptr())))
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; 8]) {
        avx2!(_mm256_storeu_ps(to.as_mut_ptr(), self.0));
    }

    #[inline(always)]
    fn load_bytes(_: Avx2, from: &[u8; 8]) -> Self {
        Self(avx2!(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(from.as_ptr().cast())))))
    }

    binary! {
        min = _mm256_min_ps;
        max = _mm256_max_ps;
    }

    #[inline(always)]
    fn magnitude_bits(self) -> Avx2Dwords {
        Avx2Dwords(avx2!(_mm256_and_si256(_mm256_castps_si256(self.0), _mm256_set1_epi32(i32::MAX))))
    }

    #[inline(always)]
    fn truncate_to_bytes([a, b, c, d]: [Self; 4]) -> Avx2Bytes {
        Avx2Bytes(avx2!({
            let ab = _mm256_packs_epi32(_mm256_cvttps_epi32(a.0), _mm256_cvttps_epi32(b.0));
            let cd = _mm256_packs_epi32(_mm256_cvttps_epi32(c.0), _mm256_cvttps_epi32(d.0));
            // Packing has left fours of each vector in each half.
            let places = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            _mm256_permutevar8x32_epi32(_mm256_packus_epi16(ab, cd), places)
        }))
    }
}
