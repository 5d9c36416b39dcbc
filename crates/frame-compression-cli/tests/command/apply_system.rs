//! `frame-compression apply`: shells, pipes, mounts and signals.

use std::fs;

use crate::sandbox::{Sandbox, with_artifacts};
use frame_compression::Codec;
use frame_compression_cli::picture::Picture;
use image::RgbImage;
use predicates::str::contains;

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_unicode_do_not_disturb_patterns() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let sandbox = Sandbox::new();
    sandbox.picture("p/a.png", 16, 16);
    sandbox.picture("p/sub/b.png", 16, 16);
    for name in [&b"r\xe9.txt"[..], b"\xff.png"] {
        fs::copy(sandbox.path("p/a.png"), sandbox.path("p").join(OsStr::from_bytes(name))).unwrap();
    }
    sandbox.command("apply p/*.png -o out").assert().success().stderr(contains("2 pictures written"));
    sandbox.command("apply p/**/*.png -o all").assert().success().stderr(contains("3 pictures written"));
    assert!(sandbox.path("out").join(OsStr::from_bytes(b"\xff.png")).is_file());
    sandbox.command("apply p/?.png -o one").assert().success().stderr(contains("2 pictures written"));
}

#[test]
fn what_exists_under_that_very_name_is_meant() {
    let sandbox = Sandbox::new();
    let wanted = sandbox.picture("set [2024]/a.png", 16, 16);
    sandbox.picture("set 2/a.png", 32, 32);
    let apply = |input: &str, output: &str| {
        let mut command = sandbox.command("apply");
        command.args([input, "-o", output]);
        command.assert()
    };
    apply("set [2024]/*.png", "out").success();
    assert_eq!(sandbox.read("out/a.png").into_rgb8(), with_artifacts(&wanted, Codec::H264, 29.0));
    apply("*/[ab].png", "two").success();
    assert_eq!(sandbox.files("two"), ["out/a.png", "set 2/a.png", "set [2024]/a.png"]);
    fs::remove_dir_all(sandbox.path("set [2024]")).unwrap();
    sandbox.picture("img1.png", 16, 16);
    apply("img[1].png", "none").code(1).stderr(contains("img[1].png: cannot be read"));
    apply("img[23].png", "none").code(1).stderr(contains("there is no such file"));
}

#[test]
fn an_output_folder_below_a_pattern_is_no_input() {
    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    sandbox.picture("sub/b.png", 16, 16);
    for _ in 0..2 {
        let run = sandbox.command("apply **/*.png -o out --overwrite").assert().success();
        run.stderr(contains("2 pictures written"));
    }
    assert_eq!(sandbox.files("out"), ["a.png", "sub/b.png"]);
}

/// The pixels of what was printed.
fn printed(output: &[u8]) -> RgbImage {
    let picture = Picture::decode(output).unwrap();
    RgbImage::from_raw(picture.width as u32, picture.height as u32, picture.rgb).unwrap()
}

#[test]
fn a_picture_goes_through_a_pipe() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("a.png", 32, 32);
    let file = fs::read(sandbox.path("a.png")).unwrap();
    let expected = with_artifacts(&picture, Codec::H264, 29.0);
    for (format, start) in [("", &b"\x89PNG"[..]), ("--format webp", b"RIFF"), ("--format tiff", b"II")] {
        let mut command = sandbox.command(&format!("apply - -o - {format}"));
        let run = command.write_stdin(file.clone()).assert().success();
        let output = &run.get_output().stdout;
        assert!(output.starts_with(start), "{format}");
        assert_eq!(printed(output), expected);
    }
    sandbox.command("apply - -o out.png").write_stdin(file.clone()).assert().success();
    assert_eq!(sandbox.read("out.png").into_rgb8(), expected);
    let run = sandbox.command("apply a.png -o -").assert().success();
    assert_eq!(printed(&run.get_output().stdout), expected);
    assert_eq!(sandbox.files("."), ["a.png", "out.png"], "no folder named -");
    sandbox
        .command("apply - -o -")
        .write_stdin("text")
        .assert()
        .code(1)
        .stderr(contains("standard input: is no"));
}

#[test]
fn several_pictures_do_not_go_through_one_pipe() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/a.png", 16, 16);
    sandbox.picture("in/b.png", 16, 16);
    for (line, words) in [
        ("apply in/a.png in/b.png -o -", "2 pictures cannot go into the one file -"),
        ("apply in -o -", "in is a folder"),
        ("apply - in/a.png -o out", "cannot be mixed"),
        ("apply - -o out", "has no name"),
        ("apply in/a.png -o - --json", "standard output"),
    ] {
        sandbox.command(line).assert().code(2).stdout("").stderr(contains(words));
    }
    assert_eq!(sandbox.files("."), ["in/a.png", "in/b.png"]);
}

#[test]
fn a_file_named_dash_is_a_file() {
    let sandbox = Sandbox::new();
    sandbox.picture("a.png", 16, 16);
    fs::rename(sandbox.path("a.png"), sandbox.path("-")).unwrap();
    sandbox.command("apply ./- -o out").assert().success();
    sandbox.command("apply * -o out --overwrite").assert().success();
    assert_eq!(sandbox.files("out"), ["-.png"]);
}

#[cfg(unix)]
#[test]
fn shells_may_give_pipes_in_place_of_files() {
    let sandbox = Sandbox::new();
    let picture = sandbox.picture("a.png", 32, 32);
    let program = sandbox.command("").get_program().to_owned();
    let line = format!(
        "{0} apply <(cat a.png) -o b.png && {0} apply a.png -o >(cat > c.png) && sleep 1",
        program.to_string_lossy()
    );
    let mut shell = assert_cmd::Command::new("bash");
    shell.current_dir(sandbox.path(".")).args(["-c", &line]).assert().success();
    let expected = with_artifacts(&picture, Codec::H264, 29.0);
    assert_eq!(sandbox.read("b.png").into_rgb8(), expected);
    assert_eq!(sandbox.read("c.png").into_rgb8(), expected);
}

