use super::{SampleType, Span};
use std::{fmt, sync::Arc};

/// Rows of finished pixels, wherever they lie: pooled host buffers or a mapped staging buffer.
pub trait PixelRows: Send + Sync {
    /// Native-endian bytes of row `row` (a row of the raster), all columns and bands of the window, pixel-interleaved.
    fn row(&self, row: usize) -> &[u8];
}

/// A rectangle of finished pixels, shared with the encoders until the last segment is carved from it.
///
/// Dropping the last clone gives the memory back to its pool.
#[derive(Clone)]
pub struct PixelWindow {
    /// Rows of the raster inside.
    pub rows: Span,
    /// Columns of the raster inside.
    pub cols: Span,
    /// Samples a pixel.
    pub bands: usize,
    /// Type of the samples as they lie here (not necessarily the output's).
    pub sample: SampleType,
    /// The rows themselves.
    pub data: Arc<dyn PixelRows>,
}

impl fmt::Debug for PixelWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PixelWindow(rows {}, cols {}, {} x {})", self.rows, self.cols, self.bands, self.sample)
    }
}

impl PixelWindow {
    /// Bytes of row `row`, columns `cols` (both in pixels of the raster, inside the window).
    pub fn row(&self, row: usize, cols: Span) -> &[u8] {
        let pixel = self.bands * self.sample.bytes();
        &self.data.row(row)[(cols.start - self.cols.start) * pixel..(cols.end - self.cols.start) * pixel]
    }
}
