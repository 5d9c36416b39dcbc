//! How a macroblock of a P frame moves: as a whole, or in parts (docs/spec/h264-clips.md, sections 7.2 and 12).

use super::super::inter::{Field, MOST_ENTRIES, Part, Shape};
use super::super::motion::{Moves, Threshold, Vector};
use super::super::preset::Entropy;
use super::super::rate_distortion::coded::LumaCoding;
use super::super::rate_distortion::{Found as IntraFound, NEVER};
use super::super::rows::Coded;
use super::search::{Aim, From, Sought};
use super::weighing::{Best, Weigher};
use super::{Fineness, FrameCoder, Motion, Place, Written};
use crate::simd::Simd;

/// A macroblock divided into parts that move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Division {
    pub(super) shape: Shape,
    /// By the shape's parts.
    pub(super) sought: [Sought; 4],
    pub(super) cost: u32,
}

impl Division {
    pub(super) fn moves(&self) -> [Moves; 4] {
        let mut moves = [[None; 2]; 4];
        for (part, sought) in self.shape.parts().iter().zip(&self.sought) {
            for block in part.blocks() {
                moves[block] = [Some(sought.pointer()), None];
            }
        }
        moves
    }
}

/// The divisions that were tried to the end: the whole first.
#[derive(Debug)]
pub(super) struct Divisions {
    pub(super) whole: Division,
    pub(super) quarters: Option<Division>,
    pub(super) rows: Option<Division>,
    pub(super) columns: Option<Division>,
}

impl Divisions {
    /// The cheapest; of equals the first that was tried.
    pub(super) fn best(&self) -> Division {
        let mut best = self.whole;
        for division in [self.quarters, self.rows, self.columns].into_iter().flatten() {
            if division.cost < best.cost {
                best = division;
            }
        }
        best
    }
}

/// A macroblock that is divided.
pub(super) struct Cut<'a> {
    pub(super) place: &'a Place<'a>,
    pub(super) field: &'a Field,
    pub(super) lambda: u32,
    /// What an 8x8 block costs beside its vector: CAVLC counts the bit of its type.
    quarter_type: u32,
    /// The last vectors found by entry: of the whole, and of the 8x8 blocks.
    pub(super) whole: [Vector; MOST_ENTRIES],
    quarters: [[Vector; MOST_ENTRIES]; 4],
}

impl<'a> Cut<'a> {
    pub(super) fn new(place: &'a Place<'a>, field: &'a Field, lambda: u32, quarter_type: u32) -> Self {
        let whole = [Vector::ZERO; MOST_ENTRIES];
        Self { place, field, lambda, quarter_type, whole, quarters: [whole; 4] }
    }

    fn aim(&self, field: &Field, part: Part, entry: u8) -> Aim {
        Aim { part, list: 0, entry, predicted: field.predicted(part, entry), lambda: self.lambda }
    }
}

