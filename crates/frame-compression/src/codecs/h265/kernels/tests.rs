//! Every kernel on every instruction set against its plain form: that of [`Scalar`], or the module of its topic.

use super::super::distortion;
use super::super::levels::LevelsMut;
use super::super::predict::{self, References};
use super::super::quantise::Quantiser;
use super::super::scan::luma_scan;
use super::super::transform::Kernel;
use super::*;
use crate::simd::{Job, Level, Scalar, Simd};
use test_pictures::Rng;

/// Samples of a random kind: noise of a random strength around a slope, or extremes.
fn samples(rng: &mut Rng, count: usize) -> Vec<u8> {
    let (kind, strength, base) = (rng.below(4), 1 + rng.below(256), rng.below(256));
    (0..count)
        .map(|i| match kind {
            0 => 255 * (rng.byte() >> 7),
            _ => (base + i % 32 * kind + rng.below(strength)).saturating_sub(strength / 2).min(255) as u8,
        })
        .collect()
}

fn references(rng: &mut Rng) -> References {
    let mut references = References::default();
    references.left.copy_from_slice(&samples(rng, 65));
    references.top.copy_from_slice(&samples(rng, 65));
    references.top[0] = references.left[0];
    references
}

fn predictions_agree<S: Simd, const N: usize>(simd: S, rng: &mut Rng) {
    let (plain, filtered) = (references(rng), references(rng));
    let source = samples(rng, N * N);
    let mut turned = vec![0; N * N];
    simd.vectorize(|| transpose::<S, N>(simd, &source, &mut turned));
    for (i, &sample) in source.iter().enumerate() {
        assert_eq!(turned[i % N * N + i / N], sample);
    }
    let both = BothReferences { plain: &plain, filtered: &filtered };
    let found = simd.vectorize(|| sa8d_of_modes::<S, N>(simd, &source, &turned, both));
    assert_eq!(found, sa8d_of_modes::<Scalar, N>(Scalar, &source, &turned, both));

    for mode in 0..predict::MODES {
        for smooth_edges in [false, true] {
            let (mut found, mut expected) = (vec![0; N * N], vec![0; N * N]);
            simd.vectorize(|| predict::<S, N>(simd, mode, &plain, smooth_edges, &mut found));
            predict::predict::<N>(mode, &plain, smooth_edges, &mut expected);
            assert_eq!(found, expected, "mode {mode} of {N}x{N}");
        }
    }
    let found = simd.vectorize(|| textures::<S, N>(simd, &source));
    let mut expected = textures::<Scalar, N>(Scalar, &source);
    let mut found_in_order = found;
    // The order differs: compare what is compared.
    expected.sort_unstable();
    found_in_order.sort_unstable();
    assert_eq!(found_in_order, expected);
}

fn transforms_agree<S: Simd, const N: usize>(simd: S, kernel: Kernel, rng: &mut Rng) {
    let (source, prediction) = (samples(rng, N * N), samples(rng, N * N));
    let (mut found, mut expected) = (vec![0; N * N], vec![0; N * N]);
    simd.vectorize(|| residual(simd, &source, &prediction, N * N, &mut found));
    residual(Scalar, &source, &prediction, N * N, &mut expected);
    assert_eq!(found, expected);
    let differences = expected.clone();
    simd.vectorize(|| forward::<S, N>(simd, kernel, &differences, &mut found));
    forward::<Scalar, N>(Scalar, kernel, &differences, &mut expected);
    assert_eq!(found, expected, "forward transform of {N}x{N}");

    let used = (4 + 4 * rng.below(N / 4), 4 + 4 * rng.below(N / 4));
    let wild = [40, 2000, 65536][rng.below(3)];
    let mut coefficients = vec![0; N * N];
    for (i, coefficient) in coefficients.iter_mut().enumerate() {
        if i % N < used.0 && i / N < used.1 && rng.below(3) > 0 {
            *coefficient = (rng.below(wild) as i32 - wild as i32 / 2) as i16;
        }
    }
    simd.vectorize(|| inverse::<S, N>(simd, kernel, &coefficients, used, &mut found));
    inverse::<Scalar, N>(Scalar, kernel, &coefficients, used, &mut expected);
    assert_eq!(found, expected, "inverse transform of {N}x{N}, {used:?}");

    for residual in [Some(&found[..]), None] {
        let (mut a, mut b) = (prediction.clone(), prediction.clone());
        let error = simd.vectorize(|| reconstruct(simd, &source, &mut a, N * N, residual));
        assert_eq!(error, reconstruct(Scalar, &source, &mut b, N * N, residual));
        assert_eq!((error, a), (distortion::squared_error::<N>(&source, N, &b), b));
    }
}

fn quantisers_agree<S: Simd, const N: usize>(simd: S, rng: &mut Rng) {
    let log2 = N.ilog2();
    let quantiser = Quantiser::new(rng.below(52) as u8, log2);
    let scan = luma_scan(log2, rng.below(35) as u8);
    let strength = [60, 600, 6000, 65000][rng.below(4)];
    let coefficients: Vec<i16> =
        (0..N * N).map(|_| (rng.below(strength) as i32 - strength as i32 / 2) as i16).collect();
    let sign_hiding = rng.below(3) > 0;
    let run = |vector: bool| {
        let (mut levels, mut significant) = (vec![0; N * N], vec![0; N * N / 16]);
        let mut out = LevelsMut { levels: &mut levels, significant: &mut significant };
        let mut scaled = coefficients.clone();
        let used = if vector {
            simd.vectorize(|| quantiser.code::<S, N>(simd, &mut scaled, scan, sign_hiding, &mut out))
        } else {
            quantiser.code::<Scalar, N>(Scalar, &mut scaled, scan, sign_hiding, &mut out)
        };
        if used.is_none() {
            scaled.clear();
        }
        (levels, significant, scaled, used)
    };
    assert_eq!(run(true), run(false));
}

/// One body for every instruction set.
fn everything_agrees<S: Simd>(simd: S) {
    let mut rng = Rng::new(65);
    for _ in 0..60 {
        predictions_agree::<S, 4>(simd, &mut rng);
        predictions_agree::<S, 8>(simd, &mut rng);
        predictions_agree::<S, 16>(simd, &mut rng);
        predictions_agree::<S, 32>(simd, &mut rng);
        transforms_agree::<S, 4>(simd, Kernel::Dst, &mut rng);
        transforms_agree::<S, 4>(simd, Kernel::Dct, &mut rng);
        transforms_agree::<S, 8>(simd, Kernel::Dct, &mut rng);
        transforms_agree::<S, 16>(simd, Kernel::Dct, &mut rng);
        transforms_agree::<S, 32>(simd, Kernel::Dct, &mut rng);
        for _ in 0..8 {
            quantisers_agree::<S, 4>(simd, &mut rng);
            quantisers_agree::<S, 8>(simd, &mut rng);
            quantisers_agree::<S, 16>(simd, &mut rng);
            quantisers_agree::<S, 32>(simd, &mut rng);
        }
    }
}

struct EverythingAgrees;

impl Job for EverythingAgrees {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        everything_agrees(simd);
    }
}

#[test]
fn kernels_agree_with_their_plain_forms_on_every_instruction_set() {
    for level in Level::available() {
        level.run(EverythingAgrees);
    }
}
