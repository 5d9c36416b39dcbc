//! What a compressor is asked to do: a codec with the settings that this codec has, and no others.
//!
//! In Rust each codec's type has a method for each of its settings. Programs in other languages, which get names and
//! text from their users, go through [`Settings::set`] and the table of [`Settings::table`]: a new setting reaches them
//! without new code.

use std::fmt;
use std::num::{ParseFloatError, ParseIntError};
use std::str::FromStr;

use crate::codecs::apple::Apple;
use crate::codecs::h264::H264;
use crate::codecs::h265::H265;
use crate::codecs::jpeg::Jpeg;
use crate::codecs::mjpeg::Mjpeg;
use crate::codecs::mpeg2::Mpeg2;
use crate::codecs::mpeg4::Mpeg4;
use crate::codecs::webp::WebP;
use crate::engine::{Engine, Slot, with_settings};
use crate::error::Error;
use crate::names::{Backend, Codec, OneOf, UnknownName};
use crate::quality::{Crf, Quality};

/// A codec and its settings.
///
/// Every codec has a type of its own ([`H264`], [`H265`], [`Jpeg`], [`WebP`], and [`Apple`] for the codecs of the operating system),
/// which goes wherever settings are asked for, as does a bare [`Codec`], which stands for its defaults:
///
/// ```
/// use frame_compression::{Codec, FrameCompressor, H265, H265Preset, Settings};
///
/// let by_default = FrameCompressor::new(Codec::H265);
/// let chosen = FrameCompressor::new(H265::crf(23.0)?.preset(H265Preset::Medium));
/// let from_text = FrameCompressor::new("h265:crf=23:preset=medium".parse::<Settings>()?);
/// assert_eq!(chosen.settings(), from_text.settings());
/// # Ok::<(), frame_compression::Error>(())
/// ```
///
/// The text form is the codec's name and, after a colon each, `name=value`. [`Display`](fmt::Display) writes the strength
/// and what is not the default.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Settings {
    /// H.264 by this library.
    H264(H264),
    /// H.265 by this library.
    H265(H265),
    /// JPEG by this library.
    Jpeg(Jpeg),
    /// WebP by this library.
    WebP(WebP),
    /// MPEG-2 by this library.
    Mpeg2(Mpeg2),
    /// MPEG-4 part 2 by this library.
    Mpeg4(Mpeg4),
    /// Motion JPEG, FFmpeg's, by this library.
    Mjpeg(Mjpeg),
    /// A codec of Apple's operating systems.
    Apple(Apple),
}

/// One setting of a codec, as a program shows it to its users.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Setting {
    /// The name that [`Settings::set`] takes: `crf`, `preset`.
    pub name: &'static str,
    /// What it does, in a sentence without a full stop.
    pub help: &'static str,
    /// The values that it takes.
    pub kind: SettingKind,
    /// The value that it has by default, as text; `None` where it is not set by default.
    pub default: Option<&'static str>,
}

/// The values that a setting takes.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SettingKind {
    /// A number, fractions allowed.
    Number {
        /// The least.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// A whole number.
    Whole {
        /// The least.
        least: u32,
        /// The largest.
        most: u32,
    },
    /// One of some names.
    Choice {
        /// The names.
        names: &'static [&'static str],
    },
    /// Text of a form of its own.
    Text {
        /// The form, in words.
        form: &'static str,
        /// A value other than the default.
        example: &'static str,
    },
    /// So many whole numbers, with commas between them.
    List {
        /// How many.
        count: usize,
        /// The least.
        least: u32,
        /// The largest.
        most: u32,
    },
}

/// What is allowed, as it is said in errors: `a number from 0 to 51`.
impl fmt::Display for SettingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingKind::Number { least, most } => write!(f, "a number from {least} to {most}"),
            SettingKind::Whole { least, most } => write!(f, "a whole number from {least} to {most}"),
            SettingKind::Choice { names } => OneOf(names).fmt(f),
            SettingKind::Text { form, .. } => f.write_str(form),
            SettingKind::List { count, least, most } => {
                write!(f, "{count} whole numbers from {least} to {most}, with commas between them")
            }
        }
    }
}

