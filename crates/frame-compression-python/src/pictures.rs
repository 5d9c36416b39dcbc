//! Image files, read and written by the command's own code, so that both faces give the same pixels.

use frame_compression_cli::picture;
use numpy::ndarray::Array3;
use numpy::{IntoPyArray as _, PyArray3, PyReadonlyArray3};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{invalid_output, unreadable};

/// A decoded image file: its samples, and what a copy with other samples needs beside them.
#[pyclass(frozen, module = "frame_compression._native")]
#[derive(Debug)]
pub(crate) struct Picture(picture::Picture);

#[pymethods]
impl Picture {
    /// Decodes the content of a file.
    #[new]
    fn new(py: Python<'_>, file: &[u8]) -> PyResult<Self> {
        let decoded = py.detach(|| picture::Picture::decode(file));
        decoded.map(Self).map_err(|error| unreadable(&format!("the image file {error}")))
    }

    /// The samples, (height, width, 3).
    fn pixels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<u8>>> {
        let shape = (self.0.height, self.0.width, 3);
        let pixels = Array3::from_shape_vec(shape, self.0.rgb.clone());
        pixels.map(|pixels| pixels.into_pyarray(py)).map_err(|error| unreadable(&error.to_string()))
    }

    /// A PNG file of other samples of the same size, with this picture's alpha and what it says of its colours.
    fn png<'py>(&self, py: Python<'py>, pixels: PyReadonlyArray3<'_, u8>) -> PyResult<Bound<'py, PyBytes>> {
        let given = pixels.as_array();
        if given.dim() != (self.0.height, self.0.width, 3) {
            return Err(invalid_output("samples of another size than the picture's are not allowed"));
        }
        let mut changed = self.0.clone();
        changed.rgb = given.iter().copied().collect();
        let file = py.detach(|| changed.to_png()).map_err(|error| unreadable(&error.to_string()))?;
        Ok(PyBytes::new(py, &file))
    }
}
