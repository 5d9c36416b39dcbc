//! The macroblock tree: how much later frames take from each macroblock, and how much finer its quantiser is for it
//! (docs/spec/h264-clips.md, section 3).

use super::super::aq;
use super::super::motion::Vector;
use super::cost::{Stored, weight_before};
use super::{Kind, Lookahead, Seen};

/// What a macroblock can be worth to others, at most.
const MOST: u32 = 32767;

impl Lookahead {
    /// Follows what frames take from one another, from the last of `frames` (slots; the first one is coded) to the next one
    /// to be coded, or where `with_first` to the first one.
    pub(super) fn grow_tree(&mut self, frames: &[usize], with_first: bool) {
        let kind = |lookahead: &Self, at: usize| lookahead.frames[frames[at]].kind;
        let seconds = self.terms().parameters.fps.duration() as f32;
        let mut total = 0f32;
        for _ in frames {
            total += seconds;
        }
        let mean = total / frames.len() as f32;
        let mut at = frames.len() - 1;
        while at > 0 && kind(self, at).is_b() {
            at -= 1;
        }
        let first = usize::from(!with_first);
        let mut later = at;
        if later < first {
            return;
        }
        if with_first {
            self.cost(frames[0], frames[0], frames[0]);
        }
        self.forget(frames[later]);
        let pyramid = self.terms().parameters.prediction.pyramid();
        let mut between = 0;
        while at > first {
            let mut here = at - 1;
            while here > 0 && kind(self, here).is_b() {
                here -= 1;
            }
            if here < first {
                break;
            }
            let [cur, end] = [here, later].map(|at| frames[at]);
            self.cost(cur, end, end);
            self.forget(cur);
            between = later - here - 1;
            if pyramid && between > 1 {
                let middle = here + between.div_ceil(2);
                self.cost(cur, end, frames[middle]);
                self.forget(frames[middle]);
                for b in (here + 1..later).rev().filter(|&b| b != middle) {
                    let [p0, p1] = if b > middle { [middle, later] } else { [here, middle] };
                    self.cost(frames[p0], frames[p1], frames[b]);
                    self.propagate(frames[p0], frames[p1], frames[b], false, mean);
                }
                self.propagate(cur, end, frames[middle], true, mean);
            } else {
                for b in (here + 1..later).rev() {
                    self.cost(cur, end, frames[b]);
                    self.propagate(cur, end, frames[b], false, mean);
                }
            }
            self.propagate(cur, end, end, true, mean);
            (later, at) = (here, here);
        }
        self.finish_tree(frames[later], mean, later);
        if pyramid && between > 1 {
            self.finish_tree(frames[later + between.div_ceil(2)], mean, 0);
        }
    }

    fn forget(&mut self, slot: usize) {
        self.frames[slot].propagated.fill(0);
    }

    /// Hands what the macroblocks of `b` are worth on to those that they are predicted from.
    fn propagate(&mut self, p0: usize, p1: usize, b: usize, is_referenced: bool, mean: f32) {
        let clamp = |seconds: f32| f64::from(seconds).clamp(f64::from(0.01f32), 1.0);
        let seconds = clamp(self.terms().parameters.fps.duration() as f32);
        let factor = (seconds / (clamp(mean) * 256.0) * 0.5) as f32;
        let (columns, rows) = (self.terms().columns, self.terms().rows);
        let at = self.cost_place(p0, p1, b);
        let index = |slot: usize| self.frames[slot].index;
        let distances = [index(b) - index(p0), index(p1) - index(b)];
        let by_time = self.terms().parameters.prediction.mixes_by_time;
        let share =
            if b == p1 { 32 } else { weight_before(distances[0], distances[0] + distances[1], by_time) };
        let seen = std::mem::take(&mut self.frames[b]);
        let places = (0..rows as i32).flat_map(|y| (0..columns as i32).map(move |x| (x, y)));
        for ((place, &Stored { cost, used }), xy) in seen.costs[at].blocks.iter().enumerate().zip(places) {
            let worth = if is_referenced { seen.propagated[place] } else { 0 };
            let amount = amount(&seen, place, worth, u32::from(cost), factor);
            for (list, slot) in [p0, p1].into_iter().enumerate() {
                if used >> list & 1 == 0 {
                    continue;
                }
                let part = match (used, list) {
                    (3, 0) => (amount * share + 32) >> 6,
                    (3, _) => (amount * (64 - share) + 32) >> 6,
                    _ => amount,
                };
                let vector = seen.vectors[list][distances[list] as usize].found[place].vector;
                spread(&mut self.frames[slot].propagated, (columns, rows), xy, vector, part);
            }
        }
        self.frames[b] = seen;
    }

