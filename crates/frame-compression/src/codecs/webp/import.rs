//! RGB to the encoder's Y, Cb, Cr: luma of BT.601, chroma from means of 2x2 pixels that are made linear first.

use super::tables::{FROM_LINEAR, TO_LINEAR};

/// The luma of a pixel.
fn luma(pixel: &[u8; 3]) -> u8 {
    let [r, g, b] = pixel.map(i32::from);
    ((16839 * r + 33059 * g + 6420 * b + (1 << 15) + (16 << 16)) >> 16) as u8
}

/// The luma of a row of packed RGB.
pub(super) fn luma_row(rgb: &[u8], out: &mut [u8]) {
    for (pixel, out) in rgb.as_chunks::<3>().0.iter().zip(out) {
        *out = luma(pixel);
    }
}

/// The mean of four samples with two bits more, from the sum of what they are when made linear.
fn mean(sum: u32) -> i32 {
    let (place, fraction) = ((sum >> 9) as usize, sum & 511);
    let [low, high] = [0, 1].map(|next| u32::from(FROM_LINEAR[(place + next).min(32)]));
    ((high * fraction + low * (512 - fraction) + 64) >> 7) as i32
}

/// The Cb and Cr of two rows of packed RGB. A column that is left over counts twice.
pub(super) fn chroma_row(rows: [&[u8]; 2], cb: &mut [u8], cr: &mut [u8]) {
    let [above, below] = rows.map(|row| row.as_chunks::<3>().0);
    for (x, (cb, cr)) in cb.iter_mut().zip(cr).enumerate() {
        let left = 2 * x;
        let right = (left + 1).min(above.len() - 1);
        let [r, g, b] = std::array::from_fn(|channel| {
            let four = [&above[left], &above[right], &below[left], &below[right]];
            mean(four.map(|pixel| u32::from(TO_LINEAR[usize::from(pixel[channel])])).iter().sum())
        });
        let rounded = |value: i32| ((value + (1 << 17) + (128 << 18)) >> 18).clamp(0, 255) as u8;
        *cb = rounded(-9719 * r - 19081 * g + 28800 * b);
        *cr = rounded(28800 * r - 24116 * g - 4684 * b);
    }
}
