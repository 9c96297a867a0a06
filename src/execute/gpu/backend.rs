//! The GPU backend: one submission a unit. Windows live on the device; rows carried from swath to swath never leave it.

use super::{
    device::Gpu,
    node::DeviceNode,
    output::OutputStage,
    recorder::{Recorder, Submitted},
    resident::DeviceRows,
    slices::TARGET,
    staging::{Readback, StagingLedgers},
    submission::{Submission, Submissions},
};
use crate::{
    error::Result,
    execute::{
        Backend, FinishedWindow, NodeRun, PassContext, StageCounters,
        in_flight::Permit,
        ingest::SourceRun,
        ledger::{Grant, Ledger},
        trace::{Trace, TraceStage},
    },
    plan::{NodeKind, Unit},
    raster::PixelWindow,
};
use std::{collections::VecDeque, sync::Arc, time::Instant};

/// Windows, carries and kernels of a running job in device memory.
pub struct GpuBackend {
    gpu: Arc<Gpu>,
    ledger: Arc<Ledger>,
    nodes: Vec<DeviceNode>,
    outputs: Vec<OutputStage>,
    submissions: Submissions,
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
    submitted: Submitted,
    readbacks: Vec<(usize, Readback)>,
    permit: Arc<Permit>,
    submitted_at: Instant,
}

impl GpuBackend {
    /// Allocates everything that the plan names, and compiles the kernels. `slice` has the rows and columns of every dispatch, where
    /// they are chosen.
    ///
    /// # Errors
    /// A refused grant, or the device's objection (out of memory, a shader that does not compile).
    pub fn new(pass: &PassContext<'_>, gpu: Arc<Gpu>, ledger: Arc<Ledger>, slice: Option<[usize; 2]>) -> Result<Self> {
        gpu.clone().scoped(|| Self::allocate(pass, gpu, ledger, slice))?
    }

    fn allocate(pass: &PassContext<'_>, gpu: Arc<Gpu>, ledger: Arc<Ledger>, slice: Option<[usize; 2]>) -> Result<Self> {
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
            nodes.push(DeviceNode::allocate((pass, slice), &gpu, node, &nodes, &staging, &mut buffer)?);
        }
        let mut outputs = Vec::new();
        for (index, spec) in plan.spec.outputs.iter().enumerate() {
            outputs.push(OutputStage::new(pass, &gpu, index, &nodes[spec.node].window, &staging, &mut buffer)?);
        }
        let submissions = Submissions::new(&gpu, &staging, &mut buffer)?;
        Ok(Self {
            gpu,
            ledger,
            nodes,
            outputs,
            submissions,
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
        let mut recorder = Recorder::new(&self.gpu, &mut self.submissions);
        for (index, source) in sources.iter_mut().enumerate() {
            source.fetch(unit, pass.workers)?;
            let started = Instant::now();
            for (node, step) in self.nodes.iter_mut().zip(&unit.steps) {
                if matches!(pass.plan.spec.nodes[step.node].kind, NodeKind::Ingest { source } if source == index) {
                    match &pass.nodes[step.node].run {
                        NodeRun::Resident { source } => node.fill(source.as_ref(), step, recorder.encoder())?,
                        _ => node.upload((pass, unit, step), &self.gpu, source, turn, recorder.encoder(), counters)?,
                    }
                }
            }
            counters.upload += started.elapsed().as_secs_f64();
            source.release(unit);
        }
        for node in 0..self.nodes.len() {
            let step = &unit.steps[node];
            self.nodes[node].bring_carry(pass, step, recorder.encoder());
            if let NodeRun::Operator { operator, inputs } = &pass.nodes[node].run {
                self.nodes[node].dispatch(&self.gpu, (pass, unit, step), operator.as_ref(), inputs, &mut recorder)?;
                counters.count(node, step);
            }
        }
        for step in &unit.steps {
            self.nodes[step.node].keep_carry(pass, unit, step, recorder.encoder());
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
                consumer.take(recorder.encoder(), &DeviceRows { rows, cols: unit.cols, bands, buffer: window, first_sample, pitch });
            } else {
                readbacks.push((index, output.record(&self.gpu, (rows, unit.cols), step, window, recorder.encoder(), counters)?));
            }
        }
        let submitted = recorder.submit()?;
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
        self.pending.push_back(Pending { unit: unit.clone(), submitted, readbacks, permit, submitted_at: Instant::now() });
        let stay = pass.plan.execution.units_in_flight.saturating_sub(2);
        let mut finished = Vec::new();
        while self.pending.len() > stay {
            finished.extend(self.collect(counters)?);
        }
        Ok(finished)
    }

    /// Waits for the oldest unit and maps its results.
    fn collect(&mut self, counters: &mut StageCounters) -> Result<Vec<FinishedWindow>> {
        let Some(pending) = self.pending.pop_front() else { return Ok(Vec::new()) };
        let started = Instant::now();
        let Submitted { submissions, load } = pending.submitted;
        let is_settled =
            || submissions.iter().all(Submission::is_settled) && pending.readbacks.iter().all(|(_, readback)| readback.is_settled());
        let waited = !is_settled();
        self.gpu.wait_helping(is_settled)?;
        submissions.into_iter().try_for_each(|submission| submission.check(&self.gpu))?;
        if waited {
            self.slow_down(pending.submitted_at, load);
        }
        counters.compute += started.elapsed().as_secs_f64();
        let at = pending.unit.id();
        self.trace.device(at, pending.submitted_at, self.free.replace(Instant::now()));
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

impl GpuBackend {
    /// Makes later slices shorter where a submission took much longer than was expected of it, with what is in its samples.
    fn slow_down(&mut self, submitted: Instant, load: f64) {
        let began = self.free.map_or(submitted, |free| free.max(submitted));
        let targets = began.elapsed().as_secs_f64() / TARGET.as_secs_f64();
        if targets > 2.0 {
            // Copies take their time too, so little of it is expected to be nothing.
            let times = targets / load.max(0.1);
            self.nodes.iter_mut().for_each(|node| node.slow_down(times));
        }
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
