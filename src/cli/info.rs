//! `swath info`: what a file's header says.

use super::{
    options::Talk,
    run::{begin, pretty},
    say,
    stop::Outcome,
};
use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::{fmt::Write, path::PathBuf};
use swath::{
    raster::{ByteSize, GeoKey, GeoTags, Georeferencing, LevelSize, Metadata, ModelType, Nodata, Profile, RasterType},
    source::{GeoTiff, ReadOptions, Source, Storage, Validation},
};

/// What a file's header says: size, type, layout, overviews, nodata, statistics, metadata, georeferencing, keys
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath info dem.tif
  swath info dem.tif --json | jq .epsg
  swath info a.tif b.tif --json | jq '.[].bands'")]
pub struct InfoArgs {
    /// The rasters to read
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// As JSON: an object, of several files an array of objects
    #[arg(long)]
    json: bool,
    /// Read nothing that is stored beside the file: .aux.xml, world files, .msk
    #[arg(long)]
    no_sidecars: bool,
    #[command(flatten)]
    talk: Talk,
}

impl InfoArgs {
    pub fn run(self) -> Outcome {
        begin(self.talk);
        let mut all = Vec::new();
        for (number, file) in self.files.iter().enumerate() {
            let tiff = GeoTiff::open_with(file, &ReadOptions::default().ignore_sidecars(self.no_sidecars))?;
            let bytes = std::fs::metadata(file).map_or(0, |m| m.len());
            let layout = tiff.validate()?;
            if self.json {
                all.push(as_json(&tiff, bytes, &layout));
            } else {
                let gap = if number > 0 { "\n" } else { "" };
                say::out(&format!("{gap}{}", as_text(&tiff, bytes, &layout)))?;
            }
        }
        match all.len() {
            0 => Ok(()),
            1 => say::out(&pretty(&all.remove(0))),
            _ => say::out(&pretty(&all)),
        }
    }
}

/// A level, or another picture of a file.
fn size_json(size: &LevelSize) -> Value {
    json!([size.cols, size.rows])
}

fn model_name(georef: &Georeferencing) -> &'static str {
    match georef.model_type() {
        ModelType::Projected => "projected",
        ModelType::Geographic => "geographic",
        ModelType::Other => "other",
    }
}

fn raster_type_name(georef: &Georeferencing) -> &'static str {
    match georef.raster_type {
        RasterType::Area => "area",
        RasterType::Point => "point",
    }
}

/// A number where JSON has one for it, else its text.
pub fn nodata_json(nodata: Nodata) -> Value {
    let integer = match nodata {
        Nodata::Integer(i) => i64::try_from(i).map(Value::from).or_else(|_| u64::try_from(i).map(Value::from)).ok(),
        Nodata::Float(f) => serde_json::Number::from_f64(f).map(Value::Number),
    };
    integer.unwrap_or_else(|| Value::String(nodata.to_string()))
}

fn as_json(tiff: &GeoTiff, bytes: u64, layout: &Validation) -> InfoJson {
    let profile = tiff.profile();
    let georef = &profile.georef;
    let Storage { compression, predictor, tiled, planar } = tiff.storage();
    let planes = tiff.planes();
    let metadata = metadata(profile);
    let keys: Vec<Value> = keys(georef).iter().map(|key| json!({ "id": key.id, "name": key.name, "value": key.value })).collect();
    let rest = json!({
        "path": tiff.name(),
        "bytes": bytes,
        "width": profile.cols,
        "height": profile.rows,
        "bands": profile.bands,
        "dtype": profile.sample,
        "nodata": profile.nodata.map(nodata_json),
        "alpha_band": profile.alpha_band.map(|band| band + 1),
        "mask": profile.masked,
        "tiled": tiled,
        "planar": planar,
        "compression": compression,
        "predictor": predictor,
        "chunk": planes.first().map(|p| [p.cols, p.rows]),
        "chunks": chunks(tiff),
        "overviews": layout.levels.iter().skip(1).map(size_json).collect::<Vec<_>>(),
        "level_bytes": layout.level_bytes,
        "pages": layout.pages.iter().map(size_json).collect::<Vec<_>>(),
        "sub_images": layout.sub_images.iter().map(size_json).collect::<Vec<_>>(),
        "cog": layout.is_cog(),
        "bigtiff": layout.bigtiff,
        STATISTICS_KEY: null,
        METADATA_KEY: null,
        "transform": georef.transform.map(|t| [t.a, t.b, t.c, t.d, t.e, t.f]),
        "pixel_is": raster_type_name(georef),
        "model": model_name(georef),
        "epsg": georef.epsg(),
        "crs": georef.crs_name(),
        "vertical_crs": georef.vertical_crs().map(|(code, name)| json!({ "epsg": code, "name": name })),
        "geokeys": keys,
        "sidecars": tiff.sidecars().iter().map(|s| json!({ "path": s.path, "holds": s.holds, "taken": s.taken })).collect::<Vec<_>>(),
        "warnings": profile.warnings,
    });
    InfoJson { rest, metadata, bands: profile.bands }
}

