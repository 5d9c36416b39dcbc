//! The types of frames, and the order in which they are coded (docs/spec/h264-clips.md, sections 1.2 to 1.4).

use super::{Group, Lookahead};

/// The type of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum Kind {
    /// Not decided.
    #[default]
    Auto,
    /// Stands for itself, and nothing after it needs what was before.
    Idr,
    I,
    P,
    /// Predicted from both sides.
    B,
    /// The same, and others are predicted from it.
    Bref,
}

impl Kind {
    pub(in super::super) fn is_intra(self) -> bool {
        matches!(self, Kind::Idr | Kind::I)
    }

    /// Nothing says that it is no B frame.
    fn may_be_b(self) -> bool {
        matches!(self, Kind::Auto | Kind::B)
    }
}

impl Lookahead {
    /// Decides on the types of the next frames up to one that is no B frame, and hands them over in the place of those
    /// that the group had.
    pub(in super::super) fn decide(&mut self, group: &mut Group) {
        let prediction = &self.terms().parameters.prediction;
        let (bframes, pyramid, weighted) = (prediction.bframes(), prediction.pyramid(), prediction.weighted);
        let has_tree = self.terms().has_tree();
        if bframes > 0 || prediction.scenecut > 0 || has_tree {
            self.analyse(0);
        }
        let last_b = self.settle(bframes);
        if pyramid && last_b > 1 {
            let middle = self.next[(last_b - 1) / 2];
            self.frames[middle].kind = Kind::Bref;
        }
        let slot = self.next[last_b];
        let kind = self.frames[slot].kind;
        let reference = self.last.filter(|_| kind == Kind::P);
        self.cost(reference.unwrap_or(slot), slot, slot);
        let cost = self.adapted_cost(reference.unwrap_or(slot), slot);
        if let Some(reference) = reference.filter(|_| weighted) {
            self.find_weights(reference, slot);
        }
        let before = self.last.replace(slot);
        let mut between = std::mem::take(&mut self.between);
        between.clear();
        between.extend(self.next.drain(..=last_b).take(last_b));
        between.sort_by_key(|&slot| self.frames[slot].kind != Kind::Bref);
        if has_tree && kind.is_intra() {
            self.analyse(last_b + 1);
        }
        group.clear();
        self.hand_over(slot, cost, group);
        for &slot in &between {
            self.hand_over(slot, 0, group);
        }
        self.free.extend(between.iter().copied().chain(before));
        self.between = between;
    }

    /// Finds the end of the next frames that belong together, and fixes their types.
    fn settle(&mut self, bframes: usize) -> usize {
        let (keyint, least) = (self.terms().keyint(), self.terms().least_keyint());
        let mut b = 0;
        loop {
            let slot = self.next[b];
            let since = self.frames[slot].index - self.key;
            let mut kind = self.frames[slot].kind;
            if since >= keyint || (kind == Kind::I && since >= least) {
                kind = Kind::Idr;
            }
            self.frames[slot].kind = kind;
            if kind == Kind::Idr {
                self.key = self.frames[slot].index;
                if b > 0 {
                    b -= 1;
                    let before = self.next[b];
                    self.frames[before].kind = Kind::P;
                }
                return b;
            }
            if (b == bframes || b + 1 == self.next.len()) && kind.may_be_b() {
                kind = Kind::P;
            }
            if kind == Kind::Auto {
                kind = Kind::B;
            }
            self.frames[slot].kind = kind;
            if kind != Kind::B {
                return b;
            }
            b += 1;
        }
    }

    /// Finds out about the frames that are there, after the last one coded; so many have just been taken from them.
    fn analyse(&mut self, taken: usize) {
        let Some(last) = self.last else { return };
        let terms = self.terms();
        let most = self.next.len().min(terms.ahead() + 1 - taken.min(terms.ahead() + 1));
        let is_after = taken != 0;
        let mut frames = std::mem::take(&mut self.looked_at);
        frames.clear();
        frames.push(last);
        frames.extend(&self.next[..most]);
        self.analyse_frames(&frames, is_after);
        self.looked_at = frames;
    }

    /// The same for the last frame coded and those after it, by their slots.
    fn analyse_frames(&mut self, frames: &[usize], is_after: bool) {
        let terms = self.terms();
        let (keyint, least, has_tree) = (terms.keyint(), terms.least_keyint(), terms.has_tree());
        let prediction = &terms.parameters.prediction;
        let (bframes, scenecut) = (prediction.bframes(), prediction.scenecut);
        let (last, most) = (frames[0], frames.len() - 1);
        if most == 0 {
            if has_tree {
                self.grow_tree(frames, is_after);
            }
            return;
        }
        let before_key = (keyint - self.frames[last].index + self.key - 1).clamp(0, most as i64) as usize;
        let count = if has_tree && terms.parameters.psy { most } else { before_key };
        if count == 0 {
            self.frames[frames[1]].kind = Kind::I;
            return;
        }
        let first = self.frames[frames[1]].kind;
        if matches!(first, Kind::Auto | Kind::I)
            && scenecut > 0
            && self.is_cut(frames, (0, 1), Some(before_key))
        {
            if first == Kind::Auto {
                self.frames[frames[1]].kind = Kind::I;
            }
            return;
        }
        for j in 2..=count {
            if self.frames[frames[j]].kind == Kind::Idr && self.frames[frames[j - 1]].kind.may_be_b() {
                self.frames[frames[j - 1]].kind = Kind::P;
            }
        }
        let reset = if bframes == 0 {
            for &slot in &frames[1..=count] {
                if self.frames[slot].kind.may_be_b() {
                    self.frames[slot].kind = Kind::P;
                }
            }
            if is_after { 1 } else { 2 }
        } else {
            self.choose_b(frames, count, bframes);
            let reset = self.cut_b(frames, count);
            if is_after { 1 } else { reset }
        };
        if has_tree {
            let end = count.min(keyint as usize);
            self.grow_tree(&frames[..=end], is_after);
        }
        let mut key = self.key;
        for j in 1..=count {
            let slot = frames[j];
            let since = self.frames[slot].index - key;
            let kind = self.frames[slot].kind;
            if since >= keyint || (kind == Kind::I && since >= least) {
                self.frames[slot].kind = Kind::Idr;
            }
            if self.frames[slot].kind == Kind::Idr {
                key = self.frames[slot].index;
                if j > 1 && self.frames[frames[j - 1]].kind == Kind::B {
                    self.frames[frames[j - 1]].kind = Kind::P;
                }
            }
        }
        for &slot in &frames[reset.min(count + 1)..=count] {
            self.frames[slot].kind = Kind::Auto;
        }
    }

