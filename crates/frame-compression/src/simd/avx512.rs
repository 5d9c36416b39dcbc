//! AVX-512: vectors of four parts, for kernels of any width.

use std::arch::asm;
use std::arch::x86_64::*;
use std::ops::{Add, Sub};

use super::avx2::pairs_of_channels;
use super::{Avx2, ByteVector, DwordVector, Simd, Vectors, WordVector, each};

/// Proof that the CPU has AVX-512 with bytes, words, their permutations and sums of products: made by
/// [`Avx512::detect`] alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512 {
    /// What everything else runs on.
    pub(super) narrow: Avx2,
}

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        let words = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        let sizes = is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512vl");
        let more = is_x86_feature_detected!("avx512vbmi") && is_x86_feature_detected!("avx512vnni");
        if words && sizes && more { Avx2::detect().map(|narrow| Self { narrow }) } else { None }
    }
}

/// A vector is only made from a token, or from another vector, so one that exists proves AVX-512.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512Words(__m512i);
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512Dwords(__m512i);
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512Bytes(__m512i);

impl Vectors for Avx512 {
    type Words = Avx512Words;
    type Dwords = Avx512Dwords;
    type Bytes = Avx512Bytes;
    type WordLanes = [i16; 32];
    type HalfBytes = [u8; 32];
    type ByteLanes = [u8; 64];
    type Rgb = [u8; 96];
    type RgbOfBytes = [u8; 192];

    const LANES: usize = 32;
    const ADDS_PRODUCTS: bool = true;

    #[inline(always)]
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R {
        #[target_feature(
            enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni,bmi1,bmi2,lzcnt,popcnt"
        )]
        fn compiled<R>(kernel: impl FnOnce() -> R) -> R {
            kernel()
        }
        // SAFETY: the token proves that the CPU has these features.
        unsafe { compiled(kernel) }
    }

    #[inline(always)]
    fn prefetch<T>(self, from: &[T], ahead: usize) {
        Simd::prefetch(self.narrow, from, ahead);
    }
}

/// Calls intrinsics of AVX-512.
macro_rules! avx512 {
    ($call:expr) => {
        // SAFETY: AVX-512 is there, as a token or a vector of it is in scope; pointers come from references to
        // arrays of the size that is loaded or stored.
        unsafe { $call }
    };
}

/// `$name(a, b)` by one intrinsic.
macro_rules! binary {
    ($($name:ident = $intrinsic:ident;)*) => {
        $(#[inline(always)]
        fn $name(self, other: Self) -> Self {
            Self(avx512!($intrinsic(self.0, other.0)))
        })*
    };
}

macro_rules! sums {
    ($name:ident, $add:ident, $sub:ident) => {
        impl Add for $name {
            type Output = Self;

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self(avx512!($add(self.0, other.0)))
            }
        }

        impl Sub for $name {
            type Output = Self;

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self(avx512!($sub(self.0, other.0)))
            }
        }
    };
}

sums!(Avx512Words, _mm512_add_epi16, _mm512_sub_epi16);
sums!(Avx512Dwords, _mm512_add_epi32, _mm512_sub_epi32);

/// One instruction, as it stands: the compiler takes these for sums and products like any others, and makes up to seven
/// instructions of a high half, and two of a sum of products.
macro_rules! exactly {
    ($($name:ident = $template:literal;)*) => {
        $(#[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
        fn $name(a: __m512i, b: __m512i) -> __m512i {
            let result;
            // SAFETY: the instruction is of the features above, and looks at its registers alone.
            unsafe {
                asm!($template, out(zmm_reg) result, in(zmm_reg) a, in(zmm_reg) b,
                    options(pure, nomem, nostack, preserves_flags));
            }
            result
        })*
    };
}

exactly! {
    mul_high_words = "vpmulhw {}, {}, {}";
    mul_high_words_unsigned = "vpmulhuw {}, {}, {}";
}

/// See [`exactly`].
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn add_products(mut sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: as above.
    unsafe {
        asm!("vpdpwssd {}, {}, {}", inlateout(zmm_reg) sum, in(zmm_reg) a, in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    sum
}

/// Moves bytes inside each part.
#[inline(always)]
fn shuffle(bytes: __m512i, places: &[i8; 16]) -> __m512i {
    avx512!({
        let places = _mm512_broadcast_i32x4(_mm_loadu_si128(places.as_ptr().cast()));
        _mm512_shuffle_epi8(bytes, places)
    })
}

/// The low 64 bits of each part one after another, and then the high ones.
#[inline(always)]
fn unzip_64(x: __m512i) -> __m512i {
    avx512!(_mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), x))
}

