//! `frame-compression apply`: what is in the pictures it writes, and the figures it prints.

use std::fs;

use crate::sandbox::{Sandbox, coded, content, json, photograph, with_artifacts};
use frame_compression::{Codec, FrameCompressor, Quality, Settings, Subsampling};
use frame_compression::{H265Preset, X265Version};
use image::codecs::jpeg::JpegEncoder;
use image::{
    DynamicImage, GenericImageView as _, GrayAlphaImage, ImageBuffer, LumaA, Rgb, RgbImage, Rgba, RgbaImage,
};
use predicates::prelude::*;
use predicates::str::contains;

#[test]
fn every_format_is_read_and_written_without_loss() {
    let sandbox = Sandbox::new();
    for input in ["png", "jpg", "webp", "tif", "bmp"] {
        let name = format!("in.{input}");
        sandbox.picture(&name, 64, 48);
        let expected = with_artifacts(&sandbox.read(&name).into_rgb8(), Codec::H264, 35.0);
        for output in ["png", "webp", "tiff", "tif"] {
            let line = format!("apply {name} -o {input}.{output} --crf 35");
            sandbox.command(&line).assert().success();
            let written = sandbox.read(&format!("{input}.{output}"));
            assert_eq!(written.color(), image::ColorType::Rgb8);
            assert_eq!(written.into_rgb8(), expected, "{line}");
        }
    }
}

#[test]
fn settings_reach_the_codec() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("in.png", 64, 48);
    let quality = |quality: f32| FrameCompressor::new(Codec::H264).quality(quality).unwrap();
    let crf = |crf: f32| FrameCompressor::new(Codec::H264).crf(crf).unwrap();
    for (options, compressor) in [
        ("", FrameCompressor::new(Codec::H264)),
        ("--quality 10", quality(10.0)),
        ("-q 100", quality(100.0)),
        ("--crf 51", crf(51.0)),
        ("--crf 33.25 --codec avc", crf(33.25)),
        ("--backend native", FrameCompressor::new(Codec::H264)),
    ] {
        sandbox.command(&format!("apply in.png -o out.png --overwrite {options}")).assert().success();
        assert_eq!(sandbox.read("out.png").into_rgb8(), coded(&picture, compressor), "{options}");
    }
}

/// Runs with options that stand for these settings of the library, or for those that it refuses.
fn assert_as_the_library(options: &str, settings: &str) {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("in.png", 64, 48);
    let run = sandbox.command(&format!("apply in.png -o out.png {options}")).assert();
    match settings.parse::<Settings>() {
        Ok(settings) => {
            run.success();
            let expected = coded(&picture, FrameCompressor::new(settings));
            assert_eq!(sandbox.read("out.png").into_rgb8(), expected, "{options}");
        }
        Err(error) => {
            run.code(2).stderr(contains(error.to_string()));
            assert_eq!(sandbox.files("."), ["in.png"]);
        }
    }
}

#[test]
fn every_codec_gives_the_librarys_picture_or_error() {
    for name in Codec::ALL.map(Codec::name) {
        assert_as_the_library(&format!("--codec {name}"), name);
        assert_as_the_library(&format!("--codec {name} -q 25"), &format!("{name}:quality=25"));
        assert_as_the_library(&format!("--codec {name} --crf 40"), &format!("{name}:crf=40"));
        for subsampling in Subsampling::ALL.map(Subsampling::name) {
            assert_as_the_library(
                &format!("--codec {name} --subsampling {subsampling}"),
                &format!("{name}:subsampling={subsampling}"),
            );
        }
        for preset in H265Preset::ALL {
            assert_as_the_library(
                &format!("--codec {name} --preset {preset}"),
                &format!("{name}:preset={preset}"),
            );
        }
        for version in X265Version::ALL {
            assert_as_the_library(
                &format!("--codec {name} --crf 45 --x265-version {version}"),
                &format!("{name}:crf=45:release={version}"),
            );
        }
    }
}

