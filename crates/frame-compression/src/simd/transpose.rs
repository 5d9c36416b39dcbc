//! Matrices of 8x8 words, a vector a row, one in each part.

use super::{Vectors, WordVector};

/// Transposes the 8x8 lanes of each part.
#[inline(always)]
pub(crate) fn transpose_8x8<V: Vectors>(x: [V::Words; 8]) -> [V::Words; 8] {
    // A place is six bits, three of the vector and three of the lane. Each step turns them left by one.
    turn::<V>(turn::<V>(turn::<V>(x)))
}

#[inline(always)]
fn turn<V: Vectors>(x: [V::Words; 8]) -> [V::Words; 8] {
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

/// The matrices of each part transposed, two neighbouring columns as pairs of lanes: of columns 0 and 1 the first four
/// rows, then the last four, then those of columns 2 and 3, and so on.
#[inline(always)]
pub(crate) fn transpose_pairs<V: Vectors>(x: [V::Words; 8]) -> [V::Words; 8] {
    let [first, last] = [four_rows::<V>([x[0], x[1], x[2], x[3]]), four_rows::<V>([x[4], x[5], x[6], x[7]])];
    [first[0], last[0], first[1], last[1], first[2], last[2], first[3], last[3]]
}

/// Transposes the 4x4 pairs of lanes of each part.
#[inline(always)]
fn four_rows<V: Vectors>(x: [V::Words; 4]) -> [V::Words; 4] {
    let (low, other_low) = (x[0].zip_low_32(x[1]), x[2].zip_low_32(x[3]));
    let (high, other_high) = (x[0].zip_high_32(x[1]), x[2].zip_high_32(x[3]));
    [
        low.zip_low_64(other_low),
        low.zip_high_64(other_low),
        high.zip_low_64(other_high),
        high.zip_high_64(other_high),
    ]
}
