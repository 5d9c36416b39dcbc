//! Coding a macroblock's chroma (docs/spec/h264-presets.md, section 3).

use super::super::cabac::block::Category;
use super::super::kernels::blocks::coded_chroma;
use super::super::kernels::levels as kernels;
use super::super::macroblock::{gather, scatter};
use super::super::quantise::Quantiser;
use super::super::residual::{level, score_4x4_scanned, shrink_chroma, shrunk_chroma_dc};
use super::super::transform::{add_residual, forward_2x2, forward_4x4, inverse_2x2, inverse_4x4, residual};
use super::coded::ChromaCoding;
use super::coding::{Coder, scaled_4x4};
use crate::simd::Simd;

impl Coder<'_> {
    /// Codes a macroblock's chroma: rows of Cb and Cr side by side.
    #[inline(always)]
    pub(super) fn code_chroma<S: Simd>(
        &self,
        simd: S,
        source: &[u8; 128],
        prediction: &[u8; 128],
        to: &mut ChromaCoding,
    ) {
        to.samples = *prediction;
        to.pattern = 0;
        for plane in 0..2 {
            self.code_chroma_plane(simd, plane, (source, prediction), (0, None), to);
        }
    }

    /// Codes a plane: all of it, or DC only, or nothing. Beside DC, levels that together are worth less than `least` are dropped.
    #[inline(always)]
    pub(super) fn code_chroma_plane<S: Simd>(
        &self,
        simd: S,
        plane: usize,
        (source, prediction): (&[u8; 128], &[u8; 128]),
        (least, only_dc): (u32, Option<bool>),
        to: &mut ChromaCoding,
    ) {
        let (mut dc, mut any) = ([0; 4], false);
        if only_dc != Some(false) {
            (dc, any) = self.code_chroma_ac(simd, plane, (source, prediction), to);
        }
        let blocks = 4 * plane..4 * plane + 4;
        let worth = || blocks.map(|k| score_4x4_scanned(&to.levels[k], to.coded[k].into(), 1)).sum::<u32>();
        if only_dc.is_some() || (any && least > 0 && worth() < least) {
            any = false;
            for k in 4 * plane..4 * plane + 4 {
                (to.levels[k], to.coded[k], to.counts[k]) = ([0; 16], 0, 0);
            }
        }
        let levels = if only_dc == Some(false) { [0; 4] } else { self.quantise_chroma_dc(dc, any) };
        to.dc[plane] = levels;
        to.dc_coded[plane] = levels != [0; 4];
        to.pattern = to.pattern.max(if any { 2 } else { u8::from(to.dc_coded[plane]) });
        if any || to.dc_coded[plane] {
            self.put_chroma_plane(simd, plane, prediction, to);
        }
    }

    /// Transforms and quantises a plane's blocks but for their DC, which it gives, with whether there are levels.
    #[inline(always)]
    fn code_chroma_ac<S: Simd>(
        &self,
        simd: S,
        plane: usize,
        (source, prediction): (&[u8; 128], &[u8; 128]),
        to: &mut ChromaCoding,
    ) -> ([i32; 4], bool) {
        let mut dc = [0; 4];
        let mut any = false;
        let scaling = &self.chroma.four;
        let mut may_have = 0b1111;
        if !self.plain::<S>() && !self.uses_cavlc_trellis() {
            let block = |samples: &[u8; 128]| gather::<8, 64>(samples, 16, 8 * plane);
            let corners = self
                .trellis
                .as_ref()
                .map_or_else(|| scaling.corners(), |trellis| trellis.chroma.four.corners());
            (may_have, dc) = coded_chroma(simd, &block(source), &block(prediction), &corners);
        }
        for (k, dc) in dc.iter_mut().enumerate() {
            if may_have >> k & 1 == 0 {
                let k = 4 * plane + k;
                (to.levels[k], to.coded[k], to.counts[k]) = ([0; 16], 0, 0);
                continue;
            }
            let at = chroma_block(plane, k);
            let (from, predicted) = (gather::<4, 16>(source, 16, at), gather::<4, 16>(prediction, 16, at));
            let levels = &mut to.levels[4 * plane + k];
            let coded;
            (*dc, coded) = if self.plain::<S>() {
                self.code_chroma_ac_plain(&from, &predicted, levels)
            } else {
                let place = (Category::ChromaAc, 0, &[0; 16]);
                self.code_ac(simd, place, &from, &predicted, scaling, levels)
            };
            any |= coded != 0;
            to.coded[4 * plane + k] = coded as u16;
            to.counts[4 * plane + k] = coded.count_ones() as u8;
        }
        (dc, any)
    }

    /// Makes a plane's levels samples.
    #[inline(always)]
    fn put_chroma_plane<S: Simd>(
        &self,
        simd: S,
        plane: usize,
        prediction: &[u8; 128],
        to: &mut ChromaCoding,
    ) {
        let scaling = &self.chroma.four;
        let values = self.scaled_chroma_dc(to.dc[plane]);
        for (k, value) in values.into_iter().enumerate() {
            let at = chroma_block(plane, k);
            let predicted = gather::<4, 16>(prediction, 16, at);
            let levels = &to.levels[4 * plane + k];
            let samples = if self.plain::<S>() {
                let mut block = scaled_4x4(levels, self.chroma);
                block[0] = value;
                inverse_4x4(&mut block);
                add_residual(&predicted, &block)
            } else {
                kernels::reconstruct_4x4(simd, levels, Some(value), &predicted, scaling)
            };
            scatter::<4, 16>(&samples, &mut to.samples, 16, at);
        }
    }

    /// Transforms and quantises a chroma block but for its DC, which it gives, with whether there are levels.
    fn code_chroma_ac_plain(
        &self,
        source: &[u8; 16],
        prediction: &[u8; 16],
        levels: &mut [i16; 16],
    ) -> (i32, u64) {
        let mut block = residual(source, prediction);
        forward_4x4(&mut block);
        if let Some(denoise) = self.denoise {
            shrink_chroma(&mut block, denoise);
        }
        let dc = std::mem::take(&mut block[0]);
        (dc, self.quantise_4x4(Category::ChromaAc, 0, &[0; 16], &block, levels))
    }

    /// The levels of a plane's DC coefficients. `any`: whether there are levels of AC.
    fn quantise_chroma_dc(&self, dc: [i32; 4], any: bool) -> [i16; 4] {
        let dc = forward_2x2(dc);
        let mut levels = [0; 4];
        if let Some(trellis) = &self.trellis {
            trellis.quantise_chroma_dc(&dc, &mut levels);
        } else {
            levels = dc.map(|value| level(value, self.chroma.dc_multiplier, self.chroma.dc_bias) as i16);
        }
        if any || levels == [0; 4] {
            return levels;
        }
        shrunk_chroma_dc(levels.map(i32::from), self.chroma).map(|level| level as i16)
    }

    /// H.264 8.5.11.2.
    fn scaled_chroma_dc(&self, levels: [i16; 4]) -> [i32; 4] {
        let Quantiser { dc_scale, period, .. } = *self.chroma;
        inverse_2x2(levels.map(i32::from)).map(|value| ((value * dc_scale) << period) >> 5)
    }
}

/// Where a chroma block starts in rows of Cb and Cr side by side.
fn chroma_block(plane: usize, k: usize) -> usize {
    k / 2 * 64 + 8 * plane + k % 2 * 4
}
