use super::shader::{Shader, assemble};
use crate::{
    error::{Error, Result},
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask},
    raster::{Nodata, SampleType},
};
use std::{fmt, sync::Arc};

/// A CPU twin: fills `task.out`.
type CpuTwin = Arc<dyn Fn(&mut RowsTask<'_>) + Send + Sync>;
type Factors = Arc<dyn Fn(&GridInfo, usize) -> [f32; 4] + Send + Sync>;

/// The caller's own operator, from the caller's own WGSL.
///
/// The text is appended to `shaders/include/grid.wgsl`, which declares the bindings (`grid`, `row_factors`, `output`,
/// `input0`) and the functions `load0`, `store`, `store_missing` and `is_finite` (`store_band` and `store_all_missing` where the
/// result has several bands). It declares
/// `@group(0) @binding(1) var<uniform> params: Params;` with a `Params` struct of its own (at least one member), further
/// inputs at bindings 5, 6 and 7 (`array<f32>`, read), and an entry point `main` of one invocation a pixel, which must
/// return where `id.x >= grid.cols || id.y >= grid.rows`. Samples are f32, missing is a NaN that is tested on its bits.
///
/// Without a CPU twin the operator runs on a GPU only.
#[derive(Clone)]
pub struct WgslOperator {
    name: String,
    wgsl: String,
    params: Vec<u8>,
    inputs: usize,
    bands: usize,
    footprint: Footprint,
    output: OperatorOutput,
    cpu: Option<CpuTwin>,
    factors: Option<Factors>,
}

impl fmt::Debug for WgslOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let twin = if self.cpu.is_some() { "with" } else { "without" };
        write!(f, "WgslOperator({}, {} inputs, {:?}, {twin} CPU twin)", self.name, self.inputs, self.footprint)
    }
}

/// The include that every operator's text may rely on.
const GRID: Shader = Shader { files: &[("include/grid.wgsl", include_str!("../../shaders/include/grid.wgsl"))] };

impl WgslOperator {
    /// An operator of one input that looks at the pixel alone and yields float32 with nodata -9999.
    pub fn new(name: impl Into<String>, wgsl: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            wgsl: wgsl.into(),
            params: vec![0; 16],
            inputs: 1,
            bands: 1,
            footprint: Footprint::default(),
            output: OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None },
            cpu: None,
            factors: None,
        }
    }

    /// Bytes of the `Params` uniform: a multiple of 16 as WGSL lays structs out.
    #[must_use]
    pub fn params(mut self, params: &impl bytemuck::Pod) -> Self {
        self.params = bytemuck::bytes_of(params).to_vec();
        self
    }

    /// Number of input rasters, 1 to 4.
    #[must_use]
    pub fn inputs(mut self, inputs: usize) -> Self {
        self.inputs = inputs;
        self
    }

    /// Bands of the result, each stored by `store_band`.
    #[must_use]
    pub fn bands(mut self, bands: usize) -> Self {
        self.bands = bands;
        self
    }

    /// How far it looks beyond a pixel.
    #[must_use]
    pub fn footprint(mut self, footprint: Footprint) -> Self {
        self.footprint = footprint;
        self
    }

    /// What is written by default.
    #[must_use]
    pub fn output(mut self, sample: SampleType, nodata: Nodata) -> Self {
        self.output = OperatorOutput { sample, nodata, byte_range: None };
        self
    }

    /// The CPU twin.
    #[must_use]
    pub fn cpu(mut self, twin: impl Fn(&mut RowsTask<'_>) + Send + Sync + 'static) -> Self {
        self.cpu = Some(Arc::new(twin));
        self
    }

    /// Four numbers for each row of the raster, for both twins.
    #[must_use]
    pub fn row_factors(mut self, factors: impl Fn(&GridInfo, usize) -> [f32; 4] + Send + Sync + 'static) -> Self {
        self.factors = Some(Arc::new(factors));
        self
    }
}

impl Operator for WgslOperator {
    fn name(&self) -> &str {
        &self.name
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn bands(&self) -> usize {
        self.bands
    }

    fn footprint(&self) -> Footprint {
        self.footprint
    }

    fn output(&self) -> OperatorOutput {
        self.output
    }

    fn check(&self) -> Result<()> {
        if !(1..=4).contains(&self.inputs) {
            return Err(Error::Usage { what: "number of inputs", given: self.inputs.to_string(), accepted: "1 to 4".to_owned() });
        }
        if !(1..=usize::from(u16::MAX)).contains(&self.bands) {
            return Err(Error::Usage { what: "number of bands", given: self.bands.to_string(), accepted: format!("1 to {}", u16::MAX) });
        }
        if self.params.is_empty() || !self.params.len().is_multiple_of(16) {
            return Err(Error::Usage {
                what: "bytes of Params",
                given: self.params.len().to_string(),
                accepted: "a multiple of 16, as WGSL lays uniforms out".to_owned(),
            });
        }
        Ok(())
    }

    fn row_factors(&self, grid: &GridInfo, row: usize) -> [f32; 4] {
        self.factors.as_ref().map_or([0.0; 4], |factors| factors(grid, row))
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: assemble([GRID.text().as_str(), &self.wgsl]), params: self.params.clone() }
    }

    fn has_cpu_twin(&self) -> bool {
        self.cpu.is_some()
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        match &self.cpu {
            Some(twin) => twin(task),
            // Planning for the CPU is refused without a twin; missing is the one honest answer left.
            None => task.out.fill(f32::NAN),
        }
    }
}
