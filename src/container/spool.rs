//! Where overview segments wait until their place in the file is known: memory first, then a file without a name.

use super::{disk::Disk, failpoint, publish::hidden_file};
use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

/// Bytes that wait in memory before they go to the file together.
pub(super) const MEMORY_BYTES: usize = 1 << 20;

/// Bytes, appended and read back.
#[derive(Debug)]
pub(super) struct Spool {
    /// The output that it belongs to: its file lies in the same directory. `None`: all stays in memory.
    beside: Option<PathBuf>,
    memory: Vec<u8>,
    file: Option<Disk>,
    /// Bytes in the file.
    filed: u64,
}

impl Spool {
    pub fn new(beside: Option<PathBuf>) -> Self {
        Self { beside, memory: Vec::with_capacity(MEMORY_BYTES), file: None, filed: 0 }
    }

    /// Appends, and says where.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        failpoint::reach("spool")?;
        let at = self.len();
        if let Some(beside) = self.beside.as_ref().filter(|_| self.memory.len() + bytes.len() > MEMORY_BYTES) {
            let file = match &mut self.file {
                Some(file) => file,
                slot => slot.insert(Disk(hidden_file(beside)?)),
            };
            file.seek(SeekFrom::Start(self.filed))?;
            file.write_all(&self.memory)?;
            self.filed += self.memory.len() as u64;
            self.memory.clear();
            if bytes.len() > MEMORY_BYTES {
                file.write_all(bytes)?;
                self.filed += bytes.len() as u64;
                return Ok(at);
            }
        }
        self.memory.extend_from_slice(bytes);
        Ok(at)
    }

    /// Reads back exactly what was appended there; one append never lies in both places.
    pub fn read(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        if let Some(start) = at.checked_sub(self.filed) {
            bytes.copy_from_slice(&self.memory[start as usize..start as usize + bytes.len()]);
            return Ok(());
        }
        let file = self.file.as_mut().ok_or(io::ErrorKind::UnexpectedEof)?;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(bytes)
    }

    /// Bytes appended.
    pub fn len(&self) -> u64 {
        self.filed + self.memory.len() as u64
    }

    /// Bytes that went to disk.
    pub fn on_disk(&self) -> u64 {
        self.filed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_read_back_and_the_file_has_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(Some(dir.path().join("out.tif")));
        let piece = |k: usize| vec![k as u8; [10, 300_000, MEMORY_BYTES + 7, 1][k % 4]];
        let places: Vec<u64> = (0..12).map(|k| spool.append(&piece(k)).unwrap()).collect();
        for (k, at) in places.into_iter().enumerate().rev() {
            let mut back = vec![0; piece(k).len()];
            spool.read(at, &mut back).unwrap();
            assert!(back == piece(k), "piece {k}");
        }
        assert!(spool.on_disk() > 3 << 20 && spool.on_disk() <= spool.len());
        assert!(!cfg!(unix) || std::fs::read_dir(dir.path()).unwrap().count() == 0);
    }
}
