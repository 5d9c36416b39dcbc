//! Trellis in a macroblock: what its blocks' levels are weighed by (docs/spec/h264-presets.md, sections 6 and 7).

use super::super::cabac::Contexts;
use super::super::cabac::block::Category;
use super::super::cavlc;
use super::super::macroblock::gather;
use super::super::transform::{forward_4x4, forward_8x8};
use super::super::trellis::{self, Rounded, Scalings, Significance, Weighing};
use super::prices::{ZIGZAG_4X4, ZIGZAG_8X8};
use super::record::{BLOCKS, Counts, luma_place};
use crate::simd::Simd;
use std::cell::OnceCell;

/// What a trellis in a macroblock weighs by.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Trellis<'a> {
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
pub(in super::super) struct Significances {
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
pub(in super::super) struct Cavlc<'a> {
    /// Of the neighbours.
    pub(super) counts: &'a Counts,
    /// Whether blocks of the macroblock count by their levels, or as one if they have any: an 8x8 block as one whole.
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

/// The counts of the 8x8 blocks before `k`, where each counts as one in all its quarters if it has any level.
fn whole_blocks(inside: &[u8; 16], k: usize) -> [u8; 16] {
    let mut whole = *inside;
    for quarters in BLOCKS.chunks_exact(4).take(k) {
        let places = || quarters.iter().map(|&(x, y)| 4 * y + x);
        let any = places().any(|place| inside[place] != 0);
        places().for_each(|place| whole[place] = any.into());
    }
    whole
}

/// The source's coefficients, for psy-trellis: in scan order, by block.
#[derive(Debug, Clone)]
pub(in super::super) struct Spectra {
    pub(super) four: [[i32; 16]; 16],
    pub(super) eight: [[i32; 64]; 4],
}

impl Default for Spectra {
    fn default() -> Self {
        Self { four: [[0; 16]; 16], eight: [[0; 64]; 4] }
    }
}

impl Spectra {
    /// Those of 8x8 blocks, or of 4x4 ones, of a macroblock's luma; the others stay as they were.
    pub(in super::super) fn update(&mut self, source: &[u8; 256], eight: bool) {
        let mut own = Self::default();
        own.measure(source, [!eight, eight]);
        if eight {
            self.eight = own.eight;
        } else {
            self.four = own.four;
        }
    }

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

pub(super) fn scanned_4x4(block: &[i32; 16]) -> [i32; 16] {
    ZIGZAG_4X4.map(|place| block[usize::from(place)])
}

pub(super) fn scanned_8x8(block: &[i32; 64]) -> [i32; 64] {
    ZIGZAG_8X8.map(|place| block[usize::from(place)])
}

impl<'a> Trellis<'a> {
    pub(super) fn scaling_4x4(&self, category: Category) -> &'static trellis::Scaling<16> {
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
    pub(super) fn quantise_4x4<S: Simd>(
        &self,
        simd: S,
        place: (Category, usize, &[u8; 16]),
        given: (&[i32; 16], &Rounded<16>),
        levels: &mut [i16; 16],
    ) -> u64 {
        simd.vectorize(
            #[inline(always)]
            || self.choose_4x4(place, given, levels),
        )
    }

    #[inline(always)]
    fn choose_4x4(
        &self,
        (category, k, inside): (Category, usize, &[u8; 16]),
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

    /// Quantises an 8x8 block.
    pub(super) fn quantise_8x8<S: Simd>(
        &self,
        simd: S,
        place: (usize, &[u8; 16]),
        given: (&[i32; 64], &Rounded<64>),
        levels: &mut [i16; 64],
    ) -> u64 {
        simd.vectorize(
            #[inline(always)]
            || self.choose_8x8(place, given, levels),
        )
    }

    #[inline(always)]
    fn choose_8x8(
        &self,
        (k, inside): (usize, &[u8; 16]),
        (coefficients, rounded): (&[i32; 64], &Rounded<64>),
        levels: &mut [i16; 64],
    ) -> u64 {
        let weighing = self.eight(k);
        let Some(cavlc) = &self.cavlc else {
            let significance = found(&self.significances.luma_8x8, &weighing);
            return weighing.quantise(significance, (coefficients, rounded), 0, levels);
        };
        let mut inside = if cavlc.counts_levels { *inside } else { whole_blocks(inside, k) };
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
    pub(super) fn quantise_luma_dc(&self, coefficients: &[i32; 16], levels: &mut [i16; 16]) -> u64 {
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
    pub(super) fn quantise_chroma_dc(&self, coefficients: &[i32; 4], levels: &mut [i16; 4]) -> u64 {
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
