//! How many frames a second the encoder believed in.

use std::fmt;
use std::str::FromStr;

use crate::names::UnknownName;

/// Frames per second, as a fraction. x264 and x265 spend fewer bits on a frame that is shown for a shorter time: at
/// the same CRF the picture is coarser at 25 than at 1.
///
/// # Examples
/// ```
/// use frame_compression::FrameRate;
///
/// assert_eq!("25".parse::<FrameRate>()?, FrameRate::FFMPEG);
/// assert_eq!("23.976".parse::<FrameRate>()?, FrameRate::new(24_000, 1001).unwrap());
/// assert_eq!("30000/1001".parse::<FrameRate>()?.to_string(), "30000/1001");
/// # Ok::<(), frame_compression::UnknownName>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameRate {
    numerator: u32,
    denominator: u32,
}

impl FrameRate {
    /// One frame a second: what LTX gives its encoder.
    pub const LTX: Self = Self { numerator: 1, denominator: 1 };
    /// 25 frames a second: what ffmpeg takes an image for.
    pub const FFMPEG: Self = Self { numerator: 25, denominator: 1 };
    /// 24 frames a second: what PyAV takes where nothing is said.
    pub const PYAV: Self = Self { numerator: 24, denominator: 1 };

    /// `numerator / denominator` frames a second, in lowest terms; `None` where either is 0.
    pub const fn new(numerator: u32, denominator: u32) -> Option<Self> {
        if numerator == 0 || denominator == 0 {
            return None;
        }
        let (mut a, mut b) = (numerator, denominator);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(Self { numerator: numerator / a, denominator: denominator / a })
    }

    /// The number above the line.
    pub const fn numerator(self) -> u32 {
        self.numerator
    }

    /// The number below the line.
    pub const fn denominator(self) -> u32 {
        self.denominator
    }

    /// How long a frame is shown, in seconds.
    pub(crate) fn duration(self) -> f64 {
        f64::from(self.denominator) / f64::from(self.numerator)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => f.pad(&self.numerator.to_string()),
            denominator => f.pad(&format!("{}/{denominator}", self.numerator)),
        }
    }
}

/// `25`, `24000/1001`, `12.5`; the roundings of broadcasting (23.976, 29.97, 47.952, 59.94, 119.88) mean the rates of
/// which they are one, 24000/1001 and so on.
impl FromStr for FrameRate {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| {
            UnknownName::new(text, "a positive number of frames a second, as 25, 29.97 or 30000/1001")
        })
    }
}

fn parse(text: &str) -> Option<FrameRate> {
    let broadcast = |thousands: u32| FrameRate::new(thousands * 1000, 1001);
    match text {
        "23.976" | "23.98" => return broadcast(24),
        "29.97" => return broadcast(30),
        "47.952" | "47.95" => return broadcast(48),
        "59.94" => return broadcast(60),
        "119.88" => return broadcast(120),
        _ => {}
    }
    let whole = |text: &str| -> Option<u32> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    if let Some((numerator, denominator)) = text.split_once('/') {
        return FrameRate::new(whole(numerator)?, whole(denominator)?);
    }
    let (units, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = decimals.trim_end_matches('0');
    let denominator = 10u32.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let fraction = if decimals.is_empty() { 0 } else { whole(decimals)? };
    FrameRate::new(whole(units)?.checked_mul(denominator)?.checked_add(fraction)?, denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fractions_and_the_roundings_of_broadcasting_are_read() {
        for (text, numerator, denominator) in [
            ("1", 1, 1),
            ("25", 25, 1),
            ("25.0", 25, 1),
            ("12.5", 25, 2),
            ("50/2", 25, 1),
            ("0.5", 1, 2),
            ("23.976", 24_000, 1001),
            ("29.97", 30_000, 1001),
            ("59.94", 60_000, 1001),
            ("23.9", 239, 10),
            ("30000/1001", 30_000, 1001),
        ] {
            assert_eq!(text.parse(), Ok(FrameRate { numerator, denominator }), "{text}");
            let rate: FrameRate = text.parse().unwrap();
            assert_eq!(rate.to_string().parse(), Ok(rate), "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in
            ["", "0", "-1", "+25", "25/0", "0/1", "1e3", ".", "25.", " 25", "9999999999", "1/2/3", "nan"]
        {
            let parsed = text.parse::<FrameRate>();
            assert_eq!(parsed.is_ok(), text == "25.", "{text:?}: {parsed:?}");
        }
        assert!("fast".parse::<FrameRate>().unwrap_err().to_string().contains("30000/1001"));
    }
}
