//! A picture between RGB and the planes of a video codec, by any of the conversions.

use super::ffmpeg::{Conversion, Converter};
use super::{Colours, Machine, video};
use crate::names::Subsampling;
use crate::planes::Planes;

/// A picture on its way through a video codec: RGB in, planes that the codec works on, RGB out.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    plain: video::Picture,
    converter: Converter,
    /// Whether the conversion is not the one that has kernels of its own.
    converts: bool,
}

impl Picture {
    /// Makes room for a picture of even sides.
    pub(crate) fn begin(&mut self, colours: Colours, machine: Machine, width: usize, height: usize) {
        // On x86-64 every PyAV gives the same at even sizes.
        self.converts = colours.is_bicubic() || machine != Machine::X86_64 || height < 8;
        self.plain.begin(width, height);
        if self.converts {
            let conversion = Conversion { colours, machine, full_range: false, left: false };
            self.converter.begin(conversion, width, height, Subsampling::S420);
        }
    }

    /// The planes.
    pub(crate) fn planes(&mut self) -> &mut Planes {
        &mut self.plain.planes
    }

    /// Takes rows `y` and `y + 1` of packed RGB into the planes, in order. Says how many rows of chroma there are now.
    pub(crate) fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> usize {
        if !self.converts {
            return self.plain.put(y, rows);
        }
        let mut chroma = 0;
        for (i, rgb) in rows.into_iter().enumerate() {
            chroma = self.converter.put(y + i, rgb, &mut self.plain.planes).end;
        }
        chroma
    }

    /// Row `y` of the planes as packed RGB.
    pub(crate) fn get(&mut self, y: usize, rgb: &mut [u8]) {
        if self.converts {
            self.converter.get(y, &self.plain.planes, rgb);
        } else {
            self.plain.get(y, rgb);
        }
    }
}
