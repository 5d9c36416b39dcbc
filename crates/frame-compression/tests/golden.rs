//! H.264 and H.265 against the golden vectors: checksums of libx264's and libx265's pictures, made by the program that
//! their files name.

use frame_compression::{Codec, Component, Crf, FrameCompressor, H265, Planes, Settings, Subsampling};
use test_pictures::Content;

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

fn planes(content: Content, width: usize, height: usize) -> Planes {
    let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
    for (component, samples) in COMPONENTS.into_iter().zip(content.picture(width, height).ycbcr(2, 2)) {
        planes.copy_from(component, &samples).unwrap();
    }
    planes
}

fn checksum(planes: &Planes, component: Component) -> String {
    let mut hasher = crc32fast::Hasher::new();
    for y in 0..planes.size(component).1 {
        hasher.update(planes.row(component, y));
    }
    format!("{:08x}", hasher.finalize())
}

/// Goes through vectors of the form `content width height crf, settings, a checksum a plane`, and counts them.
fn meet<const SETTINGS: usize>(
    vectors: &str,
    compressor: impl Fn([&str; SETTINGS]) -> FrameCompressor,
) -> usize {
    let lines = vectors.lines().filter(|line| !line.starts_with('#'));
    lines
        .inspect(|line| {
            let fields: Vec<&str> = line.split(' ').collect();
            let [name, width, height, crf, rest @ ..] = &fields[..] else { panic!("{line}") };
            let (settings, expected) = rest.split_first_chunk().unwrap_or_else(|| panic!("{line}"));
            let content = Content::named(name).unwrap_or_else(|| panic!("no content is called {name}"));
            let mut planes = planes(content, width.parse().unwrap(), height.parse().unwrap());
            let mut compressor = compressor(*settings);
            compressor.set_crf(Crf::new(crf.parse().unwrap()).unwrap());
            compressor.apply_to_planes(&mut planes).unwrap();
            assert_eq!(COMPONENTS.map(|component| checksum(&planes, component))[..], *expected, "{line}");
        })
        .count()
}

#[test]
fn every_golden_vector_of_h264_is_met() {
    let count = meet(include_str!("golden/h264.txt"), |[]| FrameCompressor::new(Codec::H264));
    assert!(count >= 1000, "only {count} golden vectors");
}

#[test]
fn every_golden_vector_of_h264_s_presets_is_met() {
    let count = meet(include_str!("golden/h264-presets.txt"), |[settings]| {
        FrameCompressor::new(format!("h264:{settings}").parse::<Settings>().unwrap())
    });
    assert!(count >= 400, "only {count} golden vectors");
}

fn h265([preset, tune, fps, release]: [&str; 4]) -> FrameCompressor {
    let settings = H265::default()
        .preset(preset.parse().unwrap())
        .tune((tune != "none").then(|| tune.parse().unwrap()))
        .fps(fps.parse().unwrap())
        .release(release.parse().unwrap());
    FrameCompressor::new(settings)
}

#[test]
fn every_golden_vector_of_libx265_3_5_is_met() {
    let count = meet(include_str!("golden/h265.txt"), h265);
    assert!(count >= 900, "only {count} golden vectors");
}

#[test]
fn every_golden_vector_of_libx265_4_2_is_met() {
    let count = meet(include_str!("golden/h265-4.2.txt"), h265);
    assert!(count >= 900, "only {count} golden vectors");
}
