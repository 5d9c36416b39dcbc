use test_pictures::{Picture, Rng};

use super::*;

/// Checksums of FFmpeg's conversions (provenance in the file).
const GOLDEN: &str = include_str!("../../../tests/golden/colour-ffmpeg.txt");

fn picture(kind: &str, width: usize, height: usize) -> Picture {
    let mut rng = Rng::new((height * 65536 + width) as u64);
    Picture::from_fn(width, height, |x, y| match kind {
        "noise" => std::array::from_fn(|_| rng.byte()),
        "steps" => std::array::from_fn(|c| if (x / 3 + y / 2 + c).is_multiple_of(3) { 255 } else { 0 }),
        _ => panic!("no picture is called {kind}"),
    })
}

fn random_planes(rng: &mut Rng, width: usize, height: usize, subsampling: Subsampling) -> Planes {
    let mut planes = Planes::new(width, height, subsampling).unwrap();
    for plane in [&mut planes.y, &mut planes.cb, &mut planes.cr] {
        for y in 0..plane.height {
            plane.row_mut(y).fill_with(|| rng.byte());
        }
    }
    planes
}

fn to_planes(converter: &mut Converter, picture: &Picture, subsampling: Subsampling) -> Planes {
    let mut planes = Planes::new(picture.width, picture.height, subsampling).unwrap();
    let mut done = 0;
    for (y, row) in picture.rgb.chunks_exact(3 * picture.width).enumerate() {
        let rows = converter.put(y, row, &mut planes);
        assert_eq!(rows.start, done);
        done = rows.end;
    }
    assert_eq!(done, planes.cb.height, "the last row completes chroma");
    planes
}

fn to_rgb(converter: &mut Converter, planes: &Planes) -> Vec<u8> {
    let mut rgb = vec![0; planes.width() * planes.height() * 3];
    for (y, row) in rgb.chunks_exact_mut(planes.width() * 3).enumerate() {
        converter.get(y, planes, row);
    }
    rgb
}

fn crc<'a>(rows: impl Iterator<Item = &'a [u8]>) -> String {
    let mut hasher = crc32fast::Hasher::new();
    rows.for_each(|row| hasher.update(row));
    format!("{:08x}", hasher.finalize())
}

#[test]
fn conversions_equal_ffmpeg_s() {
    Level::available().into_iter().for_each(conversions_at_a_level_equal_ffmpeg_s);
}

fn conversions_at_a_level_equal_ffmpeg_s(level: Level) {
    let mut converter = Converter::new(level);
    let mut compared = 0;
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let [direction, colours, machine, subsampling, range, kind, width, height, checksums @ ..] =
            &fields[..]
        else {
            panic!("{line}")
        };
        let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
        let subsampling = subsampling.parse().unwrap();
        let conversion = Conversion {
            colours: colours.parse().unwrap(),
            machine: machine.parse().unwrap(),
            full_range: *range != "limited" && *range != "left",
            left: *range == "left",
        };
        assert!(Converter::takes(&conversion, subsampling, width));
        converter.begin(conversion, width, height, subsampling);
        let found = if *direction == "to" {
            let planes = to_planes(&mut converter, &picture(kind, width, height), subsampling);
            let rows = |plane: &Plane| crc((0..plane.height).map(|y| plane.row(y)));
            [&planes.y, &planes.cb, &planes.cr].map(rows).join(" ")
        } else {
            let mut rng = Rng::new((height * 131_072 + width) as u64);
            let planes = random_planes(&mut rng, width, height, subsampling);
            crc(std::iter::once(&to_rgb(&mut converter, &planes)[..]))
        };
        assert_eq!(found, checksums.join(" "), "{level}: {line}");
        compared += 1;
    }
    assert_eq!(compared, 1282);
}

/// Input F of docs/spec/ltx-on-real-machines.md, section 8.2.
fn input_f(width: usize, height: usize) -> Picture {
    Picture::from_fn(width, height, |x, y| {
        let blue = 200 + 11 * (x / 9) as i32 - 7 * (y / 5) as i32 + ((3 * x + 5 * y) & 7) as i32;
        [(5 * x + 3 * y + x * y / 4) as u8, ((x * x + y * y) / 8) as u8, blue as u8]
    })
}