    /// Turns what macroblocks are worth into quantisers. A frame that fades from the one so far before it, and is not
    /// coded with weights, gets finer ones.
    fn finish_tree(&mut self, slot: usize, mean: f32, distance: usize) {
        let clamp = |seconds: f32| f64::from(seconds).clamp(f64::from(0.01f32), 1.0);
        let parameters = &self.terms().parameters;
        let factor = (clamp(mean) / clamp(parameters.fps.duration() as f32) * 512.0).round() as u32;
        let strength = (1.0 - parameters.qcomp) * 5.0;
        let fades = distance > 0 && !parameters.prediction.weighted;
        let spared = if fades { self.frames[slot].vectors[0][distance].spared } else { 0.0 };
        let Seen { propagated, inverse, intra_costs, adapted, offsets, .. } = &mut self.frames[slot];
        for (place, offset) in offsets.iter_mut().enumerate() {
            let alone = (intra_costs[place] * inverse[place] + 128) >> 8;
            if alone == 0 {
                continue;
            }
            let taken = (propagated[place] * factor + 128) >> 8;
            *offset = adapted[place] - (aq::log2_ratio(alone, alone + taken) + spared) * strength;
        }
    }
}

/// Adds what a macroblock is worth to the up to four that its vector's block lies on, by how much of it does.
fn spread(sums: &mut [u32], (columns, rows): (usize, usize), at: (i32, i32), vector: Vector, worth: i32) {
    if worth == 0 {
        return;
    }
    let (x, y) = (at.0 + (vector.x >> 5), at.1 + (vector.y >> 5));
    let (fx, fy) = (vector.x & 31, vector.y & 31);
    for (y, height) in [(y, 32 - fy), (y + 1, fy)] {
        if height == 0 || !(0..rows as i32).contains(&y) {
            continue;
        }
        let row = &mut sums[y as usize * columns..][..columns];
        for (x, width) in [(x, 32 - fx), (x + 1, fx)] {
            if let Some(sum) = usize::try_from(x).ok().and_then(|x| row.get_mut(x)) {
                *sum = (*sum + ((width * height * worth + 512) >> 10) as u32).min(MOST);
            }
        }
    }
}

/// What a macroblock is worth to what it is predicted from.
fn amount(seen: &Seen, place: usize, worth: u32, cost: u32, factor: f32) -> i32 {
    let intra = seen.intra_costs[place];
    let saved = (intra - intra.min(cost)) as f32;
    let own = (seen.inverse[place] * intra) as f32;
    let amount = own.mul_add(factor, worth as f32) * saved * reciprocal(intra);
    (amount.round_ties_even() as i32).min(MOST as i32)
}

/// One over a number from 1 to 65,535 as the encoder has it: the processor's reciprocal, that of the middle of 2,048 steps in 13
/// bits, and one step of Newton's from there.
fn reciprocal(value: u32) -> f32 {
    let value = value.max(1);
    let exponent = value.ilog2();
    // In 4,096ths of a power of two.
    let middle = (value << 11 >> exponent) * 2 + 1;
    let rounded = ((1 << 26) / middle).div_ceil(2);
    let first = f64::from(rounded) / f64::from(1u32 << (13 + exponent));
    let product = f64::from((f64::from(value) * first) as f32);
    (2.0 * first - product * first) as f32
}

impl Kind {
    fn is_b(self) -> bool {
        matches!(self, Kind::B | Kind::Bref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [`reciprocal`] in floating point, step by step.
    fn plainly(value: u32) -> f32 {
        let power = f64::from(1u32 << value.ilog2());
        let step = ((f64::from(value) / power - 1.0) * 2048.0).floor();
        let middle = 1.0 + (step + 0.5) / 2048.0;
        let first = (8192.0 / middle).round() / 8192.0 / power;
        let product = value as f32 * first as f32;
        (2.0 * first - f64::from(product) * first) as f32
    }

    #[test]
    fn reciprocals_are_those_of_thirteen_bits_after_a_step_of_newton() {
        for value in 1..=65535u32 {
            let exact = 1.0 / f64::from(value);
            // The processor's reciprocal is off by 1.5 in 4,096 at most, and Newton's step squares that.
            let off = (f64::from(reciprocal(value)) / exact - 1.0).abs();
            assert!(off <= (1.5 / 4096f64).powi(2) + f64::from(f32::EPSILON), "{value}: {off}");
            assert_eq!(reciprocal(value), plainly(value), "{value}");
        }
        // By hand: the middle of the first step is 4097/4096, whose reciprocal in 13 bits is 4095/4096.
        let first = 4095.0 / 4096.0;
        assert_eq!(reciprocal(1), (2.0 * first - first * first) as f32);
        assert_eq!(reciprocal(0), reciprocal(1));
        for exponent in 0..16 {
            assert_eq!(reciprocal(1 << exponent) * (1 << exponent) as f32, reciprocal(1));
        }
    }
}
