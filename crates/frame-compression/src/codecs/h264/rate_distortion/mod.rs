//! Presets that weigh rate against distortion, or whose levels depend on bits: `faster` and slower
//! (docs/spec/h264-presets.md, sections 4.2 and 5 to 12).
//!
//! Macroblocks are coded in raster order: each needs the context model as the one before leaves it.

pub(super) mod coding;
mod cost;
pub(super) mod prices;
mod psy;
mod quantiser_search;
pub(super) mod record;
mod refine;
mod search;
#[cfg(feature = "rayon")]
mod slices;

use super::cabac::Contexts;
use super::cabac::block::Order;
use super::cabac::macroblock::{Around, Subject, pass_macroblock, pass_pcm};
use super::deblock::Filter;
use super::decision::Shortcut;
use super::frame::Frame;
use super::kernels::luma16x16;
use super::macroblock::{Bottom, ChromaCanvas, LumaCanvas, Macroblock, Neighbours, gather, scatter};
use super::predict::planes::{Mode, predict_luma};
use super::preset::{Entropy, Parameters, Search, Trellis as When};
use super::quantise::{Denoise, QP_MAX, Quantiser, chroma_qp, lambda};
use super::rows::{Band, Coded, energy_of};
use super::trellis::Scalings;
use crate::simd::Simd;
use coding::{Cavlc, ChromaCoding, Coder, LumaCoding, Significances, Spectra, Trellis};
use cost::{Measure, predict_both_chroma};
use prices::{chroma_weight, rate_lambda, trellis_lambda};
use psy::Energy;
use quantiser_search::{Trial, search_quantiser};
use record::{BLOCKS, Counts, Kind, Record, chroma_number, mode_place};
use search::{Found, NEVER, predict_4x4, predict_8x8, put_4x4, put_8x8};
#[cfg(feature = "rayon")]
pub(super) use slices::code_slices;

/// What follows from the parameters for all macroblocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    subme: u8,
    trellis: When,
    psy: bool,
    psy_rd: u32,
    psy_trellis: u32,
    /// How macroblocks are deblocked before they are compared.
    trial_filter: Option<Filter>,
    transform_8x8: bool,
    intra_4x4: bool,
    intra_8x8: bool,
    cabac: bool,
    shortcut: Option<Shortcut>,
}

impl Rules {
    /// Those of a picture.
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        let parameters = frame.parameters;
        let subme = parameters.effective_subme();
        Self {
            shortcut: match (parameters.search, subme) {
                (Search::All, _) => None,
                (Search::Shortcut, ..6) => Some(Shortcut::Favoured),
                (Search::Shortcut, 6 | 7) => Some(Shortcut::Both),
                (Search::Shortcut, _) => Some(Shortcut::Everything),
            },
            subme,
            trellis: parameters.trellis,
            psy: parameters.psy,
            psy_rd: parameters.psy_rd_weight(),
            psy_trellis: parameters.psy_trellis_weight(),
            trial_filter: frame.filter.filter(|_| subme >= 9),
            transform_8x8: parameters.transform_8x8,
            intra_4x4: parameters.intra_4x4,
            intra_8x8: parameters.intra_8x8,
            cabac: parameters.entropy == Entropy::Cabac,
        }
    }

    /// Of which blocks psy-trellis knows the source's coefficients, 4x4 and 8x8: x264 does not always find them out.
    fn spectra(&self) -> [bool; 2] {
        match self.trellis {
            When::Everywhere => [self.subme >= 6; 2],
            When::Final | When::Off => [true, self.subme >= 8],
        }
    }

    fn weighs_rate(&self) -> bool {
        self.subme >= 6
    }
}

/// Whether a picture's macroblocks depend on how many bits they take.
pub(super) fn is_needed(parameters: &Parameters) -> bool {
    parameters.subme >= 6 || parameters.trellis != When::Off
}

