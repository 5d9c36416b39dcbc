//! Whose conversion of colours, and on which machine.

use std::fmt;
use std::str::FromStr;

use crate::names::UnknownName;

/// Who turns RGB into Y, Cb, Cr before a video codec, and back behind it. All are FFmpeg's libswscale, in BT.601;
/// they differ in the filter of chroma, and a little from release to release.
///
/// ```
/// use frame_compression::Colours;
///
/// assert_eq!("ffmpeg".parse(), Ok(Colours::Ffmpeg));
/// assert_eq!(Colours::default(), Colours::PyAv);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Colours {
    /// PyAV 17.1 and newer (FFmpeg 8.1 and newer): chroma is filtered bilinearly. The default.
    #[default]
    PyAv,
    /// PyAV 16.0 to 17.0 (FFmpeg 8.0): differs from [`Colours::PyAv`] on [`Machine::Arm64`] only.
    PyAv17,
    /// PyAV 12 to 15 (FFmpeg 6.1 to 7.1): differs at odd heights, in full range, and on [`Machine::Arm64`].
    PyAv15,
    /// The command `ffmpeg` 8.0 and newer: chroma is filtered bicubically.
    Ffmpeg,
    /// The command `ffmpeg` 5.1 to 7.1 (Debian 12 and 13): differs in full range, at a few odd heights, and on
    /// [`Machine::Arm64`].
    Ffmpeg7,
}

impl Colours {
    /// Every way, in the order of their declaration.
    pub const ALL: [Colours; 5] =
        [Colours::PyAv, Colours::PyAv17, Colours::PyAv15, Colours::Ffmpeg, Colours::Ffmpeg7];

    /// The name that the command and the other languages use: `pyav`, `pyav-17`, `pyav-15`, `ffmpeg`, `ffmpeg-7`.
    pub fn name(self) -> &'static str {
        match self {
            Colours::PyAv => "pyav",
            Colours::PyAv17 => "pyav-17",
            Colours::PyAv15 => "pyav-15",
            Colours::Ffmpeg => "ffmpeg",
            Colours::Ffmpeg7 => "ffmpeg-7",
        }
    }

    /// FFmpeg 7.1 or older.
    #[allow(dead_code, reason = "the engines that use it follow")]
    pub(crate) fn is_old(self) -> bool {
        matches!(self, Colours::PyAv15 | Colours::Ffmpeg7)
    }

    /// Filters chroma bicubically.
    #[allow(dead_code, reason = "the engines that use it follow")]
    pub(crate) fn is_bicubic(self) -> bool {
        matches!(self, Colours::Ffmpeg | Colours::Ffmpeg7)
    }
}

impl fmt::Display for Colours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Colours {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Colours::ALL
            .into_iter()
            .find(|colours| colours.name() == name)
            .ok_or_else(|| UnknownName::new(name, "pyav, pyav-17, pyav-15, ffmpeg or ffmpeg-7"))
    }
}

/// The processor whose picture is wanted: the reference codecs and their conversions of colours give other samples on
/// other processors. What this library itself runs on changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Machine {
    /// x86-64 with SSSE3 or newer: every PC and server of the last fifteen years. The default.
    #[default]
    X86_64,
    /// 64-bit ARM: Apple silicon, Graviton, Grace.
    Arm64,
}

impl Machine {
    /// Every machine, in the order of their declaration.
    pub const ALL: [Machine; 2] = [Machine::X86_64, Machine::Arm64];

    /// The name that the command and the other languages use: `x86-64`, `arm64`.
    pub fn name(self) -> &'static str {
        match self {
            Machine::X86_64 => "x86-64",
            Machine::Arm64 => "arm64",
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Machine {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Machine::ALL
            .into_iter()
            .find(|machine| machine.name() == name)
            .ok_or_else(|| UnknownName::new(name, "x86-64 or arm64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for colours in Colours::ALL {
            assert_eq!(colours.name().parse(), Ok(colours));
        }
        for machine in Machine::ALL {
            assert_eq!(machine.name().parse(), Ok(machine));
        }
        assert!("arm".parse::<Machine>().unwrap_err().to_string().contains("x86-64 or arm64"));
        assert!("rgb".parse::<Colours>().unwrap_err().to_string().contains("ffmpeg-7"));
    }
}
