//! H.265 against libx265 3.5 itself: not one sample may differ.
//!
//! `FRAME_COMPRESSION_FULL=1` runs every CRF at every size and 5,000 random frames of every preset instead of 60, and
//! `FRAME_COMPRESSION_SEED` starts another sequence of them. Release 4.2 is compared through PyAV
//! (`python/h265_compare.py`).
#![cfg(feature = "x265")]

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use frame_compression::{
    Component, FrameCompressor, FrameRate, H265, H265Preset, H265Tune, Planes, Subsampling, X265Version,
};
use oracle::x265::{Settings, encode, reconstruct, unpacked};
use oracle::{difference, planes};
use test_pictures::{Content, Rng, random_picture};

const CRFS: [f32; 9] = [5.0, 10.0, 17.0, 22.5, 28.0, 33.0, 40.0, 46.0, 51.0];

fn ours(source: &Planes, settings: &Settings) -> Planes {
    let mut planes = source.clone();
    let settings = H265::crf(settings.crf as f32)
        .expect("a CRF in range")
        .preset(settings.preset.parse().expect("a preset"))
        .tune(settings.tune.as_deref().map(|tune| tune.parse().expect("a tune")))
        .fps(FrameRate::new(settings.fps.0, settings.fps.1).expect("a frame rate"))
        .release(X265Version::V3_5);
    let mut compressor = FrameCompressor::new(settings);
    compressor.apply_to_planes(&mut planes).expect("even sides of at least 16");
    planes
}

/// Settings of a CRF, as the encoder is given it: in hundredths.
fn settings(crf: f32, preset: &str) -> Settings {
    Settings::crf((f64::from(crf) * 100.0).round() / 100.0).preset(preset)
}

/// Compares one case with the library and names it if it fails.
fn check(name: &str, source: &Planes, settings: &Settings) {
    let theirs = reconstruct(source, settings);
    if let Some(difference) = difference(&ours(source, settings), &theirs) {
        let (width, height) = (source.width(), source.height());
        panic!("{name} {width}x{height}, {settings}: {difference}");
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
            check(&content.name(), &source, &settings(crf, "veryfast"));
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
            check(&content.name(), &source, &settings(crf, "veryfast"));
        }
    }
}

#[test]
fn presets() {
    let sizes = [(16, 16), (34, 18), (48, 80), (64, 64), (130, 98), (98, 194), (226, 178)];
    for preset in H265Preset::ALL {
        let mut crfs = CRFS.into_iter().cycle();
        for (content, &(width, height)) in Content::all().into_iter().zip(sizes.iter().cycle()) {
            if preset == H265Preset::Placebo && width.min(height) < 32 {
                continue;
            }
            let source = planes(&content.picture(width, height));
            for crf in crfs.by_ref().take(if full() { 9 } else { 2 }) {
                check(&content.name(), &source, &settings(crf, preset.name()));
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

/// Frame rates that people use, and others.
fn random_fps(rng: &mut Rng) -> (u32, u32) {
    const USUAL: [(u32, u32); 12] = [
        (1, 1),
        (10, 1),
        (12, 1),
        (15, 1),
        (24000, 1001),
        (24, 1),
        (25, 1),
        (30000, 1001),
        (30, 1),
        (50, 1),
        (60000, 1001),
        (60, 1),
    ];
    if rng.below(5) > 0 { USUAL[rng.below(12)] } else { (1 + rng.below(240) as u32, 1 + rng.below(4) as u32) }
}

fn random_source(rng: &mut Rng, least: usize, longest: usize) -> Planes {
    let mut side = || {
        let most = if rng.below(3) == 0 { longest } else { longest / 2 };
        least + 2 * rng.below((most - least) / 2)
    };
    let (width, height) = (side(), side());
    if rng.below(6) == 0 {
        random_planes(rng, width, height)
    } else {
        planes(&random_picture(rng, width, height))
    }
}

#[test]
fn random_sizes_contents_and_crfs() {
    let seed = environment("FRAME_COMPRESSION_SEED").unwrap_or(265);
    let mut rng = Rng::new(seed);
    for case in 0..if full() { 5_000 } else { 100 } {
        let source = random_source(&mut rng, 16, 258);
        let settings = settings(random_crf(&mut rng), "veryfast");
        check(&format!("random picture {case} of seed {seed}"), &source, &settings);
    }
}

/// Random frames of one preset, with random tunes and frame rates.
fn check_random_frames(preset: H265Preset) {
    let seed = environment("FRAME_COMPRESSION_SEED").unwrap_or(265);
    let mut rng = Rng::new(seed ^ (preset as u64) << 32);
    let least = if preset == H265Preset::Placebo { 32 } else { 16 };
    for case in 0..if full() { 5_000 } else { 60 } {
        let source = random_source(&mut rng, least, if full() { 258 } else { 162 });
        let tune = if rng.below(2) == 0 { None } else { Some(H265Tune::ALL[rng.below(6)].name().to_owned()) };
        let fps = random_fps(&mut rng);
        let settings = Settings { tune, fps, ..settings(random_crf(&mut rng), preset.name()) };
        check(&format!("random picture {case} of seed {seed}"), &source, &settings);
    }
}

#[test]
fn random_frames_of_ultrafast() {
    check_random_frames(H265Preset::Ultrafast);
}

#[test]
fn random_frames_of_superfast() {
    check_random_frames(H265Preset::Superfast);
}

#[test]
fn random_frames_of_veryfast() {
    check_random_frames(H265Preset::Veryfast);
}

#[test]
fn random_frames_of_faster() {
    check_random_frames(H265Preset::Faster);
}

#[test]
fn random_frames_of_fast() {
    check_random_frames(H265Preset::Fast);
}

#[test]
fn random_frames_of_medium() {
    check_random_frames(H265Preset::Medium);
}

#[test]
fn random_frames_of_slow() {
    check_random_frames(H265Preset::Slow);
}

#[test]
fn random_frames_of_slower() {
    check_random_frames(H265Preset::Slower);
}

#[test]
fn random_frames_of_veryslow() {
    check_random_frames(H265Preset::Veryslow);
}

#[test]
fn random_frames_of_placebo() {
    check_random_frames(H265Preset::Placebo);
}

/// CRFs whose quantiser lies half-way between two, at the rates that have such.
#[test]
fn ties_of_frame_rates() {
    let content = Content::named("coffee").expect("a known content");
    let source = planes(&content.picture(64, 64));
    for (fps, hundredths) in [
        ((25, 1), 10),
        ((50, 1), 70),
        ((100, 1), 30),
        ((25, 2), 50),
        ((25, 4), 90),
        ((25, 8), 30),
        ((25, 16), 70),
    ] {
        for whole in 0..=50 {
            let crf = f64::from(100 * whole + hundredths) / 100.0;
            let settings = Settings { fps, ..Settings::crf(crf).preset("superfast") };
            check("coffee", &source, &settings);
        }
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
        ("coffee", 24.0, H265Preset::Slow),
        ("rocket", 20.0, H265Preset::Slower),
        ("text", 30.0, H265Preset::Placebo),
    ] {
        let content = Content::named(name).unwrap_or_else(|| panic!("no content is called {name}"));
        let source = planes(&content.picture(210, 146));
        let settings = Settings { fps: (25, 1), ..settings(crf, preset.name()) };
        let decoded = decode(&encode(&source, &settings).stream, 210, 146);
        assert_eq!(difference(&ours(&source, &settings), &decoded), None, "{name}, {settings}");
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
