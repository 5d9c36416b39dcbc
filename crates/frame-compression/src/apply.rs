//! The two front doors, and the one way of a picture: rows in, through the engine, rows out.

use std::ops::Range;

use crate::engine::{Engine, Slot};
use crate::error::Error;
use crate::names::Codec;
use crate::planes::Planes;
use crate::quality::{Crf, Quality};
use crate::sample::{Convert, Sample, ValueRange};
use crate::settings::Settings;
use crate::tensor::{Layout, Tensor, TensorView, TensorViewMut};

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

/// A codec with its settings and its memory: for many images. After the first image of a size and an element type, and
/// until a larger one, [`apply_into`](Self::apply_into) and [`apply_in_place`](Self::apply_in_place) allocate nothing.
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
    settings: Settings,
    value_range: ValueRange,
    engine: Slot,
    rows: Rows,
}

impl FrameCompressor {
    /// A compressor with these settings: a [`Codec`] for its defaults (CRF 29, LTX-Video's, or quality 43), a codec's own
    /// settings ([`H264`](crate::H264), [`Jpeg`](crate::Jpeg), ...), or any [`Settings`]. Samples are in [-1, 1].
    pub fn new(settings: impl Into<Settings>) -> Self {
        Self {
            settings: settings.into(),
            value_range: ValueRange::default(),
            engine: Slot::default(),
            rows: Rows::default(),
        }
    }

    /// Sets the quality: a number from 0 to 100 or a [`Quality`]. A codec that is told a CRF takes the one that it stands
    /// for.
    ///
    /// # Errors
    /// [`Error::InvalidQuality`].
    pub fn quality(mut self, quality: impl TryInto<Quality, Error: Into<Error>>) -> Result<Self, Error> {
        self.set_quality(quality.try_into().map_err(Into::into)?);
        Ok(self)
    }

    /// Sets the CRF: a number from 0 to 51 or a [`Crf`]. A codec that is told a quality takes the one that it stands for.
    ///
    /// # Errors
    /// [`Error::InvalidCrf`].
    pub fn crf(mut self, crf: impl TryInto<Crf, Error: Into<Error>>) -> Result<Self, Error> {
        self.set_crf(crf.try_into().map_err(Into::into)?);
        Ok(self)
    }

    /// Sets the quality of the images to come.
    pub fn set_quality(&mut self, quality: Quality) {
        self.settings.set_quality(quality);
    }

    /// Sets the CRF of the images to come.
    pub fn set_crf(&mut self, crf: Crf) {
        self.settings.set_crf(crf);
    }

    /// Changes the settings of the images to come. The memory is kept, unless it is another codec.
    pub fn set_settings(&mut self, settings: impl Into<Settings>) {
        self.settings = settings.into();
    }

    /// Chooses which numbers of floating-point samples stand for black and white.
    #[must_use]
    pub fn value_range(mut self, value_range: ValueRange) -> Self {
        self.value_range = value_range;
        self
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The codec.
    pub fn codec(&self) -> Codec {
        self.settings.codec()
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
        let size = |layout: &Layout| (layout.height, layout.width);
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
        planes.check_filled()?;
        self.settings.engine(&mut self.engine).planes(planes)
    }

    fn transform<E: Ends>(&mut self, ends: E, may_be_half_written: bool) -> Result<(), Error> {
        let engine = self.settings.engine(&mut self.engine);
        carry(engine, &mut self.rows, self.value_range, ends, may_be_half_written)
    }
}

/// Carries a picture from end to end through an engine. Unless it `may_be_half_written`, the output is as it was when
/// it fails.
fn carry<E: Ends>(
    engine: &mut dyn Engine,
    rows: &mut Rows,
    range: ValueRange,
    mut ends: E,
    may_be_half_written: bool,
) -> Result<(), Error> {
    let Layout { width, height, .. } = ends.input().layout;
    engine.begin(width, height)?;
    rows.resize(width);
    // Bytes are all allowed, and an engine fails before it gives the first row or not at all.
    let may_yet_fail = !may_be_half_written && <E::In as Convert>::as_bytes(&[]).is_none();
    for y in (0..height).step_by(2) {
        let ready = {
            let input = ends.input();
            let above = input.row(y, range, &mut rows.above)?;
            let below = if y + 1 < height { input.row(y + 1, range, &mut rows.below)? } else { above };
            engine.put(y, [above, below])?
        };
        if may_yet_fail && y + 2 < height {
            rows.hold(ready, |y, rgb| engine.get(y, rgb));
            continue;
        }
        let mut output = ends.output();
        for (y, rgb) in rows.held() {
            output.write_row(y, range, rgb);
        }
        for y in ready {
            output.fill_row(y, range, &mut rows.above, |rgb| engine.get(y, rgb));
        }
    }
    Ok(())
}

/// Rows of packed RGB on their way, with the memory for them.
#[derive(Debug, Default)]
struct Rows {
    above: Vec<u8>,
    below: Vec<u8>,
    /// The first rows of a result that may yet turn out to be none, and how many they are.
    held: Vec<u8>,
    held_rows: usize,
}

impl Rows {
    /// Makes room for rows of another width, and holds none.
    fn resize(&mut self, width: usize) {
        self.above.resize(width * 3, 0);
        self.below.resize(width * 3, 0);
        self.held_rows = 0;
    }

