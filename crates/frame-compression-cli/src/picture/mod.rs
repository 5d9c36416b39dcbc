//! Picture files: read into 8-bit RGB with what has to stay as it was beside it, written without loss.
//!
//! The Python package reads encoded pictures through [`Picture::decode`] too, so that both faces give the same pixels.

mod bmp;
mod chunks;
mod format;
mod jpeg;
mod orientation;
mod tiff;
mod write;

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use frame_compression::MAX_SIDE;
use image::codecs::bmp::BmpDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageDecoder, ImageError, Limits};

pub use chunks::Chunk;
use chunks::Said;
pub(crate) use format::{Format, HEAD, Kind, NamedFormat, is_readable_name};
use orientation::Orientation;

use crate::panics;

/// Why a picture cannot be read. The messages go on from the file's name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot be read: {0}")]
    File(#[from] io::Error),
    /// The first bytes are those of no known picture format.
    #[error("is no picture of a known format (PNG, JPEG, WebP, TIFF or BMP)")]
    UnknownFormat,
    /// The file is a picture of a format that is not read.
    #[error("is a picture in {0} format, which is not supported (PNG, JPEG, WebP, TIFF and BMP are)")]
    OtherFormat(
        /// The format's name.
        &'static str,
    ),
    /// The file is damaged, or uses a part of its format that is not supported.
    #[error("cannot be decoded: {0}")]
    Decoding(
        /// What is wrong.
        String,
    ),
    /// A side is longer than [`MAX_SIDE`].
    #[error("is {0}x{1} pixels: at most {MAX_SIDE}x{MAX_SIDE} can be coded")]
    TooLarge(
        /// Width in pixels.
        u64,
        /// Height in pixels.
        u64,
    ),
}

/// A picture as the codecs take it, with what they do not see.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picture {
    /// Pixels in a row, at most [`MAX_SIDE`].
    pub width: usize,
    /// Rows, at most [`MAX_SIDE`].
    pub height: usize,
    /// `width * height * 3` samples, the right way up.
    pub rgb: Vec<u8>,
    /// `width * height` samples, 255 for opaque, where the file has them. Colours are not multiplied by it.
    pub alpha: Option<Vec<u8>>,
    /// The ICC profile, where it is one of RGB samples.
    pub profile: Option<Vec<u8>>,
    /// Whether the file has more than 8 bits a sample; they are rounded to 8.
    pub deep: bool,
    /// PNG's chunks that say how the colours are to be shown: gAMA, cHRM, sRGB, cICP, mDCV, cLLI.
    pub colour: Vec<Chunk>,
}

impl Picture {
    /// Decodes the content of a PNG, JPEG, WebP, TIFF or BMP file (told by its first bytes), turns the picture as
    /// its orientation tag says, and brings it to 8 bits a sample. Of several pictures in a file, the first counts.
    ///
    /// JPEG gives the pixels of libjpeg-turbo, WebP those of libwebp, and the others are lossless.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for other formats, for damaged files (cut ones too), and for what is not supported.
    ///
    /// ```
    /// use frame_compression_cli::picture::{Picture, ReadError};
    ///
    /// assert!(matches!(Picture::decode(b"GIF89a"), Err(ReadError::OtherFormat("GIF"))));
    /// ```
    pub fn decode(data: &[u8]) -> Result<Self, ReadError> {
        let decoded = panics::contained(|| Self::decode_kind(data));
        decoded.unwrap_or_else(|message| Err(ReadError::Decoding(format!("the decoder panicked: {message}"))))
    }

