//! What modes and residuals cost, in 1/256 bit.

use super::kernels::luma4x4::LANES;
use super::tables::{BANDS, BIT_COSTS, DEFAULT_PROBABILITIES, MODE_PROBABILITIES, Probabilities};
use super::transform::Block;

/// Types of blocks, as the probabilities have them.
pub(super) mod kind {
    /// Luma of 16x16 macroblocks, without DCs.
    pub(in super::super) const AC: usize = 0;
    /// Their DCs.
    pub(in super::super) const DCS: usize = 1;
    pub(in super::super) const CHROMA: usize = 2;
    /// Luma of macroblocks of 4x4 modes.
    pub(in super::super) const LUMA4X4: usize = 3;
}

/// The modes of 16x16 luma.
pub(super) const LUMA16X16: [u32; 4] = [663, 919, 872, 919];
/// The modes of chroma.
pub(super) const CHROMA: [u32; 4] = [302, 984, 439, 642];
/// That a macroblock has 4x4 modes.
pub(super) const HAS_4X4: u32 = 211;

/// What a bit costs.
pub(super) const fn bit(bit: bool, probability: u8) -> u32 {
    BIT_COSTS[if bit { 255 - probability as usize } else { probability as usize }] as u32
}

/// The modes of 4x4 luma, by the modes above and to the left.
pub(super) static LUMA4X4: [[[u16; 10]; 10]; 10] = luma4x4();

const fn luma4x4() -> [[[u16; 10]; 10]; 10] {
    let mut costs = [[[0; 10]; 10]; 10];
    let mut at = 0;
    while at < 100 {
        let p = MODE_PROBABILITIES[at / 10][at % 10];
        let tm = bit(true, p[0]);
        let ve = tm + bit(true, p[1]);
        let others = ve + bit(true, p[2]);
        let (left, down) = (others + bit(false, p[3]), others + bit(true, p[3]));
        let (right, vl) = (left + bit(true, p[4]), down + bit(true, p[6]));
        let h = vl + bit(true, p[7]);
        costs[at / 10][at % 10] = [
            bit(false, p[0]) as u16,
            (tm + bit(false, p[1])) as u16,
            (ve + bit(false, p[2])) as u16,
            (left + bit(false, p[4])) as u16,
            (right + bit(false, p[5])) as u16,
            (right + bit(true, p[5])) as u16,
            (down + bit(false, p[6])) as u16,
            (vl + bit(false, p[7])) as u16,
            (h + bit(false, p[8])) as u16,
            (h + bit(true, p[8])) as u16,
        ];
        at += 1;
    }
    costs
}

/// The same in the order in which the kernel has modes side by side.
pub(super) static LUMA4X4_LANES: [[[i32; 16]; 10]; 10] = {
    let (mut lanes, mut at) = ([[[0; 16]; 10]; 10], 0);
    while at < 1600 {
        let (above, beside, lane) = (at / 160, at / 16 % 10, at % 16);
        lanes[above][beside][lane] = LUMA4X4[above][beside][LANES[lane] as usize] as i32;
        at += 1;
    }
    lanes
};

/// Signs and extra bits of levels. That of 9 and 10 lacks their second extra bit, as libwebp's does.
pub(super) static FIXED: [u16; 2048] = fixed();

const fn fixed() -> [u16; 2048] {
    const EXTRA: [(usize, &[u8]); 4] = [
        (11, &[173, 148, 140]),
        (19, &[176, 155, 140, 135]),
        (35, &[180, 157, 141, 134, 130]),
        (67, &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129]),
    ];
    let mut costs = [0; 2048];
    let few = [0, 256, 256, 256, 256, 432, 618, 630, 731, 640, 640];
    let mut level = 1;
    while level < 2048 {
        costs[level] = if level <= 10 {
            few[level]
        } else {
            let category = (level >= 19) as usize + (level >= 35) as usize + (level >= 67) as usize;
            let (first, probabilities) = EXTRA[category];
            let (mut cost, mut i) = (256, 0);
            while i < probabilities.len() {
                let place = probabilities.len() - 1 - i;
                cost += bit((level - first) >> place & 1 == 1, probabilities[i]);
                i += 1;
            }
            cost as u16
        };
        level += 1;
    }
    costs
}

/// The largest level with tokens of its own.
pub(super) const LAST: usize = 67;

/// What levels cost: all of it below [`LAST`], and from there on all but what is [`FIXED`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels<'a>(&'a [u16; LAST + 1]);

impl Levels<'_> {
    /// What a level of this magnitude costs.
    #[inline(always)]
    pub(super) fn cost(&self, level: usize) -> u32 {
        if level < LAST {
            u32::from(self.0[level])
        } else {
            u32::from(self.0[LAST]) + u32::from(FIXED[level & 2047])
        }
    }
}

/// The size of a table of costs.
pub(super) const TABLE: usize = 2048;

