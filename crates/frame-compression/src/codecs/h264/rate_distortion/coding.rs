//! Coding what prediction leaves, with its levels: by dead zones or by trellis
//! (docs/spec/h264-presets.md, sections 3, 6 and 7).

use super::super::cabac::Contexts;
use super::super::cabac::block::{Category, coded_of};
use super::super::cavlc;
use super::super::kernels::levels as kernels;
use super::super::macroblock::{gather, scatter};
use super::super::predict::planes::Mode;
use super::super::quantise::{Denoise, Quantiser, Scaling, class_4x4, class_8x8};
use super::super::residual::{level, scale_luma_dc, shrink, shrink_chroma, shrunk_chroma_dc};
use super::super::transform::{
    add_residual, forward_2x2, forward_4x4, forward_8x8, hadamard_4x4, inverse_2x2, inverse_4x4, inverse_8x8,
    residual,
};
use super::super::trellis::{self, Rounded, Scalings, Significance, Weighing};
use super::prices::{ZIGZAG_4X4, ZIGZAG_8X8};
use super::record::{BLOCKS, Counts, Kind, luma_place};
use crate::simd::Simd;
use std::cell::OnceCell;

/// Luma of a macroblock, coded in one of its ways.
#[derive(Debug, Clone)]
pub(in super::super) struct LumaCoding {
    pub(in super::super) kind: Kind,
    /// Of Intra16x16.
    pub(in super::super) mode: Mode,
    /// Of the 4x4 blocks in coding order, and what they are predicted to be. An 8x8 block has them at its first.
    pub(in super::super) modes: [u8; 16],
    pub(in super::super) predicted: [u8; 16],
    /// In scan order. An 8x8 block has those of four 4x4 blocks; Intra16x16 has no first.
    pub(in super::super) levels: [[i16; 16]; 16],
    /// Which of them are not 0.
    pub(in super::super) coded: [u16; 16],
    /// Of Intra16x16, in scan order.
    pub(in super::super) dc: [i16; 16],
    pub(in super::super) dc_coded: bool,
    /// How many levels the 4x4 blocks have, in raster order.
    pub(in super::super) counts: [u8; 16],
    /// Which 8x8 blocks have levels.
    pub(in super::super) pattern: u8,
    /// The reconstruction.
    pub(in super::super) samples: [u8; 256],
}

impl Default for LumaCoding {
    fn default() -> Self {
        Self {
            kind: Kind::Intra16x16,
            mode: Mode::Dc,
            modes: [2; 16],
            predicted: [2; 16],
            levels: [[0; 16]; 16],
            coded: [0; 16],
            dc: [0; 16],
            dc_coded: false,
            counts: [0; 16],
            pattern: 0,
            samples: [0; 256],
        }
    }
}

impl LumaCoding {
    /// The levels of an 8x8 block.
    pub(in super::super) fn eight(&self, k: usize) -> &[i16; 64] {
        self.levels.as_flattened()[64 * (k & 3)..].first_chunk().expect("four 8x8 blocks")
    }

    /// Which levels of an 8x8 block are not 0.
    pub(in super::super) fn coded_8x8(&self, k: usize) -> u64 {
        (0..4).fold(0, |coded, i| coded | u64::from(self.coded[4 * k + i]) << (16 * i))
    }

    /// Puts in a coded 4x4 block by its place in coding order.
    pub(super) fn put_4x4(&mut self, k: usize, block: &Block<16>) {
        let (x, y) = BLOCKS[k];
        self.levels[k] = block.levels;
        self.coded[k] = block.coded as u16;
        self.counts[4 * y + x] = block.count();
        scatter::<4, 16>(&block.samples, &mut self.samples, 16, 64 * y + 4 * x);
    }

