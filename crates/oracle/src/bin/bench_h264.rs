//! How fast H.264 is beside libx264: planes in, planes out, the photographs, CRF 29, one thread, one process.
//!
//! `cargo run --release -p oracle --bin bench_h264 [-- --rounds N] [--crf C] [--size WxH] [--only ours|x264]
//! [--threads | --call]`
//!
//! Lines of JSON, medians of alternating rounds. Ours replaces the planes; the copy that refills them is not measured.
//! libx264 is measured with the cheapest settings that give the same picture (coding alone, the encoder is open
//! already), and with those of a default call (opening and coding). `--threads` times one picture on two threads of a
//! rayon pool instead, and how much two threads of this machine can do at most. `--call` times whole calls, RGB in and
//! out, beside ours of planes alone.

use std::time::{Duration, Instant};

use frame_compression::{Codec, FrameCompressor, Planes, TensorView, TensorViewMut};
use oracle::bench::{Comparison, median, pinned_pool, side_by_side};
use oracle::planes;
use oracle::x264::{Encoder, Frame, Settings};
use test_pictures::{Content, Photograph};

struct Options {
    rounds: usize,
    crf: f32,
    sizes: Vec<(usize, usize)>,
    ours: bool,
    x264: bool,
    threads: bool,
    call: bool,
}

fn options() -> Options {
    let mut options = Options {
        rounds: 21,
        crf: 29.0,
        sizes: vec![(512, 512), (1280, 720), (1920, 1080)],
        ours: true,
        x264: true,
        threads: false,
        call: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--threads" => options.threads = true,
            "--call" => options.call = true,
            _ => set(&mut options, &name, arguments.next()),
        }
    }
    options
}

