//! RGB to Y, Cb, Cr: the stages, a row at a time. Numbers between the stages have 15 bits: a sample of 8 bits times 128.

use super::filter::{Filter, MAX_TAPS};

/// The range of the samples of Y, Cb, Cr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// 16..=235 and 16..=240.
    Limited,
    /// 0..=255, as FFmpeg 8.0 and newer stretch it.
    Full,
    /// 0..=255, as FFmpeg 7.1 and older stretched it.
    OldFull,
}

/// How numbers of 15 bits are taken from limited to full range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) factor: i16,
    pub(super) offset: i32,
    /// What is more counts as this.
    pub(super) most: i16,
}

impl Stretch {
    fn of(self, wide: i32) -> i32 {
        let wide = wide.min(i32::from(self.most));
        ((i32::from(self.factor) * wide - self.offset) >> 14).min(i32::from(i16::MAX))
    }
}

impl Range {
    /// What is done to luma.
    pub(super) fn luma(self) -> Option<Stretch> {
        match self {
            Range::Limited => None,
            Range::Full => Some(Stretch { factor: 19078, offset: 39_084_288, most: i16::MAX }),
            Range::OldFull => Some(Stretch { factor: 19077, offset: 39_057_361, most: 30189 }),
        }
    }

    /// What is done to chroma.
    pub(super) fn chroma(self) -> Option<Stretch> {
        match self {
            Range::Limited => None,
            Range::Full => Some(Stretch { factor: 18652, offset: 38_207_488, most: i16::MAX }),
            Range::OldFull => Some(Stretch { factor: 4 * 4663, offset: 4 * 9_289_992, most: 30775 }),
        }
    }

    fn stretch_luma(self, luma: i32) -> i32 {
        self.luma().map_or(luma, |stretch| stretch.of(luma))
    }

    fn stretch_chroma(self, chroma: i32) -> i32 {
        self.chroma().map_or(chroma, |stretch| stretch.of(chroma))
    }
}

/// What is added to the weighted sums of a pixel: 16 or 128, and one half.
pub(super) const LUMA_OFFSET: i32 = (32 << 14) + (1 << 8);
/// See [`LUMA_OFFSET`].
pub(super) const CHROMA_OFFSET: i32 = (256 << 14) + (1 << 8);

/// Y of each pixel.
pub(super) fn luma_row(rgb: &[u8], luma: &mut [u8], range: Range) {
    for (luma, rgb) in luma.iter_mut().zip(rgb.as_chunks::<3>().0) {
        let [r, g, b] = rgb.map(i32::from);
        let wide = 2 * ((8414 * r + 16519 * g + 3208 * b + LUMA_OFFSET) >> 9);
        *luma = ((range.stretch_luma(wide) + 64) >> 7).clamp(0, 255) as u8;
    }
}

/// Twice the weighted sums of Cb and Cr of `PIXELS` neighbours: one, or two for subsampled chroma.
fn chroma_of<const PIXELS: usize>(pixels: &[[u8; 3]]) -> [i32; 2] {
    let [r, g, b] = [0, 1, 2].map(|c| pixels.iter().map(|pixel| i32::from(pixel[c])).sum::<i32>());
    let (offset, shift) = (PIXELS as i32 * CHROMA_OFFSET, 8 + PIXELS);
    let cb = (-4865 * r - 9528 * g + 14392 * b + offset) >> shift;
    let cr = (14392 * r - 12061 * g - 2332 * b + offset) >> shift;
    [2 * cb, 2 * cr]
}

/// Cb and Cr of `PIXELS` pixels each.
pub(super) fn chroma_row<const PIXELS: usize>(rgb: &[u8], cb: &mut [i16], cr: &mut [i16], range: Range) {
    for ((cb, cr), pixels) in cb.iter_mut().zip(cr).zip(rgb.as_chunks().0.chunks_exact(PIXELS)) {
        let [blue, red] = chroma_of::<PIXELS>(pixels);
        (*cb, *cr) = (range.stretch_chroma(blue) as i16, range.stretch_chroma(red) as i16);
    }
}

/// Cb and Cr of each pixel, half as large, for [`filter_across`].
pub(super) fn chroma_pixels(rgb: &[u8], cb: &mut [i16], cr: &mut [i16]) {
    for ((cb, cr), pixel) in cb.iter_mut().zip(cr).zip(rgb.as_chunks().0) {
        let [blue, red] = chroma_of::<1>(&[*pixel]);
        (*cb, *cr) = ((blue / 2) as i16, (red / 2) as i16);
    }
}

/// The horizontal filter of odd widths.
pub(super) fn filter_across(row: &[i16], filter: &Filter, out: &mut [i16], range: Range) {
    for (k, out) in out.iter_mut().enumerate() {
        let (first, weights) = filter.weights(k);
        let sum: i32 = weights.iter().zip(&row[first..]).map(|(&w, &c)| i32::from(w) * i32::from(c)).sum();
        *out = range.stretch_chroma((sum >> 13).min(32767)) as i16;
    }
}

/// Chroma of one row, as it is.
pub(super) fn narrow_row(row: &[i16], out: &mut [u8]) {
    for (out, &chroma) in out.iter_mut().zip(row) {
        *out = ((i32::from(chroma) + 64) >> 7).clamp(0, 255) as u8;
    }
}

/// What is added to the truncated products of the vertical filter.
pub(super) fn rounding(weights: &[i16]) -> i32 {
    (64 + 8 * (weights.len() as i32 - 1)) >> 4
}

/// The vertical filter, each product truncated.
pub(super) fn filter_down(rows: [&[i16]; MAX_TAPS], weights: &[i16], out: &mut [u8]) {
    for (x, out) in out.iter_mut().enumerate() {
        let product = |(row, &weight): (&&[i16], &i16)| (i32::from(row[x]) * i32::from(weight)) >> 16;
        let sum: i32 = rows.iter().zip(weights).map(product).sum();
        *out = ((rounding(weights) + sum) >> 3).clamp(0, 255) as u8;
    }
}

/// The vertical filter, the sum rounded once.
pub(super) fn filter_down_exactly(rows: [&[i16]; MAX_TAPS], weights: &[i16], out: &mut [u8]) {
    for (x, out) in out.iter_mut().enumerate() {
        let product = |(row, &weight): (&&[i16], &i16)| i32::from(row[x]) * i32::from(weight);
        let sum: i32 = rows.iter().zip(weights).map(product).sum();
        *out = (((64 << 12) + sum) >> 19).clamp(0, 255) as u8;
    }
}
