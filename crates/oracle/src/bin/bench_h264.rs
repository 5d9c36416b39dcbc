//! How fast H.264 is beside libx264: planes in, planes out, the photographs, CRF 29, one thread, one process.
//!
//! `cargo run --release -p oracle --bin bench_h264 [-- --rounds N] [--crf C] [--size WxH] [--only ours|x264]
//! [--preset P] [--threads | --call]`
//!
//! Lines of JSON, medians of alternating rounds. Ours replaces the planes; the copy that refills them is not measured.
//! libx264 is measured with the cheapest settings that give the same picture (coding alone, the encoder is open
//! already), and with those of a default call (opening and coding). `--threads` times one picture on two threads of a
//! rayon pool instead, and how much two threads of this machine can do at most. `--call` times whole calls, RGB in and
//! out, beside ours of planes alone. `--preset` measures another preset at 25 frames a second, as ffmpeg runs it.

use std::time::Duration;

use frame_compression::{
    Codec, FrameCompressor, FrameRate, H264, H264Preset, Planes, TensorView, TensorViewMut,
};
use oracle::bench::{Comparison, median, pinned_pool, side_by_side, size, timed};
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
    preset: Option<H264Preset>,
}

impl Options {
    /// A compressor, what libx264 is told beside the CRF, and what is said of both.
    fn work(&self) -> (FrameCompressor, String, String) {
        let settings = H264::crf(self.crf).expect("a CRF in range");
        let Some(preset) = self.preset else {
            return (FrameCompressor::new(settings), String::new(), format!("H.264 crf {}", self.crf));
        };
        (
            FrameCompressor::new(settings.preset(preset).fps(FrameRate::FFMPEG)),
            format!("preset={preset}:fps=25"),
            format!("H.264 crf {} {preset}", self.crf),
        )
    }
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
        preset: None,
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
        "--preset" => options.preset = Some(value.parse().expect("a preset")),
        "--crf" => options.crf = value.parse().expect("a CRF"),
        "--size" => options.sizes = vec![size(&value)],
        "--only" => (options.ours, options.x264) = (value == "ours", value == "x264"),
        _ => panic!("unknown option {name}"),
    }
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
    let (mut compressor, parameters, name) = options.work();
    let settings = Settings::crf(options.crf).with(&parameters);
    // A preset that weighs bits has no cheaper settings with the same picture.
    let mut cheap = (options.x264 && options.preset.is_none())
        .then(|| Encoder::open(width, height, &Settings { cheap: true, ..settings.clone() }));
    let mut work = source.clone();
    let (mut ours, mut coding, mut opening) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        if options.ours {
            work.clone_from(&source);
            ours.push(timed(|| compressor.apply_to_planes(&mut work).expect("even sides")));
        }
        if let Some(cheap) = &mut cheap {
            coding.push(timed(|| cheap.encode(&frame)));
        }
        if options.x264 {
            opening.push(timed(|| {
                Encoder::open(width, height, &settings).encode(&frame);
            }));
        }
    }
    let ours = median(ours);
    let work = &format!("{name}, planes");
    if cheap.is_some() || !options.x264 {
        let against = "libx264 cheapest with the same picture, encode only";
        Comparison { work, against, picture: photograph.name(), width, height }.print(ours, median(coding));
    }
    let against =
        if options.preset.is_some() { "libx264, open + encode" } else { "libx264 default, open + encode" };
    Comparison { work, against, picture: photograph.name(), width, height }.print(ours, median(opening));
}
