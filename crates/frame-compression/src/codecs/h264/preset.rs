//! What a preset, a tune and a profile of x264 mean for one intra picture
//! (docs/spec/h264-presets.md, sections 1 and 2).

use std::str::FromStr;

use super::prediction::Prediction;
use crate::frame_rate::FrameRate;
use crate::names::{UnknownName, named};

/// A preset of x264: how much work the encoder whose picture is given puts into its decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum H264Preset {
    /// `ultrafast`: 16x16 prediction alone, no adaptive quantisation, no deblocking.
    Ultrafast,
    /// `superfast`: decisions by plain differences.
    Superfast,
    /// `veryfast`: decisions by transformed differences. LTX's preset.
    Veryfast,
    /// `faster`: and trellis quantisation.
    Faster,
    /// `fast`: the same picture as medium.
    Fast,
    /// `medium`: decisions by rate and distortion. The default of x264 and ffmpeg.
    Medium,
    /// `slow`: and trellis quantisation during the decisions, which are refined.
    Slow,
    /// `slower`: and deblocking during the decisions.
    Slower,
    /// `veryslow`: and a search through the quantisers.
    Veryslow,
    /// `placebo`: and nothing left out for speed.
    Placebo,
}

named! {
    H264Preset:
    Ultrafast = "ultrafast", "ultrafast";
    Superfast = "superfast", "superfast";
    Veryfast = "veryfast", "veryfast";
    Faster = "faster", "faster";
    Fast = "fast", "fast";
    Medium = "medium", "medium";
    Slow = "slow", "slow";
    Slower = "slower", "slower";
    Veryslow = "veryslow", "veryslow";
    Placebo = "placebo", "placebo";
}

/// A tune of x264: for what kind of picture or use the encoder whose picture is given was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum H264Tune {
    /// `film`: for films.
    Film,
    /// `animation`: for cartoons.
    Animation,
    /// `grain`: keeps the grain of old films.
    Grain,
    /// `stillimage`: for slides.
    Stillimage,
    /// `psnr`: for the best PSNR.
    Psnr,
    /// `ssim`: for the best SSIM.
    Ssim,
    /// `fastdecode`: for slow decoders: no CABAC, no deblocking.
    Fastdecode,
    /// `zerolatency`: for live transmission.
    Zerolatency,
}

named! {
    H264Tune:
    Film = "film", "film";
    Animation = "animation", "animation";
    Grain = "grain", "grain";
    Stillimage = "stillimage", "stillimage";
    Psnr = "psnr", "psnr";
    Ssim = "ssim", "ssim";
    Fastdecode = "fastdecode", "fastdecode";
    Zerolatency = "zerolatency", "zerolatency";
}

/// A profile of H.264 that the encoder was limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum H264Profile {
    /// `baseline`: no 8x8 transform, no CABAC.
    Baseline,
    /// `main`: no 8x8 transform.
    Main,
    /// `high`: everything of an 8-bit 4:2:0 picture.
    High,
}

named! {
    H264Profile:
    Baseline = "baseline", "baseline";
    Main = "main", "main";
    High = "high", "high";
}

/// When levels are chosen by their bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trellis {
    /// Never: a dead zone decides.
    Off,
    /// When a macroblock is coded for good.
    Final,
    /// From subme 6 on in all trials too.
    Everywhere,
}

/// What adaptive quantisation looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AqMode {
    /// Nothing: mode 0.
    Off,
    /// The logarithm of the energy: mode 1.
    Variance,
    /// A root of the energy against the frame's mean: mode 2.
    AutoVariance,
    /// The same with more bits for dark parts: mode 3.
    AutoVarianceBiased,
}

/// How levels become bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entropy {
    Cabac,
    Cavlc,
}

/// Half of FilterOffsetA and of FilterOffsetB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deblock {
    pub(super) alpha: i8,
    pub(super) beta: i8,
}

/// How luma modes are searched where there are samples to the left and above (section 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    /// All nine modes: x86-64 with SSSE3 or newer.
    All,
    /// Some of them, after the best of three: AArch64, and x264 with `asm=0`.
    Shortcut,
}

