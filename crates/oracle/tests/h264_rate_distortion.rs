//! The presets of H.264 that weigh bits against libx264 itself: not one sample may differ.
//!
//! `FRAME_COMPRESSION_FULL=1` runs 20,000 random frames for medium and 5,000 for each other preset, and
//! `FRAME_COMPRESSION_SEED` starts another sequence of them.
#![cfg(feature = "x264")]

use frame_compression::{Planes, reconstruct_h264};
use oracle::x264::{Settings, reconstruct};
use oracle::{difference, planes};
use test_pictures::{Content, Rng, random_picture};

fn environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}

fn full() -> bool {
    environment("FRAME_COMPRESSION_FULL") == Some(1)
}

/// Compares one case with the library and names it if it fails.
fn check(name: &str, source: &Planes, crf: f32, text: &str) {
    let mut ours = source.clone();
    reconstruct_h264(&mut ours, crf, text).expect("known parameters");
    let theirs = reconstruct(source, &Settings::crf(crf).with(text));
    if let Some(difference) = difference(&ours, &theirs) {
        let (width, height) = (source.width(), source.height());
        panic!("{name} {width}x{height} at CRF {crf}, {text}: {difference}");
    }
}

/// A CRF in 0..=51: whole ones, where no rounding is near a tie, and the highest more often.
fn random_crf(rng: &mut Rng) -> f32 {
    match rng.below(6) {
        0 => 46.0 + rng.below(6) as f32,
        _ => rng.below(52) as f32,
    }
}

/// Random pictures by settings that a function makes.
fn check_random(seed: u64, count: usize, mut text: impl FnMut(&mut Rng) -> String) {
    let seed = environment("FRAME_COMPRESSION_SEED").unwrap_or(seed);
    let mut rng = Rng::new(seed);
    for case in 0..count {
        let mut side = || {
            let most = if rng.below(8) == 0 { 16 } else { 60 };
            2 + 2 * rng.below(most)
        };
        let (width, height) = (side(), side());
        let source = planes(&random_picture(&mut rng, width, height));
        let crf = random_crf(&mut rng);
        let text = text(&mut rng);
        check(&format!("random picture {case} of seed {seed}"), &source, crf, &text);
    }
}

fn check_preset(preset: &str, quick: usize, thorough: usize) {
    let count = if full() { thorough } else { quick };
    check_random(preset.len() as u64, count, |rng| format!("preset={preset}:fps={}", [1, 25][rng.below(2)]));
}

#[test]
fn random_faster() {
    check_preset("faster", 250, 5_000);
}

#[test]
fn random_fast() {
    check_preset("fast", 60, 5_000);
}

#[test]
fn random_medium() {
    check_preset("medium", 600, 20_000);
}

#[test]
fn random_slow() {
    check_preset("slow", 120, 5_000);
}

#[test]
fn random_slower() {
    check_preset("slower", 120, 5_000);
}

#[test]
fn random_veryslow() {
    check_preset("veryslow", 80, 5_000);
}

#[test]
fn random_placebo() {
    check_preset("placebo", 80, 5_000);
}

const PRESETS: [&str; 7] = ["faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"];
const TUNES: [&str; 8] =
    ["film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency"];

#[test]
fn random_tunes() {
    for tune in TUNES {
        check_random(tune.len() as u64, if full() { 2_000 } else { 60 }, |rng| {
            let preset = PRESETS[rng.below(PRESETS.len())];
            format!("preset={preset}:tune={tune}:fps={}", [1, 25][rng.below(2)])
        });
    }
}

/// CAVLC's trellis looks at how many levels the neighbours have: few pictures show whose counts it takes.
#[test]
fn random_without_cabac() {
    check_random(31, if full() { 20_000 } else { 1_200 }, |rng| {
        let preset = if rng.below(2) == 0 { "faster" } else { PRESETS[rng.below(PRESETS.len())] };
        format!("preset={preset}:tune=fastdecode:fps={}", [1, 25, 60][rng.below(3)])
    });
}

/// Every parameter by itself and with the others.
#[test]
fn random_parameters() {
    check_random(11, if full() { 5_000 } else { 400 }, |rng| {
        let mut one = |values: &[&str]| values[rng.below(values.len())].to_owned();
        let parts = [
            "preset=medium".to_owned(),
            format!("subme={}", one(&["3", "5", "6", "7", "8", "9", "10", "11"])),
            format!("trellis={}", one(&["0", "1", "2"])),
            format!("psy={}", one(&["0", "1", "1"])),
            format!(
                "psy-rd={},{}",
                one(&["0", "0.2", "0.5", "1", "2"]),
                one(&["0", "0", "0.15", "0.3", "0.7"])
            ),
            format!("aq-mode={}", one(&["0", "1", "2", "3"])),
            format!("aq-strength={}", one(&["0", "0.5", "1", "1.3"])),
            format!("mbtree={}", one(&["0", "1"])),
            format!("deadzone-intra={}", one(&["0", "6", "11", "20", "32"])),
            format!("chroma-qp-offset={}", one(&["-6", "-1", "0", "3", "6"])),
            format!("deblock={}:{}", one(&["-3", "0", "2"]), one(&["-2", "0", "3"])).replace(':', ","),
            format!("8x8dct={}", one(&["0", "1", "1"])),
            format!("cabac={}", one(&["0", "1", "1"])),
            format!("intra={}", one(&["none", "i4x4", "i4x4,i8x8", "i4x4,i8x8", "i4x4,i8x8"])),
            format!("fps={}", one(&["1", "25", "60"])),
        ];
        parts.join(":")
    });
}

/// Pictures of every kind.
#[test]
fn all_contents() {
    for content in Content::all() {
        for (width, height) in [(16, 16), (34, 18), (64, 64), (130, 98)] {
            let source = planes(&content.picture(width, height));
            for crf in [1.0, 10.0, 23.0, 33.0, 46.0, 51.0] {
                check(&content.name(), &source, crf, "preset=medium:fps=25");
            }
        }
    }
}

/// 1 to 64 slices at heights from one row of macroblocks to 2160, on one thread and on three.
#[test]
fn slices() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads can be started");
    let mut rng = Rng::new(64);
    let presets = if full() { &PRESETS[..] } else { &["faster", "medium", "slow"] };
    let mut cases = presets.iter().cycle();
    for height in [16, 112, 114, 128, 130, 256, 258, 400, 576, 1080, 2160] {
        for slices in [1, 2, 3, 4, 7, 8, 16, 33, 64] {
            let source = planes(&{
                let width = 16 + 2 * rng.below(20);
                random_picture(&mut rng, width, height)
            });
            for &preset in cases.by_ref().take(if full() { PRESETS.len() } else { 1 }) {
                let text = format!("preset={preset}:fps=25:slices={slices}");
                let crf = random_crf(&mut rng);
                check("slices", &source, crf, &text);
                pool.install(|| check("slices on three threads", &source, crf, &text));
            }
        }
    }
}
