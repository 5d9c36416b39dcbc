//! What can be chosen by name: codecs, backends, chroma subsampling.

use std::fmt;

use crate::settings::Settings;

/// A name that is none of those allowed, from [`FromStr`](std::str::FromStr).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not allowed: {allowed}")]
pub struct UnknownName {
    given: String,
    allowed: String,
}

impl UnknownName {
    pub(crate) fn new(given: &str, allowed: impl Into<String>) -> Self {
        Self { given: given.to_owned(), allowed: allowed.into() }
    }

    pub(crate) fn none_of(given: &str, names: &[&str]) -> Self {
        Self::new(given, OneOf(names).to_string())
    }
}

/// Names as a choice: `a, b or c`.
pub(crate) struct OneOf<'a>(pub(crate) &'a [&'a str]);

impl fmt::Display for OneOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("nothing"),
            [one] => f.write_str(one),
            [first @ .., last] => write!(f, "{} or {last}", first.join(", ")),
        }
    }
}

/// Gives an enum its names: `ALL`, `NAMES`, `name()`, [`Display`](fmt::Display) (as people write it) and
/// [`FromStr`](std::str::FromStr). A variant that is left out does not compile.
macro_rules! named {
    ($type:ident: $($variant:ident = $name:literal, $shown:literal;)+) => {
        impl $type {
            /// Every one, in the order of their declaration.
            pub const ALL: [$type; [$($name),+].len()] = [$($type::$variant),+];

            /// The names of all, in the same order.
            pub(crate) const NAMES: &'static [&'static str] = &[$($name),+];

            /// The name that the command and the other languages use.
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(match self {
                    $($type::$variant => $shown,)+
                })
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::names::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let known = $type::ALL.into_iter().find(|known| known.name() == name);
                known.ok_or_else(|| $crate::names::UnknownName::none_of(name, $type::NAMES))
            }
        }
    };
}
pub(crate) use named;

/// A codec whose artifacts can be put into an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// H.264 (AVC): the picture of x264 (preset veryfast, CRF, one IDR frame).
    #[doc(alias = "avc")]
    #[doc(alias = "x264")]
    H264,
    /// H.265 (HEVC): the picture of x265 (CRF, one IDR frame).
    #[doc(alias = "hevc")]
    #[doc(alias = "x265")]
    H265,
    /// JPEG: the picture of libjpeg-turbo.
    #[doc(alias = "jpg")]
    Jpeg,
    /// WebP: the picture of libwebp, lossy.
    #[doc(alias = "libwebp")]
    WebP,
    /// MPEG-2: the picture of FFmpeg's encoder `mpeg2video`, one intra frame at a fixed quantiser.
    #[doc(alias = "mpeg2video")]
    Mpeg2,
    /// MPEG-4 part 2: the picture of FFmpeg's encoder `mpeg4`, one intra frame at a fixed quantiser.
    Mpeg4,
    /// Motion JPEG: the picture of FFmpeg's encoder `mjpeg`, which is not that of libjpeg-turbo ([`Codec::Jpeg`]).
    Mjpeg,
}

named! {
    Codec:
    H264 = "h264", "H.264";
    H265 = "h265", "H.265";
    Jpeg = "jpeg", "JPEG";
    WebP = "webp", "WebP";
    Mpeg2 = "mpeg2", "MPEG-2";
    Mpeg4 = "mpeg4", "MPEG-4";
    Mjpeg = "mjpeg", "MJPEG";
}

impl Codec {
    /// Other names of the codec, for programs that let people type one: `avc`, `x264`. [`FromStr`](std::str::FromStr)
    /// does not take them.
    pub fn aliases(self) -> &'static [&'static str] {
        Settings::from(self).aliases()
    }

    /// What the codec is, in one line.
    pub fn description(self) -> &'static str {
        Settings::from(self).description()
    }
}

/// Who reconstructs the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Backend {
    /// This library's own engines: the same picture on every machine.
    #[default]
    Native,
    /// Apple's codecs (VideoToolbox for H.264 and H.265, ImageIO for JPEG); on Apple platforms only.
    VideoToolbox,
}

named! {
    Backend:
    Native = "native", "native";
    VideoToolbox = "videotoolbox", "videotoolbox";
}

/// How many chroma samples there are for the luma samples of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Subsampling {
    /// 4:2:0: chroma at half the width and half the height. The only one of the video codecs here.
    #[default]
    S420,
    /// 4:2:2: chroma at half the width.
    S422,
    /// 4:4:4: chroma at full size.
    S444,
    /// 4:4:0: chroma at half the height; of JPEG alone.
    S440,
    /// 4:1:1: chroma at a quarter of the width; of JPEG alone.
    S411,
    /// Luma alone.
    Grey,
}

named! {
    Subsampling:
    S420 = "420", "4:2:0";
    S422 = "422", "4:2:2";
    S444 = "444", "4:4:4";
    S440 = "440", "4:4:0";
    S411 = "411", "4:1:1";
    Grey = "grey", "greyscale";
}

impl Subsampling {
    /// Luma samples for one chroma sample, across and down. Meaningless for [`Subsampling::Grey`].
    pub(crate) fn factors(self) -> (usize, usize) {
        match self {
            Subsampling::S420 => (2, 2),
            Subsampling::S422 => (2, 1),
            Subsampling::S440 => (1, 2),
            Subsampling::S411 => (4, 1),
            Subsampling::S444 | Subsampling::Grey => (1, 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for codec in Codec::ALL {
            assert_eq!(codec.name().parse(), Ok(codec));
            assert!(!codec.aliases().contains(&codec.name()));
        }
        for subsampling in Subsampling::ALL {
            assert_eq!(subsampling.name().parse(), Ok(subsampling));
        }
        for backend in Backend::ALL {
            assert_eq!(backend.name().parse(), Ok(backend));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_that_are_known() {
        let error = "betamax".parse::<Codec>().unwrap_err().to_string();
        assert!(error.starts_with("\"betamax\" is not allowed: h264, "), "{error}");
        assert!(Codec::NAMES.iter().all(|name| error.contains(name)), "{error}");
        assert_eq!(
            "x".parse::<Backend>().unwrap_err().to_string(),
            "\"x\" is not allowed: native or videotoolbox"
        );
    }
}
