use crate::raster::Histogram;

/// What an operator must know of its inputs before it can compute; see [`Operator::survey`](super::Operator::survey).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Whether it needs a histogram, which takes 1 MiB of host memory a thread.
    pub histogram: bool,
}

/// What a survey found of one input (of several bands, the first): exact counts, range and histogram; mean and spread in float64, summed tile by tile
/// in the order of a fixed grid, so that they do not depend on budget, threads or cut.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surveyed {
    /// Finite samples.
    pub valid: u64,
    /// All others.
    pub missing: u64,
    /// Least finite sample (infinite where none is).
    pub min: f64,
    /// Greatest finite sample (minus infinite where none is).
    pub max: f64,
    /// Mean of the finite samples (0 where none is).
    pub mean: f64,
    /// Their standard deviation, of the population (NaN where none is).
    pub stddev: f64,
    /// Their histogram, where the survey asked for one.
    pub histogram: Option<Histogram>,
}
