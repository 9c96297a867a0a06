use super::{
    Counts, EncodeScratch, MissingRule, Statistics, carve::Carve, codec::Shape, lerc, memory, predict::predict_row, statistics::Gather,
};
use crate::{
    error::{Error, Result},
    raster::{
        Compression, Interleave, Layout, LercThen, PixelWindow, Predictor, SampleType, Segmentation, Sentinel, Span, with_sample_type,
    },
};

/// What a segment is made of and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentSpec {
    /// Columns of the raster (of this level).
    pub cols: usize,
    /// Rows of the raster (of this level).
    pub rows: usize,
    /// Samples a pixel.
    pub bands: usize,
    /// Type of the samples as they lie in the windows.
    pub window_sample: SampleType,
    /// Type of the samples in the file.
    pub output_sample: SampleType,
    /// What becomes of missing samples.
    pub missing: MissingRule,
    /// Segmentation, predictor and codec.
    pub layout: Layout,
}

/// Makes the segments of one raster; shared by all workers.
#[derive(Clone, Copy, Debug)]
pub struct SegmentEncoder {
    spec: SegmentSpec,
    carve: Carve,
}

/// One encoded tile or strip.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodedSegment {
    /// The bytes for the file; the capacity is the length.
    pub bytes: Vec<u8>,
    /// Missing samples and sentinel collisions inside the raster.
    pub counts: Counts,
    /// Statistics of every band's valid samples, as the file holds them.
    pub statistics: Vec<Statistics>,
}

impl SegmentSpec {
    /// Planes whose segments are apart: one a band in a planar file.
    pub fn planes(&self) -> usize {
        if self.layout.interleave == Interleave::Band { self.bands } else { 1 }
    }

    /// Samples of a pixel that lie in one segment.
    pub fn samples(&self) -> usize {
        self.bands / self.planes()
    }

    /// Bytes of one row of a segment, in the file's sample type.
    pub(super) fn row_bytes(&self) -> usize {
        self.layout.segmentation.shape(self.cols).1 * self.samples() * self.output_sample.bytes()
    }

    /// Bytes of one row of one band out of a window that holds several; 0 where segments hold all bands.
    pub(super) fn band_bytes(&self) -> usize {
        if self.planes() == 1 { 0 } else { self.layout.segmentation.shape(self.cols).1 * self.window_sample.bytes() }
    }

    /// Bytes of a full segment ahead of the codec.
    pub(super) fn raw_bytes(&self) -> usize {
        let (rows, _) = self.layout.segmentation.shape(self.cols);
        let rows = if matches!(self.layout.segmentation, Segmentation::Strips { .. }) { rows.min(self.rows) } else { rows };
        rows * self.row_bytes()
    }

