//! A clip frame after frame (docs/spec/h264-clips.md): the lookahead decides what each frame is, the rate control how fine,
//! and P and B frames come from others.

use super::frame::Slices;
use super::lookahead::{Decided, Kind, Lookahead, Terms};
use super::macroblock::Bottom;
use super::motion::{Prices, vector_range};
use super::predicted::{Foresight, FrameCoder, Motion, Tally};
use super::prediction::Prediction;
use super::quantise::QP_MAX;
use super::rate_control::{Beside, RateControl};
use super::references::{Kept, References};
use super::rows::SourceBand;
use super::{H264, Parameters, PictureInWork, Reconstruction, inter, predicted, rate_distortion};
use crate::colour::Picture;
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::Planes;
use crate::statistics::{FrameKind, FrameStatistics, psnr};

/// What can be set of a clip beside the settings of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClipOptions {
    /// How many frames there are at most from one that stands for itself to the next.
    pub(crate) keyint: u32,
    /// How many B frames there are at most in a row; `None` leaves it to the preset.
    pub(crate) bframes: Option<u32>,
}

impl ClipOptions {
    /// The parameters of an image with these settings, and these options in them.
    pub(super) fn parameters(self, settings: &H264) -> Parameters {
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
    prices: Prices,
    /// `None` before the first frame.
    state: Option<State>,
    decided: Vec<Decided>,
    references: References,
    /// Of a frame that nobody is predicted from.
    motions: Vec<Motion>,
    /// Frames that are coded, in the order in which they are shown; from `taken` to `ready` nobody took them yet.
    coded: Vec<Planes>,
    /// What was done with them.
    statistics: Vec<Option<FrameStatistics>>,
    taken: usize,
    ready: usize,
    wanted: Vec<u8>,
    /// How many macroblocks of the frame coded last are intra, predicted and skipped.
    kinds: [u32; 3],
    above: Vec<Bottom>,
    below: Vec<Bottom>,
    /// Where macroblocks depend on bits.
    tally: Option<Tally>,
    /// Of the frame that was taken last.
    shown: Option<FrameStatistics>,
}

#[derive(Debug)]
struct State {
    parameters: Parameters,
    rate_control: RateControl,
    range: i32,
    slices: Slices,
    /// Lossless: whether a frame has been pushed and not taken.
    unchanged: bool,
}

impl Clip {
    /// Forgets the frames so far.
    pub(crate) fn restart(&mut self) {
        self.state = None;
        self.references.clear();
        self.tally.iter_mut().for_each(Tally::restart);
        (self.taken, self.ready, self.shown) = (0, 0, None);
    }

    /// What was done with the frame that was taken last; `None` before the first, and without loss.
    pub(crate) fn statistics(&self) -> Option<FrameStatistics> {
        self.shown
    }

