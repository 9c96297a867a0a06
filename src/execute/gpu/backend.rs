//! The GPU backend: one submission a unit. Windows live on the device; rows carried from swath to swath never leave it.

use super::{
    SAMPLE,
    device::Gpu,
    node::DeviceNode,
    output::OutputStage,
    resident::{DeviceRows, DeviceSource},
    staging::{Readback, StagingLedgers},
};
use crate::{
    error::{Error, Result},
    execute::{
        Backend, FinishedWindow, NodeRun, PassContext, StageCounters,
        in_flight::Permit,
        ingest::SourceRun,
        ledger::{Grant, Ledger},
        trace::{Trace, TraceStage},
    },
    plan::{NodeKind, Step, Unit},
    raster::{PixelWindow, Span},
    source::Source,
};
use rayon::prelude::*;
use std::{collections::VecDeque, sync::Arc, time::Instant};

/// Windows, carries and kernels of a running job in device memory.
pub struct GpuBackend {
    gpu: Arc<Gpu>,
    ledger: Arc<Ledger>,
    nodes: Vec<DeviceNode>,
    outputs: Vec<OutputStage>,
    pending: VecDeque<Pending>,
    units: usize,
    trace: Trace,
    /// When the device was last seen to be done with a unit, for the trace.
    free: Option<Instant>,
    _grants: Vec<Grant>,
}

/// A unit that the device works on.
struct Pending {
    unit: Unit,
    submission: wgpu::SubmissionIndex,
    readbacks: Vec<(usize, Readback)>,
    permit: Arc<Permit>,
    submitted: Instant,
}

impl GpuBackend {
    /// Allocates everything that the plan names, and compiles the kernels.
    ///
    /// # Errors
    /// A refused grant, or the device's objection (out of memory, a shader that does not compile).
    pub fn new(pass: &PassContext<'_>, gpu: Arc<Gpu>, ledger: Arc<Ledger>) -> Result<Self> {
        gpu.clone().scoped(|| Self::allocate(pass, gpu, ledger))?
    }

    fn allocate(pass: &PassContext<'_>, gpu: Arc<Gpu>, ledger: Arc<Ledger>) -> Result<Self> {
        let plan = pass.plan;
        let staging = StagingLedgers {
            host: pass.ledger.clone(),
            device: ledger.clone(),
            block_bytes: plan.spec.device.map_or(u64::MAX, |d| d.allocation_bytes),
        };
        // Small buffers lie in blocks, which are charged as a whole.
        let mut grants = vec![ledger.grant(plan.device.map_or(0, |d| d.blocks))?];
        let rows_in_work = plan.execution.threads * plan.sizes().convert_row_bytes();
        grants.push(pass.ledger.grant(rows_in_work as u64)?);
        let mut buffer = |bytes: u64, usage: wgpu::BufferUsages, label: &str| -> Result<wgpu::Buffer> {
            grants.extend(staging.dedicated(bytes)?);
            let descriptor = wgpu::BufferDescriptor { label: Some(label), size: bytes, usage, mapped_at_creation: false };
            gpu.scoped(|| gpu.device.create_buffer(&descriptor))
        };
        let mut nodes: Vec<DeviceNode> = Vec::new();
        for node in 0..plan.spec.nodes.len() {
            nodes.push(DeviceNode::allocate(pass, &gpu, node, &nodes, &staging, &mut buffer)?);
        }
        let mut outputs = Vec::new();
        for (index, spec) in plan.spec.outputs.iter().enumerate() {
            outputs.push(OutputStage::new(pass, &gpu, index, &nodes[spec.node].window, &staging, &mut buffer)?);
        }
        Ok(Self {
            gpu,
            ledger,
            nodes,
            outputs,
            pending: VecDeque::new(),
            units: 0,
            trace: pass.workers.trace().clone(),
            free: None,
            _grants: grants,
        })
    }

