//! One picture on the threads of the caller's rayon pool: rows of macroblocks side by side, each two macroblocks behind
//! the one above, with the bits of the rows in order.
//!
//! What a row cannot wait for is the QP that the row above stores last. It is guessed from adaptive quantisation
//! alone (as if every macroblock had a residual) and compared once the row above is done; where the guess was wrong and
//! it matters, the row starts again, and with it the rows that built on it (docs/spec/h264-intra.md, section 19).

mod picture;
mod protocol;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use super::frame::{Frame, Slices};
use super::rows::{Band, Coded};
use crate::planes::Planes;
use crate::simd::Level;
use crate::threads;
use picture::{LEAD, Picture, Slot, WORDS, Worker};
use protocol::{Halt, Row};

/// The memory of the wavefront.
#[derive(Debug, Default)]
pub(super) struct Wavefront {
    lines: Vec<AtomicU64>,
    rows: Vec<Row>,
    workers: Vec<Worker>,
    /// The row at which to panic.
    #[cfg(test)]
    fails_at: Option<usize>,
}

impl Wavefront {
    pub(super) fn reconstruct(
        &mut self,
        level: Level,
        planes: &mut Planes,
        frame: &Frame<'_>,
        slices: Slices,
        coded: &mut [Coded],
    ) {
        let (columns, rows, stride) = (planes.y.stride / 16, planes.y.rows / 16, planes.y.stride);
        self.lines.resize_with(columns * rows * WORDS, AtomicU64::default);
        self.rows.clear();
        self.rows.resize_with(rows, Row::default);
        // Rows two macroblocks behind each other: more threads would find nothing to do.
        let threads = threads::available().min(rows).min(columns.div_ceil(2));
        self.workers.resize_with(threads, Worker::default);

        let (luma, chroma) = (16 * stride, 8 * (stride / 2));
        for worker in &mut self.workers {
            worker.wanted.resize(columns, 0);
            for (samples, row) in worker.samples.iter_mut().zip([luma, chroma, chroma]) {
                samples.resize(row + row / 16 * LEAD, 0);
            }
        }
        let [y, cb, cr] = [&mut planes.y.samples, &mut planes.cb.samples, &mut planes.cr.samples];
        let bands =
            y.chunks_exact_mut(luma).zip(cb.chunks_exact_mut(chroma).zip(cr.chunks_exact_mut(chroma)));
        let slots = bands
            .zip(coded.chunks_exact_mut(columns))
            .map(|((y, (cb, cr)), coded)| Mutex::new(Slot { band: Band { y, cb, cr, stride }, coded }));
        let picture = Picture {
            level,
            frame,
            slices,
            columns,
            stride,
            lines: &self.lines,
            rows: &self.rows,
            slots: slots.collect(),
            next: AtomicUsize::new(0),
            halt: Halt::default(),
            #[cfg(test)]
            fails_at: self.fails_at,
        };
        // The rows that are left at the end are in work: it takes longer to be woken than they take.
        threads::on_each_then(&mut self.workers, |worker| picture.work(worker), || picture.wait());
        picture.halt.finish();
    }
}

#[cfg(test)]
mod tests {
    use test_pictures::{Rng, random_picture};

    use super::super::{H264, Parameters, Reconstruction};
    use crate::planes::{Component, Planes};
    use crate::simd::Level;
    use crate::{names::Subsampling, quality::Crf};

    const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

    fn random_planes(rng: &mut Rng) -> Planes {
        let (width, height) = (2 + 2 * rng.below(120), 2 + 2 * rng.below(120));
        let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
        for (component, samples) in COMPONENTS.into_iter().zip(random_picture(rng, width, height).ycbcr(2, 2))
        {
            let width = planes.size(component).0;
            for (y, row) in samples.chunks_exact(width).enumerate() {
                planes.row_mut(component, y).copy_from_slice(row);
            }
        }
        planes
    }

