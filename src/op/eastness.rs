use super::{
    abi,
    agreement::Agreement,
    edges::{self, Edges},
    exposure::{self, ExposureParams, Facing, exposure_operator},
    gradient,
    info::OperatorInfo,
    large, math,
    options::{Options, Written},
    real::Real,
    shader::terrain_shader,
    stencil::Stencil,
    terrain::{self, GradientAlgorithm},
};
use crate::{
    error::Result,
    graph::{GridInfo, Operator, RowsTask},
};
use std::sync::Arc;

exposure_operator! {
    Eastness: "eastness", "how squarely the surface faces east, -1 to 1", "How squarely the surface faces east, -1 to 1", "../../docs/operators/eastness.md", "eastness.wgsl", East
}

#[derive(Clone, Copy)]
struct East;

impl Facing for East {
    #[inline(always)]
    fn of<T: Real>((east, _): (T, T)) -> T {
        -east
    }
}
