//! One node of the graph on the device: its window, what it carries from swath to swath, its kernel.

use super::{
    SAMPLE,
    copy::copy_rows,
    device::Gpu,
    operator::DeviceOperator,
    recorder::Recorder,
    resident::{DeviceRows, DeviceSource},
    slices::Pace,
    staging::{StagingLedgers, Upload},
};
use crate::{
    error::{Error, Result},
    execute::{NodeRun, PassContext, Reading, SourceRun, StageCounters, trace::TraceStage},
    graph::Operator,
    plan::{Step, Unit},
    raster::Span,
    source::Source,
};
use rayon::prelude::*;

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

impl DeviceNode {
    /// Allocates what the plan names for node `node`, whose inputs are among `before`, and compiles its kernel. `slice` has the rows
    /// and columns of every dispatch, where they are chosen.
    ///
    /// # Errors
    /// A refused grant, or the device's objection (out of memory, a shader that does not compile).
    pub fn allocate(
        (pass, slice): (&PassContext<'_>, Option<[usize; 2]>),
        gpu: &Gpu,
        node: usize,
        before: &[DeviceNode],
        staging: &StagingLedgers,
        buffer: &mut impl FnMut(u64, wgpu::BufferUsages, &str) -> Result<wgpu::Buffer>,
    ) -> Result<Self> {
        let plan = pass.plan;
        let storage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let carry = wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let sizes = plan.sizes();
        let window = buffer(sizes.window_bytes(node) as u64, storage, &plan.spec.nodes[node].name)?;
        let mut carries = Vec::new();
        for _ in 0..sizes.device_carries(node) {
            carries.push(buffer(sizes.carry_bytes(node) as u64, carry, "carry")?);
        }
        let mut uploads = Vec::new();
        let mut device_operator = None;
        match &pass.nodes[node].run {
            NodeRun::Ingest { reading: Reading::Verbatim { .. }, .. } => return Err(Error::Internal("a verbatim copy needs no device")),
            NodeRun::Resident { .. } => {}
            NodeRun::Ingest { .. } => {
                for _ in 0..sizes.upload_turns() {
                    uploads.push(Upload::new(gpu, staging, sizes.upload_bytes(node))?);
                }
            }
            NodeRun::Operator { operator, inputs } => {
                let inputs: Vec<&wgpu::Buffer> = inputs.iter().map(|&i| &before[i].window).collect();
                let pace = Pace::new(operator.footprint().pixels(), slice);
                let sizes = sizes.kernel_buffers(node);
                device_operator = Some(DeviceOperator::new(gpu, operator.as_ref(), (sizes, pace), &window, &inputs, buffer)?);
            }
        }
        Ok(Self { window, carries, uploads, operator: device_operator })
    }

    /// Copies the rows carried from the swath before to the top of the window.
    pub fn bring_carry(&self, pass: &PassContext<'_>, step: &Step, encoder: &mut wgpu::CommandEncoder) {
        let (rows, Some(carry)) = (step.carried_rows(), self.carries.first()) else { return };
        let size = (rows.len(), step.cols.len(), pass.plan.spec.nodes[step.node].pixel_bytes);
        copy_rows(encoder, carry, (0, pass.plan.spec.cols, step.cols.start), &self.window, (0, step.cols.len(), 0), size);
    }

    /// Copies the rows that the swath after looks back at: this lane's own columns of them.
    pub fn keep_carry(&self, pass: &PassContext<'_>, unit: &Unit, step: &Step, encoder: &mut wgpu::CommandEncoder) {
        let (rows, Some(carry)) = (step.kept_rows(), self.carries.last()) else { return };
        let across = pass.plan.spec.cols;
        let from = (rows.start.saturating_sub(step.window_start), step.cols.len(), unit.cols.start - step.cols.start);
        let size = (rows.len(), unit.cols.len(), pass.plan.spec.nodes[step.node].pixel_bytes);
        copy_rows(encoder, &self.window, from, carry, (0, across, unit.cols.start), size);
    }

    /// Lets the caller's pass fill the window's new rows.
    ///
    /// # Errors
    /// [`Error::Internal`] for a source of another backend.
    pub fn fill(&self, source: &dyn Source, step: &Step, encoder: &mut wgpu::CommandEncoder) -> Result<()> {
        let Some(source) = source.on_device().and_then(|any| any.downcast_ref::<DeviceSource>()) else {
            return Err(Error::Internal("a source claims rows on a device that this backend does not know"));
        };
        if step.new_rows.is_empty() {
            return Ok(());
        }
        let pitch = step.cols.len();
        let first_sample = (step.new_rows.start - step.window_start) * pitch;
        source.fill(encoder, &DeviceRows { rows: step.new_rows, cols: step.cols, bands: 1, buffer: &self.window, first_sample, pitch });
        Ok(())
    }

    /// Converts decoded rows straight into the mapped buffer and records the copy to the window.
    ///
    /// # Errors
    /// [`Error::Device`] where the device is lost.
    pub fn upload(
        &mut self,
        (pass, unit, step): (&PassContext<'_>, &Unit, &Step),
        gpu: &Gpu,
        source: &SourceRun,
        turn: usize,
        encoder: &mut wgpu::CommandEncoder,
        counters: &mut StageCounters,
    ) -> Result<()> {
        let (rows, cols) = (step.new_rows, step.cols);
        let NodeRun::Ingest { converter, planes, .. } = &pass.nodes[step.node].run else {
            return Err(Error::Internal("an ingest step names an operator"));
        };
        let upload = &mut self.uploads[turn];
        upload.wait(gpu)?;
        if rows.is_empty() {
            return Ok(());
        }
        // Mapped ranges begin at multiples of 8 bytes: an even number of rows each.
        let strip = pass.plan.execution.strip_rows.next_multiple_of(2);
        let pitch = cols.len() * SAMPLE;
        let mut strips = Vec::new();
        for start in rows.iter().step_by(strip) {
            let strip_rows = Span::new(start, (start + strip).min(rows.end));
            let from = ((start - rows.start) * pitch) as u64;
            let view = upload.buffer.get_mapped_range_mut(from..from + (strip_rows.len() * pitch) as u64);
            strips.push((strip_rows, view.map_err(|e| gpu.error(e.to_string()))?));
        }
        let fill = |line: &mut Vec<f32>, (strip_rows, view): &mut (Span, wgpu::BufferViewMut)| {
            line.resize(cols.len(), 0.0);
            for (i, row) in strip_rows.iter().enumerate() {
                // Mapped memory may be write-combining: a row is made in cache, then written once.
                source.convert_f32(converter, planes, row, cols, line);
                view.slice(i * pitch..(i + 1) * pitch).copy_from_slice(bytemuck::cast_slice(line));
            }
        };
        let timed = |line: &mut Vec<f32>, strip: &mut (Span, wgpu::BufferViewMut)| {
            pass.workers.trace().time(TraceStage::Upload, unit.id(), || fill(line, strip));
        };
        pass.workers.install(|| strips.par_iter_mut().with_max_len(1).for_each_init(Vec::new, timed));
        drop(strips);
        upload.buffer.unmap();
        let bytes = (rows.len() * pitch) as u64;
        let to = ((rows.start - step.window_start) * pitch) as u64;
        encoder.copy_buffer_to_buffer(&upload.buffer, 0, &self.window, to, bytes);
        counters.bytes_uploaded += bytes;
        Ok(())
    }

    /// Makes later slices of the kernel so many times shorter.
    pub fn slow_down(&mut self, times: f64) {
        if let Some(operator) = &mut self.operator {
            operator.slow_down(times);
        }
    }

    /// Records the kernel over the step's new rows, in slices where that takes long.
    ///
    /// # Errors
    /// A refused grant, or a failing device.
    pub fn dispatch(
        &mut self,
        gpu: &Gpu,
        (pass, unit, step): (&PassContext<'_>, &Unit, &Step),
        operator: &dyn Operator,
        inputs: &[usize],
        recorder: &mut Recorder<'_>,
    ) -> Result<()> {
        let (Some(device), false) = (&mut self.operator, step.new_rows.is_empty()) else { return Ok(()) };
        let windows = inputs.iter().map(|&input| {
            let window = &unit.steps[input];
            [window.cols.start, window.window_start, window.cols.len(), pass.nodes[input].bands].map(|n| n as u32)
        });
        device.dispatch(gpu, operator, pass.grid_of(step.node), step, &windows.collect::<Vec<_>>(), recorder)
    }
}
