//! `frame-compression apply`: which files are read, which are written, and what it says.

use std::fs;

use crate::sandbox::{Sandbox, json, with_artifacts};
use frame_compression::Codec;
use predicates::prelude::*;
use predicates::str::contains;

#[test]
fn one_picture_goes_to_the_named_file() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("photo.png", 64, 48);
    sandbox
        .command("apply photo.png -o new/folder/out.png")
        .assert()
        .success()
        .stdout("")
        .stderr(contains("1 picture written (H.264, CRF 29)"));
    assert_eq!(sandbox.files("new"), ["folder/out.png"], "and no temporary file");
    assert_eq!(sandbox.read("new/folder/out.png").into_rgb8(), with_artifacts(&picture, Codec::H264, 29.0));
}

#[test]
fn an_output_without_a_pictures_extension_is_a_folder() {
    let sandbox = Sandbox::new();
    sandbox.picture("photo.bmp", 32, 32);
    sandbox.command("apply photo.bmp -o out").assert().success();
    sandbox.command("apply photo.bmp -o v1.2").assert().success();
    sandbox.command("apply photo.bmp -o slash.png/ --format webp").assert().success();
    fs::create_dir(sandbox.path("there.png")).unwrap();
    sandbox.command("apply photo.bmp -o there.png --format tiff").assert().success();
    assert_eq!(
        sandbox.files("."),
        ["out/photo.png", "photo.bmp", "slash.png/photo.webp", "there.png/photo.tiff", "v1.2/photo.png"]
    );
}

#[test]
fn folders_are_mirrored() {
    let sandbox = Sandbox::new();
    for name in ["in/a.jpg", "in/sub/b.PNG", "in/sub/deep er/ü 写真.webp", "in/c.d.tif", "in/e.bmp"] {
        sandbox.picture(name, 32, 32);
    }
    sandbox.picture("in/.hidden.png", 32, 32);
    sandbox.picture("in/.thumbnails/x.png", 32, 32);
    sandbox.write("in/notes.txt", b"no picture");
    sandbox.command("apply in -o out").assert().success().stderr(contains("5 pictures written"));
    assert_eq!(sandbox.files("out"), ["a.png", "c.d.png", "e.png", "sub/b.png", "sub/deep er/ü 写真.png"]);
}

#[test]
fn several_inputs_go_to_one_folder() {
    let sandbox = Sandbox::new();
    for name in ["one/a.png", "two/sub/b.png", "c.png"] {
        sandbox.picture(name, 16, 16);
    }
    sandbox.command("apply one two/ c.png ./c.png -o out").assert().success().stderr(contains("3 pictures"));
    assert_eq!(sandbox.files("out"), ["a.png", "c.png", "sub/b.png"]);
}

#[test]
fn patterns_are_expanded_and_mirrored() {
    let sandbox = Sandbox::new();
    for name in ["in/a.jpg", "in/b.png", "in/sub/c.jpg", "in/sub/sub/d.jpg", "in/.e.jpg"] {
        sandbox.picture(name, 16, 16);
    }
    sandbox.command("apply in/**/*.jpg -o all").assert().success();
    assert_eq!(sandbox.files("all"), ["a.png", "sub/c.png", "sub/sub/d.png"]);
    sandbox.command("apply ./in/*.[jp]* -o flat").assert().success();
    assert_eq!(sandbox.files("flat"), ["a.png", "b.png"]);
    sandbox.command("apply in/?.png -o one.png").assert().success();
    assert!(sandbox.path("one.png").is_file(), "one match goes to one file");
    sandbox.command("apply in/*.gif -o none").assert().code(1).stderr(contains("in/*.gif: no pictures"));
    sandbox.command("apply in/*** -o none").assert().code(1).stderr(contains("is no pattern"));
}

#[test]
fn a_file_whose_name_looks_like_a_pattern_is_taken_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.picture("x[1].png", 16, 16);
    sandbox.picture("x1.png", 16, 16);
    sandbox.command("apply x[1].png -o out").assert().success();
    assert_eq!(sandbox.files("out"), ["x[1].png"]);
}

