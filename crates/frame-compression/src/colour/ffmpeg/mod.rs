//! The conversions of FFmpeg's libswscale, as PyAV and the command `ffmpeg` use it: BT.601, limited and full range,
//! 4:2:0, 4:2:2 and 4:4:4, even and odd sizes, bit for bit (docs/spec/colour-ffmpeg-cli.md).
//!
//! An engine hands rows of RGB to [`Converter::put`] from top to bottom, which writes the rows of the planes that they
//! complete, and takes rows of RGB out of its planes with [`Converter::get`].

mod back;
mod filter;
mod forward;
mod kernels;

use std::ops::Range as Rows;

use super::{Colours, Machine};
use crate::names::Subsampling;
use crate::planes::{Plane, Planes};
use crate::simd::{Level, Vectors, WideJob};
use filter::{Filter, MAX_TAPS, Shape};
use forward::Range;

/// Which conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Conversion {
    pub(crate) colours: Colours,
    pub(crate) machine: Machine,
    /// Y, Cb and Cr take all of 0..=255, as MJPEG has them, and not 16..=235 or 240.
    pub(crate) full_range: bool,
    /// The decoder says that chroma stands at the left one of two pixels, as those of MPEG-2 and MPEG-4 do. PyAV from 16 on
    /// listens to it at odd heights.
    pub(crate) left: bool,
}

impl Conversion {
    /// How much chroma is moved on the way back, in 2^17ths of its samples.
    fn shift(&self) -> i64 {
        let listens = self.left && !self.colours.is_old() && !self.colours.is_bicubic();
        if listens { 1 << 15 } else { 0 }
    }
}

/// A picture on its way through a video codec: RGB in, planes that the codec works on, RGB out.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    pub(crate) planes: Planes,
    converter: Converter,
}

impl Picture {
    /// Makes room for a picture, of which two strips at a time are held only, where that is enough.
    pub(crate) fn begin_window(
        &mut self,
        conversion: Conversion,
        width: usize,
        height: usize,
        subsampling: Subsampling,
    ) {
        self.converter.begin(conversion, width, height, subsampling);
        if self.converter.back.is_repeated() {
            self.planes.resize_to_window(width, height, subsampling);
        } else {
            self.planes.resize(width, height, subsampling);
        }
    }

    /// Takes rows `y` and `y + 1` of packed RGB into the planes, in order; a row below the picture is left out. The
    /// padding to the right is filled. Says how many rows of chroma there are now.
    pub(crate) fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> usize {
        let mut chroma = 0;
        for (y, rgb) in (y..self.planes.height()).zip(rows) {
            chroma = self.converter.put(y, rgb, &mut self.planes).end;
        }
        chroma
    }

    /// How many rows of RGB can be taken out when so many rows of luma are as they will be, with their chroma.
    pub(crate) fn ready(&self, luma: usize) -> usize {
        self.converter.ready(luma)
    }

    /// Row `y` of the planes as packed RGB.
    pub(crate) fn get(&mut self, y: usize, rgb: &mut [u8]) {
        self.converter.get(y, &self.planes, rgb);
    }
}

/// How chroma of a row of RGB is found on the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Back {
    /// Repeated, products of 16 bits.
    X86,
    /// Repeated, doubling products of 16 bits.
    Arm,
    /// Repeated, by tables.
    Tables,
    /// Filtered vertically, repeated across, by tables.
    FilteredDown,
    /// Filtered both ways.
    Filtered,
    /// As many samples as luma has.
    Full,
}

impl Back {
    /// Whether a row of RGB needs its own row of chroma alone.
    fn is_repeated(self) -> bool {
        !matches!(self, Back::Filtered | Back::FilteredDown)
    }
}

/// A conversion to planes of a size and back, with its memory: kept from picture to picture.
#[derive(Debug)]
pub(crate) struct Converter {
    level: Level,
    conversion: Conversion,
    subsampling: Subsampling,
    width: usize,
    height: usize,
    range: Range,
    back: Back,
    /// From rows of chroma at full height to the planes' rows, and back.
    down: Filter,
    up: Filter,
    /// From columns of chroma at full width to the planes' columns, and back: at odd widths only.
    narrowing: Filter,
    widening: Filter,
    /// The latest rows of Cb and Cr of 15 bits, at full height: row `y` at place `y % ring.len()`.
    ring: [Vec<Vec<i16>>; 2],
    /// A row of chroma pixels, before the horizontal filter.
    pixels: [Vec<i16>; 2],
    /// The next row of the chroma planes to be written.
    next: usize,
    /// Filtered chroma of a row on the way back.
    filtered: [Vec<u8>; 2],
    fine: [Vec<i32>; 2],
    /// Rows of horizontally filtered chroma that a row needs on the way back.
    wide: Vec<Vec<i16>>,
}

