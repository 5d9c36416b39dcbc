//! How fast clips of H.264 are beside libx264: planes in, planes out, a walk over a photograph, CRF 29 at 25 frames a second, one
//! process, one thread.
//!
//! `cargo run --release -p oracle --bin bench_clips [-- --threads] [--rounds N] [--size WxH] [--frames N] [--preset P]`
//!
//! `--threads` times two threads of a pool instead, beside one, and beside libx264 with two.
//!
//! Lines of JSON, medians of alternating rounds, of a whole clip each. libx264 is opened for each clip, and nothing is decoded.

use std::time::Duration;

use frame_compression::{ClipCompressor, FrameRate, H264, H264Preset, Planes};
use oracle::bench::{Comparison, median, pinned_pool, size, timed};
use oracle::planes;
use oracle::x264::{Encoder, Frame, Settings};
use test_pictures::{Content, Photograph, Picture};

struct Options {
    threads: bool,
    rounds: usize,
    size: (usize, usize),
    frames: usize,
    presets: Vec<H264Preset>,
}

fn options() -> Options {
    use H264Preset::{Faster, Medium, Superfast, Ultrafast, Veryfast};
    let presets = vec![Ultrafast, Superfast, Veryfast, Faster, Medium];
    let mut options = Options { threads: false, rounds: 3, size: (1280, 720), frames: 60, presets };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--threads" {
            options.threads = true;
            continue;
        }
        let value = arguments.next().unwrap_or_else(|| panic!("{name} needs a value"));
        match name.as_str() {
            "--rounds" => options.rounds = value.parse().expect("a number of rounds"),
            "--frames" => options.frames = value.parse().expect("a number of frames"),
            "--preset" => options.presets = vec![value.parse().expect("a preset")],
            "--size" => options.size = size(&value),
            _ => panic!("unknown option {name}"),
        }
    }
    options
}

fn main() {
    let options = options();
    for photograph in Photograph::ALL {
        let clip = walk(photograph, options.size, options.frames);
        for &preset in &options.presets {
            let work = format!("H.264 clip crf 29 {preset}, {} frames, planes", options.frames);
            let compare = if options.threads { compare_on_two_threads } else { compare_on_one_thread };
            for (work, against, [ours, theirs]) in compare(&work, preset, &clip, options.rounds) {
                let (width, height) = options.size;
                Comparison { work: &work, against, picture: photograph.name(), width, height }
                    .print(ours, theirs);
            }
        }
    }
}

/// What was done, beside what, and the milliseconds of both.
type Row = (String, &'static str, [f64; 2]);

fn compare_on_one_thread(work: &str, preset: H264Preset, clip: &[Planes], rounds: usize) -> Vec<Row> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(code(preset, clip));
        theirs.push(code_by_x264(preset, clip, 1));
    }
    vec![(work.to_owned(), "libx264, open + encode", [median(ours), median(theirs)])]
}

fn compare_on_two_threads(work: &str, preset: H264Preset, clip: &[Planes], rounds: usize) -> Vec<Row> {
    let pool = pinned_pool(2);
    let (mut one, mut two, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        one.push(code(preset, clip));
        two.push(pool.install(|| code(preset, clip)));
        theirs.push(code_by_x264(preset, clip, 2));
    }
    let (work, one, two) = (format!("{work}, 2 threads"), median(one), median(two));
    vec![
        (work.clone(), "the same on 1 thread", [two, one]),
        (work, "libx264 on 2 threads, open + encode", [two, median(theirs)]),
    ]
}

/// Three samples to the right and one down for each frame.
fn walk(photograph: Photograph, (width, height): (usize, usize), frames: usize) -> Vec<Planes> {
    let world = Content::Scaled(photograph).picture(width + 3 * frames, height + frames);
    let frame = |i: usize| Picture::from_fn(width, height, |x, y| world.pixel(x + 3 * i, y + i));
    (0..frames).map(|i| planes(&frame(i))).collect()
}

fn code(preset: H264Preset, clip: &[Planes]) -> Duration {
    let settings = H264::crf(29.0).expect("a CRF in range").preset(preset).fps(FrameRate::FFMPEG);
    let mut compressor = ClipCompressor::new(settings);
    let frames = clip.to_vec();
    let mut shown = 0;
    let time = timed(|| {
        for frame in frames {
            compressor.push_planes(frame).expect("even sides");
            shown += std::iter::from_fn(|| compressor.next_planes()).count();
        }
        compressor.finish();
        shown += std::iter::from_fn(|| compressor.next_planes()).count();
    });
    assert_eq!(shown, clip.len());
    time
}

fn code_by_x264(preset: H264Preset, clip: &[Planes], threads: u32) -> Duration {
    let (width, height) = (clip[0].width(), clip[0].height());
    let frames: Vec<Frame> = clip.iter().map(Frame::from).collect();
    let settings =
        Settings::crf(29.0).with(&format!("preset={preset}:fps=25:threads={threads}:sliced-threads=0"));
    let mut shown = 0;
    let time = timed(|| {
        let mut encoder = Encoder::open(width, height, &settings);
        for frame in &frames {
            shown += usize::from(encoder.feed(Some(frame)).is_some());
        }
        while encoder.delayed() > 0 {
            shown += usize::from(encoder.feed(None).is_some());
        }
    });
    assert_eq!(shown, clip.len());
    time
}
