//! RGB to Y, Cb, Cr and back: one file per convention.

pub(crate) mod ffmpeg;
pub(crate) mod jfif;
mod picture;
pub(crate) mod video;
mod ways;

pub(crate) use picture::Picture;
pub use ways::{Colours, Machine};
