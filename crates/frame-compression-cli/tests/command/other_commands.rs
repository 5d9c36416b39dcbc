//! `info`, `completions`, `man`, and the help.

use crate::sandbox::{Sandbox, size_of};
use frame_compression::recipes::Recipe;
use frame_compression::{Codec, Settings};
use predicates::prelude::*;
use predicates::str::contains;

#[test]
fn info_names_version_codecs_and_the_table() {
    let sandbox = Sandbox::new();
    let run = sandbox.command("info").assert().success().stderr("");
    let page = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert!(page.starts_with(concat!("frame-compression ", env!("CARGO_PKG_VERSION"), "\n")), "{page}");
    for codec in Codec::ALL {
        let line =
            page.lines().find(|line| line.trim_start().starts_with(&format!("{} ", codec.name()))).unwrap();
        assert!(line.contains("bit for bit"), "{line}");
    }
    assert!(page.contains(frame_compression::simd_level()));
    assert!(page.lines().any(|line| line.contains("29  43-44")), "{page}");
}

#[test]
fn recipes_are_shown() {
    let sandbox = Sandbox::new();
    let all = sandbox.command("recipes").assert().success().stderr("");
    let page = String::from_utf8(all.get_output().stdout.clone()).unwrap();
    for recipe in Recipe::ALL {
        sandbox.command("info").assert().stdout(contains(recipe.name));
        let one = sandbox.command(&format!("recipes {}", recipe.name)).assert().success();
        let one = String::from_utf8(one.get_output().stdout.clone()).unwrap();
        assert!(page.contains(&one) && one.contains(recipe.source), "{one}");
        assert!(recipe.not_covered.iter().all(|what| one.contains(what)), "{one}");
    }
    sandbox.command("recipes none").assert().code(2).stderr(contains("apisr"));
}

#[test]
fn every_page_of_help_is_there() {
    let sandbox = Sandbox::new();
    sandbox.command("").assert().code(2).stderr(contains("Usage").and(contains("Examples")));
    sandbox.command("--help").assert().success().stdout(contains("apply photo.jpg -o degraded.png"));
    sandbox.command("--version").assert().success().stdout(contains(env!("CARGO_PKG_VERSION")));
    for flag in
        ["--codec", "--quality", "--crf", "--odd", "--jobs", "--metrics", "--json", "--fallback-original"]
    {
        sandbox.command("apply --help").assert().success().stdout(contains(flag));
    }
    // Every setting of the library is an option.
    for setting in Codec::ALL.into_iter().flat_map(|codec| Settings::from(codec).table()) {
        let option = format!("--{}", setting.name.replace('_', "-"));
        sandbox.command("apply --help").assert().stdout(contains(option.clone()));
        sandbox.command("info").assert().stdout(contains(option).and(contains(setting.help)));
    }
    sandbox.command("help selftest").assert().success().stdout(contains("IMAGE"));
    sandbox.command("paint").assert().code(2).stderr(contains("paint"));
}

#[test]
fn every_shell_has_completions() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = sandbox.command(&format!("completions {shell}")).assert().success();
        run.stdout(contains("fallback-original").and(contains("selftest")));
    }
    sandbox.command("completions tcl").assert().code(2);
}

#[test]
fn manual_pages_are_printed_and_written() {
    let sandbox = Sandbox::new();
    sandbox.command("man").assert().success().stdout(contains(".TH").and(contains("selftest")));
    sandbox.command("man apply").assert().success().stdout(contains("fallback"));
    sandbox.command("man paint").assert().code(2).stderr(contains("selftest"));
    sandbox.command("man --dir pages").assert().success().stdout("");
    assert_eq!(
        sandbox.files("pages"),
        [
            "frame-compression-apply.1",
            "frame-compression-clip.1",
            "frame-compression-completions.1",
            "frame-compression-info.1",
            "frame-compression-man.1",
            "frame-compression-recipes.1",
            "frame-compression-report.1",
            "frame-compression-selftest.1",
            "frame-compression.1"
        ]
    );
    assert!(size_of(&sandbox.path("pages/frame-compression-apply.1")) > 2000);
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_early_is_no_error() {
    use std::process::{Command, Stdio};

    let mut child = Command::new(env!("CARGO_BIN_EXE_frame-compression"))
        .arg("info")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_standard_output_is_an_error() {
    use std::fs::File;
    use std::process::Command;

    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_frame-compression"))
        .args(["apply", "a.png", "-o", "out.png", "--json"])
        .current_dir(sandbox.path("."))
        .stdout(full)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("1 picture written") && errors.contains("standard output"), "{errors}");
    assert_eq!(output.status.code(), Some(1));
}
