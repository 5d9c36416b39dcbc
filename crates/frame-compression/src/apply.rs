//! The two front doors, and the one place that knows which codec is which.

mod passes;

use crate::codec::{Backend, Codec, Crf, Quality, Subsampling};
use crate::codecs::apple;
use crate::codecs::h264;
use crate::codecs::h265::{self, Preset, X265Version};
use crate::codecs::jpeg::{self, QuantTables};
use crate::colour::{jfif, video};
use crate::error::Error;
use crate::planes::Planes;
use crate::sample::{Sample, ValueRange};
use crate::tensor::{Tensor, TensorView, TensorViewMut};

/// Puts the artifacts of a codec into an image: the picture that encoding and decoding would have left of it.
///
/// The image is a tensor NHWC (1, height, width, 3), R, G, B, in [-1, 1] (any 8-bit values for `u8`); what comes
/// back has the same shape and range. See [`ImageTensor`] for what else may be given. The function is pure:
/// the same input gives the same output on every machine.
///
/// # Errors
/// See [`Error`]; the order of the checks is said there.
///
/// ```
/// use frame_compression::{Codec, Quality, Tensor, apply_compression_artifacts};
///
/// let image = Tensor::new(vec![0.25f32; 32 * 48 * 3], &[1, 32, 48, 3])?;
/// let degraded = apply_compression_artifacts(&image, Codec::H264, Quality::new(43.0)?)?;
/// assert_eq!(degraded.shape(), [1, 32, 48, 3]);
/// # Ok::<(), frame_compression::Error>(())
/// ```
pub fn apply_compression_artifacts<I: ImageTensor + ?Sized>(
    image: &I,
    codec: Codec,
    quality: Quality,
) -> Result<I::Output, Error> {
    FrameCompressor::new(codec).quality(quality)?.apply(image)
}

/// What artifacts can be put into: [`Tensor`], [`TensorView`], and, behind the features `ndarray`, `image`
/// and `candle`, the types of those crates.
pub trait ImageTensor {
    /// The type of the result: the caller's own kind of image, owned.
    type Output;

    /// Puts the compressor's artifacts into a copy of this image.
    ///
    /// # Errors
    /// See [`Error`].
    fn apply_with(&self, compressor: &mut FrameCompressor) -> Result<Self::Output, Error>;
}

impl<T: Sample> ImageTensor for TensorView<'_, T> {
    type Output = Tensor<T>;

    fn apply_with(&self, compressor: &mut FrameCompressor) -> Result<Tensor<T>, Error> {
        let mut output = Tensor::zeroed(self.layout.height, self.layout.width);
        // What has been written before an error is dropped with the output.
        compressor.transform((*self, output.view_mut()), true)?;
        Ok(output)
    }
}

impl<T: Sample> ImageTensor for Tensor<T> {
    type Output = Tensor<T>;

    fn apply_with(&self, compressor: &mut FrameCompressor) -> Result<Tensor<T>, Error> {
        self.view().apply_with(compressor)
    }
}

/// How strongly to compress, as the caller said it.
#[derive(Debug, Clone, Copy)]
enum Strength {
    Quality(Quality),
    Crf(Crf),
}

impl Strength {
    fn quality(self) -> Quality {
        match self {
            Strength::Quality(quality) => quality,
            Strength::Crf(crf) => crf.into(),
        }
    }

    fn crf(self) -> Crf {
        match self {
            Strength::Quality(quality) => quality.into(),
            Strength::Crf(crf) => crf,
        }
    }

    /// The quality from 0 to 1 that stands for it at Apple's codecs, whose video codecs know no CRF.
    fn kept_by_platform(self, codec: Codec) -> f32 {
        match codec {
            Codec::H264 | Codec::H265 => 1.0 - self.crf().get() / 51.0,
            Codec::Jpeg => self.quality().get() / 100.0,
        }
    }
}

