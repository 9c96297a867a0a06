//! What the container asks of the operating system beyond the standard library. Each function has one portable form, which
//! is all there is where the system offers nothing better; tests run it everywhere.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

/// Tells the system that `len` bytes from `from` on will not change soon. On Linux it starts to write them out, and waits
/// for nothing. A hint: it changes nothing but time, so failures are ignored and other systems are told nothing.
pub(super) fn start_writing_out(file: &File, from: u64, len: u64) {
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(file, from, std::num::NonZeroU64::new(len), rustix::fs::Advice::DontNeed);
    #[cfg(not(target_os = "linux"))]
    let _ = (file, from, len);
}

/// Inserts `len` bytes in front of a file's content by moving its extents; the content of the gap is undefined.
///
/// # Errors
/// What the file system says; `Unsupported` elsewhere than on Linux.
pub(super) fn insert_gap(file: &File, len: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return Ok(rustix::fs::fallocate(file, rustix::fs::FallocateFlags::INSERT_RANGE, 0, len)?);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, len);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Copies up to `len` bytes within a file without bringing them into memory. Advances both offsets by the number of bytes
/// copied, and returns it: 0 at the end of the file.
///
/// # Errors
/// What the file system says; `Unsupported` elsewhere than on Linux.
pub(super) fn copy_within(file: &File, from: &mut u64, to: &mut u64, len: usize) -> io::Result<usize> {
    #[cfg(target_os = "linux")]
    return Ok(rustix::fs::copy_file_range(file, Some(from), file, Some(to), len)?);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, from, to, len);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Renames `from` to `to`, and never over another file, not even one that was created a moment ago.
///
/// # Errors
/// `AlreadyExists` if there is a file `to`, else what the file system says.
pub(super) fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    match rustix::fs::renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, rustix::fs::RenameFlags::NOREPLACE) {
        // Not every file system knows the flag.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {}
        done => return done.map_err(Into::into),
    }
    rename_to_new_portably(from, to)
}

/// A hard link fails where the name is taken, at once and on every system. File systems without hard links are left with a
/// look before the rename.
fn rename_to_new_portably(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => {
            // The file has its name. A temporary name that cannot be removed is removed by the next run.
            let _ = fs::remove_file(from);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if fs::symlink_metadata(to).is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// Removes the name of a file that is open and stays usable until it is closed.
///
/// # Errors
/// What the file system says on Unix. Windows may refuse; there the next run removes the file.
pub(super) fn remove_name(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if cfg!(unix) => Err(error),
        _ => Ok(()),
    }
}

/// Makes the names in the directory of `file` durable. Only on Unix can a directory be opened and flushed; NTFS journals its
/// names.
///
/// # Errors
/// What the file system says.
pub(super) fn sync_directory(file: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let parent = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match File::open(parent)?.sync_all() {
            // Some network file systems cannot sync directories; the file itself is safe.
            Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {}
            done => return done,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rename_never_replaces_a_file() {
        for rename in [rename_to_new, rename_to_new_portably] {
            let dir = tempfile::tempdir().unwrap();
            let (from, to) = (dir.path().join("from"), dir.path().join("to"));
            fs::write(&from, "new").unwrap();
            fs::write(&to, "old").unwrap();
            assert_eq!(rename(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!((fs::read(&from).unwrap(), fs::read(&to).unwrap()), (b"new".to_vec(), b"old".to_vec()));
            fs::remove_file(&to).unwrap();
            rename(&from, &to).unwrap();
            assert_eq!(fs::read(&to).unwrap(), b"new");
            assert!(!from.exists());
            assert_eq!(rename(&from, &to.with_file_name("other")).unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }

    #[test]
    fn a_file_without_its_name_can_be_used() {
        use std::io::{Read, Seek, Write};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("unnamed");
        let mut file = fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path).unwrap();
        remove_name(&path).unwrap();
        file.write_all(b"kept").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "kept");
        drop(file);
        assert!(!path.exists());
    }
}
