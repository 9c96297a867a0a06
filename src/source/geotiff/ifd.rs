//! Header and directories of a TIFF file.
//!
//! The tag vocabulary is the `tiff` crate's. Its reader is not used: it parses the first directory before limits can
//! be set, refuses what it cannot decode itself, and holds 32 bytes for each number of a tile index.

use super::numbers::Numbers;
use crate::{
    error::{Error, Result},
    raster::{field_bytes, field_unit, text_of},
    source::ReadAt,
};
use tiff::tags::Tag;

/// Most entries of one directory.
const MAX_ENTRIES: u64 = 4096;

/// How many values of a tag are read.
#[derive(Clone, Copy, Debug)]
enum Take {
    /// The first of them, however many there are.
    First(u64),
    /// All; more than these are an error.
    AtMost(u64),
}

/// What every read of a header needs.
pub(super) struct Header<'a> {
    /// The file.
    pub data: &'a dyn ReadAt,
    /// Its name, for messages.
    pub name: &'a str,
    /// Length of the file in bytes.
    pub len: u64,
    /// Numbers are most significant byte first.
    pub big_endian: bool,
    /// Offsets have 64 bits.
    pub big_tiff: bool,
    /// Offset of the first directory.
    pub first: u64,
}

/// One image file directory.
pub(super) struct Ifd {
    entries: Vec<Entry>,
    /// Offset of the next directory; 0 if there is none.
    pub next: u64,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The value itself if it fits, else its offset; as in the file.
    inline: [u8; 8],
}

impl<'a> Header<'a> {
    /// Reads the 8 or 16 bytes that every TIFF begins with.
    pub fn read(data: &'a dyn ReadAt, name: &'a str) -> Result<Self> {
        let len = data.len().map_err(|source| Error::Read { name: name.to_owned(), action: "get its length", source })?;
        let mut header = Self { data, name, len, big_endian: false, big_tiff: false, first: 0 };
        if len == 0 {
            return Err(header.bad("the file is empty"));
        }
        if len < 8 {
            return Err(header.bad(format!("not a TIFF: {len} bytes are too few")));
        }
        let head: [u8; 8] = header.array(0)?;
        header.big_endian = match &head[..2] {
            b"II" => false,
            b"MM" => true,
            _ => return Err(header.bad("not a TIFF: it begins with neither 'II' nor 'MM'")),
        };
        match header.number(&head[2..4]) {
            42 => header.first = header.number(&head[4..8]),
            43 if len >= 16 && header.number(&head[4..8]) == if header.big_endian { 8 << 16 } else { 8 } => {
                header.big_tiff = true;
                header.first = u64::from_ne_bytes(header.array(8)?);
                if header.big_endian != cfg!(target_endian = "big") {
                    header.first = header.first.swap_bytes();
                }
            }
            other => return Err(header.bad(format!("not a TIFF: version {other}, where 42 or 43 is expected"))),
        }
        Ok(header)
    }

    /// An error that blames the file.
    pub fn bad(&self, problem: impl Into<String>) -> Error {
        Error::Input { name: self.name.to_owned(), problem: problem.into() }
    }

    /// Fills `buf` from `offset`.
    ///
    /// # Errors
    /// [`Error::Input`] where the file is too short, [`Error::Read`].
    pub fn read_exact(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        if offset.checked_add(buf.len() as u64).is_none_or(|end| end > self.len) {
            return Err(self.bad(format!(
                "the file is truncated: {} bytes at offset {offset} lie beyond its end ({} bytes)",
                buf.len(),
                self.len
            )));
        }
        self.data.read_exact_at(offset, buf).map_err(|source| Error::Read { name: self.name.to_owned(), action: "read the header", source })
    }

    fn array<const N: usize>(&self, offset: u64) -> Result<[u8; N]> {
        let mut buf = [0; N];
        self.read_exact(offset, &mut buf)?;
        Ok(buf)
    }

    /// An unsigned number of 1, 2, 4 or 8 bytes in the file's byte order.
    fn number(&self, bytes: &[u8]) -> u64 {
        let shift = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
        if self.big_endian { bytes.iter().fold(0, shift) } else { bytes.iter().rev().fold(0, shift) }
    }

