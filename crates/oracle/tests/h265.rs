//! H.265 against libx265 3.5 itself: not one sample may differ.
//!
//! `FRAME_COMPRESSION_FULL=1` runs every CRF at every size and 5,000 random frames instead of 150, and
//! `FRAME_COMPRESSION_SEED` starts another sequence of them. Release 4.2 is compared through PyAV
//! (`python/h265_compare.py`).
#![cfg(feature = "x265")]

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use frame_compression::{Component, FrameCompressor, H265, Planes, Subsampling};
use frame_compression::{H265Preset, X265Version};
use oracle::x265::{encode, reconstruct, unpacked};
use oracle::{difference, planes};
use test_pictures::{Content, Rng, random_picture};

const CRFS: [f32; 9] = [5.0, 10.0, 17.0, 22.5, 28.0, 33.0, 40.0, 46.0, 51.0];

fn ours(source: &Planes, crf: f32, preset: H265Preset) -> Planes {
    let mut planes = source.clone();
    let settings = H265::crf(crf).expect("a CRF in range").preset(preset).release(X265Version::V3_5);
    let mut compressor = FrameCompressor::new(settings);
    compressor.apply_to_planes(&mut planes).expect("even sides of at least 16");
    planes
}

/// A CRF as the encoder is given it, in hundredths.
fn decimal(crf: f32) -> f64 {
    (f64::from(crf) * 100.0).round() / 100.0
}

/// Compares one case with the library and names it if it fails.
fn check(name: &str, source: &Planes, crf: f32, preset: H265Preset) {
    let theirs = reconstruct(source, decimal(crf), preset);
    if let Some(difference) = difference(&ours(source, crf, preset), &theirs) {
        let (width, height) = (source.width(), source.height());
        panic!("{name} {width}x{height} at CRF {crf}, {preset}: {difference}");
    }
}

fn environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}

fn full() -> bool {
    environment("FRAME_COMPRESSION_FULL") == Some(1)
}

/// Every content at a size; all CRFs in the full run, otherwise so many for each content, in turn.
fn check_all_contents(width: usize, height: usize, crfs_in_quick_run: usize) {
    let mut crfs = CRFS.into_iter().cycle();
    let count = if full() { CRFS.len() } else { crfs_in_quick_run };
    for content in Content::all() {
        let source = planes(&content.picture(width, height));
        for crf in crfs.by_ref().take(count) {
            check(&content.name(), &source, crf, H265Preset::Veryfast);
        }
    }
}

#[test]
fn smallest_sizes() {
    check_all_contents(16, 16, 9);
    check_all_contents(34, 18, 9);
}

#[test]
fn one_ctu() {
    check_all_contents(64, 64, 9);
}

#[test]
fn rows_and_columns_cut_off() {
    check_all_contents(66, 200, 4);
    check_all_contents(130, 98, 4);
}

#[test]
fn middle_sizes() {
    check_all_contents(450, 300, 2);
}

#[test]
fn large_sizes() {
    check_all_contents(512, 512, 1);
}

#[test]
fn full_high_definition() {
    let count = if full() { 5 } else { 1 };
    for content in ["coffee-scaled", "astronaut-scaled", "rocket", "grain", "text"].into_iter().take(count) {
        let content = Content::named(content).expect("a known content");
        let source = planes(&content.picture(1920, 1080));
        for crf in [22.0, 28.0, 35.0] {
            check(&content.name(), &source, crf, H265Preset::Veryfast);
        }
    }
}

#[test]
fn presets() {
    let sizes = [(16, 16), (34, 18), (48, 80), (64, 64), (130, 98), (98, 194), (226, 178)];
    for preset in H265Preset::ALL {
        let mut crfs = CRFS.into_iter().cycle();
        for (content, &(width, height)) in Content::all().into_iter().zip(sizes.iter().cycle()) {
            let source = planes(&content.picture(width, height));
            for crf in crfs.by_ref().take(if full() { 9 } else { 4 }) {
                check(&content.name(), &source, crf, preset);
            }
        }
    }
}