/// When a search gives up.
#[derive(Debug, Clone, Copy)]
struct Limits {
    abandons_8x8: bool,
    cabac: bool,
    /// Whether the costs of all modes are wanted.
    keeps_costs: bool,
}

/// λ of the search.
#[derive(Debug, Clone, Copy)]
struct Prices {
    lambda: u32,
    /// The same at a quantiser of at most 51: the price of a mode where all nine are tried.
    limited_lambda: u32,
    /// Where not all modes are tried.
    shortcut: Option<Shortcut>,
}

/// Intra16x16 by a mode.
#[inline(always)]
fn code_16x16<S: Simd>(simd: S, macroblock: &Macroblock, coder: &Coder<'_>, mode: Mode, to: &mut LumaCoding) {
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
        Kind::Pcm => {}
    }
}

/// Codes luma and chroma once more.
fn code_both_again<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    cabac: bool,
    luma: &mut LumaCoding,
    (prediction, chroma): (&[u8; 128], &mut ChromaCoding),
) {
    simd.vectorize(
        #[inline(always)]
        || {
            code_again(simd, macroblock, coder, cabac, luma);
            coder.code_chroma(simd, &macroblock.source.chroma, prediction, chroma);
        },
    );
}

/// What a picture that is being coded has left so far.
#[derive(Debug)]
pub(super) struct Picture {
    /// Of the macroblocks coded, in raster order.
    pub(super) records: Vec<Record>,
    /// The context model as it is after them.
    pub(super) contexts: Contexts,
    /// The last rows of the macroblocks of the row above, and of this one.
    above: Vec<Bottom>,
    below: Vec<Bottom>,
}

/// Codes pictures macroblock by macroblock.
#[derive(Debug)]
pub(super) struct MacroblockCoder {
    macroblock: Macroblock,
    pub(super) picture: Picture,
    found: Found,
    spectra: Spectra,
    luma: [LumaCoding; 3],
}

impl Default for MacroblockCoder {
    fn default() -> Self {
        Self {
            macroblock: Macroblock::default(),
            picture: Picture {
                records: Vec::new(),
                contexts: Contexts::new(0),
                above: Vec::new(),
                below: Vec::new(),
            },
            found: Found::default(),
            spectra: Spectra::default(),
            luma: std::array::from_fn(|_| LumaCoding::default()),
        }
    }
}

/// The quantisers of a macroblock.
#[derive(Debug, Clone, Copy)]
struct Quantisers {
    /// 0..=69.
    quantiser: u8,
    qp: u8,
    last: u8,
}

impl MacroblockCoder {
    /// Starts a picture or a slice.
    fn start(&mut self, columns: usize) {
        self.picture.records.clear();
        self.picture.above.clear();
        self.picture.above.reserve(columns);
        self.picture.below.resize(columns, Bottom::NONE);
    }

    /// Codes a row of macroblocks: source in, reconstruction before deblocking out. `first`: whether it is the first
    /// of a slice. `coded` is what deblocking is to know.
    pub(super) fn code_row<S: Simd>(
        &mut self,
        simd: S,
        frame: &Frame<'_>,
        band: &mut Band<'_>,
        first: bool,
        coded: &mut [Coded],
    ) {
        let columns = coded.len();
        if first {
            self.start(columns);
        }
        self.macroblock.start_row();
        for (x, coded) in coded.iter_mut().enumerate() {
            band.source().load(x, &mut self.macroblock.source);
            let neighbours = Neighbours { left: x > 0, top: !first, top_right: !first && x + 1 < columns };
            let [above, right] = [x, x + 1].map(|x| *self.picture.above.get(x).unwrap_or(&Bottom::NONE));
            self.macroblock.enter(neighbours, &above, &right);
            let source = &self.macroblock.source;
            let energy = simd.vectorize(
                #[inline(always)]
                || energy_of(simd, source),
            );
            let wanted = frame.adaptation.quantiser(energy);
            if first && x == 0 {
                self.picture.contexts = Contexts::new(Frame::slice_qp(wanted));
            }
            *coded = self.code_macroblock(simd, frame, wanted, columns);
            self.picture.below[x] = self.macroblock.bottom();
            band.store(x, &self.macroblock);
        }
        self.picture.above.resize(columns, Bottom::NONE);
        std::mem::swap(&mut self.picture.above, &mut self.picture.below);
    }

