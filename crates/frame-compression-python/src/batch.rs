//! Many images at once, over as many threads as the caller says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use frame_compression::{Error, FrameCompressor, Sample, TensorView, TensorViewMut};
use numpy::PyUntypedArray;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::array::{Images, with_element};
use crate::compressor::{Compressor, Settings};
use crate::errors::{invalid_output, with_text};

/// Puts the artifacts of `input`, (N, H, W, 3), into `output`: image by image with a compressor of its own,
/// or all with one. `threads` is how many threads work, the caller's among them.
#[pyfunction]
pub(crate) fn apply_batch(
    py: Python<'_>,
    compressors: Vec<Py<Compressor>>,
    input: Bound<'_, PyUntypedArray>,
    output: Bound<'_, PyUntypedArray>,
    threads: usize,
) -> PyResult<()> {
    if threads == 0 {
        return Err(PyValueError::new_err("0 threads are not allowed: at least 1"));
    }
    let input = Images::many(input)?;
    let output = Images::many(output)?;
    if compressors.len() != 1 && compressors.len() != input.count() {
        return Err(PyValueError::new_err(format!(
            "settings for {} images are not allowed: there are {}",
            compressors.len(),
            input.count()
        )));
    }
    let settings = |place: usize| &compressors[if compressors.len() == 1 { 0 } else { place }].get().settings;
    let pair = Pair::new(input, output)?;
    let jobs: Vec<Job<'_>> = pair
        .work()?
        .into_iter()
        .enumerate()
        .map(|(place, work)| Job { place, settings: settings(place), work })
        .collect();
    run(py, jobs, threads)
}

/// The same for arrays of different sizes: each is images (N, H, W, 3) that share their settings, with an output
/// of its own.
#[pyfunction]
pub(crate) fn apply_list(
    py: Python<'_>,
    compressors: Vec<Py<Compressor>>,
    inputs: Vec<Bound<'_, PyUntypedArray>>,
    outputs: Vec<Bound<'_, PyUntypedArray>>,
    threads: usize,
) -> PyResult<()> {
    if threads == 0 || compressors.len() != inputs.len() || inputs.len() != outputs.len() {
        return Err(PyValueError::new_err("settings, inputs and outputs have to be as many"));
    }
    let pairs: Vec<Pair<'_>> = inputs
        .into_iter()
        .zip(outputs)
        .map(|(input, output)| Pair::new(Images::many(input)?, Images::many(output)?))
        .collect::<PyResult<_>>()?;
    for (place, pair) in pairs.iter().enumerate() {
        let others = pairs.iter().enumerate().filter(|(other, _)| *other != place);
        if others
            .into_iter()
            .any(|(_, other)| pair.output.overlaps(&other.output) || pair.output.overlaps(&other.input))
        {
            return Err(invalid_output("outputs that share memory with other arrays are not allowed"));
        }
    }
    let mut jobs = Vec::new();
    for (place, (pair, compressor)) in pairs.iter().zip(&compressors).enumerate() {
        let settings = &compressor.get().settings;
        jobs.extend(pair.work()?.into_iter().map(|work| Job { place, settings, work }));
    }
    run(py, jobs, threads)
}

/// Images and where their results go.
struct Pair<'py> {
    input: Images<'py>,
    output: Images<'py>,
    in_place: bool,
}

impl<'py> Pair<'py> {
    fn new(mut input: Images<'py>, output: Images<'py>) -> PyResult<Self> {
        if input.shape() != output.shape() {
            return Err(invalid_output(&format!(
                "an output of shape {:?} is not allowed: the input has {:?}",
                output.shape(),
                input.shape()
            )));
        }
        output.check_writable()?;
        let in_place = input.is_same_memory(&output);
        if !in_place && input.overlaps(&output) {
            input = input.copied()?;
        }
        Ok(Self { input, output, in_place })
    }

    /// What is to be done with each image.
    fn work(&self) -> PyResult<Vec<Work<'_>>> {
        with_element!(self.output.element, U => {
            // SAFETY: `U` is the element's type; the output is writable, and the input is elsewhere or not looked at.
            let outputs = unsafe { self.output.views_mut::<U>() }?;
            if self.in_place {
                Ok(outputs.into_iter().map(in_place).collect())
            } else {
                with_element!(self.input.element, T => {
                    // SAFETY: `T` is the element's type.
                    let inputs = unsafe { self.input.views::<T>() }?;
                    Ok(inputs.into_iter().zip(outputs).map(into).collect())
                })
            }
        })
    }
}

