//! H.264 against libx264 itself: not one sample may differ.
//!
//! The CRFs leave out those where the encoder's own build decides a rounding (docs/spec/h264-intra.md, section 3):
//! n.2, and n.56 in hundredths. `FRAME_COMPRESSION_FULL=1` runs 20,000 random frames instead of 1,500, and
//! `FRAME_COMPRESSION_SEED` starts another sequence of them.
#![cfg(feature = "x264")]

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use frame_compression::{Codec, Component, FrameCompressor, Planes, Subsampling};
use oracle::x264::{Encoder, Frame, Settings, reconstruct};
use oracle::{difference, planes};
use test_pictures::{Content, Rng, random_picture};

const CRFS: [f32; 15] = [0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 17.0, 23.0, 29.0, 33.25, 40.0, 46.0, 51.0];

fn ours(source: &Planes, crf: f32) -> Planes {
    let mut planes = source.clone();
    let mut compressor = FrameCompressor::new(Codec::H264).crf(crf).expect("a CRF in range");
    compressor.apply_to_planes(&mut planes).expect("even sides");
    planes
}

/// Compares one case with the library and names it if it fails.
fn check(name: &str, source: &Planes, settings: &Settings) {
    let crf = settings.crf;
    if let Some(difference) = difference(&ours(source, crf), &reconstruct(source, settings)) {
        let (width, height) = (source.width(), source.height());
        panic!("{name} {width}x{height} at CRF {crf}: {difference}");
    }
}

fn check_all_contents(sizes: &[(usize, usize)]) {
    for content in Content::all() {
        for &(width, height) in sizes {
            let source = planes(&content.picture(width, height));
            for crf in CRFS {
                check(&content.name(), &source, &Settings::crf(crf));
            }
        }
    }
}

#[test]
fn small_sizes() {
    check_all_contents(&[(16, 16), (34, 18), (64, 64), (130, 98)]);
}

#[test]
fn middle_sizes() {
    check_all_contents(&[(450, 300)]);
}

#[test]
fn large_sizes() {
    check_all_contents(&[(512, 512)]);
}

#[test]
fn full_high_definition() {
    for content in ["astronaut-scaled", "coffee-scaled", "rocket", "grain", "text"] {
        let content = Content::named(content).expect("a known content");
        let source = planes(&content.picture(1920, 1080));
        for crf in [10.0, 29.0, 33.0, 45.0] {
            check(&content.name(), &source, &Settings::crf(crf));
        }
    }
}

/// The settings that the benchmarks measure against give the same picture, so that the comparison is one.
#[test]
fn the_cheap_settings_give_the_same_picture() {
    for content in Content::all() {
        let source = planes(&content.picture(130, 98));
        for crf in [3.84, 10.0, 23.0, 29.0, 33.0, 40.0, 51.0] {
            check(&content.name(), &source, &Settings { cheap: true, ..Settings::crf(crf) });
        }
    }
}

/// A CRF in 0..=51 in hundredths, no tie.
fn random_crf(rng: &mut Rng) -> f32 {
    loop {
        let hundredths = match rng.below(4) {
            0 => 100 * rng.below(52),
            1 => 4600 + rng.below(501),
            _ => rng.below(5101),
        };
        if !matches!(hundredths % 100, 20 | 56) {
            return hundredths as f32 / 100.0;
        }
    }
}

fn environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}

#[test]
fn random_sizes_contents_and_crfs() {
    let seed = environment("FRAME_COMPRESSION_SEED").unwrap_or(264);
    let count = if environment("FRAME_COMPRESSION_FULL") == Some(1) { 20_000 } else { 1_500 };
    let mut rng = Rng::new(seed);
    for case in 0..count {
        let mut side = || {
            let most = if rng.below(8) == 0 { 16 } else { 89 };
            2 + 2 * rng.below(most)
        };
        let (width, height) = (side(), side());
        let source = planes(&random_picture(&mut rng, width, height));
        let crf = random_crf(&mut rng);
        check(&format!("random picture {case} of seed {seed}"), &source, &Settings::crf(crf));
    }
}

/// Planes of black and white, or of noise, each for itself.
fn extreme(rng: &mut Rng, width: usize, height: usize) -> Planes {
    let mut source = Planes::new(width, height, Subsampling::S420).expect("sides in range");
    for component in [Component::Y, Component::Cb, Component::Cr] {
        let (kind, period_x, period_y) = (rng.below(4), 1 + rng.below(19), 1 + rng.below(19));
        for y in 0..source.size(component).1 {
            for (x, sample) in source.row_mut(component, y).iter_mut().enumerate() {
                *sample = match kind {
                    0 => 255 * ((x / period_x + y / period_y) % 2) as u8,
                    1 => 255 * (rng.byte() >> 7),
                    2 => rng.byte(),
                    _ => 255 * ((x / period_x) % 2) as u8,
                };
            }
        }
    }
    source
}

