//! The frame's quantiser and adaptive quantisation (docs/spec/h264-intra.md, sections 2 and 3;
//! docs/spec/h264-presets.md, section 2; docs/spec/h265-fps-and-presets.md, section 8).
//!
//! Single precision, each operation rounded, in the encoder's own order: only at a few CRFs that lie within a
//! rounding error of a tie (n.2 and some n.56) can the encoder's build, rather than this text, decide a quantiser.

use super::macroblock::Source;
use super::preset::{AqMode, Parameters};

/// The largest quantiser of x264. The bitstream carries at most 51; those above count in the decisions.
pub(super) const QUANTISER_MAX: u8 = 69;

/// The quantiser of the frame before adaptive quantisation: with macroblock-tree rate control at one frame a second
/// about `max(0, crf - 5.745)`, without it about `max(0, crf - 2.913)`.
pub(super) fn frame_quantiser(parameters: &Parameters) -> f32 {
    let Parameters { crf, qcomp, ip_factor, .. } = *parameters;
    if let Some(quantiser) = parameters.frame_quantiser {
        return quantiser;
    }
    let wanted = if parameters.mbtree {
        let compensated = (f64::from(crf) + (1.0 - f64::from(qcomp)) * 13.5) as f32;
        // The frame's duration, from a hundredth of a second to one second, in 25ths of a second.
        let duration = parameters.fps.duration().clamp(f64::from(0.01f32), 1.0);
        let blur = power(f64::from(0.04f32) / duration, f64::from(1.0 - qcomp));
        (blur / (1.0 / f64::from(scale_of_quantiser(compensated)))) as f32
    } else {
        (f64::from(scale_of_quantiser(crf)) / f64::from(ip_factor)) as f32
    };
    quantiser_of_scale(wanted)
}

/// The step that a quantiser stands for, as rate control counts it.
pub(super) fn scale_of_quantiser(quantiser: f32) -> f32 {
    const SIXTH: f32 = 1.0 / 6.0;
    0.85 * exp2((quantiser - 12.0) * SIXTH)
}

/// The reverse of [`scale_of_quantiser`], for the quantisers that there are.
pub(super) fn quantiser_of_scale(scale: f32) -> f32 {
    const INVERSE_085: f32 = f32::from_bits(0x3f96_9696);
    let clamped = scale.clamp(scale_of_quantiser(0.0), scale_of_quantiser(69.0));
    (12.0 + 6.0 * log2(clamped * INVERSE_085)).clamp(0.0, 69.0)
}

/// What turns the energies of a picture's macroblocks into quantisers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adaptation {
    frame_quantiser: f32,
    offsets: Offsets,
}

/// How a macroblock's quantiser differs from the frame's.
#[derive(Debug, Clone, Copy)]
enum Offsets {
    None,
    /// By the logarithm of the energy.
    Logarithm {
        factor: f32,
    },
    /// By the eighth root of the energy, against its mean in the picture.
    Root {
        factor: f32,
        mean: f32,
        dark: f32,
    },
}

impl Adaptation {
    /// `energies` are those of the picture's macroblocks in raster order; only asked for where
    /// [`needs_energies`] says so.
    pub(super) fn of(parameters: &Parameters, energies: &[u32]) -> Self {
        let strength = parameters.aq_strength;
        let offsets = match parameters.aq_mode {
            _ if !parameters.offsets_quantisers() => Offsets::None,
            AqMode::Off => Offsets::None,
            AqMode::Variance => Offsets::Logarithm { factor: strength * 1.0397 },
            AqMode::AutoVariance => relative(strength, 0.0, energies),
            AqMode::AutoVarianceBiased => relative(strength, strength, energies),
        };
        Self { frame_quantiser: frame_quantiser(parameters), offsets }
    }

    /// The quantiser of a macroblock whose source has this energy: 0..=69.
    pub(super) fn quantiser(&self, energy: u32) -> u8 {
        self.quantiser_of_offset(self.offset(energy))
    }

