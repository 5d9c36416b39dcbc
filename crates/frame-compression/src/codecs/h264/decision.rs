//! Mode decision (docs/spec/h264-intra.md, sections 7 and 8): which prediction is nearest to the source once the
//! bits of its mode are paid for. Intra8x8 and Intra4x4 are coded while they are tried, as their blocks predict
//! from one another.

use super::distortion::Metric;
use super::frame::Frame;
use super::kernels::difference::of_samples;
use super::kernels::{self, Flat, Place, luma4x4, luma8x8, luma16x16};
use super::macroblock::{ChromaCanvas, GridPlace, LumaCanvas, Macroblock, Neighbours, gather, scatter};
use super::predict::blocks::{self, predict};
use super::predict::edge::{Available, Edge, Edge4x4, Edge8x8};
use super::predict::planes::{Mode, predict_chroma, predict_luma};
use super::preset::Search;
use super::quantise::{Denoise, QP_MAX, Quantiser, chroma_qp, lambda};
use super::residual::{code_4x4, code_8x8, code_16x16, code_chroma};
use crate::simd::{Simd, Words};

/// How a macroblock's luma is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MacroblockType {
    Intra16x16,
    Intra8x8,
    Intra4x4,
}

/// What coding a macroblock's luma led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CodedLuma {
    pub(super) kind: MacroblockType,
    /// The mode of Intra16x16; of others, what it would have been.
    pub(super) mode_16x16: Mode,
    /// Whether there is any level that is not 0.
    pub(super) residual: bool,
}

/// The quantiser of a macroblock and the prices that follow from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices<'a> {
    /// Of luma.
    pub(super) quantiser: &'a Quantiser,
    /// Of the chroma QP.
    pub(super) chroma: &'static Quantiser,
    /// λ of the macroblock's quantiser, 0..=69.
    pub(super) lambda: u32,
    /// λ of the same limited to 51: the price of a mode where all nine are tried.
    pub(super) limited_lambda: u32,
    /// Above 51.
    pub(super) denoise: Option<Denoise>,
    pub(super) metric: Metric,
    /// What the levels of Intra16x16 beside DC have to be worth to be coded.
    least_score: u32,
    /// What any mode costs where the macroblock could come from other frames as well.
    surcharge: u32,
    search: Search,
    intra_4x4: bool,
    intra_8x8: bool,
}

impl<'a> Prices<'a> {
    /// Of a quantiser in 0..=69.
    pub(super) fn of(frame: &Frame<'a>, quantiser: u8) -> Self {
        let qp = quantiser.min(QP_MAX);
        let parameters = frame.parameters;
        Self {
            quantiser: frame.quantisers.at(qp),
            chroma: Quantiser::of(chroma_qp(qp, frame.chroma_offset)),
            lambda: lambda(quantiser),
            limited_lambda: lambda(qp),
            denoise: Denoise::of(quantiser),
            metric: if parameters.subme < 2 { Metric::Sad } else { Metric::Satd },
            least_score: 0,
            surcharge: 0,
            search: parameters.search,
            intra_4x4: parameters.intra_4x4,
            intra_8x8: parameters.intra_8x8,
        }
    }

    /// The same where levels of Intra16x16 that are worth less than so much are dropped.
    pub(super) fn dropping(self, least_score: u32) -> Self {
        Self { least_score, ..self }
    }

    /// The same where any mode costs so many bits more.
    pub(super) fn with_bits(self, bits: u32) -> Self {
        Self { surcharge: bits * self.lambda, ..self }
    }

    /// The same for coding with a luma QP one higher, at most 51.
    pub(super) fn coarser(self, frame: &Frame<'a>, qp: u8) -> Self {
        Self {
            quantiser: frame.quantisers.at(qp),
            chroma: Quantiser::of(chroma_qp(qp, frame.chroma_offset)),
            ..self
        }
    }

    /// Whether the kernels' searches do what is asked for.
    fn vector_search(&self) -> bool {
        self.search == Search::All
    }

    /// Whether luma coefficients are drawn towards 0, which the kernels do not do.
    fn denoises_luma(&self) -> bool {
        self.denoise.is_some_and(|denoise| denoise.luma.is_some())
    }
}