/// Chroma that no RGB picture has, which alone reaches the rules above a quantiser of 51.
#[test]
fn extreme_planes() {
    let mut rng = Rng::new(51);
    for case in 0..300 {
        let (width, height) = (2 + 2 * rng.below(40), 2 + 2 * rng.below(40));
        let source = extreme(&mut rng, width, height);
        let crf = [51.0, 50.0, 49.5, 48.0, 30.0, 1.0][rng.below(6)];
        check(&format!("extreme planes {case}"), &source, &Settings::crf(crf));
    }
}

/// What the library calls its reconstruction is what another decoder shows.
#[test]
fn a_decoder_shows_the_same_picture() {
    for (name, crf) in
        [("astronaut", 29.0), ("coffee-scaled", 40.0), ("text", 17.0), ("grain", 33.0), ("bars", 2.0)]
    {
        let content = Content::named(name).unwrap_or_else(|| panic!("no content is called {name}"));
        let source = planes(&content.picture(210, 146));
        let mut encoder = Encoder::open(210, 146, &Settings::crf(crf));
        encoder.encode(&Frame::from(&source));
        let decoded = decode(encoder.bitstream(), 210, 146);
        assert_eq!(difference(&ours(&source, crf), &decoded), None, "{name} at CRF {crf}");
    }
}

/// Decodes an H.264 byte stream of one frame with the command ffmpeg.
fn decode(bitstream: &[u8], width: usize, height: usize) -> Planes {
    let mut decoder = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "h264", "-i", "-", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command ffmpeg is needed by this test");
    // The stream is smaller than a pipe's buffer or ffmpeg has read it all before it writes a picture.
    decoder.stdin.take().expect("piped").write_all(bitstream).expect("ffmpeg reads its input");
    let mut raw = Vec::new();
    decoder.stdout.take().expect("piped").read_to_end(&mut raw).expect("ffmpeg writes its output");
    assert!(decoder.wait().expect("ffmpeg ends").success());
    assert_eq!(raw.len(), width * height * 3 / 2);
    let mut planes = Planes::new(width, height, Subsampling::S420).expect("sides in range");
    let mut rest = &raw[..];
    for component in [Component::Y, Component::Cb, Component::Cr] {
        let (width, height) = planes.size(component);
        for y in 0..height {
            let (row, after) = rest.split_at(width);
            planes.row_mut(component, y).copy_from_slice(row);
            rest = after;
        }
    }
    planes
}

