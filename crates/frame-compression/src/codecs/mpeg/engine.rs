//! MPEG-2, MPEG-4 and MJPEG from RGB to RGB.

use std::ops::Range;

use super::{Arithmetic, Blocks, Steps};
use crate::colour::ffmpeg::{Conversion, Converter, Picture};
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::{BLOCK, Planes};

/// What is to be done to a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Job {
    pub(crate) codec: Codec,
    pub(crate) subsampling: Subsampling,
    pub(crate) conversion: Conversion,
    pub(crate) arithmetic: Arithmetic,
    pub(crate) luma: Steps,
    pub(crate) chroma: Steps,
}

/// The engine. Strips of [`BLOCK`] rows are coded one after another.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    job: Option<(Job, Blocks)>,
    picture: Picture,
    /// How many strips are coded, and how many rows of the result were given.
    coded: usize,
    given: usize,
}

impl Engine {
    /// Sets what is done to the pictures to come.
    pub(crate) fn set(&mut self, job: Job) {
        if self.job.as_ref().is_none_or(|(old, _)| *old != job) {
            self.job = Some((job, Blocks::new(job.arithmetic, job.luma, job.chroma)));
        }
    }

    fn job(&self) -> &(Job, Blocks) {
        self.job.as_ref().unwrap_or_else(|| unreachable!("settings are handed over before a picture"))
    }
}

impl engine::Engine for Engine {
    fn begin(&mut self, width: usize, height: usize) -> Result<(), Error> {
        let Job { codec, subsampling, conversion, .. } = self.job().0;
        if !Converter::takes(&conversion, subsampling, width) {
            return Err(Error::OddSize { codec, width, height });
        }
        self.picture.begin_window(conversion, width, height, subsampling);
        (self.coded, self.given) = (0, 0);
        Ok(())
    }

    fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> Result<Range<usize>, Error> {
        let chroma = self.picture.put(y, rows);
        let planes = &mut self.picture.planes;
        let (_, down) = planes.subsampling().factors();
        let is_last = y + 2 >= planes.height();
        if is_last {
            planes.extend_downwards();
        }
        // Chroma, filtered, is behind luma.
        let complete = if is_last { planes.strips() } else { chroma * down / BLOCK };
        let Some((_, blocks)) = &self.job else { return Ok(0..0) };
        for strip in self.coded..complete {
            blocks.reconstruct_strip(planes, strip);
        }
        self.coded = complete;
        let first = self.given;
        self.given = self.picture.ready(complete * BLOCK);
        Ok(first..self.given)
    }

    fn get(&mut self, y: usize, rgb: &mut [u8]) {
        self.picture.get(y, rgb);
    }

    fn planes(&mut self, planes: &mut Planes) -> Result<(), Error> {
        let (job, blocks) = self.job();
        engine::subsampled(job.codec, planes, job.subsampling)?;
        planes.extend_edges();
        blocks.reconstruct(planes);
        Ok(())
    }
}
