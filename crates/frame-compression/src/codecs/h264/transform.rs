//! The forward transforms of the encoder and the inverse transforms of the standard (H.264 8.5.12.2, 8.5.13).
//! Blocks are in raster order.
//!
//! The inverse transforms are sums of 16 bits that wrap around, as those of x264 on every processor are that has vectors
//! (docs/spec/h264-intra.md, section 10.1): a level that is far from its coefficient, at QP 51, can lead beyond them.

use std::num::Wrapping;

/// source - prediction.
pub(super) fn residual<const A: usize>(source: &[u8; A], prediction: &[u8; A]) -> [i32; A] {
    std::array::from_fn(|i| i32::from(source[i]) - i32::from(prediction[i]))
}

/// Applies a transform of N values to each row.
fn rows<T: Copy, const N: usize, const A: usize>(block: &mut [T; A], pass: impl Fn([T; N]) -> [T; N]) {
    for row in block.as_chunks_mut::<N>().0 {
        *row = pass(*row);
    }
}

/// Applies a transform of N values to each column.
fn columns<T: Copy, const N: usize, const A: usize>(block: &mut [T; A], pass: impl Fn([T; N]) -> [T; N]) {
    for x in 0..N {
        let column = pass(std::array::from_fn(|y| block[y * N + x]));
        for (y, value) in column.into_iter().enumerate() {
            block[y * N + x] = value;
        }
    }
}

fn forward_pass_4([a, b, c, d]: [i32; 4]) -> [i32; 4] {
    let (outer, inner, outer_difference, inner_difference) = (a + d, b + c, a - d, b - c);
    [
        outer + inner,
        2 * outer_difference + inner_difference,
        outer - inner,
        outer_difference - 2 * inner_difference,
    ]
}

/// The core transform.
pub(super) fn forward_4x4(block: &mut [i32; 16]) {
    rows(block, forward_pass_4);
    columns(block, forward_pass_4);
}

type Word = Wrapping<i16>;

/// Lets an inverse transform compute in 16 bits.
fn in_words<const A: usize>(block: &mut [i32; A], inverse: impl Fn(&mut [Word; A])) {
    let mut words = block.map(|value| Wrapping(value as i16));
    inverse(&mut words);
    *block = words.map(|word| word.0.into());
}

fn inverse_pass_4([a, b, c, d]: [Word; 4]) -> [Word; 4] {
    let (e, f, g, h) = (a + c, a - c, (b >> 1) - d, b + (d >> 1));
    [e + h, f + g, f - g, e - h]
}

/// 8.5.12.2 without the final rounding.
pub(super) fn inverse_4x4(block: &mut [i32; 16]) {
    in_words(block, |block| {
        rows(block, inverse_pass_4);
        columns(block, inverse_pass_4);
    });
}

fn forward_pass_8(x: [i32; 8]) -> [i32; 8] {
    let (s07, s16, s25, s34) = (x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]);
    let (d07, d16, d25, d34) = (x[0] - x[7], x[1] - x[6], x[2] - x[5], x[3] - x[4]);
    let (a0, a1, a2, a3) = (s07 + s34, s16 + s25, s07 - s34, s16 - s25);
    let a4 = d16 + d25 + d07 + (d07 >> 1);
    let a5 = d07 - d34 - d25 - (d25 >> 1);
    let a6 = d07 + d34 - d16 - (d16 >> 1);
    let a7 = d16 - d25 + d34 + (d34 >> 1);
    [
        a0 + a1,
        a4 + (a7 >> 2),
        a2 + (a3 >> 1),
        a5 + (a6 >> 2),
        a0 - a1,
        a6 - (a5 >> 2),
        (a2 >> 1) - a3,
        (a4 >> 2) - a7,
    ]
}

/// The 8x8 transform. Columns first: its shifts make the order visible.
pub(super) fn forward_8x8(block: &mut [i32; 64]) {
    columns(block, forward_pass_8);
    rows(block, forward_pass_8);
}

