//! What happens to a run from outside: a kill, a full disk, inputs that vanish, strange files. Each test does it.

use std::fs;
#[cfg(unix)]
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::sandbox::{Sandbox, json};
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

/// Starts `frame-compression` and does not wait for it.
#[cfg(unix)]
fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = Command::new(sandbox.command("").get_program());
    command.current_dir(sandbox.path(".")).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits until a folder holds so many files that have their names, or the time is over.
fn wait_for(sandbox: &Sandbox, folder: &str, count: usize) {
    let started = Instant::now();
    let finished = || sandbox.files(folder).iter().filter(|name| name.ends_with(".png")).count();
    while started.elapsed() < Duration::from_secs(60) {
        if sandbox.path(folder).exists() && finished() >= count {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("no {count} files in {folder} after a minute");
}

fn contents(sandbox: &Sandbox, folder: &str) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let content = fs::read(sandbox.path(folder).join(&name)).unwrap();
        (name, content)
    };
    sandbox.files(folder).into_iter().map(read).collect()
}

/// Makes twelve pictures in the folder `in`; the files that a run without accidents makes of them.
#[cfg(unix)]
fn twelve_pictures(sandbox: &Sandbox, side: u32) -> Vec<(String, Vec<u8>)> {
    for index in 0..12 {
        sandbox.picture(&format!("in/{index}.png"), side, side);
    }
    sandbox.command("apply in -o expected --quiet").assert().success();
    contents(sandbox, "expected")
}

