//! Coding what prediction leaves, with its levels: by dead zones or by trellis
//! (docs/spec/h264-presets.md, sections 3, 6 and 7).

use super::super::cabac::block::{Category, coded_of};
use super::super::kernels::blocks::coded_luma_ac;
use super::super::kernels::levels as kernels;
use super::super::macroblock::{gather, scatter};
use super::super::quantise::{Denoise, Quantiser, Scaling, class_4x4, class_8x8};
use super::super::residual::{level, scale_luma_dc, score_4x4_scanned, shrink};
use super::super::transform::{
    add_residual, forward_4x4, forward_8x8, hadamard_4x4, inverse_4x4, inverse_8x8, residual,
};
use super::super::trellis::Rounded;
use super::coded::{Block, LumaCoding};
use super::prices::{ZIGZAG_4X4, ZIGZAG_8X8};
use super::record::{BLOCKS, Kind};
use super::weighing::{Trellis, scanned_4x4, scanned_8x8};
use crate::simd::{Scalar, Simd};

/// How coefficients become levels.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Coder<'a> {
    pub(in super::super) luma: &'a Quantiser,
    pub(in super::super) chroma: &'static Quantiser,
    /// How far coefficients are drawn towards 0 at high quantisers.
    pub(in super::super) denoise: Option<Denoise>,
    pub(in super::super) trellis: Option<Trellis<'a>>,
    /// What the levels of Intra16x16 beside DC have to be worth to be coded.
    pub(in super::super) least_score: u32,
    /// Whether levels of what is predicted from other frames are dropped that are worth little.
    pub(in super::super) decimates: bool,
}

