//! RGB to luma, 16 pixels at a time.

use crate::simd::{Dwords, Simd, Words};

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
