//! Forward and inverse transforms (H.265 8.6.4.2): integer DCT of 4 to 32, DST-VII for luma of 4x4.

/// The odd rows of the transforms of 32, 16, 8 and 4 points, as far as they are not mirrored. Row k of N points is
/// row 32 k / N of 32 points, cut off.
const ODD_32: [[i32; 16]; 16] = odd_rows::<16>(1);
const ODD_16: [[i32; 8]; 8] = odd_rows::<8>(2);
const ODD_8: [[i32; 4]; 4] = odd_rows::<4>(4);
const ODD_4: [[i32; 2]; 2] = odd_rows::<2>(8);

/// Column 0 of the 32-point matrix (H.265 8.6.4.2) by row: 64 cos(row pi / 64) as the standard rounds it.
const COSINE: [i32; 32] = [
    64, 90, 90, 90, 89, 88, 87, 85, 83, 82, 80, 78, 75, 73, 70, 67, 64, 61, 57, 54, 50, 46, 43, 38, 36, 31,
    25, 22, 18, 13, 9, 4,
];

/// The entry of the 32-point matrix at a row and a column: the cosine of row * (2 column + 1) sixty-fourths of pi.
pub(super) const fn matrix(row: usize, column: usize) -> i32 {
    let angle = row * (2 * column + 1) % 128;
    let folded = if angle > 64 { 128 - angle } else { angle };
    if row == 0 {
        64
    } else if folded == 32 {
        0
    } else if folded < 32 {
        COSINE[folded]
    } else {
        -COSINE[64 - folded]
    }
}

/// Rows `step`, 3 `step`, 5 `step` .. of the 32-point matrix: the odd rows of the 32 / `step` points.
const fn odd_rows<const HALF: usize>(step: usize) -> [[i32; HALF]; HALF] {
    let mut rows = [[0; HALF]; HALF];
    let mut k = 0;
    while k < HALF {
        let mut n = 0;
        while n < HALF {
            rows[k][n] = matrix((2 * k + 1) * step, n);
            n += 1;
        }
        k += 1;
    }
    rows
}

pub(super) const DST: [[i32; 4]; 4] =
    [[29, 55, 74, 84], [74, 74, 0, -74], [84, -29, -74, 55], [55, -84, 74, -29]];

/// Which transform a block has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    Dct,
    /// DST-VII: luma of 4x4.
    Dst,
}

/// Coefficients of a residual, both `N` x `N` in raster order: rows first, then columns, 16 bits in between.
pub(super) fn forward<const N: usize>(kernel: Kernel, residual: &[i16], coefficients: &mut [i16]) {
    let shift = N.ilog2() - 1;
    let mut turned = [[0_i16; N]; N];
    for (y, row) in residual.chunks_exact(N).take(N).enumerate() {
        let line: [i32; N] = std::array::from_fn(|x| i32::from(row[x]));
        for (k, sum) in analyse(kernel, &line).into_iter().enumerate() {
            turned[k][y] = rounded(sum, shift);
        }
    }
    for (x, column) in turned.iter().enumerate() {
        let line: [i32; N] = std::array::from_fn(|y| i32::from(column[y]));
        for (k, sum) in analyse(kernel, &line).into_iter().enumerate() {
            coefficients[k * N + x] = rounded(sum, shift + 7);
        }
    }
}

/// The residual of coefficients: columns first, then rows, 16 bits in between.
pub(super) fn inverse<const N: usize>(kernel: Kernel, coefficients: &[i16], residual: &mut [i16]) {
    let mut turned = [[0_i16; N]; N];
    for (x, to) in turned.iter_mut().enumerate() {
        let line: [i32; N] = std::array::from_fn(|y| i32::from(coefficients[y * N + x]));
        if line.iter().any(|&c| c != 0) {
            *to = synthesise(kernel, &line).map(|sum| clipped(sum, 7));
        }
    }
    for (y, to) in residual.chunks_exact_mut(N).take(N).enumerate() {
        let line: [i32; N] = std::array::from_fn(|x| i32::from(turned[x][y]));
        to.copy_from_slice(&synthesise(kernel, &line).map(|sum| clipped(sum, 12)));
    }
}

