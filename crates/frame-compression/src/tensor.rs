//! The contract of a tensor: NHWC, shape (1, height, width, 3), any strides.

use crate::error::{Error, MAX_SIDE};
use crate::sample::{Sample, ValueRange};

/// Pixels that are gathered at a time where a row's samples are not packed.
const GATHERED: usize = 64;

/// Checks a shape and gives its height and width.
fn height_and_width(shape: &[usize]) -> Result<(usize, usize), Error> {
    let (height, width) = match *shape {
        [1, height, width, 3] if height > 0 && width > 0 => (height, width),
        _ => return Err(Error::InvalidShape { given: shape.to_vec() }),
    };
    if height > MAX_SIDE || width > MAX_SIDE {
        return Err(Error::TooLarge { width, height });
    }
    Ok((height, width))
}

/// Where the elements of an image of (1, H, W, 3) lie in a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Elements from a row to the next, a column to the next, a channel to the next.
    pub(crate) strides: [usize; 3],
}

impl Layout {
    fn packed(height: usize, width: usize) -> Self {
        Self { height, width, strides: [width * 3, 3, 1] }
    }

    /// Checks that a buffer of `length` elements holds the image.
    fn strided(shape: &[usize], strides: [usize; 4], length: usize) -> Result<Self, Error> {
        let (height, width) = height_and_width(shape)?;
        let layout = Self { height, width, strides: [strides[1], strides[2], strides[3]] };
        let reach = [height, width, 3]
            .into_iter()
            .zip(layout.strides)
            .try_fold(1usize, |reach, (size, stride)| reach.checked_add((size - 1).checked_mul(stride)?));
        match reach {
            None => Err(Error::InvalidStrides { given: strides }),
            Some(needed) if length < needed => Err(Error::BufferLength { given: length, needed }),
            Some(_) => Ok(layout),
        }
    }

    /// Whether every element has a place of its own: each dimension, from the smallest stride up,
    /// steps over all that the dimensions below it reach.
    fn is_injective(&self) -> bool {
        let mut dimensions =
            [(self.strides[0], self.height), (self.strides[1], self.width), (self.strides[2], 3)];
        dimensions.sort_unstable();
        let mut reach = 1;
        dimensions.iter().filter(|(_, size)| *size > 1).all(|&(stride, size)| {
            let free = stride >= reach;
            reach += stride * (size - 1);
            free
        })
    }

    /// Whether a row's samples lie one after another as R, G, B.
    pub(crate) fn rows_are_packed(&self) -> bool {
        self.strides[2] == 1 && (self.strides[1] == 3 || self.width == 1)
    }

    /// The place of a row's first element.
    pub(crate) fn row_start(&self, row: usize) -> usize {
        row * self.strides[0]
    }
}

/// An owned image tensor: NHWC, shape (1, height, width, 3), R, G, B, rows top to bottom, packed.
///
/// ```
/// use frame_compression::Tensor;
///
/// let tensor = Tensor::new(vec![0.5f32; 4 * 6 * 3], &[1, 4, 6, 3])?;
/// assert_eq!(tensor.shape(), [1, 4, 6, 3]);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor<T> {
    elements: Vec<T>,
    height: usize,
    width: usize,
}

impl<T: Sample> Tensor<T> {
    /// A tensor of the given elements.
    ///
    /// # Errors
    /// [`Error::InvalidShape`] unless the shape is (1, height, width, 3) with height and width at least 1,
    /// [`Error::TooLarge`] over [`MAX_SIDE`], [`Error::BufferLength`] unless there are exactly
    /// `height * width * 3` elements.
    pub fn new(elements: Vec<T>, shape: &[usize]) -> Result<Self, Error> {
        let (height, width) = height_and_width(shape)?;
        let needed = height * width * 3;
        if elements.len() != needed {
            return Err(Error::BufferLength { given: elements.len(), needed });
        }
        Ok(Self { elements, height, width })
    }

    /// A tensor for a checked size, every element 0.
    pub(crate) fn zeroed(height: usize, width: usize) -> Self {
        Self { elements: vec![T::default(); height * width * 3], height, width }
    }

    /// The tensor seen without a copy.
    pub fn view(&self) -> TensorView<'_, T> {
        TensorView { elements: &self.elements, layout: Layout::packed(self.height, self.width) }
    }

    /// The tensor seen without a copy, to be written.
    pub fn view_mut(&mut self) -> TensorViewMut<'_, T> {
        TensorViewMut { layout: Layout::packed(self.height, self.width), elements: &mut self.elements }
    }
}

impl<T> Tensor<T> {
    /// (1, height, width, 3).
    pub fn shape(&self) -> [usize; 4] {
        [1, self.height, self.width, 3]
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The elements, packed.
    pub fn as_slice(&self) -> &[T] {
        &self.elements
    }

    /// The elements, packed.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.elements
    }

    /// The elements, packed.
    pub fn into_vec(self) -> Vec<T> {
        self.elements
    }
}

