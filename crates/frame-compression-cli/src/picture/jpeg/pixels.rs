//! From coefficients to RGB with libjpeg-turbo's arithmetic: its accurate integer inverse DCT ("islow"), its
//! "fancy" upsampling, and its colour conversion.

use super::super::over_white;
use super::{Colour, Component, Frame};

/// Fraction bits of the constants.
const CONSTANT_BITS: u32 = 13;
/// Fraction bits that stay between the passes.
const PASS_BITS: u32 = 2;

/// `x * 2^13`, rounded: the constants of Loeffler, Ligtenberg and Moschytz (1989).
const fn fixed(x: f64) -> i32 {
    (x * (1 << CONSTANT_BITS) as f64 + 0.5) as i32
}

/// Eight samples from eight coefficients, scaled by `sqrt(8) * 2^13`.
#[inline]
fn inverse_line([c0, c1, c2, c3, c4, c5, c6, c7]: [i32; 8]) -> [i32; 8] {
    let mul = |a: i32, b: i32| a.wrapping_mul(b);
    let turned = mul(c2.wrapping_add(c6), const { fixed(0.541_196_100) });
    let even2 = turned.wrapping_sub(mul(c6, const { fixed(1.847_759_065) }));
    let even3 = turned.wrapping_add(mul(c2, const { fixed(0.765_366_865) }));
    let even0 = c0.wrapping_add(c4) << CONSTANT_BITS;
    let even1 = c0.wrapping_sub(c4) << CONSTANT_BITS;
    let even = [
        even0.wrapping_add(even3),
        even1.wrapping_add(even2),
        even1.wrapping_sub(even2),
        even0.wrapping_sub(even3),
    ];
    let z5 = mul(c7.wrapping_add(c3).wrapping_add(c5).wrapping_add(c1), const { fixed(1.175_875_602) });
    let z1 = mul(c7.wrapping_add(c1), const { fixed(0.899_976_223) }).wrapping_neg();
    let z2 = mul(c5.wrapping_add(c3), const { fixed(2.562_915_447) }).wrapping_neg();
    let z3 = z5.wrapping_sub(mul(c7.wrapping_add(c3), const { fixed(1.961_570_560) }));
    let z4 = z5.wrapping_sub(mul(c5.wrapping_add(c1), const { fixed(0.390_180_644) }));
    let odd = [
        mul(c1, const { fixed(1.501_321_110) }).wrapping_add(z1).wrapping_add(z4),
        mul(c3, const { fixed(3.072_711_026) }).wrapping_add(z2).wrapping_add(z3),
        mul(c5, const { fixed(2.053_119_869) }).wrapping_add(z2).wrapping_add(z4),
        mul(c7, const { fixed(0.298_631_336) }).wrapping_add(z1).wrapping_add(z3),
    ];
    std::array::from_fn(|at| match at {
        0..=3 => even[at].wrapping_add(odd[at]),
        _ => even[7 - at].wrapping_sub(odd[7 - at]),
    })
}

/// Dequantises a block and transforms it; `samples` are the rows of its place in the plane, `stride` samples apart.
pub(super) fn inverse_dct(block: &[i16; 64], quantisers: &[u16; 64], samples: &mut [u8], stride: usize) {
    let mut columns = [[0i32; 8]; 8]; // [row][column]
    let round = |value: i32, bits: u32| value.wrapping_add(1 << (bits - 1)) >> bits;
    for x in 0..8 {
        let line = std::array::from_fn(|y| i32::from(block[y * 8 + x]) * i32::from(quantisers[y * 8 + x]));
        for (y, value) in inverse_line(line).into_iter().enumerate() {
            columns[y][x] = round(value, CONSTANT_BITS - PASS_BITS);
        }
    }
    for (line, row) in columns.into_iter().zip(samples.chunks_mut(stride)) {
        for (value, sample) in inverse_line(line).into_iter().zip(&mut row[..8]) {
            *sample = (round(value, CONSTANT_BITS + PASS_BITS + 3).saturating_add(128)).clamp(0, 255) as u8;
        }
    }
}

/// How a component comes to the picture's full size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upsampling {
    /// Triangle filter across: 3/4 of the nearer sample, 1/4 of the farther.
    Across,
    /// Triangle filter down.
    Down,
    /// Triangle filter both ways.
    Both,
    /// Each sample `h` times across and `v` times down.
    Repeat(usize, usize),
}

impl Upsampling {
    /// What libjpeg-turbo chooses; nothing where the factors do not divide.
    fn of(component: &Component, (h_max, v_max): (usize, usize)) -> Option<Self> {
        let fits = h_max.is_multiple_of(component.h) && v_max.is_multiple_of(component.v);
        let (h, v) = fits.then(|| (h_max / component.h, v_max / component.v))?;
        Some(match (h, v) {
            // Two samples or fewer are too few for the filter's ends.
            (2, 1) if component.width > 2 => Upsampling::Across,
            (2, 2) if component.width > 2 => Upsampling::Both,
            (1, 2) => Upsampling::Down,
            _ => Upsampling::Repeat(h, v),
        })
    }

