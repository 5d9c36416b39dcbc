//! From the arguments to a list of files: what is read, and where it is written.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;
use walkdir::WalkDir;

use super::pattern::{expand, is_pattern};
use super::report::lossy;
use crate::picture::{Format, HEAD, Kind, NamedFormat, is_readable_name};

/// The argument that stands for standard input or output.
pub(crate) const STANDARD: &str = "-";

/// One file to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) input: PathBuf,
    /// What tells the picture apart from others: its place below the input, `/` between the parts.
    pub(crate) key: String,
    pub(crate) output: PathBuf,
    pub(crate) format: Format,
    /// Whether the output is standard output, a pipe or a device, which is written as it is.
    pub(crate) stream: bool,
}

/// An input that is not there or cannot be looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) input: PathBuf,
    pub(crate) reason: String,
}

/// A file in a folder, or one that matches a pattern, that is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PassedOver {
    #[serde(serialize_with = "lossy")]
    pub(crate) input: PathBuf,
    /// "in GIF format", "no picture".
    pub(crate) reason: String,
}

/// What is to be read, and where it is to go.
pub(crate) struct Wanted<'a> {
    pub(crate) inputs: &'a [PathBuf],
    pub(crate) output: &'a Path,
    /// The format of outputs whose names do not say it.
    pub(crate) format: Option<Format>,
    pub(crate) overwrite: bool,
}

/// Everything to do.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    pub(crate) missing: Vec<Missing>,
    pub(crate) passed_over: Vec<PassedOver>,
}

impl Plan {
    pub(crate) fn writes_to_standard_output(&self) -> bool {
        self.jobs.iter().any(|job| job.output == Path::new(STANDARD))
    }
}

/// What the arguments lead to.
#[derive(Default)]
pub(crate) struct Search {
    pub(crate) found: Vec<Found>,
    pub(crate) missing: Vec<Missing>,
    passed_over: Vec<PassedOver>,
}

impl Search {
    fn lose(&mut self, input: &Path, reason: impl Into<String>) {
        self.missing.push(Missing { input: input.to_owned(), reason: reason.into() });
    }

    /// Finds the pictures that inputs lead to; what lies in the folder `output` is none.
    pub(crate) fn look(&mut self, inputs: &[PathBuf], output: &Path) {
        for input in inputs {
            let before = self.found.len() + self.missing.len();
            if input.is_dir() {
                walk(input, output, self);
            } else if !input.exists() && is_pattern(input) {
                find(input, output, self);
            } else {
                let place = PathBuf::from(input.file_name().unwrap_or(input.as_os_str()));
                self.found.push(Found { input: input.clone(), place });
            }
            if self.found.len() + self.missing.len() == before {
                let reason = match input.is_dir() {
                    true => "no pictures (PNG, JPEG, WebP, TIFF, BMP) are there",
                    false => "no pictures match: there is no such file, and none that fits it as a pattern",
                };
                self.lose(input, reason);
            }
        }
    }

    /// Takes a file that was come across, if its name or its content says that it is a picture.
    fn offer(&mut self, input: PathBuf, place: PathBuf) {
        if is_readable_name(&input) {
            return self.found.push(Found { input, place });
        }
        let mut head = Vec::new();
        let read = File::open(&input).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
        let reason = match (read, Kind::of(&head)) {
            (Ok(_), kind) if kind.is_readable() => return self.found.push(Found { input, place }),
            (Ok(_), Kind::Other(name)) => format!("in {name} format"),
            (Ok(_), _) => "no picture".to_owned(),
            (Err(error), _) => format!("not readable ({error})"),
        };
        self.passed_over.push(PassedOver { input, reason });
    }
}

/// A picture file, and its place below the output folder.
pub(crate) struct Found {
    pub(crate) input: PathBuf,
    pub(crate) place: PathBuf,
}

