use super::{
    delivery::Delivery,
    failpoint,
    ifd::{Ifd, SegmentIndex, Value, ascii},
    metadata,
    prefix::Prefix,
    room::GRANULE,
    sink::Sink,
    size::{self, Decision, HeaderKind},
    spool::{self, Spool},
    tags,
};
use crate::{
    encode::{Layout, Statistics},
    error::{Error, Result},
    graph::Handover,
    raster::{BigTiff, Container, GDAL_METADATA_TAG, Interleave, LevelSize, Predictor, PrefixMethod, Profile, Segmentation},
};
use std::{
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::Path,
};

/// Buffer in front of the file: small segments gather here, larger ones pass it by.
pub(super) const BUFFER_BYTES: usize = 64 << 10;
/// Bytes that gather before the system is asked to write them.
const NUDGE_BYTES: u64 = 8 << 20;

/// Says that a segment was not put yet.
pub(super) const ABSENT: u64 = u64::MAX;

/// Bytes around every segment of a COG: its length before it, its last four bytes repeated behind it.
pub(super) const LEADER_AND_TRAILER: u64 = 8;

/// What file is written.
#[derive(Clone, Debug)]
pub struct FileSpec {
    /// The output's profile: size, samples, nodata, georeferencing, colours.
    pub profile: Profile,
    /// Segmentation, codec, predictor, header.
    pub layout: Layout,
    /// Plain GeoTIFF or COG.
    pub container: Container,
    /// Sizes of the overviews, largest first.
    pub overviews: Vec<LevelSize>,
    /// How the tiles of the overviews lie; its header kind is that of `layout`.
    pub overview_layout: Layout,
    /// Most bytes that one segment can have, as [`encode::max_segment_bytes`](crate::encode::max_segment_bytes) says.
    pub max_segment_bytes: usize,
    /// Every level has a mask.
    pub masked: bool,
    /// The predictor may still change until the first segment is put.
    pub predictor_open: bool,
    /// Room is kept for statistics in `GDAL_METADATA`.
    pub statistics: bool,
    /// How the prefix of a COG is put in front.
    pub prefix: PrefixMethod,
    /// Replace an existing file.
    pub overwrite: bool,
    /// How the finished file is handed over.
    pub handover: Handover,
}

impl FileSpec {
    /// A plain GeoTIFF without overviews that replaces nothing.
    pub fn new(profile: Profile, layout: Layout, max_segment_bytes: usize) -> Self {
        Self {
            profile,
            layout,
            container: Container::GeoTiff,
            overviews: Vec::new(),
            overview_layout: Layout { segmentation: Segmentation::Tiles { cols: 512, rows: 512 }, ..layout },
            max_segment_bytes,
            masked: false,
            predictor_open: false,
            statistics: false,
            prefix: PrefixMethod::Auto,
            overwrite: false,
            handover: Handover::File,
        }
    }

    /// Segments of every directory, in the order of [`slot`].
    fn segments(&self) -> Vec<usize> {
        let count = |layout: &Layout, cols, rows| layout.segmentation.across(cols) * layout.segmentation.down(rows);
        let base = count(&self.layout, self.profile.cols, self.profile.rows);
        let overviews: Vec<usize> = self.overviews.iter().map(|size| count(&self.overview_layout, size.cols, size.rows)).collect();
        let planes = self.planes();
        let mut segments = vec![base * planes];
        segments.extend(self.masked.then_some(base));
        segments.extend(overviews.iter().map(|n| n * planes));
        segments.extend(overviews.iter().filter(|_| self.masked));
        segments
    }

    /// Planes whose segments are apart.
    fn planes(&self) -> usize {
        if self.layout.interleave == Interleave::Band { self.profile.bands } else { 1 }
    }