impl Setting {
    /// The setting that every video codec of x264's and x265's kind has.
    pub(crate) const CRF: Setting = Setting {
        name: "crf",
        help: "Constant rate factor, from 0 (best) to 51 (worst), fractions allowed",
        kind: SettingKind::Number { least: 0.0, most: 51.0 },
        default: Some("29"),
    };

    /// How much to keep, on the scale that every codec shares.
    pub(crate) const QUALITY: Setting = Setting {
        name: "quality",
        help: "How much to keep, from 0 (worst) to 100 (best), the same scale for every codec",
        kind: SettingKind::Number { least: 0.0, most: 100.0 },
        default: Some("43"),
    };
}

/// The entry of a member of a settings type: one that several codecs have by its name alone, one that is chosen by name by
/// `name: Type, help, default`, one that may be missing by `name?: Type, names, help`, the first name being that of the lack,
/// and a whole number, whose setter refuses what is outside, by `name in least..=most, help, default`.
macro_rules! field {
    (quality) => {
        $crate::settings::Field {
            setting: $crate::settings::Setting::QUALITY,
            set: |settings, text| {
                settings.quality = $crate::settings::read_quality(text)?;
                Ok(())
            },
            get: |settings| Some(settings.quality.get().to_string()),
        }
    };
    ($name:ident in $least:literal..=$most:literal, $help:expr, $default:expr) => {
        $crate::settings::Field {
            setting: $crate::settings::Setting {
                name: stringify!($name),
                help: $help,
                kind: $crate::settings::SettingKind::Whole { least: $least, most: $most },
                default: Some($default),
            },
            set: |settings, text| {
                *settings = settings
                    .$name(text.parse()?)
                    .map_err(|_| $crate::settings::Refused::NotOfItsKind)?;
                Ok(())
            },
            get: |settings| Some(settings.$name.to_string()),
        }
    };
    (crf) => {
        $crate::settings::Field {
            setting: $crate::settings::Setting::CRF,
            set: |settings, text| {
                settings.crf = $crate::settings::read_crf(text)?;
                Ok(())
            },
            get: |settings| Some(settings.crf.get().to_string()),
        }
    };
    (fps) => {
        $crate::settings::Field {
            setting: $crate::settings::Setting {
                name: "fps",
                help: "Frames a second that the encoder is told: 1 for LTX, 25 for what ffmpeg makes of images, 24 for PyAV",
                kind: $crate::settings::SettingKind::Text {
                    form: "frames a second, as 25, 29.97 or 30000/1001",
                    example: "25",
                },
                default: Some("1"),
            },
            set: |settings, text| {
                settings.fps = text.parse()?;
                Ok(())
            },
            get: |settings| Some(settings.fps.to_string()),
        }
    };
    (colours) => {
        $crate::settings::field!(
            colours: $crate::colour::Colours,
            "Who converts the colours: PyAV, or the command ffmpeg, by release",
            "pyav"
        )
    };
    (like, $help:expr) => {
        $crate::settings::Field {
            setting: $crate::settings::Setting {
                name: "like",
                help: $help,
                kind: $crate::settings::SettingKind::Choice { names: $crate::like::Like::NAMES },
                default: Some("ltx"),
            },
            set: |settings, text| {
                *settings = settings.like(text.parse()?);
                Ok(())
            },
            get: |settings| {
                let found = (settings.fps, settings.preset, settings.colours);
                let like = $crate::like::Like::ALL.into_iter().find(|&like| Self::of_like(like) == found)?;
                Some(like.name().to_owned())
            },
        }
    };
    ($name:ident: $type:ty, $help:expr, $default:expr) => {
        $crate::settings::Field {
            setting: $crate::settings::Setting {
                name: stringify!($name),
                help: $help,
                kind: $crate::settings::SettingKind::Choice { names: <$type>::NAMES },
                default: Some($default),
            },
            set: |settings, text| {
                settings.$name = text.parse()?;
                Ok(())
            },
            get: |settings| Some(settings.$name.name().to_owned()),
        }
    };
    ($name:ident?: $type:ty, $names:expr, $help:expr) => {
        $crate::settings::Field {
            setting: $crate::settings::Setting {
                name: stringify!($name),
                help: $help,
                kind: $crate::settings::SettingKind::Choice { names: $names },
                default: Some($names[0]),
            },
            set: |settings, text| {
                settings.$name = if text == $names[0] { None } else { Some(text.parse()?) };
                Ok(())
            },
            get: |settings| Some(settings.$name.map_or($names[0], <$type>::name).to_owned()),
        }
    };
}
pub(crate) use field;

