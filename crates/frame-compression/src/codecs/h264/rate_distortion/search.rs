//! The search by transformed differences, before rates are known (docs/spec/h264-presets.md, section 8.1).

use super::super::decision::{Shortcut, available_8x8, choose_by_shortcut};
use super::super::distortion::{Metric, sa8d_8x8, satd_4x4};
use super::super::kernels::difference::of_samples;
use super::super::kernels::{self, Flat, Place, Spot, luma4x4, luma8x8, luma16x16};
use super::super::macroblock::{LumaCanvas, Macroblock, gather, scatter};
use super::super::predict::blocks::{self, predict};
use super::super::predict::edge::{Available, Edge4x4, Edge8x8};
use super::super::predict::planes::{Mode, predict_chroma, predict_luma};
use super::coded::{Block, LumaCoding};
use super::coding::Coder;
use super::cost::predict_both_chroma;
use super::record::{BLOCKS, Kind, mode_place};
use crate::simd::{Simd, Words};

/// When a search gives up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) abandons_8x8: bool,
    pub(super) cabac: bool,
    /// Whether the costs of all modes of Intra8x8 are wanted.
    pub(super) keeps_costs: bool,
}

/// λ of the search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices {
    pub(super) lambda: u32,
    /// The same at a quantiser of at most 51: the price of a mode where all nine are tried.
    pub(super) limited_lambda: u32,
    /// Where not all modes are tried.
    pub(super) shortcut: Option<Shortcut>,
    /// What any mode costs where the macroblock could come from other frames as well.
    pub(super) surcharge: u32,
}

/// What the search finds.
#[derive(Debug, Clone)]
pub(in super::super) struct Found {
    /// Of Intra16x16: the mode, its cost, and those of all modes.
    pub(in super::super) mode_16x16: Mode,
    pub(in super::super) cost_16x16: u32,
    pub(in super::super) costs_16x16: [u32; 4],
    /// Of Intra8x8: the costs of the modes by block.
    pub(in super::super) costs_8x8: [[u32; 9]; 4],
    pub(in super::super) cost_8x8: u32,
    pub(in super::super) cost_4x4: u32,
    /// Of chroma.
    pub(in super::super) chroma: Mode,
    pub(in super::super) cost_chroma: u32,
    pub(in super::super) costs_chroma: [u32; 4],
    /// Rows of Cb and Cr side by side.
    pub(in super::super) prediction: [u8; 128],
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
            prediction: [0; 128],
        }
    }
}

/// The cost of a candidate that is none.
pub(in super::super) const NEVER: u32 = u32::MAX;

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
pub(super) fn search_16x16<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    prices: &Prices,
    found: &mut Found,
) {
    if !S::IS_SCALAR {
        let Macroblock { source, luma, neighbours, flat, blocks, .. } = &mut *macroblock;
        simd.vectorize(
            #[inline(always)]
            || {
                luma4x4::split(simd, &source.y, blocks);
                let best = luma16x16::search(simd, source, luma, *neighbours, prices.lambda, flat);
                (found.mode_16x16, found.costs_16x16) = best;
            },
        );
        found.cost_16x16 = found.costs_16x16[found.mode_16x16 as usize];
        return;
    }
    found.cost_16x16 = NEVER;
    found.costs_16x16 = [NEVER; 4];
    for &mode in Mode::candidates(macroblock.neighbours) {
        let prediction = predict_luma(&macroblock.luma, mode, macroblock.neighbours);
        let cost = of_samples::<S, 16, 256>(simd, Metric::Satd, &macroblock.source.y, &prediction)
            + prices.lambda * mode.luma_bits();
        found.costs_16x16[mode as usize] = cost;
        if cost < found.cost_16x16 {
            (found.mode_16x16, found.cost_16x16) = (mode, cost);
        }
    }
}

