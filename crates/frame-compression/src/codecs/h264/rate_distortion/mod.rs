//! Presets that weigh rate against distortion, or whose levels depend on bits: `faster` and slower
//! (docs/spec/h264-presets.md, sections 4.2 and 5 to 12).
//!
//! Macroblocks are coded in raster order: each needs the context model as the one before leaves it.

mod among;
mod chroma;
pub(super) mod coded;
mod coding;
mod cost;
pub(super) mod moved;
pub(super) mod prices;
mod psy;
mod quantiser_search;
pub(super) mod record;
mod refine;
mod search;
#[cfg(feature = "rayon")]
mod slices;
mod weighing;
mod work;

use super::cabac::Contexts;
use super::cabac::block::Order;
use super::cabac::macroblock::{Around, Head, Subject, pass_macroblock, pass_pcm};
use super::deblock::Filter;
use super::decision::Shortcut;
use super::frame::Frame;
use super::macroblock::{Bottom, ChromaCanvas, LumaCanvas, Macroblock, Neighbours, gather, scatter};
use super::preset::{Entropy, Parameters, Search, Trellis as When};
use super::quantise::QP_MAX;
use super::rows::{Band, Coded, Survey, energy_of};
use crate::simd::Simd;
pub(super) use among::{IntraCosts, IntraTerms};
use coded::{ChromaCoding, LumaCoding};
pub(super) use psy::Energy;
use record::{Counts, Kind, Record, chroma_number, mode_place};
pub(super) use search::{Found, NEVER};
#[cfg(feature = "rayon")]
pub(super) use slices::code_slices;
pub(super) use weighing::{Significances, Spectra};
use work::Chosen;
pub(super) use work::Work;

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
    pub(super) spectra: Spectra,
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
pub(super) struct MacroblockQuantisers {
    /// 0..=69.
    pub(super) quantiser: u8,
    pub(super) qp: u8,
    /// Of the macroblock before.
    pub(super) last: u8,
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
    /// of a slice. Without a survey the source is where the reconstruction will be; `coded` is what deblocking is to know.
    pub(super) fn code_row<S: Simd>(
        &mut self,
        simd: S,
        frame: &Frame<'_>,
        band: &mut Band<'_>,
        (first, survey): (bool, Option<Survey<'_>>),
        coded: &mut [Coded],
    ) {
        let columns = coded.len();
        if first {
            self.start(columns);
            if survey.is_none() {
                // In a clip it goes on from the frame before.
                self.spectra = Spectra::default();
            }
        }
        self.macroblock.start_row();
        for (x, coded) in coded.iter_mut().enumerate() {
            survey.map_or(band.source(), |survey| survey.source).load(x, &mut self.macroblock.source);
            let neighbours = Neighbours { left: x > 0, top: !first, top_right: !first && x + 1 < columns };
            let [above, right] = [x, x + 1].map(|x| *self.picture.above.get(x).unwrap_or(&Bottom::NONE));
            self.macroblock.enter(neighbours, &above, &right);
            let source = &self.macroblock.source;
            let wanted = survey.map_or_else(
                || {
                    let energy = simd.vectorize(
                        #[inline(always)]
                        || energy_of(simd, source),
                    );
                    frame.adaptation.quantiser(energy)
                },
                |survey| survey.wanted[x],
            );
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
        let quantisers = MacroblockQuantisers { quantiser, qp: quantiser.min(QP_MAX), last };
        if rules.psy_trellis != 0 {
            match rules.spectra() {
                [true, false] => spectra.update(&macroblock.source.y, false),
                wanted => spectra.measure(&macroblock.source.y, wanted),
            }
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
            head: Head::Intra,
            least_score: 0,
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
                        head: Head::Intra,
                    };
                    pass_macroblock(&mut picture.contexts, &subject, Order::Ascending, None, u32::MAX);
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

/// Keeps a coded macroblock's reconstruction; what is to be known of it later.
pub(super) fn finish(
    macroblock: &mut Macroblock,
    luma: &LumaCoding,
    chroma: &ChromaCoding,
    qp: u8,
    last: u8,
) -> Record {
    place(macroblock, &luma.samples, &chroma.samples);
    set_modes(macroblock, luma);
    let residual = luma.residual() || chroma.pattern != 0;
    // Intra16x16 always has a mb_qp_delta: it may lower the QP with no residual, but it does not raise it.
    let inherits = luma.kind != Kind::Intra16x16 || qp > last;
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
            Kind::Intra16x16 | Kind::Pcm | Kind::Moved4x4 | Kind::Moved8x8 => 2,
        };
        macroblock.modes.set(mode_place(k), mode);
    }
}

/// Keeps a macroblock's raw samples; what is to be known of it later.
pub(super) fn finish_pcm(macroblock: &mut Macroblock, last: u8) -> Record {
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

#[cfg(test)]
mod tests;
