//! What can be measured of the library without a peer, as lines of JSON: the first call of the process against later
//! ones, time over size, memory a pixel, f32 against u8.
//!
//! ```sh
//! cargo run --release -p oracle --no-default-features --bin bench_alone
//! cargo run --release -p oracle --no-default-features --bin bench_alone h264    # this codec's first call alone
//! ```

use std::process::Command;
use std::time::Instant;

use frame_compression::{Codec, FrameCompressor, Sample, TensorViewMut};
use test_pictures::{Photograph, Picture};

const SIZES: [(usize, usize); 6] =
    [(256, 256), (512, 512), (1280, 720), (1920, 1080), (3840, 2160), (7680, 4320)];

/// Fresh processes for the first calls of each codec.
const PROCESSES: usize = 9;

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn apply<T: Sample>(compressor: &mut FrameCompressor, image: &mut [T], (width, height): (usize, usize)) {
    let view = TensorViewMut::new(image, &[1, height, width, 3]).expect("the image has that shape");
    compressor.apply_in_place(view).expect("every codec takes this size");
}

/// One piece of a photograph over and over: every size has the same content to code.
fn picture((width, height): (usize, usize)) -> Vec<u8> {
    let piece = Photograph::Coffee.crop(256, 256);
    Picture::from_fn(width, height, |x, y| piece.pixel(x % 256, y % 256)).rgb
}

fn main() {
    if let Some(name) = std::env::args().nth(1) {
        return first_call(name.parse().expect("a codec"));
    }
    let program = std::env::current_exe().expect("a program");
    for name in Codec::ALL.map(Codec::name) {
        for _ in 0..PROCESSES {
            let status = Command::new(&program).arg(name).status().expect("a process");
            assert!(status.success(), "{name}: {status}");
        }
    }
    for codec in Codec::ALL {
        // The slow ones less often.
        let rounds = match codec {
            Codec::H264 => 9,
            Codec::Jpeg => 15,
            _ => 3,
        };
        over_size(codec, rounds);
        floats_against_bytes(codec, rounds);
    }
}

fn first_call(codec: Codec) {
    let size = (512, 512);
    let original = picture(size);
    let mut image = original.clone();
    let mut compressor = FrameCompressor::new(codec);
    let first = milliseconds(|| apply(&mut compressor, &mut image, size));
    let later = (0..7).map(|_| {
        image.copy_from_slice(&original);
        milliseconds(|| apply(&mut compressor, &mut image, size))
    });
    let later = median(later.collect());
    println!(
        "{{\"work\": \"first call\", \"codec\": \"{codec}\", \"size\": \"512x512\", \"ours_ms\": {first:.4}, \"later_ms\": {later:.4}}}"
    );
}

/// A size of the table, ready to be timed.
struct Case {
    size: (usize, usize),
    original: Vec<u8>,
    image: Vec<u8>,
    compressor: FrameCompressor,
    memory: u64,
    /// Milliseconds a call, of several calls each.
    times: Vec<f64>,
}

impl Case {
    fn new(codec: Codec, size: (usize, usize)) -> Self {
        let original = picture(size);
        let mut image = original.clone();
        let mut compressor = FrameCompressor::new(codec);
        let memory = allocation_counter::measure(|| apply(&mut compressor, &mut image, size)).bytes_max;
        Self { size, original, image, compressor, memory, times: Vec::new() }
    }

    fn pixels(&self) -> usize {
        self.size.0 * self.size.1
    }

    /// Times about as many pixels for every size, so that what else the machine does meets them alike.
    fn time(&mut self) {
        let calls = (1 << 21) / self.pixels() + 1;
        let mut sum = 0.0;
        for _ in 0..calls {
            self.image.copy_from_slice(&self.original);
            sum += milliseconds(|| apply(&mut self.compressor, &mut self.image, self.size));
        }
        self.times.push(sum / calls as f64);
    }
}

fn over_size(codec: Codec, rounds: usize) {
    let mut cases = SIZES.map(|size| Case::new(codec, size));
    for _ in 0..rounds {
        cases.iter_mut().for_each(Case::time);
    }
    for case in cases {
        let (pixels, (width, height)) = (case.pixels() as f64, case.size);
        println!(
            "{{\"work\": \"over size\", \"codec\": \"{codec}\", \"size\": \"{width}x{height}\", \
             \"ns_per_pixel\": {:.3}, \"bytes_per_pixel\": {:.3}}}",
            median(case.times) * 1e6 / pixels,
            case.memory as f64 / pixels
        );
    }
}

fn floats_against_bytes(codec: Codec, rounds: usize) {
    for size in [(512, 512), (1920, 1080)] {
        let bytes = picture(size);
        let floats: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) * (2.0 / 255.0) - 1.0).collect();
        let (mut image, mut float_image) = (bytes.clone(), floats.clone());
        let mut compressor = FrameCompressor::new(codec);
        let (mut of_bytes, mut of_floats) = (Vec::new(), Vec::new());
        for _ in 0..=rounds {
            image.copy_from_slice(&bytes);
            of_bytes.push(milliseconds(|| apply(&mut compressor, &mut image, size)));
            float_image.copy_from_slice(&floats);
            of_floats.push(milliseconds(|| apply(&mut compressor, &mut float_image, size)));
        }
        let (bytes, floats) = (median(of_bytes), median(of_floats));
        println!(
            "{{\"work\": \"f32 against u8\", \"codec\": \"{codec}\", \"size\": \"{}x{}\", \"ours_ms\": {floats:.4}, \"u8_ms\": {bytes:.4}}}",
            size.0, size.1
        );
    }
}
