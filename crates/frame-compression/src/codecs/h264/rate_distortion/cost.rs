//! What a way of coding a macroblock or a part of it costs: distortion and rate
//! (docs/spec/h264-presets.md, sections 8.2 to 8.4 and 9).

use super::super::cabac::block::{Category, Order, pass_block};
use super::super::cabac::macroblock::{
    Around, Head, Subject, flags, pass_chroma_mode, pass_chroma_pattern, pass_chroma_residual, pass_flagged,
    pass_luma_pattern, pass_macroblock, pass_mode,
};
use super::super::cabac::{BIT, Contexts, cost};
use super::super::cavlc;
use super::super::deblock::filter_inside;
use super::super::kernels::chroma as kernels;
use super::super::macroblock::{Macroblock, Source, scatter};
use super::super::predict::planes::{Mode, predict_chroma};
use super::Rules;
use super::coded::{Block, ChromaCoding, LumaCoding};
use super::psy::{Energy, squares};
use super::record::{BLOCKS, Counts, luma_place};
use crate::simd::Simd;

/// No cost is higher.
const HIGHEST: u64 = 1 << 28;

/// The measure of a macroblock's costs.
#[derive(Debug)]
pub(in super::super) struct Measure<'a> {
    pub(super) rules: &'a Rules,
    /// As they are at the start of the macroblock.
    pub(super) contexts: &'a Contexts,
    pub(super) around: &'a Around,
    /// With the neighbours' counts.
    pub(super) counts: Counts,
    pub(super) source: &'a Source,
    pub(super) energy: Energy,
    /// λ of energy: that of modes times the strength of psy-rd.
    pub(super) psy_lambda: u64,
    /// λ of bits.
    pub(super) rate: u64,
    pub(super) chroma_rate: u64,
    pub(super) chroma_weight: u64,
    /// The quantiser tried, and that of the macroblock before.
    pub(super) qp: u8,
    pub(super) last: u8,
    /// Whether nothing is left out for speed.
    pub(super) patient: bool,
    pub(super) head: Head<'a>,
}

/// Predicts both planes of chroma: rows side by side.
pub(super) fn predict_both_chroma<S: Simd>(simd: S, macroblock: &Macroblock, mode: Mode) -> [u8; 128] {
    let Macroblock { chroma, neighbours, .. } = macroblock;
    if !S::IS_SCALAR {
        return simd.vectorize(
            #[inline(always)]
            || kernels::predict_both(simd, chroma, mode, *neighbours),
        );
    }
    let mut samples = [0; 128];
    for plane in 0..2 {
        let block = predict_chroma(chroma, plane, mode, *neighbours);
        scatter::<8, 64>(&block, &mut samples, 16, 8 * plane);
    }
    samples
}

