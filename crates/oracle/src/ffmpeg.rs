//! The command `ffmpeg`: raw RGB through one of its encoders and back.

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs the command with these arguments and this input, and gives its output.
fn run(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error"]).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the command ffmpeg");
    let mut stdin = child.stdin.take().expect("a pipe");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).expect("ffmpeg reads"));
        child.wait_with_output().expect("ffmpeg ends")
    });
    assert!(output.status.success(), "ffmpeg {arguments:?}");
    output.stdout
}

/// Packed RGB after encoding at a fixed quantiser scale and decoding.
///
/// # Panics
/// Where the command fails.
pub fn round_trip(rgb: &[u8], size: (usize, usize), encoder: &str, pix_fmt: &str, qscale: u8) -> Vec<u8> {
    round_trip_with(rgb, size, encoder, pix_fmt, qscale, &[])
}

/// The same with more options of the encoder, for any number of pictures of one size, one behind the other, each an
/// intra picture of its own.
///
/// # Panics
/// Where the command fails.
pub fn round_trip_with(
    rgb: &[u8],
    size: (usize, usize),
    encoder: &str,
    pix_fmt: &str,
    qscale: u8,
    options: &[&str],
) -> Vec<u8> {
    let (size, qscale) = (format!("{}x{}", size.0, size.1), qscale.to_string());
    let raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"];
    let input = [&raw[..], &["-s", &size, "-i", "-", "-pix_fmt", pix_fmt, "-c:v", encoder]].concat();
    let quantiser = ["-g", "1", "-qscale:v", &qscale, "-qmin", &qscale, "-qmax", &qscale];
    let stream = run(&[&input[..], &quantiser, options, &["-f", "matroska", "-"]].concat(), rgb);
    let back = run(&[&["-i", "-"], &raw[..], &["-"]].concat(), &stream);
    assert_eq!(back.len(), rgb.len(), "ffmpeg gives each picture back");
    back
}
