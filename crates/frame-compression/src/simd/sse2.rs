//! SSE2, the baseline of x86-64: two registers a vector.

use std::arch::x86_64::*;
use std::ops::{Add, Mul, Sub};

use super::{Bytes, Dwords, Floats, LaneOrder, Simd, Words};

/// Every x86-64 CPU has SSE2.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sse2(());

impl Sse2 {
    pub(super) fn new() -> Self {
        Self(())
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sse2Words([__m128i; 2]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sse2Dwords([__m128i; 2]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sse2Bytes([__m128i; 2]);
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sse2Floats([__m128; 2]);

impl Simd for Sse2 {
    type Words = Sse2Words;
    type Dwords = Sse2Dwords;
    type Bytes = Sse2Bytes;
    type Floats = Sse2Floats;

    const HAS_LOOKUP: bool = false;

    #[inline(always)]
    fn prefetch<T>(self, from: &[T], ahead: usize) {
        for line in (0..size_of_val(from)).step_by(64) {
            // SAFETY: a hint that reads nothing: any address may be given.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().cast::<i8>().wrapping_add(ahead + line)) };
        }
    }
}

/// Calls intrinsics of SSE2.
macro_rules! sse2 {
    ($call:expr) => {{
        // SAFETY: SSE2 is part of x86-64; pointers come from references to arrays of the size that is
        // loaded or stored. (Where nothing but values is touched the block is not needed.)
        #[allow(unused_unsafe)]
        unsafe {
            $call
        }
    }};
}

macro_rules! binary {
    ($($name:ident = $intrinsic:ident;)*) => {
        $(#[inline(always)]
        fn $name(self, other: Self) -> Self {
            Self(sse2!([$intrinsic(self.0[0], other.0[0]), $intrinsic(self.0[1], other.0[1])]))
        })*
    };
}

macro_rules! shifts {
    ($($name:ident = $intrinsic:ident;)*) => {
        $(#[inline(always)]
        fn $name<const N: i32>(self) -> Self {
            Self(sse2!(self.0.map(|half| $intrinsic::<N>(half))))
        })*
    };
}

/// What is the same for every lane type.
macro_rules! same_for_all {
    ($lane:ty, $count:expr, $splat:ident) => {
        #[inline(always)]
        fn splat(_: Sse2, value: $lane) -> Self {
            Self(sse2!([$splat(value as _); 2]))
        }

        #[inline(always)]
        fn load(_: Sse2, from: &[$lane; $count]) -> Self {
            let from = from.as_ptr().cast::<__m128i>();
            Self(sse2!([_mm_loadu_si128(from), _mm_loadu_si128(from.add(1))]))
        }

        #[inline(always)]
        fn store(self, to: &mut [$lane; $count]) {
            let to = to.as_mut_ptr().cast::<__m128i>();
            sse2!({
                _mm_storeu_si128(to, self.0[0]);
                _mm_storeu_si128(to.add(1), self.0[1]);
            });
        }

        binary! {
            and = _mm_and_si128;
            or = _mm_or_si128;
            xor = _mm_xor_si128;
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
                Self(sse2!([$add(self.0[0], other.0[0]), $add(self.0[1], other.0[1])]))
            }
        }

        impl Sub for $name {
            type Output = Self;

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self(sse2!([$sub(self.0[0], other.0[0]), $sub(self.0[1], other.0[1])]))
            }
        }
    };
}

sums!(Sse2Words, _mm_add_epi16, _mm_sub_epi16);
sums!(Sse2Dwords, _mm_add_epi32, _mm_sub_epi32);

/// Lanes of `yes` where the mask is ones, of `no` elsewhere.
#[inline(always)]
fn select(mask: __m128i, yes: __m128i, no: __m128i) -> __m128i {
    sse2!(_mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no)))
}

#[inline(always)]
fn min_epi32(a: __m128i, b: __m128i) -> __m128i {
    select(sse2!(_mm_cmpgt_epi32(a, b)), b, a)
}

#[inline(always)]
fn max_epi32(a: __m128i, b: __m128i) -> __m128i {
    select(sse2!(_mm_cmpgt_epi32(a, b)), a, b)
}

