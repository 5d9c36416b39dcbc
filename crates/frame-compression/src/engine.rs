//! What every codec is to the rest of the library: an engine that takes rows and gives rows. The one place that knows
//! which codec is which.

use std::any::Any;
use std::fmt::Debug;
use std::ops::Range;

use crate::codecs::h264::H264;
use crate::codecs::h265::H265;
use crate::codecs::jpeg::Jpeg;
use crate::codecs::mjpeg::Mjpeg;
use crate::codecs::mpeg2::Mpeg2;
use crate::codecs::mpeg4::Mpeg4;
use crate::codecs::webp::WebP;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;
use crate::settings::Settings;

/// A codec's lossy part, with its memory. Its settings are handed to it before each picture
/// ([`CodecSettings::hand_to`](crate::settings::CodecSettings::hand_to)).
///
/// A picture goes in by pairs of rows, top to bottom, and comes out by rows, top to bottom. An engine that needs the whole
/// picture answers when it has the last row.
pub(crate) trait Engine: Any + Debug + Send {
    /// Starts a picture: refuses a size or settings, and makes room. What was left of an unfinished picture is forgotten.
    fn begin(&mut self, width: usize, height: usize) -> Result<(), Error>;

    /// Takes rows `y` (even) and `y + 1` as packed RGB; the last row of an odd height is given twice. Says which rows
    /// of the result may be taken out now: never one that was not put in yet, each once, and all after the last one.
    ///
    /// # Errors
    /// Only as long as no row of the result has been given.
    fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> Result<Range<usize>, Error>;

    /// Writes row `y` of the result as packed RGB. Called once for each row that [`put`](Self::put) gives, in order,
    /// before the next one is put in.
    fn get(&mut self, y: usize, rgb: &mut [u8]);

    /// The same for a picture in Y, Cb, Cr. On an error the planes are as they were.
    fn planes(&mut self, planes: &mut Planes) -> Result<(), Error>;
}

/// Room for an engine.
#[derive(Debug, Default)]
pub(crate) struct Slot(Option<Box<dyn Engine>>);

impl Slot {
    /// The engine of this type: the one that is there, or a new one that takes its place.
    pub(crate) fn engine<E: Engine + Default>(&mut self) -> &mut E {
        let is_there = self.0.as_deref().is_some_and(|engine| (engine as &dyn Any).is::<E>());
        if !is_there {
            self.0 = Some(Box::new(E::default()));
        }
        let engine = self.0.as_deref_mut().and_then(|engine| (engine as &mut dyn Any).downcast_mut());
        engine.unwrap_or_else(|| unreachable!("an engine of that type has just been put there"))
    }
}

/// A codec's settings as they are by default.
impl From<Codec> for Settings {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::H264 => H264::default().into(),
            Codec::H265 => H265::default().into(),
            Codec::Jpeg => Jpeg::default().into(),
            Codec::WebP => WebP::default().into(),
            Codec::Mpeg2 => Mpeg2::default().into(),
            Codec::Mpeg4 => Mpeg4::default().into(),
            Codec::Mjpeg => Mjpeg::default().into(),
        }
    }
}

/// Evaluates an expression with `$inner` bound to the settings of the codec, whichever it is: all of them are
/// [`CodecSettings`](crate::settings::CodecSettings).
macro_rules! with_settings {
    ($settings:expr, $inner:ident => $body:expr) => {{
        #[allow(unused_imports)]
        use $crate::settings::{CodecSettings, Settings};
        match $settings {
            Settings::H264($inner) => $body,
            Settings::H265($inner) => $body,
            Settings::Jpeg($inner) => $body,
            Settings::WebP($inner) => $body,
            Settings::Mpeg2($inner) => $body,
            Settings::Mpeg4($inner) => $body,
            Settings::Mjpeg($inner) => $body,
            Settings::Apple($inner) => $body,
        }
    }};
}
pub(crate) use with_settings;

/// The settings of the codec that predicts a clip's frames from one another; `None` for those that treat each by itself.
/// Refuses codecs that would do the former, and are not exact yet.
pub(crate) fn clip_settings(settings: &Settings) -> Result<Option<&H264>, Error> {
    match (settings, settings.codec()) {
        (Settings::H264(settings), _) => Ok(Some(settings)),
        (_, codec @ (Codec::H264 | Codec::H265)) => Err(Error::InvalidSetting {
            setting: "codec",
            given: format!("{codec} ({})", settings.backend()),
            allowed: "clips are exact for this library's own H.264, presets ultrafast to medium, so far; JPEG, MJPEG, WebP and MPEG treat each frame by itself"
                .to_owned(),
        }),
        _ => Ok(None),
    }
}

/// Refuses odd sides, for a codec with chroma at half size.
pub(crate) fn even_sides(codec: Codec, width: usize, height: usize) -> Result<(), Error> {
    if width.is_multiple_of(2) && height.is_multiple_of(2) {
        Ok(())
    } else {
        Err(Error::OddSize { codec, width, height })
    }
}

/// Refuses planes of another chroma subsampling than the codec's.
pub(crate) fn subsampled(codec: Codec, planes: &Planes, wanted: Subsampling) -> Result<(), Error> {
    if planes.subsampling() == wanted {
        Ok(())
    } else {
        Err(Error::InvalidSubsampling { codec, given: planes.subsampling(), needed: wanted })
    }
}
