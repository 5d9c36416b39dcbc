//! Clips of H.264 against libx264 itself: not one sample of any frame may differ.
//!
//! `FRAME_COMPRESSION_FULL=1` runs 2,000 random clips instead of 120, and `FRAME_COMPRESSION_SEED` starts another
//! sequence of them. `FRAME_COMPRESSION_COUNT` sets how many there are in each test.
#![cfg(feature = "x264")]

use std::sync::LazyLock;

use frame_compression::{ClipCompressor, Component, FrameRate, H264, Planes, Subsampling};
use oracle::x264::{FrameReport, Settings, reconstruct_clip, reconstruct_clip_with_reports};
use oracle::{difference, planes};
use rayon::{ThreadPool, ThreadPoolBuilder};
use test_pictures::{Picture, Rng, random_picture};

/// Some clips are coded by the caller alone, some on threads of a pool.
static POOLS: LazyLock<[ThreadPool; 2]> = LazyLock::new(|| {
    [2, 3].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool"))
});

fn environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}

/// Compares one clip with the library and names it if it fails.
fn check(name: &str, clip: &[Planes], crf: f32, keyint: u32, parameters: &str) {
    let mut ours = clip.to_vec();
    let mut reconstruct = || {
        frame_compression::reconstruct_h264_clip(&mut ours, crf, parameters, keyint)
            .expect("known parameters")
    };
    match POOLS.get(clip.len() % 3) {
        Some(pool) => pool.install(reconstruct),
        None => reconstruct(),
    }
    let settings = Settings::crf(crf).with(parameters).with(&format!("keyint={keyint}{}", processor()));
    let theirs = reconstruct_clip(clip, &settings);
    for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        if let Some(difference) = difference(ours, theirs) {
            let (width, height, frames) = (clip[0].width(), clip[0].height(), clip.len());
            panic!(
                "{name} {width}x{height}, {frames} frames, CRF {crf}, keyint {keyint}, {parameters}: frame {i}: {difference}"
            );
        }
    }
}

/// With AVX-512, libx264's macroblock tree depends on what the process did before (docs/spec/h264-clips.md, section 18).
fn processor() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        return ":asm=AVX2,FMA3,BMI2,LZCNT";
    }
    ""
}

/// What happens in a clip, beside cuts.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Pan { dx: f32, dy: f32 },
    Zoom { step: f32 },
    Turn { step: f32 },
    Static,
    Flash { at: usize },
}

/// Part of a clip between two cuts.
struct Scene {
    kind: Kind,
    world: Picture,
    /// A second picture that moves over the first.
    object: Option<(Picture, f32, f32)>,
    noise: usize,
    fade: Option<f32>,
}

impl Scene {
    fn random(rng: &mut Rng, width: usize, height: usize) -> Self {
        let mut speed = |most: f32| (rng.unit() - 0.5) * 2.0 * most;
        let (dx, dy, step) = (speed(9.0), speed(6.0), speed(0.04));
        let kind = match rng.below(7) {
            0..=2 => Kind::Pan { dx, dy },
            3 => Kind::Zoom { step },
            4 => Kind::Turn { step },
            5 => Kind::Static,
            _ => Kind::Flash { at: rng.below(10) },
        };
        let world = random_picture(rng, width + 40, height + 40);
        let object = (rng.below(3) == 0).then(|| {
            let (width, height) = (8 + rng.below(40), 8 + rng.below(40));
            let object = random_picture(rng, width, height);
            (object, (rng.unit() - 0.5) * 20.0, (rng.unit() - 0.5) * 12.0)
        });
        let noise = [0, 0, 0, 2, 8, 60][rng.below(6)];
        let fade = (rng.below(5) == 0).then(|| (rng.unit() - 0.5) * 0.2);
        Self { kind, world, object, noise, fade }
    }