/// SSE2 multiplies the even lanes only, so the odd ones are brought there.
#[inline(always)]
fn mullo_epi32(a: __m128i, b: __m128i) -> __m128i {
    sse2!({
        let even = _mm_mul_epu32(a, b);
        let odd = _mm_mul_epu32(_mm_srli_epi64::<32>(a), _mm_srli_epi64::<32>(b));
        _mm_unpacklo_epi32(_mm_shuffle_epi32::<0b00_00_10_00>(even), _mm_shuffle_epi32::<0b00_00_10_00>(odd))
    })
}

/// Four pixels of three bytes, the first twelve of the register, as lanes of 32 bits whose high byte is not said.
#[inline(always)]
fn spread_pixels(packed: __m128i) -> __m128i {
    sse2!(_mm_unpacklo_epi64(
        _mm_unpacklo_epi32(packed, _mm_srli_si128::<3>(packed)),
        _mm_unpacklo_epi32(_mm_srli_si128::<6>(packed), _mm_srli_si128::<9>(packed)),
    ))
}

/// Four pixels in lanes of 32 bits, the high byte 0, as twelve bytes and four of 0.
#[inline(always)]
fn join_pixels(spread: __m128i) -> __m128i {
    sse2!({
        let two = _mm_or_si128(
            _mm_and_si128(spread, _mm_set1_epi64x(0xff_ffff)),
            _mm_and_si128(_mm_srli_epi64::<8>(spread), _mm_set1_epi64x(0xffff_ff00_0000)),
        );
        let low = _mm_set_epi64x(0, -1);
        _mm_or_si128(_mm_and_si128(two, low), _mm_srli_si128::<2>(_mm_andnot_si128(low, two)))
    })
}

/// Negated where the other is negative, 0 where it is 0.
#[inline(always)]
fn sign_epi16(a: __m128i, b: __m128i) -> __m128i {
    sse2!({
        let negative = _mm_srai_epi16::<15>(b);
        let signed = _mm_sub_epi16(_mm_xor_si128(a, negative), negative);
        _mm_andnot_si128(_mm_cmpeq_epi16(b, _mm_setzero_si128()), signed)
    })
}

#[inline(always)]
fn hadd_epi32(a: __m128i, b: __m128i) -> __m128i {
    sse2!({
        let (a, b) = (_mm_castsi128_ps(a), _mm_castsi128_ps(b));
        let even = _mm_castps_si128(_mm_shuffle_ps::<0b10_00_10_00>(a, b));
        let odd = _mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(a, b));
        _mm_add_epi32(even, odd)
    })
}

/// SSE2 has no rounding product: the high half doubled, and what the low half adds to it.
#[inline(always)]
fn mulhrs_epi16(a: __m128i, b: __m128i) -> __m128i {
    sse2!({
        let (high, low) = (_mm_mulhi_epi16(a, b), _mm_mullo_epi16(a, b));
        let rest = _mm_srli_epi16::<1>(_mm_add_epi16(_mm_srli_epi16::<14>(low), _mm_set1_epi16(1)));
        _mm_add_epi16(_mm_add_epi16(high, high), rest)
    })
}

impl Words<Sse2> for Sse2Words {
    same_for_all!(i16, 16, _mm_set1_epi16);

    #[inline(always)]
    fn load_bytes(_: Sse2, from: &[u8; 16]) -> Self {
        sse2!({
            let (bytes, zero) = (_mm_loadu_si128(from.as_ptr().cast()), _mm_setzero_si128());
            Self([_mm_unpacklo_epi8(bytes, zero), _mm_unpackhi_epi8(bytes, zero)])
        })
    }

    #[inline(always)]
    fn load_bytes_halves(_: Sse2, low: &[u8; 8], high: &[u8; 8]) -> Self {
        Self(sse2!(
            [low, high]
                .map(|half| _mm_unpacklo_epi8(_mm_loadl_epi64(half.as_ptr().cast()), _mm_setzero_si128()))
        ))
    }

    #[inline(always)]
    fn store_bytes(self, to: &mut [u8; 16]) {
        sse2!(_mm_storeu_si128(to.as_mut_ptr().cast(), _mm_packus_epi16(self.0[0], self.0[1])));
    }

