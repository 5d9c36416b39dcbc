//! One picture on the threads of the caller's rayon pool: rows of macroblocks side by side, each two macroblocks behind
//! the one above, with the bits of the rows in order.
//!
//! What a row cannot wait for is the QP that the row above stores last. It is guessed from adaptive quantisation
//! alone (as if every macroblock had a residual) and compared once the row above is done; where the guess was wrong and
//! it matters, the row starts again, and with it the rows that built on it (docs/spec/h264-intra.md, section 19).

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::deblock::RowDeblocker;
use super::macroblock::{Bottom, Macroblock};
use super::quantiser::QP_MAX;
use super::row::{Band, Coded, Lines, RowCoder, RowEnd, SourceBand, adapted_quantisers, settled_quantiser};
use crate::planes::Planes;
use crate::simd::{Level, Simd, dispatch};

/// Threads of the pool that the caller runs in; 1 outside of any, as no pool is ever started here.
pub(super) fn threads() -> usize {
    if rayon::current_thread_index().is_some() { rayon::current_num_threads() } else { 1 }
}

/// The memory of the wavefront.
#[derive(Debug, Default)]
pub(super) struct Wavefront {
    /// Y, Cb, Cr as they were given: a row may have to start again.
    source: [Vec<u8>; 3],
    /// The adapted quantiser of every macroblock.
    wanted: Vec<u8>,
    lines: Vec<AtomicU64>,
    rows: Vec<Row>,
    workers: Vec<Worker>,
}

/// Words of 64 bits in a [`Bottom`].
const WORDS: usize = 5;

/// How far a row is. Its state is one number, so that its parts are seen together: the high half counts how often the
/// row has started again, the low half its macroblocks done, [`FINAL`] once that will not change any more.
#[derive(Debug, Default)]
struct Row {
    state: AtomicU64,
    /// The QP stored last, where final.
    last: AtomicU8,
    deblocked: AtomicBool,
}

const FINAL: u32 = u32::MAX;

impl Row {
    fn set(&self, start: u32, done: u32) {
        self.state.store(u64::from(start) << 32 | u64::from(done), Ordering::Release);
    }

    fn start(&self) -> u32 {
        (self.state.load(Ordering::Acquire) >> 32) as u32
    }

    /// Waits until so many macroblocks are done; false if the row has started again since `start`.
    fn wait(&self, start: u32, done: u32) -> bool {
        let mut patience = Patience::default();
        loop {
            let state = self.state.load(Ordering::Acquire);
            if (state >> 32) as u32 != start {
                return false;
            }
            if state as u32 >= done {
                return true;
            }
            patience.wait();
        }
    }
}

/// Waiting for another thread, which is at work: first awake, then behind others.
#[derive(Default)]
struct Patience(u32);

impl Patience {
    fn wait(&mut self) {
        self.0 += 1;
        if self.0 < 200 { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
}

/// One thread's memory.
#[derive(Debug, Default)]
struct Worker {
    macroblock: Macroblock,
    /// The samples that deblocking a row changes, together.
    band: [Vec<u8>; 3],
}

/// A row's output.
struct Slot<'a> {
    band: Band<'a>,
    coded: &'a mut [Coded],
}

/// Luma rows above a row of macroblocks that its deblocking reads.
const LEAD: usize = 4;

/// The picture while it is worked on.
struct Picture<'a> {
    level: Level,
    frame_quantiser: f32,
    columns: usize,
    stride: usize,
    source: [&'a [u8]; 3],
    wanted: &'a [u8],
    lines: &'a [AtomicU64],
    rows: &'a [Row],
    slots: Vec<Mutex<Slot<'a>>>,
    /// The first row that no thread has taken.
    next: AtomicUsize,
}

impl Wavefront {
    pub(super) fn reconstruct(
        &mut self,
        level: Level,
        planes: &mut Planes,
        frame_quantiser: f32,
        coded: &mut [Coded],
    ) {
        let (columns, rows, stride) = (planes.y.stride / 16, planes.y.rows / 16, planes.y.stride);
        let given = [&mut planes.y.samples, &mut planes.cb.samples, &mut planes.cr.samples];
        for (copy, given) in self.source.iter_mut().zip(&given) {
            copy.resize(given.len(), 0);
        }
        self.wanted.resize(columns * rows, 0);
        self.lines.resize_with(columns * rows * WORDS, AtomicU64::default);
        self.rows.clear();
        self.rows.resize_with(rows, Row::default);
        self.workers.resize_with(threads(), Worker::default);

        let [y, cb, cr] = &mut self.source;
        let (luma, chroma) = (16 * stride, 8 * (stride / 2));
        (
            self.wanted.par_chunks_mut(columns),
            y.par_chunks_mut(luma),
            cb.par_chunks_mut(chroma),
            cr.par_chunks_mut(chroma),
        )
            .into_par_iter()
            .enumerate()
            .for_each(|(row, (wanted, y, cb, cr))| {
                y.copy_from_slice(&given[0][row * luma..][..luma]);
                cb.copy_from_slice(&given[1][row * chroma..][..chroma]);
                cr.copy_from_slice(&given[2][row * chroma..][..chroma]);
                let source = SourceBand { y, cb, cr, stride };
                dispatch!(level, simd => simd.vectorize(
                    #[inline(always)]
                    || adapted_quantisers(simd, source, frame_quantiser, wanted),
                ));
            });
        self.guess(columns);

        let [y, cb, cr] = given;
        let bands =
            y.chunks_exact_mut(luma).zip(cb.chunks_exact_mut(chroma).zip(cr.chunks_exact_mut(chroma)));
        let slots = bands
            .zip(coded.chunks_exact_mut(columns))
            .map(|((y, (cb, cr)), coded)| Mutex::new(Slot { band: Band { y, cb, cr, stride }, coded }));
        let picture = Picture {
            level,
            frame_quantiser,
            columns,
            stride,
            source: self.source.each_ref().map(Vec::as_slice),
            wanted: &self.wanted,
            lines: &self.lines,
            rows: &self.rows,
            slots: slots.collect(),
            next: AtomicUsize::new(0),
        };
        rayon::scope(|scope| {
            for worker in &mut self.workers {
                scope.spawn(|_| picture.work(worker));
            }
        });
    }

