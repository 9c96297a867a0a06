use super::{MaskFrom, MissingRule, lerc};
use crate::{
    error::{Error, Result},
    raster::{Compression, Interleave, Layout, LercThen, Predictor, SampleType, Segmentation, Sentinel},
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
        if codec.is_lossy(sample.is_float()) && self.sentinel().is_some_and(|s| !s.is_nan()) {
            let accepted = if sample.is_float() { "--nodata nan, or --mask" } else { "--mask, or an input without nodata" };
            return refuse("lossy codec", "a nodata value that it would change".into(), accepted);
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
