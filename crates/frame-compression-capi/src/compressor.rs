//! The compressor that a C program holds.

use frame_compression::FrameCompressor;

/// A codec with its settings and its memory, for many images. Opaque.
#[allow(non_camel_case_types)]
pub struct fc_compressor(FrameCompressor);

impl fc_compressor {
    pub(crate) fn new(compressor: FrameCompressor) -> Self {
        Self(compressor)
    }

    pub(crate) fn inner(&mut self) -> &mut FrameCompressor {
        &mut self.0
    }
}
