//! `clip`: folders of numbered pictures, and YUV4MPEG2 in files and pipes.

use std::fs;

use crate::sandbox::Sandbox;
use frame_compression::{
    ClipCompressor, Component, FrameRate, H264, H264Preset, Planes, Subsampling, TensorView,
};
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, is_empty};

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];
const OPTIONS: &str = "--preset ultrafast --crf 30 --fps 25";

fn settings(fps: FrameRate) -> H264 {
    H264::crf(30.0).unwrap().preset(H264Preset::Ultrafast).fps(fps)
}

/// Numbered pictures that move, `frame0.png` to `frame10.png`; what the library makes of them in the order of their numbers.
fn numbered(sandbox: &Sandbox, keyint: u32) -> Vec<Vec<u8>> {
    let wide = sandbox.picture("wide.png", 96, 48);
    let mut compressor = ClipCompressor::new(settings(FrameRate::FFMPEG)).keyint(keyint).unwrap();
    for number in 0..11 {
        let frame = image::imageops::crop_imm(&wide, 3 * number, 0, 64, 48).to_image();
        sandbox.save(&format!("in/frame{number}.png"), &frame.clone().into());
        compressor.push(TensorView::new(frame.as_raw(), &[1, 48, 64, 3]).unwrap()).unwrap();
    }
    compressor.finish();
    compressor.frames::<u8>().map(|frame| frame.as_slice().to_vec()).collect()
}

fn written(sandbox: &Sandbox, folder: &str) -> Vec<Vec<u8>> {
    (0..11)
        .map(|number| sandbox.read(&format!("{folder}/frame{number}.png")).into_rgb8().into_raw())
        .collect()
}

#[test]
fn a_folder_is_a_clip_in_the_order_of_its_numbers() {
    let sandbox = Sandbox::new();
    for (keyint, option) in [(250, ""), (4, "--keyint 4")] {
        let expected = numbered(&sandbox, keyint);
        let run =
            sandbox.command(&format!("clip in -o out --overwrite {OPTIONS} {option}")).assert().success();
        run.stderr(contains("11 frames written (H.264, CRF 30, preset ultrafast, fps 25)"));
        assert!(written(&sandbox, "out") == expected, "{option}");
    }
}

/// The encoder looks ahead there: frames come out later than they went in.
#[test]
fn frames_that_wait_come_out_in_their_order() {
    let sandbox = Sandbox::new();
    numbered(&sandbox, 250);
    let superfast = || ClipCompressor::new(settings(FrameRate::FFMPEG).preset(H264Preset::Superfast));
    for (mut compressor, option) in [(superfast().bframes(0).unwrap(), "--bframes 0"), (superfast(), "")] {
        for number in 0..11 {
            let frame = sandbox.read(&format!("in/frame{number}.png")).into_rgb8();
            compressor.push(TensorView::new(frame.as_raw(), &[1, 48, 64, 3]).unwrap()).unwrap();
        }
        compressor.finish();
        let expected: Vec<Vec<u8>> =
            compressor.frames::<u8>().map(|frame| frame.as_slice().to_vec()).collect();
        for threads in ["", "--threads 1", "-t 3"] {
            let options = format!("--preset superfast --crf 30 --fps 25 --overwrite {option} {threads}");
            sandbox.command(&format!("clip in -o out {options}")).assert().success();
            assert!(written(&sandbox, "out") == expected, "{option} {threads}");
        }
    }
}

#[test]
fn frames_that_exist_are_kept_and_the_others_made() {
    let sandbox = Sandbox::new();
    let expected = numbered(&sandbox, 250);
    sandbox.command(&format!("clip in -o out {OPTIONS} --quiet")).assert().success().stderr(is_empty());
    fs::remove_file(sandbox.path("out/frame7.png")).unwrap();
    let run = sandbox.command(&format!("clip in -o out {OPTIONS}")).assert().success();
    run.stderr(contains("10 outputs exist and are kept").and(contains("1 frame written")));
    assert!(written(&sandbox, "out") == expected);
    let run = sandbox.command(&format!("clip in -o out {OPTIONS}")).assert().success();
    run.stderr(contains("11 outputs exist and are kept").and(contains("0 frames written")));
}

#[test]
fn a_frame_that_is_damaged_or_of_another_size_is_named() {
    let sandbox = Sandbox::new();
    numbered(&sandbox, 250);
    sandbox.picture("in/frame9.png", 32, 32);
    let run = sandbox.command(&format!("clip in -o out {OPTIONS}")).assert().code(1);
    run.stderr(contains("frame9.png").and(contains("32x32")).and(contains("64x48")));
    sandbox.write("in/frame8.png", b"\x89PNG\r\n\x1a\nno more");
    let run = sandbox.command(&format!("clip in -o other {OPTIONS}")).assert().code(1);
    run.stderr(contains("frame8.png").and(contains("cannot be decoded")));
    assert!(sandbox.path("out/frame7.png").exists() && sandbox.path("other/frame7.png").exists());
    assert!(!sandbox.path("out/frame9.png").exists() && !sandbox.path("other/frame8.png").exists());
}

