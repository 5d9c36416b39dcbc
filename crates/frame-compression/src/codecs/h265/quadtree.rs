//! How a CTU is divided into coding units (docs/spec/h265-intra.md, sections 12 and 13): each block as a whole
//! against its four quarters, down to the smallest.

use super::cabac::Coder;
use super::chroma::{ChromaSearch, ChromaUnit};
use super::cost::{Outcome, Region};
use super::ctu::{CodingUnit, Ctu, TransformBlock, decoding_order};
use super::intra::most_probable_modes;
use super::kernels;
use super::luma::{BlockSyntax, LumaCoding, LumaSearch, PredictionUnit};
use super::picture::Frame;
use super::preset::{FlagPrice, Preset, Tools};
use super::syntax::{self, UnitContext};
use super::transform_tree::{Division, TransformTree};
use super::transform_unit::{Attempt, Blocks, SAMPLES, copy_block, texture_loss};
use crate::simd::Simd;

/// A block coded as one coding unit, kept until it is known whether that is better than to divide it.
#[derive(Debug)]
struct Trial {
    unit: CodingUnit,
    qp: u8,
    outcome: Outcome,
    cost: u64,
    /// The coder's state after the unit (after its luma, as long as its chroma is not decided).
    coder: Coder,
    luma: Attempt,
    chroma: [Attempt; 2],
}

impl Trial {
    fn new() -> Self {
        Self {
            unit: CodingUnit::default(),
            qp: 0,
            outcome: Outcome::default(),
            cost: 0,
            coder: Coder::new(0),
            luma: Attempt::new(),
            chroma: [Attempt::new(), Attempt::new()],
        }
    }
}

/// What the analysis of a block came to.
#[derive(Debug)]
struct Analysed {
    outcome: Outcome,
    /// The coder's state after the block.
    coder: Coder,
    /// Whether the block has any level.
    coded: bool,
}

/// A block to analyse. Coordinates are the CTU's own.
#[derive(Debug, Clone, Copy)]
struct Block {
    x: usize,
    y: usize,
    log2: u32,
    depth: u32,
}

impl Block {
    fn size(self) -> usize {
        1 << self.log2
    }
}

/// The analysis of CTUs, with the memory it needs.
#[derive(Debug)]
pub(super) struct Analysis {
    luma: LumaSearch,
    chroma: ChromaSearch,
    tree: TransformTree,
    blocks: Blocks,
    /// By log2 of the size from 3 on, and last the 8x8 unit that is quartered.
    trials: [Trial; 4],
    region: Region,
    /// The predicted QpY of the quantisation group in work.
    predicted_qp: u8,
}

/// Index of the quartered unit among the trials.
const QUARTERED: usize = 3;

impl Analysis {
    pub(super) fn new() -> Self {
        Self {
            luma: LumaSearch::new(),
            chroma: ChromaSearch::new(),
            tree: TransformTree::new(),
            blocks: Blocks::new(),
            trials: std::array::from_fn(|_| Trial::new()),
            region: Region::new(0, Default::default(), &Tools::of(Preset::default(), None)),
            predicted_qp: 0,
        }
    }

    /// Decides a CTU and reconstructs it. `previous_qp` is the QpY of the last coding unit before it.
    pub(super) fn analyse_ctu<S: Simd>(
        &mut self,
        simd: S,
        frame: &Frame<'_>,
        ctu: &mut Ctu,
        coder: &Coder,
        previous_qp: u8,
    ) {
        let log2 = ctu.area.log2;
        let mut walk = Walk { simd, analysis: self, frame, ctu, previous_qp };
        if log2 < 6 {
            walk.set_region(0, 0, 1 << log2);
        }
        walk.analyse(Block { x: 0, y: 0, log2, depth: 0 }, coder);
    }
}

/// The analysis of one CTU.
struct Walk<'a, 'f, S> {
    simd: S,
    analysis: &'a mut Analysis,
    frame: &'a Frame<'f>,
    ctu: &'a mut Ctu,
    previous_qp: u8,
}

