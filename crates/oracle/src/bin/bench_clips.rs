//! How fast clips of H.264 are beside libx264: planes in, planes out, a walk over a photograph, CRF 29 at 25 frames a second, one
//! thread, one process.
//!
//! `cargo run --release -p oracle --bin bench_clips [-- --rounds N] [--size WxH] [--frames N] [--preset P]`
//!
//! Lines of JSON, medians of alternating rounds, of a whole clip each. libx264 is opened for each clip, and nothing is decoded.

use std::time::Duration;

use frame_compression::{ClipCompressor, FrameRate, H264, H264Preset, Planes};
use oracle::bench::{Comparison, median, size, timed};
use oracle::planes;
use oracle::x264::{Encoder, Frame, Settings};
use test_pictures::{Content, Photograph, Picture};

struct Options {
    rounds: usize,
    size: (usize, usize),
    frames: usize,
    presets: Vec<H264Preset>,
}

fn options() -> Options {
    use H264Preset::{Faster, Medium, Superfast, Ultrafast, Veryfast};
    let presets = vec![Ultrafast, Superfast, Veryfast, Faster, Medium];
    let mut options = Options { rounds: 3, size: (1280, 720), frames: 60, presets };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
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
    let (width, height) = options.size;
    for photograph in Photograph::ALL {
        let clip = walk(photograph, options.size, options.frames);
        for &preset in &options.presets {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..options.rounds {
                ours.push(code(preset, &clip));
                theirs.push(code_by_x264(preset, &clip));
            }
            let work = &format!("H.264 clip crf 29 {preset}, {} frames, planes", options.frames);
            let against = "libx264, open + encode";
            Comparison { work, against, picture: photograph.name(), width, height }
                .print(median(ours), median(theirs));
        }
    }
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

fn code_by_x264(preset: H264Preset, clip: &[Planes]) -> Duration {
    let (width, height) = (clip[0].width(), clip[0].height());
    let frames: Vec<Frame> = clip.iter().map(Frame::from).collect();
    let settings = Settings::crf(29.0).with(&format!("preset={preset}:fps=25"));
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
