//! A job as a value: its nodes and its outputs, built once from what was asked for and all settings.

mod builder;
mod cell_size_warnings;
mod fuse;
mod grid;
mod input_warnings;
mod need;
mod scale_warnings;
mod source;

pub use fuse::fuse;
pub use source::ProgramSource;

use super::{
    array::ArrayOutput,
    precision::Precision,
    requested::{Requested, RequestedOutput, Target},
    resolved_output::{self, ResolvedOutput},
    settings::PassSettings,
    survey_output::SurveyOutput,
};
use crate::{
    error::{Error, Result},
    execute::{BufferPool, DeviceConsumer, Ledger, NodeRun, OutputRoute, PassContext, ProgramNode, Trace, Workers},
    graph::{GridInfo, Node, Placement, Shift},
    plan::{DeviceLimits, JobSpec, OutputSpec, Packing, Plan},
    raster::{Container, LevelSize, ModelType, SampleType},
};
use builder::ProgramBuilder;
use std::sync::Arc;

/// One pass of a job: what is read, computed and written.
pub struct Program {
    /// The raster.
    pub grid: GridInfo,
    /// Sources.
    pub sources: Vec<ProgramSource>,
    /// Nodes, each after its inputs.
    pub nodes: Vec<ProgramNode>,
    /// Outputs, in the order in which they were asked for.
    pub outputs: Vec<ProgramOutput>,
    /// What is odd about its inputs: a strict job is refused for it.
    pub input_warnings: Vec<String>,
    /// What else the user should know.
    pub warnings: Vec<String>,
    threads: usize,
    device: Option<DeviceLimits>,
    trace_bytes: usize,
}

/// An output of a program.
pub struct ProgramOutput {
    /// Its numbers for the planner.
    pub spec: OutputSpec,
    /// How its samples are packed on the device.
    pub packing: Option<Packing>,
    /// Where its rows go.
    pub sink: OutputSink,
}

/// Where the rows of an output go.
pub enum OutputSink {
    /// Into a file.
    File(Box<ResolvedOutput>),
    /// Into the caller's array.
    Array(ArrayOutput),
    /// Into the statistics of a survey.
    Survey(SurveyOutput),
    /// To the caller's pass on the device.
    Device(DeviceConsumer),
}

impl Program {
    /// Builds the program of one pass. Reads no pixel, and yields the same for the same arguments.
    ///
    /// # Errors
    /// [`Error::Usage`] for options that do not go together, rasters of different grids, or bad operator parameters.
    pub fn build(requested: &Requested, settings: &PassSettings) -> Result<Self> {
        let device = settings.context.limits().filter(|_| needs_kernels(requested));
        let mut builder = ProgramBuilder::new(requested, device.is_some(), settings.precision);
        let mut written = Vec::new();
        for output in &requested.outputs {
            written.push(builder.output(output)?);
        }
        let (grid, place_warnings) = builder.grid(&requested.placement)?;
        let consumed = requested.outputs.iter().any(|output| matches!(output.to, Target::Device(_)));
        let (device, mut warnings) = builder.backend(device, consumed)?;
        let mut outputs = Vec::new();
        for (output, &node) in requested.outputs.iter().zip(&written) {
            outputs.push(ProgramOutput::resolve(output, (node, &builder.nodes[node]), &grid, &requested.placement, device.is_some())?);
        }
        let (sources, nodes, rounded) = builder.finish();
        if settings.precision == Precision::F64 {
            need::check_f64(&nodes)?;
        }
        let mut input_warnings = input_warnings::of(&sources, &nodes, place_warnings);
        input_warnings.extend(wraps_without_a_full_turn(&grid, &nodes));
        for output in &outputs {
            if let OutputSink::File(file) = &output.sink {
                warnings.extend(file.warnings.iter().cloned());
            }
        }
        warnings.extend(overviews_left(requested, &outputs));
        warnings.extend(wide_results(&nodes, &outputs));
        warnings.extend(outputs.iter().filter_map(without_overviews));
        warnings.extend(rounded);
        let trace_bytes = if settings.traced { Trace::BYTES } else { 0 };
        Ok(Self { grid, sources, nodes, outputs, input_warnings, warnings, threads: settings.threads, device, trace_bytes })
    }

