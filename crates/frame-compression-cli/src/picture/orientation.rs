//! Which way up a picture is: the tag 274 of Exif (TIFF 6.0 page 36), or the same in XMP.

/// Turns and mirrors that bring a stored picture upright: 1 to 8, as in the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orientation(u8);

impl Orientation {
    pub(super) const UPRIGHT: Self = Self(1);

    /// The tag's value; anything else than 1 to 8 means upright.
    pub(super) fn new(value: u32) -> Self {
        match value {
            1..=8 => Self(value as u8),
            _ => Self::UPRIGHT,
        }
    }

    /// What a file's metadata say: Exif data from their TIFF header on, then XMP, as Pillow looks for it.
    pub(super) fn of(exif: Option<&[u8]>, xmp: Option<&[u8]>) -> Self {
        let value = exif.and_then(in_exif).or_else(|| xmp.and_then(in_xmp));
        value.map_or(Self::UPRIGHT, Self::new)
    }

    /// The samples in upright order, and the upright width and height. `channels` samples make a pixel.
    pub(super) fn apply(
        self,
        samples: Vec<u8>,
        width: usize,
        height: usize,
        channels: usize,
    ) -> (Vec<u8>, usize, usize) {
        if self == Self::UPRIGHT {
            return (samples, width, height);
        }
        let (across, down) = if self.0 < 5 { (width, height) } else { (height, width) };
        let mut upright = Vec::with_capacity(samples.len());
        for y in 0..down {
            for x in 0..across {
                let (right, bottom) = (across - 1 - x, down - 1 - y);
                let (x, y) = match self.0 {
                    2 => (right, y),
                    3 => (right, bottom),
                    4 => (x, bottom),
                    5 => (y, x),
                    6 => (y, right),
                    7 => (bottom, right),
                    _ => (bottom, x),
                };
                upright.extend_from_slice(&samples[(y * width + x) * channels..][..channels]);
            }
        }
        (upright, across, down)
    }
}

/// The orientation in the first directory of Exif data.
fn in_exif(exif: &[u8]) -> Option<u32> {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let big = match exif.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let word = |at: usize| {
        let bytes: [u8; 2] = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let first: [u8; 4] = exif.get(4..8)?.try_into().ok()?;
    let first = if big { u32::from_be_bytes(first) } else { u32::from_le_bytes(first) } as usize;
    let count = usize::from(word(first)?);
    let entry = (0..count).map(|entry| first + 2 + entry * 12).find(|&at| word(at) == Some(274))?;
    // A SHORT stands at the start of the value's place; some writers use LONG.
    match word(entry + 2)? {
        4 if big => word(entry + 10).map(u32::from),
        _ => word(entry + 8).map(u32::from),
    }
}

/// `tiff:Orientation="6"` or `<tiff:Orientation>6<`.
fn in_xmp(xmp: &[u8]) -> Option<u32> {
    const NAME: &[u8] = b"tiff:Orientation";
    let at = xmp.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let digit = match xmp.get(at..)? {
        [b'=', b'"' | b'\'', digit, ..] | [b'>', digit, ..] => digit,
        _ => return None,
    };
    digit.is_ascii_digit().then(|| u32::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exif_in_both_byte_orders_and_xmp_in_both_forms() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
        assert_eq!(Orientation::of(Some(little), None), Orientation(6));
        assert_eq!(Orientation::of(Some(big), None), Orientation(8));
        assert_eq!(Orientation::of(None, Some(b"<a tiff:Orientation=\"3\"/>")), Orientation(3));
        assert_eq!(Orientation::of(None, Some(b"<tiff:Orientation>5</")), Orientation(5));
        for cut in 0..little.len() - 4 {
            let _ = Orientation::of(Some(&little[..cut]), None);
        }
        assert_eq!(Orientation::of(Some(b"II*\0\xff\xff\xff\xff"), None), Orientation::UPRIGHT);
        assert_eq!(Orientation::new(9), Orientation::UPRIGHT);
    }
}
