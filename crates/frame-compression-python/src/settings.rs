//! A codec's settings, by name and text; the Python package makes its settings objects from the table of them.

use frame_compression::{Codec, Error, ErrorKind, Setting, SettingKind, UnknownName};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{exception, unknown_name, with_text};

/// A codec with its settings.
#[pyclass(frozen, module = "frame_compression._native")]
#[derive(Debug, Clone)]
pub(crate) struct Settings(pub(crate) frame_compression::Settings);

#[pymethods]
impl Settings {
    /// The codec of this name, with the settings that are given as names and texts, in this order.
    #[new]
    fn new(codec: &str, given: Vec<(String, String)>) -> PyResult<Self> {
        let codec: Codec = codec.parse().map_err(|error: UnknownName| unknown_name(&error.to_string()))?;
        let mut settings = frame_compression::Settings::from(codec);
        for (name, text) in &given {
            settings.set(name, text).map_err(|error| refused(&settings, name, &error))?;
        }
        Ok(Self(settings))
    }

    /// A setting as text; `None` where it is not set.
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name)
    }

    /// The codec, the strength and what is not the default.
    fn text(&self) -> String {
        self.0.to_string()
    }
}

/// The exception for a setting that the library refuses: one of a choice of names has an exception of its own.
fn refused(settings: &frame_compression::Settings, name: &str, error: &Error) -> PyErr {
    let table = settings.table();
    let is_choice = table
        .iter()
        .any(|setting| setting.name == name && matches!(setting.kind, SettingKind::Choice { .. }));
    match error.kind() {
        ErrorKind::InvalidSetting if is_choice => unknown_name(&error.to_string()),
        ErrorKind::InvalidSetting => with_text(ErrorKind::InvalidSetting, &error.to_string()),
        _ => exception(error),
    }
}

/// A codec: its name, what it is, and its settings, each as a dictionary.
type Described<'py> = (&'static str, &'static str, Vec<Bound<'py, PyDict>>);

/// Every codec.
#[pyfunction]
pub(crate) fn codecs(py: Python<'_>) -> PyResult<Vec<Described<'_>>> {
    Codec::ALL
        .into_iter()
        .map(|codec| {
            let table = frame_compression::Settings::from(codec).table();
            let settings = table.iter().map(|setting| described(py, setting)).collect::<PyResult<_>>()?;
            Ok((codec.name(), codec.description(), settings))
        })
        .collect()
}

fn described<'py>(py: Python<'py>, setting: &Setting) -> PyResult<Bound<'py, PyDict>> {
    let described = PyDict::new(py);
    described.set_item("name", setting.name)?;
    described.set_item("help", setting.help)?;
    described.set_item("default", setting.default)?;
    described.set_item("allowed", setting.kind.to_string())?;
    let kind = match setting.kind {
        SettingKind::Number { .. } => "number",
        SettingKind::Whole { .. } => "whole",
        SettingKind::Choice { names } => {
            described.set_item("names", names)?;
            "choice"
        }
        SettingKind::List { count, .. } => {
            described.set_item("count", count)?;
            "list"
        }
        _ => "text",
    };
    described.set_item("kind", kind)?;
    Ok(described)
}
