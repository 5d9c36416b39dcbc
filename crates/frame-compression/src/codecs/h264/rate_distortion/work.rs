//! A macroblock's way through mode search, refinement and coding.

use super::super::cabac::Contexts;
use super::super::cabac::macroblock::{Around, Head};
use super::super::frame::Frame;
use super::super::kernels::luma16x16;
use super::super::macroblock::{Macroblock, Neighbours, Source, gather};
use super::super::predict::planes::{Mode, predict_luma};
use super::super::preset::Trellis as When;
use super::super::quantise::{Denoise, Quantiser, Quantisers as Steps, chroma_qp, lambda};
use super::super::trellis::Scalings;
use super::coded::{ChromaCoding, LumaCoding};
use super::coding::Coder;
use super::cost::{Measure, predict_both_chroma};
use super::prices::{chroma_weight, moved_trellis_lambda, rate_lambda, trellis_lambda};
use super::psy::Energy;
use super::quantiser_search::{Attempts, search_quantiser};
use super::record::{BLOCKS, Counts, Kind};
use super::refine::{refine_4x4, refine_8x8, refine_16x16, refine_chroma};
use super::search::{
    Found, Limits, NEVER, Prices, predict_4x4, predict_8x8, put_4x4, put_8x8, search_4x4, search_8x8,
    search_16x16, search_chroma,
};
use super::weighing::{Cavlc, Significances, Spectra, Trellis};
use super::{MacroblockQuantisers, Rules, set_modes};
use crate::simd::Simd;

/// Intra16x16 by a mode.
#[inline(always)]
pub(super) fn code_16x16<S: Simd>(
    simd: S,
    macroblock: &Macroblock,
    coder: &Coder<'_>,
    mode: Mode,
    to: &mut LumaCoding,
) {
    let prediction = if S::IS_SCALAR {
        predict_luma(&macroblock.luma, mode, macroblock.neighbours)
    } else {
        luma16x16::predict(simd, &macroblock.luma, mode, macroblock.neighbours)
    };
    to.mode = mode;
    coder.code_16x16(simd, &macroblock.source.y, &prediction, to);
}

/// Codes luma once more by the same modes.
#[inline(always)]
fn code_again<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    cabac: bool,
    luma: &mut LumaCoding,
) {
    match luma.kind {
        Kind::Intra16x16 => code_16x16(simd, macroblock, coder, luma.mode, luma),
        Kind::Intra8x8 => {
            for k in 0..4 {
                let source = macroblock.source.luma_8x8(k % 2 * 8, k / 2 * 8);
                let prediction = predict_8x8(simd, macroblock, k, luma.modes[4 * k]);
                let block = coder.code_8x8(simd, k, &luma.counts, &source, &prediction);
                put_8x8(macroblock, k, &block);
                luma.put_8x8(k, &block, cabac);
            }
            luma.settle_pattern();
        }
        Kind::Intra4x4 => {
            for (k, (x, y)) in BLOCKS.into_iter().enumerate() {
                let source = gather::<4, 16>(&macroblock.source.y, 16, 64 * y + 4 * x);
                let prediction = predict_4x4(simd, macroblock, k, luma.modes[k]);
                let block = coder.code_4x4(simd, k, &luma.counts, &source, &prediction);
                put_4x4(macroblock, k, &block);
                luma.put_4x4(k, &block);
            }
            luma.settle_pattern();
        }
        Kind::Pcm | Kind::Moved4x4 | Kind::Moved8x8 => {}
    }
}

/// Codes luma and chroma once more, as far as they are given.
pub(super) fn code_both_again<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    cabac: bool,
    luma: Option<&mut LumaCoding>,
    chroma: Option<(&[u8; 128], &mut ChromaCoding)>,
) {
    simd.vectorize(
        #[inline(always)]
        || {
            if let Some(luma) = luma {
                code_again(simd, macroblock, coder, cabac, luma);
            }
            if let Some((prediction, chroma)) = chroma {
                coder.code_chroma(simd, &macroblock.source.chroma, prediction, chroma);
            }
        },
    );
}

