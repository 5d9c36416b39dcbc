//! The 8x8 DCT as FFmpeg's encoders compute it, in two ways, and its decoders' inverse.

/// Sixty-four samples or coefficients, row by row.
pub(super) type Block = [i32; 64];

/// Row or column.
type Line = [i32; 8];

fn row(block: &Block, y: usize) -> Line {
    std::array::from_fn(|x| block[8 * y + x])
}

fn column(block: &Block, x: usize) -> Line {
    std::array::from_fn(|y| block[8 * y + x])
}

fn set_row(block: &mut Block, y: usize, line: Line) {
    block[8 * y..][..8].copy_from_slice(&line);
}

fn set_column(block: &mut Block, x: usize, line: Line) {
    line.into_iter().enumerate().for_each(|(y, value)| block[8 * y + x] = value);
}

/// Sums and differences of what lies opposite.
fn butterflies(x: Line) -> ([i32; 4], [i32; 4]) {
    (std::array::from_fn(|i| x[i] + x[7 - i]), std::array::from_fn(|i| x[i] - x[7 - i]))
}

/// The factors of the rows' pass of [`forward_dct_x86`], for rows 0 and 4, 1 and 7, 2 and 6, 3 and 5.
pub(super) const ROW_FACTORS: [[i16; 7]; 4] = [
    [22725, 21407, 19266, 16384, 12873, 8867, 4520],
    [31521, 29692, 26722, 22725, 17855, 12299, 6270],
    [29692, 27969, 25172, 21407, 16819, 11585, 5906],
    [26722, 25172, 22654, 19266, 15137, 10426, 5315],
];

/// Which of them row `v` takes.
pub(super) const FACTORS_OF_ROW: [usize; 8] = [0, 1, 2, 3, 0, 3, 2, 1];

/// The factors of the columns' pass: cos(pi / 4) halved, tan(pi / 8), tan(pi / 16) and tan(3 pi / 16) - 1 in 16 bits.
pub(super) const HALF_ROOT: i16 = 23170;
/// See [`HALF_ROOT`].
pub(super) const TANGENTS: [i16; 3] = [27146, 13036, -21746];

/// 0..=255 to coefficients, 8 times as large as the orthonormal transform's: columns first. FFmpeg's code for x86.
pub(super) fn forward_dct_x86(block: &mut Block) {
    for x in 0..8 {
        let line = column_x86(column(block, x));
        set_column(block, x, line);
    }
    for v in 0..8 {
        let line = row_x86(row(block, v), &ROW_FACTORS[FACTORS_OF_ROW[v]]);
        set_row(block, v, line);
    }
}

fn column_x86(samples: Line) -> Line {
    let high = |value: i32, factor: i16| (value * i32::from(factor)) >> 16;
    let odd = |value: i32| value | 1;
    let [tan8, tan16, tan3_16] = TANGENTS;
    let ([s07, s16, s25, s34], [d07, d16, d25, d34]) = butterflies(samples);
    let (e0, e1, e2, e3) = (8 * (s07 + s34), 8 * (s16 + s25), 8 * (s07 - s34), 8 * (s16 - s25));
    let u = odd(high(16 * (d16 + d25), HALF_ROOT));
    let v = high(16 * (d16 - d25), HALF_ROOT);
    let (a, b, c, d) = (8 * d34 + v, 8 * d34 - v, 8 * d07 - u, 8 * d07 + u);
    [
        e0 + e1,
        odd(d + high(a, tan16)),
        odd(e2 + high(e3, tan8)),
        c - (b + high(b, tan3_16)),
        e0 - e1,
        (c + high(c, tan3_16)) + b,
        odd(high(e2, tan8) - e3),
        high(d, tan16) - a,
    ]
}

