//! The device: the only place that names wgpu.

mod backend;
mod bench;
mod context;
mod copy;
mod device;
mod node;
mod operator;
mod output;
mod pipeline;
mod resident;
mod staging;

pub use backend::GpuBackend;
pub use bench::bench;
pub use device::{Gpu, list};
pub use output::{PACK_BYTE, PackGrid, PackParams};
pub use resident::{DeviceConsumer, DeviceRows, DeviceSource};

/// Bytes of an f32 sample on the device.
const SAMPLE: usize = 4;