    fn code_macroblock<S: Simd>(&mut self, simd: S, frame: &Frame<'_>, wanted: u8, columns: usize) -> Coded {
        let rules = &Rules::of(frame);
        let Self { macroblock, picture, found, spectra, luma: codings } = self;
        let at = picture.records.len();
        let before = picture.records.last();
        let left = before.filter(|_| macroblock.neighbours.left);
        let above = if macroblock.neighbours.top { picture.records.get(at - columns) } else { None };
        let around = Around::of(left, above, before);
        let last = before.map_or(Frame::slice_qp(wanted), |record| record.qp);
        let quantiser = frame.settled_quantiser(wanted, last);
        let quantisers = Quantisers { quantiser, qp: quantiser.min(QP_MAX), last };
        if rules.psy_trellis != 0 {
            spectra.measure(&macroblock.source.y, rules.spectra());
        }

        let work = Work {
            frame,
            rules,
            contexts: &picture.contexts,
            around: &around,
            counts: Counts::around(left, above),
            spectra,
            significances: Significances::default(),
            quantisers,
        };
        let chosen = work.choose(simd, macroblock, found, codings);
        let record = match chosen {
            Some(Chosen { luma, chroma, qp }) => {
                let mut counts = Counts::around(left, above);
                counts.put_luma(&luma.counts);
                counts.put_chroma(&chroma.counts);
                if rules.cabac {
                    let subject = Subject {
                        around: &around,
                        counts: &counts,
                        luma: &luma,
                        chroma: &chroma,
                        transform_8x8: rules.transform_8x8,
                        qp,
                        last,
                    };
                    pass_macroblock(&mut picture.contexts, &subject, Order::Ascending, None);
                }
                finish(macroblock, &luma, &chroma, qp, last)
            }
            None => {
                pass_pcm(&mut picture.contexts, &around);
                finish_pcm(macroblock, last)
            }
        };
        picture.records.push(record);
        let qp = if record.kind == Kind::Pcm { 0 } else { record.qp };
        Coded { qp, transform_8x8: record.kind == Kind::Intra8x8 }
    }
}

