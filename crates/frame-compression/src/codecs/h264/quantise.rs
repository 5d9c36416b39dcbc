//! What follows from a quantisation parameter: multipliers, dead zones, level scales, λ, the chroma QP.
//! (docs/spec/h264-intra.md, sections 4 and 10, annex A; H.264 8.5.8 and 8.5.9.)

/// The largest quantisation parameter that the bitstream can carry.
pub(super) const QP_MAX: u8 = 51;

/// The cost of one bit of a mode, for quantisers 0..=54; adaptive quantisation reaches no higher.
static LAMBDA: [u16; 55] = [
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 6, 6, 7, 8, 9, 10, 11,
    13, 14, 16, 18, 20, 23, 25, 29, 32, 36, 40, 45, 51, 57, 64, 72, 81, 91, 102, 114, 128,
];

/// λ of a quantiser in 0..=54.
pub(super) fn lambda(quantiser: u8) -> u32 {
    u32::from(LAMBDA[usize::from(quantiser)])
}

/// The chroma QP of a luma QP (H.264 table 8-15).
pub(super) fn chroma_qp(qp: u8) -> u8 {
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

impl Quantiser {
    /// The constants of a QP in 0..=51.
    pub(super) fn of(qp: u8) -> &'static Quantiser {
        static ALL: [Quantiser; QP_MAX as usize + 1] = build_all();
        &ALL[usize::from(qp)]
    }

    /// Whether the products of 8x8 levels are four times the coefficients (QP below 12).
    pub(super) fn small_8x8_steps(&self) -> bool {
        self.period < 2
    }
}

/// Forward multipliers at QP mod 6 by position class: both coordinates even, mixed, both odd.
const FORWARD_4X4: [[u32; 3]; 6] = [
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

const FORWARD_8X8: [[u32; 6]; 6] = [
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
const fn rounded(value: u32, shift: i32) -> u32 {
    if shift <= 0 { value << -shift } else { (value + (1 << (shift - 1))) >> shift }
}

/// The dead zone of a multiplier: 21/64 of a step, at most one half.
const fn dead_zone(multiplier: u32) -> i16 {
    let (wanted, most) = ((21504 + multiplier / 2) / multiplier, 32768 / multiplier);
    (if wanted < most { wanted } else { most }) as i16
}

const fn build(qp: usize) -> Quantiser {
    let (period, phase) = (qp / 6, qp % 6);
    let mut four = Scaling { multiplier: [0; 16], bias: [0; 16], level_scale: [0; 16] };
    let mut i = 0;
    while i < 16 {
        let class = i % 4 % 2 + i / 4 % 2;
        let multiplier = rounded(FORWARD_4X4[phase][class], period as i32 - 1);
        four.multiplier[i] = multiplier as i16;
        four.bias[i] = dead_zone(multiplier);
        four.level_scale[i] = LEVEL_4X4[phase][class] << period;
        i += 1;
    }
    let mut eight = Scaling { multiplier: [0; 64], bias: [0; 64], level_scale: [0; 64] };
    let mut i = 0;
    while i < 64 {
        let class = CLASS_8X8[i / 8 % 4][i % 8 % 4];
        let multiplier = rounded(FORWARD_8X8[phase][class], period as i32);
        eight.multiplier[i] = multiplier as i16;
        eight.bias[i] = dead_zone(multiplier);
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

const fn build_all() -> [Quantiser; QP_MAX as usize + 1] {
    let mut all = [const { build(0) }; QP_MAX as usize + 1];
    let mut qp = 0;
    while qp < all.len() {
        all[qp] = build(qp);
        qp += 1;
    }
    all
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
        assert_eq!([0, 29, 30, 34, 40, 51].map(chroma_qp), [0, 29, 29, 32, 36, 39]);
    }
}
