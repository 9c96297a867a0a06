use super::{
    Agreement, Edges, ExposureParams, GradientAlgorithm, OperatorInfo, abi,
    exposure::{self, Facing, exposure_operator},
    gradient, math,
    real::Real,
    shader::terrain_shader,
    stencil::{self, Stencil},
    terrain,
};
use crate::{
    error::Result,
    graph::{GridInfo, Operator, RowsTask},
};
use std::sync::Arc;

exposure_operator! {
    Eastness: "eastness", "how squarely the surface faces east, -1 to 1", "../../docs/operators/eastness.md", "eastness.wgsl", East
}

#[derive(Clone, Copy)]
struct East;

impl Facing for East {
    #[inline(always)]
    fn of<T: Real>((east, _): (T, T)) -> T {
        -east
    }
}
