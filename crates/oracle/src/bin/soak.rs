//! Compares pictures drawn at random with the reference encoders, case after case: `soak ENGINE SEED FIRST COUNT`.
//!
//! A case is one picture, or several of one size where the encoder is a command that takes longer to start than to code.
//! A case is a function of seed and number alone, so that a run can be stopped and go on, and a failure be run again
//! (`scripts/soak.sh` does so, in turns at every SIMD level). A case that differs is cut down as far as it still
//! differs, written to `target/soak`, and ends the run; `soak ENGINE FILE.ppm SETTINGS` compares the file again.

use std::fs;
use std::path::PathBuf;

use frame_compression::{FrameCompressor, Planes, Settings, Subsampling, Tensor};
use oracle::{difference, planes};
use test_pictures::{Content, Picture, Rng, random_picture};

/// An engine with the way to draw settings for it and to hold it against its encoder.
struct Engine {
    name: &'static str,
    least_side: usize,
    even: bool,
    /// How many pictures a case has.
    pictures: usize,
    draw: fn(&mut Rng) -> String,
    /// The first picture that differs, and in what.
    compare: Compare,
}

/// Starting `ffmpeg` takes as long as this many small pictures.
const IN_ONE_COMMAND: usize = 32;

const ENGINES: [Engine; 8] = [
    one_by_one("h264-veryfast", 2, true, veryfast, |pictures, settings, threads| {
        first(pictures, |picture| h264(picture, settings, threads))
    }),
    one_by_one("h264", 2, true, any_h264, |pictures, settings, threads| {
        first(pictures, |picture| h264(picture, settings, threads))
    }),
    one_by_one("h265", 32, true, any_h265, |pictures, settings, threads| {
        first(pictures, |picture| h265(picture, settings, threads))
    }),
    one_by_one("jpeg", 1, false, any_jpeg, |pictures, settings, threads| {
        first(pictures, |picture| jpeg(picture, settings, threads))
    }),
    one_by_one("webp", 1, false, any_webp, |pictures, settings, threads| {
        first(pictures, |picture| webp(picture, settings, threads))
    }),
    many_at_once("mpeg2", any_mpeg2, |pictures, settings, threads| {
        mpeg(pictures, settings, threads, "mpeg2video", "yuv420p")
    }),
    many_at_once("mpeg4", any_mpeg4, |pictures, settings, threads| {
        mpeg(pictures, settings, threads, "mpeg4", "yuv420p")
    }),
    many_at_once("mjpeg", any_mjpeg, |pictures, settings, threads| {
        mpeg(pictures, settings, threads, "mjpeg", "yuvj420p")
    }),
];

type Compare = fn(&[Picture], &str, usize) -> Option<(usize, String)>;

const fn one_by_one(
    name: &'static str,
    least_side: usize,
    even: bool,
    draw: fn(&mut Rng) -> String,
    compare: Compare,
) -> Engine {
    Engine { name, least_side, even, pictures: 1, draw, compare }
}

/// The colours of ffmpeg 7.1 and older exist for even widths only.
const fn many_at_once(name: &'static str, draw: fn(&mut Rng) -> String, compare: Compare) -> Engine {
    Engine { name, least_side: 2, even: true, pictures: IN_ONE_COMMAND, draw, compare }
}

fn first(pictures: &[Picture], compare: impl Fn(&Picture) -> Option<String>) -> Option<(usize, String)> {
    pictures.iter().enumerate().find_map(|(i, picture)| Some((i, compare(picture)?)))
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, file, settings] = &arguments[..]
        && file.ends_with(".ppm")
    {
        return again(name, file, settings);
    }
    let [name, numbers @ ..] = &arguments[..] else { usage() };
    let numbers: Vec<u64> = numbers.iter().map(|number| number.parse().unwrap_or_else(|_| usage())).collect();
    let (Some(engine), &[seed, first, count]) =
        (ENGINES.iter().find(|engine| engine.name == name), &numbers[..])
    else {
        usage()
    };
    for case in first..first + count {
        if let Some(found) = run(engine, seed, case) {
            eprintln!("{found}");
            std::process::exit(1);
        }
    }
    let level = frame_compression::simd_level();
    println!(
        "{name}: cases {first} to {} of seed {seed} at level {level}, {} pictures: no sample differs",
        first + count - 1,
        count * engine.pictures as u64
    );
}

