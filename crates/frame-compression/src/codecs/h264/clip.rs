//! A clip frame after frame (docs/spec/h264-clips.md): the lookahead decides what each frame is, the rate control how fine,
//! and P frames come from the frame before.

use super::frame::Slices;
use super::lookahead::{Decided, Lookahead, Terms};
use super::macroblock::Bottom;
use super::motion::{Bits, vector_range};
use super::predicted::{Foresight, FrameCoder, Motion};
use super::rate_control::{FrameKind, RateControl};
use super::rows::SourceBand;
use super::samples::Reference;
use super::{H264, Parameters, Reconstruction, inter};
use crate::colour::Picture;
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;

/// What can be set of a clip beside the settings of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClipOptions {
    /// How many frames there are at most from one that stands for itself to the next.
    pub(crate) keyint: u32,
    /// How many B frames there are at most in a row; `None` leaves it to the preset.
    pub(crate) bframes: Option<u32>,
}

impl ClipOptions {
    fn parameters(self, settings: &H264) -> Parameters {
        let mut parameters = settings.parameters();
        parameters.prediction.keyint = self.keyint;
        parameters.prediction.bframes = self.bframes.unwrap_or(parameters.prediction.bframes);
        parameters
    }
}

/// The way from a clip's source to its reconstruction, with its memory: of the frames that are looked at, and what the next one
/// needs of the one before.
#[derive(Debug, Default)]
pub(crate) struct Clip {
    reconstruction: Reconstruction,
    lookahead: Lookahead,
    bits: Bits,
    /// `None` before the first frame.
    state: Option<State>,
    decided: Vec<Decided>,
    /// The frame before, as it was shown.
    reference: Reference,
    before: Vec<Motion>,
    motions: Vec<Motion>,
    wanted: Vec<u8>,
    above: Vec<Bottom>,
    below: Vec<Bottom>,
}

#[derive(Debug)]
struct State {
    parameters: Parameters,
    rate_control: RateControl,
    range: i32,
    slices: Slices,
    /// The kind of the frame before.
    before: FrameKind,
    /// Lossless: whether a frame has been pushed and not taken.
    unchanged: bool,
}

impl Clip {
    /// Forgets the frames so far.
    pub(crate) fn restart(&mut self) {
        self.state = None;
    }

    /// Takes the clip's next frame, 4:2:0 with even sides, of which all have one size.
    pub(crate) fn push(&mut self, planes: &mut Planes, parameters: &Parameters) {
        planes.extend_edges();
        let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
        if self.state.is_none() {
            let range = vector_range((columns, rows), parameters.fps, parameters.prediction.buffer());
            let slices = Slices::of(rows, parameters.slices);
            self.lookahead.begin(Terms { parameters: parameters.clone(), columns, rows, slices, range });
            self.bits.reach(8 * range.unsigned_abs() as usize + 64);
            self.state = Some(State {
                parameters: parameters.clone(),
                rate_control: RateControl::new(parameters, columns * rows),
                range,
                slices,
                before: FrameKind::Intra,
                unchanged: false,
            });
        }
        if parameters.is_lossless() {
            self.state.iter_mut().for_each(|state| state.unchanged = true);
        } else {
            self.lookahead.push(planes);
        }
    }

    /// Replaces planes by the next frame as decoding gives it; `false` where more frames have to come first, unless the clip is
    /// `at_end`. Without loss a frame has to be taken before the next is pushed, and stays as it is.
    pub(crate) fn next(&mut self, planes: &mut Planes, at_end: bool) -> bool {
        let Some(mut state) = self.state.take() else { return false };
        let is_there = if state.parameters.is_lossless() {
            std::mem::take(&mut state.unchanged)
        } else {
            let is_there = self.lookahead.is_full() || at_end && !self.lookahead.is_empty();
            if is_there {
                self.code(planes, &mut state);
            }
            is_there
        };
        self.state = Some(state);
        is_there
    }

    /// Decides on the next frame and codes it.
    fn code(&mut self, planes: &mut Planes, state: &mut State) {
        let before = self.lookahead.last();
        let mut decided = std::mem::take(&mut self.decided);
        self.lookahead.decide(&mut decided);
        for frame in &decided {
            let source = &self.lookahead.seen(frame.slot).source;
            planes.resize(source.width(), source.height(), Subsampling::S420);
            planes.clone_from_same(source);
            self.code_frame(planes, state, frame);
        }
        self.decided = decided;
        if let Some(before) = before {
            self.lookahead.release(before);
        }
    }