/// Searches the mode of chroma.
pub(super) fn search_chroma<S: Simd>(simd: S, macroblock: &Macroblock, prices: &Prices, found: &mut Found) {
    if !S::IS_SCALAR {
        let Macroblock { source, chroma, neighbours, .. } = macroblock;
        let search = simd.vectorize(
            #[inline(always)]
            || kernels::chroma::search(simd, &source.chroma, chroma, *neighbours, prices.lambda),
        );
        (found.chroma, found.costs_chroma, found.prediction) = search;
        found.cost_chroma = found.costs_chroma[found.chroma as usize];
        return;
    }
    found.cost_chroma = NEVER;
    found.costs_chroma = [NEVER; 4];
    let source = [0, 1].map(|plane| macroblock.source.chroma(plane));
    for &mode in Mode::candidates(macroblock.neighbours) {
        let distortion = [0, 1].map(|plane| {
            let prediction = predict_chroma(&macroblock.chroma, plane, mode, macroblock.neighbours);
            of_samples::<S, 8, 64>(simd, Metric::Satd, &source[plane], &prediction)
        });
        let cost = distortion[0] + distortion[1] + prices.lambda * mode.chroma_bits();
        found.costs_chroma[mode as usize] = cost;
        if cost < found.cost_chroma {
            (found.chroma, found.cost_chroma) = (mode, cost);
        }
    }
    found.prediction = predict_both_chroma(simd, macroblock, found.chroma);
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
pub(super) fn search_8x8<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    limits: &Limits,
    prices: &Prices,
    found: &mut Found,
    to: &mut LumaCoding,
) -> bool {
    simd.vectorize(
        #[inline(always)]
        || try_8x8(simd, macroblock, coder, limits, prices, found, to),
    )
}

#[inline(always)]
fn try_8x8<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    limits: &Limits,
    prices: &Prices,
    found: &mut Found,
    to: &mut LumaCoding,
) -> bool {
    to.kind = Kind::Intra8x8;
    let mut total = 4 * prices.lambda + prices.surcharge;
    found.cost_8x8 = NEVER;
    let flat = if S::IS_SCALAR {
        [Flat::default(); 4]
    } else {
        luma8x8::flat(simd, &macroblock.source.y, &macroblock.flat)
    };
    for (k, flat) in flat.into_iter().enumerate() {
        let source = macroblock.source.luma_8x8(k % 2 * 8, k / 2 * 8);
        let available = available_8x8(macroblock.neighbours, k % 2, k / 2);
        let predicted = macroblock.modes.predicted(mode_place(4 * k));
        let costs = &mut found.costs_8x8[k];
        let (mode, cost, prediction) =
            if !S::IS_SCALAR && prices.shortcut.is_none() && available.left && available.top {
                let place = Place {
                    at: LumaCanvas::at(k % 2 * 8, k / 2 * 8),
                    top_right: available.top_right,
                    metric: Metric::Satd,
                    flat,
                    predicted,
                    price: 3 * prices.limited_lambda,
                };
                if limits.keeps_costs {
                    luma8x8::search_all(simd, &source, &macroblock.luma, &place, costs)
                } else {
                    luma8x8::search(simd, &source, &macroblock.luma, &place)
                }
            } else {
                choose_8x8(macroblock, k, predicted, prices, costs)
            };
        total += cost;
        macroblock.modes.set_8x8(k % 2 * 2, k / 2 * 2, mode);
        (to.modes[4 * k], to.predicted[4 * k]) = (mode, predicted);
        if k < 3 && limits.abandons_8x8 && total > found.cost_16x16 {
            return false;
        }
        let block = coder.code_8x8(simd, k, &to.counts, &source, &prediction);
        put_8x8(macroblock, k, &block);
        to.put_8x8(k, &block, limits.cabac);
    }
    to.settle_pattern();
    found.cost_8x8 = total;
    true
}

/// The mode of an 8x8 block, its cost and its prediction; `costs` get those of all modes.
fn choose_8x8(
    macroblock: &Macroblock,
    k: usize,
    predicted: u8,
    prices: &Prices,
    costs: &mut [u32; 9],
) -> (u8, u32, [u8; 64]) {
    let (source, available, edge) = block_8x8(macroblock, k);
    let all = available.left && available.top;
    let price = 3 * if all { prices.limited_lambda } else { prices.lambda };
    *costs = [NEVER; 9];
    if let Some(shortcut) = prices.shortcut.filter(|_| all) {
        let place = (&edge, available);
        return choose_by_shortcut(shortcut, &source, place, (predicted, prices.lambda), sa8d_8x8, costs);
    }
    let mut best = (2, NEVER, [0; 64]);
    for &mode in modes_of(available) {
        let prediction = predict::<8, 25, 64>(mode, &edge, available);
        let cost = sa8d_8x8(&source, &prediction) + if mode == predicted { 0 } else { price };
        costs[usize::from(mode)] = cost + if all { 0 } else { prices.lambda };
        if cost < best.1 {
            best = (mode, cost, prediction);
        }
    }
    best
}

