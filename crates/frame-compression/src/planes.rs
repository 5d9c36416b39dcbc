//! A picture as the codecs see it: one plane of luma and two of chroma, padded to whole blocks.

use crate::error::{Error, MAX_SIDE};
use crate::names::Subsampling;

/// Planes are padded to multiples of this many luma samples, the largest block that
/// every engine codes in full (a macroblock of H.264, an MCU of 4:2:0 JPEG).
pub(crate) const BLOCK: usize = 16;

/// A component of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Component {
    /// Luma.
    Y,
    /// The blue difference.
    Cb,
    /// The red difference.
    Cr,
}

/// One component's samples. Rows are `stride` apart; rows and columns beyond the
/// picture's own, up to whole blocks, are padding that an engine may use.
///
/// A plane may hold only a window of the picture: row `y` then stands at place `y % rows`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plane {
    /// `stride * rows` samples.
    pub(crate) samples: Vec<u8>,
    /// Columns of the picture.
    pub(crate) width: usize,
    /// Rows of the picture.
    pub(crate) height: usize,
    /// Columns with padding.
    pub(crate) stride: usize,
    /// Rows that are held: all of them, with padding, but in a window.
    pub(crate) rows: usize,
}

impl Plane {
    fn resize(&mut self, size: (usize, usize), padded: (usize, usize), most_rows: usize) {
        (self.width, self.height) = size;
        (self.stride, self.rows) = (padded.0, padded.1.min(most_rows));
        let (held, whole) = (self.stride * self.rows, padded.0 * padded.1);
        if held == whole && self.samples.capacity() == 0 {
            // What the system has just given is 0 already.
            self.samples = vec![0; whole];
            return;
        }
        // A window has room to become the whole plane. Memory that nobody writes to costs nothing.
        self.samples.reserve_exact(whole.saturating_sub(self.samples.len()));
        self.samples.resize(held, 0);
    }

    /// The picture's samples of row `y`, without padding. Not for windows.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.stride..][..self.width]
    }

    /// The picture's samples of row `y`, without padding. Not for windows.
    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.samples[y * self.stride..][..self.width]
    }

    /// Row `y` with its padding to the right, of a window, too.
    pub(crate) fn padded_row(&self, y: usize) -> &[u8] {
        &self.samples[y % self.rows * self.stride..][..self.stride]
    }

    /// Row `y` with its padding to the right, of a window, too.
    pub(crate) fn padded_row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.samples[y % self.rows * self.stride..][..self.stride]
    }

    /// The even row `y` and the one below, with their padding to the right, of a window, too.
    pub(crate) fn padded_pair_mut(&mut self, y: usize) -> (&mut [u8], &mut [u8]) {
        self.samples[y % self.rows * self.stride..][..2 * self.stride].split_at_mut(self.stride)
    }

    /// Fills the padding: the last column to the right, then the last row downwards.
    pub(crate) fn extend_edges(&mut self) {
        if self.samples.is_empty() {
            return;
        }
        self.extend_rows(0, self.rows);
    }

    /// Fills the padding of some rows, which may begin before and end after the last one of the picture. Not for windows.
    fn extend_rows(&mut self, first: usize, end: usize) {
        if self.width < self.stride {
            for y in first..end.min(self.height) {
                let width = self.width;
                let row = self.padded_row_mut(y);
                let last = row[width - 1];
                row[width..].fill(last);
            }
        }
        self.repeat_last_row(end);
    }

    /// Fills the padding below, down to row `end`, with the last row.
    fn repeat_last_row(&mut self, end: usize) {
        if self.samples.is_empty() {
            return;
        }
        let from = (self.height - 1) % self.rows * self.stride;
        for y in self.height..end {
            self.samples.copy_within(from..from + self.stride, y % self.rows * self.stride);
        }
    }
}

/// A picture in Y, Cb, Cr: what the codecs code.
///
/// Samples are 8 bits. Which RGB they stand for (BT.601 limited range for the video codecs, JFIF's full
/// range for JPEG) is the caller's matter; [`FrameCompressor`](crate::FrameCompressor) converts by itself.
///
/// ```
/// use frame_compression::{Codec, Component, FrameCompressor, Planes, Subsampling};
///
/// let mut planes = Planes::new(64, 48, Subsampling::S420)?;
/// for y in 0..48 {
///     planes.row_mut(Component::Y, y).fill(5 * y as u8);
/// }
/// FrameCompressor::new(Codec::H264).crf(29.0)?.apply_to_planes(&mut planes)?;
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Planes {
    pub(crate) y: Plane,
    pub(crate) cb: Plane,
    pub(crate) cr: Plane,
    subsampling: Subsampling,
}