    fn frame(&self, rng: &mut Rng, t: usize, width: usize, height: usize) -> Picture {
        let time = t as f32;
        let (cx, cy) = (width as f32 / 2.0, height as f32 / 2.0);
        let mut picture = Picture::from_fn(width, height, |x, y| {
            let (u, v) = (x as f32 - cx, y as f32 - cy);
            let (u, v) = match self.kind {
                Kind::Pan { dx, dy } => (u + dx * time, v + dy * time),
                Kind::Zoom { step } => (u * (1.0 + step * time), v * (1.0 + step * time)),
                Kind::Turn { step } => {
                    let (s, c) = (step * time).sin_cos();
                    (u * c - v * s, u * s + v * c)
                }
                Kind::Static | Kind::Flash { .. } => (u, v),
            };
            sample(&self.world, u + cx + 20.0, v + cy + 20.0)
        });
        if let Some((object, dx, dy)) = &self.object {
            let (left, top) = ((cx + dx * time) as i32, (cy + dy * time) as i32);
            for y in 0..object.height {
                for x in 0..object.width {
                    let (to_x, to_y) = (left + x as i32, top + y as i32);
                    if (0..width as i32).contains(&to_x) && (0..height as i32).contains(&to_y) {
                        let at = (to_y as usize * width + to_x as usize) * 3;
                        picture.rgb[at..at + 3].copy_from_slice(&object.pixel(x, y));
                    }
                }
            }
        }
        let flash = matches!(self.kind, Kind::Flash { at } if t == at);
        let gain = 1.0 + self.fade.unwrap_or(0.0) * time;
        for value in &mut picture.rgb {
            let noise = if self.noise > 0 { rng.below(self.noise + 1) as f32 } else { 0.0 };
            let bright = if flash { 90.0 } else { 0.0 };
            *value = (f32::from(*value) * gain + noise + bright).clamp(0.0, 255.0) as u8;
        }
        picture
    }
}

/// A picture between its pixels, mirrored outwards.
fn sample(picture: &Picture, x: f32, y: f32) -> [u8; 3] {
    let place = |at: f32, side: usize| {
        let period = 2 * side as i64;
        let at = (at.floor() as i64).rem_euclid(period);
        at.min(period - 1 - at) as usize
    };
    let pixel = |dx: f32, dy: f32| picture.pixel(place(x + dx, picture.width), place(y + dy, picture.height));
    let (fx, fy) = (x - x.floor(), y - y.floor());
    let all = [pixel(0.0, 0.0), pixel(1.0, 0.0), pixel(0.0, 1.0), pixel(1.0, 1.0)];
    std::array::from_fn(|i| {
        let [a, b, c, d] = all.map(|pixel| f32::from(pixel[i]));
        ((a * (1.0 - fx) + b * fx) * (1.0 - fy) + (c * (1.0 - fx) + d * fx) * fy + 0.5) as u8
    })
}

fn random_clip(rng: &mut Rng, width: usize, height: usize, frames: usize) -> Vec<Planes> {
    let mut scene = Scene::random(rng, width, height);
    let mut start = 0;
    let cuts = [0, 12, 40][rng.below(3)];
    (0..frames)
        .map(|t| {
            if cuts > 0 && t > start && rng.below(cuts) == 0 {
                scene = Scene::random(rng, width, height);
                start = t;
            }
            planes(&scene.frame(rng, t - start, width, height))
        })
        .collect()
}

const RATES: [&str; 10] = ["1", "10", "24000/1001", "24", "25", "25", "30000/1001", "30", "60", "120"];

fn random_size(rng: &mut Rng) -> (usize, usize) {
    let mut side = |most: usize| 16 + 2 * rng.below((most - 16) / 2 + 1);
    match side(96) % 8 {
        0 => (side(320), side(240)),
        2 => (16 + side(32) % 18, side(128)),
        4 => (side(128), 16 + side(32) % 18),
        _ => (side(112), side(112)),
    }
}

/// Random clips of a preset with further parameters.
fn random_clips(preset: &str, count: usize) {
    random_clips_with(preset, &[""], count);
}

/// How many clips a test has.
fn number(quick: usize, full: usize) -> usize {
    let usual = if environment("FRAME_COMPRESSION_FULL") == Some(1) { full } else { quick };
    environment("FRAME_COMPRESSION_COUNT").map_or(usual, |count| count as usize)
}

/// The same, each with one of these parameters.
fn random_clips_with(preset: &str, others: &[&str], count: usize) {
    random_clips_of(&[preset], others, number(count, 2_000));
}

/// Random clips, each of one of these presets with one of these parameters.
fn random_clips_of(presets: &[&str], others: &[&str], count: usize) {
    let seed = environment("FRAME_COMPRESSION_SEED").unwrap_or(17);
    let mut rng = Rng::new(seed);
    for case in 0..count {
        let (width, height) = random_size(&mut rng);
        let most = [59, 19, 19, 19, 19][rng.below(5)];
        let frames = 2 + rng.below(most);
        let clip = random_clip(&mut rng, width, height, frames);
        let crf = match rng.below(3) {
            0 => (100 + rng.below(5001)) as f32 / 100.0,
            1 => [0.0, 0.5, 1.0, 2.0, 48.0, 51.0][rng.below(6)],
            _ => (10 + rng.below(35)) as f32,
        };
        let keyint = [250, 250, 1 + rng.below(15) as u32][rng.below(3)];
        let preset = if presets.len() > 1 { presets[rng.below(presets.len())] } else { presets[0] };
        let mut parameters = format!("preset={preset}:fps={}", RATES[rng.below(RATES.len())]);
        if others.len() > 1 {
            parameters += others[rng.below(others.len())];
        }
        check(&format!("random clip {case} of seed {seed}"), &clip, crf, keyint, &parameters);
    }
}

