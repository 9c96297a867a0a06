//! TIFF tags that are carried from a raster to its copies as they are.

/// Lowest and highest sample, band by band: true as long as the samples are.
pub const SAMPLE_RANGE: [u16; 2] = [280, 281];

/// Tags that speak of how the colours of samples are seen: transfer function, white point, primaries, ICC profile.
pub const COLOUR_TAGS: [u16; 4] = [301, 318, 319, 34675];

/// Tags that people or cameras wrote about the picture: XMP, IPTC, Photoshop's, DGIWG's, EXIF, GPS.
pub const DESCRIPTIVE_TAGS: [u16; 6] = [700, 33723, 34377, 50909, 34665, 34853];

/// All carried tags but directories, with their names.
pub const CARRIED_TAGS: [(u16, &str); 16] = [
    (271, "maker"),
    (272, "model"),
    (280, "lowest sample"),
    (281, "highest sample"),
    (282, "resolution"),
    (283, "resolution"),
    (296, "unit of resolution"),
    (301, "transfer function"),
    (318, "white point"),
    (319, "primaries"),
    (700, "XMP"),
    (33723, "IPTC record"),
    (34377, "Photoshop record"),
    (34675, "ICC profile"),
    (50844, "rational polynomial coefficients"),
    (50909, "DGIWG metadata"),
];

/// Carried tags that name a directory.
pub const CARRIED_DIRECTORIES: [(u16, &str); 2] = [(34665, "EXIF"), (34853, "GPS")];

/// A tag that copies carry.
#[derive(Clone, Debug, PartialEq)]
pub struct CarriedTag {
    /// Its number.
    pub tag: u16,
    /// What it holds.
    pub value: CarriedValue,
}

/// What a carried tag holds.
#[derive(Clone, Debug, PartialEq)]
pub enum CarriedValue {
    /// Numbers, text or bytes.
    Plain {
        /// TIFF's field type, 1 to 18.
        kind: u16,
        /// The values, least significant byte first.
        bytes: Vec<u8>,
    },
    /// A directory of its own.
    Directory(Vec<CarriedTag>),
}

impl CarriedTag {
    /// Bytes of what it holds.
    pub fn bytes(&self) -> usize {
        match &self.value {
            CarriedValue::Plain { bytes, .. } => bytes.len(),
            CarriedValue::Directory(tags) => tags.iter().map(|tag| 20 + tag.bytes()).sum(),
        }
    }
}

/// Bytes of the smallest unit of a TIFF field type that has a byte order; `None` for types that TIFF does not have.
pub const fn field_unit(kind: u16) -> Option<usize> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 5 | 9 | 10 | 11 | 13 => 4,
        12 | 16 | 17 | 18 => 8,
        _ => return None,
    })
}

/// Bytes of one value of a TIFF field type: of a fraction, both of its numbers.
pub const fn field_bytes(kind: u16) -> Option<usize> {
    match field_unit(kind) {
        Some(unit) if kind == 5 || kind == 10 => Some(2 * unit),
        unit => unit,
    }
}
