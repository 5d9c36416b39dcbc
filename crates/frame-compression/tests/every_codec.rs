//! What a codec needs beside its engine, in places that the compiler does not look at (docs/architecture.md has the list).

use std::fs;
use std::path::{Path, PathBuf};

use frame_compression::{Codec, Settings};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files of a folder whose names begin with the codec's.
fn files_of(codec: Codec, folder: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let files = files.map(|file| file.unwrap().path());
    let is_of_it = |file: &PathBuf| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        name.split(['-', '_']).next() == Some(codec.name())
    };
    files.filter(is_of_it).collect()
}

#[test]
fn every_codec_has_golden_vectors_of_its_reference() {
    for codec in Codec::ALL {
        let lines = files_of(codec, "crates/frame-compression/tests/golden").into_iter().flat_map(|file| {
            let text = fs::read_to_string(file).unwrap();
            text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
        });
        assert!(lines.count() >= 50, "{codec} has no golden vectors: tests/golden/{}.txt", codec.name());
    }
}

#[test]
fn every_codec_is_held_against_its_reference() {
    for codec in Codec::ALL {
        let name = codec.name();
        assert!(
            !files_of(codec, "crates/oracle/tests").is_empty(),
            "crates/oracle/tests/{name}.rs is missing"
        );
    }
}

#[test]
fn every_codec_is_fuzzed() {
    let targets = read("fuzz/Cargo.toml");
    for codec in Codec::ALL {
        let path = format!("fuzz_targets/{}.rs", codec.name());
        assert!(targets.contains(&path), "fuzz/Cargo.toml has no {path}");
        assert!(root().join("fuzz").join(&path).exists(), "fuzz/{path} is missing");
    }
}

#[test]
fn every_codec_is_a_case_of_swift() {
    let swift = read("swift/Sources/FrameCompression/Settings.swift");
    for codec in Codec::ALL {
        assert!(swift.contains(&format!("    case {}\n", codec.name())), "Codec of Swift has no {codec}");
    }
}

#[test]
fn the_readme_says_what_every_codec_is_exact_with() {
    let readme = read("README.md");
    for codec in Codec::ALL {
        let is_its_line = |line: &str| {
            let rest = line.strip_prefix("| ").and_then(|line| line.strip_prefix(&codec.to_string()));
            rest.is_some_and(|rest| rest.starts_with([' ', ',']))
        };
        assert!(readme.lines().any(is_its_line), "README.md: {codec} has no line in the table");
        assert!(Settings::from(codec).exact_with().is_some(), "{codec}");
    }
}
