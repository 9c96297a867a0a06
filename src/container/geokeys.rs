//! Georeferencing tags: the source's verbatim, completed to what OGC GeoTIFF 1.1 requires.

use super::ifd::{Value, ascii_bytes};
use crate::raster::{Affine, GeoTags, Georeferencing, RasterType};

const MODEL_PIXEL_SCALE: u16 = 33550;
const MODEL_TIEPOINT: u16 = 33922;
const MODEL_TRANSFORMATION: u16 = 34264;
const GEO_KEY_DIRECTORY: u16 = 34735;
const GEO_DOUBLE_PARAMS: u16 = 34736;
const GEO_ASCII_PARAMS: u16 = 34737;

const GT_MODEL_TYPE: u16 = 1024;
const GT_RASTER_TYPE: u16 = 1025;
const GEODETIC_CRS: u16 = 2048;
const PROJECTED_CRS: u16 = 3072;

/// The tags of `georef`; none where there is none.
pub(super) fn entries(georef: &Georeferencing) -> Vec<(u16, Value)> {
    let mut entries = Vec::new();
    let mut doubles = |tag, values: &[f64]| {
        if !values.is_empty() {
            entries.push((tag, Value::Double(values.to_vec())));
        }
    };
    let verbatim = [&georef.pixel_scale, &georef.tiepoints, &georef.matrix].iter().any(|values| !values.is_empty());
    doubles(MODEL_PIXEL_SCALE, &georef.pixel_scale);
    doubles(MODEL_TIEPOINT, &georef.tiepoints);
    doubles(MODEL_TRANSFORMATION, &georef.matrix);
    if let (false, Some(transform)) = (verbatim, georef.transform) {
        let origin = anchor(transform, georef.raster_type);
        if (transform.b, transform.d) == (0.0, 0.0) && transform.a > 0.0 && transform.e < 0.0 {
            doubles(MODEL_PIXEL_SCALE, &[transform.a, -transform.e, 0.0]);
            doubles(MODEL_TIEPOINT, &[0.0, 0.0, 0.0, origin.0, origin.1, 0.0]);
        } else {
            // A scale cannot be negative: what is rotated or south-up needs the whole matrix.
            let Affine { a, b, d, e, .. } = transform;
            doubles(MODEL_TRANSFORMATION, &[a, b, 0.0, origin.0, d, e, 0.0, origin.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        }
    }
    let none = GeoTags::default();
    let keys = match &georef.keys {
        Some(keys) => keys,
        // Without a CRS there is nothing to say but that the tags name centres of pixels.
        None if georef.raster_type == RasterType::Point && (georef.transform.is_some() || verbatim) => &none,
        None => return entries,
    };
    entries.push((GEO_KEY_DIRECTORY, Value::Short(complete(&keys.directory, georef.raster_type))));
    if !keys.doubles.is_empty() {
        entries.push((GEO_DOUBLE_PARAMS, Value::Double(keys.doubles.clone())));
    }
    if !keys.ascii.is_empty() {
        entries.push((GEO_ASCII_PARAMS, Value::Ascii(ascii_bytes(&keys.ascii))));
    }
    entries
}

/// World place of the pixel coordinate (0, 0) of the tags: a corner, or the centre of the first pixel.
fn anchor(transform: Affine, raster_type: RasterType) -> (f64, f64) {
    match raster_type {
        RasterType::Area => (transform.c, transform.f),
        RasterType::Point => transform.apply(0.5, 0.5),
    }
}

/// The directory with raster and model type present and its keys ascending; all other keys as they were.
fn complete(directory: &[u16], raster_type: RasterType) -> Vec<u16> {
    let (header, keys) = directory.split_at(directory.len().min(4));
    let declared = header.get(3).map_or(0, |&n| usize::from(n));
    let mut keys: Vec<[u16; 4]> = keys.chunks_exact(4).take(declared).map(|key| [key[0], key[1], key[2], key[3]]).collect();
    let has = |keys: &[[u16; 4]], id| keys.iter().any(|key| key[0] == id);
    if !has(&keys, GT_RASTER_TYPE) {
        let value = match raster_type {
            RasterType::Area => 1,
            RasterType::Point => 2,
        };
        keys.push([GT_RASTER_TYPE, 0, 1, value]);
    }
    // A type of model beside no CRS would be read as a local CRS.
    let model = [(PROJECTED_CRS, 1), (GEODETIC_CRS, 2)].into_iter().find(|(key, _)| has(&keys, *key));
    if let (false, Some((_, value))) = (has(&keys, GT_MODEL_TYPE), model) {
        keys.push([GT_MODEL_TYPE, 0, 1, value]);
    }
    // Stable, and from behind, so that of a key given twice the last stays: readers take that one.
    keys.reverse();
    keys.sort_by_key(|key| key[0]);
    keys.dedup_by_key(|key| key[0]);
    let revision = |at: usize, default| header.get(at).copied().filter(|&v| v > 0 || at == 2).unwrap_or(default);
    let mut complete = vec![revision(0, 1), revision(1, 1), revision(2, 0), keys.len() as u16];
    complete.extend(keys.iter().flatten());
    complete
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_without_raster_type_gets_it_in_its_place() {
        let utm = [1, 1, 1, 3, 1024, 0, 1, 1, 1026, 34737, 4, 0, 3072, 0, 1, 32633];
        let full = [1, 1, 1, 4, 1024, 0, 1, 1, 1025, 0, 1, 2, 1026, 34737, 4, 0, 3072, 0, 1, 32633];
        assert_eq!(complete(&utm, RasterType::Point), full);
        assert_eq!(complete(&full, RasterType::Area), full, "what is there stays");
    }

    #[test]
    fn a_short_or_empty_directory_becomes_a_legal_one() {
        assert_eq!(complete(&[], RasterType::Point), [1, 1, 0, 1, 1025, 0, 1, 2]);
        let twice = [1, 1, 0, 3, 3072, 0, 1, 32632, 3072, 0, 1, 32633, 1024, 0, 1, 1];
        assert_eq!(complete(&twice, RasterType::Area)[4..], [1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633], "the last of two");
        assert_eq!(complete(&[1, 1, 0, 9, 3072, 0, 1, 32633], RasterType::Area)[3..8], [3, 1024, 0, 1, 1]);
    }

    #[test]
    fn a_transform_becomes_tags_and_none_stays_none() {
        assert!(entries(&Georeferencing::default()).is_empty());
        let mut georef = Georeferencing { transform: Some(Affine::north_up(100.0, 200.0, 10.0, 5.0)), ..Default::default() };
        assert_eq!(entries(&georef)[1], (MODEL_TIEPOINT, Value::Double(vec![0.0, 0.0, 0.0, 100.0, 200.0, 0.0])));
        georef.raster_type = RasterType::Point;
        assert_eq!(entries(&georef)[1], (MODEL_TIEPOINT, Value::Double(vec![0.0, 0.0, 0.0, 105.0, 197.5, 0.0])));
        georef.transform = Some(Affine::north_up(100.0, 200.0, 10.0, -5.0));
        assert_eq!(entries(&georef)[0].0, MODEL_TRANSFORMATION);
    }
}