    /// Reads the directory at `offset`.
    pub fn directory(&self, offset: u64) -> Result<Ifd> {
        let (count_bytes, entry_bytes, word) = if self.big_tiff { (8, 20, 8) } else { (2, 12, 4) };
        let mut count = [0; 8];
        self.read_exact(offset, &mut count[..count_bytes])?;
        let count = self.number(&count[..count_bytes]);
        if count == 0 || count > MAX_ENTRIES {
            return Err(self.bad(format!("the directory at offset {offset} has {count} entries, where 1 to {MAX_ENTRIES} are expected")));
        }
        let mut bytes = vec![0; count as usize * entry_bytes + word];
        self.read_exact(offset + count_bytes as u64, &mut bytes)?;
        let (entries, next) = bytes.split_at(count as usize * entry_bytes);
        let entries = entries.chunks_exact(entry_bytes).map(|e| {
            let mut inline = [0; 8];
            inline[..word].copy_from_slice(&e[4 + word..]);
            Entry { tag: self.number(&e[..2]) as u16, kind: self.number(&e[2..4]) as u16, count: self.number(&e[4..4 + word]), inline }
        });
        Ok(Ifd { entries: entries.collect(), next: self.number(next) })
    }

    /// Bytes of a tag's value, in file order.
    fn value(&self, entry: &Entry, take: Take) -> Result<Vec<u8>> {
        let size = kind_bytes(entry.kind);
        let count = match take {
            Take::First(most) => entry.count.min(most),
            Take::AtMost(most) if entry.count <= most => entry.count,
            Take::AtMost(most) => {
                return Err(self.bad(format!("tag {} has {} values, where at most {most} are accepted", entry.tag, entry.count)));
            }
        };
        // Both are small: callers take some thousands, of 8 bytes.
        let wanted = count * size;
        let word: u64 = if self.big_tiff { 8 } else { 4 };
        if entry.count.saturating_mul(size) <= word {
            return Ok(entry.inline[..wanted as usize].to_vec());
        }
        // Checked before anything is allocated: a value cannot be longer than the file that holds it.
        if wanted > self.len {
            return Err(self.bad(format!("tag {} claims {wanted} bytes in a file of {}", entry.tag, self.len)));
        }
        let mut bytes = vec![0; wanted as usize];
        self.read_exact(self.number(&entry.inline[..word as usize]), &mut bytes)?;
        Ok(bytes)
    }

    fn whole_numbers(&self, entry: &Entry, take: Take) -> Result<Vec<u64>> {
        self.check_whole(entry)?;
        let bytes = self.value(entry, take)?;
        Ok(bytes.chunks_exact(kind_bytes(entry.kind) as usize).map(|b| self.number(b)).collect())
    }

    fn check_whole(&self, entry: &Entry) -> Result<()> {
        if !matches!(entry.kind, 1 | 3 | 4 | 13 | 16 | 18) {
            return Err(self.bad(format!("tag {} is of type {}, where whole numbers are expected", entry.tag, entry.kind)));
        }
        Ok(())
    }

    /// Where the values of an unsigned integer tag are, however many; `None` if it is absent.
    ///
    /// # Errors
    /// [`Error::Input`] where it is of another type, or not all of `needed` values are within the file.
    pub fn numbers(&self, ifd: &Ifd, tag: Tag, needed: u64) -> Result<Option<Numbers>> {
        let Some(entry) = ifd.find(tag) else { return Ok(None) };
        self.check_whole(entry)?;
        let (width, word) = (kind_bytes(entry.kind), if self.big_tiff { 8 } else { 4 });
        let mut numbers = Numbers { count: entry.count, width, at: 0, inline: None, big_endian: self.big_endian };
        if numbers.bytes() <= word {
            numbers.inline = Some(entry.inline);
            return Ok(Some(numbers));
        }
        numbers.at = self.number(&entry.inline[..word as usize]);
        let bytes = entry.count.min(needed).saturating_mul(width);
        if numbers.at.checked_add(bytes).is_none_or(|end| end > self.len) {
            return Err(self.bad(format!(
                "the file is truncated: {bytes} bytes of tag {} at offset {} lie beyond its end ({} bytes)",
                entry.tag, numbers.at, self.len
            )));
        }
        Ok(Some(numbers))
    }

    /// The first values of an unsigned integer tag, `most` of them or all that there are; empty if it is absent.
    pub fn first(&self, ifd: &Ifd, tag: Tag, most: u64) -> Result<Vec<u64>> {
        ifd.find(tag).map_or(Ok(Vec::new()), |entry| self.whole_numbers(entry, Take::First(most)))
    }

    /// The only, or first, value of an unsigned integer tag; `None` if it is absent.
    pub fn one(&self, ifd: &Ifd, tag: Tag) -> Result<Option<u64>> {
        Ok(self.first(ifd, tag, 1)?.first().copied())
    }

