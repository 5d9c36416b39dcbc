//! Motion JPEG: one frame of FFmpeg's encoder `mjpeg`, decoded by FFmpeg. Not the picture that libjpeg-turbo gives: other
//! tables, another DCT.

mod settings;

pub use settings::Mjpeg;

use crate::codecs::mpeg::{MATRIX, Steps};

/// The quantisation at a scale of 1..=31: one table for luma and chroma.
pub(crate) fn steps(qscale: u8) -> Steps {
    Steps {
        mean: 8,
        factors: MATRIX.map(|weight| ((i16::from(weight) * i16::from(qscale)) >> 3).min(255)),
        shift: 0,
        middle: 0,
        divisor: 16,
        rounds: true,
        mismatch_control: false,
    }
}
