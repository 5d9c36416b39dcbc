//! What follows from a quantisation parameter: multipliers, dead zones, level scales, λ, the chroma QP.
//! (docs/spec/h264-intra.md, sections 4 and 10, annex A; H.264 8.5.8 and 8.5.9.)

use super::aq::{QUANTISER_MAX, exp2_double};
use super::kernels::blocks::Corners;

/// The largest quantisation parameter that the bitstream can carry.
pub(super) const QP_MAX: u8 = 51;

/// The cost of one bit of a mode, for quantisers 0..=69.
static LAMBDA: [u16; 70] = [
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 6, 6, 7, 8, 9, 10, 11,
    13, 14, 16, 18, 20, 23, 25, 29, 32, 36, 40, 45, 51, 57, 64, 72, 81, 91, 102, 114, 128, 144, 161, 181,
    203, 228, 256, 287, 323, 362, 406, 456, 512, 575, 645, 724,
];

/// λ of a quantiser in 0..=69.
pub(super) fn lambda(quantiser: u8) -> u32 {
    u32::from(LAMBDA[usize::from(quantiser)])
}

/// The chroma QP of a luma QP in 0..=51 and chroma_qp_index_offset (H.264 table 8-15).
pub(super) fn chroma_qp(qp: u8, offset: i8) -> u8 {
    let qp = qp.saturating_add_signed(offset).min(QP_MAX);
    static FROM_30: [u8; 22] =
        [29, 30, 31, 32, 32, 33, 34, 34, 35, 35, 36, 36, 37, 37, 37, 38, 38, 38, 39, 39, 39, 39];
    if qp < 30 { qp } else { FROM_30[usize::from(qp - 30)] }
}

/// Forward and inverse scaling of a block of N coefficients, by raster position.
#[repr(align(32))]
#[derive(Debug)]
pub(super) struct Scaling<const N: usize> {
    /// Forward multiplier, for a final shift by 16.
    pub(super) multiplier: [i16; N],
    /// What is added to the magnitude before the multiplication: the dead zone.
    pub(super) bias: [i16; N],
    /// What a level is multiplied by. 4x4: that is all (H.264 8.5.12.1; with flat matrices its rounding
    /// is exact). 8x8 (8.5.13.1): the same from QP 12 on; below, the product is four times the coefficient.
    pub(super) level_scale: [i16; N],
}

impl Scaling<16> {
    pub(super) fn corners(&self) -> Corners {
        let of = |values: &[i16; 16]| [values[0], values[1], values[4], values[5]];
        Corners { multiplier: of(&self.multiplier), bias: of(&self.bias) }
    }
}

/// Everything that depends on a QP in 0..=51.
#[derive(Debug)]
pub(super) struct Quantiser {
    /// 4x4 blocks, luma and chroma.
    pub(super) four: Scaling<16>,
    /// 8x8 blocks.
    pub(super) eight: Scaling<64>,
    /// Forward multiplier of Intra16x16 and chroma DC.
    pub(super) dc_multiplier: i16,
    /// Dead zone of Intra16x16 and chroma DC.
    pub(super) dc_bias: i16,
    /// ⌊QP / 6⌋.
    pub(super) period: u32,
    /// 16 times the level scale of position (0, 0) at QP mod 6 (LevelScale4x4 with flat matrices).
    pub(super) dc_scale: i32,
}

static PLAIN: Quantisers = Quantisers::build(Quantisers::DEAD_ZONE);

/// The quantisers of all QPs with one dead zone.
#[derive(Debug)]
pub(super) struct Quantisers([Quantiser; QP_MAX as usize + 1]);

impl Quantisers {
    /// x264's dead zone of intra blocks: chroma has no other.
    pub(super) const DEAD_ZONE: u8 = 11;

