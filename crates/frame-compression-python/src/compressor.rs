//! A compressor that Python holds.

use std::sync::Mutex;

use frame_compression::{ClipCompressor, FrameCompressor, Quality, ValueRange};
use numpy::PyUntypedArray;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::array::{Images, with_element};
use crate::errors::{exception, unknown_name};

/// Everything of a compressor but its memory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) codec: frame_compression::Settings,
    value_range: ValueRange,
}

impl Settings {
    /// The same settings for any strength.
    pub(crate) fn without_strength(&self) -> Self {
        let mut settings = self.clone();
        settings.codec.set_quality(Quality::DEFAULT);
        settings
    }

    pub(crate) fn build(&self) -> FrameCompressor {
        FrameCompressor::new(self.codec.clone()).value_range(self.value_range)
    }

    pub(crate) fn build_clip(&self) -> ClipCompressor {
        ClipCompressor::new(self.codec.clone()).value_range(self.value_range)
    }
}

/// A codec with its settings, for any number of threads at once: each takes a `FrameCompressor`
/// out of the pool, or makes one, and brings it back when it is done.
#[pyclass(frozen, module = "frame_compression._native")]
#[derive(Debug)]
pub(crate) struct Compressor {
    pub(crate) settings: Settings,
    idle: Mutex<Vec<FrameCompressor>>,
}

#[pymethods]
impl Compressor {
    #[new]
    fn new(settings: &crate::settings::Settings, value_range: &str) -> PyResult<Self> {
        let value_range = match value_range {
            "signed_unit" => ValueRange::SignedUnit,
            "unit" => ValueRange::Unit,
            _ => {
                return Err(unknown_name(&format!(
                    "value_range {value_range:?} is not allowed: signed_unit (-1 to 1) or unit (0 to 1)"
                )));
            }
        };
        Ok(Self { settings: Settings { codec: settings.0.clone(), value_range }, idle: Mutex::default() })
    }

    /// Puts the artifacts of `input`, (1, H, W, 3), into `output`, on so many threads, which live as long as the call.
    #[pyo3(signature = (input, output, threads=1))]
    fn apply(
        &self,
        py: Python<'_>,
        input: Bound<'_, PyUntypedArray>,
        output: Bound<'_, PyUntypedArray>,
        threads: usize,
    ) -> PyResult<()> {
        let mut input = Images::one(input)?;
        let output = Images::one(output)?;
        output.check_writable()?;
        let in_place = input.is_same_memory(&output);
        if !in_place && input.overlaps(&output) {
            input = input.copied()?;
        }
        let pool = pool_of(threads)?;
        let mut compressor = self.take();
        let result = with_element!(output.element, U => {
            // SAFETY: `U` is the element's type; the output is writable, and the input is elsewhere or not looked at.
            let mut outputs = unsafe { output.views_mut::<U>() }?;
            let output = outputs.remove(0);
            if in_place {
                py.detach(|| within(pool, || compressor.apply_in_place(output)))
            } else {
                with_element!(input.element, T => {
                    // SAFETY: `T` is the element's type.
                    let view = unsafe { input.views::<T>() }?[0];
                    py.detach(|| within(pool, || compressor.apply_into(view, output)))
                })
            }
        });
        self.bring_back(compressor);
        result.map_err(|error| exception(&error))
    }
}

impl Compressor {
    // The lock is only ever tried: a process that was forked while another thread held it goes on without.
    fn take(&self) -> FrameCompressor {
        let idle = self.idle.try_lock().ok().and_then(|mut idle| idle.pop());
        idle.unwrap_or_else(|| self.settings.build())
    }

    fn bring_back(&self, compressor: FrameCompressor) {
        if let Ok(mut idle) = self.idle.try_lock() {
            idle.push(compressor);
        }
    }
}

/// The most threads that a picture is given: more than any machine has cores, and few enough to be made.
const MAX_THREADS: usize = 256;

/// So many threads; `None` for the caller's own.
pub(crate) fn pool_of(threads: usize) -> PyResult<Option<ThreadPool>> {
    if threads <= 1 {
        return Ok(None);
    }
    let made = ThreadPoolBuilder::new().num_threads(threads.min(MAX_THREADS)).build();
    made.map(Some)
        .map_err(|error| PyRuntimeError::new_err(format!("{threads} threads cannot be started: {error}")))
}

/// Does the work on the threads of a pool, or on this thread alone.
pub(crate) fn within<R: Send>(pool: Option<ThreadPool>, work: impl FnOnce() -> R + Send) -> R {
    match pool {
        None => work(),
        Some(pool) => pool.install(work),
    }
}
