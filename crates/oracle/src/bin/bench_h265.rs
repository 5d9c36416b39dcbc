//! H.265 against libx265, side by side: the same photographs, planes to planes, in one process; lines of JSON.
//!
//! `taskset -c 0 cargo run --release -p oracle --bin bench_h265 -- [rounds] [threads] [preset] [size]`
//!
//! Ours is the whole call; of libx265 only the encoder's own calls count (opening and closing aside), on a pool of
//! one thread. Pin the process to one core: libx265 hands its work to another thread.
//!
//! With `threads` (and on two cores) it times one frame on a pool of two threads against one instead, and two frames
//! side by side, which is the most that the machine can give. A preset and a size as in `512x512` leave out all others.

use std::time::Instant;

use frame_compression::{FrameCompressor, H265};
use frame_compression::{H265Preset, X265Version};
use oracle::bench::{Comparison, median, pinned_pool, side_by_side};
use oracle::{difference, planes, x265};
use test_pictures::Content;

const SIZES: [(usize, usize); 3] = [(512, 512), (1280, 720), (1920, 1080)];
const CRF: f32 = 28.0;

/// What is asked for on the command line.
#[derive(Debug, Default)]
struct Arguments {
    rounds: Option<usize>,
    threads: bool,
    preset: Option<H265Preset>,
    size: Option<String>,
}

impl Arguments {
    fn parse() -> Self {
        let mut arguments = Self::default();
        for argument in std::env::args().skip(1) {
            match argument.as_str() {
                "threads" => arguments.threads = true,
                _ if argument.contains('x') => arguments.size = Some(argument),
                _ => match argument.parse() {
                    Ok(rounds) => arguments.rounds = Some(rounds),
                    Err(_) => arguments.preset = Some(argument.parse().expect("a preset")),
                },
            }
        }
        arguments
    }

    fn rounds(&self) -> usize {
        self.rounds.unwrap_or(5)
    }

    fn cases(&self) -> impl Iterator<Item = (H265Preset, usize, usize)> {
        use H265Preset::{Medium, Slow, Ultrafast, Veryfast};
        H265Preset::ALL
            .into_iter()
            .filter(|&preset| match self.preset {
                Some(only) => only == preset,
                None => [Ultrafast, Veryfast, Medium, Slow].contains(&preset),
            })
            .flat_map(|preset| SIZES.map(|(width, height)| (preset, width, height)))
            .filter(|(_, width, height)| {
                self.size.as_ref().is_none_or(|only| *only == format!("{width}x{height}"))
            })
    }
}

fn settings(preset: H265Preset) -> H265 {
    H265::crf(CRF).expect("a CRF in range").preset(preset)
}

fn compressor(preset: H265Preset) -> FrameCompressor {
    FrameCompressor::new(settings(preset))
}

/// One frame on two threads against one, in one pool each, and two frames side by side.
fn time_threads(arguments: &Arguments) {
    let pools = [1, 2].map(pinned_pool);
    for (preset, width, height) in arguments.cases() {
        let content = Content::named("coffee-scaled").expect("a known content");
        let source = planes(&content.picture(width, height));
        let [mut compressor, mut other] = [compressor(preset), compressor(preset)];
        let [mut work, mut other_work] = [source.clone(), source.clone()];
        let (mut times, mut pair) = ([const { Vec::new() }; 2], Vec::new());
        for _ in 0..arguments.rounds() {
            for (pool, times) in pools.iter().zip(&mut times) {
                work.clone_from(&source);
                let start = Instant::now();
                pool.install(|| compressor.apply_to_planes(&mut work)).expect("a valid picture");
                times.push(start.elapsed());
            }
            pair.push(side_by_side([&mut compressor, &mut other], [&mut work, &mut other_work], &source));
        }
        let [one, two] = times.map(median);
        for (work, against, ours, theirs) in [
            ("2 threads", "the same on 1 thread", two, one),
            ("2 frames side by side on 2 threads", "both on 1 thread", median(pair), 2.0 * one),
        ] {
            let work = &format!("H.265 crf 28 {preset}, planes, {work}");
            Comparison { work, against, picture: "coffee", width, height }.print(ours, theirs);
        }
    }
}

fn main() {
    let arguments = Arguments::parse();
    if arguments.threads {
        return time_threads(&arguments);
    }
    for (preset, width, height) in arguments.cases() {
        for name in ["astronaut-scaled", "chelsea-scaled", "coffee-scaled", "rocket-scaled"] {
            let content = Content::named(name).expect("a known content");
            let source = planes(&content.picture(width, height));
            let mut compressor = FrameCompressor::new(settings(preset).release(X265Version::V3_5));
            let (mut theirs, mut ours) = (Vec::new(), Vec::new());
            for _ in 0..arguments.rounds() {
                let encoded = x265::encode(&source, &x265::Settings::crf(CRF.into()).preset(preset.name()));
                theirs.push(encoded.time);
                let mut result = source.clone();
                let start = Instant::now();
                compressor.apply_to_planes(&mut result).expect("a valid picture");
                ours.push(start.elapsed());
                assert_eq!(difference(&result, &encoded.reconstruction), None, "{name}");
            }
            let work = format!("H.265 crf 28 {preset}, planes");
            let against = "libx265, encode only, one thread";
            Comparison { work: &work, against, picture: name, width, height }
                .print(median(ours), median(theirs));
        }
    }
}