    /// Records and submits one unit, and hands out whichever earlier units may not stay on the device any longer.
    fn submit(
        &mut self,
        pass: &PassContext<'_>,
        unit: &Unit,
        sources: &mut [SourceRun],
        permit: Arc<Permit>,
        counters: &mut StageCounters,
    ) -> Result<Vec<FinishedWindow>> {
        let turn = self.units % 2;
        self.units += 1;
        let mut encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("unit") });
        for (index, source) in sources.iter_mut().enumerate() {
            source.fetch(unit, pass.workers)?;
            let started = Instant::now();
            for node in 0..self.nodes.len() {
                if matches!(pass.plan.spec.nodes[node].kind, NodeKind::Ingest { source } if source == index) {
                    match &pass.nodes[node].run {
                        NodeRun::Resident { source } => self.resident(source.as_ref(), &unit.steps[node], &mut encoder)?,
                        _ => self.upload(pass, (unit, &unit.steps[node]), source, turn, &mut encoder, counters)?,
                    }
                }
            }
            counters.upload += started.elapsed().as_secs_f64();
            source.release(unit);
        }
        for node in 0..self.nodes.len() {
            let step = &unit.steps[node];
            self.nodes[node].bring_carry(pass, step, &mut encoder);
            if let NodeRun::Operator { operator, inputs } = &pass.nodes[node].run {
                self.nodes[node].dispatch(&self.gpu, (pass, unit, step), operator.as_ref(), inputs, &mut encoder);
                counters.count(node, step);
            }
        }
        for step in &unit.steps {
            self.nodes[step.node].keep_carry(pass, unit, step, &mut encoder);
        }
        let mut readbacks = Vec::new();
        for (index, (output, spec)) in self.outputs.iter().zip(&pass.plan.spec.outputs).enumerate() {
            let rows = unit.outputs[index];
            let (step, window) = (&unit.steps[spec.node], &self.nodes[spec.node].window);
            if rows.is_empty() {
                continue;
            }
            if let Some(consumer) = pass.outputs[index].consumer {
                let bands = pass.nodes[spec.node].bands;
                let pitch = step.cols.len() * bands;
                let first_sample = (rows.start - step.window_start) * pitch + (unit.cols.start - step.cols.start) * bands;
                consumer.take(&mut encoder, &DeviceRows { rows, cols: unit.cols, bands, buffer: window, first_sample, pitch });
            } else {
                readbacks.push((index, output.record(&self.gpu, (rows, unit.cols), step, window, &mut encoder, counters)?));
            }
        }
        let submission = self.gpu.queue.submit([encoder.finish()]);
        self.gpu.check()?;
        for (node, step) in self.nodes.iter_mut().zip(&unit.steps) {
            // A unit without new rows left its buffer mapped.
            if let Some(upload) = node.uploads.get_mut(turn).filter(|_| !step.new_rows.is_empty()) {
                upload.remap();
            }
            if unit.lane + 1 == pass.plan.lanes.len() {
                node.carries.reverse();
            }
        }
        readbacks.iter().for_each(|(_, readback)| readback.map());
        self.pending.push_back(Pending { unit: unit.clone(), submission, readbacks, permit, submitted: Instant::now() });
        let stay = pass.plan.execution.units_in_flight.saturating_sub(2);
        let mut finished = Vec::new();
        while self.pending.len() > stay {
            finished.extend(self.collect(counters)?);
        }
        Ok(finished)
    }

    /// Lets the caller's pass fill a window's new rows.
    fn resident(&self, source: &dyn Source, step: &Step, encoder: &mut wgpu::CommandEncoder) -> Result<()> {
        let Some(source) = source.on_device().and_then(|any| any.downcast_ref::<DeviceSource>()) else {
            return Err(Error::Internal("a source claims rows on a device that this backend does not know"));
        };
        if step.new_rows.is_empty() {
            return Ok(());
        }
        let pitch = step.cols.len();
        let first_sample = (step.new_rows.start - step.window_start) * pitch;
        let buffer = &self.nodes[step.node].window;
        source.fill(encoder, &DeviceRows { rows: step.new_rows, cols: step.cols, bands: 1, buffer, first_sample, pitch });
        Ok(())
    }

    /// Converts decoded rows straight into the mapped buffer and records the copy to the window.
    fn upload(
        &mut self,
        pass: &PassContext<'_>,
        (unit, step): (&Unit, &Step),
        source: &SourceRun,
        turn: usize,
        encoder: &mut wgpu::CommandEncoder,
        counters: &mut StageCounters,
    ) -> Result<()> {
        let (rows, cols) = (step.new_rows, step.cols);
        let node = &mut self.nodes[step.node];
        let NodeRun::Ingest { converter, planes, .. } = &pass.nodes[step.node].run else {
            return Err(Error::Internal("an ingest step names an operator"));
        };
        let upload = &mut node.uploads[turn];
        upload.wait(&self.gpu)?;
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
            strips.push((strip_rows, view.map_err(|e| self.gpu.error(e.to_string()))?));
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
            self.trace.time(TraceStage::Upload, unit.id(), || fill(line, strip));
        };
        pass.workers.install(|| strips.par_iter_mut().with_max_len(1).for_each_init(Vec::new, timed));
        drop(strips);
        upload.buffer.unmap();
        let bytes = (rows.len() * pitch) as u64;
        let to = ((rows.start - step.window_start) * pitch) as u64;
        encoder.copy_buffer_to_buffer(&upload.buffer, 0, &node.window, to, bytes);
        counters.bytes_uploaded += bytes;
        Ok(())
    }

    /// Waits for the oldest unit and maps its results.
    fn collect(&mut self, counters: &mut StageCounters) -> Result<Vec<FinishedWindow>> {
        let Some(pending) = self.pending.pop_front() else { return Ok(Vec::new()) };
        let started = Instant::now();
        if pending.readbacks.is_empty() {
            // Nothing comes back that could tell; the caller may take its rows after this.
            self.gpu.wait(Some(pending.submission))?;
        }
        self.gpu.wait_helping(|| pending.readbacks.iter().all(|(_, readback)| readback.is_settled()))?;
        counters.compute += started.elapsed().as_secs_f64();
        let at = pending.unit.id();
        self.trace.device(at, pending.submitted, self.free.replace(Instant::now()));
        let started = Instant::now();
        let mut finished = Vec::new();
        for (output, readback) in pending.readbacks {
            let stage = &self.outputs[output];
            let (rows, cols) = (pending.unit.outputs[output], pending.unit.cols);
            let row_bytes = cols.len() * stage.pixel_bytes();
            let pitch = row_bytes.next_multiple_of(4);
            let map = || readback.rows(&self.gpu, rows, pitch, row_bytes, pending.permit.clone());
            let mapped = self.trace.time(TraceStage::Readback, at, map)?;
            let window = PixelWindow { rows, cols, bands: stage.bands(), sample: stage.sample(), data: Arc::new(mapped) };
            finished.push(FinishedWindow { output, unit: at, rows, cols, window });
            counters.readbacks += 1;
        }
        counters.readback += started.elapsed().as_secs_f64();
        Ok(finished)
    }
}

impl Backend for GpuBackend {
    fn unit(
        &mut self,
        pass: &PassContext<'_>,
        unit: &Unit,
        sources: &mut [SourceRun],
        permit: Arc<Permit>,
        counters: &mut StageCounters,
    ) -> Result<Vec<FinishedWindow>> {
        let gpu = self.gpu.clone();
        gpu.scoped(|| self.submit(pass, unit, sources, permit, counters))?
    }

    fn drain(&mut self, counters: &mut StageCounters) -> Result<Vec<FinishedWindow>> {
        let gpu = self.gpu.clone();
        let mut finished = Vec::new();
        while !self.pending.is_empty() {
            finished.extend(gpu.scoped(|| self.collect(counters))??);
        }
        Ok(finished)
    }

    fn device_peak(&self) -> u64 {
        self.ledger.peak()
    }
}
