//! Lambda, and the costs that every decision compares (docs/spec/h265-intra.md, section 4).

use super::preset::{Tools, X265Version};
use super::quantise::Quantiser;

/// 256 * 2^(q / 6 - 2).
#[rustfmt::skip]
const LAMBDA_SAD: [u32; 70] = [
       64,    71,    80,    90,   101,    114,    128,    143,    161,    181,
      203,   228,   256,   287,   322,    362,    406,    456,    512,    574,
      645,   724,   812,   912,  1024,   1149,   1290,   1448,   1625,   1824,
     2048,  2298,  2580,  2896,  3250,   3649,   4096,   4597,   5160,   5792,
     6501,  7298,  8192,  9195, 10321,  11585,  13003,  14596,  16384,  18390,
    20642, 23170, 26007, 29192, 32768,  36780,  41285,  46340,  52015,  58385,
    65536, 73561, 82570, 92681, 104031, 116771, 131072, 147123, 165140, 185363,
];

/// 256 * 0.038 e^(0.234 q).
#[rustfmt::skip]
const LAMBDA_SSE: [u32; 70] = [
           9,       12,       15,       19,       24,       31,       39,       50,       63,        79,
         100,      127,      161,      203,      257,      325,      411,      519,      656,       829,
        1048,     1324,     1674,     2115,     2673,     3377,     4268,     5393,     6815,      8612,
       10883,    13752,    17378,    21960,    27750,    35066,    44311,    55994,    70757,     89411,
      112984,   142772,   180413,   227978,   288084,   364036,   460012,   581291,   734546,    928205,
     1172921,  1482155,  1872918,  2366702,  2990670,  3779144,  4775495,  6034528,  7625499,   9635919,
    12176377, 15386611, 19443207, 24569301, 31046862, 39232197, 49575549, 62645870, 79162109, 100032763,
];

/// QpC by QpY, as far as it is less (H.265 table 8-10).
pub(super) fn chroma_qp(luma: u8) -> u8 {
    match luma {
        0..30 => luma,
        30..43 => [29, 30, 31, 32, 33, 33, 34, 34, 35, 35, 36, 36, 37][usize::from(luma) - 30],
        _ => (luma - 6).min(51),
    }
}

/// 256 * 2^(k / 3): the weight of chroma errors where the chroma quantiser is k finer than the luma one.
const CHROMA_WEIGHT: [u64; 19] = [
    256, 322, 406, 512, 645, 812, 1024, 1290, 1625, 2048, 2580, 3250, 4096, 5160, 6501, 8192, 10321, 13003,
    16384,
];

/// How much the energy of texture counts: less from 40 on.
fn psy_factor(index: usize, factor: u64) -> u64 {
    match index {
        0..40 => factor,
        40..51 => factor * (51 - index as u64) * 23 / 256,
        _ => 0,
    }
}

/// Where [`LAMBDA_SAD`] and [`LAMBDA_SSE`] are 1 more when rounded, and not cut off, up to 51: by bit.
const LAMBDA_SAD_ROUNDED_UP: u64 = bits(&[1, 2, 3, 4, 7, 14, 19, 22, 29, 31, 34, 37, 38, 39, 40, 46, 50]);
const LAMBDA_SSE_ROUNDED_UP: u64 = bits(&[
    0, 2, 3, 4, 6, 9, 10, 11, 13, 17, 18, 19, 21, 25, 27, 28, 29, 30, 31, 32, 33, 35, 36, 39, 40, 41, 42, 43,
    47, 50, 51,
]);

const fn bits(places: &[u32]) -> u64 {
    let (mut bits, mut i) = (0, 0);
    while i < places.len() {
        bits |= 1 << places[i];
        i += 1;
    }
    bits
}

/// What the choice of levels by their cost goes by, at one quantisation parameter
/// (docs/spec/h265-fps-and-presets.md, section 3.1).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LevelLambda {
    /// Of squared errors, in 256ths.
    pub(super) square: i64,
    /// Of texture: 0 where that does not count.
    pub(super) texture: i64,
}

impl LevelLambda {
    fn new(qp: u8, texture_weight: i64) -> Self {
        let (index, bit) = (usize::from(qp), |bits: u64| (bits >> qp & 1) as i64);
        Self {
            square: i64::from(LAMBDA_SSE[index]) + bit(LAMBDA_SSE_ROUNDED_UP),
            texture: (i64::from(LAMBDA_SAD[index]) + bit(LAMBDA_SAD_ROUNDED_UP)) * texture_weight,
        }
    }
}

/// Lambda of squared errors, for sample adaptive offset.
pub(super) fn lambda_of_squares(qp: u8) -> i64 {
    i64::from(LAMBDA_SSE[usize::from(qp)])
}

/// What an outcome costs: its error, its bits and the texture it lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) distortion: u64,
    pub(super) bits: u64,
    pub(super) texture: u64,
}

impl std::ops::AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.distortion += other.distortion;
        self.bits += other.bits;
        self.texture += other.texture;
    }
}