/// Tries Intra4x4, coding its blocks; whether it is worth more thought.
pub(super) fn search_4x4<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    limit: u32,
    prices: &Prices,
    found: &mut Found,
    to: &mut LumaCoding,
) -> bool {
    found.cost_4x4 = NEVER;
    if 40 * prices.lambda + prices.surcharge > limit {
        return false;
    }
    simd.vectorize(
        #[inline(always)]
        || try_4x4(simd, macroblock, coder, limit, prices, found, to),
    )
}

#[inline(always)]
fn try_4x4<S: Simd>(
    simd: S,
    macroblock: &mut Macroblock,
    coder: &Coder<'_>,
    limit: u32,
    prices: &Prices,
    found: &mut Found,
    to: &mut LumaCoding,
) -> bool {
    to.kind = Kind::Intra4x4;
    let mut total = 40 * prices.lambda + prices.surcharge;
    for (k, (x, y)) in BLOCKS.into_iter().enumerate() {
        let available = available_4x4(macroblock, k);
        let predicted = macroblock.modes.predicted(mode_place(k));
        let source = gather::<4, 16>(&macroblock.source.y, 16, 64 * y + 4 * x);
        let (mode, cost, prediction) =
            if !S::IS_SCALAR && prices.shortcut.is_none() && available.left && available.top {
                let place = Place {
                    at: LumaCanvas::at(4 * x, 4 * y),
                    top_right: available.top_right,
                    metric: Metric::Satd,
                    flat: macroblock.flat[k],
                    predicted,
                    price: 3 * prices.limited_lambda,
                };
                let (mode, cost, words) = luma4x4::search(simd, &source, &macroblock.luma, &place);
                let mut prediction = [0; 16];
                words.store_bytes(&mut prediction);
                (mode, cost, prediction)
            } else {
                choose_4x4(macroblock, k, predicted, prices)
            };
        total += cost;
        macroblock.modes.set(mode_place(k), mode);
        (to.modes[k], to.predicted[k]) = (mode, predicted);
        if k < 15 && total > limit {
            return false;
        }
        let block = coder.code_4x4(simd, k, &to.counts, &source, &prediction);
        put_4x4(macroblock, k, &block);
        to.put_4x4(k, &block);
    }
    to.settle_pattern();
    found.cost_4x4 = total;
    true
}

/// The mode of a 4x4 block, its cost and its prediction.
fn choose_4x4(macroblock: &Macroblock, k: usize, predicted: u8, prices: &Prices) -> (u8, u32, [u8; 16]) {
    let (source, available, edge) = block_4x4(macroblock, k);
    let all = available.left && available.top;
    let price = 3 * if all { prices.limited_lambda } else { prices.lambda };
    if let Some(shortcut) = prices.shortcut.filter(|_| all) {
        let (place, bits) = ((&edge, available), (predicted, prices.lambda));
        return choose_by_shortcut(shortcut, &source, place, bits, satd_4x4, &mut [0; 9]);
    }
    let mut best = (2, NEVER, [0; 16]);
    for &mode in modes_of(available) {
        let prediction = predict::<4, 13, 16>(mode, &edge, available);
        let distortion = satd_4x4(&source, &prediction);
        let cost = distortion + if mode == predicted { 0 } else { price };
        let at_once = !all && mode == predicted && distortion <= price;
        if cost < best.1 || at_once {
            best = (mode, cost, prediction);
        }
        if at_once {
            break;
        }
    }
    best
}

/// Predicts an 8x8 block by a mode that its neighbours allow.
#[inline(always)]
pub(super) fn predict_8x8<S: Simd>(simd: S, macroblock: &Macroblock, k: usize, mode: u8) -> [u8; 64] {
    let available = available_8x8(macroblock.neighbours, k % 2, k / 2);
    if S::IS_SCALAR || !available.left || !available.top {
        let (_, available, edge) = block_8x8(macroblock, k);
        return predict::<8, 25, 64>(mode, &edge, available);
    }
    let spot = Spot { at: LumaCanvas::at(k % 2 * 8, k / 2 * 8), top_right: available.top_right };
    luma8x8::predict(simd, &macroblock.luma, spot, mode)
}

