//! What a job is asked for.

use super::{array::ArrayOutput, survey_output::SurveyOutput};
use crate::{
    container::is_same_file,
    error::{Error, Result},
    execute::DeviceConsumer,
    graph::{Destination, Handover, Node, Placement, Raster},
    source::Source,
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Max operators between a source and an output.
const MAX_DEPTH: usize = 500;

/// What a job is asked for: rasters and where each goes. Outputs keep the order in which they were asked for.
#[derive(Clone, Default)]
pub struct Requested {
    /// Where the rasters are placed, instead of what their sources say.
    pub placement: Placement,
    /// The outputs.
    pub outputs: Vec<RequestedOutput>,
    /// The sources of the whole job, by which its passes number them.
    pub sources: Sources,
}

/// One raster and where it goes.
#[derive(Clone, Debug)]
pub struct RequestedOutput {
    /// The raster.
    pub raster: Raster,
    /// Where it goes.
    pub to: Target,
}

/// Where a raster goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// Into a file.
    File(Box<Destination>),
    /// Into the caller's array.
    Array(ArrayOutput),
    /// Into the statistics of a survey.
    Survey(SurveyOutput),
    /// To the caller's pass on the device.
    Device(DeviceConsumer),
}

/// Sources in the order in which a job first names them: all passes of the job know a source by its number.
#[derive(Clone, Default)]
pub struct Sources(Vec<Arc<dyn Source>>);

impl Sources {
    /// The number of a source, which is given one if it has none.
    fn add(&mut self, source: &Arc<dyn Source>) {
        if self.number_of(source).is_none() {
            self.0.push(source.clone());
        }
    }

    /// The number of a source.
    pub fn number_of(&self, source: &Arc<dyn Source>) -> Option<usize> {
        self.0.iter().position(|known| is_same_source(known, source))
    }
}

/// Whether both handles name one source.
pub fn is_same_source(a: &Arc<dyn Source>, b: &Arc<dyn Source>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b))
}

impl Requested {
    /// Adds an output.
    pub fn push(&mut self, raster: Raster, to: Target) {
        self.outputs.push(RequestedOutput { raster, to });
    }

    /// The same outputs of other rasters.
    pub fn map(&self, mut new: impl FnMut(&Raster) -> Raster) -> Self {
        let outputs = self.outputs.iter().map(|output| RequestedOutput { raster: new(&output.raster), to: output.to.clone() });
        Self { outputs: outputs.collect(), placement: self.placement.clone(), sources: self.sources.clone() }
    }

    /// Numbers all sources.
    pub fn number_sources(&mut self) {
        let mut seen: HashSet<*const Node> = HashSet::new();
        let mut next: Vec<Raster> = self.outputs.iter().rev().map(|output| output.raster.clone()).collect();
        while let Some(raster) = next.pop() {
            if !seen.insert(raster.node()) {
                continue;
            }
            match raster.node() {
                Node::Source { source, .. } => self.sources.add(source),
                Node::Operator { inputs, .. } => next.extend(inputs.iter().rev().cloned()),
            }
        }
    }

    /// Refuses graphs of more than [`MAX_DEPTH`] operators in a row, which planning walks recursively.
    ///
    /// # Errors
    /// [`Error::Usage`] with how many are accepted.
    pub fn check_depth(&self) -> Result<()> {
        let mut depths: HashMap<*const Node, usize> = HashMap::new();
        let mut next: Vec<&Raster> = self.outputs.iter().map(|output| &output.raster).collect();
        while let Some(raster) = next.pop() {
            let Node::Operator { inputs, .. } = raster.node() else { continue };
            if depths.contains_key(&std::ptr::from_ref(raster.node())) {
                continue;
            }
            let depth_of = |input: &Raster| match input.node() {
                Node::Source { .. } => Some(0),
                node => depths.get(&std::ptr::from_ref(node)).copied(),
            };
            let unknown: Vec<&Raster> = inputs.iter().filter(|input| depth_of(input).is_none()).collect();
            if !unknown.is_empty() {
                next.push(raster);
                next.extend(unknown);
                continue;
            }
            let depth = 1 + inputs.iter().filter_map(depth_of).max().unwrap_or(0);
            if depth > MAX_DEPTH {
                let accepted = format!("at most {MAX_DEPTH}; a file between two jobs divides a longer chain");
                return Err(Error::Usage { what: "number of operators in a row", given: format!("more than {MAX_DEPTH}"), accepted });
            }
            depths.insert(raster.node(), depth);
        }
        Ok(())
    }

    /// Refuses two outputs of one file, one array, one memory or one writer: the later would replace the earlier.
    ///
    /// # Errors
    /// [`Error::Usage`], naming the output.
    pub fn check_outputs_differ(&self) -> Result<()> {
        for (at, output) in self.outputs.iter().enumerate() {
            if self.outputs[..at].iter().any(|earlier| earlier.to.collides_with(&output.to)) {
                let accepted = "every output needs a file, an array or a writer of its own".to_owned();
                return Err(Error::Usage { what: "second output", given: output.to.name(), accepted });
            }
        }
        Ok(())
    }
}

impl Target {
    fn name(&self) -> String {
        match self {
            Self::File(destination) => destination.path.display().to_string(),
            Self::Array(_) => "an array".to_owned(),
            Self::Survey(_) => "a survey".to_owned(),
            Self::Device(_) => "a pass on the device".to_owned(),
        }
    }

    /// Whether one of the two would take the place of the other.
    fn collides_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(a), Self::File(b)) => match (&a.handover, &b.handover) {
                (Handover::File, Handover::File) => is_same_file(&a.path, &b.path),
                (Handover::Memory(a), Handover::Memory(b)) => a == b,
                (Handover::Writer(a), Handover::Writer(b)) => a == b,
                _ => false,
            },
            (Self::Array(a), Self::Array(b)) => a == b,
            _ => false,
        }
    }
}
