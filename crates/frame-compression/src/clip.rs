//! Clips: frames that a codec predicts from one another.

use std::collections::VecDeque;

use crate::apply::FrameCompressor;
use crate::codecs::h264::{ClipEngine, ClipOptions, Wait};
use crate::engine;
use crate::error::{Error, MAX_SIDE};
use crate::planes::Planes;
use crate::sample::{Sample, ValueRange};
use crate::settings::Settings;
use crate::statistics::FrameStatistics;
use crate::tensor::{Tensor, TensorView, TensorViewMut};

/// Puts the artifacts of a codec into a clip: the frames that encoding and decoding it as a whole would have left.
///
/// Samples are in [-1, 1] (any 8-bit values for `u8`), and what comes back has the same shape and range. See
/// [`ClipCompressor`] for what can be set beside the codec's settings, and for which of them clips are exact.
///
/// # Errors
/// Those of [`ClipCompressor::push`].
///
/// ```
/// use frame_compression::{ClipTensor, FrameRate, H264, H264Preset, apply_to_clip};
///
/// let clip = ClipTensor::new(vec![0.25f32; 5 * 32 * 48 * 3], &[5, 32, 48, 3])?;
/// let settings = H264::crf(28.0)?.preset(H264Preset::Ultrafast).fps(FrameRate::PYAV);
/// let degraded = apply_to_clip(&clip, settings)?;
/// assert_eq!(degraded.shape(), [5, 32, 48, 3]);
/// # Ok::<(), frame_compression::Error>(())
/// ```
pub fn apply_to_clip<T: Sample>(
    clip: &ClipTensor<T>,
    settings: impl Into<Settings>,
) -> Result<ClipTensor<T>, Error> {
    ClipCompressor::new(settings).apply(clip)
}

/// An owned clip: (frames, height, width, 3), R, G, B, rows top to bottom, packed.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipTensor<T> {
    elements: Vec<T>,
    frames: usize,
    height: usize,
    width: usize,
}

impl<T: Sample> ClipTensor<T> {
    /// A clip of the given elements.
    ///
    /// # Errors
    /// [`Error::InvalidClipShape`] unless the shape is (frames, height, width, 3), each at least 1, [`Error::TooLarge`]
    /// over [`MAX_SIDE`], [`Error::BufferLength`] unless there are exactly as many elements.
    pub fn new(elements: Vec<T>, shape: &[usize]) -> Result<Self, Error> {
        let (frames, height, width) = match *shape {
            [frames, height, width, 3] if frames > 0 && height > 0 && width > 0 => (frames, height, width),
            _ => return Err(Error::InvalidClipShape { given: shape.to_vec() }),
        };
        if height > MAX_SIDE || width > MAX_SIDE {
            return Err(Error::TooLarge { width, height });
        }
        let needed = (height * width * 3).saturating_mul(frames);
        if elements.len() != needed {
            return Err(Error::BufferLength { given: elements.len(), needed });
        }
        Ok(Self { elements, frames, height, width })
    }

    /// Frame `i` as an image, without a copy; `None` after the last.
    pub fn frame(&self, i: usize) -> Option<TensorView<'_, T>> {
        let frame = self.elements.chunks_exact(self.height * self.width * 3).nth(i)?;
        TensorView::new(frame, &[1, self.height, self.width, 3]).ok()
    }
}

impl<T> ClipTensor<T> {
    /// (frames, height, width, 3).
    pub fn shape(&self) -> [usize; 4] {
        [self.frames, self.height, self.width, 3]
    }

    /// The elements, packed.
    pub fn as_slice(&self) -> &[T] {
        &self.elements
    }

    /// The elements, packed.
    pub fn into_vec(self) -> Vec<T> {
        self.elements
    }
}

