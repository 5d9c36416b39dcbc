//! Codecs of the operating system. They really encode and decode, take a picture as packed BGRA8 and give it back so;
//! what they leave of it depends on the machine, so nothing here is exact with anything.

#[cfg(target_vendor = "apple")]
mod core_foundation;
#[cfg(target_vendor = "apple")]
mod image_io;
#[cfg(target_vendor = "apple")]
mod pixel_buffer;
#[cfg(target_vendor = "apple")]
mod videotoolbox;

use crate::codec::{Backend, Codec, Subsampling};
use crate::error::Error;

/// Checks that this platform has the codec, and that the codec takes the settings and the size.
/// `settings_of_engines` says that something is set that only this library's own engines have.
pub(crate) fn check(
    codec: Codec,
    subsampling: Option<Subsampling>,
    settings_of_engines: bool,
    width: usize,
    height: usize,
) -> Result<(), Error> {
    if !cfg!(target_vendor = "apple") {
        return Err(unavailable(codec, "it exists on Apple platforms only"));
    }
    let video = codec != Codec::Jpeg;
    if subsampling.is_some_and(|subsampling| !video || subsampling != Subsampling::S420) {
        return Err(Error::UnsupportedSetting {
            codec,
            setting: "choice of chroma subsampling with backend videotoolbox",
            allowed: "leave the subsampling out, or take the native backend",
        });
    }
    if settings_of_engines {
        return Err(Error::UnsupportedSetting {
            codec,
            setting: "quantisation tables, preset or release of x265 with backend videotoolbox",
            allowed: "leave them out, or take the native backend",
        });
    }
    if video && !(width.is_multiple_of(2) && height.is_multiple_of(2)) {
        return Err(Error::OddSize { codec, width, height });
    }
    Ok(())
}

/// The error for pictures that are in Y, Cb, Cr already.
pub(crate) fn no_planes(codec: Codec) -> Error {
    let apple = cfg!(target_vendor = "apple");
    unavailable(codec, if apple { "it takes R, G, B only" } else { "it exists on Apple platforms only" })
}

fn unavailable(codec: Codec, reason: &'static str) -> Error {
    Error::BackendUnavailable { backend: Backend::VideoToolbox, codec, reason }
}

/// A picture on its way through a codec of the operating system: packed B, G, R, A, A always 255.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    width: usize,
    height: usize,
    bgra: Vec<u8>,
}

impl Picture {
    /// Takes a picture in, row by row as packed RGB.
    pub(crate) fn read(
        &mut self,
        width: usize,
        height: usize,
        mut read_row: impl FnMut(usize, &mut [u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        (self.width, self.height) = (width, height);
        self.bgra.resize(width * height * 4, 0);
        let mut rgb = vec![0; width * 3];
        for (y, row) in self.bgra.chunks_exact_mut(width * 4).enumerate() {
            read_row(y, &mut rgb)?;
            for (bgra, rgb) in row.chunks_exact_mut(4).zip(rgb.chunks_exact(3)) {
                bgra.copy_from_slice(&[rgb[2], rgb[1], rgb[0], 255]);
            }
        }
        Ok(())
    }

    /// Row `y` as packed RGB.
    pub(crate) fn rgb_row(&self, y: usize, rgb: &mut [u8]) {
        let row = &self.bgra[y * self.width * 4..][..self.width * 4];
        for (rgb, bgra) in rgb.chunks_exact_mut(3).zip(row.chunks_exact(4)) {
            rgb.copy_from_slice(&[bgra[2], bgra[1], bgra[0]]);
        }
    }

    /// Encodes the picture, keeping `quality` (0 to 1) of it, and puts what decoding gives in its place.
    #[cfg(target_vendor = "apple")]
    pub(crate) fn encode_and_decode(&mut self, codec: Codec, quality: f32) -> Result<(), Error> {
        let _pool = core_foundation::AutoreleasePool::new();
        let (width, height) = (self.width, self.height);
        match codec {
            Codec::H264 | Codec::H265 => {
                videotoolbox::encode_and_decode(&mut self.bgra, width, height, codec, quality)
            }
            Codec::Jpeg => image_io::encode_and_decode(&mut self.bgra, width, height, quality),
        }
    }

    /// There is no such codec here; [`check`] has said so before.
    #[cfg(not(target_vendor = "apple"))]
    pub(crate) fn encode_and_decode(&mut self, codec: Codec, _quality: f32) -> Result<(), Error> {
        Err(no_planes(codec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_bgra_inside_and_rgb_outside() {
        let sample = |y: usize, i: usize| (y * 100 + i) as u8;
        let mut picture = Picture::default();
        picture
            .read(3, 2, |y, rgb| {
                rgb.iter_mut().enumerate().for_each(|(i, s)| *s = sample(y, i));
                Ok(())
            })
            .unwrap();
        assert_eq!(picture.bgra[..8], [2, 1, 0, 255, 5, 4, 3, 255]);
        assert_eq!(picture.bgra[20..], [108, 107, 106, 255]);
        for y in 0..2 {
            let mut rgb = [0; 9];
            picture.rgb_row(y, &mut rgb);
            assert_eq!(rgb, std::array::from_fn(|i| sample(y, i)));
        }
    }

    #[test]
    fn rows_that_cannot_be_read_stop_it() {
        let error = Error::InvalidCrf { given: 99.0 };
        assert_eq!(Picture::default().read(3, 2, |_, _| Err(error.clone())), Err(error));
    }
}
