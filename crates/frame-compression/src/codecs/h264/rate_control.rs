//! The quantisers of a clip's frames at a constant rate factor (docs/spec/h264-clips.md, section 4).

use super::aq::{log2, power, quantiser_of_scale, scale_of_quantiser};
use super::lookahead::Kind;
use super::preset::Parameters;

/// A frame that a B frame is predicted from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside {
    /// The mean of its macroblocks.
    pub(super) quantiser: f32,
    pub(super) kind: Kind,
    /// How many frames are between them, and one.
    pub(super) distance: u32,
}

/// What the quantiser of a frame depends on of those before it.
#[derive(Debug, Clone)]
pub(super) struct RateControl {
    crf: f32,
    ip_factor: f32,
    /// 1 - qcomp.
    exponent: f64,
    /// With macroblock-tree rate control: the scale before it is divided, which is the same for all frames.
    even: Option<f64>,
    /// How far the quantisers of B frames are above those beside them.
    b_offset: f64,
    /// What a complexity's power is divided by.
    rate_factor: f64,
    /// A frame's duration in 25ths of a second, from a hundredth of a second to one second.
    duration: f64,
    is_first: bool,
    last_is_intra: bool,
    complexity: f64,
    complexities: f64,
    quantisers: f64,
    count: f64,
}

impl RateControl {
    /// Of a clip of so many macroblocks a frame.
    pub(super) fn new(parameters: &Parameters, macroblocks: usize) -> Self {
        let Parameters { crf, qcomp, ip_factor, b_factor, .. } = *parameters;
        let exponent = 1.0 - f64::from(qcomp);
        let seconds = f64::from(parameters.fps.duration() as f32);
        let duration = seconds.clamp(f64::from(0.01f32), 1.0) / f64::from(0.04f32);
        let even = parameters.has_tree().then(|| power(1.0 / duration, f64::from(1.0 - qcomp)));
        let complexity = if parameters.prediction.bframes() > 0 { 120.0 } else { 80.0 };
        let rate_factor = if even.is_some() {
            1.0 / f64::from(scale_of_quantiser((f64::from(crf) + (1.0 - f64::from(qcomp)) * 13.5) as f32))
        } else {
            power(complexity * macroblocks as f64, exponent) / f64::from(scale_of_quantiser(crf))
        };
        Self {
            crf,
            ip_factor,
            exponent,
            even,
            b_offset: if even.is_some() { 0.0 } else { 6.0 * f64::from(log2(b_factor)) },
            rate_factor,
            duration,
            is_first: true,
            last_is_intra: true,
            complexity: 0.0,
            complexities: 0.0,
            quantisers: f64::from(crf) * 0.01,
            count: 0.01,
        }
    }

    /// The quantiser of the next frame, which is no B frame and whose lookahead cost is given.
    pub(super) fn next(&mut self, kind: Kind, cost: u64) -> f32 {
        let is_intra = kind.is_intra();
        self.complexity = self.complexity / 2.0 + cost as f64 / self.duration;
        self.complexities = self.complexities / 2.0 + 1.0;
        let blurred = (self.complexity / self.complexities) as f32;
        let scale = if self.is_first && self.even.is_none() {
            scale_of_quantiser(self.crf) / self.ip_factor
        } else if is_intra && !self.last_is_intra {
            scale_of_quantiser((self.quantisers / self.count) as f32) / self.ip_factor
        } else {
            let even = self.even.unwrap_or_else(|| power(f64::from(blurred), self.exponent));
            (even / self.rate_factor) as f32
        };
        let quantiser = quantiser_of_scale(scale);
        let offset = if is_intra { 6.0 * log2(self.ip_factor) } else { 0.0 };
        self.count_in(quantiser + offset);
        self.last_is_intra = is_intra;
        self.is_first = false;
        quantiser
    }

    /// The quantiser of a B frame between two others.
    pub(super) fn between(&mut self, beside: [Beside; 2], is_referenced: bool) -> f32 {
        let offset = if is_referenced { self.b_offset / 2.0 } else { self.b_offset };
        let above = |quantiser: f32, offset: f64| (f64::from(quantiser) + offset) as f32;
        let [first, second] =
            beside.map(
                |Beside { quantiser, kind, .. }| {
                    if kind == Kind::Bref { above(quantiser, -self.b_offset / 2.0) } else { quantiser }
                },
            );
        let mean = match beside.map(|beside| beside.kind.is_intra()) {
            [true, true] => above((first + second) / 2.0, f64::from(6.0 * log2(self.ip_factor))),
            [true, false] => second,
            [false, true] => first,
            [false, false] => {
                let [before, after] = beside.map(|beside| 2.0 * beside.distance as f32);
                (first * after + second * before) / (before + after)
            }
        };
        let quantiser = quantiser_of_scale(scale_of_quantiser(above(mean, offset)));
        self.count_in(quantiser);
        quantiser
    }

    fn count_in(&mut self, quantiser: f32) {
        self.quantisers = 0.95 * self.quantisers + f64::from(quantiser);
        self.count = 0.95 * self.count + 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::preset::H264Preset;
    use super::*;

    #[test]
    fn busy_frames_get_coarse_quantisers_and_intra_frames_the_mean_of_those_before() {
        let parameters = Parameters::of(23.0, H264Preset::Ultrafast);
        let mut control = RateControl::new(&parameters, 100);
        let near = |found: f32, expected: f32| assert!((found - expected).abs() < 1e-3, "{found}");
        near(control.next(Kind::I, 8000), 23.0 - 6.0 * 1.4f32.log2());
        let calm = control.clone().next(Kind::P, 1000);
        let busy = control.clone().next(Kind::P, 9000);
        assert!(calm < busy, "{calm} {busy}");
        let before = control.next(Kind::P, 9000);
        // The first intra frame counts as what a P frame would have had, 23, and fades.
        let mean = (0.95 * (0.95 * 0.23 + 23.0) + before) / (0.95 * (0.95 * 0.01 + 1.0) + 1.0);
        near(control.next(Kind::I, 8000), mean - 6.0 * 1.4f32.log2());
    }

    #[test]
    fn b_frames_are_coarser_than_those_beside_and_nearer_to_the_nearer_one() {
        let parameters = Parameters::of(23.0, H264Preset::Superfast);
        let control = RateControl::new(&parameters, 100);
        let quantiser = |kinds: [Kind; 2], is_referenced| {
            let [first, second] = kinds;
            let beside = [(20.0, first, 1), (26.0, second, 3)];
            let beside = beside.map(|(quantiser, kind, distance)| Beside { quantiser, kind, distance });
            control.clone().between(beside, is_referenced)
        };
        let offset = 6.0 * 1.3f32.log2();
        let near = |found: f32, expected: f32| assert!((found - expected).abs() < 1e-3, "{found}");
        near(quantiser([Kind::P, Kind::P], false), 21.5 + offset);
        near(quantiser([Kind::P, Kind::P], true), 21.5 + offset / 2.0);
        near(quantiser([Kind::Idr, Kind::P], false), 26.0 + offset);
        near(quantiser([Kind::Bref, Kind::I], false), 20.0 + offset / 2.0);
        near(quantiser([Kind::I, Kind::I], false), 23.0 + 6.0 * 1.4f32.log2() + offset);
    }
}
