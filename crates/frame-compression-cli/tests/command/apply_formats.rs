//! `frame-compression apply`: what is in the files that it reads, and what is wrong with them.

use std::fs;

use crate::sandbox::{Sandbox, chunk, json, photograph, with_artifacts};
use frame_compression::Codec;
use frame_compression_cli::picture::Picture;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, RgbImage};
use predicates::prelude::*;
use predicates::str::contains;

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90).encode_image(picture).unwrap();
    file
}

#[test]
fn cut_jpegs_fail_and_are_named() {
    let sandbox = Sandbox::new();
    let whole = jpeg(&photograph(3, 160, 120));
    sandbox.write("in/half.jpg", &whole[..whole.len() / 2]);
    sandbox.write("in/start.jpg", &whole[..640]);
    sandbox.write("in/whole.jpg", &whole);
    for fallback in ["", "--fallback-original"] {
        let run = sandbox.command(&format!("apply in -o out --overwrite {fallback}")).assert().code(1);
        run.stderr(
            contains("half.jpg: cannot be decoded: the file ends early")
                .and(contains("start.jpg: cannot be decoded: the file ends early"))
                .and(contains("2 failed")),
        );
        assert_eq!(sandbox.files("out"), ["whole.png"]);
    }
    sandbox.command("selftest in/half.jpg").assert().code(1).stdout(contains("half.jpg"));
}

#[test]
fn a_jpeg_cut_anywhere_is_an_error() {
    let whole = jpeg(&photograph(5, 40, 24));
    assert!(Picture::decode(&whole).is_ok());
    // Without its last marker it is still whole.
    assert!(Picture::decode(&whole[..whole.len() - 2]).is_ok());
    for length in 3..whole.len() - 3 {
        assert!(Picture::decode(&whole[..length]).is_err(), "{length} bytes of {}", whole.len());
    }
}

#[test]
fn jpegs_of_other_kinds_are_refused_in_words() {
    let whole = jpeg(&photograph(5, 40, 24));
    let frame = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let changed = |at: usize, to: u8| {
        let mut file = whole.clone();
        file[at] = to;
        Picture::decode(&file).unwrap_err().to_string()
    };
    for (at, to, words) in [
        (frame + 4, 12, "JPEG with 12 bits a sample is not supported"),
        (frame + 1, 0xc9, "JPEG with arithmetic coding is not supported"),
        (frame + 1, 0xc3, "lossless or hierarchical JPEG is not supported"),
        (frame + 9, 2, "JPEG with 2 components is not supported"),
        (frame + 11, 0x51, "sampling factors"),
        (frame + 5, 0xff, "pixels: at most"),
    ] {
        assert!(changed(at, to).contains(words), "{}", changed(at, to));
    }
}

#[test]
fn pictures_of_other_formats_are_passed_over_and_counted() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("in/a.png", 16, 16);
    sandbox.write("in/b.gif", b"GIF89a\x01\0\x01\0\0\0\0;");
    sandbox.write("in/c.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    sandbox.write("in/d.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf");
    sandbox.write("in/e.jpe", &jpeg(&picture));
    sandbox.write("in/f", &fs::read(sandbox.path("in/a.png")).unwrap());
    sandbox.write("in/notes.txt", b"no picture");
    let run = sandbox.command("apply in -o out --json").assert().success();
    let run = run.stderr(
        contains("4 files were passed over: ")
            .and(contains("1 in AVIF format, 1 in GIF format, 1 in HEIC format, 1 no picture"))
            .and(contains("3 pictures written")),
    );
    let report = json(&run.get_output().stdout);
    let passed_over = report["passed_over"].as_array().unwrap();
    assert_eq!(passed_over.len(), 4);
    assert_eq!(passed_over[0]["input"], "in/b.gif");
    assert_eq!(passed_over[0]["reason"], "in GIF format");
    assert_eq!(sandbox.files("out"), ["a.png", "e.png", "f.png"]);
    sandbox
        .command("apply in/b.gif -o x.png")
        .assert()
        .code(1)
        .stderr(contains("is a picture in GIF format"));
    sandbox.command("apply in/*.gif -o x.png").assert().code(1).stderr(contains("passed over: 1 in GIF"));
}