/// Everything about x264 that the picture of one frame depends on.
///
/// The fields are x264's parameters as they are after preset, tune and profile; what follows from several of them is
/// in the methods.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameters {
    /// 0..=51.
    pub(super) crf: f32,
    pub(super) fps: FrameRate,
    /// 0..=11.
    pub(super) subme: u8,
    pub(super) trellis: Trellis,
    pub(super) psy: bool,
    /// 0..=10.
    pub(super) psy_rd: f32,
    /// 0..=10.
    pub(super) psy_trellis: f32,
    pub(super) aq_mode: AqMode,
    /// 0..=3.
    pub(super) aq_strength: f32,
    pub(super) mbtree: bool,
    /// 0..=1.
    pub(super) qcomp: f32,
    pub(super) ip_factor: f32,
    /// Of luma, 0..=32 in 64ths of a step less than a half.
    pub(super) dead_zone: u8,
    /// The same of luma that is predicted from other frames.
    pub(super) moved_dead_zone: u8,
    /// Whether P frames drop levels that are worth little.
    pub(super) decimates: bool,
    /// By how much coarser B frames are.
    pub(super) b_factor: f32,
    /// -12..=12, before what psy adds.
    pub(super) chroma_offset: i8,
    pub(super) deblock: Option<Deblock>,
    pub(super) transform_8x8: bool,
    pub(super) intra_4x4: bool,
    /// Only with `transform_8x8`.
    pub(super) intra_8x8: bool,
    pub(super) entropy: Entropy,
    pub(super) search: Search,
    /// As many as there may be; a picture has at most one for four rows of macroblocks.
    pub(super) slices: usize,
    /// Where the rate control of a clip has chosen it.
    pub(super) frame_quantiser: Option<f32>,
    /// Of the frames of a clip.
    pub(super) prediction: Prediction,
}

impl Parameters {
    /// Those of a preset (section 1).
    pub(super) fn of(crf: f32, preset: H264Preset) -> Self {
        use H264Preset::{
            Fast, Faster, Medium, Placebo, Slow, Slower, Superfast, Ultrafast, Veryfast, Veryslow,
        };
        let subme = match preset {
            Ultrafast => 0,
            Superfast => 1,
            Veryfast => 2,
            Faster => 4,
            Fast => 6,
            Medium => 7,
            Slow => 8,
            Slower => 9,
            Veryslow => 10,
            Placebo => 11,
        };
        let trellis = match preset {
            Ultrafast | Superfast | Veryfast => Trellis::Off,
            Faster | Fast | Medium => Trellis::Final,
            Slow | Slower | Veryslow | Placebo => Trellis::Everywhere,
        };
        let ultrafast = preset == Ultrafast;
        Self {
            crf,
            fps: FrameRate::LTX,
            subme,
            trellis,
            psy: true,
            psy_rd: 1.0,
            psy_trellis: 0.0,
            aq_mode: if ultrafast { AqMode::Off } else { AqMode::Variance },
            aq_strength: 1.0,
            mbtree: !ultrafast && preset != Superfast,
            qcomp: 0.6,
            ip_factor: 1.4,
            dead_zone: 11,
            moved_dead_zone: 21,
            decimates: true,
            b_factor: 1.3,
            chroma_offset: 0,
            deblock: (!ultrafast).then_some(Deblock { alpha: 0, beta: 0 }),
            transform_8x8: !ultrafast,
            intra_4x4: !ultrafast,
            intra_8x8: !ultrafast,
            entropy: if ultrafast { Entropy::Cavlc } else { Entropy::Cabac },
            search: Search::All,
            slices: 1,
            frame_quantiser: None,
            prediction: Prediction::of(preset),
        }
    }

