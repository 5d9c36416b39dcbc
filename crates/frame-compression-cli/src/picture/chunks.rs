//! The chunks of PNG and WebP files that say how a picture is to be shown.

use std::io::Read as _;

/// The chunks that say what a PNG's samples mean (PNG 3rd edition, 11.3.2), besides the ICC profile.
const COLOUR: [&[u8; 4]; 6] = [b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI"];

/// A chunk of a PNG file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The four letters of its type.
    pub name: [u8; 4],
    /// What stands in it.
    pub content: Vec<u8>,
}

/// What a file says besides pixels.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) exif: Option<Vec<u8>>,
    pub(super) xmp: Option<Vec<u8>>,
    pub(super) profile: Option<Vec<u8>>,
    /// PNG's colour chunks.
    pub(super) colour: Vec<Chunk>,
}

const SIGNATURE: usize = 8;

/// Looks through all chunks of a PNG, those after the pixels too.
pub(super) fn of_png(data: &[u8]) -> Said {
    let mut said = Said::default();
    let mut at = SIGNATURE;
    while let Some((length, name)) = data.get(at..at + 8).and_then(<[u8]>::split_first_chunk::<4>) {
        let Some(end) = (at + 8).checked_add(u32::from_be_bytes(*length) as usize) else { break };
        let (Some(content), Ok(name)) = (data.get(at + 8..end), <[u8; 4]>::try_from(name)) else { break };
        match &name {
            b"eXIf" => said.exif = Some(content.to_owned()),
            b"zTXt" | b"tEXt" if said.exif.is_none() => said.exif = raw_profile(&name, content),
            b"iTXt" if said.xmp.is_none() => {
                said.xmp = content.starts_with(b"XML:com.adobe.xmp\0\0").then(|| content.to_owned());
            }
            _ if COLOUR.contains(&&name) => said.colour.push(Chunk { name, content: content.to_owned() }),
            _ => {}
        }
        at = end + 4;
    }
    said
}

/// Exif data as ImageMagick writes them: a text named `Raw profile type exif`, of hexadecimal digits.
fn raw_profile(name: &[u8; 4], content: &[u8]) -> Option<Vec<u8>> {
    let rest = content.strip_prefix(b"Raw profile type exif\0")?;
    let text = match name {
        b"zTXt" => {
            let mut text = Vec::new();
            let text_reader = flate2::read::ZlibDecoder::new(rest.get(1..)?);
            text_reader.take(1 << 24).read_to_end(&mut text).ok()?;
            text
        }
        _ => rest.to_owned(),
    };
    // A line feed, the kind, the count of bytes, then the bytes in lines.
    let text = String::from_utf8(text).ok()?;
    let digits: Vec<u8> = text
        .trim_start()
        .lines()
        .skip(2)
        .flat_map(str::chars)
        .filter_map(|c| c.to_digit(16))
        .map(|d| d as u8)
        .collect();
    let (pairs, _) = digits.as_chunks::<2>();
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Looks through the chunks of a WebP.
pub(super) fn of_webp(data: &[u8]) -> Said {
    let mut said = Said::default();
    let mut at = 12;
    while let Some((name, length)) = data.get(at..at + 8).and_then(<[u8]>::split_first_chunk::<4>) {
        let length = <[u8; 4]>::try_from(length).map_or(0, u32::from_le_bytes) as usize;
        let Some(content) = (at + 8).checked_add(length).and_then(|end| data.get(at + 8..end)) else { break };
        match name {
            b"EXIF" => said.exif = Some(content.to_owned()),
            b"XMP " => said.xmp = Some(content.to_owned()),
            b"ICCP" => said.profile = Some(content.to_owned()),
            _ => {}
        }
        at += 8 + length + length % 2;
    }
    said
}

/// Puts chunks into a PNG file, after its header.
pub(super) fn insert(png: &mut Vec<u8>, chunks: &[Chunk]) {
    const HEADER_END: usize = SIGNATURE + 4 + 4 + 13 + 4;
    let mut bytes = Vec::new();
    for chunk in chunks {
        bytes.extend((chunk.content.len() as u32).to_be_bytes());
        let named = bytes.len();
        bytes.extend(chunk.name);
        bytes.extend(&chunk.content);
        bytes.extend(crc32fast::hash(&bytes[named..]).to_be_bytes());
    }
    png.splice(HEADER_END..HEADER_END, bytes);
}