    /// Holds the next rows of a result.
    fn hold(&mut self, rows: Range<usize>, mut get: impl FnMut(usize, &mut [u8])) {
        let length = self.above.len();
        for y in rows {
            self.held_rows = y + 1;
            if self.held.len() < self.held_rows * length {
                self.held.resize(self.held_rows * length, 0);
            }
            get(y, &mut self.held[y * length..][..length]);
        }
    }

    /// The rows that are held.
    fn held(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.held.chunks_exact(self.above.len()).take(self.held_rows).enumerate()
    }
}

/// Where an image comes from and where it goes to: two tensors, or one in place.
trait Ends {
    type In: Sample;
    type Out: Sample;

    fn input(&self) -> TensorView<'_, Self::In>;
    fn output(&mut self) -> TensorViewMut<'_, Self::Out>;
}

impl<T: Sample, U: Sample> Ends for (TensorView<'_, T>, TensorViewMut<'_, U>) {
    type In = T;
    type Out = U;

    fn input(&self) -> TensorView<'_, T> {
        self.0
    }

    fn output(&mut self) -> TensorViewMut<'_, U> {
        self.1.reborrow()
    }
}

impl<T: Sample> Ends for TensorViewMut<'_, T> {
    type In = T;
    type Out = T;

    fn input(&self) -> TensorView<'_, T> {
        self.as_view()
    }

    fn output(&mut self) -> TensorViewMut<'_, T> {
        self.reborrow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inverts every sample, gives each row as soon as it can, and fails where it is told to.
    #[derive(Debug, Default)]
    struct Inverting {
        rows: Vec<Vec<u8>>,
        at_once: bool,
        fails_at: Option<usize>,
    }

    impl Engine for Inverting {
        fn begin(&mut self, _: usize, height: usize) -> Result<(), Error> {
            self.rows = vec![Vec::new(); height];
            Ok(())
        }

        fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> Result<Range<usize>, Error> {
            if self.fails_at == Some(y) {
                return Err(Error::Platform { call: "put", status: 7 });
            }
            let end = self.rows.len().min(y + 2);
            for (place, row) in self.rows[y..end].iter_mut().zip(rows) {
                *place = row.iter().map(|sample| !sample).collect();
            }
            Ok(match self.at_once {
                true => y..end,
                false if end == self.rows.len() => 0..end,
                false => 0..0,
            })
        }

        fn get(&mut self, y: usize, rgb: &mut [u8]) {
            rgb.copy_from_slice(&self.rows[y]);
        }

        fn planes(&mut self, _: &mut Planes) -> Result<(), Error> {
            Ok(())
        }
    }

    const SHAPE: [usize; 4] = [1, 7, 5, 3];

    fn bytes() -> Vec<u8> {
        (0..7 * 5 * 3).collect()
    }

    fn floats() -> Vec<f32> {
        bytes().into_iter().map(|byte| f32::from(byte) / 255.0).collect()
    }

    fn carried<E: Ends>(engine: &mut Inverting, ends: E) -> Result<(), Error> {
        carry(engine, &mut Rows::default(), ValueRange::Unit, ends, false)
    }

    #[test]
    fn rows_come_out_where_they_went_in_however_early_they_are_given() {
        let inverted: Vec<u8> = bytes().iter().map(|byte| !byte).collect();
        for at_once in [false, true] {
            let engine = &mut Inverting { at_once, ..Default::default() };
            let mut image = bytes();
            carried(engine, TensorViewMut::new(&mut image, &SHAPE).unwrap()).unwrap();
            assert_eq!(image, inverted);
            let mut image = floats();
            carried(engine, TensorViewMut::new(&mut image, &SHAPE).unwrap()).unwrap();
            assert!(image.iter().zip(&inverted).all(|(float, &byte)| *float == f32::from(byte) / 255.0));
        }
    }

    #[test]
    fn an_engine_that_fails_late_leaves_the_image_as_it_was() {
        for fails_at in [0, 2, 6] {
            let engine = &mut Inverting { fails_at: Some(fails_at), ..Default::default() };
            let mut image = bytes();
            carried(engine, TensorViewMut::new(&mut image, &SHAPE).unwrap()).unwrap_err();
            assert_eq!(image, bytes());
            let mut image = floats();
            carried(engine, TensorViewMut::new(&mut image, &SHAPE).unwrap()).unwrap_err();
            assert_eq!(image, floats());
        }
    }

    #[test]
    fn a_wrong_sample_anywhere_leaves_the_image_as_it_was_though_rows_were_given_before() {
        for at in [0, 34, 103, 104] {
            let engine = &mut Inverting { at_once: true, ..Default::default() };
            let mut image = floats();
            image[at] = f32::INFINITY;
            let before = image.clone();
            carried(engine, TensorViewMut::new(&mut image, &SHAPE).unwrap()).unwrap_err();
            assert_eq!(image, before);
        }
    }
}
