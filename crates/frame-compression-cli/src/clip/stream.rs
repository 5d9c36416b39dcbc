//! A clip as one stream: YUV4MPEG2 from and to files and pipes.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal as _, Write};
use std::path::Path;

use frame_compression::{ClipCompressor, Planes, Settings};
use indicatif::ProgressBar;

use super::frames::Frames;
use super::y4m::{Header, ReadError, Reader, write_frame, write_header};
use super::{Done, compressor, failed};
use crate::Stop;
use crate::apply::{Growing, STANDARD, frame_counter, is_stream, remove_stale};
use crate::args::ClipOptions;
use crate::treatment::has;

/// Codes a stream.
pub(super) fn run(options: &ClipOptions, settings: Settings) -> Result<Done, Stop> {
    let output = options.output.as_path();
    if options.format.is_some() {
        return Err(Stop::Usage("--format is for a folder of pictures: a stream stays YUV4MPEG2".to_owned()));
    }
    if output.is_dir() {
        let message = "is a folder: a stream goes into one file, or to - (standard output)";
        return Err(Stop::Usage(format!("{} {message}", output.display())));
    }
    if output == Path::new(STANDARD) && io::stdout().is_terminal() {
        return Err(Stop::Usage("standard output is a terminal: send it to a file or a pipe".to_owned()));
    }
    let input: Box<dyn BufRead> = if options.input == Path::new(STANDARD) {
        Box::new(io::stdin().lock())
    } else {
        let file =
            File::open(&options.input).map_err(|error| failed(&options.input, ReadError::File(error)))?;
        Box::new(BufReader::with_capacity(1 << 20, file))
    };
    let reader = Reader::new(input).map_err(|error| failed(&options.input, error))?;
    let settings = with_rate(settings, reader.header(), options)?;
    let mut coder = Coder {
        compressor: compressor(options, &settings)?,
        progress: frame_counter(options.quiet),
        options,
        reader,
        frames: Frames::new(options),
    };
    let written = coder.code_to_output();
    coder.progress.finish_and_clear();
    let (written, notes) = match written? {
        Some(written) => (written, Vec::new()),
        None => (0, vec![format!("{} exists and is kept (--overwrite replaces it)", output.display())]),
    };
    Ok(Done { written, settings, notes, frames: coder.frames })
}

/// The settings with the stream's own frame rate, unless another was asked for.
fn with_rate(mut settings: Settings, header: &Header, options: &ClipOptions) -> Result<Settings, Stop> {
    if let Some((frames, seconds)) = header.rate
        && !options.coding.has_rate
        && has(&settings, "fps")
    {
        settings.set("fps", &format!("{frames}/{seconds}")).map_err(|error| failed(&options.input, error))?;
    }
    Ok(settings)
}

/// The way from a stream to another.
struct Coder<'a> {
    options: &'a ClipOptions,
    reader: Reader<Box<dyn BufRead>>,
    compressor: ClipCompressor,
    progress: ProgressBar,
    frames: Frames,
}

impl Coder<'_> {
    /// How many frames were written; `None` where the output exists and is kept.
    fn code_to_output(&mut self) -> Result<Option<u64>, Stop> {
        let output = self.options.output.as_path();
        let unwritable = |error| failed(output, format!("cannot be written: {error}"));
        if output == Path::new(STANDARD) {
            return self.code(&mut io::stdout().lock(), Stop::Output).map(Some);
        }
        if is_stream(output) {
            let mut pipe = OpenOptions::new().write(true).open(output).map_err(unwritable)?;
            return self.code(&mut pipe, unwritable).map(Some);
        }
        remove_stale(output.parent().unwrap_or(Path::new("")));
        let Some(mut file) = Growing::new(output, self.options.overwrite).map_err(unwritable)? else {
            return Ok(None);
        };
        let written = self.code(&mut file, unwritable)?;
        let kept = file.finish().map_err(unwritable)?;
        Ok((!kept).then_some(written))
    }

    fn code(&mut self, output: &mut dyn Write, unwritable: impl Fn(io::Error) -> Stop) -> Result<u64, Stop> {
        let input = self.options.input.as_path();
        let mut output = BufWriter::with_capacity(1 << 20, output);
        write_header(self.reader.header(), &mut output).map_err(&unwritable)?;
        let &Header { width, height, subsampling, .. } = self.reader.header();
        let mut spare = None;
        let mut written = 0;
        loop {
            let fresh = || Planes::new(width, height, subsampling).map_err(|error| failed(input, error));
            let mut planes = spare.take().map_or_else(fresh, Ok)?;
            let read = self.reader.read(&mut planes);
            match read {
                Ok(true) => self.compressor.push_planes(planes).map_err(|error| failed(input, error))?,
                Ok(false) => self.compressor.finish(),
                // What was done before is kept.
                Err(_) => self.compressor.catch_up(),
            }
            while let Some(planes) = self.compressor.next_planes() {
                self.frames.push(self.compressor.statistics());
                write_frame(&planes, &mut output).map_err(&unwritable)?;
                spare = Some(planes);
                written += 1;
                self.progress.inc(1);
            }
            if !matches!(read, Ok(true)) {
                output.flush().map_err(&unwritable)?;
                return read.map(|_| written).map_err(|error| failed(input, error));
            }
        }
    }
}