/// A codec with its settings and its memory: for many images. After the first image of a size, and until a
/// larger one, [`apply_into`](Self::apply_into) and [`apply_in_place`](Self::apply_in_place) allocate nothing.
///
/// ```
/// use frame_compression::{Codec, FrameCompressor, TensorViewMut};
///
/// let mut compressor = FrameCompressor::new(Codec::H264).crf(33.0)?;
/// for shade in [-0.5f32, 0.0, 0.5] {
///     let mut image = vec![shade; 64 * 64 * 3];
///     compressor.apply_in_place(TensorViewMut::new(&mut image, &[1, 64, 64, 3])?)?;
/// }
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug)]
pub struct FrameCompressor {
    codec: Codec,
    strength: Strength,
    backend: Option<Backend>,
    subsampling: Option<Subsampling>,
    quant_tables: Option<QuantTables>,
    preset: Option<Preset>,
    x265_version: Option<X265Version>,
    value_range: ValueRange,
    planes: Planes,
    rgb: Vec<u8>,
    video: video::Scratch,
    jfif: jfif::Scratch,
    h264: h264::Engine,
    h265: h265::Engine,
    jpeg: jpeg::Engine,
    platform: apple::Picture,
}

impl FrameCompressor {
    /// A compressor with the default settings: CRF 29 (LTX-Video's; a JPEG quality of 43), the platform's default
    /// backend, 4:2:0, samples in [-1, 1].
    pub fn new(codec: Codec) -> Self {
        Self {
            codec,
            strength: Strength::Quality(Quality::DEFAULT),
            backend: None,
            subsampling: None,
            quant_tables: None,
            preset: None,
            x265_version: None,
            value_range: ValueRange::default(),
            planes: Planes::default(),
            rgb: Vec::new(),
            video: video::Scratch::default(),
            jfif: jfif::Scratch::default(),
            h264: h264::Engine::default(),
            h265: h265::Engine::default(),
            jpeg: jpeg::Engine::default(),
            platform: apple::Picture::default(),
        }
    }

    /// Sets the quality: a number from 0 to 100 or a [`Quality`].
    ///
    /// # Errors
    /// [`Error::InvalidQuality`].
    pub fn quality(mut self, quality: impl TryInto<Quality, Error: Into<Error>>) -> Result<Self, Error> {
        self.set_quality(quality.try_into().map_err(Into::into)?);
        Ok(self)
    }

    /// Sets the CRF: a number from 0 to 51 or a [`Crf`]. JPEG takes the quality that it stands for.
    ///
    /// # Errors
    /// [`Error::InvalidCrf`].
    pub fn crf(mut self, crf: impl TryInto<Crf, Error: Into<Error>>) -> Result<Self, Error> {
        self.set_crf(crf.try_into().map_err(Into::into)?);
        Ok(self)
    }

    /// Sets the quality of the images to come.
    pub fn set_quality(&mut self, quality: Quality) {
        self.strength = Strength::Quality(quality);
    }

    /// Sets the CRF of the images to come.
    pub fn set_crf(&mut self, crf: Crf) {
        self.strength = Strength::Crf(crf);
    }

    /// Chooses who reconstructs the picture; `None` is the platform's default.
    #[must_use]
    pub fn backend(mut self, backend: impl Into<Option<Backend>>) -> Self {
        self.backend = backend.into();
        self
    }

    /// Chooses the chroma subsampling of JPEG; `None` is 4:2:0, and the video codecs have nothing else.
    #[must_use]
    pub fn subsampling(mut self, subsampling: impl Into<Option<Subsampling>>) -> Self {
        self.subsampling = subsampling.into();
        self
    }

    /// Gives JPEG quantisation tables in place of those of the quality; `None` takes the quality's again. The video codecs
    /// take none.
    #[must_use]
    pub fn quant_tables(mut self, tables: impl Into<Option<QuantTables>>) -> Self {
        self.quant_tables = tables.into();
        self
    }

    /// Chooses the preset of H.265's encoder; `None` is veryfast. The other codecs take none.
    #[must_use]
    pub fn preset(mut self, preset: impl Into<Option<Preset>>) -> Self {
        self.preset = preset.into();
        self
    }

    /// Chooses the release of x265 whose picture H.265 gives; `None` is the default one. The other codecs take none.
    #[must_use]
    pub fn x265_version(mut self, version: impl Into<Option<X265Version>>) -> Self {
        self.x265_version = version.into();
        self
    }

