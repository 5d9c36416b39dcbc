//! What `scripts/worst_pictures.sh` runs under callgrind: photographs, and pictures made to be hard, through each engine.
//! Callgrind counts what [`measured`] does. Prints a line for each call of it: settings, a tab, the picture's name.
//!
//! ```sh
//! cargo run --release -p oracle --no-default-features --bin worst_pictures -- 96 h264
//! ```
//!
//! The arguments, which may be left out, are the pictures' side and how the settings begin.

use std::error::Error;

use frame_compression::{FrameCompressor, Settings, TensorViewMut};
use test_pictures::{Content, Picture, Rng, random_picture};

/// An engine or a part of one each; the strength decides how much there is to write.
const SETTINGS: [&str; 20] = [
    "h264",
    "h264:crf=1",
    "h264:preset=ultrafast",
    "h264:preset=superfast",
    "h264:preset=medium",
    "h264:preset=slow",
    "h265",
    "h265:crf=1",
    "h265:preset=ultrafast",
    "jpeg",
    "jpeg:quality=100",
    "webp",
    "webp:quality=100",
    "webp:method=6",
    "mpeg2",
    "mpeg2:qscale=1",
    "mpeg4",
    "mpeg4:qscale=1",
    "mjpeg",
    "mjpeg:qscale=1",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let side: usize = arguments.next().map_or(Ok(96), |side| side.parse())?;
    let prefix = arguments.next().unwrap_or_default();
    let pictures = pictures(side);
    for settings in SETTINGS.iter().filter(|settings| settings.starts_with(&prefix)) {
        let mut compressor = FrameCompressor::new(settings.parse::<Settings>()?);
        let shape = [1, side, side, 3];
        // Once before: the first picture makes what is made once.
        compressor.apply_in_place(TensorViewMut::new(&mut pictures[0].1.rgb.clone(), &shape)?)?;
        for (name, picture) in &pictures {
            let mut samples = picture.rgb.clone();
            let tensor = TensorViewMut::new(&mut samples, &shape)?;
            measured(|| compressor.apply_in_place(tensor))?;
            println!("{settings}\t{name}");
        }
    }
    Ok(())
}

/// The function whose instructions callgrind counts: one that returns, and has not become a jump to the work.
#[inline(never)]
fn measured<T>(work: impl FnOnce() -> T) -> T {
    std::hint::black_box(work())
}

/// The photographs (`photograph ...`) and everything else: what tests generate, and what follows.
fn pictures(side: usize) -> Vec<(String, Picture)> {
    let named = |content: Content| {
        let kind = if matches!(content, Content::Generated(_)) { "generated" } else { "photograph" };
        (format!("{kind} {}", content.name()), content.picture(side, side))
    };
    let mut rng = Rng::new(18);
    let random = (0..12).map(|n| (format!("random {n}"), random_picture(&mut rng, side, side)));
    let mut pictures: Vec<_> = Content::all().into_iter().map(named).chain(random).collect();
    pictures.extend(hard(side));
    pictures
}

/// Steps at every place, nothing that was there before, and edges in every direction.
fn hard(side: usize) -> Vec<(String, Picture)> {
    let mut rng = Rng::new(7);
    let mut made: Vec<(String, Picture)> = Vec::new();
    let mut add = |name: String, pixel: &mut dyn FnMut(usize, usize) -> [u8; 3]| {
        made.push((name, Picture::from_fn(side, side, pixel)));
    };
    add("black or white at random".into(), &mut |_, _| [255 * (rng.below(2) as u8); 3]);
    add("each channel 0 or 255 at random".into(), &mut |_, _| {
        std::array::from_fn(|_| 255 * rng.below(2) as u8)
    });
    for amplitude in [8, 24, 64, 255] {
        add(format!("noise of {amplitude} around grey"), &mut |_, _| {
            std::array::from_fn(|_| (128 - amplitude / 2 + rng.below(amplitude + 1)).min(255) as u8)
        });
    }
    for period in [1, 2, 3, 5, 7] {
        add(format!("checks of {period}"), &mut |x, y| [255 * ((x / period + y / period) % 2) as u8; 3]);
    }
    for (across, down) in [(1, 2), (2, 1), (1, 1), (3, 1)] {
        add(format!("stripes {across}:{down}"), &mut |x, y| [(37 * (across * x + down * y)) as u8; 3]);
    }
    add("rings".into(), &mut |x, y| [(x * x + y * y) as u8, (x * y) as u8, (x * x / 3 + 5 * y) as u8]);
    add("a gradient with noise".into(), &mut |x, y| {
        std::array::from_fn(|c| ((x + (c + 1) * y) / 2 + rng.below(12)).min(255) as u8)
    });
    made
}
