use super::Operator;
use crate::{
    raster::{Metadata, UNIT_ITEM},
    source::Source,
};
use std::{collections::HashMap, sync::Arc};

/// A raster that may or may not be computed yet: a source, or an operator over other rasters. Cheap to clone; clones
/// are the same node, so that a job that writes two results of one raster reads it once.
#[derive(Clone, Debug)]
pub struct Raster(Arc<Node>);

/// What a [`Raster`] is made of.
#[derive(Debug)]
pub enum Node {
    /// Rows read from a source.
    Source {
        /// Where from.
        source: Arc<dyn Source>,
        /// Which bands.
        bands: Bands,
    },
    /// Rows computed from other rasters.
    Operator {
        /// How.
        operator: Arc<dyn Operator>,
        /// From what, in the operator's order.
        inputs: Vec<Raster>,
    },
}

/// Which bands of a source a raster has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Bands {
    /// All of them, as they are stored.
    #[default]
    All,
    /// One, 0-based.
    One(usize),
    /// Two or more, 0-based, in this order.
    Several(Vec<usize>),
}

impl Raster {
    /// All bands of a source.
    pub fn from_source(source: impl Source + 'static) -> Self {
        Self::from_shared(Arc::new(source))
    }

    /// All bands of a shared source.
    pub fn from_shared(source: Arc<dyn Source>) -> Self {
        Self(Arc::new(Node::Source { source, bands: Bands::All }))
    }

    /// Some bands of a shared source.
    pub fn from_bands(source: Arc<dyn Source>, bands: Bands) -> Self {
        Self(Arc::new(Node::Source { source, bands }))
    }

    /// Number of bands.
    pub fn bands(&self) -> usize {
        match &*self.0 {
            Node::Source { source, bands: Bands::All } => source.profile().bands,
            Node::Source { bands: Bands::One(_), .. } => 1,
            Node::Source { bands: Bands::Several(bands), .. } => bands.len(),
            Node::Operator { operator, .. } => operator.bands(),
        }
    }

    /// The unit of each band's samples, as the source declares it and operators keep it; an empty text where none is known.
    pub fn units(&self) -> Vec<String> {
        self.units_with(&mut HashMap::new())
    }

    /// As [`units`](Self::units), with those of the nodes that are `known`: a node that many others read is looked at once.
    fn units_with(&self, known: &mut HashMap<*const Node, Vec<String>>) -> Vec<String> {
        let key = Arc::as_ptr(&self.0);
        if let Some(units) = known.get(&key) {
            return units.clone();
        }
        let mut units = match self.node() {
            Node::Source { source, bands } => {
                let profile = source.profile();
                let metadata = Metadata::parse(profile.gdal_metadata.as_deref().unwrap_or_default());
                let unit = |band: usize| metadata.get(UNIT_ITEM, Some(band)).unwrap_or_default().to_owned();
                match bands {
                    Bands::All => (0..profile.bands).map(unit).collect(),
                    Bands::One(band) => vec![unit(*band)],
                    Bands::Several(bands) => bands.iter().map(|&band| unit(band)).collect(),
                }
            }
            Node::Operator { operator, inputs } => {
                let of_inputs: Vec<_> = inputs.iter().map(|input| input.units_with(known)).collect();
                operator.units(&of_inputs)
            }
        };
        units.resize(self.bands(), String::new());
        known.insert(key, units.clone());
        units
    }

    /// The result of an operator over this raster; of a raster of several bands most operators take the first
    /// ([`band`](Self::band) and [`per_band`](Self::per_band) choose others).
    #[must_use]
    pub fn apply(&self, operator: impl Operator + 'static) -> Self {
        self.apply_shared(Arc::new(operator))
    }

    /// The result of a shared operator over this raster.
    #[must_use]
    pub fn apply_shared(&self, operator: Arc<dyn Operator>) -> Self {
        Self::combine(operator, vec![self.clone()])
    }

    /// The result of an operator over several rasters of one grid.
    #[must_use]
    pub fn combine(operator: Arc<dyn Operator>, inputs: Vec<Raster>) -> Self {
        Self(Arc::new(Node::Operator { operator, inputs }))
    }

    /// The node behind the handle.
    pub fn node(&self) -> &Node {
        &self.0
    }

    /// Whether both handles name one node.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Graphs are dropped without recursion, so that a long chain does not need a deep stack.
impl Drop for Raster {
    fn drop(&mut self) {
        let inputs = |raster: &mut Self| match Arc::get_mut(&mut raster.0) {
            Some(Node::Operator { inputs, .. }) => std::mem::take(inputs),
            // A source, or a node that another handle keeps.
            _ => Vec::new(),
        };
        let mut last = inputs(self);
        while let Some(mut raster) = last.pop() {
            last.append(&mut inputs(&mut raster));
        }
    }
}

impl<S: Source + 'static> From<S> for Raster {
    fn from(source: S) -> Self {
        Self::from_source(source)
    }
}

/// Sugar: sources take operators directly.
pub trait Apply {
    /// The raster as a node of the graph.
    fn raster(self) -> Raster;

    /// The result of an operator, most of which take band 1.
    fn apply(self, operator: impl Operator + 'static) -> Raster
    where
        Self: Sized,
    {
        self.raster().apply(operator)
    }
}

impl<S: Source + 'static> Apply for S {
    fn raster(self) -> Raster {
        Raster::from_source(self)
    }
}
