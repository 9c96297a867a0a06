//! Lists of numbers as long as a file says, read in pieces: memory never depends on their count.

use crate::{
    error::{Error, Result},
    source::ReadAt,
};
use std::io;

/// Numbers that are read at once.
pub(super) const PIECE: usize = 4096;

/// The numbers of a tag where they are in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    /// How many there are.
    pub count: u64,
    /// Bytes of one: 1, 2, 4 or 8.
    pub width: u64,
    /// Offset of the first; that of nothing where they are in the entry itself.
    pub at: u64,
    /// The entry's own bytes, where they hold all numbers.
    pub inline: Option<[u8; 8]>,
    /// Numbers are most significant byte first.
    pub big_endian: bool,
}

/// Reads numbers in pieces of one buffer.
pub(super) struct Pieces<'a> {
    data: &'a dyn ReadAt,
    name: &'a str,
    bytes: Vec<u8>,
}

impl Numbers {
    /// Bytes of all of them.
    pub fn bytes(&self) -> u64 {
        self.count.saturating_mul(self.width)
    }
}

impl<'a> Pieces<'a> {
    /// Reads from `data`; `name` is the file's, for messages.
    pub fn of(data: &'a dyn ReadAt, name: &'a str) -> Self {
        Self { data, name, bytes: Vec::new() }
    }

    /// Puts the numbers from the one at `first` on into `into`, at most [`PIECE`] of them.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn fill(&mut self, numbers: &Numbers, first: u64, into: &mut [u64]) -> Result<()> {
        let width = numbers.width as usize;
        let len = into.len() * width;
        if let Some(inline) = &numbers.inline {
            self.bytes.clear();
            self.bytes.extend(inline.iter().skip(first as usize * width).take(len));
        } else {
            self.bytes.resize(len, 0);
            let failed = |source: io::Error| Error::Read { name: self.name.to_owned(), action: "read the header", source };
            let at = first.checked_mul(numbers.width).and_then(|bytes| numbers.at.checked_add(bytes));
            let at = at.ok_or_else(|| failed(io::ErrorKind::UnexpectedEof.into()))?;
            self.data.read_exact_at(at, &mut self.bytes).map_err(failed)?;
        }
        let bytes = &self.bytes;
        match (width, numbers.big_endian) {
            (1, _) => each(into, bytes, |[b]: [u8; 1]| b.into()),
            (2, false) => each(into, bytes, |b| u16::from_le_bytes(b).into()),
            (2, true) => each(into, bytes, |b| u16::from_be_bytes(b).into()),
            (4, false) => each(into, bytes, |b| u32::from_le_bytes(b).into()),
            (4, true) => each(into, bytes, |b| u32::from_be_bytes(b).into()),
            (_, false) => each(into, bytes, u64::from_le_bytes),
            (_, true) => each(into, bytes, u64::from_be_bytes),
        }
        Ok(())
    }
}

fn each<const N: usize>(into: &mut [u64], bytes: &[u8], read: impl Fn([u8; N]) -> u64) {
    into.iter_mut().zip(bytes.as_chunks::<N>().0).for_each(|(number, bytes)| *number = read(*bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_both_orders_and_every_width() {
        let data: Vec<u8> = (1..=16).collect();
        let read = |width, big_endian, inline: Option<[u8; 8]>, first| {
            let mut out = [0; 2];
            let numbers = Numbers { count: 16 / width, width, at: 0, inline, big_endian };
            Pieces::of(&data, "x").fill(&numbers, first, &mut out).map(|()| out)
        };
        assert_eq!(read(1, false, None, 3).unwrap(), [4, 5]);
        assert_eq!(read(2, false, None, 1).unwrap(), [0x0403, 0x0605]);
        assert_eq!(read(4, true, None, 2).unwrap(), [0x090A_0B0C, 0x0D0E_0F10]);
        assert_eq!(read(8, true, None, 0).unwrap(), [0x0102_0304_0506_0708, 0x090A_0B0C_0D0E_0F10]);
        assert_eq!(read(2, true, Some([9, 8, 7, 6, 0, 0, 0, 0]), 0).unwrap(), [0x0908, 0x0706]);
        assert!(read(8, false, None, 1).is_err());
    }
}