impl Coder<'_> {
    /// The same, but that blocks of the macroblock count by their levels.
    pub(super) fn counting_levels(mut self) -> Self {
        if let Some(cavlc) = self.trellis.as_mut().and_then(|trellis| trellis.cavlc.as_mut()) {
            cavlc.counts_levels = true;
        }
        self
    }

    /// Turns coefficients of a 4x4 block (raster order) into levels (scan order), but for a first one of AC blocks.
    pub(super) fn quantise_4x4(
        &self,
        category: Category,
        k: usize,
        inside: &[u8; 16],
        block: &[i32; 16],
        levels: &mut [i16; 16],
    ) -> u64 {
        let first = usize::from(matches!(category, Category::LumaAc | Category::ChromaAc));
        if let Some(trellis) = &self.trellis {
            let scanned = scanned_4x4(block);
            let rounded = Rounded::of(trellis.scaling_4x4(category), &scanned);
            return trellis.quantise_4x4(Scalar, (category, k, inside), (&scanned, &rounded), levels);
        }
        let quantiser = if category == Category::ChromaAc { self.chroma } else { self.luma };
        let scaling = &quantiser.four;
        *levels = ZIGZAG_4X4.map(|place| {
            let i = usize::from(place);
            level(block[i], scaling.multiplier[i], scaling.bias[i]) as i16
        });
        levels[..first].fill(0);
        coded_of(levels)
    }

    fn shrink_luma_4x4(&self, block: &mut [i32; 16]) {
        if let Some((thresholds, _)) = self.denoise.and_then(|denoise| denoise.luma) {
            shrink(block, &thresholds, class_4x4);
        }
    }

    /// Codes a luma block as 4x4. `k`: its place in coding order, `inside` the counts of those before.
    fn code_4x4_plain(
        &self,
        k: usize,
        inside: &[u8; 16],
        source: &[u8; 16],
        prediction: &[u8; 16],
    ) -> Block<16> {
        let mut block = residual(source, prediction);
        forward_4x4(&mut block);
        self.shrink_luma_4x4(&mut block);
        let mut levels = [0; 16];
        let coded = self.quantise_4x4(Category::Luma4x4, k, inside, &block, &mut levels);
        let mut samples = *prediction;
        if coded != 0 {
            let mut block = scaled_4x4(&levels, self.luma);
            inverse_4x4(&mut block);
            samples = add_residual(prediction, &block);
        }
        Block { samples, levels, coded }
    }

    /// Codes a luma block as 8x8.
    fn code_8x8_plain(
        &self,
        k: usize,
        inside: &[u8; 16],
        source: &[u8; 64],
        prediction: &[u8; 64],
    ) -> Block<64> {
        let mut block = residual(source, prediction);
        forward_8x8(&mut block);
        if let Some((_, thresholds)) = self.denoise.and_then(|denoise| denoise.luma) {
            shrink(&mut block, &thresholds, class_8x8);
        }
        let mut levels = [0; 64];
        let scaling = &self.luma.eight;
        let coded = if let Some(trellis) = &self.trellis {
            let scanned = scanned_8x8(&block);
            let rounded = Rounded::of(&trellis.luma.eight, &scanned);
            trellis.quantise_8x8(Scalar, (k, inside), (&scanned, &rounded), &mut levels)
        } else {
            levels = ZIGZAG_8X8.map(|place| {
                let i = usize::from(place);
                level(block[i], scaling.multiplier[i], scaling.bias[i]) as i16
            });
            coded_of(&levels)
        };
        let mut samples = *prediction;
        if coded != 0 {
            for (&place, &level) in ZIGZAG_8X8.iter().zip(&levels) {
                let i = usize::from(place);
                let value = i32::from(level) * i32::from(scaling.level_scale[i]);
                block[i] = if self.luma.small_8x8_steps() { (value + 2) >> 2 } else { value };
            }
            inverse_8x8(&mut block);
            samples = add_residual(prediction, &block);
        }
        Block { samples, levels, coded }
    }

    /// Codes a macroblock's luma as Intra16x16.
    fn code_16x16_plain(&self, source: &[u8; 256], prediction: &[u8; 256], to: &mut LumaCoding) {
        to.kind = Kind::Intra16x16;
        let mut dc = [0; 16];
        let mut blocks = [[0; 16]; 16];
        for (k, (x, y)) in BLOCKS.into_iter().enumerate() {
            let at = 64 * y + 4 * x;
            let mut block = residual(&gather::<4, 16>(source, 16, at), &gather::<4, 16>(prediction, 16, at));
            forward_4x4(&mut block);
            self.shrink_luma_4x4(&mut block);
            dc[4 * y + x] = std::mem::take(&mut block[0]);
            let coded = self.quantise_4x4(Category::LumaAc, k, &to.counts, &block, &mut to.levels[k]);
            to.coded[k] = coded as u16;
            to.counts[4 * y + x] = coded.count_ones() as u8;
        }
        self.settle_16x16(to);
        for (block, levels) in blocks.iter_mut().zip(&to.levels) {
            *block = scaled_4x4(levels, self.luma);
        }
        self.quantise_luma_dc(&mut dc, to);
        to.samples = *prediction;
        if !to.residual() {
            return;
        }
        for (k, (x, y)) in BLOCKS.into_iter().enumerate() {
            let at = 64 * y + 4 * x;
            let block = &mut blocks[k];
            block[0] = dc[4 * y + x];
            inverse_4x4(block);
            let samples = add_residual(&gather::<4, 16>(prediction, 16, at), block);
            scatter::<4, 16>(&samples, &mut to.samples, 16, at);
        }
    }

    /// Finds out whether Intra16x16 has levels beside DC; drops those that are worth too little.
    fn settle_16x16(&self, to: &mut LumaCoding) {
        let blocks = to.levels.iter().zip(&to.coded);
        let worth = || blocks.map(|(levels, &coded)| score_4x4_scanned(levels, coded.into(), 1)).sum::<u32>();
        if self.least_score > 0 && worth() < self.least_score {
            (to.levels, to.coded, to.counts) = ([[0; 16]; 16], [0; 16], [0; 16]);
        }
        to.settle_pattern();
    }

    /// Whether vectors can be used.
    #[inline(always)]
    pub(super) fn plain<S: Simd>(&self) -> bool {
        S::IS_SCALAR || self.denoise.is_some()
    }

    /// Whether a trellis chooses levels that does not begin with the nearest ones.
    pub(super) fn uses_cavlc_trellis(&self) -> bool {
        self.trellis.as_ref().is_some_and(|trellis| trellis.cavlc.is_some())
    }

    /// Codes a luma block as 4x4. `k`: its place in coding order, `inside` the counts of those before.
    #[inline(always)]
    pub(super) fn code_4x4<S: Simd>(
        &self,
        simd: S,
        k: usize,
        inside: &[u8; 16],
        source: &[u8; 16],
        prediction: &[u8; 16],
    ) -> Block<16> {
        if self.plain::<S>() {
            return self.code_4x4_plain(k, inside, source, prediction);
        }
        let scaling = &self.luma.four;
        let Some(trellis) = &self.trellis else {
            let (samples, levels, coded) = kernels::code_4x4(simd, source, prediction, scaling);
            return Block { samples, levels, coded };
        };
        let coefficients = kernels::coefficients_4x4(simd, source, prediction);
        let mut levels = [0; 16];
        let coded = self.weigh_4x4(simd, trellis, (Category::Luma4x4, k, inside), &coefficients, &mut levels);
        let samples = if coded != 0 {
            kernels::reconstruct_4x4(simd, &levels, None, prediction, scaling)
        } else {
            *prediction
        };
        Block { samples, levels, coded }
    }

    /// Codes a luma block as 8x8.
    #[inline(always)]
    pub(super) fn code_8x8<S: Simd>(
        &self,
        simd: S,
        k: usize,
        inside: &[u8; 16],
        source: &[u8; 64],
        prediction: &[u8; 64],
    ) -> Block<64> {
        if self.plain::<S>() {
            return self.code_8x8_plain(k, inside, source, prediction);
        }
        let Some(trellis) = &self.trellis else {
            let (samples, levels, coded) = kernels::code_8x8(simd, source, prediction, self.luma);
            return Block { samples, levels, coded };
        };
        let pairs = kernels::coefficients_8x8(simd, source, prediction);
        let (rounded, mut coefficients) = kernels::rounded_8x8(simd, pairs, &trellis.luma.eight_by_rows);
        if trellis.cavlc.is_some() {
            coefficients = kernels::scanned_8x8::<S>(pairs);
        }
        let mut levels = [0; 64];
        let mut coded = 0;
        if trellis.cavlc.is_some() || rounded.any() {
            coded = trellis.quantise_8x8(simd, (k, inside), (&coefficients, &rounded), &mut levels);
        }
        let samples = if coded != 0 {
            kernels::reconstruct_8x8(simd, (&levels, coded), prediction, self.luma)
        } else {
            *prediction
        };
        Block { samples, levels, coded }
    }

    /// Has the trellis choose the levels of a 4x4 block; which are not 0.
    #[inline(always)]
    fn weigh_4x4<S: Simd>(
        &self,
        simd: S,
        trellis: &Trellis<'_>,
        (category, k, inside): (Category, usize, &[u8; 16]),
        coefficients: &[i16; 16],
        levels: &mut [i16; 16],
    ) -> u64 {
        let rounded = kernels::rounded(simd, coefficients, trellis.scaling_4x4(category));
        if trellis.cavlc.is_none() && !rounded.any() {
            *levels = [0; 16];
            return 0;
        }
        trellis.quantise_4x4(simd, (category, k, inside), (&coefficients.map(i32::from), &rounded), levels)
    }

    /// Codes a macroblock's luma as Intra16x16.
    #[inline(always)]
    pub(super) fn code_16x16<S: Simd>(
        &self,
        simd: S,
        source: &[u8; 256],
        prediction: &[u8; 256],
        to: &mut LumaCoding,
    ) {
        if self.plain::<S>() {
            return self.code_16x16_plain(source, prediction, to);
        }
        to.kind = Kind::Intra16x16;
        let scaling = &self.luma.four;
        let corners =
            self.trellis.as_ref().map_or_else(|| scaling.corners(), |trellis| trellis.luma.four.corners());
        let (mut may_have, mut dc) = coded_luma_ac(simd, source, prediction, &corners);
        if self.uses_cavlc_trellis() {
            may_have = u16::MAX;
        }
        for (k, (x, y)) in BLOCKS.into_iter().enumerate() {
            if may_have >> (4 * y + x) & 1 == 0 {
                (to.levels[k], to.coded[k], to.counts[4 * y + x]) = ([0; 16], 0, 0);
                continue;
            }
            let at = 64 * y + 4 * x;
            let (from, predicted) = (gather::<4, 16>(source, 16, at), gather::<4, 16>(prediction, 16, at));
            let (first, coded) = self.code_ac(
                simd,
                (Category::LumaAc, k, &to.counts),
                &from,
                &predicted,
                scaling,
                &mut to.levels[k],
            );
            dc[4 * y + x] = first;
            to.coded[k] = coded as u16;
            to.counts[4 * y + x] = coded.count_ones() as u8;
        }
        self.settle_16x16(to);
        self.quantise_luma_dc(&mut dc, to);
        to.samples = *prediction;
        if !to.residual() {
            return;
        }
        for (k, (x, y)) in BLOCKS.into_iter().enumerate() {
            let at = 64 * y + 4 * x;
            let predicted = gather::<4, 16>(prediction, 16, at);
            let dc = Some(dc[4 * y + x]);
            let samples = kernels::reconstruct_4x4(simd, &to.levels[k], dc, &predicted, scaling);
            scatter::<4, 16>(&samples, &mut to.samples, 16, at);
        }
    }

    /// Transforms and quantises a block but for its DC, which it gives, with whether there are levels.
    #[inline(always)]
    pub(super) fn code_ac<S: Simd>(
        &self,
        simd: S,
        (category, k, inside): (Category, usize, &[u8; 16]),
        source: &[u8; 16],
        prediction: &[u8; 16],
        scaling: &Scaling<16>,
        levels: &mut [i16; 16],
    ) -> (i32, u64) {
        let Some(trellis) = &self.trellis else {
            let (found, dc, coded) = kernels::code_4x4_ac(simd, source, prediction, scaling);
            *levels = found;
            return (dc.into(), coded);
        };
        let mut coefficients = kernels::coefficients_4x4(simd, source, prediction);
        let dc = std::mem::take(&mut coefficients[0]);
        (dc.into(), self.weigh_4x4(simd, trellis, (category, k, inside), &coefficients, levels))
    }

    /// Quantises the DC coefficients of Intra16x16, in raster order of their blocks; they become those scaled back.
    fn quantise_luma_dc(&self, dc: &mut [i32; 16], to: &mut LumaCoding) {
        hadamard_4x4(dc);
        let scanned = scanned_4x4(&dc.map(|value| (value + 1) >> 1));
        to.dc_coded = if let Some(trellis) = &self.trellis {
            trellis.quantise_luma_dc(&scanned, &mut to.dc) != 0
        } else {
            to.dc = scanned.map(|value| level(value, self.luma.dc_multiplier, self.luma.dc_bias) as i16);
            to.dc != [0; 16]
        };
        if !to.dc_coded {
            *dc = [0; 16];
            return;
        }
        for (&place, &level) in ZIGZAG_4X4.iter().zip(&to.dc) {
            dc[usize::from(place)] = i32::from(level);
        }
        hadamard_4x4(dc);
        for value in dc {
            *value = scale_luma_dc(*value, self.luma);
        }
    }
}

/// Levels in scan order to coefficients in raster order.
pub(super) fn scaled_4x4(levels: &[i16; 16], quantiser: &Quantiser) -> [i32; 16] {
    let mut block = [0; 16];
    for (&place, &level) in ZIGZAG_4X4.iter().zip(levels) {
        let i = usize::from(place);
        block[i] = i32::from(level) * i32::from(quantiser.four.level_scale[i]);
    }
    block
}