    /// Takes the clip's next frame, 4:2:0 with even sides, of which all have one size.
    pub(crate) fn push(&mut self, planes: &mut Planes, parameters: &Parameters) {
        planes.extend_edges();
        let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
        if self.state.is_none() {
            let range = vector_range((columns, rows), parameters.fps, parameters.prediction.buffer());
            let slices = Slices::of(rows, parameters.slices);
            self.lookahead.begin(Terms { parameters: parameters.clone(), columns, rows, slices, range });
            self.prices.reach(8 * range.unsigned_abs() as usize + 64, QP_MAX);
            self.state = Some(State {
                parameters: parameters.clone(),
                rate_control: RateControl::new(parameters, columns * rows),
                range,
                slices,
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
        let Some(state) = &mut self.state else { return false };
        if state.parameters.is_lossless() {
            self.shown = None;
            return std::mem::take(&mut state.unchanged);
        }
        if self.taken == self.ready && (self.lookahead.is_full() || at_end && !self.lookahead.is_empty()) {
            self.code();
        }
        if self.taken == self.ready {
            return false;
        }
        std::mem::swap(planes, &mut self.coded[self.taken]);
        self.shown = self.statistics[self.taken];
        self.taken += 1;
        true
    }

    /// Decides on the next frames up to one that is no B frame, and codes them.
    fn code(&mut self) {
        let Some(mut state) = self.state.take() else { return };
        let before = self.lookahead.last();
        let mut decided = std::mem::take(&mut self.decided);
        self.lookahead.decide(&mut decided);
        (self.taken, self.ready) = (0, decided.len());
        self.coded.resize_with(self.coded.len().max(self.ready), Planes::default);
        self.statistics.resize(self.coded.len(), None);
        let index = |frame: &Decided| self.lookahead.seen(frame.slot).index;
        let first = decided.iter().map(index).min().unwrap_or(0);
        for (position, frame) in decided.iter().enumerate() {
            if frame.kind == Kind::Idr {
                self.references.clear();
            }
            let rest = &decided[position..];
            let marked = self.marked(rest, first + position as i64, &state.parameters.prediction);
            let seen = self.lookahead.seen(frame.slot);
            let place = (seen.index - first) as usize;
            let mut planes = std::mem::take(&mut self.coded[place]);
            planes.copy(&seen.source);
            self.code_frame(&mut planes, &mut state, frame, marked);
            self.statistics[place] = Some(self.measure(frame, &planes));
            self.coded[place] = planes;
        }
        let between = decided.iter().skip(1).map(|frame| frame.slot);
        between.chain(before).for_each(|slot| self.lookahead.release(slot));
        self.decided = decided;
        self.state = Some(state);
    }

    /// How many frames the decoder is told to drop once it has a frame: those that it would wait for too long. `rest` begins with
    /// the frame, the `place`th to be coded (docs/spec/h264-clips.md, section 12).
    fn marked(&self, rest: &[Decided], place: i64, prediction: &Prediction) -> usize {
        let kept = !matches!(rest[0].kind, Kind::B | Kind::Idr);
        let late = || {
            let between = rest[1..].iter().zip(place + 1..).take_while(|(frame, _)| frame.kind == Kind::B);
            let index = |frame: &Decided| self.lookahead.seen(frame.slot).index;
            between.into_iter().any(|(frame, place)| place != index(frame) + prediction.reorder() as i64)
        };
        if kept && prediction.pyramid() && late() {
            (self.references.count() + 2).saturating_sub(prediction.buffer() as usize)
        } else {
            0
        }
    }

    fn code_frame(&mut self, planes: &mut Planes, state: &mut State, frame: &Decided, marked: usize) {
        let seen = self.lookahead.seen(frame.slot);
        let index = seen.index;
        let quantiser = self.quantiser(state, frame, index);
        let mut parameters = state.parameters.clone();
        parameters.frame_quantiser = Some(quantiser);
        self.reconstruction.begin(planes, &parameters);
        let Reconstruction { picture: Some(picture), .. } = &self.reconstruction else { return };
        let offsets = if frame.kind == Kind::B { &seen.adapted } else { &seen.offsets };
        self.wanted.clear();
        self.wanted.extend(offsets.iter().map(|&offset| picture.adaptation.quantiser_of_offset(offset)));
        let columns = planes.y.stride / 16;
        if frame.kind.is_intra() {
            for (row, wanted) in self.wanted.chunks_exact(columns).enumerate() {
                let source = SourceBand::of(&seen.source, row);
                if let Some(tally) = self.tally.as_mut().filter(|_| state.slices.start(row)) {
                    tally.begin_spectra(state.slices.at(row));
                }
                swap_spectra(&mut self.reconstruction, &mut self.tally);
                self.reconstruction.code_surveyed(planes, row, source, wanted);
                swap_spectra(&mut self.reconstruction, &mut self.tally);
            }
            self.motions.clear();
            self.motions.resize(self.wanted.len(), Motion::INTRA);
        } else {
            self.motions.resize(self.wanted.len(), Motion::INTRA);
            self.predict(planes, state, frame, index);
        }
        self.kinds = [predicted::Kind::Intra, predicted::Kind::Moved, predicted::Kind::Skipped]
            .map(|kind| self.motions.iter().filter(|motion| motion.kind == kind).count() as u32);
        if frame.kind != Kind::B {
            let kept = self.kept(planes, (index, frame.kind), quantiser, state.parameters.subme > 0);
            self.references.keep(kept, marked, state.parameters.prediction.buffer() as usize);
        }
    }

    /// What was done with a frame that has been coded.
    fn measure(&self, frame: &Decided, planes: &Planes) -> FrameStatistics {
        let [intra, predicted, skipped] = self.kinds;
        let coded = &self.reconstruction.coded;
        let sum: u32 = coded.iter().map(|coded| u32::from(coded.qp)).sum();
        FrameStatistics {
            kind: match frame.kind {
                Kind::Idr => FrameKind::Idr,
                Kind::I => FrameKind::I,
                Kind::P => FrameKind::P,
                _ => FrameKind::B,
            },
            quantiser: sum as f32 / coded.len() as f32,
            intra,
            predicted,
            skipped,
            psnr: psnr(&self.lookahead.seen(frame.slot).source, planes),
        }
    }

    /// The quantiser of the next frame.
    fn quantiser(&self, state: &mut State, frame: &Decided, index: i64) -> f32 {
        let beside = |kept: &Kept| Beside {
            quantiser: kept.quantiser,
            kind: kept.kind,
            distance: (kept.index - index).unsigned_abs() as u32,
        };
        match (self.references.before(index), self.references.after(index)) {
            (Some(before), Some(after)) => {
                state.rate_control.between([beside(before), beside(after)], frame.kind == Kind::Bref)
            }
            _ => state.rate_control.next(frame.kind, frame.cost),
        }
    }

    /// A frame that others are predicted from.
    fn kept(&mut self, planes: &Planes, (index, kind): (i64, Kind), quantiser: f32, between: bool) -> Kept {
        let (columns, rows) = (planes.y.stride / 16, planes.y.rows / 16);
        // Row by row, as the encoder adds it up.
        let sum = (0..rows).fold(0f32, |sum, _| sum + quantiser * columns as f32);
        let first = self.references.before(index).filter(|_| !kind.is_intra());
        let distance = first.map_or(0, |first| (index - first.index) as i32);
        let mut kept = self.references.spare();
        kept.reference.take(planes, between);
        std::mem::swap(&mut kept.motions, &mut self.motions);
        Kept { index, kind, distance, quantiser: sum / (columns * rows) as f32, ..kept }
    }

    fn predict(&mut self, planes: &mut Planes, state: &State, frame: &Decided, index: i64) {
        // Macroblocks that stand for themselves in this frame are coded as in others.
        let Reconstruction { level, macroblock, picture, quantisers, coded, .. } = &mut self.reconstruction;
        let (Some(picture), Some(before)) = (picture, self.references.before(index)) else { return };
        let after = self.references.after(index);
        let sources = self.references.sources(
            index,
            self.lookahead.seen(frame.slot).weights,
            &state.parameters.prediction,
        );
        let Some(sources) = sources else { return };
        let in_work = picture.frame(quantisers.as_ref());
        level.run(FrameCoder {
            macroblock,
            planes: &mut *planes,
            frame: &in_work,
            slices: state.slices,
            sources,
            before,
            after,
            foresight: Foresight { lookahead: &self.lookahead, slot: frame.slot },
            wanted: &self.wanted,
            prices: &self.prices,
            range: state.range,
            motions: &mut self.motions,
            coded,
            above: &mut self.above,
            below: &mut self.below,
            tally: rate_distortion::is_needed(&state.parameters).then(|| self.tally.get_or_insert_default()),
        });
        if let Some(filter) = in_work.filter {
            let (slices, motions) = (state.slices, &self.motions);
            let frames = sources.lists.map(|list| list.indices());
            level.run(inter::FrameDeblocker { planes, slices, coded, motions, frames, filter });
        }
    }
}

/// Has an intra frame go on from what the frame before left of the source's coefficients, or keeps what it leaves.
fn swap_spectra(reconstruction: &mut Reconstruction, tally: &mut Option<Tally>) {
    let counts = |picture: &PictureInWork| picture.parameters.psy_trellis_weight() != 0;
    if let Some(coder) = &mut reconstruction.coder
        && reconstruction.picture.as_ref().is_some_and(counts)
    {
        std::mem::swap(&mut coder.spectra, tally.get_or_insert_default().spectra());
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
        self.clip.next(planes, at_end).then(|| std::mem::take(planes))
    }

    /// What was done with the frame that was taken last; `None` as [`Clip::statistics`] says.
    pub(crate) fn statistics(&self) -> Option<FrameStatistics> {
        self.clip.statistics()
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