/// Chooses how to predict the macroblock's luma and codes it.
#[inline(always)]
pub(super) fn code_luma<S: Simd>(simd: S, macroblock: &mut Macroblock, prices: &Prices<'_>) -> CodedLuma {
    let (mode_16x16, cost_16x16) = choose_16x16(simd, macroblock, prices);
    let eight = if prices.intra_8x8 { try_8x8(simd, macroblock, prices, cost_16x16).ok() } else { None };
    if eight.is_some() {
        keep(macroblock);
    }
    let cost_8x8 = eight.as_ref().map_or(u32::MAX, |trial| trial.cost);
    let limit = cost_16x16.min(cost_8x8);
    let four = if prices.intra_4x4 { try_4x4(simd, macroblock, prices, limit) } else { None };
    let cost_4x4 = four.as_ref().map_or(u32::MAX, |trial| trial.cost);

    let four = four.filter(|_| cost_4x4 < cost_16x16);
    let eight = eight.filter(|_| cost_8x8 < cost_16x16.min(cost_4x4));
    let (kind, residual) = match (eight, four) {
        (Some(trial), _) => (MacroblockType::Intra8x8, finish_8x8(simd, macroblock, prices, &trial)),
        (None, Some(trial)) => (MacroblockType::Intra4x4, finish_4x4(simd, macroblock, prices, &trial)),
        (None, None) => (MacroblockType::Intra16x16, finish_16x16(simd, macroblock, prices, mode_16x16)),
    };
    CodedLuma { kind, mode_16x16, residual }
}

/// Keeps a finished trial while the next is made.
fn keep(Macroblock { luma, modes, kept, .. }: &mut Macroblock) {
    kept.luma = gather::<16, 256>(&luma.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
    kept.modes.clone_from(modes);
}

/// What intra prediction has to cost less than in a frame that is predicted from others
/// (docs/spec/h264-clips.md, sections 8 and 13.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// What the macroblock costs if it is predicted from another frame.
    pub(super) bound: u32,
    /// More than this for Intra16x16 ends the search.
    pub(super) patience: u32,
    /// The same for the better of Intra16x16 and Intra8x8.
    pub(super) smaller: u32,
}

impl Bounds {
    /// Of a search as far as x264's subme of this number; it `hurries` where intra prediction is unlikely.
    pub(super) fn of(bound: u32, level: u8, hurries: bool) -> Self {
        let (halves, quarters) = match level {
            0..=2 => (2, 4),
            3 | 4 => (3, 5),
            5 => (4, 5),
            _ => (4, 6),
        };
        let patience = if hurries { bound.saturating_mul(halves) >> 1 } else { u32::MAX };
        Self { bound, patience, smaller: bound.saturating_mul(quarters) >> 2 }
    }
}

/// The same for a macroblock that may be predicted from another frame; `None` where nothing costs less than that.
#[inline(always)]
pub(super) fn code_luma_below<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices<'_>,
    Bounds { bound, patience, smaller }: Bounds,
) -> Option<CodedLuma> {
    if !S::IS_SCALAR && prices.metric == Metric::Satd {
        // The searches of smaller blocks need what this finds beside.
        choose_16x16(simd, macroblock, prices);
    }
    let (mode_16x16, cost_16x16) = choose_16x16_by_terms(simd, macroblock, prices, patience);
    let cost_16x16 = cost_16x16 + prices.surcharge;
    let (mut eight, mut four) = (None, None);
    if cost_16x16 <= patience {
        let mut about = u32::MAX;
        if prices.intra_8x8 {
            match try_8x8(simd, macroblock, prices, bound.min(cost_16x16)) {
                Ok(trial) => {
                    keep(macroblock);
                    about = trial.cost;
                    eight = Some(trial);
                }
                Err(cost) => about = cost,
            }
        }
        if prices.intra_4x4 && about.min(cost_16x16) <= smaller {
            let cost_8x8 = eight.as_ref().map_or(u32::MAX, |trial| trial.cost);
            four = try_4x4(simd, macroblock, prices, bound.min(cost_16x16).min(cost_8x8));
        }
    }
    let mut best = bound;
    let mut kind = None;
    for (cost, each) in [
        (Some(cost_16x16), MacroblockType::Intra16x16),
        (eight.as_ref().map(|trial| trial.cost), MacroblockType::Intra8x8),
        (four.as_ref().map(|trial| trial.cost), MacroblockType::Intra4x4),
    ] {
        if cost.is_some_and(|cost| cost < best) {
            best = cost.unwrap_or(best);
            kind = Some(each);
        }
    }
    let kind = kind?;
    let residual = match (kind, eight, four) {
        (MacroblockType::Intra8x8, Some(trial), _) => finish_8x8(simd, macroblock, prices, &trial),
        (MacroblockType::Intra4x4, _, Some(trial)) => finish_4x4(simd, macroblock, prices, &trial),
        _ => finish_16x16(simd, macroblock, prices, mode_16x16),
    };
    Some(CodedLuma { kind, mode_16x16, residual })
}