    /// Puts in a coded 8x8 block. `cabac`: a flag is all that is known of its 4x4 blocks.
    pub(super) fn put_8x8(&mut self, k: usize, block: &Block<64>, cabac: bool) {
        self.levels.as_flattened_mut()[64 * k..][..64].copy_from_slice(&block.levels);
        for i in 0..4 {
            self.coded[4 * k + i] = (block.coded >> (16 * i)) as u16;
        }
        let counts = block.counts_8x8(cabac);
        let (x, y) = (k % 2 * 2, k / 2 * 2);
        for (i, count) in counts.into_iter().enumerate() {
            self.counts[4 * (y + i / 2) + x + i % 2] = count;
        }
        scatter::<8, 64>(&block.samples, &mut self.samples, 16, 64 * y + 4 * x);
    }

    /// Finds out which 8x8 blocks have levels.
    pub(super) fn settle_pattern(&mut self) {
        let any = |k: usize| {
            let at = k / 2 * 8 + k % 2 * 2;
            [0, 1, 4, 5].iter().any(|i| self.counts[at + i] != 0)
        };
        self.pattern = if self.kind == Kind::Intra16x16 {
            if self.counts == [0; 16] { 0 } else { 15 }
        } else {
            (0..4).filter(|&k| any(k)).map(|k| 1 << k).sum()
        };
    }

    /// Whether there is any level.
    pub(super) fn residual(&self) -> bool {
        self.pattern != 0 || self.dc_coded
    }
}

/// Chroma of a macroblock, coded.
#[derive(Debug, Clone)]
pub(in super::super) struct ChromaCoding {
    pub(in super::super) mode: Mode,
    /// Of Cb and Cr: sum, vertical, horizontal, diagonal frequency.
    pub(in super::super) dc: [[i16; 4]; 2],
    pub(in super::super) dc_coded: [bool; 2],
    /// Of Cb's blocks and Cr's, in scan order; they have no first.
    pub(in super::super) levels: [[i16; 16]; 8],
    /// Which of them are not 0.
    pub(in super::super) coded: [u16; 8],
    pub(in super::super) counts: [u8; 8],
    /// 0: no levels, 1: of DC, 2: of AC.
    pub(in super::super) pattern: u8,
    /// Rows of Cb and Cr side by side.
    pub(in super::super) samples: [u8; 128],
}

impl Default for ChromaCoding {
    fn default() -> Self {
        Self {
            mode: Mode::Dc,
            dc: [[0; 4]; 2],
            dc_coded: [false; 2],
            levels: [[0; 16]; 8],
            coded: [0; 8],
            counts: [0; 8],
            pattern: 0,
            samples: [0; 128],
        }
    }
}

/// A coded block: its reconstruction, and its levels in scan order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<const A: usize> {
    pub(super) samples: [u8; A],
    pub(super) levels: [i16; A],
    /// Which of them are not 0.
    pub(super) coded: u64,
}

impl<const A: usize> Block<A> {
    pub(super) fn is_coded(&self) -> bool {
        self.coded != 0
    }
}

impl Block<16> {
    pub(super) fn count(&self) -> u8 {
        self.coded.count_ones() as u8
    }
}

impl Block<64> {
    /// What its four 4x4 blocks count. `cabac`: only whether there are any levels.
    pub(super) fn counts_8x8(&self, cabac: bool) -> [u8; 4] {
        if cabac {
            return [u8::from(self.is_coded()); 4];
        }
        [0, 1, 2, 3].map(|i| (self.coded >> i & 0x1111_1111_1111_1111).count_ones() as u8)
    }
}

/// How coefficients become levels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coder<'a> {
    pub(super) luma: &'a Quantiser,
    pub(super) chroma: &'static Quantiser,
    /// How far coefficients are drawn towards 0 at high quantisers.
    pub(super) denoise: Option<Denoise>,
    pub(super) trellis: Option<Trellis<'a>>,
}

/// What a trellis in a macroblock weighs by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trellis<'a> {
    pub(super) contexts: &'a Contexts,
    pub(super) luma: &'static Scalings,
    pub(super) chroma: &'static Scalings,
    pub(super) luma_lambda: u32,
    pub(super) chroma_lambda: u32,
    /// The strength of psy-trellis.
    pub(super) strength: u32,
    pub(super) spectra: &'a Spectra,
    pub(super) significances: &'a Significances,
    /// Where CAVLC is what weighs.
    pub(super) cavlc: Option<Cavlc<'a>>,
}

