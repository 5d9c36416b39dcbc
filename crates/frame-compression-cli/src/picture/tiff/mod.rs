//! TIFF and BigTIFF files, as Pillow and libtiff read them: grey, palette, RGB and CMYK of whole unsigned samples up
//! to 16 bits, in strips or tiles. What is not supported is refused by its name.

mod chunks;
mod directory;

use super::jpeg;
use super::orientation::Orientation;
use super::{MAX_BYTES, over_white, to_eight_bits};
use chunks::Packing;
use directory::Directory;

/// Why a TIFF is not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TiffError {
    #[error("TIFF with {0} is not supported")]
    Unsupported(String),
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    #[error("{0}")]
    Jpeg(#[from] jpeg::JpegError),
    #[error("is {0}x{1} pixels")]
    TooLarge(u64, u64),
}

/// A decoded file, as it is stored.
#[derive(Debug)]
pub(super) struct Tiff {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
    pub(super) alpha: Option<Vec<u8>>,
    pub(super) profile: Option<Vec<u8>>,
    pub(super) orientation: Orientation,
    pub(super) deep: bool,
}

/// What the samples of a pixel mean (PhotometricInterpretation).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    Palette,
    Cmyk,
    /// In JPEG pieces only.
    YCbCr,
}

impl Meaning {
    fn new(photometric: u64) -> Result<Self, TiffError> {
        let name = match photometric {
            0 => return Ok(Meaning::WhiteIsZero),
            1 => return Ok(Meaning::BlackIsZero),
            2 => return Ok(Meaning::Rgb),
            3 => return Ok(Meaning::Palette),
            5 => return Ok(Meaning::Cmyk),
            6 => return Ok(Meaning::YCbCr),
            4 => "a transparency mask in a picture's place",
            8..=10 => "CIE L*a*b* samples",
            32803 => "raw samples of a camera's colour filter",
            32844 | 32845 => "LogLuv samples",
            34892 => "linear raw samples",
            number => return Err(TiffError::Unsupported(format!("photometric interpretation {number}"))),
        };
        Err(TiffError::Unsupported(name.to_owned()))
    }

    fn samples(self) -> usize {
        match self {
            Meaning::WhiteIsZero | Meaning::BlackIsZero | Meaning::Palette => 1,
            Meaning::Rgb | Meaning::YCbCr => 3,
            Meaning::Cmyk => 4,
        }
    }
}

/// What the first sample after those of the colour is (ExtraSamples).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extra {
    /// Nothing that is known, or no sample at all.
    None,
    /// The colours are multiplied by it.
    Associated,
    Alpha,
}

/// How a file's pixels are laid out.
struct Layout {
    width: usize,
    height: usize,
    meaning: Meaning,
    extra: Extra,
    /// Samples of a pixel.
    samples: usize,
    bits: usize,
    planar: bool,
    packing: Packing,
    /// Whether samples are differences to their left neighbours.
    differences: bool,
    /// Whether the bits of each byte come last one first.
    reversed: bool,
    big_endian: bool,
    piece_width: usize,
    piece_height: usize,
    tiled: bool,
}

const DAMAGED: TiffError = TiffError::Damaged("its tags do not go together");

/// Decodes the first picture of a file; one of more than `max_side` pixels a side is refused.
pub(super) fn decode(data: &[u8], max_side: usize) -> Result<Tiff, TiffError> {
    let directory = Directory::first(data)?;
    let layout = Layout::new(&directory, max_side)?;
    let samples = layout.read(&directory, data)?;
    let (rgb, alpha) = layout.colours(&directory, samples)?;
    Ok(Tiff {
        width: layout.width,
        height: layout.height,
        rgb,
        alpha,
        profile: directory.bytes(34675).map(<[u8]>::to_owned),
        orientation: Orientation::new(directory.number(274, 1)? as u32),
        deep: layout.bits > 8,
    })
}

