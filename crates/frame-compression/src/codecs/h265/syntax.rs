//! The syntax of a coding unit (H.265 7.3.8.5 to 7.3.8.14) as bits: what the analysis prices and the commit codes.

use super::cabac::{Coder, context};
use super::ctu::{CodingUnit, DERIVED};
use super::quantise::Levels;
use super::residual_rate::{Channel, code_residual};
use super::scan::{chroma_scan, luma_scan};
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

/// Codes cbf_luma of a transform unit.
#[inline(always)]
pub(super) fn code_cbf_luma(coder: &mut Coder, quartered: bool, coded: bool) {
    coder.bin(context::CBF_LUMA + usize::from(!quartered), coded);
}

/// Codes cbf_cb or cbf_cr.
#[inline(always)]
pub(super) fn code_cbf_chroma(coder: &mut Coder, coded: bool) {
    coder.bin(context::CBF_CHROMA, coded);
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
    let &UnitContext { log2, smallest, most_probable, sign_hiding } = surroundings;
    if smallest {
        code_part_mode(coder, unit.quartered);
    }
    let parts = if unit.quartered { 4 } else { 1 };
    for (&mode, &probable) in unit.luma_modes.iter().zip(&most_probable).take(parts) {
        code_luma_mode(coder, mode, probable);
    }
    for part in 0..parts {
        let coded = unit.cbf_luma >> part & 1 != 0;
        code_cbf_luma(coder, unit.quartered, coded);
        if coded {
            let part_log2 = if unit.quartered { 2 } else { log2 };
            let scan = luma_scan(part_log2, unit.luma_modes[part]);
            let Levels { levels, significant } = levels;
            let levels = Levels { levels: &levels[16 * part..], significant: &significant[part..] };
            code_residual(simd, coder, levels, scan, Channel::Luma, sign_hiding);
        }
    }
}

/// Codes the chroma of a coding unit of 2^`log2` luma samples.
pub(super) fn code_unit_chroma<S: Simd>(
    simd: S,
    coder: &mut Coder,
    unit: &CodingUnit,
    levels: [Levels<'_>; 2],
    log2: u32,
    sign_hiding: bool,
) {
    code_chroma_mode(coder, unit.chroma_mode);
    code_cbf_chroma(coder, unit.cbf_cb);
    code_cbf_chroma(coder, unit.cbf_cr);
    let scan = chroma_scan(log2 - 1, unit.resolved_chroma_mode());
    for (coded, levels) in [unit.cbf_cb, unit.cbf_cr].into_iter().zip(levels) {
        if coded {
            code_residual(simd, coder, levels, scan, Channel::Chroma, sign_hiding);
        }
    }
}
