//! The device memory of a job: one window a node, carries, packed outputs, staging, and the small uniforms.
//!
//! Staging buffers are host memory and belong to the host's budget; the device's allocator holds them all the same (and
//! where host and device share their memory there is no difference), so they count here too. Whole blocks are charged:
//! the allocator takes memory for small buffers in blocks and gives a buffer above a block's size one of its own.

use super::{
    sizes::Sizes,
    spec::{DeviceLimits, NodeKind},
};
use serde::Serialize;

/// Bytes of one more `Grid`, as buffers are aligned.
const UNIFORM_BYTES: usize = 256;

/// Predicted device memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DevicePeak {
    /// All of it, in whole blocks.
    pub peak: u64,
    /// Windows of nodes.
    pub windows: u64,
    /// Rows carried from swath to swath.
    pub carries: u64,
    /// Outputs packed to bytes for the way back.
    pub packed: u64,
    /// Mapped buffers for the way there and the way back.
    pub staging: u64,
    /// Uniforms and row factors.
    pub parameters: u64,
    /// Blocks that the small ones of all these lie in, one to spare for the driver interface's own needs.
    pub blocks: u64,
}

/// Predicts the device memory of a job; `Err` names the bytes of a buffer that exceed a limit of the adapter.
pub(super) fn predict(sizes: Sizes<'_>, limits: &DeviceLimits) -> Result<DevicePeak, u64> {
    let Sizes { spec, schedule, execution } = sizes;
    let mut parts = DevicePeak::default();
    let mut blocks = Blocks { size: limits.allocation_bytes.max(1), ..Blocks::default() };
    let largest = limits.max_binding_bytes.min(limits.max_buffer_bytes);
    let mut add = |part: &mut u64, bytes: usize| {
        let bytes = bytes as u64;
        *part += bytes;
        blocks.add(bytes);
        if bytes > largest { Err(bytes) } else { Ok(()) }
    };
    for (node, n) in spec.nodes.iter().enumerate() {
        add(&mut parts.windows, sizes.window_bytes(node))?;
        for _ in 0..sizes.device_carries(node) {
            add(&mut parts.carries, sizes.carry_bytes(node))?;
        }
        if matches!(n.kind, NodeKind::Ingest { .. }) {
            for _ in 0..sizes.upload_turns() {
                add(&mut parts.staging, sizes.upload_bytes(node))?;
            }
        }
        // Uniforms and row factors of one unit, and the copies of them on their way.
        let rows = schedule.maxima().new_rows[node];
        if n.table_bytes > 0 {
            // And the copy on its way.
            add(&mut parts.parameters, n.table_bytes)?;
            add(&mut parts.parameters, n.table_bytes)?;
        }
        let more_inputs = match &n.kind {
            NodeKind::Operator { inputs, .. } => inputs.len().saturating_sub(1),
            NodeKind::Ingest { .. } => 0,
        };
        add(&mut parts.parameters, 2 * (rows * 16 + 1024 + more_inputs * UNIFORM_BYTES))?;
    }
    for (index, output) in spec.outputs.iter().enumerate() {
        let bytes = sizes.readback_bytes(index);
        if output.readback_pixel_bytes < spec.nodes[output.node].pixel_bytes {
            add(&mut parts.packed, bytes)?;
        }
        for _ in 0..execution.units_in_flight.min(schedule.units_count()) {
            add(&mut parts.staging, bytes)?;
        }
    }
    parts.blocks = blocks.bytes();
    parts.peak = blocks.dedicated + parts.blocks;
    Ok(parts)
}

/// Buffers in blocks, as an allocator lays them out that never looks back: no real one needs more.
#[derive(Default)]
struct Blocks {
    size: u64,
    full: u64,
    used: u64,
    dedicated: u64,
}

impl Blocks {
    fn add(&mut self, bytes: u64) {
        let bytes = bytes.next_multiple_of(256);
        if bytes > self.size {
            self.dedicated += bytes;
        } else if self.used + bytes > self.size {
            self.full += 1;
            self.used = bytes;
        } else {
            self.used += bytes;
        }
    }

    fn bytes(&self) -> u64 {
        (self.full + 2) * self.size
    }
}