    fn directories(&self, segments: &[usize]) -> Vec<Ifd> {
        let Profile { cols, rows, .. } = self.profile;
        let mut base = tags::entries(&self.profile, &self.layout, self.predictor_open && self.layout.compression.takes_predictor());
        if self.statistics {
            let room = metadata::room(self.profile.gdal_metadata.as_deref(), self.profile.bands);
            base.retain(|entry| entry.0 != GDAL_METADATA_TAG);
            base.push((GDAL_METADATA_TAG, Value::Ascii(vec![0; room + 1])));
        }
        let open = self.predictor_open && self.overview_layout.compression.takes_predictor();
        let mut all = vec![base];
        all.extend(self.masked.then(|| tags::mask_entries(&self.layout, LevelSize { cols, rows }, false)));
        all.extend(self.overviews.iter().map(|&size| tags::overview_entries(&self.profile, &self.overview_layout, open, size)));
        all.extend(self.overviews.iter().filter(|_| self.masked).map(|&size| tags::mask_entries(&self.overview_layout, size, true)));
        all.into_iter().zip(segments).map(|(entries, &segments)| Ifd::new(entries, segments)).collect()
    }
}

/// The directory of a level, or of its mask, in a file of so many levels: GDAL's order.
pub(super) fn slot(levels: usize, masked: bool, level: usize, mask: bool) -> usize {
    match (level, mask) {
        (0, mask) => usize::from(mask),
        (level, false) => level + usize::from(masked),
        (level, true) => levels + level,
    }
}

/// Names one segment of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentKey {
    /// 0 is full resolution; overview `n` is level `n`.
    pub level: usize,
    /// The band in a planar file, 0 in a chunky one; the next is the mask.
    pub plane: usize,
    /// Row by row from the upper left: `seg_row * across + seg_col`.
    pub index: usize,
}

/// A finished file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its length.
    pub bytes: u64,
    /// Whether it has the 64-bit header.
    pub bigtiff: bool,
    /// Segments in it, overviews' included.
    pub segments: usize,
    /// Bytes that overviews, and a file without a name of its own, took on disk while they waited.
    pub spooled: u64,
}

/// Writes one GeoTIFF; see the [module](super) for how.
#[derive(Debug)]
pub struct GeoTiffWriter {
    pub(super) delivery: Delivery,
    pub(super) out: BufWriter<Box<dyn Sink>>,
    pub(super) prefix: Prefix,
    /// One a directory. Offsets of a COG's full resolution count from its first byte, those of overviews in the spool.
    pub(super) indices: Vec<SegmentIndex>,
    pub(super) spool: Option<Spool>,
    pub(super) decision: Decision,
    pub(super) method: PrefixMethod,
    /// Planes whose segments are apart.
    planes: usize,
    /// Full resolution and overviews.
    pub(super) levels: usize,
    /// Length of the file so far.
    pub(super) end: u64,
    /// Length of the file up to which the system has been asked to write.
    nudged: u64,
    /// Segments still to come.
    pub(super) left: usize,
    max_segment_bytes: usize,
    /// Prefix of a classic COG, and what stands around the segments of its overviews.
    classic_front: u64,
    /// `GDAL_METADATA` and pixels of the raster, where statistics will be set.
    metadata: Option<(Option<String>, u64)>,
    pub(super) failed: bool,
}

/// Host bytes that a writer holds: its indices and buffers. `segments` are those of all levels.
pub fn writer_bytes(segments: usize, overviews: bool) -> usize {
    let spool = if overviews { spool::MEMORY_BYTES } else { 0 };
    segments * (size_of::<u64>() + size_of::<u32>()) + BUFFER_BYTES + super::room::MOVE_BYTES + spool
}

