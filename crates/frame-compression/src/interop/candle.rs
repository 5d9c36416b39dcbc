//! `candle`: CPU tensors of (1, H, W, 3), any strides.

use candle_core::{CpuStorage, Device, Storage, Tensor as CandleTensor, WithDType};

use crate::apply::{FrameCompressor, ImageTensor};
use crate::error::Error;
use crate::sample::Sample;
use crate::tensor::TensorView;

/// Tensors of `f32`, `f16`, `bf16`, `f64` and `u8` on the CPU, read where they lie; the result is a new, packed tensor
/// of the same element type that carries no gradient.
///
/// # Errors
/// [`Error::NotOnCpu`] for a tensor on another device, [`Error::InvalidElementType`] for other element types.
impl ImageTensor for CandleTensor {
    type Output = CandleTensor;

    fn apply_with(&self, compressor: &mut FrameCompressor) -> Result<CandleTensor, Error> {
        let (storage, _) = self.storage_and_layout();
        let Storage::Cpu(storage) = &*storage else {
            return Err(Error::NotOnCpu { device: format!("{:?}", self.device().location()) });
        };
        match storage {
            CpuStorage::F32(elements) => typed(self, elements, compressor),
            CpuStorage::F16(elements) => typed(self, elements, compressor),
            CpuStorage::BF16(elements) => typed(self, elements, compressor),
            CpuStorage::F64(elements) => typed(self, elements, compressor),
            CpuStorage::U8(elements) => typed(self, elements, compressor),
            _ => Err(Error::InvalidElementType { given: self.dtype().as_str().to_owned() }),
        }
    }
}

fn typed<T: Sample + WithDType>(
    tensor: &CandleTensor,
    elements: &[T],
    compressor: &mut FrameCompressor,
) -> Result<CandleTensor, Error> {
    let invalid_shape = || Error::InvalidShape { given: tensor.dims().to_vec() };
    let layout = tensor.layout();
    let strides = layout.stride().try_into().map_err(|_| invalid_shape())?;
    let elements = elements.get(layout.start_offset()..).unwrap_or_default();
    let output = TensorView::with_strides(elements, tensor.dims(), strides)?.apply_with(compressor)?;
    CandleTensor::from_vec(output.into_vec(), tensor.dims(), &Device::Cpu).map_err(|_| invalid_shape())
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;
    use crate::names::Codec;
    use crate::tensor::Tensor;

    fn samples() -> Vec<f32> {
        (0..18 * 34 * 3).map(|i| (i * 37 % 101) as f32 / 50.5 - 1.0).collect()
    }

    fn flat(tensor: &CandleTensor) -> Vec<f32> {
        tensor.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn tensors_are_coded_whatever_their_strides_and_type() {
        let mut compressor = FrameCompressor::new(Codec::H264);
        let expected =
            compressor.apply(&Tensor::new(samples(), &[1, 18, 34, 3]).unwrap()).unwrap().into_vec();
        let tensor = CandleTensor::from_vec(samples(), (1, 18, 34, 3), &Device::Cpu).unwrap();
        assert_eq!(flat(&compressor.apply(&tensor).unwrap()), expected);

        let planar = tensor.permute((0, 3, 1, 2)).unwrap().contiguous().unwrap();
        let strided = planar.permute((0, 2, 3, 1)).unwrap();
        assert!(!strided.is_contiguous());
        assert_eq!(flat(&compressor.apply(&strided).unwrap()), expected);

        let padded = tensor.pad_with_zeros(2, 5, 3).unwrap().narrow(2, 5, 34).unwrap();
        assert_eq!(flat(&compressor.apply(&padded).unwrap()), expected);

        for dtype in [DType::F16, DType::BF16, DType::F64] {
            let output = compressor.apply(&tensor.to_dtype(dtype).unwrap()).unwrap();
            assert_eq!((output.dtype(), output.dims()), (dtype, &[1, 18, 34, 3][..]));
        }
    }

    #[test]
    fn other_element_types_and_shapes_are_named() {
        let mut compressor = FrameCompressor::new(Codec::H264);
        let tensor = CandleTensor::zeros((1, 4, 4, 3), DType::I64, &Device::Cpu).unwrap();
        assert_eq!(
            compressor.apply(&tensor).unwrap_err(),
            Error::InvalidElementType { given: "i64".to_owned() }
        );
        let tensor = CandleTensor::zeros((4, 4, 3), DType::F32, &Device::Cpu).unwrap();
        assert_eq!(compressor.apply(&tensor).unwrap_err(), Error::InvalidShape { given: vec![4, 4, 3] });
    }
}
