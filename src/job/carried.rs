//! Which carried tags of a source its copy has.

use crate::{
    codec::Compression,
    graph::{Bands, CompressionChoice, MetadataPolicy, WriteOptions},
    raster::{COLOUR_TAGS, CarriedTag, CarriedValue, DESCRIPTIVE_TAGS, Profile, SAMPLE_RANGE, field_bytes},
};

/// Drops what does not hold for the copy: `profile` has the source's tags, and what the copy is. `unchanged`: every sample is the
/// source's, and as valid.
pub fn keep(profile: &mut Profile, from: &Profile, bands: &Bands, options: &WriteOptions, unchanged: bool) {
    let compression = match options.compression {
        CompressionChoice::Default => Compression::default(),
        CompressionChoice::Exactly(compression) => compression,
    };
    let same_samples = unchanged && !compression.is_lossy(profile.sample.is_float());
    // A part of a picture, or other numbers, are not the colours that were spoken of.
    let same_colours = profile.photometric == from.photometric && profile.sample == from.sample;
    let drops_descriptions = options.metadata == MetadataPolicy::Drop;
    profile.carried.retain_mut(|tag| match tag.tag {
        number if SAMPLE_RANGE.contains(&number) => same_samples && of_bands(tag, bands, from.bands),
        number if COLOUR_TAGS.contains(&number) => same_colours,
        number if DESCRIPTIVE_TAGS.contains(&number) => !drops_descriptions,
        _ => true,
    });
}

/// Leaves the values of some bands; whether the tag had one a band.
fn of_bands(tag: &mut CarriedTag, bands: &Bands, count: usize) -> bool {
    let CarriedValue::Plain { kind, bytes } = &mut tag.value else { return false };
    let width = field_bytes(*kind).unwrap_or(1);
    if bytes.len() != count * width {
        return false;
    }
    let value = |band: usize| bytes[band * width..(band + 1) * width].to_vec();
    match bands {
        Bands::All => {}
        Bands::One(band) => *bytes = value(*band),
        Bands::Several(chosen) => *bytes = chosen.iter().flat_map(|&band| value(band)).collect(),
    }
    true
}
