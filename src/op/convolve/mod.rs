//! Weighted sums of neighbourhoods.

mod sweep;

use super::{
    abi::{self, shader_constants, uniform},
    agreement::Agreement,
    info::{OperatorInfo, kept_unit},
    matrix::Matrix,
    named_option::named_option,
    neighbourhood::{self, FocalBorder, FocalMissing},
    option_info::OptionInfo,
    options::{Options, Written},
    separable::{Kind, Separable},
    shader::shader,
    terrain,
};
use crate::{
    error::{Error, Result},
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, Raster, RowsTask, Shift},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;
use sweep::Weights;

#[doc = include_str!("../../../docs/operators/convolve.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Convolve {
    /// Which kernel.
    pub kernel: ConvolveKernel,
    /// Standard deviation of the Gaussian, in pixels, up to 16; it reaches 4 of these.
    pub sigma: f64,
    /// How much the unsharp mask adds of what the Gaussian takes away.
    pub amount: f64,
    /// Rows of the custom kernel: as many as columns, an odd number up to 15.
    pub weights: Vec<Vec<f64>>,
    /// The custom kernel's weights are divided by their sum.
    pub normalize: bool,
    /// What a missing sample does.
    pub missing: FocalMissing,
    /// What lies beyond the raster.
    pub border: FocalBorder,
}

named_option! {
    /// A kernel of weights.
    "kernel" ConvolveKernel {
        /// `exp(-d² / (2 sigma²))` over its sum, to `ceil(4 sigma)` columns and rows: smooths.
        #[default]
        Gaussian = "gaussian",
        /// `0 1 0; 1 -4 1; 0 1 0`: the second differences' sum.
        Laplacian = "laplacian",
        /// Length of the gradient by `-1 0 1; -2 0 2; -1 0 1` and its transpose (Sobel and Feldman 1968), not divided by 8.
        Sobel = "sobel",
        /// Length of the gradient by `-1 0 1; -1 0 1; -1 0 1` and its transpose (Prewitt 1970), not divided by 6.
        Prewitt = "prewitt",
        /// `z + amount (z - gaussian(z))`: sharpens.
        Unsharp = "unsharp",
        /// The given weights.
        Custom = "custom",
    }
}

uniform! {
    /// `Params` of `shaders/convolve.wgsl`.
    pub struct ConvolveParams {
        /// `FORM_PRODUCT`, `FORM_UNSHARP`, `FORM_PAIR`, or a table.
        form: u32,
        /// Radius in pixels.
        radius: u32,
        /// `MISSING_PROPAGATES`, or skip.
        missing: u32,
        /// `BORDER_NEAREST`, `BORDER_REFLECT`, or missing.
        border: u32,
        /// Sum of the weights.
        total: f32,
        /// Of the unsharp mask.
        amount: f32,
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
        /// By distance, or row by row; a second table begins at `SECOND_TABLE`.
        weights: [[[f32; 4]; 8]; 8],
    }
}

shader_constants! { CONSTANTS:
    FORM_PRODUCT: u32 = 0;
    FORM_UNSHARP: u32 = 1;
    FORM_PAIR: u32 = 3;
    SECOND_TABLE: u32 = 128;
    LANE_BITS: u32 = 2;
    LANE_MASK: u32 = 3;
    ROW_BITS: u32 = 5;
    ROW_MASK: u32 = 7;
}

/// One table of weights.
const FORM_TABLE: u32 = 2;
/// Greatest side of a custom kernel.
pub const MAX_KERNEL_SIDE: usize = 15;
/// How many standard deviations a Gaussian reaches.
const REACH: f64 = 4.0;
const MAX_SIGMA: f64 = 16.0;

