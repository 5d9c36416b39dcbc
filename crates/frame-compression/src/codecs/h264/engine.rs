//! H.264 from RGB to RGB.

use std::ops::Range;

use super::{H264, Reconstruction};
use crate::colour::Picture;
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;

/// The engine: colour there and back, and the reconstruction between.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    pub(super) settings: H264,
    picture: Picture,
    reconstruction: Reconstruction,
}

impl engine::Engine for Engine {
    fn begin(&mut self, width: usize, height: usize) -> Result<(), Error> {
        engine::even_sides(Codec::H264, width, height)?;
        self.settings.check()?;
        let (colours, machine) = self.settings.conversion();
        self.picture.begin(colours, machine, width, height);
        Ok(())
    }

    fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> Result<Range<usize>, Error> {
        self.picture.put(y, rows);
        let planes = self.picture.planes();
        let height = planes.height();
        if y + 2 < height {
            return Ok(0..0);
        }
        self.reconstruction.run(planes, &self.settings);
        Ok(0..height)
    }

    fn get(&mut self, y: usize, rgb: &mut [u8]) {
        self.picture.get(y, rgb);
    }

    fn planes(&mut self, planes: &mut Planes) -> Result<(), Error> {
        engine::subsampled(Codec::H264, planes, Subsampling::S420)?;
        engine::even_sides(Codec::H264, planes.width(), planes.height())?;
        self.settings.check()?;
        self.reconstruction.run(planes, &self.settings);
        Ok(())
    }
}
