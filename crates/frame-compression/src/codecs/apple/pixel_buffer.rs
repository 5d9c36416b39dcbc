//! CoreVideo's pixel buffers as packed BGRA8, and back.

use std::ptr;

use objc2_core_foundation::{CFDictionary, CFRetained, CFString, CFType};
use objc2_core_video::{
    CVPixelBuffer, CVPixelBufferCreate, CVPixelBufferGetBaseAddress, CVPixelBufferGetBytesPerRow,
    CVPixelBufferGetHeight, CVPixelBufferGetPixelFormatType, CVPixelBufferGetWidth,
    CVPixelBufferLockBaseAddress, CVPixelBufferLockFlags, CVPixelBufferUnlockBaseAddress,
    kCVPixelBufferIOSurfacePropertiesKey, kCVPixelFormatType_32BGRA, kCVReturnInvalidPixelFormat,
    kCVReturnInvalidSize,
};

use super::core_foundation::{check, created, dictionary, gave_nothing};
use crate::error::Error;

const BYTES_PER_PIXEL: usize = 4;

/// A buffer with its memory mapped, for as long as this lives.
struct Locked<'a> {
    buffer: &'a CVPixelBuffer,
    flags: CVPixelBufferLockFlags,
    base: *mut u8,
    bytes_per_row: usize,
}

impl<'a> Locked<'a> {
    /// Maps the buffer, of which rows of `width` pixels will be used.
    fn new(buffer: &'a CVPixelBuffer, flags: CVPixelBufferLockFlags, width: usize) -> Result<Self, Error> {
        // SAFETY: the buffer is alive; a lock that succeeds is undone once, by Drop.
        check("CVPixelBufferLockBaseAddress", unsafe { CVPixelBufferLockBaseAddress(buffer, flags) })?;
        let base = CVPixelBufferGetBaseAddress(buffer).cast::<u8>();
        let locked = Self { buffer, flags, base, bytes_per_row: CVPixelBufferGetBytesPerRow(buffer) };
        if locked.base.is_null() || locked.bytes_per_row < width * BYTES_PER_PIXEL {
            return Err(gave_nothing("CVPixelBufferGetBaseAddress"));
        }
        Ok(locked)
    }

    /// The start of row `y`.
    ///
    /// # Safety
    /// `y` is less than the buffer's height.
    unsafe fn row(&self, y: usize) -> *mut u8 {
        // SAFETY: the mapped memory has `bytes_per_row` bytes for each row of the buffer's height.
        unsafe { self.base.add(y * self.bytes_per_row) }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // SAFETY: locked by `new` with the same flags. That unlocking fails leaves nothing to do.
        unsafe { CVPixelBufferUnlockBaseAddress(self.buffer, self.flags) };
    }
}

/// Copies packed BGRA8 into a new pixel buffer.
pub(super) fn from_bgra(
    bgra: &[u8],
    width: usize,
    height: usize,
) -> Result<CFRetained<CVPixelBuffer>, Error> {
    let none = CFDictionary::<CFString, CFType>::empty();
    // The hardware encoders of iOS take memory that other processors can see; for all others it changes nothing.
    // SAFETY: a constant of CoreVideo.
    let attributes = dictionary([unsafe { kCVPixelBufferIOSurfacePropertiesKey }], [none.as_opaque()]);
    let mut buffer = ptr::null_mut();
    // SAFETY: the attributes are of the types that CoreVideo documents, and the out-pointer is valid.
    let buffer = unsafe {
        let status = CVPixelBufferCreate(
            None,
            width,
            height,
            kCVPixelFormatType_32BGRA,
            Some(attributes.as_opaque()),
            ptr::NonNull::from(&mut buffer),
        );
        created("CVPixelBufferCreate", status, buffer)?
    };
    let locked = Locked::new(&buffer, CVPixelBufferLockFlags(0), width)?;
    for (y, row) in bgra.chunks_exact(width * BYTES_PER_PIXEL).take(height).enumerate() {
        // SAFETY: `y` is below the height that the buffer was made with, and its rows have room for the width
        // (`Locked::new`); memory of CoreVideo and of this slice cannot overlap.
        unsafe { ptr::copy_nonoverlapping(row.as_ptr(), locked.row(y), row.len()) };
    }
    drop(locked);
    Ok(buffer)
}

/// Copies a pixel buffer of the given size into packed BGRA8.
pub(super) fn to_bgra(
    buffer: &CVPixelBuffer,
    bgra: &mut [u8],
    width: usize,
    height: usize,
) -> Result<(), Error> {
    if CVPixelBufferGetPixelFormatType(buffer) != kCVPixelFormatType_32BGRA {
        return check("CVPixelBufferGetPixelFormatType", kCVReturnInvalidPixelFormat);
    }
    if (CVPixelBufferGetWidth(buffer), CVPixelBufferGetHeight(buffer)) != (width, height) {
        return check("CVPixelBufferGetWidth", kCVReturnInvalidSize);
    }
    let locked = Locked::new(buffer, CVPixelBufferLockFlags::ReadOnly, width)?;
    for (y, row) in bgra.chunks_exact_mut(width * BYTES_PER_PIXEL).take(height).enumerate() {
        // SAFETY: `y` is below the buffer's height, and its rows have at least the width (checked above and in
        // `Locked::new`); memory of CoreVideo and of this slice cannot overlap.
        unsafe { ptr::copy_nonoverlapping(locked.row(y), row.as_mut_ptr(), row.len()) };
    }
    Ok(())
}