    fn code_frame(&mut self, planes: &mut Planes, state: &mut State, frame: &Decided) {
        let kind = if frame.kind.is_intra() { FrameKind::Intra } else { FrameKind::Predicted };
        let mut parameters = state.parameters.clone();
        parameters.frame_quantiser = Some(state.rate_control.next(kind, frame.cost));
        self.reconstruction.begin(planes, &parameters);
        let Reconstruction { picture: Some(picture), .. } = &self.reconstruction else { return };
        let seen = self.lookahead.seen(frame.slot);
        self.wanted.clear();
        self.wanted.extend(seen.offsets.iter().map(|&offset| picture.adaptation.quantiser_of_offset(offset)));
        self.motions.resize(self.wanted.len(), Motion::INTRA);
        if kind == FrameKind::Intra {
            let columns = planes.y.stride / 16;
            for (row, wanted) in self.wanted.chunks_exact(columns).enumerate() {
                self.reconstruction.code_surveyed(planes, row, SourceBand::of(&seen.source, row), wanted);
            }
            self.motions.fill(Motion::INTRA);
        } else {
            self.predict(planes, state, frame.slot);
        }
        self.reference.take(planes, parameters.subme > 0);
        std::mem::swap(&mut self.before, &mut self.motions);
        state.before = kind;
    }

    fn predict(&mut self, planes: &mut Planes, state: &State, slot: usize) {
        // Macroblocks that stand for themselves in this frame are coded as in others.
        let Reconstruction { level, macroblock, picture, quantisers, coded, .. } = &mut self.reconstruction;
        let Some(picture) = picture else { return };
        let frame = picture.frame(quantisers.as_ref());
        level.run(FrameCoder {
            macroblock,
            planes: &mut *planes,
            frame: &frame,
            slices: state.slices,
            reference: &self.reference,
            weights: self.lookahead.seen(slot).weights,
            foresight: Foresight { lookahead: &self.lookahead, slot },
            wanted: &self.wanted,
            bits: &self.bits,
            range: state.range,
            before: &self.before,
            before_is_intra: state.before == FrameKind::Intra,
            motions: &mut self.motions,
            coded,
            above: &mut self.above,
            below: &mut self.below,
        });
        if let Some(filter) = frame.filter {
            let (slices, motions) = (state.slices, &self.motions);
            level.run(inter::FrameDeblocker { planes, slices, coded, motions, filter });
        }
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
    pub(crate) fn check(
        settings: &H264,
        (width, height): (usize, usize),
        options: ClipOptions,
    ) -> Result<(), Error> {
        settings.check_clip(options)?;
        engine::even_sides(Codec::H264, width, height)
    }

    /// Takes the next frame in Y, Cb, Cr. Size and settings have been checked.
    pub(crate) fn push_planes(
        &mut self,
        planes: Planes,
        settings: &H264,
        options: ClipOptions,
    ) -> Result<(), Error> {
        engine::subsampled(Codec::H264, &planes, Subsampling::S420)?;
        *self.picture.planes() = planes;
        self.clip.push(self.picture.planes(), &options.parameters(settings));
        Ok(())
    }

    /// The next frame in Y, Cb, Cr; `None` as [`next`](Self::next) says.
    pub(crate) fn next_planes(&mut self, at_end: bool) -> Option<Planes> {
        let planes = self.picture.planes();
        self.clip.next(planes, at_end).then(|| planes.clone())
    }

    /// Takes the next frame, packed RGB. Size and settings have been checked.
    pub(crate) fn push(
        &mut self,
        rgb: &[u8],
        (width, height): (usize, usize),
        settings: &H264,
        options: ClipOptions,
    ) {
        let (colours, machine) = settings.conversion();
        self.picture.begin(colours, machine, width, height);
        for (i, pair) in rgb.chunks_exact(6 * width).enumerate() {
            let (above, below) = pair.split_at(3 * width);
            self.picture.put(2 * i, [above, below]);
        }
        self.clip.push(self.picture.planes(), &options.parameters(settings));
    }

    /// Writes the next frame, packed RGB of the size of those pushed; `false` where there is none before more are pushed, unless
    /// the clip is `at_end`.
    pub(crate) fn next(&mut self, rgb: &mut [u8], width: usize, at_end: bool) -> bool {
        if !self.clip.next(self.picture.planes(), at_end) {
            return false;
        }
        for (y, row) in rgb.chunks_exact_mut(3 * width).enumerate() {
            self.picture.get(y, row);
        }
        true
    }
}