/// A folder and a stream, which is in Y, Cb, Cr already.
#[test]
fn statistics_are_those_of_the_library() {
    let sandbox = Sandbox::new();
    numbered(&sandbox, 250);
    let mut compressor = ClipCompressor::new(settings(FrameRate::FFMPEG)).keyint(4).unwrap();
    for number in 0..11 {
        let frame = sandbox.read(&format!("in/frame{number}.png")).into_rgb8();
        compressor.push(TensorView::new(frame.as_raw(), &[1, 48, 64, 3]).unwrap()).unwrap();
    }
    compressor.finish();
    let mut frames = Vec::new();
    while compressor.next_frame::<u8>().is_some() {
        frames.push(compressor.statistics().unwrap());
    }
    let run = sandbox.command(&format!("clip in -o out {OPTIONS} --keyint 4 --stats")).assert().success();
    let table = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0][..4], ["frame", "type", "QP", "intra"]);
    assert_eq!(rows.len(), 12);
    for (number, (row, frame)) in rows[1..].iter().zip(&frames).enumerate() {
        assert_eq!(row[..2], [number.to_string(), frame.kind.to_string()]);
        assert_eq!(row[2], format!("{:.2}", frame.quantiser));
        assert_eq!(row[3..6], [frame.intra, frame.predicted, frame.skipped].map(|count| count.to_string()));
        assert_eq!(row[6], format!("{:.2}", frame.psnr[0].unwrap()));
    }
    let run = sandbox.command(&format!("clip in -o other {OPTIONS} --keyint 4 --json")).assert().success();
    let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((json["codec"].as_str(), json["written"].as_u64()), (Some("h264"), Some(11)));
    for (row, frame) in json["frames"].as_array().unwrap().iter().zip(&frames) {
        assert_eq!(row["type"], frame.kind.name());
        assert_eq!(row["skipped"], frame.skipped);
        // The reader of the JSON may round otherwise in the last bit: its text is compared.
        assert!(text.contains(&frame.psnr[2].unwrap().to_string()), "{text}");
    }
    let run = sandbox.command("clip in -o plain --codec jpeg --quality 30 --stats").assert().success();
    run.stdout(contains("     0     -\n"));
}

#[test]
fn what_is_no_clip_is_refused_before_anything_is_written() {
    let sandbox = Sandbox::new();
    numbered(&sandbox, 250);
    sandbox.write("text", b"no stream");
    for (arguments, code, reason) in [
        ("clip in -o out --recipe apisr", 2, "single pictures"),
        ("clip in -o out --codec h265", 2, "H.265"),
        ("clip in -o out --preset ultrafast --keyint 0", 2, "keyint"),
        ("clip in -o out --preset superfast --bframes 17", 2, "bframes"),
        ("clip in -o out --preset ultrafast --bframes 1", 2, "bframes"),
        ("clip in -o out --preset slow", 2, "preset"),
        ("clip in -o out --preset medium --tune fastdecode", 2, "tune fastdecode"),
        ("clip text -o - --preset ultrafast --stats", 2, "standard output"),
        ("clip in -o out.png --preset ultrafast", 2, "one file"),
        ("clip in -o in --preset ultrafast", 2, "over itself"),
        ("clip text -o . --preset ultrafast", 2, "folder"),
        ("clip text -o out.y4m --preset ultrafast --format png", 2, "YUV4MPEG2"),
        ("clip text -o out.y4m --preset ultrafast", 1, "no YUV4MPEG2 stream"),
        ("clip none -o out.y4m --preset ultrafast", 1, "none"),
    ] {
        let run = sandbox.command(arguments).assert().code(code);
        run.stderr(contains(reason).and(contains("panicked").not()));
        assert!(!sandbox.path("out").exists() && !sandbox.path("out.y4m").exists(), "{arguments}");
    }
    sandbox.picture("in/below/frame11.png", 64, 48);
    let run = sandbox.command(&format!("clip in -o out {OPTIONS}")).assert().code(2);
    run.stderr(contains("a folder of its own"));
}

/// A stream of seven frames that move, and what the library makes of it.
fn stream(rate: &str, fps: FrameRate) -> (Vec<u8>, Vec<u8>) {
    let (mut source, mut expected) = (Vec::new(), Vec::new());
    let header = format!("YUV4MPEG2 W64 H48 F{rate} Ip A1:1 C420jpeg XYSCSS=420JPEG\n");
    let mut compressor = ClipCompressor::new(settings(fps));
    for t in 0..7 {
        let mut planes = Planes::new(64, 48, Subsampling::S420).unwrap();
        for (which, component) in COMPONENTS.into_iter().enumerate() {
            for y in 0..planes.size(component).1 {
                for (x, to) in planes.row_mut(component, y).iter_mut().enumerate() {
                    *to = (((x + 2 * t) * (y + t) / (5 + which)) % 200 + 20) as u8;
                }
            }
        }
        append(&mut source, &planes);
        compressor.push_planes(planes).unwrap();
    }
    compressor.finish();
    while let Some(planes) = compressor.next_planes() {
        append(&mut expected, &planes);
    }
    ([header.as_bytes(), &source].concat(), [header.as_bytes(), &expected].concat())
}