/// The quantisation parameters of a region and what follows from them.
#[derive(Debug, Clone)]
pub(super) struct Region {
    /// QpY.
    pub(super) qp: u8,
    lambda_sad: u64,
    lambda_sse: u64,
    /// Lambda times the factor of texture energies.
    lambda_texture: u64,
    chroma_weight: u64,
    /// By log2 of the size, from 2 on.
    luma: [Quantiser; 4],
    chroma: [Quantiser; 3],
    /// Of luma and of chroma.
    level_lambdas: [LevelLambda; 2],
}

impl Region {
    /// The region whose index of the lambda tables is `index`. It may be over 51, the highest QpY.
    pub(super) fn new(index: usize, version: X265Version, tools: &Tools) -> Self {
        let qp = index.min(51) as u8;
        let chroma = chroma_qp(qp);
        let psy = psy_factor(index, tools.texture_factor);
        let chroma_weight = match version {
            X265Version::V4_2 => CHROMA_WEIGHT[index - usize::from(chroma_qp(index as u8))],
            _ => 256,
        };
        Self {
            qp,
            lambda_sad: u64::from(LAMBDA_SAD[index]),
            lambda_sse: u64::from(LAMBDA_SSE[index]),
            lambda_texture: u64::from(LAMBDA_SAD[index]) * psy,
            chroma_weight,
            luma: std::array::from_fn(|i| Quantiser::new(qp, i as u32 + 2)),
            chroma: std::array::from_fn(|i| Quantiser::new(chroma, i as u32 + 2)),
            level_lambdas: [
                LevelLambda::new(qp, tools.optimised_levels.unwrap_or_default()),
                LevelLambda::new(chroma, 0),
            ],
        }
    }

    /// Lambdas for the choice of luma levels.
    #[inline(always)]
    pub(super) fn luma_lambda(&self) -> LevelLambda {
        self.level_lambdas[0]
    }

    /// Lambdas for the choice of chroma levels.
    #[inline(always)]
    pub(super) fn chroma_lambda(&self) -> LevelLambda {
        self.level_lambdas[1]
    }

    #[inline(always)]
    pub(super) fn luma_quantiser(&self, log2: u32) -> &Quantiser {
        &self.luma[log2 as usize - 2]
    }

    #[inline(always)]
    pub(super) fn chroma_quantiser(&self, log2: u32) -> &Quantiser {
        &self.chroma[log2 as usize - 2]
    }

    /// What so many bits (of a mode: a dozen at most) add to the SA8D of a prediction in the mode search.
    #[inline(always)]
    pub(super) fn prediction_price(&self, bits: u64) -> u32 {
        ((bits * self.lambda_sad + 128) >> 8) as u32
    }

    /// Cost of an outcome.
    #[inline(always)]
    pub(super) fn cost(&self, outcome: &Outcome) -> u64 {
        let Outcome { distortion, bits, texture } = *outcome;
        if self.lambda_texture > 0 {
            distortion + ((self.lambda_texture * texture) >> 24) + ((bits * self.lambda_sse) >> 8)
        } else {
            distortion + ((bits * self.lambda_sse + 128) >> 8)
        }
    }

    /// The error of a chroma block as it counts beside luma's.
    #[inline(always)]
    pub(super) fn weigh_chroma(&self, squared_error: u64) -> u64 {
        (squared_error * self.chroma_weight + 128) >> 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_those_of_their_formulas() {
        let round4 = |v: f64| (v * 10_000.0).round() / 10_000.0;
        for q in 0..70 {
            let sad = (256.0 * round4(2_f64.powf(q as f64 / 6.0 - 2.0))).floor();
            let sse = (256.0 * round4(0.038 * (0.234 * q as f64).exp())).floor();
            assert_eq!(f64::from(LAMBDA_SAD[q]), sad, "{q}");
            assert_eq!(f64::from(LAMBDA_SSE[q]), sse, "{q}");
        }
        for q in 0..52 {
            let rounded = |v: f64| (256.0 * round4(v) + 0.5).floor() as i64;
            let sad = rounded(2_f64.powf(q as f64 / 6.0 - 2.0));
            let sse = rounded(0.038 * (0.234 * q as f64).exp());
            let lambda = LevelLambda::new(q as u8, 1);
            assert_eq!((lambda.square, lambda.texture), (sse, sad), "{q}");
        }
        let psy: Vec<u64> = (39..52).map(|q| psy_factor(q, 16219)).collect();
        assert_eq!(psy, [16219, 16028, 14571, 13114, 11657, 10200, 8743, 7285, 5828, 4371, 2914, 1457, 0]);
        let qpc: Vec<u8> = (29..58).map(chroma_qp).collect();
        assert_eq!(
            qpc,
            [
                29, 29, 30, 31, 32, 33, 33, 34, 34, 35, 35, 36, 36, 37, 37, 38, 39, 40, 41, 42, 43, 44, 45,
                46, 47, 48, 49, 50, 51
            ]
        );
    }
}