#[cfg(unix)]
#[test]
fn what_is_replaced_stays_what_it_was() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    let sandbox = Sandbox::new();
    let picture = sandbox.picture("a.png", 32, 32);
    let expected = with_artifacts(&picture, Codec::H264, 29.0);
    let overwrite = |line: &str| sandbox.command(&format!("apply {line} --overwrite")).assert();
    let set_mode = |name: &str, mode| {
        fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let data = |name: &str| fs::metadata(sandbox.path(name)).unwrap();

    sandbox.write("secret.png", b"old");
    set_mode("secret.png", 0o600);
    let owner = std::os::unix::fs::chown(sandbox.path("secret.png"), Some(1234), Some(1234)).is_ok();
    overwrite("a.png -o secret.png").success();
    assert_eq!(data("secret.png").mode() & 0o777, 0o600);
    assert!(!owner || (data("secret.png").uid(), data("secret.png").gid()) == (1234, 1234));

    sandbox.write("far/target.png", b"old");
    symlink("far/target.png", sandbox.path("link.png")).unwrap();
    symlink("far/new.png", sandbox.path("dangling.png")).unwrap();
    for (link, target) in [("link.png", "far/target.png"), ("dangling.png", "far/new.png")] {
        overwrite(&format!("a.png -o {link}")).success();
        assert!(fs::symlink_metadata(sandbox.path(link)).unwrap().is_symlink());
        assert_eq!(sandbox.read(target).into_rgb8(), expected);
    }

    sandbox.write("one.png", &[0; 100_000]);
    fs::hard_link(sandbox.path("one.png"), sandbox.path("other.png")).unwrap();
    overwrite("a.png -o one.png").success();
    assert_eq!(data("one.png").ino(), data("other.png").ino());
    assert_eq!(fs::read(sandbox.path("one.png")).unwrap(), fs::read(sandbox.path("secret.png")).unwrap());

    sandbox.write("protected.png", b"mine");
    set_mode("protected.png", 0o444);
    overwrite("a.png -o protected.png")
        .code(1)
        .stderr(contains("protected.png cannot be written: it is read-only"));
    assert_eq!(fs::read(sandbox.path("protected.png")).unwrap(), b"mine");

    set_mode("a.png", 0o640);
    overwrite("a.png -o a.png").success();
    assert_eq!(data("a.png").mode() & 0o777, 0o640);
}

#[cfg(target_os = "linux")]
#[test]
fn mounts_without_links_and_exclusive_renaming_are_written() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/a.png", 16, 16);
    let mut probe = assert_cmd::Command::new("strace");
    if !probe.args(["-o", "/dev/null", "true"]).output().is_ok_and(|output| output.status.success()) {
        eprintln!("strace does not run here: the fallback was not tried");
        return;
    }
    let program = sandbox.command("").get_program().to_owned();
    let apply = |output: &str| {
        let mut strace = assert_cmd::Command::new("strace");
        strace.current_dir(sandbox.path(".")).args(["-f", "-o", "/dev/null"]);
        strace.args(["-e", "inject=renameat2:error=EINVAL", "-e", "inject=linkat,link:error=ENOSYS"]);
        strace.arg(&program).args(["apply", "in", "-o", output]).assert()
    };
    apply("out").success().stderr(contains("1 picture written"));
    assert_eq!(sandbox.files("out"), ["a.png"]);
    sandbox.write("kept/a.png", b"mine");
    apply("kept").success().stderr(contains("1 passed over"));
    assert_eq!(fs::read(sandbox.path("kept/a.png")).unwrap(), b"mine");
}

#[cfg(unix)]
#[test]
fn signals_leave_no_temporary_files() {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let sandbox = Sandbox::new();
    for index in 0..30 {
        sandbox.picture(&format!("in/{index}.png"), 400, 300);
    }
    for (round, (name, number)) in
        [("INT", 2), ("TERM", 15), ("HUP", 1), ("TERM", 15)].into_iter().enumerate()
    {
        let out = format!("out{round}");
        let mut command = Command::new(sandbox.command("").get_program());
        command.current_dir(sandbox.path(".")).args(["apply", "in", "-o", &out, "--jobs", "4"]);
        let mut run = command.stderr(Stdio::null()).spawn().unwrap();
        let started = std::time::Instant::now();
        while !sandbox.path(&out).exists() && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(7 * round as u64));
        Command::new("kill").args([format!("-{name}"), run.id().to_string()]).status().unwrap();
        let status = run.wait().unwrap();
        assert!(status.signal() == Some(number) || status.success(), "{status} after {name}");
        let left: Vec<String> =
            sandbox.files(&out).into_iter().filter(|file| file.ends_with(".tmp")).collect();
        assert!(left.is_empty(), "{left:?} after {name}");
    }
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let sandbox = Sandbox::new();
    sandbox.picture("in/a.png", 16, 16);
    sandbox.write("out/.frame-compression-killed.tmp", b"half");
    sandbox.write("out/.frame-compression-held.tmp", b"half");
    let held = fs::File::open(sandbox.path("out/.frame-compression-held.tmp")).unwrap();
    held.lock().unwrap();
    sandbox.command("apply in -o out").assert().success();
    assert_eq!(sandbox.files("out"), [".frame-compression-held.tmp", "a.png"]);
}
