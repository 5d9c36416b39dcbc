//! The search by transformed differences, before rates are known (docs/spec/h264-presets.md, section 8.1).

use super::super::decision::available_8x8;
use super::super::distortion::{sa8d_8x8, satd, satd_4x4};
use super::super::macroblock::{LumaCanvas, Macroblock, gather, scatter};
use super::super::predict::blocks::{self, predict};
use super::super::predict::edge::{Available, Edge4x4, Edge8x8};
use super::super::predict::planes::{Mode, predict_chroma, predict_luma};
use super::coding::{Block, Coder, LumaCoding};
use super::record::{BLOCKS, Kind, mode_place};
use super::{Limits, Prices};

/// What the search finds.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Of Intra16x16: the mode, its cost, and those of all modes.
    pub(super) mode_16x16: Mode,
    pub(super) cost_16x16: u32,
    pub(super) costs_16x16: [u32; 4],
    /// Of Intra8x8: the costs of the modes by block.
    pub(super) costs_8x8: [[u32; 9]; 4],
    pub(super) cost_8x8: u32,
    pub(super) cost_4x4: u32,
    /// Of chroma.
    pub(super) chroma: Mode,
    pub(super) cost_chroma: u32,
    pub(super) costs_chroma: [u32; 4],
}

impl Default for Found {
    fn default() -> Self {
        Self {
            mode_16x16: Mode::Dc,
            cost_16x16: 0,
            costs_16x16: [0; 4],
            costs_8x8: [[0; 9]; 4],
            cost_8x8: 0,
            cost_4x4: 0,
            chroma: Mode::Dc,
            cost_chroma: 0,
            costs_chroma: [0; 4],
        }
    }
}

/// The cost of a candidate that is none.
pub(super) const NEVER: u32 = u32::MAX;

/// The modes of a 4x4 or 8x8 block that its neighbours allow, in the order of the search.
pub(super) fn modes_of(available: Available) -> &'static [u8] {
    use blocks::{DC, DIAGONAL_DOWN_LEFT, HORIZONTAL, HORIZONTAL_UP, VERTICAL, VERTICAL_LEFT};
    match (available.left, available.top) {
        (true, true) => &[0, 1, 2, 3, 4, 5, 6, 7, 8],
        (true, false) => &[DC, HORIZONTAL, HORIZONTAL_UP],
        (false, true) => &[DC, VERTICAL, DIAGONAL_DOWN_LEFT, VERTICAL_LEFT],
        (false, false) => &[DC],
    }
}

/// The neighbours of a 4x4 block in coding order.
pub(super) fn available_4x4(macroblock: &Macroblock, k: usize) -> Available {
    let (x, y) = BLOCKS[k];
    let neighbours = macroblock.neighbours;
    Available {
        left: x > 0 || neighbours.left,
        top: y > 0 || neighbours.top,
        top_right: match k {
            0 | 1 | 4 => neighbours.top,
            5 => neighbours.top_right,
            2 | 6 | 8 | 9 | 10 | 12 | 14 => true,
            _ => false,
        },
    }
}

/// Searches the mode of Intra16x16.
pub(super) fn search_16x16(macroblock: &Macroblock, prices: &Prices, found: &mut Found) {
    found.cost_16x16 = NEVER;
    found.costs_16x16 = [NEVER; 4];
    for &mode in Mode::candidates(macroblock.neighbours) {
        let prediction = predict_luma(&macroblock.luma, mode, macroblock.neighbours);
        let cost = satd::<16, 256>(&macroblock.source.y, &prediction) + prices.lambda * mode.luma_bits();
        found.costs_16x16[mode as usize] = cost;
        if cost < found.cost_16x16 {
            (found.mode_16x16, found.cost_16x16) = (mode, cost);
        }
    }
}

/// Searches the mode of chroma.
pub(super) fn search_chroma(macroblock: &Macroblock, prices: &Prices, found: &mut Found) {
    found.cost_chroma = NEVER;
    found.costs_chroma = [NEVER; 4];
    let source = [0, 1].map(|plane| macroblock.source.chroma(plane));
    for &mode in Mode::candidates(macroblock.neighbours) {
        let distortion = [0, 1].map(|plane| {
            let prediction = predict_chroma(&macroblock.chroma, plane, mode, macroblock.neighbours);
            satd::<8, 64>(&source[plane], &prediction)
        });
        let cost = distortion[0] + distortion[1] + prices.lambda * mode.chroma_bits();
        found.costs_chroma[mode as usize] = cost;
        if cost < found.cost_chroma {
            (found.chroma, found.cost_chroma) = (mode, cost);
        }
    }
}

/// The source, the availability and the edge of an 8x8 block.
pub(super) fn block_8x8(macroblock: &Macroblock, k: usize) -> ([u8; 64], Available, Edge8x8) {
    let (x, y) = (k % 2, k / 2);
    let available = available_8x8(macroblock.neighbours, x, y);
    let edge = Edge8x8::read(&macroblock.luma, LumaCanvas::at(8 * x, 8 * y), available).filtered(available);
    (macroblock.source.luma_8x8(8 * x, 8 * y), available, edge)
}

