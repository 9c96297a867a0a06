//! Rows of one chunk column, from the top down.

use super::{
    file::OpenFile,
    image::{INPUT_BYTES, Image},
    index::Address,
};
use crate::{
    codec::{StreamDecoder, Streaming},
    error::{Error, Result},
    source::{ChunkAt, Counters, DecodeScratch, RowCursor},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A cursor over one chunk column of one plane.
pub(super) struct Cursor {
    file: Arc<OpenFile>,
    counters: Arc<Counters>,
    plane: usize,
    chunk_col: usize,
    /// Next row of the raster.
    row: usize,
    state: State,
    /// One row, for predictor 3.
    scratch: Vec<u8>,
}

enum State {
    /// Uncompressed: rows are read where they lie.
    Direct,
    /// The chunk in hand, decoded whole: cheaper than a suspended decoder where chunks are small.
    Held(Vec<u8>),
    /// A decoder stopped between two rows; `None` before the first chunk.
    Suspended(Option<Stream>),
}

/// A suspended decoder and its input.
struct Stream {
    decoder: Box<dyn StreamDecoder>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that are used up.
    used: usize,
    /// What of the chunk is not in the buffer yet.
    rest: Address,
}

impl Cursor {
    pub fn new(file: Arc<OpenFile>, plane: usize, chunk_col: usize, counters: Arc<Counters>) -> Self {
        let (image, _) = file.locate(ChunkAt { plane, chunk_row: 0, chunk_col });
        let state = match (image.codec.info().streaming, image.stream().0) {
            (Streaming::Stored, _) => State::Direct,
            (_, true) => State::Held(Vec::new()),
            (_, false) => State::Suspended(None),
        };
        Self { file, counters, plane, chunk_col, row: 0, state, scratch: Vec::new() }
    }
}

impl RowCursor for Cursor {
    fn read_rows(&mut self, rows: usize, out: &mut [u8]) -> Result<()> {
        let file = self.file.clone();
        let (image, _) = file.locate(ChunkAt { plane: self.plane, chunk_row: 0, chunk_col: self.chunk_col });
        let row_bytes = image.row_bytes();
        if self.row + rows > image.rows || out.len() != rows * row_bytes {
            return Err(Error::Internal("a cursor was asked for rows that the raster does not have"));
        }
        let (mut out, end) = (out, self.row + rows);
        while self.row < end {
            let at = ChunkAt { plane: self.plane, chunk_row: self.row / image.chunk_rows, chunk_col: self.chunk_col };
            let first = self.row % image.chunk_rows;
            let count = (end - self.row).min(image.chunk_rows - first);
            let (now, later) = out.split_at_mut(count * row_bytes);
            self.read_within_chunk(&file, image, at, first, count, now)?;
            out = later;
            self.row += count;
        }
        Ok(())
    }
}

impl Cursor {
    /// `count` rows of one chunk from its row `first`.
    fn read_within_chunk(&mut self, file: &OpenFile, image: &Image, at: ChunkAt, first: usize, count: usize, out: &mut [u8]) -> Result<()> {
        if let State::Held(chunk) = &mut self.state {
            let row_bytes = image.row_bytes();
            if first == 0 {
                chunk.resize(row_bytes * image.chunk_rows, 0);
                file.decode_chunk(at, &mut DecodeScratch::default(), &self.counters, chunk)?;
            }
            out.copy_from_slice(&chunk[first * row_bytes..(first + count) * row_bytes]);
            return Ok(());
        }
        if first == 0 {
            self.counters.count_decode(at);
        }
        let Some(address) = file.address(at)? else {
            file.fill_sparse(at, out);
            return Ok(());
        };
        let raw_row = image.raw_row_bytes();
        let raw = &mut out[..count * raw_row];
        let started = Instant::now();
        let reading = match &mut self.state {
            State::Suspended(stream) => {
                let stream = stream_at(stream, image, (first == 0).then_some(address)).map_err(|e| file.bad_chunk(at, e))?;
                let last = first + count == image.stored_rows(at.chunk_row);
                stream.fill(file, at, &self.counters, raw, last)?
            }
            _ => {
                let end = ((first + count) * raw_row) as u64;
                if end > address.len {
                    return Err(file.bad_chunk(at, format!("it has {} bytes, where {end} are needed", address.len)));
                }
                file.read(at, address.offset + (first * raw_row) as u64, raw, &self.counters)?
            }
        };
        OpenFile::finish(image, out, count, &mut self.scratch);
        self.counters.count_decode_time(started.elapsed().saturating_sub(reading));
        Ok(())
    }
}

/// The stream in hand, begun anew at `address` if one is given.
fn stream_at<'a>(stream: &'a mut Option<Stream>, image: &Image, address: Option<Address>) -> Result<&'a mut Stream, String> {
    if let (Some(stream), Some(address)) = (stream.as_mut(), address) {
        stream.decoder.reset();
        stream.buffer.clear();
        (stream.used, stream.rest) = (0, address);
    } else if let Some(address) = address {
        let buffer = Vec::with_capacity(INPUT_BYTES);
        *stream = Some(Stream { decoder: image.stream_decoder()?, buffer, used: 0, rest: address });
    }
    stream.as_mut().ok_or_else(|| "its first row was not read".to_owned())
}

impl Stream {
    /// Decodes the next `out.len()` bytes; at the end of the chunk a checksum is verified. Returns the time spent
    /// reading.
    fn fill(&mut self, file: &OpenFile, at: ChunkAt, counters: &Counters, out: &mut [u8], last: bool) -> Result<Duration> {
        let (mut written, mut reading) = (0, Duration::ZERO);
        while written < out.len() {
            if self.used == self.buffer.len() {
                reading += self.refill(file, at, counters)?;
            }
            let step = self.decoder.step(&self.buffer[self.used..], &mut out[written..]).map_err(|e| file.bad_chunk(at, e))?;
            self.used += step.consumed;
            written += step.written;
            let stuck = step.consumed == 0 && step.written == 0;
            if written < out.len() && (step.ended || (stuck && self.rest.len == 0) || (stuck && self.used < self.buffer.len())) {
                return Err(file.bad_chunk(at, "it yields fewer bytes than its rows need: it is truncated"));
            }
        }
        if last && self.decoder.has_checksum() {
            reading += self.verify(file, at, counters)?;
        }
        Ok(reading)
    }

    /// Lets the decoder come to the checksum at the end of its stream. More data than rows are ignored.
    fn verify(&mut self, file: &OpenFile, at: ChunkAt, counters: &Counters) -> Result<Duration> {
        let mut reading = Duration::ZERO;
        loop {
            if self.used == self.buffer.len() {
                if self.rest.len == 0 {
                    return Ok(reading);
                }
                reading += self.refill(file, at, counters)?;
            }
            let step = self.decoder.step(&self.buffer[self.used..], &mut [0]).map_err(|e| file.bad_chunk(at, e))?;
            self.used += step.consumed;
            if step.ended || step.written > 0 || step.consumed == 0 {
                return Ok(reading);
            }
        }
    }

    fn refill(&mut self, file: &OpenFile, at: ChunkAt, counters: &Counters) -> Result<Duration> {
        let n = self.rest.len.min(INPUT_BYTES as u64);
        self.buffer.resize(n as usize, 0);
        self.used = 0;
        if n == 0 {
            return Ok(Duration::ZERO);
        }
        let took = file.read(at, self.rest.offset, &mut self.buffer, counters)?;
        self.rest.offset += n;
        self.rest.len -= n;
        Ok(took)
    }
}
