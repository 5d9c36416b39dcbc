//! H.264 as PyAV gives it on machines with several cores and on ARM: planes, and the whole call from RGB to RGB.

use frame_compression::{Component, FrameCompressor, Planes, Settings, Subsampling, TensorViewMut};

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

/// |(t mod 2p) - p|
fn triangle(t: i64, p: i64) -> i64 {
    (t % (2 * p) - p).abs()
}

/// The inputs of docs/spec/h264-intra.md, annex B, and of docs/spec/ltx-on-real-machines.md, section 8.1.
fn sample(input: &str, component: Component, x: i64, y: i64) -> u8 {
    let sample = match (input, component) {
        ("A", Component::Y) => (3 * x * x + 5 * y * y + 7 * x * y) >> 3,
        ("A", Component::Cb) => 128 + 5 * x - 3 * y,
        ("A", Component::Cr) => (x * y) ^ (x + y),
        ("C", Component::Y) => 255 * ((x / 5 + y / 3 + 1) % 2),
        ("C", Component::Cb) => 255 * ((x / 3 + 1) % 2),
        ("C", Component::Cr) => 255 * (y / 2 % 2),
        ("E", Component::Y) => {
            (5 * triangle(3 * x + y, 97) + 3 * triangle(x + 5 * y, 131)) / 4 + (7 * x + 13 * y) % 5
        }
        ("E", Component::Cb) => 113 + triangle(x + 2 * y, 61) / 2,
        ("E", Component::Cr) => 140 - triangle(2 * x + y, 53) / 2,
        _ => panic!("no input is called {input}"),
    };
    sample as u8
}

/// Input F of section 8.2, packed RGB.
fn rgb(width: usize, height: usize) -> Vec<u8> {
    let rows = 0..height as i64;
    let pixels = rows.flat_map(|y| (0..width as i64).map(move |x| (x, y)));
    pixels
        .flat_map(|(x, y)| {
            let blue = 200 + 11 * (x / 9) - 7 * (y / 5) + ((3 * x + 5 * y) & 7);
            [5 * x + 3 * y + x * y / 4, (x * x + y * y) / 8, blue].map(|sample| sample as u8)
        })
        .collect()
}

fn of_planes(input: &str, width: usize, height: usize, compressor: &mut FrameCompressor) -> u32 {
    let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
    for component in COMPONENTS {
        for y in 0..planes.size(component).1 {
            for (x, place) in planes.row_mut(component, y).iter_mut().enumerate() {
                *place = sample(input, component, x as i64, y as i64);
            }
        }
    }
    compressor.apply_to_planes(&mut planes).unwrap();
    let mut hasher = crc32fast::Hasher::new();
    for component in COMPONENTS {
        for y in 0..planes.size(component).1 {
            hasher.update(planes.row(component, y));
        }
    }
    hasher.finalize()
}

fn of_rgb(width: usize, height: usize, compressor: &mut FrameCompressor) -> u32 {
    let mut rgb = rgb(width, height);
    compressor.apply_in_place(TensorViewMut::new(&mut rgb, &[1, height, width, 3]).unwrap()).unwrap();
    crc32fast::hash(&rgb)
}

#[test]
fn every_machine_s_picture_is_met() {
    let mut count = 0;
    for line in include_str!("golden/h264-machines.txt").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let [kind, input, width, height, crf, settings, expected] = fields[..] else { panic!("{line}") };
        let settings: Settings = format!("h264:crf={crf}:{settings}").parse().unwrap();
        let mut compressor = FrameCompressor::new(settings);
        let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
        let found = match kind {
            "planes" => of_planes(input, width, height, &mut compressor),
            _ => of_rgb(width, height, &mut compressor),
        };
        assert_eq!(format!("{found:08x}"), expected, "{line}");
        count += 1;
    }
    assert!(count >= 200, "only {count} checksums");
}