/// 64 bytes of packed RGB from bytes of each channel: where in its vector each comes from, and which are the channel's.
struct Packed {
    places: [[u8; 64]; 3],
    channels: [u64; 3],
}

/// Those from byte `first` on. Byte 0 of a pixel stands at place `of_pixel[0]` of the first vector, and so on.
const fn packed(first: usize, of_pixel: [[u8; 64]; 3]) -> Packed {
    let (mut places, mut channels, mut i) = ([[0; 64]; 3], [0; 3], 0);
    while i < 64 {
        let (pixel, channel) = ((first + i) / 3, (first + i) % 3);
        places[channel][i] = of_pixel[channel][pixel];
        channels[channel] |= 1 << i;
        i += 1;
    }
    Packed { places, channels }
}

/// Pixels in order from place `first` on: 8 in each part, or all one after another.
const fn pixels(first: u8, are_in_parts: bool) -> [u8; 64] {
    let (mut places, mut i) = ([0; 64], 0);
    while i < 64 {
        places[i] = first + if are_in_parts { (i / 8 * 16 + i % 8) as u8 % 64 } else { i as u8 };
        i += 1;
    }
    places
}

/// Red and green in one vector, blue in another, 8 pixels in each part.
const IN_PARTS: [[u8; 64]; 3] = [pixels(0, true), pixels(8, true), pixels(0, true)];
const IN_ORDER: [[u8; 64]; 3] = [pixels(0, false); 3];

#[inline(always)]
fn interleaved([r, g, b]: [__m512i; 3], packed: &'static Packed) -> __m512i {
    let [_, is_green, is_blue] = packed.channels;
    avx512!({
        let [of_r, of_g, of_b] = each!(3, i => _mm512_loadu_si512(packed.places[i].as_ptr().cast()));
        let red = _mm512_permutexvar_epi8(of_r, r);
        let red_green = _mm512_mask_permutexvar_epi8(red, is_green, of_g, g);
        _mm512_mask_permutexvar_epi8(red_green, is_blue, of_b, b)
    })
}

impl WordVector<Avx512> for Avx512Words {
    #[inline(always)]
    fn splat(_: Avx512, value: i16) -> Self {
        Self(avx512!(_mm512_set1_epi16(value)))
    }

    #[inline(always)]
    fn splat_pair(_: Avx512, even: i16, odd: i16) -> Self {
        let pair = i32::from(odd) << 16 | i32::from(even as u16);
        Self(avx512!(_mm512_set1_epi32(pair)))
    }

    #[inline(always)]
    fn repeat(_: Avx512, from: &[i16; 16]) -> Self {
        Self(avx512!(_mm512_broadcast_i64x4(_mm256_loadu_si256(from.as_ptr().cast()))))
    }

    #[inline(always)]
    fn load(_: Avx512, from: &[i16; 32]) -> Self {
        Self(avx512!(_mm512_loadu_si512(from.as_ptr().cast())))
    }

    #[inline(always)]
    fn store(self, to: &mut [i16; 32]) {
        avx512!(_mm512_storeu_si512(to.as_mut_ptr().cast(), self.0));
    }

    #[inline(always)]
    fn load_bytes(_: Avx512, from: &[u8; 32]) -> Self {
        Self(avx512!(_mm512_cvtepu8_epi16(_mm256_loadu_si256(from.as_ptr().cast()))))
    }

    #[inline(always)]
    fn store_bytes(self, to: &mut [u8; 32]) {
        let packed = unzip_64(self.pack_bytes(self).0);
        avx512!(_mm256_storeu_si256(to.as_mut_ptr().cast(), _mm512_castsi512_si256(packed)));
    }

    #[inline(always)]
    fn load_rgb_pairs(_: Avx512, from: &[u8; 96]) -> [Self; 4] {
        // In each part eight pixels' 24 bytes: the first 16 of them, and the last 16.
        let (first, last) = avx512!({
            let (start, end) = (from.as_ptr(), from[32..].as_ptr());
            let (start, end) = (_mm512_loadu_si512(start.cast()), _mm512_loadu_si512(end.cast()));
            // The end begins with the fifth eight bytes.
            let firsts = _mm512_setr_epi64(0, 1, 3, 4, 6, 7, 13, 14);
            let lasts = _mm512_setr_epi64(1, 2, 4, 5, 7, 12, 14, 15);
            (_mm512_permutex2var_epi64(start, firsts, end), _mm512_permutex2var_epi64(start, lasts, end))
        });
        [
            Self(shuffle(first, const { &pairs_of_channels(0, [0, 1]) })),
            Self(shuffle(last, const { &pairs_of_channels(4, [0, 1]) })),
            Self(shuffle(first, const { &pairs_of_channels(0, [2, 1]) })),
            Self(shuffle(last, const { &pairs_of_channels(4, [2, 1]) })),
        ]
    }

