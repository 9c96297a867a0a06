//! From the graph of rasters to nodes: sources become ingest nodes, operators compute nodes, shared rasters one node.

use super::{
    need::{Need, rounded},
    scale_warnings,
    source::{ProgramSource, converter},
};
use crate::{
    error::{Error, Result},
    execute::{NodeRun, ProgramNode, Reading},
    graph::{Bands, GridInfo, Node, Operator, Placement, Raster, WriteOptions},
    job::{
        output_missing::{keeps_mask, mask_becomes},
        precision::Precision,
        requested::{Requested, RequestedOutput, Sources, Target, is_same_source},
    },
    plan::{DeviceLimits, KernelSpec, NodeKind, NodeSpec},
    raster::{Profile, SampleType},
    source::Source,
};
use std::sync::Arc;

/// What samples that a survey reads are rounded for.
const SURVEY: &str = "the statistics of a survey";

/// A program in the making.
pub(super) struct ProgramBuilder<'a> {
    on_device: bool,
    precision: Precision,
    numbers: &'a Sources,
    sources: Vec<ProgramSource>,
    pub nodes: Vec<ProgramNode>,
    /// Rasters that have a node, by what is needed of their samples.
    seen: Vec<(Raster, Need, usize)>,
    ingests: Vec<(usize, Bands, Reading, usize)>,
    /// Rasters of several bands, and the first of each.
    firsts: Vec<(Raster, Raster)>,
    /// Rasters, and the graphs of simpler operators that stand for them.
    expanded: Vec<(Raster, Raster)>,
    /// Warnings of samples that are rounded.
    rounded: Vec<String>,
}

/// Whether a raster is rows of a source that lie on the host.
pub(super) fn is_read_on_host(raster: &Raster) -> bool {
    matches!(raster.node(), Node::Source { source, .. } if source.on_device().is_none())
}

/// Whether a source is copied as it is: what samples stand for is no copy of them.
fn is_copied(output: &RequestedOutput) -> bool {
    let Node::Source { source, .. } = output.raster.node() else { return false };
    matches!(output.to, Target::File(_)) && !scale_warnings::is_undone(source)
}

/// What is planned for the parameters of a kernel that a survey has yet to make.
const SURVEYED_PARAMETER_BYTES: usize = 4096;

/// An operator's kernel, in numbers.
fn kernel_spec(operator: &dyn Operator) -> KernelSpec {
    let dispatches = if operator.is_dispatched_by_input() { operator.inputs() } else { 1 };
    // Before its survey an operator has no kernel yet.
    let parameter_bytes = if operator.survey().is_some() { SURVEYED_PARAMETER_BYTES } else { operator.gpu_kernel().params.len() };
    KernelSpec { parameter_bytes, dispatches }
}

/// Whether kernels run on a device, where there is one: a copy takes the whole job to the CPU, and so does float64.
pub(super) fn runs_on_device(requested: &Requested, precision: Precision) -> bool {
    precision != Precision::F64 && !requested.outputs.iter().any(is_copied)
}

impl<'a> ProgramBuilder<'a> {
    /// A program without nodes.
    pub fn new(requested: &'a Requested, has_device: bool, precision: Precision) -> Self {
        Self {
            on_device: has_device && runs_on_device(requested, precision),
            precision,
            numbers: &requested.sources,
            sources: Vec::new(),
            nodes: Vec::new(),
            seen: Vec::new(),
            ingests: Vec::new(),
            firsts: Vec::new(),
            expanded: Vec::new(),
            rounded: Vec::new(),
        }
    }

    /// Sources, nodes, and warnings of samples that are rounded.
    pub fn finish(self) -> (Vec<ProgramSource>, Vec<ProgramNode>, Vec<String>) {
        (self.sources, self.nodes, self.rounded)
    }

