//! A block coded as one coding unit (docs/spec/h265-intra.md, sections 10 to 12).

use super::cabac::Coder;
use super::chroma::ChromaUnit;
use super::cost::Outcome;
use super::ctu::{CodingUnit, TransformBlock};
use super::frame::Frame;
use super::kernels;
use super::luma::{BlockSyntax, LumaCoding, PredictionUnit};
use super::predict::most_probable_modes;
use super::price::price_qp_delta;
use super::quadtree::{Analysis, Block, QUARTERED, Walk};
use super::syntax::{self, UnitContext};
use super::transform_tree::Division;
use super::transform_unit::{SAMPLES, copy_block, texture_loss};
use crate::simd::Simd;

impl<S: Simd> Walk<'_, '_, S> {
    /// Codes a block as one coding unit (8x8 ones also as four prediction units) and says which trial is best.
    pub(super) fn analyse_whole(&mut self, block: Block, entry: &Coder) -> usize {
        match block.log2 {
            3 => {
                self.try_unit::<8, 4>(block, entry);
                self.try_quartered(block, entry);
                let [whole, .., quartered] = &self.analysis.trials;
                if quartered.cost < whole.cost { QUARTERED } else { 0 }
            }
            4 => {
                self.try_unit::<16, 8>(block, entry);
                1
            }
            _ => {
                self.try_unit::<32, 16>(block, entry);
                2
            }
        }
    }

    /// The luma search of one prediction unit, whose most probable modes it gives.
    fn search_luma<const N: usize>(&mut self, block: Block, part: usize, entry: &Coder) -> [u8; 3] {
        let quartered = N < block.size();
        let (x, y) = (block.x + part % 2 * N, block.y + part / 2 * N);
        let [left, above] = self.ctu.neighbouring_modes(x, y);
        let most_probable = most_probable_modes(left, above);
        let luma = &self.ctu.luma;
        let neighbours = self.ctu.area.neighbours(x, y, N);
        let Analysis { luma: search, blocks, region, .. } = &mut *self.analysis;
        let references = &mut search.block.references;
        references.fetch::<N>(&luma.reconstruction, luma.stride, luma.at(x, y), neighbours);
        let depth = block.depth as usize + usize::from(quartered);
        let Frame { geometry, tools, .. } = self.frame;
        let least_log2 = tools.least_transform_log2(geometry.ctu_log2, block.log2, quartered);
        let with_part_mode = part == 0 && block.log2 == geometry.min_cu_log2;
        let syntax = BlockSyntax {
            part_mode: with_part_mode.then_some(quartered),
            most_probable: Some(most_probable),
            split_flag: N.ilog2() > least_log2,
            depth: quartered.into(),
        };
        let unit = PredictionUnit {
            source: luma.source_at(x, y),
            stride: luma.side,
            most_probable,
            entry,
            candidates: tools.luma_candidates + depth / 2,
            coding: LumaCoding { region, tools, syntax },
        };
        search.search::<S, N>(self.simd, &unit, blocks);
        most_probable
    }

    /// What the syntax of a coding unit depends on.
    fn surroundings(&self, block: Block, most_probable: [[u8; 3]; 4], quartered: bool) -> UnitContext {
        let Frame { geometry, tools, .. } = self.frame;
        UnitContext {
            log2: block.log2,
            smallest: block.log2 == geometry.min_cu_log2,
            most_probable,
            sign_hiding: tools.sign_hiding,
            least_transform_log2: tools.least_transform_log2(geometry.ctu_log2, block.log2, quartered),
            transform_skip: tools.transform_skip,
        }
    }

    /// Codes a block as one coding unit with one prediction unit; `C` is the side of its chroma blocks.
    fn try_unit<const N: usize, const C: usize>(&mut self, block: Block, entry: &Coder) {
        let most_probable = self.search_luma::<N>(block, 0, entry);
        let surroundings = self.surroundings(block, [most_probable; 4], false);
        let Analysis { luma, trials, .. } = &mut *self.analysis;
        let best = luma.best();
        let trial = &mut trials[block.log2 as usize - 3];
        trial.luma.copy_from::<N>(best);
        trial.unit = CodingUnit {
            luma_modes: [best.mode; 4],
            coded: [u64::from(best.coded), 0, 0],
            skipped: [u64::from(best.coded && best.skipped), 0, 0],
            ..CodingUnit::default()
        };
        let mut outcome = best.outcome;
        trial.coder = luma.best_coder().clone();
        if block.log2 > surroundings.least_transform_log2
            && let Some(divided) = self.divide::<N>(block, &surroundings, entry)
        {
            outcome = divided;
        }
        self.finish_unit::<C>(block, block.log2 as usize - 3, outcome, &surroundings, entry);
    }

    /// Divides the luma of a coding unit that stands in a trial into smaller transforms, if that is better. Gives what it
    /// then comes to.
    fn divide<const N: usize>(
        &mut self,
        block: Block,
        surroundings: &UnitContext,
        entry: &Coder,
    ) -> Option<Outcome> {
        let Block { x, y, log2, .. } = block;
        let (simd, most_probable) = (self.simd, surroundings.most_probable[0]);
        let Analysis { luma, tree, blocks, region, trials, .. } = &mut *self.analysis;
        let trial = &mut trials[log2 as usize - 3];
        let mut coder = entry.clone();
        let outcome = Division {
            simd,
            memory: tree,
            blocks,
            ctu: self.ctu,
            tools: &self.frame.tools,
            region,
            x,
            y,
            most_probable,
            with_part_mode: surroundings.smallest,
            least_log2: surroundings.least_transform_log2,
            unit: &mut trial.unit,
            levels: &mut trial.luma,
        }
        .quarters(TransformBlock { first: 0, log2, depth: 0 }, &mut coder);
        let whole = luma.best();
        if region.cost(&outcome) >= region.cost(&whole.outcome) {
            trial.luma.copy_from::<N>(whole);
            (trial.unit.splits, trial.unit.coded[0]) = (0, u64::from(whole.coded));
            trial.unit.skipped[0] = 0;
            return None;
        }
        trial.unit.splits |= 1;
        self.ctu.luma.copy_out::<N>(x, y, &mut trial.luma.samples);
        trial.coder = entry.fresh();
        syntax::code_unit_luma(simd, &mut trial.coder, &trial.unit, trial.luma.levels(), surroundings);
        let source = (self.ctu.luma.source_at(x, y), self.ctu.luma.side);
        let texture = unit_texture::<S, N>(simd, source, &trial.luma.samples);
        Some(Outcome { texture, ..outcome })
    }