/// What is said of a file, as JSON. Statistics and items, of which there may be a hundred thousand, are made one by one as they are written.
struct InfoJson {
    /// All else, with a place for each of them.
    rest: Value,
    metadata: Metadata,
    bands: usize,
}

const STATISTICS_KEY: &str = "statistics";
const METADATA_KEY: &str = "metadata";

impl Serialize for InfoJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.rest.as_object().into_iter().flatten();
        serializer.collect_map(entries.map(|(key, value)| {
            let value = match key.as_str() {
                STATISTICS_KEY => InfoField::Statistics(&self.metadata, self.bands),
                METADATA_KEY => InfoField::Items(&self.metadata),
                _ => InfoField::Plain(value),
            };
            (key, value)
        }))
    }
}

enum InfoField<'a> {
    Plain(&'a Value),
    Statistics(&'a Metadata, usize),
    Items(&'a Metadata),
}

impl Serialize for InfoField<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::Statistics(metadata, bands) => serializer.collect_seq(statistics(metadata, *bands).iter().map(statistics_json)),
            Self::Items(metadata) => serializer.collect_seq(metadata.items.iter().filter(|item| !item.is_statistic()).map(
                |item| json!({ "name": item.name, "band": item.band.map(|band| band + 1), "value": item.value, "domain": item.domain }),
            )),
        }
    }
}

/// The keys that a file has.
fn keys(georef: &Georeferencing) -> Vec<GeoKey> {
    georef.keys.as_ref().map(GeoTags::listed).unwrap_or_default()
}

fn metadata(profile: &Profile) -> Metadata {
    Metadata::parse(profile.gdal_metadata.as_deref().unwrap_or_default())
}

/// What GDAL calls a statistic of a band, and what the report does.
const STATISTICS: [(&str, &str); 5] = [
    ("STATISTICS_MINIMUM", "min"),
    ("STATISTICS_MAXIMUM", "max"),
    ("STATISTICS_MEAN", "mean"),
    ("STATISTICS_STDDEV", "stddev"),
    ("STATISTICS_VALID_PERCENT", "valid_percent"),
];

/// Statistics of one band that the file states, by the report's names, as it writes them.
type Statistics<'a> = [Option<&'a str>; STATISTICS.len()];

/// Statistics of every band, found in one pass over the metadata.
fn statistics(metadata: &Metadata, bands: usize) -> Vec<Statistics<'_>> {
    let mut all = vec![Statistics::default(); bands];
    for item in metadata.items.iter().filter(|item| item.domain.is_none()) {
        let kind = STATISTICS.iter().position(|(gdals, _)| *gdals == item.name);
        if let (Some(kind), Some(of_band)) = (kind, item.band.and_then(|band| all.get_mut(band))) {
            of_band[kind].get_or_insert(&item.value);
        }
    }
    all
}

/// Those that are there, with the report's names.
fn stated<'a>(of_band: &Statistics<'a>) -> impl Iterator<Item = (&'static str, &'a str)> {
    STATISTICS.into_iter().zip(*of_band).filter_map(|((_, ours), text)| Some((ours, text?)))
}

/// `null` where the file states none.
fn statistics_json(of_band: &Statistics<'_>) -> Value {
    let number = |text: &str| text.parse().ok().and_then(serde_json::Number::from_f64).map_or_else(|| json!(text), Value::Number);
    match of_band.iter().all(Option::is_none) {
        true => Value::Null,
        false => stated(of_band).map(|(name, text)| (name.to_owned(), number(text))).collect(),
    }
}

/// Chunks of all planes.
fn chunks(tiff: &GeoTiff) -> usize {
    let profile = tiff.profile();
    tiff.planes().iter().map(|p| p.across(profile.cols) * p.down(profile.rows)).sum()
}

