//! Which metadata an output has.

use crate::{
    error::{Error, Result},
    graph::{Bands, MetadataPolicy, WriteOptions},
    raster::{Metadata, MetadataItem, Profile, Scaling, TEXT_TAGS, UNIT_ITEM},
};

/// The metadata of a copy: `profile` has its source's. `unchanged`: every sample is the source's, and as valid.
///
/// # Errors
/// As [`set`].
pub fn copy(profile: &mut Profile, bands: &Bands, options: &WriteOptions, unchanged: bool) -> Result<()> {
    if options.metadata == MetadataPolicy::Drop {
        profile.texts.clear();
        profile.gdal_metadata = None;
    }
    if let Some(xml) = &profile.gdal_metadata {
        let metadata = Metadata::parse(xml);
        let metadata = match bands {
            Bands::One(band) => Some(metadata.of_bands(&[*band])),
            Bands::Several(bands) => Some(metadata.of_bands(bands)),
            Bands::All => None,
        };
        // What need not change stays verbatim.
        match (metadata, unchanged) {
            (Some(metadata), true) => put(profile, &metadata),
            (Some(metadata), false) => put(profile, &metadata.without_statistics()),
            (None, false) if Metadata::parse(xml).has_statistics() => put(profile, &Metadata::parse(xml).without_statistics()),
            (None, _) => {}
        }
    }
    set(profile, options)
}

/// Names of bands, what their samples stand for and in what unit, as GDAL states them; nothing where there is none.
pub fn described(names: &[String], scaling: &[Scaling], units: &[String]) -> Option<String> {
    let named = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
    let mut items: Vec<MetadataItem> = named.map(|(band, name)| MetadataItem::new("DESCRIPTION", Some(band), name)).collect();
    for (band, Scaling { scale, offset }) in scaling.iter().enumerate() {
        // The shortest text that parses to the same bits.
        items.push(MetadataItem::new("OFFSET", Some(band), offset.to_string()));
        items.push(MetadataItem::new("SCALE", Some(band), scale.to_string()));
    }
    let united = units.iter().enumerate().filter(|(_, unit)| !unit.is_empty());
    items.extend(united.map(|(band, unit)| MetadataItem::new(UNIT_ITEM, Some(band), unit)));
    Some(Metadata { items }.to_xml()).filter(|xml| !xml.is_empty())
}

/// Sets what was asked for.
///
/// # Errors
/// [`Error::Usage`] for a band that is not there, a text that no tag can hold, or a scale that leaves nothing.
pub fn set(profile: &mut Profile, options: &WriteOptions) -> Result<()> {
    let refuse = |item: &MetadataItem, accepted: String| {
        let band = item.band.map_or(String::new(), |band| format!("{}:", band + 1));
        Err(Error::Usage { what: "metadata", given: format!("{band}{}={}", item.name, item.value), accepted })
    };
    let mut metadata = Metadata::parse(profile.gdal_metadata.as_deref().unwrap_or_default());
    let mut changed = false;
    let number = |what, given: Option<f64>, accepted: &str, good: fn(f64) -> bool| match given {
        Some(given) if !good(given) => Err(Error::Usage { what, given: given.to_string(), accepted: accepted.to_owned() }),
        given => Ok(given),
    };
    let scale = number("scale", options.scale, "a finite number other than 0", |scale| scale.is_finite() && scale != 0.0)?;
    let offset = number("offset", options.offset, "a finite number", f64::is_finite)?;
    let of_all = [("OFFSET", offset), ("SCALE", scale)].into_iter().filter_map(|(name, given)| Some((name, given?)));
    let of_all: Vec<MetadataItem> = of_all
        .flat_map(|(name, given)| (0..profile.bands).map(move |band| MetadataItem::new(name, Some(band), given.to_string())))
        .collect();
    for item in of_all.iter().chain(&options.items) {
        if item.name.is_empty() || item.name.contains('\0') || item.value.contains('\0') {
            return refuse(item, "a name and a text without NUL".to_owned());
        }
        if item.band.is_some_and(|band| band >= profile.bands) {
            return refuse(item, format!("bands 1 to {}", profile.bands));
        }
        if matches!(item.role.as_deref(), Some("scale" | "offset")) && item.value.trim().parse::<f64>().is_err() {
            return refuse(item, "a number".to_owned());
        }
        match TEXT_TAGS.iter().find(|(_, name)| item.band.is_none() && item.name.eq_ignore_ascii_case(name)) {
            Some(&(tag, _)) => {
                profile.texts.retain(|text| text.0 != tag);
                if !item.value.is_empty() {
                    profile.texts.push((tag, item.value.clone().into_bytes()));
                }
            }
            None => {
                metadata.set(item.clone());
                changed = true;
            }
        }
    }
    if changed {
        put(profile, &metadata);
    }
    Ok(())
}

fn put(profile: &mut Profile, metadata: &Metadata) {
    profile.gdal_metadata = Some(metadata.to_xml()).filter(|xml| !xml.is_empty());
}
