//! From the arguments to a list of files: what is read, and where it is written.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use glob::MatchOptions;
use walkdir::WalkDir;

use crate::args::ApplyOptions;
use crate::picture::{Format, NamedFormat, is_readable_name};

/// One file to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) format: Format,
}

/// An input that is not there or cannot be looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) input: PathBuf,
    pub(crate) reason: String,
}

/// Everything to do.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    pub(crate) missing: Vec<Missing>,
}

/// A picture file, and its place below the output folder.
struct Found {
    input: PathBuf,
    place: PathBuf,
}

/// Finds the inputs and gives each an output; an error where two would write the same file, or where an input
/// would be written over.
pub(crate) fn plan(options: &ApplyOptions) -> Result<Plan, String> {
    let target = Target::new(options)?;
    let mut missing = Vec::new();
    let mut found = Vec::new();
    for input in &options.inputs {
        let before = found.len() + missing.len();
        if input.is_dir() {
            if matches!(target, Target::File(..)) {
                return Err(format!(
                    "{} is a folder: its pictures cannot go into the one file {}",
                    input.display(),
                    options.output.display()
                ));
            }
            walk(input, &options.output, &mut found, &mut missing);
        } else if let Some(pattern) = pattern(input) {
            expand(pattern, &mut found, &mut missing);
        } else {
            let place = PathBuf::from(input.file_name().unwrap_or(input.as_os_str()));
            found.push(Found { input: input.clone(), place });
        }
        if found.len() + missing.len() == before {
            let reason = "no pictures (PNG, JPEG, WebP, TIFF, BMP) are there".to_owned();
            missing.push(Missing { input: input.clone(), reason });
        }
    }
    if let (Target::File(..), [_, _, ..]) = (&target, &found[..]) {
        return Err(format!(
            "{} pictures cannot go into the one file {}: name a folder",
            found.len(),
            options.output.display()
        ));
    }
    let jobs = found.into_iter().map(|found| target.job(found)).collect();
    Ok(Plan { jobs: checked(jobs, options.overwrite)?, missing })
}

/// Where the outputs go.
enum Target {
    File(PathBuf, Format),
    Folder(PathBuf, Format),
}

impl Target {
    fn new(options: &ApplyOptions) -> Result<Self, String> {
        let output = &options.output;
        let folder = || Ok(Target::Folder(output.clone(), options.format.unwrap_or(Format::Png)));
        if output.is_dir() || ends_in_separator(output) {
            return folder();
        }
        match Format::of_name(output) {
            NamedFormat::Writable(format) => match options.format {
                Some(asked) if asked != format => Err(format!(
                    "--format {} does not go with the output's name {}",
                    asked.extension(),
                    output.display()
                )),
                _ => Ok(Target::File(output.clone(), format)),
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
            Target::File(file, format) => (file.clone(), *format),
            Target::Folder(folder, format) => (folder.join(renamed(&found.place, *format)), *format),
        };
        Job { input: found.input, output, format }
    }
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

/// The input as a pattern, if it is one and no file has that very name.
fn pattern(input: &Path) -> Option<&str> {
    let text = input.to_str()?;
    (text.contains(['*', '?', '[']) && !input.exists()).then_some(text)
}

/// Adds the pictures that match a pattern. Their places are below the part of it that has no wildcard.
fn expand(pattern: &str, found: &mut Vec<Found>, missing: &mut Vec<Missing>) {
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let root = fixed_part(pattern);
    let mut lost = |input: PathBuf, reason: String| missing.push(Missing { input, reason });
    match glob::glob_with(pattern, options) {
        Err(error) => lost(pattern.into(), format!("is no pattern: {error}")),
        Ok(paths) => {
            for path in paths {
                match path {
                    Ok(path) if path.is_file() && is_readable_name(&path) => {
                        let place = below(&root, &path);
                        found.push(Found { input: path, place });
                    }
                    Ok(_) => {}
                    Err(error) => lost(error.path().to_owned(), error.error().to_string()),
                }
            }
        }
    }
}

/// The folders before the first one with a wildcard.
fn fixed_part(pattern: &str) -> PathBuf {
    let path = Path::new(pattern);
    let wild = |part: &Component| part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
    path.components().take_while(|part| !wild(part)).collect()
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
fn walk(folder: &Path, output: &Path, found: &mut Vec<Found>, missing: &mut Vec<Missing>) {
    let output = output.canonicalize().ok();
    let is_output = |path: &Path| output.is_some() && path.canonicalize().ok() == output;
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let visible = |entry: &walkdir::DirEntry| {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        entry.depth() == 0 || !(hidden || entry.file_type().is_dir() && is_output(entry.path()))
    };
    for entry in entries.filter_entry(visible) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_readable_name(entry.path()) => {
                let place = below(folder, entry.path());
                found.push(Found { input: entry.into_path(), place });
            }
            Ok(_) => {}
            Err(error) => {
                let input = error.path().unwrap_or(folder).to_owned();
                missing.push(Missing { input, reason: error.to_string() });
            }
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
    fn places_are_below_the_fixed_part_of_a_pattern() {
        for (pattern, root, path, place) in [
            ("photos/**/*.jpg", "photos", "photos/a/b.jpg", "a/b.jpg"),
            ("./photos/*.jpg", "./photos", "photos/b.jpg", "b.jpg"),
            ("*.jpg", "", "b.jpg", "b.jpg"),
            ("/data/[ab]/x?.jpg", "/data", "/data/a/x1.jpg", "a/x1.jpg"),
            ("../up/*/c.png", "../up", "../up/d/c.png", "d/c.png"),
        ] {
            assert_eq!(fixed_part(pattern), Path::new(root), "{pattern}");
            assert_eq!(below(Path::new(root), Path::new(path)), Path::new(place), "{pattern}");
        }
    }
}