fn as_text(tiff: &GeoTiff, bytes: u64, layout: &Validation) -> String {
    let profile = tiff.profile();
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<10} {value}");
    };
    line("file", format!("{}, {}", tiff.name(), ByteSize::b(bytes)));
    let bands = if profile.bands == 1 { "band" } else { "bands" };
    line("raster", format!("{} x {} pixels (cols x rows), {} {bands} of {}", profile.cols, profile.rows, profile.bands, profile.sample));
    line("chunks", chunks_text(tiff));
    line("layout", layout_text(layout));
    for (name, sizes) in [("pages", &layout.pages), ("sub-IFDs", &layout.sub_images)] {
        if !sizes.is_empty() {
            line(name, sizes.iter().map(|size| format!("{} x {}", size.cols, size.rows)).collect::<Vec<_>>().join(", "));
        }
    }
    for sidecar in tiff.sidecars() {
        let taken = if sidecar.taken { "" } else { ", not taken" };
        line("beside", format!("{}: {}{taken}", sidecar.path, sidecar.holds));
    }
    line("missing", missing_text(profile));
    for (name, value) in place(profile) {
        line(name, value);
    }
    let metadata = metadata(profile);
    for (band, of_band) in statistics(&metadata, profile.bands).iter().enumerate() {
        let found: Vec<String> = stated(of_band).map(|(name, text)| format!("{name} {text}")).collect();
        if !found.is_empty() {
            line("statistics", format!("band {}: {}", band + 1, found.join(", ")));
        }
    }
    for item in metadata.items.iter().filter(|item| !item.is_statistic()) {
        let of = item.band.map_or(String::new(), |band| format!("band {}: ", band + 1));
        let domain = item.domain.as_deref().map_or(String::new(), |domain| format!(" (domain {})", domain.escape_debug()));
        line("metadata", format!("{of}{} = {}{domain}", item.name.escape_debug(), item.value.escape_debug()));
    }
    for key in keys(&profile.georef) {
        line("key", key.to_string());
    }
    for warning in &profile.warnings {
        line("warning", warning.escape_debug().to_string());
    }
    text
}

fn chunks_text(tiff: &GeoTiff) -> String {
    let storage = tiff.storage();
    let kind = if storage.tiled { "tiles" } else { "strips" };
    let shape = tiff.planes().first().map_or(String::new(), |p| format!(" of {} x {}", p.cols, p.rows));
    let predictor = if storage.predictor > 1 { format!(", predictor {}", storage.predictor) } else { String::new() };
    let planar = if storage.planar { ", a plane a band" } else { "" };
    format!("{} {kind}{shape}, compression {}{predictor}{planar}", chunks(tiff), storage.compression)
}

fn layout_text(layout: &Validation) -> String {
    let levels = layout.levels.iter().zip(&layout.level_bytes).skip(1);
    let sizes: Vec<String> = levels.map(|(size, bytes)| format!("{} x {} ({})", size.cols, size.rows, ByteSize::b(*bytes))).collect();
    let kind = if layout.is_cog() { "cloud-optimised" } else { "plain" };
    let header = if layout.bigtiff { "BigTIFF" } else { "classic TIFF" };
    let overviews = if sizes.is_empty() { "no overviews".to_owned() } else { format!("overviews {}", sizes.join(", ")) };
    format!("{kind}, {header}, {overviews}")
}

fn missing_text(profile: &Profile) -> String {
    let mut how = Vec::new();
    how.extend(profile.nodata.map(|nodata| format!("nodata {nodata}")));
    how.extend(profile.alpha_band.map(|band| format!("alpha in band {}", band + 1)));
    how.extend(profile.masked.then(|| "mask".to_owned()));
    if profile.sample.is_float() && how.is_empty() {
        how.push("NaN only".to_owned());
    }
    if how.is_empty() { "none declared".to_owned() } else { how.join(", ") }
}

fn place(profile: &Profile) -> Vec<(&'static str, String)> {
    let georef = &profile.georef;
    let crs = match georef.epsg() {
        Some(code) => format!("EPSG:{code} ({})", model_name(georef)),
        None if georef.keys.is_some() => format!("no EPSG code ({})", model_name(georef)),
        None => "none".to_owned(),
    };
    let named = |text: String, name: Option<String>| match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{text}, {}", name.escape_debug()),
        None => text,
    };
    let mut lines = vec![("crs", named(crs, georef.crs_name()))];
    lines.extend(georef.vertical_crs().map(|(code, name)| ("vertical", named(format!("EPSG:{code}"), Some(name)))));
    let Some(t) = georef.transform else {
        lines.push(("transform", "none".to_owned()));
        return lines;
    };
    if t.b == 0.0 && t.d == 0.0 {
        lines.push(("origin", format!("{}, {} (corner of the first pixel)", t.c, t.f)));
        let order = if t.e < 0.0 { "north up" } else { "south up" };
        lines.push(("pixel", format!("{} x {}, {order}, a pixel is {}", t.a.abs(), t.e.abs(), article(raster_type_name(georef)))));
    } else {
        lines.push(("transform", format!("x = {} col + {} row + {}, y = {} col + {} row + {}", t.a, t.b, t.c, t.d, t.e, t.f)));
        lines.push(("pixel", format!("is {}", article(raster_type_name(georef)))));
    }
    let (x0, y0) = t.apply(0.0, 0.0);
    let (x1, y1) = t.apply(profile.cols as f64, profile.rows as f64);
    lines.push(("extent", format!("x {} to {}, y {} to {}", x0.min(x1), x0.max(x1), y0.min(y1), y0.max(y1))));
    lines
}

fn article(noun: &str) -> String {
    let article = if noun.starts_with('a') { "an" } else { "a" };
    format!("{article} {noun}")
}
