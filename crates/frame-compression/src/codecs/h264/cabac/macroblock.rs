//! The bins of a macroblock (H.264 7.3.5, 9.3.3.1.1; docs/spec/h264-presets.md, section 5.3).

use super::super::rate_distortion::coded::{ChromaCoding, LumaCoding};
use super::super::rate_distortion::record::{
    BLOCKS, Counts, Kind, Record, chroma_number, chroma_place, luma_number, luma_place,
};
use super::BIT;
use super::Contexts;
use super::block::{Category, Order, coded_of, pass_block};
use super::predicted::{Outline, Predicted};

/// The bin before the end of a slice in an Intra16x16's type.
const TERMINATE: u32 = 7;

/// What the contexts of a macroblock's syntax elements depend on beside it.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Around {
    /// Whether the left and the upper macroblock exist and are not I_NxN.
    not_nxn: usize,
    transform_8x8: usize,
    chroma_mode: usize,
    /// coded_block_pattern of luma: the two blocks to the left, the two above.
    left_pattern: [bool; 2],
    above_pattern: [bool; 2],
    chroma_patterns: [u8; 2],
    /// The flags of the DC blocks of luma, Cb and Cr: left, plus twice above.
    dc: [usize; 3],
    /// Whether the macroblock before changes the QP.
    changes_qp: bool,
}

impl Around {
    pub(in super::super) fn of(
        left: Option<&Record>,
        above: Option<&Record>,
        before: Option<&Record>,
    ) -> Self {
        Self::of_kind(left, above, before, false)
    }

    /// The same of a macroblock that may be predicted from other frames.
    pub(in super::super) fn of_kind(
        left: Option<&Record>,
        above: Option<&Record>,
        before: Option<&Record>,
        moved: bool,
    ) -> Self {
        let count = |property: fn(&Record) -> bool| {
            [left, above].into_iter().flatten().filter(|&record| property(record)).count()
        };
        let pattern = |record: Option<&Record>, bits: [u8; 2]| {
            bits.map(|bit| record.is_none_or(|record| record.luma_pattern >> bit & 1 != 0))
        };
        Self {
            not_nxn: count(|record| !record.kind.is_nxn()),
            transform_8x8: count(|record| {
                record.kind == Kind::Intra8x8 || record.kind == Kind::Moved8x8 && record.luma_pattern != 0
            }),
            chroma_mode: count(|record| record.chroma_mode != 0),
            left_pattern: pattern(left, [1, 3]),
            above_pattern: pattern(above, [2, 3]),
            chroma_patterns: [left, above].map(|record| record.map_or(0, |record| record.chroma_pattern)),
            dc: [0, 1, 2].map(|i| {
                let flag =
                    |record: Option<&Record>| usize::from(record.map_or(!moved, |record| record.dc[i]));
                flag(left) + 2 * flag(above)
            }),
            changes_qp: before.is_some_and(|record| record.changes_qp),
        }
    }
}

/// A macroblock to be passed through the contexts.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Subject<'a> {
    pub(in super::super) around: &'a Around,
    /// With the macroblock's own counts in place.
    pub(in super::super) counts: &'a Counts,
    pub(in super::super) luma: &'a LumaCoding,
    pub(in super::super) chroma: &'a ChromaCoding,
    /// Whether there is a flag for the 8x8 transform.
    pub(in super::super) transform_8x8: bool,
    /// The macroblock's QP, and that of the one before.
    pub(in super::super) qp: u8,
    pub(in super::super) last: u8,
    /// Its way to be predicted.
    pub(in super::super) head: Head<'a>,
}

/// What comes before the rest of a macroblock.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Head<'a> {
    /// Nothing, in an intra picture.
    Intra,
    /// In another, that the macroblock is intra.
    Among(Predicted<'a>),
    /// How it is predicted from other frames.
    Moved(Predicted<'a>, &'a Outline),
}

/// The type of a macroblock of raw samples.
pub(in super::super) fn pass_pcm(contexts: &mut Contexts, around: &Around) -> u32 {
    contexts.pass(3 + around.not_nxn, true)
}