    fn decode_kind(data: &[u8]) -> Result<Self, ReadError> {
        match Kind::of(data) {
            Kind::Png => {
                let decoder =
                    PngDecoder::with_limits(Cursor::new(data), limits(png_pixels(data))).map_err(broken)?;
                Self::from_decoder(decoder, chunks::of_png(data))
            }
            Kind::Webp => {
                let decoder = WebPDecoder::new(Cursor::new(data)).map_err(broken)?;
                Self::from_decoder(decoder, chunks::of_webp(data))
            }
            Kind::Bmp => {
                let decoder = BmpDecoder::new(Cursor::new(data)).map_err(broken)?;
                let mut picture = Self::from_decoder(decoder, Said::default())?;
                bmp::spread_levels(data, &mut picture.rgb);
                Ok(picture)
            }
            Kind::Jpeg => Self::from_jpeg(data),
            Kind::Tiff => Self::from_tiff(data),
            Kind::Other(name) => Err(ReadError::OtherFormat(name)),
            Kind::Unknown => Err(ReadError::UnknownFormat),
        }
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, ReadError> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
        }
        Self::read_from(file)
    }

    /// Reads all of a stream, if its first bytes are those of a picture.
    pub(crate) fn read_from(mut stream: impl Read) -> Result<Self, ReadError> {
        let mut data = Vec::new();
        stream.by_ref().take(HEAD as u64).read_to_end(&mut data)?;
        if Kind::of(&data).is_readable() {
            stream.read_to_end(&mut data)?;
        }
        Self::decode(&data)
    }

    fn from_decoder(mut decoder: impl ImageDecoder, said: Said) -> Result<Self, ReadError> {
        let (width, height) = decoder.dimensions();
        if width as usize > MAX_SIDE || height as usize > MAX_SIDE {
            return Err(ReadError::TooLarge(width.into(), height.into()));
        }
        decoder.set_limits(limits(u64::from(width) * u64::from(height))).map_err(broken)?;
        // A profile that cannot be read is no reason to refuse the pixels.
        let profile = decoder.icc_profile().ok().flatten();
        let image = DynamicImage::from_decoder(decoder).map_err(broken)?;
        let color = image.color();
        let deep = color.bytes_per_pixel() > color.channel_count();
        let (rgb, alpha) = if color.has_alpha() {
            let rgba = image.into_rgba8().into_raw();
            let (pixels, _) = rgba.as_chunks::<4>();
            let rgb = pixels.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
            (rgb, Some(pixels.iter().map(|[.., alpha]| *alpha).collect()))
        } else {
            (image.into_rgb8().into_raw(), None)
        };
        let orientation = Orientation::of(said.exif.as_deref(), said.xmp.as_deref());
        let profile = said.profile.or(profile);
        let (width, height) = (width as usize, height as usize);
        let stored = Self { width, height, rgb, alpha, profile, deep, colour: said.colour };
        Ok(stored.upright(orientation))
    }

    fn from_jpeg(data: &[u8]) -> Result<Self, ReadError> {
        let jpeg = jpeg::decode(data, MAX_SIDE).map_err(|error| match error {
            jpeg::JpegError::TooLarge(width, height) => ReadError::TooLarge(width as u64, height as u64),
            error => ReadError::Decoding(error.to_string()),
        })?;
        let jpeg::Jpeg { width, height, rgb, exif, xmp, profile } = jpeg;
        let stored = Self { width, height, rgb, alpha: None, profile, deep: false, colour: Vec::new() };
        Ok(stored.upright(Orientation::of(exif.as_deref(), xmp.as_deref())))
    }

    fn from_tiff(data: &[u8]) -> Result<Self, ReadError> {
        let tiff = tiff::decode(data, MAX_SIDE).map_err(|error| match error {
            tiff::TiffError::TooLarge(width, height) => ReadError::TooLarge(width, height),
            error => ReadError::Decoding(error.to_string()),
        })?;
        let tiff::Tiff { width, height, rgb, alpha, profile, orientation, deep } = tiff;
        let stored = Self { width, height, rgb, alpha, profile, deep, colour: Vec::new() };
        Ok(stored.upright(orientation))
    }

    /// The stored picture turned, with a profile only if it fits.
    fn upright(mut self, orientation: Orientation) -> Self {
        self.profile = self.profile.filter(|profile| is_rgb_profile(profile));
        let (width, height) = (self.width, self.height);
        self.alpha = self.alpha.map(|alpha| orientation.apply(alpha, width, height, 1).0);
        (self.rgb, self.width, self.height) = orientation.apply(self.rgb, width, height, 3);
        self
    }

    /// Drops columns on the right and rows at the bottom.
    pub(crate) fn crop(&mut self, width: usize, height: usize) {
        crop_rows(&mut self.rgb, self.width * 3, width * 3, height);
        if let Some(alpha) = &mut self.alpha {
            crop_rows(alpha, self.width, width, height);
        }
        (self.width, self.height) = (width, height);
    }
}

