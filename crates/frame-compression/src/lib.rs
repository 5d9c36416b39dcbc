#![doc = include_str!("../README.md")]

mod apply;
mod codec;
mod colour;
mod error;
mod h264;
mod h265;
mod interop;
mod jpeg;
mod planes;
mod platform;
mod sample;
#[allow(dead_code, reason = "a whole vocabulary, tested throughout, of which kernels use what they need")]
mod simd;
mod tensor;

pub use apply::{FrameCompressor, ImageTensor, apply_compression_artifacts};
pub use codec::{Backend, Codec, Crf, Quality, Subsampling, UnknownName};
pub use error::{Error, ErrorKind, MAX_SIDE};
pub use h265::{Preset, X265Version};
pub use jpeg::QuantTables;
pub use planes::{Component, Planes};
pub use sample::{Sample, ValueRange};
pub use simd::simd_level;
pub use tensor::{Tensor, TensorView, TensorViewMut};
