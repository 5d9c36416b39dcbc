//! The filters that take one number of rows or columns to another, with the weights that libswscale computes: bilinear
//! or bicubic, in integers.

/// What a filter is made for. Two that are equal have equal weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Samples that go in.
    pub(super) from: usize,
    /// Samples that come out.
    pub(super) to: usize,
    /// Bicubic, or else bilinear.
    pub(super) bicubic: bool,
    /// What the weights of an output sample sum up to.
    pub(super) one: i32,
    /// How much further right than its place an output sample takes what it is made of, in 2^17ths of an input sample.
    pub(super) shift: i64,
    /// The number of taps is rounded up to a multiple of this, but for one tap if it is 2.
    pub(super) multiple: usize,
}

/// A filter: for every output sample the first input sample that it needs, and weights from there on.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    shape: Option<Shape>,
    /// Weights of an output sample, those that are 0 because the picture ends included.
    taps: usize,
    firsts: Vec<u32>,
    weights: Vec<i16>,
}

/// More taps than any filter has.
pub(super) const MAX_TAPS: usize = 12;

/// Fractional bits of a filter's argument, and of its values.
const ARGUMENT_BITS: u32 = 30;
const VALUE_BITS: u32 = 54;
/// The bicubic filter's parameter C, 0.6, with 24 fractional bits.
const BICUBIC_C: i64 = 10_066_329;

impl Filter {
    /// Makes it the filter of a shape.
    pub(super) fn set(&mut self, shape: Shape) {
        if self.shape == Some(shape) {
            return;
        }
        self.shape = Some(shape);
        self.firsts.clear();
        self.weights.clear();
        if shape.from == shape.to && shape.shift == 0 {
            self.taps = 1;
            self.firsts.extend(0..shape.to as u32);
            self.weights.resize(shape.to, shape.one as i16);
            return;
        }
        let untrimmed = Untrimmed::new(shape);
        let (firsts, values) = untrimmed.trimmed();
        self.taps = untrimmed.taps_left(&values);
        for (first, values) in firsts.iter().zip(values.chunks_exact(untrimmed.taps)) {
            let kept = self.taps.min(values.len());
            self.push(shape, *first, &values[..kept]);
        }
    }

    /// Adds the weights of one output sample: those outside of the picture count for its border, and the first sample is
    /// one that has all the others behind it.
    fn push(&mut self, shape: Shape, first: i64, values: &[i64]) {
        let last = shape.from as i64 - 1;
        let start = first.clamp(0, (shape.from - self.taps.min(shape.from)) as i64);
        let mut folded = [0; MAX_TAPS];
        let folded = &mut folded[..self.taps];
        for (place, value) in (first..).zip(values) {
            folded[(place.clamp(0, last) - start) as usize] += value;
        }
        let sum: i64 = folded.iter().sum();
        let one = i64::from(shape.one);
        let unit = ((sum + one / 2) / one).max(1);
        let mut error = 0;
        for &mut value in folded {
            let wanted = value + error;
            // To the nearest, halves away from zero.
            let weight = (wanted.abs() + unit / 2) / unit * wanted.signum();
            error = wanted - weight * unit;
            self.weights.push(weight as i16);
        }
        self.firsts.push(start as u32);
    }

    /// Whether output is input.
    pub(super) fn is_plain(&self) -> bool {
        self.shape.is_none_or(|shape| shape.from == shape.to && shape.shift == 0)
    }

    /// How many taps the reference's filter has.
    pub(super) fn taps(&self) -> usize {
        self.taps
    }

    /// The first input sample of output sample `k`, and the weights from there on.
    pub(super) fn weights(&self, k: usize) -> (usize, &[i16]) {
        (self.firsts[k] as usize, &self.weights[k * self.taps..][..self.taps])
    }

    /// The last input sample that output sample `k` needs.
    pub(super) fn last(&self, k: usize) -> usize {
        let from = self.shape.map_or(1, |shape| shape.from);
        (self.firsts[k] as usize + self.taps - 1).min(from - 1)
    }
}

/// The filter before taps that are next to nothing are taken away.
struct Untrimmed {
    shape: Shape,
    taps: usize,
    /// What 1.0 is in the values.
    unit: i64,
    firsts: Vec<i64>,
    values: Vec<i64>,
}

impl Untrimmed {
    fn new(shape: Shape) -> Self {
        let (from, to) = (shape.from as i64, shape.to as i64);
        let step = ((from << 16) + to / 2) / to;
        let shrinks = step > 1 << 16;
        let reach = if shape.bicubic { 4 } else { 2 };
        let taps = if shrinks { 1 + (reach * from + to - 1) / to } else { reach + 1 };
        let taps = taps.min(from - 2).max(1);
        let unit = 1 << if from >= 2 * to { VALUE_BITS - 1 } else { VALUE_BITS };
        let mut untrimmed = Self { shape, taps: taps as usize, unit, firsts: Vec::new(), values: Vec::new() };
        for k in 0..to {
            let position = (2 * k + 1) * step - (1 << 16) + shape.shift;
            let first = (position - ((taps - 2) << 16)) / (1 << 17);
            untrimmed.firsts.push(first);
            for place in first..first + taps {
                let distance = 8192 * ((place << 17) - position).abs();
                untrimmed.values.push(untrimmed.value(if shrinks { distance * to / from } else { distance }));
            }
        }
        untrimmed
    }