impl<S: Simd> Walk<'_, '_, S> {
    /// Takes over the quantisation parameters of a block of the CTU.
    fn set_region(&mut self, x: usize, y: usize, size: usize) {
        let (x, y) = (self.ctu.area.x + x, self.ctu.area.y + y);
        self.analysis.region = self.frame.region(x, y, size);
    }

    fn analyse(&mut self, block: Block, entry: &Coder) -> Analysed {
        let Block { x, y, log2, depth } = block;
        let smallest = log2 == self.frame.geometry.min_cu_log2;
        let group = depth == self.frame.geometry.group_depth();
        if group {
            self.analysis.predicted_qp = predicted_qp(self.ctu, x, y, self.previous_qp, true);
        }
        let fits = self.ctu.area.fits(x, y, block.size());
        let whole = (fits && log2 < 6).then(|| self.analyse_whole(block, entry));
        if let Some(trial) = whole
            && smallest
        {
            return self.take(trial, block);
        }

        if let Some(trial) = whole {
            self.price_whole(trial, block);
        }
        let mut quarters = self.analyse_quarters(block, entry);
        self.price_quarters(&mut quarters, block, fits, group);
        if let Some(trial) = whole
            && self.analysis.trials[trial].cost <= self.analysis.region.cost(&quarters.outcome)
        {
            return self.take(trial, block);
        }
        if group {
            self.settle_qps(block);
        }
        quarters
    }

    fn analyse_quarters(&mut self, block: Block, entry: &Coder) -> Analysed {
        let half = block.size() / 2;
        let mut all = Analysed { outcome: Outcome::default(), coder: entry.clone(), coded: false };
        for (x, y) in [(0, 0), (half, 0), (0, half), (half, half)].map(|(x, y)| (block.x + x, block.y + y)) {
            if !self.ctu.area.contains(x, y) {
                continue;
            }
            if block.log2 == 6 {
                self.set_region(x, y, half);
            }
            let quarter = Block { x, y, log2: block.log2 - 1, depth: block.depth + 1 };
            let analysed = self.analyse(quarter, &all.coder);
            all.outcome += analysed.outcome;
            all.coder = analysed.coder;
            all.coded |= analysed.coded;
        }
        all
    }