/// An image tensor in somebody else's memory, with any strides.
///
/// A channels-first buffer (1, 3, H, W) is seen as NHWC, without a copy, by its strides:
///
/// ```
/// use frame_compression::TensorView;
///
/// let (height, width) = (4, 6);
/// let planar = vec![0.0f32; 3 * height * width];
/// let view = TensorView::with_strides(
///     &planar,
///     &[1, height, width, 3],
///     [3 * height * width, width, 1, height * width],
/// )?;
/// assert_eq!(view.shape(), [1, 4, 6, 3]);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TensorView<'a, T> {
    pub(crate) elements: &'a [T],
    pub(crate) layout: Layout,
}

impl<'a, T: Sample> TensorView<'a, T> {
    /// A packed buffer as a tensor.
    ///
    /// # Errors
    /// As [`Tensor::new`].
    pub fn new(elements: &'a [T], shape: &[usize]) -> Result<Self, Error> {
        let layout = packed(elements.len(), shape)?;
        Ok(Self { elements, layout })
    }

    /// A buffer with strides (in elements; order N, H, W, C) as a tensor. The buffer may be longer than
    /// needed, and a stride may be 0 (a broadcast). The stride of N means nothing, as N is 1.
    ///
    /// # Errors
    /// As [`Tensor::new`], with [`Error::BufferLength`] where the buffer ends before the last element,
    /// and [`Error::InvalidStrides`] where the reach of the strides is not a number.
    pub fn with_strides(elements: &'a [T], shape: &[usize], strides: [usize; 4]) -> Result<Self, Error> {
        let layout = Layout::strided(shape, strides, elements.len())?;
        Ok(Self { elements, layout })
    }
}

impl<T: Sample> TensorView<'_, T> {
    /// Row `y` as packed 8-bit RGB: where it lies if it is that already, or else converted into `room`.
    pub(crate) fn row<'r>(
        &'r self,
        y: usize,
        range: ValueRange,
        room: &'r mut [u8],
    ) -> Result<&'r [u8], Error> {
        if self.layout.rows_are_packed()
            && let Some(rgb) = T::as_bytes(&self.elements[self.layout.row_start(y)..][..room.len()])
        {
            return Ok(rgb);
        }
        self.read_row(y, range, room)?;
        Ok(room)
    }

    /// Reads row `y` as packed 8-bit RGB.
    pub(crate) fn read_row(&self, y: usize, range: ValueRange, rgb: &mut [u8]) -> Result<(), Error> {
        let start = self.layout.row_start(y);
        let non_finite = |sample: T, at: usize| Error::NonFiniteSample {
            value: sample.shown(),
            row: y,
            column: at / 3,
            channel: at % 3,
        };
        if self.layout.rows_are_packed() {
            let samples = &self.elements[start..][..rgb.len()];
            return T::to_bytes(samples, range, rgb).map_err(|at| non_finite(samples[at], at));
        }
        let [_, column, channel] = self.layout.strides;
        let mut samples = [T::default(); 3 * GATHERED];
        for (chunk, rgb) in rgb.chunks_mut(3 * GATHERED).enumerate() {
            for (x, pixel) in samples[..rgb.len()].chunks_exact_mut(3).enumerate() {
                let from = start + (chunk * GATHERED + x) * column;
                for (c, sample) in pixel.iter_mut().enumerate() {
                    *sample = self.elements[from + c * channel];
                }
            }
            T::to_bytes(&samples[..rgb.len()], range, rgb)
                .map_err(|at| non_finite(samples[at], chunk * 3 * GATHERED + at))?;
        }
        Ok(())
    }
}

impl<T> TensorView<'_, T> {
    /// (1, height, width, 3).
    pub fn shape(&self) -> [usize; 4] {
        [1, self.layout.height, self.layout.width, 3]
    }
}

/// An image tensor in somebody else's memory, to be written, with any strides that give
/// every element a place of its own.
#[derive(Debug)]
pub struct TensorViewMut<'a, T> {
    pub(crate) elements: &'a mut [T],
    pub(crate) layout: Layout,
}

impl<'a, T: Sample> TensorViewMut<'a, T> {
    /// A packed buffer as a tensor.
    ///
    /// # Errors
    /// As [`Tensor::new`].
    pub fn new(elements: &'a mut [T], shape: &[usize]) -> Result<Self, Error> {
        let layout = packed(elements.len(), shape)?;
        Ok(Self { elements, layout })
    }

    /// A buffer with strides (in elements; order N, H, W, C) as a tensor.
    ///
    /// # Errors
    /// As [`TensorView::with_strides`]; also [`Error::InvalidStrides`] where elements may share a place.
    pub fn with_strides(elements: &'a mut [T], shape: &[usize], strides: [usize; 4]) -> Result<Self, Error> {
        let layout = Layout::strided(shape, strides, elements.len())?;
        if !layout.is_injective() {
            return Err(Error::InvalidStrides { given: strides });
        }
        Ok(Self { elements, layout })
    }

