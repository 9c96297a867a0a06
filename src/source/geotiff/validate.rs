//! Whether a file is a sound TIFF, and whether it is a cloud-optimised one: by its structure, no pixel is decoded.
//!
//! One directory is looked at after the other, and only its size, its role and sums over its segments are kept.

use super::{
    GeoTiff,
    directories::Role,
    ifd::{Header, Ifd},
    numbers::Numbers,
    segments::{Promises, SegmentScan, Segments},
};
use crate::{
    error::{Error, Result},
    raster::LevelSize,
    source::{ReadAt, read_at::open_file},
};
use std::path::Path;
use tiff::tags::Tag;

/// Most directories that a file may have, and most that its directories may name in their `SubIFDs`.
const MAX_DIRECTORIES: usize = 1024;
/// A reader's first request should find the first directory.
const FIRST_DIRECTORY_BEFORE: u64 = 300;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validation {
    /// Full resolution first, then overviews in the order of their directories; masks are left out.
    pub levels: Vec<LevelSize>,
    /// Encoded bytes of each of [`levels`](Self::levels), without masks.
    pub level_bytes: Vec<u64>,
    /// Pictures of their own in further directories, by what `NewSubfileType` says.
    pub pages: Vec<LevelSize>,
    /// Pictures that directories name in their `SubIFDs`.
    pub sub_images: Vec<LevelSize>,
    /// Whether the header is that of BigTIFF, with offsets of 64 bits.
    pub bigtiff: bool,
    /// Whether GDAL's structural metadata stand behind the header.
    pub ghost: bool,
    /// What is wrong with the file.
    pub problems: Vec<String>,
    /// Why it is no cloud-optimised GeoTIFF, although it may be a sound one.
    pub not_cog: Vec<String>,
}

impl Validation {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether it is sound and cloud-optimised.
    pub fn is_cog(&self) -> bool {
        self.is_sound() && self.not_cog.is_empty()
    }
}

/// One image of the file.
struct Image {
    at: u64,
    size: LevelSize,
    tiled: bool,
    role: Role,
    segments: Segments,
}

/// Checks the structure of a file.
///
/// # Errors
/// [`Error::Read`] if it cannot be read, [`Error::Input`] where it is damaged so that nothing more can be said.
pub fn validate(path: impl AsRef<Path>) -> Result<Validation> {
    let name = path.as_ref().display().to_string();
    let file = open_file(path.as_ref()).map_err(|source| Error::Read { name: name.clone(), action: "open it", source })?;
    validate_reader(&file, &name)
}

/// As [`validate`], from anything that can be read at an offset.
///
/// # Errors
/// As [`validate`].
pub fn validate_reader(data: &dyn ReadAt, name: &str) -> Result<Validation> {
    let header = Header::read(data, name)?;
    let mut found = Validation { bigtiff: header.big_tiff, ..Validation::default() };
    let ghost = ghost(data, &header);
    found.ghost = ghost.is_some();
    let promises = ghost.as_deref().map(promises);
    let mut scan = SegmentScan::of(&header);
    let mut images: Vec<Image> = Vec::new();
    let mut sub_images_left = MAX_DIRECTORIES;
    let mut at = header.first;
    while at != 0 {
        if images.len() == MAX_DIRECTORIES || images.iter().any(|image| image.at == at) {
            found.problems.push(format!("its directories form a loop, or are more than {MAX_DIRECTORIES}"));
            break;
        }
        let ifd = header.directory(at)?;
        images.push(image(&header, &ifd, (at, images.len()), (&mut scan, promises.flatten()), &mut found.problems)?);
        sub_images(&header, &ifd, images.len() - 1, &mut sub_images_left, &mut found)?;
        at = ifd.next;
    }
    let outside = images.iter().enumerate().filter(|(_, image)| image.segments.outside > 0);
    found.problems.extend(outside.map(|(k, image)| format!("{} segments of directory {k} lie outside the file", image.segments.outside)));
    let overlaps = scan.overlaps();
    if overlaps > 0 {
        found.problems.push(format!("{overlaps} segments overlap others"));
    }
    found.not_cog = order(&header, &images);
    match promises {
        Some(None) => found.not_cog.push("it was edited in a way that broke its layout".to_owned()),
        Some(Some(promises)) => leaders(promises, &images, &mut found.not_cog),
        None => {}
    }
    let levels = levels(&images);
    found.levels = levels.iter().map(|image| image.size).collect();
    found.level_bytes = levels.iter().map(|image| image.segments.bytes).collect();
    found.pages = images.iter().skip(1).filter(|image| image.role == Role::Page).map(|image| image.size).collect();
    Ok(found)
}