fn usage() -> ! {
    let names = ENGINES.map(|engine| engine.name).join(", ");
    eprintln!(
        "soak ENGINE SEED FIRST COUNT, or soak ENGINE FILE.ppm SETTINGS for a file that it wrote, with the engine one of {names}"
    );
    std::process::exit(2)
}

/// Compares a picture that a run wrote once more.
fn again(name: &str, file: &str, settings: &str) {
    let Some(engine) = ENGINES.iter().find(|engine| engine.name == name) else { usage() };
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let head = bytes.iter().position(|&byte| byte == b'\n').expect("a head of one line, as `write` makes it");
    let numbers: Vec<usize> =
        String::from_utf8_lossy(&bytes[2..head]).split_whitespace().flat_map(str::parse).collect();
    let (width, height, samples) = (numbers[0], numbers[1], &bytes[head + 1..]);
    let picture =
        Picture::from_fn(width, height, |x, y| std::array::from_fn(|c| samples[3 * (y * width + x) + c]));
    let found = (engine.compare)(&[picture], settings, 1).map(|(_, found)| found);
    println!("{settings}, {file}: {}", found.as_deref().unwrap_or("no sample differs"));
    std::process::exit(i32::from(found.is_some()));
}

/// Runs one case; where it differs, says how after cutting it down.
fn run(engine: &Engine, seed: u64, case: u64) -> Option<String> {
    let mut rng =
        Rng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ case.wrapping_mul(0xd134_2543_de82_ef95));
    let (mut pictures, settings) = draw(&mut rng, engine);
    let threads = 1 + rng.below(4);
    let (at, found) = (engine.compare)(&pictures, &settings, threads)?;
    let least = cut_down(engine, pictures.swap_remove(at), &settings, threads);
    let found = differs(engine, &least, &settings, threads)
        .unwrap_or_else(|| format!("{found}, but only behind the {at} other pictures of its case"));
    let file = write(&least, &format!("{}-{seed}-{case}", engine.name));
    let (width, height) = (least.width, least.height);
    Some(format!(
        "{settings} on {threads} threads, {width}x{height}, case {case} of seed {seed}, {}: {found}",
        file.display()
    ))
}

fn differs(engine: &Engine, picture: &Picture, settings: &str, threads: usize) -> Option<String> {
    (engine.compare)(std::slice::from_ref(picture), settings, threads).map(|(_, found)| found)
}

/// The pictures of a case, all of one size, and their settings.
fn draw(rng: &mut Rng, engine: &Engine) -> (Vec<Picture>, String) {
    let (width, height) = draw_size(rng, engine);
    let pictures = (0..engine.pictures).map(|_| draw_picture(rng, width, height)).collect();
    (pictures, (engine.draw)(rng))
}

fn draw_size(rng: &mut Rng, engine: &Engine) -> (usize, usize) {
    let most = match rng.below(64) {
        0 => 700,
        1..8 => 260,
        _ => 96,
    };
    let mut side = || {
        let side = engine.least_side + rng.below(most);
        if engine.even { side.next_multiple_of(2) } else { side }
    };
    (side(), side())
}

fn draw_picture(rng: &mut Rng, width: usize, height: usize) -> Picture {
    match rng.below(6) {
        0 => {
            let contents = Content::all();
            contents[rng.below(contents.len())].picture(width, height)
        }
        1 => extremes(rng, width, height),
        2 => blend(rng, width, height),
        _ => random_picture(rng, width, height),
    }
}

