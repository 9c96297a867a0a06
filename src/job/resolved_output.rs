//! What outputs are, with nothing left to guess: sample types, nodata, codecs, overviews, and what encoding them costs.

use super::{
    carried, metadata,
    output_missing::{CopyMissing, Declared, nothing_for_missing, sentinel},
};
use crate::{
    codec::Compression,
    container::writer_bytes,
    encode::{
        Layout, MaskFrom, MissingRule, PyramidSpec, SegmentEncoder, SegmentSpec, mask_fill, max_segment_bytes, overview_tile_bytes,
        pyramid_bytes, scratch_bytes, tally_bytes, verify_scratch_bytes,
    },
    error::{Error, Result},
    graph::{
        Bands, Colors, CompressionChoice, Destination, GridInfo, Handover, Node, Operator, Overviews, Placement, PredictorChoice, Raster,
        WriteOptions,
    },
    plan::{OutputSpec, Packing},
    raster::{Container, Interleave, LevelSize, Nodata, Predictor, Profile, Resampling, SampleType, Segmentation},
};

/// Rows and columns by which a raster that becomes no file is cut.
const UNWRITTEN_TILE: usize = 256;
/// Side of an overview's tiles in a file of strips.
const OVERVIEW_TILE: usize = 512;
/// What a segment takes in the file besides itself: its place in the index, leader and trailer.
const FILE_BYTES_PER_SEGMENT: u64 = 20;
/// `PhotometricInterpretation` of red, green and blue.
const RGB: u16 = 2;
/// `ExtraSamples` of an alpha that nothing is multiplied by.
const UNASSOCIATED_ALPHA: u16 = 2;
/// Header, tags and padding.
const FILE_BYTES: u64 = 64 << 10;

/// One output file, everything resolved.
pub struct ResolvedOutput {
    /// Where.
    pub destination: Destination,
    /// What it says of itself.
    pub profile: Profile,
    /// How pixels become segments.
    pub encoder: SegmentEncoder,
    /// Its overviews; their levels may be none.
    pub pyramid: PyramidSpec,
    /// The predictor is chosen when the first segment is there: of full resolution, of overviews.
    pub predictor_open: (bool, bool),
    /// What the user should know of it before it is made.
    pub warnings: Vec<String>,
}

/// An output that becomes no file: cut into tiles for the schedule's sake alone.
pub fn unwritten_spec(name: &str, grid: &GridInfo, node: usize, readback_pixel_bytes: usize) -> OutputSpec {
    OutputSpec {
        name: name.to_owned(),
        node,
        segment_rows: UNWRITTEN_TILE.min(grid.rows),
        segment_cols: UNWRITTEN_TILE.min(grid.cols),
        parts: 1,
        readback_pixel_bytes,
        scratch_bytes: 0,
        max_segment_bytes: 0,
        index_bytes: 0,
        pyramid_bytes: 0,
        overview_tile_bytes: 0,
        spool_bytes: 0,
        file_bytes: 0,
        overviews: Vec::new(),
    }
}

/// The file of a computed raster, whose bands have these units.
///
/// # Errors
/// [`Error::Usage`] for options that do not go together.
pub fn computed(grid: &GridInfo, operator: &dyn Operator, units: &[String], destination: &Destination) -> Result<ResolvedOutput> {
    let options = &destination.options;
    let default = operator.output();
    let sample = options.sample.unwrap_or(default.sample);
    let declared = Declared::of(destination, sample, operator.may_be_missing().then_some(default.nodata))?;
    let nodata = declared.nodata;
    let missing = match nodata {
        Some(nodata) => MissingRule::NanTo(sentinel(nodata, sample)?),
        None if options.mask => MissingRule::NanTo(sentinel(mask_fill(sample), sample)?),
        None if !operator.may_be_missing() => MissingRule::Verbatim { declared: None },
        None if sample.is_float() => MissingRule::NanTo(sentinel(Nodata::Float(f64::NAN), sample)?),
        None => return Err(nothing_for_missing(sample)),
    };
    let mut profile = Profile::new(grid.cols, grid.rows, operator.bands(), sample);
    profile.nodata = nodata;
    profile.georef = grid.georef.clone();
    profile.gdal_metadata = metadata::described(&operator.band_names(), &operator.scaling(), units);
    match operator.colors() {
        Colors::Gray => {}
        Colors::Rgb => (profile.photometric, profile.extra_samples) = (RGB, Vec::new()),
        Colors::Rgba => {
            (profile.photometric, profile.extra_samples, profile.alpha_band) = (RGB, vec![UNASSOCIATED_ALPHA], Some(3));
        }
    }
    metadata::set(&mut profile, options)?;
    let file = output_file(destination, profile, SampleType::F32, missing, options.mask.then_some(MaskFrom::Samples))?;
    Ok(ResolvedOutput { warnings: declared.warnings, ..file })
}

