//! GeoTIFF files as sources: headers at once, pixels by positioned reads of single chunks.
//!
//! Read: tiles and strips, classic and BigTIFF, both byte orders, chunky and planar; no compression, LZW, deflate,
//! ZSTD, PackBits, LERC, JPEG, WebP; predictors 1 to 3; integers of 1 to 16, 32 and 64 bits, floats of 16 to 64; sparse chunks; an internal mask.
//! Everything else is refused by name when the file is opened.

mod carried;
mod cursor;
mod directories;
mod file;
mod ifd;
mod image;
mod palette;
mod storage;
mod tags;
#[cfg(test)]
mod tests;
mod validate;
mod ycbcr;

pub use storage::Storage;
pub use validate::{Validation, validate, validate_reader};

use crate::{
    error::{Error, Result},
    raster::{Chunking, Nodata, Profile},
    source::{ChunkAt, Counters, DecodeScratch, ReadAt, ReadOptions, RowCursor, Source, read_at::open_file},
};
use directories::Others;
use file::OpenFile;
use image::Image;
use std::{fmt, path::Path, sync::Arc};

/// A GeoTIFF file whose header has been read; pixels are read when asked for. Cheap to clone.
#[derive(Clone)]
pub struct GeoTiff(Arc<OpenFile>);

impl GeoTiff {
    /// Opens a file and reads its header, no pixels.
    ///
    /// # Errors
    /// [`Error::Read`] if it cannot be opened or read; [`Error::Input`] if it is no TIFF, is damaged or truncated, or
    /// is of a kind that is not accepted, which the message names.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &ReadOptions::default())
    }

    /// As [`open`](Self::open), with options of reading.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self> {
        let name = path.as_ref().display().to_string();
        match open_file(path.as_ref()) {
            Ok(file) => Self::reader_with(file, name, options),
            Err(source) => Err(Error::Read { name, action: "open it", source }),
        }
    }

    /// As [`open`](Self::open), from anything that can be read at an offset; `name` appears in messages and reports.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reader(data: impl ReadAt + 'static, name: impl Into<String>) -> Result<Self> {
        Self::reader_with(data, name, &ReadOptions::default())
    }

    /// As [`reader`](Self::reader), with options of reading.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reader_with(data: impl ReadAt + 'static, name: impl Into<String>, options: &ReadOptions) -> Result<Self> {
        let name = name.into();
        let header = ifd::Header::read(&data, &name)?;
        let ifd = header.directory(header.first)?;
        let image = Image::describe(&header, &ifd, false)?;
        let Others { mask, overviews, warnings } = Others::find(&header, ifd.next, &image)?;
        let mut profile = tags::profile(&header, &ifd, &image, mask.is_some())?;
        profile.overviews = overviews;
        profile.warnings.extend(warnings);
        let mut planes = vec![image.chunking(); image.planes()];
        planes.extend(mask.as_ref().map(Image::chunking));
        let mut fill = [0; 8];
        if let Some(sentinel) = profile.nodata.and_then(|n: Nodata| n.matching(profile.sample)) {
            fill[..profile.sample.bytes()].copy_from_slice(sentinel.bytes());
        }
        options.apply(&mut profile);
        Ok(Self(Arc::new(OpenFile { name, data: Box::new(data), profile, planes, image, mask, fill })))
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