/// Finds the inputs and gives each an output; an error where two would write the same file, or where an input
/// would be written over.
pub(crate) fn plan(wanted: &Wanted<'_>) -> Result<Plan, String> {
    let target = Target::new(wanted)?;
    check_standard(wanted, &target)?;
    if let (Target::File(..) | Target::Stream(..), Some(folder)) =
        (&target, wanted.inputs.iter().find(|input| input.is_dir()))
    {
        return Err(format!(
            "{} is a folder: its pictures cannot go into the one file {}",
            folder.display(),
            wanted.output.display()
        ));
    }
    let mut search = Search::default();
    search.look(wanted.inputs, wanted.output);
    if let (Target::File(..) | Target::Stream(..), [_, _, ..]) = (&target, &search.found[..]) {
        return Err(format!(
            "{} pictures cannot go into the one file {}: name a folder",
            search.found.len(),
            wanted.output.display()
        ));
    }
    let jobs = search.found.into_iter().map(|found| target.job(found)).collect();
    let jobs = checked(jobs, wanted.overwrite)?;
    Ok(Plan { jobs, missing: search.missing, passed_over: search.passed_over })
}

/// Refuses what one pipe cannot carry.
fn check_standard(wanted: &Wanted<'_>, target: &Target) -> Result<(), String> {
    let standard = Path::new(STANDARD);
    if wanted.inputs.iter().any(|input| input == standard) {
        if wanted.inputs.len() > 1 {
            return Err("- (standard input) is one picture: it cannot be mixed with other inputs".to_owned());
        }
        if let Target::Folder(folder, _) = target {
            return Err(format!(
                "a picture from standard input has no name to go into the folder {}: \
                 name an output file, or - for standard output",
                folder.display()
            ));
        }
    }
    Ok(())
}

/// Where the outputs go.
enum Target {
    File(PathBuf, Format),
    Folder(PathBuf, Format),
    /// Standard output, a pipe or a device.
    Stream(PathBuf, Format),
}

impl Target {
    fn new(wanted: &Wanted<'_>) -> Result<Self, String> {
        let output = wanted.output;
        let folder = || Ok(Target::Folder(output.to_owned(), wanted.format.unwrap_or(Format::Png)));
        if is_stream(output) {
            return Ok(Target::Stream(output.to_owned(), wanted.format.unwrap_or(Format::Png)));
        }
        if output.is_dir() || ends_in_separator(output) {
            return folder();
        }
        match Format::of_name(output) {
            NamedFormat::Writable(format) => match wanted.format {
                Some(asked) if asked != format => Err(format!(
                    "--format {} does not go with the output's name {}",
                    asked.extension(),
                    output.display()
                )),
                _ => Ok(Target::File(output.to_owned(), format)),
            },
            NamedFormat::Other => Err(format!(
                "{} cannot be written: outputs keep the artifacts without further loss, as .png, .webp or .tiff",
                output.display()
            )),
            NamedFormat::None if output.exists() => {
                Err(format!("{} is a file and no folder to write into", output.display()))
            }
            NamedFormat::None => folder(),
        }
    }

    fn job(&self, found: Found) -> Job {
        let (output, format) = match self {
            Target::File(file, format) | Target::Stream(file, format) => (file.clone(), *format),
            Target::Folder(folder, format) => (folder.join(renamed(&found.place, *format)), *format),
        };
        let key = key(&found.place);
        Job { input: found.input, key, output, format, stream: matches!(self, Target::Stream(..)) }
    }
}

/// A place as text that is the same on every system.
fn key(place: &Path) -> String {
    place.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Whether an output is there already and is neither a file nor a folder.
pub(crate) fn is_stream(output: &Path) -> bool {
    output == Path::new(STANDARD) || output.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir())
}

