//! WebP from RGB to RGB.

use std::ops::Range;

use super::{Coder, WebP, import, upsample};
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;
use crate::simd::{Level, Simd, dispatch};

/// The largest width and height of a WebP.
const MAX_SIDE: usize = 16383;

/// The engine: colour there and back, and the reconstruction between.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    pub(super) settings: WebP,
    planes: Planes,
    coder: Coder,
}

fn check_size(width: usize, height: usize) -> Result<(), Error> {
    if width.max(height) > MAX_SIDE {
        return Err(Error::TooLargeForCodec { codec: Codec::WebP, width, height, maximum: MAX_SIDE });
    }
    Ok(())
}

impl Engine {
    #[cfg(test)]
    pub(super) fn at(level: Level, settings: WebP) -> Self {
        Self { settings, planes: Planes::default(), coder: Coder::new(level) }
    }

    fn level(&self) -> Level {
        self.coder.level
    }
}

impl engine::Engine for Engine {
    fn begin(&mut self, width: usize, height: usize) -> Result<(), Error> {
        check_size(width, height)?;
        self.planes.resize(width, height, Subsampling::S420);
        Ok(())
    }

    fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> Result<Range<usize>, Error> {
        let (level, planes) = (self.level(), &mut self.planes);
        let height = planes.height();
        dispatch!(level, simd => simd.vectorize(
            #[inline(always)]
            || {
                for (y, row) in (y..height).zip(rows) {
                    import::luma_row(simd, row, planes.y.row_mut(y));
                }
                import::chroma_row(rows, planes.cb.row_mut(y / 2), planes.cr.row_mut(y / 2));
            },
        ));
        if y + 2 < height {
            return Ok(0..0);
        }
        planes.extend_edges();
        self.coder.reconstruct(planes, &self.settings);
        Ok(0..height)
    }

    fn get(&mut self, y: usize, rgb: &mut [u8]) {
        let planes = &self.planes;
        let last = planes.cb.height - 1;
        let near = y / 2;
        let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(last) };
        let (cb, cr) = ([near, far].map(|y| planes.cb.row(y)), [near, far].map(|y| planes.cr.row(y)));
        let luma = planes.y.row(y);
        dispatch!(self.level(), simd => simd.vectorize(
            #[inline(always)]
            || upsample::upsample_row(simd, luma, cb, cr, rgb),
        ));
    }

    fn planes(&mut self, planes: &mut Planes) -> Result<(), Error> {
        engine::subsampled(Codec::WebP, planes, Subsampling::S420)?;
        check_size(planes.width(), planes.height())?;
        planes.extend_edges();
        self.coder.reconstruct(planes, &self.settings);
        Ok(())
    }
}
