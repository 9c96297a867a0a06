//! The tags of one directory, from the output's profile and layout.

use super::{
    geokeys,
    ifd::{Value, ascii},
};
use crate::{
    codec::{Compression, TagNumbers},
    encode::{Layout, MASK_COMPRESSION},
    raster::{GDAL_METADATA_TAG, Georeferencing, Interleave, LevelSize, Predictor, Profile, SampleType, Segmentation},
};

/// `Predictor`.
pub(super) const PREDICTOR: u16 = 317;
/// `NewSubfileType`.
const NEW_SUBFILE_TYPE: u16 = 254;
/// A reduced-resolution version of another image.
const REDUCED: u32 = 1;

/// All tags of the base image, in no particular order; a predictor that may still change has its tag in any case.
pub(super) fn entries(profile: &Profile, layout: &Layout, predictor_open: bool) -> Vec<(u16, Value)> {
    let short = |value: u16| Value::Short(vec![value]);
    let long = |value: usize| Value::Long(vec![value as u32]);
    let mut colour = Colour::of(profile);
    let samples = if layout.interleave == Interleave::Pixel { profile.bands } else { 1 };
    if layout.compression.info().ycbcr && samples == 3 {
        // What the segments hold, whatever the bands are; readers give the three bands back.
        (colour.photometric, colour.extra_samples) = (6, Vec::new());
    }
    let mut entries = vec![
        (256, long(profile.cols)),
        (257, long(profile.rows)),
        (258, Value::Short(vec![8 * profile.sample.bytes() as u16; profile.bands])),
        (259, short(compression(layout.compression))),
        (262, short(colour.photometric)),
        (277, short(profile.bands as u16)),
        (284, short(if layout.interleave == Interleave::Band && profile.bands > 1 { 2 } else { 1 })),
        (339, Value::Short(vec![profile.sample.tiff_sample_format(); profile.bands])),
    ];
    entries.extend(segmentation(layout.segmentation, profile.rows));
    if predictor_open || layout.predictor != Predictor::None {
        entries.push((PREDICTOR, short(layout.predictor.tiff())));
    }
    if !colour.color_map.is_empty() {
        entries.push((320, Value::Short(colour.color_map)));
    }
    if !colour.extra_samples.is_empty() {
        entries.push((338, Value::Short(colour.extra_samples)));
    }
    entries.extend(layout.compression.codec().tags(samples).iter().map(|&(tag, numbers)| (tag, numbers.into())));
    if let Some(xml) = &profile.gdal_metadata {
        entries.push((GDAL_METADATA_TAG, Value::Ascii(ascii(xml))));
    }
    entries.extend(profile.texts.iter().map(|(tag, text)| (*tag, Value::Ascii(ascii(text)))));
    entries.extend(profile.carried.iter().map(|tag| (tag.tag, tag.into())));
    if let Some(nodata) = profile.nodata {
        entries.push((42113, Value::Ascii(ascii(&nodata.to_string()))));
    }
    entries.extend(geokeys::entries(&profile.georef));
    entries
}

/// All tags of an overview: those of the base image that say how samples are to be read.
pub(super) fn overview_entries(profile: &Profile, layout: &Layout, predictor_open: bool, size: LevelSize) -> Vec<(u16, Value)> {
    let LevelSize { cols, rows } = size;
    let profile = Profile {
        cols,
        rows,
        gdal_metadata: None,
        texts: Vec::new(),
        carried: Vec::new(),
        georef: Georeferencing::default(),
        ..profile.clone()
    };
    let mut entries = entries(&profile, layout, predictor_open);
    entries.push((NEW_SUBFILE_TYPE, Value::Long(vec![REDUCED])));
    entries
}

/// All tags of the mask of a level.
pub(super) fn mask_entries(layout: &Layout, size: LevelSize, reduced: bool) -> Vec<(u16, Value)> {
    /// A mask of another image.
    const MASK: u32 = 4;
    let short = |value: u16| Value::Short(vec![value]);
    let long = |value: usize| Value::Long(vec![value as u32]);
    let mut entries = vec![
        (NEW_SUBFILE_TYPE, Value::Long(vec![MASK | if reduced { REDUCED } else { 0 }])),
        (256, long(size.cols)),
        (257, long(size.rows)),
        // One bit a pixel.
        (258, short(1)),
        (259, short(compression(MASK_COMPRESSION))),
        (262, short(4)),
        (277, short(1)),
        (284, short(1)),
        (339, short(1)),
    ];
    entries.extend(segmentation(layout.segmentation, size.rows));
    entries
}