/// Passes all bins of a macroblock: the cost. `chroma_bits`: where chroma's residual has been counted already. What
/// costs `most` or more may be left before its end, at a cost that is no less than `most` either.
pub(in super::super) fn pass_macroblock(
    contexts: &mut Contexts,
    subject: &Subject<'_>,
    order: Order,
    chroma_bits: Option<u32>,
    most: u32,
) -> u32 {
    let Subject { around, counts, luma, chroma, transform_8x8, qp, last, head } = *subject;
    if let Head::Moved(predicted, outline) = head {
        let bits = predicted.pass(contexts, outline);
        return bits + pass_moved(contexts, subject, order, most.saturating_sub(bits));
    }
    let (mut bits, first) = match head {
        Head::Among(predicted) => predicted.pass_intra(contexts),
        _ => (0, 3),
    };
    if luma.kind == Kind::Intra16x16 {
        bits += pass_16x16_type(contexts, subject, first);
    } else {
        bits += contexts.pass(if first == 3 { 3 + around.not_nxn } else { first }, false);
        if transform_8x8 {
            bits += contexts.pass(399 + around.transform_8x8, luma.kind == Kind::Intra8x8);
        }
        let step = if luma.kind == Kind::Intra8x8 { 4 } else { 1 };
        for k in (0..16).step_by(step) {
            bits += pass_mode(contexts, luma.predicted[k], luma.modes[k]);
        }
    }
    bits += pass_chroma_mode(contexts, around, chroma_number(chroma.mode));
    if luma.kind != Kind::Intra16x16 {
        bits += pass_luma_pattern(contexts, around, luma.pattern);
        bits += pass_chroma_pattern(contexts, around, chroma.pattern);
    }
    if luma.kind != Kind::Intra16x16 && luma.pattern == 0 && chroma.pattern == 0 {
        return bits;
    }
    let empty = luma.pattern == 0 && !luma.dc_coded && chroma.pattern == 0;
    let step = if empty && qp > last { 0 } else { i32::from(qp) - i32::from(last) };
    bits += pass_qp_delta(contexts, around, step) + chroma_bits.unwrap_or(0);
    bits += pass_luma_residual(contexts, around, counts, luma, order, most.saturating_sub(bits));
    if chroma_bits.is_none() {
        bits += pass_chroma_residual(contexts, around, counts, chroma, order);
    }
    bits
}

/// The type of Intra16x16, in contexts from `first` on.
fn pass_16x16_type(contexts: &mut Contexts, subject: &Subject<'_>, first: usize) -> u32 {
    let Subject { around, luma, chroma, .. } = *subject;
    // Beside the first, in intra pictures and in others.
    let (start, [luma_bin, chroma_bin, chroma_more, mode, mode_last]) = match first {
        3 => (3 + around.not_nxn, [6, 7, 8, 9, 10]),
        _ => (first, [1, 2, 2, 3, 3].map(|place| first + place)),
    };
    let mut bits = contexts.pass(start, true) + TERMINATE;
    bits += contexts.pass(luma_bin, luma.pattern != 0);
    bits += contexts.pass(chroma_bin, chroma.pattern != 0);
    if chroma.pattern != 0 {
        bits += contexts.pass(chroma_more, chroma.pattern == 2);
    }
    let number = luma_number(luma.mode);
    bits + contexts.pass(mode, number >> 1 != 0) + contexts.pass(mode_last, number & 1 != 0)
}

/// The residual of a macroblock that is predicted from other frames, with its patterns.
fn pass_moved(contexts: &mut Contexts, subject: &Subject<'_>, order: Order, most: u32) -> u32 {
    let Subject { around, counts, luma, chroma, transform_8x8, qp, last, .. } = *subject;
    let mut bits = pass_luma_pattern(contexts, around, luma.pattern);
    bits += pass_chroma_pattern(contexts, around, chroma.pattern);
    if luma.pattern != 0 && transform_8x8 {
        bits += contexts.pass(399 + around.transform_8x8, luma.kind == Kind::Moved8x8);
    }
    if luma.pattern == 0 && chroma.pattern == 0 {
        return bits;
    }
    bits += pass_qp_delta(contexts, around, i32::from(qp) - i32::from(last));
    bits += pass_luma_residual(contexts, around, counts, luma, order, most.saturating_sub(bits));
    bits + pass_chroma_residual(contexts, around, counts, chroma, order)
}

/// The mode of a 4x4 or 8x8 block.
pub(in super::super) fn pass_mode(contexts: &mut Contexts, predicted: u8, mode: u8) -> u32 {
    let is_predicted = mode == predicted;
    let rest = if is_predicted { None } else { Some(mode - u8::from(mode > predicted)) };
    contexts.pass(68, is_predicted) + contexts.pass_three(69, rest)
}

/// intra_chroma_pred_mode.
pub(in super::super) fn pass_chroma_mode(contexts: &mut Contexts, around: &Around, number: u8) -> u32 {
    let mut bits = contexts.pass(64 + around.chroma_mode, number > 0);
    if number > 0 {
        bits += contexts.pass(67, number > 1);
    }
    if number > 1 {
        bits += contexts.pass(67, number > 2);
    }
    bits
}

/// The four bins of luma in coded_block_pattern.
pub(in super::super) fn pass_luma_pattern(contexts: &mut Contexts, around: &Around, pattern: u8) -> u32 {
    let bit = |k: usize| pattern >> k & 1 != 0;
    let mut bits = 0;
    for k in 0..4 {
        let (x, y) = (k % 2, k / 2);
        let left = if x == 0 { around.left_pattern[y] } else { bit(k - 1) };
        let above = if y == 0 { around.above_pattern[x] } else { bit(k - 2) };
        bits += contexts.pass(73 + usize::from(!left) + 2 * usize::from(!above), bit(k));
    }
    bits
}

