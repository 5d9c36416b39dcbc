//! `frame-compression report`: a page on which people see what codecs do to their pictures.

mod page;
mod piece;

use std::io::{self, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use frame_compression::{Codec, FrameCompressor, Quality, Settings};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::Serialize;

use crate::apply::{Missing, Search, output, progress_bar, thread_pool};
use crate::args::{Choice, ReportOptions, Sweep};
use crate::coding::{Odd, check, code, shown};
use crate::metrics::Metrics;
use crate::panics;
use crate::picture::{Format, Picture};
use crate::{Exit, Stop};
use piece::Piece;

/// Everything that the page shows, and what `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    codecs: Vec<Named>,
    pictures: Vec<Subject>,
    /// Inputs that are not in the report, and why.
    failures: Vec<String>,
}

/// A codec as the page names it.
#[derive(Debug, Serialize)]
struct Named {
    name: &'static str,
    shown: String,
}

/// A picture with what became of it.
#[derive(Debug, Serialize)]
struct Subject {
    name: String,
    width: usize,
    height: usize,
    piece: Piece,
    /// The piece of the input, as a PNG in base 64.
    #[serde(skip_serializing_if = "String::is_empty")]
    original: String,
    results: Vec<Outcome>,
    sweep: Vec<Point>,
}

/// A picture with a setting's artifacts.
#[derive(Debug, Serialize)]
struct Outcome {
    codec: &'static str,
    label: String,
    /// The setting without the codec's name.
    short: String,
    quality: f64,
    crf: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Metrics>,
    /// Why the codec refused the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A point of a plot.
#[derive(Debug, Serialize)]
struct Point {
    codec: &'static str,
    quality: f64,
    metrics: Metrics,
}

/// Runs `report`.
pub(crate) fn run(options: &ReportOptions) -> Result<Exit, Stop> {
    if !options.overwrite && options.output.symlink_metadata().is_ok() {
        let there = format!("{} exists: --overwrite replaces it", options.output.display());
        return Err(Stop::Usage(there));
    }
    let choices = settings(options)?;
    let mut search = Search::default();
    search.look(&options.inputs, Path::new(""));
    crate::signals::tidy_up_at_the_end();

    let steps = steps(&choices, options);
    let pool = thread_pool("--jobs", options.jobs, steps.len())?;
    let progress = progress_bar(search.found.len() * steps.len(), options.quiet);
    let lost = |Missing { input, reason }: Missing| format!("{}: {reason}", input.display());
    let mut failures: Vec<String> = search.missing.into_iter().map(lost).collect();
    let mut pictures = Vec::new();
    let mut size = 0;
    for found in &search.found {
        let name = found.place.display().to_string();
        let read = panics::contained(|| Picture::read(&found.input).map_err(|error| error.to_string()));
        let done = read.and_then(|picture| picture).map(|picture| {
            pool.install(|| subject(name.clone(), &picture, &steps, options, || progress.inc(1)))
        });
        match done {
            Ok(done) if size + done.size() > options.limit << 20 => {
                failures.push(format!(
                    "{name}: left out, as the report would be larger than {} MB (--limit)",
                    options.limit
                ));
            }
            Ok(done) => {
                size += done.size();
                pictures.push(done);
            }
            Err(reason) => failures.push(format!("{}: {reason}", found.input.display())),
        }
    }
    progress.finish_and_clear();

    let has = |codec: &Codec| choices.iter().any(|choice| choice.settings.codec() == *codec);
    let named = |codec: Codec| Named { name: codec.name(), shown: codec.to_string() };
    let codecs = Codec::ALL.into_iter().filter(has).map(named).collect();
    let report = Report { codecs, pictures, failures };
    write(&report, options)
}

/// Writes the page, and says what was done.
fn write(report: &Report, options: &ReportOptions) -> Result<Exit, Stop> {
    let about = format!(
        "Made by frame-compression {}: what encoding and decoding leaves of {}, sample for sample.",
        env!("CARGO_PKG_VERSION"),
        if report.pictures.len() == 1 { "a picture" } else { "these pictures" }
    );
    let page = page::page(report, about).map_err(io::Error::from)?;
    let mut err = io::stderr().lock();
    for failure in &report.failures {
        let _ = writeln!(err, "error: {failure}");
    }
    if let Err(reason) = output::write(page.as_bytes(), &options.output, options.overwrite) {
        return Err(Stop::Failed(format!("{} cannot be written: {reason}", options.output.display())));
    }
    if !options.quiet {
        let pictures = report.pictures.len();
        let plural = if pictures == 1 { "" } else { "s" };
        let megabytes = page.len() as f64 / f64::from(1 << 20);
        let _ = writeln!(err, "{}: {pictures} picture{plural}, {megabytes:.1} MB", options.output.display());
    }
    if options.json {
        let mut out = io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, &report.without_images()).map_err(io::Error::from)?;
        writeln!(out)?;
    }
    Ok(if report.failures.is_empty() { Exit::Success } else { Exit::Failed })
}

impl Report {
    /// The same numbers without pixels.
    fn without_images(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        for picture in value["pictures"].as_array_mut().into_iter().flatten() {
            picture.as_object_mut().map(|picture| picture.remove("original"));
            for result in picture["results"].as_array_mut().into_iter().flatten() {
                result.as_object_mut().map(|result| result.remove("image"));
            }
        }
        value
    }
}

