use super::{
    ifd::{Ifd, SegmentIndex},
    publish::Temporary,
    size::{self, Decision, HeaderKind},
    tags,
};
use crate::{
    error::{Error, Result},
    raster::{BigTiff, Compression, Layout, Profile, Segmentation},
};
use std::{
    fs::File,
    io::{BufWriter, Seek, SeekFrom, Write},
    path::Path,
};

/// Buffer in front of the file: small segments gather here, larger ones pass it by.
const BUFFER_BYTES: usize = 64 << 10;

/// What file is written.
#[derive(Clone, Debug)]
pub struct FileSpec {
    /// The output's profile: size, samples, nodata, georeferencing, colours.
    pub profile: Profile,
    /// Segmentation, codec, predictor, header.
    pub layout: Layout,
    /// Most bytes that one segment can have, as [`encode::max_segment_bytes`](crate::encode::max_segment_bytes) says.
    pub max_segment_bytes: usize,
    /// Replace an existing file.
    pub overwrite: bool,
}

/// Names one segment of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentKey {
    /// 0 is full resolution; overview `n` is level `n`.
    pub level: usize,
    /// 0 in a chunky file.
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
    /// Segments in it.
    pub segments: usize,
}

/// Writes one GeoTIFF; see the [module](super) for how.
#[derive(Debug)]
pub struct GeoTiffWriter {
    temporary: Temporary,
    out: BufWriter<File>,
    ifd: Ifd,
    index: SegmentIndex,
    decision: Decision,
    /// Length of the file so far.
    end: u64,
    put: usize,
    max_segment_bytes: usize,
    failed: bool,
}

/// Host bytes that a writer of this many segments holds: its index and its buffer.
pub fn writer_bytes(segments: usize) -> usize {
    segments * (size_of::<u64>() + size_of::<u32>()) + BUFFER_BYTES + (64 << 10)
}

/// Segments of one level of a chunky file.
fn segment_count(profile: &Profile, segmentation: Segmentation) -> usize {
    segmentation.across(profile.cols) * segmentation.down(profile.rows)
}

impl GeoTiffWriter {
    /// Checks the final name, creates the temporary and reserves the prefix.
    ///
    /// # Errors
    /// [`Error::Usage`] where the name is taken, [`Error::Write`] where nothing can be created beside it,
    /// [`Error::Output`] where the file cannot be what was asked for.
    pub fn create(path: impl AsRef<Path>, spec: FileSpec) -> Result<Self> {
        let FileSpec { profile, layout, max_segment_bytes, overwrite } = spec;
        let path = path.as_ref();
        if profile.cols == 0 || profile.rows == 0 || profile.bands == 0 {
            return Err(Error::Internal("a raster without pixels reached the writer"));
        }
        let refuse = |problem: String| Err(Error::Output { path: path.to_owned(), problem });
        if profile.cols > i32::MAX as usize || profile.rows > i32::MAX as usize || profile.bands > usize::from(u16::MAX) {
            return refuse(format!("TIFF cannot hold {} x {} pixels of {} samples", profile.cols, profile.rows, profile.bands));
        }
        let segments = segment_count(&profile, layout.segmentation);
        if segments > u32::MAX as usize {
            return refuse(format!("TIFF cannot index {segments} segments; use larger tiles or strips"));
        }
        let ifd = Ifd::new(tags::entries(&profile, &layout), segments);
        let classic = ifd.prefix_bytes(HeaderKind::Classic);
        // What cannot fit is refused before a pixel is computed; what may not fit, when it happens.
        let least = match layout.compression {
            Compression::None => (profile.cols as u64 * profile.rows as u64).saturating_mul(profile.pixel_bytes() as u64),
            _ => segments as u64,
        };
        if layout.bigtiff == BigTiff::No && !size::fits_classic(classic.saturating_add(least)) {
            return refuse(OUTGROWN.to_owned());
        }
        let decision = size::decide_before(layout.bigtiff, classic, (segments as u64).saturating_mul(max_segment_bytes as u64));
        let prefix = match decision {
            Decision::Settled(kind) => ifd.prefix_bytes(kind),
            Decision::Open => ifd.prefix_bytes(HeaderKind::Big).max(classic),
        };
        let (temporary, mut file) = Temporary::create(path, overwrite)?;
        file.seek(SeekFrom::Start(prefix)).map_err(|e| temporary.error("reserve its header", e))?;
        Ok(Self {
            temporary,
            out: BufWriter::with_capacity(BUFFER_BYTES, file),
            ifd,
            // No segment lies at offset 0, so 0 says "not put yet".
            index: SegmentIndex { offsets: vec![0; segments], byte_counts: vec![0; segments] },
            decision,
            end: prefix,
            put: 0,
            max_segment_bytes,
            failed: false,
        })
    }

