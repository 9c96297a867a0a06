//! Bands: chosen, put together, computed one by one.

mod select;
mod stack;

pub use select::{Select, SelectParams};
pub use stack::{Stack, StackParams};

use super::info::OperatorInfo;
use crate::graph::{Bands, Node, Operator, Raster};
use std::sync::Arc;

/// Operators that move samples and compute none; they are no commands of their own, but tested as the registered ones.
pub const ARRANGERS: &[OperatorInfo] = &[select::INFO, stack::INFO];

/// Rasters of several bands.
impl Raster {
    /// One band, 1-based as users count. A band that there is not is refused when the job is planned.
    #[must_use]
    pub fn band(&self, band: usize) -> Self {
        match self.node() {
            Node::Source { source, bands } => {
                let index = match bands {
                    Bands::Several(bands) => bands.get(band.wrapping_sub(1)).copied().unwrap_or(usize::MAX),
                    // Band 1 of the one band is that band.
                    Bands::One(of) if band == 1 => *of,
                    Bands::One(_) => usize::MAX,
                    Bands::All => band.wrapping_sub(1),
                };
                Self::from_bands(source.clone(), Bands::One(index))
            }
            Node::Operator { operator, .. } if operator.bands() == 1 && band == 1 => self.clone(),
            Node::Operator { operator, .. } => {
                let scaling = operator.scaling().get(band.wrapping_sub(1)).copied();
                let (output, may_be_missing) = (operator.output(), operator.may_be_missing());
                let select = Select { band, of: operator.bands(), output, may_be_missing, scaling };
                Self::combine(Arc::new(select), vec![self.clone()])
            }
        }
    }

    /// Some bands, 1-based, in the order given; any of them more than once. Those of a source are copied bit for bit
    /// where they are written as they are.
    #[must_use]
    pub fn select(&self, bands: &[usize]) -> Self {
        match (self.node(), bands) {
            (_, &[band]) => self.band(band),
            (Node::Source { source, bands: of }, _) => {
                let place = |&band: &usize| match of {
                    Bands::All => band.wrapping_sub(1),
                    Bands::One(one) if band == 1 => *one,
                    Bands::One(_) => usize::MAX,
                    Bands::Several(several) => several.get(band.wrapping_sub(1)).copied().unwrap_or(usize::MAX),
                };
                Self::from_bands(source.clone(), Bands::Several(bands.iter().map(place).collect()))
            }
            _ => Self::stack(bands.iter().map(|&band| self.band(band)).collect()),
        }
    }

    /// Every band as a raster of its own.
    pub fn split(&self) -> Vec<Self> {
        (1..=self.bands()).map(|band| self.band(band)).collect()
    }

    /// One raster of all bands of these, in order, on one grid. The sample type is the least that holds all of theirs
    /// and that float32 fills; one raster of one band is that raster.
    #[must_use]
    pub fn stack(rasters: Vec<Self>) -> Self {
        let bands: Vec<Self> = rasters.iter().flat_map(Self::split).collect();
        match &bands[..] {
            [one] => one.clone(),
            _ => Self::combine(Arc::new(Stack::of(&bands)), bands),
        }
    }

    /// The same samples as a result of the job's own, rather than a copy of a source bit for bit.
    #[must_use]
    pub fn computed(&self) -> Self {
        let bands = self.split();
        Self::combine(Arc::new(Stack::of(&bands)), bands)
    }

    /// The result of an operator over every band, alpha bands aside: as many bands as there are, or that many times
    /// those of the operator.
    #[must_use]
    pub fn per_band(&self, operator: Arc<dyn Operator>) -> Self {
        let alpha = self.alpha_band();
        let bands = self.split().into_iter().enumerate().filter(|(band, _)| Some(*band) != alpha);
        Self::stack(bands.map(|(_, band)| band.apply_shared(operator.clone())).collect())
    }

    /// [`per_band`](Self::per_band) where that is the operator's way ([`Operator::is_per_band`]), else the result over
    /// the first band.
    #[must_use]
    pub fn apply_by_default(&self, operator: Arc<dyn Operator>) -> Self {
        if operator.is_per_band() && self.bands() > 1 { self.per_band(operator) } else { self.apply_shared(operator) }
    }

    /// The 0-based band that is alpha, if any.
    fn alpha_band(&self) -> Option<usize> {
        match self.node() {
            Node::Source { source, bands } => {
                let alpha = source.profile().alpha_band?;
                match bands {
                    Bands::All => Some(alpha),
                    // What is asked for alone is no mask.
                    Bands::One(_) => None,
                    Bands::Several(bands) => bands.iter().position(|&band| band == alpha),
                }
            }
            Node::Operator { operator, .. } => (operator.colors() == crate::graph::Colors::Rgba).then_some(3),
        }
    }
}