    #[inline(always)]
    fn load_rgb_pairs(_: Sse2, from: &[u8; 48]) -> [Self; 4] {
        let load = |at: usize| sse2!(_mm_loadu_si128(from[at..][..16].as_ptr().cast()));
        // The last four pixels are loaded with four bytes before them, not behind.
        let fours = [load(0), load(12), load(24), sse2!(_mm_srli_si128::<4>(load(32)))].map(spread_pixels);
        let pairs = |first: fn(__m128i) -> __m128i| {
            fours.map(|four| {
                sse2!({
                    let green = _mm_slli_epi32::<8>(_mm_and_si128(four, _mm_set1_epi32(0xff00)));
                    _mm_or_si128(_mm_and_si128(first(four), _mm_set1_epi32(0xff)), green)
                })
            })
        };
        let red_green = pairs(|four| four);
        let blue_green = pairs(|four| sse2!(_mm_srli_epi32::<16>(four)));
        [
            Self([red_green[0], red_green[2]]),
            Self([red_green[1], red_green[3]]),
            Self([blue_green[0], blue_green[2]]),
            Self([blue_green[1], blue_green[3]]),
        ]
    }

    #[inline(always)]
    fn store_rgb_halves([r, g, b]: [Self; 3], low: &mut [u8; 24], high: &mut [u8; 24]) {
        let fours = |half: usize| {
            sse2!({
                let red_green = _mm_packus_epi16(r.0[half], g.0[half]);
                let blue = _mm_packus_epi16(b.0[half], _mm_setzero_si128());
                let red_green = _mm_unpacklo_epi8(red_green, _mm_srli_si128::<8>(red_green));
                let blue = _mm_unpacklo_epi8(blue, _mm_setzero_si128());
                [_mm_unpacklo_epi16(red_green, blue), _mm_unpackhi_epi16(red_green, blue)].map(join_pixels)
            })
        };
        for ([a, b], to) in [(fours(0), low), (fours(1), high)] {
            sse2!({
                _mm_storeu_si128(to.as_mut_ptr().cast(), _mm_or_si128(a, _mm_slli_si128::<12>(b)));
                _mm_storel_epi64(to.as_mut_ptr().add(16).cast(), _mm_srli_si128::<4>(b));
            });
        }
    }

    #[inline(always)]
    fn splat_pair(_: Sse2, even: i16, odd: i16) -> Self {
        let pair = i32::from(odd) << 16 | i32::from(even as u16);
        Self(sse2!([_mm_set1_epi32(pair); 2]))
    }

    #[inline(always)]
    fn load_halves(_: Sse2, low: &[i16; 8], high: &[i16; 8]) -> Self {
        Self(sse2!([low, high].map(|half| _mm_loadu_si128(half.as_ptr().cast()))))
    }

    #[inline(always)]
    fn load_quarters(_: Sse2, quarters: [&[i16; 4]; 4]) -> Self {
        Self(sse2!({
            let [a, b, c, d] = quarters.map(|quarter| _mm_loadl_epi64(quarter.as_ptr().cast()));
            [_mm_unpacklo_epi64(a, b), _mm_unpacklo_epi64(c, d)]
        }))
    }

    #[inline(always)]
    fn signs(self) -> u16 {
        sse2!(_mm_movemask_epi8(_mm_packs_epi16(self.0[0], self.0[1])) as u16)
    }

    binary! {
        mul_rounded = mulhrs_epi16;
        min = _mm_min_epi16;
        max = _mm_max_epi16;
        saturating_add = _mm_adds_epi16;
        saturating_sub = _mm_subs_epi16;
        saturating_sub_unsigned = _mm_subs_epu16;
        mul_low = _mm_mullo_epi16;
        mul_high = _mm_mulhi_epi16;
        mul_high_unsigned = _mm_mulhi_epu16;
        times_sign_of = sign_epi16;
        greater = _mm_cmpgt_epi16;
        equal = _mm_cmpeq_epi16;
        zip_low_16 = _mm_unpacklo_epi16;
        zip_high_16 = _mm_unpackhi_epi16;
        zip_low_32 = _mm_unpacklo_epi32;
        zip_high_32 = _mm_unpackhi_epi32;
        zip_low_64 = _mm_unpacklo_epi64;
        zip_high_64 = _mm_unpackhi_epi64;
    }

