//! Mode decision (docs/spec/h264-intra.md, sections 7 and 8): which prediction is nearest to the source once the
//! bits of its mode are paid for. Intra8x8 and Intra4x4 are coded while they are tried, as their blocks predict
//! from one another.

use super::distortion::{sa8d_8x8, satd, satd_4x4};
use super::kernels::{self, Flat, Place, luma4x4, luma8x8, luma16x16};
use super::macroblock::{GridPlace, LumaCanvas, Macroblock, Neighbours, gather, scatter};
use super::predict::blocks::{self, predict};
use super::predict::edge::{Available, Edge, Edge4x4, Edge8x8};
use super::predict::planes::{Mode, predict_chroma, predict_luma};
use super::quantise::{QP_MAX, Quantiser, lambda};
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
#[derive(Debug, Clone, Copy)]
pub(super) struct CodedLuma {
    pub(super) kind: MacroblockType,
    /// Whether there is any level that is not 0.
    pub(super) residual: bool,
}

/// The quantiser of a macroblock and the prices that follow from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices {
    quantiser: &'static Quantiser,
    /// λ of the macroblock's quantiser, 0..=54.
    lambda: u32,
    /// λ of the same limited to 51: the price of a mode where all nine are tried.
    limited_lambda: u32,
}

impl Prices {
    pub(super) fn of(quantiser: u8) -> Self {
        let qp = quantiser.min(QP_MAX);
        Self { quantiser: Quantiser::of(qp), lambda: lambda(quantiser), limited_lambda: lambda(qp) }
    }
}

