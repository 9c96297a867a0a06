//! Where the bytes of a file in the making go.
//!
//! What the writer asks of it, and in this order; nothing else, so that a store without a file system can be one:
//! 1. In a plain file, room for the prefix is skipped; a COG begins with its first segment.
//! 2. Segments of full resolution are appended. They are not read, changed or moved by the writer after that.
//! 3. In a plain file, overviews are appended.
//! 4. For a COG, [`make_room`](Sink::make_room) once: what was appended moves up.
//! 5. The room in front is filled: overviews, from a place in it to its end; then, from the file's first byte, the prefix
//!    and padding. In a plain file, the prefix alone.

use super::{disk::Disk, file_system, room};
use crate::raster::PrefixMethod;
use std::{
    fmt::Debug,
    fs::File,
    io::{self, Cursor, Read, Seek, Write},
};

/// The bytes of a file in the making; the [module](self) says in which order they come.
pub(super) trait Sink: Read + Write + Seek + Debug + Send {
    /// Moves its first `len` bytes, which are all, up by `room`; what is in the room then is of no account.
    fn make_room(&mut self, room: u64, len: u64, method: PrefixMethod) -> io::Result<()>;

    /// `len` bytes from `from` on will not change for long: they may be written out.
    fn settle(&mut self, from: u64, len: u64);

    /// The file, if it is one.
    fn file(&self) -> Option<&File>;

    /// All bytes, if they are in memory.
    fn into_bytes(self: Box<Self>) -> Option<Vec<u8>>;
}

impl Sink for Disk {
    fn make_room(&mut self, room: u64, len: u64, method: PrefixMethod) -> io::Result<()> {
        room::make(self, room, len, method)
    }

    fn settle(&mut self, from: u64, len: u64) {
        file_system::start_writing_out(&self.0, from, len);
    }

    fn file(&self) -> Option<&File> {
        Some(&self.0)
    }

    fn into_bytes(self: Box<Self>) -> Option<Vec<u8>> {
        None
    }
}

impl Sink for Cursor<Vec<u8>> {
    fn make_room(&mut self, room: u64, len: u64, _: PrefixMethod) -> io::Result<()> {
        let (room, len) = (room as usize, len as usize);
        self.get_mut().resize(len + room, 0);
        self.get_mut().copy_within(..len, room);
        Ok(())
    }

    fn settle(&mut self, _: u64, _: u64) {}

    fn file(&self) -> Option<&File> {
        None
    }

    fn into_bytes(self: Box<Self>) -> Option<Vec<u8>> {
        Some(self.into_inner())
    }
}
