//! The library's errors as Python exceptions, which `frame_compression.errors` defines.

use frame_compression::{Error, ErrorKind};
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;

/// The exception for an error of the library, with the library's own text.
pub(crate) fn exception(error: &Error) -> PyErr {
    with_text(error.kind(), &error.to_string())
}

/// The exception for a kind of error, with another text.
pub(crate) fn with_text(kind: ErrorKind, text: &str) -> PyErr {
    made(|errors| errors.getattr("from_code")?.call1((kind as i32, text)))
}

/// The exception for a name that is none of those allowed.
pub(crate) fn unknown_name(text: &str) -> PyErr {
    made(|errors| errors.getattr("UnknownNameError")?.call1((text,)))
}

/// The exception for an output that cannot be written.
pub(crate) fn invalid_output(text: &str) -> PyErr {
    made(|errors| errors.getattr("InvalidOutputError")?.call1((text,)))
}

/// The exception for an image file that cannot be read.
pub(crate) fn unreadable(text: &str) -> PyErr {
    made(|errors| errors.getattr("UnreadablePictureError")?.call1((text,)))
}

/// What `make` makes of the module `frame_compression.errors`, or what went wrong on the way.
fn made(make: impl for<'py> FnOnce(Bound<'py, PyModule>) -> PyResult<Bound<'py, PyAny>>) -> PyErr {
    Python::attach(|py| {
        py.import("frame_compression.errors").and_then(make).map_or_else(|failure| failure, PyErr::from_value)
    })
}

/// The exception for a tensor that is not in main memory.
#[pyfunction]
pub(crate) fn not_on_cpu_error(py: Python<'_>, device: String) -> Py<PyBaseException> {
    exception(&Error::NotOnCpu { device }).into_value(py)
}

/// The exception for elements of a type that the library does not take.
#[pyfunction]
pub(crate) fn element_type_error(py: Python<'_>, given: String) -> Py<PyBaseException> {
    exception(&Error::InvalidElementType { given }).into_value(py)
}
