//! A compressor that Python holds.

use std::sync::Mutex;

use frame_compression::{
    Backend, Codec, Crf, ErrorKind, FrameCompressor, Quality, QuantTables, Subsampling, ValueRange,
};
use frame_compression::{H265Preset, X265Version};
use numpy::PyUntypedArray;
use pyo3::prelude::*;

use crate::array::{Images, with_element};
use crate::errors::{exception, unknown_name, with_text};

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
    #[pyo3(signature = (codec, *, quality=None, crf=None, backend=None, subsampling=None, quant_tables=None,
        preset=None, x265_version=None, value_range="signed_unit"))]
    #[allow(clippy::too_many_arguments, reason = "all but the first are keywords")]
    fn new(
        codec: &str,
        quality: Option<f64>,
        crf: Option<f64>,
        backend: Option<&str>,
        subsampling: Option<&str>,
        quant_tables: Option<[Vec<i64>; 2]>,
        preset: Option<&str>,
        x265_version: Option<&str>,
        value_range: &str,
    ) -> PyResult<Self> {
        let mut settings = frame_compression::Settings::from(named::<Codec>(codec)?);
        match (quality, crf) {
            (Some(_), Some(_)) => {
                return Err(pyo3::exceptions::PyTypeError::new_err(
                    "quality and crf are both given: give one",
                ));
            }
            (Some(quality), None) => {
                settings.set_quality(Quality::try_from(quality).map_err(|error| exception(&error))?);
            }
            (None, Some(crf)) => settings.set_crf(Crf::try_from(crf).map_err(|error| exception(&error))?),
            (None, None) => {}
        }
        let backend = backend.map(named::<Backend>).transpose()?.map(Backend::name);
        for (name, value) in [
            ("subsampling", subsampling.map(named::<Subsampling>).transpose()?.map(Subsampling::name)),
            ("preset", preset.map(named::<H265Preset>).transpose()?.map(H265Preset::name)),
            ("release", x265_version.map(named::<X265Version>).transpose()?.map(X265Version::name)),
        ] {
            if let Some(value) = value {
                settings.set(name, value).map_err(|error| exception(&error))?;
            }
        }
        if let Some(tables) = quant_tables.map(tables).transpose()? {
            let steps: Vec<String> = tables.luma().iter().chain(tables.chroma()).map(u8::to_string).collect();
            settings.set("quant_tables", &steps.join(",")).map_err(|error| exception(&error))?;
        }
        if let Some(backend) = backend {
            settings.set("backend", backend).map_err(|error| exception(&error))?;
        }
        let settings = Settings {
            codec: settings,
            value_range: match value_range {
                "signed_unit" => ValueRange::SignedUnit,
                "unit" => ValueRange::Unit,
                _ => {
                    return Err(unknown_name(&format!(
                        "{value_range:?} is not allowed: signed_unit (-1 to 1) or unit (0 to 1)"
                    )));
                }
            },
        };
        Ok(Self { settings, idle: Mutex::default() })
    }

    /// Puts the artifacts of `input`, (1, H, W, 3), into `output`.
    fn apply(
        &self,
        py: Python<'_>,
        input: Bound<'_, PyUntypedArray>,
        output: Bound<'_, PyUntypedArray>,
    ) -> PyResult<()> {
        let mut input = Images::one(input)?;
        let output = Images::one(output)?;
        output.check_writable()?;
        let in_place = input.is_same_memory(&output);
        if !in_place && input.overlaps(&output) {
            input = input.copied()?;
        }
        let mut compressor = self.take();
        let result = with_element!(output.element, U => {
            // SAFETY: `U` is the element's type; the output is writable, and the input is elsewhere or not looked at.
            let mut outputs = unsafe { output.views_mut::<U>() }?;
            let output = outputs.remove(0);
            if in_place {
                py.detach(|| compressor.apply_in_place(output))
            } else {
                with_element!(input.element, T => {
                    // SAFETY: `T` is the element's type.
                    let view = unsafe { input.views::<T>() }?[0];
                    py.detach(|| compressor.apply_into(view, output))
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

/// The tables of luma and of chroma, 64 steps each, row by row.
fn tables(given: [Vec<i64>; 2]) -> PyResult<QuantTables> {
    let [luma, chroma] = given.map(|table| {
        let count = table.len();
        let steps: Vec<u16> = table
            .iter()
            .enumerate()
            .map(|(index, &step)| {
                u16::try_from(step).map_err(|_| {
                    let allowed = "baseline JPEG takes 1 to 255";
                    let text = format!("quantisation step {step} at index {index} is not allowed: {allowed}");
                    with_text(ErrorKind::InvalidQuantTable, &text)
                })
            })
            .collect::<PyResult<_>>()?;
        <[u16; 64]>::try_from(steps).map_err(|_| {
            with_text(
                ErrorKind::InvalidQuantTable,
                &format!("a quantisation table of {count} steps is not allowed: 64"),
            )
        })
    });
    QuantTables::new(luma?, chroma?).map_err(|error| exception(&error))
}

fn named<T: std::str::FromStr<Err = frame_compression::UnknownName>>(name: &str) -> PyResult<T> {
    name.parse().map_err(|error: frame_compression::UnknownName| unknown_name(&error.to_string()))
}