    /// By how much the quantiser of a macroblock whose source has this energy differs from the frame's.
    #[inline(always)]
    pub(super) fn offset(&self, energy: u32) -> f32 {
        match self.offsets {
            Offsets::None => 0.0,
            Offsets::Logarithm { factor } => {
                let (whole, fraction) = logarithm(energy.max(1));
                factor * ((whole - 14.427) + fraction)
            }
            Offsets::Root { factor, mean, dark } => {
                let root = eighth_root(energy);
                let offset = factor * (root - mean);
                if dark == 0.0 { offset } else { offset + dark * (1.0 - 14.0 / (root * root)) }
            }
        }
    }

    /// The quantiser of a macroblock that differs from the frame's by an offset: 0..=69.
    #[inline(always)]
    pub(super) fn quantiser_of_offset(&self, offset: f32) -> u8 {
        // There is little room left above: the offsets shrink with it.
        let offset = if self.frame_quantiser > 51.0 {
            offset * ((69.0 - self.frame_quantiser) / 18.0)
        } else {
            offset
        };
        // The cast truncates and takes negative numbers to 0.
        (((self.frame_quantiser + offset) + 0.5) as u8).min(QUANTISER_MAX)
    }

    /// The quantiser where nothing is offset.
    pub(super) fn flat_quantiser(&self) -> u8 {
        (self.frame_quantiser + 0.5) as u8
    }
}

/// log2, to the precision of a table: its whole part and the rest.
fn logarithm(value: u32) -> (f32, f32) {
    let whole = value.ilog2();
    let fraction = (value << (31 - whole)) >> 24 & 127;
    (whole as f32, LOG2_FRACTION[fraction as usize])
}

/// log2(more / less), to the same precision, for positive numbers.
pub(super) fn log2_ratio(less: u32, more: u32) -> f32 {
    let (less, more) = (logarithm(less), logarithm(more));
    ((more.1 - less.0) + more.0) - less.1
}

/// Whether quantisers depend on the energies of the whole picture.
pub(super) fn needs_energies(parameters: &Parameters) -> bool {
    parameters.offsets_quantisers()
        && matches!(parameters.aq_mode, AqMode::AutoVariance | AqMode::AutoVarianceBiased)
}

/// Adaptive quantisation of modes 2 and 3.
fn relative(strength: f32, dark: f32, energies: &[u32]) -> Offsets {
    let (mut sum, mut squares) = (0f32, 0f32);
    for &energy in energies {
        let root = eighth_root(energy);
        sum += root;
        squares += root * root;
    }
    let count = energies.len() as f32;
    let (mean, mean_square) = (sum / count, squares / count);
    Offsets::Root { factor: strength * mean, mean: mean - 0.5 * (mean_square - 14.0) / mean, dark }
}

/// (energy + 1)^(1/8). Square roots are exact to the last bit on every machine.
fn eighth_root(energy: u32) -> f32 {
    f64::from(energy as f32 + 1.0).sqrt().sqrt().sqrt() as f32
}

/// Σ over the three planes of the sum of squares less the squared sum over the count: how busy a macroblock is.
pub(super) fn energy(source: &Source) -> u32 {
    variance::<256>(&source.y) + variance::<64>(&source.chroma(0)) + variance::<64>(&source.chroma(1))
}

fn variance<const N: usize>(samples: &[u8; N]) -> u32 {
    let (sum, squares) = samples.iter().fold((0, 0), |(sum, squares), &sample| {
        let sample = u32::from(sample);
        (sum + sample, squares + sample * sample)
    });
    squares - (u64::from(sum) * u64::from(sum) / N as u64) as u32
}

/// x^y of normal positive numbers. From double arithmetic alone, so that every machine agrees.
pub(super) fn power(x: f64, y: f64) -> f64 {
    exp2_double(log2_double(x) * y)
}

/// 2^x, rounded to single precision.
fn exp2(x: f32) -> f32 {
    exp2_double(f64::from(x)) as f32
}

