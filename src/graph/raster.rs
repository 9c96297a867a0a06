use super::Operator;
use crate::source::Source;
use std::sync::Arc;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bands {
    /// All of them, as they are stored.
    #[default]
    All,
    /// One, 0-based.
    One(usize),
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

    /// One band (1-based, as users count) of a source raster; operators take one band, the first by default.
    ///
    /// Has no effect on a computed raster, which has one band.
    #[must_use]
    pub fn band(&self, band: usize) -> Self {
        match &*self.0 {
            Node::Source { source, .. } => {
                Self(Arc::new(Node::Source { source: source.clone(), bands: Bands::One(band.saturating_sub(1)) }))
            }
            Node::Operator { .. } => self.clone(),
        }
    }

    /// The result of an operator over this raster.
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

impl<S: Source + 'static> From<S> for Raster {
    fn from(source: S) -> Self {
        Self::from_source(source)
    }
}

/// Sugar: sources take operators directly.
pub trait Apply {
    /// The raster as a node of the graph.
    fn raster(self) -> Raster;

    /// The result of an operator over band 1.
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
