//! What the lookahead hands over: frames whose types are decided, with all that coding them needs to know, so that the
//! lookahead can go on while they are coded.

use std::sync::Arc;

use super::super::motion::Vector;
use super::{Kind, Lookahead, Vectors, Weights};
use crate::planes::Planes;

/// A frame that is to be coded.
#[derive(Debug, Default)]
pub(in super::super) struct Foreseen {
    /// Its place in the clip.
    pub(in super::super) index: i64,
    pub(in super::super) kind: Kind,
    /// What the rate control measures it by; 0 for B frames.
    pub(in super::super) cost: u64,
    /// With its padding. The last frame of a group is looked at after it has been handed over.
    pub(in super::super) source: Arc<Planes>,
    /// By how much its macroblocks' quantisers differ from the frame's.
    pub(in super::super) offsets: Vec<f32>,
    pub(in super::super) weights: Weights,
    /// By list and distance.
    vectors: [Vec<Vectors>; 2],
}

impl Foreseen {
    /// The vector of a macroblock to a frame so far before (list 0) or after (list 1), in quarter samples of the full
    /// size, if it was searched for.
    pub(in super::super) fn vector(&self, list: usize, distance: usize, place: usize) -> Option<Vector> {
        let vectors = self.vectors[list].get(distance)?;
        let vector = vectors.known.then(|| vectors.found[place].vector)?;
        Some(vector + vector)
    }
}

/// Frames that belong together, in the order in which they are coded: one that is no B frame, and the B frames before it.
/// Those after the first `count` are memory.
#[derive(Debug, Default)]
pub(in super::super) struct Group {
    frames: Vec<Foreseen>,
    count: usize,
}

impl Group {
    pub(in super::super) fn frames(&self) -> &[Foreseen] {
        &self.frames[..self.count]
    }

    /// The place in the clip of the one that is shown first.
    pub(in super::super) fn first(&self) -> i64 {
        self.frames().iter().map(|frame| frame.index).min().unwrap_or(0)
    }

    /// Forgets the frames.
    pub(in super::super) fn clear(&mut self) {
        self.count = 0;
    }

    /// Room for a frame.
    fn add(&mut self) -> &mut Foreseen {
        if self.count == self.frames.len() {
            self.frames.push(Foreseen::default());
        }
        self.count += 1;
        &mut self.frames[self.count - 1]
    }
}

impl Lookahead {
    /// Adds a frame whose type is decided to a group.
    pub(super) fn hand_over(&mut self, slot: usize, cost: u64, group: &mut Group) {
        let seen = &mut self.frames[slot];
        let room = group.add();
        (room.index, room.kind, room.cost, room.weights) = (seen.index, seen.kind, cost, seen.weights);
        let offsets = if seen.kind == Kind::B { &seen.adapted } else { &seen.offsets };
        room.offsets.clone_from(offsets);
        std::mem::swap(&mut room.vectors, &mut seen.vectors);
        let before = std::mem::replace(&mut room.source, Arc::clone(&self.sources[slot]));
        if Arc::strong_count(&before) == 1 {
            self.spare.push(before);
        }
    }
}
