//! Settings as a C program gives them: text for the codec, numbers for what changes from image to image.

#![allow(non_camel_case_types)]

use std::ffi::{CStr, CString, c_char};
use std::sync::OnceLock;

use frame_compression::{Codec, Crf, FrameCompressor, Quality, Settings, ValueRange};

use crate::call::{self, Refusal};
use crate::fc_status;

/// What `fc_settings.strength` means.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_strength {
    /// Nothing: the text says the strength, or it is the default.
    FC_STRENGTH_DEFAULT = 0,
    /// A quality from 0 (worst) to 100 (best). H.264 and H.265 read it as CRF round((100 - q) / 100 * 51).
    FC_STRENGTH_QUALITY = 1,
    /// A CRF from 0 (best) to 51 (worst), fractions allowed. The other codecs read it as quality 100 - crf / 51 * 100.
    FC_STRENGTH_CRF = 2,
}

/// Which numbers of floating-point elements stand for black and white.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_value_range {
    /// -1 to 1.
    FC_RANGE_SIGNED_UNIT = 0,
    /// 0 to 1.
    FC_RANGE_UNIT = 1,
}

/// What to do. All zero but the codec is a full set of defaults: `fc_settings settings = {.codec = "h264"};`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct fc_settings {
    /// The codec, and settings of it that are not to be as by default, each after a colon, as text ended by a NUL:
    /// `"h264"`, `"h265:crf=23:preset=medium"`, `"jpeg:subsampling=444"`, `"h264:backend=videotoolbox"`. A setting that the
    /// codec does not have is refused with the names of those that it has.
    pub codec: *const c_char,
    /// One of `fc_strength`: what `strength` is.
    pub strength_kind: u32,
    /// How strongly to compress.
    pub strength: f32,
    /// One of `fc_value_range`, for inputs and outputs alike.
    pub value_range: u32,
}

/// Finds what a number stands for.
fn named<T, const N: usize>(field: &str, number: u32, values: [(u32, T); N]) -> Result<T, Refusal> {
    let allowed = values.each_ref().map(|(number, _)| number.to_string()).join(", ");
    values.into_iter().find(|(known, _)| *known == number).map(|(_, value)| value).ok_or_else(|| {
        let text = format!("{field} {number} is not allowed: one of {allowed}");
        Refusal::new(fc_status::FC_ERROR_INVALID_VALUE, text)
    })
}

impl fc_settings {
    /// A compressor of these settings.
    ///
    /// # Safety
    /// `codec` is null or points to a text that is ended by a NUL.
    pub(crate) unsafe fn compressor(&self) -> Result<FrameCompressor, Refusal> {
        // SAFETY: this function's caller guarantees it.
        let (settings, value_range) = unsafe { self.read() }?;
        Ok(FrameCompressor::new(settings).value_range(value_range))
    }

    /// What they say to the library.
    ///
    /// # Safety
    /// `codec` is null or points to a text that is ended by a NUL.
    pub(crate) unsafe fn read(&self) -> Result<(Settings, ValueRange), Refusal> {
        use fc_strength::*;
        use fc_value_range::*;

        let ranges =
            [(FC_RANGE_SIGNED_UNIT as u32, ValueRange::SignedUnit), (FC_RANGE_UNIT as u32, ValueRange::Unit)];
        let strengths = [
            (FC_STRENGTH_DEFAULT as u32, FC_STRENGTH_DEFAULT),
            (FC_STRENGTH_QUALITY as u32, FC_STRENGTH_QUALITY),
            (FC_STRENGTH_CRF as u32, FC_STRENGTH_CRF),
        ];
        // SAFETY: this function's caller guarantees it.
        let mut settings = unsafe { text(self.codec, "codec") }?.parse::<Settings>()?;
        match named("strength_kind", self.strength_kind, strengths)? {
            FC_STRENGTH_DEFAULT => {}
            FC_STRENGTH_QUALITY => settings.set_quality(Quality::new(self.strength)?),
            FC_STRENGTH_CRF => settings.set_crf(Crf::new(self.strength)?),
        }
        Ok((settings, named("value_range", self.value_range, ranges)?))
    }
}

/// A text of the caller's. What is not UTF-8 in it becomes signs that no setting has.
///
/// # Safety
/// `pointer` is null or points to a text that is ended by a NUL and stays as it is for `'a`.
pub(crate) unsafe fn text<'a>(
    pointer: *const c_char,
    name: &str,
) -> Result<std::borrow::Cow<'a, str>, Refusal> {
    call::place(pointer.cast_mut(), name)?;
    // SAFETY: not null, and the rest is guaranteed by the caller.
    Ok(unsafe { CStr::from_ptr(pointer) }.to_string_lossy())
}

/// The name of the codec of a number, or null.
pub(crate) fn codec_name(index: usize) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    let names =
        NAMES.get_or_init(|| Codec::ALL.iter().filter_map(|codec| CString::new(codec.name()).ok()).collect());
    names.get(index).map_or(std::ptr::null(), |name| name.as_ptr())
}
