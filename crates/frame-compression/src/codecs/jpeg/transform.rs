//! The 8x8 DCT and its inverse (ITU-T T.81 A.3.3) in integers, exactly as libjpeg's accurate method ("islow") rounds.
//!
//! The method is that of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) with constants of 13 fractional bits. It
//! rounds once a pass, so a pass is a matrix product whose entries are sums of the rounded constants; that is
//! how it is written here. Rows go first forwards, columns first backwards, with 2 more bits kept between.

/// Sixty-four samples or coefficients, row by row.
pub(super) type Block = [i32; 64];

/// Fractional bits of the constants.
pub(super) const CONST_BITS: u32 = 13;
/// Fractional bits kept between the two passes.
pub(super) const PASS_BITS: u32 = 2;

/// The odd half of both transforms: coefficients 1, 3, 5, 7 from differences (or what they add to sums from coefficients).
pub(super) const ODD: [[i16; 4]; 4] = [
    [11363, 9633, 6437, 2260],
    [9633, -2259, -11362, -6436],
    [6437, -11362, 2261, 9633],
    [2260, -6436, 9633, -11363],
];

/// The part of the even half that rotates: coefficients 2 and 6.
pub(super) const EVEN: [[i16; 2]; 2] = [[10703, 4433], [4433, -10704]];

fn product<const N: usize>(matrix: &[[i16; N]; N], vector: [i32; N]) -> [i32; N] {
    matrix.map(|row| row.iter().zip(vector).map(|(&entry, x)| i32::from(entry) * x).sum())
}

/// Divides by `2^bits`, rounding to the nearest, ties upwards.
fn descale(x: i32, bits: u32) -> i32 {
    (x + (1 << (bits - 1))) >> bits
}

/// One row or column forwards; coefficients 0 and 4 with no fractional bits, the others with [`CONST_BITS`].
fn forward(x: [i32; 8]) -> [i32; 8] {
    let sums: [i32; 4] = std::array::from_fn(|i| x[i] + x[7 - i]);
    let differences = std::array::from_fn(|i| x[i] - x[7 - i]);
    let (outer, inner) = (sums[0] + sums[3], sums[1] + sums[2]);
    let [c2, c6] = product(&EVEN, [sums[0] - sums[3], sums[1] - sums[2]]);
    let [c1, c3, c5, c7] = product(&ODD, differences);
    [outer + inner, c1, c2, c3, outer - inner, c5, c6, c7]
}

/// One row or column backwards, with [`CONST_BITS`] fractional bits.
fn inverse(x: [i32; 8]) -> [i32; 8] {
    let (sum, difference) = ((x[0] + x[4]) << CONST_BITS, (x[0] - x[4]) << CONST_BITS);
    let [e0, e1] = product(&EVEN, [x[2], x[6]]);
    let even = [sum + e0, difference + e1, difference - e1, sum - e0];
    let odd = product(&ODD, [x[1], x[3], x[5], x[7]]);
    std::array::from_fn(|i| if i < 4 { even[i] + odd[i] } else { even[7 - i] - odd[7 - i] })
}

fn row(block: &Block, y: usize) -> [i32; 8] {
    std::array::from_fn(|x| block[8 * y + x])
}

fn column(block: &Block, x: usize) -> [i32; 8] {
    std::array::from_fn(|y| block[8 * y + x])
}

/// Samples (-128..=127) to coefficients, 8 times as large as those of the standard.
pub(super) fn forward_dct(block: &mut Block) {
    for y in 0..8 {
        for (u, c) in forward(row(block, y)).into_iter().enumerate() {
            block[8 * y + u] = if u % 4 == 0 { c << PASS_BITS } else { descale(c, CONST_BITS - PASS_BITS) };
        }
    }
    for u in 0..8 {
        for (v, c) in forward(column(block, u)).into_iter().enumerate() {
            block[8 * v + u] = descale(c, if v % 4 == 0 { PASS_BITS } else { CONST_BITS + PASS_BITS });
        }
    }
}

