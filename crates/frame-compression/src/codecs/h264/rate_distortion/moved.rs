//! Coding what a prediction from other frames leaves, with its levels (docs/spec/h264-clips.md, sections 9 and 15): few
//! and small levels are dropped.

use super::super::inter::{BLOCK_SCORE, CHROMA_SCORE, LUMA_SCORE, chroma_threshold};
use super::super::kernels::blocks::coded_luma;
use super::super::macroblock::gather;
use super::super::residual::{score_4x4_scanned, score_8x8_scanned};
use super::coded::{ChromaCoding, LumaCoding};
use super::coding::Coder;
use super::psy::squares;
use super::record::{BLOCKS, Kind};
use crate::simd::{Simd, each};

impl Coder<'_> {
    /// Codes a macroblock's luma in 8x8 or in 4x4 blocks.
    #[inline(always)]
    pub(in super::super) fn code_moved_luma<S: Simd>(
        &self,
        simd: S,
        source: &[u8; 256],
        prediction: &[u8; 256],
        eight: bool,
        to: &mut LumaCoding,
    ) {
        to.dc_coded = false;
        to.counts = [0; 16];
        to.coded = [0; 16];
        let coded = if eight {
            to.kind = Kind::Moved8x8;
            self.code_moved_8x8(simd, source, prediction, to)
        } else {
            to.kind = Kind::Moved4x4;
            self.code_moved_4x4(simd, source, prediction, to)
        };
        if !coded {
            to.samples = *prediction;
            to.counts = [0; 16];
            to.coded = [0; 16];
        }
        to.settle_pattern();
    }

    /// Whether it is worth it.
    #[inline(always)]
    fn code_moved_4x4<S: Simd>(
        &self,
        simd: S,
        source: &[u8; 256],
        prediction: &[u8; 256],
        to: &mut LumaCoding,
    ) -> bool {
        // A trellis takes levels that this does not see.
        let may_have = if self.plain::<S>() || self.trellis.is_some() {
            u16::MAX
        } else {
            coded_luma(simd, source, prediction, &self.luma.four)
        };
        to.samples = *prediction;
        let mut total = 0;
        for quarter in 0..4 {
            let mut worth = 0;
            for (k, &(x, y)) in BLOCKS.iter().enumerate().skip(4 * quarter).take(4) {
                if may_have >> (4 * y + x) & 1 == 0 {
                    to.levels[k] = [0; 16];
                    continue;
                }
                let block = |samples: &[u8; 256]| gather::<4, 16>(samples, 16, 64 * y + 4 * x);
                let block = self.code_4x4(simd, k, &to.counts, &block(source), &block(prediction));
                worth += score_4x4_scanned(&block.levels, block.coded, 0);
                to.put_4x4(k, &block);
            }
            total += worth;
            if self.decimates && worth < BLOCK_SCORE {
                to.leave_out(quarter, prediction);
            }
        }
        total >= LUMA_SCORE || !self.decimates
    }

    /// The same. CABAC's trellis has weighed already whether a block is worth it.
    #[inline(always)]
    fn code_moved_8x8<S: Simd>(
        &self,
        simd: S,
        source: &[u8; 256],
        prediction: &[u8; 256],
        to: &mut LumaCoding,
    ) -> bool {
        let cavlc = self.uses_cavlc_trellis();
        let is_weighed = self.trellis.is_some() && !cavlc;
        let mut total = 0;
        for quarter in 0..4 {
            let at = quarter / 2 * 128 + quarter % 2 * 8;
            let block = |samples: &[u8; 256]| gather::<8, 64>(samples, 16, at);
            // Where the trellis looks at the blocks before, CAVLC, it takes them for blocks without levels.
            let block = self.code_8x8(simd, quarter, &[0; 16], &block(source), &block(prediction));
            to.put_8x8(quarter, &block, !cavlc);
            if is_weighed {
                continue;
            }
            let worth = score_8x8_scanned(&block.levels, block.coded);
            total += worth;
            if self.decimates && worth < BLOCK_SCORE {
                to.leave_out(quarter, prediction);
            }
        }
        total >= LUMA_SCORE || is_weighed || !self.decimates
    }

    /// Codes a macroblock's chroma: rows of Cb and Cr side by side.
    #[inline(always)]
    pub(in super::super) fn code_moved_chroma<S: Simd>(
        &self,
        simd: S,
        source: &[u8; 128],
        prediction: &[u8; 128],
        chroma_qp: u8,
        to: &mut ChromaCoding,
    ) {
        to.samples = *prediction;
        to.pattern = 0;
        let least = if self.decimates { CHROMA_SCORE } else { 0 };
        let only_dc = self.planes_by_dc(simd, source, prediction, chroma_qp);
        for (plane, only_dc) in only_dc.into_iter().enumerate() {
            self.code_chroma_plane(simd, plane, (source, prediction), (least, only_dc), to);
        }
    }

    /// Of planes that hardly differ, whether DC is coded; `None` where they are coded as others are.
    #[inline(always)]
    fn planes_by_dc<S: Simd>(
        &self,
        simd: S,
        source: &[u8; 128],
        prediction: &[u8; 128],
        chroma_qp: u8,
    ) -> [Option<bool>; 2] {
        /// From these chroma QPs on chroma is looked at before it is transformed, with a trellis and without.
        const EARLY: [u8; 2] = [12, 18];
        let early = EARLY[usize::from(self.trellis.is_none())];
        if !self.decimates || chroma_qp < early || self.denoise.is_some() {
            return [None; 2];
        }
        let errors = each!(2, plane => {
            let block = |samples: &[u8; 128]| gather::<8, 64>(samples, 16, 8 * plane);
            let (source, prediction) = (block(source), block(prediction));
            let sum = |block: &[u8; 64]| block.iter().map(|&sample| i32::from(sample)).sum::<i32>();
            (squares(simd, &source, &prediction), sum(&source) - sum(&prediction))
        });
        let variance: u32 = errors.iter().map(|&(squares, sum)| squares - ((sum * sum) as u32 >> 6)).sum();
        let threshold = chroma_threshold(chroma_qp);
        if variance < 4 * threshold {
            errors.map(|(squares, _)| Some(squares > threshold))
        } else {
            [None; 2]
        }
    }
}