    /// Applies a tune on top of the preset (section 1).
    pub(super) fn tune(&mut self, tune: H264Tune) {
        let offset = |offset| Some(Deblock { alpha: offset, beta: offset });
        match tune {
            H264Tune::Film => {
                self.deblock = self.deblock.and(offset(-1));
                self.psy_trellis = 0.15;
            }
            H264Tune::Animation => {
                self.deblock = self.deblock.and(offset(1));
                self.psy_rd = 0.4;
                self.aq_strength = 0.6;
                self.prediction.animate();
            }
            H264Tune::Grain => {
                self.deblock = self.deblock.and(offset(-2));
                self.psy_trellis = 0.25;
                self.aq_strength = 0.5;
                self.dead_zone = 6;
                self.moved_dead_zone = 6;
                self.decimates = false;
                self.b_factor = 1.1;
                self.qcomp = 0.8;
                self.ip_factor = 1.1;
            }
            H264Tune::Stillimage => {
                self.deblock = self.deblock.and(offset(-3));
                self.psy_rd = 2.0;
                self.psy_trellis = 0.7;
                self.aq_strength = 1.2;
            }
            H264Tune::Psnr => {
                self.aq_mode = AqMode::Off;
                self.psy = false;
            }
            H264Tune::Ssim => {
                self.aq_mode = AqMode::AutoVariance;
                self.psy = false;
            }
            H264Tune::Fastdecode => {
                self.entropy = Entropy::Cavlc;
                self.deblock = None;
                self.prediction.spare_decoder();
            }
            H264Tune::Zerolatency => {
                self.mbtree = false;
                self.prediction.hurry();
            }
        }
    }

    /// Limits the tools to those of a profile.
    pub(super) fn limit(&mut self, profile: H264Profile) {
        if profile == H264Profile::High {
            return;
        }
        self.transform_8x8 = false;
        self.intra_8x8 = false;
        if profile == H264Profile::Baseline {
            self.entropy = Entropy::Cavlc;
        }
    }

    /// Sets one parameter by x264's name for it, as in `x264-params`; `None` where name or text are not known.
    pub(super) fn set(&mut self, name: &str, text: &str) -> Option<()> {
        fn pair<T: FromStr>(text: &str) -> Option<(T, Option<T>)> {
            match text.split_once([':', ',']) {
                Some((first, second)) => Some((first.parse().ok()?, Some(second.parse().ok()?))),
                None => Some((text.parse().ok()?, None)),
            }
        }
        fn within<T: FromStr + PartialOrd>(text: &str, range: std::ops::RangeInclusive<T>) -> Option<T> {
            text.parse().ok().filter(|value| range.contains(value))
        }
        let flag = || match text {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        };
        match name {
            "subme" => self.subme = within(text, 0..=11)?,
            "trellis" => {
                let all = [Trellis::Off, Trellis::Final, Trellis::Everywhere];
                self.trellis = *all.get(text.parse::<usize>().ok()?)?;
            }
            "psy" => self.psy = flag()?,
            "psy-rd" => {
                let (rd, trellis) = pair::<f32>(text)?;
                if ![rd, trellis.unwrap_or(0.0)].iter().all(|strength| (0.0..=10.0).contains(strength)) {
                    return None;
                }
                (self.psy_rd, self.psy_trellis) = (rd, trellis.unwrap_or(0.0));
            }
            "aq-mode" => {
                let all = [AqMode::Off, AqMode::Variance, AqMode::AutoVariance, AqMode::AutoVarianceBiased];
                self.aq_mode = *all.get(text.parse::<usize>().ok()?)?;
            }
            "aq-strength" => self.aq_strength = within(text, 0.0..=3.0)?,
            "mbtree" => self.mbtree = flag()?,
            "qcomp" => self.qcomp = within(text, 0.0..=1.0)?,
            "ipratio" => self.ip_factor = within(text, 0.01..=10.0)?,
            "deadzone-intra" => self.dead_zone = within(text, 0..=32)?,
            "chroma-qp-offset" => self.chroma_offset = within(text, -12..=12)?,
            "deblock" => {
                let (alpha, beta) = pair::<i8>(text)?;
                let offsets = Deblock { alpha, beta: beta.unwrap_or(alpha) };
                if ![offsets.alpha, offsets.beta].iter().all(|offset| (-6..=6).contains(offset)) {
                    return None;
                }
                self.deblock = Some(offsets);
            }
            "no-deblock" => {
                let offsets = self.deblock.unwrap_or(Deblock { alpha: 0, beta: 0 });
                self.deblock = (!flag()?).then_some(offsets);
            }
            "8x8dct" => self.transform_8x8 = flag()?,
            // Not x264's `partitions`, which is about inter prediction alone.
            "intra" => {
                (self.intra_4x4, self.intra_8x8) = match text {
                    "none" => (false, false),
                    "i4x4" => (true, false),
                    "i8x8" => (false, true),
                    "i4x4,i8x8" => (true, true),
                    _ => return None,
                }
            }
            "cabac" => {
                self.entropy = if flag()? { Entropy::Cabac } else { Entropy::Cavlc };
            }
            "asm" => self.search = if flag()? { Search::All } else { Search::Shortcut },
            _ => self.prediction.set(name, text)?,
        }
        self.intra_8x8 &= self.transform_8x8;
        Some(())
    }