    /// The device that the job runs on, and what the user should know of the choice. Copies need no kernels, rows on the device
    /// need one, and so do operators without a CPU twin.
    ///
    /// # Errors
    /// [`Error::Usage`] where no one backend can run everything.
    pub fn backend(&self, mut device: Option<DeviceLimits>, consumed: bool) -> Result<(Option<DeviceLimits>, Vec<String>)> {
        let mut warnings = Vec::new();
        let copies = self.nodes.iter().any(|node| matches!(node.run, NodeRun::Ingest { reading: Reading::Verbatim { .. }, .. }));
        if copies && device.take().is_some() {
            warnings.push("a copy needs no kernels: the job runs on the CPU".to_owned());
        }
        if self.precision == Precision::F64 && device.take().is_some() {
            warnings.push("float64 twins run on the CPU, and so does the job".to_owned());
        }
        if let Some(device) = device {
            let inputs = |node: &ProgramNode| match &node.run {
                NodeRun::Operator { operator, inputs } if !operator.is_dispatched_by_input() => inputs.len(),
                _ => 1,
            };
            let most = self.nodes.iter().map(inputs).max().unwrap_or_default();
            if most > device.max_inputs {
                let accepted = format!("this adapter takes {} rasters in one operator; --backend cpu takes more", device.max_inputs);
                return Err(Error::Usage { what: "number of inputs", given: most.to_string(), accepted });
            }
        }
        let gpu_only = self.nodes.iter().find_map(|node| match &node.run {
            NodeRun::Resident { source } => Some(source.name()),
            NodeRun::Operator { operator, .. } if !operator.has_cpu_twin() => Some(operator.name().to_owned()),
            _ => None,
        });
        match gpu_only.or(consumed.then(|| "an output on the device".to_owned())) {
            Some(given) if device.is_none() => Err(Error::Usage {
                what: "backend for",
                given,
                accepted: "a GPU context, and no copy in the same job: it cannot be computed on the CPU".to_owned(),
            }),
            _ => Ok((device, warnings)),
        }
    }

