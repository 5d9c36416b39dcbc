//! Matrices of 8x8 words, a vector a row, two side by side.

use super::{Simd, Words};

/// Transposes the 8x8 lanes of each half.
#[inline(always)]
pub(crate) fn transpose_8x8<S: Simd>(x: [S::Words; 8]) -> [S::Words; 8] {
    // A place is six bits, three of the vector and three of the lane. Each step turns them left by one.
    turn::<S>(turn::<S>(turn::<S>(x)))
}

#[inline(always)]
fn turn<S: Simd>(x: [S::Words; 8]) -> [S::Words; 8] {
    [
        x[0].zip_low_16(x[4]),
        x[0].zip_high_16(x[4]),
        x[1].zip_low_16(x[5]),
        x[1].zip_high_16(x[5]),
        x[2].zip_low_16(x[6]),
        x[2].zip_high_16(x[6]),
        x[3].zip_low_16(x[7]),
        x[3].zip_high_16(x[7]),
    ]
}
