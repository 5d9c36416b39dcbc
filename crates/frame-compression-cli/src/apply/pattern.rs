//! Patterns of file names, for arguments that the shell has left as they are.
//!
//! A part of a path that exists under that very name is that name, whatever characters it has; only what does not
//! exist is read as a pattern. Names need not be Unicode.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What a pattern leads to.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// The part of the path before the first piece that was read as a pattern.
    pub(super) root: PathBuf,
    /// Files that match, in the order of their names.
    pub(super) files: Vec<PathBuf>,
    /// Folders that cannot be looked into.
    pub(super) errors: Vec<(PathBuf, String)>,
}

/// Whether a piece of a path is more than a name: `*`, `?`, or `[..]` around several characters or one of these
/// signs. `[1]` is text.
fn is_wild(part: &OsStr) -> bool {
    let text = characters(part);
    (0..text.len()).any(|at| match char::from_u32(text[at]) {
        Some('*' | '?') => true,
        Some('[') => class(&text[at..]).is_some(),
        _ => false,
    })
}

/// Whether a path that does not exist may be meant as a pattern.
pub(super) fn is_pattern(path: &Path) -> bool {
    path.components().any(|part| is_wild(part.as_os_str()))
}

/// Finds the files that match; nothing below the folder `without` does.
pub(super) fn expand(pattern: &Path, without: &Path) -> Result<Matches, String> {
    let parts: Vec<Component> = pattern.components().collect();
    let mut literal = 0;
    let mut root = PathBuf::new();
    while literal < parts.len() {
        let next = root.join(parts[literal]);
        if is_wild(parts[literal].as_os_str()) && next.symlink_metadata().is_err() {
            break;
        }
        root = next;
        literal += 1;
    }
    let rest: Vec<&OsStr> = parts[literal..].iter().map(|part| part.as_os_str()).collect();
    for part in &rest {
        if *part != "**" && part.as_encoded_bytes().windows(2).any(|pair| pair == b"**") {
            return Err("is no pattern: ** has to stand by itself between separators".to_owned());
        }
    }
    let mut matches = Matches { root: root.clone(), ..Matches::default() };
    let without = without.canonicalize().ok();
    let mut search = Search { matches: &mut matches, without, above: Vec::new() };
    search.below(&root, &rest);
    matches.files.sort();
    matches.files.dedup();
    Ok(matches)
}

struct Search<'a> {
    matches: &'a mut Matches,
    without: Option<PathBuf>,
    /// The folders that the search is in, without links.
    above: Vec<PathBuf>,
}

impl Search<'_> {
    fn below(&mut self, folder: &Path, parts: &[&OsStr]) {
        let Some((&part, rest)) = parts.split_first() else {
            if folder.is_file() {
                self.matches.files.push(folder.to_owned());
            }
            return;
        };
        if part == "**" {
            self.below(folder, if rest.is_empty() { &[] } else { rest });
            for name in self.names(folder) {
                let next = folder.join(&name);
                match next.is_dir() {
                    true if !is_hidden(&name) => self.enter(&next, parts),
                    false if rest.is_empty() && !is_hidden(&name) => self.below(&next, &[]),
                    _ => {}
                }
            }
            return;
        }
        let exact = folder.join(part);
        if !is_wild(part) || exact.symlink_metadata().is_ok() {
            return self.below(&exact, rest);
        }
        for name in self.names(folder) {
            let dotted = part.as_encoded_bytes().starts_with(b".");
            if matches(part, &name) && (dotted || !is_hidden(&name)) {
                let next = folder.join(&name);
                if rest.is_empty() {
                    self.below(&next, rest);
                } else if next.is_dir() {
                    self.enter(&next, rest);
                }
            }
        }
    }

    /// Goes into a folder, if it is not the one to leave out, and does not lie above itself by a link.
    fn enter(&mut self, folder: &Path, parts: &[&OsStr]) {
        let Ok(real) = folder.canonicalize() else { return };
        if self.without.as_ref() == Some(&real) {
            return;
        }
        if self.above.contains(&real) {
            let reason = "is a link to a folder above it (a loop)".to_owned();
            self.matches.errors.push((folder.to_owned(), reason));
            return;
        }
        self.above.push(real);
        self.below(folder, parts);
        self.above.pop();
    }

    /// The names in a folder, sorted.
    fn names(&mut self, folder: &Path) -> Vec<std::ffi::OsString> {
        let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let read =
            || fs::read_dir(place)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>();
        let mut names = match read() {
            Ok(names) => names,
            // What is no folder, or is not there, matches nothing.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Vec::new()
            }
            Err(error) => {
                self.matches.errors.push((place.to_owned(), format!("cannot be read: {error}")));
                Vec::new()
            }
        };
        names.sort();
        names
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// The characters of a name; bytes that are no Unicode are numbers beyond it.
fn characters(name: &OsStr) -> Vec<u32> {
    const BEYOND: u32 = 0x11_0000;
    let mut all = Vec::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        all.extend(chunk.valid().chars().map(u32::from));
        all.extend(chunk.invalid().iter().map(|&byte| BEYOND + u32::from(byte)));
    }
    all
}

