//! What the flags cost that the analysis prices beside a block's own syntax: split_cu_flag, and cu_qp_delta once per
//! quantisation group (docs/spec/h265-intra.md, sections 12, 13 and 19).

use super::cabac::Coder;
use super::preset::FlagPrice;
use super::quadtree::{Analysed, Analysis, Block, Walk};
use super::syntax;
use crate::simd::Simd;

impl<S: Simd> Walk<'_, '_, S> {
    /// Adds the split flag of a block that can be divided and is not.
    pub(super) fn price_whole(&mut self, trial: usize, block: Block) {
        let deeper = self.ctu.deeper_neighbours(block.x, block.y, block.depth);
        let Analysis { trials, region, .. } = &mut *self.analysis;
        let trial = &mut trials[trial];
        trial.outcome.bits += price_split_flag(self.frame.tools.flag_price, &mut trial.coder, deeper, false);
        trial.cost = region.cost(&trial.outcome);
    }

    /// Adds the flags of a block that is divided.
    pub(super) fn price_quarters(&mut self, quarters: &mut Analysed, block: Block, fits: bool, group: bool) {
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
pub(super) fn price_qp_delta(price: FlagPrice, coder: &mut Coder, delta: i32) -> u64 {
    if price == FlagPrice::OneBit {
        return 1;
    }
    coder.reset();
    syntax::code_qp_delta(coder, delta);
    coder.bits()
}
