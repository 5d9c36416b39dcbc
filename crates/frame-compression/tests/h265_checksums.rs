//! The checksums of docs/spec/h265-intra.md, annex B.1: made with libx265 3.5 and 4.2, of pictures by formula; and two more,
//! made likewise.

use frame_compression::{Component, FrameCompressor, H265, Planes, Subsampling, X265Version};
use md5::{Digest, Md5};

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

/// One of the annex's five inputs, or the sixth.
fn input(name: char, width: usize, height: usize) -> Planes {
    let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
    let mut random = 12345_u32;
    for component in COMPONENTS {
        let (_, height) = planes.size(component);
        for y in 0..height {
            for (x, sample) in planes.row_mut(component, y).iter_mut().enumerate() {
                *sample = match (name, component) {
                    ('A', Component::Y) => (40 + ((3 * x + 2 * y) >> 1)).min(255) as u8,
                    ('A', Component::Cb) => 90 + (((x + y) >> 2) & 63) as u8,
                    ('A', Component::Cr) => 160 - (((2 * x + y) >> 3) & 63) as u8,
                    ('B', Component::Y) => ((7 * x + 3 * y) ^ ((x * y) >> 4)) as u8,
                    ('B', Component::Cb) => ((5 * x) ^ (3 * y)) as u8,
                    ('B', Component::Cr) => ((x * y) >> 3) as u8,
                    ('C', _) => {
                        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        (random >> 24) as u8
                    }
                    // Black and white: what takes the quantisation parameter above 50.
                    ('F', _) => {
                        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        255 * (random >> 31) as u8
                    }
                    ('D', Component::Y) => ((x >> 4) * 37 + (y >> 4) * 59) as u8,
                    ('D', Component::Cb) => (((x >> 3) * 29) ^ ((y >> 3) * 17)) as u8,
                    ('D', Component::Cr) => ((x >> 3) * 11 + (y >> 3) * 83) as u8,
                    (_, Component::Y) => 77,
                    (_, Component::Cb) => 120,
                    (_, Component::Cr) => 140,
                };
            }
        }
    }
    planes
}

