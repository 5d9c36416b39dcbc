//! libx264: CRF, one IDR frame, or a clip.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{self, NonNull};

use frame_compression::{Component, Planes, Subsampling};

#[repr(C)]
struct Raw {
    _private: [u8; 0],
}

/// What the shim is asked for; its strings and list are borrowed.
#[repr(C)]
struct RawSettings {
    crf: f32,
    preset: *const c_char,
    tune: *const c_char,
    profile: *const c_char,
    fps_num: c_int,
    fps_den: c_int,
    threads: c_int,
    cheap: c_int,
    options: *const *const c_char,
}

unsafe extern "C" {
    fn oracle_x264_open(width: c_int, height: c_int, settings: *const RawSettings) -> *mut Raw;
    fn oracle_x264_close(oracle: *mut Raw);
    fn oracle_x264_encode(
        oracle: *mut Raw,
        y: *const u8,
        cb: *const u8,
        cr: *const u8,
        width: c_int,
    ) -> c_int;
    fn oracle_x264_feed(
        oracle: *mut Raw,
        y: *const u8,
        cb: *const u8,
        cr: *const u8,
        width: c_int,
        place: *mut i64,
    ) -> c_int;
    fn oracle_x264_report(oracle: *const Raw) -> *const c_char;
    fn oracle_x264_is_idr(oracle: *const Raw) -> c_int;
    fn oracle_x264_delayed(oracle: *const Raw) -> c_int;
    fn oracle_x264_bitstream(oracle: *const Raw, size: *mut c_int) -> *const u8;
    fn oracle_x264_plane(oracle: *const Raw, plane: c_int, stride: *mut c_int) -> *const u8;
    fn oracle_x264_build() -> c_int;
    fn oracle_x264_version() -> *const c_char;
}

/// What the library is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The CRF.
    pub crf: f32,
    /// A preset by its name.
    pub preset: String,
    /// A tune by its name, or several with commas between.
    pub tune: Option<String>,
    /// A profile by its name.
    pub profile: Option<String>,
    /// Frames per second: numerator and denominator.
    pub fps: (u32, u32),
    /// Threads, each of which makes a slice of its own.
    pub threads: usize,
    /// The fewest tools that give the same picture for CRFs from 3.84 upwards: no lookahead, CAVLC. Veryfast only.
    pub cheap: bool,
    /// Parameters by the library's names, and `intra`: `none`, `i4x4`, `i8x8` or `i4x4,i8x8`.
    pub options: Vec<(String, String)>,
}

impl Settings {
    /// Preset veryfast, 1 frame a second, one thread.
    pub fn crf(crf: f32) -> Self {
        Self {
            crf,
            preset: "veryfast".to_owned(),
            tune: None,
            profile: None,
            fps: (1, 1),
            threads: 1,
            cheap: false,
            options: Vec::new(),
        }
    }

    /// With the parts of a text that the engine under test reads too: `preset=medium:tune=film:fps=25:subme=6`.
    /// `machine=arm64` is the search that the library makes there, and on x86-64 without its assembly.
    ///
    /// # Panics
    /// Where a part has no value or a number is none.
    pub fn with(mut self, text: &str) -> Self {
        for part in text.split(':').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or_else(|| panic!("no value: {part}"));
            let number = |text: &str| text.parse::<u32>().unwrap_or_else(|_| panic!("no number: {part}"));
            match name {
                "preset" => self.preset = value.to_owned(),
                "tune" => self.tune = Some(value.to_owned()).filter(|tune| tune != "none"),
                "machine" if value == "arm64" => self.options.push(("asm".to_owned(), "0".to_owned())),
                "profile" => self.profile = Some(value.to_owned()),
                "fps" => {
                    let (num, den) = value.split_once('/').unwrap_or((value, "1"));
                    self.fps = (number(num), number(den));
                }
                "slices" => self.threads = number(value) as usize,
                _ => self.options.push((name.to_owned(), value.to_owned())),
            }
        }
        self
    }
}

/// A picture in three planes without padding, as the encoder wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    width: usize,
    height: usize,
    planes: [Vec<u8>; 3],
}

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

impl From<&Planes> for Frame {
    fn from(planes: &Planes) -> Self {
        assert_eq!(planes.subsampling(), Subsampling::S420);
        let packed = COMPONENTS.map(|component| {
            let rows = 0..planes.size(component).1;
            rows.flat_map(|y| planes.row(component, y).iter().copied()).collect()
        });
        Self { width: planes.width(), height: planes.height(), planes: packed }
    }
}