/// PyAV's checksums of that section, had on x86-64 and on ARM: height, width, planes, and RGB again, for x86-64, for ARM
/// and for ARM with PyAV up to 17.0.
#[test]
fn every_machine_gets_its_own_conversions() {
    let golden = [
        (2, 16, ["3541c194", "3541c194"], ["82c47da4", "f92bbf21", "d31726e3"]),
        (2, 18, ["d73d2d6e", "d73d2d6e"], ["2923e902", "c4e07c8c", "c4e07c8c"]),
        (4, 16, ["409420c1", "409420c1"], ["e5046ce1", "2ca46589", "0e639d87"]),
        (4, 18, ["e3f741a2", "e3f741a2"], ["698ea3d2", "282e85de", "282e85de"]),
        (6, 34, ["ec1ecf86", "e272c26f"], ["413f0df6", "23ca1210", "23ca1210"]),
        (6, 48, ["1eac040b", "ce130b3c"], ["760b5b4a", "0d3e99da", "3e5cabe7"]),
        (8, 16, ["382330af", "701b3369"], ["23b11f50", "2dcd6e3b", "e8cffeb1"]),
        (66, 70, ["c8cfc869", "d3abafc8"], ["394ad811", "00277331", "00277331"]),
        (270, 64, ["a9a62c21", "121c0a0e"], ["7a9f97ab", "3e1120cb", "48d5a176"]),
        (270, 66, ["21642ff3", "e01b6438"], ["9b792d12", "3250b4e1", "3250b4e1"]),
    ];
    for (height, width, planes, back) in golden {
        let ways = [
            (Colours::PyAv, Machine::X86_64, planes[0], back[0]),
            (Colours::PyAv, Machine::Arm64, planes[1], back[1]),
            (Colours::PyAv17, Machine::Arm64, planes[1], back[2]),
        ];
        for (colours, machine, expected_planes, expected_rgb) in ways {
            let mut converter = Converter::default();
            let conversion = Conversion { colours, machine, full_range: false, left: false };
            converter.begin(conversion, width, height, Subsampling::S420);
            let planes = to_planes(&mut converter, &input_f(width, height), Subsampling::S420);
            let all = [&planes.y, &planes.cb, &planes.cr];
            let found = crc(all.into_iter().flat_map(|plane| (0..plane.height).map(|y| plane.row(y))));
            assert_eq!(found, expected_planes, "{width}x{height} {machine}");
            let rgb = to_rgb(&mut converter, &planes);
            assert_eq!(crc(std::iter::once(&rgb[..])), expected_rgb, "{width}x{height} {machine} {colours}");
        }
    }
}

/// All values of Y, Cb and Cr, as that section orders them, through the three ways back: its checksums.
#[test]
fn every_colour_comes_back_as_on_every_machine() {
    let mut planes = Planes::new(4096, 4096, Subsampling::S420).unwrap();
    for by in 0..2048 {
        for bx in 0..2048 {
            let block = 2048 * by + bx;
            let chroma = 40503 * (block / 64) % 65536;
            planes.cb.row_mut(by)[bx] = (chroma / 256) as u8;
            planes.cr.row_mut(by)[bx] = chroma as u8;
            for i in 0..4 {
                planes.y.row_mut(2 * by + i / 2)[2 * bx + i % 2] = (4 * (block % 64) + i) as u8;
            }
        }
    }
    let ways = [
        (Colours::PyAv, Machine::X86_64, "ba538b88"),
        (Colours::PyAv, Machine::Arm64, "cb734761"),
        (Colours::PyAv17, Machine::Arm64, "f60cf88c"),
    ];
    let mut row = vec![0; 3 * 4096];
    for (colours, machine, expected) in ways {
        let mut converter = Converter::default();
        converter.begin(
            Conversion { colours, machine, full_range: false, left: false },
            4096,
            4096,
            Subsampling::S420,
        );
        let mut hasher = crc32fast::Hasher::new();
        for y in 0..4096 {
            converter.get(y, &planes, &mut row);
            hasher.update(&row);
        }
        assert_eq!(format!("{:08x}", hasher.finalize()), expected, "{colours} {machine}");
    }
}

/// Rows are ready no later than the chroma they need, and all of them at the end.
#[test]
fn rows_are_ready_when_their_chroma_is() {
    for height in 1..40 {
        let mut converter = Converter::default();
        converter.begin(Conversion::default(), 16, height, Subsampling::S420);
        let ready: Vec<usize> = (0..=height).map(|luma| converter.ready(luma)).collect();
        assert!(ready.is_sorted() && ready[height] == height, "{ready:?}");
        assert!(height % 2 == 1 || ready.iter().enumerate().all(|(luma, &ready)| luma == ready));
    }
}

#[test]
fn every_level_gives_the_same_samples() {
    let mut rng = Rng::new(22);
    for number in 0..900 {
        let (width, height) = (1 + rng.below(150), 1 + rng.below(20));
        let subsampling = [Subsampling::S420, Subsampling::S422, Subsampling::S444][number % 3];
        let colours = Colours::ALL[rng.below(Colours::ALL.len())];
        let machine = Machine::ALL[rng.below(2)];
        let conversion =
            Conversion { colours, machine, full_range: rng.below(2) == 0, left: rng.below(2) == 0 };
        // Every other picture of nothing but extremes, and chroma that no RGB has.
        let extreme = number % 2 == 1;
        let mut sample = || if extreme { 255 * (rng.byte() >> 7) } else { rng.byte() };
        let picture = Picture::from_fn(width, height, |_, _| [sample(), sample(), sample()]);
        let mut wild = random_planes(&mut rng, width, height, subsampling);
        if extreme {
            for plane in [&mut wild.y, &mut wild.cb, &mut wild.cr] {
                plane.samples.iter_mut().for_each(|sample| *sample = 255 * (*sample >> 7));
            }
        }
        let through = |level: Level| {
            let mut converter = Converter::new(level);
            converter.begin(conversion, width, height, subsampling);
            let planes = to_planes(&mut converter, &picture, subsampling);
            let rgb = [&planes, &wild].map(|planes| to_rgb(&mut converter, planes));
            (planes.y.samples, planes.cb.samples, planes.cr.samples, rgb)
        };
        let [scalar, others @ ..] = &Level::available()[..] else { unreachable!() };
        let expected = through(*scalar);
        for level in others {
            assert!(through(*level) == expected, "{level}: {width}x{height} {subsampling} {conversion:?}");
        }
    }
}
