//! The context model of CABAC (H.264 9.3; docs/spec/h264-presets.md, section 5): it counts and adapts, and writes
//! nothing.

use std::hint::select_unpredictable;

pub(super) mod block;
pub(super) mod macroblock;
pub(super) mod predicted;
mod tables;

pub(super) use tables::{LAST_8X8, SIGNIFICANCE_8X8};

/// Costs are in this part of a bit.
pub(super) const BIT: u32 = 256;

/// The states of all contexts: twice pStateIdx, plus valMPS.
#[repr(C, align(64))]
#[derive(Debug, Clone)]
pub(super) struct Contexts([u8; 512]);

/// The cost of a bin whose value is 0 in a state, after an exclusive or with the value: 1 stands for the less probable.
static COST: [u16; 128] = {
    let mut costs = [0; 128];
    let mut i = 0;
    while i < 64 {
        costs[2 * i] = tables::MORE_PROBABLE[i];
        costs[2 * i + 1] = tables::LESS_PROBABLE[i];
        i += 1;
    }
    costs
};

const fn after(state: u8, bin: u8) -> u8 {
    let (index, probable) = (state >> 1, state & 1);
    if index > 62 {
        return state;
    }
    if bin == probable {
        let next = if index < 62 { index + 1 } else { 62 };
        return next << 1 | probable;
    }
    let probable = if index == 0 { bin } else { probable };
    tables::AFTER_LESS_PROBABLE[index as usize] << 1 | probable
}

/// What passing a bin does, by twice the state plus the bin: the state after it, and above the lowest byte its cost.
static PASS: [u32; 512] = {
    let mut steps = [0; 512];
    let mut i = 0;
    while i < 256 {
        let (state, bin) = ((i / 2) as u8, (i % 2) as u8);
        steps[i] = (COST[(state ^ bin) as usize] as u32) << 8 | after(state, bin) as u32;
        i += 1;
    }
    steps
};

/// The state after a bin, by state and bin.
static AFTER: [[u8; 2]; 128] = {
    let mut states = [[0; 2]; 128];
    let mut i = 0;
    while i < 128 {
        states[i] = [after(i as u8, 0), after(i as u8, 1)];
        i += 1;
    }
    states
};

/// The longest run of ones that codes a level by context; beyond it a level has an escape.
pub(super) const LONGEST_UNARY: usize = 13;

/// A level's run of ones in one context, with the zero that ends it unless it is the longest: cost and state after,
/// by its length and the state.
static UNARY: [[(u16, u8); 128]; LONGEST_UNARY + 1] = {
    let mut all = [[(0, 0); 128]; LONGEST_UNARY + 1];
    let mut ones = 0;
    while ones <= LONGEST_UNARY {
        let mut state = 0;
        while state < 128 {
            let (mut cost, mut now, mut i) = (0, state as u8, 0);
            while i < ones {
                cost += COST[(now ^ 1) as usize];
                now = AFTER[now as usize][1];
                i += 1;
            }
            if ones < LONGEST_UNARY {
                cost += COST[now as usize];
                now = AFTER[now as usize][0];
            }
            all[ones][state] = (cost, now);
            state += 1;
        }
        ones += 1;
    }
    all
};

/// What passing three bins in one context does, as [`PASS`] has it: by their values, the first one lowest, and the
/// state; after all values, nothing.
static PASS_THREE: [[u32; 128]; 9] = {
    let mut all = [[0; 128]; 9];
    let mut bins = 0;
    while bins < 9 {
        let mut state = 0;
        while state < 128 {
            let (mut cost, mut now, mut i) = (0, state, if bins < 8 { 0 } else { 3 });
            while i < 3 {
                let step = PASS[2 * now + (bins >> i & 1)];
                cost += step >> 8;
                now = (step & 255) as usize;
                i += 1;
            }
            all[bins][state] = cost << 8 | now as u32;
            state += 1;
        }
        bins += 1;
    }
    all
};

/// The cost of a bin in a state.
#[inline(always)]
pub(super) fn cost(state: u8, bin: bool) -> u32 {
    u32::from(COST[usize::from((state ^ u8::from(bin)) & 127)])
}

/// The state after a bin.
#[inline(always)]
pub(super) fn next(state: u8, bin: bool) -> u8 {
    AFTER[usize::from(state & 127)][usize::from(bin)]
}

/// The cost of a level's run of ones, and the state after it.
#[inline(always)]
pub(super) fn unary(state: u8, ones: usize) -> (u32, u8) {
    let (cost, after) = UNARY[ones.min(LONGEST_UNARY)][usize::from(state & 127)];
    (u32::from(cost), after)
}

/// The bits of a level's escape code: of 15 and more.
#[inline(always)]
pub(super) fn escape(level: u32) -> u32 {
    BIT * (2 * (level - 14).ilog2() + 1)
}

impl Contexts {
    /// The contexts at the start of an intra slice (9.3.1.1).
    pub(super) fn new(qp: u8) -> Self {
        Self::of(tables::INITIAL, qp)
    }

    /// The same of a P or a B slice.
    pub(super) fn of_predicted(qp: u8) -> Self {
        Self::of(tables::INITIAL_PREDICTED, qp)
    }

    fn of(runs: &[(usize, &[(i8, i8)])], qp: u8) -> Self {
        let mut states = [0; 512];
        for &(first, run) in runs {
            for (state, &(m, n)) in states[first..].iter_mut().zip(run) {
                let before = (((i32::from(m) * i32::from(qp)) >> 4) + i32::from(n)).clamp(1, 126) as u8;
                *state = if before <= 63 { (63 - before) << 1 } else { (before - 64) << 1 | 1 };
            }
        }
        Self(states)
    }

    #[inline(always)]
    pub(super) fn state(&self, context: usize) -> u8 {
        self.0[context & 511]
    }

    /// The states of some contexts.
    pub(super) fn states<const N: usize>(&self, first: usize) -> &[u8; N] {
        self.0[first..].first_chunk().expect("inside the contexts")
    }

    /// Passes a bin: adapts its context, and gives its cost.
    #[inline(always)]
    pub(super) fn pass(&mut self, context: usize, bin: bool) -> u32 {
        let state = &mut self.0[context & 511];
        let step = PASS[2 * usize::from(*state) + usize::from(bin)];
        *state = step as u8;
        step >> 8
    }

    /// Passes three bins, the lowest first, or does nothing; at once, as each has to wait for the one before.
    #[inline(always)]
    pub(super) fn pass_three(&mut self, context: usize, bins: Option<u8>) -> u32 {
        let state = &mut self.0[context & 511];
        let step = PASS_THREE[bins.map_or(8, |bins| usize::from(bins & 7))][usize::from(*state & 127)];
        *state = step as u8;
        step >> 8
    }

    /// Passes a bin, or does nothing: for what cannot be foreseen, where a branch would cost more than the bin.
    #[inline(always)]
    pub(super) fn pass_if(&mut self, condition: bool, context: usize, bin: bool) -> u32 {
        let state = &mut self.0[context & 511];
        let step = PASS[2 * usize::from(*state) + usize::from(bin)];
        *state = select_unpredictable(condition, step as u8, *state);
        select_unpredictable(condition, step >> 8, 0)
    }

    /// The sum that annex B.3 calls `states`.
    #[cfg(test)]
    pub(super) fn checksum(&self) -> u32 {
        let used = tables::INITIAL.iter().flat_map(|&(first, run)| first..first + run.len());
        used.map(|context| u32::from(self.0[context]) * (context as u32 + 1)).fold(0, u32::wrapping_add)
    }
}

#[cfg(test)]
mod tests;
