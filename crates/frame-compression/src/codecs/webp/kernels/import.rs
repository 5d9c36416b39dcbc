//! RGB to luma, 16 pixels at a time, and to chroma, 16 samples at a time.

use super::super::import::sums;
use super::super::tables::FROM_LINEAR;
use crate::simd::{Bytes, Dwords, Simd, Words, each};

/// Converts whole groups of 16 pixels; how many pixels these are.
#[inline(always)]
pub(in super::super) fn luma_row<S: Simd>(simd: S, rgb: &[u8], out: &mut [u8]) -> usize {
    // Green's 33059 is too large for a signed word: 16384 of it go with red, the rest with blue.
    let with_red = S::Words::splat_pair(simd, 16839, 16384);
    let with_blue = S::Words::splat_pair(simd, 6420, 16675);
    let rounding = S::Dwords::splat(simd, (1 << 15) + (16 << 16));
    let groups = rgb.as_chunks::<48>().0.iter().zip(out.as_chunks_mut::<16>().0);
    let mut done = 0;
    for (from, to) in groups {
        let [red_low, red_high, blue_low, blue_high] = S::Words::load_rgb_pairs(simd, from);
        let low = red_low.mul_add_pairs(with_red) + blue_low.mul_add_pairs(with_blue) + rounding;
        let high = red_high.mul_add_pairs(with_red) + blue_high.mul_add_pairs(with_blue) + rounding;
        low.shr::<16>().pack_words(high.shr::<16>()).store_bytes(to);
        done += 16;
    }
    done
}

/// The first 16 places of [`FROM_LINEAR`] and the others, and from each place the rise to the next.
static LOWS: [[u8; 16]; 2] = from_linear(false);
static RISES: [[u8; 16]; 2] = from_linear(true);

const fn from_linear(rises: bool) -> [[u8; 16]; 2] {
    let (mut values, mut at) = ([[0; 16]; 2], 0);
    while at < 32 {
        let low = if rises { FROM_LINEAR[at] } else { 0 };
        values[at / 16][at % 16] = FROM_LINEAR[at + rises as usize] - low;
        at += 1;
    }
    values
}

/// Looks places from 0 to 31 up in a table.
#[inline(always)]
fn look_up<S: Simd>(simd: S, table: &[[u8; 16]; 2], places: S::Bytes) -> S::Bytes {
    let sixteen = S::Bytes::splat(simd, 16);
    let is_high = places.and(sixteen).equal(sixteen);
    let low = places.or(is_high);
    let high = places.xor(sixteen).or(is_high.xor(S::Bytes::splat(simd, 255)));
    let [first, second] = each!(2, i => S::Bytes::load_twice(simd, &table[i]));
    first.lookup(low).or(second.lookup(high))
}

/// The means of two times 16 samples with two bits more, from sums of what they are when made linear.
#[inline(always)]
fn means<S: Simd>(simd: S, sums: [S::Words; 2]) -> [S::Words; 2] {
    let places = sums[0].shr_unsigned::<9>().pack_bytes(sums[1].shr_unsigned::<9>());
    let (low, rise) = (look_up(simd, &LOWS, places), look_up(simd, &RISES, places));
    let ((low0, low1), (rise0, rise1)) = (low.widen(), rise.widen());
    let (lows, rises) = ([low0, low1], [rise0, rise1]);
    each!(2, i => {
        let rest = sums[i].and(S::Words::splat(simd, 511));
        let risen = rises[i].mul_low(rest) + S::Words::splat(simd, 64);
        lows[i].shl::<2>() + risen.shr_unsigned::<7>()
    })
}

/// Converts groups of 32 pixels of two rows; how many samples of chroma these are.
#[inline(always)]
pub(in super::super) fn chroma_row<S: Simd>(
    simd: S,
    rows: [&[u8]; 2],
    cb: &mut [u8],
    cr: &mut [u8],
) -> usize {
    let factors = [[-9719, -19081, 28800], [28800, -24116, -4684]];
    let [cb_factors, cr_factors] = each!(2, plane => {
        let [r, g, b] = factors[plane];
        [S::Words::splat_pair(simd, r, g), S::Words::splat_pair(simd, b, 0)]
    });
    let rounding = S::Dwords::splat(simd, (1 << 17) + (128 << 18));
    let zero = S::Words::splat(simd, 0);
    let [above, below] = rows.map(|row| row.as_chunks::<96>().0);
    let out = cb.as_chunks_mut::<16>().0.iter_mut().zip(cr.as_chunks_mut::<16>().0);
    let mut done = 0;
    for ((above, below), (cb, cr)) in above.iter().zip(below).zip(out) {
        let mut linear = [[0; 16]; 3];
        for (i, (above, below)) in above.as_chunks().0.iter().zip(below.as_chunks().0).enumerate() {
            let [r, g, b] = sums(above, below);
            (linear[0][i], linear[1][i], linear[2][i]) = (r as i16, g as i16, b as i16);
        }
        let [r, g, b] = each!(3, c => S::Words::load(simd, &linear[c]));
        let ([r, g], [b, _]) = (means(simd, [r, g]), means(simd, [b, zero]));
        let pairs = [[r.zip_low_16(g), b.zip_low_16(zero)], [r.zip_high_16(g), b.zip_high_16(zero)]];
        for (to, [with_red, with_blue]) in [(cb, cb_factors), (cr, cr_factors)] {
            let [low, high] = each!(2, i => {
                let [red, blue] = pairs[i];
                (red.mul_add_pairs(with_red) + blue.mul_add_pairs(with_blue) + rounding).shr::<18>()
            });
            low.pack_words(high).store_bytes(to);
        }
        done += 16;
    }
    done
}
