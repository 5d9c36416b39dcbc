//! The command `frame-compression` as a function, so that other front ends (`python -m frame_compression`)
//! offer the same command with the same code.
//!
//! ```
//! use frame_compression_cli::{Exit, run};
//!
//! assert_eq!(run(["frame-compression", "info"]), Exit::Success);
//! assert_eq!(run(["frame-compression", "apply", "--quality", "101"]), Exit::Usage);
//! ```

mod apply;
mod args;
mod clip;
mod coding;
mod info;
mod manual;
mod metrics;
mod panics;
pub mod picture;
mod report;
mod selftest;
mod signals;
mod treatment;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use args::{Action, Arguments};

/// How a run ended; the number is the exit code of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done.
    Success = 0,
    /// Some pictures failed, or a check did not pass; the rest was done.
    Failed = 1,
    /// The arguments ask for something that cannot be; nothing was written.
    Usage = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a subcommand stopped before it did its work.
#[derive(Debug, thiserror::Error)]
enum Stop {
    /// The arguments ask for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// The work could not be finished.
    #[error("{0}")]
    Failed(String),
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Runs the command with the arguments of a process, the program's name first. Writes to the
/// process's standard output and standard error.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return print_usage(&error),
    };
    let done = match &arguments.action {
        Action::Apply(options) => apply::run(options),
        Action::Clip(options) => clip::run(options),
        Action::Report(options) => report::run(options),
        Action::Selftest(options) => selftest::run(options),
        Action::Info => info::run(),
        Action::Recipes { recipe } => info::recipes(recipe.as_deref()),
        Action::Completions { shell } => manual::completions(*shell),
        Action::Man { command, dir } => manual::man(command.as_deref(), dir.as_deref()),
    };
    match done {
        Ok(exit) => exit,
        Err(Stop::Usage(message)) => {
            let mut command = Arguments::command();
            command.build(); // gives the subcommands their full names
            let mut command = command.find_subcommand(arguments.action.name()).cloned().unwrap_or(command);
            print_usage(&command.error(ErrorKind::ValueValidation, message))
        }
        // The reader has seen enough (`| head`).
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
        Err(stop) => {
            let _ = writeln!(io::stderr(), "error: {stop}");
            Exit::Failed
        }
    }
}

/// Prints what clap has to say: the help or the version on standard output, or what is wrong on standard error.
fn print_usage(error: &clap::Error) -> Exit {
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Success }
}
