//! The quantisers of a clip's frames at a constant rate factor (docs/spec/h264-clips.md, section 4).

use super::aq::{log2, power, quantiser_of_scale, scale_of_quantiser};
use super::preset::Parameters;

/// The kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    Intra,
    Predicted,
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
    /// What a complexity's power is divided by.
    rate_factor: f64,
    /// A frame's duration in 25ths of a second, from a hundredth of a second to one second.
    duration: f64,
    is_first: bool,
    last: FrameKind,
    complexity: f64,
    complexities: f64,
    quantisers: f64,
    count: f64,
}

impl RateControl {
    /// Of a clip of so many macroblocks a frame.
    pub(super) fn new(parameters: &Parameters, macroblocks: usize) -> Self {
        let Parameters { crf, qcomp, ip_factor, .. } = *parameters;
        let exponent = 1.0 - f64::from(qcomp);
        let seconds = f64::from(parameters.fps.duration() as f32);
        let duration = seconds.clamp(f64::from(0.01f32), 1.0) / f64::from(0.04f32);
        let even = parameters.has_tree().then(|| power(1.0 / duration, f64::from(1.0 - qcomp)));
        let rate_factor = if even.is_some() {
            1.0 / f64::from(scale_of_quantiser((f64::from(crf) + (1.0 - f64::from(qcomp)) * 13.5) as f32))
        } else {
            power(80.0 * macroblocks as f64, exponent) / f64::from(scale_of_quantiser(crf))
        };
        Self {
            crf,
            ip_factor,
            exponent,
            even,
            rate_factor,
            duration,
            is_first: true,
            last: FrameKind::Intra,
            complexity: 0.0,
            complexities: 0.0,
            quantisers: f64::from(crf) * 0.01,
            count: 0.01,
        }
    }

    /// The quantiser of the next frame, whose lookahead cost is given.
    pub(super) fn next(&mut self, kind: FrameKind, cost: u64) -> f32 {
        self.complexity = self.complexity / 2.0 + cost as f64 / self.duration;
        self.complexities = self.complexities / 2.0 + 1.0;
        let blurred = (self.complexity / self.complexities) as f32;
        let scale = if self.is_first && self.even.is_none() {
            scale_of_quantiser(self.crf) / self.ip_factor
        } else if kind == FrameKind::Intra && self.last == FrameKind::Predicted {
            scale_of_quantiser((self.quantisers / self.count) as f32) / self.ip_factor
        } else {
            let even = self.even.unwrap_or_else(|| power(f64::from(blurred), self.exponent));
            (even / self.rate_factor) as f32
        };
        let quantiser = quantiser_of_scale(scale);
        let offset = if kind == FrameKind::Intra { 6.0 * log2(self.ip_factor) } else { 0.0 };
        self.quantisers = 0.95 * self.quantisers + f64::from(quantiser + offset);
        self.count = 0.95 * self.count + 1.0;
        self.last = kind;
        self.is_first = false;
        quantiser
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
        near(control.next(FrameKind::Intra, 8000), 23.0 - 6.0 * 1.4f32.log2());
        let calm = control.clone().next(FrameKind::Predicted, 1000);
        let busy = control.clone().next(FrameKind::Predicted, 9000);
        assert!(calm < busy, "{calm} {busy}");
        let before = control.next(FrameKind::Predicted, 9000);
        // The first intra frame counts as what a P frame would have had, 23, and fades.
        let mean = (0.95 * (0.95 * 0.23 + 23.0) + before) / (0.95 * (0.95 * 0.01 + 1.0) + 1.0);
        near(control.next(FrameKind::Intra, 8000), mean - 6.0 * 1.4f32.log2());
    }
}