fn append(stream: &mut Vec<u8>, planes: &Planes) {
    stream.extend(b"FRAME\n");
    for component in COMPONENTS {
        (0..planes.size(component).1).for_each(|y| stream.extend(planes.row(component, y)));
    }
}

#[test]
fn streams_go_through_files_and_pipes_at_their_own_rate() {
    let sandbox = Sandbox::new();
    for (rate, option, fps) in [
        ("25:1", "", FrameRate::FFMPEG),
        ("60000:1001", "", FrameRate::new(60_000, 1001).unwrap()),
        ("60:1", "--fps 25", FrameRate::FFMPEG),
        ("60:1", "--codec h264:fps=25", FrameRate::FFMPEG),
        ("0:0", "", FrameRate::LTX),
    ] {
        let (source, expected) = stream(rate, fps);
        assert_ne!(source, expected);
        sandbox.write("in.y4m", &source);
        let options = format!("--preset ultrafast --crf 30 --overwrite {option}");
        let run = sandbox.command(&format!("clip in.y4m -o out.y4m {options}")).assert().success();
        run.stderr(contains("7 frames written"));
        assert!(fs::read(sandbox.path("out.y4m")).unwrap() == expected, "{rate} {option}");
        let piped =
            sandbox.command(&format!("clip - -o - {options} --quiet")).write_stdin(source).assert().success();
        assert!(piped.get_output().stdout == expected, "{rate} {option}");
    }
}

#[test]
fn other_codecs_take_streams_frame_by_frame() {
    let sandbox = Sandbox::new();
    let (source, _) = stream("25:1", FrameRate::FFMPEG);
    sandbox.write("in.y4m", &source);
    for codec in ["jpeg", "webp", "mpeg2", "mpeg4", "mjpeg"] {
        sandbox
            .command(&format!("clip in.y4m -o {codec}.y4m --codec {codec} --quality 30"))
            .assert()
            .success();
        let result = fs::read(sandbox.path(&format!("{codec}.y4m"))).unwrap();
        assert!(result.len() == source.len() && result != source, "{codec}");
    }
    sandbox.write("wide.y4m", b"YUV4MPEG2 W2 H2 F25:1 C444\nFRAME\n0123456789ab");
    let run = sandbox.command("clip wide.y4m -o out.y4m --preset ultrafast").assert().code(1);
    run.stderr(contains("wide.y4m").and(contains("4:4:4")));
    assert!(!sandbox.path("out.y4m").exists());
}

#[test]
fn a_stream_that_is_cut_off_leaves_no_file() {
    let sandbox = Sandbox::new();
    let (source, expected) = stream("25:1", FrameRate::FFMPEG);
    sandbox.write("cut.y4m", &source[..source.len() - 10]);
    let run = sandbox.command(&format!("clip cut.y4m -o out.y4m {OPTIONS}")).assert().code(1);
    run.stderr(contains("cut.y4m").and(contains("ends within frame 6")));
    assert_eq!(sandbox.files("."), ["cut.y4m"]);
    // What has gone through a pipe by then is right.
    let mut run = sandbox.command(&format!("clip - -o - {OPTIONS}"));
    let failed = run.write_stdin(&source[..source.len() - 10]).assert().code(1);
    let piped = &failed.get_output().stdout;
    assert!(expected.starts_with(piped) && !piped.is_empty());
}

#[test]
fn a_stream_that_exists_is_kept_or_replaced() {
    let sandbox = Sandbox::new();
    let (source, expected) = stream("25:1", FrameRate::FFMPEG);
    sandbox.write("in.y4m", &source);
    let run = sandbox.command(&format!("clip in.y4m -o in.y4m {OPTIONS}")).assert().success();
    run.stderr(contains("in.y4m exists and is kept").and(contains("0 frames written")));
    assert!(fs::read(sandbox.path("in.y4m")).unwrap() == source);
    // Over itself, and where it has another name.
    fs::hard_link(sandbox.path("in.y4m"), sandbox.path("other.y4m")).unwrap();
    sandbox.command(&format!("clip in.y4m -o in.y4m --overwrite {OPTIONS}")).assert().success();
    assert!(fs::read(sandbox.path("in.y4m")).unwrap() == expected);
    assert!(fs::read(sandbox.path("other.y4m")).unwrap() == expected);
    sandbox.command(&format!("clip other.y4m -o in.y4m --overwrite {OPTIONS}")).assert().success();
    assert!(fs::read(sandbox.path("in.y4m")).unwrap() != expected);
    assert_eq!(sandbox.files("."), ["in.y4m", "other.y4m"]);
}
