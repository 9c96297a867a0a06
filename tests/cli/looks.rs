//! What commands find in a place, and what they leave there.

use crate::place::Place;
use std::path::Path;

impl Place {
    /// Names of the files there.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// A file there, which is JSON.
    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }
}

/// A minimal TIFF: 2 x 2 bytes, uncompressed, no georeferencing.
pub fn write_tiny_tiff(path: &Path) {
    let mut encoder = tiff::encoder::TiffEncoder::new(std::fs::File::create(path).unwrap()).unwrap();
    encoder.write_image::<tiff::encoder::colortype::Gray8>(2, 2, &[1, 2, 3, 4]).unwrap();
}
