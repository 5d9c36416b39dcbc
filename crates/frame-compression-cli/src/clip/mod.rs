//! `frame-compression clip`: frames in, frames with artifacts out, each predicted from those before.

mod folder;
mod frames;
mod stream;
mod y4m;

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Instant;

use frame_compression::{ClipCompressor, Error, Settings, Tensor};

use self::frames::Frames;
use crate::apply::{STANDARD, thread_pool};
use crate::args::ClipOptions;
use crate::coding::shown;
use crate::panics;
use crate::treatment::Treatment;
use crate::{Exit, Stop};

/// What was done.
#[derive(Debug)]
struct Done {
    /// Frames.
    written: u64,
    /// With the clip's own frame rate.
    settings: Settings,
    /// What else there is to say.
    notes: Vec<String>,
    frames: Frames,
}

/// Runs `clip`.
pub(crate) fn run(options: &ClipOptions) -> Result<Exit, Stop> {
    let started = Instant::now();
    let settings = match options.coding.treatment.clone().map_err(Stop::Usage)? {
        Treatment::Same(settings) => settings,
        Treatment::Drawn(_) => {
            let message = "--recipe draws for single pictures: a clip takes one codec";
            return Err(Stop::Usage(message.to_owned()));
        }
    };
    check(options, &settings)?;
    check_standard_output(options)?;
    crate::signals::tidy_up_at_the_end();
    let work = || match options.input.is_dir() {
        true => folder::run(options, settings),
        false => stream::run(options, settings),
    };
    let threads = thread_pool("--threads", options.threads, usize::MAX)?;
    let done =
        threads.install(|| panics::contained(work)).unwrap_or_else(|message| Err(Stop::Failed(message)))?;
    let seconds = started.elapsed().as_secs_f64();
    let printed = print(&done, options, seconds);
    if !options.quiet {
        done.notes.iter().for_each(|note| eprintln!("note: {note}"));
        let frames = if done.written == 1 { "frame" } else { "frames" };
        eprintln!("{} {frames} written ({}), in {seconds:.2} s", done.written, shown(&done.settings));
    }
    match printed {
        // A reader that has seen enough changes nothing about how the work went.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Success),
    }
}

/// Refuses two things on one standard output.
fn check_standard_output(options: &ClipOptions) -> Result<(), Stop> {
    if options.output == Path::new(STANDARD) && (options.json || options.stats) {
        let message = "--json and --stats print to standard output, where the clip goes: name an output file";
        return Err(Stop::Usage(message.to_owned()));
    }
    Ok(())
}

/// Prints what was asked for on standard output.
fn print(done: &Done, options: &ClipOptions, seconds: f64) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if options.json {
        done.frames.write_json(&done.settings, done.written, seconds, &mut out)?;
    } else if options.stats {
        done.frames.write_table(&mut out)?;
    }
    out.flush()
}

/// Finds out before the work whether the settings can do any.
fn check(options: &ClipOptions, settings: &Settings) -> Result<(), Stop> {
    let mut compressor = compressor(options, settings)?;
    let frame = Tensor::new(vec![128u8; 64 * 64 * 3], &[1, 64, 64, 3]);
    frame.and_then(|frame| compressor.push(frame.view())).map_err(|error| Stop::Usage(error.to_string()))
}

/// A compressor with the settings of the options.
fn compressor(options: &ClipOptions, settings: &Settings) -> Result<ClipCompressor, Stop> {
    let compressor = || -> Result<ClipCompressor, Error> {
        let compressor = ClipCompressor::new(settings.clone()).keyint(options.keyint)?;
        match options.bframes {
            Some(bframes) => compressor.bframes(bframes),
            None => Ok(compressor),
        }
    };
    compressor().map_err(|error| Stop::Usage(error.to_string()))
}

/// Something is wrong with a file.
fn failed(file: &Path, reason: impl std::fmt::Display) -> Stop {
    Stop::Failed(format!("{}: {reason}", file.display()))
}
