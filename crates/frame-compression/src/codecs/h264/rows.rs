//! One row of macroblocks: the loop that codes it, and the quantisers it stores.

use super::aq::energy;
use super::decision::{MacroblockType, Prices, code_both_chroma, code_luma};
use super::frame::Frame;
use super::kernels;
use super::macroblock::{Bottom, ChromaCanvas, LumaCanvas, Macroblock, Neighbours, Source, copy_rows};
use super::overflow;
use super::quantise::QP_MAX;
use crate::planes::Planes;
use crate::simd::{Job, Simd};

/// The samples of one row of macroblocks: 16 rows of luma, 8 of each chroma.
#[derive(Debug)]
pub(super) struct Band<'a> {
    pub(super) y: &'a mut [u8],
    pub(super) cb: &'a mut [u8],
    pub(super) cr: &'a mut [u8],
    /// Luma samples from row to row; chroma has half of it.
    pub(super) stride: usize,
}

/// What deblocking needs to know of a coded macroblock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Coded {
    /// QP_Y as the standard has it: of the macroblock before where nothing was coded.
    pub(super) qp: u8,
    /// transform_size_8x8_flag.
    pub(super) transform_8x8: bool,
}

/// The source of one row of macroblocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct SourceBand<'a> {
    y: &'a [u8],
    cb: &'a [u8],
    cr: &'a [u8],
    /// Luma samples from row to row; chroma has half of it.
    stride: usize,
}

/// What is known of a row before it is coded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Survey<'a> {
    pub(super) source: SourceBand<'a>,
    /// The adapted quantisers.
    pub(super) wanted: &'a [u8],
}

/// What goes from a row of macroblocks to the one below.
pub(super) trait Lines {
    /// What the row above left at column `x` and at the next one; `None` when the row has to start again.
    fn above(&mut self, x: usize) -> Option<[Bottom; 2]>;

    /// Leaves what the row below will need of column `x`.
    fn leave(&mut self, x: usize, bottom: Bottom);
}

/// Codes a row: source in, reconstruction before deblocking out.
pub(super) struct RowCoder<'a, 'band> {
    pub(super) macroblock: &'a mut Macroblock,
    pub(super) band: &'a mut Band<'band>,
    /// `None` when the band itself holds the source, and nothing has been found out yet.
    pub(super) survey: Option<Survey<'a>>,
    pub(super) frame: &'a Frame<'a>,
    /// The QP stored for the macroblock before this row's first, `None` at the start of a slice.
    pub(super) last: Option<u8>,
    /// Whether this is the first row of a slice.
    pub(super) first_row: bool,
    pub(super) lines: &'a mut dyn Lines,
    pub(super) coded: &'a mut [Coded],
}

/// What the rows below have to know of a coded row.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowEnd {
    /// The QP stored for the last macroblock.
    pub(super) last: u8,
    /// Whether the first macroblock has a residual, and so a QP of its own.
    #[cfg_attr(not(feature = "rayon"), expect(dead_code, reason = "rows in order need not ask"))]
    pub(super) first_residual: bool,
}

impl Job for RowCoder<'_, '_> {
    /// `None` when the row has to start again.
    type Output = Option<RowEnd>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Option<RowEnd> {
        let Self { macroblock, band, survey, frame, mut last, first_row, lines, coded } = self;
        let columns = coded.len();
        let mut first_residual = false;
        macroblock.start_row();
        for (x, coded) in coded.iter_mut().enumerate() {
            let source = survey.map_or(band.source(), |survey| survey.source);
            source.load(x, &mut macroblock.source);
            let neighbours =
                Neighbours { left: x > 0, top: !first_row, top_right: !first_row && x + 1 < columns };
            let [above, above_right] = lines.above(x)?;
            macroblock.enter(neighbours, &above, &above_right);
            let wanted = match survey {
                Some(survey) => survey.wanted[x],
                None => frame.adaptation.quantiser(energy_of(simd, &macroblock.source)),
            };
            let before = last.unwrap_or(Frame::slice_qp(wanted));
            let residual;
            (*coded, residual) = code_macroblock(simd, frame, macroblock, wanted, before);
            first_residual |= x == 0 && residual;
            last = Some(coded.qp);
            lines.leave(x, macroblock.bottom());
            band.store(x, macroblock);
        }
        Some(RowEnd { last: last.unwrap_or(0), first_residual })
    }
}

/// Finds the adapted quantisers of a row of macroblocks.
#[cfg(feature = "rayon")]
pub(super) struct RowSurveyor<'a> {
    pub(super) source: SourceBand<'a>,
    pub(super) frame: &'a Frame<'a>,
    pub(super) quantisers: &'a mut [u8],
}

#[cfg(feature = "rayon")]
impl Job for RowSurveyor<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let mut macroblock = Source::default();
        for (x, quantiser) in self.quantisers.iter_mut().enumerate() {
            self.source.load(x, &mut macroblock);
            *quantiser = self.frame.adaptation.quantiser(energy_of(simd, &macroblock));
        }
    }
}

