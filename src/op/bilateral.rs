//! The bilateral filter.

use super::{
    abi::{self, shader_constants, uniform},
    agreement::Agreement,
    functions::{self, exponential},
    info::{OperatorInfo, kept_unit},
    neighbourhood::{self, FocalBorder, FocalMissing, Lines},
    option_info::OptionInfo,
    options::{Options, Written},
    shader::shader,
    terrain,
};
use crate::{
    error::Result,
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Shift},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/bilateral.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Bilateral {
    /// Standard deviation of the weights by distance, in pixels, up to 21.
    pub sigma: f64,
    /// Standard deviation of the weights by difference, in the samples' unit.
    pub range_sigma: f64,
    /// What a missing sample does.
    pub missing: FocalMissing,
    /// What lies beyond the raster.
    pub border: FocalBorder,
}

uniform! {
    /// `Params` of `shaders/bilateral.wgsl`.
    pub struct BilateralParams {
        /// Pixels.
        reach: u32,
        /// `MISSING_PROPAGATES`, or skip.
        missing: u32,
        /// As in `shaders/include/neighbourhood.wgsl`.
        border: u32,
        /// Of a squared difference.
        per_square: f32,
        /// By distance.
        weights: [[f32; 4]; 17],
    }
}

shader_constants! { CONSTANTS:
    LANE_BITS: u32 = 2;
    LANE_MASK: u32 = 3;
}

/// How many standard deviations it reaches.
const REACH: f64 = 3.0;
const MAX_SIGMA: f64 = 21.0;

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "bilateral",
    summary: "a mean that stops at edges: by distance and by difference",
    unit: "the samples'",
    doc: include_str!("../../docs/operators/bilateral.md"),
    about: "Bilateral filter: smooths, and keeps edges",
    usage: "Examples:
  swath bilateral dem.tif smooth.tif --sigma 2 --range-sigma 1.5
  swath bilateral image.tif clean.tif --range-sigma 20 --border reflect",
    options: &[
        &[
            OptionInfo::number("sigma", "PIXELS", "Standard deviation of the weights by distance, in pixels, up to 21").default("1"),
            OptionInfo::number("range-sigma", "UNITS", "Standard deviation of the weights by difference, in the samples' unit").required(),
        ],
        neighbourhood::OPTIONS,
    ],
    build,
    examples,
    agreement: Agreement { ulp: 2, relief: 1e-6, ..Agreement::EXACT },
    shader: shader!("include/grid.wgsl", "include/math.wgsl", "include/functions.wgsl", "include/neighbourhood.wgsl", "bilateral.wgsl"),
    params: BilateralParams::LAYOUT,
    constants: &[abi::CONSTANTS, super::math::CONSTANTS, functions::CONSTANTS, neighbourhood::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let (sigma, range_sigma) = (options.get("sigma")?, options.get("range-sigma")?);
    Ok(Arc::new(Bilateral { sigma, range_sigma, missing: options.get("missing")?, border: options.get("border")? }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    use {FocalBorder as B, FocalMissing as M};
    let of = |sigma, range_sigma, missing, border| {
        let bilateral = Bilateral { sigma, range_sigma, missing, border };
        Arc::new(bilateral) as Arc<dyn Operator>
    };
    vec![
        of(1.0, 50.0, M::Skip, B::Missing),
        of(0.6, 5.0, M::Propagate, B::Nearest),
        of(1.7, 300.0, M::Skip, B::Reflect),
        of(1.2, 20.0, M::Skip, B::Extrapolate),
        of(1.0, 40.0, M::Skip, B::Wrap),
    ]
}

impl Default for Bilateral {
    fn default() -> Self {
        Self { sigma: 1.0, range_sigma: 1.0, missing: FocalMissing::default(), border: FocalBorder::default() }
    }
}

impl Bilateral {
    fn reach(&self) -> usize {
        (REACH * self.sigma).ceil().clamp(1.0, REACH * MAX_SIGMA) as usize
    }

    /// By distance.
    fn weights(&self) -> Vec<f32> {
        (0..=self.reach()).map(|d| (-0.5 * (d as f64 / self.sigma).powi(2)).exp() as f32).collect()
    }

    fn per_square(&self) -> f32 {
        (-0.5 / (self.range_sigma * self.range_sigma)) as f32
    }
}

impl Operator for Bilateral {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn is_per_band(&self) -> bool {
        true
    }

    fn units(&self, inputs: &[Vec<String>]) -> Vec<String> {
        kept_unit(inputs)
    }

    fn footprint(&self) -> Footprint {
        Footprint::square(self.reach())
    }

    fn needs_whole_rows(&self) -> bool {
        self.border == FocalBorder::Wrap
    }

    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(INFO.options, |options| {
            options.put("sigma", self.sigma);
            options.put("range-sigma", self.range_sigma);
            options.put("missing", self.missing);
            options.put("border", self.border);
        }))
    }

    fn check(&self) -> Result<()> {
        let (near, far) = (self.sigma > 0.0 && self.sigma <= MAX_SIGMA, self.range_sigma > 1e-15 && self.range_sigma < 1e15);
        terrain::check_number("sigma", self.sigma, near, "above 0 and up to 21 pixels")?;
        terrain::check_number("range-sigma", self.range_sigma, far, "above 1e-15 and below 1e15")
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn shift(&self) -> Shift {
        Shift::Equivariant
    }

    fn gpu_kernel(&self) -> GpuKernel {
        let mut weights = [0.0; 68];
        weights.iter_mut().zip(self.weights()).for_each(|(to, weight)| *to = weight);
        let params = BilateralParams {
            reach: self.reach() as u32,
            missing: self.missing.code(),
            border: self.border.code(),
            per_square: self.per_square(),
            weights: bytemuck::cast(weights),
        };
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&params).to_vec() }
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        pulp::Arch::new().dispatch(Sweep { task, bilateral: self });
    }
}

