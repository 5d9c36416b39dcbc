//! `frame-compression report`. What the page does in a browser is tested by `web/tests/report.mjs`.

use std::fs;

use crate::sandbox::{Sandbox, coded, json};
use frame_compression::{Codec, FrameCompressor, Settings};
use frame_compression_cli::picture::Picture;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

/// The numbers and pictures in a page.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    json(rest.split_once("</script>").unwrap().0.as_bytes())
}

fn pixels(base64: &Value) -> Vec<u8> {
    use base64::Engine as _;
    let file = base64::engine::general_purpose::STANDARD.decode(base64.as_str().unwrap()).unwrap();
    Picture::decode(&file).unwrap().rgb
}

#[test]
fn the_page_holds_pictures_figures_and_points() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("in/a.png", 64, 48);
    sandbox.picture("in/b <i>.png", 48, 64);
    let line = "report in -o page.html --quality 20,60 --sweep 10..90:40 --json";
    let run = sandbox.command(line).assert().success().stderr(contains("page.html: 2 pictures"));
    let page = fs::read_to_string(sandbox.path("page.html")).unwrap();
    for outside in ["https:", "http:", "src=\"", "<link", "@import", "url("] {
        assert!(!page.contains(outside), "the page needs nothing else: {outside}");
    }
    let data = data(&page);
    let codecs = Codec::ALL.len();
    let first = &data["pictures"][0];
    assert_eq!((&first["name"], &first["width"]), (&"a.png".into(), &64.into()));
    assert_eq!(pixels(&first["original"]), *picture.as_raw());
    assert_eq!(first["results"].as_array().unwrap().len(), 2 * codecs);
    assert_eq!(first["sweep"].as_array().unwrap().len(), 3 * codecs);
    for (result, codec) in first["results"].as_array().unwrap().iter().step_by(2).zip(Codec::ALL) {
        assert_eq!(result["codec"], codec.name());
        let compressor = FrameCompressor::new(codec).quality(20.0).unwrap();
        assert_eq!(pixels(&result["image"]), *coded(&picture, compressor).as_raw(), "{codec}");
    }
    let printed = json(&run.get_output().stdout);
    assert_eq!(printed["pictures"][0]["sweep"], first["sweep"], "the same numbers");
    assert!(printed["pictures"][0]["results"][0]["image"].is_null(), "without the pictures");
}

#[test]
fn settings_can_be_given_and_large_pictures_show_a_piece() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("large.png", 200, 120);
    let line =
        "report large.png -o page.html --codec jpeg,h265:crf=40:preset=medium --quality 50 --sweep none";
    sandbox.command(&format!("{line} --crop 64x48")).assert().success();
    let data = data(&fs::read_to_string(sandbox.path("page.html")).unwrap());
    let subject = &data["pictures"][0];
    let labels: Vec<&str> = subject["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["JPEG, quality 50", "H.265, CRF 40, preset medium"]);
    let number = |name: &str| subject["piece"][name].as_u64().unwrap() as usize;
    let (x, y, width, height) = (number("x"), number("y"), number("width"), number("height"));
    assert_eq!((width, height), (64, 48));
    let settings: Settings = "h265:crf=40:preset=medium".parse().unwrap();
    let whole = coded(&picture, FrameCompressor::new(settings));
    let piece = image::imageops::crop_imm(&whole, x as u32, y as u32, 64, 48).to_image();
    assert_eq!(pixels(&subject["results"][1]["image"]), *piece.as_raw(), "cut from the whole");
    assert!(subject["sweep"].as_array().unwrap().is_empty());
}

#[test]
fn what_cannot_be_shown_is_named() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/a.png", 33, 31);
    sandbox.write("in/broken.png", b"\x89PNG\r\n\x1a\nno");
    let run = sandbox.command("report in -o page.html --quality 50 --sweep none").assert().code(1);
    run.stderr(contains("broken.png: cannot be decoded").and(contains("page.html: 1 picture,")));
    let page = fs::read_to_string(sandbox.path("page.html")).unwrap();
    assert!(data(&page)["failures"][0].as_str().unwrap().contains("broken.png"));
    sandbox.command("report in/a.png -o page.html").assert().code(2).stderr(contains("--overwrite"));
    let line = "report in/a.png -o page.html --overwrite --quality 50 --sweep none --limit 0";
    sandbox.command(line).assert().code(1).stderr(contains("a.png: left out").and(contains("--limit")));
    for (options, words) in [
        ("--quality 101", "from 0 to 100"),
        ("--sweep 9..1", "10..90:20"),
        ("--crop 0x5", "640x480"),
        ("--codec mpeg9", "h265"),
        ("--codec h265:preset=none", "medium"),
    ] {
        let run = sandbox.command(&format!("report in/a.png -o other.html {options}")).assert().code(2);
        run.stderr(contains(words));
    }
    assert!(!sandbox.path("other.html").exists());
}
