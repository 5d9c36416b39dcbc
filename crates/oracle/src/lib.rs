//! The reference codecs, each behind a C shim that hides its versioned symbols and large structs.
//!
//! These are test-time tools: the published crates know nothing of them.

#![allow(unsafe_code, reason = "C shims")]

pub mod bench;
pub mod ffmpeg;
pub mod golden;
#[cfg(feature = "jpeg")]
pub mod jpeg;
mod pictures;
#[cfg(feature = "jpeg")]
pub mod turbojpeg;
#[cfg(feature = "webp")]
pub mod webp;
#[cfg(feature = "x264")]
pub mod x264;
#[cfg(feature = "x265")]
pub mod x265;

pub use pictures::{checksums, difference, planes};
