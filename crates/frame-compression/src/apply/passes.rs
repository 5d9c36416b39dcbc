//! How a picture travels: in, through its codec's engine, and out; strip by strip where that is possible.

use std::ops::Range;

use super::FrameCompressor;
use crate::codec::Codec;
use crate::codecs::apple;
use crate::codecs::h265;
use crate::codecs::jpeg::QuantTables;
use crate::colour::{jfif, video};
use crate::error::Error;
use crate::planes::{BLOCK, Planes};
use crate::sample::{Convert, Sample};
use crate::tensor::{TensorView, TensorViewMut};

/// Where an image comes from and where it goes to: two tensors, or one in place.
pub(super) trait Ends {
    type In: Sample;
    type Out: Sample;

    fn input(&self) -> TensorView<'_, Self::In>;
    fn output(&mut self) -> TensorViewMut<'_, Self::Out>;
}

impl<T: Sample, U: Sample> Ends for (TensorView<'_, T>, TensorViewMut<'_, U>) {
    type In = T;
    type Out = U;

    fn input(&self) -> TensorView<'_, T> {
        self.0
    }

    fn output(&mut self) -> TensorViewMut<'_, U> {
        self.1.reborrow()
    }
}

impl<T: Sample> Ends for TensorViewMut<'_, T> {
    type In = T;
    type Out = T;

    fn input(&self) -> TensorView<'_, T> {
        self.as_view()
    }

    fn output(&mut self) -> TensorViewMut<'_, T> {
        self.reborrow()
    }
}

impl FrameCompressor {
    /// Puts the artifacts of the input into the output. Unless `may_be_half_written`, the output is as it was
    /// when it fails.
    pub(super) fn transform<E: Ends>(&mut self, mut ends: E, may_be_half_written: bool) -> Result<(), Error> {
        let bytes_in = <E::In as Convert>::as_bytes(&[]).is_some();
        if self.codec == Codec::Jpeg && !self.uses_platform() && (bytes_in || may_be_half_written) {
            return self.transform_strips(ends);
        }
        self.read(ends.input())?;
        self.write(&mut ends.output());
        Ok(())
    }

    /// Takes JPEG strip by strip from end to end, so that a picture travels through memory once.
    fn transform_strips<E: Ends>(&mut self, mut ends: E) -> Result<(), Error> {
        let (width, height) = (ends.input().layout.width, ends.input().layout.height);
        let subsampling = self.checked_subsampling(width, height)?;
        self.planes.resize_to_window(width, height, subsampling);
        self.jpeg.set_tables(&self.jpeg_tables());
        let strips = self.planes.strips();
        for strip in 0..strips {
            self.read_strip(&ends.input(), strip)?;
            // A strip's last row needs chroma of the next one.
            let from = (strip * BLOCK).saturating_sub(1);
            let to = if strip + 1 == strips { height } else { (strip + 1) * BLOCK - 1 };
            self.write_rows(&mut ends.output(), from..to);
        }
        Ok(())
    }

    /// Reads a strip of the image into planes, and reconstructs it as JPEG leaves it.
    fn read_strip<T: Sample>(&mut self, input: &TensorView<'_, T>, strip: usize) -> Result<(), Error> {
        let (width, height) = (self.planes.width(), self.planes.height());
        let range = self.value_range;
        self.rgb.resize(2 * width * 3, 0);
        let (room_above, room_below) = self.rgb.split_at_mut(width * 3);
        for y in (strip * BLOCK..height.min((strip + 1) * BLOCK)).step_by(2) {
            let above = input.row(y, range, room_above)?;
            let below = if y + 1 < height { input.row(y + 1, range, room_below)? } else { above };
            jfif::rgb_rows_to_planes(&mut self.planes, &mut self.jfif, y, [above, below]);
        }
        if strip + 1 == self.planes.strips() {
            self.planes.extend_downwards();
        }
        self.jpeg.reconstruct_strip(&mut self.planes, strip);
        Ok(())
    }

    /// Writes rows of the image from JPEG's planes.
    fn write_rows<T: Sample>(&mut self, output: &mut TensorViewMut<'_, T>, rows: Range<usize>) {
        let room = self.planes.width() * 3;
        self.rgb.resize(room.max(self.rgb.len()), 0);
        for y in rows {
            output.fill_row(y, self.value_range, &mut self.rgb[..room], |rgb| {
                jfif::planes_to_rgb_row(&self.planes, &mut self.jfif, y, rgb);
            });
        }
    }

    /// Reads the image into planes and reconstructs them. Nothing of the caller's has been written when it fails.
    fn read<T: Sample>(&mut self, input: TensorView<'_, T>) -> Result<(), Error> {
        let (width, height) = (input.layout.width, input.layout.height);
        if self.uses_platform() {
            let of_engines =
                self.quant_tables.is_some() || self.preset.is_some() || self.x265_version.is_some();
            apple::check(self.codec, self.subsampling, of_engines, width, height)?;
            let range = self.value_range;
            self.platform.read(width, height, |y, rgb| input.read_row(y, range, rgb))?;
            return self.platform.encode_and_decode(self.codec, self.strength.kept_by_platform(self.codec));
        }
        let subsampling = self.checked_subsampling(width, height)?;
        self.planes.resize(width, height, subsampling);
        match self.codec {
            Codec::Jpeg => {
                self.jpeg.set_tables(&self.jpeg_tables());
                for strip in 0..self.planes.strips() {
                    self.read_strip(&input, strip)?;
                }
            }
            Codec::H264 | Codec::H265 => {
                let range = self.value_range;
                let read_row = |y: usize, rgb: &mut [u8]| input.read_row(y, range, rgb);
                video::rgb_to_planes(&mut self.planes, &mut self.video, read_row)?;
                self.reconstruct(None);
            }
        }
        Ok(())
    }

    fn jpeg_tables(&self) -> QuantTables {
        self.quant_tables.unwrap_or_else(|| QuantTables::from_quality(self.strength.quality()))
    }

    /// Runs the codec's engine over the given planes, or over this compressor's own.
    pub(super) fn reconstruct(&mut self, planes: Option<&mut Planes>) {
        let tables = self.jpeg_tables();
        let planes = planes.unwrap_or(&mut self.planes);
        match self.codec {
            Codec::H264 => self.h264.reconstruct(planes, self.strength.crf()),
            Codec::Jpeg => {
                planes.extend_edges();
                self.jpeg.reconstruct(planes, &tables);
            }
            Codec::H265 => {
                let settings = h265::Settings {
                    preset: self.preset.unwrap_or_default(),
                    version: self.x265_version.unwrap_or_default(),
                };
                self.h265.reconstruct(planes, self.strength.crf(), settings);
            }
        }
    }

    fn write<T: Sample>(&mut self, output: &mut TensorViewMut<'_, T>) {
        if self.uses_platform() {
            self.rgb.resize(output.layout.width * 3, 0);
            for y in 0..output.layout.height {
                self.platform.rgb_row(y, &mut self.rgb);
                output.write_row(y, self.value_range, &self.rgb);
            }
            return;
        }
        match self.codec {
            Codec::Jpeg => self.write_rows(output, 0..self.planes.height()),
            Codec::H264 | Codec::H265 => {
                for y in 0..self.planes.height() {
                    let rgb = video::planes_to_rgb_row(&self.planes, &mut self.video, y);
                    output.write_row(y, self.value_range, rgb);
                }
            }
        }
    }
}