    /// Writes the QP that each row would store last if all its macroblocks had a residual.
    fn guess(&mut self, columns: usize) {
        let mut last = self.wanted[0].min(QP_MAX);
        for (row, wanted) in self.rows.iter().zip(self.wanted.chunks_exact(columns)) {
            last = wanted.iter().fold(last, |last, &wanted| settled_quantiser(wanted, last).min(QP_MAX));
            row.last.store(last, Ordering::Relaxed);
        }
    }
}

impl<'p> Picture<'p> {
    /// Takes rows from the top until there are none. Rows in work are on threads that do nothing else meanwhile, and
    /// the uppermost waits for nobody.
    fn work(&self, worker: &mut Worker) {
        loop {
            let row = self.next.fetch_add(1, Ordering::Relaxed);
            if row >= self.rows.len() {
                return;
            }
            self.code(worker, row);
            // A row is deblocked when nobody predicts from it any more.
            if let Some(above) = row.checked_sub(1) {
                self.deblock(worker, above);
            }
            if row + 1 == self.rows.len() {
                self.deblock(worker, row);
            }
        }
    }

    /// A row's output. It is only samples, as good as ever should another thread have panicked.
    fn slot(&self, row: usize) -> MutexGuard<'_, Slot<'p>> {
        self.slots[row].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn code(&self, worker: &mut Worker, row: usize) {
        let own = &self.rows[row];
        let above = row.checked_sub(1).map(|above| &self.rows[above]);
        let wanted = self.wanted[row * self.columns];
        let mut last = above.map(|above| above.last.load(Ordering::Relaxed));
        let mut slot = self.slot(row);
        for start in 0.. {
            own.set(start, 0);
            let seen = above.map_or(0, Row::start);
            if let Some(end) = self.try_code(worker, row, (start, seen), last, &mut slot) {
                let Some(above) = above else { return self.finish(own, start, end) };
                if above.wait(seen, FINAL) {
                    let stored = above.last.load(Ordering::Relaxed);
                    let settled = |last: Option<u8>| last.map(|last| settled_quantiser(wanted, last));
                    let same = end.first_residual && settled(last) == settled(Some(stored));
                    if last == Some(stored) || same {
                        return self.finish(own, start, end);
                    }
                    last = Some(stored);
                }
            }
        }
    }

    fn finish(&self, row: &Row, start: u32, end: RowEnd) {
        row.last.store(end.last, Ordering::Relaxed);
        row.set(start, FINAL);
    }

    fn try_code(
        &self,
        worker: &mut Worker,
        row: usize,
        (start, above_start): (u32, u32),
        last: Option<u8>,
        slot: &mut Slot<'_>,
    ) -> Option<RowEnd> {
        let (luma, chroma) = (16 * self.stride, 8 * (self.stride / 2));
        let [y, cb, cr] = self.source;
        let source = SourceBand {
            y: &y[row * luma..][..luma],
            cb: &cb[row * chroma..][..chroma],
            cr: &cr[row * chroma..][..chroma],
            stride: self.stride,
        };
        let mut lines = SharedLines { picture: self, row, start, above_start };
        let coder = RowCoder {
            macroblock: &mut worker.macroblock,
            band: &mut slot.band,
            source: Some(source),
            frame_quantiser: self.frame_quantiser,
            last,
            first_row: row == 0,
            lines: &mut lines,
            coded: slot.coded,
        };
        dispatch!(self.level, simd => simd.vectorize(
            #[inline(always)]
            || coder.run(simd),
        ))
    }

    /// Deblocks a row, with the end of the one above, in memory of its own.
    fn deblock(&self, worker: &mut Worker, row: usize) {
        let above = row.checked_sub(1);
        let mut patience = Patience::default();
        while above.is_some_and(|above| !self.rows[above].deblocked.load(Ordering::Acquire)) {
            patience.wait();
        }
        let mut above = above.map(|above| self.slot(above));
        let mut own = self.slot(row);
        let own = &mut *own;
        let (lead, chroma_lead) = (LEAD * self.stride, LEAD / 2 * (self.stride / 2));
        let leads = [lead, chroma_lead, chroma_lead];
        for (i, band) in worker.band.iter_mut().enumerate() {
            band.clear();
            if let Some(above) = &mut above {
                let plane = &above.band.planes()[i];
                band.extend_from_slice(&plane[plane.len() - leads[i]..]);
            }
            band.extend_from_slice(own.band.planes()[i]);
        }
        let [y, cb, cr] = &mut worker.band;
        let mut band = Band { y, cb, cr, stride: self.stride };
        let above_coded = above.as_ref().map(|above| &*above.coded);
        let deblocker = RowDeblocker { band: &mut band, lead: LEAD, above: above_coded, coded: own.coded };
        dispatch!(self.level, simd => simd.vectorize(
            #[inline(always)]
            || deblocker.run(simd),
        ));
        for (i, band) in worker.band.iter().enumerate() {
            let lead = if above.is_some() { leads[i] } else { 0 };
            let (before, here) = band.split_at(lead);
            if let Some(above) = &mut above {
                let plane = &mut above.band.planes()[i];
                let at = plane.len() - lead;
                plane[at..].copy_from_slice(before);
            }
            own.band.planes()[i].copy_from_slice(here);
        }
        self.rows[row].deblocked.store(true, Ordering::Release);
    }
}

/// The lines of a row whose neighbours are in work too.
struct SharedLines<'a, 'b> {
    picture: &'a Picture<'b>,
    row: usize,
    start: u32,
    above_start: u32,
}

impl SharedLines<'_, '_> {
    fn words(&self, row: usize, x: usize) -> &[AtomicU64] {
        &self.picture.lines[(row * self.picture.columns + x) * WORDS..][..WORDS]
    }
}

impl Lines for SharedLines<'_, '_> {
    fn above(&mut self, x: usize) -> Option<[Bottom; 2]> {
        let Some(above) = self.row.checked_sub(1) else { return Some([Bottom::NONE; 2]) };
        let needed = (x + 2).min(self.picture.columns);
        if !self.picture.rows[above].wait(self.above_start, needed as u32) {
            return None;
        }
        Some([x, x + 1].map(|x| {
            if x >= self.picture.columns {
                return Bottom::NONE;
            }
            let words = self.words(above, x);
            Bottom::from_words(std::array::from_fn(|i| words[i].load(Ordering::Relaxed)))
        }))
    }

