//! `frame-compression apply`: pictures in, pictures with artifacts out.

mod job;
pub(crate) mod output;
mod pattern;
mod plan;
mod report;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;
use std::time::Instant;

use frame_compression::{Codec, Error, FrameCompressor};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::args::ApplyOptions;
use crate::panics;
use crate::treatment::Treatment;
use crate::{Exit, Stop};
use report::{Outcome, Report, Status};

pub(crate) use job::write as write_picture;
pub(crate) use output::{Growing, remove_all as remove_temporary_files, remove_stale};
pub(crate) use plan::{Job, Missing, STANDARD, Search, Wanted, is_stream, plan};

/// Runs `apply`.
pub(crate) fn run(options: &ApplyOptions) -> Result<Exit, Stop> {
    let started = Instant::now();
    let treatment = options.coding.treatment.clone().map_err(Stop::Usage)?;
    check(&treatment, options.fallback_original).map_err(|error| Stop::Usage(error.to_string()))?;
    check_standard_output(options)?;
    let wanted = Wanted {
        inputs: &options.inputs,
        output: &options.output,
        format: options.format,
        overwrite: options.overwrite,
    };
    let plan = panics::contained(|| plan(&wanted)).unwrap_or_else(Err).map_err(Stop::Usage)?;
    if plan.writes_to_standard_output() && io::stdout().is_terminal() {
        return Err(Stop::Usage("standard output is a terminal: send it to a file or a pipe".to_owned()));
    }
    crate::signals::tidy_up_at_the_end();
    let folders: BTreeSet<&Path> =
        plan.jobs.iter().filter(|job| !job.stream).filter_map(|job| job.output.parent()).collect();
    folders.into_iter().for_each(output::remove_stale);

    let mut outcomes: Vec<Outcome> = plan.missing.into_iter().map(Outcome::missing).collect();
    outcomes.extend(work_all(&plan.jobs, &treatment, options)?);
    let passed_over = &plan.passed_over;
    let report =
        Report { treatment: &treatment, outcomes: &outcomes, passed_over, duration: started.elapsed() };

    let printed = write_figures(&report, options);
    // Standard error may be closed; that is no reason to say that the work failed.
    let mut err = io::stderr().lock();
    let _ = report.write_failures(&mut err);
    if !options.quiet {
        let _ = report.write_summary(&mut err);
    }
    match printed {
        // A reader that has seen enough changes nothing about how the work went.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ if report.count(Status::Failed) > 0 => Ok(Exit::Failed),
        _ => Ok(Exit::Success),
    }
}

/// Refuses two things on one standard output.
fn check_standard_output(options: &ApplyOptions) -> Result<(), Stop> {
    if options.output == Path::new(STANDARD) && (options.json || options.metrics) {
        return Err(Stop::Usage(
            "--json and --metrics print to standard output, where the picture goes: name an output file"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Writes what was asked for on standard output.
fn write_figures(report: &Report<'_>, options: &ApplyOptions) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if options.json {
        report.write_json(&mut out)?;
    } else if options.metrics {
        report.write_table(&mut out)?;
    }
    out.flush()
}

/// Finds out before the work whether the settings can do any. With a fallback, a codec that is not there is
/// one that refuses every picture.
fn check(treatment: &Treatment, fallback: bool) -> Result<(), Error> {
    match treatment.check() {
        Err(Error::BackendUnavailable { .. } | Error::Platform { .. }) if fallback => Ok(()),
        checked => checked,
    }
}

/// Does all jobs, several at once; the outcomes come in the jobs' order.
fn work_all(jobs: &[Job], treatment: &Treatment, options: &ApplyOptions) -> Result<Vec<Outcome>, Stop> {
    let pool = thread_pool("--jobs", options.jobs, jobs.len())?;
    let compressor = || FrameCompressor::new(Codec::H264);
    let progress = progress_bar(jobs.len(), options.quiet);
    let outcomes = pool.install(|| {
        jobs.par_iter()
            .map_init(compressor, |used, job| {
                let outcome = panics::contained(|| job::work(job, options, treatment, used));
                progress.inc(1);
                outcome.unwrap_or_else(|message| {
                    *used = compressor();
                    let reason = format!("the image decoder panicked: {message}");
                    Outcome { status: Status::Failed, reason: Some(reason), ..Outcome::new(job) }
                })
            })
            .collect()
    });
    progress.finish_and_clear();
    Ok(outcomes)
}

/// Threads for some jobs: as many as an option asks for, or one for each core.
pub(crate) fn thread_pool(
    option: &str,
    asked: Option<NonZeroUsize>,
    jobs: usize,
) -> Result<ThreadPool, Stop> {
    let threads = asked.or_else(|| thread::available_parallelism().ok()).map_or(1, usize::from);
    ThreadPoolBuilder::new()
        .num_threads(threads.min(jobs).max(1))
        .build()
        .map_err(|error| Stop::Usage(format!("{option} {threads}: {error}")))
}

/// A bar on standard error, which shows itself only where that is a terminal.
pub(crate) fn progress_bar(jobs: usize, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(jobs as u64), target).with_style(style)
}

/// The same for frames whose number is not known before the end.
pub(crate) fn frame_counter(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{spinner} {pos} frames, {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::with_draw_target(None, target).with_style(style)
}