    /// Those of a text of parts `name=text` between colons: `preset`, `tune` and `profile` by their names, `fps`,
    /// `slices`, and any of [`Parameters::set`].
    ///
    /// # Errors
    /// With the part that is not known, or with `profile` where the CRF means lossless coding, which no profile here
    /// has.
    pub(crate) fn read(crf: f32, text: &str) -> Result<Self, UnknownName> {
        let parts = || {
            text.split(':')
                .filter(|part| !part.is_empty())
                .map(|part| part.split_once('=').unwrap_or((part, "1")))
        };
        let last = |wanted: &str| parts().rfind(|(name, _)| *name == wanted).map(|(_, text)| text);
        let mut parameters = Self::of(crf, last("preset").unwrap_or("veryfast").parse()?);
        for (_, tune) in parts().filter(|(name, _)| *name == "tune") {
            parameters.tune(tune.parse()?);
        }
        for (name, text) in parts() {
            match name {
                "preset" | "tune" | "profile" => {}
                "fps" => parameters.fps = text.parse()?,
                "slices" => {
                    let slices = text.parse().ok().filter(|slices| *slices > 0);
                    parameters.slices = slices.ok_or_else(|| UnknownName::new(text, "a positive number"))?;
                }
                _ => parameters.set(name, text).ok_or_else(|| {
                    UnknownName::new(&format!("{name}={text}"), "x264's parameters of an intra picture")
                })?,
            }
        }
        if let Some(profile) = last("profile") {
            if parameters.is_lossless() {
                return Err(UnknownName::new(profile, "no profile is lossless, as a CRF below 1 is"));
            }
            parameters.limit(profile.parse()?);
        }
        Ok(parameters)
    }

    /// Whether the picture is left as it is: x264 looks at the whole part of the CRF.
    pub(super) fn is_lossless(&self) -> bool {
        self.crf < 1.0
    }

    /// Whether adaptive quantisation counts as on: with macroblock-tree rate control it does, with offsets of 0, where
    /// it was switched off.
    pub(super) fn adapts(&self) -> bool {
        self.offsets_quantisers() || self.mbtree
    }

    /// The same with so many frames at most from one that stands for itself to the next.
    pub(crate) fn keyint(mut self, keyint: u32) -> Self {
        self.prediction.keyint = keyint;
        self
    }

    /// Whether macroblocks of a clip get quantisers by what later frames take from them.
    pub(super) fn has_tree(&self) -> bool {
        self.mbtree && self.prediction.lookahead > 0 && self.prediction.keyint > 1
    }

    /// Whether adaptive quantisation offsets quantisers.
    pub(super) fn offsets_quantisers(&self) -> bool {
        self.aq_mode != AqMode::Off && self.aq_strength != 0.0
    }

    /// subme as x264 uses it: its search through quantisers needs trellis everywhere and adaptive quantisation.
    pub(super) fn effective_subme(&self) -> u8 {
        if self.trellis == Trellis::Everywhere && self.adapts() { self.subme } else { self.subme.min(9) }
    }

    /// ψ: the weight of differences in texture in 256ths, 0 without.
    pub(super) fn psy_rd_weight(&self) -> u32 {
        if self.psy && self.subme >= 6 { (256.0 * self.psy_rd + 0.5) as u32 } else { 0 }
    }

    /// τ: the weight of texture in trellis quantisation in 256ths, 0 without.
    pub(super) fn psy_trellis_weight(&self) -> u32 {
        let counts = self.psy && self.trellis != Trellis::Off;
        if counts { (256.0 * (self.psy_trellis / 4.0) + 0.5) as u32 } else { 0 }
    }