impl Layout {
    fn new(directory: &Directory, max_side: usize) -> Result<Self, TiffError> {
        let (wide, high) = (directory.number(256, 0)?, directory.number(257, 0)?);
        if wide == 0 || high == 0 {
            return Err(TiffError::Damaged("it has no width or no height"));
        }
        if wide > max_side as u64 || high > max_side as u64 {
            return Err(TiffError::TooLarge(wide, high));
        }
        let (width, height) = (wide as usize, high as usize);
        let photometric =
            directory.numbers(262)?.ok_or(TiffError::Damaged("it does not say what its samples mean"))?;
        let meaning = Meaning::new(photometric[0])?;
        let samples = directory.number(277, 1)? as usize;
        if !(meaning.samples()..=64).contains(&samples) {
            return Err(DAMAGED);
        }
        let bits = bits(directory, meaning)?;
        let packing = Packing::new(directory.number(259, 1)?)?;
        let extra = match (directory.number(338, u64::MAX)?, samples - meaning.samples()) {
            (_, 0) => Extra::None,
            (1, _) => Extra::Associated,
            (2, _) => Extra::Alpha,
            (u64::MAX, 1) if meaning == Meaning::Rgb => Extra::Alpha,
            _ => Extra::None,
        };
        if meaning == Meaning::YCbCr && packing != Packing::Jpeg {
            return Err(TiffError::Unsupported("YCbCr samples outside of JPEG".to_owned()));
        }
        if meaning == Meaning::Cmyk && directory.number(332, 1)? != 1 {
            return Err(TiffError::Unsupported("inks that are not CMYK".to_owned()));
        }
        let predictor =
            if matches!(packing, Packing::Lzw | Packing::Deflate) { directory.number(317, 1)? } else { 1 };
        if !matches!((predictor, bits), (1, _) | (2, 8 | 16)) {
            return Err(TiffError::Unsupported(format!("predictor {predictor} at {bits} bits a sample")));
        }
        let tiled = directory.numbers(324)?.is_some();
        let (piece_width, piece_height) = match tiled {
            true => (directory.number(322, 0)?, directory.number(323, 0)?),
            false => (width as u64, directory.number(278, high)?.min(high)),
        };
        let piece_bytes = piece_width.saturating_mul(piece_height).saturating_mul(samples as u64 * 2);
        if width * height * samples > MAX_BYTES || piece_bytes > MAX_BYTES as u64 {
            return Err(TiffError::Unsupported(format!("so many samples ({samples} for each pixel)")));
        }
        let limit = 2 * max_side as u64;
        if piece_width == 0 || piece_height == 0 || piece_width > limit || piece_height > limit {
            return Err(DAMAGED);
        }
        Ok(Self {
            width,
            height,
            meaning,
            extra,
            samples,
            bits,
            planar: directory.number(284, 1)? == 2 && samples > 1,
            packing,
            differences: predictor == 2,
            reversed: directory.number(266, 1)? == 2 && packing != Packing::Jpeg,
            big_endian: directory.order().big_endian,
            piece_width: piece_width as usize,
            piece_height: piece_height as usize,
            tiled,
        })
    }

    /// All pieces, put together: `samples` bytes a pixel. Samples of 16 bits are rounded to 8; smaller ones span 0 to
    /// 255, but for a palette's.
    fn read(&self, directory: &Directory, data: &[u8]) -> Result<Vec<u8>, TiffError> {
        let (offsets, counts) = if self.tiled { (324, 325) } else { (273, 279) };
        let offsets = directory.numbers(offsets)?.ok_or(DAMAGED)?;
        let counts = match directory.numbers(counts)? {
            Some(counts) => counts,
            // A lone strip without a count goes to the file's end.
            None if offsets.len() == 1 => vec![data.len() as u64],
            None => return Err(DAMAGED),
        };
        let (across, down) = (self.width.div_ceil(self.piece_width), self.height.div_ceil(self.piece_height));
        let planes = if self.planar { self.samples } else { 1 };
        if offsets.len() < across * down * planes || counts.len() < offsets.len() {
            return Err(DAMAGED);
        }
        let mut samples = vec![0; self.width * self.height * self.samples];
        for place in 0..across * down * planes {
            let (offset, count) = (offsets[place] as usize, counts[place] as usize);
            let early = TiffError::Damaged("it ends early");
            let packed = match data.get(offset..).ok_or(early.clone())? {
                rest if counts.len() == 1 => &rest[..count.min(rest.len())],
                rest => rest.get(..count).ok_or(early)?,
            };
            let (plane, piece) = (place / (across * down), place % (across * down));
            self.piece(directory, packed, (piece % across, piece / across), plane, &mut samples)?;
        }
        Ok(samples)
    }