/// Sets an option that has a value.
fn set(options: &mut Options, name: &str, value: Option<String>) {
    let value = value.unwrap_or_else(|| panic!("{name} needs a value"));
    match name {
        "--rounds" => options.rounds = value.parse().expect("a number of rounds"),
        "--crf" => options.crf = value.parse().expect("a CRF"),
        "--size" => {
            let (width, height) = value.split_once('x').expect("a size like 512x512");
            options.sizes = vec![(width.parse().expect("a width"), height.parse().expect("a height"))];
        }
        "--only" => (options.ours, options.x264) = (value == "ours", value == "x264"),
        _ => panic!("unknown option {name}"),
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn main() {
    let options = options();
    let measure = match (options.threads, options.call) {
        (true, _) => measure_threads,
        (_, true) => measure_calls,
        _ => measure,
    };
    for (width, height) in options.sizes.iter().copied() {
        for photograph in Photograph::ALL {
            measure(&options, photograph, width, height);
        }
    }
}

/// One picture on two threads of a pool, beside one thread: frames one after another by a task of the pool, and a frame
/// handed from outside to a pool that sleeps, which the system has to wake.
fn measure_threads(options: &Options, photograph: Photograph, width: usize, height: usize) {
    let source = planes(&Content::Scaled(photograph).picture(width, height));
    let compressor = || FrameCompressor::new(Codec::H264).crf(options.crf).expect("a CRF in range");
    let (mut compressor, mut other) = (compressor(), compressor());
    let (mut work, mut other_work) = (source.clone(), source.clone());
    let pool = pinned_pool(2);
    let (mut one, mut two, mut woken, mut pair) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        for _ in 0..FRAMES {
            one.push(frame(&mut compressor, &mut work, &source));
        }
        work.clone_from(&source);
        woken.push(timed(|| pool.install(|| compressor.apply_to_planes(&mut work)).expect("even sides")));
        pool.install(|| {
            for _ in 0..FRAMES {
                two.push(frame(&mut compressor, &mut work, &source));
            }
        });
        for _ in 0..FRAMES {
            pair.push(side_by_side([&mut compressor, &mut other], [&mut work, &mut other_work], &source));
        }
    }
    let one = median(one);
    for (work, against, ours, theirs) in [
        ("2 threads", "the same on 1 thread", two, one),
        ("2 threads of a pool that sleeps", "the same on 1 thread", woken, one),
        ("2 frames side by side on 2 threads", "both on 1 thread", pair, 2.0 * one),
    ] {
        let work = &format!("H.264 crf 29, planes, {work}");
        Comparison { work, against, picture: photograph.name(), width, height }.print(median(ours), theirs);
    }
}

/// Whole calls on RGB beside planes alone: bytes and floats, into a new picture and where it lies.
fn measure_calls(options: &Options, photograph: Photograph, width: usize, height: usize) {
    let picture = Content::Scaled(photograph).picture(width, height);
    let source = planes(&picture);
    let floats: Vec<f32> = picture.rgb.iter().map(|&sample| f32::from(sample) / 127.5 - 1.0).collect();
    let shape = [1, height, width, 3];
    let mut compressor = FrameCompressor::new(Codec::H264).crf(options.crf).expect("a CRF in range");
    let (mut work, mut out) = (source.clone(), picture.rgb.clone());
    let (mut bytes_here, mut floats_here) = (picture.rgb.clone(), floats.clone());
    let mut floats_out = floats.clone();
    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut alone = Vec::new();
    for _ in 0..options.rounds {
        alone.push(frame(&mut compressor, &mut work, &source));
        bytes_here.copy_from_slice(&picture.rgb);
        floats_here.copy_from_slice(&floats);
        let mut into = |compressor: &mut FrameCompressor| {
            let output = TensorViewMut::new(&mut out, &shape)?;
            compressor.apply_into(TensorView::new(&picture.rgb, &shape)?, output)
        };
        times[0].push(timed(|| into(&mut compressor).expect("even sides")));
        let mut in_place = |compressor: &mut FrameCompressor| {
            compressor.apply_in_place(TensorViewMut::new(&mut bytes_here, &shape)?)
        };
        times[1].push(timed(|| in_place(&mut compressor).expect("even sides")));
        let mut into = |compressor: &mut FrameCompressor| {
            let output = TensorViewMut::new(&mut floats_out, &shape)?;
            compressor.apply_into(TensorView::new(&floats, &shape)?, output)
        };
        times[2].push(timed(|| into(&mut compressor).expect("even sides")));
        let mut in_place = |compressor: &mut FrameCompressor| {
            compressor.apply_in_place(TensorViewMut::new(&mut floats_here, &shape)?)
        };
        times[3].push(timed(|| in_place(&mut compressor).expect("even sides")));
    }
    let alone = median(alone);
    for (work, times) in ["u8 into", "u8 in place", "f32 into", "f32 in place"].into_iter().zip(times) {
        let work = &format!("H.264 crf {}, whole call, {work}", options.crf);
        Comparison { work, against: "planes alone", picture: photograph.name(), width, height }
            .print(median(times), alone);
    }
}

/// Frames in a row.
const FRAMES: usize = 3;

fn frame(compressor: &mut FrameCompressor, work: &mut Planes, source: &Planes) -> Duration {
    work.clone_from(source);
    timed(|| compressor.apply_to_planes(work).expect("even sides"))
}

fn measure(options: &Options, photograph: Photograph, width: usize, height: usize) {
    let source = planes(&Content::Scaled(photograph).picture(width, height));
    let frame = Frame::from(&source);
    let mut compressor = FrameCompressor::new(Codec::H264).crf(options.crf).expect("a CRF in range");
    let mut work = source.clone();
    let mut cheap = Encoder::open(width, height, &Settings { cheap: true, ..Settings::crf(options.crf) });
    let (mut ours, mut coding, mut opening) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        if options.ours {
            work.clone_from(&source);
            ours.push(timed(|| compressor.apply_to_planes(&mut work).expect("even sides")));
        }
        if options.x264 {
            coding.push(timed(|| cheap.encode(&frame)));
            opening.push(timed(|| {
                Encoder::open(width, height, &Settings::crf(options.crf)).encode(&frame);
            }));
        }
    }
    let ours = median(ours);
    for (against, times) in [
        ("libx264 cheapest with the same picture, encode only", coding),
        ("libx264 default, open + encode", opening),
    ] {
        Comparison { work: "H.264 crf 29, planes", against, picture: photograph.name(), width, height }
            .print(ours, median(times));
    }
}
