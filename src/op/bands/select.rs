use crate::{
    error::{Error, Result},
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Shift},
    op::{
        abi::{self, uniform},
        agreement::Agreement,
        info::{OperatorInfo, part_of_another},
        shader::shader,
    },
    raster::{Nodata, SampleType, Scaling},
};
use std::sync::Arc;

#[doc = include_str!("../../../docs/operators/select.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// Which band, 1-based.
    pub band: usize,
    /// Bands of the raster.
    pub of: usize,
    /// What is written by default.
    pub output: OperatorOutput,
    /// Whether a sample may be missing.
    pub may_be_missing: bool,
    /// What its samples stand for, if not for themselves.
    pub scaling: Option<Scaling>,
}

uniform! {
    /// `Params` of `shaders/select.wgsl`.
    pub struct SelectParams {
        /// Which band, 0-based.
        band: u32,
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
        /// Zero.
        pad2: u32,
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "select",
    summary: "one band of several",
    unit: "the samples'",
    doc: include_str!("../../../docs/operators/select.md"),
    about: "",
    usage: "",
    options: &[],
    build: part_of_another,
    examples: || {
        let output = OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None };
        [1, 3].map(|band| Arc::new(Select { band, of: 3, output, may_be_missing: true, scaling: None }) as Arc<dyn Operator>).to_vec()
    },
    agreement: Agreement::EXACT,
    shader: shader!("include/grid.wgsl", "select.wgsl"),
    params: SelectParams::LAYOUT,
    constants: &[abi::CONSTANTS],
};

impl Operator for Select {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn input_bands(&self) -> usize {
        self.of
    }

    fn may_be_missing(&self) -> bool {
        self.may_be_missing
    }

    fn scaling(&self) -> Vec<Scaling> {
        self.scaling.into_iter().collect()
    }

    fn units(&self, inputs: &[Vec<String>]) -> Vec<String> {
        inputs.first().and_then(|bands| bands.get(self.band.checked_sub(1)?)).cloned().into_iter().collect()
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }

    fn output(&self) -> OperatorOutput {
        self.output
    }

    fn check(&self) -> Result<()> {
        if (1..=self.of).contains(&self.band) {
            return Ok(());
        }
        let accepted = if self.of == 1 { "1".to_owned() } else { format!("1 to {}", self.of) };
        Err(Error::Usage { what: "band", given: self.band.to_string(), accepted })
    }

    fn chosen_band(&self) -> Option<usize> {
        self.band.checked_sub(1)
    }

    fn shift(&self) -> Shift {
        Shift::Equivariant
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn gpu_kernel(&self) -> GpuKernel {
        let params = SelectParams { band: self.band.saturating_sub(1) as u32, ..SelectParams::default() };
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&params).to_vec() }
    }

    fn has_f64_twin(&self) -> bool {
        true
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        self.fill(task, |sample| sample);
    }

    fn compute_rows_f64(&self, task: &mut RowsTask<'_, f64>) {
        self.fill(task, |sample| sample as f32);
    }
}

impl Select {
    fn fill<T: Copy>(&self, task: &mut RowsTask<'_, T>, narrow: impl Fn(T) -> f32) {
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(task.cols.len().max(1))) {
            let pixels = task.inputs[0].row(row).unwrap_or_default().chunks_exact(self.of);
            for (out, pixel) in out.iter_mut().zip(pixels) {
                *out = narrow(pixel[self.band - 1]);
            }
        }
    }
}