    /// The filter's value at a distance.
    fn value(&self, distance: i64) -> i64 {
        let one = 1 << ARGUMENT_BITS;
        if !self.shape.bicubic {
            return (one - distance).max(0) * (self.unit >> ARGUMENT_BITS);
        }
        if distance >= 2 * one {
            return 0;
        }
        let square = (distance * distance) >> ARGUMENT_BITS;
        let cube = (square * distance) >> ARGUMENT_BITS;
        let (c, whole) = (BICUBIC_C, 1 << 24);
        let value = if distance < one {
            (12 * whole - 6 * c) * cube + (6 * c - 18 * whole) * square + (6 << VALUE_BITS)
        } else {
            -6 * c * cube + 30 * c * square - 48 * c * distance + ((24 * c) << ARGUMENT_BITS)
        };
        value / ((1 << VALUE_BITS) / self.unit)
    }

    /// What taps that are cut off may sum up to.
    fn limit(&self) -> i64 {
        self.unit / 500
    }

    /// The first samples and values with the taps to the left that are next to nothing taken away.
    fn trimmed(&self) -> (Vec<i64>, Vec<i64>) {
        let (mut firsts, mut values) = (self.firsts.clone(), self.values.clone());
        for k in (0..firsts.len()).rev() {
            let taps = &mut values[k * self.taps..][..self.taps];
            let mut cut = 0;
            for _ in 0..self.taps {
                cut += taps[0].abs();
                if cut > self.limit() || (k + 1 < firsts.len() && firsts[k] >= firsts[k + 1]) {
                    break;
                }
                taps.rotate_left(1);
                taps[self.taps - 1] = 0;
                firsts[k] += 1;
            }
        }
        (firsts, values)
    }

    /// How many taps the longest output sample needs.
    fn taps_left(&self, values: &[i64]) -> usize {
        let needed = |taps: &[i64]| {
            let mut cut = 0;
            let small = taps[1..].iter().rev().take_while(|value| {
                cut += value.abs();
                cut <= self.limit()
            });
            taps.len() - small.count()
        };
        let longest = values.chunks_exact(self.taps).map(needed).max().unwrap_or(1);
        if longest == 1 && self.shape.multiple == 2 {
            1
        } else {
            longest.next_multiple_of(self.shape.multiple)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down(from: usize, bicubic: bool) -> Filter {
        let mut filter = Filter::default();
        filter.set(Shape { from, to: from.div_ceil(2), bicubic, one: 4096, shift: 0, multiple: 2 });
        filter
    }

    /// The tables of docs/spec/colour-ffmpeg-cli.md, section 1.
    #[test]
    fn even_heights_have_the_weights_of_the_specification() {
        let long = down(480, true);
        assert_eq!(long.taps(), 8);
        assert_eq!(long.weights(100), (197, &[-58, -172, 492, 1786, 1786, 492, -172, -58][..]));
        assert_eq!(long.weights(0), (0, &[2048, 1786, 492, -172, -58, 0, 0, 0][..]));
        assert_eq!(long.weights(1), (0, &[-230, 492, 1786, 1786, 492, -172, -58, 0][..]));
        let eight = down(8, true);
        assert_eq!(eight.taps(), 6);
        assert_eq!(eight.weights(0), (0, &[2157, 1691, 466, -163, -55, 0][..]));
        assert_eq!(eight.weights(1), (0, &[-168, 479, 1737, 1737, 479, -168][..]));
        assert_eq!(eight.weights(3), (2, &[0, 0, -168, 479, 1737, 2048][..]));
        assert_eq!(down(6, true).weights(0), (0, &[1880, 1879, 519, -182][..]));
        assert_eq!((down(4, true).taps(), down(2, true).taps()), (2, 1));
        assert_eq!(down(2, true).weights(0), (1, &[4096][..]));
        assert_eq!(down(10, true).weights(1), (0, &[-170, 486, 1760, 1761, 486, -170, -57, 0][..]));
        assert_eq!(down(100, false).weights(7), (13, &[512, 1536, 1536, 512][..]));
        assert_eq!(down(6, false).weights(0), (0, &[1755, 1756, 585, 0][..]));
        assert_eq!(down(6, false).weights(2), (2, &[0, 512, 1536, 2048][..]));
    }

    #[test]
    fn weights_sum_up_to_one_and_stay_inside() {
        for bicubic in [false, true] {
            for from in 1..400 {
                let filter = down(from, bicubic);
                assert!(filter.taps() <= MAX_TAPS);
                for k in 0..from.div_ceil(2) {
                    let (first, weights) = filter.weights(k);
                    assert_eq!(weights.iter().map(|&w| i32::from(w)).sum::<i32>(), 4096, "{from} {k}");
                    assert!(first < from && weights.iter().skip(from - first).all(|&weight| weight == 0));
                    assert!(k == 0 || filter.last(k) >= filter.last(k - 1), "rows are needed in order");
                }
            }
        }
    }
}
