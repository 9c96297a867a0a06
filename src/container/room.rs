//! Room in front of what a file holds already: the base data of a COG are written before its prefix is known.

use super::{disk::Disk, failpoint, file_system};
use crate::raster::PrefixMethod;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The room is a multiple of this, so that the file's bytes do not depend on how it was made.
pub(super) const GRANULE: u64 = 4096;

/// Bytes that are moved at once through memory.
pub(super) const MOVE_BYTES: usize = 256 << 10;

/// Moves the `len` bytes of `file` up by `room`; what is in the room then is of no account.
///
/// # Errors
/// What the file system reports; a method that was asked for and does not exist there.
pub(super) fn make(file: &mut Disk, room: u64, len: u64, method: PrefixMethod) -> io::Result<()> {
    if len == 0 || room == 0 {
        return Ok(());
    }
    let mut left = len;
    match method {
        PrefixMethod::InsertRange => insert(file, room),
        PrefixMethod::CopyRange => copy(file, room, &mut left),
        PrefixMethod::Shift => shift(file, room, left),
        PrefixMethod::Auto => {
            if insert(file, room).is_ok() || copy(file, room, &mut left).is_ok() {
                return Ok(());
            }
            shift(file, room, left)
        }
    }
}

fn insert(file: &Disk, room: u64) -> io::Result<()> {
    failpoint::call("insert")?;
    file_system::insert_gap(&file.0, room)
}

/// Moves pieces no longer than the room, so that none overlaps its place; `left` is what still lies where it was.
fn copy(file: &Disk, room: u64, left: &mut u64) -> io::Result<()> {
    while *left > 0 {
        let piece = room.min(*left);
        let start = *left - piece;
        let (mut from, mut to) = (start, start + room);
        while from < *left {
            let want = (*left - from).min(1 << 30) as usize;
            failpoint::call("copy")?;
            if file_system::copy_within(&file.0, &mut from, &mut to, want)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        *left = start;
    }
    Ok(())
}

fn shift(file: &mut Disk, room: u64, mut left: u64) -> io::Result<()> {
    let mut buffer = vec![0; MOVE_BYTES];
    while left > 0 {
        let piece = (MOVE_BYTES as u64).min(left);
        left -= piece;
        let bytes = &mut buffer[..piece as usize];
        file.seek(SeekFrom::Start(left))?;
        file.read_exact(bytes)?;
        file.seek(SeekFrom::Start(left + room))?;
        file.write_all(bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_moves_the_same_bytes() {
        let bytes: Vec<u8> = (0..3 * MOVE_BYTES + 4567).map(|i| (i * 31 % 251) as u8).collect();
        for room in [GRANULE, 5 * GRANULE, 4 * MOVE_BYTES as u64] {
            for method in [PrefixMethod::Auto, PrefixMethod::InsertRange, PrefixMethod::CopyRange, PrefixMethod::Shift] {
                let mut file = Disk(tempfile::tempfile().unwrap());
                file.write_all(&bytes).unwrap();
                match make(&mut file, room, bytes.len() as u64, method) {
                    Ok(()) => {}
                    Err(error) if matches!(method, PrefixMethod::InsertRange | PrefixMethod::CopyRange) => {
                        eprintln!("SKIPPED: {method:?} is not to be had here: {error}");
                        continue;
                    }
                    Err(error) => panic!("{method:?}: {error}"),
                }
                let mut moved = Vec::new();
                file.seek(SeekFrom::Start(room)).unwrap();
                file.read_to_end(&mut moved).unwrap();
                assert!(moved == bytes, "{method:?} by {room}");
            }
        }
    }
}