#[cfg(not(target_vendor = "apple"))]
#[test]
fn a_backend_that_is_not_here_is_refused_before_the_work() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("in.png", 32, 32);
    let command = "apply in.png -o out.png --backend videotoolbox";
    sandbox.command(command).assert().code(2).stderr(contains("Apple"));
    assert_eq!(sandbox.files("."), ["in.png"]);
    let run = sandbox.command(&format!("{command} --fallback-original --json")).assert().success();
    run.stderr(contains("warning").and(contains("in.png")).and(contains("Apple")));
    assert_eq!(sandbox.read("out.png").into_rgb8(), picture);
}

#[test]
fn alpha_is_kept() {
    let sandbox = Sandbox::new();
    let rgb = photograph(9, 64, 48);
    let alpha = |x: u32, y: u32| (x * 5 + y * 11) as u8;
    let rgba = RgbaImage::from_fn(64, 48, |x, y| {
        let Rgb([r, g, b]) = *rgb.get_pixel(x, y);
        Rgba([r, g, b, alpha(x, y)])
    });
    let grey = GrayAlphaImage::from_fn(64, 48, |x, y| LumaA([rgb.get_pixel(x, y)[1], alpha(x, y)]));
    sandbox.save("colour.png", &rgba.clone().into());
    sandbox.save("colour.tiff", &rgba.clone().into());
    sandbox.save("colour.webp", &rgba.into());
    sandbox.save("grey.png", &grey.into());
    for input in ["colour.png", "colour.tiff", "colour.webp", "grey.png"] {
        let expected = with_artifacts(&sandbox.read(input).into_rgb8(), Codec::H264, 29.0);
        for output in ["out.png", "out.webp", "out.tiff"] {
            sandbox.command(&format!("apply {input} -o {output} --overwrite")).assert().success();
            let written = sandbox.read(output);
            assert_eq!(written.color(), image::ColorType::Rgba8);
            for (x, y, pixel) in written.pixels() {
                let Rgb([r, g, b]) = *expected.get_pixel(x, y);
                assert_eq!(pixel, Rgba([r, g, b, alpha(x, y)]), "{input} {output} at {x}, {y}");
            }
        }
    }
}

#[test]
fn sixteen_bits_are_coded_as_eight_and_that_is_said() {
    let sandbox = Sandbox::new();
    let deep = ImageBuffer::from_fn(64, 48, |x, y| {
        Rgb([(x * 1009) as u16, (y * 1301) as u16, ((x + y) * 577) as u16])
    });
    let deep = DynamicImage::ImageRgb16(deep);
    sandbox.save("deep.png", &deep);
    let expected = with_artifacts(&deep.to_rgb8(), Codec::H264, 29.0);
    let run = sandbox.command("apply deep.png -o out.png --json").assert().success();
    let run = run.stderr(contains("deep.png has more than 8 bits a sample and was coded as 8 bit"));
    assert_eq!(json(&run.get_output().stdout)["files"][0]["coded_as_8_bit"], true);
    assert_eq!(sandbox.read("out.png"), DynamicImage::ImageRgb8(expected));
    sandbox.save("deep.tiff", &deep);
    sandbox.command("apply deep.png deep.tiff -o out").assert().code(2);
    fs::rename(sandbox.path("deep.tiff"), sandbox.path("deeper.tiff")).unwrap();
    sandbox
        .command("apply deep.png deeper.tiff -o out")
        .assert()
        .success()
        .stderr(contains("note: 2 pictures have more than 8 bits"));
}

#[test]
fn grey_and_indexed_pictures_become_rgb() {
    let sandbox = Sandbox::new();
    let grey = DynamicImage::from(photograph(0, 64, 48)).into_luma8();
    sandbox.save("grey.png", &grey.clone().into());
    sandbox.save("grey.jpg", &grey.into());
    for name in ["grey.png", "grey.jpg"] {
        sandbox.command(&format!("apply {name} -o out.png --overwrite")).assert().success();
        let expected = with_artifacts(&sandbox.read(name).into_rgb8(), Codec::H264, 29.0);
        assert_eq!(sandbox.read("out.png"), DynamicImage::ImageRgb8(expected));
    }
}

