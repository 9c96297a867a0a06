//! The table of awkward rasters: shapes, contents, types and tilings at which code that assumes comfort goes wrong.

use crate::write_raster::{RasterFile, terrain};
use tiff::tags::SampleFormat;

impl RasterFile {
    /// As integers of 16 bits.
    pub fn int16(mut self) -> Self {
        self.format = SampleFormat::Int;
        self
    }

    pub fn nodata(mut self, nodata: Option<i16>) -> Self {
        self.nodata = nodata;
        self
    }

    /// The same land stored from south to north.
    pub fn south_up(mut self) -> Self {
        self.heights = self.heights.chunks(self.cols).rev().flatten().copied().collect();
        self.south_up = true;
        self
    }
}

/// Terrain with single missing samples, about one in 29.
pub fn islands(col: usize, row: usize) -> f32 {
    if (col * 7 + row * 13).is_multiple_of(29) { f32::NAN } else { terrain(col, row) }
}

/// Terrain at which every 3 x 3 window is missing something, but for a valley floor that is flat.
fn valley(col: usize, row: usize) -> f32 {
    if (8..20).contains(&row) { 412.0 } else { islands(col, row) }
}

/// The table, with names for messages.
pub fn rasters() -> Vec<(String, RasterFile)> {
    let flat = |_, _| 412.0;
    let nothing = |_, _| f32::NAN;
    let named = |name: &str, raster: RasterFile| (name.to_owned(), raster);
    vec![
        named("one pixel", RasterFile::new(1, 1, terrain)),
        named("one missing pixel", RasterFile::new(1, 1, nothing)),
        named("one row", RasterFile::new(37, 1, terrain)),
        named("one column", RasterFile::new(1, 37, terrain)),
        named("one column in tiles larger than it", RasterFile::new(1, 37, islands).tiles(64, 64)),
        named("two by two", RasterFile::new(2, 2, terrain)),
        named("two by two with a missing corner", RasterFile::new(2, 2, islands)),
        named("two rows", RasterFile::new(37, 2, islands)),
        named("two columns", RasterFile::new(2, 37, terrain).strips(5)),
        named("three by three", RasterFile::new(3, 3, terrain).tiles(512, 512)),
        named("three by three, flat", RasterFile::new(3, 3, flat)),
        named("odd sizes in strips of seven rows", RasterFile::new(131, 67, terrain).strips(7).deflated()),
        named("odd sizes in small tiles", RasterFile::new(67, 131, islands).tiles(16, 16)),
        named("all missing", RasterFile::new(65, 33, nothing).tiles(32, 16)),
        named("all missing, nothing declared", RasterFile::new(65, 33, nothing).nodata(None)),
        named("islands of NaN, nothing declared", RasterFile::new(70, 41, islands).nodata(None).tiles(48, 32)),
        named("int16 islands", RasterFile::new(99, 45, islands).int16().tiles(64, 32).deflated()),
        named("int16 flat floor in rough country", RasterFile::new(41, 29, valley).int16()),
        named("just over a tile", RasterFile::new(65, 65, valley).tiles(64, 64)),
        named("tile larger than raster", RasterFile::new(100, 50, islands).tiles(512, 512).deflated()),
    ]
}
