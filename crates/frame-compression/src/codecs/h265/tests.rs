//! The whole way, on every instruction set and on several threads.

use test_pictures::{Rng, random_picture};

use super::{H265, Preset, Reconstruction, Tune};
use crate::names::Subsampling;
use crate::planes::{Component, Planes};
use crate::quality::Crf;
use crate::simd::Level;

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

fn random_planes(rng: &mut Rng, width: usize, height: usize) -> Planes {
    let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
    let picture = random_picture(rng, width, height).ycbcr(2, 2);
    for (component, samples) in COMPONENTS.into_iter().zip(picture) {
        let width = planes.size(component).0;
        for (y, row) in samples.chunks_exact(width).enumerate() {
            planes.row_mut(component, y).copy_from_slice(row);
        }
    }
    planes
}

fn samples(planes: &Planes) -> Vec<u8> {
    let rows = COMPONENTS.into_iter().flat_map(|component| {
        (0..planes.size(component).1).flat_map(move |y| planes.row(component, y).iter().copied())
    });
    rows.collect()
}

/// Runs something on so many threads, or outside of any pool.
fn on_threads<R: Send>(threads: usize, run: impl FnOnce() -> R + Send) -> R {
    #[cfg(feature = "rayon")]
    if threads > 0 {
        return rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run);
    }
    let _ = threads;
    run()
}

#[test]
fn levels_and_threads_give_the_same_bits() {
    let mut rng = Rng::new(265);
    for (case, preset) in Preset::ALL.into_iter().enumerate() {
        let (width, height) = (150 + 2 * rng.below(80), 66 + 2 * rng.below(80));
        let source = random_planes(&mut rng, width, height);
        let tune = (case % 2 > 0).then(|| Tune::ALL[case / 2]);
        let settings = H265::crf(Crf::new(24.5).unwrap()).unwrap().preset(preset).tune(tune);
        let run = |level: Level, threads: usize| {
            let mut planes = source.clone();
            on_threads(threads, || Reconstruction::at(level).run(&mut planes, &settings));
            samples(&planes)
        };
        let expected = run(Level::available()[0], 0);
        for level in Level::available() {
            for threads in [0, 1, 2, 3] {
                assert!(
                    run(level, threads) == expected,
                    "{width}x{height} {preset}, {level}, {threads} threads"
                );
            }
        }
    }
}

/// A panic in the middle of one row reaches the caller, and the rows below do not wait for it.
#[test]
fn a_panic_in_a_worker_reaches_the_caller() {
    let source = random_planes(&mut Rng::new(1), 512, 448);
    for threads in [0, 1, 2, 3, 7] {
        let mut planes = source.clone();
        let run = || {
            let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let mut reconstruction = Reconstruction::at(Level::current());
                reconstruction.fails_at = Some((3, 2));
                reconstruction.run(&mut planes, &H265::default());
            }));
            panics.is_err()
        };
        assert!(on_threads(threads, run), "{threads} threads");
    }
}