/// Black and white in patterns, each channel for itself.
fn extremes(rng: &mut Rng, width: usize, height: usize) -> Picture {
    let periods: [(usize, usize); 3] = std::array::from_fn(|_| (1 + rng.below(19), 1 + rng.below(19)));
    let noise: [bool; 3] = std::array::from_fn(|_| rng.below(3) == 0);
    Picture::from_fn(width, height, |x, y| {
        std::array::from_fn(|c| {
            let (across, down) = periods[c];
            let on = if noise[c] { rng.below(2) } else { (x / across + y / down) % 2 };
            255 * on as u8
        })
    })
}

/// Two pictures mixed.
fn blend(rng: &mut Rng, width: usize, height: usize) -> Picture {
    let (a, b) = (random_picture(rng, width, height), random_picture(rng, width, height));
    let weight = rng.below(257);
    Picture::from_fn(width, height, |x, y| {
        let (a, b) = (a.pixel(x, y), b.pixel(x, y));
        std::array::from_fn(|c| {
            ((usize::from(a[c]) * weight + usize::from(b[c]) * (256 - weight)) >> 8) as u8
        })
    })
}

/// Cuts rows and columns off as long as the picture still differs.
fn cut_down(engine: &Engine, mut picture: Picture, settings: &str, threads: usize) -> Picture {
    loop {
        let (width, height) = (picture.width, picture.height);
        let halves = [
            (width / 2, height),
            (width, height / 2),
            (width - width.min(16), height),
            (width, height - height.min(16)),
        ];
        let smaller = halves.into_iter().find_map(|(width, height)| {
            let even = |side: usize| if engine.even { side & !1 } else { side };
            let (width, height) = (even(width), even(height));
            if width.min(height) < engine.least_side || (width, height) == (picture.width, picture.height) {
                return None;
            }
            let cut = Picture::from_fn(width, height, |x, y| picture.pixel(x, y));
            differs(engine, &cut, settings, threads).map(|_| cut)
        });
        match smaller {
            Some(smaller) => picture = smaller,
            None => return picture,
        }
    }
}

/// Writes a picture as a portable pixmap.
fn write(picture: &Picture, name: &str) -> PathBuf {
    let file = PathBuf::from(format!("target/soak/{name}.ppm"));
    let head = format!("P6 {} {} 255\n", picture.width, picture.height);
    let bytes = [head.as_bytes(), &picture.rgb].concat();
    fs::create_dir_all("target/soak")
        .and_then(|()| fs::write(&file, bytes))
        .expect("target/soak can be written to");
    file
}

fn compressor(settings: &str) -> FrameCompressor {
    let settings: Settings = settings.parse().unwrap_or_else(|error| panic!("{settings}: {error}"));
    FrameCompressor::new(settings)
}

/// Runs on so many threads.
fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads can be started")
        .install(work)
}

fn ours_in_planes(source: &Planes, settings: &str, threads: usize) -> Planes {
    let mut ours = source.clone();
    on_threads(threads, || compressor(settings).apply_to_planes(&mut ours))
        .expect("sides that the codec takes");
    ours
}

fn ours_in_rgb(picture: &Picture, settings: &str, threads: usize) -> Vec<u8> {
    let image =
        Tensor::new(picture.rgb.clone(), &[1, picture.height, picture.width, 3]).expect("a whole picture");
    on_threads(threads, || compressor(settings).apply(&image))
        .expect("sides that the codec takes")
        .as_slice()
        .to_vec()
}

fn difference_in_rgb(ours: &[u8], theirs: &[u8]) -> Option<String> {
    let at = ours.iter().zip(theirs).position(|(a, b)| a != b)?;
    let count = ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
    Some(format!("sample {at}: {} instead of {}, and {count} samples in all", ours[at], theirs[at]))
}

/// The value of a setting in the text that both sides read.
fn value<'a>(settings: &'a str, name: &str) -> &'a str {
    let parts = settings.split(':').filter_map(|part| part.split_once('='));
    parts.into_iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

