//! From the graph to numbers for the planner and runnable nodes for the executor.

use super::{
    Precision,
    array::InMemory,
    outputs::{OutputFile, computed_file, copied_file, keeps_mask, output_spec, packed_file, packing_of, unwritten_spec},
    precision, scaling,
    targets::Targets,
};
use crate::{
    error::{Error, Result},
    execute::{DeviceConsumer, NodeRun},
    graph::{Bands, GridInfo, Node, Operator, Placement, Raster, WriteOptions},
    plan::{DeviceLimits, JobSpec, KernelSpec, NodeKind, NodeSpec, Packing, SourceSpec},
    raster::{Profile, SampleType},
    source::{DecodeScratch, RowConverter, Source},
};
use std::sync::Arc;

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
    /// Files: the first outputs.
    pub files: Vec<OutputFile>,
    /// In memory: the outputs after the files.
    pub arrays: Vec<InMemory>,
    /// Passes on the device: the last outputs.
    pub consumers: Vec<DeviceConsumer>,
    /// How outputs are packed on the device.
    pub packing: Vec<Option<Packing>>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Nodes whose samples are to be counted from an origin of their source.
    pub from_origin: Vec<usize>,
}

/// What rows of a source become in a window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// f32, missing as NaN.
    Computed,
    /// As they are, and perhaps one more sample a pixel that says whether it is valid.
    Verbatim { mask_band: bool },
}

/// An operator's kernel, in numbers.
fn kernel_spec(operator: &dyn Operator) -> KernelSpec {
    let dispatches = if operator.is_dispatched_by_input() { operator.inputs() } else { 1 };
    KernelSpec { parameter_bytes: operator.gpu_kernel().params.len(), dispatches }
}

/// Lowering in progress.
#[derive(Default)]
struct Lowering {
    on_device: bool,
    sources: Vec<(Arc<dyn Source>, Vec<usize>)>,
    nodes: Vec<(NodeSpec, NodeRun, usize, SampleType)>,
    seen: Vec<(Raster, usize)>,
    ingests: Vec<(usize, Bands, Rows, usize)>,
    /// Rasters of several bands, and the first of each.
    firsts: Vec<(Raster, Raster)>,
}

/// Lowers a job.
///
/// # Errors
/// [`Error::Usage`] for options that do not go together, rasters of different grids, or bad operator parameters.
pub fn lower(targets: &Targets, threads: usize, device: Option<DeviceLimits>, precision: Precision) -> Result<Lowered> {
    // A copy takes the whole job to the CPU, and so does float64.
    let copies =
        targets.files.iter().any(|(raster, _)| matches!(raster.node(), Node::Source { source, .. } if !scaling::is_undone(source)));
    let on_device = device.is_some() && !copies && precision != Precision::F64;
    let mut lowering = Lowering { on_device, ..Lowering::default() };
    let mut file_nodes = Vec::new();
    for (raster, destination) in &targets.files {
        file_nodes.push(lowering.output(raster, &destination.options)?);
    }
    let mut other_nodes = Vec::new();
    for (raster, array) in &targets.arrays {
        let node = lowering.array(raster, array)?;
        other_nodes.push((node, lowering.nodes[node].0.pixel_bytes));
    }
    for (raster, _) in &targets.consumers {
        other_nodes.push((lowering.node(raster)?, 0));
    }
    let mut lowered = Lowered::of(lowering.grid(&targets.placement)?, threads, device);
    lowered.choose_backend(&lowering, !targets.consumers.is_empty(), precision)?;
    for ((raster, destination), &node) in targets.files.iter().zip(&file_nodes) {
        let (spec, run, bands, _) = &lowering.nodes[node];
        let file = match run {
            NodeRun::Operator { operator, .. } => computed_file(&lowered, operator.as_ref(), destination)?,
            NodeRun::Ingest { .. } => copied_file(raster, destination, &targets.placement)?,
            NodeRun::Resident { .. } => return Err(Error::Internal("a copy of rows on the device")),
        };
        let packing = match run {
            NodeRun::Operator { operator, .. } if lowered.spec.device.is_some() => packing_of(operator.as_ref(), &file),
            _ => None,
        };
        let readback_pixel_bytes = if packing.is_some() { *bands } else { spec.pixel_bytes };
        lowered.spec.outputs.push(output_spec(node, readback_pixel_bytes, &file)?);
        lowered.files.push(packed_file(file, packing)?);
        lowered.packing.push(packing);
    }
    for (node, readback_pixel_bytes) in other_nodes {
        lowered.spec.outputs.push(unwritten_spec(&lowered, node, readback_pixel_bytes));
        lowered.packing.push(None);
    }
    lowered.arrays = targets.arrays.iter().map(|(_, output)| output.clone()).collect();
    for (spec, array) in lowered.spec.outputs[lowered.files.len()..].iter_mut().zip(&lowered.arrays) {
        spec.scratch_bytes = array.scratch_bytes();
    }
    lowered.consumers = targets.consumers.iter().map(|(_, consumer)| consumer.clone()).collect();
    lowering.finish(&mut lowered);
    scaling::warn(&mut lowered);
    precision::settle(&mut lowered, precision)?;
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
            arrays: Vec::new(),
            consumers: Vec::new(),
            packing: Vec::new(),
            warnings: Vec::new(),
            from_origin: Vec::new(),
        }
    }
}

