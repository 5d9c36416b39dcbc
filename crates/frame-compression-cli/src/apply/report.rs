//! What was done: for people on standard error and as a table, for programs as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::job::named;
use super::plan::{Job, Missing, PassedOver};
use crate::metrics::Metrics;
use crate::treatment::Treatment;

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// The output is written, with the codec's artifacts.
    Written,
    /// The codec refused the picture; the output is written with the input's own pixels.
    Original,
    /// The output was there and has been kept.
    Kept,
    /// There is no output.
    Failed,
}

/// What became of an input, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    #[serde(serialize_with = "lossy")]
    pub(crate) input: PathBuf,
    #[serde(serialize_with = "lossy_option", skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<PathBuf>,
    pub(crate) status: Status,
    /// What a recipe drew: the settings of each step as text, nothing for a step that leaves the picture as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drawn: Option<Vec<Option<String>>>,
    /// Why it failed, or why the codec refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Width and height of the output, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<(usize, usize)>,
    /// Whether the input has more than 8 bits a sample.
    #[serde(rename = "coded_as_8_bit", skip_serializing_if = "std::ops::Not::not")]
    pub(crate) deep: bool,
    /// What of the input the output does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics: Option<Metrics>,
}

impl Outcome {
    /// The outcome of a job that has not been touched: its output is kept.
    pub(crate) fn new(job: &Job) -> Self {
        Self {
            input: job.input.clone(),
            output: Some(job.output.clone()),
            status: Status::Kept,
            drawn: None,
            reason: None,
            size: None,
            deep: false,
            note: None,
            metrics: None,
        }
    }

    /// The outcome of an input that gave no job.
    pub(crate) fn missing(missing: Missing) -> Self {
        Self {
            input: missing.input,
            output: None,
            status: Status::Failed,
            drawn: None,
            reason: Some(missing.reason),
            size: None,
            deep: false,
            note: None,
            metrics: None,
        }
    }
}

/// Paths in JSON are text: what is no Unicode is shown by a replacement character.
pub(super) fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

fn lossy_option<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

/// Everything that was done.
pub(crate) struct Report<'a> {
    pub(crate) treatment: &'a Treatment,
    pub(crate) outcomes: &'a [Outcome],
    /// Files of folders and patterns that were not taken.
    pub(crate) passed_over: &'a [PassedOver],
    pub(crate) duration: Duration,
}

/// What was done to every picture, as JSON has it.
#[derive(Serialize)]
#[serde(untagged)]
enum Treated {
    Same {
        codec: &'static str,
        /// All settings in one text, which `--codec` takes.
        settings: String,
        quality: f32,
        crf: f32,
    },
    Drawn {
        recipe: &'static str,
        seed: u64,
        /// Settings that took the place of those drawn.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        fixed: BTreeMap<String, String>,
    },
}

impl Treated {
    fn of(treatment: &Treatment) -> Self {
        match treatment {
            Treatment::Same(settings) => Treated::Same {
                codec: settings.codec().name(),
                settings: settings.to_string(),
                quality: settings.quality().get(),
                crf: settings.crf().get(),
            },
            Treatment::Drawn(draw) => Treated::Drawn {
                recipe: draw.recipe.name,
                seed: draw.seed,
                fixed: draw.fixed.iter().cloned().collect(),
            },
        }
    }
}

