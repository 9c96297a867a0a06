//! What only this backend can make a context of.

use super::Gpu;
use crate::execute::Context;

impl Context {
    /// The caller's own adapter, device and queue: kernels run there, beside the caller's own passes. The planner keeps
    /// to the device's limits, so ask for the adapter's own (`required_limits: adapter.limits()`).
    pub fn from_wgpu(adapter: &wgpu::Adapter, device: wgpu::Device, queue: wgpu::Queue) -> Self {
        Self::on(Gpu::adopt(adapter, device, queue))
    }
}