impl Default for Converter {
    fn default() -> Self {
        Self::new(Level::current())
    }
}

impl Converter {
    fn new(level: Level) -> Self {
        Self {
            level,
            conversion: Conversion::default(),
            subsampling: Subsampling::default(),
            width: 0,
            height: 0,
            range: Range::Limited,
            back: Back::X86,
            down: Filter::default(),
            up: Filter::default(),
            narrowing: Filter::default(),
            widening: Filter::default(),
            ring: Default::default(),
            pixels: Default::default(),
            next: 0,
            filtered: Default::default(),
            fine: Default::default(),
            wide: Vec::new(),
        }
    }

    /// Whether the conversion is known for a size: FFmpeg 7.1 and older read beyond rows of odd widths.
    pub(crate) fn takes(conversion: &Conversion, subsampling: Subsampling, width: usize) -> bool {
        let (across, _) = subsampling.factors();
        width.is_multiple_of(across) || !conversion.colours.is_old()
    }

    /// Gets ready for a picture of `width` x `height`, whose planes have a chroma `subsampling`, not grey.
    pub(crate) fn begin(
        &mut self,
        conversion: Conversion,
        width: usize,
        height: usize,
        subsampling: Subsampling,
    ) {
        (self.conversion, self.subsampling, self.width, self.height) =
            (conversion, subsampling, width, height);
        self.next = 0;
        let old = conversion.colours.is_old();
        self.range = match conversion.full_range {
            false => Range::Limited,
            true if old => Range::OldFull,
            true => Range::Full,
        };
        let (across, down) = subsampling.factors();
        let (columns, rows) = (width.div_ceil(across), height.div_ceil(down));
        let bicubic = conversion.colours.is_bicubic();
        let vertical = Shape { from: height, to: rows, bicubic, one: 1 << 12, shift: 0, multiple: 2 };
        self.down.set(vertical);
        let horizontal = Shape { from: width, to: columns, one: 1 << 14, multiple: 4, ..vertical };
        if self.is_odd_across() {
            self.narrowing.set(horizontal);
        }
        self.back = self.choose_back();
        if !self.back.is_repeated() {
            self.up.set(Shape { from: rows, to: height, ..vertical });
            let to = if self.back == Back::Filtered { width } else { columns };
            self.widening.set(Shape { from: columns, to, shift: conversion.shift(), ..horizontal });
        }
        self.make_room(columns);
    }

    /// Whether chroma has half the columns of an odd number.
    fn is_odd_across(&self) -> bool {
        !self.width.is_multiple_of(self.subsampling.factors().0)
    }

    fn choose_back(&self) -> Back {
        let Conversion { colours, machine, full_range, .. } = self.conversion;
        let (across, _) = self.subsampling.factors();
        let arm_code = colours != Colours::PyAv17 && !colours.is_old() && !full_range;
        match machine {
            _ if across == 1 => Back::Full,
            _ if !self.height.is_multiple_of(2) && self.is_odd_across() => Back::Filtered,
            _ if !self.height.is_multiple_of(2) => Back::FilteredDown,
            Machine::X86_64 => Back::X86,
            Machine::Arm64 if arm_code && self.width.is_multiple_of(16) => Back::Arm,
            Machine::Arm64 => Back::Tables,
        }
    }

    fn make_room(&mut self, columns: usize) {
        for ring in &mut self.ring {
            ring.resize_with(self.down.taps().max(ring.len()), Vec::new);
            ring.iter_mut().for_each(|row| row.resize(columns, 0));
        }
        let pixels = if self.is_odd_across() { self.width } else { 0 };
        self.pixels.iter_mut().for_each(|row| row.resize(pixels, 0));
        self.filtered.iter_mut().for_each(|row| row.resize(columns, 0));
        let fine = if self.back == Back::Filtered { self.width } else { 0 };
        self.fine.iter_mut().for_each(|row| row.resize(fine, 0));
        self.wide.resize_with(self.up.taps().max(self.wide.len()), Vec::new);
        let wide = if self.back == Back::FilteredDown { columns } else { fine };
        self.wide.iter_mut().for_each(|row| row.resize(wide, 0));
    }

