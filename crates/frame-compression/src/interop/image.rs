//! `image`: `RgbImage` and `DynamicImage`.

use image::{DynamicImage, ImageBuffer, Rgb, RgbImage};

use crate::apply::{FrameCompressor, ImageTensor};
use crate::error::Error;
use crate::tensor::TensorView;

impl ImageTensor for RgbImage {
    type Output = RgbImage;

    fn apply_with(&self, compressor: &mut FrameCompressor) -> Result<RgbImage, Error> {
        let shape = [1, self.height() as usize, self.width() as usize, 3];
        // The buffer of an image may be longer than the image.
        let samples = &self.as_raw()[..self.as_flat_samples().min_length().unwrap_or(0)];
        let output = TensorView::new(samples, &shape)?.apply_with(compressor)?.into_vec();
        let (width, height) = self.dimensions();
        Ok(ImageBuffer::<Rgb<u8>, _>::from_raw(width, height, output)
            .unwrap_or_else(|| unreachable!("a tensor holds what its shape says")))
    }
}

/// The picture is coded as 8-bit RGB whatever it was. What comes back is `ImageRgb8`, or `ImageRgba8` where
/// there was an alpha channel, which is kept as it was (in 8 bits).
impl ImageTensor for DynamicImage {
    type Output = DynamicImage;

    fn apply_with(&self, compressor: &mut FrameCompressor) -> Result<DynamicImage, Error> {
        let colour = compressor.apply(&self.to_rgb8())?;
        if !self.color().has_alpha() {
            return Ok(DynamicImage::ImageRgb8(colour));
        }
        let mut output = self.to_rgba8();
        for (output, Rgb([r, g, b])) in output.pixels_mut().zip(colour.pixels()) {
            output.0[..3].copy_from_slice(&[*r, *g, *b]);
        }
        Ok(DynamicImage::ImageRgba8(output))
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, RgbaImage};

    use super::*;
    use crate::names::Codec;
    use crate::tensor::Tensor;

    fn picture() -> RgbImage {
        RgbImage::from_fn(34, 18, |x, y| Rgb([(x * 7) as u8, (y * 13) as u8, (x * y) as u8]))
    }

    #[test]
    fn pictures_are_coded_as_their_tensor_is_and_alpha_stays() {
        let mut compressor = FrameCompressor::new(Codec::H264);
        let tensor = Tensor::new(picture().into_raw(), &[1, 18, 34, 3]).unwrap();
        let expected = compressor.apply(&tensor).unwrap().into_vec();
        assert_ne!(expected, picture().into_raw());
        assert_eq!(compressor.apply(&picture()).unwrap().into_raw(), expected);

        let mut with_alpha: RgbaImage = DynamicImage::ImageRgb8(picture()).into_rgba8();
        for (x, y, pixel) in with_alpha.enumerate_pixels_mut() {
            pixel.0[3] = (x + y) as u8;
        }
        let output = compressor.apply(&DynamicImage::ImageRgba8(with_alpha.clone())).unwrap();
        assert_eq!(output.to_rgb8().into_raw(), expected);
        let alphas = |image: &RgbaImage| image.pixels().map(|pixel| pixel.0[3]).collect::<Vec<_>>();
        assert_eq!(alphas(&output.to_rgba8()), alphas(&with_alpha));
    }

    #[test]
    fn other_kinds_come_back_as_rgb_and_sizes_are_checked() {
        let mut compressor = FrameCompressor::new(Codec::H264);
        let grey = DynamicImage::ImageLuma8(GrayImage::from_pixel(16, 16, Luma([77])));
        assert!(matches!(compressor.apply(&grey), Ok(DynamicImage::ImageRgb8(_))));
        assert!(matches!(compressor.apply(&RgbImage::new(0, 4)), Err(Error::InvalidShape { .. })));
        assert!(matches!(compressor.apply(&RgbImage::new(3, 4)), Err(Error::OddSize { .. })));
    }
}
