//! The recipes, as plain values, of which the Python package makes its own; and the numbers for a seed and a key.

use frame_compression::recipes::{Coding, Numbers, Recipe, Values};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// A coding: codec, weight, settings.
type Drawable<'py> = (&'static str, f64, Bound<'py, PyDict>);

/// A recipe: name, description, source, steps, what is not covered.
type Described<'py> =
    (&'static str, &'static str, &'static str, Vec<(f64, Vec<Drawable<'py>>)>, Vec<&'static str>);

/// Every recipe.
#[pyfunction]
pub(crate) fn recipes(py: Python<'_>) -> PyResult<Vec<Described<'_>>> {
    let steps = |recipe: &Recipe| {
        let step = |step: &frame_compression::recipes::Step| {
            let codings = step.codings.iter().map(|coding| described(py, coding));
            Ok((step.p, codings.collect::<PyResult<_>>()?))
        };
        recipe.steps.iter().map(step).collect::<PyResult<_>>()
    };
    let recipe = |recipe: &Recipe| {
        let not_covered = recipe.not_covered.to_vec();
        Ok((recipe.name, recipe.description, recipe.source, steps(recipe)?, not_covered))
    };
    Recipe::ALL.iter().map(recipe).collect()
}

/// The first numbers in [0, 1) of a seed and a key.
#[pyfunction]
pub(crate) fn numbers(seed: u64, key: &str, count: usize) -> Vec<f64> {
    Numbers::new(seed, key).take(count).collect()
}

fn described<'py>(py: Python<'py>, coding: &Coding) -> PyResult<Drawable<'py>> {
    let settings = PyDict::new(py);
    for (name, values) in coding.settings {
        settings.set_item(name, of(py, values)?)?;
    }
    Ok((coding.codec.name(), coding.weight, settings))
}

/// A value, the lowest and the highest as a tuple, or weights of names or whole numbers, as the package's settings to draw are written.
fn of<'py>(py: Python<'py>, values: &Values) -> PyResult<Bound<'py, PyAny>> {
    Ok(match *values {
        Values::One(value) => value.into_pyobject(py)?.into_any(),
        Values::Whole(first, last) => PyTuple::new(py, [first, last])?.into_any(),
        Values::Between(low, high) => PyTuple::new(py, [low, high])?.into_any(),
        Values::Weighted(weights) => {
            let given = PyDict::new(py);
            for (value, weight) in weights {
                match value.parse::<u32>() {
                    Ok(number) => given.set_item(number, weight)?,
                    Err(_) => given.set_item(value, weight)?,
                }
            }
            given.into_any()
        }
        _ => return Err(pyo3::exceptions::PyNotImplementedError::new_err(format!("{values:?}"))),
    })
}
