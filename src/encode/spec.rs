use super::{MaskFrom, MissingRule};
use crate::{
    codec::{CODECS, Compression, Shape, listed},
    error::{Error, Result},
    raster::{BigTiff, Interleave, Predictor, SampleType, Segmentation, Sentinel},
};
use serde::Serialize;

/// How an output's pixels become segments: everything resolved, nothing left to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Layout {
    /// Tiles or strips.
    pub segmentation: Segmentation,
    /// Codec and level.
    pub compression: Compression,
    /// Predictor.
    pub predictor: Predictor,
    /// Header kind.
    pub bigtiff: BigTiff,
    /// Chunky or planar.
    pub interleave: Interleave,
}

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
    /// Where a mask comes from, if one says which pixels are missing; no value stands for missing then.
    pub mask: Option<MaskFrom>,
    /// Segmentation, predictor and codec.
    pub layout: Layout,
}

impl SegmentSpec {
    /// Planes whose segments are apart: one a band in a planar file.
    pub fn planes(&self) -> usize {
        if self.layout.interleave == Interleave::Band { self.bands } else { 1 }
    }

    /// Segments that lie at one place: of every plane, and of the mask.
    pub fn parts(&self) -> usize {
        self.planes() + usize::from(self.mask.is_some())
    }

    /// Samples of a pixel in the window.
    pub fn window_bands(&self) -> usize {
        self.bands + usize::from(self.mask == Some(MaskFrom::Band))
    }

    /// What stands for missing in the file, besides NaN and a mask.
    pub(super) fn sentinel(&self) -> Option<Sentinel> {
        if self.mask.is_some() { None } else { self.missing.written(self.output_sample) }
    }

    /// Whether a sample that is missing becomes 0, as nothing stands for it: NaN in an integer.
    pub fn loses_missing(&self) -> bool {
        let said = self.mask.is_some() || self.missing.written(self.output_sample).is_some();
        !said && self.window_sample.is_float() && !self.output_sample.is_float()
    }

    /// Samples of a pixel that lie in one segment.
    pub fn samples(&self) -> usize {
        self.bands / self.planes()
    }

    /// Bytes of one row of a segment, in the file's sample type.
    pub(super) fn row_bytes(&self) -> usize {
        self.layout.segmentation.shape(self.cols).1 * self.samples() * self.output_sample.bytes()
    }

    /// Whether a segment holds all samples of the window's pixels.
    pub(super) fn takes_whole_pixels(&self) -> bool {
        self.samples() == self.window_bands()
    }

    /// Bytes of one row of what a segment takes of the window's pixels; 0 where that is all.
    pub(super) fn picked_bytes(&self) -> usize {
        if self.takes_whole_pixels() {
            0
        } else {
            self.layout.segmentation.shape(self.cols).1 * self.samples() * self.window_sample.bytes()
        }
    }

    /// Bytes of a full segment ahead of the codec.
    pub(super) fn raw_bytes(&self) -> usize {
        let (rows, _) = self.layout.segmentation.shape(self.cols);
        let rows = if matches!(self.layout.segmentation, Segmentation::Strips { .. }) { rows.min(self.rows) } else { rows };
        rows * self.row_bytes()
    }

    /// The pixels of a full segment.
    pub(super) fn shape(&self) -> Shape {
        let (rows, cols) = self.layout.segmentation.shape(self.cols);
        Shape { rows, cols, samples: self.samples(), sample: self.output_sample, predictor: self.layout.predictor }
    }

    /// Refuses rows of strips that no reader's library would write: JPEG's blocks end with a strip.
    fn check_strips(&self) -> Result<()> {
        let multiple = self.layout.compression.codec().strip_rows_multiple(self.samples());
        match self.layout.segmentation {
            Segmentation::Strips { rows } if rows < self.rows && !rows.is_multiple_of(multiple) => Err(Error::Usage {
                what: "strip rows",
                given: format!("{rows} with {}", self.layout.compression.info().name),
                accepted: format!("a multiple of {multiple}, or all rows"),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses settings out of range, and samples that the codec does not hold or the predictor does not go with.
    fn check_codec(&self) -> Result<()> {
        let refuse = |what, given: String, accepted: String| Err(Error::Usage { what, given, accepted });
        let (compression, predictor, sample) = (self.layout.compression, self.layout.predictor, self.output_sample);
        compression.check()?;
        compression.codec().check(&self.shape(), self.bands)?;
        self.check_strips()?;
        // A reader would not know the sentinel again, and take what is near it for valid.
        if compression.is_lossy(sample.is_float()) && self.sentinel().is_some_and(|s| !s.is_nan()) {
            let accepted = if sample.is_float() { "--nodata nan, or --mask" } else { "--mask, or an input without nodata" };
            return refuse("lossy codec", "a nodata value that it would change".into(), accepted.into());
        }
        // libtiff ignores the predictor elsewhere, so nobody would undo it.
        if predictor != Predictor::None && !compression.takes_predictor() {
            let names: Vec<&str> =
                CODECS.iter().map(|codec| codec.info()).filter(|info| info.takes_predictor).map(|info| info.name).collect();
            let names = listed(&names);
            return refuse("predictor", format!("{} without {names}", predictor.tiff()), format!("none, or {names} beside it"));
        }
        if predictor == Predictor::Float && !sample.is_float() {
            return refuse("predictor", format!("3 with {sample} samples"), "3 for floating-point samples only".into());
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<()> {
        let refuse = |what, given: String, accepted: &str| Err(Error::Usage { what, given, accepted: accepted.to_owned() });
        match self.layout.segmentation {
            Segmentation::Tiles { cols, rows } if cols == 0 || rows == 0 || cols % 16 != 0 || rows % 16 != 0 => {
                return refuse("tile size", format!("{cols}x{rows}"), "multiples of 16 pixels");
            }
            Segmentation::Strips { rows: 0 } => return refuse("strip rows", "0".into(), "1 or more"),
            _ => {}
        }
        self.check_codec()?;
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
