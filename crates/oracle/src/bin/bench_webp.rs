//! Times of WebP at quality 75 on photographs, one thread, side by side with libwebp's encode: a line of JSON a size and
//! method, milliseconds a picture, medians.
//!
//! `cargo run --release -p oracle --bin bench_webp`

use std::hint::black_box;
use std::time::Instant;

use frame_compression::{FrameCompressor, TensorView, TensorViewMut, WebP};
use oracle::planes;
use oracle::webp::{Coded, Settings, packed};
use test_pictures::{Photograph, Picture};

const QUALITY: f32 = 75.0;
const SIZES: [(usize, usize); 3] = [(512, 512), (1280, 720), (1920, 1080)];
/// Pixels that a measurement goes over, all in all.
const PIXELS: usize = 40_000_000;

fn main() {
    for (width, height) in SIZES {
        let pictures = Photograph::ALL.map(|photograph| photograph.crop(width, height));
        for method in [4, 6] {
            let times = measure(&pictures, method).join(", ");
            println!("{{\"size\": \"{width}x{height}\", \"method\": {method}, {times}}}");
        }
    }
}

/// What is compared, each over all pictures in turn; the rounds of all are interleaved, so that what else the machine
/// does meets them alike.
fn measure(pictures: &[Picture; 4], method: u8) -> Vec<String> {
    let [Picture { width, height, .. }, ..] = pictures[..] else { unreachable!() };
    let shape = [1, height, width, 3];
    let settings = WebP::quality(QUALITY).and_then(|webp| webp.method(method)).expect("settings");
    let mut compressor = FrameCompressor::new(settings);
    let mut bytes = vec![0u8; width * height * 3];
    let sources = pictures.each_ref().map(planes);
    let theirs = sources.each_ref().map(packed);
    let mut work = sources[0].clone();
    let mut times: [Vec<f64>; 3] = Default::default();
    for round in 0..(PIXELS / (width * height * 4)).max(3) {
        let mut timed = |what: usize, work: &mut dyn FnMut(usize)| {
            let start = Instant::now();
            (0..4).for_each(&mut *work);
            // The first round warms up.
            if round > 0 {
                times[what].push(start.elapsed().as_secs_f64() * 1000.0 / 4.0);
            }
        };
        timed(0, &mut |i| {
            let input = TensorView::new(&pictures[i].rgb, &shape).expect("an image");
            let output = TensorViewMut::new(black_box(&mut bytes), &shape).expect("an image");
            compressor.apply_into(input, output).expect("a picture");
        });
        timed(1, &mut |i| {
            work.clone_from(&sources[i]);
            compressor.apply_to_planes(black_box(&mut work)).expect("a picture");
        });
        timed(2, &mut |i| {
            let settings = Settings::new(QUALITY, method);
            drop(black_box(Coded::from_planes(&theirs[i], width, height, settings)));
        });
    }
    ["webp_u8", "webp_planes", "libwebp_encode"]
        .into_iter()
        .zip(times)
        .map(|(name, times)| format!("\"{name}\": {:.4}", median(times)))
        .collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