impl Subject {
    /// Bytes of the embedded pictures.
    fn size(&self) -> usize {
        let images = self.results.iter().filter_map(|result| result.image.as_ref()).map(String::len);
        self.original.len() + images.sum::<usize>()
    }
}

/// The settings asked for, or every codec that this build has.
fn settings(options: &ReportOptions) -> Result<Vec<Choice>, Stop> {
    if options.codec.is_empty() {
        let by_default = |codec| Choice { settings: Settings::from(codec), fixed: false };
        let all = Codec::ALL.into_iter().map(by_default);
        return Ok(all.filter(|choice| check(&choice.settings).is_ok()).collect());
    }
    for choice in &options.codec {
        check(&choice.settings).map_err(|error| Stop::Usage(error.to_string()))?;
    }
    Ok(options.codec.clone())
}

/// Something to do to every picture: with an image to show, with a point to plot, or both.
struct Step {
    settings: Settings,
    shown: bool,
    /// The qualities that it is a point at.
    plotted: Vec<Quality>,
}

fn steps(choices: &[Choice], options: &ReportOptions) -> Vec<Step> {
    let sweep = options.sweep.qualities();
    let mut steps: Vec<Step> = Vec::new();
    let mut add = |settings: Settings, shown, plotted: Option<Quality>| {
        if let Some(same) = steps.iter_mut().find(|step| step.settings == settings) {
            same.shown |= shown;
            same.plotted.extend(plotted);
        } else {
            steps.push(Step { settings, shown, plotted: plotted.into_iter().collect() });
        }
    };
    for Choice { settings, fixed } in choices {
        let of = |quality: Quality| {
            let mut settings = settings.clone();
            settings.set_quality(quality);
            settings
        };
        if *fixed {
            add(settings.clone(), true, None);
        } else {
            options.quality.iter().for_each(|&quality| add(of(quality), true, None));
        }
    }
    // Plots have a line for each codec, of its default settings.
    let mut codecs: Vec<Codec> = choices.iter().map(|choice| choice.settings.codec()).collect();
    codecs.dedup();
    for codec in codecs {
        for &quality in &sweep {
            let mut settings = Settings::from(codec);
            settings.set_quality(quality);
            add(settings, false, Some(quality));
        }
    }
    steps
}

/// Does all steps to a picture.
fn subject(
    name: String,
    picture: &Picture,
    steps: &[Step],
    options: &ReportOptions,
    done: impl Fn() + Sync,
) -> Subject {
    let (width, height) = (picture.width, picture.height);
    let piece = Piece::busiest(&picture.rgb, (width, height), options.crop.0);
    let outcomes: Vec<(&Step, Outcome)> = steps
        .par_iter()
        .map(|step| {
            let outcome = outcome(picture, piece, step);
            done();
            (step, outcome)
        })
        .collect();
    let points = |(step, outcome): &(&Step, Outcome)| -> Vec<Point> {
        let Some(metrics) = outcome.metrics else { return Vec::new() };
        let at = |quality: &Quality| Point { codec: outcome.codec, quality: quality.get().into(), metrics };
        step.plotted.iter().map(at).collect()
    };
    let mut sweep: Vec<Point> = outcomes.iter().flat_map(points).collect();
    sweep.sort_by(|a, b| a.quality.total_cmp(&b.quality));
    let results = outcomes.into_iter().filter(|(step, _)| step.shown).map(|(_, outcome)| outcome).collect();
    let original = embedded(&picture.rgb, width, piece);
    Subject { name, width, height, piece, original, results, sweep }
}

fn outcome(picture: &Picture, piece: Piece, step: &Step) -> Outcome {
    let settings = &step.settings;
    let label = shown(settings);
    let short = label.split_once(", ").map_or(label.clone(), |(_, short)| short.to_owned());
    let (width, height) = (picture.width, picture.height);
    let mut coded = picture.clone();
    let result = panics::contained(|| {
        let mut compressor = FrameCompressor::new(settings.clone());
        code(&mut compressor, &mut coded, Odd::Pad).map_err(|error| error.to_string())
    });
    let reason = result.unwrap_or_else(Err).err();
    let is_there = reason.is_none();
    Outcome {
        codec: settings.codec().name(),
        label,
        short,
        quality: settings.quality().get().into(),
        crf: settings.crf().get().into(),
        image: (is_there && step.shown).then(|| embedded(&coded.rgb, width, piece)),
        metrics: is_there.then(|| Metrics::new(&picture.rgb, &coded.rgb, width, height)),
        reason,
    }
}

/// A piece of a picture as a PNG in base 64.
fn embedded(rgb: &[u8], across: usize, piece: Piece) -> String {
    let shown = Picture {
        width: piece.width,
        height: piece.height,
        rgb: piece.of(rgb, across),
        alpha: None,
        profile: None,
        deep: false,
        colour: Vec::new(),
    };
    shown.encode(Format::Png).map(|file| BASE64.encode(file)).unwrap_or_default()
}

impl Sweep {
    /// The qualities from the first to the last.
    fn qualities(self) -> Vec<Quality> {
        let Sweep::Steps { first, last, step } = self else { return Vec::new() };
        let quality = |value: u32| Quality::new(value as f32).ok();
        (first..=last).step_by(step as usize).filter_map(quality).collect()
    }
}
