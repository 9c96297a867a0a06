//! What most programs need: `use swath::prelude::*`.

pub use crate::{
    error::{Error, Result},
    execute::Context,
    graph::{Apply, Cog, Destination, GTiff, Operator, Overviews, PredictorChoice, Raster},
    job::{CancelToken, Job, Observer, Report, compute_array},
    op::{Aspect, AspectConvention, Edges, GradientAlgorithm, Hillshade, HillshadeVariant, Slope, SlopeUnit},
    plan::{Budget, Plan},
    raster::{BigTiff, ByteSize, Compression, Nodata, Profile, Resampling, SampleType},
    source::{ArraySource, GeneratorSource, GeoTiff, Source},
};