/// The bins of chroma in coded_block_pattern.
pub(in super::super) fn pass_chroma_pattern(contexts: &mut Contexts, around: &Around, pattern: u8) -> u32 {
    let [left, above] = around.chroma_patterns;
    let mut bits = contexts.pass(77 + usize::from(left != 0) + 2 * usize::from(above != 0), pattern != 0);
    if pattern != 0 {
        bits += contexts.pass(81 + usize::from(left == 2) + 2 * usize::from(above == 2), pattern == 2);
    }
    bits
}

fn pass_qp_delta(contexts: &mut Contexts, around: &Around, step: i32) -> u32 {
    let mut value = if step > 0 { 2 * step - 1 } else { -2 * step };
    // The longer way round.
    if value >= 51 && value != 52 {
        value = 103 - value;
    }
    let mut context = 60 + usize::from(around.changes_qp);
    let mut bits = 0;
    for i in 0..value {
        bits += contexts.pass(context, true);
        context = if i == 0 { 62 } else { 63 };
    }
    bits + contexts.pass(context, false)
}

/// A block with its coded_block_flag. `neighbours` is the flag to the left, plus twice that above.
pub(in super::super) fn pass_flagged<const N: usize>(
    contexts: &mut Contexts,
    category: Category,
    neighbours: usize,
    levels: &[i16; N],
    coded: u64,
    order: Order,
) -> u32 {
    contexts.pass(category.bases().flag + neighbours, coded != 0)
        + pass_block(contexts, category, levels, coded, order)
}

/// The flags of the blocks to the left and (twice) above a place among counts.
pub(in super::super) fn flags(counts: &[u8], place: usize) -> usize {
    usize::from(counts[place - 1] != 0) + 2 * usize::from(counts[place - 8] != 0)
}

fn pass_luma_residual(
    contexts: &mut Contexts,
    around: &Around,
    counts: &Counts,
    luma: &LumaCoding,
    order: Order,
    most: u32,
) -> u32 {
    let mut bits = 0;
    if luma.kind == Kind::Intra16x16 {
        let coded = coded_of(&luma.dc);
        bits += pass_flagged(contexts, Category::LumaDc, around.dc[0], &luma.dc, coded, order);
    }
    // The signs of all levels first: often they show that it is too much.
    let quarters = [0, 1, 2, 3].map(|k| luma.pattern >> k & 1 != 0);
    let signs = [0, 1, 2, 3].map(|k| if quarters[k] { BIT * luma.coded_8x8(k).count_ones() } else { 0 });
    bits += signs.iter().sum::<u32>();
    for k in (0..4).filter(|&k| quarters[k]) {
        if bits >= most {
            break;
        }
        bits = bits - signs[k] + pass_luma_8x8(contexts, counts, luma, k, order);
    }
    bits
}

/// The residual blocks of a quarter of luma.
#[inline(always)]
fn pass_luma_8x8(
    contexts: &mut Contexts,
    counts: &Counts,
    luma: &LumaCoding,
    quarter: usize,
    order: Order,
) -> u32 {
    if luma.kind.is_8x8() {
        let coded = luma.coded_8x8(quarter);
        return pass_block(contexts, Category::Luma8x8, luma.eight(quarter), coded, order);
    }
    let mut bits = 0;
    for (k, &(x, y)) in BLOCKS.iter().enumerate().skip(4 * quarter).take(4) {
        let flags = flags(&counts.luma, luma_place(x, y));
        let (levels, coded) = (&luma.levels[k], u64::from(luma.coded[k]));
        bits += if luma.kind == Kind::Intra16x16 {
            let levels: &[i16; 15] = levels.last_chunk().expect("16 levels");
            pass_flagged(contexts, Category::LumaAc, flags, levels, coded >> 1, order)
        } else {
            pass_flagged(contexts, Category::Luma4x4, flags, levels, coded, order)
        };
    }
    bits
}

/// The residual blocks of chroma.
pub(in super::super) fn pass_chroma_residual(
    contexts: &mut Contexts,
    around: &Around,
    counts: &Counts,
    chroma: &ChromaCoding,
    order: Order,
) -> u32 {
    let mut bits = 0;
    if chroma.pattern != 0 {
        for plane in 0..2 {
            // In coding order the horizontal frequency comes first.
            let [sum, vertical, horizontal, diagonal] = chroma.dc[plane];
            let levels = [sum, horizontal, vertical, diagonal];
            let (flags, coded) = (around.dc[1 + plane], coded_of(&levels));
            bits += pass_flagged(contexts, Category::ChromaDc, flags, &levels, coded, order);
        }
    }
    if chroma.pattern == 2 {
        for block in 0..8 {
            let place = chroma_place(block / 4, block % 4);
            let levels: &[i16; 15] = chroma.levels[block].last_chunk().expect("16 levels");
            let (flags, coded) = (flags(&counts.chroma, place), u64::from(chroma.coded[block] >> 1));
            bits += pass_flagged(contexts, Category::ChromaAc, flags, levels, coded, order);
        }
    }
    bits
}
