use super::{
    Counts, EncodeScratch, Layout, SegmentSpec, Statistics,
    carve::Carve,
    fit::fit,
    mask, memory,
    statistics::Gather,
    tally::{tally, tally_len},
};
use crate::{
    codec::{Compression, Shape, predict_row},
    error::{Error, Result},
    raster::{Bins, PixelWindow, Predictor, Segmentation, Span, widest, with_sample_type},
};

/// Makes the segments of one raster; shared by all workers.
#[derive(Clone, Copy, Debug)]
pub struct SegmentEncoder {
    spec: SegmentSpec,
    carve: Carve,
    bins: Option<Bins>,
    verify: bool,
    statistics: bool,
}

/// One encoded tile or strip.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodedSegment {
    /// The bytes for the file; the capacity is the length.
    pub bytes: Vec<u8>,
    /// Missing samples and sentinel collisions inside the raster.
    pub counts: Counts,
    /// Statistics of every band's valid samples, as the file holds them; empty where the encoder was told to leave them out.
    pub statistics: Vec<Statistics>,
}

impl SegmentEncoder {
    /// An encoder for `spec`.
    ///
    /// # Errors
    /// [`Error::Usage`] where TIFF, the predictor or the codec cannot do what is asked.
    pub fn new(spec: SegmentSpec) -> Result<Self> {
        spec.check()?;
        let carve = Carve::new(spec.missing, spec.window_sample, spec.output_sample);
        Ok(Self { spec, carve, bins: None, verify: false, statistics: true })
    }

    /// The same, which counts valid samples as the file holds them, in these bins, in the scratch that it is given: see
    /// [`EncodeScratch::tallies`].
    pub fn counting(self, bins: Option<Bins>) -> Self {
        Self { bins, ..self }
    }

    /// The same, which decodes each segment of a lossless codec again and compares: its scratch holds as much more as
    /// [`verify_scratch_bytes`](super::verify_scratch_bytes) says.
    pub fn verifying(self, verify: bool) -> Self {
        Self { verify, ..self }
    }

    /// The same encoder, without statistics of what it encodes: those of overviews are used by nobody.
    pub fn without_statistics(self) -> Self {
        Self { statistics: false, ..self }
    }

