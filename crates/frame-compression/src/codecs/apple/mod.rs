//! Codecs of the operating system. They really encode and decode, take a picture as packed BGRA8 and give it back so;
//! what they leave of it depends on the machine, so nothing here is exact with anything.

#[cfg(target_vendor = "apple")]
mod core_foundation;
#[cfg(target_vendor = "apple")]
mod image_io;
#[cfg(target_vendor = "apple")]
mod pixel_buffer;
#[cfg(target_vendor = "apple")]
mod videotoolbox;

mod settings;

use std::ops::Range;

pub use self::settings::Apple;
use self::settings::System;
use crate::engine;
use crate::error::Error;
use crate::names::{Backend, Codec};
use crate::planes::Planes;
use crate::settings::CodecSettings;

/// The engine: the picture as packed B, G, R, A, A always 255.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    settings: Apple,
    width: usize,
    height: usize,
    bgra: Vec<u8>,
}

impl engine::Engine for Engine {
    fn begin(&mut self, width: usize, height: usize) -> Result<(), Error> {
        if !cfg!(target_vendor = "apple") {
            return Err(unavailable(self.settings.codec(), "it exists on Apple platforms only"));
        }
        match self.settings.system() {
            System::H264 | System::H265 => engine::even_sides(self.settings.codec(), width, height)?,
            System::Jpeg => {}
        }
        self.make_room(width, height);
        Ok(())
    }

    fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> Result<Range<usize>, Error> {
        self.take(y, rows);
        if y + 2 < self.height {
            return Ok(0..0);
        }
        self.encode_and_decode()?;
        Ok(0..self.height)
    }

    fn get(&mut self, y: usize, rgb: &mut [u8]) {
        let row = &self.bgra[y * self.width * 4..][..self.width * 4];
        for (rgb, bgra) in rgb.chunks_exact_mut(3).zip(row.chunks_exact(4)) {
            rgb.copy_from_slice(&[bgra[2], bgra[1], bgra[0]]);
        }
    }

    fn planes(&mut self, _planes: &mut Planes) -> Result<(), Error> {
        let apple = cfg!(target_vendor = "apple");
        let reason = if apple { "it takes R, G, B only" } else { "it exists on Apple platforms only" };
        Err(unavailable(self.settings.codec(), reason))
    }
}

fn unavailable(codec: Codec, reason: &'static str) -> Error {
    Error::BackendUnavailable { backend: Backend::VideoToolbox, codec, reason }
}

impl Engine {
    fn make_room(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.bgra.resize(width * height * 4, 0);
    }

    fn take(&mut self, y: usize, rows: [&[u8]; 2]) {
        let places = self.bgra.chunks_exact_mut(self.width * 4).skip(y);
        for (row, rgb) in places.zip(rows) {
            for (bgra, rgb) in row.chunks_exact_mut(4).zip(rgb.chunks_exact(3)) {
                bgra.copy_from_slice(&[rgb[2], rgb[1], rgb[0], 255]);
            }
        }
    }

    /// Encodes the picture, and puts what decoding gives in its place.
    #[cfg(target_vendor = "apple")]
    fn encode_and_decode(&mut self) -> Result<(), Error> {
        use self::videotoolbox::Video;

        let _pool = core_foundation::AutoreleasePool::new();
        let Self { settings, width, height, bgra } = self;
        let (width, height, kept) = (*width, *height, settings.kept());
        match settings.system() {
            System::H264 => videotoolbox::encode_and_decode(bgra, width, height, Video::H264, kept),
            System::H265 => videotoolbox::encode_and_decode(bgra, width, height, Video::H265, kept),
            System::Jpeg => image_io::encode_and_decode(bgra, width, height, kept),
        }
    }

    /// There is no such codec here; `begin` has said so before.
    #[cfg(not(target_vendor = "apple"))]
    fn encode_and_decode(&mut self) -> Result<(), Error> {
        Err(unavailable(self.settings.codec(), "it exists on Apple platforms only"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine as _;

    #[test]
    fn a_picture_is_bgra_inside_and_rgb_outside() {
        let row = |y: usize| -> [u8; 9] { std::array::from_fn(|i| (y * 100 + i) as u8) };
        let mut engine = Engine::default();
        engine.make_room(3, 3);
        engine.take(0, [&row(0), &row(1)]);
        engine.take(2, [&row(2), &row(2)]);
        assert_eq!(engine.bgra[..8], [2, 1, 0, 255, 5, 4, 3, 255]);
        assert_eq!(engine.bgra[20..24], [108, 107, 106, 255]);
        for y in 0..3 {
            let mut rgb = [0; 9];
            engine.get(y, &mut rgb);
            assert_eq!(rgb, row(y));
        }
    }
}
