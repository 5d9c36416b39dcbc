//! Intra16x16 and chroma prediction (H.264 8.3.3, 8.3.4).

use super::super::macroblock::{ChromaCanvas, LumaCanvas, Neighbours};
use super::sum;

/// A mode of Intra16x16 or chroma. The standard numbers the two differently; the length of the number's code is
/// what a decision needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Mode {
    Vertical,
    Horizontal,
    Dc,
    Plane,
}

impl Mode {
    /// The modes that the neighbours allow, in the order in which they are tried.
    pub(in super::super) fn candidates(neighbours: Neighbours) -> &'static [Mode] {
        match (neighbours.left, neighbours.top) {
            (true, true) => &[Mode::Vertical, Mode::Horizontal, Mode::Dc, Mode::Plane],
            (true, false) => &[Mode::Dc, Mode::Horizontal],
            (false, true) => &[Mode::Dc, Mode::Vertical],
            (false, false) => &[Mode::Dc],
        }
    }

    /// Bits of Intra16x16PredMode as ue(v).
    pub(in super::super) fn luma_bits(self) -> u32 {
        match self {
            Mode::Vertical => 1,
            Mode::Horizontal | Mode::Dc => 3,
            Mode::Plane => 5,
        }
    }

    /// Bits of intra_chroma_pred_mode as ue(v).
    pub(in super::super) fn chroma_bits(self) -> u32 {
        match self {
            Mode::Dc => 1,
            Mode::Horizontal | Mode::Vertical => 3,
            Mode::Plane => 5,
        }
    }
}

/// The neighbours of an NxN plane of a macroblock.
struct Sides<const N: usize> {
    corner: u8,
    top: [u8; N],
    left: [u8; N],
}

impl<const N: usize> Sides<N> {
    fn read(samples: &[u8], stride: usize, origin: usize) -> Self {
        let above = origin - stride;
        Self {
            corner: samples[above - 1],
            top: std::array::from_fn(|x| samples[above + x]),
            left: std::array::from_fn(|y| samples[origin - 1 + y * stride]),
        }
    }

    /// V, H and Plane (8.3.3.1, 8.3.3.2, 8.3.3.4; 8.3.4.2 to 8.3.4.4). DC differs between luma and chroma.
    fn predict<const A: usize>(&self, mode: Mode, dc: impl Fn(usize, usize) -> u8) -> [u8; A] {
        match mode {
            Mode::Vertical => std::array::from_fn(|i| self.top[i % N]),
            Mode::Horizontal => std::array::from_fn(|i| self.left[i / N]),
            Mode::Dc => std::array::from_fn(|i| dc(i % N, i / N)),
            Mode::Plane => self.plane(),
        }
    }

    fn plane<const A: usize>(&self) -> [u8; A] {
        let half = N / 2;
        let slope = |side: &[u8; N]| -> i32 {
            (0..half)
                .map(|i| {
                    let before = if i == half - 1 { self.corner } else { side[half - 2 - i] };
                    (i as i32 + 1) * (i32::from(side[half + i]) - i32::from(before))
                })
                .sum()
        };
        let gradient = |slope: i32| if N == 16 { (5 * slope + 32) >> 6 } else { (34 * slope + 32) >> 6 };
        let (b, c) = (gradient(slope(&self.top)), gradient(slope(&self.left)));
        let a = 16 * (i32::from(self.left[N - 1]) + i32::from(self.top[N - 1]));
        let middle = half as i32 - 1;
        std::array::from_fn(|i| {
            let (x, y) = ((i % N) as i32, (i / N) as i32);
            ((a + b * (x - middle) + c * (y - middle) + 16) >> 5).clamp(0, 255) as u8
        })
    }
}

/// Predicts a macroblock's luma.
pub(in super::super) fn predict_luma(luma: &LumaCanvas, mode: Mode, neighbours: Neighbours) -> [u8; 256] {
    let sides = Sides::<16>::read(&luma.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
    let (left, top) = (sum(&sides.left), sum(&sides.top));
    let mean = match (neighbours.left, neighbours.top) {
        (true, true) => (left + top + 16) >> 5,
        (true, false) => (left + 8) >> 4,
        (false, true) => (top + 8) >> 4,
        (false, false) => 128,
    };
    sides.predict(mode, |_, _| mean as u8)
}

/// Predicts one plane of a macroblock's chroma: 0 is Cb, 1 is Cr.
pub(in super::super) fn predict_chroma(
    chroma: &ChromaCanvas,
    plane: usize,
    mode: Mode,
    neighbours: Neighbours,
) -> [u8; 64] {
    let sides = Sides::<8>::read(&chroma.samples, ChromaCanvas::STRIDE, ChromaCanvas::ORIGIN[plane]);
    let quadrants = chroma_dc(&sides, neighbours);
    sides.predict(mode, |x, y| quadrants[y / 4][x / 4])
}

/// 8.3.4.1: a mean for each 4x4 block.
fn chroma_dc(sides: &Sides<8>, neighbours: Neighbours) -> [[u8; 2]; 2] {
    let top = [sum(&sides.top[..4]), sum(&sides.top[4..])];
    let left = [sum(&sides.left[..4]), sum(&sides.left[4..])];
    let one = |sum: u32| ((sum + 2) >> 2) as u8;
    let both = |a: u32, b: u32| ((a + b + 4) >> 3) as u8;
    match (neighbours.left, neighbours.top) {
        (true, true) => [[both(top[0], left[0]), one(top[1])], [one(left[1]), both(top[1], left[1])]],
        (true, false) => left.map(|sum| [one(sum); 2]),
        (false, true) => [top.map(one); 2],
        (false, false) => [[128; 2]; 2],
    }
}
