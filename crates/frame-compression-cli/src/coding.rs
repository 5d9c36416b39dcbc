//! A codec's artifacts in a [`Picture`], and what is done about odd sizes.

use frame_compression::{Codec, Error, FrameCompressor, Settings, Tensor, TensorViewMut};

use crate::picture::Picture;

/// Whether this build takes these settings at all: tried on a small picture that every codec takes.
pub(crate) fn check(settings: &Settings) -> Result<(), Error> {
    let grey = Tensor::new(vec![128u8; 64 * 64 * 3], &[1, 64, 64, 3])?;
    FrameCompressor::new(settings.clone()).apply(&grey).map(drop)
}

/// Codec, strength in its own terms, and what is not the default: `H.265, CRF 29, preset medium`.
pub(crate) fn shown(settings: &Settings) -> String {
    let text = settings.to_string();
    let parts = text.split(':').skip(1).map(|part| match part.split_once('=') {
        Some(("crf", crf)) => format!("CRF {crf}"),
        Some(("quality", _)) if settings.codec() == Codec::Jpeg => {
            format!("quality {}", settings.quality().to_jpeg())
        }
        Some((name, value)) => format!("{} {value}", name.replace('_', " ")),
        None => part.to_owned(),
    });
    [settings.codec().to_string()].into_iter().chain(parts).collect::<Vec<_>>().join(", ")
}

/// What to do with an odd width or height, where the codec does not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Odd {
    /// Refuse the picture.
    Error,
    /// Drop the last column or row.
    Crop,
    /// Repeat the last column or row for the codec, and cut it off again.
    Pad,
}

/// Why a picture was not coded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodingError {
    #[error("{0}; --odd crop drops the last column or row, --odd pad repeats it and cuts it off again")]
    Odd(Error),
    #[error("{0}, and cropping leaves nothing of it; --odd pad repeats the last column or row instead")]
    NothingLeft(Error),
    #[error("{0}")]
    Other(#[from] Error),
}

/// Puts the compressor's artifacts into a picture. On an error the picture is as it was.
pub(crate) fn code(
    compressor: &mut FrameCompressor,
    picture: &mut Picture,
    odd: Odd,
) -> Result<(), CodingError> {
    let (width, height) = (picture.width, picture.height);
    let whole = TensorViewMut::new(&mut picture.rgb, &[1, height, width, 3])?;
    let error = match compressor.apply_in_place(whole) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    let is_odd = width % 2 == 1 || height % 2 == 1;
    match (error, odd) {
        (error @ Error::OddSize { .. }, Odd::Error) => Err(CodingError::Odd(error)),
        (error @ Error::OddSize { .. }, Odd::Crop) if width == 1 || height == 1 => {
            Err(CodingError::NothingLeft(error))
        }
        (Error::OddSize { .. }, Odd::Crop) => code_cropped(compressor, picture),
        // A picture may be too small only until it is padded.
        (Error::OddSize { .. } | Error::TooSmall { .. }, Odd::Pad) if is_odd => {
            code_padded(compressor, picture)
        }
        (error, _) => Err(error.into()),
    }
}

fn code_cropped(compressor: &mut FrameCompressor, picture: &mut Picture) -> Result<(), CodingError> {
    let (width, height) = (picture.width & !1, picture.height & !1);
    let row = picture.width * 3;
    let strides = [picture.height * row, row, 3, 1];
    let even = TensorViewMut::with_strides(&mut picture.rgb, &[1, height, width, 3], strides)?;
    compressor.apply_in_place(even)?;
    picture.crop(width, height);
    Ok(())
}

fn code_padded(compressor: &mut FrameCompressor, picture: &mut Picture) -> Result<(), CodingError> {
    let (width, height) = (picture.width.next_multiple_of(2), picture.height.next_multiple_of(2));
    let row = picture.width * 3;
    let mut padded = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let y = y.min(picture.height - 1);
        let pixels = &picture.rgb[y * row..][..row];
        padded.extend_from_slice(pixels);
        if width > picture.width {
            padded.extend_from_slice(&pixels[row - 3..]);
        }
    }
    compressor.apply_in_place(TensorViewMut::new(&mut padded, &[1, height, width, 3])?)?;
    for (pixels, coded) in picture.rgb.chunks_exact_mut(row).zip(padded.chunks_exact(width * 3)) {
        pixels.copy_from_slice(&coded[..row]);
    }
    Ok(())
}