impl Lowered {
    /// Copies need no kernels, rows on the device need one, and so do operators without a CPU twin.
    fn choose_backend(&mut self, lowering: &Lowering, consumed: bool, precision: Precision) -> Result<()> {
        let copies = lowering.nodes.iter().any(|(_, run, ..)| matches!(run, NodeRun::Ingest { verbatim: true, .. }));
        let gpu_only = lowering.nodes.iter().find_map(|(_, run, ..)| match run {
            NodeRun::Resident { source } => Some(source.name()),
            NodeRun::Operator { operator, .. } if !operator.has_cpu_twin() => Some(operator.name().to_owned()),
            _ => None,
        });
        let gpu_only = gpu_only.or(consumed.then(|| "an output on the device".to_owned()));
        if copies && self.spec.device.take().is_some() {
            self.warnings.push("a copy needs no kernels: the job runs on the CPU".to_owned());
        }
        if precision == Precision::F64 && self.spec.device.take().is_some() {
            self.warnings.push("float64 twins run on the CPU, and so does the job".to_owned());
        }
        if let Some(device) = self.spec.device {
            let inputs = |run: &NodeRun| match run {
                NodeRun::Operator { operator, inputs } if !operator.is_dispatched_by_input() => inputs.len(),
                _ => 1,
            };
            let most = lowering.nodes.iter().map(|(_, run, ..)| inputs(run)).max().unwrap_or_default();
            if most > device.max_inputs {
                let accepted = format!("this adapter takes {} rasters in one operator; --backend cpu takes more", device.max_inputs);
                return Err(Error::Usage { what: "number of inputs", given: most.to_string(), accepted });
            }
        }
        match gpu_only {
            Some(given) if self.spec.device.is_none() => Err(Error::Usage {
                what: "backend for",
                given,
                accepted: "a GPU context, and no copy in the same job: it cannot be computed on the CPU".to_owned(),
            }),
            _ => Ok(()),
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
            Node::Source { source, .. } if source.on_device().is_some() => Err(Error::Usage {
                what: "copy of rows on the device",
                given: source.name(),
                accepted: "an operator in between, or an output on the device".to_owned(),
            }),
            // What samples stand for is no copy of them.
            Node::Source { source, .. } if scaling::is_undone(source) => self.node(&raster.computed()),
            Node::Source { source, bands } => {
                let mut profile = source.profile().clone();
                // Masked pixels need a value to become.
                profile.nodata = profile.nodata.or(options.nodata);
                self.ingest(source, &profile, bands, Rows::Verbatim { mask_band: keeps_mask(source.profile(), options) })
            }
            Node::Operator { .. } => self.node(raster),
        }
    }

    fn node(&mut self, raster: &Raster) -> Result<usize> {
        if let Some((_, node)) = self.seen.iter().find(|(seen, _)| seen.same(raster)) {
            return Ok(*node);
        }
        let node = match raster.node() {
            Node::Source { source, bands } => self.ingest(source, &source.profile().clone(), &first_of(bands), Rows::Computed)?,
            Node::Operator { operator, inputs } => {
                operator.check()?;
                if inputs.len() != operator.inputs() {
                    return Err(Error::Usage {
                        what: "number of inputs",
                        given: inputs.len().to_string(),
                        accepted: format!("{} takes {}", operator.name(), operator.inputs()),
                    });
                }
                if let Some(expanded) = operator.expand(inputs, self.on_device) {
                    let node = self.node(&expanded)?;
                    self.seen.push((raster.clone(), node));
                    return Ok(node);
                }
                let inputs = inputs.iter().map(|input| self.input(operator.as_ref(), input)).collect::<Result<Vec<_>>>()?;
                let footprint = operator.footprint();
                let kind = NodeKind::Operator { inputs: inputs.clone(), halo_rows: footprint.halo_rows, halo_cols: footprint.halo_cols };
                let bands = operator.bands();
                let spec = NodeSpec {
                    name: operator.name().to_owned(),
                    kind,
                    pixel_bytes: 4 * bands,
                    table_bytes: operator.most_table_bytes(),
                    kernel: self.on_device.then(|| kernel_spec(operator.as_ref())),
                    scratch_bytes: operator.cpu_scratch_bytes(),
                };
                self.nodes.push((spec, NodeRun::Operator { operator: operator.clone(), inputs }, bands, SampleType::F32));
                self.nodes.len() - 1
            }
        };
        self.seen.push((raster.clone(), node));
        Ok(node)
    }

