//! What stays inside of parts against [`Scalar`], 16 lanes at a time, and the rest against its definition.

use super::super::tests::Lanes;
use super::super::{Level, Scalar, WideJob, transpose_pairs};
use super::{Array, ByteVector, DwordVector, Vectors, WordVector};

/// Words of a vector.
fn words<V: Vectors>(vector: V::Words) -> Vec<i16> {
    let mut lanes = V::WordLanes::zeros();
    vector.store(&mut lanes);
    lanes.as_ref().to_vec()
}

/// The results of every operation that stays inside of parts.
fn inside<V: Vectors>(simd: V, a: &[i16], b: &[i16]) -> Vec<Vec<i16>> {
    let [a, b] = [a, b].map(|lanes| V::Words::load(simd, V::WordLanes::of(lanes, 0)));
    let ((low, high), (e, f), (c, d)) =
        (a.widen(), (a.as_dwords(), b.as_dwords()), (a.pack_bytes(b), b.pack_bytes(a)));
    let (zipped_low, zipped_high) = (c.zip_low_8(d).widen(), c.zip_high_8(d).widen());
    let sums = low.add_neighbours(high);
    [
        a,
        a + b,
        a - b,
        a.and(b),
        a.or(b),
        a.xor(b),
        a.min(b),
        a.saturating_add(b),
        a.mul_low(b),
        a.mul_high(b),
        a.mul_high_unsigned(b),
        a.mul_rounded(b),
        a.greater(b),
        a.equal(b),
        a.equal(a.or(b)),
        a.abs(),
        a.and(b.abs()).with_sign_of(b),
        a.shl::<0>(),
        a.shl::<3>(),
        a.shr::<0>(),
        a.shr::<5>(),
        a.shr::<15>(),
        a.zip_low_16(b),
        a.zip_high_16(b),
        a.zip_low_32(b),
        a.zip_high_32(b),
        a.zip_low_64(b),
        a.zip_high_64(b),
        a.swap_neighbours(),
        a.mul_add_pairs(b).as_words(),
        low.as_words(),
        high.as_words(),
        (e + f).as_words(),
        (e - f).as_words(),
        e.mul_low(f).as_words(),
        e.equal(f).as_words(),
        e.equal(a.or(b).as_dwords()).as_words(),
        e.shl::<0>().as_words(),
        e.shl::<5>().as_words(),
        e.shr::<0>().as_words(),
        e.shr::<9>().as_words(),
        e.shr::<17>().as_words(),
        e.add_neighbours(f).as_words(),
        e.plus_products(a, b).as_words(),
        sums.plus_products(b, b).as_words(),
        e.pack_words(f),
        e.high_words(f),
        e.with_high_words(f),
        c.widen().0,
        c.widen().1,
        c.add_neighbours(),
        zipped_low.0,
        zipped_low.1,
        zipped_high.0,
        zipped_high.1,
        V::Words::splat(simd, -7),
        V::Words::splat_pair(simd, 300, -2),
        V::Dwords::splat(simd, 1 << 20 | 77).as_words(),
    ]
    .map(words::<V>)
    .to_vec()
}

/// Eight bytes of each 16 in turn.
fn unzipped<T: Copy>(lanes: &[T], of_part: usize) -> Vec<T> {
    let part =
        |half: usize| lanes.chunks(of_part).flat_map(move |part| &part[half * of_part / 2..][..of_part / 2]);
    part(0).chain(part(1)).copied().collect()
}

fn clamped(word: i16) -> u8 {
    word.clamp(0, 255) as u8
}

