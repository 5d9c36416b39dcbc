//! Images as a C program gives them: a pointer, its length, and where the elements lie.

#![allow(non_camel_case_types)]

use std::ffi::c_void;
use std::ops::Range;
use std::slice;

use frame_compression::{ClipCompressor, FrameCompressor, Sample, TensorView, TensorViewMut};
use half::{bf16, f16};

use crate::call::{self, Refusal};
use crate::fc_status;

/// An element type.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_element {
    /// `float`.
    FC_ELEMENT_F32 = 1,
    /// IEEE half precision, as its 16 bits.
    FC_ELEMENT_F16 = 2,
    /// bfloat16, as its 16 bits.
    FC_ELEMENT_BF16 = 3,
    /// `double`.
    FC_ELEMENT_F64 = 4,
    /// `uint8_t`: 0 to 255, whatever the value range.
    FC_ELEMENT_U8 = 5,
}

/// An image in the caller's memory: height x width x 3 elements R, G, B, rows top to bottom. That is a tensor NHWC of
/// shape (1, height, width, 3); other orders of the dimensions are said by the strides.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct fc_image {
    /// The first element. Written through only where the image is an output.
    pub elements: *mut c_void,
    /// How many elements there are at `elements`; may be more than needed.
    pub length: usize,
    /// One of `fc_element`.
    pub element_type: u32,
    /// Rows, 1 to 16384.
    pub height: usize,
    /// Columns, 1 to 16384.
    pub width: usize,
    /// Elements from a row to the next. All three strides 0: packed (3 * width, 3, 1).
    pub row_stride: usize,
    /// Elements from a column to the next.
    pub column_stride: usize,
    /// Elements from a channel to the next.
    pub channel_stride: usize,
}

impl fc_image {
    fn shape(&self) -> [usize; 4] {
        [1, self.height, self.width, 3]
    }

    /// Strides in the order N, H, W, C.
    fn strides(&self) -> [usize; 4] {
        match (self.row_stride, self.column_stride, self.channel_stride) {
            (0, 0, 0) => [0, self.width.saturating_mul(3), 3, 1],
            (row, column, channel) => [0, row, column, channel],
        }
    }

    /// The pointer to the elements, of which the caller says there are `length`.
    fn start<T>(&self, name: &str) -> Result<*mut T, Refusal> {
        let start = call::place(self.elements.cast::<T>(), &format!("{name}.elements"))?;
        if self.length > isize::MAX as usize / size_of::<T>() {
            let text = format!("{name}.length {} is not allowed: it is more than memory holds", self.length);
            return Err(Refusal::new(fc_status::FC_ERROR_BUFFER_LENGTH, text));
        }
        Ok(start.as_ptr())
    }

    /// The image to be read.
    ///
    /// # Safety
    /// There are `length` elements of type `T` at `elements`, which nothing writes to for `'a`.
    unsafe fn view<'a, T: Sample>(&self, name: &str) -> Result<TensorView<'a, T>, Refusal> {
        // SAFETY: not null, aligned, of a length that memory holds; the rest is guaranteed by the caller.
        let elements = unsafe { slice::from_raw_parts(self.start::<T>(name)?, self.length) };
        Ok(TensorView::with_strides(elements, &self.shape(), self.strides())?)
    }

    /// The image to be written.
    ///
    /// # Safety
    /// There are `length` elements of type `T` at `elements`, which nothing else uses for `'a`.
    unsafe fn view_mut<'a, T: Sample>(&self, name: &str) -> Result<TensorViewMut<'a, T>, Refusal> {
        // SAFETY: not null, aligned, of a length that memory holds; the rest is guaranteed by the caller.
        let elements = unsafe { slice::from_raw_parts_mut(self.start::<T>(name)?, self.length) };
        Ok(TensorViewMut::with_strides(elements, &self.shape(), self.strides())?)
    }

    /// The addresses of the elements, from the first to past the last that may be used.
    fn addresses(&self, element_size: usize) -> Range<usize> {
        let start = self.elements.addr();
        start..start.saturating_add(self.length.saturating_mul(element_size))
    }

    fn is_same_as(&self, other: &fc_image) -> bool {
        self.elements == other.elements
            && self.element_type == other.element_type
            && self.shape() == other.shape()
            && self.strides() == other.strides()
    }
}

/// Calls a function that is generic over the element type with the type that a number stands for.
macro_rules! with_element {
    ($image:expr, $name:literal, $T:ident => $body:expr) => {
        match $image.element_type {
            n if n == fc_element::FC_ELEMENT_F32 as u32 => {
                type $T = f32;
                $body
            }
            n if n == fc_element::FC_ELEMENT_F16 as u32 => {
                type $T = f16;
                $body
            }
            n if n == fc_element::FC_ELEMENT_BF16 as u32 => {
                type $T = bf16;
                $body
            }
            n if n == fc_element::FC_ELEMENT_F64 as u32 => {
                type $T = f64;
                $body
            }
            n if n == fc_element::FC_ELEMENT_U8 as u32 => {
                type $T = u8;
                $body
            }
            n => Err(Refusal::new(
                fc_status::FC_ERROR_INVALID_ELEMENT_TYPE,
                format!(concat!($name, ".element_type {} is not allowed: one of 1, 2, 3, 4, 5"), n),
            )),
        }
    };
}

/// Puts a compressor's artifacts of one image into another.
///
/// # Safety
/// There are as many elements of the images' types at their pointers as they say, and nothing else writes to them
/// meanwhile.
pub(crate) unsafe fn apply(
    compressor: &mut FrameCompressor,
    input: &fc_image,
    output: &fc_image,
) -> Result<(), Refusal> {
    with_element!(input, "input", T => with_element!(output, "output", U => {
        if input.is_same_as(output) {
            // SAFETY: guaranteed by the caller; the input is not looked at besides.
            let image = unsafe { output.view_mut::<U>("output") }?;
            return Ok(compressor.apply_in_place(image)?);
        }
        input.start::<T>("input")?;
        output.start::<U>("output")?;
        let (read, written) = (input.addresses(size_of::<T>()), output.addresses(size_of::<U>()));
        if read.start < written.end && written.start < read.end {
            let text = "input and output share memory: give the same image twice, or two apart";
            return Err(Refusal::new(fc_status::FC_ERROR_OVERLAP, text.to_owned()));
        }
        // SAFETY: guaranteed by the caller, and the two do not overlap.
        let (input, output) = unsafe { (input.view::<T>("input")?, output.view_mut::<U>("output")?) };
        Ok(compressor.apply_into(input, output)?)
    }))
}

/// Pushes a frame into a clip.
///
/// # Safety
/// There are as many elements of the frame's type at its pointer as it says, and nothing writes to them meanwhile.
pub(crate) unsafe fn push(clip: &mut ClipCompressor, frame: &fc_image) -> Result<(), Refusal> {
    with_element!(frame, "frame", T => {
        // SAFETY: guaranteed by the caller.
        let frame = unsafe { frame.view::<T>("frame") }?;
        Ok(clip.push(frame)?)
    })
}

/// Writes a clip's next frame into an image, and says whether there was one.
///
/// # Safety
/// There are as many elements of the image's type at its pointer as it says, and nothing else uses them meanwhile.
pub(crate) unsafe fn next(clip: &mut ClipCompressor, output: &fc_image) -> Result<bool, Refusal> {
    with_element!(output, "output", T => {
        // SAFETY: guaranteed by the caller.
        let output = unsafe { output.view_mut::<T>("output") }?;
        Ok(clip.next_frame_into(output)?)
    })
}
