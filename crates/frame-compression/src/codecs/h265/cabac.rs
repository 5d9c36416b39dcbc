//! The arithmetic coder as far as it matters without a bitstream: context states (H.265 9.3) and how many bits
//! they cost, counted in 2^-15 bit.

/// Context indices: where each syntax element's contexts begin.
pub(super) mod context {
    pub(in super::super) const SPLIT_CU_FLAG: usize = 0;
    pub(in super::super) const PART_MODE: usize = 3;
    pub(in super::super) const PREV_INTRA_LUMA_PRED_FLAG: usize = 4;
    pub(in super::super) const INTRA_CHROMA_PRED_MODE: usize = 5;
    pub(in super::super) const CU_QP_DELTA_ABS: usize = 6;
    pub(in super::super) const CBF_LUMA: usize = 8;
    /// By the depth in the transform tree.
    pub(in super::super) const CBF_CHROMA: usize = 10;
    /// Two of luma, then two of chroma.
    pub(in super::super) const CODED_SUB_BLOCK_FLAG: usize = 14;
    /// 27 of luma, then 15 of chroma.
    pub(in super::super) const SIG_COEFF_FLAG: usize = 18;
    /// 15 of luma, then 3 of chroma.
    pub(in super::super) const LAST_X_PREFIX: usize = 60;
    /// 15 of luma, then 3 of chroma.
    pub(in super::super) const LAST_Y_PREFIX: usize = 78;
    /// 16 of luma, then 8 of chroma.
    pub(in super::super) const GREATER1_FLAG: usize = 96;
    /// 4 of luma, then 2 of chroma.
    pub(in super::super) const GREATER2_FLAG: usize = 120;
    pub(in super::super) const SAO_MERGE_FLAG: usize = 126;
    pub(in super::super) const SAO_TYPE_IDX: usize = 127;
    pub(super) const COUNT: usize = 128;
}

/// Indices of the contexts that only presets with transform trees and transform skip use ([`Coder::rare_bin`]).
pub(super) mod rare_context {
    /// By 5 less log2 of the block's side.
    pub(in super::super) const SPLIT_TRANSFORM_FLAG: usize = 0;
    /// Luma, then chroma.
    pub(in super::super) const TRANSFORM_SKIP_FLAG: usize = 3;
    /// Of a bin that the encoder counts in its search and no stream has (docs/spec/h265-fps-and-presets.md, section 5).
    pub(in super::super) const PHANTOM: usize = 5;
    pub(super) const COUNT: usize = 6;
}

/// A power of two, so that an index needs no check.
pub(super) const CONTEXTS: usize = context::COUNT;
/// The same of the rare ones, with room to spare.
const RARE_CONTEXTS: usize = 8;

/// One bit in the unit of the accumulator.
pub(super) const BIT: u64 = 1 << 15;

/// initValue of every context for I slices, in the order of [`context`] (H.265 tables 9-5 to 9-37).
const INIT_VALUES: [u8; context::COUNT] = [
    139, 141, 157, 184, 184, 63, 154, 154, 111, 141, 94, 138, 182, 154, // split_cu_flag .. cbf_chroma
    91, 171, 134, 141, // coded_sub_block_flag
    111, 111, 125, 110, 110, 94, 124, 108, 124, 107, 125, 141, 179, 153, 125, 107, 125, 141, 179, 153, 125,
    107, 125, 141, 179, 153, 125, // sig_coeff_flag, luma
    140, 139, 182, 182, 152, 136, 152, 136, 153, 136, 139, 111, 136, 139, 111, // sig_coeff_flag, chroma
    110, 110, 124, 125, 140, 153, 125, 127, 140, 109, 111, 143, 127, 111, 79, 108, 123, 63, // last x
    110, 110, 124, 125, 140, 153, 125, 127, 140, 109, 111, 143, 127, 111, 79, 108, 123, 63, // last y
    140, 92, 137, 138, 140, 152, 138, 139, 153, 74, 149, 92, 139, 107, 122, 152, // greater1, luma
    140, 179, 166, 182, 140, 227, 122, 197, // greater1, chroma
    138, 153, 136, 167, 152, 152, // greater2
    153, 200, // sao_merge, sao_type_idx
];

