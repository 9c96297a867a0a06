//! What most programs need: `use swath::prelude::*`.

pub use crate::{
    codec::Compression,
    error::{Error, Result},
    execute::Context,
    graph::{Apply, Cog, Destination, GTiff, MemoryOutput, Operator, Overviews, PredictorChoice, Raster},
    job::{CancelToken, Job, Observer, Report, compute_array, compute_bands},
    op::{
        Aspect, AspectConvention, Convolve, ConvolveKernel, Curvature, CurvatureAlgorithm, CurvatureKind, Eastness, Edges, EqualInterval,
        Focal, FocalBorder, FocalMissing, FocalShape, FocalStat, GradientAlgorithm, Hillshade, HillshadeVariant, Northness, Quantile,
        Roughness, Slope, SlopeUnit, Standardise, Tpi, Tri, TriAlgorithm,
    },
    plan::{Budget, Plan},
    raster::{BigTiff, Bins, ByteSize, Nodata, Profile, Resampling, SampleType, Scaling},
    source::{ArraySource, GeneratorSource, GeoTiff, Source, Unscaled},
};
