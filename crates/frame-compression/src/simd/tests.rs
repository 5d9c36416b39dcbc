//! Every operation of every instruction set against [`Scalar`], on random lanes and extremes.

use super::{Bytes, Dwords, Floats, Job, LaneOrder, Level, Scalar, Simd, Words};

/// Lanes of a repeatable sequence, every third one an extreme.
pub(super) struct Lanes(pub(super) u64);

impl Lanes {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 24
    }

    pub(super) fn words(&mut self) -> [i16; 16] {
        const EXTREMES: [i16; 8] = [i16::MIN, i16::MAX, -1, 0, 1, 255, 256, -255];
        std::array::from_fn(|_| {
            let bits = self.next();
            if bits.is_multiple_of(3) { EXTREMES[(bits >> 8) as usize % 8] } else { (bits >> 3) as i16 }
        })
    }

    fn dwords(&mut self) -> [i32; 8] {
        const EXTREMES: [i32; 8] = [i32::MIN, i32::MAX, -1, 0, 1, 32767, 32768, -32769];
        std::array::from_fn(|_| {
            let bits = self.next();
            if bits.is_multiple_of(3) { EXTREMES[(bits >> 8) as usize % 8] } else { (bits >> 3) as i32 }
        })
    }

    pub(super) fn bytes(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| {
            let bits = self.next();
            if bits.is_multiple_of(3) {
                [0, 255, 127, 128][(bits >> 8) as usize % 4]
            } else {
                (bits >> 3) as u8
            }
        })
    }
}

fn words<S: Simd>(vector: S::Words) -> [i16; 16] {
    let mut lanes = [0; 16];
    vector.store(&mut lanes);
    lanes
}

fn dwords<S: Simd>(vector: S::Dwords) -> [i32; 8] {
    let mut lanes = [0; 8];
    vector.store(&mut lanes);
    lanes
}

fn bytes<S: Simd>(vector: S::Bytes) -> [u8; 32] {
    let mut lanes = [0; 32];
    vector.store(&mut lanes);
    lanes
}

