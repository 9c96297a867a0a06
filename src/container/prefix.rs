//! All that stands before the segments: header, ghost area of a COG, directories, arrays.

use super::{
    ifd::{Ifd, SegmentIndex, write_header},
    size::HeaderKind,
};
use std::io::{self, Write};

/// GDAL's structural metadata, by which its reader knows that every segment stands between its length and its last
/// four bytes repeated. The blank at the end leaves room for a `YES`.
const GHOST: &str = "GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\n\
    LAYOUT=IFDS_BEFORE_DATA\n\
    BLOCK_ORDER=ROW_MAJOR\n\
    BLOCK_LEADER=SIZE_AS_UINT4\n\
    BLOCK_TRAILER=LAST_4_BYTES_REPEATED\n\
    KNOWN_INCOMPATIBLE_EDITION=NO\n ";

/// What follows where masks lie beside the tiles that they belong to.
/// Blanks fill it up, so that the first directory stands right behind it, where validators look for it, and at a multiple of 8.
const GHOST_OF_MASK: &str = "MASK_INTERLEAVED_WITH_IMAGERY=YES\n      ";

/// The directories of a file, full resolution first.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    pub ifds: Vec<Ifd>,
    pub cog: bool,
    /// Every level has a mask.
    pub masked: bool,
}

impl Prefix {
    fn ghost(&self) -> String {
        match (self.cog, self.masked) {
            (false, _) => String::new(),
            (true, false) => GHOST.to_owned(),
            (true, true) => GHOST.replacen("000140", "000180", 1) + GHOST_OF_MASK,
        }
    }

    /// Where the first directory stands.
    fn first(&self, kind: HeaderKind) -> u64 {
        (kind.header_bytes() + self.ghost().len() as u64).next_multiple_of(8)
    }

    /// Its length: a function of sizes and tags alone.
    pub fn bytes(&self, kind: HeaderKind) -> u64 {
        self.ifds.iter().fold(self.first(kind), |at, ifd| at + ifd.bytes(kind))
    }

    /// Writes it: [`bytes`](Self::bytes) in all.
    pub fn write(&self, kind: HeaderKind, indices: &[SegmentIndex], out: &mut impl Write) -> io::Result<()> {
        let mut at = self.first(kind);
        write_header(kind, at, out)?;
        out.write_all(self.ghost().as_bytes())?;
        let padding = at - kind.header_bytes() - self.ghost().len() as u64;
        out.write_all(&[0; 8][..padding as usize])?;
        for (k, (ifd, index)) in self.ifds.iter().zip(indices).enumerate() {
            let end = at + ifd.bytes(kind);
            let next = if k + 1 < self.ifds.len() { end } else { 0 };
            ifd.write(kind, at, next, index, out)?;
            at = end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ghost_area_is_as_long_as_it_says() {
        let (first, rest) = GHOST.split_once('\n').unwrap();
        assert_eq!(first, format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes", rest.len()));
        let masked = Prefix { ifds: Vec::new(), cog: true, masked: true }.ghost();
        let (first, rest) = masked.split_once('\n').unwrap();
        assert_eq!(first, format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes", rest.len()));
    }
}
