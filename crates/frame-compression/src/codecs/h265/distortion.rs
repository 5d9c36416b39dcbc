//! What the search measures: squared errors, SA8D, and the energy of texture
//! (docs/spec/h265-intra.md, section 9).

#[cfg(test)]
/// Sum of squared differences of an `n` x `n` block. Rows are `stride` apart in the source and `n` in the other.
pub(super) fn squared_error<const N: usize>(source: &[u8], stride: usize, other: &[u8]) -> u64 {
    let mut total = 0_u32;
    for (a, b) in source.chunks(stride).zip(other.chunks_exact(N)).take(N) {
        for (&a, &b) in a[..N].iter().zip(b) {
            let difference = i32::from(a) - i32::from(b);
            total += (difference * difference) as u32;
        }
    }
    u64::from(total)
}

/// The eight sums and differences of a line of eight, unnormalised and in any order.
#[inline(always)]
fn hadamard<const N: usize>(mut line: [[i32; N]; N]) -> [[i32; N]; N] {
    let mut half = 1;
    while half < N {
        for i in 0..N {
            if i & half == 0 {
                let (upper, lower) = line.split_at_mut(i + half);
                for (a, b) in upper[i].iter_mut().zip(&mut lower[0]) {
                    (*a, *b) = (*a + *b, *a - *b);
                }
            }
        }
        half *= 2;
    }
    line
}

/// Sum of the magnitudes of H B H, H being the Hadamard matrix without a norm.
#[inline(always)]
fn hadamard_sum<const N: usize>(block: [[i32; N]; N]) -> u32 {
    let half = hadamard(block);
    let turned: [[i32; N]; N] = std::array::from_fn(|y| std::array::from_fn(|x| half[x][y]));
    hadamard(turned).iter().flatten().map(|v| v.unsigned_abs()).sum()
}

#[inline(always)]
fn difference<const N: usize>(a: &[u8], b: &[u8], stride: usize, at: usize) -> [[i32; N]; N] {
    std::array::from_fn(|y| {
        std::array::from_fn(|x| i32::from(a[at + y * stride + x]) - i32::from(b[at + y * stride + x]))
    })
}

/// SA8D of two blocks of `N` x `N`, rows `N` apart.
pub(super) fn sa8d<const N: usize>(a: &[u8], b: &[u8]) -> u64 {
    let of_8x8 = |x: usize, y: usize| hadamard_sum::<8>(difference(a, b, N, y * N + x));
    let of_16x16 = |x: usize, y: usize| {
        (of_8x8(x, y) + of_8x8(x + 8, y) + of_8x8(x, y + 8) + of_8x8(x + 8, y + 8) + 2) >> 2
    };
    u64::from(match N {
        4 => hadamard_sum::<4>(difference(a, b, N, 0)) / 2,
        8 => (of_8x8(0, 0) + 2) >> 2,
        16 => of_16x16(0, 0),
        _ => of_16x16(0, 0) + of_16x16(16, 0) + of_16x16(0, 16) + of_16x16(16, 16),
    })
}

/// The energy of an 8x8 block's texture.
pub(super) fn texture_8x8(samples: &[u8], stride: usize) -> i32 {
    let block: [[i32; 8]; 8] =
        std::array::from_fn(|y| std::array::from_fn(|x| i32::from(samples[y * stride + x])));
    let sum: i32 = block.iter().flatten().sum();
    ((hadamard_sum(block) as i32 + 2) >> 2) - (sum >> 2)
}

/// The energy of a 4x4 block's texture.
pub(super) fn texture_4x4(samples: &[u8], stride: usize) -> i32 {
    let block: [[i32; 4]; 4] =
        std::array::from_fn(|y| std::array::from_fn(|x| i32::from(samples[y * stride + x])));
    let sum: i32 = block.iter().flatten().sum();
    (hadamard_sum(block) / 2) as i32 - (sum >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_pictures::Rng;

    /// Entries of the Hadamard matrix: the parity of the bits that row and column share.
    fn naive<const N: usize>(block: [[i32; N]; N]) -> u32 {
        let h = |a: usize, b: usize| 1 - 2 * ((a & b).count_ones() as i32 % 2);
        let mut total = 0;
        for k in 0..N {
            for l in 0..N {
                let mut sum = 0;
                for (y, row) in block.iter().enumerate() {
                    for (x, v) in row.iter().enumerate() {
                        sum += h(k, y) * v * h(l, x);
                    }
                }
                total += sum.unsigned_abs();
            }
        }
        total
    }

    #[test]
    fn hadamard_sums_agree_with_the_definition() {
        let mut rng = Rng::new(9);
        for _ in 0..50 {
            let small: [[i32; 4]; 4] =
                std::array::from_fn(|_| std::array::from_fn(|_| rng.below(511) as i32 - 255));
            assert_eq!(hadamard_sum(small), naive(small));
            let large: [[i32; 8]; 8] =
                std::array::from_fn(|_| std::array::from_fn(|_| rng.below(511) as i32 - 255));
            assert_eq!(hadamard_sum(large), naive(large));
        }
    }
}
