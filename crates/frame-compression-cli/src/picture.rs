//! Picture files: read into 8-bit RGB with what has to stay as it was beside it, written without loss.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use frame_compression::MAX_SIDE;
use image::codecs::png::PngEncoder;
use image::codecs::tiff::TiffEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageError, ImageReader, Limits};

/// Extensions of the files that are taken from folders and patterns. A file that is named by itself may
/// have any name; what is in it is told by its first bytes.
const READABLE: [&str; 9] = ["png", "apng", "jpg", "jpeg", "jfif", "webp", "tif", "tiff", "bmp"];

/// Extensions that name a picture, but of a format that would lose something again, or that is not written here.
const OTHER_PICTURES: [&str; 14] =
    ["jpg", "jpeg", "jpe", "jfif", "bmp", "gif", "avif", "heic", "heif", "jxl", "jp2", "tga", "ppm", "exr"];

/// A format that is written: without loss, so that the codec's artifacts are the only ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// PNG.
    Png,
    /// WebP, lossless.
    Webp,
    /// TIFF, uncompressed.
    Tiff,
}

/// What the end of an output's name says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NamedFormat {
    /// A format that is written.
    Writable(Format),
    /// A picture format that is not written.
    Other,
    /// No picture.
    None,
}

impl Format {
    /// The extension of the files in an output folder.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Webp => "webp",
            Format::Tiff => "tiff",
        }
    }

    /// The format that a file's name asks for.
    pub(crate) fn of_name(path: &Path) -> NamedFormat {
        match extension(path).as_str() {
            "png" => NamedFormat::Writable(Format::Png),
            "webp" => NamedFormat::Writable(Format::Webp),
            "tif" | "tiff" => NamedFormat::Writable(Format::Tiff),
            other if OTHER_PICTURES.contains(&other) => NamedFormat::Other,
            _ => NamedFormat::None,
        }
    }
}

fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Whether a file's name says that it is a picture that can be read.
pub(crate) fn is_readable_name(path: &Path) -> bool {
    READABLE.contains(&extension(path).as_str())
}

/// Why a picture cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("cannot be read: {0}")]
    File(#[from] io::Error),
    #[error("is no picture of a known format (PNG, JPEG, WebP, TIFF or BMP)")]
    UnknownFormat,
    #[error("cannot be decoded: {0}")]
    Decoding(#[from] ImageError),
    #[error("is {0}x{1} pixels: at most {MAX_SIDE}x{MAX_SIDE} can be coded")]
    TooLarge(u32, u32),
}

/// A picture as the codecs take it, with what they do not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// `width * height * 3` samples, the right way up.
    pub(crate) rgb: Vec<u8>,
    /// `width * height` samples, where the file has them.
    pub(crate) alpha: Option<Vec<u8>>,
    /// The ICC profile, where it is one of RGB samples.
    pub(crate) profile: Option<Vec<u8>>,
    /// Whether the file has more than 8 bits a sample.
    pub(crate) deep: bool,
}