const LAPLACIAN: [f64; 9] = [0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0];
const SOBEL: [[f64; 9]; 2] = [[-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0], [-1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0]];
const PREWITT: [[f64; 9]; 2] = [[-1.0, 0.0, 1.0, -1.0, 0.0, 1.0, -1.0, 0.0, 1.0], [-1.0, -1.0, -1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]];

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "convolve",
    summary: "weighted sums: gaussian, laplacian, sobel, unsharp, custom",
    unit: "the samples'",
    doc: include_str!("../../../docs/operators/convolve.md"),
    about: "Weighted sums of neighbourhoods: smoothing, sharpening, edges, or any kernel",
    usage: "Examples:
  swath convolve dem.tif smooth.tif --sigma 3
  swath convolve dem.tif sharp.tif --kernel unsharp --sigma 2 --amount 1.5
  swath convolve image.tif edges.tif --kernel sobel --border nearest
  swath convolve dem.tif out.tif --weights '1 2 1; 2 4 2; 1 2 1' --normalize",
    options: &[
        &[
            OptionInfo::choice("kernel", ConvolveKernel::CHOICE, "KERNEL", "Which kernel").default_with("weights", "custom"),
            OptionInfo::number("sigma", "PIXELS", "Standard deviation of the Gaussian, in pixels, up to 16")
                .default("1")
                .only_with("kernel", &["gaussian", "unsharp"]),
            OptionInfo::number("amount", "SHARE", "How much the unsharp mask adds of what the Gaussian takes away")
                .default("1")
                .only_with("kernel", &["unsharp"]),
            OptionInfo::matrix("weights", "ROWS", "Rows of a custom kernel, parted by semicolons, or a text file of them")
                .only_with("kernel", &["custom"])
                .needed_by("kernel", "custom", "1 2 1; 2 4 2; 1 2 1"),
            OptionInfo::switch("normalize", "Divide the weights by their sum").requires(&["weights"]),
        ],
        neighbourhood::CENTRED_OPTIONS,
    ],
    build,
    examples,
    agreement: Agreement { ulp: 64, relief: 1e-5, ..Agreement::EXACT },
    shader: shader!("include/grid.wgsl", "include/neighbourhood.wgsl", "convolve.wgsl"),
    params: ConvolveParams::LAYOUT,
    constants: &[abi::CONSTANTS, neighbourhood::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let weights: Option<Matrix> = options.find("weights")?;
    Ok(Arc::new(Convolve {
        kernel: options.get("kernel")?,
        sigma: options.get("sigma")?,
        amount: options.get("amount")?,
        weights: weights.unwrap_or_default().0,
        normalize: options.is_on("normalize")?,
        missing: options.get("missing")?,
        border: options.get("border")?,
    }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    use {ConvolveKernel as K, FocalBorder as B, FocalMissing as M};
    let of = |kernel, sigma, missing, border| Convolve { kernel, sigma, missing, border, ..Convolve::default() };
    let weights = vec![
        vec![1.0, 0.0, 2.0, 0.25, -3.0],
        vec![0.5, 4.0, 0.0, 1.0, 0.0],
        vec![-1.0, 2.0, 7.0, 0.0, 3.0],
        vec![0.0, 1.5, 2.5, -0.75, 1.0],
        vec![2.0, 0.0, 1.0, 0.0, 0.125],
    ];
    let all = [
        Convolve::default(),
        of(K::Gaussian, 2.2, M::Propagate, B::Reflect),
        of(K::Gaussian, 1.0, M::Skip, B::Wrap),
        of(K::Laplacian, 1.0, M::Skip, B::Wrap),
        of(K::Laplacian, 1.0, M::Skip, B::Missing),
        of(K::Sobel, 1.0, M::Skip, B::Nearest),
        of(K::Prewitt, 1.0, M::Propagate, B::Reflect),
        Convolve { amount: 1.5, ..of(K::Unsharp, 0.8, M::Skip, B::Missing) },
        Convolve { weights: weights.clone(), ..of(K::Custom, 1.0, M::Propagate, B::Nearest) },
        Convolve { weights, normalize: true, ..of(K::Custom, 1.0, M::Skip, B::Missing) },
    ];
    all.into_iter().map(|convolve| Arc::new(convolve) as Arc<dyn Operator>).collect()
}

impl Default for Convolve {
    fn default() -> Self {
        Self {
            kernel: ConvolveKernel::default(),
            sigma: 1.0,
            amount: 1.0,
            weights: Vec::new(),
            normalize: false,
            missing: FocalMissing::default(),
            border: FocalBorder::default(),
        }
    }
}

impl Convolve {
    fn radius(&self) -> usize {
        match self.kernel {
            ConvolveKernel::Gaussian | ConvolveKernel::Unsharp => (REACH * self.sigma).ceil().clamp(1.0, REACH * MAX_SIGMA) as usize,
            ConvolveKernel::Custom => self.weights.len() / 2,
            ConvolveKernel::Laplacian | ConvolveKernel::Sobel | ConvolveKernel::Prewitt => 1,
        }
    }

    /// The Gaussian's weights by distance; those of both directions add up to 1.
    fn gaussian(&self) -> Vec<f64> {
        let raw: Vec<f64> = (0..=self.radius()).map(|d| (-0.5 * (d as f64 / self.sigma).powi(2)).exp()).collect();
        let sum = raw[0] + 2.0 * raw[1..].iter().sum::<f64>();
        raw.into_iter().map(|w| w / sum).collect()
    }

    fn custom(&self) -> Vec<f64> {
        let all: Vec<f64> = self.weights.iter().flatten().copied().collect();
        let sum: f64 = if self.normalize { all.iter().sum() } else { 1.0 };
        all.into_iter().map(|w| w / sum).collect()
    }

    fn weights(&self) -> Weights {
        match self.kernel {
            ConvolveKernel::Gaussian => Weights::Product { by_distance: self.gaussian(), unsharp: None },
            ConvolveKernel::Unsharp => Weights::Product { by_distance: self.gaussian(), unsharp: Some(self.amount) },
            ConvolveKernel::Laplacian => Weights::Table(LAPLACIAN.to_vec()),
            ConvolveKernel::Custom => Weights::Table(self.custom()),
            ConvolveKernel::Sobel => Weights::Pair(SOBEL.map(Vec::from)),
            ConvolveKernel::Prewitt => Weights::Pair(PREWITT.map(Vec::from)),
        }
    }
}

impl Operator for Convolve {
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
        Footprint::square(self.radius())
    }

    fn needs_whole_rows(&self) -> bool {
        self.border == FocalBorder::Wrap
    }

    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(INFO.options, |options| {
            options.put_some("weights", (!self.weights.is_empty()).then(|| Matrix(self.weights.clone())));
            options.put("kernel", self.kernel);
            options.put("sigma", self.sigma);
            options.put("amount", self.amount);
            options.put_switch("normalize", self.normalize);
            options.put("missing", self.missing);
            options.put("border", self.border);
        }))
    }

    fn check(&self) -> Result<()> {
        INFO.check_written(self)?;
        terrain::check_number("sigma", self.sigma, self.sigma > 0.0 && self.sigma <= MAX_SIGMA, "above 0 and up to 16 pixels")?;
        terrain::check_number("amount", self.amount, self.amount.is_finite(), "a number")?;
        if self.kernel != ConvolveKernel::Custom {
            return Ok(());
        }
        let refuse = |accepted: String| {
            let rows: Vec<String> = self.weights.iter().map(|row| row.iter().map(f64::to_string).collect::<Vec<_>>().join(" ")).collect();
            Err(Error::Usage { what: "weights", given: rows.join("; "), accepted })
        };
        let side = self.weights.len();
        if side.is_multiple_of(2) || side > MAX_KERNEL_SIDE || self.weights.iter().any(|row| row.len() != side) {
            return refuse(format!("as many rows as columns, an odd number up to {MAX_KERNEL_SIDE}"));
        }
        let sum: f64 = self.weights.iter().flatten().sum();
        match sum.is_finite() {
            true if sum != 0.0 || !self.normalize => Ok(()),
            true => refuse("weights whose sum is not 0, to be normalized".to_owned()),
            false => refuse("finite numbers".to_owned()),
        }
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn shift(&self) -> Shift {
        match self.kernel {
            ConvolveKernel::Laplacian | ConvolveKernel::Sobel | ConvolveKernel::Prewitt => Shift::Invariant,
            ConvolveKernel::Gaussian | ConvolveKernel::Unsharp => Shift::Equivariant,
            ConvolveKernel::Custom if self.normalize => Shift::Equivariant,
            ConvolveKernel::Custom => Shift::Neither,
        }
    }

    fn gpu_kernel(&self) -> GpuKernel {
        let weights = self.weights();
        let mut flat = [0.0f32; 256];
        let mut put = |from: usize, all: &[f64]| flat[from..from + all.len()].iter_mut().zip(all).for_each(|(to, &w)| *to = w as f32);
        let (form, total) = match &weights {
            Weights::Product { by_distance, unsharp } => {
                put(0, by_distance);
                (if unsharp.is_some() { FORM_UNSHARP } else { FORM_PRODUCT }, 1.0)
            }
            Weights::Table(table) => {
                put(0, table);
                (FORM_TABLE, table.iter().sum::<f64>())
            }
            Weights::Pair([a, b]) => {
                put(0, a);
                put(SECOND_TABLE as usize, b);
                (FORM_PAIR, 0.0)
            }
        };
        let params = ConvolveParams {
            form,
            radius: self.radius() as u32,
            missing: self.missing.code(),
            border: self.border.code(),
            total: total as f32,
            amount: self.amount as f32,
            weights: bytemuck::cast(flat),
            ..ConvolveParams::default()
        };
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&params).to_vec() }
    }

    fn expand(&self, inputs: &[Raster], on_device: bool) -> Option<Raster> {
        let kind = match self.kernel {
            ConvolveKernel::Gaussian => Kind::Smooth,
            ConvolveKernel::Unsharp => Kind::Sharpen(self.amount),
            _ => return None,
        };
        let (name, reach, weights) = (INFO.name, (self.radius(), self.radius()), self.gaussian());
        let separable = Separable { name, kind, reach, weights, missing: self.missing, border: self.border };
        if on_device { separable.expand(inputs.first()?) } else { None }
    }

    fn cpu_scratch_bytes(&self) -> usize {
        sweep::scratch_bytes(self.footprint().halo_rows)
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        sweep::compute(task, &self.weights(), self.radius(), self.border, self.missing == FocalMissing::Propagate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_options_are_refused() {
        let custom = |weights| Convolve { kernel: ConvolveKernel::Custom, weights, ..Convolve::default() };
        assert!(Convolve::default().check().is_ok() && custom(vec![vec![2.0]]).check().is_ok());
        for bad in [
            Convolve { sigma: 0.0, ..Convolve::default() },
            Convolve { sigma: 16.5, ..Convolve::default() },
            Convolve { amount: f64::INFINITY, ..Convolve::default() },
            custom(vec![]),
            custom(vec![vec![1.0; 2]; 2]),
            custom(vec![vec![1.0; 3]; 5]),
            custom(vec![vec![1.0; 17]; 17]),
            custom(vec![vec![f64::NAN]]),
            Convolve { normalize: true, ..custom(vec![vec![0.0]]) },
        ] {
            assert!(bad.check().unwrap_err().is_refusal(), "{bad:?}");
        }
    }
}