    /// The same tensor, to be read.
    pub fn as_view(&self) -> TensorView<'_, T> {
        TensorView { elements: self.elements, layout: self.layout }
    }

    /// The same tensor, to be written, for a shorter time.
    pub(crate) fn reborrow(&mut self) -> TensorViewMut<'_, T> {
        TensorViewMut { elements: self.elements, layout: self.layout }
    }
}

impl<T: Sample> TensorViewMut<'_, T> {
    /// Has row `y` written as packed 8-bit RGB: where it lies if it is that, or else into `room`, to be converted.
    pub(crate) fn fill_row(
        &mut self,
        y: usize,
        range: ValueRange,
        room: &mut [u8],
        fill: impl FnOnce(&mut [u8]),
    ) {
        if self.layout.rows_are_packed()
            && let Some(rgb) = T::as_bytes_mut(&mut self.elements[self.layout.row_start(y)..][..room.len()])
        {
            return fill(rgb);
        }
        fill(room);
        self.write_row(y, range, room);
    }

    /// Writes row `y` from packed 8-bit RGB.
    pub(crate) fn write_row(&mut self, y: usize, range: ValueRange, rgb: &[u8]) {
        let start = self.layout.row_start(y);
        if self.layout.rows_are_packed() {
            T::from_bytes(rgb, range, &mut self.elements[start..][..rgb.len()]);
            return;
        }
        let [_, column, channel] = self.layout.strides;
        let mut samples = [T::default(); 3 * GATHERED];
        for (chunk, rgb) in rgb.chunks(3 * GATHERED).enumerate() {
            T::from_bytes(rgb, range, &mut samples[..rgb.len()]);
            for (x, pixel) in samples[..rgb.len()].chunks_exact(3).enumerate() {
                let to = start + (chunk * GATHERED + x) * column;
                for (c, &sample) in pixel.iter().enumerate() {
                    self.elements[to + c * channel] = sample;
                }
            }
        }
    }
}

impl<T> TensorViewMut<'_, T> {
    /// (1, height, width, 3).
    pub fn shape(&self) -> [usize; 4] {
        [1, self.layout.height, self.layout.width, 3]
    }
}

fn packed(length: usize, shape: &[usize]) -> Result<Layout, Error> {
    let (height, width) = height_and_width(shape)?;
    let needed = height * width * 3;
    if length != needed {
        return Err(Error::BufferLength { given: length, needed });
    }
    Ok(Layout::packed(height, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_checked_before_sizes_before_lengths() {
        for given in [
            &[][..],
            &[3],
            &[4, 4, 3],
            &[2, 4, 4, 3],
            &[1, 4, 4, 4],
            &[1, 0, 4, 3],
            &[1, 4, 0, 3],
            &[1, 3, 4, 4],
        ] {
            assert_eq!(Tensor::<f32>::new(vec![], given), Err(Error::InvalidShape { given: given.to_vec() }));
        }
        assert_eq!(
            Tensor::<u8>::new(vec![], &[1, usize::MAX, usize::MAX, 3]),
            Err(Error::TooLarge { width: usize::MAX, height: usize::MAX })
        );
        assert_eq!(
            Tensor::<u8>::new(vec![0; 47], &[1, 4, 4, 3]),
            Err(Error::BufferLength { given: 47, needed: 48 })
        );
        assert!(Tensor::<u8>::new(vec![0; 48], &[1, 4, 4, 3]).is_ok());
    }

    #[test]
    fn strides_have_to_stay_inside_the_buffer() {
        let shape = [1, 4, 6, 3];
        let planar = [72, 6, 1, 24];
        assert!(TensorView::with_strides(&[0u8; 72], &shape, planar).is_ok());
        assert_eq!(
            TensorView::with_strides(&[0u8; 71], &shape, planar).unwrap_err(),
            Error::BufferLength { given: 71, needed: 72 }
        );
        let endless = [0, usize::MAX, 1, 1];
        assert_eq!(
            TensorView::with_strides(&[0u8; 72], &shape, endless).unwrap_err(),
            Error::InvalidStrides { given: endless }
        );
        assert!(TensorView::with_strides(&[0u8; 3], &shape, [0, 0, 0, 1]).is_ok(), "a broadcast may be read");
    }

    #[test]
    fn outputs_need_a_place_for_every_element() {
        let shape = [1, 4, 6, 3];
        let try_strides = |strides| TensorViewMut::with_strides(&mut [0u8; 200], &shape, strides).map(drop);
        for good in [[72, 18, 3, 1], [0, 6, 1, 24], [0, 20, 3, 1], [0, 3, 12, 1]] {
            assert_eq!(try_strides(good), Ok(()), "{good:?}");
        }
        for bad in [[72, 0, 3, 1], [72, 17, 3, 1], [72, 18, 2, 1], [72, 18, 3, 0]] {
            assert_eq!(try_strides(bad), Err(Error::InvalidStrides { given: bad }));
        }
    }
}
