//! The frames that others are predicted from (docs/spec/h264-clips.md, sections 6.4 and 12).

use std::sync::Arc;

use super::inter::{Entry, List, Sources};
use super::lookahead::{Kind, Weights};
use super::predicted::Motion;
use super::prediction::Prediction;
use super::preset::Parameters;
use super::samples::Reference;
use crate::planes::Planes;

/// A frame that others are predicted from.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// Its place in the clip.
    pub(super) index: i64,
    pub(super) kind: Kind,
    /// How many frames before it the first of its first list is; 0 where it stands for itself.
    pub(super) distance: i32,
    /// The mean of its macroblocks' quantisers, before they are adapted.
    pub(super) quantiser: f32,
    pub(super) reference: Reference,
    pub(super) motions: Vec<Motion>,
}

impl Kept {
    /// Takes a reconstruction, and how its macroblocks were predicted.
    pub(super) fn take(&mut self, planes: &Planes, parameters: &Parameters, motions: &mut Vec<Motion>) {
        self.reference.take(planes, parameters.subme > 0);
        std::mem::swap(&mut self.motions, motions);
    }
}

/// Those that there are, in the order in which they were coded.
#[derive(Debug, Default)]
pub(super) struct References {
    kept: Vec<Arc<Kept>>,
    /// Memory, once nobody looks at it any more.
    spare: Vec<Arc<Kept>>,
}

impl References {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.spare.append(&mut self.kept);
    }

    /// Has the same frames, for those that are coded beside others.
    pub(super) fn borrow(&mut self, other: &Self) {
        self.kept.clone_from(&other.kept);
    }

    /// Gives borrowed frames back.
    pub(super) fn give_back(&mut self) {
        self.kept.clear();
    }

    /// Keeps a frame among at most so many, as `fill` leaves it in memory of another one, once `marked` of those before it, the first
    /// that were shown, have been dropped.
    pub(super) fn keep(&mut self, fill: impl FnOnce(&mut Kept), marked: usize, most: usize) {
        let free = self.spare.iter().position(|spare| Arc::strong_count(spare) == 1);
        let mut kept = free.map(|free| self.spare.swap_remove(free)).unwrap_or_default();
        fill(Arc::make_mut(&mut kept));
        for _ in 0..marked {
            let before = self.kept.iter().enumerate().filter(|(_, other)| other.index < kept.index);
            if let Some((at, _)) = before.min_by_key(|(_, other)| other.index) {
                self.spare.push(self.kept.remove(at));
            }
        }
        self.kept.push(kept);
        if self.kept.len() > most {
            self.spare.push(self.kept.remove(0));
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.kept.len()
    }

    fn all(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter().map(|kept| &**kept)
    }

    /// Those that are shown before a frame, the nearest first.
    pub(super) fn all_before(&self, index: i64) -> impl Iterator<Item = &Kept> {
        std::iter::successors(self.before(index), |kept| self.before(kept.index))
    }

    /// Those that are shown after a frame, the nearest first.
    pub(super) fn all_after(&self, index: i64) -> impl Iterator<Item = &Kept> {
        std::iter::successors(self.after(index), |kept| self.after(kept.index))
    }

    fn entry(kept: &Kept, index: i64) -> Entry<'_> {
        Entry {
            reference: &kept.reference,
            weights: Weights::default(),
            index: kept.index,
            distance: (index - kept.index) as i32,
        }
    }

    /// What a frame is predicted from; `None` where nothing is shown before it.
    pub(super) fn sources(
        &self,
        index: i64,
        weights: Weights,
        prediction: &Prediction,
    ) -> Option<Sources<'_>> {
        let entry = |kept| Self::entry(kept, index);
        let most = prediction.references as usize;
        let mut before = self.all_before(index).take(most).map(entry);
        let after = self.all_after(index).take(most.min(prediction.reorder() as usize)).map(entry);
        let nearest = before.next()?;
        let mut after = after.peekable();
        if after.peek().is_some() {
            let first = List::of(nearest, before);
            let second = after.next().map(|nearest| List::of(nearest, after))?;
            return Some(Sources::both([first, second], prediction.mixes_by_time));
        }
        let nearest = Entry { weights, ..nearest };
        Some(Sources::one(if prediction.repeats {
            List::repeating(nearest, before)
        } else {
            List::of(nearest, before)
        }))
    }

    /// The last one that is shown before a frame.
    pub(super) fn before(&self, index: i64) -> Option<&Kept> {
        self.all().filter(|kept| kept.index < index).max_by_key(|kept| kept.index)
    }

    /// The first one that is shown after a frame.
    pub(super) fn after(&self, index: i64) -> Option<&Kept> {
        self.all().filter(|kept| kept.index > index).min_by_key(|kept| kept.index)
    }
}

/// How much the first list counts in a block that uses both, of 64, in a frame so many frames after the one reference and
/// before the other (H.264 8.4.2.3.1).
pub(super) fn implicit_share(after_first: i32, before_second: i32) -> i32 {
    // Picture order counts go in twos.
    let (first, both) = (2 * after_first, 2 * (after_first + before_second));
    let (first, both) = (first.clamp(-128, 127), both.clamp(-128, 127));
    let scale = (16384 + both.abs() / 2) / both;
    let second = ((first * scale + 32) >> 6).clamp(-1024, 1023) >> 2;
    if (-64..=128).contains(&second) { 64 - second } else { 32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearer_references_count_more() {
        assert_eq!(implicit_share(1, 1), 32);
        assert_eq!(implicit_share(1, 2), 43);
        assert_eq!(implicit_share(2, 1), 22);
        assert_eq!(implicit_share(1, 3), 48);
    }

    #[test]
    fn neighbours_in_time_are_found() {
        let mut references = References::default();
        for index in [4, 8, 6] {
            references.keep(|kept| kept.index = index, 0, 3);
        }
        let near = |references: &References, index| {
            [references.before(index), references.after(index)].map(|kept| kept.map(|kept| kept.index))
        };
        assert_eq!(near(&references, 5), [Some(4), Some(6)]);
        assert_eq!(near(&references, 7), [Some(6), Some(8)]);
        assert_eq!(near(&references, 9), [Some(8), None]);
        let all: Vec<i64> = references.all_before(9).map(|kept| kept.index).collect();
        assert_eq!(all, [8, 6, 4]);
    }

    #[test]
    fn the_oldest_and_those_marked_are_dropped() {
        let mut references = References::default();
        let mut keep = |index, marked| {
            references.keep(|kept| kept.index = index, marked, 3);
            references.kept.iter().map(|kept| kept.index).collect::<Vec<_>>()
        };
        keep(0, 0);
        keep(4, 0);
        assert_eq!(keep(2, 0), [0, 4, 2]);
        assert_eq!(keep(8, 0), [4, 2, 8]);
        assert_eq!(keep(6, 1), [4, 8, 6]);
    }
}
