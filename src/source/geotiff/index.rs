//! Where the chunks of an image are: looked through in pieces when the file is opened, held as addresses once a job runs.
//!
//! A file says how many chunks it has, and a few bytes can say that there are billions. So opening one keeps nothing of its index
//! but the length of the longest chunk, which plans need; the addresses are read when the first chunk is asked for, after a plan
//! has charged [`ChunkIndex::address_bytes`] to its budget. Those of up to 4096 chunks are kept at once.

use super::numbers::{Numbers, PIECE, Pieces};
use crate::{
    error::{Error, Result},
    source::ReadAt,
};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Max chunks of an image, over all its planes: an index of half a gibibyte.
pub(super) const MAX_CHUNKS: u64 = 1 << 25;

/// Where a chunk's encoded bytes are; `len` 0 for a sparse chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Encoded bytes.
    pub len: u64,
}

/// How the lengths of chunks are known.
#[derive(Clone, Debug)]
pub(super) enum Lengths {
    /// The file lists them.
    Listed(Numbers),
    /// They follow from the shape: those of chunks in all rows of chunks but the last, and in the last.
    Shaped {
        /// Bytes of a chunk with all its rows.
        full: u64,
        /// Bytes of a chunk in the last row of chunks.
        last: u64,
    },
}

/// The index of an image's chunks, plane after plane, row of chunks after row of chunks.
#[derive(Debug)]
pub(super) struct ChunkIndex {
    offsets: Numbers,
    lengths: Lengths,
    /// Chunks across, and down, in one plane.
    grid: (u64, u64),
    /// All chunks of all planes.
    chunks: u64,
    /// Bytes of the file.
    file_len: u64,
    /// Bytes of the longest chunk, and the first chunk that is not sparse.
    longest: u64,
    first: Option<Address>,
    addresses: OnceLock<Vec<Address>>,
    /// Held while the addresses are read, so that they are read once.
    reading: Mutex<()>,
}

impl ChunkIndex {
    /// Looks through an index; nothing of it is kept but the longest and the first chunk.
    ///
    /// # Errors
    /// [`Error::Read`]; [`Error::Input`] where a chunk is not within the file.
    pub fn read(
        (data, name, file_len): (&dyn ReadAt, &str, u64),
        (offsets, lengths): (Numbers, Lengths),
        grid: (u64, u64),
        chunks: u64,
    ) -> Result<Self> {
        let mut index =
            Self { offsets, lengths, grid, chunks, file_len, longest: 0, first: None, addresses: OnceLock::new(), reading: Mutex::new(()) };
        let (mut longest, mut first) = (0, None);
        let mut kept = Vec::with_capacity(if chunks <= PIECE as u64 { chunks as usize } else { 0 });
        index.each(data, name, |address| {
            if chunks <= PIECE as u64 {
                kept.push(address);
            }
            longest = address.len.max(longest);
            if first.is_none() && address.len > 0 {
                first = Some(address);
            }
        })?;
        (index.longest, index.first) = (longest, first);
        if !kept.is_empty() {
            index.addresses = kept.into();
        }
        Ok(index)
    }

    /// Calls `visit` with the address of every chunk, in their order.
    fn each(&self, data: &dyn ReadAt, name: &str, mut visit: impl FnMut(Address)) -> Result<()> {
        let mut pieces = Pieces::of(data, name);
        let (mut offsets, mut lengths) = (vec![0; PIECE], vec![0; PIECE]);
        let mut at = 0;
        while at < self.chunks {
            let count = (self.chunks - at).min(PIECE as u64) as usize;
            let (offsets, lengths) = (&mut offsets[..count], &mut lengths[..count]);
            pieces.fill(&self.offsets, at, offsets)?;
            match &self.lengths {
                Lengths::Listed(numbers) => pieces.fill(numbers, at, lengths)?,
                Lengths::Shaped { full, last } => {
                    let is_last = |chunk: u64| chunk / self.grid.0 % self.grid.1 == self.grid.1 - 1;
                    (at..).zip(&mut *lengths).for_each(|(chunk, len)| *len = if is_last(chunk) { *last } else { *full });
                }
            }
            for (chunk, (&offset, &len)) in (at..).zip(offsets.iter().zip(&*lengths)) {
                if offset == 0 || len == 0 {
                    visit(Address::default());
                } else if offset.checked_add(len).is_some_and(|end| end <= self.file_len) {
                    visit(Address { offset, len });
                } else {
                    return Err(self.beyond(name, chunk, Address { offset, len }));
                }
            }
            at += count as u64;
        }
        Ok(())
    }

    fn beyond(&self, name: &str, chunk: u64, Address { offset, len }: Address) -> Error {
        let chunk = chunk % (self.grid.0 * self.grid.1);
        let (row, col) = (chunk / self.grid.0, chunk % self.grid.0);
        let problem = format!(
            "the file is truncated: the chunk in row {row}, column {col} of the chunk grid ({len} bytes at offset {offset}) lies \
             beyond its end ({} bytes)",
            self.file_len
        );
        Error::Input { name: name.to_owned(), problem }
    }

    /// The address of the chunk at `at` in the index; reads all addresses when it is called first.
    ///
    /// # Errors
    /// As [`read`](Self::read), and where the file changed since.
    pub fn address(&self, data: &dyn ReadAt, name: &str, at: usize) -> Result<Address> {
        if self.addresses.get().is_none() {
            let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
            if self.addresses.get().is_none() {
                let mut addresses = Vec::with_capacity(self.chunks as usize);
                let mut grown = false;
                self.each(data, name, |address| {
                    grown |= address.len > self.longest;
                    addresses.push(address);
                })?;
                if grown {
                    let problem = "its chunk index changed after it was opened".to_owned();
                    return Err(Error::Input { name: name.to_owned(), problem });
                }
                // Nobody else sets it meanwhile.
                let _ = self.addresses.set(addresses);
            }
        }
        let address = self.addresses.get().and_then(|addresses| addresses.get(at));
        address.copied().ok_or(Error::Internal("a chunk was asked for that the raster does not have"))
    }

    /// Bytes of the longest chunk.
    pub fn longest(&self) -> u64 {
        self.longest
    }

    /// The first chunk that is not sparse.
    pub fn first(&self) -> Option<Address> {
        self.first
    }

    /// Bytes of all addresses, once they are read.
    pub fn address_bytes(&self) -> usize {
        self.chunks as usize * size_of::<Address>()
    }
}
