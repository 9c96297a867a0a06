//! From the graph to numbers for the planner and runnable nodes for the executor.

use crate::{
    container::writer_bytes,
    encode::{MissingRule, SegmentEncoder, SegmentSpec, max_segment_bytes, scratch_bytes},
    error::{Error, Result},
    execute::{NodeRun, Packing},
    graph::{Bands, CompressionChoice, Destination, GridInfo, Node, Operator, PredictorChoice, Raster, WriteOptions},
    plan::{DeviceLimits, JobSpec, NodeKind, NodeSpec, OutputSpec, SourceSpec},
    raster::{Compression, Container, Layout, Nodata, Predictor, Profile, SampleType, Segmentation, Sentinel},
    source::{DecodeScratch, RowConverter, Source},
};
use std::sync::Arc;

/// Level of deflate where none is asked for: by measurement the ratio of level 6 at 1.2 to 2 times its speed.
const DEFLATE_LEVEL: u8 = 4;
/// Rows and columns by which a raster in memory is cut.
const ARRAY_TILE: usize = 256;

/// A job, lowered.
pub struct Lowered {
    /// Numbers for the planner.
    pub spec: JobSpec,
    /// The grid.
    pub grid: GridInfo,
    /// Runnable nodes, in the plan's order.
    pub nodes: Vec<NodeRun>,
    /// Samples a pixel of each node.
    pub bands: Vec<usize>,
    /// Sample type of each node's window.
    pub samples: Vec<SampleType>,
    /// Sources and the planes that are read of each.
    pub sources: Vec<(Arc<dyn Source>, Vec<usize>)>,
    /// Files.
    pub files: Vec<OutputFile>,
    /// How outputs are packed on the device.
    pub packing: Vec<Option<Packing>>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// One output file, everything resolved.
pub struct OutputFile {
    /// Where.
    pub destination: Destination,
    /// What it says of itself.
    pub profile: Profile,
    /// How pixels become segments.
    pub encoder: SegmentEncoder,
}

/// Lowering in progress.
struct Lowering {
    sources: Vec<(Arc<dyn Source>, Vec<usize>)>,
    nodes: Vec<(NodeSpec, NodeRun, usize, SampleType)>,
    seen: Vec<(Raster, usize)>,
    ingests: Vec<(usize, Option<usize>, bool, usize)>,
}

/// Lowers a job.
///
/// # Errors
/// [`Error::Usage`] for options that do not go together, rasters of different grids, or bad operator parameters.
pub fn lower(writes: &[(Raster, Destination)], threads: usize, device: Option<DeviceLimits>) -> Result<Lowered> {
    let mut lowering = Lowering { sources: Vec::new(), nodes: Vec::new(), seen: Vec::new(), ingests: Vec::new() };
    let mut output_nodes = Vec::new();
    for (raster, destination) in writes {
        output_nodes.push(lowering.output(raster, &destination.options)?);
    }
    let grid = lowering.grid()?;
    let mut lowered = Lowered::of(grid, threads, device);
    let verbatim = lowering.ingests.iter().any(|&(_, _, verbatim, _)| verbatim);
    if verbatim && lowered.spec.device.take().is_some() {
        lowered.warnings.push("a copy needs no kernels: the job runs on the CPU".to_owned());
    }
    for ((raster, destination), &node) in writes.iter().zip(&output_nodes) {
        let (spec, run, ..) = &lowering.nodes[node];
        let file = match run {
            NodeRun::Operator { operator, .. } => computed_file(&lowered, operator.as_ref(), destination)?,
            NodeRun::Ingest { converter, .. } => copied_file(raster, converter, destination)?,
        };
        let packing = match run {
            NodeRun::Operator { operator, .. } if lowered.spec.device.is_some() => packing_of(operator.as_ref(), &file),
            _ => None,
        };
        lowered.spec.outputs.push(output_spec(&lowered, node, spec.pixel_bytes, &file, packing));
        lowered.files.push(packed_file(file, packing)?);
        lowered.packing.push(packing);
    }
    lowering.finish(&mut lowered);
    Ok(lowered)
}

/// Lowers a raster that goes to memory, f32: no file, no encoder.
///
/// # Errors
/// As [`lower`].
pub fn lower_array(raster: &Raster, threads: usize, device: Option<DeviceLimits>) -> Result<Lowered> {
    let mut lowering = Lowering { sources: Vec::new(), nodes: Vec::new(), seen: Vec::new(), ingests: Vec::new() };
    let node = lowering.node(raster)?;
    let grid = lowering.grid()?;
    let mut lowered = Lowered::of(grid, threads, device);
    lowered.spec.outputs.push(OutputSpec {
        name: "array".to_owned(),
        node,
        segment_rows: ARRAY_TILE.min(lowered.grid.rows),
        segment_cols: ARRAY_TILE.min(lowered.grid.cols),
        readback_pixel_bytes: 4,
        scratch_bytes: 0,
        max_segment_bytes: 0,
        index_bytes: 0,
    });
    lowered.packing.push(None);
    lowering.finish(&mut lowered);
    Ok(lowered)
}

impl Lowered {
    fn of(grid: GridInfo, threads: usize, device: Option<DeviceLimits>) -> Self {
        let (cols, rows) = (grid.cols, grid.rows);
        Self {
            spec: JobSpec { cols, rows, sources: Vec::new(), nodes: Vec::new(), outputs: Vec::new(), threads, device, trace_bytes: 0 },
            grid,
            nodes: Vec::new(),
            bands: Vec::new(),
            samples: Vec::new(),
            sources: Vec::new(),
            files: Vec::new(),
            packing: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

impl Lowering {
    /// Hands over sources and nodes.
    fn finish(self, lowered: &mut Lowered) {
        for (source, planes) in &self.sources {
            lowered.spec.sources.push(source_spec(source.as_ref(), planes));
        }
        for (spec, run, bands, sample) in self.nodes {
            lowered.spec.nodes.push(spec);
            lowered.nodes.push(run);
            lowered.bands.push(bands);
            lowered.samples.push(sample);
        }
        lowered.sources = self.sources;
    }

    /// The node that is written: a copy keeps its samples bit for bit.
    fn output(&mut self, raster: &Raster, options: &WriteOptions) -> Result<usize> {
        match raster.node() {
            Node::Source { source, bands } => {
                let band = band_of(*bands);
                let mut profile = source.profile().clone();
                // Masked pixels need a value to become.
                profile.nodata = profile.nodata.or(options.nodata);
                if profile.masked && profile.nodata.and_then(|n| n.matching(profile.sample)).is_none() {
                    return Err(Error::Usage {
                        what: "copy of a raster with an internal mask",
                        given: source.name(),
                        accepted: format!("--nodata VALUE, a {} that masked pixels become", profile.sample),
                    });
                }
                self.ingest(source, &profile, band, true)
            }
            Node::Operator { .. } => self.node(raster),
        }
    }

    fn node(&mut self, raster: &Raster) -> Result<usize> {
        if let Some((_, node)) = self.seen.iter().find(|(seen, _)| seen.same(raster)) {
            return Ok(*node);
        }
        let node = match raster.node() {
            Node::Source { source, bands } => self.ingest(source, &source.profile().clone(), band_of(*bands), false)?,
            Node::Operator { operator, inputs } => {
                operator.check()?;
                if inputs.len() != operator.inputs() {
                    return Err(Error::Usage {
                        what: "number of inputs",
                        given: inputs.len().to_string(),
                        accepted: format!("{} takes {}", operator.name(), operator.inputs()),
                    });
                }
                let inputs = inputs.iter().map(|input| self.node(input)).collect::<Result<Vec<_>>>()?;
                let footprint = operator.footprint();
                let kind = NodeKind::Operator { inputs: inputs.clone(), halo_rows: footprint.halo_rows, halo_cols: footprint.halo_cols };
                let spec = NodeSpec { name: operator.name().to_owned(), kind, pixel_bytes: 4 };
                self.nodes.push((spec, NodeRun::Operator { operator: operator.clone(), inputs }, 1, SampleType::F32));
                self.nodes.len() - 1
            }
        };
        self.seen.push((raster.clone(), node));
        Ok(node)
    }

    fn ingest(&mut self, source: &Arc<dyn Source>, profile: &Profile, band: Option<usize>, verbatim: bool) -> Result<usize> {
        let address = |s: &Arc<dyn Source>| Arc::as_ptr(s).cast::<()>();
        let found = self.sources.iter().position(|(s, _)| address(s) == address(source));
        let index = found.unwrap_or_else(|| {
            self.sources.push((source.clone(), Vec::new()));
            self.sources.len() - 1
        });
        if let Some(&(.., node)) = self.ingests.iter().find(|&&(s, b, v, _)| (s, b, v) == (index, band, verbatim)) {
            return Ok(node);
        }
        let converter = RowConverter::new(profile, source.planes().len(), band, !verbatim)?;
        let held = &mut self.sources[index].1;
        let mut planes = Vec::new();
        for plane in converter.needed_planes() {
            let position = held.iter().position(|&p| p == plane).unwrap_or_else(|| {
                held.push(plane);
                held.len() - 1
            });
            planes.push(position);
        }
        let (bands, sample) = match (verbatim, band) {
            (false, _) => (1, SampleType::F32),
            (true, Some(_)) => (1, profile.sample),
            (true, None) => (profile.bands, profile.sample),
        };
        let spec =
            NodeSpec { name: "read".to_owned(), kind: NodeKind::Ingest { source: index }, pixel_bytes: converter.window_pixel_bytes() };
        self.nodes.push((spec, NodeRun::Ingest { converter, planes, verbatim }, bands, sample));
        self.ingests.push((index, band, verbatim, self.nodes.len() - 1));
        Ok(self.nodes.len() - 1)
    }

    /// The one grid that all sources share.
    fn grid(&self) -> Result<GridInfo> {
        let Some((first, _)) = self.sources.first() else {
            return Err(Error::Usage { what: "job", given: "no output".to_owned(), accepted: "at least one raster to write".to_owned() });
        };
        let profile = first.profile();
        if profile.cols == 0 || profile.rows == 0 || profile.bands == 0 {
            return Err(Error::Input { name: first.name(), problem: "the raster has no pixels".to_owned() });
        }
        for (other, _) in &self.sources[1..] {
            let p = other.profile();
            let same = (p.cols, p.rows) == (profile.cols, profile.rows) && p.georef.transform == profile.georef.transform;
            if !same {
                return Err(Error::Usage {
                    what: "grid of",
                    given: other.name(),
                    accepted: format!("{} x {} pixels placed as in {}", profile.cols, profile.rows, first.name()),
                });
            }
        }
        Ok(GridInfo { cols: profile.cols, rows: profile.rows, georef: profile.georef.clone() })
    }
}

fn band_of(bands: Bands) -> Option<usize> {
    match bands {
        Bands::All => None,
        Bands::One(band) => Some(band),
    }
}

fn source_spec(source: &dyn Source, planes: &[usize]) -> SourceSpec {
    let (profile, all) = (source.profile(), source.planes());
    let chunks: usize = all.iter().map(|p| p.across(profile.cols) * p.down(profile.rows)).sum();
    let planes: Vec<_> = planes.iter().map(|&p| all[p]).collect();
    // What the source holds, and a decode counter a chunk.
    let index_bytes = source.resident_bytes() + chunks * 4;
    let scratch_bytes = planes.iter().map(DecodeScratch::bytes_for).collect();
    SourceSpec { name: source.name(), planes, index_bytes, scratch_bytes }
}

fn computed_file(lowered: &Lowered, operator: &dyn Operator, destination: &Destination) -> Result<OutputFile> {
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

fn copied_file(raster: &Raster, converter: &RowConverter, destination: &Destination) -> Result<OutputFile> {
    let Node::Source { source, bands } = raster.node() else {
        return Err(Error::Internal("a copy of a computed raster"));
    };
    let _ = converter;
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
fn packing_of(operator: &dyn Operator, file: &OutputFile) -> Option<Packing> {
    let range = operator.output().byte_range?;
    let MissingRule::NanTo(to) = file.encoder.spec().missing else { return None };
    if to.sample_type() != SampleType::U8 {
        return None;
    }
    let sentinel = to.get::<u8>();
    (sentinel < range.0 || sentinel > range.1).then_some(Packing { range, sentinel })
}

/// The file as the device hands it over.
fn packed_file(file: OutputFile, packing: Option<Packing>) -> Result<OutputFile> {
    let (Some(_), MissingRule::NanTo(sentinel)) = (packing, file.encoder.spec().missing) else { return Ok(file) };
    let spec = SegmentSpec { window_sample: SampleType::U8, missing: MissingRule::PackedByte { sentinel }, ..*file.encoder.spec() };
    Ok(OutputFile { encoder: SegmentEncoder::new(spec)?, ..file })
}

fn output_spec(lowered: &Lowered, node: usize, pixel_bytes: usize, file: &OutputFile, packing: Option<Packing>) -> OutputSpec {
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