const HEADER_END: usize = 33;
const END_LENGTH: usize = 12;

#[test]
fn colour_chunks_are_kept_or_the_loss_is_said() {
    let sandbox = Sandbox::new();
    sandbox.picture("plain.png", 32, 32);
    let chunks = [
        chunk(b"gAMA", &45455u32.to_be_bytes()),
        chunk(b"cHRM", &[7; 32]),
        chunk(b"cICP", &[9, 16, 0, 1]),
        chunk(b"sRGB", &[0]),
    ];
    let mut file = fs::read(sandbox.path("plain.png")).unwrap();
    file.splice(HEADER_END..HEADER_END, chunks.concat());
    sandbox.write("in.png", &file);
    let run = sandbox.command("apply in.png -o out.png").assert().success();
    run.stderr(contains("note").not());
    let written = fs::read(sandbox.path("out.png")).unwrap();
    for chunk in chunks {
        assert!(written.windows(chunk.len()).any(|window| window == chunk), "{:?}", &chunk[4..8]);
    }
    assert!(image::open(sandbox.path("out.png")).is_ok(), "a whole PNG");
    let run = sandbox.command("apply in.png -o out.webp --json").assert().success();
    let run = run.stderr(contains("note: in.png: WebP cannot hold its colour chunks gAMA, cHRM, cICP, sRGB"));
    assert!(json(&run.get_output().stdout)["files"][0]["note"].is_string());
}

fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif
}

#[test]
fn a_pngs_orientation_counts_wherever_it_stands() {
    let sandbox = Sandbox::new();
    let stored = sandbox.picture("stored.png", 48, 32);
    let upright = with_artifacts(&image::imageops::rotate90(&stored), Codec::H264, 29.0);
    let hex: String = exif(6).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!("\nexif\n      {}\n{hex}\n", exif(6).len());
    let file = fs::read(sandbox.path("stored.png")).unwrap();
    let end = file.len() - END_LENGTH;
    for (at, chunk) in [
        (HEADER_END, chunk(b"eXIf", &exif(6))),
        (end, chunk(b"eXIf", &exif(6))),
        (HEADER_END, chunk(b"tEXt", &[b"Raw profile type exif\0", text.as_bytes()].concat())),
        (end, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation=\"6\"/>")),
    ] {
        let mut file = file.clone();
        file.splice(at..at, chunk.clone());
        sandbox.write("in.png", &file);
        sandbox.command("apply in.png -o out.png --overwrite").assert().success();
        assert_eq!(
            sandbox.read("out.png").into_rgb8(),
            upright,
            "{} at {at}",
            String::from_utf8_lossy(&chunk[4..8])
        );
    }
}

/// A little-endian TIFF: the pixels, then one directory of `(tag, type, values)`.
fn tiff(pixels: &[u8], tags: &[(u16, u16, &[u32])]) -> Vec<u8> {
    let mut file = b"II*\0".to_vec();
    let mut pixels = pixels.to_owned();
    pixels.resize(pixels.len().next_multiple_of(2), 0);
    let mut far = Vec::new();
    let directory = 8 + pixels.len();
    let far_at = directory + 2 + tags.len() * 12 + 4;
    let mut entries = (tags.len() as u16).to_le_bytes().to_vec();
    for &(tag, kind, values) in tags {
        entries.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        entries.extend((values.len() as u32).to_le_bytes());
        let bytes: Vec<u8> = match kind {
            3 => values.iter().flat_map(|value| (*value as u16).to_le_bytes()).collect(),
            _ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        };
        if bytes.len() <= 4 {
            entries.extend(&bytes);
            entries.resize(entries.len().next_multiple_of(4) + 2, 0);
            entries.truncate(2 + entries.len() / 12 * 12);
        } else {
            entries.extend(((far_at + far.len()) as u32).to_le_bytes());
            far.extend(bytes);
        }
    }
    file.extend((directory as u32).to_le_bytes());
    file.extend(pixels);
    file.extend(entries);
    file.extend([0; 4]);
    file.extend(far);
    file
}