    /// The larger of the number and its negative; the negative of -32768 is itself.
    #[inline(always)]
    fn abs(self) -> Self {
        Self(sse2!(self.0.map(|half| _mm_max_epi16(half, _mm_sub_epi16(_mm_setzero_si128(), half)))))
    }

    shifts! {
        shl = _mm_slli_epi16;
        shr = _mm_srai_epi16;
        shr_unsigned = _mm_srli_epi16;
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        Self([self.0[1], self.0[0]])
    }

    #[inline(always)]
    fn fours<const ORDER: i32>(self) -> Self {
        let half = |first: i32, second: i32| {
            let (a, b) = (self.0[(first >> 1) as usize], self.0[(second >> 1) as usize]);
            sse2!(match (first & 1, second & 1) {
                (0, 0) => _mm_unpacklo_epi64(a, b),
                (1, 1) => _mm_unpackhi_epi64(a, b),
                (1, 0) => _mm_unpacklo_epi64(_mm_srli_si128::<8>(a), b),
                _ => _mm_unpacklo_epi64(a, _mm_srli_si128::<8>(b)),
            })
        };
        Self([half(ORDER & 3, ORDER >> 2 & 3), half(ORDER >> 4 & 3, ORDER >> 6 & 3)])
    }

    #[inline(always)]
    fn transpose_4x4(self) -> Self {
        sse2!({
            let [low, high] = self.0.map(|rows| _mm_unpacklo_epi16(rows, _mm_srli_si128::<8>(rows)));
            Self([_mm_unpacklo_epi32(low, high), _mm_unpackhi_epi32(low, high)])
        })
    }

    #[inline(always)]
    fn reorder(self, order: &LaneOrder) -> Self {
        let (mut from, mut to) = ([0; 16], [0; 16]);
        self.store(&mut from);
        for (to, &lane) in to.iter_mut().zip(&order.lanes) {
            *to = from[usize::from(lane) % 16];
        }
        Self::load(Sse2(()), &to)
    }

    #[inline(always)]
    fn mul_add_pairs(self, other: Self) -> Sse2Dwords {
        Sse2Dwords(sse2!([_mm_madd_epi16(self.0[0], other.0[0]), _mm_madd_epi16(self.0[1], other.0[1])]))
    }

    #[inline(always)]
    fn widen(self) -> (Sse2Dwords, Sse2Dwords) {
        sse2!({
            let sign = self.0.map(|half| _mm_srai_epi16::<15>(half));
            (
                Sse2Dwords([_mm_unpacklo_epi16(self.0[0], sign[0]), _mm_unpacklo_epi16(self.0[1], sign[1])]),
                Sse2Dwords([_mm_unpackhi_epi16(self.0[0], sign[0]), _mm_unpackhi_epi16(self.0[1], sign[1])]),
            )
        })
    }

    #[inline(always)]
    fn pack_bytes(self, other: Self) -> Sse2Bytes {
        Sse2Bytes(sse2!([_mm_packus_epi16(self.0[0], other.0[0]), _mm_packus_epi16(self.0[1], other.0[1])]))
    }

    #[inline(always)]
    fn as_dwords(self) -> Sse2Dwords {
        Sse2Dwords(self.0)
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        sse2!({
            let any = _mm_or_si128(self.0[0], self.0[1]);
            _mm_movemask_epi8(_mm_cmpeq_epi8(any, _mm_setzero_si128())) == 0xffff
        })
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        Sse2Dwords(sse2!(self.0.map(|half| _mm_madd_epi16(half, _mm_set1_epi16(1))))).sum()
    }
}

impl Dwords<Sse2> for Sse2Dwords {
    same_for_all!(i32, 8, _mm_set1_epi32);

