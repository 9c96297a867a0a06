//! The device: the only place that names wgpu.

mod adapters;
mod backend;
mod bench;
mod context;
mod copy;
mod device;
mod expected_panic;
mod kernel;
mod node;
mod operator;
mod output;
mod pipeline;
mod recorder;
mod resident;
mod slices;
mod staging;
mod submission;

pub use backend::GpuBackend;
pub use bench::bench;
pub use device::Gpu;
pub use output::{PACK_BYTE, PackGrid, PackParams};
pub use resident::{DeviceConsumer, DeviceRows, DeviceSource};

/// Every adapter that answers, hardware first.
pub fn list() -> Vec<crate::execute::AdapterInfo> {
    adapters::list().into_iter().map(|(_, info)| info).collect()
}

/// Bytes of an f32 sample on the device.
const SAMPLE: usize = 4;
