//! Output files: written whole under a temporary name, then renamed; temporary files that nobody needs are removed.

use std::collections::HashSet;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

const PREFIX: &str = ".frame-compression-";
const SUFFIX: &str = ".tmp";

/// The temporary files of this process.
static TEMPORARY: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);

fn temporary() -> MutexGuard<'static, Option<HashSet<PathBuf>>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a file. True where there was one already and it was kept; without `overwrite` that is always so.
pub(crate) fn write(content: &[u8], output: &Path, overwrite: bool) -> Result<bool, String> {
    write_file(content, output, overwrite).map_err(|error| error.to_string())
}

fn write_file(content: &[u8], output: &Path, overwrite: bool) -> io::Result<bool> {
    if !overwrite {
        fs::create_dir_all(folder_of(output))?;
        let file = Temporary::new(folder_of(output), content)?;
        return file.put(output);
    }
    // What a link leads to is written, the link stays.
    let target = target_of(output)?;
    fs::create_dir_all(folder_of(&target))?;
    match target.metadata() {
        Ok(before) => replace(content, &target, &before)?,
        Err(_) => Temporary::new(folder_of(&target), content)?.replace(&target)?,
    }
    Ok(false)
}

/// An output that is too long to be held: written as it comes, and put in its place when it is whole.
pub(crate) struct Growing {
    file: Temporary,
    output: PathBuf,
    overwrite: bool,
}

impl Growing {
    /// Begins a file; `None` where there is one that is to be kept.
    pub(crate) fn new(output: &Path, overwrite: bool) -> io::Result<Option<Self>> {
        if !overwrite && output.symlink_metadata().is_ok() {
            return Ok(None);
        }
        let output = if overwrite { target_of(output)? } else { output.to_owned() };
        fs::create_dir_all(folder_of(&output))?;
        let file = Temporary::new(folder_of(&output), b"")?;
        Ok(Some(Self { file, output, overwrite }))
    }

    /// Puts the file in its place. True where one has appeared meanwhile and is kept.
    pub(crate) fn finish(mut self) -> io::Result<bool> {
        if !self.overwrite {
            return self.file.put(&self.output);
        }
        let Ok(before) = self.output.metadata() else {
            return self.file.replace(&self.output).map(|()| false);
        };
        let mut old = writable(&self.output, &before)?;
        if !has_other_names(&before) && self.file.take_after(&before).is_ok() {
            return self.file.replace(&self.output).map(|()| false);
        }
        let file = self.file.file.as_file_mut();
        file.rewind()?;
        let length = io::copy(file, &mut old)?;
        old.set_len(length).map(|()| false)
    }
}

impl io::Write for Growing {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        self.file.file.write(content)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.file.flush()
    }
}

/// Opens a file that is to be replaced, if it may be.
fn writable(target: &Path, before: &Metadata) -> io::Result<File> {
    if before.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    OpenOptions::new().write(true).open(target)
}

/// Replaces a file so that its permissions, its owner and its other names stay.
fn replace(content: &[u8], target: &Path, before: &Metadata) -> io::Result<()> {
    let mut old = writable(target, before)?;
    if !has_other_names(before)
        && let Ok(file) = Temporary::new(folder_of(target), content)
        && file.take_after(before).is_ok()
    {
        return file.replace(target);
    }
    // Another file cannot take its place: it has other names (hard links), an owner that cannot be given to a new
    // file, or lies in a folder that takes none.
    old.write_all(content)?;
    old.set_len(content.len() as u64)
}

/// The file that a path leads to through links, whether it exists or not.
fn target_of(output: &Path) -> io::Result<PathBuf> {
    let mut target = output.to_owned();
    for _ in 0..40 {
        let Ok(link) = fs::read_link(&target) else { return Ok(target) };
        target = folder_of(&target).join(link);
    }
    Err(io::Error::other("its links lead nowhere"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn has_other_names(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

/// A temporary file beside the output, held by a lock as long as somebody writes it.
struct Temporary {
    file: NamedTempFile,
}

impl Temporary {
    fn new(folder: &Path, content: &[u8]) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any new file: what the process's mask leaves.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let mut held = loop {
            let mut all = temporary();
            let file = builder.tempfile_in(folder)?;
            // Somebody who tidies up may have been faster with the lock; then the file is theirs to remove.
            if !matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock)) && file.path().exists() {
                all.get_or_insert_default().insert(file.path().to_owned());
                break Self { file };
            }
        };
        held.file.write_all(content)?;
        Ok(held)
    }

    /// Gives it the permissions and the owner of another file.
    #[cfg(unix)]
    fn take_after(&self, before: &Metadata) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let own = self.file.as_file().metadata()?;
        if (own.uid(), own.gid()) != (before.uid(), before.gid()) {
            fchown(self.file.as_file(), Some(before.uid()), Some(before.gid()))?;
        }
        self.file.as_file().set_permissions(before.permissions())
    }

    #[cfg(not(unix))]
    fn take_after(&self, before: &Metadata) -> io::Result<()> {
        self.file.as_file().set_permissions(before.permissions())
    }

    /// Takes the place of the output.
    fn replace(self, output: &Path) -> io::Result<()> {
        let path = self.file.path().to_owned();
        let renamed = self.file.persist(output).map(drop).map_err(|error| error.error);
        forget(&path);
        renamed
    }

    /// Becomes the output, if there is none. True where there is one.
    fn put(self, output: &Path) -> io::Result<bool> {
        let path = self.file.path().to_owned();
        let put = match self.file.persist_noclobber(output) {
            Ok(_) => Ok(false),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
            // Not every mount can rename exclusively or link: then look first.
            Err(_) if output.symlink_metadata().is_ok() => Ok(true),
            Err(error) => error.file.persist(output).map(|_| false).map_err(|error| error.error),
        };
        forget(&path);
        put
    }
}

fn forget(path: &Path) {
    if let Some(all) = &mut *temporary() {
        all.remove(path);
    }
}

/// Removes this process's temporary files and holds the lock on their list, so that none is made any more.
pub(crate) fn remove_all() -> impl Sized {
    let all = temporary();
    for path in all.iter().flatten() {
        let _ = fs::remove_file(path);
    }
    all
}

/// Removes the temporary files in a folder that a process has left which could not tidy up after itself.
pub(crate) fn remove_stale(folder: &Path) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if !(name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes())) {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_file()) && is_nobodys(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether no process holds a file's lock. Where there are no locks, a file that has not been touched for a day.
fn is_nobodys(path: &Path) -> bool {
    const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
    let Ok(file) = File::open(path) else { return false };
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => {
            let age = file.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
            age.is_some_and(|age| age > DAY)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_go_when_the_program_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let held = Temporary::new(folder.path(), b"half a picture").unwrap();
        let path = held.file.path().to_owned();
        assert!(path.exists());
        remove_stale(folder.path());
        assert!(path.exists(), "somebody holds it");
        drop(remove_all());
        assert!(!path.exists());
    }

    #[test]
    fn files_that_nobody_holds_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".frame-compression-abc.tmp", ".frame-compression-abc", "frame-compression-abc.tmp"] {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        fs::create_dir(folder.path().join(".frame-compression-folder.tmp")).unwrap();
        remove_stale(folder.path());
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 3, "all but the first");
        assert!(!folder.path().join(".frame-compression-abc.tmp").exists());
    }
}
