use test_pictures::Rng;

use super::*;
use crate::codecs::{mjpeg, mpeg2, mpeg4};
use crate::names::Subsampling;

/// Checksums of what PyAV decodes (provenance in the files).
const GOLDEN: [&str; 3] = [
    include_str!("../../../tests/golden/mpeg2.txt"),
    include_str!("../../../tests/golden/mpeg4.txt"),
    include_str!("../../../tests/golden/mjpeg.txt"),
];

/// The pictures of crates/oracle/python/mpeg_golden.py.
fn planes_of(kind: &str, width: usize, height: usize, subsampling: Subsampling) -> Planes {
    let mut planes = Planes::new(width, height, subsampling).unwrap();
    let mut rng = Rng::new((height * 131_072 + width) as u64);
    for plane in [&mut planes.y, &mut planes.cb, &mut planes.cr] {
        for y in 0..plane.height {
            for (x, sample) in plane.row_mut(y).iter_mut().enumerate() {
                let noise = rng.byte();
                *sample = match kind {
                    "noise" => noise,
                    "extremes" => (noise >> 7) * 255,
                    "soft" => (noise >> 5).wrapping_add(((3 * x + 5 * y) % 240) as u8),
                    _ => panic!("no picture is called {kind}"),
                };
            }
        }
    }
    planes.extend_edges();
    planes
}

fn crc(plane: &Plane) -> String {
    let mut hasher = crc32fast::Hasher::new();
    (0..plane.height).for_each(|y| hasher.update(plane.row(y)));
    format!("{:08x}", hasher.finalize())
}

fn steps_of(codec: &str, option: &str, qscale: u8) -> [Steps; 2] {
    let dc_bits = option.strip_prefix("dc").map_or(0, |bits| bits.parse::<u8>().unwrap() - 8);
    match codec {
        "mpeg2" => [mpeg2::steps(qscale, option == "non-linear", dc_bits); 2],
        "mpeg4" => mpeg4::steps(qscale),
        _ => [mjpeg::steps(qscale); 2],
    }
}

#[test]
fn planes_equal_ffmpeg_s() {
    for level in Level::available() {
        let mut compared = 0;
        for line in GOLDEN.iter().flat_map(|text| text.lines()).filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split(' ').collect();
            let [codec, subsampling, option, qscale, kind, width, height, checksums @ ..] = &fields[..]
            else {
                panic!("{line}")
            };
            let arithmetic = if *option == "int" { Arithmetic::Int } else { Arithmetic::X86 };
            let [luma, chroma] = steps_of(codec, option, qscale.parse().unwrap());
            let blocks = Blocks::at_level(level, arithmetic, luma, chroma);
            let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
            let mut planes = planes_of(kind, width, height, subsampling.parse().unwrap());
            blocks.reconstruct(&mut planes);
            let found = [&planes.y, &planes.cb, &planes.cr].map(crc);
            assert_eq!(found.join(" "), checksums.join(" "), "{level}: {line}");
            compared += 1;
        }
        assert_eq!(compared, 900, "{level}");
    }
}

#[test]
fn arithmetic_reads_back() {
    for arithmetic in Arithmetic::ALL {
        assert_eq!(arithmetic.name().parse(), Ok(arithmetic));
    }
    assert!("arm".parse::<Arithmetic>().unwrap_err().to_string().contains("x86 or int"));
}

#[test]
fn every_level_gives_the_same_samples() {
    let mut rng = Rng::new(13);
    for number in 0..600 {
        let (width, height) = (1 + rng.below(70), 1 + rng.below(40));
        let subsampling = [Subsampling::S420, Subsampling::S422, Subsampling::S444][number % 3];
        let mut original = Planes::new(width, height, subsampling).unwrap();
        // From nothing but extremes to a flat plane.
        let flatness = rng.below(9);
        for plane in [&mut original.y, &mut original.cb, &mut original.cr] {
            plane.samples.fill_with(|| match flatness {
                0 => 255 * (rng.byte() >> 7),
                _ => rng.byte() >> (flatness - 1),
            });
        }
        let qscale = 1 + rng.below(31) as u8;
        let [luma, chroma] = match number / 3 % 4 {
            0 => [mpeg2::steps(qscale.min(28), true, 0); 2],
            1 => [mpeg2::steps(qscale, false, qscale % 4); 2],
            2 => mpeg4::steps(qscale),
            _ => [mjpeg::steps(qscale); 2],
        };
        for arithmetic in Arithmetic::ALL {
            let reconstructed = |level: Level| {
                let mut planes = original.clone();
                Blocks::at_level(level, arithmetic, luma, chroma).reconstruct(&mut planes);
                [planes.y.samples, planes.cb.samples, planes.cr.samples]
            };
            let [scalar, others @ ..] = &Level::available()[..] else { unreachable!() };
            let expected = reconstructed(*scalar);
            for level in others {
                assert!(reconstructed(*level) == expected, "{level}: picture {number}, {arithmetic}");
            }
        }
    }
}