    /// Those of a dead zone in 0..=32; `None` where it is not in a table ([`Quantisers::build`] then makes them).
    pub(super) fn of(dead_zone: u8) -> Option<&'static Self> {
        static GRAIN: Quantisers = Quantisers::build(6);
        match dead_zone {
            Self::DEAD_ZONE => Some(&PLAIN),
            6 => Some(&GRAIN),
            _ => None,
        }
    }

    /// Those of luma that is predicted from another frame.
    pub(super) fn moved(dead_zone: u8) -> &'static Self {
        Self::of(dead_zone).unwrap_or(Self::inter())
    }

    /// Those of macroblocks that are predicted from another frame, luma and chroma, but for tunes of luma's.
    pub(super) fn inter() -> &'static Self {
        static INTER: Quantisers = Quantisers::build(21);
        &INTER
    }

    /// Those of a dead zone in 0..=32.
    pub(super) const fn build(dead_zone: u8) -> Self {
        let mut all = [const { build(0, Quantisers::DEAD_ZONE) }; QP_MAX as usize + 1];
        let mut qp = 0;
        while qp < all.len() {
            all[qp] = build(qp, dead_zone);
            qp += 1;
        }
        Self(all)
    }

    /// The quantiser of a QP in 0..=51.
    pub(super) fn at(&self, qp: u8) -> &Quantiser {
        &self.0[usize::from(qp.min(QP_MAX))]
    }
}

impl Quantiser {
    /// The constants of a QP in 0..=51 with the dead zone that chroma has.
    pub(super) fn of(qp: u8) -> &'static Quantiser {
        PLAIN.at(qp)
    }

    /// Whether the products of 8x8 levels are four times the coefficients (QP below 12).
    pub(super) fn small_8x8_steps(&self) -> bool {
        self.period < 2
    }
}

/// Forward multipliers at QP mod 6 by position class: both coordinates even, mixed, both odd.
pub(super) const FORWARD_4X4: [[u32; 3]; 6] = [
    [13107, 8066, 5243],
    [11916, 7490, 4660],
    [10082, 6554, 4194],
    [9362, 5825, 3647],
    [8192, 5243, 3355],
    [7282, 4559, 2893],
];

/// Level scales at QP mod 6 (H.264 equation 8-317).
const LEVEL_4X4: [[i16; 3]; 6] =
    [[10, 13, 16], [11, 14, 18], [13, 16, 20], [14, 18, 23], [16, 20, 25], [18, 23, 29]];

/// The position class of an 8x8 coefficient, by the coordinates mod 4.
const CLASS_8X8: [[usize; 4]; 4] = [[0, 3, 4, 3], [3, 1, 5, 1], [4, 5, 2, 5], [3, 1, 5, 1]];

pub(super) const FORWARD_8X8: [[u32; 6]; 6] = [
    [13107, 11428, 20972, 12222, 16777, 15481],
    [11916, 10826, 19174, 11058, 14980, 14290],
    [10082, 8943, 15978, 9675, 12710, 11985],
    [9362, 8228, 14913, 8931, 11984, 11259],
    [8192, 7346, 13159, 7740, 10486, 9777],
    [7282, 6428, 11570, 6830, 9118, 8640],
];

/// Level scales at QP mod 6 (H.264 equation 8-320).
const LEVEL_8X8: [[i16; 6]; 6] = [
    [20, 18, 32, 19, 25, 24],
    [22, 19, 35, 21, 28, 26],
    [26, 23, 42, 24, 33, 31],
    [28, 25, 45, 26, 35, 33],
    [32, 28, 51, 30, 40, 38],
    [36, 32, 58, 34, 46, 43],
];

/// `value / 2^shift`, rounded; x264 rounds its multipliers once per QP, and that is visible.
pub(super) const fn rounded(value: u32, shift: i32) -> u32 {
    if shift <= 0 { value << -shift } else { (value + (1 << (shift - 1))) >> shift }
}

/// What is added to magnitudes before they are truncated: `(32 - dead_zone) / 64` of a step, at most one half.
const fn bias(multiplier: u32, dead_zone: u8) -> i16 {
    let wanted = (32 - dead_zone as u32) * 1024;
    let (wanted, most) = ((wanted + multiplier / 2) / multiplier, 32768 / multiplier);
    (if wanted < most { wanted } else { most }) as i16
}

