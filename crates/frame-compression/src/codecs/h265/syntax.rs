//! The syntax of a coding unit (H.265 7.3.8.5 to 7.3.8.14) as bits: what the analysis prices and the commit codes.

use super::cabac::{Coder, context, rare_context};
use super::ctu::{CodingUnit, DERIVED, TransformBlock};
use super::levels::Levels;
use super::residual::{Channel, code_residual};
use super::scan::{Scan, chroma_scan, luma_scan};
use crate::simd::Simd;

/// What a coding unit's luma depends on beside itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnitContext {
    pub(super) log2: u32,
    /// Whether it is of the smallest size, so that part_mode is coded.
    pub(super) smallest: bool,
    /// candModeList of each prediction unit.
    pub(super) most_probable: [[u8; 3]; 4],
    pub(super) sign_hiding: bool,
    /// log2 of the smallest transform that the unit can have.
    pub(super) least_transform_log2: u32,
    /// Whether 4x4 blocks have a transform_skip_flag.
    pub(super) transform_skip: bool,
}

/// Codes split_cu_flag.
#[inline]
pub(super) fn code_split_flag(coder: &mut Coder, deeper_neighbours: usize, split: bool) {
    coder.bin(context::SPLIT_CU_FLAG + deeper_neighbours, split);
}

/// Codes part_mode.
#[inline(always)]
pub(super) fn code_part_mode(coder: &mut Coder, quartered: bool) {
    coder.bin(context::PART_MODE, !quartered);
}

/// Bits of a luma mode that no context counts: mpm_idx or rem_intra_luma_pred_mode.
#[inline(always)]
pub(super) fn luma_mode_bypass(mode: u8, most_probable: [u8; 3]) -> u32 {
    match most_probable.iter().position(|&m| m == mode) {
        Some(0) => 1,
        Some(_) => 2,
        None => 5,
    }
}

/// Codes a luma mode.
#[inline(always)]
pub(super) fn code_luma_mode(coder: &mut Coder, mode: u8, most_probable: [u8; 3]) {
    coder.bin(context::PREV_INTRA_LUMA_PRED_FLAG, most_probable.contains(&mode));
    coder.bypass(luma_mode_bypass(mode, most_probable));
}

/// Codes intra_chroma_pred_mode.
#[inline(always)]
pub(super) fn code_chroma_mode(coder: &mut Coder, mode: u8) {
    coder.bin(context::INTRA_CHROMA_PRED_MODE, mode != DERIVED);
    if mode != DERIVED {
        coder.bypass(2);
    }
}

/// Codes cbf_luma of a transform unit at a depth of the transform tree.
#[inline(always)]
pub(super) fn code_cbf_luma(coder: &mut Coder, depth: u32, coded: bool) {
    coder.bin(context::CBF_LUMA + usize::from(depth == 0), coded);
}

/// Codes split_transform_flag of a block of 2^`log2` samples.
#[inline(always)]
pub(super) fn code_split_transform_flag(coder: &mut Coder, log2: u32, split: bool) {
    coder.rare_bin(rare_context::SPLIT_TRANSFORM_FLAG + (5 - log2) as usize, split);
}

/// Codes the levels of a block that has any, with its transform_skip_flag where it has one.
#[inline(always)]
pub(super) fn code_block<S: Simd>(
    simd: S,
    coder: &mut Coder,
    levels: Levels<'_>,
    scan: &Scan,
    channel: Channel,
    sign_hiding: bool,
    skipped: Option<bool>,
) {
    if let Some(skipped) = skipped {
        let of_chroma = usize::from(channel == Channel::Chroma);
        coder.rare_bin(rare_context::TRANSFORM_SKIP_FLAG + of_chroma, skipped);
    }
    code_residual(simd, coder, levels, scan, channel, sign_hiding);
}

/// Codes cu_qp_delta_abs and its sign.
pub(super) fn code_qp_delta(coder: &mut Coder, delta: i32) {
    let wrapped = (delta + 78) % 52 - 26;
    let magnitude = wrapped.unsigned_abs();
    for bin in 0..magnitude.min(5) {
        coder.bin(context::CU_QP_DELTA_ABS + usize::from(bin > 0), true);
    }
    if magnitude < 5 {
        coder.bin(context::CU_QP_DELTA_ABS + usize::from(magnitude > 0), false);
    } else {
        // Exp-Golomb of order 0.
        coder.bypass(2 * (magnitude - 4).ilog2() + 1);
    }
    if magnitude > 0 {
        coder.bypass(1);
    }
}