/// The file of a copied raster.
///
/// # Errors
/// [`Error::Usage`] for options that do not go together.
pub fn copied(raster: &Raster, destination: &Destination, placement: &Placement) -> Result<ResolvedOutput> {
    let Node::Source { source, bands } = raster.node() else {
        return Err(Error::Internal("a copy of a computed raster"));
    };
    let options = &destination.options;
    let from = source.profile();
    let mut profile = from.clone();
    profile.sample = options.sample.unwrap_or(from.sample);
    let same_type = profile.sample == from.sample;
    let CopyMissing { nodata, rule: missing, mask, mut warnings } = CopyMissing::of(destination, from)?;
    profile.nodata = nodata;
    profile.nodata_beside_mask = false;
    match bands {
        Bands::One(_) if from.bands > 1 => profile = chosen(profile, &[0]),
        Bands::Several(bands) => {
            profile = chosen(profile, bands);
            if let Some(at) = from.alpha_band.and_then(|alpha| bands.iter().position(|&band| band == alpha))
                && profile.alpha_band.is_none()
            {
                let path = destination.path.display();
                warnings.push(format!("{path}: band {} was alpha, and is a plain band before the others: alpha comes last", at + 1));
            }
        }
        _ => {}
    }
    // As text, by which NaN is itself.
    let same_value = profile.nodata.map(|n| n.to_string()) == from.nodata.map(|n| n.to_string());
    let same_mask = mask == from.masked.then_some(MaskFrom::Band);
    let unchanged = same_type && same_mask && matches!(missing, MissingRule::Verbatim { .. }) && (same_value || from.masked);
    metadata::copy(&mut profile, bands, options, unchanged)?;
    carried::keep(&mut profile, from, bands, options, unchanged);
    placement.apply(&mut profile.georef, from.cols, from.rows);
    let file = output_file(destination, profile, from.sample, missing, mask)?;
    Ok(ResolvedOutput { warnings, ..file })
}

/// The profile of some bands of a raster.
fn chosen(from: Profile, bands: &[usize]) -> Profile {
    let colours = from.bands - from.extra_samples.len().min(from.bands);
    let whole_picture = from.photometric == RGB && bands.len() >= 3 && bands[..3] == [0, 1, 2];
    let extra = |band: &usize| from.extra_samples.get(band.wrapping_sub(colours)).copied().unwrap_or(0);
    let first_extra = if whole_picture { 3 } else { 1 };
    Profile {
        bands: bands.len(),
        alpha_band: from
            .alpha_band
            .and_then(|alpha| bands.iter().skip(first_extra).position(|&band| band == alpha))
            .map(|i| i + first_extra),
        photometric: if whole_picture { RGB } else { 1 },
        extra_samples: bands.iter().skip(first_extra).map(extra).collect(),
        color_map: Vec::new(),
        ..from
    }
}

fn output_file(
    destination: &Destination,
    mut profile: Profile,
    window_sample: SampleType,
    missing: MissingRule,
    mask: Option<MaskFrom>,
) -> Result<ResolvedOutput> {
    let options = &destination.options;
    let refuse = |what, given: &str, accepted: &str| Err(Error::Usage { what, given: given.to_owned(), accepted: accepted.to_owned() });
    if options.container == Container::Cog && matches!(options.segmentation, Segmentation::Strips { .. }) {
        return refuse("format", "cog in strips", "tiles (--tile-size)");
    }
    if options.container == Container::Cog && options.interleave == Interleave::Band {
        return refuse("interleave", "band in a COG", "pixel");
    }
    if let (true, Some(nodata)) = (options.mask, options.nodata.value()) {
        return refuse("--mask", &format!("beside --nodata {nodata}"), "one of them: a mask or a value says what is missing");
    }
    if options.sparse && profile.nodata.is_none() && mask.is_none() {
        return refuse("--sparse", "an output without nodata", "--mask, or --nodata VALUE, which readers give for what is left out");
    }
    profile.masked = mask.is_some();
    let compression = match options.compression {
        CompressionChoice::Default => Compression::default(),
        CompressionChoice::Exactly(compression) => compression,
    };
    let predictor = predictor(options.predictor, compression, profile.sample);
    let overview_compression = options.overview_compression.unwrap_or(compression);
    let levels = overviews(options, &profile);
    let palette_codecs = [(compression, true), (overview_compression, !levels.is_empty())];
    for (compression, _) in palette_codecs.into_iter().filter(|(_, used)| *used && profile.has_palette()) {
        if compression.is_lossy(profile.sample.is_float()) {
            return refuse(
                "compression",
                &format!("{} of a palette", compression.info().name),
                "a lossless codec: changed samples are other colours",
            );
        }
    }
    let overview_predictor = match options.overview_predictor {
        Some(chosen) => self::predictor(chosen, overview_compression, profile.sample),
        None if overview_compression.takes_predictor() && compression.takes_predictor() => predictor,
        None => self::predictor(PredictorChoice::Auto, overview_compression, profile.sample),
    };
    let layout =
        Layout { segmentation: options.segmentation, compression, predictor, bigtiff: options.bigtiff, interleave: options.interleave };
    let encoder = SegmentEncoder::new(SegmentSpec {
        cols: profile.cols,
        rows: profile.rows,
        bands: profile.bands,
        window_sample,
        output_sample: profile.sample,
        missing,
        mask,
        layout,
    })?;
    let pyramid = PyramidSpec {
        base: *encoder.spec(),
        levels,
        tile: match options.segmentation {
            Segmentation::Tiles { cols, rows } => (rows, cols),
            Segmentation::Strips { .. } => (OVERVIEW_TILE, OVERVIEW_TILE),
        },
        compression: overview_compression,
        predictor: overview_predictor,
        // Colours that alpha is in already are added as they are.
        alpha: profile.alpha_band.filter(|&alpha| is_unassociated(&profile, alpha)),
        // Indices of a palette have no mean.
        resampling: options.resampling.unwrap_or(if profile.has_palette() { Resampling::Nearest } else { Resampling::Average }),
    };
    let open = options.predictor == PredictorChoice::Auto && compression.takes_predictor();
    let overviews_open = overview_compression.takes_predictor() && open && options.overview_predictor.is_none();
    let predictor_open = (open, overviews_open);
    Ok(ResolvedOutput { destination: destination.clone(), profile, encoder, pyramid, predictor_open, warnings: Vec::new() })
}

