//! The pass over the picture: every macroblock is decided and reconstructed in turn.

use super::costs::{self, LUMA4X4};
use super::deblock::Strength;
use super::decision::{decide, decide_plain};
use super::macroblock::Job;
use super::*;
use crate::simd::{self, Simd};

/// How many macroblocks are coded at least before probabilities are learnt.
const FEWEST_BETWEEN: usize = 96;
/// What the modes of a picture may cost.
const MOST_MODE_BITS: u64 = (524_288 - 2048) * 2048;
/// What the modes of a macroblock may cost at first.
const MOST_LUMA4X4_BITS: u32 = 65536;

/// What the modes of one macroblock can cost at most.
const MODE_BITS_BOUND: u64 = {
    let (mut most, mut at) = (0, 0);
    while at < 1000 {
        let cost = LUMA4X4[at / 100][at / 10 % 10][at % 10] as u64;
        most = if cost > most { cost } else { most };
        at += 1;
    }
    16 * most + costs::HAS_4X4 as u64 + costs::CHROMA[1] as u64
};

/// Decides and reconstructs one macroblock.
struct CodeMacroblock<'a> {
    coder: &'a mut Coder,
    planes: &'a mut Planes,
    place: (usize, usize),
    effort: Effort,
    left: &'a mut Neighbour,
}

impl simd::Job for CodeMacroblock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.coder.macroblock(simd, self.planes, self.place, self.effort, self.left);
    }
}

impl Coder {
    /// Codes the picture; again if its modes cost too much.
    pub(super) fn code(&mut self, planes: &mut Planes, settings: &WebP) {
        let count = self.looks.len() as u64;
        let mut effort = Effort {
            method: settings.method,
            diffuses: settings.quality.get() <= 98.0,
            most_mode_bits: MOST_LUMA4X4_BITS,
            most_plain_bits: if settings.method == 2 { MOST_MODE_BITS / count } else { u64::MAX },
        };
        let map_bits = self.segmentation.map_bits();
        let may_repeat = settings.method > 2 && count * MODE_BITS_BOUND + map_bits > MOST_MODE_BITS;
        if may_repeat {
            self.kept.clone_from(planes);
        }
        self.costs.reset();
        while self.pass(planes, effort) + map_bits > MOST_MODE_BITS && may_repeat && effort.most_mode_bits > 0
        {
            effort.most_mode_bits /= 2;
            planes.clone_from(&self.kept);
        }
    }

    /// Codes the picture once. What its modes cost.
    fn pass(&mut self, planes: &mut Planes, effort: Effort) -> u64 {
        let columns = planes.width().div_ceil(16);
        let rows = planes.height().div_ceil(16);
        let between = (columns * rows / 8).max(FEWEST_BETWEEN);
        let mut until_refresh = between;
        let mut mode_bits = 0;
        self.statistics.reset();
        self.segmentation.reset_edges();
        self.strengths.clear();
        self.tops.clear();
        self.tops.resize(columns, Neighbour::default());
        for y in 0..rows {
            let mut left = Neighbour::default();
            for x in 0..columns {
                if effort.method > 2 && until_refresh == 0 {
                    let have_changed = self.statistics.refresh(&mut self.costs);
                    self.costs.refresh(have_changed);
                    until_refresh = between;
                } else {
                    until_refresh = until_refresh.saturating_sub(1);
                }
                let left = &mut left;
                self.level.run(CodeMacroblock { coder: self, planes, place: (x, y), effort, left });
                mode_bits += u64::from(self.macroblock.mode_bits);
            }
        }
        mode_bits
    }

    #[inline(always)]
    fn macroblock<S: Simd>(
        &mut self,
        simd: S,
        planes: &mut Planes,
        (x, y): (usize, usize),
        effort: Effort,
        left: &mut Neighbour,
    ) {
        let look = self.looks[self.strengths.len()];
        let number = usize::from(look.alpha);
        let (out, top) = (&mut self.macroblock, &mut self.tops[x]);
        self.source.load(planes, x, y);
        let segment = &self.segmentation.segments[number];
        let job = Job::new(effort, segment, &self.costs, &self.source, planes, (x, y), [*top, *left]);
        if effort.method > 2 {
            let mut largest_edge = segment.largest_edge;
            decide(simd, &job, &mut largest_edge, out);
            self.segmentation.segments[number].largest_edge = largest_edge;
            out.count(simd, top, left, &mut self.statistics);
        } else {
            decide_plain(&job, look, out);
        }
        out.leave(top, left);
        out.samples.store(planes, x, y);
        self.strengths.push(Strength { level: 0, inside: out.is_filtered_inside() });
    }
}
