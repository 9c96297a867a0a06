//! What most programs need: `use swath::prelude::*`.

pub use crate::{
    codec::Compression,
    error::{Error, Result},
    execute::Context,
    graph::{Apply, Cog, Destination, GTiff, MemoryOutput, NodataChoice, Operator, Overviews, PredictorChoice, Raster},
    job::{CancelToken, Job, Observer, Report, compute_array, compute_bands},
    op::{Edges, FocalBorder, FocalMissing, FocalShape, GradientAlgorithm, operators::*},
    plan::{Budget, Plan},
    raster::{BigTiff, Bins, ByteSize, Nodata, Profile, Resampling, SampleType, Scaling},
    source::{ArraySource, GeneratorSource, GeoTiff, InputNodata, ReadOptions, Source, Unscaled},
};
