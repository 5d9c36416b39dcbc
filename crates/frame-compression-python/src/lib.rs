//! The extension module `frame_compression._native`. What users see is the Python package around it,
//! in `python/frame_compression/`; this module takes NumPy arrays only.

#![allow(unsafe_code, reason = "memory of NumPy arrays")]

mod array;
mod batch;
mod clip;
mod compressor;
mod errors;
mod pictures;
mod recipes;
mod settings;

use std::ffi::OsString;

use frame_compression::ltx;
use pyo3::prelude::*;

/// Runs the command `frame-compression` with the given arguments, the program's name first, and gives its exit code.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| frame_compression_cli::run(arguments) as u8)
}

/// The CRF of a model's start images.
#[pyfunction]
fn ltx_default_crf(model: &str) -> u8 {
    ltx::default_crf(model)
}

/// The models that are known: name, CRF, source.
#[pyfunction]
fn ltx_models() -> Vec<(&'static str, u8, &'static str)> {
    ltx::MODELS.iter().map(|model| (model.name, model.crf, model.source)).collect()
}

/// The extension module. It keeps no state that is not behind a lock, so it needs no GIL.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::array::{check_image, check_images};
    #[pymodule_export]
    use crate::batch::{apply_batch, apply_list};
    #[pymodule_export]
    use crate::clip::apply_clip;
    #[pymodule_export]
    use crate::compressor::Compressor;
    #[pymodule_export]
    use crate::errors::{element_type_error, not_on_cpu_error};
    #[pymodule_export]
    use crate::pictures::Picture;
    #[pymodule_export]
    use crate::recipes::{numbers, recipes};
    #[pymodule_export]
    use crate::settings::{Settings, codecs};

    #[pymodule_export]
    use crate::{ltx_default_crf, ltx_models, main};

    /// The version of the package.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