/// A class `[..]` at the start of a text.
struct Class<'a> {
    negated: bool,
    members: &'a [u32],
    /// Characters of the class with its brackets.
    length: usize,
}

fn class(text: &[u32]) -> Option<Class<'_>> {
    let is = |at: usize, sign: char| text.get(at) == Some(&u32::from(sign));
    let negated = is(1, '!') || is(1, '^');
    let start = if negated { 2 } else { 1 };
    // A bracket that comes first is a member.
    let end = (start + 1..text.len()).find(|&at| is(at, ']'))?;
    let members = &text[start..end];
    let sign = |member: u32| "*?[".chars().any(|sign| u32::from(sign) == member);
    let is_class = negated || members.len() > 1 || members.iter().any(|&member| sign(member));
    is_class.then_some(Class { negated, members, length: end + 1 })
}

impl Class<'_> {
    fn contains(&self, character: u32) -> bool {
        let mut rest = self.members;
        let mut found = false;
        while let [first, after @ ..] = rest {
            match after {
                [dash, last, after @ ..] if *dash == u32::from('-') => {
                    found |= (*first..=*last).contains(&character);
                    rest = after;
                }
                _ => {
                    found |= *first == character;
                    rest = after;
                }
            }
        }
        found != self.negated
    }
}

/// Whether a name matches a piece of a pattern.
fn matches(pattern: &OsStr, name: &OsStr) -> bool {
    let (pattern, name) = (characters(pattern), characters(name));
    // Where the last `*` stands, and how much of the name it has taken.
    let (mut at, mut taken) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while taken < name.len() {
        let step = match pattern.get(at).map(|sign| char::from_u32(*sign)) {
            Some(Some('*')) => {
                star = Some((at, taken));
                at += 1;
                continue;
            }
            Some(Some('?')) => Some(1),
            Some(Some('[')) if let Some(class) = class(&pattern[at..]) => {
                class.contains(name[taken]).then_some(class.length)
            }
            Some(_) => (pattern[at] == name[taken]).then_some(1),
            None => None,
        };
        match (step, star) {
            (Some(length), _) => (at, taken) = (at + length, taken + 1),
            (None, Some((place, covered))) => {
                star = Some((place, covered + 1));
                (at, taken) = (place + 1, covered + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|sign| *sign == u32::from('*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, name, expected) in [
            ("*.png", "a.png", true),
            ("*.png", "a.png.txt", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b", false),
            ("?.png", "ü.png", true),
            ("?.png", "ab.png", false),
            ("x[0-9].png", "x7.png", true),
            ("x[!0-9].png", "x7.png", false),
            ("x[ab].png", "xb.png", true),
            ("x[1].png", "x[1].png", true),
            ("x[1].png", "x1.png", false),
            ("[*].png", "*.png", true),
            ("[*].png", "a.png", false),
            ("[]a].png", "].png", true),
            ("a[b", "a[b", true),
            ("*", "", true),
            ("[z-a]", "b", false),
        ] {
            assert_eq!(matches(OsStr::new(pattern), OsStr::new(name)), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn one_character_in_brackets_is_text() {
        for (text, wild) in [
            ("img[1].png", false),
            ("img[12].png", true),
            ("a[*]", true),
            ("plain", false),
            ("a[", false),
            ("?", true),
        ] {
            assert_eq!(is_wild(OsStr::new(text)), wild, "{text}");
        }
    }
}