/// Finds the energies of a row of macroblocks.
pub(super) struct RowMeter<'a> {
    pub(super) source: SourceBand<'a>,
    pub(super) energies: &'a mut [u32],
}

impl Job for RowMeter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let mut macroblock = Source::default();
        for (x, energy) in self.energies.iter_mut().enumerate() {
            self.source.load(x, &mut macroblock);
            *energy = energy_of(simd, &macroblock);
        }
    }
}

#[inline(always)]
pub(super) fn energy_of<S: Simd>(simd: S, source: &Source) -> u32 {
    if S::IS_SCALAR { energy(source) } else { kernels::energy::energy(simd, source) }
}

/// Codes the macroblock whose source has been loaded. `wanted` is its adapted quantiser, `last` the QP stored for
/// the one before. Also gives whether there is a residual.
#[inline(always)]
fn code_macroblock<S: Simd>(
    simd: S,
    frame: &Frame<'_>,
    macroblock: &mut Macroblock,
    wanted: u8,
    last: u8,
) -> (Coded, bool) {
    let quantiser = frame.settled_quantiser(wanted, last);
    let mut qp = quantiser.min(QP_MAX);
    let prices = Prices::of(frame, quantiser);
    let luma = code_luma(simd, macroblock, &prices);
    let (mode_chroma, chroma) = code_both_chroma(simd, macroblock, &prices);
    let mut residual = luma.residual || chroma;
    if frame.parameters.limits_levels() {
        let coded = (luma, mode_chroma);
        (qp, residual) = overflow::resolve(simd, frame, macroblock, &prices, coded, qp, residual);
    }
    (Coded::intra(luma.kind, qp, residual, last), residual)
}

impl Coded {
    /// Of a macroblock coded with a QP, with or without a residual, after one of QP `last`.
    pub(super) fn intra(kind: MacroblockType, qp: u8, residual: bool, last: u8) -> Self {
        let inherits = match kind {
            // Intra16x16 always has a mb_qp_delta: it may lower the QP with no residual, but it does not raise it.
            MacroblockType::Intra16x16 => qp > last,
            MacroblockType::Intra8x8 | MacroblockType::Intra4x4 => true,
        };
        Self {
            qp: if !residual && inherits { last } else { qp },
            transform_8x8: kind == MacroblockType::Intra8x8,
        }
    }
}

impl<'a> SourceBand<'a> {
    /// Of row `row` of macroblocks.
    pub(super) fn of(planes: &'a Planes, row: usize) -> Self {
        let stride = planes.y.stride;
        let (luma, chroma) = (16 * stride, 8 * (stride / 2));
        Self {
            y: &planes.y.samples[row * luma..][..luma],
            cb: &planes.cb.samples[row * chroma..][..chroma],
            cr: &planes.cr.samples[row * chroma..][..chroma],
            stride,
        }
    }

    /// Prefetches what lies so many samples behind macroblock `x`: the frame waited so long that it left the near
    /// caches.
    #[inline(always)]
    pub(super) fn prefetch<S: Simd>(&self, simd: S, x: usize, ahead: usize) {
        let row = |plane: &'a [u8], stride: usize, row: usize, at: usize| &plane[row * stride + at..][..1];
        for y in 0..16 {
            simd.prefetch(row(self.y, self.stride, y, 16 * x), ahead);
        }
        for y in 0..8 {
            for plane in [self.cb, self.cr] {
                simd.prefetch(row(plane, self.stride / 2, y, 8 * x), ahead / 2);
            }
        }
    }

    /// Copies the source of macroblock `x`.
    #[inline(always)]
    pub(super) fn load(&self, x: usize, source: &mut Source) {
        copy_rows::<16>((self.y, self.stride, x * 16), (&mut source.y, 16, 0), 16);
        for (row, to) in source.chroma.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let at = row * (self.stride / 2) + x * 8;
            to[..8].copy_from_slice(&self.cb[at..at + 8]);
            to[8..].copy_from_slice(&self.cr[at..at + 8]);
        }
    }
}

impl Band<'_> {
    /// Y, Cb, Cr.
    #[cfg(feature = "rayon")]
    pub(super) fn planes(&mut self) -> [&mut [u8]; 3] {
        [&mut *self.y, &mut *self.cb, &mut *self.cr]
    }

    /// The same samples, to read.
    pub(super) fn source(&self) -> SourceBand<'_> {
        SourceBand { y: self.y, cb: self.cb, cr: self.cr, stride: self.stride }
    }

    /// Puts the reconstruction of macroblock `x` into the planes.
    pub(super) fn store(&mut self, x: usize, macroblock: &Macroblock) {
        let luma = (&macroblock.luma.samples[..], LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
        copy_rows::<16>(luma, (&mut *self.y, self.stride, x * 16), 16);
        for (plane, samples) in [&mut *self.cb, &mut *self.cr].into_iter().enumerate() {
            let block = (&macroblock.chroma.samples[..], ChromaCanvas::STRIDE, ChromaCanvas::ORIGIN[plane]);
            copy_rows::<8>(block, (samples, self.stride / 2, x * 8), 8);
        }
    }
}
