//! Where a directory's segments are, and whether that is as it should be: looked through in pieces, so that memory does not depend on
//! their number.

use super::{
    ifd::Header,
    index::MAX_CHUNKS,
    numbers::{Numbers, PIECE, Pieces},
};
use crate::{error::Result, source::ReadAt};

/// Segments that are looked for overlaps at once; of files with more, those that are that far apart in the index are not compared.
const MAX_HELD: usize = 1 << 20;
/// Segments of a directory whose leaders and trailers are read one by one; beyond, every n-th is.
const PROBES: u64 = 65_536;
/// Segments of a file of which they are read.
const MAX_PROBES: u64 = 4 * PROBES;

/// What GDAL's structural metadata promise of every segment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Promises {
    /// Its length is in front of it.
    pub leader: bool,
    /// Its last four bytes are repeated behind it.
    pub trailer: bool,
    /// Segments come in the order of their rows and columns.
    pub row_major: bool,
}

/// What was found of a directory's segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Segments {
    /// Bytes of all of them.
    pub bytes: u64,
    /// Where the first in the file is.
    pub first: Option<u64>,
    /// How many lie outside the file.
    pub outside: u64,
    /// Whether one comes before the one that the index has in front of it.
    pub disordered: bool,
    /// How many do not have the leaders and trailers that are promised.
    pub wrong: u64,
}

/// Looks through the segments of one directory after the other.
pub(super) struct SegmentScan<'a> {
    pieces: Pieces<'a>,
    data: &'a dyn ReadAt,
    file_len: u64,
    /// Bytes of indices that may still be read: those of a sound file do not share bytes.
    index_bytes_left: u64,
    probes_left: u64,
    /// Beginnings and ends of segments that have not been looked for overlaps.
    held: Vec<(u64, u64)>,
    overlaps: usize,
}

impl<'a> SegmentScan<'a> {
    /// A scan of a file.
    pub fn of(header: &Header<'a>) -> Self {
        Self {
            pieces: Pieces::of(header.data, header.name),
            data: header.data,
            file_len: header.len,
            index_bytes_left: header.len,
            probes_left: MAX_PROBES,
            held: Vec::new(),
            overlaps: 0,
        }
    }

    /// Looks through the segments of a directory; `promises` where their leaders and trailers are to be read.
    ///
    /// # Errors
    /// Those of reading, and what keeps the segments from being looked through.
    pub fn look(&mut self, offsets: &Numbers, lengths: &Numbers, promises: Option<Promises>) -> Result<Result<Segments, String>> {
        let count = offsets.count.min(lengths.count);
        if count > MAX_CHUNKS {
            return Ok(Err(format!("has {count} segments, where at most {MAX_CHUNKS} are looked at")));
        }
        let stored = |numbers: &Numbers| if numbers.inline.is_some() { 0 } else { numbers.bytes() };
        let Some(left) = self.index_bytes_left.checked_sub(stored(offsets).saturating_add(stored(lengths))) else {
            return Ok(Err("shares the bytes of its index with other directories".to_owned()));
        };
        self.index_bytes_left = left;
        let mut found = Segments::default();
        let step = count.div_ceil(PROBES).max(1);
        let (mut at, mut number, mut before) = (0, 0, None);
        let (mut offset_piece, mut length_piece) = ([0; PIECE], [0; PIECE]);
        while at < count {
            let piece = (count - at).min(PIECE as u64) as usize;
            self.pieces.fill(offsets, at, &mut offset_piece[..piece])?;
            self.pieces.fill(lengths, at, &mut length_piece[..piece])?;
            for (&offset, &len) in offset_piece[..piece].iter().zip(&length_piece[..piece]).filter(|(_, len)| **len > 0) {
                let end = offset.saturating_add(len);
                found.bytes = found.bytes.saturating_add(len);
                found.first = Some(found.first.map_or(offset, |first: u64| first.min(offset)));
                found.outside += u64::from(offset < 8 || end > self.file_len);
                found.disordered |= before.is_some_and(|before| offset <= before);
                before = Some(offset);
                if let Some(promises) = promises.filter(|_| number % step == 0 && self.probes_left > 0) {
                    self.probes_left -= 1;
                    found.wrong += u64::from(!self.keeps(promises, offset, len));
                }
                number += 1;
                self.hold(offset, end);
            }
            at += piece as u64;
        }
        Ok(Ok(found))
    }

    /// Whether a segment has the leader and the trailer that are promised.
    fn keeps(&self, promises: Promises, offset: u64, len: u64) -> bool {
        let word = |at: Option<u64>| {
            let mut bytes = [0; 4];
            self.data.read_exact_at(at?, &mut bytes).ok().map(|()| bytes)
        };
        let led = !promises.leader || word(offset.checked_sub(4)).map(u32::from_le_bytes).map(u64::from) == Some(len);
        let end = offset.checked_add(len);
        let trailed = !promises.trailer || len < 4 || word(end).is_some_and(|tail| word(end.map(|end| end - 4)) == Some(tail));
        led && trailed
    }

    fn hold(&mut self, start: u64, end: u64) {
        if self.held.len() == MAX_HELD {
            self.settle();
        }
        self.held.push((start, end));
    }

    fn settle(&mut self) {
        self.held.sort_unstable();
        // Equal segments may be shared.
        self.overlaps += self.held.windows(2).filter(|pair| pair[0] != pair[1] && pair[0].1 > pair[1].0).count();
        self.held.clear();
    }

    /// How many segments overlap others.
    pub fn overlaps(mut self) -> usize {
        self.settle();
        self.overlaps
    }
}
