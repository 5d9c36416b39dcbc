//! Every instruction set gives the same samples.

use test_pictures::{Rng, random_picture};

use super::{Engine, WebP, WebPFilter, power::power, tables};
use crate::engine::Engine as _;
use crate::simd::Level;

/// A picture there and back.
fn round_trip(level: Level, settings: WebP, rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut engine = Engine::at(level, settings);
    engine.begin(width, height).unwrap();
    let row = |y: usize| &rgb[3 * width * y.min(height - 1)..][..3 * width];
    for y in (0..height).step_by(2) {
        let ready = engine.put(y, [row(y), row(y + 1)]).unwrap();
        assert_eq!(ready.end, if y + 2 < height { 0 } else { height });
    }
    let mut out = vec![0; rgb.len()];
    for (y, row) in out.chunks_exact_mut(3 * width).enumerate() {
        engine.get(y, row);
    }
    out
}

#[test]
fn every_level_gives_the_same_samples() {
    let mut rng = Rng::new(17);
    for number in 0..210 {
        let (width, height) = (1 + rng.below(90), 1 + rng.below(70));
        let picture = random_picture(&mut rng, width, height);
        let settings = WebP {
            filter: WebPFilter::ALL[usize::from(rng.below(4) == 0)],
            filter_strength: rng.below(101) as u8,
            ..WebP::quality(100.0 * rng.unit()).unwrap().method((number % 7) as u8).unwrap()
        };
        let [scalar, others @ ..] = &Level::available()[..] else { unreachable!() };
        let expected = round_trip(*scalar, settings, &picture.rgb, width, height);
        for level in others {
            let given = round_trip(*level, settings, &picture.rgb, width, height);
            assert!(given == expected, "{level}: picture {number}, {width}x{height}, {settings:?}");
        }
    }
}

#[test]
fn tables_are_what_their_formulas_say() {
    for (v, &linear) in tables::TO_LINEAR.iter().enumerate() {
        assert_eq!(linear, (power(v as f64 / 255.0, 0.8) * 4095.0 + 0.5) as u16);
    }
    for (k, &sample) in tables::FROM_LINEAR.iter().enumerate() {
        assert_eq!(sample, (255.0 * power(k as f64 * (128.0 / 4095.0), 1.0 / 0.8) + 0.5) as u8);
    }
}

#[test]
fn powers_are_those_of_the_standard_library() {
    let mut rng = Rng::new(3);
    for _ in 0..10_000 {
        let (base, exponent) = (f64::from(rng.unit()), 0.05 + 2.0 * f64::from(rng.unit()));
        let (ours, theirs) = (power(base, exponent), base.powf(exponent));
        assert!((ours - theirs).abs() <= 1e-14 * theirs, "{base}^{exponent}: {ours} for {theirs}");
    }
    assert_eq!((power(0.0, 0.5), power(1.0, 0.5)), (0.0, 1.0));
}
