//! What operators that compare the nine heights alone share: the twin of `shaders/include/relief.wgsl`.

use super::{abi::uniform, edges::Edges};

uniform! {
    /// `Params` of `shaders/include/relief.wgsl`.
    pub struct ReliefParams {
        /// `EDGES_EXTRAPOLATE` to `EDGES_EXTRAPOLATE_CORNERS`.
        edges: u32,
        /// The operator's own code for what it makes of the heights; 0 where it has one way.
        algorithm: u32,
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
    }
}

impl ReliefParams {
    /// Bytes of the uniform.
    pub(super) fn bytes(edges: Edges, algorithm: u32) -> Vec<u8> {
        bytemuck::bytes_of(&Self { edges: edges.code(), algorithm, ..Self::default() }).to_vec()
    }
}

/// The [`Shader`](super::Shader) of such an operator.
macro_rules! relief_shader {
    ($own:literal) => {
        $crate::op::shader::shader!("include/grid.wgsl", "include/window.wgsl", "include/stencil.wgsl", "include/relief.wgsl", $own)
    };
}
pub(crate) use relief_shader;
