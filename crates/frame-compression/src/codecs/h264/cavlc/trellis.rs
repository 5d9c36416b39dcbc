//! Trellis quantisation for CAVLC (docs/spec/h264-presets.md, section 13.4): levels are moved by one as long as that
//! saves more in bits than it costs in distortion.

use super::block_bits;

/// A coefficient of a list.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Candidate {
    /// The level nearest to it.
    pub(in super::super) nearest: u32,
    /// Whether it starts with that, or with the one below.
    pub(in super::super) starts_near: bool,
    /// How much more distortion the one below has.
    pub(in super::super) loss: i64,
}

/// Chooses the magnitudes of a list's levels. `lambda` is that of the trellis.
pub(in super::super) fn choose<const N: usize>(
    candidates: &[Candidate; N],
    column: usize,
    lambda: u32,
    long_levels: bool,
    negative: impl Fn(usize) -> bool,
) -> [i16; N] {
    let value = |i: usize, near: bool| {
        let level = candidates[i].nearest as i16 - i16::from(candidates[i].nearest > 0 && !near);
        if negative(i) { -level } else { level }
    };
    let price =
        |levels: &[i16; N]| 16 * i64::from(lambda) * i64::from(block_bits(levels, column, long_levels));
    let Some(end) = candidates.iter().rposition(|candidate| candidate.nearest != 0) else { return [0; N] };
    let mut near: [bool; N] = std::array::from_fn(|i| candidates[i].starts_near);
    let mut levels: [i16; N] = std::array::from_fn(|i| value(i, near[i]));
    let mut cost = price(&levels);
    let mut open: [bool; N] =
        std::array::from_fn(|i| i <= end && candidates[i].nearest != 0 && candidates[i].loss != 0);
    loop {
        let mut best: Option<(i64, i64, usize)> = None;
        for i in (0..=end).filter(|&i| open[i]) {
            let mut moved = levels;
            moved[i] = value(i, !near[i]);
            let bits = price(&moved);
            let total = bits + if near[i] { candidates[i].loss } else { -candidates[i].loss };
            if total < best.map_or(cost, |(least, ..)| least) {
                best = Some((total, bits, i));
            }
        }
        let Some((_, bits, i)) = best else { return levels };
        near[i] = !near[i];
        levels[i] = value(i, near[i]);
        open[i] = false;
        cost = bits;
    }
}
