//! The end of a file: overviews come from the spool to their places, the prefix to the front, the file to its name.

use super::{
    complete::{CompleteFile, publish_all},
    failpoint,
    ifd::SegmentIndex,
    room::GRANULE,
    size::{self, HeaderKind},
    spool::Spool,
    writer::{ABSENT, BUFFER_BYTES, GeoTiffWriter, LEADER_AND_TRAILER, OUTGROWN, WrittenFile, slot},
};
use crate::error::{Error, Result};
use std::io::{self, Seek, SeekFrom, Write};

impl GeoTiffWriter {
    /// Writes the prefix, makes the file durable and gives it its final name.
    ///
    /// # Errors
    /// As [`complete`](Self::complete) and [`publish_all`](super::publish_all).
    pub fn finish(self) -> Result<WrittenFile> {
        let complete = self.complete()?;
        let written = complete.written();
        publish_all(vec![complete])?;
        Ok(written)
    }

    /// Writes the prefix and makes the file durable. It has no name yet.
    ///
    /// # Errors
    /// [`Error::Internal`] where segments are missing, [`Error::Write`] where the file cannot be finished,
    /// [`Error::Output`] where it outgrew the header that was asked for.
    pub fn complete(mut self) -> Result<CompleteFile> {
        if self.failed || self.left > 0 {
            return Err(Error::Internal("a file was finished without all of its segments"));
        }
        let (bytes, kind) = if self.prefix.cog { self.finish_cog()? } else { self.finish_plain()? };
        let segments = self.indices.iter().map(|index| index.offsets.len()).sum();
        let waited = if self.delivery.waits_on_disk() { bytes } else { 0 };
        let spooled = waited + self.spool.as_ref().map_or(0, Spool::on_disk);
        // The spool's bytes are freed before the name is given.
        self.spool = None;
        let Self { delivery, out, .. } = self;
        let sink = out.into_inner().map_err(|e| delivery.error("write its header", e.into_error()))?;
        let written = WrittenFile { bytes, bigtiff: kind == HeaderKind::Big, segments, spooled };
        CompleteFile::new(delivery, sink, written)
    }

    /// Overviews behind full resolution, largest first; then the prefix where its room was kept.
    fn finish_plain(&mut self) -> Result<(u64, HeaderKind)> {
        let mut end = self.end;
        (1..self.levels)
            .try_for_each(|level| self.copy_level(level, &mut end))
            .map_err(|e| self.delivery.error("write its overviews", e))?;
        let kind = size::decide_after(self.decision, end);
        // Seeking flushes the segments first.
        self.out.seek(SeekFrom::Start(0)).map_err(|e| self.delivery.error("write its last segments", e))?;
        self.write_prefix(kind)?;
        Ok((end, kind))
    }

    /// Room in front of full resolution; then prefix, padding and overviews, smallest first, into the room.
    fn finish_cog(&mut self) -> Result<(u64, HeaderKind)> {
        let put = |index: &SegmentIndex| -> u64 {
            index.byte_counts.iter().filter(|&&n| n > 0).map(|&n| u64::from(n) + LEADER_AND_TRAILER).sum()
        };
        let at_base = 1 + usize::from(self.prefix.masked);
        let overviews: u64 = self.indices[at_base..].iter().map(put).sum();
        let room = |kind| (self.prefix.bytes(kind) + overviews).next_multiple_of(GRANULE);
        let kind = size::decide_after(self.decision, room(HeaderKind::Classic) + self.end);
        let (room, base) = (room(kind), self.end);
        if kind == HeaderKind::Classic && !size::fits_classic(room + base) {
            return Err(self.delivery.problem(OUTGROWN));
        }
        self.out.flush().map_err(|e| self.delivery.error("write its last segments", e))?;
        let made = failpoint::reach("room").and_then(|()| self.out.get_mut().make_room(room, base, self.method));
        made.map_err(|e| self.delivery.error("make room for its header", e))?;
        for index in &mut self.indices[..at_base] {
            for (offset, _) in index.offsets.iter_mut().zip(&index.byte_counts).filter(|(_, n)| **n > 0) {
                *offset += room;
            }
        }
        let mut at = room - overviews;
        let placed =
            self.out.seek(SeekFrom::Start(at)).and_then(|_| (1..self.levels).rev().try_for_each(|level| self.copy_level(level, &mut at)));
        placed.map_err(|e| self.delivery.error("write its overviews", e))?;
        self.out.seek(SeekFrom::Start(0)).map_err(|e| self.delivery.error("write its overviews", e))?;
        self.write_prefix(kind)?;
        // What was in the room before is whatever the method left there.
        let padding = room - overviews - self.prefix.bytes(kind);
        let padded = io::copy(&mut io::Read::take(io::repeat(0), padding), &mut self.out).and_then(|_| self.out.flush());
        padded.map_err(|e| self.delivery.error("write its header", e))?;
        Ok((room + base, kind))
    }

    /// Copies one overview's segments in their order to the file, which is at `end`, each followed by its mask.
    fn copy_level(&mut self, level: usize, end: &mut u64) -> io::Result<()> {
        let Self { spool: Some(spool), indices, out, prefix, levels, .. } = self else { return Ok(()) };
        let (image, mask) = (slot(*levels, prefix.masked, level, false), slot(*levels, prefix.masked, level, true));
        let mut buffer = vec![0; BUFFER_BYTES];
        for k in 0..indices[image].offsets.len() {
            copy_segment(spool, &mut indices[image], k, prefix.cog, end, (&mut *out, &mut buffer))?;
            if prefix.masked {
                copy_segment(spool, &mut indices[mask], k, prefix.cog, end, (&mut *out, &mut buffer))?;
            }
        }
        Ok(())
    }

    fn write_prefix(&mut self, kind: HeaderKind) -> Result<()> {
        let Self { prefix, indices, out, delivery, .. } = self;
        let written = failpoint::reach("prefix").and_then(|()| prefix.write(kind, indices, out)).and_then(|()| out.flush());
        written.map_err(|e| delivery.error("write its header", e))
    }
}

/// Copies segment `k` of an index, if it was put, to the file, which is at `end`; the index then says where it is.
fn copy_segment(
    spool: &mut Spool,
    index: &mut SegmentIndex,
    k: usize,
    cog: bool,
    end: &mut u64,
    (out, buffer): (&mut impl Write, &mut [u8]),
) -> io::Result<()> {
    let (Some(offset), Some(&byte_count)) = (index.offsets.get_mut(k), index.byte_counts.get(k)) else { return Ok(()) };
    if byte_count == 0 || *offset == ABSENT {
        return Ok(());
    }
    failpoint::reach("overview")?;
    let (from, len) = (*offset, u64::from(byte_count));
    if cog {
        out.write_all(&byte_count.to_le_bytes())?;
        *end += 4;
    }
    let mut done = 0;
    while done < len {
        let piece = &mut buffer[..(len - done).min(BUFFER_BYTES as u64) as usize];
        spool.read(from + done, piece)?;
        out.write_all(piece)?;
        done += piece.len() as u64;
    }
    *offset = *end;
    *end += len;
    if cog {
        let mut last = [0; 4];
        let tail = len.min(4) as usize;
        spool.read(from + len - tail as u64, &mut last[4 - tail..])?;
        out.write_all(&last)?;
        *end += 4;
    }
    Ok(())
}