#[test]
fn the_output_folder_inside_the_input_is_no_input() {
    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    sandbox.picture("sub/b.png", 16, 16);
    for _ in 0..2 {
        sandbox
            .command("apply . -o out --overwrite")
            .assert()
            .success()
            .stderr(contains("2 pictures written"));
    }
    assert_eq!(sandbox.files("out"), ["a.png", "sub/b.png"]);
}

#[test]
fn an_output_that_is_there_is_kept() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("in/a.png", 32, 32);
    sandbox.picture("in/b.png", 32, 32);
    sandbox.write("out/a.png", b"mine");
    sandbox
        .command("apply in -o out")
        .assert()
        .success()
        .stderr(contains("1 picture written").and(contains("1 passed over")).and(contains("--overwrite")));
    assert_eq!(fs::read(sandbox.path("out/a.png")).unwrap(), b"mine");
    sandbox.command("apply in -o out --overwrite").assert().success().stderr(contains("2 pictures written"));
    assert_eq!(sandbox.read("out/a.png").into_rgb8(), with_artifacts(&picture, Codec::H264, 29.0));
    assert_eq!(sandbox.files("out"), ["a.png", "b.png"]);
}

#[test]
fn an_input_is_written_over_only_with_leave() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("in/a.png", 32, 32);
    let before = fs::read(sandbox.path("in/a.png")).unwrap();
    for line in [
        "apply in/a.png -o in/a.png",
        "apply in -o in",
        "apply in/a.png -o ./in/../in/",
        "apply in/*.png -o in",
    ] {
        sandbox.command(line).assert().code(2).stderr(contains("over itself").and(contains("--overwrite")));
        assert_eq!(fs::read(sandbox.path("in/a.png")).unwrap(), before, "{line}");
    }
    sandbox.command("apply in -o in --overwrite").assert().success();
    assert_eq!(sandbox.read("in/a.png").into_rgb8(), with_artifacts(&picture, Codec::H264, 29.0));
}

#[test]
fn an_output_that_is_another_input_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.picture("out/sub/a.png", 16, 16);
    sandbox.picture("in/sub/a.jpg", 16, 16);
    sandbox
        .command("apply out/sub/a.png in -o out --overwrite")
        .assert()
        .code(2)
        .stderr(contains("which is an input too"));
    assert_eq!(sandbox.files("out"), ["sub/a.png"]);
}

#[test]
fn two_inputs_for_one_output_are_refused_before_anything_is_written() {
    let sandbox = Sandbox::new();
    for name in ["in/a.png", "in/a.jpg", "in/b.png", "two/b.png"] {
        sandbox.picture(name, 16, 16);
    }
    let both = contains("would both be written to");
    sandbox
        .command("apply in -o out")
        .assert()
        .code(2)
        .stderr(both.clone().and(contains("a.jpg")).and(contains("Usage: frame-compression apply")));
    sandbox.command("apply in/b.png two -o out").assert().code(2).stderr(both.and(contains("two")));
    assert!(!sandbox.path("out").exists());
}

#[test]
fn several_pictures_do_not_go_into_one_file() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/a.png", 16, 16);
    sandbox.picture("in/b.png", 16, 16);
    sandbox.command("apply in/a.png in/b.png -o out.png").assert().code(2).stderr(contains("one file"));
    sandbox.command("apply in/*.png -o out.png").assert().code(2).stderr(contains("2 pictures"));
    sandbox.command("apply in -o out.png").assert().code(2).stderr(contains("is a folder"));
    assert_eq!(sandbox.files("."), ["in/a.png", "in/b.png"]);
}