fn broken(error: ImageError) -> ReadError {
    ReadError::Decoding(error.to_string())
}

/// What a picture of so many pixels may take, with room for what is packed beside them, such as a colour profile. The
/// sides are checked with the library's words.
fn limits(pixels: u64) -> Limits {
    const BESIDE: u64 = 32 << 20;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(pixels.saturating_mul(8).saturating_add(BESIDE).min(MAX_BYTES as u64));
    limits
}

/// How many pixels a PNG file says that it has: its header stands at a fixed place.
fn png_pixels(data: &[u8]) -> u64 {
    let side = |at: usize| match data.get(at..at + 4) {
        Some(&[a, b, c, d]) => u64::from(u32::from_be_bytes([a, b, c, d])),
        _ => 0,
    };
    side(16).saturating_mul(side(20))
}

/// More bytes than any picture here needs: those of 16-bit RGBA at the largest size.
const MAX_BYTES: usize = MAX_SIDE * MAX_SIDE * 8;

/// Whether an ICC profile describes RGB samples (ICC.1 7.2.6: the data colour space at byte 16). One of CMYK
/// or grey samples says nothing about the RGB that a file is decoded to.
fn is_rgb_profile(profile: &[u8]) -> bool {
    profile.get(16..20) == Some(b"RGB ")
}

/// A sample of 16 bits as one of 8, rounded, as libtiff does it.
fn to_eight_bits(sample: u16) -> u8 {
    ((u32::from(sample) + 128) / 257) as u8
}

/// CMY and K, 255 for full ink, as RGB: Pillow's conversion, which multiplies the inks' light.
fn over_white(inks: [u8; 3], key: u8) -> [u8; 3] {
    let light = i32::from(255 - key);
    inks.map(|ink| {
        let product = i32::from(ink) * light + 128;
        (light - ((product + (product >> 8)) >> 8)).clamp(0, 255) as u8
    })
}

/// Keeps the first `kept` of each `stride` samples in the first `rows` rows.
fn crop_rows(samples: &mut Vec<u8>, stride: usize, kept: usize, rows: usize) {
    for y in 0..rows {
        samples.copy_within(y * stride..y * stride + kept, y * kept);
    }
    samples.truncate(rows * kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn picture(width: usize, height: usize) -> Picture {
        let rgb = (0..width * height * 3).map(|at| at as u8).collect();
        let alpha = (0..width * height).map(|at| 255 - at as u8).collect();
        Picture { width, height, rgb, alpha: Some(alpha), profile: None, deep: false, colour: Vec::new() }
    }

    #[test]
    fn crop_keeps_the_top_left() {
        let mut cropped = picture(3, 3);
        cropped.crop(2, 2);
        assert_eq!(cropped.rgb, [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14]);
        assert_eq!(cropped.alpha.as_deref(), Some(&[255, 254, 252, 251][..]));
        assert_eq!((cropped.width, cropped.height), (2, 2));
    }

    #[test]
    fn every_format_brings_pixels_alpha_and_profile_back() {
        let mut profile = vec![0; 132];
        profile[16..20].copy_from_slice(b"RGB ");
        for alpha in [true, false] {
            let mut written = picture(35, 47);
            written.profile = Some(profile.clone());
            if !alpha {
                written.alpha = None;
            }
            for format in [Format::Png, Format::Webp, Format::Tiff] {
                assert_eq!(Picture::decode(&written.encode(format).unwrap()).unwrap(), written, "{format:?}");
            }
        }
    }
}