    /// All that the user should know.
    pub fn all_warnings(&self) -> impl Iterator<Item = &String> {
        self.input_warnings.iter().chain(&self.warnings)
    }

    /// Whether an output is strict: then warnings of inputs are errors.
    pub fn is_strict(&self) -> bool {
        self.files().any(|(_, file, _)| file.destination.options.strict)
    }

    /// The program in numbers, for the planner.
    pub fn job_spec(&self) -> JobSpec {
        JobSpec {
            cols: self.grid.cols,
            rows: self.grid.rows,
            sources: self.sources.iter().map(|source| source.spec()).collect(),
            nodes: self.nodes.iter().map(|node| node.spec.clone()).collect(),
            outputs: self.outputs.iter().map(|output| output.spec.clone()).collect(),
            whole_rows: self.nodes.iter().any(ProgramNode::needs_whole_rows),
            threads: self.threads,
            device: self.device,
            trace_bytes: self.trace_bytes,
        }
    }

    /// What a backend needs to run the program by a plan of it.
    pub fn context<'a>(&'a self, plan: &'a Plan, ledger: &Arc<Ledger>, pool: &Arc<BufferPool>, workers: &'a Workers) -> PassContext<'a> {
        let route = |output: &'a ProgramOutput| OutputRoute { packing: output.packing, consumer: output.consumer() };
        PassContext {
            plan,
            grid: &self.grid,
            nodes: &self.nodes,
            outputs: self.outputs.iter().map(route).collect(),
            pool: pool.clone(),
            ledger: ledger.clone(),
            workers,
        }
    }

    /// The outputs that become files, with their indices among all outputs.
    pub fn files(&self) -> impl Iterator<Item = (usize, &ResolvedOutput, &OutputSpec)> {
        self.outputs.iter().enumerate().filter_map(|(index, output)| match &output.sink {
            OutputSink::File(file) => Some((index, file.as_ref(), &output.spec)),
            _ => None,
        })
    }

    /// Whether the CPU can run it: every node has a CPU twin, and every output can come from the host.
    pub fn runs_on_cpu(&self) -> bool {
        let on_host = |node: &ProgramNode| match &node.run {
            NodeRun::Ingest { .. } => true,
            NodeRun::Resident { .. } => false,
            NodeRun::Operator { operator, .. } => operator.has_cpu_twin(),
        };
        self.outputs.iter().all(|output| output.consumer().is_none()) && self.nodes.iter().all(on_host)
    }
}

impl ProgramOutput {
    /// Resolves what is written from a node.
    fn resolve(
        output: &RequestedOutput,
        (index, node): (usize, &ProgramNode),
        grid: &GridInfo,
        placement: &Placement,
        on_device: bool,
    ) -> Result<Self> {
        let unwritten = |name: &str, pixel_bytes| resolved_output::unwritten_spec(name, grid, index, pixel_bytes);
        let pixel_bytes = node.spec.pixel_bytes;
        match &output.to {
            Target::File(destination) => {
                let file = match &node.run {
                    NodeRun::Operator { operator, .. } => {
                        resolved_output::computed(grid, operator.as_ref(), &output.raster.units(), destination)?
                    }
                    NodeRun::Ingest { .. } => resolved_output::copied(&output.raster, destination, placement)?,
                    NodeRun::Resident { .. } => return Err(Error::Internal("a copy of rows on the device")),
                };
                let packing = match &node.run {
                    NodeRun::Operator { operator, .. } if on_device => resolved_output::packing_of(operator.as_ref(), &file),
                    _ => None,
                };
                let pixel_bytes = if packing.is_some() { node.bands } else { pixel_bytes };
                let spec = resolved_output::output_spec(index, pixel_bytes, &file)?;
                let file = resolved_output::packed(file, packing)?;
                Ok(Self { spec, packing, sink: OutputSink::File(Box::new(file)) })
            }
            Target::Array(array) => {
                Ok(Self { spec: unwritten("array", pixel_bytes), packing: None, sink: OutputSink::Array(array.clone()) })
            }
            Target::Survey(survey) => {
                let spec = OutputSpec { scratch_bytes: survey.scratch_bytes(), ..unwritten(&survey.of, pixel_bytes) };
                Ok(Self { spec, packing: None, sink: OutputSink::Survey(survey.clone()) })
            }
            Target::Device(consumer) => {
                Ok(Self { spec: unwritten("device", 0), packing: None, sink: OutputSink::Device(consumer.clone()) })
            }
        }
    }