/// Chooses how to predict the macroblock's luma and codes it.
#[inline(always)]
pub(super) fn code_luma<S: Simd>(simd: S, macroblock: &mut Macroblock, prices: &Prices) -> CodedLuma {
    let (mode_16x16, cost_16x16) = choose_16x16(simd, macroblock, prices);
    let eight = try_8x8(simd, macroblock, prices, cost_16x16);
    if eight.is_some() {
        let Macroblock { luma, modes, kept, .. } = macroblock;
        kept.luma = gather::<16, 256>(&luma.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
        kept.modes.clone_from(modes);
    }
    let cost_8x8 = eight.as_ref().map_or(u32::MAX, |trial| trial.cost);
    let four = try_4x4(simd, macroblock, prices, cost_16x16.min(cost_8x8));
    let cost_4x4 = four.as_ref().map_or(u32::MAX, |trial| trial.cost);

    let four = four.filter(|_| cost_4x4 < cost_16x16);
    let eight = eight.filter(|_| cost_8x8 < cost_16x16.min(cost_4x4));
    match (eight, four) {
        (Some(trial), _) => finish_8x8(simd, macroblock, prices, &trial),
        (None, Some(trial)) => finish_4x4(simd, macroblock, prices, &trial),
        (None, None) => finish_16x16(simd, macroblock, prices, mode_16x16),
    }
}

#[inline(always)]
fn choose_16x16<S: Simd>(simd: S, macroblock: &mut Macroblock, prices: &Prices) -> (Mode, u32) {
    if !S::IS_SCALAR {
        let Macroblock { source, luma, neighbours, flat, .. } = macroblock;
        return luma16x16::search(simd, source, luma, *neighbours, prices.lambda, flat);
    }
    let mut best = (Mode::Dc, u32::MAX);
    for &mode in Mode::candidates(macroblock.neighbours) {
        let prediction = predict_luma(&macroblock.luma, mode, macroblock.neighbours);
        let distortion = satd::<16, 256>(&macroblock.source.y, &prediction);
        let cost = distortion + prices.lambda * mode.luma_bits();
        if cost < best.1 {
            best = (mode, cost);
        }
    }
    best
}

#[inline(always)]
fn finish_16x16<S: Simd>(simd: S, macroblock: &mut Macroblock, prices: &Prices, mode: Mode) -> CodedLuma {
    let (luma, source) = (&macroblock.luma, &macroblock.source.y);
    let (samples, residual) = if S::IS_SCALAR {
        let prediction = predict_luma(luma, mode, macroblock.neighbours);
        code_16x16(source, &prediction, prices.quantiser)
    } else {
        let prediction = luma16x16::predict(simd, luma, mode, macroblock.neighbours);
        luma16x16::code(simd, source, &prediction, prices.quantiser)
    };
    scatter::<16, 256>(&samples, &mut macroblock.luma.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
    for (x, y) in [(0, 0), (2, 0), (0, 2), (2, 2)] {
        macroblock.modes.set_8x8(x, y, blocks::DC);
    }
    CodedLuma { kind: MacroblockType::Intra16x16, residual }
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
    prices: &Prices,
    distortion: impl Fn(&[u8; A], &[u8; A]) -> u32,
) -> Choice<[u8; A]> {
    use blocks::{DC, DIAGONAL_DOWN_LEFT, HORIZONTAL, HORIZONTAL_UP, VERTICAL, VERTICAL_LEFT};
    let all = available.left && available.top;
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

/// The neighbours of the 8x8 block (x, y), counted in 8x8 blocks.
fn available_8x8(neighbours: Neighbours, x: usize, y: usize) -> Available {
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

/// Tries Intra8x8; `None` when it is given up because it costs more than Intra16x16.
#[inline(always)]
fn try_8x8<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices,
    limit: u32,
) -> Option<Trial<[u8; 64]>> {
    let mut cost = 4 * prices.lambda;
    let mut any_residual = false;
    let flat = if S::IS_SCALAR {
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
        let choice = if !S::IS_SCALAR && available.left && available.top {
            let place = Place {
                at,
                top_right: available.top_right,
                flat,
                predicted,
                price: 3 * prices.limited_lambda,
            };
            let (mode, cost, prediction) = luma8x8::search(simd, &source, &macroblock.luma, &place);
            Choice { mode, cost, prediction }
        } else {
            let edge = Edge8x8::read(&macroblock.luma, at, available).filtered(available);
            choose_block(&source, &edge, available, predicted, prices, sa8d_8x8)
        };
        cost += choice.cost;
        macroblock.modes.set_8x8(x * 2, y * 2, choice.mode);
        if k == 3 {
            return Some(Trial { cost, residual: any_residual, prediction: choice.prediction });
        }
        if cost > limit {
            return None;
        }
        let (samples, residual) = code_block_8x8(simd, &source, &choice.prediction, prices);
        any_residual |= residual;
        scatter::<8, 64>(&samples, &mut macroblock.luma.samples, LumaCanvas::STRIDE, at);
    }
    None
}

#[inline(always)]
fn finish_8x8<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices,
    trial: &Trial<[u8; 64]>,
) -> CodedLuma {
    let Macroblock { source, luma, modes, kept, .. } = macroblock;
    modes.clone_from(&kept.modes);
    scatter::<16, 256>(&kept.luma, &mut luma.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
    let (samples, residual) = code_block_8x8(simd, &source.luma_8x8(8, 8), &trial.prediction, prices);
    scatter::<8, 64>(&samples, &mut luma.samples, LumaCanvas::STRIDE, LumaCanvas::at(8, 8));
    CodedLuma { kind: MacroblockType::Intra8x8, residual: residual | trial.residual }
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
    prices: &Prices,
    limit: u32,
) -> Option<Trial<S::Words>> {
    let mut cost = 40 * prices.lambda;
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
        let choice = if !S::IS_SCALAR && available.left && available.top {
            let place = Place {
                at,
                top_right: available.top_right,
                flat: flat[k],
                predicted,
                price: 3 * prices.limited_lambda,
            };
            let (mode, cost, prediction) = luma4x4::search(simd, source, luma, &place);
            Choice { mode, cost, prediction }
        } else {
            let edge = Edge4x4::read(luma, at, available);
            let choice = choose_block(source, &edge, available, predicted, prices, satd_4x4);
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
    prices: &Prices,
    trial: &Trial<S::Words>,
) -> CodedLuma {
    let Macroblock { blocks, luma, .. } = macroblock;
    let (samples, residual) = code_block_4x4(simd, &blocks[15], trial.prediction, prices);
    scatter::<4, 16>(&samples, &mut luma.samples, LumaCanvas::STRIDE, LumaCanvas::at(12, 12));
    CodedLuma { kind: MacroblockType::Intra4x4, residual: residual | trial.residual }
}

#[inline(always)]
fn code_block_8x8<S: Simd>(
    simd: S,
    source: &[u8; 64],
    prediction: &[u8; 64],
    prices: &Prices,
) -> ([u8; 64], bool) {
    if S::IS_SCALAR {
        code_8x8(source, prediction, prices.quantiser)
    } else {
        luma8x8::code(simd, source, prediction, prices.quantiser)
    }
}

#[inline(always)]
fn code_block_4x4<S: Simd>(
    simd: S,
    source: &[u8; 16],
    prediction: S::Words,
    prices: &Prices,
) -> ([u8; 16], bool) {
    if S::IS_SCALAR {
        let mut samples = [0; 16];
        prediction.store_bytes(&mut samples);
        code_4x4(source, &samples, prices.quantiser)
    } else {
        luma4x4::code(simd, source, prediction, &prices.quantiser.four)
    }
}

/// Chooses how to predict the macroblock's chroma and codes it; whether it has a residual. `quantiser` is the
/// macroblock's, 0..=54, `chroma` the quantiser of its chroma QP.
#[inline(always)]
pub(super) fn code_both_chroma<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices,
    quantiser: u8,
    chroma: &Quantiser,
) -> bool {
    use super::macroblock::ChromaCanvas;
    if !S::IS_SCALAR && quantiser <= QP_MAX {
        let Macroblock { source, chroma: canvas, neighbours, .. } = macroblock;
        return kernels::chroma::code(simd, &source.chroma, canvas, *neighbours, prices.lambda, chroma);
    }
    let (neighbours, source) = (macroblock.neighbours, [0, 1].map(|plane| macroblock.source.chroma(plane)));
    let mut best = (u32::MAX, [[0; 64]; 2]);
    for &mode in Mode::candidates(neighbours) {
        let predictions = [0, 1].map(|plane| predict_chroma(&macroblock.chroma, plane, mode, neighbours));
        let distortion =
            satd::<8, 64>(&source[0], &predictions[0]) + satd::<8, 64>(&source[1], &predictions[1]);
        let cost = distortion + prices.lambda * mode.chroma_bits();
        if cost < best.0 {
            best = (cost, predictions);
        }
    }
    let mut any = false;
    for (plane, samples) in source.iter().enumerate() {
        let (samples, residual) = code_chroma(samples, &best.1[plane], chroma, quantiser);
        any |= residual;
        let at = ChromaCanvas::ORIGIN[plane];
        scatter::<8, 64>(&samples, &mut macroblock.chroma.samples, ChromaCanvas::STRIDE, at);
    }
    any
}