/// Coefficients as the standard has them to samples, limited to -128..=127.
pub(super) fn inverse_dct(block: &mut Block) {
    for u in 0..8 {
        for (y, sample) in inverse(column(block, u)).into_iter().enumerate() {
            block[8 * y + u] = descale(sample, CONST_BITS - PASS_BITS);
        }
    }
    for y in 0..8 {
        // The two dimensions' normalisation leaves a factor of 8.
        for (x, sample) in inverse(row(block, y)).into_iter().enumerate() {
            block[8 * y + x] = descale(sample, CONST_BITS + PASS_BITS + 3).clamp(-128, 127);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_1_SQRT_2, PI};

    use test_pictures::Rng;

    use super::*;

    /// `C(k) / 2 * cos((2n + 1) k pi / 16)` of ITU-T T.81 A.3.3.
    fn basis(k: usize, n: usize) -> f64 {
        let scale = if k == 0 { FRAC_1_SQRT_2 } else { 1.0 };
        scale / 2.0 * ((2 * n + 1) as f64 * k as f64 * PI / 16.0).cos()
    }

    fn textbook_forward(samples: &Block) -> [f64; 64] {
        std::array::from_fn(|at| {
            let (v, u) = (at / 8, at % 8);
            (0..64).map(|s| f64::from(samples[s]) * basis(v, s / 8) * basis(u, s % 8)).sum()
        })
    }

    fn textbook_inverse(coefficients: &Block) -> [f64; 64] {
        std::array::from_fn(|at| {
            let (y, x) = (at / 8, at % 8);
            (0..64).map(|c| f64::from(coefficients[c]) * basis(c / 8, y) * basis(c % 8, x)).sum()
        })
    }

    fn blocks() -> impl Iterator<Item = Block> {
        let mut rng = Rng::new(1);
        (0..2000).map(move |i| match i {
            0 => [-128; 64],
            1 => [127; 64],
            2 => std::array::from_fn(|at| if (at / 8 + at) % 2 == 0 { -128 } else { 127 }),
            _ if i % 2 == 0 => std::array::from_fn(|_| i32::from(rng.byte()) - 128),
            _ => std::array::from_fn(|_| if rng.below(2) == 0 { -128 } else { 127 }),
        })
    }

    #[test]
    fn the_matrices_are_the_cosines_of_the_standard() {
        // With the factor sqrt(8) that the algorithm leaves in each dimension.
        let exact = |k: usize, n: usize| basis(k, n) * 8f64.sqrt() * f64::from(1 << CONST_BITS);
        for (i, row) in ODD.iter().enumerate() {
            for (n, &entry) in row.iter().enumerate() {
                assert!((f64::from(entry) - exact(2 * i + 1, n)).abs() < 1.5, "odd {i} {n}");
            }
        }
        for (i, row) in EVEN.iter().enumerate() {
            for (n, &entry) in row.iter().enumerate() {
                assert!((f64::from(entry) - exact(4 * i + 2, n)).abs() < 1.5, "even {i} {n}");
            }
        }
    }

    #[test]
    fn forwards_it_is_the_textbook_dct_within_its_rounding() {
        for block in blocks() {
            let exact = textbook_forward(&block);
            let mut coefficients = block;
            forward_dct(&mut coefficients);
            for (got, exact) in coefficients.iter().zip(exact) {
                assert!((f64::from(*got) / 8.0 - exact).abs() < 0.35, "{got} / 8 for {exact}");
            }
        }
    }

    #[test]
    fn backwards_it_is_the_textbook_dct_within_its_rounding() {
        for block in blocks() {
            let coefficients = textbook_forward(&block).map(|c| c.round() as i32);
            let exact = textbook_inverse(&coefficients);
            let mut samples = coefficients;
            inverse_dct(&mut samples);
            for (got, exact) in samples.iter().zip(exact) {
                assert!((f64::from(*got) - exact.clamp(-128.0, 127.0)).abs() < 0.6, "{got} for {exact}");
            }
        }
    }

    #[test]
    fn samples_out_of_range_are_limited_not_wrapped() {
        for (dc, limit) in [(4000, 127), (-4000, -128)] {
            let mut block = [0; 64];
            block[0] = dc;
            inverse_dct(&mut block);
            assert_eq!(block, [limit; 64]);
        }
    }
}
