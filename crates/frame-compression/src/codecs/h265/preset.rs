//! What a preset of x265 means for one intra picture, and which release is followed.

use crate::names::named;

/// A preset of x265: how much work the encoder whose picture is given puts into its decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Preset {
    /// `ultrafast`: CTUs of 32x32, coding units down to 16x16, no sample adaptive offset.
    Ultrafast,
    /// `superfast`: CTUs of 32x32, coding units down to 8x8, no sample adaptive offset.
    Superfast,
    /// `veryfast`: CTUs of 64x64, adaptive quantisation, sample adaptive offset.
    #[default]
    Veryfast,
    /// `faster`: the picture of `veryfast`.
    Faster,
    /// `fast`: the picture of `veryfast`.
    Fast,
    /// `medium`: as `veryfast`, with one more candidate for each luma mode and exact costs of the split flags.
    Medium,
    /// `slow`: as `medium`, with one more candidate and levels chosen by what they cost.
    Slow,
    /// `slower`: as `slow`, with two more candidates and transforms smaller than their coding unit.
    Slower,
    /// `veryslow`: the picture of `slower`.
    Veryslow,
    /// `placebo`: as `slower`, with transforms down to 4x4 everywhere and blocks without a transform. Takes no picture
    /// with a side below 32.
    Placebo,
}

named! {
    Preset:
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

/// A tune of x265: what the encoder is told about the picture, or what it is to be good at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tune {
    /// `psnr`: least squared error; the same quantiser everywhere.
    Psnr,
    /// `ssim`: structural similarity.
    Ssim,
    /// `grain`: keeps film grain; the same quantiser everywhere, from the whole part of the CRF, whatever the frame rate.
    Grain,
    /// `fastdecode`: no loop filters.
    Fastdecode,
    /// `zerolatency`: no lookahead, so that the quantiser follows from the whole part of the CRF, whatever the frame rate.
    Zerolatency,
    /// `animation`: flat areas and sharp lines.
    Animation,
}

named! {
    Tune:
    Psnr = "psnr", "psnr";
    Ssim = "ssim", "ssim";
    Grain = "grain", "grain";
    Fastdecode = "fastdecode", "fastdecode";
    Zerolatency = "zerolatency", "zerolatency";
    Animation = "animation", "animation";
}

/// The release of x265 whose picture is given. They differ in the weight of chroma errors at high
/// quantisation parameters (from about 30 on).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum X265Version {
    /// libx265 4.2, which PyAV 18 carries.
    #[default]
    V4_2,
    /// libx265 3.5, which Debian 12 and Ubuntu 22.04 carry.
    V3_5,
}

named! {
    X265Version:
    V4_2 = "4.2", "4.2";
    V3_5 = "3.5", "3.5";
}

/// How the flags that the analysis prices but does not code (split_cu_flag, and cu_qp_delta once per
/// quantisation group) enter a block's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlagPrice {
    /// One bit each; no context moves.
    OneBit,
    /// Their real length; the contexts move.
    Coded,
}

/// Where quantisation parameters come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum QuantisationControl {
    /// From the CRF and the frame rate; the encoder looks ahead (cutree).
    FrameRate,
    /// From the whole part of the CRF alone, less so much.
    WholeCrf(f64),
}

/// The coding tools of a preset and a tune (docs/spec/h265-intra.md, section 19; docs/spec/h265-fps-and-presets.md,
/// sections 2 and 6).
#[derive(Debug, Clone, Copy)]
pub(super) struct Tools {
    /// log2 of the CTU's side in a picture of 64x64 and more.
    pub(super) largest_ctu_log2: u32,
    /// log2 of the smallest coding unit's side.
    pub(super) min_cu_log2: u32,
    /// By how much the deblocking filter's indices of beta and tc are moved; nothing where it is off.
    pub(super) deblocking: Option<i32>,
    pub(super) sample_adaptive_offset: bool,
    pub(super) sign_hiding: bool,
    /// The strength of adaptive quantisation: 0 where it is off.
    pub(super) adaptive_quantisation: f64,
    /// Whether coding units can have a quantisation parameter of their own (cu_qp_delta_enabled_flag).
    pub(super) qp_delta: bool,
    pub(super) control: QuantisationControl,
    /// Luma modes tried in full at depth 0.
    pub(super) luma_candidates: usize,
    pub(super) flag_price: FlagPrice,
    /// How much lost texture counts in decisions (psy-rd), in 65536ths after scaling.
    pub(super) texture_factor: u64,
    /// Rate-distortion optimised quantisation: how much texture counts in it (psy-rdoq), in 256ths.
    pub(super) optimised_levels: Option<i64>,
    /// Levels of the transform tree, the coding unit's own among them (tu-intra-depth).
    pub(super) transform_levels: u32,
    pub(super) transform_skip: bool,
}