/// A CRF in hundredths that is near no tie of the encoders' floating-point arithmetic at whole, quarter and half steps.
fn crf(rng: &mut Rng) -> String {
    (f32::from(4 + rng.below(201) as u16) / 4.0).to_string()
}

const FPS: [&str; 8] = ["1", "10", "24000/1001", "24", "25", "30000/1001", "30", "60"];

fn one<'a>(rng: &mut Rng, names: &[&'a str]) -> &'a str {
    names[rng.below(names.len())]
}

fn veryfast(rng: &mut Rng) -> String {
    format!("h264:crf={}", crf(rng))
}

fn any_h264(rng: &mut Rng) -> String {
    const PRESETS: [&str; 10] = [
        "ultrafast",
        "superfast",
        "veryfast",
        "faster",
        "fast",
        "medium",
        "slow",
        "slower",
        "veryslow",
        "placebo",
    ];
    const TUNES: [&str; 8] =
        ["film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency"];
    let mut text = format!("h264:crf={}:preset={}:fps={}", crf(rng), one(rng, &PRESETS), one(rng, &FPS));
    if rng.below(2) == 0 {
        text += &format!(":tune={}", one(rng, &TUNES));
    }
    if rng.below(4) == 0 {
        text += &format!(":slices={}", 1 + rng.below(8));
    }
    text
}

fn h264(picture: &Picture, settings: &str, threads: usize) -> Option<String> {
    let source = planes(picture);
    let parameters = settings.split(':').skip(2).collect::<Vec<_>>().join(":");
    let crf = value(settings, "crf").parse().expect("a number");
    let theirs = oracle::x264::reconstruct(&source, &oracle::x264::Settings::crf(crf).with(&parameters));
    difference(&ours_in_planes(&source, settings, threads), &theirs)
}

fn any_h265(rng: &mut Rng) -> String {
    const PRESETS: [&str; 10] = [
        "ultrafast",
        "superfast",
        "veryfast",
        "faster",
        "fast",
        "medium",
        "slow",
        "slower",
        "veryslow",
        "placebo",
    ];
    const TUNES: [&str; 5] = ["psnr", "ssim", "grain", "fastdecode", "animation"];
    let mut text =
        format!("h265:crf={}:preset={}:fps={}:release=3.5", crf(rng), one(rng, &PRESETS), one(rng, &FPS));
    if rng.below(2) == 0 {
        text += &format!(":tune={}", one(rng, &TUNES));
    }
    text
}

fn h265(picture: &Picture, settings: &str, threads: usize) -> Option<String> {
    let source = planes(picture);
    let mut theirs = oracle::x265::Settings::crf(value(settings, "crf").parse().expect("a number"))
        .preset(value(settings, "preset"));
    let (num, den) = value(settings, "fps").split_once('/').unwrap_or((value(settings, "fps"), "1"));
    theirs.fps = (num.parse().expect("a number"), den.parse().expect("a number"));
    theirs.tune = Some(value(settings, "tune").to_owned()).filter(|tune| !tune.is_empty());
    difference(&ours_in_planes(&source, settings, threads), &oracle::x265::reconstruct(&source, &theirs))
}

fn any_jpeg(rng: &mut Rng) -> String {
    let subsampling = Subsampling::ALL[rng.below(Subsampling::ALL.len())];
    format!("jpeg:quality={}:subsampling={}", 1 + rng.below(100), subsampling.name())
}

fn jpeg(picture: &Picture, settings: &str, threads: usize) -> Option<String> {
    let (width, height) = (picture.width, picture.height);
    let strength = oracle::jpeg::Strength::Quality(value(settings, "quality").parse().expect("a number"));
    let subsampling = value(settings, "subsampling").parse().expect("a name");
    let theirs = oracle::jpeg::round_trip(&picture.rgb, width, height, strength, subsampling);
    difference_in_rgb(&ours_in_rgb(picture, settings, threads), &theirs)
}