/// An open encoder.
#[derive(Debug)]
pub struct Encoder {
    raw: NonNull<Raw>,
    width: usize,
    height: usize,
    coded: bool,
}

impl Encoder {
    /// Opens an encoder for pictures of even sides.
    ///
    /// # Panics
    /// If the library refuses.
    pub fn open(width: usize, height: usize, settings: &Settings) -> Self {
        let text = |text: &str| CString::new(text).expect("a text without zeros");
        let preset = text(&settings.preset);
        let [tune, profile] = [&settings.tune, &settings.profile].map(|name| name.as_deref().map(text));
        let options: Vec<CString> =
            settings.options.iter().flat_map(|(name, value)| [text(name), text(value)]).collect();
        let list: Vec<*const c_char> =
            options.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect();
        let or_null = |text: &Option<CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
        let raw = RawSettings {
            crf: settings.crf,
            preset: preset.as_ptr(),
            tune: or_null(&tune),
            profile: or_null(&profile),
            fps_num: settings.fps.0 as c_int,
            fps_den: settings.fps.1 as c_int,
            threads: settings.threads as c_int,
            cheap: settings.cheap.into(),
            options: list.as_ptr(),
        };
        // SAFETY: the shim takes any numbers, the library checks them; the strings end in 0, the list has pairs of them
        // and ends in NULL, and all of them live until the call is over.
        let raw = unsafe { oracle_x264_open(width as c_int, height as c_int, &raw) };
        let raw =
            NonNull::new(raw).unwrap_or_else(|| panic!("libx264 refuses {width}x{height}, {settings:?}"));
        Self { raw, width, height, coded: false }
    }

    /// Codes a picture.
    ///
    /// # Panics
    /// If the library fails or the picture is not of the encoder's size.
    pub fn encode(&mut self, frame: &Frame) {
        let (width, height) = (self.width, self.height);
        assert_eq!((frame.width, frame.height), (width, height));
        let [y, cb, cr] = &frame.planes;
        assert_eq!((y.len(), cb.len(), cr.len()), (width * height, width * height / 4, width * height / 4));
        self.coded = false;
        // SAFETY: the encoder is open, and the planes are as large as its size says, checked above.
        let result = unsafe {
            oracle_x264_encode(self.raw.as_ptr(), y.as_ptr(), cb.as_ptr(), cr.as_ptr(), width as c_int)
        };
        assert_eq!(result, 0, "libx264 fails to code a frame");
        self.coded = true;
    }

    /// Feeds the next frame of a clip, or none once it is over; the place of the frame that came out, if one did.
    ///
    /// # Panics
    /// If the library fails or the frame is not of the encoder's size.
    pub fn feed(&mut self, frame: Option<&Frame>) -> Option<usize> {
        let planes = frame.map_or([ptr::null(); 3], |frame| {
            assert_eq!((frame.width, frame.height), (self.width, self.height));
            frame.planes.each_ref().map(|plane| plane.as_ptr())
        });
        self.coded = false;
        let mut place = 0;
        let [y, cb, cr] = planes;
        // SAFETY: the encoder is open; the planes are NULL, or as large as its size says: `Frame` makes them so.
        let result =
            unsafe { oracle_x264_feed(self.raw.as_ptr(), y, cb, cr, self.width as c_int, &mut place) };
        assert!(result >= 0, "libx264 fails to code a frame");
        self.coded = result > 0;
        self.coded.then_some(place as usize)
    }

    /// What the library says of the frame that came out last.
    ///
    /// # Panics
    /// If no frame came out, or it says it in other words.
    pub fn report(&self) -> FrameReport {
        assert!(self.coded);
        // SAFETY: the encoder is open; the text ends in 0 and stays until the next frame, for which `feed` borrows mutably.
        let (text, is_idr) = unsafe {
            let raw = self.raw.as_ptr();
            (CStr::from_ptr(oracle_x264_report(raw)), oracle_x264_is_idr(raw) != 0)
        };
        let text = text.to_str().expect("plain text");
        let value = |name: &str| {
            let rest = text.split_once(name).unwrap_or_else(|| panic!("{name} in {text:?}")).1.trim_start();
            rest.split_whitespace().next().unwrap_or_default().to_owned()
        };
        let count =
            |name: &str| value(name).parse().unwrap_or_else(|_| panic!("a number after {name} in {text:?}"));
        FrameReport {
            kind: if is_idr { "IDR".to_owned() } else { value("Slice:") },
            quantiser: value("QP="),
            macroblocks: [count(" I:"), count(" P:"), count("SKIP:")],
        }
    }