/// What is coded already as coding it again would have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    pub(super) luma: bool,
    pub(super) chroma: bool,
}

/// A macroblock as it is coded.
pub(super) struct Chosen {
    pub(super) luma: LumaCoding,
    pub(super) chroma: ChromaCoding,
    pub(super) qp: u8,
}

/// What coding a macroblock needs to know.
pub(in super::super) struct Work<'a> {
    pub(in super::super) frame: &'a Frame<'a>,
    pub(in super::super) rules: &'a Rules,
    pub(in super::super) contexts: &'a Contexts,
    pub(in super::super) around: &'a Around,
    pub(in super::super) counts: Counts,
    pub(in super::super) spectra: &'a Spectra,
    pub(in super::super) significances: Significances,
    pub(in super::super) quantisers: MacroblockQuantisers,
    /// What comes before a macroblock's type.
    pub(in super::super) head: Head<'a>,
    /// What the levels of Intra16x16 beside DC have to be worth to be coded.
    pub(in super::super) least_score: u32,
}

impl<'a> Work<'a> {
    pub(in super::super) fn chroma_qp(&self, qp: u8) -> u8 {
        chroma_qp(qp, self.frame.chroma_offset)
    }

    /// The chroma quantiser that belongs to the macroblock's, beyond 51 as well.
    fn extended_chroma(&self) -> u8 {
        let MacroblockQuantisers { quantiser, qp, .. } = self.quantisers;
        self.chroma_qp(qp) + (quantiser - qp)
    }

