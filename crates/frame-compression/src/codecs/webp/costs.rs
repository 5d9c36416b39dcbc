//! What modes and residuals cost, in 1/256 bit.

use super::kernels::luma4x4::LANES;
use super::tables::{BANDS, BIT_COSTS, DEFAULT_PROBABILITIES, MODE_PROBABILITIES, Probabilities, ZIGZAG};
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

/// What of a level from [`LAST`] on is [`FIXED`] at least.
const LEAST_FIXED: u16 = {
    let (mut least, mut level) = (u16::MAX, LAST);
    while level < FIXED.len() {
        least = if FIXED[level] < least { FIXED[level] } else { least };
        level += 1;
    }
    least
};

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

/// Where it stands among the costs of levels that there are no more.
pub(super) const END: usize = LAST + 1;
/// The costs at one band and context: of levels, and of the end.
pub(super) const ROW: usize = END + 1;
/// The costs at one band, context after context. The rest is there so that a byte as a place needs no check.
pub(super) type Band = [u16; 256];
/// A place in it that costs nothing.
pub(super) const NOTHING: usize = 255;
/// The bands of a kind of blocks, one after another.
pub(super) const TABLE: usize = 8 * 256;

/// Where the costs of levels at place `n` after `context` start.
pub(super) const fn place(n: usize, context: usize) -> usize {
    256 * BANDS[n] + ROW * context
}

/// Where the costs of the levels after each place start, after a level of 0.
pub(super) static AFTER: [usize; 16] = {
    let (mut starts, mut n) = ([0; 16], 0);
    while n < 15 {
        starts[n] = place(n + 1, 0);
        n += 1;
    }
    starts
};

/// What levels cost at least, whatever comes before them, four rows of a block four times side by side.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Least {
    /// Any but 0.
    pub(super) any: [[i16; 16]; 4],
    /// What those above 1 cost more.
    pub(super) more: [[i16; 16]; 4],
}

impl Least {
    /// What each of the two may be at most, so that sums of four have room in 16 bits.
    const MOST: u16 = 4000;

    fn new(levels: &[Band; 8]) -> Self {
        // By band: 1, and what is above.
        let mut bands = [[Self::MOST; 2]; 8];
        for ([one, above], levels) in bands.iter_mut().zip(levels) {
            for row in levels.as_chunks::<ROW>().0 {
                *one = row[1].min(*one);
                *above = row[2..END].iter().fold(*above, |least, &cost| cost.min(least));
            }
        }
        let mut least = Self::default();
        for (n, at) in ZIGZAG.into_iter().enumerate() {
            let [one, above] = bands[BANDS[n]];
            for b in 0..4 {
                least.any[at / 4][4 * b + at % 4] = one.min(above) as i16;
                least.more[at / 4][4 * b + at % 4] = above.saturating_sub(one) as i16;
            }
        }
        least
    }
}

/// What `SYMBOLS` cost, in tables for kernels that look up many blocks at once. Symbols are the levels from 0 up, all those
/// that are left with what they cost at least, and, last, the end of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lookups<const SYMBOLS: usize> {
    /// By place: the costs of all symbols after a context of 0, then 1, then 2, in three digits of base 16, the lowest first.
    pub(super) digits: [[[u8; 48]; 3]; 16],
    /// From this magnitude on levels cost at least what the tables say, below they cost that.
    pub(super) from: u8,
}

/// So few symbols that those of all contexts are one table.
pub(super) const FEW: usize = 5;
/// As many as a table has.
const MANY: usize = 16;

impl<const SYMBOLS: usize> Lookups<SYMBOLS> {
    /// The symbol of the place behind the last level.
    pub(super) const END: usize = SYMBOLS - 1;
    /// The symbol of all levels of this magnitude or a larger one.
    pub(super) const MOST: usize = SYMBOLS - 2;
    const NONE: Self = Self { digits: [[[0; 48]; 3]; 16], from: 0 };
    /// What a symbol may cost at most, so that 16 of them and a penalty have room in 16 bits.
    const MOST_COST: u16 = 0xff0;

    /// The tables of blocks that begin at place `first`, whose levels and starts cost this by band.
    fn new(levels: &[Band; 8], starts: &[[u16; 3]; 8], first: usize) -> Self {
        let mut lookups = Self { from: Self::END as u8, ..Self::NONE };
        for band in 0..8 {
            let costs = lookups.symbols(&levels[band]);
            let digits = lookups.digits_of(&costs, [0; 3]);
            for n in (first..16).filter(|&n| BANDS[n] == band) {
                lookups.digits[n] = if n == first { lookups.digits_of(&costs, starts[band]) } else { digits };
            }
        }
        lookups
    }

