//! What outputs are, with nothing left to guess: sample types, nodata, codecs, and what encoding them costs.

use super::lower::Lowered;
use crate::{
    container::writer_bytes,
    encode::{MissingRule, SegmentEncoder, SegmentSpec, max_segment_bytes, scratch_bytes},
    error::{Error, Result},
    execute::Packing,
    graph::{Bands, CompressionChoice, Destination, Node, Operator, PredictorChoice, Raster},
    plan::OutputSpec,
    raster::{Compression, Container, Layout, Nodata, Predictor, Profile, SampleType, Segmentation, Sentinel},
};

/// Level of deflate where none is asked for: by measurement the ratio of level 6 at 1.2 to 2 times its speed.
const DEFLATE_LEVEL: u8 = 4;
/// Rows and columns by which a raster that becomes no file is cut.
const UNWRITTEN_TILE: usize = 256;

/// One output file, everything resolved.
pub struct OutputFile {
    /// Where.
    pub destination: Destination,
    /// What it says of itself.
    pub profile: Profile,
    /// How pixels become segments.
    pub encoder: SegmentEncoder,
}

/// An output that becomes no file: cut into tiles for the schedule's sake alone.
pub fn unwritten_spec(lowered: &Lowered, node: usize, readback_pixel_bytes: usize) -> OutputSpec {
    OutputSpec {
        name: if readback_pixel_bytes > 0 { "array" } else { "device" }.to_owned(),
        node,
        segment_rows: UNWRITTEN_TILE.min(lowered.grid.rows),
        segment_cols: UNWRITTEN_TILE.min(lowered.grid.cols),
        readback_pixel_bytes,
        scratch_bytes: 0,
        max_segment_bytes: 0,
        index_bytes: 0,
    }
}

/// The file of a computed raster.
///
/// # Errors
/// [`Error::Usage`] for options that do not go together.
pub fn computed_file(lowered: &Lowered, operator: &dyn Operator, destination: &Destination) -> Result<OutputFile> {
    let options = &destination.options;
    let default = operator.output();
    let sample = options.sample.unwrap_or(default.sample);
    let nodata = options.nodata.unwrap_or(default.nodata);
    let sentinel = sentinel(nodata, sample)?;
    let mut profile = Profile::new(lowered.grid.cols, lowered.grid.rows, 1, sample);
    profile.nodata = Some(nodata);
    profile.georef = lowered.grid.georef.clone();
    output_file(destination, profile, SampleType::F32, MissingRule::NanTo(sentinel))
}

/// The file of a copy: samples, interpretation and metadata of its source.
///
/// # Errors
/// [`Error::Usage`] for options that do not go together.
pub fn copied_file(raster: &Raster, destination: &Destination) -> Result<OutputFile> {
    let Node::Source { source, bands } = raster.node() else {
        return Err(Error::Internal("a copy of a computed raster"));
    };
    let options = &destination.options;
    let from = source.profile();
    let mut profile = from.clone();
    profile.masked = false;
    profile.sample = options.sample.unwrap_or(from.sample);
    profile.nodata = options.nodata.or(from.nodata);
    if matches!(bands, Bands::One(_)) && from.bands > 1 {
        profile = Profile { bands: 1, alpha_band: None, photometric: 1, extra_samples: Vec::new(), color_map: Vec::new(), ..profile };
        // Band names and scales of all bands do not describe the one.
        profile.gdal_metadata = None;
    }
    let declared = from.nodata.and_then(|n| n.matching(from.sample));
    let same_type = profile.sample == from.sample;
    let missing = match profile.nodata {
        _ if same_type && (options.nodata.is_none() || from.nodata.is_none() && !from.sample.is_float()) => {
            MissingRule::Verbatim { declared: profile.nodata.and_then(|n| n.matching(from.sample)) }
        }
        None => MissingRule::Verbatim { declared: None },
        Some(nodata) => {
            let to = sentinel(nodata, profile.sample)?;
            match declared {
                Some(from) => MissingRule::SentinelTo { from, to },
                None => MissingRule::NanTo(to),
            }
        }
    };
    if options.nodata.is_some() {
        sentinel(options.nodata.unwrap_or(Nodata::Integer(0)), profile.sample)?;
    }
    output_file(destination, profile, from.sample, missing)
}

