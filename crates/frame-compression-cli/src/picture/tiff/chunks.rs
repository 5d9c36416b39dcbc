//! The pieces of a TIFF's pixels, strips or tiles, and how they are packed.

use std::io::Read as _;

use super::TiffError;

const EARLY: TiffError = TiffError::Damaged("it ends early");
const BROKEN: TiffError = TiffError::Damaged("its compressed pixels cannot be unpacked");

/// How a file's pieces are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    PackBits,
    Lzw,
    Deflate,
    /// CCITT's Group 4.
    Fax4,
    Jpeg,
}

impl Packing {
    /// The packing of the tag Compression; a sentence about one that is not supported.
    pub(super) fn new(compression: u64) -> Result<Self, TiffError> {
        let name = match compression {
            1 => return Ok(Packing::None),
            5 => return Ok(Packing::Lzw),
            8 | 32946 => return Ok(Packing::Deflate),
            32773 => return Ok(Packing::PackBits),
            4 => return Ok(Packing::Fax4),
            7 => return Ok(Packing::Jpeg),
            2 | 3 => "CCITT Group 3",
            6 => "old-style JPEG",
            34712 => "JPEG 2000",
            34887 => "LERC",
            34925 => "LZMA",
            34926 | 50000 => "Zstandard",
            34927 | 50001 => "WebP",
            50002 | 52546 => "JPEG XL",
            number => return Err(TiffError::Unsupported(format!("compression {number}"))),
        };
        Err(TiffError::Unsupported(format!("{name} compression")))
    }

    /// Unpacks a piece that holds `length` bytes: `rows` rows of `row_bits` bits. What is more is left out.
    pub(super) fn unpack(
        self,
        packed: &[u8],
        length: usize,
        (width, rows): (usize, usize),
    ) -> Result<Vec<u8>, TiffError> {
        let mut bytes = match self {
            Packing::None => packed.get(..length).ok_or(EARLY)?.to_owned(),
            Packing::PackBits => pack_bits(packed, length)?,
            Packing::Lzw => lzw(packed, length)?,
            Packing::Deflate => {
                let mut bytes = Vec::new();
                let mut reader = flate2::read::ZlibDecoder::new(packed).take(length as u64);
                reader.read_to_end(&mut bytes).map_err(|_| BROKEN)?;
                bytes
            }
            Packing::Fax4 => fax4(packed, width, rows)?,
            Packing::Jpeg => unreachable!("JPEG pieces are decoded by themselves"),
        };
        if bytes.len() < length {
            return Err(EARLY);
        }
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// TIFF 6.0 section 9.
fn pack_bits(packed: &[u8], length: usize) -> Result<Vec<u8>, TiffError> {
    let mut bytes = Vec::new();
    let mut rest = packed;
    while bytes.len() < length {
        let (&count, after) = rest.split_first().ok_or(EARLY)?;
        rest = match count as i8 {
            -128 => after,
            count @ 0.. => {
                let (run, after) = after.split_at_checked(count as usize + 1).ok_or(EARLY)?;
                bytes.extend_from_slice(run);
                after
            }
            count => {
                let (&byte, after) = after.split_first().ok_or(EARLY)?;
                bytes.resize(bytes.len() + 1 + count.unsigned_abs() as usize, byte);
                after
            }
        };
    }
    Ok(bytes)
}

fn lzw(packed: &[u8], length: usize) -> Result<Vec<u8>, TiffError> {
    if let [0, second, ..] = packed
        && second & 1 == 1
    {
        return Err(TiffError::Unsupported("the LZW compression of before TIFF 5.0".to_owned()));
    }
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    let mut bytes = vec![0; length];
    let (mut read, mut written) = (0, 0);
    while written < length {
        let step = decoder.decode_bytes(&packed[read..], &mut bytes[written..]);
        (read, written) = (read + step.consumed_in, written + step.consumed_out);
        match step.status.map_err(|_| BROKEN)? {
            weezl::LzwStatus::Ok if step.consumed_in + step.consumed_out > 0 => {}
            _ => break,
        }
    }
    bytes.truncate(written);
    Ok(bytes)
}

/// CCITT's Group 4 (T.6): rows of bits, black as 1 like all white-is-zero pictures.
fn fax4(packed: &[u8], width: usize, rows: usize) -> Result<Vec<u8>, TiffError> {
    let (width, height) = match (u16::try_from(width), u16::try_from(rows)) {
        (Ok(width), Ok(height)) => (width, height),
        _ => return Err(TiffError::Unsupported("CCITT Group 4 of more than 65535 pixels a side".to_owned())),
    };
    let mut bytes = Vec::new();
    let row = |changes: &[u16]| {
        let mut bits = vec![0u8; usize::from(width).div_ceil(8)];
        for (x, color) in fax::decoder::pels(changes, width).enumerate() {
            if color == fax::Color::Black {
                bits[x / 8] |= 0x80 >> (x % 8);
            }
        }
        bytes.extend(bits);
    };
    fax::decoder::decode_g4(packed.iter().copied(), width, Some(height), row).ok_or(BROKEN)?;
    Ok(bytes)
}
