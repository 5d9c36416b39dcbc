//! How far a reconstruction is from the source: squared errors, and the difference of weighted Hadamard spectra.

/// The weights of a 4x4 Hadamard spectrum.
const WEIGHTS: [i32; 16] = [38, 32, 20, 9, 32, 28, 17, 7, 20, 17, 10, 4, 9, 7, 4, 2];

/// The squared errors of a block of `width` x `height` samples; rows are `stride` apart in both.
pub(super) fn squared_errors(a: &[u8], b: &[u8], stride: usize, width: usize, height: usize) -> u32 {
    let rows = a.chunks(stride).zip(b.chunks(stride)).take(height);
    rows.map(|(a, b)| {
        let errors = a[..width].iter().zip(&b[..width]).map(|(a, b)| u32::from(a.abs_diff(*b)));
        errors.map(|error| error * error).sum::<u32>()
    })
    .sum()
}

/// The weighted spectrum of a 4x4 block with rows `stride` apart.
pub(super) fn spectrum(block: &[u8], stride: usize) -> i32 {
    let pass = |x: [i32; 4]| {
        let (a0, a1, a2, a3) = (x[0] + x[2], x[1] + x[3], x[1] - x[3], x[0] - x[2]);
        [a0 + a1, a3 + a2, a3 - a2, a0 - a1]
    };
    let rows: [[i32; 4]; 4] =
        std::array::from_fn(|y| pass(std::array::from_fn(|x| i32::from(block[y * stride + x]))));
    let columns: [[i32; 4]; 4] = std::array::from_fn(|x| pass(std::array::from_fn(|y| rows[y][x])));
    (0..16).map(|at| WEIGHTS[at] * columns[at % 4][at / 4].abs()).sum()
}