    /// Row `y` of the picture.
    fn row(self, component: &Component, y: usize, row: &mut [u8]) {
        // The nearer row of samples, and the farther one on the other side; at the edge the same again.
        let near = y / 2;
        let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { near + 1 };
        let far = far.min(component.height - 1);
        match self {
            Upsampling::Repeat(1, v) => row.copy_from_slice(&component.row(y / v)[..row.len()]),
            Upsampling::Repeat(h, v) => {
                for (samples, &sample) in row.chunks_mut(h).zip(component.row(y / v)) {
                    samples.fill(sample);
                }
            }
            Upsampling::Across => {
                let samples = component.row(y).iter().map(|&sample| u32::from(sample) * 4);
                spread(samples, row, [4, 8]);
            }
            Upsampling::Both => {
                let pairs = component.row(near).iter().zip(component.row(far));
                spread(pairs.map(|(&near, &far)| u32::from(near) * 3 + u32::from(far)), row, [8, 7]);
            }
            Upsampling::Down => {
                let bias = if y.is_multiple_of(2) { 1 } else { 2 };
                let pairs = component.row(near).iter().zip(component.row(far));
                for (sample, (&near, &far)) in row.iter_mut().zip(pairs) {
                    *sample = ((u32::from(near) * 3 + u32::from(far) + bias) >> 2) as u8;
                }
            }
        }
    }
}

/// The triangle filter across sums of four times a sample; `bias` of the left and of the right half of a sample.
fn spread(sums: impl Iterator<Item = u32>, row: &mut [u8], [left, right]: [u32; 2]) {
    let mut sums = sums.peekable();
    let mut before = None;
    for pair in row.chunks_mut(2) {
        let Some(sum) = sums.next() else { return };
        // At the ends the sample stands for the neighbour that is missing.
        pair[0] = ((sum * 3 + before.unwrap_or(sum) + left) >> 4) as u8;
        if let Some(sample) = pair.get_mut(1) {
            *sample = ((sum * 3 + sums.peek().unwrap_or(&sum) + right) >> 4) as u8;
        }
        before = Some(sum);
    }
}

/// The picture in RGB; nothing where the components' sampling factors do not divide each other.
pub(super) fn rgb(frame: &Frame) -> Option<Vec<u8>> {
    let ways: Vec<Upsampling> = frame
        .components
        .iter()
        .map(|component| Upsampling::of(component, frame.max_sampling))
        .collect::<Option<_>>()?;
    let (width, height) = (frame.width, frame.height);
    let mut rgb = vec![0; width * height * 3];
    let mut lines = vec![vec![0u8; width]; frame.components.len()];
    let convert = Conversion::new();
    for (y, row) in rgb.chunks_exact_mut(width * 3).enumerate() {
        for ((line, way), component) in lines.iter_mut().zip(&ways).zip(&frame.components) {
            way.row(component, y, line);
        }
        let (pixels, _) = row.as_chunks_mut::<3>();
        for (x, pixel) in pixels.iter_mut().enumerate() {
            let at = |component: usize| lines[component][x];
            *pixel = match frame.colour {
                Colour::Grey => [at(0); 3],
                Colour::Rgb => [at(0), at(1), at(2)],
                Colour::YCbCr => convert.rgb(at(0), at(1), at(2)),
                Colour::Cmyk => over_white([at(0), at(1), at(2)].map(|sample| 255 - sample), 255 - at(3)),
                // The conversion gives RGB, whose complement is CMY, which files have inverted once more.
                Colour::Ycck => over_white(convert.rgb(at(0), at(1), at(2)), 255 - at(3)),
            };
        }
    }
    Some(rgb)
}

/// YCbCr to RGB (JFIF 1.02) in 16 fraction bits.
struct Conversion {
    red: [i32; 256],
    green: [[i32; 256]; 2],
    blue: [i32; 256],
}

impl Conversion {
    fn new() -> Self {
        const fn fixed(x: f64) -> i32 {
            (x * 65536.0 + 0.5) as i32
        }
        let table = |factor: i32, round: i32| std::array::from_fn(|at| factor * (at as i32 - 128) + round);
        Self {
            red: table(const { fixed(1.402) }, 1 << 15).map(|value: i32| value >> 16),
            green: [table(-const { fixed(0.344_14) }, 1 << 15), table(-const { fixed(0.714_14) }, 0)],
            blue: table(const { fixed(1.772) }, 1 << 15).map(|value: i32| value >> 16),
        }
    }

    #[inline]
    fn rgb(&self, y: u8, cb: u8, cr: u8) -> [u8; 3] {
        let (cb, cr) = (usize::from(cb), usize::from(cr));
        let green = (self.green[0][cb] + self.green[1][cr]) >> 16;
        [self.red[cr], green, self.blue[cb]].map(|part| (i32::from(y) + part).clamp(0, 255) as u8)
    }
}