impl Measure<'_> {
    pub(super) fn cabac(&self) -> bool {
        self.rules.cabac
    }

    /// The cost of a difference in energy.
    pub(super) fn psy_cost(&self, difference: u32) -> u32 {
        ((u64::from(difference) * self.psy_lambda + 128) >> 8).min(HIGHEST) as u32
    }

    /// What a number of bits costs as a part of a macroblock's cost.
    fn rate_cost(&self, bits: u32) -> u64 {
        if !self.cabac() {
            return (u64::from(bits) * self.rate + 128) >> 8;
        }
        (u64::from(bits) * self.rate + 32768) >> 16
    }

    /// The cost of a macroblock if it is below a limit; otherwise maybe no more than the limit itself. `chroma_bits`: of
    /// chroma's residual, if they are known.
    pub(in super::super) fn cost<S: Simd>(
        &mut self,
        simd: S,
        luma: &LumaCoding,
        chroma: &ChromaCoding,
        chroma_bits: Option<u32>,
        limit: u32,
    ) -> u32 {
        let distortion = self.distortion(simd, luma, chroma);
        if distortion >= u64::from(limit) {
            return limit;
        }
        let bits = self.count(luma, chroma, chroma_bits, self.bits_that_cost(u64::from(limit) - distortion));
        (distortion + self.rate_cost(bits)).min(HIGHEST) as u32
    }

    /// The cost of a prediction that is taken as it is, at so many 256ths of a bit.
    pub(in super::super) fn skipped<S: Simd>(
        &self,
        simd: S,
        luma: &[u8; 256],
        chroma: &[u8; 128],
        bits: u64,
    ) -> u32 {
        let distortion = self.distortion_of(simd, luma, chroma);
        (distortion + ((bits * self.rate + 32768) >> 16)).min(HIGHEST) as u32
    }

    /// The least number of CABAC's bits that costs as much.
    fn bits_that_cost(&self, cost: u64) -> u32 {
        ((cost << 16) - 32768).div_ceil(self.rate.max(1)).try_into().unwrap_or(u32::MAX)
    }

    fn distortion<S: Simd>(&self, simd: S, luma: &LumaCoding, chroma: &ChromaCoding) -> u64 {
        let mut filtered;
        let mut samples = &luma.samples;
        if let Some(filter) = self.rules.trial_filter {
            filtered = luma.samples;
            simd.vectorize(
                #[inline(always)]
                || filter_inside(simd, &mut filtered, luma.kind.is_8x8(), self.qp, filter),
            );
            samples = &filtered;
        }
        self.distortion_of(simd, samples, &chroma.samples)
    }

    fn distortion_of<S: Simd>(&self, simd: S, samples: &[u8; 256], chroma: &[u8; 128]) -> u64 {
        simd.vectorize(
            #[inline(always)]
            || {
                let mut cost = u64::from(squares(simd, &self.source.y, samples));
                if self.psy_lambda != 0 {
                    let difference = self.energy.difference(Energy::of_macroblock(simd, samples));
                    cost += u64::from(self.psy_cost(difference));
                }
                let chroma_squares = u64::from(squares(simd, &self.source.chroma, chroma));
                cost + ((chroma_squares * self.chroma_weight + 128) >> 8)
            },
        )
    }

    /// The bits of chroma's residual by itself, where they do not depend on luma's.
    pub(super) fn chroma_bits(&mut self, chroma: &ChromaCoding) -> Option<u32> {
        if !self.cabac() {
            return None;
        }
        self.counts.put_chroma(&chroma.counts);
        let mut contexts = self.contexts.clone();
        Some(pass_chroma_residual(&mut contexts, self.around, &self.counts, chroma, Order::Descending))
    }

    /// The bits of a macroblock; where CABAC takes `most` or more, at least so many.
    fn count(
        &mut self,
        luma: &LumaCoding,
        chroma: &ChromaCoding,
        chroma_bits: Option<u32>,
        most: u32,
    ) -> u32 {
        self.counts.put_luma(&luma.counts);
        self.counts.put_chroma(&chroma.counts);
        let subject = Subject {
            around: self.around,
            counts: &self.counts,
            luma,
            chroma,
            transform_8x8: self.rules.transform_8x8,
            qp: self.qp,
            last: self.last,
            head: self.head,
        };
        if !self.cabac() {
            return cavlc::macroblock_bits(&subject);
        }
        pass_macroblock(&mut self.contexts.clone(), &subject, Order::Descending, chroma_bits, most)
    }

    /// What CABAC needs at least for a block's mode and levels: the first bin of the mode, and the signs.
    fn least_bits(&self, predicted: u8, mode: u8, coded: u64) -> u32 {
        cost(self.contexts.state(68), mode == predicted) + BIT * coded.count_ones()
    }

    /// The cost of a part of a macroblock.
    fn partial(&self, distortion: u32, bits: u32, rate: u64) -> u64 {
        let bits = u64::from(bits) * rate;
        (u64::from(distortion) << 8) + if self.cabac() { (bits + 128) >> 8 } else { bits }
    }

    /// The cost of chroma if it is below a limit; otherwise maybe no more than the limit itself.
    pub(super) fn chroma_cost(
        &mut self,
        chroma: &ChromaCoding,
        number: u8,
        distortion: u32,
        limit: u64,
    ) -> u64 {
        if u64::from(distortion) << 8 >= limit {
            return limit;
        }
        self.counts.put_chroma(&chroma.counts);
        if !self.cabac() {
            let bits = cavlc::unsigned(number.into())
                + cavlc::chroma_residual_bits(&self.counts, chroma, self.rules.transform_8x8);
            return self.partial(distortion, bits, self.chroma_rate);
        }
        let mut contexts = self.contexts.clone();
        let bits = pass_chroma_mode(&mut contexts, self.around, number)
            + pass_chroma_pattern(&mut contexts, self.around, chroma.pattern)
            + pass_chroma_residual(&mut contexts, self.around, &self.counts, chroma, Order::Descending);
        self.partial(distortion, bits, self.chroma_rate)
    }

    /// The cost of a 4x4 block if it is below a limit; otherwise maybe no more than the limit itself.
    pub(super) fn cost_4x4(
        &mut self,
        k: usize,
        [predicted, mode]: [u8; 2],
        block: &Block<16>,
        distortion: u32,
        limit: u64,
    ) -> u64 {
        if u64::from(distortion) << 8 >= limit {
            return limit;
        }
        if !self.cabac() {
            let place = luma_place(BLOCKS[k].0, BLOCKS[k].1);
            let column = cavlc::column(self.counts.luma[place - 1], self.counts.luma[place - 8]);
            let bits = cavlc::mode_bits(predicted, mode)
                + cavlc::block_bits(&block.levels, column, self.rules.transform_8x8);
            return self.partial(distortion, bits, self.rate);
        }
        if self.partial(distortion, self.least_bits(predicted, mode, block.coded), self.rate) >= limit {
            return limit;
        }
        let mut contexts = self.contexts.clone();
        let flags = flags(&self.counts.luma, luma_place(BLOCKS[k].0, BLOCKS[k].1));
        let bits = pass_mode(&mut contexts, predicted, mode)
            + pass_flagged(
                &mut contexts,
                Category::Luma4x4,
                flags,
                &block.levels,
                block.coded,
                Order::Descending,
            );
        self.partial(distortion, bits, self.rate)
    }

    /// Has later 4x4 blocks count with a chosen one.
    pub(super) fn keep_4x4(&mut self, k: usize, block: &Block<16>) {
        self.counts.luma[luma_place(BLOCKS[k].0, BLOCKS[k].1)] = block.count();
    }

    /// The cost of an 8x8 block if it is below a limit; otherwise maybe no more than the limit itself.
    pub(super) fn cost_8x8(
        &mut self,
        k: usize,
        [predicted, mode]: [u8; 2],
        block: &Block<64>,
        [pattern, chroma_pattern]: [u8; 2],
        distortion: u32,
        limit: u64,
    ) -> u64 {
        if u64::from(distortion) << 8 >= limit {
            return limit;
        }
        if !self.cabac() {
            let mut bits = cavlc::mode_bits(predicted, mode) + cavlc::pattern_bits(pattern, chroma_pattern);
            if block.is_coded() {
                let long_levels = self.rules.transform_8x8;
                bits += cavlc::block_8x8_bits(&mut self.counts, k, &block.levels, long_levels);
            }
            return self.partial(distortion, bits, self.rate);
        }
        if self.partial(distortion, self.least_bits(predicted, mode, block.coded), self.rate) >= limit {
            return limit;
        }
        let mut contexts = self.contexts.clone();
        let mut bits = pass_mode(&mut contexts, predicted, mode)
            + pass_luma_pattern(&mut contexts, self.around, pattern);
        bits += pass_block(&mut contexts, Category::Luma8x8, &block.levels, block.coded, Order::Descending);
        self.partial(distortion, bits, self.rate)
    }

    /// Has later 8x8 blocks count with a chosen one.
    pub(super) fn keep_8x8(&mut self, k: usize, block: &Block<64>) {
        let counts = block.counts_8x8(self.cabac());
        for (i, count) in counts.into_iter().enumerate() {
            self.counts.luma[luma_place(k % 2 * 2 + i % 2, k / 2 * 2 + i / 2)] = count;
        }
    }
}