    #[inline(always)]
    fn store_rgb([r, g, b]: [Self; 3], to: &mut [u8; 96]) {
        let (red_green, blue) = (r.pack_bytes(g).0, b.pack_bytes(b).0);
        let channels = [red_green, red_green, blue];
        let start = interleaved(channels, const { &packed(0, IN_PARTS) });
        let end = interleaved(channels, const { &packed(32, IN_PARTS) });
        avx512!({
            _mm512_storeu_si512(to.as_mut_ptr().cast(), start);
            _mm512_storeu_si512(to[32..].as_mut_ptr().cast(), end);
        });
    }

    #[inline(always)]
    fn store_rgb_zipped(low: [Self; 3], high: [Self; 3], to: &mut [u8; 192]) {
        let channels = each!(3, i => low[i].pack_bytes(high[i]).0);
        let [first, middle, last] = [
            interleaved(channels, const { &packed(0, IN_ORDER) }),
            interleaved(channels, const { &packed(64, IN_ORDER) }),
            interleaved(channels, const { &packed(128, IN_ORDER) }),
        ];
        avx512!({
            _mm512_storeu_si512(to.as_mut_ptr().cast(), first);
            _mm512_storeu_si512(to[64..].as_mut_ptr().cast(), middle);
            _mm512_storeu_si512(to[128..].as_mut_ptr().cast(), last);
        });
    }

    binary! {
        and = _mm512_and_si512;
        or = _mm512_or_si512;
        xor = _mm512_xor_si512;
        min = _mm512_min_epi16;
        saturating_add = _mm512_adds_epi16;
        mul_low = _mm512_mullo_epi16;
        mul_high = mul_high_words;
        mul_high_unsigned = mul_high_words_unsigned;
        mul_rounded = _mm512_mulhrs_epi16;
        zip_low_16 = _mm512_unpacklo_epi16;
        zip_high_16 = _mm512_unpackhi_epi16;
        zip_low_32 = _mm512_unpacklo_epi32;
        zip_high_32 = _mm512_unpackhi_epi32;
        zip_low_64 = _mm512_unpacklo_epi64;
        zip_high_64 = _mm512_unpackhi_epi64;
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        Self(avx512!(_mm512_movm_epi16(_mm512_cmpgt_epi16_mask(self.0, other.0))))
    }

    #[inline(always)]
    fn equal(self, other: Self) -> Self {
        Self(avx512!(_mm512_movm_epi16(_mm512_cmpeq_epi16_mask(self.0, other.0))))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(avx512!(_mm512_abs_epi16(self.0)))
    }

    #[inline(always)]
    fn with_sign_of(self, other: Self) -> Self {
        avx512!({
            let is_negative = _mm512_movepi16_mask(other.0);
            Self(_mm512_mask_sub_epi16(self.0, is_negative, _mm512_setzero_si512(), self.0))
        })
    }

    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        Self(avx512!(_mm512_sll_epi16(self.0, _mm_cvtsi32_si128(N))))
    }

    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        Self(avx512!(_mm512_sra_epi16(self.0, _mm_cvtsi32_si128(N))))
    }

    #[inline(always)]
    fn swap_neighbours(self) -> Self {
        Self(avx512!(_mm512_rol_epi32::<16>(self.0)))
    }

    #[inline(always)]
    fn unzip_64(self) -> Self {
        Self(unzip_64(self.0))
    }

    #[inline(always)]
    fn mul_add_pairs(self, other: Self) -> Avx512Dwords {
        Avx512Dwords(avx512!(_mm512_madd_epi16(self.0, other.0)))
    }

    #[inline(always)]
    fn widen(self) -> (Avx512Dwords, Avx512Dwords) {
        avx512!({
            let sign = _mm512_srai_epi16::<15>(self.0);
            let (low, high) = (_mm512_unpacklo_epi16(self.0, sign), _mm512_unpackhi_epi16(self.0, sign));
            (Avx512Dwords(low), Avx512Dwords(high))
        })
    }

    #[inline(always)]
    fn pack_bytes(self, other: Self) -> Avx512Bytes {
        Avx512Bytes(avx512!(_mm512_packus_epi16(self.0, other.0)))
    }

    #[inline(always)]
    fn as_dwords(self) -> Avx512Dwords {
        Avx512Dwords(self.0)
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        avx512!(_mm512_test_epi64_mask(self.0, self.0)) == 0
    }
}

