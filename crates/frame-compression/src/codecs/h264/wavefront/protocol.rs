//! What the threads of a wavefront tell each other of their rows.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How far a row is.
///
/// Apart from the rows that other threads write, by the two cache lines that processors fetch together.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Row {
    /// One number, so that its parts are seen together: the high half counts how often the row has started again, the
    /// low half its macroblocks done.
    state: AtomicU64,
    /// What the thread of the row above tells: in the high half how often that row has started again, in the low half
    /// the QP that it stored last, [`UNKNOWN`] until that is final. It is told here, not asked for there, as
    /// this row's thread looks before every macroblock.
    told: AtomicU64,
    /// The QP stored last if all macroblocks to here have a residual; [`UNKNOWN`] until the row has been surveyed.
    pub(super) guess: AtomicU8,
    pub(super) deblocked: AtomicBool,
}

pub(super) const UNKNOWN: u8 = u8::MAX;

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
    pub(super) fn set(&self, start: u32, done: u32) {
        self.state.store(u64::from(start) << 32 | u64::from(done), Ordering::Release);
    }

    pub(super) fn tell(&self, above_start: u32, stored: u8) {
        self.told.store(u64::from(above_start) << 32 | u64::from(stored), Ordering::Release);
    }

    /// How often the row above has started again, and the QP it stored last, once that is final.
    pub(super) fn told(&self) -> (u32, Option<u8>) {
        let told = self.told.load(Ordering::Acquire);
        ((told >> 32) as u32, Some(told as u8).filter(|&stored| stored != UNKNOWN))
    }

    /// Waits for the QP that the row above stores last; `None` if that row has started again since `above_start`.
    pub(super) fn wait_told(&self, halt: &Halt, above_start: u32) -> Option<u8> {
        let mut patience = Patience::default();
        loop {
            match self.told() {
                (start, _) if start != above_start => return None,
                (_, Some(stored)) => return Some(stored),
                (_, None) => patience.wait(halt),
            }
        }
    }

    /// Waits until so many macroblocks are done and says how many are; `None` if the row has started again since
    /// `start`.
    pub(super) fn wait(&self, halt: &Halt, start: u32, done: u32) -> Option<u32> {
        let mut patience = Patience::default();
        loop {
            let state = self.state.load(Ordering::Acquire);
            if (state >> 32) as u32 != start {
                return None;
            }
            if state as u32 >= done {
                return Some(state as u32);
            }
            patience.wait(halt);
        }
    }

    pub(super) fn guess(&self, halt: &Halt) -> u8 {
        let mut patience = Patience::default();
        loop {
            match self.guess.load(Ordering::Relaxed) {
                UNKNOWN => patience.wait(halt),
                guess => return guess,
            }
        }
    }

    pub(super) fn wait_deblocked(&self, halt: &Halt) {
        let mut patience = Patience::default();
        while !self.deblocked.load(Ordering::Acquire) {
            patience.wait(halt);
        }
    }
}

/// Waiting for another thread, which is at work: first awake, then behind others.
#[derive(Default)]
struct Patience(u32);

impl Patience {
    fn wait(&mut self, halt: &Halt) {
        halt.check();
        self.0 += 1;
        if self.0 < 200 { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
}

/// Ends the wait of the other threads when one has panicked: what they wait for may never come.
#[derive(Debug, Default)]
pub(super) struct Halt {
    is_set: AtomicBool,
    /// What the first of them said.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// What a thread unwinds with that gives up for another's sake.
struct Halted;

impl Halt {
    /// Runs a part of the work. Should it panic, the other threads are told.
    pub(super) fn guard(&self, work: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            if !panic.is::<Halted>() {
                self.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
            }
            self.is_set.store(true, Ordering::Release);
        }
    }

    /// Goes on with the first panic of any thread.
    pub(super) fn finish(self) {
        if let Some(panic) = self.panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(panic);
        }
    }

    /// Gives up where another thread has panicked.
    fn check(&self) {
        if self.is_set.load(Ordering::Acquire) {
            resume_unwind(Box::new(Halted));
        }
    }
}
