//! Golden vectors of WebP: what libwebp, called by itself and through Pillow, left of many pictures.

use frame_compression::{FrameCompressor, Tensor, WebP};
use test_pictures::Content;

/// Holds every line of a file against our own picture; gives how many there were.
fn check(file: &str) -> usize {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [content, width, height, quality, method, crc] =
                <[&str; 6]>::try_from(line.split(' ').collect::<Vec<_>>()).unwrap();
            let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
            let picture = Content::named(content).unwrap().picture(width, height);
            let image = Tensor::new(picture.rgb, &[1, height, width, 3]).unwrap();
            let webp = WebP::quality(quality.parse::<f32>().unwrap()).unwrap();
            let webp = webp.method(method.parse().unwrap()).unwrap();
            let degraded = FrameCompressor::new(webp).apply(&image).unwrap();
            assert_eq!(format!("{:08x}", crc32fast::hash(degraded.as_slice())), crc, "{line}");
        })
        .count()
}

#[test]
fn libwebp() {
    assert!(check(include_str!("golden/webp.txt")) > 500);
}

#[test]
fn pillow() {
    assert!(check(include_str!("golden/webp-pillow.txt")) > 500);
}
