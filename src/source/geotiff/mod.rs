//! GeoTIFF files as sources: headers at once, pixels by positioned reads of single chunks.
//!
//! Read: tiles and strips, classic and BigTIFF, both byte orders, chunky and planar; no compression, LZW, deflate,
//! ZSTD, PackBits, LERC, JPEG, WebP; predictors 1 to 3; integers of 1 to 16, 32 and 64 bits, floats of 16 to 64; sparse chunks; a mask inside or beside the
//! file.
//! Everything else is refused by name when the file is opened.

mod carried;
mod cursor;
mod directories;
mod file;
mod ifd;
mod image;
mod index;
mod limits;
mod numbers;
mod palette;
mod segments;
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
    raster::{Chunking, GDAL_METADATA_TAG, Metadata, Nodata, Profile},
    source::{ChunkAt, Counters, DecodeScratch, ReadAt, ReadOptions, RowCursor, Sidecar, Source, read_at::open_file, sidecar::Beside},
};
use directories::Others;
use file::OpenFile;
use image::Image;
use std::{fmt, path::Path, sync::Arc};
use tiff::tags::Tag;

/// A GeoTIFF file whose header has been read; pixels are read when asked for. Cheap to clone.
#[derive(Clone)]
pub struct GeoTiff(Arc<OpenFile>);

impl GeoTiff {
    /// Opens a file and reads its header, no pixels, and what files beside it say of it: `.aux.xml`, world files, `.msk`, with
    /// GDAL's precedence ([`sidecars`](Source::sidecars)).
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
            Ok(file) if options.ignore_sidecars => Self::reader_with(file, name, options),
            Ok(file) => Self::assemble(Box::new(file), name, options, Beside::of(path.as_ref())),
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
        Self::assemble(Box::new(data), name.into(), options, Beside::default())
    }

    fn assemble(data: Box<dyn ReadAt>, name: String, options: &ReadOptions, mut beside: Beside) -> Result<Self> {
        let header = ifd::Header::read(&*data, &name)?;
        let ifd = header.directory(header.first)?;
        let image = Image::describe(&header, &ifd, false)?;
        let Others { mut mask, overviews, warnings } = Others::find(&header, ifd.next, &image)?;
        let mut mask_data: Option<Box<dyn ReadAt>> = None;
        if let Some((mask_name, file)) = beside.mask() {
            let found = match mask {
                Some(_) => Err(format!("{mask_name} is not taken: the file has a mask inside")),
                None => mask_of_file(&file, &mask_name, &image).map(|found| {
                    mask = Some(found);
                    mask_data = Some(Box::new(file));
                }),
            };
            beside.mask_was(found);
        }
        let mut profile = tags::profile(&header, &ifd, &image, mask.is_some(), &beside)?;
        profile.overviews = overviews;
        profile.warnings.extend(warnings);
        let mut planes = vec![image.chunking(); image.planes()];
        planes.extend(mask.as_ref().map(Image::chunking));
        let mut fill = [0; 8];
        if let Some(sentinel) = profile.nodata.and_then(|n: Nodata| n.matching(profile.sample)) {
            fill[..profile.sample.bytes()].copy_from_slice(sentinel.bytes());
        }
        beside.apply(&mut profile);
        options.apply(&mut profile);
        Ok(Self(Arc::new(OpenFile { name, data, profile, planes, image, mask, mask_data, fill, sidecars: beside.found })))
    }
}

/// The mask of an image in a file of its own, as GDAL writes it.
fn mask_of_file(data: &dyn ReadAt, name: &str, image: &Image) -> std::result::Result<Image, String> {
    /// GDAL's flag of a mask that is one for all bands.
    const PER_DATASET: u64 = 2;
    let refused = |error: Error| format!("{name} is not taken: {error}");
    let header = ifd::Header::read(data, name).map_err(refused)?;
    let ifd = header.directory(header.first).map_err(refused)?;
    let xml = header.text(&ifd, Tag::Unknown(GDAL_METADATA_TAG), limits::METADATA_BYTES).map_err(refused)?;
    let metadata = Metadata::parse(xml.as_deref().unwrap_or_default());
    // By band; the first is 1.
    let mut flags: Vec<Option<u64>> = vec![None; image.bands];
    for item in metadata.items.iter().filter(|item| item.band.is_none() && item.domain.is_none()) {
        let band = item.name.strip_prefix("INTERNAL_MASK_FLAGS_").and_then(|band| band.parse::<usize>().ok());
        if let Some(flags @ None) = band.and_then(|band| flags.get_mut(band.checked_sub(1)?)) {
            *flags = item.value.trim().parse().ok();
        }
    }
    let unsaid = flags.iter().position(Option::is_none).map(|at| at + 1);
    let of_all = flags.iter().all(|flags| flags.is_some_and(|flags| flags & PER_DATASET != 0));
    let mask = Image::describe(&header, &ifd, true).map_err(refused)?;
    let why = match unsaid {
        Some(band) => format!("it does not say that it is a mask of band {band} (INTERNAL_MASK_FLAGS_{band})"),
        None if (mask.cols, mask.rows) != (image.cols, image.rows) => {
            format!("it has {} x {} pixels, the raster {} x {}", mask.cols, mask.rows, image.cols, image.rows)
        }
        None if mask.bands != 1 || !(of_all || image.bands == 1) => "it has a mask for each band".to_owned(),
        None => return Ok(mask),
    };
    Err(format!("{name} is not taken: {why}"))
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

    fn sidecars(&self) -> &[Sidecar] {
        &self.0.sidecars
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
