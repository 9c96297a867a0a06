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
    /// Northness: how squarely the surface faces north, from -1 to 1: the cosine of its aspect, `-q / sqrt(p² + q²)`.
    ///
    /// With p and q the surface's rise per metre towards east and north. Unlike an aspect it can be averaged (Zar 1999,
    /// *Biostatistical Analysis*, on circular variables). Gradients as in [`Slope`](super::Slope); as in
    /// [`Aspect`](super::Aspect) the pixel's shape counts, and flat ground faces nowhere: missing, unless `zero_for_flat`.
    ///
    /// A missing centre gives missing; [`Edges`] says what becomes of incomplete neighbourhoods. Written as float32 with
    /// nodata -9999.
    ///
    /// Against float64: 1e-6 where the slope exceeds one degree; CPU against GPU: 1e-6 there, and the same pixels are flat.
    Northness: "northness", "how squarely the surface faces north, -1 to 1", "northness.wgsl", North
}

#[derive(Clone, Copy)]
struct North;

impl Facing for North {
    #[inline(always)]
    fn of<T: Real>((_, north): (T, T)) -> T {
        -north
    }
}