fn any_webp(rng: &mut Rng) -> String {
    let quality = if rng.below(2) == 0 { rng.below(101) as f32 } else { 100.0 * rng.unit() };
    format!("webp:quality={quality}:method={}", rng.below(7))
}

fn webp(picture: &Picture, settings: &str, threads: usize) -> Option<String> {
    let quality = value(settings, "quality").parse().expect("a number");
    let method = value(settings, "method").parse().expect("a number");
    let theirs = oracle::webp::Settings::new(quality, method);
    let theirs = oracle::webp::Coded::from_rgb(&picture.rgb, picture.width, picture.height, theirs).rgb();
    difference_in_rgb(&ours_in_rgb(picture, settings, threads), &theirs)
}

fn any_mpeg(rng: &mut Rng, codec: &str, subsamplings: &[&str]) -> String {
    let (qscale, subsampling) = (1 + rng.below(31), one(rng, subsamplings));
    let arithmetic = one(rng, &["x86", "x86", "x86", "int"]);
    format!("{codec}:qscale={qscale}:subsampling={subsampling}:arithmetic={arithmetic}:colours=ffmpeg-7")
}

fn any_mpeg2(rng: &mut Rng) -> String {
    any_mpeg(rng, "mpeg2", &["420", "422"]) + &format!(":dc_precision={}", 8 + rng.below(4))
}

fn any_mpeg4(rng: &mut Rng) -> String {
    any_mpeg(rng, "mpeg4", &["420"])
}

fn any_mjpeg(rng: &mut Rng) -> String {
    any_mpeg(rng, "mjpeg", &["420", "422", "444"])
}

/// Against the command `ffmpeg`, with its encoder and pixel format of these names.
fn mpeg(
    pictures: &[Picture],
    settings: &str,
    threads: usize,
    encoder: &str,
    format: &str,
) -> Option<(usize, String)> {
    let qscale = value(settings, "qscale").parse().expect("a number");
    let pix_fmt = format.replace("420", value(settings, "subsampling"));
    let mut options = Vec::new();
    if value(settings, "arithmetic") == "int" {
        options.extend(["-dct", "int"]);
    }
    // FFmpeg counts bits from 8.
    let bits = value(settings, "dc_precision").parse::<u8>().map(|bits| (bits - 8).to_string());
    if let Ok(bits) = &bits {
        options.extend(["-dc", bits]);
    }
    let (size, samples) = ((pictures[0].width, pictures[0].height), pictures[0].rgb.len());
    let rgb: Vec<u8> = pictures.iter().flat_map(|picture| &picture.rgb).copied().collect();
    let theirs = oracle::ffmpeg::round_trip_with(&rgb, size, encoder, &pix_fmt, qscale, &options);
    pictures.iter().zip(theirs.chunks(samples)).enumerate().find_map(|(i, (picture, theirs))| {
        Some((i, difference_in_rgb(&ours_in_rgb(picture, settings, threads), theirs)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_depends_on_seed_and_number_alone() {
        for engine in &ENGINES {
            let case = |case: u64| draw(&mut Rng::new(case), engine);
            assert_eq!(case(7), case(7));
            assert_ne!(case(7), case(8));
        }
    }

    /// A picture that is held against another encoder's result differs, and is found to.
    #[test]
    fn what_differs_is_found_and_cut_down() {
        let engine = &Engine {
            compare: |pictures, settings, threads| {
                first(pictures, |picture| {
                    let mut theirs = ours_in_rgb(picture, settings, threads);
                    theirs[0] ^= 1;
                    difference_in_rgb(&ours_in_rgb(picture, settings, threads), &theirs)
                })
            },
            ..ENGINES[3]
        };
        let picture = random_picture(&mut Rng::new(1), 60, 40);
        let least = cut_down(engine, picture, "jpeg:quality=50", 1);
        assert_eq!((least.width, least.height), (1, 1));
    }
}
