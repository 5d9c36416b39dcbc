//! `ndarray`: arrays of (1, H, W, 3) in any memory order.

use ndarray::{Array, Array4, ArrayBase, ArrayViewMut, Data, Dimension, Ix4};

use crate::apply::{FrameCompressor, ImageTensor};
use crate::error::Error;
use crate::sample::Sample;
use crate::tensor::{Tensor, TensorView, TensorViewMut};

/// The strides, if there are four and none is negative.
fn strides_of(strides: &[isize]) -> Option<[usize; 4]> {
    let strides: [isize; 4] = strides.try_into().ok()?;
    strides.iter().all(|&stride| stride >= 0).then(|| strides.map(|stride| stride as usize))
}

/// Arrays whose memory has gaps or runs backwards are copied; all others, permuted ones included, are read
/// where they lie.
impl<S, D> ImageTensor for ArrayBase<S, D>
where
    S: Data<Elem: Sample>,
    D: Dimension,
{
    type Output = Array4<S::Elem>;

    fn apply_with(&self, compressor: &mut FrameCompressor) -> Result<Self::Output, Error> {
        let output = match (strides_of(self.strides()), self.as_slice_memory_order()) {
            (Some(strides), Some(elements)) => {
                TensorView::with_strides(elements, self.shape(), strides)?.apply_with(compressor)?
            }
            _ => {
                let packed: Vec<S::Elem> = self.iter().copied().collect();
                TensorView::new(&packed, self.shape())?.apply_with(compressor)?
            }
        };
        Ok(output.into())
    }
}

impl<T: Sample> From<Tensor<T>> for Array4<T> {
    fn from(tensor: Tensor<T>) -> Self {
        let [n, h, w, c] = tensor.shape();
        // A tensor's elements are as many as its shape says, in the standard order.
        Array::from_shape_vec(Ix4(n, h, w, c), tensor.into_vec())
            .unwrap_or_else(|_| unreachable!("a tensor holds what its shape says"))
    }
}

/// For [`FrameCompressor::apply_in_place`] and [`FrameCompressor::apply_into`]. The array's memory has to be without
/// gaps and to run forwards; [`Error::InvalidStrides`] says so otherwise.
impl<'a, T: Sample, D: Dimension> TryFrom<ArrayViewMut<'a, T, D>> for TensorViewMut<'a, T> {
    type Error = Error;

    fn try_from(array: ArrayViewMut<'a, T, D>) -> Result<Self, Error> {
        let shape = array.shape().to_vec();
        let given = array.strides().iter().map(|&stride| stride as usize).collect::<Vec<_>>();
        let strides = strides_of(array.strides());
        let elements = array.into_slice_memory_order();
        match (strides, elements) {
            (Some(strides), Some(elements)) => TensorViewMut::with_strides(elements, &shape, strides),
            _ => match given.try_into() {
                Ok(given) => Err(Error::InvalidStrides { given }),
                Err(_) => Err(Error::InvalidShape { given: shape }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, Array4, s};

    use super::*;
    use crate::names::Codec;

    fn array() -> Array4<f32> {
        Array4::from_shape_fn((1, 18, 34, 3), |(_, y, x, c)| {
            ((y * 7 + x * 3 + c * 11) % 40) as f32 / 20.0 - 1.0
        })
    }

    #[test]
    fn every_memory_order_gives_the_same_picture() {
        let mut compressor = FrameCompressor::new(Codec::H264);
        let plain = Tensor::new(array().into_raw_vec_and_offset().0, &[1, 18, 34, 3]).unwrap();
        let expected: Array4<f32> = compressor.apply(&plain).unwrap().into();
        assert_ne!(expected, array());

        let planar = array().permuted_axes([0, 3, 1, 2]).as_standard_layout().into_owned();
        let channels_last = planar.view().permuted_axes([0, 2, 3, 1]);
        assert!(channels_last.as_slice().is_none(), "this is not in standard order");
        assert_eq!(compressor.apply(&channels_last).unwrap(), expected);

        let reversed = array().slice(s![.., ..;-1, .., ..]).to_owned();
        let backwards = reversed.slice(s![.., ..;-1, .., ..]);
        assert_eq!(compressor.apply(&backwards).unwrap(), expected);

        let mut wide = Array4::zeros((1, 18, 40, 3));
        wide.slice_mut(s![.., .., 3..37, ..]).assign(&array());
        assert_eq!(compressor.apply(&wide.slice(s![.., .., 3..37, ..])).unwrap(), expected);

        let mut here = array();
        compressor.apply_in_place(here.view_mut().try_into().unwrap()).unwrap();
        assert_eq!(here, expected);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut compressor = FrameCompressor::new(Codec::H264);
        let three = Array3::<f32>::zeros((18, 34, 3));
        assert_eq!(compressor.apply(&three).unwrap_err(), Error::InvalidShape { given: vec![18, 34, 3] });
        let mut wide = Array4::<f32>::zeros((1, 4, 8, 3));
        let gaps = wide.slice_mut(s![.., .., ..4, ..]);
        assert!(matches!(TensorViewMut::try_from(gaps), Err(Error::InvalidStrides { .. })));
    }
}
