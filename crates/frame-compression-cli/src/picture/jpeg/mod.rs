//! JPEG files, decoded to the pixels that libjpeg-turbo gives with its defaults, which are Pillow's, bit for bit.
//!
//! Damage is an error, where libjpeg-turbo warns and fills the rest with grey.

mod huffman;
mod pixels;
mod scan;

use huffman::Table;
use scan::{Scan, ZIGZAG};

/// Why a JPEG file is not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum JpegError {
    #[error("the file ends early")]
    Truncated,
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    #[error("{0} is not supported")]
    Unsupported(String),
    #[error("is {0}x{1} pixels")]
    TooLarge(usize, usize),
}

/// A decoded file.
#[derive(Debug)]
pub(super) struct Jpeg {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
    /// The Exif data, from its TIFF header on.
    pub(super) exif: Option<Vec<u8>>,
    pub(super) xmp: Option<Vec<u8>>,
    pub(super) profile: Option<Vec<u8>>,
}

/// What the components of a frame mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    Rgb,
    YCbCr,
    /// 255 is no ink.
    Cmyk,
    Ycck,
}

/// A frame (T.81 B.2.2) with the samples of its components.
struct Frame {
    width: usize,
    height: usize,
    progressive: bool,
    colour: Colour,
    components: Vec<Component>,
    /// The largest sampling factors.
    max_sampling: (usize, usize),
    mcus_across: usize,
    mcus_down: usize,
}

/// One component of a frame.
struct Component {
    id: u8,
    /// Sampling factors.
    h: usize,
    v: usize,
    /// Place of its quantisation table.
    table: usize,
    /// The table, from the component's first scan on, in rows.
    quantisers: [u16; 64],
    scanned: bool,
    /// Samples that count: the picture's share, without what fills up blocks.
    width: usize,
    height: usize,
    /// Blocks in a row, those that fill up MCUs too.
    blocks_across: usize,
    samples: Vec<u8>,
    /// Progressive only.
    coefficients: Vec<i16>,
    /// Progressive only: the bit that each coefficient is known down to.
    known: [Option<u8>; 64],
}

impl Component {
    /// Makes samples of a block's coefficients.
    fn put(&mut self, block: &[i16; 64], x: usize, y: usize) {
        let stride = self.blocks_across * 8;
        let first = y * 8 * stride + x * 8;
        let rows = &mut self.samples[first..first + 7 * stride + 8];
        pixels::inverse_dct(block, &self.quantisers, rows, stride);
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.blocks_across * 8..][..self.width]
    }

    /// Whether libjpeg-turbo would guess coefficients that are not fully known ("block smoothing").
    fn incomplete(&self) -> bool {
        self.known[..10].iter().any(|known| *known != Some(0))
    }
}

/// Decodes a file; one of more than `max_side` pixels a side is refused before there is memory for it.
pub(super) fn decode(data: &[u8], max_side: usize) -> Result<Jpeg, JpegError> {
    Decoder::default().decode(data, max_side)
}

/// Decodes a piece of a TIFF, whose tables may stand elsewhere, and whose colour the TIFF says.
pub(super) fn decode_piece(
    tables: &[u8],
    data: &[u8],
    colour: Colour,
    max_side: usize,
) -> Result<Jpeg, JpegError> {
    let mut decoder = Decoder { given: Some(colour), ..Decoder::default() };
    decoder.read(tables, max_side)?;
    decoder.decode(data, max_side)
}

/// What the markers have said so far.
#[derive(Default)]
struct Decoder {
    frame: Option<Frame>,
    /// What the components mean, where the file is not asked.
    given: Option<Colour>,
    /// Quantisation tables, in rows.
    quantisers: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    restart_interval: usize,
    jfif: bool,
    /// The colour transform of Adobe's marker.
    adobe: Option<u8>,
    exif: Option<Vec<u8>>,
    xmp: Option<Vec<u8>>,
    /// Pieces of the ICC profile with their numbers.
    profile: Vec<(u8, Vec<u8>)>,
}

const SHORT_SEGMENT: JpegError = JpegError::Damaged("a segment is shorter than what stands in it");

/// The content of a segment, taken piece by piece.
struct Segment<'a>(&'a [u8]);

