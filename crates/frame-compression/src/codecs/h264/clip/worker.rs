//! One frame of a clip: source in, what decoding leaves of it out.

use super::super::lookahead::{Foreseen, Kind, Terms};
use super::super::macroblock::Bottom;
use super::super::motion::Prices;
use super::super::predicted::{self, FrameCoder, Motion, Tally};
use super::super::references::References;
use super::super::rows::SourceBand;
use super::super::{Reconstruction, inter, rate_distortion};
use crate::names::Subsampling;
use crate::planes::Planes;
use crate::statistics::{FrameKind, FrameStatistics, psnr};

/// What is the same for all frames of a clip.
#[derive(Clone, Copy)]
pub(super) struct Common<'a> {
    pub(super) terms: &'a Terms,
    pub(super) prices: &'a Prices,
}

/// A frame, and what is known before it is coded.
pub(super) struct Task<'a> {
    pub(super) common: Common<'a>,
    pub(super) references: &'a References,
    pub(super) frame: &'a Foreseen,
    pub(super) quantiser: f32,
}

/// The memory with which frames are coded, one after another.
#[derive(Debug, Default)]
pub(super) struct Worker {
    reconstruction: Reconstruction,
    motions: Vec<Motion>,
    wanted: Vec<u8>,
    above: Vec<Bottom>,
    below: Vec<Bottom>,
    /// Where macroblocks depend on bits.
    tally: Option<Tally>,
}

impl Worker {
    /// Forgets the frames so far.
    pub(super) fn restart(&mut self) {
        self.tally.iter_mut().for_each(Tally::restart);
    }

    /// How the macroblocks of the last frame were predicted.
    pub(super) fn motions(&mut self) -> &mut Vec<Motion> {
        &mut self.motions
    }

    /// Codes a frame into planes.
    pub(super) fn code(&mut self, task: &Task<'_>, planes: &mut Planes) -> FrameStatistics {
        let Task { common: Common { terms, .. }, frame, quantiser, .. } = *task;
        planes.resize(frame.source.width(), frame.source.height(), Subsampling::S420);
        let mut parameters = terms.parameters.clone();
        parameters.frame_quantiser = Some(quantiser);
        self.reconstruction.begin(planes, &parameters);
        if let Some(picture) = &self.reconstruction.picture {
            let quantisers =
                frame.offsets.iter().map(|&offset| picture.adaptation.quantiser_of_offset(offset));
            self.wanted.clear();
            self.wanted.extend(quantisers);
        }
        if frame.kind.is_intra() {
            self.motions.clear();
            self.motions.resize(self.wanted.len(), Motion::INTRA);
            self.code_intra(task, planes);
        } else {
            self.motions.resize(self.wanted.len(), Motion::INTRA);
            self.predict(task, planes);
        }
        self.measure(frame, planes)
    }

    fn code_intra(
        &mut self,
        &Task { common: Common { terms, .. }, frame, .. }: &Task<'_>,
        planes: &mut Planes,
    ) {
        let Self { reconstruction, tally, wanted, .. } = self;
        for (row, wanted) in wanted.chunks_exact(terms.columns).enumerate() {
            let source = SourceBand::of(&frame.source, row);
            if let Some(tally) = tally.as_mut().filter(|_| terms.slices.start(row)) {
                tally.begin_spectra(terms.slices.at(row));
            }
            swap_spectra(reconstruction, tally);
            reconstruction.code_surveyed(planes, row, source, wanted);
            swap_spectra(reconstruction, tally);
        }
    }

    fn predict(&mut self, task: &Task<'_>, planes: &mut Planes) {
        let Task { common: Common { terms, prices }, references, frame, .. } = *task;
        // Macroblocks that stand for themselves in this frame are coded as in others.
        let Reconstruction { level, macroblock, picture, quantisers, coded, .. } = &mut self.reconstruction;
        let (Some(picture), Some(before)) = (picture, references.before(frame.index)) else { return };
        let sources = references.sources(frame.index, frame.weights, &terms.parameters.prediction);
        let Some(sources) = sources else { return };
        let in_work = picture.frame(quantisers.as_ref());
        level.run(FrameCoder {
            macroblock,
            planes: &mut *planes,
            frame: &in_work,
            slices: terms.slices,
            sources,
            before,
            after: references.after(frame.index),
            foreseen: frame,
            wanted: &self.wanted,
            prices,
            range: terms.range,
            motions: &mut self.motions,
            coded,
            above: &mut self.above,
            below: &mut self.below,
            tally: rate_distortion::is_needed(&terms.parameters).then(|| self.tally.get_or_insert_default()),
        });
        if let Some(filter) = in_work.filter {
            let (slices, motions) = (terms.slices, &self.motions);
            let frames = sources.lists.map(|list| list.indices());
            level.run(inter::FrameDeblocker { planes, slices, coded, motions, frames, filter });
        }
    }

    /// What was done with a frame that has been coded.
    fn measure(&self, frame: &Foreseen, planes: &Planes) -> FrameStatistics {
        let count = |kind| self.motions.iter().filter(|motion| motion.kind == kind).count() as u32;
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
            intra: count(predicted::Kind::Intra),
            predicted: count(predicted::Kind::Moved),
            skipped: count(predicted::Kind::Skipped),
            psnr: psnr(&frame.source, planes),
        }
    }
}

/// Has an intra frame go on from what the frame before left of the source's coefficients, or keeps what it leaves.
fn swap_spectra(reconstruction: &mut Reconstruction, tally: &mut Option<Tally>) {
    if let Reconstruction { coder: Some(coder), picture: Some(picture), .. } = reconstruction
        && picture.parameters.psy_trellis_weight() != 0
    {
        std::mem::swap(&mut coder.spectra, tally.get_or_insert_default().spectra());
    }
}