/// Whether an alpha band is one that colours are not multiplied by.
fn is_unassociated(profile: &Profile, alpha: usize) -> bool {
    let first_extra = profile.bands - profile.extra_samples.len().min(profile.bands);
    profile.extra_samples.get(alpha.wrapping_sub(first_extra)) == Some(&UNASSOCIATED_ALPHA)
}

fn predictor(choice: PredictorChoice, compression: Compression, sample: SampleType) -> Predictor {
    match choice {
        PredictorChoice::Auto if !compression.takes_predictor() => Predictor::None,
        PredictorChoice::Auto if sample.is_float() => Predictor::Float,
        PredictorChoice::Auto => Predictor::Horizontal,
        PredictorChoice::None => Predictor::None,
        PredictorChoice::Horizontal => Predictor::Horizontal,
        PredictorChoice::Float => Predictor::Float,
    }
}

fn overviews(options: &WriteOptions, profile: &Profile) -> Vec<LevelSize> {
    let base = LevelSize { cols: profile.cols, rows: profile.rows };
    let (rows, cols) = match options.segmentation {
        Segmentation::Tiles { cols, rows } => (rows, cols),
        Segmentation::Strips { .. } => (OVERVIEW_TILE, OVERVIEW_TILE),
    };
    match (options.overviews, options.container) {
        (Overviews::None, _) | (Overviews::ByContainer, Container::GeoTiff) => Vec::new(),
        // One tile may hold a raster that validators want an overview of.
        (Overviews::Auto | Overviews::ByContainer, Container::Cog) if base.cols <= cols && base.rows <= rows && !base.is_small() => {
            base.first_overviews(1)
        }
        (Overviews::Auto, _) | (Overviews::ByContainer, Container::Cog) => base.overviews(cols, rows),
        (Overviews::Levels(count), _) => base.first_overviews(count),
    }
}

/// Bytes may be packed on the device where no computed byte can equal the sentinel.
pub fn packing_of(operator: &dyn Operator, file: &ResolvedOutput) -> Option<Packing> {
    let range = operator.output().byte_range?;
    let spec = file.encoder.spec();
    match spec.missing {
        _ if spec.output_sample != SampleType::U8 => None,
        MissingRule::NanTo(to) => {
            let sentinel = to.get::<u8>();
            (sentinel < range.0 || sentinel > range.1).then_some(Packing { range, sentinel })
        }
        // Nothing is missing, so nothing becomes the sentinel.
        MissingRule::Verbatim { declared: None } => Some(Packing { range, sentinel: range.0 }),
        _ => None,
    }
}

/// The file as the device hands it over.
///
/// # Errors
/// As [`SegmentEncoder::new`].
pub fn packed(file: ResolvedOutput, packing: Option<Packing>) -> Result<ResolvedOutput> {
    if packing.is_none() {
        return Ok(file);
    }
    let missing = match file.encoder.spec().missing {
        MissingRule::NanTo(sentinel) => MissingRule::PackedByte { sentinel },
        other => other,
    };
    let spec = SegmentSpec { window_sample: SampleType::U8, missing, ..*file.encoder.spec() };
    Ok(ResolvedOutput { encoder: SegmentEncoder::new(spec)?, pyramid: PyramidSpec { base: spec, ..file.pyramid.clone() }, ..file })
}

