//! Whose conversion of colours, and on which machine.

use crate::names::named;

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
    /// FFmpeg 7.1 or older.
    pub(crate) fn is_old(self) -> bool {
        matches!(self, Colours::PyAv15 | Colours::Ffmpeg7)
    }

    /// Filters chroma bicubically.
    pub(crate) fn is_bicubic(self) -> bool {
        matches!(self, Colours::Ffmpeg | Colours::Ffmpeg7)
    }
}

named! {
    Colours:
    PyAv = "pyav", "pyav";
    PyAv17 = "pyav-17", "pyav-17";
    PyAv15 = "pyav-15", "pyav-15";
    Ffmpeg = "ffmpeg", "ffmpeg";
    Ffmpeg7 = "ffmpeg-7", "ffmpeg-7";
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

named! {
    Machine:
    X86_64 = "x86-64", "x86-64";
    Arm64 = "arm64", "arm64";
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
