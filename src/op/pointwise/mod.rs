//! Operators that look at the pixel alone: both twins are made from one [`Formula`].

mod cpu;
mod lane;
mod local;
mod wgsl;

pub(super) use local::local_operator;

use super::{
    abi::{self, ShaderConstant, shader_constants, uniform},
    functions, math,
    shader::{Shader, shader},
};
use crate::{
    error::{Error, Result},
    graph::{Footprint, Formula, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask},
    raster::Scaling,
};
use cpu::Program;
use std::{fmt, sync::Arc};

/// Input rasters that one operator may have: a letter each. A GPU may take fewer; see [`Operator::inputs`].
pub const MAX_INPUTS: usize = 26;

uniform! {
    /// `Params` of `shaders/include/pointwise.wgsl`: formulas have their numbers in their text.
    pub struct PointwiseParams {
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
        /// Zero.
        pad2: u32,
        /// Zero.
        pad3: u32,
    }
}

shader_constants! { CONSTANTS:
    MOST_RADIANS: f32 = functions::MOST_RADIANS;
    MOST_QUOTIENT: f32 = functions::MOST_QUOTIENT;
}

/// All constants of such an operator's shader.
pub(super) const ALL_CONSTANTS: &[&[ShaderConstant]] = &[abi::CONSTANTS, math::CONSTANTS, functions::CONSTANTS, CONSTANTS];

/// What every such operator's shader begins with.
pub(super) const SHADER: Shader = shader!("include/grid.wgsl", "include/math.wgsl", "include/functions.wgsl", "include/pointwise.wgsl");

/// The WGSL twin of a formula.
pub(super) fn kernel(formula: &Formula) -> GpuKernel {
    GpuKernel { wgsl: SHADER.text() + &wgsl::text(formula), params: bytemuck::bytes_of(&PointwiseParams::default()).to_vec() }
}

/// The CPU twin of a formula, in float32 or float64.
pub(super) fn compute<T: lane::Lane>(formula: &Formula, task: &mut RowsTask<'_, T>) {
    Program::of(formula).compute(task);
}

/// What computing a formula allocates.
pub(super) fn scratch_bytes(formula: &Formula) -> usize {
    Program::of(formula).scratch_bytes()
}

/// A formula as an operator.
#[derive(Clone)]
pub struct Pointwise {
    name: String,
    formula: Arc<Formula>,
    program: Arc<Program>,
    output: OperatorOutput,
    scaling: Vec<Scaling>,
}

impl fmt::Debug for Pointwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pointwise({}, {} inputs, {} steps)", self.name, self.formula.inputs(), self.formula.steps().len())
    }
}

impl Pointwise {
    /// An operator of that name that computes `formula`.
    pub fn new(name: impl Into<String>, formula: Formula, output: OperatorOutput) -> Self {
        Self { name: name.into(), program: Arc::new(Program::of(&formula)), formula: Arc::new(formula), output, scaling: Vec::new() }
    }

    /// The same, whose samples as they are written stand for other numbers.
    #[must_use]
    pub fn scaled(self, scaling: Vec<Scaling>) -> Self {
        Self { scaling, ..self }
    }
}

impl Operator for Pointwise {
    fn name(&self) -> &str {
        &self.name
    }

    fn inputs(&self) -> usize {
        self.formula.inputs()
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }

    fn output(&self) -> OperatorOutput {
        self.output
    }

    fn scaling(&self) -> Vec<Scaling> {
        self.scaling.clone()
    }

    fn check(&self) -> Result<()> {
        match self.formula.inputs() {
            1..=MAX_INPUTS => Ok(()),
            given => Err(Error::Usage { what: "number of inputs", given: given.to_string(), accepted: format!("1 to {MAX_INPUTS}") }),
        }
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn gpu_kernel(&self) -> GpuKernel {
        kernel(&self.formula)
    }

    fn formula(&self) -> Option<Arc<Formula>> {
        Some(self.formula.clone())
    }

    fn cpu_scratch_bytes(&self) -> usize {
        self.program.scratch_bytes()
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        self.program.compute(task);
    }

    fn has_f64_twin(&self) -> bool {
        true
    }

    fn compute_rows_f64(&self, task: &mut RowsTask<'_, f64>) {
        self.program.compute(task);
    }
}
