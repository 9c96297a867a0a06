//! Operators: one file each, the CPU twin beside the shader of the same stem, and one line in [`REGISTRY`], from which commands,
//! steps of pipelines, pages, the [`prelude`](crate::prelude) and [`build`] are made.
//!
#![doc = include_str!("../../docs/OPERATORS.md")]
//!
//! Both twins do the same arithmetic in the same order; what may differ is said, and tested, per operator. Their
//! uniforms and constants are described as values ([`UniformLayout`], [`ShaderConstant`]), so that a test can compare them with
//! what the shader's text says.

mod abi;
mod agreement;
mod bands;
mod border;
mod cell_size;
mod classes;
mod custom;
mod edges;
mod exposure;
pub mod functions;
mod gradient;
mod indices;
mod info;
mod large;
pub mod math;
mod matrix;
mod named_option;
mod nearest;
mod neighbourhood;
mod option_info;
mod options;
mod pair;
mod pointwise;
mod real;
mod relief;
mod separable;
mod shader;
mod stencil;
mod steps;
mod terrain;
mod window;

// The files of the registered operators: `scripts/regenerate.sh` makes these lines of those of the registry.
mod aspect;
mod bilateral;
mod calc;
mod cast;
mod clamp;
mod color_map;
mod convolve;
mod curvature;
mod eastness;
mod equal_interval;
mod focal;
mod hillshade;
mod morphology;
mod normals;
mod northness;
mod quantile;
mod reclassify;
mod rescale;
mod roughness;
mod slope;
mod standardise;
mod tpi;
mod tri;

#[cfg(feature = "gpu")]
pub(crate) use abi::uniform;
pub use abi::{GridUniform, MISSING_BITS, ShaderConstant, UniformField, UniformLayout};
pub use agreement::Agreement;
pub use aspect::AspectParams;
pub use bands::{ARRANGERS, Select, SelectParams, Stack, StackParams};
pub use bilateral::BilateralParams;
pub use classes::{ClassesParams, MAX_CLASSES};
pub use color_map::ColorMapParams;
pub use convolve::{ConvolveParams, MAX_KERNEL_SIDE};
pub use custom::WgslOperator;
pub use edges::Edges;
pub use exposure::ExposureParams;
pub use focal::{FocalParams, MAX_RADIUS};
pub use hillshade::HillshadeParams;
pub use indices::{BANDS, INDICES, Index};
pub use info::OperatorInfo;
pub use nearest::nearest;
pub use neighbourhood::{FocalBorder, FocalMissing, FocalShape, Shape};
pub use normals::NormalsParams;
pub use option_info::{Choice, ChoiceValue, FileForm, GdalAlias, OptionGroups, OptionInfo, OptionKind};
pub use options::{Options, Written};
pub use pointwise::{MAX_INPUTS, Pointwise, PointwiseParams};
pub use reclassify::ReclassifyParams;
pub use relief::ReliefParams;
pub use shader::{Shader, assemble};
pub use slope::SlopeParams;
pub use standardise::StandardiseParams;
pub use terrain::GradientAlgorithm;

use crate::{
    error::{Error, Result},
    graph::Operator,
};
use std::sync::Arc;

/// Declares the registered operators: the file of each, its struct, and the types that its fields have.
macro_rules! registry {
    ($($file:ident: $Operator:ident $(, $Type:ident)*;)*) => {
        $(pub use $file::{$Operator $(, $Type)*};)*

        /// The registered operators and the types that their fields have: what the [`prelude`](crate::prelude) has of them.
        pub mod operators {
            $(pub use super::$file::{$Operator $(, $Type)*};)*
        }

        /// Every operator.
        pub const REGISTRY: &[OperatorInfo] = &[$($file::INFO,)*];

        /// Name and default of the struct of each, in the order of [`REGISTRY`].
        pub const STRUCTS: &[(&str, fn() -> Arc<dyn Operator>)] = &[$((stringify!($Operator), || Arc::new($Operator::default())),)*];
    };
}

registry! {
    slope: Slope, SlopeUnit;
    aspect: Aspect, AspectConvention;
    hillshade: Hillshade, HillshadeVariant;
    curvature: Curvature, CurvatureAlgorithm, CurvatureKind;
    northness: Northness;
    eastness: Eastness;
    normals: Normals;
    tri: Tri, TriAlgorithm;
    tpi: Tpi;
    roughness: Roughness;
    focal: Focal, FocalStat;
    convolve: Convolve, ConvolveKernel;
    morphology: Morphology, MorphologyOperation;
    bilateral: Bilateral;
    calc: Calc, ExpressionError;
    rescale: Rescale;
    clamp: Clamp;
    cast: Cast, CastRange, CastRounding;
    reclassify: Reclassify, ClassFrom, ClassTo, Rule;
    color_map: ColorMap, ColorEntry, ColorPlace, ColorSelection;
    standardise: Standardise;
    equal_interval: EqualInterval;
    quantile: Quantile;
}

/// Kernels that a device computes parts or variants of registered operators with; they are no commands of their own, but tested
/// as the registered ones.
pub const PARTS: &[OperatorInfo] = &[focal::RUNS, focal::TALLY, separable::ACROSS, separable::DOWN];

/// The operator of that name, case-insensitively.
pub fn find(name: &str) -> Option<&'static OperatorInfo> {
    REGISTRY.iter().find(|info| info.name.eq_ignore_ascii_case(name))
}

/// The operator of that name (in any case) with these options, as the command line has them: `("unit", "percent")`.
///
/// A switch takes `true` or `false`; a value is a text as on the command line, where a file stands for its content. What
/// [`Operator::options`] writes builds the same operator.
///
/// # Errors
/// [`Error::Usage`] for an operator or an option that does not exist, and for a value that is not accepted;
/// [`Error::Options`] for options that do not go together, and for one that is missing.
///
/// ```
/// let slope = swath::op::build("slope", &[("unit", "percent"), ("zfactor", "2")])?;
/// assert_eq!(slope.options(), Some(vec![("unit", "percent".to_owned()), ("zfactor", "2".to_owned())]));
/// # Ok::<(), swath::error::Error>(())
/// ```
pub fn build(name: &str, options: &[(&str, &str)]) -> Result<Arc<dyn Operator>> {
    let Some(info) = find(name) else {
        let names: Vec<&str> = REGISTRY.iter().map(|info| info.name).collect();
        let guess = nearest(name, &names).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
        return Err(Error::Usage { what: "operator", given: name.to_owned(), accepted: format!("{}{guess}", names.join(", ")) });
    };
    info.operator(options.iter().copied())
}
