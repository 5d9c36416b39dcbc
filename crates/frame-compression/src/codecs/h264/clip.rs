//! A clip frame after frame (docs/spec/h264-clips.md): preset ultrafast, whose frames follow one another as they come.

use super::frame::Slices;
use super::lookahead::{Lookahead, Samples};
use super::macroblock::Bottom;
use super::motion::{Bits, vector_range};
use super::predicted::{FrameCoder, Motion};
use super::rate_control::{FrameKind, RateControl};
use super::{H264, Parameters, Reconstruction};
use crate::colour::Picture;
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;

/// The way from a clip's source to its reconstruction, with its memory: of one frame and what the next one needs of it.
#[derive(Debug, Default)]
pub(crate) struct Clip {
    reconstruction: Reconstruction,
    lookahead: Lookahead,
    bits: Bits,
    /// `None` before the first frame.
    state: Option<State>,
    /// The frame before, as it was shown.
    references: [Samples; 3],
    before: Vec<Motion>,
    motions: Vec<Motion>,
    above: Vec<Bottom>,
    below: Vec<Bottom>,
}

#[derive(Debug)]
struct State {
    rate_control: RateControl,
    range: i32,
    /// Frames since the last that stands for itself.
    since_key: u32,
}

impl Clip {
    /// Forgets the frames so far.
    pub(crate) fn restart(&mut self) {
        self.state = None;
    }

    /// Replaces the next frame by what decoding gives. 4:2:0, even sides, all frames of one size; there are at most
    /// `keyint` frames from one that stands for itself to the next.
    pub(crate) fn reconstruct(&mut self, planes: &mut Planes, parameters: &Parameters, keyint: u32) {
        if parameters.is_lossless() {
            return;
        }
        planes.extend_edges();
        let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
        self.lookahead.resize(columns, rows);
        self.lookahead.take(&planes.y);
        let mut state = self.state.take().unwrap_or_else(|| State {
            rate_control: RateControl::new(parameters, columns * rows),
            range: vector_range((columns, rows), parameters.fps, 1),
            since_key: keyint,
        });
        let mut parameters = parameters.clone();
        let slices = Slices::of(rows, parameters.slices);
        if state.since_key >= keyint {
            state.since_key = 0;
            let cost = self.lookahead.intra_cost();
            parameters.frame_quantiser = Some(state.rate_control.next(FrameKind::Intra, cost));
            self.reconstruction.reconstruct_with(planes, &parameters);
            self.motions.clear();
            self.motions.resize(columns * rows, Motion::INTRA);
        } else {
            let ends = |row: usize| slices.start(row + 1);
            let cost = self.lookahead.predicted_cost(state.range, ends);
            parameters.frame_quantiser = Some(state.rate_control.next(FrameKind::Predicted, cost));
            self.predict(planes, &parameters, slices, &state);
        }
        state.since_key += 1;
        self.state = Some(state);
        for (to, from) in self.references.iter_mut().zip([&planes.y, &planes.cb, &planes.cr]) {
            to.copy(from);
        }
        std::mem::swap(&mut self.before, &mut self.motions);
    }

    fn predict(&mut self, planes: &mut Planes, parameters: &Parameters, slices: Slices, state: &State) {
        self.bits.reach(8 * state.range.unsigned_abs() as usize + 64);
        self.motions.resize(self.before.len(), Motion::INTRA);
        // Macroblocks that stand for themselves in this frame are coded as in others.
        self.reconstruction.begin(planes, parameters);
        let Reconstruction { level, macroblock, picture, quantisers, .. } = &mut self.reconstruction;
        let Some(picture) = picture else { return };
        let frame = picture.frame(quantisers.as_ref());
        level.run(FrameCoder {
            macroblock,
            planes,
            frame: &frame,
            slices,
            references: &self.references,
            lookahead: &self.lookahead,
            bits: &self.bits,
            range: state.range,
            before: &self.before,
            before_is_intra: state.since_key == 1,
            motions: &mut self.motions,
            above: &mut self.above,
            below: &mut self.below,
        });
    }
}

/// A clip from RGB to RGB.
#[derive(Debug, Default)]
pub(crate) struct ClipEngine {
    picture: Picture,
    clip: Clip,
}

impl ClipEngine {
    /// Forgets the frames so far.
    pub(crate) fn restart(&mut self) {
        self.clip.restart();
    }

    /// Refuses settings that clips are not exact for, and odd sides.
    pub(crate) fn check(settings: &H264, (width, height): (usize, usize)) -> Result<(), Error> {
        settings.check_clip()?;
        engine::even_sides(Codec::H264, width, height)
    }

    /// Replaces the next frame, in Y, Cb, Cr, by what decoding gives. Size and settings have been checked.
    pub(crate) fn push_planes(
        &mut self,
        planes: &mut Planes,
        settings: &H264,
        keyint: u32,
    ) -> Result<(), Error> {
        engine::subsampled(Codec::H264, planes, Subsampling::S420)?;
        self.clip.reconstruct(planes, &settings.parameters(), keyint);
        Ok(())
    }

    /// Replaces the next frame, packed RGB, by what decoding gives. Size and settings have been checked.
    pub(crate) fn push(
        &mut self,
        rgb: &mut [u8],
        (width, height): (usize, usize),
        settings: &H264,
        keyint: u32,
    ) {
        let (colours, machine) = settings.conversion();
        self.picture.begin(colours, machine, width, height);
        for (i, pair) in rgb.chunks_exact(6 * width).enumerate() {
            let (above, below) = pair.split_at(3 * width);
            self.picture.put(2 * i, [above, below]);
        }
        self.clip.reconstruct(self.picture.planes(), &settings.parameters(), keyint);
        for (y, row) in rgb.chunks_exact_mut(3 * width).enumerate() {
            self.picture.get(y, row);
        }
    }
}