const fn build(qp: usize, dead_zone: u8) -> Quantiser {
    let (period, phase) = (qp / 6, qp % 6);
    let mut four = Scaling { multiplier: [0; 16], bias: [0; 16], level_scale: [0; 16] };
    let mut i = 0;
    while i < 16 {
        let class = class_4x4(i);
        let multiplier = rounded(FORWARD_4X4[phase][class], period as i32 - 1);
        four.multiplier[i] = multiplier as i16;
        four.bias[i] = bias(multiplier, dead_zone);
        four.level_scale[i] = LEVEL_4X4[phase][class] << period;
        i += 1;
    }
    let mut eight = Scaling { multiplier: [0; 64], bias: [0; 64], level_scale: [0; 64] };
    let mut i = 0;
    while i < 64 {
        let class = class_8x8(i);
        let multiplier = rounded(FORWARD_8X8[phase][class], period as i32);
        eight.multiplier[i] = multiplier as i16;
        eight.bias[i] = bias(multiplier, dead_zone);
        eight.level_scale[i] = LEVEL_8X8[phase][class] << if period < 2 { period } else { period - 2 };
        i += 1;
    }
    Quantiser {
        dc_multiplier: four.multiplier[0] / 2,
        dc_bias: four.bias[0] * 2,
        period: period as u32,
        dc_scale: 16 * LEVEL_4X4[phase][0] as i32,
        four,
        eight,
    }
}

/// How far transform coefficients are drawn towards 0 at a quantiser above 51, by position class
/// (docs/spec/h264-intra.md, section 11.3; docs/spec/h264-presets.md, annex A.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Denoise {
    /// Of chroma but its DC.
    pub(super) chroma: [i32; 3],
    /// Of luma, and the first of chroma's DC: from quantiser 64 on.
    pub(super) luma: Option<([i32; 3], [i32; 6])>,
}

impl Denoise {
    /// Of a quantiser in 0..=69; `None` up to 51.
    pub(super) fn of(quantiser: u8) -> Option<Self> {
        let above = quantiser.checked_sub(QP_MAX).filter(|&above| above > 0)?;
        // In tenths of an octave.
        let threshold = |tenths: u8, scale: u32| -> i32 {
            if quantiser >= QUANTISER_MAX {
                return 32767;
            }
            let strength = 0.003 * (exp2_double(f64::from(tenths) / 10.0) - 1.0);
            ((strength * f64::from(scale) + 0.5).floor() as i32).min(32767)
        };
        // Of QP 51.
        let scales_4x4 = FORWARD_4X4[3].map(|forward| (1 << 31) / forward);
        let scales_8x8 = FORWARD_8X8[3].map(|forward| ((1u64 << 32) / u64::from(forward)) as u32);
        let luma = quantiser.checked_sub(63).filter(|&above| above > 0).map(|above| {
            (
                scales_4x4.map(|scale| threshold(3 * above, scale)),
                scales_8x8.map(|scale| threshold(3 * above, scale)),
            )
        });
        Some(Self { chroma: scales_4x4.map(|scale| threshold(above, scale)), luma })
    }
}

/// The position class of a 4x4 coefficient by its raster position.
pub(super) const fn class_4x4(position: usize) -> usize {
    position % 4 % 2 + position / 4 % 2
}