fn inverse_pass_8(x: [Word; 8]) -> [Word; 8] {
    let (a0, a4, a2, a6) = (x[0] + x[4], x[0] - x[4], (x[2] >> 1) - x[6], x[2] + (x[6] >> 1));
    let (b0, b2, b4, b6) = (a0 + a6, a4 + a2, a4 - a2, a0 - a6);
    let a1 = x[5] - x[3] - x[7] - (x[7] >> 1);
    let a3 = x[1] + x[7] - x[3] - (x[3] >> 1);
    let a5 = x[7] - x[1] + x[5] + (x[5] >> 1);
    let a7 = x[3] + x[5] + x[1] + (x[1] >> 1);
    let (b1, b7) = (a1 + (a7 >> 2), a7 - (a1 >> 2));
    let (b3, b5) = (a3 + (a5 >> 2), (a3 >> 2) - a5);
    [b0 + b7, b2 + b5, b4 + b3, b6 + b1, b6 - b1, b4 - b3, b2 - b5, b0 - b7]
}

/// 8.5.13 without the final rounding.
pub(super) fn inverse_8x8(block: &mut [i32; 64]) {
    in_words(block, |block| {
        rows(block, inverse_pass_8);
        columns(block, inverse_pass_8);
    });
}

/// The 4x4 Hadamard transform of the Intra16x16 DC coefficients (8.5.10), its own inverse but for a factor.
pub(super) fn hadamard_4x4(block: &mut [i32; 16]) {
    let pass = |[a, b, c, d]: [i32; 4]| [a + b + c + d, a + b - c - d, a - b - c + d, a - b + c - d];
    rows(block, pass);
    columns(block, pass);
}

/// The 2x2 transform of the chroma DC coefficients (8.5.11.1): `[TL, TR, BL, BR]` to `[sum, vertical, horizontal,
/// diagonal]` frequency.
pub(super) fn forward_2x2([tl, tr, bl, br]: [i32; 4]) -> [i32; 4] {
    [tl + tr + bl + br, tl + tr - bl - br, tl - tr + bl - br, tl - tr - bl + br]
}

/// The reverse of [`forward_2x2`], four times as large.
pub(super) fn inverse_2x2([sum, vertical, horizontal, diagonal]: [i32; 4]) -> [i32; 4] {
    [
        sum + vertical + horizontal + diagonal,
        sum + vertical - horizontal - diagonal,
        sum - vertical + horizontal - diagonal,
        sum - vertical - horizontal + diagonal,
    ]
}

