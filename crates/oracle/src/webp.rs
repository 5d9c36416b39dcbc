//! libwebp: one lossy picture.

use std::ffi::c_int;
use std::ptr;

use frame_compression::{Component, Planes, Subsampling};

/// What libwebp is told; the rest is as it has it by default.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// 0 to 100.
    pub quality: f32,
    /// 0 to 6.
    pub method: c_int,
    /// 0 to 100.
    pub sns_strength: c_int,
    /// 0 to 100.
    pub filter_strength: c_int,
    /// 0 to 7.
    pub filter_sharpness: c_int,
    /// 0 for the simple filter, 1 for the normal one.
    pub filter_type: c_int,
    /// 1 to 4.
    pub segments: c_int,
}

impl Settings {
    /// libwebp's defaults but for quality and method.
    pub fn new(quality: f32, method: u8) -> Self {
        Self {
            quality,
            method: method.into(),
            sns_strength: 50,
            filter_strength: 60,
            filter_sharpness: 0,
            filter_type: 1,
            segments: 4,
        }
    }
}

unsafe extern "C" {
    fn oracle_webp_encode(
        settings: *const Settings,
        planes: *const [*const u8; 3],
        rgb: c_int,
        width: c_int,
        height: c_int,
        size: *mut usize,
    ) -> *mut u8;
    fn oracle_webp_free(bytes: *mut u8);
    fn oracle_webp_decode_rgb(
        bytes: *const u8,
        size: usize,
        rgb: *mut u8,
        width: c_int,
        height: c_int,
    ) -> c_int;
    fn oracle_webp_decode_planes(
        bytes: *const u8,
        size: usize,
        planes: *const [*mut u8; 3],
        width: c_int,
        height: c_int,
    ) -> c_int;
    fn oracle_webp_version() -> c_int;
}

/// A coded picture.
#[derive(Debug)]
pub struct Coded {
    bytes: ptr::NonNull<u8>,
    size: usize,
    width: usize,
    height: usize,
}

impl Coded {
    fn new(
        planes: [*const u8; 3],
        is_rgb: bool,
        (width, height): (usize, usize),
        settings: Settings,
    ) -> Self {
        let mut size = 0;
        // SAFETY: both callers give planes as large as the size says; the pointers are read during the call alone.
        let bytes = unsafe {
            oracle_webp_encode(&settings, &planes, is_rgb.into(), width as c_int, height as c_int, &mut size)
        };
        let bytes = ptr::NonNull::new(bytes).unwrap_or_else(|| panic!("libwebp refuses {settings:?}"));
        Self { bytes, size, width, height }
    }

    /// Codes packed RGB.
    ///
    /// # Panics
    /// If the size is wrong or the library fails.
    pub fn from_rgb(rgb: &[u8], width: usize, height: usize, settings: Settings) -> Self {
        assert_eq!(rgb.len(), width * height * 3);
        Self::new([rgb.as_ptr(), ptr::null(), ptr::null()], true, (width, height), settings)
    }

    /// Codes Y, Cb, Cr of 4:2:0 without padding.
    ///
    /// # Panics
    /// If the sizes are wrong or the library fails.
    pub fn from_planes(planes: &[Vec<u8>; 3], width: usize, height: usize, settings: Settings) -> Self {
        let chroma = width.div_ceil(2) * height.div_ceil(2);
        assert_eq!(planes.each_ref().map(Vec::len), [width * height, chroma, chroma]);
        Self::new(planes.each_ref().map(|plane| plane.as_ptr()), false, (width, height), settings)
    }

    /// Packed RGB.
    ///
    /// # Panics
    /// If the library fails.
    pub fn rgb(&self) -> Vec<u8> {
        let mut rgb = vec![0; self.width * self.height * 3];
        // SAFETY: the bytes are `size` long, and the room is what packed RGB of this size needs.
        let done = unsafe {
            let (width, height) = (self.width as c_int, self.height as c_int);
            oracle_webp_decode_rgb(self.bytes.as_ptr(), self.size, rgb.as_mut_ptr(), width, height)
        };
        assert_ne!(done, 0, "libwebp fails to decode");
        rgb
    }

    /// Y, Cb, Cr.
    ///
    /// # Panics
    /// If the library fails.
    pub fn planes(&self) -> [Vec<u8>; 3] {
        let chroma = self.width.div_ceil(2) * self.height.div_ceil(2);
        let mut planes = [self.width * self.height, chroma, chroma].map(|samples| vec![0; samples]);
        let pointers = planes.each_mut().map(|plane| plane.as_mut_ptr());
        // SAFETY: the bytes are `size` long, and each plane has room for all its samples without padding.
        let done = unsafe {
            let (width, height) = (self.width as c_int, self.height as c_int);
            oracle_webp_decode_planes(self.bytes.as_ptr(), self.size, &pointers, width, height)
        };
        assert_ne!(done, 0, "libwebp fails to decode");
        planes
    }
}

impl Drop for Coded {
    fn drop(&mut self) {
        // SAFETY: libwebp gave the bytes, and this is the only place that frees them.
        unsafe { oracle_webp_free(self.bytes.as_ptr()) }
    }
}

/// A picture's planes without padding.
///
/// # Panics
/// If it is not 4:2:0.
pub fn packed(planes: &Planes) -> [Vec<u8>; 3] {
    assert_eq!(planes.subsampling(), Subsampling::S420);
    [Component::Y, Component::Cb, Component::Cr].map(|component| {
        let rows = 0..planes.size(component).1;
        rows.flat_map(|y| planes.row(component, y).iter().copied()).collect()
    })
}

/// The library's version.
pub fn version() -> String {
    // SAFETY: reads a constant.
    let version = unsafe { oracle_webp_version() };
    format!("libwebp {}.{}.{}", version >> 16, version >> 8 & 0xff, version & 0xff)
}
