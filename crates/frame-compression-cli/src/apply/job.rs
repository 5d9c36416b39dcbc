//! One file: read, coded, measured, written.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use frame_compression::FrameCompressor;

use super::output;
use super::plan::{Job, STANDARD};
use super::report::{Outcome, Status};
use crate::args::ApplyOptions;
use crate::coding::{CodingError, code};
use crate::metrics::Metrics;
use crate::picture::{Picture, ReadError};

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
pub(crate) fn work(job: &Job, options: &ApplyOptions, compressor: &mut FrameCompressor) -> Outcome {
    let mut outcome = Outcome::new(job);
    if !job.stream && !options.overwrite && job.output.symlink_metadata().is_ok() {
        return outcome;
    }
    if let Err(error) = read_code_write(job, options, compressor, &mut outcome) {
        outcome.status = Status::Failed;
        outcome.reason = Some(error.to_string());
        outcome.metrics = None;
    }
    outcome
}

fn read_code_write(
    job: &Job,
    options: &ApplyOptions,
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
    outcome.status = match code(compressor, &mut picture, options.odd) {
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

/// Writes the picture. True where an output has appeared meanwhile and was kept.
fn write(picture: &Picture, job: &Job, overwrite: bool) -> Result<bool, String> {
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