/// A search by a metric that the compiler sees. Plain differences are a function of their own, so that the search by
/// coefficients has all registers.
#[inline(always)]
fn by_metric<S: Simd, R>(simd: S, metric: Metric, search: impl FnOnce(Metric) -> R) -> R {
    match metric {
        Metric::Satd => search(Metric::Satd),
        Metric::Sad => simd.vectorize(
            #[inline(always)]
            || search(Metric::Sad),
        ),
    }
}

#[inline(always)]
fn choose_16x16<S: Simd>(simd: S, macroblock: &mut Macroblock, prices: &Prices<'_>) -> (Mode, u32) {
    if !S::IS_SCALAR {
        let Macroblock { source, luma, neighbours, flat, .. } = macroblock;
        let (mode, costs) = by_metric(
            simd,
            prices.metric,
            #[inline(always)]
            |metric| match metric {
                Metric::Satd => luma16x16::search(simd, source, luma, *neighbours, prices.lambda, flat),
                Metric::Sad => {
                    luma16x16::search_by_differences(simd, &source.y, luma, *neighbours, prices.lambda)
                }
            },
        );
        return (mode, costs[mode as usize]);
    }
    choose_16x16_by_terms(simd, macroblock, prices, u32::MAX)
}

/// The same as it is written: mode by mode. Plane is not tried where the others cost more than `plane_limit`.
fn choose_16x16_by_terms<S: Simd>(
    simd: S,
    macroblock: &Macroblock,
    prices: &Prices<'_>,
    plane_limit: u32,
) -> (Mode, u32) {
    let mut best = (Mode::Dc, u32::MAX);
    for &mode in Mode::candidates(macroblock.neighbours) {
        if mode == Mode::Plane && best.1 > plane_limit {
            break;
        }
        let prediction = predict_luma(&macroblock.luma, mode, macroblock.neighbours);
        let source = &macroblock.source.y;
        let distortion = of_samples::<S, 16, 256>(simd, prices.metric, source, &prediction);
        let cost = distortion + prices.lambda * mode.luma_bits();
        if cost < best.1 {
            best = (mode, cost);
        }
    }
    best
}

