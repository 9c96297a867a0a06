//! GeoTIFF files as sources: headers at once, pixels by positioned reads of single chunks.
//!
//! Read: tiles and strips, classic and BigTIFF, both byte orders, chunky and planar; no compression, LZW, deflate,
//! ZSTD, PackBits, LERC, JPEG, WebP; predictors 1 to 3; integers of 8 to 64 bits, floats of 16 to 64; sparse chunks; an internal mask.
//! Everything else is refused by name when the file is opened.

mod cursor;
mod ifd;
mod image;
mod storage;
mod tags;
#[cfg(test)]
mod tests;
mod validate;

pub use storage::Storage;
pub use validate::{Validation, validate, validate_reader};

use crate::{
    codec::RowFinish,
    error::{Error, Result},
    raster::{Chunking, Nodata, Profile},
    source::{ChunkAt, Counters, DecodeScratch, ReadAt, RowCursor, Source},
};
use image::Image;
use std::{
    fmt,
    fs::File,
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tiff::tags::Tag;

/// Directories that are searched for the mask of the first image.
const MAX_DIRECTORIES: usize = 64;

/// A GeoTIFF file whose header has been read; pixels are read when asked for. Cheap to clone.
#[derive(Clone)]
pub struct GeoTiff(Arc<Inner>);

struct Inner {
    name: String,
    data: Box<dyn ReadAt>,
    profile: Profile,
    planes: Vec<Chunking>,
    image: Image,
    mask: Option<Image>,
    /// One native sample that fills sparse chunks.
    fill: [u8; 8],
}

impl GeoTiff {
    /// Opens a file and reads its header, no pixels.
    ///
    /// # Errors
    /// [`Error::Read`] if it cannot be opened or read; [`Error::Input`] if it is no TIFF, is damaged or truncated, or
    /// is of a kind that is not accepted, which the message names.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let name = path.as_ref().display().to_string();
        let opened = File::open(path.as_ref()).and_then(|file| match file.metadata()?.is_dir() {
            true => Err(io::Error::from(io::ErrorKind::IsADirectory)),
            false => Ok(file),
        });
        match opened {
            Ok(file) => Self::reader(file, name),
            Err(source) => Err(Error::Read { name, action: "open it", source }),
        }
    }

    /// As [`open`](Self::open), from anything that can be read at an offset; `name` appears in messages and reports.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reader(data: impl ReadAt + 'static, name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let header = ifd::Header::read(&data, &name)?;
        let ifd = header.directory(header.first)?;
        let image = Image::describe(&header, &ifd, false)?;
        let mask = find_mask(&header, ifd.next, &image)?;
        let profile = tags::profile(&header, &ifd, &image, mask.is_some())?;
        let mut planes = vec![image.chunking(); image.planes()];
        planes.extend(mask.as_ref().map(Image::chunking));
        let mut fill = [0; 8];
        if let Some(sentinel) = profile.nodata.and_then(|n: Nodata| n.matching(profile.sample)) {
            fill[..profile.sample.bytes()].copy_from_slice(sentinel.bytes());
        }
        Ok(Self(Arc::new(Inner { name, data: Box::new(data), profile, planes, image, mask, fill })))
    }
}

/// The mask of the first image, if one of the next directories is one: flagged as mask and not as overview, of the
/// same size.
fn find_mask(header: &ifd::Header<'_>, mut next: u64, image: &Image) -> Result<Option<Image>> {
    for _ in 1..MAX_DIRECTORIES {
        if next == 0 {
            break;
        }
        let ifd = header.directory(next)?;
        let is_mask = header.one(&ifd, Tag::NewSubfileType)?.unwrap_or(0) & 5 == 4;
        let same = |tag, size| -> Result<bool> { Ok(header.one(&ifd, tag)? == Some(size as u64)) };
        if is_mask && same(Tag::ImageWidth, image.cols)? && same(Tag::ImageLength, image.rows)? {
            return Image::describe(header, &ifd, true).map(Some);
        }
        next = ifd.next;
    }
    Ok(None)
}

impl Inner {
    /// The image that a plane belongs to, and the place of a chunk in that image.
    fn locate(&self, at: ChunkAt) -> (&Image, ChunkAt) {
        match &self.mask {
            Some(mask) if at.plane == self.image.planes() => (mask, ChunkAt { plane: 0, ..at }),
            _ => (&self.image, at),
        }
    }

    fn finish_of(&self, image: &Image) -> RowFinish {
        RowFinish {
            predictor: image.predictor,
            sample_bytes: image.sample.bytes(),
            samples: image.plane_samples(),
            swapped: image.swapped,
            unpack_to: image.packed.then_some(image.chunk_cols),
        }
    }

    /// Fills rows of a sparse chunk: nodata, or missing in a mask.
    fn fill_sparse(&self, at: ChunkAt, out: &mut [u8]) {
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
    fn read(&self, at: ChunkAt, offset: u64, buf: &mut [u8], counters: &Counters) -> Result<Duration> {
        let started = Instant::now();
        self.data.read_exact_at(offset, buf).map_err(|e| Error::Read {
            name: self.name.clone(),
            action: "read its pixels",
            source: io::Error::new(e.kind(), format!("{}: {e}", self.place(at))),
        })?;
        let took = started.elapsed();
        counters.count_read(buf.len(), took);
        Ok(took)
    }

    fn place(&self, at: ChunkAt) -> String {
        let plane = match &self.mask {
            Some(_) if at.plane == self.image.planes() => " of the mask".to_owned(),
            _ if self.image.planar => format!(" of band {}", at.plane + 1),
            _ => String::new(),
        };
        format!("chunk in row {}, column {} of the chunk grid{plane}", at.chunk_row, at.chunk_col)
    }

    fn bad_chunk(&self, at: ChunkAt, problem: impl fmt::Display) -> Error {
        Error::Input { name: self.name.clone(), problem: format!("{}: {problem}", self.place(at)) }
    }

    fn decode_chunk(&self, at: ChunkAt, scratch: &mut DecodeScratch, counters: &Counters, out: &mut [u8]) -> Result<()> {
        let (image, within) = self.locate(at);
        counters.count_decode(at);
        let Some(address) = image.address(within) else {
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
        self.finish_of(image).finish(&mut out[..rows * image.row_bytes()], rows, &mut scratch.row);
        counters.count_decode_time(started.elapsed());
        Ok(())
    }
}

impl Source for GeoTiff {
    fn name(&self) -> String {
        self.0.name.clone()
    }

    fn profile(&self) -> &Profile {
        &self.0.profile
    }

    fn planes(&self) -> &[Chunking] {
        &self.0.planes
    }

    fn resident_bytes(&self) -> usize {
        self.0.image.index_bytes() + self.0.mask.as_ref().map_or(0, Image::index_bytes)
    }

    fn decode_chunk(&self, at: ChunkAt, scratch: &mut DecodeScratch, counters: &Counters, out: &mut [u8]) -> Result<()> {
        self.0.decode_chunk(at, scratch, counters, out)
    }

    fn open_cursor(&self, plane: usize, chunk_col: usize, counters: Arc<Counters>) -> Result<Box<dyn RowCursor>> {
        Ok(Box::new(cursor::Cursor::new(self.0.clone(), plane, chunk_col, counters)))
    }
}

impl fmt::Debug for GeoTiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeoTiff").field("name", &self.0.name).field("profile", &self.0.profile).finish_non_exhaustive()
    }
}