    fn leave(&mut self, x: usize, bottom: Bottom) {
        for (to, word) in self.words(self.row, x).iter().zip(bottom.to_words()) {
            to.store(word, Ordering::Relaxed);
        }
        self.picture.rows[self.row].set(self.start, x as u32 + 1);
    }
}

#[cfg(test)]
mod tests {
    use test_pictures::{Rng, random_picture};

    use super::super::Engine;
    use crate::codec::{Crf, Subsampling};
    use crate::planes::{Component, Planes};
    use crate::simd::Level;

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
    fn every_number_of_threads_gives_the_same_bits() {
        let mut rng = Rng::new(19);
        let mut alone = Engine::default();
        let mut engines: Vec<Engine> = Level::available().into_iter().map(Engine::at).collect();
        for threads in [2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for case in 0..150 {
                let source = random_planes(&mut rng);
                let crf = Crf::new(20.0 + rng.below(32) as f32).unwrap();
                let mut expected = source.clone();
                alone.reconstruct(&mut expected, crf);
                let mut planes = source;
                let which = case % engines.len();
                let engine = &mut engines[which];
                pool.install(|| engine.reconstruct(&mut planes, crf));
                for component in COMPONENTS {
                    for y in 0..planes.size(component).1 {
                        let (ours, theirs) = (planes.row(component, y), expected.row(component, y));
                        assert_eq!(ours, theirs, "case {case} on {threads} threads, {component:?} row {y}");
                    }
                }
            }
        }
    }
}