    /// What symbols cost, by context.
    fn symbols(&mut self, levels: &Band) -> [[u16; SYMBOLS]; 3] {
        std::array::from_fn(|context| {
            let row = &levels[ROW * context..][..ROW];
            let (few, large) = row[..LAST].split_at(Self::MOST);
            let least = large.iter().fold(row[LAST] + LEAST_FIXED, |a, &b| a.min(b));
            if least < large[0] {
                self.from = self.from.min(Self::MOST as u8);
            }
            let mut costs = [0; SYMBOLS];
            costs[..Self::MOST].copy_from_slice(few);
            (costs[Self::MOST], costs[Self::END]) = (least, row[END]);
            costs
        })
    }

    /// The digits of costs, if all but ends cost this more by context.
    fn digits_of(&mut self, costs: &[[u16; SYMBOLS]; 3], starts: [u16; 3]) -> [[u8; 48]; 3] {
        let mut digits = [[0; 48]; 3];
        for (context, costs) in costs.iter().enumerate() {
            for (symbol, &cost) in costs.iter().enumerate() {
                let cost = if symbol == Self::END { cost } else { cost + starts[context] };
                if cost > Self::MOST_COST {
                    // An end may follow any level.
                    self.from = self.from.min(if symbol == Self::END { 0 } else { symbol as u8 });
                }
                let cost = cost.min(Self::MOST_COST);
                for (digit, table) in digits.iter_mut().enumerate() {
                    table[SYMBOLS * context + symbol] = (cost >> (4 * digit) & 15) as u8;
                }
            }
        }
        digits
    }
}

/// The probabilities of tokens, and what follows from them.
#[derive(Debug, Clone)]
pub(super) struct Costs {
    pub(super) probabilities: Probabilities,
    /// By kind and band.
    levels: [[Band; 8]; 4],
    /// That there are levels, by band and context. The costs of levels have it in them after others than 0.
    starts: [[[u16; 3]; 8]; 4],
    /// By kind.
    pub(super) least: [Least; 4],
    /// Of [`kind::LUMA4X4`].
    pub(super) luma4x4_lookups: Lookups<FEW>,
    /// Of [`kind::AC`], for modes of 16x16 luma, which leave larger levels.
    pub(super) ac_lookups: Lookups<MANY>,
    /// Of [`kind::CHROMA`].
    pub(super) chroma_lookups: Lookups<FEW>,
}

impl Default for Costs {
    fn default() -> Self {
        let mut costs = Self {
            probabilities: DEFAULT_PROBABILITIES,
            levels: [[[0; 256]; 8]; 4],
            starts: [[[0; 3]; 8]; 4],
            least: [Least::default(); 4],
            luma4x4_lookups: Lookups::NONE,
            ac_lookups: Lookups::NONE,
            chroma_lookups: Lookups::NONE,
        };
        costs.reset();
        costs
    }
}

impl Costs {
    /// Starts a picture.
    pub(super) fn reset(&mut self) {
        self.probabilities = DEFAULT_PROBABILITIES;
        self.refresh(true);
    }

    /// Has starts and ends of blocks cost what the probabilities say, and levels, too, if theirs have changed.
    pub(super) fn refresh(&mut self, levels_have_changed: bool) {
        if levels_have_changed {
            self.refresh_levels();
        }
        self.refresh_ends();
        let (levels, starts) = (&self.levels, &self.starts);
        self.luma4x4_lookups = Lookups::new(&levels[kind::LUMA4X4], &starts[kind::LUMA4X4], 0);
        self.ac_lookups = Lookups::new(&levels[kind::AC], &starts[kind::AC], 1);
        self.chroma_lookups = Lookups::new(&levels[kind::CHROMA], &starts[kind::CHROMA], 0);
    }

    fn refresh_levels(&mut self) {
        let bands = self.levels.as_flattened_mut().iter_mut().zip(self.probabilities.as_flattened());
        for (levels, probabilities) in bands {
            let rows = levels.as_chunks_mut::<ROW>().0.iter_mut().zip(probabilities);
            for (context, (row, probabilities)) in rows.enumerate() {
                row[..END].copy_from_slice(&level_costs(probabilities, context));
            }
        }
        for (least, levels) in self.least.iter_mut().zip(&self.levels) {
            *least = Least::new(levels);
        }
    }

