//! libjpeg-turbo, as a caller who sets nothing but strength and subsampling has it.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use frame_compression::Subsampling;

/// How strongly libjpeg is to compress.
#[derive(Debug, Clone, Copy)]
pub enum Strength<'a> {
    /// Its quality, 1 to 100.
    Quality(u8),
    /// Steps of luma and of chroma, row by row.
    Tables(&'a [[u16; 64]; 2]),
}

const MESSAGE_SIZE: usize = 200;

unsafe extern "C" {
    fn oracle_jpeg_round_trip(
        rgb: *const u8,
        width: c_int,
        height: c_int,
        quality: c_int,
        tables: *const u16,
        across: c_int,
        down: c_int,
        decoded: *mut u8,
        message: *mut c_char,
    ) -> c_int;
    fn oracle_jpeg_version() -> *const c_char;
}

/// The version of libjpeg-turbo.
pub fn version() -> String {
    // SAFETY: the shim gives a literal.
    unsafe { CStr::from_ptr(oracle_jpeg_version()) }.to_string_lossy().into_owned()
}

/// Luma's sampling factors, 0 for greyscale.
fn sampling_factors(subsampling: Subsampling) -> (c_int, c_int) {
    match subsampling {
        Subsampling::S420 => (2, 2),
        Subsampling::S422 => (2, 1),
        Subsampling::S444 => (1, 1),
        Subsampling::S440 => (1, 2),
        Subsampling::S411 => (4, 1),
        Subsampling::Grey => (0, 0),
        other => panic!("libjpeg's factors for {other} are not known here"),
    }
}

/// Compresses packed RGB and decompresses it again.
///
/// # Panics
/// Where libjpeg fails, or `rgb` does not hold `width * height` pixels.
pub fn round_trip(
    rgb: &[u8],
    width: usize,
    height: usize,
    strength: Strength<'_>,
    subsampling: Subsampling,
) -> Vec<u8> {
    assert_eq!(rgb.len(), width * height * 3);
    let (quality, tables) = match strength {
        Strength::Quality(quality) => (c_int::from(quality), ptr::null()),
        Strength::Tables(tables) => (0, tables.as_ptr().cast::<u16>()),
    };
    let (across, down) = sampling_factors(subsampling);
    let mut decoded = vec![0; rgb.len()];
    let mut message: [c_char; MESSAGE_SIZE] = [0; MESSAGE_SIZE];
    // SAFETY: `rgb` and `decoded` hold width * height * 3 bytes (asserted above), `tables` is null or 128 steps,
    // `message` has the size that the shim asks for; all of them outlive the call, which keeps no pointer.
    let failed = unsafe {
        oracle_jpeg_round_trip(
            rgb.as_ptr(),
            width as c_int,
            height as c_int,
            quality,
            tables,
            across,
            down,
            decoded.as_mut_ptr(),
            message.as_mut_ptr(),
        )
    };
    if failed != 0 {
        // SAFETY: libjpeg ends its messages with a zero, and the array was zeroed.
        let message = unsafe { CStr::from_ptr(message.as_ptr()) };
        panic!("libjpeg, {width}x{height}, {strength:?}, {subsampling}: {}", message.to_string_lossy());
    }
    decoded
}