#[inline(always)]
pub(super) fn finish_16x16<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices<'_>,
    mode: Mode,
) -> bool {
    let (luma, source) = (&macroblock.luma, &macroblock.source.y);
    let (samples, residual) = if S::IS_SCALAR || prices.denoises_luma() || prices.least_score > 0 {
        let prediction = predict_luma(luma, mode, macroblock.neighbours);
        code_16x16(source, &prediction, prices.quantiser, prices.denoise, prices.least_score)
    } else {
        let prediction = luma16x16::predict(simd, luma, mode, macroblock.neighbours);
        luma16x16::code(simd, source, &prediction, prices.quantiser)
    };
    scatter::<16, 256>(&samples, &mut macroblock.luma.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
    for (x, y) in [(0, 0), (2, 0), (0, 2), (2, 2)] {
        macroblock.modes.set_8x8(x, y, blocks::DC);
    }
    residual
}

/// An Intra8x8 or Intra4x4 trial that was not given up: all blocks have modes, all but the last are coded.
struct Trial<P> {
    cost: u32,
    residual: bool,
    /// Of the last block.
    prediction: P,
}

/// A block's mode, its cost and its prediction.
struct Choice<P> {
    mode: u8,
    cost: u32,
    prediction: P,
}

/// Tries the modes of a 4x4 or 8x8 block that its neighbours allow.
fn choose_block<const N: usize, const E: usize, const A: usize>(
    source: &[u8; A],
    edge: &Edge<N, E>,
    available: Available,
    predicted: u8,
    prices: &Prices<'_>,
    distortion: impl Fn(&[u8; A], &[u8; A]) -> u32,
) -> Choice<[u8; A]> {
    use blocks::{DC, DIAGONAL_DOWN_LEFT, HORIZONTAL, HORIZONTAL_UP, VERTICAL, VERTICAL_LEFT};
    let all = available.left && available.top;
    if all && prices.search == Search::Shortcut {
        let (mode, cost, prediction) = choose_by_shortcut(
            Shortcut::Favoured,
            source,
            (edge, available),
            (predicted, prices.lambda),
            distortion,
            &mut [0; 9],
        );
        return Choice { mode, cost, prediction };
    }
    let modes: &[u8] = match (available.left, available.top) {
        (true, true) => &[0, 1, 2, 3, 4, 5, 6, 7, 8],
        (true, false) => &[DC, HORIZONTAL, HORIZONTAL_UP],
        (false, true) => &[DC, VERTICAL, DIAGONAL_DOWN_LEFT, VERTICAL_LEFT],
        (false, false) => &[DC],
    };
    let price = 3 * if all { prices.limited_lambda } else { prices.lambda };
    let mut best = Choice { mode: DC, cost: u32::MAX, prediction: [0; A] };
    for &mode in modes {
        let prediction = predict::<N, E, A>(mode, edge, available);
        let distortion = distortion(source, &prediction);
        let cost = distortion + if mode == predicted { 0 } else { price };
        // Where not all modes are tried, 4x4 takes the predicted mode as soon as it is this near, even at a tie.
        let at_once = N == 4 && !all && mode == predicted && distortion <= price;
        if cost < best.cost || at_once {
            best = Choice { mode, cost, prediction };
        }
        if at_once {
            break;
        }
    }
    best
}

/// How far the search goes that does not try all modes (docs/spec/h264-presets.md, section 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shortcut {
    /// To the modes of the direction that the first three favour.
    Favoured,
    /// To all modes.
    Both,
    /// To all modes, however good an 8x8 block is before.
    Everything,
}

/// Tries the modes of a block with neighbours on both sides as x264 does without its assembly: the best of three says
/// how to go on (docs/spec/h264-intra.md, section 16). The mode, its cost, its prediction; `costs` get those of the
/// modes that are tried, and λ more.
pub(super) fn choose_by_shortcut<const N: usize, const E: usize, const A: usize>(
    shortcut: Shortcut,
    source: &[u8; A],
    (edge, available): (&Edge<N, E>, Available),
    (predicted, lambda): (u8, u32),
    distortion: impl Fn(&[u8; A], &[u8; A]) -> u32,
    costs: &mut [u32; 9],
) -> (u8, u32, [u8; A]) {
    use blocks::{DC, HORIZONTAL, VERTICAL};
    let price = 3 * lambda as i32;
    let mut best = (DC, i32::MAX, [0; A]);
    // Costs are less than those of the other search by the price of a mode.
    let mut try_mode = |mode: u8, best: &mut (u8, i32, [u8; A])| {
        let prediction = predict::<N, E, A>(mode, edge, available);
        let distortion = distortion(source, &prediction) as i32;
        let cost = distortion - if mode == predicted { price } else { 0 };
        costs[usize::from(mode)] = (cost + price) as u32 + lambda;
        let at_once = N == 4 && mode > DC && mode == predicted && cost <= 0;
        if cost < best.1 || at_once {
            *best = (mode, cost, prediction);
        }
        (distortion, at_once)
    };
    let [_, horizontal, vertical] = [DC, HORIZONTAL, VERTICAL].map(|mode| try_mode(mode, &mut best).0);
    let others: &[u8] = match shortcut {
        Shortcut::Favoured if horizontal > vertical => &[3, 4, 5, 7],
        Shortcut::Favoured => &[4, 6, 8],
        Shortcut::Both | Shortcut::Everything => &[3, 4, 5, 6, 7, 8],
    };
    if N == 8 || best.1 > 0 {
        for &mode in others {
            if N == 8 && best.1 < 0 && shortcut != Shortcut::Everything {
                break;
            }
            if try_mode(mode, &mut best).1 {
                break;
            }
        }
    }
    (best.0, (best.1 + price) as u32, best.2)
}

