//! The statistics that there are.

use crate::op::named_option::named_option;

named_option! {
    /// A statistic of a neighbourhood.
    "stat" FocalStat {
        /// Arithmetic mean.
        #[default]
        Mean = "mean",
        /// Sum.
        Sum = "sum",
        /// Least.
        Min = "min",
        /// Greatest.
        Max = "max",
        /// Greatest less least.
        Range = "range",
        /// Standard deviation of the population: divided by n, not n - 1.
        Std = "std",
        /// Variance of the population, in the square of the samples' unit.
        Variance = "variance",
        /// The 50th percentile.
        Median = "median",
        /// A percentile, linear between the two nearest samples (Hyndman and Fan 1996, definition 7; NumPy's `linear`).
        Percentile = "percentile",
        /// The most frequent value; the least of several.
        Majority = "majority",
        /// How many different values there are.
        Variety = "variety",
        /// Topographic position index: the sample less the mean of the others (Weiss 2001). A missing centre gives
        /// missing.
        Tpi = "tpi",
    }
}