fn row_x86(line: Line, factors: &[i16; 7]) -> Line {
    let ([s0, s1, s2, s3], [d0, d1, d2, d3]) = butterflies(line);
    let [c1, c2, c3, c4, c5, c6, c7] = factors.map(i32::from);
    let sums = [
        c4 * (s0 + s1 + s2 + s3),
        c1 * d0 + c3 * d1 + c5 * d2 + c7 * d3,
        c2 * s0 + c6 * s1 - c6 * s2 - c2 * s3,
        c3 * d0 - c7 * d1 - c1 * d2 - c5 * d3,
        c4 * (s0 - s1 - s2 + s3),
        c5 * d0 - c1 * d1 + c7 * d2 + c3 * d3,
        c6 * s0 - c2 * s1 + c2 * s2 - c6 * s3,
        c7 * d0 - c5 * d1 + c3 * d2 - c1 * d3,
    ];
    sums.map(|sum| (sum + (1 << 16)) >> 17)
}

/// Fractional bits of the factors of [`forward_dct_int`], and those kept between its passes.
pub(super) const CONST_BITS: u32 = 13;
/// See [`CONST_BITS`].
pub(super) const PASS_BITS: u32 = 4;

/// The odd half of [`forward_dct_int`]: coefficients 1, 3, 5, 7 from differences.
pub(super) const ODD: [[i16; 4]; 4] = [
    [11363, 9633, 6437, 2260],
    [9633, -2259, -11362, -6436],
    [6437, -11362, 2261, 9633],
    [2260, -6436, 9633, -11363],
];
/// The part of the even half that rotates: coefficients 2 and 6.
pub(super) const EVEN: [[i16; 2]; 2] = [[10703, 4433], [4433, -10704]];

fn product<const N: usize>(matrix: &[[i16; N]; N], line: [i32; N]) -> [i32; N] {
    matrix.map(|row| row.iter().zip(line).map(|(&entry, x)| i32::from(entry) * x).sum())
}

/// Divides by `2^bits`, rounding to the nearest, ties upwards.
fn descale(x: i32, bits: u32) -> i32 {
    (x + (1 << (bits - 1))) >> bits
}

/// One row or column: coefficients 0 and 4 with no fractional bits, the others with [`CONST_BITS`].
fn forward_int(line: Line) -> Line {
    let (sums, differences) = butterflies(line);
    let (outer, inner) = (sums[0] + sums[3], sums[1] + sums[2]);
    let [c2, c6] = product(&EVEN, [sums[0] - sums[3], sums[1] - sums[2]]);
    let [c1, c3, c5, c7] = product(&ODD, differences);
    [outer + inner, c1, c2, c3, outer - inner, c5, c6, c7]
}

/// 0..=255 to coefficients, 8 times as large as the orthonormal transform's: rows first. The method of Loeffler,
/// Ligtenberg and Moschytz (ICASSP 1989), as the option `dct=int` chooses it.
pub(super) fn forward_dct_int(block: &mut Block) {
    for y in 0..8 {
        let mut line = forward_int(row(block, y));
        for (u, c) in line.iter_mut().enumerate() {
            *c = if u % 4 == 0 { *c << PASS_BITS } else { descale(*c, CONST_BITS - PASS_BITS) };
        }
        set_row(block, y, line);
    }
    for u in 0..8 {
        let mut line = forward_int(column(block, u));
        for (v, c) in line.iter_mut().enumerate() {
            *c = descale(*c, if v % 4 == 0 { PASS_BITS } else { CONST_BITS + PASS_BITS });
        }
        set_column(block, u, line);
    }
}

/// The factors of [`inverse_dct`]: cosines with 14.5 fractional bits, the fourth one too small.
pub(super) const INVERSE: [i16; 7] = [22725, 21407, 19266, 16383, 12873, 8867, 4520];
/// The bits that its passes shift out.
pub(super) const ROW_SHIFT: u32 = 11;
/// See [`ROW_SHIFT`].
pub(super) const COLUMN_SHIFT: u32 = 20;
/// What the columns' pass adds in order to round.
pub(super) const COLUMN_ROUND: i32 = 32 * INVERSE[3] as i32;