/// A setting with the ways to write and to read it.
pub(crate) struct Field<S> {
    pub(crate) setting: Setting,
    pub(crate) set: fn(&mut S, &str) -> Result<(), Refused>,
    /// `None` where it is not set.
    pub(crate) get: fn(&S) -> Option<String>,
}

/// Why a [`Field`] takes no text: it is none of the values of its kind, or there is more to say.
pub(crate) enum Refused {
    NotOfItsKind,
    Because(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Refused::Because(error)
    }
}

impl From<ParseFloatError> for Refused {
    fn from(_: ParseFloatError) -> Self {
        Refused::NotOfItsKind
    }
}

impl From<ParseIntError> for Refused {
    fn from(_: ParseIntError) -> Self {
        Refused::NotOfItsKind
    }
}

impl From<UnknownName> for Refused {
    fn from(_: UnknownName) -> Self {
        Refused::NotOfItsKind
    }
}

/// What the settings of a codec tell about it, and the engine that they are for.
pub(crate) trait CodecSettings: Sized + 'static {
    type Engine: Engine + Default;

    /// Every setting but the backend. The first is the codec's own strength.
    const FIELDS: &'static [Field<Self>];
    /// Other names that people know the codec by.
    const ALIASES: &'static [&'static str];
    /// What others call a setting and this library has no use for, and why.
    const USELESS: &'static [(&'static str, &'static str)] = &[];
    /// What the codec is, in one line.
    const DESCRIPTION: &'static str;
    /// Whose picture it gives, bit for bit; `None` where nobody promises that.
    const EXACT_WITH: Option<&'static str>;

    fn codec(&self) -> Codec;

    fn backend(&self) -> Backend {
        Backend::Native
    }

    /// The strength on the scale that every codec shares.
    fn quality(&self) -> Quality;
    fn set_quality(&mut self, quality: Quality);

    fn crf(&self) -> Crf {
        self.quality().into()
    }
    fn set_crf(&mut self, crf: Crf) {
        self.set_quality(crf.into());
    }

    /// Hands the settings to the engine, before each picture.
    fn hand_to(&self, engine: &mut Self::Engine);
}

macro_rules! from_each {
    ($($type:ident),+) => {$(
        impl From<$type> for Settings {
            fn from(settings: $type) -> Self {
                Settings::$type(settings)
            }
        }
    )+};
}
from_each!(H264, H265, Jpeg, WebP, Mpeg2, Mpeg4, Mjpeg, Apple);

/// The setting that chooses between this library's engines and those of the operating system.
const BACKEND: Setting = Setting {
    name: "backend",
    help: "Who does the work: native is this library's own exact engine, videotoolbox Apple's codecs (Apple platforms only)",
    kind: SettingKind::Choice { names: Backend::NAMES },
    default: Some("native"),
};

impl Settings {
    /// The codec.
    pub fn codec(&self) -> Codec {
        with_settings!(self, settings => settings.codec())
    }

    /// Who does the work.
    pub fn backend(&self) -> Backend {
        with_settings!(self, settings => settings.backend())
    }

    /// Every setting that [`set`](Self::set) takes, the codec's own strength first.
    ///
    /// ```
    /// use frame_compression::{Codec, Settings};
    ///
    /// for setting in Settings::from(Codec::Jpeg).table() {
    ///     println!("{}: {} ({})", setting.name, setting.help, setting.kind);
    /// }
    /// ```
    pub fn table(&self) -> Vec<Setting> {
        fn of<S: CodecSettings>(_: &S) -> Vec<Setting> {
            S::FIELDS.iter().map(|field| field.setting).collect()
        }
        let mut table = with_settings!(self, settings => of(settings));
        for shared in [Setting::QUALITY, Setting::CRF] {
            if table.iter().all(|setting| setting.name != shared.name) {
                // It follows from the codec's own strength.
                table.push(Setting { default: None, ..shared });
            }
        }
        table.push(BACKEND);
        table
    }

