//! An open file: what its header says, and its chunks by positioned reads.

use super::{image::Image, index::Address};
use crate::{
    codec::RowFinish,
    error::{Error, Result},
    raster::{Chunking, Profile},
    source::{ChunkAt, Counters, DecodeScratch, ReadAt, Sidecar},
};
use std::{
    fmt, io,
    time::{Duration, Instant},
};

/// What is known of an open file.
pub(super) struct OpenFile {
    pub name: String,
    pub data: Box<dyn ReadAt>,
    pub profile: Profile,
    pub planes: Vec<Chunking>,
    pub image: Image,
    pub mask: Option<Image>,
    /// Where the mask is read from, where that is a file of its own.
    pub mask_data: Option<Box<dyn ReadAt>>,
    /// One native sample that fills sparse chunks.
    pub fill: [u8; 8],
    /// Files beside it.
    pub sidecars: Vec<Sidecar>,
}

impl OpenFile {
    /// The image that a plane belongs to, and the place of a chunk in that image.
    pub fn locate(&self, at: ChunkAt) -> (&Image, ChunkAt) {
        match &self.mask {
            Some(mask) if at.plane == self.image.planes() => (mask, ChunkAt { plane: 0, ..at }),
            _ => (&self.image, at),
        }
    }

    /// The file that a chunk is in.
    fn data_of(&self, at: ChunkAt) -> &dyn ReadAt {
        match &self.mask_data {
            Some(mask) if at.plane == self.image.planes() => &**mask,
            _ => &*self.data,
        }
    }

    /// Where a chunk is; `None` if it is sparse. The first call reads the image's chunk index.
    ///
    /// # Errors
    /// Those of reading, and where the index changed since the file was opened.
    pub fn address(&self, at: ChunkAt) -> Result<Option<Address>> {
        let (image, within) = self.locate(at);
        image.address(self.data_of(at), &self.name, within)
    }

    fn finish_of(image: &Image) -> RowFinish {
        RowFinish {
            predictor: image.predictor,
            sample_bytes: image.sample.bytes(),
            samples: image.plane_samples(),
            swapped: image.swapped,
            packed: image.packed,
        }
    }

    /// Makes native samples of `count` rows that a codec yielded.
    pub fn finish(image: &Image, rows: &mut [u8], count: usize, scratch: &mut Vec<u8>) {
        Self::finish_of(image).finish(rows, count, scratch);
        if let Some(conversion) = &image.conversion {
            conversion.convert(rows, image.plane_samples());
        }
    }

    /// Fills rows of a sparse chunk: nodata, or missing in a mask.
    pub fn fill_sparse(&self, at: ChunkAt, out: &mut [u8]) {
        let is_mask = at.plane == self.image.planes();
        let sample = &self.fill[..self.profile.sample.bytes()];
        if is_mask || sample.iter().all(|&b| b == sample[0]) {
            return out.fill(if is_mask { 0 } else { sample[0] });
        }
        for place in out.chunks_exact_mut(sample.len()) {
            place.copy_from_slice(sample);
        }
    }

    /// Reads bytes of a chunk, counting them; returns how long it took.
    pub fn read(&self, at: ChunkAt, offset: u64, buf: &mut [u8], counters: &Counters) -> Result<Duration> {
        let started = Instant::now();
        self.data_of(at).read_exact_at(offset, buf).map_err(|e| Error::Read {
            name: self.name.clone(),
            action: "read its pixels",
            source: io::Error::new(e.kind(), format!("{}: {e}", self.place(at))),
        })?;
        let took = started.elapsed();
        counters.count_read(buf.len(), took);
        if self.locate(at).0.reversed {
            buf.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        Ok(took)
    }

    pub fn place(&self, at: ChunkAt) -> String {
        let plane = match &self.mask {
            Some(_) if at.plane == self.image.planes() => " of the mask".to_owned(),
            _ if self.image.planar => format!(" of band {}", at.plane + 1),
            _ => String::new(),
        };
        format!("chunk in row {}, column {} of the chunk grid{plane}", at.chunk_row, at.chunk_col)
    }

    pub fn bad_chunk(&self, at: ChunkAt, problem: impl fmt::Display) -> Error {
        Error::Input { name: self.name.clone(), problem: format!("{}: {problem}", self.place(at)) }
    }

    pub fn decode_chunk(&self, at: ChunkAt, scratch: &mut DecodeScratch, counters: &Counters, out: &mut [u8]) -> Result<()> {
        let (image, _) = self.locate(at);
        counters.count_decode(at);
        let Some(address) = self.address(at)? else {
            self.fill_sparse(at, out);
            return Ok(());
        };
        let rows = image.stored_rows(at.chunk_row);
        let needed = rows * image.raw_row_bytes();
        let started;
        if image.codec.is_stored() {
            if address.len < needed as u64 {
                return Err(self.bad_chunk(at, format!("it has {} bytes, where {needed} are needed", address.len)));
            }
            self.read(at, address.offset, &mut out[..needed], counters)?;
            started = Instant::now();
        } else {
            let encoded = scratch.encoded(address.len as usize);
            self.read(at, address.offset, encoded, counters)?;
            started = Instant::now();
            let whole = image.chunk_rows * image.raw_row_bytes();
            image
                .codec
                .decode_whole(&mut scratch.decoders, &scratch.encoded[..address.len as usize], &image.segment(), &mut out[..whole], needed)
                .map_err(|e| self.bad_chunk(at, e))?;
        }
        Self::finish(image, &mut out[..rows * image.row_bytes()], rows, &mut scratch.row);
        counters.count_decode_time(started.elapsed());
        Ok(())
    }
}
