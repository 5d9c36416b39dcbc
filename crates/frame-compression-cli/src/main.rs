//! The command `frame-compression`.

use std::process::ExitCode;

fn main() -> ExitCode {
    frame_compression_cli::run(std::env::args_os()).into()
}
