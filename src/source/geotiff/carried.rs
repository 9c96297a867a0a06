//! Tags that say nothing to this program and something to others: copies carry them.

use super::ifd::{Header, Ifd};
use crate::raster::{CARRIED_DIRECTORIES, CARRIED_TAGS, CarriedTag, CarriedValue};

/// A record of bytes that writers call 32-bit integers.
const IPTC: u16 = 33723;
/// Max bytes of all that is carried.
const MAX_BYTES: usize = 16 << 20;
/// Directories within directories that are followed: `Exif` has one of interoperability.
const MAX_DEPTH: usize = 2;
/// Tags of `Exif` that name a directory.
const NESTED: [u16; 1] = [40965];

/// The carried tags of a directory, and a warning for each that is damaged or too large.
pub(super) fn read(header: &Header<'_>, ifd: &Ifd) -> (Vec<CarriedTag>, Vec<String>) {
    let (mut carried, mut warnings, mut room) = (Vec::new(), Vec::new(), MAX_BYTES);
    for (tag, name) in CARRIED_TAGS.into_iter().filter(|(tag, _)| ifd.has_number(*tag)) {
        match value(header, ifd, tag, &mut room) {
            Some(value) => carried.push(CarriedTag { tag, value }),
            None => warnings.push(format!("its {name} (tag {tag}) is damaged or too large, and is not copied")),
        }
    }
    for (tag, name) in CARRIED_DIRECTORIES.into_iter().filter(|(tag, _)| ifd.has_number(*tag)) {
        match directory(header, ifd, tag, MAX_DEPTH, &mut room) {
            Some(value) => carried.push(CarriedTag { tag, value }),
            None => warnings.push(format!("its {name} directory (tag {tag}) is damaged or too large, and is not copied")),
        }
    }
    (carried, warnings)
}

fn value(header: &Header<'_>, ifd: &Ifd, tag: u16, room: &mut usize) -> Option<CarriedValue> {
    let (kind, bytes) = header.little_endian(ifd, tag, tag == IPTC, *room as u64)?;
    *room -= bytes.len();
    Some(CarriedValue::Plain { kind, bytes })
}

fn directory(header: &Header<'_>, ifd: &Ifd, tag: u16, depth: usize, room: &mut usize) -> Option<CarriedValue> {
    let at = header.one(ifd, tiff::tags::Tag::from_u16_exhaustive(tag)).ok()??;
    let inner = header.directory(at).ok()?;
    let mut tags = Vec::new();
    for tag in inner.numbers() {
        let value = match NESTED.contains(&tag) {
            true if depth > 0 => directory(header, &inner, tag, depth - 1, room)?,
            true => continue,
            false => value(header, &inner, tag, room)?,
        };
        tags.push(CarriedTag { tag, value });
    }
    Some(CarriedValue::Directory(tags))
}