/// A macroblock's reconstruction goes to where its neighbours predict from it.
fn place(macroblock: &mut Macroblock, luma: &[u8; 256], chroma: &[u8; 128]) {
    scatter::<16, 256>(luma, &mut macroblock.luma.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
    for plane in 0..2 {
        let block = gather::<8, 64>(chroma, 16, 8 * plane);
        let origin = ChromaCanvas::ORIGIN[plane];
        scatter::<8, 64>(&block, &mut macroblock.chroma.samples, ChromaCanvas::STRIDE, origin);
    }
}

fn finish(macroblock: &mut Macroblock, luma: &LumaCoding, chroma: &ChromaCoding, qp: u8, last: u8) -> Record {
    place(macroblock, &luma.samples, &chroma.samples);
    set_modes(macroblock, luma);
    let residual = luma.residual() || chroma.pattern != 0;
    // Intra16x16 always has a mb_qp_delta: it may lower the QP with no residual, but it does not raise it.
    let inherits = luma.kind.is_nxn() || qp > last;
    let stored = if !residual && inherits { last } else { qp };
    Record {
        kind: luma.kind,
        chroma_mode: chroma_number(chroma.mode),
        luma_pattern: luma.pattern,
        chroma_pattern: chroma.pattern,
        dc: [luma.dc_coded && luma.kind == Kind::Intra16x16, chroma.dc_coded[0], chroma.dc_coded[1]],
        luma_counts: luma.counts,
        chroma_counts: chroma.counts,
        qp: stored,
        changes_qp: stored != last,
    }
}

fn set_modes(macroblock: &mut Macroblock, luma: &LumaCoding) {
    for k in 0..16 {
        let mode = match luma.kind {
            Kind::Intra4x4 => luma.modes[k],
            Kind::Intra8x8 => luma.modes[k & 12],
            Kind::Intra16x16 | Kind::Pcm => 2,
        };
        macroblock.modes.set(mode_place(k), mode);
    }
}

/// Raw samples.
fn finish_pcm(macroblock: &mut Macroblock, last: u8) -> Record {
    let source = macroblock.source.clone();
    place(macroblock, &source.y, &source.chroma);
    for k in 0..16 {
        macroblock.modes.set(mode_place(k), 2);
    }
    Record {
        kind: Kind::Pcm,
        chroma_mode: 0,
        luma_pattern: 15,
        chroma_pattern: 2,
        dc: [true; 3],
        luma_counts: [16; 16],
        chroma_counts: [16; 8],
        qp: last,
        changes_qp: false,
    }
}

/// A macroblock as it is coded.
struct Chosen {
    luma: LumaCoding,
    chroma: ChromaCoding,
    qp: u8,
}

/// What coding a macroblock needs to know.
struct Work<'a> {
    frame: &'a Frame<'a>,
    rules: &'a Rules,
    contexts: &'a Contexts,
    around: &'a Around,
    counts: Counts,
    spectra: &'a Spectra,
    significances: Significances,
    quantisers: Quantisers,
}

impl<'a> Work<'a> {
    fn chroma_qp(&self, qp: u8) -> u8 {
        chroma_qp(qp, self.frame.chroma_offset)
    }

    /// The chroma quantiser that belongs to the macroblock's, beyond 51 as well.
    fn extended_chroma(&self) -> u8 {
        let Quantisers { quantiser, qp, .. } = self.quantisers;
        self.chroma_qp(qp) + (quantiser - qp)
    }