    binary! {
        min = min_epi32;
        max = max_epi32;
        mul_low = mullo_epi32;
        add_neighbours = hadd_epi32;
        greater = _mm_cmpgt_epi32;
        equal = _mm_cmpeq_epi32;
        zip_low_32 = _mm_unpacklo_epi32;
        zip_high_32 = _mm_unpackhi_epi32;
        zip_low_64 = _mm_unpacklo_epi64;
        zip_high_64 = _mm_unpackhi_epi64;
    }

    shifts! {
        shl = _mm_slli_epi32;
        shr = _mm_srai_epi32;
        shr_unsigned = _mm_srli_epi32;
    }

    #[inline(always)]
    fn shl_by(self, count: u32) -> Self {
        Self(sse2!(self.0.map(|half| _mm_sll_epi32(half, _mm_cvtsi32_si128(count as i32)))))
    }

    #[inline(always)]
    fn shr_by(self, count: u32) -> Self {
        Self(sse2!(self.0.map(|half| _mm_sra_epi32(half, _mm_cvtsi32_si128(count as i32)))))
    }

    #[inline(always)]
    fn pack_words(self, other: Self) -> Sse2Words {
        Sse2Words(sse2!([_mm_packs_epi32(self.0[0], other.0[0]), _mm_packs_epi32(self.0[1], other.0[1])]))
    }

    #[inline(always)]
    fn as_words(self) -> Sse2Words {
        Sse2Words(self.0)
    }

    #[inline(always)]
    fn high_words(self, other: Self) -> Sse2Words {
        Sse2Words(sse2!([0, 1].map(|half| {
            let even = _mm_srli_epi32::<16>(self.0[half]);
            _mm_or_si128(even, _mm_and_si128(other.0[half], _mm_set1_epi32(-1 << 16)))
        })))
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        sse2!({
            let four = _mm_add_epi32(self.0[0], self.0[1]);
            let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
            _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two)))
        })
    }
}

impl Bytes<Sse2> for Sse2Bytes {
    same_for_all!(u8, 32, _mm_set1_epi8);

    #[inline(always)]
    fn load_halves(_: Sse2, low: &[u8; 16], high: &[u8; 16]) -> Self {
        Self(sse2!([_mm_loadu_si128(low.as_ptr().cast()), _mm_loadu_si128(high.as_ptr().cast())]))
    }

    #[inline(always)]
    fn load_quarters(_: Sse2, quarters: [&[u8; 8]; 4]) -> Self {
        Self(sse2!({
            let [a, b, c, d] = quarters.map(|quarter| _mm_loadl_epi64(quarter.as_ptr().cast()));
            [_mm_unpacklo_epi64(a, b), _mm_unpacklo_epi64(c, d)]
        }))
    }

    #[inline(always)]
    fn load_twice(_: Sse2, from: &[u8; 16]) -> Self {
        Self(sse2!([_mm_loadu_si128(from.as_ptr().cast()); 2]))
    }

    #[inline(always)]
    fn skip_first(self) -> Self {
        let [low, high] = self.0;
        Self(sse2!([
            _mm_or_si128(_mm_srli_si128::<1>(low), _mm_slli_si128::<15>(high)),
            _mm_srli_si128::<1>(high),
        ]))
    }

    /// Byte by byte: the shuffle of bytes came with SSSE3.
    #[inline(always)]
    fn lookup(self, indices: Self) -> Self {
        let (mut table, mut places, mut found) = ([0; 32], [0; 32], [0; 32]);
        self.store(&mut table);
        indices.store(&mut places);
        for (i, (found, place)) in found.iter_mut().zip(places).enumerate() {
            *found = table[i / 16 * 16 + usize::from(place & 15)];
        }
        let from = found.as_ptr().cast::<__m128i>();
        let found = sse2!([_mm_loadu_si128(from), _mm_loadu_si128(from.add(1))]);
        // 128 is the sign.
        let wanted = |half: usize| {
            sse2!(_mm_andnot_si128(_mm_cmplt_epi8(indices.0[half], _mm_setzero_si128()), found[half]))
        };
        Self([wanted(0), wanted(1)])
    }

