//! Intra prediction (H.265 8.4.4.2): reference samples, their filter, and the 35 modes.

use super::geometry::Neighbours;

/// The largest block, and how many reference samples one side of it has (the corner included).
const LARGEST: usize = 32;
pub(super) const SIDE: usize = 2 * LARGEST + 1;

pub(super) const PLANAR: u8 = 0;
pub(super) const DC: u8 = 1;
pub(super) const HORIZONTAL: u8 = 10;
pub(super) const VERTICAL: u8 = 26;
/// Number of modes.
pub(super) const MODES: u8 = 35;

/// intraPredAngle by mode.
const ANGLE: [i32; MODES as usize] = [
    0, 0, 32, 26, 21, 17, 13, 9, 5, 2, 0, -2, -5, -9, -13, -17, -21, -26, -32, -26, -21, -17, -13, -9, -5,
    -2, 0, 2, 5, 9, 13, 17, 21, 26, 32,
];

/// invAngle of modes 11 to 25.
const INVERSE_ANGLE: [i32; 15] =
    [-4096, -1638, -910, -630, -482, -390, -315, -256, -315, -390, -482, -630, -910, -1638, -4096];

/// intraPredAngle of a mode from 2 on.
#[inline(always)]
pub(super) const fn angle(mode: u8) -> i32 {
    ANGLE[mode as usize]
}

/// invAngle of a mode from 11 to 25.
#[inline(always)]
pub(super) const fn inverse_angle(mode: u8) -> i32 {
    INVERSE_ANGLE[mode as usize - 11]
}

/// The samples around a block: both sides begin with the corner.
#[derive(Debug, Clone)]
pub(super) struct References {
    pub(super) left: [u8; SIDE],
    pub(super) top: [u8; SIDE],
}

impl Default for References {
    fn default() -> Self {
        Self { left: [0; SIDE], top: [0; SIDE] }
    }
}

impl References {
    /// Reads the samples around the `N` x `N` block at `at` of a picture whose rows are `stride` apart
    /// (H.265 8.4.4.2.2). The neighbours' counts are in samples of this picture.
    pub(super) fn fetch<const N: usize>(
        &mut self,
        picture: &[u8],
        stride: usize,
        at: usize,
        neighbours: Neighbours,
    ) {
        let Neighbours { left, above, below_left, above_right } = neighbours;
        if left {
            let rows = picture[at - 1..].chunks(stride);
            for (sample, row) in self.left[1..=N + below_left].iter_mut().zip(rows) {
                *sample = row[0];
            }
            continue_side::<N>(&mut self.left, below_left);
        }
        if above {
            let row = &picture[at - stride..];
            self.top[1..=N].copy_from_slice(&row[..N]);
            // Nearly always all or none: lengths that the compiler knows.
            if above_right == N {
                self.top[N + 1..=2 * N].copy_from_slice(&row[N..2 * N]);
            } else {
                self.top[N + 1..][..above_right].copy_from_slice(&row[N..][..above_right]);
                continue_side::<N>(&mut self.top, above_right);
            }
        }
        match (left, above) {
            (true, true) => self.left[0] = picture[at - stride - 1],
            (true, false) => {
                self.left[0] = self.left[1];
                self.top[1..=2 * N].fill(self.left[1]);
            }
            (false, true) => {
                let first = self.top[1];
                self.left[..=2 * N].fill(first);
            }
            (false, false) => {
                self.left[..=2 * N].fill(128);
                self.top[..=2 * N].fill(128);
            }
        }
        self.top[0] = self.left[0];
    }

    /// The filtered samples of a luma block (H.265 8.4.4.2.3, strong_intra_smoothing_enabled_flag 1).
    pub(super) fn filter(&self, size: usize, filtered: &mut References) {
        let end = 2 * size;
        let corner = i32::from(self.left[0]);
        let flat = |side: &[u8; SIDE]| (corner + i32::from(side[end]) - 2 * i32::from(side[size])).abs() < 8;
        if size == 32 && flat(&self.left) && flat(&self.top) {
            for (from, to) in [(&self.left, &mut filtered.left), (&self.top, &mut filtered.top)] {
                let last = i32::from(from[end]);
                for (i, sample) in to[..=end].iter_mut().enumerate() {
                    let i = i as i32;
                    *sample = (((64 - i) * corner + i * last + 32) >> 6) as u8;
                }
            }
            return;
        }
        for (from, to) in [(&self.left, &mut filtered.left), (&self.top, &mut filtered.top)] {
            for (sample, near) in to[1..end].iter_mut().zip(from.windows(3)) {
                *sample = ((u32::from(near[0]) + 2 * u32::from(near[1]) + u32::from(near[2]) + 2) >> 2) as u8;
            }
            to[end] = from[end];
        }
        let smooth = ((i32::from(self.left[1]) + 2 * corner + i32::from(self.top[1]) + 2) >> 2) as u8;
        (filtered.left[0], filtered.top[0]) = (smooth, smooth);
    }
}

/// Repeats the last sample of a side that has so many beyond the block's own.
#[inline(always)]
fn continue_side<const N: usize>(side: &mut [u8; SIDE], beyond: usize) {
    if beyond == 0 {
        let last = side[N];
        side[N + 1..=2 * N].fill(last);
    } else {
        let last = side[N + beyond];
        side[N + beyond + 1..=2 * N].fill(last);
    }
}

/// Whether a luma block of this size and mode is predicted from filtered samples (H.265 8.4.4.2.3).
#[inline(always)]
pub(super) fn is_filtered(size: usize, mode: u8) -> bool {
    let threshold = match size {
        4 => return false,
        8 => 7,
        16 => 1,
        _ => 0,
    };
    let distance = mode.abs_diff(VERTICAL).min(mode.abs_diff(HORIZONTAL));
    mode != DC && distance > threshold
}

