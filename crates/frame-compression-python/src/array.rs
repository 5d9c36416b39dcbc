//! NumPy arrays as the library's tensors, without a copy.

use frame_compression::{Error, ErrorKind, MAX_SIDE, Sample, TensorView, TensorViewMut};
use half::{bf16, f16};
use numpy::npyffi::flags::{NPY_ARRAY_ALIGNED, NPY_ARRAY_WRITEABLE};
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods, dtype};
use pyo3::prelude::*;

use crate::errors::{exception, invalid_output, with_text};

/// The element types of arrays. NumPy has no bfloat16: its bits come as `uint16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    F16,
    F32,
    F64,
    Bf16,
    U8,
}

impl Element {
    fn of(array: &Bound<'_, PyUntypedArray>) -> PyResult<Self> {
        let py = array.py();
        let given = array.dtype();
        let known = [
            (dtype::<f32>(py), Element::F32),
            (dtype::<u8>(py), Element::U8),
            (dtype::<f16>(py), Element::F16),
            (dtype::<u16>(py), Element::Bf16),
            (dtype::<f64>(py), Element::F64),
        ];
        known.into_iter().find(|(known, _)| given.is_equiv_to(known)).map(|(_, element)| element).ok_or_else(
            || {
                let given = given.str().map_or_else(|_| "unknown".to_owned(), |name| name.to_string());
                exception(&Error::InvalidElementType { given })
            },
        )
    }
}

/// Runs `$body` with `$T` standing for the Rust type of `$element`.
macro_rules! with_element {
    ($element:expr, $T:ident => $body:expr) => {
        match $element {
            $crate::array::Element::F16 => {
                type $T = half::f16;
                $body
            }
            $crate::array::Element::F32 => {
                type $T = f32;
                $body
            }
            $crate::array::Element::F64 => {
                type $T = f64;
                $body
            }
            $crate::array::Element::Bf16 => {
                type $T = half::bf16;
                $body
            }
            $crate::array::Element::U8 => {
                type $T = u8;
                $body
            }
        }
    };
}
pub(crate) use with_element;

/// Images (N, H, W, 3) in an array: where they lie, and of what they are made.
pub(crate) struct Images<'py> {
    array: Bound<'py, PyUntypedArray>,
    pub(crate) element: Element,
    shape: [usize; 4],
    /// In elements; 0 where there is no next one.
    strides: [usize; 4],
}

impl<'py> Images<'py> {
    /// Any number of images.
    pub(crate) fn many(array: Bound<'py, PyUntypedArray>) -> PyResult<Self> {
        match *array.shape() {
            [count, height, width, 3] if count > 0 && height > 0 && width > 0 => {
                Self::new(array, [count, height, width, 3])
            }
            ref given => {
                let given =
                    format!("shape {given:?} is not allowed: it has to be (images, height, width, 3)");
                Element::of(&array)?;
                Err(with_text(ErrorKind::InvalidShape, &(given + ", each at least 1")))
            }
        }
    }

    /// One image: the shape (1, H, W, 3) to the letter.
    pub(crate) fn one(array: Bound<'py, PyUntypedArray>) -> PyResult<Self> {
        match *array.shape() {
            [1, height, width, 3] if height > 0 && width > 0 => Self::new(array, [1, height, width, 3]),
            ref given => {
                let given = given.to_vec();
                Element::of(&array)?;
                Err(exception(&Error::InvalidShape { given }))
            }
        }
    }

    fn new(array: Bound<'py, PyUntypedArray>, shape: [usize; 4]) -> PyResult<Self> {
        let element = Element::of(&array)?;
        let size = with_element!(element, T => size_of::<T>());
        let [_, height, width, _] = shape;
        if height > MAX_SIDE || width > MAX_SIDE {
            return Err(exception(&Error::TooLarge { width, height }));
        }
        let mut strides = [0; 4];
        for (dimension, stride) in strides.iter_mut().enumerate() {
            if shape[dimension] == 1 {
                continue;
            }
            let bytes = array.strides()[dimension];
            *stride = match usize::try_from(bytes) {
                Ok(bytes) if bytes.is_multiple_of(size) => bytes / size,
                _ => return Err(stride_error(array.strides())),
            };
        }
        if flags(&array) & NPY_ARRAY_ALIGNED == 0 {
            return Err(with_text(
                ErrorKind::InvalidStrides,
                "an array that is not aligned is not allowed: pass a copy of it (numpy.array(x))",
            ));
        }
        Ok(Self { array, element, shape, strides })
    }

    /// How many images there are.
    pub(crate) fn count(&self) -> usize {
        self.shape[0]
    }

    pub(crate) fn shape(&self) -> [usize; 4] {
        self.shape
    }

