//! What a preset of x265 means for one intra picture, and which release is followed.

use crate::names::named;

/// A preset of x265: how much work the encoder whose picture is given puts into its decisions.
///
/// Those with the same picture as another are not listed: `faster` and `fast` give that of `veryfast`.
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
    /// `medium`: as `veryfast`, with one more candidate for each luma mode and exact costs of the split flags.
    Medium,
}

named! {
    Preset:
    Ultrafast = "ultrafast", "ultrafast";
    Superfast = "superfast", "superfast";
    Veryfast = "veryfast", "veryfast";
    Medium = "medium", "medium";
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

/// The coding tools of a preset (docs/spec/h265-intra.md, section 19).
#[derive(Debug, Clone, Copy)]
pub(super) struct Tools {
    /// log2 of the CTU's side in a picture of 64x64 and more.
    pub(super) largest_ctu_log2: u32,
    /// log2 of the smallest coding unit's side.
    pub(super) min_cu_log2: u32,
    pub(super) sample_adaptive_offset: bool,
    pub(super) sign_hiding: bool,
    pub(super) adaptive_quantisation: bool,
    /// Luma modes tried in full at depth 0.
    pub(super) luma_candidates: usize,
    pub(super) flag_price: FlagPrice,
}

impl Tools {
    pub(super) fn of(preset: Preset) -> Self {
        let veryfast = Self {
            largest_ctu_log2: 6,
            min_cu_log2: 3,
            sample_adaptive_offset: true,
            sign_hiding: true,
            adaptive_quantisation: true,
            luma_candidates: 4,
            flag_price: FlagPrice::OneBit,
        };
        let superfast = Self {
            largest_ctu_log2: 5,
            sample_adaptive_offset: false,
            adaptive_quantisation: false,
            ..veryfast
        };
        match preset {
            Preset::Ultrafast => Self { min_cu_log2: 4, sign_hiding: false, ..superfast },
            Preset::Superfast => superfast,
            Preset::Veryfast => veryfast,
            Preset::Medium => Self { luma_candidates: 5, flag_price: FlagPrice::Coded, ..veryfast },
        }
    }
}
