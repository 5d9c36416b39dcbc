//! Settings as a C program gives them: numbers, of which every one is looked at.

#![allow(non_camel_case_types)]

use frame_compression::{Backend, Codec, Crf, FrameCompressor, Quality, Settings, Subsampling, ValueRange};
use frame_compression::{H265Preset, X265Version};

use crate::call::Refusal;
use crate::fc_status;

/// A codec.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_codec {
    /// H.264 (AVC): the picture of x264, preset veryfast.
    FC_CODEC_H264 = 1,
    /// H.265 (HEVC): the picture of x265.
    FC_CODEC_H265 = 2,
    /// JPEG: the picture of libjpeg-turbo.
    FC_CODEC_JPEG = 3,
}

/// Who does the work.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_backend {
    /// The platform's default.
    FC_BACKEND_DEFAULT = 0,
    /// This library's own engines: the same picture on every machine.
    FC_BACKEND_NATIVE = 1,
    /// Apple's codecs: VideoToolbox, and ImageIO for JPEG. On Apple platforms only.
    FC_BACKEND_VIDEOTOOLBOX = 2,
}

/// What `fc_settings.strength` means.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_strength {
    /// Nothing: CRF 29, which is a JPEG quality of 43.
    FC_STRENGTH_DEFAULT = 0,
    /// A quality from 0 (worst) to 100 (best). The video codecs read it as CRF round((100 - q) / 100 * 51).
    FC_STRENGTH_QUALITY = 1,
    /// A CRF from 0 (best) to 51 (worst), fractions allowed. JPEG reads it as quality 100 - crf / 51 * 100.
    FC_STRENGTH_CRF = 2,
}

/// How many chroma samples a JPEG has. The video codecs have 4:2:0 only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_subsampling {
    /// 4:2:0; of JPEG by VideoToolbox, whatever ImageIO takes.
    FC_SUBSAMPLING_DEFAULT = 0,
    /// Chroma at half the width and half the height.
    FC_SUBSAMPLING_420 = 1,
    /// Chroma at half the width.
    FC_SUBSAMPLING_422 = 2,
    /// Chroma at full size.
    FC_SUBSAMPLING_444 = 3,
    /// No chroma.
    FC_SUBSAMPLING_GREY = 4,
}

/// The preset of x265, for H.265. The other codecs take the default alone.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_preset {
    /// `veryfast`.
    FC_PRESET_DEFAULT = 0,
    /// `ultrafast`.
    FC_PRESET_ULTRAFAST = 1,
    /// `superfast`.
    FC_PRESET_SUPERFAST = 2,
    /// `veryfast`, whose picture is also that of `faster` and `fast`.
    FC_PRESET_VERYFAST = 3,
    /// `medium`.
    FC_PRESET_MEDIUM = 4,
}

/// The release of x265 whose picture is given, for H.265. The other codecs take the default alone.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_x265_version {
    /// 4.2.
    FC_X265_VERSION_DEFAULT = 0,
    /// libx265 4.2.
    FC_X265_VERSION_4_2 = 1,
    /// libx265 3.5.
    FC_X265_VERSION_3_5 = 2,
}

/// Which numbers of floating-point elements stand for black and white.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub enum fc_value_range {
    /// -1 to 1.
    FC_RANGE_SIGNED_UNIT = 0,
    /// 0 to 1.
    FC_RANGE_UNIT = 1,
}

/// What to do. All zero but the codec is a full set of defaults: `fc_settings settings = {.codec = FC_CODEC_H264};`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct fc_settings {
    /// One of `fc_codec`.
    pub codec: u32,
    /// One of `fc_backend`.
    pub backend: u32,
    /// One of `fc_strength`: what `strength` is.
    pub strength_kind: u32,
    /// How strongly to compress.
    pub strength: f32,
    /// One of `fc_subsampling`.
    pub subsampling: u32,
    /// One of `fc_preset`.
    pub preset: u32,
    /// One of `fc_x265_version`.
    pub x265_version: u32,
    /// One of `fc_value_range`, for inputs and outputs alike.
    pub value_range: u32,
}