/// The neighbours of the 8x8 block (x, y), counted in 8x8 blocks.
pub(super) fn available_8x8(neighbours: Neighbours, x: usize, y: usize) -> Available {
    Available {
        left: x > 0 || neighbours.left,
        top: y > 0 || neighbours.top,
        top_right: match (x, y) {
            (0, 0) => neighbours.top,
            (1, 0) => neighbours.top_right,
            (x, _) => x == 0,
        },
    }
}

/// Tries Intra8x8; when it is given up because it costs more than a limit, what it would have cost about.
#[inline(always)]
fn try_8x8<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices<'_>,
    limit: u32,
) -> Result<Trial<[u8; 64]>, u32> {
    let mut cost = 4 * prices.lambda + prices.surcharge;
    let mut any_residual = false;
    let flat = if S::IS_SCALAR || !prices.vector_search() || prices.metric != Metric::Satd {
        [Flat::default(); 4]
    } else {
        luma8x8::flat(simd, &macroblock.source.y, &macroblock.flat)
    };
    for (k, flat) in flat.into_iter().enumerate() {
        let (x, y) = (k % 2, k / 2);
        let available = available_8x8(macroblock.neighbours, x, y);
        let at = LumaCanvas::at(x * 8, y * 8);
        let source = macroblock.source.luma_8x8(x * 8, y * 8);
        let predicted = macroblock.modes.predicted(GridPlace::of(x * 2, y * 2));
        let choice = if !S::IS_SCALAR && prices.vector_search() && available.left && available.top {
            let (top_right, price) = (available.top_right, 3 * prices.limited_lambda);
            let luma = &macroblock.luma;
            let (mode, cost, prediction) = by_metric(
                simd,
                prices.metric,
                #[inline(always)]
                |metric| {
                    let place = Place { at, top_right, metric, flat, predicted, price };
                    luma8x8::search(simd, &source, luma, &place)
                },
            );
            Choice { mode, cost, prediction }
        } else {
            let edge = Edge8x8::read(&macroblock.luma, at, available).filtered(available);
            choose_block(&source, &edge, available, predicted, prices, |a, b| prices.metric.of_8x8(a, b))
        };
        cost += choice.cost;
        macroblock.modes.set_8x8(x * 2, y * 2, choice.mode);
        if k == 3 {
            return Ok(Trial { cost, residual: any_residual, prediction: choice.prediction });
        }
        if cost > limit {
            return Err((cost * [1024, 512, 341][k]) >> 8);
        }
        let (samples, residual) = code_block_8x8(simd, &source, &choice.prediction, prices);
        any_residual |= residual;
        scatter::<8, 64>(&samples, &mut macroblock.luma.samples, LumaCanvas::STRIDE, at);
    }
    Err(u32::MAX)
}

