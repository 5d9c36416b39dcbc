//! The prediction of quantisation parameters (H.265 8.6.1).

use super::ctu::Ctu;

/// The prediction of QpY (H.265 8.6.1) for the quantisation group at (x, y) of a CTU. `previous` is the QpY of
/// the last coding unit before the CTU.
///
/// In the analysis, the encoder takes that one also for the lower left group of a CTU whose right half lies outside
/// the picture, where the standard takes the group above (docs/spec/h265-intra.md, section 14).
pub(super) fn predicted_qp(ctu: &Ctu, x: usize, y: usize, previous: u8, in_analysis: bool) -> u8 {
    let last = match (x >= 32, y >= 32) {
        (false, false) => previous,
        (true, false) => ctu.last_qp(0, 0, 32),
        (false, true) if ctu.area.contains(32, 0) => ctu.last_qp(32, 0, 32),
        (false, true) if in_analysis => previous,
        (false, true) => ctu.last_qp(0, 0, 32),
        (true, true) => ctu.last_qp(0, 32, 32),
    };
    let left = if x > 0 { ctu.qp(x - 1, y) } else { last };
    let above = if y > 0 { ctu.qp(x, y - 1) } else { last };
    left.midpoint(above) + ((left ^ above) & 1)
}

/// Gives the coding units of a divided quantisation group, `size` large at (x, y), that come before the first with levels
/// the predicted QpY: no decoder would know another.
pub(super) fn settle_qps(ctu: &mut Ctu, x: usize, y: usize, size: usize, predicted_qp: u8) {
    let mut order = 0;
    while let Some((x, y, size)) = ctu.next_unit(x, y, size, &mut order) {
        if ctu.unit(x, y).is_coded() {
            break;
        }
        ctu.set_qp(x, y, size, predicted_qp);
    }
}
