//! Operators: one file each, the CPU twin beside the shader of the same stem, and one line in [`REGISTRY`].
//!
//! | operator | result | shader |
//! |---|---|---|
//! | [`Slope`] | steepness, degrees or percent | `shaders/slope.wgsl` |
//! | [`Aspect`] | direction faced, degrees | `shaders/aspect.wgsl` |
//! | [`Hillshade`] | illumination, 1 to 255 | `shaders/hillshade.wgsl` |
//!
//! Both twins do the same arithmetic in the same order; what may differ is said, and tested, per operator. Their
//! uniforms and constants are described as values ([`UniformLayout`], [`ShaderConstant`]), so that a test can compare them with
//! what the shader's text says.

mod abi;
mod agreement;
mod aspect;
mod cell_size;
mod custom;
mod gradient;
mod hillshade;
pub mod math;
mod shader;
mod slope;
mod stencil;
mod terrain;

pub(crate) use abi::uniform;
pub use abi::{GridUniform, MISSING_BITS, ShaderConstant, UniformField, UniformLayout};
pub use agreement::Agreement;
pub use aspect::{Aspect, AspectConvention, AspectParams};
pub use custom::WgslOperator;
pub use hillshade::{Hillshade, HillshadeParams, HillshadeVariant};
pub use shader::{Shader, assemble};
pub use slope::{Slope, SlopeParams, SlopeUnit};
pub use terrain::{Edges, GradientAlgorithm};

use crate::graph::Operator;
use std::sync::Arc;

/// What the registry knows of one operator.
#[derive(Debug)]
pub struct OperatorInfo {
    /// Lower-case name.
    pub name: &'static str,
    /// One line, for `swath operators`.
    pub summary: &'static str,
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
pub const REGISTRY: &[OperatorInfo] = &[slope::INFO, aspect::INFO, hillshade::INFO];

/// The operator of that name, case-insensitively.
pub fn find(name: &str) -> Option<&'static OperatorInfo> {
    REGISTRY.iter().find(|info| info.name.eq_ignore_ascii_case(name))
}
