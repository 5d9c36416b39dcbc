//! MPEG-2 (H.262): one intra frame of FFmpeg's encoder `mpeg2video`.

mod settings;

pub use settings::Mpeg2;

use crate::codecs::mpeg::{MATRIX, Steps};

/// The quantiser scales of `non_linear_quant` (H.262 table 7-6), by code from 1 on.
const NON_LINEAR: [u8; 31] = [
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 36, 40, 44, 48, 52, 56, 64, 72, 80, 88,
    96, 104, 112,
];

/// The quantisation at a scale of 1..=31. `dc_bits` more bits than 8 are kept of the mean: 0..=3.
pub(crate) fn steps(qscale: u8, non_linear: bool, dc_bits: u8) -> Steps {
    let scale =
        if non_linear { i16::from(NON_LINEAR[usize::from(qscale) - 1]) } else { 2 * i16::from(qscale) };
    Steps {
        mean: 8 >> dc_bits,
        factors: MATRIX.map(|weight| scale * i16::from(weight)),
        shift: 4,
        middle: 0,
        divisor: 1,
        rounds: true,
        mismatch_control: true,
    }
}