/// The same of the rare contexts.
const RARE_INIT_VALUES: [u8; rare_context::COUNT] = [153, 138, 138, 139, 139, 154];

/// Cost of a bin in 2^-15 bit, by the state with its lowest bit flipped where the bin is 1: even places hold
/// the more probable symbol (docs/spec/h265-intra.md, A.1).
#[rustfmt::skip]
const BIN_COST: [u32; 128] = [
    31523,  34297, 29856,  36028, 28388,  37716, 26612,  39963,
    24752,  42538, 23196,  44891, 21645,  47445, 20310,  49833,
    19079,  52215, 17878,  54723, 16708,  57371, 15752,  59703,
    14816,  62157, 13923,  64670, 13127,  67072, 12368,  69525,
    11597,  72194, 10963,  74547, 10350,  76973,  9732,  79583,
     9253,  81736,  8692,  84420,  8254,  86651,  7757,  89344,
     7321,  91870,  6936,  94231,  6565,  96648,  6209,  99111,
     5855, 101712,  5593, 103751,  5244, 106627,  5006, 108707,
     4689, 111640,  4454, 113959,  4200, 116603,  3967, 119182,
     3802, 121114,  3609, 123476,  3407, 126106,  3216, 128736,
     3073, 130808,  2911, 133297,  2742, 136034,  2581, 138822,
     2440, 141405,  2356, 143016,  2216, 145842,  2077, 148855,
     1993, 150758,  1891, 153187,  1808, 155279,  1696, 158246,
     1650, 159523,  1512, 163576,  1466, 165045,  1374, 168023,
     1292, 170923,  1217, 173684,  1191, 174686,  1135, 176943,
     1055, 180397,   999, 182925,   954, 185123,   268, 245691,
];

/// Cost of end_of_slice_segment_flag 0: that of the most probable symbol in the last state.
const TERMINATE_COST: u64 = BIN_COST[126] as u64;

/// transIdxLps of H.265 table 9-41.
#[rustfmt::skip]
const NEXT_AFTER_LPS: [u8; 64] = [
     0,  0,  1,  2,  2,  4,  4,  5,  6,  7,  8,  9,  9, 11, 11, 12,
    13, 13, 15, 15, 16, 16, 18, 18, 19, 19, 21, 21, 22, 22, 23, 24,
    24, 25, 26, 26, 27, 27, 28, 29, 29, 30, 30, 30, 31, 32, 32, 33,
    33, 33, 34, 34, 35, 35, 35, 36, 36, 36, 37, 37, 37, 38, 38, 63,
];

/// What coding a bin does, by `2 * state + bin`: the next state in the lowest 8 bits, the cost above. Any number of 8
/// bits fits as a state, so that an index needs no check.
static TRANSITIONS: [u32; 512] = transitions();

const fn transitions() -> [u32; 512] {
    let mut table = [0; 512];
    let mut index = 0;
    while index < 256 {
        let (state, bin) = (index / 2, index % 2);
        let (p_state, val_mps) = ((state / 2) as u8, (state % 2) as u8);
        let next = if bin == state % 2 {
            let up = if p_state < 62 { p_state + 1 } else { p_state };
            2 * up + val_mps
        } else {
            let mps = if p_state == 0 { 1 - val_mps } else { val_mps };
            2 * NEXT_AFTER_LPS[p_state as usize] + mps
        };
        table[index] = BIN_COST[state ^ bin] << 8 | next as u32;
        index += 1;
    }
    table
}

