//! Times of the library's steps, for the engineer who changes one of them: `cargo bench -p frame-compression`.
//! Comparisons with other programs are made by `make bench`.

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use frame_compression::{Codec, FrameCompressor, TensorViewMut};
use test_pictures::{Content, Photograph};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const SIZES: [(usize, usize); 3] = [(512, 512), (1280, 720), (1920, 1080)];

fn main() {
    divan::main();
}

/// A whole call on a photograph, 8-bit RGB in and out; items are pixels.
fn whole_call<T: frame_compression::Sample>(
    bencher: Bencher,
    codec: Codec,
    (width, height): (usize, usize),
    convert: impl Fn(u8) -> T,
) {
    let picture = Content::Scaled(Photograph::Coffee).picture(width, height);
    let original: Vec<T> = picture.rgb.iter().map(|&byte| convert(byte)).collect();
    let mut compressor = FrameCompressor::new(codec);
    let mut image = original.clone();
    bencher.counter(ItemsCount::new(width * height)).bench_local(|| {
        image.copy_from_slice(&original);
        let view = TensorViewMut::new(&mut image, &[1, height, width, 3]);
        view.and_then(|view| compressor.apply_in_place(view))
    });
}

fn signed(byte: u8) -> f32 {
    f32::from(byte) * (2.0 / 255.0) - 1.0
}

#[divan::bench(args = SIZES)]
fn h264_u8(bencher: Bencher, size: (usize, usize)) {
    whole_call(bencher, Codec::H264, size, |byte| byte);
}

#[divan::bench(args = SIZES)]
fn h264_f32(bencher: Bencher, size: (usize, usize)) {
    whole_call(bencher, Codec::H264, size, signed);
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn h265_u8(bencher: Bencher, size: (usize, usize)) {
    whole_call(bencher, Codec::H265, size, |byte| byte);
}

#[divan::bench(args = SIZES)]
fn jpeg_u8(bencher: Bencher, size: (usize, usize)) {
    whole_call(bencher, Codec::Jpeg, size, |byte| byte);
}

#[divan::bench(args = SIZES)]
fn jpeg_f32(bencher: Bencher, size: (usize, usize)) {
    whole_call(bencher, Codec::Jpeg, size, signed);
}

/// CRF 0 is lossless H.264: what is left is the conversion of samples and colours, both ways.
#[divan::bench(args = SIZES)]
fn conversions_f32(bencher: Bencher, (width, height): (usize, usize)) {
    let picture = Content::Scaled(Photograph::Coffee).picture(width, height);
    let original: Vec<f32> = picture.rgb.iter().map(|&byte| signed(byte)).collect();
    let mut compressor = FrameCompressor::new(Codec::H264).crf(0.0).expect("0 is a CRF");
    let mut image = original.clone();
    bencher.counter(ItemsCount::new(width * height)).bench_local(|| {
        image.copy_from_slice(&original);
        let view = TensorViewMut::new(&mut image, &[1, height, width, 3]);
        view.and_then(|view| compressor.apply_in_place(view))
    });
}
