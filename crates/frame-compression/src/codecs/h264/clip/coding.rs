//! Groups of frames on their way from the lookahead to the reconstruction: the frames of a group that others are predicted
//! from lead, and the B frames trail, beside what leads in the next group where there are threads.

use super::super::lookahead::{Foreseen, Group, Kind, Terms};
use super::super::predicted::Motion;
use super::super::prediction::Prediction;
use super::super::rate_control::{Beside, RateControl};
use super::super::references::{Kept, References};
use super::worker::{Common, Task, Worker};
use crate::planes::Planes;
use crate::statistics::FrameStatistics;
use crate::threads;

/// A group of frames on its way.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) group: Group,
    /// In the order in which they are coded.
    quantisers: Vec<f32>,
    /// What the B frames that trail are predicted from.
    references: References,
    /// In the order in which they are shown; those after the group's are memory.
    coded: Vec<Shown>,
    taken: usize,
}

/// A frame that is coded.
#[derive(Debug, Default)]
struct Shown {
    planes: Planes,
    statistics: Option<FrameStatistics>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.group.frames().is_empty()
    }

    /// Forgets the frames.
    pub(super) fn clear(&mut self) {
        self.group.clear();
        self.references.give_back();
        self.taken = 0;
    }

    /// Replaces planes by the next frame, if there is one, and says what was done with it. Once the last has been taken, the
    /// batch is empty.
    pub(super) fn take(&mut self, planes: &mut Planes) -> Option<Option<FrameStatistics>> {
        let count = self.group.frames().len();
        let shown = self.coded[..count].get_mut(self.taken)?;
        std::mem::swap(planes, &mut shown.planes);
        let statistics = shown.statistics;
        self.taken += 1;
        if self.taken == count {
            self.clear();
        }
        Some(statistics)
    }
}

/// What frames leave for those after them.
#[derive(Debug, Default)]
pub(super) struct Coding {
    /// `None` before the first frame.
    rate_control: Option<RateControl>,
    references: References,
    worker: Worker,
}

impl Coding {
    /// Forgets the frames so far.
    pub(super) fn restart(&mut self) {
        self.rate_control = None;
        self.references.clear();
        self.worker.restart();
    }

    /// Codes what leads in a batch: the frames that others are predicted from, or all where each goes on from what the one before left
    /// of the source's coefficients.
    pub(super) fn lead(&mut self, common: Common<'_>, batch: &mut Batch) {
        let Terms { parameters, columns, rows, .. } = common.terms;
        let control = self.rate_control.get_or_insert_with(|| RateControl::new(parameters, columns * rows));
        let Batch { group, quantisers, references, coded, .. } = batch;
        let (frames, first) = (group.frames(), group.first());
        coded.resize_with(coded.len().max(frames.len()), Shown::default);
        quantisers.clear();
        let leading = leading(common.terms, frames);
        for (place, frame) in frames.iter().enumerate() {
            if frame.kind == Kind::Idr {
                self.references.clear();
            }
            let quantiser = quantiser(control, &self.references, frame);
            quantisers.push(quantiser);
            if place >= leading {
                continue;
            }
            let task = Task { common, references: &self.references, frame, quantiser };
            let room = &mut coded[(frame.index - first) as usize];
            room.statistics = Some(self.worker.code(&task, &mut room.planes));
            if frame.kind != Kind::B {
                let rest = &frames[place..];
                let marked = marked(&self.references, rest, first + place as i64, &parameters.prediction);
                let motions = self.worker.motions();
                keep(&mut self.references, common.terms, frame, (&room.planes, motions, quantiser), marked);
            }
        }
        if leading < frames.len() {
            references.borrow(&self.references);
        }
    }
}

/// Keeps a frame that has been coded for others to be predicted from, once so many have been dropped.
fn keep(
    references: &mut References,
    Terms { parameters, columns, rows, .. }: &Terms,
    frame: &Foreseen,
    (planes, motions, quantiser): (&Planes, &mut Vec<Motion>, f32),
    marked: usize,
) {
    let before = references.before(frame.index).filter(|_| !frame.kind.is_intra());
    let distance = before.map_or(0, |before| (frame.index - before.index) as i32);
    // Row by row, as the encoder adds it up.
    let sum = (0..*rows).fold(0f32, |sum, _| sum + quantiser * *columns as f32);
    let fill = |kept: &mut Kept| {
        kept.take(planes, parameters, motions);
        (kept.index, kept.kind, kept.distance) = (frame.index, frame.kind, distance);
        kept.quantiser = sum / (columns * rows) as f32;
    };
    references.keep(fill, marked, parameters.prediction.buffer() as usize);
}

/// Codes the rest of a batch, on several threads where there are some.
pub(super) fn trail(common: Common<'_>, batch: &mut Batch, workers: &mut Vec<Worker>) {
    let Batch { group, quantisers, references, coded, .. } = batch;
    let (frames, references, first) = (group.frames(), &*references, group.first());
    let leading = leading(common.terms, frames);
    let count = (frames.len() - leading).min(threads::available());
    if count == 0 {
        return;
    }
    workers.resize_with(workers.len().max(count), Worker::default);
    // B frames are shown in the order in which they are coded.
    let mut rooms = coded.iter_mut().zip(first..);
    let tasks = frames.iter().zip(&*quantisers).skip(leading).filter_map(|(frame, &quantiser)| {
        let (room, _) = rooms.find(|&(_, index)| index == frame.index)?;
        Some((Task { common, references, frame, quantiser }, room))
    });
    threads::share(&mut workers[..count], tasks, |worker, (task, room)| {
        room.statistics = Some(worker.code(&task, &mut room.planes));
    });
}

/// How many frames of a group lead.
fn leading(terms: &Terms, frames: &[Foreseen]) -> usize {
    if terms.parameters.psy_trellis_weight() != 0 {
        return frames.len();
    }
    frames.iter().take_while(|frame| frame.kind != Kind::B).count()
}

/// The quantiser of the next frame to be coded.
fn quantiser(control: &mut RateControl, references: &References, frame: &Foreseen) -> f32 {
    let beside = |kept: &Kept| Beside {
        quantiser: kept.quantiser,
        kind: kept.kind,
        distance: (kept.index - frame.index).unsigned_abs() as u32,
    };
    match (references.before(frame.index), references.after(frame.index)) {
        (Some(before), Some(after)) => {
            control.between([beside(before), beside(after)], frame.kind == Kind::Bref)
        }
        _ => control.next(frame.kind, frame.cost),
    }
}

/// How many frames the decoder is told to drop once it has a frame: those that it would wait for too long. `rest` begins with
/// the frame, the `place`th to be coded (docs/spec/h264-clips.md, section 12).
fn marked(references: &References, rest: &[Foreseen], place: i64, prediction: &Prediction) -> usize {
    let kept = !matches!(rest[0].kind, Kind::B | Kind::Idr);
    let late = || {
        let between = rest[1..].iter().zip(place + 1..).take_while(|(frame, _)| frame.kind == Kind::B);
        between.into_iter().any(|(frame, place)| place != frame.index + prediction.reorder() as i64)
    };
    if kept && prediction.pyramid() && late() {
        (references.count() + 2).saturating_sub(prediction.buffer() as usize)
    } else {
        0
    }
}
