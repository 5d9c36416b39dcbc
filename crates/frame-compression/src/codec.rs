//! The codecs, how strongly they compress, and who does the work.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A codec whose artifacts can be put into an image.
///
/// Every variant exists on every platform and under every feature set; one that is not built in
/// answers [`Error::CodecUnavailable`].
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
}

impl Codec {
    /// Every codec, in the order of their declaration.
    pub const ALL: [Codec; 3] = [Codec::H264, Codec::H265, Codec::Jpeg];

    /// The name that the command and the other languages use: `h264`, `h265`, `jpeg`.
    pub fn name(self) -> &'static str {
        match self {
            Codec::H264 => "h264",
            Codec::H265 => "h265",
            Codec::Jpeg => "jpeg",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Codec::H264 => "H.264",
            Codec::H265 => "H.265",
            Codec::Jpeg => "JPEG",
        })
    }
}

/// A name that is none of those allowed, from [`FromStr`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not allowed: {allowed}")]
pub struct UnknownName {
    given: String,
    allowed: &'static str,
}

impl UnknownName {
    pub(crate) fn new(given: &str, allowed: &'static str) -> Self {
        Self { given: given.to_owned(), allowed }
    }
}

impl FromStr for Codec {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Codec::ALL
            .into_iter()
            .find(|codec| codec.name() == name)
            .ok_or_else(|| UnknownName { given: name.to_owned(), allowed: "h264, h265 or jpeg" })
    }
}

/// How much of the picture is kept: 0 (worst) to 100 (best), the same scale for every codec.
///
/// The video codecs read it as a CRF ([`Crf::from`]), JPEG as its own quality, rounded to `1..=100`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Quality(f32);

impl Quality {
    /// CRF 29, which LTX-Video gives its start images.
    pub const DEFAULT: Quality = Quality(100.0 - 29.0 / 51.0 * 100.0);

    /// A quality of `0.0..=100.0`.
    ///
    /// # Errors
    /// [`Error::InvalidQuality`] for anything else, NaN included.
    pub fn new(quality: f32) -> Result<Self, Error> {
        if (0.0..=100.0).contains(&quality) {
            Ok(Self(quality))
        } else {
            Err(Error::InvalidQuality { given: quality })
        }
    }

    /// The number.
    pub fn get(self) -> f32 {
        self.0
    }

    /// The quality as JPEG has it: rounded, ties away from zero, and at least 1.
    pub fn to_jpeg(self) -> u8 {
        (self.0.round() as u8).max(1)
    }
}

/// Constant rate factor of x264 and x265: 0 (best) to 51 (worst). Takes fractions, finer than [`Quality`].
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Crf(f32);

impl Crf {
    /// A CRF of `0.0..=51.0`.
    ///
    /// # Errors
    /// [`Error::InvalidCrf`] for anything else, NaN included.
    pub fn new(crf: f32) -> Result<Self, Error> {
        if (0.0..=51.0).contains(&crf) { Ok(Self(crf)) } else { Err(Error::InvalidCrf { given: crf }) }
    }

    /// The number.
    pub fn get(self) -> f32 {
        self.0
    }
}

/// `crf = round((100 - q) / 100 * 51)`, ties away from zero: a whole number, so qualities 43 and 44 are both CRF 29.
impl From<Quality> for Crf {
    fn from(quality: Quality) -> Self {
        Self(((100.0 - f64::from(quality.0)) / 100.0 * 51.0).round() as f32)
    }
}

/// `q = 100 - crf / 51 * 100`.
impl From<Crf> for Quality {
    fn from(crf: Crf) -> Self {
        Self((100.0 - f64::from(crf.0) / 51.0 * 100.0).clamp(0.0, 100.0) as f32)
    }
}

impl TryFrom<f32> for Quality {
    type Error = Error;

    fn try_from(quality: f32) -> Result<Self, Error> {
        Self::new(quality)
    }
}

impl TryFrom<f64> for Quality {
    type Error = Error;

    fn try_from(quality: f64) -> Result<Self, Error> {
        Self::new(quality as f32)
    }
}

impl TryFrom<f32> for Crf {
    type Error = Error;

    fn try_from(crf: f32) -> Result<Self, Error> {
        Self::new(crf)
    }
}

