//! Writes the golden vectors of a codec: one line a picture, with the checksum of what the reference codec left of it.
//!
//! `cargo run --release -p oracle --bin golden -- jpeg` (or `jpeg-sampling`, `h264`, `h264-presets`, `h265`, `webp`). `h265-sources` writes what
//! `python/h265_golden.py` reads to the standard output.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    #[cfg(feature = "jpeg")]
    use frame_compression::Subsampling::{Grey, S411, S420, S422, S440, S444};

    let codec = env::args().nth(1).unwrap_or_default();
    let text = match codec.as_str() {
        #[cfg(feature = "jpeg")]
        "jpeg" => jpeg(codec.as_str(), &[S420, S422, S444, Grey]),
        #[cfg(feature = "jpeg")]
        "jpeg-sampling" => jpeg(codec.as_str(), &[S440, S411]),
        #[cfg(feature = "x264")]
        "h264" => oracle::golden::h264(),
        #[cfg(feature = "x264")]
        "h264-presets" => oracle::golden::h264_presets(),
        #[cfg(feature = "x265")]
        "h265" => oracle::golden::h265(),
        #[cfg(feature = "x265")]
        "h265-sources" => {
            return match oracle::golden::h265_sources(&mut std::io::stdout().lock()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("{error}");
                    ExitCode::FAILURE
                }
            };
        }
        #[cfg(feature = "webp")]
        "webp" => webp(),
        _ => {
            eprintln!("usage: golden jpeg|jpeg-sampling|h264|h264-presets|h265|webp|h265-sources");
            return ExitCode::FAILURE;
        }
    };
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../frame-compression/tests/golden", &format!("{codec}.txt")]
            .iter()
            .collect();
    if let Err(error) = fs::write(&path, text) {
        eprintln!("{}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Every content at a few sizes, qualities and subsamplings in turn.
#[cfg(feature = "jpeg")]
fn jpeg(name: &str, subsamplings: &[frame_compression::Subsampling]) -> String {
    use std::fmt::Write;

    use oracle::jpeg::{Strength, round_trip, version};
    use test_pictures::Content;

    let mut text = format!(
        "# What libjpeg-turbo ({}) leaves of the pictures of the crate test-pictures.\n\
         # Made by `golden {name}` of the crate oracle.\n\
         # content width height quality subsampling crc32(rgb)\n",
        version()
    );
    let mut qualities = [1, 5, 25, 43, 60, 75, 90, 95, 100].into_iter().cycle();
    for content in Content::all() {
        for (width, height) in [(1, 1), (3, 18), (17, 5), (33, 31), (96, 80), (161, 119)] {
            let picture = content.picture(width, height);
            for &subsampling in subsamplings {
                let quality = qualities.next().unwrap_or(50);
                let rgb = round_trip(&picture.rgb, width, height, Strength::Quality(quality), subsampling);
                let (name, crc) = (content.name(), crc32fast::hash(&rgb));
                let _ = writeln!(text, "{name} {width} {height} {quality} {} {crc:08x}", subsampling.name());
            }
        }
    }
    text
}

/// Every content at a few sizes, qualities and methods in turn.
#[cfg(feature = "webp")]
fn webp() -> String {
    use std::fmt::Write;

    use oracle::webp::{Coded, Settings, version};
    use test_pictures::Content;

    let mut text = format!(
        "# What {} leaves of the pictures of the crate test-pictures.\n\
         # Made by `golden webp` of the crate oracle.\n\
         # content width height quality method crc32(rgb)\n",
        version()
    );
    let mut qualities = [0.0, 1.0, 5.0, 20.0, 43.0, 50.0, 62.5, 75.0, 80.0, 95.0, 100.0].into_iter().cycle();
    for content in Content::all() {
        for (width, height) in [(1, 1), (3, 18), (33, 31), (96, 80), (161, 119)] {
            let picture = content.picture(width, height);
            for method in 0..=6 {
                let quality = qualities.next().unwrap_or(50.0);
                let coded = Coded::from_rgb(&picture.rgb, width, height, Settings::new(quality, method));
                let (name, crc) = (content.name(), crc32fast::hash(&coded.rgb()));
                let _ = writeln!(text, "{name} {width} {height} {quality} {method} {crc:08x}");
            }
        }
    }
    text
}