    /// Decides which frames are B frames.
    fn choose_b(&mut self, frames: &[usize], count: usize, bframes: usize) {
        let kind = |lookahead: &Self, j: usize| lookahead.frames[frames[j]].kind;
        let (mut base, mut room) = (0, 0);
        for j in 1..count {
            if j > 1 && kind(self, j - 1) == Kind::B {
                room -= 1;
            } else {
                (base, room) = (j - 1, bframes);
            }
            if room == 0 {
                if kind(self, j).may_be_b() {
                    self.frames[frames[j]].kind = Kind::P;
                }
            } else if kind(self, j) == Kind::Auto {
                let chosen = if kind(self, j + 1) == Kind::B {
                    Kind::P
                } else {
                    let (this, next) = (j - base, j - base + 1);
                    let as_p = self.path(frames, base, &[this, next], u64::MAX);
                    let as_b = self.path(frames, base, &[next], as_p);
                    if as_b < as_p { Kind::B } else { Kind::P }
                };
                self.frames[frames[j]].kind = chosen;
            }
        }
        if kind(self, count).may_be_b() {
            self.frames[frames[count]].kind = Kind::P;
        }
    }

    /// Ends the B frames at a cut. The first frame whose type stays open.
    fn cut_b(&mut self, frames: &[usize], count: usize) -> usize {
        let leading = frames[1..=count].iter().take_while(|&&slot| self.frames[slot].kind == Kind::B).count();
        let mut looked_at = count;
        if self.terms().parameters.prediction.scenecut > 0 {
            for j in 1..=leading {
                if self.is_cut(frames, (j, j + 1), None) {
                    self.frames[frames[j]].kind = Kind::P;
                    looked_at = j;
                    break;
                }
            }
        }
        (leading + 2).min(looked_at + 1)
    }

    /// What the frames after `base` cost if those at `p_frames`, counted from there, are P frames and those before them B
    /// frames; what is more than `limit` need not be exact.
    fn path(&mut self, frames: &[usize], base: usize, p_frames: &[usize], limit: u64) -> u64 {
        let pyramid = self.terms().parameters.prediction.pyramid();
        let at = |place: usize| frames[base + place];
        let (mut sum, mut cur) = (0, 0);
        for &next in p_frames {
            sum += self.cost(at(cur), at(next), at(next));
            if sum > limit {
                break;
            }
            if pyramid && next - cur > 2 {
                let middle = cur + (next - cur) / 2;
                sum += self.cost(at(cur), at(next), at(middle));
                for b in cur + 1..middle {
                    if sum < limit {
                        sum += self.cost(at(cur), at(middle), at(b));
                    }
                }
                for b in middle + 1..next {
                    if sum < limit {
                        sum += self.cost(at(middle), at(next), at(b));
                    }
                }
            } else {
                for b in cur + 1..next {
                    if sum < limit {
                        sum += self.cost(at(cur), at(next), at(b));
                    }
                }
            }
            cur = next;
        }
        sum
    }

    /// Whether a scene begins at a frame. Where it is to be a real one, flashes before `flash_end` are told from it.
    fn is_cut(&mut self, frames: &[usize], (p0, p1): (usize, usize), flash_end: Option<usize>) -> bool {
        if let Some(end) = flash_end.filter(|_| self.terms().parameters.prediction.bframes() > 0) {
            let wanted = p0 + 2;
            let most = wanted.min(end);
            for current in p1..=most {
                if !self.differs(frames[p0], frames[current]) {
                    for &slot in &frames[p0 + 1..=current] {
                        self.frames[slot].cuttable = false;
                    }
                }
            }
            for current in p0..=most {
                let too_few = wanted > frames.len() - 1;
                if too_few || (current < most && self.differs(frames[current], frames[most])) {
                    self.frames[frames[current]].cuttable = false;
                }
            }
        }
        self.frames[frames[p1]].cuttable && self.differs(frames[p0], frames[p1])
    }

    /// Whether predicting a frame is hardly better than not to.
    fn differs(&mut self, p0: usize, p1: usize) -> bool {
        let predicted = self.cost(p0, p1, p1) as f64;
        let intra = self.intra_cost(p1) as f64;
        let terms = self.terms();
        let (keyint, least) = (terms.keyint(), terms.least_keyint());
        let since = self.frames[p1].index - self.key;
        let most = (f64::from(terms.parameters.prediction.scenecut) / 100.0) as f32;
        let small = if least == keyint { most } else { most * 0.25 };
        let bias = if since <= least / 4 {
            small / 4.0
        } else if since <= least {
            small * since as f32 / least as f32
        } else {
            small + (most - small) * (since - least) as f32 / (keyint - least) as f32
        };
        predicted >= (1.0 - f64::from(bias)) * intra
    }
}
