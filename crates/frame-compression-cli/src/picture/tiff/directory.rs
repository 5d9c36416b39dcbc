//! The first directory of a TIFF or BigTIFF file (TIFF 6.0 section 2).

use super::TiffError;

/// The entries of a directory, numbers read as wide as they come.
pub(super) struct Directory<'a> {
    data: &'a [u8],
    order: Order,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) big_endian: bool,
    /// Offsets of 8 bytes.
    big_tiff: bool,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: usize,
    /// Where the values stand.
    at: usize,
}

const CUT: TiffError = TiffError::Damaged("its directory lies outside of it");

impl Order {
    fn number(self, data: &[u8], at: usize, size: usize) -> Result<u64, TiffError> {
        let bytes = at.checked_add(size).and_then(|end| data.get(at..end)).ok_or(CUT)?;
        let join = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        Ok(if self.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) })
    }

    fn place(self, data: &[u8], at: usize) -> Result<usize, TiffError> {
        let place = self.number(data, at, if self.big_tiff { 8 } else { 4 })?;
        usize::try_from(place).map_err(|_| CUT)
    }
}

/// Bytes of a value of a type; nothing for types that no tag read here has.
fn size_of(kind: u16) -> Option<usize> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => return None,
    })
}

impl<'a> Directory<'a> {
    /// Reads the first directory.
    pub(super) fn first(data: &'a [u8]) -> Result<Self, TiffError> {
        let order = Order {
            big_endian: data.starts_with(b"MM"),
            big_tiff: data.get(2..4).is_some_and(|v| v.contains(&43)),
        };
        let at = order.place(data, if order.big_tiff { 8 } else { 4 })?;
        let (head, wide) = if order.big_tiff { (8, 20) } else { (2, 12) };
        let count = order.number(data, at, head)? as usize;
        let mut entries = Vec::new();
        for number in 0..count {
            let at = number
                .checked_mul(wide)
                .and_then(|offset| at.checked_add(head)?.checked_add(offset))
                .ok_or(CUT)?;
            let (tag, kind) = (order.number(data, at, 2)? as u16, order.number(data, at + 2, 2)? as u16);
            let (count, value) = (order.place(data, at + 4)?, if order.big_tiff { at + 12 } else { at + 8 });
            let Some(size) = size_of(kind) else { continue };
            let inside = count.checked_mul(size).ok_or(CUT)? <= if order.big_tiff { 8 } else { 4 };
            let at = if inside { value } else { order.place(data, value)? };
            entries.push(Entry { tag, kind, count, at });
        }
        Ok(Self { data, order, entries })
    }

    pub(super) fn order(&self) -> Order {
        self.order
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag && entry.count > 0)
    }

    /// All values of a tag of whole numbers.
    pub(super) fn numbers(&self, tag: u16) -> Result<Option<Vec<u64>>, TiffError> {
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        let size = size_of(entry.kind).ok_or(CUT)?;
        let end = entry.count.checked_mul(size).and_then(|length| entry.at.checked_add(length));
        if end.is_none_or(|end| end > self.data.len()) {
            return Err(CUT);
        }
        let number = |at: usize| self.order.number(self.data, entry.at + at * size, size);
        (0..entry.count).map(number).collect::<Result<_, _>>().map(Some)
    }

    /// The first value of a tag, or what it is without it.
    pub(super) fn number(&self, tag: u16, default: u64) -> Result<u64, TiffError> {
        Ok(self.numbers(tag)?.map_or(default, |numbers| numbers[0]))
    }

    /// The bytes of a tag.
    pub(super) fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        let entry = self.entry(tag)?;
        let length = entry.count.checked_mul(size_of(entry.kind)?)?;
        self.data.get(entry.at..entry.at.checked_add(length)?)
    }
}