/// Adds a residual that is 64 times too large, of 16 bits, to a prediction.
pub(super) fn add_residual<const A: usize>(prediction: &[u8; A], residual: &[i32; A]) -> [u8; A] {
    std::array::from_fn(|i| {
        let rounded = (residual[i] as i16).wrapping_add(32) >> 6;
        (i16::from(prediction[i]) + rounded).clamp(0, 255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_pictures::Rng;

    fn random<const A: usize>(rng: &mut Rng, magnitude: usize) -> [i32; A] {
        std::array::from_fn(|_| rng.below(2 * magnitude + 1) as i32 - magnitude as i32)
    }

    /// M * block * Mᵀ.
    fn product<const N: usize, const A: usize>(matrix: [[i32; N]; N], block: &[i32; A]) -> [i32; A] {
        std::array::from_fn(|i| {
            let (v, u) = (i / N, i % N);
            (0..A).map(|j| matrix[v][j / N] * block[j] * matrix[u][j % N]).sum()
        })
    }

    #[test]
    fn core_and_hadamard_transforms_are_matrix_products() {
        let core = [[1, 1, 1, 1], [2, 1, -1, -2], [1, -1, -1, 1], [1, -2, 2, -1]];
        let hadamard = [[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, -1, 1], [1, -1, 1, -1]];
        let mut rng = Rng::new(2);
        for _ in 0..100 {
            let block = random::<16>(&mut rng, 255);
            let (mut transformed, mut dc) = (block, block);
            forward_4x4(&mut transformed);
            hadamard_4x4(&mut dc);
            assert_eq!(transformed, product(core, &block));
            assert_eq!(dc, product(hadamard, &block));
            let corner = [block[0], block[1], block[2], block[3]];
            assert_eq!(inverse_2x2(forward_2x2(corner)), corner.map(|value| 4 * value));
        }
    }

    /// The inverse transforms against their basis functions, in coefficients so large that no shift loses a bit.
    #[test]
    fn inverse_transforms_are_matrix_products_where_nothing_is_rounded() {
        // Columns of the matrices of 8.5.12.2 (times 2) and 8.5.13 (times 8).
        let four = [[2, 2, 2, 2], [2, 1, -1, -2], [2, -2, -2, 2], [1, -2, 2, -1]];
        let eight = [
            [8, 8, 8, 8, 8, 8, 8, 8],
            [12, 10, 6, 3, -3, -6, -10, -12],
            [8, 4, -4, -8, -8, -4, 4, 8],
            [10, -3, -12, -6, 6, 12, 3, -10],
            [8, -8, -8, 8, 8, -8, -8, 8],
            [6, -12, 3, 10, -10, -3, 12, -6],
            [4, -8, 8, -4, -4, 8, -8, 4],
            [3, -6, 10, -12, 12, -10, 6, -3],
        ];
        let mut rng = Rng::new(3);
        for _ in 0..100 {
            let mut block = random::<16>(&mut rng, 200).map(|value| 4 * value);
            let transposed: [[i32; 4]; 4] = std::array::from_fn(|x| std::array::from_fn(|u| four[u][x]));
            let expected = product(transposed, &block).map(|value| value / 4);
            inverse_4x4(&mut block);
            assert_eq!(block, expected);

            let mut block = random::<64>(&mut rng, 3).map(|value| 64 * value);
            let transposed: [[i32; 8]; 8] = std::array::from_fn(|x| std::array::from_fn(|u| eight[u][x]));
            let expected = product(transposed, &block).map(|value| value / 64);
            inverse_8x8(&mut block);
            assert_eq!(block, expected);
        }
    }

    /// A residual of 512 and more is one of -512: 16 bits have no more.
    #[test]
    fn sums_wrap_around() {
        let mut block = [0; 16];
        (block[0], block[5]) = (24_000, 9000);
        inverse_4x4(&mut block);
        // 24,000 + 9000 in the first corner, 24,000 - 9000 in the next, 24,000 + 2250 further in.
        assert_eq!([block[0], block[3], block[5]], [33_000 - 65_536, 15_000, 26_250]);
        assert_eq!(add_residual(&[255; 16], &block)[..4], [0, 255, 255, 255]);
    }

    /// Forward and inverse transform together give the block back, scaled by the norms of the basis functions.
    #[test]
    fn the_8x8_transforms_undo_each_other() {
        let norm = [64, 578, 320, 578, 64, 578, 320, 578].map(|norm| f64::from(norm) / 64.0 * 8.0);
        let gain = |i: usize| if matches!(i, 0 | 4) { norm[i] } else { norm[i] / 8.0 };
        let mut rng = Rng::new(4);
        for _ in 0..50 {
            let block = random::<64>(&mut rng, 255);
            let mut coefficients = block;
            forward_8x8(&mut coefficients);
            let scaled = |i: usize| {
                let (v, u) = (i / 8, i % 8);
                (f64::from(coefficients[i]) * 64.0 / (gain(v) * gain(u))).round() as i32
            };
            let mut back: [i32; 64] = std::array::from_fn(scaled);
            inverse_8x8(&mut back);
            for i in 0..64 {
                assert!((((back[i] + 32) >> 6) - block[i]).abs() <= 1, "{i}");
            }
        }
    }
}