/// Columns that are worked on at once.
const BLOCK: usize = 256;

struct Sweep<'t, 'a> {
    task: &'t mut RowsTask<'a>,
    bilateral: &'t Bilateral,
}

/// Sums of one row of a neighbourhood, for the columns of a block.
struct Along {
    heights: [f32; BLOCK],
    weights: [f32; BLOCK],
}

impl pulp::WithSimd for Sweep<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { task, bilateral } = self;
        let (reach, weights, per_square) = (bilateral.reach(), bilateral.weights(), bilateral.per_square());
        let width = task.cols.len();
        let (raster_cols, raster_rows, border) = (task.grid.cols, task.grid.rows, bilateral.border);
        let lines = Lines { input: &task.inputs[0], raster_cols, raster_rows, border };
        let propagates = bilateral.missing == FocalMissing::Propagate;
        let mut line = vec![0.0; BLOCK + 2 * reach];
        let mut along = Along { heights: [0.0; BLOCK], weights: [0.0; BLOCK] };
        let mut middle = [0.0f32; BLOCK];
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(width.max(1))) {
            for (index, out) in out.chunks_mut(BLOCK).enumerate() {
                let first = (task.cols.start + index * BLOCK) as isize;
                let (len, row) = (out.len(), row as isize);
                lines.fill(&mut middle[..len], row, first);
                let (mut sums, mut totals, mut gaps) = ([0.0f64; BLOCK], [0.0f64; BLOCK], [0u32; BLOCK]);
                let line = &mut line[..len + 2 * reach];
                for dr in -(reach as isize)..=reach as isize {
                    lines.fill(line, row + dr, first - reach as isize);
                    (along.heights, along.weights) = ([0.0; BLOCK], [0.0; BLOCK]);
                    for at in 0..=2 * reach {
                        add(&mut along, &line[at..at + len], &middle[..len], weights[at.abs_diff(reach)], per_square, &mut gaps);
                    }
                    let v = f64::from(weights[dr.unsigned_abs()]);
                    for at in 0..len {
                        sums[at] += v * f64::from(along.heights[at]);
                        totals[at] += v * f64::from(along.weights[at]);
                    }
                }
                for (at, out) in out.iter_mut().enumerate() {
                    let missing = !middle[at].is_finite() || (propagates && gaps[at] > 0);
                    *out = if missing { f32::NAN } else { (f64::from(middle[at]) + sums[at] / totals[at]) as f32 };
                }
            }
        }
    }
}

/// Adds the samples of one column of the neighbourhood.
#[inline(always)]
fn add(along: &mut Along, line: &[f32], middle: &[f32], weight: f32, per_square: f32, gaps: &mut [u32; BLOCK]) {
    let samples = line.iter().zip(middle).zip(along.heights.iter_mut().zip(&mut along.weights)).zip(gaps);
    for (((&z, &e), (heights, weights)), gaps) in samples {
        let finite = z.is_finite();
        let d = if finite { z - e } else { 0.0 };
        let w = if finite { weight * exponential(d * d * per_square) } else { 0.0 };
        // A difference that overflows has no weight.
        *heights += if w > 0.0 { w * d } else { 0.0 };
        *weights += w;
        *gaps += u32::from(!finite);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_options_are_refused() {
        assert!(Bilateral::default().check().is_ok());
        for bad in [
            Bilateral { sigma: 0.0, ..Bilateral::default() },
            Bilateral { sigma: 21.5, ..Bilateral::default() },
            Bilateral { range_sigma: 0.0, ..Bilateral::default() },
            Bilateral { range_sigma: f64::NAN, ..Bilateral::default() },
        ] {
            assert!(bad.check().unwrap_err().is_refusal(), "{bad:?}");
        }
    }
}