#[test]
fn random_clips_of_ultrafast() {
    random_clips("ultrafast", 120);
}

#[test]
fn random_clips_of_superfast() {
    random_clips("superfast:bframes=0", 120);
}

#[test]
fn random_clips_of_veryfast() {
    random_clips("veryfast:bframes=0", 120);
}

/// The preset's three B frames in a row most often.
const B_FRAMES: [&str; 10] =
    ["", "", "", "", "", ":bframes=1", ":bframes=2", ":bframes=5", ":bframes=8", ":bframes=16"];

#[test]
fn random_clips_of_superfast_with_b_frames() {
    random_clips_with("superfast", &B_FRAMES, 120);
}

#[test]
fn random_clips_of_veryfast_with_b_frames() {
    random_clips_with("veryfast", &B_FRAMES, 120);
}

#[test]
fn random_clips_of_faster() {
    random_clips("faster:bframes=0", 120);
}

#[test]
fn random_clips_of_faster_with_b_frames() {
    random_clips_with("faster", &B_FRAMES, 120);
}

#[test]
fn random_clips_of_fast() {
    random_clips("fast:bframes=0", 120);
}

#[test]
fn random_clips_of_fast_with_b_frames() {
    random_clips_with("fast", &B_FRAMES, 120);
}

#[test]
fn random_clips_of_medium() {
    random_clips("medium:bframes=0", 120);
}

#[test]
fn random_clips_of_medium_with_b_frames() {
    random_clips_with("medium", &B_FRAMES, 120);
}

/// Parameters of the presets by themselves and in other company. (A repeated frame without mixed references, which no preset has, is
/// known to differ.)
#[test]
fn random_clips_of_mixtures() {
    let mixtures = [
        ":subme=3",
        ":subme=4:ref=3",
        ":ref=3:mixed-refs=1",
        ":weightp=2:ref=2:mixed-refs=1:bframes=2",
        ":weightp=2:ref=3:mixed-refs=1:bframes=0",
        ":trellis=0:subme=6",
        ":trellis=0:subme=7:ref=3",
    ];
    random_clips_with("faster", &mixtures, 120);
}

/// The presets with B frames three times out of five.
const PRESETS: [&str; 11] = [
    "ultrafast",
    "superfast",
    "superfast:bframes=0",
    "veryfast",
    "veryfast:bframes=0",
    "faster",
    "faster:bframes=0",
    "fast",
    "fast:bframes=0",
    "medium",
    "medium:bframes=0",
];

/// Random clips of any preset with a tune.
fn tune(name: &str) {
    let presets = PRESETS.map(|preset| format!("{preset}:tune={name}"));
    // A B frame of ultrafast is refused, and animation has two.
    let presets = presets.each_ref().map(String::as_str);
    let presets = if name == "animation" { &presets[1..] } else { &presets[..] };
    random_clips_of(presets, &[""], number(44, 1_000));
}

#[test]
fn tune_film() {
    tune("film");
}

#[test]
fn tune_animation() {
    tune("animation");
}

#[test]
fn tune_grain() {
    tune("grain");
}

#[test]
fn tune_stillimage() {
    tune("stillimage");
}

#[test]
fn tune_psnr() {
    tune("psnr");
}

#[test]
fn tune_ssim() {
    tune("ssim");
}

#[test]
fn tune_zerolatency() {
    tune("zerolatency");
}

/// With the others CAVLC has a say in what is chosen.
#[test]
fn tune_fastdecode() {
    let presets: Vec<String> =
        PRESETS[..7].iter().map(|preset| format!("{preset}:tune=fastdecode")).collect();
    random_clips_of(&presets.iter().map(String::as_str).collect::<Vec<_>>(), &[""], number(44, 1_000));
}