#[test]
fn outputs_that_cannot_be_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    sandbox.write("file", b"");
    for name in ["out.jpg", "out.JPEG", "out.bmp", "out.gif"] {
        let line = format!("apply a.png -o {name}");
        sandbox.command(&line).assert().code(2).stderr(contains(".png, .webp or .tiff"));
    }
    sandbox
        .command("apply a.png -o out.png --format webp")
        .assert()
        .code(2)
        .stderr(contains("--format webp"));
    sandbox.command("apply a.png -o file").assert().code(2).stderr(contains("no folder"));
    sandbox.command("apply a.png -o file/out.png").assert().code(1).stderr(contains("cannot be written"));
    assert_eq!(sandbox.files("."), ["a.png", "file"]);
}

#[test]
fn broken_files_do_not_stop_the_rest() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/good.png", 32, 32);
    sandbox.picture("in/also good.jpg", 32, 32);
    let png = fs::read(sandbox.path("in/good.png")).unwrap();
    sandbox.write("in/cut.png", &png[..png.len() / 2]);
    sandbox.write("in/empty.png", b"");
    sandbox.write("in/text.jpg", b"this is no picture, whatever its name says");
    let run = sandbox.command("apply in missing.png in/good.png -o out --json").assert().code(1);
    let output = run.get_output();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    for name in ["cut.png", "empty.png", "text.jpg", "missing.png"] {
        assert!(errors.contains(&format!("{name}: ")), "{name} in {errors}");
    }
    assert!(errors.trim_end().lines().last().unwrap().contains("2 pictures written"), "{errors}");
    assert!(errors.contains("4 failed"), "{errors}");
    let report = json(&output.stdout);
    assert_eq!((&report["written"], &report["failed"], &report["kept"]), (&2.into(), &4.into(), &0.into()));
    assert_eq!(sandbox.files("out"), ["also good.png", "good.png"]);
}

#[test]
fn files_are_known_by_their_content() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("a.png", 32, 32);
    fs::rename(sandbox.path("a.png"), sandbox.path("wrong.jpg")).unwrap();
    fs::copy(sandbox.path("wrong.jpg"), sandbox.path("frame.0001")).unwrap();
    sandbox.command("apply wrong.jpg frame.0001 -o out").assert().success();
    assert_eq!(sandbox.files("out"), ["frame.0001.png", "wrong.png"]);
    assert_eq!(sandbox.read("out/frame.0001.png").into_rgb8(), with_artifacts(&picture, Codec::H264, 29.0));
}

#[test]
fn an_input_without_pictures_is_a_failure() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox.command("apply empty -o out").assert().code(1).stderr(contains("empty: no pictures"));
    sandbox.command("apply nowhere -o out").assert().code(1).stderr(contains("nowhere: cannot be read"));
    assert!(!sandbox.path("out").exists());
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_fails_its_files_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::new();
    sandbox.picture("in/a.png", 16, 16);
    sandbox.picture("in/sub/b.png", 16, 16);
    fs::create_dir_all(sandbox.path("out/sub")).unwrap();
    let set_mode =
        |mode| fs::set_permissions(sandbox.path("out/sub"), fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o555);
    let forbidden = fs::write(sandbox.path("out/sub/probe"), b"").is_err();
    if forbidden {
        let run = sandbox.command("apply in -o out").assert().code(1);
        run.stderr(contains("b.png").and(contains("cannot be written")).and(contains("1 picture written")));
    } else {
        // Who is root may write anywhere: a file in the folder's place stops root too.
        fs::remove_dir_all(sandbox.path("out/sub")).unwrap();
        sandbox.write("out/sub", b"");
        let run = sandbox.command("apply in -o out").assert().code(1);
        run.stderr(contains("b.png").and(contains("cannot be written")).and(contains("1 picture written")));
    }
    if forbidden {
        set_mode(0o755);
    }
    assert!(sandbox.path("out/a.png").is_file());
    assert!(!sandbox.path("out/sub/b.png").exists());
}

