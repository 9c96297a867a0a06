//! An operator on the device: its kernel, its uniforms, and one dispatch a unit, or one an input.

use super::{
    device::Gpu,
    kernel::Kernel,
    recorder::Recorder,
    slices::{Pace, Slices},
};
use crate::{
    error::{Error, Result},
    graph::{GridInfo, Operator},
    op::{GridUniform, MISSING_BITS},
    plan::{GRID_BYTES, KernelBuffers, Step},
};
use std::sync::Arc;

const _: () = assert!(size_of::<GridUniform>() == GRID_BYTES, "plans count on another size of the grid");

/// A kernel with its buffers.
pub(super) struct DeviceOperator {
    kernel: Arc<Kernel>,
    factors: wgpu::Buffer,
    bands: u32,
    pace: Pace,
    /// One, or one an input.
    passes: Vec<Pass>,
}

/// One dispatch.
struct Pass {
    grid: wgpu::Buffer,
    bound: wgpu::BindGroup,
}

impl DeviceOperator {
    /// Compiles the kernel, and binds it to its window and those of its inputs.
    ///
    /// # Errors
    /// A refused grant, or the device's objection.
    pub fn new(
        gpu: &Gpu,
        operator: &dyn Operator,
        (sizes, pace): (KernelBuffers, Pace),
        window: &wgpu::Buffer,
        inputs: &[&wgpu::Buffer],
        buffer: &mut impl FnMut(u64, wgpu::BufferUsages, &str) -> Result<wgpu::Buffer>,
    ) -> Result<Self> {
        let kernel = Kernel::of_operator(gpu, operator)?;
        let uniform = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let parameters = operator.gpu_kernel().params;
        if parameters.len() > sizes.parameters || inputs_by_dispatch(operator, inputs).len() > sizes.dispatches {
            return Err(Error::Internal("a kernel has more parameters or dispatches than its plan"));
        }
        let params = buffer(parameters.len() as u64, uniform, "params")?;
        gpu.queue.write_buffer(&params, 0, &parameters);
        let factors_usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let factors = buffer(sizes.factors as u64, factors_usage, "row factors")?;
        let mut table = None;
        if operator.most_table_bytes() > 0 {
            let contents = operator.gpu_table();
            if contents.len() > operator.most_table_bytes() {
                return Err(Error::Internal("a table is larger than its operator said"));
            }
            let on_device = buffer(contents.len() as u64, factors_usage, "table")?;
            gpu.queue.write_buffer(&on_device, 0, &contents);
            table = Some(on_device);
        }
        let mut passes = Vec::new();
        for inputs in inputs_by_dispatch(operator, inputs) {
            let grid = buffer(sizes.grid as u64, uniform, "grid")?;
            let mut bindings = vec![&grid, &params, &factors, window];
            bindings.extend(inputs);
            bindings.extend(&table);
            let bound = gpu.scoped(|| kernel.bind(&gpu.device, &bindings))?;
            passes.push(Pass { grid, bound });
        }
        Ok(Self { kernel, factors, bands: operator.bands() as u32, pace, passes })
    }

    /// Makes later slices so many times shorter.
    pub fn slow_down(&mut self, times: f64) {
        self.pace.slow_down(times);
    }

    /// Records the computation of a step's new rows, in slices where that takes long; `windows` are the inputs' as [`GridUniform`]
    /// has them.
    ///
    /// # Errors
    /// A refused grant, or a failing device.
    pub fn dispatch(
        &mut self,
        gpu: &Gpu,
        operator: &dyn Operator,
        raster: &GridInfo,
        step: &Step,
        windows: &[[u32; 4]],
        recorder: &mut Recorder<'_>,
    ) -> Result<()> {
        let mut grid = GridUniform {
            raster_cols: raster.cols as u32,
            raster_rows: raster.rows as u32,
            out_first_col: step.cols.start as u32,
            out_first_row: step.window_start as u32,
            out_pitch: step.cols.len() as u32,
            missing_bits: MISSING_BITS,
            out_bands: self.bands,
            ..GridUniform::default()
        };
        let factors: Vec<[f32; 4]> = step.new_rows.iter().map(|row| operator.row_factors(raster, row)).collect();
        recorder.begin_kernel();
        for (index, (pass, windows)) in self.passes.iter().zip(inputs_by_dispatch(operator, windows)).enumerate() {
            grid.out_band = index as u32;
            grid.inputs[..windows.len()].copy_from_slice(windows);
            let mut slices = Slices::new(step.new_rows, step.cols);
            while let Some((rows, cols)) = slices.next(&self.pace) {
                (grid.first_row, grid.rows) = (rows.start as u32, rows.len() as u32);
                (grid.first_col, grid.cols) = (cols.start as u32, cols.len() as u32);
                // A kernel looks its factors up by the row of its dispatch.
                let factors = &factors[rows.start - step.new_rows.start..][..rows.len()];
                let is_whole = rows == step.new_rows && cols == step.cols;
                recorder.slice(&mut self.pace, rows.len() * cols.len(), is_whole, |encoder| {
                    gpu.queue.write_buffer(&self.factors, 0, bytemuck::cast_slice(factors));
                    gpu.queue.write_buffer(&pass.grid, 0, bytemuck::bytes_of(&grid));
                    self.kernel.dispatch(encoder, &pass.bound, cols.len(), rows.len());
                })?;
            }
        }
        Ok(())
    }
}

/// The inputs of each dispatch of an operator: all at once, or one by one.
fn inputs_by_dispatch<'a, T>(operator: &dyn Operator, inputs: &'a [T]) -> std::slice::Chunks<'a, T> {
    inputs.chunks(if operator.is_dispatched_by_input() { 1 } else { inputs.len().max(1) })
}