#[inline(always)]
fn finish_8x8<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices<'_>,
    trial: &Trial<[u8; 64]>,
) -> bool {
    let Macroblock { source, luma, modes, kept, .. } = macroblock;
    modes.clone_from(&kept.modes);
    scatter::<16, 256>(&kept.luma, &mut luma.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
    let (samples, residual) = code_block_8x8(simd, &source.luma_8x8(8, 8), &trial.prediction, prices);
    scatter::<8, 64>(&samples, &mut luma.samples, LumaCanvas::STRIDE, LumaCanvas::at(8, 8));
    residual | trial.residual
}

/// A 4x4 block of a macroblock.
struct Block4x4 {
    /// Its number in coding order (H.264 figure 6-10).
    k: usize,
    /// Where its samples start in the canvas.
    at: usize,
    /// Where its mode is.
    mode: GridPlace,
}

/// The 4x4 blocks in the order in which they are tried: every other one or so does not need the one just before, so
/// that the processor works on two at a time.
static BLOCKS_4X4: [Block4x4; 16] = {
    const fn block(k: usize, x: usize, y: usize) -> Block4x4 {
        Block4x4 { k, at: LumaCanvas::at(x * 4, y * 4), mode: GridPlace::of(x, y) }
    }
    [
        block(0, 0, 0),
        block(1, 1, 0),
        block(4, 2, 0),
        block(2, 0, 1),
        block(5, 3, 0),
        block(3, 1, 1),
        block(6, 2, 1),
        block(8, 0, 2),
        block(7, 3, 1),
        block(9, 1, 2),
        block(12, 2, 2),
        block(10, 0, 3),
        block(13, 3, 2),
        block(11, 1, 3),
        block(14, 2, 3),
        block(15, 3, 3),
    ]
};

/// Which 4x4 blocks of a macroblock, by their bits, have neighbours.
#[derive(Clone, Copy)]
struct Available4x4 {
    left: u16,
    top: u16,
    top_right: u16,
}

impl Available4x4 {
    fn of(neighbours: Neighbours) -> Self {
        const fn bits(blocks: &[u16]) -> u16 {
            let (mut bits, mut i) = (0, 0);
            while i < blocks.len() {
                bits |= 1 << blocks[i];
                i += 1;
            }
            bits
        }
        const FIRST_COLUMN: u16 = bits(&[0, 2, 8, 10]);
        const FIRST_ROW: u16 = bits(&[0, 1, 4, 5]);
        // Above to the right there is what comes before in coding order.
        const INSIDE: u16 = bits(&[2, 6, 8, 9, 10, 12, 14]);
        const UNDER_TOP: u16 = bits(&[0, 1, 4]);
        const UNDER_TOP_RIGHT: u16 = bits(&[5]);
        let mut available = Self { left: !FIRST_COLUMN, top: !FIRST_ROW, top_right: INSIDE };
        if neighbours.left {
            available.left |= FIRST_COLUMN;
        }
        if neighbours.top {
            available.top |= FIRST_ROW;
            available.top_right |= UNDER_TOP;
        }
        if neighbours.top_right {
            available.top_right |= UNDER_TOP_RIGHT;
        }
        available
    }

    #[inline(always)]
    fn at(&self, k: usize) -> Available {
        let [left, top, top_right] = [self.left, self.top, self.top_right].map(|bits| bits >> k & 1 != 0);
        Available { left, top, top_right }
    }
}

/// Tries Intra4x4; `None` when it is given up because it costs more than the best so far.
#[inline(always)]
fn try_4x4<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices<'_>,
    limit: u32,
) -> Option<Trial<S::Words>> {
    let mut cost = 40 * prices.lambda + prices.surcharge;
    let mut any_residual = false;
    if cost > limit {
        return None;
    }
    let Macroblock { source, flat, blocks, luma, modes, neighbours, .. } = macroblock;
    luma4x4::split(simd, &source.y, blocks);
    let neighbours = Available4x4::of(*neighbours);
    for &Block4x4 { k, at, mode } in &BLOCKS_4X4 {
        let available = neighbours.at(k);
        let source = &blocks[k];
        let predicted = modes.predicted(mode);
        let choice = if !S::IS_SCALAR && prices.vector_search() && available.left && available.top {
            let (top_right, flat, price) = (available.top_right, flat[k], 3 * prices.limited_lambda);
            let (mode, cost, prediction) = by_metric(
                simd,
                prices.metric,
                #[inline(always)]
                |metric| {
                    let place = Place { at, top_right, metric, flat, predicted, price };
                    luma4x4::search(simd, source, luma, &place)
                },
            );
            Choice { mode, cost, prediction }
        } else {
            let edge = Edge4x4::read(luma, at, available);
            let choice =
                choose_block(source, &edge, available, predicted, prices, |a, b| prices.metric.of_4x4(a, b));
            let prediction = S::Words::load_bytes(simd, &choice.prediction);
            Choice { mode: choice.mode, cost: choice.cost, prediction }
        };
        cost += choice.cost;
        modes.set(mode, choice.mode);
        if k == 15 {
            return Some(Trial { cost, residual: any_residual, prediction: choice.prediction });
        }
        if cost > limit {
            return None;
        }
        let (samples, residual) = code_block_4x4(simd, source, choice.prediction, prices);
        any_residual |= residual;
        scatter::<4, 16>(&samples, &mut luma.samples, LumaCanvas::STRIDE, at);
    }
    None
}

#[inline(always)]
fn finish_4x4<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices<'_>,
    trial: &Trial<S::Words>,
) -> bool {
    let Macroblock { blocks, luma, .. } = macroblock;
    let (samples, residual) = code_block_4x4(simd, &blocks[15], trial.prediction, prices);
    scatter::<4, 16>(&samples, &mut luma.samples, LumaCanvas::STRIDE, LumaCanvas::at(12, 12));
    residual | trial.residual
}

