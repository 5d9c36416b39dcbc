//! Golden vectors of JPEG: what libjpeg-turbo, called by itself and through Pillow, left of many pictures.

use frame_compression::{FrameCompressor, Jpeg, Tensor};
use test_pictures::Content;

/// Holds every line of a file against our own picture; gives how many there were.
fn check(file: &str) -> usize {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [content, width, height, quality, subsampling, crc] =
                <[&str; 6]>::try_from(line.split(' ').collect::<Vec<_>>()).unwrap();
            let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
            let picture = Content::named(content).unwrap().picture(width, height);
            let image = Tensor::new(picture.rgb, &[1, height, width, 3]).unwrap();
            let settings = Jpeg::quality(quality.parse::<f32>().unwrap()).unwrap();
            let settings = settings.subsampling(subsampling.parse().unwrap());
            let degraded = FrameCompressor::new(settings).apply(&image).unwrap();
            assert_eq!(format!("{:08x}", crc32fast::hash(degraded.as_slice())), crc, "{line}");
        })
        .count()
}

#[test]
fn libjpeg_turbo() {
    assert!(check(include_str!("golden/jpeg.txt")) > 500);
}

#[test]
fn libjpeg_turbo_at_other_sampling_factors() {
    assert!(check(include_str!("golden/jpeg-sampling.txt")) > 250);
}

#[test]
fn pillow() {
    assert!(check(include_str!("golden/jpeg-pillow.txt")) > 500);
}
