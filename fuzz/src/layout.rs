//! Where the elements of a picture lie.

use arbitrary::Arbitrary;

use crate::element::Element;

/// Strides that give every element a place of its own: the dimensions in any order, with gaps between.
#[derive(Debug, Arbitrary)]
pub(crate) struct Layout {
    order: u8,
    gaps: [u8; 3],
    tail: u8,
}

/// Which of H, W, C comes first, second, third, from the innermost.
const ORDERS: [[usize; 3]; 6] = [[2, 1, 0], [1, 0, 2], [0, 1, 2], [2, 0, 1], [1, 2, 0], [0, 2, 1]];

impl Layout {
    /// Puts packed samples into a buffer of this layout, and gives it with its strides.
    pub(crate) fn lay_out<T: Element>(
        &self,
        samples: &[T],
        width: usize,
        height: usize,
    ) -> (Vec<T>, [usize; 4]) {
        let sizes = [height, width, 3];
        let mut strides = [0; 3];
        let mut reach = 1;
        for (dimension, gap) in ORDERS[usize::from(self.order) % ORDERS.len()].into_iter().zip(self.gaps) {
            strides[dimension] = reach + usize::from(gap % 4);
            reach += strides[dimension] * (sizes[dimension] - 1);
        }
        let mut buffer = vec![T::GAP; reach + usize::from(self.tail)];
        for (at, sample) in samples.iter().enumerate() {
            let (y, x, channel) = (at / (width * 3), at / 3 % width, at % 3);
            buffer[y * strides[0] + x * strides[1] + channel * strides[2]] = *sample;
        }
        (buffer, [usize::MAX, strides[0], strides[1], strides[2]])
    }
}

/// A shape and strides of any kind over a buffer of any length.
#[derive(Debug, Arbitrary)]
pub(crate) struct HostileLayout {
    pub(crate) shape: Vec<usize>,
    strides: [Stride; 4],
    length: u16,
}

#[derive(Debug, Arbitrary)]
enum Stride {
    Small(u8),
    Any(usize),
}

impl HostileLayout {
    pub(crate) fn strides(&self) -> [usize; 4] {
        [0, 1, 2, 3].map(|dimension| match self.strides[dimension] {
            Stride::Small(stride) => stride.into(),
            Stride::Any(stride) => stride,
        })
    }

    /// Elements in the buffer.
    pub(crate) fn length(&self) -> usize {
        usize::from(self.length) % 4096
    }

    /// Whether a picture of this shape is coded quickly.
    pub(crate) fn is_small(&self) -> bool {
        self.shape
            .iter()
            .try_fold(1usize, |product, &side| product.checked_mul(side))
            .is_some_and(|product| product < 1 << 15)
    }
}