    /// How many frames that were fed have not come out.
    pub fn delayed(&self) -> usize {
        // SAFETY: the encoder is open.
        (unsafe { oracle_x264_delayed(self.raw.as_ptr()) }) as usize
    }

    /// The coded picture as an Annex B byte stream.
    ///
    /// # Panics
    /// If no picture has been coded.
    pub fn bitstream(&self) -> &[u8] {
        assert!(self.coded);
        let mut size = 0;
        // SAFETY: a frame has been coded; its bytes stay until the next one, for which `encode` borrows mutably.
        unsafe {
            let bytes = oracle_x264_bitstream(self.raw.as_ptr(), &mut size);
            std::slice::from_raw_parts(bytes, size as usize)
        }
    }

    /// The picture that a decoder will show.
    ///
    /// # Panics
    /// If no picture has been coded.
    pub fn reconstruction(&self) -> Planes {
        let mut planes =
            Planes::new(self.width, self.height, Subsampling::S420).expect("even sides in range");
        for y in 0..self.height {
            planes.row_mut(Component::Y, y).copy_from_slice(self.row(0, y));
        }
        for y in 0..self.height / 2 {
            let row = self.row(1, y);
            for (first, component) in [Component::Cb, Component::Cr].into_iter().enumerate() {
                let samples = planes.row_mut(component, y).iter_mut();
                for (to, from) in samples.zip(row.iter().skip(first).step_by(2)) {
                    *to = *from;
                }
            }
        }
        planes
    }

    /// A row of the reconstruction: of luma (plane 0), or of Cb and Cr in turn (plane 1).
    fn row(&self, plane: c_int, y: usize) -> &[u8] {
        assert!(self.coded && y < self.height >> plane);
        let mut stride = 0;
        // SAFETY: a frame has been coded, so both planes exist with `height` (half of it for plane 1) rows of at
        // least `width` bytes; they stay until the next frame, for which `encode` borrows mutably.
        unsafe {
            let samples = oracle_x264_plane(self.raw.as_ptr(), plane, &mut stride);
            std::slice::from_raw_parts(samples.offset(y as isize * stride as isize), self.width)
        }
    }
}

/// What the library says of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameReport {
    /// `IDR`, `I`, `P` or `B`.
    pub kind: String,
    /// The mean of the macroblocks', with two digits after the point.
    pub quantiser: String,
    /// How many are intra, predicted and skipped.
    pub macroblocks: [u32; 3],
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: opened by `open` and closed only here.
        unsafe { oracle_x264_close(self.raw.as_ptr()) }
    }
}

/// The picture that coding with libx264 and decoding leaves.
///
/// # Panics
/// If the library fails.
pub fn reconstruct(planes: &Planes, settings: &Settings) -> Planes {
    let mut encoder = Encoder::open(planes.width(), planes.height(), settings);
    encoder.encode(&Frame::from(planes));
    encoder.reconstruction()
}

/// The frames, in the order in which they are shown, that coding a clip with libx264 and decoding leaves.
///
/// # Panics
/// If the library fails, or the clip is empty.
pub fn reconstruct_clip(frames: &[Planes], settings: &Settings) -> Vec<Planes> {
    reconstruct_clip_with_reports(frames, settings).into_iter().map(|(planes, _)| planes).collect()
}

/// The same, with what the library says of each frame.
///
/// # Panics
/// If the library fails, or the clip is empty.
pub fn reconstruct_clip_with_reports(frames: &[Planes], settings: &Settings) -> Vec<(Planes, FrameReport)> {
    let mut encoder = Encoder::open(frames[0].width(), frames[0].height(), settings);
    let mut shown = vec![None; frames.len()];
    for planes in frames {
        if let Some(place) = encoder.feed(Some(&Frame::from(planes))) {
            shown[place] = Some((encoder.reconstruction(), encoder.report()));
        }
    }
    while encoder.delayed() > 0 {
        if let Some(place) = encoder.feed(None) {
            shown[place] = Some((encoder.reconstruction(), encoder.report()));
        }
    }
    shown.into_iter().map(|frame| frame.expect("every frame comes out")).collect()
}

/// The library's version: the build of its interface and its release.
pub fn version() -> String {
    // SAFETY: both calls only read constants; the string is static and ends in 0.
    let (build, release) = unsafe { (oracle_x264_build(), CStr::from_ptr(oracle_x264_version())) };
    format!("libx264 build {build} ({})", release.to_string_lossy())
}
