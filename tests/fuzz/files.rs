//! TIFFs and what is beside them: opened, validated, planned for, and a few of their chunks decoded.

use crate::engine::Target;
use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering::Relaxed};
use swath::{
    graph::{Destination, MemoryOutput},
    prelude::*,
    raster::{Affine, Crs, Georeferencing, Interleave, MaxError, Metadata},
    source::{ChunkAt, Counters, DecodeScratch, validate_reader},
};

const BUDGET: Budget = Budget { host: ByteSize::mib(32), device: ByteSize::mib(32) };
/// Chunks that are decoded, and rows of a cursor.
const LARGEST_CHUNK: usize = 1 << 20;

pub fn targets() -> Vec<Target> {
    vec![header(), beside("aux.xml", PAM), beside("tfw", WORLD)]
}

/// Whole files of several codecs and layouts.
fn seeds() -> Vec<Vec<u8>> {
    type Refine = fn(Destination) -> Destination;
    let refined: [(Refine, bool, usize); 10] = [
        (|d| d.strips(7).compression(Compression::none()), false, 1),
        (|d| d.bigtiff(BigTiff::Yes).compression(Compression::lzw()).tile_size(16), false, 1),
        (|d| d.tile_size(16).statistics(true).sample(SampleType::I16).nodata(Nodata::Integer(-1)), true, 1),
        (|d| d.tiles(16, 32).interleave(Interleave::Band).compression(Compression::zstd(1)), false, 3),
        (|d| d.tile_size(16).mask(true).compression(Compression::packbits()), true, 1),
        (|d| d.strips(16).sparse(true).nodata(Nodata::Float(f64::NAN)), false, 1),
        (|d| d.tile_size(32).compression(Compression::lerc(MaxError::default())), false, 1),
        (|d| d.tile_size(32).compression(Compression::lerc_zstd(MaxError::default(), 1)), false, 1),
        (|d| d.tile_size(32).sample(SampleType::U8).compression(Compression::jpeg(75)), false, 3),
        (|d| d.tile_size(32).sample(SampleType::U8).compression(Compression::webp()), true, 3),
    ];
    refined.map(|(refine, cog, bands)| written(refine, cog, bands)).to_vec()
}

fn written(refine: fn(Destination) -> Destination, cog: bool, bands: usize) -> Vec<u8> {
    let mut georef = Georeferencing { transform: Some(Affine::north_up(5e5, 5.4e6, 10.0, 10.0)), ..Georeferencing::default() };
    georef.set_crs(&"EPSG:32633+5773".parse::<Crs>().unwrap());
    let array = ndarray::Array3::from_shape_fn((bands, 20, 33), |(band, row, col)| (band * 60 + row * 7 % 50 + col) as f32);
    let raster = Raster::from_source(ArraySource::from_bands(array).unwrap().georeferencing(georef));
    let output = MemoryOutput::new();
    let destination = if cog { Cog::in_memory(&output) } else { GTiff::in_memory(&output) };
    Job::new().write(raster, refine(destination)).threads(1).plan(BUDGET).unwrap().run().unwrap();
    output.take().unwrap()
}

/// What is said of a file that was opened, or why it was not.
fn looked_at(tiff: Result<GeoTiff, Error>) -> String {
    let tiff = match tiff {
        Ok(tiff) => tiff,
        Err(error) => return error.to_string(),
    };
    let profile = tiff.profile();
    let georef = &profile.georef;
    let _ = (georef.epsg(), georef.ellipsoid(), georef.linear_unit_m(), georef.crs_name(), georef.vertical_crs(), tiff.storage());
    let _ = (georef.keys.as_ref().map(|keys| keys.listed()), profile.gdal_metadata.as_deref().map(Metadata::parse));
    let counters = Arc::new(Counters::new(profile, tiff.planes()));
    let mut end = profile.warnings.join("; ");
    for (plane, chunking) in tiff.planes().iter().enumerate().filter(|(_, chunking)| chunking.chunk_bytes() <= LARGEST_CHUNK).take(4) {
        let mut out = vec![0; chunking.chunk_bytes()];
        let (across, down) = (chunking.across(profile.cols), chunking.down(profile.rows));
        for (chunk_row, chunk_col) in [(0, 0), (down - 1, across - 1)] {
            let at = ChunkAt { plane, chunk_row, chunk_col };
            let decoded = tiff.decode_chunk(at, &mut DecodeScratch::default(), &counters, &mut out);
            end += &decoded.err().map(|error| error.to_string()).unwrap_or_default();
        }
        let mut cursor = tiff.open_cursor(plane, 0, counters.clone()).unwrap();
        let row_bytes = chunking.cols * chunking.pixel_bytes;
        for _ in 0..profile.rows.min(50) {
            if let Err(error) = cursor.read_rows(1, &mut out[..row_bytes]) {
                end += &error.to_string();
                break;
            }
        }
    }
    let output = MemoryOutput::new();
    let job = Job::new().write(Raster::from_source(tiff), GTiff::in_memory(&output)).threads(2);
    match job.plan(BUDGET) {
        Ok(planned) => {
            assert!(planned.plan().host.peak as u64 <= BUDGET.host.bytes());
            end
        }
        Err(error) => end + &error.to_string(),
    }
}

