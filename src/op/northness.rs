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
    Northness: "northness", "how squarely the surface faces north, -1 to 1", "How squarely the surface faces north, -1 to 1", "../../docs/operators/northness.md", "northness.wgsl", North
}

#[derive(Clone, Copy)]
struct North;

impl Facing for North {
    #[inline(always)]
    fn of<T: Real>((_, north): (T, T)) -> T {
        -north
    }
}
