//! Times of JPEG on photographs, one thread, side by side with TurboJPEG: a line of JSON a size, milliseconds a
//! picture, medians.
//!
//! `cargo run --release -p oracle --bin bench_jpeg`

use std::hint::black_box;
use std::time::Instant;

use frame_compression::{Codec, FrameCompressor, Quality, Sample, TensorView, TensorViewMut, ValueRange};
use oracle::turbojpeg::TurboJpeg;
use test_pictures::{Photograph, Picture};

const QUALITY: u8 = 43;
const SIZES: [(usize, usize); 3] = [(512, 512), (1280, 720), (1920, 1080)];
/// Pixels that a measurement goes over, all in all.
const PIXELS: usize = 120_000_000;

fn main() {
    for (width, height) in SIZES {
        let pictures = Photograph::ALL.map(|photograph| photograph.crop(width, height));
        println!("{{\"size\": \"{width}x{height}\", {}}}", measure(&pictures).join(", "));
    }
}

/// What is compared, each over all pictures in turn; the rounds of all are interleaved, so that what else the machine
/// does meets them alike.
fn measure(pictures: &[Picture; 4]) -> Vec<String> {
    let [Picture { width, height, .. }, ..] = pictures[..] else { unreachable!() };
    let shape = [1, height, width, 3];
    let samples = width * height * 3;
    let quality = Quality::new(f32::from(QUALITY)).expect("a quality");
    let mut compressor = FrameCompressor::new(Codec::Jpeg);
    compressor.set_quality(quality);
    let mut turbo = TurboJpeg::new();
    let mut bytes = vec![0u8; samples];
    let floats: Vec<Vec<f32>> = pictures.iter().map(|picture| convert_all(&picture.rgb)).collect();
    let mut float = vec![0f32; samples];
    let views = |compressor: &mut FrameCompressor, input: &[u8], output: &mut [u8]| {
        let input = TensorView::new(input, &shape).expect("an image");
        compressor
            .apply_into(input, TensorViewMut::new(output, &shape).expect("an image"))
            .expect("a picture");
    };
    let mut times: [Vec<f64>; 5] = Default::default();
    for round in 0..(PIXELS / (width * height * 4)).max(5) {
        let mut timed = |what: usize, work: &mut dyn FnMut(usize)| {
            // Once untimed, so that each finds its own memory in the caches, as a loop over pictures would.
            (0..4).for_each(&mut *work);
            let start = Instant::now();
            (0..4).for_each(&mut *work);
            // The first round warms up.
            if round > 0 {
                times[what].push(start.elapsed().as_secs_f64() * 1000.0 / 4.0);
            }
        };
        timed(0, &mut |i| views(&mut compressor, &pictures[i].rgb, black_box(&mut bytes)));
        timed(1, &mut |i| turbo.round_trip(&pictures[i].rgb, width, height, QUALITY, black_box(&mut bytes)));
        timed(2, &mut |i| {
            let input = TensorView::new(&floats[i], &shape).expect("an image");
            let output = TensorViewMut::new(black_box(&mut float), &shape).expect("an image");
            compressor.apply_into(input, output).expect("a picture");
        });
        timed(3, &mut |i| to_bytes(&floats[i], black_box(&mut bytes)));
        timed(4, &mut |i| from_bytes(&pictures[i].rgb, black_box(&mut float)));
    }
    ["jpeg_u8", "turbojpeg", "jpeg_f32", "f32_to_u8", "u8_to_f32"]
        .into_iter()
        .zip(times)
        .map(|(name, times)| format!("\"{name}\": {:.4}", median(times)))
        .collect()
}

fn to_bytes<T: Sample>(samples: &[T], bytes: &mut [u8]) {
    T::to_bytes(samples, ValueRange::Unit, bytes).expect("finite samples");
}

fn from_bytes<T: Sample>(bytes: &[u8], samples: &mut [T]) {
    T::from_bytes(bytes, ValueRange::Unit, samples);
}

fn convert_all(bytes: &[u8]) -> Vec<f32> {
    bytes.iter().map(|&byte| f32::from(byte) * (2.0 / 255.0) - 1.0).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
