//! One picture on the threads of the caller's rayon pool: rows of macroblocks side by side, each two macroblocks behind
//! the one above, with the bits of the rows in order.
//!
//! What a row cannot wait for is the QP that the row above stores last. It is guessed from adaptive quantisation
//! alone (as if every macroblock had a residual) and compared once the row above is done; where the guess was wrong and
//! it matters, the row starts again, and with it the rows that built on it (docs/spec/h264-intra.md, section 19).

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::deblock::RowDeblocker;
use super::frame::{Frame, Slices};
use super::macroblock::{Bottom, Macroblock};
use super::rows::{Band, Coded, Lines, RowCoder, RowEnd, Survey, adapted_quantisers};
use crate::planes::Planes;
use crate::simd::{Level, Simd, dispatch};

/// Threads of the pool that the caller runs in; 1 outside of any, as no pool is ever started here.
pub(super) fn threads() -> usize {
    if rayon::current_thread_index().is_some() { rayon::current_num_threads() } else { 1 }
}

/// The memory of the wavefront.
#[derive(Debug, Default)]
pub(super) struct Wavefront {
    lines: Vec<AtomicU64>,
    rows: Vec<Row>,
    workers: Vec<Worker>,
}

/// Words of 64 bits in a [`Bottom`].
const WORDS: usize = 5;

/// How far a row is.
///
/// Apart from the rows that other threads write, by the two cache lines that processors fetch together.
#[derive(Debug)]
#[repr(align(128))]
struct Row {
    /// One number, so that its parts are seen together: the high half counts how often the row has started again, the
    /// low half its macroblocks done.
    state: AtomicU64,
    /// What the thread of the row above tells: in the high half how often that row has started again, in the low half
    /// the QP that it stored last, [`UNKNOWN`] until that is final. It is told here, not asked for there, as
    /// this row's thread looks before every macroblock.
    told: AtomicU64,
    /// The QP stored last if all macroblocks to here have a residual; [`UNKNOWN`] until the row has been surveyed.
    guess: AtomicU8,
    deblocked: AtomicBool,
}

const UNKNOWN: u8 = u8::MAX;

impl Default for Row {
    fn default() -> Self {
        Self {
            state: AtomicU64::new(0),
            told: AtomicU64::new(UNKNOWN.into()),
            guess: AtomicU8::new(UNKNOWN),
            deblocked: AtomicBool::new(false),
        }
    }
}

impl Row {
    fn set(&self, start: u32, done: u32) {
        self.state.store(u64::from(start) << 32 | u64::from(done), Ordering::Release);
    }

    fn tell(&self, above_start: u32, stored: u8) {
        self.told.store(u64::from(above_start) << 32 | u64::from(stored), Ordering::Release);
    }

    /// How often the row above has started again, and the QP it stored last, once that is final.
    fn told(&self) -> (u32, Option<u8>) {
        let told = self.told.load(Ordering::Acquire);
        ((told >> 32) as u32, Some(told as u8).filter(|&stored| stored != UNKNOWN))
    }

    /// Waits for the QP that the row above stores last; `None` if that row has started again since `above_start`.
    fn wait_told(&self, above_start: u32) -> Option<u8> {
        let mut patience = Patience::default();
        loop {
            match self.told() {
                (start, _) if start != above_start => return None,
                (_, Some(stored)) => return Some(stored),
                (_, None) => patience.wait(),
            }
        }
    }

    /// Waits until so many macroblocks are done and says how many are; `None` if the row has started again since
    /// `start`.
    fn wait(&self, start: u32, done: u32) -> Option<u32> {
        let mut patience = Patience::default();
        loop {
            let state = self.state.load(Ordering::Acquire);
            if (state >> 32) as u32 != start {
                return None;
            }
            if state as u32 >= done {
                return Some(state as u32);
            }
            patience.wait();
        }
    }

    fn guess(&self) -> u8 {
        let mut patience = Patience::default();
        loop {
            match self.guess.load(Ordering::Relaxed) {
                UNKNOWN => patience.wait(),
                guess => return guess,
            }
        }
    }

    fn wait_deblocked(&self) {
        let mut patience = Patience::default();
        while !self.deblocked.load(Ordering::Acquire) {
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
#[repr(align(128))]
struct Worker {
    macroblock: Macroblock,
    /// The adapted quantisers of the row.
    wanted: Vec<u8>,
    /// Y, Cb, Cr of the row, below the end of the row above: the samples that deblocking the row changes.
    samples: [Vec<u8>; 3],
}

/// A row's part of the picture: its source until the row is final, then what it gives.
struct Slot<'a> {
    band: Band<'a>,
    coded: &'a mut [Coded],
}

/// Luma rows above a row of macroblocks that its deblocking reads.
const LEAD: usize = 4;

/// The picture while it is worked on.
struct Picture<'a> {
    level: Level,
    frame: &'a Frame<'a>,
    slices: Slices,
    columns: usize,
    stride: usize,
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
        frame: &Frame<'_>,
        slices: Slices,
        coded: &mut [Coded],
    ) {
        let (columns, rows, stride) = (planes.y.stride / 16, planes.y.rows / 16, planes.y.stride);
        self.lines.resize_with(columns * rows * WORDS, AtomicU64::default);
        self.rows.clear();
        self.rows.resize_with(rows, Row::default);
        // Rows two macroblocks behind each other: more threads would find nothing to do.
        let threads = threads().min(rows).min(columns.div_ceil(2));
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
        };
        let Some((own, others)) = self.workers.split_first_mut() else { return };
        rayon::scope(|scope| {
            for worker in others {
                scope.spawn(|_| picture.work(worker));
            }
            picture.work(own);
            // The rows that are left are in work: it takes longer to be woken than they take.
            for row in picture.rows {
                row.wait_deblocked();
            }
        });
    }
}