/// A CRF in 0..=51 in hundredths.
fn random_crf(rng: &mut Rng) -> f32 {
    let hundredths = if rng.below(4) == 0 { 100 * rng.below(52) } else { rng.below(5101) };
    hundredths as f32 / 100.0
}

/// Planes that no RGB picture has.
fn random_planes(rng: &mut Rng, width: usize, height: usize) -> Planes {
    let mut planes = Planes::new(width, height, Subsampling::S420).expect("sides in range");
    for component in [Component::Y, Component::Cb, Component::Cr] {
        let (kind, period_x, period_y) = (rng.below(4), 1 + rng.below(9), 1 + rng.below(9));
        for y in 0..planes.size(component).1 {
            for (x, sample) in planes.row_mut(component, y).iter_mut().enumerate() {
                *sample = match kind {
                    0 => 255 * ((x / period_x + y / period_y) % 2) as u8,
                    1 => 255 * (rng.byte() >> 7),
                    2 => rng.byte(),
                    _ => 255 * ((x / period_x) % 2) as u8,
                };
            }
        }
    }
    planes
}

#[test]
fn random_sizes_contents_crfs_and_presets() {
    let seed = environment("FRAME_COMPRESSION_SEED").unwrap_or(265);
    let count = if full() { 5_000 } else { 150 };
    let mut rng = Rng::new(seed);
    for case in 0..count {
        let mut side = || {
            let most = if rng.below(3) == 0 { 121 } else { 57 };
            16 + 2 * rng.below(most)
        };
        let (width, height) = (side(), side());
        let source = if rng.below(6) == 0 {
            random_planes(&mut rng, width, height)
        } else {
            planes(&random_picture(&mut rng, width, height))
        };
        let preset = if rng.below(3) == 0 { H265Preset::ALL[rng.below(4)] } else { H265Preset::Veryfast };
        let crf = random_crf(&mut rng);
        check(&format!("random picture {case} of seed {seed}"), &source, crf, preset);
    }
}

/// What the library calls its reconstruction is what another decoder shows.
#[test]
fn a_decoder_shows_the_same_picture() {
    for (name, crf, preset) in [
        ("astronaut", 29.0, H265Preset::Veryfast),
        ("coffee-scaled", 40.0, H265Preset::Veryfast),
        ("text", 17.0, H265Preset::Ultrafast),
        ("grain", 33.0, H265Preset::Medium),
        ("bars", 2.0, H265Preset::Superfast),
    ] {
        let content = Content::named(name).unwrap_or_else(|| panic!("no content is called {name}"));
        let source = planes(&content.picture(210, 146));
        let decoded = decode(&encode(&source, decimal(crf), preset).stream, 210, 146);
        assert_eq!(difference(&ours(&source, crf, preset), &decoded), None, "{name} at CRF {crf}, {preset}");
    }
}

/// Decodes an H.265 byte stream of one frame with the command ffmpeg.
fn decode(stream: &[u8], width: usize, height: usize) -> Planes {
    let mut decoder = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "hevc", "-i", "-", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command ffmpeg is needed by this test");
    // The stream is smaller than a pipe's buffer or ffmpeg has read it all before it writes a picture.
    decoder.stdin.take().expect("piped").write_all(stream).expect("ffmpeg reads its input");
    let mut raw = Vec::new();
    decoder.stdout.take().expect("piped").read_to_end(&mut raw).expect("ffmpeg writes its output");
    assert!(decoder.wait().expect("ffmpeg ends").success());
    assert_eq!(raw.len(), width * height * 3 / 2);
    unpacked(&raw, width, height)
}

/// The committed golden vectors are what the library gives today.
#[test]
fn golden_vectors_are_current() {
    let committed = include_str!("../../frame-compression/tests/golden/h265.txt");
    let today = oracle::golden::h265();
    let vectors = |text: &str| {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(vectors(committed), vectors(&today));
}