    /// A coder at a quantiser.
    fn coder(&self, qp: u8, trellis: bool) -> Coder<'_> {
        let chroma = self.chroma_qp(qp);
        let trellis = trellis.then(|| Trellis {
            contexts: self.contexts,
            luma: Scalings::of(qp),
            chroma: Scalings::of(chroma),
            luma_lambda: trellis_lambda(self.quantisers.quantiser),
            chroma_lambda: trellis_lambda(self.extended_chroma()),
            strength: self.rules.psy_trellis,
            spectra: self.spectra,
            significances: &self.significances,
            cavlc: (!self.rules.cabac).then_some(Cavlc {
                counts: &self.counts,
                counts_levels: false,
                long_levels: self.rules.transform_8x8,
            }),
        });
        Coder {
            luma: self.frame.quantisers.at(qp),
            chroma: Quantiser::of(chroma),
            denoise: Denoise::of(self.quantisers.quantiser),
            trellis,
        }
    }

    fn measure<'b, S: Simd>(&'b self, simd: S, macroblock: &'b Macroblock) -> Measure<'b> {
        let Quantisers { quantiser, qp, last } = self.quantisers;
        Measure {
            rules: self.rules,
            contexts: self.contexts,
            around: self.around,
            counts: self.counts.clone(),
            source: &macroblock.source,
            energy: simd.vectorize(
                #[inline(always)]
                || Energy::of_macroblock(simd, &macroblock.source.y),
            ),
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
        }
    }

    /// Chooses how to code the macroblock and codes it; `None` for raw samples.
    fn choose<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        found: &mut Found,
        codings: &mut [LumaCoding; 3],
    ) -> Option<Chosen> {
        let rules = self.rules;
        let Quantisers { quantiser, qp, .. } = self.quantisers;
        let prices =
            Prices { lambda: lambda(quantiser), limited_lambda: lambda(qp), shortcut: rules.shortcut };
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
        if rules.subme >= 8 {
            self.refine(simd, macroblock, &coder, found, (&mut luma, &mut chroma), cost);
        }
        let mut qp = qp;
        if rules.subme >= 10 {
            set_modes(macroblock, &luma);
            qp = self.search_quantiser(simd, macroblock, &mut luma, &mut chroma);
        }
        let coder = self.coder(qp, rules.trellis != When::Off);
        if chroma.mode != found.chroma {
            found.prediction = predict_both_chroma(macroblock, chroma.mode);
        }
        let with_chroma = (&found.prediction, &mut chroma);
        code_both_again(simd, macroblock, &coder, rules.cabac, &mut luma, with_chroma);
        Some(Chosen { luma, chroma, qp })
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
        search::search_16x16(simd, macroblock, limits, prices, found);
        let tried =
            rules.intra_8x8 && search::search_8x8(simd, macroblock, coder, limits, prices, found, eight);
        if !tried {
            found.cost_8x8 = NEVER;
        }
        let least = found.cost_16x16.min(found.cost_8x8);
        let limit = match rules.subme {
            11.. => NEVER,
            6.. => 10 * least / 8,
            _ => least,
        };
        let tried =
            rules.intra_4x4 && search::search_4x4(simd, macroblock, coder, limit, prices, found, four);
        if !tried {
            found.cost_4x4 = NEVER;
        }
        search::search_chroma(simd, macroblock, limits, prices, found);
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
        let mut measure = self.measure(simd, macroblock);
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

    fn refine<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        coder: &Coder<'_>,
        found: &Found,
        (luma, chroma): (&mut LumaCoding, &mut ChromaCoding),
        mut cost: u32,
    ) {
        let scene = macroblock.clone();
        let mut measure = self.measure(simd, &scene);
        let partial = coder.counting_levels();
        simd.vectorize(
            #[inline(always)]
            || {
                if luma.kind == Kind::Intra16x16 {
                    refine::refine_16x16(
                        simd,
                        macroblock,
                        coder,
                        &mut measure,
                        found,
                        luma,
                        (&*chroma, &mut cost),
                    );
                }
                if macroblock.neighbours.left || macroblock.neighbours.top {
                    refine::refine_chroma(simd, macroblock, coder, &mut measure, found, chroma);
                }
                measure.counts.put_luma(&luma.counts);
                match luma.kind {
                    Kind::Intra8x8 => {
                        refine::refine_8x8(simd, macroblock, &partial, &mut measure, found, luma, chroma);
                    }
                    Kind::Intra4x4 => refine::refine_4x4(simd, macroblock, &partial, &mut measure, luma),
                    Kind::Intra16x16 | Kind::Pcm => {}
                }
            },
        );
    }

    fn search_quantiser<S: Simd>(
        &self,
        simd: S,
        macroblock: &mut Macroblock,
        luma: &mut LumaCoding,
        chroma: &mut ChromaCoding,
    ) -> u8 {
        let rules = self.rules;
        let Quantisers { qp, last, .. } = self.quantisers;
        let scene = macroblock.clone();
        let mut measure = self.measure(simd, &scene);
        let prediction = predict_both_chroma(macroblock, chroma.mode);
        search_quantiser(qp, last, rules.psy_rd != 0, |qp| {
            let coder = self.coder(qp, rules.trellis == When::Everywhere);
            let with_chroma = (&prediction, &mut *chroma);
            code_both_again(simd, macroblock, &coder, rules.cabac, luma, with_chroma);
            measure.qp = qp;
            let cost = measure.cost(simd, luma, chroma, None, u32::MAX);
            let residual = chroma.pattern != 0
                || luma.pattern != 0
                || rules.cabac && luma.kind == Kind::Intra16x16 && luma.dc_coded;
            Trial { cost, residual }
        })
    }
}

#[cfg(test)]
mod tests;
