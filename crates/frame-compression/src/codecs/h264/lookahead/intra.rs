//! What a frame is by itself: its half size, its adaptive quantisation, and what it costs when it is predicted from
//! nothing (docs/spec/h264-clips.md, sections 2.1 to 2.3).

use super::super::aq;
use super::super::distortion::Metric;
use super::super::kernels::eights::{self, Sides};
use super::super::kernels::luma8x8;
use super::super::macroblock::LumaCanvas;
use super::super::motion::Vector;
use super::super::rows::{RowMeter, SourceBand};
use super::super::samples::Quarters;
use super::weights::Sums;
use super::{Kind, Memory, Seen, Terms};
use crate::planes::Planes;
use crate::simd::{Job, Level, Simd, Window, each};

/// Bits of a mode, and of a macroblock, with λ 1.
const MODE_BITS: u32 = 5 + 4;
/// What is stored for macroblocks that are not looked at.
const UNSEEN: u32 = 65535;
/// A stored cost has 14 bits.
pub(super) const MOST: u32 = 16383;

impl Seen {
    /// Becomes what is known of a frame at first sight. The planes have their padding.
    pub(super) fn take(&mut self, planes: &Planes, terms: &Terms, memory: &mut Memory) {
        (self.kind, self.cuttable) = (Kind::Auto, true);
        self.weights = super::Weights::default();
        self.sums = [&planes.y, &planes.cb, &planes.cr].map(Sums::of);
        self.half.halve(&planes.y, &mut memory.means);
        let count = terms.columns * terms.rows;
        for costs in &mut self.costs {
            costs.known = false;
        }
        let reach = terms.reach() + 1;
        self.costs.resize_with(reach * reach, Default::default);
        for list in &mut self.vectors {
            list.iter_mut().for_each(|vectors| vectors.known = false);
            list.resize_with(reach, Default::default);
        }
        self.propagated.resize(count, 0);
        self.adapt(planes, terms, &mut memory.energies);
        (self.intra_known, self.intra_sum) = (false, 0);
        self.intra_costs.clear();
        self.intra_costs.resize(count, UNSEEN);
    }

    fn adapt(&mut self, planes: &Planes, terms: &Terms, energies: &mut Vec<u32>) {
        let Terms { parameters, columns, rows, .. } = terms;
        energies.clear();
        energies.resize(columns * rows, 0);
        if parameters.offsets_quantisers() {
            for (row, energies) in energies.chunks_exact_mut(*columns).enumerate() {
                Level::current().run(RowMeter { source: SourceBand::of(planes, row), energies });
            }
        }
        let adaptation = aq::Adaptation::of(parameters, energies);
        self.adapted.clear();
        self.adapted.extend(energies.iter().map(|&energy| adaptation.offset(energy)));
        self.offsets.clone_from(&self.adapted);
        self.inverse.clear();
        self.inverse.extend(self.adapted.iter().map(|&offset| inverse(offset)));
    }
}

/// 2^(-offset / 6) in 256ths, by a table.
fn inverse(offset: f32) -> u32 {
    #[rustfmt::skip]
    static FRACTION: [u8; 64] = [
        0, 3, 6, 8, 11, 14, 17, 20, 23, 26, 29, 32, 36, 39, 42, 45, 48, 52, 55, 58, 62, 65, 69, 72, 76, 80, 83, 87, 91, 94,
        98, 102, 106, 110, 114, 118, 122, 126, 130, 135, 139, 143, 147, 152, 156, 161, 165, 170, 175, 179, 184, 189, 194,
        198, 203, 208, 214, 219, 224, 229, 234, 240, 245, 250,
    ];
    let place = (offset * (-64.0 / 6.0) + 512.5) as i32;
    match usize::try_from(place) {
        Err(_) => 0,
        Ok(1024..) => 65535,
        Ok(place) => ((u32::from(FRACTION[place % 64]) + 256) << (place / 64)) >> 8,
    }
}

/// Finds what a frame's macroblocks cost if they are predicted from nothing.
pub(super) struct IntraMeter<'a> {
    pub(super) half: &'a Quarters,
    pub(super) terms: &'a Terms,
    pub(super) costs: &'a mut [u32],
}

impl Job for IntraMeter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { half, terms, costs } = self;
        let all = terms.parameters.subme >= 2;
        let metric = if all { Metric::Satd } else { Metric::Sad };
        let mut luma = LumaCanvas { samples: [0; LumaCanvas::STRIDE * 17] };
        for y in 0..terms.rows {
            for x in 0..terms.columns {
                if terms.whole_picture() || terms.counts(x, y) {
                    costs[y * terms.columns + x] =
                        cost_of(simd, half, (x, y), metric, all, &mut luma) + MODE_BITS;
                }
            }
        }
    }
}

/// The distortion of the best prediction of a block from the source beside it.
#[inline(always)]
fn cost_of<S: Simd>(
    simd: S,
    half: &Quarters,
    (x, y): (usize, usize),
    metric: Metric,
    all: bool,
    luma: &mut LumaCanvas,
) -> u32 {
    let (left, top) = (8 * x as i32, 8 * y as i32);
    let source = eights::Stored::of::<S>(half.eight(simd, Vector::new(4 * left, 4 * top)));
    let corner: [u8; 1] = half.whole::<1, 1>(left - 1, top - 1);
    let above: [u8; 16] = half.whole::<16, 16>(left, top - 1);
    let beside: [u8; 8] = half.whole::<1, 8>(left - 1, top);
    let sides = Sides { corner: corner[0], above: std::array::from_fn(|x| above[x]), left: beside };
    let simple = simd.vectorize(
        #[inline(always)]
        || {
            let predictions = eights::predict(simd, &sides);
            let costs =
                each!(4, mode => eights::distortion_of_wide(simd, metric, &source, predictions[mode]));
            let [dc, horizontal, vertical, plane] = costs;
            let best = dc.min(horizontal).min(vertical);
            if all { best.min(plane) } else { best }
        },
    );
    if !all {
        return simple;
    }
    let distortion = |prediction: &[u8; 64]| {
        simd.vectorize(
            #[inline(always)]
            || {
                let prediction = eights::load(simd, Window::of(prediction, 8, 8));
                eights::distortion(simd, metric, &source, prediction)
            },
        )
    };
    let at = LumaCanvas::ORIGIN - LumaCanvas::STRIDE;
    luma.samples[at - 1] = corner[0];
    luma.samples[at..at + 16].copy_from_slice(&above);
    for (i, &sample) in beside.iter().enumerate() {
        luma.samples[LumaCanvas::at(0, i) - 1] = sample;
    }
    let others = luma8x8::predict_diagonals(simd, luma, LumaCanvas::ORIGIN);
    others.iter().map(distortion).fold(simple, u32::min)
}