/// What is to be done with an image.
type Work<'a> = Box<dyn FnOnce(&mut FrameCompressor) -> Result<(), Error> + Send + 'a>;

fn into<'a, T: Sample, U: Sample>((input, output): (TensorView<'a, T>, TensorViewMut<'a, U>)) -> Work<'a> {
    Box::new(move |compressor| compressor.apply_into(input, output))
}

fn in_place<U: Sample>(image: TensorViewMut<'_, U>) -> Work<'_> {
    Box::new(move |compressor| compressor.apply_in_place(image))
}

/// An image that is to be done.
struct Job<'a> {
    /// What it is called in errors.
    place: usize,
    settings: &'a Settings,
    work: Work<'a>,
}

/// Runs every job. Of several failures the one of the first image is told, whichever thread met it.
fn run(py: Python<'_>, jobs: Vec<Job<'_>>, threads: usize) -> PyResult<()> {
    let helpers = threads.min(jobs.len()).saturating_sub(1);
    let queue = Queue { jobs: Mutex::new(jobs.into_iter()), end: AtomicUsize::new(usize::MAX) };
    let failed = py.detach(|| {
        std::thread::scope(|scope| {
            // A thread that the system does not give is one fewer; the caller's own does its work too.
            let helpers: Vec<_> = (0..helpers)
                .map_while(|_| std::thread::Builder::new().spawn_scoped(scope, || queue.work(|| Ok(()))).ok())
                .collect();
            let mut checked = Instant::now();
            let mut first = queue.work(|| {
                if checked.elapsed() < SIGNAL_INTERVAL {
                    return Ok(());
                }
                checked = Instant::now();
                Python::attach(|py| py.check_signals())
            });
            for helper in helpers {
                let found = helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                first = first.max(found);
            }
            first
        })
    });
    match failed {
        Stop::Done => Ok(()),
        Stop::Failed(place, error) => Err(with_text(error.kind(), &format!("image {place}: {error}"))),
        Stop::Interrupted(error) => Err(error),
    }
}

/// How often the calling thread lets Python handle signals (an interrupt by the user among them).
const SIGNAL_INTERVAL: Duration = Duration::from_millis(100);

/// Why a thread stopped working.
enum Stop {
    Done,
    Failed(usize, Error),
    Interrupted(PyErr),
}

impl Stop {
    /// The one to tell the caller: an interrupt, or else the failure of the first image.
    fn max(self, other: Self) -> Self {
        match (&self, &other) {
            (Stop::Interrupted(_), _) | (_, Stop::Done) => self,
            (Stop::Failed(place, _), Stop::Failed(other_place, _)) if place < other_place => self,
            _ => other,
        }
    }
}

/// The jobs that are left, handed out in order.
struct Queue<'a> {
    jobs: Mutex<std::vec::IntoIter<Job<'a>>>,
    /// No job from here on is started.
    end: AtomicUsize,
}

impl Queue<'_> {
    /// Does jobs until none is left, one has failed, or `check` says to stop.
    fn work(&self, mut check: impl FnMut() -> PyResult<()>) -> Stop {
        let mut compressors: Vec<(Settings, FrameCompressor)> = Vec::new();
        while let Some(job) = self.next() {
            if let Err(interrupt) = check() {
                self.end.store(0, Ordering::Relaxed);
                return Stop::Interrupted(interrupt);
            }
            if let Err(error) = (job.work)(compressor_for(job.settings, &mut compressors)) {
                self.end.fetch_min(job.place, Ordering::Relaxed);
                return Stop::Failed(job.place, error);
            }
        }
        Stop::Done
    }

    fn next(&self) -> Option<Job<'_>> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.next().filter(|job| job.place < self.end.load(Ordering::Relaxed))
    }
}

/// This thread's compressor for the settings, brought to their strength.
fn compressor_for<'a>(
    settings: &Settings,
    compressors: &'a mut Vec<(Settings, FrameCompressor)>,
) -> &'a mut FrameCompressor {
    let kind = settings.without_strength();
    let known = compressors.iter().position(|(known, _)| *known == kind);
    let at = known.unwrap_or_else(|| {
        compressors.push((kind, settings.build()));
        compressors.len() - 1
    });
    let compressor = &mut compressors[at].1;
    compressor.set_settings(settings.codec.clone());
    compressor
}