/// Coefficients to samples 0..=255: rows first.
pub(super) fn inverse_dct(block: &mut Block) {
    for y in 0..8 {
        let line = row(block, y);
        // Not what the formula gives, because of the fourth factor.
        let flat = line[1..].iter().all(|&c| c == 0);
        let line = if flat { [8 * line[0]; 8] } else { inverse(line, 1 << (ROW_SHIFT - 1), ROW_SHIFT) };
        set_row(block, y, line);
    }
    for x in 0..8 {
        let line = inverse(column(block, x), COLUMN_ROUND, COLUMN_SHIFT);
        set_column(block, x, line.map(|sample| sample.clamp(0, 255)));
    }
}

fn inverse(x: Line, round: i32, shift: u32) -> Line {
    let [w1, w2, w3, w4, w5, w6, w7] = INVERSE.map(i32::from);
    let (a0, a1) = (w4 * (x[0] + x[4]) + round, w4 * (x[0] - x[4]) + round);
    let (e0, e1) = (w2 * x[2] + w6 * x[6], w6 * x[2] - w2 * x[6]);
    let even = [a0 + e0, a1 + e1, a1 - e1, a0 - e0];
    let odd = [
        w1 * x[1] + w3 * x[3] + w5 * x[5] + w7 * x[7],
        w3 * x[1] - w7 * x[3] - w1 * x[5] - w5 * x[7],
        w5 * x[1] - w1 * x[3] + w7 * x[5] + w3 * x[7],
        w7 * x[1] - w5 * x[3] + w3 * x[5] - w1 * x[7],
    ];
    std::array::from_fn(|k| if k < 4 { even[k] + odd[k] } else { even[7 - k] - odd[7 - k] } >> shift)
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::*;

    /// The block of docs/spec/mpeg-intra.md, annex B.1, and its first rows of coefficients.
    const SOURCE: Block = [
        120, 133, 147, 162, 178, 194, 211, 229, 137, 151, 166, 182, 199, 216, 234, 253, 156, 171, 187, 204,
        221, 239, 2, 22, 176, 192, 209, 226, 245, 8, 27, 48, 198, 214, 232, 250, 14, 33, 54, 75, 220, 238, 0,
        20, 40, 60, 82, 104, 244, 7, 26, 46, 67, 89, 111, 134, 13, 33, 53, 74, 96, 118, 141, 165,
    ];

    #[test]
    fn the_specification_s_block_has_its_coefficients() {
        let mut block = SOURCE;
        forward_dct_x86(&mut block);
        assert_eq!(block[..8], [8496, 728, 104, 30, 540, -61, 7, -223]);
        assert_eq!(block[56..], [-21, 382, -384, -42, -154, 579, 762, -436]);
        let mut other = SOURCE;
        forward_dct_int(&mut other);
        let differing: Vec<(usize, i32)> =
            (0..64).filter(|&i| block[i] != other[i]).map(|i| (i, other[i])).collect();
        let expected = [
            (1, 729),
            (9, -151),
            (12, -227),
            (15, 18),
            (18, 617),
            (22, 255),
            (26, 1668),
            (29, 295),
            (30, -400),
            (49, 287),
            (52, -470),
            (54, -109),
            (55, -427),
        ];
        assert_eq!(differing, expected);
    }

    #[test]
    fn transforms_undo_each_other_within_their_rounding() {
        let mut rng = Rng::new(5);
        for _ in 0..500 {
            let source: Block = std::array::from_fn(|_| i32::from(rng.byte()));
            for forward in [forward_dct_x86, forward_dct_int] {
                let mut block = source;
                forward(&mut block);
                block.iter_mut().for_each(|c| *c = (*c + 4) >> 3);
                inverse_dct(&mut block);
                let worst = block.iter().zip(source).map(|(a, b)| a.abs_diff(b)).max();
                assert!(worst <= Some(2), "{worst:?}");
            }
        }
    }
}
