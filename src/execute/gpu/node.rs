//! One node of the graph on the device: its window, what it carries from swath to swath, its kernel.

use super::{
    copy::copy_rows,
    device::Gpu,
    operator::DeviceOperator,
    staging::{StagingLedgers, Upload},
};
use crate::{
    error::{Error, Result},
    execute::{NodeRun, PassContext, Reading},
    graph::Operator,
    plan::{Step, Unit},
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

impl DeviceNode {
    /// Allocates what the plan names for node `node`, whose inputs are among `before`, and compiles its kernel.
    ///
    /// # Errors
    /// A refused grant, or the device's objection (out of memory, a shader that does not compile).
    pub fn allocate(
        pass: &PassContext<'_>,
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
                device_operator = Some(DeviceOperator::new(gpu, operator.as_ref(), sizes.kernel_buffers(node), &window, &inputs, buffer)?);
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

    /// Records the kernel over the step's new rows.
    pub fn dispatch(
        &self,
        gpu: &Gpu,
        (pass, unit, step): (&PassContext<'_>, &Unit, &Step),
        operator: &dyn Operator,
        inputs: &[usize],
        encoder: &mut wgpu::CommandEncoder,
    ) {
        let (Some(device), false) = (&self.operator, step.new_rows.is_empty()) else { return };
        let windows = inputs.iter().map(|&input| {
            let window = &unit.steps[input];
            [window.cols.start, window.window_start, window.cols.len(), pass.nodes[input].bands].map(|n| n as u32)
        });
        device.dispatch(gpu, operator, pass.grid_of(step.node), step, &windows.collect::<Vec<_>>(), encoder);
    }
}