/// A codec with its settings and its memory, for clips: frames go in one by one and come out in the order in which they
/// are shown. A clip needs memory for the frames that the codec looks at, never for itself; once warm, pushing a frame
/// and taking it by [`next_frame_into`](Self::next_frame_into) allocates nothing, on one thread. With the feature `rayon`, in a
/// pool of several threads, frames are coded side by side: they are the same, and come out later
/// ([`catch_up`](Self::catch_up)).
///
/// H.264 is exact for presets ultrafast to medium, with any CRF, frame rate, `keyint`, number of slices and, but for
/// ultrafast, of [`bframes`](Self::bframes), with any tune; fastdecode up to faster only. H.265 and
/// H.264's other presets are refused so far. JPEG, MJPEG, WebP and MPEG treat each frame by itself.
///
/// ```
/// use frame_compression::{ClipCompressor, FrameRate, H264, H264Preset, Tensor};
///
/// let settings = H264::crf(28.0)?.preset(H264Preset::Ultrafast).fps(FrameRate::FFMPEG);
/// let mut clip = ClipCompressor::new(settings).keyint(48)?;
/// let mut shown = Vec::new();
/// for shade in 0..6 {
///     let frame = Tensor::new(vec![40 * shade as u8; 64 * 64 * 3], &[1, 64, 64, 3])?;
///     clip.push(frame.view())?;
///     shown.extend(clip.frames::<u8>());
/// }
/// clip.finish();
/// shown.extend(clip.frames::<u8>());
/// assert_eq!(shown.len(), 6);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug)]
pub struct ClipCompressor {
    settings: Settings,
    options: ClipOptions,
    value_range: ValueRange,
    h264: ClipEngine,
    alone: FrameCompressor,
    /// Width and height of the clip's frames; `None` before the first.
    size: Option<(usize, usize)>,
    /// Frames that nobody took yet, as packed 8-bit RGB.
    ready: VecDeque<Shown>,
    /// Frames that nobody took yet, of those that came in Y, Cb, Cr.
    ready_planes: VecDeque<(Planes, Option<FrameStatistics>)>,
    /// Of the frame that was taken last.
    statistics: Option<FrameStatistics>,
    /// Whether the last frame came in Y, Cb, Cr.
    in_planes: bool,
    spare: Vec<Vec<u8>>,
    row: Vec<u8>,
}

#[derive(Debug)]
struct Shown {
    rgb: Vec<u8>,
    width: usize,
    height: usize,
    statistics: Option<FrameStatistics>,
}

impl ClipCompressor {
    /// A compressor with these settings: a codec's own ([`H264`](crate::H264), ...) or any [`Settings`]. `keyint` is 250,
    /// samples are in [-1, 1].
    pub fn new(settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        Self {
            alone: FrameCompressor::new(settings.clone()),
            settings,
            options: ClipOptions { keyint: 250, bframes: None },
            value_range: ValueRange::default(),
            h264: ClipEngine::default(),
            size: None,
            ready: VecDeque::new(),
            ready_planes: VecDeque::new(),
            statistics: None,
            in_planes: false,
            spare: Vec::new(),
            row: Vec::new(),
        }
    }

    /// Sets how many frames there are at most from one that stands for itself to the next, at least 1; 250 by default, as
    /// in x264. Codecs that treat each frame by itself do not look at it.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for 0.
    pub fn keyint(self, keyint: u32) -> Result<Self, Error> {
        if keyint == 0 {
            return Err(Error::InvalidSetting {
                setting: "keyint",
                given: keyint.to_string(),
                allowed: "it has to be at least 1".to_owned(),
            });
        }
        Ok(Self { options: ClipOptions { keyint, ..self.options }, ..self })
    }

    /// Sets how many B frames, which are predicted from both sides, there are at most in a row, up to 16; as many as the preset has
    /// by default. Codecs that treat each frame by itself do not look at it.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for more than 16.
    pub fn bframes(self, bframes: u32) -> Result<Self, Error> {
        if bframes > 16 {
            return Err(Error::InvalidSetting {
                setting: "bframes",
                given: bframes.to_string(),
                allowed: "it has to be at most 16".to_owned(),
            });
        }
        Ok(Self { options: ClipOptions { bframes: Some(bframes), ..self.options }, ..self })
    }

