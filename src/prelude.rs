//! What most programs need: `use swath::prelude::*`.

pub use crate::{
    error::{Error, Result},
    execute::Context,
    graph::{Apply, Cog, Destination, GTiff, Operator, PredictorChoice, Raster},
    job::{CancelToken, Job, Observer, Report, compute_array},
    op::{Aspect, AspectConvention, Edges, GradientAlgorithm, Hillshade, HillshadeVariant, Slope, SlopeUnit},
    plan::{Budget, Plan},
    raster::{BigTiff, ByteSize, Compression, Nodata, Profile, SampleType},
    source::{ArraySource, GeneratorSource, GeoTiff, Source},
};