/// The leading digits of the MD5 sum of all samples.
fn md5(planes: &Planes) -> String {
    let mut sum = Md5::new();
    for component in COMPONENTS {
        for y in 0..planes.size(component).1 {
            sum.update(planes.row(component, y));
        }
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Input, size, CRF, sum of the input, of the output of 3.5 and of that of 4.2.
#[rustfmt::skip]
const CHECKSUMS: [(char, usize, usize, f32, &str, &str, &str); 19] = [
    ('A', 64, 64, 28.0, "17122939ebaf", "6d0949a08c93abb7", "6d0949a08c93abb7"),
    ('A', 130, 98, 20.0, "651399a40f28", "7973643dcf3f0a55", "7973643dcf3f0a55"),
    ('A', 34, 18, 33.5, "fd1c0268912e", "52c6d3cc53864e1d", "52c6d3cc53864e1d"),
    ('B', 64, 64, 28.0, "afba59c3684d", "881e3e18728adb72", "881e3e18728adb72"),
    ('B', 130, 98, 35.5, "79dacdd6b568", "b07389084146e99b", "29cb722fe11a6204"),
    ('B', 200, 136, 12.0, "6ff40e82d084", "1f7bb808ab267b00", "1f7bb808ab267b00"),
    ('B', 48, 80, 40.0, "897b810efef5", "83c5456dc516d7a3", "60671bd7817dc9d9"),
    ('C', 64, 64, 28.0, "8b929782ce5e", "a038b4414f4bc34f", "a038b4414f4bc34f"),
    ('C', 72, 72, 51.0, "fba27edfbbf0", "8a4bfca8dad8bf7b", "0eafe464b8afa071"),
    ('C', 200, 136, 5.0, "4f58e4e18676", "ae7839a3cde4ece0", "ae7839a3cde4ece0"),
    ('C', 192, 128, 45.0, "a782e90eb4d8", "bc20f0dee958befd", "bc20f0dee958befd"),
    ('D', 130, 98, 28.0, "476cca617df9", "5af01afa88bda43c", "5af01afa88bda43c"),
    ('D', 200, 136, 23.45, "d5460c5aecbd", "215320ddc33627ec", "215320ddc33627ec"),
    ('D', 16, 16, 30.0, "0fe8b6ff202a", "0fe8b6ff202a2b82", "0fe8b6ff202a2b82"),
    ('D', 328, 72, 31.0, "4083c2930c5b", "e30c70b12406194f", "e30c70b12406194f"),
    ('E', 64, 64, 28.0, "94e6a664ca01", "94e6a664ca01a870", "94e6a664ca01a870"),
    ('E', 200, 136, 51.0, "57c823e6eeeb", "83573a8a441f3933", "83573a8a441f3933"),
    ('F', 88, 72, 51.0, "04ec071e2fc0", "f255dda01e235e7d", "528285121b9c0be4"),
    ('F', 64, 64, 50.49, "92df3c826e4d", "b0c70f3a9eb77462", "b0c70f3a9eb77462"),
];

#[test]
fn pictures_have_the_checksums_of_the_specification() {
    for (name, width, height, crf, of_input, of_3_5, of_4_2) in CHECKSUMS {
        let source = input(name, width, height);
        assert!(md5(&source).starts_with(of_input), "input {name} {width}x{height}");
        for (version, expected) in [(X265Version::V3_5, of_3_5), (X265Version::V4_2, of_4_2)] {
            let mut planes = source.clone();
            let mut compressor = FrameCompressor::new(H265::crf(crf).unwrap().release(version));
            compressor.apply_to_planes(&mut planes).unwrap();
            let found = md5(&planes);
            assert!(found.starts_with(expected), "{name} {width}x{height} crf {crf}, {version}: {found}");
        }
    }
}

/// docs/spec/h265-fps-and-presets.md, annex B: input, size, preset, tune, frame rate and CRF; sum of the output of 3.5 and of
/// that of 4.2.
#[rustfmt::skip]
const PRESETS: [[&str; 3]; 36] = [
    ["A 64 64 medium none 24 28", "0be4b56d8e34696a", "0be4b56d8e34696a"],
    ["B 130 98 medium none 25 35.5", "dcdab0e92549994c", "0556ee482a5d8c5d"],
    ["C 64 64 medium none 30 28", "d55490ce7626218d", "d55490ce7626218d"],
    ["B 130 98 veryfast none 25 23.1", "4eeaa27a6c9e71a7", "1cc8e15f15517f39"],
    ["B 64 64 superfast none 60 40", "f2bf26d81a21675f", "57708af4d502bb6f"],
    ["C 72 72 veryfast none 120 51", "463583893598031c", "463583893598031c"],
    ["D 130 98 ultrafast none 24000/1001 28", "84a6ef33bf65f78e", "84a6ef33bf65f78e"],
    ["E 64 64 medium none 30000/1001 35", "94e6a664ca01a870", "94e6a664ca01a870"],
    ["A 64 64 slow none 1 28", "3dd65d5abdd86ab2", "3dd65d5abdd86ab2"],
    ["A 130 98 slow none 24 20", "ccdd3e6b8fbba896", "ccdd3e6b8fbba896"],
    ["B 64 64 slow none 25 28", "faf38c819b5b43a5", "fc1ccc4acbce16a7"],
    ["B 130 98 slow none 25 35.5", "3e2d1bb4ac5470c4", "429e57d11038dfb1"],
    ["B 200 136 slow none 30 12", "eb9feb3e81006069", "eb9feb3e81006069"],
    ["C 64 64 slow none 25 28", "cc317dfc54bb5735", "cc317dfc54bb5735"],
    ["C 72 72 slow none 25 51", "dcd1e1706fb7ca8b", "93c6ad47cb718365"],
    ["C 200 136 slow none 1 5", "c349ef5a977104f9", "c349ef5a977104f9"],
    ["C 192 128 slow none 60 40", "b32c62efd011e391", "b32c62efd011e391"],
    ["D 130 98 slow none 25 28", "5b49227dc0c5c392", "5b49227dc0c5c392"],
    ["D 16 16 slow none 25 30", "49547e5a77850ddf", "49547e5a77850ddf"],
    ["A 34 18 slow none 25 33.5", "975e33c09c6bac67", "975e33c09c6bac67"],
    ["B 48 80 slow none 25 40", "2f49d95729453bca", "1e7b98e8626c19c7"],
    ["A 130 98 slower none 24 20", "7353045c119c59d5", "7353045c119c59d5"],
    ["B 130 98 slower none 25 35.5", "cb9d41d3d4c1e6d4", "989807910f4fec3e"],
    ["C 64 64 slower none 25 28", "f02fe4cd604de950", "f02fe4cd604de950"],
    ["D 200 136 slower none 30 23.45", "04953b0639bfe4a1", "04953b0639bfe4a1"],
    ["B 34 18 slower none 25 28", "a17d66edb663d317", "a17d66edb663d317"],
    ["C 72 72 slower none 25 12", "367dac73469463b6", "367dac73469463b6"],
    ["B 130 98 placebo none 25 28", "583e53d10062bef4", "ce5386184e4e2614"],
    ["D 130 98 placebo none 25 20", "7499bedce0f53145", "7499bedce0f53145"],
    ["C 64 64 placebo none 25 35", "e5148f4e6e20d055", "17d1a2fd53120c54"],
    ["B 64 64 medium psnr 25 28", "5848860338fc7be4", "0405dd55461246a2"],
    ["B 64 64 slow ssim 25 28", "54ee00e6d441bf20", "f4bf716cd865f8e0"],
    ["B 64 64 slow grain 25 28.9", "3eb1785f89dc7c86", "3eb1785f89dc7c86"],
    ["B 64 64 medium zerolatency 25 28.9", "dc98214f0c22dcde", "dc98214f0c22dcde"],
    ["B 64 64 medium fastdecode 25 28", "497a6031219ec1c3", "d971abb5bb5edb0e"],
    ["B 64 64 slow animation 25 28", "88ea333a595a6024", "5026cdfbf9b23bc3"],
];

#[test]
fn presets_tunes_and_frame_rates_have_the_checksums_of_the_specification() {
    for [case, of_3_5, of_4_2] in PRESETS {
        let fields: Vec<&str> = case.split(' ').collect();
        let [name, width, height, preset, tune, fps, crf] = fields[..] else { panic!("{case}") };
        let name = name.chars().next().unwrap();
        let source = input(name, width.parse().unwrap(), height.parse().unwrap());
        for (version, expected) in [(X265Version::V3_5, of_3_5), (X265Version::V4_2, of_4_2)] {
            let mut planes = source.clone();
            let settings = H265::crf(crf.parse::<f32>().unwrap())
                .unwrap()
                .preset(preset.parse().unwrap())
                .tune((tune != "none").then(|| tune.parse().unwrap()))
                .fps(fps.parse().unwrap())
                .release(version);
            FrameCompressor::new(settings).apply_to_planes(&mut planes).unwrap();
            let found = md5(&planes);
            assert!(found.starts_with(expected), "{case}, {version}: {found}");
        }
    }
}