    /// Refuses an array that NumPy does not let anybody write.
    pub(crate) fn check_writable(&self) -> PyResult<()> {
        if flags(&self.array) & NPY_ARRAY_WRITEABLE == 0 {
            return Err(invalid_output("a read-only output is not allowed: it has to be writable"));
        }
        if self.count() > 1 && self.strides[0] < self.reach() {
            return Err(invalid_output(
                "an output whose images are interleaved is not allowed: each needs its own part of memory",
            ));
        }
        Ok(())
    }

    /// Elements from an image's first to behind its last.
    fn reach(&self) -> usize {
        (1..4).map(|dimension| (self.shape[dimension] - 1) * self.strides[dimension]).sum::<usize>() + 1
    }

    /// The addresses from the first byte to behind the last.
    fn extent(&self) -> (usize, usize) {
        let elements = (self.count() - 1) * self.strides[0] + self.reach();
        let start = self.data() as usize;
        (start, start + elements * with_element!(self.element, T => size_of::<T>()))
    }

    fn data(&self) -> *mut std::ffi::c_void {
        // SAFETY: `as_array_ptr` points to NumPy's own object, which `self.array` keeps alive.
        unsafe { (*self.array.as_array_ptr()).fields.data.cast() }
    }

    /// Whether both arrays are the same elements at the same places.
    pub(crate) fn is_same_memory(&self, other: &Images<'_>) -> bool {
        self.data() == other.data()
            && (self.element, self.shape, self.strides) == (other.element, other.shape, other.strides)
    }

    /// Whether the arrays may share a byte.
    pub(crate) fn overlaps(&self, other: &Images<'_>) -> bool {
        let ((start, end), (other_start, other_end)) = (self.extent(), other.extent());
        start < other_end && other_start < end
    }

    /// A copy in memory of its own.
    pub(crate) fn copied(&self) -> PyResult<Self> {
        let copy = self.array.call_method0("copy")?.cast_into::<PyUntypedArray>()?;
        Self::new(copy, self.shape)
    }

    /// The images, to be read.
    ///
    /// # Safety
    /// `T` is the type of `element`, and nobody writes the array while the views live. The first the caller
    /// sees to (`with_element`); the second is what every function that releases the GIL asks of its callers.
    pub(crate) unsafe fn views<T: Sample>(&self) -> PyResult<Vec<TensorView<'_, T>>> {
        let shape = [1, self.shape[1], self.shape[2], 3];
        (0..self.count())
            .map(|image| {
                // SAFETY: NumPy guarantees that every element that shape and strides reach lies in one
                // allocation; `new` has made sure that no stride is negative and that elements are aligned.
                let elements = unsafe {
                    let start = self.data().cast::<T>().cast_const().add(image * self.strides[0]);
                    std::slice::from_raw_parts(start, self.reach())
                };
                TensorView::with_strides(elements, &shape, self.strides).map_err(|error| exception(&error))
            })
            .collect()
    }

    /// The images, to be written.
    ///
    /// # Safety
    /// As for `views`; also `check_writable` has passed, and nobody reads the array while the views live.
    pub(crate) unsafe fn views_mut<T: Sample>(&self) -> PyResult<Vec<TensorViewMut<'_, T>>> {
        let shape = [1, self.shape[1], self.shape[2], 3];
        (0..self.count())
            .map(|image| {
                // SAFETY: as in `views`; `check_writable` has made sure that no two images share a place.
                let elements = unsafe {
                    let start = self.data().cast::<T>().add(image * self.strides[0]);
                    std::slice::from_raw_parts_mut(start, self.reach())
                };
                TensorViewMut::with_strides(elements, &shape, self.strides).map_err(|error| exception(&error))
            })
            .collect()
    }
}

fn flags(array: &Bound<'_, PyUntypedArray>) -> i32 {
    // SAFETY: `as_array_ptr` points to NumPy's own object, which `array` keeps alive.
    unsafe { (*array.as_array_ptr()).fields.flags }
}

fn stride_error(given: &[isize]) -> PyErr {
    with_text(
        ErrorKind::InvalidStrides,
        &format!(
            "strides {given:?} (in bytes) are not allowed: none may be negative and each has to be a multiple of \
             the element's size; pass a packed copy (numpy.ascontiguousarray(x))"
        ),
    )
}

/// Refuses an array that is not one image, before anything is made for it.
#[pyfunction]
pub(crate) fn check_image(array: Bound<'_, PyUntypedArray>) -> PyResult<()> {
    Images::one(array).map(drop)
}

/// Refuses an array that is not a batch of images, and gives their number.
#[pyfunction]
pub(crate) fn check_images(array: Bound<'_, PyUntypedArray>) -> PyResult<usize> {
    Images::many(array).map(|images| images.count())
}

const _: () = assert!(size_of::<bf16>() == size_of::<u16>() && size_of::<f16>() == size_of::<u16>());
