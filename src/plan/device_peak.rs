//! The device memory of a job: one window a node, carries, packed outputs, staging, and the small uniforms.
//!
//! Staging buffers are host memory and belong to the host's budget; the device's allocator holds them all the same (and
//! where host and device share their memory there is no difference), so they count here too. Whole blocks are charged:
//! the allocator takes memory for small buffers in blocks and gives a buffer above a block's size one of its own.

use super::{
    bytes::Bytes,
    sizes::{KERNEL_WORKGROUP, MOST_SUBMISSIONS, PACK_WORKGROUP, Sizes, WITNESS_BYTES},
    spec::{DeviceLimits, NodeKind},
};
use serde::Serialize;

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

/// A buffer or a dispatch that is larger than the adapter allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExceedsAdapter;

/// Predicts the device memory of a job.
///
/// # Errors
/// [`ExceedsAdapter`]: under this schedule some buffer or dispatch is larger than the adapter allows.
pub(super) fn predict(sizes: Sizes<'_>, limits: &DeviceLimits) -> Result<DevicePeak, ExceedsAdapter> {
    let Sizes { spec, schedule, execution } = sizes;
    check_dispatches(sizes, limits)?;
    let in_flight = execution.units_in_flight.min(schedule.units_count());
    // Small buffers are written through copies, which are free once their unit is done. There is one of the unit that is
    // recorded, and one of each that is left on the device meanwhile: of three in flight one, of fewer none.
    // The same is written for each submission of a unit.
    let copies = in_flight.max(2).saturating_sub(1).saturating_mul(MOST_SUBMISSIONS);
    let small = |bytes: usize| (Bytes(bytes) * copies + Bytes(bytes)).0;
    let mut parts = DevicePeak::default();
    let mut blocks = Blocks { size: limits.allocation_bytes.max(1), ..Blocks::default() };
    let largest = limits.max_binding_bytes.min(limits.max_buffer_bytes);
    let mut add = |part: &mut u64, bytes: usize| {
        *part = part.saturating_add(bytes as u64);
        blocks.add(bytes as u64);
        if bytes as u64 > largest { Err(ExceedsAdapter) } else { Ok(()) }
    };
    for (node, n) in spec.nodes.iter().enumerate() {
        add(&mut parts.windows, sizes.window_bytes(node))?;
        for _ in 0..sizes.device_carries(node) {
            add(&mut parts.carries, sizes.carry_bytes(node))?;
        }
        for _ in 0..sizes.upload_turns() {
            add(&mut parts.staging, sizes.upload_bytes(node))?;
        }
        // A table is written once, through a copy.
        for _ in 0..2 {
            add(&mut parts.parameters, n.table_bytes)?;
        }
        add(&mut parts.parameters, small(sizes.kernel_buffers(node).total_bytes()))?;
    }
    for output in 0..spec.outputs.len() {
        let bytes = sizes.readback_bytes(output);
        if spec.is_packed(output) {
            add(&mut parts.packed, bytes)?;
            add(&mut parts.parameters, small(sizes.pack_buffers(output).total_bytes()))?;
        }
        for _ in 0..in_flight {
            add(&mut parts.staging, bytes)?;
        }
    }
    add(&mut parts.parameters, small(WITNESS_BYTES))?;
    for _ in 0..in_flight.saturating_mul(MOST_SUBMISSIONS) {
        add(&mut parts.staging, WITNESS_BYTES)?;
    }
    parts.blocks = blocks.bytes();
    parts.peak = blocks.dedicated.saturating_add(parts.blocks);
    Ok(parts)
}

/// Every dispatch of one unit has at most as many workgroups in each direction as the adapter allows.
fn check_dispatches(sizes: Sizes<'_>, limits: &DeviceLimits) -> Result<(), ExceedsAdapter> {
    let Sizes { spec, schedule, .. } = sizes;
    let maxima = schedule.maxima();
    let groups = limits.max_workgroups as usize;
    let fits = |size: [usize; 2], workgroup: [usize; 2]| size.iter().zip(workgroup).all(|(&n, side)| n.div_ceil(side) <= groups);
    let kernels = (0..spec.nodes.len()).filter(|&node| matches!(spec.nodes[node].kind, NodeKind::Operator { .. }));
    let kernels_fit = kernels.into_iter().all(|node| fits([maxima.cols[node], maxima.new_rows[node]], KERNEL_WORKGROUP));
    let packed = (0..spec.outputs.len()).filter(|&output| spec.is_packed(output));
    let packing_fits = packed.into_iter().all(|output| fits(sizes.packed_words(output), PACK_WORKGROUP));
    if kernels_fit && packing_fits { Ok(()) } else { Err(ExceedsAdapter) }
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
        let bytes = bytes.checked_next_multiple_of(256).unwrap_or(u64::MAX);
        if bytes > self.size {
            self.dedicated = self.dedicated.saturating_add(bytes);
        } else if self.used.saturating_add(bytes) > self.size {
            self.full = self.full.saturating_add(1);
            self.used = bytes;
        } else {
            self.used = self.used.saturating_add(bytes);
        }
    }

    fn bytes(&self) -> u64 {
        self.full.saturating_add(2).saturating_mul(self.size)
    }
}
