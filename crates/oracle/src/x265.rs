//! libx265: what it makes of one intra picture.

use std::ffi::{CStr, CString, c_char, c_double, c_int, c_long};
use std::fmt;
use std::time::Duration;

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
    tune: *const c_char,
    crf: c_double,
    fps_num: u32,
    fps_den: u32,
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

/// What the library is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The CRF, used as given: it should have two decimals at most.
    pub crf: f64,
    /// A preset by its name.
    pub preset: String,
    /// A tune by its name.
    pub tune: Option<String>,
    /// Frames per second: numerator and denominator.
    pub fps: (u32, u32),
}

impl Settings {
    /// Preset veryfast, no tune, 1 frame a second.
    pub fn crf(crf: f64) -> Self {
        Self { crf, preset: "veryfast".to_owned(), tune: None, fps: (1, 1) }
    }

    /// The same with a preset.
    pub fn preset(self, preset: &str) -> Self {
        Self { preset: preset.to_owned(), ..self }
    }
}

/// `crf 23 preset medium tune grain fps 25/1`
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tune, (num, den)) = (self.tune.as_deref().unwrap_or("none"), self.fps);
        write!(f, "crf {} preset {} tune {tune} fps {num}/{den}", self.crf, self.preset)
    }
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

/// Encodes a picture of even sides as one IDR frame.
///
/// # Panics
/// If libx265 refuses the picture.
pub fn encode(planes: &Planes, settings: &Settings) -> Encoded {
    let (width, height) = (planes.width(), planes.height());
    let mut samples = packed(planes);
    let name = |name: &str| CString::new(name).expect("names hold no zero");
    let (preset, pools) = (name(&settings.preset), name("1"));
    let tune = settings.tune.as_deref().map(name);
    let mut picture = RawPicture {
        width: width.try_into().expect("sides are small"),
        height: height.try_into().expect("sides are small"),
        samples: samples.as_mut_ptr(),
    };
    let raw = RawSettings {
        preset: preset.as_ptr(),
        tune: tune.as_ref().map_or(std::ptr::null(), |tune| tune.as_ptr()),
        crf: settings.crf,
        fps_num: settings.fps.0,
        fps_den: settings.fps.1,
        pools: pools.as_ptr(),
    };
    let (mut stream, mut nanoseconds) = (std::ptr::null_mut(), 0);
    // SAFETY: `samples` holds the packed planes of the picture's size and outlives the call, as do the strings;
    // the shim writes the two results and frees all else that it makes.
    let length = unsafe { oracle_x265_encode(&mut picture, &raw, &mut stream, &mut nanoseconds) };
    let length =
        usize::try_from(length).unwrap_or_else(|_| panic!("libx265 refused {width}x{height}, {settings}"));
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
pub fn reconstruct(planes: &Planes, settings: &Settings) -> Planes {
    encode(planes, settings).reconstruction
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