/// A JPEG with an orientation tag: APP1 (Exif 2.3, 4.5.2) right after the start of image.
fn jpeg_with_orientation(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(picture).unwrap();
    let mut segment = b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0".to_vec();
    segment.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(segment.len(), 2 + 0x22);
    jpeg.splice(2..2, segment);
    jpeg
}

#[test]
fn orientation_is_applied_before_the_codec() {
    let sandbox = Sandbox::new();
    let stored = photograph(40, 64, 48);
    sandbox.write("stored.jpg", &jpeg_with_orientation(&stored, 1));
    let decoded = sandbox.read("stored.jpg").into_rgb8();
    for orientation in 1..=8 {
        sandbox.write("photo.jpg", &jpeg_with_orientation(&stored, orientation));
        // TIFF 6.0 page 36: where row 0 and column 0 of what is stored lie.
        let (width, height) = if orientation < 5 { (64, 48) } else { (48, 64) };
        let upright = RgbImage::from_fn(width, height, |x, y| {
            let (right, bottom) = (width - 1 - x, height - 1 - y);
            let (x, y) = match orientation {
                1 => (x, y),
                2 => (right, y),
                3 => (right, bottom),
                4 => (x, bottom),
                5 => (y, x),
                6 => (y, right),
                7 => (bottom, right),
                _ => (bottom, x),
            };
            *decoded.get_pixel(x, y)
        });
        sandbox.command("apply photo.jpg -o out.png --overwrite").assert().success();
        let expected = with_artifacts(&upright, Codec::H264, 29.0);
        assert_eq!(sandbox.read("out.png").into_rgb8(), expected, "orientation {orientation}");
    }
}

#[test]
fn odd_sizes_are_an_error_that_names_the_way_out() {
    let sandbox = Sandbox::new();
    sandbox.picture("odd.png", 33, 32);
    sandbox
        .command("apply odd.png -o out.png")
        .assert()
        .code(1)
        .stderr(contains("33x32").and(contains("--odd crop")).and(contains("--odd pad")));
    sandbox.command("apply odd.png -o out.png --odd error").assert().code(1);
    sandbox.command("apply odd.png -o out.png --odd round").assert().code(2).stderr(contains("crop"));
    assert_eq!(sandbox.files("."), ["odd.png"]);
}

#[test]
fn odd_sizes_can_be_cropped_or_padded() {
    let sandbox = Sandbox::new();
    for (width, height) in [(33, 32), (32, 33), (35, 37), (64, 48)] {
        let rgb = photograph(5, width, height);
        let rgba = RgbaImage::from_fn(width, height, |x, y| {
            let Rgb([r, g, b]) = *rgb.get_pixel(x, y);
            Rgba([r, g, b, (x * 7 + y) as u8])
        });
        sandbox.save("in.png", &rgba.into());
        let assert_written = |odd: &str, expected: &RgbImage| {
            let line = format!("apply in.png -o out.png --overwrite --metrics --json --odd {odd}");
            let run = sandbox.command(&line).assert().success();
            let written = sandbox.read("out.png").into_rgba8();
            assert_eq!(written.dimensions(), expected.dimensions());
            for (x, y, pixel) in written.enumerate_pixels() {
                let Rgb([r, g, b]) = *expected.get_pixel(x, y);
                assert_eq!(*pixel, Rgba([r, g, b, (x * 7 + y) as u8]), "{odd} {width}x{height} at {x}, {y}");
            }
            let size = &json(&run.get_output().stdout)["files"][0]["size"];
            assert_eq!(*size, serde_json::json!([expected.width(), expected.height()]));
        };
        let cropped = rgb.view(0, 0, width & !1, height & !1).to_image();
        assert_written("crop", &with_artifacts(&cropped, Codec::H264, 29.0));
        let padded = RgbImage::from_fn(width.next_multiple_of(2), height.next_multiple_of(2), |x, y| {
            *rgb.get_pixel(x.min(width - 1), y.min(height - 1))
        });
        let padded = with_artifacts(&padded, Codec::H264, 29.0);
        assert_written("pad", &padded.view(0, 0, width, height).to_image());
    }
}