    /// The one grid that all sources share.
    pub fn grid(&self, placement: &Placement) -> Result<GridInfo> {
        let Some(ProgramSource { source: first, .. }) = self.sources.first() else {
            return Err(Error::Usage { what: "job", given: "no output".to_owned(), accepted: "at least one raster to write".to_owned() });
        };
        let profile = first.profile();
        if profile.cols == 0 || profile.rows == 0 || profile.bands == 0 {
            return Err(Error::Input { name: first.name(), problem: "the raster has no pixels".to_owned() });
        }
        for ProgramSource { source: other, .. } in &self.sources[1..] {
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

    /// The node that an output is written from.
    pub fn output(&mut self, output: &RequestedOutput) -> Result<usize> {
        let raster = &output.raster;
        match (&output.to, raster.node()) {
            (Target::File(_), Node::Source { source, .. }) if source.on_device().is_some() => Err(Error::Usage {
                what: "copy of rows on the device",
                given: source.name(),
                accepted: "an operator in between, or an output on the device".to_owned(),
            }),
            // What samples stand for is no copy of them.
            (Target::File(_), Node::Source { source, .. }) if scale_warnings::is_undone(source) => self.written(&raster.computed(), ""),
            (Target::File(destination), Node::Source { source, bands }) => self.copy(source, bands, &destination.options),
            (Target::Array(array), Node::Source { .. }) if array.takes_all_bands() => {
                self.written(&Raster::stack(vec![raster.clone()]), "an output in memory")
            }
            (Target::Array(array), Node::Operator { operator, .. }) if !array.takes_all_bands() && operator.bands() > 1 => {
                let first = self.first(raster);
                self.written(&first, "an output in memory")
            }
            (Target::Survey(_), Node::Operator { operator, .. }) if operator.bands() > 1 => {
                let first = self.first(raster);
                self.written(&first, SURVEY)
            }
            (Target::Survey(_), _) => self.written(raster, SURVEY),
            _ => self.written(raster, "an output in memory"),
        }
    }

    /// The node of a raster whose samples leave the job as they are; `of_source` names the output in the warning that samples
    /// of a source are rounded for it.
    fn written(&mut self, raster: &Raster, of_source: &str) -> Result<usize> {
        let name = match raster.node() {
            Node::Source { .. } => of_source.to_owned(),
            Node::Operator { operator, .. } => format!("'{}'", operator.name()),
        };
        let node = self.node(raster, Need::Exact)?;
        self.note_rounding(raster, &name);
        Ok(node)
    }

    /// A node that keeps the samples of a source bit for bit.
    fn copy(&mut self, source: &Arc<dyn Source>, bands: &Bands, options: &WriteOptions) -> Result<usize> {
        let profile = source.profile().clone();
        let reading = Reading::Verbatim { mask_band: keeps_mask(&profile, options), fill: mask_becomes(&profile, options) };
        self.ingest(source, &profile, bands, reading)
    }

    /// The node of a raster of which `need` is needed.
    fn node(&mut self, raster: &Raster, need: Need) -> Result<usize> {
        let need = self.settled(raster, need);
        if let Some((.., node)) = self.seen.iter().find(|(seen, as_needed, _)| *as_needed == need && seen.same(raster)) {
            return Ok(*node);
        }
        let node = match raster.node() {
            Node::Source { source, bands } => self.ingest(source, &source.profile().clone(), &first_of(bands), need.reading())?,
            Node::Operator { operator, inputs } => {
                operator.check()?;
                if inputs.len() != operator.inputs() {
                    return Err(Error::Usage {
                        what: "number of inputs",
                        given: inputs.len().to_string(),
                        accepted: format!("{} takes {}", operator.name(), operator.inputs()),
                    });
                }
                match self.expansion(raster) {
                    Some(expanded) => self.node(&expanded, need)?,
                    None => self.compute(operator, inputs, need)?,
                }
            }
        };
        self.seen.push((raster.clone(), need, node));
        Ok(node)
    }

    /// A node that computes an operator of rasters.
    fn compute(&mut self, operator: &Arc<dyn Operator>, inputs: &[Raster], need: Need) -> Result<usize> {
        let inputs = inputs.iter().map(|input| self.input(operator.as_ref(), input)).collect::<Result<Vec<_>>>()?;
        let needed = self.needed(operator.as_ref(), &inputs, need);
        let mut nodes = Vec::with_capacity(inputs.len());
        for input in &inputs {
            nodes.push(self.node(input, needed)?);
            if needed == Need::Exact && !operator.shift().passes_on(inputs.len()) {
                self.note_rounding(input, &format!("'{}'", operator.name()));
            }
        }
        let footprint = operator.footprint();
        let kind = NodeKind::Operator { inputs: nodes.clone(), halo_rows: footprint.halo_rows, halo_cols: footprint.halo_cols };
        let bands = operator.bands();
        let spec = NodeSpec {
            name: operator.name().to_owned(),
            kind,
            pixel_bytes: 4 * bands,
            table_bytes: operator.most_table_bytes(),
            kernel: self.on_device.then(|| kernel_spec(operator.as_ref())),
            scratch_bytes: operator.cpu_scratch_bytes(),
        };
        Ok(self.push(spec, NodeRun::Operator { operator: operator.clone(), inputs: nodes }, (bands, SampleType::F32)))
    }

    /// The raster that an operator takes of an input: the first band of several, unless the operator takes them all.
    fn input(&mut self, operator: &dyn Operator, input: &Raster) -> Result<Raster> {
        let bands = match input.node() {
            // A source hands out one band.
            Node::Source { .. } => 1,
            Node::Operator { operator, .. } => operator.bands(),
        };
        match operator.input_bands() {
            wanted if wanted == bands => Ok(input.clone()),
            1 => Ok(self.first(input)),
            wanted => Err(Error::Usage {
                what: "number of bands of an input",
                given: bands.to_string(),
                accepted: format!("{} takes {wanted}", operator.name()),
            }),
        }
    }

    /// The first band of a computed raster of several, always the same raster.
    fn first(&mut self, raster: &Raster) -> Raster {
        if let Some((_, first)) = self.firsts.iter().find(|(of, _)| of.same(raster)) {
            return first.clone();
        }
        let first = raster.band(1);
        self.firsts.push((raster.clone(), first.clone()));
        first
    }

    /// The graph of simpler operators that stands for an operator here, if there is one; always the same rasters.
    fn expansion(&mut self, raster: &Raster) -> Option<Raster> {
        if let Some((_, expanded)) = self.expanded.iter().find(|(of, _)| of.same(raster)) {
            return Some(expanded.clone());
        }
        let Node::Operator { operator, inputs } = raster.node() else { return None };
        let expanded = operator.expand(inputs, self.on_device)?;
        self.expanded.push((raster.clone(), expanded.clone()));
        Some(expanded)
    }

    /// What an operator needs of its inputs, where `need` is needed of its result.
    fn needed(&self, operator: &dyn Operator, inputs: &[Raster], need: Need) -> Need {
        let needed = match self.precision {
            Precision::Auto => need.of_input(operator.shift(), inputs.len()),
            Precision::F32 | Precision::F64 => Need::Exact,
        };
        if needed == Need::Exact && self.reads_wide(operator, inputs) { Need::Wide } else { needed }
    }

    fn reads_wide(&self, operator: &dyn Operator, inputs: &[Raster]) -> bool {
        !self.on_device && reads_wide(self.precision, operator, inputs)
    }

    /// `need`, unless nothing depends on it: then always the same, so that there is one node.
    fn settled(&mut self, raster: &Raster, need: Need) -> Need {
        if need == Need::Differences && !self.has_origin(raster) { Need::Exact } else { need }
    }

    /// Whether samples of a raster can be counted from an origin of their source, and would otherwise be rounded.
    fn has_origin(&mut self, raster: &Raster) -> bool {
        match raster.node() {
            Node::Source { source, .. } => {
                is_read_on_host(raster) && (source.profile().sample.is_wider_than_f32() || scale_warnings::is_undone(source))
            }
            Node::Operator { operator, inputs } => {
                if let Some(expanded) = self.expansion(raster) {
                    return self.has_origin(&expanded);
                }
                operator.shift().passes_on(inputs.len()) && inputs.first().is_some_and(|input| self.has_origin(input))
            }
        }
    }

    /// Warns where samples of a source are rounded for `name`: through operators whose results move with their inputs.
    fn note_rounding(&mut self, raster: &Raster, name: &str) {
        if self.precision == Precision::F32 {
            return;
        }
        match raster.node() {
            Node::Source { .. } => {
                let warning = is_wider_than_f32(raster).map(|sample| rounded(sample, name));
                self.rounded.extend(warning.filter(|warning| !self.rounded.contains(warning)));
            }
            Node::Operator { operator, inputs } => {
                if let Some(expanded) = self.expansion(raster) {
                    self.note_rounding(&expanded, name);
                } else if operator.shift().passes_on(inputs.len()) && !self.reads_wide(operator.as_ref(), inputs) {
                    inputs.iter().for_each(|input| self.note_rounding(input, name));
                }
            }
        }
    }

    /// A node that reads some bands of a source.
    fn ingest(&mut self, source: &Arc<dyn Source>, profile: &Profile, wanted: &Bands, reading: Reading) -> Result<usize> {
        let found = self.sources.iter().position(|read| is_same_source(&read.source, source));
        let index = found.unwrap_or_else(|| {
            let number = self.numbers.number_of(source).unwrap_or(self.sources.len());
            self.sources.push(ProgramSource { source: source.clone(), planes: Vec::new(), number });
            self.sources.len() - 1
        });
        if let Some((.., node)) = self.ingests.iter().find(|(s, b, r, _)| (*s, b, *r) == (index, wanted, reading)) {
            return Ok(*node);
        }
        let node = if source.on_device().is_some() && !reading.is_verbatim() {
            self.push(NodeSpec::ingest("device", index, 4), NodeRun::Resident { source: source.clone() }, (1, SampleType::F32))
        } else {
            let converter = converter(source.as_ref(), profile, wanted, reading)?;
            let planes = self.sources[index].positions_of(&converter.needed_planes());
            let (bands, sample) = match reading {
                Reading::Verbatim { .. } => (converter.window_bands(), profile.sample),
                Reading::Wide => (1, SampleType::F64),
                Reading::Rounded | Reading::FromOrigin => (1, SampleType::F32),
            };
            let spec = NodeSpec::ingest("read", index, converter.window_pixel_bytes());
            self.push(spec, NodeRun::Ingest { converter, planes, reading }, (bands, sample))
        };
        self.ingests.push((index, wanted.clone(), reading, node));
        Ok(node)
    }

    fn push(&mut self, spec: NodeSpec, run: NodeRun, (bands, sample): (usize, SampleType)) -> usize {
        self.nodes.push(ProgramNode { spec, run, bands, sample });
        self.nodes.len() - 1
    }
}

/// Whether an operator whose result moves with its inputs reads them as float64, on the CPU: its inputs are all of one type.
pub(super) fn reads_wide(precision: Precision, operator: &dyn Operator, inputs: &[Raster]) -> bool {
    let all_read = operator.has_f64_twin() && inputs.iter().all(is_read_on_host);
    match precision {
        Precision::F32 => false,
        Precision::F64 => all_read,
        Precision::Auto => all_read && inputs.iter().any(|input| is_wider_than_f32(input).is_some()),
    }
}

/// The sample type of a source that is read on the host, where float32 would round it.
fn is_wider_than_f32(raster: &Raster) -> Option<SampleType> {
    let Node::Source { source, .. } = raster.node() else { return None };
    let sample = source.profile().sample;
    (is_read_on_host(raster) && sample.is_wider_than_f32()).then_some(sample)
}

/// The band that an operator takes.
fn first_of(bands: &Bands) -> Bands {
    match bands {
        Bands::Several(bands) => bands.first().map_or(Bands::All, |&band| Bands::One(band)),
        all_or_one => all_or_one.clone(),
    }
}