impl GeoTiffWriter {
    /// Checks the final name, creates the temporary and reserves the prefix.
    ///
    /// # Errors
    /// [`Error::Usage`] where the name is taken, [`Error::Write`] where nothing can be created beside it,
    /// [`Error::Output`] where the file cannot be what was asked for.
    pub fn create(path: impl AsRef<Path>, spec: FileSpec) -> Result<Self> {
        let path = path.as_ref();
        let FileSpec { profile, layout, .. } = &spec;
        if profile.cols == 0 || profile.rows == 0 || profile.bands == 0 {
            return Err(Error::Internal("a raster without pixels reached the writer"));
        }
        let cog = spec.container == Container::Cog;
        let refuse = |problem: String| Err(Error::Output { path: path.to_owned(), problem });
        if profile.cols > i32::MAX as usize || profile.rows > i32::MAX as usize || profile.bands > usize::from(u16::MAX) {
            return refuse(format!("TIFF cannot hold {} x {} pixels of {} samples", profile.cols, profile.rows, profile.bands));
        }
        let segments = spec.segments();
        if segments.iter().any(|&n| n > u32::MAX as usize) {
            return refuse(format!("TIFF cannot index {} segments; use larger tiles or strips", segments[0]));
        }
        let prefix = Prefix { ifds: spec.directories(&segments), cog, masked: spec.masked };
        let classic = prefix.bytes(HeaderKind::Classic);
        // What cannot fit is refused before a pixel is computed; what may not fit, when it happens.
        let least = if layout.compression.is_stored() {
            (profile.cols as u64 * profile.rows as u64).saturating_mul(profile.pixel_bytes() as u64)
        } else {
            0
        };
        if layout.bigtiff == BigTiff::No && !size::fits_classic(classic.saturating_add(least)) {
            return refuse(OUTGROWN.to_owned());
        }
        let all: usize = segments.iter().sum();
        let around = if cog { LEADER_AND_TRAILER } else { 0 };
        let bound = (all as u64).saturating_mul(spec.max_segment_bytes as u64 + around);
        let padding = if cog { GRANULE } else { 0 };
        let decision = size::decide_before(layout.bigtiff, classic + padding, bound);
        let reserved = match decision {
            // The prefix comes when all else is known.
            _ if cog => 0,
            Decision::Settled(kind) => prefix.bytes(kind),
            Decision::Open => prefix.bytes(HeaderKind::Big).max(classic),
        };
        let (delivery, mut sink) = Delivery::open(path, &spec.handover, spec.overwrite)?;
        sink.seek(SeekFrom::Start(reserved)).map_err(|e| delivery.error("reserve its header", e))?;
        let spool = (!spec.overviews.is_empty()).then(|| Spool::new(delivery.spool_beside()));
        let index = |&n: &usize| SegmentIndex { offsets: vec![ABSENT; n], byte_counts: vec![0; n] };
        Ok(Self {
            delivery,
            out: BufWriter::with_capacity(BUFFER_BYTES, sink),
            prefix,
            indices: segments.iter().map(index).collect(),
            spool,
            decision,
            method: spec.prefix,
            planes: spec.planes(),
            levels: 1 + spec.overviews.len(),
            end: reserved,
            nudged: reserved,
            left: all,
            max_segment_bytes: spec.max_segment_bytes,
            classic_front: classic + around * (all - segments[0] - if spec.masked { segments[1] } else { 0 }) as u64,
            metadata: spec.statistics.then(|| (spec.profile.gdal_metadata.clone(), profile.cols as u64 * profile.rows as u64)),
            failed: false,
        })
    }

    /// Appends one segment; segments of a level lie in the file in the order they are put.
    ///
    /// # Errors
    /// [`Error::Write`] where the file takes no more, [`Error::Output`] where a classic file would outgrow its
    /// offsets; in both cases the temporary is gone at once. [`Error::Internal`] for a key that is not of this
    /// file or was put before.
    pub fn put(&mut self, key: SegmentKey, bytes: &[u8]) -> Result<()> {
        let (directory, at) = self.check(key)?;
        let byte_count = u32::try_from(bytes.len()).ok().filter(|&n| n > 0 && bytes.len() <= self.max_segment_bytes);
        let byte_count = byte_count.ok_or(Error::Internal("a segment is longer than was said, or empty"))?;
        if self.decision == Decision::Settled(HeaderKind::Classic) && !size::fits_classic(self.end_after(key, bytes.len() as u64)) {
            return Err(self.fail(|delivery| delivery.problem(OUTGROWN)));
        }
        let written = match (key.level, &mut self.spool) {
            (0, _) => self.write_base(byte_count, bytes),
            (_, Some(spool)) => spool.append(bytes),
            _ => return Err(Error::Internal("an overview was put into a file that has none")),
        };
        let offset = written.map_err(|e| self.fail(|delivery| delivery.error("write a segment", e)))?;
        let index = &mut self.indices[directory];
        (index.offsets[at], index.byte_counts[at]) = (offset, byte_count);
        self.left -= 1;
        self.nudge();
        Ok(())
    }

    /// Asks the system to begin writing what has gathered, so that publishing has little left to wait for.
    fn nudge(&mut self) {
        if self.end - self.nudged >= NUDGE_BYTES {
            self.out.get_mut().settle(self.nudged, self.end - self.nudged);
            self.nudged = self.end;
        }
    }

