//! Huffman codes and the bits they stand in (T.81 annexes C and F.2.2).

use super::JpegError;

/// Codes up to this length are found by one look into a table.
const SHORT: u32 = 9;

/// A Huffman table as the decoder uses it.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// For the next [`SHORT`] bits: the code's length in the high byte, its symbol in the low; 0 for longer codes.
    short: Vec<u16>,
    /// For each length: the first code that is longer than this length, left-aligned in 16 bits.
    limit: [u32; 17],
    /// For each length: what has to be added to a code to get its symbol's place.
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// `counts` says how many codes there are of each length from 1 to 16.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, JpegError> {
        let mut table =
            Self { short: vec![0; 1 << SHORT], limit: [0; 17], offset: [0; 17], symbols: symbols.to_owned() };
        let (mut code, mut place) = (0u32, 0usize);
        for length in 1..=16u32 {
            table.offset[length as usize] = place as i32 - code as i32;
            for _ in 0..counts[length as usize - 1] {
                if code >= 1 << length {
                    return Err(JpegError::Damaged("a Huffman table has more codes than there can be"));
                }
                if length <= SHORT {
                    let first = (code << (SHORT - length)) as usize;
                    let entry = (length as u16) << 8 | u16::from(symbols[place]);
                    table.short[first..first + (1 << (SHORT - length))].fill(entry);
                }
                (code, place) = (code + 1, place + 1);
            }
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok(table)
    }

    /// The tables of T.81 annex K.3, which Motion JPEG leaves out: `[DC, AC]` of luma (0) or chroma (1).
    pub(super) fn standard(class: usize, chroma: usize) -> Self {
        let (counts, symbols): (&[u8; 16], &[u8]) = match (class, chroma) {
            (0, 0) => (&[0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], &DC),
            (0, _) => (&[0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], &DC),
            (_, 0) => (&[0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d], &AC_LUMA),
            _ => (&[0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77], &AC_CHROMA),
        };
        Self::new(counts, symbols).unwrap_or_else(|_| unreachable!("the standard's tables are whole"))
    }

    /// Takes the next code's symbol.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut Bits) -> Result<u8, JpegError> {
        let next = bits.peek16();
        let entry = self.short[(next >> (16 - SHORT)) as usize];
        if entry != 0 {
            bits.skip(u32::from(entry >> 8))?;
            return Ok(entry as u8);
        }
        let length = (SHORT + 1..=16)
            .find(|&length| next < self.limit[length as usize])
            .ok_or(JpegError::Damaged("a code is in no Huffman table"))?;
        bits.skip(length)?;
        let place = (next >> (16 - length)) as i32 + self.offset[length as usize];
        let symbol = usize::try_from(place).ok().and_then(|place| self.symbols.get(place));
        symbol.copied().ok_or(JpegError::Damaged("a code is in no Huffman table"))
    }
}

/// The bits of a scan up to its next marker.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, from the top.
    held: u64,
    /// How many of them there are.
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, held: 0, count: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(&byte) = self.data.get(self.at) else { return };
            let mut next = self.at + 1;
            if byte == 0xff {
                // Fill bytes may stand before the zero that makes it data, as before a marker.
                while self.data.get(next) == Some(&0xff) {
                    next += 1;
                }
                if self.data.get(next) != Some(&0) {
                    return; // a marker, where the bits end
                }
                next += 1;
            }
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
            self.at = next;
        }
    }

    #[inline]
    fn peek16(&mut self) -> u32 {
        if self.count < 16 {
            self.fill();
        }
        (self.held >> 48) as u32
    }

    #[inline]
    fn skip(&mut self, bits: u32) -> Result<(), JpegError> {
        if bits > self.count {
            return Err(JpegError::Truncated);
        }
        self.held <<= bits;
        self.count -= bits;
        Ok(())
    }

    /// Takes up to 16 bits as a number.
    #[inline]
    pub(super) fn take(&mut self, bits: u32) -> Result<u32, JpegError> {
        let value = self.peek16() >> (16 - bits);
        self.skip(bits)?;
        Ok(value)
    }

    /// Takes a difference or coefficient of a size category (T.81 F.2.2.1, EXTEND).
    #[inline]
    pub(super) fn extended(&mut self, size: u32) -> Result<i32, JpegError> {
        if size == 0 {
            return Ok(0);
        }
        let value = self.take(size)? as i32;
        Ok(if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
    }

    /// Drops the rest of the bits before a marker, and takes the restart marker `RSTn`.
    pub(super) fn restart(&mut self, n: u8) -> Result<(), JpegError> {
        (self.held, self.count) = (0, 0);
        let rest = &self.data[self.at..];
        let marker = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff));
        let marker = self.at + marker.ok_or(JpegError::Truncated)?;
        match self.data[marker + 1] {
            found if found == 0xd0 + n => self.at = marker + 2,
            0xd9 => return Err(JpegError::Truncated),
            _ => return Err(JpegError::Damaged("a restart marker is missing")),
        }
        Ok(())
    }

    /// Where the first byte after the bits taken stands, whole bytes not taken left aside.
    pub(super) fn end(&self) -> usize {
        self.at
    }
}

const DC: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

#[rustfmt::skip]
const AC_LUMA: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71,
    0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72,
    0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37,
    0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
    0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83,
    0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3,
    0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
    0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2,
    0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];

#[rustfmt::skip]
const AC_CHROMA: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22,
    0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1,
    0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36,
    0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58,
    0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a,
    0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
    0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba,
    0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda,
    0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];
