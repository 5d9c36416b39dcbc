//! Formats of picture files: told by their first bytes, or by the end of a name.

use std::path::Path;

/// Ends of names that say that a file is a picture that can be read.
const READABLE: [&str; 13] =
    ["png", "apng", "jpg", "jpeg", "jpe", "jfif", "jif", "webp", "tif", "tiff", "btf", "bmp", "dib"];

/// Ends of names that say a picture, but of a format that would lose something again, or that is not written here.
const OTHER_PICTURES: [&str; 19] = [
    "jpg", "jpeg", "jpe", "jfif", "jif", "apng", "bmp", "dib", "btf", "gif", "avif", "heic", "heif", "jxl",
    "jp2", "tga", "ppm", "exr", "psd",
];

/// A format that is written: without loss, so that the codec's artifacts are the only ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// PNG.
    Png,
    /// WebP, lossless.
    Webp,
    /// TIFF, uncompressed.
    Tiff,
}

/// What the end of an output's name says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NamedFormat {
    /// A format that is written.
    Writable(Format),
    /// A picture format that is not written.
    Other,
    /// No picture.
    None,
}

impl Format {
    /// The extension of the files in an output folder.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Webp => "webp",
            Format::Tiff => "tiff",
        }
    }

    /// The format's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Png => "PNG",
            Format::Webp => "WebP",
            Format::Tiff => "TIFF",
        }
    }

    /// The format that a file's name asks for.
    pub(crate) fn of_name(path: &Path) -> NamedFormat {
        match extension(path).as_str() {
            "png" => NamedFormat::Writable(Format::Png),
            "webp" => NamedFormat::Writable(Format::Webp),
            "tif" | "tiff" => NamedFormat::Writable(Format::Tiff),
            other if OTHER_PICTURES.contains(&other) => NamedFormat::Other,
            _ => NamedFormat::None,
        }
    }
}

fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Whether a file's name says that it is a picture that can be read.
pub(crate) fn is_readable_name(path: &Path) -> bool {
    READABLE.contains(&extension(path).as_str())
}

/// What a file's first bytes say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Jpeg,
    Webp,
    Tiff,
    Bmp,
    /// A picture of a format that is not read, by its name.
    Other(&'static str),
    /// Nothing that is known.
    Unknown,
}

/// So many bytes are enough for [`Kind::of`].
pub(crate) const HEAD: usize = 32;

impl Kind {
    /// The format of a file that begins with these bytes.
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Kind::Png,
            [0xff, 0xd8, 0xff, ..] => Kind::Jpeg,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Kind::Webp,
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Kind::Tiff,
            [b'B', b'M', _, _, _, _, _, _, _, _, ..] => Kind::Bmp,
            [b'G', b'I', b'F', b'8', ..] => Kind::Other("GIF"),
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => Self::of_brand(brand),
            [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] | [0xff, 0x0a, ..] => Kind::Other("JPEG XL"),
            [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => {
                Kind::Other("JPEG 2000")
            }
            [0x76, 0x2f, 0x31, 0x01, ..] => Kind::Other("OpenEXR"),
            [b'8', b'B', b'P', b'S', ..] => Kind::Other("Photoshop"),
            [b'I', b'I', 0xbc, ..] => Kind::Other("JPEG XR"),
            [b'P', b'1'..=b'6', b' ' | b'\n' | b'\r' | b'\t', ..] => Kind::Other("PNM"),
            [b'q', b'o', b'i', b'f', ..] => Kind::Other("QOI"),
            [b'#', b'?', b'R', b'A', b'D', ..] => Kind::Other("Radiance HDR"),
            [b'D', b'D', b'S', b' ', ..] => Kind::Other("DDS"),
            [0, 0, 1, 0, _, 0, ..] => Kind::Other("ICO"),
            _ => Kind::Unknown,
        }
    }

    /// A file of ISO base media: the major brand tells.
    fn of_brand(brand: &[u8]) -> Self {
        match brand.get(..4) {
            Some(b"avif" | b"avis") => Kind::Other("AVIF"),
            Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1") => {
                Kind::Other("HEIC")
            }
            _ => Kind::Unknown,
        }
    }

    /// Whether files of this kind are read.
    pub(crate) fn is_readable(self) -> bool {
        !matches!(self, Kind::Other(_) | Kind::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        let of_name = |name| Format::of_name(Path::new(name));
        assert_eq!(of_name("a/b.PNG"), NamedFormat::Writable(Format::Png));
        assert_eq!(of_name("b.tif"), NamedFormat::Writable(Format::Tiff));
        assert_eq!(of_name("b.jpeg"), NamedFormat::Other);
        assert_eq!(
            (of_name("v1.2"), of_name("png"), of_name(".png")),
            (NamedFormat::None, NamedFormat::None, NamedFormat::None)
        );
    }

    #[test]
    fn first_bytes_tell_kinds() {
        for (head, kind) in [
            (&b"\x89PNG\r\n\x1a\n"[..], Kind::Png),
            (b"\xff\xd8\xff\xdb", Kind::Jpeg),
            (b"RIFF\0\0\0\0WEBPVP8 ", Kind::Webp),
            (b"II+\0\x08\0", Kind::Tiff),
            (b"GIF89a", Kind::Other("GIF")),
            (b"\0\0\0\x1cftypavif", Kind::Other("AVIF")),
            (b"\0\0\0\x1cftypheic", Kind::Other("HEIC")),
            (b"\0\0\0\x1cftypisom", Kind::Unknown),
            (b"text", Kind::Unknown),
            (b"", Kind::Unknown),
        ] {
            assert_eq!(Kind::of(head), kind);
        }
    }
}
