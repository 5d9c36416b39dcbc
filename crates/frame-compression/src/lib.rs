#![doc = include_str!("../README.md")]

mod apply;
mod blocks;
mod clip;
mod codecs;
mod colour;
mod engine;
mod error;
mod frame_rate;
mod interop;
mod like;
pub mod ltx;
mod names;
mod planes;
mod quality;
pub mod recipes;
mod sample;
mod settings;
#[allow(dead_code, reason = "a whole vocabulary, tested throughout, of which kernels use what they need")]
mod simd;
mod statistics;
mod tensor;
mod threads;

pub use apply::{FrameCompressor, ImageTensor, apply_compression_artifacts};
pub use clip::{ClipCompressor, ClipTensor, apply_to_clip};
pub use codecs::apple::Apple;
pub use codecs::h264::{Cores, H264, H264Preset, H264Profile, H264Tune};
pub use codecs::h265::{H265, Preset as H265Preset, Tune as H265Tune, X265Version};
pub use codecs::jpeg::{Jpeg, QuantTables};
pub use codecs::mjpeg::Mjpeg;
pub use codecs::mpeg::Arithmetic;
pub use codecs::mpeg2::Mpeg2;
pub use codecs::mpeg4::Mpeg4;
pub use codecs::webp::{WebP, WebPFilter};
pub use colour::{Colours, Machine};
pub use error::{Error, ErrorKind, MAX_SIDE};
pub use frame_rate::FrameRate;
pub use like::Like;
pub use names::{Backend, Codec, Subsampling, UnknownName};
pub use planes::{Component, Planes};
pub use quality::{Crf, Quality};
pub use sample::{Sample, ValueRange};
pub use settings::{Setting, SettingKind, Settings};
pub use simd::simd_level;
pub use statistics::{FrameKind, FrameStatistics};
pub use tensor::{Tensor, TensorView, TensorViewMut};

/// H.264 with everything that x264 can be told, for the comparison with x264 itself: `preset=medium:tune=film:fps=25`.
///
/// # Errors
/// The part of the text that is not known.
#[doc(hidden)]
pub fn reconstruct_h264(planes: &mut Planes, crf: f32, parameters: &str) -> Result<(), UnknownName> {
    let parameters = codecs::h264::Parameters::read(crf, parameters)?;
    codecs::h264::Reconstruction::default().reconstruct_with(planes, &parameters);
    Ok(())
}

/// A clip by H.264, frame by frame, for the comparison with x264 itself.
///
/// # Errors
/// The part of the text that is not known.
#[doc(hidden)]
pub fn reconstruct_h264_clip(
    frames: &mut [Planes],
    crf: f32,
    parameters: &str,
    keyint: u32,
) -> Result<(), UnknownName> {
    let parameters = codecs::h264::Parameters::read(crf, parameters)?.keyint(keyint);
    let mut clip = codecs::h264::Clip::default();
    let mut shown = 0;
    for i in 0..frames.len() {
        clip.push(&mut frames[i], &parameters);
        let is_last = i + 1 == frames.len();
        let wait = if is_last { codecs::h264::Wait::Nothing } else { codecs::h264::Wait::Beside };
        while shown <= i && clip.next(&mut frames[shown], wait) {
            shown += 1;
        }
    }
    Ok(())
}

/// The examples of the guides are run as those of this documentation are.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../../docs/rust.md")]
    struct Rust;
    #[doc = include_str!("../../../docs/clips.md")]
    struct Clips;
    #[doc = include_str!("../../../docs/apple.md")]
    struct AppleGuide;
}