/// The position class of an 8x8 coefficient by its raster position.
pub(super) const fn class_8x8(position: usize) -> usize {
    CLASS_8X8[position / 8 % 4][position % 8 % 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of annex A.5: QP, m(0..3), b(0..3), M(0..6), B(0..6).
    type Row = (u8, [i16; 3], [i16; 3], [i16; 6], [i16; 6]);

    #[test]
    fn multipliers_and_dead_zones_are_those_of_the_specification() {
        let rows: [Row; 5] = [
            (
                0,
                [26214, 16132, 10486],
                [1, 1, 2],
                [13107, 11428, 20972, 12222, 16777, 15481],
                [2, 2, 1, 2, 1, 1],
            ),
            (7, [11916, 7490, 4660], [2, 3, 5], [5958, 5413, 9587, 5529, 7490, 7145], [4, 4, 2, 4, 3, 3]),
            (
                23,
                [1821, 1140, 723],
                [12, 19, 30],
                [910, 804, 1446, 854, 1140, 1080],
                [24, 27, 15, 25, 19, 20],
            ),
            (29, [910, 570, 362], [24, 38, 59], [455, 402, 723, 427, 570, 540], [47, 53, 30, 50, 38, 40]),
            (51, [73, 46, 28], [295, 467, 768], [37, 32, 58, 35, 47, 44], [581, 672, 371, 614, 458, 489]),
        ];
        for (qp, m4, b4, m8, b8) in rows {
            let quantiser = Quantiser::of(qp);
            let four = [0, 1, 5];
            let eight = [0, 9, 18, 1, 2, 10];
            assert_eq!(four.map(|i| quantiser.four.multiplier[i]), m4, "QP {qp}");
            assert_eq!(four.map(|i| quantiser.four.bias[i]), b4, "QP {qp}");
            assert_eq!(eight.map(|i| quantiser.eight.multiplier[i]), m8, "QP {qp}");
            assert_eq!(eight.map(|i| quantiser.eight.bias[i]), b8, "QP {qp}");
            assert_eq!((quantiser.dc_multiplier, quantiser.dc_bias), (m4[0] / 2, 2 * b4[0]), "QP {qp}");
        }
    }

    /// H.264 8.5.12.1 and 8.5.13.1 as they are written, with LevelScale = 16 * normAdjust.
    #[test]
    fn level_scales_are_those_of_the_standard() {
        for qp in 0..=51u8 {
            let quantiser = Quantiser::of(qp);
            let (period, phase) = (i32::from(qp / 6), usize::from(qp % 6));
            for level in [-2063i32, -17, -3, -1, 0, 1, 2, 5, 40, 2063] {
                let standard = |scale: i16, full: i32| {
                    let product = level * 16 * i32::from(scale);
                    if period >= full {
                        product << (period - full)
                    } else {
                        (product + (1 << (full - 1 - period))) >> (full - period)
                    }
                };
                let four = |i: usize| level * i32::from(quantiser.four.level_scale[i]);
                assert_eq!([0, 1].map(four), [0, 1].map(|class| standard(LEVEL_4X4[phase][class], 4)));
                let eight = |i: usize| {
                    let product = level * i32::from(quantiser.eight.level_scale[i]);
                    if quantiser.small_8x8_steps() { (product + 2) >> 2 } else { product }
                };
                assert_eq!([9, 1].map(eight), [1, 3].map(|class| standard(LEVEL_8X8[phase][class], 6)));
            }
        }
    }

    #[test]
    fn chroma_qp_saturates() {
        assert_eq!([0, 29, 30, 34, 40, 51].map(|qp| chroma_qp(qp, 0)), [0, 29, 29, 32, 36, 39]);
        assert_eq!(
            [(0, -2), (32, -2), (51, 2), (49, 2)].map(|(qp, offset)| chroma_qp(qp, offset)),
            [0, 29, 39, 39]
        );
    }

    /// Annex A.9 of docs/spec/h264-presets.md.
    #[test]
    fn thresholds_above_51_are_those_of_the_specification() {
        assert_eq!(Denoise::of(51), None);
        for (quantiser, chroma) in [
            (52, [49, 79, 127]),
            (53, [102, 164, 263]),
            (54, [159, 256, 408]),
            (57, [355, 570, 911]),
            (60, [596, 958, 1530]),
            (63, [893, 1435, 2292]),
        ] {
            assert_eq!(Denoise::of(quantiser), Some(Denoise { chroma, luma: None }), "{quantiser}");
        }
        let luma = |quantiser| Denoise::of(quantiser).unwrap().luma.unwrap().0[0];
        assert_eq!(luma(64), 159);
        assert_eq!(luma(69), 32767);
    }
}