impl Picture {
    /// Reads a file: decodes it, turns it as its orientation tag says, and brings it to 8 bits a sample.
    pub(crate) fn read(path: &Path) -> Result<Self, ReadError> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
        }
        let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format()?;
        if reader.format().is_none() {
            return Err(ReadError::UnknownFormat);
        }
        // The sides are checked below, with the library's words. 8 bytes are a pixel of 16-bit RGBA.
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some((MAX_SIDE * MAX_SIDE) as u64 * 8);
        reader.limits(limits);
        let mut decoder = reader.into_decoder()?;
        let (width, height) = decoder.dimensions();
        if width as usize > MAX_SIDE || height as usize > MAX_SIDE {
            return Err(ReadError::TooLarge(width, height));
        }
        let orientation = decoder.orientation()?;
        // A profile that cannot be read is no reason to refuse the pixels.
        let profile = decoder.icc_profile().ok().flatten().filter(|profile| is_rgb_profile(profile));
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(orientation);
        Ok(Self::new(image, profile))
    }

    fn new(image: DynamicImage, profile: Option<Vec<u8>>) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
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
        Self { width, height, rgb, alpha, profile, deep }
    }

    /// Drops columns on the right and rows at the bottom.
    pub(crate) fn crop(&mut self, width: usize, height: usize) {
        crop_rows(&mut self.rgb, self.width * 3, width * 3, height);
        if let Some(alpha) = &mut self.alpha {
            crop_rows(alpha, self.width, width, height);
        }
        (self.width, self.height) = (width, height);
    }

    /// Writes the picture without loss.
    pub(crate) fn write(&self, format: Format, file: impl Write + Seek) -> Result<(), ImageError> {
        let rgba;
        let (samples, color) = match &self.alpha {
            None => (&self.rgb, ExtendedColorType::Rgb8),
            Some(alpha) => {
                rgba = interleave(&self.rgb, alpha);
                (&rgba, ExtendedColorType::Rgba8)
            }
        };
        let mut file = BufWriter::new(file);
        match format {
            Format::Png => self.encode(PngEncoder::new(&mut file), samples, color)?,
            Format::Webp => self.encode(WebPEncoder::new_lossless(&mut file), samples, color)?,
            Format::Tiff => self.encode(TiffEncoder::new(&mut file), samples, color)?,
        }
        Ok(file.flush()?)
    }

    fn encode(
        &self,
        mut encoder: impl ImageEncoder,
        samples: &[u8],
        color: ExtendedColorType,
    ) -> Result<(), ImageError> {
        if let Some(profile) = &self.profile {
            encoder.set_icc_profile(profile.clone()).map_err(ImageError::Unsupported)?;
        }
        encoder.write_image(samples, self.width as u32, self.height as u32, color)
    }
}

/// Whether an ICC profile describes RGB samples (ICC.1 7.2.6: the data colour space at byte 16). One of CMYK
/// or grey samples says nothing about the RGB that a file is decoded to.
fn is_rgb_profile(profile: &[u8]) -> bool {
    profile.get(16..20) == Some(b"RGB ")
}

/// Keeps the first `kept` of each `stride` samples in the first `rows` rows.
fn crop_rows(samples: &mut Vec<u8>, stride: usize, kept: usize, rows: usize) {
    for y in 0..rows {
        samples.copy_within(y * stride..y * stride + kept, y * kept);
    }
    samples.truncate(rows * kept);
}

fn interleave(rgb: &[u8], alpha: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgb.as_chunks::<3>();
    pixels.iter().zip(alpha).flat_map(|([r, g, b], alpha)| [*r, *g, *b, *alpha]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize) -> Picture {
        let rgb = (0..width * height * 3).map(|at| at as u8).collect();
        let alpha = (0..width * height).map(|at| 255 - at as u8).collect();
        Picture { width, height, rgb, alpha: Some(alpha), profile: None, deep: false }
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
            // A TIFF's profile is read only where the pixels are some thirty times its size.
            let mut written = picture(35, 47);
            written.profile = Some(profile.clone());
            if !alpha {
                written.alpha = None;
            }
            for format in [Format::Png, Format::Webp, Format::Tiff] {
                let file = tempfile::NamedTempFile::new().unwrap();
                written.write(format, file.as_file()).unwrap();
                assert_eq!(Picture::read(file.path()).unwrap(), written, "{format:?}");
            }
        }
    }

    #[test]
    fn names_tell_formats() {
        let of_name = |name| Format::of_name(Path::new(name));
        assert_eq!(of_name("a/b.PNG"), NamedFormat::Writable(Format::Png));
        assert_eq!(of_name("b.tif"), NamedFormat::Writable(Format::Tiff));
        assert_eq!(of_name("b.jpeg"), NamedFormat::Other);
        assert_eq!(
            (of_name("v1.2"), of_name("png"), of_name(".png")),
            (NamedFormat::None, NamedFormat::None, NamedFormat::None)
        );
    }
}