/// Asserts that what crosses parts is as it is defined.
fn across<V: Vectors>(simd: V, a: &[i16], b: &[i16], bytes: &[u8]) {
    let lanes = V::LANES;
    let (memory_a, memory_b) = (a, b);
    let load = |lanes: &[i16]| V::Words::load(simd, V::WordLanes::of(lanes, 0));
    let (a, b) = (load(a), load(b));
    let loaded = V::Words::load_bytes(simd, V::HalfBytes::of(bytes, 0));
    assert_eq!(words::<V>(loaded), bytes[..lanes].iter().map(|&byte| i16::from(byte)).collect::<Vec<_>>());
    let mut stored = V::HalfBytes::zeros();
    a.store_bytes(&mut stored);
    assert_eq!(stored.as_ref(), memory_a.iter().map(|&word| clamped(word)).collect::<Vec<_>>());
    assert_eq!(words::<V>(a.unzip_64()), unzipped(memory_a, 8));
    let repeated = V::Words::repeat(simd, memory_b.first_chunk().unwrap());
    assert_eq!(words::<V>(repeated), memory_b[..16].repeat(lanes / 16));
    let numbers =
        std::array::from_fn(|i| i32::from(memory_a[2 * i]) << 16 | i32::from(memory_a[2 * i + 1] as u16));
    let pairs = numbers.map(|number| [number as i16, (number >> 16) as i16]).concat();
    assert_eq!(words::<V>(V::Dwords::repeat(simd, &numbers).as_words()), pairs.repeat(lanes / 16));
    let joined = memory_a.chunks(2).chain(memory_b.chunks(2)).map(|pair| {
        let number = i32::from(pair[1]) << 16 | i32::from(pair[0] as u16);
        number.clamp(i16::MIN.into(), i16::MAX.into()) as i16
    });
    assert_eq!(words::<V>(a.as_dwords().join_words(b.as_dwords())), joined.collect::<Vec<_>>());

    let vector = V::Bytes::load(simd, V::ByteLanes::of(bytes, 0));
    let expected = unzipped(&bytes[..2 * lanes], 16);
    let mut whole = V::ByteLanes::zeros();
    vector.store_unzipped_64(&mut whole);
    assert_eq!(whole.as_ref(), expected);
    let [mut low, mut high] = [V::HalfBytes::zeros(); 2];
    vector.store_zipped_64(&mut low, &mut high);
    assert_eq!([low.as_ref(), high.as_ref()].concat(), expected);

    let pairs = V::Words::load_rgb_pairs(simd, V::Rgb::of(bytes, 0));
    for (i, channels) in [[0, 1], [0, 1], [2, 1], [2, 1]].into_iter().enumerate() {
        let expected = (0..lanes).map(|lane| {
            let pixel = lane / 8 * 8 + i % 2 * 4 + lane % 8 / 2;
            i16::from(bytes[3 * pixel + channels[lane % 2]])
        });
        assert_eq!(words::<V>(pairs[i]), expected.collect::<Vec<_>>(), "pairs {i}");
    }
    let (other, third) = ([memory_b, memory_a], words::<V>(a + b));
    let low = [memory_a, memory_b, &third];
    let high = [other[0], other[1], &third];
    let mut rgb = V::Rgb::zeros();
    V::Words::store_rgb(low.map(load), &mut rgb);
    let expected = (0..lanes).flat_map(|x| low.map(|channel| clamped(channel[x])));
    assert_eq!(rgb.as_ref(), expected.collect::<Vec<_>>());
    let mut rgb = V::RgbOfBytes::zeros();
    V::Words::store_rgb_zipped(low.map(load), high.map(load), &mut rgb);
    let expected = (0..2 * lanes).flat_map(|x| {
        let channels = if x % 16 < 8 { low } else { high };
        channels.map(|channel| clamped(channel[x / 16 * 8 + x % 8]))
    });
    assert_eq!(rgb.as_ref(), expected.collect::<Vec<_>>());

    let rows: [Vec<i16>; 8] = std::array::from_fn(|y| memory_a.iter().map(|&word| word ^ y as i16).collect());
    let columns = transpose_pairs::<V>(std::array::from_fn(|y| load(&rows[y]))).map(words::<V>);
    for (i, lane) in (0..8).flat_map(|i| (0..lanes).map(move |lane| (i, lane))) {
        let (row, column) = (i % 2 * 4 + lane % 8 / 2, i / 2 * 2 + lane % 2);
        assert_eq!(columns[i][lane], rows[row][lane / 8 * 8 + column], "vector {i}, lane {lane}");
    }

    for lane in 0..lanes {
        let mut one = vec![0; lanes];
        assert!(load(&one).is_zero());
        one[lane] = 1 << (lane % 16);
        assert!(!load(&one).is_zero(), "lane {lane}");
    }
}

struct Everything<'a> {
    a: &'a [i16],
    b: &'a [i16],
    bytes: &'a [u8],
}

impl WideJob for Everything<'_> {
    type Output = Vec<Vec<i16>>;

    #[inline(always)]
    fn run<V: Vectors>(self, simd: V) -> Vec<Vec<i16>> {
        let Self { a, b, bytes } = self;
        let (a, b) = (&a[..V::LANES], &b[..V::LANES]);
        across(simd, a, b, bytes);
        inside(simd, a, b)
    }
}

#[test]
fn every_width_computes_what_its_parts_do() {
    let mut lanes = Lanes(2);
    for _ in 0..if cfg!(miri) { 6 } else { 600 } {
        let mut thirty_two = || [lanes.words(), lanes.words()].concat();
        let (a, b) = (thirty_two(), thirty_two());
        let bytes = [lanes.bytes(), lanes.bytes(), lanes.bytes()].concat();
        let [low, high] = [0, 16].map(|from| inside(Scalar, &a[from..], &b[from..]));
        for level in Level::available() {
            let found = level.run_wide(Everything { a: &a, b: &b, bytes: &bytes });
            for (i, (found, parts)) in found.iter().zip(low.iter().zip(&high)).enumerate() {
                let expected = [&parts.0[..], parts.1].concat();
                assert_eq!(found[..], expected[..found.len()], "{level}: operation {i}");
            }
        }
    }
}

#[test]
fn rows_that_wide_vectors_do_not_fit_have_narrow_ones() {
    for level in Level::available() {
        assert_eq!(level.for_rows(64).name(), level.name());
        let narrow = if level.name() == "avx512" { "avx2" } else { level.name() };
        assert_eq!(level.for_rows(63).name(), narrow);
    }
}
