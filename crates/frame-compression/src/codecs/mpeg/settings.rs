//! What can be set of all three codecs.

use super::Arithmetic;
use crate::colour::Colours;
use crate::error::Error;
use crate::names::Subsampling;
use crate::quality::Quality;
use crate::settings::SettingKind;

/// The scales of the quantiser.
const LARGEST: u8 = 31;

/// The settings that all three have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared {
    pub(crate) quality: Quality,
    pub(crate) subsampling: Subsampling,
    pub(crate) arithmetic: Arithmetic,
    pub(crate) colours: Colours,
}

/// Qualities that stand for one quantiser are one setting, which is what the text of the settings says.
impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        let parts = |shared: &Self| (shared.qscale(), shared.subsampling, shared.arithmetic, shared.colours);
        parts(self) == parts(other)
    }
}

/// The quantiser of the default quality, 18.
impl Default for Shared {
    fn default() -> Self {
        let mut shared = Self {
            quality: Quality::DEFAULT,
            subsampling: Subsampling::S420,
            arithmetic: Arithmetic::default(),
            colours: Colours::default(),
        };
        // As a whole quantiser has it.
        shared.set_qscale(shared.qscale());
        shared
    }
}

impl Shared {
    pub(crate) const QSCALE: SettingKind = SettingKind::Whole { least: 1, most: LARGEST as u32 };

    /// The defaults but for the quantiser.
    pub(crate) fn of(qscale: u8) -> Result<Self, Error> {
        let mut shared = Self::default();
        if !shared.set_qscale(qscale) {
            let (given, allowed) = (qscale.to_string(), Self::QSCALE.to_string());
            return Err(Error::InvalidSetting { setting: "qscale", given, allowed });
        }
        Ok(shared)
    }

    /// The quantiser that the quality stands for: 1 for 100, 31 for 0, linear between, rounded.
    pub(crate) fn qscale(&self) -> u8 {
        let steps = f32::from(LARGEST - 1);
        (f32::from(LARGEST) - self.quality.get() / 100.0 * steps).round() as u8
    }

    /// Whether it is one that there is; else it is not set.
    pub(crate) fn set_qscale(&mut self, qscale: u8) -> bool {
        let quality = f32::from(LARGEST.saturating_sub(qscale)) / f32::from(LARGEST - 1) * 100.0;
        let quality = if qscale == LARGEST { 0.0 } else { quality };
        match Quality::new(quality) {
            Ok(quality) if (1..=LARGEST).contains(&qscale) => {
                self.quality = quality;
                true
            }
            _ => false,
        }
    }

    /// Sets the subsampling, unless it is none of those allowed.
    pub(crate) fn set_subsampling(
        &mut self,
        subsampling: Subsampling,
        allowed: &'static [&'static str],
    ) -> Result<(), Error> {
        if !allowed.contains(&subsampling.name()) {
            let (given, kind) = (subsampling.name().to_owned(), SettingKind::Choice { names: allowed });
            return Err(Error::InvalidSetting { setting: "subsampling", given, allowed: kind.to_string() });
        }
        self.subsampling = subsampling;
        Ok(())
    }
}

/// The methods of a settings type with a field `shared`.
macro_rules! builders {
    ($type:ident) => {
        impl $type {
            /// A quantiser scale, from 1 (best) to 31 (worst): FFmpeg's `-qscale:v` (which makes 2 of 1, unless `-qmin 1` is
            /// given), or `qmin` and `qmax` set to the same number.
            ///
            /// # Errors
            /// [`Error::InvalidSetting`].
            pub fn qscale(qscale: u8) -> Result<Self, Error> {
                let mut settings = Self::default();
                settings.shared = $crate::codecs::mpeg::Shared::of(qscale)?;
                Ok(settings)
            }

            /// A quality: 100 is the quantiser scale 1, 0 is 31, linear between, rounded to the nearest.
            ///
            /// # Errors
            /// [`Error::InvalidQuality`].
            pub fn quality(quality: impl TryInto<Quality, Error: Into<Error>>) -> Result<Self, Error> {
                let mut settings = Self::default();
                settings.shared.quality = quality.try_into().map_err(Into::into)?;
                Ok(settings)
            }

            /// Chooses whose integer arithmetic is used; x86's by default.
            #[must_use]
            pub fn arithmetic(mut self, arithmetic: $crate::codecs::mpeg::Arithmetic) -> Self {
                self.shared.arithmetic = arithmetic;
                self
            }

            /// Chooses who converts colours; PyAV by default.
            #[must_use]
            pub fn colours(mut self, colours: $crate::colour::Colours) -> Self {
                self.shared.colours = colours;
                self
            }
        }
    };
}
pub(crate) use builders;

/// The fields of a settings type with a field `shared`, and its own.
macro_rules! fields {
    ($subsamplings:expr; $($own:expr),*) => {
        &[
            $crate::settings::Field {
                setting: $crate::settings::Setting {
                    name: "qscale",
                    help: "Quantiser scale, from 1 (best) to 31 (worst), as FFmpeg's option -qscale:v",
                    kind: $crate::codecs::mpeg::Shared::QSCALE,
                    default: Some("18"),
                },
                set: |settings, text| match settings.shared.set_qscale(text.parse()?) {
                    true => Ok(()),
                    false => Err($crate::settings::Refused::NotOfItsKind),
                },
                get: |settings| Some(settings.shared.qscale().to_string()),
            },
            $crate::settings::Field {
                setting: $crate::settings::Setting {
                    name: "subsampling",
                    help: "Chroma subsampling",
                    kind: $crate::settings::SettingKind::Choice { names: $subsamplings },
                    default: Some("420"),
                },
                set: |settings, text| {
                    let wanted = text.parse()?;
                    let is_refused = settings.shared.set_subsampling(wanted, $subsamplings).is_err();
                    if is_refused { Err($crate::settings::Refused::NotOfItsKind) } else { Ok(()) }
                },
                get: |settings| Some(settings.shared.subsampling.name().to_owned()),
            },
            $crate::settings::Field {
                setting: $crate::settings::Setting {
                    name: "arithmetic",
                    help: "Integer arithmetic of the encoder: x86 is FFmpeg's on PCs and servers, int its option dct=int",
                    kind: $crate::settings::SettingKind::Choice { names: $crate::codecs::mpeg::Arithmetic::NAMES },
                    default: Some("x86"),
                },
                set: |settings, text| {
                    settings.shared.arithmetic = text.parse()?;
                    Ok(())
                },
                get: |settings| Some(settings.shared.arithmetic.name().to_owned()),
            },
            $crate::settings::Field {
                setting: $crate::settings::Setting {
                    name: "colours",
                    help: "Who converts colours: PyAV, or the command ffmpeg (ffmpeg-7: releases 5.1 to 7.1)",
                    kind: $crate::settings::SettingKind::Choice { names: $crate::colour::Colours::NAMES },
                    default: Some("pyav"),
                },
                set: |settings, text| {
                    settings.shared.colours = text.parse()?;
                    Ok(())
                },
                get: |settings| Some(settings.shared.colours.name().to_owned()),
            },
            $($own),*
        ]
    };
}
pub(crate) use fields;
