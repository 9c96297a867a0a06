//! A file as the container writes it: every call may be made to fail.

use super::failpoint;
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

/// A file on disk, each of whose calls may be made to fail.
#[derive(Debug)]
pub(super) struct Disk(pub File);

impl Read for Disk {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        failpoint::call("read")?;
        self.0.read(bytes)
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        failpoint::call("write")?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