/// The results of every operation on the same lanes, in one list.
fn everything<S: Simd>(
    simd: S,
    a: &[i16; 16],
    b: &[i16; 16],
    c: &[u8; 32],
    d: &[u8; 32],
    e: &[i32; 8],
    f: &[i32; 8],
) -> Vec<i64> {
    let mut results = Vec::new();
    let (memory_a, memory_b) = (a, b);
    let (a, b) = (S::Words::load(simd, a), S::Words::load(simd, b));
    let (halves, _) = memory_b.as_chunks::<8>();
    let (quarters, _) = memory_b.as_chunks::<4>();
    let mut of_words = vec![
        S::Words::splat_pair(simd, memory_a[0], memory_a[1]),
        S::Words::load_halves(simd, &halves[1], &halves[0]),
        S::Words::load_quarters(simd, [&quarters[2], &quarters[0], &quarters[3], &quarters[1]]),
        a.mul_rounded(b),
        a + b,
        a - b,
        a.and(b),
        a.or(b),
        a.xor(b),
        a.min(b),
        a.max(b),
        a.saturating_add(b),
        a.saturating_sub(b),
        a.saturating_sub_unsigned(b),
        a.mul_low(b),
        a.mul_high(b),
        a.mul_high_unsigned(b),
        a.greater(b),
        a.equal(b),
        a.abs(),
        a.times_sign_of(b),
        a.shl::<0>(),
        a.shl::<3>(),
        a.shr::<0>(),
        a.shr::<5>(),
        a.shr::<15>(),
        a.shr_unsigned::<1>(),
        a.zip_low_16(b),
        a.zip_high_16(b),
        a.zip_low_32(b),
        a.zip_high_32(b),
        a.zip_low_64(b),
        a.zip_high_64(b),
        a.low_halves(b),
        a.high_halves(b),
        a.swap_halves(),
        a.fours::<0b00_01_10_11>(),
        a.fours::<0b00_10_10_00>(),
        a.fours::<0b01_11_11_01>(),
        a.fours::<0b11_01_10_00>(),
        a.transpose_4x4(),
        a.reorder(&LaneOrder::new([15, 0, 7, 8, 3, 12, 1, 14, 2, 13, 4, 11, 5, 10, 6, 9])),
        a.reorder(&LaneOrder::new([0, 4, 1, 8, 5, 2, 12, 9, 6, 3, 13, 10, 7, 14, 11, 15])),
        S::Words::splat(simd, -7),
        S::Words::load_bytes(simd, c.first_chunk().unwrap()),
        S::Words::load_bytes_halves(simd, c.first_chunk().unwrap(), c.last_chunk().unwrap()),
    ];
    let (low, high) = a.widen();
    let (e, f) = (S::Dwords::load(simd, e), S::Dwords::load(simd, f));
    let of_dwords = [
        a.mul_add_pairs(b),
        low,
        high,
        e + f,
        e - f,
        e.and(f),
        e.or(f),
        e.xor(f),
        e.min(f),
        e.max(f),
        e.mul_low(f),
        e.add_neighbours(f),
        a.as_dwords(),
        e.greater(f),
        e.equal(f),
        e.shl::<0>(),
        e.shl::<7>(),
        e.shr::<0>(),
        e.shr::<9>(),
        e.shr_unsigned::<4>(),
        e.shl_by(11),
        e.shr_by(13),
        e.shr_by(0),
        e.zip_low_32(f),
        e.zip_high_32(f),
        e.zip_low_64(f),
        e.zip_high_64(f),
        e.low_halves(f),
        e.high_halves(f),
        S::Dwords::splat(simd, 1 << 20),
    ];
    let pixels = [&c[..], &d[..]].concat();
    let twice = S::Bytes::load_twice(simd, d.first_chunk().unwrap());
    let halves = S::Bytes::load_halves(simd, c.last_chunk().unwrap(), d.first_chunk().unwrap());
    let quarters = S::Bytes::load_quarters(simd, [8, 24, 0, 16].map(|at| c[at..].first_chunk().unwrap()));
    // Floats of every size that bytes can be made of, and sums and products that are rounded.
    let [g, h, i, j] = [0, 8, 16, 24].map(|at| S::Floats::load_bytes(simd, c[at..].first_chunk().unwrap()));
    let third = S::Floats::splat(simd, 1.0 / 3.0);
    let of_floats = [g, g * third, g * third + h, h * third - i * third, i.min(j), i.max(j)];
    for floats in of_floats {
        let mut lanes = [0.0; 8];
        floats.store(&mut lanes);
        let loaded = S::Floats::load(simd, &lanes).magnitude_bits();
        results.extend(lanes.map(|lane| i64::from(lane.to_bits())));
        results.extend(dwords::<S>(loaded).map(i64::from));
    }
    let truncated = S::Floats::truncate_to_bytes([g, h * third + h * third, i * third, j]);
    let (c, d) = (S::Bytes::load(simd, c), S::Bytes::load(simd, d));
    let sign = S::Bytes::splat(simd, 128);
    let is_none = d.max(sign).equal(d);
    let indices = d.and(S::Bytes::splat(simd, 15)).or(is_none.and(c.or(sign)));
    let (low, high) = c.widen();
    of_words.extend([low, high, e.pack_words(f), e.high_words(f), e.as_words(), c.add_neighbours()]);
    of_words.extend(S::Words::load_rgb_pairs(simd, pixels.first_chunk().unwrap()));
    let of_bytes = [
        a.pack_bytes(b),
        c.and(d),
        c.or(d),
        c.xor(d),
        c.min(d),
        c.max(d),
        c.saturating_add(d),
        c.saturating_sub(d),
        c.average(d),
        c.lookup(indices),
        c.skip_first(),
        twice,
        halves,
        quarters,
        c.equal(d),
        c.zip_low_8(d),
        c.zip_high_8(d),
        c.low_halves(d),
        c.high_halves(d),
        S::Bytes::splat(simd, 200),
        truncated,
    ];
    let mut stored = [0; 16];
    a.store_bytes(&mut stored);
    results.extend(stored.map(i64::from));
    let mut packed = [0; 48];
    S::Words::store_rgb([a, b, a + b], &mut packed);
    results.extend(packed.map(i64::from));
    let [mut first, mut second] = [[0; 16]; 2];
    c.store_zipped_64(&mut first, &mut second);
    results.extend(first.into_iter().chain(second).map(i64::from));
    let zeros = [a, a.and(b), a.xor(a)].map(|x| i64::from(x.is_zero()));
    assert_eq!(zeros[2], 1);
    results.extend(zeros);
    results.push(i64::from(a.signs()));
    results.extend([i64::from(a.sum()), i64::from(e.sum()), i64::from(c.sum_of_differences(d))]);
    results.extend(of_words.into_iter().flat_map(words::<S>).map(i64::from));
    results.extend(of_dwords.into_iter().flat_map(dwords::<S>).map(i64::from));
    results.extend(of_bytes.into_iter().flat_map(bytes::<S>).map(i64::from));
    results
}

