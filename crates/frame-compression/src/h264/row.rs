//! One row of macroblocks: the loop that codes it, and the quantisers it stores.

use super::aq::{adapted_quantiser, energy};
use super::decision::{MacroblockType, Prices, code_both_chroma, code_luma};
use super::macroblock::{Bottom, ChromaCanvas, LumaCanvas, Macroblock, Neighbours, Source, gather, scatter};
use super::quantiser::{QP_MAX, Quantiser, chroma_qp};
use super::vector;
use crate::simd::Simd;

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

/// Codes a row in place: source in, reconstruction before deblocking out. Gives the QP stored for its last macroblock.
pub(super) struct RowCoder<'a, 'band> {
    pub(super) macroblock: &'a mut Macroblock,
    pub(super) band: &'a mut Band<'band>,
    pub(super) frame_quantiser: f32,
    /// The QP stored for the macroblock before this row's first, `None` at the start of the picture.
    pub(super) last: Option<u8>,
    /// Of the row above; empty for the first row.
    pub(super) above: &'a [Bottom],
    pub(super) below: &'a mut [Bottom],
    pub(super) coded: &'a mut [Coded],
}

impl RowCoder<'_, '_> {
    #[inline(always)]
    pub(super) fn run<S: Simd>(self, simd: S) -> Option<u8> {
        let Self { macroblock, band, frame_quantiser, mut last, above, below, coded } = self;
        macroblock.start_row();
        for (x, coded) in coded.iter_mut().enumerate() {
            band.load(x, macroblock);
            let neighbours =
                Neighbours { left: x > 0, top: !above.is_empty(), top_right: x + 1 < above.len() };
            macroblock.enter(
                neighbours,
                above.get(x).unwrap_or(&Bottom::NONE),
                above.get(x + 1).unwrap_or(&Bottom::NONE),
            );
            let wanted = adapted_quantiser(frame_quantiser, energy_of(simd, &macroblock.source));
            let before = last.unwrap_or(wanted.min(QP_MAX));
            *coded = code_macroblock(simd, macroblock, wanted, before);
            last = Some(coded.qp);
            below[x] = macroblock.bottom();
            band.store(x, macroblock);
        }
        last
    }
}

#[inline(always)]
fn energy_of<S: Simd>(simd: S, source: &Source) -> u32 {
    if S::IS_SCALAR { energy(source) } else { vector::energy::energy(simd, source) }
}

/// Codes the macroblock whose source has been loaded. `wanted` is its adapted quantiser, `last` the QP stored for
/// the one before.
#[inline(always)]
fn code_macroblock<S: Simd>(simd: S, macroblock: &mut Macroblock, wanted: u8, last: u8) -> Coded {
    // A step of one is not worth its bits.
    let quantiser = if wanted.abs_diff(last) == 1 { last } else { wanted };
    let qp = quantiser.min(QP_MAX);
    let prices = Prices::of(quantiser);
    let luma = code_luma(simd, macroblock, &prices);
    let chroma = code_both_chroma(simd, macroblock, &prices, quantiser, Quantiser::of(chroma_qp(qp)));
    let inherits = match luma.kind {
        // Intra16x16 always has a mb_qp_delta: it may lower the QP with no residual, but it does not raise it.
        MacroblockType::Intra16x16 => qp > last,
        MacroblockType::Intra8x8 | MacroblockType::Intra4x4 => true,
    };
    Coded {
        qp: if !luma.residual && !chroma && inherits { last } else { qp },
        transform_8x8: luma.kind == MacroblockType::Intra8x8,
    }
}

impl Band<'_> {
    /// Copies the source of macroblock `x` out of the planes.
    fn load(&self, x: usize, macroblock: &mut Macroblock) {
        let source = &mut macroblock.source;
        source.y = gather::<16, 256>(self.y, self.stride, x * 16);
        for (row, to) in source.chroma.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let at = row * (self.stride / 2) + x * 8;
            to[..8].copy_from_slice(&self.cb[at..at + 8]);
            to[8..].copy_from_slice(&self.cr[at..at + 8]);
        }
    }

    /// Puts the reconstruction of macroblock `x` into the planes.
    fn store(&mut self, x: usize, macroblock: &Macroblock) {
        let luma = gather::<16, 256>(&macroblock.luma.samples, LumaCanvas::STRIDE, LumaCanvas::ORIGIN);
        scatter::<16, 256>(&luma, self.y, self.stride, x * 16);
        for (plane, samples) in [&mut *self.cb, &mut *self.cr].into_iter().enumerate() {
            let origin = ChromaCanvas::ORIGIN[plane];
            let block = gather::<8, 64>(&macroblock.chroma.samples, ChromaCanvas::STRIDE, origin);
            scatter::<8, 64>(&block, samples, self.stride / 2, x * 8);
        }
    }
}