/// What stands for the coefficients of a 4x4 block that is coded without a transform.
#[inline(always)]
pub(super) fn skip_forward(residual: &[i16], coefficients: &mut [i16]) {
    for (to, &from) in coefficients.iter_mut().zip(&residual[..16]) {
        *to = from << 5;
    }
}

/// The residual of a 4x4 block that is coded without a transform (H.265 8.6.4.2).
#[inline(always)]
pub(super) fn skip_inverse(coefficients: &[i16], residual: &mut [i16]) {
    for (to, &from) in residual.iter_mut().zip(&coefficients[..16]) {
        *to = ((i32::from(from) + 16) >> 5) as i16;
    }
}

#[inline(always)]
fn rounded(sum: i32, shift: u32) -> i16 {
    ((sum + (1 << (shift - 1))) >> shift) as i16
}

#[inline(always)]
fn clipped(sum: i32, shift: u32) -> i16 {
    ((sum + (1 << (shift - 1))) >> shift).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

/// One line's sums with every row of the matrix.
#[inline(always)]
fn analyse<const N: usize>(kernel: Kernel, line: &[i32; N]) -> [i32; N] {
    let mut out = [0; N];
    if kernel == Kernel::Dst {
        for (row, sum) in DST.iter().zip(&mut out) {
            *sum = row.iter().zip(line).map(|(&m, &s)| m * s).sum();
        }
        return out;
    }
    let mut even = *line;
    let mut points = N;
    let mut step = 1;
    while points > 2 {
        let half = points / 2;
        let mut odd = [0; 16];
        for i in 0..half {
            let (a, b) = (even[i], even[points - 1 - i]);
            (even[i], odd[i]) = (a + b, a - b);
        }
        for k in 0..half {
            let sum = |row: &[i32]| -> i32 { row.iter().zip(&odd).map(|(&m, &s)| m * s).sum() };
            out[(2 * k + 1) * step] = match half {
                16 => sum(&ODD_32[k]),
                8 => sum(&ODD_16[k]),
                4 => sum(&ODD_8[k]),
                _ => sum(&ODD_4[k]),
            };
        }
        points = half;
        step *= 2;
    }
    out[0] = 64 * (even[0] + even[1]);
    out[N / 2] = 64 * (even[0] - even[1]);
    out
}

/// The line whose sums were these.
#[inline(always)]
fn synthesise<const N: usize>(kernel: Kernel, line: &[i32; N]) -> [i32; N] {
    if kernel == Kernel::Dst {
        return std::array::from_fn(|n| DST.iter().zip(line).map(|(row, &c)| row[n] * c).sum());
    }
    let mut out = [0; N];
    out[0] = 64 * (line[0] + line[N / 2]);
    out[1] = 64 * (line[0] - line[N / 2]);
    let mut half = 2;
    while half < N {
        let step = N / half / 2;
        let mut odd = [0; 16];
        for k in 0..half {
            let coefficient = line[(2 * k + 1) * step];
            let add = |row: &[i32], odd: &mut [i32; 16]| {
                for (sum, &m) in odd.iter_mut().zip(row) {
                    *sum += m * coefficient;
                }
            };
            match half {
                16 => add(&ODD_32[k], &mut odd),
                8 => add(&ODD_16[k], &mut odd),
                4 => add(&ODD_8[k], &mut odd),
                _ => add(&ODD_4[k], &mut odd),
            }
        }
        for i in 0..half {
            let even = out[i];
            out[2 * half - 1 - i] = even - odd[i];
            out[i] = even + odd[i];
        }
        half *= 2;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_pictures::Rng;

    /// The matrix as the standard prints it, for the places that its text gives.
    #[test]
    fn matrix_is_that_of_the_standard() {
        let row = |k: usize| -> Vec<i32> { (0..16).map(|n| matrix(k, n)).collect() };
        assert_eq!(row(1), [90, 90, 88, 85, 82, 78, 73, 67, 61, 54, 46, 38, 31, 22, 13, 4]);
        assert_eq!(row(2), [90, 87, 80, 70, 57, 43, 25, 9, -9, -25, -43, -57, -70, -80, -87, -90]);
        assert_eq!(row(4), [89, 75, 50, 18, -18, -50, -75, -89, -89, -75, -50, -18, 18, 50, 75, 89]);
        assert_eq!(row(8), [83, 36, -36, -83, -83, -36, 36, 83, 83, 36, -36, -83, -83, -36, 36, 83]);
        assert_eq!(row(16)[..4], [64, -64, -64, 64]);
        assert_eq!(row(31), [4, -13, 22, -31, 38, -46, 54, -61, 67, -73, 78, -82, 85, -88, 90, -90]);
    }

    fn entry<const N: usize>(kernel: Kernel, k: usize, n: usize) -> i64 {
        i64::from(match kernel {
            Kernel::Dst => DST[k][n],
            Kernel::Dct => matrix(k * (32 / N), n),
        })
    }

    fn agrees_with_the_definition<const N: usize>(kernel: Kernel) {
        let mut rng = Rng::new(N as u64);
        for round in 0..40 {
            let amplitude = if round % 2 == 0 { 511 } else { 40 };
            let residual: Vec<i16> =
                (0..N * N).map(|_| rng.below(amplitude) as i16 - (amplitude / 2) as i16).collect();
            let mut found = vec![0; N * N];
            forward::<N>(kernel, &residual, &mut found);
            let l = N.ilog2();
            let m = |k: usize, n: usize| entry::<N>(kernel, k, n);
            let first: Vec<i64> = (0..N * N)
                .map(|i| {
                    let (y, k) = (i / N, i % N);
                    let sum: i64 = (0..N).map(|x| m(k, x) * i64::from(residual[y * N + x])).sum();
                    (sum + (1 << (l - 2))) >> (l - 1)
                })
                .collect();
            for (i, &found) in found.iter().enumerate() {
                let (k, x) = (i / N, i % N);
                let sum: i64 = (0..N).map(|y| m(k, y) * first[y * N + x]).sum();
                assert_eq!(i64::from(found), (sum + (1 << (l + 5))) >> (l + 6));
            }

            let wild = if round % 3 == 0 { 65536 } else { 2000 };
            let sparse = 1 + rng.below(N * N);
            let coefficients: Vec<i16> = (0..N * N)
                .map(|i| if i < sparse { (rng.below(wild) as i32 - wild as i32 / 2) as i16 } else { 0 })
                .collect();
            let mut found = vec![0; N * N];
            inverse::<N>(kernel, &coefficients, &mut found);
            let clip = |v: i64| v.clamp(-32768, 32767);
            let first: Vec<i64> = (0..N * N)
                .map(|i| {
                    let (y, x) = (i / N, i % N);
                    clip(
                        ((0..N).map(|k| m(k, y) * i64::from(coefficients[k * N + x])).sum::<i64>() + 64) >> 7,
                    )
                })
                .collect();
            for (i, &found) in found.iter().enumerate() {
                let (y, x) = (i / N, i % N);
                let sum: i64 = (0..N).map(|k| m(k, x) * first[y * N + k]).sum();
                assert_eq!(i64::from(found), clip((sum + 2048) >> 12));
            }
        }
    }

    #[test]
    fn transforms_agree_with_the_definition() {
        agrees_with_the_definition::<4>(Kernel::Dst);
        agrees_with_the_definition::<4>(Kernel::Dct);
        agrees_with_the_definition::<8>(Kernel::Dct);
        agrees_with_the_definition::<16>(Kernel::Dct);
        agrees_with_the_definition::<32>(Kernel::Dct);
    }
}