/// The tags of a 2x2 picture in one strip at byte 8.
fn tags<'a>(
    photometric: &'a [u32],
    bits: &'a [u32],
    bytes: &'a [u32],
    more: &[(u16, u16, &'a [u32])],
) -> Vec<(u16, u16, &'a [u32])> {
    let mut tags: Vec<(u16, u16, &[u32])> = vec![
        (256, 3, &[2]),
        (257, 3, &[2]),
        (258, 3, bits),
        (259, 3, &[1]),
        (262, 3, photometric),
        (273, 4, &[8]),
        (
            277,
            3,
            match bits.len() {
                1 => &[1],
                2 => &[2],
                3 => &[3],
                _ => &[4],
            },
        ),
        (279, 4, bytes),
    ];
    for &tag in more {
        tags.retain(|other| other.0 != tag.0);
        tags.push(tag);
    }
    tags.sort_by_key(|tag| tag.0);
    tags
}

#[test]
fn tiffs_are_read_as_their_tags_say() {
    let read = |pixels: &[u8], tags: &[(u16, u16, &[u32])]| Picture::decode(&tiff(pixels, tags)).unwrap();
    let grey = read(&[0, 1, 2, 255], &tags(&[1], &[8], &[4], &[]));
    assert_eq!(grey.rgb, [0, 0, 0, 1, 1, 1, 2, 2, 2, 255, 255, 255]);
    let white_is_zero = read(&[0, 1, 2, 255], &tags(&[0], &[8], &[4], &[]));
    assert_eq!(white_is_zero.rgb, [255, 255, 255, 254, 254, 254, 253, 253, 253, 0, 0, 0]);
    let two_bits = read(&[0b0001_0000, 0b1011_0000], &tags(&[1], &[2], &[2], &[]));
    assert_eq!(two_bits.rgb, [0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255]);
    let reversed = read(&[0b0000_1000, 0b0000_1101], &tags(&[1], &[2], &[2], &[(266, 3, &[2])]));
    assert_eq!(reversed.rgb, two_bits.rgb, "FillOrder 2");
    let deep = read(&[0, 0, 128, 0, 129, 0, 255, 255], &tags(&[1], &[16], &[8], &[]));
    assert_eq!((&deep.rgb[..], deep.deep), (&[0, 0, 0, 0, 0, 0, 1, 1, 1, 255, 255, 255][..], true));
    let turned = read(&[0, 1, 2, 255], &tags(&[1], &[8], &[4], &[(274, 3, &[2])]));
    assert_eq!(turned.rgb, [1, 1, 1, 0, 0, 0, 255, 255, 255, 2, 2, 2], "mirrored");
    let colours: Vec<u32> = (0..48).map(|at| at * 1000).collect();
    let palette = read(&[0x01, 0x2f], &tags(&[3], &[4], &[2], &[(320, 3, &colours)]));
    let colour = |at: u32| [at, 16 + at, 32 + at].map(|at| (at * 1000 / 256) as u8);
    let expected: Vec<u8> = [0, 1, 2, 15].into_iter().flat_map(colour).collect();
    assert_eq!(palette.rgb, expected[..6].iter().chain(&expected[6..]).copied().collect::<Vec<_>>());
    let with_alpha = [(338u16, 3u16, &[2u32][..])];
    let alpha = read(&[9, 255, 8, 128, 7, 0, 6, 1], &tags(&[1], &[8, 8], &[8], &with_alpha));
    assert_eq!(alpha.alpha.as_deref(), Some(&[255, 128, 0, 1][..]));
    assert_eq!(alpha.rgb, [9, 9, 9, 8, 8, 8, 7, 7, 7, 6, 6, 6]);
    let multiplied = read(&[9, 255, 8, 128, 7, 0, 6, 12], &tags(&[1], &[8, 8], &[8], &[(338, 3, &[1])]));
    assert_eq!(multiplied.rgb, [9, 9, 9, 15, 15, 15, 0, 0, 0, 127, 127, 127], "divided by alpha");
}

#[test]
fn tiffs_that_are_not_supported_are_refused_in_words() {
    let refused =
        |tags: &[(u16, u16, &[u32])]| Picture::decode(&tiff(&[0; 64], tags)).unwrap_err().to_string();
    for (photometric, bits, tag, words) in [
        (1, 32, (339, 3, 3), "floating-point samples of 32 bits"),
        (1, 16, (339, 3, 2), "signed samples of 16 bits"),
        (1, 32, (339, 3, 1), "samples of 32 bits"),
        (1, 12, (339, 3, 1), "samples of 12 bits"),
        (1, 8, (259, 3, 50000), "Zstandard compression"),
        (1, 8, (259, 3, 34887), "LERC compression"),
        (1, 8, (259, 3, 3), "CCITT Group 3 compression"),
        (1, 8, (259, 3, 6), "old-style JPEG compression"),
        (8, 8, (277, 3, 3), "L*a*b*"),
        (6, 8, (277, 3, 3), "YCbCr samples outside of JPEG"),
        (1, 8, (259, 3, 77), "compression 77"),
    ] {
        let (photometric, bits, value) = ([photometric], [bits], [tag.2]);
        let error = refused(&tags(&photometric, &bits, &[16], &[(tag.0, tag.1, &value)]));
        assert!(error.contains(words) && error.ends_with("is not supported"), "{error}");
    }
    let cut = tiff(&[1, 2, 3, 4], &tags(&[1], &[8], &[4], &[]));
    let mut short = tiff(&[1, 2, 3], &tags(&[1], &[8], &[3], &[]));
    assert!(Picture::decode(&short).unwrap_err().to_string().contains("ends early"));
    short.truncate(10);
    assert!(Picture::decode(&short).is_err() && Picture::decode(&cut).is_ok());
}

#[test]
fn a_jpeg_with_a_wrong_name_is_read_by_its_content() {
    let sandbox = Sandbox::new();
    sandbox.write("in/photo.png", &jpeg(&photograph(2, 32, 32)));
    sandbox.save("in/grey.tif", &DynamicImage::from(photograph(2, 32, 32)).into_luma8().into());
    sandbox.command("apply in -o out").assert().success().stderr(contains("2 pictures written"));
}

/// Every kind of file that is read here, small.
fn samples_of_all_kinds() -> Vec<Vec<u8>> {
    let picture = photograph(4, 40, 24);
    let mut all = vec![jpeg(&picture)];
    for format in
        [image::ImageFormat::Png, image::ImageFormat::WebP, image::ImageFormat::Tiff, image::ImageFormat::Bmp]
    {
        let mut file = std::io::Cursor::new(Vec::new());
        DynamicImage::from(picture.clone()).write_to(&mut file, format).unwrap();
        all.push(file.into_inner());
    }
    let bits = [8u32, 8, 8];
    all.push(tiff(&[7; 12], &tags(&[2], &bits, &[12], &[(317, 3, &[2]), (259, 3, &[32773])])));
    all.push(tiff(&[7; 12], &tags(&[3], &[4], &[2], &[(320, 3, &[9; 48])])));
    all
}

#[test]
fn damaged_files_are_errors_and_no_panics() {
    let mut rng = test_pictures::Rng::new(5);
    for whole in samples_of_all_kinds() {
        for round in 0..1500 {
            let mut file = whole.clone();
            let reach = if round % 2 == 0 { file.len() } else { file.len().min(200) };
            for _ in 0..1 + rng.below(6) {
                let at = rng.below(reach);
                file[at] = if rng.below(3) == 0 { 0xff } else { rng.byte() };
            }
            if let Err(error) = Picture::decode(&file) {
                let error = error.to_string();
                assert!(!error.contains("panicked"), "{error}");
            }
        }
    }
}