    fn piece(
        &self,
        directory: &Directory,
        packed: &[u8],
        (x, y): (usize, usize),
        plane: usize,
        samples: &mut [u8],
    ) -> Result<(), TiffError> {
        let (left, top) = (x * self.piece_width, y * self.piece_height);
        let (columns, rows) =
            (self.piece_width.min(self.width - left), self.piece_height.min(self.height - top));
        let stored_rows = if self.tiled { self.piece_height } else { rows };
        let channels = if self.planar { 1 } else { self.samples };
        let bytes = match self.packing {
            Packing::Jpeg => self.jpeg(directory, packed, stored_rows)?,
            packing => {
                let row = (self.piece_width * channels * self.bits).div_ceil(8);
                let reversed: Vec<u8>;
                let mut packed = packed;
                if self.reversed {
                    reversed = packed.iter().map(|byte| byte.reverse_bits()).collect();
                    packed = &reversed;
                }
                let bytes = packing.unpack(packed, row * stored_rows, (self.piece_width, stored_rows))?;
                bytes.chunks_exact(row).flat_map(|row| self.row(row, channels)).collect()
            }
        };
        let step = if self.planar { self.samples } else { 1 };
        for row in 0..rows {
            let from = &bytes[row * self.piece_width * channels..][..columns * channels];
            let to = &mut samples[((top + row) * self.width + left) * self.samples + plane..];
            for (to, &from) in to.iter_mut().step_by(step).zip(from) {
                *to = from;
            }
        }
        Ok(())
    }

    /// The samples of a row, a byte each.
    fn row(&self, row: &[u8], channels: usize) -> Vec<u8> {
        let count = self.piece_width * channels;
        match self.bits {
            16 => {
                let (pairs, _) = row.as_chunks::<2>();
                let read = if self.big_endian { u16::from_be_bytes } else { u16::from_le_bytes };
                let mut samples: Vec<u16> = pairs.iter().map(|pair| read(*pair)).collect();
                if self.differences {
                    for at in channels..count {
                        samples[at] = samples[at].wrapping_add(samples[at - channels]);
                    }
                }
                samples.into_iter().map(to_eight_bits).collect()
            }
            8 => {
                let mut samples = row.to_owned();
                if self.differences {
                    for at in channels..count {
                        samples[at] = samples[at].wrapping_add(samples[at - channels]);
                    }
                }
                samples
            }
            bits => {
                let most = (1u8 << bits) - 1;
                let scale = if self.meaning == Meaning::Palette { 1 } else { 255 / most };
                let sample = |at: usize| row[at * bits / 8] >> (8 - bits - at * bits % 8) & most;
                (0..count).map(|at| sample(at) * scale).collect()
            }
        }
    }

