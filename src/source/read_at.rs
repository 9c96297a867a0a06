use std::{
    fs::{self, File},
    io,
    path::Path,
};

/// Bytes that can be read at any offset by several threads at once.
///
/// Implemented for [`File`] (positioned reads; on Windows they move the file's cursor, which nothing here uses) and `Vec<u8>`.
pub trait ReadAt: Send + Sync {
    /// Fills `buf` from `offset` (bytes from the start).
    ///
    /// # Errors
    /// `UnexpectedEof` where fewer bytes are left, else what the medium says.
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// Length in bytes.
    ///
    /// # Errors
    /// What the medium says.
    fn len(&self) -> io::Result<u64>;

    /// Whether there are no bytes at all.
    ///
    /// # Errors
    /// As [`len`](Self::len).
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

impl ReadAt for File {
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_exact_at(self, buf, offset);
        #[cfg(windows)]
        read_exact_by(|buf, offset| std::os::windows::fs::FileExt::seek_read(self, buf, offset), offset, buf)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

/// Fills `buf` by positioned reads, each of which may return fewer bytes than were asked for.
#[cfg(any(windows, test))]
fn read_exact_by(mut read: impl FnMut(&mut [u8], u64) -> io::Result<usize>, mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
    while !buf.is_empty() {
        match read(buf, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                buf = &mut buf[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Opens a file whose bytes can be read at any offset. Pipes and devices are refused before they are opened, since opening a pipe
/// waits for its writer.
///
/// # Errors
/// What the system says, or what the name is instead of a file.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(io::Error::other(
            "it is a pipe, a socket or a device, and inputs are read at many offsets; a regular file is accepted",
        ));
    }
    File::open(path)
}

impl ReadAt for Vec<u8> {
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let rest = usize::try_from(offset).ok().and_then(|start| self.get(start..));
        let bytes = rest.and_then(|rest| rest.get(..buf.len())).ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(bytes);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(Vec::len(self) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_interrupted_reads_are_continued() {
        let bytes: Vec<u8> = (0..100).collect();
        let mut calls = 0;
        let mut read = |buf: &mut [u8], offset: u64| {
            calls += 1;
            if calls % 3 == 0 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let rest = &bytes[(offset as usize).min(bytes.len())..];
            let count = rest.len().min(buf.len()).min(7);
            buf[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        };
        let mut found = [0; 60];
        read_exact_by(&mut read, 40, &mut found).unwrap();
        assert_eq!(found, bytes[40..]);
        assert_eq!(read_exact_by(&mut read, 41, &mut found).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let broken = |_: &mut [u8], _| Err(io::ErrorKind::PermissionDenied.into());
        assert_eq!(read_exact_by(broken, 0, &mut found).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
