//! WebP from RGB to RGB.

use std::ops::Range;

use super::{Coder, WebP, import, upsample};
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;
use crate::simd::{Job, Level, Simd};

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

/// Takes two rows of RGB into the planes.
struct Import<'a> {
    planes: &'a mut Planes,
    y: usize,
    rows: [&'a [u8]; 2],
}

impl Job for Import<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { planes, y, rows } = self;
        for (y, row) in (y..planes.height()).zip(rows) {
            import::luma_row(simd, row, planes.y.row_mut(y));
        }
        import::chroma_row(simd, rows, planes.cb.row_mut(y / 2), planes.cr.row_mut(y / 2));
    }
}

/// Converts a row back, with the nearer and the farther row of chroma.
struct Upsample<'a> {
    luma: &'a [u8],
    cb: [&'a [u8]; 2],
    cr: [&'a [u8]; 2],
    rgb: &'a mut [u8],
}

impl Job for Upsample<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        upsample::upsample_row(simd, self.luma, self.cb, self.cr, self.rgb);
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
        level.run(Import { planes, y, rows });
        let planes = &mut self.planes;
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
        self.level().run(Upsample { luma, cb, cr, rgb });
    }

    fn planes(&mut self, planes: &mut Planes) -> Result<(), Error> {
        engine::subsampled(Codec::WebP, planes, Subsampling::S420)?;
        check_size(planes.width(), planes.height())?;
        planes.extend_edges();
        self.coder.reconstruct(planes, &self.settings);
        Ok(())
    }
}
