//! Many images at once, over as many threads as the caller says.

use std::iter::Enumerate;
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
    compressors: Vec<PyRef<'_, Compressor>>,
    input: Bound<'_, PyUntypedArray>,
    output: Bound<'_, PyUntypedArray>,
    threads: usize,
) -> PyResult<()> {
    if threads == 0 {
        return Err(PyValueError::new_err("0 threads are not allowed: at least 1"));
    }
    let mut input = Images::many(input)?;
    let output = Images::many(output)?;
    if input.shape() != output.shape() {
        return Err(invalid_output(&format!(
            "an output of shape {:?} is not allowed: the input has {:?}",
            output.shape(),
            input.shape()
        )));
    }
    if compressors.len() != 1 && compressors.len() != input.count() {
        return Err(PyValueError::new_err(format!(
            "settings for {} images are not allowed: there are {}",
            compressors.len(),
            input.count()
        )));
    }
    output.check_writable()?;
    let settings: Vec<Settings> = compressors.iter().map(|compressor| compressor.settings.clone()).collect();
    let in_place = input.is_same_memory(&output);
    if !in_place && input.overlaps(&output) {
        input = input.copied()?;
    }
    with_element!(output.element, U => {
        // SAFETY: `U` is the element's type; the output is writable, and the input is elsewhere or not looked at.
        let outputs = unsafe { output.views_mut::<U>() }?;
        if in_place {
            let jobs = outputs.into_iter().map(|image| move |compressor: &mut FrameCompressor| {
                compressor.apply_in_place(image)
            });
            run(py, &settings, jobs, threads)
        } else {
            with_element!(input.element, T => {
                // SAFETY: `T` is the element's type.
                let inputs = unsafe { input.views::<T>() }?;
                run(py, &settings, inputs.into_iter().zip(outputs).map(job_of), threads)
            })
        }
    })
}

fn job_of<'a, T: Sample, U: Sample>(
    (input, output): (TensorView<'a, T>, TensorViewMut<'a, U>),
) -> impl FnOnce(&mut FrameCompressor) -> Result<(), Error> + Send + 'a {
    move |compressor| compressor.apply_into(input, output)
}

/// Runs every job with the settings of its place. Of several failures the one of the first image is told,
/// whichever thread met it.
fn run<J>(
    py: Python<'_>,
    settings: &[Settings],
    jobs: impl ExactSizeIterator<Item = J> + Send,
    threads: usize,
) -> PyResult<()>
where
    J: FnOnce(&mut FrameCompressor) -> Result<(), Error> + Send,
{
    let helpers = threads.min(jobs.len()) - 1;
    let queue = Queue { settings, jobs: Mutex::new(jobs.enumerate()), end: AtomicUsize::new(usize::MAX) };
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
struct Queue<'a, I> {
    /// One for each job, or one for all.
    settings: &'a [Settings],
    jobs: Mutex<Enumerate<I>>,
    /// No job from here on is started.
    end: AtomicUsize,
}

impl<I, J> Queue<'_, I>
where
    I: Iterator<Item = J>,
    J: FnOnce(&mut FrameCompressor) -> Result<(), Error>,
{
    /// Does jobs until none is left, one has failed, or `check` says to stop.
    fn work(&self, mut check: impl FnMut() -> PyResult<()>) -> Stop {
        let mut compressors: Vec<(Settings, FrameCompressor)> = Vec::new();
        while let Some((place, job)) = self.next() {
            if let Err(interrupt) = check() {
                self.end.store(0, Ordering::Relaxed);
                return Stop::Interrupted(interrupt);
            }
            let settings = self.settings.get(place).unwrap_or(&self.settings[0]);
            if let Err(error) = job(compressor_for(settings, &mut compressors)) {
                self.end.fetch_min(place, Ordering::Relaxed);
                return Stop::Failed(place, error);
            }
        }
        Stop::Done
    }

    fn next(&self) -> Option<(usize, J)> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.next().filter(|(place, _)| *place < self.end.load(Ordering::Relaxed))
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