/// What encoding a kind of segments holds for each worker.
fn segment_scratch_bytes(file: &ResolvedOutput, spec: &SegmentSpec) -> usize {
    scratch_bytes(spec) + if file.destination.options.verify { verify_scratch_bytes(spec) } else { 0 }
}

/// Most bytes of an output whose segments are not encoded: the sizes that follow from it cannot overflow then.
const MAX_RAW_BYTES: u128 = 1 << 56;

/// Refuses outputs that no file system could hold.
fn check_size(spec: &SegmentSpec) -> Result<()> {
    let (rows, cols) = spec.layout.segmentation.shape(spec.cols);
    let rows = if matches!(spec.layout.segmentation, Segmentation::Strips { .. }) { rows.min(spec.rows) } else { rows };
    let padded = |side: usize, segment: usize| side.div_ceil(segment) as u128 * segment as u128;
    let pixel_bytes = spec.bands * spec.output_sample.bytes();
    // At most 2^32 by 2^32 pixels of 2^19 bytes.
    if padded(spec.cols, cols) * padded(spec.rows, rows) * pixel_bytes as u128 <= MAX_RAW_BYTES {
        return Ok(());
    }
    Err(Error::Usage {
        what: "output size",
        given: format!("{} x {} pixels of {pixel_bytes} bytes, in segments of {cols} x {rows}", spec.cols, spec.rows),
        accepted: format!("up to {} bytes before they are encoded", MAX_RAW_BYTES),
    })
}

/// An output file in numbers.
///
/// # Errors
/// As [`SegmentEncoder::new`], for an overview; [`Error::Usage`] for a size that no file can have.
pub fn output_spec(node: usize, readback_pixel_bytes: usize, file: &ResolvedOutput) -> Result<OutputSpec> {
    let spec = file.encoder.spec();
    check_size(spec)?;
    let (cols, rows) = (file.profile.cols, file.profile.rows);
    let (segment_rows, segment_cols) = spec.layout.segmentation.shape(cols);
    let segment_rows = match spec.layout.segmentation {
        Segmentation::Strips { rows: strip } => strip.min(rows),
        Segmentation::Tiles { .. } => segment_rows,
    };
    let base_segments = rows.div_ceil(segment_rows) * cols.div_ceil(segment_cols) * spec.parts();
    let (tile_rows, tile_cols) = file.pyramid.tile;
    let overview_tiles: usize = file.pyramid.levels.iter().map(|l| l.rows.div_ceil(tile_rows) * l.cols.div_ceil(tile_cols)).sum();
    let overview_segments = overview_tiles * spec.parts();
    let mut out = OutputSpec {
        name: file.destination.path.display().to_string(),
        node,
        segment_rows,
        segment_cols,
        parts: spec.parts(),
        readback_pixel_bytes,
        scratch_bytes: segment_scratch_bytes(file, spec),
        max_segment_bytes: max_segment_bytes(spec),
        index_bytes: writer_bytes(base_segments + overview_segments, overview_segments > 0),
        pyramid_bytes: 0,
        overview_tile_bytes: 0,
        spool_bytes: 0,
        file_bytes: base_segments as u64 * (max_segment_bytes(spec) as u64 + FILE_BYTES_PER_SEGMENT) + FILE_BYTES,
        overviews: file.pyramid.levels.clone(),
    };
    if overview_segments > 0 {
        let overview = file.pyramid.encoder(1)?;
        if overview.spec().layout != spec.layout {
            // Buffers that fit both kinds of segments.
            out.scratch_bytes += segment_scratch_bytes(file, overview.spec());
        }
        let most = max_segment_bytes(overview.spec());
        out.max_segment_bytes = out.max_segment_bytes.max(most);
        out.pyramid_bytes = pyramid_bytes(&file.pyramid);
        out.overview_tile_bytes = overview_tile_bytes(&file.pyramid);
        out.spool_bytes = overview_segments as u64 * most as u64;
        out.file_bytes += out.spool_bytes + overview_segments as u64 * FILE_BYTES_PER_SEGMENT;
    }
    out.scratch_bytes += file.destination.options.histogram.map_or(0, |bins| tally_bytes(&bins, spec.bands));
    out.file_bytes += file.profile.carried.iter().map(|tag| tag.bytes() as u64).sum::<u64>();
    out.file_bytes += file.profile.gdal_metadata.as_ref().map_or(0, |xml| xml.len() as u64);
    match file.destination.handover {
        Handover::File => {}
        Handover::Memory(_) => out.spool_bytes = 0,
        // All of it waits.
        Handover::Writer(_) => out.spool_bytes += out.file_bytes,
    }
    Ok(out)
}
