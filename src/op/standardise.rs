use super::{
    abi::{self, uniform},
    agreement::Agreement,
    info::OperatorInfo,
    option_info::OptionInfo,
    options::{Options, Written},
    shader::shader,
};
use crate::{
    error::{Error, Result},
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Survey, Surveyed},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/standardise.md")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standardise {
    /// What is 0; `None`: the raster's mean.
    pub mean: Option<f64>,
    /// What is 1, 0 or greater; `None`: the raster's standard deviation.
    pub stddev: Option<f64>,
}

uniform! {
    /// `Params` of `shaders/standardise.wgsl`.
    pub struct StandardiseParams {
        /// The mean, rounded.
        mean: f32,
        /// What rounding took from it.
        mean_rest: f32,
        /// One over the standard deviation; 0 where that is 0.
        per_stddev: f32,
        /// Zero.
        pad0: u32,
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "standardise",
    summary: "standard deviations above the mean of all samples",
    unit: "standard deviations",
    doc: include_str!("../../docs/operators/standardise.md"),
    about: "Standard deviations above the mean of all samples",
    usage: "Examples:
  swath standardise dem.tif score.tif
  swath standardise dem.tif score.tif --mean 1200 --stddev 300   (no pass before)
  swath standardise dem.tif score.tif --dry-run                  (how often it is read)",
    options: &[&[
        OptionInfo::number("mean", "Z", "What is 0").default_words("the mean of all samples, found in a pass before"),
        OptionInfo::number("stddev", "Z", "What is 1").default_words("their standard deviation, found in a pass before"),
    ]],
    build,
    examples,
    agreement: Agreement::EXACT,
    shader: shader!("include/grid.wgsl", "standardise.wgsl"),
    params: StandardiseParams::LAYOUT,
    constants: &[abi::CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    Ok(Arc::new(Standardise { mean: options.find("mean")?, stddev: options.find("stddev")? }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    vec![
        Arc::new(Standardise { mean: Some(1_234.567_890_123), stddev: Some(89.1) }),
        Arc::new(Standardise { mean: Some(-3.5), stddev: Some(0.0) }),
    ]
}

impl Standardise {
    fn params(&self) -> StandardiseParams {
        let (mean, stddev) = (self.mean.unwrap_or(0.0), self.stddev.unwrap_or(1.0));
        let rounded = mean as f32;
        let per_stddev = if stddev == 0.0 { 0.0 } else { (1.0 / stddev) as f32 };
        StandardiseParams { mean: rounded, mean_rest: (mean - f64::from(rounded)) as f32, per_stddev, pad0: 0 }
    }
}

impl Operator for Standardise {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }

    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(INFO.options, |options| {
            options.put_some("mean", self.mean);
            options.put_some("stddev", self.stddev);
        }))
    }

    fn check(&self) -> Result<()> {
        let refuse = |what, given: f64, accepted: &str| Err(Error::Usage { what, given: given.to_string(), accepted: accepted.to_owned() });
        match (self.mean, self.stddev) {
            (Some(mean), _) if !(mean as f32).is_finite() => refuse("mean", mean, "a number within the range of float32"),
            (_, Some(stddev)) if !(stddev >= 0.0 && stddev.is_finite()) => refuse("stddev", stddev, "0 or a greater number"),
            _ => Ok(()),
        }
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn survey(&self) -> Option<Survey> {
        (self.mean.is_none() || self.stddev.is_none()).then(Survey::default)
    }

    fn surveyed(&self, inputs: &[Surveyed]) -> Result<Arc<dyn Operator>> {
        let [found] = inputs else { return Err(Error::Internal("standardise takes one survey")) };
        // Of nothing, nothing is computed: any numbers do.
        let of = |given: Option<f64>, found: f64| Some(given.unwrap_or(if found.is_finite() { found } else { 0.0 }));
        Ok(Arc::new(Self { mean: of(self.mean, found.mean), stddev: of(self.stddev, found.stddev) }))
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&self.params()).to_vec() }
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        let StandardiseParams { mean, mean_rest, per_stddev, .. } = self.params();
        let input = &task.inputs[0];
        let from = task.cols.start - input.cols.start;
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(task.cols.len())) {
            let Some(samples) = input.row(row) else { continue };
            for (out, &z) in out.iter_mut().zip(&samples[from..]) {
                *out = if z.is_finite() { ((z - mean) - mean_rest) * per_stddev } else { f32::NAN };
            }
        }
    }
}
