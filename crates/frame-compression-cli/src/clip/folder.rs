//! A clip as a folder of numbered pictures.

use std::collections::{BTreeSet, VecDeque};
use std::slice;

use frame_compression::{ClipCompressor, Settings, TensorView, TensorViewMut};

use indicatif::ProgressBar;

use super::frames::Frames;
use super::{Done, compressor, failed};
use crate::Stop;
use crate::apply::{Job, Wanted, plan, progress_bar, remove_stale, write_picture};
use crate::args::ClipOptions;
use crate::picture::Picture;

/// Codes the pictures of a folder, in the order of their names and numbers.
pub(super) fn run(options: &ClipOptions, settings: Settings) -> Result<Done, Stop> {
    let jobs = jobs(options)?;
    let kept = match options.overwrite {
        true => 0,
        false => jobs.iter().filter(|job| job.output.symlink_metadata().is_ok()).count(),
    };
    let mut coder = Coder {
        options,
        compressor: compressor(options, &settings)?,
        waiting: VecDeque::new(),
        progress: progress_bar(jobs.len(), options.quiet),
        written: 0,
        notes: BTreeSet::new(),
        frames: Frames::new(options),
    };
    if kept < jobs.len() {
        remove_stale(&options.output);
        for job in &jobs {
            let pushed = coder.push(job);
            if pushed.is_err() {
                // What was done before is kept.
                coder.compressor.catch_up();
            }
            let taken = coder.take();
            pushed?;
            taken?;
        }
        coder.compressor.finish();
        coder.take()?;
    }
    coder.progress.finish_and_clear();
    if kept > 0 {
        coder.notes.insert(format!("{kept} outputs exist and are kept (--overwrite replaces them)"));
    }
    let Coder { written, notes, frames, .. } = coder;
    Ok(Done { written, settings, notes: notes.into_iter().collect(), frames })
}

/// The way from pictures to pictures.
struct Coder<'a> {
    options: &'a ClipOptions,
    compressor: ClipCompressor,
    /// What is pushed and has not come out yet.
    waiting: VecDeque<(&'a Job, Picture)>,
    progress: ProgressBar,
    written: u64,
    notes: BTreeSet<String>,
    frames: Frames,
}

impl<'a> Coder<'a> {
    /// Reads the next frame.
    fn push(&mut self, job: &'a Job) -> Result<(), Stop> {
        let picture = Picture::read(&job.input).map_err(|error| failed(&job.input, error))?;
        let shape = [1, picture.height, picture.width, 3];
        let pushed = TensorView::new(&picture.rgb, &shape).and_then(|frame| self.compressor.push(frame));
        pushed.map_err(|error| failed(&job.input, error))?;
        if picture.deep {
            self.notes.insert("more than 8 bits a sample were coded as 8".to_owned());
        }
        self.notes.extend(picture.lost_colour(job.format));
        self.waiting.push_back((job, picture));
        Ok(())
    }

    /// Writes the frames that are ready.
    fn take(&mut self) -> Result<(), Stop> {
        while self.compressor.has_frame() {
            let Some((job, mut picture)) = self.waiting.pop_front() else { break };
            let shape = [1, picture.height, picture.width, 3];
            let taken = TensorViewMut::new(&mut picture.rgb, &shape)
                .and_then(|frame| self.compressor.next_frame_into(frame));
            taken.map_err(|error| failed(&job.input, error))?;
            self.frames.push(self.compressor.statistics());
            let kept = write_picture(&picture, job, self.options.overwrite)
                .map_err(|reason| failed(&job.output, format!("cannot be written: {reason}")))?;
            self.written += u64::from(!kept);
            self.progress.inc(1);
        }
        Ok(())
    }
}

/// The clip's frames, in their order.
fn jobs(options: &ClipOptions) -> Result<Vec<Job>, Stop> {
    let wanted = Wanted {
        inputs: slice::from_ref(&options.input),
        output: &options.output,
        format: options.format,
        overwrite: options.overwrite,
    };
    let plan = plan(&wanted).map_err(Stop::Usage)?;
    // A clip without one of its frames would be another clip.
    if let Some(missing) = plan.missing.first() {
        return Err(failed(&missing.input, &missing.reason));
    }
    if let Some(job) = plan.jobs.iter().find(|job| job.key.contains('/')) {
        let message = "lies in a folder of its own: a clip's frames are the pictures of one folder";
        return Err(Stop::Usage(format!("{} {message}", job.input.display())));
    }
    let mut jobs = plan.jobs;
    alphanumeric_sort::sort_slice_by_path_key(&mut jobs, |job| &job.input);
    Ok(jobs)
}
