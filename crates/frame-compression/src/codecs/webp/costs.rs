//! What modes and residuals cost, in 1/256 bit.

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

/// The largest level with a cost of its own in [`Levels`].
pub(super) const LAST: usize = 67;

/// The tokens of levels, but for what is [`FIXED`].
pub(super) type Levels = [u16; LAST + 1];

/// The probabilities of tokens, and what follows from them.
#[derive(Debug, Clone)]
pub(super) struct Costs {
    pub(super) probabilities: Probabilities,
    levels: [[[Levels; 3]; 8]; 4],
}

impl Default for Costs {
    fn default() -> Self {
        let mut costs = Self { probabilities: DEFAULT_PROBABILITIES, levels: [[[[0; LAST + 1]; 3]; 8]; 4] };
        costs.refresh();
        costs
    }
}

impl Costs {
    /// Starts a picture.
    pub(super) fn reset(&mut self) {
        if self.probabilities != DEFAULT_PROBABILITIES {
            self.probabilities = DEFAULT_PROBABILITIES;
        }
        self.refresh();
    }

    /// Follows the probabilities.
    pub(super) fn refresh(&mut self) {
        for (levels, probabilities) in
            self.levels.as_flattened_mut().iter_mut().zip(self.probabilities.as_flattened())
        {
            for (context, (levels, probabilities)) in levels.iter_mut().zip(probabilities).enumerate() {
                *levels = level_costs(probabilities, context);
            }
        }
    }

    /// What levels at place `n` cost after `context`.
    pub(super) fn levels(&self, kind: usize, n: usize, context: usize) -> &Levels {
        &self.levels[kind][BANDS[n]][context]
    }

    /// Whether there are levels from place `n` on.
    pub(super) fn more(&self, kind: usize, n: usize, context: usize, more: bool) -> u32 {
        bit(more, self.probabilities[kind][BANDS[n]][context][0])
    }

    /// What a block costs: levels in zigzag order from place `first` on, after the neighbours' context.
    pub(super) fn residual(&self, kind: usize, first: usize, context: usize, levels: &Block) -> u32 {
        let Some(last) = (first..16).rev().find(|&n| levels[n] != 0) else {
            return self.more(kind, first, context, false);
        };
        let mut cost = if context == 0 { self.more(kind, first, 0, true) } else { 0 };
        let mut context = context;
        for (n, &level) in levels.iter().enumerate().take(last + 1).skip(first) {
            let level = usize::from(level.unsigned_abs());
            cost += u32::from(self.levels(kind, n, context)[level.min(LAST)]) + u32::from(FIXED[level]);
            context = level.min(2);
        }
        if last < 15 {
            cost += self.more(kind, last + 1, context, false);
        }
        cost
    }
}

/// The costs of levels at one band and context (RFC 6386 13.2's tree).
fn level_costs(p: &[u8; 11], context: usize) -> Levels {
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
        *cost = (nonzero + tree) as u16;
    }
    levels
}