fn ends_in_separator(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

/// The place with the format's extension in place of a picture's; other dots belong to the name.
fn renamed(place: &Path, format: Format) -> PathBuf {
    if is_readable_name(place) {
        return place.with_extension(format.extension());
    }
    let mut name = OsString::from(place);
    name.push(".");
    name.push(format.extension());
    name.into()
}

/// Adds the files that match a pattern.
fn find(pattern: &Path, output: &Path, search: &mut Search) {
    match expand(pattern, output) {
        Err(reason) => search.lose(pattern, reason),
        Ok(matches) => {
            for file in matches.files {
                let place = below(&matches.root, &file);
                // A file named - is not standard input.
                search
                    .offer(if file == Path::new(STANDARD) { Path::new(".").join(file) } else { file }, place);
            }
            for (input, reason) in matches.errors {
                search.lose(&input, reason);
            }
        }
    }
}

/// A path without its root; the name alone where it does not lie there.
fn below(root: &Path, path: &Path) -> PathBuf {
    // A pattern's matches come without its leading `./`.
    let plain =
        |path: &Path| path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    let path = plain(path);
    match path.strip_prefix(plain(root)) {
        Ok(place) => place.to_owned(),
        Err(_) => path.file_name().unwrap_or_default().into(),
    }
}

/// Adds the pictures of a folder and its sub-folders in the order of their names, but not what lies in the
/// output folder (it may be inside), nor hidden files.
fn walk(folder: &Path, output: &Path, search: &mut Search) {
    let output = output.canonicalize().ok();
    let is_output = |path: &Path| output.is_some() && path.canonicalize().ok() == output;
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let visible = |entry: &walkdir::DirEntry| {
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        entry.depth() == 0 || !(hidden || entry.file_type().is_dir() && is_output(entry.path()))
    };
    for entry in entries.filter_entry(visible) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let place = below(folder, entry.path());
                search.offer(entry.into_path(), place);
            }
            Ok(_) => {}
            Err(error) => search.lose(error.path().unwrap_or(folder), error.to_string()),
        }
    }
}

/// The jobs, each once, if no two write the same file and no input is written over without leave.
fn checked(jobs: Vec<Job>, overwrite: bool) -> Result<Vec<Job>, String> {
    let mut entries = Entries::default();
    let inputs: Vec<PathBuf> = jobs.iter().map(|job| entries.of(&job.input)).collect();
    let outputs: Vec<PathBuf> = jobs.iter().map(|job| entries.of(&job.output)).collect();
    let readers: HashMap<&Path, usize> = inputs.iter().map(PathBuf::as_path).zip(0..).collect();
    let mut writers: HashMap<&Path, usize> = HashMap::new();
    let mut kept = Vec::new();
    for (at, job) in jobs.iter().enumerate() {
        if job.stream {
            kept.push(job.clone());
            continue;
        }
        if let Some(&other) = writers.get(outputs[at].as_path()) {
            if inputs[other] == inputs[at] {
                continue; // the same picture, named twice
            }
            return Err(format!(
                "{} and {} would both be written to {}: give them to runs with outputs of their own, \
                 or, if they lie in different folders, give the folder above those",
                jobs[other].input.display(),
                job.input.display(),
                job.output.display()
            ));
        }
        if let Some(&reader) = readers.get(outputs[at].as_path())
            && !(overwrite && inputs[reader] == inputs[at])
        {
            return Err(match inputs[reader] == inputs[at] {
                true => {
                    format!("{} would be written over itself: allow it with --overwrite", job.input.display())
                }
                false => format!(
                    "{} would be written over {}, which is an input too",
                    job.input.display(),
                    jobs[reader].input.display()
                ),
            });
        }
        writers.insert(&outputs[at], at);
        kept.push(job.clone());
    }
    Ok(kept)
}

/// Paths as directory entries: the real folder and the name in it, the same however the path was spelled.
#[derive(Default)]
struct Entries {
    folders: HashMap<PathBuf, PathBuf>,
}

impl Entries {
    fn of(&mut self, path: &Path) -> PathBuf {
        let Some(name) = path.file_name() else { return real(path) };
        let name = if cfg!(any(windows, target_os = "macos")) {
            name.to_string_lossy().to_lowercase().into() // file names there differ by more than case
        } else {
            name.to_owned()
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        self.folders.entry(folder).or_insert_with_key(|folder| real(folder)).join(name)
    }
}

/// The path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_get_the_formats_extension() {
        let renamed = |name| renamed(Path::new(name), Format::Png).display().to_string();
        assert_eq!(renamed("a/b.JPG"), "a/b.png");
        assert_eq!(renamed("frame.0001"), "frame.0001.png");
        assert_eq!(renamed("frame.0001.tif"), "frame.0001.png");
        assert_eq!(renamed("picture"), "picture.png");
    }

    #[test]
    fn places_are_below_their_roots() {
        for (root, path, place) in [
            ("photos", "photos/a/b.jpg", "a/b.jpg"),
            ("./photos", "photos/b.jpg", "b.jpg"),
            ("", "b.jpg", "b.jpg"),
            ("../up", "../up/d/c.png", "d/c.png"),
        ] {
            assert_eq!(below(Path::new(root), Path::new(path)), Path::new(place), "{root}");
        }
    }
}
