//! One file: read, coded, measured, written.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use frame_compression::{FrameCompressor, Settings};

use super::output;
use super::plan::{Job, STANDARD};
use super::report::{Outcome, Status};
use crate::args::ApplyOptions;
use crate::coding::{CodingError, code};
use crate::metrics::Metrics;
use crate::picture::{Picture, ReadError};
use crate::treatment::Treatment;

/// Why an input has no output.
#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error("{0}")]
    Read(#[from] ReadError),
    #[error("{0}")]
    Coding(#[from] CodingError),
    #[error("{} cannot be written: {reason}", named(.output, "standard output"))]
    Write { output: PathBuf, reason: String },
}

/// A path as messages show it.
pub(super) fn named(path: &Path, standard: &str) -> String {
    if path == Path::new(STANDARD) { standard.to_owned() } else { path.display().to_string() }
}

/// Does one file. Whatever is wrong with it is in the outcome.
pub(crate) fn work(
    job: &Job,
    options: &ApplyOptions,
    treatment: &Treatment,
    compressor: &mut FrameCompressor,
) -> Outcome {
    let mut outcome = Outcome::new(job);
    if !job.stream && !options.overwrite && job.output.symlink_metadata().is_ok() {
        return outcome;
    }
    if let Err(error) = read_code_write(job, options, treatment, compressor, &mut outcome) {
        outcome.status = Status::Failed;
        outcome.reason = Some(error.to_string());
        outcome.metrics = None;
    }
    outcome
}

fn read_code_write(
    job: &Job,
    options: &ApplyOptions,
    treatment: &Treatment,
    compressor: &mut FrameCompressor,
    outcome: &mut Outcome,
) -> Result<(), JobError> {
    let mut picture = if job.input == Path::new(STANDARD) {
        Picture::read_from(io::stdin().lock())?
    } else {
        Picture::read(&job.input)?
    };
    outcome.size = Some((picture.width, picture.height));
    outcome.deep = picture.deep;
    let mut reference = options.metrics.then(|| picture.clone());
    let steps = treatment.of(&job.key).map_err(CodingError::from)?;
    if let Treatment::Drawn(_) = treatment {
        outcome.drawn = Some(steps.iter().map(|step| step.as_ref().map(Settings::to_string)).collect());
    }
    outcome.status = match code_steps(compressor, &mut picture, steps, options) {
        Ok(()) => Status::Written,
        Err(error) if options.fallback_original => {
            outcome.reason = Some(error.to_string());
            Status::Original
        }
        Err(error) => return Err(error.into()),
    };
    let (width, height) = (picture.width, picture.height);
    outcome.size = Some((width, height));
    if let Some(reference) = &mut reference {
        reference.crop(width, height);
        outcome.metrics = Some(Metrics::new(&reference.rgb, &picture.rgb, width, height));
    }
    outcome.note = picture.lost_colour(job.format);
    let kept = write(&picture, job, options.overwrite)
        .map_err(|reason| JobError::Write { output: job.output.clone(), reason })?;
    if kept {
        *outcome = Outcome::new(job);
    }
    Ok(())
}

/// Does one step after another. On an error with a fallback the picture is as it was.
fn code_steps(
    compressor: &mut FrameCompressor,
    picture: &mut Picture,
    steps: Vec<Option<Settings>>,
    options: &ApplyOptions,
) -> Result<(), CodingError> {
    let original = (options.fallback_original && steps.len() > 1).then(|| picture.clone());
    for settings in steps.into_iter().flatten() {
        compressor.set_settings(settings);
        if let Err(error) = code(compressor, picture, options.odd) {
            if let Some(original) = original {
                *picture = original;
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Writes the picture. True where an output has appeared meanwhile and was kept.
pub(crate) fn write(picture: &Picture, job: &Job, overwrite: bool) -> Result<bool, String> {
    let content = picture.encode(job.format).map_err(|error| error.to_string())?;
    if !job.stream {
        return output::write(&content, &job.output, overwrite);
    }
    let written = if job.output == Path::new(STANDARD) {
        let mut out = io::stdout().lock();
        out.write_all(&content).and_then(|()| out.flush())
    } else {
        OpenOptions::new().write(true).open(&job.output).and_then(|mut pipe| pipe.write_all(&content))
    };
    written.map(|()| false).map_err(|error| error.to_string())
}