    /// Chooses which numbers of floating-point samples stand for black and white.
    #[must_use]
    pub fn value_range(self, value_range: ValueRange) -> Self {
        Self { value_range, ..self }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes the clip's next frame.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::InvalidSetting`] for settings that clips are not exact for, and for a frame of another size
    /// than those before. On an error the clip is as it was.
    pub fn push<T: Sample>(&mut self, frame: TensorView<'_, T>) -> Result<(), Error> {
        let [_, height, width, _] = frame.shape();
        self.check_size((width, height))?;
        let mut rgb = self.spare.pop().unwrap_or_default();
        rgb.resize(width * height * 3, 0);
        self.row.resize(width * 3, 0);
        for (y, to) in rgb.chunks_exact_mut(width * 3).enumerate() {
            to.copy_from_slice(frame.row(y, self.value_range, &mut self.row)?);
        }
        match engine::clip_settings(&self.settings)? {
            Some(settings) => {
                self.h264.push(&rgb, (width, height), settings, self.options);
                self.spare.push(rgb);
                self.in_planes = false;
                self.take_coded((width, height), Wait::Beside);
            }
            None => {
                self.alone.apply_in_place(TensorViewMut::new(&mut rgb, &[1, height, width, 3])?)?;
                self.ready.push_back(Shown { rgb, width, height, statistics: None });
            }
        }
        self.size = Some((width, height));
        Ok(())
    }

    /// Takes the clip's next frame, which is in Y, Cb, Cr already, as video files hold it. It comes out by
    /// [`next_planes`](Self::next_planes).
    ///
    /// # Errors
    /// Those of [`push`](Self::push), and [`Error::InvalidSubsampling`] where the codec does not take that of the planes.
    ///
    /// ```
    /// use frame_compression::{ClipCompressor, H264, H264Preset, Planes, Subsampling};
    ///
    /// let mut clip = ClipCompressor::new(H264::crf(28.0)?.preset(H264Preset::Ultrafast));
    /// clip.push_planes(Planes::new(64, 48, Subsampling::S420)?)?;
    /// clip.finish();
    /// assert_eq!(clip.next_planes().map(|planes| planes.width()), Some(64));
    /// # Ok::<(), frame_compression::Error>(())
    /// ```
    pub fn push_planes(&mut self, mut frame: Planes) -> Result<(), Error> {
        frame.check_filled()?;
        let size = (frame.width(), frame.height());
        self.check_size(size)?;
        match engine::clip_settings(&self.settings)? {
            Some(settings) => {
                self.h264.push_planes(frame, settings, self.options)?;
                self.in_planes = true;
                self.take_coded(size, Wait::Beside);
            }
            None => {
                self.alone.apply_to_planes(&mut frame)?;
                self.ready_planes.push_back((frame, None));
            }
        }
        self.size = Some(size);
        Ok(())
    }

    /// The next frame as it is shown, of those that came in Y, Cb, Cr; `None` when there is none before more are pushed, or the
    /// clip is finished.
    pub fn next_planes(&mut self) -> Option<Planes> {
        let (planes, statistics) = self.ready_planes.pop_front()?;
        self.statistics = statistics;
        Some(planes)
    }

    /// What H.264 did with the frame that was taken last; `None` before the first, for codecs that treat each frame by itself, and
    /// where a CRF below 1 loses nothing.
    ///
    /// ```
    /// use frame_compression::{ClipCompressor, FrameKind, H264, H264Preset, Planes, Subsampling};
    ///
    /// let mut clip = ClipCompressor::new(H264::crf(28.0)?.preset(H264Preset::Ultrafast));
    /// for _ in 0..2 {
    ///     clip.push_planes(Planes::new(64, 48, Subsampling::S420)?)?;
    /// }
    /// clip.finish();
    /// let mut kinds = Vec::new();
    /// while clip.next_planes().is_some() {
    ///     kinds.extend(clip.statistics().map(|frame| (frame.kind, frame.skipped)));
    /// }
    /// assert_eq!(kinds, [(FrameKind::Idr, 0), (FrameKind::P, 12)]);
    /// # Ok::<(), frame_compression::Error>(())
    /// ```
    pub fn statistics(&self) -> Option<FrameStatistics> {
        self.statistics
    }

    /// Of a clip's first frame refuses settings that clips are not exact for, and sizes that the codec does not take; of the
    /// others another size.
    fn check_size(&self, size: (usize, usize)) -> Result<(), Error> {
        let Some(first) = self.size else {
            let h264 = engine::clip_settings(&self.settings)?;
            return h264.map_or(Ok(()), |settings| ClipEngine::check(settings, size, self.options));
        };
        if size == first {
            return Ok(());
        }
        Err(Error::InvalidSetting {
            setting: "a frame of",
            given: format!("{}x{}", size.0, size.1),
            allowed: format!(
                "all frames of a clip have one size, {}x{}; finish this clip before the next",
                first.0, first.1
            ),
        })
    }

    /// Makes the frames ready that wait only for others to be coded beside them, on several threads; on one there are none. The clip
    /// stays the same and goes on.
    pub fn catch_up(&mut self) {
        if let Some(size) = self.size {
            self.take_coded(size, Wait::Others);
        }
    }

    /// Ends the clip: after this its last frames can be taken. The next frame begins another clip.
    pub fn finish(&mut self) {
        if let Some(size) = self.size.take() {
            self.take_coded(size, Wait::Nothing);
        }
        self.h264.restart();
    }

    /// Takes the frames that H.264 has ready.
    fn take_coded(&mut self, (width, height): (usize, usize), wait: Wait) {
        while self.in_planes {
            let Some(planes) = self.h264.next_planes(wait) else { return };
            self.ready_planes.push_back((planes, self.h264.statistics()));
        }
        loop {
            let mut rgb = self.spare.pop().unwrap_or_default();
            rgb.resize(width * height * 3, 0);
            if !self.h264.next(&mut rgb, width, wait) {
                self.spare.push(rgb);
                return;
            }
            let statistics = self.h264.statistics();
            self.ready.push_back(Shown { rgb, width, height, statistics });
        }
    }

    /// Whether there is a frame to be taken.
    pub fn has_frame(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The next frame as it is shown; `None` when there is none before more are pushed, or the clip is finished.
    pub fn next_frame<T: Sample>(&mut self) -> Option<Tensor<T>> {
        let next = self.ready.front()?;
        let mut frame = Tensor::zeroed(next.height, next.width);
        self.write_next(&mut frame.view_mut());
        Some(frame)
    }

    /// Writes the next frame into the caller's memory; `false` when there is none.
    ///
    /// # Errors
    /// [`Error::OutputSize`], with the frame kept.
    pub fn next_frame_into<T: Sample>(&mut self, mut output: TensorViewMut<'_, T>) -> Result<bool, Error> {
        let Some(next) = self.ready.front() else { return Ok(false) };
        let [_, height, width, _] = output.shape();
        let (given, needed) = ((height, width), (next.height, next.width));
        if given != needed {
            return Err(Error::OutputSize { given, needed });
        }
        self.write_next(&mut output);
        Ok(true)
    }

    /// Takes the frames that are there to be taken.
    pub fn frames<T: Sample>(&mut self) -> impl Iterator<Item = Tensor<T>> {
        std::iter::from_fn(|| self.next_frame())
    }

    /// Puts the artifacts into a whole clip. Forgets frames that were pushed and not taken.
    ///
    /// # Errors
    /// Those of [`push`](Self::push).
    pub fn apply<T: Sample>(&mut self, clip: &ClipTensor<T>) -> Result<ClipTensor<T>, Error> {
        let mut result = ClipTensor { elements: vec![T::default(); clip.elements.len()], ..*clip };
        let shape = [1, clip.height, clip.width, 3];
        let outputs = result.elements.chunks_exact_mut(clip.height * clip.width * 3);
        self.apply_frames(
            (0..clip.frames).filter_map(|i| clip.frame(i)),
            outputs.filter_map(|frame| TensorViewMut::new(frame, &shape).ok()),
        )?;
        Ok(result)
    }

    /// Puts the artifacts into a whole clip, whose frames lie anywhere, and writes each into the caller's memory, of any element
    /// type, as soon as it comes: how many were written, which is the smaller number of both. Forgets frames that were pushed and not
    /// taken.
    ///
    /// # Errors
    /// Those of [`push`](Self::push) and [`next_frame_into`](Self::next_frame_into).
    ///
    /// ```
    /// use frame_compression::{ClipCompressor, H264, H264Preset, Tensor, TensorView};
    ///
    /// let frames = [40u8, 50].map(|shade| vec![shade; 32 * 32 * 3]);
    /// let mut outputs = [0, 1].map(|_| Tensor::new(vec![0.0f32; 32 * 32 * 3], &[1, 32, 32, 3]));
    /// let inputs = frames.iter().map(|frame| TensorView::new(frame, &[1, 32, 32, 3]));
    /// let mut compressor = ClipCompressor::new(H264::crf(28.0)?.preset(H264Preset::Ultrafast));
    /// let written = compressor.apply_frames(inputs.flatten(), outputs.iter_mut().flatten().map(Tensor::view_mut))?;
    /// assert_eq!(written, 2);
    /// # Ok::<(), frame_compression::Error>(())
    /// ```
    pub fn apply_frames<'a, T: Sample + 'a, U: Sample + 'a>(
        &mut self,
        frames: impl IntoIterator<Item = TensorView<'a, T>>,
        outputs: impl IntoIterator<Item = TensorViewMut<'a, U>>,
    ) -> Result<usize, Error> {
        self.finish();
        self.ready.clear();
        self.ready_planes.clear();
        let mut frames = frames.into_iter();
        let written = outputs.into_iter().try_fold(0, |written, output| {
            while !self.has_frame() {
                let Some(frame) = frames.next() else {
                    self.finish();
                    break;
                };
                self.push(frame)?;
            }
            Ok(written + usize::from(self.next_frame_into(output)?))
        });
        self.finish();
        written
    }

    fn write_next<T: Sample>(&mut self, output: &mut TensorViewMut<'_, T>) {
        let Some(Shown { rgb, width, statistics, .. }) = self.ready.pop_front() else { return };
        self.statistics = statistics;
        for (y, row) in rgb.chunks_exact(width * 3).enumerate() {
            output.write_row(y, self.value_range, row);
        }
        self.spare.push(rgb);
    }
}
