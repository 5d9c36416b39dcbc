//! How many cores the encoder's machine had: each codes a slice of its own
//! (docs/spec/ltx-on-real-machines.md, sections 1 and 2).

use std::fmt;
use std::str::FromStr;

use crate::names::UnknownName;

/// How many cores the machine had on which the picture was coded. x264 as PyAV and LTX call it gives each core a slice,
/// of at least four rows of macroblocks: the picture depends on the machine.
///
/// Slices begin to show at a height of 114: less than eight rows of macroblocks are always one slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Cores {
    /// One: the same picture on every machine that is told to use one thread. The default.
    #[default]
    One,
    /// As many as the calling thread may run on: what LTX's own code gives here.
    This,
    /// So many. 0 counts as 1.
    Number(u32),
    /// Enough for every height: any large machine.
    Server,
}

impl Cores {
    /// Slices of the picture, if it is high enough: 1 to 128.
    pub(super) fn slices(self) -> usize {
        let cores = match self {
            Cores::One => 1,
            Cores::This => here(),
            Cores::Number(number) => usize::try_from(number).unwrap_or(usize::MAX),
            Cores::Server => usize::MAX,
        };
        cores.clamp(1, 128)
    }
}

/// The number of cores that the calling thread may run on. A quota on their time, as containers have it, does not
/// count, as it does not for x264.
fn here() -> usize {
    allowed_here().unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The bits of the calling thread's affinity mask, as Linux tells it.
fn allowed_here() -> Option<usize> {
    if !cfg!(any(target_os = "linux", target_os = "android")) {
        return None;
    }
    let status = std::fs::read_to_string("/proc/thread-self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed:"))?;
    count_bits(mask.trim())
}

/// Of a mask in hexadecimal digits, with commas between groups.
fn count_bits(mask: &str) -> Option<usize> {
    mask.chars()
        .filter(|&digit| digit != ',')
        .try_fold(0, |sum, digit| Some(sum + digit.to_digit(16)?.count_ones() as usize))
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cores::One => f.pad("1"),
            Cores::This => f.pad("this"),
            Cores::Number(number) => f.pad(&number.to_string()),
            Cores::Server => f.pad("server"),
        }
    }
}

impl FromStr for Cores {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = || -> Option<Self> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            match text.parse().ok().filter(|_| digits)? {
                0 => None,
                1 => Some(Cores::One),
                number => Some(Cores::Number(number)),
            }
        };
        match text {
            "this" => Some(Cores::This),
            "server" => Some(Cores::Server),
            _ => number(),
        }
        .ok_or_else(|| UnknownName::new(text, CORES))
    }
}

/// What [`FromStr`] takes.
pub(super) const CORES: &str =
    "a number of cores from 1 on, `this` (of this machine) or `server` (enough for every height)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_read_and_written() {
        for (text, cores) in
            [("1", Cores::One), ("2", Cores::Number(2)), ("this", Cores::This), ("server", Cores::Server)]
        {
            assert_eq!(text.parse(), Ok(cores));
            assert_eq!(cores.to_string(), text);
        }
        for wrong in ["", "0", "-1", "+2", "2.5", "all", "99999999999"] {
            assert!(wrong.parse::<Cores>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn cores_become_slices() {
        let slices = [Cores::One, Cores::Number(0), Cores::Number(5), Cores::Number(200), Cores::Server]
            .map(Cores::slices);
        assert_eq!(slices, [1, 1, 5, 128, 128]);
        assert!((1..=128).contains(&Cores::This.slices()));
    }

    #[test]
    fn bits_of_affinity_masks_are_counted() {
        assert_eq!(count_bits("ff,00000000,0000000f"), Some(12));
        assert_eq!(count_bits("3"), Some(2));
        assert_eq!(count_bits("g"), None);
    }

    /// Pinning this thread alone would need unsafe code; what the system says of a pinned process has to arrive.
    #[cfg(target_os = "linux")]
    #[test]
    fn this_thread_has_a_mask() {
        assert!(allowed_here().is_some_and(|cores| cores >= 1));
    }
}
