//! The clip that a C program holds.

use frame_compression::ClipCompressor;

use crate::call::Refusal;
use crate::settings::fc_settings;

/// A clip on its way through a codec: frames go in one by one, and come out as they are shown. Opaque.
#[allow(non_camel_case_types)]
pub struct fc_clip(ClipCompressor);

impl fc_clip {
    /// A clip of these settings; numbers below 0 are those of the codec.
    ///
    /// # Safety
    /// `settings.codec` is null or points to a text that is ended by a NUL.
    pub(crate) unsafe fn new(settings: &fc_settings, keyint: i32, bframes: i32) -> Result<Self, Refusal> {
        // SAFETY: this function's caller guarantees it.
        let (settings, value_range) = unsafe { settings.read() }?;
        let mut clip = ClipCompressor::new(settings).value_range(value_range);
        if let Ok(keyint) = keyint.try_into() {
            clip = clip.keyint(keyint)?;
        }
        if let Ok(bframes) = bframes.try_into() {
            clip = clip.bframes(bframes)?;
        }
        Ok(Self(clip))
    }

    pub(crate) fn inner(&mut self) -> &mut ClipCompressor {
        &mut self.0
    }
}