fn sentinel(nodata: Nodata, sample: SampleType) -> Result<Sentinel> {
    nodata.sentinel(sample).map_err(|e| Error::Usage {
        what: "nodata",
        given: nodata.to_string(),
        accepted: format!("{e}; choose --nodata to fit --dtype {sample}"),
    })
}

fn output_file(destination: &Destination, profile: Profile, window_sample: SampleType, missing: MissingRule) -> Result<OutputFile> {
    let options = &destination.options;
    if options.container == Container::Cog {
        return Err(Error::Usage { what: "format", given: "cog".to_owned(), accepted: "gtiff (one-pass COG is not built yet)".to_owned() });
    }
    let compression = match options.compression {
        CompressionChoice::Default => Compression::Deflate { level: DEFLATE_LEVEL },
        CompressionChoice::Exactly(compression) => compression,
    };
    let predictor = match options.predictor {
        PredictorChoice::Auto if compression == Compression::None => Predictor::None,
        PredictorChoice::Auto if profile.sample.is_float() => Predictor::Float,
        PredictorChoice::Auto => Predictor::Horizontal,
        PredictorChoice::None => Predictor::None,
        PredictorChoice::Horizontal => Predictor::Horizontal,
        PredictorChoice::Float => Predictor::Float,
    };
    let layout = Layout { segmentation: options.segmentation, compression, predictor, bigtiff: options.bigtiff };
    let encoder = SegmentEncoder::new(SegmentSpec {
        cols: profile.cols,
        rows: profile.rows,
        bands: profile.bands,
        window_sample,
        output_sample: profile.sample,
        missing,
        layout,
    })?;
    Ok(OutputFile { destination: destination.clone(), profile, encoder })
}

/// Bytes may be packed on the device where no computed byte can equal the sentinel.
pub fn packing_of(operator: &dyn Operator, file: &OutputFile) -> Option<Packing> {
    let range = operator.output().byte_range?;
    let MissingRule::NanTo(to) = file.encoder.spec().missing else { return None };
    if to.sample_type() != SampleType::U8 {
        return None;
    }
    let sentinel = to.get::<u8>();
    (sentinel < range.0 || sentinel > range.1).then_some(Packing { range, sentinel })
}

/// The file as the device hands it over.
///
/// # Errors
/// None for a packing that [`packing_of`] chose.
pub fn packed_file(file: OutputFile, packing: Option<Packing>) -> Result<OutputFile> {
    let (Some(_), MissingRule::NanTo(sentinel)) = (packing, file.encoder.spec().missing) else { return Ok(file) };
    let spec = SegmentSpec { window_sample: SampleType::U8, missing: MissingRule::PackedByte { sentinel }, ..*file.encoder.spec() };
    Ok(OutputFile { encoder: SegmentEncoder::new(spec)?, ..file })
}

/// An output file in numbers.
pub fn output_spec(lowered: &Lowered, node: usize, pixel_bytes: usize, file: &OutputFile, packing: Option<Packing>) -> OutputSpec {
    let spec = file.encoder.spec();
    let (segment_rows, segment_cols) = spec.layout.segmentation.shape(lowered.grid.cols);
    let segment_rows = match spec.layout.segmentation {
        Segmentation::Strips { rows } => rows.min(lowered.grid.rows),
        Segmentation::Tiles { .. } => segment_rows,
    };
    let segments = lowered.grid.rows.div_ceil(segment_rows) * lowered.grid.cols.div_ceil(segment_cols);
    OutputSpec {
        name: file.destination.path.display().to_string(),
        node,
        segment_rows,
        segment_cols,
        readback_pixel_bytes: if packing.is_some() { 1 } else { pixel_bytes },
        scratch_bytes: scratch_bytes(spec),
        max_segment_bytes: max_segment_bytes(spec),
        index_bytes: writer_bytes(segments),
    }
}