fn header() -> Target {
    let run = |input: &[u8]| {
        let bytes = input.to_vec();
        let found = validate_reader(&bytes, "x").map_or_else(|error| error.to_string(), |found| found.problems.join("; "));
        // A counter of every chunk, and every plane, is charged to a job; a test has not the room for many.
        let chunks = GeoTiff::reader(bytes.clone(), "x").map_or(0, |tiff| {
            let (cols, rows) = (tiff.profile().cols, tiff.profile().rows);
            tiff.planes().iter().map(|p| p.across(cols) * p.down(rows)).sum()
        });
        if chunks > 1 << 16 { found } else { looked_at(GeoTiff::reader(bytes, "x")) + &found }
    };
    Target {
        name: "header".to_owned(),
        seeds: seeds(),
        words: &["II", "MM", "<Item name=\"", "\" sample=\"0\">", "</Item>", "-9999", "nan"],
        most: 64 << 10,
        memory: |_| 48 << 20,
        run: Box::new(run),
    }
}

const PAM: &str = "<PAMDataset><SRS>EPSG:32633</SRS><GeoTransform> 5.0e+05, 1.0e+01, 0.0, 5.4e+06, 0.0, -1.0e+01</GeoTransform>\
    <GCPList Projection=\"EPSG:4326\"><GCP Id=\"1\" Pixel=\"0.5\" Line=\"1.5\" X=\"2\" Y=\"3\" Z=\"4\"/></GCPList>\
    <Metadata domain=\"d\"><MDI key=\"a\">b &amp; c</MDI></Metadata><Metadata format=\"xml\" domain=\"xml:ESRI\"><GeodataXform/></Metadata>\
    <PAMRasterBand band=\"1\"><Description>x</Description><UnitType>m</UnitType><Offset>1</Offset><Scale>2</Scale>\
    <NoDataValue le_hex_equiv=\"0000000000C3C0\">-9999</NoDataValue><ColorInterp>Gray</ColorInterp></PAMRasterBand></PAMDataset>";
const WORLD: &str = "10.0\n0.0\n0.0\n-10.0\n500005.0\n5399995.0\n";

/// A plain file with an altered one beside it.
fn beside(extension: &'static str, seed: &str) -> Target {
    let folder = tempfile::tempdir().unwrap();
    let image = written(|d| d.strips(20).compression(Compression::none()), false, 1);
    let number = AtomicU64::new(0);
    let run = move |input: &[u8]| {
        let path = folder.path().join(format!("{}.tif", number.fetch_add(1, Relaxed) % 2));
        let beside = if extension == "tfw" { path.with_extension(extension) } else { path.with_extension(format!("tif.{extension}")) };
        std::fs::write(&path, &image).unwrap();
        std::fs::write(&beside, input).unwrap();
        let end = looked_at(GeoTiff::open(&path));
        std::fs::remove_file(&beside).unwrap();
        end
    };
    Target {
        name: format!("beside-{extension}"),
        seeds: vec![seed.as_bytes().to_vec()],
        words: &[
            "<PAMDataset>",
            "</PAMDataset>",
            "<SRS>",
            "<![CDATA[",
            "]]>",
            "<!--",
            "&amp;",
            "&#x",
            "GEOGCS[",
            "1e308",
            "-0",
            "inf",
            ",",
        ],
        most: 16 << 10,
        memory: |_| 48 << 20,
        run: Box::new(run),
    }
}