    /// An operator's input: the first band of a raster of several, unless the operator takes them all.
    fn input(&mut self, operator: &dyn Operator, input: &Raster) -> Result<usize> {
        let bands = match input.node() {
            // A source hands out one band.
            Node::Source { .. } => 1,
            Node::Operator { operator, .. } => operator.bands(),
        };
        match operator.input_bands() {
            wanted if wanted == bands => self.node(input),
            1 => {
                let first = self.first(input);
                self.node(&first)
            }
            wanted => Err(Error::Usage {
                what: "number of bands of an input",
                given: bands.to_string(),
                accepted: format!("{} takes {wanted}", operator.name()),
            }),
        }
    }

    /// The first band of a computed raster of several, always the same node.
    fn first(&mut self, raster: &Raster) -> Raster {
        if let Some((_, first)) = self.firsts.iter().find(|(of, _)| of.same(raster)) {
            return first.clone();
        }
        let first = raster.band(1);
        self.firsts.push((raster.clone(), first.clone()));
        first
    }

    /// The node that an array is filled from.
    fn array(&mut self, raster: &Raster, array: &InMemory) -> Result<usize> {
        match raster.node() {
            Node::Source { .. } if array.takes_all_bands() => self.node(&Raster::stack(vec![raster.clone()])),
            Node::Operator { operator, .. } if !array.takes_all_bands() && operator.bands() > 1 => {
                let first = self.first(raster);
                self.node(&first)
            }
            _ => self.node(raster),
        }
    }

    fn ingest(&mut self, source: &Arc<dyn Source>, profile: &Profile, wanted: &Bands, rows: Rows) -> Result<usize> {
        let verbatim = rows != Rows::Computed;
        let address = |s: &Arc<dyn Source>| Arc::as_ptr(s).cast::<()>();
        let found = self.sources.iter().position(|(s, _)| address(s) == address(source));
        let index = found.unwrap_or_else(|| {
            self.sources.push((source.clone(), Vec::new()));
            self.sources.len() - 1
        });
        if let Some((.., node)) = self.ingests.iter().find(|(s, b, r, _)| (*s, b, *r) == (index, wanted, rows)) {
            return Ok(*node);
        }
        if source.on_device().is_some() && !verbatim {
            let spec = NodeSpec::ingest("device", index, 4);
            self.nodes.push((spec, NodeRun::Resident { source: source.clone() }, 1, SampleType::F32));
            self.ingests.push((index, wanted.clone(), rows, self.nodes.len() - 1));
            return Ok(self.nodes.len() - 1);
        }
        let all = source.planes().len();
        let converter = match wanted {
            Bands::All => RowConverter::new(profile, all, None, !verbatim)?,
            Bands::One(band) => RowConverter::new(profile, all, Some(*band), !verbatim)?,
            Bands::Several(bands) => RowConverter::of_bands(profile, all, bands)?,
        };
        let converter = if rows == (Rows::Verbatim { mask_band: true }) { converter.with_mask_band() } else { converter };
        let held = &mut self.sources[index].1;
        let mut planes = Vec::new();
        for plane in converter.needed_planes() {
            let position = held.iter().position(|&p| p == plane).unwrap_or_else(|| {
                held.push(plane);
                held.len() - 1
            });
            planes.push(position);
        }
        let (bands, sample) = if verbatim { (converter.window_bands(), profile.sample) } else { (1, SampleType::F32) };
        let spec = NodeSpec::ingest("read", index, converter.window_pixel_bytes());
        self.nodes.push((spec, NodeRun::Ingest { converter, planes, verbatim }, bands, sample));
        self.ingests.push((index, wanted.clone(), rows, self.nodes.len() - 1));
        Ok(self.nodes.len() - 1)
    }

    /// The one grid that all sources share.
    fn grid(&self, placement: &Placement) -> Result<GridInfo> {
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
        let mut georef = profile.georef.clone();
        placement.apply(&mut georef, profile.cols, profile.rows);
        Ok(GridInfo { cols: profile.cols, rows: profile.rows, georef })
    }
}

/// The band that an operator takes.
fn first_of(bands: &Bands) -> Bands {
    match bands {
        Bands::Several(bands) => bands.first().map_or(Bands::All, |&band| Bands::One(band)),
        all_or_one => all_or_one.clone(),
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
