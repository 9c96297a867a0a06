//! Operators: one file each, the CPU twin beside the shader of the same stem, and one line in [`REGISTRY`].
//!
//! | operator | result | shader |
//! |---|---|---|
//! | [`Slope`] | steepness, degrees or percent | `shaders/slope.wgsl` |
//! | [`Aspect`] | direction faced, degrees | `shaders/aspect.wgsl` |
//! | [`Hillshade`] | illumination, 1 to 255 | `shaders/hillshade.wgsl` |
//! | [`Curvature`] | bend of the surface, six kinds | `shaders/curvature.wgsl` |
//! | [`Northness`], [`Eastness`] | how squarely it faces north or east | `shaders/northness.wgsl`, `shaders/eastness.wgsl` |
//! | [`Normals`] | the upright vector, three bands | `shaders/normals.wgsl` |
//! | [`Tri`], [`Tpi`], [`Roughness`] | relief among the nine heights | `shaders/tri.wgsl`, `shaders/tpi.wgsl`, `shaders/roughness.wgsl` |
//! | [`Focal`] | statistics of neighbourhoods | `shaders/focal.wgsl` |
//! | [`Morphology`] | erode, dilate, open, close | those of [`Focal`] |
//! | [`Bilateral`] | a mean that stops at edges | `shaders/bilateral.wgsl` |
//! | [`Convolve`] | weighted sums of neighbourhoods | `shaders/convolve.wgsl` |
//! | [`Calc`] | an expression over rasters | `shaders/include/pointwise.wgsl` and what is made of the formula |
//! | [`Rescale`], [`Clamp`], [`Cast`] | scale, range and type | the same |
//! | [`Reclassify`] | classes for ranges and values | `shaders/reclassify.wgsl` |
//! | [`ColorMap`] | a colour for each sample | `shaders/color_map.wgsl` |
//!
//! Both twins do the same arithmetic in the same order; what may differ is said, and tested, per operator. Their
//! uniforms and constants are described as values ([`UniformLayout`], [`ShaderConstant`]), so that a test can compare them with
//! what the shader's text says.

mod abi;
mod agreement;
mod aspect;
mod bands;
mod bilateral;
mod calc;
mod cast;
mod cell_size;
mod clamp;
mod classes;
mod color_map;
mod convolve;
mod curvature;
mod custom;
mod eastness;
mod equal_interval;
mod exposure;
mod focal;
pub mod functions;
mod gradient;
mod hillshade;
mod indices;
pub mod math;
mod morphology;
mod normals;
mod northness;
mod pointwise;
mod quantile;
mod real;
mod reclassify;
mod relief;
mod rescale;
mod roughness;
mod separable;
mod shader;
mod slope;
mod standardise;
mod stencil;
mod steps;
mod terrain;
mod tpi;
mod tri;

#[cfg(feature = "gpu")]
pub(crate) use abi::uniform;
pub use abi::{GridUniform, MISSING_BITS, ShaderConstant, UniformField, UniformLayout};
pub use agreement::Agreement;
pub use aspect::{Aspect, AspectConvention, AspectParams};
pub use bands::{ARRANGERS, Select, SelectParams, Stack, StackParams};
pub use bilateral::{Bilateral, BilateralParams};
pub use calc::{Calc, ExpressionError};
pub use cast::{Cast, CastRange, CastRounding};
pub use clamp::Clamp;
pub use classes::{ClassesParams, MAX_CLASSES};
pub use color_map::{ColorEntry, ColorMap, ColorMapParams, ColorPlace, ColorSelection};
pub use convolve::{Convolve, ConvolveKernel, ConvolveParams, MAX_KERNEL_SIDE};
pub use curvature::{Curvature, CurvatureAlgorithm, CurvatureKind, CurvatureParams};
pub use custom::WgslOperator;
pub use eastness::Eastness;
pub use equal_interval::EqualInterval;
pub use exposure::ExposureParams;
pub use focal::{Focal, FocalBorder, FocalMissing, FocalParams, FocalShape, FocalStat, MAX_RADIUS};
pub use hillshade::{Hillshade, HillshadeParams, HillshadeVariant};
pub use indices::{BANDS, INDICES, Index};
pub use morphology::{Morphology, MorphologyOperation};
pub use normals::{Normals, NormalsParams};
pub use northness::Northness;
pub use pointwise::{MAX_INPUTS, Pointwise, PointwiseParams};
pub use quantile::Quantile;
pub use reclassify::{ClassFrom, ClassTo, Reclassify, ReclassifyParams, Rule};
pub use relief::ReliefParams;
pub use rescale::Rescale;
pub use roughness::Roughness;
pub use shader::{Shader, assemble};
pub use slope::{Slope, SlopeParams, SlopeUnit};
pub use standardise::{Standardise, StandardiseParams};
pub use terrain::{Edges, GradientAlgorithm};
pub use tpi::Tpi;
pub use tri::{Tri, TriAlgorithm};

use crate::graph::Operator;
use std::sync::Arc;

/// What the registry knows of one operator.
#[derive(Debug)]
pub struct OperatorInfo {
    /// Lower-case name.
    pub name: &'static str,
    /// One line, for `swath operators`.
    pub summary: &'static str,
    /// What results are counted in.
    pub unit: &'static str,
    /// Formula, sources, range, edges, what missing means, accuracy: Markdown, a file of `docs/operators`. Nothing of parts.
    pub doc: &'static str,
    /// Options of its own: name as on the command line, and what they take (nothing for a switch; names parted by `|`).
    pub options: &'static [(&'static str, &'static str)],
    /// Variants that between them take every option and every branch, for tests, benches and `swath selftest`.
    pub examples: fn() -> Vec<Arc<dyn Operator>>,
    /// How far the twins may be apart.
    pub agreement: Agreement,
    /// The shader's files.
    pub shader: Shader,
    /// The Rust side of its `Params`.
    pub params: UniformLayout,
    /// The Rust side of the constants in its own file and its includes.
    pub constants: &'static [&'static [ShaderConstant]],
}

/// Every operator.
pub const REGISTRY: &[OperatorInfo] = &[
    slope::INFO,
    aspect::INFO,
    hillshade::INFO,
    curvature::INFO,
    northness::INFO,
    eastness::INFO,
    normals::INFO,
    tri::INFO,
    tpi::INFO,
    roughness::INFO,
    focal::INFO,
    convolve::INFO,
    morphology::INFO,
    bilateral::INFO,
    calc::INFO,
    rescale::INFO,
    clamp::INFO,
    cast::INFO,
    reclassify::INFO,
    color_map::INFO,
    standardise::INFO,
    equal_interval::INFO,
    quantile::INFO,
];

/// Kernels that a device computes parts or variants of registered operators with; they are no commands of their own, but tested
/// as the registered ones.
pub const PARTS: &[OperatorInfo] = &[focal::RUNS, focal::TALLY, separable::ACROSS, separable::DOWN];

/// The operator of that name, case-insensitively.
pub fn find(name: &str) -> Option<&'static OperatorInfo> {
    REGISTRY.iter().find(|info| info.name.eq_ignore_ascii_case(name))
}
