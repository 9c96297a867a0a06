//! Names of temporaries, the lock that says that one is in use, and the end of those that nobody uses.

use super::failpoint;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// Longest name of an output, in bytes, that its temporaries repeat whole: file systems take 255, and our part needs some.
const LONGEST: usize = 200;

/// What every temporary of an output begins with, and those of no other output do.
fn stem(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default();
    match name.to_str() {
        Some(whole) if whole.len() <= LONGEST => format!(".{whole}."),
        // A longer name, or one that is no text, is told apart by a hash of its bytes.
        _ => {
            let text: String = name.to_string_lossy().chars().take(LONGEST / 8).collect();
            format!(".{text}~{:016x}.", fnv1a(name.as_encoded_bytes()))
        }
    }
}

/// The FNV-1a hash: the same in every process and version, unlike the standard library's.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
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
        // Another process that took the file for an orphan before it was locked holds the lock while it removes the file.
        if lock(&file) != Lock::Refused && names(&path, &file) {
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
            // A file that is being written now, or that is not ours to open, is no orphan.
            let _ = remove_orphan(&entry.path());
        }
    }
}

/// Removes a temporary that no process has locked. The lock is held until the name is gone, and the name is removed only while
/// it is that of the file that was locked: otherwise it could be that of a file which a process has just created.
fn remove_orphan(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    if lock(&file) == Lock::Held && names(path, &file) {
        tracing::debug!(path = %path.display(), "removing what a killed process left");
        fs::remove_file(path)?;
    }
    Ok(())
}

/// What came of locking a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    /// It is locked by this handle until that is closed.
    Held,
    /// Another process holds it.
    Refused,
    /// The file system has no locks: there, nothing is taken for an orphan.
    Unsupported,
}

fn lock(file: &File) -> Lock {
    match file.try_lock() {
        Ok(()) => Lock::Held,
        Err(TryLockError::WouldBlock) => Lock::Refused,
        Err(TryLockError::Error(_)) => Lock::Unsupported,
    }
}

/// Whether `path` is a name of the open `file`.
fn names(path: &Path, file: &File) -> bool {
    let (Ok(named), Ok(open)) = (fs::symlink_metadata(path), file.metadata()) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (named.dev(), named.ino()) == (open.dev(), open.ino())
    }
    #[cfg(not(unix))]
    {
        // A file that is open keeps its name there.
        named.file_type() == open.file_type()
    }
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

    #[test]
    fn outputs_of_long_names_do_not_share_temporaries() {
        let dir = tempfile::tempdir().unwrap();
        let long = |end: char| dir.path().join(format!("{}{end}", "n".repeat(250)));
        let (first, path) = create_hidden(&long('a')).unwrap();
        let (second, other) = create_hidden(&long('b')).unwrap();
        drop(first);
        clean_orphans(&long('b'));
        assert!(path.exists() && other.exists());
        clean_orphans(&long('a'));
        assert!(!path.exists() && other.exists());
        drop(second);
        // Sixty characters in common were once too many.
        let (_, short) = create_hidden(&dir.path().join(format!("{}-1.tif", "n".repeat(60)))).unwrap();
        clean_orphans(&dir.path().join(format!("{}-2.tif", "n".repeat(60))));
        assert!(short.exists());
    }

    #[test]
    fn a_name_that_has_passed_to_another_file_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".out.tif.1-0.tmp");
        fs::write(&path, "left").unwrap();
        let orphan = File::open(&path).unwrap();
        assert!(names(&path, &orphan));
        fs::rename(&path, dir.path().join("elsewhere")).unwrap();
        assert!(!names(&path, &orphan));
        fs::write(&path, "new").unwrap();
        assert!(!names(&path, &orphan) || !cfg!(unix));
    }
}