    /// Sets a setting from text. Every codec takes `quality`, `crf` and `backend`; what else it takes is in its
    /// [`table`](Self::table). `backend` keeps the strength alone.
    ///
    /// ```
    /// use frame_compression::{Codec, Settings};
    ///
    /// let mut settings = Settings::from(Codec::H265);
    /// settings.set("preset", "medium")?;
    /// assert_eq!(settings.get("preset").as_deref(), Some("medium"));
    /// let error = settings.set("subsampling", "444").unwrap_err();
    /// assert!(error.to_string().contains("preset"), "it names what there is: {error}");
    /// # Ok::<(), frame_compression::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnsupportedSetting`] where the codec has no such setting, [`Error::InvalidSetting`] where it does not take
    /// the value, with [`Error::InvalidQuality`], [`Error::InvalidCrf`] and [`Error::InvalidQuantTable`] for numbers that
    /// are out of their range.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), Error> {
        fn own<S: CodecSettings>(settings: &mut S, name: &str, text: &str) -> Option<Result<(), Error>> {
            if let Some(&(setting, why)) = S::USELESS.iter().find(|(setting, _)| *setting == name) {
                let (given, allowed) = (text.to_owned(), why.to_owned());
                return Some(Err(Error::InvalidSetting { setting, given, allowed }));
            }
            let field = S::FIELDS.iter().find(|field| field.setting.name == name)?;
            Some((field.set)(settings, text).map_err(|refused| refused.of(&field.setting, text)))
        }
        let refused = |setting: &Setting, refused: Refused| refused.of(setting, text);
        if let Some(done) = with_settings!(&mut *self, settings => own(settings, name, text)) {
            return done;
        }
        match name {
            "quality" => {
                let quality = read_quality(text).map_err(|error| refused(&Setting::QUALITY, error))?;
                self.set_quality(quality);
            }
            "crf" => {
                let crf = read_crf(text).map_err(|error| refused(&Setting::CRF, error))?;
                self.set_crf(crf);
            }
            "backend" => {
                let backend = text.parse::<Backend>().map_err(|error| refused(&BACKEND, error.into()))?;
                self.set_backend(backend)?;
            }
            _ => return Err(self.unsupported(name)),
        }
        Ok(())
    }

    /// A setting as text, as [`set`](Self::set) takes it; `None` where it is not set, or the codec has none of that name.
    pub fn get(&self, name: &str) -> Option<String> {
        fn own<S: CodecSettings>(settings: &S, name: &str) -> Option<Option<String>> {
            let field = S::FIELDS.iter().find(|field| field.setting.name == name)?;
            Some((field.get)(settings))
        }
        if let Some(value) = with_settings!(self, settings => own(settings, name)) {
            return value;
        }
        match name {
            "quality" => Some(self.quality().get().to_string()),
            "crf" => Some(self.crf().get().to_string()),
            "backend" => Some(self.backend().name().to_owned()),
            _ => None,
        }
    }

    /// The strength as a quality. For a codec that is told a CRF, the quality that this stands for.
    pub fn quality(&self) -> Quality {
        with_settings!(self, settings => CodecSettings::quality(settings))
    }

    /// The strength as a CRF. For a codec that is told a quality, the CRF that this stands for.
    pub fn crf(&self) -> Crf {
        with_settings!(self, settings => settings.crf())
    }

    /// Sets the strength as a quality. A codec that is told a CRF takes the one that it stands for ([`Crf::from`]).
    pub fn set_quality(&mut self, quality: Quality) {
        with_settings!(self, settings => settings.set_quality(quality));
    }

    /// Sets the strength as a CRF. A codec that is told a quality takes the one that it stands for ([`Quality::from`]).
    pub fn set_crf(&mut self, crf: Crf) {
        with_settings!(self, settings => settings.set_crf(crf));
    }

    /// Whose picture these settings give, bit for bit; `None` where nobody promises that.
    pub fn exact_with(&self) -> Option<&'static str> {
        fn of<S: CodecSettings>(_: &S) -> Option<&'static str> {
            S::EXACT_WITH
        }
        with_settings!(self, settings => of(settings))
    }

    pub(crate) fn aliases(&self) -> &'static [&'static str] {
        fn of<S: CodecSettings>(_: &S) -> &'static [&'static str] {
            S::ALIASES
        }
        with_settings!(self, settings => of(settings))
    }

    pub(crate) fn description(&self) -> &'static str {
        fn of<S: CodecSettings>(_: &S) -> &'static str {
            S::DESCRIPTION
        }
        with_settings!(self, settings => of(settings))
    }

    /// The engine for these settings, told them: the one in the slot, or a new one in its place.
    pub(crate) fn engine<'a>(&self, slot: &'a mut Slot) -> &'a mut dyn Engine {
        fn of<'a, S: CodecSettings>(settings: &S, slot: &'a mut Slot) -> &'a mut dyn Engine {
            let engine = slot.engine::<S::Engine>();
            settings.hand_to(engine);
            engine
        }
        with_settings!(self, settings => of(settings, slot))
    }

    fn set_backend(&mut self, backend: Backend) -> Result<(), Error> {
        if self.backend() == backend {
            return Ok(());
        }
        let codec = self.codec();
        let mut changed = match backend {
            Backend::Native => Settings::from(codec),
            Backend::VideoToolbox => Settings::Apple(Apple::of(codec)?),
        };
        if let Some((name, _)) = self.chosen().find(|(name, _)| !["quality", "crf"].contains(name)) {
            return Err(changed.unsupported(name));
        }
        changed.set_crf(self.crf());
        *self = changed;
        Ok(())
    }

    fn unsupported(&self, name: &str) -> Error {
        let table = self.table();
        let names: Vec<&str> = table.iter().map(|setting| setting.name).collect();
        Error::UnsupportedSetting {
            codec: self.codec(),
            backend: self.backend(),
            setting: name.to_owned(),
            allowed: names.join(", "),
        }
    }

    /// The codec's own settings that have another value than by default, with the strength in any case.
    fn chosen(&self) -> impl Iterator<Item = (&'static str, String)> {
        fn of<S: CodecSettings>(settings: &S) -> Vec<(&'static str, String)> {
            let fields = S::FIELDS.iter().enumerate();
            let values = fields.filter_map(|(i, Field { setting, get, .. })| {
                let value = get(settings)?;
                (i == 0 || Some(&*value) != setting.default).then_some((setting.name, value))
            });
            values.collect()
        }
        with_settings!(self, settings => of(settings)).into_iter()
    }
}

