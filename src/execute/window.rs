//! Windows in host memory: rows in pooled strips, so that many threads fill them and carries cost no recomputation.

use super::{in_flight::Permit, pool::Buffer};
use crate::raster::{PixelRows, Span};
use std::sync::Arc;

/// A few rows of one node.
#[derive(Debug)]
pub struct Strip {
    /// Rows of the raster.
    pub rows: Span,
    /// Columns of the raster.
    pub cols: Span,
    /// Bytes of a pixel.
    pub pixel_bytes: usize,
    /// The rows, without gaps.
    pub data: Buffer,
}

impl Strip {
    /// Bytes of one row, columns `cols`.
    pub fn row_bytes(&self, row: usize, cols: Span) -> &[u8] {
        let start = ((row - self.rows.start) * self.cols.len() + cols.start - self.cols.start) * self.pixel_bytes;
        &self.data.bytes()[start..start + cols.len() * self.pixel_bytes]
    }

    /// Bytes of one row, columns `cols`, to be written.
    pub fn row_bytes_mut(&mut self, row: usize, cols: Span) -> &mut [u8] {
        let start = ((row - self.rows.start) * self.cols.len() + cols.start - self.cols.start) * self.pixel_bytes;
        &mut self.data.bytes_mut()[start..start + cols.len() * self.pixel_bytes]
    }
}

/// A node's rows in one unit: what was carried, then what is new.
#[derive(Clone, Debug)]
pub struct Window {
    /// Rows brought from the swath before.
    pub carried: Option<Arc<Strip>>,
    /// New rows, top to bottom; all strips but the last have `strip_rows` rows.
    pub strips: Vec<Arc<Strip>>,
    /// Rows of a strip.
    pub strip_rows: usize,
    /// Columns of the raster.
    pub cols: Span,
}

impl Window {
    /// Bytes of one row, columns `cols`.
    pub fn row(&self, row: usize, cols: Span) -> &[u8] {
        if let Some(carried) = self.carried.as_ref().filter(|c| c.rows.contains(row)) {
            return carried.row_bytes(row, cols);
        }
        let first = self.strips.first().map_or(0, |s| s.rows.start);
        self.strips[(row - first) / self.strip_rows].row_bytes(row, cols)
    }
}

/// A window that is finished and waits for its encoders; holds its unit's permit.
pub struct HostRows {
    /// The rows.
    pub window: Window,
    /// Given back when the last segment is carved.
    pub _permit: Arc<Permit>,
}

impl PixelRows for HostRows {
    fn row(&self, row: usize) -> &[u8] {
        self.window.row(row, self.window.cols)
    }
}