#[cfg(unix)]
#[test]
fn a_killed_run_leaves_whole_files_and_the_next_makes_the_rest() {
    let sandbox = Sandbox::new();
    let expected = twelve_pictures(&sandbox, 96);
    for (round, done) in [1, 2, 7].into_iter().enumerate() {
        let out = format!("out{round}");
        let mut run = start(&sandbox, &["apply", "in", "-o", &out, "--jobs", "2"]);
        wait_for(&sandbox, &out, done);
        run.kill().unwrap();
        run.wait().unwrap();
        let left = contents(&sandbox, &out);
        for file in left.iter().filter(|(name, _)| name.ends_with(".png")) {
            assert!(expected.contains(file), "{} is not whole", file.0);
        }
        sandbox.command(&format!("apply in -o {out} --quiet")).assert().success();
        assert!(contents(&sandbox, &out) == expected, "round {round}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_what_is_done_and_says_130_to_the_shell() {
    let sandbox = Sandbox::new();
    let expected = twelve_pictures(&sandbox, 96);
    fs::create_dir(sandbox.path("out")).unwrap();
    // The run reads a pipe last, which nobody writes to: it cannot be over before the signal comes.
    let line = r#"mkfifo never.png
        (while [ -z "$(find out -name '*.png')" ]; do sleep 0.01; done; kill -INT $(cat run)) &
        sh -c 'echo $$ >run; exec "$0" apply in never.png -o out --quiet --jobs 2' "$0"
        exit $?"#;
    // A shell has its background jobs ignore SIGINT; the command is in the foreground.
    sandbox.shell(line).assert().code(130);
    let left = contents(&sandbox, "out");
    assert!(!left.is_empty());
    for (name, content) in left {
        let whole = expected.iter().any(|(other, wanted)| name.ends_with(other) && *wanted == content);
        assert!(whole, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_finds_no_room_is_an_error_and_absent() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/large.png", 640, 480);
    sandbox.picture("in/small.png", 16, 16);
    // No file may grow beyond 16 blocks. Who ignores the signal gets the error of a full disk's kind.
    let run = sandbox.shell("trap '' XFSZ; ulimit -f 16; exec \"$0\" apply in -o out").assert().code(1);
    run.stderr(contains("large.png").and(contains("cannot be written")).and(contains("1 picture written")));
    assert_eq!(sandbox.files("out"), ["small.png"]);
    sandbox.command("apply in -o out").assert().success().stderr(contains("1 picture written"));
    assert_eq!(sandbox.files("out"), ["large.png", "small.png"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_for_each_file_that_does_not_fit() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/large.png", 640, 480);
    sandbox.picture("in/small.png", 16, 16);
    fs::create_dir(sandbox.path("out")).unwrap();
    let within = "unshare --user --map-root-user --mount sh -c";
    let mount = "mount -t tmpfs -o size=64k none out";
    let mounts = sandbox.shell(&format!("{within} '{mount}'")).output().unwrap().status.success();
    if !mounts {
        eprintln!("no file system can be mounted here: the test of a limited file size stands for this one");
        return;
    }
    let line = format!("{within} '{mount}; \"$0\" apply in -o out; code=$?; ls -A out; exit $code' \"$0\"");
    let run = sandbox.shell(&line).assert().code(1).stdout("small.png\n");
    run.stderr(contains("large.png").and(contains("No space left")).and(contains("1 picture written")));
}

#[cfg(unix)]
#[test]
fn an_input_that_vanishes_is_named_and_the_rest_is_done() {
    let sandbox = Sandbox::new();
    for name in ["a.png", "b.png", "c.png"] {
        sandbox.picture(name, 16, 16);
    }
    // One job waits for the pipe, before it comes to the file that goes meanwhile.
    let line = "mkfifo first.png; (sleep 1; rm b.png; cat a.png >first.png) & \
                exec \"$0\" apply first.png b.png c.png -o out --jobs 1";
    let run = sandbox.shell(line).assert().code(1);
    run.stderr(contains("b.png: cannot be read").and(contains("2 pictures written")));
    assert_eq!(sandbox.files("out"), ["c.png", "first.png"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_no_input() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/a.png", 16, 16);
    sandbox.shell("mkfifo in/pipe.png && exec \"$0\" apply in -o out").assert().success();
    assert_eq!(sandbox.files("out"), ["a.png"]);
}

#[cfg(unix)]
#[test]
fn two_runs_into_one_folder_leave_each_file_once_and_whole() {
    let sandbox = Sandbox::new();
    let expected = twelve_pictures(&sandbox, 64);
    for (out, option) in [("kept", "--quiet"), ("replaced", "--overwrite")] {
        let runs = [(); 3].map(|()| start(&sandbox, &["apply", "in", "-o", out, option, "--jobs", "2"]));
        for mut run in runs {
            assert!(run.wait().unwrap().success());
        }
        assert!(contents(&sandbox, out) == expected, "{out}");
    }
}

#[cfg(unix)]
#[test]
fn names_with_newlines_and_of_the_greatest_length_are_names() {
    let sandbox = Sandbox::new();
    let long = format!("{}.png", "x".repeat(251));
    sandbox.picture(&format!("in/{long}"), 16, 16);
    sandbox.picture("in/two\nlines.png", 16, 16);
    let run = sandbox.command("apply in -o out --json").assert().success();
    assert_eq!(json(&run.get_output().stdout)["written"], 2);
    assert_eq!(sandbox.files("out"), ["two\nlines.png", &long]);
}

#[test]
fn the_smallest_and_the_longest_pictures_are_coded_or_refused_in_words() {
    let sandbox = Sandbox::new();
    for (name, width, height) in [("one.png", 1, 1), ("wide.png", 65535, 1), ("high.png", 1, 65535)] {
        sandbox.save(name, &image::RgbImage::new(width, height).into());
    }
    sandbox.command("apply one.png -o jpeg.png --codec jpeg").assert().success();
    assert_eq!(sandbox.read("jpeg.png").into_rgb8().dimensions(), (1, 1));
    for name in ["wide.png", "high.png"] {
        let run = sandbox.command(&format!("apply {name} -o none.png --codec jpeg")).assert().code(1);
        run.stderr(contains("can be coded").and(contains("panicked").not()));
        assert!(!sandbox.path("none.png").exists());
    }
}