/// 2^x, from double arithmetic alone.
pub(super) fn exp2_double(x: f64) -> f64 {
    let whole = (x + 0.5).floor();
    let power = (x - whole) * std::f64::consts::LN_2;
    // Taylor's series of e^power, |power| <= 0.35, to below the last bit.
    let series = (1..=20).rev().fold(1.0, |tail, n| 1.0 + tail * power / f64::from(n));
    series * f64::from_bits(((1023 + whole as i64) as u64) << 52)
}

/// log2 of a normal positive number, rounded to single precision.
pub(super) fn log2(x: f32) -> f32 {
    log2_double(f64::from(x)) as f32
}

/// log2 of a normal positive number, from double arithmetic alone.
fn log2_double(x: f64) -> f64 {
    let bits = x.to_bits();
    let whole = (bits >> 52) as i64 - 1023;
    let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    // ln m = 2 artanh((m - 1) / (m + 1)), the argument at most 1/3.
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let series = (0..20).rev().fold(0.0, |tail, n| tail * ratio * ratio + 1.0 / f64::from(2 * n + 1));
    whole as f64 + 2.0 * ratio * series / std::f64::consts::LN_2
}

/// log2(1 + i / 128) to five places, as the encoder has it.
#[rustfmt::skip]
#[expect(clippy::approx_constant, reason = "one logarithm is close to 2/pi")]
static LOG2_FRACTION: [f32; 128] = [
    0.00000, 0.01123, 0.02237, 0.03342, 0.04439, 0.05528, 0.06609, 0.07682,
    0.08746, 0.09803, 0.10852, 0.11894, 0.12928, 0.13955, 0.14975, 0.15987,
    0.16993, 0.17991, 0.18982, 0.19967, 0.20945, 0.21917, 0.22882, 0.23840,
    0.24793, 0.25739, 0.26679, 0.27612, 0.28540, 0.29462, 0.30378, 0.31288,
    0.32193, 0.33092, 0.33985, 0.34873, 0.35755, 0.36632, 0.37504, 0.38370,
    0.39232, 0.40088, 0.40939, 0.41785, 0.42626, 0.43463, 0.44294, 0.45121,
    0.45943, 0.46761, 0.47573, 0.48382, 0.49185, 0.49985, 0.50779, 0.51570,
    0.52356, 0.53138, 0.53916, 0.54689, 0.55459, 0.56224, 0.56986, 0.57743,
    0.58496, 0.59246, 0.59991, 0.60733, 0.61471, 0.62205, 0.62936, 0.63662,
    0.64386, 0.65105, 0.65821, 0.66534, 0.67243, 0.67948, 0.68650, 0.69349,
    0.70044, 0.70736, 0.71425, 0.72110, 0.72792, 0.73471, 0.74147, 0.74819,
    0.75489, 0.76155, 0.76818, 0.77479, 0.78136, 0.78790, 0.79442, 0.80090,
    0.80735, 0.81378, 0.82018, 0.82655, 0.83289, 0.83920, 0.84549, 0.85175,
    0.85798, 0.86419, 0.87036, 0.87652, 0.88264, 0.88874, 0.89482, 0.90087,
    0.90689, 0.91289, 0.91886, 0.92481, 0.93074, 0.93664, 0.94251, 0.94837,
    0.95420, 0.96000, 0.96578, 0.97154, 0.97728, 0.98299, 0.98868, 0.99435,
];

#[cfg(test)]
mod tests {
    use super::super::preset::H264Preset;
    use super::*;
    use crate::frame_rate::FrameRate;

    fn veryfast(crf: f32) -> Parameters {
        Parameters::of(crf, H264Preset::Veryfast)
    }