impl Planes {
    /// A picture of `width` x `height` luma samples, all samples 0.
    ///
    /// Chroma planes are rounded up where a side is odd.
    ///
    /// # Errors
    /// [`Error::InvalidShape`] where a side is 0, [`Error::TooLarge`] where one is over [`MAX_SIDE`].
    pub fn new(width: usize, height: usize, subsampling: Subsampling) -> Result<Self, Error> {
        if width == 0 || height == 0 {
            return Err(Error::InvalidShape { given: vec![1, height, width, 3] });
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(Error::TooLarge { width, height });
        }
        let mut planes = Self::default();
        planes.resize(width, height, subsampling);
        Ok(planes)
    }

    /// Makes these the planes of another picture. Allocates only where it is the largest so far;
    /// what the samples are afterwards is not said.
    pub(crate) fn resize(&mut self, width: usize, height: usize, subsampling: Subsampling) {
        self.resize_for(width, height, subsampling, usize::MAX);
    }

    /// As [`resize`](Self::resize), but two strips at a time are held only: one writes over the last but one.
    pub(crate) fn resize_to_window(&mut self, width: usize, height: usize, subsampling: Subsampling) {
        self.resize_for(width, height, subsampling, 2 * BLOCK);
    }

    fn resize_for(&mut self, width: usize, height: usize, subsampling: Subsampling, most_rows: usize) {
        let (across, down) = subsampling.factors();
        // Chroma of 4:1:1 has whole blocks of 8, too.
        let padded = (width.next_multiple_of(BLOCK.max(8 * across)), height.next_multiple_of(BLOCK));
        self.subsampling = subsampling;
        self.y.resize((width, height), padded, most_rows);
        let (size, padded) = if subsampling == Subsampling::Grey {
            ((0, 0), (0, 0))
        } else {
            ((width.div_ceil(across), height.div_ceil(down)), (padded.0 / across, padded.1 / down))
        };
        self.cb.resize(size, padded, most_rows / down);
        self.cr.resize(size, padded, most_rows / down);
    }

    /// Fills the padding of every plane.
    pub(crate) fn extend_edges(&mut self) {
        for plane in [&mut self.y, &mut self.cb, &mut self.cr] {
            plane.extend_edges();
        }
    }

    /// Fills the padding of a strip of a picture of 4:2:0, whose rows are there.
    pub(crate) fn extend_strip(&mut self, strip: usize) {
        let (first, end) = (strip * BLOCK, (strip + 1) * BLOCK);
        self.y.extend_rows(first, end);
        self.cb.extend_rows(first / 2, end / 2);
        self.cr.extend_rows(first / 2, end / 2);
    }

    /// Fills the padding below the last strip's rows with the last row.
    pub(crate) fn extend_downwards(&mut self) {
        let (_, down) = self.subsampling.factors();
        let end = self.strips() * BLOCK;
        self.y.repeat_last_row(end);
        self.cb.repeat_last_row(end / down);
        self.cr.repeat_last_row(end / down);
    }

    /// How many strips of [`BLOCK`] luma rows cover the picture.
    pub(crate) fn strips(&self) -> usize {
        self.height().div_ceil(BLOCK)
    }

    /// Refuses the picture without samples that `Planes::default()` is.
    pub(crate) fn check_filled(&self) -> Result<(), Error> {
        match (self.width(), self.height()) {
            (0, 0) => Err(Error::InvalidShape { given: vec![1, 0, 0, 3] }),
            _ => Ok(()),
        }
    }

    /// Luma samples in a row.
    pub fn width(&self) -> usize {
        self.y.width
    }

    /// Rows of luma samples.
    pub fn height(&self) -> usize {
        self.y.height
    }

    /// The chroma subsampling.
    pub fn subsampling(&self) -> Subsampling {
        self.subsampling
    }

    /// Width and height of a component in samples; (0, 0) for the chroma of a grey picture.
    pub fn size(&self, component: Component) -> (usize, usize) {
        let plane = self.plane(component);
        (plane.width, plane.height)
    }

