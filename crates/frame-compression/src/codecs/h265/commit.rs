//! The commit of a decided CTU (docs/spec/h265-intra.md, section 15): its syntax is coded once, for the states
//! that the next CTU starts from, and its final quantisation parameters are found on the way.

use super::cabac::Coder;
use super::ctu::{Ctu, decoding_order};
use super::geometry::Geometry;
use super::predict::most_probable_modes;
use super::preset::Tools;
use super::qp::predicted_qp;
use super::syntax::{self, UnitContext};
use crate::simd::Simd;

/// The walk through a CTU.
pub(super) struct Commit<'a, S> {
    simd: S,
    pub(super) geometry: &'a Geometry,
    pub(super) tools: &'a Tools,
    pub(super) ctu: &'a mut Ctu,
    pub(super) coder: &'a mut Coder,
    /// QpY of the last coding unit.
    pub(super) previous_qp: u8,
    /// The predicted QpY of the quantisation group, and whether its cu_qp_delta is still to come.
    predicted_qp: u8,
    qp_delta_due: bool,
    before_ctu: u8,
}

impl<'a, S: Simd> Commit<'a, S> {
    pub(super) fn new(
        simd: S,
        geometry: &'a Geometry,
        tools: &'a Tools,
        ctu: &'a mut Ctu,
        coder: &'a mut Coder,
        previous_qp: u8,
    ) -> Self {
        Self {
            simd,
            geometry,
            tools,
            ctu,
            coder,
            previous_qp,
            predicted_qp: previous_qp,
            qp_delta_due: false,
            before_ctu: previous_qp,
        }
    }

    /// Codes the CTU. Gives the QpY of its last coding unit.
    pub(super) fn run(mut self) -> u8 {
        self.block(0, 0, self.ctu.area.log2, 0);
        self.previous_qp
    }

    fn block(&mut self, x: usize, y: usize, log2: u32, depth: u32) {
        let size = 1 << log2;
        let split = u32::from(self.ctu.depth(x, y)) > depth;
        if log2 > self.geometry.min_cu_log2 && self.ctu.area.fits(x, y, size) {
            syntax::code_split_flag(self.coder, self.ctu.deeper_neighbours(x, y, depth), split);
        }
        let group = self.geometry.group_depth();
        if depth == group || (depth < group && !split) {
            self.qp_delta_due = self.tools.qp_delta;
            self.predicted_qp = predicted_qp(self.ctu, x, y, self.before_ctu, false);
        }
        if !split {
            return self.unit(x, y, log2);
        }
        let half = size / 2;
        for (x, y) in [(x, y), (x + half, y), (x, y + half), (x + half, y + half)] {
            if self.ctu.area.contains(x, y) {
                self.block(x, y, log2 - 1, depth + 1);
            }
        }
    }

    fn unit(&mut self, x: usize, y: usize, log2: u32) {
        let order = decoding_order(x, y);
        let unit = *self.ctu.unit(x, y);
        let parts = if unit.quartered { 4 } else { 1 };
        let mut most_probable = [[0; 3]; 4];
        for (part, modes) in most_probable.iter_mut().enumerate().take(parts) {
            let [left, above] = self.ctu.neighbouring_modes(x + part % 2 * 4, y + part / 2 * 4);
            *modes = most_probable_modes(left, above);
        }
        let qp = self.ctu.qp(x, y);
        let delta = i32::from(qp) - i32::from(self.predicted_qp);
        let surroundings = UnitContext {
            log2,
            smallest: log2 == self.geometry.min_cu_log2,
            most_probable,
            sign_hiding: self.tools.sign_hiding,
            least_transform_log2: self.tools.least_transform_log2(
                self.geometry.ctu_log2,
                log2,
                unit.quartered,
            ),
            transform_skip: self.tools.transform_skip,
        };
        let (simd, coder, ctu) = (self.simd, &mut *self.coder, &*self.ctu);
        syntax::code_unit_luma(simd, coder, &unit, ctu.luma.levels(order), &surroundings);
        let chroma = [ctu.chroma[0].levels(order / 4), ctu.chroma[1].levels(order / 4)];
        syntax::code_unit_chroma(simd, coder, &unit, chroma, &surroundings, true);
        if self.qp_delta_due && unit.is_coded() {
            syntax::code_qp_delta(coder, delta);
            self.qp_delta_due = false;
        }
        if self.qp_delta_due {
            self.ctu.set_qp(x, y, 1 << log2, self.predicted_qp);
        }
        self.previous_qp = self.ctu.qp(x, y);
    }
}