impl<'p> Picture<'p> {
    /// Takes rows from the top until there are none. Rows in work are on threads that do nothing else meanwhile, and
    /// the uppermost waits for nobody.
    fn work(&self, worker: &mut Worker) {
        loop {
            let row = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(mut slot) = self.slot(row) else { return };
            self.survey(worker, row, &slot);
            self.code(worker, row, &mut slot);
            self.deblock(worker, row, &mut slot);
            drop(slot);
            self.rows[row].deblocked.store(true, Ordering::Release);
        }
    }

    /// The row above in the same slice.
    fn above(&self, row: usize) -> Option<usize> {
        if self.slices.start(row) { None } else { row.checked_sub(1) }
    }

    /// The row below in the same slice.
    fn below(&self, row: usize) -> Option<&Row> {
        self.rows.get(row + 1).filter(|_| !self.slices.start(row + 1))
    }

    /// The guess of what the row above stores last.
    fn guess_above(&self, row: usize) -> Option<u8> {
        self.above(row).map(|above| self.rows[above].guess())
    }

    /// A row's part of the picture. It is only samples, as good as ever should another thread have panicked.
    fn slot(&self, row: usize) -> Option<MutexGuard<'_, Slot<'p>>> {
        self.slots.get(row).map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Finds the adapted quantisers of the row, and guesses the QP that it will store last.
    fn survey(&self, worker: &mut Worker, row: usize, slot: &Slot<'_>) {
        let wanted = &mut worker.wanted;
        dispatch!(self.level, simd => simd.vectorize(
            #[inline(always)]
            || adapted_quantisers(simd, slot.band.source(), self.frame, wanted),
        ));
        let first = self.guess_above(row).unwrap_or(Frame::slice_qp(wanted[0]));
        let guess = wanted
            .iter()
            .fold(first, |last, &wanted| Frame::slice_qp(self.frame.settled_quantiser(wanted, last)));
        self.rows[row].guess.store(guess, Ordering::Relaxed);
    }

    fn code(&self, worker: &mut Worker, row: usize, slot: &mut Slot<'_>) {
        let own = &self.rows[row];
        let below = self.below(row);
        let guess = self.guess_above(row);
        let wanted = worker.wanted[0];
        for start in 0.. {
            own.set(start, 0);
            if let Some(below) = below {
                below.tell(start, UNKNOWN);
            }
            let (above_start, stored) = own.told();
            let last = stored.or(guess);
            let Some(end) = self.try_code(worker, row, (start, above_start), last, slot) else { continue };
            if let Some(last) = last {
                let Some(stored) = own.wait_told(above_start) else { continue };
                let same = end.first_residual
                    && self.frame.settled_quantiser(wanted, last)
                        == self.frame.settled_quantiser(wanted, stored);
                if last != stored && !same {
                    continue;
                }
            }
            if let Some(below) = below {
                below.tell(start, end.last);
            }
            return;
        }
    }

    fn try_code(
        &self,
        worker: &mut Worker,
        row: usize,
        (start, above_start): (u32, u32),
        last: Option<u8>,
        slot: &mut Slot<'_>,
    ) -> Option<RowEnd> {
        let first_wanted = worker.wanted[0];
        let mut lines = SharedLines {
            picture: self,
            row,
            start,
            above_start,
            first_wanted,
            first_quantiser: last.map(|last| self.frame.settled_quantiser(first_wanted, last)),
            above_done: 0,
            above_right: Bottom::NONE,
        };
        let (lead, chroma_lead) = self.leads();
        let [y, cb, cr] = &mut worker.samples;
        let mut band = Band {
            y: &mut y[lead..],
            cb: &mut cb[chroma_lead..],
            cr: &mut cr[chroma_lead..],
            stride: self.stride,
        };
        let coder = RowCoder {
            macroblock: &mut worker.macroblock,
            band: &mut band,
            survey: Some(Survey { source: slot.band.source(), wanted: &worker.wanted }),
            frame: self.frame,
            last,
            first_row: self.slices.start(row),
            lines: &mut lines,
            coded: slot.coded,
        };
        dispatch!(self.level, simd => simd.vectorize(
            #[inline(always)]
            || coder.run(simd),
        ))
    }

    /// Samples of luma, and of either chroma, before the row in a worker's memory.
    fn leads(&self) -> (usize, usize) {
        (LEAD * self.stride, LEAD / 2 * (self.stride / 2))
    }

    /// Deblocks a row and the end of the one above, and puts them into the picture.
    fn deblock(&self, worker: &mut Worker, row: usize, slot: &mut Slot<'_>) {
        let mut above = self.above(row).and_then(|above| {
            self.rows[above].wait_deblocked();
            self.slot(above)
        });
        let (lead, chroma_lead) = self.leads();
        let leads = [lead, chroma_lead, chroma_lead];
        if let Some(above) = &mut above {
            let planes = above.band.planes();
            for ((plane, samples), lead) in planes.into_iter().zip(&mut worker.samples).zip(leads) {
                samples[..lead].copy_from_slice(&plane[plane.len() - lead..]);
            }
        }
        let starts = if above.is_some() { [0; 3] } else { leads };
        let [y, cb, cr] = &mut worker.samples;
        let mut band = Band {
            y: &mut y[starts[0]..],
            cb: &mut cb[starts[1]..],
            cr: &mut cr[starts[2]..],
            stride: self.stride,
        };
        let above_coded = above.as_ref().map(|above| &*above.coded);
        if let Some(filter) = self.frame.filter {
            let deblocker =
                RowDeblocker { band: &mut band, lead: LEAD, above: above_coded, coded: slot.coded, filter };
            dispatch!(self.level, simd => simd.vectorize(
                #[inline(always)]
                || deblocker.run(simd),
            ));
        }
        if let Some(above) = &mut above {
            let planes = above.band.planes();
            for ((plane, samples), lead) in planes.into_iter().zip(&worker.samples).zip(leads) {
                let at = plane.len() - lead;
                plane[at..].copy_from_slice(&samples[..lead]);
            }
        }
        for ((plane, samples), lead) in slot.band.planes().into_iter().zip(&worker.samples).zip(leads) {
            plane.copy_from_slice(&samples[lead..]);
        }
    }
}

/// The lines of a row whose neighbours are in work too.
struct SharedLines<'a, 'b> {
    picture: &'a Picture<'b>,
    row: usize,
    start: u32,
    above_start: u32,
    /// The adapted quantiser of the row's first macroblock, and what it has been settled to.
    first_wanted: u8,
    first_quantiser: Option<u8>,
    /// Macroblocks that are done in the row above, as far as this one knows: looking again takes the cache line away
    /// from the thread that writes it.
    above_done: u32,
    /// What the row above left at the column last asked for, and the next.
    above_right: Bottom,
}

impl SharedLines<'_, '_> {
    fn words(&self, row: usize, x: usize) -> &[AtomicU64] {
        &self.picture.lines[(row * self.picture.columns + x) * WORDS..][..WORDS]
    }

