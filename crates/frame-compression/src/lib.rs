#![doc = include_str!("../README.md")]

mod apply;
mod codec;
mod codecs;
mod colour;
mod error;
mod frame_rate;
mod interop;
mod planes;
mod sample;
#[allow(dead_code, reason = "a whole vocabulary, tested throughout, of which kernels use what they need")]
mod simd;
mod tensor;

pub use apply::{FrameCompressor, ImageTensor, apply_compression_artifacts};
pub use codec::{Backend, Codec, Crf, Quality, Subsampling, UnknownName};
pub use codecs::h264::{H264Preset, H264Profile, H264Tune};
pub use codecs::h265::{Preset, X265Version};
pub use codecs::jpeg::QuantTables;
pub use codecs::mpeg::Arithmetic;
#[doc(hidden)]
pub use codecs::webp::{WebP, round_trip};
pub use colour::{Colours, Machine};
pub use error::{Error, ErrorKind, MAX_SIDE};
pub use frame_rate::FrameRate;
pub use planes::{Component, Planes};
pub use sample::{Sample, ValueRange};
pub use simd::simd_level;
pub use tensor::{Tensor, TensorView, TensorViewMut};
