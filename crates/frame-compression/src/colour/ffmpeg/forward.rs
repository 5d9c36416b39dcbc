//! RGB to Y, Cb, Cr: the stages, a row at a time. Numbers between the stages have 15 bits: a sample of 8 bits times 128.

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

impl Range {
    /// Stretches luma of 15 bits.
    fn stretch_luma(self, luma: i32) -> i32 {
        match self {
            Range::Limited => luma,
            Range::Full => ((19078 * luma - 39_084_288) >> 14).min(32767),
            Range::OldFull => (19077 * luma.min(30189) - 39_057_361) >> 14,
        }
    }

    /// Stretches chroma of 15 bits.
    fn stretch_chroma(self, chroma: i32) -> i32 {
        match self {
            Range::Limited => chroma,
            Range::Full => ((18652 * chroma - 38_207_488) >> 14).min(32767),
            Range::OldFull => (4663 * chroma.min(30775) - 9_289_992) >> 12,
        }
    }
}

/// Y of each pixel.
pub(super) fn luma_row(rgb: &[u8], luma: &mut [u8], range: Range) {
    for (luma, rgb) in luma.iter_mut().zip(rgb.as_chunks::<3>().0) {
        let [r, g, b] = rgb.map(i32::from);
        let wide = 2 * ((8414 * r + 16519 * g + 3208 * b + (32 << 14) + (1 << 8)) >> 9);
        *luma = ((range.stretch_luma(wide) + 64) >> 7).clamp(0, 255) as u8;
    }
}

/// Twice the weighted sums of Cb and Cr of `PIXELS` neighbours: one, or two for subsampled chroma.
fn chroma_of<const PIXELS: usize>(pixels: &[[u8; 3]]) -> [i32; 2] {
    let [r, g, b] = [0, 1, 2].map(|c| pixels.iter().map(|pixel| i32::from(pixel[c])).sum::<i32>());
    let (offset, shift) = (PIXELS as i32 * ((256 << 14) + (1 << 8)), 8 + PIXELS);
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
pub(super) fn filter_across(row: &[i16], filter: &super::Filter, out: &mut [i16], range: Range) {
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

/// The vertical filter, each product truncated.
pub(super) fn filter_down<'a>(rows: impl Fn(usize) -> &'a [i16], weights: &[i16], out: &mut [u8]) {
    let round = (64 + 8 * (weights.len() as i32 - 1)) >> 4;
    for (x, out) in out.iter_mut().enumerate() {
        let product = |(i, &weight): (usize, &i16)| (i32::from(rows(i)[x]) * i32::from(weight)) >> 16;
        let sum: i32 = weights.iter().enumerate().map(product).sum();
        *out = ((round + sum) >> 3).clamp(0, 255) as u8;
    }
}

/// The vertical filter, the sum rounded once.
pub(super) fn filter_down_exactly<'a>(rows: impl Fn(usize) -> &'a [i16], weights: &[i16], out: &mut [u8]) {
    for (x, out) in out.iter_mut().enumerate() {
        let product = |(i, &weight): (usize, &i16)| i32::from(rows(i)[x]) * i32::from(weight);
        let sum: i32 = weights.iter().enumerate().map(product).sum();
        *out = (((64 << 12) + sum) >> 19).clamp(0, 255) as u8;
    }
}
