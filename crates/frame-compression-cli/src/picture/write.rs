//! Pictures as files, without loss.

use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::codecs::tiff::TiffEncoder;
use image::codecs::webp::WebPEncoder;
use image::error::{ParameterError, ParameterErrorKind};
use image::{ExtendedColorType, ImageEncoder, ImageError};

use super::{Format, Picture, chunks};

impl Picture {
    /// The picture as a PNG file, with its alpha and what it says of its colours.
    ///
    /// # Errors
    ///
    /// [`ImageError`] where the samples do not fit the sides.
    pub fn to_png(&self) -> Result<Vec<u8>, ImageError> {
        if self.rgb.len() != self.width * self.height * 3 {
            return Err(ImageError::Parameter(ParameterError::from_kind(
                ParameterErrorKind::DimensionMismatch,
            )));
        }
        self.encode(Format::Png)
    }

    /// The picture as a file of a format.
    pub(crate) fn encode(&self, format: Format) -> Result<Vec<u8>, ImageError> {
        let rgba;
        let (samples, color) = match &self.alpha {
            None => (&self.rgb, ExtendedColorType::Rgb8),
            Some(alpha) => {
                rgba = interleave(&self.rgb, alpha);
                (&rgba, ExtendedColorType::Rgba8)
            }
        };
        let mut file = Vec::new();
        match format {
            Format::Png => {
                self.encode_with(PngEncoder::new(&mut file), samples, color)?;
                chunks::insert(&mut file, &self.colour);
            }
            Format::Webp => self.encode_with(WebPEncoder::new_lossless(&mut file), samples, color)?,
            Format::Tiff => self.encode_with(TiffEncoder::new(Cursor::new(&mut file)), samples, color)?,
        }
        Ok(file)
    }

    fn encode_with(
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

    /// What the file says about its colours and a format cannot hold, if anything.
    pub(crate) fn lost_colour(&self, format: Format) -> Option<String> {
        let names: Vec<_> = self.colour.iter().map(|chunk| String::from_utf8_lossy(&chunk.name)).collect();
        (format != Format::Png && !names.is_empty())
            .then(|| format!("{} cannot hold its colour chunks {}", format.name(), names.join(", ")))
    }
}

fn interleave(rgb: &[u8], alpha: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgb.as_chunks::<3>();
    pixels.iter().zip(alpha).flat_map(|([r, g, b], alpha)| [*r, *g, *b, *alpha]).collect()
}