    /// Codes a block as one coding unit (8x8 ones also as four prediction units) and says which trial is best.
    fn analyse_whole(&mut self, block: Block, entry: &Coder) -> usize {
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
        references.fetch(&luma.reconstruction, luma.stride, luma.at(x, y), N, neighbours);
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

    /// Adds the split flag of a block that can be divided and is not.
    fn price_whole(&mut self, trial: usize, block: Block) {
        let deeper = self.ctu.deeper_neighbours(block.x, block.y, block.depth);
        let Analysis { trials, region, .. } = &mut *self.analysis;
        let trial = &mut trials[trial];
        trial.outcome.bits += price_split_flag(self.frame.tools.flag_price, &mut trial.coder, deeper, false);
        trial.cost = region.cost(&trial.outcome);
    }

    /// Adds the flags of a block that is divided.
    fn price_quarters(&mut self, quarters: &mut Analysed, block: Block, fits: bool, group: bool) {
        let price = self.frame.tools.flag_price;
        if fits {
            let deeper = self.ctu.deeper_neighbours(block.x, block.y, block.depth);
            quarters.outcome.bits += price_split_flag(price, &mut quarters.coder, deeper, true);
        }
        if group && quarters.coded && self.frame.tools.qp_delta {
            let first = i32::from(self.ctu.qp(block.x, block.y));
            let delta = first - i32::from(self.analysis.predicted_qp);
            quarters.outcome.bits += price_qp_delta(price, &mut quarters.coder, delta);
        }
    }

    /// Gives the coding units of a divided quantisation group that come before the first with levels the
    /// predicted QpY: no decoder would know another.
    fn settle_qps(&mut self, block: Block) {
        let mut order = 0;
        while let Some((x, y, size)) = self.ctu.next_unit(block.x, block.y, block.size(), &mut order) {
            if self.ctu.unit(x, y).is_coded() {
                break;
            }
            self.ctu.set_qp(x, y, size, self.analysis.predicted_qp);
        }
    }

    /// Makes a trial the CTU's coding unit.
    fn take(&mut self, trial: usize, block: Block) -> Analysed {
        let Block { x, y, log2, depth } = block;
        let trial = &self.analysis.trials[trial];
        let ctu = &mut *self.ctu;
        match log2 {
            3 => store_samples::<8, 4>(ctu, trial, x, y),
            4 => store_samples::<16, 8>(ctu, trial, x, y),
            _ => store_samples::<32, 16>(ctu, trial, x, y),
        }
        let order = decoding_order(x, y);
        let blocks = 1 << (2 * log2 - 4);
        trial.luma.levels().copy_to(ctu.luma.levels_mut(order), blocks);
        for (component, attempt) in ctu.chroma.iter_mut().zip(&trial.chroma) {
            attempt.levels().copy_to(component.levels_mut(order / 4), blocks / 4);
        }
        if trial.unit.quartered {
            for (part, &mode) in trial.unit.luma_modes.iter().enumerate() {
                ctu.set_mode(x + part % 2 * 4, y + part / 2 * 4, 4, mode);
            }
        } else {
            ctu.set_mode(x, y, block.size(), trial.unit.luma_modes[0]);
        }
        ctu.set_depth(x, y, block.size(), depth);
        ctu.set_qp(x, y, block.size(), trial.qp);
        ctu.set_transforms(x, y, log2, &trial.unit);
        ctu.units[order / 4] = trial.unit;
        Analysed { outcome: trial.outcome, coder: trial.coder.clone(), coded: trial.unit.is_coded() }
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

fn store_samples<const N: usize, const C: usize>(ctu: &mut Ctu, trial: &Trial, x: usize, y: usize) {
    ctu.luma.store::<N>(x, y, &trial.luma.samples);
    for (component, attempt) in ctu.chroma.iter_mut().zip(&trial.chroma) {
        component.store::<C>(x / 2, y / 2, &attempt.samples);
    }
}

/// Bits of split_cu_flag in the analysis.
fn price_split_flag(price: FlagPrice, coder: &mut Coder, deeper_neighbours: usize, split: bool) -> u64 {
    if price == FlagPrice::OneBit {
        return 1;
    }
    coder.reset();
    syntax::code_split_flag(coder, deeper_neighbours, split);
    coder.bits()
}

/// Bits of cu_qp_delta in the analysis, beyond those in the coding unit itself.
fn price_qp_delta(price: FlagPrice, coder: &mut Coder, delta: i32) -> u64 {
    if price == FlagPrice::OneBit {
        return 1;
    }
    coder.reset();
    syntax::code_qp_delta(coder, delta);
    coder.bits()
}

/// The prediction of QpY (H.265 8.6.1) for the quantisation group at (x, y) of a CTU. `previous` is the QpY of
/// the last coding unit before the CTU.
///
/// In the analysis, the encoder takes that one also for the lower left group of a CTU whose right half lies outside
/// the picture, where the standard takes the group above (docs/spec/h265-intra.md, section 14).
pub(super) fn predicted_qp(ctu: &Ctu, x: usize, y: usize, previous: u8, in_analysis: bool) -> u8 {
    let last = match (x >= 32, y >= 32) {
        (false, false) => previous,
        (true, false) => ctu.last_qp(0, 0, 32),
        (false, true) if ctu.area.contains(32, 0) => ctu.last_qp(32, 0, 32),
        (false, true) if in_analysis => previous,
        (false, true) => ctu.last_qp(0, 0, 32),
        (true, true) => ctu.last_qp(0, 32, 32),
    };
    let left = if x > 0 { ctu.qp(x - 1, y) } else { last };
    let above = if y > 0 { ctu.qp(x, y - 1) } else { last };
    left.midpoint(above) + ((left ^ above) & 1)
}

#[cfg(test)]
mod tests {
    use super::super::aq::{self, AdaptiveQuantisation};
    use super::super::geometry::{CtuArea, Geometry};
    use super::super::preset::{QuantisationControl, X265Version};
    use super::*;
    use crate::frame_rate::FrameRate;
    use crate::planes::{Component, Planes};
    use crate::simd::Scalar;
    use crate::{names::Subsampling, quality::Crf};

    /// The first coding units of docs/spec/h265-intra.md, annex B.2, which all start from the first state.
    #[test]
    fn first_coding_units_are_those_of_the_trace() {
        let mut planes = Planes::new(64, 64, Subsampling::S420).unwrap();
        for y in 0..64 {
            for (x, sample) in planes.row_mut(Component::Y, y).iter_mut().enumerate() {
                *sample = ((7 * x + 3 * y) ^ ((x * y) >> 4)) as u8;
            }
        }
        for y in 0..32 {
            for x in 0..32 {
                planes.row_mut(Component::Cb, y)[x] = ((5 * x) ^ (3 * y)) as u8;
                planes.row_mut(Component::Cr, y)[x] = ((x * y) >> 3) as u8;
            }
        }
        let tools = Tools::of(Preset::Veryfast, None);
        let geometry = Geometry::new(64, 64, &tools);
        let mut adaptive_quantisation = AdaptiveQuantisation::default();
        adaptive_quantisation.measure(&planes, &geometry, 1.0, 1);
        let base_qp = aq::base_qp(Crf::new(28.0).unwrap(), FrameRate::LTX, QuantisationControl::FrameRate);
        let frame = Frame {
            geometry,
            tools,
            version: X265Version::V3_5,
            base_qp,
            slice_qp: aq::slice_qp(base_qp),
            adaptive_quantisation: &adaptive_quantisation,
            source: &planes,
        };
        let mut ctu = Ctu::new();
        ctu.area = CtuArea::new(&geometry, 0, 0);
        ctu.luma.load(&planes.y.samples, planes.y.stride, 0, 64, 64);
        ctu.chroma[0].load(&planes.cb.samples, planes.cb.stride, 0, 32, 32);
        ctu.chroma[1].load(&planes.cr.samples, planes.cr.stride, 0, 32, 32);
        let coder = Coder::new(frame.slice_qp);
        let mut analysis = Analysis::new();
        let mut walk =
            Walk { simd: Scalar, analysis: &mut analysis, frame: &frame, ctu: &mut ctu, previous_qp: 22 };
        walk.set_region(0, 0, 32);
        walk.analysis.predicted_qp = 22;
        // Of each: log2 of the size, mode, luma (D, bits, e), the unit's (D, bits, e), cost and accumulator.
        let trace = [
            (5, 0, [10728, 2894, 1544], [13076, 3568, 1544], 51858, 116_915_803),
            (4, 0, [1990, 257, 397], [2703, 448, 397], 7773, 14_707_417),
            (3, 26, [143, 46, 53], [290, 102, 53], 1407, 3_369_607),
        ];
        for (log2, mode, luma, unit, cost, accumulator) in trace {
            let outcome = |[distortion, bits, texture]: [u64; 3]| Outcome { distortion, bits, texture };
            walk.analyse_whole(Block { x: 0, y: 0, log2, depth: 6 - log2 }, &coder);
            let trial = &walk.analysis.trials[log2 as usize - 3];
            assert_eq!((trial.qp, trial.unit.luma_modes[0], trial.unit.chroma_mode), (24, mode, 36));
            assert_eq!((trial.luma.outcome, trial.outcome), (outcome(luma), outcome(unit)));
            assert_eq!((trial.cost, trial.coder.accumulator()), (cost, accumulator));
        }
    }
}