/// Predicts an 8x8 block by all modes that its neighbours allow.
#[inline(always)]
pub(super) fn predict_all_8x8<S: Simd>(simd: S, macroblock: &Macroblock, k: usize) -> [[u8; 64]; 9] {
    let available = available_8x8(macroblock.neighbours, k % 2, k / 2);
    if S::IS_SCALAR || !available.left || !available.top {
        let (_, available, edge) = block_8x8(macroblock, k);
        return all_of(available, |mode| predict::<8, 25, 64>(mode, &edge, available));
    }
    let spot = Spot { at: LumaCanvas::at(k % 2 * 8, k / 2 * 8), top_right: available.top_right };
    luma8x8::predict_all(simd, &macroblock.luma, spot)
}

fn all_of<const A: usize>(available: Available, predict: impl Fn(u8) -> [u8; A]) -> [[u8; A]; 9] {
    let mut all = [[0; A]; 9];
    for &mode in modes_of(available) {
        all[usize::from(mode)] = predict(mode);
    }
    all
}

/// Predicts a 4x4 block by all modes that its neighbours allow.
#[inline(always)]
pub(super) fn predict_all_4x4<S: Simd>(simd: S, macroblock: &Macroblock, k: usize) -> [[u8; 16]; 9] {
    let available = available_4x4(macroblock, k);
    if S::IS_SCALAR || !available.left || !available.top {
        let (_, available, edge) = block_4x4(macroblock, k);
        return all_of(available, |mode| predict::<4, 13, 16>(mode, &edge, available));
    }
    let (x, y) = BLOCKS[k];
    let spot = Spot { at: LumaCanvas::at(4 * x, 4 * y), top_right: available.top_right };
    luma4x4::predict_all(simd, &macroblock.luma, spot)
}

/// Predicts a 4x4 block by a mode that its neighbours allow.
#[inline(always)]
pub(super) fn predict_4x4<S: Simd>(simd: S, macroblock: &Macroblock, k: usize, mode: u8) -> [u8; 16] {
    let available = available_4x4(macroblock, k);
    if S::IS_SCALAR || !available.left || !available.top {
        let (_, available, edge) = block_4x4(macroblock, k);
        return predict::<4, 13, 16>(mode, &edge, available);
    }
    let (x, y) = BLOCKS[k];
    let spot = Spot { at: LumaCanvas::at(4 * x, 4 * y), top_right: available.top_right };
    luma4x4::predict(simd, &macroblock.luma, spot, mode)
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::super::super::decision::tests::macroblock;
    use super::super::super::macroblock::Neighbours;
    use super::*;
    use crate::simd::{Job, Level, Scalar};

    struct Predicted<'a>(&'a mut Macroblock);

    impl Job for Predicted<'_> {
        /// All predictions of all blocks, of both planes of chroma, and what the searches through whole planes find.
        type Output = (Vec<[[u8; 16]; 9]>, Vec<[[u8; 64]; 9]>, Vec<[u8; 128]>, [(Mode, u32, [u32; 4]); 2]);

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let Self(macroblock) = self;
            let prices = Prices { lambda: 7, limited_lambda: 7, shortcut: None, surcharge: 0 };
            let mut found = Found::default();
            search_16x16(simd, macroblock, &prices, &mut found);
            search_chroma(simd, macroblock, &prices, &mut found);
            let mut modes = vec![found.prediction];
            for &mode in Mode::candidates(macroblock.neighbours) {
                modes.push(predict_both_chroma(simd, macroblock, mode));
            }
            (
                (0..16).map(|k| predict_all_4x4(simd, macroblock, k)).collect(),
                (0..4).map(|k| predict_all_8x8(simd, macroblock, k)).collect(),
                modes,
                [
                    (found.mode_16x16, found.cost_16x16, found.costs_16x16),
                    (found.chroma, found.cost_chroma, found.costs_chroma),
                ],
            )
        }
    }

    #[test]
    fn levels_predict_as_the_plain_form() {
        let mut rng = Rng::new(12);
        for round in 0..200 {
            let [left, top, top_right] = [0; 3].map(|_: u8| !rng.byte().is_multiple_of(4));
            let scene = macroblock(&mut rng, Neighbours { left, top, top_right: top && top_right });
            let run = |level: Level| level.run(Predicted(&mut scene.clone()));
            let plain = run(Level::Scalar(Scalar));
            for level in Level::available() {
                assert_eq!(run(level), plain, "{level}: round {round}");
            }
        }
    }
}
