//! What the DCTs of JPEG and MPEG have in common on vectors. Products and their sums have 32 bits, everything else fits
//! 16.

use crate::simd::{DwordVector, Vectors, WordVector};

/// The same place of 8 rows or columns of all blocks.
pub(super) type Eight<V> = [<V as Vectors>::Words; 8];
/// Lanes of 32 bits: what belongs to the low and to the high four lanes of each part.
pub(super) type Wide<V> = [<V as Vectors>::Dwords; 2];

/// Rows of coefficients that an inverse DCT multiplies side by side, as pairs of lanes; and columns likewise.
pub(super) const PAIRS: [[usize; 2]; 4] = [[0, 4], [2, 6], [1, 3], [5, 7]];

/// First those that are first in [`PAIRS`], then those that are second: in this order,
/// [`transpose_pairs`](crate::simd::transpose_pairs) leaves rows that belong together in the same places of its two
/// vectors.
#[inline(always)]
pub(super) fn in_pairs<T: Copy>(x: [T; 8]) -> [T; 8] {
    [x[0], x[2], x[1], x[5], x[4], x[6], x[3], x[7]]
}

#[inline(always)]
fn add<V: Vectors>(a: Wide<V>, b: Wide<V>) -> Wide<V> {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline(always)]
fn sub<V: Vectors>(a: Wide<V>, b: Wide<V>) -> Wide<V> {
    [a[0] - b[0], a[1] - b[1]]
}

/// `a * x + b * y` of zipped pairs (x, y).
#[inline(always)]
pub(super) fn product<V: Vectors>(simd: V, pairs: [V::Words; 2], [a, b]: [i16; 2]) -> Wide<V> {
    let factors = V::Words::splat_pair(simd, a, b);
    [pairs[0].mul_add_pairs(factors), pairs[1].mul_add_pairs(factors)]
}

/// That added to a sum.
#[inline(always)]
pub(super) fn plus_product<V: Vectors>(
    simd: V,
    sum: Wide<V>,
    pairs: [V::Words; 2],
    [a, b]: [i16; 2],
) -> Wide<V> {
    let factors = V::Words::splat_pair(simd, a, b);
    [sum[0].plus_products(pairs[0], factors), sum[1].plus_products(pairs[1], factors)]
}

/// A sum with a product added, and with it subtracted.
#[inline(always)]
pub(super) fn plus_and_minus<V: Vectors>(
    simd: V,
    sum: Wide<V>,
    pairs: [V::Words; 2],
    [a, b]: [i16; 2],
) -> [Wide<V>; 2] {
    if V::ADDS_PRODUCTS {
        return [plus_product(simd, sum, pairs, [a, b]), plus_product(simd, sum, pairs, [-a, -b])];
    }
    let product = product(simd, pairs, [a, b]);
    [add::<V>(sum, product), sub::<V>(sum, product)]
}

/// Four factors times what is in two zipped pairs.
#[inline(always)]
pub(super) fn products<V: Vectors>(simd: V, pairs: [[V::Words; 2]; 2], [a, b, c, d]: [i16; 4]) -> Wide<V> {
    plus_product(simd, product(simd, pairs[0], [a, b]), pairs[1], [c, d])
}

/// The last step of an inverse pass, from its even and its odd coefficients: sums, and differences the other way round.
#[inline(always)]
pub(super) fn mirrored<V: Vectors>(even: [Wide<V>; 4], odd: [Wide<V>; 4]) -> [Wide<V>; 8] {
    let [e0, e1, e2, e3] = even;
    let [o0, o1, o2, o3] = odd;
    [
        add::<V>(e0, o0),
        add::<V>(e1, o1),
        add::<V>(e2, o2),
        add::<V>(e3, o3),
        sub::<V>(e3, o3),
        sub::<V>(e2, o2),
        sub::<V>(e1, o1),
        sub::<V>(e0, o0),
    ]
}

/// Divides by `2^BITS`, flooring, and narrows.
#[inline(always)]
pub(super) fn narrow<V: Vectors, const BITS: i32>(x: Wide<V>) -> V::Words {
    x[0].shr::<BITS>().pack_words(x[1].shr::<BITS>())
}

/// Divides by `2^BITS`, flooring, and narrows to pairs of lanes, one of each. `REST` is 16 less `BITS`.
#[inline(always)]
pub(super) fn paired<V: Vectors, const BITS: i32, const REST: i32>(x: Wide<V>) -> V::Words {
    x[0].shr::<BITS>().with_high_words(x[1].shl::<REST>())
}
