//! RGB to Y, Cb, Cr and back: one file per convention.

pub(crate) mod jfif;
pub(crate) mod video;
