//! Neighbourhoods that are products of a row and a column, as a device computes them: one pass across, one down, so that a pixel of
//! a box of radius r costs about 8 r loads and not 4 r². Between them lie the sums of rows, as a raster of several bands, which swaths
//! carry like any other.

mod across;
mod down;

pub use across::INFO as ACROSS;
pub use down::INFO as DOWN;

use super::{
    abi::{shader_constants, uniform},
    neighbourhood::{FocalBorder, FocalMissing},
};
use crate::{
    error::Result,
    graph::{Operator, Raster},
};
use across::Across;
use down::Down;
use std::sync::Arc;

/// What both halves are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Separable {
    /// Name of the operator whose halves they are.
    pub name: &'static str,
    /// What comes of it.
    pub kind: Kind,
    /// Rows above and below, columns left and right.
    pub reach: (usize, usize),
    /// By distance; nothing where all are 1.
    pub weights: Vec<f64>,
    /// What a missing sample does.
    pub missing: FocalMissing,
    /// What lies beyond the raster.
    pub border: FocalBorder,
}

/// What comes of a separable neighbourhood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Mean,
    Sum,
    Tpi,
    Smooth,
    /// By this amount.
    Sharpen(f64),
    Std,
    Variance,
    Min,
    Max,
    Range,
}

uniform! {
    /// `Params` of `shaders/include/separable.wgsl`.
    pub struct SeparableParams {
        /// `KIND_SUM` to `KIND_RANGE`, or mean.
        kind: u32,
        /// Pixels.
        reach: u32,
        /// `MISSING_PROPAGATES`, or skip.
        missing: u32,
        /// As in `shaders/include/neighbourhood.wgsl`.
        border: u32,
        /// Of sharpening.
        amount: f32,
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
        /// Zero.
        pad2: u32,
        /// By distance.
        weights: [[f32; 4]; 17],
    }
}

shader_constants! { CONSTANTS:
    KIND_SUM: u32 = 1;
    KIND_TPI: u32 = 2;
    KIND_SMOOTH: u32 = 3;
    KIND_SHARPEN: u32 = 4;
    KIND_STD: u32 = 5;
    KIND_VARIANCE: u32 = 6;
    KIND_MIN: u32 = 7;
    KIND_MAX: u32 = 8;
    KIND_RANGE: u32 = 9;
    /// 2^60.
    SHRUNK: f32 = 1_152_921_504_606_846_976.0;
    /// 2^30.
    MOST_WEIGHT: f32 = 1_073_741_824.0;
    LANE_BITS: u32 = 2;
    LANE_MASK: u32 = 3;
    BAND_BASE: u32 = 0;
    BAND_WEIGHT: u32 = 1;
    BAND_SUM: u32 = 2;
    BAND_SQUARES: u32 = 3;
    BAND_EXTREME: u32 = 0;
    BAND_GREATEST: u32 = 1;
}

/// Narrower neighbourhoods are faster in one pass.
const LEAST_REACH: usize = 2;

impl Separable {
    /// As two nodes of the graph, if that is worth it and can be done: heights beyond the raster that hang on two rows cannot be made
    /// of sums of rows in which samples may be missing.
    pub fn expand(self, input: &Raster) -> Option<Raster> {
        let worth = self.reach.0.min(self.reach.1) >= LEAST_REACH && self.border != FocalBorder::Extrapolate;
        worth.then(|| {
            let whole = Arc::new(self);
            input.apply(Across(whole.clone())).apply(Down(whole))
        })
    }

    /// Bands between the halves.
    const fn bands(&self) -> usize {
        match self.kind {
            Kind::Min | Kind::Max => 1,
            Kind::Range => 2,
            Kind::Mean | Kind::Sum | Kind::Tpi | Kind::Smooth | Kind::Sharpen(_) => 3,
            Kind::Std | Kind::Variance => 4,
        }
    }

    /// Bytes of the uniform of one half.
    fn params(&self, reach: usize) -> Vec<u8> {
        let mut weights = [1.0; 68];
        weights.iter_mut().zip(&self.weights).for_each(|(to, &weight)| *to = weight as f32);
        let (kind, amount) = match self.kind {
            Kind::Mean => (0, 0.0),
            Kind::Sum => (KIND_SUM, 0.0),
            Kind::Tpi => (KIND_TPI, 0.0),
            Kind::Smooth => (KIND_SMOOTH, 0.0),
            Kind::Sharpen(amount) => (KIND_SHARPEN, amount as f32),
            Kind::Std => (KIND_STD, 0.0),
            Kind::Variance => (KIND_VARIANCE, 0.0),
            Kind::Min => (KIND_MIN, 0.0),
            Kind::Max => (KIND_MAX, 0.0),
            Kind::Range => (KIND_RANGE, 0.0),
        };
        let (missing, border, reach) = (self.missing.code(), self.border.code(), reach as u32);
        let params = SeparableParams { kind, reach, missing, border, amount, weights: bytemuck::cast(weights), ..Default::default() };
        bytemuck::bytes_of(&params).to_vec()
    }

    /// The whole operator has been checked.
    const fn check() -> Result<()> {
        Ok(())
    }
}

/// Some of each kind, for the tests of the shaders' declarations.
fn examples(half: impl Fn(Arc<Separable>) -> Arc<dyn Operator>) -> Vec<Arc<dyn Operator>> {
    let of = |kind| Separable {
        name: "focal",
        kind,
        reach: (2, 3),
        weights: Vec::new(),
        missing: FocalMissing::Skip,
        border: FocalBorder::Missing,
    };
    [Kind::Mean, Kind::Range, Kind::Std].map(|kind| half(Arc::new(of(kind)))).to_vec()
}
