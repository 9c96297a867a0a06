//! GeoTIFFs written by plain code that shares nothing with the library's container.

use flate2::{Compression, write::ZlibEncoder};
use std::{fs, io::Write as _, path::Path};
use tiff::tags::SampleFormat;

const WEST: f64 = 500_000.0;
const NORTH: f64 = 5_400_000.0;

/// Heights with relief at several scales, in whole centimetres.
pub fn terrain(col: usize, row: usize) -> f32 {
    let (x, y) = (col as f64, row as f64);
    let z = 800.0 + 60.0 * (x / 7.0).sin() * (y / 5.0).cos() + 25.0 * (x * y / 90.0).sin() + 3.0 * (x * 2.3 + y * 1.7).cos();
    ((z * 100.0).round() / 100.0) as f32
}

/// A raster to be written: EPSG:32633, square cells, little-endian classic TIFF.
#[derive(Clone, Debug)]
pub struct RasterFile {
    pub cols: usize,
    pub rows: usize,
    /// Row after row; NaN is missing.
    pub heights: Vec<f32>,
    /// Floats of 32 bits or integers of 16.
    pub format: SampleFormat,
    /// Declared nodata; without it missing samples are NaN in the file.
    pub nodata: Option<i16>,
    /// Columns and rows of a tile, or strips of so many rows.
    pub tile: Option<(usize, usize)>,
    pub strip_rows: usize,
    pub deflate: bool,
    pub cell: f64,
    /// Row 0 is the southernmost: said by a transformation matrix, as a pixel scale cannot.
    pub south_up: bool,
}

impl RasterFile {
    /// float32 in one strip a raster, nodata -9999.
    pub fn new(cols: usize, rows: usize, height: impl Fn(usize, usize) -> f32) -> Self {
        let heights = (0..rows * cols).map(|i| height(i % cols, i / cols)).collect();
        Self {
            cols,
            rows,
            heights,
            format: SampleFormat::IEEEFP,
            nodata: Some(-9999),
            tile: None,
            strip_rows: rows,
            deflate: false,
            cell: 10.0,
            south_up: false,
        }
    }

    pub fn tiles(mut self, cols: usize, rows: usize) -> Self {
        self.tile = Some((cols, rows));
        self
    }

    pub fn strips(mut self, rows: usize) -> Self {
        self.strip_rows = rows;
        self
    }

    pub fn deflated(mut self) -> Self {
        self.deflate = true;
        self
    }

    fn put_sample(&self, height: f32, out: &mut Vec<u8>) {
        let missing = self.nodata.unwrap_or_default();
        match self.format {
            SampleFormat::Int => out.extend((if height.is_nan() { missing } else { height.round() as i16 }).to_le_bytes()),
            _ if height.is_nan() && self.nodata.is_some() => out.extend(f32::from(missing).to_le_bytes()),
            _ => out.extend(height.to_le_bytes()),
        }
    }

    fn segments(&self) -> Vec<Vec<u8>> {
        let (across, down) = self.tile.unwrap_or((self.cols, self.strip_rows));
        let mut segments = Vec::new();
        for row in (0..self.rows).step_by(down) {
            for col in (0..self.cols).step_by(across) {
                let mut bytes = Vec::new();
                // Tiles are padded by repeating the last column and row; the last strip is as short as it is.
                let rows = if self.tile.is_some() { down } else { down.min(self.rows - row) };
                for r in row..row + rows {
                    for c in col..col + across {
                        self.put_sample(self.heights[r.min(self.rows - 1) * self.cols + c.min(self.cols - 1)], &mut bytes);
                    }
                }
                if self.deflate {
                    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
                    encoder.write_all(&bytes).expect("deflate in memory");
                    bytes = encoder.finish().expect("deflate in memory");
                }
                segments.push(bytes);
            }
        }
        segments
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) {
        let mut file = b"II\x2a\0\0\0\0\0".to_vec();
        let (mut offsets, mut counts) = (Vec::new(), Vec::new());
        for segment in self.segments() {
            offsets.push(file.len() as u32);
            counts.push(segment.len() as u32);
            file.extend(segment);
            file.resize(file.len().next_multiple_of(8), 0);
        }
        let (format, bits) = if self.format == SampleFormat::Int { (2, 16) } else { (3, 32) };
        let short = |tag: u16, value: u16| (tag, 3u16, 1u32, value.to_le_bytes().to_vec());
        let longs = |tag: u16, values: &[u32]| (tag, 4, values.len() as u32, values.iter().flat_map(|v| v.to_le_bytes()).collect());
        let doubles = |tag: u16, values: &[f64]| (tag, 12, values.len() as u32, values.iter().flat_map(|v| v.to_le_bytes()).collect());
        let mut tags: Vec<(u16, u16, u32, Vec<u8>)> = vec![
            longs(256, &[self.cols as u32]),
            longs(257, &[self.rows as u32]),
            short(258, bits),
            short(259, if self.deflate { 8 } else { 1 }),
            short(262, 1),
            short(277, 1),
            short(284, 1),
            short(339, format),
        ];
        if self.south_up {
            let south = NORTH - self.cell * self.rows as f64;
            let matrix = [self.cell, 0.0, 0.0, WEST, 0.0, self.cell, 0.0, south, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
            tags.push(doubles(34264, &matrix));
        } else {
            tags.push(doubles(33550, &[self.cell, self.cell, 0.0]));
            tags.push(doubles(33922, &[0.0, 0.0, 0.0, WEST, NORTH, 0.0]));
        }
        match self.tile {
            Some((cols, rows)) => {
                tags.extend([longs(322, &[cols as u32]), longs(323, &[rows as u32]), longs(324, &offsets), longs(325, &counts)]);
            }
            None => tags.extend([longs(273, &offsets), longs(278, &[self.strip_rows as u32]), longs(279, &counts)]),
        }
        let keys: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633];
        tags.push((34735, 3, keys.len() as u32, keys.iter().flat_map(|v| v.to_le_bytes()).collect()));
        if let Some(nodata) = self.nodata {
            let text = format!("{nodata}\0").into_bytes();
            tags.push((42113, 2, text.len() as u32, text));
        }
        tags.sort();
        let mut entries = (tags.len() as u16).to_le_bytes().to_vec();
        for (tag, kind, count, mut value) in tags {
            if value.len() > 4 {
                let at = file.len() as u32;
                file.extend(&value);
                file.resize(file.len().next_multiple_of(8), 0);
                value = at.to_le_bytes().to_vec();
            }
            value.resize(4, 0);
            entries.extend(tag.to_le_bytes().into_iter().chain(kind.to_le_bytes()).chain(count.to_le_bytes()).chain(value));
        }
        entries.extend([0; 4]);
        let directory = file.len() as u32;
        file[4..8].copy_from_slice(&directory.to_le_bytes());
        file.extend(entries);
        fs::write(path, file).expect("the temporary folder takes files");
    }
}
