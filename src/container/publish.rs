//! Whole or absent: a temporary beside the final name, which `publish` alone gives away.

use super::{
    disk::Disk,
    failpoint, file_system,
    temporary_name::{clean_orphans, create_hidden},
};
use crate::error::{Error, Result};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A file that has no name yet that anyone looks for; removed unless published.
#[derive(Debug)]
pub(super) struct Temporary {
    /// The name as the caller gave it: what messages say.
    given: PathBuf,
    /// Where the file goes: the given name, its links followed.
    target: PathBuf,
    /// Where the file is now; `None` once it is published or removed.
    path: Option<PathBuf>,
    overwrite: bool,
}

impl Temporary {
    /// Checks the final name and creates a temporary in its directory.
    pub fn create(given: &Path, overwrite: bool) -> Result<(Self, File)> {
        let target = match fs::symlink_metadata(given) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => given.to_owned(),
            // A name that is too long, a directory that may not be searched.
            Err(error) => return Err(write_error(given, "look for a file of this name", error)),
            Ok(_) if !overwrite => return Err(taken(given, "a new name, or --overwrite to replace the file")),
            // Replace what a link names, not the link.
            Ok(found) if found.is_symlink() => fs::canonicalize(given).map_err(|e| write_error(given, "follow the link", e))?,
            Ok(_) => given.to_owned(),
        };
        if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
            return Err(taken(given, "the name of a regular file (this is a directory or a device)"));
        }
        if target.file_name().is_none() {
            return Err(taken(given, "the name of a file"));
        }
        clean_orphans(&target);
        let created = create_hidden(&target);
        let (file, path) = created.map_err(|e| write_error(given, "create a temporary file in its directory", e))?;
        Ok((Self { given: given.to_owned(), target, path: Some(path), overwrite }, file))
    }

    /// The output that it will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Makes the content durable.
    pub fn make_durable(&self, file: &File) -> Result<()> {
        failpoint::call("sync").and_then(|()| file.sync_all()).map_err(|e| write_error(&self.given, "flush to disk", e))
    }

    /// Gives the file its final name.
    pub fn publish(mut self) -> Result<Published> {
        let replaces = fs::symlink_metadata(&self.target).is_ok();
        if let Some(path) = &self.path {
            let renamed = failpoint::call("rename").and_then(|()| self.rename(path));
            renamed.map_err(|e| match e.kind() {
                io::ErrorKind::AlreadyExists => Error::Output {
                    path: self.given.clone(),
                    problem: "a file of this name appeared meanwhile; --overwrite would replace it".to_owned(),
                },
                _ => write_error(&self.given, "rename the finished file", e),
            })?;
            self.path = None;
        }
        Ok(Published { given: self.given.clone(), target: self.target.clone(), is_new: !replaces })
    }

    fn rename(&self, path: &Path) -> io::Result<()> {
        if self.overwrite { fs::rename(path, &self.target) } else { file_system::rename_to_new(path, &self.target) }
    }

    /// Removes the temporary now.
    pub fn remove(&mut self) {
        if let Some(path) = self.path.take() {
            // Nobody can be told, and the name is hidden.
            let _ = fs::remove_file(path);
        }
    }
}

/// A file that has its final name.
#[derive(Debug)]
pub(super) struct Published {
    given: PathBuf,
    target: PathBuf,
    /// Whether no file had the name before.
    is_new: bool,
}

impl Published {
    /// Makes the name durable.
    pub fn make_durable(&self) -> Result<()> {
        failpoint::call("sync-directory")
            .and_then(|()| file_system::sync_directory(&self.target))
            .map_err(|e| write_error(&self.given, "flush its directory", e))
    }

    /// Removes the name again, since another output of the same job failed; a file that was replaced cannot come back.
    pub fn take_back(self) {
        if self.is_new {
            // The failure that led here is what the caller is told.
            let _ = fs::remove_file(&self.target).and_then(|()| file_system::sync_directory(&self.target));
        }
    }
}

/// Writes a small file: it appears under `path` with all of `bytes`, or not at all. An existing file is replaced only if
/// `overwrite` is set.
///
/// # Errors
/// [`Error::Usage`] for a name that cannot be given, [`Error::Write`] or [`Error::Output`] where writing fails.
pub fn write_whole(path: &Path, bytes: &[u8], overwrite: bool) -> Result<()> {
    let (temporary, file) = Temporary::create(path, overwrite)?;
    let mut disk = Disk(file);
    disk.write_all(bytes).map_err(|e| write_error(path, "write it", e))?;
    temporary.make_durable(&disk.0)?;
    temporary.publish()?.make_durable()
}

/// Whether two names lead to one file, links followed.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    if let (Some(a), Some(b)) = (identity(a), identity(b)) {
        return a == b;
    }
    // Names of files that do not exist yet.
    let full = |path: &Path| -> Option<PathBuf> { Some(fs::canonicalize(folder(path)).ok()?.join(path.file_name()?)) };
    full(a).is_some_and(|a| full(b) == Some(a))
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// A file beside `target` that has no name, or loses it when the file is closed.
pub(super) fn hidden_file(target: &Path) -> io::Result<File> {
    let (file, path) = create_hidden(target)?;
    file_system::remove_name(&path)?;
    Ok(file)
}

impl Drop for Temporary {
    fn drop(&mut self) {
        self.remove();
    }
}

fn taken(path: &Path, accepted: &str) -> Error {
    Error::Usage { what: "output", given: path.display().to_string(), accepted: accepted.to_owned() }
}

pub(super) fn write_error(path: &Path, action: &'static str, source: io::Error) -> Error {
    Error::Write { path: path.to_owned(), action, source }
}