struct Everything<'a> {
    a: &'a [i16; 16],
    b: &'a [i16; 16],
    c: &'a [u8; 32],
    d: &'a [u8; 32],
    e: &'a [i32; 8],
    f: &'a [i32; 8],
}

impl Job for Everything<'_> {
    type Output = Vec<i64>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<i64> {
        let Self { a, b, c, d, e, f } = self;
        everything(simd, a, b, c, d, e, f)
    }
}

#[test]
fn every_instruction_set_computes_what_the_arrays_do() {
    let mut lanes = Lanes(1);
    // Miri looks at each access, which a few rounds show as well as many.
    for _ in 0..if cfg!(miri) { 12 } else { 2000 } {
        let (a, b, c, d, e, f) =
            (lanes.words(), lanes.words(), lanes.bytes(), lanes.bytes(), lanes.dwords(), lanes.dwords());
        let expected = everything(Scalar, &a, &b, &c, &d, &e, &f);
        for level in Level::available() {
            let found = level.run(Everything { a: &a, b: &b, c: &c, d: &d, e: &e, f: &f });
            assert_eq!(found, expected, "{level}");
        }
    }
}

#[test]
fn the_arrays_do_what_they_say() {
    let words_from = |f: fn(usize) -> i16| <Scalar as Simd>::Words::load(Scalar, &std::array::from_fn(f));
    let (a, b) = (words_from(|i| i as i16), words_from(|i| 100 + i as i16));
    assert_eq!(
        words::<Scalar>(a.zip_low_16(b)),
        [0, 100, 1, 101, 2, 102, 3, 103, 8, 108, 9, 109, 10, 110, 11, 111]
    );
    assert_eq!(
        words::<Scalar>(a.zip_high_32(b)),
        [4, 5, 104, 105, 6, 7, 106, 107, 12, 13, 112, 113, 14, 15, 114, 115]
    );
    assert_eq!(
        words::<Scalar>(a.zip_high_64(b)),
        [4, 5, 6, 7, 104, 105, 106, 107, 12, 13, 14, 15, 112, 113, 114, 115]
    );
    assert_eq!(
        words::<Scalar>(a.high_halves(b)),
        [8, 9, 10, 11, 12, 13, 14, 15, 108, 109, 110, 111, 112, 113, 114, 115]
    );
    assert_eq!(dwords::<Scalar>(a.widen().1), [4, 5, 6, 7, 12, 13, 14, 15]);
    assert_eq!(dwords::<Scalar>(a.mul_add_pairs(b)), [101, 513, 941, 1385, 1845, 2321, 2813, 3321]);
    assert_eq!(a.sum(), 120);
    let pixels = std::array::from_fn(|i| (i % 3 * 100 + i / 3) as u8);
    let [red_green, _, _, blue_green] = <Scalar as Simd>::Words::load_rgb_pairs(Scalar, &pixels);
    assert_eq!(words::<Scalar>(red_green)[6..10], [3, 103, 8, 108]);
    assert_eq!(words::<Scalar>(blue_green)[6..10], [207, 107, 212, 112]);
    let mut packed = [0; 48];
    <Scalar as Simd>::Words::store_rgb([a, b, words_from(|i| 200 + i as i16)], &mut packed);
    assert_eq!(packed, pixels);
    let (mut low, mut high) = ([0; 24], [0; 24]);
    <Scalar as Simd>::Words::store_rgb_halves([a, b, words_from(|i| 200 + i as i16)], &mut low, &mut high);
    assert_eq!((&low[..], &high[..]), pixels.split_at(24));
    assert_eq!(dwords::<Scalar>(a.as_dwords())[..2], [1 << 16, 3 << 16 | 2]);
    assert_eq!(words::<Scalar>(a.as_dwords().as_words()), words::<Scalar>(a));
    let sums = a.widen().0.add_neighbours(a.widen().1);
    assert_eq!(dwords::<Scalar>(sums), [1, 5, 9, 13, 17, 21, 25, 29]);
    let mut zipped = [[0; 16]; 2];
    let [low, high] = &mut zipped;
    <Scalar as Simd>::Bytes::load(Scalar, &std::array::from_fn(|i| i as u8)).store_zipped_64(low, high);
    assert_eq!((zipped[0][7..9].to_vec(), zipped[1][7..9].to_vec()), (vec![7, 16], vec![15, 24]));
    let order = [3, 12, 1, 14, 15, 0, 7, 8, 2, 13, 4, 11, 5, 10, 6, 9];
    assert_eq!(words::<Scalar>(a.reorder(&LaneOrder::new(order))), order.map(i16::from));
    assert_eq!(words::<Scalar>(a.transpose_4x4()), [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]);
    assert_eq!(
        words::<Scalar>(a.fours::<0b00_10_11_01>()),
        [4, 5, 6, 7, 12, 13, 14, 15, 8, 9, 10, 11, 0, 1, 2, 3]
    );
}

