//! The rows of a picture while threads work on them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::deblock::RowDeblocker;
use super::super::frame::{Frame, Slices};
use super::super::macroblock::{Bottom, Macroblock};
use super::super::rows::{Band, Coded, Lines, RowCoder, RowEnd, RowSurveyor, Survey};
use super::protocol::{Halt, Row, UNKNOWN};
use crate::simd::Level;

/// Words of 64 bits in a [`Bottom`].
pub(super) const WORDS: usize = 5;

/// One thread's memory.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Worker {
    macroblock: Macroblock,
    /// The adapted quantisers of the row.
    pub(super) wanted: Vec<u8>,
    /// Y, Cb, Cr of the row, below the end of the row above: the samples that deblocking the row changes.
    pub(super) samples: [Vec<u8>; 3],
}

/// A row's part of the picture: its source until the row is final, then what it gives.
pub(super) struct Slot<'a> {
    pub(super) band: Band<'a>,
    pub(super) coded: &'a mut [Coded],
}

/// Luma rows above a row of macroblocks that its deblocking reads.
pub(super) const LEAD: usize = 4;

/// The picture while it is worked on.
pub(super) struct Picture<'a> {
    pub(super) level: Level,
    pub(super) frame: &'a Frame<'a>,
    pub(super) slices: Slices,
    pub(super) columns: usize,
    pub(super) stride: usize,
    pub(super) lines: &'a [AtomicU64],
    pub(super) rows: &'a [Row],
    pub(super) slots: Vec<Mutex<Slot<'a>>>,
    /// The first row that no thread has taken.
    pub(super) next: AtomicUsize,
    pub(super) halt: Halt,
    /// The row at which to panic.
    #[cfg(test)]
    pub(super) fails_at: Option<usize>,
}

impl<'p> Picture<'p> {
    /// Codes and deblocks rows until there are none.
    pub(super) fn work(&self, worker: &mut Worker) {
        self.halt.guard(|| self.take_rows(worker));
    }

    /// Waits until the rows that others have taken are done.
    pub(super) fn wait(&self) {
        self.halt.guard(|| self.rows.iter().for_each(|row| row.wait_deblocked(&self.halt)));
    }

    /// Takes rows from the top until there are none. Rows in work are on threads that do nothing else meanwhile, and
    /// the uppermost waits for nobody.
    fn take_rows(&self, worker: &mut Worker) {
        loop {
            let row = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(mut slot) = self.slot(row) else { return };
            #[cfg(test)]
            assert!(self.fails_at != Some(row), "row {row} was to panic");
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
        self.above(row).map(|above| self.rows[above].guess(&self.halt))
    }

    /// A row's part of the picture. It is only samples, as good as ever should another thread have panicked.
    fn slot(&self, row: usize) -> Option<MutexGuard<'_, Slot<'p>>> {
        self.slots.get(row).map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Finds the adapted quantisers of the row, and guesses the QP that it will store last.
    fn survey(&self, worker: &mut Worker, row: usize, slot: &Slot<'_>) {
        let wanted = &mut worker.wanted;
        self.level.run(RowSurveyor {
            source: slot.band.source(),
            frame: self.frame,
            quantisers: &mut *wanted,
        });
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
                let Some(stored) = own.wait_told(&self.halt, above_start) else { continue };
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
        self.level.run(coder)
    }

    /// Samples of luma, and of either chroma, before the row in a worker's memory.
    fn leads(&self) -> (usize, usize) {
        (LEAD * self.stride, LEAD / 2 * (self.stride / 2))
    }

    /// Deblocks a row and the end of the one above, and puts them into the picture.
    fn deblock(&self, worker: &mut Worker, row: usize, slot: &mut Slot<'_>) {
        let mut above = self.above(row).and_then(|above| {
            self.rows[above].wait_deblocked(&self.halt);
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
            self.level.run(deblocker);
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
            self.above_done = self.picture.rows[above].wait(&self.picture.halt, self.above_start, needed)?;
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
