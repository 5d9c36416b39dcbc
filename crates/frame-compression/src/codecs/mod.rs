//! One folder for each codec. Codecs never use each other.

pub(crate) mod apple;
pub(crate) mod h264;
pub(crate) mod h265;
pub(crate) mod jpeg;
