//! One folder for each codec. Codecs never use each other; what several of them are made of has a module of its own.

#[allow(unsafe_code, reason = "C frameworks")]
pub(crate) mod apple;
mod dct;
pub(crate) mod h264;
pub(crate) mod h265;
pub(crate) mod jpeg;
pub(crate) mod mjpeg;
pub(crate) mod mpeg;
pub(crate) mod mpeg2;
pub(crate) mod mpeg4;
pub(crate) mod webp;
