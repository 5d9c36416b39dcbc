//! A clip frame after frame (docs/spec/h264-clips.md): the lookahead decides what each frame is, the rate control how fine,
//! and P and B frames come from others.

mod coding;
mod worker;

use super::frame::Slices;
use super::lookahead::{Lookahead, Terms};
use super::motion::{Prices, vector_range};
use super::quantise::QP_MAX;
use super::{H264, Parameters};
use crate::colour::Picture;
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;
use crate::statistics::FrameStatistics;
use crate::threads;
use coding::{Batch, Coding};
use worker::{Common, Worker};

/// What can be set of a clip beside the settings of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClipOptions {
    /// How many frames there are at most from one that stands for itself to the next.
    pub(crate) keyint: u32,
    /// How many B frames there are at most in a row; `None` leaves it to the preset.
    pub(crate) bframes: Option<u32>,
}

impl ClipOptions {
    /// The parameters of an image with these settings, and these options in them.
    pub(super) fn parameters(self, settings: &H264) -> Parameters {
        let mut parameters = settings.parameters();
        parameters.prediction.keyint = self.keyint;
        parameters.prediction.bframes = self.bframes.unwrap_or(parameters.prediction.bframes);
        parameters
    }
}

/// What frames that have been pushed wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Others that they are coded beside, on several threads.
    Beside,
    /// Others without which they cannot be decided on.
    Others,
    /// The clip is over.
    Nothing,
}

/// The way from a clip's source to its reconstruction, with its memory: of the frames that are looked at, and what the next one
/// needs of the one before.
#[derive(Debug, Default)]
pub(crate) struct Clip {
    lookahead: Lookahead,
    prices: Prices,
    coding: Coding,
    /// For B frames: one for each thread.
    workers: Vec<Worker>,
    /// One at each step of the way: being decided on, decided on, with its leading frames coded, and coded. Empty where there is none.
    batches: [Batch; 4],
    /// `None` before the first frame.
    state: Option<State>,
    /// Of the frame that was taken last.
    shown: Option<FrameStatistics>,
}

/// Places of [`Clip::batches`].
const DECIDED: usize = 1;
const LED: usize = 2;
const CODED: usize = 3;

#[derive(Debug)]
struct State {
    terms: Terms,
    /// Lossless: whether a frame has been pushed and not taken.
    unchanged: bool,
}

impl Clip {
    /// Forgets the frames so far.
    pub(crate) fn restart(&mut self) {
        (self.state, self.shown) = (None, None);
        self.batches.iter_mut().for_each(Batch::clear);
        self.coding.restart();
    }

    /// What was done with the frame that was taken last; `None` before the first, and without loss.
    pub(crate) fn statistics(&self) -> Option<FrameStatistics> {
        self.shown
    }

    /// Takes the clip's next frame, 4:2:0 with even sides, of which all have one size.
    pub(crate) fn push(&mut self, planes: &mut Planes, parameters: &Parameters) {
        planes.extend_edges();
        if self.state.is_none() {
            let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
            let range = vector_range((columns, rows), parameters.fps, parameters.prediction.buffer());
            let slices = Slices::of(rows, parameters.slices);
            let terms = Terms { parameters: parameters.clone(), columns, rows, slices, range };
            self.lookahead.begin(terms.clone());
            self.prices.reach(8 * range.unsigned_abs() as usize + 64, QP_MAX);
            self.state = Some(State { terms, unchanged: false });
        }
        if parameters.is_lossless() {
            self.state.iter_mut().for_each(|state| state.unchanged = true);
        } else {
            self.lookahead.push(planes);
        }
    }

    /// Replaces planes by the next frame as decoding gives it; `false` where there is none that does not wait. Without loss a frame
    /// has to be taken before the next is pushed, and stays as it is.
    pub(crate) fn next(&mut self, planes: &mut Planes, wait: Wait) -> bool {
        let Some(state) = &mut self.state else { return false };
        if state.terms.parameters.is_lossless() {
            self.shown = None;
            return std::mem::take(&mut state.unchanged);
        }
        while self.batches[CODED].is_empty() && self.can_go_on(wait) {
            if threads::available() > 1 {
                self.go_on_side_by_side(wait);
            } else {
                self.go_on(wait);
            }
        }
        let Some(statistics) = self.batches[CODED].take(planes) else { return false };
        self.shown = statistics;
        true
    }

    fn can_decide(&self, wait: Wait) -> bool {
        self.lookahead.is_full() || wait == Wait::Nothing && !self.lookahead.is_empty()
    }

    fn can_go_on(&self, wait: Wait) -> bool {
        let is_on_its_way = || self.batches[DECIDED..CODED].iter().any(|batch| !batch.is_empty());
        self.can_decide(wait) || wait != Wait::Beside && is_on_its_way()
    }

