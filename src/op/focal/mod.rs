//! Statistics of neighbourhoods of any shape and size.

mod fold;
mod neighbourhood;
mod rank;
mod sweep;

pub(super) use neighbourhood::{CONSTANTS as NEIGHBOURHOOD_CONSTANTS, Lines};

use super::{
    Agreement, OperatorInfo,
    abi::{self, shader_constants, uniform},
    shader::shader,
    terrain::{self, named_option},
};
use crate::{
    error::{Error, Result},
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Shift},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

/// A statistic of the samples around each pixel, in their unit ([`FocalStat`]).
///
/// The neighbourhood is a box of `2 radius + 1` pixels a side, a circle or an annulus ([`FocalShape`]), measured in
/// pixels. Under [`FocalMissing::Skip`] missing samples are left out, and the result is missing where none is valid, so
/// that gaps are filled from their surroundings; under [`FocalMissing::Propagate`] one missing sample makes the result
/// missing. [`FocalBorder`] says what lies beyond the raster. Infinite samples count as missing. Written as float32 with
/// nodata -9999.
///
/// Tomlin (1990, *Geographic Information Systems and Cartographic Modeling*). The CPU sums in float64 and costs, for a
/// radius r, about 2 r steps a pixel for sums, moments and extremes of boxes and circles (not r²); percentiles, majority
/// and variety look at every sample, hence their smaller radius. Nothing runs on from pixel to pixel, so that no cut of
/// the raster can change a bit.
///
/// Against float64: half an ulp for means, sums, extremes and percentiles, 1e-7 of the result for std and variance. CPU
/// against GPU: 64 ulp, or 1e-5 of the greatest difference within the neighbourhood (extremes, majority and variety: the
/// same bits).
#[derive(Clone, Debug, PartialEq)]
pub struct Focal {
    /// Which statistic.
    pub stat: FocalStat,
    /// Which neighbourhood.
    pub shape: FocalShape,
    /// How far it reaches, in pixels: 1 to 64; percentiles to 15, majority and variety to 7.
    pub radius: usize,
    /// Radius of the annulus's hole, less than `radius`; what is as far or nearer does not belong.
    pub inner: usize,
    /// Which percentile, 0 to 100.
    pub percentile: f64,
    /// What a missing sample does.
    pub missing: FocalMissing,
    /// What lies beyond the raster.
    pub border: FocalBorder,
}

named_option! {
    /// A statistic of a neighbourhood.
    "stat" FocalStat {
        /// Arithmetic mean.
        #[default]
        Mean = "mean",
        /// Sum.
        Sum = "sum",
        /// Least.
        Min = "min",
        /// Greatest.
        Max = "max",
        /// Greatest less least.
        Range = "range",
        /// Standard deviation of the population: divided by n, not n - 1.
        Std = "std",
        /// Variance of the population, in the square of the samples' unit.
        Variance = "variance",
        /// The 50th percentile.
        Median = "median",
        /// A percentile, linear between the two nearest samples (Hyndman and Fan 1996, definition 7; NumPy's `linear`).
        Percentile = "percentile",
        /// The most frequent value; the least of several.
        Majority = "majority",
        /// How many different values there are.
        Variety = "variety",
        /// Topographic position index: the sample less the mean of the others (Weiss 2001). A missing centre gives
        /// missing.
        Tpi = "tpi",
    }
}

named_option! {
    /// The outline of a neighbourhood.
    "shape" FocalShape {
        /// All pixels up to `radius` columns and rows away.
        #[default]
        Box = "box",
        /// Pixels whose centre is no farther than `radius`.
        Circle = "circle",
        /// The circle without the pixels whose centre is no farther than `inner`.
        Annulus = "annulus",
    }
}

named_option! {
    /// What a missing sample in a neighbourhood does.
    "missing" FocalMissing {
        /// It is left out.
        #[default]
        Skip = "skip",
        /// It makes the result missing.
        Propagate = "propagate",
    }
}

named_option! {
    /// What lies beyond the raster.
    "border" FocalBorder {
        /// Missing samples.
        #[default]
        Missing = "missing",
        /// The nearest sample of the raster: `a a | a b c | c c`.
        Nearest = "nearest",
        /// The raster, mirrored in its border: `b a | a b c | c b`.
        Reflect = "reflect",
    }
}

uniform! {
    /// `Params` of `shaders/focal.wgsl`.
    pub struct FocalParams {
        /// `STAT_SUM` to `STAT_TPI`, or mean.
        stat: u32,
        /// Radius in pixels.
        radius: u32,
        /// Pixels whose squared distance is no more do not belong.
        inner_sq: i32,
        /// Pixels whose squared distance is more do not belong.
        outer_sq: i32,
        /// `MISSING_PROPAGATES`, or skip.
        missing: u32,
        /// `BORDER_NEAREST`, `BORDER_REFLECT`, or missing.
        border: u32,
        /// Percentile / 100.
        fraction: f32,
        /// Zero.
        pad0: u32,
    }
}