/// Types, quantisers and kinds of macroblocks are those that libx264 prints.
#[test]
fn statistics() {
    let mut rng = Rng::new(172);
    for case in 0..number(20, 200) {
        let (width, height) = random_size(&mut rng);
        let frames = 2 + rng.below(20);
        let clip = random_clip(&mut rng, width, height, frames);
        let crf = (10 + rng.below(41)) as f32;
        let keyint = [250, 7][rng.below(2)];
        let preset = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"][rng.below(6)];
        let settings =
            Settings::crf(crf).with(&format!("preset={preset}:fps=25:keyint={keyint}{}", processor()));
        let theirs = reconstruct_clip_with_reports(&clip, &settings);
        let preset = preset.parse().expect("the name of a preset");
        let settings = H264::crf(crf).expect("in range").preset(preset).fps(FrameRate::FFMPEG);
        let mut compressor = ClipCompressor::new(settings).keyint(keyint).expect("at least 1");
        clip.into_iter().for_each(|planes| compressor.push_planes(planes).expect("even sides"));
        compressor.finish();
        for (i, (planes, report)) in theirs.iter().enumerate() {
            let shown = compressor.next_planes().expect("as many frames");
            assert_eq!(difference(&shown, planes), None, "frame {i} of clip {case}");
            let frame = compressor.statistics().expect("a frame of H.264");
            let ours = FrameReport {
                kind: frame.kind.name().to_owned(),
                quantiser: format!("{:.2}", frame.quantiser),
                macroblocks: [frame.intra, frame.predicted, frame.skipped],
            };
            assert_eq!(&ours, report, "frame {i} of clip {case}, {width}x{height}, CRF {crf}, {preset}");
        }
    }
}

/// Planes of black and white, or of noise, which reach quantisers and levels that no film does.
#[test]
fn extreme_clips_of_ultrafast() {
    let mut rng = Rng::new(170);
    for case in 0..number(1_000, 20_000) {
        let (width, height) = (16 + 2 * rng.below(33), 16 + 2 * rng.below(33));
        let clip: Vec<Planes> = (0..2 + rng.below(9)).map(|_| extreme(&mut rng, width, height)).collect();
        let crf = [51.0, 50.0, 48.0, 30.0, 12.0, 6.0, 2.0, 1.0][rng.below(8)];
        let parameters = format!("preset=ultrafast:fps={}", RATES[rng.below(RATES.len())]);
        check(&format!("extreme clip {case}"), &clip, crf, [250, 3][rng.below(2)], &parameters);
    }
}

fn extreme(rng: &mut Rng, width: usize, height: usize) -> Planes {
    let mut source = Planes::new(width, height, Subsampling::S420).expect("sides in range");
    for component in [Component::Y, Component::Cb, Component::Cr] {
        let (kind, period_x, period_y) = (rng.below(5), 1 + rng.below(40), 1 + rng.below(40));
        for y in 0..source.size(component).1 {
            for (x, sample) in source.row_mut(component, y).iter_mut().enumerate() {
                *sample = match kind {
                    0 => 255 * ((x / period_x + y / period_y) % 2) as u8,
                    1 => 255 * (rng.byte() >> 7),
                    2 => rng.byte(),
                    3 => 128,
                    _ => 255 * ((x / period_x) % 2) as u8,
                };
            }
        }
    }
    source
}

fn slices(preset: &str) {
    slices_of(&[preset]);
}

fn slices_of(presets: &[&str]) {
    let mut rng = Rng::new(171);
    for case in 0..number(20, 300) {
        let preset = presets[rng.below(presets.len())];
        let (width, height) = (16 + 2 * rng.below(60), 128 + 2 * rng.below(80));
        let frames = 2 + rng.below(9);
        let clip = random_clip(&mut rng, width, height, frames);
        let crf = (10 + rng.below(35)) as f32;
        let parameters = format!("preset={preset}:fps=25:slices={}", 2 + rng.below(4));
        check(&format!("random clip {case}"), &clip, crf, 250, &parameters);
    }
}

#[test]
fn slices_of_ultrafast() {
    slices("ultrafast");
}

#[test]
fn slices_of_superfast_with_b_frames() {
    slices("superfast");
}

#[test]
fn slices_of_veryfast_with_b_frames() {
    slices("veryfast");
}

#[test]
fn slices_of_superfast() {
    slices("superfast:bframes=0");
}

#[test]
fn slices_of_veryfast() {
    slices("veryfast:bframes=0");
}

#[test]
fn slices_of_faster() {
    slices("faster:bframes=0");
}

#[test]
fn slices_of_faster_with_b_frames() {
    slices("faster");
}

#[test]
fn slices_of_fast() {
    slices("fast:bframes=0");
}

#[test]
fn slices_of_fast_with_b_frames() {
    slices("fast");
}

#[test]
fn slices_of_medium() {
    slices("medium:bframes=0");
}

#[test]
fn slices_of_medium_with_b_frames() {
    slices("medium");
}

#[test]
fn slices_of_tunes() {
    let presets: Vec<String> = ["superfast", "veryfast", "faster", "fast", "medium"]
        .iter()
        .flat_map(|preset| {
            ["film", "animation", "grain", "stillimage", "psnr", "ssim", "zerolatency"]
                .map(|tune| format!("{preset}:tune={tune}"))
        })
        .collect();
    slices_of(&presets.iter().map(String::as_str).collect::<Vec<_>>());
}