    /// A piece that is a JPEG (TIFF Technical Note 2).
    fn jpeg(&self, directory: &Directory, packed: &[u8], rows: usize) -> Result<Vec<u8>, TiffError> {
        let colour = match (self.meaning, self.samples, self.planar, self.bits) {
            (_, _, _, bits) if bits != 8 => None,
            (Meaning::WhiteIsZero | Meaning::BlackIsZero, 1, _, _) | (Meaning::Rgb, _, true, _) => {
                Some(jpeg::Colour::Grey)
            }
            (Meaning::Rgb, 3, false, _) => Some(jpeg::Colour::Rgb),
            (Meaning::YCbCr, 3, false, _) => Some(jpeg::Colour::YCbCr),
            _ => None,
        };
        let colour = colour.ok_or_else(|| {
            TiffError::Unsupported(
                "JPEG compression of other samples than grey, RGB or YCbCr of 8 bits".to_owned(),
            )
        })?;
        let tables = directory.bytes(347).unwrap_or_default();
        let limit = self.piece_width.max(rows);
        let decoded = jpeg::decode_piece(tables, packed, colour, limit)?;
        if (decoded.width, decoded.height) != (self.piece_width, rows) {
            return Err(TiffError::Damaged("a JPEG in it is of another size than its piece"));
        }
        let channels = if colour == jpeg::Colour::Grey { 1 } else { 3 };
        let (pixels, _) = decoded.rgb.as_chunks::<3>();
        Ok(pixels.iter().flat_map(|pixel| &pixel[..channels]).copied().collect())
    }

    /// RGB, and alpha where the file has it.
    fn colours(
        &self,
        directory: &Directory,
        samples: Vec<u8>,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), TiffError> {
        let palette = match self.meaning {
            Meaning::Palette => palette(directory, self.bits)?,
            _ => Vec::new(),
        };
        let base = self.meaning.samples();
        let mut rgb = Vec::with_capacity(self.width * self.height * 3);
        let mut alphas = Vec::new();
        for pixel in samples.chunks_exact(self.samples) {
            let mut colour = match self.meaning {
                Meaning::WhiteIsZero => [255 - pixel[0]; 3],
                Meaning::BlackIsZero => [pixel[0]; 3],
                Meaning::Rgb | Meaning::YCbCr => [pixel[0], pixel[1], pixel[2]],
                Meaning::Palette => palette[usize::from(pixel[0])],
                Meaning::Cmyk => over_white([pixel[0], pixel[1], pixel[2]], pixel[3]),
            };
            if self.extra != Extra::None {
                let alpha = pixel[base];
                alphas.push(alpha);
                if self.extra == Extra::Associated {
                    colour = colour.map(|sample| match alpha {
                        0 => 0,
                        _ => (u32::from(sample) * 255 / u32::from(alpha)).min(255) as u8,
                    });
                }
            }
            rgb.extend(colour);
        }
        Ok((rgb, (self.extra != Extra::None).then_some(alphas)))
    }
}

/// Bits of each sample, if they are whole, unsigned and as many in every sample.
fn bits(directory: &Directory, meaning: Meaning) -> Result<usize, TiffError> {
    let bits = directory.numbers(258)?.unwrap_or_else(|| vec![1]);
    let formats = directory.numbers(339)?.unwrap_or_else(|| vec![1]);
    let named = |format: &u64| match format {
        2 => Some("signed"),
        3 => Some("floating-point"),
        5 | 6 => Some("complex"),
        _ => None,
    };
    if let Some(name) = formats.iter().find_map(named) {
        return Err(TiffError::Unsupported(format!(
            "{name} samples of {} bits (their range is not known: bring them to 8 or 16 unsigned bits first)",
            bits[0]
        )));
    }
    if bits.iter().any(|&other| other != bits[0]) {
        return Err(TiffError::Unsupported("samples of different sizes".to_owned()));
    }
    match (bits[0], meaning) {
        (1 | 2 | 4 | 8, _) => Ok(bits[0] as usize),
        (16, meaning) if meaning != Meaning::Palette => Ok(16),
        (bits, _) => Err(TiffError::Unsupported(format!("samples of {bits} bits"))),
    }
}

/// The colours of a palette: all reds, all greens, all blues, of 16 bits, whose high bytes count.
fn palette(directory: &Directory, bits: usize) -> Result<Vec<[u8; 3]>, TiffError> {
    let size = 1 << bits;
    let map = directory.numbers(320)?.unwrap_or_default();
    if map.len() < 3 * size {
        return Err(TiffError::Damaged("its palette is too short"));
    }
    Ok((0..size).map(|at| [at, size + at, 2 * size + at].map(|at| (map[at] / 256) as u8)).collect())
}