    binary! {
        min = _mm_min_epu8;
        max = _mm_max_epu8;
        saturating_add = _mm_adds_epu8;
        saturating_sub = _mm_subs_epu8;
        average = _mm_avg_epu8;
        equal = _mm_cmpeq_epi8;
        zip_low_8 = _mm_unpacklo_epi8;
        zip_high_8 = _mm_unpackhi_epi8;
    }

    #[inline(always)]
    fn widen(self) -> (Sse2Words, Sse2Words) {
        sse2!({
            let zero = _mm_setzero_si128();
            (
                Sse2Words(self.0.map(|half| _mm_unpacklo_epi8(half, zero))),
                Sse2Words(self.0.map(|half| _mm_unpackhi_epi8(half, zero))),
            )
        })
    }

    #[inline(always)]
    fn add_neighbours(self) -> Sse2Words {
        Sse2Words(sse2!(self.0.map(|half| {
            let even = _mm_and_si128(half, _mm_set1_epi16(0xff));
            _mm_add_epi16(even, _mm_srli_epi16::<8>(half))
        })))
    }

    #[inline(always)]
    fn store_zipped_64(self, low: &mut [u8; 16], high: &mut [u8; 16]) {
        let [a, b] = self.0;
        sse2!({
            _mm_storeu_si128(low.as_mut_ptr().cast(), _mm_unpacklo_epi64(a, b));
            _mm_storeu_si128(high.as_mut_ptr().cast(), _mm_unpackhi_epi64(a, b));
        });
    }

    #[inline(always)]
    fn differences(self, other: Self) -> Sse2Dwords {
        Sse2Dwords(sse2!([_mm_sad_epu8(self.0[0], other.0[0]), _mm_sad_epu8(self.0[1], other.0[1])]))
    }
}

/// Arithmetic of floats by one intrinsic each.
macro_rules! arithmetic {
    ($($trait:ident $name:ident $intrinsic:ident;)*) => {
        $(impl $trait for Sse2Floats {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self(sse2!([$intrinsic(self.0[0], other.0[0]), $intrinsic(self.0[1], other.0[1])]))
            }
        })*
    };
}

arithmetic! {
    Add add _mm_add_ps;
    Sub sub _mm_sub_ps;
    Mul mul _mm_mul_ps;
}

impl Floats<Sse2> for Sse2Floats {
    #[inline(always)]
    fn splat(_: Sse2, value: f32) -> Self {
        Self(sse2!([_mm_set1_ps(value); 2]))
    }

    #[inline(always)]
    fn load(_: Sse2, from: &[f32; 8]) -> Self {
        Self(sse2!([_mm_loadu_ps(from.as_ptr()), _mm_loadu_ps(from.as_ptr().add(4))]))
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; 8]) {
        sse2!({
            _mm_storeu_ps(to.as_mut_ptr(), self.0[0]);
            _mm_storeu_ps(to.as_mut_ptr().add(4), self.0[1]);
        });
    }

    #[inline(always)]
    fn load_bytes(_: Sse2, from: &[u8; 8]) -> Self {
        sse2!({
            let zero = _mm_setzero_si128();
            let words = _mm_unpacklo_epi8(_mm_loadl_epi64(from.as_ptr().cast()), zero);
            Self([
                _mm_cvtepi32_ps(_mm_unpacklo_epi16(words, zero)),
                _mm_cvtepi32_ps(_mm_unpackhi_epi16(words, zero)),
            ])
        })
    }

    binary! {
        min = _mm_min_ps;
        max = _mm_max_ps;
    }

    #[inline(always)]
    fn magnitude_bits(self) -> Sse2Dwords {
        Sse2Dwords(sse2!(self.0.map(|half| _mm_and_si128(_mm_castps_si128(half), _mm_set1_epi32(i32::MAX)))))
    }

    #[inline(always)]
    fn truncate_to_bytes([a, b, c, d]: [Self; 4]) -> Sse2Bytes {
        let words = |x: Self| sse2!(_mm_packs_epi32(_mm_cvttps_epi32(x.0[0]), _mm_cvttps_epi32(x.0[1])));
        Sse2Bytes(sse2!([_mm_packus_epi16(words(a), words(b)), _mm_packus_epi16(words(c), words(d))]))
    }
}
