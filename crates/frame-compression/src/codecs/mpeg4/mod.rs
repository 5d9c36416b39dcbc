//! MPEG-4 part 2 (ISO/IEC 14496-2): one intra frame of FFmpeg's encoder `mpeg4`, which quantises as H.263 does.

mod settings;

pub use settings::Mpeg4;

use crate::codecs::mpeg::Steps;

/// The steps of the mean by scale from 1 on (7.4.1.1), of luma and of chroma.
const LUMA_MEANS: [u8; 31] = [
    8, 8, 8, 8, 10, 12, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34, 36, 38,
    40, 42, 44, 46,
];
const CHROMA_MEANS: [u8; 31] = [
    8, 8, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19, 20, 21, 22,
    23, 24, 25,
];

/// The quantisation at a scale of 1..=31, of luma and of chroma.
pub(crate) fn steps(qscale: u8) -> [Steps; 2] {
    let scale = i16::from(qscale);
    [LUMA_MEANS, CHROMA_MEANS].map(|means| Steps {
        mean: means[usize::from(qscale) - 1],
        factors: [2 * scale; 64],
        shift: 0,
        middle: scale - i16::from(qscale.is_multiple_of(2)),
        divisor: 16,
        rounds: false,
        mismatch_control: false,
    })
}
