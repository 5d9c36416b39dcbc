//! `frame-compression apply --recipe`: what is drawn for each picture, and that it is done.

use std::fs;

use crate::sandbox::{Sandbox, coded, json};
use frame_compression::{FrameCompressor, Settings};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

fn drawn(report: &Value) -> Vec<(String, Vec<Option<String>>)> {
    let files = report["files"].as_array().unwrap().iter();
    let one = |file: &Value| {
        let steps = file["drawn"].as_array().unwrap().iter();
        let input = file["input"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        (input, steps.map(|step| step.as_str().map(str::to_owned)).collect())
    };
    let mut all: Vec<_> = files.map(one).collect();
    all.sort();
    all
}

#[test]
fn each_picture_gets_what_is_drawn_for_it() {
    let sandbox = Sandbox::new();
    let pictures: Vec<_> = (0..12)
        .map(|number| {
            let name = format!("{number}.png");
            let picture = sandbox.picture(&format!("in/{name}"), 48, 32);
            (name, picture)
        })
        .collect();
    let run = sandbox.command("apply in -o out --recipe apisr --seed 3 --json").assert().success();
    let report = json(&run.get_output().stdout);
    assert_eq!((report["recipe"].as_str(), report["seed"].as_u64()), (Some("apisr"), Some(3)));
    assert!(report.get("codec").is_none());
    let all = drawn(&report);
    for (name, steps) in &all {
        let (_, picture) = pictures.iter().find(|(other, _)| other == name).unwrap();
        let expected = steps.iter().flatten().fold(picture.clone(), |picture, text| {
            coded(&picture, FrameCompressor::new(text.parse::<Settings>().unwrap()))
        });
        assert_eq!(sandbox.read(&format!("out/{name}")).into_rgb8(), expected, "{name}: {steps:?}");
    }
    assert!(all.iter().any(|(_, steps)| steps != &all[0].1));
}

#[test]
fn a_draw_depends_on_the_seed_and_the_place_alone() {
    let sandbox = Sandbox::new();
    for name in ["in/a.png", "in/b.png", "in/sub/a.png", "moved/a.png"] {
        sandbox.picture(name, 16, 16);
    }
    let draws = |arguments: &str| {
        let run = sandbox
            .command(&format!("apply {arguments} --recipe real_esrgan --overwrite --json"))
            .assert()
            .success();
        drawn(&json(&run.get_output().stdout))
    };
    let all = draws("in -o out --jobs 1");
    assert_eq!(all, draws("in -o out --jobs 3"));
    assert_eq!(draws("moved -o other"), draws("in/a.png -o other"));
    assert!(all.contains(&draws("in/a.png -o other")[0]));
    assert_ne!(all[0].1, all[1].1, "in/a.png and in/sub/a.png");
    assert_ne!(all, draws("in -o out --seed 1"));
}

#[test]
fn what_was_drawn_is_said() {
    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    let said = contains("drawn: a.png: jpeg:quality=").and(contains("(recipe videoseal, seed 5)"));
    sandbox.command("apply a.png -o out.png --recipe videoseal --seed 5").assert().success().stderr(said);
    let nothing = (0..20).any(|seed| {
        let line = format!("apply a.png -o out.png --overwrite --recipe cnn_detection --seed {seed}");
        let run = sandbox.command(&line).assert().success();
        String::from_utf8_lossy(&run.get_output().stderr).contains("drawn: a.png: nothing")
    });
    assert!(nothing, "one of two is left as it is");
}

#[test]
fn given_settings_take_the_place_of_drawn_ones() {
    let sandbox = Sandbox::new();
    for number in 0..30 {
        sandbox.picture(&format!("in/{number}.png"), 16, 16);
    }
    let run = sandbox
        .command("apply in -o out --recipe apisr --colours ffmpeg-7 --release 3.5 --json")
        .assert()
        .success();
    let report = json(&run.get_output().stdout);
    assert_eq!(report["fixed"]["release"], "3.5");
    let seconds: Vec<_> = drawn(&report).into_iter().filter_map(|(_, steps)| steps[1].clone()).collect();
    for text in &seconds {
        let settings: Settings = text.parse().unwrap();
        assert!(settings.get("colours").is_none_or(|colours| colours == "ffmpeg-7"), "{text}");
        assert!(settings.get("release").is_none_or(|release| release == "3.5"), "{text}");
    }
    assert!(seconds.iter().any(|text| text.contains("ffmpeg-7")));
}

#[test]
fn recipes_that_cannot_be_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    for (arguments, said) in [
        ("--recipe none", "apisr, wtp"),
        ("--recipe apisr --codec jpeg", "cannot be used with"),
        ("--seed 3", "--recipe"),
        ("--recipe apisr --seed x", "invalid"),
        ("--recipe videoseal --preset slow", "preset"),
        ("--recipe apisr --preset none", "none"),
    ] {
        sandbox
            .command(&format!("apply a.png -o out.png {arguments}"))
            .assert()
            .code(2)
            .stderr(contains(said));
    }
    assert!(!sandbox.path("out.png").exists());
}

#[test]
fn a_fallback_undoes_every_step() {
    let sandbox = Sandbox::new();
    // H.264 and H.265 refuse it, behind JPEG or WebP, which have changed it.
    for number in 0..20 {
        sandbox.picture(&format!("in/{number}.png"), 17, 17);
    }
    let run = sandbox.command("apply in -o out --recipe apisr --fallback-original --json").assert().success();
    let report = json(&run.get_output().stdout);
    let refused: Vec<_> =
        report["files"].as_array().unwrap().iter().filter(|file| file["status"] == "original").collect();
    assert!(!refused.is_empty() && refused.len() < 20);
    for file in refused {
        let input = file["input"].as_str().unwrap();
        let output = input.replacen("in", "out", 1);
        assert!(fs::metadata(sandbox.path(&output)).is_ok());
        assert_eq!(sandbox.read(&output), sandbox.read(input));
    }
}
