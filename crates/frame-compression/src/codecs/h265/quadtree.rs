//! How a CTU is divided into coding units (docs/spec/h265-intra.md, sections 12 and 13): each block as a whole
//! against its four quarters, down to the smallest.

use super::cabac::Coder;
use super::chroma::ChromaSearch;
use super::cost::{Outcome, Region};
use super::ctu::{CodingUnit, Ctu, decoding_order};
use super::frame::Frame;
use super::luma::LumaSearch;
use super::preset::{Preset, Tools};
use super::qp::{predicted_qp, settle_qps};
use super::transform_tree::TransformTree;
use super::transform_unit::{Attempt, Blocks};
use crate::simd::Simd;

/// A block coded as one coding unit, kept until it is known whether that is better than to divide it.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) unit: CodingUnit,
    pub(super) qp: u8,
    pub(super) outcome: Outcome,
    pub(super) cost: u64,
    /// The coder's state after the unit (after its luma, as long as its chroma is not decided).
    pub(super) coder: Coder,
    pub(super) luma: Attempt,
    pub(super) chroma: [Attempt; 2],
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
pub(super) struct Analysed {
    pub(super) outcome: Outcome,
    /// The coder's state after the block.
    pub(super) coder: Coder,
    /// Whether the block has any level.
    pub(super) coded: bool,
}

/// A block to analyse. Coordinates are the CTU's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) log2: u32,
    pub(super) depth: u32,
}

impl Block {
    pub(super) fn size(self) -> usize {
        1 << self.log2
    }
}

/// The analysis of CTUs, with the memory it needs.
#[derive(Debug)]
pub(super) struct Analysis {
    pub(super) luma: LumaSearch,
    pub(super) chroma: ChromaSearch,
    pub(super) tree: TransformTree,
    pub(super) blocks: Blocks,
    /// By log2 of the size from 3 on, and last the 8x8 unit that is quartered.
    pub(super) trials: [Trial; 4],
    pub(super) region: Region,
    /// The predicted QpY of the quantisation group in work.
    pub(super) predicted_qp: u8,
}

/// Index of the quartered unit among the trials.
pub(super) const QUARTERED: usize = 3;

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
pub(super) struct Walk<'a, 'f, S> {
    pub(super) simd: S,
    pub(super) analysis: &'a mut Analysis,
    pub(super) frame: &'a Frame<'f>,
    pub(super) ctu: &'a mut Ctu,
    pub(super) previous_qp: u8,
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
            settle_qps(self.ctu, x, y, block.size(), self.analysis.predicted_qp);
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

fn store_samples<const N: usize, const C: usize>(ctu: &mut Ctu, trial: &Trial, x: usize, y: usize) {
    ctu.luma.store::<N>(x, y, &trial.luma.samples);
    for (component, attempt) in ctu.chroma.iter_mut().zip(&trial.chroma) {
        component.store::<C>(x / 2, y / 2, &attempt.samples);
    }
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
            fails_at: None,
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
