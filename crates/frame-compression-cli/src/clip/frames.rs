//! What was done with each frame of a clip, as a table or as JSON.

use std::io::{self, Write};

use frame_compression::{FrameStatistics, Settings};
use serde::Serialize;

use crate::args::ClipOptions;

/// What was done with each frame, in the order in which they are shown, if somebody asks for it.
#[derive(Debug)]
pub(super) struct Frames {
    are_wanted: bool,
    /// `None` where the codec does not say.
    all: Vec<Option<FrameStatistics>>,
}

impl Frames {
    pub(super) fn new(options: &ClipOptions) -> Self {
        Self { are_wanted: options.stats || options.json, all: Vec::new() }
    }

    pub(super) fn push(&mut self, statistics: Option<FrameStatistics>) {
        if self.are_wanted {
            self.all.push(statistics);
        }
    }

    /// One line for each frame.
    pub(super) fn write_table(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{:>6}  {:>4}  {:>6}  {:>7}  {:>9}  {:>7}  {:>7}  {:>7}  {:>7}",
            "frame", "type", "QP", "intra", "predicted", "skipped", "Y dB", "Cb dB", "Cr dB"
        )?;
        for (number, frame) in self.all.iter().enumerate() {
            let Some(FrameStatistics { kind, quantiser, intra, predicted, skipped, psnr, .. }) = frame else {
                writeln!(out, "{number:>6}  {:>4}", "-")?;
                continue;
            };
            let [y, cb, cr] =
                psnr.map(|ratio| ratio.map_or_else(|| "equal".to_owned(), |db| format!("{db:.2}")));
            writeln!(
                out,
                "{number:>6}  {kind:>4}  {quantiser:>6.2}  {intra:>7}  {predicted:>9}  {skipped:>7}  {y:>7}  {cb:>7}  {cr:>7}"
            )?;
        }
        Ok(())
    }

    /// One document: the settings and every frame.
    pub(super) fn write_json(
        &self,
        settings: &Settings,
        written: u64,
        seconds: f64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        #[derive(Serialize)]
        struct Document {
            codec: &'static str,
            /// All settings in one text, which `--codec` takes.
            settings: String,
            frames: Vec<Option<Frame>>,
            written: u64,
            seconds: f64,
        }
        #[derive(Serialize)]
        struct Frame {
            #[serde(rename = "type")]
            kind: &'static str,
            quantiser: f32,
            intra: u32,
            predicted: u32,
            skipped: u32,
            psnr_db: [Option<f64>; 3],
        }
        let frame = |frame: &FrameStatistics| Frame {
            kind: frame.kind.name(),
            quantiser: frame.quantiser,
            intra: frame.intra,
            predicted: frame.predicted,
            skipped: frame.skipped,
            psnr_db: frame.psnr,
        };
        let document = Document {
            codec: settings.codec().name(),
            settings: settings.to_string(),
            frames: self.all.iter().map(|statistics| statistics.as_ref().map(frame)).collect(),
            written,
            seconds,
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }
}
