//! The device memory of a job: one window a node, carries, packed outputs, and the small uniforms.

use super::{
    host_peak::{carry_rows, readback_bytes, window_cols},
    schedule::Schedule,
    spec::{DeviceLimits, JobSpec},
};
use serde::Serialize;

/// Predicted device memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DevicePeak {
    /// All of it, each buffer rounded up to the allocator's granularity.
    pub peak: u64,
    /// Windows of nodes.
    pub windows: u64,
    /// Rows carried from swath to swath.
    pub carries: u64,
    /// Outputs packed to bytes for the way back.
    pub packed: u64,
    /// Uniforms and row factors.
    pub parameters: u64,
}

/// Bytes of one node's window buffer.
pub fn window_bytes(schedule: &Schedule, node: usize, widest: usize) -> u64 {
    let rows = (0..schedule.swaths()).map(|s| schedule.unit(s, 0).steps[node].window_rows().len()).max().unwrap_or(0);
    (rows.max(1) * widest.max(1) * 4) as u64
}

/// Predicts the device memory of a job; `Err` names the buffer bytes that exceed a limit of the adapter.
pub fn predict(spec: &JobSpec, schedule: &Schedule, limits: &DeviceLimits) -> Result<DevicePeak, u64> {
    let widest = window_cols(schedule);
    let carried = carry_rows(schedule);
    let lanes = schedule.lanes.len();
    let round = |bytes: u64| bytes.next_multiple_of(limits.allocation_bytes.max(1));
    let most = limits.max_binding_bytes.min(limits.max_buffer_bytes);
    let mut parts = DevicePeak::default();
    let check = |bytes: u64| if bytes > most { Err(bytes) } else { Ok(round(bytes)) };
    for node in 0..spec.nodes.len() {
        parts.windows += check(window_bytes(schedule, node, widest[node]))?;
        let carry = (carried[node] * spec.cols * 4) as u64;
        if carry > 0 {
            parts.carries += check(carry)? * if lanes > 1 { 2 } else { 1 };
        }
        // Uniforms and row factors of one unit.
        let rows = schedule.swath_rows + 2 * carried[node];
        parts.parameters += 2 * round((rows * 16 + 1024) as u64);
    }
    for (index, output) in spec.outputs.iter().enumerate() {
        if output.readback_pixel_bytes < spec.nodes[output.node].pixel_bytes {
            parts.packed += check(readback_bytes(spec, schedule, index) as u64)?;
        }
    }
    parts.peak = parts.windows + parts.carries + parts.packed + parts.parameters;
    Ok(parts)
}