    /// All values of a tag of 16-bit numbers, empty if it is absent; more than `most` are an error.
    pub fn shorts(&self, ifd: &Ifd, tag: Tag, most: u64) -> Result<Vec<u16>> {
        let narrow = |v| u16::try_from(v).map_err(|_| self.bad(format!("tag {} holds {v}, which is no 16-bit number", tag.to_u16())));
        let Some(entry) = ifd.find(tag) else { return Ok(Vec::new()) };
        self.whole_numbers(entry, Take::AtMost(most))?.into_iter().map(narrow).collect()
    }

    /// All values of a floating-point tag, empty if it is absent; more than `most` are an error.
    pub fn doubles(&self, ifd: &Ifd, tag: Tag, most: u64) -> Result<Vec<f64>> {
        let Some(entry) = ifd.find(tag) else { return Ok(Vec::new()) };
        let bytes = self.value(entry, Take::AtMost(most))?;
        match entry.kind {
            12 => Ok(bytes.chunks_exact(8).map(|b| f64::from_bits(self.number(b))).collect()),
            11 => Ok(bytes.chunks_exact(4).map(|b| f64::from(f32::from_bits(self.number(b) as u32))).collect()),
            kind => Err(self.bad(format!("tag {} is of type {kind}, where floating-point numbers are expected", entry.tag))),
        }
    }

    /// The bytes of a tag, empty if it is absent; more than `most` values are an error.
    pub fn bytes(&self, ifd: &Ifd, tag: Tag, most: u64) -> Result<Vec<u8>> {
        ifd.find(tag).map_or(Ok(Vec::new()), |entry| self.value(entry, Take::AtMost(most)))
    }

    /// The values of a tag of fractions; empty if it is absent, of another type, or has not `count` of them.
    pub fn fractions(&self, ifd: &Ifd, tag: Tag, count: u64) -> Result<Vec<f64>> {
        let Some(entry) = ifd.find(tag).filter(|entry| entry.kind == 5 && entry.count == count) else { return Ok(Vec::new()) };
        let bytes = self.value(entry, Take::AtMost(count))?;
        Ok(bytes.chunks_exact(8).map(|both| self.number(&both[..4]) as f64 / self.number(&both[4..]) as f64).collect())
    }

    /// Field type and values of a tag, least significant byte first unless `verbatim`; `None` where it is absent, damaged, or longer than `most` bytes.
    pub fn little_endian(&self, ifd: &Ifd, tag: u16, verbatim: bool, most: u64) -> Option<(u16, Vec<u8>)> {
        let entry = ifd.entry(tag)?;
        let (unit, size) = (field_unit(entry.kind)?, field_bytes(entry.kind)? as u64);
        if entry.count == 0 || entry.count.checked_mul(size)? > most {
            return None;
        }
        let mut bytes = self.value(entry, Take::AtMost(most)).ok()?;
        if self.big_endian && !verbatim {
            bytes.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        }
        Some((entry.kind, bytes))
    }

    /// The bytes of a text without trailing NULs; `None` if the tag is absent. More than `most` values are an error.
    pub fn text_bytes(&self, ifd: &Ifd, tag: Tag, most: u64) -> Result<Option<Vec<u8>>> {
        let Some(entry) = ifd.find(tag) else { return Ok(None) };
        let mut bytes = self.value(entry, Take::AtMost(most))?;
        bytes.truncate(bytes.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1));
        Ok(Some(bytes))
    }

    /// The text of a tag without trailing NULs, of UTF-8 or else Latin-1; `None` if the tag is absent. More than `most` values are an
    /// error.
    pub fn text(&self, ifd: &Ifd, tag: Tag, most: u64) -> Result<Option<String>> {
        Ok(self.text_bytes(ifd, tag, most)?.map(|bytes| text_of(&bytes)))
    }
}

impl Ifd {
    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    fn find(&self, tag: Tag) -> Option<&Entry> {
        self.entry(tag.to_u16())
    }

    /// Whether the directory has the tag of this number.
    pub fn has_number(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// Numbers of all tags, in the directory's order.
    pub fn numbers(&self) -> impl Iterator<Item = u16> + '_ {
        self.entries.iter().map(|entry| entry.tag)
    }

    /// Whether the directory has the tag.
    pub fn has(&self, tag: Tag) -> bool {
        self.find(tag).is_some()
    }
}

/// Bytes of one value of a TIFF field type; unknown types count as bytes.
fn kind_bytes(kind: u16) -> u64 {
    field_bytes(kind).unwrap_or(1) as u64
}