/// Finds what a number stands for.
fn named<T, const N: usize>(field: &str, number: u32, values: [(u32, T); N]) -> Result<T, Refusal> {
    let allowed = values.each_ref().map(|(number, _)| number.to_string()).join(", ");
    values.into_iter().find(|(known, _)| *known == number).map(|(_, value)| value).ok_or_else(|| {
        let text = format!("{field} {number} is not allowed: one of {allowed}");
        Refusal::new(fc_status::FC_ERROR_INVALID_VALUE, text)
    })
}

impl fc_settings {
    /// A compressor of these settings.
    pub(crate) fn compressor(&self) -> Result<FrameCompressor, Refusal> {
        use fc_backend::*;
        use fc_codec::*;
        use fc_preset::*;
        use fc_strength::*;
        use fc_subsampling::*;
        use fc_value_range::*;
        use fc_x265_version::*;

        let codecs = [
            (FC_CODEC_H264 as u32, Codec::H264),
            (FC_CODEC_H265 as u32, Codec::H265),
            (FC_CODEC_JPEG as u32, Codec::Jpeg),
        ];
        let backends = [
            (FC_BACKEND_DEFAULT as u32, None),
            (FC_BACKEND_NATIVE as u32, Some(Backend::Native)),
            (FC_BACKEND_VIDEOTOOLBOX as u32, Some(Backend::VideoToolbox)),
        ];
        let subsamplings = [
            (FC_SUBSAMPLING_DEFAULT as u32, None),
            (FC_SUBSAMPLING_420 as u32, Some(Subsampling::S420)),
            (FC_SUBSAMPLING_422 as u32, Some(Subsampling::S422)),
            (FC_SUBSAMPLING_444 as u32, Some(Subsampling::S444)),
            (FC_SUBSAMPLING_GREY as u32, Some(Subsampling::Grey)),
        ];
        let presets = [
            (FC_PRESET_DEFAULT as u32, None),
            (FC_PRESET_ULTRAFAST as u32, Some(H265Preset::Ultrafast)),
            (FC_PRESET_SUPERFAST as u32, Some(H265Preset::Superfast)),
            (FC_PRESET_VERYFAST as u32, Some(H265Preset::Veryfast)),
            (FC_PRESET_MEDIUM as u32, Some(H265Preset::Medium)),
        ];
        let versions = [
            (FC_X265_VERSION_DEFAULT as u32, None),
            (FC_X265_VERSION_4_2 as u32, Some(X265Version::V4_2)),
            (FC_X265_VERSION_3_5 as u32, Some(X265Version::V3_5)),
        ];
        let ranges =
            [(FC_RANGE_SIGNED_UNIT as u32, ValueRange::SignedUnit), (FC_RANGE_UNIT as u32, ValueRange::Unit)];
        let strengths = [
            (FC_STRENGTH_DEFAULT as u32, FC_STRENGTH_DEFAULT),
            (FC_STRENGTH_QUALITY as u32, FC_STRENGTH_QUALITY),
            (FC_STRENGTH_CRF as u32, FC_STRENGTH_CRF),
        ];
        let mut settings = Settings::from(named("codec", self.codec, codecs)?);
        match named("strength_kind", self.strength_kind, strengths)? {
            FC_STRENGTH_DEFAULT => {}
            FC_STRENGTH_QUALITY => settings.set_quality(Quality::new(self.strength)?),
            FC_STRENGTH_CRF => settings.set_crf(Crf::new(self.strength)?),
        }
        for (name, value) in [
            ("subsampling", named("subsampling", self.subsampling, subsamplings)?.map(Subsampling::name)),
            ("preset", named("preset", self.preset, presets)?.map(H265Preset::name)),
            ("release", named("x265_version", self.x265_version, versions)?.map(X265Version::name)),
            ("backend", named("backend", self.backend, backends)?.map(Backend::name)),
        ] {
            if let Some(value) = value {
                settings.set(name, value)?;
            }
        }
        let range = named("value_range", self.value_range, ranges)?;
        Ok(FrameCompressor::new(settings).value_range(range))
    }
}