    /// Annex A.7, as bits.
    #[test]
    fn frame_quantisers_are_those_of_the_specification() {
        let bits: [u32; 46] = [
            0x3e82_6de0,
            0x3fa0_9b80,
            0x4010_4dbc,
            0x4050_4dbc,
            0x4088_26de,
            0x40a8_26df,
            0x40c8_26e0,
            0x40e8_26df,
            0x4104_1370,
            0x4114_136f,
            0x4124_136f,
            0x4134_1370,
            0x4144_1370,
            0x4154_1370,
            0x4164_1370,
            0x4174_1370,
            0x4182_09b8,
            0x418a_09b8,
            0x4192_09b8,
            0x419a_09b8,
            0x41a2_09b8,
            0x41aa_09b9,
            0x41b2_09ba,
            0x41ba_09b8,
            0x41c2_09b9,
            0x41ca_09b9,
            0x41d2_09b8,
            0x41da_09ba,
            0x41e2_09b9,
            0x41ea_09b8,
            0x41f2_09ba,
            0x41fa_09b9,
            0x4201_04dc,
            0x4205_04dd,
            0x4209_04dc,
            0x420d_04dc,
            0x4211_04dd,
            0x4215_04dc,
            0x4219_04dc,
            0x421d_04dd,
            0x4221_04dc,
            0x4225_04dc,
            0x4229_04dd,
            0x422d_04dc,
            0x4231_04dc,
            0x4235_04dd,
        ];
        for (crf, expected) in (6..).zip(bits) {
            assert_eq!(frame_quantiser(&veryfast(crf as f32)).to_bits(), expected, "CRF {crf}");
        }
        for crf in 1..=5 {
            assert_eq!(frame_quantiser(&veryfast(crf as f32)), 0.0, "CRF {crf}");
        }
    }

    #[test]
    fn powers_and_logarithms_agree_with_the_platform() {
        for i in -4000..4000 {
            let x = i as f32 / 317.0;
            assert_eq!(exp2(x), f64::from(x).exp2() as f32, "2^{x}");
            let x = (i + 4001) as f32 / 97.0;
            assert_eq!(log2(x), f64::from(x).log2() as f32, "log2 {x}");
        }
    }

    /// Section 8.1 of docs/spec/h265-fps-and-presets.md, and section 2.1 of h264-presets.md: what the formulas mean
    /// mathematically.
    #[test]
    fn frame_quantisers_follow_rate_and_preset() {
        let near = |parameters: &Parameters, expected: f32| {
            let found = frame_quantiser(parameters);
            assert!((found - expected).abs() < 1e-4, "{found} instead of {expected}");
        };
        for (rate, offset) in [(1, 5.4 + 2.4 * 0.04f32.log2()), (25, 5.4), (24, 5.4 + 2.4 * 0.96f32.log2())] {
            let fps = FrameRate::new(rate, 1).unwrap();
            near(&Parameters { fps, ..veryfast(30.0) }, 30.0 + offset);
        }
        let fps = FrameRate::new(1000, 1).unwrap();
        near(&Parameters { fps, ..veryfast(51.0) }, 51.0 + 5.4 + 4.8);
        near(&Parameters::of(30.0, H264Preset::Superfast), 27.0874);
        let mut grain = veryfast(30.0);
        grain.tune(super::super::preset::H264Tune::Grain);
        near(&grain, 27.1274);
        grain.mbtree = false;
        near(&grain, 29.1750);
    }

    #[test]
    fn offsets_span_the_range_of_the_specification() {
        let quantiser = |crf: f32, energy| Adaptation::of(&veryfast(crf), &[]).quantiser(energy);
        assert_eq!(quantiser(1.0, 0), 0);
        assert_eq!(quantiser(35.745_255, 0), quantiser(35.745_255, 1));
        assert_eq!(quantiser(35.745_255, 1), 15);
        assert_eq!(quantiser(51.0, 6_242_400), 54);
        assert_eq!(quantiser(29.0, 1_190_296), 29);
        assert_eq!(quantiser(29.0, 4_809), 21);
        let fast = Parameters { fps: FrameRate::new(1000, 1).unwrap(), ..veryfast(51.0) };
        assert_eq!(Adaptation::of(&fast, &[]).quantiser(6_242_400), 65);
    }
}
