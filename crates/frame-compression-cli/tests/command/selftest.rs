//! `frame-compression selftest`.

use frame_compression::Codec;
use image::{DynamicImage, Rgb, RgbImage};
use predicates::prelude::*;
use predicates::str::contains;

use crate::sandbox::Sandbox;

#[test]
fn selftest_passes_on_the_pattern_and_on_a_photograph() {
    let sandbox = Sandbox::new();
    sandbox.picture("photo.jpg", 129, 97);
    let run = sandbox.command("selftest photo.jpg").assert().success();
    let page = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert!(page.ends_with("selftest passed\n"), "{page}");
    for codec in Codec::ALL {
        assert!(page.contains(&format!("{codec} on the pattern (256x256)")), "{page}");
        assert!(page.contains(&format!("{codec} on photo.jpg (128x96)")), "{page}");
    }
    assert!(page.contains("quality 90: mean absolute error 0.0"), "{page}");
}

#[test]
fn selftest_takes_a_picture_of_one_colour() {
    let sandbox = Sandbox::new();
    sandbox.save("white.png", &DynamicImage::ImageRgb8(RgbImage::from_pixel(32, 32, Rgb([255; 3]))));
    sandbox.command("selftest white.png").assert().success();
}

#[test]
fn selftest_fails_on_what_is_no_picture() {
    let sandbox = Sandbox::new();
    sandbox.write("text.png", b"text");
    sandbox
        .command("selftest text.png missing.png")
        .assert()
        .code(1)
        .stdout(contains("text.png").and(contains("missing.png")).and(contains("selftest FAILED: 2 checks")));
}