impl Refused {
    fn of(self, setting: &Setting, text: &str) -> Error {
        match self {
            Refused::Because(error) => error,
            Refused::NotOfItsKind => Error::InvalidSetting {
                setting: setting.name,
                given: text.to_owned(),
                allowed: setting.kind.to_string(),
            },
        }
    }
}

pub(crate) fn read_quality(text: &str) -> Result<Quality, Refused> {
    Ok(Quality::new(text.parse()?)?)
}

pub(crate) fn read_crf(text: &str) -> Result<Crf, Refused> {
    Ok(Crf::new(text.parse()?)?)
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.codec().name())?;
        if self.backend() != Backend::Native {
            write!(f, ":backend={}", self.backend().name())?;
        }
        self.chosen().try_for_each(|(name, value)| write!(f, ":{name}={value}"))
    }
}

impl FromStr for Settings {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let codec = name.parse::<Codec>().map_err(|_| Error::InvalidSetting {
            setting: "codec",
            given: name.to_owned(),
            allowed: OneOf(Codec::NAMES).to_string(),
        })?;
        let mut settings = Settings::from(codec);
        for part in parts {
            // Without a value, the name is looked at all the same: it may be the codec's or not.
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            settings.set(name, value)?;
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Settings> {
        let apple = Codec::ALL.into_iter().filter_map(|codec| Apple::of(codec).ok().map(Settings::from));
        Codec::ALL.into_iter().map(Settings::from).chain(apple)
    }

    /// Values that a setting takes, the default not among them.
    fn other_values(setting: &Setting) -> Vec<String> {
        let values: Vec<String> = match setting.kind {
            SettingKind::Number { least, most } => {
                [least, most, (least + most) / 2.0].map(|number| number.to_string()).into()
            }
            SettingKind::Whole { least, most } => [least, most].map(|number| number.to_string()).into(),
            SettingKind::Choice { names } => names.iter().map(|&name| name.to_owned()).collect(),
            SettingKind::Text { example, .. } => vec![example.to_owned()],
            SettingKind::List { count, least, most } => {
                vec![vec![least.to_string(); count].join(","), vec![most.to_string(); count].join(",")]
            }
        };
        values.into_iter().filter(|value| Some(&**value) != setting.default).collect()
    }

    #[test]
    fn what_the_tables_say_is_so() {
        for settings in all() {
            for setting in settings.table() {
                let name = setting.name;
                if setting.default.is_some() && name != "backend" {
                    assert_eq!(settings.get(name).as_deref(), setting.default, "{settings}: {name}");
                }
                // What every codec takes beside its own strength is not kept as it was given.
                if name == "backend" || setting.default.is_none() && ["quality", "crf"].contains(&name) {
                    continue;
                }
                for value in other_values(&setting) {
                    let mut changed = settings.clone();
                    changed
                        .set(name, &value)
                        .unwrap_or_else(|error| panic!("{settings}: {name}={value}: {error}"));
                    assert_eq!(changed.get(name).as_deref(), Some(&*value), "{settings}: {name}");
                    assert_ne!(changed, settings, "{name}={value}");
                    assert_eq!(changed.to_string().parse::<Settings>(), Ok(changed), "{name}={value}");
                }
            }
        }
    }

    #[test]
    fn values_of_another_kind_and_out_of_range_are_refused_with_what_is_allowed() {
        for settings in all() {
            for setting in settings.table() {
                let beyond = match setting.kind {
                    SettingKind::Number { most, .. } => (most + 0.5).to_string(),
                    SettingKind::Whole { most, .. } => (most + 1).to_string(),
                    SettingKind::Choice { .. } => "none of them".to_owned(),
                    SettingKind::Text { .. } => "?".to_owned(),
                    SettingKind::List { count, most, .. } => vec![(most + 1).to_string(); count].join(","),
                };
                for wrong in ["", "x", "1,2", "NaN", "-1", &beyond] {
                    let mut changed = settings.clone();
                    let error = changed.set(setting.name, wrong).unwrap_err().to_string();
                    assert!(error.contains("not allowed"), "{error}");
                    assert_eq!(changed, settings, "{}={wrong}", setting.name);
                }
            }
        }
    }

    #[test]
    fn a_setting_of_another_codec_is_refused_and_those_that_there_are_are_named() {
        for mut settings in all() {
            let error = settings.set("colour", "red").unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, Error::UnsupportedSetting { .. }));
            for setting in settings.table() {
                assert!(text.contains(setting.name), "{text}");
            }
            assert_eq!(settings.get("colour"), None);
        }
    }

    #[test]
    fn quality_and_crf_are_taken_by_every_codec() {
        for mut settings in all() {
            settings.set("quality", "50").unwrap();
            assert_eq!(settings.crf().get(), 26.0);
            settings.set("crf", "35.5").unwrap();
            assert_eq!(settings.quality(), Quality::from(Crf::new(35.5).unwrap()), "{settings}");
        }
    }

    #[test]
    fn settings_of_any_quality_are_those_that_their_text_says() {
        for mut settings in all() {
            for half in 0..=200u8 {
                settings.set_quality(Quality::new(f32::from(half) / 2.0).unwrap());
                assert_eq!(settings.to_string().parse::<Settings>().unwrap(), settings, "{settings}");
            }
        }
    }

    #[test]
    fn apple_s_codecs_take_the_strength_alone() {
        let mut settings: Settings = "h264:crf=17:backend=videotoolbox".parse().unwrap();
        assert_eq!((settings.backend(), settings.codec()), (Backend::VideoToolbox, Codec::H264));
        assert_eq!(settings.quality(), Quality::from(Crf::new(17.0).unwrap()));
        settings.set("backend", "native").unwrap();
        assert_eq!(settings, "h264:crf=17".parse().unwrap());
        for text in ["h265:preset=medium:backend=videotoolbox", "h265:backend=videotoolbox:preset=medium"] {
            let error = text.parse::<Settings>().unwrap_err().to_string();
            assert!(error.contains("preset") && error.contains("videotoolbox"), "{error}");
        }
    }

    #[test]
    fn text_that_is_no_settings_is_refused() {
        let error = "betamax:crf=1".parse::<Settings>().unwrap_err().to_string();
        assert!(error.starts_with("codec betamax is not allowed: h264, "), "{error}");
        for wrong in ["", "h264:", "h264:crf", "h264:crf=", "h264:=3", "H264", "h264=crf"] {
            assert!(wrong.parse::<Settings>().is_err(), "{wrong}");
        }
        assert_eq!("h264".parse(), Ok(Settings::from(Codec::H264)));
    }
}