    /// Converts row `y` of RGB, one after another from 0: writes row `y` of Y, and the rows of Cb and Cr that it
    /// completes, which are told.
    pub(crate) fn put(&mut self, y: usize, rgb: &[u8], planes: &mut Planes) -> Rows<usize> {
        if y == 0 {
            self.next = 0;
        }
        self.level.for_rows(self.width).run_wide(PutRow { converter: self, y, rgb, planes })
    }

    #[inline(always)]
    fn put_row<V: Vectors>(&mut self, simd: V, y: usize, rgb: &[u8], planes: &mut Planes) -> Rows<usize> {
        let (luma, padding) = planes.y.padded_row_mut(y).split_at_mut(self.width);
        let (odd, across) = (self.is_odd_across(), self.subsampling.factors().0);
        let [cb, cr] = self.ring.each_mut().map(|ring| {
            let place = y % ring.len();
            &mut ring[place][..]
        });
        if odd {
            kernels::luma_row(simd, rgb, luma, self.range);
            let [cb_pixels, cr_pixels] = &mut self.pixels;
            forward::chroma_pixels(rgb, cb_pixels, cr_pixels);
            forward::filter_across(cb_pixels, &self.narrowing, cb, self.range);
            forward::filter_across(cr_pixels, &self.narrowing, cr, self.range);
        } else if across == 2 {
            kernels::halved_row(simd, rgb, luma, [cb, cr], self.range);
        } else {
            kernels::full_row(simd, rgb, luma, [cb, cr], self.range);
        }
        padding.fill(luma[self.width - 1]);
        let first = self.next;
        while self.next < planes.cb.height && self.down.last(self.next) <= y {
            self.finish(simd, &self.ring[0], &mut planes.cb);
            self.finish(simd, &self.ring[1], &mut planes.cr);
            self.next += 1;
        }
        first..self.next
    }

    /// Writes the next row of a chroma plane.
    #[inline(always)]
    fn finish<V: Vectors>(&self, simd: V, ring: &[Vec<i16>], plane: &mut Plane) {
        let (first, weights) = self.down.weights(self.next);
        let is_last = self.next + 1 == plane.height;
        let mut rows: [&[i16]; MAX_TAPS] = [&[]; MAX_TAPS];
        for (i, row) in rows.iter_mut().enumerate().take(weights.len()) {
            *row = &ring[(first + i).min(self.height - 1) % ring.len()];
        }
        let (out, padding) = plane.padded_row_mut(self.next).split_at_mut(rows[0].len());
        if weights.len() == 1 {
            kernels::narrow_row(simd, rows[0], out);
        } else if self.conversion.machine == Machine::X86_64 && !is_last {
            kernels::filter_down(simd, rows, weights, out);
        } else {
            kernels::filter_down_exactly(simd, rows, weights, out);
        }
        padding.fill(out[out.len() - 1]);
    }

    /// How many rows of RGB can be taken out when the planes' first `luma` rows, and the chroma that belongs to them,
    /// are as they will be.
    pub(crate) fn ready(&self, luma: usize) -> usize {
        let (_, down) = self.subsampling.factors();
        if luma >= self.height || self.back.is_repeated() {
            return luma.min(self.height);
        }
        let chroma = luma / down;
        (luma.saturating_sub(2 * self.up.taps())..luma).find(|&y| self.up.last(y) >= chroma).unwrap_or(luma)
    }

    /// Row `y` of the planes as packed RGB.
    pub(crate) fn get(&mut self, y: usize, planes: &Planes, rgb: &mut [u8]) {
        let factors = if self.conversion.full_range { &back::FULL } else { &back::LIMITED };
        let (_, down) = self.subsampling.factors();
        let luma = &planes.y.padded_row(y)[..self.width];
        let chroma = self.chroma_row(y / down);
        let repeated = [luma, planes.cb.padded_row(chroma), planes.cr.padded_row(chroma)];
        match self.back {
            Back::X86 | Back::Full => {
                self.level.for_rows(self.width).run_wide(ConvertBack {
                    is_full: self.back == Back::Full,
                    planes: repeated,
                    factors,
                    rgb,
                });
            }
            Back::Arm => back::row_arm::<2>(repeated, factors, rgb),
            Back::Tables => back::row_by_tables::<2>(repeated, factors, rgb),
            Back::FilteredDown => {
                self.filter_back(y, [&planes.cb, &planes.cr]);
                let [cb, cr] = &self.filtered;
                back::row_by_tables::<2>([luma, cb, cr], factors, rgb);
            }
            Back::Filtered => {
                self.filter_back_finely(y, [&planes.cb, &planes.cr]);
                let [cb, cr] = &self.fine;
                back::row_finely(luma, [cb, cr], factors, rgb);
            }
        }
    }

