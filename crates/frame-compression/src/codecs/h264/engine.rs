//! H.264 from RGB to RGB.

use std::ops::Range;

use super::{H264, Reconstruction};
use crate::colour::video;
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;

/// The engine: colour there and back, and the reconstruction between.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    pub(super) settings: H264,
    picture: video::Picture,
    reconstruction: Reconstruction,
}

impl engine::Engine for Engine {
    fn begin(&mut self, width: usize, height: usize) -> Result<(), Error> {
        engine::even_sides(Codec::H264, width, height)?;
        self.picture.begin(width, height);
        Ok(())
    }

    fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> Result<Range<usize>, Error> {
        self.picture.put(y, rows);
        if y + 2 < self.picture.planes.height() {
            return Ok(0..0);
        }
        self.reconstruction.run(&mut self.picture.planes, &self.settings);
        Ok(0..self.picture.planes.height())
    }

    fn get(&mut self, y: usize, rgb: &mut [u8]) {
        self.picture.get(y, rgb);
    }

    fn planes(&mut self, planes: &mut Planes) -> Result<(), Error> {
        engine::subsampled(Codec::H264, planes, Subsampling::S420)?;
        engine::even_sides(Codec::H264, planes.width(), planes.height())?;
        self.reconstruction.run(planes, &self.settings);
        Ok(())
    }
}