    fn refresh_ends(&mut self) {
        let bands = self.levels.as_flattened_mut().iter_mut().zip(self.starts.as_flattened_mut());
        for ((levels, starts), probabilities) in bands.zip(self.probabilities.as_flattened()) {
            for (row, probabilities) in levels.as_chunks_mut::<ROW>().0.iter_mut().zip(probabilities) {
                row[END] = bit(false, probabilities[0]) as u16;
            }
            starts[0] = bit(true, probabilities[0][0]) as u16;
        }
    }

    /// What levels at place `n` cost after `context`.
    #[inline(always)]
    pub(super) fn levels(&self, kind: usize, n: usize, context: usize) -> Levels<'_> {
        Levels(self.levels[kind][BANDS[n]][ROW * context..].first_chunk().unwrap_or(&[0; LAST + 1]))
    }

    /// That there are levels from place `n` on: what their own costs do not have in them.
    #[inline(always)]
    pub(super) fn start(&self, kind: usize, n: usize, context: usize) -> u32 {
        self.starts[kind][BANDS[n]][context].into()
    }

    /// That there are none from place `n` on.
    #[inline(always)]
    pub(super) fn end(&self, kind: usize, n: usize, context: usize) -> u32 {
        self.levels[kind][BANDS[n]][ROW * context + END].into()
    }

    /// What a block costs: levels in zigzag order from place `first` on, after the neighbours' context.
    pub(super) fn residual(&self, kind: usize, first: usize, context: usize, levels: &Block) -> u32 {
        let Some(last) = (first..16).rev().find(|&n| levels[n] != 0) else {
            return self.end(kind, first, context);
        };
        let mut cost = self.start(kind, first, context);
        let mut context = context;
        for (n, level) in levels.iter().enumerate().take(last + 1).skip(first) {
            let level = usize::from(level.unsigned_abs());
            cost += self.levels(kind, n, context).cost(level);
            context = level.min(2);
        }
        if last < 15 {
            cost += self.end(kind, last + 1, context);
        }
        cost
    }

    /// The costs of a kind of blocks, by band.
    #[inline(always)]
    pub(super) fn bands(&self, kind: usize) -> &[Band; 8] {
        &self.levels[kind]
    }

    /// The same in one, by [`place`] and level.
    #[inline(always)]
    pub(super) fn table(&self, kind: usize) -> &[u16; TABLE] {
        self.levels[kind].as_flattened().first_chunk().unwrap_or(&[0; TABLE])
    }
}

/// The costs of levels at one band and context (RFC 6386 13.2's tree).
fn level_costs(p: &[u8; 11], context: usize) -> [u16; LAST + 1] {
    let nonzero = (if context > 0 { bit(true, p[0]) } else { 0 }) + bit(true, p[1]);
    let (low, high) = (bit(true, p[2]) + bit(false, p[3]), bit(true, p[2]) + bit(true, p[3]));
    let three = low + bit(true, p[4]);
    let (category12, category3456) = (high + bit(false, p[6]), high + bit(true, p[6]));
    let (category34, category56) = (category3456 + bit(false, p[8]), category3456 + bit(true, p[8]));
    // Up to which level, and what they have in common.
    let trees = [
        (1, bit(false, p[2])),
        (2, low + bit(false, p[4])),
        (3, three + bit(false, p[5])),
        (4, three + bit(true, p[5])),
        (6, category12 + bit(false, p[7])),
        (10, category12 + bit(true, p[7])),
        (18, category34 + bit(false, p[9])),
        (34, category34 + bit(true, p[9])),
        (66, category56 + bit(false, p[10])),
        (LAST, category56 + bit(true, p[10])),
    ];
    let mut levels = [0; LAST + 1];
    levels[0] = (nonzero - bit(true, p[1]) + bit(false, p[1])) as u16;
    let mut from = 1;
    for (to, tree) in trees {
        for (cost, fixed) in levels[from..=to].iter_mut().zip(&FIXED[from..=to]) {
            *cost = (nonzero + tree) as u16 + fixed;
        }
        from = to + 1;
    }
    // The rest of the last one is not the same for all that it stands for.
    levels[LAST] -= FIXED[LAST];
    levels
}
