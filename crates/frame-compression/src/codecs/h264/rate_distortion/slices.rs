//! A picture whose macroblocks depend on bits, slice by slice. Slices know nothing of each other, and their edges are
//! not deblocked, so that threads can code them side by side.

use super::super::CodeRowByBits;
use super::super::deblock::RowDeblocker;
use super::super::frame::{Frame, Slices};
use super::super::rows::{Band, Coded};
use super::MacroblockCoder;
use crate::planes::Planes;
use crate::simd::Level;
use crate::threads;

/// A slice's part of the picture: its source until it is coded, then what it gives.
struct Slice<'a> {
    band: Band<'a>,
    coded: &'a mut [Coded],
}

/// Codes and deblocks a picture of whole macroblocks. `coders` is memory that stays from picture to picture.
pub(in super::super) fn code_slices(
    level: Level,
    coders: &mut Vec<MacroblockCoder>,
    planes: &mut Planes,
    frame: &Frame<'_>,
    slices: Slices,
    coded: &mut [Coded],
) {
    coders.resize_with(threads::available().min(slices.count()), MacroblockCoder::default);
    let stride = planes.y.stride;
    let mut rest = Slice {
        band: Band {
            y: &mut planes.y.samples,
            cb: &mut planes.cb.samples,
            cr: &mut planes.cr.samples,
            stride,
        },
        coded,
    };
    let mut parts = Vec::with_capacity(slices.count());
    for slice in 0..slices.count() {
        let (first, others) = rest.split(slices.rows(slice).len());
        parts.push(first);
        rest = others;
    }
    threads::share(coders, parts.into_iter(), |coder, slice| slice.code(level, coder, frame));
}

impl<'a> Slice<'a> {
    /// The first rows of macroblocks, and the others.
    fn split(self, rows: usize) -> (Self, Self) {
        let Self { band: Band { y, cb, cr, stride }, coded } = self;
        let (luma, chroma) = (16 * stride * rows, 4 * stride * rows);
        let (y, cb, cr) = (y.split_at_mut(luma), cb.split_at_mut(chroma), cr.split_at_mut(chroma));
        let coded = coded.split_at_mut(stride / 16 * rows);
        let first = Self { band: Band { y: y.0, cb: cb.0, cr: cr.0, stride }, coded: coded.0 };
        (first, Self { band: Band { y: y.1, cb: cb.1, cr: cr.1, stride }, coded: coded.1 })
    }

    fn code(mut self, level: Level, coder: &mut MacroblockCoder, frame: &Frame<'_>) {
        let columns = self.band.stride / 16;
        let rows = self.coded.len() / columns;
        for row in 0..rows {
            let mut band = part(&mut self.band, row, row + 1);
            let coded = &mut self.coded[row * columns..][..columns];
            level.run(CodeRowByBits {
                coder,
                frame,
                band: &mut band,
                first_row: row == 0,
                survey: None,
                coded,
            });
            // A row is deblocked once the next one, which predicts from it as it was, has been coded.
            if let Some(before) = row.checked_sub(1) {
                self.deblock(level, frame, before, columns);
            }
        }
        self.deblock(level, frame, rows - 1, columns);
    }

    fn deblock(&mut self, level: Level, frame: &Frame<'_>, row: usize, columns: usize) {
        let Some(filter) = frame.filter else { return };
        let (above, coded) = self.coded.split_at(row * columns);
        let first = row.saturating_sub(1);
        let above = (first < row).then(|| &above[first * columns..]);
        let mut band = part(&mut self.band, first, row + 1);
        level.run(RowDeblocker { band: &mut band, lead: 16, above, coded: &coded[..columns], filter });
    }
}

/// The samples of the rows `first..end` of macroblocks.
fn part<'b>(band: &'b mut Band<'_>, first: usize, end: usize) -> Band<'b> {
    let stride = band.stride;
    let (luma, chroma) = (16 * stride, 4 * stride);
    Band {
        y: &mut band.y[first * luma..end * luma],
        cb: &mut band.cb[first * chroma..end * chroma],
        cr: &mut band.cr[first * chroma..end * chroma],
        stride,
    }
}