#[test]
fn a_side_of_one_can_be_padded_but_not_cropped() {
    let sandbox = Sandbox::new();
    sandbox.picture("thin.png", 1, 20);
    sandbox.command("apply thin.png -o out.png --odd crop").assert().code(1).stderr(contains("--odd pad"));
    sandbox.command("apply thin.png -o out.png --odd pad").assert().success();
    assert_eq!(sandbox.read("out.png").dimensions(), (1, 20));
}

#[test]
fn a_picture_below_the_codecs_least_size_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.picture("small.png", 14, 64);
    let line = "apply small.png -o out.png --codec h265";
    sandbox.command(line).assert().code(1).stderr(contains("14x64").and(contains("at least 16")));
    sandbox.picture("odd.png", 15, 17);
    sandbox
        .command("apply odd.png -o cropped.png --codec h265 --odd crop")
        .assert()
        .code(1)
        .stderr(contains("16"));
    sandbox.command("apply odd.png -o padded.png --codec h265 --odd pad").assert().success();
    assert_eq!(sandbox.files("."), ["odd.png", "padded.png", "small.png"]);
}

#[test]
fn the_original_is_written_where_the_codec_refuses() {
    let sandbox = Sandbox::new();
    let odd = sandbox.picture("in/odd.jpg", 33, 31);
    drop(odd);
    let odd = sandbox.read("in/odd.jpg").into_rgb8();
    sandbox.picture("in/even.png", 32, 32);
    sandbox.write("in/broken.png", b"");
    let run = sandbox.command("apply in -o out --fallback-original --metrics --json").assert().code(1);
    let run = run.stderr(
        contains("warning: written as it was: in")
            .and(contains("odd.jpg"))
            .and(contains("1 written without artifacts"))
            .and(contains("1 failed")),
    );
    let report = json(&run.get_output().stdout);
    assert_eq!(
        (&report["written"], &report["original"], &report["failed"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(sandbox.read("out/odd.png").into_rgb8(), odd);
    assert!(!sandbox.path("out/broken.png").exists(), "there is no original of what cannot be read");
    sandbox.command("apply in/odd.jpg -o alone --fallback-original").assert().success();
}

#[test]
fn colour_profiles_go_along() {
    let sandbox = Sandbox::new();
    let picture = photograph(3, 64, 48);
    for (space, kept) in [(b"RGB ", true), (b"CMYK", false), (b"GRAY", false)] {
        let mut profile = vec![7; 200];
        profile[16..20].copy_from_slice(space);
        let mut png = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
        image::ImageEncoder::set_icc_profile(&mut encoder, profile.clone()).unwrap();
        picture.write_with_encoder(encoder).unwrap();
        sandbox.write("in.png", &png);
        for output in ["out.png", "out.webp", "out.tiff"] {
            sandbox.command(&format!("apply in.png -o {output} --overwrite")).assert().success();
            let reader = image::ImageReader::open(sandbox.path(output)).unwrap();
            let found = image::ImageDecoder::icc_profile(&mut reader.into_decoder().unwrap()).unwrap();
            assert_eq!(found, kept.then(|| profile.clone()), "{output}");
        }
    }
}

#[test]
fn metrics_are_those_of_the_two_files() {
    let sandbox = Sandbox::new();
    let picture = content("grain", 64, 48);
    sandbox.save("in.png", &picture.clone().into());
    let run = sandbox.command("apply in.png -o out.png --metrics --json --crf 45").assert().success();
    let report = json(&run.get_output().stdout);
    let written = sandbox.read("out.png").into_rgb8();
    let differences: Vec<f64> =
        picture.as_raw().iter().zip(written.as_raw()).map(|(a, b)| f64::from(*a) - f64::from(*b)).collect();
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / differences.len() as f64;
    let squared = mean(&mut differences.iter().map(|difference| difference * difference));
    let absolute = mean(&mut differences.iter().map(|difference| difference.abs()));
    let metrics = &report["files"][0]["metrics"];
    let near = |name: &str, expected: f64| {
        let given = metrics[name].as_f64().unwrap();
        assert!((given - expected).abs() < 1e-9, "{name} {given} is not {expected}");
    };
    near("psnr_db", 20.0 * 255f64.log10() - 10.0 * squared.log10());
    near("mean_absolute_error", absolute);
    assert!((0.0..1.0).contains(&metrics["ssim"].as_f64().unwrap()));
    assert_eq!((&report["codec"], &report["crf"]), (&"h264".into(), &45.0.into()));
    assert_eq!(
        (report["files"][0]["input"].as_str(), &report["files"][0]["status"]),
        (Some("in.png"), &"written".into())
    );
}

#[test]
fn metrics_come_as_a_table_with_a_mean() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/a.png", 32, 32);
    sandbox.picture("in/b.png", 8, 6);
    let run = sandbox.command("apply in -o out --metrics").assert().success();
    let table = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert_eq!(lines[0], ["picture", "size", "PSNR", "dB", "SSIM", "MAE"]);
    assert_eq!(lines[1][1], "32x32");
    assert_eq!((lines[2][1], lines[2][3]), ("8x6", "-"), "a window of 11 pixels has no place in it");
    assert_eq!(lines[3][0], "mean");
    let alone = sandbox.command("apply in/a.png -o alone --metrics").assert().success();
    assert_eq!(String::from_utf8_lossy(&alone.get_output().stdout).lines().count(), 2);
}

#[test]
fn equal_pictures_have_no_psnr() {
    let sandbox = Sandbox::new();
    sandbox.picture("odd.png", 33, 31);
    let line = "apply odd.png -o out.png --overwrite --fallback-original --metrics";
    sandbox.command(line).assert().success().stdout(contains("equal").and(contains("1.0000")));
    let run = sandbox.command(&format!("{line} --json")).assert().success();
    let metrics = &json(&run.get_output().stdout)["files"][0]["metrics"];
    assert_eq!(
        (&metrics["psnr_db"], &metrics["mean_absolute_error"]),
        (&serde_json::Value::Null, &0.0.into())
    );
}

#[test]
fn wrong_settings_are_usage_errors() {
    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    for (options, words) in [
        ("--quality 101", "from 0 to 100"),
        ("--quality -5", "from 0 to 100"),
        ("--quality high", "number"),
        ("--crf 52", "from 0 to 51"),
        ("--crf NaN", "from 0 to 51"),
        ("--crf 20 --quality 50", "cannot be used with"),
        ("--codec mpeg1", "h264"),
        ("--codec jpeg --subsampling 311", "422"),
        ("--subsampling 444", "H.264 has no setting subsampling"),
        ("--backend cuda", "native"),
        ("--codec h265 --preset worst", "veryfast"),
        ("--codec h265 --x265-version 2", "3.5"),
        ("--codec jpeg --preset medium", "JPEG has no setting preset"),
        ("--codec h265:preset=none", "veryfast"),
        ("--format jpeg", "webp"),
    ] {
        sandbox.command(&format!("apply a.png -o out {options}")).assert().code(2).stderr(contains(words));
    }
    sandbox.command("apply a.png").assert().code(2).stderr(contains("--output"));
    sandbox.command("apply -o out").assert().code(2).stderr(contains("INPUT"));
    assert_eq!(sandbox.files("."), ["a.png"]);
    assert_eq!(Quality::DEFAULT.get(), 43.0, "as the help says");
}
