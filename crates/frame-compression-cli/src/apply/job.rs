//! One file: read, coded, measured, written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use frame_compression::FrameCompressor;

use super::plan::Job;
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
    #[error("{} cannot be written: {reason}", .output.display())]
    Write { output: PathBuf, reason: String },
}

/// Does one file. Whatever is wrong with it is in the outcome.
pub(crate) fn work(job: &Job, options: &ApplyOptions, compressor: &mut FrameCompressor) -> Outcome {
    let mut outcome = Outcome::new(job);
    if !options.overwrite && job.output.symlink_metadata().is_ok() {
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
    let mut picture = Picture::read(&job.input)?;
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
    let kept = write(&picture, job, options.overwrite)
        .map_err(|reason| JobError::Write { output: job.output.clone(), reason })?;
    if kept {
        *outcome = Outcome::new(job);
    }
    Ok(())
}

/// Writes the picture under a temporary name and renames it. True where an output has appeared meanwhile and
/// was kept.
fn write(picture: &Picture, job: &Job, overwrite: bool) -> Result<bool, String> {
    let folder = match job.output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".frame-compression-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any new file: what the process's mask leaves.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(|error| error.to_string())?;
    picture.write(job.format, file.as_file_mut()).map_err(|error| error.to_string())?;
    let renamed = if overwrite { file.persist(&job.output) } else { file.persist_noclobber(&job.output) };
    match renamed {
        Ok(_) => Ok(false),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
        Err(error) => Err(error.error.to_string()),
    }
}