/// The costs of significance of a macroblock, found when they are first needed.
#[derive(Debug, Default)]
pub(super) struct Significances {
    luma_4x4: OnceCell<Significance<16>>,
    luma_ac: OnceCell<Significance<16>>,
    luma_dc: OnceCell<Significance<16>>,
    luma_8x8: OnceCell<Significance<64>>,
    chroma_ac: OnceCell<Significance<16>>,
    chroma_dc: OnceCell<Significance<4>>,
}

#[inline(always)]
fn found<'a, const N: usize>(
    significance: &'a OnceCell<Significance<N>>,
    weighing: &Weighing<'_, N>,
) -> &'a Significance<N> {
    significance.get_or_init(|| Significance::of(weighing.contexts, weighing.category, weighing.lambda))
}

/// What CAVLC's bits depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cavlc<'a> {
    /// Of the neighbours.
    pub(super) counts: &'a Counts,
    /// Whether blocks of the macroblock count by their levels, or as one if they have any.
    pub(super) counts_levels: bool,
    pub(super) long_levels: bool,
}

impl Cavlc<'_> {
    /// The column of a luma block, `inside` being the counts of those before it in the macroblock.
    fn column(&self, k: usize, inside: &[u8; 16]) -> usize {
        let (x, y) = BLOCKS[k];
        let at = |inside: u8| if self.counts_levels { inside } else { inside.min(1) };
        let place = luma_place(x, y);
        let left = if x > 0 { at(inside[4 * y + x - 1]) } else { self.counts.luma[place - 1] };
        let above = if y > 0 { at(inside[4 * y + x - 4]) } else { self.counts.luma[place - 8] };
        cavlc::column(left, above)
    }

    /// Chooses the levels of N coefficients at places of a block.
    fn choose<const N: usize, const A: usize>(
        &self,
        weighing: &Weighing<'_, A>,
        coefficients: &[i32; A],
        place: impl Fn(usize) -> usize,
        column: usize,
        levels: &mut [i16; A],
    ) -> u64 {
        let candidates =
            std::array::from_fn::<_, N, _>(|j| weighing.candidate(place(j), coefficients[place(j)]));
        let negative = |j: usize| coefficients[place(j)] < 0;
        let chosen = cavlc::trellis::choose(&candidates, column, weighing.lambda, self.long_levels, negative);
        let mut coded = 0;
        for (j, level) in chosen.into_iter().enumerate() {
            levels[place(j)] = level;
            coded |= u64::from(level != 0) << place(j);
        }
        coded
    }
}

/// The source's coefficients, for psy-trellis: in scan order, by block.
#[derive(Debug, Clone)]
pub(super) struct Spectra {
    pub(super) four: [[i32; 16]; 16],
    pub(super) eight: [[i32; 64]; 4],
}

impl Default for Spectra {
    fn default() -> Self {
        Self { four: [[0; 16]; 16], eight: [[0; 64]; 4] }
    }
}

impl Spectra {
    /// Of a macroblock's luma; 0 where the 4x4 or the 8x8 blocks are not asked for.
    pub(super) fn measure(&mut self, source: &[u8; 256], [four, eight]: [bool; 2]) {
        for (k, (x, y)) in BLOCKS.into_iter().enumerate() {
            self.four[k] = [0; 16];
            if four {
                let mut block = gather::<4, 16>(source, 16, 64 * y + 4 * x).map(i32::from);
                forward_4x4(&mut block);
                self.four[k] = scanned_4x4(&block);
            }
        }
        for k in 0..4 {
            self.eight[k] = [0; 64];
            if eight {
                let mut block = gather::<8, 64>(source, 16, k / 2 * 128 + k % 2 * 8).map(i32::from);
                forward_8x8(&mut block);
                self.eight[k] = scanned_8x8(&block);
            }
        }
    }
}

