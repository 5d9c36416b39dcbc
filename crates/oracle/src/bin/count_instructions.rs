//! What `scripts/instructions.sh` runs under callgrind: a piece of the photograph `astronaut` through each codec and
//! preset, one after another, at the level that `FRAME_COMPRESSION_SIMD` names. Callgrind counts what [`measured`] does.
//! Prints a line for each call of it.
//!
//! ```sh
//! cargo run --release -p oracle --no-default-features --bin count_instructions -- 512 h264
//! ```
//!
//! The arguments, which may be left out, are the picture's side and how the names of the rows begin.

use std::error::Error;

use frame_compression::{
    ClipCompressor, Codec, Component, FrameCompressor, Planes, Settings, Subsampling, TensorViewMut,
    simd_level,
};
use test_pictures::{Photograph, Picture};

/// Settings beside each codec's defaults.
const PRESETS: [&str; 10] = [
    "h264:preset=ultrafast",
    "h264:preset=superfast",
    "h264:preset=faster",
    "h264:preset=medium",
    "h264:preset=slow",
    "h264:preset=veryslow",
    "h265:preset=ultrafast",
    "h265:preset=medium",
    "h265:preset=slow",
    "webp:method=6",
];

/// Settings of clips.
const CLIPS: [&str; 2] = ["h264:preset=veryfast", "h264:preset=medium"];

/// What a row of the table measures.
#[derive(Clone, Copy)]
enum Work {
    /// Planes in, planes out.
    Planes,
    /// Packed RGB in and out, in place.
    Call,
    /// A clip of planes.
    Clip,
}

/// The frames of a clip.
const FRAMES: usize = 8;

/// The side of the picture that makes what is made once a process.
const SMALL: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let side: usize = arguments.next().map_or(Ok(256), |side| side.parse())?;
    let prefix = arguments.next().unwrap_or_default();
    let defaults = Codec::ALL.iter().map(|codec| codec.name());
    let both = [("planes", Work::Planes), ("call", Work::Call)];
    let defaults = defaults.filter(|_| simd_level() != "sse2");
    let rows = defaults.flat_map(|settings| both.map(|(name, work)| (settings, name, work)));
    // Plain Rust would take minutes for the slow presets, and Valgrind 3.19 lacks an instruction of AVX that the video
    // codecs' have.
    let presets = PRESETS.iter().filter(|settings| match simd_level() {
        "sse2" => true,
        "avx2" => settings.starts_with("webp"),
        _ => false,
    });
    let presets = presets.map(|&settings| (settings, "call", Work::Call));
    // At SSE2 alone, for the reasons above.
    let clips =
        CLIPS.iter().filter(|_| simd_level() == "sse2").map(|&settings| (settings, "clip", Work::Clip));
    for (settings, name, work) in rows.chain(presets).chain(clips) {
        if !settings.starts_with(&prefix) {
            continue;
        }
        let mut compressor = FrameCompressor::new(settings.parse::<Settings>()?);
        let [small, picture] = [SMALL, side].map(|side| Photograph::Astronaut.crop(side, side));
        match work {
            Work::Planes => {
                compressor.apply_to_planes(&mut planes(&small)?)?;
                let mut planes = planes(&picture)?;
                measured(|| compressor.apply_to_planes(&mut planes))?;
            }
            Work::Call => {
                let shape = |picture: &Picture| [1, picture.height, picture.width, 3];
                let (mut first, mut image) = (small.rgb.clone(), picture.rgb.clone());
                compressor.apply_in_place(TensorViewMut::new(&mut first, &shape(&small))?)?;
                let shape = shape(&picture);
                let tensor = TensorViewMut::new(&mut image, &shape)?;
                measured(|| compressor.apply_in_place(tensor))?;
            }
            Work::Clip => {
                let mut compressor = ClipCompressor::new(settings.parse::<Settings>()?);
                apply_clip(&mut compressor, pan(SMALL)?)?;
                let frames = pan(side)?;
                measured(|| apply_clip(&mut compressor, frames))?;
            }
        }
        println!("{settings} {name} {}", simd_level());
    }
    Ok(())
}

/// A walk over the photograph, three samples to the right and one down for each frame.
fn pan(side: usize) -> Result<Vec<Planes>, Box<dyn Error>> {
    let wide = Photograph::Astronaut.crop(side + 3 * FRAMES, side + FRAMES);
    let frame = |i: usize| planes(&Picture::from_fn(side, side, |x, y| wide.pixel(x + 3 * i, y + i)));
    (0..FRAMES).map(frame).collect()
}

fn apply_clip(compressor: &mut ClipCompressor, frames: Vec<Planes>) -> Result<(), frame_compression::Error> {
    for frame in frames {
        compressor.push_planes(frame)?;
    }
    compressor.finish();
    while let Some(frame) = compressor.next_planes() {
        std::hint::black_box(frame);
    }
    Ok(())
}

/// The function whose instructions callgrind counts: one that returns, and has not become a jump to the work.
#[inline(never)]
fn measured<T>(work: impl FnOnce() -> T) -> T {
    std::hint::black_box(work())
}

/// Green for luma, red and blue for chroma: any photograph-like planes will do.
fn planes(picture: &Picture) -> Result<Planes, Box<dyn Error>> {
    let mut planes = Planes::new(picture.width, picture.height, Subsampling::S420)?;
    for (component, channel) in [(Component::Y, 1), (Component::Cb, 2), (Component::Cr, 0)] {
        let (width, height) = planes.size(component);
        let step = picture.width / width;
        for y in 0..height {
            for (x, sample) in planes.row_mut(component, y).iter_mut().enumerate() {
                *sample = picture.pixel(x * step, y * step)[channel];
            }
        }
    }
    Ok(planes)
}