    /// What codecs that know of pixels cannot hold.
    fn check_codec(&self, codec: Compression) -> Result<()> {
        let refuse = |what, given: String, accepted: &str| Err(Error::Usage { what, given, accepted: accepted.to_owned() });
        let sample = self.output_sample;
        let (rows, cols) = self.layout.segmentation.shape(self.cols);
        match codec {
            Compression::Lerc { then: LercThen::Deflate { level }, .. } if level > 12 => {
                return refuse("deflate level", level.to_string(), "0 to 12");
            }
            Compression::Lerc { then: LercThen::Zstd { level }, .. } if !(1..=22).contains(&level) => {
                return refuse("zstd level", level.to_string(), "1 to 22");
            }
            Compression::Lerc { .. } if !lerc::holds(sample) => {
                return refuse("lerc", format!("{sample} samples"), "integers of 8 to 32 bits, float32 or float64");
            }
            Compression::Lerc { .. } if sample.is_float() && self.samples() > 1 => {
                return refuse(
                    "lerc",
                    format!("pixels of {} {sample} samples", self.bands),
                    "one band, or bands apart (--interleave band)",
                );
            }
            Compression::Jpeg { quality } if !(1..=100).contains(&quality) => {
                return refuse("jpeg quality", quality.to_string(), "1 to 100");
            }
            Compression::Jpeg { .. } if sample != SampleType::U8 || !matches!(self.samples(), 1 | 3) => {
                return refuse("jpeg", format!("{} bands of {sample}", self.bands), "uint8 in one or three bands");
            }
            Compression::WebP if sample != SampleType::U8 || !matches!(self.samples(), 3 | 4) => {
                return refuse("webp", format!("{} bands of {sample}", self.bands), "uint8 in three or four bands");
            }
            Compression::Jpeg { .. } if rows.max(cols) > 65_500 => {
                return refuse("jpeg", format!("{cols}x{rows} pixels"), "sides up to 65500");
            }
            Compression::WebP if rows.max(cols) > 16_384 => return refuse("webp", format!("{cols}x{rows} pixels"), "sides up to 16384"),
            _ => {}
        }
        // A reader would not know the sentinel again, and take what is near it for valid.
        if codec.is_lossy(sample.is_float()) && self.missing.written(sample).is_some_and(|s| !s.is_nan()) {
            let accepted = if sample.is_float() { "--nodata nan, or --mask" } else { "--mask, or an input without nodata" };
            return refuse("lossy codec", "a nodata value that it would change".into(), accepted);
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let refuse = |what, given: String, accepted: &str| Err(Error::Usage { what, given, accepted: accepted.to_owned() });
        match self.layout.segmentation {
            Segmentation::Tiles { cols, rows } if cols == 0 || rows == 0 || cols % 16 != 0 || rows % 16 != 0 => {
                return refuse("tile size", format!("{cols}x{rows}"), "multiples of 16 pixels");
            }
            Segmentation::Strips { rows: 0 } => return refuse("strip rows", "0".into(), "1 or more"),
            _ => {}
        }
        match self.layout.compression {
            Compression::Deflate { level } if level > 12 => return refuse("deflate level", level.to_string(), "0 to 12"),
            Compression::Zstd { level } if !(1..=22).contains(&level) => return refuse("zstd level", level.to_string(), "1 to 22"),
            codec => self.check_codec(codec)?,
        }
        // libtiff ignores the predictor elsewhere, so nobody would undo it.
        if self.layout.predictor != Predictor::None && !self.layout.compression.takes_predictor() {
            let accepted = "none, or deflate, zstd or lzw beside it";
            return refuse("predictor", format!("{} without deflate, zstd or lzw", self.layout.predictor.tiff()), accepted);
        }
        if self.layout.predictor == Predictor::Float && !self.output_sample.is_float() {
            return refuse("predictor", format!("3 with {} samples", self.output_sample), "3 for floating-point samples only");
        }
        let (rows, cols) = self.layout.segmentation.shape(self.cols);
        let raw = [cols, rows, self.samples(), self.output_sample.bytes()].iter().map(|&n| n as u128).product::<u128>();
        let raw = if matches!(self.layout.segmentation, Segmentation::Strips { .. }) {
            raw / rows as u128 * rows.min(self.rows) as u128
        } else {
            raw
        };
        // Byte counts are 32-bit in the file, and codecs may expand.
        if raw > i32::MAX as u128 {
            return refuse("segment", format!("{cols}x{rows} pixels of {} samples", self.bands), "tiles or strips of less than 2 GiB");
        }
        if self.cols == 0 || self.rows == 0 || !(1..=usize::from(u16::MAX)).contains(&self.bands) {
            return Err(Error::Internal("a raster without pixels, or of too many bands, reached the encoder"));
        }
        let fits = |sentinel: Option<Sentinel>, sample| sentinel.is_none_or(|s| s.sample_type() == sample);
        let packed = !matches!(self.missing, MissingRule::PackedByte { .. })
            || (self.window_sample, self.output_sample) == (SampleType::U8, SampleType::U8);
        if !fits(self.missing.from(), self.window_sample) || !fits(self.missing.to(), self.output_sample) || !packed {
            return Err(Error::Internal("a sentinel of another sample type reached the encoder"));
        }
        Ok(())
    }
}

impl SegmentEncoder {
    /// An encoder for `spec`.
    ///
    /// # Errors
    /// [`Error::Usage`] where TIFF, the predictor or the codec cannot do what is asked.
    pub fn new(spec: SegmentSpec) -> Result<Self> {
        spec.check()?;
        Ok(Self { spec, carve: Carve::new(spec.missing, spec.window_sample, spec.output_sample) })
    }

    /// What it makes.
    pub fn spec(&self) -> &SegmentSpec {
        &self.spec
    }

    /// Rows and columns of the raster that segment `(seg_row, seg_col)` covers, clipped to the raster.
    pub fn covers(&self, seg_row: usize, seg_col: usize) -> (Span, Span) {
        let (rows, cols) = self.spec.layout.segmentation.shape(self.spec.cols);
        let clip = |at: usize, len: usize, limit| Span::new((at * len).min(limit), ((at + 1) * len).min(limit));
        (clip(seg_row, rows, self.spec.rows), clip(seg_col, cols, self.spec.cols))
    }

    /// Encodes segment `(seg_row, seg_col)` of the raster (of the first band, if segments hold one each) from `window`,
    /// which must hold all its pixels.
    ///
    /// # Errors
    /// [`Error::Internal`] where the window does not hold the segment, or the codec fails.
    pub fn encode(&self, window: &PixelWindow, seg_row: usize, seg_col: usize, scratch: &mut EncodeScratch) -> Result<EncodedSegment> {
        self.encode_plane(window, (0, seg_row, seg_col), scratch)
    }