impl FrameCoder<'_> {
    /// Searches for the vector of the whole into a frame.
    pub(super) fn seek_whole<S: Simd>(
        &self,
        simd: S,
        cut: &mut Cut<'_>,
        entry: u8,
        threshold: &mut Threshold,
    ) -> Sought {
        let aim = cut.aim(cut.field, Shape::Whole.parts()[0], entry);
        let sought = if self.is_blind(entry) {
            self.seek(simd, cut.place, aim, From::Found(cut.whole[0]), threshold)
        } else {
            let mut candidates = [Vector::ZERO; 8];
            let mut count = 0;
            for candidate in self.candidates(cut.place, 0, entry) {
                candidates[count] = candidate;
                count += 1;
            }
            self.seek(simd, cut.place, aim, From::Candidates(&candidates[..count]), threshold)
        };
        cut.whole[usize::from(entry)] = sought.found.vector;
        sought
    }

    /// Whether a frame of list 0 is the nearest once more, only darker: its vectors are not searched for, but taken from there.
    fn is_blind(&self, entry: u8) -> bool {
        entry == 1 && self.sources.lists[0].repeats()
    }

    /// Searches the other frames for the whole, after the nearest.
    pub(super) fn seek_further<S: Simd>(
        &self,
        simd: S,
        cut: &mut Cut<'_>,
        nearest: Sought,
        threshold: &mut Threshold,
    ) -> Division {
        let mut sought = nearest;
        for entry in 1..self.sources.lists[0].count() {
            sought.take(self.seek_whole(simd, cut, entry, threshold));
        }
        Division { shape: Shape::Whole, sought: [sought; 4], cost: sought.found.cost }
    }

    /// Divides into parts with their vectors.
    pub(super) fn divide<S: Simd>(&self, simd: S, cut: &mut Cut<'_>, whole: Division) -> Divisions {
        let mut divisions = Divisions { whole, quarters: None, rows: None, columns: None };
        if self.frame.parameters.prediction.partitions {
            self.divide_further(simd, cut, &mut divisions);
        }
        divisions
    }

    /// Tries four 8x8 blocks, and where they may be worth it halves.
    fn divide_further<S: Simd>(&self, simd: S, cut: &mut Cut<'_>, divisions: &mut Divisions) {
        let quarters = self.divide_into_quarters(simd, cut, &divisions.whole);
        divisions.quarters = Some(quarters);
        let sought = &quarters.sought;
        if quarters.cost >= divisions.whole.cost + sought[1].price + sought[2].price {
            return;
        }
        let spared = if self.leaves_entries_out(sought) && !self.frame.parameters.prediction.mixes() {
            sought[0].entry_price
        } else {
            0
        };
        for (shape, members) in [(Shape::Rows, [[0, 1], [2, 3]]), (Shape::Columns, [[0, 2], [1, 3]])] {
            let [a, b] = members[1].map(|i: usize| &sought[i]);
            let prices = (a.prices() + b.prices()).div_ceil(2);
            let second = a.distortion() + b.distortion() - 2 * cut.quarter_type + prices - spared;
            let limit = divisions.best().cost;
            let halves = self.halve(simd, cut, shape, (members, sought), second, limit);
            if shape == Shape::Rows {
                divisions.rows = halves;
            } else {
                divisions.columns = halves;
            }
        }
    }

    fn divide_into_quarters<S: Simd>(&self, simd: S, cut: &mut Cut<'_>, whole: &Division) -> Division {
        let winner = if self.is_blind(whole.sought[0].entry) { 0 } else { whole.sought[0].entry };
        let mixed = self.frame.parameters.prediction.mixes();
        let last = self.last_entry(cut.place, (0, cut.field), winner);
        let mut field = cut.field.clone();
        let mut division = Division { shape: Shape::Quarters, sought: whole.sought, cost: 0 };
        for (i, &part) in Shape::Quarters.parts().iter().enumerate() {
            let mut best = if mixed {
                let mut best = self.seek_quarter(simd, cut, &field, (i, part), 0);
                // The frame that is the nearest once more is tried in any case.
                let last = last.max(u8::from(self.sources.lists[0].repeats()));
                for entry in 1..=last {
                    best.take(self.seek_quarter(simd, cut, &field, (i, part), entry));
                }
                best
            } else {
                self.seek_quarter(simd, cut, &field, (i, part), winner)
            };
            best.found.cost += cut.quarter_type;
            division.sought[i] = best;
            division.cost += best.found.cost;
            field.set(part, Some(best.pointer()));
        }
        if self.leaves_entries_out(&division.sought) {
            division.cost -= division.sought.iter().map(|quarter| quarter.entry_price).sum::<u32>();
        } else if !mixed && self.frame.parameters.entropy == Entropy::Cabac {
            division.cost -= division.sought[0].entry_price;
        }
        division
    }

    /// Whether 8x8 blocks are written without saying which frames they come from: CAVLC has a type for those that are
    /// all from the nearest.
    fn leaves_entries_out(&self, quarters: &[Sought; 4]) -> bool {
        self.frame.parameters.entropy == Entropy::Cavlc && quarters.iter().all(|quarter| quarter.entry == 0)
    }

    fn seek_quarter<S: Simd>(
        &self,
        simd: S,
        cut: &mut Cut<'_>,
        field: &Field,
        (i, part): (usize, Part),
        entry: u8,
    ) -> Sought {
        let aim = cut.aim(field, part, entry);
        let at = usize::from(entry);
        let mut candidates = [cut.whole[at]; 4];
        for (candidate, before) in candidates[1..].iter_mut().zip(&cut.quarters[..i]) {
            *candidate = before[at];
        }
        let from = if self.is_blind(entry) {
            From::Found(cut.quarters[i][0])
        } else {
            From::Candidates(&candidates[..=i])
        };
        let sought = self.seek(simd, cut.place, aim, from, &mut Threshold::new(1));
        cut.quarters[i][at] = sought.found.vector;
        sought
    }

    /// The last frame of a list that is tried for the 8x8 blocks of a macroblock whose whole is best in `winner`.
    pub(super) fn last_entry(&self, place: &Place<'_>, (list, field): (usize, &Field), winner: u8) -> u8 {
        let last = self.sources.lists[list].count() - 1;
        let beside = [place.left, place.top];
        let may_be_near =
            winner == 0 && beside.iter().all(|motion| motion.is_some_and(|motion| !motion.is_nxn));
        if last > 0 && may_be_near {
            field.farthest(|entry| list == 1 || !self.is_blind(entry))
        } else {
            last
        }
    }

    /// Divides into halves; the second is given up on where the first one and what it may cost are more than `limit`.
    fn halve<S: Simd>(
        &self,
        simd: S,
        cut: &Cut<'_>,
        shape: Shape,
        (members, quarters): ([[usize; 2]; 2], &[Sought; 4]),
        second: u32,
        limit: u32,
    ) -> Option<Division> {
        let mut field = cut.field.clone();
        let mut halves = Division { shape, sought: *quarters, cost: 0 };
        let limit = if self.weighs_rate() { 5 * limit / 4 } else { limit };
        for (i, &part) in shape.parts().iter().enumerate() {
            let entries = members[i].map(|k| quarters[k].entry);
            let best = self.seek_half(simd, cut, &field, part, members[i], entries);
            halves.sought[i] = best;
            halves.cost += best.found.cost;
            if i == 0 && halves.cost + second > limit {
                return None;
            }
            field.set(part, Some(best.pointer()));
        }
        Some(halves)
    }

    /// Searches for the vector of a half into the frames of its 8x8 blocks.
    fn seek_half<S: Simd>(
        &self,
        simd: S,
        cut: &Cut<'_>,
        field: &Field,
        part: Part,
        members: [usize; 2],
        [a, b]: [u8; 2],
    ) -> Sought {
        let seek = |entry: u8, from: Option<Vector>| {
            let aim = cut.aim(field, part, entry);
            let at = usize::from(entry);
            let candidates = [cut.whole[at], cut.quarters[members[0]][at], cut.quarters[members[1]][at]];
            let from = from.map_or(From::Candidates(&candidates), From::Found);
            self.seek(simd, cut.place, aim, from, &mut Threshold::new(1))
        };
        let (near, far) = (a.min(b), a.max(b));
        let mut best = seek(near, None);
        if far != near {
            let from = (near == 0 && self.is_blind(far)).then_some(best.found.vector);
            best.take(seek(far, from));
        }
        best
    }

    /// Makes the vectors of a division as good as they get.
    pub(super) fn refine_division<S: Simd>(&self, simd: S, cut: &Cut<'_>, division: &mut Division) {
        division.cost = 0;
        for (&part, sought) in division.shape.parts().iter().zip(&mut division.sought) {
            self.refine(simd, cut.place, (part, 0), sought, cut.lambda);
            division.cost += sought.found.cost;
        }
    }
}