impl DwordVector<Avx512> for Avx512Dwords {
    #[inline(always)]
    fn splat(_: Avx512, value: i32) -> Self {
        Self(avx512!(_mm512_set1_epi32(value)))
    }

    #[inline(always)]
    fn repeat(_: Avx512, from: &[i32; 8]) -> Self {
        Self(avx512!(_mm512_broadcast_i64x4(_mm256_loadu_si256(from.as_ptr().cast()))))
    }

    binary! {
        mul_low = _mm512_mullo_epi32;
    }

    #[inline(always)]
    fn equal(self, other: Self) -> Self {
        Self(avx512!(_mm512_movm_epi32(_mm512_cmpeq_epi32_mask(self.0, other.0))))
    }

    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        Self(avx512!(_mm512_sll_epi32(self.0, _mm_cvtsi32_si128(N))))
    }

    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        Self(avx512!(_mm512_sra_epi32(self.0, _mm_cvtsi32_si128(N))))
    }

    #[inline(always)]
    fn add_neighbours(self, other: Self) -> Self {
        avx512!({
            let (a, b) = (_mm512_castsi512_ps(self.0), _mm512_castsi512_ps(other.0));
            let even = _mm512_castps_si512(_mm512_shuffle_ps::<0b10_00_10_00>(a, b));
            let odd = _mm512_castps_si512(_mm512_shuffle_ps::<0b11_01_11_01>(a, b));
            Self(_mm512_add_epi32(even, odd))
        })
    }

    #[inline(always)]
    fn plus_products(self, a: Avx512Words, b: Avx512Words) -> Self {
        Self(avx512!(add_products(self.0, a.0, b.0)))
    }

    #[inline(always)]
    fn pack_words(self, other: Self) -> Avx512Words {
        Avx512Words(avx512!(_mm512_packs_epi32(self.0, other.0)))
    }

    #[inline(always)]
    fn join_words(self, other: Self) -> Avx512Words {
        self.pack_words(other).unzip_64()
    }

    #[inline(always)]
    fn high_words(self, other: Self) -> Avx512Words {
        avx512!({
            let low = _mm512_srli_epi32::<16>(self.0);
            Avx512Words(_mm512_mask_mov_epi16(low, 0xaaaa_aaaa, other.0))
        })
    }

    #[inline(always)]
    fn with_high_words(self, other: Self) -> Avx512Words {
        Avx512Words(avx512!(_mm512_mask_mov_epi16(self.0, 0xaaaa_aaaa, other.0)))
    }

    #[inline(always)]
    fn as_words(self) -> Avx512Words {
        Avx512Words(self.0)
    }
}

impl ByteVector<Avx512> for Avx512Bytes {
    #[inline(always)]
    fn load(_: Avx512, from: &[u8; 64]) -> Self {
        Self(avx512!(_mm512_loadu_si512(from.as_ptr().cast())))
    }

    binary! {
        zip_low_8 = _mm512_unpacklo_epi8;
        zip_high_8 = _mm512_unpackhi_epi8;
    }

    #[inline(always)]
    fn widen(self) -> (Avx512Words, Avx512Words) {
        avx512!({
            let zero = _mm512_setzero_si512();
            let (low, high) = (_mm512_unpacklo_epi8(self.0, zero), _mm512_unpackhi_epi8(self.0, zero));
            (Avx512Words(low), Avx512Words(high))
        })
    }

    #[inline(always)]
    fn add_neighbours(self) -> Avx512Words {
        Avx512Words(avx512!(_mm512_maddubs_epi16(self.0, _mm512_set1_epi8(1))))
    }

    #[inline(always)]
    fn store_zipped_64(self, low: &mut [u8; 32], high: &mut [u8; 32]) {
        avx512!({
            let zipped = unzip_64(self.0);
            _mm256_storeu_si256(low.as_mut_ptr().cast(), _mm512_castsi512_si256(zipped));
            _mm256_storeu_si256(high.as_mut_ptr().cast(), _mm512_extracti64x4_epi64::<1>(zipped));
        });
    }

    #[inline(always)]
    fn store_unzipped_64(self, to: &mut [u8; 64]) {
        avx512!(_mm512_storeu_si512(to.as_mut_ptr().cast(), unzip_64(self.0)));
    }
}