    /// The same encoder with another predictor.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_predictor(self, predictor: Predictor) -> Result<Self> {
        let layout = Layout { predictor, ..self.spec.layout };
        let Self { bins, verify, statistics, .. } = self;
        Ok(Self { bins, verify, statistics, ..Self::new(SegmentSpec { layout, ..self.spec })? })
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
    /// As [`encode`](Self::encode), and [`Error::Verification`] where the segment is decoded again and is not what was encoded.
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
        if window.bands != spec.window_bands() || window.sample != spec.window_sample || plane >= spec.parts() {
            return Err(Error::Internal("a window has other samples than its encoder"));
        }
        if plane == spec.planes() {
            let (bytes, counts) = mask::encode(spec, window, rows, cols, scratch)?;
            let shape = Shape::of_bytes(scratch.tile.len());
            self.check((mask::COMPRESSION, shape), (seg_row, seg_col), &bytes, scratch)?;
            return Ok(EncodedSegment { bytes, counts, statistics: Vec::new() });
        }
        let (counts, statistics) = self.carve_segment(window, rows, cols, plane, scratch);
        let shape = Shape { rows: scratch.tile.len() / spec.row_bytes(), ..spec.shape() };
        let bytes = scratch.compress(spec.layout.compression, shape)?;
        self.check((spec.layout.compression, shape), (seg_row, seg_col), &bytes, scratch)?;
        Ok(EncodedSegment { bytes, counts, statistics })
    }

    /// Decodes a segment that was made of the scratch's tile, where that is asked for.
    fn check(
        &self,
        (compression, shape): (Compression, Shape),
        (row, col): (usize, usize),
        bytes: &[u8],
        scratch: &mut EncodeScratch,
    ) -> Result<()> {
        if !self.verify {
            return Ok(());
        }
        let codec = compression.info().name;
        scratch.compare(compression, shape, bytes).map_err(|problem| Error::Verification { codec, row, col, problem })
    }

    /// The predictor that makes a segment smallest; the spec's own among equals, or where fewer than an eighth of the
    /// samples are valid.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn best_predictor(
        &self,
        window: &PixelWindow,
        (seg_row, seg_col): (usize, usize),
        scratch: &mut EncodeScratch,
    ) -> Result<Predictor> {
        let own = self.spec.layout.predictor;
        let first = self.encode(window, seg_row, seg_col, scratch)?;
        let (rows, cols) = self.covers(seg_row, seg_col);
        let samples = (rows.len() * cols.len() * self.spec.samples()) as u64;
        if 8 * (samples - first.counts.missing) < samples {
            return Ok(own);
        }
        let mut best = (first.bytes.len(), own);
        drop(first);
        for predictor in [Predictor::None, Predictor::Horizontal, Predictor::Float] {
            if predictor == own || (predictor == Predictor::Float && !self.spec.output_sample.is_float()) {
                continue;
            }
            let layout = Layout { predictor, ..self.spec.layout };
            let other = Self { spec: SegmentSpec { layout, ..self.spec }, ..*self };
            let len = other.encode(window, seg_row, seg_col, scratch)?.bytes.len();
            if len < best.0 {
                best = (len, predictor);
            }
        }
        Ok(best.1)
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
        let EncodeScratch { picked, valid, row, tile, tallies, .. } = scratch;
        fit(picked, spec.picked_bytes());
        fit(valid, if spec.mask.is_some() { cols.len() } else { 0 });
        fit(tile, out_rows * row_bytes);
        let tallies = self.tallies_of(plane, tallies);
        let direct = memory::carves_into_tile(spec.layout.predictor);
        fit(row, if direct { 0 } else { row_bytes });

        let samples = spec.samples();
        let inside = cols.len() * samples * spec.output_sample.bytes();
        let sample_bytes = spec.output_sample.bytes();
        let padding = spec.missing.padding(spec.output_sample);
        let (mut counts, mut masked) = (Counts::default(), 0);
        let mut gathers = vec![Gather::default(); if self.statistics { samples } else { 0 }];
        let repeats_border = spec.layout.compression.info().repeats_border;
        for (k, out) in tile.chunks_exact_mut(row_bytes).enumerate() {
            let carved = if direct { &mut *out } else { &mut row[..] };
            let mut filled = 0;
            if k < rows.len() {
                let pixels = window.row(rows.start + k, cols);
                let src = if spec.takes_whole_pixels() {
                    pixels
                } else {
                    let width = spec.window_sample.bytes();
                    let some = &mut picked[..cols.len() * samples * width];
                    pick(pixels, spec.window_bands() * width, plane * samples * width, samples * width, some);
                    &*some
                };
                counts += self.carve.row(spec.window_sample, spec.output_sample, src, &mut carved[..inside]);
                filled = inside;
                if spec.mask.is_some() {
                    mask::validity(spec, pixels, valid);
                    masked += valid.iter().filter(|&&valid| valid == 0).count() as u64;
                }
                self.gather(&carved[..inside], spec.mask.map(|_| &valid[..]), &mut gathers, tallies);
            }
            if repeats_border && filled > 0 {
                repeat_last(carved, filled, samples * sample_bytes);
                filled = carved.len();
            }
            carved[filled..].chunks_exact_mut(sample_bytes).for_each(|sample| sample.copy_from_slice(&padding[..sample_bytes]));
            if !direct {
                predict_row(spec.layout.predictor, spec.output_sample, samples, row, out);
            }
        }
        if repeats_border {
            repeat_last(tile, rows.len() * row_bytes, row_bytes);
        }
        if spec.mask.is_some() {
            counts = Counts { missing: masked * samples as u64, collisions: 0 };
        }
        (counts, gathers.iter().map(Gather::finish).collect())
    }

    /// The counts of the bands of one plane.
    fn tallies_of<'a>(&self, plane: usize, tallies: &'a mut Vec<u64>) -> &'a mut [u64] {
        let Some(len) = self.bins.as_ref().map(tally_len) else { return &mut [] };
        if tallies.is_empty() {
            *tallies = vec![0; len * self.spec.bands];
        }
        let samples = self.spec.samples();
        &mut tallies[plane * samples * len..(plane + 1) * samples * len]
    }

    /// Adds one carved row to the statistics and the counts of its bands.
    fn gather(&self, row: &[u8], valid: Option<&[u8]>, gathers: &mut [Gather], tallies: &mut [u64]) {
        let spec = &self.spec;
        let sentinel = spec.sentinel();
        for (band, gather) in gathers.iter_mut().enumerate() {
            with_sample_type!(spec.output_sample, T => {
                let sentinel = sentinel.map(|s| s.range::<T>());
                if let Some(bins) = &self.bins {
                    let len = tally_len(bins);
                    let counts = &mut tallies[band * len..(band + 1) * len];
                    tally::<T>(bins, row, (band, spec.samples()), (sentinel, valid), counts);
                }
                if let Some(valid) = valid {
                    gather.add_masked::<T>(row, band, spec.samples(), valid);
                    continue;
                }
                widest(
                    #[inline(always)]
                    || gather.add::<T>(row, band, spec.samples(), sentinel),
                );
            });
        }
    }
}

/// Bytes `from..from + len` of pixels of so many bytes.
pub(super) fn pick(pixels: &[u8], pixel_bytes: usize, from: usize, len: usize, out: &mut [u8]) {
    for (pixel, out) in pixels.chunks_exact(pixel_bytes).zip(out.chunks_exact_mut(len)) {
        out.copy_from_slice(&pixel[from..from + len]);
    }
}

/// Fills what follows the first `filled` bytes with copies of the last `unit` bytes of them.
fn repeat_last(bytes: &mut [u8], filled: usize, unit: usize) {
    for at in (filled..bytes.len()).step_by(unit) {
        bytes.copy_within(filled - unit..filled, at);
    }
}