    /// As [`encode`](Self::encode), of the plane that is named first: the band, where segments hold one each.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_plane(
        &self,
        window: &PixelWindow,
        (plane, seg_row, seg_col): (usize, usize, usize),
        scratch: &mut EncodeScratch,
    ) -> Result<EncodedSegment> {
        let spec = &self.spec;
        let (rows, cols) = self.covers(seg_row, seg_col);
        if rows.is_empty() || cols.is_empty() || rows.intersect(window.rows) != rows || cols.intersect(window.cols) != cols {
            return Err(Error::Internal("a segment was asked of a window that does not hold it"));
        }
        if window.bands != spec.bands || window.sample != spec.window_sample || plane >= spec.planes() {
            return Err(Error::Internal("a window has other samples than its encoder"));
        }
        let (counts, statistics) = self.carve_segment(window, rows, cols, plane, scratch);
        let (_, seg_cols) = spec.layout.segmentation.shape(spec.cols);
        let seg_rows = scratch.tile.len() / spec.row_bytes();
        let shape = Shape { rows: seg_rows, cols: seg_cols, samples: spec.samples(), sample: spec.output_sample };
        Ok(EncodedSegment { bytes: scratch.compress(spec.layout.compression, shape)?, counts, statistics })
    }

    /// Leaves the predicted segment in `scratch.tile`.
    fn carve_segment(
        &self,
        window: &PixelWindow,
        rows: Span,
        cols: Span,
        plane: usize,
        scratch: &mut EncodeScratch,
    ) -> (Counts, Vec<Statistics>) {
        let spec = &self.spec;
        let row_bytes = spec.row_bytes();
        let out_rows = match spec.layout.segmentation {
            Segmentation::Tiles { rows, .. } => rows,
            // The last strip is as short as the raster leaves it.
            Segmentation::Strips { .. } => rows.len(),
        };
        let EncodeScratch { band, row, tile, .. } = scratch;
        fit(band, spec.band_bytes());
        fit(tile, out_rows * row_bytes);
        let direct = memory::carves_into_tile(spec.layout.predictor);
        fit(row, if direct { 0 } else { row_bytes });

        let samples = spec.samples();
        let inside = cols.len() * samples * spec.output_sample.bytes();
        let sample_bytes = spec.output_sample.bytes();
        let padding = spec.missing.padding(spec.output_sample);
        let mut counts = Counts::default();
        let mut gathers = vec![Gather::default(); samples];
        // A step at the raster's border would ring into it.
        let smooth = matches!(spec.layout.compression, Compression::Jpeg { .. });
        for (k, out) in tile.chunks_exact_mut(row_bytes).enumerate() {
            let carved = if direct { &mut *out } else { &mut row[..] };
            let mut filled = 0;
            if k < rows.len() {
                let pixels = window.row(rows.start + k, cols);
                let src = if spec.planes() == 1 {
                    pixels
                } else {
                    let one = &mut band[..cols.len() * spec.window_sample.bytes()];
                    pick(pixels, spec.window_sample.bytes(), spec.bands, plane, one);
                    &*one
                };
                counts += self.carve.row(spec.window_sample, spec.output_sample, src, &mut carved[..inside]);
                filled = inside;
                self.gather(&carved[..inside], &mut gathers);
            }
            if smooth && filled > 0 {
                repeat_last(carved, filled, samples * sample_bytes);
                filled = carved.len();
            }
            carved[filled..].chunks_exact_mut(sample_bytes).for_each(|sample| sample.copy_from_slice(&padding[..sample_bytes]));
            if !direct {
                predict_row(spec.layout.predictor, spec.output_sample, samples, row, out);
            }
        }
        if smooth {
            repeat_last(tile, rows.len() * row_bytes, row_bytes);
        }
        (counts, gathers.iter().map(Gather::finish).collect())
    }

    /// Adds one carved row to the statistics of its bands.
    fn gather(&self, row: &[u8], gathers: &mut [Gather]) {
        let spec = &self.spec;
        let sentinel = spec.missing.written(spec.output_sample);
        for (band, gather) in gathers.iter_mut().enumerate() {
            with_sample_type!(spec.output_sample, T => {
                let sentinel = sentinel.map(|s| s.get::<T>());
                pulp::Arch::new().dispatch(
                    #[inline(always)]
                    || gather.add::<T>(row, band, spec.samples(), sentinel),
                );
            });
        }
    }
}

/// One band of interleaved pixels.
fn pick(pixels: &[u8], width: usize, bands: usize, band: usize, out: &mut [u8]) {
    for (pixel, sample) in pixels.chunks_exact(bands * width).zip(out.chunks_exact_mut(width)) {
        sample.copy_from_slice(&pixel[band * width..(band + 1) * width]);
    }
}

/// Fills what follows the first `filled` bytes with copies of the last `unit` bytes of them.
fn repeat_last(bytes: &mut [u8], filled: usize, unit: usize) {
    for at in (filled..bytes.len()).step_by(unit) {
        bytes.copy_within(filled - unit..filled, at);
    }
}

/// Exactly `len` bytes, of any content: every one is written afterwards.
fn fit(buffer: &mut Vec<u8>, len: usize) {
    if buffer.capacity() < len {
        *buffer = Vec::new();
        *buffer = vec![0; len];
    }
    buffer.resize(len, 0);
}