impl Tools {
    pub(super) fn of(preset: Preset, tune: Option<Tune>) -> Self {
        let mut tools = Self::of_preset(preset);
        let weigh_levels = |tools: &mut Self, weight: i64| {
            tools.optimised_levels = tools.optimised_levels.map(|_| weight);
        };
        match tune {
            None => {}
            Some(Tune::Psnr) => {
                (tools.adaptive_quantisation, tools.texture_factor) = (0.0, 0);
                weigh_levels(&mut tools, 0);
            }
            Some(Tune::Ssim) => {
                tools.texture_factor = 0;
                weigh_levels(&mut tools, 0);
            }
            Some(Tune::Fastdecode) => (tools.deblocking, tools.sample_adaptive_offset) = (None, false),
            Some(Tune::Zerolatency) => {
                tools.control = QuantisationControl::WholeCrf(6.0 * LOG2_OF_1_4);
                // Where nothing moves the quantisation parameter, the stream says so.
                tools.qp_delta = tools.adaptive_quantisation > 0.0;
            }
            Some(Tune::Grain) => {
                tools.control = QuantisationControl::WholeCrf(6.0 * LOG2_OF_1_1);
                (tools.adaptive_quantisation, tools.qp_delta) = (0.0, false);
                tools.sample_adaptive_offset = false;
                tools.texture_factor = texture_factor(40);
                weigh_levels(&mut tools, 2560);
            }
            Some(Tune::Animation) => {
                tools.adaptive_quantisation *= 0.4;
                tools.texture_factor = texture_factor(4);
                tools.deblocking = Some(2);
            }
        }
        tools
    }

    fn of_preset(preset: Preset) -> Self {
        let veryfast = Self {
            largest_ctu_log2: 6,
            min_cu_log2: 3,
            deblocking: Some(0),
            sample_adaptive_offset: true,
            sign_hiding: true,
            adaptive_quantisation: 1.0,
            qp_delta: true,
            control: QuantisationControl::FrameRate,
            luma_candidates: 4,
            flag_price: FlagPrice::OneBit,
            texture_factor: texture_factor(20),
            optimised_levels: None,
            transform_levels: 1,
            transform_skip: false,
        };
        let superfast = Self {
            largest_ctu_log2: 5,
            sample_adaptive_offset: false,
            adaptive_quantisation: 0.0,
            ..veryfast
        };
        let medium = Self { luma_candidates: 5, flag_price: FlagPrice::Coded, ..veryfast };
        let slow = Self { luma_candidates: 6, optimised_levels: Some(256), ..medium };
        let slower = Self { luma_candidates: 8, transform_levels: 3, ..slow };
        match preset {
            Preset::Ultrafast => Self { min_cu_log2: 4, sign_hiding: false, ..superfast },
            Preset::Superfast => superfast,
            Preset::Veryfast | Preset::Faster | Preset::Fast => veryfast,
            Preset::Medium => medium,
            Preset::Slow => slow,
            Preset::Slower | Preset::Veryslow => slower,
            Preset::Placebo => Self { transform_levels: 4, transform_skip: true, ..slower },
        }
    }

    /// log2 of the smallest transform of a coding unit.
    #[inline(always)]
    pub(super) fn least_transform_log2(&self, ctu_log2: u32, unit_log2: u32, quartered: bool) -> u32 {
        let levels = self.transform_levels - 1 + u32::from(quartered);
        unit_log2.saturating_sub(levels).clamp(2, ctu_log2.min(5))
    }
}

const LOG2_OF_1_4: f64 = 0.485_426_827_170_241_7;
const LOG2_OF_1_1: f64 = 0.137_503_523_749_934_9;

/// How much lost texture counts, from psy-rd in tenths.
const fn texture_factor(tenths: u64) -> u64 {
    (65536 * 33 * tenths / 1000) * 96 / 256
}

/// The least side of a picture that the preset takes.
pub(crate) fn min_side(preset: Preset) -> usize {
    // Four levels of transforms do not fit a CTU of 16x16.
    if preset == Preset::Placebo { 32 } else { super::MIN_SIDE }
}
