//! Most values that tags may have. Without them a header of a few bytes could ask for any amount of memory.
//!
//! Those of numbers follow from TIFF itself, where counts of samples, of bits and of keys are 16-bit numbers. Those of texts are ours.

/// Samples of a pixel.
pub const SAMPLES: u64 = u16::MAX as u64;
/// Numbers of a palette of 16-bit samples: red, green and blue.
pub const COLOURS: u64 = 3 << 16;
/// Numbers of a directory of GeoTIFF keys: four of the directory's own, and four a key.
pub const KEY_SHORTS: u64 = 4 * (1 + u16::MAX as u64);
/// Numbers or characters that keys refer to: by a first and a count of 16 bits each.
pub const KEY_VALUES: u64 = 1 << 17;
/// Numbers of tiepoints, six each.
pub const TIEPOINT_NUMBERS: u64 = 6 * (u16::MAX as u64);
/// Numbers of a transformation matrix; a pixel scale has three.
pub const MATRIX_NUMBERS: u64 = 16;
/// Bytes of a text about the raster.
pub const TEXT_BYTES: u64 = 1 << 20;
/// Bytes of GDAL's metadata.
pub const METADATA_BYTES: u64 = 3 << 20;
/// Bytes of the text of a nodata value.
pub const NODATA_BYTES: u64 = 4 << 10;
/// Bytes that all chunks share: the tables of a JPEG take some hundreds.
pub const TABLES_BYTES: u64 = 64 << 10;
