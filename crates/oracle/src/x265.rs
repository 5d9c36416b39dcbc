//! libx265: what it makes of one intra picture.

use std::ffi::{CStr, CString, c_char, c_double, c_int, c_long};
use std::time::Duration;

use frame_compression::H265Preset;
use frame_compression::{Component, Planes, Subsampling};

#[repr(C)]
struct RawPicture {
    width: c_int,
    height: c_int,
    samples: *mut u8,
}

#[repr(C)]
struct RawSettings {
    preset: *const c_char,
    crf: c_double,
    pools: *const c_char,
}

unsafe extern "C" {
    fn oracle_x265_encode(
        picture: *mut RawPicture,
        settings: *const RawSettings,
        stream: *mut *mut u8,
        nanoseconds: *mut i64,
    ) -> c_long;
    fn oracle_x265_free(stream: *mut u8);
    fn oracle_x265_version() -> *const c_char;
}

/// What the encoder gave for a picture.
#[derive(Debug)]
pub struct Encoded {
    /// The picture as a decoder sees it.
    pub reconstruction: Planes,
    /// The stream, with its parameter sets.
    pub stream: Vec<u8>,
    /// How long the calls of the encoder took, the opening and closing aside.
    pub time: Duration,
}

/// Encodes a picture of even sides as one IDR frame. The CRF is used as given, so it should have two decimals at most.
///
/// # Panics
/// If libx265 refuses the picture.
pub fn encode(planes: &Planes, crf: f64, preset: H265Preset) -> Encoded {
    let (width, height) = (planes.width(), planes.height());
    let mut samples = packed(planes);
    let name = |name: &str| CString::new(name).expect("names hold no zero");
    let (preset, pools) = (name(preset.name()), name("1"));
    let mut picture = RawPicture {
        width: width.try_into().expect("sides are small"),
        height: height.try_into().expect("sides are small"),
        samples: samples.as_mut_ptr(),
    };
    let settings = RawSettings { preset: preset.as_ptr(), crf, pools: pools.as_ptr() };
    let (mut stream, mut nanoseconds) = (std::ptr::null_mut(), 0);
    // SAFETY: `samples` holds the packed planes of the picture's size and outlives the call, as do the strings;
    // the shim writes the two results and frees all else that it makes.
    let length = unsafe { oracle_x265_encode(&mut picture, &settings, &mut stream, &mut nanoseconds) };
    let length = usize::try_from(length).unwrap_or_else(|_| panic!("libx265 refused {width}x{height}"));
    // SAFETY: on success the shim gives so many bytes of its own, which are freed once, after they were copied.
    let stream = unsafe {
        let bytes = std::slice::from_raw_parts(stream, length).to_vec();
        oracle_x265_free(stream);
        bytes
    };
    Encoded {
        reconstruction: unpacked(&samples, width, height),
        stream,
        time: Duration::from_nanos(nanoseconds.unsigned_abs()),
    }
}

/// The picture that decoding gives of a picture of even sides.
///
/// # Panics
/// If libx265 refuses the picture.
pub fn reconstruct(planes: &Planes, crf: f64, preset: H265Preset) -> Planes {
    encode(planes, crf, preset).reconstruction
}

/// Y, Cb and Cr, one after another, without padding.
pub fn packed(planes: &Planes) -> Vec<u8> {
    let mut samples = Vec::new();
    for component in [Component::Y, Component::Cb, Component::Cr] {
        for y in 0..planes.size(component).1 {
            samples.extend_from_slice(planes.row(component, y));
        }
    }
    samples
}

/// The planes of a packed picture in 4:2:0.
///
/// # Panics
/// If the samples are fewer than the size needs.
pub fn unpacked(mut samples: &[u8], width: usize, height: usize) -> Planes {
    let mut planes = Planes::new(width, height, Subsampling::S420).expect("the size is that of a picture");
    for component in [Component::Y, Component::Cb, Component::Cr] {
        let (width, height) = planes.size(component);
        for y in 0..height {
            let (row, rest) = samples.split_at(width);
            planes.row_mut(component, y).copy_from_slice(row);
            samples = rest;
        }
    }
    planes
}

/// The library's own words for its release.
pub fn version() -> String {
    // SAFETY: the shim gives a string of the library, which stays.
    let text = unsafe { CStr::from_ptr(oracle_x265_version()) };
    format!("libx265 {}", text.to_string_lossy())
}
