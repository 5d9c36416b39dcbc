//! The vector decisions of every instruction set beside the plain ones, by both metrics.

use test_pictures::Rng;

use super::super::distortion::Metric;
use super::super::macroblock::{Macroblock, Neighbours};
use super::super::preset::Search;
use super::super::quantise::{Quantiser, Quantisers, lambda};
use super::{CodedLuma, Mode, Prices, code_both_chroma, code_luma};
use crate::simd::{Job, Level, Scalar, Simd};

/// Chooses and codes luma and chroma.
struct Decision<'a> {
    macroblock: &'a mut Macroblock,
    prices: &'a Prices<'a>,
}

impl Job for Decision<'_> {
    type Output = (CodedLuma, (Mode, bool));

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Self::Output {
        let luma = code_luma(simd, self.macroblock, self.prices);
        (luma, code_both_chroma(simd, self.macroblock, self.prices))
    }
}

/// A macroblock of noise on a slope, so that every mode has its chance.
pub(in super::super) fn macroblock(rng: &mut Rng, neighbours: Neighbours) -> Macroblock {
    let mut macroblock = Macroblock { neighbours, ..Macroblock::default() };
    let noise = 1 << (rng.byte() % 9);
    let [base, along, down] = [0; 3].map(|_: u8| i32::from(rng.byte()));
    let mut sample = |x: usize, y: usize| {
        let slope = base + (along - 128) * x as i32 / 16 + (down - 128) * y as i32 / 16;
        (slope + i32::from(rng.byte()) % noise).clamp(0, 255) as u8
    };
    let Macroblock { source, luma, chroma, .. } = &mut macroblock;
    let fill = |samples: &mut [u8], stride: usize, sample: &mut dyn FnMut(usize, usize) -> u8| {
        for (i, place) in samples.iter_mut().enumerate() {
            *place = sample(i % stride, i / stride);
        }
    };
    fill(&mut source.y, 16, &mut sample);
    fill(&mut source.chroma, 16, &mut sample);
    fill(&mut luma.samples, 48, &mut sample);
    fill(&mut chroma.samples, 32, &mut sample);
    fill(&mut chroma.left, 1, &mut sample);
    let above = macroblock.bottom();
    macroblock.enter(neighbours, &above, &above);
    macroblock
}

#[test]
fn levels_decide_as_the_plain_form() {
    let mut rng = Rng::new(7);
    let quantisers = Quantisers::build(Quantisers::DEAD_ZONE);
    for round in 0..600 {
        let [left, top, top_right] = [0; 3].map(|_: u8| !rng.byte().is_multiple_of(4));
        let scene = macroblock(&mut rng, Neighbours { left, top, top_right: top && top_right });
        let qp = rng.byte() % 52;
        let prices = Prices {
            quantiser: quantisers.at(qp),
            chroma: Quantiser::of(qp),
            lambda: lambda(qp),
            limited_lambda: lambda(qp),
            denoise: None,
            metric: if round % 2 == 0 { Metric::Sad } else { Metric::Satd },
            least_score: 0,
            surcharge: 0,
            search: Search::All,
            intra_4x4: round % 3 != 0,
            intra_8x8: round % 5 != 0,
        };
        let run = |level: Level| {
            let mut macroblock = scene.clone();
            let decision = level.run(Decision { macroblock: &mut macroblock, prices: &prices });
            (decision, macroblock.luma.samples, macroblock.chroma.samples, macroblock.bottom().modes)
        };
        let plain = run(Level::Scalar(Scalar));
        for level in Level::available() {
            assert_eq!(run(level), plain, "{level}: round {round}");
        }
    }
}