    /// Chooses which numbers of floating-point samples stand for black and white.
    #[must_use]
    pub fn value_range(mut self, value_range: ValueRange) -> Self {
        self.value_range = value_range;
        self
    }

    /// The codec.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Puts the artifacts into a copy of an image.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn apply<I: ImageTensor + ?Sized>(&mut self, image: &I) -> Result<I::Output, Error> {
        image.apply_with(self)
    }

    /// Puts the artifacts of `input` into the caller's `output`, whose element type may be another.
    ///
    /// # Errors
    /// See [`Error`]. On an error the output is as it was.
    pub fn apply_into<T: Sample, U: Sample>(
        &mut self,
        input: TensorView<'_, T>,
        output: TensorViewMut<'_, U>,
    ) -> Result<(), Error> {
        let size = |layout: &crate::tensor::Layout| (layout.height, layout.width);
        let (given, needed) = (size(&output.layout), size(&input.layout));
        if given != needed {
            return Err(Error::OutputSize { given, needed });
        }
        self.transform((input, output), false)
    }

    /// Puts the artifacts into an image where it lies.
    ///
    /// # Errors
    /// See [`Error`]. On an error the image is as it was.
    pub fn apply_in_place<T: Sample>(&mut self, image: TensorViewMut<'_, T>) -> Result<(), Error> {
        self.transform(image, false)
    }

    /// Puts the artifacts into a picture that is in Y, Cb, Cr already.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::InvalidSubsampling`] where the codec does not take that of the planes.
    pub fn apply_to_planes(&mut self, planes: &mut Planes) -> Result<(), Error> {
        let (width, height) = (planes.width(), planes.height());
        if (width, height) == (0, 0) {
            return Err(Error::InvalidShape { given: vec![1, 0, 0, 3] });
        }
        let subsampling = self.checked_subsampling(width, height)?;
        if planes.subsampling() != subsampling {
            return Err(Error::InvalidSubsampling {
                codec: self.codec,
                given: planes.subsampling(),
                allowed: "set that subsampling on the compressor (JPEG), or convert to 4:2:0 (H.264, H.265)",
            });
        }
        self.reconstruct(Some(planes));
        Ok(())
    }

    /// Whether the operating system's codec does the work, and not an engine of this library.
    fn uses_platform(&self) -> bool {
        self.backend == Some(Backend::VideoToolbox)
    }

    /// Checks codec, backend, settings and the codec's own size rules, and gives the subsampling to use.
    fn checked_subsampling(&self, width: usize, height: usize) -> Result<Subsampling, Error> {
        let codec = self.codec;
        if self.uses_platform() {
            return Err(apple::no_planes(codec));
        }
        if codec != Codec::H265 && (self.preset.is_some() || self.x265_version.is_some()) {
            return Err(Error::UnsupportedSetting {
                codec,
                setting: "preset or release of x265",
                allowed: "leave them out, or choose H.265",
            });
        }
        let subsampling = self.subsampling.unwrap_or_default();
        match codec {
            Codec::H264 | Codec::H265 => {}
            // Every size and every setting of its own.
            Codec::Jpeg => return Ok(subsampling),
        }
        if subsampling != Subsampling::S420 {
            return Err(Error::UnsupportedSetting {
                codec,
                setting: "chroma subsampling but 4:2:0",
                allowed: "leave the subsampling out, or set 4:2:0",
            });
        }
        if self.quant_tables.is_some() {
            return Err(Error::UnsupportedSetting {
                codec,
                setting: "quantisation tables of the caller's",
                allowed: "leave them out, and set a quality or a CRF",
            });
        }
        if !width.is_multiple_of(2) || !height.is_multiple_of(2) {
            return Err(Error::OddSize { codec, width, height });
        }
        let minimum = h265::MIN_SIDE;
        if codec == Codec::H265 && width.min(height) < minimum {
            return Err(Error::TooSmall { codec, width, height, minimum });
        }
        Ok(subsampling)
    }
}