#[cfg(test)]
/// Predicts a block with a mode. `smooth_edges` is set for luma blocks below 32x32 (disableIntraBoundaryFilter).
pub(super) fn predict<const N: usize>(mode: u8, references: &References, smooth_edges: bool, out: &mut [u8]) {
    if mode > DC && mode < 18 {
        let mut turned = [0; LARGEST * LARGEST];
        predict_turned::<N>(mode, references, smooth_edges, &mut turned[..N * N]);
        for y in 0..N {
            for x in 0..N {
                out[y * N + x] = turned[x * N + y];
            }
        }
    } else {
        predict_turned::<N>(mode, references, smooth_edges, out);
    }
}

/// The same, but modes 2 to 17 with rows and columns swapped, as they are reckoned: along the main reference.
pub(super) fn predict_turned<const N: usize>(
    mode: u8,
    references: &References,
    smooth_edges: bool,
    out: &mut [u8],
) {
    let References { left, top } = references;
    match mode {
        PLANAR => planar::<N>(left, top, out),
        DC => dc::<N>(left, top, smooth_edges, out),
        2..18 => angular::<N>(mode, left, top, smooth_edges, out),
        _ => angular::<N>(mode, top, left, smooth_edges, out),
    }
}

/// H.265 8.4.4.2.4.
fn planar<const N: usize>(left: &[u8; SIDE], top: &[u8; SIDE], out: &mut [u8]) {
    let shift = N.ilog2() + 1;
    let (right, bottom) = (i32::from(top[N + 1]), i32::from(left[N + 1]));
    for (y, row) in out.chunks_exact_mut(N).take(N).enumerate() {
        let (from, below) = (i32::from(left[y + 1]), y as i32 + 1);
        for (x, sample) in row.iter_mut().enumerate() {
            let across = (N as i32 - 1 - x as i32) * from + (x as i32 + 1) * right;
            let down = (N as i32 - below) * i32::from(top[x + 1]) + below * bottom;
            *sample = ((across + down + N as i32) >> shift) as u8;
        }
    }
}

/// H.265 8.4.4.2.5.
fn dc<const N: usize>(left: &[u8; SIDE], top: &[u8; SIDE], smooth_edges: bool, out: &mut [u8]) {
    let sum: u32 = left[1..=N].iter().chain(&top[1..=N]).map(|&s| u32::from(s)).sum();
    let mean = (sum + N as u32) >> (N.ilog2() + 1);
    out[..N * N].fill(mean as u8);
    if smooth_edges {
        out[0] = ((u32::from(left[1]) + 2 * mean + u32::from(top[1]) + 2) >> 2) as u8;
        for i in 1..N {
            out[i] = ((u32::from(top[i + 1]) + 3 * mean + 2) >> 2) as u8;
            out[i * N] = ((u32::from(left[i + 1]) + 3 * mean + 2) >> 2) as u8;
        }
    }
}

/// H.265 8.4.4.2.6, along the main reference: rows of the result run in its direction.
fn angular<const N: usize>(
    mode: u8,
    main: &[u8; SIDE],
    side: &[u8; SIDE],
    smooth_edges: bool,
    out: &mut [u8],
) {
    let angle = angle(mode);
    // The reference array of the standard, from index -N on, with a sample behind that is read but does not count.
    let mut reference = [0; LARGEST + SIDE + 1];
    reference[N..=3 * N].copy_from_slice(&main[..=2 * N]);
    if angle < 0 {
        let inverse = inverse_angle(mode);
        let last = (N as i32 * angle) >> 5;
        for x in last..0 {
            reference[(N as i32 + x) as usize] = side[((x * inverse + 128) >> 8) as usize];
        }
    }
    for (y, row) in out.chunks_exact_mut(N).take(N).enumerate() {
        let offset = (y as i32 + 1) * angle;
        let fraction = (offset & 31) as u32;
        let from = &reference[(N as i32 + (offset >> 5) + 1) as usize..][..N + 1];
        if fraction == 0 {
            row.copy_from_slice(&from[..N]);
        } else {
            for (sample, pair) in row.iter_mut().zip(from.windows(2)) {
                let sum = (32 - fraction) * u32::from(pair[0]) + fraction * u32::from(pair[1]);
                *sample = ((sum + 16) >> 5) as u8;
            }
        }
    }
    if angle == 0 && smooth_edges {
        smooth_first_column::<N>(main, side, out);
    }
}

/// Lets the first column of a prediction without an angle follow the side.
#[inline(always)]
pub(super) fn smooth_first_column<const N: usize>(main: &[u8; SIDE], side: &[u8; SIDE], out: &mut [u8]) {
    let corner = i32::from(main[0]);
    for y in 0..N {
        let change = (i32::from(side[y + 1]) - corner) >> 1;
        out[y * N] = (i32::from(main[1]) + change).clamp(0, 255) as u8;
    }
}

/// The three most probable modes (H.265 8.4.2), from those of the left and the upper neighbour.
pub(super) fn most_probable_modes(left: u8, above: u8) -> [u8; 3] {
    if left != above {
        let third = if left != PLANAR && above != PLANAR {
            PLANAR
        } else if left != DC && above != DC {
            DC
        } else {
            VERTICAL
        };
        [left, above, third]
    } else if left > DC {
        [left, 2 + (left + 29) % 32, 2 + (left - 1) % 32]
    } else {
        [PLANAR, DC, VERTICAL]
    }
}