/// What coding up to four bins with one context does, likewise: by 32 times the first state and the bins, the first
/// highest, with a 1 in front of them.
static RUNS: [u32; 256 * 32] = runs();

const fn runs() -> [u32; 256 * 32] {
    let mut table = [0; 256 * 32];
    let mut index: usize = 0;
    while index < 128 * 32 {
        let (mut state, pattern) = (index / 32, index % 32);
        let (mut cost, mut left) = (0, if pattern == 0 { 0 } else { pattern.ilog2() });
        while left > 0 {
            left -= 1;
            let transition = TRANSITIONS[2 * state + ((pattern >> left) & 1)];
            cost += transition >> 8;
            state = (transition % 256) as usize;
        }
        table[index] = cost << 8 | state as u32;
        index += 1;
    }
    table
}

/// Codes a bin with one of the contexts. Gives what it costs.
#[inline(always)]
fn code_bin<const N: usize>(contexts: &mut [u8; N], context: usize, bin: bool) -> u64 {
    let state = &mut contexts[context % N];
    let transition = TRANSITIONS[usize::from(*state) * 2 + usize::from(bin)];
    *state = transition as u8;
    u64::from(transition >> 8)
}

/// The contexts of a coder at work on many bins. What those cost is summed up here, which can be a register.
#[derive(Debug)]
pub(super) struct Bins<'a> {
    contexts: &'a mut [u8; CONTEXTS],
    length: u64,
}

impl Bins<'_> {
    /// Codes a bin with a context.
    #[inline(always)]
    pub(super) fn bin(&mut self, context: usize, bin: bool) {
        self.length += code_bin(self.contexts, context, bin);
    }

    /// Codes up to four bins with one context: the lower bits of `pattern`, the first highest, behind a 1. None takes no
    /// branch either, as how many there are cannot be foreseen.
    #[inline(always)]
    pub(super) fn pattern(&mut self, context: usize, pattern: u32) {
        let state = &mut self.contexts[context % CONTEXTS];
        let entry = RUNS[usize::from(*state) * 32 + pattern as usize % 32];
        *state = entry as u8;
        self.length += u64::from(entry >> 8);
    }

    /// Codes `count` bins, at most 16, with one context; the first is the highest bit.
    #[inline(always)]
    pub(super) fn run(&mut self, context: usize, bins: u32, mut count: u32) {
        while count > 4 {
            count -= 4;
            self.pattern(context, 16 | (bins >> count & 15));
        }
        self.pattern(context, (1 << count) | (bins & ((1 << count) - 1)));
    }

    /// Codes `count` bins without a context.
    #[inline(always)]
    pub(super) fn bypass(&mut self, count: u32) {
        self.length += u64::from(count) * BIT;
    }
}

/// The states of all contexts: 2 * pStateIdx + valMps each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contexts {
    common: [u8; CONTEXTS],
    rare: [u8; RARE_CONTEXTS],
}

/// The coder: context states and what has been coded since the last reset, with the fraction of a bit left then.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(super) struct Coder {
    contexts: [u8; CONTEXTS],
    rare: [u8; RARE_CONTEXTS],
    /// In 2^-15 bit.
    length: u64,
}

/// The state of a context at the start of a slice (H.265 9.3.2.2).
fn initial_state(init: u8, slice_qp: i32) -> u8 {
    let (slope, offset) = (i32::from(init >> 4) * 5 - 45, (i32::from(init & 15) << 3) - 16);
    let pre = (((slope * slice_qp) >> 4) + offset).clamp(1, 126);
    if pre >= 64 { 2 * (pre - 64) as u8 + 1 } else { 2 * (63 - pre) as u8 }
}

impl Coder {
    /// The states at the start of an I slice (H.265 9.3.2.2).
    pub(super) fn new(slice_qp: i32) -> Self {
        let mut rare = [0; RARE_CONTEXTS];
        for (state, init) in rare.iter_mut().zip(RARE_INIT_VALUES) {
            *state = initial_state(init, slice_qp);
        }
        Self { contexts: INIT_VALUES.map(|init| initial_state(init, slice_qp)), rare, length: 0 }
    }

