//! Names of temporaries, the lock that says that one is in use, and the end of those that nobody uses.

use super::failpoint;
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// What every temporary of an output begins with. File systems take 255 bytes: leave room for our part.
fn stem(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    format!(".{}.", name.chars().take(50).collect::<String>())
}

/// Creates and locks a temporary beside `target`.
pub(super) fn create_hidden(target: &Path) -> io::Result<(File, PathBuf)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    failpoint::call("create")?;
    loop {
        let unique = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = target.with_file_name(format!("{}{}-{unique}.tmp", stem(target), std::process::id()));
        let file = match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => file,
            // Left by a killed process that had our number.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(e) => return Err(e),
        };
        lock(&file);
        // Another process may have taken it for an orphan before it was locked.
        if fs::symlink_metadata(&path).is_ok() {
            return Ok((file, path));
        }
    }
}

/// Removes temporaries of this output whose process is gone. What cannot be is left: it has no name that anyone looks for.
pub(super) fn clean_orphans(target: &Path) {
    let directory = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stem = stem(target);
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().and_then(|n| n.strip_prefix(&stem)?.strip_suffix(".tmp")).is_some_and(|middle| {
            let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            middle.split_once('-').is_some_and(|(process, unique)| number(process) && number(unique))
        });
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let path = entry.path();
            let unused = OpenOptions::new().read(true).write(true).open(&path).is_ok_and(|file| lock(&file));
            if unused {
                tracing::debug!(path = %path.display(), "removing what a killed process left");
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Whether the file is now locked by this handle; it stays so until the handle is closed. `false` too where the file system
/// has no locks: there, nothing is taken for an orphan.
fn lock(file: &File) -> bool {
    file.try_lock().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unlocked_temporaries_of_the_same_output_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out.tif");
        let (held, path) = create_hidden(&target).unwrap();
        for name in [".out.tif.12-0.tmp", ".out.tif.x-0.tmp", ".out.tif.12.tmp", ".other.tif.12-0.tmp", "out.tif.12-0.tmp"] {
            fs::write(dir.path().join(name), "left").unwrap();
        }
        clean_orphans(&target);
        let left = |name: &str| dir.path().join(name).exists();
        assert!(path.exists() && !left(".out.tif.12-0.tmp"));
        assert!(left(".out.tif.x-0.tmp") && left(".out.tif.12.tmp") && left(".other.tif.12-0.tmp") && left("out.tif.12-0.tmp"));
        drop(held);
        clean_orphans(&target);
        assert!(!path.exists());
    }
}