impl<'a> Segment<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], JpegError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(SHORT_SEGMENT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, JpegError> {
        Ok(self.take(1)?[0])
    }

    fn word(&mut self) -> Result<u16, JpegError> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }
}

impl Decoder {
    fn decode(mut self, data: &[u8], max_side: usize) -> Result<Jpeg, JpegError> {
        self.read(data, max_side)?;
        let Some(mut frame) = self.frame.take() else {
            return Err(JpegError::Damaged("there is no picture in it"));
        };
        frame.finish()?;
        let rgb = pixels::rgb(&frame).ok_or_else(|| {
            let factors: Vec<String> = frame.components.iter().map(|c| format!("{}x{}", c.h, c.v)).collect();
            JpegError::Unsupported(format!("JPEG with sampling factors {}", factors.join(", ")))
        })?;
        let profile = self.profile();
        Ok(Jpeg { width: frame.width, height: frame.height, rgb, exif: self.exif, xmp: self.xmp, profile })
    }

    /// Reads the whole file, up to its end-of-image marker or its end.
    fn read(&mut self, data: &[u8], max_side: usize) -> Result<(), JpegError> {
        let mut at = 2;
        loop {
            // Between segments, what is no marker is passed over.
            while data.get(at).is_some_and(|byte| *byte != 0xff) {
                at += 1;
            }
            while data.get(at) == Some(&0xff) {
                at += 1;
            }
            // A file without its last marker is whole where all its blocks are.
            let Some(&marker) = data.get(at) else { return Ok(()) };
            at += 1;
            if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
                continue;
            }
            if marker == 0xd9 {
                return Ok(());
            }
            let length = data.get(at..at + 2).ok_or(JpegError::Truncated)?;
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            let content = data.get(at + 2..(at + length).max(at + 2)).ok_or(JpegError::Truncated)?;
            at = (at + length).max(at + 2);
            match marker {
                0xda => at = self.scan(Segment(content), data, at)?,
                _ => self.segment(marker, content, max_side)?,
            }
        }
    }

    fn segment(&mut self, marker: u8, content: &[u8], max_side: usize) -> Result<(), JpegError> {
        match marker {
            0xc4 => self.huffman_tables(Segment(content)),
            0xdb => self.quantisation_tables(Segment(content)),
            0xdd => {
                self.restart_interval = usize::from(Segment(content).word()?);
                Ok(())
            }
            0xc0..=0xc2 => self.start(marker == 0xc2, Segment(content), max_side),
            0xc3 | 0xc5..=0xc7 => Err(JpegError::Unsupported("lossless or hierarchical JPEG".to_owned())),
            0xc9..=0xcf => Err(JpegError::Unsupported("JPEG with arithmetic coding".to_owned())),
            0xe0 => {
                self.jfif |= content.starts_with(b"JFIF\0");
                Ok(())
            }
            0xe1 => {
                if let (None, Some(exif)) = (&self.exif, content.strip_prefix(b"Exif\0\0")) {
                    self.exif = Some(exif.to_owned());
                }
                if let (None, Some(xmp)) =
                    (&self.xmp, content.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0"))
                {
                    self.xmp = Some(xmp.to_owned());
                }
                Ok(())
            }
            0xe2 => {
                if let Some([number, _, piece @ ..]) = content.strip_prefix(b"ICC_PROFILE\0") {
                    self.profile.push((*number, piece.to_owned()));
                }
                Ok(())
            }
            0xee => {
                if content.starts_with(b"Adobe") && content.len() >= 12 {
                    self.adobe = Some(content[11]);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn profile(&mut self) -> Option<Vec<u8>> {
        self.profile.sort_by_key(|(number, _)| *number);
        let profile: Vec<u8> = self.profile.iter().flat_map(|(_, piece)| piece.iter().copied()).collect();
        (!profile.is_empty()).then_some(profile)
    }

    fn huffman_tables(&mut self, mut segment: Segment) -> Result<(), JpegError> {
        while !segment.0.is_empty() {
            let place = segment.byte()?;
            let mut counts = [0; 16];
            counts.copy_from_slice(segment.take(16)?);
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let table = Table::new(&counts, segment.take(total)?)?;
            let tables = match place >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(JpegError::Damaged("a Huffman table is of no known class")),
            };
            let slot = tables.get_mut(usize::from(place & 15));
            *slot.ok_or(JpegError::Damaged("a Huffman table has a number above 3"))? = Some(table);
        }
        Ok(())
    }

    fn quantisation_tables(&mut self, mut segment: Segment) -> Result<(), JpegError> {
        while !segment.0.is_empty() {
            let place = segment.byte()?;
            let mut table = [0; 64];
            for at in ZIGZAG {
                table[usize::from(at)] =
                    if place >> 4 == 0 { u16::from(segment.byte()?) } else { segment.word()? };
            }
            let slot = self.quantisers.get_mut(usize::from(place & 15));
            *slot.ok_or(JpegError::Damaged("a quantisation table has a number above 3"))? = Some(table);
        }
        Ok(())
    }

    /// The frame header (T.81 B.2.2).
    fn start(&mut self, progressive: bool, mut segment: Segment, max_side: usize) -> Result<(), JpegError> {
        if self.frame.is_some() {
            return Err(JpegError::Damaged("there are two pictures in one"));
        }
        let bits = segment.byte()?;
        if bits != 8 {
            return Err(JpegError::Unsupported(format!("JPEG with {bits} bits a sample")));
        }
        let (height, width) = (usize::from(segment.word()?), usize::from(segment.word()?));
        if width == 0 || height == 0 {
            return Err(JpegError::Unsupported(format!("JPEG of {width}x{height} pixels")));
        }
        if width > max_side || height > max_side {
            return Err(JpegError::TooLarge(width, height));
        }
        let count = segment.byte()?;
        let wrong = self.given.is_some_and(|given| count != if given == Colour::Grey { 1 } else { 3 });
        if wrong || !matches!(count, 1 | 3 | 4) {
            return Err(JpegError::Unsupported(format!("JPEG with {count} components")));
        }
        let mut heads = Vec::new();
        for _ in 0..count {
            let (id, factors, table) = (segment.byte()?, segment.byte()?, segment.byte()?);
            let (h, v) = (usize::from(factors >> 4), usize::from(factors & 15));
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) || table > 3 {
                return Err(JpegError::Damaged("a component's sampling factors or table cannot be"));
            }
            heads.push((id, h, v, usize::from(table)));
        }
        let colour = self.colour(&heads.iter().map(|head| head.0).collect::<Vec<_>>());
        self.frame = Some(Frame::new(width, height, progressive, colour, &heads));
        Ok(())
    }

    /// What the components mean: the markers say it, or the components' numbers, as libjpeg-turbo reads them.
    fn colour(&self, ids: &[u8]) -> Colour {
        if let Some(given) = self.given {
            return given;
        }
        match (ids, self.adobe) {
            ([_], _) => Colour::Grey,
            ([_, _, _], _) if self.jfif => Colour::YCbCr,
            ([_, _, _], Some(0)) => Colour::Rgb,
            ([b'R', b'G', b'B'], None) => Colour::Rgb,
            ([_, _, _], _) => Colour::YCbCr,
            (_, None | Some(0)) => Colour::Cmyk,
            _ => Colour::Ycck,
        }
    }

    /// A scan header (T.81 B.2.3), and the scan after it; gives the place of what follows.
    fn scan(&mut self, mut segment: Segment, data: &[u8], at: usize) -> Result<usize, JpegError> {
        let frame = self.frame.as_mut().ok_or(JpegError::Damaged("a scan comes before the frame"))?;
        let count = segment.byte()?;
        let mut chosen: Vec<(usize, usize, usize)> = Vec::new();
        for _ in 0..count {
            let (id, tables) = (segment.byte()?, segment.byte()?);
            let place = (0..frame.components.len())
                .find(|&place| frame.components[place].id == id && !chosen.iter().any(|c| c.0 == place));
            let place = place.ok_or(JpegError::Damaged("a scan names a component that is not there"))?;
            chosen.push((place, usize::from(tables >> 4), usize::from(tables & 15)));
        }
        let (first, last, bits) = (segment.byte()?, segment.byte()?, segment.byte()?);
        let (first, last) = if frame.progressive { (first, last) } else { (0, 63) };
        let (high, low) = if frame.progressive { (bits >> 4, bits & 15) } else { (0, 0) };
        let blocks: usize = chosen.iter().map(|c| frame.components[c.0].h * frame.components[c.0].v).sum();
        let right_band = if first == 0 { last == 0 || !frame.progressive } else { count == 1 };
        if chosen.is_empty()
            || first > last
            || last > 63
            || low > 13
            || (high != 0 && high != low + 1)
            || !right_band
            || (count > 1 && blocks > 10)
        {
            return Err(JpegError::Damaged("a scan header says what cannot be"));
        }
        for &(place, ..) in &chosen {
            frame.components[place].scan(&self.quantisers, first, last, low, frame.progressive)?;
        }
        // Motion JPEG leaves the standard's tables out.
        for (class, tables) in [&mut self.dc, &mut self.ac].into_iter().enumerate() {
            for (chroma, table) in tables[..2].iter_mut().enumerate() {
                table.get_or_insert_with(|| Table::standard(class, chroma));
            }
        }
        let table = |tables: &'_ [Option<Table>; 4], at: usize| tables.get(at).cloned().flatten();
        let tables: Vec<_> =
            chosen.iter().map(|&(place, dc, ac)| (place, table(&self.dc, dc), table(&self.ac, ac))).collect();
        let scan = Scan {
            components: tables.iter().map(|(place, dc, ac)| (*place, dc.as_ref(), ac.as_ref())).collect(),
            first: usize::from(first),
            last: usize::from(last),
            high: u32::from(high),
            low: u32::from(low),
            restart_interval: self.restart_interval,
        };
        scan.decode(frame, data, at)
    }
}

impl Frame {
    fn new(
        width: usize,
        height: usize,
        progressive: bool,
        colour: Colour,
        heads: &[(u8, usize, usize, usize)],
    ) -> Self {
        let h_max = heads.iter().map(|head| head.1).max().unwrap_or(1);
        let v_max = heads.iter().map(|head| head.2).max().unwrap_or(1);
        let (mcus_across, mcus_down) = (width.div_ceil(8 * h_max), height.div_ceil(8 * v_max));
        let component = |&(id, h, v, table): &(u8, usize, usize, usize)| {
            let (blocks_across, blocks_down) = (mcus_across * h, mcus_down * v);
            let samples = blocks_across * blocks_down * 64;
            Component {
                id,
                h,
                v,
                table,
                quantisers: [0; 64],
                scanned: false,
                width: (width * h).div_ceil(h_max),
                height: (height * v).div_ceil(v_max),
                blocks_across,
                samples: vec![0; samples],
                coefficients: if progressive { vec![0; samples] } else { Vec::new() },
                known: [None; 64],
            }
        };
        let components = heads.iter().map(component).collect();
        Self {
            width,
            height,
            progressive,
            colour,
            components,
            max_sampling: (h_max, v_max),
            mcus_across,
            mcus_down,
        }
    }

    /// Makes samples of what the scans have left, if they were all there.
    fn finish(&mut self) -> Result<(), JpegError> {
        for component in &mut self.components {
            if !component.scanned || self.progressive && component.incomplete() {
                return Err(JpegError::Truncated);
            }
            let coefficients = std::mem::take(&mut component.coefficients);
            let (blocks, _) = coefficients.as_chunks::<64>();
            for (at, block) in blocks.iter().enumerate() {
                let (x, y) = (at % component.blocks_across, at / component.blocks_across);
                component.put(block, x, y);
            }
        }
        Ok(())
    }
}

impl Component {
    /// Notes what a scan brings.
    fn scan(
        &mut self,
        tables: &[Option<[u16; 64]>; 4],
        first: u8,
        last: u8,
        low: u8,
        progressive: bool,
    ) -> Result<(), JpegError> {
        if !self.scanned {
            let table = tables[self.table];
            self.quantisers = table
                .ok_or(JpegError::Damaged("a component names a quantisation table that is not there"))?;
        } else if !progressive {
            return Err(JpegError::Damaged("a component comes twice"));
        }
        self.scanned = true;
        for known in &mut self.known[usize::from(first)..=usize::from(last)] {
            *known = Some(low);
        }
        Ok(())
    }
}
