//! Statistics of neighbourhoods of any shape and size.

mod columns;
mod device;
mod fold;
mod rank;
mod stat;
mod sweep;

pub use device::FocalParams;
pub(super) use device::{CONSTANTS, RUNS, SHADER, TALLY};
pub use stat::FocalStat;

use super::{
    agreement::Agreement,
    info::{OperatorInfo, kept_unit},
    neighbourhood::{self, Shape, shape},
    neighbourhood::{FocalBorder, FocalMissing, FocalShape, outline::Outline},
    option_info::OptionInfo,
    options::{Options, Written},
    separable::{Kind, Separable},
    terrain,
};
use crate::{
    error::{Error, Result},
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, Raster, RowsTask, Shift},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

#[doc = include_str!("../../../docs/operators/focal.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Focal {
    /// Which statistic.
    pub stat: FocalStat,
    /// Which neighbourhood.
    pub shape: FocalShape,
    /// How far it reaches, in pixels: 1 to 64. A custom outline has its own reach.
    pub radius: usize,
    /// Radius of the annulus's hole, less than `radius`; what is as far or nearer does not belong.
    pub inner: usize,
    /// Rows of the custom outline, from north to south: an odd number of as many columns, odd as well, up to 129.
    pub mask: Vec<Vec<bool>>,
    /// Which percentile, 0 to 100.
    pub percentile: f64,
    /// What a missing sample does.
    pub missing: FocalMissing,
    /// What lies beyond the raster.
    pub border: FocalBorder,
}