impl GeoTiff {
    /// As [`validate`], without opening the file again.
    ///
    /// # Errors
    /// As [`validate`].
    pub fn validate(&self) -> Result<Validation> {
        validate_reader(&*self.0.data, &self.0.name)
    }
}

/// The first image, whatever it calls itself, and its overviews.
fn levels(images: &[Image]) -> Vec<&Image> {
    images
        .iter()
        .enumerate()
        .filter(|(k, image)| image.role == Role::Overview || *k == 0 && image.role == Role::Page)
        .map(|(_, image)| image)
        .collect()
}

/// Takes in the sizes of what a directory names in its `SubIFDs`.
fn sub_images(header: &Header<'_>, ifd: &Ifd, k: usize, left: &mut usize, found: &mut Validation) -> Result<()> {
    for at in header.first(ifd, Tag::SubIfd, *left as u64)? {
        *left -= 1;
        let size = header.directory(at).and_then(|sub| {
            let side = |tag: Tag| -> Result<usize> { Ok(header.one(&sub, tag)?.and_then(|side| usize::try_from(side).ok()).unwrap_or(0)) };
            Ok(LevelSize { cols: side(Tag::ImageWidth)?, rows: side(Tag::ImageLength)? })
        });
        match size {
            Ok(size) if size.cols > 0 && size.rows > 0 => found.sub_images.push(size),
            // Directories of what is no picture, such as of EXIF.
            Ok(_) => {}
            Err(_) => found.problems.push(format!("a sub-IFD of directory {k} cannot be read")),
        }
    }
    Ok(())
}

