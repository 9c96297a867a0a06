//! Serialises image file directories, little-endian, each with its arrays right behind it.

use super::size::HeaderKind;
use crate::raster::{CarriedTag, CarriedValue, field_bytes};
use std::io::{self, Write};

/// Value of one tag.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Double(Vec<f64>),
    Rational(Vec<(u32, u32)>),
    /// NUL included.
    Ascii(Vec<u8>),
    /// Of a field type of TIFF's, least significant byte first.
    Plain(u16, Vec<u8>),
    /// A directory of its own, behind this one.
    Directory(Ifd),
    /// Where the segments lie: filled in at the end, LONG or LONG8 by the header.
    Offsets,
    /// How long they are: filled in at the end.
    ByteCounts,
}

impl From<&CarriedTag> for Value {
    fn from(tag: &CarriedTag) -> Self {
        match &tag.value {
            CarriedValue::Plain { kind, bytes } => Self::Plain(*kind, bytes.clone()),
            CarriedValue::Directory(tags) => Self::Directory(Ifd::new(tags.iter().map(|tag| (tag.tag, tag.into())).collect(), 0)),
        }
    }
}

/// The text with exactly one NUL, at its end.
pub(super) fn ascii(text: &str) -> Vec<u8> {
    let mut bytes = text.trim_end_matches('\0').replace('\0', " ").into_bytes();
    bytes.push(0);
    bytes
}

/// Place and length of every segment, in the order of the tags' arrays.
#[derive(Clone, Debug)]
pub(super) struct SegmentIndex {
    pub offsets: Vec<u64>,
    pub byte_counts: Vec<u32>,
}

/// One directory, its tags ascending.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ifd {
    entries: Vec<(u16, Value)>,
    segments: usize,
}

impl HeaderKind {
    pub(super) const fn header_bytes(self) -> u64 {
        match self {
            Self::Classic => 8,
            Self::Big => 16,
        }
    }
    const fn inline_bytes(self) -> u64 {
        match self {
            Self::Classic => 4,
            Self::Big => 8,
        }
    }
    /// Count of entries, the entries, offset of the next directory.
    const fn directory_bytes(self, entries: u64) -> u64 {
        match self {
            Self::Classic => 2 + 12 * entries + 4,
            Self::Big => 8 + 20 * entries + 8,
        }
    }
}

impl Value {
    /// TIFF type, count and bytes.
    fn measure(&self, kind: HeaderKind, segments: usize) -> (u16, u64, u64) {
        let (tiff_type, count, width) = match self {
            Self::Ascii(v) => (2, v.len(), 1),
            Self::Short(v) => (3, v.len(), 2),
            Self::Long(v) => (4, v.len(), 4),
            Self::Rational(v) => (5, v.len(), 8),
            Self::Double(v) => (12, v.len(), 8),
            Self::Plain(tiff_type, v) => {
                let width = field_bytes(*tiff_type).unwrap_or(1);
                (*tiff_type, v.len() / width, width)
            }
            // Readers of BigTIFF take 32 bits here, too, and some take nothing else.
            Self::Directory(ifd) => return (4, 1, ifd.bytes(kind)),
            Self::ByteCounts => (4, segments, 4),
            Self::Offsets if kind == HeaderKind::Classic => (4, segments, 4),
            Self::Offsets => (16, segments, 8),
        };
        (tiff_type, count as u64, (count * width) as u64)
    }

    /// Writes the value, to stand at `at`.
    fn write(&self, kind: HeaderKind, at: u64, index: &SegmentIndex, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Ascii(v) | Self::Plain(_, v) => out.write_all(v),
            Self::Directory(ifd) => ifd.write(kind, at, 0, index, out),
            Self::Short(v) => v.iter().try_for_each(|v| out.write_all(&v.to_le_bytes())),
            Self::Long(v) => v.iter().try_for_each(|v| out.write_all(&v.to_le_bytes())),
            Self::ByteCounts => index.byte_counts.iter().try_for_each(|v| out.write_all(&v.to_le_bytes())),
            Self::Rational(v) => {
                v.iter().try_for_each(|(over, under)| out.write_all(&over.to_le_bytes()).and_then(|()| out.write_all(&under.to_le_bytes())))
            }
            Self::Double(v) => v.iter().try_for_each(|v| out.write_all(&v.to_le_bytes())),
            Self::Offsets => index.offsets.iter().try_for_each(|v| out.write_all(&v.to_le_bytes()[..kind.inline_bytes() as usize])),
        }
    }
}

impl Ifd {
    /// A directory of these tags, in any order.
    pub fn new(mut entries: Vec<(u16, Value)>, segments: usize) -> Self {
        entries.sort_by_key(|entry| entry.0);
        Self { entries, segments }
    }

