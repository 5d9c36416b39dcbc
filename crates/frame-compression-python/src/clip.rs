//! Clips, whose frames a codec predicts from one another.

use numpy::PyUntypedArray;
use pyo3::prelude::*;

use crate::array::{Images, with_element};
use crate::compressor::{Compressor, pool_of, within};
use crate::errors::{exception, invalid_output};

/// Puts the artifacts of the clip `input`, (T, H, W, 3), into `output`, which shares no memory with it, on so many threads, which
/// live as long as the call.
#[pyfunction]
#[pyo3(signature = (compressor, input, output, keyint, bframes, threads=1))]
pub(crate) fn apply_clip(
    py: Python<'_>,
    compressor: &Compressor,
    input: Bound<'_, PyUntypedArray>,
    output: Bound<'_, PyUntypedArray>,
    keyint: u32,
    bframes: Option<u32>,
    threads: usize,
) -> PyResult<()> {
    let (input, output) = (Images::many(input)?, Images::many(output)?);
    if input.shape() != output.shape() || input.overlaps(&output) {
        return Err(invalid_output(
            "an output of another shape, or in the clip's own memory, is not allowed",
        ));
    }
    output.check_writable()?;
    let mut clip = compressor.settings.build_clip().keyint(keyint).map_err(|error| exception(&error))?;
    if let Some(bframes) = bframes {
        clip = clip.bframes(bframes).map_err(|error| exception(&error))?;
    }
    let pool = pool_of(threads)?;
    let result = with_element!(output.element, U => {
        // SAFETY: `U` is the element's type; the output is writable, and the input is elsewhere.
        let outputs = unsafe { output.views_mut::<U>() }?;
        with_element!(input.element, T => {
            // SAFETY: `T` is the element's type.
            let inputs = unsafe { input.views::<T>() }?;
            py.detach(|| within(pool, || clip.apply_frames(inputs, outputs)))
        })
    });
    result.map(drop).map_err(|error| exception(&error))
}