impl TryFrom<f64> for Crf {
    type Error = Error;

    fn try_from(crf: f64) -> Result<Self, Error> {
        Self::new(crf as f32)
    }
}

/// Who reconstructs the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// This library's own engines: the same picture on every machine.
    Native,
    /// Apple's codecs (VideoToolbox for H.264 and H.265, ImageIO for JPEG); on Apple platforms only.
    VideoToolbox,
}

impl Backend {
    /// Every backend, in the order of their declaration.
    pub const ALL: [Backend; 2] = [Backend::Native, Backend::VideoToolbox];

    /// The name that the command and the other languages use: `native`, `videotoolbox`.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Native => "native",
            Backend::VideoToolbox => "videotoolbox",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Backend {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Backend::ALL
            .into_iter()
            .find(|backend| backend.name() == name)
            .ok_or_else(|| UnknownName { given: name.to_owned(), allowed: "native or videotoolbox" })
    }
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
    /// Luma alone.
    Grey,
}

impl Subsampling {
    /// Every subsampling, in the order of their declaration.
    pub const ALL: [Subsampling; 4] =
        [Subsampling::S420, Subsampling::S422, Subsampling::S444, Subsampling::Grey];

    /// The name that the command and the other languages use: `420`, `422`, `444`, `grey`.
    pub fn name(self) -> &'static str {
        match self {
            Subsampling::S420 => "420",
            Subsampling::S422 => "422",
            Subsampling::S444 => "444",
            Subsampling::Grey => "grey",
        }
    }

    /// Luma samples for one chroma sample, across and down. Meaningless for [`Subsampling::Grey`].
    pub(crate) fn factors(self) -> (usize, usize) {
        match self {
            Subsampling::S420 => (2, 2),
            Subsampling::S422 => (2, 1),
            Subsampling::S444 | Subsampling::Grey => (1, 1),
        }
    }
}

impl fmt::Display for Subsampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Subsampling::S420 => "4:2:0",
            Subsampling::S422 => "4:2:2",
            Subsampling::S444 => "4:4:4",
            Subsampling::Grey => "greyscale",
        })
    }
}

impl FromStr for Subsampling {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Subsampling::ALL
            .into_iter()
            .find(|subsampling| subsampling.name() == name)
            .ok_or_else(|| UnknownName { given: name.to_owned(), allowed: "420, 422, 444 or grey" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_and_crf_map_as_documented() {
        let crf = |q: f32| Crf::from(Quality::new(q).unwrap()).get();
        assert_eq!((crf(43.0), crf(44.0), crf(0.0), crf(100.0), crf(50.0)), (29.0, 29.0, 51.0, 0.0, 26.0));
        for whole in 0..=51 {
            let quality = Quality::from(Crf::new(whole as f32).unwrap());
            assert_eq!(Crf::from(quality).get(), whole as f32);
        }
    }

    #[test]
    fn numbers_outside_the_range_are_named_in_the_error() {
        for given in [-0.001, 100.001, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(Quality::new(given), Err(Error::InvalidQuality { given }));
        }
        assert!(matches!(Quality::new(f32::NAN), Err(Error::InvalidQuality { given }) if given.is_nan()));
        assert_eq!(Crf::new(51.5), Err(Error::InvalidCrf { given: 51.5 }));
        assert!(Crf::new(f32::NAN).is_err());
        assert!(Crf::new(51.5).unwrap_err().to_string().contains("51.5"));
    }

    #[test]
    fn jpeg_quality_is_rounded_and_at_least_one() {
        let jpeg = |q: f32| Quality::new(q).unwrap().to_jpeg();
        assert_eq!(
            (jpeg(0.0), jpeg(0.4), jpeg(1.5), jpeg(42.5), jpeg(99.6), jpeg(100.0)),
            (1, 1, 2, 43, 100, 100)
        );
    }

    #[test]
    fn names_read_back() {
        for codec in Codec::ALL {
            assert_eq!(codec.name().parse(), Ok(codec));
        }
        for subsampling in Subsampling::ALL {
            assert_eq!(subsampling.name().parse(), Ok(subsampling));
        }
        assert!("mpeg2".parse::<Codec>().unwrap_err().to_string().contains("h264, h265 or jpeg"));
    }
}