    pub(super) fn with_contexts(Contexts { common, rare }: Contexts) -> Self {
        Self { contexts: common, rare, length: 0 }
    }

    pub(super) fn contexts(&self) -> Contexts {
        Contexts { common: self.contexts, rare: self.rare }
    }

    /// The states of the contexts that every preset uses.
    pub(super) fn states(&self) -> &[u8; CONTEXTS] {
        &self.contexts
    }

    /// A copy that has coded nothing but the fraction of a bit.
    #[inline(always)]
    pub(super) fn fresh(&self) -> Self {
        Self { length: self.length % BIT, ..self.clone() }
    }

    /// The state after what two copies of a state ([`Self::fresh`]) have coded, no context being touched by both.
    #[inline(always)]
    pub(super) fn joined(entry: &Self, a: &Self, b: &Self) -> Self {
        let mut contexts = entry.contexts;
        for (state, (a, b)) in contexts.iter_mut().zip(a.contexts.iter().zip(&b.contexts)) {
            *state ^= a ^ b;
        }
        let mut rare = entry.rare;
        for (state, (a, b)) in rare.iter_mut().zip(a.rare.iter().zip(&b.rare)) {
            *state ^= a ^ b;
        }
        Self { contexts, rare, length: a.length + b.length - entry.length % BIT }
    }

    /// Codes a bin with a context.
    #[inline(always)]
    pub(super) fn bin(&mut self, context: usize, bin: bool) {
        self.length += code_bin(&mut self.contexts, context, bin);
    }

    /// Codes a bin with a context of [`rare_context`].
    #[inline(always)]
    pub(super) fn rare_bin(&mut self, context: usize, bin: bool) {
        self.length += code_bin(&mut self.rare, context, bin);
    }

    /// Has many bins coded.
    #[inline(always)]
    pub(super) fn bins(&mut self, code: impl FnOnce(&mut Bins<'_>)) {
        let mut bins = Bins { contexts: &mut self.contexts, length: 0 };
        code(&mut bins);
        self.length += bins.length;
    }

    /// What a bin would cost with a context, in 2^-15 bit.
    #[inline(always)]
    pub(super) fn price(&self, context: usize, bin: bool) -> i64 {
        let state = usize::from(self.contexts[context % CONTEXTS]);
        i64::from(BIN_COST[(state ^ usize::from(bin)) % 128])
    }

    /// Codes `count` bins without a context.
    #[inline(always)]
    pub(super) fn bypass(&mut self, count: u32) {
        self.length += u64::from(count) * BIT;
    }

    /// Codes end_of_slice_segment_flag 0.
    pub(super) fn continue_slice(&mut self) {
        self.length += TERMINATE_COST;
    }

    /// Forgets the whole bits coded so far. The fraction stays: the next count of bits depends on it.
    #[inline(always)]
    pub(super) fn reset(&mut self) {
        self.length %= BIT;
    }

    /// Forgets the fraction too.
    pub(super) fn reset_with_fraction(&mut self) {
        self.length = 0;
    }

    /// Whole bits coded since the last reset.
    #[inline(always)]
    pub(super) fn bits(&self) -> u64 {
        self.length / BIT
    }

    /// Whole bits that one more bin would be, counted from a reset.
    #[inline(always)]
    pub(super) fn peek(&self, context: usize, bin: bool) -> u64 {
        let state = usize::from(self.contexts[context % CONTEXTS]);
        (self.length % BIT + u64::from(BIN_COST[(state ^ usize::from(bin)) % 128])) / BIT
    }

    /// The accumulator, for comparison with a trace.
    #[cfg(test)]
    pub(super) fn accumulator(&self) -> u64 {
        self.length
    }
}