/// The same of a 4x4 block in coding order.
pub(super) fn block_4x4(macroblock: &Macroblock, k: usize) -> ([u8; 16], Available, Edge4x4) {
    let (x, y) = BLOCKS[k];
    let available = available_4x4(macroblock, k);
    let edge = Edge4x4::read(&macroblock.luma, LumaCanvas::at(4 * x, 4 * y), available);
    (gather::<4, 16>(&macroblock.source.y, 16, 64 * y + 4 * x), available, edge)
}

/// Puts a block's reconstruction where the next ones predict from it.
pub(super) fn put_8x8(macroblock: &mut Macroblock, k: usize, block: &Block<64>) {
    let at = LumaCanvas::at(k % 2 * 8, k / 2 * 8);
    scatter::<8, 64>(&block.samples, &mut macroblock.luma.samples, LumaCanvas::STRIDE, at);
}

/// The same of a 4x4 block.
pub(super) fn put_4x4(macroblock: &mut Macroblock, k: usize, block: &Block<16>) {
    let (x, y) = BLOCKS[k];
    let at = LumaCanvas::at(4 * x, 4 * y);
    scatter::<4, 16>(&block.samples, &mut macroblock.luma.samples, LumaCanvas::STRIDE, at);
}

/// Tries Intra8x8, coding its blocks; whether it is worth more thought.
pub(super) fn search_8x8(
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    limits: &Limits,
    prices: &Prices,
    found: &mut Found,
    to: &mut LumaCoding,
) -> bool {
    to.kind = Kind::Intra8x8;
    let mut total = 4 * prices.lambda;
    found.cost_8x8 = NEVER;
    for k in 0..4 {
        let (source, available, edge) = block_8x8(macroblock, k);
        let predicted = macroblock.modes.predicted(mode_place(4 * k));
        let all = available.left && available.top;
        let price = 3 * if all { prices.limited_lambda } else { prices.lambda };
        let costs = &mut found.costs_8x8[k];
        *costs = [NEVER; 9];
        let mut best = (NEVER, 2, [0; 64]);
        for &mode in modes_of(available) {
            let prediction = predict::<8, 25, 64>(mode, &edge, available);
            let cost = sa8d_8x8(&source, &prediction) + if mode == predicted { 0 } else { price };
            costs[usize::from(mode)] = cost + if all { 0 } else { prices.lambda };
            if cost < best.0 {
                best = (cost, mode, prediction);
            }
        }
        let (cost, mode, prediction) = best;
        total += cost;
        macroblock.modes.set_8x8(k % 2 * 2, k / 2 * 2, mode);
        (to.modes[4 * k], to.predicted[4 * k]) = (mode, predicted);
        if k < 3 && limits.abandons_8x8 && total > found.cost_16x16 {
            return false;
        }
        let block = coder.code_8x8(k, &to.counts, &source, &prediction);
        put_8x8(macroblock, k, &block);
        to.put_8x8(k, &block, limits.cabac);
    }
    to.settle_pattern();
    found.cost_8x8 = total;
    true
}

/// Tries Intra4x4, coding its blocks; whether it is worth more thought.
pub(super) fn search_4x4(
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    limit: u32,
    prices: &Prices,
    found: &mut Found,
    to: &mut LumaCoding,
) -> bool {
    to.kind = Kind::Intra4x4;
    let mut total = 40 * prices.lambda;
    found.cost_4x4 = NEVER;
    for k in 0..16 {
        let (source, available, edge) = block_4x4(macroblock, k);
        let predicted = macroblock.modes.predicted(mode_place(k));
        let all = available.left && available.top;
        let price = 3 * if all { prices.limited_lambda } else { prices.lambda };
        let mut best = (NEVER, 2, [0; 16]);
        for &mode in modes_of(available) {
            let prediction = predict::<4, 13, 16>(mode, &edge, available);
            let distortion = satd_4x4(&source, &prediction);
            let cost = distortion + if mode == predicted { 0 } else { price };
            let at_once = !all && mode == predicted && distortion <= price;
            if cost < best.0 || at_once {
                best = (cost, mode, prediction);
            }
            if at_once {
                break;
            }
        }
        let (cost, mode, prediction) = best;
        total += cost;
        macroblock.modes.set(mode_place(k), mode);
        (to.modes[k], to.predicted[k]) = (mode, predicted);
        if k < 15 && total > limit {
            return false;
        }
        let block = coder.code_4x4(k, &to.counts, &source, &prediction);
        put_4x4(macroblock, k, &block);
        to.put_4x4(k, &block);
    }
    to.settle_pattern();
    found.cost_4x4 = total;
    true
}
