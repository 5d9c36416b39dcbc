//! The WebP engine against libwebp: not one sample may differ.
//!
//! Quick by default; with `FRAME_COMPRESSION_FULL=1` everything.

#![cfg(feature = "webp")]

use frame_compression::{FrameCompressor, Tensor, WebP, WebPFilter};
use oracle::webp::{Coded, Settings};
use test_pictures::{Content, Photograph, Picture, Rng, random_picture};

fn full() -> bool {
    std::env::var_os("FRAME_COMPRESSION_FULL").is_some_and(|value| value == "1")
}

/// Reconstructs a picture and holds it against libwebp's.
fn check(picture: &Picture, settings: Settings, name: &str) {
    let (width, height) = (picture.width, picture.height);
    let ours = WebP::quality(settings.quality)
        .and_then(|ours| ours.method(settings.method as u8))
        .and_then(|ours| ours.sns_strength(settings.sns_strength as u8))
        .and_then(|ours| ours.filter_strength(settings.filter_strength as u8))
        .and_then(|ours| ours.filter_sharpness(settings.filter_sharpness as u8))
        .and_then(|ours| ours.segments(settings.segments as u8))
        .unwrap()
        .filter(WebPFilter::ALL[usize::from(settings.filter_type == 0)]);
    let image = Tensor::new(picture.rgb.clone(), &[1, height, width, 3]).unwrap();
    let ours = FrameCompressor::new(ours).apply(&image).unwrap();
    let ours = ours.as_slice();
    let theirs = Coded::from_rgb(&picture.rgb, width, height, settings).rgb();
    if let Some(at) = ours.iter().zip(&theirs).position(|(a, b)| a != b) {
        let differing = ours.iter().zip(&theirs).filter(|(a, b)| a != b).count();
        panic!(
            "{name} {width}x{height} {settings:?}: {differing} samples differ, the first at ({}, {}) channel {}: {} for {}",
            at / 3 % width,
            at / 3 / width,
            at % 3,
            ours[at],
            theirs[at]
        );
    }
}

/// Noise of nothing but 0 and 255: the largest coefficients that there are.
fn saturated(rng: &mut Rng, width: usize, height: usize) -> Picture {
    Picture::from_fn(width, height, |_, _| std::array::from_fn(|_| if rng.below(2) == 0 { 0 } else { 255 }))
}

const QUALITIES: [f32; 10] = [0.0, 1.0, 5.0, 20.0, 43.0, 50.0, 75.0, 80.0, 95.0, 100.0];

/// A quality: one of those above, a whole one, or any.
fn quality(rng: &mut Rng) -> f32 {
    match rng.below(3) {
        0 => QUALITIES[rng.below(QUALITIES.len())],
        1 => rng.below(101) as f32,
        _ => 100.0 * rng.unit(),
    }
}

#[test]
fn every_quality_of_every_content() {
    for content in Content::all() {
        let picture = content.picture(97, 61);
        for method in 0..=6 {
            for quality in QUALITIES {
                check(&picture, Settings::new(quality, method), &content.name());
            }
        }
    }
}

#[test]
fn every_size_up_to_35_by_35() {
    let mut rng = Rng::new(35);
    for (width, height) in (1..=35).flat_map(|height| (1..=35).map(move |width| (width, height))) {
        let pictures = [Photograph::Coffee.crop(width, height), saturated(&mut rng, width, height)];
        for picture in &pictures {
            let method = rng.below(7) as u8;
            check(picture, Settings::new(quality(&mut rng), method), "every size");
        }
    }
}

#[test]
fn whole_photographs() {
    for photograph in Photograph::ALL {
        for method in 0..=6 {
            for quality in if full() { &QUALITIES[..] } else { &[5.0, 75.0] } {
                check(photograph.picture(), Settings::new(*quality, method), photograph.name());
            }
        }
    }
}

#[test]
fn random_pictures() {
    let mut rng = Rng::new(20_000);
    for number in 0..if full() { 20_000 } else { 1_500 } {
        let (width, height) = (1 + rng.below(160), 1 + rng.below(120));
        let picture = if rng.below(5) == 0 {
            saturated(&mut rng, width, height)
        } else {
            random_picture(&mut rng, width, height)
        };
        let method = rng.below(7) as u8;
        check(&picture, Settings::new(quality(&mut rng), method), &format!("random picture {number}"));
    }
}

#[test]
fn random_settings() {
    let mut rng = Rng::new(5);
    for number in 0..if full() { 10_000 } else { 500 } {
        let (width, height) = (1 + rng.below(120), 1 + rng.below(120));
        let settings = Settings {
            sns_strength: rng.below(101) as i32,
            filter_strength: rng.below(101) as i32,
            filter_sharpness: rng.below(8) as i32,
            filter_type: rng.below(2) as i32,
            segments: 1 + rng.below(4) as i32,
            ..Settings::new(quality(&mut rng), rng.below(7) as u8)
        };
        check(&random_picture(&mut rng, width, height), settings, &format!("random settings {number}"));
    }
}
