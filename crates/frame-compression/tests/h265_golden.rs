//! H.265 against the golden vectors: checksums of libx265's pictures, made by the program that the file names.

use frame_compression::{Codec, Component, FrameCompressor, Planes, Subsampling};
use test_pictures::Content;

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

fn planes(content: Content, width: usize, height: usize) -> Planes {
    let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
    for (component, samples) in COMPONENTS.into_iter().zip(content.picture(width, height).ycbcr(2, 2)) {
        let width = planes.size(component).0;
        for (y, row) in samples.chunks_exact(width).enumerate() {
            planes.row_mut(component, y).copy_from_slice(row);
        }
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

#[test]
fn every_golden_vector_is_met() {
    let lines = include_str!("golden/h265.txt").lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(' ').collect();
        let [name, width, height, crf, preset, version, expected @ ..] = &fields[..] else {
            panic!("{line}")
        };
        let content = Content::named(name).unwrap_or_else(|| panic!("no content is called {name}"));
        let mut planes = planes(content, width.parse().unwrap(), height.parse().unwrap());
        let crf: f32 = crf.parse().unwrap();
        let compressor = FrameCompressor::new(Codec::H265)
            .preset(preset.parse().unwrap())
            .x265_version(version.parse().unwrap());
        compressor.crf(crf).unwrap().apply_to_planes(&mut planes).unwrap();
        assert_eq!(COMPONENTS.map(|component| checksum(&planes, component))[..], *expected, "{line}");
        count += 1;
    }
    assert!(count >= 600, "only {count} golden vectors");
}