    /// Indices of the entries whose values lie behind the directory, in file order: the segment index comes last.
    fn out_of_line(&self, kind: HeaderKind) -> impl Iterator<Item = usize> + '_ {
        let is_index = |value: &Value| matches!(value, Value::Offsets | Value::ByteCounts);
        let pass = move |index: bool| (0..self.entries.len()).filter(move |&k| is_index(&self.entries[k].1) == index);
        pass(false).chain(pass(true)).filter(move |&k| self.entries[k].1.measure(kind, self.segments).2 > kind.inline_bytes())
    }

    /// Replaces the value of a tag that is there by one of the same length.
    pub fn replace(&mut self, tag: u16, value: Value) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.0 == tag) {
            entry.1 = value;
        }
    }

    /// Bytes of directory and arrays, a multiple of 8.
    pub fn bytes(&self, kind: HeaderKind) -> u64 {
        let directory = align(kind.directory_bytes(self.entries.len() as u64));
        self.out_of_line(kind).fold(directory, |at, k| align(at + self.entries[k].1.measure(kind, self.segments).2))
    }

    /// Writes directory and arrays, [`bytes`](Self::bytes) in all, to stand at `start` (a multiple of 8); the next
    /// directory stands at `next`, or nowhere at 0.
    pub fn write(&self, kind: HeaderKind, start: u64, next: u64, index: &SegmentIndex, out: &mut dyn Write) -> io::Result<()> {
        let entries = self.entries.len() as u64;
        let word = kind.inline_bytes() as usize;
        match kind {
            HeaderKind::Classic => out.write_all(&(entries as u16).to_le_bytes())?,
            HeaderKind::Big => out.write_all(&entries.to_le_bytes())?,
        }
        let end = start + kind.directory_bytes(entries);
        let mut places = vec![0; self.entries.len()];
        let mut at = align(end);
        for k in self.out_of_line(kind) {
            places[k] = at;
            at = align(at + self.entries[k].1.measure(kind, self.segments).2);
        }
        for ((tag, value), place) in self.entries.iter().zip(&places) {
            let (tiff_type, count, bytes) = value.measure(kind, self.segments);
            out.write_all(&tag.to_le_bytes())?;
            out.write_all(&tiff_type.to_le_bytes())?;
            out.write_all(&count.to_le_bytes()[..word])?;
            if *place > 0 {
                out.write_all(&place.to_le_bytes()[..word])?;
            } else {
                value.write(kind, 0, index, out)?;
                out.write_all(&[0; 8][..word - bytes as usize])?;
            }
        }
        out.write_all(&next.to_le_bytes()[..word])?;
        pad(end, out)?;
        for k in self.out_of_line(kind) {
            self.entries[k].1.write(kind, places[k], index, out)?;
            pad(self.entries[k].1.measure(kind, self.segments).2, out)?;
        }
        Ok(())
    }
}

/// The file's header, which names the first directory.
pub(super) fn write_header(kind: HeaderKind, first: u64, out: &mut impl Write) -> io::Result<()> {
    match kind {
        HeaderKind::Classic => {
            out.write_all(b"II\x2a\0")?;
            out.write_all(&(first as u32).to_le_bytes())
        }
        HeaderKind::Big => {
            out.write_all(b"II\x2b\0\x08\0\0\0")?;
            out.write_all(&first.to_le_bytes())
        }
    }
}

/// Arrays begin at multiples of 8, which suits doubles and 64-bit offsets.
const fn align(at: u64) -> u64 {
    at.next_multiple_of(8)
}

fn pad(len: u64, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&[0; 8][..(align(len) - len) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_as_long_as_predicted() {
        for segments in [1usize, 2, 3, 1000] {
            let index = SegmentIndex { offsets: vec![7; segments], byte_counts: vec![9; segments] };
            let entries = vec![
                (325, Value::ByteCounts),
                (324, Value::Offsets),
                (256, Value::Long(vec![5])),
                (258, Value::Short(vec![8; 3])),
                (33550, Value::Double(vec![1.0; 3])),
                (42113, Value::Ascii(b"-9999\0".to_vec())),
            ];
            let ifd = Ifd::new(entries, segments);
            for kind in [HeaderKind::Classic, HeaderKind::Big] {
                let mut bytes = Vec::new();
                ifd.write(kind, 16, 0, &index, &mut bytes).unwrap();
                assert_eq!(bytes.len() as u64, ifd.bytes(kind), "{kind:?} {segments}");
            }
            let inline = ifd.out_of_line(HeaderKind::Classic).count();
            assert_eq!(inline, if segments == 1 { 3 } else { 5 });
        }
    }
}