    /// Appends one segment; the file has them in the order they are put.
    ///
    /// # Errors
    /// [`Error::Write`] where the file takes no more, [`Error::Output`] where a classic file would outgrow its
    /// offsets; in both cases the temporary is gone at once. [`Error::Internal`] for a key that is not of this
    /// file or was put before.
    pub fn put(&mut self, key: SegmentKey, bytes: &[u8]) -> Result<()> {
        if self.failed || key.level != 0 || key.plane != 0 || self.index.offsets.get(key.index).is_none_or(|&offset| offset != 0) {
            return Err(Error::Internal("a segment was put twice, after a failure, or into another file"));
        }
        let byte_count = u32::try_from(bytes.len()).ok().filter(|&n| n > 0 && bytes.len() <= self.max_segment_bytes);
        let byte_count = byte_count.ok_or(Error::Internal("a segment is longer than was said, or empty"))?;
        let end = self.end + bytes.len() as u64;
        if self.decision == Decision::Settled(HeaderKind::Classic) && !size::fits_classic(end) {
            return Err(self.fail(|temporary| temporary.problem(OUTGROWN)));
        }
        if let Err(e) = self.out.write_all(bytes) {
            return Err(self.fail(|temporary| temporary.error("write a segment", e)));
        }
        self.index.offsets[key.index] = self.end;
        self.index.byte_counts[key.index] = byte_count;
        self.end = end;
        self.put += 1;
        Ok(())
    }

    /// Length of the file so far, the reserved prefix included.
    pub fn bytes(&self) -> u64 {
        self.end
    }

    /// Writes the prefix, makes the file durable and gives it its final name.
    ///
    /// # Errors
    /// [`Error::Internal`] where segments are missing, [`Error::Write`] where the file cannot be finished; nothing
    /// stands under the final name then.
    pub fn finish(self) -> Result<WrittenFile> {
        let Self { temporary, mut out, ifd, index, decision, end, put, failed, .. } = self;
        if failed || put != index.offsets.len() {
            return Err(Error::Internal("a file was finished without all of its segments"));
        }
        let kind = size::decide_after(decision, end);
        // Seeking flushes the segments first.
        out.seek(SeekFrom::Start(0)).map_err(|e| temporary.error("write its last segments", e))?;
        ifd.write(kind, &index, &mut out).and_then(|()| out.flush()).map_err(|e| temporary.error("write its header", e))?;
        temporary.publish(out.get_ref())?;
        Ok(WrittenFile { bytes: end, bigtiff: kind == HeaderKind::Big, segments: put })
    }

    /// Gives up: the temporary is removed. Dropping does the same.
    pub fn abort(self) {}

    /// Removes the temporary; the writer takes nothing more.
    fn fail(&mut self, error: impl FnOnce(&Temporary) -> Error) -> Error {
        self.failed = true;
        let error = error(&self.temporary);
        self.temporary.remove();
        error
    }

    /// As if the disk were full, or the file at another length.
    #[cfg(test)]
    pub(super) fn replace(&mut self, file: File, end: u64) {
        (self.out, self.end) = (BufWriter::with_capacity(BUFFER_BYTES, file), end);
    }
}

const OUTGROWN: &str = "a classic TIFF ends at 4 GiB and this one grows beyond; use --bigtiff auto or yes";