    fn read(&self, row: usize, x: usize) -> Bottom {
        if x >= self.picture.columns {
            return Bottom::NONE;
        }
        let words = self.words(row, x);
        Bottom::from_words(std::array::from_fn(|i| words[i].load(Ordering::Relaxed)))
    }
}

impl Lines for SharedLines<'_, '_> {
    fn above(&mut self, x: usize) -> Option<[Bottom; 2]> {
        let Some(above) = self.picture.above(self.row) else { return Some([Bottom::NONE; 2]) };
        let (above_start, stored) = self.picture.rows[self.row].told();
        let refuted = |stored| {
            self.first_quantiser != Some(self.picture.frame.settled_quantiser(self.first_wanted, stored))
        };
        if above_start != self.above_start || stored.is_some_and(refuted) {
            return None;
        }
        let needed = (x + 2).min(self.picture.columns) as u32;
        if self.above_done < needed {
            self.above_done = self.picture.rows[above].wait(self.above_start, needed)?;
        }
        let here = if x == 0 { self.read(above, 0) } else { self.above_right };
        self.above_right = self.read(above, x + 1);
        Some([here, self.above_right])
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

    use super::super::{H264, Reconstruction};
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
    fn every_number_of_threads_gives_the_same_bits() {
        let mut rng = Rng::new(19);
        let mut alone = Reconstruction::default();
        let mut engines: Vec<Reconstruction> =
            Level::available().into_iter().map(Reconstruction::at).collect();
        for threads in [2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for case in 0..150 {
                let source = random_planes(&mut rng);
                let crf = Crf::new(20.0 + rng.below(32) as f32).unwrap();
                let mut expected = source.clone();
                alone.run(&mut expected, &H264::crf(crf).unwrap());
                let mut planes = source;
                let which = case % engines.len();
                let engine = &mut engines[which];
                pool.install(|| engine.run(&mut planes, &H264::crf(crf).unwrap()));
                for component in COMPONENTS {
                    for y in 0..planes.size(component).1 {
                        let (ours, theirs) = (planes.row(component, y), expected.row(component, y));
                        assert_eq!(ours, theirs, "case {case} on {threads} threads, {component:?} row {y}");
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