/// Codes the luma of a coding unit. Luma, chroma and cu_qp_delta have no context in common, so that their order does
/// not matter.
pub(super) fn code_unit_luma<S: Simd>(
    simd: S,
    coder: &mut Coder,
    unit: &CodingUnit,
    levels: Levels<'_>,
    surroundings: &UnitContext,
) {
    let &UnitContext { log2, smallest, most_probable, sign_hiding, least_transform_log2, transform_skip } =
        surroundings;
    if smallest {
        code_part_mode(coder, unit.quartered);
    }
    let parts = if unit.quartered { 4 } else { 1 };
    for (&mode, &probable) in unit.luma_modes.iter().zip(&most_probable).take(parts) {
        code_luma_mode(coder, mode, probable);
    }
    if !unit.quartered {
        code_split_transform_flags(coder, unit, log2, least_transform_log2);
    }
    for block in unit.luma_blocks(log2) {
        let has = |bits: u64| bits >> block.first & 1 != 0;
        let coded = has(unit.coded[0]);
        code_cbf_luma(coder, block.depth, coded);
        if coded {
            let mode = unit.luma_modes[if unit.quartered { block.first } else { 0 }];
            let scan = luma_scan(block.log2, mode);
            let skipped = (transform_skip && block.log2 == 2).then(|| has(unit.skipped[0]));
            let levels = levels.skip(block.first);
            code_block(simd, coder, levels, scan, Channel::Luma, sign_hiding, skipped);
        }
    }
}

/// Codes the split_transform_flags of a coding unit.
fn code_split_transform_flags(coder: &mut Coder, unit: &CodingUnit, log2: u32, least_log2: u32) {
    if log2 <= least_log2 {
        return;
    }
    code_split_transform_flag(coder, log2, unit.is_split(log2, 0, 0));
    // Flags of one size share a context, which those of other sizes do not touch.
    for depth in 1..log2 - least_log2 {
        let log2 = log2 - depth;
        let step = 1 << (2 * (log2 - 2));
        for first in (0..step << (2 * depth)).step_by(step) {
            let parent = first & !(4 * step - 1);
            if unit.reaches(log2 + 1, depth - 1, parent) {
                code_split_transform_flag(coder, log2, unit.is_split(log2, depth, first));
            }
        }
    }
}

/// Codes the chroma of a coding unit of 2^`log2` luma samples. In a stream, the two components take turns from block to
/// block; the encoder's search counts first the one, then the other.
pub(super) fn code_unit_chroma<S: Simd>(
    simd: S,
    coder: &mut Coder,
    unit: &CodingUnit,
    levels: [Levels<'_>; 2],
    surroundings: &UnitContext,
    in_turns: bool,
) {
    let log2 = surroundings.log2;
    code_chroma_mode(coder, unit.chroma_mode);
    if log2 == 3 || !unit.is_split(log2, 0, 0) {
        return code_undivided_chroma(simd, coder, unit, levels, surroundings);
    }
    code_cbfs_chroma(coder, unit, TransformBlock { first: 0, log2, depth: 0 });
    let mode = unit.resolved_chroma_mode();
    let mut code = |component: usize, block: TransformBlock| {
        let has = |bits: [u64; 3]| bits[1 + component] >> block.first & 1 != 0;
        if has(unit.coded) {
            let skipped = (surroundings.transform_skip && block.log2 == 2).then(|| has(unit.skipped));
            let levels = levels[component].skip(block.first / 4);
            let scan = chroma_scan(block.log2, mode);
            code_block(simd, coder, levels, scan, Channel::Chroma, surroundings.sign_hiding, skipped);
        }
    };
    if in_turns {
        unit.chroma_blocks(log2).for_each(|block| (0..2).for_each(|component| code(component, block)));
    } else {
        (0..2).for_each(|component| unit.chroma_blocks(log2).for_each(|block| code(component, block)));
    }
}

/// Codes the chroma of a coding unit that has one block of each component, but for its mode. The search asks for it
/// most often, and need not walk a tree then.
fn code_undivided_chroma<S: Simd>(
    simd: S,
    coder: &mut Coder,
    unit: &CodingUnit,
    levels: [Levels<'_>; 2],
    surroundings: &UnitContext,
) {
    let log2 = surroundings.log2 - 1;
    let coded = [unit.coded[1] & 1 != 0, unit.coded[2] & 1 != 0];
    for coded in coded {
        coder.bin(context::CBF_CHROMA, coded);
    }
    let scan = chroma_scan(log2, unit.resolved_chroma_mode());
    for (component, levels) in levels.into_iter().enumerate() {
        if coded[component] {
            let is_skipped = unit.skipped[1 + component] & 1 != 0;
            let skipped = (surroundings.transform_skip && log2 == 2).then_some(is_skipped);
            code_block(simd, coder, levels, scan, Channel::Chroma, surroundings.sign_hiding, skipped);
        }
    }
}

/// Codes cbf_cb and cbf_cr of a block of the transform tree and those it is divided into.
fn code_cbfs_chroma(coder: &mut Coder, unit: &CodingUnit, block: TransformBlock) {
    let TransformBlock { first, log2, depth } = block;
    let within = |size: usize, first: usize| (u64::MAX >> (64 - size)) << first;
    let size = 1_usize << (2 * (log2 - 2));
    let parent = within(4 * size.min(16), first & !(4 * size.min(16) - 1));
    for coded in &unit.coded[1..] {
        if depth == 0 || coded & parent != 0 {
            coder.bin(context::CBF_CHROMA + depth as usize, coded & within(size, first) != 0);
        }
    }
    if log2 > 3 && unit.is_split(log2, depth, first) {
        for quarter in 0..4 {
            let first = first + quarter * size / 4;
            code_cbfs_chroma(coder, unit, TransformBlock { first, log2: log2 - 1, depth: depth + 1 });
        }
    }
}