#[inline(always)]
fn code_block_8x8<S: Simd>(
    simd: S,
    source: &[u8; 64],
    prediction: &[u8; 64],
    prices: &Prices<'_>,
) -> ([u8; 64], bool) {
    if S::IS_SCALAR || prices.denoises_luma() {
        code_8x8(source, prediction, prices.quantiser, prices.denoise)
    } else {
        luma8x8::code(simd, source, prediction, prices.quantiser)
    }
}

#[inline(always)]
fn code_block_4x4<S: Simd>(
    simd: S,
    source: &[u8; 16],
    prediction: S::Words,
    prices: &Prices<'_>,
) -> ([u8; 16], bool) {
    if S::IS_SCALAR || prices.denoises_luma() {
        let mut samples = [0; 16];
        prediction.store_bytes(&mut samples);
        code_4x4(source, &samples, prices.quantiser, prices.denoise)
    } else {
        luma4x4::code(simd, source, prediction, &prices.quantiser.four)
    }
}

/// Codes the macroblock's luma again as Intra4x4, with the modes that it has; whether there is a residual.
#[inline(always)]
pub(super) fn recode_4x4<S: Simd>(simd: S, macroblock: &mut Macroblock, prices: &Prices<'_>) -> bool {
    let Macroblock { blocks, luma, modes, neighbours, .. } = macroblock;
    let neighbours = Available4x4::of(*neighbours);
    let mut any = false;
    for &Block4x4 { k, at, mode } in &BLOCKS_4X4 {
        let available = neighbours.at(k);
        let edge = Edge4x4::read(luma, at, available);
        let prediction = predict::<4, 13, 16>(modes.mode(mode), &edge, available);
        let prediction = S::Words::load_bytes(simd, &prediction);
        let (samples, residual) = code_block_4x4(simd, &blocks[k], prediction, prices);
        any |= residual;
        scatter::<4, 16>(&samples, &mut luma.samples, LumaCanvas::STRIDE, at);
    }
    any
}

/// Chooses how to predict the macroblock's chroma and codes it; the mode, and whether it has a residual.
#[inline(always)]
pub(super) fn code_both_chroma<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices<'_>,
) -> (Mode, bool) {
    if !S::IS_SCALAR && prices.denoise.is_none() {
        let Macroblock { source, chroma: canvas, neighbours, .. } = macroblock;
        return by_metric(
            simd,
            prices.metric,
            #[inline(always)]
            |metric| {
                let costs = (metric, prices.lambda);
                kernels::chroma::code(simd, &source.chroma, canvas, *neighbours, costs, prices.chroma)
            },
        );
    }
    let (neighbours, source) = (macroblock.neighbours, [0, 1].map(|plane| macroblock.source.chroma(plane)));
    let mut best = (u32::MAX, Mode::Dc);
    for &mode in Mode::candidates(neighbours) {
        let predictions = [0, 1].map(|plane| predict_chroma(&macroblock.chroma, plane, mode, neighbours));
        let metric = prices.metric;
        let distortion = metric.of_region::<8, 64>(&source[0], &predictions[0])
            + metric.of_region::<8, 64>(&source[1], &predictions[1]);
        let cost = distortion + prices.lambda * mode.chroma_bits();
        if cost < best.0 {
            best = (cost, mode);
        }
    }
    (best.1, code_chroma_planes(macroblock, best.1, prices))
}

/// Codes the macroblock's chroma with a mode; whether it has a residual.
pub(super) fn code_chroma_planes(macroblock: &mut Macroblock, mode: Mode, prices: &Prices<'_>) -> bool {
    let mut any = false;
    for plane in 0..2 {
        let source = macroblock.source.chroma(plane);
        let prediction = predict_chroma(&macroblock.chroma, plane, mode, macroblock.neighbours);
        let (samples, residual) = code_chroma(&source, &prediction, prices.chroma, prices.denoise);
        any |= residual;
        let at = ChromaCanvas::ORIGIN[plane];
        scatter::<8, 64>(&samples, &mut macroblock.chroma.samples, ChromaCanvas::STRIDE, at);
    }
    any
}

#[cfg(test)]
pub(super) mod tests;