    /// Takes the batch that is furthest on its way to the end, or decides on one.
    fn go_on(&mut self, wait: Wait) {
        if self.batches[LED].is_empty() && self.batches[DECIDED].is_empty() && self.can_decide(wait) {
            // The memory that was used last.
            self.batches.swap(DECIDED, CODED);
            self.lookahead.decide(&mut self.batches[DECIDED].group);
        }
        let Some(State { terms, .. }) = &self.state else { return };
        let common = Common { terms, prices: &self.prices };
        if self.batches[LED].is_empty() {
            self.coding.lead(common, &mut self.batches[DECIDED]);
            self.batches.swap(DECIDED, LED);
        }
        coding::trail(common, &mut self.batches[LED], &mut self.workers);
        self.batches.swap(LED, CODED);
    }

    /// Takes each batch that is on its way one step further, and decides on another one, all at the same time.
    fn go_on_side_by_side(&mut self, wait: Wait) {
        let decides = self.can_decide(wait);
        let Some(State { terms, .. }) = &self.state else { return };
        let common = Common { terms, prices: &self.prices };
        let Self { lookahead, coding, workers, batches: [following, decided, led, _], .. } = self;
        let decide = || {
            if decides {
                lookahead.decide(&mut following.group);
            }
        };
        let lead = || coding.lead(common, decided);
        let trail = || coding::trail(common, led, workers);
        // What cannot be divided begins first.
        threads::both(|| threads::both(lead, trail), decide);
        self.batches.rotate_right(1);
    }
}

/// A clip from RGB to RGB.
#[derive(Debug, Default)]
pub(crate) struct ClipEngine {
    picture: Picture,
    clip: Clip,
    /// Memory of frames that came in Y, Cb, Cr, for those that are handed out.
    spare: Vec<Planes>,
}

/// Frames that come out at once, at most: a group.
const MOST_SPARE: usize = 17;

impl ClipEngine {
    /// Forgets the frames so far.
    pub(crate) fn restart(&mut self) {
        self.clip.restart();
    }

    /// Refuses settings that clips are not exact for, and odd sides.
    pub(crate) fn check(
        settings: &H264,
        (width, height): (usize, usize),
        options: ClipOptions,
    ) -> Result<(), Error> {
        settings.check_clip(options)?;
        engine::even_sides(Codec::H264, width, height)
    }

    /// Takes the next frame in Y, Cb, Cr. Size and settings have been checked.
    pub(crate) fn push_planes(
        &mut self,
        mut planes: Planes,
        settings: &H264,
        options: ClipOptions,
    ) -> Result<(), Error> {
        engine::subsampled(Codec::H264, &planes, Subsampling::S420)?;
        self.clip.push(&mut planes, &options.parameters(settings));
        // Without loss this is the frame itself, which is the next to be handed out.
        self.spare.truncate(MOST_SPARE - 1);
        self.spare.push(planes);
        Ok(())
    }

    /// The next frame in Y, Cb, Cr; `None` as [`next`](Clip::next) says.
    pub(crate) fn next_planes(&mut self, wait: Wait) -> Option<Planes> {
        let mut planes = self.spare.pop().unwrap_or_default();
        if self.clip.next(&mut planes, wait) {
            return Some(planes);
        }
        self.spare.push(planes);
        None
    }

    /// What was done with the frame that was taken last; `None` as [`Clip::statistics`] says.
    pub(crate) fn statistics(&self) -> Option<FrameStatistics> {
        self.clip.statistics()
    }

    /// Takes the next frame, packed RGB. Size and settings have been checked.
    pub(crate) fn push(
        &mut self,
        rgb: &[u8],
        (width, height): (usize, usize),
        settings: &H264,
        options: ClipOptions,
    ) {
        let (colours, machine) = settings.conversion();
        self.picture.begin(colours, machine, width, height);
        for (i, pair) in rgb.chunks_exact(6 * width).enumerate() {
            let (above, below) = pair.split_at(3 * width);
            self.picture.put(2 * i, [above, below]);
        }
        self.clip.push(self.picture.planes(), &options.parameters(settings));
    }

    /// Writes the next frame, packed RGB of the size of those pushed; `false` as [`next`](Clip::next) says.
    pub(crate) fn next(&mut self, rgb: &mut [u8], width: usize, wait: Wait) -> bool {
        if !self.clip.next(self.picture.planes(), wait) {
            return false;
        }
        for (y, row) in rgb.chunks_exact_mut(3 * width).enumerate() {
            self.picture.get(y, row);
        }
        true
    }
}
