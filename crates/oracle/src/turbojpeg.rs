//! TurboJPEG with its defaults: what a benchmark compares with. (It transforms less exactly than libjpeg does by
//! default, so it is no oracle.)

use std::ffi::c_int;
use std::ptr::NonNull;

#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn oracle_turbojpeg_new() -> *mut Opaque;
    fn oracle_turbojpeg_free(turbo: *mut Opaque);
    fn oracle_turbojpeg_round_trip(
        turbo: *mut Opaque,
        rgb: *const u8,
        width: c_int,
        height: c_int,
        quality: c_int,
        decoded: *mut u8,
    ) -> c_int;
}

/// A compressor, a decompressor, and the memory between them.
#[derive(Debug)]
pub struct TurboJpeg(NonNull<Opaque>);

impl TurboJpeg {
    /// A pair that has seen no picture yet.
    ///
    /// # Panics
    /// Where there is no memory.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        // SAFETY: the function takes nothing.
        Self(NonNull::new(unsafe { oracle_turbojpeg_new() }).expect("TurboJPEG's handles"))
    }

    /// Compresses packed RGB in 4:2:0 and decompresses it again.
    ///
    /// # Panics
    /// Where TurboJPEG fails, or a buffer does not hold `width * height` pixels.
    pub fn round_trip(&mut self, rgb: &[u8], width: usize, height: usize, quality: u8, decoded: &mut [u8]) {
        assert_eq!((rgb.len(), decoded.len()), (width * height * 3, width * height * 3));
        // SAFETY: the handle is alive until it is dropped, and both buffers have the size asserted above.
        let failed = unsafe {
            oracle_turbojpeg_round_trip(
                self.0.as_ptr(),
                rgb.as_ptr(),
                width as c_int,
                height as c_int,
                c_int::from(quality),
                decoded.as_mut_ptr(),
            )
        };
        assert_eq!(failed, 0, "TurboJPEG, {width}x{height}, quality {quality}");
    }
}

impl Drop for TurboJpeg {
    fn drop(&mut self) {
        // SAFETY: made by `oracle_turbojpeg_new`, and freed here only.
        unsafe { oracle_turbojpeg_free(self.0.as_ptr()) }
    }
}