    #[test]
    fn a_panic_reaches_the_caller_and_leaves_nobody_waiting() {
        let mut rng = Rng::new(21);
        let mut planes = Planes::new(160, 224, Subsampling::S420).unwrap();
        for y in 0..224 {
            planes.row_mut(Component::Y, y).fill_with(|| rng.byte());
        }
        let settings = H264::crf(30.0).unwrap();
        let mut expected = planes.clone();
        Reconstruction::default().run(&mut expected, &settings);
        for threads in [2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut engine = Reconstruction::default();
            for row in 0..14 {
                engine.wavefront.fails_at = Some(row);
                let mut given = planes.clone();
                let run = std::panic::AssertUnwindSafe(|| engine.run(&mut given, &settings));
                let panic = pool.install(|| std::panic::catch_unwind(run)).unwrap_err();
                let text = panic.downcast_ref::<String>().expect("the panic of the row");
                assert_eq!(text, &format!("row {row} was to panic"));
            }
            engine.wavefront.fails_at = None;
            let mut after = planes.clone();
            pool.install(|| engine.run(&mut after, &settings));
            assert_eq!(after.row(Component::Y, 223), expected.row(Component::Y, 223));
        }
    }

    #[test]
    fn every_level_and_number_of_threads_gives_the_same_bits() {
        const SETTINGS: [&str; 6] = [
            "preset=veryfast",
            "preset=veryfast:slices=64",
            "preset=superfast:fps=25:slices=2",
            "preset=ultrafast:slices=3",
            "preset=veryfast:fps=25:asm=0:tune=grain",
            "preset=medium:slices=3",
        ];
        let mut rng = Rng::new(19);
        let mut engines: Vec<Reconstruction> =
            Level::available().into_iter().map(Reconstruction::at).collect();
        for threads in [2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for case in 0..60 {
                let source = random_planes(&mut rng);
                let crf = 20.0 + rng.below(32) as f32;
                let text = SETTINGS[case % SETTINGS.len()];
                let parameters = Parameters::read(crf, text).unwrap();
                // One thread, plain Rust.
                let mut expected = source.clone();
                engines[0].reconstruct_with(&mut expected, &parameters);
                for engine in &mut engines {
                    let mut planes = source.clone();
                    pool.install(|| engine.reconstruct_with(&mut planes, &parameters));
                    for component in COMPONENTS {
                        for y in 0..planes.size(component).1 {
                            let (ours, theirs) = (planes.row(component, y), expected.row(component, y));
                            assert_eq!(
                                ours, theirs,
                                "case {case}, {threads} threads, {text}: {component:?} row {y}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_busy_pool_does_not_hold_up_its_tasks() {
        let mut rng = Rng::new(20);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let crf = Crf::new(35.0).unwrap();
        for _ in 0..20 {
            let source = random_planes(&mut rng);
            let mut expected = source.clone();
            Reconstruction::default().run(&mut expected, &H264::crf(crf).unwrap());
            let mut pictures = vec![source; 5];
            // More pictures than threads, each of them a task that spawns others.
            pool.scope(|scope| {
                for planes in &mut pictures {
                    scope.spawn(|_| Reconstruction::default().run(planes, &H264::crf(crf).unwrap()));
                }
            });
            // The other thread has something else to do until the picture is done.
            let (done, is_done) = std::sync::mpsc::channel();
            let alone = &mut pictures[0];
            alone.clone_from(&expected);
            Reconstruction::default().run(alone, &H264::crf(crf).unwrap());
            let twice = alone.clone();
            alone.clone_from(&expected);
            pool.scope(|scope| {
                scope.spawn(move |_| is_done.recv().unwrap());
                scope.spawn(move |_| {
                    Reconstruction::default().run(alone, &H264::crf(crf).unwrap());
                    done.send(()).unwrap();
                });
            });
            for component in COMPONENTS {
                for y in 0..expected.size(component).1 {
                    assert_eq!(pictures[0].row(component, y), twice.row(component, y));
                    for planes in &pictures[1..] {
                        assert_eq!(planes.row(component, y), expected.row(component, y));
                    }
                }
            }
        }
    }
}
