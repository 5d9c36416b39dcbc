//! How strongly to compress: the scale that every codec shares, and the CRF of the video codecs.

use crate::error::Error;

/// How much of the picture is kept: 0 (worst) to 100 (best), the same scale for every codec.
///
/// H.264 and H.265 read it as a CRF ([`Crf::from`]), JPEG as its own quality, rounded to `1..=100`, WebP as its own, MPEG as a
/// quantiser scale.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Quality(f32);

impl Quality {
    /// 43, which stands for CRF 29, what LTX-Video gives its start images.
    pub const DEFAULT: Quality = Quality(43.0);

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
    /// 29, which LTX-Video gives its start images.
    pub const DEFAULT: Crf = Crf(29.0);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_and_crf_map_as_documented() {
        let crf = |q: f32| Crf::from(Quality::new(q).unwrap()).get();
        assert_eq!((crf(43.0), crf(44.0), crf(0.0), crf(100.0), crf(50.0)), (29.0, 29.0, 51.0, 0.0, 26.0));
        assert_eq!(Crf::from(Quality::DEFAULT), Crf::DEFAULT);
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
}