    /// Leaves a segment out: readers take all of its samples for nodata.
    ///
    /// # Errors
    /// [`Error::Internal`] for a key that is not of this file or was put before.
    pub fn put_sparse(&mut self, key: SegmentKey) -> Result<()> {
        let (directory, at) = self.check(key)?;
        self.indices[directory].offsets[at] = 0;
        self.left -= 1;
        Ok(())
    }

    /// States the statistics of every band.
    pub fn set_statistics(&mut self, bands: &[Statistics]) {
        if let Some((xml, pixels)) = &self.metadata {
            let text = metadata::with_statistics(xml.as_deref(), bands, *pixels);
            self.prefix.ifds[0].replace(GDAL_METADATA_TAG, Value::Ascii(ascii(&text)));
        }
    }

    /// Gives up: the temporary is removed. Dropping does the same.
    pub fn abort(self) {}

    /// Length of a classic file that ends with this segment.
    fn end_after(&self, key: SegmentKey, bytes: u64) -> u64 {
        let waiting = self.spool.as_ref().map_or(0, Spool::len) + if key.level > 0 { bytes } else { 0 };
        let base = self.end + if key.level > 0 { 0 } else { bytes };
        if !self.prefix.cog {
            return base + waiting;
        }
        let around = if key.level > 0 { 0 } else { LEADER_AND_TRAILER };
        (self.classic_front + waiting).next_multiple_of(GRANULE) + base + around
    }

    /// Settles the predictor of full resolution and of overviews that was left open.
    pub fn set_predictor(&mut self, base: Predictor, overviews: Predictor) {
        for level in 0..self.levels {
            let predictor = if level == 0 { base } else { overviews };
            let directory = slot(self.levels, self.prefix.masked, level, false);
            self.prefix.ifds[directory].replace(tags::PREDICTOR, Value::Short(vec![predictor.tiff()]));
        }
    }

    /// In which directory, and where in its index, the segment stands.
    fn check(&self, key: SegmentKey) -> Result<(usize, usize)> {
        const WRONG: Error = Error::Internal("a segment was put twice, after a failure, or into another file");
        let mask = key.plane == self.planes && self.prefix.masked;
        if self.failed || key.level >= self.levels || (key.plane >= self.planes && !mask) {
            return Err(WRONG);
        }
        let directory = slot(self.levels, self.prefix.masked, key.level, mask);
        let index = &self.indices[directory];
        let (planes, plane) = if mask { (1, 0) } else { (self.planes, key.plane) };
        let a_plane = index.offsets.len() / planes;
        let at = plane * a_plane + key.index;
        if key.index >= a_plane || index.offsets[at] != ABSENT {
            return Err(WRONG);
        }
        Ok((directory, at))
    }

    /// Appends to the file; says where the segment begins.
    fn write_base(&mut self, byte_count: u32, bytes: &[u8]) -> io::Result<u64> {
        failpoint::reach("segment")?;
        if !self.prefix.cog {
            self.out.write_all(bytes)?;
            let offset = self.end;
            self.end += bytes.len() as u64;
            return Ok(offset);
        }
        self.out.write_all(&byte_count.to_le_bytes())?;
        self.out.write_all(bytes)?;
        self.out.write_all(&trailer(bytes))?;
        let offset = self.end + 4;
        self.end = offset + bytes.len() as u64 + 4;
        Ok(offset)
    }

    /// Removes the temporary; the writer takes nothing more.
    fn fail(&mut self, error: impl FnOnce(&Delivery) -> Error) -> Error {
        self.failed = true;
        let error = error(&self.delivery);
        self.delivery.remove();
        error
    }

    /// As if the disk were full, or the file at another length.
    #[cfg(test)]
    pub(super) fn replace(&mut self, file: std::fs::File, end: u64) {
        let sink: Box<dyn Sink> = Box::new(super::disk::Disk(file));
        (self.out, self.end) = (BufWriter::with_capacity(BUFFER_BYTES, sink), end);
    }
}

/// The last four bytes of a segment (zeroes before those of a shorter one).
fn trailer(bytes: &[u8]) -> [u8; 4] {
    let mut last = [0; 4];
    let tail = &bytes[bytes.len().saturating_sub(4)..];
    last[4 - tail.len()..].copy_from_slice(tail);
    last
}

pub(super) const OUTGROWN: &str = "a classic TIFF ends at 4 GiB and this one grows beyond; use --bigtiff auto or yes";