/// Looks at the directory at `at`, number `k` of the file.
fn image(
    header: &Header<'_>,
    ifd: &Ifd,
    (at, k): (u64, usize),
    (scan, promises): (&mut SegmentScan<'_>, Option<Promises>),
    problems: &mut Vec<String>,
) -> Result<Image> {
    let need = |tag: Tag, what: &str| {
        let value = header.one(ifd, tag)?.and_then(|v| usize::try_from(v).ok()).filter(|&v| v > 0);
        value.ok_or_else(|| header.bad(format!("directory {k} has no {what}")))
    };
    let size = LevelSize { cols: need(Tag::ImageWidth, "width")?, rows: need(Tag::ImageLength, "length")? };
    let tiled = ifd.has(Tag::TileOffsets);
    let (offsets, counts) = if tiled { (Tag::TileOffsets, Tag::TileByteCounts) } else { (Tag::StripOffsets, Tag::StripByteCounts) };
    let (offsets, counts) = (header.numbers(ifd, offsets, u64::MAX)?, header.numbers(ifd, counts, u64::MAX)?);
    let (cols, rows) = match tiled {
        true => (need(Tag::TileWidth, "tile width")?, need(Tag::TileLength, "tile length")?),
        false => (size.cols, header.one(ifd, Tag::RowsPerStrip)?.map_or(size.rows, |rows| (rows as usize).clamp(1, size.rows))),
    };
    let bands = header.one(ifd, Tag::SamplesPerPixel)?.unwrap_or(1) as usize;
    let planes = if header.one(ifd, Tag::PlanarConfiguration)? == Some(2) { bands } else { 1 };
    let expected = size.cols.div_ceil(cols).saturating_mul(size.rows.div_ceil(rows)).saturating_mul(planes) as u64;
    let number = |numbers: &Option<Numbers>| numbers.map_or(0, |numbers| numbers.count);
    if number(&offsets) != expected || number(&counts) != expected {
        problems.push(format!("directory {k} names {} offsets and {} lengths of {expected} segments", number(&offsets), number(&counts)));
    }
    if tiled && (cols % 16 != 0 || rows % 16 != 0) {
        problems.push(format!("directory {k} has tiles of {cols} x {rows} pixels, which are no multiples of 16"));
    }
    let role = Role::of(header, ifd)?;
    let promises = promises.filter(|_| !matches!(role, Role::Mask { .. }));
    let segments = match offsets.zip(counts) {
        Some((offsets, counts)) => scan.look(&offsets, &counts, promises)?,
        None => Ok(Segments::default()),
    };
    let segments = segments.unwrap_or_else(|problem| {
        problems.push(format!("directory {k} {problem}"));
        Segments::default()
    });
    Ok(Image { at, size, tiled, role, segments })
}

/// Directories first, overviews from small to large, full resolution last.
fn order(header: &Header<'_>, images: &[Image]) -> Vec<String> {
    let mut reasons = Vec::new();
    let levels = levels(images);
    let Some(base) = levels.first() else { return vec!["it holds no image".to_owned()] };
    let large = !base.size.is_small();
    if large && !base.tiled {
        reasons.push("full resolution is not tiled".to_owned());
    }
    if large && levels.len() == 1 {
        reasons.push(format!("{} x {} pixels without overviews", base.size.cols, base.size.rows));
    }
    if header.first >= FIRST_DIRECTORY_BEFORE {
        reasons
            .push(format!("the first directory stands at offset {}, where less than {FIRST_DIRECTORY_BEFORE} is expected", header.first));
    }
    if images.windows(2).any(|pair| pair[1].at <= pair[0].at) {
        reasons.push("directories are not in the order of their levels".to_owned());
    }
    let first_data = |image: &Image| image.segments.first;
    let last_directory = images.iter().map(|image| image.at).max().unwrap_or(0);
    if images.iter().filter_map(first_data).any(|at| at < last_directory) {
        reasons.push("data stand before directories".to_owned());
    }
    let pages = images.iter().skip(1).filter(|image| image.role == Role::Page).count();
    if pages > 0 {
        reasons.push(format!("{pages} of its directories are pages of their own, not overviews"));
    }
    for (k, pair) in levels.windows(2).enumerate() {
        let level = k + 1;
        if pair[1].size.cols > pair[0].size.cols || pair[1].size.rows > pair[0].size.rows || pair[1].size == pair[0].size {
            reasons.push(format!("directory {level} is no overview of the one before"));
        }
        if large && !pair[1].tiled {
            reasons.push(format!("overview {level} is not tiled"));
        }
        if let (Some(below), Some(above)) = (first_data(pair[0]), first_data(pair[1]))
            && above > below
        {
            reasons.push(format!("data of overview {level} stand behind those of the level below"));
        }
    }
    reasons
}

/// GDAL's structural metadata, if they are there.
fn ghost(data: &dyn ReadAt, header: &Header<'_>) -> Option<String> {
    const MARK: &[u8] = b"GDAL_STRUCTURAL_METADATA_SIZE=";
    let mut head = vec![0; 512.min(header.len as usize)];
    data.read_exact_at(0, &mut head).ok()?;
    let start = [8, 16].into_iter().find(|&at| head.get(at..).is_some_and(|rest| rest.starts_with(MARK)))?;
    let text = String::from_utf8_lossy(&head[start + MARK.len()..]).into_owned();
    let size: usize = text.get(..6)?.parse().ok()?;
    let body = text.find('\n')? + 1;
    text.get(body..(body + size).min(text.len())).map(str::to_owned)
}

/// What the structural metadata promise of every segment; `None` where an edit has broken them.
fn promises(ghost: &str) -> Option<Promises> {
    let says = |line: &str| ghost.lines().any(|l| l == line);
    (!ghost.contains("KNOWN_INCOMPATIBLE_EDITION=YES")).then(|| Promises {
        leader: says("BLOCK_LEADER=SIZE_AS_UINT4"),
        trailer: says("BLOCK_TRAILER=LAST_4_BYTES_REPEATED"),
        row_major: says("BLOCK_ORDER=ROW_MAJOR"),
    })
}

/// Which of the promises are not kept.
fn leaders(promises: Promises, images: &[Image], reasons: &mut Vec<String>) {
    for (k, image) in images.iter().enumerate().filter(|(_, image)| !matches!(image.role, Role::Mask { .. })) {
        if promises.row_major && image.segments.disordered {
            reasons.push(format!("segments of directory {k} are not in row-major order"));
        }
        if image.segments.wrong > 0 {
            let wrong = image.segments.wrong;
            reasons.push(format!("{wrong} segments of directory {k} do not stand between their length and their last bytes"));
        }
    }
}
