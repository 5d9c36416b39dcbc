//! Whose call to an encoder the settings are like.

use crate::names::named;

/// Whose call to a video encoder the settings are like: one word for the frame rate, the preset and the colours.
///
/// ```
/// use frame_compression::{Colours, FrameRate, H264, H264Preset, Like};
///
/// let settings = H264::crf(23.0)?.like(Like::Ffmpeg);
/// let same =
///     H264::crf(23.0)?.fps(FrameRate::FFMPEG).preset(H264Preset::Medium).colours(Colours::Ffmpeg);
/// assert_eq!(settings, same);
/// # Ok::<(), frame_compression::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Like {
    /// LTX-Video, LTX-2, ComfyUI and diffusers, which call PyAV: 1 frame a second, preset veryfast, PyAV's colours.
    #[default]
    Ltx,
    /// `ffmpeg -i picture.png -pix_fmt yuv420p -c:v ... -crf ...`: 25 frames a second, preset medium, the command's
    /// colours.
    Ffmpeg,
}

named! {
    Like:
    Ltx = "ltx", "ltx";
    Ffmpeg = "ffmpeg", "ffmpeg";
}