shader_constants! { CONSTANTS:
    STAT_SUM: u32 = 1;
    STAT_MIN: u32 = 2;
    STAT_MAX: u32 = 3;
    STAT_RANGE: u32 = 4;
    STAT_STD: u32 = 5;
    STAT_VARIANCE: u32 = 6;
    STAT_PERCENTILE: u32 = 7;
    STAT_MAJORITY: u32 = 8;
    STAT_VARIETY: u32 = 9;
    STAT_TPI: u32 = 10;
    SIGN_BIT: u32 = 0x8000_0000;
    TOP_KEY: u32 = u32::MAX;
}

/// Greatest radius of any statistic.
pub const MAX_RADIUS: usize = 64;
/// Greatest radius of medians and percentiles.
pub const MAX_PERCENTILE_RADIUS: usize = 15;
/// Greatest radius of majority and variety.
pub const MAX_TALLY_RADIUS: usize = 7;

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "focal",
    summary: "statistics of neighbourhoods: mean, std, median and others",
    options: &[
        ("stat", "mean|sum|min|max|range|std|variance|median|percentile|majority|variety|tpi"),
        ("shape", "box|circle|annulus"),
        ("radius", "PIXELS"),
        ("inner", "PIXELS"),
        ("percentile", "P"),
        ("missing", "skip|propagate"),
        ("border", "missing|nearest|reflect"),
    ],
    examples,
    agreement: Agreement { ulp: 64, relief: 1e-5, ..Agreement::EXACT },
    shader: shader!("include/grid.wgsl", "include/neighbourhood.wgsl", "focal.wgsl"),
    params: FocalParams::LAYOUT,
    constants: &[abi::CONSTANTS, neighbourhood::CONSTANTS, CONSTANTS],
};

fn examples() -> Vec<Arc<dyn Operator>> {
    use {FocalBorder as B, FocalMissing as M, FocalShape as S, FocalStat as T};
    let of = |stat, shape, radius, missing, border| Focal { stat, shape, radius, missing, border, ..Focal::default() };
    let all = [
        Focal::default(),
        of(T::Mean, S::Circle, 5, M::Skip, B::Reflect),
        Focal { inner: 2, ..of(T::Mean, S::Annulus, 4, M::Propagate, B::Nearest) },
        of(T::Sum, S::Box, 2, M::Propagate, B::Missing),
        of(T::Min, S::Circle, 3, M::Skip, B::Missing),
        of(T::Max, S::Box, 4, M::Propagate, B::Nearest),
        Focal { inner: 1, ..of(T::Range, S::Annulus, 3, M::Skip, B::Reflect) },
        of(T::Std, S::Box, 1, M::Propagate, B::Reflect),
        of(T::Std, S::Circle, 4, M::Skip, B::Missing),
        of(T::Variance, S::Box, 7, M::Skip, B::Nearest),
        of(T::Median, S::Box, 1, M::Skip, B::Missing),
        Focal { percentile: 90.0, ..of(T::Percentile, S::Circle, 3, M::Propagate, B::Reflect) },
        of(T::Majority, S::Box, 1, M::Skip, B::Nearest),
        of(T::Variety, S::Circle, 2, M::Skip, B::Missing),
        of(T::Tpi, S::Circle, 4, M::Skip, B::Missing),
        Focal { inner: 2, ..of(T::Tpi, S::Annulus, 6, M::Propagate, B::Reflect) },
    ];
    all.into_iter().map(|focal| Arc::new(focal) as Arc<dyn Operator>).collect()
}

impl Default for Focal {
    fn default() -> Self {
        Self {
            stat: FocalStat::default(),
            shape: FocalShape::default(),
            radius: 1,
            inner: 0,
            percentile: 50.0,
            missing: FocalMissing::default(),
            border: FocalBorder::default(),
        }
    }
}

impl Focal {
    /// Greatest radius of its statistic.
    fn max_radius(&self) -> usize {
        match self.stat {
            FocalStat::Median | FocalStat::Percentile => MAX_PERCENTILE_RADIUS,
            FocalStat::Majority | FocalStat::Variety => MAX_TALLY_RADIUS,
            _ => MAX_RADIUS,
        }
    }

    /// Pixels belong whose squared distance is above the first and not above the second.
    fn bounds_sq(&self) -> (i32, i32) {
        let square = |radius: usize| (radius * radius) as i32;
        let (inner, outer) = match self.shape {
            FocalShape::Box => (-1, 2 * square(self.radius)),
            FocalShape::Circle => (-1, square(self.radius)),
            FocalShape::Annulus => (square(self.inner), square(self.radius)),
        };
        // The index compares the centre with the others.
        (if self.stat == FocalStat::Tpi { inner.max(0) } else { inner }, outer)
    }