    /// The samples of row `y` of a component.
    ///
    /// # Panics
    /// If the component has no such row.
    pub fn row(&self, component: Component, y: usize) -> &[u8] {
        self.plane(component).row(y)
    }

    /// The samples of row `y` of a component.
    ///
    /// # Panics
    /// If the component has no such row.
    pub fn row_mut(&mut self, component: Component, y: usize) -> &mut [u8] {
        match component {
            Component::Y => self.y.row_mut(y),
            Component::Cb => self.cb.row_mut(y),
            Component::Cr => self.cr.row_mut(y),
        }
    }

    /// Copies a component's samples in: rows top to bottom, packed.
    ///
    /// ```
    /// use frame_compression::{Component, Planes, Subsampling};
    ///
    /// let mut planes = Planes::new(6, 4, Subsampling::S420)?;
    /// planes.copy_from(Component::Y, &[16; 6 * 4])?;
    /// planes.copy_from(Component::Cb, &[128; 3 * 2])?;
    /// assert_eq!(planes.row(Component::Cb, 1), [128; 3]);
    /// # Ok::<(), frame_compression::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BufferLength`] unless there are as many samples as the component has ([`size`](Self::size)).
    pub fn copy_from(&mut self, component: Component, samples: &[u8]) -> Result<(), Error> {
        let (width, height) = self.size(component);
        if samples.len() != width * height {
            return Err(Error::BufferLength { given: samples.len(), needed: width * height });
        }
        for y in 0..height {
            self.row_mut(component, y).copy_from_slice(&samples[y * width..][..width]);
        }
        Ok(())
    }

    fn plane(&self, component: Component) -> &Plane {
        match component {
            Component::Y => &self.y,
            Component::Cb => &self.cb,
            Component::Cr => &self.cr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_repeats_the_last_column_and_row() {
        let mut planes = Planes::new(18, 3, Subsampling::S420).unwrap();
        assert_eq!((planes.y.stride, planes.y.rows), (32, 16));
        assert_eq!((planes.cb.width, planes.cb.height, planes.cb.stride, planes.cb.rows), (9, 2, 16, 8));
        for y in 0..3 {
            for (x, sample) in planes.y.row_mut(y).iter_mut().enumerate() {
                *sample = (10 * y + x) as u8;
            }
        }
        planes.y.extend_edges();
        for y in 0..16 {
            for x in 0..32 {
                assert_eq!(planes.y.samples[y * 32 + x], (10 * y.min(2) + x.min(17)) as u8);
            }
        }
    }

    #[test]
    fn every_subsampling_has_whole_blocks_of_chroma() {
        for (subsampling, size, padded) in
            [(Subsampling::S440, (35, 9), (48, 16)), (Subsampling::S411, (9, 17), (16, 32))]
        {
            let planes = Planes::new(35, 17, subsampling).unwrap();
            assert_eq!(planes.size(Component::Cb), size, "{subsampling}");
            assert_eq!((planes.cr.stride, planes.cr.rows), padded, "{subsampling}");
        }
    }

    #[test]
    fn samples_are_copied_where_they_belong_and_counted() {
        let mut planes = Planes::new(5, 3, Subsampling::S420).unwrap();
        let samples: Vec<u8> = (0..15).collect();
        planes.copy_from(Component::Y, &samples).unwrap();
        assert_eq!(planes.row(Component::Y, 2), [10, 11, 12, 13, 14]);
        planes.copy_from(Component::Cr, &[1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(planes.row(Component::Cr, 1), [4, 5, 6]);
        let error = planes.copy_from(Component::Cb, &samples).unwrap_err();
        assert_eq!(error, Error::BufferLength { given: 15, needed: 6 });
    }

    #[test]
    fn grey_has_no_chroma_and_sizes_are_checked() {
        let planes = Planes::new(5, 5, Subsampling::Grey).unwrap();
        assert_eq!(planes.size(Component::Cb), (0, 0));
        assert!(matches!(Planes::new(0, 5, Subsampling::S444), Err(Error::InvalidShape { .. })));
        assert_eq!(
            Planes::new(MAX_SIDE + 1, 5, Subsampling::S444).unwrap_err(),
            Error::TooLarge { width: MAX_SIDE + 1, height: 5 }
        );
    }
}