    /// Codes an 8x8 block as one coding unit of four prediction units.
    fn try_quartered(&mut self, block: Block, entry: &Coder) {
        let mut unit = CodingUnit { quartered: true, splits: 1, ..CodingUnit::default() };
        let mut most_probable = [[0; 3]; 4];
        let mut outcome = Outcome::default();
        for (part, most_probable) in most_probable.iter_mut().enumerate() {
            *most_probable = self.search_luma::<4>(block, part, entry);
            let Analysis { luma, trials, .. } = &mut *self.analysis;
            let best = luma.best();
            unit.luma_modes[part] = best.mode;
            unit.coded[0] |= u64::from(best.coded) << part;
            unit.skipped[0] |= u64::from(best.coded && best.skipped) << part;
            outcome += best.outcome;
            trials[QUARTERED].luma.copy_quarter_from(best, part);
            // The next prediction unit predicts from this one.
            let (x, y) = (block.x + part % 2 * 4, block.y + part / 2 * 4);
            self.ctu.luma.store::<4>(x, y, &best.samples);
            self.ctu.set_mode(x, y, 4, best.mode);
        }
        let surroundings = self.surroundings(block, most_probable, true);
        let (luma, simd) = (&self.ctu.luma, self.simd);
        let trial = &mut self.analysis.trials[QUARTERED];
        // The unit's texture is that of the whole, not of the four blocks that the searches compared.
        let source = (luma.source_at(block.x, block.y), luma.side);
        outcome.texture = unit_texture::<S, 8>(simd, source, &trial.luma.samples);
        trial.unit = unit;
        // Each search started from the state before the unit; here the four follow each other.
        trial.coder = entry.fresh();
        syntax::code_unit_luma(simd, &mut trial.coder, &unit, trial.luma.levels(), &surroundings);
        self.finish_unit::<4>(block, QUARTERED, outcome, &surroundings, entry);
    }

    /// The chroma of a coding unit whose luma stands in a trial, and the cost of it all.
    fn finish_unit<const C: usize>(
        &mut self,
        block: Block,
        trial: usize,
        luma: Outcome,
        surroundings: &UnitContext,
        entry: &Coder,
    ) {
        let Block { x, y, depth, .. } = block;
        let Analysis { chroma, blocks, trials, region, predicted_qp, .. } = &mut *self.analysis;
        let quartered = trial == QUARTERED;
        let trial = &mut trials[trial];
        let tools = &self.frame.tools;
        let unit = ChromaUnit { x, y, unit: &trial.unit, surroundings, entry, region, tools };
        let choice = chroma.search::<S, C>(self.simd, self.ctu, &unit, quartered, blocks);
        for (to, from) in trial.chroma.iter_mut().zip(choice.attempts) {
            to.copy_from::<C>(from);
        }
        trial.unit.chroma_mode = choice.unit.chroma_mode;
        trial.unit.coded[1..].copy_from_slice(&choice.unit.coded[1..]);
        trial.unit.skipped[1..].copy_from_slice(&choice.unit.skipped[1..]);

        let qp_delta = i32::from(region.qp) - i32::from(*predicted_qp);
        let mut coder = Coder::joined(entry, &trial.coder, choice.coder);
        if trial.unit.splits & 1 != 0 && !quartered {
            // In a stream, the components take turns.
            let mut in_turns = entry.fresh();
            let levels = [trial.chroma[0].levels(), trial.chroma[1].levels()];
            syntax::code_unit_chroma(self.simd, &mut in_turns, &trial.unit, levels, surroundings, true);
            coder = Coder::joined(entry, &trial.coder, &in_turns);
        }
        if trial.unit.is_coded() && tools.qp_delta {
            syntax::code_qp_delta(&mut coder, qp_delta);
        }
        let mut outcome = Outcome {
            distortion: luma.distortion + choice.distortion,
            bits: coder.bits(),
            texture: luma.texture,
        };
        trial.qp = region.qp;
        if depth <= self.frame.geometry.group_depth() && tools.qp_delta {
            if trial.unit.is_coded() {
                outcome.bits += price_qp_delta(tools.flag_price, &mut coder, qp_delta);
            } else {
                trial.qp = *predicted_qp;
            }
        }
        (trial.outcome, trial.cost, trial.coder) = (outcome, region.cost(&outcome), coder);
    }
}

/// The texture that a coding unit's luma lost. The source's rows are so far apart.
fn unit_texture<S: Simd, const N: usize>(simd: S, source: (&[u8], usize), samples: &[u8]) -> u64 {
    let mut block = [0; SAMPLES];
    copy_block::<N>(source.0, source.1, &mut block);
    simd.vectorize(
        #[inline(always)]
        || texture_loss::<S, N>(simd, &kernels::textures::<S, N>(simd, &block), samples),
    )
}