impl Report<'_> {
    pub(crate) fn count(&self, status: Status) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.status == status).count()
    }

    /// One document: the settings, every file, and the counts.
    pub(crate) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(flatten)]
            treatment: Treated,
            files: &'a [Outcome],
            passed_over: &'a [PassedOver],
            written: usize,
            original: usize,
            kept: usize,
            failed: usize,
            seconds: f64,
        }
        let document = Document {
            treatment: Treated::of(self.treatment),
            files: self.outcomes,
            passed_over: self.passed_over,
            written: self.count(Status::Written),
            original: self.count(Status::Original),
            kept: self.count(Status::Kept),
            failed: self.count(Status::Failed),
            seconds: self.duration.as_secs_f64(),
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }

    /// The figures of every picture that has them, and their means.
    pub(crate) fn write_table(&self, out: &mut impl Write) -> io::Result<()> {
        let measured: Vec<_> = self
            .outcomes
            .iter()
            .filter_map(|outcome| {
                Some((outcome.input.display().to_string(), outcome.size?, outcome.metrics?))
            })
            .collect();
        let name_width = measured.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0).max(7);
        writeln!(
            out,
            "{:name_width$}  {:>11}  {:>8}  {:>7}  {:>7}",
            "picture", "size", "PSNR dB", "SSIM", "MAE"
        )?;
        let mut row = |name: &str, size: &str, [psnr, ssim, mae]: [String; 3]| {
            writeln!(out, "{name:name_width$}  {size:>11}  {psnr:>8}  {ssim:>7}  {mae:>7}")
        };
        for (name, (width, height), metrics) in &measured {
            row(name, &format!("{width}x{height}"), figures(metrics))?;
        }
        if measured.len() > 1 {
            let metrics: Vec<Metrics> = measured.iter().map(|(.., metrics)| *metrics).collect();
            row("mean", "", figures(&mean(&metrics)))?;
        }
        Ok(())
    }

    /// What went wrong, one line for each file.
    pub(crate) fn write_failures(&self, out: &mut impl Write) -> io::Result<()> {
        for outcome in self.outcomes {
            let word = match outcome.status {
                Status::Failed => "error",
                Status::Original => "warning: written as it was",
                Status::Written | Status::Kept => continue,
            };
            let reason = outcome.reason.as_deref().unwrap_or_default();
            writeln!(out, "{word}: {}: {reason}", named(&outcome.input, "standard input"))?;
        }
        Ok(())
    }

    /// How many files were not taken, and why.
    fn write_passed_over(&self, out: &mut impl Write) -> io::Result<()> {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for file in self.passed_over {
            *reasons.entry(&file.reason).or_default() += 1;
        }
        let total = self.passed_over.len();
        let files = if total == 1 { "file was" } else { "files were" };
        let reasons: Vec<String> =
            reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        match total {
            0 => Ok(()),
            _ => writeln!(out, "note: {total} {files} passed over: {}", reasons.join(", ")),
        }
    }

    /// What was drawn for each picture, a line each.
    fn write_drawn(&self, out: &mut impl Write) -> io::Result<()> {
        for outcome in self.outcomes.iter().filter(|outcome| outcome.status == Status::Written) {
            if let Some(drawn) = &outcome.drawn {
                let steps: Vec<&str> =
                    drawn.iter().map(|step| step.as_deref().unwrap_or("nothing")).collect();
                writeln!(out, "drawn: {}: {}", named(&outcome.input, "standard input"), steps.join(", "))?;
            }
        }
        Ok(())
    }

    /// One line, and more where pictures have lost something besides, or files were not taken.
    pub(crate) fn write_summary(&self, out: &mut impl Write) -> io::Result<()> {
        let deep: Vec<_> = self.outcomes.iter().filter(|outcome| outcome.deep).collect();
        match deep[..] {
            [] => {}
            [one] => writeln!(
                out,
                "note: {} has more than 8 bits a sample and was coded as 8 bit",
                one.input.display()
            )?,
            _ => writeln!(
                out,
                "note: {} pictures have more than 8 bits a sample and were coded as 8 bit",
                deep.len()
            )?,
        }
        for outcome in self.outcomes {
            if let Some(note) = &outcome.note {
                writeln!(out, "note: {}: {note}", outcome.input.display())?;
            }
        }
        self.write_drawn(out)?;
        self.write_passed_over(out)?;
        let written = self.count(Status::Written);
        write!(out, "{} written ({})", pictures(written), self.treatment.shown())?;
        for (status, words) in [
            (Status::Original, "written without artifacts, as the codec refused them"),
            (Status::Kept, "passed over, as their outputs exist (--overwrite replaces them)"),
            (Status::Failed, "failed"),
        ] {
            match self.count(status) {
                0 => {}
                count => write!(out, ", {count} {words}")?,
            }
        }
        writeln!(out, ", in {:.2} s", self.duration.as_secs_f64())
    }
}

fn pictures(count: usize) -> String {
    format!("{count} {}", if count == 1 { "picture" } else { "pictures" })
}

fn figures(metrics: &Metrics) -> [String; 3] {
    [
        metrics.psnr_db.map_or("equal".to_owned(), |psnr| format!("{psnr:.2}")),
        metrics.ssim.map_or("-".to_owned(), |ssim| format!("{ssim:.4}")),
        format!("{:.3}", metrics.mean_absolute_error),
    ]
}

/// Means of the figures, each over the pictures that have it.
fn mean(all: &[Metrics]) -> Metrics {
    let mean =
        |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    Metrics {
        psnr_db: mean(all.iter().filter_map(|metrics| metrics.psnr_db).collect()),
        ssim: mean(all.iter().filter_map(|metrics| metrics.ssim).collect()),
        mean_absolute_error: mean(all.iter().map(|metrics| metrics.mean_absolute_error).collect())
            .unwrap_or_default(),
    }
}
