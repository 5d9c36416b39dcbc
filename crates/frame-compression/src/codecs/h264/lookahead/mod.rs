//! What frames will cost, seen at half their size, before they are coded (docs/spec/h264-clips.md, sections 1 to 3 and 5):
//! costs give frames their types and the rate control its measure, vectors are candidates of the search at full size,
//! and what later frames take from a macroblock gives it a finer quantiser.

mod cost;
mod group;
mod intra;
mod kinds;
mod tree;
mod weights;

pub(super) use group::{Foreseen, Group};
pub(super) use kinds::Kind;
pub(super) use weights::{Weight, Weights};

use std::sync::Arc;

use super::frame::Slices;
use super::motion::{Found, Prices};
use super::preset::Parameters;
use super::samples::Quarters;
use crate::planes::Planes;
use cost::Cost;
use weights::Sums;

/// What is the same for all frames of a clip.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) parameters: Parameters,
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) slices: Slices,
    /// How far vectors may point, in whole samples of the full size.
    pub(super) range: i32,
}

impl Terms {
    fn keyint(&self) -> i64 {
        self.parameters.prediction.keyint.into()
    }

    /// Within how many frames of the last that stands for itself a cut gives a frame that does not begin anew.
    fn least_keyint(&self) -> i64 {
        let fps = self.parameters.fps;
        let second = i64::from(fps.numerator() / fps.denominator());
        (self.keyint() / 10).min(second).clamp(1, self.keyint() / 2 + 1)
    }

    /// Whether macroblocks get quantisers by what later frames take from them.
    pub(super) fn has_tree(&self) -> bool {
        self.parameters.has_tree()
    }

    /// Whether the lookahead has frames fade. With psy its macroblock tree asks for that where P frames may not.
    pub(super) fn fades(&self) -> bool {
        self.parameters.prediction.weighted || self.has_tree() && self.parameters.psy
    }

    /// Frames to be seen before a type is decided on, beside the one.
    pub(super) fn ahead(&self) -> usize {
        let prediction = &self.parameters.prediction;
        let tree = if self.has_tree() { prediction.lookahead.min(prediction.keyint) as usize } else { 0 };
        prediction.bframes().max(tree)
    }

    /// Whether all macroblocks are looked at, not those inside alone.
    fn whole_picture(&self) -> bool {
        self.has_tree() || self.counts_all()
    }

    /// Whether the costs of all macroblocks count: small pictures have no edge that is left out.
    fn counts_all(&self) -> bool {
        self.columns <= 2 || self.rows <= 2
    }

    /// The macroblocks whose costs count.
    fn counts(&self, x: usize, y: usize) -> bool {
        self.counts_all() || (x > 0 && y > 0 && x + 1 < self.columns && y + 1 < self.rows)
    }

    /// The most frames that there are between a frame and one that it is predicted from, and one.
    fn reach(&self) -> usize {
        self.parameters.prediction.bframes() + 1
    }
}

/// The vectors of a frame to another.
#[derive(Debug, Clone, Default)]
struct Vectors {
    known: bool,
    /// What part of its cost the frame is spared by a fade, where they were searched for with one.
    spared: f32,
    found: Vec<Found>,
}

/// What is known of a frame.
#[derive(Debug, Default)]
struct Seen {
    /// Its place in the clip.
    index: i64,
    kind: Kind,
    /// Whether a scene may begin with it.
    cuttable: bool,
    half: Quarters,
    sums: [Sums; 3],
    /// By which macroblocks' quantisers differ from the frame's by adaptive quantisation.
    adapted: Vec<f32>,
    /// The same with what later frames take.
    offsets: Vec<f32>,
    /// What adaptive quantisation makes of a cost, in 256ths.
    inverse: Vec<u32>,
    intra_known: bool,
    intra_costs: Vec<u32>,
    /// Of those that count.
    intra_sum: u64,
    /// By list and distance.
    vectors: [Vec<Vectors>; 2],
    /// By the distances to both references.
    costs: Vec<Cost>,
    propagated: Vec<u32>,
    weights: Weights,
}

/// Memory for a first look at a frame.
#[derive(Debug, Default)]
struct Memory {
    energies: Vec<u32>,
    means: Vec<u8>,
}

/// The frames that are waiting, and the last one that others are predicted from.
#[derive(Debug, Default)]
pub(super) struct Lookahead {
    prices: Prices,
    terms: Option<Terms>,
    /// By their slots.
    frames: Vec<Seen>,
    /// What they look like, with padding, by their slots. Apart, because the frames are coded while the lookahead goes on.
    sources: Vec<Arc<Planes>>,
    free: Vec<usize>,
    /// Slots of the frames whose types are not decided, in the order in which they are shown.
    next: Vec<usize>,
    /// Slot of the last frame that is not a B frame.
    last: Option<usize>,
    /// Index of the last frame that begins anew.
    key: i64,
    taken: i64,
    memory: Memory,
    /// Memory for sources.
    spare: Vec<Arc<Planes>>,
    /// Memory of an analysis, and for the B frames that it ends with.
    looked_at: Vec<usize>,
    between: Vec<usize>,
}

impl Lookahead {
    /// Begins a clip.
    pub(super) fn begin(&mut self, terms: Terms) {
        self.key = -terms.keyint();
        self.prices.reach(8 * terms.range.unsigned_abs() as usize + 64, 0);
        self.terms = Some(terms);
        self.free.clear();
        self.free.extend(0..self.frames.len());
        self.next.clear();
        (self.last, self.taken) = (None, 0);
    }

    fn terms(&self) -> &Terms {
        self.terms.as_ref().unwrap_or_else(|| unreachable!("a clip was begun"))
    }

    /// Takes the clip's next frame, with its padding, and leaves memory in its place.
    pub(super) fn push(&mut self, planes: &mut Planes) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.frames.push(Seen::default());
            self.sources.push(Arc::default());
            self.frames.len() - 1
        });
        let source = &mut self.sources[slot];
        if Arc::strong_count(source) > 1 {
            *source = self.spare.pop().unwrap_or_default();
        }
        std::mem::swap(Arc::make_mut(source), planes);
        let mut seen = std::mem::take(&mut self.frames[slot]);
        let mut memory = std::mem::take(&mut self.memory);
        seen.take(&self.sources[slot], self.terms(), &mut memory);
        self.memory = memory;
        seen.index = self.taken;
        self.taken += 1;
        self.frames[slot] = seen;
        self.next.push(slot);
    }

    /// Whether enough frames are there to decide on types.
    pub(super) fn is_full(&self) -> bool {
        self.next.len() > self.terms().ahead()
    }

    /// Whether there are frames whose types are not decided.
    pub(super) fn is_empty(&self) -> bool {
        self.next.is_empty()
    }
}