fn scanned_4x4(block: &[i32; 16]) -> [i32; 16] {
    ZIGZAG_4X4.map(|place| block[usize::from(place)])
}

fn scanned_8x8(block: &[i32; 64]) -> [i32; 64] {
    ZIGZAG_8X8.map(|place| block[usize::from(place)])
}

impl<'a> Trellis<'a> {
    fn scaling_4x4(&self, category: Category) -> &'static trellis::Scaling<16> {
        if category == Category::ChromaAc { &self.chroma.four } else { &self.luma.four }
    }

    fn four(&self, category: Category, k: usize) -> Weighing<'a, 16> {
        let psy = (self.strength != 0 && category != Category::ChromaAc)
            .then_some((self.strength, &self.spectra.four[k]));
        let lambda = if category == Category::ChromaAc { self.chroma_lambda } else { self.luma_lambda };
        Weighing { contexts: self.contexts, category, scaling: self.scaling_4x4(category), lambda, psy }
    }

    fn eight(&self, k: usize) -> Weighing<'a, 64> {
        Weighing {
            contexts: self.contexts,
            category: Category::Luma8x8,
            scaling: &self.luma.eight,
            lambda: self.luma_lambda,
            psy: (self.strength != 0).then_some((self.strength, &self.spectra.eight[k])),
        }
    }

    /// Quantises a 4x4 block, but for a first coefficient of AC blocks.
    #[inline(never)]
    fn quantise_4x4(
        &self,
        category: Category,
        k: usize,
        inside: &[u8; 16],
        (coefficients, rounded): (&[i32; 16], &Rounded<16>),
        levels: &mut [i16; 16],
    ) -> u64 {
        let first = usize::from(matches!(category, Category::LumaAc | Category::ChromaAc));
        let weighing = self.four(category, k);
        let Some(cavlc) = &self.cavlc else {
            let significance = match category {
                Category::ChromaAc => &self.significances.chroma_ac,
                Category::LumaAc => &self.significances.luma_ac,
                _ => &self.significances.luma_4x4,
            };
            return weighing.quantise(found(significance, &weighing), (coefficients, rounded), first, levels);
        };
        // Chroma takes the column of the first luma block.
        let column = cavlc.column(if category == Category::ChromaAc { 0 } else { k }, inside);
        *levels = [0; 16];
        if first == 0 {
            cavlc.choose::<16, 16>(&weighing, coefficients, |j| j, column, levels)
        } else {
            cavlc.choose::<15, 16>(&weighing, coefficients, |j| j + 1, column, levels)
        }
    }

    #[inline(never)]
    fn quantise_8x8(
        &self,
        k: usize,
        inside: &[u8; 16],
        (coefficients, rounded): (&[i32; 64], &Rounded<64>),
        levels: &mut [i16; 64],
    ) -> u64 {
        let weighing = self.eight(k);
        let Some(cavlc) = &self.cavlc else {
            let significance = found(&self.significances.luma_8x8, &weighing);
            return weighing.quantise(significance, (coefficients, rounded), 0, levels);
        };
        let mut inside = *inside;
        let mut any = 0;
        for i in 0..4 {
            let column = cavlc.column(4 * k + i, &inside);
            let coded = cavlc.choose::<16, 64>(&weighing, coefficients, |j| 4 * j + i, column, levels);
            let (x, y) = BLOCKS[4 * k + i];
            inside[4 * y + x] = u8::from(coded != 0);
            any |= coded;
        }
        any
    }

    #[inline(never)]
    fn quantise_luma_dc(&self, coefficients: &[i32; 16], levels: &mut [i16; 16]) -> u64 {
        let weighing = Weighing {
            contexts: self.contexts,
            category: Category::LumaDc,
            scaling: &self.luma.luma_dc,
            lambda: self.luma_lambda,
            psy: None,
        };
        let Some(cavlc) = &self.cavlc else {
            let significance = found(&self.significances.luma_dc, &weighing);
            let rounded = Rounded::of(weighing.scaling, coefficients);
            return weighing.quantise(significance, (coefficients, &rounded), 0, levels);
        };
        cavlc.choose::<16, 16>(&weighing, coefficients, |j| j, cavlc.column(0, &[0; 16]), levels)
    }

    #[inline(never)]
    fn quantise_chroma_dc(&self, coefficients: &[i32; 4], levels: &mut [i16; 4]) -> u64 {
        let weighing = Weighing {
            contexts: self.contexts,
            category: Category::ChromaDc,
            scaling: &self.chroma.chroma_dc,
            lambda: self.chroma_lambda,
            psy: None,
        };
        let Some(cavlc) = &self.cavlc else {
            let significance = found(&self.significances.chroma_dc, &weighing);
            let rounded = Rounded::of(weighing.scaling, coefficients);
            return weighing.quantise(significance, (coefficients, &rounded), 0, levels);
        };
        cavlc.choose::<4, 4>(&weighing, coefficients, |j| j, cavlc::CHROMA_DC, levels)
    }
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
    fn quantise_4x4(
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
            return trellis.quantise_4x4(category, k, inside, (&scanned, &rounded), levels);
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
            trellis.quantise_8x8(k, inside, (&scanned, &rounded), &mut levels)
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
            blocks[k] = scaled_4x4(&to.levels[k], self.luma);
        }
        to.settle_pattern();
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

    /// Whether vectors can be used.
    #[inline(always)]
    fn plain<S: Simd>(&self) -> bool {
        S::IS_SCALAR || self.denoise.is_some()
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
        let coefficients = kernels::coefficients_8x8(simd, source, prediction);
        let scaling = &trellis.luma.eight;
        let rounded = kernels::rounded(simd, &coefficients, scaling);
        let mut levels = [0; 64];
        let mut coded = 0;
        if trellis.cavlc.is_some() || rounded.any() {
            let coefficients = coefficients.map(i32::from);
            coded = trellis.quantise_8x8(k, inside, (&coefficients, &rounded), &mut levels);
        }
        let samples = if coded != 0 {
            kernels::reconstruct_8x8(simd, &levels, prediction, self.luma)
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
        trellis.quantise_4x4(category, k, inside, (&coefficients.map(i32::from), &rounded), levels)
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
        let mut dc = [0; 16];
        let scaling = &self.luma.four;
        for (k, (x, y)) in BLOCKS.into_iter().enumerate() {
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
        to.settle_pattern();
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
    fn code_ac<S: Simd>(
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
            self.code_chroma_plane(simd, plane, source, prediction, to);
            let blocks = &to.counts[4 * plane..4 * plane + 4];
            let pattern = if blocks != [0; 4] { 2 } else { u8::from(to.dc_coded[plane]) };
            to.pattern = to.pattern.max(pattern);
        }
    }

    #[inline(always)]
    fn code_chroma_plane<S: Simd>(
        &self,
        simd: S,
        plane: usize,
        source: &[u8; 128],
        prediction: &[u8; 128],
        to: &mut ChromaCoding,
    ) {
        let mut dc = [0; 4];
        let mut any = false;
        let scaling = &self.chroma.four;
        for (k, dc) in dc.iter_mut().enumerate() {
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
        let levels = self.quantise_chroma_dc(dc, any);
        to.dc[plane] = levels;
        to.dc_coded[plane] = levels != [0; 4];
        if !any && !to.dc_coded[plane] {
            return;
        }
        let values = self.scaled_chroma_dc(levels);
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

/// Levels in scan order to coefficients in raster order.
fn scaled_4x4(levels: &[i16; 16], quantiser: &Quantiser) -> [i32; 16] {
    let mut block = [0; 16];
    for (&place, &level) in ZIGZAG_4X4.iter().zip(levels) {
        let i = usize::from(place);
        block[i] = i32::from(level) * i32::from(quantiser.four.level_scale[i]);
    }
    block
}
