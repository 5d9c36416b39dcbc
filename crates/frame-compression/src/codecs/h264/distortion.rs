//! How far a prediction is from the source: sums of absolute Hadamard coefficients
//! (docs/spec/h264-intra.md, section 6), or of absolute differences (docs/spec/h264-presets.md, section 4.1).

/// The Hadamard transform of N values (N a power of two), in some order of the coefficients.
fn hadamard<const N: usize>(values: &mut [i32; N]) {
    let mut span = N / 2;
    while span > 0 {
        for i in 0..N {
            if i & span == 0 {
                let (a, b) = (values[i], values[i + span]);
                (values[i], values[i + span]) = (a + b, a - b);
            }
        }
        span /= 2;
    }
}

/// Σ |coefficient| of the NxN Hadamard transform of source - prediction, N * N = A.
fn sum_of_coefficients<const N: usize, const A: usize>(source: &[u8; A], prediction: &[u8; A]) -> u32 {
    let mut rows = [[0; N]; N];
    for (y, row) in rows.iter_mut().enumerate() {
        *row = std::array::from_fn(|x| i32::from(source[y * N + x]) - i32::from(prediction[y * N + x]));
        hadamard(row);
    }
    (0..N)
        .map(|x| {
            let mut column: [i32; N] = std::array::from_fn(|y| rows[y][x]);
            hadamard(&mut column);
            column.iter().map(|coefficient| coefficient.unsigned_abs()).sum::<u32>()
        })
        .sum()
}

/// Σ |coefficient| of the NxN Hadamard transform of samples.
pub(super) fn hadamard_sum<const N: usize, const A: usize>(samples: &[u8; A]) -> u32 {
    sum_of_coefficients::<N, A>(samples, &[0; A])
}

/// What distortions are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    /// Differences.
    Sad,
    /// Their Hadamard coefficients.
    Satd,
}

impl Metric {
    /// Of a 4x4 block.
    pub(super) fn of_4x4(self, source: &[u8; 16], prediction: &[u8; 16]) -> u32 {
        match self {
            Metric::Sad => sad(source, prediction),
            Metric::Satd => satd_4x4(source, prediction),
        }
    }

    /// Of an 8x8 block that is transformed as a whole.
    pub(super) fn of_8x8(self, source: &[u8; 64], prediction: &[u8; 64]) -> u32 {
        match self {
            Metric::Sad => sad(source, prediction),
            Metric::Satd => sa8d_8x8(source, prediction),
        }
    }

    /// Of a region W samples wide, as 4x4 blocks.
    pub(super) fn of_region<const W: usize, const A: usize>(
        self,
        source: &[u8; A],
        prediction: &[u8; A],
    ) -> u32 {
        match self {
            Metric::Sad => sad(source, prediction),
            Metric::Satd => satd::<W, A>(source, prediction),
        }
    }
}

/// The sum of absolute differences.
pub(super) fn sad<const A: usize>(source: &[u8; A], prediction: &[u8; A]) -> u32 {
    source.iter().zip(prediction).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
}

/// SATD of a 4x4 block: half the sum, which is even.
pub(super) fn satd_4x4(source: &[u8; 16], prediction: &[u8; 16]) -> u32 {
    sum_of_coefficients::<4, 16>(source, prediction) / 2
}

/// The sum of an 8x8 block's coefficients.
pub(super) fn coefficients_8x8(source: &[u8; 64], prediction: &[u8; 64]) -> u32 {
    sum_of_coefficients::<8, 64>(source, prediction)
}

/// SA8D of an 8x8 block: a quarter of the sum, rounded.
pub(super) fn sa8d_8x8(source: &[u8; 64], prediction: &[u8; 64]) -> u32 {
    (coefficients_8x8(source, prediction) + 2) / 4
}

/// SATD of a region W samples wide: that of its 4x4 blocks.
pub(super) fn satd<const W: usize, const A: usize>(source: &[u8; A], prediction: &[u8; A]) -> u32 {
    let mut total = 0;
    for y in (0..A / W).step_by(4) {
        for x in (0..W).step_by(4) {
            let block = |samples: &[u8; A]| super::macroblock::gather::<4, 16>(samples, W, y * W + x);
            total += satd_4x4(&block(source), &block(prediction));
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of the Hadamard matrix by its definition: the sign is the parity of the common bits.
    fn sign(row: usize, column: usize) -> i32 {
        if (row & column).count_ones().is_multiple_of(2) { 1 } else { -1 }
    }

    fn naive<const N: usize, const A: usize>(source: &[u8; A], prediction: &[u8; A]) -> u32 {
        let mut total = 0;
        for v in 0..N {
            for u in 0..N {
                let coefficient: i32 = (0..A)
                    .map(|i| {
                        let difference = i32::from(source[i]) - i32::from(prediction[i]);
                        sign(v, i / N) * sign(u, i % N) * difference
                    })
                    .sum();
                total += coefficient.unsigned_abs();
            }
        }
        total
    }

    #[test]
    fn sums_agree_with_the_matrix_product() {
        let mut rng = test_pictures::Rng::new(1);
        for round in 0..200 {
            let mut sample = || if round % 3 == 0 { rng.byte() / 128 * 255 } else { rng.byte() };
            let a: [u8; 64] = std::array::from_fn(|_| sample());
            let b: [u8; 64] = std::array::from_fn(|_| sample());
            assert_eq!(sa8d_8x8(&a, &b), (naive::<8, 64>(&a, &b) + 2) / 4);
            let small = |block: &[u8; 64]| super::super::macroblock::gather::<4, 16>(block, 8, 36);
            assert_eq!(satd_4x4(&small(&a), &small(&b)), naive::<4, 16>(&small(&a), &small(&b)) / 2);
            let quarters: u32 = [0, 4, 32, 36]
                .map(|at| {
                    let block =
                        |samples: &[u8; 64]| super::super::macroblock::gather::<4, 16>(samples, 8, at);
                    naive::<4, 16>(&block(&a), &block(&b)) / 2
                })
                .iter()
                .sum();
            assert_eq!(satd::<8, 64>(&a, &b), quarters);
        }
    }
}