impl FrameCoder<'_> {
    /// Codes a macroblock of a P frame by weighing its ways; `whole` is what was found for the whole, `still` how it would be
    /// skipped.
    pub(super) fn weigh_after<S: Simd>(
        &mut self,
        simd: S,
        cut: &mut Cut<'_>,
        (whole, still): (Division, &[Moves; 4]),
        fineness: Fineness,
    ) -> (Motion, Coded) {
        let place = cut.place;
        let Some(surroundings) = self.surroundings(place) else { unreachable!("bits are counted") };
        let fields = [cut.field.clone(), cut.field.clone()];
        let weigher = self.weigher(simd, place, &fields, &surroundings, fineness);
        let moves = whole.moves();
        let mut known = None;
        if moves == *still {
            let weighed = self.weigh(simd, &weigher, &written(Shape::Whole, &moves, still), false);
            if !weighed.residual {
                let prediction = self.predict(simd, place, &moves);
                let mut searched = [[Vector::ZERO; MOST_ENTRIES]; 2];
                searched[0][0] = cut.whole[0];
                return self.take_prediction(&prediction, &moves, fineness, searched);
            }
            known = Some(weighed.cost);
        }
        let divisions = self.divide(simd, cut, whole);
        let cost = divisions.best().cost;
        let (mut found, mut codings) = (IntraFound::default(), [(); 3].map(|()| LumaCoding::default()));
        let costs = self.search_intra(simd, &weigher, cost, 0, (&mut found, &mut codings));
        let least = costs.all().into_iter().fold(cost, u32::min);
        let (shape, moves, weight) = self.weigh_divisions(simd, &weigher, &divisions, (least, known), still);
        let mut best = Best { written: written(shape, &moves, still), weight, cost, eight: false };
        if weight != NEVER {
            self.try_8x8(simd, &weigher, &mut best);
        }
        let limit = (u64::from(best.cost) * 5 / 4 + 1).min(u64::from(NEVER)) as u32;
        let intra = self.weigh_intra(simd, &weigher, (&costs, limit, best.weight), (&found, &mut codings));
        let searched = [cut.whole, [Vector::ZERO; MOST_ENTRIES]];
        self.finish_weighed(simd, &weigher, (&best, intra, &mut codings), searched)
    }

    /// The division of least weight, with its pointers and weight, of those that were found to cost hardly more than `least`. That
    /// of the whole may be `known`.
    fn weigh_divisions<S: Simd>(
        &self,
        simd: S,
        weigher: &Weigher<'_>,
        divisions: &Divisions,
        (least, known): (u32, Option<u32>),
        still: &[Moves; 4],
    ) -> (Shape, [Moves; 4], u32) {
        let mut best = (Shape::Whole, divisions.whole.moves(), known.unwrap_or(NEVER));
        let whole = known.is_none().then_some(divisions.whole);
        for division in [whole, divisions.rows, divisions.columns, divisions.quarters].into_iter().flatten() {
            let shape = division.shape;
            let limit = if shape == Shape::Whole { 3 * least / 2 + 1 } else { 5 * least / 4 + 1 };
            if division.cost >= limit {
                continue;
            }
            let moves = division.moves();
            let weight = self.weigh(simd, weigher, &written(shape, &moves, still), false).cost;
            if weight < best.2 {
                best = (shape, moves, weight);
            }
        }
        best
    }
}

/// How a macroblock is written that may be skipped if nothing is left of it and its pointers are these.
fn written<'a>(shape: Shape, moves: &'a [Moves; 4], still: &[Moves; 4]) -> Written<'a> {
    Written { shape, moves, direct: 0, may_skip: shape == Shape::Whole && moves == still }
}
