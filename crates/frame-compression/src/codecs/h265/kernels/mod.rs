//! The inner loops as vectors (see [`crate::simd`]). Each has its plain form, which says what it computes, in the
//! module of its topic; the tests here compare the two on every instruction set.

/// An array of what an expression is for 0, 1 .. of four or eight: no loop, so that vectors stay in registers.
macro_rules! unrolled {
    (4, $k:ident => $value:expr) => {
        unrolled!($k => $value; 0, 1, 2, 3)
    };
    (8, $k:ident => $value:expr) => {
        unrolled!($k => $value; 0, 1, 2, 3, 4, 5, 6, 7)
    };
    ($k:ident => $value:expr; $($n:literal),*) => {
        [$({
            let $k = $n;
            $value
        }),*]
    };
}

mod distortion;
mod modes;
mod modes_4x4;
mod predict;
mod predict_4x4;
mod quantise;
#[cfg(test)]
mod tests;
mod transform;

pub(super) use distortion::textures;
pub(super) use modes::{BothReferences, sa8d_of_modes};
pub(super) use predict::{predict, transpose};
pub(super) use quantise::{
    load_sub_block, parity_change, quantise, reconstruct, residual, scale, store_sub_block,
};
pub(super) use transform::{forward, inverse};

/// Sixteen lanes from a place of a slice on.
#[inline(always)]
fn sixteen<T>(from: &[T], at: usize) -> &[T; 16] {
    from[at..].first_chunk().expect("blocks hold whole vectors")
}

#[inline(always)]
fn sixteen_mut<T>(to: &mut [T], at: usize) -> &mut [T; 16] {
    to[at..].first_chunk_mut().expect("blocks hold whole vectors")
}

#[inline(always)]
fn eight<T>(from: &[T], at: usize) -> &[T; 8] {
    from[at..].first_chunk().expect("blocks hold whole rows")
}

#[inline(always)]
fn four<T>(from: &[T], at: usize) -> &[T; 4] {
    from[at..].first_chunk().expect("blocks hold whole rows")
}