#[cfg(unix)]
#[test]
fn outputs_have_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    sandbox.write("plain", b"");
    sandbox.command("apply a.png -o out.png").assert().success();
    let mode = |name: &str| fs::metadata(sandbox.path(name)).unwrap().permissions().mode();
    assert_eq!(mode("out.png"), mode("plain"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_reported() {
    use std::os::unix::fs::symlink;

    let sandbox = Sandbox::new();
    sandbox.picture("far/a.png", 16, 16);
    fs::create_dir(sandbox.path("in")).unwrap();
    symlink("../far", sandbox.path("in/near")).unwrap();
    sandbox.command("apply in -o out").assert().success();
    assert_eq!(sandbox.files("out"), ["near/a.png"]);
    symlink("../in", sandbox.path("in/loop")).unwrap();
    sandbox.command("apply in -o out --overwrite").assert().code(1).stderr(contains("loop"));
    assert_eq!(sandbox.files("out"), ["near/a.png"]);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_unicode_are_names() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    fs::create_dir(sandbox.path("in")).unwrap();
    let name = OsStr::from_bytes(b"caf\xe9.png");
    fs::rename(sandbox.path("a.png"), sandbox.path("in").join(name)).unwrap();
    let run = sandbox.command("apply in -o out --json").assert().success();
    assert_eq!(json(&run.get_output().stdout)["written"], 1);
    assert!(sandbox.path("out").join(name).is_file());
}

#[test]
fn any_number_of_jobs_gives_the_same_files() {
    let sandbox = Sandbox::new();
    for index in 0..12 {
        sandbox.picture(&format!("in/{}{index}.png", "x".repeat(index)), 48, 32);
    }
    sandbox.command("apply in -o one --jobs 1").assert().success();
    sandbox.command("apply in -o many --jobs 7").assert().success();
    sandbox.command("apply in -o default").assert().success();
    let names = sandbox.files("one");
    assert_eq!(names.len(), 12);
    for name in names {
        let bytes = |folder: &str| fs::read(sandbox.path(&format!("{folder}/{name}"))).unwrap();
        assert_eq!(bytes("one"), bytes("many"));
        assert_eq!(bytes("one"), bytes("default"));
    }
    sandbox.command("apply in -o out --jobs 0").assert().code(2);
}

#[test]
fn quiet_says_only_what_went_wrong() {
    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    sandbox.write("b.png", b"");
    sandbox.command("apply a.png -o out --quiet").assert().success().stdout("").stderr("");
    let run = sandbox.command("apply a.png b.png -o out2 --quiet").assert().code(1);
    let errors = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.starts_with("error: b.png: "), "{errors}");
}

#[test]
fn damaged_files_never_bring_the_run_down() {
    let sandbox = Sandbox::new();
    let mut rng = test_pictures::Rng::new(11);
    let mut count = 0;
    for extension in ["png", "jpg", "webp", "tiff", "bmp"] {
        sandbox.picture(&format!("whole.{extension}"), 40, 24);
        let whole = fs::read(sandbox.path(&format!("whole.{extension}"))).unwrap();
        for index in 0..40 {
            let mut bytes = whole.clone();
            for _ in 0..1 + rng.below(8) {
                let at = rng.below(bytes.len().min(if index % 2 == 0 { 200 } else { usize::MAX }));
                bytes[at] = rng.byte();
            }
            bytes.truncate(bytes.len() - rng.below(3) * bytes.len() / 4);
            sandbox.write(&format!("in/{extension}{index}.{extension}"), &bytes);
            count += 1;
        }
    }
    let run = sandbox.command("apply in -o out --odd crop --json").assert();
    let output = run.get_output();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}", output.status);
    let report = json(&output.stdout);
    let files = report["files"].as_array().unwrap();
    assert_eq!(files.len(), count);
    assert!(report["failed"].as_u64().unwrap() > 20, "the damage shows");
    for file in files {
        assert_eq!(file["status"] == "failed", file["reason"].is_string(), "{file}");
    }
    assert!(!String::from_utf8_lossy(&output.stderr).contains("RUST_BACKTRACE"), "no panic is printed");
}
