//! H.265 from RGB to RGB.

use std::ops::Range;

use super::preset::min_side;
use super::{H265, Reconstruction};
use crate::colour::Picture;
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;

/// The engine: colour there and back, and the reconstruction between.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    pub(super) settings: H265,
    picture: Picture,
    reconstruction: Reconstruction,
}

/// Refuses sizes that x265 does not take.
fn check(width: usize, height: usize, settings: &H265) -> Result<(), Error> {
    let codec = Codec::H265;
    engine::even_sides(codec, width, height)?;
    let minimum = min_side(settings.preset);
    if width.min(height) < minimum {
        return Err(Error::TooSmall { codec, width, height, minimum });
    }
    Ok(())
}

impl engine::Engine for Engine {
    fn begin(&mut self, width: usize, height: usize) -> Result<(), Error> {
        check(width, height, &self.settings)?;
        self.picture.begin(self.settings.colours, self.settings.machine, width, height);
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
        engine::subsampled(Codec::H265, planes, Subsampling::S420)?;
        check(planes.width(), planes.height(), &self.settings)?;
        self.reconstruction.run(planes, &self.settings);
        Ok(())
    }
}