#[test]
fn the_highest_level_comes_last_and_names_are_distinct() {
    let levels = Level::available();
    assert!(matches!(levels[0], Level::Scalar(_)));
    let mut names: Vec<_> = levels.iter().map(|level| level.name()).collect();
    names.dedup();
    assert_eq!(names.len(), levels.len());
    assert!(names.contains(&Level::current().name()));
}

/// Whether a source inlines `run` of every job, which it can compile without, but slowly; and how many jobs it has.
fn inlined_jobs(source: &str) -> Result<usize, String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let mut jobs = 0;
    for (at, job) in lines.iter().enumerate() {
        if !(job.starts_with("impl") && job.contains("Job for ")) {
            continue;
        }
        jobs += 1;
        let run = lines[at..].iter().position(|line| line.starts_with("fn run<")).map(|run| at + run);
        let attributes = run.map_or(&[][..], |run| &lines[at..run]);
        // Between the run and what comes before it: the attribute, perhaps with others.
        let own = attributes.iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        if !own.clone().any(|line| *line == "#[inline(always)]") {
            return Err(format!("{job}: its run lacks #[inline(always)]"));
        }
    }
    Ok(jobs)
}

#[test]
#[cfg(not(any(target_arch = "wasm32", miri)))]
fn every_job_is_inlined_into_its_instruction_set() {
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut jobs = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                jobs += inlined_jobs(&source).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
            }
        }
    }
    assert!(jobs >= 15, "only {jobs} jobs were found");
}

#[test]
fn a_job_that_is_not_inlined_is_found() {
    let job = |attribute: &str| {
        format!(
            "impl Job for Work<'_> {{\n    type Output = ();\n\n    {attribute}\n    fn run<S: Simd>(self, simd: S) {{}}\n}}\n"
        )
    };
    assert_eq!(inlined_jobs(&job("#[inline(always)]")), Ok(1));
    assert_eq!(inlined_jobs(&job("#[inline(always)]").repeat(3)), Ok(3));
    for forgotten in [job(""), job("#[inline]"), job("#[inline(always)]") + &job("")] {
        assert!(inlined_jobs(&forgotten).is_err(), "{forgotten}");
    }
}
