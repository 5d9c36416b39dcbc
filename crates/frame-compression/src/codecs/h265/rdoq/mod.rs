//! The choice of levels by what they cost (rate-distortion optimised quantisation), and the hiding of signs that goes
//! with it (docs/spec/h265-fps-and-presets.md, section 3).
//!
//! Of every cost only the difference to leaving the coefficient out matters, so that is what the sums here hold: a
//! coefficient that is 0 from the start adds nothing but its flag.

mod end;
mod prices;
mod signs;

use std::hint::select_unpredictable;

use self::prices::{Prices, kind};
use super::cabac::{BIT, Coder, context};
use super::cost::LevelLambda;
use super::kernels;
use super::levels::{LevelsMut, sub_block_start};
use super::quantise::Quantiser;
use super::residual::Channel;
use super::scan::Scan;
use crate::simd::{Simd, Words};

/// One bit, as prices have it.
const ONE_BIT: i64 = BIT as i64;

/// What the levels of a block are chosen by.
#[derive(Debug, Clone, Copy)]
pub(super) struct LevelChoice<'a> {
    /// The coder whose contexts say what bins cost.
    pub(super) coder: &'a Coder,
    pub(super) lambda: LevelLambda,
    pub(super) channel: Channel,
    /// The context of the block's cbf flag.
    pub(super) cbf_context: usize,
    /// The transform of the source itself, where texture counts.
    pub(super) texture: Option<&'a [i16]>,
}

/// Memory of the choice, by place in scan order.
#[derive(Debug)]
pub(super) struct Scratch {
    coefficients: [i16; 1024],
    textures: [i16; 1024],
    /// What the significance flag of the choice costs.
    flags: [i64; 1024],
    /// By how much the choice is better than 0, all in all.
    gains: [i64; 1024],
    /// By sub-block: the state before any level was chosen, after the first, and so on; and where those levels are.
    states: [[Running; 17]; 64],
    chosen: [u16; 64],
    /// What the flags of sub-blocks cost, and those of the neighbours that significance depends on.
    sub_blocks: [i64; 64],
    coded_neighbours: [u8; 64],
    /// By kind of block: many are chosen from the same states.
    prices: [Prices; KINDS],
}

/// Kinds of blocks, whose contexts differ.
const KINDS: usize = 16;

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            coefficients: [0; 1024],
            textures: [0; 1024],
            flags: [0; 1024],
            gains: [0; 1024],
            states: [[Running::default(); 17]; 64],
            chosen: [0; 64],
            sub_blocks: [0; 64],
            coded_neighbours: [0; 64],
            prices: std::array::from_fn(|_| Prices::new()),
        }
    }
}

/// What a significance flag costs.
#[derive(Debug, Clone, Copy, Default)]
struct SignificancePrice {
    zero_cost: i64,
    /// Of 0 and of 1.
    prices: [i64; 2],
}

/// The state within a sub-block that prices depend on.
#[derive(Debug, Clone, Copy, Default)]
struct Running {
    /// Levels chosen, and those over 1.
    count: u8,
    large: u8,
    /// The greater1 context's state (H.265 9.3.4.2.6), and its set.
    greater1: u8,
    set: u8,
    rice: u8,
}

/// The walk through one block.
struct Walk<'a, S> {
    simd: S,
    scratch: &'a mut Scratch,
    quantiser: &'a Quantiser,
    scan: &'a Scan,
    choice: LevelChoice<'a>,
    /// Which of [`KINDS`] the block is of.
    kind: usize,
    /// Shifts that bring squares of coefficients, and texture, to the scale of costs.
    square_shift: u32,
    texture_shift: u32,
}

/// Chooses the levels of a block of coefficients in raster order. Says whether any is left.
#[inline(always)]
pub(super) fn choose<S: Simd, const N: usize>(
    simd: S,
    scratch: &mut Scratch,
    coefficients: &[i16],
    (quantiser, scan): (&Quantiser, &Scan),
    sign_hiding: bool,
    choice: LevelChoice<'_>,
    out: &mut LevelsMut<'_>,
) -> bool {
    let log2 = scan.log2;
    let (square_shift, texture_shift) = (2 * log2 + 1, 15 - 2 * log2);
    let kind = kind(scan, choice.channel);
    let mut walk = Walk { simd, scratch, quantiser, scan, choice, kind, square_shift, texture_shift };
    let Some(last) = walk.nearest_levels::<N>(coefficients, out) else { return false };
    walk.look_up_prices();
    let total = walk.choose_levels(last, out);
    let end = walk.choose_end(last, total, out);
    if end == 0 {
        return false;
    }
    walk.cut_off(end, last, out);
    if !sign_hiding || out.significant[..scan.count()].iter().map(|mask| mask.count_ones()).sum::<u32>() < 2 {
        return true;
    }
    walk.hide_signs(end, last, out);
    out.significant[..scan.count()].iter().any(|&mask| mask != 0)
}

