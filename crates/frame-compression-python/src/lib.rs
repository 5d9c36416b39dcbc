//! The extension module `frame_compression._native`. What users see is the Python package around it,
//! in `python/frame_compression/`; this module takes NumPy arrays only.

#![allow(unsafe_code, reason = "memory of NumPy arrays")]

mod array;
mod batch;
mod compressor;
mod errors;
mod pictures;

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command `frame-compression` with the given arguments, the program's name first, and gives its exit code.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| frame_compression_cli::run(arguments) as u8)
}

/// The extension module. It keeps no state that is not behind a lock, so it needs no GIL.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::array::{check_image, check_images};
    #[pymodule_export]
    use crate::batch::apply_batch;
    #[pymodule_export]
    use crate::compressor::Compressor;
    #[pymodule_export]
    use crate::errors::{element_type_error, not_on_cpu_error};
    #[pymodule_export]
    use crate::pictures::Picture;

    #[pymodule_export]
    use crate::main;

    /// The version of the package.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