/// Greatest radius of any statistic.
pub const MAX_RADIUS: usize = 64;

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "focal",
    summary: "statistics of neighbourhoods: mean, std, median and others",
    unit: "the samples' (variance: its square; variety: values)",
    doc: include_str!("../../../docs/operators/focal.md"),
    about: "A statistic of the samples around each pixel",
    usage: "Examples:
  swath focal dem.tif smooth.tif --stat mean --radius 2
  swath focal dem.tif rough.tif --stat std --shape circle --radius 10 --missing propagate
  swath focal dem.tif p90.tif --stat percentile --percentile 90 --radius 5 --border reflect
  swath focal classes.tif tidy.tif --stat majority
  swath focal dem.tif cross.tif --stat max --footprint '0 1 0; 1 1 1; 0 1 0'
  swath focal dem.tif tpi.tif --stat tpi --shape annulus --radius 20 --inner 10",
    options: &[
        &[OptionInfo::choice("stat", FocalStat::CHOICE, "STAT", "Which statistic")],
        shape::OPTIONS,
        &[OptionInfo::number("percentile", "P", "Which percentile, 0 to 100").default("50").only_with("stat", &["percentile"])],
        neighbourhood::OPTIONS,
    ],
    build,
    examples,
    agreement: Agreement { ulp: 64, relief: 1e-5, ..Agreement::EXACT },
    shader: SHADER,
    params: FocalParams::LAYOUT,
    constants: CONSTANTS,
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let Shape { shape, radius, inner, mask } = Shape::of_options(options)?;
    let (stat, percentile) = (options.get("stat")?, options.get("percentile")?);
    let (missing, border) = (options.get("missing")?, options.get("border")?);
    Ok(Arc::new(Focal { stat, shape, radius, inner, mask, percentile, missing, border }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    use {FocalBorder as B, FocalMissing as M, FocalShape as S, FocalStat as T};
    let of = |stat, shape, radius, missing, border| Focal { stat, shape, radius, missing, border, ..Focal::default() };
    let custom = |stat, missing, border| Focal { mask: crooked(), ..of(stat, S::Custom, 1, missing, border) };
    let all = [
        Focal::default(),
        of(T::Mean, S::Box, 3, M::Skip, B::Reflect),
        of(T::Mean, S::Circle, 5, M::Skip, B::Extrapolate),
        Focal { inner: 2, ..of(T::Mean, S::Annulus, 4, M::Propagate, B::Nearest) },
        of(T::Mean, S::Box, 3, M::Skip, B::Wrap),
        of(T::Std, S::Circle, 3, M::Propagate, B::Wrap),
        of(T::Sum, S::Box, 2, M::Propagate, B::Missing),
        of(T::Sum, S::Box, 2, M::Skip, B::Nearest),
        of(T::Sum, S::Circle, 1, M::Skip, B::Missing),
        of(T::Min, S::Circle, 3, M::Skip, B::Missing),
        of(T::Min, S::Box, 2, M::Skip, B::Reflect),
        of(T::Max, S::Box, 4, M::Propagate, B::Nearest),
        custom(T::Max, M::Skip, B::Extrapolate),
        of(T::Range, S::Box, 3, M::Skip, B::Missing),
        Focal { inner: 1, ..of(T::Range, S::Annulus, 3, M::Skip, B::Reflect) },
        of(T::Std, S::Box, 1, M::Propagate, B::Reflect),
        of(T::Std, S::Circle, 4, M::Skip, B::Missing),
        of(T::Std, S::Box, 5, M::Skip, B::Missing),
        of(T::Variance, S::Box, 7, M::Skip, B::Nearest),
        of(T::Median, S::Box, 1, M::Skip, B::Missing),
        custom(T::Median, M::Propagate, B::Nearest),
        Focal { percentile: 90.0, ..of(T::Percentile, S::Circle, 3, M::Propagate, B::Reflect) },
        Focal { percentile: 5.0, ..of(T::Percentile, S::Box, 6, M::Skip, B::Extrapolate) },
        of(T::Majority, S::Box, 1, M::Skip, B::Nearest),
        of(T::Majority, S::Circle, 4, M::Propagate, B::Missing),
        of(T::Variety, S::Circle, 2, M::Skip, B::Missing),
        of(T::Tpi, S::Circle, 4, M::Skip, B::Missing),
        of(T::Tpi, S::Box, 3, M::Skip, B::Missing),
        Focal { inner: 2, ..of(T::Tpi, S::Annulus, 6, M::Propagate, B::Reflect) },
    ];
    all.into_iter().map(|focal| Arc::new(focal) as Arc<dyn Operator>).collect()
}

/// An outline without any symmetry.
fn crooked() -> Vec<Vec<bool>> {
    [[1, 0, 0, 1, 1], [0, 1, 0, 0, 1], [0, 0, 1, 1, 0]].map(|row| row.map(|belongs| belongs == 1).to_vec()).to_vec()
}

impl Default for Focal {
    fn default() -> Self {
        Self {
            stat: FocalStat::default(),
            shape: FocalShape::default(),
            radius: 1,
            inner: 0,
            mask: Vec::new(),
            percentile: 50.0,
            missing: FocalMissing::default(),
            border: FocalBorder::default(),
        }
    }
}

impl Focal {
    fn asked_shape(&self) -> Shape {
        let Self { shape, radius, inner, ref mask, .. } = *self;
        Shape { shape, radius, inner, mask: mask.clone() }
    }

    fn outline(&self) -> Outline {
        self.asked_shape().outline()
    }

    /// Rows above and below, columns left and right.
    fn reach(&self) -> (usize, usize) {
        self.asked_shape().reach()
    }

    fn fraction(&self) -> f64 {
        if self.stat == FocalStat::Median { 0.5 } else { self.percentile / 100.0 }
    }

    /// What comes of a box as a product of rows and columns, if anything does.
    fn kind(&self) -> Option<Kind> {
        match self.stat {
            FocalStat::Mean => Some(Kind::Mean),
            FocalStat::Sum => Some(Kind::Sum),
            FocalStat::Min => Some(Kind::Min),
            FocalStat::Max => Some(Kind::Max),
            FocalStat::Range => Some(Kind::Range),
            FocalStat::Std => Some(Kind::Std),
            FocalStat::Variance => Some(Kind::Variance),
            FocalStat::Tpi => Some(Kind::Tpi),
            FocalStat::Median | FocalStat::Percentile | FocalStat::Majority | FocalStat::Variety => None,
        }
    }
}

/// Rows and columns of a mask are odd in number and as many in every row, and something belongs.
fn check_mask(mask: &[Vec<bool>]) -> Result<()> {
    let (rows, cols) = (mask.len(), mask.first().map_or(0, Vec::len));
    let odd = |side: usize| side % 2 == 1 && side <= 2 * MAX_RADIUS + 1;
    if odd(rows) && odd(cols) && mask.iter().all(|row| row.len() == cols) && mask.iter().flatten().any(|&belongs| belongs) {
        return Ok(());
    }
    let accepted = format!("an odd number of rows and of columns, up to {}, not all 0", 2 * MAX_RADIUS + 1);
    let given: Vec<String> = mask.iter().map(|row| row.iter().map(|&belongs| if belongs { "1" } else { "0" }).collect()).collect();
    Err(Error::Usage { what: "footprint", given: given.join("; "), accepted })
}

impl Operator for Focal {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn is_per_band(&self) -> bool {
        true
    }

    fn units(&self, inputs: &[Vec<String>]) -> Vec<String> {
        match self.stat {
            FocalStat::Variance | FocalStat::Variety => Vec::new(),
            _ => kept_unit(inputs),
        }
    }

    fn footprint(&self) -> Footprint {
        let (halo_rows, halo_cols) = self.reach();
        Footprint { halo_rows, halo_cols }
    }

    fn needs_whole_rows(&self) -> bool {
        self.border == FocalBorder::Wrap
    }

    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(INFO.options, |options| {
            options.put("stat", self.stat);
            self.asked_shape().write(options);
            options.put("percentile", self.percentile);
            options.put("missing", self.missing);
            options.put("border", self.border);
        }))
    }

    fn check(&self) -> Result<()> {
        INFO.check_written(self)?;
        if self.shape == FocalShape::Custom {
            check_mask(&self.mask)?;
        } else if !(1..=MAX_RADIUS).contains(&self.radius) {
            let accepted = format!("1 to {MAX_RADIUS} pixels");
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
        device::kernel(self)
    }

    fn expand(&self, inputs: &[Raster], on_device: bool) -> Option<Raster> {
        if !on_device || !self.outline().is_box() {
            return None;
        }
        let (name, missing, border) = (INFO.name, self.missing, self.border);
        let separable = Separable { name, kind: self.kind()?, reach: self.reach(), weights: Vec::new(), missing, border };
        separable.expand(inputs.first()?)
    }

    fn cpu_scratch_bytes(&self) -> usize {
        let (reach, outline) = (self.reach(), self.outline());
        match self.stat {
            FocalStat::Median | FocalStat::Percentile | FocalStat::Majority | FocalStat::Variety => {
                rank::scratch_bytes(reach, outline.runs().len())
            }
            _ => sweep::scratch_bytes(&outline),
        }
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        let (outline, propagates) = (self.outline(), self.missing == FocalMissing::Propagate);
        let with_centre = outline.belongs(0, 0);
        let around = sweep::Around { outline, border: self.border, propagates };
        match self.stat {
            FocalStat::Mean => sweep::fold(task, &around, fold::Mean),
            FocalStat::Sum => sweep::fold(task, &around, fold::Sum),
            // The index compares the centre with the others.
            FocalStat::Tpi if with_centre => sweep::fold(task, &around, fold::AboveOthers),
            FocalStat::Tpi => sweep::fold(task, &around, fold::AboveMean),
            FocalStat::Min => sweep::fold(task, &around, fold::Extremes::<0>),
            FocalStat::Max => sweep::fold(task, &around, fold::Extremes::<1>),
            FocalStat::Range => sweep::fold(task, &around, fold::Extremes::<2>),
            FocalStat::Std => sweep::fold(task, &around, fold::Moments::<true>),
            FocalStat::Variance => sweep::fold(task, &around, fold::Moments::<false>),
            FocalStat::Median | FocalStat::Percentile => rank::compute(task, &around, rank::Percentile::of(self.fraction())),
            FocalStat::Majority => rank::compute(task, &around, rank::Majority::default()),
            FocalStat::Variety => rank::compute(task, &around, rank::Variety::default()),
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
            Focal { shape: FocalShape::Custom, ..Focal::default() },
            Focal { shape: FocalShape::Custom, mask: vec![vec![true; 2]; 3], ..Focal::default() },
            Focal { shape: FocalShape::Custom, mask: vec![vec![true; 3], vec![true]], ..Focal::default() },
            Focal { shape: FocalShape::Custom, mask: vec![vec![false; 3]; 3], ..Focal::default() },
            Focal { shape: FocalShape::Custom, mask: vec![vec![true; 131]], ..Focal::default() },
            Focal { shape: FocalShape::Annulus, radius: 3, inner: 3, ..Focal::default() },
            Focal { percentile: 101.0, ..Focal::default() },
            Focal { percentile: f64::NAN, ..Focal::default() },
        ] {
            assert!(bad.check().unwrap_err().is_refusal(), "{bad:?}");
        }
    }
}
