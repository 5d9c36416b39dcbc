//! What a codec did with the frames of a clip.

use std::fmt;

use crate::planes::{Component, Planes};
use crate::simd::{Dwords, Job, Level, Simd, Words};

/// What the macroblocks of a frame may be predicted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// From the frame itself; no frame after it is predicted from one before it.
    Idr,
    /// From the frame itself.
    I,
    /// From frames before it.
    P,
    /// From frames before and after it.
    B,
}

impl FrameKind {
    /// `IDR`, `I`, `P` or `B`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idr => "IDR",
            Self::I => "I",
            Self::P => "P",
            Self::B => "B",
        }
    }
}

impl fmt::Display for FrameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What H.264 did with a frame of a clip: [`ClipCompressor::statistics`](crate::ClipCompressor::statistics).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FrameStatistics {
    /// What it is predicted from.
    pub kind: FrameKind,
    /// The mean of its macroblocks' quantisers (QP), as x264 prints it: one that has no levels has that of the one before.
    pub quantiser: f32,
    /// Macroblocks that are predicted from the frame itself.
    pub intra: u32,
    /// Macroblocks that are predicted from other frames.
    pub predicted: u32,
    /// Macroblocks that are taken from other frames with nothing said.
    pub skipped: u32,
    /// Peak signal-to-noise ratios of Y, Cb and Cr in dB; `None` where nothing was lost.
    pub psnr: [Option<f64>; 3],
}

/// Of Y, Cb and Cr in dB; `None` where both are equal. Both are of one size.
pub(crate) fn psnr(reference: &Planes, planes: &Planes) -> [Option<f64>; 3] {
    [Component::Y, Component::Cb, Component::Cr].map(|component| {
        let (width, height) = reference.size(component);
        let squares = Level::current().run(Squares { reference, planes, component });
        let peak = 255.0 * 255.0 * (width * height) as f64;
        (squares > 0).then(|| 10.0 * (peak / squares as f64).log10())
    })
}

/// How many rows ahead is prefetched.
const ROWS_AHEAD: usize = 2;

/// The sum of the squared differences of a component.
struct Squares<'a> {
    reference: &'a Planes,
    planes: &'a Planes,
    component: Component,
}

impl Job for Squares<'_> {
    type Output = u64;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> u64 {
        let Self { reference, planes, component } = self;
        let row = |y| {
            // Both have left the near caches.
            for planes in [reference, planes] {
                let row = planes.row(component, y);
                simd.prefetch(row, ROWS_AHEAD * row.len());
            }
            let (a, a_rest) = reference.row(component, y).as_chunks::<16>();
            let (b, b_rest) = planes.row(component, y).as_chunks::<16>();
            let mut sum = S::Dwords::splat(simd, 0);
            for (a, b) in a.iter().zip(b) {
                let difference = S::Words::load_bytes(simd, a) - S::Words::load_bytes(simd, b);
                sum = sum + difference.mul_add_pairs(difference);
            }
            let rest: u32 = a_rest.iter().zip(b_rest).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum();
            // 16,384 samples at most: the sum has room in 31 bits.
            u64::from(sum.sum() as u32 + rest)
        };
        (0..reference.size(component).1).map(row).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Subsampling;

    #[test]
    fn the_ratio_is_that_of_the_peak_to_the_mean_square() {
        let reference = Planes::new(32, 16, Subsampling::S420).unwrap();
        let mut planes = reference.clone();
        assert_eq!(psnr(&reference, &planes), [None; 3]);
        planes.row_mut(Component::Y, 3)[5] = 255;
        (0..8).for_each(|y| planes.row_mut(Component::Cr, y).fill(255));
        let [y, cb, cr] = psnr(&reference, &planes);
        assert!((y.unwrap() - 10.0 * 512f64.log10()).abs() < 1e-9);
        assert_eq!((cb, cr), (None, Some(0.0)));
    }

    #[test]
    fn kinds_have_the_names_of_the_standard() {
        let kinds = [FrameKind::Idr, FrameKind::I, FrameKind::P, FrameKind::B];
        assert_eq!(kinds.map(|kind| format!("{kind:>4}")), [" IDR", "   I", "   P", "   B"]);
    }
}