    /// The caller's pass on the device, if the rows go to one.
    pub fn consumer(&self) -> Option<&DeviceConsumer> {
        match &self.sink {
            OutputSink::Device(consumer) => Some(consumer),
            _ => None,
        }
    }
}

/// Surveys of rows that are only read need no kernels.
fn needs_kernels(requested: &Requested) -> bool {
    let only_read = |output: &RequestedOutput| matches!(output.to, Target::Survey(_)) && builder::is_read_on_host(&output.raster);
    !requested.outputs.iter().all(only_read)
}

/// Says of copies without overviews that those of their source are not among what is copied.
fn overviews_left(requested: &Requested, outputs: &[ProgramOutput]) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    for (output, made) in requested.outputs.iter().zip(outputs) {
        let (OutputSink::File(file), Node::Source { source, .. }) = (&made.sink, output.raster.node()) else { continue };
        let overviews = source.profile().overviews;
        let warning = format!("{}: its overviews ({overviews}) are not copied", source.name());
        if overviews > 0 && file.pyramid.levels.is_empty() && !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    warnings
}

/// Warns where columns wrap that do not go round the globe once: a raster whose last column is its first one again has one too many.
fn wraps_without_a_full_turn(grid: &GridInfo, nodes: &[ProgramNode]) -> Option<String> {
    let name = &nodes.iter().find(|node| node.needs_whole_rows())?.spec.name;
    let georef = &grid.georef;
    let transform = georef.transform.filter(|transform| georef.model_type() == ModelType::Geographic && transform.b == 0.0)?;
    let pixel = transform.a.abs() * georef.angular_unit_radians();
    let apart = (std::f64::consts::TAU - pixel * grid.cols as f64) / pixel;
    let degrees = ((pixel * grid.cols as f64).to_degrees() * 1e6).round() / 1e6;
    (apart.abs() > WHOLE_TURN).then(|| format!("the columns of '{name}' wrap, but span {degrees} degrees and not 360"))
}

/// Pixels by which a raster that goes round the globe may miss its beginning.
const WHOLE_TURN: f64 = 1e-3;

/// Warns of a large COG that was told to have no overviews.
fn without_overviews(output: &ProgramOutput) -> Option<String> {
    let OutputSink::File(file) = &output.sink else { return None };
    let size = LevelSize { cols: file.profile.cols, rows: file.profile.rows };
    let told = file.destination.options.container == Container::Cog && file.pyramid.levels.is_empty() && !size.is_small();
    told.then(|| {
        let path = file.destination.path.display();
        format!("{path}: a COG of {} x {} pixels without overviews, which validators of COGs do not accept", size.cols, size.rows)
    })
}

/// Warns of what is computed in float64 and written in a type that float32 does not fill: it goes through float32 all the same.
fn wide_results(nodes: &[ProgramNode], outputs: &[ProgramOutput]) -> Vec<String> {
    let mut warnings = Vec::new();
    for output in outputs {
        let (OutputSink::File(file), NodeRun::Operator { operator, inputs }) = (&output.sink, &nodes[output.spec.node].run) else {
            continue;
        };
        let sample = file.profile.sample;
        let wide = inputs.iter().all(|&input| nodes[input].sample == SampleType::F64);
        if wide && sample.is_wider_than_f32() && operator.shift() != Shift::Invariant {
            warnings.push(format!("results of '{}' are float32 on their way to {sample}", operator.name()));
        }
    }
    warnings
}