    /// chroma_qp_index_offset (H.264 7.4.2.2): psy gives chroma more bits.
    pub(super) fn chroma_qp_offset(&self) -> i8 {
        let extra = |weight: u32, strength: f32| match (weight, strength < 0.25) {
            (0, _) => 0,
            (_, true) => 1,
            (_, false) => 2,
        };
        let rd = extra(self.psy_rd_weight(), self.psy_rd);
        let trellis = extra(self.psy_trellis_weight(), self.psy_trellis);
        (self.chroma_offset - rd - trellis).clamp(-12, 12)
    }

    /// Whether a level that CAVLC cannot write below High profile raises the quantiser (section 4.3).
    pub(super) fn limits_levels(&self) -> bool {
        self.entropy == Entropy::Cavlc && !self.transform_8x8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 1: the chroma offsets that are named there.
    #[test]
    fn chroma_offsets_are_those_of_the_specification() {
        use H264Preset::{Faster, Medium, Superfast, Ultrafast, Veryfast};
        let offset = |preset, tune: Option<H264Tune>| {
            let mut parameters = Parameters::of(23.0, preset);
            if let Some(tune) = tune {
                parameters.tune(tune);
            }
            parameters.chroma_qp_offset()
        };
        for (tune, medium, faster) in [
            (None, -2, 0),
            (Some(H264Tune::Animation), -2, 0),
            (Some(H264Tune::Film), -3, -1),
            (Some(H264Tune::Grain), -4, -2),
            (Some(H264Tune::Stillimage), -4, -2),
            (Some(H264Tune::Psnr), 0, 0),
            (Some(H264Tune::Ssim), 0, 0),
        ] {
            assert_eq!((offset(Medium, tune), offset(Faster, tune)), (medium, faster), "{tune:?}");
            for preset in [Ultrafast, Superfast, Veryfast] {
                assert_eq!(offset(preset, tune), 0, "{preset} {tune:?}");
            }
        }
    }

    #[test]
    fn weights_are_those_of_the_specification() {
        let mut parameters = Parameters::of(23.0, H264Preset::Medium);
        let weights = |parameters: &Parameters| (parameters.psy_rd_weight(), parameters.psy_trellis_weight());
        assert_eq!(weights(&parameters), (256, 0));
        parameters.tune(H264Tune::Animation);
        assert_eq!(weights(&parameters), (102, 0));
        for (tune, psy_rd, psy_trellis) in [
            (H264Tune::Film, 256, 10),
            (H264Tune::Grain, 256, 16),
            (H264Tune::Stillimage, 512, 45),
            (H264Tune::Psnr, 0, 0),
        ] {
            let mut parameters = Parameters::of(23.0, H264Preset::Medium);
            parameters.tune(tune);
            assert_eq!(weights(&parameters), (psy_rd, psy_trellis), "{tune}");
        }
    }

    #[test]
    fn the_slowest_searches_need_trellis_and_adaptive_quantisation() {
        let mut parameters = Parameters::of(23.0, H264Preset::Placebo);
        assert_eq!(parameters.effective_subme(), 11);
        parameters.tune(H264Tune::Psnr);
        assert_eq!(parameters.effective_subme(), 11, "macroblock-tree rate control counts");
        parameters.mbtree = false;
        assert_eq!(parameters.effective_subme(), 9);
    }

    #[test]
    fn parameters_are_set_by_name_or_refused() {
        let mut parameters = Parameters::of(23.0, H264Preset::Medium);
        for (name, text) in [("deblock", "-1:2"), ("psy-rd", "0.5,0.25"), ("intra", "i4x4"), ("trellis", "2")]
        {
            assert_eq!(parameters.set(name, text), Some(()), "{name}={text}");
        }
        assert_eq!(parameters.deblock, Some(Deblock { alpha: -1, beta: 2 }));
        assert_eq!((parameters.psy_rd, parameters.psy_trellis), (0.5, 0.25));
        assert_eq!((parameters.intra_4x4, parameters.intra_8x8), (true, false));
        let before = parameters.clone();
        for (name, text) in [
            ("subme", "12"),
            ("subme", "-1"),
            ("trellis", "3"),
            ("deblock", "7"),
            ("psy-rd", "nan"),
            ("aq-strength", "inf"),
            ("intra", "p8x8"),
            ("bframes", "17"),
            ("keyint", "0"),
        ] {
            assert_eq!(parameters.set(name, text), None, "{name}={text}");
        }
        assert_eq!(parameters, before);
    }
}
