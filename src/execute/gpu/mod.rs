//! The device: the only place that names wgpu.

mod backend;
mod device;
mod output;
mod pipeline;
mod staging;

pub use backend::GpuBackend;
pub use device::{Gpu, list};
pub use output::Packing;