    /// A coder at a quantiser.
    pub(in super::super) fn coder(&self, qp: u8, trellis: bool) -> Coder<'_> {
        let chroma = self.chroma_qp(qp);
        let lambdas = [self.quantisers.quantiser, self.extended_chroma()].map(trellis_lambda);
        Coder {
            luma: self.frame.quantisers.at(qp),
            chroma: Quantiser::of(chroma),
            denoise: Denoise::of(self.quantisers.quantiser),
            trellis: trellis.then(|| self.trellis(qp, lambdas)),
            least_score: self.least_score,
            decimates: true,
        }
    }

    /// The same for what is predicted from other frames.
    pub(in super::super) fn moved_coder(&self, trellis: bool) -> Coder<'_> {
        let MacroblockQuantisers { quantiser, qp, .. } = self.quantisers;
        let lambdas = [quantiser, self.extended_chroma()].map(moved_trellis_lambda);
        Coder {
            luma: Steps::moved(self.frame.parameters.moved_dead_zone).at(qp),
            chroma: Steps::inter().at(self.chroma_qp(qp)),
            denoise: Denoise::of(quantiser),
            trellis: trellis.then(|| self.trellis(qp, lambdas)),
            least_score: 0,
            decimates: self.least_score > 0,
        }
    }

    fn trellis(&self, qp: u8, [luma_lambda, chroma_lambda]: [u32; 2]) -> Trellis<'_> {
        Trellis {
            contexts: self.contexts,
            luma: Scalings::of(qp),
            chroma: Scalings::of(self.chroma_qp(qp)),
            luma_lambda,
            chroma_lambda,
            strength: self.rules.psy_trellis,
            spectra: self.spectra,
            significances: &self.significances,
            cavlc: (!self.rules.cabac).then_some(Cavlc {
                counts: &self.counts,
                counts_levels: false,
                long_levels: self.rules.transform_8x8,
            }),
        }
    }

    fn measure<'b, S: Simd>(&'b self, simd: S, source: &'b Source) -> Measure<'b> {
        let energy = simd.vectorize(
            #[inline(always)]
            || Energy::of_macroblock(simd, &source.y),
        );
        self.measure_of(source, energy)
    }

    /// The measure of a source of this energy.
    pub(in super::super) fn measure_of<'b>(&'b self, source: &'b Source, energy: Energy) -> Measure<'b> {
        let MacroblockQuantisers { quantiser, qp, last } = self.quantisers;
        Measure {
            rules: self.rules,
            contexts: self.contexts,
            around: self.around,
            counts: self.counts.clone(),
            source,
            energy,
            psy_lambda: u64::from(self.rules.psy_rd) * u64::from(lambda(quantiser)),
            rate: rate_lambda(quantiser).into(),
            chroma_rate: rate_lambda(self.chroma_qp(qp)).into(),
            chroma_weight: if self.rules.psy {
                chroma_weight(quantiser, self.extended_chroma()).into()
            } else {
                256
            },
            qp,
            last,
            patient: self.rules.subme >= 11,
            head: self.head,
        }
    }

    /// Chooses how to code the macroblock and codes it; `None` for raw samples.
    pub(super) fn choose<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        found: &mut Found,
        codings: &mut [LumaCoding; 3],
    ) -> Option<Chosen> {
        let rules = self.rules;
        let MacroblockQuantisers { quantiser, qp, .. } = self.quantisers;
        let prices = Prices {
            lambda: lambda(quantiser),
            limited_lambda: lambda(qp),
            shortcut: rules.shortcut,
            surcharge: 0,
        };
        let coder = self.coder(qp, rules.trellis == When::Everywhere && rules.weighs_rate());
        let limits =
            Limits { abandons_8x8: !rules.weighs_rate(), cabac: rules.cabac, keeps_costs: rules.subme >= 8 };
        self.search(simd, macroblock, &coder, (&limits, &prices), found, codings);

        let mut chroma = ChromaCoding { mode: found.chroma, ..ChromaCoding::default() };
        let [sixteen, eight, four] = codings;
        let (cost, luma) = if rules.weighs_rate() {
            simd.vectorize(
                #[inline(always)]
                || {
                    code_16x16(simd, macroblock, &coder, found.mode_16x16, sixteen);
                    coder.code_chroma(simd, &macroblock.source.chroma, &found.prediction, &mut chroma);
                },
            );
            let best = self.cheapest(simd, macroblock, found, [sixteen, four, eight], &chroma);
            let raw = (3088 * u64::from(rate_lambda(quantiser)) + 128) >> 8;
            if !rules.psy && raw < u64::from(best.0) {
                return None;
            }
            best
        } else {
            sixteen.kind = Kind::Intra16x16;
            sixteen.mode = found.mode_16x16;
            let mut best = (found.cost_16x16, &*sixteen);
            for (cost, coding) in [(found.cost_4x4, &*four), (found.cost_8x8, &*eight)] {
                if cost < best.0 {
                    best = (cost, coding);
                }
            }
            best
        };
        let mut luma = luma.clone();
        let mut settled = Settled { luma: false, chroma: false };
        if rules.subme >= 8 {
            let bare = self.refine(simd, macroblock, &coder, found, (&mut luma, &mut chroma), cost);
            // CAVLC has the blocks count otherwise in refinement.
            let same = rules.cabac && rules.trellis != When::Final;
            settled = Settled { luma: same, chroma: same && !bare };
        }
        if rules.subme >= 10 {
            set_modes(macroblock, &luma);
            return Some(self.search_quantiser(simd, macroblock, (luma, chroma), settled));
        }
        let coder = self.coder(qp, rules.trellis != When::Off);
        if chroma.mode != found.chroma {
            found.prediction = predict_both_chroma(simd, macroblock, chroma.mode);
        }
        let luma_again = (!settled.luma).then_some(&mut luma);
        let chroma_again = (!settled.chroma).then_some((&found.prediction, &mut chroma));
        code_both_again(simd, macroblock, &coder, rules.cabac, luma_again, chroma_again);
        Some(Chosen { luma, chroma, qp })
    }

    /// Codes luma and chroma once more by their modes, as they will be.
    pub(in super::super) fn code_intra_again<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        luma: &mut LumaCoding,
        chroma: &mut ChromaCoding,
    ) {
        let prediction = predict_both_chroma(simd, macroblock, chroma.mode);
        let coder = self.coder(self.quantisers.qp, self.rules.trellis != When::Off);
        let chroma = Some((&prediction, chroma));
        code_both_again(simd, macroblock, &coder, self.rules.cabac, Some(luma), chroma);
    }

    /// Searches the modes of all types.
    fn search<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        coder: &Coder<'_>,
        (limits, prices): (&Limits, &Prices),
        found: &mut Found,
        [_, eight, four]: &mut [LumaCoding; 3],
    ) {
        let rules = self.rules;
        search_16x16(simd, macroblock, prices, found);
        let tried = rules.intra_8x8 && search_8x8(simd, macroblock, coder, limits, prices, found, eight);
        if !tried {
            found.cost_8x8 = NEVER;
        }
        let least = found.cost_16x16.min(found.cost_8x8);
        let limit = match rules.subme {
            11.. => NEVER,
            6.. => 10 * least / 8,
            _ => least,
        };
        let tried = rules.intra_4x4 && search_4x4(simd, macroblock, coder, limit, prices, found, four);
        if !tried {
            found.cost_4x4 = NEVER;
        }
        search_chroma(simd, macroblock, prices, found);
    }

    /// The cheapest of Intra16x16, Intra4x4 and Intra8x8; of equals the first. The likeliest is measured first, so that
    /// the others' bits need not be counted where their distortion is more already.
    fn cheapest<'b, S: Simd>(
        &self,
        simd: S,
        macroblock: &Macroblock,
        found: &Found,
        codings: [&'b mut LumaCoding; 3],
        chroma: &ChromaCoding,
    ) -> (u32, &'b LumaCoding) {
        let mut measure = self.measure(simd, &macroblock.source);
        let chroma_bits = measure.chroma_bits(chroma);
        let codings = codings.map(|coding| &*coding);
        let searched = [found.cost_16x16, found.cost_4x4, found.cost_8x8];
        let mut order = [0, 1, 2];
        order.sort_unstable_by_key(|&i: &usize| searched[i]);
        let mut best = (u32::MAX, 3);
        for i in order.into_iter().filter(|&i| searched[i] != NEVER) {
            let limit = best.0.saturating_add(u32::from(i < best.1));
            let cost = measure.cost(simd, codings[i], chroma, chroma_bits, limit);
            if cost < limit {
                best = (cost, i);
            }
        }
        (best.0, codings[best.1.min(2)])
    }

    /// Tries modes near the ones chosen. Whether chroma is left without levels that it might have.
    fn refine<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        coder: &Coder<'_>,
        found: &Found,
        (luma, chroma): (&mut LumaCoding, &mut ChromaCoding),
        mut cost: u32,
    ) -> bool {
        let source = macroblock.source.clone();
        let mut measure = self.measure(simd, &source);
        let partial = coder.counting_levels();
        simd.vectorize(
            #[inline(always)]
            || {
                if luma.kind == Kind::Intra16x16 {
                    refine_16x16(simd, macroblock, coder, &mut measure, found, luma, (&*chroma, &mut cost));
                }
                let Neighbours { left, top, .. } = macroblock.neighbours;
                let bare =
                    (left || top) && refine_chroma(simd, macroblock, coder, &mut measure, found, chroma);
                measure.counts.put_luma(&luma.counts);
                match luma.kind {
                    Kind::Intra8x8 => {
                        refine_8x8(simd, macroblock, &partial, &mut measure, found, luma, chroma);
                    }
                    Kind::Intra4x4 => refine_4x4(simd, macroblock, &partial, &mut measure, luma),
                    _ => {}
                }
                bare
            },
        )
    }

    /// Codes the macroblock by the best of the quantisers near its own.
    fn search_quantiser<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        (luma, chroma): (LumaCoding, ChromaCoding),
        settled: Settled,
    ) -> Chosen {
        let MacroblockQuantisers { qp, last, .. } = self.quantisers;
        let source = macroblock.source.clone();
        let prediction = predict_both_chroma(simd, macroblock, chroma.mode);
        let mut attempts = Attempts {
            simd,
            work: self,
            measure: self.measure(simd, &source),
            macroblock,
            prediction,
            settled,
            luma: luma.clone(),
            best: luma,
            chroma: vec![(self.chroma_qp(qp), chroma, None)],
            chroma_at: 0,
            best_chroma: 0,
        };
        let qp = search_quantiser(qp, last, self.rules.psy_rd != 0, &mut attempts);
        attempts.chosen(qp)
    }
}