/// Where the costs of levels at place `n` after `context` start.
pub(super) const fn place(n: usize, context: usize) -> usize {
    (BANDS[n] * 3 + context) * (LAST + 1)
}

/// The probabilities of tokens, and what follows from them.
#[derive(Debug, Clone)]
pub(super) struct Costs {
    pub(super) probabilities: Probabilities,
    /// By band, context and level, one after another; the rest is there so that no place needs a check.
    levels: [[u16; TABLE]; 4],
    /// That there are no more levels, and that there are.
    ends: [[[[u16; 2]; 3]; 8]; 4],
}

impl Default for Costs {
    fn default() -> Self {
        let mut costs = Self {
            probabilities: DEFAULT_PROBABILITIES,
            levels: [[0; TABLE]; 4],
            ends: [[[[0; 2]; 3]; 8]; 4],
        };
        costs.refresh();
        costs
    }
}

impl Costs {
    /// Starts a picture.
    pub(super) fn reset(&mut self) {
        self.probabilities = DEFAULT_PROBABILITIES;
        self.refresh_ends();
        self.refresh();
    }

    /// Has levels cost what the probabilities say.
    pub(super) fn refresh(&mut self) {
        for (levels, probabilities) in self.levels.iter_mut().zip(&self.probabilities) {
            let rows = levels.as_chunks_mut().0.iter_mut().zip(probabilities.as_flattened());
            for (number, (row, probabilities)) in rows.enumerate() {
                *row = level_costs(probabilities, number % 3);
            }
        }
    }

    /// Has ends of blocks cost what the probabilities say.
    pub(super) fn refresh_ends(&mut self) {
        let ends = self.ends.as_flattened_mut().as_flattened_mut();
        for (ends, probabilities) in ends.iter_mut().zip(self.probabilities.as_flattened().as_flattened()) {
            *ends = [false, true].map(|more| bit(more, probabilities[0]) as u16);
        }
    }

    /// What levels at place `n` cost after `context`.
    #[inline(always)]
    pub(super) fn levels(&self, kind: usize, n: usize, context: usize) -> Levels<'_> {
        Levels(self.levels[kind][place(n, context)..].first_chunk().unwrap_or(&[0; LAST + 1]))
    }

    /// Whether there are levels from place `n` on.
    #[inline(always)]
    pub(super) fn more(&self, kind: usize, n: usize, context: usize, more: bool) -> u32 {
        self.ends[kind][BANDS[n]][context][usize::from(more)].into()
    }

    /// What a block costs: levels in zigzag order from place `first` on, after the neighbours' context.
    pub(super) fn residual(&self, kind: usize, first: usize, context: usize, levels: &Block) -> u32 {
        let Some(last) = (first..16).rev().find(|&n| levels[n] != 0) else {
            return self.more(kind, first, context, false);
        };
        let mut cost = if context == 0 { self.more(kind, first, 0, true) } else { 0 };
        let mut context = context;
        for (n, level) in levels.iter().enumerate().take(last + 1).skip(first) {
            let level = usize::from(level.unsigned_abs());
            cost += self.levels(kind, n, context).cost(level);
            context = level.min(2);
        }
        if last < 15 {
            cost += self.more(kind, last + 1, context, false);
        }
        cost
    }

    /// The table of a kind of blocks, by [`place`] and level.
    #[inline(always)]
    pub(super) fn table(&self, kind: usize) -> &[u16; TABLE] {
        &self.levels[kind]
    }
}

/// The costs of levels at one band and context (RFC 6386 13.2's tree).
fn level_costs(p: &[u8; 11], context: usize) -> [u16; LAST + 1] {
    let nonzero = (if context > 0 { bit(true, p[0]) } else { 0 }) + bit(true, p[1]);
    let (low, high) = (bit(true, p[2]) + bit(false, p[3]), bit(true, p[2]) + bit(true, p[3]));
    let three = low + bit(true, p[4]);
    let (category12, category3456) = (high + bit(false, p[6]), high + bit(true, p[6]));
    let (category34, category56) = (category3456 + bit(false, p[8]), category3456 + bit(true, p[8]));
    let mut levels = [0; LAST + 1];
    levels[0] = (nonzero - bit(true, p[1]) + bit(false, p[1])) as u16;
    for (level, cost) in levels.iter_mut().enumerate().skip(1) {
        let tree = match level {
            1 => bit(false, p[2]),
            2 => low + bit(false, p[4]),
            3 => three + bit(false, p[5]),
            4 => three + bit(true, p[5]),
            5..=6 => category12 + bit(false, p[7]),
            7..=10 => category12 + bit(true, p[7]),
            11..=18 => category34 + bit(false, p[9]),
            19..=34 => category34 + bit(true, p[9]),
            35..=66 => category56 + bit(false, p[10]),
            _ => category56 + bit(true, p[10]),
        };
        let fixed = if level < LAST { FIXED[level].into() } else { 0 };
        *cost = (nonzero + tree + fixed) as u16;
    }
    levels
}