fn segmentation(segmentation: Segmentation, raster_rows: usize) -> Vec<(u16, Value)> {
    let long = |value: usize| Value::Long(vec![value as u32]);
    match segmentation {
        Segmentation::Tiles { cols, rows } => vec![(322, long(cols)), (323, long(rows)), (324, Value::Offsets), (325, Value::ByteCounts)],
        Segmentation::Strips { rows } => vec![(273, Value::Offsets), (278, long(rows.min(raster_rows))), (279, Value::ByteCounts)],
    }
}

fn compression(compression: Compression) -> u16 {
    compression.info().tiff[0]
}

impl From<TagNumbers> for Value {
    fn from(numbers: TagNumbers) -> Self {
        match numbers {
            TagNumbers::Short(numbers) => Self::Short(numbers.to_vec()),
            TagNumbers::Long(numbers) => Self::Long(numbers.to_vec()),
            TagNumbers::Rational(numbers) => Self::Rational(numbers.to_vec()),
        }
    }
}

/// How the samples of a pixel are to be seen: the source's tags as far as they agree with each other and with
/// the output's bands and sample type, else plain grey with unspecified extra samples.
struct Colour {
    photometric: u16,
    color_map: Vec<u16>,
    extra_samples: Vec<u16>,
}

impl Colour {
    fn of(profile: &Profile) -> Self {
        let integer = !profile.sample.is_float();
        let color_map = palette(profile);
        let (photometric, colours) = match profile.photometric {
            greys @ 0 => (greys, 1),
            2 if profile.bands >= 3 => (2, 3),
            3 if !color_map.is_empty() => (3, 1),
            5 if profile.bands >= 4 => (5, 4),
            lab @ 8..=10 if profile.bands >= 3 && integer => (lab, 3),
            _ => (1, 1),
        };
        let extra = profile.bands - colours;
        let extra_samples = if profile.extra_samples.len() == extra { profile.extra_samples.clone() } else { vec![0; extra] };
        // Readers such as GDAL take greys that have a palette for its places.
        let color_map = if matches!(photometric, 0 | 1 | 3) && profile.photometric == photometric { color_map } else { Vec::new() };
        Self { photometric, color_map, extra_samples }
    }
}

/// The palette for the output's samples, which are places in it; empty where there is none, or none of these samples'.
fn palette(profile: &Profile) -> Vec<u16> {
    let entries = |sample: SampleType| 1usize << (8 * sample.bytes());
    match profile.sample {
        sample @ (SampleType::U8 | SampleType::I8 | SampleType::U16 | SampleType::I16)
            if profile.color_map.len() == 3 * entries(sample) =>
        {
            profile.color_map.clone()
        }
        // Bytes that became wider.
        sample @ SampleType::U16 if profile.color_map.len() == 3 * entries(SampleType::U8) => {
            let widened = |channel: &[u16]| channel.iter().copied().chain(std::iter::repeat(0)).take(entries(sample)).collect::<Vec<u16>>();
            profile.color_map.chunks_exact(entries(SampleType::U8)).flat_map(widened).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(photometric: u16, bands: usize, sample: SampleType, map: usize) -> (u16, usize, usize) {
        let mut profile = Profile::new(4, 4, bands, sample);
        (profile.photometric, profile.color_map, profile.extra_samples) = (photometric, vec![0; map], vec![2]);
        let colour = Colour::of(&profile);
        (colour.photometric, colour.color_map.len(), colour.extra_samples.len())
    }

    #[test]
    fn colour_tags_agree_with_the_bands_or_fall_back_to_grey() {
        assert_eq!(colour(3, 1, SampleType::U8, 768), (3, 768, 0));
        assert_eq!(colour(3, 1, SampleType::F32, 768), (1, 0, 0));
        assert_eq!(colour(3, 1, SampleType::U8, 12), (1, 0, 0));
        assert_eq!(colour(2, 4, SampleType::U8, 0), (2, 0, 1));
        assert_eq!(colour(2, 1, SampleType::U8, 0), (1, 0, 0));
        assert_eq!(colour(3, 1, SampleType::U16, 768), (3, 3 << 16, 0));
        assert_eq!(colour(0, 1, SampleType::U8, 768), (0, 768, 0));
        assert_eq!(colour(9, 3, SampleType::U8, 0), (9, 0, 0));
        assert_eq!(colour(6, 3, SampleType::U8, 0), (1, 0, 2));
    }
}