impl<S: Simd> Walk<'_, S> {
    #[inline(always)]
    fn price(&self, context: usize, bin: bool) -> i64 {
        self.choice.coder.price(context, bin)
    }

    /// A price as a cost.
    #[inline(always)]
    fn cost(&self, price: i64) -> i64 {
        (self.choice.lambda.square * price) >> 8
    }

    /// Rounds coefficients to the nearest levels, whose magnitudes it gives, and brings coefficients into scan order.
    /// Gives the place of the last level that is not 0.
    #[inline(always)]
    fn nearest_levels<const N: usize>(
        &mut self,
        coefficients: &[i16],
        out: &mut LevelsMut<'_>,
    ) -> Option<usize> {
        let simd = self.simd;
        let numbers = self.quantiser.nearest();
        let [factor, add, shift] = numbers;
        let vanishing = S::Words::splat(
            simd,
            (((1_i64 << shift) - i64::from(add) - 1) / i64::from(factor)).min(32767) as i16,
        );
        let mut last = None;
        for index in (0..N * N / 16).rev() {
            let start = sub_block_start(self.scan, index, N);
            let block = kernels::load_sub_block::<S, N>(simd, coefficients, start);
            let all_vanish = block.abs().greater(vanishing).is_zero();
            if all_vanish && last.is_none() {
                out.significant[index] = 0;
                continue;
            }
            let coefficient = block.reorder(&self.scan.into_scan);
            let range = 16 * index..16 * index + 16;
            coefficient.store(self.scratch.coefficients[range.clone()].first_chunk_mut().expect("sixteen"));
            if let Some(texture) = self.choice.texture {
                let block = kernels::load_sub_block::<S, N>(simd, texture, start);
                let to = self.scratch.textures[range.clone()].first_chunk_mut().expect("sixteen");
                block.reorder(&self.scan.into_scan).store(to);
            }
            let level = kernels::quantise(simd, coefficient.abs(), numbers);
            level.store(out.levels[range].first_chunk_mut().expect("room for all levels"));
            let mask = !level.equal(S::Words::splat(simd, 0)).signs();
            out.significant[index] = mask;
            if last.is_none() && mask != 0 {
                last = Some(16 * index + 15 - mask.leading_zeros() as usize);
            }
        }
        last
    }

    /// Chooses each level up to the last, and which sub-blocks to leave out as a whole. Gives the cost of it all.
    #[inline(always)]
    fn choose_levels(&mut self, last: usize, out: &mut LevelsMut<'_>) -> i64 {
        let chroma = self.choice.channel == Channel::Chroma;
        let flag_context = context::CODED_SUB_BLOCK_FLAG + if chroma { 2 } else { 0 };
        let last_sub_block = last / 16;
        let mut total = 0;
        let mut coded_map = 0_u64;
        let mut greater1 = 1;
        for index in (0..=last_sub_block).rev() {
            let [own, right, below] = self.scan.map_bits[index % 64];
            let coded = usize::from(coded_map & right != 0) + 2 * usize::from(coded_map & below != 0);
            let set = u8::from(greater1 == 0) + if index > 0 && !chroma { 2 } else { 0 };
            greater1 = 1;
            let flag_costs =
                [false, true].map(|bin| self.cost(self.price(flag_context + usize::from(coded != 0), bin)));
            if index > 0 && out.significant[index] == 0 {
                self.scratch.sub_blocks[index] = flag_costs[0];
                total += flag_costs[0];
                continue;
            }
            let running = Running { count: 0, large: 0, greater1, set, rice: 0 };
            self.scratch.coded_neighbours[index % 64] = coded as u8;
            let sums = self.choose_sub_block(index, last, running, out);
            greater1 = sums.greater1;
            total += sums.total;
            let mask = out.significant[index];
            if mask != 0 {
                coded_map |= own;
            }
            self.scratch.sub_blocks[index] = 0;
            if index == 0 || index == last_sub_block {
                continue;
            }
            if mask == 0 {
                self.scratch.sub_blocks[index] = flag_costs[0];
                total += flag_costs[0] - sums.flags;
                continue;
            }
            let mut flags = sums.flags;
            if mask == 1 {
                // The flag of the first place is inferred.
                let first = self.scratch.flags[16 * index];
                (total, flags) = (total - first, flags - first);
            }
            let without = total + flag_costs[0] + sums.gain_over_flags - flags;
            total += flag_costs[1];
            self.scratch.sub_blocks[index] = flag_costs[1];
            if without < total {
                total = without;
                self.scratch.sub_blocks[index] = flag_costs[0];
                coded_map &= !own;
                out.significant[index] = 0;
                out.levels[16 * index..][..16].fill(0);
            }
        }
        total
    }

    /// Chooses the levels of a sub-block up to the last place of the block.
    #[inline(always)]
    fn choose_sub_block(
        &mut self,
        index: usize,
        last: usize,
        mut running: Running,
        out: &mut LevelsMut<'_>,
    ) -> SubBlockSums {
        let mut sums = SubBlockSums::default();
        let (mut mask, mut count) = (0_u16, 0);
        self.scratch.states[index % 64][0] = running;
        let classes = self.classes(index);
        let top = if index == last / 16 { last % 16 } else { 15 };
        for rank in (0..=top).rev() {
            let place = 16 * index + rank;
            let significance = self.significance(classes, rank);
            let level = i64::from(out.levels[place]);
            if level == 0 {
                let flag = significance.zero_cost;
                self.scratch.flags[place] = flag;
                sums.total += flag;
                sums.flags += flag;
                continue;
            }
            let flags = if place == last { None } else { Some(significance) };
            let chosen = self.choose_level(place, level, flags, &running);
            self.scratch.flags[place] = chosen.flag;
            self.scratch.gains[place] = chosen.gain;
            sums.total -= chosen.gain;
            sums.flags += chosen.flag;
            let level = chosen.level;
            out.levels[place] = level as i16;
            if level == 0 {
                continue;
            }
            running.take(level);
            count += 1;
            self.scratch.states[index % 64][count % 17] = running;
            mask |= 1 << rank;
            sums.gain_over_flags += chosen.gain + chosen.flag;
        }
        out.significant[index] = mask;
        self.scratch.chosen[index % 64] = mask;
        sums.greater1 = running.greater1;
        sums
    }

    /// Chooses between the nearest level, one less, and (where it is small, and not the last) 0. `flags` are the prices of
    /// the significance flag, where it has one.
    #[inline(always)]
    fn choose_level(
        &self,
        place: usize,
        nearest: i64,
        flags: Option<SignificancePrice>,
        running: &Running,
    ) -> Chosen {
        let coefficient = i64::from(self.scratch.coefficients[place]);
        let magnitude = coefficient.abs();
        // The block without the transform's own share of the texture, signed as the coefficient.
        let texture = match self.choice.texture {
            Some(_) if place > 0 => Some(i64::from(self.scratch.textures[place]) - coefficient),
            _ => None,
        };
        let texture_cost = |texture: i64| (self.choice.lambda.texture * texture) >> self.texture_shift;
        let left_out = ((magnitude * magnitude) << self.square_shift) - texture.map_or(0, texture_cost);
        let signed = texture.map(|texture| if coefficient < 0 { -texture } else { texture });
        let zero_cost = flags.map_or(0, |significance| significance.zero_cost);
        let may_vanish = flags.is_some() & (nearest < 3);
        let mut best = select_unpredictable(may_vanish, left_out + zero_cost, i64::MAX);
        let (mut level, mut flag) = (0, zero_cost);
        let significant = flags.map_or(0, |significance| significance.prices[1]);
        for candidate in [nearest, nearest - 1] {
            if candidate == 0 {
                break;
            }
            let restored = self.quantiser.magnitude_of(candidate);
            let error = magnitude - restored;
            let mut cost = ((error * error) << self.square_shift)
                + self.cost(significant + self.level_price(candidate, running));
            if let Some(texture) = signed {
                cost -= texture_cost((restored + texture).abs());
            }
            let is_better = cost < best;
            best = select_unpredictable(is_better, cost, best);
            level = select_unpredictable(is_better, candidate, level);
            flag = select_unpredictable(is_better, self.cost(significant), flag);
        }
        Chosen { level, flag, gain: left_out - best }
    }
}

/// A level chosen.
struct Chosen {
    level: i64,
    /// The cost of its significance flag.
    flag: i64,
    /// By how much it is better than leaving the coefficient out without a flag.
    gain: i64,
}

/// What a sub-block comes to.
#[derive(Default)]
struct SubBlockSums {
    total: i64,
    /// The cost of all significance flags.
    flags: i64,
    /// By how much levels other than 0 are better than none, their flags aside.
    gain_over_flags: i64,
    /// The greater1 context's state at the end.
    greater1: u8,
}
