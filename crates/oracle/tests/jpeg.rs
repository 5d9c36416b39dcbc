//! The JPEG engine against libjpeg-turbo: not one sample may differ.
//!
//! Quick by default; with `FRAME_COMPRESSION_FULL=1` everything.

#![cfg(feature = "jpeg")]

use frame_compression::{FrameCompressor, Jpeg, QuantTables, Subsampling, Tensor};
use oracle::jpeg::{Strength, round_trip};
use test_pictures::{Content, Photograph, Picture, Rng, random_picture};

fn full() -> bool {
    std::env::var_os("FRAME_COMPRESSION_FULL").is_some_and(|value| value == "1")
}

/// Reconstructs a picture and holds it against libjpeg-turbo's.
fn check(picture: &Picture, strength: Strength<'_>, subsampling: Subsampling, name: &str) {
    let (width, height) = (picture.width, picture.height);
    let settings = match strength {
        Strength::Quality(quality) => Jpeg::quality(f32::from(quality)).unwrap(),
        Strength::Tables([luma, chroma]) => Jpeg::from(QuantTables::new(*luma, *chroma).unwrap()),
    };
    let mut compressor = FrameCompressor::new(settings.subsampling(subsampling));
    let image = Tensor::new(picture.rgb.clone(), &[1, height, width, 3]).unwrap();
    let ours = compressor.apply(&image).unwrap();
    let theirs = round_trip(&picture.rgb, width, height, strength, subsampling);
    if let Some(at) = ours.as_slice().iter().zip(&theirs).position(|(a, b)| a != b) {
        let differing = ours.as_slice().iter().zip(&theirs).filter(|(a, b)| a != b).count();
        panic!(
            "{name} {width}x{height} {strength:?} {subsampling}: {differing} samples differ, the first at \
             ({}, {}) channel {}: {} for {}",
            at / 3 % width,
            at / 3 / width,
            at % 3,
            ours.as_slice()[at],
            theirs[at]
        );
    }
}

/// Noise of nothing but 0 and 255: the largest coefficients that there are.
fn saturated(rng: &mut Rng, width: usize, height: usize) -> Picture {
    Picture::from_fn(width, height, |_, _| std::array::from_fn(|_| if rng.below(2) == 0 { 0 } else { 255 }))
}

#[test]
fn every_quality_of_every_content() {
    for content in Content::all() {
        let picture = content.picture(97, 61);
        for quality in 1..=100 {
            for subsampling in Subsampling::ALL {
                check(&picture, Strength::Quality(quality), subsampling, &content.name());
            }
        }
    }
}

#[test]
fn every_size_up_to_33_by_33() {
    let mut rng = Rng::new(33);
    let qualities: Vec<u8> = if full() { (1..=100).collect() } else { vec![1, 30, 43, 90, 100] };
    for width in 1..=33 {
        for height in 1..=33 {
            let pictures = [Photograph::Coffee.crop(width, height), saturated(&mut rng, width, height)];
            for picture in &pictures {
                for &quality in &qualities {
                    for subsampling in Subsampling::ALL {
                        check(picture, Strength::Quality(quality), subsampling, "every size");
                    }
                }
            }
        }
    }
}

#[test]
fn whole_photographs() {
    for photograph in Photograph::ALL {
        let qualities: Vec<u8> = if full() { (1..=100).collect() } else { vec![1, 5, 25, 43, 75, 95, 100] };
        for quality in qualities {
            for subsampling in Subsampling::ALL {
                check(photograph.picture(), Strength::Quality(quality), subsampling, photograph.name());
            }
        }
    }
}

#[test]
fn large_pictures_with_odd_sides() {
    for (width, height) in [(1921, 1079), (1, 3000), (3000, 1), (4099, 17)] {
        for subsampling in Subsampling::ALL {
            let picture = Photograph::Rocket.scaled(width, height);
            check(&picture, Strength::Quality(43), subsampling, "large");
        }
    }
}

/// A random table: any steps, the same step everywhere, or only 1 and 255.
fn table(rng: &mut Rng) -> [u16; 64] {
    match rng.below(4) {
        0 => [1 + rng.below(255) as u16; 64],
        1 => std::array::from_fn(|_| if rng.below(2) == 0 { 1 } else { 255 }),
        2 => std::array::from_fn(|_| 100 + rng.below(156) as u16),
        _ => std::array::from_fn(|_| 1 + rng.below(255) as u16),
    }
}

#[test]
fn random_pictures() {
    let mut rng = Rng::new(20_000);
    for number in 0..if full() { 20_000 } else { 3_000 } {
        let (width, height) = (1 + rng.below(160), 1 + rng.below(120));
        let picture = if rng.below(5) == 0 {
            saturated(&mut rng, width, height)
        } else {
            random_picture(&mut rng, width, height)
        };
        let subsampling = Subsampling::ALL[rng.below(Subsampling::ALL.len())];
        let tables = [table(&mut rng), table(&mut rng)];
        let strength = if rng.below(3) == 0 {
            Strength::Tables(&tables)
        } else {
            Strength::Quality(1 + rng.below(100) as u8)
        };
        check(&picture, strength, subsampling, &format!("random picture {number}"));
    }
}