    fn fraction(&self) -> f64 {
        if self.stat == FocalStat::Median { 0.5 } else { self.percentile / 100.0 }
    }

    const fn stat_code(&self) -> u32 {
        match self.stat {
            FocalStat::Mean => 0,
            FocalStat::Sum => STAT_SUM,
            FocalStat::Min => STAT_MIN,
            FocalStat::Max => STAT_MAX,
            FocalStat::Range => STAT_RANGE,
            FocalStat::Std => STAT_STD,
            FocalStat::Variance => STAT_VARIANCE,
            FocalStat::Median | FocalStat::Percentile => STAT_PERCENTILE,
            FocalStat::Majority => STAT_MAJORITY,
            FocalStat::Variety => STAT_VARIETY,
            FocalStat::Tpi => STAT_TPI,
        }
    }
}

impl FocalBorder {
    pub(super) const fn code(self) -> u32 {
        match self {
            Self::Missing => 0,
            Self::Nearest => neighbourhood::BORDER_NEAREST,
            Self::Reflect => neighbourhood::BORDER_REFLECT,
        }
    }
}

impl FocalMissing {
    pub(super) const fn code(self) -> u32 {
        match self {
            Self::Skip => 0,
            Self::Propagate => neighbourhood::MISSING_PROPAGATES,
        }
    }
}

impl Operator for Focal {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn is_per_band(&self) -> bool {
        true
    }

    fn footprint(&self) -> Footprint {
        Footprint::square(self.radius)
    }

    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }

    fn check(&self) -> Result<()> {
        let most = self.max_radius();
        if !(1..=most).contains(&self.radius) {
            let accepted = format!("1 to {most} pixels for {}", self.stat);
            return Err(Error::Usage { what: "radius", given: self.radius.to_string(), accepted });
        }
        if self.shape == FocalShape::Annulus && self.inner >= self.radius {
            let accepted = format!("less than the radius, {}", self.radius);
            return Err(Error::Usage { what: "inner", given: self.inner.to_string(), accepted });
        }
        terrain::check_number("percentile", self.percentile, (0.0..=100.0).contains(&self.percentile), "0 to 100")
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn shift(&self) -> Shift {
        match self.stat {
            FocalStat::Sum => Shift::Neither,
            FocalStat::Range | FocalStat::Std | FocalStat::Variance | FocalStat::Variety | FocalStat::Tpi => Shift::Invariant,
            _ => Shift::Equivariant,
        }
    }

    fn gpu_kernel(&self) -> GpuKernel {
        let (inner_sq, outer_sq) = self.bounds_sq();
        let params = FocalParams {
            stat: self.stat_code(),
            radius: self.radius as u32,
            inner_sq,
            outer_sq,
            missing: self.missing.code(),
            border: self.border.code(),
            fraction: self.fraction() as f32,
            pad0: 0,
        };
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&params).to_vec() }
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        let (inner_sq, outer_sq) = self.bounds_sq();
        let around = sweep::Around {
            extents: neighbourhood::extents(self.radius, inner_sq, outer_sq),
            border: self.border,
            propagates: self.missing == FocalMissing::Propagate,
        };
        match self.stat {
            FocalStat::Mean => sweep::fold(task, &around, fold::Mean),
            FocalStat::Sum => sweep::fold(task, &around, fold::Sum),
            FocalStat::Tpi => sweep::fold(task, &around, fold::AboveMean),
            FocalStat::Min => sweep::fold(task, &around, fold::Extremes::<0>),
            FocalStat::Max => sweep::fold(task, &around, fold::Extremes::<1>),
            FocalStat::Range => sweep::fold(task, &around, fold::Extremes::<2>),
            FocalStat::Std => sweep::fold(task, &around, fold::Moments::<true>),
            FocalStat::Variance => sweep::fold(task, &around, fold::Moments::<false>),
            FocalStat::Median | FocalStat::Percentile => rank::compute(task, &around, |all| rank::percentile(all, self.fraction())),
            FocalStat::Majority => rank::compute(task, &around, rank::majority),
            FocalStat::Variety => rank::compute(task, &around, rank::variety),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_options_are_refused() {
        assert!(Focal { radius: 64, ..Focal::default() }.check().is_ok());
        for bad in [
            Focal { radius: 0, ..Focal::default() },
            Focal { radius: 65, ..Focal::default() },
            Focal { stat: FocalStat::Median, radius: 16, ..Focal::default() },
            Focal { stat: FocalStat::Majority, radius: 8, ..Focal::default() },
            Focal { shape: FocalShape::Annulus, radius: 3, inner: 3, ..Focal::default() },
            Focal { percentile: 101.0, ..Focal::default() },
            Focal { percentile: f64::NAN, ..Focal::default() },
        ] {
            assert!(bad.check().unwrap_err().is_refusal(), "{bad:?}");
        }
    }
}
