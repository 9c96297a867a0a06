//! One node of the graph on the device: its window, what it carries from swath to swath, its kernel.

use super::{
    SAMPLE,
    copy::copy_rows,
    device::Gpu,
    pipeline::Kernel,
    staging::{StagingLedgers, Upload},
};
use crate::{
    error::{Error, Result},
    execute::{Engine, NodeRun},
    graph::Operator,
    op::{GridUniform, MISSING_BITS},
    plan::{Step, Unit, host_peak::upload_turns, window_bytes},
};

/// One node's memory on the device.
pub struct DeviceNode {
    /// Its rows.
    pub window: wgpu::Buffer,
    /// One buffer, or two in turn where lanes overlap in their halos.
    pub carries: Vec<wgpu::Buffer>,
    /// Where rows that come from the host are written, in turn.
    pub uploads: Vec<Upload>,
    operator: Option<DeviceOperator>,
}

struct DeviceOperator {
    kernel: Kernel,
    grid: wgpu::Buffer,
    factors: wgpu::Buffer,
    bound: wgpu::BindGroup,
}

impl DeviceNode {
    /// Allocates what the plan names for node `node`, whose inputs are among `before`, and compiles its kernel.
    ///
    /// # Errors
    /// A refused grant, or the device's objection (out of memory, a shader that does not compile).
    pub fn allocate(
        engine: &Engine<'_>,
        gpu: &Gpu,
        node: usize,
        before: &[DeviceNode],
        staging: &StagingLedgers,
        buffer: &mut impl FnMut(u64, wgpu::BufferUsages, &str) -> Result<wgpu::Buffer>,
    ) -> Result<Self> {
        let plan = engine.plan;
        let storage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let carry = wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let uniform = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let window = buffer(window_bytes(&plan.schedule, node), storage, &plan.spec.nodes[node].name)?;
        let mut carries = Vec::new();
        let carry_bytes = (engine.carry_rows[node] * plan.spec.cols * SAMPLE) as u64;
        if carry_bytes > 0 {
            for _ in 0..if plan.lanes.len() > 1 { 2 } else { 1 } {
                carries.push(buffer(carry_bytes, carry, "carry")?);
            }
        }
        let mut uploads = Vec::new();
        let mut device_operator = None;
        let most_rows = plan.schedule.most().new_rows[node];
        match &engine.nodes[node] {
            NodeRun::Ingest { verbatim: true, .. } => return Err(Error::Internal("a verbatim copy needs no device")),
            NodeRun::Resident { .. } => {}
            NodeRun::Ingest { .. } => {
                let bytes = most_rows * engine.window_cols[node] * SAMPLE;
                for _ in 0..upload_turns(&plan.schedule) {
                    uploads.push(Upload::new(gpu, staging, bytes)?);
                }
            }
            NodeRun::Operator { operator, inputs } => {
                let kernel = Kernel::of_operator(gpu, operator.as_ref())?;
                let grid = buffer(size_of::<GridUniform>() as u64, uniform, "grid")?;
                let parameters = operator.gpu_kernel().params;
                let params = buffer(parameters.len() as u64, uniform, "params")?;
                gpu.queue.write_buffer(&params, 0, &parameters);
                let factors = buffer((most_rows.max(1) * 16) as u64, storage, "row factors")?;
                let mut bindings = vec![&grid, &params, &factors, &window];
                bindings.extend(inputs.iter().map(|&i| &before[i].window));
                let bound = gpu.scoped(|| kernel.bind(gpu, &bindings))?;
                device_operator = Some(DeviceOperator { kernel, grid, factors, bound });
            }
        }
        Ok(Self { window, carries, uploads, operator: device_operator })
    }

    /// Copies the rows carried from the swath before to the top of the window.
    pub fn bring_carry(&self, engine: &Engine<'_>, step: &Step, encoder: &mut wgpu::CommandEncoder) {
        let (rows, Some(carry)) = (step.carried_rows(), self.carries.first()) else { return };
        let across = engine.plan.spec.cols;
        copy_rows(encoder, carry, (0, across, step.cols.start), &self.window, (0, step.cols.len(), 0), rows.len(), step.cols.len());
    }

    /// Copies the rows that the swath after looks back at: this lane's own columns of them.
    pub fn keep_carry(&self, engine: &Engine<'_>, unit: &Unit, step: &Step, encoder: &mut wgpu::CommandEncoder) {
        let (rows, Some(carry)) = (step.kept_rows(), self.carries.last()) else { return };
        let across = engine.plan.spec.cols;
        let from = (rows.start.saturating_sub(step.window_start), step.cols.len(), unit.cols.start - step.cols.start);
        copy_rows(encoder, &self.window, from, carry, (0, across, unit.cols.start), rows.len(), unit.cols.len());
    }

    /// Records the kernel over the step's new rows.
    pub fn dispatch(
        &self,
        gpu: &Gpu,
        (engine, unit, step): (&Engine<'_>, &Unit, &Step),
        operator: &dyn Operator,
        inputs: &[usize],
        encoder: &mut wgpu::CommandEncoder,
    ) {
        let (Some(device), false) = (&self.operator, step.new_rows.is_empty()) else { return };
        let mut grid = GridUniform {
            raster_cols: engine.grid.cols as u32,
            raster_rows: engine.grid.rows as u32,
            first_col: step.cols.start as u32,
            first_row: step.new_rows.start as u32,
            cols: step.cols.len() as u32,
            rows: step.new_rows.len() as u32,
            out_first_col: step.cols.start as u32,
            out_first_row: step.window_start as u32,
            out_pitch: step.cols.len() as u32,
            missing_bits: MISSING_BITS,
            ..GridUniform::default()
        };
        for (slot, &input) in grid.inputs.iter_mut().zip(inputs) {
            let window = &unit.steps[input];
            *slot = [window.cols.start as u32, window.window_start as u32, window.cols.len() as u32, 0];
        }
        gpu.queue.write_buffer(&device.grid, 0, bytemuck::bytes_of(&grid));
        let factors: Vec<[f32; 4]> = step.new_rows.iter().map(|row| operator.row_factors(&engine.grid, row)).collect();
        gpu.queue.write_buffer(&device.factors, 0, bytemuck::cast_slice(&factors));
        device.kernel.dispatch(encoder, &device.bound, step.cols.len(), step.new_rows.len());
    }
}