    /// Which row of chroma is repeated where row `y` is asked for: FFmpeg 7.1 and older take every other one of 4:2:2
    /// where the CPU's features are not used.
    fn chroma_row(&self, y: usize) -> usize {
        let every_other = self.subsampling == Subsampling::S422
            && self.back == Back::Tables
            && self.conversion.colours.is_old();
        if every_other { y & !1 } else { y }
    }

    /// Chroma of row `y` in 8 bits, for [`Back::FilteredDown`].
    fn filter_back(&mut self, y: usize, planes: [&Plane; 2]) {
        let (first, weights) = self.up.weights(y);
        let weights = old_weights(self.conversion.colours, weights);
        for (plane, out) in planes.into_iter().zip(&mut self.filtered) {
            let rows = wide_rows(plane, first, weights.len(), &self.widening, &mut self.wide);
            back::filter_down(rows, weights, out);
        }
    }

    /// Chroma of row `y` at full width, for [`Back::Filtered`].
    fn filter_back_finely(&mut self, y: usize, planes: [&Plane; 2]) {
        let (first, weights) = self.up.weights(y);
        let bilinear_pair = !self.conversion.colours.is_bicubic() && weights.len() == 2;
        let round = if bilinear_pair { 0 } else { 512 };
        for (plane, out) in planes.into_iter().zip(&mut self.fine) {
            let rows = wide_rows(plane, first, weights.len(), &self.widening, &mut self.wide);
            back::filter_down_finely(rows, weights, round, out);
        }
    }
}

/// Converts a row of RGB.
struct PutRow<'a> {
    converter: &'a mut Converter,
    y: usize,
    rgb: &'a [u8],
    planes: &'a mut Planes,
}

impl WideJob for PutRow<'_> {
    type Output = Rows<usize>;

    #[inline(always)]
    fn run<V: Vectors>(self, simd: V) -> Rows<usize> {
        self.converter.put_row(simd, self.y, self.rgb, self.planes)
    }
}

/// Converts a row back, as [`Back::X86`] or [`Back::Full`].
struct ConvertBack<'a> {
    is_full: bool,
    planes: [&'a [u8]; 3],
    factors: &'a back::Factors,
    rgb: &'a mut [u8],
}

impl WideJob for ConvertBack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, simd: V) {
        let Self { is_full, planes, factors, rgb } = self;
        if is_full {
            kernels::row_full(simd, planes, factors, rgb);
        } else {
            kernels::row_x86(simd, planes, factors, rgb);
        }
    }
}

/// Rows of chroma from `first` on, filtered horizontally.
fn wide_rows<'a>(
    plane: &Plane,
    first: usize,
    count: usize,
    filter: &Filter,
    wide: &'a mut [Vec<i16>],
) -> [&'a [i16]; MAX_TAPS] {
    let mut rows: [&[i16]; MAX_TAPS] = [&[]; MAX_TAPS];
    for (i, (wide, row)) in wide.iter_mut().zip(&mut rows).enumerate().take(count) {
        let chroma = &plane.padded_row((first + i).min(plane.height - 1))[..plane.width];
        if filter.is_plain() {
            back::widen(chroma, wide);
        } else {
            back::filter_across(chroma, filter, wide);
        }
        *row = wide;
    }
    rows
}

/// FFmpeg 7.1 and older take two taps as the upper one alone, or as the mean, unless one is negative.
fn old_weights(colours: Colours, weights: &[i16]) -> &[i16] {
    match *weights {
        [_, 0..2048] if colours.is_old() => &[4096, 0],
        [_, 2048..=4096] if colours.is_old() => &[2048, 2048],
        [..] => weights,
    }
}

#[cfg(test)]
mod tests;
