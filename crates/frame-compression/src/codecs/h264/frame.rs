//! What is the same for all macroblocks of a picture.

use super::aq::Adaptation;
use super::deblock::Filter;
use super::preset::Parameters;
use super::quantise::{QP_MAX, Quantisers};
use super::rate_distortion;

/// What is the same for all macroblocks of a picture.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) adaptation: Adaptation,
    /// Luma's quantisers; chroma's have the dead zone that all have.
    pub(super) quantisers: &'a Quantisers,
    /// chroma_qp_index_offset.
    pub(super) chroma_offset: i8,
    /// `None` where deblocking is off.
    pub(super) filter: Option<Filter>,
    /// Whether a quantiser that is one off the last is not worth its bits.
    settles: bool,
}

impl<'a> Frame<'a> {
    pub(super) fn of(parameters: &'a Parameters, adaptation: Adaptation, quantisers: &'a Quantisers) -> Self {
        let chroma_offset = parameters.chroma_qp_offset();
        // With one quantiser all over, x264 signals that the filter would do nothing; it looks at luma alone.
        let idle = |offset: i8| {
            !parameters.adapts() && i16::from(adaptation.flat_quantiser()) + 2 * i16::from(offset) <= 15
        };
        let filter = parameters
            .deblock
            .filter(|deblock| !idle(deblock.alpha.min(deblock.beta)))
            .map(|deblock| Filter::new(deblock, chroma_offset));
        let settles = parameters.adapts() && parameters.effective_subme() < 10;
        Self { parameters, adaptation, quantisers, chroma_offset, filter, settles }
    }

    /// Whether macroblocks are decided by counting bits.
    pub(super) fn depends_on_bits(&self) -> bool {
        rate_distortion::is_needed(self.parameters)
    }

    /// The quantiser of a macroblock from its adapted one and the QP stored before it.
    pub(super) fn settled_quantiser(&self, wanted: u8, last: u8) -> u8 {
        if self.settles && wanted.abs_diff(last) == 1 { last } else { wanted }
    }

    /// The QP that a slice starts with, from the adapted quantiser of its first macroblock.
    pub(super) fn slice_qp(wanted: u8) -> u8 {
        wanted.min(QP_MAX)
    }
}

/// The first row of macroblocks of each slice, and in the end the number of rows
/// (docs/spec/ltx-on-real-machines.md, section 2).
#[derive(Debug, Clone, Copy)]
pub(super) struct Slices {
    rows: usize,
    count: usize,
}

impl Slices {
    /// Of a picture of so many rows, at least one, which has `wanted` slices if it has four rows for each, and never
    /// more than 128.
    pub(super) fn of(rows: usize, wanted: usize) -> Self {
        Self { rows, count: wanted.min(rows / 4).clamp(1, 128) }
    }

    pub(super) fn count(self) -> usize {
        self.count
    }

    /// The rows of slice `slice`.
    pub(super) fn rows(self, slice: usize) -> std::ops::Range<usize> {
        let first = |slice: usize| (self.rows * slice + self.count / 2) / self.count;
        first(slice)..first(slice + 1)
    }

    /// The slice that holds a row.
    pub(super) fn at(self, row: usize) -> usize {
        (0..self.count).find(|&slice| self.rows(slice).contains(&row)).unwrap_or(0)
    }

    /// Whether a row is the first of its slice.
    pub(super) fn start(self, row: usize) -> bool {
        // The slice that holds the row, or the one before.
        let near = row * self.count / self.rows;
        (near..=near + 1).any(|slice| slice < self.count && self.rows(slice).start == row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of section 2.
    #[test]
    fn slices_start_where_the_specification_says() {
        let starts = |rows: usize, wanted: usize| {
            let slices = Slices::of(rows, wanted);
            let starts: Vec<usize> = (0..slices.count()).map(|slice| slices.rows(slice).start).collect();
            assert_eq!(starts, (0..rows).filter(|&row| slices.start(row)).collect::<Vec<_>>());
            assert_eq!(slices.rows(slices.count() - 1).end, rows);
            starts
        };
        assert_eq!(starts(17, 2), [0, 9]);
        assert_eq!(starts(17, 3), [0, 6, 11]);
        assert_eq!(starts(17, 64), [0, 4, 9, 13]);
        assert_eq!(starts(65, 8), [0, 8, 16, 24, 33, 41, 49, 57]);
        assert_eq!(starts(65, 16), [0, 4, 8, 12, 16, 20, 24, 28, 33, 37, 41, 45, 49, 53, 57, 61]);
        for (height, most) in
            [(112, 1), (114, 2), (256, 4), (1080, 17), (2160, 33), (4320, 67), (16_000, 128)]
        {
            assert_eq!(starts(usize::div_ceil(height, 16), usize::MAX).len(), most, "{height}");
        }
        for rows in 1..200 {
            for wanted in [1, 2, 3, 5, 8, 13, 40] {
                let starts = starts(rows, wanted);
                assert!(starts.len() == 1 || starts.windows(2).all(|pair| pair[1] - pair[0] >= 4));
            }
        }
    }
}