/// The committed golden vectors are what the library gives today.
#[test]
fn golden_vectors_are_current() {
    let vectors = |text: &str| {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    for (committed, today) in [
        (include_str!("../../frame-compression/tests/golden/h264.txt"), oracle::golden::h264()),
        (
            include_str!("../../frame-compression/tests/golden/h264-presets.txt"),
            oracle::golden::h264_presets(),
        ),
    ] {
        for (committed, now) in vectors(committed).iter().zip(vectors(&today)) {
            assert_eq!(*committed, now);
        }
        assert_eq!(vectors(committed).len(), vectors(&today).len());
    }
}

/// A CRF in 1..=51, in hundredths, that is no tie at any of [`RATES`], with or without macroblock-tree rate control.
fn random_crf_at_any_rate(rng: &mut Rng) -> f32 {
    /// Of the hundredths, those at which some class of energies lies within a rounding error of a tie
    /// (docs/spec/h264-intra.md, section 3; docs/spec/h265-fps-and-presets.md, section 8).
    const TIES: [usize; 21] = [2, 6, 7, 9, 18, 20, 24, 29, 31, 40, 42, 46, 54, 56, 61, 62, 64, 65, 66, 77, 1];
    loop {
        let hundredths = match rng.below(4) {
            0 => 4000 + rng.below(1101),
            1 => 100 + rng.below(5001),
            _ => 100 * (1 + rng.below(51)),
        };
        if !TIES.contains(&(hundredths % 100)) {
            return hundredths as f32 / 100.0;
        }
    }
}

const RATES: [&str; 9] = ["1", "1", "10", "24000/1001", "24", "25", "30000/1001", "30", "240"];
const TUNES: [&str; 8] =
    ["film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency"];

/// Compares one case of any parameters with the library and names it if it fails.
fn check_with(name: &str, source: &Planes, crf: f32, parameters: &str) {
    let mut ours = source.clone();
    frame_compression::reconstruct_h264(&mut ours, crf, parameters).expect("known parameters");
    let theirs = reconstruct(source, &Settings::crf(crf).with(parameters));
    if let Some(difference) = difference(&ours, &theirs) {
        let (width, height) = (source.width(), source.height());
        panic!("{name} {width}x{height} at CRF {crf}, {parameters}: {difference}");
    }
}

/// Planes of random content, at times of none that an RGB picture has.
fn random_planes(rng: &mut Rng, most_blocks: usize) -> Planes {
    let mut side = || 2 + 2 * rng.below(8 * most_blocks);
    let (width, height) = (side(), side());
    if rng.below(8) == 0 { extreme(rng, width, height) } else { planes(&random_picture(rng, width, height)) }
}

/// Random pictures by presets, each with random tunes, rates and more.
fn random_settings(presets: &[&str], count: usize) {
    let seed = environment("FRAME_COMPRESSION_SEED").unwrap_or(265);
    let count = if environment("FRAME_COMPRESSION_FULL") == Some(1) { 5_000 } else { count };
    let mut rng = Rng::new(seed);
    for case in 0..count {
        let source = random_planes(&mut rng, 6);
        let crf = random_crf_at_any_rate(&mut rng);
        let mut parameters =
            format!("preset={}:fps={}", presets[case % presets.len()], RATES[rng.below(RATES.len())]);
        if rng.below(2) == 0 {
            parameters += &format!(":tune={}", TUNES[rng.below(TUNES.len())]);
        }
        match rng.below(8) {
            0 => parameters += ":profile=main",
            1 => parameters += ":profile=baseline",
            2 => parameters += ":asm=0",
            _ => {}
        }
        check_with(&format!("random picture {case} of seed {seed}"), &source, crf, &parameters);
    }
}

#[test]
fn ultrafast_and_tunes_at_any_rate() {
    random_settings(&["ultrafast"], 500);
}

#[test]
fn superfast_and_tunes_at_any_rate() {
    random_settings(&["superfast"], 500);
}

#[test]
fn veryfast_and_tunes_at_any_rate() {
    random_settings(&["veryfast"], 500);
}

/// The parameters one by one.
#[test]
fn random_parameters() {
    let mut rng = Rng::new(266);
    let count = if environment("FRAME_COMPRESSION_FULL") == Some(1) { 5_000 } else { 500 };
    for case in 0..count {
        let source = random_planes(&mut rng, 5);
        let crf = random_crf_at_any_rate(&mut rng);
        let mut below = |limit: usize| rng.below(limit);
        let (alpha, beta) = (below(7) as i32 - 3, below(7) as i32 - 3);
        let parameters = format!(
            "preset=veryfast:fps={}:subme={}:aq-mode={}:aq-strength={}:mbtree={}:qcomp={}:ipratio={}\
             :deadzone-intra={}:chroma-qp-offset={}:deblock={alpha},{beta}:no-deblock={}:8x8dct={}:intra={}\
             :cabac={}{}",
            RATES[below(RATES.len())],
            below(6),
            below(4),
            [0.0, 0.5, 1.0, 1.3, 1.6][below(5)],
            below(2),
            [0.6, 0.8][below(2)],
            [1.1, 1.4][below(2)],
            [11, 6, below(33)][below(3)],
            below(13) as i32 - 6,
            below(6) / 5,
            1 - below(4) / 3,
            ["none", "i4x4", "i8x8", "i4x4,i8x8"][below(4)],
            below(2),
            if below(4) == 0 { ":asm=0" } else { "" },
        );
        check_with(&format!("random picture {case}"), &source, crf, &parameters);
    }
}

#[test]
fn slices() {
    let mut rng = Rng::new(267);
    let full = environment("FRAME_COMPRESSION_FULL") == Some(1);
    for case in 0..if full { 2_000 } else { 200 } {
        let height = 2 + 2 * if full { rng.below(1080) } else { rng.below(300) };
        let width = 2 + 2 * rng.below(40);
        let source = planes(&random_picture(&mut rng, width, height));
        let crf = random_crf_at_any_rate(&mut rng);
        let preset = ["veryfast", "veryfast", "superfast", "ultrafast"][rng.below(4)];
        let parameters = format!(
            "preset={preset}:slices={}{}",
            1 + rng.below(64),
            if rng.below(2) == 0 { ":asm=0" } else { "" }
        );
        check_with(&format!("random picture {case}"), &source, crf, &parameters);
    }
}

/// Noise at quantisers where levels are so far from their coefficients that sums of 16 bits wrap around: cases 7441 and
/// 49,759 of seed 99 do.
#[test]
fn noise_at_the_coarsest_quantisers() {
    const PRESETS: [&str; 6] = ["ultrafast", "superfast", "veryfast", "faster", "medium", "slow"];
    let compared = if environment("FRAME_COMPRESSION_FULL") == Some(1) { 0..60_000 } else { 7_000..7_600 };
    let mut rng = Rng::new(environment("FRAME_COMPRESSION_SEED").unwrap_or(99));
    for case in 0..compared.end {
        let (width, height) = (32 + 16 * rng.below(4), 32 + 16 * rng.below(4));
        let source = noise(&mut rng, width, height);
        let preset = PRESETS[case % PRESETS.len()];
        let parameters = format!("preset={preset}:fps={}", ["25", "60", "120"][rng.below(3)]);
        let crf = [51.0, 50.0, 49.0, 48.0, 46.0, 44.0][rng.below(6)];
        if compared.contains(&case) {
            check_with(&format!("noise {case}"), &source, crf, &parameters);
        }
    }
}

fn noise(rng: &mut Rng, width: usize, height: usize) -> Planes {
    let mut source = Planes::new(width, height, Subsampling::S420).expect("sides in range");
    let kind = rng.below(3);
    for component in [Component::Y, Component::Cb, Component::Cr] {
        for y in 0..source.size(component).1 {
            for sample in source.row_mut(component, y) {
                *sample = match kind {
                    0 => 255 * (rng.byte() >> 7),
                    1 => rng.byte(),
                    _ => [0, 255, 255, 255][rng.below(4)],
                };
            }
        }
    }
    source
}
